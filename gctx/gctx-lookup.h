/* gctx-lookup.h
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
#include "gctx-key.h"

G_BEGIN_DECLS

GCTX_AVAILABLE_IN_1_0
GCtxContext *gctx_context_with_lookup         (GCtxContext    *self,
                                               GCtxLookupFunc  func,
                                               gpointer        user_data,
                                               GDestroyNotify  destroy) G_GNUC_WARN_UNUSED_RESULT;
GCTX_AVAILABLE_IN_1_0
GCtxContext *gctx_context_with_lookup_closure (GCtxContext    *self,
                                               GClosure       *closure) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
