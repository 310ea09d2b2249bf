# Gio, as far as the test needs it
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

from collections.abc import Callable
from enum import IntEnum, IntFlag
from typing import Any, Protocol, overload

from gi import _gi
from gi.repository import GLib, GObject

def io_error_quark() -> int: ...
def bus_get_sync(bus_type: BusType, cancellable: Cancellable | None = None) -> DBusConnection: ...

class IOErrorEnum(IntEnum):
    CANCELLED = 19

class BusType(IntEnum):
    SESSION = 2

class DBusCallFlags(IntFlag):
    NONE = 0

class SubprocessFlags(IntFlag):
    NONE = 0

class AsyncResult(GObject.GInterface, Protocol):
    def get_source_object(self) -> GObject.Object | None: ...

class Cancellable(GObject.Object):
    def cancel(self) -> None: ...

class DBusConnection(GObject.Object): ...
class DBusMethodInvocation(GObject.Object): ...
class DBusProxy(GObject.Object): ...

class File(GObject.GInterface, Protocol):
    @staticmethod
    def new_for_path(path: str) -> File: ...
    def load_bytes(self, cancellable: Cancellable | None = None) -> tuple[GLib.Bytes, str | None]: ...
    @overload
    def load_bytes_async(self, cancellable: Cancellable | None = None) -> _gi.Async[tuple[GLib.Bytes, str | None]]: ...
    @overload
    def load_bytes_async(
        self,
        cancellable: Cancellable | None,
        callback: Callable[..., None] | None,
        *user_data: Any,
    ) -> None: ...
    def load_bytes_finish(self, result: AsyncResult) -> tuple[GLib.Bytes, str | None]: ...

class SocketConnection(GObject.Object): ...

class Subprocess(GObject.Object):
    def get_exit_status(self) -> int: ...

class SubprocessLauncher(GObject.Object): ...

class Task(GObject.Object, AsyncResult):
    def return_boolean(self, result: bool) -> None: ...
