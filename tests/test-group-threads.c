/* test-group-threads.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Groups whose functions run in threads, and how groups end in threads. */

#define _GNU_SOURCE

#include "test-interposed.h"

#include "test-group.h"
#include "test-watch.h"
#include "test-worker.h"

/* --- Standing in for GLib's pool --- */

/* What it does with what is pushed next: the pool may be slow, or find no thread
 * for it. GLib queues it all the same then. */
static enum { PUSH, HOLD, REFUSE } mood = PUSH;
static GThreadPool *held_pool;
static gpointer held;

static gboolean
push (GThreadPool  *pool,
      gpointer      data,
      GError      **error)
{
  static gpointer found = NULL;
  gboolean (*real) (GThreadPool *, gpointer, GError **) = find_real (&found, "g_thread_pool_push");

  return real (pool, data, error);
}

gboolean
g_thread_pool_push (GThreadPool  *pool,
                    gpointer      data,
                    GError      **error)
{
  if (mood == PUSH)
    return push (pool, data, error);

  held_pool = pool;
  held = data;
  if (mood == HOLD)
    return TRUE;

  g_set_error (error, G_THREAD_ERROR, G_THREAD_ERROR_AGAIN, "no thread left");
  return FALSE;
}

static void
run_in_thread_but (GCtxGroup           *group,
                   int                  new_mood,
                   GCtxGroupThreadFunc  func,
                   Op                  *op)
{
  mood = new_mood;
  gctx_group_run_in_thread (group, func, op, op_destroy);
  mood = PUSH;
}

/* --- Functions --- */

static GCtxGroup *
new_group (void)
{
  return gctx_group_new (gctx_context_background ());
}

static void
op_called (Op *op)
{
  g_atomic_pointer_set (&op->thread, g_thread_self ());
  g_atomic_int_inc (&op->n_called);
}

static gboolean
succeed_in_thread (GCtxContext  *context,
                   gpointer      user_data,
                   GError      **error)
{
  op_called (user_data);
  return TRUE;
}

static gboolean
fail_in_thread (GCtxContext  *context,
                gpointer      user_data,
                GError      **error)
{
  op_called (user_data);
  g_set_error (error, TEST_DOMAIN, 1, "cause number 1");
  return FALSE;
}

static gboolean
fail_silently (GCtxContext  *context,
               gpointer      user_data,
               GError      **error)
{
  return FALSE;
}

/* As GIO does it: all that is known is that it was cancelled. */
static gboolean
wait_in_thread (GCtxContext  *context,
                gpointer      user_data,
                GError      **error)
{
  op_called (user_data);
  gctx_context_wait (context);
  return !g_cancellable_set_error_if_cancelled (gctx_context_get_cancellable (context), error);
}

/* --- Tests --- */

typedef struct
{
  Op     op;
  GMutex mutex;
  GCond  cond;
  int    n_arrived;
} Party;

static gboolean
meet_in_thread (GCtxContext  *context,
                gpointer      user_data,
                GError      **error)
{
  Party *party = user_data;

  g_mutex_lock (&party->mutex);
  party->n_arrived++;
  g_cond_broadcast (&party->cond);
  while (party->n_arrived < 20)
    g_cond_wait (&party->cond, &party->mutex);
  g_mutex_unlock (&party->mutex);

  op_called (&party->op);
  return TRUE;
}

static void
test_at_once (void)
{
  g_autoptr (GCtxGroup) group = new_group ();
  g_autoptr (GError) error = NULL;
  Party party = { .n_arrived = 0 };

  g_test_summary ("group: without a limit all of them run at once");

  g_mutex_init (&party.mutex);
  g_cond_init (&party.cond);
  for (int i = 0; i < 20; i++)
    gctx_group_run_in_thread (group, meet_in_thread, &party, op_destroy);
  g_assert_true (gctx_group_wait (group, &error));
  g_assert_no_error (error);
  assert_op (&party.op, 20, 20);
  g_assert_true (party.op.thread != g_thread_self ());
  g_cond_clear (&party.cond);
  g_mutex_clear (&party.mutex);
}

static void
test_first_error (void)
{
  g_autoptr (GCtxGroup) group = new_group ();
  g_autoptr (GError) error = NULL;
  Op ops[3] = { { NULL } };

  g_test_summary ("group: the first error ends the rest, is the cause, and is what a wait reports");

  gctx_group_run_in_thread (group, wait_in_thread, &ops[0], op_destroy);
  gctx_group_run_in_thread (group, wait_in_thread, &ops[1], op_destroy);
  gctx_group_run_in_thread (group, fail_in_thread, &ops[2], op_destroy);
  g_assert_false (gctx_group_wait (group, &error));
  g_assert_error (error, TEST_DOMAIN, 1);
  assert_ended (gctx_group_get_context (group), G_IO_ERROR_CANCELLED, 1);
  for (guint i = 0; i < G_N_ELEMENTS (ops); i++)
    g_assert_cmpint (ops[i].n_destroyed, ==, 1);
}

static void
test_silent_failure (void)
{
  g_autoptr (GCtxGroup) group = new_group ();
  g_autoptr (GError) error = NULL;

  g_test_summary ("group: FALSE is a failure, also without an error");

  gctx_group_run_in_thread (group, fail_silently, NULL, NULL);
  g_assert_false (gctx_group_wait (group, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
}

typedef struct
{
  Op  op;
  int n_running;   /* atomic */
  int n_most;
} Crowd;

static gboolean
count_in_thread (GCtxContext  *context,
                 gpointer      user_data,
                 GError      **error)
{
  Crowd *crowd = user_data;

  g_assert_cmpint (g_atomic_int_add (&crowd->n_running, 1), <, 3);
  g_thread_yield ();
  g_atomic_int_add (&crowd->n_running, -1);
  op_called (&crowd->op);
  return TRUE;
}

static void
test_limit (void)
{
  g_autoptr (GCtxGroup) group = gctx_group_new_with_limit (gctx_context_background (), 3);
  Crowd crowd = { .n_running = 0 };

  g_test_summary ("group: no more than the limit run at once");

  for (int i = 0; i < 1000; i++)
    gctx_group_run_in_thread (group, count_in_thread, &crowd, op_destroy);
  g_assert_true (gctx_group_wait (group, NULL));
  assert_op (&crowd.op, 1000, 1000);
}

typedef struct
{
  Op  op;
  int runs;
  int may_go;
} Stubborn;

static gboolean
wait_to_go (GCtxContext  *context,
            gpointer      user_data,
            GError      **error)
{
  Stubborn *stubborn = user_data;

  op_called (&stubborn->op);
  set_flag (&stubborn->runs);
  wait_for_flag (&stubborn->may_go);
  return TRUE;
}

static void
test_queue_is_dismissed (void)
{
  g_autoptr (GCtxScope) parent = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxGroup) group = gctx_group_new_with_limit (GCTX_CONTEXT (parent), 1);
  g_autoptr (GError) error = NULL;
  Stubborn running = { .may_go = FALSE };
  Op queued = { NULL }, late = { NULL };

  g_test_summary ("group: what is queued at the end is destroyed uncalled, however long the queue");

  gctx_group_run_in_thread (group, wait_to_go, &running, op_destroy);
  for (int i = 0; i < 100000; i++)
    gctx_group_run_in_thread (group, succeed_in_thread, &queued, op_destroy);
  wait_for_flag (&running.runs);
  cancel_with (parent, 7);
  gctx_group_run_in_thread (group, succeed_in_thread, &late, op_destroy);
  assert_op (&late, 0, 1);
  g_assert_cmpint (running.op.n_destroyed, ==, 0);
  set_flag (&running.may_go);
  g_assert_false (gctx_group_wait (group, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_nonnull (strstr (error->message, "cause number 7"));
  g_assert_cmpint (running.op.n_destroyed, ==, 1);
  assert_op (&queued, 0, 100000);
}

static gboolean
read_in_thread (GCtxContext  *context,
                gpointer      user_data,
                GError      **error)
{
  char byte;

  return g_input_stream_read (silence_get_stream (user_data), &byte, 1,
                              gctx_context_get_cancellable (context), error) >= 0;
}

static void
test_deadline (void)
{
  gint64 deadline = g_get_monotonic_time () + LEAD_USEC;
  g_autoptr (GCtxScope) parent = scope_with_deadline (gctx_context_background (), deadline, 7);
  g_autoptr (GCtxGroup) group = gctx_group_new (GCTX_CONTEXT (parent));
  g_autoptr (GError) error = NULL;
  Silence silences[2];

  g_test_summary ("rule 16: a deadline ends reads of peers that never answer, with the cause's words");

  for (guint i = 0; i < G_N_ELEMENTS (silences); i++)
    {
      silence_open (&silences[i]);
      gctx_group_run_in_thread (group, read_in_thread, &silences[i], NULL);
    }
  g_assert_false (gctx_group_wait (group, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_nonnull (strstr (error->message, "cause number 7"));
  for (guint i = 0; i < G_N_ELEMENTS (silences); i++)
    silence_close (&silences[i]);
}

static void
test_no_threads (void)
{
  GCtxGroup *group = new_group ();
  g_autoptr (GError) error = NULL;
  Op ops[2] = { { NULL } };

  g_test_summary ("group: a function that gets no thread has failed, and is not called later");

  run_in_thread_but (group, REFUSE, succeed_in_thread, &ops[0]);
  g_assert_false (gctx_group_wait (group, &error));
  g_assert_error (error, G_THREAD_ERROR, G_THREAD_ERROR_AGAIN);
  assert_op (&ops[0], 0, 1);
  test_assert_last_unref (group);

  /* What GLib kept meets a thread in the end. */
  group = new_group ();
  push (held_pool, held, NULL);
  gctx_group_run_in_thread (group, succeed_in_thread, &ops[1], op_destroy);
  g_assert_true (gctx_group_wait (group, NULL));
  assert_op (&ops[0], 0, 1);
  assert_op (&ops[1], 1, 1);
  test_assert_last_unref (group);
}

static void
test_ended_meanwhile (void)
{
  g_autoptr (GCtxScope) parent = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxGroup) group = gctx_group_new (GCTX_CONTEXT (parent));
  g_autoptr (GError) error = NULL;
  Op op = { NULL };

  g_test_summary ("group: a function that gets its thread after the end is not called");

  run_in_thread_but (group, HOLD, succeed_in_thread, &op);
  cancel_with (parent, 7);
  assert_op (&op, 0, 0);
  push (held_pool, held, NULL);
  g_assert_false (gctx_group_wait (group, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_op (&op, 0, 1);
}

/* --- Threads and main loops together --- */

static gboolean
succeed_op (gpointer user_data)
{
  op_succeed (user_data);
  return G_SOURCE_REMOVE;
}

static void
start_for_idle (GTask       *task,
                GCtxContext *context,
                gpointer     user_data)
{
  op_start (task, context, user_data);
  g_idle_add (succeed_op, user_data);
}

typedef struct
{
  GCtxGroup *group;
  Op        *op;
} Starter;

static gboolean
start_from_thread (GCtxContext  *context,
                   gpointer      user_data,
                   GError      **error)
{
  Starter *starter = user_data;

  gctx_group_start (starter->group, start_for_idle, starter->op, op_destroy);
  return TRUE;
}

static void
test_start_from_thread (void)
{
  g_autoptr (GCtxGroup) group = new_group ();
  g_autoptr (GError) error = NULL;
  Op op = { NULL };
  Starter starter = { group, &op };

  g_test_summary ("group: a wait that blocks runs the main loop as soon as an operation needs it");

  gctx_group_run_in_thread (group, start_from_thread, &starter, NULL);
  g_assert_true (gctx_group_wait (group, &error));
  g_assert_no_error (error);
  assert_op (&op, 1, 1);
  g_assert_true (op.thread == g_thread_self ());
  g_assert_true (op.destroyer == g_thread_self ());
}

static gpointer
return_in_thread (gpointer user_data)
{
  op_succeed (user_data);
  return NULL;
}

static gpointer
drop_in_thread (gpointer user_data)
{
  g_clear_object (&((Op *) user_data)->task);
  return NULL;
}

static void
test_returned_elsewhere (void)
{
  g_test_summary ("group: a task returned or dropped by another thread is ended in its own main loop");

  for (int dropped = 0; dropped < 2; dropped++)
    {
      g_autoptr (GCtxGroup) group = new_group ();
      Op op = { NULL };

      group_start (group, &op);
      test_iterate_pending (NULL);
      if (dropped && glib_check_version (2, 76, 0) == NULL)
        g_test_expect_message ("GLib-GIO", G_LOG_LEVEL_CRITICAL, "*finalized without ever returning*");
      g_thread_join (g_thread_new ("elsewhere", dropped ? drop_in_thread : return_in_thread, &op));
      if (dropped)
        g_test_assert_expected_messages ();
      assert_op (&op, 1, 0);
      g_assert_true (gctx_group_wait (group, NULL) == !dropped);
      assert_op (&op, 1, 1);
      g_assert_true (op.destroyer == g_thread_self ());
    }
}

typedef struct
{
  Op  op;
  int begun;
} Beginner;

typedef struct
{
  GCtxGroup *group;
  Beginner   beginners[2];
  Op         failing;
  int        started;
} Foreign;

static void
begin_until_done (GTask       *task,
                  GCtxContext *context,
                  gpointer     user_data)
{
  Beginner *beginner = user_data;

  op_start_until_done (task, context, user_data);
  set_flag (&beginner->begun);
}

/* What begins looks at the cancellable of the group, which may be another one
 * each time while the group is just ending. */
static gboolean
fail_after_beginners (GCtxContext  *context,
                      gpointer      user_data,
                      GError      **error)
{
  Foreign *foreign = user_data;

  for (guint i = 0; i < G_N_ELEMENTS (foreign->beginners); i++)
    wait_for_flag (&foreign->beginners[i].begun);

  return fail_in_thread (context, &foreign->failing, error);
}

static gboolean
start_all (gpointer user_data)
{
  Foreign *foreign = user_data;

  for (guint i = 0; i < G_N_ELEMENTS (foreign->beginners); i++)
    gctx_group_start (foreign->group, begin_until_done, &foreign->beginners[i], op_destroy);
  gctx_group_run_in_thread (foreign->group, fail_after_beginners, foreign, NULL);
  set_flag (&foreign->started);
  return G_SOURCE_REMOVE;
}

static void
test_foreign_loop (void)
{
  g_autoptr (GCtxGroup) group = new_group ();
  g_autoptr (GError) error = NULL;
  Foreign foreign = { .group = group };
  GThread *thread;
  Worker worker;

  g_test_summary ("group: operations begin and end in the loop they were started for; a wait elsewhere blocks");

  worker_start (&worker);
  thread = worker.thread;
  g_main_context_invoke (worker.loop, start_all, &foreign);
  wait_for_flag (&foreign.started);
  g_assert_false (gctx_group_wait (group, &error));
  g_assert_error (error, TEST_DOMAIN, 1);
  for (guint i = 0; i < G_N_ELEMENTS (foreign.beginners); i++)
    {
      assert_op (&foreign.beginners[i].op, 1, 1);
      g_assert_true (foreign.beginners[i].op.thread == thread);
      g_assert_true (foreign.beginners[i].op.destroyer == thread);
    }
  worker_stop (&worker);
}

/* --- One main loop for two waits --- */

typedef struct
{
  GCtxGroup *group;
  Op         op;
  GThread   *thread;
} Side;

static gpointer
wait_for_side (gpointer data)
{
  Side *side = data;

  g_assert_true (gctx_group_wait (side->group, NULL));

  return NULL;
}

static gboolean
succeed_later (gpointer op)
{
  op_succeed (op);

  return G_SOURCE_REMOVE;
}

/* In the wait that has the loop: the other one comes too late for it. */
static gboolean
start_second (gpointer data)
{
  Side *side = data;

  side->thread = g_thread_new ("wait", wait_for_side, side);

  return G_SOURCE_REMOVE;
}

static void
test_loop_is_left (void)
{
  Side sides[2] = { { NULL } };

  g_test_summary ("a wait runs the main loop that another one has left");

  for (guint i = 0; i < G_N_ELEMENTS (sides); i++)
    {
      sides[i].group = gctx_group_new (gctx_context_background ());
      group_start (sides[i].group, &sides[i].op);
    }
  test_iterate_pending (NULL);

  g_idle_add (start_second, &sides[1]);
  g_timeout_add (50, succeed_later, &sides[0].op);
  g_timeout_add (100, succeed_later, &sides[1].op);
  wait_for_side (&sides[0]);
  g_thread_join (sides[1].thread);
  for (guint i = 0; i < G_N_ELEMENTS (sides); i++)
    test_assert_last_unref (sides[i].group);
}

static gboolean
look_at_current (GCtxContext  *context,
                 gpointer      user_data,
                 GError      **error)
{
  g_assert_true (gctx_context_get_current () == context);
  g_assert_true (g_cancellable_get_current () == gctx_context_get_cancellable (context));
  *(int *) user_data = 1;

  return TRUE;
}

static void
begin_and_look_at_current (GTask       *task,
                           GCtxContext *context,
                           gpointer     user_data)
{
  g_task_return_boolean (task, look_at_current (context, user_data, NULL));
}

static void
test_current (void)
{
  g_autoptr (GCtxGroup) group = gctx_group_new (gctx_context_background ());
  int looked[2] = { 0, 0 };

  g_test_summary ("a function of a group finds its context as the current one");

  gctx_group_run_in_thread (group, look_at_current, &looked[0], NULL);
  gctx_group_start (group, begin_and_look_at_current, &looked[1], NULL);
  g_assert_true (gctx_group_wait (group, NULL));
  g_assert_cmpint (looked[0] + looked[1], ==, 2);
  g_assert_true (gctx_context_get_current () == gctx_context_background ());
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/group-threads/at-once", test_at_once);
  g_test_add_func ("/gctx/group-threads/current", test_current);
  g_test_add_func ("/gctx/group-threads/first-error", test_first_error);
  g_test_add_func ("/gctx/group-threads/silent-failure", test_silent_failure);
  g_test_add_func ("/gctx/group-threads/limit", test_limit);
  g_test_add_func ("/gctx/group-threads/queue-is-dismissed", test_queue_is_dismissed);
  g_test_add_func ("/gctx/group-threads/deadline", test_deadline);
  g_test_add_func ("/gctx/group-threads/no-threads", test_no_threads);
  g_test_add_func ("/gctx/group-threads/ended-meanwhile", test_ended_meanwhile);
  g_test_add_func ("/gctx/group-threads/start-from-thread", test_start_from_thread);
  g_test_add_func ("/gctx/group-threads/returned-elsewhere", test_returned_elsewhere);
  g_test_add_func ("/gctx/group-threads/foreign-loop", test_foreign_loop);
  g_test_add_func ("/gctx/group-threads/loop-is-left", test_loop_is_left);

  return g_test_run ();
}
