/* test-expiry.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What a context answers once its deadline has passed. */

#include "test-held-clock.h"

GCTX_DEFINE_KEY (name_key, "name", G_TYPE_STRING)

/* A context that takes its deadline from two levels above it. */
static GCtxContext *
new_grandchild_ending_in (GTimeSpan timeout)
{
  g_autoptr (GCtxContext) top = gctx_context_with_timeout (gctx_context_background (), timeout);
  g_autoptr (GCtxScope) middle = gctx_scope_new (top);

  return gctx_context_with_values (GCTX_CONTEXT (middle), name_key (), "Ada", NULL);
}

static void
test_passed_questions (void)
{
  g_autoptr (GCtxContext) asked_is_done = new_grandchild_ending_in (SECOND);
  g_autoptr (GCtxContext) asked_check = new_grandchild_ending_in (SECOND);
  g_autoptr (GCtxContext) asked_error = new_grandchild_ending_in (SECOND);
  g_autoptr (GCtxContext) asked_cause = new_grandchild_ending_in (SECOND);
  g_autoptr (GCtxScope) asked_expired = new_scope_ending_in (SECOND);
  g_autoptr (GError) error = NULL;

  g_test_summary ("rule 11: the first question after the deadline, whichever, is told that it passed");

  gctx_clock_advance (SECOND);
  g_assert_true (gctx_context_is_done (asked_is_done));
  g_assert_false (gctx_context_check (asked_check, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_error (gctx_context_get_error (asked_error), G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_error (gctx_context_get_cause (asked_cause), G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_true (gctx_scope_has_expired (asked_expired));
}

static void
test_passed_cancellable (void)
{
  g_autoptr (GCtxContext) first_asked_late = new_grandchild_ending_in (SECOND);
  g_autoptr (GCtxContext) asked_before = new_grandchild_ending_in (SECOND);
  g_autoptr (GCtxContext) created = new_grandchild_ending_in (SECOND);
  g_autoptr (GCancellable) fresh = NULL;

  g_test_summary ("rule 11: a cancellable asked for after the deadline is a cancelled one");

  g_assert_false (g_cancellable_is_cancelled (gctx_context_get_cancellable (asked_before)));

  gctx_clock_advance (SECOND);
  g_assert_true (g_cancellable_is_cancelled (gctx_context_get_cancellable (first_asked_late)));
  g_assert_true (g_cancellable_is_cancelled (gctx_context_get_cancellable (asked_before)));
  fresh = gctx_context_create_cancellable (created);
  g_assert_true (g_cancellable_is_cancelled (fresh));
}

static gboolean
count_source (GCtxContext *context,
              gpointer     user_data)
{
  ++*(int *) user_data;
  return G_SOURCE_REMOVE;
}

static void
test_passed_source (void)
{
  g_autoptr (GMainContext) loop = g_main_context_new ();
  g_autoptr (GCtxContext) context = new_grandchild_ending_in (SECOND);
  g_autoptr (GSource) source = NULL;
  int n_fired = 0;

  g_test_summary ("rule 11: a source made after the deadline is ready");

  gctx_clock_advance (SECOND);
  source = gctx_context_create_source (context);
  g_source_set_callback (source, G_SOURCE_FUNC (count_source), &n_fired, NULL);
  g_source_attach (source, loop);

  g_assert_true (g_main_context_pending (loop));
  test_iterate_pending (loop);
  g_assert_cmpint (n_fired, ==, 1);
}

static void
test_passed_wait (void)
{
  g_autoptr (GCtxContext) context = new_grandchild_ending_in (SECOND);

  g_test_summary ("rule 11: a wait that starts after the deadline returns");

  gctx_clock_advance (SECOND);
  gctx_context_wait (context);
  assert_timed_out (context);
}

static void
test_passed_children (void)
{
  g_autoptr (GError) cause = new_cause ();
  g_autoptr (GCtxScope) scope = NULL;
  GCtxContext *context;
  GCtxContext *children[6];
  gsize i;

  g_test_summary ("rules 6, 11: a child that is derived after the deadline is born done");

  for (i = 0; i < G_N_ELEMENTS (children); i++)
    {
      g_clear_object (&scope);
      scope = gctx_scope_new_with_timeout_cause (gctx_context_background (), SECOND, cause);
      context = GCTX_CONTEXT (scope);
      gctx_clock_advance (SECOND);

      /* Each derivation is the first that the new scope hears of the time. */
      switch (i)
        {
        case 0: children[i] = GCTX_CONTEXT (gctx_scope_new (context)); break;
        case 1: children[i] = gctx_context_with_timeout (context, 10 * SECOND); break;
        case 2: children[i] = gctx_context_with_deadline (context, G_MININT64); break;
        case 3: children[i] = gctx_context_with_values (context, name_key (), "Ada", NULL); break;
        case 4: children[i] = gctx_context_any (&context, 1); break;
        default: children[i] = gctx_context_from_cancellable (gctx_context_get_cancellable (context)); break;
        }

      assert_timed_out (children[i]);
      g_assert_error (gctx_context_get_cause (children[i]), G_FILE_ERROR, G_FILE_ERROR_NOSPC);
      g_object_unref (children[i]);
    }

  {
    g_autoptr (GCtxContext) shielded = gctx_context_without_cancel (GCTX_CONTEXT (scope));

    g_assert_false (gctx_context_is_done (shielded));
  }
}

static void
test_latched_at_owner (void)
{
  g_autoptr (GCtxScope) owner = new_scope_ending_in (SECOND);
  g_autoptr (GCtxScope) child = gctx_scope_new (GCTX_CONTEXT (owner));
  g_autoptr (GCtxContext) grandchild = gctx_context_with_values (GCTX_CONTEXT (child), name_key (), "Ada", NULL);

  g_test_summary ("rule 1: a passed deadline is latched at the context that owns it, whoever is asked");

  gctx_clock_advance (SECOND);
  assert_timed_out (grandchild);
  g_assert_true (gctx_scope_has_expired (owner));
  g_assert_false (gctx_scope_has_expired (child));
  g_assert_false (gctx_scope_cancel (child));
  g_assert_false (gctx_scope_cancel (owner));
}

static void
test_cancel_too_late (void)
{
  g_autoptr (GError) cause = new_cause ();
  g_autoptr (GError) late = g_error_new_literal (G_FILE_ERROR, G_FILE_ERROR_IO, "late");
  g_autoptr (GCtxScope) scope = NULL;
  g_autoptr (GCtxScope) child = NULL;

  g_test_summary ("rules 1, 15: a cancel after the deadline changes nothing, and the deadline's cause stays");

  scope = gctx_scope_new_with_timeout_cause (gctx_context_background (), SECOND, cause);
  child = gctx_scope_new (GCTX_CONTEXT (scope));

  gctx_clock_advance (SECOND);
  g_assert_false (gctx_scope_cancel_with_cause (child, late));
  g_assert_false (gctx_scope_cancel_with_cause (scope, late));
  assert_timed_out (GCTX_CONTEXT (scope));
  assert_timed_out (GCTX_CONTEXT (child));
  g_assert_true (gctx_scope_has_expired (scope));
  g_assert_error (gctx_context_get_cause (GCTX_CONTEXT (child)), G_FILE_ERROR, G_FILE_ERROR_NOSPC);
  g_assert_nonnull (strstr (gctx_context_get_error (GCTX_CONTEXT (child))->message, cause->message));
}

static void
test_cancel_in_time (void)
{
  g_autoptr (GError) cause = new_cause ();
  g_autoptr (GCtxScope) scope = NULL;

  g_test_summary ("rules 1, 15: a cancel before the deadline stays a cancel, and the deadline's cause unused");

  scope = gctx_scope_new_with_timeout_cause (gctx_context_background (), SECOND, cause);
  gctx_clock_advance (SECOND - 1);
  g_assert_true (gctx_scope_cancel (scope));
  gctx_clock_advance (SECOND);
  g_assert_error (gctx_context_get_error (GCTX_CONTEXT (scope)), G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_error (gctx_context_get_cause (GCTX_CONTEXT (scope)), G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_false (gctx_scope_has_expired (scope));
}

static void
test_expired_below_cancelled (void)
{
  g_autoptr (GCtxScope) parent = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxScope) expired = gctx_scope_new_with_timeout (GCTX_CONTEXT (parent), SECOND);
  g_autoptr (GCtxScope) below = gctx_scope_new (GCTX_CONTEXT (expired));
  g_autoptr (GCtxScope) pending = gctx_scope_new_with_timeout (GCTX_CONTEXT (parent), 10 * SECOND);

  g_test_summary ("rule 1: a cancel above looks at the deadlines first: what passed before it stays timed out");

  gctx_clock_advance (2 * SECOND);
  g_assert_true (gctx_scope_cancel (parent));
  g_assert_error (gctx_context_get_error (GCTX_CONTEXT (parent)), G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_error (gctx_context_get_error (GCTX_CONTEXT (pending)), G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_timed_out (GCTX_CONTEXT (expired));
  assert_timed_out (GCTX_CONTEXT (below));
  g_assert_true (gctx_scope_has_expired (expired));
  g_assert_false (gctx_scope_has_expired (below));
}

static void
test_expired_below_expired (void)
{
  g_autoptr (GError) cause = new_cause ();
  g_autoptr (GCtxScope) parent = new_scope_ending_in (2 * SECOND);
  g_autoptr (GCtxScope) child = gctx_scope_new_with_timeout_cause (GCTX_CONTEXT (parent), SECOND, cause);

  g_test_summary ("rule 1: of two deadlines that passed unseen, the earlier is the child's outcome");

  /* The parent is asked first; its deadline came second all the same. */
  gctx_clock_advance (3 * SECOND);
  assert_timed_out (GCTX_CONTEXT (parent));
  assert_timed_out (GCTX_CONTEXT (child));
  g_assert_true (gctx_scope_has_expired (child));
  g_assert_error (gctx_context_get_cause (GCTX_CONTEXT (child)), G_FILE_ERROR, G_FILE_ERROR_NOSPC);
  g_assert_error (gctx_context_get_cause (GCTX_CONTEXT (parent)), G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
}

static const TestCase cases[] = {
  { "questions", test_passed_questions },
  { "cancellable", test_passed_cancellable },
  { "source", test_passed_source },
  { "wait", test_passed_wait },
  { "children", test_passed_children },
  { "latched-at-owner", test_latched_at_owner },
  { "cancel-too-late", test_cancel_too_late },
  { "cancel-in-time", test_cancel_in_time },
  { "expired-below-cancelled", test_expired_below_cancelled },
  { "expired-below-expired", test_expired_below_expired },
};

int
main (int   argc,
      char *argv[])
{
  return run_cases (argc, argv, "expiry", cases, G_N_ELEMENTS (cases));
}
