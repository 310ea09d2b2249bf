/* gctx-cancellable-private.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "gctx-cancellable.h"
#include "gctx-context-private.h"

G_BEGIN_DECLS

void          gctx_cancellable_make_class     (void);

void          gctx_handout_free_all           (GCtxHandout  *handouts);
void          gctx_handout_drop_unseen        (GCtxContext  *context);

/* Whether anything hangs on it: data, weak references, toggle references, handlers.
 * Ask where no other thread can add any. */
gboolean      gctx_cancellable_is_bare        (GCancellable *cancellable);

/* For gctx-current. */
GCancellable *gctx_cancellable_new_plain      (GCtxContext  *context);
GCancellable *gctx_cancellable_peek_cancelled (GCtxContext  *context);
GCtxContext  *gctx_cancellable_get_face       (GCancellable *cancellable);

G_END_DECLS
