/* test-misuse.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-util.h"

GCTX_DEFINE_KEY (string_key, "string", G_TYPE_STRING)
GCTX_DEFINE_KEY (int_key, "int", G_TYPE_INT)
GCTX_DEFINE_KEY (object_key, "object", G_TYPE_OBJECT)

/* @statement logs one critical, and nothing else. */
#define assert_critical(statement) \
  G_STMT_START { \
    g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_CRITICAL, "*"); \
    statement; \
    g_test_assert_expected_messages (); \
  } G_STMT_END

/* What is no context: nothing, and an object of another type. */
static GCtxContext *
not_a_context (int i)
{
  static GObject *object;

  if (object == NULL)
    object = g_object_new (G_TYPE_OBJECT, NULL);
  return i == 0 ? NULL : (GCtxContext *) object;
}

/* What is no scope, though the second is a context. */
static GCtxScope *
not_a_scope (int i)
{
  return i < 2 ? (GCtxScope *) not_a_context (i) : (GCtxScope *) gctx_context_background ();
}

static void
ignore_after (GCtxContext *context,
              gpointer     data)
{
  g_assert_true (GCTX_IS_CONTEXT (context));
}

static void
count_result (GObject      *source_object,
              GAsyncResult *result,
              gpointer      data)
{
  ++*(int *) data;
}

static void
test_context (void)
{
  int i;

  g_test_summary ("rule 20: reading and deriving from what is no context is a critical");

  for (i = 0; i < 2; i++)
    {
      GCtxContext *bad = not_a_context (i);
      GError *error = NULL;
      GTimeSpan remaining = 0;
      gint64 deadline = 0;

      assert_critical (g_assert_null (gctx_context_with_deadline (bad, 0)));
      assert_critical (g_assert_null (gctx_context_with_timeout (bad, 0)));
      assert_critical (g_assert_null (gctx_context_without_cancel (bad)));
      assert_critical (gctx_context_is_done (bad));
      assert_critical (gctx_context_check (bad, &error));
      g_clear_error (&error);
      assert_critical (gctx_context_check (bad, NULL));
      assert_critical (g_assert_null (gctx_context_get_error (bad)));
      assert_critical (g_assert_null (gctx_context_get_cause (bad)));
      assert_critical (g_assert_false (gctx_context_get_deadline (bad, &deadline)));
      g_assert_cmpint (deadline, ==, 0);
      assert_critical (g_assert_false (gctx_context_get_remaining (bad, &remaining)));
      g_assert_cmpint (remaining, ==, 0);
      assert_critical (g_assert_cmpint (gctx_context_get_remaining_msec (bad), <=, 0));
      assert_critical (g_assert_null (gctx_context_to_string (bad)));
    }
}

static void
test_any (void)
{
  GCtxContext *contexts[] = { gctx_context_background (), NULL };
  int i;

  g_test_summary ("rule 20: any of what is no context is a critical");

  assert_critical (g_assert_null (gctx_context_any (NULL, 1)));
  for (i = 0; i < 2; i++)
    {
      contexts[1] = not_a_context (i);
      assert_critical (g_assert_null (gctx_context_any (contexts, 2)));
      assert_critical (g_assert_null (gctx_context_any (contexts + 1, 1)));
    }
  g_assert_false (gctx_context_is_done (gctx_context_background ()));
}

static void
test_out_arguments (void)
{
  g_autoptr (GCtxContext) context =
    gctx_context_with_timeout (gctx_context_background (), 3600 * G_TIME_SPAN_SECOND);

  g_test_summary ("rule 20: whoever does not want an answer may pass NULL for it");

  g_assert_true (gctx_context_get_deadline (context, NULL));
  g_assert_true (gctx_context_get_remaining (context, NULL));
  g_assert_false (gctx_context_get_deadline (gctx_context_background (), NULL));
  g_assert_false (gctx_context_get_remaining (gctx_context_background (), NULL));
  g_assert_true (gctx_context_check (context, NULL));
}

static void
test_cancellable (void)
{
  int i;

  g_test_summary ("rule 20: a cancellable of or from something else is a critical");

  for (i = 0; i < 2; i++)
    {
      assert_critical (g_assert_null (gctx_context_get_cancellable (not_a_context (i))));
      assert_critical (g_assert_null (gctx_context_create_cancellable (not_a_context (i))));
    }
  assert_critical (g_assert_null (gctx_context_from_cancellable (
    (GCancellable *) not_a_context (1))));
  assert_critical (g_assert_null (gctx_context_from_cancellable (
    (GCancellable *) gctx_context_background ())));
}

static void
test_after_func (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  GCtxContext *context = GCTX_CONTEXT (scope);
  int i;

  g_test_summary ("rule 20: an after-func of nothing is a critical; an unknown id is only FALSE");

  for (i = 0; i < 2; i++)
    {
      GCtxContext *bad = not_a_context (i);

      assert_critical (g_assert_cmpuint (
        gctx_context_add_after_func (bad, ignore_after, NULL, NULL), ==, 0));
      assert_critical (g_assert_cmpuint (
        gctx_context_add_after_func_full (bad, NULL, 0, ignore_after, NULL, NULL), ==, 0));
      assert_critical (g_assert_false (gctx_context_remove_after_func (bad, 1)));
    }
  assert_critical (g_assert_cmpuint (
    gctx_context_add_after_func (context, NULL, NULL, NULL), ==, 0));
  assert_critical (g_assert_cmpuint (
    gctx_context_add_after_func_full (context, NULL, 0, NULL, NULL, NULL), ==, 0));

  /* 0 is what adding to the background gave; 12345 may have run long ago. */
  g_assert_false (gctx_context_remove_after_func (context, 0));
  g_assert_false (gctx_context_remove_after_func (context, 12345));
  g_assert_false (gctx_context_remove_after_func (gctx_context_background (), 12345));
}

static void
test_source_and_wait (void)
{
  int n_results = 0;
  int i;

  g_test_summary ("rule 20: waiting for what is no context is a critical and returns at once");

  for (i = 0; i < 2; i++)
    {
      GCtxContext *bad = not_a_context (i);
      GError *error = NULL;

      assert_critical (g_assert_null (gctx_context_create_source (bad)));
      assert_critical (gctx_context_wait (bad));
      assert_critical (gctx_context_wait_async (bad, NULL, count_result, &n_results));
      assert_critical (g_assert_false (gctx_context_sleep (bad, 1, &error)));
      g_clear_error (&error);
      assert_critical (gctx_context_sleep_async (bad, 1, NULL, count_result, &n_results));
    }
  test_iterate_pending (NULL);
  g_assert_cmpint (n_results, ==, 0);
}

static void
test_finish (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  GCtxContext *context = GCTX_CONTEXT (scope);
  GCancellable *bad = (GCancellable *) context;
  g_autoptr (GTask) other = g_task_new (gctx_context_background (), NULL, NULL, NULL);
  int n_results = 0;

  g_test_summary ("rule 20: finishing with somebody else's result is a critical");

  g_task_return_boolean (other, TRUE);
  assert_critical (g_assert_false (gctx_context_wait_finish (context, NULL, NULL)));
  assert_critical (g_assert_false (gctx_context_sleep_finish (context, NULL, NULL)));
  assert_critical (g_assert_false (
    gctx_context_wait_finish (context, G_ASYNC_RESULT (other), NULL)));
  assert_critical (g_assert_false (
    gctx_context_sleep_finish (context, G_ASYNC_RESULT (other), NULL)));
  assert_critical (g_assert_false (
    gctx_context_wait_finish (NULL, G_ASYNC_RESULT (other), NULL)));
  assert_critical (g_assert_false (
    gctx_context_sleep_finish (NULL, G_ASYNC_RESULT (other), NULL)));
  assert_critical (gctx_context_wait_async (context, bad, count_result, &n_results));
  assert_critical (gctx_context_sleep_async (context, 1, bad, count_result, &n_results));
  test_iterate_pending (NULL);
  g_assert_cmpint (n_results, ==, 0);
}

static void
test_error (void)
{
  GCtxContext *background = gctx_context_background ();
  g_autoptr (GError) error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "cancelled");
  g_autoptr (GError) dest = NULL;
  int i;

  g_test_summary ("rule 20: translating nothing, or by what is no context, is a critical");

  for (i = 0; i < 2; i++)
    {
      GError *mine = g_error_copy (error);
      GError *theirs = NULL;

      /* Nothing says who owns the error after a misuse, so it is not freed. */
      assert_critical (gctx_context_propagate_error (not_a_context (i), &theirs, mine));
      g_clear_error (&theirs);
      assert_critical (theirs = gctx_context_translate_error (not_a_context (i), error));
      g_clear_error (&theirs);
    }
  assert_critical (gctx_context_propagate_error (background, &dest, NULL));
  g_assert_no_error (dest);
  assert_critical (g_assert_null (gctx_context_translate_error (background, NULL)));
}

static void
test_key (void)
{
  g_test_summary ("rule 20: a key without a name or a type of value is a critical");

  assert_critical (g_assert_null (gctx_key_new (NULL, G_TYPE_INT)));
  assert_critical (g_assert_null (gctx_key_new ("nothing", G_TYPE_INVALID)));
  assert_critical (g_assert_null (gctx_key_new ("nothing", G_TYPE_NONE)));
  assert_critical (g_assert_null (gctx_key_ref (NULL)));
  assert_critical (gctx_key_unref (NULL));
  assert_critical (g_assert_null (gctx_key_get_name (NULL)));
  assert_critical (g_assert_cmpuint (gctx_key_get_value_type (NULL), ==, G_TYPE_INVALID));
}

static void
test_with_value (void)
{
  GCtxContext *background = gctx_context_background ();
  GValue value = G_VALUE_INIT;
  GValue unset = G_VALUE_INIT;
  int i;

  g_test_summary ("rule 20: a value without a context, a key or the key's type is a critical");

  g_value_init (&value, G_TYPE_STRING);
  g_value_set_static_string (&value, "ada");
  for (i = 0; i < 2; i++)
    {
      assert_critical (g_assert_null (
        gctx_context_with_value (not_a_context (i), string_key (), &value)));
      assert_critical (g_assert_null (
        gctx_context_with_values (not_a_context (i), string_key (), "ada", NULL)));
      assert_critical (g_assert_null (
        gctx_context_with_valuesv (not_a_context (i), NULL, 0, NULL, 0)));
    }
  assert_critical (g_assert_null (gctx_context_with_value (background, NULL, &value)));
  assert_critical (g_assert_null (gctx_context_with_value (background, string_key (), NULL)));
  assert_critical (g_assert_null (gctx_context_with_value (background, string_key (), &unset)));
  assert_critical (g_assert_null (gctx_context_with_value (background, int_key (), &value)));
  assert_critical (g_assert_null (gctx_context_with_value (background, object_key (), &value)));
}

static void
test_arrays (void)
{
  GCtxContext *background = gctx_context_background ();
  GCtxKey *keys[] = { string_key (), NULL };
  GValue values[2] = { G_VALUE_INIT, G_VALUE_INIT };
  const GError *no_cause = NULL;
  int i;

  g_test_summary ("rule 20: arrays that are missing, unequal or have holes are a critical");

  for (i = 0; i < 2; i++)
    {
      g_value_init (&values[i], G_TYPE_STRING);
      g_value_set_static_string (&values[i], "ada");
    }
  assert_critical (g_assert_null (gctx_context_with_valuesv (background, keys, 1, values, 2)));
  assert_critical (g_assert_null (gctx_context_with_valuesv (background, keys, 1, values, 0)));
  assert_critical (g_assert_null (gctx_context_with_valuesv (background, NULL, 1, values, 1)));
  assert_critical (g_assert_null (gctx_context_with_valuesv (background, keys, 1, NULL, 1)));
  assert_critical (g_assert_null (gctx_context_with_valuesv (background, keys, 2, values, 2)));

  assert_critical (g_assert_null (
    gctx_scope_new_fullv (background, 0, no_cause, keys, 1, values, 2)));
  assert_critical (g_assert_null (
    gctx_scope_new_fullv (background, 0, no_cause, NULL, 1, values, 1)));
  assert_critical (g_assert_null (
    gctx_scope_new_fullv (background, 0, no_cause, keys, 1, NULL, 1)));
  assert_critical (g_assert_null (
    gctx_scope_new_fullv (background, 0, no_cause, keys, 2, values, 2)));
}

static void
assert_getters_refuse (GCtxContext *context,
                       GCtxKey     *key)
{
  assert_critical (g_assert_null (gctx_context_get_value (context, key)));
  assert_critical (g_assert_false (gctx_context_has_value (context, key)));
  assert_critical (g_assert_null (gctx_context_get_string (context, key)));
  assert_critical (g_assert_null (gctx_context_get_object (context, key)));
  assert_critical (g_assert_null (gctx_context_get_boxed (context, key)));
  assert_critical (g_assert_null (gctx_context_get_variant (context, key)));
  assert_critical (g_assert_null (gctx_context_get_pointer (context, key)));
  assert_critical (g_assert_false (gctx_context_get_boolean (context, key)));
  assert_critical (g_assert_cmpint (gctx_context_get_int (context, key), ==, 0));
  assert_critical (g_assert_cmpint (gctx_context_get_int64 (context, key), ==, 0));
  assert_critical (g_assert_cmpuint (gctx_context_get_uint64 (context, key), ==, 0));
  assert_critical (g_assert_cmpfloat (gctx_context_get_double (context, key), ==, 0.0));
}

static void
test_getters (void)
{
  g_autoptr (GCtxContext) context =
    gctx_context_with_values (gctx_context_background (), string_key (), "ada", int_key (), 3, NULL);

  g_test_summary ("rule 20: a typed getter without a context, a key or the right key is a critical");

  assert_getters_refuse (not_a_context (0), string_key ());
  assert_getters_refuse (not_a_context (1), string_key ());
  assert_getters_refuse (context, NULL);

  assert_critical (g_assert_null (gctx_context_get_string (context, int_key ())));
  assert_critical (g_assert_null (gctx_context_get_object (context, string_key ())));
  assert_critical (g_assert_null (gctx_context_get_boxed (context, string_key ())));
  assert_critical (g_assert_null (gctx_context_get_variant (context, int_key ())));
  assert_critical (g_assert_null (gctx_context_get_pointer (context, int_key ())));
}

static void
test_scope_new (void)
{
  g_autoptr (GError) cause = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "why");
  int i;

  g_test_summary ("rule 20: a scope without a parent is a critical and NULL");

  for (i = 0; i < 2; i++)
    {
      GCtxContext *bad = not_a_context (i);

      assert_critical (g_assert_null (gctx_scope_new (bad)));
      assert_critical (g_assert_null (gctx_scope_new_with_deadline (bad, 0)));
      assert_critical (g_assert_null (gctx_scope_new_with_deadline_cause (bad, 0, cause)));
      assert_critical (g_assert_null (gctx_scope_new_with_timeout (bad, 0)));
      assert_critical (g_assert_null (gctx_scope_new_with_timeout_cause (bad, 0, cause)));
      assert_critical (g_assert_null (
        gctx_scope_new_full (bad, G_MAXINT64, cause, string_key (), "ada", NULL)));
      assert_critical (g_assert_null (gctx_scope_new_fullv (bad, 0, cause, NULL, 0, NULL, 0)));
    }
}

static void
test_scope (void)
{
  g_autoptr (GError) cause = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "why");
  int i;

  g_test_summary ("rule 20: what is no scope cannot be cancelled or closed");

  for (i = 0; i < 3; i++)
    {
      GCtxScope *bad = not_a_scope (i);

      assert_critical (g_assert_false (gctx_scope_cancel (bad)));
      assert_critical (g_assert_false (gctx_scope_cancel_with_cause (bad, cause)));
      assert_critical (g_assert_false (gctx_scope_cancel_with_cause (bad, NULL)));
      assert_critical (g_assert_false (gctx_scope_has_expired (bad)));
      assert_critical (gctx_scope_close (bad));
      assert_critical (gctx_scope_close_only (bad));
    }
  g_assert_false (gctx_context_is_done (gctx_context_background ()));
  g_assert_cmpuint (G_OBJECT (gctx_context_background ())->ref_count, >=, 1);
}

/* Before there is a class of either, which a missing one could be taken for. */
static void
test_zeroed (void)
{
  GTypeInstance instance = { NULL };

  g_test_summary ("rule 20: memory that was never set up is no context and no scope");

  if (!g_test_subprocess ())
    {
      g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
      g_test_trap_assert_passed ();
      return;
    }

  assert_critical (g_assert_false (gctx_context_is_done ((GCtxContext *) &instance)));
  assert_critical (g_assert_false (gctx_scope_cancel ((GCtxScope *) &instance)));
  assert_critical (g_assert_null (gctx_scope_new ((GCtxContext *) &instance)));
}

static void
test_bare_context (void)
{
  GCtxContext *context = g_object_new (GCTX_TYPE_CONTEXT, NULL);
  GCtxScope *scope = gctx_scope_new (context);
  gint64 deadline = -1;
  g_autofree char *path = gctx_context_to_string (context);

  g_test_summary ("rule 20: a bare context is a child of the background");

  g_assert_false (gctx_context_is_done (context));
  g_assert_null (gctx_context_get_error (context));
  g_assert_null (gctx_context_get_cancellable (context));
  g_assert_false (gctx_context_get_deadline (context, &deadline));
  g_assert_cmpint (deadline, ==, 0);
  g_assert_false (gctx_context_has_value (context, string_key ()));
  g_assert_true (g_str_has_prefix (path, "background"));
  g_assert_true (gctx_scope_cancel (scope));
  g_assert_false (gctx_context_is_done (context));
  test_assert_last_unref (scope);
  test_assert_last_unref (context);
}

static void
test_bare_scope (void)
{
  GCtxScope *scope = g_object_new (GCTX_TYPE_SCOPE, NULL);
  GCtxScope *dropped = g_object_new (GCTX_TYPE_SCOPE, NULL);
  GCtxContext *child =
    gctx_context_with_values (GCTX_CONTEXT (scope), string_key (), "ada", NULL);
  GCancellable *cancellable = gctx_context_get_cancellable (child);

  g_test_summary ("rule 20: a bare scope is a child of the background that can be cancelled");

  g_assert_false (gctx_context_is_done (GCTX_CONTEXT (scope)));
  g_assert_false (gctx_scope_has_expired (scope));
  g_assert_cmpstr (gctx_context_get_string (child, string_key ()), ==, "ada");
  g_assert_true (gctx_scope_cancel (scope));
  g_assert_true (g_cancellable_is_cancelled (cancellable));
  g_assert_false (gctx_scope_cancel (scope));
  test_assert_last_unref (child);
  test_assert_last_unref (scope);
  test_assert_last_unref (dropped);
}

/* Bindings offer run_dispose () on every object. */
static void
test_run_dispose (void)
{
  g_autoptr (GCtxScope) scope =
    gctx_scope_new_full (gctx_context_background (), G_MAXINT64, NULL, string_key (), "ada", NULL);
  g_autoptr (GCtxContext) child = gctx_context_with_values (GCTX_CONTEXT (scope), NULL);
  g_autofree char *path = NULL;

  g_test_summary ("rule 20: an object that was disposed by hand can still be used");

  g_object_run_dispose (G_OBJECT (scope));
  g_object_run_dispose (G_OBJECT (scope));
  g_object_run_dispose (G_OBJECT (child));
  gctx_context_get_cancellable (child);
  gctx_context_get_string (GCTX_CONTEXT (scope), string_key ());
  path = gctx_context_to_string (child);
  g_assert_nonnull (path);
  gctx_scope_cancel (scope);
  g_assert_true (gctx_context_is_done (GCTX_CONTEXT (scope)));
}

static void
count_run (GCtxContext *context,
           gpointer     user_data)
{
  (*(int *) user_data)++;
}

static void
test_run_dispose_and_go_on (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxScope) early = gctx_scope_new (GCTX_CONTEXT (scope));
  g_autoptr (GCtxScope) late = NULL;
  int n_runs = 0;

  g_test_summary ("rules 2, 20: a scope that was disposed by hand still ends all that is below it");

  gctx_context_add_after_func (GCTX_CONTEXT (scope), count_run, &n_runs, NULL);
  g_object_run_dispose (G_OBJECT (scope));
  gctx_context_add_after_func (GCTX_CONTEXT (scope), count_run, &n_runs, NULL);
  late = gctx_scope_new (GCTX_CONTEXT (scope));
  gctx_context_get_cancellable (GCTX_CONTEXT (late));
  test_iterate_pending (NULL);
  g_assert_cmpint (n_runs, ==, 0);

  g_assert_true (gctx_scope_cancel (scope));
  g_assert_true (gctx_context_is_done (GCTX_CONTEXT (early)));
  g_assert_true (gctx_context_is_done (GCTX_CONTEXT (late)));
  g_assert_true (g_cancellable_is_cancelled (gctx_context_get_cancellable (GCTX_CONTEXT (late))));
  test_iterate_pending (NULL);
  g_assert_cmpint (n_runs, ==, 2);
}

static void
test_run_dispose_of_adopted (void)
{
  g_autoptr (GCancellable) foreign = g_cancellable_new ();
  GCtxContext *context = gctx_context_from_cancellable (foreign);
  g_autoptr (GCtxContext) twin = gctx_context_from_cancellable (foreign);

  g_test_summary ("rules 9, 20: an adopted cancellable that was disposed by hand is read all the same, and let go");

  g_object_run_dispose (G_OBJECT (foreign));
  test_assert_last_unref (context);
  g_assert_false (gctx_context_is_done (twin));
  g_cancellable_cancel (foreign);
  g_assert_true (gctx_context_is_done (twin));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/misuse/context", test_context);
  g_test_add_func ("/gctx/misuse/any", test_any);
  g_test_add_func ("/gctx/misuse/out-arguments", test_out_arguments);
  g_test_add_func ("/gctx/misuse/cancellable", test_cancellable);
  g_test_add_func ("/gctx/misuse/after-func", test_after_func);
  g_test_add_func ("/gctx/misuse/source-and-wait", test_source_and_wait);
  g_test_add_func ("/gctx/misuse/finish", test_finish);
  g_test_add_func ("/gctx/misuse/error", test_error);
  g_test_add_func ("/gctx/misuse/key", test_key);
  g_test_add_func ("/gctx/misuse/with-value", test_with_value);
  g_test_add_func ("/gctx/misuse/arrays", test_arrays);
  g_test_add_func ("/gctx/misuse/getters", test_getters);
  g_test_add_func ("/gctx/misuse/scope-new", test_scope_new);
  g_test_add_func ("/gctx/misuse/scope", test_scope);
  g_test_add_func ("/gctx/misuse/zeroed", test_zeroed);
  g_test_add_func ("/gctx/misuse/bare-context", test_bare_context);
  g_test_add_func ("/gctx/misuse/bare-scope", test_bare_scope);
  g_test_add_func ("/gctx/misuse/run-dispose", test_run_dispose);
  g_test_add_func ("/gctx/misuse/run-dispose-and-go-on", test_run_dispose_and_go_on);
  g_test_add_func ("/gctx/misuse/run-dispose-of-adopted", test_run_dispose_of_adopted);

  return g_test_run ();
}
