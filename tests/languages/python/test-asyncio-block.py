# test-asyncio-block.py
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

import asyncio
import contextlib
import gc
import weakref

import gi

gi.require_version('GCtx', '1')
from gi.repository import GCtx, Gio, GLib  # noqa: E402

import loops  # noqa: E402
import tap  # noqa: E402

BACKGROUND = GCtx.Context.background()
HOUR = 3600 * GLib.USEC_PER_SEC


def scope_for(usec, parent=BACKGROUND):
    return GCtx.Scope.new_with_timeout(parent, usec)


async def forever(log=None):
    try:
        await asyncio.get_running_loop().create_future()
    except asyncio.CancelledError:
        if log is not None:
            log.append('cancelled')
        raise


async def within(scope, awaitable):
    async with scope:
        return await awaitable


class TestBlock(loops.LoopCase):
    async def test_plain(self):
        """The scope is current in the block, and closed at its end."""
        scope = scope_for(HOUR)
        async with scope as context:
            self.assertIs(context, scope)
            self.assertEqual(GCtx.current(), scope)
            await loops.turns()
            self.assertEqual(GCtx.current(), scope)
            self.assertFalse(scope.is_done())
        self.assertTrue(scope.is_done())
        self.assertEqual(GCtx.current(), BACKGROUND)

        scope = scope_for(HOUR)
        with self.assertRaises(KeyError):
            async with scope:
                raise KeyError('mine')
        self.assertTrue(scope.is_done())

    async def test_deadline(self):
        """The block is interrupted once, and the context's own error comes out."""
        log = []
        scope = scope_for(5000)
        error = await self.raised(within(scope, forever(log)))
        self.assertOwnError(error, scope)
        self.assertIsInstance(error, TimeoutError)
        self.assertIsInstance(error.__cause__, asyncio.CancelledError)
        self.assertEqual(log, ['cancelled'])
        self.assertEqual(asyncio.current_task().cancelling(), 0)
        # Nothing of it is left over.
        await loops.turns()

    async def test_cancelled(self):
        scope = GCtx.Scope.new(BACKGROUND)
        cause = GLib.Error.new_literal(Gio.io_error_quark(), 'no more', Gio.IOErrorEnum.CLOSED)
        asyncio.get_running_loop().call_soon(scope.cancel_with_cause, cause)
        error = await self.raised(within(scope, forever()))
        self.assertIsInstance(error, GCtx.Cancelled)
        self.assertTrue(error.cause.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CLOSED))

    async def test_already(self):
        """A scope that is done interrupts the first real wait, as asyncio.timeout (0)."""
        log = []
        scope = scope_for(-1)
        async with scope:
            log.append('begun')
        error = await self.raised(within(scope_for(-1), forever(log)))
        self.assertIsInstance(error, GCtx.TimedOut)
        self.assertEqual(log, ['begun', 'cancelled'])

    async def test_in_spite(self):
        """A block that swallows the interruption ends as if there had been none."""
        scope = scope_for(5000)
        async with scope:
            with contextlib.suppress(asyncio.CancelledError):
                await forever()
        self.assertEqual(asyncio.current_task().cancelling(), 0)
        await loops.turns()

    async def test_translated(self):
        """Rule 16: a CANCELLED of GIO's that leaves the block of a done context."""
        cancelled = GLib.Error.new_literal(Gio.io_error_quark(), 'Operation was cancelled',
                                           Gio.IOErrorEnum.CANCELLED)
        scope = scope_for(-1)
        with self.assertRaises(GCtx.TimedOut) as caught:
            async with scope:
                raise cancelled
        self.assertIs(caught.exception.__cause__, cancelled)

        with self.assertRaises(GLib.Error) as caught:
            async with scope_for(HOUR):
                raise cancelled
        self.assertIs(caught.exception, cancelled)

    async def test_task_cancelled(self):
        """A real Task.cancel() is a CancelledError, alone and as the context ends, in
        either order."""
        scope = GCtx.Scope.new(BACKGROUND)
        task = asyncio.ensure_future(within(scope, forever()))
        await loops.turns()
        task.cancel()
        self.assertIsInstance(await self.raised(task), asyncio.CancelledError)

        scope = GCtx.Scope.new(BACKGROUND)
        task = asyncio.ensure_future(within(scope, forever()))
        await loops.turns()
        scope.cancel()
        task.cancel()
        self.assertIsInstance(await self.raised(task), asyncio.CancelledError)

        scope = GCtx.Scope.new(BACKGROUND)
        task = asyncio.ensure_future(within(scope, forever()))
        await loops.turns()
        await self.end_and_then(scope, task.cancel)
        self.assertIsInstance(await self.raised(task), asyncio.CancelledError)
        self.assertTrue(task.cancelled())

    async def test_nested(self):
        """Parent and child that end together: one interruption, the outer one's error,
        whichever of the two hears first."""
        log = []

        async def slow():
            try:
                await forever(log)
            finally:
                await loops.turns(30)
                log.append('cleaned up')

        async def both():
            async with parent:
                try:
                    async with scope_for(HOUR, parent):
                        await slow()
                except BaseException as error:
                    log.append(type(error))
                    raise

        parent = GCtx.Scope.new(BACKGROUND)
        task = asyncio.ensure_future(both())
        await loops.turns()
        parent.cancel()
        self.assertOwnError(await self.raised(task), parent)
        self.assertEqual(log, ['cancelled', 'cleaned up', asyncio.CancelledError])

    async def test_nested_child_ends(self):
        async with GCtx.Scope.new(BACKGROUND) as parent:
            child = scope_for(5000, parent)
            self.assertOwnError(await self.raised(within(child, forever())), child)
            await loops.turns()
            self.assertFalse(parent.is_done())

    async def test_nested_one_after_the_other(self):
        """The parent ends while the block cleans up after the child: both are heard."""
        log = []
        parent = GCtx.Scope.new(BACKGROUND)

        async def block():
            async with parent:
                async with scope_for(5000, parent):
                    try:
                        await forever(log)
                    finally:
                        # The child's word is in; now the parent's.
                        parent.cancel()
                        await forever(log)

        self.assertOwnError(await self.raised(block()), parent)
        self.assertEqual(log, ['cancelled'] * 2)
        self.assertEqual(asyncio.current_task().cancelling(), 0)

    async def test_wrap_in_block_and_block_in_wrap(self):
        """The outer level speaks, whatever the two are made of."""
        seen = []

        async def look(awaitable):
            try:
                return await awaitable
            except BaseException as error:
                seen.append(type(error))
                raise

        parent = GCtx.Scope.new(BACKGROUND)
        child = scope_for(HOUR, parent)
        task = asyncio.ensure_future(within(parent, look(child.wrap(forever()))))
        await loops.turns()
        parent.cancel()
        self.assertOwnError(await self.raised(task), parent)

        parent = GCtx.Scope.new(BACKGROUND)
        child = scope_for(HOUR, parent)
        task = asyncio.ensure_future(parent.wrap(look(within(child, forever()))))
        await loops.turns()
        parent.cancel()
        self.assertOwnError(await self.raised(task), parent)
        self.assertEqual(seen, [asyncio.CancelledError] * 2)

    async def test_timeout_inside_and_around(self):
        with self.assertRaises(TimeoutError) as caught:
            async with scope_for(HOUR):
                async with asyncio.timeout(0.005):
                    await forever()
        self.assertNotIsInstance(caught.exception, GLib.Error)

        with self.assertRaises(TimeoutError) as caught:
            async with asyncio.timeout(0.005):
                async with scope_for(HOUR):
                    await forever()
        self.assertNotIsInstance(caught.exception, GLib.Error)

        with self.assertRaises(GCtx.TimedOut):
            async with asyncio.timeout(3600):
                async with scope_for(5000):
                    async with asyncio.timeout(3600):
                        await forever()

    async def test_task_group_inside_and_around(self):
        log = []

        async def group():
            async with asyncio.TaskGroup() as group:
                group.create_task(forever(log))
                group.create_task(forever(log))
                await loops.turns()

        scope = scope_for(5000)
        self.assertOwnError(await self.raised(within(scope, group())), scope)
        self.assertEqual(log, ['cancelled'] * 2)

        with self.assertRaises(ExceptionGroup) as caught:
            async with asyncio.TaskGroup() as around:
                around.create_task(forever(log))
                async with scope_for(5000):
                    await forever()
        self.assertEqual([type(error) for error in caught.exception.exceptions], [GCtx.TimedOut])
        self.assertEqual(asyncio.current_task().cancelling(), 0)

    async def test_task_group_notices_first(self):
        """Whoever hears of the end first, a task of the group or who waits for it: it is
        the context's error, unless something else is in the group."""
        async def check(scope, other):
            await asyncio.sleep(0)
            scope.cancel_with_cause(KeyError('enough'))
            scope.check()

        async def gio(scope, other):
            await asyncio.sleep(0)
            scope.cancel_with_cause(KeyError('enough'))
            raise GLib.Error.new_literal(Gio.io_error_quark(), 'over', Gio.IOErrorEnum.CANCELLED)

        async def nested(scope, other):
            await group(scope, gio, check)

        async def calls(scope, other):
            asyncio.get_running_loop().call_soon(scope.cancel)
            await scope.call(BACKGROUND.sleep_async, HOUR)

        async def hangs(scope, other):
            await forever()

        async def fails(scope, other):
            try:
                await forever()
            finally:
                raise other

        async def group(scope, *functions, other=None):
            async with asyncio.TaskGroup() as group:
                for function in functions:
                    group.create_task(function(scope, other))

        async def plainly(scope, awaitable):
            with scope:
                await awaitable

        for run in within, GCtx.Scope.wrap, plainly:
            for functions in (check,), (gio, check), (nested, check), (calls, calls), (check, hangs):
                with self.subTest(run=run, functions=functions):
                    scope = GCtx.Scope.new(BACKGROUND)
                    error = await self.raised(run(scope, group(scope, *functions)))
                    self.assertOwnError(error, scope)
            scope, other = GCtx.Scope.new(BACKGROUND), KeyError('other')
            error = await self.raised(run(scope, group(scope, check, fails, other=other)))
            self.assertIsInstance(error, ExceptionGroup)
            self.assertIn(other, error.exceptions)
            # Of a context that lives on: somebody else's.
            scope = GCtx.Scope.new(BACKGROUND)
            error = await self.raised(run(scope, group(GCtx.Scope.new(scope), check)))
            self.assertIsInstance(error, ExceptionGroup)

    async def test_busy_loop(self):
        """A loop with always something to do is interrupted even so."""
        async def busy():
            while True:
                await asyncio.sleep(0)
        self.assertIsInstance(await self.raised(within(scope_for(5000), busy())), GCtx.TimedOut)

    async def test_ends_behind_the_block(self):
        """An end that comes as the block is left interrupts nothing after it."""
        scope = GCtx.Scope.new(BACKGROUND)
        async with scope:
            scope.cancel()
        await loops.turns(20)
        self.assertEqual(asyncio.current_task().cancelling(), 0)

    async def test_exit_stack(self):
        async with contextlib.AsyncExitStack() as stack:
            one = await stack.enter_async_context(scope_for(HOUR))
            two = await stack.enter_async_context(scope_for(HOUR, one))
            self.assertEqual(GCtx.current(), two)
        self.assertEqual(GCtx.current(), BACKGROUND)
        self.assertTrue(one.is_done())

    async def test_wrong_task(self):
        """Left by another task: an error that says so."""
        scope = scope_for(HOUR)
        await asyncio.ensure_future(scope.__aenter__())
        error = await self.raised(scope.__aexit__(None, None, None))
        self.assertIsInstance(error, RuntimeError)
        self.assertIn('another task', str(error))
        scope.close()

    async def test_dropped_generator(self):
        """A generator that is dropped inside its block is closed by the loop, in another
        task: the end of its scope interrupts nobody any more."""
        scopes, before = [], GCtx.current()

        async def generator():
            scopes.append(scope_for(HOUR))
            async with scopes[0]:
                yield

        async for _ in generator():
            break
        gc.collect()
        await loops.turns()
        self.assertTrue(scopes[0].is_done())
        await scopes[0].done()
        await loops.turns(20)
        self.assertEqual(asyncio.current_task().cancelling(), 0)
        self.assertEqual(GCtx.current(), before)

    async def test_dropped_generator_at_the_end(self):
        """The same where the loop's end cancels the task that closes the generator."""
        scope = scope_for(HOUR)

        async def generator():
            async with scope:
                yield

        steps = generator()
        await asyncio.ensure_future(anext(steps))
        error = await self.raised(asyncio.ensure_future(steps.athrow(asyncio.CancelledError())))
        self.assertIsInstance(error, asyncio.CancelledError)
        self.assertTrue(scope.is_done())

    async def test_one_block_at_a_time(self):
        async with scope_for(HOUR) as scope:
            for enter in scope.__enter__, lambda: scope.__aenter__().send(None):
                with self.assertRaisesRegex(RuntimeError, 'already'):
                    enter()
            self.assertEqual(GCtx.current(), scope)

    async def test_left_otherwise(self):
        """A block is left as it was entered; anything else changes nothing."""
        scope = scope_for(HOUR)
        self.assertIsInstance(await self.raised(scope.__aexit__(None, None, None)), RuntimeError)
        with self.assertRaisesRegex(RuntimeError, 'no with block'):
            scope.__exit__(None, None, None)
        async with scope:
            with self.assertRaisesRegex(RuntimeError, 'async with'):
                scope.__exit__(None, None, None)
            self.assertEqual(GCtx.current(), scope)
            self.assertFalse(scope.is_done())
        with (scope := scope_for(HOUR)):
            self.assertIsInstance(await self.raised(scope.__aexit__(None, None, None)), RuntimeError)
            self.assertFalse(scope.is_done())

    async def test_released(self):
        """Rule 7: the block leaves nothing that would hold the scope."""
        scope = scope_for(HOUR)
        gone = weakref.ref(scope)
        async with scope:
            await loops.turns()
        del scope
        gc.collect()
        self.assertIsNone(gone())


if __name__ == '__main__':
    tap.run(*loops.on_each(TestBlock))
