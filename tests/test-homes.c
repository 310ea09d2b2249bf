/* test-homes.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Homes that run their loop, and programs without a loop. */

#include "test-watch.h"

static void
test_a_main (void)
{
  g_test_summary ("rule 12a: the main thread's loop delivers what was set before it and inside it");
  assert_home_delivers ();
}

static void
test_a_thread (void)
{
  g_test_summary ("rule 12a: a thread that runs its own main context delivers what was set there");
  in_thread_with_home (assert_home_delivers);
}

static void
test_a_owner (void)
{
  g_test_summary ("rule 12a: whichever thread runs the default main context delivers what was set inside it");
  in_thread_without_home (assert_owner_delivers);
}

static void
test_a_succession (void)
{
  GTimeSpan timeout = watch_timeout;
  int i;

  g_test_summary ("rule 12a: deadlines that follow each other by about the grace time are all delivered at home");

  for (i = 0; i < 5; i++)
    {
      watch_timeout = (95 + 5 * i) * MSEC;
      assert_delivered_here (watch_start);
      assert_delivered_here (watch_start_in_dispatch);
    }

  watch_timeout = timeout;
}

static gboolean
keep_busy (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

static void
test_a_busy_loop (void)
{
  g_autoptr (GSource) busy = g_idle_source_new ();

  g_test_summary ("rule 12a: a source of high priority that is always ready does not keep a deadline waiting");

  g_source_set_priority (busy, 10 * G_PRIORITY_HIGH);
  g_source_set_callback (busy, keep_busy, NULL, NULL);
  g_source_attach (busy, NULL);
  assert_delivered_here (watch_start);
  g_source_destroy (busy);
}

static void
test_b_main (void)
{
  g_test_summary ("rule 12b: without a loop a blocking call in the main thread ends at the deadline");
  assert_delivered_elsewhere_at_once ();
}

static gboolean
quit_loop (gpointer user_data)
{
  g_main_loop_quit (user_data);
  return G_SOURCE_REMOVE;
}

static void
test_b_loop_quit (void)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  Watch before;

  g_test_summary ("rule 12b: a loop that was quit before the deadline was set is no loop");

  watch_start (&before);
  g_idle_add (quit_loop, loop);
  g_main_loop_run (loop);
  assert_delivered_elsewhere_at_once ();

  test_iterate_until (NULL, &before.delivered);
  watch_finish (&before);
}

static void
test_b_threads (void)
{
  g_test_summary ("rule 12b: so do they in a thread without a main context, and in one that never runs its own");

  in_thread_without_home (assert_delivered_elsewhere_at_once);
  in_thread_with_home (assert_delivered_elsewhere_at_once);
}

static GThread *delivered_in;

static void
read_beside_main_loop (void)
{
  gboolean in_time = FALSE;
  int i;

  for (i = 0; i < N_ATTEMPTS && !in_time; i++)
    {
      Watch watch;

      watch_start (&watch);
      in_time = watch_read (&watch);
      watch_finish (&watch);
      delivered_in = watch.thread;
    }

  g_assert_true (in_time);
}

static void
test_b_beside_main_loop (void)
{
  Thread worker = { read_beside_main_loop, FALSE };
  GThread *thread;

  g_test_summary ("rule 12b: a thread without a main context does not borrow the main thread's loop");

  thread = g_thread_new ("without home", run_func, &worker);
  test_iterate_until (NULL, &worker.finished);
  g_assert_nonnull (delivered_in);
  g_assert_true (delivered_in != thread);
  g_assert_true (delivered_in != g_thread_self ());
  g_thread_join (thread);
}

static gpointer
set_deadline_and_leave (gpointer user_data)
{
  g_autoptr (GMainContext) home = g_main_context_new ();
  Watch *watch = user_data;

  g_main_context_push_thread_default (home);
  watch_start_for (watch, NULL);
  g_main_context_iteration (home, FALSE);
  g_main_context_pop_thread_default (home);
  return NULL;
}

static void
test_home_goes_away (void)
{
  Watch watch;

  g_test_summary ("rules 5, 12: a deadline outlives the thread and the main context that it was set in");

  g_thread_join (g_thread_new ("leaving", set_deadline_and_leave, &watch));
  test_iterate_until (NULL, &watch.delivered);
  watch_finish (&watch);
}

static void
test_unreferenced_blocking (void)
{
  g_autoptr (GCancellable) cancellable = NULL;
  g_autoptr (GCtxContext) back = NULL;
  g_autoptr (GError) error = NULL;
  GCtxContext *context;
  Silence silence;
  gint64 deadline = g_get_monotonic_time () + watch_timeout;
  char byte;

  g_test_summary ("rule 7: a blocking call keeps the deadline of a context that nobody holds any more");

  context = gctx_context_with_deadline (gctx_context_background (), deadline);
  cancellable = g_object_ref (gctx_context_get_cancellable (context));
  g_object_unref (context);

  silence_open (&silence);
  g_assert_cmpint (g_socket_receive (silence.socket, &byte, sizeof byte, cancellable, &error), ==, -1);
  silence_close (&silence);
  g_assert_cmpint (g_get_monotonic_time (), >=, deadline);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  back = gctx_context_from_cancellable (cancellable);
  g_assert_error (gctx_context_get_error (back), G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
}

typedef struct
{
  GError *error;
  int     finished;
} Read;

static void
read_finished (GObject      *source,
               GAsyncResult *result,
               gpointer      user_data)
{
  Read *read = user_data;

  g_assert_cmpint (g_input_stream_read_finish (G_INPUT_STREAM (source), result, &read->error), ==, -1);
  read->finished = TRUE;
}

static void
test_unreferenced_async (void)
{
  GCtxContext *context;
  Silence silence;
  Read reading = { NULL, FALSE };
  gint64 deadline = g_get_monotonic_time () + watch_timeout;
  char byte;

  g_test_summary ("rule 7: an asynchronous call keeps the deadline of a context that nobody holds any more");

  silence_open (&silence);
  context = gctx_context_with_deadline (gctx_context_background (), deadline);
  g_input_stream_read_async (silence_get_stream (&silence), &byte, sizeof byte, G_PRIORITY_DEFAULT,
                             gctx_context_get_cancellable (context), read_finished, &reading);
  g_object_unref (context);

  test_iterate_until (NULL, &reading.finished);
  g_assert_cmpint (g_get_monotonic_time (), >=, deadline);
  g_assert_error (reading.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&reading.error);
  silence_close (&silence);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  /* First, where the default main context has never run. */
  g_test_add_func ("/gctx/homes/b/main", test_b_main);
  g_test_add_func ("/gctx/homes/b/loop-quit", test_b_loop_quit);
  g_test_add_func ("/gctx/homes/b/threads", test_b_threads);
  g_test_add_func ("/gctx/homes/b/beside-main-loop", test_b_beside_main_loop);
  g_test_add_func ("/gctx/homes/a/main", test_a_main);
  g_test_add_func ("/gctx/homes/a/thread", test_a_thread);
  g_test_add_func ("/gctx/homes/a/owner", test_a_owner);
  g_test_add_func ("/gctx/homes/a/succession", test_a_succession);
  g_test_add_func ("/gctx/homes/a/busy-loop", test_a_busy_loop);
  g_test_add_func ("/gctx/homes/gone/thread-and-context", test_home_goes_away);
  g_test_add_func ("/gctx/homes/unreferenced/blocking", test_unreferenced_blocking);
  g_test_add_func ("/gctx/homes/unreferenced/async", test_unreferenced_async);

  return g_test_run ();
}
