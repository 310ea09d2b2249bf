/* test-race-source.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Sources are made and destroyed while their context ends. */

#include "test-meeting.h"
#include "test-worker.h"

static gboolean
count_source (GCtxContext *context,
              gpointer     data)
{
  count_call (context, data);
  return G_SOURCE_REMOVE;
}

static GSource *
attach_source (Meeting     *meeting,
               GCtxContext *context)
{
  GSource *source = gctx_context_create_source (context);

  g_source_set_callback (source, G_SOURCE_FUNC (count_source), meeting, count_destroy);
  g_source_attach (source, meeting->loop);
  return source;
}

static void
create_source_there (gpointer data)
{
  Meeting *meeting = data;

  meeting->there = !g_atomic_int_get (&meeting->ended);
  g_source_unref (attach_source (meeting, GCTX_CONTEXT (meeting->scope)));
}

static void
check_fired (gpointer data)
{
  Meeting *meeting = data;

  test_iterate_pending (NULL);
  assert_counted (meeting, 1);
  meeting->n_first += meeting->there;
  clear (meeting);
}

static void
test_cancel_against_source_creation (void)
{
  g_test_summary ("rule 2: a source that is made and attached during a cancel fires once");
  run (set_up_scope, cancel_scope_here, create_source_there, check_fired, "made before the cancel was over", NULL);
}

static void
create_and_destroy_source_there (gpointer data)
{
  Meeting *meeting = data;
  GSource *source = attach_source (meeting, GCTX_CONTEXT (meeting->scope));

  meeting->there = !g_atomic_int_get (&meeting->ended);
  g_source_destroy (source);
  g_source_unref (source);
}

static void
check_not_fired (gpointer data)
{
  Meeting *meeting = data;

  test_iterate_pending (NULL);
  assert_counted (meeting, 0);
  meeting->n_first += meeting->there;
  test_assert_last_unref (g_steal_pointer (&meeting->scope));
  clear (meeting);
}

static void
test_cancel_against_source_life (void)
{
  g_test_summary ("rule 5: a source is made and destroyed during a cancel, and lets go of its context");
  run (set_up_scope, cancel_scope_here, create_and_destroy_source_there, check_not_fired,
       "made before the cancel was over", NULL);
}

/* Of a child, in a loop of its own. */
static void
set_up_source (gpointer data)
{
  Meeting *meeting = data;

  set_up_scope (data);
  meeting->other = gctx_scope_new (GCTX_CONTEXT (meeting->scope));
  meeting->source = attach_source (meeting, GCTX_CONTEXT (meeting->other));
}

static void
destroy_there (gpointer data)
{
  Meeting *meeting = data;

  g_source_destroy (meeting->source);
  g_clear_pointer (&meeting->source, g_source_unref);
}

/* The source is the last to hold its context. */
static void
destroy_last_there (gpointer data)
{
  g_clear_object (&((Meeting *) data)->other);
  destroy_there (data);
}

static void
check_destroyed (gpointer data)
{
  Meeting *meeting = data;

  test_iterate_pending (NULL);
  assert_counted (meeting, 0);
  if (meeting->other != NULL)
    test_assert_last_unref (g_steal_pointer (&meeting->other));
  test_assert_last_unref (g_steal_pointer (&meeting->scope));
  clear (meeting);
}

static void
test_cancel_against_destruction (void)
{
  g_test_summary ("rule 5: a source is destroyed while another thread cancels");
  run (set_up_source, cancel_scope_here, destroy_there, check_destroyed, NULL, NULL);
}

static void
test_cancel_against_last_unref (void)
{
  g_test_summary ("rule 5: a source and its context go while another thread cancels their parent");
  run (set_up_source, cancel_scope_here, destroy_last_there, check_destroyed, NULL, NULL);
}

static void
destroy_late_there (gpointer data)
{
  test_race_hesitate ();
  destroy_there (data);
}

static void
check_destroyed_or_fired (gpointer data)
{
  Meeting *meeting = data;

  while (!g_atomic_int_get (&meeting->n_destroyed))
    g_thread_yield ();
  g_assert_cmpint (g_atomic_int_get (&meeting->n_calls), <=, 1);
  assert_counted (meeting, meeting->n_calls);
  meeting->n_first += meeting->n_calls;
  clear (meeting);
}

static void
test_destruction_against_firing (void)
{
  Meeting meeting;
  Worker worker;

  g_test_summary ("rule 5: a source is destroyed while another thread cancels and a third would run it");

  meeting_init (&meeting);
  worker_start (&worker);
  meeting.loop = worker.loop;
  test_race (set_up_source, cancel_scope_here, destroy_late_there, check_destroyed_or_fired, &meeting);
  test_race_report ("fired", meeting.n_first);
  worker_stop (&worker);
  meeting_finish (&meeting);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/race-source/creation/cancel", test_cancel_against_source_creation);
  g_test_add_func ("/gctx/race-source/life/cancel", test_cancel_against_source_life);
  g_test_add_func ("/gctx/race-source/destruction/cancel", test_cancel_against_destruction);
  g_test_add_func ("/gctx/race-source/destruction/last-unref", test_cancel_against_last_unref);
  g_test_add_func ("/gctx/race-source/destruction/firing", test_destruction_against_firing);

  return g_test_run ();
}
