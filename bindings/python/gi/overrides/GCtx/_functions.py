# _functions.py: the functions beside the classes, with Python's errors
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

import functools
import sys
import traceback

from gi.module import get_introspection_module
from gi.repository import Gio, GLib, GObject

from ._errors import ANYTHING, as_gerror, raising
from ._times import in_microseconds

_gctx = get_introspection_module('GCtx')

_Context = _gctx.Context
_Group = _gctx.Group

__all__ = []


def _argument(*args, **kwargs):
    for argument in (*args, *kwargs.values()):
        if isinstance(argument, _Context):
            return argument
    return None


def _result(*args, **kwargs):
    for argument in (*args, *kwargs.values()):
        if isinstance(argument, Gio.Task):
            return getattr(argument, _CONTEXT, None) or _gctx.task_get_context(argument)
    return None


# Where the result of what `_remembering()` started keeps its context.
_CONTEXT = '_gctx_context'


def _remembering(function):
    """`function`, which starts an operation under a context whose result does not lead
    to that context in C, with a result that does."""
    place = [argument.get_name() for argument in function.get_arguments()].index('callback')

    def keep(callback, context):
        def on_ready(source, result, *user_data):
            setattr(result, _CONTEXT, context)
            return callback(source, result, *user_data)
        return on_ready if callable(callback) else callback

    @functools.wraps(function)
    def start(*args, **kwargs):
        context = _argument(*args, **kwargs)
        if len(args) > place:
            args = *args[:place], keep(args[place], context), *args[place + 1:]
        elif 'callback' in kwargs:
            kwargs['callback'] = keep(kwargs['callback'], context)
        return function(*args, **kwargs)
    start.__signature__ = ANYTHING
    return start


for _context_of, _names in (
        (_argument, (
            'dbus_connection_call_sync', 'dbus_proxy_call_sync',
            'subprocess_new', 'subprocess_launcher_spawnv',
            'subprocess_wait', 'subprocess_wait_check',
            'subprocess_communicate', 'subprocess_communicate_utf8',
        )),
        (_result, (
            'dbus_connection_call_finish', 'dbus_proxy_call_finish',
            'subprocess_wait_finish', 'subprocess_wait_check_finish',
            'subprocess_communicate_finish', 'subprocess_communicate_utf8_finish',
            'task_propagate_boolean', 'task_propagate_int',
            'task_propagate_pointer', 'task_propagate_value',
        ))):
    for _name in _names:
        globals()[_name] = raising(getattr(_gctx, _name), _context_of)
        __all__.append(_name)

for _name in ('dbus_connection_call', 'dbus_proxy_call', 'subprocess_wait_async', 'subprocess_wait_check_async',
              'subprocess_communicate_async', 'subprocess_communicate_utf8_async'):
    globals()[_name] = _remembering(getattr(_gctx, _name))
    __all__.append(_name)

subprocess_launcher_spawnv = in_microseconds(subprocess_launcher_spawnv)  # noqa: F821


_run_in_thread = _Group.run_in_thread


def run_in_thread(self, func, *user_data):
    """Runs `func(context)` in a thread of the group's own. It succeeds by returning
    True. Any exception that it raises is the group's error, where it is the first:
    one that is no GLib.Error by its name and words."""
    def run(context):
        try:
            return func(context, *user_data)
        except GLib.Error:
            raise
        # A SystemExit as well: PyGObject would end the program from this thread, which
        # waits for ever.
        except BaseException as error:
            raise as_gerror(error, []) from error
    _run_in_thread(self, run)


_start = _Group.start


def _clear_frames(error):
    """Takes their variables from the frames that an exception, and those before it,
    refer to."""
    errors, seen = [error], set()
    while errors:
        error = errors.pop()
        if error is not None and id(error) not in seen:
            seen.add(id(error))
            traceback.clear_frames(error.__traceback__)
            errors += error.__cause__, error.__context__, *getattr(error, 'exceptions', ())


def _holders(task):
    return sys.getrefcount(task), task.__grefcount__


def start(self, func, *user_data):
    """Calls `func(task, context)` from the group's main context, soon; it succeeds
    or fails as the task does. An exception that `func` raises is what the task
    returns, unless somebody else can still return on it: then it is printed."""
    def run(task, context):
        before = _holders(task)
        try:
            func(task, context, *user_data)
        except SystemExit:
            raise
        except BaseException as error:
            # PyGObject would print it, Python keeps what it printed last, and in its
            # frames the task, for which the group would wait.
            _clear_frames(error)
            if _holders(task) == before:
                task.return_error(as_gerror(error, []))
            else:
                sys.excepthook(type(error), error, error.__traceback__)
    _start(self, run)


def __init__(self, *args, **properties):
    """A group for functions that run under a child of the background: see
    `GCtx.Group.new(parent)` for any other context."""
    if args or 'parent' in properties:
        raise TypeError('%s() takes no parent: use GCtx.Group.new(parent)' % type(self).__name__)
    GObject.Object.__init__(self, **properties)


_Group.__init__ = __init__
_Group.run_in_thread = run_in_thread
_Group.start = start

for _name in 'wait', 'wait_finish':
    setattr(_Group, _name, raising(getattr(_Group, _name), lambda self, *args: self.get_context()))
