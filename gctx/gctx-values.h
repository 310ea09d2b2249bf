/* gctx-values.h
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

GCTX_AVAILABLE_IN_1_0
GCtxContext  *gctx_context_with_value   (GCtxContext  *self,
                                         GCtxKey      *key,
                                         const GValue *value) G_GNUC_WARN_UNUSED_RESULT;
GCTX_AVAILABLE_IN_1_0
GCtxContext  *gctx_context_with_values  (GCtxContext  *self,
                                         GCtxKey      *first_key,
                                         ...) G_GNUC_WARN_UNUSED_RESULT;
GCTX_AVAILABLE_IN_1_0
GCtxContext  *gctx_context_with_valuesv (GCtxContext  *self,
                                         GCtxKey     **keys,
                                         gsize         n_keys,
                                         const GValue *values,
                                         gsize         n_values) G_GNUC_WARN_UNUSED_RESULT;

GCTX_AVAILABLE_IN_1_0
const GValue *gctx_context_get_value    (GCtxContext  *self,
                                         GCtxKey      *key);
GCTX_AVAILABLE_IN_1_0
gboolean      gctx_context_has_value    (GCtxContext  *self,
                                         GCtxKey      *key);

GCTX_AVAILABLE_IN_1_0
const char   *gctx_context_get_string   (GCtxContext  *self,
                                         GCtxKey      *key);
GCTX_AVAILABLE_IN_1_0
gpointer      gctx_context_get_object   (GCtxContext  *self,
                                         GCtxKey      *key);
GCTX_AVAILABLE_IN_1_0
gconstpointer gctx_context_get_boxed    (GCtxContext  *self,
                                         GCtxKey      *key);
GCTX_AVAILABLE_IN_1_0
GVariant     *gctx_context_get_variant  (GCtxContext  *self,
                                         GCtxKey      *key);
GCTX_AVAILABLE_IN_1_0
gpointer      gctx_context_get_pointer  (GCtxContext  *self,
                                         GCtxKey      *key);
GCTX_AVAILABLE_IN_1_0
gboolean      gctx_context_get_boolean  (GCtxContext  *self,
                                         GCtxKey      *key);
GCTX_AVAILABLE_IN_1_0
gint          gctx_context_get_int      (GCtxContext  *self,
                                         GCtxKey      *key);
GCTX_AVAILABLE_IN_1_0
gint64        gctx_context_get_int64    (GCtxContext  *self,
                                         GCtxKey      *key);
GCTX_AVAILABLE_IN_1_0
guint64       gctx_context_get_uint64   (GCtxContext  *self,
                                         GCtxKey      *key);
GCTX_AVAILABLE_IN_1_0
gdouble       gctx_context_get_double   (GCtxContext  *self,
                                         GCtxKey      *key);

G_END_DECLS
