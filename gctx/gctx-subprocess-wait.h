/* gctx-subprocess-wait.h
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
gboolean gctx_subprocess_wait              (GSubprocess          *subprocess,
                                            GCtxContext          *context,
                                            GError              **error);
GCTX_AVAILABLE_IN_1_0
void     gctx_subprocess_wait_async        (GSubprocess          *subprocess,
                                            GCtxContext          *context,
                                            GAsyncReadyCallback   callback,
                                            gpointer              user_data);
GCTX_AVAILABLE_IN_1_0
gboolean gctx_subprocess_wait_finish       (GAsyncResult         *result,
                                            GError              **error);

GCTX_AVAILABLE_IN_1_0
gboolean gctx_subprocess_wait_check        (GSubprocess          *subprocess,
                                            GCtxContext          *context,
                                            GError              **error);
GCTX_AVAILABLE_IN_1_0
void     gctx_subprocess_wait_check_async  (GSubprocess          *subprocess,
                                            GCtxContext          *context,
                                            GAsyncReadyCallback   callback,
                                            gpointer              user_data);
GCTX_AVAILABLE_IN_1_0
gboolean gctx_subprocess_wait_check_finish (GAsyncResult         *result,
                                            GError              **error);

G_END_DECLS
