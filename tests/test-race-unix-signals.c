/* test-race-unix-signals.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Signals that come while a scope for them goes. SIGWINCH is the one that does
 * nothing to a program that does not want it. */

#include "test-race.h"
#include "test-unix-signals.h"

typedef struct
{
  GCtxScope   *scope;
  GCtxScope   *other;
  GCtxContext *child;
  guint        n_by_signal;
} Race;

static void
set_up (gpointer data)
{
  Race *race = data;

  race->scope = scope_for (SIGWINCH);
  race->child = gctx_context_with_values (GCTX_CONTEXT (race->scope), NULL);
}

static void
set_up_with_other (gpointer data)
{
  set_up (data);
  ((Race *) data)->other = scope_for (SIGWINCH);
}

static void
send_it (gpointer data)
{
  send_signal (SIGWINCH);
}

static void
close_scope (gpointer data)
{
  test_race_hesitate ();
  gctx_scope_close (g_steal_pointer (&((Race *) data)->scope));
}

static void
close_other (gpointer data)
{
  gctx_scope_close (g_steal_pointer (&((Race *) data)->other));
}

static void
unref_all (gpointer data)
{
  Race *race = data;

  test_race_hesitate ();
  g_clear_object (&race->child);
  g_clear_object (&race->scope);
}

static void
check (gpointer data)
{
  Race *race = data;

  if (race->child != NULL)
    {
      gctx_context_wait (race->child);
      if (g_error_matches (gctx_context_get_cause (race->child), GCTX_UNIX_SIGNAL, SIGWINCH))
        race->n_by_signal++;
      g_clear_object (&race->child);
    }
  g_assert_true (is_default (SIGWINCH));
}

static void
test_close (void)
{
  Race race = { NULL };

  g_test_summary ("a scope is closed while its signal comes: the default action is back at once");
  test_race_n (TEST_RACE_DEAR_ROUNDS, set_up, (const TestRaceFunc[]) { send_it, close_scope, NULL }, check, &race);
  test_race_report ("the signal was first", race.n_by_signal);
}

static void
test_two (void)
{
  Race race = { NULL };

  g_test_summary ("two scopes are closed while their signal comes: the default action is back at once");
  test_race_n (TEST_RACE_DEAR_ROUNDS, set_up_with_other,
               (const TestRaceFunc[]) { send_it, close_scope, close_other, NULL }, check, &race);
  test_race_report ("the signal was first", race.n_by_signal);
}

static void
test_forgotten (void)
{
  Race race = { NULL };

  g_test_summary ("a scope and all that could notice go while the signal comes");
  test_race_n (TEST_RACE_DEAR_ROUNDS, set_up, (const TestRaceFunc[]) { send_it, unref_all, NULL }, check, &race);
}

static void
do_nothing (gpointer data)
{
}

static void
make_and_close (gpointer data)
{
  gctx_scope_close (scope_for (SIGWINCH));
}

static void
test_make_and_close (void)
{
  Race race = { NULL };

  g_test_summary ("two threads make scopes and close them: the default action is back in the end");
  test_race_n (TEST_RACE_DEAR_ROUNDS, do_nothing,
               (const TestRaceFunc[]) { make_and_close, make_and_close, NULL }, check, &race);
  wait_until_listener (FALSE);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/race-unix-signals/close", test_close);
  g_test_add_func ("/gctx/race-unix-signals/two", test_two);
  g_test_add_func ("/gctx/race-unix-signals/forgotten", test_forgotten);
  g_test_add_func ("/gctx/race-unix-signals/make-and-close", test_make_and_close);

  return g_test_run ();
}
