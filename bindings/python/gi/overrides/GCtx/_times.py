# _times.py: seconds, and the microseconds that C counts in
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

import functools
import inspect
import math

from gi.repository import GLib

from ._errors import ANYTHING
from ._loops import time_is_kept

_MOST = GLib.MAXINT64
_LEAST = GLib.MININT64

# What somebody meant who gives seconds to what takes microseconds, by the argument.
_MEANT = {
    'deadline_usec': 'GCtx.deadline(%s)',
    'timeout_usec': 'GCtx.timeout(%s)',
    'duration_usec': 'int(%s * GLib.USEC_PER_SEC)',
    'grace_usec': 'int(%s * GLib.USEC_PER_SEC)',
}


def microseconds(seconds):
    """`seconds` in microseconds, rounded up and within 64 bits; None for ever."""
    if seconds is None:
        return None
    try:
        seconds = float(seconds) if not isinstance(seconds, str) else None
    except TypeError:
        seconds = None
    except OverflowError:
        seconds = math.inf if seconds > 0 else -math.inf
    if seconds is None:
        raise TypeError('a time is a number of seconds, or None for no limit')
    if math.isnan(seconds):
        raise ValueError('a time cannot be NaN; None and math.inf are no limit')
    if seconds == math.inf:
        return None
    time_is_kept()
    if abs(seconds) >= _MOST / 1e6:
        return _MOST if seconds > 0 else _LEAST
    return math.ceil(seconds * 1e6)


def check_usec(function, argument, value):
    """`value` as the int that `argument` of C's `function` takes. PyGObject would cut
    off what is behind the point, so 0.5 seconds would be no time at all."""
    time_is_kept()
    if isinstance(value, int) or not hasattr(value, '__int__'):
        return value
    try:
        whole = int(value)
    except OverflowError:
        return _MOST if value > 0 else _LEAST
    except ValueError:
        raise ValueError('%s() takes microseconds, and a time cannot be NaN' % function) from None
    if whole != value:
        raise TypeError('%s() takes microseconds, as an int, not %s; did you mean %s?' %
                        (function, value, _MEANT[argument] % value))
    return max(_LEAST, min(_MOST, whole))


def in_microseconds(function):
    """`function` of the typelib, whose one time is checked by `check_usec()`."""
    info = inspect.unwrap(function)
    # With the instance, if there is one.
    names = [argument.get_name() for argument in info.get_arguments()]
    place, = (i for i, name in enumerate(names) if name in _MEANT)
    name = names[place]
    place += info.is_method()

    @functools.wraps(function)
    def method(*args, **kwargs):
        if len(args) > place:
            args = *args[:place], check_usec(info.get_name(), name, args[place]), *args[place + 1:]
        elif name in kwargs:
            kwargs[name] = check_usec(info.get_name(), name, kwargs[name])
        return function(*args, **kwargs)
    method.__signature__ = ANYTHING
    return method
