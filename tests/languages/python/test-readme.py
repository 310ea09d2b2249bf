# test-readme.py
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The Python of README.md, run as it stands there."""

import contextlib
import io
import os
import re
import unittest

import tap

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', '..')


def sample():
    with open(os.path.join(TOP, 'README.md'), encoding='utf-8') as file:
        return re.search(r'^```python\n(.*?)^```', file.read(), re.MULTILINE | re.DOTALL)[1]


def run(code):
    """Returns what it printed, and its variables."""
    variables = {}
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(code, 'README.md', 'exec'), variables)
    return printed.getvalue(), variables


class TestReadme(unittest.TestCase):
    def changed(self, old, new):
        code = sample()
        self.assertEqual(code.count(old), 1, code)
        return code.replace(old, new)

    def test_in_time(self):
        # Not every system has the file that the sample loads.
        printed, variables = run(self.changed("'/etc/hostname'", repr(__file__)))
        with open(__file__, encoding='utf-8') as file:
            self.assertEqual(printed, file.read() + '\n')
        self.assertTrue(variables['context'].is_done())

    # Rule 15: late, and not cancelled.
    def test_late(self):
        printed, variables = run(self.changed('2.0', '0.0'))
        self.assertEqual(printed, 'Deadline exceeded\n')
        self.assertNotIn('text', variables)


if __name__ == '__main__':
    tap.run(TestReadme)
