/* test-dbus-scope.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-dbus-scope.h"
#include "test-race.h"

/* --- How a caller goes --- */

static void
test_caller_closes (void)
{
  g_autoptr (GCtxScopeCloser) scope = NULL;
  g_autoptr (GCtxScopeCloser) other_scope = NULL;
  g_autoptr (GDBusConnection) other = NULL;
  Bus bus;

  g_test_summary ("rule 15: the caller that leaves ends the scopes of its own calls, and is their cause");

  bus_up (&bus);
  other = test_connect (bus.service.address);
  scope = begin_work (&bus, bus.client);
  other_scope = begin_work (&bus, other);
  assert_live (GCTX_CONTEXT (scope));

  close_client (&bus);
  iterate_until_done (scope);
  assert_caller_left (scope);
  g_assert_nonnull (strstr (gctx_context_get_cause (GCTX_CONTEXT (scope))->message,
                            g_dbus_connection_get_unique_name (bus.client)));
  assert_live (GCTX_CONTEXT (other_scope));

  g_assert_true (g_dbus_connection_close_sync (other, NULL, NULL));
  iterate_until_done (other_scope);
  assert_caller_left (other_scope);
  bus_down (&bus);
}

static const char *program;

/* What a child process does. */
static int
call_and_hang (const char *address)
{
  g_autoptr (GDBusConnection) connection = test_connect (address);
  g_autoptr (GVariant) reply =
    g_dbus_connection_call_sync (connection, TEST_NAME, TEST_PATH, TEST_INTERFACE, "Hang", NULL,
                                 NULL, G_DBUS_CALL_FLAGS_NONE, G_MAXINT, NULL, NULL);

  return reply != NULL ? 0 : 1;
}

static void
test_caller_is_killed (void)
{
  g_autoptr (GCtxScopeCloser) scope = NULL;
  g_autoptr (GDBusMethodInvocation) invocation = NULL;
  g_autoptr (GSubprocess) child = NULL;
  g_autoptr (GError) error = NULL;
  Bus bus;

  g_test_summary ("rule 15: so does one that is killed");

  bus_up (&bus);
  child = g_subprocess_new (G_SUBPROCESS_FLAGS_NONE, &error,
                            program, "--call-and-hang", bus.service.address, NULL);
  g_assert_no_error (error);
  invocation = service_take_hanging (&bus.service);
  scope = new_scope (gctx_context_background (), invocation);
  assert_live (GCTX_CONTEXT (scope));

  g_subprocess_force_exit (child);
  iterate_until_done (scope);
  assert_caller_left (scope);
  g_assert_true (g_subprocess_wait (child, NULL, NULL));
  bus_down (&bus);
}

/* Until the bus knows that it is gone. */
static void
close_client_for_good (Bus *bus)
{
  gboolean there = TRUE;

  close_client (bus);
  while (there)
    {
      g_autoptr (GVariant) reply =
        g_dbus_connection_call_sync (bus->service.connection, "org.freedesktop.DBus",
                                     "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameHasOwner",
                                     g_variant_new ("(s)", g_dbus_connection_get_unique_name (bus->client)),
                                     G_VARIANT_TYPE ("(b)"), G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL);

      g_assert_nonnull (reply);
      g_variant_get (reply, "(b)", &there);
    }
}

static void
test_caller_is_gone_already (void)
{
  g_autoptr (GCtxScopeCloser) scope = NULL;
  g_autoptr (GDBusMethodInvocation) invocation = NULL;
  Bus bus;

  g_test_summary ("rule 6: a caller that is gone already gives a scope that ends soon");

  bus_up (&bus);
  bus_hang (&bus, bus.client);
  invocation = service_take_hanging (&bus.service);
  close_client_for_good (&bus);
  scope = new_scope (gctx_context_background (), invocation);
  iterate_until_done (scope);
  assert_caller_left (scope);
  bus_down (&bus);
}

static void
test_bus_dies (void)
{
  g_autoptr (GCtxScopeCloser) scope = NULL;
  g_autoptr (GCtxScopeCloser) late = NULL;
  g_autoptr (GDBusMethodInvocation) invocation = NULL;
  Bus bus;

  g_test_summary ("rule 15: a bus that dies ends the scopes of all callers, also one that is made then");

  bus_up (&bus);
  bus_hang (&bus, bus.client);
  invocation = service_take_hanging (&bus.service);
  scope = new_scope (gctx_context_background (), invocation);
  bus_kill (&bus);
  iterate_until_done (scope);
  assert_ended_by (scope, G_IO_ERROR, G_IO_ERROR_CLOSED);

  g_assert_true (g_dbus_connection_is_closed (bus.service.connection));
  late = new_scope (gctx_context_background (), invocation);
  iterate_until_done (late);
  assert_ended_by (late, G_IO_ERROR, G_IO_ERROR_CLOSED);
  bus_down (&bus);
}

static void
test_peer_closes (void)
{
  g_autoptr (GCtxScopeCloser) scope = NULL;
  Bus bus;

  g_test_summary ("rule 15: without a bus the connection that closes ends the scope");

  bus_up_for_peers (&bus);
  scope = begin_work (&bus, bus.client);
  assert_live (GCTX_CONTEXT (scope));
  close_client (&bus);
  iterate_until_done (scope);
  assert_ended_by (scope, G_IO_ERROR, G_IO_ERROR_CLOSED);
  bus_down (&bus);
}

/* A sender is no proof of a bus: here the peer wrote what it liked. */
static void
test_peer_lies (void)
{
  g_autoptr (GDBusMessage) message =
    g_dbus_message_new_method_call (NULL, TEST_PATH, TEST_INTERFACE, "Hang");
  g_autoptr (GDBusMethodInvocation) invocation = NULL;
  g_autoptr (GCtxScopeCloser) scope = NULL;
  Bus bus;

  g_test_summary ("rule 20: a peer that says it is somebody on a bus is watched as a peer");

  bus_up_for_peers (&bus);
  g_dbus_message_set_sender (message, ":1.1");
  g_assert_true (g_dbus_connection_send_message (bus.client, message, G_DBUS_SEND_MESSAGE_FLAGS_NONE,
                                                 NULL, NULL));
  invocation = service_take_hanging (&bus.service);
  g_assert_cmpstr (g_dbus_method_invocation_get_sender (invocation), ==, ":1.1");
  scope = new_scope (gctx_context_background (), invocation);
  close_client (&bus);
  iterate_until_done (scope);
  assert_ended_by (scope, G_IO_ERROR, G_IO_ERROR_CLOSED);
  bus_down (&bus);
}

/* --- Where the scope is told to end --- */

static void
test_stuck (void)
{
  GCtxScope *scope;
  Bus bus;

  g_test_summary ("rule 12: a method that blocks the loop is told all the same");

  bus_up (&bus);
  scope = begin_work (&bus, bus.client);
  close_client (&bus);
  gctx_context_wait (GCTX_CONTEXT (scope));
  assert_caller_left (scope);
  gctx_scope_close (scope);
  bus_down (&bus);
}

typedef struct
{
  GCtxScope *other;
  int        finished;   /* atomic */
} Waiter;

static void
wait_for_other (GCancellable *cancellable,
                gpointer      user_data)
{
  Waiter *waiter = user_data;

  gctx_context_wait (GCTX_CONTEXT (waiter->other));
  g_atomic_int_set (&waiter->finished, TRUE);
}

static void
test_stuck_handler (void)
{
  GCtxScope *scope;
  Waiter waiter = { NULL, FALSE };
  Bus bus;

  g_test_summary ("rule 12: a handler that blocks keeps no other scope from being told");

  bus_up (&bus);
  scope = begin_work (&bus, bus.client);
  waiter.other = begin_work (&bus, bus.client);
  g_cancellable_connect (gctx_context_get_cancellable (GCTX_CONTEXT (scope)),
                         G_CALLBACK (wait_for_other), &waiter, NULL);

  close_client (&bus);
  gctx_context_wait (GCTX_CONTEXT (waiter.other));
  assert_caller_left (waiter.other);
  while (!g_atomic_int_get (&waiter.finished))
    g_thread_yield ();
  assert_caller_left (scope);

  gctx_scope_close (waiter.other);
  gctx_scope_close (scope);
  bus_down (&bus);
}

static void
note_thread (GCancellable *cancellable,
             gpointer      user_data)
{
  g_atomic_pointer_set ((gpointer *) user_data, g_thread_self ());
}

/* A machine that is busy may keep this loop from turning for as long as it
 * takes to be called stuck. */
static void
test_home (void)
{
  gpointer thread = NULL;
  int i;

  g_test_summary ("rule 12: where the loop turns, the scope ends in its thread");

  for (i = 0; i < 10 && thread != g_thread_self (); i++)
    {
      GCancellable *cancellable;
      GCtxScope *scope;
      Bus bus;

      bus_up (&bus);
      scope = begin_work (&bus, bus.client);
      cancellable = gctx_context_get_cancellable (GCTX_CONTEXT (scope));
      g_cancellable_connect (cancellable, G_CALLBACK (note_thread), &thread, NULL);
      close_client (&bus);
      iterate_until_done (scope);
      g_assert_nonnull (g_atomic_pointer_get (&thread));
      gctx_scope_close (scope);
      bus_down (&bus);
    }
  g_assert_true (thread == g_thread_self ());
}

static gpointer
begin_in_passing_loop (gpointer data)
{
  g_autoptr (GMainContext) passing = g_main_context_new ();
  GCtxScope *scope;

  g_main_context_push_thread_default (passing);
  scope = begin_work (data, ((Bus *) data)->client);
  g_main_context_pop_thread_default (passing);
  return scope;
}

static GCtxScope *
begin_where_the_loop_goes (Bus *bus)
{
  return g_thread_join (g_thread_new ("passing", begin_in_passing_loop, bus));
}

static void
test_home_is_gone (void)
{
  g_autoptr (GCtxScopeCloser) scope = NULL;
  Bus bus;

  g_test_summary ("rule 12: where the loop is gone, the scope ends all the same");

  bus_up (&bus);
  scope = begin_where_the_loop_goes (&bus);
  assert_live (GCTX_CONTEXT (scope));
  close_client (&bus);
  iterate_until_done (scope);
  assert_caller_left (scope);
  bus_down (&bus);
}

static void
test_done_parent (void)
{
  g_autoptr (GCtxScopeCloser) parent = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxScopeCloser) scope = NULL;
  g_autoptr (GDBusMethodInvocation) invocation = NULL;
  Bus bus;

  g_test_summary ("rule 6: below a parent that is done the scope is born done, with its cause");

  bus_up_for_peers (&bus);
  bus_hang (&bus, bus.client);
  invocation = service_take_hanging (&bus.service);
  g_assert_true (cancel_with (parent, 8));
  scope = new_scope (GCTX_CONTEXT (parent), invocation);
  assert_ended (GCTX_CONTEXT (scope), G_IO_ERROR_CANCELLED, 8);
  bus_down (&bus);
}

/* --- Races --- */

typedef struct
{
  GDBusMethodInvocation *invocation;
  GCtxScope             *parent;
  GCtxScope             *scope;
  int                    n_ended_here;
} Closing;

static void
closing_set_up (gpointer data)
{
  Closing *self = data;

  self->parent = gctx_scope_new (gctx_context_background ());
  self->scope = new_scope (GCTX_CONTEXT (self->parent), self->invocation);
}

static void
closing_here (gpointer data)
{
  Closing *self = data;

  if (gctx_scope_cancel (self->scope))
    self->n_ended_here++;
  g_object_unref (self->scope);
}

static void
closing_there (gpointer data)
{
  gctx_scope_cancel (((Closing *) data)->parent);
}

static void
closing_check (gpointer data)
{
  g_clear_object (&((Closing *) data)->parent);
}

/* The watch begins, or is still beginning, while its scope goes. */
static void
test_race_close (void)
{
  const TestRaceFunc racers[] = { closing_here, closing_there, NULL };
  Closing closing = { 0 };
  GDBusConnection *connection;
  Bus bus;

  g_test_summary ("rule 5: a scope is closed and ended from above at once");

  bus_up (&bus);
  connection = g_object_ref (bus.service.connection);
  bus_hang (&bus, bus.client);
  closing.invocation = service_take_hanging (&bus.service);
  test_race_n (TEST_RACE_DEAR_ROUNDS, closing_set_up, racers, closing_check, &closing);
  test_race_report ("ended by the scope, not by its parent", closing.n_ended_here);
  g_clear_object (&closing.invocation);
  bus_down (&bus);
  unref_until_gone (connection);
}

typedef struct
{
  Bus        bus;
  GCtxScope *scope;
  guint      n_left;
  guint      n_rounds;
} Leaving;

static void
leaving_set_up (gpointer data)
{
  Leaving *self = data;

  bus_up_for_peers (&self->bus);
  self->scope = begin_work (&self->bus, self->bus.client);
}

static void
leaving_here (gpointer data)
{
  Leaving *self = data;

  /* The way from the peer to here is long: meets it at either end, and at none. */
  switch (self->n_rounds++ % 3)
    {
    case 0:
      while (!g_dbus_connection_is_closed (self->bus.service.connection))
        g_thread_yield ();
      test_race_hesitate ();
      break;
    case 1:
      while (!gctx_context_is_done (GCTX_CONTEXT (self->scope)))
        test_iterate_pending (NULL);
      break;
    default:
      break;
    }
  if (!gctx_scope_cancel (self->scope))
    self->n_left++;
}

static void
leaving_there (gpointer data)
{
  close_client (&((Leaving *) data)->bus);
}

static void
leaving_check (gpointer data)
{
  Leaving *self = data;

  g_assert_true (gctx_context_is_done (GCTX_CONTEXT (self->scope)));
  g_clear_object (&self->scope);
  bus_down (&self->bus);
}

static void
test_race_leave (void)
{
  const TestRaceFunc racers[] = { leaving_here, leaving_there, NULL };
  Leaving leaving = { 0 };

  g_test_summary ("rule 5: a scope is closed while its caller leaves");

  test_race_n (test_rounds (2000), leaving_set_up, racers, leaving_check, &leaving);
  test_race_report ("the caller left first", leaving.n_left);
}

/* Watches begin one after the other, and one or the other does as the connection
 * goes. */
static void
test_race_connection_closes (void)
{
  int i;

  g_test_summary ("rule 20: a connection that closes while a watch begins is no critical");

  for (i = 0; i < test_rounds (200); i++)
    {
      g_autoptr (GDBusMethodInvocation) invocation = NULL;
      Bus bus;

      bus_up (&bus);
      bus_hang (&bus, bus.client);
      invocation = service_take_hanging (&bus.service);
      g_dbus_connection_close (bus.service.connection, NULL, NULL, NULL);
      while (!g_dbus_connection_is_closed (bus.service.connection))
        gctx_scope_close (new_scope (gctx_context_background (), invocation));
      bus_down (&bus);
    }
}

static void
test_misuse (void)
{
  g_test_summary ("rule 20: a wrong argument is a critical and NULL");

  g_test_expect_message ("GCtx", G_LOG_LEVEL_CRITICAL, "*GCTX_IS_CONTEXT (parent)*");
  g_assert_null (gctx_scope_new_for_dbus_invocation (NULL, NULL));
  g_test_expect_message ("GCtx", G_LOG_LEVEL_CRITICAL, "*G_IS_DBUS_METHOD_INVOCATION*");
  g_assert_null (gctx_scope_new_for_dbus_invocation (gctx_context_background (), NULL));
  g_test_assert_expected_messages ();
}

int
main (int   argc,
      char *argv[])
{
  if (argc == 3 && g_str_equal (argv[1], "--call-and-hang"))
    return call_and_hang (argv[2]);

  program = argv[0];
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/dbus-scope/caller-closes", test_caller_closes);
  g_test_add_func ("/gctx/dbus-scope/caller-is-killed", test_caller_is_killed);
  g_test_add_func ("/gctx/dbus-scope/caller-is-gone-already", test_caller_is_gone_already);
  g_test_add_func ("/gctx/dbus-scope/bus-dies", test_bus_dies);
  g_test_add_func ("/gctx/dbus-scope/peer-closes", test_peer_closes);
  g_test_add_func ("/gctx/dbus-scope/peer-lies", test_peer_lies);
  g_test_add_func ("/gctx/dbus-scope/stuck", test_stuck);
  g_test_add_func ("/gctx/dbus-scope/stuck-handler", test_stuck_handler);
  g_test_add_func ("/gctx/dbus-scope/home", test_home);
  g_test_add_func ("/gctx/dbus-scope/home-is-gone", test_home_is_gone);
  g_test_add_func ("/gctx/dbus-scope/done-parent", test_done_parent);
  g_test_add_func ("/gctx/dbus-scope/race-close", test_race_close);
  g_test_add_func ("/gctx/dbus-scope/race-leave", test_race_leave);
  g_test_add_func ("/gctx/dbus-scope/race-connection-closes", test_race_connection_closes);
  g_test_add_func ("/gctx/dbus-scope/misuse", test_misuse);

  return g_test_run ();
}
