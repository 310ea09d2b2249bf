/* gctx-value-map-private.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "gctx-key.h"

G_BEGIN_DECLS

/* An immutable map from keys to values. NULL is the empty map, here and in all
 * that follows. */
typedef struct _GCtxValueMap GCtxValueMap;

/* What a map has: a value, or without @key and @value a function to ask. */
typedef void (*GCtxValueMapFunc) (GCtxKey      *key,
                                  const GValue *value,
                                  guint64       serial,
                                  guint         layer,
                                  gpointer      user_data);

GCtxValueMap *gctx_value_map_ref           (GCtxValueMap      *self);
void          gctx_value_map_unref         (GCtxValueMap      *self);

gboolean      gctx_value_map_extendv       (GCtxValueMap      *base,
                                            guint64            serial,
                                            GCtxKey          **keys,
                                            gsize              n_keys,
                                            const GValue      *values,
                                            gsize              n_values,
                                            GCtxValueMap     **map);
gboolean      gctx_value_map_extend_valist (GCtxValueMap      *base,
                                            guint64            serial,
                                            GCtxKey           *first_key,
                                            va_list            args,
                                            GCtxValueMap     **map);
GCtxValueMap *gctx_value_map_extend_lookup (GCtxValueMap      *base,
                                            guint64            serial,
                                            GCtxLookupFunc     func,
                                            gpointer           user_data,
                                            GDestroyNotify     destroy);

const GValue *gctx_value_map_lookup        (GCtxValueMap      *self,
                                            GCtxKey           *key);
void          gctx_value_map_foreach       (GCtxValueMap      *self,
                                            GCtxValueMapFunc   func,
                                            gpointer           user_data);

G_END_DECLS
