# GLib, as far as the test needs it
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

from collections.abc import Callable

MAXINT64: int
PRIORITY_DEFAULT: int
PRIORITY_LOW: int
USEC_PER_SEC: int

class Error(RuntimeError):
    domain: str
    code: int
    message: str
    def __init__(self, message: str = ..., domain: str = ..., code: int = ...) -> None: ...
    def copy(self) -> Error: ...
    def matches(self, domain: str | int, code: int) -> bool: ...

class Bytes:
    def get_size(self) -> int: ...

class MainContext:
    def iteration(self, may_block: bool) -> bool: ...

class Source:
    def set_callback(self, fn: Callable[..., bool]) -> None: ...

class Uri: ...
class UriFlags: ...
class Variant: ...
class VariantType: ...
