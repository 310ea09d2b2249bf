/* test-lookup.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-keys.h"
#include "test-request.h"
#include "test-values.h"

/* What is seen through functions that are asked for values. */

GCTX_DEFINE_KEY (object_key, "object", G_TYPE_OBJECT)
GCTX_DEFINE_KEY (unknown_key, "unknown", G_TYPE_STRING)

static void
test_getters (void)
{
  const char *strings[] = { "one", "two", NULL };
  g_autoptr (GObject) object = g_object_new (G_TYPE_OBJECT, NULL);
  Request *request = request_new (NULL);
  g_autoptr (GCtxContext) context = with_request (gctx_context_background (), request);
  const char *const *boxed;

  g_test_summary ("rule 17: every getter asks, and the answers are typed by the keys");

  request_set_string (request, "string", "ada");
  request_set_object (request, "object", object);
  g_value_set_boxed (request_attach (request, "boxed", G_TYPE_STRV), strings);
  g_value_set_variant (request_attach (request, "variant", G_TYPE_VARIANT), g_variant_new_int32 (7));
  g_value_set_pointer (request_attach (request, "pointer", G_TYPE_POINTER), strings);
  g_value_set_boolean (request_attach (request, "boolean", G_TYPE_BOOLEAN), TRUE);
  g_value_set_int (request_attach (request, "int", G_TYPE_INT), -4);
  g_value_set_int64 (request_attach (request, "int64", G_TYPE_INT64), G_MININT64);
  g_value_set_uint64 (request_attach (request, "uint64", G_TYPE_UINT64), G_MAXUINT64);
  g_value_set_double (request_attach (request, "double", G_TYPE_DOUBLE), 0.5);

  g_assert_cmpstr (gctx_context_get_string (context, string_key ()), ==, "ada");
  g_assert_true (gctx_context_get_object (context, object_key ()) == object);
  boxed = gctx_context_get_boxed (context, boxed_key ());
  g_assert_cmpstr (boxed[1], ==, "two");
  g_assert_cmpint (g_variant_get_int32 (gctx_context_get_variant (context, variant_key ())), ==, 7);
  g_assert_true (gctx_context_get_pointer (context, pointer_key ()) == strings);
  g_assert_true (gctx_context_get_boolean (context, boolean_key ()));
  g_assert_cmpint (gctx_context_get_int (context, int_key ()), ==, -4);
  g_assert_cmpint (gctx_context_get_int64 (context, int64_key ()), ==, G_MININT64);
  g_assert_cmpuint (gctx_context_get_uint64 (context, uint64_key ()), ==, G_MAXUINT64);
  g_assert_cmpfloat (gctx_context_get_double (context, double_key ()), ==, 0.5);

  g_assert_true (G_VALUE_HOLDS_STRING (gctx_context_get_value (context, string_key ())));
  g_assert_true (gctx_context_has_value (context, string_key ()));
  g_assert_false (gctx_context_has_value (context, unknown_key ()));
  g_assert_null (gctx_context_get_value (context, unknown_key ()));
}

static void
test_null (void)
{
  Request *request = request_new (NULL);
  g_autoptr (GCtxContext) above = with_string (gctx_context_background (), string_key (), "above");
  g_autoptr (GCtxContext) context = with_request (above, request);

  g_test_summary ("rule 17: an answer that is NULL is a value, and hides");

  request_set_string (request, "string", NULL);
  g_assert_true (gctx_context_has_value (context, string_key ()));
  g_assert_null (gctx_context_get_string (context, string_key ()));
}

static void
test_hiding (void)
{
  Request *request = request_new (NULL);
  g_autoptr (GCtxContext) above =
    gctx_context_with_values (gctx_context_background (), string_key (), "above", int_key (), 1, NULL);
  g_autoptr (GCtxContext) context = with_request (above, request);
  g_autoptr (GCtxContext) below = with_string (context, string_key (), "below");

  g_test_summary ("rule 17: a lookup hides what is above it for the keys that it knows, "
                  "and a value below it hides it");

  request_set_string (request, "string", "asked");
  g_assert_cmpstr (gctx_context_get_string (below, string_key ()), ==, "below");
  g_assert_cmpint (request->n_asked, ==, 0);
  g_assert_cmpstr (gctx_context_get_string (context, string_key ()), ==, "asked");
  g_assert_cmpint (request->n_asked, ==, 1);
  g_assert_cmpstr (gctx_context_get_string (above, string_key ()), ==, "above");
  g_assert_cmpint (gctx_context_get_int (below, int_key ()), ==, 1);
  g_assert_cmpint (request->n_asked, ==, 2);
}

static void
test_several (void)
{
  Request *far = request_new (NULL);
  Request *near = request_new (NULL);
  g_autoptr (GCtxContext) with_far = with_request (gctx_context_background (), far);
  g_autoptr (GCtxContext) between =
    gctx_context_with_values (with_far, int_key (), 1, boolean_key (), TRUE, NULL);
  g_autoptr (GCtxContext) context = with_request (between, near);

  g_test_summary ("rule 18: of several lookups the nearest counts, and what is between them in its place");

  request_set_string (far, "string", "far");
  request_set_string (near, "string", "near");
  g_value_set_int (request_attach (far, "int", G_TYPE_INT), 2);
  g_value_set_double (request_attach (far, "double", G_TYPE_DOUBLE), 0.25);

  g_assert_cmpstr (gctx_context_get_string (context, string_key ()), ==, "near");
  g_assert_cmpint (far->n_asked, ==, 0);
  g_assert_cmpstr (gctx_context_get_string (between, string_key ()), ==, "far");
  g_assert_cmpint (far->n_asked, ==, 1);

  g_assert_cmpint (gctx_context_get_int (context, int_key ()), ==, 1);
  g_assert_cmpint (far->n_asked, ==, 1);
  g_assert_cmpint (gctx_context_get_int (with_far, int_key ()), ==, 2);
  g_assert_cmpfloat (gctx_context_get_double (context, double_key ()), ==, 0.25);
  g_assert_null (gctx_context_get_string (context, unknown_key ()));
}

/* So many values on either side that they are not kept flat. */
static void
test_many_values (void)
{
  enum { N = 40 };
  Request *request = request_new (NULL);
  GCtxKey *keys[N];
  GValue values[N] = { G_VALUE_INIT, };
  g_autoptr (GCtxContext) above = NULL;
  g_autoptr (GCtxContext) context = NULL;
  g_autoptr (GCtxContext) below = NULL;

  g_test_summary ("rule 18: many values above and below a lookup are found in their place");

  for (int i = 0; i < N; i++)
    {
      keys[i] = gctx_key_new (i == 3 || i == N - 3 ? "known" : "key", G_TYPE_INT);
      g_value_init (&values[i], G_TYPE_INT);
      g_value_set_int (&values[i], i);
    }
  g_value_set_int (request_attach (request, "known", G_TYPE_INT), 1000);

  above = gctx_context_with_valuesv (gctx_context_background (), keys, N, values, N);
  context = with_request (above, request);
  for (int i = 0; i < N; i++)
    g_value_set_int (&values[i], 100 + i);
  below = gctx_context_with_valuesv (context, keys, N / 2, values, N / 2);

  for (int i = 0; i < N; i++)
    {
      gboolean known = i == 3 || i == N - 3;

      g_assert_cmpint (gctx_context_get_int (above, keys[i]), ==, i);
      g_assert_cmpint (gctx_context_get_int (context, keys[i]), ==, known ? 1000 : i);
      g_assert_cmpint (gctx_context_get_int (below, keys[i]), ==, i < N / 2 ? 100 + i : known ? 1000 : i);
      gctx_key_unref (keys[i]);
    }
}

static void
test_wherever (void)
{
  Request *request = request_new (NULL);
  g_autoptr (GCtxScope) above = gctx_scope_new_with_timeout (gctx_context_background (), G_MAXINT64 / 4);
  g_autoptr (GCtxContext) context = with_request (GCTX_CONTEXT (above), request);
  g_autoptr (GCtxContext) without = gctx_context_without_cancel (context);
  g_autoptr (GCtxContext) timed = gctx_context_with_timeout (context, G_USEC_PER_SEC);
  g_autoptr (GCtxScope) scope = gctx_scope_new_full (timed, G_MAXINT64, NULL, int_key (), 3, NULL);
  GCtxContext *contexts[] = { context, gctx_context_background () };
  g_autoptr (GCtxContext) any = gctx_context_any (contexts, 2);
  g_autoptr (GCtxContext) back =
    gctx_context_from_cancellable (gctx_context_get_cancellable (GCTX_CONTEXT (scope)));

  g_test_summary ("rule 19: whatever is derived from it asks, through a GCancellable too");

  request_set_string (request, "string", "asked");
  g_assert_cmpstr (gctx_context_get_string (back, string_key ()), ==, "asked");
  g_assert_cmpint (gctx_context_get_int (back, int_key ()), ==, 3);
  g_assert_cmpstr (gctx_context_get_string (GCTX_CONTEXT (scope), string_key ()), ==, "asked");
  g_assert_cmpstr (gctx_context_get_string (without, string_key ()), ==, "asked");
  g_assert_cmpstr (gctx_context_get_string (any, string_key ()), ==, "asked");

  g_assert_true (gctx_context_get_deadline (context, NULL));
  g_assert_true (gctx_scope_cancel (above));
  g_assert_true (gctx_context_is_done (context));
  g_assert_true (gctx_context_is_done (back));
  g_assert_false (gctx_context_is_done (without));
  g_assert_cmpstr (gctx_context_get_string (context, string_key ()), ==, "asked");
}

/* The functions of the two children are the same: the parents differ. */
static void
test_siblings (void)
{
  Request *ada = request_new (NULL);
  Request *bob = request_new (NULL);
  g_autoptr (GCtxContext) one = with_request (gctx_context_background (), ada);
  g_autoptr (GCtxContext) two = with_request (gctx_context_background (), bob);

  g_test_summary ("rule 18: each lookup keeps its own answers");

  request_set_string (ada, "string", "ada");
  request_set_string (bob, "string", "bob");
  g_assert_cmpstr (gctx_context_get_string (one, string_key ()), ==, "ada");
  g_assert_cmpstr (gctx_context_get_string (two, string_key ()), ==, "bob");
}

static void
test_to_string (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxContext) one = with_string (GCTX_CONTEXT (scope), string_key (), "secret");
  Request *request = request_new (NULL);
  g_autoptr (GCtxContext) two = with_request (one, request);
  g_autoptr (GCtxContext) three = with_request (two, request_new (NULL));
  g_autoptr (GCtxContext) four = gctx_context_with_values (three, int_key (), 1, NULL);
  g_autoptr (GCtxScope) five = gctx_scope_new (four);
  g_autoptr (GCtxContext) six = gctx_context_without_cancel (GCTX_CONTEXT (five));
  g_autofree char *path = gctx_context_to_string (GCTX_CONTEXT (five));
  g_autofree char *kept = gctx_context_to_string (six);

  g_test_summary ("to_string: a lookup is a step of the path, and is not asked");

  g_assert_cmpstr (path, ==, "background.scope.value(string).lookup.lookup.value(int).scope");
  g_assert_cmpstr (kept, ==, "background.value(string).lookup.lookup.value(int).without_cancel");
  g_assert_cmpint (request->n_asked, ==, 0);
}

static void
test_depth (void)
{
  Request *request = request_new (NULL);
  g_autoptr (GCtxContext) context = with_request (gctx_context_background (), request);

  g_test_summary ("rule 18: how far away the lookup is makes no difference to what it is asked");

  for (int i = 0; i < 1000; i++)
    {
      GCtxContext *child = gctx_context_with_values (context, int_key (), i, NULL);

      g_object_unref (context);
      context = child;
    }
  request_set_string (request, "string", "asked");
  g_assert_cmpstr (gctx_context_get_string (context, string_key ()), ==, "asked");
  g_assert_cmpint (gctx_context_get_int (context, int_key ()), ==, 999);
  g_assert_cmpint (request->n_asked, ==, 1);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/lookup/getters", test_getters);
  g_test_add_func ("/gctx/lookup/null", test_null);
  g_test_add_func ("/gctx/lookup/hiding", test_hiding);
  g_test_add_func ("/gctx/lookup/several", test_several);
  g_test_add_func ("/gctx/lookup/many-values", test_many_values);
  g_test_add_func ("/gctx/lookup/wherever", test_wherever);
  g_test_add_func ("/gctx/lookup/siblings", test_siblings);
  g_test_add_func ("/gctx/lookup/to-string", test_to_string);
  g_test_add_func ("/gctx/lookup/depth", test_depth);

  return g_test_run ();
}
