/* gctx-clock-private.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The clock of all deadlines: that of g_get_monotonic_time (), unless a test
 * holds it in its hand. */
gint64   gctx_clock_get_time       (void);
gint64   gctx_clock_get_coarse_time (void);
gboolean gctx_clock_is_held        (void);
gboolean gctx_clock_shows          (gint64    time_usec);

/* For g_source_set_ready_time (): -1 for never. */
gint64   gctx_clock_to_ready_time  (gint64 time_usec);

static inline gboolean
gctx_clock_has_passed (gint64 deadline_usec)
{
  return deadline_usec != G_MAXINT64 && gctx_clock_shows (deadline_usec);
}

/* For tests only. From hold to release the time stands still at @now_usec,
 * except that advance moves it on; hold and advance wake whatever waits for
 * the time: the thread that keeps it, and the homes. After advance_unseen they
 * are all late, until advance, which may be by 0, wakes them. */
void     gctx_clock_hold           (gint64    now_usec);
void     gctx_clock_advance        (GTimeSpan by_usec);
void     gctx_clock_advance_unseen (GTimeSpan by_usec);
void     gctx_clock_release        (void);

G_END_DECLS
