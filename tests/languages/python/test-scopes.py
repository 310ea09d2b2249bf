# test-scopes.py
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""timeout(), deadline(), scope() and `with` (rules 1, 6, 10, 11, 14 and 16)."""

import math
import time
import unittest

import gi

gi.require_version('GCtx', '1')
from gi.repository import GCtx, Gio, GLib  # noqa: E402

import tap  # noqa: E402

IO = Gio.io_error_quark()
CANCELLED = GLib.Error.new_literal(IO, 'it was cancelled', Gio.IOErrorEnum.CANCELLED)


class TestTimes(unittest.TestCase):
    def test_no_limit(self):
        for scope in (GCtx.timeout(None), GCtx.timeout(math.inf), GCtx.deadline(None),
                      GCtx.deadline(math.inf), GCtx.scope(), GCtx.timeout(None, cause=ValueError())):
            self.assertIsNone(scope.remaining)
            self.assertEqual(scope.get_deadline(), (False, 0))

    def test_past(self):
        """rule 14: zero and negative timeouts are past."""
        for seconds in 0, 0.0, -1, -math.inf, -1e300, -10 ** 400:
            scope = GCtx.timeout(seconds)
            self.assertTrue(scope.is_done())
            self.assertEqual(scope.remaining, 0.0)

    def test_far(self):
        """rule 14: times saturate."""
        for seconds in 1e13, 1e300, 10 ** 400:
            scope = GCtx.timeout(seconds)
            self.assertFalse(scope.is_done())

    def test_seconds(self):
        before = time.monotonic()
        scope = GCtx.timeout(3600)
        after = time.monotonic()
        there, usec = scope.get_deadline()
        self.assertTrue(there)
        self.assertGreaterEqual(usec, int((before + 3600) * 1e6) - 1)
        self.assertLessEqual(usec, math.ceil((after + 3600) * 1e6))
        self.assertIsInstance(scope.remaining, float)
        self.assertLessEqual(scope.remaining, 3600.0)
        self.assertEqual(GCtx.deadline(1.5).get_deadline(), (True, 1500000))
        # Never earlier than asked for.
        self.assertEqual(GCtx.deadline(1.0000001).get_deadline(), (True, 1000001))

    def test_wrong(self):
        for function in GCtx.timeout, GCtx.deadline:
            with self.assertRaisesRegex(ValueError, 'NaN'):
                function(math.nan)
            for wrong in '2', [], 1j:
                with self.assertRaisesRegex(TypeError, 'seconds'):
                    function(wrong)
        with self.assertRaisesRegex(TypeError, 'parent'):
            GCtx.timeout(1, Gio.Cancellable())

    def test_parent(self):
        """rules 6 and 10"""
        outer = GCtx.timeout(60)
        self.assertEqual(GCtx.timeout(3600, outer).get_deadline(), outer.get_deadline())
        with GCtx.scope() as ctx:
            child = GCtx.timeout(3600)
            self.assertFalse(child.is_done())
        self.assertTrue(child.is_done())
        self.assertTrue(GCtx.scope(ctx).is_done())

    def test_made_wrongly(self):
        """Whoever takes the classes for constructors is told what to write."""
        background = GCtx.Context.background()
        for cls in GCtx.Scope, GCtx.Context:
            for args, kwargs in ((background,), {}), ((), {'parent': background}):
                with self.assertRaisesRegex(TypeError, r'%s\(\) takes no parent: use GCtx\.scope\(parent\)' % cls.__name__):
                    cls(*args, **kwargs)
            self.assertFalse(cls().is_done())
        with self.assertRaisesRegex(TypeError, r'use GCtx\.Group\.new\(parent\)'):
            GCtx.Group(background)
        self.assertTrue(GCtx.Group().wait())

        class Derived(GCtx.Scope):
            def __init__(self, name):
                super().__init__()
                self.name = name

        self.assertTrue(Derived('x').cancel())

    def test_values(self):
        """What dict() takes."""
        user, size = GCtx.Key('user', str), GCtx.Key('size', int)
        for values in {user: 'Ada', size: 7}, [(user, 'Ada'), (size, 7)], zip([user, size], ['Ada', 7]):
            scope = GCtx.scope(values=values)
            self.assertEqual((scope[user], scope[size]), ('Ada', 7))
        self.assertNotIn(user, GCtx.scope(values=[]))
        for wrong in [user], 7, [(user, 'Ada', 7)], user, 'xy':
            with self.assertRaisesRegex(TypeError, 'values is a dict|GCtx.Key is needed'):
                GCtx.scope(values=wrong)

    def test_cause_and_values(self):
        key = GCtx.Key('user', str)
        scope = GCtx.deadline(0, cause=ValueError('late'), values={key: 'Ada'})
        self.assertIn('late', scope.error.message)
        self.assertEqual(scope[key], 'Ada')
        self.assertTrue(scope.has_expired())


class TestWith(unittest.TestCase):
    def test_block(self):
        with GCtx.timeout(3600) as ctx:
            self.assertIs(GCtx.current(), ctx)
            self.assertIsInstance(ctx, GCtx.Scope)
            self.assertFalse(ctx.is_done())
        self.assertTrue(ctx.is_done())
        self.assertIs(type(ctx.error), GCtx.Cancelled)
        self.assertEqual(GCtx.current(), GCtx.Context.background())

    def test_every_scope(self):
        with GCtx.Scope.new_with_timeout(GCtx.Context.background(), 3600 * GLib.USEC_PER_SEC) as ctx:
            self.assertIs(GCtx.current(), ctx)
        self.assertTrue(ctx.is_done())

    def test_exceptions_pass(self):
        with self.assertRaises(KeyError) as caught:
            with GCtx.scope() as ctx:
                raise KeyError('x')
        self.assertIsNone(caught.exception.__cause__)
        self.assertTrue(ctx.is_done())

    def test_cancelled_is_timed_out(self):
        """rule 16, for what leaves the block."""
        with self.assertRaises(GCtx.TimedOut) as caught:
            with GCtx.timeout(-1) as ctx:
                Gio.File.new_for_path('/').query_info('*', Gio.FileQueryInfoFlags.NONE, ctx.get_cancellable())
        self.assertTrue(caught.exception.__cause__.matches(IO, Gio.IOErrorEnum.CANCELLED))

    def test_cancelled_by_others(self):
        """The close of the block does not turn a foreign error into its own."""
        with self.assertRaises(GLib.Error) as caught:
            with GCtx.scope():
                raise CANCELLED
        self.assertIs(caught.exception, CANCELLED)

    def test_inner_and_outer(self):
        with self.assertRaises(TimeoutError):
            with GCtx.timeout(-1):
                with GCtx.scope() as inner:
                    inner.check()
        with GCtx.scope() as outer:
            with self.assertRaises(GCtx.Cancelled):
                with GCtx.scope() as inner:
                    inner.cancel()
                    inner.check()
            outer.check()

    def test_plain_error_of_the_context(self):
        """A GLib.Error that C code made of the context's own is of our class."""
        with self.assertRaises(GCtx.TimedOut):
            with GCtx.timeout(-1) as ctx:
                raise ctx.get_error()

    def test_timed_out_elsewhere(self):
        """rule 16: one that GIO ran into is not the context's."""
        error = GLib.Error.new_literal(IO, 'a slow server', Gio.IOErrorEnum.TIMED_OUT)
        with self.assertRaises(GLib.Error) as caught:
            with GCtx.timeout(-1):
                raise error
        self.assertIs(caught.exception, error)

    def test_same_error_stays_the_same(self):
        raised = []
        with self.assertRaises(GCtx.Cancelled) as caught:
            with GCtx.scope() as ctx:
                ctx.cancel()
                try:
                    ctx.check()
                except GCtx.Cancelled as error:
                    raised.append(error)
                    raise
        self.assertIs(caught.exception, raised[0])

    def test_entered_twice(self):
        with GCtx.scope() as ctx:
            with self.assertRaisesRegex(RuntimeError, 'as_current'):
                with ctx:
                    pass
            self.assertFalse(ctx.is_done())
            with ctx.as_current():
                pass
            self.assertFalse(ctx.is_done())

    def test_entered_when_done(self):
        with GCtx.scope() as ctx:
            pass
        with ctx:
            self.assertTrue(ctx.is_done())

    def test_words(self):
        self.assertRegex(repr(GCtx.scope()), r'^<GCtx\.Scope background\.scope at 0x[0-9a-f]+>$')
        self.assertTrue(repr(GCtx.Context.background()).startswith('<GCtx.Context background'))


if __name__ == '__main__':
    tap.run(TestTimes, TestWith)
