/* test-calls-gio.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "test-family.h"

/* A call of every function that meets GIO, as in test-calls.h. */

/* One with a peer that stays, and one with a peer that is gone. */
static inline void
call_scope_for_connection (Subject *subject)
{
  Pair pair;

  pair_init_unix (&pair);
  check_child (subject, gctx_scope_new_for_connection (subject->context, pair.here), subject->done);
  close_connection (pair.there);
  check_child (subject, gctx_scope_new_for_connection (subject->context, pair.here), TRUE);
  pair_clear (&pair);
}

static inline void
call_bridges (Subject *subject)
{
  GObject *object = g_object_new (G_TYPE_OBJECT, NULL);
  const int signum = SIGWINCH;
  GCtxScope *scope = gctx_scope_new_for_object (subject->context, object);

  g_object_unref (object);
  g_assert_true (gctx_context_is_done (GCTX_CONTEXT (scope)));
  check_child (subject, scope, TRUE);
  check_child (subject, gctx_scope_new_for_unix_signals (subject->context, &signum, 1), subject->done);
  g_assert_cmpuint (gctx_unix_signal_quark (), ==, GCTX_UNIX_SIGNAL);
}

static inline void
call_cancellable (Subject *subject)
{
  GCancellable *cancellable = gctx_context_get_cancellable (subject->context);
  g_autoptr (GCancellable) created = gctx_context_create_cancellable (subject->context);

  g_assert_true (g_cancellable_is_cancelled (cancellable) == subject->done);
  g_assert_true (g_cancellable_is_cancelled (created) == subject->done);
  check_child (subject, gctx_context_from_cancellable (cancellable), subject->done);
  g_cancellable_cancel (created);
  check_child (subject, gctx_context_from_cancellable (created), TRUE);
}

static inline void
check_reply (Subject  *subject,
             GVariant *reply)
{
  g_assert_true ((reply == NULL) == subject->done);
  g_clear_pointer (&reply, g_variant_unref);
}

/* Before 2.80 GLib runs toggle notifies with a lock held that the worker of GDBus
 * needs as well: who waits for a reply there waits for ever. */
static __thread gboolean family_in_toggle_notify = FALSE;

static inline void
call_dbus (Subject *subject)
{
  GDBusConnection *client = family_bus.client;
  g_autoptr (GMainContext) loop = NULL;
  GAsyncResult *result = NULL;

  if (family_in_toggle_notify && glib_check_version (2, 80, 0) != NULL)
    return;

  loop = g_main_context_new ();
  check_reply (subject, gctx_dbus_connection_call_sync (client, subject->context, NULL, TEST_PATH,
                                                        TEST_INTERFACE, "Echo",
                                                        g_variant_new ("(s)", "x"), NULL,
                                                        G_DBUS_CALL_FLAGS_NONE, NULL));
  check_reply (subject, gctx_dbus_proxy_call_sync (family_proxy, subject->context, "Echo",
                                                   g_variant_new ("(s)", "x"),
                                                   G_DBUS_CALL_FLAGS_NONE, NULL));
  g_main_context_push_thread_default (loop);

  gctx_dbus_connection_call (client, subject->context, NULL, TEST_PATH, TEST_INTERFACE, "Echo",
                             g_variant_new ("(s)", "x"), NULL, G_DBUS_CALL_FLAGS_NONE,
                             keep_result, &result);
  while (result == NULL)
    g_main_context_iteration (loop, TRUE);
  check_reply (subject, gctx_dbus_connection_call_finish (result, NULL));
  g_clear_object (&result);

  gctx_dbus_proxy_call (family_proxy, subject->context, "Echo", g_variant_new ("(s)", "x"),
                        G_DBUS_CALL_FLAGS_NONE, keep_result, &result);
  while (result == NULL)
    g_main_context_iteration (loop, TRUE);
  check_reply (subject, gctx_dbus_proxy_call_finish (result, NULL));
  g_clear_object (&result);

  g_main_context_pop_thread_default (loop);
}

static inline void
call_dbus_scope (Subject *subject)
{
  check_child (subject, gctx_scope_new_for_dbus_invocation (subject->context, family_invocation),
               subject->done);
}

static inline void
call_errors (Subject *subject)
{
  GError *error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "of an operation");
  g_autoptr (GError) translated = gctx_context_translate_error (subject->context, error);
  g_autoptr (GError) propagated = NULL;

  gctx_context_propagate_error (subject->context, &propagated, error);
  g_assert_cmpstr (translated->message, ==, propagated->message);
  g_assert_true (strcmp (translated->message, "of an operation") == 0 || subject->done);
}

static inline void
task_in_thread (GTask        *task,
                gpointer      source_object,
                gpointer      task_data,
                GCancellable *cancellable)
{
  g_assert_true (gctx_context_get_current () == gctx_task_get_context (task));
  if (!gctx_task_return_if_done (task))
    g_task_return_boolean (task, TRUE);
}

static inline void
call_task_in_thread (Subject *subject)
{
  g_autoptr (GMainContext) loop = g_main_context_new ();
  g_autoptr (GTask) task = NULL, sync = NULL;
  GAsyncResult *result = NULL;

  g_main_context_push_thread_default (loop);
  task = gctx_task_new (NULL, subject->context, keep_result, &result);
  gctx_task_run_in_thread (task, task_in_thread);
  while (result == NULL)
    g_main_context_iteration (loop, TRUE);
  g_assert_true (gctx_task_propagate_boolean (task, NULL) == !subject->done);
  g_clear_object (&result);

  sync = gctx_task_new (NULL, subject->context, NULL, NULL);
  gctx_task_run_in_thread_sync (sync, task_in_thread);
  g_assert_true (gctx_task_propagate_boolean (sync, NULL) == !subject->done);
  g_main_context_pop_thread_default (loop);
}

static inline void
call_task_propagate (Subject *subject)
{
  g_autoptr (GMainContext) loop = g_main_context_new ();
  g_autoptr (GTask) task = NULL;
  GValue value = G_VALUE_INIT;

  g_main_context_push_thread_default (loop);
  task = gctx_task_new (NULL, subject->context, NULL, NULL);
  if (!gctx_task_return_if_done (task))
    g_task_return_int (task, 4);
  g_assert_cmpint (gctx_task_propagate_int (task, NULL), ==, subject->done ? -1 : 4);
  if (subject->done)
    {
      g_assert_null (gctx_task_propagate_pointer (task, NULL));
      g_assert_false (gctx_task_propagate_value (task, &value, NULL));
    }
  test_iterate_pending (loop);
  g_main_context_pop_thread_default (loop);
}

/* A child under a context that is done is never started. */
static inline void
check_spawned (Subject     *subject,
               GSubprocess *child,
               GError     **error)
{
  g_assert_true ((child == NULL) == subject->done);
  g_assert_true ((*error != NULL) == subject->done);
  g_clear_error (error);
}

static inline void
call_spawn (Subject *subject)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);
  const char *argv[] = { "/bin/true", NULL };
  g_autoptr (GSubprocess) one = NULL;
  g_autoptr (GSubprocess) two = NULL;
  g_autoptr (GSubprocess) three = NULL;
  g_autoptr (GError) error = NULL;

  one = gctx_subprocess_launcher_spawnv (launcher, subject->context, 0, argv, &error);
  check_spawned (subject, one, &error);
  two = gctx_subprocess_new (subject->context, G_SUBPROCESS_FLAGS_NONE, &error, argv[0], NULL);
  check_spawned (subject, two, &error);
  three = gctx_subprocess_newv (subject->context, argv, G_SUBPROCESS_FLAGS_NONE, &error);
  check_spawned (subject, three, &error);

  if (!subject->done)
    {
      g_assert_true (gctx_subprocess_wait (one, subject->context, &error));
      g_assert_true (gctx_subprocess_wait_check (two, subject->context, &error));
      g_assert_no_error (error);
    }
}

static inline void
call_wait_for_child (Subject *subject)
{
  const char *argv[] = { "/bin/true", NULL };
  g_autoptr (GSubprocess) child =
    gctx_subprocess_newv (gctx_context_background (), argv, G_SUBPROCESS_FLAGS_NONE, NULL);
  Awaited awaited = await_begin ();

  gctx_subprocess_wait_async (child, subject->context, keep_result, &awaited.result);
  g_assert_true (gctx_subprocess_wait_finish (await (&awaited), NULL) == !subject->done);
  g_clear_object (&awaited.result);
  gctx_subprocess_wait_check_async (child, subject->context, keep_result, &awaited.result);
  g_assert_true (gctx_subprocess_wait_check_finish (await (&awaited), NULL) == !subject->done);
  await_end (&awaited);
}

static inline GSubprocess *
spawn_echo (void)
{
  return gctx_subprocess_new (gctx_context_background (), G_SUBPROCESS_FLAGS_STDOUT_PIPE, NULL,
                              "/bin/echo", "text", NULL);
}

static inline void
call_communicate (Subject *subject)
{
  g_autoptr (GSubprocess) one = spawn_echo ();
  g_autoptr (GSubprocess) two = spawn_echo ();
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char *text = NULL;

  g_assert_true (gctx_subprocess_communicate (one, subject->context, NULL, &bytes, NULL, NULL) == !subject->done);
  g_assert_true ((bytes == NULL) == subject->done);
  g_assert_true (gctx_subprocess_communicate_utf8 (two, subject->context, NULL, &text, NULL, NULL) ==
                 !subject->done);
  g_assert_cmpstr (text, ==, subject->done ? NULL : "text\n");
}

static inline void
call_communicate_async (Subject *subject)
{
  g_autoptr (GSubprocess) one = spawn_echo ();
  g_autoptr (GSubprocess) two = spawn_echo ();
  Awaited awaited = await_begin ();

  gctx_subprocess_communicate_async (one, subject->context, NULL, keep_result, &awaited.result);
  g_assert_true (gctx_subprocess_communicate_finish (await (&awaited), NULL, NULL, NULL) ==
                 !subject->done);
  g_clear_object (&awaited.result);
  gctx_subprocess_communicate_utf8_async (two, subject->context, NULL, keep_result, &awaited.result);
  g_assert_true (gctx_subprocess_communicate_utf8_finish (await (&awaited), NULL, NULL, NULL) ==
                 !subject->done);
  await_end (&awaited);
}

static inline void
begin_inside (GTask       *task,
              GCtxContext *context,
              gpointer     data)
{
  g_assert_false (gctx_context_is_done (context));
  ++*(int *) data;
  g_task_return_boolean (task, TRUE);
}

static inline gboolean
succeed_inside (GCtxContext  *context,
                gpointer      data,
                GError      **error)
{
  g_atomic_int_inc ((int *) data);
  return TRUE;
}

static inline void
call_group (Subject *subject)
{
  g_autoptr (GMainContext) loop = g_main_context_new ();
  GCtxGroup *group = gctx_group_new (subject->context);
  GAsyncResult *result = NULL;
  int n_begun = 0, n_run = 0;

  g_main_context_push_thread_default (loop);
  g_assert_true (gctx_context_is_done (gctx_group_get_context (group)) == subject->done);
  gctx_group_start (group, begin_inside, &n_begun, NULL);
  gctx_group_run_in_thread (group, succeed_inside, &n_run, NULL);
  g_assert_true (gctx_group_wait (group, NULL) == !subject->done);
  g_assert_cmpint (n_begun, ==, !subject->done);
  g_assert_cmpint (n_run, ==, !subject->done);
  g_object_unref (group);

  group = gctx_group_new_with_limit (subject->context, 1);
  gctx_group_start (group, begin_inside, &n_begun, NULL);
  gctx_group_wait_async (group, NULL, keep_result, &result);
  while (result == NULL)
    g_main_context_iteration (loop, TRUE);
  g_assert_true (gctx_group_wait_finish (group, result, NULL) == !subject->done);
  g_clear_object (&result);

  /* One that goes before what it was to do. */
  gctx_group_start (group, begin_inside, &n_begun, NULL);
  g_object_unref (group);
  test_iterate_pending (loop);
  g_main_context_pop_thread_default (loop);
}
