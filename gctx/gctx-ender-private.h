/* gctx-ender-private.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "gctx-context-private.h"
#include "gctx-scope.h"

G_BEGIN_DECLS

/* Some scopes end when something happens: an object goes, a signal comes, a peer
 * hangs up, a caller leaves. What watches for that may be at it in any thread,
 * and has to hold what it is to end. That is not the scope of the users, or what
 * they forget would never go, but an ender: a scope above it that nobody else
 * knows.
 *
 *     parent  <-  ender  <-  scope of the users
 *                   ^          |
 *                   '-- watch <'
 *
 * A watch holds its ender and nothing below that; what users hold holds the watch.
 * So nothing is held in a circle: what users drop goes at once, in their thread,
 * and the watch with it. As a value of the scope a watch lasts until the last
 * context or cancellable that could notice an end is gone. As data of the scope
 * it lasts only as long as that object.
 *
 * A watch may be the last to hold its ender, in a thread of the library. So an
 * ender sees no values: those are freed where users drop them. The same holds for
 * what a watch hears of the end of the scope by: it is made of a bare face. */

/* Ends, or is ended, with @context, and sees no values. */
static inline GCtxContext *
gctx_bare_face_new (gpointer context)
{
  return gctx_context_new_take (gctx_node_ref (GCTX_CONTEXT (context)->node), NULL);
}

static inline GCtxScope *
gctx_ender_new (GCtxContext *parent)
{
  g_autoptr (GCtxContext) bare = gctx_bare_face_new (parent);

  return gctx_scope_new (bare);
}

/* What the scope of the users is made from: it ends with @ender, and sees the
 * values of @parent. */
static inline GCtxContext *
gctx_ender_get_face (GCtxScope   *ender,
                     GCtxContext *parent)
{
  return gctx_context_new_take (gctx_node_ref (GCTX_CONTEXT (ender)->node),
                                gctx_value_map_ref (parent->values));
}

G_END_DECLS
