/* test-values.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <float.h>
#include <math.h>

#include <gctx.h>

#include "test-race.h"
#include "test-util.h"

GCTX_DEFINE_KEY (string_key, "string", G_TYPE_STRING)
GCTX_DEFINE_KEY (other_string_key, "string", G_TYPE_STRING)
GCTX_DEFINE_KEY (object_key, "object", G_TYPE_OBJECT)
GCTX_DEFINE_KEY (stream_key, "stream", G_TYPE_INPUT_STREAM)
GCTX_DEFINE_KEY (file_key, "file", G_TYPE_FILE)
GCTX_DEFINE_KEY (boxed_key, "boxed", G_TYPE_STRV)
GCTX_DEFINE_KEY (variant_key, "variant", G_TYPE_VARIANT)
GCTX_DEFINE_KEY (pointer_key, "pointer", G_TYPE_POINTER)
GCTX_DEFINE_KEY (boolean_key, "boolean", G_TYPE_BOOLEAN)
GCTX_DEFINE_KEY (int_key, "int", G_TYPE_INT)
GCTX_DEFINE_KEY (int64_key, "int64", G_TYPE_INT64)
GCTX_DEFINE_KEY (uint64_key, "uint64", G_TYPE_UINT64)
GCTX_DEFINE_KEY (float_key, "float", G_TYPE_FLOAT)
GCTX_DEFINE_KEY (double_key, "double", G_TYPE_DOUBLE)

#define EXPECT_CRITICAL(pattern) g_test_expect_message ("GCtx", G_LOG_LEVEL_CRITICAL, (pattern))

static GCtxContext *
with_string (GCtxContext *parent,
             GCtxKey     *key,
             const char  *string)
{
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_STRING);
  g_value_set_string (&value, string);

  return gctx_context_with_value (parent, key, &value);
}

/* --- What goes in comes out --- */

static void
test_typed (void)
{
  const char * const strv[] = { "a", "b", NULL };
  g_autoptr (GCancellable) object = g_cancellable_new ();
  g_autoptr (GCtxContext) context = NULL;
  int pointed_to;

  g_test_summary ("rule 17: values are typed by their keys");

  context = gctx_context_with_values (gctx_context_background (),
                                      string_key (), "text",
                                      object_key (), object,
                                      boxed_key (), strv,
                                      variant_key (), g_variant_new_int32 (7),
                                      pointer_key (), &pointed_to,
                                      boolean_key (), TRUE,
                                      int_key (), G_MININT,
                                      int64_key (), G_MININT64,
                                      uint64_key (), G_MAXUINT64,
                                      double_key (), 0.5,
                                      NULL);

  g_assert_cmpstr (gctx_context_get_string (context, string_key ()), ==, "text");
  g_assert_true (gctx_context_get_object (context, object_key ()) == object);
  g_assert_cmpstrv (gctx_context_get_boxed (context, boxed_key ()), strv);
  g_assert_cmpint (g_variant_get_int32 (gctx_context_get_variant (context, variant_key ())), ==, 7);
  g_assert_true (gctx_context_get_pointer (context, pointer_key ()) == &pointed_to);
  g_assert_true (gctx_context_get_boolean (context, boolean_key ()));
  g_assert_cmpint (gctx_context_get_int (context, int_key ()), ==, G_MININT);
  g_assert_cmpint (gctx_context_get_int64 (context, int64_key ()), ==, G_MININT64);
  g_assert_cmpuint (gctx_context_get_uint64 (context, uint64_key ()), ==, G_MAXUINT64);
  g_assert_true (gctx_context_get_double (context, double_key ()) == 0.5);
}

static void
assert_nothing (GCtxContext *context)
{
  g_assert_null (gctx_context_get_string (context, string_key ()));
  g_assert_null (gctx_context_get_object (context, object_key ()));
  g_assert_null (gctx_context_get_boxed (context, boxed_key ()));
  g_assert_null (gctx_context_get_variant (context, variant_key ()));
  g_assert_null (gctx_context_get_pointer (context, pointer_key ()));
  g_assert_false (gctx_context_get_boolean (context, boolean_key ()));
  g_assert_cmpint (gctx_context_get_int (context, int_key ()), ==, 0);
  g_assert_cmpint (gctx_context_get_int64 (context, int64_key ()), ==, 0);
  g_assert_cmpuint (gctx_context_get_uint64 (context, uint64_key ()), ==, 0);
  g_assert_true (gctx_context_get_double (context, double_key ()) == 0);
}

static void
test_absent (void)
{
  g_autoptr (GCtxContext) context = NULL;

  g_test_summary ("absent values are NULL, 0 and FALSE, in an empty context and in another");

  assert_nothing (gctx_context_background ());
  assert_nothing (gctx_context_todo ());
  context = with_string (gctx_context_background (), other_string_key (), "not that one");
  assert_nothing (context);
  g_assert_null (gctx_context_get_value (context, string_key ()));
  g_assert_false (gctx_context_has_value (context, string_key ()));
}

static void
test_null_value (void)
{
  g_autoptr (GCtxContext) parent = with_string (gctx_context_background (), string_key (), "text");
  g_autoptr (GCtxContext) child = with_string (parent, string_key (), NULL);
  g_autoptr (GCtxContext) objects = gctx_context_with_values (parent,
                                                              object_key (), NULL,
                                                              file_key (), NULL,
                                                              variant_key (), NULL,
                                                              NULL);

  g_test_summary ("rule 17: has_value tells absent from NULL, and NULL hides");

  g_assert_null (gctx_context_get_string (child, string_key ()));
  g_assert_true (gctx_context_has_value (child, string_key ()));
  g_assert_nonnull (gctx_context_get_value (child, string_key ()));
  g_assert_true (gctx_context_has_value (objects, object_key ()));
  g_assert_true (gctx_context_has_value (objects, file_key ()));
  g_assert_true (gctx_context_has_value (objects, variant_key ()));
  g_assert_null (gctx_context_get_object (objects, file_key ()));
  g_assert_cmpstr (gctx_context_get_string (objects, string_key ()), ==, "text");
}

static void
test_hiding (void)
{
  g_autoptr (GCtxContext) parent = gctx_context_with_values (gctx_context_background (),
                                                             string_key (), "outer",
                                                             other_string_key (), "other",
                                                             NULL);
  g_autoptr (GCtxContext) child = with_string (parent, string_key (), "inner");

  g_test_summary ("rule 17: a child's value hides its parent's, which keeps its own");

  g_assert_cmpstr (gctx_context_get_string (child, string_key ()), ==, "inner");
  g_assert_cmpstr (gctx_context_get_string (parent, string_key ()), ==, "outer");
  g_assert_cmpstr (gctx_context_get_string (child, other_string_key ()), ==, "other");
}

static void
test_last_counts (void)
{
  GCtxKey *keys[] = { int_key (), double_key (), int_key () };
  GValue values[3] = { G_VALUE_INIT, G_VALUE_INIT, G_VALUE_INIT };
  g_autoptr (GCtxContext) list = NULL;
  g_autoptr (GCtxContext) array = NULL;

  g_test_summary ("of several values for one key in one call the last one counts");

  list = gctx_context_with_values (gctx_context_background (),
                                   string_key (), "first", int_key (), 1, string_key (), "last",
                                   NULL);
  g_assert_cmpstr (gctx_context_get_string (list, string_key ()), ==, "last");
  g_assert_cmpint (gctx_context_get_int (list, int_key ()), ==, 1);

  for (int i = 0; i < 3; i++)
    {
      g_value_init (&values[i], G_TYPE_INT);
      g_value_set_int (&values[i], i + 1);
    }
  array = gctx_context_with_valuesv (gctx_context_background (), keys, 3, values, 3);
  g_assert_cmpint (gctx_context_get_int (array, int_key ()), ==, 3);
  g_assert_true (gctx_context_get_double (array, double_key ()) == 2);
}

static void
test_copies (void)
{
  char text[] = "text";
  g_autoptr (GCtxContext) context = gctx_context_with_values (gctx_context_background (),
                                                              string_key (), text, NULL);
  const GValue *value;

  g_test_summary ("a context has a copy of its own, of the key's type, good as long as itself");

  text[0] = 'n';
  value = gctx_context_get_value (context, string_key ());
  g_assert_true (G_VALUE_TYPE (value) == G_TYPE_STRING);
  g_assert_cmpstr (g_value_get_string (value), ==, "text");
  g_assert_true (gctx_context_get_value (context, string_key ()) == value);
}

/* --- Contexts --- */

static void
test_same_end (void)
{
  GCtxScope *scope = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxContext) child = with_string (GCTX_CONTEXT (scope), string_key (), "text");

  g_test_summary ("a context that adds values ends with its parent, and keeps its values then");

  g_assert_false (gctx_context_is_done (child));
  gctx_scope_close (scope);
  g_assert_true (gctx_context_is_done (child));
  g_assert_error (gctx_context_get_error (child), G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpstr (gctx_context_get_string (child, string_key ()), ==, "text");
}

static void
test_face (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new_full (gctx_context_background (), G_MAXINT64, NULL,
                                                     string_key (), "text", NULL);
  g_autoptr (GCtxContext) face = gctx_context_with_values (GCTX_CONTEXT (scope), NULL);
  g_autoptr (GCtxContext) other_face = gctx_context_with_valuesv (GCTX_CONTEXT (scope),
                                                                  NULL, 0, NULL, 0);

  g_test_summary ("no values at all give a face that cannot cancel");

  g_assert_true (G_OBJECT_TYPE (face) == GCTX_TYPE_CONTEXT);
  g_assert_true (G_OBJECT_TYPE (other_face) == GCTX_TYPE_CONTEXT);
  g_assert_cmpstr (gctx_context_get_string (face, string_key ()), ==, "text");
  g_assert_cmpstr (gctx_context_get_string (other_face, string_key ()), ==, "text");
  gctx_scope_cancel (scope);
  g_assert_true (gctx_context_is_done (face));
  g_assert_true (gctx_context_is_done (other_face));
}

static void
test_ways (void)
{
  GCtxContext *background = gctx_context_background ();
  g_autoptr (GCtxContext) parent = with_string (background, string_key (), "text");
  g_autoptr (GCtxScope) scope = gctx_scope_new (parent);
  GCtxContext *contexts[] = { parent, GCTX_CONTEXT (scope), background };
  GCtxContext *children[] = {
    gctx_context_with_timeout (parent, G_TIME_SPAN_DAY),
    gctx_context_with_timeout (parent, 0),
    gctx_context_without_cancel (GCTX_CONTEXT (scope)),
    gctx_context_any (contexts, G_N_ELEMENTS (contexts)),
    gctx_context_from_cancellable (gctx_context_get_cancellable (GCTX_CONTEXT (scope))),
  };

  g_test_summary ("rules 17 and 19: every way to derive a context keeps the values");

  g_assert_cmpstr (gctx_context_get_string (GCTX_CONTEXT (scope), string_key ()), ==, "text");
  for (gsize i = 0; i < G_N_ELEMENTS (children); i++)
    {
      g_assert_cmpstr (gctx_context_get_string (children[i], string_key ()), ==, "text");
      g_object_unref (children[i]);
    }
}

static void
test_deep (void)
{
  enum { DEPTH = 1000 };
  GCtxKey *keys[DEPTH];
  GCtxContext *context = g_object_ref (gctx_context_background ());

  g_test_summary ("rule 18: a thousand contexts deep every one of a thousand values is seen");

  for (int i = 0; i < DEPTH; i++)
    {
      GCtxContext *child;

      keys[i] = gctx_key_new ("key", G_TYPE_INT);
      child = gctx_context_with_values (context, keys[i], i, NULL);
      g_object_unref (context);
      context = child;
    }

  for (int i = 0; i < DEPTH; i++)
    {
      g_assert_true (gctx_context_has_value (context, keys[i]));
      g_assert_cmpint (gctx_context_get_int (context, keys[i]), ==, i);
      gctx_key_unref (keys[i]);
    }

  g_assert_false (gctx_context_has_value (context, int_key ()));
  g_object_unref (context);
}

/* --- Release --- */

static void
test_released_by_contexts (void)
{
  GCancellable *value = g_cancellable_new ();
  GCtxContext *context, *child, *hiding;

  g_test_summary ("rule 18: a value goes with the last context that sees it");

  context = gctx_context_with_values (gctx_context_background (), object_key (), value, NULL);
  child = with_string (context, string_key (), "text");
  hiding = gctx_context_with_values (child, object_key (), NULL, NULL);
  g_object_add_weak_pointer (G_OBJECT (value), (gpointer *) &value);
  g_object_unref (value);

  g_object_unref (context);
  g_assert_nonnull (value);
  g_assert_true (gctx_context_get_object (child, object_key ()) == value);
  g_object_unref (child);
  g_assert_null (value);

  g_assert_cmpstr (gctx_context_get_string (hiding, string_key ()), ==, "text");
  g_object_unref (hiding);
}

static void
test_released_by_cancellable (void)
{
  GCancellable *value = g_cancellable_new ();
  GCtxScope *scope = gctx_scope_new_full (gctx_context_background (), G_MAXINT64, NULL,
                                          object_key (), value, NULL);
  GCancellable *cancellable = g_object_ref (gctx_context_get_cancellable (GCTX_CONTEXT (scope)));
  GCtxContext *context;

  g_test_summary ("rules 18 and 19: a cancellable of a context keeps its values");

  g_object_add_weak_pointer (G_OBJECT (value), (gpointer *) &value);
  g_object_unref (value);
  g_object_unref (scope);
  g_assert_nonnull (value);

  context = gctx_context_from_cancellable (cancellable);
  g_object_unref (cancellable);
  g_assert_true (gctx_context_get_object (context, object_key ()) == value);
  g_object_unref (context);
  g_assert_null (value);
}

typedef struct
{
  GCtxContext *here;
  GCtxContext *there;
  gint         n_alive;
} Release;

static void
count_down (gpointer  data,
            GObject  *object)
{
  g_atomic_int_add (&((Release *) data)->n_alive, -1);
}

static void
release_set_up (gpointer data)
{
  Release *release = data;
  GCancellable *value = g_cancellable_new ();

  g_object_weak_ref (G_OBJECT (value), count_down, release);
  release->n_alive++;
  release->here = gctx_context_with_values (gctx_context_background (), object_key (), value, NULL);
  release->there = with_string (release->here, string_key (), "text");
  g_object_unref (value);
}

static void
use_and_unref (GCtxContext *context)
{
  GCtxContext *child = gctx_context_with_values (context, int_key (), 1, NULL);

  g_object_unref (context);
  g_assert_nonnull (gctx_context_get_object (child, object_key ()));
  g_object_unref (child);
}

static void
release_here (gpointer data)
{
  use_and_unref (((Release *) data)->here);
}

static void
release_there (gpointer data)
{
  use_and_unref (((Release *) data)->there);
}

static void
release_check (gpointer data)
{
  g_assert_cmpint (((Release *) data)->n_alive, ==, 0);
}

static void
test_released_in_threads (void)
{
  Release release = { NULL, NULL, 0 };

  g_test_summary ("rule 18: a value is released once, in whichever thread that is");

  test_race (release_set_up, release_here, release_there, release_check, &release);
}

/* Uses the contexts from the finalizer of a value, as foreign code may. */
static void
derive_in_finalizer (gpointer  data,
                     GObject  *object)
{
  GCtxContext **context = data;
  GCtxContext *child = with_string (gctx_context_background (), string_key (), "from inside");

  g_assert_null (*context);
  *context = child;
}

static void
test_finalizer (void)
{
  GCancellable *value = g_cancellable_new ();
  GCtxContext *made = NULL;
  GCtxContext *context;

  g_test_summary ("rule 4: a value's finalizer may use everything");

  g_object_weak_ref (G_OBJECT (value), derive_in_finalizer, &made);
  context = gctx_context_with_values (gctx_context_background (), object_key (), value, NULL);
  g_object_unref (value);
  g_object_unref (context);

  g_assert_cmpstr (gctx_context_get_string (made, string_key ()), ==, "from inside");
  g_object_unref (made);
}

/* --- Conversions --- */

typedef struct
{
  GType    from;
  double   number;     /* both as given and, if it fits, as it comes out */
  GType    to;
  gboolean fits;
} Conversion;

/* Numbers below 2^53 but for the powers of two: a double holds them exactly. */
static const Conversion conversions[] = {
  { G_TYPE_INT, 127, G_TYPE_CHAR, TRUE },
  { G_TYPE_INT, 128, G_TYPE_CHAR, FALSE },
  { G_TYPE_INT, -128, G_TYPE_CHAR, TRUE },
  { G_TYPE_INT, -129, G_TYPE_CHAR, FALSE },
  { G_TYPE_INT, 255, G_TYPE_UCHAR, TRUE },
  { G_TYPE_INT, 256, G_TYPE_UCHAR, FALSE },
  { G_TYPE_INT, -1, G_TYPE_UCHAR, FALSE },
  { G_TYPE_INT64, 2147483647.0, G_TYPE_INT, TRUE },
  { G_TYPE_INT64, 2147483648.0, G_TYPE_INT, FALSE },
  { G_TYPE_INT64, -2147483648.0, G_TYPE_INT, TRUE },
  { G_TYPE_INT64, -2147483649.0, G_TYPE_INT, FALSE },
  { G_TYPE_INT64, 4294967295.0, G_TYPE_UINT, TRUE },
  { G_TYPE_INT64, 4294967296.0, G_TYPE_UINT, FALSE },
  { G_TYPE_INT, -1, G_TYPE_UINT, FALSE },
  { G_TYPE_INT, -1, G_TYPE_LONG, TRUE },
  { G_TYPE_INT, -1, G_TYPE_ULONG, FALSE },
  { G_TYPE_INT, 1, G_TYPE_ULONG, TRUE },
  { G_TYPE_UCHAR, 255, G_TYPE_INT64, TRUE },
  { G_TYPE_CHAR, -128, G_TYPE_INT64, TRUE },
  { G_TYPE_LONG, -5, G_TYPE_INT64, TRUE },
  { G_TYPE_ULONG, 5, G_TYPE_INT, TRUE },
  { G_TYPE_UINT, 4294967295.0, G_TYPE_INT64, TRUE },
  { G_TYPE_INT64, -9223372036854775808.0, G_TYPE_DOUBLE, TRUE },
  { G_TYPE_DOUBLE, -9223372036854775808.0, G_TYPE_INT64, TRUE },
  { G_TYPE_DOUBLE, 9223372036854775808.0, G_TYPE_INT64, FALSE },
  { G_TYPE_DOUBLE, 9223372036854775808.0, G_TYPE_UINT64, TRUE },
  { G_TYPE_DOUBLE, 18446744073709551616.0, G_TYPE_UINT64, FALSE },
  { G_TYPE_UINT64, 9223372036854775808.0, G_TYPE_INT64, FALSE },
  { G_TYPE_UINT64, 9223372036854775808.0, G_TYPE_DOUBLE, TRUE },
  { G_TYPE_UINT64, 9223372036854775808.0, G_TYPE_FLOAT, TRUE },
  { G_TYPE_DOUBLE, 3, G_TYPE_INT, TRUE },
  { G_TYPE_DOUBLE, -3, G_TYPE_INT, TRUE },
  { G_TYPE_DOUBLE, -0.0, G_TYPE_UINT, TRUE },
  { G_TYPE_DOUBLE, 3.5, G_TYPE_INT, FALSE },
  { G_TYPE_DOUBLE, -1, G_TYPE_UINT64, FALSE },
  { G_TYPE_DOUBLE, NAN, G_TYPE_INT, FALSE },
  { G_TYPE_DOUBLE, INFINITY, G_TYPE_INT64, FALSE },
  { G_TYPE_DOUBLE, -INFINITY, G_TYPE_INT64, FALSE },
  { G_TYPE_DOUBLE, INFINITY, G_TYPE_UINT64, FALSE },
  { G_TYPE_DOUBLE, INFINITY, G_TYPE_FLOAT, TRUE },
  { G_TYPE_DOUBLE, -INFINITY, G_TYPE_FLOAT, TRUE },
  { G_TYPE_DOUBLE, NAN, G_TYPE_FLOAT, TRUE },
  { G_TYPE_DOUBLE, 0.25, G_TYPE_FLOAT, TRUE },
  { G_TYPE_DOUBLE, FLT_MAX, G_TYPE_FLOAT, TRUE },
  { G_TYPE_DOUBLE, 1e39, G_TYPE_FLOAT, FALSE },
  { G_TYPE_DOUBLE, -1e39, G_TYPE_FLOAT, FALSE },
  { G_TYPE_FLOAT, 0.25, G_TYPE_DOUBLE, TRUE },
  { G_TYPE_FLOAT, 5, G_TYPE_INT, TRUE },
  { G_TYPE_INT, 16777216, G_TYPE_FLOAT, TRUE },
  { G_TYPE_INT, 16777217, G_TYPE_FLOAT, FALSE },
  { G_TYPE_INT, -16777217, G_TYPE_FLOAT, FALSE },
};

static void
set_number (GValue *value,
            GType   type,
            double  number)
{
  g_value_init (value, type);

  switch (type)
    {
    case G_TYPE_CHAR:
      g_value_set_schar (value, (gint8) number);
      break;
    case G_TYPE_UCHAR:
      g_value_set_uchar (value, (guint8) number);
      break;
    case G_TYPE_INT:
      g_value_set_int (value, (gint) number);
      break;
    case G_TYPE_UINT:
      g_value_set_uint (value, (guint) number);
      break;
    case G_TYPE_LONG:
      g_value_set_long (value, (glong) number);
      break;
    case G_TYPE_ULONG:
      g_value_set_ulong (value, (gulong) number);
      break;
    case G_TYPE_INT64:
      g_value_set_int64 (value, (gint64) number);
      break;
    case G_TYPE_UINT64:
      g_value_set_uint64 (value, (guint64) number);
      break;
    case G_TYPE_FLOAT:
      g_value_set_float (value, (float) number);
      break;
    case G_TYPE_DOUBLE:
      g_value_set_double (value, number);
      break;
    default:
      g_assert_not_reached ();
    }
}

static void
test_numbers (void)
{
  g_test_summary ("rule 17: a number of another type is converted where it fits");

  for (gsize i = 0; i < G_N_ELEMENTS (conversions); i++)
    {
      const Conversion *conversion = &conversions[i];
      g_autoptr (GCtxKey) key = gctx_key_new ("number", conversion->to);
      g_autoptr (GCtxContext) context = NULL;
      GValue given = G_VALUE_INIT;
      GValue found = G_VALUE_INIT;
      double number;

      g_test_message ("%s %g to %s", g_type_name (conversion->from), conversion->number,
                      g_type_name (conversion->to));

      set_number (&given, conversion->from, conversion->number);
      if (!conversion->fits)
        EXPECT_CRITICAL ("*\"number\" does not fit*");
      context = gctx_context_with_value (gctx_context_background (), key, &given);
      g_test_assert_expected_messages ();

      g_assert_cmpint (context != NULL, ==, conversion->fits);
      if (context == NULL)
        continue;

      g_assert_true (G_VALUE_HOLDS (gctx_context_get_value (context, key), conversion->to));
      g_value_init (&found, G_TYPE_DOUBLE);
      g_assert_true (g_value_transform (gctx_context_get_value (context, key), &found));
      number = g_value_get_double (&found);
      g_assert_true (number == conversion->number ||
                     (isnan (number) && isnan (conversion->number)));
    }
}

static void
test_integers_in_doubles (void)
{
  const gint64 fits = G_GINT64_CONSTANT (9007199254740992);
  g_auto (GValue) value = G_VALUE_INIT;
  g_autoptr (GCtxContext) context = NULL;

  g_test_summary ("rule 17: an integer that a double would round does not fit one");

  g_value_init (&value, G_TYPE_INT64);
  g_value_set_int64 (&value, fits);
  context = gctx_context_with_value (gctx_context_background (), double_key (), &value);
  g_assert_true (gctx_context_get_double (context, double_key ()) == 9007199254740992.0);

  g_value_set_int64 (&value, fits + 1);
  EXPECT_CRITICAL ("*\"double\" does not fit*");
  g_assert_null (gctx_context_with_value (gctx_context_background (), double_key (), &value));
  g_value_set_int64 (&value, G_MAXINT64);
  EXPECT_CRITICAL ("*\"double\" does not fit*");
  g_assert_null (gctx_context_with_value (gctx_context_background (), double_key (), &value));
  g_test_assert_expected_messages ();
}

static void
test_enums_and_flags (void)
{
  g_autoptr (GCtxKey) bus_key = gctx_key_new ("bus", G_TYPE_BUS_TYPE);
  g_autoptr (GCtxKey) flags_key = gctx_key_new ("flags", G_TYPE_APPLICATION_FLAGS);
  g_auto (GValue) one = G_VALUE_INIT;
  g_auto (GValue) negative = G_VALUE_INIT;
  g_autoptr (GCtxContext) bus = NULL;
  g_autoptr (GCtxContext) flags = NULL;
  g_autoptr (GCtxContext) list = NULL;

  g_test_summary ("rule 17: enumerations and flags are numbers");

  g_value_init (&one, G_TYPE_INT64);
  g_value_set_int64 (&one, 1);
  bus = gctx_context_with_value (gctx_context_background (), bus_key, &one);
  flags = gctx_context_with_value (gctx_context_background (), flags_key, &one);
  g_assert_cmpint (g_value_get_enum (gctx_context_get_value (bus, bus_key)), ==, G_BUS_TYPE_SYSTEM);
  g_assert_cmpint (gctx_context_get_int (bus, bus_key), ==, G_BUS_TYPE_SYSTEM);
  g_assert_cmpuint (gctx_context_get_uint64 (flags, flags_key), ==, 1);

  list = gctx_context_with_values (gctx_context_background (), bus_key, G_BUS_TYPE_STARTER,
                                   flags_key, G_APPLICATION_IS_SERVICE, NULL);
  g_assert_cmpint (gctx_context_get_int (list, bus_key), ==, G_BUS_TYPE_STARTER);
  g_assert_cmpint (gctx_context_get_int (list, flags_key), ==, G_APPLICATION_IS_SERVICE);

  g_value_init (&negative, G_TYPE_INT);
  g_value_set_int (&negative, -1);
  EXPECT_CRITICAL ("*\"flags\" does not fit*");
  g_assert_null (gctx_context_with_value (gctx_context_background (), flags_key, &negative));
  g_test_assert_expected_messages ();
}

static void
test_number_getters (void)
{
  g_autoptr (GCtxContext) small = gctx_context_with_values (gctx_context_background (),
                                                            int_key (), 5,
                                                            int64_key (), (gint64) -6,
                                                            uint64_key (), (guint64) 7,
                                                            double_key (), 8.0, float_key (), 9.0,
                                                            NULL);
  g_autoptr (GCtxContext) odd = gctx_context_with_values (gctx_context_background (),
                                                          int64_key (), G_MAXINT64,
                                                          uint64_key (), G_MAXUINT64,
                                                          double_key (), 0.5, int_key (), -1,
                                                          NULL);

  g_test_summary ("rule 17: number getters convert where the number fits");

  g_assert_cmpint (gctx_context_get_int (small, int64_key ()), ==, -6);
  g_assert_cmpint (gctx_context_get_int (small, double_key ()), ==, 8);
  g_assert_cmpint (gctx_context_get_int64 (small, uint64_key ()), ==, 7);
  g_assert_cmpuint (gctx_context_get_uint64 (small, int_key ()), ==, 5);
  g_assert_cmpuint (gctx_context_get_uint64 (small, float_key ()), ==, 9);
  g_assert_true (gctx_context_get_double (small, int64_key ()) == -6);
  g_assert_cmpint (gctx_context_get_int (gctx_context_background (), int64_key ()), ==, 0);

  EXPECT_CRITICAL ("*\"int64\"*does not fit*");
  g_assert_cmpint (gctx_context_get_int (odd, int64_key ()), ==, 0);
  EXPECT_CRITICAL ("*\"uint64\"*does not fit*");
  g_assert_cmpint (gctx_context_get_int64 (odd, uint64_key ()), ==, 0);
  EXPECT_CRITICAL ("*\"double\"*does not fit*");
  g_assert_cmpint (gctx_context_get_int64 (odd, double_key ()), ==, 0);
  EXPECT_CRITICAL ("*\"int\"*does not fit*");
  g_assert_cmpuint (gctx_context_get_uint64 (odd, int_key ()), ==, 0);
  EXPECT_CRITICAL ("*\"int64\"*does not fit*");
  g_assert_true (gctx_context_get_double (odd, int64_key ()) == 0);
  g_test_assert_expected_messages ();
}

static void
test_objects (void)
{
  g_autoptr (GInputStream) stream = g_memory_input_stream_new ();
  g_autoptr (GFile) file = g_file_new_for_path ("/");
  g_autoptr (GCtxContext) derived = NULL;
  g_autoptr (GCtxContext) declared = NULL;
  g_autoptr (GCtxContext) interface = NULL;
  g_auto (GValue) value = G_VALUE_INIT;
  g_auto (GValue) plain = G_VALUE_INIT;

  g_test_summary ("rule 17: an object counts as what it is, not as what it was declared");

  g_value_init (&value, G_TYPE_MEMORY_INPUT_STREAM);
  g_value_set_object (&value, stream);
  derived = gctx_context_with_value (gctx_context_background (), stream_key (), &value);
  g_assert_true (gctx_context_get_object (derived, stream_key ()) == stream);
  g_assert_true (G_VALUE_TYPE (gctx_context_get_value (derived, stream_key ())) ==
                 G_TYPE_INPUT_STREAM);

  g_value_init (&plain, G_TYPE_OBJECT);
  g_value_set_object (&plain, stream);
  declared = gctx_context_with_value (gctx_context_background (), stream_key (), &plain);
  g_assert_true (gctx_context_get_object (declared, stream_key ()) == stream);

  EXPECT_CRITICAL ("*\"file\"*GFile*");
  g_assert_null (gctx_context_with_value (gctx_context_background (), file_key (), &plain));
  g_test_assert_expected_messages ();

  g_value_set_object (&plain, file);
  interface = gctx_context_with_value (gctx_context_background (), file_key (), &plain);
  g_assert_true (gctx_context_get_object (interface, file_key ()) == file);
}

static void
test_null_pointer (void)
{
  GCtxKey *keys[] = { string_key (), object_key (), file_key (), boxed_key (), variant_key () };
  g_autoptr (GCtxContext) parent = with_string (gctx_context_background (), string_key (), "text");
  g_auto (GValue) value = G_VALUE_INIT;

  g_test_summary ("rule 17: an untyped NULL, as bindings give it, does for any type that has one");

  g_value_init (&value, G_TYPE_POINTER);
  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      g_autoptr (GCtxContext) context = gctx_context_with_value (parent, keys[i], &value);

      g_assert_true (gctx_context_has_value (context, keys[i]));
      g_assert_true (G_VALUE_TYPE (gctx_context_get_value (context, keys[i])) ==
                     gctx_key_get_value_type (keys[i]));
      g_assert_null (g_value_peek_pointer (gctx_context_get_value (context, keys[i])));
    }

  EXPECT_CRITICAL ("*\"int\" is for values of type gint, not gpointer*");
  g_assert_null (gctx_context_with_value (parent, int_key (), &value));
  g_value_set_pointer (&value, &value);
  EXPECT_CRITICAL ("*\"string\" is for values of type gchararray, not gpointer*");
  g_assert_null (gctx_context_with_value (parent, string_key (), &value));
  g_test_assert_expected_messages ();
}

/* --- Misuse --- */

static void
test_mismatch (void)
{
  GCtxContext *background = gctx_context_background ();
  g_auto (GValue) string = G_VALUE_INIT;
  g_auto (GValue) boolean = G_VALUE_INIT;
  GValue unset = G_VALUE_INIT;

  g_test_summary ("rule 17: any other mismatch is a critical that names the key, and NULL");

  g_value_init (&string, G_TYPE_STRING);
  g_value_set_static_string (&string, "5");
  g_value_init (&boolean, G_TYPE_BOOLEAN);

  EXPECT_CRITICAL ("*\"int\" is for values of type gint, not gchararray*");
  g_assert_null (gctx_context_with_value (background, int_key (), &string));
  EXPECT_CRITICAL ("*\"int\" is for values of type gint, not gboolean*");
  g_assert_null (gctx_context_with_value (background, int_key (), &boolean));
  EXPECT_CRITICAL ("*\"object\" is for values of type GObject, not gchararray*");
  g_assert_null (gctx_context_with_value (background, object_key (), &string));
  EXPECT_CRITICAL ("*\"string\" is for values of type gchararray, not *never set*");
  g_assert_null (gctx_context_with_value (background, string_key (), &unset));
  g_test_assert_expected_messages ();
}

static void
test_wrong_getter (void)
{
  g_autoptr (GCtxContext) context = gctx_context_with_values (gctx_context_background (),
                                                              int_key (), 5,
                                                              string_key (), "5",
                                                              boolean_key (), TRUE,
                                                              NULL);

  g_test_summary ("rule 17: a getter of another kind is a critical that names the key, and 0");

  EXPECT_CRITICAL ("*\"int\"*no string*");
  g_assert_null (gctx_context_get_string (context, int_key ()));
  EXPECT_CRITICAL ("*\"string\"*no object*");
  g_assert_null (gctx_context_get_object (context, string_key ()));
  EXPECT_CRITICAL ("*\"string\"*no boxed value*");
  g_assert_null (gctx_context_get_boxed (context, string_key ()));
  EXPECT_CRITICAL ("*\"string\"*no variant*");
  g_assert_null (gctx_context_get_variant (context, string_key ()));
  EXPECT_CRITICAL ("*\"string\"*no pointer*");
  g_assert_null (gctx_context_get_pointer (context, string_key ()));
  EXPECT_CRITICAL ("*\"int\"*no boolean*");
  g_assert_false (gctx_context_get_boolean (context, int_key ()));
  EXPECT_CRITICAL ("*\"string\"*no number*");
  g_assert_cmpint (gctx_context_get_int (context, string_key ()), ==, 0);
  EXPECT_CRITICAL ("*\"boolean\"*no number*");
  g_assert_cmpint (gctx_context_get_int64 (context, boolean_key ()), ==, 0);
  EXPECT_CRITICAL ("*\"boolean\"*no number*");
  g_assert_cmpuint (gctx_context_get_uint64 (context, boolean_key ()), ==, 0);
  EXPECT_CRITICAL ("*\"string\"*no number*");
  g_assert_true (gctx_context_get_double (context, string_key ()) == 0);
  EXPECT_CRITICAL ("*\"string\"*no number*");
  g_assert_cmpint (gctx_context_get_int (gctx_context_background (), string_key ()), ==, 0);
  g_test_assert_expected_messages ();
}

typedef gsize (*Getter) (GCtxContext *context,
                         GCtxKey     *key);

#define DEFINE_GETTER(name) \
  static gsize \
  get_##name (GCtxContext *context, \
              GCtxKey     *key) \
  { \
    return (gsize) gctx_context_##name (context, key); \
  }

DEFINE_GETTER (get_value)
DEFINE_GETTER (has_value)
DEFINE_GETTER (get_string)
DEFINE_GETTER (get_object)
DEFINE_GETTER (get_boxed)
DEFINE_GETTER (get_variant)
DEFINE_GETTER (get_pointer)
DEFINE_GETTER (get_boolean)
DEFINE_GETTER (get_int)
DEFINE_GETTER (get_int64)
DEFINE_GETTER (get_uint64)
DEFINE_GETTER (get_double)

static void
test_null_to_getters (void)
{
  const Getter getters[] = {
    get_get_value, get_has_value, get_get_string, get_get_object, get_get_boxed, get_get_variant,
    get_get_pointer, get_get_boolean, get_get_int, get_get_int64, get_get_uint64, get_get_double,
  };
  g_autoptr (GCancellable) wrong = g_cancellable_new ();

  g_test_summary ("rule 20: a getter without a context or a key is a critical and 0");

  for (gsize i = 0; i < G_N_ELEMENTS (getters); i++)
    {
      EXPECT_CRITICAL ("*gctx_is_context (self)*");
      g_assert_cmpuint (getters[i] (NULL, string_key ()), ==, 0);
      EXPECT_CRITICAL ("*gctx_is_context (self)*");
      g_assert_cmpuint (getters[i] ((GCtxContext *) wrong, string_key ()), ==, 0);
      EXPECT_CRITICAL ("*key != NULL*");
      g_assert_cmpuint (getters[i] (gctx_context_background (), NULL), ==, 0);
      g_test_assert_expected_messages ();
    }
}

static void
test_null_to_makers (void)
{
  GCtxContext *background = gctx_context_background ();
  GCtxKey *keys[] = { int_key (), NULL };
  GValue values[2] = { G_VALUE_INIT, G_VALUE_INIT };

  g_test_summary ("rule 20: a wrong argument is a critical, and makes no context");

  g_value_init (&values[0], G_TYPE_INT);
  g_value_init (&values[1], G_TYPE_INT);

  EXPECT_CRITICAL ("*gctx_is_context (self)*");
  g_assert_null (gctx_context_with_value (NULL, int_key (), &values[0]));
  EXPECT_CRITICAL ("*key != NULL*");
  g_assert_null (gctx_context_with_value (background, NULL, &values[0]));
  EXPECT_CRITICAL ("*value != NULL*");
  g_assert_null (gctx_context_with_value (background, int_key (), NULL));
  EXPECT_CRITICAL ("*gctx_is_context (self)*");
  g_assert_null (gctx_context_with_values (NULL, int_key (), 1, NULL));
  EXPECT_CRITICAL ("*gctx_is_context (self)*");
  g_assert_null (gctx_context_with_valuesv (NULL, keys, 1, values, 1));
  EXPECT_CRITICAL ("*n_keys == n_values*");
  g_assert_null (gctx_context_with_valuesv (background, keys, 1, values, 2));
  EXPECT_CRITICAL ("*keys != NULL*");
  g_assert_null (gctx_context_with_valuesv (background, NULL, 1, values, 1));
  EXPECT_CRITICAL ("*values != NULL*");
  g_assert_null (gctx_context_with_valuesv (background, keys, 1, NULL, 1));
  EXPECT_CRITICAL ("Key 2 of 2 is NULL");
  g_assert_null (gctx_context_with_valuesv (background, keys, 2, values, 2));
  g_test_assert_expected_messages ();
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/values/typed", test_typed);
  g_test_add_func ("/gctx/values/absent", test_absent);
  g_test_add_func ("/gctx/values/null-value", test_null_value);
  g_test_add_func ("/gctx/values/hiding", test_hiding);
  g_test_add_func ("/gctx/values/last-counts", test_last_counts);
  g_test_add_func ("/gctx/values/copies", test_copies);
  g_test_add_func ("/gctx/values/same-end", test_same_end);
  g_test_add_func ("/gctx/values/face", test_face);
  g_test_add_func ("/gctx/values/ways", test_ways);
  g_test_add_func ("/gctx/values/deep", test_deep);
  g_test_add_func ("/gctx/values/released-by-contexts", test_released_by_contexts);
  g_test_add_func ("/gctx/values/released-by-cancellable", test_released_by_cancellable);
  g_test_add_func ("/gctx/values/released-in-threads", test_released_in_threads);
  g_test_add_func ("/gctx/values/finalizer", test_finalizer);
  g_test_add_func ("/gctx/values/numbers", test_numbers);
  g_test_add_func ("/gctx/values/integers-in-doubles", test_integers_in_doubles);
  g_test_add_func ("/gctx/values/enums-and-flags", test_enums_and_flags);
  g_test_add_func ("/gctx/values/number-getters", test_number_getters);
  g_test_add_func ("/gctx/values/objects", test_objects);
  g_test_add_func ("/gctx/values/null-pointer", test_null_pointer);
  g_test_add_func ("/gctx/values/mismatch", test_mismatch);
  g_test_add_func ("/gctx/values/wrong-getter", test_wrong_getter);
  g_test_add_func ("/gctx/values/null-to-getters", test_null_to_getters);
  g_test_add_func ("/gctx/values/null-to-makers", test_null_to_makers);

  return g_test_run ();
}
