/* gctx-adoption-private.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "gctx-node-private.h"

G_BEGIN_DECLS

/* The watch that a node keeps on somebody else's GCancellable. */
GCtxAdoption *gctx_adoption_new           (GCancellable *foreign);
void          gctx_adoption_free          (GCtxAdoption *self);
void          gctx_adoption_attach        (GCtxAdoption *self,
                                           GCtxNode     *node);
void          gctx_adoption_detach_locked (GCtxAdoption *self);
gboolean      gctx_adoption_is_cancelled  (GCtxAdoption *self);
void          gctx_adoption_latch         (GCtxAdoption *self);

G_END_DECLS
