/* test-value-map.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "gctx-value-map-private.h"

#include "test-util.h"

/* A boxed value that tells when it is released. */
typedef struct
{
  gint  ref_count;
  gint *n_alive;
  guint number;
} Tracked;

static inline Tracked *
tracked_new (gint  *n_alive,
             guint  number)
{
  Tracked *self = g_new (Tracked, 1);

  self->ref_count = 1;
  self->n_alive = n_alive;
  self->number = number;
  g_atomic_int_inc (n_alive);

  return self;
}

static inline Tracked *
tracked_ref (Tracked *self)
{
  g_atomic_int_inc (&self->ref_count);

  return self;
}

static inline void
tracked_unref (Tracked *self)
{
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  g_assert_cmpint (g_atomic_int_add (self->n_alive, -1), >, 0);
  g_free (self);
}

GType tracked_get_type (void);

G_DEFINE_BOXED_TYPE (Tracked, tracked, tracked_ref, tracked_unref)

#define TYPE_TRACKED (tracked_get_type ())

static inline GCtxValueMap *
extend (GCtxValueMap *base,
        GCtxKey      *first_key,
        ...)
{
  GCtxValueMap *map = NULL;
  va_list args;

  va_start (args, first_key);
  g_assert_true (gctx_value_map_extend_valist (base, 0, first_key, args, &map));
  va_end (args);

  return map;
}

/* As extend () does it with one value, but the caller's reference to the value
 * is gone afterwards, and so is that to the map if asked for. */
static inline GCtxValueMap *
extend_tracked (GCtxValueMap *base,
                gboolean      drop_base,
                GCtxKey      *key,
                Tracked      *tracked)
{
  GCtxValueMap *map = extend (base, key, tracked, NULL);

  tracked_unref (tracked);
  if (drop_base)
    gctx_value_map_unref (base);

  return map;
}

static inline guint
lookup_number (GCtxValueMap *map,
               GCtxKey      *key)
{
  const GValue *value = gctx_value_map_lookup (map, key);

  g_assert_nonnull (value);
  if (G_VALUE_HOLDS_INT (value))
    return g_value_get_int (value);

  return ((Tracked *) g_value_get_boxed (value))->number;
}

static inline GCtxKey **
make_keys (guint n_keys,
           GType type)
{
  GCtxKey **keys = g_new (GCtxKey *, n_keys);

  for (guint i = 0; i < n_keys; i++)
    keys[i] = gctx_key_new ("key", type);

  return keys;
}

static inline void
free_keys (GCtxKey **keys,
           guint     n_keys)
{
  for (guint i = 0; i < n_keys; i++)
    gctx_key_unref (keys[i]);
  g_free (keys);
}
