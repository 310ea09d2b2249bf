/* test-family.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <signal.h>
#include <string.h>

#include "test-dbus.h"
#include "test-keys.h"
#include "test-socket.h"
#include "test-tree.h"

/* A call of every public function, to be made from inside any callback. Each
 * knows the right answer and leaves nothing behind. What they ask is a scope
 * of a family of three, which sees one value of each kind. */

typedef struct
{
  GCtxScope *parent;
  GCtxScope *self;
  GCtxScope *child;
  gint64     deadline;
  int        n_used;     /* atomic: how often foreign code used all of them */
} Family;

/* Two peers, one of which called the other and waits. Made before the tests that
 * use everything, and there until the end. */
static Bus family_bus;
static GDBusProxy *family_proxy = NULL;
static GDBusMethodInvocation *family_invocation = NULL;

static inline void
family_connect_peers (void)
{
  if (family_invocation != NULL)
    return;

  bus_up_for_peers (&family_bus);
  family_proxy = g_dbus_proxy_new_sync (family_bus.client,
                                        G_DBUS_PROXY_FLAGS_DO_NOT_LOAD_PROPERTIES |
                                        G_DBUS_PROXY_FLAGS_DO_NOT_CONNECT_SIGNALS,
                                        NULL, NULL, TEST_PATH, TEST_INTERFACE, NULL, NULL);
  bus_hang (&family_bus, family_bus.client);
  family_invocation = service_take_hanging (&family_bus.service);
}

static inline void
family_init_below (Family      *family,
                   GCtxContext *above)
{
  const char *strings[] = { "one", "two", NULL };
  g_autoptr (GObject) object = g_object_new (G_TYPE_OBJECT, NULL);
  g_autoptr (GVariant) variant = g_variant_ref_sink (g_variant_new_string ("three"));

  family->deadline = g_get_monotonic_time () + HOUR_USEC;
  family->parent =
    gctx_scope_new_full (above, family->deadline, NULL,
                         string_key (), "ada", object_key (), object, boxed_key (), strings,
                         variant_key (), variant, pointer_key (), family,
                         boolean_key (), TRUE, int_key (), 4, int64_key (), G_MININT64,
                         uint64_key (), G_MAXUINT64, double_key (), 0.5, NULL);
  family->self = gctx_scope_new (GCTX_CONTEXT (family->parent));
  family->child = gctx_scope_new (GCTX_CONTEXT (family->self));
  family->n_used = 0;
}

static inline void
family_init (Family *family)
{
  family_init_below (family, gctx_context_background ());
}

static inline void
family_clear (Family *family)
{
  g_clear_object (&family->child);
  g_clear_object (&family->self);
  g_clear_object (&family->parent);
}

/* --- The calls --- */

typedef struct
{
  Family      *family;
  GCtxScope   *scope;
  GCtxContext *context;   /* the same */
  gboolean     done;
} Subject;

/* A child that was just made: done if its parent is, with the same values. */
static inline void
check_child (Subject *subject,
             gpointer child,
             gboolean done)
{
  GCtxContext *context = GCTX_CONTEXT (child);

  g_assert_true (gctx_context_is_done (context) == done);
  g_assert_cmpint (gctx_context_get_int (context, int_key ()), ==, 4);
  if (GCTX_IS_SCOPE (child))
    g_assert_true (gctx_scope_cancel (child) == !done);
  g_object_unref (child);
}

static inline void
call_get_type (Subject *subject)
{
  g_assert_true (g_type_is_a (gctx_scope_get_type (), gctx_context_get_type ()));
  g_assert_true (g_type_is_a (gctx_group_get_type (), G_TYPE_OBJECT));
  g_assert_true (G_TYPE_IS_BOXED (gctx_key_get_type ()));
}

static inline void
call_roots (Subject *subject)
{
  g_assert_false (gctx_context_is_done (gctx_context_background ()));
  g_assert_false (gctx_context_is_done (gctx_context_todo ()));
}

static inline void
call_with_deadline (Subject *subject)
{
  check_child (subject, gctx_context_with_deadline (subject->context, G_MAXINT64), subject->done);
  check_child (subject, gctx_context_with_deadline (subject->context, 0), TRUE);
  check_child (subject, gctx_context_with_timeout (subject->context, HOUR_USEC / 2), subject->done);
}

static inline void
call_without_cancel (Subject *subject)
{
  check_child (subject, gctx_context_without_cancel (subject->context), FALSE);
}

static inline void
call_any (Subject *subject)
{
  GCtxContext *contexts[] = { subject->context, gctx_context_background () };

  check_child (subject, gctx_context_any (contexts, G_N_ELEMENTS (contexts)), subject->done);
}

static inline void
call_check (Subject *subject)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (gctx_context_is_done (subject->context) == subject->done);
  g_assert_true (gctx_context_check (subject->context, &error) == !subject->done);
  g_assert_true ((error != NULL) == subject->done);
  g_assert_true ((gctx_context_get_error (subject->context) != NULL) == subject->done);
  g_assert_true ((gctx_context_get_cause (subject->context) != NULL) == subject->done);
  g_assert_false (gctx_scope_has_expired (subject->scope));
}

static inline void
call_get_deadline (Subject *subject)
{
  gint64 deadline = 0;
  GTimeSpan remaining = 0;

  g_assert_true (gctx_context_get_deadline (subject->context, &deadline));
  g_assert_cmpint (deadline, ==, subject->family->deadline);
  g_assert_true (gctx_context_get_remaining (subject->context, &remaining));
  g_assert_cmpint (remaining, <=, HOUR_USEC);
  g_assert_cmpint (gctx_context_get_remaining_msec (subject->context), <=, HOUR_USEC / 1000);
}

static inline void
call_to_string (Subject *subject)
{
  g_autofree char *path = gctx_context_to_string (subject->context);

  g_assert_true (g_str_has_prefix (path, "background"));
}

static inline void
call_getters (Subject *subject)
{
  GCtxContext *context = subject->context;
  const char *const *strings = gctx_context_get_boxed (context, boxed_key ());

  g_assert_true (gctx_context_has_value (context, string_key ()));
  g_assert_true (G_VALUE_HOLDS_STRING (gctx_context_get_value (context, string_key ())));
  g_assert_cmpstr (gctx_context_get_string (context, string_key ()), ==, "ada");
  g_assert_true (G_IS_OBJECT (gctx_context_get_object (context, object_key ())));
  g_assert_cmpstr (strings[1], ==, "two");
  g_assert_cmpstr (g_variant_get_string (gctx_context_get_variant (context, variant_key ()), NULL),
                   ==, "three");
  g_assert_true (gctx_context_get_pointer (context, pointer_key ()) == subject->family);
  g_assert_true (gctx_context_get_boolean (context, boolean_key ()));
  g_assert_cmpint (gctx_context_get_int (context, int_key ()), ==, 4);
  g_assert_cmpint (gctx_context_get_int64 (context, int64_key ()), ==, G_MININT64);
  g_assert_cmpuint (gctx_context_get_uint64 (context, uint64_key ()), ==, G_MAXUINT64);
  g_assert_cmpfloat (gctx_context_get_double (context, double_key ()), ==, 0.5);
}

static inline void
call_with_values (Subject *subject)
{
  GCtxKey *key = string_key ();
  GValue value = G_VALUE_INIT;
  GCtxScope *full;

  g_value_init (&value, G_TYPE_STRING);
  g_value_set_static_string (&value, "bob");
  check_child (subject, gctx_context_with_value (subject->context, key, &value), subject->done);
  check_child (subject, gctx_context_with_values (subject->context, key, "bob", NULL), subject->done);
  check_child (subject, gctx_context_with_valuesv (subject->context, &key, 1, &value, 1), subject->done);
  full = gctx_scope_new_fullv (subject->context, G_MAXINT64, NULL, &key, 1, &value, 1);
  g_assert_cmpstr (gctx_context_get_string (GCTX_CONTEXT (full), key), ==, "bob");
  check_child (subject, full, subject->done);
  check_child (subject, gctx_scope_new_full (subject->context, G_MAXINT64, NULL, key, "bob", NULL),
               subject->done);
  g_value_unset (&value);
}

static inline gboolean
know_nothing (GCtxKey  *key,
              GValue   *value,
              gpointer  data)
{
  return FALSE;
}

static inline void
give_nothing (GClosure     *closure,
              GValue       *result,
              guint         n_arguments,
              const GValue *arguments,
              gpointer      hint,
              gpointer      data)
{
  g_assert_true (G_VALUE_HOLDS (result, G_TYPE_VALUE));
}

static inline void
call_with_lookup (Subject *subject)
{
  GClosure *closure = g_closure_new_simple (sizeof (GClosure), NULL);
  int n_gone = 0;

  check_child (subject,
               gctx_context_with_lookup (subject->context, know_nothing, &n_gone, count_destroy),
               subject->done);
  g_assert_cmpint (n_gone, ==, 1);
  g_closure_set_marshal (closure, give_nothing);
  check_child (subject, gctx_context_with_lookup_closure (subject->context, closure), subject->done);
}

static inline void
call_scope_new (Subject *subject)
{
  g_autoptr (GError) cause = g_error_new_literal (TEST_DOMAIN, 2, "made inside");
  gint64 deadline = subject->family->deadline - 1;

  check_child (subject, gctx_scope_new (subject->context), subject->done);
  check_child (subject, gctx_scope_new_with_deadline (subject->context, deadline), subject->done);
  check_child (subject, gctx_scope_new_with_deadline_cause (subject->context, deadline, cause),
               subject->done);
  check_child (subject, gctx_scope_new_with_timeout (subject->context, HOUR_USEC / 2),
               subject->done);
  check_child (subject, gctx_scope_new_with_timeout_cause (subject->context, HOUR_USEC / 2, cause),
               subject->done);
}

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
call_scope_cancel (Subject *subject)
{
  g_autoptr (GError) cause = g_error_new_literal (TEST_DOMAIN, 3, "ended inside");
  GCtxScope *scope = gctx_scope_new (subject->context);
  g_autoptr (GCancellable) cancellable =
    g_object_ref (gctx_context_get_cancellable (GCTX_CONTEXT (scope)));
  g_autoptr (GCancellable) other = NULL;

  g_assert_true (gctx_scope_cancel_with_cause (scope, cause) == !subject->done);
  g_assert_true (g_cancellable_is_cancelled (cancellable));
  g_assert_false (gctx_scope_cancel (scope));
  g_object_unref (scope);

  scope = gctx_scope_new (subject->context);
  other = gctx_context_create_cancellable (GCTX_CONTEXT (scope));
  gctx_scope_close (scope);
  g_assert_true (g_cancellable_is_cancelled (other));

  scope = gctx_scope_new (subject->context);
  gctx_scope_close_only (scope);
  g_assert_true (gctx_context_is_done (GCTX_CONTEXT (scope)));
  g_object_unref (scope);
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
call_after_func (Subject *subject)
{
  g_autoptr (GMainContext) loop = g_main_context_new ();
  int n_ran = 0, n_removed = 0;
  gulong id;

  g_main_context_push_thread_default (loop);
  id = gctx_context_add_after_func (subject->context, count_after, &n_ran, NULL);
  test_iterate_pending (loop);
  g_main_context_pop_thread_default (loop);
  g_assert_cmpint (n_ran, ==, subject->done);
  g_assert_true (gctx_context_remove_after_func (subject->context, id) == !subject->done);

  id = gctx_context_add_after_func_full (subject->context, loop, G_PRIORITY_LOW,
                                         count_after, &n_removed, count_destroy);
  g_assert_true (gctx_context_remove_after_func (subject->context, id));
  test_iterate_pending (loop);
  g_assert_cmpint (n_removed, ==, 1);
}

static inline void
call_source (Subject *subject)
{
  g_autoptr (GMainContext) loop = g_main_context_new ();
  g_autoptr (GSource) source = gctx_context_create_source (subject->context);
  int n_fired = 0;

  g_source_set_callback (source, G_SOURCE_FUNC (count_source), &n_fired, NULL);
  g_source_attach (source, loop);
  test_iterate_pending (loop);
  g_assert_cmpint (n_fired, ==, subject->done);
  g_source_destroy (source);
}

static inline void
call_wait (Subject *subject)
{
  g_autoptr (GCtxContext) past = gctx_context_with_timeout (subject->context, 0);
  g_autoptr (GError) error = NULL;

  gctx_context_wait (subject->done ? subject->context : past);
  g_assert_true (gctx_context_sleep (subject->context, 0, NULL) == !subject->done);
  g_assert_true (gctx_context_sleep (subject->context, 1, &error) == !subject->done);
}

static inline void
keep_result (GObject      *source,
             GAsyncResult *result,
             gpointer      data)
{
  g_set_object ((GAsyncResult **) data, result);
}

static inline void
call_wait_async (Subject *subject)
{
  g_autoptr (GMainContext) loop = g_main_context_new ();
  g_autoptr (GCancellable) withdrawn = g_cancellable_new ();
  GAsyncResult *result = NULL;

  g_cancellable_cancel (withdrawn);
  g_main_context_push_thread_default (loop);

  gctx_context_wait_async (subject->context, subject->done ? NULL : withdrawn, keep_result, &result);
  while (result == NULL)
    g_main_context_iteration (loop, TRUE);
  g_assert_true (gctx_context_wait_finish (subject->context, result, NULL) == subject->done);
  g_clear_object (&result);

  gctx_context_sleep_async (subject->context, 0, NULL, keep_result, &result);
  while (result == NULL)
    g_main_context_iteration (loop, TRUE);
  g_assert_true (gctx_context_sleep_finish (subject->context, result, NULL) == !subject->done);
  g_clear_object (&result);

  g_main_context_pop_thread_default (loop);
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
call_current (Subject *subject)
{
  GCtxContext *before = gctx_context_get_current ();

  gctx_context_push_current (subject->context);
  g_assert_true (gctx_context_get_current () == subject->context);
  g_assert_true (g_cancellable_is_cancelled (g_cancellable_get_current ()) == subject->done);
  gctx_context_pop_current (subject->context);
  g_assert_true (gctx_context_get_current () == before);
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

GCTX_DEFINE_KEY (static_key, "made once", G_TYPE_INT)

static inline void
call_key (Subject *subject)
{
  GCtxKey *key = gctx_key_new ("made inside", G_TYPE_INT);

  g_assert_true (gctx_key_ref (key) == key);
  gctx_key_unref (key);
  g_assert_cmpstr (gctx_key_get_name (key), ==, "made inside");
  g_assert_true (gctx_key_get_value_type (key) == G_TYPE_INT);
  check_child (subject, gctx_context_with_values (subject->context, key, 1, NULL), subject->done);
  gctx_key_unref (key);
  check_child (subject, gctx_context_with_values (subject->context, static_key (), 1, NULL), subject->done);
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

typedef struct
{
  GMainContext *loop;
  GAsyncResult *result;
} Awaited;

static inline Awaited
await_begin (void)
{
  Awaited awaited = { g_main_context_new (), NULL };

  g_main_context_push_thread_default (awaited.loop);
  return awaited;
}

static inline GAsyncResult *
await (Awaited *awaited)
{
  while (awaited->result == NULL)
    g_main_context_iteration (awaited->loop, TRUE);
  return awaited->result;
}

static inline void
await_end (Awaited *awaited)
{
  g_clear_object (&awaited->result);
  g_main_context_pop_thread_default (awaited->loop);
  g_main_context_unref (awaited->loop);
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

/* What is left to the loop of whoever called, and still there when the family
 * is gone. */
static inline void
never (GCtxContext *context,
       gpointer     data)
{
  g_assert_true (gctx_context_is_done (context));
}

static inline void
on_left_behind (GObject      *source,
                GAsyncResult *result,
                gpointer      data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (gctx_context_wait_finish (GCTX_CONTEXT (source), result, &error));
}

static inline void
call_and_leave (Subject *subject)
{
  gctx_context_add_after_func (subject->context, never, NULL, NULL);
  gctx_context_wait_async (subject->context, NULL, on_left_behind, NULL);
}

typedef struct
{
  void       (*call) (Subject *subject);
  const char  *functions;
} EverythingCall;

/* The names are held against the headers. */
static const EverythingCall everything[] = {
  { call_get_type, "gctx_context_get_type gctx_group_get_type gctx_scope_get_type gctx_key_get_type" },
  { call_roots, "gctx_context_background gctx_context_todo" },
  { call_with_deadline, "gctx_context_with_deadline gctx_context_with_timeout" },
  { call_without_cancel, "gctx_context_without_cancel" },
  { call_any, "gctx_context_any" },
  { call_check, "gctx_context_is_done gctx_context_check gctx_context_get_error "
                "gctx_context_get_cause gctx_scope_has_expired" },
  { call_get_deadline, "gctx_context_get_deadline gctx_context_get_remaining "
                       "gctx_context_get_remaining_msec" },
  { call_to_string, "gctx_context_to_string" },
  { call_getters, "gctx_context_get_value gctx_context_has_value gctx_context_get_string "
                  "gctx_context_get_object gctx_context_get_boxed gctx_context_get_variant "
                  "gctx_context_get_pointer gctx_context_get_boolean gctx_context_get_int "
                  "gctx_context_get_int64 gctx_context_get_uint64 gctx_context_get_double" },
  { call_with_values, "gctx_context_with_value gctx_context_with_values gctx_context_with_valuesv "
                      "gctx_scope_new_full gctx_scope_new_fullv" },
  { call_with_lookup, "gctx_context_with_lookup gctx_context_with_lookup_closure" },
  { call_scope_new, "gctx_scope_new gctx_scope_new_with_deadline gctx_scope_new_with_deadline_cause "
                    "gctx_scope_new_with_timeout gctx_scope_new_with_timeout_cause" },
  { call_scope_for_connection, "gctx_scope_new_for_connection" },
  { call_scope_cancel, "gctx_scope_cancel gctx_scope_cancel_with_cause "
                       "gctx_scope_close gctx_scope_close_only" },
  { call_bridges, "gctx_scope_new_for_object gctx_scope_new_for_unix_signals gctx_unix_signal_quark" },
  { call_cancellable, "gctx_context_get_cancellable gctx_context_create_cancellable "
                      "gctx_context_from_cancellable" },
  { call_after_func, "gctx_context_add_after_func gctx_context_add_after_func_full "
                     "gctx_context_remove_after_func" },
  { call_source, "gctx_context_create_source" },
  { call_wait, "gctx_context_wait gctx_context_sleep" },
  { call_wait_async, "gctx_context_wait_async gctx_context_wait_finish "
                     "gctx_context_sleep_async gctx_context_sleep_finish" },
  { call_spawn, "gctx_subprocess_launcher_spawnv gctx_subprocess_new gctx_subprocess_newv "
                "gctx_subprocess_wait gctx_subprocess_wait_check" },
  { call_wait_for_child, "gctx_subprocess_wait_async gctx_subprocess_wait_finish "
                         "gctx_subprocess_wait_check_async gctx_subprocess_wait_check_finish" },
  { call_communicate, "gctx_subprocess_communicate gctx_subprocess_communicate_utf8" },
  { call_communicate_async, "gctx_subprocess_communicate_async gctx_subprocess_communicate_finish "
                            "gctx_subprocess_communicate_utf8_async "
                            "gctx_subprocess_communicate_utf8_finish" },
  { call_group, "gctx_group_new gctx_group_new_with_limit gctx_group_get_context gctx_group_start "
                "gctx_group_run_in_thread gctx_group_wait gctx_group_wait_async gctx_group_wait_finish" },
  { call_and_leave, "" },
  { call_current, "gctx_context_get_current gctx_context_push_current gctx_context_pop_current" },
  { call_task_in_thread, "gctx_task_new gctx_task_get_context gctx_task_return_if_done "
                         "gctx_task_run_in_thread gctx_task_run_in_thread_sync "
                         "gctx_task_propagate_boolean" },
  { call_task_propagate, "gctx_task_propagate_int gctx_task_propagate_pointer "
                         "gctx_task_propagate_value" },
  { call_dbus, "gctx_dbus_connection_call gctx_dbus_connection_call_finish "
               "gctx_dbus_connection_call_sync gctx_dbus_proxy_call gctx_dbus_proxy_call_finish "
               "gctx_dbus_proxy_call_sync" },
  { call_dbus_scope, "gctx_scope_new_for_dbus_invocation" },
  { call_errors, "gctx_context_propagate_error gctx_context_translate_error" },
  { call_key, "gctx_key_new gctx_key_new_static gctx_key_ref gctx_key_unref gctx_key_get_name gctx_key_get_value_type" },
};

/* Asks all three for everything. */
static inline void
use_everything (Family *family)
{
  GCtxScope *members[] = { family->parent, family->self, family->child };
  guint i, j;

  for (i = 0; i < G_N_ELEMENTS (members); i++)
    for (j = 0; j < G_N_ELEMENTS (everything); j++)
      {
        Subject subject = { family, members[i], GCTX_CONTEXT (members[i]), FALSE };

        subject.done = gctx_context_is_done (subject.context);
        if (g_test_verbose ())
          g_test_message ("member %u, done %d: %s", i, subject.done, everything[j].functions);
        everything[j].call (&subject);
      }
  g_atomic_int_inc (&family->n_used);
}

/* Asks all three for everything, and ends them from inside. */
static inline void
use_and_end (Family *family)
{
  use_everything (family);
  gctx_scope_cancel (family->child);
  use_everything (family);
  cancel_with (family->parent, 1);
  g_assert_false (gctx_scope_cancel (family->self));
  use_everything (family);
  g_assert_true (gctx_context_is_done (GCTX_CONTEXT (family->self)));
}
