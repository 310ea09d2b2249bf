/* test-error.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-tree.h"

/* Errors of this domain have private data, so that their copies can be counted. */
static int n_counted;

static void
counted_error_init (GError *error)
{
  g_atomic_int_inc (&n_counted);
}

static void
counted_error_copy (const GError *src,
                    GError       *dest)
{
  g_assert_cmpint (g_atomic_int_get (&n_counted), >=, 2);
}

static void
counted_error_clear (GError *error)
{
  g_atomic_int_add (&n_counted, -1);
}

static GQuark
counted_error_quark (void)
{
  static GQuark quark;

  if (quark == 0)
    quark = g_error_domain_register_static ("gctx-test-counted", sizeof (gpointer),
                                            counted_error_init, counted_error_copy,
                                            counted_error_clear);
  return quark;
}

static void
assert_same_error (const GError *one,
                   const GError *other)
{
  g_assert_nonnull (one);
  g_assert_nonnull (other);
  g_assert_error (one, other->domain, other->code);
  g_assert_cmpstr (one->message, ==, other->message);
}

/* A scope that has just run into its deadline, for a reason. */
static GCtxScope *
timed_out_scope (void)
{
  g_autoptr (GError) cause = g_error_new_literal (TEST_DOMAIN, 1, "the query took too long");

  return gctx_scope_new_with_timeout_cause (gctx_context_background (), 0, cause);
}

static GError *
cancelled_error (void)
{
  return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "Operation was cancelled");
}

static void
test_error_of_a_cancel (void)
{
  g_autoptr (GError) cause = g_error_new_literal (TEST_DOMAIN, 7, "the user closed the window");
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  const GError *error, *seen;

  g_test_summary ("rule 15: a cancel is G_IO_ERROR_CANCELLED with the cause's message in its own");

  g_assert_true (gctx_scope_cancel_with_cause (scope, cause));
  error = gctx_context_get_error (GCTX_CONTEXT (scope));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_nonnull (strstr (error->message, "the user closed the window"));
  seen = gctx_context_get_cause (GCTX_CONTEXT (scope));
  assert_same_error (seen, cause);
  g_assert_true (seen != cause);
}

static void
test_error_of_a_deadline (void)
{
  g_autoptr (GCtxScope) scope = timed_out_scope ();
  g_autoptr (GCtxContext) plain = gctx_context_with_timeout (gctx_context_background (), 0);
  const GError *error;

  g_test_summary ("rule 15: a deadline is G_IO_ERROR_TIMED_OUT with the cause's message in its own");

  error = gctx_context_get_error (GCTX_CONTEXT (scope));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_nonnull (strstr (error->message, "the query took too long"));
  g_assert_error (gctx_context_get_cause (GCTX_CONTEXT (scope)), TEST_DOMAIN, 1);

  error = gctx_context_get_error (plain);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_cmpstr (error->message, !=, "");
}

static void
test_any_error_is_a_cause (void)
{
  const int codes[] = { G_IO_ERROR_TIMED_OUT, G_IO_ERROR_CANCELLED, G_IO_ERROR_FAILED };
  g_autoptr (GError) cancelled = cancelled_error ();
  g_autoptr (GCtxScope) timed =
    gctx_scope_new_with_timeout_cause (gctx_context_background (), 0, cancelled);
  guint i;

  g_test_summary ("rule 15: the cause is any error, and has no say in what get_error is");

  for (i = 0; i < G_N_ELEMENTS (codes); i++)
    {
      g_autoptr (GError) cause = g_error_new (G_IO_ERROR, codes[i], "reason %% %u", i);
      g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
      const GError *error;

      g_assert_true (gctx_scope_cancel_with_cause (scope, cause));
      error = gctx_context_get_error (GCTX_CONTEXT (scope));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_assert_nonnull (strstr (error->message, cause->message));
      assert_same_error (gctx_context_get_cause (GCTX_CONTEXT (scope)), cause);
    }
  g_assert_error (gctx_context_get_error (GCTX_CONTEXT (timed)), G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  assert_same_error (gctx_context_get_cause (GCTX_CONTEXT (timed)), cancelled);
}

static void
test_cancel_after_a_deadline (void)
{
  g_autoptr (GCtxScope) scope = timed_out_scope ();
  g_autoptr (GError) cause = g_error_new_literal (TEST_DOMAIN, 2, "too late");

  g_test_summary ("rule 15: a cancel after a deadline fired does not erase the deadline's cause");

  g_assert_false (gctx_scope_cancel_with_cause (scope, cause));
  g_assert_false (gctx_scope_cancel (scope));
  g_assert_error (gctx_context_get_error (GCTX_CONTEXT (scope)), G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_error (gctx_context_get_cause (GCTX_CONTEXT (scope)), TEST_DOMAIN, 1);
}

static void
test_errors_last_as_long_as_the_context (void)
{
  GCtxScope *scope = timed_out_scope ();
  g_autoptr (GCtxContext) child = gctx_context_with_values (GCTX_CONTEXT (scope), NULL);
  const GError *error = gctx_context_get_error (child);
  const GError *cause = gctx_context_get_cause (child);
  g_autoptr (GError) copy = NULL;

  g_test_summary ("rule 15: get_error and get_cause stay good as long as the context they came from");

  gctx_scope_close (scope);
  g_assert_false (gctx_context_check (child, &copy));
  assert_same_error (error, copy);
  g_assert_true (copy != error);
  g_clear_error (&copy);
  g_assert_false (gctx_context_check (child, NULL));
  g_assert_nonnull (strstr (error->message, cause->message));
  g_assert_true (gctx_context_get_error (child) == error);
}

static void
test_causes_are_freed (void)
{
  GError *cause;
  GCtxScope *scope, *unfired;

  g_test_summary ("rule 15: a cause with data of its own is copied whole, and freed with the context");

  cause = g_error_new_literal (counted_error_quark (), 1, "counted");
  scope = gctx_scope_new (gctx_context_background ());
  unfired = gctx_scope_new_with_timeout_cause (gctx_context_background (), 3600 * G_TIME_SPAN_SECOND,
                                               cause);
  g_assert_true (gctx_scope_cancel_with_cause (scope, cause));
  g_assert_false (gctx_scope_cancel_with_cause (scope, cause));
  g_assert_true (gctx_scope_cancel (unfired));
  g_error_free (cause);
  g_assert_cmpint (n_counted, >, 0);
  g_assert_error (gctx_context_get_cause (GCTX_CONTEXT (scope)), counted_error_quark (), 1);

  test_assert_last_unref (unfired);
  test_assert_last_unref (scope);
  g_assert_cmpint (n_counted, ==, 0);
}

static void
test_propagate_once_done (void)
{
  g_autoptr (GCtxScope) scope = timed_out_scope ();
  g_autoptr (GError) dest = NULL;

  g_test_summary ("rule 16: a G_IO_ERROR_CANCELLED met while done becomes the context's error");

  gctx_context_propagate_error (GCTX_CONTEXT (scope), &dest, cancelled_error ());
  assert_same_error (dest, gctx_context_get_error (GCTX_CONTEXT (scope)));
  g_assert_true (dest != gctx_context_get_error (GCTX_CONTEXT (scope)));

  /* Whoever does not want the error still gives it away. */
  gctx_context_propagate_error (GCTX_CONTEXT (scope), NULL, cancelled_error ());
}

static void
test_propagate_untouched (void)
{
  g_autoptr (GCtxScope) done = timed_out_scope ();
  g_autoptr (GCtxScope) live = gctx_scope_new (gctx_context_background ());
  GCtxContext *contexts[] = {
    GCTX_CONTEXT (live), GCTX_CONTEXT (done), GCTX_CONTEXT (done), GCTX_CONTEXT (done),
  };
  GError *errors[] = {
    cancelled_error (),
    g_error_new_literal (G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "Socket I/O timed out"),
    g_error_new_literal (G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "No such file"),
    g_error_new_literal (TEST_DOMAIN, G_IO_ERROR_CANCELLED, "of another domain"),
  };
  guint i;

  g_test_summary ("rule 16: every other error, and every error met while live, passes untouched");

  for (i = 0; i < G_N_ELEMENTS (errors); i++)
    {
      g_autoptr (GError) before = g_error_copy (errors[i]);
      g_autoptr (GError) dest = NULL;

      gctx_context_propagate_error (contexts[i], &dest, errors[i]);
      assert_same_error (dest, before);
    }
}

static void
test_propagate_settles (void)
{
  gint64 deadline = g_get_monotonic_time () + LEAD_USEC;
  g_autoptr (GCtxContext) context =
    gctx_context_with_deadline (gctx_context_background (), deadline);
  g_autoptr (GCtxContext) child = gctx_context_with_values (context, NULL);
  g_autoptr (GError) dest = NULL;

  g_test_summary ("rule 16: propagate_error sees a deadline that nobody has noticed yet");

  spin_past (deadline);
  gctx_context_propagate_error (child, &dest, cancelled_error ());
  g_assert_error (dest, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
}

static void
test_propagate_of_an_operation (void)
{
  g_autoptr (GError) cause = g_error_new_literal (TEST_DOMAIN, 7, "the user closed the window");
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  GCancellable *cancellable = gctx_context_get_cancellable (GCTX_CONTEXT (scope));
  g_autoptr (GError) dest = NULL;
  GError *error = NULL;

  g_test_summary ("rule 16: what GIO reports becomes the reason why the context ended");

  g_assert_true (gctx_scope_cancel_with_cause (scope, cause));
  g_assert_true (g_cancellable_set_error_if_cancelled (cancellable, &error));
  g_assert_null (strstr (error->message, "the user closed the window"));
  gctx_context_propagate_error (GCTX_CONTEXT (scope), &dest, error);
  g_assert_error (dest, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_nonnull (strstr (dest->message, "the user closed the window"));
}

static void
test_translate (void)
{
  g_autoptr (GCtxScope) done = timed_out_scope ();
  g_autoptr (GCtxScope) live = gctx_scope_new (gctx_context_background ());
  g_autoptr (GError) cancelled = cancelled_error ();
  g_autoptr (GError) other = g_error_new_literal (TEST_DOMAIN, 5, "something else");
  g_autoptr (GError) became = gctx_context_translate_error (GCTX_CONTEXT (done), cancelled);
  g_autoptr (GError) stayed = gctx_context_translate_error (GCTX_CONTEXT (live), cancelled);
  g_autoptr (GError) passed = gctx_context_translate_error (GCTX_CONTEXT (done), other);

  g_test_summary ("rule 16: translate_error does the same to a copy");

  assert_same_error (became, gctx_context_get_error (GCTX_CONTEXT (done)));
  assert_same_error (stayed, cancelled);
  assert_same_error (passed, other);
  g_assert_true (became != gctx_context_get_error (GCTX_CONTEXT (done)));
  g_assert_true (stayed != cancelled);
  g_assert_true (passed != other);
  g_assert_error (cancelled, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/error/of-a-cancel", test_error_of_a_cancel);
  g_test_add_func ("/gctx/error/of-a-deadline", test_error_of_a_deadline);
  g_test_add_func ("/gctx/error/any-error-is-a-cause", test_any_error_is_a_cause);
  g_test_add_func ("/gctx/error/cancel-after-a-deadline", test_cancel_after_a_deadline);
  g_test_add_func ("/gctx/error/last-as-long-as-the-context",
                   test_errors_last_as_long_as_the_context);
  g_test_add_func ("/gctx/error/causes-are-freed", test_causes_are_freed);
  g_test_add_func ("/gctx/error/propagate/once-done", test_propagate_once_done);
  g_test_add_func ("/gctx/error/propagate/untouched", test_propagate_untouched);
  g_test_add_func ("/gctx/error/propagate/settles", test_propagate_settles);
  g_test_add_func ("/gctx/error/propagate/of-an-operation", test_propagate_of_an_operation);
  g_test_add_func ("/gctx/error/translate", test_translate);

  return g_test_run ();
}
