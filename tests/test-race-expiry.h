/* test-race-expiry.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "test-held-clock.h"
#include "test-meeting.h"

/* A race against a deadline on the held clock, which one of the racers moves
 * past it. The thread that keeps the time and one that delivers take part on
 * their own. */

/* The time changes at once, so the others get a head start. */
static inline void
pass_there (gpointer data)
{
  static guint turn = 0;
  volatile guint i;

  for (i = 0; i < turn % 1499; i++)
    ;
  turn += 7;
  gctx_clock_advance (1);
}

static inline void
run_held (TestRaceFunc  set_up,
          TestRaceFunc  here,
          TestRaceFunc  check,
          const char   *first)
{
  gctx_clock_hold (NOW);
  run (set_up, here, pass_there, check, first, NULL);
  gctx_clock_release ();
}

/* The scope has the deadline, and is the only one to hold its value. */
static inline void
set_up_timed (gpointer data)
{
  Meeting *meeting = data;
  g_autoptr (GObject) object = new_value (meeting);

  meeting->scope = gctx_scope_new_full (gctx_context_background (), gctx_clock_get_time () + 1,
                                        meeting->causes[2], object_key (), object, NULL);
}

static inline void
assert_expired_by (GCtxContext *context,
                   int          cause_code)
{
  assert_timed_out (context);
  g_assert_error (gctx_context_get_cause (context), TEST_DOMAIN, cause_code);
}

static inline void
assert_ended (GCtxContext *context,
              gboolean     cancelled)
{
  if (cancelled)
    assert_cancelled_by (context, 1);
  else
    assert_expired_by (context, 2);
}
