/* test-faults-suspend.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A machine that slept for hours, on a clock that the test holds. */

#include "test-held-clock.h"

#define HOUR (3600 * SECOND)

static GCtxScope *
scope_ending_after (GCtxContext *parent,
                    gint64       hours)
{
  g_autoptr (GError) cause = g_error_new (G_FILE_ERROR, hours, "the limit of %d hours", (int) hours);

  return gctx_scope_new_with_deadline_cause (parent, NOW + hours * HOUR, cause);
}

static void
append_time (GCtxContext *context,
             gpointer     user_data)
{
  gint64 deadline;

  g_assert_true (gctx_context_get_deadline (context, &deadline));
  deadline = (deadline - NOW) / HOUR;
  g_array_append_val ((GArray *) user_data, deadline);
}

static void
assert_timed_out_after (gpointer context,
                        gint64   hours)
{
  g_assert_error (gctx_context_get_error (context), G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_error (gctx_context_get_cause (context), G_FILE_ERROR, (int) hours);
}

static void
test_suspended (void)
{
  g_autoptr (GArray) order = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GCtxScope) six = NULL;
  g_autoptr (GCtxScope) three_below_six = NULL;
  g_autoptr (GCtxScope) plain_below_three = NULL;
  g_autoptr (GCtxScope) nine_below_six = NULL;
  g_autoptr (GCtxScope) one = NULL;
  g_autoptr (GCtxScope) twenty = NULL;
  GCtxScope *all[5];
  gsize i;

  g_test_summary ("rules 1, 10, 12: deadlines that a sleep of hours jumps over end what they would have ended, "
                  "in their order");

  gctx_clock_hold (NOW);
  six = scope_ending_after (gctx_context_background (), 6);
  three_below_six = scope_ending_after (GCTX_CONTEXT (six), 3);
  plain_below_three = gctx_scope_new (GCTX_CONTEXT (three_below_six));
  nine_below_six = scope_ending_after (GCTX_CONTEXT (six), 9);
  one = scope_ending_after (gctx_context_background (), 1);
  twenty = scope_ending_after (gctx_context_background (), 20);
  memcpy (all, (GCtxScope *[]) { six, three_below_six, plain_below_three, nine_below_six, one }, sizeof all);
  for (i = 0; i < G_N_ELEMENTS (all); i++)
    gctx_context_add_after_func (GCTX_CONTEXT (all[i]), append_time, order, NULL);
  test_iterate_pending (NULL);

  gctx_clock_advance (10 * HOUR);
  while (order->len < G_N_ELEMENTS (all))
    g_main_context_iteration (NULL, TRUE);

  g_assert_cmpmem (order->data, order->len * sizeof (gint64),
                   ((gint64[]) { 1, 3, 3, 6, 6 }), 5 * sizeof (gint64));
  assert_timed_out_after (one, 1);
  assert_timed_out_after (three_below_six, 3);
  assert_timed_out_after (plain_below_three, 3);
  assert_timed_out_after (six, 6);
  assert_timed_out_after (nine_below_six, 6);
  g_assert_true (gctx_scope_has_expired (six));
  g_assert_true (gctx_scope_has_expired (three_below_six));
  g_assert_false (gctx_scope_has_expired (plain_below_three));
  g_assert_false (gctx_scope_has_expired (nine_below_six));
  g_assert_false (gctx_context_is_done (GCTX_CONTEXT (twenty)));
  gctx_clock_release ();
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/faults-suspend/hours", test_suspended);

  return g_test_run ();
}
