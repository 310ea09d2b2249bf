/* test-task-thread.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-race.h"
#include "test-task.h"

/* Tasks that run a function in a thread. */

typedef struct
{
  GMutex       mutex;
  GCond        cond;
  gboolean     running;
  gboolean     may_go_on;
  gboolean     finished;

  /* What the thread function does; NULL to return a result. */
  void       (*work) (GTask *task);
} Work;

static void
work_init (Work  *work,
           void (*func) (GTask *task))
{
  *work = (Work) { .work = func };
  g_mutex_init (&work->mutex);
  g_cond_init (&work->cond);
}

static void
work_clear (Work *work)
{
  g_mutex_clear (&work->mutex);
  g_cond_clear (&work->cond);
}

static void
work_set (Work     *work,
          gboolean *flag)
{
  g_mutex_lock (&work->mutex);
  *flag = TRUE;
  g_cond_broadcast (&work->cond);
  g_mutex_unlock (&work->mutex);
}

static void
work_await (Work     *work,
            gboolean *flag)
{
  g_mutex_lock (&work->mutex);
  while (!*flag)
    g_cond_wait (&work->cond, &work->mutex);
  g_mutex_unlock (&work->mutex);
}

/* Blocks whatever happens to its context. Everything that leads to the context
 * leads to this very one. */
static void
work_in_thread (GTask        *task,
                gpointer      source_object,
                gpointer      task_data,
                GCancellable *cancellable)
{
  GCtxContext *context = gctx_task_get_context (task);
  Work *work = task_data;

  g_assert_true (gctx_context_get_current () == context);
  g_assert_true (g_cancellable_get_current () == cancellable || cancellable == NULL);
  g_assert_cmpstr (gctx_context_get_string (context, user_key ()), ==, "ada");

  work_set (work, &work->running);
  work_await (work, &work->may_go_on);
  if (work->work != NULL)
    work->work (task);
  else
    g_task_return_boolean (task, TRUE);
  work_set (work, &work->finished);
}

static GTask *
new_task (Subject  *subject,
          Work     *work,
          GTask   **result)
{
  GTask *task = gctx_task_new (NULL, subject->context, result != NULL ? keep_result : NULL, result);

  g_task_set_task_data (task, work, NULL);
  return task;
}

/* --- How a task ends --- */

/* When the context ends: before the start, while the thread works, after it
 * returned, after the callback, and never. */
static void
run (int        when,
     const End *end)
{
  GTask *task, *result = NULL;
  GError *error = NULL;
  Subject subject;
  Work work;

  subject_init (&subject);
  work_init (&work, NULL);
  task = new_task (&subject, &work, &result);
  if (when == 0)
    subject_end (&subject, end);
  gctx_task_run_in_thread (task, work_in_thread);
  work_await (&work, &work.running);
  if (when == 1)
    subject_end (&subject, end);
  work_set (&work, &work.may_go_on);
  work_await (&work, &work.finished);
  if (when == 2)
    subject_end (&subject, end);
  await_result (&result);
  if (when == 3)
    subject_end (&subject, end);

  g_assert_true (gctx_task_propagate_boolean (task, &error) == (when == 4));
  if (when < 4)
    assert_context_error (&error, end);
  g_assert_no_error (error);
  g_object_unref (result);
  unref_until_gone (task);
  work_clear (&work);
  subject_clear (&subject);
}

static void
test_ends (gconstpointer data)
{
  int when;

  g_test_summary ("rule 16: a task with a thread ends with its context's error whenever that was done");

  for (when = 0; when < 5; when++)
    run (when, data);
}

static gpointer
run_sync (gpointer data)
{
  gctx_task_run_in_thread_sync (data, work_in_thread);
  return NULL;
}

static void
test_sync (gconstpointer data)
{
  int when;

  g_test_summary ("rule 16: so does one that is waited for");

  for (when = 0; when < 4; when++)
    {
      g_autoptr (GTask) task = NULL;
      GError *error = NULL;
      Subject subject;
      GThread *thread;
      Work work;

      subject_init (&subject);
      work_init (&work, NULL);
      task = new_task (&subject, &work, NULL);
      if (when == 0)
        subject_end (&subject, data);
      thread = g_thread_new ("sync", run_sync, task);
      work_await (&work, &work.running);
      if (when == 1)
        subject_end (&subject, data);
      work_set (&work, &work.may_go_on);
      g_thread_join (thread);
      g_assert_true (work.finished);
      if (when == 2)
        subject_end (&subject, data);
      g_assert_true (gctx_task_propagate_boolean (task, &error) == (when == 3));
      if (when < 3)
        assert_context_error (&error, data);
      work_clear (&work);
      subject_clear (&subject);
    }
}

/* --- Return on cancel --- */

static void
try_to_commit (GTask *task)
{
  g_assert_false (g_task_set_return_on_cancel (task, FALSE));
  g_assert_true (gctx_task_return_if_done (task));
}

/* With one that is done before the start, and one while the thread works. */
static void
test_return_on_cancel (gconstpointer data)
{
  int when;

  g_test_summary ("rule 16: a task that returns on cancel does so with the context's error");

  for (when = 0; when < 2; when++)
    {
      GTask *task, *result = NULL;
      GError *error = NULL;
      Subject subject;
      Work work;

      subject_init (&subject);
      work_init (&work, try_to_commit);
      task = new_task (&subject, &work, &result);
      g_task_set_return_on_cancel (task, TRUE);
      if (when == 0)
        subject_end_and_tell (&subject, data);
      gctx_task_run_in_thread (task, work_in_thread);
      work_await (&work, &work.running);
      if (when == 1)
        subject_end (&subject, data);

      await_result (&result);
      g_assert_false (work.finished);
      g_assert_false (gctx_task_propagate_boolean (task, &error));
      assert_context_error (&error, data);

      work_set (&work, &work.may_go_on);
      work_await (&work, &work.finished);
      g_object_unref (result);
      unref_until_gone (task);
      work_clear (&work);
      subject_clear (&subject);
    }
}

/* What was committed stays so, where the cancellable is not asked. */
static void
commit (GTask *task)
{
  g_assert_true (g_task_set_return_on_cancel (task, FALSE));
  g_task_set_check_cancellable (task, FALSE);
  g_task_return_boolean (task, TRUE);
}

static void
test_committed (gconstpointer data)
{
  g_autoptr (GTask) task = NULL;
  GTask *result = NULL;
  GError *error = NULL;
  Subject subject;
  Work work;

  g_test_summary ("rule 16: a task that has committed ends with its result");

  subject_init (&subject);
  work_init (&work, commit);
  task = new_task (&subject, &work, &result);
  g_task_set_return_on_cancel (task, TRUE);
  gctx_task_run_in_thread (task, work_in_thread);
  work_set (&work, &work.may_go_on);
  work_await (&work, &work.finished);
  subject_end (&subject, data);
  g_assert_true (gctx_task_propagate_boolean (await_result (&result), &error));
  g_assert_no_error (error);
  g_object_unref (result);
  work_clear (&work);
  subject_clear (&subject);
}

/* --- Real time --- */

/* Only GIO, and a real deadline that passes while it blocks. */
static void
poll_in_thread (GTask        *task,
                gpointer      source_object,
                gpointer      task_data,
                GCancellable *cancellable)
{
  GPollFD fd;

  g_assert_true (g_cancellable_make_pollfd (cancellable, &fd));
  g_assert_cmpint (g_poll (&fd, 1, -1), ==, 1);
  g_cancellable_release_fd (cancellable);
  g_assert_true (gctx_task_return_if_done (task));
}

static void
test_real_deadline (void)
{
  g_autoptr (GError) cause = new_cause ();
  g_autoptr (GCtxScope) scope =
    gctx_scope_new_with_timeout_cause (gctx_context_background (), 20 * MSEC, cause);
  GTask *result = NULL;
  g_autoptr (GTask) task = gctx_task_new (NULL, GCTX_CONTEXT (scope), keep_result, &result);
  g_autoptr (GTask) sync = gctx_task_new (NULL, GCTX_CONTEXT (scope), NULL, NULL);
  GError *error = NULL;

  g_test_summary ("rule 12: a deadline ends what a thread waits for, and a thread that waits for it");

  gctx_task_run_in_thread (task, poll_in_thread);
  gctx_task_run_in_thread_sync (sync, poll_in_thread);
  g_assert_false (gctx_task_propagate_boolean (sync, &error));
  assert_context_error (&error, &ends[1]);
  g_assert_false (gctx_task_propagate_boolean (await_result (&result), &error));
  assert_context_error (&error, &ends[1]);
  g_object_unref (result);
}

/* --- What is current --- */

/* A plain task, and one that has no cancellable. */
static void
test_others (void)
{
  g_autoptr (GCtxContext) values =
    gctx_context_with_values (gctx_context_background (), user_key (), "ada", NULL);
  g_autoptr (GCtxScope) scope = gctx_scope_new (values);
  g_autoptr (GTask) plain =
    g_task_new (NULL, gctx_context_get_cancellable (GCTX_CONTEXT (scope)), NULL, NULL);
  g_autoptr (GTask) without = gctx_task_new (NULL, values, NULL, NULL);
  GTask *tasks[] = { plain, without };
  guint i;

  g_test_summary ("rule 19: the thread function of every task finds the context");

  for (i = 0; i < G_N_ELEMENTS (tasks); i++)
    {
      Work work;

      work_init (&work, NULL);
      work.may_go_on = TRUE;
      g_task_set_task_data (tasks[i], &work, NULL);
      gctx_task_run_in_thread_sync (tasks[i], work_in_thread);
      g_assert_true (gctx_task_propagate_boolean (tasks[i], NULL));
      work_clear (&work);
    }
}

static void
leave_pushed (GTask *task)
{
  gctx_context_push_current (gctx_context_background ());
  g_task_return_boolean (task, TRUE);
}

static void
assert_nothing_current (GTask        *task,
                        gpointer      source_object,
                        gpointer      task_data,
                        GCancellable *cancellable)
{
  g_assert_true (gctx_context_get_current () == gctx_context_background ());
  g_assert_null (g_cancellable_get_current ());
  g_task_return_boolean (task, TRUE);
}

static void
test_leaves_nothing (void)
{
  g_autoptr (GTask) task = NULL;
  Subject subject;
  Work work;
  int i;

  g_test_summary ("rule 20: what a thread function does not pop is not there for the next one");

  subject_init (&subject);
  work_init (&work, leave_pushed);
  work.may_go_on = TRUE;
  task = new_task (&subject, &work, NULL);
  g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_CRITICAL, "*did not pop what it pushed: background");
  gctx_task_run_in_thread_sync (task, work_in_thread);
  g_test_assert_expected_messages ();

  for (i = 0; i < 20; i++)
    {
      g_autoptr (GTask) next = g_task_new (NULL, NULL, NULL, NULL);

      g_task_run_in_thread_sync (next, assert_nothing_current);
    }
  work_clear (&work);
  subject_clear (&subject);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  add_for_each_end ("thread/ends", test_ends);
  add_for_each_end ("thread/sync", test_sync);
  add_for_each_end ("thread/return-on-cancel", test_return_on_cancel);
  add_for_each_end ("thread/committed", test_committed);
  g_test_add_func ("/gctx/task/thread/real-deadline", test_real_deadline);
  g_test_add_func ("/gctx/task/thread/others", test_others);
  g_test_add_func ("/gctx/task/thread/leaves-nothing", test_leaves_nothing);

  return g_test_run ();
}
