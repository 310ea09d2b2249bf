/* test-cancel-order.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-held-clock.h"
#include "test-race.h"
#include "test-told.h"

/* Cancels of a parent and of its children, each from inside the other and each
 * against the other: what the call may say, and what must be true by then. */

/* --- From handlers --- */

typedef struct
{
  Told told;
  int  target;
  int  n_entered;
} Nested;

static void
cancel_target (GCancellable *cancellable,
               gpointer      data)
{
  Nested *nested = data;

  nested->n_entered++;
  told_cancel (&nested->told, nested->target, TRUE);
}

static void
test_nested (void)
{
  Nested nested = { .n_entered = 0 };
  int outer, where, target;

  g_test_summary ("rule 2: a cancel in a handler keeps the whole promise, in each direction");

  told_init (&nested.told);
  for (outer = 0; outer < 2; outer++)
    for (where = outer; where < TOLD_N; where++)
      for (target = 0; target < 2; target++)
        {
          nested.n_entered = 0;
          nested.target = target;
          told_watch_line (&nested.told);
          g_signal_connect (nested.told.nodes[where].handed_out, "cancelled",
                            G_CALLBACK (cancel_target), &nested);

          g_assert_true (told_cancel (&nested.told, outer, TRUE));
          g_assert_cmpint (nested.n_entered, ==, 1);
          g_assert_true (gctx_scope_cancel (GCTX_SCOPE (nested.told.nodes[0].context)) ==
                         (outer == 1 && target == 1));
          told_finish (&nested.told);
        }
  told_free (&nested.told);
}

static void
cancel_top_then_middle (GCancellable *cancellable,
                        gpointer      data)
{
  Nested *nested = data;

  nested->n_entered++;
  told_cancel (&nested->told, 0, TRUE);
  told_cancel (&nested->told, 1, TRUE);
}

static void
test_nested_everywhere (void)
{
  Nested nested = { .n_entered = 0 };
  int outer, i;

  g_test_summary ("rule 2: every handler of a tree may cancel all of it");

  told_init (&nested.told);
  for (outer = 0; outer < 2; outer++)
    {
      nested.n_entered = 0;
      told_watch_line (&nested.told);
      for (i = 0; i < TOLD_N; i++)
        {
          g_signal_connect (nested.told.nodes[i].handed_out, "cancelled",
                            G_CALLBACK (cancel_top_then_middle), &nested);
          g_signal_connect (nested.told.nodes[i].created, "cancelled",
                            G_CALLBACK (cancel_top_then_middle), &nested);
          g_signal_connect (nested.told.nodes[i].left, "cancelled",
                            G_CALLBACK (cancel_top_then_middle), &nested);
        }
      g_assert_true (told_cancel (&nested.told, outer, TRUE));
      g_assert_cmpint (nested.n_entered, ==, 3 * TOLD_N);
      told_finish (&nested.told);
    }
  told_free (&nested.told);
}

/* --- From threads --- */

typedef struct
{
  Told          told;
  int           round;
  int           first_here;
  int           first_there;
  GCtxScope    *other;
  GCancellable *created;
  gboolean      here;
  gboolean      there;
} Duel;

static void
set_up_line (gpointer data)
{
  Duel *duel = data;

  duel->round++;
  told_watch_line (&duel->told);
}

/* Of the two threads one looks into the loops, each in its turn. */
static void
cancel_here (gpointer data)
{
  Duel *duel = data;

  duel->here = told_cancel (&duel->told, duel->first_here, duel->round % 2);
}

static void
cancel_there (gpointer data)
{
  Duel *duel = data;

  duel->there = told_cancel (&duel->told, duel->first_there, !(duel->round % 2));
}

static void
check (gpointer data)
{
  Duel *duel = data;

  told_assert_told (&duel->told, 0, TRUE);
  told_finish (&duel->told);
}

static void
check_parent_ended (gpointer data)
{
  Duel *duel = data;

  g_assert_true (duel->here);
  check (duel);
}

static void
run (Duel         *duel,
     TestRaceFunc  set_up,
     TestRaceFunc  here,
     TestRaceFunc  there,
     TestRaceFunc  check_func)
{
  told_init (&duel->told);
  test_race (set_up, here, there, check_func, duel);
  told_free (&duel->told);
}

static void
test_parent_and_child (void)
{
  Duel duel = { .first_here = 0, .first_there = 1 };

  g_test_summary ("rule 2: a cancel of the parent answers for what another thread is delivering");
  run (&duel, set_up_line, cancel_here, cancel_there, check_parent_ended);
}

/* The threads meet inside each other's emissions: a handler above goes down
 * while one below goes up. */
static void
cancel_below (GCancellable *cancellable,
              gpointer      data)
{
  Duel *duel = data;

  if (gctx_scope_cancel (GCTX_SCOPE (duel->told.nodes[1].context)))
    told_assert_told (&duel->told, 1, FALSE);
  told_assert_marked (&duel->told, 0);
}

static void
cancel_above (GCancellable *cancellable,
              gpointer      data)
{
  Duel *duel = data;

  if (gctx_scope_cancel (GCTX_SCOPE (duel->told.nodes[0].context)))
    told_assert_told (&duel->told, 0, FALSE);
  told_assert_marked (&duel->told, 0);
}

static void
set_up_crossed (gpointer data)
{
  Duel *duel = data;

  set_up_line (duel);
  g_signal_connect (duel->told.nodes[0].handed_out, "cancelled",
                    G_CALLBACK (cancel_below), duel);
  g_signal_connect (duel->told.nodes[1].handed_out, "cancelled",
                    G_CALLBACK (cancel_above), duel);
  g_signal_connect (duel->told.nodes[2].created, "cancelled",
                    G_CALLBACK (cancel_above), duel);
}

static void
test_crossed (void)
{
  Duel duel = { .first_here = 0, .first_there = 1 };

  g_test_summary ("rule 4: handlers cancel up and down in two threads at once");
  run (&duel, set_up_crossed, cancel_here, cancel_there, check);
}

/* Of many cancellables the one thread cancels the first ones, while the other
 * finds them cancelled and so catches up: they meet, as often as can be, at the
 * one whose handler does not return before the other thread's cancel has. On
 * GLib >= 2.84 that handler runs with the cancellable's mutex held. */
typedef struct
{
  GCtxScope    *parent;
  GCtxScope    *child;
  GCancellable *cancellables[24];
  guint         round;
  GThread      *here;
  int           begun;
  int           returned;
} Waiting;

static void
tell_the_other (GCancellable *cancellable,
                gpointer      data)
{
  g_atomic_int_set (&((Waiting *) data)->begun, TRUE);
}

static void
wait_for_the_other (GCancellable *cancellable,
                    gpointer      data)
{
  Waiting *waiting = data;

  while (g_thread_self () != waiting->here && !g_atomic_int_get (&waiting->returned))
    g_thread_yield ();
}

static void
set_up_waiting (gpointer data)
{
  Waiting *waiting = data;
  guint i;

  waiting->parent = gctx_scope_new (gctx_context_background ());
  waiting->child = gctx_scope_new (GCTX_CONTEXT (waiting->parent));
  for (i = 0; i < G_N_ELEMENTS (waiting->cancellables); i++)
    waiting->cancellables[i] = gctx_context_create_cancellable (GCTX_CONTEXT (waiting->child));
  g_signal_connect (waiting->cancellables[0], "cancelled", G_CALLBACK (tell_the_other), waiting);
  g_signal_connect (waiting->cancellables[1 + waiting->round++ % (i - 1)], "cancelled",
                    G_CALLBACK (wait_for_the_other), waiting);
  waiting->here = g_thread_self ();
  g_atomic_int_set (&waiting->begun, FALSE);
  g_atomic_int_set (&waiting->returned, FALSE);
}

static void
assert_waiting_told (Waiting *waiting)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (waiting->cancellables); i++)
    g_assert_true (g_cancellable_is_cancelled (waiting->cancellables[i]));
}

static void
cancel_waiting_here (gpointer data)
{
  Waiting *waiting = data;
  int i;

  for (i = 0; !g_atomic_int_get (&waiting->begun); i++)
    {
      if (i > 5000)
        g_thread_yield ();
    }
  for (i = waiting->round % 61; i > 0; i--)
    g_atomic_int_get (&waiting->begun);

  g_assert_true (gctx_scope_cancel (waiting->parent));
  assert_waiting_told (waiting);
  g_atomic_int_set (&waiting->returned, TRUE);
}

static void
cancel_waiting_there (gpointer data)
{
  Waiting *waiting = data;

  g_assert_true (gctx_scope_cancel (waiting->child));
  assert_waiting_told (waiting);
}

static void
check_waiting (gpointer data)
{
  Waiting *waiting = data;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (waiting->cancellables); i++)
    test_assert_last_unref (waiting->cancellables[i]);
  test_assert_last_unref (waiting->child);
  test_assert_last_unref (waiting->parent);
}

static void
test_waiting (void)
{
  Waiting waiting = { .round = 0 };

  g_test_summary ("rule 2: a cancel never waits for the handlers that another thread is running");
  test_race (set_up_waiting, cancel_waiting_here, cancel_waiting_there, check_waiting, &waiting);
}

/* Two parents of one `any` context. */
static void
set_up_any (gpointer data)
{
  Duel *duel = data;
  GCtxScope *one = gctx_scope_new (gctx_context_background ());
  GCtxContext *parents[2] = { GCTX_CONTEXT (one) };
  GCtxContext *any;

  duel->round++;
  duel->other = gctx_scope_new (gctx_context_background ());
  parents[1] = GCTX_CONTEXT (duel->other);
  any = gctx_context_any (parents, G_N_ELEMENTS (parents));
  told_watch (&duel->told, 0, parents[0]);
  told_watch (&duel->told, 1, any);
  told_watch (&duel->told, 2, GCTX_CONTEXT (gctx_scope_new (any)));
}

static void
cancel_other_there (gpointer data)
{
  Duel *duel = data;

  g_assert_true (gctx_scope_cancel (duel->other));
  told_assert_told (&duel->told, 1, !(duel->round % 2));
}

static void
check_any (gpointer data)
{
  Duel *duel = data;

  check_parent_ended (duel);
  test_assert_last_unref (duel->other);
}

static void
test_any (void)
{
  Duel duel = { .first_here = 0 };

  g_test_summary ("rule 2: two parents of one context each answer for it");
  run (&duel, set_up_any, cancel_here, cancel_other_there, check_any);
}

/* A context that came back from a cancellable ends with that, too, and is then
 * only marked at first. */
static void
set_up_way_back (gpointer data)
{
  Duel *duel = data;
  GCtxScope *scope = gctx_scope_new (gctx_context_background ());
  GCtxContext *back;

  duel->round++;
  duel->created = gctx_context_create_cancellable (GCTX_CONTEXT (scope));
  back = gctx_context_from_cancellable (duel->created);
  told_watch (&duel->told, 0, GCTX_CONTEXT (scope));
  told_watch (&duel->told, 1, back);
  told_watch (&duel->told, 2, GCTX_CONTEXT (gctx_scope_new (back)));
}

static void
cancel_created_there (gpointer data)
{
  Duel *duel = data;

  g_cancellable_cancel (duel->created);
  told_assert_marked (&duel->told, 1);
}

/* The thread that delivers what was only marked may still hold references. */
static void
check_while_delivered (gpointer data)
{
  Duel *duel = data;
  int i;

  told_assert_told (&duel->told, 0, TRUE);
  for (i = 0; i < TOLD_N; i++)
    {
      test_iterate_pending (duel->told.sources[i]);
      test_iterate_pending (duel->told.after[i]);
      g_clear_object (&duel->told.nodes[i].created);
      g_clear_object (&duel->told.nodes[i].left);
      g_clear_object (&duel->told.nodes[i].context);
    }
  g_clear_object (&duel->created);
}

static void
test_way_back (void)
{
  Duel duel = { .first_here = 0 };

  g_test_summary ("rule 2: a cancel answers for what a cancellable has only marked");
  run (&duel, set_up_way_back, cancel_here, cancel_created_there, check_while_delivered);
}

/* The clock passes a deadline below: a thread of the library delivers that. */
static void
set_up_deadline (gpointer data)
{
  Duel *duel = data;
  GCtxScope *scope = gctx_scope_new (gctx_context_background ());
  GCtxContext *timed = gctx_context_with_timeout (GCTX_CONTEXT (scope), MSEC);

  duel->round++;
  told_watch (&duel->told, 0, GCTX_CONTEXT (scope));
  told_watch (&duel->told, 1, timed);
  told_watch (&duel->told, 2, GCTX_CONTEXT (gctx_scope_new (timed)));
}

static void
expire_there (gpointer data)
{
  Duel *duel = data;

  gctx_clock_advance (MSEC);
  told_assert_marked (&duel->told, 1);
}

static void
test_deadline (void)
{
  Duel duel = { .first_here = 0 };

  g_test_summary ("rule 2: a cancel answers for what a deadline is just ending");
  gctx_clock_hold (NOW);
  run (&duel, set_up_deadline, cancel_here, expire_there, check_while_delivered);
  gctx_clock_release ();
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/cancel-order/nested", test_nested);
  g_test_add_func ("/gctx/cancel-order/nested/everywhere", test_nested_everywhere);
  g_test_add_func ("/gctx/cancel-order/threads/parent-and-child", test_parent_and_child);
  g_test_add_func ("/gctx/cancel-order/threads/crossed", test_crossed);
  g_test_add_func ("/gctx/cancel-order/threads/waiting", test_waiting);
  g_test_add_func ("/gctx/cancel-order/threads/any", test_any);
  g_test_add_func ("/gctx/cancel-order/threads/way-back", test_way_back);
  g_test_add_func ("/gctx/cancel-order/threads/deadline", test_deadline);

  return g_test_run ();
}
