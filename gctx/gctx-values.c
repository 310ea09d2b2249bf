/* gctx-values.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "gctx-values.h"

#include "gctx-context-private.h"
#include "gctx-key-private.h"

/* A context that only adds values ends when its parent does: it shares the
 * parent's node. Takes over @values. */
static GCtxContext *
derive (GCtxContext  *self,
        GCtxValueMap *values)
{
  return gctx_context_new_take (gctx_node_ref (self->node), values);
}

/**
 * gctx_context_with_value:
 * @self: a context
 * @key: the key to store the value under
 * @value: the value
 *
 * Makes a child of @self that has one more value.
 *
 * The child is done when @self is, and has its deadline and all its other
 * values. If @self has a value under @key the child's hides it; a value that is
 * `NULL` hides it too.
 *
 * @value is copied. It must be of the key's type or one derived from it. An
 * object counts as what it is. Because language bindings have to guess, a number
 * of another type is converted if it fits, and a pointer that is `NULL` does for
 * any type that knows a `NULL`. It is a programming error to give any other
 * value, and makes no context.
 *
 * The value is released when the last context that sees it is, and the last
 * [class@Gio.Cancellable] that came from one, in whichever thread that happens.
 * This may be called from any thread. If @self is done, so is the child.
 *
 * Returns: (transfer full): the child
 *
 * Since: 1.0
 */
GCtxContext *
gctx_context_with_value (GCtxContext  *self,
                         GCtxKey      *key,
                         const GValue *value)
{
  GCtxValueMap *values;

  g_return_val_if_fail (gctx_is_context (self), NULL);
  g_return_val_if_fail (key != NULL, NULL);
  g_return_val_if_fail (value != NULL, NULL);

  if (!gctx_value_map_extendv (self->values, self->node->serial, &key, 1, value, 1, &values))
    return NULL;

  return derive (self, values);
}

/**
 * gctx_context_with_values: (skip)
 * @self: a context
 * @first_key: (nullable): the key of the first value, or `NULL` for no
 *   values
 * @...: the first value, then more keys and values, then `NULL`
 *
 * Makes a child of @self that has more values: one object, however many they
 * are.
 *
 * Each value is given as its key's type is in any C function: a `const char *`
 * for `G_TYPE_STRING`, a `gint64` for `G_TYPE_INT64`, and so on. The compiler
 * cannot check that. Strings and boxed values are copied, objects referenced.
 *
 * ```c
 * g_autoptr (GCtxContext) context =
 *   gctx_context_with_values (parent,
 *                             user_key (), "ada",
 *                             attempt_key (), 1,
 *                             NULL);
 * ```
 *
 * Without any value the child is a plain face of @self, with the same end and
 * the same values: what to give code that must not find a [class@GCtx.Scope] to
 * cancel, whatever language it is written in.
 *
 * Where a key is given more than once the last value counts. See
 * [method@GCtx.Context.with_value] for the rest.
 *
 * Returns: (transfer full): the child
 *
 * Since: 1.0
 */
GCtxContext *
gctx_context_with_values (GCtxContext *self,
                          GCtxKey     *first_key,
                          ...)
{
  GCtxValueMap *values;
  gboolean success;
  va_list args;

  g_return_val_if_fail (gctx_is_context (self), NULL);

  va_start (args, first_key);
  success = gctx_value_map_extend_valist (self->values, self->node->serial, first_key, args,
                                          &values);
  va_end (args);

  return success ? derive (self, values) : NULL;
}

/**
 * gctx_context_with_valuesv: (rename-to gctx_context_with_values)
 * @self: a context
 * @keys: (array length=n_keys) (nullable): the keys; `NULL` for no
 *   values
 * @n_keys: the number of keys
 * @values: (array length=n_values) (nullable): the values, in the order
 *   of @keys; `NULL` if there are none
 * @n_values: the number of values, the same as that of keys
 *
 * Makes a child of @self that has more values: one object, however many they
 * are.
 *
 * Without any value the child is a plain face of @self, with the same end and
 * the same values: what to give code that must not find a [class@GCtx.Scope] to
 * cancel, whatever language it is written in.
 *
 * Where a key is given more than once the last value counts. It is a programming
 * error to give a different number of keys and values, or a key that is `NULL`,
 * and makes no context. See [method@GCtx.Context.with_value] for the rest.
 *
 * Returns: (transfer full): the child
 *
 * Since: 1.0
 */
GCtxContext *
gctx_context_with_valuesv (GCtxContext  *self,
                           GCtxKey     **keys,
                           gsize         n_keys,
                           const GValue *values,
                           gsize         n_values)
{
  GCtxValueMap *map;

  g_return_val_if_fail (gctx_is_context (self), NULL);
  g_return_val_if_fail (n_keys == n_values, NULL);
  g_return_val_if_fail (n_keys == 0 || keys != NULL, NULL);
  g_return_val_if_fail (n_values == 0 || values != NULL, NULL);

  if (!gctx_value_map_extendv (self->values, self->node->serial, keys, n_keys, values, n_values,
                               &map))
    return NULL;

  return derive (self, map);
}

/**
 * gctx_context_get_value:
 * @self: a context
 * @key: a key
 *
 * Gets the value that @self has under @key: its own, or that of its nearest
 * ancestor that has one. How far away that is makes no difference to how long it
 * takes.
 *
 * The value is of the key's type. It never changes, so that any thread may read
 * it, and stays after the context is done.
 *
 * Returns: (transfer none) (nullable): the value, good as long as @self, or
 *   `NULL` where there is none
 *
 * Since: 1.0
 */
const GValue *
gctx_context_get_value (GCtxContext *self,
                        GCtxKey     *key)
{
  g_return_val_if_fail (gctx_is_context (self), NULL);
  g_return_val_if_fail (key != NULL, NULL);

  return gctx_value_map_lookup (self->values, key);
}

/**
 * gctx_context_has_value:
 * @self: a context
 * @key: a key
 *
 * Checks whether @self or one of its ancestors has a value under @key. This
 * tells a value that is `NULL`, or zero, from one that is absent.
 *
 * Returns: whether there is a value, if only a `NULL`
 *
 * Since: 1.0
 */
gboolean
gctx_context_has_value (GCtxContext *self,
                        GCtxKey     *key)
{
  g_return_val_if_fail (gctx_is_context (self), FALSE);
  g_return_val_if_fail (key != NULL, FALSE);

  return gctx_value_map_lookup (self->values, key) != NULL;
}

/* Whether a getter may be used with @key is a matter of the two alone: a program
 * that uses the wrong one hears of it before there is a value. */
static const GValue *
lookup_kind (GCtxContext *self,
             GCtxKey     *key,
             gboolean     is_kind,
             const char  *kind)
{
  if (G_UNLIKELY (!is_kind))
    {
      g_critical ("The key \"%s\" is for values of type %s: it has no %s to get",
                  key->name, g_type_name (key->value_type), kind);
      return NULL;
    }

  return gctx_value_map_lookup (self->values, key);
}

/* Leaves @number, which is set up with the type to get, as it is where there is
 * none that fits. */
static void
lookup_number (GCtxContext *self,
               GCtxKey     *key,
               GValue      *number)
{
  const GValue *value = lookup_kind (self, key, key->is_number, "number");

  if (value != NULL && !gctx_value_transform_number (value, number))
    g_critical ("The number of the key \"%s\", of type %s, does not fit a %s",
                key->name, g_type_name (key->value_type), G_VALUE_TYPE_NAME (number));
}

/**
 * gctx_context_get_string:
 * @self: a context
 * @key: a key of `G_TYPE_STRING`
 *
 * Gets the string that @self has under @key.
 *
 * It is a programming error to use a key of another type.
 *
 * Returns: (transfer none) (nullable): the string, good as long as @self, or
 *   `NULL` where there is none
 *
 * Since: 1.0
 */
const char *
gctx_context_get_string (GCtxContext *self,
                         GCtxKey     *key)
{
  const GValue *value;

  g_return_val_if_fail (gctx_is_context (self), NULL);
  g_return_val_if_fail (key != NULL, NULL);

  value = lookup_kind (self, key, key->fundamental == G_TYPE_STRING, "string");

  return value != NULL ? g_value_get_string (value) : NULL;
}

/**
 * gctx_context_get_object:
 * @self: a context
 * @key: a key of `G_TYPE_OBJECT`, a type derived from it, or an interface
 *
 * Gets the object that @self has under @key.
 *
 * It is a programming error to use a key of another type.
 *
 * Returns: (type GObject.Object) (transfer none) (nullable): the object, good as
 *   long as @self, or `NULL` where there is none
 *
 * Since: 1.0
 */
gpointer
gctx_context_get_object (GCtxContext *self,
                         GCtxKey     *key)
{
  const GValue *value;

  g_return_val_if_fail (gctx_is_context (self), NULL);
  g_return_val_if_fail (key != NULL, NULL);

  value = lookup_kind (self, key, key->is_object, "object");

  return value != NULL ? g_value_get_object (value) : NULL;
}

/**
 * gctx_context_get_boxed: (skip)
 * @self: a context
 * @key: a key of a boxed type
 *
 * Gets the boxed value that @self has under @key. From other languages use
 * [method@GCtx.Context.get_value].
 *
 * It is a programming error to use a key of another type.
 *
 * Returns: (transfer none) (nullable): the boxed value, good as long as @self,
 *   or `NULL` where there is none
 *
 * Since: 1.0
 */
gconstpointer
gctx_context_get_boxed (GCtxContext *self,
                        GCtxKey     *key)
{
  const GValue *value;

  g_return_val_if_fail (gctx_is_context (self), NULL);
  g_return_val_if_fail (key != NULL, NULL);

  value = lookup_kind (self, key, key->fundamental == G_TYPE_BOXED, "boxed value");

  return value != NULL ? g_value_get_boxed (value) : NULL;
}

/**
 * gctx_context_get_variant:
 * @self: a context
 * @key: a key of `G_TYPE_VARIANT`
 *
 * Gets the variant that @self has under @key.
 *
 * It is a programming error to use a key of another type.
 *
 * Returns: (transfer none) (nullable): the variant, good as long as @self, or
 *   `NULL` where there is none
 *
 * Since: 1.0
 */
GVariant *
gctx_context_get_variant (GCtxContext *self,
                          GCtxKey     *key)
{
  const GValue *value;

  g_return_val_if_fail (gctx_is_context (self), NULL);
  g_return_val_if_fail (key != NULL, NULL);

  value = lookup_kind (self, key, key->fundamental == G_TYPE_VARIANT, "variant");

  return value != NULL ? g_value_get_variant (value) : NULL;
}

/**
 * gctx_context_get_pointer: (skip)
 * @self: a context
 * @key: a key of `G_TYPE_POINTER`
 *
 * Gets the pointer that @self has under @key. The context does not know what it
 * points to, and does not keep that alive.
 *
 * It is a programming error to use a key of another type.
 *
 * Returns: (transfer none) (nullable): the pointer, or `NULL` where there is
 *   none
 *
 * Since: 1.0
 */
gpointer
gctx_context_get_pointer (GCtxContext *self,
                          GCtxKey     *key)
{
  const GValue *value;

  g_return_val_if_fail (gctx_is_context (self), NULL);
  g_return_val_if_fail (key != NULL, NULL);

  value = lookup_kind (self, key, key->fundamental == G_TYPE_POINTER, "pointer");

  return value != NULL ? g_value_get_pointer (value) : NULL;
}

/**
 * gctx_context_get_boolean:
 * @self: a context
 * @key: a key of `G_TYPE_BOOLEAN`
 *
 * Gets the boolean that @self has under @key.
 *
 * It is a programming error to use a key of another type; a boolean is not a
 * number.
 *
 * Returns: the boolean, or `FALSE` where there is none
 *
 * Since: 1.0
 */
gboolean
gctx_context_get_boolean (GCtxContext *self,
                          GCtxKey     *key)
{
  const GValue *value;

  g_return_val_if_fail (gctx_is_context (self), FALSE);
  g_return_val_if_fail (key != NULL, FALSE);

  value = lookup_kind (self, key, key->fundamental == G_TYPE_BOOLEAN, "boolean");

  return value != NULL && g_value_get_boolean (value);
}

/**
 * gctx_context_get_int:
 * @self: a context
 * @key: a key of a number type: an integer, an enumeration, flags, or a
 *   floating-point number
 *
 * Gets the number that @self has under @key, as an integer.
 *
 * It is a programming error to use a key of another type, or one whose value is
 * too large or has a fraction.
 *
 * Returns: the number, or 0 where there is none
 *
 * Since: 1.0
 */
gint
gctx_context_get_int (GCtxContext *self,
                      GCtxKey     *key)
{
  GValue number = G_VALUE_INIT;

  g_return_val_if_fail (gctx_is_context (self), 0);
  g_return_val_if_fail (key != NULL, 0);

  if (G_LIKELY (key->fundamental == G_TYPE_INT))
    {
      const GValue *value = gctx_value_map_lookup (self->values, key);

      /* It is of the key's type. */
      return value != NULL ? value->data[0].v_int : 0;
    }

  g_value_init (&number, G_TYPE_INT);
  lookup_number (self, key, &number);

  return g_value_get_int (&number);
}

/**
 * gctx_context_get_int64:
 * @self: a context
 * @key: a key of a number type, see [method@GCtx.Context.get_int]
 *
 * Gets the number that @self has under @key, as a 64-bit integer.
 *
 * It is a programming error to use a key of another type, or one whose value is
 * too large or has a fraction.
 *
 * Returns: the number, or 0 where there is none
 *
 * Since: 1.0
 */
gint64
gctx_context_get_int64 (GCtxContext *self,
                        GCtxKey     *key)
{
  GValue number = G_VALUE_INIT;

  g_return_val_if_fail (gctx_is_context (self), 0);
  g_return_val_if_fail (key != NULL, 0);

  if (G_LIKELY (key->fundamental == G_TYPE_INT64))
    {
      const GValue *value = gctx_value_map_lookup (self->values, key);

      return value != NULL ? g_value_get_int64 (value) : 0;
    }

  g_value_init (&number, G_TYPE_INT64);
  lookup_number (self, key, &number);

  return g_value_get_int64 (&number);
}

/**
 * gctx_context_get_uint64:
 * @self: a context
 * @key: a key of a number type, see [method@GCtx.Context.get_int]
 *
 * Gets the number that @self has under @key, as an unsigned 64-bit integer.
 *
 * It is a programming error to use a key of another type, or one whose value is
 * negative, too large or has a fraction.
 *
 * Returns: the number, or 0 where there is none
 *
 * Since: 1.0
 */
guint64
gctx_context_get_uint64 (GCtxContext *self,
                         GCtxKey     *key)
{
  GValue number = G_VALUE_INIT;

  g_return_val_if_fail (gctx_is_context (self), 0);
  g_return_val_if_fail (key != NULL, 0);

  if (G_LIKELY (key->fundamental == G_TYPE_UINT64))
    {
      const GValue *value = gctx_value_map_lookup (self->values, key);

      return value != NULL ? g_value_get_uint64 (value) : 0;
    }

  g_value_init (&number, G_TYPE_UINT64);
  lookup_number (self, key, &number);

  return g_value_get_uint64 (&number);
}

/**
 * gctx_context_get_double:
 * @self: a context
 * @key: a key of a number type, see [method@GCtx.Context.get_int]
 *
 * Gets the number that @self has under @key, as a floating-point number.
 *
 * It is a programming error to use a key of another type, or one whose value is
 * an integer that a `double` cannot hold exactly.
 *
 * Returns: the number, or 0 where there is none
 *
 * Since: 1.0
 */
gdouble
gctx_context_get_double (GCtxContext *self,
                         GCtxKey     *key)
{
  GValue number = G_VALUE_INIT;

  g_return_val_if_fail (gctx_is_context (self), 0);
  g_return_val_if_fail (key != NULL, 0);

  if (G_LIKELY (key->fundamental == G_TYPE_DOUBLE))
    {
      const GValue *value = gctx_value_map_lookup (self->values, key);

      return value != NULL ? g_value_get_double (value) : 0;
    }

  g_value_init (&number, G_TYPE_DOUBLE);
  lookup_number (self, key, &number);

  return g_value_get_double (&number);
}
