/* test-connection-errors.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Connections that poll as an error, though nobody hung up. */

#include "test-connection.h"

#include <poll.h>

static int
get_fd (Pair *pair)
{
  return g_socket_get_fd (g_socket_connection_get_socket (pair->here));
}

/* What was sent without a copy leaves a notice in the error queue of the socket, which
 * is polled as an error until it is read. FALSE where the system won't. */
static gboolean
leave_notice (Pair *pair)
{
#if defined SO_ZEROCOPY && defined MSG_ZEROCOPY
  int fd = get_fd (pair);
  struct pollfd polled = { fd, 0, 0 };
  int one = 1;

  if (setsockopt (fd, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof one) != 0)
    return FALSE;

  g_assert_cmpint (send (fd, "answer", 6, MSG_ZEROCOPY), ==, 6);
  read_all (pair->there, "answer");
  g_assert_cmpint (poll (&polled, 1, -1), ==, 1);
  g_assert_cmpint (polled.revents, ==, POLLERR);
  return TRUE;
#else
  return FALSE;
#endif
}

static void
take_notice (Pair *pair)
{
  char control[200];
  struct msghdr message = { .msg_control = control, .msg_controllen = sizeof control };

  g_assert_cmpint (recvmsg (get_fd (pair), &message, MSG_ERRQUEUE), ==, 0);
}

static void
test_error_queue (gconstpointer data)
{
  gboolean taken = GPOINTER_TO_INT (data);
  g_autoptr (GCtxScopeCloser) scope = NULL;
  g_autoptr (GCtxScopeCloser) late = NULL;
  Pair pair;

  g_test_summary ("rule 1: a notice in the error queue is no hang-up, and does not busy the loop");

  pair_init_tcp (&pair);
  scope = scope_for (pair.here);
  if (leave_notice (&pair))
    {
      test_iterate_pending (NULL);
      late = scope_for (pair.here);
      test_iterate_pending (NULL);
      assert_live (GCTX_CONTEXT (scope));
      assert_live (GCTX_CONTEXT (late));
      if (taken)
        take_notice (&pair);
      peer_closes (&pair);
      iterate_until_done (scope);
      assert_hung_up (scope, G_IO_ERROR_CONNECTION_CLOSED);
      iterate_until_done (late);
      assert_hung_up (late, G_IO_ERROR_CONNECTION_CLOSED);
    }
  else
    {
      g_test_skip ("no MSG_ZEROCOPY");
    }
  pair_clear (&pair);
}

/* --- In a pause, when the socket is not looked at --- */

static void
test_pause (void)
{
  g_autoptr (GCtxScopeCloser) scope = NULL;
  Pair pair;

  g_test_summary ("rule 2: a scope ends or goes as ever while a notice waits");

  for (int how = 0; how < 2; how++)
    {
      pair_init_tcp (&pair);
      scope = scope_for (pair.here);
      if (!leave_notice (&pair))
        {
          g_test_skip ("no MSG_ZEROCOPY");
        }
      else if (how == 0)
        {
          test_iterate_pending (NULL);
          g_clear_pointer (&scope, gctx_scope_close);
          assert_unwatched (&pair);
        }
      else
        {
          test_iterate_pending (NULL);
          close_connection (pair.here);
          iterate_until_done (scope);
          assert_hung_up (scope, G_IO_ERROR_CLOSED);
        }
      pair_clear (&pair);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/gctx/connection-errors/taken", GINT_TO_POINTER (TRUE), test_error_queue);
  g_test_add_data_func ("/gctx/connection-errors/left", GINT_TO_POINTER (FALSE), test_error_queue);
  g_test_add_func ("/gctx/connection-errors/pause", test_pause);

  return g_test_run ();
}
