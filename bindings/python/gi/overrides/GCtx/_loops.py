# _loops.py: what an asyncio loop needs to hear of a GMainContext
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Where GLib calls back, and how the word gets from there to an asyncio loop.

GIO answers in the GMainContext that was thread-default where an operation was
started. Some asyncio loops iterate one: those of PyGObject (gi.events) and gbulb.
Operations are started right there then, and nothing crosses a thread. Plain
asyncio iterates none. There one thread of this package, started on first use and
shared by all loops, iterates one that nobody else knows of; what is called back
there goes to the loop through `loop.call_soon_threadsafe`.

No lock is held anywhere in here: whatever is called may call back, or wait.
"""

import asyncio
import atexit
import contextlib
import functools
import os
import threading

from gi.repository import GLib

# Half a microsecond is what it costs to look each of these up there.
PRIORITY_DEFAULT = GLib.PRIORITY_DEFAULT
PRIORITY_LOW = GLib.PRIORITY_LOW
SOURCE_REMOVE = GLib.SOURCE_REMOVE


class _Within:
    """A loop that iterates `context` itself, in its own thread."""

    # asyncio's own source has the default priority there and is always ready while
    # some task is: anything below it would wait for as long as that goes on.
    last_priority = PRIORITY_DEFAULT

    def __init__(self, loop, context):
        self.loop = loop
        self.context = context

    def invoke(self, function):
        """Calls `function` with `context` as the thread-default one."""
        with thread_default(self.context):
            function()

    def tell(self, function, *args, context=None):
        """Calls `function` in the loop's thread. Called where GLib calls back."""
        if not self.loop.is_closed():
            if context is None:
                function(*args)
            else:
                context.run(function, *args)


class _Beside:
    """A loop that knows nothing of GLib: `worker` iterates a context for it."""

    # After all that an operation may have to say itself.
    last_priority = PRIORITY_LOW

    def __init__(self, loop, worker):
        self.loop = loop
        self.context = worker.context
        self._worker = worker

    def invoke(self, function):
        self._worker.invoke(function)

    def tell(self, function, *args, context=None):
        # Not every loop takes a context= here.
        if context is not None:
            function = functools.partial(context.run, function)
        # A loop that was closed meanwhile wants to hear no more.
        with contextlib.suppress(RuntimeError):
            self.loop.call_soon_threadsafe(function, *args)


class _Worker:
    """The thread that iterates a GMainContext for loops that do not."""

    def __init__(self):
        self.context = GLib.MainContext()
        self._main_loop = GLib.MainLoop(self.context)
        # A daemon, as others must not wait for it at the end: `stop` does.
        self._thread = threading.Thread(target=self._run, name='gctx-asyncio', daemon=True)

    def start(self):
        self._thread.start()

    def _run(self):
        with thread_default(self.context):
            # Not PyGObject's own run(), if there is one: it looks after signals,
            # and after an asyncio loop that it takes for the one of this thread.
            getattr(super(GLib.MainLoop, self._main_loop), 'run', self._main_loop.run)()

    def invoke(self, function):
        def dispatch(*_):
            function()
            return SOURCE_REMOVE

        source = GLib.Idle(PRIORITY_DEFAULT)
        source.set_callback(dispatch)
        source.attach(self.context)

    def stop(self):
        # By way of the context: a quit before the thread has got to run() would
        # be forgotten.
        self.invoke(self._main_loop.quit)
        # Somebody's function may be stuck in there; the program ends even so.
        self._thread.join(10)


# At most one, under 'worker'. dict.setdefault() settles who of several threads
# makes it; a lock would have to be held while a thread starts.
_workers = {}


def _get_worker():
    worker = _workers.get('worker')
    if worker is None:
        made = _Worker()
        worker = _workers.setdefault('worker', made)
        if worker is made:
            try:
                worker.start()
            except BaseException:
                # No more threads now, but later perhaps.
                del _workers['worker']
                raise
    return worker


@atexit.register
def _stop():
    # What is pending stays so: nothing of Python runs in that thread any more
    # when the interpreter goes.
    worker = _workers.get('worker')
    if worker is not None:
        worker.stop()
        del _workers['worker']


# Of a process that forks, only the thread that does it goes on in the child: not
# that of the library in C which keeps time, and starts with the first deadline.
_keeps_time = False
_forsaken = False
# What a child must not touch, nor free.
_left_behind = []


def time_is_kept():
    """To be called before C is given a time."""
    global _keeps_time
    _keeps_time = True


def _in_child():
    global _forsaken
    _forsaken = _forsaken or _keeps_time or bool(_workers)
    _left_behind.extend(_workers.values())
    _workers.clear()


os.register_at_fork(after_in_child=_in_child)


def check_process():
    """Raises RuntimeError where waiting could take for ever, because this process was
    forked off one in which GCtx had threads. C itself says nothing in such a child:
    what it waits for does not come."""
    if _forsaken:
        raise RuntimeError('nothing ends a wait for a context here: this process was forked when GCtx had '
                           'threads, which it has not. Fork before contexts are used, or start processes '
                           "with multiprocessing's 'spawn' or 'forkserver'")


@contextlib.contextmanager
def thread_default(context):
    """Makes `context` the thread-default GMainContext for a block."""
    context.push_thread_default()
    try:
        yield
    finally:
        context.pop_thread_default()


def here():
    """Where GLib calls back for the loop that runs in this thread."""
    check_process()
    loop = asyncio.get_running_loop()
    # gi.events and gbulb keep it under the same name, and neither makes it public.
    context = getattr(loop, '_context', None)
    if isinstance(context, GLib.MainContext):
        return _Within(loop, context)
    return _Beside(loop, _get_worker())
