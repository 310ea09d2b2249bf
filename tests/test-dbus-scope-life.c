/* test-dbus-scope-life.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What a scope of a D-Bus call leaves behind, and which threads let go of it. */

#define _GNU_SOURCE

#include "test-dbus-scope.h"
#include "test-race.h"

#include <pthread.h>

/* --- What is left behind: nothing --- */

/* What the service says to the bus. */
typedef struct
{
  int n_added;      /* atomic, like the others */
  int n_removed;
  int n_asked;
} Rules;

static GDBusMessage *
count_rules (GDBusConnection *connection,
             GDBusMessage    *message,
             gboolean         incoming,
             gpointer         user_data)
{
  Rules *rules = user_data;

  if (!incoming && g_strcmp0 (g_dbus_message_get_member (message), "AddMatch") == 0)
    g_atomic_int_inc (&rules->n_added);
  if (!incoming && g_strcmp0 (g_dbus_message_get_member (message), "RemoveMatch") == 0)
    g_atomic_int_inc (&rules->n_removed);
  if (!incoming && g_strcmp0 (g_dbus_message_get_member (message), "GetNameOwner") == 0)
    g_atomic_int_inc (&rules->n_asked);
  return message;
}

typedef void (*GoFunc) (GCtxScope *scope, GCtxScope *parent);

static void
go_by_close (GCtxScope *scope,
             GCtxScope *parent)
{
  gctx_scope_close (scope);
}

static void
go_by_unref (GCtxScope *scope,
             GCtxScope *parent)
{
  g_object_unref (scope);
}

static void
go_by_parent (GCtxScope *scope,
              GCtxScope *parent)
{
  g_assert_true (cancel_with (parent, 3));
  assert_ended (GCTX_CONTEXT (scope), G_IO_ERROR_CANCELLED, 3);
  g_object_unref (scope);
}

static gpointer
close_in_thread (gpointer data)
{
  gctx_scope_close (data);
  return NULL;
}

static void
go_in_thread (GCtxScope *scope,
              GCtxScope *parent)
{
  g_thread_join (g_thread_new ("close", close_in_thread, scope));
}

static void
close_in_handler (GCancellable *cancellable,
                  gpointer      user_data)
{
  gctx_scope_close (user_data);
}

static void
go_in_handler (GCtxScope *scope,
               GCtxScope *parent)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  g_cancellable_connect (cancellable, G_CALLBACK (close_in_handler), scope, NULL);
  g_cancellable_cancel (cancellable);
}

static const struct
{
  const char *name;
  GoFunc      go;
  gboolean    loop_goes;
} goings[] = {
  { "close", go_by_close, FALSE },
  { "unref", go_by_unref, FALSE },
  { "parent", go_by_parent, FALSE },
  { "thread", go_in_thread, FALSE },
  { "handler", go_in_handler, FALSE },
  { "close-without-loop", go_by_close, TRUE },
  { "unref-without-loop", go_by_unref, TRUE },
};

static gpointer
begin_below_in_passing_loop (gpointer data)
{
  gpointer *both = data;
  g_autoptr (GMainContext) passing = g_main_context_new ();
  GCtxScope *scope;

  g_main_context_push_thread_default (passing);
  scope = new_scope (both[0], both[1]);
  g_main_context_pop_thread_default (passing);
  return scope;
}

static void
test_nothing_is_left (gconstpointer data)
{
  guint which = GPOINTER_TO_UINT (data);
  g_autoptr (GCtxScopeCloser) parent = gctx_scope_new (gctx_context_background ());
  g_autoptr (GDBusMethodInvocation) invocation = NULL;
  GDBusConnection *connection;
  GCtxScope *scope;
  Rules rules = { 0 };
  guint filter, closed = g_signal_lookup ("closed", G_TYPE_DBUS_CONNECTION);
  Bus bus;

  g_test_summary ("rule 7: a scope that goes first leaves no subscription, no handler and no reference");

  bus_up (&bus);
  connection = g_object_ref (bus.service.connection);
  filter = g_dbus_connection_add_filter (connection, count_rules, &rules, NULL);
  g_signal_handlers_block_by_func (connection, service_closed, &bus.service);
  bus_hang (&bus, bus.client);
  invocation = service_take_hanging (&bus.service);
  if (goings[which].loop_goes)
    {
      gpointer both[] = { GCTX_CONTEXT (parent), invocation };

      scope = g_thread_join (g_thread_new ("passing", begin_below_in_passing_loop, both));
    }
  else
    {
      scope = new_scope (GCTX_CONTEXT (parent), invocation);
    }
  while (g_atomic_int_get (&rules.n_added) == 0)
    g_thread_yield ();
  g_assert_true (g_signal_has_handler_pending (connection, closed, 0, FALSE));

  goings[which].go (scope, parent);
  while (g_atomic_int_get (&rules.n_removed) == 0)
    g_thread_yield ();
  while (g_signal_has_handler_pending (connection, closed, 0, FALSE))
    g_thread_yield ();
  g_assert_cmpint (g_atomic_int_get (&rules.n_added), ==, 1);
  g_assert_cmpint (g_atomic_int_get (&rules.n_removed), ==, 1);

  g_signal_handlers_unblock_by_func (connection, service_closed, &bus.service);
  g_dbus_connection_remove_filter (connection, filter);
  g_clear_object (&invocation);
  bus_down (&bus);
  unref_until_gone (connection);
}

static void
wait_until_asked (Rules *rules,
                  int    n_times)
{
  while (g_atomic_int_get (&rules->n_asked) < n_times)
    g_thread_yield ();
}

static void
test_one_rule (void)
{
  g_autoptr (GDBusMethodInvocation) invocation = NULL;
  GDBusConnection *connection;
  GCtxScope *scopes[3];
  Rules rules = { 0 };
  guint filter, i;
  Bus bus;

  g_test_summary ("rule 5: the calls of one caller share a rule of the bus, which goes with the last");

  bus_up (&bus);
  connection = bus.service.connection;
  filter = g_dbus_connection_add_filter (connection, count_rules, &rules, NULL);
  bus_hang (&bus, bus.client);
  invocation = service_take_hanging (&bus.service);

  scopes[0] = new_scope (gctx_context_background (), invocation);
  scopes[1] = new_scope (gctx_context_background (), invocation);
  wait_until_asked (&rules, 2);
  gctx_scope_close (scopes[0]);
  scopes[2] = new_scope (gctx_context_background (), invocation);
  wait_until_asked (&rules, 3);
  g_assert_cmpint (g_atomic_int_get (&rules.n_added), ==, 1);
  g_assert_cmpint (g_atomic_int_get (&rules.n_removed), ==, 0);

  for (i = 1; i < G_N_ELEMENTS (scopes); i++)
    gctx_scope_close (scopes[i]);
  while (g_atomic_int_get (&rules.n_removed) == 0)
    g_thread_yield ();
  g_assert_cmpint (g_atomic_int_get (&rules.n_added), ==, 1);

  g_dbus_connection_remove_filter (connection, filter);
  bus_down (&bus);
}

static void
note_freed (gpointer data)
{
  *(GThread **) data = g_thread_self ();
}

static void
test_values (void)
{
  GCtxKey *key = gctx_key_new ("object", G_TYPE_OBJECT);
  GObject *object = g_object_new (G_TYPE_OBJECT, NULL);
  GCtxContext *parent = gctx_context_with_values (gctx_context_background (), key, object, NULL);
  g_autoptr (GDBusMethodInvocation) invocation = NULL;
  GCtxScope *scope;
  GThread *freed_in = NULL;
  Bus bus;

  g_test_summary ("rule 18: what watches the caller holds no values");

  g_object_set_data_full (object, "freed", &freed_in, note_freed);
  g_object_unref (object);
  bus_up (&bus);
  bus_hang (&bus, bus.client);
  invocation = service_take_hanging (&bus.service);
  scope = new_scope (parent, invocation);
  g_assert_true (gctx_context_get_object (GCTX_CONTEXT (scope), key) == object);

  g_object_unref (parent);
  g_assert_null (g_atomic_pointer_get (&freed_in));
  gctx_scope_close (scope);
  g_assert_true (g_atomic_pointer_get (&freed_in) == g_thread_self ());
  bus_down (&bus);
  gctx_key_unref (key);
}

/* --- Last references --- */

/* Freed with something of the user's that only the library still holds. */
typedef struct
{
  GCtxScope *other;        /* blocks until this is done, where there is one */
  char       thread[16];
  int        begun;        /* atomic, like the other */
  int        finished;
} Blocker;

static void
block (gpointer data)
{
  Blocker *blocker = data;

  g_assert_cmpint (pthread_getname_np (pthread_self (), blocker->thread, sizeof blocker->thread), ==, 0);
  g_atomic_int_set (&blocker->begun, TRUE);
  if (blocker->other != NULL)
    gctx_context_wait (GCTX_CONTEXT (blocker->other));
  g_atomic_int_set (&blocker->finished, TRUE);
}

static void
wait_until (int *flag)
{
  while (!g_atomic_int_get (flag))
    g_thread_yield ();
}

static gboolean
never_runs (gpointer user_data)
{
  g_assert_not_reached ();
}

/* Scopes that are the last to hold what has the blocker. */
static GCtxScope *
leave_in_home (Bus     *bus,
               Blocker *blocker)
{
  g_autoptr (GMainContext) home = g_main_context_new ();
  g_autoptr (GSource) source = g_idle_source_new ();
  GCtxScope *scope;

  g_source_set_callback (source, never_runs, blocker, block);
  g_source_attach (source, home);
  g_main_context_push_thread_default (home);
  scope = begin_work (bus, bus->client);
  g_main_context_pop_thread_default (home);

  return scope;
}

static GCtxScope *
leave_in_parent (Bus     *bus,
                 Blocker *blocker)
{
  g_autoptr (GCancellable) adopted = g_cancellable_new ();
  g_autoptr (GCtxContext) parent = gctx_context_from_cancellable (adopted);
  g_autoptr (GDBusMethodInvocation) invocation = NULL;

  g_object_set_data_full (G_OBJECT (adopted), "blocker", blocker, block);
  bus_hang (bus, bus->client);
  invocation = service_take_hanging (&bus->service);

  return new_scope (parent, invocation);
}

static void
take_call (GDBusConnection       *connection,
           const char            *sender,
           const char            *object_path,
           const char            *interface_name,
           const char            *method_name,
           GVariant              *parameters,
           GDBusMethodInvocation *invocation,
           gpointer               user_data)
{
  *(GDBusMethodInvocation **) user_data = invocation;
}

static const GDBusInterfaceVTable take_vtable = { .method_call = take_call };

static GCtxScope *
leave_in_connection (Bus     *bus,
                     Blocker *blocker)
{
  g_autoptr (GDBusNodeInfo) info = g_dbus_node_info_new_for_xml (test_introspection, NULL);
  g_autoptr (GDBusMethodInvocation) invocation = NULL;
  g_autoptr (GDBusConnection) connection = test_connect (bus->service.address);
  guint id = g_dbus_connection_register_object (connection, TEST_PATH, info->interfaces[0],
                                                &take_vtable, &invocation, NULL, NULL);

  g_object_set_data_full (G_OBJECT (connection), "blocker", blocker, block);
  g_dbus_connection_call (bus->client, g_dbus_connection_get_unique_name (connection), TEST_PATH,
                          TEST_INTERFACE, "Hang", NULL, NULL, G_DBUS_CALL_FLAGS_NONE, G_MAXINT,
                          NULL, NULL, NULL);
  while (invocation == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_dbus_connection_unregister_object (connection, id);

  return new_scope (gctx_context_background (), invocation);
}

typedef GCtxScope *(*LeaveFunc) (Bus *bus, Blocker *blocker);

static const struct
{
  const char *name;
  LeaveFunc   leave;
} leavings[] = {
  { "home", leave_in_home },
  { "parent", leave_in_parent },
  { "connection", leave_in_connection },
};

static void
test_last_reference (gconstpointer data)
{
  Blocker blocker = { NULL };
  GCtxScope *scope;
  Bus bus;

  g_test_summary ("rule 12: what blocks when the library drops the last reference keeps no other scope from being told");

  bus_up (&bus);
  scope = leavings[GPOINTER_TO_UINT (data)].leave (&bus, &blocker);
  blocker.other = begin_work (&bus, bus.client);
  g_assert_false (blocker.begun);

  gctx_scope_close (scope);
  wait_until (&blocker.begun);
  g_assert_cmpstr (blocker.thread, !=, "gctx-dbus");
  close_client (&bus);
  gctx_context_wait (GCTX_CONTEXT (blocker.other));
  assert_caller_left (blocker.other);
  wait_until (&blocker.finished);
  gctx_scope_close (blocker.other);
  bus_down (&bus);
}

static void
test_while_busy (void)
{
  Bus bus;
  int i;

  g_test_summary ("rule 12: nor does GDBus drop it there, however early the scope goes");

  bus_up (&bus);
  for (i = 0; i < test_rounds (1000); i++)
    {
      Blocker blocker = { NULL };
      GCtxScope *scope = leave_in_connection (&bus, &blocker);
      int j;

      for (j = i % 50; j > 0; j--)
        g_thread_yield ();
      gctx_scope_close (scope);
      while (!g_atomic_int_get (&blocker.finished))
        test_iterate_pending (NULL);
      g_assert_cmpstr (blocker.thread, !=, "gctx-dbus");
    }
  bus_down (&bus);
}

int
main (int   argc,
      char *argv[])
{
  guint i;

  g_test_init (&argc, &argv, NULL);

  for (i = 0; i < G_N_ELEMENTS (goings); i++)
    {
      g_autofree char *path = g_strconcat ("/gctx/dbus-scope-life/nothing-is-left/", goings[i].name, NULL);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_nothing_is_left);
    }
  g_test_add_func ("/gctx/dbus-scope-life/one-rule", test_one_rule);
  g_test_add_func ("/gctx/dbus-scope-life/values", test_values);
  for (i = 0; i < G_N_ELEMENTS (leavings); i++)
    {
      g_autofree char *path = g_strconcat ("/gctx/dbus-scope-life/last-reference/", leavings[i].name, NULL);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_last_reference);
    }
  g_test_add_func ("/gctx/dbus-scope-life/while-busy", test_while_busy);

  return g_test_run ();
}
