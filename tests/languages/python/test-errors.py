# test-errors.py
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What a context's end looks like in Python (rules 1, 15 and 16)."""

import asyncio
import gc
import inspect
import pickle
import traceback
import unittest
import weakref

import gi

gi.require_version('GCtx', '1')
from gi._gi import CallableInfo, CallbackInfo, Repository  # noqa: E402
from gi.repository import GCtx, Gio, GLib  # noqa: E402
from gi.overrides.GCtx import _errors  # noqa: E402

import tap  # noqa: E402

IO = Gio.io_error_quark()


def cancelled_io_error():
    return GLib.Error.new_literal(IO, 'it was cancelled', Gio.IOErrorEnum.CANCELLED)


class TestClasses(unittest.TestCase):
    def test_timed_out(self):
        """rule 15: the code is GIO's, whatever the class."""
        scope = GCtx.timeout(-1)
        for handler in GCtx.TimedOut, TimeoutError, asyncio.TimeoutError, GLib.Error, OSError:
            with self.assertRaises(handler) as caught:
                scope.check()
            self.assertIs(type(caught.exception), GCtx.TimedOut)
            self.assertTrue(caught.exception.matches(IO, Gio.IOErrorEnum.TIMED_OUT))
            self.assertNotIsInstance(caught.exception, GCtx.Cancelled)

    def test_cancelled(self):
        scope = GCtx.scope()
        self.assertIsNone(scope.error)
        self.assertIsNone(scope.cause)
        scope.cancel()
        for handler in GCtx.Cancelled, GLib.Error:
            with self.assertRaises(handler) as caught:
                scope.check()
            self.assertTrue(caught.exception.matches(IO, Gio.IOErrorEnum.CANCELLED))
            self.assertNotIsInstance(caught.exception, TimeoutError)

    def test_sleep_raises_them(self):
        with self.assertRaises(GCtx.TimedOut):
            GCtx.timeout(0.005).sleep(3600 * GLib.USEC_PER_SEC)
        loop = GLib.MainLoop()
        scope = GCtx.scope()
        caught = []

        def slept(context, result):
            try:
                context.sleep_finish(result)
            except GCtx.Cancelled as error:
                caught.append(error)
            loop.quit()

        scope.sleep_async(3600 * GLib.USEC_PER_SEC, None, slept)
        scope.cancel()
        loop.run()
        self.assertEqual(len(caught), 1)

    def test_words(self):
        error = GCtx.timeout(-1, cause=ValueError('too slow')).error
        self.assertIn('ValueError: too slow', str(error))
        self.assertIn('TimedOut', repr(error))
        self.assertIn('too slow', repr(error))
        self.assertEqual(GCtx.Cancelled('why').message, 'why')
        self.assertTrue(GCtx.Cancelled().matches(IO, Gio.IOErrorEnum.CANCELLED))

    def test_odd_words(self):
        """Whatever the cause says, or fails to say, the scope ends."""
        class Mute(Exception):
            def __str__(self):
                raise KeyError('no words')

        for cause, words in ((FileNotFoundError('a\udcffb'), r'FileNotFoundError: a\udcffb'),
                             (ValueError('a\0b'), r'ValueError: a\x00b'),
                             (Mute(), 'Mute: <str() of it failed>')):
            scope = GCtx.scope()
            self.assertTrue(scope.cancel_with_cause(cause))
            self.assertEqual(scope.cause.message, words)
            self.assertIs(scope.cause.__cause__, cause)
            self.assertEqual(GCtx.timeout(-1, cause=cause).cause.message, words)

    def test_pickle(self):
        for error in GCtx.timeout(-1, cause=cancelled_io_error()).error, GCtx.TimedOut(), GCtx.Cancelled():
            twin = pickle.loads(pickle.dumps(error))
            self.assertIs(type(twin), type(error))
            self.assertEqual((twin.message, twin.domain, twin.code),
                             (error.message, error.domain, error.code))
            self.assertEqual(getattr(twin.cause, 'message', None), getattr(error.cause, 'message', None))
            self.assertIs(type(error.copy()), type(error))

    def test_given_to_c(self):
        """They are GErrors for whoever takes one."""
        scope = GCtx.scope()
        scope.cancel_with_cause(GCtx.timeout(-1).error)
        self.assertTrue(scope.get_cause().matches(IO, Gio.IOErrorEnum.TIMED_OUT))


class TestTranslate(unittest.TestCase):
    def test_cancelled_becomes_the_own(self):
        """rule 16"""
        self.assertIs(type(GCtx.timeout(-1).translate_error(cancelled_io_error())), GCtx.TimedOut)

    def test_others_pass(self):
        """rule 16: untouched, so the same object."""
        scope = GCtx.timeout(-1)
        for error in (GLib.Error.new_literal(IO, 'gone', Gio.IOErrorEnum.NOT_FOUND),
                      GLib.Error.new_literal(IO, 'a slow server', Gio.IOErrorEnum.TIMED_OUT)):
            self.assertIs(scope.translate_error(error), error)

    def test_live(self):
        error = cancelled_io_error()
        self.assertIs(GCtx.scope().translate_error(error), error)

    def test_functions(self):
        """The functions beside the classes raise them, too."""
        context = GCtx.timeout(-1)
        with self.assertRaises(GCtx.TimedOut):
            GCtx.subprocess_new(context, ['true'], Gio.SubprocessFlags.NONE)
        task = GCtx.task_new(None, context, None)
        self.assertTrue(GCtx.task_return_if_done(task))
        with self.assertRaises(TimeoutError):
            GCtx.task_propagate_boolean(task)


class TestComplete(unittest.TestCase):
    # Their error is not that of the context.
    OTHERS = {
        'Context.wait_finish': 'fails only if the cancellable of this one wait was cancelled',
    }

    def throwing(self):
        """The functions of the typelib that may fail, by name, as Python sees them."""
        for info in Repository.get_default().get_infos('GCtx'):
            if isinstance(info, CallbackInfo):
                continue
            for function in [info] if isinstance(info, CallableInfo) else getattr(info, 'get_methods', list)():
                if function.can_throw_gerror():
                    name, owner = function.get_name(), GCtx
                    if function.get_container():
                        owner = getattr(GCtx, function.get_container().get_name())
                        yield '%s.%s' % (owner.__name__, name), inspect.getattr_static(owner, name)
                    else:
                        yield name, getattr(owner, name)

    def is_wrapped(self, function):
        while hasattr(function, '__wrapped__'):
            # One of those that raising() makes.
            if function.__code__ in _errors.raising.__code__.co_consts:
                return True
            function = function.__wrapped__
        return False

    def test_complete(self):
        """Rule 16: none of those that report a context's end is forgotten."""
        throwing = dict(self.throwing())
        self.assertGreater(len(throwing), 20)
        self.assertEqual({name for name, function in throwing.items() if not self.is_wrapped(function)},
                         set(self.OTHERS))

    def test_started(self):
        """What starts an operation beside the classes lets its result know the context."""
        starting = {info.get_name() for info in Repository.get_default().get_infos('GCtx')
                    if isinstance(info, CallableInfo) and not isinstance(info, CallbackInfo)
                    and 'callback' in [argument.get_name() for argument in info.get_arguments()]}
        self.assertEqual({name for name in starting if not hasattr(getattr(GCtx, name), '__wrapped__')},
                         {'task_new'})

    def test_children(self):
        """One of each kind: with the context as an argument, and within a result."""
        child = Gio.Subprocess.new(['sleep', '1000'], Gio.SubprocessFlags.STDOUT_PIPE)
        self.addCleanup(child.force_exit)
        loop = GLib.MainLoop()
        caught = []

        def on_ready(source, result, finish):
            with self.assertRaises(GCtx.TimedOut):
                finish(result)
            caught.append(finish)
            loop.quit()

        for name, args in (('wait', ()), ('wait_check', ()), ('communicate', (None,)), ('communicate_utf8', (None,))):
            context = GCtx.timeout(-1)
            with self.subTest(name), self.assertRaises(GCtx.TimedOut):
                getattr(GCtx, 'subprocess_' + name)(child, context, *args)
            getattr(GCtx, 'subprocess_%s_async' % name)(
                child, context, *args, on_ready, getattr(GCtx, 'subprocess_%s_finish' % name))
            loop.run()
        self.assertEqual(len(caught), 4)


class TestCause(unittest.TestCase):
    def test_none(self):
        """A GError argument that may be NULL takes None, which PyGObject 3.42
        refuses by itself."""
        parent = GCtx.Context.background()
        for scope in (GCtx.Scope.new_full(parent, GLib.MAXINT64, None, None, None),
                      GCtx.Scope.new_with_deadline_cause(parent, GLib.MAXINT64, None),
                      GCtx.Scope.new_with_timeout_cause(parent, GLib.MAXINT64, None)):
            self.assertTrue(scope.cancel_with_cause(None))
            self.assertFalse(scope.cancel_with_cause(None))
            self.assertTrue(scope.cause.matches(IO, Gio.IOErrorEnum.CANCELLED))

    def test_gerror(self):
        scope = GCtx.scope()
        cause = GLib.Error.new_literal(IO, 'the client left', Gio.IOErrorEnum.CONNECTION_CLOSED)
        scope.cancel_with_cause(cause)
        self.assertTrue(scope.cause.matches(IO, Gio.IOErrorEnum.CONNECTION_CLOSED))
        self.assertTrue(scope.error.cause.matches(IO, Gio.IOErrorEnum.CONNECTION_CLOSED))
        self.assertIn('the client left', scope.error.message)

    def test_python_exception(self):
        """Descendants find the very exception."""
        scope = GCtx.scope()
        child = GCtx.scope(scope)
        told = []
        scope.add_after_func(lambda context: told.append(context.cause.__cause__))
        cause = KeyError('user')
        self.assertTrue(scope.cancel_with_cause(cause))
        self.assertFalse(scope.cancel_with_cause(ValueError('too late')))
        self.assertEqual(child.cause.domain, 'gctx-python-error')
        self.assertIs(child.cause.__cause__, cause)
        self.assertIs(child.error.__cause__, cause)
        while not told:
            GLib.MainContext.default().iteration(True)
        self.assertIs(told[0], cause)
        with self.assertRaises(GCtx.Cancelled) as caught:
            child.check()
        self.assertIn('KeyError', ''.join(traceback.format_exception(caught.exception)))

    def test_python_exception_goes_with_its_scope(self):
        class Late(Exception):
            pass

        def give():
            try:
                raise Late('by a second')
            except Late as late:
                return GCtx.timeout(-1, cause=late), weakref.ref(late)

        scope, gone = give()
        child = GCtx.scope(scope)
        self.assertIs(type(child.cause.__cause__), Late)
        del scope
        gc.collect()
        self.assertIsNone(gone())
        self.assertIsNone(child.cause.__cause__)
        self.assertIn('Late: by a second', child.error.message)

    def test_no_cause(self):
        for wrong in 'late', 7:
            with self.assertRaisesRegex(TypeError, 'exception'):
                GCtx.timeout(1, cause=wrong)


if __name__ == '__main__':
    tap.run(TestClasses, TestTranslate, TestComplete, TestCause)
