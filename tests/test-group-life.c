/* test-group-life.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Groups that go before their functions do, and main loops that do. */

#define _GNU_SOURCE

#include "test-interposed.h"

#include "test-group.h"

static void
test_dropped (void)
{
  GObject *value = NULL;
  g_autoptr (GCtxScope) parent = scope_with_object (gctx_context_background (), G_MAXINT64, &value);
  GCtxGroup *group = gctx_group_new_with_limit (GCTX_CONTEXT (parent), 2);
  Op ops[3] = { { NULL } };

  g_test_summary ("group: dropping it ends its context; what runs finishes on its own");

  for (guint i = 0; i < G_N_ELEMENTS (ops); i++)
    group_start (group, &ops[i]);
  test_iterate_pending (NULL);
  test_assert_last_unref (group);
  g_assert_error (gctx_context_get_error (ops[0].context), G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_nonnull (strstr (gctx_context_get_error (ops[0].context)->message, "was dropped"));
  assert_live (GCTX_CONTEXT (parent));
  assert_op (&ops[0], 1, 0);

  op_succeed (&ops[0]);
  test_iterate_pending (NULL);
  assert_op (&ops[0], 1, 1);
  assert_op (&ops[2], 0, 1);
  g_clear_object (&parent);
  g_assert_nonnull (value);
  op_fail (&ops[1], 1);
  test_iterate_pending (NULL);
  assert_op (&ops[1], 1, 1);
  g_assert_null (value);
}

static void
test_wait_holds (void)
{
  GCtxGroup *group = gctx_group_new (gctx_context_background ());
  Outcome outcome = { FALSE };
  Op op = { NULL };

  g_test_summary ("group: a wait that is under way holds it");

  g_object_add_weak_pointer (G_OBJECT (group), (gpointer *) &group);
  group_start (group, &op);
  gctx_group_wait_async (group, NULL, on_waited, &outcome);
  g_object_unref (group);
  g_assert_nonnull (group);
  test_iterate_pending (NULL);
  assert_live (gctx_group_get_context (group));
  op_succeed (&op);
  test_iterate_until (NULL, &outcome.n_finished);
  g_assert_true (outcome.succeeded);
  test_iterate_pending (NULL);
  g_assert_null (group);
}

static gboolean
return_and_drop_group (gpointer data)
{
  g_autoptr (GTask) task = data;
  GCtxGroup **group = g_task_get_task_data (task);

  g_task_return_boolean (task, TRUE);
  g_clear_object (group);

  return G_SOURCE_REMOVE;
}

static void
begin_to_drop_group (GTask       *task,
                     GCtxContext *context,
                     gpointer     user_data)
{
  g_task_set_task_data (task, user_data, NULL);
  g_idle_add (return_and_drop_group, g_object_ref (task));
}

static void
test_blocking_wait_holds (void)
{
  GCtxGroup *group = gctx_group_new (gctx_context_background ());
  gpointer watched = group;

  g_test_summary ("rule 5: a blocking wait holds the group against what it dispatches");

  g_object_add_weak_pointer (watched, &watched);
  gctx_group_start (group, begin_to_drop_group, &group, NULL);
  g_assert_true (gctx_group_wait (group, NULL));
  g_assert_null (group);
  g_assert_null (watched);
}

static void
test_bare (void)
{
  GCtxGroup *group = g_object_new (GCTX_TYPE_GROUP, NULL);
  g_autoptr (GError) error = NULL;
  Op op = { NULL };

  g_test_summary ("group: one that was made bare is a child of the background, without a limit");

  assert_live (gctx_group_get_context (group));
  group_start (group, &op);
  test_iterate_pending (NULL);
  op_succeed (&op);
  error = group_wait_in_loop (group);
  g_assert_no_error (error);
  test_assert_last_unref (group);
}

static void
test_no_cancel (void)
{
  g_autoptr (GCtxGroup) group = gctx_group_new (gctx_context_background ());

  g_test_summary ("group: who is given its context cannot end it, in no language");

  g_assert_false (GCTX_IS_SCOPE (gctx_group_get_context (group)));
}

static void
test_resources_are_gone (void)
{
  GObject *value = NULL;
  GCtxScope *parent = scope_with_object (gctx_context_background (), G_MAXINT64, &value);
  GCtxGroup *group = gctx_group_new (GCTX_CONTEXT (parent));
  g_autoptr (GError) error = NULL;
  Op ops[2] = { { NULL } };

  g_test_summary ("group: all that it held is gone with it after a wait");

  group_start_obedient (group, &ops[0]);
  group_start (group, &ops[1]);
  test_iterate_pending (NULL);
  op_fail (&ops[1], 1);
  error = group_wait_in_loop (group);
  g_assert_error (error, TEST_DOMAIN, 1);
  test_iterate_pending (NULL);
  test_assert_last_unref (group);
  test_assert_last_unref (parent);
  g_assert_null (value);
}

/* --- Main loops that go --- */

static void
test_loop_is_gone (void)
{
  GMainContext *loop = g_main_context_new ();
  g_autoptr (GCtxGroup) group = gctx_group_new (gctx_context_background ());
  g_autoptr (GError) error = NULL;
  Op ops[2] = { { NULL } };

  g_test_summary ("group: operations whose main loop is gone before they were called have failed");

  g_main_context_push_thread_default (loop);
  group_start (group, &ops[0]);
  group_start (group, &ops[1]);
  g_main_context_pop_thread_default (loop);
  assert_op (&ops[0], 0, 0);
  g_main_context_unref (loop);
  assert_op (&ops[0], 0, 1);
  assert_op (&ops[1], 0, 1);
  g_assert_false (gctx_group_wait (group, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, "main loop"));
}

/* --- Inside its own functions --- */

typedef struct
{
  GCtxGroup *group;
  int        may_go;
  int        gone;
} Owner;

static gboolean
own_in_thread (GCtxContext  *context,
               gpointer      user_data,
               GError      **error)
{
  Owner *owner = user_data;

  wait_for_flag (&owner->may_go);
  g_clear_object (&owner->group);
  g_assert_true (gctx_context_is_done (context));
  return !gctx_context_check (context, error);
}

static void
on_owner_gone (gpointer user_data)
{
  set_flag (&((Owner *) user_data)->gone);
}

static void
test_dropped_by_its_function (void)
{
  Owner owner = { NULL };

  g_test_summary ("group: the last reference may be dropped by one of its own functions");

  owner.group = gctx_group_new (gctx_context_background ());
  gctx_group_run_in_thread (owner.group, own_in_thread, &owner, on_owner_gone);
  set_flag (&owner.may_go);
  wait_for_flag (&owner.gone);
}

static void
start_next (GTask       *task,
            GCtxContext *context,
            gpointer     user_data)
{
  Op *ops = user_data;
  GCtxGroup *group = g_object_get_data (G_OBJECT (g_task_get_cancellable (ops[0].task)), "group");

  op_start (task, context, &ops[1]);
  group_start (group, &ops[2]);
}

static void
test_starts_others (void)
{
  g_autoptr (GCtxGroup) group = gctx_group_new (gctx_context_background ());
  Outcome outcome = { FALSE };
  Op ops[3] = { { NULL } };

  g_test_summary ("group: a function may start others, and they are waited for");

  group_start (group, &ops[0]);
  gctx_group_wait_async (group, NULL, on_waited, &outcome);
  test_iterate_pending (NULL);
  g_object_set_data (G_OBJECT (g_task_get_cancellable (ops[0].task)), "group", group);
  gctx_group_start (group, start_next, ops, NULL);
  test_iterate_pending (NULL);
  op_succeed (&ops[0]);
  op_succeed (&ops[1]);
  test_iterate_pending (NULL);
  g_assert_cmpint (outcome.n_finished, ==, 0);
  assert_op (&ops[2], 1, 0);
  op_succeed (&ops[2]);
  test_iterate_until (NULL, &outcome.n_finished);
  g_assert_true (outcome.succeeded);
}

static void
start_and_run_loop (GTask       *task,
                    GCtxContext *context,
                    gpointer     user_data)
{
  op_start (task, context, user_data);
  op_succeed (user_data);
  test_iterate_pending (NULL);
  assert_op ((Op *) user_data, 1, 0);
  assert_live (context);
}

static void
test_loop_inside (void)
{
  g_autoptr (GCtxGroup) group = gctx_group_new (gctx_context_background ());
  Op op = { NULL };

  g_test_summary ("group: what a function was given lasts until it has returned, loops inside it or not");

  gctx_group_start (group, start_and_run_loop, &op, op_destroy);
  g_assert_true (gctx_group_wait (group, NULL));
  assert_op (&op, 1, 1);
}

static void
test_misuse (void)
{
  g_autoptr (GCtxGroup) group = gctx_group_new (gctx_context_background ());

  g_test_summary ("rule 20: a wrong argument is a critical and does no harm");

  g_test_expect_message ("GCtx", G_LOG_LEVEL_CRITICAL, "*GCTX_IS_CONTEXT (parent)*");
  g_assert_null (gctx_group_new (NULL));
  g_test_expect_message ("GCtx", G_LOG_LEVEL_CRITICAL, "*GCTX_IS_CONTEXT (parent)*");
  g_assert_null (gctx_group_new_with_limit (NULL, 1));
  g_test_expect_message ("GCtx", G_LOG_LEVEL_CRITICAL, "*GCTX_IS_GROUP (self)*");
  g_assert_null (gctx_group_get_context (NULL));
  g_test_expect_message ("GCtx", G_LOG_LEVEL_CRITICAL, "*func != NULL*");
  gctx_group_start (group, NULL, NULL, NULL);
  g_test_expect_message ("GCtx", G_LOG_LEVEL_CRITICAL, "*func != NULL*");
  gctx_group_run_in_thread (group, NULL, NULL, NULL);
  g_test_expect_message ("GCtx", G_LOG_LEVEL_CRITICAL, "*GCTX_IS_GROUP (self)*");
  g_assert_false (gctx_group_wait (NULL, NULL));
  g_test_expect_message ("GCtx", G_LOG_LEVEL_CRITICAL, "*GCTX_IS_GROUP (self)*");
  gctx_group_wait_async (NULL, NULL, NULL, NULL);
  g_test_assert_expected_messages ();
  g_assert_true (gctx_group_wait (group, NULL));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/group-life/dropped", test_dropped);
  g_test_add_func ("/gctx/group-life/wait-holds", test_wait_holds);
  g_test_add_func ("/gctx/group-life/blocking-wait-holds", test_blocking_wait_holds);
  g_test_add_func ("/gctx/group-life/bare", test_bare);
  g_test_add_func ("/gctx/group-life/no-cancel", test_no_cancel);
  g_test_add_func ("/gctx/group-life/resources-are-gone", test_resources_are_gone);
  g_test_add_func ("/gctx/group-life/loop-is-gone", test_loop_is_gone);
  g_test_add_func ("/gctx/group-life/dropped-by-its-function", test_dropped_by_its_function);
  g_test_add_func ("/gctx/group-life/starts-others", test_starts_others);
  g_test_add_func ("/gctx/group-life/loop-inside", test_loop_inside);
  g_test_add_func ("/gctx/group-life/misuse", test_misuse);

  return g_test_run ();
}
