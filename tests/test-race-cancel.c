/* test-race-cancel.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A cancel meets another one, and what is made below it at that moment. */

#include "test-meeting.h"

/* A scope, the last of several scopes below it and a value context below that,
 * each of which has handed out a cancellable. */
static void
set_up_tree (gpointer data)
{
  Meeting *meeting = data;
  guint i;

  meeting->scope = gctx_scope_new (gctx_context_background ());
  for (i = 0; i < G_N_ELEMENTS (meeting->siblings); i++)
    meeting->siblings[i] = gctx_scope_new (GCTX_CONTEXT (meeting->scope));
  meeting->other = gctx_scope_new (GCTX_CONTEXT (meeting->scope));
  meeting->context = gctx_context_with_values (GCTX_CONTEXT (meeting->other), NULL);
  meeting->cancellables[0] = gctx_context_get_cancellable (GCTX_CONTEXT (meeting->scope));
  meeting->cancellables[1] = gctx_context_get_cancellable (GCTX_CONTEXT (meeting->other));
  meeting->cancellables[2] = gctx_context_get_cancellable (meeting->context);
}

static gboolean
cancel_from (Meeting   *meeting,
             GCtxScope *scope,
             int        cause_code)
{
  gboolean ended = gctx_scope_cancel_with_cause (scope, meeting->causes[cause_code]);
  guint i;

  g_assert_true (gctx_context_is_done (GCTX_CONTEXT (meeting->other)));
  g_assert_true (gctx_context_is_done (meeting->context));
  for (i = scope == meeting->scope ? 0 : 1; ended && i < 3; i++)
    g_assert_true (g_cancellable_is_cancelled (meeting->cancellables[i]));
  return ended;
}

static void
cancel_here (gpointer data)
{
  Meeting *meeting = data;

  meeting->here = cancel_from (meeting, meeting->scope, 1);
}

static void
cancel_there (gpointer data)
{
  Meeting *meeting = data;

  meeting->there = cancel_from (meeting, meeting->scope, 2);
}

static void
check_one_ended_it (gpointer data)
{
  Meeting *meeting = data;

  g_assert_true (meeting->here != meeting->there);
  assert_cancelled_by (GCTX_CONTEXT (meeting->scope), meeting->here ? 1 : 2);
  assert_cancelled_by (meeting->context, meeting->here ? 1 : 2);
  meeting->n_first += meeting->here;
  clear (meeting);
}

static void
test_cancel_against_cancel (void)
{
  g_test_summary ("rule 2: of two cancels one returns TRUE, and then all below has been told");
  run (set_up_tree, cancel_here, cancel_there, check_one_ended_it, "ended here", NULL);
}

static void
cancel_below_there (gpointer data)
{
  Meeting *meeting = data;

  meeting->there = cancel_from (meeting, meeting->other, 2);
}

static void
check_above_and_below (gpointer data)
{
  Meeting *meeting = data;

  g_assert_true (meeting->here);
  assert_cancelled_by (GCTX_CONTEXT (meeting->scope), 1);
  assert_cancelled_by (GCTX_CONTEXT (meeting->other), meeting->there ? 2 : 1);
  assert_cancelled_by (meeting->context, meeting->there ? 2 : 1);
  meeting->n_first += meeting->there;
  clear (meeting);
}

static void
test_cancel_against_cancel_below (void)
{
  g_test_summary ("rule 2: a cancel that returns TRUE helps what another thread is delivering below");
  run (set_up_tree, cancel_here, cancel_below_there, check_above_and_below, "the one below ended first", NULL);
}

static void
set_up_any (gpointer data)
{
  Meeting *meeting = data;
  GCtxContext *both[2];

  meeting->scope = gctx_scope_new (gctx_context_background ());
  meeting->other = gctx_scope_new (gctx_context_background ());
  both[0] = GCTX_CONTEXT (meeting->scope);
  both[1] = GCTX_CONTEXT (meeting->other);
  meeting->context = gctx_context_any (both, 2);
  meeting->asked = g_object_ref (gctx_context_get_cancellable (meeting->context));
}

static void
cancel_one_here (gpointer data)
{
  Meeting *meeting = data;

  g_assert_true (gctx_scope_cancel_with_cause (meeting->scope, meeting->causes[1]));
  g_assert_true (gctx_context_is_done (meeting->context));
  g_assert_true (g_cancellable_is_cancelled (meeting->asked));
}

static void
cancel_other_there (gpointer data)
{
  Meeting *meeting = data;

  g_assert_true (gctx_scope_cancel_with_cause (meeting->other, meeting->causes[2]));
  g_assert_true (gctx_context_is_done (meeting->context));
  g_assert_true (g_cancellable_is_cancelled (meeting->asked));
}

static void
check_any (gpointer data)
{
  Meeting *meeting = data;
  const GError *cause = gctx_context_get_cause (meeting->context);

  assert_cancelled_by (GCTX_CONTEXT (meeting->scope), 1);
  assert_cancelled_by (GCTX_CONTEXT (meeting->other), 2);
  g_assert_true (cause->domain == TEST_DOMAIN);
  g_assert_true (cause->code == 1 || cause->code == 2);
  g_assert_true (gctx_context_get_cause (meeting->context) == cause);
  meeting->n_first += cause->code == 1;
  clear (meeting);
}

static void
test_any (void)
{
  g_test_summary ("rule 2: of two cancels above any both tell it, and one is its cause");
  run (set_up_any, cancel_one_here, cancel_other_there, check_any, "the first parent ended it", NULL);
}

/* The last holder of the grandchild drops it while both above it are cancelled. */
static void
set_up_three (gpointer data)
{
  Meeting *meeting = data;

  set_up_value (data);
  meeting->other = gctx_scope_new (GCTX_CONTEXT (meeting->scope));
  meeting->derived = gctx_context_with_values (GCTX_CONTEXT (meeting->other), NULL);
  meeting->cancellables[0] = gctx_context_get_cancellable (GCTX_CONTEXT (meeting->other));
  meeting->created = gctx_context_create_cancellable (meeting->derived);
  gctx_context_get_cancellable (meeting->derived);
}

static void
cancel_other_of_three_there (gpointer data)
{
  Meeting *meeting = data;

  meeting->there = gctx_scope_cancel_with_cause (meeting->other, meeting->causes[2]);
  if (meeting->there)
    {
      g_assert_true (g_cancellable_is_cancelled (meeting->created));
      g_assert_true (g_cancellable_is_cancelled (meeting->cancellables[0]));
    }
}

static void
drop_below_elsewhere (gpointer data)
{
  Meeting *meeting = data;

  g_clear_object (&meeting->derived);
  g_clear_object (&meeting->context);
}

static void
check_three (gpointer data)
{
  Meeting *meeting = data;

  assert_cancelled_by (GCTX_CONTEXT (meeting->scope), 1);
  assert_cancelled_by (GCTX_CONTEXT (meeting->other), meeting->there ? 2 : 1);
  g_assert_true (g_cancellable_is_cancelled (meeting->asked));
  g_assert_true (g_cancellable_is_cancelled (meeting->created));
  meeting->n_first += meeting->there;
  g_clear_object (&meeting->asked);
  g_assert_null (meeting->value);
  test_assert_last_unref (g_steal_pointer (&meeting->created));
  clear (meeting);
}

static void
test_three (void)
{
  g_test_summary ("rules 2, 5, 18: a parent and its child are cancelled while what is below them goes");
  run_three (set_up_three, cancel_scope_here, cancel_other_of_three_there, drop_below_elsewhere, check_three,
             "the child ended first", NULL);
}

static void
drop_any_elsewhere (gpointer data)
{
  Meeting *meeting = data;

  g_clear_object (&meeting->context);
  g_clear_object (&meeting->asked);
  g_clear_object (&meeting->created);
}

static void
set_up_any_of_one (gpointer data)
{
  Meeting *meeting = data;

  set_up_any (data);
  meeting->derived = gctx_context_any (&meeting->context, 1);
  meeting->created = gctx_context_create_cancellable (meeting->derived);
  g_clear_object (&meeting->derived);
}

static void
cancel_one_alone_here (gpointer data)
{
  Meeting *meeting = data;

  g_assert_true (gctx_scope_cancel_with_cause (meeting->scope, meeting->causes[1]));
}

static void
cancel_other_alone_there (gpointer data)
{
  Meeting *meeting = data;

  g_assert_true (gctx_scope_cancel_with_cause (meeting->other, meeting->causes[2]));
}

static void
check_any_gone (gpointer data)
{
  Meeting *meeting = data;

  test_assert_last_unref (g_steal_pointer (&meeting->scope));
  test_assert_last_unref (g_steal_pointer (&meeting->other));
  clear (meeting);
}

static void
test_any_against_last_unref (void)
{
  g_test_summary ("rules 5, 7: both parents of any are cancelled while it goes with all that is below it");
  run_three (set_up_any_of_one, cancel_one_alone_here, cancel_other_alone_there, drop_any_elsewhere,
             check_any_gone, NULL, NULL);
}

static void
derive_there (gpointer data)
{
  Meeting *meeting = data;
  gboolean ended = g_atomic_int_get (&meeting->ended);

  meeting->other = gctx_scope_new_with_timeout (GCTX_CONTEXT (meeting->scope), HOUR_USEC);
  meeting->there = gctx_context_is_done (GCTX_CONTEXT (meeting->other));
  meeting->context = gctx_context_with_values (GCTX_CONTEXT (meeting->other), NULL);
  meeting->derived = gctx_context_any (&meeting->context, 1);
  g_assert_true (gctx_context_is_done (meeting->derived) || !ended);
}

static void
check_derived (gpointer data)
{
  Meeting *meeting = data;

  assert_cancelled_by (GCTX_CONTEXT (meeting->other), 1);
  assert_cancelled_by (meeting->context, 1);
  assert_cancelled_by (meeting->derived, 1);
  g_assert_true (g_cancellable_is_cancelled (gctx_context_get_cancellable (meeting->derived)));
  g_assert_false (gctx_scope_cancel (meeting->other));
  meeting->n_first += meeting->there;
  clear (meeting);
}

static void
test_cancel_against_derive (void)
{
  g_test_summary ("rule 6: a child derived during a cancel ends with its parent's error and cause");
  run (set_up_scope, cancel_scope_here, derive_there, check_derived, "the child was born done", NULL);
}

static void
wait_there (gpointer data)
{
  Meeting *meeting = data;

  meeting->there = !gctx_context_is_done (meeting->context);
  gctx_context_wait (meeting->context);
  g_assert_true (gctx_context_is_done (GCTX_CONTEXT (meeting->scope)));
}

static void
check_waited (gpointer data)
{
  Meeting *meeting = data;

  assert_cancelled_by (meeting->context, 1);
  meeting->n_first += meeting->there;
  g_clear_object (&meeting->asked);
  g_clear_object (&meeting->context);
  clear (meeting);
}

static void
test_cancel_against_wait (void)
{
  g_test_summary ("rule 2: a wait below that begins during a cancel returns");
  run (set_up_value, cancel_scope_here, wait_there, check_waited, "the wait began before the end", NULL);
}

/* A thread that is held up in a handler, in the middle of its delivery. */
typedef struct
{
  GCtxScope *scope;
  int entered;
  int released;
} HeldUp;

static void
hold_up (GCancellable *cancellable,
         gpointer      data)
{
  HeldUp *held_up = data;

  g_atomic_int_set (&held_up->entered, TRUE);
  while (!g_atomic_int_get (&held_up->released))
    g_thread_yield ();
}

static gpointer
cancel_in_thread (gpointer data)
{
  HeldUp *held_up = data;

  g_assert_true (gctx_scope_cancel (held_up->scope));
  return NULL;
}

static void
test_cancel_never_waits (void)
{
  int round;

  g_test_summary ("rule 2: a cancel finishes another thread's delivery instead of waiting for it");

  for (round = 0; round < 100; round++)
    {
      g_autoptr (GCtxScope) outer = gctx_scope_new (gctx_context_background ());
      g_autoptr (GCtxScope) middle = gctx_scope_new (GCTX_CONTEXT (outer));
      g_autoptr (GCtxScope) inner = gctx_scope_new (GCTX_CONTEXT (middle));
      g_autoptr (GCtxContext) leaf = gctx_context_with_timeout (GCTX_CONTEXT (inner), HOUR_USEC);
      GCancellable *first = gctx_context_get_cancellable (GCTX_CONTEXT (middle));
      GCancellable *second = gctx_context_get_cancellable (GCTX_CONTEXT (inner));
      GCancellable *third = gctx_context_get_cancellable (leaf);
      HeldUp held_up = { middle, FALSE, FALSE };
      GThread *thread;

      g_signal_connect (first, "cancelled", G_CALLBACK (hold_up), &held_up);
      thread = g_thread_new ("held-up", cancel_in_thread, &held_up);
      while (!g_atomic_int_get (&held_up.entered))
        g_thread_yield ();

      g_assert_false (gctx_scope_cancel (middle));
      g_assert_true (gctx_context_is_done (leaf));
      g_assert_true (gctx_scope_cancel (outer));
      g_assert_true (g_cancellable_is_cancelled (second));
      g_assert_true (g_cancellable_is_cancelled (third));

      g_atomic_int_set (&held_up.released, TRUE);
      g_thread_join (thread);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/race-cancel/cancel", test_cancel_against_cancel);
  g_test_add_func ("/gctx/race-cancel/cancel-below", test_cancel_against_cancel_below);
  g_test_add_func ("/gctx/race-cancel/never-waits", test_cancel_never_waits);
  g_test_add_func ("/gctx/race-cancel/three", test_three);
  g_test_add_func ("/gctx/race-cancel/any", test_any);
  g_test_add_func ("/gctx/race-cancel/any-last-unref", test_any_against_last_unref);
  g_test_add_func ("/gctx/race-cancel/derive", test_cancel_against_derive);
  g_test_add_func ("/gctx/race-cancel/wait", test_cancel_against_wait);

  return g_test_run ();
}
