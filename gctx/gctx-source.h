/* gctx-source.h
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
 * GCtxSourceFunc:
 * @context: the context that is done
 * @user_data: the data that was given with the function
 *
 * What a source of [method@GCtx.Context.create_source] calls, in the thread
 * that runs the source's [struct@GLib.MainContext].
 *
 * Returns: ignored, because the source fires once and is then removed;
 *   return %G_SOURCE_REMOVE
 *
 * Since: 1.0
 */
typedef gboolean (*GCtxSourceFunc) (GCtxContext *context,
                                    gpointer     user_data);

GCTX_AVAILABLE_IN_1_0
GSource *gctx_context_create_source (GCtxContext *self) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
