/* gctx-heap.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "gctx-heap-private.h"

static inline void
heap_put (GCtxHeap *self,
          guint     index,
          GCtxNode *node)
{
  self->nodes[index] = node;
  node->heap_index = index;
}

static void
heap_sift_up (GCtxHeap *self,
              guint     index,
              GCtxNode *node)
{
  while (index > 0)
    {
      guint above = (index - 1) / 2;

      if (self->nodes[above]->deadline <= node->deadline)
        break;
      heap_put (self, index, self->nodes[above]);
      index = above;
    }

  heap_put (self, index, node);
}

static void
heap_sift_down (GCtxHeap *self,
                guint     index,
                GCtxNode *node)
{
  while (TRUE)
    {
      guint below = 2 * index + 1;

      if (below >= self->n_nodes)
        break;
      if (below + 1 < self->n_nodes &&
          self->nodes[below + 1]->deadline < self->nodes[below]->deadline)
        below++;
      if (node->deadline <= self->nodes[below]->deadline)
        break;
      heap_put (self, index, self->nodes[below]);
      index = below;
    }

  heap_put (self, index, node);
}

void
gctx_heap_clear (GCtxHeap *self)
{
  g_assert (self->n_nodes == 0);
  g_clear_pointer (&self->nodes, g_free);
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
      self->nodes = g_renew (GCtxNode *, self->nodes, self->size);
    }

  heap_sift_up (self, self->n_nodes++, node);
}

void
gctx_heap_remove (GCtxHeap *self,
                  GCtxNode *node)
{
  guint index = node->heap_index;
  GCtxNode *last;

  g_assert (index < self->n_nodes && self->nodes[index] == node);

  node->heap_index = GCTX_NOT_IN_HEAP;
  last = self->nodes[--self->n_nodes];
  if (last != node)
    {
      if (index > 0 && last->deadline < self->nodes[(index - 1) / 2]->deadline)
        heap_sift_up (self, index, last);
      else
        heap_sift_down (self, index, last);
    }

  /* A burst of deadlines does not keep its memory for ever. */
  if (self->size > 1024 && self->n_nodes < self->size / 4)
    {
      self->size /= 2;
      self->nodes = g_renew (GCtxNode *, self->nodes, self->size);
    }
}
