/* test-task-context.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-task.h"

/* From a task to its context, also of tasks that GTask alone made. */

static void
test_values (void)
{
  g_autoptr (GTask) task = NULL;
  g_autoptr (GCtxContext) seen = NULL;
  Subject subject;

  g_test_summary ("rule 19: the values reach code that only sees the task's cancellable");

  subject_init (&subject);
  task = gctx_task_new (NULL, subject.context, NULL, NULL);
  g_assert_true (gctx_task_get_context (task) == subject.context);
  g_assert_true (g_task_get_cancellable (task) == gctx_context_get_cancellable (subject.context));
  seen = gctx_context_from_cancellable (g_task_get_cancellable (task));
  g_assert_cmpstr (gctx_context_get_string (seen, user_key ()), ==, "ada");
  g_task_return_boolean (task, TRUE);
  test_iterate_pending (NULL);
  subject_clear (&subject);
}

/* A task that the program made with GTask alone. */
static void
test_plain_task (gconstpointer data)
{
  g_autoptr (GTask) task = NULL;
  GError *error = NULL;
  Subject subject;
  GCtxContext *context;

  g_test_summary ("rule 19: a plain task with a cancellable of a context has that context's end");

  subject_init (&subject);
  task = g_task_new (NULL, gctx_context_get_cancellable (subject.context), NULL, NULL);
  context = gctx_task_get_context (task);
  g_assert_true (gctx_task_get_context (task) == context);
  g_assert_false (GCTX_IS_SCOPE (context));
  g_assert_cmpstr (gctx_context_get_string (context, user_key ()), ==, "ada");
  g_assert_true (gctx_context_get_deadline (context, NULL));
  assert_live (context);
  g_task_return_boolean (task, TRUE);
  subject_end (&subject, data);
  g_assert_false (gctx_task_propagate_boolean (task, &error));
  assert_context_error (&error, data);
  test_iterate_pending (NULL);
  subject_clear (&subject);
}

static void
test_foreign_task (void)
{
  g_autoptr (GCancellable) foreign = g_cancellable_new ();
  g_autoptr (GTask) task = g_task_new (NULL, foreign, NULL, NULL);
  g_autoptr (GTask) without = g_task_new (NULL, NULL, NULL, NULL);
  GError *error = NULL;

  g_test_summary ("rule 9: the context of a task that knows none ends with its cancellable");

  assert_live (gctx_task_get_context (task));
  g_assert_false (gctx_task_return_if_done (task));
  g_cancellable_cancel (foreign);
  assert_ended (gctx_task_get_context (task), G_IO_ERROR_CANCELLED, 0);
  g_assert_true (gctx_task_return_if_done (task));
  g_assert_false (gctx_task_propagate_boolean (task, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);

  g_assert_true (gctx_task_get_context (without) == gctx_context_background ());
  g_assert_false (gctx_task_return_if_done (without));
  g_task_return_int (without, 4);
  g_assert_cmpint (gctx_task_propagate_int (without, &error), ==, 4);
  g_assert_no_error (error);
  test_iterate_pending (NULL);
}

static void
test_never_done (void)
{
  g_autoptr (GCtxContext) context =
    gctx_context_with_values (gctx_context_background (), user_key (), "ada", NULL);
  GObject *source = g_object_new (G_TYPE_OBJECT, NULL);
  GTask *result = NULL;
  g_autoptr (GTask) task = gctx_task_new (source, context, keep_result, &result);

  g_test_summary ("rule 9: a task of what can never be done has no cancellable");

  g_assert_null (g_task_get_cancellable (task));
  g_assert_true (gctx_task_get_context (task) == context);
  g_assert_true (g_task_get_source_object (task) == source);
  g_assert_false (gctx_task_return_if_done (task));
  g_task_return_boolean (task, TRUE);
  g_assert_true (gctx_task_propagate_boolean (await_result (&result), NULL));
  g_assert_false (g_task_had_error (task));
  g_object_unref (result);
  test_assert_last_unref (g_steal_pointer (&task));
  test_assert_last_unref (source);
}

/* --- Life --- */

static void
test_life (gconstpointer data)
{
  GObject *value = NULL;
  GCtxScope *parent = gctx_scope_new (gctx_context_background ());
  GCtxScope *scope = scope_with_object (GCTX_CONTEXT (parent), G_MAXINT64, &value);
  gboolean plain = GPOINTER_TO_INT (data);
  GCancellable *cancellable = gctx_context_get_cancellable (GCTX_CONTEXT (scope));
  GTask *task = plain ? g_task_new (NULL, cancellable, NULL, NULL)
                      : gctx_task_new (NULL, GCTX_CONTEXT (scope), NULL, NULL);
  GError *error = NULL;

  g_test_summary ("rule 18: a task holds its context, and nothing that outlives the task");

  if (plain)
    g_assert_nonnull (gctx_task_get_context (task));
  g_object_unref (scope);
  g_assert_nonnull (value);
  g_assert_true (gctx_context_get_object (gctx_task_get_context (task), object_key ()) == value);
  cancel_with (parent, 7);
  g_assert_true (gctx_task_return_if_done (task));
  g_assert_false (gctx_task_propagate_boolean (task, &error));
  assert_context_error (&error, &ends[0]);
  test_iterate_pending (NULL);
  test_assert_last_unref (task);
  g_assert_null (value);
  test_assert_last_unref (parent);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  add_for_each_end ("context/plain-task", test_plain_task);
  g_test_add_func ("/gctx/task/context/values", test_values);
  g_test_add_func ("/gctx/task/context/foreign-task", test_foreign_task);
  g_test_add_func ("/gctx/task/context/never-done", test_never_done);
  g_test_add_data_func ("/gctx/task/context/life", GINT_TO_POINTER (FALSE), test_life);
  g_test_add_data_func ("/gctx/task/context/life-plain", GINT_TO_POINTER (TRUE), test_life);

  return g_test_run ();
}
