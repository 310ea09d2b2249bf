/* gctx-delivery-private.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "gctx-node-private.h"

G_BEGIN_DECLS

/* What one critical section leaves to be done after it: a list made under the
 * lock, carried out without it. Lives on the stack of whoever delivers. */
struct _GCtxDelivery
{
  GCtxItem   **items;
  gsize        n_items;
  gsize        size;
  gboolean     abandon;        /* abandon the items instead of telling them */
  gboolean     mark_only;      /* list none: somebody else will deliver */

  GCtxNode    *root;           /* leaves its parent's ring once all is told; NULL where nothing is */
  GSList      *main_contexts;  /* references of homes to give up */
  GSList      *objects;        /* references of items to give up */

  GCtxItem    *room[16];
};

/* By hand: an initialiser would clear the room as well, at each end of a node. */
static inline void
gctx_delivery_init (GCtxDelivery *self)
{
  self->items = self->room;
  self->n_items = 0;
  self->size = G_N_ELEMENTS (self->room);
  self->abandon = FALSE;
  self->mark_only = FALSE;
  self->root = NULL;
  self->main_contexts = NULL;
  self->objects = NULL;
}

void gctx_delivery_add_locked  (GCtxDelivery *self,
                                GCtxItem     *item);
void gctx_delivery_reverse_locked (GCtxDelivery *self,
                                   gsize         first);
void gctx_delivery_sort_locked (GCtxDelivery *self);
void gctx_delivery_carry_out   (GCtxDelivery *self);

/* What most of them leave is nothing at all. */
static inline void
gctx_delivery_run (GCtxDelivery *self)
{
  if (self->n_items > 0 || self->main_contexts != NULL)
    gctx_delivery_carry_out (self);
}

G_END_DECLS
