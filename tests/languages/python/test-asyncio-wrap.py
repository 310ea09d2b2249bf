# test-asyncio-wrap.py
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

import asyncio
import gc
import types
import unittest.mock
import weakref

import gi

gi.require_version('GCtx', '1')
from gi.repository import GCtx, Gio, GLib  # noqa: E402

import loops  # noqa: E402
import tap  # noqa: E402

BACKGROUND = GCtx.Context.background()


def cancelled_error():
    return GLib.Error.new_literal(Gio.io_error_quark(), 'Operation was cancelled', Gio.IOErrorEnum.CANCELLED)


async def forever(log=None):
    try:
        await asyncio.get_running_loop().create_future()
    except asyncio.CancelledError:
        if log is not None:
            log.append('cancelled')
        raise


def end_soon(end):
    """Calls `end` when what is begun now has come to where it waits."""
    async def later():
        await loops.turns(20)
        end()
    return asyncio.ensure_future(later())


class TestWrap(loops.LoopCase):
    async def test_result(self):
        """What the awaitable returns or raises comes through."""
        future = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(future.set_result, 2)

        @types.coroutine
        def old():
            yield
            return 3

        scope = GCtx.Scope.new(BACKGROUND)
        self.assertEqual(await scope.wrap(asyncio.sleep(0, 1)), 1)
        self.assertEqual(await scope.wrap(future), 2)
        self.assertEqual(await scope.wrap(old()), 3)
        self.assertEqual(await scope.wrap(asyncio.ensure_future(asyncio.sleep(0, 4))), 4)
        self.assertFalse(scope.is_done())

        async def fail():
            raise KeyError('mine')
        self.assertIsInstance(await self.raised(scope.wrap(fail())), KeyError)
        self.assertIsInstance(await self.raised(scope.wrap(7)), TypeError)

    async def test_deadline(self):
        """Rules 15 and 16: the context's own error, after the inner task has ended."""
        context = BACKGROUND.with_timeout(5000)
        error = await self.raised(context.wrap(forever()))
        self.assertOwnError(error, context)
        self.assertIsInstance(error, TimeoutError)
        self.assertEqual(asyncio.current_task().cancelling(), 0)

    async def test_cause(self):
        scope = GCtx.Scope.new(BACKGROUND)
        cause = GLib.Error.new_literal(Gio.io_error_quark(), 'no more', Gio.IOErrorEnum.CLOSED)
        ending = end_soon(lambda: scope.cancel_with_cause(cause))
        log = []
        error = await self.raised(scope.wrap(forever(log)))
        self.assertIsInstance(error, GCtx.Cancelled)
        self.assertIsInstance(error.__cause__, asyncio.CancelledError)
        self.assertEqual(log, ['cancelled'])
        self.assertTrue(error.cause.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CLOSED))
        await ending

    async def test_already(self):
        """A coroutine is not begun; a result that is there counts; a future is cancelled."""
        context = BACKGROUND.with_timeout(-1)

        async def never():
            self.fail('this has begun')

        self.assertIsInstance(await self.raised(context.wrap(never())), GCtx.TimedOut)
        future = asyncio.get_running_loop().create_future()
        self.assertIsInstance(await self.raised(context.wrap(future)), GCtx.TimedOut)
        self.assertTrue(future.cancelled())
        future = asyncio.get_running_loop().create_future()
        future.set_result(5)
        self.assertEqual(await context.wrap(future), 5)
        log = []
        task = asyncio.ensure_future(forever(log))
        await loops.turns()
        self.assertIsInstance(await self.raised(context.wrap(task)), GCtx.TimedOut)
        self.assertEqual(log, ['cancelled'])

    async def test_result_in_spite(self):
        """A task that swallows its cancellation and has a result has it counted."""
        async def stubborn():
            try:
                await forever()
            except asyncio.CancelledError:
                await loops.turns()
                return 'even so'

        scope = GCtx.Scope.new(BACKGROUND)
        ending = end_soon(scope.cancel)
        self.assertEqual(await scope.wrap(stubborn()), 'even so')
        self.assertTrue(scope.is_done())
        await ending

    async def test_translated(self):
        """Rule 16: a CANCELLED of GIO's becomes the context's error, others pass."""
        async def gio(error):
            try:
                await forever()
            except asyncio.CancelledError:
                raise error

        scope = GCtx.Scope.new(BACKGROUND)
        ending = end_soon(scope.cancel)
        error = await self.raised(scope.wrap(gio(cancelled_error())))
        self.assertOwnError(error, scope)
        self.assertTrue(error.__cause__.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED))
        await ending

        scope = GCtx.Scope.new(BACKGROUND)
        ending = end_soon(scope.cancel)
        other = GLib.Error.new_literal(Gio.io_error_quark(), 'gone', Gio.IOErrorEnum.NOT_FOUND)
        self.assertIs(await self.raised(scope.wrap(gio(other))), other)
        await ending

        async def foreign():
            raise foreign.error
        foreign.error = cancelled_error()
        self.assertIs(await self.raised(BACKGROUND.wrap(foreign())), foreign.error)

    async def test_task_cancelled(self):
        """Task.cancel() cancels the inner task and leaves the context."""
        log = []
        scope = GCtx.Scope.new(BACKGROUND)
        task = asyncio.ensure_future(scope.wrap(forever(log)))
        await loops.turns()
        task.cancel()
        self.assertIsInstance(await self.raised(task), asyncio.CancelledError)
        self.assertTrue(task.cancelled())
        self.assertEqual(log, ['cancelled'])
        self.assertFalse(scope.is_done())

    async def test_both_at_once(self):
        """Task.cancel() and the end at once, in either order: it is a CancelledError."""
        scope = GCtx.Scope.new(BACKGROUND)
        task = asyncio.ensure_future(scope.wrap(forever()))
        await loops.turns()
        scope.cancel()
        task.cancel()
        self.assertIsInstance(await self.raised(task), asyncio.CancelledError)

        scope = GCtx.Scope.new(BACKGROUND)
        task = asyncio.ensure_future(scope.wrap(forever()))
        await loops.turns()
        await self.end_and_then(scope, task.cancel)
        self.assertIsInstance(await self.raised(task), asyncio.CancelledError)
        self.assertTrue(task.cancelled())

    async def test_cancelled_while_unwinding(self):
        """A Task.cancel() while the inner task cleans up reaches it, and is passed on."""
        cleaning, log = asyncio.Event(), []

        async def slow():
            try:
                await forever(log)
            finally:
                cleaning.set()
                await forever(log)

        scope = GCtx.Scope.new(BACKGROUND)
        task = asyncio.ensure_future(scope.wrap(slow()))
        await loops.turns()
        scope.cancel()
        await cleaning.wait()
        await loops.turns()
        self.assertFalse(task.done())
        task.cancel()
        self.assertIsInstance(await self.raised(task), asyncio.CancelledError)
        self.assertEqual(log, ['cancelled', 'cancelled'])

    async def test_cancelled_when_finished(self):
        """Cancelled between the inner task's failure and ours: nothing is left that
        somebody would have to retrieve."""
        future = asyncio.get_running_loop().create_future()
        inner = []

        async def fail():
            inner.append(asyncio.current_task())
            await future
            raise KeyError('nobody sees this')

        task = asyncio.ensure_future(GCtx.Scope.new(BACKGROUND).wrap(fail()))
        await loops.turns()
        inner[0].add_done_callback(lambda _: task.cancel())
        future.set_result(None)
        error = await self.raised(task)
        self.assertIsInstance(error, (asyncio.CancelledError, KeyError))
        inner.clear()

    async def test_nested(self):
        """Parent and child that end together: the outer one speaks, the inner task is
        cancelled once, though the word comes for both."""
        log = []

        async def slow():
            try:
                await forever(log)
            finally:
                # A second CancelledError would come in here.
                await loops.turns(30)
                log.append('cleaned up')

        async def middle():
            try:
                return await child.wrap(slow())
            except BaseException as error:
                log.append(type(error))
                raise

        parent = GCtx.Scope.new(BACKGROUND)
        child = parent.with_timeout(3600 * GLib.USEC_PER_SEC)
        task = asyncio.ensure_future(parent.wrap(middle()))
        await loops.turns()
        parent.cancel()
        self.assertOwnError(await self.raised(task), parent)
        self.assertEqual(log, ['cancelled', 'cleaned up', asyncio.CancelledError])

    async def test_nested_told_apart(self):
        """The same where the word comes for one long after the other, in either order."""
        async def slow(log):
            try:
                await forever(log)
            finally:
                await loops.turns(30)
                log.append('cleaned up')

        for first in 0, 1:
            log, told = [], []

            def tell(home, function, *args, **kwargs):
                told.append((function, args))

            parent = GCtx.Scope.new(BACKGROUND)
            task = asyncio.ensure_future(parent.wrap(GCtx.Scope.new(parent).wrap(slow(log))))
            await loops.turns()
            with unittest.mock.patch.object(type(loops._loops.here()), 'tell', tell):
                parent.cancel()
                while len(told) < 2:
                    await asyncio.sleep(0)
            # Those who were made first are told first: the outer one.
            for function, args in (told[first], told[1 - first]):
                function(*args)
                await loops.turns(10)
            self.assertOwnError(await self.raised(task), parent)
            self.assertEqual(log, ['cancelled', 'cleaned up'])

    async def test_nested_child_ends(self):
        """The child ends alone: its error comes out of its own level, and the parent's
        goes on."""
        child = []

        async def middle():
            child.append(parent.with_timeout(5000))
            error = await self.raised(child[0].wrap(forever()))
            await loops.turns()
            return error

        parent = GCtx.Scope.new(BACKGROUND)
        self.assertOwnError(await parent.wrap(middle()), child[0])
        self.assertFalse(parent.is_done())

    async def test_background_task(self):
        """A task that was only begun inside, and that nobody cancels, has its own
        context's word."""
        parent = GCtx.Scope.new(BACKGROUND)
        begun = []

        async def inside():
            begun.append(asyncio.ensure_future(GCtx.Scope.new(parent).wrap(forever())))
            await forever()

        outer = asyncio.ensure_future(parent.wrap(inside()))
        await loops.turns()
        parent.cancel()
        self.assertIsInstance(await self.raised(outer), GCtx.Cancelled)
        self.assertIsInstance(await self.raised(begun[0]), GCtx.Cancelled)

    async def test_timeout_inside_and_around(self):
        """asyncio.timeout() inside and around keeps its own meaning."""
        scope = GCtx.Scope.new(BACKGROUND)

        async def inside():
            with self.assertRaises(TimeoutError) as caught:
                async with asyncio.timeout(0.005):
                    await forever()
            self.assertNotIsInstance(caught.exception, GLib.Error)
            return 'on'
        self.assertEqual(await scope.wrap(inside()), 'on')

        with self.assertRaises(TimeoutError) as caught:
            async with asyncio.timeout(0.005):
                await scope.wrap(forever())
        self.assertNotIsInstance(caught.exception, GLib.Error)
        self.assertFalse(scope.is_done())

        with self.assertRaises(GCtx.TimedOut):
            async with asyncio.timeout(3600):
                await BACKGROUND.with_timeout(5000).wrap(forever())

    async def test_task_group(self):
        """In a TaskGroup the context's error cancels the siblings, as any error does."""
        log = []
        context = BACKGROUND.with_timeout(5000)
        with self.assertRaises(ExceptionGroup) as caught:
            async with asyncio.TaskGroup() as group:
                group.create_task(forever(log))
                await loops.turns()
                group.create_task(context.wrap(forever()))
        self.assertEqual([type(error) for error in caught.exception.exceptions], [GCtx.TimedOut])
        self.assertEqual(log, ['cancelled'])

        async def inside():
            async with asyncio.TaskGroup() as group:
                group.create_task(forever(log))
        scope = GCtx.Scope.new(BACKGROUND)
        ending = end_soon(scope.cancel)
        self.assertOwnError(await self.raised(scope.wrap(inside())), scope)
        self.assertEqual(log, ['cancelled'] * 2)
        await ending

    async def test_released(self):
        """Neither the context nor what was awaited is kept."""
        class Kept:
            pass

        kept = Kept()
        gone = weakref.ref(kept)

        async def hold(kept):
            await asyncio.sleep(0)

        scope = GCtx.Scope.new(BACKGROUND)
        await scope.wrap(hold(kept))
        error = await self.raised(BACKGROUND.with_timeout(2000).wrap(forever([kept])))
        del kept, error
        await loops.turns()
        gc.collect()
        self.assertIsNone(gone())
        self.assertTrue(scope.cancel())

    @loops.many
    async def test_many(self):
        """Rule 8: a thousand wraps, one inside the other's context, end with one."""
        root = GCtx.Scope.new(BACKGROUND)
        context, tasks = root, []
        for _ in range(1000):
            context = GCtx.Scope.new(context)
            tasks.append(asyncio.ensure_future(context.wrap(forever())))
        await loops.turns()
        root.cancel()
        errors = await asyncio.gather(*tasks, return_exceptions=True)
        self.assertEqual({type(error) for error in errors}, {GCtx.Cancelled})


if __name__ == '__main__':
    tap.run(*loops.on_each(TestWrap))
