/* gctx-after-func.h
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

/**
 * GCtxAfterFunc:
 * @context: the context that is done
 * @user_data: the data that was given with the function
 *
 * What [method@GCtx.Context.add_after_func] calls once @context is done, in
 * the [struct@GLib.MainContext] that it was added for.
 *
 * Since: 1.0
 */
typedef void (*GCtxAfterFunc) (GCtxContext *context,
                               gpointer     user_data);

GCTX_AVAILABLE_IN_1_0
gulong   gctx_context_add_after_func      (GCtxContext    *self,
                                           GCtxAfterFunc   func,
                                           gpointer        user_data,
                                           GDestroyNotify  destroy);
GCTX_AVAILABLE_IN_1_0
gulong   gctx_context_add_after_func_full (GCtxContext    *self,
                                           GMainContext   *context,
                                           int             priority,
                                           GCtxAfterFunc   func,
                                           gpointer        user_data,
                                           GDestroyNotify  destroy);
GCTX_AVAILABLE_IN_1_0
gboolean gctx_context_remove_after_func   (GCtxContext    *self,
                                           gulong          id);

G_END_DECLS
