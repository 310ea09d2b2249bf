/* test-group.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-group.h"

static GCtxGroup *
new_group (void)
{
  return gctx_group_new (gctx_context_background ());
}

static void
test_success (void)
{
  GCtxGroup *group = new_group ();
  g_autoptr (GError) error = NULL;
  Op ops[3] = { { NULL } };

  g_test_summary ("group: a wait ends when all have finished, with success if none failed");

  for (guint i = 0; i < G_N_ELEMENTS (ops); i++)
    {
      group_start (group, &ops[i]);
      assert_op (&ops[i], 0, 0);
    }
  test_iterate_pending (NULL);
  for (guint i = 0; i < G_N_ELEMENTS (ops); i++)
    {
      assert_op (&ops[i], 1, 0);
      assert_live (ops[i].context);
      op_succeed (&ops[i]);
    }
  error = group_wait_in_loop (group);
  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (ops); i++)
    assert_op (&ops[i], 1, 1);
  g_assert_error (gctx_context_get_error (gctx_group_get_context (group)), G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_last_unref (group);
}

static void
test_first_error (void)
{
  GCtxGroup *group = new_group ();
  g_autoptr (GError) error = NULL;
  Outcome outcome = { FALSE };
  Op ops[3] = { { NULL } };

  g_test_summary ("group: the first error ends the rest, is the cause, and is what a wait reports");

  group_start (group, &ops[0]);
  group_start_obedient (group, &ops[1]);
  group_start (group, &ops[2]);
  gctx_group_wait_async (group, NULL, on_waited, &outcome);
  test_iterate_pending (NULL);
  op_fail (&ops[0], 1);
  test_iterate_pending (NULL);

  assert_ended (gctx_group_get_context (group), G_IO_ERROR_CANCELLED, 1);
  assert_op (&ops[0], 1, 1);
  assert_op (&ops[1], 1, 1);
  assert_op (&ops[2], 1, 0);
  g_assert_cmpint (outcome.n_finished, ==, 0);

  op_fail (&ops[2], 2);
  test_iterate_until (NULL, &outcome.n_finished);
  g_assert_error (outcome.error, TEST_DOMAIN, 1);
  g_assert_false (gctx_group_wait (group, &error));
  g_assert_error (error, TEST_DOMAIN, 1);
  g_clear_error (&outcome.error);
  test_assert_last_unref (group);
}

static void
test_parent_ends (void)
{
  g_autoptr (GCtxScope) parent = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxGroup) group = gctx_group_new (GCTX_CONTEXT (parent));
  g_autoptr (GError) error = NULL;
  Op ops[2] = { { NULL } };

  g_test_summary ("rule 16: where the parent ended the group, its error is what a wait reports");

  group_start_obedient (group, &ops[0]);
  group_start_obedient (group, &ops[1]);
  test_iterate_pending (NULL);
  cancel_with (parent, 7);
  error = group_wait_in_loop (group);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_nonnull (strstr (error->message, "cause number 7"));
  assert_ended (gctx_group_get_context (group), G_IO_ERROR_CANCELLED, 7);
}

static void
test_deadline (void)
{
  gint64 deadline = g_get_monotonic_time () + LEAD_USEC;
  g_autoptr (GCtxScope) parent = scope_with_deadline (gctx_context_background (), deadline, 7);
  g_autoptr (GCtxGroup) group = gctx_group_new_with_limit (GCTX_CONTEXT (parent), 1);
  g_autoptr (GError) error = NULL;
  Op ops[2] = { { NULL } };

  g_test_summary ("rule 16: TIMED_OUT with the cause's words where a deadline of the parent passed");

  group_start_obedient (group, &ops[0]);
  group_start_obedient (group, &ops[1]);
  error = group_wait_in_loop (group);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_nonnull (strstr (error->message, "cause number 7"));
  g_assert_cmpint (ops[1].n_called, ==, 0);
  g_assert_cmpint (ops[1].n_destroyed, ==, 1);
}

static void
test_other_errors_pass (void)
{
  g_autoptr (GCtxScope) parent = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxGroup) group = gctx_group_new (GCTX_CONTEXT (parent));
  g_autoptr (GError) error = NULL;
  Op ops[2] = { { NULL } };

  g_test_summary ("rule 16: every error but CANCELLED passes untouched, also after the end");

  group_start (group, &ops[0]);
  group_start (group, &ops[1]);
  test_iterate_pending (NULL);
  cancel_with (parent, 7);
  op_succeed (&ops[0]);
  op_fail (&ops[1], 3);
  error = group_wait_in_loop (group);
  g_assert_error (error, TEST_DOMAIN, 3);
  assert_ended (gctx_group_get_context (group), G_IO_ERROR_CANCELLED, 7);
}

static void
test_own_cancelled (void)
{
  g_autoptr (GCtxGroup) group = new_group ();
  g_autoptr (GError) error = NULL;
  Op ops[2] = { { NULL } };

  g_test_summary ("rule 9: who cancels the cancellable of its context stops nobody else");

  group_start_obedient (group, &ops[0]);
  group_start (group, &ops[1]);
  test_iterate_pending (NULL);
  g_cancellable_cancel (g_task_get_cancellable (ops[0].task));
  g_assert_false (g_cancellable_is_cancelled (g_task_get_cancellable (ops[1].task)));
  assert_live (gctx_group_get_context (group));

  test_iterate_pending (NULL);
  g_assert_true (g_cancellable_is_cancelled (g_task_get_cancellable (ops[1].task)));
  op_succeed (&ops[1]);
  error = group_wait_in_loop (group);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpstr (error->message, ==, "Operation was cancelled");
}

static void
test_success_after_end (void)
{
  g_autoptr (GCtxScope) parent = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxGroup) group = gctx_group_new (GCTX_CONTEXT (parent));
  g_autoptr (GError) error = NULL;
  Op op = { NULL };

  g_test_summary ("group: success is success, also where the context ended meanwhile");

  group_start (group, &op);
  test_iterate_pending (NULL);
  gctx_scope_cancel (parent);
  op_succeed (&op);
  error = group_wait_in_loop (group);
  g_assert_no_error (error);
}

static void
test_born_done (void)
{
  g_autoptr (GCtxScope) parent = scope_with_deadline (gctx_context_background (), 0, 7);
  g_autoptr (GCtxGroup) group = gctx_group_new (GCTX_CONTEXT (parent));
  g_autoptr (GError) error = NULL;
  Op op = { NULL };

  g_test_summary ("group: nothing starts after the end");

  group_start (group, &op);
  assert_op (&op, 0, 0);
  g_assert_false (gctx_group_wait (group, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_nonnull (strstr (error->message, "cause number 7"));
  assert_op (&op, 0, 1);
}

static void
test_limit (void)
{
  g_autoptr (GCtxGroup) group = gctx_group_new_with_limit (gctx_context_background (), 2);
  g_autoptr (GError) error = NULL;
  Op ops[5] = { { NULL } };

  g_test_summary ("group: no more than the limit run at once, in the order in which they came");

  for (guint i = 0; i < G_N_ELEMENTS (ops); i++)
    group_start (group, &ops[i]);
  test_iterate_pending (NULL);
  for (guint i = 0; i < G_N_ELEMENTS (ops); i++)
    g_assert_cmpint (ops[i].n_called, ==, i < 2);

  /* The second one finishes before the first, and the third before that. */
  op_succeed (&ops[1]);
  test_iterate_pending (NULL);
  g_assert_cmpint (ops[2].n_called, ==, 1);
  g_assert_cmpint (ops[3].n_called, ==, 0);
  op_succeed (&ops[2]);
  test_iterate_pending (NULL);
  g_assert_cmpint (ops[3].n_called, ==, 1);
  g_assert_cmpint (ops[4].n_called, ==, 0);
  op_succeed (&ops[0]);
  op_succeed (&ops[3]);
  test_iterate_pending (NULL);
  op_succeed (&ops[4]);
  error = group_wait_in_loop (group);
  g_assert_no_error (error);
}

static void
test_queue_is_dismissed (void)
{
  g_autoptr (GCtxGroup) group = gctx_group_new_with_limit (gctx_context_background (), 1);
  g_autoptr (GError) error = NULL;
  Op ops[4] = { { NULL } };

  g_test_summary ("group: what is queued at the end is destroyed uncalled");

  for (guint i = 0; i < G_N_ELEMENTS (ops); i++)
    group_start (group, &ops[i]);
  test_iterate_pending (NULL);
  op_fail (&ops[0], 1);
  error = group_wait_in_loop (group);
  g_assert_error (error, TEST_DOMAIN, 1);
  for (guint i = 1; i < G_N_ELEMENTS (ops); i++)
    assert_op (&ops[i], 0, 1);
}

static void
start_and_fail (GTask       *task,
                GCtxContext *context,
                gpointer     user_data)
{
  op_start (task, context, user_data);
  op_fail (user_data, 1);
}

static void
test_fails_in_between (void)
{
  g_autoptr (GCtxGroup) group = new_group ();
  g_autoptr (GError) error = NULL;
  Op failing = { NULL }, late = { NULL };

  g_test_summary ("group: one that was to be called next is not, after a failure");

  gctx_group_start (group, start_and_fail, &failing, op_destroy);
  while (!gctx_context_is_done (gctx_group_get_context (group)))
    {
      g_assert_cmpint (late.n_called, ==, 0);
      g_main_context_iteration (NULL, TRUE);
    }
  group_start (group, &late);
  error = group_wait_in_loop (group);
  g_assert_error (error, TEST_DOMAIN, 1);
  assert_op (&failing, 1, 1);
  assert_op (&late, 0, 1);
}

static void
start_nothing (GTask       *task,
               GCtxContext *context,
               gpointer     user_data)
{
  g_atomic_int_inc (&((Op *) user_data)->n_called);
}

/* From GLib 2.76 on GTask says so, too. */
static void
expect_words_of_glib (void)
{
  if (glib_check_version (2, 76, 0) == NULL)
    g_test_expect_message ("GLib-GIO", G_LOG_LEVEL_CRITICAL, "*finalized without ever returning*");
}

static void
test_task_dropped (void)
{
  g_autoptr (GCtxGroup) group = new_group ();
  g_autoptr (GError) error = NULL;
  Op ops[2] = { { NULL } };

  g_test_summary ("group: an operation that drops its task has failed");

  expect_words_of_glib ();
  gctx_group_start (group, start_nothing, &ops[0], op_destroy);
  group_start_obedient (group, &ops[1]);
  error = group_wait_in_loop (group);
  g_test_assert_expected_messages ();
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, "without returning"));
  assert_op (&ops[0], 1, 1);
}

static void
test_silent_failure (void)
{
  g_autoptr (GCtxGroup) group = new_group ();
  g_autoptr (GError) error = NULL;
  Op op = { NULL };

  g_test_summary ("group: FALSE is a failure, also without an error");

  group_start (group, &op);
  test_iterate_pending (NULL);
  g_task_return_boolean (op.task, FALSE);
  g_clear_object (&op.task);
  error = group_wait_in_loop (group);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, "without an error"));
}

/* --- Waiting --- */

static gboolean
succeed_in_idle (gpointer user_data)
{
  op_succeed (user_data);
  return G_SOURCE_REMOVE;
}

static void
start_for_idle (GTask       *task,
                GCtxContext *context,
                gpointer     user_data)
{
  g_autoptr (GSource) idle = g_idle_source_new ();

  op_start (task, context, user_data);
  g_source_set_callback (idle, succeed_in_idle, user_data, NULL);
  g_source_attach (idle, g_main_context_get_thread_default ());
}

static void
test_wait_runs_the_loop (void)
{
  g_autoptr (GMainContext) loop = g_main_context_new ();
  g_autoptr (GError) error = NULL;
  GCtxGroup *group;
  Op ops[3] = { { NULL } };

  g_test_summary ("group: a blocking wait runs this thread's main loop where operations need it");

  for (int pushed = 0; pushed < 2; pushed++)
    {
      memset (ops, 0, sizeof ops);
      if (pushed)
        g_main_context_push_thread_default (loop);
      group = gctx_group_new_with_limit (gctx_context_background (), 2);
      for (guint i = 0; i < G_N_ELEMENTS (ops); i++)
        gctx_group_start (group, start_for_idle, &ops[i], op_destroy);
      g_assert_true (gctx_group_wait (group, &error));
      g_assert_no_error (error);
      for (guint i = 0; i < G_N_ELEMENTS (ops); i++)
        assert_op (&ops[i], 1, 1);
      test_assert_last_unref (group);
      if (pushed)
        g_main_context_pop_thread_default (loop);
    }
}

static void
test_wait_for_nothing (void)
{
  GCtxGroup *group = new_group ();
  g_autoptr (GError) error = NULL;

  g_test_summary ("group: a wait for nothing is over at once, and the context done");

  assert_live (gctx_group_get_context (group));
  g_assert_true (gctx_group_wait (group, NULL));
  g_assert_true (gctx_context_is_done (gctx_group_get_context (group)));
  error = group_wait_in_loop (group);
  g_assert_no_error (error);
  test_assert_last_unref (group);

  group = new_group ();
  error = group_wait_in_loop (group);
  g_assert_no_error (error);
  test_assert_last_unref (group);
}

static void
test_after_wait (void)
{
  g_autoptr (GCtxGroup) group = new_group ();
  g_autoptr (GError) error = NULL;
  Op op = { NULL };

  g_test_summary ("group: nothing starts after a wait, and the next wait says so");

  g_assert_true (gctx_group_wait (group, NULL));
  group_start (group, &op);
  g_assert_false (gctx_group_wait (group, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_nonnull (strstr (error->message, "has finished"));
  assert_op (&op, 0, 1);
}

static void
test_start_after_wait_async (void)
{
  g_autoptr (GCtxGroup) group = new_group ();
  Outcome outcome = { FALSE };
  Op op = { NULL };

  g_test_summary ("group: what is started before a wait is over is waited for");

  gctx_group_wait_async (group, NULL, on_waited, &outcome);
  group_start (group, &op);
  test_iterate_pending (NULL);
  assert_op (&op, 1, 0);
  g_assert_cmpint (outcome.n_finished, ==, 0);
  op_succeed (&op);
  test_iterate_until (NULL, &outcome.n_finished);
  g_assert_true (outcome.succeeded);
  assert_op (&op, 1, 1);
}

static void
test_withdrawn_wait (void)
{
  g_autoptr (GCtxGroup) group = new_group ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  Outcome outcome = { FALSE };
  Op op = { NULL };

  g_test_summary ("group: withdrawing a wait ends nothing but that wait");

  group_start (group, &op);
  gctx_group_wait_async (group, cancellable, on_waited, &outcome);
  test_iterate_pending (NULL);
  g_cancellable_cancel (cancellable);
  test_iterate_until (NULL, &outcome.n_finished);
  g_assert_error (outcome.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&outcome.error);
  assert_live (gctx_group_get_context (group));

  op_succeed (&op);
  error = group_wait_in_loop (group);
  g_assert_no_error (error);
  g_assert_cmpint (outcome.n_finished, ==, 1);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/group/success", test_success);
  g_test_add_func ("/gctx/group/first-error", test_first_error);
  g_test_add_func ("/gctx/group/parent-ends", test_parent_ends);
  g_test_add_func ("/gctx/group/deadline", test_deadline);
  g_test_add_func ("/gctx/group/other-errors-pass", test_other_errors_pass);
  g_test_add_func ("/gctx/group/own-cancelled", test_own_cancelled);
  g_test_add_func ("/gctx/group/success-after-end", test_success_after_end);
  g_test_add_func ("/gctx/group/born-done", test_born_done);
  g_test_add_func ("/gctx/group/limit", test_limit);
  g_test_add_func ("/gctx/group/queue-is-dismissed", test_queue_is_dismissed);
  g_test_add_func ("/gctx/group/fails-in-between", test_fails_in_between);
  g_test_add_func ("/gctx/group/task-dropped", test_task_dropped);
  g_test_add_func ("/gctx/group/silent-failure", test_silent_failure);
  g_test_add_func ("/gctx/group/wait-runs-the-loop", test_wait_runs_the_loop);
  g_test_add_func ("/gctx/group/wait-for-nothing", test_wait_for_nothing);
  g_test_add_func ("/gctx/group/after-wait", test_after_wait);
  g_test_add_func ("/gctx/group/start-after-wait-async", test_start_after_wait_async);
  g_test_add_func ("/gctx/group/withdrawn-wait", test_withdrawn_wait);

  return g_test_run ();
}
