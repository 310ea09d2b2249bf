/* test-values-misuse.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-values.h"

GCTX_DEFINE_KEY (string_key, "string", G_TYPE_STRING)
GCTX_DEFINE_KEY (object_key, "object", G_TYPE_OBJECT)
GCTX_DEFINE_KEY (boolean_key, "boolean", G_TYPE_BOOLEAN)
GCTX_DEFINE_KEY (int_key, "int", G_TYPE_INT)

static void
test_mismatch (void)
{
  GCtxContext *background = gctx_context_background ();
  g_auto (GValue) string = G_VALUE_INIT;
  g_auto (GValue) boolean = G_VALUE_INIT;
  g_auto (GValue) number = G_VALUE_INIT;
  GValue unset = G_VALUE_INIT;

  g_test_summary ("rule 17: any other mismatch is a critical that names the key, and NULL");

  g_value_init (&string, G_TYPE_STRING);
  g_value_set_static_string (&string, "5");
  g_value_init (&boolean, G_TYPE_BOOLEAN);
  g_value_init (&number, G_TYPE_INT);

  EXPECT_CRITICAL ("*\"int\" is for values of type gint, not gchararray*");
  g_assert_null (gctx_context_with_value (background, int_key (), &string));
  EXPECT_CRITICAL ("*\"int\" is for values of type gint, not gboolean*");
  g_assert_null (gctx_context_with_value (background, int_key (), &boolean));
  EXPECT_CRITICAL ("*\"object\" is for values of type GObject, not gchararray*");
  g_assert_null (gctx_context_with_value (background, object_key (), &string));
  EXPECT_CRITICAL ("*\"string\" is for values of type gchararray, not gint*");
  g_assert_null (gctx_context_with_value (background, string_key (), &number));
  EXPECT_CRITICAL ("*\"string\" is for values of type gchararray, not *never set*");
  g_assert_null (gctx_context_with_value (background, string_key (), &unset));
  g_test_assert_expected_messages ();
}

static void
test_mismatch_in_list (void)
{
  GCtxContext *background = gctx_context_background ();
  GObject *object = g_object_new (G_TYPE_OBJECT, NULL);
  g_autoptr (GCtxKey) stream_key = gctx_key_new ("stream", G_TYPE_INPUT_STREAM);

  g_test_summary ("rule 17: a value that does not go with its key makes no context, and holds none of the others");

  EXPECT_CRITICAL ("*\"stream\" cannot be used*");
  g_assert_null (gctx_context_with_values (background, object_key (), object, stream_key, object, NULL));
  EXPECT_CRITICAL ("*\"stream\" cannot be used*");
  g_assert_null (gctx_scope_new_full (background, G_MAXINT64, NULL,
                                      object_key (), object, stream_key, object, NULL));
  g_test_assert_expected_messages ();
  test_assert_last_unref (object);
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

  g_test_add_func ("/gctx/values-misuse/mismatch", test_mismatch);
  g_test_add_func ("/gctx/values-misuse/mismatch/in-list", test_mismatch_in_list);
  g_test_add_func ("/gctx/values-misuse/wrong-getter", test_wrong_getter);
  g_test_add_func ("/gctx/values-misuse/null-to-getters", test_null_to_getters);
  g_test_add_func ("/gctx/values-misuse/null-to-makers", test_null_to_makers);

  return g_test_run ();
}
