# GObject, as far as the test needs it
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

from typing import Final

from gi import _gi

GInterface = _gi.GInterface
GType = _gi.GType

TYPE_STRING: Final[GType]

class Object(_gi.GObject, _gi.ObjectProtocol):
    def freeze_notify(self) -> None: ...
