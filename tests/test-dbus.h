/* test-dbus.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test-tree.h"

/* A real bus, or a pair of connected peers, with a service in a thread of its
 * own that answers, answers badly, or hangs. */

#define TEST_NAME      "org.example.Test"
#define TEST_PATH      "/org/example/Test"
#define TEST_INTERFACE "org.example.Test"

static const char test_introspection[] =
  "<node>"
  "  <interface name='org.example.Test'>"
  "    <method name='Echo'>"
  "      <arg type='s' direction='in'/>"
  "      <arg type='s' direction='out'/>"
  "    </method>"
  "    <method name='Fail'>"
  "      <arg type='s' direction='in'/>"
  "    </method>"
  "    <method name='Hang'/>"
  "  </interface>"
  "</node>";

typedef struct
{
  char            *address;      /* of the bus, or NULL */
  GIOStream       *stream;       /* to the peer, or NULL */

  GThread         *thread;
  GMainContext    *context;
  GDBusConnection *connection;
  GAsyncQueue     *hanging;      /* the calls of Hang, for the test to take */
  int              n_calls;      /* atomic */
  int              ready;        /* atomic */
  int              stopped;      /* atomic */
  int              closed;       /* atomic */
} Service;

static inline void
service_method_call (GDBusConnection       *connection,
                     const char            *sender,
                     const char            *object_path,
                     const char            *interface_name,
                     const char            *method_name,
                     GVariant              *parameters,
                     GDBusMethodInvocation *invocation,
                     gpointer               user_data)
{
  Service *self = user_data;

  g_atomic_int_inc (&self->n_calls);
  if (g_str_equal (method_name, "Echo"))
    {
      g_dbus_method_invocation_return_value (invocation, parameters);
    }
  else if (g_str_equal (method_name, "Fail"))
    {
      const char *name;

      g_variant_get (parameters, "(&s)", &name);
      g_dbus_method_invocation_return_dbus_error (invocation, name, "so the peer says");
    }
  else
    {
      g_async_queue_push (self->hanging, invocation);
    }
}

static const GDBusInterfaceVTable service_vtable = { .method_call = service_method_call };

static inline GDBusConnection *
test_connect (const char *address)
{
  GError *error = NULL;
  GDBusConnection *connection =
    g_dbus_connection_new_for_address_sync (address,
                                            G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                            G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                            NULL, NULL, &error);

  g_assert_no_error (error);
  return connection;
}

/* Without authentication either side may be the first. */
static inline GDBusConnection *
test_connect_peer (GIOStream *stream)
{
  GError *error = NULL;
  GDBusConnection *connection =
    g_dbus_connection_new_sync (stream, NULL,
                                G_DBUS_CONNECTION_FLAGS_DELAY_MESSAGE_PROCESSING,
                                NULL, NULL, &error);

  g_assert_no_error (error);
  return connection;
}

static inline GIOStream *
test_stream_for_fd (int fd)
{
  g_autoptr (GSocket) socket = g_socket_new_from_fd (fd, NULL);

  g_assert_nonnull (socket);
  return G_IO_STREAM (g_socket_connection_factory_create_connection (socket));
}

static inline void
service_closed (GDBusConnection *connection,
                gboolean         remote_peer_vanished,
                GError          *error,
                gpointer         user_data)
{
  g_atomic_int_set (&((Service *) user_data)->closed, TRUE);
}

static inline gpointer
service_thread (gpointer data)
{
  Service *self = data;
  g_autoptr (GDBusNodeInfo) info = g_dbus_node_info_new_for_xml (test_introspection, NULL);
  g_autoptr (GVariant) reply = NULL;

  g_main_context_push_thread_default (self->context);
  self->connection = self->stream != NULL ? test_connect_peer (self->stream)
                                          : test_connect (self->address);
  g_signal_connect (self->connection, "closed", G_CALLBACK (service_closed), self);
  g_assert_cmpuint (g_dbus_connection_register_object (self->connection, TEST_PATH,
                                                       info->interfaces[0], &service_vtable,
                                                       self, NULL, NULL), >, 0);
  if (self->stream != NULL)
    {
      g_dbus_connection_start_message_processing (self->connection);
    }
  else
    {
      reply = g_dbus_connection_call_sync (self->connection, "org.freedesktop.DBus",
                                           "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                           "RequestName", g_variant_new ("(su)", TEST_NAME, 0),
                                           G_VARIANT_TYPE ("(u)"), G_DBUS_CALL_FLAGS_NONE, -1,
                                           NULL, NULL);
      g_assert_nonnull (reply);
    }
  g_atomic_int_set (&self->ready, TRUE);
  g_main_context_wakeup (NULL);

  while (!g_atomic_int_get (&self->stopped))
    g_main_context_iteration (self->context, TRUE);

  /* What tells of the closing holds the connection, which holds this context:
   * it must not be left there. */
  g_dbus_connection_close_sync (self->connection, NULL, NULL);
  test_iterate_until (self->context, &self->closed);
  test_iterate_pending (self->context);
  g_signal_handlers_disconnect_by_data (self->connection, self);

  g_main_context_pop_thread_default (self->context);
  return NULL;
}

static inline void
service_start (Service *self)
{
  self->context = g_main_context_new ();
  self->hanging = g_async_queue_new_full (g_object_unref);
  self->thread = g_thread_new ("service", service_thread, self);
  test_iterate_until (NULL, &self->ready);
}

/* What hangs stays unanswered: that is what the tests are about. */
static inline void
service_stop (Service *self)
{
  g_atomic_int_set (&self->stopped, TRUE);
  g_main_context_wakeup (self->context);
  g_thread_join (self->thread);
  g_clear_pointer (&self->hanging, g_async_queue_unref);
  g_clear_object (&self->connection);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_clear_object (&self->stream);
  g_clear_pointer (&self->address, g_free);
}

/* Blocks until somebody called Hang. */
static inline GDBusMethodInvocation *
service_take_hanging (Service *self)
{
  return g_async_queue_pop (self->hanging);
}

/* --- A bus, and a client of the service --- */

/* The closing of the client is told in a main context that turns only when the
 * service has gone. GLib 2.74 looks without atomics at what all emissions of
 * `closed` share, the closure of the class, and here each end of one connection
 * would emit it in a thread of its own at the same time. */
typedef struct
{
  GTestDBus       *daemon;          /* NULL for a pair of peers */
  const char      *name;            /* of the service, for calls */
  GDBusConnection *client;
  GMainContext    *client_context;
  int              client_closed;   /* atomic */
  Service          service;
} Bus;

static inline void
client_closed (GDBusConnection *connection,
               gboolean         remote_peer_vanished,
               GError          *error,
               gpointer         user_data)
{
  g_atomic_int_set (&((Bus *) user_data)->client_closed, TRUE);
}

/* To the peer at the other end of @stream, or to the bus where that is NULL. */
static inline void
client_start (Bus       *bus,
              GIOStream *stream)
{
  bus->client_context = g_main_context_new ();
  g_main_context_push_thread_default (bus->client_context);
  bus->client = stream != NULL ? test_connect_peer (stream)
                               : test_connect (bus->service.address);
  g_main_context_pop_thread_default (bus->client_context);
  g_signal_connect (bus->client, "closed", G_CALLBACK (client_closed), bus);
}

static inline void
client_stop (Bus *bus)
{
  test_iterate_until (bus->client_context, &bus->client_closed);
  test_iterate_pending (bus->client_context);
  g_signal_handlers_disconnect_by_data (bus->client, bus);
  g_clear_object (&bus->client);
  g_clear_pointer (&bus->client_context, g_main_context_unref);
}

static inline void
bus_up (Bus *bus)
{
  *bus = (Bus) { .name = TEST_NAME };
  bus->daemon = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (bus->daemon);
  bus->service.address = g_strdup (g_test_dbus_get_bus_address (bus->daemon));
  service_start (&bus->service);
  client_start (bus, NULL);
}

static inline void
bus_up_for_peers (Bus *bus)
{
  g_autoptr (GIOStream) stream = NULL;
  int fds[2];

  *bus = (Bus) { 0 };
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM, 0, fds), ==, 0);
  bus->service.stream = test_stream_for_fd (fds[0]);
  stream = test_stream_for_fd (fds[1]);
  service_start (&bus->service);
  client_start (bus, stream);
  g_dbus_connection_start_message_processing (bus->client);
}

/* Where the bus is killed every connection to it learns so. */
static inline void
bus_kill (Bus *bus)
{
  g_test_dbus_stop (bus->daemon);
}

static inline void
bus_down (Bus *bus)
{
  g_dbus_connection_close_sync (bus->client, NULL, NULL);
  service_stop (&bus->service);
  client_stop (bus);
  if (bus->daemon != NULL)
    g_test_dbus_down (bus->daemon);
  g_clear_object (&bus->daemon);
  test_iterate_pending (NULL);
}

/* Calls Hang and waits for nothing. */
static inline void
bus_hang (Bus             *bus,
          GDBusConnection *client)
{
  g_dbus_connection_call (client, bus->name, TEST_PATH, TEST_INTERFACE, "Hang", NULL, NULL,
                          G_DBUS_CALL_FLAGS_NONE, G_MAXINT, NULL, NULL, NULL);
  g_assert_true (g_dbus_connection_flush_sync (client, NULL, NULL));
}
