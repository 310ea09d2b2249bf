/* test-sleep.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Naps, which take real time. Only how long a nap lasts at least is asserted,
 * and that an endless one ends with its context. */

#include "test-async.h"
#include "test-race.h"
#include "test-tree.h"

#define MSEC   (G_GINT64_CONSTANT (1000))
#define NAP    (20 * MSEC)
#define LONGER (G_GINT64_CONSTANT (3600000000))

static void
sleep_async (GCtxContext  *context,
             GTimeSpan     duration,
             GCancellable *cancellable,
             Async        *async)
{
  *async = async_init (gctx_context_sleep_finish);
  gctx_context_sleep_async (context, duration, cancellable, async_ready, async);
}

static GCtxScope *
new_scope_cancelled_because (const char *reason)
{
  g_autoptr (GError) cause = g_error_new_literal (G_FILE_ERROR, G_FILE_ERROR_NOSPC, reason);
  GCtxScope *scope = gctx_scope_new (gctx_context_background ());

  g_assert_true (gctx_scope_cancel_with_cause (scope, cause));
  return scope;
}

static void
test_nap (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  g_autoptr (GError) error = NULL;
  gint64 start = g_get_monotonic_time ();

  g_test_summary ("design 1: a sleep is TRUE after the nap");

  g_assert_true (gctx_context_sleep (GCTX_CONTEXT (scope), NAP, &error));
  g_assert_no_error (error);
  g_assert_cmpint (g_get_monotonic_time (), >=, start + NAP);

  start = g_get_monotonic_time ();
  g_assert_true (gctx_context_sleep (gctx_context_background (), NAP, NULL));
  g_assert_cmpint (g_get_monotonic_time (), >=, start + NAP);
}

static void
test_no_time (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());

  g_test_summary ("rule 14: a nap of zero or less is over, unless the context is done");

  g_assert_true (gctx_context_sleep (GCTX_CONTEXT (scope), 0, NULL));
  g_assert_true (gctx_context_sleep (GCTX_CONTEXT (scope), -1, NULL));
  g_assert_true (gctx_context_sleep (GCTX_CONTEXT (scope), G_MININT64, NULL));
  g_assert_false (gctx_context_is_done (GCTX_CONTEXT (scope)));

  gctx_scope_cancel (scope);
  g_assert_false (gctx_context_sleep (GCTX_CONTEXT (scope), 0, NULL));
  g_assert_false (gctx_context_sleep (GCTX_CONTEXT (scope), G_MININT64, NULL));
}

static void
test_done_before (void)
{
  g_autoptr (GCtxScope) scope = new_scope_cancelled_because ("enough slept");
  g_autoptr (GError) error = NULL;

  g_test_summary ("rule 15: where the context is done there is no nap, but the context's error");

  g_assert_false (gctx_context_sleep (GCTX_CONTEXT (scope), LONGER, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_nonnull (strstr (error->message, "enough slept"));
}

static void
test_deadline (void)
{
  gint64 deadline = g_get_monotonic_time () + NAP;
  g_autoptr (GCtxContext) context = gctx_context_with_deadline (gctx_context_background (), deadline);
  g_autoptr (GError) error = NULL;

  g_test_summary ("rules 11, 14: the deadline ends the longest nap");

  g_assert_false (gctx_context_sleep (context, G_MAXINT64, &error));
  g_assert_cmpint (g_get_monotonic_time (), >=, deadline);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_error (gctx_context_get_error (context), G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
}

static void
scope_sleep (gpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (gctx_context_sleep (*(gpointer *) data, LONGER, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_cancel_during (void)
{
  GCtxScope *scope = NULL;

  g_test_summary ("rules 2, 5: a cancel ends a nap whenever it comes");

  test_race (scope_set_up, scope_sleep, scope_cancel, scope_check, &scope);
}

static void
test_async_nap (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  gint64 start = g_get_monotonic_time ();
  Async async;

  g_test_summary ("design 1: an asynchronous sleep succeeds after the nap");

  sleep_async (GCTX_CONTEXT (scope), NAP, NULL, &async);
  g_assert_cmpint (async.n_finished, ==, 0);
  test_iterate_until (NULL, &async.n_finished);
  g_assert_cmpint (g_get_monotonic_time (), >=, start + NAP);
  g_assert_true (async.succeeded);
  async_clear (&async);
  test_iterate_pending (NULL);
  test_assert_last_unref (g_steal_pointer (&scope));
}

static void
test_async_no_time (void)
{
  static const GTimeSpan durations[] = { 0, -1, G_MININT64 };
  gsize i;

  g_test_summary ("rule 14: also without a nap its result never arrives inside the call");

  for (i = 0; i < G_N_ELEMENTS (durations); i++)
    {
      Async async;

      sleep_async (gctx_context_background (), durations[i], NULL, &async);
      g_assert_cmpint (async.n_finished, ==, 0);
      test_iterate_until (NULL, &async.n_finished);
      g_assert_true (async.succeeded);
      async_clear (&async);
    }
}

static void
test_async_done (void)
{
  g_autoptr (GCtxScope) done = new_scope_cancelled_because ("enough slept");
  g_autoptr (GCtxScope) live = gctx_scope_new (gctx_context_background ());
  gint64 deadline = g_get_monotonic_time () + NAP;
  g_autoptr (GCtxContext) timed = gctx_context_with_deadline (gctx_context_background (), deadline);
  Async before, during, at_deadline;

  g_test_summary ("rules 11, 15: it fails with the context's error where that is done, or ends, before");

  sleep_async (GCTX_CONTEXT (done), 0, NULL, &before);
  sleep_async (GCTX_CONTEXT (live), G_MAXINT64, NULL, &during);
  sleep_async (timed, LONGER, NULL, &at_deadline);
  g_assert_true (gctx_scope_cancel (live));
  g_assert_cmpint (before.n_finished, ==, 0);
  g_assert_cmpint (during.n_finished, ==, 0);

  test_iterate_until (NULL, &before.n_finished);
  test_iterate_until (NULL, &during.n_finished);
  test_iterate_until (NULL, &at_deadline.n_finished);
  g_assert_cmpint (g_get_monotonic_time (), >=, deadline);
  g_assert_error (before.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_nonnull (strstr (before.error->message, "enough slept"));
  g_assert_error (during.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_error (at_deadline.error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);

  async_clear (&before);
  async_clear (&during);
  async_clear (&at_deadline);
}

static void
test_async_withdrawn (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Async withdrawn, stays;

  g_test_summary ("rule 9: its cancellable withdraws that sleep, and neither another sleep nor the context");

  sleep_async (GCTX_CONTEXT (scope), LONGER, cancellable, &withdrawn);
  sleep_async (GCTX_CONTEXT (scope), NAP, NULL, &stays);
  g_cancellable_cancel (cancellable);
  test_iterate_until (NULL, &withdrawn.n_finished);
  g_assert_error (withdrawn.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_false (gctx_context_is_done (GCTX_CONTEXT (scope)));

  test_iterate_until (NULL, &stays.n_finished);
  g_assert_true (stays.succeeded);
  async_clear (&withdrawn);
  async_clear (&stays);
}

static void
test_async_where_started (void)
{
  g_autoptr (GMainContext) loop = g_main_context_new ();
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  Async ended, napped;

  g_test_summary ("rule 12: the result arrives in the main context that was thread-default at the start");

  g_main_context_push_thread_default (loop);
  sleep_async (GCTX_CONTEXT (scope), LONGER, NULL, &ended);
  sleep_async (gctx_context_background (), 0, NULL, &napped);
  g_main_context_pop_thread_default (loop);

  gctx_scope_cancel (scope);
  test_iterate_pending (NULL);
  g_assert_cmpint (ended.n_finished, ==, 0);
  g_assert_cmpint (napped.n_finished, ==, 0);
  test_iterate_until (loop, &ended.n_finished);
  test_iterate_until (loop, &napped.n_finished);
  g_assert_false (ended.succeeded);
  g_assert_true (napped.succeeded);
  async_clear (&ended);
  async_clear (&napped);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/sleep/nap", test_nap);
  g_test_add_func ("/gctx/sleep/no-time", test_no_time);
  g_test_add_func ("/gctx/sleep/done-before", test_done_before);
  g_test_add_func ("/gctx/sleep/deadline", test_deadline);
  g_test_add_func ("/gctx/sleep/cancel-during", test_cancel_during);
  g_test_add_func ("/gctx/sleep/async/nap", test_async_nap);
  g_test_add_func ("/gctx/sleep/async/no-time", test_async_no_time);
  g_test_add_func ("/gctx/sleep/async/done", test_async_done);
  g_test_add_func ("/gctx/sleep/async/withdrawn", test_async_withdrawn);
  g_test_add_func ("/gctx/sleep/async/where-started", test_async_where_started);

  return g_test_run ();
}
