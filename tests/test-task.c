/* test-task.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-task.h"

/* How tasks of gctx_task_new () end that run no thread. */

/* --- How a task ends --- */

/* One for each kind of result: returns it, and asks for it. */
static void
return_boolean (GTask *task)
{
  g_task_return_boolean (task, TRUE);
}

static gboolean
propagate_boolean (GTask   *task,
                   GError **error)
{
  return gctx_task_propagate_boolean (task, error);
}

static void
return_int (GTask *task)
{
  g_task_return_int (task, 4);
}

static gboolean
propagate_int (GTask   *task,
               GError **error)
{
  gssize result = gctx_task_propagate_int (task, error);

  g_assert_true (result == 4 || result == -1);
  return result == 4;
}

static int n_freed;

static void
count_free (gpointer data)
{
  n_freed++;
}

static void
return_pointer (GTask *task)
{
  g_task_return_pointer (task, (gpointer) "result", count_free);
}

static gboolean
propagate_pointer (GTask   *task,
                   GError **error)
{
  const char *result = gctx_task_propagate_pointer (task, error);

  if (result == NULL)
    return FALSE;
  g_assert_cmpstr (result, ==, "result");
  count_free ((gpointer) result);
  return TRUE;
}

static void
return_value (GTask *task)
{
  GValue value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_STRING);
  g_value_set_static_string (&value, "result");
  g_task_return_value (task, &value);
  g_value_unset (&value);
}

static gboolean
propagate_value (GTask   *task,
                 GError **error)
{
  GValue value = G_VALUE_INIT;

  if (!gctx_task_propagate_value (task, &value, error))
    {
      g_assert_false (G_IS_VALUE (&value));
      return FALSE;
    }
  g_assert_cmpstr (g_value_get_string (&value), ==, "result");
  g_value_unset (&value);
  return TRUE;
}

static const struct
{
  void     (*give) (GTask *task);
  gboolean (*take) (GTask *task, GError **error);
} kinds[] = {
  { return_boolean, propagate_boolean },
  { return_int, propagate_int },
  { return_pointer, propagate_pointer },
  { return_value, propagate_value },
};

/* When the context ends: before the task was made, before it returned, before
 * its callback ran, before it was finished, and never. */
static void
run_kind (guint      kind,
          int        when,
          const End *end)
{
  g_autoptr (GError) error = NULL;
  GTask *task, *result = NULL;
  gboolean succeeded;
  Subject subject;

  subject_init (&subject);
  n_freed = 0;
  if (when == 0)
    subject_end (&subject, end);
  task = gctx_task_new (NULL, subject.context, keep_result, &result);
  if (when == 1)
    subject_end (&subject, end);
  kinds[kind].give (task);
  if (when == 2)
    subject_end (&subject, end);
  await_result (&result);
  if (when == 3)
    subject_end (&subject, end);

  g_assert_true (result == task);
  succeeded = kinds[kind].take (task, &error);
  g_assert_true (succeeded == (when == 4));
  if (!succeeded)
    {
      assert_context_error (&error, end);
      g_assert_false (kinds[kind].take (task, NULL));
    }
  g_assert_no_error (error);

  g_object_unref (result);
  test_assert_last_unref (task);
  g_assert_cmpint (n_freed, ==, kinds[kind].give == return_pointer);
  subject_clear (&subject);
}

static void
test_ends (gconstpointer data)
{
  guint kind;
  int when;

  g_test_summary ("rule 16: a task ends with its context's error whenever that was done");

  for (kind = 0; kind < G_N_ELEMENTS (kinds); kind++)
    for (when = 0; when < 5; when++)
      run_kind (kind, when, data);
}

/* --- Without the check of the cancellable --- */

static void
test_without_check (gconstpointer data)
{
  GError *returned[] = {
    NULL,
    g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "its own"),
    g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "told by another"),
  };
  guint i;

  g_test_summary ("rule 16: what a task insists on passes, but for CANCELLED");

  for (i = 0; i < G_N_ELEMENTS (returned); i++)
    {
      g_autoptr (GTask) task = NULL;
      GError *error = NULL;
      Subject subject;

      subject_init (&subject);
      task = gctx_task_new (NULL, subject.context, NULL, NULL);
      g_task_set_check_cancellable (task, FALSE);
      if (returned[i] == NULL)
        g_task_return_boolean (task, TRUE);
      else
        g_task_return_error (task, returned[i]);
      subject_end (&subject, data);

      g_assert_true (gctx_task_propagate_boolean (task, &error) == (i == 0));
      if (i == 1)
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
      if (i == 2)
        assert_context_error (&error, data);
      g_assert_true ((error != NULL) == (i == 1));
      g_clear_error (&error);
      test_iterate_pending (NULL);
      subject_clear (&subject);
    }
}

/* --- Others who end it --- */

static void
test_live (void)
{
  g_autoptr (GTask) failed = NULL;
  g_autoptr (GTask) cancelled = NULL;
  GError *error = NULL;
  Subject subject;

  g_test_summary ("rule 16: while the context lives every error of a task passes untouched");

  subject_init (&subject);
  failed = gctx_task_new (NULL, subject.context, NULL, NULL);
  g_task_return_new_error (failed, G_IO_ERROR, G_IO_ERROR_FAILED, "its own");
  g_assert_cmpint (gctx_task_propagate_int (failed, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  g_clear_error (&error);

  /* Somebody cancels what the task was given, which ends this task alone. */
  cancelled = gctx_task_new (NULL, subject.context, NULL, NULL);
  g_cancellable_cancel (g_task_get_cancellable (cancelled));
  g_assert_true (gctx_task_return_if_done (cancelled));
  g_assert_null (gctx_task_propagate_pointer (cancelled, &error));
  assert_plain_error (&error);
  assert_live (subject.context);
  test_iterate_pending (NULL);
  subject_clear (&subject);
}

/* --- Asking while it works --- */

static void
test_return_if_done (gconstpointer data)
{
  int check;

  g_test_summary ("rule 11: a task that asks returns the context's error as soon as that is done");

  for (check = 0; check < 2; check++)
    {
      GTask *task, *result = NULL;
      GError *error = NULL;
      Subject subject;

      subject_init (&subject);
      task = gctx_task_new (NULL, subject.context, keep_result, &result);
      g_task_set_check_cancellable (task, check);
      g_assert_false (gctx_task_return_if_done (task));
      subject_end (&subject, data);
      g_assert_true (gctx_task_return_if_done (task));
      g_assert_null (result);
      await_result (&result);
      g_assert_true (g_task_had_error (task));

      /* Also for those who finish it with GTask's own, where it is not told to
       * look at its cancellable. */
      g_assert_false (check ? gctx_task_propagate_boolean (task, &error)
                            : g_task_propagate_boolean (task, &error));
      assert_context_error (&error, data);
      g_object_unref (task);
      test_assert_last_unref (result);
      subject_clear (&subject);
    }
}

static void
test_plain_finish (gconstpointer data)
{
  g_autoptr (GTask) task = NULL;
  GError *error = NULL;
  Subject subject;

  g_test_summary ("rule 15: whoever finishes it as a plain task is told CANCELLED");

  subject_init (&subject);
  task = gctx_task_new (NULL, subject.context, NULL, NULL);
  subject_end_and_tell (&subject, data);
  g_task_return_boolean (task, TRUE);
  g_assert_true (g_task_had_error (task));
  g_assert_false (g_task_propagate_boolean (task, &error));
  assert_plain_error (&error);
  test_iterate_pending (NULL);
  subject_clear (&subject);
}

/* --- Misuse --- */

#define assert_critical(domain, statement) \
  G_STMT_START { \
    g_test_expect_message (domain, G_LOG_LEVEL_CRITICAL, "*"); \
    statement; \
    g_test_assert_expected_messages (); \
  } G_STMT_END

static void
test_no_task (void)
{
  g_autoptr (GObject) object = g_object_new (G_TYPE_OBJECT, NULL);
  gpointer bad[] = { NULL, object };
  GValue value = G_VALUE_INIT;
  guint i;

  g_test_summary ("rule 20: what is no context and no task is a critical");

  for (i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      GTask *task = bad[i];

      assert_critical ("GCtx", g_assert_null (gctx_task_new (NULL, bad[i], NULL, NULL)));
      assert_critical ("GCtx", g_assert_true (gctx_task_get_context (task) == gctx_context_background ()));
      assert_critical ("GCtx", g_assert_false (gctx_task_return_if_done (task)));
      assert_critical ("GCtx", g_assert_false (gctx_task_propagate_boolean (task, NULL)));
      assert_critical ("GCtx", g_assert_cmpint (gctx_task_propagate_int (task, NULL), ==, -1));
      assert_critical ("GCtx", g_assert_null (gctx_task_propagate_pointer (task, NULL)));
      assert_critical ("GCtx", g_assert_false (gctx_task_propagate_value (task, &value, NULL)));
      assert_critical ("GCtx", gctx_task_run_in_thread (task, NULL));
      assert_critical ("GCtx", gctx_task_run_in_thread_sync (task, NULL));
    }
}

static void
test_twice (void)
{
  g_autoptr (GTask) task = gctx_task_new (NULL, gctx_context_background (), NULL, NULL);
  GError *error = NULL;

  g_test_summary ("rule 20: GTask reports what was returned or finished twice, or too early");

  assert_critical ("GLib-GIO", g_assert_false (gctx_task_propagate_boolean (task, &error)));
  g_task_return_int (task, 4);
  assert_critical ("GLib-GIO", gctx_task_return_if_done (task));
  g_assert_cmpint (gctx_task_propagate_int (task, &error), ==, 4);
  assert_critical ("GLib-GIO", gctx_task_propagate_int (task, &error));
  g_assert_no_error (error);
  test_iterate_pending (NULL);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  add_for_each_end ("ends", test_ends);
  add_for_each_end ("without-check", test_without_check);
  add_for_each_end ("return-if-done", test_return_if_done);
  add_for_each_end ("plain-finish", test_plain_finish);
  g_test_add_func ("/gctx/task/live", test_live);
  g_test_add_func ("/gctx/task/no-task", test_no_task);
  g_test_add_func ("/gctx/task/twice", test_twice);

  return g_test_run ();
}
