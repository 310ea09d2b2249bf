/* test-socket.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test-util.h"

/* Two ends of a connection within the test: @here is the one whose calls are
 * tested, @there the peer, which does what the test has it do. */
typedef struct
{
  GSocketConnection *here;
  GSocketConnection *there;
} Pair;

static inline GSocketConnection *
connection_new_take_fd (int fd)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) socket = g_socket_new_from_fd (fd, &error);

  g_assert_no_error (error);
  return g_socket_connection_factory_create_connection (socket);
}

static inline void
pair_init_unix (Pair *pair)
{
  int fds[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
  pair->here = connection_new_take_fd (fds[0]);
  pair->there = connection_new_take_fd (fds[1]);
}

/* A socket that listens on a port of the loopback interface. */
static inline GSocket *
listen_on_loopback (int backlog)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  GSocket *listener = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM,
                                    G_SOCKET_PROTOCOL_TCP, &error);

  g_assert_no_error (error);
  g_socket_set_listen_backlog (listener, backlog);
  g_socket_bind (listener, address, FALSE, &error);
  g_assert_no_error (error);
  g_socket_listen (listener, &error);
  g_assert_no_error (error);
  return listener;
}

static inline void
pair_init_tcp (Pair *pair)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) listener = listen_on_loopback (1);
  g_autoptr (GSocketAddress) address = g_socket_get_local_address (listener, NULL);
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocket) accepted = NULL;

  g_socket_client_set_enable_proxy (client, FALSE);
  pair->there = g_socket_client_connect (client, G_SOCKET_CONNECTABLE (address), NULL, &error);
  g_assert_no_error (error);
  accepted = g_socket_accept (listener, NULL, &error);
  g_assert_no_error (error);
  pair->here = g_socket_connection_factory_create_connection (accepted);
}

static inline void
pair_clear (Pair *pair)
{
  g_clear_object (&pair->here);
  g_clear_object (&pair->there);
}

static inline GInputStream *
get_input (GSocketConnection *connection)
{
  return g_io_stream_get_input_stream (G_IO_STREAM (connection));
}

static inline GOutputStream *
get_output (GSocketConnection *connection)
{
  return g_io_stream_get_output_stream (G_IO_STREAM (connection));
}

static inline void
say (GSocketConnection *connection,
     const char        *text)
{
  g_assert_true (g_output_stream_write_all (get_output (connection), text, strlen (text), NULL, NULL, NULL));
}

static inline void
close_connection (GSocketConnection *connection)
{
  g_assert_true (g_io_stream_close (G_IO_STREAM (connection), NULL, NULL));
}
