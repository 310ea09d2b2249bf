/* gctx-current-private.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "gctx-current.h"

G_BEGIN_DECLS

/* Around a call of foreign code. What that leaves pushed is taken off, or the
 * next caller in this thread would be told of a context that is none of its own.
 * @context must last until then, and so must @cancellable, which is what
 * g_cancellable_get_current () is to say; NULL for one that is never cancelled. */
guint gctx_current_enter      (GCtxContext  *context,
                               GCancellable *cancellable);
guint gctx_current_enter_done (GCtxContext  *context);
void  gctx_current_leave      (guint         depth);

G_END_DECLS
