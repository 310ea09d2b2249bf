/* test-values.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-keys.h"
#include "test-values.h"

GCTX_DEFINE_KEY (other_string_key, "string", G_TYPE_STRING)
GCTX_DEFINE_KEY (object_key, "object", G_TYPE_OBJECT)
GCTX_DEFINE_KEY (file_key, "file", G_TYPE_FILE)

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
  g_autoptr (GCtxContext) no = NULL;

  g_test_summary ("rule 17: has_value tells absent from NULL and FALSE, and NULL hides");

  g_assert_null (gctx_context_get_string (child, string_key ()));
  g_assert_true (gctx_context_has_value (child, string_key ()));
  g_assert_nonnull (gctx_context_get_value (child, string_key ()));
  g_assert_true (gctx_context_has_value (objects, object_key ()));
  g_assert_true (gctx_context_has_value (objects, file_key ()));
  g_assert_true (gctx_context_has_value (objects, variant_key ()));
  g_assert_null (gctx_context_get_object (objects, file_key ()));
  g_assert_cmpstr (gctx_context_get_string (objects, string_key ()), ==, "text");

  no = gctx_context_with_values (parent, boolean_key (), FALSE, NULL);
  g_assert_true (gctx_context_has_value (no, boolean_key ()));
  g_assert_false (gctx_context_get_boolean (no, boolean_key ()));
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

#define FOUR(i) keys[i], (i), keys[(i) + 1], (i) + 1, keys[(i) + 2], (i) + 2, keys[(i) + 3], (i) + 3

static void
test_long_list (void)
{
  GCtxKey *keys[40];
  g_autoptr (GCtxContext) context = NULL;

  g_test_summary ("rule 18: a list of arguments may be as long as it likes");

  for (int i = 0; i < 40; i++)
    keys[i] = gctx_key_new ("one of many", G_TYPE_INT);

  context = gctx_context_with_values (gctx_context_background (),
                                      FOUR (0), FOUR (4), FOUR (8), FOUR (12), FOUR (16),
                                      FOUR (20), FOUR (24), FOUR (28), FOUR (32), FOUR (36),
                                      keys[7], 700, NULL);

  for (int i = 0; i < 40; i++)
    {
      g_assert_true (gctx_context_has_value (context, keys[i]));
      g_assert_cmpint (gctx_context_get_int (context, keys[i]), ==, i == 7 ? 700 : i);
      gctx_key_unref (keys[i]);
    }
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
  g_test_add_func ("/gctx/values/long-list", test_long_list);
  g_test_add_func ("/gctx/values/copies", test_copies);
  g_test_add_func ("/gctx/values/same-end", test_same_end);
  g_test_add_func ("/gctx/values/face", test_face);
  g_test_add_func ("/gctx/values/ways", test_ways);
  g_test_add_func ("/gctx/values/deep", test_deep);

  return g_test_run ();
}
