/* test-race-group.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Groups whose ends meet: failures with each other, with the parent's end, with
 * the going of the group, with waits. */

#include "test-race.h"

#include "test-tree.h"

#define N_FUNCS 4

typedef struct
{
  GCtxScope    *parent;
  GCtxGroup    *group;
  GCancellable *cancellable;
  GObject      *value;          /* no reference; NULL once it is gone */

  /* Atomic. */
  int           n_called;
  int           n_destroyed;
  int           n_waited;

  /* Over all rounds. */
  guint         n_first;
  guint         n_second;
} Race;

static gboolean
succeed (GCtxContext  *context,
         gpointer      user_data,
         GError      **error)
{
  Race *race = user_data;

  g_atomic_int_inc (&race->n_called);
  return TRUE;
}

static gboolean
fail_with (GCtxContext  *context,
           gpointer      user_data,
           GError      **error,
           int           code)
{
  succeed (context, user_data, error);
  g_set_error (error, TEST_DOMAIN, code, "cause number %d", code);
  return FALSE;
}

static gboolean
fail_first (GCtxContext  *context,
            gpointer      user_data,
            GError      **error)
{
  return fail_with (context, user_data, error, 1);
}

static gboolean
fail_second (GCtxContext  *context,
             gpointer      user_data,
             GError      **error)
{
  return fail_with (context, user_data, error, 2);
}

static gboolean
wait_for_end (GCtxContext  *context,
              gpointer      user_data,
              GError      **error)
{
  succeed (context, user_data, error);
  gctx_context_wait (context);
  return !g_cancellable_set_error_if_cancelled (gctx_context_get_cancellable (context), error);
}

static void
destroyed (gpointer user_data)
{
  g_atomic_int_inc (&((Race *) user_data)->n_destroyed);
}

static void
add (Race                *race,
     GCtxGroupThreadFunc  func)
{
  gctx_group_run_in_thread (race->group, func, race, destroyed);
}

static void
on_value_gone (gpointer  data,
               GObject  *object)
{
  g_atomic_pointer_set (&((Race *) data)->value, NULL);
}

static void
set_up_with_limit (Race  *race,
                   guint  max_running)
{
  race->n_called = race->n_destroyed = race->n_waited = 0;
  race->parent = scope_with_object (gctx_context_background (), G_MAXINT64, &race->value);
  g_clear_weak_pointer (&race->value);
  race->value = gctx_context_get_object (GCTX_CONTEXT (race->parent), object_key ());
  g_object_weak_ref (race->value, on_value_gone, race);
  race->group = gctx_group_new_with_limit (GCTX_CONTEXT (race->parent), max_running);
}

static void
set_up (gpointer data)
{
  set_up_with_limit (data, 0);
}

static void
set_up_limited (gpointer data)
{
  set_up_with_limit (data, 2);
}

/* All that users can see of a group is gone with it after a wait, whatever the
 * threads that ran for it are still about. */
static void
clear_up (Race *race)
{
  test_assert_last_unref (race->group);
  test_assert_last_unref (race->parent);
  g_assert_null (g_atomic_pointer_get (&race->value));
}

/* --- Two failures --- */

static void
add_first (gpointer data)
{
  add (data, fail_first);
  add (data, wait_for_end);
}

static void
add_second (gpointer data)
{
  add (data, fail_second);
  add (data, wait_for_end);
}

static void
check_failures (gpointer data)
{
  Race *race = data;
  g_autoptr (GError) error = NULL;

  g_assert_false (gctx_group_wait (race->group, &error));
  g_assert_cmpint (g_atomic_int_get (&race->n_destroyed), ==, N_FUNCS);
  g_assert_true (error->domain == TEST_DOMAIN);
  g_assert_error (gctx_context_get_cause (gctx_group_get_context (race->group)), TEST_DOMAIN, error->code);
  if (error->code == 1)
    race->n_first++;
  else
    race->n_second++;
  clear_up (race);
}

static void
race_n (TestRaceFunc  set,
        TestRaceFunc  here,
        TestRaceFunc  there,
        TestRaceFunc  check,
        const char   *first,
        const char   *second)
{
  const TestRaceFunc racers[] = { here, there, NULL };
  Race race = { NULL };

  test_race_n (TEST_RACE_DEAR_ROUNDS, set, racers, check, &race);
  test_race_report (first, race.n_first);
  test_race_report (second, race.n_second);
}

static void
test_failures (void)
{
  g_test_summary ("group: of two failures one is the first: the cause is what the wait reports");

  race_n (set_up, add_first, add_second, check_failures, "the one first", "the other first");
}

/* --- The parent ends while functions are added, finish, and wait for a turn --- */

static void
add_successes (gpointer data)
{
  for (int i = 0; i < N_FUNCS; i++)
    add (data, succeed);
}

static void
end_parent (gpointer data)
{
  test_race_hesitate ();
  cancel_with (((Race *) data)->parent, 7);
}

static void
check_parent (gpointer data)
{
  Race *race = data;
  g_autoptr (GError) error = NULL;
  gboolean succeeded = gctx_group_wait (race->group, &error);
  int n_called = g_atomic_int_get (&race->n_called);

  g_assert_cmpint (g_atomic_int_get (&race->n_destroyed), ==, N_FUNCS);
  g_assert_true (succeeded == (n_called == N_FUNCS));
  if (succeeded)
    {
      race->n_first++;
    }
  else
    {
      race->n_second++;
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_assert_nonnull (strstr (error->message, "cause number 7"));
    }
  clear_up (race);
}

static void
test_parent (void)
{
  g_test_summary ("group: nothing starts after the end; all is destroyed, called or not");

  race_n (set_up_limited, add_successes, end_parent, check_parent, "all were called", "some were not");
}

/* --- A failure while others wait for their turn --- */

static void
add_failing_queue (gpointer data)
{
  add (data, fail_first);
  add (data, succeed);
}

static void
check_queue (gpointer data)
{
  Race *race = data;
  g_autoptr (GError) error = NULL;

  g_assert_false (gctx_group_wait (race->group, &error));
  g_assert_error (error, TEST_DOMAIN, 1);
  g_assert_cmpint (g_atomic_int_get (&race->n_destroyed), ==, 2 + N_FUNCS);
  if (g_atomic_int_get (&race->n_called) == 2 + N_FUNCS)
    race->n_first++;
  else
    race->n_second++;
  clear_up (race);
}

static void
test_queue (void)
{
  g_test_summary ("group: a failure meets a queue that moves");

  race_n (set_up_limited, add_failing_queue, add_successes, check_queue, "all were called", "some were not");
}

/* --- The group goes while its functions finish --- */

static void
set_up_running (gpointer data)
{
  Race *race = data;

  set_up_limited (race);
  add (race, succeed);
  add (race, wait_for_end);
  add (race, succeed);
  add (race, succeed);
}

static void
unref_group (gpointer data)
{
  g_clear_object (&((Race *) data)->group);
}

static void
unref_parent (gpointer data)
{
  g_clear_object (&((Race *) data)->parent);
}

static void
check_gone (gpointer data)
{
  Race *race = data;

  while (g_atomic_int_get (&race->n_destroyed) < N_FUNCS || g_atomic_pointer_get (&race->value) != NULL)
    g_thread_yield ();
  g_assert_cmpint (race->n_destroyed, ==, N_FUNCS);
  if (race->n_called == N_FUNCS)
    race->n_first++;
  else
    race->n_second++;
}

static void
test_dropped (void)
{
  g_test_summary ("group: dropped while its functions finish, it leaves nothing behind");

  race_n (set_up_running, unref_group, unref_parent, check_gone, "all were called", "some were not");
}

/* --- Waits --- */

static void
on_waited (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  Race *race = user_data;
  g_autoptr (GError) error = NULL;

  if (gctx_group_wait_finish (GCTX_GROUP (source), result, &error))
    {
      race->n_first++;
      g_assert_cmpint (g_atomic_int_get (&race->n_destroyed), >=, N_FUNCS);
    }
  else
    {
      g_assert_cmpstr (error->message, ==, "Operation was cancelled");
      race->n_second++;
    }
  race->n_waited++;
}

static void
set_up_wait (gpointer data)
{
  Race *race = data;

  set_up (race);
  race->cancellable = g_cancellable_new ();
  gctx_group_wait_async (race->group, race->cancellable, on_waited, race);
}

static void
withdraw (gpointer data)
{
  test_race_hesitate ();
  g_cancellable_cancel (((Race *) data)->cancellable);
}

static void
check_withdrawn (gpointer data)
{
  Race *race = data;

  while (race->n_waited == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (gctx_group_wait (race->group, NULL));
  test_iterate_pending (NULL);
  g_assert_cmpint (race->n_waited, ==, 1);
  g_clear_object (&race->cancellable);
  clear_up (race);
}

static void
add_successes_and_look (gpointer data)
{
  add_successes (data);
  test_iterate_pending (NULL);
}

static void
test_withdrawn (void)
{
  g_test_summary ("group: a wait that is withdrawn as the last finishes is told once");

  race_n (set_up_wait, add_successes_and_look, withdraw, check_withdrawn,
          "the wait was over", "the wait was withdrawn");
}

static void
set_up_successes (gpointer data)
{
  set_up (data);
  add_successes (data);
}

static void
wait_here (gpointer data)
{
  Race *race = data;

  g_assert_true (gctx_group_wait (race->group, NULL));
  g_assert_cmpint (g_atomic_int_get (&race->n_destroyed), ==, N_FUNCS);
  g_assert_true (gctx_context_is_done (gctx_group_get_context (race->group)));
  g_atomic_int_inc (&race->n_waited);
}

static void
check_two_waits (gpointer data)
{
  Race *race = data;

  g_assert_cmpint (race->n_waited, ==, 2);
  race->n_first++;
  clear_up (race);
}

static void
test_two_waits (void)
{
  g_test_summary ("group: two threads may wait for one group");

  race_n (set_up_successes, wait_here, wait_here, check_two_waits, "waited twice", "otherwise");
}

/* --- Adding while another thread waits --- */

static void
wait_and_look (gpointer data)
{
  Race *race = data;

  g_assert_true (gctx_group_wait (race->group, NULL));
  race->n_waited = g_atomic_int_get (&race->n_called);
  g_assert_cmpint (g_atomic_int_get (&race->n_destroyed), >=, race->n_waited);
}

static void
check_added (gpointer data)
{
  Race *race = data;
  gboolean succeeded = gctx_group_wait (race->group, NULL);

  g_assert_cmpint (g_atomic_int_get (&race->n_destroyed), ==, N_FUNCS);
  g_assert_cmpint (g_atomic_int_get (&race->n_called), ==, race->n_waited);
  g_assert_true (succeeded == (race->n_waited == N_FUNCS));
  if (race->n_waited > 0)
    race->n_first++;
  else
    race->n_second++;
  clear_up (race);
}

static void
test_added (void)
{
  g_test_summary ("group: what is added as a wait ends is waited for or never called");

  race_n (set_up, add_successes, wait_and_look, check_added, "some were waited for", "none was");
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/race-group/failures", test_failures);
  g_test_add_func ("/gctx/race-group/parent", test_parent);
  g_test_add_func ("/gctx/race-group/queue", test_queue);
  g_test_add_func ("/gctx/race-group/dropped", test_dropped);
  g_test_add_func ("/gctx/race-group/withdrawn", test_withdrawn);
  g_test_add_func ("/gctx/race-group/two-waits", test_two_waits);
  g_test_add_func ("/gctx/race-group/added", test_added);

  return g_test_run ();
}
