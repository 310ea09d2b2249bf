# programs.py
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What the tests of the example programs share."""

import os
import socket
import subprocess
import sys
import tempfile
import unittest

from layers import PATIENCE, Program

# The sentences that are looked for are the untranslated ones.
os.environ['LC_ALL'] = 'C.UTF-8'

BUILD_DIR = sys.argv[1]
EXAMPLES = os.path.join(BUILD_DIR, 'examples')
BACKEND = os.path.join(EXAMPLES, 'search', 'search-backend')
SERVER = os.path.join(EXAMPLES, 'search', 'search-server')


def run_to_end(path, *arguments):
    """Runs a program that ends by itself."""
    return subprocess.run([path, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, encoding='utf-8', timeout=PATIENCE)


class Connection:
    """A client that writes HTTP as it likes."""

    def __init__(self, program):
        self._socket = socket.create_connection(('127.0.0.1', program.port), PATIENCE)
        self._received = b''
        self.is_kept = True

    def name(self):
        return '%s:%d' % self._socket.getsockname()

    def ask(self, *targets, request=None, method='GET'):
        """Writes one request after the other, all at once."""
        lines = ''
        for number, target in enumerate(targets):
            lines += '%s %s HTTP/1.1\r\nHost: test\r\n' % (method, target)
            if request:
                lines += 'X-Request-Id: %s-%d\r\n' % (request, number)
            lines += '\r\n'
        self._socket.sendall(lines.encode())

    def read_answer(self):
        """Returns the status and the body of the next answer."""
        while b'\r\n\r\n' not in self._received:
            self._receive()
        head, _, rest = self._received.partition(b'\r\n\r\n')
        lines = head.decode().split('\r\n')
        headers = dict(line.lower().split(': ', 1) for line in lines[1:])
        self._received = rest
        self.is_kept = headers.get('connection') != 'close'
        length = int(headers.get('content-length', 0))
        while len(self._received) < length:
            self._receive()
        body, self._received = self._received[:length], self._received[length:]
        return int(lines[0].split()[1]), body.decode()

    def _receive(self):
        data = self._socket.recv(65536)
        if not data:
            raise EOFError('the connection was closed after %r' % self._received)
        self._received += data

    def stop_sending(self):
        self._socket.shutdown(socket.SHUT_WR)

    def reset(self):
        """Closes with RST instead of FIN."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b'\1\0\0\0\0\0\0\0')
        self._socket.close()

    def close(self):
        self._socket.close()


class ProgramCase(unittest.TestCase):
    """Ends every program that a test started, and looks how it ended."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix='gctx-test-')
        self.addCleanup(directory.cleanup)
        self.directory = directory.name

    def start(self, path, *arguments):
        program = Program(path, *arguments)
        self.addCleanup(self.end, program)
        return program

    def end(self, program):
        if not program.is_running():
            return
        status = program.stop()
        self.assertEqual(status, 0, '%s ended with %d' % (program.name, status))
        self.assertEqual(program.other_lines, [])

    def start_backend(self, *arguments):
        return self.start(BACKEND, '--data-dir=' + os.path.join(self.directory, 'data'), *arguments)

    def start_server(self, backend_url, *arguments):
        return self.start(SERVER, '--backend=' + backend_url, *arguments)

    def start_both(self):
        backend = self.start_backend()
        return backend, self.start_server(backend.url)
