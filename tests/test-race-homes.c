/* test-race-homes.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A main context goes, and with it a home, while deadlines are pending there.
 *
 * These deadlines are real ones, some microseconds away: they pass now before
 * and now after what they are raced with. Every round ends when the library
 * has let go of the main context. */

#include "test-meeting.h"

/* What one thread leaves behind. */
typedef struct
{
  GMainContext *loop;
  GCtxContext  *context;
  GCancellable *cancellable;
  int           loop_gone;   /* atomic */
} Relic;

typedef struct
{
  Relic         here;
  Relic         there;
  GCancellable *foreign;
  guint         n_passed;
} Homes;

static void
on_loop_gone (gpointer data)
{
  g_atomic_int_set (&((Relic *) data)->loop_gone, TRUE);
}

/* A main context tells by what hangs on it that it goes. */
static void
relic_add_loop (Relic *relic)
{
  GSource *witness = g_idle_source_new ();

  relic->loop_gone = FALSE;
  relic->loop = g_main_context_new ();
  g_source_set_callback (witness, G_SOURCE_FUNC (on_loop_gone), relic, on_loop_gone);
  g_source_attach (witness, relic->loop);
  g_source_unref (witness);
}

static void
relic_drop_loop (Relic *relic)
{
  g_clear_pointer (&relic->loop, g_main_context_unref);
}

static void
relic_set_deadline (Relic *relic)
{
  g_main_context_push_thread_default (relic->loop);
  relic->context = gctx_context_with_timeout (gctx_context_background (), 1 + g_random_int_range (0, 20));
  relic->cancellable = g_object_ref (gctx_context_get_cancellable (relic->context));
  g_main_context_pop_thread_default (relic->loop);
}

/* Nobody runs the loop: the deadline is delivered by the library alone. */
static void
relic_finish (Relic *relic)
{
  while (relic->cancellable != NULL && !g_cancellable_is_cancelled (relic->cancellable))
    g_thread_yield ();
  if (relic->context != NULL)
    {
      g_assert_error (gctx_context_get_error (relic->context), G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
      test_assert_last_unref (g_steal_pointer (&relic->context));
    }
  if (relic->cancellable != NULL)
    unref_until_gone (g_steal_pointer (&relic->cancellable));

  while (!g_atomic_int_get (&relic->loop_gone))
    g_thread_yield ();
}

static void
run_homes (TestRaceFunc set_up,
           TestRaceFunc here,
           TestRaceFunc there,
           TestRaceFunc check,
           const char  *what)
{
  Homes homes = { .n_passed = 0 };

  test_race (set_up, here, there, check, &homes);
  if (what != NULL)
    test_race_report (what, homes.n_passed);
}

/* --- Threads that leave --- */

static void
set_up_nothing (gpointer data)
{
}

static void
leave_a_deadline (Relic *relic)
{
  relic_add_loop (relic);
  relic_set_deadline (relic);
  relic_drop_loop (relic);
}

static void
leave_here (gpointer data)
{
  leave_a_deadline (&((Homes *) data)->here);
}

static void
leave_there (gpointer data)
{
  leave_a_deadline (&((Homes *) data)->there);
}

static void
check_both (gpointer data)
{
  Homes *homes = data;

  homes->n_passed += g_cancellable_is_cancelled (homes->here.cancellable);
  relic_finish (&homes->here);
  relic_finish (&homes->there);
}

static void
test_leave_against_leave (void)
{
  g_test_summary ("rules 5, 12: deadlines outlive the main contexts of two threads, and are delivered");
  run_homes (set_up_nothing, leave_here, leave_there, check_both, "delivered before the threads met again");
}

/* --- A loop goes --- */

static void
set_up_pending (gpointer data)
{
  Homes *homes = data;

  relic_add_loop (&homes->here);
  relic_set_deadline (&homes->here);
}

static void
drop_loop_here (gpointer data)
{
  relic_drop_loop (&((Homes *) data)->here);
}

static void
look_there (gpointer data)
{
  Homes *homes = data;

  homes->n_passed += gctx_context_is_done (homes->here.context);
  while (!gctx_context_is_done (homes->here.context))
    ;
}

static void
check_one (gpointer data)
{
  relic_finish (&((Homes *) data)->here);
}

static void
test_loop_against_expiry (void)
{
  g_test_summary ("rules 5, 11: a main context goes while a deadline that was set there passes");
  run_homes (set_up_pending, drop_loop_here, look_there, check_one, "passed before the loop went");
}

static void
set_up_pending_for_long (gpointer data)
{
  Homes *homes = data;

  relic_add_loop (&homes->here);
  g_main_context_push_thread_default (homes->here.loop);
  homes->here.context = gctx_context_with_timeout (gctx_context_background (), HOUR_USEC);
  g_main_context_pop_thread_default (homes->here.loop);
}

static void
drop_context_there (gpointer data)
{
  g_clear_object (&((Homes *) data)->here.context);
}

static void
test_loop_against_last_deadline (void)
{
  g_test_summary ("rules 5, 7: a main context goes while the last deadline is dropped that held it");
  run_homes (set_up_pending_for_long, drop_loop_here, drop_context_there, check_one, NULL);
}

/* The home is left by its only deadline just when it is given another one. */
static void
set_deadline_here (gpointer data)
{
  Homes *homes = data;

  homes->there.loop = homes->here.loop;
  relic_set_deadline (&homes->there);
  homes->there.loop = NULL;
  relic_drop_loop (&homes->here);
}

static void
check_second (gpointer data)
{
  Homes *homes = data;

  homes->n_passed += g_cancellable_is_cancelled (homes->there.cancellable);
  homes->there.loop_gone = TRUE;
  relic_finish (&homes->there);
  relic_finish (&homes->here);
}

static void
test_deadline_against_last_deadline (void)
{
  g_test_summary ("rules 5, 12: a home loses its only deadline while it is given another one, and then goes");
  run_homes (set_up_pending_for_long, set_deadline_here, drop_context_there, check_second,
             "delivered before the threads met again");
}

static void
set_up_two_pending (gpointer data)
{
  set_up_pending_for_long (data);
  ((Homes *) data)->there.loop = ((Homes *) data)->here.loop;
  relic_set_deadline (&((Homes *) data)->there);
  ((Homes *) data)->there.loop = NULL;
}

static void
drop_loop_and_context_here (gpointer data)
{
  drop_loop_here (data);
  drop_context_there (data);
}

static void
drop_second_there (gpointer data)
{
  Homes *homes = data;

  homes->n_passed += gctx_context_is_done (homes->there.context);
  g_clear_object (&homes->there.context);
}

static void
check_both_gone (gpointer data)
{
  ((Homes *) data)->there.loop_gone = TRUE;
  relic_finish (&((Homes *) data)->there);
  relic_finish (&((Homes *) data)->here);
}

static void
test_loop_against_both_deadlines (void)
{
  g_test_summary ("rules 5, 7: a main context goes with two deadlines, one of which passes while it is dropped");
  run_homes (set_up_two_pending, drop_loop_and_context_here, drop_second_there, check_both_gone,
             "passed before it was dropped");
}

/* --- Homes of adoptions --- */

static void
set_up_adopted (gpointer data)
{
  Homes *homes = data;
  Relic *relic = &homes->here;

  homes->foreign = g_cancellable_new ();
  relic_add_loop (relic);
  g_main_context_push_thread_default (relic->loop);
  relic->context = gctx_context_from_cancellable (homes->foreign);
  relic->cancellable = gctx_context_create_cancellable (relic->context);
  g_main_context_pop_thread_default (relic->loop);
}

static void
cancel_foreign_there (gpointer data)
{
  g_cancellable_cancel (((Homes *) data)->foreign);
}

static void
check_adopted (gpointer data)
{
  Homes *homes = data;
  Relic *relic = &homes->here;

  homes->n_passed += g_cancellable_is_cancelled (relic->cancellable);
  g_assert_error (gctx_context_get_error (relic->context), G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_object (&relic->context);
  relic_finish (relic);
  unref_until_gone (g_steal_pointer (&homes->foreign));
}

static void
test_loop_against_foreign_cancel (void)
{
  g_test_summary ("rules 5, 9: a main context goes while a cancellable is cancelled that was adopted there");
  run_homes (set_up_adopted, drop_loop_here, cancel_foreign_there, check_adopted,
             "delivered before the threads met again");
}

/* --- A loop that runs --- */

/* The home has a loop, which ends with deadlines of a dispatch pending. */
static gboolean
set_deadline_in_dispatch (gpointer data)
{
  Relic *relic = data;

  relic->context = gctx_context_with_timeout (gctx_context_background (), 1 + g_random_int_range (0, 60));
  relic->cancellable = g_object_ref (gctx_context_get_cancellable (relic->context));
  return G_SOURCE_REMOVE;
}

static void
run_and_quit (Relic *relic)
{
  GSource *idle = g_idle_source_new ();

  relic_add_loop (relic);
  g_main_context_push_thread_default (relic->loop);
  g_source_set_callback (idle, set_deadline_in_dispatch, relic, NULL);
  g_source_attach (idle, relic->loop);
  g_source_unref (idle);
  while (relic->context == NULL)
    g_main_context_iteration (relic->loop, FALSE);
  g_main_context_iteration (relic->loop, FALSE);
  g_main_context_pop_thread_default (relic->loop);
}

static void
run_and_quit_here (gpointer data)
{
  run_and_quit (&((Homes *) data)->here);
}

static void
run_and_quit_there (gpointer data)
{
  run_and_quit (&((Homes *) data)->there);
}

/* A loop that came back for it is what spares us the wait of 100 ms. */
static void
relic_run_on (Relic *relic)
{
  while (!g_cancellable_is_cancelled (relic->cancellable))
    g_main_context_iteration (relic->loop, FALSE);
  relic_drop_loop (relic);
}

static void
check_quit (gpointer data)
{
  Homes *homes = data;

  homes->n_passed += g_cancellable_is_cancelled (homes->here.cancellable);
  relic_run_on (&homes->here);
  relic_run_on (&homes->there);
  relic_finish (&homes->here);
  relic_finish (&homes->there);
}

static void
test_loops_that_run (void)
{
  g_test_summary ("rules 5, 12: two loops deliver what was set in a dispatch, while the thread marks it that keeps time");
  run_homes (set_up_nothing, run_and_quit_here, run_and_quit_there, check_quit, "delivered before the loop paused");
}

/* The same, but nobody runs the loops any more: each deadline takes the 100 ms
 * that the library waits for a stuck home. So many rounds wait for it together. */
#define N_AT_ONCE 200

typedef struct
{
  Homes  homes[N_AT_ONCE];
  Homes *current;
} Crowd;

static void
quit_set_up (gpointer data)
{
  Crowd *crowd = data;

  if (crowd->current == NULL)
    crowd->current = crowd->homes;
}

static void
quit (Relic *relic)
{
  run_and_quit (relic);
  relic_drop_loop (relic);
}

static void
quit_here (gpointer data)
{
  quit (&((Crowd *) data)->current->here);
}

static void
quit_there (gpointer data)
{
  quit (&((Crowd *) data)->current->there);
}

static void
quit_check (gpointer data)
{
  Crowd *crowd = data;
  guint i;

  if (++crowd->current < crowd->homes + N_AT_ONCE)
    return;

  for (i = 0; i < N_AT_ONCE; i++)
    {
      relic_finish (&crowd->homes[i].here);
      relic_finish (&crowd->homes[i].there);
    }
  crowd->current = NULL;
}

static void
test_loops_that_quit (void)
{
  const TestRaceFunc racers[] = { quit_here, quit_there, NULL };
  g_autofree Crowd *crowd = g_new0 (Crowd, 1);

  g_test_summary ("rules 5, 12: two loops quit and go with what was set in a dispatch, which is delivered");
  test_race_n (test_rounds (10) * N_AT_ONCE, quit_set_up, racers, quit_check, crowd);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/race-homes/leave/leave", test_leave_against_leave);
  g_test_add_func ("/gctx/race-homes/loop/expiry", test_loop_against_expiry);
  g_test_add_func ("/gctx/race-homes/loop/last-deadline", test_loop_against_last_deadline);
  g_test_add_func ("/gctx/race-homes/loop/both-deadlines", test_loop_against_both_deadlines);
  g_test_add_func ("/gctx/race-homes/loop/foreign-cancel", test_loop_against_foreign_cancel);
  g_test_add_func ("/gctx/race-homes/deadline/last-deadline", test_deadline_against_last_deadline);
  g_test_add_func ("/gctx/race-homes/loops-that-run", test_loops_that_run);
  g_test_add_func ("/gctx/race-homes/loops-that-quit", test_loops_that_quit);

  return g_test_run ();
}
