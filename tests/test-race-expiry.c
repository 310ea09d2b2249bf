/* test-race-expiry.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A deadline passes while its context is cancelled or dropped. */

#include "test-race-expiry.h"

/* --- Against a cancel --- */

static void
set_up_with_child (gpointer data)
{
  Meeting *meeting = data;

  set_up_timed (data);
  meeting->other = gctx_scope_new (GCTX_CONTEXT (meeting->scope));
  meeting->asked = g_object_ref (gctx_context_get_cancellable (GCTX_CONTEXT (meeting->other)));
}

static void
cancel_timed_here (gpointer data)
{
  Meeting *meeting = data;

  meeting->here = gctx_scope_cancel_with_cause (meeting->scope, meeting->causes[1]);
  g_assert_true (gctx_context_is_done (GCTX_CONTEXT (meeting->other)));
  if (meeting->here)
    g_assert_true (g_cancellable_is_cancelled (meeting->asked));
}

static void
check_one_outcome (gpointer data)
{
  Meeting *meeting = data;

  assert_ended (GCTX_CONTEXT (meeting->scope), meeting->here);
  assert_ended (GCTX_CONTEXT (meeting->other), meeting->here);
  g_assert_true (gctx_scope_has_expired (meeting->scope) == !meeting->here);
  g_assert_false (gctx_scope_has_expired (meeting->other));
  iterate_until_cancelled (meeting->asked);
  meeting->n_first += meeting->here;
  clear (meeting);
}

static void
test_cancel (void)
{
  g_test_summary ("rules 1, 5: between a cancel and a passing deadline there is one winner, and all agree on it");
  run_held (set_up_with_child, cancel_timed_here, check_one_outcome, "cancelled");
}

static gboolean
race_in_idle (gpointer user_data)
{
  run (set_up_with_child, cancel_timed_here, pass_there, check_one_outcome, "cancelled", NULL);
  g_atomic_int_set ((int *) user_data, TRUE);
  return G_SOURCE_REMOVE;
}

static void
test_cancel_in_dispatch (void)
{
  int finished = FALSE;

  g_test_summary ("rules 1, 12: the same where the home has a loop, which is busy with the test");

  gctx_clock_hold (NOW);
  g_idle_add (race_in_idle, &finished);
  test_iterate_until (NULL, &finished);
  gctx_clock_release ();
}

static void
set_up_below (gpointer data)
{
  Meeting *meeting = data;

  set_up_scope (data);
  meeting->other = gctx_scope_new_with_deadline_cause (GCTX_CONTEXT (meeting->scope), gctx_clock_get_time () + 1,
                                                       meeting->causes[2]);
  meeting->context = gctx_context_with_values (GCTX_CONTEXT (meeting->other), NULL);
  meeting->asked = g_object_ref (gctx_context_get_cancellable (meeting->context));
}

static void
cancel_above_here (gpointer data)
{
  Meeting *meeting = data;

  cancel_scope_here (data);
  g_assert_true (gctx_context_is_done (meeting->context));
  g_assert_true (g_cancellable_is_cancelled (meeting->asked));
}

static void
check_below (gpointer data)
{
  Meeting *meeting = data;
  gboolean expired = gctx_scope_has_expired (meeting->other);

  assert_cancelled_by (GCTX_CONTEXT (meeting->scope), 1);
  assert_ended (GCTX_CONTEXT (meeting->other), !expired);
  assert_ended (meeting->context, !expired);
  meeting->n_first += !expired;
  test_iterate_pending (NULL);
  clear (meeting);
}

static void
test_cancel_above (void)
{
  g_test_summary ("rules 1, 2: a parent is cancelled while its child expires; the child has one outcome, and is told");
  run_held (set_up_below, cancel_above_here, check_below, "the child was cancelled");
}

static void
set_up_any (gpointer data)
{
  Meeting *meeting = data;
  GCtxContext *both[2];

  set_up_scope (data);
  meeting->other = gctx_scope_new_with_deadline_cause (gctx_context_background (), gctx_clock_get_time () + 1,
                                                       meeting->causes[2]);
  both[0] = GCTX_CONTEXT (meeting->scope);
  both[1] = GCTX_CONTEXT (meeting->other);
  meeting->context = gctx_context_any (both, 2);
  meeting->asked = g_object_ref (gctx_context_get_cancellable (meeting->context));
}

static void
check_any (gpointer data)
{
  Meeting *meeting = data;
  const GError *error = gctx_context_get_error (meeting->context);

  assert_cancelled_by (GCTX_CONTEXT (meeting->scope), 1);
  assert_expired_by (GCTX_CONTEXT (meeting->other), 2);
  assert_ended (meeting->context, error->code == G_IO_ERROR_CANCELLED);
  meeting->n_first += error->code == G_IO_ERROR_CANCELLED;
  test_iterate_pending (NULL);
  clear (meeting);
}

static void
test_cancel_beside (void)
{
  g_test_summary ("rules 1, 2: one parent of any is cancelled while the other expires");
  run_held (set_up_any, cancel_above_here, check_any, "any was cancelled");
}

/* The way back from a cancellable, which somebody else cancels. */
static void
set_up_back (gpointer data)
{
  Meeting *meeting = data;

  set_up_timed (data);
  meeting->asked = g_object_ref (gctx_context_get_cancellable (GCTX_CONTEXT (meeting->scope)));
  meeting->derived = gctx_context_from_cancellable (meeting->asked);
  meeting->created = gctx_context_create_cancellable (meeting->derived);
}

static void
cancel_adopted_here (gpointer data)
{
  g_cancellable_cancel (((Meeting *) data)->asked);
}

static void
check_back (gpointer data)
{
  Meeting *meeting = data;
  const GError *error = gctx_context_get_error (meeting->derived);

  assert_expired_by (GCTX_CONTEXT (meeting->scope), 2);
  if (error->code == G_IO_ERROR_CANCELLED)
    meeting->n_first++;
  else
    assert_expired_by (meeting->derived, 2);
  iterate_until_cancelled (meeting->created);
  clear (meeting);
}

static void
test_cancel_adopted (void)
{
  g_test_summary ("rules 1, 9: what was adopted is cancelled while the deadline passes that it came with");
  run_held (set_up_back, cancel_adopted_here, check_back, "cancelled");
}

/* --- Against the last reference --- */

static void
set_up_kept (gpointer data)
{
  Meeting *meeting = data;

  set_up_timed (data);
  meeting->asked = g_object_ref (gctx_context_get_cancellable (GCTX_CONTEXT (meeting->scope)));
}

static void
check_kept (gpointer data)
{
  Meeting *meeting = data;

  g_assert_nonnull (meeting->value);
  iterate_until_cancelled (meeting->asked);
  clear (meeting);
}

static void
test_last_unref_but_cancellable (void)
{
  g_test_summary ("rule 7: the deadline of a context that goes when it passes still ends its cancellable");
  run_held (set_up_kept, unref_scope_here, check_kept, NULL);
}

static void
set_up_owned (gpointer data)
{
  Meeting *meeting = data;
  GCancellable *cancellable;

  set_up_timed (data);
  cancellable = gctx_context_get_cancellable (GCTX_CONTEXT (meeting->scope));
  g_signal_connect_swapped (cancellable, "cancelled", G_CALLBACK (count_destroy), meeting);
}

/* Once the value is gone so is the cancellable, and nobody counts any more. */
static void
check_owned (gpointer data)
{
  Meeting *meeting = data;

  while (g_atomic_pointer_get (&meeting->value) != NULL)
    test_iterate_pending (NULL);
  g_assert_cmpint (g_atomic_int_get (&meeting->n_destroyed), <=, 1);
  meeting->n_first += meeting->n_destroyed;
  clear (meeting);
}

static void
test_last_unref (void)
{
  g_test_summary ("rules 5, 7, 18: a context goes with all that is its own when its deadline passes");
  run_held (set_up_owned, unref_scope_here, check_owned, "told before they went");
}

/* Many deadlines in one heap, of which every other one goes. */
static void
set_up_many (gpointer data)
{
  Meeting *meeting = data;
  gint64 deadline = gctx_clock_get_time () + 1;
  guint i;

  set_up_scope (data);
  for (i = 0; i < G_N_ELEMENTS (meeting->siblings); i++)
    meeting->siblings[i] = gctx_scope_new_with_deadline (GCTX_CONTEXT (meeting->scope), deadline + i % 3 / 2);
  meeting->asked = g_object_ref (gctx_context_get_cancellable (GCTX_CONTEXT (meeting->siblings[7])));
}

static void
unref_and_arm_here (gpointer data)
{
  Meeting *meeting = data;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (meeting->siblings); i += 2)
    g_clear_object (&meeting->siblings[i]);
  meeting->other = gctx_scope_new_with_timeout (GCTX_CONTEXT (meeting->scope), 1);
}

/* Those with 2 modulo 3 have one microsecond more. */
static void
check_many (gpointer data)
{
  Meeting *meeting = data;
  guint i;

  iterate_until_cancelled (meeting->asked);
  for (i = 1; i < G_N_ELEMENTS (meeting->siblings); i += 2)
    g_assert_true (gctx_scope_has_expired (meeting->siblings[i]) == (i % 3 < 2));
  g_assert_false (gctx_context_is_done (GCTX_CONTEXT (meeting->scope)));
  meeting->n_first += gctx_context_is_done (GCTX_CONTEXT (meeting->other));
  clear (meeting);
}

static void
test_many (void)
{
  g_test_summary ("rules 7, 10: deadlines of one home go and come when others of it pass");
  run_held (set_up_many, unref_and_arm_here, check_many, "a new deadline was set before the time passed");
}

/* The home alone holds what it is about to tell, and has nothing to tell. What
 * is made at once in the place of each takes the memory of what went. */
static void
set_up_at_loop (gpointer data)
{
  Meeting *meeting = data;
  guint i;

  g_main_context_push_thread_default (meeting->loop);
  for (i = 0; i < G_N_ELEMENTS (meeting->siblings); i++)
    meeting->siblings[i] = gctx_scope_new_with_timeout (gctx_context_background (), 1);
  g_main_context_pop_thread_default (meeting->loop);
}

static void
replace_here (gpointer data)
{
  Meeting *meeting = data;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (meeting->siblings); i++)
    {
      g_object_unref (meeting->siblings[i]);
      meeting->siblings[i] = gctx_scope_new (gctx_context_background ());
    }
}

static void
pass_and_run_there (gpointer data)
{
  pass_there (data);
  g_main_context_iteration (((Meeting *) data)->loop, FALSE);
}

static void
check_replaced (gpointer data)
{
  Meeting *meeting = data;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (meeting->siblings); i++)
    {
      g_assert_false (gctx_context_is_done (GCTX_CONTEXT (meeting->siblings[i])));
      g_assert_true (gctx_scope_cancel_with_cause (meeting->siblings[i], meeting->causes[1]));
      assert_cancelled_by (GCTX_CONTEXT (meeting->siblings[i]), 1);
    }
  clear (meeting);
}

static void
test_last_unref_at_home (void)
{
  const TestRaceFunc racers[] = { replace_here, pass_and_run_there, NULL };
  Meeting meeting;

  g_test_summary ("rules 5, 7: contexts go while the loop of their home delivers their deadline");

  gctx_clock_hold (NOW);
  meeting_init (&meeting);
  meeting.loop = g_main_context_new ();
  test_race_n (TEST_RACE_DEAR_ROUNDS, set_up_at_loop, racers, check_replaced, &meeting);
  g_main_context_unref (meeting.loop);
  meeting_finish (&meeting);
  gctx_clock_release ();
}

/* --- On the real clock --- */

static void
set_up_real (gpointer data)
{
  Meeting *meeting = data;

  meeting->deadline = g_get_monotonic_time () + 5 + g_random_int_range (0, 40);
  meeting->scope = gctx_scope_new_with_deadline_cause (gctx_context_background (),
                                                       meeting->deadline, meeting->causes[2]);
  meeting->context = gctx_context_with_values (GCTX_CONTEXT (meeting->scope), NULL);
}

static void
cancel_real_here (gpointer data)
{
  Meeting *meeting = data;

  meeting->here = gctx_scope_cancel_with_cause (meeting->scope, meeting->causes[1]);
}

static void
look_there (gpointer data)
{
  Meeting *meeting = data;

  while (!gctx_context_is_done (meeting->context))
    ;
  meeting->there = gctx_scope_has_expired (meeting->scope);
}

static void
check_real (gpointer data)
{
  Meeting *meeting = data;

  g_assert_true (meeting->here != meeting->there);
  assert_ended (meeting->context, meeting->here);
  g_assert_true (gctx_scope_has_expired (meeting->scope) == meeting->there);
  meeting->n_first += meeting->here;
  clear (meeting);
}

static void
test_cancel_on_real_clock (void)
{
  g_test_summary ("rule 1: a cancel and a deadline meet; one of them is the outcome for everybody");
  run (set_up_real, cancel_real_here, look_there, check_real, "cancelled", NULL);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/race-expiry/cancel/plain", test_cancel);
  g_test_add_func ("/gctx/race-expiry/cancel/in-dispatch", test_cancel_in_dispatch);
  g_test_add_func ("/gctx/race-expiry/cancel/above", test_cancel_above);
  g_test_add_func ("/gctx/race-expiry/cancel/beside", test_cancel_beside);
  g_test_add_func ("/gctx/race-expiry/cancel/adopted", test_cancel_adopted);
  g_test_add_func ("/gctx/race-expiry/cancel/real-clock", test_cancel_on_real_clock);
  g_test_add_func ("/gctx/race-expiry/last-unref", test_last_unref);
  g_test_add_func ("/gctx/race-expiry/last-unref-at-home", test_last_unref_at_home);
  g_test_add_func ("/gctx/race-expiry/last-unref-but-cancellable", test_last_unref_but_cancellable);
  g_test_add_func ("/gctx/race-expiry/many", test_many);

  return g_test_run ();
}
