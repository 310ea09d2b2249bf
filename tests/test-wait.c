/* test-wait.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Waits, with deadlines on a clock that the test holds. */

#include "test-async.h"
#include "test-race.h"
#include "test-tree.h"

#include "gctx-clock-private.h"

#define SECOND (G_GINT64_CONSTANT (1000000))
#define NOW    (1000 * SECOND)

static void
wait_async (GCtxContext  *context,
            GCancellable *cancellable,
            Async        *async)
{
  *async = async_init (gctx_context_wait_finish);
  gctx_context_wait_async (context, cancellable, async_ready, async);
}

static void
test_done_before (void)
{
  GCtxScope *scope = gctx_scope_new (gctx_context_background ());

  g_test_summary ("rule 1: a wait for a context that is done returns");

  gctx_scope_cancel (scope);
  gctx_context_wait (GCTX_CONTEXT (scope));
  gctx_context_wait (GCTX_CONTEXT (scope));
  test_assert_last_unref (scope);
}

static void
scope_wait (gpointer data)
{
  GCtxContext *context = *(gpointer *) data;

  gctx_context_wait (context);
  g_assert_true (gctx_context_is_done (context));
}

static void
test_cancel_during (void)
{
  GCtxScope *scope = NULL;

  g_test_summary ("rules 2, 5: a wait ends whenever the cancel comes, before, while or after it starts");

  test_race (scope_set_up, scope_wait, scope_cancel, scope_check, &scope);
}

typedef struct
{
  GCtxContext *context;
  int         *n_waiting;
} Waiter;

static gpointer
run_waiter (gpointer user_data)
{
  Waiter *waiter = user_data;

  g_atomic_int_inc (waiter->n_waiting);
  gctx_context_wait (waiter->context);
  g_assert_true (gctx_context_is_done (waiter->context));
  g_atomic_int_add (waiter->n_waiting, -1);
  return NULL;
}

/* Starts threads that wait for @contexts; returns when each has all but
 * started to. */
static void
start_waiters (GCtxContext **contexts,
               gsize         n_contexts,
               Waiter       *waiters,
               GThread     **threads,
               int          *n_waiting)
{
  gsize i;

  for (i = 0; i < n_contexts; i++)
    {
      waiters[i] = (Waiter) { contexts[i], n_waiting };
      threads[i] = g_thread_new ("waiter", run_waiter, &waiters[i]);
    }
  while (g_atomic_int_get (n_waiting) < (int) n_contexts)
    g_thread_yield ();
}

static void
test_several_waiters (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxScope) child = gctx_scope_new (GCTX_CONTEXT (scope));
  GCtxContext *contexts[8];
  Waiter waiters[8];
  GThread *threads[8];
  int n_waiting = 0;
  gsize i;

  g_test_summary ("rules 2, 5: one cancel ends the waits of many threads, for it and for its children");

  for (i = 0; i < 8; i++)
    contexts[i] = GCTX_CONTEXT (i % 2 == 0 ? scope : child);
  start_waiters (contexts, 8, waiters, threads, &n_waiting);
  g_assert_true (gctx_scope_cancel (scope));
  for (i = 0; i < 8; i++)
    g_thread_join (threads[i]);
  g_assert_cmpint (n_waiting, ==, 0);
}

static void
test_deadline_during (void)
{
  g_autoptr (GCtxContext) context = NULL;
  g_autoptr (GCtxScope) child = NULL;
  GCtxContext *contexts[4];
  Waiter waiters[4];
  GThread *threads[4];
  int n_waiting = 0;
  gsize i;

  g_test_summary ("rule 11: waits end at the deadline, the context's own and its parent's");

  gctx_clock_hold (NOW);
  context = gctx_context_with_timeout (gctx_context_background (), SECOND);
  child = gctx_scope_new (context);
  for (i = 0; i < 4; i++)
    contexts[i] = i % 2 == 0 ? context : GCTX_CONTEXT (child);
  start_waiters (contexts, 4, waiters, threads, &n_waiting);
  gctx_clock_advance (SECOND - 1);
  g_assert_cmpint (g_atomic_int_get (&n_waiting), ==, 4);

  gctx_clock_advance (1);
  for (i = 0; i < 4; i++)
    g_thread_join (threads[i]);
  g_assert_cmpint (n_waiting, ==, 0);
  g_assert_error (gctx_context_get_error (context), G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  gctx_clock_release ();
}

static gpointer
advance_clock (gpointer user_data)
{
  gctx_clock_advance (SECOND);
  return NULL;
}

static gboolean
wait_in_dispatch (gpointer user_data)
{
  g_autoptr (GCtxContext) context = gctx_context_with_timeout (gctx_context_background (), SECOND);
  GThread *thread = g_thread_new ("clock", advance_clock, NULL);

  gctx_context_wait (context);
  g_assert_error (gctx_context_get_error (context), G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_thread_join (thread);
  g_atomic_int_set ((int *) user_data, TRUE);
  return G_SOURCE_REMOVE;
}

static void
test_deadline_in_dispatch (void)
{
  int finished = FALSE;

  g_test_summary ("rules 11, 12c: also in a callback, where the home that would deliver is what waits");

  gctx_clock_hold (NOW);
  g_idle_add (wait_in_dispatch, &finished);
  test_iterate_until (NULL, &finished);
  gctx_clock_release ();
}

static void
test_async_done (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  Async before, after;

  g_test_summary ("rule 2: an asynchronous wait succeeds once the context is done, and never inside a call");

  wait_async (GCTX_CONTEXT (scope), NULL, &before);
  test_iterate_pending (NULL);
  g_assert_cmpint (before.n_finished, ==, 0);

  g_assert_true (gctx_scope_cancel (scope));
  wait_async (GCTX_CONTEXT (scope), NULL, &after);
  g_assert_cmpint (before.n_finished, ==, 0);
  g_assert_cmpint (after.n_finished, ==, 0);

  test_iterate_until (NULL, &before.n_finished);
  test_iterate_until (NULL, &after.n_finished);
  g_assert_true (before.succeeded);
  g_assert_true (after.succeeded);
  async_clear (&before);
  async_clear (&after);
  test_iterate_pending (NULL);
  test_assert_last_unref (g_steal_pointer (&scope));
}

static void
test_async_deadline (void)
{
  g_autoptr (GCtxContext) context = NULL;
  Async async;

  g_test_summary ("rule 11: an asynchronous wait succeeds at the deadline");

  gctx_clock_hold (NOW);
  context = gctx_context_with_timeout (gctx_context_background (), SECOND);
  wait_async (context, NULL, &async);
  test_iterate_pending (NULL);
  g_assert_cmpint (async.n_finished, ==, 0);

  gctx_clock_advance (SECOND);
  test_iterate_until (NULL, &async.n_finished);
  g_assert_true (async.succeeded);
  g_assert_error (gctx_context_get_error (context), G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  async_clear (&async);
  gctx_clock_release ();
}

static void
test_async_nap_over (void)
{
  g_autoptr (GCtxContext) context = NULL;
  Async async = async_init (gctx_context_sleep_finish);

  g_test_summary ("rule 11: a nap fails where the deadline has passed, though only the nap was noticed to be over");

  gctx_clock_hold (NOW);
  context = gctx_context_with_timeout (gctx_context_background (), SECOND);
  gctx_context_sleep_async (context, 0, NULL, async_ready, &async);
  gctx_clock_advance_unseen (SECOND);
  test_iterate_until (NULL, &async.n_finished);
  g_assert_error (async.error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  async_clear (&async);
  gctx_clock_release ();
}

static void
test_async_withdrawn (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Async withdrawn, too_late, stays;

  g_test_summary ("rule 9: its cancellable withdraws that wait, and neither another wait nor the context");

  wait_async (GCTX_CONTEXT (scope), cancellable, &withdrawn);
  wait_async (GCTX_CONTEXT (scope), NULL, &stays);
  g_cancellable_cancel (cancellable);
  wait_async (GCTX_CONTEXT (scope), cancellable, &too_late);
  g_assert_cmpint (withdrawn.n_finished, ==, 0);
  g_assert_cmpint (too_late.n_finished, ==, 0);

  test_iterate_until (NULL, &withdrawn.n_finished);
  test_iterate_until (NULL, &too_late.n_finished);
  g_assert_error (withdrawn.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_error (too_late.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_false (gctx_context_is_done (GCTX_CONTEXT (scope)));
  test_iterate_pending (NULL);
  g_assert_cmpint (stays.n_finished, ==, 0);

  gctx_scope_cancel (scope);
  test_iterate_until (NULL, &stays.n_finished);
  g_assert_true (stays.succeeded);
  async_clear (&withdrawn);
  async_clear (&too_late);
  async_clear (&stays);
}

static void
test_async_never_done (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Async async;

  g_test_summary ("rule 9: a wait for what is never done ends when it is withdrawn");

  wait_async (gctx_context_background (), cancellable, &async);
  test_iterate_pending (NULL);
  g_assert_cmpint (async.n_finished, ==, 0);
  g_cancellable_cancel (cancellable);
  test_iterate_until (NULL, &async.n_finished);
  g_assert_error (async.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  async_clear (&async);
}

static gpointer
cancel_scope (gpointer user_data)
{
  gctx_scope_cancel (user_data);
  return NULL;
}

static void
test_async_where_started (void)
{
  g_autoptr (GMainContext) loop = g_main_context_new ();
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  Async async;

  g_test_summary ("rule 12: the result arrives in the main context that was thread-default at the start");

  g_main_context_push_thread_default (loop);
  wait_async (GCTX_CONTEXT (scope), NULL, &async);
  g_main_context_pop_thread_default (loop);

  g_thread_join (g_thread_new ("canceller", cancel_scope, scope));
  test_iterate_pending (NULL);
  g_assert_cmpint (async.n_finished, ==, 0);
  test_iterate_until (loop, &async.n_finished);
  g_assert_true (async.thread == g_thread_self ());
  g_assert_true (async.succeeded);
  async_clear (&async);
}

static void
test_async_many (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  g_autofree Async *asyncs = g_new (Async, 1000);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  gsize i;

  g_test_summary ("rule 2: of many asynchronous waits each ends once, as withdrawn or as done");

  for (i = 0; i < 1000; i++)
    wait_async (GCTX_CONTEXT (scope), i % 2 == 0 ? cancellable : NULL, &asyncs[i]);

  g_cancellable_cancel (cancellable);
  for (i = 0; i < 1000; i += 2)
    test_iterate_until (NULL, &asyncs[i].n_finished);
  gctx_scope_cancel (scope);
  for (i = 1; i < 1000; i += 2)
    test_iterate_until (NULL, &asyncs[i].n_finished);

  for (i = 0; i < 1000; i++)
    {
      g_assert_cmpint (asyncs[i].succeeded, ==, i % 2);
      async_clear (&asyncs[i]);
    }
}

typedef struct
{
  GCtxScope    *scope;
  GCancellable *cancellable;
  Async         async;
  guint         n_succeeded;
} Withdrawal;

static void
withdrawal_set_up (gpointer data)
{
  Withdrawal *withdrawal = data;

  withdrawal->scope = gctx_scope_new (gctx_context_background ());
  withdrawal->cancellable = g_cancellable_new ();
  wait_async (GCTX_CONTEXT (withdrawal->scope), withdrawal->cancellable, &withdrawal->async);
}

static void
withdrawal_withdraw (gpointer data)
{
  Withdrawal *withdrawal = data;

  g_cancellable_cancel (withdrawal->cancellable);
}

static void
withdrawal_end (gpointer data)
{
  Withdrawal *withdrawal = data;

  gctx_scope_cancel (withdrawal->scope);
}

/* The loop runs meanwhile: which of the two it sees first decides. */
static void
withdrawal_iterate (gpointer data)
{
  test_iterate_until (NULL, &((Withdrawal *) data)->async.n_finished);
}

static void
withdrawal_check (gpointer data)
{
  Withdrawal *withdrawal = data;

  test_iterate_pending (NULL);
  if (!withdrawal->async.succeeded)
    g_assert_error (withdrawal->async.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  withdrawal->n_succeeded += withdrawal->async.succeeded;

  async_clear (&withdrawal->async);
  unref_until_gone (withdrawal->scope);
  unref_until_gone (withdrawal->cancellable);
}

static void
test_async_withdrawn_or_done (void)
{
  const TestRaceFunc racers[] = { withdrawal_iterate, withdrawal_end, withdrawal_withdraw, NULL };
  Withdrawal withdrawal = { .n_succeeded = 0 };

  g_test_summary ("rule 5: a wait that is withdrawn while the context ends has one result");

  test_race_n (TEST_RACE_ROUNDS, withdrawal_set_up, racers, withdrawal_check, &withdrawal);
  test_race_report ("succeeded", withdrawal.n_succeeded);
}

typedef struct
{
  int n_pending;
  int over;
} Foreign;

static void
on_foreign_wait (GObject      *source,
                 GAsyncResult *result,
                 gpointer      user_data)
{
  gctx_context_wait_finish (GCTX_CONTEXT (source), result, NULL);
  g_atomic_int_set (&((Foreign *) user_data)->n_pending, 0);
}

static gpointer
wait_from_a_thread_without_a_loop (gpointer user_data)
{
  Foreign *foreign = user_data;
  int n_rounds = TEST_RACE_ROUNDS;
  int i;

  for (i = 0; i < n_rounds; i++)
    {
      g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();

      g_cancellable_cancel (cancellable);
      gctx_scope_cancel (scope);
      g_atomic_int_set (&foreign->n_pending, 1);
      gctx_context_wait_async (GCTX_CONTEXT (scope), cancellable, on_foreign_wait, foreign);
      while (g_atomic_int_get (&foreign->n_pending) > 0)
        g_thread_yield ();
    }

  g_atomic_int_set (&foreign->over, TRUE);
  g_main_context_wakeup (NULL);

  return NULL;
}

static void
test_attached_elsewhere (void)
{
  Foreign foreign = { 0, FALSE };
  GThread *thread;

  g_test_summary ("rule 5: a wait may end in the main thread while the one that starts it is still at it");

  thread = g_thread_new ("starts-waits", wait_from_a_thread_without_a_loop, &foreign);
  test_iterate_until (NULL, &foreign.over);
  g_thread_join (thread);
  g_assert_cmpint (foreign.n_pending, ==, 0);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/wait/done-before", test_done_before);
  g_test_add_func ("/gctx/wait/cancel-during", test_cancel_during);
  g_test_add_func ("/gctx/wait/several-waiters", test_several_waiters);
  g_test_add_func ("/gctx/wait/deadline-during", test_deadline_during);
  g_test_add_func ("/gctx/wait/deadline-in-dispatch", test_deadline_in_dispatch);
  g_test_add_func ("/gctx/wait/async/done", test_async_done);
  g_test_add_func ("/gctx/wait/async/deadline", test_async_deadline);
  g_test_add_func ("/gctx/wait/async/nap-over", test_async_nap_over);
  g_test_add_func ("/gctx/wait/async/withdrawn", test_async_withdrawn);
  g_test_add_func ("/gctx/wait/async/never-done", test_async_never_done);
  g_test_add_func ("/gctx/wait/async/where-started", test_async_where_started);
  g_test_add_func ("/gctx/wait/async/many", test_async_many);
  g_test_add_func ("/gctx/wait/async/withdrawn-or-done", test_async_withdrawn_or_done);

  g_test_add_func ("/gctx/wait/async/attached-elsewhere", test_attached_elsewhere);

  return g_test_run ();
}
