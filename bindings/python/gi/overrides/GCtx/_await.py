# _await.py: asyncio waits for contexts, and ends with them
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

import asyncio
import contextvars
import inspect

from gi.module import get_introspection_module
from gi.repository import GLib

from . import _loops
from ._current import use
from ._errors import error_of, own_of
from ._loops import PRIORITY_DEFAULT
from ._scopes import BLOCK

_gctx = get_introspection_module('GCtx')

_Context = _gctx.Context
_Scope = _gctx.Scope


def _settle(future):
    if not future.done():
        future.set_result(None)


async def done(self):
    """Waits until the context is done.

    Returns None then, and raises nothing: `check()` tells how it ended. Cancelling
    the task that waits ends this wait and leaves the context as it is. On a context
    that nothing can end any more it waits for ever.
    """
    if self.is_done():
        return
    home = _loops.here()
    future = home.loop.create_future()
    number = self.add_after_func_full(home.context, PRIORITY_DEFAULT,
                                      lambda context: home.tell(_settle, future))
    try:
        await future
    finally:
        self.remove_after_func(number)


def _cancelling(task):
    """How many have asked to cancel `task`. What another's task factory makes may be
    a future alone, which does not count them."""
    return task.cancelling() if hasattr(task, 'cancelling') else 0


# The innermost thing that watches a context for the running task.
_innermost = contextvars.ContextVar('GCtx.innermost', default=None)


class _Watch:
    """Cancels a task when a context ends: once, and only until `close()`.

    Where an outer watch ends with it (its context is a parent, say) the outer one
    cancels, and the task of this one with its own, which is all the inner task gets
    to see: a second CancelledError would come while it cleans up.
    """

    __slots__ = ('context', 'home', 'outer', 'task', 'before', 'cancelled', 'current', '_ended',
                 '_number')

    def __init__(self, context, home):
        self.context = context
        self.home = home
        self.outer = _innermost.get()
        self.task = None
        self.cancelled = False
        self._ended = False
        self._number = 0

    def start(self, task):
        self.task = task
        self.before = _cancelling(task)
        self._number = self.context.add_after_func_full(
            self.home.context, PRIORITY_DEFAULT, lambda context: self.home.tell(self._on_end))

    def close(self):
        self.task = None
        self.context.remove_after_func(self._number)

    def _around(self):
        """This one and those around it that still watch, from the inside out."""
        watch = self
        while watch is not None:
            # A thread started from a task may run a loop, and inherits the variable.
            if watch.task is not None and watch.home.loop is self.home.loop:
                yield watch
            watch = watch.outer

    def _on_end(self):
        # All that ended with this one is marked by now, so it need not be told for
        # itself. The outermost speaks first.
        ended = [watch for watch in self._around() if watch.context.is_done()]
        ahead = False
        for watch in reversed(ended):
            # Being cancelled is not enough to be left alone: the task that cancels
            # may be another one, that has nothing to do with this one.
            if not watch._ended and not (ahead and _cancelling(watch.task) > watch.before):
                watch.cancelled = watch.task.cancel()
            watch._ended = True
            ahead = ahead or watch.cancelled


async def _wait_for(awaitable):
    return await awaitable


async def _give_up(awaitable):
    """Lets go of what is not to be run. True where it has a result even so."""
    if asyncio.iscoroutine(awaitable):
        awaitable.close()
    elif asyncio.isfuture(awaitable):
        if not awaitable.done():
            awaitable.cancel()
            await asyncio.wait([awaitable])
        return not awaitable.cancelled()
    return False


async def wrap(self, awaitable):
    """Runs a coroutine, or waits for another awaitable, for as long as the context
    lasts, and returns what it returns.

    It runs in a task of its own, in which the context is `GCtx.current()`. When the
    context is done that task is cancelled and waited for, and the context's own
    error is raised, unless the task came to a result all the same: then that is
    returned. Cancelling the task that waits here cancels the inner one, and leaves
    the context as it is.

    On a context that is done already a coroutine is not begun but closed.

    Raises what the awaitable raises; a `GLib.Error` that only says that something
    was cancelled becomes the context's error once the context is done.
    """
    if not inspect.isawaitable(awaitable):
        raise TypeError('wrap() takes a coroutine or another awaitable, not %s' %
                        type(awaitable).__name__)
    error = error_of(self)
    if error is not None:
        if await _give_up(awaitable):
            return awaitable.result()
        raise error from error.__cause__

    outer = asyncio.current_task()
    before = outer.cancelling() if outer is not None else 0
    if not asyncio.iscoroutine(awaitable):
        awaitable = _wait_for(awaitable)
    try:
        home = _loops.here()
        watch = _Watch(self, home)
        context = contextvars.copy_context()
        context.run(use(self).__enter__)
        context.run(_innermost.set, watch)
        # Not all task factories take a context=, but every task copies the current one.
        # What an eager task does before this returns nobody interrupts, as nobody runs.
        task = context.run(home.loop.create_task, awaitable)
    except BaseException:
        awaitable.close()
        raise
    watch.start(task)
    try:
        return await task
    except asyncio.CancelledError as cancelled:
        if task.done() and not task.cancelled():
            # Cancelled in the moment when it had just finished: what it has
            # finished with is nobody's any more, and must not be complained of.
            task.exception()
        if watch.cancelled and (outer is None or outer.cancelling() <= before):
            raise error_of(self) from cancelled
        raise
    except (GLib.Error, BaseExceptionGroup) as error:
        own = own_of(self, error)
        if own is error:
            raise
        raise own from error
    finally:
        watch.close()
        # Only where this coroutine is closed before its time.
        if not task.done() and not home.loop.is_closed():
            task.cancel()


async def enter(self):
    """``async with scope as ctx:`` does what ``with`` does, and interrupts the block
    when the context ends, as asyncio.timeout() does: the task is cancelled, and the
    CancelledError that arrives at the end of the block becomes the context's error.
    Another cancel of the task at the same time still is a CancelledError.
    """
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError('"async with" on a GCtx.Scope works only inside a task')
    if BLOCK in self.__dict__:
        raise RuntimeError('the scope is in a with block already')
    watch = _Watch(self, _loops.here())
    watch.current = use(self)
    watch.current.__enter__()
    _innermost.set(watch)
    setattr(self, BLOCK, watch)
    watch.start(task)
    return self


async def leave(self, kind, error, traceback):
    task = asyncio.current_task()
    watch = self.__dict__.get(BLOCK)
    if not isinstance(watch, _Watch):
        raise RuntimeError('the scope is in no "async with" block')
    del self.__dict__[BLOCK]
    in_order = watch.task is task and _innermost.get() is watch
    # In any case: a watch that stayed would cancel the task that entered, wherever
    # that is when the context ends.
    watch.close()
    watch.current.__exit__(kind, error, traceback)
    if not in_order:
        watch.current._forsake()
        self.close()
        # A generator that was dropped where it yielded: the loop closes it in a
        # task of its own, or cancels that task when it ends itself, and nobody has
        # done anything wrong.
        if kind is not None and issubclass(kind, (GeneratorExit, asyncio.CancelledError)):
            return
        raise RuntimeError('"async with" on a GCtx.Scope is left by another task, or in '
                           'another order, than it was entered')
    _innermost.set(watch.outer)

    # Before the close, which ends it for another reason.
    own = own_of(self, error)
    # As in asyncio.timeout(): a cancel that is left over is somebody else's.
    if watch.cancelled and task.uncancel() <= watch.before:
        if isinstance(error, asyncio.CancelledError):
            own = error_of(self)
    self.close()
    if own is not error:
        raise own from error


_Context.done = done
_Context.wrap = wrap
_Scope.__aenter__ = enter
_Scope.__aexit__ = leave
