# test-asyncio-loops.py
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

import asyncio
import contextvars
import signal
import subprocess
import sys
import threading
import unittest

import gi

gi.require_version('GCtx', '1')
from gi.repository import GCtx, Gio, GLib  # noqa: E402

from gi.overrides.GCtx import _call  # noqa: E402

import loops  # noqa: E402
import tap  # noqa: E402

BACKGROUND = GCtx.Context.background()
HERE = Gio.File.new_for_path(__file__)
NEVER = 3600 * GLib.USEC_PER_SEC


def workers():
    return [thread for thread in threading.enumerate() if thread.name == 'gctx-asyncio']


class TestLoops(loops.LoopCase):
    def test_closed(self):
        """A loop that is closed while something is pending hears no more, and says
        nothing."""
        scope = GCtx.Scope.new(BACKGROUND)
        kept = []

        async def begin():
            for awaitable in (scope.done(), scope.wrap(scope.done()), scope.call(BACKGROUND.sleep_async, NEVER)):
                kept.append(asyncio.ensure_future(awaitable))
            await loops.turns()

        loop = (self.loop_factory or asyncio.new_event_loop)()
        complaints = []
        loop.set_exception_handler(lambda *args: complaints.append(args))
        loop.run_until_complete(begin())
        loop.close()
        scope.cancel()
        # All that was told of the end before this has been.
        self.go(BACKGROUND.call(HERE.load_contents_async))
        for task in kept:
            task._log_destroy_pending = False
        self.assertEqual(complaints, [])

    def test_shut_down(self):
        """asyncio.run() cancels what is left: each of them lets go."""
        scope = GCtx.Scope.new(BACKGROUND)

        async def begin():
            tasks = [asyncio.ensure_future(awaitable) for awaitable in (
                scope.done(), scope.wrap(scope.done()), scope.call(BACKGROUND.sleep_async, NEVER))]
            await loops.turns()
            return tasks

        for task in self.go(begin()):
            self.assertTrue(task.cancelled())
        self.assertFalse(scope.is_done())

    def test_no_context_argument(self):
        """A loop from before contextvars, whose call_soon_threadsafe() takes none."""
        class Loop(asyncio.SelectorEventLoop):
            def call_soon_threadsafe(self, callback, *args):
                return super().call_soon_threadsafe(callback, *args)

        user = contextvars.ContextVar('user')
        seen = []

        async def start_and_listen():
            def start(cancellable, callback, listener):
                listener(7)
                BACKGROUND.sleep_async(0, cancellable, callback)

            user.set('Ada')
            home = loops._loops.here()
            relay = _call._relay(lambda n: seen.append((n, user.get())), home, contextvars.copy_context())
            result = await BACKGROUND.call(start, listener=relay, finish=BACKGROUND.sleep_finish)
            await GCtx.timeout(0.001).done()
            return result

        with asyncio.Runner(loop_factory=Loop) as runner:
            self.assertTrue(runner.run(start_and_listen()))
        self.assertEqual(seen, [(7, 'Ada')])

    def test_threads(self):
        """Several loops in several threads: each hears what is its own, in its thread."""
        scope = GCtx.Scope.new(BACKGROUND)
        ready = threading.Barrier(5)
        results = []

        async def work():
            me = threading.current_thread()
            for _ in range(20):
                await BACKGROUND.call(HERE.load_contents_async)
                assert threading.current_thread() is me
            waiting = asyncio.ensure_future(scope.wrap(asyncio.get_running_loop().create_future()))
            await loops.turns()
            ready.wait()
            try:
                await waiting
            except GCtx.Cancelled:
                results.append(threading.current_thread() is me)

        threads = [threading.Thread(target=asyncio.run, args=(work(),)) for _ in range(4)]
        for thread in threads:
            thread.start()
        ready.wait()
        scope.cancel()
        for thread in threads:
            thread.join()
        self.assertEqual(results, [True] * 4)
        self.assertEqual(len(workers()), 1)

    async def test_where(self):
        """A loop that iterates a GMainContext starts operations in its own thread, for
        another there is one thread, however many loops there are."""
        started = []

        def start(cancellable, callback):
            started.append(threading.current_thread())
            BACKGROUND.sleep_async(0, cancellable, callback)

        await BACKGROUND.call(start, finish=BACKGROUND.sleep_finish)
        if isinstance(loops._loops.here(), loops._loops._Within):
            self.assertEqual(started, [threading.current_thread()])
        else:
            self.assertEqual(started, workers())

    async def test_start_with_thread_default(self):
        """Operations start where the context that they answer in is the thread-default."""
        seen = []

        def start(cancellable, callback):
            seen.append(GLib.MainContext.ref_thread_default())
            BACKGROUND.sleep_async(0, cancellable, callback)

        await BACKGROUND.call(start, finish=BACKGROUND.sleep_finish)
        self.assertEqual(seen, [loops._loops.here().context])

    def test_keyboard_interrupt(self):
        """Ctrl+C while a call is under way: KeyboardInterrupt, and the context lives."""
        scope = GCtx.Scope.new(BACKGROUND)

        async def interrupted():
            asyncio.get_running_loop().call_soon(signal.raise_signal, signal.SIGINT)
            await scope.call(BACKGROUND.sleep_async, NEVER)

        if self.loop_factory is None:
            with self.assertRaises(KeyboardInterrupt):
                self.go(interrupted())
            self.assertFalse(scope.is_done())


class TestExit(unittest.TestCase):
    PROGRAM = """
import asyncio, sys, threading
import gi
gi.require_version('GCtx', '1')
from gi.repository import GCtx, Gio, GLib
background = GCtx.Context.background()
scope = GCtx.Scope.new(background)
"""

    def run_program(self, text):
        result = subprocess.run([sys.executable, '-c', self.PROGRAM + text],
                                capture_output=True, text=True, timeout=50)
        self.assertEqual((result.returncode, result.stderr), (0, ''))
        return result.stdout

    def test_pending(self):
        """The interpreter ends with operations pending: status 0, and not a word."""
        self.run_program("""
async def main():
    for awaitable in (scope.done(), scope.wrap(scope.done()),
                      background.call(background.sleep_async, 3600000000)):
        asyncio.ensure_future(awaitable)
    await asyncio.sleep(0.01)
asyncio.run(main())
""")

    def test_pending_in_thread(self):
        """The same while a daemon thread has them under way."""
        self.run_program("""
ready = threading.Event()
async def main():
    asyncio.ensure_future(scope.call(background.sleep_async, 3600000000))
    await asyncio.sleep(0)
    await background.call(background.sleep_async, 0)
    ready.set()
    await scope.done()
threading.Thread(target=asyncio.run, args=(main(),), daemon=True).start()
ready.wait()
""")

    def test_late(self):
        """What ends after the loop, as the interpreter goes, is dropped."""
        self.run_program("""
async def main():
    asyncio.ensure_future(scope.call(background.sleep_async, 3600000000))
    await background.call(background.sleep_async, 10000)
asyncio.run(main())
scope.cancel()
""")

    def test_at_exit(self):
        """A program's own atexit function may still use it."""
        out = self.run_program("""
import atexit
async def main():
    print(await background.call(background.sleep_async, 0))
atexit.register(lambda: asyncio.run(main()))
asyncio.run(main())
""")
        self.assertEqual(out, 'True\nTrue\n')

    def test_generators(self):
        """Generators that are left inside their blocks go without a word."""
        self.run_program("""
def generator():
    with GCtx.timeout(5) as ctx:
        yield ctx
steps = generator()
next(steps)
async def asynchronous():
    async with GCtx.timeout(5) as ctx:
        yield ctx
async def main():
    async for ctx in asynchronous():
        break
asyncio.run(main())
""")

    def test_no_thread(self):
        """Where the thread cannot be started that is said, and tried again the next time."""
        out = self.run_program("""
start = threading.Thread.start
def fail(thread):
    threading.Thread.start = start
    raise RuntimeError('no more threads')
threading.Thread.start = fail
async def main():
    try:
        await background.call(background.sleep_async, 0)
    except RuntimeError as error:
        print(error)
    print(await background.call(background.sleep_async, 0))
asyncio.run(main())
""")
        self.assertEqual(out, 'no more threads\nTrue\n')

    def test_unused(self):
        """Nothing is started before it is needed."""
        self.run_program("""
async def main():
    background.with_timeout(-1)
    await background.with_timeout(-1).done()
asyncio.run(main())
assert threading.active_count() == 1, threading.enumerate()
""")


if __name__ == '__main__':
    tap.run(*loops.on_each(TestLoops), TestExit)
