/* gctx-key.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "gctx-key-private.h"

#include <float.h>

/**
 * GCtxKey:
 *
 * What a value in a context is stored and found under.
 *
 * A key has a name, for people to read, and the type of the values that go with
 * it. Keys are compared by identity: two keys are never the same, whatever
 * their names, so modules that know nothing of each other cannot collide. Make
 * one key for each kind of value, once, and keep it; a key that is made anew for
 * each request finds nothing.
 *
 * Who shares the key shares the value. Keep it static in the file that owns the
 * value, and give other modules a function of your own that returns the value,
 * or export the function that returns the key.
 *
 * A key is reference-counted and never changes, so it may be used from any
 * thread. A context holds the keys of its values.
 *
 * In C, [func@GCtx.DEFINE_KEY] makes a key the first time that it is used:
 *
 * ```c
 * GCTX_DEFINE_KEY (user_key, "user", G_TYPE_STRING)
 *
 * static void
 * greet (GCtxContext *context)
 * {
 *   g_autoptr (GCtxContext) inner = gctx_context_with_values (context, user_key (), "ada", NULL);
 *
 *   g_print ("Hello, %s\n", gctx_context_get_string (inner, user_key ()));
 * }
 * ```
 *
 * Since: 1.0
 */

G_DEFINE_BOXED_TYPE (GCtxKey, gctx_key, gctx_key_ref, gctx_key_unref)

/* 64 bits, so that no process lives to see an id again; they are counted under a
 * lock because not every platform has an atomic counter of that size. */
G_LOCK_DEFINE_STATIC (last_id);
static guint64 last_id;

static guint64
take_next_id (void)
{
  guint64 id;

  G_LOCK (last_id);
  id = ++last_id;
  G_UNLOCK (last_id);

  return id;
}

typedef enum
{
  NUMBER_SIGNED,
  NUMBER_UNSIGNED,
  NUMBER_REAL,
} NumberKind;

typedef struct
{
  GType      fundamental;
  NumberKind kind;
  guint64    max;   /* of a real type: how many bits it keeps of an integer */
} NumberType;

static const NumberType *
find_number_type (GType type)
{
  static const NumberType types[] = {
    { G_TYPE_CHAR,   NUMBER_SIGNED,   G_MAXINT8 },
    { G_TYPE_UCHAR,  NUMBER_UNSIGNED, G_MAXUINT8 },
    { G_TYPE_INT,    NUMBER_SIGNED,   G_MAXINT },
    { G_TYPE_UINT,   NUMBER_UNSIGNED, G_MAXUINT },
    { G_TYPE_LONG,   NUMBER_SIGNED,   G_MAXLONG },
    { G_TYPE_ULONG,  NUMBER_UNSIGNED, G_MAXULONG },
    { G_TYPE_INT64,  NUMBER_SIGNED,   G_MAXINT64 },
    { G_TYPE_UINT64, NUMBER_UNSIGNED, G_MAXUINT64 },
    { G_TYPE_ENUM,   NUMBER_SIGNED,   G_MAXINT },
    { G_TYPE_FLAGS,  NUMBER_UNSIGNED, G_MAXUINT },
    { G_TYPE_FLOAT,  NUMBER_REAL,     FLT_MANT_DIG },
    { G_TYPE_DOUBLE, NUMBER_REAL,     DBL_MANT_DIG },
  };
  GType fundamental = G_TYPE_FUNDAMENTAL (type);

  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    if (types[i].fundamental == fundamental)
      return &types[i];

  return NULL;
}

static GCtxKey *
key_new (GType value_type)
{
  GCtxKey *self = g_new0 (GCtxKey, 1);

  self->ref_count = 1;
  self->id = take_next_id ();
  self->value_type = value_type;
  self->fundamental = G_TYPE_FUNDAMENTAL (value_type);
  self->is_number = find_number_type (value_type) != NULL;
  self->is_plain = self->fundamental == G_TYPE_BOOLEAN ||
                   self->fundamental == G_TYPE_POINTER ||
                   self->is_number;
  self->is_object = g_type_is_a (value_type, G_TYPE_OBJECT);

  return self;
}

/**
 * gctx_key_new:
 * @name: the key's name, for messages and [method@GCtx.Context.to_string]
 * @value_type: the type of the values that go with the key: one that a
 *   [struct@GObject.Value] can hold
 *
 * Makes a key.
 *
 * Nobody else has this key, even if another of the same name exists. It is a
 * programming error to give no name, or a type of which there are no values:
 * `G_TYPE_NONE`, an abstract fundamental type such as `G_TYPE_BOXED`.
 * An abstract class, or an interface that only objects have, is fine.
 *
 * Returns: (transfer full): the new key
 *
 * Since: 1.0
 */
GCtxKey *
gctx_key_new (const char *name,
              GType       value_type)
{
  GCtxKey *self;

  g_return_val_if_fail (name != NULL, NULL);
  g_return_val_if_fail (G_TYPE_IS_VALUE (value_type), NULL);

  self = key_new (value_type);
  self->name = g_strdup (name);

  return self;
}

/**
 * gctx_key_new_static: (skip)
 * @static_name: the key's name, a string that stays as long as the process
 * @value_type: the type of the values that go with the key: one that a
 *   [struct@GObject.Value] can hold
 *
 * Makes a key that is never freed, for a static variable.
 *
 * Nobody counts its references, which makes contexts with many values cheaper;
 * [method@GCtx.Key.ref] and [method@GCtx.Key.unref] do nothing. This is what
 * [func@GCtx.DEFINE_KEY] calls. See [ctor@GCtx.Key.new] for the rest.
 *
 * Returns: (transfer none): the new key
 *
 * Since: 1.0
 */
GCtxKey *
gctx_key_new_static (const char *static_name,
                     GType       value_type)
{
  GCtxKey *self;

  g_return_val_if_fail (static_name != NULL, NULL);
  g_return_val_if_fail (G_TYPE_IS_VALUE (value_type), NULL);

  self = key_new (value_type);
  self->is_static = TRUE;
  self->name = (char *) static_name;

  return self;
}

/**
 * gctx_key_ref: (skip)
 * @self: a key
 *
 * Takes a reference, from any thread.
 *
 * Returns: (transfer full): @self
 *
 * Since: 1.0
 */
GCtxKey *
gctx_key_ref (GCtxKey *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return gctx_key_hold (self);
}

/**
 * gctx_key_unref: (skip)
 * @self: (transfer full): a key
 *
 * Drops a reference, from any thread. The key is freed with the last one;
 * contexts that have a value under it hold references of their own.
 *
 * Since: 1.0
 */
void
gctx_key_unref (GCtxKey *self)
{
  g_return_if_fail (self != NULL);

  gctx_key_release (self);
}

/**
 * gctx_key_get_name:
 * @self: a key
 *
 * Gets the name that the key was made with. It need not be the only one of that
 * name.
 *
 * Returns: (transfer none): the name, good as long as the key
 *
 * Since: 1.0
 */
const char *
gctx_key_get_name (GCtxKey *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->name;
}

/**
 * gctx_key_get_value_type:
 * @self: a key
 *
 * Gets the type of the values that go with the key.
 *
 * Returns: the type that the key was made with
 *
 * Since: 1.0
 */
GType
gctx_key_get_value_type (GCtxKey *self)
{
  g_return_val_if_fail (self != NULL, G_TYPE_INVALID);

  return self->value_type;
}

void
gctx_key_free (GCtxKey *self)
{
  g_free (self->name);
  g_free (self);
}

/* --- Numbers --- */

/* Every number that a GValue can hold, without loss: a real one, or the sign
 * and the magnitude of an integer. */
typedef struct
{
  gboolean is_real;
  double   real;
  gboolean is_negative;
  guint64  magnitude;
} Number;

static Number
number_read (const NumberType *type,
             const GValue     *value)
{
  GValue wide = G_VALUE_INIT;
  Number number = { .is_real = FALSE };

  switch (type->kind)
    {
    case NUMBER_SIGNED:
      g_value_init (&wide, G_TYPE_INT64);
      g_value_transform (value, &wide);
      number.is_negative = g_value_get_int64 (&wide) < 0;
      number.magnitude = (guint64) g_value_get_int64 (&wide);
      /* As unsigned numbers: G_MININT64 has no negative. */
      if (number.is_negative)
        number.magnitude = - number.magnitude;
      break;

    case NUMBER_UNSIGNED:
      g_value_init (&wide, G_TYPE_UINT64);
      g_value_transform (value, &wide);
      number.magnitude = g_value_get_uint64 (&wide);
      break;

    case NUMBER_REAL:
      g_value_init (&wide, G_TYPE_DOUBLE);
      g_value_transform (value, &wide);
      number.is_real = TRUE;
      number.real = g_value_get_double (&wide);
      break;

    default:
      g_assert_not_reached ();
    }

  return number;
}

/* Makes an integer of a real number that is one. */
static gboolean
number_make_integer (Number *number)
{
  const double limit = 18446744073709551616.0;
  double absolute;

  if (!number->is_real)
    return TRUE;

  /* A NaN fails every comparison. */
  absolute = number->real < 0 ? - number->real : number->real;
  if (!(absolute < limit))
    return FALSE;

  number->is_real = FALSE;
  number->is_negative = number->real < 0;
  number->magnitude = (guint64) absolute;

  return (double) number->magnitude == absolute;
}

/* Makes a real number of an integer that loses none of its bits thereby. */
static gboolean
number_make_real (Number  *number,
                  guint64  n_bits)
{
  guint64 odd_part = number->magnitude;

  if (number->is_real)
    return TRUE;

  while (odd_part != 0 && (odd_part & 1) == 0)
    odd_part >>= 1;
  if (odd_part >> n_bits != 0)
    return FALSE;

  number->is_real = TRUE;
  number->real = (double) number->magnitude;
  if (number->is_negative)
    number->real = - number->real;

  return TRUE;
}

/* As any assignment to a float does, this may lose precision, but not size. */
static gboolean
real_fits (double real,
           GType  fundamental)
{
  return fundamental != G_TYPE_FLOAT ||
         (real >= -FLT_MAX && real <= FLT_MAX) ||
         !(real >= -DBL_MAX && real <= DBL_MAX);
}

/* Puts the number in @src into @dest, which is set up with the type that is
 * wanted. FALSE where one of them is not of a number type, or it does not fit. */
gboolean
gctx_value_transform_number (const GValue *src,
                             GValue       *dest)
{
  const NumberType *src_type = find_number_type (G_VALUE_TYPE (src));
  const NumberType *dest_type = find_number_type (G_VALUE_TYPE (dest));
  GValue wide = G_VALUE_INIT;
  Number number;

  if (src_type == NULL || dest_type == NULL)
    return FALSE;

  number = number_read (src_type, src);
  switch (dest_type->kind)
    {
    case NUMBER_SIGNED:
      if (!number_make_integer (&number) ||
          number.magnitude > dest_type->max + (number.is_negative ? 1 : 0))
        return FALSE;
      g_value_init (&wide, G_TYPE_INT64);
      g_value_set_int64 (&wide, number.is_negative ? (gint64) (- number.magnitude)
                                                   : (gint64) number.magnitude);
      break;

    case NUMBER_UNSIGNED:
      if (!number_make_integer (&number) ||
          number.magnitude > (number.is_negative ? 0 : dest_type->max))
        return FALSE;
      g_value_init (&wide, G_TYPE_UINT64);
      g_value_set_uint64 (&wide, number.magnitude);
      break;

    case NUMBER_REAL:
      if (!number_make_real (&number, dest_type->max) ||
          !real_fits (number.real, dest_type->fundamental))
        return FALSE;
      g_value_init (&wide, G_TYPE_DOUBLE);
      g_value_set_double (&wide, number.real);
      break;

    default:
      g_assert_not_reached ();
    }

  return g_value_transform (&wide, dest);
}

/* --- The values that go with a key --- */

/* Copies @value, or what it stands for, into @stored, which is not set up yet
 * and has exactly the key's type afterwards. FALSE after a critical, with
 * nothing in @stored. */
gboolean
gctx_key_store_value (GCtxKey      *self,
                      const GValue *value,
                      GValue       *stored)
{
  *stored = (GValue) G_VALUE_INIT;

  if (self->is_plain && G_VALUE_TYPE (value) == self->value_type)
    {
      *stored = *value;
      return TRUE;
    }

  if (G_IS_VALUE (value))
    {
      g_value_init (stored, self->value_type);

      if (g_value_type_compatible (G_VALUE_TYPE (value), self->value_type))
        {
          g_value_copy (value, stored);
          return TRUE;
        }

      /* Declared as one class, but perhaps an instance of another. */
      if (self->is_object && G_VALUE_HOLDS_OBJECT (value))
        {
          GObject *object = g_value_get_object (value);

          if (object == NULL || g_type_is_a (G_OBJECT_TYPE (object), self->value_type))
            {
              g_value_set_object (stored, object);
              return TRUE;
            }
        }

      if (gctx_value_transform_number (value, stored))
        return TRUE;

      /* What a binding makes of its null where it has no type to go by: it is
       * that of any type that has one, and a new GValue is set to it already. */
      if (!self->is_plain && G_VALUE_HOLDS_POINTER (value) && g_value_get_pointer (value) == NULL)
        return TRUE;

      g_value_unset (stored);
    }

  if (self->is_number && find_number_type (G_VALUE_TYPE (value)) != NULL)
    g_critical ("The number given for the key \"%s\" does not fit its type, %s: it came as a %s",
                self->name, g_type_name (self->value_type), G_VALUE_TYPE_NAME (value));
  else
    g_critical ("The key \"%s\" is for values of type %s, not %s",
                self->name, g_type_name (self->value_type),
                G_IS_VALUE (value) ? G_VALUE_TYPE_NAME (value) : "for a value that was never set");

  return FALSE;
}
