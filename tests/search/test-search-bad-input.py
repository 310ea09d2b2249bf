# test-search-bad-input.py
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What search-server and search-backend say when something is wrong: with what
they are asked, with their files, with their ports, with each other."""

import json
import os
import shutil
import socket
import sys
import threading

sys.dont_write_bytecode = True

import tap  # noqa: E402
from layers import Curl  # noqa: E402
from programs import BACKEND, SERVER, Connection, ProgramCase, run_to_end  # noqa: E402

GIR = '''<?xml version="1.0"?>
<repository version="1.2" xmlns="http://www.gtk.org/introspection/core/1.0"
            xmlns:c="http://www.gtk.org/introspection/c/1.0">
  <namespace name="X">
    <function name="f" c:identifier="%s"><doc>%s</doc></function>
  </namespace>
</repository>
'''

GIRS = ('GLib-2.0.gir', 'GObject-2.0.gir', 'Gio-2.0.gir')


class FakeBackend:
    """Answers every request with the same bytes, then closes; never at all
    where they are None."""

    def __init__(self, answer):
        self._answer = answer
        self._listener = socket.create_server(('127.0.0.1', 0))
        self._connections = []
        self.url = 'http://127.0.0.1:%d' % self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            threading.Thread(target=self._answer_one, args=[connection], daemon=True).start()

    def _answer_one(self, connection):
        try:
            connection.recv(65536)
            if self._answer is not None:
                connection.sendall(self._answer)
                connection.close()
        except OSError:
            pass

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._connections:
            connection.close()


def http(status, body):
    return b'HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s' % (status, len(body), body)


class TestRequests(ProgramCase):
    def assert_refused(self, server, query, sentence):
        curl = Curl('%s/search%s' % (server.url, query)).wait()
        self.assertEqual((curl.status, curl.body), (400, sentence + '\n'), query)

    def test_question(self):
        _, server = self.start_both()
        self.assert_refused(server, '', 'The parameter q is missing: say what to search for.')
        self.assert_refused(server, '?timeout=1s', 'The parameter q is missing: say what to search for.')
        self.assert_refused(server, '?q=', 'The parameter q is empty: say what to search for.')
        self.assert_refused(server, '?q=%ff', 'The parameter q is not valid UTF-8.')
        self.assert_refused(server, '?q=' + 'x' * 513,
                            'The parameter q is too long: it has 513 characters, 512 are allowed.')
        self.assert_refused(server, '?q=' + 'x' * 50000,
                            'The parameter q is too long: it has 50000 characters, 512 are allowed.')
        self.assert_refused(server, '?q=a&fuzzy=2', 'The parameter fuzzy must be 0 or 1.')

    def test_timeout(self):
        _, server = self.start_both()
        for value, why in (('1', 'missing unit in duration “1”'),
                           ('1x', 'unknown unit “x” in duration “1x”'),
                           ('', 'invalid duration “”'),
                           ('soon', 'invalid duration “soon”'),
                           ('1s2', 'missing unit in duration “1s2”'),
                           ('3000000h', 'invalid duration “3000000h”')):
            self.assert_refused(server, '?q=a&timeout=' + value,
                                'The parameter timeout does not say how long: %s.' % why)
        for value in ('-1s', '0', '0s'):
            self.assert_refused(server, '?q=a&timeout=' + value,
                                'The parameter timeout must be more than zero, not %s.' % value)
        self.assert_refused(server, '?q=a&timeout=%ff', 'The parameter timeout is not valid UTF-8.')
        self.assert_refused(server, '?q=a&delay=-1s', 'The parameter delay must not be negative, as -1s is.')

    def test_json(self):
        _, server = self.start_both()
        curl = Curl(server.url + '/search', accept='application/json').wait()

        self.assertEqual(curl.status, 400)
        self.assertEqual(json.loads(curl.body), {'error': 'The parameter q is missing: say what to search for.'})

    def test_backend(self):
        backend = self.start_backend()
        for query, sentence in (('', 'The parameter q is missing: say what to search for.'),
                                ('?q=a&database=x', 'The parameter database must be glib, gobject or gio.'),
                                ('?q=a&userip=me', 'The parameter userip is no IP address.')):
            curl = Curl(backend.url + '/query' + query).wait()
            self.assertEqual((curl.status, json.loads(curl.body)), (400, {'error': sentence}))

    def test_places_and_methods(self):
        _, server = self.start_both()
        for target in ('/', '/searching', '/search/more'):
            self.assertEqual(Curl(server.url + target).wait().status, 404)
        client = Connection(server)
        client.ask('/search?q=a', method='DELETE')
        self.assertEqual(client.read_answer(), (405, 'Only GET and HEAD work here.\n'))
        client.close()

    def test_hostile_question(self):
        _, server = self.start_both()
        for text in ('%22', '%22+OR+%22', '%27%3B+DROP+TABLE+symbols%3B--', 'NEAR%28', '%2A%2A%2A', 'a%00b', 'name%3Aa'):
            self.assertEqual(Curl('%s/search?q=%s' % (server.url, text)).wait().status, 200, text)
        curl = Curl(server.url + '/search?q=%3Cscript%3Ealert%281%29%3C%2Fscript%3E').wait()
        self.assertEqual(curl.status, 200)
        self.assertNotIn('<script', curl.body)

    def test_no_http(self):
        _, server = self.start_both()
        with socket.create_connection(('127.0.0.1', server.port)) as client:
            client.sendall(b'\x00\x01garbage\r\n\r\n')
            client.recv(4096)
        self.assertEqual(Curl(server.url + '/search?q=file').wait().status, 200)


class TestFiles(ProgramCase):
    def write_girs(self, symbol='f', doc='Documentation.'):
        directory = os.path.join(self.directory, 'gir')
        os.makedirs(directory, exist_ok=True)
        for gir in GIRS:
            with open(os.path.join(directory, gir), 'w') as file:
                file.write(GIR % (symbol, doc))
        return directory

    def assert_fails(self, sentence, *arguments):
        result = run_to_end(BACKEND, '--port=0', *arguments)
        self.assertEqual((result.returncode, result.stdout), (1, ''))
        self.assertRegex(result.stderr.splitlines()[-1], '^search-backend: %s$' % sentence)

    def find_names(self, backend):
        answer = Curl(backend.url + '/query?q=documentation').wait()
        self.assertEqual(answer.status, 200)
        return {result['name'] for result in json.loads(answer.body)['results']}

    def test_missing_gir(self):
        gir_dir = self.write_girs()
        os.remove(os.path.join(gir_dir, 'GObject-2.0.gir'))
        self.assert_fails('there is no GObject-2.0.gir in %s: install the development files of GObject introspection, '
                          'or say where they are with --gir-dir' % gir_dir,
                          '--gir-dir=' + gir_dir, '--data-dir=' + self.directory)
        self.assertFalse(os.path.exists(os.path.join(self.directory, 'gobject.db')))

    def test_broken_gir(self):
        gir_dir = self.write_girs()
        path = os.path.join(gir_dir, 'Gio-2.0.gir')
        with open(path, 'w') as file:
            file.write('<repository><class></repository>')
        self.assert_fails('cannot index %s: Error on line 1 char \\d+: Element “repository” was closed, but the '
                          'currently open element is “class”' % path,
                          '--gir-dir=' + gir_dir, '--data-dir=' + self.directory)
        self.assertEqual([name for name in os.listdir(self.directory) if name.startswith('gio')], [])

    def test_data_dir_is_a_file(self):
        path = os.path.join(self.directory, 'file')
        open(path, 'w').close()
        self.assert_fails('cannot make the directory %s: Not a directory' % path, '--data-dir=' + path)

    def test_used_again(self):
        gir_dir = self.write_girs('first')
        self.end(self.start_backend('--gir-dir=' + gir_dir))
        backend = self.start_backend('--gir-dir=' + gir_dir)

        self.assertEqual(len(backend.find(None, 'using ')), 3)
        self.assertEqual(self.find_names(backend), {'first'})

    def test_changed_gir(self):
        gir_dir = self.write_girs('first')
        self.end(self.start_backend('--gir-dir=' + gir_dir))
        self.write_girs('second')
        backend = self.start_backend('--gir-dir=' + gir_dir)

        self.assertEqual(len(backend.find(None, 'because the .gir file changed')), 3)
        self.assertEqual(self.find_names(backend), {'second'})

    def test_damaged_databases(self):
        data_dir = os.path.join(self.directory, 'data')
        self.end(self.start_backend())
        with open(os.path.join(data_dir, 'glib.db'), 'w') as file:
            file.write('This is no database. ' * 1000)
        with open(os.path.join(data_dir, 'gobject.db'), 'r+b') as file:
            file.truncate(os.path.getsize(file.name) // 2)
        with open(os.path.join(data_dir, 'gio.db'), 'w'):
            pass
        backend = self.start_backend()

        self.assertEqual(len(backend.find(None, '^glib: .* because the database is damaged: file is not a database')), 1)
        self.assertEqual(len(backend.find(None, '^gobject: .* because the database is damaged')), 1)
        self.assertEqual(len(backend.find(None, '^gio: .* because the database is incomplete')), 1)
        self.assertEqual(Curl(backend.url + '/query?q=file').wait().status, 200)

    def test_database_damaged_while_in_use(self):
        backend, server = self.start_both()
        with open(os.path.join(self.directory, 'data', 'gio.db'), 'w') as file:
            file.write('This is no database. ' * 1000)
        curl = Curl(server.url + '/search?q=file', 'damaged').wait()

        self.assertEqual(curl.status, 502)
        self.assertIn('<p>The gio backend answered 500: the database gio cannot be searched: file is not a database</p>',
                      curl.body)
        backend.wait_for('damaged', '^gio: file is not a database')
        self.assertEqual(Curl(backend.url + '/query?q=file&database=glib').wait().status, 200)

    def test_database_removed_while_in_use(self):
        backend, server = self.start_both()
        shutil.rmtree(os.path.join(self.directory, 'data'))
        curl = Curl(server.url + '/search?q=file').wait()

        self.assertEqual(curl.status, 502)
        self.assertIn('cannot be searched: unable to open database file', curl.body)
        self.assertEqual(Curl(backend.url + '/query').wait().status, 400)


class TestOptions(ProgramCase):
    def test_port_in_use(self):
        with socket.create_server(('127.0.0.1', 0)) as listener:
            port = listener.getsockname()[1]
            for path, argument in ((BACKEND, '--data-dir=' + self.directory), (SERVER, '--backend=http://127.0.0.1:1')):
                result = run_to_end(path, '--port=%d' % port, argument)
                self.assertEqual((result.returncode, result.stdout), (1, ''))
                self.assertRegex(result.stderr, r'%s: cannot listen on port %d: .*Address already in use\n$' %
                                 (os.path.basename(path), port))

    def test_no_port(self):
        for port in ('-1', '65536'):
            result = run_to_end(SERVER, '--port=' + port)
            self.assertEqual(result.returncode, 1)
            self.assertEqual(result.stderr, 'search-server: %s is not a port: give one from 1 to 65535, '
                                            'or 0 for a free one\n' % port)

    def test_bad_options(self):
        for path, argument in ((SERVER, '--port=x'), (SERVER, '--bogus'), (BACKEND, '--bogus')):
            result = run_to_end(path, argument)
            self.assertEqual(result.returncode, 2)
            self.assertRegex(result.stderr, '^search-(server|backend): .+\n$')

    def test_no_url(self):
        for url in ('nonsense', 'https://example.org', 'http://', '/query', 'http://127.0.0.1/api', 'http://127.0.0.1?q'):
            result = run_to_end(SERVER, '--backend=' + url)
            self.assertEqual(result.returncode, 2)
            self.assertEqual(result.stderr, 'search-server: “%s” is no URL of a backend: give one like '
                                            'http://127.0.0.1:8081\n' % url)


class TestBackends(ProgramCase):
    def ask_fake(self, answer, query='q=file&timeout=1m'):
        fake = FakeBackend(answer)
        self.addCleanup(fake.close)
        server = self.start_server(fake.url)
        curl = Curl('%s/search?%s' % (server.url, query), accept='application/json').wait()
        self.assertTrue(server.is_running())
        self.assertEqual(Curl(server.url + '/search').wait().status, 400)
        return curl.status, json.loads(curl.body)['error']

    def assert_garbage(self, answer, why):
        status, sentence = self.ask_fake(answer)
        self.assertEqual(status, 502)
        self.assertRegex(sentence, '^The (glib|gobject|gio) backend ' + why)

    def test_down(self):
        with socket.create_server(('127.0.0.1', 0)) as listener:
            port = listener.getsockname()[1]
        server = self.start_server('http://127.0.0.1:%d' % port)
        curl = Curl(server.url + '/search?q=file').wait()
        self.assertEqual(curl.status, 502)
        self.assertRegex(curl.body, '<h1>502 Bad Gateway</h1>\n<p>The (glib|gobject|gio) backend cannot be asked: '
                                    '.*Connection refused</p>')

        self.start_backend('--port=%d' % port)
        self.assertEqual(Curl(server.url + '/search?q=file').wait().status, 200)

    def test_no_json(self):
        self.assert_garbage(http(b'200 OK', b'<html>Hello</html>'),
                            'answered something that is no search result: .*Parse error')
        self.assert_garbage(http(b'200 OK', b''), 'answered something that is no search result: it is empty')
        self.assert_garbage(http(b'200 OK', b'\xff\xfe\x00'), 'answered something that is no search result: it is not UTF-8')

    def test_other_json(self):
        self.assert_garbage(http(b'200 OK', b'[1, 2]'), 'answered something that is no search result: it is no JSON object')
        self.assert_garbage(http(b'200 OK', b'{"results": [{}]}'),
                            'answered something that is no search result: its result 0 is incomplete')
        self.assert_garbage(http(b'200 OK', b'[' * 1000000),
                            'answered something that is no search result: it is nested too deeply')

    def test_other_status(self):
        self.assert_garbage(http(b'500 Oops', b'no idea'), 'answered 500: it does not say why')
        self.assert_garbage(http(b'404 Not Found', b'{"error": "<b>nothing</b>"}'), 'answered 404: <b>nothing</b>')

    def test_no_http(self):
        self.assert_garbage(b'SSH-2.0-OpenSSH_9.2p1\r\n', 'cannot be asked: ')
        self.assert_garbage(b'', 'cannot be asked: ')
        self.assert_garbage(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"results": [', 'cannot be asked: |answered something')

    def test_silent(self):
        self.assertEqual(self.ask_fake(None, 'q=file&timeout=50ms'), (504, 'The timeout of 50ms passed'))


if __name__ == '__main__':
    tap.run(TestRequests, TestFiles, TestOptions, TestBackends)
