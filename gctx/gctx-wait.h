/* gctx-wait.h
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
void     gctx_context_wait         (GCtxContext          *self);
GCTX_AVAILABLE_IN_1_0
void     gctx_context_wait_async   (GCtxContext          *self,
                                    GCancellable         *cancellable,
                                    GAsyncReadyCallback   callback,
                                    gpointer              user_data);
GCTX_AVAILABLE_IN_1_0
gboolean gctx_context_wait_finish  (GCtxContext          *self,
                                    GAsyncResult         *result,
                                    GError              **error);

GCTX_AVAILABLE_IN_1_0
gboolean gctx_context_sleep        (GCtxContext          *self,
                                    GTimeSpan             duration_usec,
                                    GError              **error);
GCTX_AVAILABLE_IN_1_0
void     gctx_context_sleep_async  (GCtxContext          *self,
                                    GTimeSpan             duration_usec,
                                    GCancellable         *cancellable,
                                    GAsyncReadyCallback   callback,
                                    gpointer              user_data);
GCTX_AVAILABLE_IN_1_0
gboolean gctx_context_sleep_finish (GCtxContext          *self,
                                    GAsyncResult         *result,
                                    GError              **error);

G_END_DECLS
