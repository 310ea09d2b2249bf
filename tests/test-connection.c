/* test-connection.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-connection.h"

/* --- How a peer hangs up --- */

static void
peer_is_dropped (Pair *pair)
{
  g_clear_object (&pair->there);
}

static void
peer_shuts_down (Pair *pair)
{
  g_assert_true (g_socket_shutdown (g_socket_connection_get_socket (pair->there), FALSE, TRUE, NULL));
}

/* Sends a reset instead of an orderly end: so does a process that dies with
 * data unread. */
static void
peer_resets (Pair *pair)
{
  struct linger linger = { 1, 0 };
  int fd = g_socket_get_fd (g_socket_connection_get_socket (pair->there));

  g_assert_cmpint (setsockopt (fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger), ==, 0);
  close_connection (pair->there);
}

static const struct
{
  const char *name;
  void      (*init) (Pair *pair);
  void      (*hang_up) (Pair *pair);
} hangups[] = {
  { "tcp/close", pair_init_tcp, peer_closes },
  { "tcp/drop", pair_init_tcp, peer_is_dropped },
  { "tcp/shutdown", pair_init_tcp, peer_shuts_down },
  { "tcp/reset", pair_init_tcp, peer_resets },
  { "unix/close", pair_init_unix, peer_closes },
  { "unix/shutdown", pair_init_unix, peer_shuts_down },
};

static void
test_hangup (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  GCtxScope *scope, *child;
  Pair pair;

  g_test_summary ("rule 1: a scope for a connection ends with a cause that says that the peer hung up");

  hangups[i].init (&pair);
  scope = scope_for (pair.here);
  child = gctx_scope_new (GCTX_CONTEXT (scope));
  test_iterate_pending (NULL);
  assert_live (GCTX_CONTEXT (scope));

  hangups[i].hang_up (&pair);
  iterate_until_done (scope);
  assert_hung_up (scope, G_IO_ERROR_CONNECTION_CLOSED);
  assert_hung_up (child, G_IO_ERROR_CONNECTION_CLOSED);
  g_assert_false (gctx_scope_cancel (scope));

  test_assert_last_unref (child);
  test_assert_last_unref (scope);
  pair_clear (&pair);
}

static void
test_unread (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  GCtxScope *scope;
  Pair pair;
  int j;

  g_test_summary ("data that waits unread does not busy the loop, put off the end, or get lost");

  hangups[i].init (&pair);
  say (pair.there, "first ");
  scope = scope_for (pair.here);
  say (pair.there, "second");
  for (j = 0; j < 10; j++)
    g_assert_false (g_main_context_iteration (NULL, FALSE));
  assert_live (GCTX_CONTEXT (scope));

  hangups[i].hang_up (&pair);
  iterate_until_done (scope);
  assert_hung_up (scope, G_IO_ERROR_CONNECTION_CLOSED);
  g_assert_false (g_main_context_iteration (NULL, FALSE));
  if (hangups[i].hang_up != peer_resets)
    read_all (pair.here, "first second");

  gctx_scope_close (scope);
  pair_clear (&pair);
}

static void
test_before (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  GCtxScope *scope;
  Pair pair;

  g_test_summary ("rule 6: a scope for a peer that has hung up is done from the start, without a loop");

  hangups[i].init (&pair);
  hangups[i].hang_up (&pair);
  scope = scope_for (pair.here);
  assert_hung_up (scope, G_IO_ERROR_CONNECTION_CLOSED);
  test_assert_last_unref (scope);
  pair_clear (&pair);
}

/* The answer to a request that ends with the sending side: it still goes out,
 * only not under the scope. */
static void
test_half_closed (void)
{
  GCtxScope *scope;
  Pair pair;

  g_test_summary ("a peer that only ended its stream can be answered, but not under the scope");

  pair_init_tcp (&pair);
  scope = scope_for (pair.here);
  peer_shuts_down (&pair);
  iterate_until_done (scope);
  gctx_scope_close (scope);
  say (pair.here, "answer");
  read_all (pair.there, "answer");
  pair_clear (&pair);
}

/* --- What ends it otherwise --- */

static void
test_parent_done (void)
{
  g_autoptr (GCtxScope) parent = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxScope) scope = NULL;
  Pair pair;

  g_test_summary ("rule 6: the child of a done parent has its cause, whatever the peer does");

  pair_init_tcp (&pair);
  cancel_with (parent, 1);
  peer_closes (&pair);
  scope = gctx_scope_new_for_connection (GCTX_CONTEXT (parent), pair.here);
  assert_ended (GCTX_CONTEXT (scope), G_IO_ERROR_CANCELLED, 1);
  pair_clear (&pair);
}

static void
test_closed_first (void)
{
  GCtxScope *parent, *scope;
  Pair pair;
  int how;

  g_test_summary ("rule 2: nothing is left of a scope that ends before its peer hangs up");

  for (how = 0; how < 4; how++)
    {
      pair_init_tcp (&pair);
      parent = gctx_scope_new (gctx_context_background ());
      scope = gctx_scope_new_for_connection (GCTX_CONTEXT (parent), pair.here);

      if (how == 0)
        cancel_with (scope, 1);
      else if (how == 1)
        cancel_with (parent, 1);
      else if (how == 2)
        g_object_unref (g_steal_pointer (&scope));
      else
        gctx_scope_close (g_steal_pointer (&scope));
      assert_unwatched (&pair);
      if (how < 2)
        {
          assert_ended (GCTX_CONTEXT (scope), G_IO_ERROR_CANCELLED, 1);
          test_assert_last_unref (scope);
        }

      test_assert_last_unref (parent);
      pair_clear (&pair);
    }
}

static void
test_dropped (void)
{
  GCtxScope *scope;
  GObject *value = NULL;
  GCtxScope *parent = scope_with_object (gctx_context_background (), G_MAXINT64, &value);
  Pair pair;

  g_test_summary ("rule 7: a scope that was forgotten goes at once, with all that it saw");

  pair_init_unix (&pair);
  scope = gctx_scope_new_for_connection (GCTX_CONTEXT (parent), pair.here);
  g_object_unref (parent);
  g_assert_nonnull (value);
  test_assert_last_unref (scope);
  g_assert_null (value);
  peer_closes (&pair);
  g_assert_false (g_main_context_iteration (NULL, FALSE));
  pair_clear (&pair);
}

static void
test_deadline (void)
{
  g_autoptr (GCtxContext) parent = gctx_context_with_timeout (gctx_context_background (), 20000);
  g_autoptr (GCtxScopeCloser) scope = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) translated = NULL;
  Pair pair;
  char byte;

  g_test_summary ("rule 10: the deadline above ends it for a peer that stays and says nothing");

  pair_init_tcp (&pair);
  scope = gctx_scope_new_for_connection (parent, pair.here);
  g_assert_cmpint (g_input_stream_read (get_input (pair.here), &byte, 1,
                                        gctx_context_get_cancellable (GCTX_CONTEXT (scope)), &error),
                   ==, -1);
  gctx_context_propagate_error (GCTX_CONTEXT (scope), &translated, g_steal_pointer (&error));
  g_assert_error (translated, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  pair_clear (&pair);
  test_iterate_pending (NULL);   /* the deadline was this loop's, too */
}

/* --- Closed on this side --- */

static void
test_closed_here (gconstpointer data)
{
  gboolean before = GPOINTER_TO_INT (data);
  g_autoptr (GCtxScopeCloser) scope = NULL;
  Pair pair, other;

  g_test_summary ("rule 1: closing the connection ends the scope, with a cause that says so");

  pair_init_unix (&pair);
  if (!before)
    scope = scope_for (pair.here);
  close_connection (pair.here);
  /* It gets the descriptor that became free, and is not taken for the other. */
  pair_init_unix (&other);
  if (before)
    scope = scope_for (pair.here);
  else
    iterate_until_done (scope);
  assert_hung_up (scope, G_IO_ERROR_CLOSED);
  pair_clear (&pair);
  pair_clear (&other);
}

static void
test_dropped_here (void)
{
  GCtxScope *scope;
  Pair pair;
  char byte;

  g_test_summary ("a connection that is dropped without a close stays open until the scope is done");

  pair_init_tcp (&pair);
  scope = scope_for (pair.here);
  test_assert_last_unref (g_steal_pointer (&pair.here));
  g_assert_false (g_main_context_iteration (NULL, FALSE));
  assert_live (GCTX_CONTEXT (scope));
  gctx_scope_close (scope);
  g_assert_cmpint (g_input_stream_read (get_input (pair.there), &byte, 1, NULL, NULL), ==, 0);
  pair_clear (&pair);
}

/* --- Misuse --- */

static void
test_misuse (void)
{
  Pair pair;

  g_test_summary ("rule 20: no parent and no connection are criticals");

  pair_init_unix (&pair);
  g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_CRITICAL, "*GCTX_IS_CONTEXT*");
  g_assert_null (gctx_scope_new_for_connection (NULL, pair.here));
  g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_CRITICAL, "*G_IS_SOCKET_CONNECTION*");
  g_assert_null (gctx_scope_new_for_connection (gctx_context_background (), NULL));
  g_test_assert_expected_messages ();
  pair_clear (&pair);
}

/* --- TLS --- */

/* What a GSocketClient that does TLS by itself gives has the socket of the TCP
 * connection below; the stream on top need not even be TLS for that. */
static void
test_wrapped (void)
{
  g_autoptr (GCtxScopeCloser) scope = NULL;
  g_autoptr (GSocketConnection) wrapped = NULL;
  Pair pair;

  g_test_summary ("a connection that wraps another one's stream ends with the TCP connection below");

  pair_init_tcp (&pair);
  wrapped = G_SOCKET_CONNECTION (g_tcp_wrapper_connection_new (G_IO_STREAM (pair.here),
                                                               g_socket_connection_get_socket (pair.here)));
  scope = scope_for (wrapped);
  test_iterate_pending (NULL);
  assert_live (GCTX_CONTEXT (scope));
  peer_closes (&pair);
  iterate_until_done (scope);
  assert_hung_up (scope, G_IO_ERROR_CONNECTION_CLOSED);
  pair_clear (&pair);
}

int
main (int   argc,
      char *argv[])
{
  guint i;

  g_test_init (&argc, &argv, NULL);

  for (i = 0; i < G_N_ELEMENTS (hangups); i++)
    {
      g_autofree char *hangup = g_strdup_printf ("/gctx/connection/hangup/%s", hangups[i].name);
      g_autofree char *unread = g_strdup_printf ("/gctx/connection/unread/%s", hangups[i].name);
      g_autofree char *before = g_strdup_printf ("/gctx/connection/before/%s", hangups[i].name);

      g_test_add_data_func (hangup, GUINT_TO_POINTER (i), test_hangup);
      g_test_add_data_func (unread, GUINT_TO_POINTER (i), test_unread);
      g_test_add_data_func (before, GUINT_TO_POINTER (i), test_before);
    }
  g_test_add_func ("/gctx/connection/half-closed", test_half_closed);
  g_test_add_func ("/gctx/connection/parent-done", test_parent_done);
  g_test_add_func ("/gctx/connection/closed-first", test_closed_first);
  g_test_add_func ("/gctx/connection/dropped", test_dropped);
  g_test_add_func ("/gctx/connection/deadline", test_deadline);
  g_test_add_data_func ("/gctx/connection/closed-here/after", GINT_TO_POINTER (FALSE), test_closed_here);
  g_test_add_data_func ("/gctx/connection/closed-here/before", GINT_TO_POINTER (TRUE), test_closed_here);
  g_test_add_func ("/gctx/connection/dropped-here", test_dropped_here);
  g_test_add_func ("/gctx/connection/misuse", test_misuse);
  g_test_add_func ("/gctx/connection/wrapped", test_wrapped);

  return g_test_run ();
}
