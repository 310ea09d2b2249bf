/* test-soak.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A mixed load on all cores for GCTX_SOAK_SECONDS, ten minutes by default. */

#include "soak-load.h"
#include "soak-meter.h"

#include <stdlib.h>

#define DEFAULT_SECONDS 600
#define REPORT_SECONDS  10

/* When the memory has to have levelled out: a tenth of the whole, between the
 * two. A run that is not longer than the one says nothing about memory. */
#define LEAST_SECONDS   20
#define WARM_UP_SECONDS 60

/* The allocator keeps up to eight arenas a processor, and makes a new one for a
 * new thread. The threads of the load come and go: so that the arenas have all
 * been made early, this many a processor work at the same time to begin with. */
#define WARMERS         8

/* How long what is pending may take once all has ended. Nothing waits longer
 * than some milliseconds of its own. */
#define DRAIN_SECONDS   60

static gint stopping = FALSE;   /* atomic: no more operations */
static gint warm = FALSE;       /* atomic: no more operations of those that only warm up */
static gint drained = FALSE;    /* atomic: no more callbacks either */
static gint n_stepping = 0;     /* atomic: threads that do operations */

/* A program without a loop of its own. */
static gpointer
run_worker (gpointer user_data)
{
  gint *stop = user_data;

  while (!g_atomic_int_get (stop))
    load_step ();
  g_atomic_int_add (&n_stepping, -1);

  return NULL;
}

/* One that does everything in callbacks. */
static gboolean
step (gpointer user_data)
{
  guint i;

  for (i = 0; i < 10; i++)
    load_step ();
  if (!g_atomic_int_get (&stopping))
    return G_SOURCE_CONTINUE;

  g_atomic_int_add (&n_stepping, -1);
  return G_SOURCE_REMOVE;
}

static gpointer
run_loop (gpointer user_data)
{
  GMainContext *loop = user_data;
  g_autoptr (GSource) idle = g_idle_source_new ();

  g_main_context_push_thread_default (loop);
  g_source_set_callback (idle, step, NULL, NULL);
  g_source_attach (idle, loop);
  while (!g_atomic_int_get (&drained))
    g_main_context_iteration (loop, TRUE);
  g_main_context_pop_thread_default (loop);

  return NULL;
}

typedef struct
{
  GMainLoop *loop;
  gint64     start_usec;
  gint64     seconds;
} Watch;

static gint64
get_seconds (void)
{
  const char *seconds = g_getenv ("GCTX_SOAK_SECONDS");

  return seconds != NULL ? MAX (1, atoi (seconds)) : DEFAULT_SECONDS;
}

static gint64
get_warm_up_seconds (void)
{
  return CLAMP (get_seconds () / 10, LEAST_SECONDS, WARM_UP_SECONDS);
}

static gboolean
on_second (gpointer user_data)
{
  Watch *watch = user_data;
  gint64 seconds = (g_get_monotonic_time () - watch->start_usec) / G_USEC_PER_SEC;

  meter_sample ();
  if (seconds > 0 && seconds % REPORT_SECONDS == 0)
    meter_report (seconds);
  if (seconds >= get_warm_up_seconds () / 2)
    g_atomic_int_set (&warm, TRUE);
  if (seconds < watch->seconds)
    return G_SOURCE_CONTINUE;

  g_main_loop_quit (watch->loop);
  return G_SOURCE_REMOVE;
}

static void
watch_load (void)
{
  Watch watch = { g_main_loop_new (NULL, FALSE), g_get_monotonic_time (), get_seconds () };

  g_timeout_add_seconds (1, on_second, &watch);
  g_main_loop_run (watch.loop);
  meter_report (watch.seconds);
  g_main_loop_unref (watch.loop);
}

static gboolean
is_drained (void)
{
  return ticket_pending () == 0 && meter_get (METER_NAPS) == meter_get (METER_NAPS_OVER);
}

static gboolean
keep_turning (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

/* Ends everything; what was to be called back still is. */
static void
drain (void)
{
  gint64 end_usec = g_get_monotonic_time () + DRAIN_SECONDS * G_USEC_PER_SEC;
  guint turning = g_timeout_add (10, keep_turning, NULL);

  g_atomic_int_set (&stopping, TRUE);
  g_atomic_int_set (&warm, TRUE);
  while (g_atomic_int_get (&n_stepping) > 0)
    g_main_context_iteration (NULL, TRUE);
  load_empty ();
  while (!is_drained () && g_get_monotonic_time () < end_usec)
    g_main_context_iteration (NULL, TRUE);

  g_atomic_int_set (&drained, TRUE);
  g_source_remove (turning);
}

static void
test_mixed_load (void)
{
  guint n = g_get_num_processors (), i;
  g_autofree GMainContext **loops = g_new (GMainContext *, n + 1);
  g_autofree GThread **workers = g_new (GThread *, n);
  g_autofree GThread **threads = g_new (GThread *, n);
  g_autofree GThread **warmers = g_new (GThread *, WARMERS * n);
  gboolean level;

  g_test_summary ("rules 1 to 12 and 18: under a mixed load nothing is lost, late for ever, or piles up");

  for (i = 0; i < n; i++)
    loops[i] = g_main_context_new ();
  loops[n] = g_main_context_default ();
  load_start (loops, n + 1);

  n_stepping = (2 + WARMERS) * n;
  for (i = 0; i < n; i++)
    {
      threads[i] = g_thread_new ("loop", run_loop, loops[i]);
      workers[i] = g_thread_new ("worker", run_worker, &stopping);
    }
  while (load_get_n_threads () < 2 * n)
    g_thread_yield ();
  for (i = 0; i < WARMERS * n; i++)
    warmers[i] = g_thread_new ("warmer", run_worker, &warm);

  watch_load ();
  drain ();

  for (i = 0; i < n; i++)
    {
      g_main_context_wakeup (loops[i]);
      g_thread_join (threads[i]);
      g_thread_join (workers[i]);
      g_main_context_unref (loops[i]);
    }

  for (i = 0; i < WARMERS * n; i++)
    g_thread_join (warmers[i]);

  ticket_report ();
  level = meter_is_level (get_warm_up_seconds ());
  g_assert_cmpuint (ticket_pending (), ==, 0);
  g_assert_cmpint (meter_get (METER_NAPS), ==, meter_get (METER_NAPS_OVER));
  g_assert_cmpint (meter_get (METER_WRONG), ==, 0);
  g_assert_cmpint (meter_get (METER_EXPIRIES), >, 0);
  g_assert_cmpint (meter_get (METER_CANCELS), >, 0);
  g_assert_true (level);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/soak/mixed-load", test_mixed_load);

  return g_test_run ();
}
