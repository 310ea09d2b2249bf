# test-call.py
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

import asyncio
import functools
import gc
import os
import tempfile
import threading
import unittest.mock
import weakref

import gi

gi.require_version('GCtx', '1')
from gi.repository import GCtx, Gio, GLib  # noqa: E402

import loops  # noqa: E402
import silent  # noqa: E402
import tap  # noqa: E402

BACKGROUND = GCtx.Context.background()
HERE = Gio.File.new_for_path(__file__)
NEVER = 3600 * GLib.USEC_PER_SEC


class TestCall(loops.LoopCase):
    async def test_functions(self):
        """An interface's, a class's, a static one, the namespace's, GCtx's own."""
        ctx = BACKGROUND.with_timeout(NEVER)
        with open(__file__, 'rb') as file:
            text = file.read()

        ok, contents, _ = await ctx.call(HERE.load_contents_async)
        self.assertIs(ok, True)
        self.assertEqual(contents, text)
        self.assertEqual((await ctx.call(Gio.File.load_contents_async, HERE))[1], text)

        stream = await ctx.call(HERE.read_async)
        some = await ctx.call(stream.read_bytes_async, 10)
        self.assertEqual(some.get_data(), text[:10])
        self.assertTrue(await ctx.call(stream.close_async))

        directory = HERE.get_parent()
        children = await ctx.call(directory.enumerate_children_async, attributes='standard::name',
                                  flags=Gio.FileQueryInfoFlags.NONE)
        self.assertIsInstance(children, Gio.FileEnumerator)

        self.assertTrue(await ctx.call(ctx.sleep_async, 1000))
        self.assertTrue(await ctx.call(GCtx.Context.sleep_async, ctx, 1000))
        child = GCtx.subprocess_new(ctx, ['true'], Gio.SubprocessFlags.NONE)
        self.assertTrue(await ctx.call(GCtx.subprocess_wait_async, child))
        child = Gio.Subprocess.new(['cat'], Gio.SubprocessFlags.STDIN_PIPE | Gio.SubprocessFlags.STDOUT_PIPE)
        self.assertEqual(tuple(await ctx.call(child.communicate_utf8_async, 'text')), (True, 'text', None))

    async def test_progress(self):
        """A callback beside the one of the end: in the loop's thread, in the caller's
        context, and before the result."""
        seen = []

        def show(done, total):
            seen.append((done == total, threading.current_thread(), GCtx.current()))

        ctx = GCtx.Scope.new(BACKGROUND)
        with tempfile.TemporaryDirectory() as directory, GCtx.use(ctx):
            to = Gio.File.new_for_path(os.path.join(directory, 'copy'))
            await ctx.call(HERE.copy_async, to, Gio.FileCopyFlags.NONE, progress_callback=show)
            self.assertEqual(seen[-1], (True, threading.current_thread(), ctx))
            # The io_priority may also be given.
            await ctx.call(HERE.copy_async, to, Gio.FileCopyFlags.OVERWRITE, GLib.PRIORITY_LOW)

    async def test_error(self):
        """Rule 16: an error that has nothing to do with the context passes through."""
        missing = Gio.File.new_for_path('/nonexistent')
        for ctx in BACKGROUND, GCtx.Scope.new(BACKGROUND):
            error = await self.raised(ctx.call(missing.load_contents_async))
            self.assertIs(type(error), GLib.Error)
            self.assertTrue(error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.NOT_FOUND))

    async def test_deadline(self):
        """The context's own error, whatever the operation said."""
        ctx = BACKGROUND.with_timeout(5000)
        self.assertOwnError(await self.raised(ctx.call(BACKGROUND.sleep_async, NEVER)), ctx)
        # Done already: nothing is started.
        self.assertOwnError(await self.raised(ctx.call(BACKGROUND.sleep_async, NEVER)), ctx)

        child = GCtx.subprocess_new(BACKGROUND, ['sleep', '1000'], Gio.SubprocessFlags.NONE)
        ctx = BACKGROUND.with_timeout(5000)
        self.assertIsInstance(await self.raised(ctx.call(GCtx.subprocess_wait_async, child)), GCtx.TimedOut)
        child.force_exit()
        self.assertTrue(await BACKGROUND.call(child.wait_async))

    async def test_heedless(self):
        """An operation that does not heed its cancellable keeps nobody waiting, and its
        late result is dropped without a word."""
        heedless = silent.SilentFile(self)
        ctx = BACKGROUND.with_timeout(5000)
        self.assertOwnError(await self.raised(ctx.call(heedless.file.load_contents_async)), ctx)

        task = asyncio.ensure_future(BACKGROUND.call(heedless.file.load_contents_async))
        await loops.turns()
        task.cancel()
        self.assertIsInstance(await self.raised(task), asyncio.CancelledError)
        heedless.release()
        # Whatever is said now, go() hears.
        await BACKGROUND.call(HERE.load_contents_async)

    async def test_task_cancelled(self):
        """Task.cancel() ends this operation, not the context or another one."""
        ctx = GCtx.Scope.new(BACKGROUND)
        seen = []

        def start(cancellable, callback):
            seen.append(cancellable)
            GCtx.Context.sleep_async(BACKGROUND, NEVER, cancellable, callback)

        def finish(source, result):
            return source.sleep_finish(result)

        one, two = [asyncio.ensure_future(ctx.call(start, finish=finish)) for _ in range(2)]
        while len(seen) < 2:
            await asyncio.sleep(0)
        one.cancel()
        self.assertIsInstance(await self.raised(one), asyncio.CancelledError)
        self.assertEqual([cancellable.is_cancelled() for cancellable in seen], [True, False])
        self.assertFalse(ctx.is_done())
        self.assertFalse(two.done())
        ctx.cancel()
        self.assertIsInstance(await self.raised(two), GCtx.Cancelled)

    async def test_both_at_once(self):
        """Task.cancel() as the context ends, in either order: it is a CancelledError."""
        ctx = GCtx.Scope.new(BACKGROUND)
        task = asyncio.ensure_future(ctx.call(BACKGROUND.sleep_async, NEVER))
        await loops.turns()
        ctx.cancel()
        task.cancel()
        self.assertIsInstance(await self.raised(task), asyncio.CancelledError)

        ctx = GCtx.Scope.new(BACKGROUND)
        task = asyncio.ensure_future(ctx.call(BACKGROUND.sleep_async, NEVER))
        await loops.turns()
        await self.end_and_then(ctx, task.cancel)
        self.assertIsInstance(await self.raised(task), asyncio.CancelledError)

    async def test_cancelled_by_the_callee(self):
        """Rule 9: who cancels what it was given does not end the context."""
        ctx = GCtx.Scope.new(BACKGROUND)

        def start(cancellable, callback):
            GCtx.Context.sleep_async(BACKGROUND, NEVER, cancellable, callback)
            cancellable.cancel()

        error = await self.raised(ctx.call(start, finish=GCtx.Context.sleep_finish))
        self.assertTrue(error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED))
        self.assertFalse(ctx.is_done())

    async def test_values(self):
        """Rule 19: the operation sees the values, under a context that never ends too."""
        key = GCtx.Key.new('name', str)
        ctx = BACKGROUND.with_value(key, 'Ada')

        def start(cancellable, callback):
            self.assertEqual(GCtx.Context.from_cancellable(cancellable).get_string(key), 'Ada')
            GCtx.Context.sleep_async(BACKGROUND, 0, cancellable, callback)

        self.assertTrue(await ctx.call(start, finish=GCtx.Context.sleep_finish))

    async def test_gather(self):
        """Many at once, and one error for those that were late."""
        ctx = BACKGROUND.with_timeout(20000)
        calls = [ctx.call(HERE.load_contents_async) for _ in range(20)]
        late = [ctx.call(BACKGROUND.sleep_async, NEVER) for _ in range(20)]
        results = await asyncio.gather(*calls, *late, return_exceptions=True)
        for result in results[20:]:
            self.assertOwnError(result, ctx)

    async def test_wrong_use(self):
        """What cannot be called says why, and what to do."""
        def python(callback):
            pass

        load = HERE.load_contents_async
        for message, args, kwargs in (
                ('passed for you', [load], {'cancellable': None}),
                ('beside these it takes nothing', [load, None], {}),
                ('see call_sync', [HERE.load_contents], {}),
                ('give that as finish=', [python], {}),
                ('give what finishes it as finish=', [load], {'finish': 'no_such'}),
                ('finish= is a function', [load], {'finish': 7}),
                ('needs an instance', [Gio.File.load_contents_async], {}),
                ('a function is needed', [7], {})):
            error = await self.raised(BACKGROUND.call(*args, **kwargs))
            self.assertIsInstance(error, TypeError)
            self.assertIn(message, str(error))

        class Plain:
            def load_async(self):
                pass
        error = await self.raised(BACKGROUND.call(Plain().load_async))
        self.assertIn('takes no callback', str(error))

    async def test_fails_at_once(self):
        """Arguments that PyGObject refuses: the caller gets to know, nothing stays."""
        ctx = GCtx.Scope.new(BACKGROUND)
        for args in (), (5, 0), ('standard::*', 'none'), ('standard::*', 0, 0, 0):
            error = await self.raised(ctx.call(HERE.query_info_async, *args))
            self.assertIsInstance(error, TypeError)

    async def test_finish(self):
        """`finish` by name, bound, unbound and written in Python; what it raises is raised."""
        ctx = GCtx.Scope.new(BACKGROUND)
        for finish in ('load_contents_finish', HERE.load_contents_finish, Gio.File.load_contents_finish,
                       lambda file, result: file.load_contents_finish(result)):
            self.assertTrue((await ctx.call(HERE.load_contents_async, finish=finish))[0])

        def fail(file, result):
            raise KeyError('in the callback')
        error = await self.raised(ctx.call(HERE.load_contents_async, finish=fail))
        self.assertIsInstance(error, KeyError)

    async def test_bound_start(self):
        """A start function that is a method of Python's: the source is GIO's, not its self."""
        class Sleeper:
            def start(self, cancellable, callback):
                BACKGROUND.sleep_async(0, cancellable, callback)

        for finish in GCtx.Context.sleep_finish, BACKGROUND.sleep_finish:
            self.assertTrue(await BACKGROUND.call(Sleeper().start, finish=finish))

    async def test_overridden(self):
        """A function of the typelib that Python wraps, and says so, is known by it."""
        @functools.wraps(Gio.File.load_contents_async)
        def wrapped(*args, **kwargs):
            return Gio.File.load_contents_async(*args, **kwargs)
        self.assertTrue((await BACKGROUND.call(wrapped, HERE))[0])

    async def test_released(self):
        """Nothing is kept of a call that is over, whatever came of it."""
        class Kept:
            def __call__(self, file, result):
                return file.load_contents_finish(result)

        ctx = GCtx.Scope.new(BACKGROUND)
        kept = [Kept() for _ in range(3)]
        gone = [weakref.ref(one) for one in kept]
        await ctx.call(HERE.load_contents_async, finish=kept[0])
        await self.raised(ctx.call(Gio.File.new_for_path('/nonexistent').load_contents_async, finish=kept[1]))
        await self.raised(ctx.call(HERE.query_info_async, 5, finish=kept[2]))
        del kept
        # PyGObject frees what was called back once it is next asked to call.
        await ctx.call(HERE.load_contents_async)
        await loops.turns()
        gc.collect()
        self.assertEqual([one() for one in gone], [None] * 3)

    async def test_own_awaitable(self):
        """PyGObject >= 3.50 has awaitables of its own: wrap() takes them."""
        home = loops._loops.here()
        # It makes them for the loop of the thread-default context alone.
        if home.context != GLib.MainContext.ref_thread_default():
            return
        self.assertTrue((await BACKGROUND.wrap(HERE.load_contents_async()))[0])
        # And call() is not led astray by there being one.
        self.assertTrue((await BACKGROUND.call(HERE.load_contents_async))[0])


class TestBus(loops.LoopCase):
    def setUp(self):
        self.daemon = Gio.TestDBus.new(Gio.TestDBusFlags.NONE)
        self.daemon.up()
        self.addCleanup(self.daemon.down)

    async def test_bus(self):
        """Static constructors, and GCtx's own way to call."""
        ctx = BACKGROUND.with_timeout(NEVER)
        flags = (Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT |
                 Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION)
        bus = await ctx.call(Gio.DBusConnection.new_for_address, self.daemon.get_bus_address(), flags, None)
        names = 'org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus'
        proxy = await ctx.call(Gio.DBusProxy.new, bus, Gio.DBusProxyFlags.NONE, None, *names)
        self.assertIsInstance(proxy, Gio.DBusProxy)
        answer = await ctx.call(proxy.call, 'GetId', None, Gio.DBusCallFlags.NONE, -1)
        self.assertEqual(len(answer.unpack()[0]), 32)
        again = await ctx.call(GCtx.dbus_connection_call, bus, *names, 'GetId', None, None,
                               Gio.DBusCallFlags.NONE)
        self.assertEqual(again.unpack(), answer.unpack())
        await ctx.call(bus.close)

    async def test_namespace(self):
        """Gio.bus_get, a function of the namespace: what it says is raised."""
        # There is one such bus a process, which the daemon's end would have to wait
        # for. So none is found.
        with unittest.mock.patch.dict(os.environ, DBUS_SESSION_BUS_ADDRESS='unix:path=/nonexistent'):
            error = await self.raised(BACKGROUND.call(Gio.bus_get, Gio.BusType.SESSION))
        self.assertTrue(error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.NOT_FOUND), str(error))


class TestCallSync(loops.LoopCase):
    def test_functions(self):
        """The cancellable or context is passed, wherever it belongs."""
        ctx = BACKGROUND.with_timeout(NEVER)
        self.assertTrue(ctx.call_sync(HERE.load_contents)[0])
        self.assertTrue(ctx.call_sync(Gio.File.load_contents, HERE)[0])
        child = GCtx.subprocess_new(ctx, ['true'], Gio.SubprocessFlags.NONE)
        self.assertTrue(ctx.call_sync(GCtx.subprocess_wait, child))
        self.assertIsInstance(BACKGROUND.call_sync(HERE.read), Gio.FileInputStream)
        self.assertEqual(ctx.call_sync(lambda cancellable: cancellable.is_cancelled()), False)

    def test_errors(self):
        child = GCtx.subprocess_new(BACKGROUND, ['sleep', '1000'], Gio.SubprocessFlags.NONE)
        for args in (child.wait,), (GCtx.subprocess_wait, child), (GCtx.subprocess_wait_check, child):
            ctx = BACKGROUND.with_timeout(5000)
            for _ in range(2):
                with self.assertRaises(GCtx.TimedOut) as caught:
                    ctx.call_sync(*args)
                self.assertOwnError(caught.exception, ctx)
        child.force_exit()

        with self.assertRaises(GLib.Error) as caught:
            BACKGROUND.call_sync(Gio.File.new_for_path('/nonexistent').load_contents)
        self.assertTrue(caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.NOT_FOUND))
        with self.assertRaisesRegex(TypeError, 'nothing could end it'):
            BACKGROUND.call_sync(HERE.get_path)
        with self.assertRaisesRegex(TypeError, 'await ctx.call'):
            BACKGROUND.call_sync(HERE.load_contents_async)


if __name__ == '__main__':
    tap.run(*loops.on_each(TestCall, TestBus), TestCallSync)
