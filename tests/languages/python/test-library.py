# test-library.py
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

import gc
import threading
import unittest
import weakref

import gi

gi.require_version('GCtx', '1')
from gi.repository import GCtx, Gio, GLib, GObject  # noqa: E402

import silent  # noqa: E402
import tap  # noqa: E402


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
        heedless = silent.SilentFile(self)
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
        context.add_after_func(lambda context: heedless.release())
        heedless.file.load_contents_async(context.get_cancellable(), loaded)
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


if __name__ == '__main__':
    tap.run(TestContext, TestGroup)
