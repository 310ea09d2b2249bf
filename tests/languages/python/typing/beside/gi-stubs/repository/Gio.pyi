# Gio, as far as the test needs it
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

from collections.abc import Callable
from typing import Any

from gi.repository import GObject

def io_error_quark() -> int: ...
def bus_get_sync(bus_type: BusType, cancellable: Cancellable | None = None) -> DBusConnection: ...

class IOErrorEnum(int):
    CANCELLED: IOErrorEnum

class BusType(int):
    SESSION: BusType

class DBusCallFlags(int):
    NONE: DBusCallFlags

class SubprocessFlags(int):
    NONE: SubprocessFlags

class AsyncResult: ...

class Cancellable(GObject.Object):
    def cancel(self) -> None: ...

class DBusConnection(GObject.Object): ...
class DBusMethodInvocation(GObject.Object): ...
class DBusProxy(GObject.Object): ...

class File(GObject.Object):
    @staticmethod
    def new_for_path(path: str) -> File: ...
    def load_bytes(self, cancellable: Cancellable | None = None) -> bytes: ...
    def load_bytes_async(
        self,
        cancellable: Cancellable | None = None,
        callback: Callable[..., None] | None = None,
        *user_data: Any,
    ) -> None: ...
    def load_bytes_finish(self, result: AsyncResult) -> bytes: ...

class SocketConnection(GObject.Object): ...

class Subprocess(GObject.Object):
    def get_exit_status(self) -> int: ...

class SubprocessLauncher(GObject.Object): ...

class Task(GObject.Object, AsyncResult):
    def return_boolean(self, result: bool) -> None: ...
