/* test-race-after-func.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Adding and removing after-funcs while their context ends or goes, or their
 * main context does. Each runs at most once and is destroyed exactly once. */

#include "test-meeting.h"
#include "test-worker.h"

/* In the main context of a worker. */
static void
run_at_work (TestRaceFunc        set_up,
             const TestRaceFunc *racers,
             TestRaceFunc        check,
             const char         *first)
{
  Meeting meeting;
  Worker worker;

  meeting_init (&meeting);
  worker_start (&worker);
  meeting.loop = worker.loop;
  test_race_n (TEST_RACE_DEAR_ROUNDS, set_up, racers, check, &meeting);
  test_race_report (first, meeting.n_first);
  worker_stop (&worker);
  meeting_finish (&meeting);
}

static gulong
add_to (Meeting     *meeting,
        GCtxContext *context)
{
  return gctx_context_add_after_func_full (context, meeting->loop, G_PRIORITY_DEFAULT, count_call, meeting,
                                           count_destroy);
}

static void
wait_until_destroyed (Meeting *meeting)
{
  while (g_atomic_int_get (&meeting->n_destroyed) == 0)
    {
      test_iterate_pending (NULL);
      g_thread_yield ();
    }
}

/* Where an idle source is left that finds nothing to run, it runs now. */
static void
finish_round (Meeting *meeting,
              int      n_calls)
{
  wait_until_destroyed (meeting);
  if (meeting->loop == NULL)
    test_iterate_pending (NULL);
  assert_counted (meeting, n_calls);
  clear (meeting);
}

static void
add_there (gpointer data)
{
  Meeting *meeting = data;

  meeting->there = !g_atomic_int_get (&meeting->ended);
  meeting->id = add_to (meeting, GCTX_CONTEXT (meeting->scope));
}

static void
check_called (gpointer data)
{
  Meeting *meeting = data;

  if (meeting->loop == NULL)
    g_assert_cmpint (meeting->n_calls, ==, 0);
  wait_until_destroyed (meeting);
  g_assert_false (gctx_context_remove_after_func (GCTX_CONTEXT (meeting->scope), meeting->id));
  meeting->n_first += meeting->there;
  finish_round (meeting, 1);
}

static void
test_cancel_against_add (void)
{
  g_test_summary ("rule 2: an after-func added during a cancel runs once, and not inline");
  run (set_up_scope, cancel_scope_here, add_there, check_called, "added before the cancel was over", NULL);
}

static void
test_cancel_against_add_at_work (void)
{
  const TestRaceFunc racers[] = { cancel_scope_here, add_there, NULL };

  g_test_summary ("rule 2: an after-func added during a cancel runs once, also before adding it is over");
  run_at_work (set_up_scope, racers, check_called, "added before the cancel was over");
}

static void
set_up_added (gpointer data)
{
  set_up_scope (data);
  add_there (data);
}

static void
set_up_queued (gpointer data)
{
  set_up_added (data);
  cancel_scope_here (data);
}

static void
remove_there (gpointer data)
{
  Meeting *meeting = data;

  meeting->there = gctx_context_remove_after_func (GCTX_CONTEXT (meeting->scope), meeting->id);
}

static void
remove_late_there (gpointer data)
{
  test_race_hesitate ();
  remove_there (data);
}

static void
check_called_or_removed (gpointer data)
{
  Meeting *meeting = data;

  meeting->n_first += meeting->there;
  finish_round (meeting, meeting->there ? 0 : 1);
}

static void
check_removed (gpointer data)
{
  Meeting *meeting = data;

  g_assert_true (meeting->there);
  check_called_or_removed (data);
}

static void
test_cancel_against_remove (void)
{
  g_test_summary ("rules 2, 5: a remove that meets a cancel still keeps it from running where no loop runs");
  run (set_up_added, cancel_scope_here, remove_there, check_removed, NULL, NULL);
}

static void
test_cancel_against_remove_at_work (void)
{
  const TestRaceFunc racers[] = { cancel_scope_here, remove_late_there, NULL };

  g_test_summary ("rules 2, 5: of a remove and a cancel whose run follows at once elsewhere, one decides");
  run_at_work (set_up_added, racers, check_called_or_removed, "removed");
}

static void
test_remove_against_run (void)
{
  const TestRaceFunc racers[] = { remove_late_there, NULL };

  g_test_summary ("rules 2, 5: of a remove and the run that it would prevent, one comes first");
  run_at_work (set_up_queued, racers, check_called_or_removed, "removed");
}

/* --- While the context goes --- */

static void
close_here (gpointer data)
{
  Meeting *meeting = data;

  gctx_scope_close (g_steal_pointer (&meeting->scope));
}

static void
set_up_two_holders (gpointer data)
{
  Meeting *meeting = data;

  set_up_added (data);
  meeting->other = g_object_ref (meeting->scope);
}

static void
remove_and_drop_there (gpointer data)
{
  Meeting *meeting = data;

  test_race_hesitate ();
  meeting->there = gctx_context_remove_after_func (GCTX_CONTEXT (meeting->other), meeting->id);
  g_clear_object (&meeting->other);
}

static void
test_close_against_remove (void)
{
  const TestRaceFunc racers[] = { close_here, remove_and_drop_there, NULL };

  g_test_summary ("rules 2, 5: a close meets a remove by another holder, and the run in a third thread");
  run_at_work (set_up_two_holders, racers, check_called_or_removed, "removed");
}

static void
unref_below_there (gpointer data)
{
  g_clear_object (&((Meeting *) data)->other);
}

static void
note_type (GCtxContext *context,
           gpointer     data)
{
  Meeting *meeting = data;

  count_call (context, data);
  meeting->there = GCTX_IS_SCOPE (context);
}

static void
set_up_noted (gpointer data)
{
  Meeting *meeting = data;

  set_up_scope (data);
  meeting->other = gctx_scope_new (GCTX_CONTEXT (meeting->scope));
  meeting->id = gctx_context_add_after_func (GCTX_CONTEXT (meeting->other), note_type, meeting, count_destroy);
}

static void
check_noted (gpointer data)
{
  Meeting *meeting = data;

  test_iterate_pending (NULL);
  meeting->n_first += meeting->there;
  finish_round (meeting, 1);
}

static void
test_cancel_against_last_unref (void)
{
  g_test_summary ("rule 7: a scope goes while its after-func is queued, which is given it or a plain context");
  run (set_up_noted, cancel_scope_here, unref_below_there, check_noted, "given the scope", NULL);
}

static void
set_up_removable (gpointer data)
{
  Meeting *meeting = data;

  set_up_scope (data);
  meeting->other = gctx_scope_new (GCTX_CONTEXT (meeting->scope));
  meeting->context = gctx_context_with_values (GCTX_CONTEXT (meeting->other), NULL);
  meeting->id = add_to (meeting, meeting->context);
}

static void
remove_elsewhere (gpointer data)
{
  Meeting *meeting = data;

  test_race_hesitate ();
  meeting->there = gctx_context_remove_after_func (meeting->context, meeting->id);
}

static void
test_three (void)
{
  const TestRaceFunc racers[] = { cancel_scope_here, unref_below_there, remove_elsewhere, NULL };

  g_test_summary ("rules 2, 5: a remove while the scope goes and its parent is cancelled");
  run_at_work (set_up_removable, racers, check_called_or_removed, "removed");
}

static void
add_to_plain_there (gpointer data)
{
  Meeting *meeting = data;

  meeting->id = add_to (meeting, meeting->context);
}

static void
check_abandoned (gpointer data)
{
  Meeting *meeting = data;

  meeting->n_first += meeting->id == 0;
  g_assert_false (gctx_context_is_done (meeting->context));
  finish_round (meeting, 0);
}

static void
test_forget_against_add (void)
{
  g_test_summary ("rule 7: an after-func that is added while the scope is forgotten is destroyed uncalled");
  run (set_up_plain, unref_scope_here, add_to_plain_there, check_abandoned, "not even added", NULL);
}

static void
check_destroyed (gpointer data)
{
  Meeting *meeting = data;

  meeting->n_first += meeting->there;
  finish_round (meeting, 0);
}

static void
set_up_plain_added (gpointer data)
{
  set_up_plain (data);
  add_to_plain_there (data);
}

static void
test_forget_against_remove (void)
{
  const TestRaceFunc racers[] = { unref_scope_here, remove_elsewhere, NULL };

  g_test_summary ("rule 7: an after-func that is removed while the scope is forgotten is destroyed once");
  run_at_work (set_up_plain_added, racers, check_destroyed, "removed");
}

static void
set_up_any (gpointer data)
{
  Meeting *meeting = data;
  GCtxContext *both[2];

  set_up_scope (data);
  meeting->other = gctx_scope_new (gctx_context_background ());
  both[0] = GCTX_CONTEXT (meeting->scope);
  both[1] = GCTX_CONTEXT (meeting->other);
  meeting->context = gctx_context_any (both, 2);
  meeting->derived = gctx_context_any (&meeting->context, 1);
  meeting->id = add_to (meeting, meeting->derived);
}

static void
test_forget_any (void)
{
  g_test_summary ("rule 7: an after-func below any is destroyed when both scopes are forgotten at once");
  run (set_up_any, unref_scope_here, unref_below_there, check_abandoned, NULL, NULL);
}

/* --- While the main context goes --- */

static void
set_up_loop (gpointer data)
{
  Meeting *meeting = data;

  meeting->loop = g_main_context_new ();
  set_up_added (data);
}

static void
set_up_queued_in_loop (gpointer data)
{
  set_up_loop (data);
  cancel_scope_here (data);
}

static void
unref_loop_here (gpointer data)
{
  g_clear_pointer (&((Meeting *) data)->loop, g_main_context_unref);
}

static void
cancel_there (gpointer data)
{
  g_assert_true (gctx_scope_cancel (((Meeting *) data)->scope));
}

static void
check_gone_with_loop (gpointer data)
{
  Meeting *meeting = data;

  assert_counted (meeting, 0);
  meeting->n_first += meeting->there;
  test_assert_last_unref (g_steal_pointer (&meeting->scope));
  clear (meeting);
}

static void
test_loop_against_cancel (void)
{
  g_test_summary ("rule 5: an after-func is queued while its main context goes, and destroyed with that");
  run (set_up_loop, unref_loop_here, cancel_there, check_gone_with_loop, NULL, NULL);
}

static void
test_loop_against_remove (void)
{
  g_test_summary ("rule 5: an after-func is removed while its main context goes");
  run (set_up_queued_in_loop, unref_loop_here, remove_there, check_gone_with_loop, "removed", NULL);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/race-after-func/cancel/add", test_cancel_against_add);
  g_test_add_func ("/gctx/race-after-func/cancel/add-at-work", test_cancel_against_add_at_work);
  g_test_add_func ("/gctx/race-after-func/cancel/remove", test_cancel_against_remove);
  g_test_add_func ("/gctx/race-after-func/cancel/remove-at-work", test_cancel_against_remove_at_work);
  g_test_add_func ("/gctx/race-after-func/cancel/last-unref", test_cancel_against_last_unref);
  g_test_add_func ("/gctx/race-after-func/cancel/three", test_three);
  g_test_add_func ("/gctx/race-after-func/run/remove", test_remove_against_run);
  g_test_add_func ("/gctx/race-after-func/close/remove", test_close_against_remove);
  g_test_add_func ("/gctx/race-after-func/forget/add", test_forget_against_add);
  g_test_add_func ("/gctx/race-after-func/forget/remove", test_forget_against_remove);
  g_test_add_func ("/gctx/race-after-func/forget/any", test_forget_any);
  g_test_add_func ("/gctx/race-after-func/loop/cancel", test_loop_against_cancel);
  g_test_add_func ("/gctx/race-after-func/loop/remove", test_loop_against_remove);

  return g_test_run ();
}
