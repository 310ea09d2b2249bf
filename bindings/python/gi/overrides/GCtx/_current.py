# _current.py: what the running code works for
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

from contextvars import ContextVar

from gi.module import get_introspection_module

_gctx = get_introspection_module('GCtx')

_Context = _gctx.Context

_get_current = _Context.get_current
_background = _Context.background

# The context, what was the C library's current one when it was set, the block that
# has set it, and what it was before.
_variable = ContextVar('GCtx.current', default=None)


def _entry():
    """The innermost entry whose block is not left yet."""
    entry = _variable.get()
    while entry is not None and entry[2]._left:
        entry = entry[3]
    return entry


def current():
    """The context that the running code works for.

    That is the one of the innermost ``with`` block or `use()`, of this thread or
    this asyncio task; in an after-func, a function of a group or a task's thread
    the one that it belongs to; and the background where there is none.
    """
    # A thread has one stack in C, on which the library pushes around what it
    # calls; a coroutine has a variable of its own. What C pushed after the
    # variable was set is further in.
    pushed = _get_current()
    entry = _entry()
    if entry is not None and (pushed == entry[1] or pushed == _background()):
        return entry[0]
    return pushed


class use:
    """``with use(context):`` makes `context` the current one for the block, and
    does not end it. The same as ``with context.as_current():``."""

    __slots__ = ('_context', '_left')

    def __init__(self, context):
        if not isinstance(context, _Context):
            raise TypeError('a GCtx.Context is needed, not %s' % type(context).__name__)
        self._context = context
        self._left = False

    # One may be used by several threads and tasks at once. So what was before is in
    # the variable, of which each has its own.
    def __enter__(self):
        self._left = False
        _variable.set((self._context, _get_current(), self, _entry()))
        return self._context

    def __exit__(self, *exception):
        entry = _variable.get()
        # A generator may be closed while another block is the innermost, or where the
        # variable is not the one it was entered in.
        if entry is not None and entry[2] is self:
            _variable.set(entry[3])
        else:
            self._forsake()
            _variable.set(_entry())

    def _forsake(self):
        """Has the block passed over wherever it still is in the variable. It was left
        out of turn; tasks that were begun in a block keep it otherwise."""
        self._left = True


def as_current(self):
    """``with context.as_current():`` makes it `GCtx.current()` for the block, in
    this thread or asyncio task, and does not end it."""
    return use(self)


_Context.get_current = staticmethod(current)
_Context.as_current = as_current
