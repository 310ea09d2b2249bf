# _errors.py: what a context's end looks like in Python
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

import functools
import inspect
import itertools
import weakref

from gi.module import get_introspection_module
from gi.repository import Gio, GLib

_gctx = get_introspection_module('GCtx')

_Context = _gctx.Context

_IO_ERROR = 'g-io-error-quark'
_CANCELLED = int(Gio.IOErrorEnum.CANCELLED)
_TIMED_OUT = int(Gio.IOErrorEnum.TIMED_OUT)

PYTHON_ERROR = 'gctx-python-error'
"""The domain of a cause that was a Python exception."""


class Cancelled(GLib.Error):
    """The context was cancelled.

    It is a `GLib.Error` of the domain and code that GIO uses, so that
    ``error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED)`` holds.
    """

    cause = None
    """Why the context ended, as a `GLib.Error`."""

    def __init__(self, message='The context was cancelled', domain=_IO_ERROR, code=_CANCELLED):
        super().__init__(message, domain, code)

    def __repr__(self):
        return 'GCtx.%s(%r)' % (type(self).__name__, self.message)

    def copy(self):
        """A new error of the same class that says the same."""
        return _like(self)


# GLib.Error comes first: its matches(), message and str() are the ones to have.
class TimedOut(GLib.Error, TimeoutError):
    """The context's deadline has passed.

    It is a `TimeoutError`, and a `GLib.Error` of the domain and code that GIO
    uses, so that ``except TimeoutError`` and
    ``error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.TIMED_OUT)`` both work.
    """

    cause = None
    """Why the context ended, as a `GLib.Error`."""

    def __init__(self, message='The deadline has passed', domain=_IO_ERROR, code=_TIMED_OUT):
        super().__init__(message, domain, code)

    __repr__ = Cancelled.__repr__
    copy = Cancelled.copy


def _like(error):
    twin = type(error)(error.message, error.domain, error.code)
    twin.cause = error.cause
    twin.__cause__ = error.__cause__
    return twin


# A Python exception that was given as a cause is kept by the scope that it was
# given to, in the wrapper's own dictionary, where the collector sees it: its
# traceback often leads back to the scope. In the GError travels only a number
# that leads to the scope; where that is gone, the words are what is left.
_numbers = itertools.count(1)
_givers = weakref.WeakValueDictionary()
_GIVEN = '_gctx_python_cause'


def as_gerror(cause, keep):
    """`cause`, a `GLib.Error`, any other exception or None, as a GLib.Error.

    `keep` is a list that gets what `keep_cause()` needs.
    """
    if cause is None or isinstance(cause, GLib.Error):
        return cause
    if isinstance(cause, type) and issubclass(cause, BaseException):
        cause = cause()
    if not isinstance(cause, BaseException):
        raise TypeError('a cause is a GLib.Error or another exception, not %s' % type(cause).__name__)
    number = next(_numbers) & 0x7fffffff
    keep.append((number, cause))
    return GLib.Error(_in_words(cause), PYTHON_ERROR, number)


def _in_words(cause):
    # Whatever it says, the end that it is the cause of must come.
    try:
        text = str(cause)
    except Exception:
        text = '<str() of it failed>'
    name = type(cause).__name__
    words = '%s: %s' % (name, text) if text else name
    # C has no NUL in a string, and UTF-8 none of what stands for the odd bytes of a
    # file's name.
    return words.replace('\0', '\\x00').encode('utf-8', 'backslashreplace').decode()


def keep_cause(scope, keep):
    """Lets `scope` keep the exception that `as_gerror()` has put into words."""
    for number, cause in keep:
        setattr(scope, _GIVEN, (number, cause))
        _givers[number] = scope


def _given(error):
    """The Python exception behind `error`, or None."""
    if error.domain != PYTHON_ERROR:
        return None
    number, cause = getattr(_givers.get(error.code), _GIVEN, (None, None))
    return cause if number == error.code else None


def cause_of(context):
    """Why `context` ended, as a `GLib.Error`; None while it is live.

    Where the cause was a Python exception, that is the error's `__cause__`.
    """
    cause = _get_cause(context)
    if cause is not None:
        cause.__cause__ = _given(cause)
    return cause


def error_of(context):
    """A new `Cancelled` or `TimedOut` for a context that is done, None while it
    is live."""
    error = _get_error(context)
    if error is None:
        return None
    timed_out = error.code == _TIMED_OUT
    result = (TimedOut if timed_out else Cancelled)(error.message, error.domain, error.code)
    result.cause = cause_of(context)
    result.__cause__ = result.cause.__cause__
    return result


def translate(context, error):
    """`error` itself, or the context's own error if `error` says no more than that
    something was cancelled, and the context is done."""
    if (not isinstance(error, GLib.Error) or
            (error.domain, error.code) != (_IO_ERROR, _CANCELLED)):
        return error
    own = error_of(context)
    if own is None or (type(error) is Cancelled and type(own) is Cancelled and
                       error.message == own.message):
        return error
    return own


def own_error(context, error):
    """What to raise for `error`, which a function of the library has reported of
    `context`: the context's own error if it is that one, else `error`."""
    if context is not None and isinstance(error, GLib.Error) and error.domain == _IO_ERROR:
        own = error_of(context)
        if own is not None and own.code == error.code and own.message == error.message:
            return own
    return error


def _is_end(context, error):
    """Whether `error`, or all that are in that group, only say that `context` ended."""
    if isinstance(error, BaseExceptionGroup):
        return all(_is_end(context, one) for one in error.exceptions)
    return (isinstance(error, GLib.Error) and
            (translate(context, error) is not error or own_error(context, error) is not error))


def own_of(context, error):
    """What to raise for an exception, or None, that was met under `context`: the
    context's own error if it says no more than that the context ended (rule 16),
    else `error`. What is of our classes already, and says the same, stays as it is.

    Of what a TaskGroup runs it depends on chance who notices the end first: a task,
    and then it is a group, or who waits for the group."""
    if isinstance(error, BaseExceptionGroup):
        return error_of(context) if context.is_done() and _is_end(context, error) else error
    own = translate(context, error)
    if own is error and type(error) is GLib.Error:
        own = own_error(context, error)
    return own


# The signature of what wraps a function of the typelib: inspect.signature() would
# ask that one, and stumble.
ANYTHING = inspect.signature(lambda *args, **kwargs: None)


def raising(function, context_of=lambda self, *args, **kwargs: self):
    """`function`, raising the classes above where a context ended."""
    @functools.wraps(function)
    def method(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        except GLib.Error as error:
            own = own_error(context_of(*args, **kwargs), error)
            if own is error:
                raise
            raise own from own.__cause__
    method.__signature__ = ANYTHING
    return method


_get_error = _Context.get_error
_get_cause = _Context.get_cause

for _name in 'check', 'sleep', 'sleep_finish':
    setattr(_Context, _name, raising(getattr(_Context, _name)))


_Context.translate_error = translate
_Context.error = property(error_of, doc=error_of.__doc__)
_Context.cause = property(cause_of, doc=cause_of.__doc__)
