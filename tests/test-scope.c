/* test-scope.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-tree.h"

GCTX_DEFINE_KEY (user_key, "user", G_TYPE_STRING)
GCTX_DEFINE_KEY (attempt_key, "attempt", G_TYPE_INT)

static void
assert_cause (GCtxScope *scope,
              GQuark     domain,
              int        code)
{
  const GError *cause = gctx_context_get_cause (GCTX_CONTEXT (scope));

  g_assert_error (cause, domain, code);
}

static void
assert_deadline (GCtxScope *scope,
                 gint64     deadline)
{
  gint64 seen = -1;

  g_assert_true (gctx_context_get_deadline (GCTX_CONTEXT (scope), &seen));
  g_assert_cmpint (seen, ==, deadline);
}

static void
assert_no_deadline (GCtxScope *scope)
{
  gint64 seen = -1;

  g_assert_false (gctx_context_get_deadline (GCTX_CONTEXT (scope), &seen));
  g_assert_cmpint (seen, ==, 0);
}

static void
test_new (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxContext) face = gctx_context_with_values (GCTX_CONTEXT (scope), NULL);

  g_test_summary ("rule 1: a new scope is live and has no deadline of its own");

  g_assert_true (GCTX_IS_CONTEXT (scope));
  g_assert_false (gctx_context_is_done (GCTX_CONTEXT (scope)));
  assert_no_deadline (scope);
  g_assert_false (gctx_scope_has_expired (scope));

  /* What a callee is given that must not see the right to cancel. */
  g_assert_false (GCTX_IS_SCOPE (face));
  g_assert_true (gctx_scope_cancel (scope));
  g_assert_true (gctx_context_is_done (face));
}

static void
test_new_with_deadline (void)
{
  gint64 deadline = g_get_monotonic_time () + HOUR_USEC;
  g_autoptr (GCtxScope) scope = gctx_scope_new_with_deadline (gctx_context_background (), deadline);
  g_autoptr (GCtxScope) heir = gctx_scope_new (GCTX_CONTEXT (scope));
  g_autoptr (GCtxScope) later =
    gctx_scope_new_with_deadline (GCTX_CONTEXT (scope), deadline + HOUR_USEC);
  g_autoptr (GCtxScope) earlier =
    gctx_scope_new_with_deadline (GCTX_CONTEXT (scope), deadline - 1);

  g_test_summary ("rule 10: a scope's deadline is the earlier of its own and its parent's");

  assert_deadline (scope, deadline);
  assert_deadline (heir, deadline);
  assert_deadline (later, deadline);
  assert_deadline (earlier, deadline - 1);
}

static void
test_new_with_timeout (void)
{
  gint64 before = g_get_monotonic_time ();
  g_autoptr (GCtxScope) scope = gctx_scope_new_with_timeout (gctx_context_background (), HOUR_USEC);
  g_autoptr (GCtxScope) past = gctx_scope_new_with_timeout (gctx_context_background (), -1);
  g_autoptr (GCtxScope) endless =
    gctx_scope_new_with_timeout (gctx_context_background (), G_MAXINT64);
  gint64 seen = 0;

  g_test_summary ("rule 14: a timeout counts from now; it saturates, and none is past");

  g_assert_true (gctx_context_get_deadline (GCTX_CONTEXT (scope), &seen));
  g_assert_cmpint (seen, >=, before + HOUR_USEC);
  g_assert_cmpint (seen, <=, g_get_monotonic_time () + HOUR_USEC);
  g_assert_true (gctx_context_is_done (GCTX_CONTEXT (past)));
  g_assert_true (gctx_scope_has_expired (past));
  g_assert_false (gctx_context_is_done (GCTX_CONTEXT (endless)));
}

static void
test_cause_of_a_deadline (void)
{
  gint64 deadline = g_get_monotonic_time () + LEAD_USEC;
  GError *cause = g_error_new_literal (TEST_DOMAIN, 1, "the query took too long");
  g_autoptr (GCtxScope) scope =
    gctx_scope_new_with_deadline_cause (gctx_context_background (), deadline, cause);
  g_autoptr (GCtxScope) timed =
    gctx_scope_new_with_timeout_cause (gctx_context_background (), 0, cause);
  const GError *error;

  g_test_summary ("rule 15: the cause of a deadline is used when that deadline fires");

  /* The scope has its own copy. */
  g_error_free (cause);
  assert_cause (timed, TEST_DOMAIN, 1);
  spin_past (deadline);
  assert_cause (scope, TEST_DOMAIN, 1);
  error = gctx_context_get_error (GCTX_CONTEXT (scope));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_nonnull (strstr (error->message, "the query took too long"));
}

static void
test_cause_of_another_end (void)
{
  gint64 deadline = g_get_monotonic_time () + LEAD_USEC;
  g_autoptr (GError) cause = g_error_new_literal (TEST_DOMAIN, 1, "the query took too long");
  g_autoptr (GCtxScope) parent = gctx_scope_new_with_deadline (gctx_context_background (), deadline);
  g_autoptr (GCtxScope) later =
    gctx_scope_new_with_deadline_cause (GCTX_CONTEXT (parent), deadline + 1, cause);
  g_autoptr (GCtxScope) cancelled =
    gctx_scope_new_with_timeout_cause (gctx_context_background (), HOUR_USEC, cause);
  g_autoptr (GCtxScope) below =
    gctx_scope_new_with_timeout_cause (GCTX_CONTEXT (cancelled), HOUR_USEC / 2, cause);

  g_test_summary ("rule 15: the cause of a deadline is not used when something else ends the scope");

  g_assert_true (gctx_scope_cancel (cancelled));
  assert_cause (cancelled, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_cause (below, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  spin_past (deadline + 1);
  assert_cause (later, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
}

static void
test_new_full (void)
{
  gint64 deadline = g_get_monotonic_time () + HOUR_USEC;
  g_autoptr (GError) cause = g_error_new_literal (TEST_DOMAIN, 1, "the query took too long");
  g_autoptr (GObject) object = g_object_new (G_TYPE_OBJECT, NULL);
  g_autoptr (GCtxScope) scope =
    gctx_scope_new_full (gctx_context_background (), deadline, cause,
                         user_key (), "ada",
                         attempt_key (), 3,
                         object_key (), object,
                         NULL);
  GCtxContext *context = GCTX_CONTEXT (scope);

  g_test_summary ("rule 17: new_full makes one scope with a deadline and several values");

  assert_deadline (scope, deadline);
  g_assert_cmpstr (gctx_context_get_string (context, user_key ()), ==, "ada");
  g_assert_cmpint (gctx_context_get_int (context, attempt_key ()), ==, 3);
  g_assert_true (gctx_context_get_object (context, object_key ()) == object);
  g_assert_true (gctx_scope_cancel (scope));
  assert_cause (scope, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpstr (gctx_context_get_string (context, user_key ()), ==, "ada");
}

static void
test_new_full_without (void)
{
  gint64 deadline = g_get_monotonic_time () + HOUR_USEC;
  g_autoptr (GCtxScope) parent =
    gctx_scope_new_full (gctx_context_background (), deadline, NULL, user_key (), "ada", NULL);
  g_autoptr (GCtxScope) heir =
    gctx_scope_new_full (GCTX_CONTEXT (parent), G_MAXINT64, NULL, NULL, NULL);
  g_autoptr (GCtxScope) scope =
    gctx_scope_new_full (gctx_context_background (), G_MAXINT64, NULL, NULL, NULL);
  g_autoptr (GCtxScope) past =
    gctx_scope_new_full (gctx_context_background (), 0, NULL, user_key (), "bob", NULL);

  g_test_summary ("rule 10: G_MAXINT64 is no deadline of its own, and a parent's still holds");

  assert_no_deadline (scope);
  assert_deadline (heir, deadline);
  g_assert_cmpstr (gctx_context_get_string (GCTX_CONTEXT (heir), user_key ()), ==, "ada");
  g_assert_true (gctx_context_is_done (GCTX_CONTEXT (past)));
  g_assert_cmpstr (gctx_context_get_string (GCTX_CONTEXT (past), user_key ()), ==, "bob");
  assert_cause (past, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
}

static void
test_new_fullv (void)
{
  g_autoptr (GError) cause = g_error_new_literal (TEST_DOMAIN, 1, "the query took too long");
  GCtxKey *keys[] = { user_key (), attempt_key () };
  GValue values[2] = { G_VALUE_INIT, G_VALUE_INIT };
  g_autoptr (GCtxScope) scope = NULL;
  g_autoptr (GCtxScope) bare =
    gctx_scope_new_fullv (gctx_context_background (), G_MAXINT64, NULL, NULL, 0, NULL, 0);

  g_test_summary ("rule 17: new_fullv takes arrays, which stay the caller's");

  g_value_init (&values[0], G_TYPE_STRING);
  g_value_set_string (&values[0], "ada");
  g_value_init (&values[1], G_TYPE_INT);
  g_value_set_int (&values[1], 3);
  scope = gctx_scope_new_fullv (gctx_context_background (), 0, cause, keys, 2, values, 2);
  g_value_unset (&values[0]);
  g_value_unset (&values[1]);

  g_assert_cmpstr (gctx_context_get_string (GCTX_CONTEXT (scope), user_key ()), ==, "ada");
  g_assert_cmpint (gctx_context_get_int (GCTX_CONTEXT (scope), attempt_key ()), ==, 3);
  assert_cause (scope, TEST_DOMAIN, 1);
  assert_no_deadline (bare);
  g_assert_true (gctx_scope_cancel (bare));
}

static void
test_has_expired (void)
{
  g_autoptr (GCtxScope) cancelled = NULL;
  g_autoptr (GCtxScope) owner = NULL;
  g_autoptr (GCtxScope) equal = NULL;
  g_autoptr (GCtxScope) below = NULL;
  gint64 lead = LEAD_USEC;
  gint64 deadline;

  g_test_summary ("rule 1: has_expired settles the outcome, and is about the own deadline alone");

  /* However slow the machine, this one is cancelled before its deadline. */
  do
    {
      g_clear_object (&cancelled);
      deadline = g_get_monotonic_time () + lead;
      cancelled = gctx_scope_new_with_deadline (gctx_context_background (), deadline);
      lead *= 2;
    }
  while (!gctx_scope_cancel (cancelled));

  owner = gctx_scope_new_with_deadline (gctx_context_background (), deadline);
  equal = gctx_scope_new_with_deadline (GCTX_CONTEXT (owner), deadline);
  below = gctx_scope_new (GCTX_CONTEXT (owner));
  spin_past (deadline);

  /* The first call after the deadline: nothing else has looked. */
  g_assert_true (gctx_scope_has_expired (owner));
  g_assert_false (gctx_scope_has_expired (below));
  g_assert_false (gctx_scope_has_expired (equal));
  g_assert_false (gctx_scope_has_expired (cancelled));
  g_assert_true (gctx_context_is_done (GCTX_CONTEXT (equal)));
}

static void
test_close (void)
{
  GCtxScope *scope = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxContext) child = gctx_context_with_values (GCTX_CONTEXT (scope), NULL);
  g_autoptr (GCancellable) cancellable =
    g_object_ref (gctx_context_get_cancellable (GCTX_CONTEXT (scope)));
  gpointer weak = scope;

  g_test_summary ("rule 2: close is a cancel, and gives up the caller's reference");

  g_object_add_weak_pointer (G_OBJECT (scope), &weak);
  g_object_ref (scope);
  gctx_scope_close (scope);
  g_assert_true (weak == scope);
  g_assert_true (g_cancellable_is_cancelled (cancellable));
  g_assert_true (gctx_context_is_done (child));
  assert_cause (scope, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  gctx_scope_close (scope);
  g_clear_object (&child);
  g_assert_null (weak);
}

static void
test_close_keeps_the_first_cause (void)
{
  g_autoptr (GError) cause = g_error_new_literal (TEST_DOMAIN, 1, "the user left");
  GCtxScope *scope = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxScope) child = gctx_scope_new (GCTX_CONTEXT (scope));
  GCtxScope *expired = gctx_scope_new_with_timeout_cause (gctx_context_background (), 0, cause);
  g_autoptr (GCtxScope) below = gctx_scope_new (GCTX_CONTEXT (expired));

  g_test_summary ("rule 1: close does not change the outcome of a scope that is already done");

  g_assert_true (gctx_scope_cancel_with_cause (scope, cause));
  gctx_scope_close (scope);
  assert_cause (child, TEST_DOMAIN, 1);

  gctx_scope_close (expired);
  assert_cause (below, TEST_DOMAIN, 1);
  g_assert_false (gctx_scope_cancel (below));
}

static GCtxContext *
leave_early (GCtxContext *parent,
             gboolean     steal,
             GCtxScope  **stolen)
{
  g_autoptr (GCtxScopeCloser) scope = gctx_scope_new (parent);
  g_autoptr (GCtxContext) child = gctx_context_with_values (GCTX_CONTEXT (scope), NULL);

  if (steal)
    *stolen = g_steal_pointer (&scope);
  g_assert_false (gctx_context_is_done (child));
  return g_steal_pointer (&child);
}

static void
test_closer (void)
{
  g_autoptr (GCtxScope) parent = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxScope) stolen = NULL;
  g_autoptr (GCtxContext) left = leave_early (GCTX_CONTEXT (parent), FALSE, NULL);
  g_autoptr (GCtxContext) kept = leave_early (GCTX_CONTEXT (parent), TRUE, &stolen);

  g_test_summary ("rule 2: g_autoptr (GCtxScopeCloser) closes the scope at the end of its block");

  g_assert_true (gctx_context_is_done (left));
  g_assert_false (gctx_context_is_done (kept));
  g_assert_false (gctx_context_is_done (GCTX_CONTEXT (parent)));
  g_assert_true (gctx_scope_cancel (stolen));

  {
    G_GNUC_UNUSED g_autoptr (GCtxScopeCloser) nothing = NULL;
  }
}

static void
test_autoptr_only_unrefs (void)
{
  g_autoptr (GCtxContext) child = NULL;

  g_test_summary ("rule 7: g_autoptr (GCtxScope) gives up the reference and cancels nothing");

  {
    g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());

    child = gctx_context_with_timeout (GCTX_CONTEXT (scope), HOUR_USEC);
  }
  g_assert_false (gctx_context_is_done (child));
  g_assert_null (gctx_context_get_error (child));
  g_assert_false (g_cancellable_is_cancelled (gctx_context_get_cancellable (child)));
}

static void
test_derivable (void)
{
  GTypeQuery query;
  GType type;
  GCtxScope *scope;
  g_autoptr (GCtxContext) child = NULL;

  g_test_summary ("rule 20: a type can be derived from GCtxScope, as bindings do");

  g_type_query (GCTX_TYPE_SCOPE, &query);
  type = g_type_register_static_simple (GCTX_TYPE_SCOPE, "TestScope", query.class_size, NULL,
                                        query.instance_size, NULL, 0);
  g_assert_cmpuint (type, !=, G_TYPE_INVALID);
  scope = g_object_new (type, NULL);
  g_assert_true (GCTX_IS_SCOPE (scope));
  child = gctx_context_with_values (GCTX_CONTEXT (scope), user_key (), "ada", NULL);
  g_assert_true (gctx_scope_cancel (scope));
  g_assert_true (gctx_context_is_done (child));
  g_clear_object (&child);
  test_assert_last_unref (scope);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/scope/new", test_new);
  g_test_add_func ("/gctx/scope/new-with-deadline", test_new_with_deadline);
  g_test_add_func ("/gctx/scope/new-with-timeout", test_new_with_timeout);
  g_test_add_func ("/gctx/scope/cause/of-a-deadline", test_cause_of_a_deadline);
  g_test_add_func ("/gctx/scope/cause/of-another-end", test_cause_of_another_end);
  g_test_add_func ("/gctx/scope/new-full", test_new_full);
  g_test_add_func ("/gctx/scope/new-full/without", test_new_full_without);
  g_test_add_func ("/gctx/scope/new-fullv", test_new_fullv);
  g_test_add_func ("/gctx/scope/has-expired", test_has_expired);
  g_test_add_func ("/gctx/scope/close", test_close);
  g_test_add_func ("/gctx/scope/close/keeps-the-first-cause", test_close_keeps_the_first_cause);
  g_test_add_func ("/gctx/scope/closer", test_closer);
  g_test_add_func ("/gctx/scope/autoptr-only-unrefs", test_autoptr_only_unrefs);
  g_test_add_func ("/gctx/scope/derivable", test_derivable);

  return g_test_run ();
}
