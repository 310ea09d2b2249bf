/* test-clock.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Deadlines as they pass: what is delivered when the test moves the clock, and
 * what many of them cost. */

#include "test-util.h"

#include "gctx-clock-private.h"

#define SECOND (G_GINT64_CONSTANT (1000000))
#define HOUR   (3600 * SECOND)
#define NOW    (1000 * SECOND)

#define N_MANY 100000

/* The timeouts 1, 2, … @n, shuffled in the same way each time. */
static GTimeSpan *
new_shuffled_timeouts (gsize n)
{
  GTimeSpan *timeouts = g_new (GTimeSpan, n);
  GRand *rand = g_rand_new_with_seed (13);
  gsize i;

  for (i = 0; i < n; i++)
    {
      gsize j = g_rand_int_range (rand, 0, i + 1);

      timeouts[i] = timeouts[j];
      timeouts[j] = i + 1;
    }

  g_rand_free (rand);
  return timeouts;
}

static void
note_deadline (GCtxContext *context,
               gpointer     user_data)
{
  GArray *deadlines = user_data;
  gint64 deadline = 0;

  g_assert_true (gctx_context_is_done (context));
  g_assert_true (gctx_context_get_deadline (context, &deadline));
  g_array_append_val (deadlines, deadline);
}

/* Makes @n contexts whose after-funcs note their deadlines as they pass. */
static GPtrArray *
new_noting_contexts (gsize   n,
                     GArray *deadlines)
{
  g_autofree GTimeSpan *timeouts = new_shuffled_timeouts (n);
  GPtrArray *contexts = g_ptr_array_new_with_free_func (g_object_unref);
  gsize i;

  for (i = 0; i < n; i++)
    {
      GCtxContext *context = gctx_context_with_timeout (gctx_context_background (), timeouts[i]);

      gctx_context_add_after_func (context, note_deadline, deadlines, NULL);
      g_ptr_array_add (contexts, context);
    }

  return contexts;
}

static void
assert_noted_in_order (GArray *deadlines,
                       gsize   n)
{
  gsize i;

  g_assert_cmpuint (deadlines->len, ==, n);
  for (i = 0; i < n; i++)
    g_assert_cmpint (g_array_index (deadlines, gint64, i), ==, NOW + 1 + (gint64) i);
}

static void
test_order_in_steps (void)
{
  g_autoptr (GArray) deadlines = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GPtrArray) contexts = NULL;
  gsize i;

  g_test_summary ("rule 12: each deadline is delivered when it passes, and none before");

  gctx_clock_hold (NOW);
  contexts = new_noting_contexts (1000, deadlines);
  test_iterate_pending (NULL);
  g_assert_cmpuint (deadlines->len, ==, 0);

  for (i = 1; i <= 1000; i++)
    {
      gctx_clock_advance (1);
      while (deadlines->len < i)
        g_main_context_iteration (NULL, TRUE);
      test_iterate_pending (NULL);
      assert_noted_in_order (deadlines, i);
    }

  gctx_clock_release ();
}

static void
test_order_in_one_jump (void)
{
  g_autoptr (GArray) deadlines = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GPtrArray) contexts = NULL;

  g_test_summary ("rule 12: deadlines that pass together are delivered in the order of their times");

  gctx_clock_hold (NOW);
  contexts = new_noting_contexts (1000, deadlines);
  test_iterate_pending (NULL);

  gctx_clock_advance (HOUR);
  while (deadlines->len < 1000)
    g_main_context_iteration (NULL, TRUE);
  test_iterate_pending (NULL);
  assert_noted_in_order (deadlines, 1000);

  gctx_clock_release ();
}

static void
test_many (void)
{
  g_autoptr (GArray) deadlines = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GPtrArray) contexts = NULL;
  gsize i, step, n_done;

  g_test_summary ("rules 11, 13: of 100,000 pending deadlines just those that passed are delivered");

  gctx_clock_hold (NOW);
  contexts = new_noting_contexts (N_MANY, deadlines);

  for (step = 1; step <= 10; step++)
    {
      gctx_clock_advance (N_MANY / 10);

      n_done = 0;
      for (i = 0; i < N_MANY; i++)
        n_done += gctx_context_is_done (contexts->pdata[i]);
      g_assert_cmpuint (n_done, ==, step * N_MANY / 10);

      while (deadlines->len < n_done)
        g_main_context_iteration (NULL, TRUE);
      test_iterate_pending (NULL);
      g_assert_cmpuint (deadlines->len, ==, n_done);
    }

  gctx_clock_release ();
}

static void
test_many_end_early (void)
{
  g_autoptr (GArray) deadlines = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autofree GTimeSpan *timeouts = new_shuffled_timeouts (N_MANY);
  g_autofree GCtxScope **scopes = g_new (GCtxScope *, N_MANY);
  gsize i;

  g_test_summary ("rules 1, 13: deadlines that are ended in any order leave the others in force");

  gctx_clock_hold (NOW);
  for (i = 0; i < N_MANY; i++)
    scopes[i] = gctx_scope_new_with_timeout (gctx_context_background (), timeouts[i]);

  /* A third is cancelled, a third is dropped, a third stays. */
  for (i = 0; i < N_MANY; i += 3)
    g_assert_true (gctx_scope_cancel (scopes[i]));
  for (i = 1; i < N_MANY; i += 3)
    g_clear_object (&scopes[i]);
  for (i = 2; i < N_MANY; i += 3)
    gctx_context_add_after_func (GCTX_CONTEXT (scopes[i]), note_deadline, deadlines, NULL);

  gctx_clock_advance (N_MANY);
  while (deadlines->len < N_MANY / 3)
    g_main_context_iteration (NULL, TRUE);
  test_iterate_pending (NULL);

  g_assert_cmpuint (deadlines->len, ==, N_MANY / 3);
  for (i = 0; i < N_MANY; i += 3)
    g_assert_false (gctx_scope_has_expired (scopes[i]));
  for (i = 2; i < N_MANY; i += 3)
    g_assert_true (gctx_scope_has_expired (scopes[i]));

  for (i = 0; i < N_MANY; i++)
    g_clear_object (&scopes[i]);
  gctx_clock_release ();
}

static gint64
measure_iteration (void)
{
  gint64 best = G_MAXINT64;
  int i;

  for (i = 0; i < 200; i++)
    {
      gint64 start = g_get_monotonic_time ();

      g_main_context_iteration (NULL, FALSE);
      best = MIN (best, g_get_monotonic_time () - start);
    }

  return best;
}

static void
test_iteration_cost (void)
{
  g_autoptr (GArray) deadlines = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GPtrArray) one = NULL;
  g_autoptr (GPtrArray) many = NULL;
  gint64 with_one, with_many;

  g_test_summary ("rule 13: 100,000 pending deadlines cost a main-loop iteration what one does");

  gctx_clock_hold (NOW);
  one = new_noting_contexts (1, deadlines);
  with_one = measure_iteration ();
  many = new_noting_contexts (N_MANY, deadlines);
  with_many = measure_iteration ();

  /* Each the best of many, so that other load does not show; a source for
   * each deadline would add some milliseconds. */
  g_test_message ("%" G_GINT64_FORMAT " and %" G_GINT64_FORMAT " µs", with_one, with_many);
  g_assert_cmpint (with_many, <, with_one + 200);
  g_assert_cmpuint (deadlines->len, ==, 0);

  g_clear_pointer (&one, g_ptr_array_unref);
  g_clear_pointer (&many, g_ptr_array_unref);
  gctx_clock_advance (HOUR);
  while (deadlines->len < 1 + N_MANY)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (deadlines->len, ==, 1 + N_MANY);
  gctx_clock_release ();
}

static int n_wakeups;

/* The context that this polls has no descriptor but the one that wakes it. */
static gint
counting_poll (GPollFD *fds,
               guint    n_fds,
               gint     timeout)
{
  gint n_ready = g_poll (fds, n_fds, timeout);

  n_wakeups += n_ready > 0;
  return n_ready;
}

static void
test_wakes_nothing (void)
{
  g_autoptr (GMainContext) loop = g_main_context_new ();
  g_autoptr (GCtxScope) earliest = NULL;
  GCtxScope *later[1000];
  gsize i;

  g_test_summary ("rule 13: setting a deadline that is not the earliest wakes nothing; ending one never does");

  gctx_clock_hold (NOW);
  g_main_context_push_thread_default (loop);
  g_main_context_set_poll_func (loop, counting_poll);

  earliest = gctx_scope_new_with_timeout (gctx_context_background (), SECOND);
  test_iterate_pending (loop);

  /* That a wake-up would be seen. */
  n_wakeups = 0;
  g_main_context_wakeup (loop);
  g_main_context_iteration (loop, FALSE);
  g_assert_cmpint (n_wakeups, ==, 1);

  for (i = 0; i < G_N_ELEMENTS (later); i++)
    later[i] = gctx_scope_new_with_timeout (gctx_context_background (), SECOND + i);
  g_main_context_iteration (loop, FALSE);
  g_assert_cmpint (n_wakeups, ==, 1);

  g_assert_true (gctx_scope_cancel (earliest));
  for (i = 0; i < G_N_ELEMENTS (later); i++)
    {
      if (i % 2 == 0)
        g_assert_true (gctx_scope_cancel (later[i]));
      g_object_unref (later[i]);
    }
  g_main_context_iteration (loop, FALSE);
  g_assert_cmpint (n_wakeups, ==, 1);

  g_main_context_pop_thread_default (loop);
  gctx_clock_release ();
}

static void
test_home_goes (void)
{
  gsize i;

  g_test_summary ("rule 5: a home's main context is held as long as a deadline is pending there, and no longer");

  gctx_clock_hold (NOW);
  for (i = 0; i < 100; i++)
    {
      GMainContext *loop = g_main_context_new ();
      GSource *source = g_timeout_source_new_seconds (3600);
      GCtxContext *context;
      int gone = FALSE;

      g_source_set_callback (source, test_never_called, &gone, test_note_gone);
      g_source_attach (source, loop);
      g_source_unref (source);

      g_main_context_push_thread_default (loop);
      context = gctx_context_with_timeout (gctx_context_background (), SECOND);
      g_main_context_iteration (loop, FALSE);
      g_main_context_pop_thread_default (loop);
      g_main_context_unref (loop);
      g_assert_false (gone);

      g_object_unref (context);
      while (!g_atomic_int_get (&gone))
        g_thread_yield ();
    }
  gctx_clock_release ();
}

static void
test_hours (void)
{
  g_autoptr (GCtxContext) context = NULL;
  g_autoptr (GArray) deadlines = g_array_new (FALSE, FALSE, sizeof (gint64));
  GTimeSpan remaining = 0;
  gint64 hours;

  g_test_summary ("rules 11, 12: a clock that jumps by hours passes what it jumps over");

  gctx_clock_hold (NOW);
  for (hours = 1; hours <= 5; hours++)
    {
      g_clear_object (&context);
      context = gctx_context_with_timeout (gctx_context_background (), hours * HOUR);
      gctx_context_add_after_func (context, note_deadline, deadlines, NULL);
    }
  test_iterate_pending (NULL);
  g_assert_cmpuint (deadlines->len, ==, 0);

  gctx_clock_advance (3 * HOUR);
  while (deadlines->len < 3)
    g_main_context_iteration (NULL, TRUE);
  test_iterate_pending (NULL);
  g_assert_cmpuint (deadlines->len, ==, 3);
  g_assert_true (gctx_context_get_remaining (context, &remaining));
  g_assert_cmpint (remaining, ==, 2 * HOUR);
  g_assert_cmpint (gctx_context_get_remaining_msec (context), ==, 2 * 3600 * 1000);

  gctx_clock_advance (1000 * HOUR);
  while (deadlines->len < 5)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (gctx_context_is_done (context));
  gctx_clock_release ();
}

static void
test_forgotten_scope (void)
{
  g_autoptr (GArray) deadlines = g_array_new (FALSE, FALSE, sizeof (gint64));
  GCtxScope *scope;

  g_test_summary ("rule 7: a forgotten scope goes, and what it was to do after its deadline is still done");

  gctx_clock_hold (NOW);
  scope = gctx_scope_new_with_timeout (gctx_context_background (), SECOND);
  gctx_context_add_after_func (GCTX_CONTEXT (scope), note_deadline, deadlines, NULL);
  test_assert_last_unref (scope);
  test_iterate_pending (NULL);
  g_assert_cmpuint (deadlines->len, ==, 0);

  gctx_clock_advance (SECOND);
  while (deadlines->len < 1)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (g_array_index (deadlines, gint64, 0), ==, NOW + SECOND);
  gctx_clock_release ();
}

static void
test_forgotten_plainly (void)
{
  GCtxScope *scope;

  g_test_summary ("rule 7: a forgotten scope that nobody listens to goes at once, deadline and all");

  gctx_clock_hold (NOW);
  scope = gctx_scope_new_with_timeout (gctx_context_background (), SECOND);
  test_assert_last_unref (scope);

  scope = gctx_scope_new_with_timeout (gctx_context_background (), SECOND);
  g_assert_false (g_cancellable_is_cancelled (gctx_context_get_cancellable (GCTX_CONTEXT (scope))));
  test_assert_last_unref (scope);

  gctx_clock_advance (SECOND);
  test_iterate_pending (NULL);
  gctx_clock_release ();
}

/* Runs in whichever thread delivers. */
static void
note_cancelled (GCancellable *cancellable,
                gpointer      user_data)
{
  g_atomic_int_set ((int *) user_data, TRUE);
  g_main_context_wakeup (NULL);
}

static void
test_cancellable_stays_in_force (void)
{
  g_autoptr (GCtxScope) parent = NULL;
  g_autoptr (GCancellable) at_deadline = NULL;
  g_autoptr (GCancellable) with_parent = NULL;
  GCtxContext *context;
  int reached = FALSE;

  g_test_summary ("rule 7: a held cancellable keeps its deadline and its parents after the context went");

  gctx_clock_hold (NOW);
  parent = gctx_scope_new (gctx_context_background ());
  context = gctx_context_with_timeout (GCTX_CONTEXT (parent), SECOND);
  at_deadline = g_object_ref (gctx_context_get_cancellable (context));
  g_object_unref (context);
  context = gctx_context_with_timeout (GCTX_CONTEXT (parent), 10 * SECOND);
  with_parent = g_object_ref (gctx_context_get_cancellable (context));
  g_object_unref (context);

  g_cancellable_connect (at_deadline, G_CALLBACK (note_cancelled), &reached, NULL);
  gctx_clock_advance (SECOND);
  test_iterate_until (NULL, &reached);
  g_assert_true (g_cancellable_is_cancelled (at_deadline));
  g_assert_false (g_cancellable_is_cancelled (with_parent));

  g_assert_true (gctx_scope_cancel (parent));
  g_assert_true (g_cancellable_is_cancelled (with_parent));

  context = gctx_context_from_cancellable (at_deadline);
  g_assert_error (gctx_context_get_error (context), G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_object_unref (context);
  context = gctx_context_from_cancellable (with_parent);
  g_assert_error (gctx_context_get_error (context), G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_object_unref (context);
  gctx_clock_release ();
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/clock/order/in-steps", test_order_in_steps);
  g_test_add_func ("/gctx/clock/order/in-one-jump", test_order_in_one_jump);
  g_test_add_func ("/gctx/clock/many/pass", test_many);
  g_test_add_func ("/gctx/clock/many/end-early", test_many_end_early);
  g_test_add_func ("/gctx/clock/many/iteration-cost", test_iteration_cost);
  g_test_add_func ("/gctx/clock/wakes-nothing", test_wakes_nothing);
  g_test_add_func ("/gctx/clock/home-goes", test_home_goes);
  g_test_add_func ("/gctx/clock/hours", test_hours);
  g_test_add_func ("/gctx/clock/forgotten/after-func", test_forgotten_scope);
  g_test_add_func ("/gctx/clock/forgotten/plainly", test_forgotten_plainly);
  g_test_add_func ("/gctx/clock/forgotten/cancellable", test_cancellable_stays_in_force);

  return g_test_run ();
}
