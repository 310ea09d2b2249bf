/* test-deadline.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Which deadline a context has, and what is left of it. */

#include "test-held-clock.h"

GCTX_DEFINE_KEY (name_key, "name", G_TYPE_STRING)

static void
assert_deadline (GCtxContext *context,
                 gint64       expected)
{
  gint64 deadline = -1;

  g_assert_true (gctx_context_get_deadline (context, &deadline));
  g_assert_cmpint (deadline, ==, expected);
}

static void
assert_no_deadline (GCtxContext *context)
{
  gint64 deadline = -1;
  GTimeSpan remaining = -1;

  g_assert_false (gctx_context_get_deadline (context, &deadline));
  g_assert_cmpint (deadline, ==, 0);
  g_assert_false (gctx_context_get_remaining (context, &remaining));
  g_assert_cmpint (remaining, ==, 0);
  g_assert_cmpint (gctx_context_get_remaining_msec (context), ==, -1);
}

static void
test_earlier (void)
{
  g_autoptr (GCtxScope) parent = new_scope_ending_in (10 * SECOND);
  g_autoptr (GCtxContext) later = NULL;
  g_autoptr (GCtxContext) earlier = NULL;
  g_autoptr (GCtxScope) without = NULL;

  g_test_summary ("rule 10: a child's deadline is the earlier of its own and its parent's");

  later = gctx_context_with_deadline (GCTX_CONTEXT (parent), NOW + 20 * SECOND);
  earlier = gctx_context_with_timeout (GCTX_CONTEXT (parent), 5 * SECOND);
  without = gctx_scope_new_full (GCTX_CONTEXT (parent), G_MAXINT64, NULL, NULL);

  assert_deadline (GCTX_CONTEXT (parent), NOW + 10 * SECOND);
  assert_deadline (later, NOW + 10 * SECOND);
  assert_deadline (earlier, NOW + 5 * SECOND);
  assert_deadline (GCTX_CONTEXT (without), NOW + 10 * SECOND);
}

static void
test_constructors (void)
{
  g_autoptr (GError) cause = new_cause ();
  g_autoptr (GCtxScope) deadline = NULL;
  g_autoptr (GCtxScope) deadline_cause = NULL;
  g_autoptr (GCtxScope) timeout_cause = NULL;
  g_autoptr (GCtxScope) full = NULL;

  g_test_summary ("rule 10: every constructor that takes a deadline sets it, and not before is it past");

  deadline = gctx_scope_new_with_deadline (gctx_context_background (), NOW + 1);
  deadline_cause = gctx_scope_new_with_deadline_cause (gctx_context_background (), NOW + 2, cause);
  timeout_cause = gctx_scope_new_with_timeout_cause (gctx_context_background (), 3, cause);
  full = gctx_scope_new_full (gctx_context_background (), NOW + 4, cause, name_key (), "Ada", NULL);

  assert_deadline (GCTX_CONTEXT (deadline), NOW + 1);
  assert_deadline (GCTX_CONTEXT (deadline_cause), NOW + 2);
  assert_deadline (GCTX_CONTEXT (timeout_cause), NOW + 3);
  assert_deadline (GCTX_CONTEXT (full), NOW + 4);

  gctx_clock_advance (3);
  assert_timed_out (GCTX_CONTEXT (deadline));
  assert_timed_out (GCTX_CONTEXT (deadline_cause));
  assert_timed_out (GCTX_CONTEXT (timeout_cause));
  g_assert_false (gctx_context_is_done (GCTX_CONTEXT (full)));
  g_assert_error (gctx_context_get_cause (GCTX_CONTEXT (deadline)), G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_error (gctx_context_get_cause (GCTX_CONTEXT (timeout_cause)), G_FILE_ERROR, G_FILE_ERROR_NOSPC);
}

static void
test_none (void)
{
  g_autoptr (GCtxScope) plain = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxScope) full = gctx_scope_new_full (gctx_context_background (), G_MAXINT64, NULL, NULL);
  g_autoptr (GCtxScope) timed = new_scope_ending_in (SECOND);
  g_autoptr (GCtxContext) shielded = gctx_context_without_cancel (GCTX_CONTEXT (timed));

  g_test_summary ("rule 10: where there is no deadline, the getters say so");

  assert_no_deadline (gctx_context_background ());
  assert_no_deadline (GCTX_CONTEXT (plain));
  assert_no_deadline (GCTX_CONTEXT (full));
  assert_no_deadline (shielded);

  gctx_clock_advance (2 * SECOND);
  g_assert_false (gctx_context_is_done (shielded));
}

static void
test_merged (void)
{
  g_autoptr (GCtxScope) first = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxScope) second = new_scope_ending_in (20 * SECOND);
  g_autoptr (GCtxScope) third = new_scope_ending_in (10 * SECOND);
  GCtxContext *contexts[] = { GCTX_CONTEXT (first), GCTX_CONTEXT (second), GCTX_CONTEXT (third) };
  g_autoptr (GCtxContext) merged = gctx_context_any (contexts, G_N_ELEMENTS (contexts));
  g_autoptr (GCtxContext) back = gctx_context_from_cancellable (gctx_context_get_cancellable (GCTX_CONTEXT (second)));

  g_test_summary ("rules 10, 11: any has the earliest deadline, from_cancellable that of its context");

  assert_deadline (merged, NOW + 10 * SECOND);
  assert_deadline (back, NOW + 20 * SECOND);

  gctx_clock_advance (10 * SECOND);
  assert_timed_out (merged);
  g_assert_false (gctx_context_is_done (back));

  gctx_clock_advance (10 * SECOND);
  assert_timed_out (back);
}

static void
test_parent_expires (void)
{
  g_autoptr (GError) cause = new_cause ();
  g_autoptr (GError) unused = g_error_new_literal (G_FILE_ERROR, G_FILE_ERROR_IO, "unused");
  g_autoptr (GCtxScope) parent = NULL;
  g_autoptr (GCtxScope) equal = NULL;
  g_autoptr (GCtxScope) later = NULL;

  g_test_summary ("rule 10: with the parent's deadline earlier or equal, it is the parent that expires");

  parent = gctx_scope_new_with_timeout_cause (gctx_context_background (), SECOND, cause);
  equal = gctx_scope_new_with_timeout_cause (GCTX_CONTEXT (parent), SECOND, unused);
  later = gctx_scope_new_with_timeout_cause (GCTX_CONTEXT (equal), 2 * SECOND, unused);

  gctx_clock_advance (3 * SECOND);
  assert_timed_out (GCTX_CONTEXT (later));
  assert_timed_out (GCTX_CONTEXT (equal));
  g_assert_false (gctx_scope_has_expired (later));
  g_assert_false (gctx_scope_has_expired (equal));
  g_assert_true (gctx_scope_has_expired (parent));
  g_assert_error (gctx_context_get_cause (GCTX_CONTEXT (later)), G_FILE_ERROR, G_FILE_ERROR_NOSPC);
  g_assert_error (gctx_context_get_cause (GCTX_CONTEXT (equal)), G_FILE_ERROR, G_FILE_ERROR_NOSPC);
}

static void
test_child_expires (void)
{
  g_autoptr (GCtxScope) parent = new_scope_ending_in (10 * SECOND);
  g_autoptr (GCtxScope) child = gctx_scope_new_with_timeout (GCTX_CONTEXT (parent), SECOND);

  g_test_summary ("rule 10: a child's own deadline ends the child and not the parent");

  gctx_clock_advance (SECOND);
  assert_timed_out (GCTX_CONTEXT (child));
  g_assert_true (gctx_scope_has_expired (child));
  g_assert_false (gctx_context_is_done (GCTX_CONTEXT (parent)));
  g_assert_false (gctx_scope_has_expired (parent));

  /* The parent's turn comes, and leaves the child's outcome alone. */
  gctx_clock_advance (10 * SECOND);
  assert_timed_out (GCTX_CONTEXT (parent));
  g_assert_true (gctx_scope_has_expired (parent));
  g_assert_true (gctx_scope_has_expired (child));
}

static void
test_exactly_now (void)
{
  g_autoptr (GCtxContext) now = gctx_context_with_deadline (gctx_context_background (), NOW);
  g_autoptr (GCtxContext) next = gctx_context_with_deadline (gctx_context_background (), NOW + 2);

  g_test_summary ("rules 6, 11: a deadline is past from its own microsecond on");

  assert_timed_out (now);
  g_assert_false (gctx_context_is_done (next));
  gctx_clock_advance (1);
  g_assert_false (gctx_context_is_done (next));
  g_assert_true (gctx_context_check (next, NULL));
  g_assert_null (gctx_context_get_error (next));
  gctx_clock_advance (1);
  assert_timed_out (next);
}

static void
test_saturation (void)
{
  g_autoptr (GCtxContext) far = gctx_context_with_deadline (gctx_context_background (), G_MAXINT64 - 1);
  g_autoptr (GCtxContext) endless = gctx_context_with_timeout (gctx_context_background (), G_MAXINT64);
  g_autoptr (GCtxScope) never = gctx_scope_new_with_deadline (gctx_context_background (), G_MAXINT64);
  g_autoptr (GCtxContext) past = gctx_context_with_deadline (gctx_context_background (), G_MININT64);
  g_autoptr (GCtxScope) before = new_scope_ending_in (G_MININT64);
  g_autoptr (GCtxScope) zero = new_scope_ending_in (0);
  g_autoptr (GCtxScope) negative = new_scope_ending_in (-1);
  GTimeSpan remaining = 0;

  g_test_summary ("rule 14: times saturate; zero and negative timeouts are past");

  assert_timed_out (past);
  assert_timed_out (GCTX_CONTEXT (before));
  assert_timed_out (GCTX_CONTEXT (zero));
  assert_timed_out (GCTX_CONTEXT (negative));
  g_assert_true (gctx_scope_has_expired (zero));
  g_assert_cmpint (gctx_context_get_remaining_msec (past), ==, 0);

  gctx_clock_advance (1000000 * SECOND);
  g_assert_false (gctx_context_is_done (far));
  g_assert_false (gctx_context_is_done (endless));
  g_assert_false (gctx_context_is_done (GCTX_CONTEXT (never)));
  assert_deadline (far, G_MAXINT64 - 1);
  g_assert_true (gctx_context_get_remaining (far, &remaining));
  g_assert_cmpint (remaining, ==, G_MAXINT64 - 1 - NOW - 1000000 * SECOND);
  g_assert_cmpint (gctx_context_get_remaining_msec (far), ==, G_MAXINT);
}

static void
test_remaining (void)
{
  static const struct
  {
    GTimeSpan timeout;
    gint      msec;
  } table[] = {
    { 1, 1 },
    { MSEC - 1, 1 },
    { MSEC, 1 },
    { MSEC + 1, 2 },
    { 90 * SECOND, 90000 },
    { G_MAXINT * MSEC, G_MAXINT },
    { G_MAXINT * MSEC + 1, G_MAXINT },
    { 0, 0 },
    { -SECOND, 0 },
  };
  g_autoptr (GCtxScope) scope = new_scope_ending_in (SECOND);
  GTimeSpan remaining = -1;
  gsize i;

  g_test_summary ("rule 14: what remains never goes below 0; in milliseconds it is rounded up and clamped");

  for (i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_autoptr (GCtxContext) context = gctx_context_with_timeout (gctx_context_background (), table[i].timeout);

      g_assert_true (gctx_context_get_remaining (context, &remaining));
      g_assert_cmpint (remaining, ==, MAX (table[i].timeout, 0));
      g_assert_cmpint (gctx_context_get_remaining_msec (context), ==, table[i].msec);
    }

  gctx_clock_advance (SECOND - 1);
  g_assert_true (gctx_context_get_remaining (GCTX_CONTEXT (scope), &remaining));
  g_assert_cmpint (remaining, ==, 1);
  gctx_clock_advance (SECOND);
  g_assert_true (gctx_context_get_remaining (GCTX_CONTEXT (scope), &remaining));
  g_assert_cmpint (remaining, ==, 0);
  g_assert_cmpint (gctx_context_get_remaining_msec (GCTX_CONTEXT (scope)), ==, 0);
}

static const TestCase cases[] = {
  { "earlier", test_earlier },
  { "constructors", test_constructors },
  { "none", test_none },
  { "merged", test_merged },
  { "parent-expires", test_parent_expires },
  { "child-expires", test_child_expires },
  { "exactly-now", test_exactly_now },
  { "saturation", test_saturation },
  { "remaining", test_remaining },
};

int
main (int   argc,
      char *argv[])
{
  return run_cases (argc, argv, "deadline", cases, G_N_ELEMENTS (cases));
}
