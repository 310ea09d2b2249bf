/* gctx-heap-private.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "gctx-node-private.h"

G_BEGIN_DECLS

/* The deadline beside the pointer: comparing must not touch the nodes. */
typedef struct
{
  gint64    deadline;
  GCtxNode *node;
} GCtxHeapEntry;

/* A heap of nodes, the earliest deadline first; each entry has four below it, so
 * that half as many levels do. Each node knows its place, so taking one out needs
 * no search. Under the lock. */
typedef struct
{
  GCtxHeapEntry *entries;
  guint          n_nodes;
  guint          size;
} GCtxHeap;

void gctx_heap_clear  (GCtxHeap *self);
void gctx_heap_insert (GCtxHeap *self,
                       GCtxNode *node);
void gctx_heap_remove (GCtxHeap *self,
                       GCtxNode *node);

static inline GCtxNode *
gctx_heap_peek (GCtxHeap *self)
{
  return self->n_nodes > 0 ? self->entries[0].node : NULL;
}

/* Fetches what comes next while the first is being told. (Where it is not inlined
 * at once, gcc leaves it out: it has no effect that gcc would know of.) */
G_ALWAYS_INLINE static inline void
gctx_heap_prefetch (GCtxHeap *self)
{
  if (self->n_nodes > 4)
    {
      __builtin_prefetch (self->entries[0].node->items);
      for (guint i = 1; i <= 4; i++)
        __builtin_prefetch (self->entries[i].node);
      __builtin_prefetch (self->entries[self->n_nodes - 1].node);
    }
}

G_END_DECLS
