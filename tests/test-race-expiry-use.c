/* test-race-expiry-use.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A deadline passes while its context is asked, waited for and given more to tell. */

#include "test-race-expiry.h"
#include "test-worker.h"

static void
use_here (gpointer data)
{
  Meeting *meeting = data;
  GCtxContext *context = GCTX_CONTEXT (meeting->scope);

  meeting->here = gctx_context_is_done (context);
  meeting->other = gctx_scope_new_with_timeout (context, HOUR_USEC);
  meeting->context = gctx_context_any (&context, 1);
  meeting->asked = g_object_ref (gctx_context_get_cancellable (meeting->context));
  meeting->created = gctx_context_create_cancellable (GCTX_CONTEXT (meeting->other));
  if (!meeting->here)
    return;

  g_assert_true (gctx_context_is_done (GCTX_CONTEXT (meeting->other)));
  g_assert_true (gctx_context_is_done (meeting->context));
  g_assert_true (g_cancellable_is_cancelled (meeting->asked));
  g_assert_true (g_cancellable_is_cancelled (meeting->created));
}

static void
check_used (gpointer data)
{
  Meeting *meeting = data;

  assert_expired_by (GCTX_CONTEXT (meeting->other), 2);
  assert_expired_by (meeting->context, 2);
  g_assert_true (g_cancellable_is_cancelled (gctx_context_get_cancellable (meeting->context)));
  iterate_until_cancelled (meeting->asked);
  iterate_until_cancelled (meeting->created);
  meeting->n_first += meeting->here;
  clear (meeting);
}

static void
test_use (void)
{
  g_test_summary ("rules 6, 11: what is derived and handed out when the deadline passes ends with it");
  run_held (set_up_timed, use_here, check_used, "seen done");
}

static void
set_up_waited_for (gpointer data)
{
  Meeting *meeting = data;

  set_up_timed (data);
  meeting->context = gctx_context_with_values (GCTX_CONTEXT (meeting->scope), NULL);
}

static void
wait_here (gpointer data)
{
  Meeting *meeting = data;

  meeting->here = !gctx_context_is_done (meeting->context);
  gctx_context_wait (meeting->context);
}

static void
check_waited (gpointer data)
{
  Meeting *meeting = data;

  assert_expired_by (meeting->context, 2);
  meeting->n_first += meeting->here;
  test_iterate_pending (NULL);
  clear (meeting);
}

static void
test_wait (void)
{
  g_test_summary ("rule 11: a wait that begins when the deadline passes returns");
  run_held (set_up_waited_for, wait_here, check_waited, "the wait began before");
}

static void
add_here (gpointer data)
{
  Meeting *meeting = data;

  meeting->here = gctx_context_is_done (GCTX_CONTEXT (meeting->scope));
  meeting->id = gctx_context_add_after_func (GCTX_CONTEXT (meeting->scope), count_call, meeting, count_destroy);
}

static void
finish_after_func (Meeting *meeting,
                   int      n_calls)
{
  while (g_atomic_int_get (&meeting->n_destroyed) == 0)
    {
      test_iterate_pending (NULL);
      g_thread_yield ();
    }
  assert_counted (meeting, n_calls);
  g_assert_false (gctx_context_remove_after_func (GCTX_CONTEXT (meeting->scope), meeting->id));
  meeting->n_first += meeting->here;
  clear (meeting);
}

static void
check_called (gpointer data)
{
  finish_after_func (data, 1);
}

static void
test_add (void)
{
  g_test_summary ("rule 2: an after-func that is added when the deadline passes runs once");
  run_held (set_up_timed, add_here, check_called, "seen done before");
}

static void
set_up_added (gpointer data)
{
  Meeting *meeting = data;

  set_up_timed (data);
  meeting->id = gctx_context_add_after_func_full (GCTX_CONTEXT (meeting->scope), meeting->loop, G_PRIORITY_DEFAULT,
                                                  count_call, meeting, count_destroy);
}

static void
remove_here (gpointer data)
{
  Meeting *meeting = data;

  test_race_hesitate ();
  meeting->here = gctx_context_remove_after_func (GCTX_CONTEXT (meeting->scope), meeting->id);
}

static void
check_called_or_removed (gpointer data)
{
  Meeting *meeting = data;

  finish_after_func (meeting, meeting->here ? 0 : 1);
}

static void
test_remove (void)
{
  Meeting meeting;
  Worker worker;

  g_test_summary ("rules 2, 5: of a remove and the run when the deadline passes, one decides");

  gctx_clock_hold (NOW);
  worker_start (&worker);
  meeting_init (&meeting);
  meeting.loop = worker.loop;
  test_race (set_up_added, remove_here, pass_there, check_called_or_removed, &meeting);
  test_race_report ("removed", meeting.n_first);
  worker_stop (&worker);
  meeting_finish (&meeting);
  gctx_clock_release ();
}

static gboolean
count_source (GCtxContext *context,
              gpointer     data)
{
  count_call (context, data);
  return G_SOURCE_REMOVE;
}

static void
create_source_here (gpointer data)
{
  Meeting *meeting = data;
  g_autoptr (GSource) source = gctx_context_create_source (GCTX_CONTEXT (meeting->scope));

  meeting->here = !gctx_context_is_done (GCTX_CONTEXT (meeting->scope));
  g_source_set_callback (source, G_SOURCE_FUNC (count_source), meeting, count_destroy);
  g_source_attach (source, NULL);
}

static void
test_source (void)
{
  g_test_summary ("rules 2, 11: a source that is made when the deadline passes fires once");
  run_held (set_up_timed, create_source_here, check_called, "made before");
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/race-expiry-use/derive", test_use);
  g_test_add_func ("/gctx/race-expiry-use/wait", test_wait);
  g_test_add_func ("/gctx/race-expiry-use/add-after-func", test_add);
  g_test_add_func ("/gctx/race-expiry-use/remove-after-func", test_remove);
  g_test_add_func ("/gctx/race-expiry-use/source", test_source);

  return g_test_run ();
}
