/* test-outcome.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-tree.h"

static void
test_done_is_final (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  GCtxContext *context = GCTX_CONTEXT (scope);
  g_autoptr (GError) error = NULL;
  const GError *first;

  g_test_summary ("rule 1: a context is live or done, and done is final");

  assert_live (context);
  g_assert_true (gctx_context_check (context, &error));
  g_assert_no_error (error);

  g_assert_true (gctx_scope_cancel (scope));
  assert_ended (context, G_IO_ERROR_CANCELLED, 0);
  first = gctx_context_get_error (context);

  g_assert_false (gctx_scope_cancel (scope));
  g_assert_true (gctx_context_get_error (context) == first);
  g_assert_false (gctx_context_check (context, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_live (gctx_context_background ());
}

static void
test_first_cause_wins (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxContext) value = gctx_context_with_values (GCTX_CONTEXT (scope), NULL);

  g_test_summary ("rule 1: the first cause wins");

  g_assert_true (cancel_with (scope, 1));
  g_assert_false (cancel_with (scope, 2));
  g_assert_false (gctx_scope_cancel (scope));
  assert_ended (GCTX_CONTEXT (scope), G_IO_ERROR_CANCELLED, 1);
  assert_ended (value, G_IO_ERROR_CANCELLED, 1);
  g_assert_nonnull (strstr (gctx_context_get_error (value)->message, "cause number 1"));
}

static void
test_causes_of_a_subtree (void)
{
  g_autoptr (GCtxScope) parent = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxScope) plain = gctx_scope_new (GCTX_CONTEXT (parent));
  g_autoptr (GCtxScope) child = gctx_scope_new (GCTX_CONTEXT (parent));
  g_autoptr (GCtxContext) value = gctx_context_with_values (GCTX_CONTEXT (child), NULL);
  g_autoptr (GCtxScope) grandchild = gctx_scope_new (value);
  g_autoptr (GCtxScope) sibling = gctx_scope_new (GCTX_CONTEXT (parent));

  g_test_summary ("rule 1: a cause holds for the descendants that were still live, and no others");

  g_assert_true (gctx_scope_cancel (plain));
  g_assert_true (cancel_with (child, 2));
  assert_live (GCTX_CONTEXT (parent));
  assert_live (GCTX_CONTEXT (sibling));

  g_assert_true (cancel_with (parent, 1));
  assert_ended (GCTX_CONTEXT (parent), G_IO_ERROR_CANCELLED, 1);
  assert_ended (GCTX_CONTEXT (sibling), G_IO_ERROR_CANCELLED, 1);
  assert_ended (GCTX_CONTEXT (child), G_IO_ERROR_CANCELLED, 2);
  assert_ended (GCTX_CONTEXT (grandchild), G_IO_ERROR_CANCELLED, 2);
  assert_ended (GCTX_CONTEXT (plain), G_IO_ERROR_CANCELLED, 0);
  g_assert_false (cancel_with (sibling, 3));
  assert_ended (GCTX_CONTEXT (sibling), G_IO_ERROR_CANCELLED, 1);
}

static void
test_passed_deadline_beats_cancel (void)
{
  gint64 deadline = g_get_monotonic_time () + LEAD_USEC;
  g_autoptr (GCtxScope) scope = scope_with_deadline (gctx_context_background (), deadline, 1);

  g_test_summary ("rule 1: a deadline that passed before the cancel wins");

  spin_past (deadline);
  g_assert_false (cancel_with (scope, 2));
  assert_ended (GCTX_CONTEXT (scope), G_IO_ERROR_TIMED_OUT, 1);
  g_assert_true (gctx_scope_has_expired (scope));
}

static void
test_passed_deadline_above_the_cancel (void)
{
  gint64 deadline = g_get_monotonic_time () + LEAD_USEC;
  g_autoptr (GCtxScope) parent = scope_with_deadline (gctx_context_background (), deadline, 1);
  g_autoptr (GCtxScope) middle = gctx_scope_new (GCTX_CONTEXT (parent));
  g_autoptr (GCtxScope) child = gctx_scope_new (GCTX_CONTEXT (middle));

  g_test_summary ("rule 1: an ancestor's deadline that passed before the cancel wins");

  spin_past (deadline);
  g_assert_false (cancel_with (child, 2));
  assert_ended (GCTX_CONTEXT (child), G_IO_ERROR_TIMED_OUT, 1);
  assert_ended (GCTX_CONTEXT (middle), G_IO_ERROR_TIMED_OUT, 1);
  assert_ended (GCTX_CONTEXT (parent), G_IO_ERROR_TIMED_OUT, 1);
}

static void
test_passed_deadline_below_the_cancel (void)
{
  g_autoptr (GCtxScope) parent = gctx_scope_new (gctx_context_background ());
  gint64 deadline = g_get_monotonic_time () + LEAD_USEC;
  g_autoptr (GCtxScope) middle = gctx_scope_new (GCTX_CONTEXT (parent));
  g_autoptr (GCtxScope) child = scope_with_deadline (GCTX_CONTEXT (middle), deadline, 1);
  g_autoptr (GCtxScope) grandchild = gctx_scope_new (GCTX_CONTEXT (child));

  g_test_summary ("rule 1: a descendant's deadline that passed before the cancel wins there");

  /* The cancel comes in the same microsecond, before anybody else can have
   * noticed that the deadline passed. */
  spin_past (deadline);
  g_assert_true (cancel_with (parent, 2));
  assert_ended (GCTX_CONTEXT (parent), G_IO_ERROR_CANCELLED, 2);
  assert_ended (GCTX_CONTEXT (middle), G_IO_ERROR_CANCELLED, 2);
  assert_ended (GCTX_CONTEXT (child), G_IO_ERROR_TIMED_OUT, 1);
  assert_ended (GCTX_CONTEXT (grandchild), G_IO_ERROR_TIMED_OUT, 1);
}

static void
test_earlier_of_two_passed_deadlines (void)
{
  g_autoptr (GCtxScope) parent = NULL;
  g_autoptr (GCtxScope) child = NULL;
  g_autoptr (GCtxScope) grandchild = NULL;
  gint64 lead = LEAD_USEC;
  gint64 deadline;

  g_test_summary ("rule 1: of two deadlines that passed unseen the earlier one is the first cause");

  /* However slow the machine, all three are made before the deadlines. */
  do
    {
      g_clear_object (&grandchild);
      g_clear_object (&child);
      g_clear_object (&parent);
      deadline = g_get_monotonic_time () + lead;
      parent = scope_with_deadline (gctx_context_background (), deadline + 1, 1);
      child = scope_with_deadline (GCTX_CONTEXT (parent), deadline, 2);
      grandchild = scope_with_deadline (GCTX_CONTEXT (child), deadline + 1, 3);
      lead *= 2;
    }
  while (g_get_monotonic_time () >= deadline);

  spin_past (deadline + 1);
  assert_ended (GCTX_CONTEXT (parent), G_IO_ERROR_TIMED_OUT, 1);
  assert_ended (GCTX_CONTEXT (grandchild), G_IO_ERROR_TIMED_OUT, 2);
  assert_ended (GCTX_CONTEXT (child), G_IO_ERROR_TIMED_OUT, 2);
  g_assert_true (gctx_scope_has_expired (child));
  g_assert_false (gctx_scope_has_expired (grandchild));
}

static void
test_deadline_is_latched_at_its_owner (void)
{
  gint64 deadline = g_get_monotonic_time () + LEAD_USEC;
  g_autoptr (GCtxScope) owner = scope_with_deadline (gctx_context_background (), deadline, 1);
  g_autoptr (GCtxScope) sibling = gctx_scope_new (GCTX_CONTEXT (owner));
  g_autoptr (GCtxScope) child = gctx_scope_new (GCTX_CONTEXT (owner));
  g_autoptr (GCtxScope) grandchild = gctx_scope_new (GCTX_CONTEXT (child));
  const GError *cause;

  g_test_summary ("rule 1: get_cause settles the outcome, at the context that owns the deadline");

  spin_past (deadline);
  cause = gctx_context_get_cause (GCTX_CONTEXT (grandchild));
  g_assert_error (cause, TEST_DOMAIN, 1);
  g_assert_true (gctx_scope_has_expired (owner));
  g_assert_false (gctx_scope_has_expired (grandchild));
  g_assert_false (cancel_with (owner, 2));
  g_assert_false (cancel_with (sibling, 3));
  assert_ended (GCTX_CONTEXT (sibling), G_IO_ERROR_TIMED_OUT, 1);
}

static void
test_born_done (void)
{
  g_autoptr (GCtxScope) parent = gctx_scope_new (gctx_context_background ());
  GCtxContext *self = GCTX_CONTEXT (parent);
  GCtxContext *children[6];
  guint i;

  g_test_summary ("rule 6: a child of a done parent is born done, with its error and cause");

  g_assert_true (cancel_with (parent, 1));
  children[0] = GCTX_CONTEXT (gctx_scope_new (self));
  children[1] = GCTX_CONTEXT (scope_with_deadline (self, G_MININT64, 2));
  children[2] = gctx_context_with_values (self, NULL);
  children[3] = gctx_context_with_timeout (self, HOUR_USEC);
  children[4] = gctx_context_with_deadline (self, 0);
  children[5] = gctx_context_any (&self, 1);
  for (i = 0; i < G_N_ELEMENTS (children); i++)
    {
      assert_ended (children[i], G_IO_ERROR_CANCELLED, 1);
      g_assert_true (g_cancellable_is_cancelled (gctx_context_get_cancellable (children[i])));
    }
  g_assert_false (cancel_with (GCTX_SCOPE (children[0]), 3));
  assert_ended (children[0], G_IO_ERROR_CANCELLED, 1);
  g_assert_false (gctx_scope_has_expired (GCTX_SCOPE (children[1])));
  for (i = 0; i < G_N_ELEMENTS (children); i++)
    test_assert_last_unref (children[i]);
}

static void
test_born_done_by_its_deadline (void)
{
  const GTimeSpan timeouts[] = { 0, -1, G_MININT64 };
  guint i;

  g_test_summary ("rule 6: a deadline that is already past gives a child born done");

  for (i = 0; i < G_N_ELEMENTS (timeouts); i++)
    {
      g_autoptr (GCtxContext) context =
        gctx_context_with_timeout (gctx_context_background (), timeouts[i]);
      g_autoptr (GCtxScope) scope =
        scope_with_deadline (gctx_context_background (), g_get_monotonic_time () + timeouts[i] / 2, 1);
      g_autoptr (GCtxContext) child = gctx_context_with_values (GCTX_CONTEXT (scope), NULL);

      assert_ended (context, G_IO_ERROR_TIMED_OUT, 0);
      g_assert_true (g_cancellable_is_cancelled (gctx_context_get_cancellable (context)));
      assert_ended (child, G_IO_ERROR_TIMED_OUT, 1);
      g_assert_false (cancel_with (scope, 2));
      assert_ended (GCTX_CONTEXT (scope), G_IO_ERROR_TIMED_OUT, 1);
    }
}

static void
test_born_done_is_told (void)
{
  g_autoptr (GCtxContext) context = gctx_context_with_timeout (gctx_context_background (), 0);
  g_autoptr (GMainContext) elsewhere = g_main_context_new ();
  g_autoptr (GSource) source = gctx_context_create_source (context);
  int n_after = 0;
  int n_sources = 0;

  g_test_summary ("rule 6: what is asked of a context that was born done is ready at once");

  g_source_set_callback (source, G_SOURCE_FUNC (count_source), &n_sources, NULL);
  g_source_attach (source, elsewhere);
  gctx_context_add_after_func (context, count_after, &n_after, NULL);
  g_assert_cmpint (n_after, ==, 0);
  test_iterate_pending (NULL);
  g_assert_cmpint (n_after, ==, 1);
  test_iterate_pending (elsewhere);
  g_assert_cmpint (n_sources, ==, 1);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/outcome/done-is-final", test_done_is_final);
  g_test_add_func ("/gctx/outcome/first-cause-wins", test_first_cause_wins);
  g_test_add_func ("/gctx/outcome/causes-of-a-subtree", test_causes_of_a_subtree);
  g_test_add_func ("/gctx/outcome/passed-deadline/beats-cancel", test_passed_deadline_beats_cancel);
  g_test_add_func ("/gctx/outcome/passed-deadline/above-the-cancel",
                   test_passed_deadline_above_the_cancel);
  g_test_add_func ("/gctx/outcome/passed-deadline/below-the-cancel",
                   test_passed_deadline_below_the_cancel);
  g_test_add_func ("/gctx/outcome/passed-deadline/earlier-of-two",
                   test_earlier_of_two_passed_deadlines);
  g_test_add_func ("/gctx/outcome/passed-deadline/latched-at-its-owner",
                   test_deadline_is_latched_at_its_owner);
  g_test_add_func ("/gctx/outcome/born-done/by-its-parent", test_born_done);
  g_test_add_func ("/gctx/outcome/born-done/by-its-deadline", test_born_done_by_its_deadline);
  g_test_add_func ("/gctx/outcome/born-done/is-told", test_born_done_is_told);

  return g_test_run ();
}
