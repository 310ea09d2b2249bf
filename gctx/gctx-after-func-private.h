/* gctx-after-func-private.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "gctx-after-func.h"
#include "gctx-context-private.h"

G_BEGIN_DECLS

gboolean gctx_after_func_keep_context (GCtxContext *context);

G_END_DECLS
