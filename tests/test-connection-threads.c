/* test-connection-threads.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-connection.h"
#include "test-race.h"

/* --- Which loop watches --- */

static gpointer
serve_with_loop (gpointer data)
{
  g_autoptr (GMainContext) loop = g_main_context_new ();
  Pair *pair = data;
  GCtxScope *scope;

  g_main_context_push_thread_default (loop);
  scope = scope_for (pair->here);
  assert_live (GCTX_CONTEXT (scope));
  peer_closes (pair);
  iterate_until_done (scope);
  assert_hung_up (scope, G_IO_ERROR_CONNECTION_CLOSED);
  g_main_context_pop_thread_default (loop);
  return scope;
}

static void
test_thread_with_loop (void)
{
  GCtxScope *scope;
  Pair pair;

  g_test_summary ("rule 5: the thread-default loop of another thread watches, and no other");

  pair_init_tcp (&pair);
  scope = g_thread_join (g_thread_new ("server", serve_with_loop, &pair));
  g_assert_false (g_main_context_iteration (NULL, FALSE));
  test_assert_last_unref (scope);
  pair_clear (&pair);
}

typedef struct
{
  Pair pair;
  int  finished;
} Served;

/* As in a GThreadedSocketService: blocks, and has no loop of its own. */
static gpointer
serve_blocking (gpointer data)
{
  Served *served = data;
  g_autoptr (GCtxScopeCloser) scope = scope_for (served->pair.here);

  peer_closes (&served->pair);
  gctx_context_wait (GCTX_CONTEXT (scope));
  assert_hung_up (scope, G_IO_ERROR_CONNECTION_CLOSED);
  g_atomic_int_set (&served->finished, TRUE);
  g_main_context_wakeup (NULL);
  return NULL;
}

static void
test_thread_without_loop (void)
{
  Served served = { .finished = FALSE };
  GThread *thread;

  g_test_summary ("rule 5: the main loop watches for a thread that has none, and blocks");

  pair_init_tcp (&served.pair);
  thread = g_thread_new ("server", serve_blocking, &served);
  test_iterate_until (NULL, &served.finished);
  g_thread_join (thread);
  pair_clear (&served.pair);
}

static void
test_no_loop (void)
{
  g_autoptr (GMainContext) loop = g_main_context_new ();
  GCtxScope *scope;
  Pair pair;

  g_test_summary ("where no loop runs a scope does not end by itself, and leaves nothing when closed");

  pair_init_tcp (&pair);
  g_main_context_push_thread_default (loop);
  scope = scope_for (pair.here);
  g_main_context_pop_thread_default (loop);
  peer_closes (&pair);
  g_assert_false (g_main_context_iteration (NULL, FALSE));
  assert_live (GCTX_CONTEXT (scope));
  gctx_scope_close (scope);
  assert_unwatched (&pair);
  pair_clear (&pair);
}

/* --- Races --- */

/* The loop, the peer and the owner, who stops it in one way or the other. */
typedef struct
{
  Pair       pair;
  GCtxScope *scope;
  guint      n_hung_up;
} Race;

static void
race_set_up (gpointer data)
{
  Race *race = data;

  pair_init_unix (&race->pair);
  race->scope = scope_for (race->pair.here);
}

static void
race_iterate (gpointer data)
{
  g_main_context_iteration (NULL, FALSE);
}

static void
race_hang_up (gpointer data)
{
  peer_closes (&((Race *) data)->pair);
}

static void
race_cancel (gpointer data)
{
  Race *race = data;

  gctx_scope_cancel (race->scope);
}

static void
race_check (gpointer data)
{
  Race *race = data;
  const GError *cause = gctx_context_get_cause (GCTX_CONTEXT (race->scope));

  if (g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED))
    race->n_hung_up++;
  else
    g_assert_error (cause, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_unwatched (&race->pair);
  test_assert_last_unref (g_steal_pointer (&race->scope));
  pair_clear (&race->pair);
}

static void
race_drop (gpointer data)
{
  g_object_unref (g_steal_pointer (&((Race *) data)->scope));
}

static void
race_check_dropped (gpointer data)
{
  Race *race = data;

  assert_unwatched (&race->pair);
  pair_clear (&race->pair);
}

static void
test_ends_at_once (gconstpointer data)
{
  gboolean drop = GPOINTER_TO_INT (data);
  const TestRaceFunc racers[] = { race_iterate, race_hang_up, drop ? race_drop : race_cancel, NULL };
  Race race = { .n_hung_up = 0 };

  g_test_summary ("rule 5: the peer hangs up while another thread ends or drops the scope");

  test_race_n (TEST_RACE_DEAR_ROUNDS, race_set_up, racers, drop ? race_check_dropped : race_check, &race);
  if (!drop)
    test_race_report ("the peer was first", race.n_hung_up);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/connection-threads/with-loop", test_thread_with_loop);
  g_test_add_func ("/gctx/connection-threads/without-loop", test_thread_without_loop);
  g_test_add_func ("/gctx/connection-threads/no-loop", test_no_loop);
  g_test_add_data_func ("/gctx/connection-threads/race/cancel", GINT_TO_POINTER (FALSE), test_ends_at_once);
  g_test_add_data_func ("/gctx/connection-threads/race/drop", GINT_TO_POINTER (TRUE), test_ends_at_once);

  return g_test_run ();
}
