/* test-race-cancellable.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Handing out cancellables while their context ends or goes. */

#include "test-meeting.h"

static void
ask_there (gpointer data)
{
  Meeting *meeting = data;
  GCtxContext *context = GCTX_CONTEXT (meeting->scope);
  gboolean ended = g_atomic_int_get (&meeting->ended);
  gboolean done = gctx_context_is_done (context);

  meeting->asked = g_object_ref (gctx_context_get_cancellable (context));
  meeting->there = !g_cancellable_is_cancelled (meeting->asked);
  meeting->created = gctx_context_create_cancellable (context);

  g_assert_true (done || !ended);
  g_assert_true (!meeting->there || !done);
  g_assert_true (g_cancellable_is_cancelled (meeting->created) || meeting->there);
}

static void
check_asked (gpointer data)
{
  Meeting *meeting = data;

  g_assert_true (g_cancellable_is_cancelled (meeting->asked));
  g_assert_true (g_cancellable_is_cancelled (meeting->created));
  meeting->n_first += meeting->there;
  clear (meeting);
}

static void
test_cancel_against_first_use (void)
{
  g_test_summary ("rule 2: a cancellable first asked for during a cancel is cancelled");
  run (set_up_scope, cancel_scope_here, ask_there, check_asked, "handed out before it was cancelled", NULL);
}

static void
ask_here (gpointer data)
{
  Meeting *meeting = data;

  meeting->cancellables[0] = gctx_context_get_cancellable (GCTX_CONTEXT (meeting->scope));
}

static void
ask_the_same_there (gpointer data)
{
  Meeting *meeting = data;

  meeting->cancellables[1] = gctx_context_get_cancellable (GCTX_CONTEXT (meeting->scope));
}

static void
check_same (gpointer data)
{
  Meeting *meeting = data;

  g_assert_true (meeting->cancellables[0] == meeting->cancellables[1]);
  g_assert_true (gctx_scope_cancel (meeting->scope));
  g_assert_true (g_cancellable_is_cancelled (meeting->cancellables[0]));
  clear (meeting);
}

static void
test_first_use_against_first_use (void)
{
  g_test_summary ("rule 9: two threads that ask first are given the same cancellable");
  run (set_up_scope, ask_here, ask_the_same_there, check_same, NULL, NULL);
}

/* Both end what was handed out, but only `here` ends the context. */
static void
set_up_handed_out (gpointer data)
{
  Meeting *meeting = data;

  set_up_scope (data);
  meeting->cancellables[0] = gctx_context_get_cancellable (GCTX_CONTEXT (meeting->scope));
}

static void
cancel_and_look_here (gpointer data)
{
  Meeting *meeting = data;

  cancel_scope_here (data);
  g_assert_true (g_cancellable_is_cancelled (meeting->cancellables[0]));
}

static void
cancel_handed_out_there (gpointer data)
{
  Meeting *meeting = data;

  g_cancellable_cancel (meeting->cancellables[0]);
  meeting->cancellables[1] = gctx_context_get_cancellable (GCTX_CONTEXT (meeting->scope));
  meeting->there = !g_cancellable_is_cancelled (meeting->cancellables[1]);
}

static void
check_handed_out (gpointer data)
{
  Meeting *meeting = data;

  assert_cancelled_by (GCTX_CONTEXT (meeting->scope), 1);
  g_assert_true (g_cancellable_is_cancelled (meeting->cancellables[1]));
  meeting->n_first += meeting->there;
  clear (meeting);
}

static void
test_cancel_against_replacement (void)
{
  g_test_summary ("rule 9: a cancellable is replaced while the context ends");
  run (set_up_handed_out, cancel_and_look_here, cancel_handed_out_there, check_handed_out,
       "replaced before the end", NULL);
}

/* Of a context that is gone: one handed out, one made for a callee. */
static void
set_up_orphans (gpointer data)
{
  Meeting *meeting = data;

  set_up_value (data);
  meeting->created = gctx_context_create_cancellable (meeting->context);
  g_clear_object (&meeting->context);
}

static void
unref_asked_there (gpointer data)
{
  Meeting *meeting = data;

  meeting->there = g_cancellable_is_cancelled (meeting->asked);
  g_clear_object (&meeting->asked);
}

static void
check_orphans (gpointer data)
{
  Meeting *meeting = data;

  g_assert_true (g_cancellable_is_cancelled (meeting->created));
  g_assert_nonnull (meeting->value);
  test_assert_last_unref (g_steal_pointer (&meeting->created));
  g_assert_null (meeting->value);
  meeting->n_first += meeting->there;
  clear (meeting);
}

static void
test_cancel_against_orphan (void)
{
  g_test_summary ("rules 5, 7: a cancellable that outlived its context goes while its parent is cancelled");
  run (set_up_orphans, cancel_scope_here, unref_asked_there, check_orphans, "dropped when it was cancelled", NULL);
}

/* Nobody holds the cancellable but the context. */
static void
set_up_owned (gpointer data)
{
  Meeting *meeting = data;

  set_up_value (data);
  g_object_unref (meeting->asked);
  g_signal_connect_swapped (meeting->asked, "cancelled", G_CALLBACK (count_destroy), meeting);
  meeting->asked = NULL;
}

static void
check_owned (gpointer data)
{
  Meeting *meeting = data;

  g_assert_null (meeting->value);
  g_assert_cmpint (meeting->n_destroyed, <=, 1);
  meeting->n_first += meeting->n_destroyed;
  clear (meeting);
}

static void
test_cancel_against_owned (void)
{
  g_test_summary ("rules 5, 7: a context goes with its cancellable while that would be told");
  run (set_up_owned, cancel_scope_here, unref_context_there, check_owned, "told before they went", NULL);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/race-cancellable/cancel/first-use", test_cancel_against_first_use);
  g_test_add_func ("/gctx/race-cancellable/cancel/replacement", test_cancel_against_replacement);
  g_test_add_func ("/gctx/race-cancellable/cancel/orphan", test_cancel_against_orphan);
  g_test_add_func ("/gctx/race-cancellable/cancel/owned", test_cancel_against_owned);
  g_test_add_func ("/gctx/race-cancellable/first-use/first-use", test_first_use_against_first_use);

  return g_test_run ();
}
