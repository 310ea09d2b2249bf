# GLib, as far as the test needs it
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

from collections.abc import Callable
from enum import IntFlag
from typing import Final

from gi import _gi
from typing_extensions import Self

MAXINT64: Final[int]
PRIORITY_DEFAULT: Final[int]
PRIORITY_LOW: Final[int]
USEC_PER_SEC: Final[int]

class GError(RuntimeError):
    message: str
    domain: str
    code: int
    def __init__(self, message: str = ..., domain: str = ..., code: int = ...) -> None: ...
    def copy(self) -> Self: ...
    def matches(self, domain: str | int, code: int) -> bool: ...
    @staticmethod
    def new_literal(domain: int, message: str, code: int) -> GError: ...

Error = GError

class Bytes(_gi.GBoxed):
    def get_size(self) -> int: ...

class MainContext(_gi.GBoxed):
    def iteration(self, may_block: bool) -> bool: ...

class Source(_gi.GBoxed):
    def set_callback(self, fn: Callable[..., bool]) -> None: ...

class Uri(_gi.GBoxed): ...
class UriFlags(IntFlag):
    NONE = 0

class Variant: ...
class VariantType(_gi.GBoxed): ...
