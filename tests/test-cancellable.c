/* test-cancellable.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-tree.h"

static void
test_who_has_one (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxContext) value = gctx_context_with_values (GCTX_CONTEXT (scope), NULL);
  g_autoptr (GCtxContext) timed = gctx_context_with_timeout (gctx_context_background (), HOUR_USEC);
  g_autoptr (GCtxContext) cut = gctx_context_without_cancel (value);
  g_autoptr (GCtxContext) plain = gctx_context_with_values (gctx_context_todo (), NULL);

  g_test_summary ("rule 9: a context hands out one cancellable, or none if it can never be done");

  g_assert_true (G_IS_CANCELLABLE (gctx_context_get_cancellable (GCTX_CONTEXT (scope))));
  g_assert_true (gctx_context_get_cancellable (value) == gctx_context_get_cancellable (value));
  g_assert_true (G_IS_CANCELLABLE (gctx_context_get_cancellable (timed)));
  g_assert_null (gctx_context_get_cancellable (gctx_context_background ()));
  g_assert_null (gctx_context_get_cancellable (gctx_context_todo ()));
  g_assert_null (gctx_context_get_cancellable (cut));
  g_assert_null (gctx_context_get_cancellable (plain));
  g_assert_null (gctx_context_create_cancellable (plain));
}

static void
test_one_way (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxScope) child = gctx_scope_new (GCTX_CONTEXT (scope));
  GCancellable *first = gctx_context_get_cancellable (GCTX_CONTEXT (scope));
  GCancellable *below = gctx_context_get_cancellable (GCTX_CONTEXT (child));
  GCancellable *second;

  g_test_summary ("rule 9: cancelling the cancellable never ends the context; it is replaced");

  g_cancellable_cancel (first);
  g_assert_false (gctx_context_is_done (GCTX_CONTEXT (scope)));
  g_assert_false (g_cancellable_is_cancelled (below));
  second = gctx_context_get_cancellable (GCTX_CONTEXT (scope));
  g_assert_true (second != first);
  g_assert_false (g_cancellable_is_cancelled (second));
  g_assert_true (gctx_context_get_cancellable (GCTX_CONTEXT (scope)) == second);
  g_assert_true (gctx_scope_cancel (scope));
  g_assert_true (g_cancellable_is_cancelled (second));
  g_assert_true (g_cancellable_is_cancelled (below));
}

static void
test_replaced_ones_live_on (void)
{
  GCtxScope *scope = gctx_scope_new (gctx_context_background ());
  GCancellable *weak[20];
  guint i;

  g_test_summary ("rule 9: replaced cancellables live as long as the context, and no longer");

  for (i = 0; i < G_N_ELEMENTS (weak); i++)
    {
      weak[i] = NULL;
      g_set_weak_pointer (&weak[i], gctx_context_get_cancellable (GCTX_CONTEXT (scope)));
      g_assert_false (g_cancellable_is_cancelled (weak[i]));
      g_cancellable_cancel (weak[i]);
    }
  for (i = 0; i < G_N_ELEMENTS (weak); i++)
    g_assert_true (G_IS_CANCELLABLE (weak[i]));
  g_assert_true (gctx_scope_cancel (scope));
  for (i = 0; i < G_N_ELEMENTS (weak); i++)
    g_assert_true (G_IS_CANCELLABLE (weak[i]));
  test_assert_last_unref (scope);
  for (i = 0; i < G_N_ELEMENTS (weak); i++)
    g_assert_null (weak[i]);
}

static void
test_reset_while_live (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  GCtxContext *context = GCTX_CONTEXT (scope);
  GCancellable *unseen = gctx_context_get_cancellable (context);
  GCancellable *replaced, *last;

  g_test_summary ("rule 2: a cancellable that was cancelled and reset still hears of the end");

  g_cancellable_cancel (unseen);
  g_cancellable_reset (unseen);

  replaced = gctx_context_get_cancellable (context);
  g_assert_false (g_cancellable_is_cancelled (replaced));
  g_cancellable_cancel (replaced);
  last = gctx_context_get_cancellable (context);
  g_cancellable_reset (replaced);

  g_assert_true (gctx_scope_cancel (scope));
  g_assert_true (g_cancellable_is_cancelled (unseen));
  g_assert_true (g_cancellable_is_cancelled (replaced));
  g_assert_true (g_cancellable_is_cancelled (last));
}

static void
test_reset_after_the_end (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  GCtxContext *context = GCTX_CONTEXT (scope);
  g_autoptr (GCancellable) created = NULL;
  GCancellable *first = gctx_context_get_cancellable (context);

  g_test_summary ("rule 9: one that was reset after the end is replaced by a cancelled one");

  g_assert_true (cancel_with (scope, 1));
  g_cancellable_reset (first);
  assert_ended (context, G_IO_ERROR_CANCELLED, 1);
  g_assert_true (g_cancellable_is_cancelled (gctx_context_get_cancellable (context)));
  created = gctx_context_create_cancellable (context);
  g_assert_true (g_cancellable_is_cancelled (created));
  g_assert_true (G_IS_CANCELLABLE (first));
}

static void
test_create (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  GCtxContext *context = GCTX_CONTEXT (scope);
  GCancellable *one = gctx_context_create_cancellable (context);
  g_autoptr (GCancellable) two = gctx_context_create_cancellable (context);
  g_autoptr (GCtxContext) seen = NULL;

  g_test_summary ("rule 9: a created cancellable is the caller's own, and ends nothing but itself");

  g_assert_true (one != two);
  g_assert_true (one != gctx_context_get_cancellable (context));
  g_cancellable_cancel (one);
  g_assert_false (g_cancellable_is_cancelled (two));
  g_assert_false (g_cancellable_is_cancelled (gctx_context_get_cancellable (context)));
  g_assert_false (gctx_context_is_done (context));
  test_assert_last_unref (one);

  seen = gctx_context_from_cancellable (two);
  g_assert_true (cancel_with (scope, 1));
  g_assert_true (g_cancellable_is_cancelled (two));
  assert_ended (seen, G_IO_ERROR_CANCELLED, 1);
}

static void
test_in_force_after_the_context (void)
{
  g_autoptr (GCtxScope) parent = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxContext) back = NULL;
  GObject *value = NULL;
  GCtxScope *scope = scope_with_object (GCTX_CONTEXT (parent), G_MAXINT64, &value);
  GCancellable *one = g_object_ref (gctx_context_get_cancellable (GCTX_CONTEXT (scope)));
  g_autoptr (GCancellable) two = gctx_context_create_cancellable (GCTX_CONTEXT (scope));

  g_test_summary ("rule 7: a cancellable keeps its parents and values when the context is gone");

  test_assert_last_unref (scope);
  g_assert_nonnull (value);
  g_assert_false (g_cancellable_is_cancelled (one));

  back = gctx_context_from_cancellable (one);
  g_assert_true (gctx_context_get_object (back, object_key ()) == value);
  g_assert_true (cancel_with (parent, 1));
  g_assert_true (g_cancellable_is_cancelled (one));
  g_assert_true (g_cancellable_is_cancelled (two));
  assert_ended (back, G_IO_ERROR_CANCELLED, 1);

  g_clear_object (&back);
  g_clear_object (&two);
  g_assert_nonnull (value);
  test_assert_last_unref (one);
  g_assert_null (value);
}

static void
test_deadline_in_force_after_the_context (void)
{
  gint64 deadline = g_get_monotonic_time () + LEAD_USEC;
  gint64 seen = 0;
  GCtxContext *context = gctx_context_with_deadline (gctx_context_background (), deadline);
  g_autoptr (GCancellable) cancellable = g_object_ref (gctx_context_get_cancellable (context));
  g_autoptr (GCtxContext) back = NULL;

  g_test_summary ("rule 7: a cancellable keeps its deadline when the context is gone");

  test_assert_last_unref (context);
  back = gctx_context_from_cancellable (cancellable);
  g_assert_true (gctx_context_get_deadline (back, &seen));
  g_assert_cmpint (seen, ==, deadline);
  g_clear_object (&back);

  iterate_until_cancelled (cancellable);
  g_assert_cmpint (g_get_monotonic_time (), >=, deadline);
  back = gctx_context_from_cancellable (cancellable);
  assert_ended (back, G_IO_ERROR_TIMED_OUT, 0);
}

static void
test_replaced_and_in_force (void)
{
  g_autoptr (GCtxScope) parent = gctx_scope_new (gctx_context_background ());
  GCtxScope *scope = gctx_scope_new (GCTX_CONTEXT (parent));
  g_autoptr (GCancellable) first =
    g_object_ref (gctx_context_get_cancellable (GCTX_CONTEXT (scope)));
  g_autoptr (GCancellable) second = NULL;

  g_test_summary ("rule 7: each cancellable that somebody holds stays in force by itself");

  g_cancellable_cancel (first);
  second = g_object_ref (gctx_context_get_cancellable (GCTX_CONTEXT (scope)));
  test_assert_last_unref (scope);
  g_cancellable_reset (first);
  g_assert_true (gctx_scope_cancel (parent));
  g_assert_true (g_cancellable_is_cancelled (first));
  g_assert_true (g_cancellable_is_cancelled (second));
}

static void
task_thread (GTask        *task,
             gpointer      source_object,
             gpointer      task_data,
             GCancellable *cancellable)
{
  GPollFD pollfd;

  g_assert_true (g_cancellable_make_pollfd (cancellable, &pollfd));
  g_poll (&pollfd, 1, -1);
  g_cancellable_release_fd (cancellable);
  g_task_return_boolean (task, TRUE);
}

static void
on_task (GObject      *source_object,
         GAsyncResult *result,
         gpointer      data)
{
  g_set_object ((GAsyncResult **) data, result);
}

static void
test_operation_obeys (void)
{
  GCtxContext *context = gctx_context_with_timeout (gctx_context_background (), LEAD_USEC);
  g_autoptr (GTask) task = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("rule 7: an operation that blocks in a thread ends by its context's deadline");

  task = g_task_new (NULL, gctx_context_get_cancellable (context), on_task, &result);
  g_task_run_in_thread (task, task_thread);
  g_object_unref (context);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_false (g_task_propagate_boolean (G_TASK (result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/cancellable/who-has-one", test_who_has_one);
  g_test_add_func ("/gctx/cancellable/one-way", test_one_way);
  g_test_add_func ("/gctx/cancellable/replaced-ones-live-on", test_replaced_ones_live_on);
  g_test_add_func ("/gctx/cancellable/reset/while-live", test_reset_while_live);
  g_test_add_func ("/gctx/cancellable/reset/after-the-end", test_reset_after_the_end);
  g_test_add_func ("/gctx/cancellable/create", test_create);
  g_test_add_func ("/gctx/cancellable/in-force/after-the-context", test_in_force_after_the_context);
  g_test_add_func ("/gctx/cancellable/in-force/deadline-after-the-context",
                   test_deadline_in_force_after_the_context);
  g_test_add_func ("/gctx/cancellable/in-force/replaced", test_replaced_and_in_force);
  g_test_add_func ("/gctx/cancellable/in-force/operation", test_operation_obeys);

  return g_test_run ();
}
