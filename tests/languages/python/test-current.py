# test-current.py
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What the running code works for: the contextvar beside the C library's stack."""

import asyncio
import contextvars
import threading
import unittest

import gi

gi.require_version('GCtx', '1')
from gi.repository import GCtx, GLib  # noqa: E402

import tap  # noqa: E402

background = GCtx.Context.background()


class TestCurrent(unittest.TestCase):
    def tearDown(self):
        self.assertEqual(GCtx.current(), background)

    def test_none(self):
        self.assertEqual(GCtx.current(), background)
        self.assertEqual(GCtx.Context.get_current(), background)

    def test_nested(self):
        outer, inner = GCtx.scope(), GCtx.scope()
        with outer.as_current() as given:
            self.assertIs(given, outer)
            with GCtx.use(inner):
                self.assertIs(GCtx.current(), inner)
                self.assertIs(GCtx.Context.get_current(), inner)
                self.assertEqual(GCtx.scope().to_string().count('scope'), 2)
            self.assertIs(GCtx.current(), outer)
        self.assertFalse(outer.is_done())

    def test_again(self):
        scope = GCtx.scope()
        block = scope.as_current()
        with block, block:
            self.assertIs(GCtx.current(), scope)

    def test_shared(self):
        """One block in two threads at once, left in the order of its beginning."""
        scope = GCtx.scope()
        block, both, found = scope.as_current(), threading.Barrier(2), []

        def work(first):
            if not first:
                both.wait()
            with block:
                if first:
                    both.wait()
                found.append(GCtx.current() is scope)
                both.wait()
                if not first:
                    both.wait()
            found.append(GCtx.current() == background)
            if first:
                both.wait()

        threads = [threading.Thread(target=work, args=(first,)) for first in (True, False)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(found, [True] * 4)

    def test_generator_closed_inside(self):
        """A generator's block that ends inside another one leaves that alone."""
        def generator():
            with GCtx.scope():
                yield

        def run():
            steps = generator()
            next(steps)
            with GCtx.scope() as ctx:
                steps.close()
                still = GCtx.current() is ctx
            return still and GCtx.current() == background

        self.assertTrue(contextvars.copy_context().run(run))

    def test_exception(self):
        with self.assertRaises(KeyError):
            with GCtx.use(GCtx.scope()):
                raise KeyError

    def test_wrong(self):
        for wrong in None, GCtx.Key('no context'):
            with self.assertRaisesRegex(TypeError, 'GCtx.Context'):
                GCtx.use(wrong)

    def test_what_c_pushed_further_in(self):
        outer, inner, innermost = GCtx.scope(), GCtx.scope(), GCtx.scope()
        with GCtx.use(outer):
            inner.push_current()
            self.assertIs(GCtx.current(), inner)
            with GCtx.use(innermost):
                self.assertIs(GCtx.current(), innermost)
            self.assertIs(GCtx.current(), inner)
            inner.pop_current()
            self.assertIs(GCtx.current(), outer)

    def test_after_func(self):
        """An after-func works for its own context, wherever the loop is turned."""
        outer, ended = GCtx.scope(), GCtx.scope()
        found = []

        def after(context):
            found.append((GCtx.current(), context))
            with GCtx.use(outer):
                found.append((GCtx.current(), outer))

        ended.add_after_func(after)
        ended.cancel()
        with GCtx.use(outer):
            while not found:
                GLib.MainContext.default().iteration(True)
            self.assertIs(GCtx.current(), outer)
        for current, expected in found:
            self.assertEqual(current, expected)

    def test_begun_in_after_func(self):
        """What was made current there stays so where C has none any more."""
        ended, other = GCtx.scope(), GCtx.scope()
        copies = []

        def after(context):
            with GCtx.use(other):
                copies.append(contextvars.copy_context())

        ended.add_after_func(after)
        ended.cancel()
        while not copies:
            GLib.MainContext.default().iteration(True)
        self.assertIs(copies[0].run(GCtx.current), other)

    def test_group_thread(self):
        group = GCtx.Group.new(background)
        found = []

        def run(context):
            found.append(GCtx.current() == context)
            with GCtx.timeout(3600) as ctx:
                found.append(GCtx.current() is ctx)
            found.append(GCtx.current() == context)
            return True

        with GCtx.scope():
            group.run_in_thread(run)
            group.wait()
        self.assertEqual(found, [True, True, True])

    def test_plain_thread(self):
        """A thread of Python's starts with nothing, or with the copy it is given."""
        found = []
        with GCtx.scope() as ctx:
            copy = contextvars.copy_context()
            thread = threading.Thread(target=copy.run, args=(lambda: found.append(GCtx.current()),))
            thread.start()
            thread.join()
        self.assertEqual(found, [ctx])

    def test_tasks(self):
        """Each task has one of its own, and hands it to what it starts."""
        async def work(delay, depth):
            with GCtx.scope() as ctx:
                for _ in range(depth):
                    await asyncio.sleep(0)
                    assert GCtx.current() is ctx
                return await asyncio.create_task(child(ctx))

        async def child(expected):
            await asyncio.sleep(0)
            return GCtx.current() is expected

        async def in_thread():
            with GCtx.scope() as ctx:
                return await asyncio.to_thread(GCtx.current) is ctx

        async def main():
            return await asyncio.gather(in_thread(), *(work(0, depth) for depth in range(5)))

        self.assertEqual(asyncio.run(main()), [True] * 6)

    def test_generator_closed_elsewhere(self):
        def generator():
            with GCtx.scope() as ctx:
                yield ctx

        steps = generator()
        here = contextvars.copy_context()
        ctx = here.run(next, steps)
        self.assertIs(here.run(GCtx.current), ctx)
        contextvars.copy_context().run(steps.close)
        self.assertTrue(ctx.is_done())
        self.assertEqual(here.run(GCtx.current), background)


if __name__ == '__main__':
    tap.run(TestCurrent)
