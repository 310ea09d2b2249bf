/* test-values-conversion.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <float.h>
#include <math.h>

#include "test-values.h"

GCTX_DEFINE_KEY (string_key, "string", G_TYPE_STRING)
GCTX_DEFINE_KEY (object_key, "object", G_TYPE_OBJECT)
GCTX_DEFINE_KEY (stream_key, "stream", G_TYPE_INPUT_STREAM)
GCTX_DEFINE_KEY (file_key, "file", G_TYPE_FILE)
GCTX_DEFINE_KEY (boxed_key, "boxed", G_TYPE_STRV)
GCTX_DEFINE_KEY (variant_key, "variant", G_TYPE_VARIANT)
GCTX_DEFINE_KEY (int_key, "int", G_TYPE_INT)
GCTX_DEFINE_KEY (int64_key, "int64", G_TYPE_INT64)
GCTX_DEFINE_KEY (uint64_key, "uint64", G_TYPE_UINT64)
GCTX_DEFINE_KEY (float_key, "float", G_TYPE_FLOAT)
GCTX_DEFINE_KEY (double_key, "double", G_TYPE_DOUBLE)

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
  g_autoptr (GCtxContext) zero = NULL;

  g_test_summary ("rule 17: an integer that a double would round does not fit one");

  g_value_init (&value, G_TYPE_INT64);
  zero = gctx_context_with_value (gctx_context_background (), double_key (), &value);
  g_assert_true (gctx_context_has_value (zero, double_key ()));
  g_assert_true (gctx_context_get_double (zero, double_key ()) == 0);
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
  g_autoptr (GCtxContext) nothing = NULL;
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

  g_value_set_object (&plain, NULL);
  nothing = gctx_context_with_value (interface, file_key (), &plain);
  g_assert_true (gctx_context_has_value (nothing, file_key ()));
  g_assert_null (gctx_context_get_object (nothing, file_key ()));
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

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/values-conversion/numbers", test_numbers);
  g_test_add_func ("/gctx/values-conversion/integers-in-doubles", test_integers_in_doubles);
  g_test_add_func ("/gctx/values-conversion/enums-and-flags", test_enums_and_flags);
  g_test_add_func ("/gctx/values-conversion/number-getters", test_number_getters);
  g_test_add_func ("/gctx/values-conversion/objects", test_objects);
  g_test_add_func ("/gctx/values-conversion/null-pointer", test_null_pointer);

  return g_test_run ();
}
