/* gctx-context-private.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "gctx-context.h"
#include "gctx-node-private.h"
#include "gctx-value-map-private.h"

G_BEGIN_DECLS

typedef struct _GCtxHandout GCtxHandout;

struct _GCtxContext
{
  GObject       parent_instance;

  /* Immutable after construction. */
  GCtxNode     *node;
  GCtxValueMap *values;   /* NULL where there are none */
};

struct _GCtxScope
{
  GCtxContext parent_instance;
};

GCtxContext *gctx_context_new_take (GCtxNode     *node,
                                    GCtxValueMap *values);

G_END_DECLS
