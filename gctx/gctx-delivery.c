/* gctx-delivery.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "gctx-delivery-private.h"

/* Delivery is the second of the two steps in which a tree ends. The first, the
 * marking, is one critical section and lists here whom to tell; this one calls
 * out, with no lock held.
 *
 * Several deliveries may list the same item: a cancel that says TRUE answers
 * for everything below it, also for what another thread, or an outer frame of
 * this very thread, is about to tell. Telling twice is harmless, so each just
 * tells everything on its own list and nobody waits. An item leaves its node's
 * ring only after somebody has told it, so that nobody can miss it. */

#define BATCH 64
#define AHEAD 8   /* of what was listed long ago */

void
gctx_delivery_add_locked (GCtxDelivery *self,
                          GCtxItem     *item)
{
  if (self->n_items == self->size)
    {
      /* What is large is moved by its pages, not copied. */
      GCtxItem **larger = g_renew (GCtxItem *, self->items != self->room ? self->items : NULL, self->size * 2);

      if (self->items == self->room)
        memcpy (larger, self->room, sizeof self->room);
      self->items = larger;
      self->size *= 2;
    }

  gctx_item_ref_locked (item);
  if (item->klass->begin != NULL)
    item->klass->begin (item);
  self->items[self->n_items++] = item;
}

/* Turns round what was listed from @first on. */
void
gctx_delivery_reverse_locked (GCtxDelivery *self,
                              gsize         first)
{
  for (gsize last = self->n_items; last > first + 1; first++)
    {
      GCtxItem *item = self->items[first];

      self->items[first] = self->items[--last];
      self->items[last] = item;
    }
}

static int
compare_items (gconstpointer a,
               gconstpointer b,
               gpointer      data)
{
  guint64 left = (*(GCtxItem * const *) a)->node->serial;
  guint64 right = (*(GCtxItem * const *) b)->node->serial;

  return (left > right) - (left < right);
}

/* Parents before children and siblings as they were made, whatever the order of
 * listing; what one node tells keeps its order. */
void
gctx_delivery_sort_locked (GCtxDelivery *self)
{
  g_assert (self->n_items <= G_MAXINT);

  g_qsort_with_data (self->items, self->n_items, sizeof (GCtxItem *), compare_items, NULL);
}

static void
end_locked (GCtxDelivery *self,
            GCtxItem     *item)
{
  GObject *object = item->klass->end (item);

  if (object != NULL)
    self->objects = g_slist_prepend (self->objects, object);
}

/* Tells some, and is done with them while they are still in the cache: ending a
 * hundred thousand in one go would also keep all others from the lock. */
static void
carry_out_batch (GCtxDelivery *self,
                 GCtxItem    **items,
                 gsize         n_items,
                 gboolean      is_last)
{
  for (gsize i = 0; i < n_items; i++)
    {
      __builtin_prefetch (items[MIN (i + AHEAD, n_items - 1)]);
      if (self->abandon)
        items[i]->klass->abandon (items[i]);
      else
        items[i]->klass->tell (items[i]);
    }

  gctx_lock ();
  for (gsize i = 0; i < n_items; i++)
    {
      gctx_item_unlist_locked (items[i]);
      if (items[i]->klass->end != NULL)
        end_locked (self, items[i]);
      if (!gctx_item_unref_locked (items[i]))
        items[i] = NULL;
    }
  if (is_last && self->root != NULL)
    gctx_node_leave_locked (self->root);
  gctx_unlock ();

  for (gsize i = 0; i < n_items; i++)
    {
      if (items[i] != NULL)
        items[i]->klass->free (items[i]);
    }
}

void
gctx_delivery_carry_out (GCtxDelivery *self)
{
  for (gsize i = 0; i < self->n_items; i += BATCH)
    carry_out_batch (self, &self->items[i], MIN (self->n_items - i, BATCH), self->n_items - i <= BATCH);

  g_clear_pointer (&self->root, gctx_node_unref);
  if (self->main_contexts != NULL)
    g_slist_free_full (g_steal_pointer (&self->main_contexts), (GDestroyNotify) g_main_context_unref);
  if (self->objects != NULL)
    g_slist_free_full (g_steal_pointer (&self->objects), g_object_unref);
  if (self->items != self->room)
    g_free (self->items);
}
