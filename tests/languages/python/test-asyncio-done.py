# test-asyncio-done.py
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

import asyncio
import contextvars
import gc
import threading
import weakref

import gi

gi.require_version('GCtx', '1')
from gi.repository import GCtx, GLib  # noqa: E402

import loops  # noqa: E402
import tap  # noqa: E402

BACKGROUND = GCtx.Context.background()


class TestDone(loops.LoopCase):
    async def test_cancel(self):
        """done() returns None, once the context is done and not before."""
        scope = GCtx.Scope.new(BACKGROUND)
        waiting = asyncio.ensure_future(scope.done())
        await loops.turns()
        self.assertFalse(waiting.done())
        scope.cancel()
        self.assertIsNone(await waiting)

    async def test_deadline(self):
        context = BACKGROUND.with_timeout(5000)
        await context.done()
        self.assertTrue(context.is_done())

    async def test_from_a_thread(self):
        """Rule 5: who ends the context may be any thread."""
        scope = GCtx.Scope.new(BACKGROUND)
        waiting = asyncio.ensure_future(scope.with_timeout(3600 * GLib.USEC_PER_SEC).done())
        await loops.turns()
        threading.Thread(target=scope.cancel).start()
        await waiting

    async def test_already(self):
        """Rule 6: a done context is not waited for, not even a turn of the loop."""
        with self.assertRaises(StopIteration):
            BACKGROUND.with_timeout(-1).done().send(None)

    async def test_never(self):
        """Nothing can end the background, so only the task can."""
        for context in BACKGROUND, BACKGROUND.without_cancel():
            waiting = asyncio.ensure_future(context.done())
            await loops.turns()
            waiting.cancel()
            self.assertIsInstance(await self.raised(waiting), asyncio.CancelledError)

    async def test_cancelled_wait(self):
        """Cancelling one wait ends neither the context nor other waits."""
        scope = GCtx.Scope.new(BACKGROUND)
        one, two = asyncio.ensure_future(scope.done()), asyncio.ensure_future(scope.done())
        await loops.turns()
        one.cancel()
        self.assertIsInstance(await self.raised(one), asyncio.CancelledError)
        await loops.turns()
        self.assertFalse(scope.is_done())
        self.assertFalse(two.done())
        scope.cancel()
        await two

    async def test_cancel_meets_end(self):
        """A wait that is cancelled as the context ends is cancelled, in either order."""
        scope = GCtx.Scope.new(BACKGROUND)
        waiting = asyncio.ensure_future(scope.done())
        await loops.turns()
        scope.cancel()
        waiting.cancel()
        self.assertIsInstance(await self.raised(waiting), asyncio.CancelledError)

        scope = GCtx.Scope.new(BACKGROUND)
        waiting = asyncio.ensure_future(scope.done())
        await loops.turns()
        await self.end_and_then(scope, waiting.cancel)
        self.assertIsInstance(await self.raised(waiting), asyncio.CancelledError)

    def watch_futures(self):
        """A list that gets a weak reference to each future of the loop from now on.
        An after-func that is left behind keeps its own alive."""
        loop = asyncio.get_running_loop()
        create_future = type(loop).create_future
        futures = []

        def create():
            future = create_future(loop)
            futures.append(weakref.ref(future))
            return future

        loop.create_future = create
        return futures

    @loops.many
    async def test_many_cancelled(self):
        """10,000 cancelled waits leave no after-func on a context that lives on."""
        scope = GCtx.Scope.new(BACKGROUND)
        futures = self.watch_futures()
        for _ in range(10):
            waiting = [asyncio.ensure_future(scope.done()) for _ in range(1000)]
            await asyncio.sleep(0)
            for task in waiting:
                task.cancel()
            await asyncio.wait(waiting)
        del waiting, task
        gc.collect()
        self.assertGreaterEqual(len(futures), 10000)
        self.assertLess(len([future for future in futures if future() is not None]), 10)
        self.assertFalse(scope.is_done())

    async def test_dropped(self):
        """A wait whose coroutine is closed leaves no after-func behind."""
        scope = GCtx.Scope.new(BACKGROUND)
        futures = self.watch_futures()
        coroutine = scope.done()
        coroutine.send(None)
        self.assertEqual(len(futures), 1)
        self.assertIsNotNone(futures[0]())
        coroutine.close()
        gc.collect()
        self.assertIsNone(futures[0]())

    @loops.many
    async def test_many_waits(self):
        """Rule 2: one cancel tells all."""
        scope = GCtx.Scope.new(BACKGROUND)
        waiting = [asyncio.ensure_future(scope.done()) for _ in range(1000)]
        await loops.turns()
        scope.cancel()
        self.assertEqual(await asyncio.gather(*waiting), [None] * 1000)

    async def test_busy_loop(self):
        """A loop with always something to do hears of the end even so."""
        context = BACKGROUND.with_timeout(5000)
        waiting = asyncio.ensure_future(context.done())
        while not waiting.done():
            await asyncio.sleep(0)


class TestCurrent(loops.LoopCase):
    async def test_tasks(self):
        """Each task has its own current context, and so have its children."""
        async def look():
            await loops.turns()
            return GCtx.current()

        async def work(scope):
            with GCtx.use(scope):
                await loops.turns()
                return [GCtx.current(), *await asyncio.gather(look(), asyncio.ensure_future(look()))]

        one, two = GCtx.Scope.new(BACKGROUND), GCtx.Scope.new(BACKGROUND)
        self.assertEqual(await asyncio.gather(work(one), work(two), look()), [[one] * 3, [two] * 3, BACKGROUND])

    async def test_to_thread(self):
        """asyncio.to_thread() takes it along."""
        scope = GCtx.Scope.new(BACKGROUND)
        with GCtx.use(scope):
            self.assertEqual(await asyncio.to_thread(GCtx.current), scope)
        self.assertEqual(await asyncio.to_thread(GCtx.current), BACKGROUND)

    async def test_wrap(self):
        """In what wrap() runs its context is the current one, outside it is not."""
        scope = GCtx.Scope.new(BACKGROUND)

        async def look():
            await loops.turns()
            return GCtx.current(), await asyncio.to_thread(GCtx.current)

        self.assertEqual(await scope.wrap(look()), (scope, scope))
        self.assertEqual(GCtx.current(), BACKGROUND)

    async def test_callback(self):
        """A callback of the loop has the context of where it was handed over."""
        scope = GCtx.Scope.new(BACKGROUND)
        seen = asyncio.get_running_loop().create_future()
        with GCtx.use(scope):
            asyncio.get_running_loop().call_soon(lambda: seen.set_result(GCtx.current()))
        self.assertEqual(await seen, scope)
        self.assertEqual(contextvars.copy_context().run(GCtx.current), BACKGROUND)


if __name__ == '__main__':
    tap.run(*loops.on_each(TestDone, TestCurrent))
