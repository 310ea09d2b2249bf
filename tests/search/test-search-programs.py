# test-search-programs.py
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What search-server and search-backend do when all is well, and when clients
come and go as they please."""

import json
import sys
import threading

sys.dont_write_bytecode = True

import tap  # noqa: E402
from layers import Curl  # noqa: E402
from programs import Connection, ProgramCase  # noqa: E402

# So much work that no client leaves after it is done: 512 characters against
# every name in all databases, over several connections.
MUCH = '/query?fuzzy=1&q=' + 'cancellable_' * 42


class TestAnswers(ProgramCase):
    def test_html(self):
        backend, server = self.start_both()
        curl = Curl(server.url + '/search?q=cancellable+is&timeout=1m30s', 'html').wait()

        self.assertEqual(curl.status, 200)
        self.assertIn('<code>g_cancellable_is_cancelled</code>', curl.body)
        self.assertIn('; timeout 1m30s</p>', curl.body)
        self.assertEqual(len(backend.wait_for('html', 'on behalf of 127.0.0.1', 3)), 3)

    def test_json(self):
        _, server = self.start_both()
        curl = Curl(server.url + '/search?q=main+loop+run&timeout=1.5h', accept='application/json').wait()
        answer = json.loads(curl.body)

        self.assertEqual(curl.status, 200)
        self.assertEqual(answer['query'], 'main loop run')
        self.assertEqual(answer['timeout'], '1h30m0s')
        self.assertIn('g_main_loop_run', [result['name'] for result in answer['results']])
        self.assertRegex(answer['elapsed'], r'^[\d.]+m?s$')

    def test_all_databases(self):
        _, server = self.start_both()
        curl = Curl(server.url + '/search?q=new', accept='application/json').wait()
        databases = {result['database'] for result in json.loads(curl.body)['results']}

        self.assertEqual(curl.status, 200)
        self.assertEqual(databases, {'glib', 'gobject', 'gio'})
        self.assertIsNone(json.loads(curl.body)['timeout'])

    def test_fuzzy(self):
        backend = self.start_backend()
        curl = Curl(backend.url + '/query?q=G_Objetc_nwe&fuzzy=1').wait()
        results = json.loads(curl.body)['results']

        self.assertEqual(curl.status, 200)
        self.assertEqual(results[0]['name'], 'g_object_new')
        self.assertEqual(results[0]['score'], 2)
        self.assertEqual(len(results), 10)

    def test_many_at_once(self):
        backend, server = self.start_both()
        clients = [Curl(server.url + '/search?q=file&fuzzy=%d&timeout=1m' % (number % 2)) for number in range(30)]

        self.assertEqual({client.wait().status for client in clients}, {200})
        self.assertTrue(backend.is_running() and server.is_running())

    def test_timeout(self):
        backend, server = self.start_both()
        curl = Curl(server.url + '/search?q=file&fuzzy=1&delay=1m&timeout=1s', 'late', 'application/json').wait()

        self.assertEqual(curl.status, 504)
        self.assertEqual(json.loads(curl.body), {'error': 'The timeout of 1s passed'})
        server.wait_for('late', 'given up after .*: The timeout of 1s passed', 3)
        for event in backend.wait_for('late', '^stopped after', 3):
            self.assertIn('went away', event.text)

    def test_tiny_timeout(self):
        _, server = self.start_both()
        curl = Curl(server.url + '/search?q=file&timeout=2us').wait()

        self.assertEqual(curl.status, 504)
        self.assertIn('<p>The timeout of 2\u00b5s passed</p>', curl.body)


class TestHangUps(ProgramCase):
    def hang_up(self, leave):
        """Three clients leave while their statements are at work."""
        backend = self.start_backend()
        clients = [Connection(backend) for _ in range(3)]
        for number, client in enumerate(clients):
            client.ask(MUCH, request='busy%d' % number)
        for number in range(len(clients)):
            backend.wait_for('busy%d-0' % number, 'statement started')
        for client in clients:
            leave(client)

        stopped = 0
        for number in range(len(clients)):
            backend.wait_for('busy%d-0' % number, '^(stopped after|answered)')
            stopped += len(backend.find('busy%d-0' % number, 'statement stopped after .*: client .* went away'))
        self.assertGreater(stopped, 0)

    def test_close(self):
        self.hang_up(Connection.close)

    def test_reset(self):
        self.hang_up(Connection.reset)

    def test_who_left(self):
        backend, server = self.start_both()
        client = Connection(server)
        client.ask('/search?q=file&fuzzy=1&delay=1m', request='who')
        name = client.name()
        backend.wait_for('who-0', 'statement started', 3)
        client.close()

        server.wait_for('who-0', '^stopped after .* ms: client %s went away$' % name)
        stopped = backend.wait_for('who-0', 'statement stopped after .* went away$', 3)
        self.assertEqual(sorted(event.text.split(':')[0] for event in stopped), ['gio', 'glib', 'gobject'])

    def test_pipelined_requests_are_no_hang_up(self):
        backend, server = self.start_both()
        client = Connection(server)
        client.ask('/search?q=file&delay=100ms&timeout=1m', '/search?q=main&timeout=1m', request='pipe')

        self.assertEqual(client.read_answer()[0], 200)
        if client.is_kept:
            self.assertEqual(client.read_answer()[0], 200)
        server.wait_for('pipe-0', '^answered 200')
        self.assertEqual(server.find('pipe-0', 'went away'), [])
        client.close()

    def test_hang_up_behind_a_pipelined_request(self):
        backend, server = self.start_both()
        client = Connection(server)
        client.ask('/search?q=file&fuzzy=1&delay=1m', '/search?q=main', request='pipe')
        backend.wait_for('pipe-0', 'statement started', 3)
        client.close()

        server.wait_for('pipe-0', '^stopped after .* went away')
        backend.wait_for('pipe-0', 'statement stopped', 3)
        self.assertEqual(backend.find('pipe-1', ''), [])

    def test_half_closed_counts_as_gone(self):
        _, server = self.start_both()
        client = Connection(server)
        client.ask('/search?q=file&delay=1m', request='half')
        server.wait_for('half-0', '^GET')
        client.stop_sending()
        status, body = client.read_answer()

        self.assertEqual(status, 499)
        self.assertIn('client %s went away' % client.name(), body)
        client.close()

    def test_later_requests(self):
        backend, server = self.start_both()
        client = Connection(server)
        for number in range(3):
            client.ask('/search?q=file&timeout=1m', request='turn%d' % number)
            self.assertEqual(client.read_answer()[0], 200)
            if not client.is_kept:
                client.close()
                client = Connection(server)
        client.ask('/search?q=file&fuzzy=1&delay=1m', request='last')
        backend.wait_for('last-0', 'statement started', 3)
        client.close()

        backend.wait_for('last-0', 'statement stopped', 3)

    def test_no_descriptor_is_left(self):
        _, server = self.start_both()
        Curl(server.url + '/search?q=file', 'first').wait()
        before = server.count_descriptors()
        for number in range(20):
            Curl(server.url + '/search?q=file').wait()
        for number in range(5):
            client = Connection(server)
            client.ask('/search?q=file&delay=1m', request='gone%d' % number)
            server.wait_for('gone%d-0' % number, '^GET')
            client.close()
            server.wait_for('gone%d-0' % number, '^stopped after')

        # One answer more, and whatever came before has been cleared away.
        Curl(server.url + '/search?q=file').wait()
        self.assertLess(server.count_descriptors(), before + 10)

    def test_some_leave_others_stay(self):
        backend, server = self.start_both()
        leaving = [Connection(server) for _ in range(5)]
        for client in leaving:
            client.ask('/search?q=file&fuzzy=1&delay=1m', request='leaving')
        backend.wait_for('leaving-0', 'statement started', 15)
        staying = [Curl(server.url + '/search?q=file&fuzzy=1&delay=100ms&timeout=1m') for _ in range(5)]
        for client in leaving:
            client.close()

        self.assertEqual({client.wait().status for client in staying}, {200})
        backend.wait_for('leaving-0', 'statement stopped', 15)


class TestShutdown(ProgramCase):
    def test_server_ends_its_requests(self):
        backend, server = self.start_both()
        client = Connection(server)
        client.ask('/search?q=file&fuzzy=1&delay=1m', request='last')
        backend.wait_for('last-0', 'statement started', 3)
        ending = threading.Thread(target=self.end, args=[server])
        ending.start()
        status, body = client.read_answer()
        ending.join()

        self.assertEqual(status, 503)
        self.assertIn('the server is shutting down', body)
        backend.wait_for('last-0', 'statement stopped', 3)

    def test_backend_ends_its_statements(self):
        backend, server = self.start_both()
        client = Connection(server)
        client.ask('/search?q=file&fuzzy=1&delay=1m', request='last')
        backend.wait_for('last-0', 'statement started', 3)
        self.end(backend)
        status, body = client.read_answer()

        self.assertEqual(status, 502)
        self.assertRegex(body, 'The (glib|gobject|gio) backend answered 503: the server is shutting down')
        self.assertEqual(len(backend.find('last-0', 'statement stopped')), 3)


if __name__ == '__main__':
    tap.run(TestAnswers, TestHangUps, TestShutdown)
