# _scopes.py: contexts that end with a block, or after some seconds
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

import sys

from gi.module import get_introspection_module
from gi.repository import GLib, GObject

from ._current import current, use
from ._errors import as_gerror, keep_cause, own_of
from ._keys import to_values, with_values_raw
from ._times import check_usec, in_microseconds, microseconds

_gctx = get_introspection_module('GCtx')

_Context = _gctx.Context
_Scope = _gctx.Scope

# What the overrides of GLib leave alone costs half a microsecond to look up there.
_NEVER = GLib.MAXINT64
_PAST = GLib.MININT64
_get_monotonic_time = GLib.get_monotonic_time

# What of the block that it is in a scope keeps, by name.
BLOCK = '_gctx_block'

_new = _Scope.new
_new_full = _Scope.new_full
_new_with_deadline = _Scope.new_with_deadline
_new_with_deadline_cause = _Scope.new_with_deadline_cause
_new_with_timeout = _Scope.new_with_timeout
_new_with_timeout_cause = _Scope.new_with_timeout_cause
_cancel = _Scope.cancel
_cancel_with_cause = _Scope.cancel_with_cause
_close = _Scope.close
_get_remaining = _Context.get_remaining


# PyGObject before 3.50 does not let NULL through where a GError is nullable, so
# without a cause another function has to do.
def _make(parent, deadline_usec, cause, keys, values):
    keys, values = to_values(keys, values)
    keep = []
    cause = as_gerror(cause, keep)
    if cause is not None:
        scope = _new_full(parent, deadline_usec, cause, keys, values)
        keep_cause(scope, keep)
        return scope
    if keys:
        parent = with_values_raw(parent, keys, values)
    return _new(parent) if deadline_usec == _NEVER else _new_with_deadline(parent, deadline_usec)


def _begin(parent, deadline_usec, cause, values):
    if parent is None:
        parent = current()
    elif not isinstance(parent, _Context):
        raise TypeError('the parent is a GCtx.Context, not %s' % type(parent).__name__)
    try:
        values = dict(values or ())
    except (TypeError, ValueError) as error:
        raise TypeError('values is a dict of values by their keys, or pairs of both: %s' % error) from None
    return _make(parent, deadline_usec, cause, values.keys(), values.values())


def timeout(seconds, parent=None, *, cause=None, values=None):
    """A scope that ends after `seconds`.

        with GCtx.timeout(2.0) as ctx:
            ...

    None and math.inf are no limit, zero and less are past. The parent is
    `current()` where none is given. `cause` is an exception that tells why, if
    this timeout is what ends it; `values` a dict of values by their keys, or pairs of
    both.
    """
    usec = microseconds(seconds)
    if usec is not None:
        usec = max(_PAST, min(_NEVER, _get_monotonic_time() + usec))
    return _begin(parent, _NEVER if usec is None else usec, cause, values)


def deadline(when, parent=None, *, cause=None, values=None):
    """A scope that ends at `when`, in seconds of the clock of `time.monotonic()`
    and of asyncio's `loop.time()`. The rest is as for `timeout()`."""
    usec = microseconds(when)
    return _begin(parent, _NEVER if usec is None else usec, cause, values)


def scope(parent=None, *, values=None):
    """A scope that ends with its block, with `cancel()` or with its parent."""
    return _begin(parent, _NEVER, None, values)


def new_full(parent, deadline_usec, cause=None, keys=None, values=None):
    """A scope with a deadline of its own (GLib.MAXINT64 for none), a cause for
    when that passes, or None, and values."""
    deadline_usec = check_usec('new_full', 'deadline_usec', deadline_usec)
    return _make(parent, deadline_usec, cause, keys, values)


def new_with_deadline_cause(parent, deadline_usec, cause=None):
    """A scope that ends at `deadline_usec`, because of `cause`."""
    deadline_usec = check_usec('new_with_deadline_cause', 'deadline_usec', deadline_usec)
    return _make(parent, deadline_usec, cause, None, None)


def new_with_timeout_cause(parent, timeout_usec, cause=None):
    """A scope that ends after `timeout_usec`, because of `cause`."""
    timeout_usec = check_usec('new_with_timeout_cause', 'timeout_usec', timeout_usec)
    keep = []
    cause = as_gerror(cause, keep)
    if cause is None:
        return _new_with_timeout(parent, timeout_usec)
    made = _new_with_timeout_cause(parent, timeout_usec, cause)
    keep_cause(made, keep)
    return made


def cancel_with_cause(self, cause=None):
    """Ends the scope because of `cause`, an exception or None. True for the call
    that ended it."""
    keep = []
    cause = as_gerror(cause, keep)
    if cause is None:
        return _cancel(self)
    # Before the call: those who are told of the end may ask for the cause.
    if not self.is_done():
        keep_cause(self, keep)
    return _cancel_with_cause(self, cause)


def __init__(self, *args, **properties):
    """A context is made from another one: see `GCtx.scope()`, `GCtx.timeout()` and
    `GCtx.deadline()`. One made without is a child of the background."""
    if args or 'parent' in properties:
        raise TypeError('%s() takes no parent: use GCtx.scope(parent), or GCtx.timeout(seconds, parent)' %
                        type(self).__name__)
    GObject.Object.__init__(self, **properties)


def __enter__(self):
    if BLOCK in self.__dict__:
        raise RuntimeError('the scope is in a with block already; '
                           'use as_current() to make it current once more')
    block = use(self)
    block.__enter__()
    setattr(self, BLOCK, block)
    return self


def __exit__(self, kind, error, traceback):
    block = self.__dict__.get(BLOCK)
    if not isinstance(block, use):
        raise RuntimeError('the scope is in no with block' if block is None else
                           'the scope was entered by "async with", and has to be left so')
    # Before the close: what that cancels is not why the block was left.
    own = own_of(self, error)
    del self.__dict__[BLOCK]
    block.__exit__(kind, error, traceback)
    try:
        _close(self)
    except ImportError:
        # The block of a generator that goes with the interpreter. PyGObject calls
        # nothing any more then, and the scope goes as well.
        if not sys.is_finalizing():
            raise
    if own is not error:
        raise own from error


def _remaining(self):
    """The seconds that are left, 0.0 once the deadline has passed, None where
    there is no deadline."""
    there, usec = _get_remaining(self)
    return usec / 1e6 if there else None


def __repr__(self):
    return '<GCtx.%s %s at %#x>' % (type(self).__name__, self.to_string(), id(self))


for _name in 'new_with_deadline', 'new_with_timeout':
    setattr(_Scope, _name, staticmethod(in_microseconds(getattr(_Scope, _name))))
for _name in 'sleep', 'sleep_async', 'with_deadline', 'with_timeout':
    setattr(_Context, _name, in_microseconds(getattr(_Context, _name)))
_Scope.new_full = staticmethod(new_full)
_Scope.new_with_deadline_cause = staticmethod(new_with_deadline_cause)
_Scope.new_with_timeout_cause = staticmethod(new_with_timeout_cause)
_Scope.cancel_with_cause = cancel_with_cause
_Context.__init__ = __init__
_Scope.__enter__ = __enter__
_Scope.__exit__ = __exit__
_Context.remaining = property(_remaining, doc=_remaining.__doc__)
_Context.__repr__ = __repr__
