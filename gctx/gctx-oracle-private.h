/* gctx-oracle-private.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "gctx-key.h"

G_BEGIN_DECLS

typedef struct _GCtxOracle GCtxOracle;

/* A function that is asked for values, on the way to the root, and what it has
 * answered so far. */
struct _GCtxOracle
{
  gint            ref_count;   /* atomic: maps, and the oracle below */

  /* Immutable after construction. */
  guint           depth;       /* how many there are from the root to here */
  guint64         serial;      /* of the node that it was added at */
  guint           layer;       /* of the map that it was added with */
  GCtxOracle     *above;       /* the next one to ask */
  GCtxLookupFunc  func;
  gpointer        user_data;
  GDestroyNotify  destroy;

  gpointer        answers;     /* atomic */
};

GCtxOracle   *gctx_oracle_new   (GCtxOracle     *above,
                                 guint64         serial,
                                 guint           layer,
                                 GCtxLookupFunc  func,
                                 gpointer        user_data,
                                 GDestroyNotify  destroy);
void          gctx_oracle_unref (GCtxOracle     *self);

const GValue *gctx_oracle_ask   (GCtxOracle     *self,
                                 GCtxKey        *key);

/* NULL is none at all. */
static inline GCtxOracle *
gctx_oracle_ref (GCtxOracle *self)
{
  if (self != NULL)
    g_atomic_int_inc (&self->ref_count);

  return self;
}

G_END_DECLS
