# GObject, as far as the test needs it
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

class GType: ...

TYPE_STRING: GType

class Object:
    def connect(self, detailed_signal: str, handler: object) -> int: ...
