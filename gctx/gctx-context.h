/* gctx-context.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (GCTX_INSIDE) && !defined (GCTX_COMPILATION)
# error "Only <gctx.h> can be included directly."
#endif

#include "gctx-types.h"

G_BEGIN_DECLS

#define GCTX_TYPE_CONTEXT    (gctx_context_get_type ())
#define GCTX_CONTEXT(obj)    (G_TYPE_CHECK_INSTANCE_CAST ((obj), GCTX_TYPE_CONTEXT, GCtxContext))
#define GCTX_IS_CONTEXT(obj) (G_TYPE_CHECK_INSTANCE_TYPE ((obj), GCTX_TYPE_CONTEXT))

GCTX_AVAILABLE_IN_1_0
GType         gctx_context_get_type           (void) G_GNUC_CONST;

GCTX_AVAILABLE_IN_1_0
GCtxContext  *gctx_context_background         (void);
GCTX_AVAILABLE_IN_1_0
GCtxContext  *gctx_context_todo               (void);

GCTX_AVAILABLE_IN_1_0
GCtxContext  *gctx_context_with_deadline      (GCtxContext  *self,
                                               gint64        deadline_usec) G_GNUC_WARN_UNUSED_RESULT;
GCTX_AVAILABLE_IN_1_0
GCtxContext  *gctx_context_with_timeout       (GCtxContext  *self,
                                               GTimeSpan     timeout_usec) G_GNUC_WARN_UNUSED_RESULT;
GCTX_AVAILABLE_IN_1_0
GCtxContext  *gctx_context_without_cancel     (GCtxContext  *self) G_GNUC_WARN_UNUSED_RESULT;
GCTX_AVAILABLE_IN_1_0
GCtxContext  *gctx_context_any                (GCtxContext **contexts,
                                               gsize         n_contexts) G_GNUC_WARN_UNUSED_RESULT;

GCTX_AVAILABLE_IN_1_0
gboolean      gctx_context_is_done            (GCtxContext  *self);
GCTX_AVAILABLE_IN_1_0
gboolean      gctx_context_check              (GCtxContext  *self,
                                               GError      **error);
GCTX_AVAILABLE_IN_1_0
const GError *gctx_context_get_error          (GCtxContext  *self);
GCTX_AVAILABLE_IN_1_0
const GError *gctx_context_get_cause          (GCtxContext  *self);

GCTX_AVAILABLE_IN_1_0
gboolean      gctx_context_get_deadline       (GCtxContext  *self,
                                               gint64       *deadline_usec);
GCTX_AVAILABLE_IN_1_0
gboolean      gctx_context_get_remaining      (GCtxContext  *self,
                                               GTimeSpan    *remaining_usec);
GCTX_AVAILABLE_IN_1_0
gint          gctx_context_get_remaining_msec (GCtxContext  *self);

GCTX_AVAILABLE_IN_1_0
char         *gctx_context_to_string          (GCtxContext  *self) G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GCtxContext, g_object_unref)

G_END_DECLS
