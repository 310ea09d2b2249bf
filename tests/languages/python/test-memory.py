# test-memory.py
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What many contexts, and many callbacks, leave behind in C (rules 7 and 18)."""

import asyncio
import ctypes
import gc
import unittest
import weakref

import gi

gi.require_version('GCtx', '1')
from gi.repository import GCtx, Gio, GLib  # noqa: E402

import tap  # noqa: E402

background = GCtx.Context.background()


class Held:
    pass


def iterate():
    while GLib.MainContext.default().iteration(False):
        pass


class Mallinfo2(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in (
        'arena', 'ordblks', 'smblks', 'hblks', 'hblkhd', 'usmblks', 'fsmblks',
        'uordblks', 'fordblks', 'keepcost')]


def c_memory():
    """The bytes that malloc() has handed out, all arenas."""
    mallinfo2 = ctypes.CDLL(None).mallinfo2
    mallinfo2.restype = Mallinfo2
    gc.collect()
    iterate()
    info = mallinfo2()
    return info.uordblks + info.hblkhd


class TestMany(unittest.TestCase):
    COUNT = 100000
    ALLOWED = 2 << 20    # bytes: 20 a context, where the smallest takes 100 and more

    def measure(self, make):
        """Drops COUNT of them, all alive at once and in a cycle each."""
        def round(count):
            kept = [make() for _ in range(count)]
            for scope in kept:
                scope.me = scope
            weak = [weakref.ref(scope) for scope in kept[::100]]
            del kept, scope
            gc.collect()
            iterate()
            return sum(ref() is not None for ref in weak)

        # Pools, tables and arenas grow once.
        round(self.COUNT)
        before = c_memory()
        self.assertEqual(round(self.COUNT), 0)
        self.assertLess(c_memory() - before, self.ALLOWED)

    def test_scopes(self):
        parent = GCtx.scope()
        self.measure(lambda: GCtx.timeout(3600, parent))

    def test_values(self):
        self.measure(lambda: background.with_value(GCtx.Key('held'), Held()))


class TestCallbacks(unittest.TestCase):
    """PyGObject keeps some bytes of every function that it hands to C. Of that there is
    one for each callback, and nothing beside it."""

    COUNT = 4000
    NOISE = 8       # bytes each

    def kept(self, round, count=COUNT):
        """How many bytes each of `count` leaves behind."""
        # Pools, tables and arenas grow once.
        round(count)
        round(count)
        before = c_memory()
        round(count)
        return (c_memory() - before) / count

    def setUp(self):
        def never_run(count):
            for _ in range(count):
                source = GLib.Idle()
                source.set_callback(lambda *_: GLib.SOURCE_REMOVE)
                source.destroy()

        def run(count):
            for _ in range(count):
                GLib.idle_add(lambda: GLib.SOURCE_REMOVE)
                iterate()

        def ready(count):
            for _ in range(count):
                Gio.Task.new(None, None, lambda source, task: task.propagate_boolean()).return_boolean(True)
                iterate()

        # What PyGObject alone keeps.
        self.never_run, self.run_once, self.ready = map(self.kept, (never_run, run, ready))

    def test_after_func(self):
        def removed(count):
            for _ in range(count):
                scope.remove_after_func(scope.add_after_func(lambda context: None))

        def called(count):
            for _ in range(count):
                ended = GCtx.scope(scope)
                ended.add_after_func(lambda context: None)
                ended.cancel()
            iterate()

        scope = GCtx.scope()
        self.assertLess(self.kept(removed), self.never_run + self.NOISE)
        self.assertLess(self.kept(called), self.run_once + self.NOISE)

    def test_source(self):
        def sources(count):
            for _ in range(count):
                source = scope.create_source()
                source.set_callback(lambda context: GLib.SOURCE_REMOVE)
                source.attach(None)
                source.destroy()

        scope = GCtx.scope()
        self.assertLess(self.kept(sources), self.never_run + self.NOISE)

    def test_call(self):
        """One that starts it, one for its result, and one for the context's end."""
        def calls(count):
            async def main():
                for _ in range(count):
                    await scope.call(scope.sleep_async, 0)
            asyncio.run(main())

        scope = GCtx.scope()
        self.assertLess(self.kept(calls, 1000), self.run_once + self.ready + self.never_run + 4 * self.NOISE)

    def test_wrap(self):
        def wraps(count):
            async def main():
                for _ in range(count):
                    await scope.wrap(asyncio.sleep(0))
            asyncio.run(main())

        scope = GCtx.scope()
        self.assertLess(self.kept(wraps, 1000), self.never_run + 2 * self.NOISE)


if __name__ == '__main__':
    tap.run(TestMany, TestCallbacks)
