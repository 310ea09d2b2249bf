# test-samples.py
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The samples of docs/python.md run as they stand there, after the imports that the page
names, and print what they should."""

import os
import re
import subprocess
import sys
import tempfile
import unittest

import tap

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', '..')
# Not every system has the file that the samples load.
FILE = '/etc/os-release'


def page():
    with open(os.path.join(TOP, 'docs', 'python.md'), encoding='utf-8') as file:
        return file.read()


def samples():
    """By the heading above it, each sample."""
    found = {}
    heading = ''
    for title, code in re.findall(r'^(?:#+ ([^\n]*)|```python\n(.*?)^```)$', page(), re.MULTILINE | re.DOTALL):
        if title:
            heading = title
        else:
            found.setdefault(heading, []).append(code)
    return found


# What each prints; in order, as on the page.
PRINTED = {
    'Python': 'NAME=Debian\nVERSION=12\n\n',
    'Errors': 'live\ncancelled: ValueError: enough\nTrue\n',
    'Values': r'Ada\n<.*Session object at 0x[0-9a-f]+>\nTrue\n',
    'asyncio': '2\n',
    'What the garbage collector cannot see': 'stopped\n',
    'Types': '',
}


class TestSamples(unittest.TestCase):
    def run_sample(self, code):
        """Returns what it printed. As one pastes it: into a file of its own."""
        with tempfile.TemporaryDirectory() as directory:
            release = os.path.join(directory, 'os-release')
            with open(release, 'w') as file:
                file.write('NAME=Debian\nVERSION=12\n')
            program = os.path.join(directory, 'sample.py')
            with open(program, 'w') as file:
                file.write(code.replace(FILE, release))
            done = subprocess.run([sys.executable, '-W', 'ignore::DeprecationWarning', program],
                                  capture_output=True, text=True, timeout=50)
        self.assertEqual((done.returncode, done.stderr), (0, ''), code)
        return done.stdout

    def imports(self):
        """What the page says that the samples need."""
        first = samples()['Python'][0]
        last = re.search(r'same imports, of which the last is then\s+`(from gi\.repository import .*?)`', page())[1]
        return re.search(r'\A.*?^(?=from gi)', first, re.MULTILINE | re.DOTALL)[0] + last + '\n'

    def test_all(self):
        found = samples()
        self.assertEqual({heading: len(codes) for heading, codes in found.items()}, dict.fromkeys(PRINTED, 1))
        for heading, (code,) in found.items():
            with self.subTest(heading):
                printed = self.run_sample(code if heading == 'Python' else self.imports() + code)
                self.assertRegex(printed, r'\A%s\Z' % PRINTED[heading])

    def test_late(self):
        """The other way that the first one may end."""
        code = samples()['Python'][0]
        self.assertIn('timeout(2.0)', code)
        self.assertEqual(self.run_sample(code.replace('timeout(2.0)', 'timeout(0)')), 'that took too long\n')


if __name__ == '__main__':
    tap.run(TestSamples)
