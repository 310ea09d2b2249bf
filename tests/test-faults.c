/* test-faults.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Programs that misbehave, on a clock that the test holds: a home that never
 * comes back, callbacks that turn or quit the loop that they run in, a machine
 * that slept for hours. */

#include "test-util.h"

#include "gctx-clock-private.h"

#define MSEC   (G_GINT64_CONSTANT (1000))
#define SECOND (1000 * MSEC)
#define HOUR   (3600 * SECOND)
#define NOW    (1000 * SECOND)

/* --- Who was told of an end, and when --- */

static GMutex mutex;
static GCond cond;

typedef struct
{
  GCtxContext *context;
  GThread     *thread;
  gint64       time;
  int          told;   /* atomic; set under the mutex */
} Told;

static void
told_note (Told *told)
{
  g_mutex_lock (&mutex);
  told->thread = g_thread_self ();
  told->time = gctx_clock_get_time ();
  g_atomic_int_inc (&told->told);
  g_cond_broadcast (&cond);
  g_mutex_unlock (&mutex);
  g_main_context_wakeup (NULL);
}

static void
on_told (GCancellable *cancellable,
         gpointer      user_data)
{
  told_note (user_data);
}

static void
told_listen (Told        *told,
             GCtxContext *context)
{
  *told = (Told) { context, NULL, 0, 0 };
  g_signal_connect (gctx_context_get_cancellable (context), "cancelled", G_CALLBACK (on_told), told);
}

static void
told_start (Told      *told,
            GTimeSpan  timeout)
{
  told_listen (told, gctx_context_with_timeout (gctx_context_background (), timeout));
}

/* Blocks: for what other threads deliver. */
static void
told_wait (Told *told)
{
  g_mutex_lock (&mutex);
  while (!told->told)
    g_cond_wait (&cond, &mutex);
  g_mutex_unlock (&mutex);
}

static void
told_finish (Told *told)
{
  g_assert_cmpint (g_atomic_int_get (&told->told), ==, 1);
  g_assert_true (gctx_context_is_done (told->context));
  g_object_unref (told->context);
}

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
      Told told;

      told_start (&told, 1);
      gctx_clock_advance (1);
      told_wait (&told);
      told_finish (&told);
    }

  return NULL;
}

static void
wait_until_seen (void)
{
  g_thread_join (g_thread_new ("without home", see_time_pass, NULL));
}

/* --- A gate that somebody stands before --- */

typedef struct
{
  gboolean open;
  gboolean reached;
} Gate;

static void
gate_pass (Gate *gate)
{
  g_mutex_lock (&mutex);
  gate->reached = TRUE;
  g_cond_broadcast (&cond);
  while (!gate->open)
    g_cond_wait (&cond, &mutex);
  g_mutex_unlock (&mutex);
}

static void
gate_wait_reached (Gate *gate)
{
  g_mutex_lock (&mutex);
  while (!gate->reached)
    g_cond_wait (&cond, &mutex);
  g_mutex_unlock (&mutex);
}

static void
gate_open (Gate *gate)
{
  g_mutex_lock (&mutex);
  gate->open = TRUE;
  g_cond_broadcast (&cond);
  g_mutex_unlock (&mutex);
}

/* --- A home that does not come back --- */

typedef struct
{
  GMainContext *home;
  Gate          callback;   /* where the loop hangs first */
  Gate          handler;    /* where the handler of @first hangs */
  Told          first;
  Told          second;
  Told          third;
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

  told_start (&stuck->first, SECOND);
  g_signal_connect (gctx_context_get_cancellable (stuck->first.context), "cancelled",
                    G_CALLBACK (hang_in_handler), &stuck->handler);
  told_start (&stuck->second, SECOND);
  told_start (&stuck->third, 2 * SECOND);
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
  told_finish (&stuck->first);
  told_finish (&stuck->second);
  told_finish (&stuck->third);
}

/* One of its own has its loop, which runs: the deadline is delivered there. */
static void
assert_main_loop_is_served (void)
{
  Told told;

  told_start (&told, SECOND);
  test_iterate_pending (NULL);
  gctx_clock_advance (SECOND);
  test_iterate_until (NULL, &told.told);
  g_assert_true (told.thread == g_thread_self ());
  told_finish (&told);
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
  told_wait (&stuck.first);
  told_wait (&stuck.second);
  g_assert_true (stuck.first.thread != thread);
  g_assert_true (stuck.second.thread != thread);

  assert_main_loop_is_served ();

  /* That took the clock past the third, which is owed since it was seen. */
  wait_until_seen ();
  gctx_clock_advance (90 * MSEC);
  wait_until_seen ();
  g_assert_cmpint (stuck.third.told, ==, 0);
  gctx_clock_advance (10 * MSEC);
  told_wait (&stuck.third);
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
  told_wait (&stuck.second);
  g_assert_true (stuck.second.thread != thread);
  assert_main_loop_is_served ();

  wait_until_seen ();
  gctx_clock_advance (100 * MSEC);
  told_wait (&stuck.third);
  stuck_home_free (&stuck, thread);
  gctx_clock_release ();
}

/* --- Callbacks that turn or quit their loop --- */

typedef struct
{
  GMainLoop *loop;   /* to quit, or NULL to turn it inside */
  Told       inner;
  int        n_called;
} Meddler;

static void
meddle (Meddler *meddler)
{
  meddler->n_called++;
  if (meddler->loop != NULL)
    {
      g_main_loop_quit (meddler->loop);
      return;
    }

  gctx_clock_advance (SECOND);
  while (!g_atomic_int_get (&meddler->inner.told))
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (meddler->inner.thread == g_thread_self ());
}

static void
meddle_in_handler (GCancellable *cancellable,
                   gpointer      user_data)
{
  meddle (user_data);
}

static void
meddle_in_after_func (GCtxContext *context,
                      gpointer     user_data)
{
  meddle (user_data);
}

static void
meddle_in_destroy (gpointer user_data)
{
  meddle (user_data);
}

static gboolean
meddle_in_source (GCtxContext *context,
                  gpointer     user_data)
{
  meddle (user_data);
  return G_SOURCE_REMOVE;
}

static void
call_from_handler (GCtxContext *context,
                   Meddler     *meddler)
{
  g_signal_connect (gctx_context_get_cancellable (context), "cancelled",
                    G_CALLBACK (meddle_in_handler), meddler);
}

static void
count_run (GCtxContext *context,
           gpointer     user_data)
{
  g_assert_true (gctx_context_is_done (context));
}

static void
call_from_after_func (GCtxContext *context,
                      Meddler     *meddler)
{
  gctx_context_add_after_func (context, meddle_in_after_func, meddler, NULL);
}

static void
call_from_destroy (GCtxContext *context,
                   Meddler     *meddler)
{
  gctx_context_add_after_func (context, count_run, meddler, meddle_in_destroy);
}

static void
call_from_source (GCtxContext *context,
                  Meddler     *meddler)
{
  g_autoptr (GSource) source = gctx_context_create_source (context);

  g_source_set_callback (source, G_SOURCE_FUNC (meddle_in_source), meddler, NULL);
  g_source_attach (source, NULL);
}

static void (*const all_callbacks[]) (GCtxContext *, Meddler *) = {
  call_from_handler, call_from_after_func, call_from_destroy, call_from_source,
};

static void
test_turns_its_loop (void)
{
  gsize i;

  g_test_summary ("rules 4, 12a: whatever is called back may run its loop, which delivers the next deadline");

  gctx_clock_hold (NOW);
  for (i = 0; i < G_N_ELEMENTS (all_callbacks); i++)
    {
      Meddler meddler = { NULL };
      g_autoptr (GCtxContext) outer = gctx_context_with_timeout (gctx_context_background (), SECOND);

      told_start (&meddler.inner, 2 * SECOND);
      all_callbacks[i] (outer, &meddler);
      test_iterate_pending (NULL);
      gctx_clock_advance (SECOND);
      test_iterate_until (NULL, &meddler.n_called);
      g_assert_cmpint (meddler.n_called, ==, 1);
      told_finish (&meddler.inner);
    }
  gctx_clock_release ();
}

static gboolean
pass_a_second (gpointer user_data)
{
  gctx_clock_advance (SECOND);
  return G_SOURCE_REMOVE;
}

static void
test_quits_its_loop (void)
{
  gsize i;

  g_test_summary ("rules 4, 12: whatever is called back may quit its loop; a later run delivers the rest");

  gctx_clock_hold (NOW);
  for (i = 0; i < G_N_ELEMENTS (all_callbacks); i++)
    {
      g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
      g_autoptr (GCtxContext) quits = gctx_context_with_timeout (gctx_context_background (), SECOND);
      g_autoptr (GCtxContext) quits_later = gctx_context_with_timeout (gctx_context_background (), 2 * SECOND);
      Meddler meddler = { loop };
      Told equal, later;

      all_callbacks[i] (quits, &meddler);
      all_callbacks[i] (quits_later, &meddler);
      told_start (&equal, SECOND);
      told_start (&later, 2 * SECOND);

      g_idle_add (pass_a_second, NULL);
      g_main_loop_run (loop);
      g_assert_cmpint (meddler.n_called, ==, 1);
      g_assert_cmpint (later.told, ==, 0);

      g_idle_add (pass_a_second, NULL);
      g_main_loop_run (loop);
      g_assert_cmpint (meddler.n_called, ==, 2);
      test_iterate_until (NULL, &equal.told);
      test_iterate_until (NULL, &later.told);
      told_finish (&equal);
      told_finish (&later);
    }
  gctx_clock_release ();
}

/* --- A machine that slept --- */

static GCtxScope *
scope_ending_after (GCtxContext *parent,
                    gint64       hours)
{
  g_autoptr (GError) cause = g_error_new (G_FILE_ERROR, hours, "the limit of %d hours", (int) hours);

  return gctx_scope_new_with_deadline_cause (parent, NOW + hours * HOUR, cause);
}

static void
append_time (GCtxContext *context,
             gpointer     user_data)
{
  gint64 deadline;

  g_assert_true (gctx_context_get_deadline (context, &deadline));
  deadline = (deadline - NOW) / HOUR;
  g_array_append_val ((GArray *) user_data, deadline);
}

static void
assert_timed_out (gpointer context,
                  gint64   hours)
{
  g_assert_error (gctx_context_get_error (context), G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_error (gctx_context_get_cause (context), G_FILE_ERROR, (int) hours);
}

static void
test_suspended (void)
{
  g_autoptr (GArray) order = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GCtxScope) six = NULL;
  g_autoptr (GCtxScope) three_below_six = NULL;
  g_autoptr (GCtxScope) plain_below_three = NULL;
  g_autoptr (GCtxScope) nine_below_six = NULL;
  g_autoptr (GCtxScope) one = NULL;
  g_autoptr (GCtxScope) twenty = NULL;
  GCtxScope *all[5];
  gsize i;

  g_test_summary ("rules 1, 10, 12: deadlines that a sleep of hours jumps over end what they would have ended, "
                  "in their order");

  gctx_clock_hold (NOW);
  six = scope_ending_after (gctx_context_background (), 6);
  three_below_six = scope_ending_after (GCTX_CONTEXT (six), 3);
  plain_below_three = gctx_scope_new (GCTX_CONTEXT (three_below_six));
  nine_below_six = scope_ending_after (GCTX_CONTEXT (six), 9);
  one = scope_ending_after (gctx_context_background (), 1);
  twenty = scope_ending_after (gctx_context_background (), 20);
  memcpy (all, (GCtxScope *[]) { six, three_below_six, plain_below_three, nine_below_six, one }, sizeof all);
  for (i = 0; i < G_N_ELEMENTS (all); i++)
    gctx_context_add_after_func (GCTX_CONTEXT (all[i]), append_time, order, NULL);
  test_iterate_pending (NULL);

  gctx_clock_advance (10 * HOUR);
  while (order->len < G_N_ELEMENTS (all))
    g_main_context_iteration (NULL, TRUE);

  g_assert_cmpmem (order->data, order->len * sizeof (gint64),
                   ((gint64[]) { 1, 3, 3, 6, 6 }), 5 * sizeof (gint64));
  assert_timed_out (one, 1);
  assert_timed_out (three_below_six, 3);
  assert_timed_out (plain_below_three, 3);
  assert_timed_out (six, 6);
  assert_timed_out (nine_below_six, 6);
  g_assert_true (gctx_scope_has_expired (six));
  g_assert_true (gctx_scope_has_expired (three_below_six));
  g_assert_false (gctx_scope_has_expired (plain_below_three));
  g_assert_false (gctx_scope_has_expired (nine_below_six));
  g_assert_false (gctx_context_is_done (GCTX_CONTEXT (twenty)));
  gctx_clock_release ();
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/faults/home-hangs/in-a-callback", test_home_hangs);
  g_test_add_func ("/gctx/faults/home-hangs/in-a-handler", test_home_hangs_in_a_handler);
  g_test_add_func ("/gctx/faults/callback/turns-its-loop", test_turns_its_loop);
  g_test_add_func ("/gctx/faults/callback/quits-its-loop", test_quits_its_loop);
  g_test_add_func ("/gctx/faults/suspended", test_suspended);

  return g_test_run ();
}
