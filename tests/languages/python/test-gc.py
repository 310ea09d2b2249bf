# test-gc.py
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Ownership, threads and the collector (rules 4, 5, 7 and 18)."""

import gc
import sys
import threading
import unittest
import weakref

import gi

gi.require_version('GCtx', '1')
from gi.repository import GCtx, GLib  # noqa: E402

import tap  # noqa: E402

background = GCtx.Context.background()


class Held:
    pass


def iterate():
    while GLib.MainContext.default().iteration(False):
        pass


class TestOwnership(unittest.TestCase):
    def count(self, make):
        """How many references to a value are left after make(key, value)."""
        key, held = GCtx.Key('held'), Held()
        before = sys.getrefcount(held)
        make(key, held)
        gc.collect()
        iterate()
        return sys.getrefcount(held) - before

    def test_values(self):
        """rule 18: released exactly once, whichever function took them."""
        for make in (lambda key, held: background.with_value(key, held),
                     lambda key, held: background.with_values([key, key], [held, held]),
                     lambda key, held: GCtx.scope(values={key: held}),
                     lambda key, held: GCtx.timeout(3600, values={key: held}, cause=ValueError()),
                     lambda key, held: background.with_value(key, held)[key],
                     lambda key, held: background.with_value(key, held).get(key),
                     lambda key, held: background.with_value(key, held).get_cancellable(),
                     lambda key, held: background.with_lookup(lambda key: held)[key]):
            for _ in range(3):
                self.assertEqual(self.count(make), 0)

    def test_value_lives_with_cancellable(self):
        """rule 18: as long as a cancellable sees it."""
        key, held = GCtx.Key('held'), Held()
        gone = weakref.ref(held)
        cancellable = GCtx.scope(values={key: held}).get_cancellable()
        del held
        gc.collect()
        self.assertIs(GCtx.Context.from_cancellable(cancellable)[key], gone())
        del cancellable
        gc.collect()
        self.assertIsNone(gone())

    def test_key_outlives_its_wrapper(self):
        context = background.with_value(GCtx.Key('held'), 7)
        gc.collect()
        self.assertIn('held', context.to_string())

    def test_scope_closed_often(self):
        """Bindings may close more than once, and use what is closed."""
        scope = GCtx.scope()
        gone = weakref.ref(scope)
        child = GCtx.scope(scope)
        for _ in range(3):
            scope.close()
        with scope:
            pass
        self.assertTrue(child.is_done())
        del scope
        gc.collect()
        self.assertIsNone(gone())
        self.assertTrue(child.is_done())

    def test_dropped_parent(self):
        """rule 7: children hold their parents, and dropping cancels nothing."""
        child = GCtx.scope(GCtx.timeout(3600, GCtx.scope()))
        gc.collect()
        self.assertFalse(child.is_done())
        self.assertIsNotNone(child.remaining)

    def test_after_func_is_released(self):
        """Its function goes when it has run, was removed, or can never run."""
        for end in (lambda scope, id: scope.cancel(),
                    lambda scope, id: scope.remove_after_func(id),
                    lambda scope, id: None):
            held = Held()
            gone = weakref.ref(held)
            scope = GCtx.scope()
            id = scope.add_after_func(lambda context, kept=held: None)
            del held
            self.assertIsNotNone(gone())
            end(scope, id)
            del scope
            gc.collect()
            iterate()
            self.assertIsNone(gone())


class TestCycles(unittest.TestCase):
    def collected(self, make):
        gone = make()
        gc.collect()
        iterate()
        gc.collect()
        return all(weak() is None for weak in gone)

    def test_seen_by_the_collector(self):
        """Cycles of Python attributes and blocks."""
        def by_attribute():
            scope = GCtx.scope()
            scope.held = Held()
            scope.held.scope = scope
            return weakref.ref(scope), weakref.ref(scope.held)

        def by_holder():
            held = Held()
            held.key = GCtx.Key('held')
            held.scope = GCtx.timeout(3600, values={held.key: 7})
            held.me = held
            return weakref.ref(held), weakref.ref(held.scope)

        def by_block():
            held = Held()
            held.ctx = GCtx.scope()
            held.block = held.ctx.__enter__()
            held.me = held
            # The block is left by nobody: what it set goes with the thread.
            held.ctx.__exit__(None, None, None)
            return weakref.ref(held), weakref.ref(held.ctx)

        def by_cause():
            scope = GCtx.scope()
            try:
                raise KeyError('its traceback leads to the frame, which has the scope')
            except KeyError as error:
                scope.cancel_with_cause(error)
            return weakref.ref(scope),

        def by_error():
            try:
                with GCtx.timeout(-1) as ctx:
                    ctx.check()
            except TimeoutError as error:
                ctx.error_of_the_block = error
            return weakref.ref(ctx),

        for make in by_attribute, by_holder, by_block, by_cause, by_error:
            with self.subTest(make.__name__):
                self.assertTrue(self.collected(make))

    def test_after_func_that_refers_to_its_context(self):
        """Out of the collector's reach: C holds the function, which holds the
        context. The advice: remove it, close the scope, or use a weak reference."""
        def make(end, weak=False):
            scope = GCtx.scope()
            scope.mark = Held()
            gone = weakref.ref(scope.mark)
            seen = weakref.ref(scope) if weak else lambda kept=scope: kept
            id = scope.add_after_func(lambda context: seen())
            end(scope, id)
            return gone,

        self.assertTrue(self.collected(lambda: make(lambda scope, id: scope.close())))
        self.assertTrue(self.collected(lambda: make(lambda scope, id: scope.remove_after_func(id))))
        self.assertTrue(self.collected(lambda: make(lambda scope, id: None, weak=True)))

        kept = []
        self.assertFalse(self.collected(lambda: make(lambda scope, id: kept.append((weakref.ref(scope), id)))))
        kept[0][0]().close()

    def test_value_that_refers_to_its_context(self):
        """The same of a value; here the advice is a weak reference, or to empty it."""
        def make(end):
            key, held = GCtx.Key('held'), Held()
            context = GCtx.scope(values={key: held})
            held.context = context
            end(held, context)
            return weakref.ref(held),

        def use_weak(held, context):
            held.context = weakref.ref(context)

        def empty(held, context):
            del held.context

        self.assertTrue(self.collected(lambda: make(use_weak)))
        self.assertTrue(self.collected(lambda: make(empty)))

        kept = []
        self.assertFalse(self.collected(lambda: make(lambda held, context: kept.append(weakref.ref(held)))))
        del kept[0]().context


class TestThreads(unittest.TestCase):
    def test_dropped_elsewhere(self):
        """rule 5: values, functions and contexts may go in any thread."""
        barrier = threading.Barrier(4)
        root = GCtx.scope()
        key = GCtx.Key('held')
        weak = []

        def work():
            barrier.wait()
            for number in range(500):
                held = Held()
                context = GCtx.timeout(3600, root, values={key: held})
                context.add_after_func(lambda context, kept=held: None)
                if number % 3 == 0:
                    context.cancel()
                assert context[key] is held
                weak.append(weakref.ref(held))

        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        barrier.wait()
        for _ in range(20):
            gc.collect()
            iterate()
        for thread in threads:
            thread.join()
        root.cancel()
        gc.collect()
        iterate()
        self.assertEqual(sum(ref() is not None for ref in weak), 0)

    def test_cancel_during_collection(self):
        """rule 4: everything may be called where a finalizer runs."""
        scope = GCtx.scope()
        child = GCtx.scope(scope)

        class Last:
            def __del__(self):
                scope.cancel()
                with GCtx.timeout(1, scope) as ctx:
                    assert ctx.is_done()

        last = Last()
        last.me = last
        context = background.with_value(GCtx.Key('last'), last)
        del last.me, last, context
        gc.collect()
        self.assertTrue(child.is_done())


if __name__ == '__main__':
    tap.run(TestOwnership, TestCycles, TestThreads)
