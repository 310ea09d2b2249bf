/* gctx-cancellable.h
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
GCtxContext  *gctx_context_from_cancellable   (GCancellable *cancellable) G_GNUC_WARN_UNUSED_RESULT;
GCTX_AVAILABLE_IN_1_0
GCancellable *gctx_context_get_cancellable    (GCtxContext  *self);
GCTX_AVAILABLE_IN_1_0
GCancellable *gctx_context_create_cancellable (GCtxContext  *self) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
