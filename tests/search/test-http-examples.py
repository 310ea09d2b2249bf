# test-http-examples.py
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The small examples, each run as a program."""

import contextlib
import hashlib
import os
import signal
import socket
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

import tap  # noqa: E402
from layers import Curl  # noqa: E402
from programs import EXAMPLES, Connection, ProgramCase, run_to_end  # noqa: E402


class TestWorkers(ProgramCase):
    def test_timeout_passes(self):
        result = run_to_end(os.path.join(EXAMPLES, 'timeout-worker'), '--timeout=20', '--work=60000')
        self.assertEqual(result.returncode, 0)
        self.assertRegex(result.stdout, r'^worker: stopped after \d+ ms: 20 ms are enough\nmain: the deadline passed\n$')
        self.assertEqual(result.stderr, '')

    def test_work_is_done(self):
        result = run_to_end(os.path.join(EXAMPLES, 'timeout-worker'), '--timeout=60000', '--work=20')
        self.assertEqual(result.returncode, 0)
        self.assertRegex(result.stdout, r'^worker: done after \d+ ms\nmain: in time\n$')

    def test_polls(self):
        result = run_to_end(os.path.join(EXAMPLES, 'polling-worker'), '--polls=3', '--pause=5')
        self.assertEqual(result.returncode, 0)
        self.assertEqual(result.stdout.splitlines(),
                         ['main: poll 1', 'main: poll 2', 'main: poll 3', 'worker: stopped: that was enough'])
        self.assertEqual(result.stderr, '')

    def test_interrupted(self):
        # A pause of a minute, which the worker must not sleep to its end.
        process = subprocess.Popen([os.path.join(EXAMPLES, 'polling-worker'), '--polls=0', '--pause=60000'],
                                   stdout=subprocess.PIPE, text=True)
        self.assertEqual(process.stdout.readline(), 'main: poll 1\n')
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.communicate(timeout=30)[0], 'worker: stopped: interrupted from the keyboard\n')
        self.assertEqual(process.returncode, 0)


class TestChecks(ProgramCase):
    def run_checks(self, *args):
        result = run_to_end(os.path.join(EXAMPLES, 'run-checks'), *args)
        self.assertEqual(result.stderr, '')
        return result.returncode, result.stdout.splitlines()

    def test_all_pass(self):
        status, lines = self.run_checks('echo one', 'echo two >/dev/null')
        self.assertEqual(status, 0)
        self.assertCountEqual(lines, ['echo one:', 'one', 'echo one: passed',
                                      'echo two >/dev/null:', 'echo two >/dev/null: passed'])

    def test_one_fails(self):
        status, lines = self.run_checks('exec sleep 1000', 'exit 3')
        self.assertEqual(status, 1)
        self.assertEqual(lines[-1], 'exec sleep 1000: Operation was cancelled: "exit 3" failed')

    def test_one_has_to_be_killed(self):
        status, lines = self.run_checks('--timeout=50', 'trap "" TERM; exec sleep 1000')
        self.assertEqual(status, 1)
        self.assertEqual(lines, ['trap "" TERM; exec sleep 1000: Deadline exceeded: 50 ms are enough'])


class TestCopy(ProgramCase):
    def setUp(self):
        super().setUp()
        self._directory = tempfile.TemporaryDirectory()
        self.addCleanup(self._directory.cleanup)
        self.source = os.path.join(self._directory.name, 'source')
        self.target = os.path.join(self._directory.name, 'target')

    def test_copies(self):
        with open(self.source, 'w', encoding='utf-8') as file:
            file.write('all of it')
        result = run_to_end(os.path.join(EXAMPLES, 'copy-or-nothing'), self.source, self.target)
        self.assertEqual((result.returncode, result.stderr), (0, ''))
        with open(self.target, encoding='utf-8') as file:
            self.assertEqual(file.read(), 'all of it')

    def test_interrupted(self):
        # A source that never ends. GIO looks at its cancellable between two reads.
        os.mkfifo(self.source)
        writer = os.open(self.source, os.O_RDWR | os.O_NONBLOCK)
        self.addCleanup(os.close, writer)
        for number, name in ((signal.SIGINT, 'SIGINT'), (signal.SIGTERM, 'SIGTERM')):
            process = subprocess.Popen([os.path.join(EXAMPLES, 'copy-or-nothing'), self.source, self.target],
                                       stderr=subprocess.PIPE, text=True)
            while not os.path.exists(self.target):
                os.sched_yield()
            process.send_signal(number)
            while process.poll() is None:
                with contextlib.suppress(BlockingIOError):
                    os.write(writer, b'x')
            self.assertEqual(process.communicate(timeout=30)[1],
                             f'copy-or-nothing: Operation was cancelled: {name} was received\n')
            self.assertEqual(process.returncode, 128 + number)
            self.assertFalse(os.path.exists(self.target))


class TestViewers(ProgramCase):
    def test_closed(self):
        result = run_to_end(os.path.join(EXAMPLES, 'closing-viewers'), '--close=2', *[__file__] * 3)
        name, size = os.path.basename(__file__), os.path.getsize(__file__)
        self.assertEqual(sorted(result.stdout.splitlines()),
                         [f'{name}: {size} bytes'] * 2 +
                         [f'{name}: Operation was cancelled: The Viewer was disposed'])
        self.assertEqual((result.returncode, result.stderr), (0, ''))


class TestForeign(ProgramCase):
    def test_values(self):
        result = run_to_end(os.path.join(EXAMPLES, 'foreign-values'))
        self.assertEqual(result.returncode, 0)
        self.assertEqual(result.stdout.splitlines(),
                         ['main: background.scope.value(region, user).lookup',
                          'main: before the session: nobody',
                          'main: after it: ada',
                          'worker: request r17 of ada in eu-north, 5000000000 bytes',
                          'framework: the request is gone'])
        self.assertEqual(result.stderr, '')

    def test_kill(self):
        result = run_to_end(os.path.join(EXAMPLES, 'foreign-kill'))
        self.assertEqual(result.returncode, 0)
        self.assertEqual(result.stdout.splitlines(),
                         ['main: ended by the program', 'worker: Operation was cancelled',
                          'main: ended by the kill', 'worker: Operation was cancelled',
                          'main: ended by the session',
                          'worker: Operation was cancelled: the session was closed: logged out'])
        self.assertEqual(result.stderr, '')


class TestChecksums(ProgramCase):
    def test_all(self):
        with tempfile.TemporaryDirectory() as directory:
            paths = [os.path.join(directory, str(i)) for i in range(20)]
            expected = ''
            for path in paths:
                with open(path, 'w') as file:
                    file.write(path * 1000)
                expected += '%s  %s\n' % (hashlib.sha256((path * 1000).encode()).hexdigest(), path)
            result = run_to_end(os.path.join(EXAMPLES, 'checksum-files'), '--jobs=3', *paths)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, expected, ''))

    # /dev/zero has no end.
    def test_first_failure_stops_the_rest(self):
        result = run_to_end(os.path.join(EXAMPLES, 'checksum-files'), '--jobs=3', '/dev/zero', '/nowhere', '/dev/zero')
        self.assertEqual((result.returncode, result.stdout), (1, ''))
        self.assertIn('/nowhere', result.stderr)

    def test_timeout(self):
        result = run_to_end(os.path.join(EXAMPLES, 'checksum-files'), '--jobs=1', '--timeout=50', '/dev/zero', '/nowhere')
        self.assertEqual((result.returncode, result.stdout), (1, ''))
        self.assertEqual(result.stderr, 'checksum-files: Deadline exceeded\n')


class TestTask(ProgramCase):
    def test_checksums(self):
        with tempfile.TemporaryDirectory() as directory:
            full, pipe, missing = (os.path.join(directory, name) for name in ('full', 'pipe', 'missing'))
            with open(full, 'wb') as file:
                file.write(b'checked' * 100000)
            result = run_to_end(os.path.join(EXAMPLES, 'checksum-async'), '--timeout=60000', '--verbose',
                                full, missing)
            checksum = hashlib.sha256(b'checked' * 100000).hexdigest()
            self.assertEqual(result.returncode, 1)
            self.assertEqual(result.stdout, f'{checksum}  {full}\n')
            self.assertIn(f'[{full}] read to its end\n', result.stderr)
            self.assertIn(f'checksum-async: {missing}: ', result.stderr)

            # Nobody writes to it, and nothing interrupts who opens it.
            os.mkfifo(pipe)
            result = run_to_end(os.path.join(EXAMPLES, 'checksum-async'), '--timeout=50', pipe)
            self.assertEqual(result.returncode, 1)
            self.assertEqual(result.stderr, f'checksum-async: {pipe}: Deadline exceeded\n')


class TestDBusWorker(ProgramCase):
    def setUp(self):
        super().setUp()
        daemon = subprocess.Popen(['dbus-daemon', '--session', '--nofork', '--print-address=1'],
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(self.end, daemon)
        self.environment = dict(os.environ, DBUS_SESSION_BUS_ADDRESS=daemon.stdout.readline().strip())
        self.service = subprocess.Popen([os.path.join(EXAMPLES, 'dbus-worker'), '--serve'],
                                        env=self.environment, stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.end, self.service)
        self.assertEqual(self.service.stdout.readline(), 'worker: ready\n')

    def end(self, process):
        process.kill()
        process.communicate()

    def call(self, *arguments):
        return subprocess.run([os.path.join(EXAMPLES, 'dbus-worker'), *arguments], env=self.environment,
                              stdout=subprocess.PIPE, text=True, check=True, timeout=60).stdout

    def test_work_is_done(self):
        self.assertEqual(self.call('--timeout=60000', '--work=20'), 'caller: in time\n')
        self.assertEqual(self.service.stdout.readline(), 'worker: 20 ms of work\n')
        self.assertEqual(self.service.stdout.readline(), 'worker: done\n')

    def test_deadline_passes(self):
        self.assertEqual(self.call('--timeout=50', '--work=60000'),
                         'caller: Deadline exceeded: 50 ms are enough\n')
        self.assertEqual(self.service.stdout.readline(), 'worker: 60000 ms of work\n')
        self.assertRegex(self.service.stdout.readline(),
                         r'^worker: dropped: the caller :\d+\.\d+ has left the bus\n$')


class TestCountServer(ProgramCase):
    def setUp(self):
        super().setUp()
        with socket.socket() as probe:
            probe.bind(('127.0.0.1', 0))
            self.address = probe.getsockname()
        self.server = subprocess.Popen([os.path.join(EXAMPLES, 'count-server'), f'--port={self.address[1]}'],
                                       stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.server.communicate)
        self.addCleanup(self.server.kill)

    def ask(self, number):
        while True:
            with contextlib.suppress(ConnectionRefusedError):
                client = socket.create_connection(self.address, 60)
                client.sendall(b'%d\n' % number)
                return client
            os.sched_yield()

    def test_counts_for_who_stays(self):
        with self.ask(1) as client:
            self.assertEqual(client.recv(100), b'counted to 1\n')
        self.assertEqual(self.server.stdout.readline(), 'count-server: 1 of 1\n')

    def test_stops_for_who_leaves(self):
        with self.ask(30):
            self.assertEqual(self.server.stdout.readline(), 'count-server: 1 of 30\n')
        self.assertRegex(self.server.stdout.readline(), '^count-server: gave up: .*The peer hung up')


class TestServers(ProgramCase):
    def test_users_client_leaves(self):
        server = self.start(os.path.join(EXAMPLES, 'users-server'))
        client = Connection(server)
        client.ask('/users', request='users')
        server.wait_for('users-0', '^GET')
        name = client.name()
        client.close()

        server.wait_for('users-0', '^client %s went away$' % name)
        server.wait_for('users-0', '^stopped after .* ms: client %s went away$' % name)

    def test_users_server_leaves(self):
        server = self.start(os.path.join(EXAMPLES, 'users-server'))
        client = Connection(server)
        client.ask('/users', request='users')
        server.wait_for('users-0', '^GET')
        self.end(server)

        self.assertEqual(client.read_answer(), (503, 'the server is shutting down\n'))
        client.close()

    def test_data_too_late(self):
        server = self.start(os.path.join(EXAMPLES, 'data-server'))
        curl = Curl(server.url + '/data?msec=60000').wait()

        self.assertEqual((curl.status, curl.body), (503, 'This takes longer than a second; try again later.\n'))
        self.assertGreaterEqual(curl.ended - curl.started, 1.0)

    def test_data_in_time(self):
        server = self.start(os.path.join(EXAMPLES, 'data-server'))
        curl = Curl(server.url + '/data?msec=10').wait()
        self.assertEqual((curl.status, curl.body), (200, '42\n'))

        curl = Curl(server.url + '/data?msec=x').wait()
        self.assertEqual(curl.status, 400)


if __name__ == '__main__':
    tap.run(TestWorkers, TestChecks, TestCopy, TestViewers,
            TestForeign, TestChecksums, TestTask, TestDBusWorker, TestCountServer, TestServers)
