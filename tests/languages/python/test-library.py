# test-library.py
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

import gc
import os
import signal
import socket
import tempfile
import threading
import unittest
import weakref

import gi

gi.require_version('GCtx', '1')
from gi.repository import GCtx, Gio, GLib, GObject  # noqa: E402

import tap  # noqa: E402


class SilentFile:
    """A file that can be opened but never answers a read: a FIFO whose writing
    end is open and silent. A thread that reads it blocks until `release`."""

    def __init__(self):
        self._directory = tempfile.TemporaryDirectory()
        path = os.path.join(self._directory.name, 'fifo')
        os.mkfifo(path)
        # Both ways, so that nobody's open has to wait for a partner.
        self._writer = os.open(path, os.O_RDWR)
        self.file = Gio.File.new_for_path(path)

    def release(self):
        if self._writer is not None:
            os.close(self._writer)
            self._writer = None

    def close(self):
        self.release()
        self._directory.cleanup()


class TestContext(unittest.TestCase):
    def test_tree(self):
        background = GCtx.Context.background()
        scope = GCtx.Scope.new(background)
        child = GCtx.Scope.new(scope)
        grandchild = child.with_timeout(3600 * GLib.USEC_PER_SEC)
        sibling = GCtx.Scope.new(scope)

        self.assertFalse(grandchild.is_done())
        self.assertTrue(child.cancel())
        self.assertFalse(child.cancel())
        self.assertTrue(grandchild.is_done())
        self.assertFalse(sibling.is_done())
        self.assertTrue(scope.check())
        with self.assertRaises(GLib.Error) as caught:
            grandchild.check()
        self.assertTrue(caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED))

    def test_cause(self):
        scope = GCtx.Scope.new(GCtx.Context.background())
        child = GCtx.Scope.new(scope)
        self.assertIsNone(child.get_cause())
        cause = GLib.Error.new_literal(Gio.io_error_quark(), 'the client left',
                                       Gio.IOErrorEnum.CONNECTION_CLOSED)

        self.assertTrue(scope.cancel_with_cause(cause))
        self.assertTrue(child.get_cause().matches(Gio.io_error_quark(),
                                                  Gio.IOErrorEnum.CONNECTION_CLOSED))
        self.assertTrue(child.get_error().matches(Gio.io_error_quark(),
                                                  Gio.IOErrorEnum.CANCELLED))
        self.assertIn('the client left', child.get_error().message)

    def test_values(self):
        name = GCtx.Key.new('name', GObject.TYPE_STRING)
        size = GCtx.Key.new('size', GObject.TYPE_INT64)
        other = GCtx.Key.new('name', GObject.TYPE_STRING)

        # PyGObject makes a GValue of whatever Python type it is given: 7
        # arrives as an int and has to be converted.
        scope = GCtx.Scope.new(GCtx.Context.background().with_values([name, size], ['Ada', 7]))
        self.assertEqual(scope.get_value(name), 'Ada')
        self.assertEqual(scope.get_value(size), 7)
        self.assertEqual(scope.get_string(name), 'Ada')
        self.assertIsNone(scope.get_value(other))
        self.assertFalse(scope.has_value(other))

        child = scope.with_value(name, 'Grace')
        self.assertEqual(child.get_value(name), 'Grace')
        self.assertEqual(scope.get_value(name), 'Ada')

    def test_value_through_cancellable(self):
        key = GCtx.Key.new('object', Gio.File)
        file = Gio.File.new_for_path('/')
        scope = GCtx.Scope.new(GCtx.Context.background())
        context = scope.with_value(key, file)

        back = GCtx.Context.from_cancellable(context.get_cancellable())
        self.assertIs(back.get_value(key), file)
        self.assertNotIsInstance(back, GCtx.Scope)
        scope.cancel()
        self.assertTrue(back.is_done())

    def test_lookup(self):
        name = GCtx.Key.new('name', GObject.TYPE_STRING)
        size = GCtx.Key.new('size', GObject.TYPE_INT64)
        tags = GCtx.Key.new('tags', GObject.TYPE_STRV)
        file = GCtx.Key.new('file', Gio.File)
        request = {
            'name': 'Ada',
            'size': 7,
            'tags': GObject.Value(GObject.TYPE_STRV, ['one', 'two']),
            'file': Gio.File.new_for_path('/'),
        }
        asked = []

        def ask(key):
            asked.append(key.get_name())
            return request.get(key.get_name())

        parent = GCtx.Context.background().with_value(name, 'above')
        scope = GCtx.Scope.new(parent.with_lookup(ask))
        back = GCtx.Context.from_cancellable(scope.get_cancellable())
        self.assertEqual(back.get_string(name), 'Ada')
        self.assertEqual(back.get_value(size), 7)
        self.assertEqual(back.get_value(tags), ['one', 'two'])
        self.assertIs(back.get_value(file), request['file'])

        request['name'] = 'Grace'
        self.assertEqual(scope.get_string(name), 'Ada')
        self.assertEqual(scope.with_value(name, 'below').get_string(name), 'below')
        self.assertEqual(asked, ['name', 'size', 'tags', 'file'])

        other = GCtx.Key.new('other', GObject.TYPE_STRING)
        self.assertIsNone(scope.get_value(other))
        self.assertFalse(scope.has_value(other))
        self.assertEqual(asked[4:], ['other', 'other'])

    def test_lookup_is_released(self):
        class Data:
            pass

        data = Data()
        gone = weakref.ref(data)
        context = GCtx.Context.background().with_lookup(lambda key, kept=data: None)
        del data
        self.assertIsNotNone(gone())
        del context
        gc.collect()
        self.assertIsNone(gone())

    def test_load_contents_under_deadline(self):
        silent = SilentFile()
        self.addCleanup(silent.close)
        context = GCtx.Context.background().with_timeout(20 * 1000)
        loop = GLib.MainLoop()
        outcome = []

        def loaded(file, result):
            try:
                outcome.append(file.load_contents_finish(result))
            except GLib.Error as error:
                outcome.append(error)
            loop.quit()

        # The read blocks a thread of GIO's, and read(2) cannot be cancelled.
        # So the file falls silent for as long as the context lives and ends
        # when it is done: were the deadline not to fire, the load would never
        # return; were the cancellable not cancelled, it would succeed.
        context.add_after_func(lambda context: silent.release())
        silent.file.load_contents_async(context.get_cancellable(), loaded)
        loop.run()

        self.assertIsInstance(outcome[0], GLib.Error)
        self.assertTrue(outcome[0].matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED))
        error = context.translate_error(outcome[0])
        self.assertTrue(error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.TIMED_OUT))

    def test_other_errors_pass(self):
        context = GCtx.Context.background().with_timeout(-1)
        error = GLib.Error.new_literal(Gio.io_error_quark(), 'gone', Gio.IOErrorEnum.NOT_FOUND)
        passed = context.translate_error(error)
        self.assertTrue(passed.matches(Gio.io_error_quark(), Gio.IOErrorEnum.NOT_FOUND))
        self.assertEqual(passed.message, 'gone')

    def test_after_func(self):
        scope = GCtx.Scope.new(GCtx.Context.background())
        called = []

        first = scope.add_after_func(lambda context: called.append(('first', context)))
        scope.add_after_func(lambda context: called.append(('second', context)))
        self.assertTrue(scope.remove_after_func(first))
        scope.cancel()
        self.assertEqual(called, [])
        while not called:
            GLib.MainContext.default().iteration(True)
        self.assertEqual(called, [('second', scope)])

    def test_task(self):
        context = GCtx.Context.background().with_timeout(20 * 1000)
        finished = []

        task = GCtx.task_new(None, context, lambda source, result: finished.append(result))
        self.assertEqual(GCtx.task_get_context(task), context)
        context.wait()
        self.assertTrue(GCtx.task_return_if_done(task))
        while not finished:
            GLib.MainContext.default().iteration(True)
        with self.assertRaises(GLib.Error) as caught:
            GCtx.task_propagate_boolean(finished[0])
        self.assertTrue(caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.TIMED_OUT))

    def test_task_in_thread(self):
        scope = GCtx.Scope.new(GCtx.Context.background())
        finished = []
        seen = []

        def in_thread(task, source, data, cancellable):
            seen.append(GCtx.Context.get_current())
            if not GCtx.task_return_if_done(task):
                task.return_int(4)

        task = GCtx.task_new(None, scope, lambda source, result: finished.append(result))
        GCtx.task_run_in_thread(task, in_thread)
        while not finished:
            GLib.MainContext.default().iteration(True)
        self.assertEqual(GCtx.task_propagate_int(finished[0]), 4)
        self.assertEqual(seen, [scope])

    def test_current(self):
        scope = GCtx.Scope.new(GCtx.Context.background())
        seen = []

        scope.push_current()
        self.assertEqual(GCtx.Context.get_current(), scope)
        self.assertEqual(Gio.Cancellable.get_current(), scope.get_cancellable())
        scope.pop_current()
        self.assertEqual(GCtx.Context.get_current(), GCtx.Context.background())
        self.assertIsNone(Gio.Cancellable.get_current())

        scope.cancel()
        scope.add_after_func(lambda context: seen.append(GCtx.Context.get_current()))
        while not seen:
            GLib.MainContext.default().iteration(True)
        self.assertEqual(seen, [scope])

    def test_source(self):
        scope = GCtx.Scope.new(GCtx.Context.background())
        source = scope.create_source()
        called = []

        source.set_callback(lambda *args: called.append(True) or GLib.SOURCE_REMOVE)
        source.attach(None)
        scope.cancel()
        while not called:
            GLib.MainContext.default().iteration(True)
        self.assertTrue(source.is_destroyed())

    def test_wait_async(self):
        scope = GCtx.Scope.new(GCtx.Context.background())
        finished = []

        scope.wait_async(None, lambda context, result: finished.append(context.wait_finish(result)))
        scope.cancel()
        while not finished:
            GLib.MainContext.default().iteration(True)
        self.assertEqual(finished, [True])

    def test_subprocess(self):
        scope = GCtx.Scope.new(GCtx.Context.background())
        child = GCtx.subprocess_new(scope, ['cat'], Gio.SubprocessFlags.STDIN_PIPE | Gio.SubprocessFlags.STDOUT_PIPE)
        answer = GCtx.subprocess_communicate_utf8(child, scope, 'text')
        self.assertEqual(tuple(answer), (True, 'text', None))

        child = GCtx.subprocess_new(scope, ['sleep', '1000'], Gio.SubprocessFlags.NONE)
        finished = []

        def on_ready(source, result):
            with self.assertRaises(GLib.Error) as caught:
                GCtx.subprocess_wait_finish(result)
            finished.append(caught.exception)

        GCtx.subprocess_wait_async(child, scope, on_ready)
        scope.cancel()
        while not finished:
            GLib.MainContext.default().iteration(True)
        self.assertTrue(finished[0].matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED))
        self.assertTrue(GCtx.subprocess_wait(child, GCtx.Context.background()))
        self.assertEqual(child.get_term_sig(), signal.SIGTERM)

        launcher = Gio.SubprocessLauncher.new(Gio.SubprocessFlags.NONE)
        with self.assertRaises(GLib.Error):
            GCtx.subprocess_launcher_spawnv(launcher, scope, GCtx.SUBPROCESS_GRACE, ['true'])

    def test_close_twice(self):
        scope = GCtx.Scope.new(GCtx.Context.background())
        scope.close()
        scope.close()
        self.assertTrue(scope.is_done())

    def test_object_new(self):
        self.assertFalse(GObject.new(GCtx.Context).is_done())
        scope = GObject.new(GCtx.Scope)
        self.assertTrue(scope.cancel())

    def test_any(self):
        one = GCtx.Scope.new(GCtx.Context.background())
        two = GCtx.Scope.new(GCtx.Context.background())
        both = GCtx.Context.any([one, two])
        self.assertFalse(both.is_done())
        two.cancel()
        self.assertTrue(both.is_done())
        self.assertFalse(GCtx.Context.any([]).is_done())

    def test_object(self):
        thing = Gio.SimpleActionGroup()
        scope = GCtx.Scope.new_for_object(GCtx.Context.background(), thing)
        cancellable = scope.get_cancellable()

        self.assertFalse(scope.is_done())
        del thing
        self.assertEqual(scope.get_cause().message, 'The GSimpleActionGroup was disposed')
        self.assertTrue(cancellable.is_cancelled())
        scope.close()

    def test_unix_signals(self):
        scope = GCtx.Scope.new_for_unix_signals(GCtx.Context.background(), [signal.SIGUSR1, signal.SIGUSR2])

        os.kill(os.getpid(), signal.SIGUSR2)
        scope.wait()
        self.assertTrue(scope.get_cause().matches(GCtx.unix_signal_quark(), signal.SIGUSR2))
        self.assertEqual(scope.get_cause().message, 'SIGUSR2 was received')
        scope.close()

    def test_connection(self):
        here, there = socket.socketpair()
        connection = Gio.Socket.new_from_fd(here.detach()).connection_factory_create_connection()
        scope = GCtx.Scope.new_for_connection(GCtx.Context.background(), connection)

        self.assertFalse(scope.is_done())
        there.close()
        while not scope.is_done():
            GLib.MainContext.default().iteration(True)
        self.assertTrue(scope.get_cause().matches(Gio.io_error_quark(),
                                                  Gio.IOErrorEnum.CONNECTION_CLOSED))
        scope.close()


class TestGroup(unittest.TestCase):
    def test_threads(self):
        group = GCtx.Group.new_with_limit(GCtx.Context.background(), 2)
        threads = []

        def work(context):
            threads.append(threading.current_thread())
            return context.check()

        for _ in range(10):
            group.run_in_thread(work)
        self.assertTrue(group.wait())
        self.assertEqual(len(threads), 10)
        self.assertNotIn(threading.main_thread(), threads)

    def test_first_error(self):
        group = GCtx.Group.new(GCtx.Context.background())

        def obey(context):
            context.wait()
            return context.check()

        def fail(context):
            raise GLib.Error.new_literal(Gio.io_error_quark(), 'no such luck', Gio.IOErrorEnum.NOT_FOUND)

        group.run_in_thread(obey)
        group.run_in_thread(fail)
        with self.assertRaises(GLib.Error) as caught:
            group.wait()
        self.assertTrue(caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.NOT_FOUND))
        self.assertEqual(group.get_context().get_cause().message, 'no such luck')

    def test_operations(self):
        group = GCtx.Group()
        finished = []

        def start(task, context):
            def on_read(source, result):
                try:
                    source.load_contents_finish(result)
                    task.return_boolean(True)
                except GLib.Error as error:
                    task.return_error(error)
            Gio.File.new_for_path(__file__).load_contents_async(context.get_cancellable(), on_read)

        group.start(start)
        group.start(start)
        group.wait_async(None, lambda source, result: finished.append(source.wait_finish(result)))
        while not finished:
            GLib.MainContext.default().iteration(True)
        self.assertEqual(finished, [True])


class TestDBus(unittest.TestCase):
    XML = """<node><interface name='org.example.Test'>
        <method name='Echo'><arg type='s' direction='in'/><arg type='s' direction='out'/></method>
        <method name='Hang'/>
        </interface></node>"""
    PATH = '/org/example/Test'
    INTERFACE = 'org.example.Test'

    def setUp(self):
        self.daemon = Gio.TestDBus.new(Gio.TestDBusFlags.NONE)
        self.daemon.up()
        self.service = self.connect()
        self.client = self.connect()
        self.hanging = []
        info = Gio.DBusNodeInfo.new_for_xml(self.XML).interfaces[0]
        self.service.register_object(self.PATH, info, self.on_call, None, None)

    def tearDown(self):
        self.service.close_sync(None)
        self.daemon.down()

    def connect(self):
        flags = (Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT |
                 Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION)
        return Gio.DBusConnection.new_for_address_sync(self.daemon.get_bus_address(), flags, None, None)

    def on_call(self, connection, sender, path, interface, method, parameters, invocation):
        if method == 'Echo':
            invocation.return_value(parameters)
        else:
            self.hanging.append(invocation)

    def iterate_until(self, condition):
        while not condition():
            GLib.MainContext.default().iteration(True)

    def call(self, context, method, parameters):
        results = []
        GCtx.dbus_connection_call(self.client, context, self.service.get_unique_name(), self.PATH,
                                  self.INTERFACE, method, parameters, None, Gio.DBusCallFlags.NONE,
                                  lambda source, result: results.append(result))
        self.iterate_until(lambda: results)
        return GCtx.dbus_connection_call_finish(results[0])

    def test_call(self):
        context = GCtx.Context.background().with_timeout(3600 * GLib.USEC_PER_SEC)
        self.assertEqual(self.call(context, 'Echo', GLib.Variant('(s)', ('hello',))).unpack(), ('hello',))

    def test_deadline(self):
        context = GCtx.Context.background().with_timeout(20000)
        with self.assertRaises(GCtx.TimedOut) as caught:
            self.call(context, 'Hang', None)
        self.assertTrue(caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.TIMED_OUT))

    def test_caller_leaves(self):
        self.client.call(self.service.get_unique_name(), self.PATH, self.INTERFACE, 'Hang', None, None,
                         Gio.DBusCallFlags.NONE, -1, None, None)
        self.iterate_until(lambda: self.hanging)
        scope = GCtx.Scope.new_for_dbus_invocation(GCtx.Context.background(), self.hanging.pop())
        done = []
        scope.add_after_func(lambda context: done.append(context))
        self.client.close_sync(None)
        self.iterate_until(lambda: done)
        self.assertIn('has left the bus', scope.get_cause().message)


if __name__ == '__main__':
    tap.run(TestContext, TestGroup, TestDBus)
