# test-exceptions.py
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What becomes of exceptions in functions that C calls."""

import asyncio
import sys
import unittest
import unittest.mock

import gi

gi.require_version('GCtx', '1')
from gi.repository import GCtx, GLib  # noqa: E402

import tap  # noqa: E402

background = GCtx.Context.background()


class TestExceptions(unittest.TestCase):
    def printed(self):
        """PyGObject hands what leaves a callback to sys.excepthook or prints it."""
        return unittest.mock.patch.object(sys, 'excepthook', lambda kind, *rest: self.hooked.append(kind))

    def setUp(self):
        self.hooked = []

    def test_after_func(self):
        """The next ones are called even so."""
        scope = GCtx.scope()
        called = []

        def fail(context):
            called.append('first')
            raise ValueError('in an after-func')

        scope.add_after_func(fail)
        scope.add_after_func(lambda context: called.append('second'))
        with self.printed():
            scope.cancel()
            while len(called) < 2:
                GLib.MainContext.default().iteration(True)
        self.assertEqual(called, ['first', 'second'])
        self.assertEqual(self.hooked, [ValueError])

    def test_lookup(self):
        """It counts as not known, and so does a value that the key cannot hold."""
        key = GCtx.Key('user', int)
        with self.printed():
            self.assertEqual(background.with_lookup(lambda key: 1 / 0).get(key, 7), 7)
            self.assertEqual(background.with_lookup(lambda key: 'x').get(key, 7), 7)
        self.assertEqual(set(self.hooked), {ZeroDivisionError, TypeError})

    def test_group_thread(self):
        """It is the group's error, by name and words."""
        group = GCtx.Group.new(background)

        def fail(context):
            raise KeyError('user')

        group.run_in_thread(fail)
        with self.assertRaisesRegex(GLib.Error, "KeyError: 'user'"):
            group.wait()

    def test_group_gerror(self):
        group = GCtx.Group.new(background)
        error = GLib.Error('gone', 'a-domain', 7)

        def fail(context):
            raise error

        group.run_in_thread(fail)
        with self.assertRaises(GLib.Error) as caught:
            group.wait()
        self.assertEqual((caught.exception.domain, caught.exception.code), ('a-domain', 7))

    def test_group_timed_out(self):
        group = GCtx.Group.new(GCtx.timeout(-1))
        group.run_in_thread(lambda context: context.check())
        with self.assertRaises(GCtx.TimedOut):
            group.wait()

    def test_group_start(self):
        """It is what the task returns. PyGObject itself would keep the traceback,
        which keeps the task, for which the group would wait."""
        group = GCtx.Group.new(background)

        def fail(task, context):
            raise ValueError('in a start function')

        with self.printed():
            group.start(fail)
            with self.assertRaisesRegex(GLib.Error, 'ValueError: in a start function'):
                group.wait()
        self.assertEqual(self.hooked, [])

    def test_group_start_any(self):
        """So are one that came of another, one that no C string can hold, and one that
        is no Exception: the group waits for none of them."""
        def fail(task):
            raise KeyError('first')

        def from_another(task, context):
            try:
                fail(task)
            except KeyError as error:
                raise ValueError('second') from error

        def while_another(task, context):
            try:
                fail(task)
            except KeyError:
                raise ValueError('second')

        def of_others(task, context):
            try:
                fail(task)
            except KeyError as error:
                raise ExceptionGroup('second', [error]) from None

        def odd(task, context):
            raise ValueError('second\udcff')

        def no_exception(task, context):
            raise asyncio.CancelledError('second')

        for function in from_another, while_another, of_others, odd, no_exception:
            group = GCtx.Group.new(background)
            with self.printed(), self.subTest(function.__name__):
                group.start(function)
                with self.assertRaisesRegex(GLib.Error, 'second'):
                    group.wait()
            self.assertEqual(self.hooked, [])

    def test_group_thread_exit(self):
        """sys.exit() in a thread ends the group, and neither the program nor nothing."""
        group = GCtx.Group.new(background)
        group.run_in_thread(lambda context: sys.exit('enough'))
        with self.assertRaisesRegex(GLib.Error, 'SystemExit: enough'):
            group.wait()

    def test_group_start_and_return(self):
        """One that somebody else has returned, or will return, is left to them."""
        kept = []

        def fail_later(task, context):
            kept.append(task)
            raise ValueError('somebody has the task')

        def fail_after(task, context):
            task.return_boolean(True)
            raise ValueError('the task has returned')

        def end():
            kept.pop().return_boolean(True)
            return GLib.SOURCE_REMOVE

        for fail in fail_later, fail_after:
            group = GCtx.Group.new(background)
            with self.printed():
                group.start(fail)
                if fail is fail_later:
                    GLib.idle_add(end)
                self.assertTrue(group.wait())
            self.assertEqual(self.hooked, [ValueError])
            self.hooked.clear()


if __name__ == '__main__':
    tap.run(TestExceptions)
