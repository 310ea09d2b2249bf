/* test-stuck-homes.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Homes whose loop is stuck in a callback, and handlers that block for ever. */

#include "test-watch.h"

typedef struct
{
  Watch    watch;
  GThread *after_func_thread;
  GThread *source_thread;
  int      n_pending;
  gboolean in_time;
  int      finished;
} Stuck;

static void
note_after_func (GCtxContext *context,
                 gpointer     user_data)
{
  Stuck *stuck = user_data;

  stuck->after_func_thread = g_thread_self ();
  stuck->finished = g_atomic_int_dec_and_test (&stuck->n_pending);
}

static gboolean
note_source (GCtxContext *context,
             gpointer     user_data)
{
  Stuck *stuck = user_data;

  stuck->source_thread = g_thread_self ();
  stuck->finished = g_atomic_int_dec_and_test (&stuck->n_pending);
  return G_SOURCE_REMOVE;
}

static gboolean
get_stuck (gpointer user_data)
{
  g_autoptr (GSource) source = NULL;
  Stuck *stuck = user_data;

  watch_start (&stuck->watch);
  gctx_context_add_after_func (stuck->watch.context, note_after_func, stuck, NULL);
  source = gctx_context_create_source (stuck->watch.context);
  g_source_set_callback (source, G_SOURCE_FUNC (note_source), stuck, NULL);
  g_source_attach (source, g_main_context_get_thread_default ());

  stuck->in_time = watch_read (&stuck->watch);
  g_assert_cmpint (g_atomic_int_get (&stuck->n_pending), ==, 2);
  return G_SOURCE_REMOVE;
}

/* Case (c): a deadline that is set in a callback ends what blocks there, and
 * what belongs to the loop waits for the loop. */
static void
assert_stuck_loop_is_helped (void)
{
  GMainContext *home = g_main_context_get_thread_default ();
  int i;

  for (i = 0; i < N_ATTEMPTS; i++)
    {
      Stuck stuck = { .n_pending = 2 };
      g_autoptr (GSource) idle = g_idle_source_new ();

      g_source_set_callback (idle, get_stuck, &stuck, NULL);
      g_source_attach (idle, home);
      test_iterate_until (home, &stuck.finished);
      watch_finish (&stuck.watch);

      g_assert_true (stuck.after_func_thread == g_thread_self ());
      g_assert_true (stuck.source_thread == g_thread_self ());
      if (!stuck.in_time)
        continue;

      g_assert_true (stuck.watch.thread != g_thread_self ());
      g_assert_true (watch_was_late (&stuck.watch));
      return;
    }

  g_error ("no callback was stuck in time");
}

static void
test_c_stuck_loop (void)
{
  g_test_summary ("rule 12c: a call that blocks inside a callback of its home ends after the grace time");

  assert_stuck_loop_is_helped ();
  in_thread_with_home (assert_stuck_loop_is_helped);
}

static void
test_c_loop_left (void)
{
  gboolean in_time = FALSE;
  int i;

  g_test_summary ("rule 12c: so does one behind a loop that ran after the deadline was set and was left");

  for (i = 0; i < N_ATTEMPTS && !in_time; i++)
    {
      Watch watch;

      watch_start (&watch);
      test_iterate_pending (NULL);
      in_time = watch_read (&watch);
      watch_finish (&watch);
      if (in_time)
        g_assert_true (watch.thread != g_thread_self ());
    }

  g_assert_true (in_time);
}

static GMutex blocked_mutex;
static GCond  blocked_cond;
static int    n_blocked;
static gboolean released;

static void
block_until_released (GCancellable *cancellable,
                      gpointer      user_data)
{
  g_mutex_lock (&blocked_mutex);
  n_blocked++;
  g_cond_broadcast (&blocked_cond);
  while (!released)
    g_cond_wait (&blocked_cond, &blocked_mutex);
  n_blocked--;
  g_mutex_unlock (&blocked_mutex);
}

static gulong
add_blocking_handler (GCtxContext *context)
{
  return g_cancellable_connect (gctx_context_get_cancellable (context), G_CALLBACK (block_until_released), NULL, NULL);
}

static void
wait_until_blocked (int n)
{
  g_mutex_lock (&blocked_mutex);
  while (n_blocked < n)
    g_cond_wait (&blocked_cond, &blocked_mutex);
  g_mutex_unlock (&blocked_mutex);
}

static void
set_released (gboolean value)
{
  g_mutex_lock (&blocked_mutex);
  released = value;
  g_cond_broadcast (&blocked_cond);
  g_mutex_unlock (&blocked_mutex);
}

static void
test_blocked_deliveries (void)
{
  GCtxContext *contexts[4];
  gulong handlers[4];
  gint64 deadline = g_get_monotonic_time () + watch_timeout;
  gsize i;

  g_test_summary ("rule 12: handlers that block for ever, some at the same time, stop no other deadline");

  for (i = 0; i < G_N_ELEMENTS (contexts); i++)
    {
      contexts[i] = gctx_context_with_deadline (gctx_context_background (), deadline + (i / 2) * 10 * MSEC);
      handlers[i] = add_blocking_handler (contexts[i]);
    }
  wait_until_blocked (G_N_ELEMENTS (contexts));

  assert_delivered_elsewhere_at_once ();
  in_thread_without_home (assert_delivered_elsewhere_at_once);
  in_thread_with_home (assert_home_delivers);
  assert_home_delivers ();
  assert_stuck_loop_is_helped ();

  set_released (TRUE);
  for (i = 0; i < G_N_ELEMENTS (contexts); i++)
    {
      g_cancellable_disconnect (gctx_context_get_cancellable (contexts[i]), handlers[i]);
      g_object_unref (contexts[i]);
    }
  set_released (FALSE);
}

typedef struct
{
  Watch blocked;
  Watch equal;
  Watch later;
} BlockedHome;

static gboolean
start_blocked_home (gpointer user_data)
{
  BlockedHome *test = user_data;

  watch_start (&test->blocked);
  add_blocking_handler (test->blocked.context);
  watch_start (&test->equal);
  watch_start (&test->later);
  return G_SOURCE_REMOVE;
}

static gpointer
run_blocked_home (gpointer user_data)
{
  g_autoptr (GMainContext) home = g_main_context_new ();
  g_autoptr (GSource) idle = g_idle_source_new ();
  BlockedHome *test = user_data;

  g_main_context_push_thread_default (home);
  g_source_set_callback (idle, start_blocked_home, test, NULL);
  g_source_attach (idle, home);
  g_main_context_iteration (home, TRUE);
  test_iterate_until (home, &test->later.delivered);
  test_iterate_until (home, &test->equal.delivered);
  test_iterate_until (home, &test->blocked.delivered);
  g_main_context_pop_thread_default (home);
  return NULL;
}

static void
test_blocked_home (void)
{
  BlockedHome test;
  GThread *thread;

  g_test_summary ("rule 12: a handler that blocks its home for ever does not stop the home's other deadlines");

  memset (&test, 0, sizeof test);
  thread = g_thread_new ("blocked home", run_blocked_home, &test);
  wait_until_blocked (1);
  test_iterate_until (NULL, &test.equal.delivered);
  test_iterate_until (NULL, &test.later.delivered);
  assert_delivered_elsewhere_at_once ();
  assert_home_delivers ();

  /* Unless a stall gave it to a delivery thread, it is the home that hangs. */
  if (test.blocked.thread == thread)
    g_assert_true (test.later.thread != thread);
  else
    g_assert_true (watch_was_late (&test.blocked));

  set_released (TRUE);
  g_thread_join (thread);
  watch_finish (&test.blocked);
  watch_finish (&test.equal);
  watch_finish (&test.later);
  set_released (FALSE);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/stuck-homes/stuck-loop", test_c_stuck_loop);
  g_test_add_func ("/gctx/stuck-homes/loop-left", test_c_loop_left);
  g_test_add_func ("/gctx/stuck-homes/blocked/deliveries", test_blocked_deliveries);
  g_test_add_func ("/gctx/stuck-homes/blocked/home", test_blocked_home);

  return g_test_run ();
}
