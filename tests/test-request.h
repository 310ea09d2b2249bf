/* test-request.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "test-util.h"

/* What another framework has: data by name, and a count of who asks for it. */
typedef struct
{
  GHashTable *data;       /* of a key's name: a GValue */
  int         n_asked;    /* atomic */
  int        *n_alive;    /* atomic; may be NULL */
} Request;

static inline void
request_free_value (gpointer data)
{
  g_boxed_free (G_TYPE_VALUE, data);
}

static inline Request *
request_new (int *n_alive)
{
  Request *self = g_new0 (Request, 1);

  self->data = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, request_free_value);
  self->n_alive = n_alive;
  if (n_alive != NULL)
    g_atomic_int_inc (n_alive);

  return self;
}

static inline void
request_free (gpointer data)
{
  Request *self = data;

  if (self->n_alive != NULL)
    g_assert_cmpint (g_atomic_int_add (self->n_alive, -1), >, 0);
  g_hash_table_unref (self->data);
  g_free (self);
}

/* An empty value under @name, to be set. */
static inline GValue *
request_attach (Request    *self,
                const char *name,
                GType       type)
{
  GValue unset = G_VALUE_INIT;
  GValue *value;

  g_value_init (&unset, type);
  value = g_boxed_copy (G_TYPE_VALUE, &unset);
  g_hash_table_insert (self->data, (gpointer) name, value);

  return value;
}

static inline void
request_set_string (Request    *self,
                    const char *name,
                    const char *string)
{
  g_value_set_string (request_attach (self, name, G_TYPE_STRING), string);
}

static inline void
request_set_object (Request    *self,
                    const char *name,
                    gpointer    object)
{
  g_value_set_object (request_attach (self, name, G_TYPE_OBJECT), object);
}

/* Gives what there is, whatever its type. */
static inline gboolean
request_ask (GCtxKey  *key,
             GValue   *value,
             gpointer  user_data)
{
  Request *self = user_data;
  const GValue *known = g_hash_table_lookup (self->data, gctx_key_get_name (key));

  g_assert_true (G_VALUE_TYPE (value) == gctx_key_get_value_type (key));
  g_atomic_int_inc (&self->n_asked);
  if (known == NULL)
    return FALSE;

  g_value_unset (value);
  g_value_init (value, G_VALUE_TYPE (known));
  g_value_copy (known, value);

  return TRUE;
}

/* Takes @self. */
static inline GCtxContext *
with_request (GCtxContext *parent,
              Request     *self)
{
  return gctx_context_with_lookup (parent, request_ask, self, request_free);
}
