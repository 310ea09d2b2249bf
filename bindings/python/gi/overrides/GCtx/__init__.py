# __init__.py
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""GCtx for Python: deadlines, cancellation and values as Python has them.

    with GCtx.timeout(2.0) as ctx:
        text = load(ctx)

Times are seconds as float; functions that keep their C name take
microseconds.
"""

from ._current import current, use
from ._errors import Cancelled, TimedOut
from ._functions import *  # noqa: F401,F403
from ._scopes import deadline, scope, timeout

from . import _await, _call, _functions, _keys  # noqa: E402,F401

__all__ = [
    'Cancelled', 'TimedOut',
    'current', 'use',
    'deadline', 'scope', 'timeout',
    *_functions.__all__,
]
