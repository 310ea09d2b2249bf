/* gctx-current.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (GCTX_INSIDE) && !defined (GCTX_COMPILATION)
# error "Only <gctx.h> can be included directly."
#endif

#include "gctx-context.h"

G_BEGIN_DECLS

GCTX_AVAILABLE_IN_1_0
GCtxContext *gctx_context_get_current  (void);
GCTX_AVAILABLE_IN_1_0
void         gctx_context_push_current (GCtxContext *self);
GCTX_AVAILABLE_IN_1_0
void         gctx_context_pop_current  (GCtxContext *self);

G_END_DECLS
