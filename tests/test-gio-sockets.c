/* test-gio-sockets.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Sockets, and what is looked up and shaken hands on for them, with peers that
 * never answer. docs/gio.md has the table of it. */

#include <netdb.h>
#include <netinet/in.h>

#include "test-operation.h"
#include "test-socket.h"

/* --- A resolver that never answers --- */

/* GIO's own resolver asks this one instead of the C library's: a name server
 * that answers nobody until it is told to. */
static GMutex resolver_mutex;
static GCond resolver_cond;
static int n_stuck = 0;
static gboolean resolver_answers = FALSE;

/* An error would do. But GLib 2.74 leaks one error of a task that was cancelled
 * before it began and then fails. */
static struct sockaddr_in address = { .sin_family = AF_INET };
static struct addrinfo answer = {
  .ai_family = AF_INET,
  .ai_socktype = SOCK_STREAM,
  .ai_protocol = IPPROTO_TCP,
  .ai_addr = (struct sockaddr *) &address,
  .ai_addrlen = sizeof address,
};

int
getaddrinfo (const char             *node,
             const char             *service,
             const struct addrinfo  *hints,
             struct addrinfo       **result)
{
  g_mutex_lock (&resolver_mutex);
  n_stuck++;
  while (!resolver_answers)
    g_cond_wait (&resolver_cond, &resolver_mutex);
  n_stuck--;
  g_cond_broadcast (&resolver_cond);
  g_mutex_unlock (&resolver_mutex);
  *result = &answer;
  return 0;
}

void
freeaddrinfo (struct addrinfo *result)
{
  g_assert_true (result == &answer);
}

static gpointer
resolver_set_up (void)
{
  g_mutex_lock (&resolver_mutex);
  resolver_answers = FALSE;
  g_mutex_unlock (&resolver_mutex);
  return g_resolver_get_default ();
}

/* The thread that asks is what GIO can't get back: it goes with the answer. */
static void
resolver_tear_down (gpointer subject)
{
  g_mutex_lock (&resolver_mutex);
  g_test_message ("%d threads still ask the name server", n_stuck);
  resolver_answers = TRUE;
  g_cond_broadcast (&resolver_cond);
  while (n_stuck > 0)
    g_cond_wait (&resolver_cond, &resolver_mutex);
  g_mutex_unlock (&resolver_mutex);
  g_object_unref (subject);
}

static void
lookup_sync (gpointer       subject,
             GCancellable  *cancellable,
             GError       **error)
{
  g_assert_null (g_resolver_lookup_by_name (subject, "never.example", cancellable, error));
}

static void
lookup_start (gpointer             subject,
              GCancellable        *cancellable,
              GAsyncReadyCallback  callback,
              gpointer             user_data)
{
  g_resolver_lookup_by_name_async (subject, "never.example", cancellable, callback, user_data);
}

static void
lookup_finish (GObject       *source,
               GAsyncResult  *result,
               GError       **error)
{
  g_assert_null (g_resolver_lookup_by_name_finish (G_RESOLVER (source), result, error));
}

static GSocketClient *
new_client (void)
{
  GSocketClient *client = g_socket_client_new ();

  g_socket_client_set_enable_proxy (client, FALSE);
  return client;
}

static void
to_host_sync (gpointer       subject,
              GCancellable  *cancellable,
              GError       **error)
{
  g_autoptr (GSocketClient) client = new_client ();

  g_assert_null (g_socket_client_connect_to_host (client, "never.example", 80, cancellable, error));
}

static void
to_host_start (gpointer             subject,
               GCancellable        *cancellable,
               GAsyncReadyCallback  callback,
               gpointer             user_data)
{
  g_autoptr (GSocketClient) client = new_client ();

  g_socket_client_connect_to_host_async (client, "never.example", 80, cancellable, callback, user_data);
}

static void
to_host_finish (GObject       *source,
                GAsyncResult  *result,
                GError       **error)
{
  g_assert_null (g_socket_client_connect_to_host_finish (G_SOCKET_CLIENT (source), result, error));
}

/* --- Connecting to a black hole --- */

#define N_WAITING 8

/* A listener whose queue is full: the system drops what else comes. */
typedef struct
{
  GSocket        *listener;
  GSocketAddress *address;
  GSocket        *waiting[N_WAITING];
} Hole;

static gpointer
hole_set_up (void)
{
  Hole *hole = g_new0 (Hole, 1);
  int i;

  hole->listener = listen_on_loopback (0);
  hole->address = g_socket_get_local_address (hole->listener, NULL);
  for (i = 0; i < N_WAITING; i++)
    {
      hole->waiting[i] = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM,
                                       G_SOCKET_PROTOCOL_TCP, NULL);
      g_socket_set_blocking (hole->waiting[i], FALSE);
      g_socket_connect (hole->waiting[i], hole->address, NULL, NULL);
    }
  /* The last one to come waits already. */
  g_assert_cmpint (g_socket_condition_check (hole->waiting[N_WAITING - 1], G_IO_OUT), ==, 0);
  return hole;
}

static void
hole_tear_down (gpointer subject)
{
  Hole *hole = subject;
  int i;

  for (i = 0; i < N_WAITING; i++)
    g_object_unref (hole->waiting[i]);
  g_object_unref (hole->address);
  g_object_unref (hole->listener);
  g_free (hole);
}

static void
hole_sync (gpointer       subject,
           GCancellable  *cancellable,
           GError       **error)
{
  Hole *hole = subject;
  g_autoptr (GSocketClient) client = new_client ();

  g_assert_null (g_socket_client_connect (client, G_SOCKET_CONNECTABLE (hole->address), cancellable, error));
}

static void
hole_start (gpointer             subject,
            GCancellable        *cancellable,
            GAsyncReadyCallback  callback,
            gpointer             user_data)
{
  Hole *hole = subject;
  g_autoptr (GSocketClient) client = new_client ();

  g_socket_client_connect_async (client, G_SOCKET_CONNECTABLE (hole->address), cancellable, callback,
                                 user_data);
}

static void
hole_finish (GObject       *source,
             GAsyncResult  *result,
             GError       **error)
{
  g_assert_null (g_socket_client_connect_finish (G_SOCKET_CLIENT (source), result, error));
}

static void
hole_socket_sync (gpointer       subject,
                  GCancellable  *cancellable,
                  GError       **error)
{
  Hole *hole = subject;
  g_autoptr (GSocket) socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM,
                                             G_SOCKET_PROTOCOL_TCP, NULL);

  g_assert_false (g_socket_connect (socket, hole->address, cancellable, error));
}

/* --- Accepting where nobody comes --- */

static gpointer
accept_set_up (void)
{
  GSocketListener *listener = g_socket_listener_new ();
  g_autoptr (GSocket) socket = listen_on_loopback (1);

  g_assert_true (g_socket_listener_add_socket (listener, socket, NULL, NULL));
  return listener;
}

static void
accept_tear_down (gpointer subject)
{
  g_socket_listener_close (subject);
  g_object_unref (subject);
}

static void
accept_sync (gpointer       subject,
             GCancellable  *cancellable,
             GError       **error)
{
  g_assert_null (g_socket_listener_accept (subject, NULL, cancellable, error));
}

static void
accept_start (gpointer             subject,
              GCancellable        *cancellable,
              GAsyncReadyCallback  callback,
              gpointer             user_data)
{
  g_socket_listener_accept_async (subject, cancellable, callback, user_data);
}

static void
accept_finish (GObject       *source,
               GAsyncResult  *result,
               GError       **error)
{
  g_assert_null (g_socket_listener_accept_finish (G_SOCKET_LISTENER (source), result, NULL, error));
}

/* --- Waiting for a socket --- */

static gpointer
pair_set_up (void)
{
  Pair *pair = g_new0 (Pair, 1);

  pair_init_tcp (pair);
  return pair;
}

static void
pair_tear_down (gpointer subject)
{
  Pair *pair = subject;

  /* Nothing that the operation left holds the connection. */
  test_assert_last_unref (g_steal_pointer (&pair->here));
  pair_clear (pair);
  g_free (pair);
}

static void
condition_sync (gpointer       subject,
                GCancellable  *cancellable,
                GError       **error)
{
  GSocket *socket = g_socket_connection_get_socket (((Pair *) subject)->here);

  g_assert_false (g_socket_condition_wait (socket, G_IO_IN, cancellable, error));
}

static void
timed_condition_sync (gpointer       subject,
                      GCancellable  *cancellable,
                      GError       **error)
{
  GSocket *socket = g_socket_connection_get_socket (((Pair *) subject)->here);

  g_assert_false (g_socket_condition_timed_wait (socket, G_IO_IN, 3600 * G_TIME_SPAN_SECOND, cancellable,
                                                 error));
}

static void
receive_sync (gpointer       subject,
              GCancellable  *cancellable,
              GError       **error)
{
  GSocket *socket = g_socket_connection_get_socket (((Pair *) subject)->here);
  char byte;

  g_assert_cmpint (g_socket_receive (socket, &byte, 1, cancellable, error), ==, -1);
}

static gboolean
on_socket (GSocket      *socket,
           GIOCondition  condition,
           gpointer      user_data)
{
  GTask *task = user_data;

  g_assert_true (g_task_return_error_if_cancelled (task));
  return G_SOURCE_REMOVE;
}

/* A source of a socket is dispatched when its cancellable is cancelled, and
 * whoever made it asks. */
static void
condition_start (gpointer             subject,
                 GCancellable        *cancellable,
                 GAsyncReadyCallback  callback,
                 gpointer             user_data)
{
  GSocket *socket = g_socket_connection_get_socket (((Pair *) subject)->here);
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  g_autoptr (GSource) source = g_socket_create_source (socket, G_IO_IN, cancellable);

  g_task_attach_source (task, source, G_SOURCE_FUNC (on_socket));
}

static void
condition_finish (GObject       *source,
                  GAsyncResult  *result,
                  GError       **error)
{
  g_assert_false (g_task_propagate_boolean (G_TASK (result), error));
}

/* --- Closing in good order --- */

static gpointer
graceful_set_up (void)
{
  Pair *pair = pair_set_up ();

  g_tcp_connection_set_graceful_disconnect (G_TCP_CONNECTION (pair->here), TRUE);
  return pair;
}

static void
close_sync (gpointer       subject,
            GCancellable  *cancellable,
            GError       **error)
{
  g_assert_false (g_io_stream_close (G_IO_STREAM (((Pair *) subject)->here), cancellable, error));
}

static void
close_start (gpointer             subject,
             GCancellable        *cancellable,
             GAsyncReadyCallback  callback,
             gpointer             user_data)
{
  g_io_stream_close_async (G_IO_STREAM (((Pair *) subject)->here), G_PRIORITY_DEFAULT, cancellable,
                           callback, user_data);
}

static void
close_finish (GObject       *source,
              GAsyncResult  *result,
              GError       **error)
{
  g_assert_false (g_io_stream_close_finish (G_IO_STREAM (source), result, error));
}

static const Operation operations[] = {
  { "resolver", resolver_set_up, resolver_tear_down, lookup_sync, lookup_start, lookup_finish },
  { "connect-to-host", resolver_set_up, resolver_tear_down, to_host_sync, to_host_start, to_host_finish },
  { "black-hole/client", hole_set_up, hole_tear_down, hole_sync, hole_start, hole_finish },
  { "black-hole/socket", hole_set_up, hole_tear_down, hole_socket_sync, NULL, NULL },
  { "accept", accept_set_up, accept_tear_down, accept_sync, accept_start, accept_finish },
  { "condition", pair_set_up, pair_tear_down, condition_sync, condition_start, condition_finish },
  { "condition-timed", pair_set_up, pair_tear_down, timed_condition_sync, NULL, NULL },
  { "receive", pair_set_up, pair_tear_down, receive_sync, NULL, NULL },
  { "graceful-close", graceful_set_up, pair_tear_down, close_sync, close_start, close_finish },
};

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  operations_add ("gio-sockets", operations, G_N_ELEMENTS (operations));

  return g_test_run ();
}
