/* test-connection.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "test-socket.h"
#include "test-tree.h"

/* Scopes that end when a peer hangs up. */

static inline GCtxScope *
scope_for (GSocketConnection *connection)
{
  return gctx_scope_new_for_connection (gctx_context_background (), connection);
}

static inline void
assert_hung_up (GCtxScope *scope,
                int        cause_code)
{
  GCtxContext *context = GCTX_CONTEXT (scope);
  const GError *cause = gctx_context_get_cause (context);

  g_assert_error (gctx_context_get_error (context), G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_error (cause, G_IO_ERROR, cause_code);
  g_assert_nonnull (strstr (gctx_context_get_error (context)->message, cause->message));
}

static inline void
read_all (GSocketConnection *connection,
          const char        *expected)
{
  g_autoptr (GError) error = NULL;
  char data[100] = "";
  gsize n_read;

  g_assert_true (g_input_stream_read_all (get_input (connection), data, strlen (expected), &n_read,
                                          NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (data, ==, expected);
}

/* Runs the loop until @scope is done. */
static inline void
iterate_until_done (GCtxScope *scope)
{
  while (!gctx_context_is_done (GCTX_CONTEXT (scope)))
    g_main_context_iteration (g_main_context_get_thread_default (), TRUE);
}

static inline void
peer_closes (Pair *pair)
{
  close_connection (pair->there);
}

/* The watch is gone when the call that ends the scope returns. */
static inline void
assert_unwatched (Pair *pair)
{
  GSocket *socket = g_object_ref (g_socket_connection_get_socket (pair->here));

  g_clear_object (&pair->here);
  test_assert_last_unref (socket);
  g_assert_false (g_main_context_iteration (NULL, FALSE));
}
