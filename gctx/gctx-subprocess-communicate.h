/* gctx-subprocess-communicate.h
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
gboolean gctx_subprocess_communicate             (GSubprocess          *subprocess,
                                                  GCtxContext          *context,
                                                  GBytes               *stdin_buf,
                                                  GBytes              **stdout_buf,
                                                  GBytes              **stderr_buf,
                                                  GError              **error);
GCTX_AVAILABLE_IN_1_0
void     gctx_subprocess_communicate_async       (GSubprocess          *subprocess,
                                                  GCtxContext          *context,
                                                  GBytes               *stdin_buf,
                                                  GAsyncReadyCallback   callback,
                                                  gpointer              user_data);
GCTX_AVAILABLE_IN_1_0
gboolean gctx_subprocess_communicate_finish      (GAsyncResult         *result,
                                                  GBytes              **stdout_buf,
                                                  GBytes              **stderr_buf,
                                                  GError              **error);

GCTX_AVAILABLE_IN_1_0
gboolean gctx_subprocess_communicate_utf8        (GSubprocess          *subprocess,
                                                  GCtxContext          *context,
                                                  const char           *stdin_buf,
                                                  char                **stdout_buf,
                                                  char                **stderr_buf,
                                                  GError              **error);
GCTX_AVAILABLE_IN_1_0
void     gctx_subprocess_communicate_utf8_async  (GSubprocess          *subprocess,
                                                  GCtxContext          *context,
                                                  const char           *stdin_buf,
                                                  GAsyncReadyCallback   callback,
                                                  gpointer              user_data);
GCTX_AVAILABLE_IN_1_0
gboolean gctx_subprocess_communicate_utf8_finish (GAsyncResult         *result,
                                                  char                **stdout_buf,
                                                  char                **stderr_buf,
                                                  GError              **error);

G_END_DECLS
