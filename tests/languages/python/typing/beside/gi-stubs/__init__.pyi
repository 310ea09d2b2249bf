# gi: what a package of stubs for it says, as far as the test needs it
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

def require_version(namespace: str, version: str) -> None: ...
