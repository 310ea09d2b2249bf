/* test-faults-homes.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A home that hangs, on a clock that the test holds. */

#include "test-listener.h"

#include "gctx-keeper-private.h"

/* A thread without a home sets a deadline that is delivered at once. When that
 * has happened, the thread that keeps time has looked after all other homes at
 * the time that the clock shows now; twice, so that what it gave to a delivery
 * thread together with the first has been delivered before the second. */
static gpointer
see_time_pass (gpointer user_data)
{
  int i;

  for (i = 0; i < 2; i++)
    {
      Listener listener;

      listener_start (&listener, 1);
      gctx_clock_advance (1);
      listener_wait (&listener);
      listener_finish (&listener);
    }

  return NULL;
}

static void
wait_until_seen (void)
{
  g_thread_join (g_thread_new ("without home", see_time_pass, NULL));
}

/* --- A gate that somebody stands before --- */

static GMutex gate_mutex;
static GCond gate_cond;

typedef struct
{
  gboolean open;
  gboolean reached;
} Gate;

static void
gate_pass (Gate *gate)
{
  g_mutex_lock (&gate_mutex);
  gate->reached = TRUE;
  g_cond_broadcast (&gate_cond);
  while (!gate->open)
    g_cond_wait (&gate_cond, &gate_mutex);
  g_mutex_unlock (&gate_mutex);
}

static void
gate_wait_reached (Gate *gate)
{
  g_mutex_lock (&gate_mutex);
  while (!gate->reached)
    g_cond_wait (&gate_cond, &gate_mutex);
  g_mutex_unlock (&gate_mutex);
}

static void
gate_open (Gate *gate)
{
  g_mutex_lock (&gate_mutex);
  gate->open = TRUE;
  g_cond_broadcast (&gate_cond);
  g_mutex_unlock (&gate_mutex);
}

/* --- A home that does not come back --- */

typedef struct
{
  GMainContext *home;
  Gate          callback;   /* where the loop hangs first */
  Gate          handler;    /* where the handler of @first hangs */
  Listener      first;
  Listener      second;
  Listener      third;
  int           over;
} StuckHome;

static void
hang_in_handler (GCancellable *cancellable,
                 gpointer      user_data)
{
  gate_pass (user_data);
}

static gboolean
hang_in_callback (gpointer user_data)
{
  StuckHome *stuck = user_data;

  listener_start (&stuck->first, SECOND);
  g_signal_connect (gctx_context_get_cancellable (stuck->first.context), "cancelled",
                    G_CALLBACK (hang_in_handler), &stuck->handler);
  listener_start (&stuck->second, SECOND);
  listener_start (&stuck->third, 2 * SECOND);
  gate_pass (&stuck->callback);
  return G_SOURCE_REMOVE;
}

static gpointer
run_stuck_home (gpointer user_data)
{
  g_autoptr (GSource) idle = g_idle_source_new ();
  StuckHome *stuck = user_data;

  g_main_context_push_thread_default (stuck->home);
  g_source_set_callback (idle, hang_in_callback, stuck, NULL);
  g_source_attach (idle, stuck->home);
  test_iterate_until (stuck->home, &stuck->over);
  g_main_context_pop_thread_default (stuck->home);
  return NULL;
}

static void
stuck_home_free (StuckHome *stuck,
                 GThread   *thread)
{
  gate_open (&stuck->callback);
  gate_open (&stuck->handler);
  g_atomic_int_set (&stuck->over, TRUE);
  g_main_context_wakeup (stuck->home);
  g_thread_join (thread);
  g_main_context_unref (stuck->home);
  listener_finish (&stuck->first);
  listener_finish (&stuck->second);
  listener_finish (&stuck->third);
}

/* One of its own has its loop, which runs: the deadline is delivered there. */
static void
assert_main_loop_is_served (void)
{
  Listener listener;

  listener_start (&listener, SECOND);
  test_iterate_pending (NULL);
  gctx_clock_advance (SECOND);
  test_iterate_until (NULL, &listener.told);
  g_assert_true (listener.thread == g_thread_self ());
  listener_finish (&listener);
}

static void
test_home_hangs (void)
{
  StuckHome stuck = { g_main_context_new () };
  GThread *thread;

  g_test_summary ("rule 12c: what a home that hangs in a callback owes is delivered for it, each time anew");

  gctx_clock_hold (NOW);
  thread = g_thread_new ("stuck", run_stuck_home, &stuck);
  gate_wait_reached (&stuck.callback);
  gate_open (&stuck.handler);

  gctx_clock_advance (SECOND);
  wait_until_seen ();
  gctx_clock_advance (90 * MSEC);
  wait_until_seen ();
  g_assert_cmpint (stuck.first.told + stuck.second.told, ==, 0);
  gctx_clock_advance (10 * MSEC);
  listener_wait (&stuck.first);
  listener_wait (&stuck.second);
  g_assert_true (stuck.first.thread != thread);
  g_assert_true (stuck.second.thread != thread);

  assert_main_loop_is_served ();

  /* That took the clock past the third, which is owed since it was seen. */
  wait_until_seen ();
  gctx_clock_advance (90 * MSEC);
  wait_until_seen ();
  g_assert_cmpint (stuck.third.told, ==, 0);
  gctx_clock_advance (10 * MSEC);
  listener_wait (&stuck.third);
  g_assert_true (stuck.third.thread != thread);
  assert_main_loop_is_served ();

  stuck_home_free (&stuck, thread);
  gctx_clock_release ();
}

static void
test_home_hangs_in_a_handler (void)
{
  StuckHome stuck = { g_main_context_new () };
  GThread *thread;

  g_test_summary ("rule 12c: a home that begins to deliver and then hangs is given up 100 ms later, not 200");

  gctx_clock_hold (NOW);
  thread = g_thread_new ("stuck", run_stuck_home, &stuck);
  gate_wait_reached (&stuck.callback);

  gctx_clock_advance (SECOND);
  wait_until_seen ();
  gctx_clock_advance (50 * MSEC);
  gate_open (&stuck.callback);
  gate_wait_reached (&stuck.handler);
  g_assert_cmpint (stuck.first.told, ==, 1);
  g_assert_true (stuck.first.thread == thread);

  gctx_clock_advance (90 * MSEC);
  wait_until_seen ();
  g_assert_cmpint (stuck.second.told, ==, 0);
  gctx_clock_advance (10 * MSEC);
  listener_wait (&stuck.second);
  g_assert_true (stuck.second.thread != thread);
  assert_main_loop_is_served ();

  wait_until_seen ();
  gctx_clock_advance (100 * MSEC);
  listener_wait (&stuck.third);
  stuck_home_free (&stuck, thread);
  gctx_clock_release ();
}

/* --- A delivery thread that never runs out of errands --- */

#define N_ERRANDS 16

typedef struct
{
  int over;      /* atomic, like the other */
  int n_ended;
} Flood;

static void
come_again (gpointer data)
{
  Flood *flood = data;

  if (g_atomic_int_get (&flood->over))
    g_atomic_int_inc (&flood->n_ended);
  else
    gctx_keeper_run_later (come_again, flood);
}

static void
test_errands_without_end (void)
{
  Flood flood = { FALSE, 0 };
  int i;

  g_test_summary ("rule 12b: errands without end keep no deadline from being told");

  gctx_clock_hold (NOW);
  for (i = 0; i < N_ERRANDS; i++)
    gctx_keeper_run_later (come_again, &flood);
  wait_until_seen ();
  g_atomic_int_set (&flood.over, TRUE);
  while (g_atomic_int_get (&flood.n_ended) < N_ERRANDS)
    g_thread_yield ();
  gctx_clock_release ();
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/faults-homes/in-a-callback", test_home_hangs);
  g_test_add_func ("/gctx/faults-homes/in-a-handler", test_home_hangs_in_a_handler);
  g_test_add_func ("/gctx/faults-homes/errands-without-end", test_errands_without_end);

  return g_test_run ();
}
