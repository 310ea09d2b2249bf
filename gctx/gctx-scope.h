/* gctx-scope.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (GCTX_INSIDE) && !defined (GCTX_COMPILATION)
# error "Only <gctx.h> can be included directly."
#endif

#include "gctx-context.h"
#include "gctx-key.h"

G_BEGIN_DECLS

#define GCTX_TYPE_SCOPE    (gctx_scope_get_type ())
#define GCTX_SCOPE(obj)    (G_TYPE_CHECK_INSTANCE_CAST ((obj), GCTX_TYPE_SCOPE, GCtxScope))
#define GCTX_IS_SCOPE(obj) (G_TYPE_CHECK_INSTANCE_TYPE ((obj), GCTX_TYPE_SCOPE))

GCTX_AVAILABLE_IN_1_0
GType      gctx_scope_get_type                (void) G_GNUC_CONST;

GCTX_AVAILABLE_IN_1_0
GCtxScope *gctx_scope_new                     (GCtxContext  *parent) G_GNUC_WARN_UNUSED_RESULT;
GCTX_AVAILABLE_IN_1_0
GCtxScope *gctx_scope_new_with_deadline       (GCtxContext  *parent,
                                               gint64        deadline_usec) G_GNUC_WARN_UNUSED_RESULT;
GCTX_AVAILABLE_IN_1_0
GCtxScope *gctx_scope_new_with_deadline_cause (GCtxContext  *parent,
                                               gint64        deadline_usec,
                                               const GError *cause) G_GNUC_WARN_UNUSED_RESULT;
GCTX_AVAILABLE_IN_1_0
GCtxScope *gctx_scope_new_with_timeout        (GCtxContext  *parent,
                                               GTimeSpan     timeout_usec) G_GNUC_WARN_UNUSED_RESULT;
GCTX_AVAILABLE_IN_1_0
GCtxScope *gctx_scope_new_with_timeout_cause  (GCtxContext  *parent,
                                               GTimeSpan     timeout_usec,
                                               const GError *cause) G_GNUC_WARN_UNUSED_RESULT;
GCTX_AVAILABLE_IN_1_0
GCtxScope *gctx_scope_new_full                (GCtxContext  *parent,
                                               gint64        deadline_usec,
                                               const GError *cause,
                                               GCtxKey      *first_key,
                                               ...) G_GNUC_WARN_UNUSED_RESULT;
GCTX_AVAILABLE_IN_1_0
GCtxScope *gctx_scope_new_fullv               (GCtxContext  *parent,
                                               gint64        deadline_usec,
                                               const GError *cause,
                                               GCtxKey     **keys,
                                               gsize         n_keys,
                                               const GValue *values,
                                               gsize         n_values) G_GNUC_WARN_UNUSED_RESULT;

GCTX_AVAILABLE_IN_1_0
gboolean   gctx_scope_cancel                  (GCtxScope    *self);
GCTX_AVAILABLE_IN_1_0
gboolean   gctx_scope_cancel_with_cause       (GCtxScope    *self,
                                               const GError *cause);
GCTX_AVAILABLE_IN_1_0
gboolean   gctx_scope_has_expired             (GCtxScope    *self);
GCTX_AVAILABLE_IN_1_0
void       gctx_scope_close                   (GCtxScope    *self);
GCTX_AVAILABLE_IN_1_0
void       gctx_scope_close_only              (GCtxScope    *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GCtxScope, g_object_unref)

#ifndef __GI_SCANNER__
/* `g_autoptr (GCtxScopeCloser)` closes the scope where `g_autoptr (GCtxScope)`
 * only unrefs it: the `defer cancel ()` of C. */
typedef GCtxScope GCtxScopeCloser;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GCtxScopeCloser, gctx_scope_close)

/* What a Vala program calls that copies a GCtx.ScopeCloser: two of them would
 * close the scope when the first one goes. */
#define gctx_scope_closer_ref(closer) \
  (sizeof (struct { \
     _Static_assert (0, "a GCtx.ScopeCloser has one owner: move it with (owned), or keep a GCtx.Scope of it"); \
     int nothing; \
   }), (closer))
#endif

G_END_DECLS
