# test-fork.py
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Rule 21: what works in a child of os.fork(), and what says that it does not."""

import subprocess
import sys
import textwrap
import unittest

import tap

PROGRAM = """
import asyncio, multiprocessing, os, sys, threading
import gi
gi.require_version('GCtx', '1')
from gi.repository import GCtx, Gio, GLib

background = GCtx.Context.background()
key = GCtx.Key('user', str)
here = Gio.File.new_for_path('/proc/self/comm')

async def load(seconds=3600):
    async with GCtx.timeout(seconds) as ctx:
        await ctx.wrap(asyncio.sleep(0))
        await background.call(background.sleep_async, 0)
        return (await ctx.call(here.load_contents_async))[0]

async def wait():
    try:
        async with GCtx.timeout(0.002):
            await asyncio.Event().wait()
    except GCtx.TimedOut:
        return True

async def refused():
    scope = GCtx.Scope.new(background)
    async def block():
        async with scope:
            return 'begun'
    for awaitable in (scope.done(), scope.wrap(asyncio.sleep(0)), block(),
                      scope.call(background.sleep_async, 0)):
        try:
            print('not refused:', await awaitable)
        except RuntimeError as error:
            assert 'forked' in str(error), error
    try:
        print('not refused:', scope.call_sync(here.load_contents))
    except RuntimeError as error:
        assert 'forked' in str(error), error
    return True

def in_child(function):
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        print(function())
        sys.exit(0)
    assert os.waitpid(pid, 0)[1] == 0
"""


class TestFork(unittest.TestCase):
    def run_program(self, text, out):
        # Newer Pythons warn of every fork in a process with threads.
        result = subprocess.run([sys.executable, '-W', 'ignore::DeprecationWarning', '-c',
                                 PROGRAM + textwrap.dedent(text)], capture_output=True, text=True, timeout=50)
        self.assertEqual((result.returncode, result.stderr, result.stdout), (0, '', out))

    def test_before_use(self):
        """A child that was forked before anything was begun has it all."""
        self.run_program("""
            scope = GCtx.Scope.new(background.with_value(key, 'Ada'))
            in_child(lambda: (asyncio.run(load()), asyncio.run(wait()), scope.cancel(), scope[key]))
            in_child(lambda: asyncio.run(load()))
            print(asyncio.run(load()))
            """, "(True, True, True, 'Ada')\nTrue\nTrue\n")

    def test_after_use(self):
        """What would wait for ever in the child says so, and the parent goes on."""
        self.run_program("""
            print(asyncio.run(load()))
            in_child(lambda: asyncio.run(refused()))
            in_child(lambda: in_child(lambda: asyncio.run(refused())))
            print(asyncio.run(load()))
            """, 'True\nTrue\nTrue\nNone\nTrue\n')

    def test_deadline(self):
        """A deadline begins a thread in C, asyncio or not, and however it was set."""
        for deadline in ('with_timeout(3600000000)', 'with_deadline(2 ** 62)', 'sleep(1)',
                         'sleep_async(10, None, None)'):
            self.run_program("""
                held = background.%s
                in_child(lambda: asyncio.run(refused()))
                """ % deadline, 'True\n')
        self.run_program("""
            with GCtx.timeout(3600):
                in_child(lambda: asyncio.run(refused()))
            """, 'True\n')

    def test_no_deadline(self):
        """Contexts without one begin no thread."""
        self.run_program("""
            with GCtx.timeout(None, values={key: 'Ada'}) as ctx:
                in_child(lambda: (asyncio.run(load()), asyncio.run(wait())))
            """, '(True, True)\n')

    def test_reading(self):
        """Asking works in the child, and a deadline that passes is seen there."""
        self.run_program("""
            asyncio.run(load())
            with GCtx.timeout(3600, values={key: 'Ada'}) as ctx:
                late = background.with_timeout(1)
                done = GCtx.Scope.new(ctx)
                done.cancel_with_cause(ValueError('enough'))
                def look():
                    while not late.is_done():
                        pass
                    assert isinstance(late.error, GCtx.TimedOut)
                    assert repr(done.cause.__cause__) == "ValueError('enough')"
                    return ctx[key], ctx.is_done(), 0 < ctx.remaining <= 3600, ctx == GCtx.current()
                in_child(look)
            """, "('Ada', False, True, True)\n")

    def test_multiprocessing(self):
        """The same through multiprocessing, whose children leave without a word."""
        self.run_program("""
            multiprocessing.set_start_method('fork')
            def child(queue, function):
                queue.put(asyncio.run(function()))
            def result(function):
                queue = multiprocessing.SimpleQueue()
                process = multiprocessing.Process(target=child, args=(queue, function))
                process.start()
                process.join()
                return queue.get()
            print(result(load))
            print(asyncio.run(load()))
            print(result(refused))
            """, 'True\nTrue\nTrue\n')

    def test_pending(self):
        """A child that is forked while a call is under way ends in peace."""
        self.run_program("""
            scope, ready = GCtx.Scope.new(background), threading.Event()
            async def main():
                under_way = asyncio.ensure_future(scope.call(background.sleep_async, 3600000000))
                await load()
                ready.set()
                try:
                    await under_way
                except GCtx.Cancelled:
                    print('cancelled')
            thread = threading.Thread(target=asyncio.run, args=(main(),))
            thread.start()
            ready.wait()
            in_child(lambda: scope.is_done())
            scope.cancel()
            thread.join()
            """, 'False\ncancelled\n')


if __name__ == '__main__':
    tap.run(TestFork)
