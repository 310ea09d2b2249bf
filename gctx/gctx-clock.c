/* gctx-clock.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "gctx-clock-private.h"

#include "gctx-home-private.h"

#include <time.h>

/* The coarse clock shows the last tick: it costs a third of the exact one, and is
 * behind by some milliseconds. A second is nowhere near that. */
#define LAG_USEC G_TIME_SPAN_SECOND

/* The held time is written by tests only; everybody else just asks whether. */
static gint held = FALSE;
static gint64 held_usec = 0;

gboolean
gctx_clock_is_held (void)
{
  return G_UNLIKELY (g_atomic_int_get (&held));
}

gint64
gctx_clock_get_time (void)
{
  if (gctx_clock_is_held ())
    return __atomic_load_n (&held_usec, __ATOMIC_ACQUIRE);

  return g_get_monotonic_time ();
}

/* The time of the last tick, or now. */
gint64
gctx_clock_get_coarse_time (void)
{
#ifdef CLOCK_MONOTONIC_COARSE
  struct timespec tick;

  if (!gctx_clock_is_held () && clock_gettime (CLOCK_MONOTONIC_COARSE, &tick) == 0)
    return (gint64) tick.tv_sec * G_USEC_PER_SEC + tick.tv_nsec / 1000;
#endif

  return gctx_clock_get_time ();
}

/* Whether it is @time_usec yet. What is far away needs no exact reading. */
gboolean
gctx_clock_shows (gint64 time_usec)
{
  if (time_usec > 0 && time_usec - LAG_USEC > gctx_clock_get_coarse_time ())
    return FALSE;

  return time_usec <= gctx_clock_get_time ();
}

gint64
gctx_clock_to_ready_time (gint64 time_usec)
{
  if (time_usec == G_MAXINT64)
    return -1;

  /* A loop sleeps by the real clock: in held time it is ready or it is not. */
  if (gctx_clock_is_held ())
    return time_usec <= gctx_clock_get_time () ? 0 : -1;

  return MAX (time_usec, 0);
}

void
gctx_clock_hold (gint64 now_usec)
{
  __atomic_store_n (&held_usec, now_usec, __ATOMIC_RELEASE);
  g_atomic_int_set (&held, TRUE);
  gctx_home_rearm_all ();
}

void
gctx_clock_advance (GTimeSpan by_usec)
{
  gctx_clock_advance_unseen (by_usec);
  gctx_home_rearm_all ();
}

void
gctx_clock_advance_unseen (GTimeSpan by_usec)
{
  __atomic_add_fetch (&held_usec, by_usec, __ATOMIC_ACQ_REL);
}

void
gctx_clock_release (void)
{
  g_atomic_int_set (&held, FALSE);
  gctx_home_rearm_all ();
}
