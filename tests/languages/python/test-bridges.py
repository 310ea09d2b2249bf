# test-bridges.py
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Contexts across what else there is: GTask, child processes, D-Bus, objects, signals
and connections."""

import os
import signal
import socket
import unittest

import gi

gi.require_version('GCtx', '1')
from gi.repository import GCtx, Gio, GLib  # noqa: E402

import tap  # noqa: E402


class TestTask(unittest.TestCase):
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


class TestSubprocess(unittest.TestCase):
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


class TestScopes(unittest.TestCase):
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
    tap.run(TestTask, TestSubprocess, TestScopes, TestDBus)
