/* test-gio-task.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-gio.h"

/* Tasks of GIO's that were given the cancellable of a context. */

typedef struct
{
  int      n_ready;   /* atomic */
  gboolean had_error;
  int      result;
  GError  *error;
} Outcome;

static void
on_ready (GObject      *source,
          GAsyncResult *result,
          gpointer      data)
{
  Outcome *outcome = data;

  outcome->had_error = g_task_had_error (G_TASK (result));
  outcome->result = g_task_propagate_int (G_TASK (result), &outcome->error);
  g_atomic_int_inc (&outcome->n_ready);
}

static void
outcome_wait (Outcome *outcome)
{
  while (g_atomic_int_get (&outcome->n_ready) == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (outcome->n_ready, ==, 1);
}

static void
outcome_assert_cancelled (Outcome *outcome)
{
  g_assert_error (outcome->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_true (outcome->had_error);
  g_assert_cmpint (outcome->result, ==, -1);
  g_clear_error (&outcome->error);
}

/* --- Many at once --- */

#define N_TASKS 60

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
  g_task_return_int (task, 1);
}

static gboolean
on_cancellable_source (GCancellable *cancellable,
                       gpointer      data)
{
  g_task_return_int (data, 1);
  return G_SOURCE_REMOVE;
}

/* A third of them blocks in threads, a third returns at once when cancelled
 * while its thread still blocks, and a third waits in the main loop. */
static void
test_many (gconstpointer data)
{
  EndFunc end = *(const EndFunc *) data;
  Outcome outcomes[N_TASKS] = { { 0, FALSE, 0, NULL } };
  Subject subject;
  int i;

  g_test_summary ("rule 2: all tasks of one context end when it does, and say CANCELLED");

  subject_init (&subject);
  for (i = 0; i < N_TASKS; i++)
    {
      GCancellable *cancellable = i % 2 ? subject.handed_out : subject.created;
      GTask *task = g_task_new (NULL, cancellable, on_ready, &outcomes[i]);

      if (i % 3 == 2)
        {
          g_autoptr (GSource) source = g_cancellable_source_new (cancellable);

          g_task_attach_source (task, source, G_SOURCE_FUNC (on_cancellable_source));
        }
      else
        {
          g_task_set_return_on_cancel (task, i % 3 == 1);
          g_task_run_in_thread (task, poll_in_thread);
        }
      g_object_unref (task);
    }

  end (&subject);
  for (i = 0; i < N_TASKS; i++)
    {
      outcome_wait (&outcomes[i]);
      outcome_assert_cancelled (&outcomes[i]);
    }
  subject_clear (&subject);
}

/* --- What a task returns --- */

/* When the context ends: never, before the task returns, after. */
static void
test_check_cancellable (gconstpointer data)
{
  EndFunc end = *(const EndFunc *) data;
  int when, check;

  g_test_summary ("rule 15: a task says CANCELLED if its context is done when it is asked");

  for (when = 0; when < 3; when++)
    for (check = 0; check < 2; check++)
      {
        Outcome outcome = { 0, FALSE, 0, NULL };
        Subject subject;
        g_autoptr (GTask) task = NULL;

        subject_init (&subject);
        task = g_task_new (NULL, subject.handed_out, on_ready, &outcome);
        g_task_set_check_cancellable (task, check);
        if (when == 1)
          end (&subject);
        g_task_return_int (task, 7);
        if (when == 2)
          end (&subject);
        outcome_wait (&outcome);

        if (when != 0 && check)
          {
            outcome_assert_cancelled (&outcome);
          }
        else
          {
            g_assert_no_error (outcome.error);
            g_assert_cmpint (outcome.result, ==, 7);
          }
        subject_clear (&subject);
      }
}

static void
test_own_error (gconstpointer data)
{
  EndFunc end = *(const EndFunc *) data;
  Outcome outcome = { 0, FALSE, 0, NULL };
  g_autoptr (GTask) task = NULL;
  g_autoptr (GError) translated = NULL;
  Subject subject;

  g_test_summary ("rule 16: of what a task reports, CANCELLED becomes the context's own error");

  subject_init (&subject);
  task = g_task_new (NULL, subject.created, on_ready, &outcome);
  end (&subject);
  g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_FAILED, "the operation's own");
  outcome_wait (&outcome);
  translated = gctx_context_translate_error (subject.context, outcome.error);
  g_assert_true (g_error_matches (translated, G_IO_ERROR,
                                  gctx_scope_has_expired (subject.scope) ? G_IO_ERROR_TIMED_OUT
                                                                         : G_IO_ERROR_CANCELLED));
  outcome_assert_cancelled (&outcome);
  subject_clear (&subject);
}

static void
test_return_if_cancelled (gconstpointer data)
{
  EndFunc end = *(const EndFunc *) data;
  int check;

  g_test_summary ("rule 2: g_task_return_error_if_cancelled () sees the end of the context");

  for (check = 0; check < 2; check++)
    {
      Outcome outcome = { 0, FALSE, 0, NULL };
      g_autoptr (GTask) task = NULL;
      Subject subject;

      subject_init (&subject);
      task = g_task_new (NULL, subject.created, on_ready, &outcome);
      g_task_set_check_cancellable (task, check);
      g_assert_false (g_task_return_error_if_cancelled (task));
      end (&subject);
      g_assert_true (g_task_return_error_if_cancelled (task));
      g_assert_cmpint (outcome.n_ready, ==, 0);
      outcome_wait (&outcome);
      outcome_assert_cancelled (&outcome);
      subject_clear (&subject);
    }
}

typedef struct
{
  GTask   *task;
  Outcome *outcome;
  int      inside;   /* atomic */
} Answer;

static void
answer_inside (GCancellable *cancellable,
               gpointer      data)
{
  Answer *answer = data;

  g_atomic_int_set (&answer->inside, TRUE);
  g_task_return_int (answer->task, 1);
  g_assert_cmpint (g_atomic_int_get (&answer->outcome->n_ready), ==, 0);
}

static gboolean
cancel_in_idle (gpointer data)
{
  g_assert_true (gctx_scope_cancel (data));
  return G_SOURCE_REMOVE;
}

static void
test_never_inside (void)
{
  Outcome outcome = { 0, FALSE, 0, NULL };
  Answer answer = { NULL, &outcome, FALSE };
  Subject subject;

  g_test_summary ("rule 4: a task that is answered inside a handler calls back outside of it");

  subject_init (&subject);
  answer.task = g_task_new (NULL, subject.handed_out, on_ready, &outcome);
  g_cancellable_connect (subject.handed_out, G_CALLBACK (answer_inside), &answer, NULL);
  g_idle_add (cancel_in_idle, subject.parent);
  outcome_wait (&outcome);
  g_assert_true (answer.inside);
  outcome_assert_cancelled (&outcome);
  g_object_unref (answer.task);
  subject_clear (&subject);
}

/* --- Threads that go on --- */

typedef struct
{
  GMutex   mutex;
  GCond    cond;
  gboolean running;
  gboolean may_go_on;
  gboolean finished;
  gboolean committed;   /* the task still was its own to answer */
} Work;

static void
work_init (Work *work)
{
  *work = (Work) { .running = FALSE };
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

/* Blocks whatever happens to the cancellable, then tries to commit. */
static void
work_in_thread (GTask        *task,
                gpointer      source_object,
                gpointer      task_data,
                GCancellable *cancellable)
{
  Work *work = task_data;

  work_set (work, &work->running);
  work_await (work, &work->may_go_on);
  work->committed = !g_task_get_return_on_cancel (task) || g_task_set_return_on_cancel (task, FALSE);
  if (work->committed)
    g_task_return_int (task, 1);
  work_set (work, &work->finished);
}

static GTask *
work_new_task (Work         *work,
               GCancellable *cancellable,
               Outcome      *outcome,
               gboolean      return_on_cancel)
{
  GTask *task = g_task_new (NULL, cancellable, on_ready, outcome);

  g_task_set_task_data (task, work, NULL);
  g_task_set_return_on_cancel (task, return_on_cancel);
  return task;
}

/* With and without return-on-cancel, and with one that is cancelled first. */
static void
test_return_on_cancel (gconstpointer data)
{
  EndFunc end = *(const EndFunc *) data;
  int how;

  g_test_summary ("rule 2: a task returns with its context's end while its thread goes on");

  for (how = 0; how < 3; how++)
    {
      Outcome outcome = { 0, FALSE, 0, NULL };
      g_autoptr (GTask) task = NULL;
      Subject subject;
      Work work;

      subject_init (&subject);
      work_init (&work);
      task = work_new_task (&work, subject.handed_out, &outcome, how > 0);
      if (how == 2)
        end (&subject);
      g_task_run_in_thread (task, work_in_thread);
      if (how < 2)
        {
          work_await (&work, &work.running);
          g_assert_cmpint (outcome.n_ready, ==, 0);
          end (&subject);
        }
      if (how == 0)
        work_set (&work, &work.may_go_on);

      outcome_wait (&outcome);
      outcome_assert_cancelled (&outcome);
      work_set (&work, &work.may_go_on);
      work_await (&work, &work.finished);
      g_assert_true (work.committed == (how == 0));
      work_clear (&work);
      subject_clear (&subject);
    }
}

static gpointer
run_sync (gpointer data)
{
  g_task_run_in_thread_sync (data, work_in_thread);
  return NULL;
}

static void
test_return_on_cancel_sync (gconstpointer data)
{
  EndFunc end = *(const EndFunc *) data;
  g_autoptr (GTask) task = NULL;
  g_autoptr (GError) error = NULL;
  Subject subject;
  GThread *thread;
  Work work;

  g_test_summary ("rule 2: a thread that blocks on a task goes on when the context ends");

  subject_init (&subject);
  work_init (&work);
  task = work_new_task (&work, subject.created, NULL, TRUE);
  thread = g_thread_new ("sync", run_sync, task);
  work_await (&work, &work.running);
  end (&subject);
  g_thread_join (thread);
  g_assert_false (work.finished);
  g_assert_cmpint (g_task_propagate_int (task, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  work_set (&work, &work.may_go_on);
  work_await (&work, &work.finished);
  g_assert_false (work.committed);
  work_clear (&work);
  subject_clear (&subject);
}

/* The task holds the cancellable, the cancellable what ends it. */
static void
test_outlives_its_context (gconstpointer data)
{
  EndFunc end = *(const EndFunc *) data;
  Outcome outcome = { 0, FALSE, 0, NULL };
  g_autoptr (GTask) task = NULL;
  GCtxContext *context;
  Subject subject;
  Work work;

  g_test_summary ("rule 7: a task keeps its deadline and its parents when its context is gone");

  subject_init (&subject);
  work_init (&work);
  context = gctx_context_with_values (subject.context, NULL);
  task = work_new_task (&work, gctx_context_get_cancellable (context), &outcome, TRUE);
  test_assert_last_unref (context);
  g_task_run_in_thread (task, work_in_thread);
  work_await (&work, &work.running);
  end (&subject);
  outcome_wait (&outcome);
  outcome_assert_cancelled (&outcome);
  work_set (&work, &work.may_go_on);
  work_await (&work, &work.finished);
  work_clear (&work);
  subject_clear (&subject);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  add_for_each_end ("gio-task", "many", test_many);
  add_for_each_end ("gio-task", "check-cancellable", test_check_cancellable);
  add_for_each_end ("gio-task", "own-error", test_own_error);
  add_for_each_end ("gio-task", "return-if-cancelled", test_return_if_cancelled);
  g_test_add_func ("/gctx/gio-task/never-inside", test_never_inside);
  add_for_each_end ("gio-task", "return-on-cancel", test_return_on_cancel);
  add_for_each_end ("gio-task", "return-on-cancel-sync", test_return_on_cancel_sync);
  add_for_each_end ("gio-task", "outlives-its-context", test_outlives_its_context);

  return g_test_run ();
}
