/* test-lookup-answers.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-request.h"
#include "test-values.h"

/* What becomes of the answers of a function that is asked for values, and how a
 * bad one is taken. */

GCTX_DEFINE_KEY (string_key, "string", G_TYPE_STRING)
GCTX_DEFINE_KEY (boolean_key, "boolean", G_TYPE_BOOLEAN)
GCTX_DEFINE_KEY (int_key, "int", G_TYPE_INT)
GCTX_DEFINE_KEY (int64_key, "int64", G_TYPE_INT64)
GCTX_DEFINE_KEY (object_key, "object", G_TYPE_OBJECT)
GCTX_DEFINE_KEY (stream_key, "stream", G_TYPE_INPUT_STREAM)

static void
test_kept (void)
{
  Request *request = request_new (NULL);
  g_autoptr (GCtxContext) context = with_request (gctx_context_background (), request);
  g_autoptr (GCtxContext) child = gctx_context_with_values (context, int_key (), 1, NULL);
  const GValue *value;
  const char *string;

  g_test_summary ("rule 17: the first answer is kept: a value never changes, and stays where it is");

  request_set_string (request, "string", "first");
  value = gctx_context_get_value (child, string_key ());
  string = g_value_get_string (value);
  request_set_string (request, "string", "second");
  g_assert_true (gctx_context_get_value (context, string_key ()) == value);
  g_object_unref (g_steal_pointer (&child));
  g_assert_true (gctx_context_get_string (context, string_key ()) == string);
  g_assert_cmpstr (string, ==, "first");
  g_assert_cmpint (request->n_asked, ==, 1);
}

static void
test_learnt_later (void)
{
  Request *request = request_new (NULL);
  g_autoptr (GCtxContext) above = with_string (gctx_context_background (), string_key (), "above");
  g_autoptr (GCtxContext) context = with_request (above, request);
  const char *before, *after;

  g_test_summary ("with_lookup: what is not known is asked for again");

  before = gctx_context_get_string (context, string_key ());
  g_assert_cmpstr (before, ==, "above");
  request_set_string (request, "string", "attached later");
  after = gctx_context_get_string (context, string_key ());
  g_assert_cmpstr (after, ==, "attached later");
  g_assert_cmpstr (before, ==, "above");
  g_assert_cmpint (request->n_asked, ==, 2);
}

static void
test_many_answers (void)
{
  enum { N = 2000 };
  Request *request = request_new (NULL);
  g_autoptr (GCtxContext) context = with_request (gctx_context_background (), request);
  GCtxKey *keys[N];
  const GValue *values[N];

  g_test_summary ("rule 18: a thousand answers are kept and found");

  g_value_set_int (request_attach (request, "key", G_TYPE_INT), 5);
  for (int i = 0; i < N; i++)
    keys[i] = gctx_key_new ("key", G_TYPE_INT);
  for (int i = 0; i < N; i++)
    values[i] = gctx_context_get_value (context, keys[i * 7 % N]);
  for (int i = 0; i < N; i++)
    {
      g_assert_true (gctx_context_get_value (context, keys[i * 7 % N]) == values[i]);
      g_assert_true (i == 0 || values[i] != values[i - 1]);
    }
  g_assert_cmpint (request->n_asked, ==, N);
  for (int i = 0; i < N; i++)
    gctx_key_unref (keys[i]);
}

static void
test_released (void)
{
  GCancellable *object = g_cancellable_new ();
  int n_alive = 0;
  Request *request = request_new (&n_alive);
  GCtxContext *context = with_request (gctx_context_background (), request);
  GCtxContext *child = gctx_context_with_values (context, object_key (), NULL, NULL);
  GCancellable *cancellable;
  GCtxScope *scope;

  g_test_summary ("rule 18: answers and data go with the last context or cancellable that sees them");

  request_set_object (request, "object", object);
  g_assert_true (gctx_context_get_object (context, object_key ()) == object);
  g_object_add_weak_pointer (G_OBJECT (object), (gpointer *) &object);
  g_object_unref (object);

  g_object_unref (context);
  scope = gctx_scope_new (child);
  g_object_unref (child);
  cancellable = g_object_ref (gctx_context_get_cancellable (GCTX_CONTEXT (scope)));
  g_object_unref (scope);
  g_assert_nonnull (object);
  g_assert_cmpint (n_alive, ==, 1);

  g_object_unref (cancellable);
  g_assert_null (object);
  g_assert_cmpint (n_alive, ==, 0);
}

static void
test_hidden_value_released (void)
{
  GCancellable *object = g_cancellable_new ();
  GCtxContext *above = gctx_context_with_values (gctx_context_background (), object_key (), object, NULL);
  GCtxContext *context = with_request (above, request_new (NULL));
  GCtxContext *below = gctx_context_with_values (context, object_key (), NULL, NULL);

  g_test_summary ("rule 18: a value that is hidden on both sides of a lookup is not kept");

  g_object_add_weak_pointer (G_OBJECT (object), (gpointer *) &object);
  g_object_unref (object);
  g_object_unref (above);
  g_assert_nonnull (gctx_context_get_object (context, object_key ()));
  g_object_unref (context);
  g_assert_null (object);
  g_assert_true (gctx_context_has_value (below, object_key ()));
  g_object_unref (below);
}

static void *
drop_chain (void *data)
{
  g_object_unref (data);
  return NULL;
}

static void
test_long_chain (void)
{
  int n_alive = 0;
  GCtxContext *context = g_object_ref (gctx_context_background ());

  g_test_summary ("rule 8: a chain of lookups is asked and freed without recursion");

  for (int i = 0; i < 50000; i++)
    {
      Request *request = request_new (&n_alive);
      GCtxContext *child = with_request (context, request);

      if (i == 0)
        request_set_string (request, "string", "the root's");
      g_object_unref (context);
      context = child;
    }

  g_assert_cmpstr (gctx_context_get_string (context, string_key ()), ==, "the root's");
  test_on_a_small_stack (drop_chain, context);
  g_assert_cmpint (n_alive, ==, 0);
}

static void
test_converted (void)
{
  Request *request = request_new (NULL);
  g_autoptr (GCtxContext) context = with_request (gctx_context_background (), request);
  g_autoptr (GInputStream) stream = g_memory_input_stream_new ();

  g_test_summary ("rule 17: an answer of another type is converted where it fits");

  g_value_set_int (request_attach (request, "int64", G_TYPE_INT), -9);
  request_set_object (request, "stream", stream);
  g_assert_cmpint (gctx_context_get_int64 (context, int64_key ()), ==, -9);
  g_assert_true (G_VALUE_HOLDS (gctx_context_get_value (context, int64_key ()), G_TYPE_INT64));
  g_assert_true (gctx_context_get_object (context, stream_key ()) == stream);
  g_assert_true (G_VALUE_TYPE (gctx_context_get_value (context, stream_key ())) == G_TYPE_INPUT_STREAM);
}

static void
test_wrong_type (void)
{
  Request *request = request_new (NULL);
  g_autoptr (GCtxContext) above = gctx_context_with_values (gctx_context_background (), int_key (), 3, NULL);
  g_autoptr (GCtxContext) context = with_request (above, request);

  g_test_summary ("rule 20: an answer of a wrong type is a critical, and counts as unknown");

  request_set_string (request, "int", "4");
  request_set_string (request, "boolean", "yes");
  EXPECT_CRITICAL ("*\"int\" is for values of type gint, not gchararray*");
  g_assert_cmpint (gctx_context_get_int (context, int_key ()), ==, 3);
  EXPECT_CRITICAL ("*\"boolean\" is for values of type gboolean, not gchararray*");
  g_assert_false (gctx_context_has_value (context, boolean_key ()));
  g_test_assert_expected_messages ();

  g_value_set_int (request_attach (request, "int", G_TYPE_INT), 4);
  g_assert_cmpint (gctx_context_get_int (context, int_key ()), ==, 4);
}

static gboolean
unset_answer (GCtxKey  *key,
              GValue   *value,
              gpointer  user_data)
{
  g_value_unset (value);

  return GPOINTER_TO_INT (user_data);
}

static gboolean
leave_answer (GCtxKey  *key,
              GValue   *value,
              gpointer  user_data)
{
  if (G_VALUE_HOLDS_OBJECT (value))
    g_value_set_object (value, user_data);

  return FALSE;
}

static void
test_careless (void)
{
  GCancellable *object = g_cancellable_new ();
  g_autoptr (GCtxContext) unset =
    gctx_context_with_lookup (gctx_context_background (), unset_answer, GINT_TO_POINTER (TRUE), NULL);
  g_autoptr (GCtxContext) unknown =
    gctx_context_with_lookup (gctx_context_background (), unset_answer, NULL, NULL);
  g_autoptr (GCtxContext) left =
    gctx_context_with_lookup (gctx_context_background (), leave_answer, object, NULL);

  g_test_summary ("rule 20: an answer that was unset is a critical, one that does not count is released");

  EXPECT_CRITICAL ("*\"string\" is for values of type gchararray, not *never set*");
  g_assert_null (gctx_context_get_value (unset, string_key ()));
  g_test_assert_expected_messages ();
  g_assert_null (gctx_context_get_value (unknown, string_key ()));
  g_assert_null (gctx_context_get_value (left, object_key ()));
  test_assert_last_unref (object);
}

static void
test_misuse (void)
{
  g_test_summary ("rule 20: a NULL is a critical and NULL");

  EXPECT_CRITICAL ("*with_lookup: assertion 'gctx_is_context (self)' failed*");
  g_assert_null (gctx_context_with_lookup (NULL, request_ask, NULL, NULL));
  EXPECT_CRITICAL ("*with_lookup: assertion 'func != NULL' failed*");
  g_assert_null (gctx_context_with_lookup (gctx_context_background (), NULL, NULL, NULL));
  EXPECT_CRITICAL ("*with_lookup_closure: assertion 'closure != NULL' failed*");
  g_assert_null (gctx_context_with_lookup_closure (gctx_context_background (), NULL));
  g_test_assert_expected_messages ();
}

/* --- From inside the function --- */

typedef struct
{
  GCtxContext *context;   /* the one that asks */
  GCtxContext *parent;
  int          n_asked;
} Inside;

/* The string: that of what is above, and the number. The number: one more than
 * above; the way to it leads through the string again. */
static gboolean
ask_inside (GCtxKey  *key,
            GValue   *value,
            gpointer  user_data)
{
  Inside *inside = user_data;

  g_assert_cmpint (++inside->n_asked, <, 10);

  if (key == string_key ())
    {
      g_value_take_string (value,
                           g_strdup_printf ("%s %s %d",
                                            gctx_context_get_string (inside->parent, key),
                                            gctx_context_get_string (inside->context, key),
                                            gctx_context_get_int (inside->context, int_key ())));
      return TRUE;
    }

  if (key == int_key ())
    {
      g_assert_cmpstr (gctx_context_get_string (inside->context, string_key ()), ==, "above");
      g_value_set_int (value, gctx_context_get_int (inside->context, key) + 1);
      return TRUE;
    }

  return FALSE;
}

static void
test_asked_from_inside (void)
{
  g_autoptr (GCtxContext) above =
    gctx_context_with_values (gctx_context_background (), string_key (), "above", int_key (), 7, NULL);
  Inside inside = { NULL, above, 0 };
  g_autoptr (GCtxContext) context = gctx_context_with_lookup (above, ask_inside, &inside, NULL);

  g_test_summary ("rule 4: the function may look up other keys, and finds what is above for its own");

  inside.context = context;
  g_assert_cmpstr (gctx_context_get_string (context, string_key ()), ==, "above above 8");
  g_assert_cmpint (gctx_context_get_int (context, int_key ()), ==, 8);
  g_assert_cmpint (inside.n_asked, ==, 2);
  g_assert_cmpint (gctx_context_get_int64 (context, int64_key ()), ==, 0);
}

/* --- Closures --- */

static void
answer_from_closure (GClosure     *closure,
                     GValue       *result,
                     guint         n_arguments,
                     const GValue *arguments,
                     gpointer      hint,
                     gpointer      data)
{
  GCtxKey *key = g_value_get_boxed (&arguments[0]);
  GValue number = G_VALUE_INIT;

  g_assert_true (G_VALUE_HOLDS (result, G_TYPE_VALUE));
  g_assert_cmpuint (n_arguments, ==, 1);

  g_value_init (&number, G_TYPE_INT);
  g_value_set_int (&number, 12);
  if (key == int_key () || key == int64_key ())
    g_value_set_boxed (result, &number);

  if (key == object_key ())
    {
      GValue object = G_VALUE_INIT;

      g_value_init (&object, G_TYPE_CANCELLABLE);
      g_value_take_object (&object, g_cancellable_new ());
      g_value_set_boxed (result, &object);
      g_value_unset (&object);
    }
}

static void
on_closure_gone (gpointer  data,
                 GClosure *closure)
{
  (*(int *) data)++;
}

static void
test_closure (void)
{
  GClosure *closure = g_closure_new_simple (sizeof (GClosure), NULL);
  int n_gone = 0;
  GCtxContext *context, *child;
  GObject *object;

  g_test_summary ("with_lookup_closure: a closure returns a value, or none for what it does not know");

  g_closure_set_marshal (closure, answer_from_closure);
  g_closure_add_finalize_notifier (closure, &n_gone, on_closure_gone);
  context = gctx_context_with_lookup_closure (gctx_context_background (), closure);
  child = gctx_context_with_values (context, NULL);
  g_assert_cmpint (gctx_context_get_int (context, int_key ()), ==, 12);
  g_assert_cmpint (gctx_context_get_int64 (context, int64_key ()), ==, 12);
  g_assert_false (gctx_context_has_value (context, string_key ()));
  object = gctx_context_get_object (context, object_key ());
  g_object_add_weak_pointer (object, (gpointer *) &object);
  g_object_unref (context);
  g_assert_true (G_IS_CANCELLABLE (object));
  g_assert_cmpint (n_gone, ==, 0);
  g_object_unref (child);
  g_assert_cmpint (n_gone, ==, 1);
  g_assert_null (object);
}

/* A function with an argument for each of the closure's. */
static GValue *
answer_by_generic_marshaller (GCtxKey  *key,
                              gpointer  data)
{
  GValue number = G_VALUE_INIT;

  g_assert_cmpstr (gctx_key_get_name (key), ==, "int");
  g_value_init (&number, G_TYPE_INT);
  g_value_set_int (&number, GPOINTER_TO_INT (data));

  return g_boxed_copy (G_TYPE_VALUE, &number);
}

static void
test_closure_of_c (void)
{
  g_autoptr (GCtxContext) context =
    gctx_context_with_lookup_closure (gctx_context_background (),
                                      g_cclosure_new (G_CALLBACK (answer_by_generic_marshaller),
                                                      GINT_TO_POINTER (6), NULL));

  g_test_summary ("with_lookup_closure: a closure of C gets a marshaller");

  g_assert_cmpint (gctx_context_get_int (context, int_key ()), ==, 6);
}

/* The data goes in a place that uses everything, and the next lookup with it. */
static void
on_destroy (gpointer data)
{
  int *n_gone = data;
  g_autoptr (GCtxContext) context = with_request (gctx_context_background (), request_new (NULL));

  g_assert_null (gctx_context_get_string (context, string_key ()));
  (*n_gone)++;
}

static void
test_destroy (void)
{
  int n_gone = 0;
  g_autoptr (GCtxContext) one =
    gctx_context_with_lookup (gctx_context_background (), unset_answer, &n_gone, on_destroy);
  g_autoptr (GCtxContext) two = gctx_context_with_lookup (one, unset_answer, &n_gone, on_destroy);
  g_autoptr (GCtxContext) same = gctx_context_with_values (two, NULL);

  g_test_summary ("rule 4: destroy runs once, and may use everything");

  g_object_unref (g_steal_pointer (&one));
  g_object_unref (g_steal_pointer (&two));
  g_assert_cmpint (n_gone, ==, 0);
  g_object_unref (g_steal_pointer (&same));
  g_assert_cmpint (n_gone, ==, 2);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/lookup-answers/kept", test_kept);
  g_test_add_func ("/gctx/lookup-answers/learnt-later", test_learnt_later);
  g_test_add_func ("/gctx/lookup-answers/many", test_many_answers);
  g_test_add_func ("/gctx/lookup-answers/released", test_released);
  g_test_add_func ("/gctx/lookup-answers/hidden-value-released", test_hidden_value_released);
  g_test_add_func ("/gctx/lookup-answers/long-chain", test_long_chain);
  g_test_add_func ("/gctx/lookup-answers/converted", test_converted);
  g_test_add_func ("/gctx/lookup-answers/wrong-type", test_wrong_type);
  g_test_add_func ("/gctx/lookup-answers/careless", test_careless);
  g_test_add_func ("/gctx/lookup-answers/misuse", test_misuse);
  g_test_add_func ("/gctx/lookup-answers/asked-from-inside", test_asked_from_inside);
  g_test_add_func ("/gctx/lookup-answers/closure", test_closure);
  g_test_add_func ("/gctx/lookup-answers/closure-of-c", test_closure_of_c);
  g_test_add_func ("/gctx/lookup-answers/destroy", test_destroy);

  return g_test_run ();
}
