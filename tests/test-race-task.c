/* test-race-task.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-race.h"
#include "test-tree.h"

/* Tasks that end beside their context, and that are asked in two threads. */

typedef struct
{
  GCtxScope   *scope;
  GTask       *task;
  GError      *error;
  gboolean     succeeded;
  GCtxContext *seen[2];   /* no references */
  guint        n_ended;
} Race;

static void
race_set_up (gpointer data)
{
  Race *race = data;

  race->scope = gctx_scope_new (gctx_context_background ());
  race->task = gctx_task_new (NULL, GCTX_CONTEXT (race->scope), NULL, NULL);
}

static void
race_cancel (gpointer data)
{
  g_assert_true (cancel_with (((Race *) data)->scope, 7));
}

static void
race_finish (gpointer data)
{
  Race *race = data;

  if (!gctx_task_return_if_done (race->task))
    g_task_return_boolean (race->task, TRUE);
  race->succeeded = gctx_task_propagate_boolean (race->task, &race->error);
}

/* Whoever saw the cancellable first: it never says only CANCELLED. */
static void
race_check_error (Race *race)
{
  if (!race->succeeded)
    g_assert_cmpstr (race->error->message, ==,
                     gctx_context_get_error (GCTX_CONTEXT (race->scope))->message);
  g_assert_true (race->succeeded == (race->error == NULL));
  race->n_ended += !race->succeeded;
  g_clear_error (&race->error);
}

static void
race_check (gpointer data)
{
  Race *race = data;

  race_check_error (race);
  test_iterate_pending (NULL);
  test_assert_last_unref (g_steal_pointer (&race->task));
  test_assert_last_unref (g_steal_pointer (&race->scope));
}

static void
test_finish (void)
{
  Race race = { NULL };

  g_test_summary ("rule 16: a task that ends beside its context ends well or with the context's error");

  test_race (race_set_up, race_finish, race_cancel, race_check, &race);
  test_race_report ("the context was first", race.n_ended);
}

static void
return_in_thread (GTask        *task,
                  gpointer      source_object,
                  gpointer      task_data,
                  GCancellable *cancellable)
{
  if (!gctx_task_return_if_done (task))
    g_task_return_boolean (task, TRUE);
}

static void
race_run (gpointer data)
{
  Race *race = data;

  g_task_set_return_on_cancel (race->task, TRUE);
  gctx_task_run_in_thread_sync (race->task, return_in_thread);
  race->succeeded = gctx_task_propagate_boolean (race->task, &race->error);
}

static void
race_cancel_late (gpointer data)
{
  test_race_hesitate ();
  race_cancel (data);
}

/* The thread may hold the task for a moment longer, and so its context. */
static void
race_check_run (gpointer data)
{
  Race *race = data;

  race_check_error (race);
  unref_until_gone (g_steal_pointer (&race->task));
  unref_until_gone (g_steal_pointer (&race->scope));
}

static void
test_run_in_thread (void)
{
  const TestRaceFunc racers[] = { race_run, race_cancel_late, NULL };
  Race race = { NULL };

  g_test_summary ("rule 16: so does one that returns on cancel from a thread");

  test_race_n (TEST_RACE_DEAR_ROUNDS, race_set_up, racers, race_check_run, &race);
  test_race_report ("the context was first", race.n_ended);
}

static void
race_set_up_plain (gpointer data)
{
  Race *race = data;

  race->scope = gctx_scope_new (gctx_context_background ());
  race->task = g_task_new (NULL, gctx_context_get_cancellable (GCTX_CONTEXT (race->scope)), NULL, NULL);
  race->seen[0] = race->seen[1] = NULL;
}

static void
race_ask_here (gpointer data)
{
  Race *race = data;

  race->seen[0] = gctx_task_get_context (race->task);
}

static void
race_ask_there (gpointer data)
{
  Race *race = data;

  race->seen[1] = gctx_task_get_context (race->task);
}

static void
race_check_plain (gpointer data)
{
  Race *race = data;

  g_assert_true (race->seen[0] == race->seen[1]);
  g_assert_true (gctx_task_get_context (race->task) == race->seen[0]);
  test_assert_last_unref (g_steal_pointer (&race->task));
  g_object_unref (g_steal_pointer (&race->scope));
}

static void
test_plain (void)
{
  Race race = { NULL };

  g_test_summary ("rule 5: two threads that ask a plain task get the same context");

  test_race (race_set_up_plain, race_ask_here, race_ask_there, race_check_plain, &race);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/race-task/finish", test_finish);
  g_test_add_func ("/gctx/race-task/run-in-thread", test_run_in_thread);
  g_test_add_func ("/gctx/race-task/plain", test_plain);

  return g_test_run ();
}
