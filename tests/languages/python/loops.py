# loops.py: runs cases of asyncio under each loop that there is
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A case whose tests are coroutines, run once on plain asyncio and, where PyGObject
has loops of its own, on those. Whatever is said behind a test's back fails it:
warnings, exceptions that nobody could raise, what a loop complains of."""

import asyncio
import functools
import gc
import inspect
import sys
import threading
import unittest
import warnings

from gi.overrides.GCtx import _loops
from gi.repository import GCtx, Gio, GLib

try:
    from gi.events import GLibEventLoop
except ImportError:
    GLibEventLoop = None


class LoopCase(unittest.TestCase):
    loop_factory = None

    def go(self, coroutine, debug=True):
        """Runs a coroutine on a new loop, and fails if anything was complained of."""
        complaints = []

        def on_complaint(*args):
            complaints.append(args)

        async def main():
            asyncio.get_running_loop().set_exception_handler(on_complaint)
            return await coroutine

        hooks = sys.excepthook, sys.unraisablehook, threading.excepthook
        sys.excepthook = sys.unraisablehook = threading.excepthook = on_complaint
        try:
            with warnings.catch_warnings(record=True) as warned:
                warnings.simplefilter('always')
                # PyGObject's own, on newer Pythons.
                warnings.filterwarnings('ignore', category=DeprecationWarning)
                with asyncio.Runner(debug=debug, loop_factory=self.loop_factory) as runner:
                    result = runner.run(main())
                gc.collect()
            complaints += [str(warning.message) for warning in warned]
        finally:
            sys.excepthook, sys.unraisablehook, threading.excepthook = hooks
        self.assertEqual(complaints, [])
        return result

    async def end_and_then(self, scope, function):
        """Ends `scope`, and calls `function` in the same turn of the loop as all that
        hears of the end, after it."""
        home = _loops.here()
        told = threading.Event()

        def on_end(context):
            home.tell(function)
            told.set()

        scope.add_after_func_full(home.context, GLib.PRIORITY_DEFAULT, on_end)
        scope.cancel()
        if isinstance(home, _loops._Beside):
            told.wait()

    async def raised(self, awaitable):
        """The exception that comes of it; CancelledError included."""
        try:
            await awaitable
        except (Exception, asyncio.CancelledError) as error:
            return error
        self.fail('nothing was raised')

    def assertOwnError(self, error, context):
        """It is the context's own error, in the class that tells how it ended."""
        own = context.get_error()
        self.assertIsInstance(error, (GCtx.Cancelled, GCtx.TimedOut))
        self.assertTrue(error.matches(Gio.io_error_quark(), own.code))
        self.assertEqual(error.message, own.message)


def turns(n=5):
    """Lets everything that is ready run, and what that makes ready."""
    async def turn():
        for _ in range(n):
            await asyncio.sleep(0)
    return turn()


def _factories():
    yield 'Plain', None
    if GLibEventLoop is not None:
        yield 'GLib', lambda: GLibEventLoop(GLib.MainContext.default())
        yield 'GLibOwnContext', lambda: GLibEventLoop(GLib.MainContext())
    if hasattr(asyncio, 'eager_task_factory'):
        yield 'PlainEager', lambda: _eager(asyncio.new_event_loop())
        if GLibEventLoop is not None:
            yield 'GLibEager', lambda: _eager(GLibEventLoop(GLib.MainContext()))


def _eager(loop):
    """`loop`, with tasks that begin where they are made."""
    loop.set_task_factory(asyncio.eager_task_factory)
    return loop


def _synchronous(test):
    @functools.wraps(test)
    def run(self):
        return self.go(test(self), debug=not getattr(test, 'many', False))
    return run


def many(test):
    """For a test with so many tasks that asyncio's debug mode would take long."""
    test.many = True
    return test


def on_each(*cases):
    """The cases once for each loop."""
    made = []
    for case in cases:
        tests = {name: _synchronous(test) for name, test in inspect.getmembers(case, inspect.iscoroutinefunction)
                 if name.startswith('test')}
        for name, factory in _factories():
            body = dict(tests, __module__=case.__module__, loop_factory=factory and staticmethod(factory))
            made.append(type('%sOn%s' % (case.__name__, name), (case,), body))
    return made
