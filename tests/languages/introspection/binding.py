# binding.py
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""GCtx as PyGObject makes it, with the overrides or, if GCTX_TEST_PLAIN is set,
without."""

import os
import sys

import gi

IS_PLAIN = 'GCTX_TEST_PLAIN' in os.environ
if IS_PLAIN:
    # Not what is installed either.
    sys.modules['gi.overrides.GCtx'] = None

gi.require_version('GCtx', '1')
from gi.repository import GCtx  # noqa: E402

assert hasattr(GCtx, 'timeout') != IS_PLAIN
