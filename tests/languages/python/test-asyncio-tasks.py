# test-asyncio-tasks.py
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Tasks that a task factory makes: eager ones, and such as asyncio does not make.
All other cases run with eager tasks as well, see loops.py."""

import asyncio
import unittest

import gi

gi.require_version('GCtx', '1')
from gi.repository import GCtx, Gio, GLib  # noqa: E402

import loops  # noqa: E402
import tap  # noqa: E402

BACKGROUND = GCtx.Context.background()
HOUR = 3600 * GLib.USEC_PER_SEC
HERE = Gio.File.new_for_path(__file__)


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


async def done(result):
    return result


def set_factory(factory):
    asyncio.get_running_loop().set_task_factory(factory)


@unittest.skipUnless(hasattr(asyncio, 'eager_task_factory'), 'no eager tasks before Python 3.12')
class TestEager(loops.LoopCase):
    """Where a task begins before create_task() returns."""

    def begin(self, coroutine):
        set_factory(asyncio.eager_task_factory)
        return asyncio.ensure_future(coroutine)

    async def test_at_once(self):
        """What needs not wait is over before the loop's next turn."""
        scope = GCtx.Scope.new(BACKGROUND)
        seen = []

        async def look():
            seen.append(GCtx.current())
            return 1

        async def work():
            async with GCtx.timeout(3600, scope) as inner:
                result = await inner.wrap(look())
                await BACKGROUND.with_timeout(-1).done()
            return [result, GCtx.current(), inner.is_done(), *seen] == [1, BACKGROUND, True, inner]

        async def fail():
            raise KeyError('mine')

        task = self.begin(work())
        self.assertTrue(task.done())
        self.assertTrue(task.result())
        self.assertEqual(GCtx.current(), BACKGROUND)
        with self.assertRaises(KeyError):
            scope.wrap(fail()).send(None)
        self.assertEqual(self.begin(within(GCtx.timeout(-1), done(2))).result(), 2)

    async def test_current(self):
        """The context is current before and after the first wait, and not outside."""
        scope = GCtx.Scope.new(BACKGROUND)
        seen = []

        async def look():
            seen.append(GCtx.current())
            await loops.turns()
            seen.append(GCtx.current())

        task = self.begin(scope.wrap(look()))
        self.assertEqual(seen, [scope])
        self.assertEqual(GCtx.current(), BACKGROUND)
        await task
        self.assertEqual(seen, [scope, scope])

    async def test_ends_meanwhile(self):
        """The context ends before the first wait: that is interrupted, once; a result
        that needs no wait counts."""
        log = []

        async def end(scope, then):
            scope.cancel()
            return await then

        scope = GCtx.Scope.new(BACKGROUND)
        self.assertOwnError(await self.raised(self.begin(scope.wrap(end(scope, forever(log))))), scope)
        scope = GCtx.Scope.new(BACKGROUND)
        self.assertEqual(await scope.wrap(end(scope, done(3))), 3)
        scope = GCtx.Scope.new(BACKGROUND)
        self.assertOwnError(await self.raised(self.begin(within(scope, end(scope, forever(log))))), scope)
        scope = GCtx.Scope.new(BACKGROUND)
        self.assertEqual(await within(scope, end(scope, done(3))), 3)
        self.assertEqual(log, ['cancelled'] * 2)
        await loops.turns()
        self.assertEqual(asyncio.current_task().cancelling(), 0)

    async def test_all_end_meanwhile(self):
        """Parent and children end before the first wait, and the innermost hears first:
        the outermost level speaks even so, and what is inside sees one CancelledError."""
        log = []

        async def slow():
            parent.cancel()
            try:
                await forever(log)
            finally:
                await loops.turns(30)
                log.append('cleaned up')

        async def look(awaitable):
            try:
                return await awaitable
            except BaseException as error:
                log.append(type(error))
                raise

        parent = GCtx.Scope.new(BACKGROUND)
        one, two = GCtx.Scope.new(parent), GCtx.Scope.new(parent)
        task = self.begin(parent.wrap(look(within(one, look(two.wrap(slow()))))))
        self.assertOwnError(await self.raised(task), parent)
        self.assertEqual(log, ['cancelled', 'cleaned up', asyncio.CancelledError, asyncio.CancelledError])

    async def test_call(self):
        log = []

        async def load(scope):
            log.append('begun')
            _, contents, _ = await scope.call(HERE.load_contents_async)
            return contents

        scope = GCtx.Scope.new(BACKGROUND)
        task = self.begin(scope.wrap(load(scope)))
        self.assertEqual(log, ['begun'])
        self.assertIn(b'test-asyncio-tasks.py', await task)
        task = self.begin(scope.call(BACKGROUND.sleep_async, HOUR))
        scope.cancel()
        self.assertOwnError(await self.raised(task), scope)

    async def test_task_cancelled(self):
        """A Task.cancel() of the eager part's own is a CancelledError."""
        async def cancel():
            asyncio.current_task().cancel()
            await forever()

        scope = GCtx.Scope.new(BACKGROUND)
        self.assertIs(type(await self.raised(self.begin(scope.wrap(cancel())))), asyncio.CancelledError)
        self.assertFalse(scope.is_done())
        self.assertIs(type(await self.raised(self.begin(within(scope, cancel())))), asyncio.CancelledError)

    async def test_task_group(self):
        """Siblings that fail and end while the group is still making them."""
        scope = GCtx.Scope.new(BACKGROUND)

        async def end():
            scope.cancel()

        async def group():
            async with asyncio.TaskGroup() as group:
                group.create_task(forever())
                group.create_task(GCtx.Scope.new(scope).wrap(forever()))
                group.create_task(end())
                await forever()

        self.assertOwnError(await self.raised(self.begin(scope.wrap(group()))), scope)


class TestFactories(loops.LoopCase):
    """Where somebody else's factory makes the tasks."""

    async def check(self, factory):
        set_factory(factory)
        try:
            await self.check_wrap()
        finally:
            set_factory(None)

    async def check_wrap(self):
        scope, log = GCtx.Scope.new(BACKGROUND), []

        async def look():
            await loops.turns()
            return GCtx.current()

        async def fail():
            raise KeyError('mine')

        async def end(scope):
            scope.cancel()
            await forever(log)

        self.assertEqual(await scope.wrap(look()), scope)
        self.assertEqual(GCtx.current(), BACKGROUND)
        self.assertIsInstance(await self.raised(scope.wrap(fail())), KeyError)
        self.assertOwnError(await self.raised(scope.wrap(end(scope))), scope)
        parent = GCtx.Scope.new(BACKGROUND)
        child = GCtx.Scope.new(parent)
        self.assertOwnError(await self.raised(parent.wrap(child.wrap(end(parent)))), parent)
        self.assertEqual(log, ['cancelled'] * 2)

    async def test_no_context(self):
        """A factory from before Python 3.11, that takes a loop and a coroutine."""
        made = []

        def factory(loop, coroutine, **kwargs):
            if 'context' in kwargs:
                raise TypeError('what context?')
            made.append(coroutine)
            return asyncio.Task(coroutine, loop=loop)

        await self.check(factory)
        self.assertTrue(made)

    async def test_no_task(self):
        """A factory that makes something that can be awaited like a future, and no more."""
        class Handle(asyncio.Future):
            def __init__(self, task):
                super().__init__()
                self.task = task
                task.add_done_callback(self.finish)

            def set_name(self, name):
                # Python 3.13 asks for that, and for no more.
                pass

            def cancel(self, msg=None):
                return self.task.cancel()

            def finish(self, task):
                if task.cancelled():
                    super().cancel()
                elif task.exception():
                    self.set_exception(task.exception())
                else:
                    self.set_result(task.result())

        await self.check(lambda loop, coroutine, **kwargs: Handle(asyncio.Task(coroutine, loop=loop)))

    async def test_refusal(self):
        """What a factory raises comes out, and the coroutine is closed."""
        def refuse(*args, **kwargs):
            raise MemoryError('no more tasks')

        scope = GCtx.Scope.new(BACKGROUND)
        set_factory(refuse)
        for awaitable in forever(), asyncio.get_running_loop().create_future():
            self.assertIsInstance(await self.raised(scope.wrap(awaitable)), MemoryError)
        set_factory(None)
        self.assertTrue(scope.cancel())


if __name__ == '__main__':
    tap.run(*loops.on_each(TestEager, TestFactories))
