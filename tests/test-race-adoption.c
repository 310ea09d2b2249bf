/* test-race-adoption.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Taking in the cancellables of others, and the way back from our own, while either
 * side ends or goes. */

#include "test-meeting.h"

/* --- Foreign ones --- */

static void
set_up_foreign (gpointer data)
{
  Meeting *meeting = data;

  meeting->asked = g_cancellable_new ();
  meeting->context = gctx_context_from_cancellable (meeting->asked);
}

static void
cancel_foreign_here (gpointer data)
{
  g_cancellable_cancel (((Meeting *) data)->asked);
}

static void
adopt_there (gpointer data)
{
  Meeting *meeting = data;

  meeting->derived = gctx_context_from_cancellable (meeting->asked);
  meeting->there = gctx_context_is_done (meeting->derived);
  g_clear_object (&meeting->context);
}

static void
check_adopted (gpointer data)
{
  Meeting *meeting = data;

  g_assert_true (gctx_context_is_done (meeting->derived));
  g_assert_true (g_cancellable_is_cancelled (gctx_context_get_cancellable (meeting->derived)));
  meeting->n_first += meeting->there;
  g_clear_object (&meeting->derived);

  /* The thread that delivers may be about to take the handler away. */
  unref_until_gone (g_steal_pointer (&meeting->asked));
  clear (meeting);
}

static void
test_foreign_cancel_against_adoption (void)
{
  g_test_summary ("rule 5: a foreign cancel meets an adoption and the end of another one");
  run (set_up_foreign, cancel_foreign_here, adopt_there, check_adopted, "born done", NULL);
}

static void
reset_foreign_here (gpointer data)
{
  Meeting *meeting = data;

  g_cancellable_cancel (meeting->asked);
  g_cancellable_reset (meeting->asked);
}

static void
look_there (gpointer data)
{
  Meeting *meeting = data;

  meeting->there = gctx_context_is_done (meeting->context);
  meeting->derived = gctx_context_with_values (meeting->context, NULL);
  g_assert_true (gctx_context_is_done (meeting->derived) || !meeting->there);
}

static void
check_latched (gpointer data)
{
  Meeting *meeting = data;

  g_assert_false (g_cancellable_is_cancelled (meeting->asked));
  g_assert_true (gctx_context_is_done (meeting->context));
  g_assert_true (gctx_context_is_done (meeting->derived));
  meeting->n_first += meeting->there;
  test_iterate_pending (NULL);
  g_clear_object (&meeting->derived);
  g_clear_object (&meeting->context);
  unref_until_gone (g_steal_pointer (&meeting->asked));
  clear (meeting);
}

static void
test_reset_against_look (void)
{
  g_test_summary ("rule 9: what was adopted ends although the cancellable is reset at once, for whoever looks");
  run (set_up_foreign, reset_foreign_here, look_there, check_latched, "seen done before the reset was over", NULL);
}

static void
set_up_unadopted (gpointer data)
{
  ((Meeting *) data)->asked = g_cancellable_new ();
}

/* An adoption that comes after the reset sees nothing of the cancel. */
static void
check_adopted_or_not (gpointer data)
{
  Meeting *meeting = data;
  gboolean done = gctx_context_is_done (meeting->derived);

  g_assert_true (done || !meeting->there);
  meeting->n_first += meeting->there;
  g_cancellable_cancel (meeting->asked);
  meeting->n_second += !done;
  g_assert_true (gctx_context_is_done (meeting->derived));
  g_cancellable_reset (meeting->asked);
  g_assert_true (gctx_context_is_done (meeting->derived));
  test_iterate_pending (NULL);
  g_clear_object (&meeting->derived);
  unref_until_gone (g_steal_pointer (&meeting->asked));
  clear (meeting);
}

static void
test_reset_against_adoption (void)
{
  g_test_summary ("rule 9: an adoption during a cancel and a reset; what it once saw done stays so");
  run (set_up_unadopted, reset_foreign_here, adopt_there, check_adopted_or_not, "born done", "live after the reset");
}

static void
set_up_foreign_below (gpointer data)
{
  Meeting *meeting = data;

  set_up_foreign (data);
  meeting->created = gctx_context_create_cancellable (meeting->context);
}

static void
check_foreign_below (gpointer data)
{
  Meeting *meeting = data;

  iterate_until_cancelled (meeting->created);
  unref_until_gone (g_steal_pointer (&meeting->created));
  unref_until_gone (g_steal_pointer (&meeting->asked));
  clear (meeting);
}

static void
test_foreign_cancel_against_last_unref (void)
{
  g_test_summary ("rules 7, 9: a foreign cancel reaches what outlives the context that is just going");
  run (set_up_foreign_below, cancel_foreign_here, unref_context_there, check_foreign_below, NULL, NULL);
}

static void
check_foreign_gone (gpointer data)
{
  Meeting *meeting = data;

  unref_until_gone (g_steal_pointer (&meeting->asked));
  clear (meeting);
}

static void
test_foreign_cancel_against_end_of_adoption (void)
{
  g_test_summary ("rule 5: a foreign cancel meets the end of the only adoption");
  run (set_up_foreign, cancel_foreign_here, unref_context_there, check_foreign_gone, NULL, NULL);
}

/* --- Our own --- */

static void
go_back_here (gpointer data)
{
  Meeting *meeting = data;

  meeting->derived = gctx_context_from_cancellable (meeting->asked);
  g_assert_true (gctx_context_get_object (meeting->derived, object_key ()) == meeting->value);
}

static void
unref_all_there (gpointer data)
{
  Meeting *meeting = data;

  g_clear_object (&meeting->context);
  g_clear_object (&meeting->scope);
}

static void
check_back (gpointer data)
{
  Meeting *meeting = data;

  g_assert_false (gctx_context_is_done (meeting->derived));
  g_cancellable_cancel (meeting->asked);
  g_assert_true (gctx_context_is_done (meeting->derived));
  test_iterate_pending (NULL);
  unref_until_gone (g_steal_pointer (&meeting->derived));
  unref_until_gone (g_steal_pointer (&meeting->asked));
  clear (meeting);
}

static void
test_back_against_last_unref (void)
{
  g_test_summary ("rules 9, 19: the way back while the context goes that the cancellable came from");
  run (set_up_value, go_back_here, unref_all_there, check_back, NULL, NULL);
}

static void
go_back_there (gpointer data)
{
  Meeting *meeting = data;

  go_back_here (data);
  meeting->there = gctx_context_is_done (meeting->derived);
}

static void
check_back_cancelled (gpointer data)
{
  Meeting *meeting = data;

  assert_cancelled_by (meeting->derived, 1);
  g_assert_true (g_cancellable_is_cancelled (meeting->asked));
  meeting->n_first += meeting->there;
  g_clear_object (&meeting->derived);
  g_clear_object (&meeting->context);
  test_assert_last_unref (g_steal_pointer (&meeting->asked));
  clear (meeting);
}

static void
test_back_against_cancel (void)
{
  g_test_summary ("rules 6, 9: the way back during a cancel leads to its error and cause");
  run (set_up_value, cancel_scope_here, go_back_there, check_back_cancelled, "born done", NULL);
}

static void
set_up_gone_back (gpointer data)
{
  Meeting *meeting = data;

  set_up_value (data);
  meeting->derived = gctx_context_from_cancellable (meeting->asked);
  meeting->created = gctx_context_create_cancellable (meeting->derived);
}

static void
cancel_this_very_there (gpointer data)
{
  g_cancellable_cancel (((Meeting *) data)->asked);
}

static void
check_this_very (gpointer data)
{
  Meeting *meeting = data;
  const GError *cause = gctx_context_get_cause (meeting->derived);

  assert_cancelled_by (meeting->context, 1);
  g_assert_error (gctx_context_get_error (meeting->derived), G_IO_ERROR, G_IO_ERROR_CANCELLED);
  if (!g_error_matches (cause, TEST_DOMAIN, 1))
    g_assert_error (cause, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  meeting->n_first += cause->domain == TEST_DOMAIN;
  iterate_until_cancelled (meeting->created);

  g_clear_object (&meeting->derived);
  g_clear_object (&meeting->context);
  unref_until_gone (g_steal_pointer (&meeting->created));
  unref_until_gone (g_steal_pointer (&meeting->asked));
  clear (meeting);
}

static void
test_back_both (void)
{
  g_test_summary ("rules 1, 9: a context is cancelled, and this very cancellable of it by somebody else");
  run (set_up_gone_back, cancel_scope_here, cancel_this_very_there, check_this_very, "ended by the context", NULL);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/race-adoption/foreign-cancel/adoption", test_foreign_cancel_against_adoption);
  g_test_add_func ("/gctx/race-adoption/foreign-cancel/last-unref", test_foreign_cancel_against_last_unref);
  g_test_add_func ("/gctx/race-adoption/foreign-cancel/end-of-adoption", test_foreign_cancel_against_end_of_adoption);
  g_test_add_func ("/gctx/race-adoption/reset/look", test_reset_against_look);
  g_test_add_func ("/gctx/race-adoption/reset/adoption", test_reset_against_adoption);
  g_test_add_func ("/gctx/race-adoption/back/last-unref", test_back_against_last_unref);
  g_test_add_func ("/gctx/race-adoption/back/cancel", test_back_against_cancel);
  g_test_add_func ("/gctx/race-adoption/back/both", test_back_both);

  return g_test_run ();
}
