# gi: for a type checker that knows no other stubs of it
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

# Only for type checkers, and only for where nobody else tells them of `gi`: then
# all but GCtx is Any. Without this, that GCtx has stubs would make its neighbours
# unknown names. Stubs in a gi-stubs package, as those of PyGObject-stubs, go before.

from typing import Any

def __getattr__(name: str) -> Any: ...
