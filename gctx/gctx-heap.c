/* gctx-heap.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "gctx-heap-private.h"

#define WIDTH 4

static inline void
heap_put (GCtxHeap      *self,
          guint          index,
          GCtxHeapEntry  entry)
{
  self->entries[index] = entry;
  entry.node->heap_index = index;
}

static void
heap_sift_up (GCtxHeap      *self,
              guint          index,
              GCtxHeapEntry  entry)
{
  while (index > 0)
    {
      guint above = (index - 1) / WIDTH;

      if (self->entries[above].deadline <= entry.deadline)
        break;
      heap_put (self, index, self->entries[above]);
      index = above;
    }

  heap_put (self, index, entry);
}

/* The earliest of those below @index, which has some. */
static inline guint
heap_get_first_below (GCtxHeap *self,
                      guint     index)
{
  guint first = index * WIDTH + 1;
  guint end = MIN (first + WIDTH, self->n_nodes);

  for (guint i = first + 1; i < end; i++)
    {
      if (self->entries[i].deadline < self->entries[first].deadline)
        first = i;
    }

  return first;
}

static void
heap_sift_down (GCtxHeap      *self,
                guint          index,
                GCtxHeapEntry  entry)
{
  while (index * WIDTH + 1 < self->n_nodes)
    {
      guint below = heap_get_first_below (self, index);

      if (entry.deadline <= self->entries[below].deadline)
        break;
      heap_put (self, index, self->entries[below]);
      index = below;
    }

  heap_put (self, index, entry);
}

void
gctx_heap_clear (GCtxHeap *self)
{
  g_assert (self->n_nodes == 0);
  g_clear_pointer (&self->entries, g_free);
  self->size = 0;
}

void
gctx_heap_insert (GCtxHeap *self,
                  GCtxNode *node)
{
  g_assert (node->heap_index == GCTX_NOT_IN_HEAP);

  if (self->n_nodes == self->size)
    {
      self->size = MAX (16, self->size * 2);
      self->entries = g_renew (GCtxHeapEntry, self->entries, self->size);
    }

  heap_sift_up (self, self->n_nodes++, (GCtxHeapEntry) { node->deadline, node });
}

void
gctx_heap_remove (GCtxHeap *self,
                  GCtxNode *node)
{
  guint index = node->heap_index;
  GCtxHeapEntry last;

  g_assert (index < self->n_nodes && self->entries[index].node == node);

  node->heap_index = GCTX_NOT_IN_HEAP;
  last = self->entries[--self->n_nodes];
  if (last.node != node)
    {
      if (index > 0 && last.deadline < self->entries[(index - 1) / WIDTH].deadline)
        heap_sift_up (self, index, last);
      else
        heap_sift_down (self, index, last);
    }

  /* A burst of deadlines does not keep its memory for ever. */
  if (self->size > 1024 && self->n_nodes < self->size / 4)
    {
      self->size /= 2;
      self->entries = g_renew (GCtxHeapEntry, self->entries, self->size);
    }
}
