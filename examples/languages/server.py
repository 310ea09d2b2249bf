# server.py
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A web server with manners to choose from, on the loopback interface."""

import http.server
import socket
import struct
import threading

# How many requests for /together have to be there at the same time.
TOGETHER = 3

# Nothing waits that long unless something is broken.
PATIENCE = 60


class Handler(http.server.BaseHTTPRequestHandler):
    """Calls the method that is named like the path."""

    server: 'Server'
    protocol_version = 'HTTP/1.1'

    def do_GET(self):
        method = getattr(self, 'answer_' + self.path[1:].replace('-', '_'), None)
        if method:
            method()
        else:
            self.answer(404, b'There is nothing here.\n')

    def answer(self, status, body, **headers):
        self.send_response(status)
        self.send_header('Content-Length', str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def answer_fast(self):
        self.answer(200, b'hello\n')

    def answer_large(self):
        self.answer(200, bytes(5000000))

    def answer_chunked(self):
        self.send_response(200)
        self.send_header('Transfer-Encoding', 'chunked')
        self.end_headers()
        for _ in range(10):
            self.wfile.write(b'2710\r\n' + bytes(10000) + b'\r\n')
        self.wfile.write(b'0\r\n\r\n')

    def answer_empty(self):
        self.send_response(204)
        self.end_headers()

    def answer_broken(self):
        self.answer(500, b'Something went wrong.\n')

    # Only to those who ask at the same time.
    def answer_together(self):
        self.server.together.wait(PATIENCE)
        self.answer(200, b'all of you\n')

    def answer_never(self):
        self.server.closing.wait()
        self.close_connection = True

    # The first half of an answer, and then nothing for ever.
    def answer_trickle(self):
        self.send_half()
        self.answer_never()

    def answer_half(self):
        self.send_half()
        self.close_connection = True

    def send_half(self):
        self.send_response(200)
        self.send_header('Content-Length', '1000')
        self.end_headers()
        self.wfile.write(bytes(500))
        self.wfile.flush()

    def answer_drop(self):
        self.close_connection = True

    def answer_reset(self):
        # Closes with RST instead of FIN.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        self.close_connection = True
        self.wfile.close()
        self.rfile.close()
        self.connection.close()

    def answer_garbage(self):
        self.wfile.write(b'220 mail.example.com ESMTP\r\n\r\n')
        self.close_connection = True

    def answer_moved(self):
        self.answer(302, b'', Location='/large')

    def answer_moved_to_never(self):
        self.answer(302, b'', Location='/never')

    def answer_moved_to_missing(self):
        self.answer(301, b'', Location='/missing')

    def answer_moved_to_refused(self):
        self.answer(307, b'', Location=self.server.refusing_url)

    def answer_moved_round(self):
        self.answer(302, b'', Location=self.path)

    def log_message(self, *arguments):
        pass


class Server(http.server.ThreadingHTTPServer):
    # The clients of a deadline are gone before they are answered.
    daemon_threads = True

    # A connection that finds the queue full is tried again after a second.
    request_queue_size = 100

    def __init__(self):
        super().__init__(('127.0.0.1', 0), Handler)
        self.together = threading.Barrier(TOGETHER)
        self.closing = threading.Event()
        self.url = 'http://127.0.0.1:%d' % self.server_port

        # A port that is taken and that nobody listens on.
        self._refusing = socket.socket()
        self._refusing.bind(('127.0.0.1', 0))
        self.refusing_url = 'http://127.0.0.1:%d/' % self._refusing.getsockname()[1]

        # One that is listened on with a queue that is full: no connection to it
        # is refused, and none is ever made.
        self._deaf = socket.socket()
        self._deaf.bind(('127.0.0.1', 0))
        self._deaf.listen(0)
        self._queued = [socket.socket() for _ in range(4)]
        for client in self._queued:
            client.setblocking(False)
            client.connect_ex(self._deaf.getsockname())
        self.deaf_url = 'http://127.0.0.1:%d/' % self._deaf.getsockname()[1]

        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        """A client that is gone is none of the server's business."""

    def close(self):
        self.closing.set()
        self.shutdown()
        self.server_close()
        for other in (self._refusing, self._deaf, *self._queued):
            other.close()
