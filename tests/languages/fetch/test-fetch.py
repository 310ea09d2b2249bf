# test-fetch.py
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""usage: test-fetch.py LANGUAGE COMMAND... [-- LANGUAGE COMMAND...]...

Runs the program that exists in several languages, fetch, against one server:
each has to say what is expected, and all have to say the same, byte for byte. A
language without a command is skipped.
"""

import itertools
import os
import re
import subprocess
import sys
import unittest

sys.dont_write_bytecode = True

import tap  # noqa: E402
from server import PATIENCE, TOGETHER, Server  # noqa: E402

USAGE = 'usage: fetch [--timeout=MILLISECONDS] URL...\n'
LATE = r'late \(Deadline exceeded\)'
NOT_HTTP = r'failed \(Not an HTTP URL\)'

# Nothing that is fetched under this one is meant to be late.
LONG = '--timeout=%d' % (PATIENCE * 1000)


class Fetches(unittest.TestCase):
    """What is the same in every language; `command` is how it is run there."""

    command = None
    server = None

    # From a test to what the first language said in it.
    said = {}

    def setUp(self):
        if not self.command:
            self.skipTest('not built or not installed here')

    def run_fetch(self, *arguments):
        result = subprocess.run([*self.command, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, timeout=PATIENCE)
        everything = result.returncode, result.stdout, result.stderr
        name = self.id().rpartition('.')[2], arguments
        self.assertEqual(everything, self.said.setdefault(name, everything))
        return result

    def fetch(self, timeout, *pairs):
        """Fetches each path or URL, and looks for what should be said of it."""
        urls = [self.server.url + path if path.startswith('/') else path for path, _ in pairs]
        result = self.run_fetch(*([timeout] if timeout else []), *urls)
        lines = result.stdout.decode().splitlines()

        self.assertEqual(len(lines), len(pairs), lines)
        for line, url, (_, outcome) in zip(lines, urls, pairs):
            self.assertRegex(line, '^%s: %s$' % (re.escape(url), outcome))
        self.assertEqual(result.stderr, b'')
        all_came = all(outcome.endswith(' bytes') for _, outcome in pairs)
        self.assertEqual(result.returncode, 0 if all_came else 1)

    def refuse(self, *arguments):
        result = self.run_fetch(*arguments)
        self.assertEqual((result.returncode, result.stdout, result.stderr.decode()), (2, b'', USAGE))

    def test_one(self):
        self.fetch(None, ('/fast', '6 bytes'))

    # In the order given, whatever comes first.
    def test_several(self):
        self.fetch(LONG, ('/large', '5000000 bytes'), ('/fast', '6 bytes'), ('/chunked', '100000 bytes'),
                   ('/empty', '0 bytes'), ('/fast', '6 bytes'))

    # Each is answered only once all are asked for.
    def test_at_the_same_time(self):
        self.fetch(LONG, *[('/together', '11 bytes')] * TOGETHER)

    # More than the connections that libsoup makes by itself, and the last ones
    # are answered even so.
    def test_behind_silent_ones(self):
        self.fetch('--timeout=2000', *[('/never', LATE)] * 12, ('/fast', '6 bytes'), ('/missing', r'failed \(HTTP 404\)'))

    # Rule 15 and rule 16: late, and not cancelled.
    def test_late(self):
        self.fetch('--timeout=50', ('/never', LATE), ('/trickle', LATE), ('/moved-to-never', LATE),
                   (self.server.deaf_url, LATE))

    # Rule 6: nothing is even tried, and yet each has its line.
    def test_too_late(self):
        self.fetch('--timeout=0', ('/fast', LATE), ('nonsense', NOT_HTTP), (self.server.refusing_url, LATE))

    # The failure of one is not the end of the others.
    def test_failures(self):
        self.fetch(LONG, ('/missing', r'failed \(HTTP 404\)'), ('/broken', r'failed \(HTTP 500\)'),
                   ('/drop', r'failed \(.+\)'), ('/half', r'failed \(.+\)'), ('/reset', r'failed \(.+\)'),
                   ('/garbage', r'failed \(.+\)'), (self.server.refusing_url, r'failed \(.*Connection refused\)'),
                   ('/large', '5000000 bytes'))

    def test_redirections(self):
        self.fetch(LONG, ('/moved', '5000000 bytes'), ('/moved-to-missing', r'failed \(HTTP 404\)'),
                   ('/moved-to-refused', r'failed \(.*Connection refused\)'),
                   ('/moved-round', r'failed \(Too many redirects\)'), ('/fast', '6 bytes'))

    # libsoup takes all of these for mistakes of the program, or for HTTP.
    def test_not_http(self):
        odd = ['', ' ', 'nonsense', 'http:', 'http://', 'http:///fast', 'http://:80/', 'http://user@/', 'http://[::1',
               'http://127.0.0.1:99999/', 'http://127.0.0.1:x/', 'mailto:somebody', 'file:///etc/hostname', 'data:,x',
               'ftp' + self.server.url[4:] + '/fast', '?fast', 'http://%zz/']
        self.fetch(LONG, *[(url, NOT_HTTP) for url in odd], ('HTTP' + self.server.url[4:] + '/fast', '6 bytes'))

    def test_odd_paths(self):
        self.fetch(LONG, ('/ä', r'failed \(HTTP 404\)'), ('/a b', r'failed \(HTTP 404\)'), ('/%ff', r'failed \(HTTP 404\)'),
                   ('/fast#part', '6 bytes'), ('/%66ast', '6 bytes'))

    # What the languages say of the first is their own affair: some take it for an
    # address. gjs itself crashes when it is given such arguments.
    def test_not_text(self):
        if 'gjs' in self.command[0]:
            self.skipTest('gjs takes no arguments but UTF-8')
        url = self.server.refusing_url.encode() + b'\xff'
        result = subprocess.run([*self.command, LONG, url, self.server.url + '/fast'], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, timeout=PATIENCE)
        odd, fast = result.stdout.splitlines()

        self.assertRegex(odd, b'^' + re.escape(url) + rb': failed \(.+\)$')
        self.assertEqual(fast.decode(), self.server.url + '/fast: 6 bytes')
        self.assertEqual((result.returncode, result.stderr), (1, b''))

    def test_usage(self):
        self.refuse()
        self.refuse('--timeout=1000')
        for timeout in ('', 'x', '-1', '+1', ' 1', '1\n', '1.5', '1e3', '1_000', '0x10', '٣', '1000000000'):
            self.refuse('--timeout=' + timeout, self.server.url + '/fast')
        self.refuse('--help')
        self.refuse('-t', '5', self.server.url + '/fast')
        self.refuse('--timeout', self.server.url + '/fast')


def split(arguments):
    """The parts between one `--` and the next."""
    for is_mark, part in itertools.groupby(arguments, lambda argument: argument == '--'):
        if not is_mark:
            yield list(part)


def main(arguments):
    os.environ['LC_ALL'] = 'C.UTF-8'
    # The loopback interface is nothing to ask a proxy for.
    os.environ['GIO_USE_PROXY_RESOLVER'] = 'dummy'

    Fetches.server = Server()
    try:
        tap.run(*[type(language, (Fetches,), {'command': command}) for language, *command in split(arguments)])
    finally:
        Fetches.server.close()


if __name__ == '__main__':
    main(sys.argv[1:])
