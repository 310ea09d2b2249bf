/* bench-process.c: what is measured in a process of its own
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "bench-process.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gctx.h>

#include "bench-cases.h"
#include "bench-contestants.h"
#include "bench-idiom.h"

/* Memory wants a heap that nobody has used before, and wake-ups a process that
 * nobody else wakes. So that a round is a run of this program by itself, with
 * the name of the work; it ends when its standard input does. */
static GSubprocess *
child_new (const char *name)
{
  g_autoptr (GError) error = NULL;
  GSubprocess *child = g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE,
                                         &error, "/proc/self/exe", "--child", name, NULL);

  if (child == NULL)
    g_printerr ("%s\n", error->message);

  return child;
}

/* The line that it says, as a number. */
static double
child_read (GSubprocess *child)
{
  g_autoptr (GDataInputStream) from = NULL;
  g_autofree char *line = NULL;

  from = g_data_input_stream_new (g_subprocess_get_stdout_pipe (child));
  line = g_data_input_stream_read_line (from, NULL, NULL, NULL);

  return line != NULL ? g_ascii_strtod (line, NULL) : NAN;
}

static void
child_end (GSubprocess *child)
{
  g_output_stream_close (g_subprocess_get_stdin_pipe (child), NULL, NULL);
  g_subprocess_wait (child, NULL, NULL);
  g_object_unref (child);
}

/* --- Memory --- */

#define N_LIVE 1000000

static gint64
get_resident_bytes (void)
{
  g_autofree char *status = NULL;
  const char *line;

  if (!g_file_get_contents ("/proc/self/status", &status, NULL, NULL))
    return 0;
  line = strstr (status, "RssAnon:");

  return line != NULL ? 1024 * g_ascii_strtoll (line + strlen ("RssAnon:"), NULL, 10) : 0;
}

static gpointer
live_floor (GTimeSpan timeout_usec)
{
  return g_object_new (bench_floor_get_type (), NULL);
}

static gpointer
live_gctx (GTimeSpan timeout_usec)
{
  static GCtxScope *parent = NULL;

  if (parent == NULL)
    parent = gctx_scope_new (gctx_context_background ());

  return gctx_scope_new_with_timeout (GCTX_CONTEXT (parent), timeout_usec);
}

static gpointer
live_idiom (GTimeSpan timeout_usec)
{
  static GCancellable *parent = NULL;
  GCancellable *cancellable = g_cancellable_new ();

  if (parent == NULL)
    parent = g_cancellable_new ();
  g_cancellable_connect (parent, G_CALLBACK (bench_on_parent_cancelled), cancellable, NULL);
  g_timeout_add (timeout_usec / 1000, bench_on_timeout, cancellable);

  return cancellable;
}

/* The first thousand are not counted: they make types, threads and the heap. */
static int
grow (gpointer (*live) (GTimeSpan timeout_usec))
{
  const GTimeSpan *timeouts = bench_timeouts (N_LIVE);
  gpointer *objects = g_new (gpointer, N_LIVE);
  gint64 before;
  guint i;

  memset (objects, 1, N_LIVE * sizeof (gpointer));
  for (i = 0; i < 1000; i++)
    live (timeouts[i]);

  before = get_resident_bytes ();
  for (i = 0; i < N_LIVE; i++)
    objects[i] = live (timeouts[i]);
  BENCH_USE (objects);
  printf ("%.3f\n", (double) (get_resident_bytes () - before) / N_LIVE);
  fflush (stdout);

  /* Freeing them is another matter. */
  _exit (0);
}

static double
memory_sample (const char *name)
{
  GSubprocess *child = child_new (name);
  double bytes;

  if (child == NULL)
    return NAN;
  bytes = child_read (child);
  child_end (child);

  return bytes;
}

static double
memory_gctx_sample (gpointer fixture)
{
  return memory_sample ("memory-gctx");
}

static double
memory_floor_sample (gpointer fixture)
{
  return memory_sample ("memory-floor");
}

static double
memory_idiom_sample (gpointer fixture)
{
  return memory_sample ("memory-idiom");
}

static const BenchContestant memory_gctx = { "gctx", NULL, NULL, memory_gctx_sample, NULL };
static const BenchContestant memory_floor = { "floor", NULL, NULL, memory_floor_sample, NULL };
static const BenchContestant memory_idiom = { "idiom", NULL, NULL, memory_idiom_sample, NULL };

/* --- Wake-ups --- */

#define N_FAR        10000
#define IDLE_SECONDS 2

/* Ends the process, at the end of its input. */
static gpointer
wait_for_the_end (gpointer data)
{
  while (getchar () != EOF)
    ;
  _exit (0);

  return NULL;
}

static int
idle (gpointer (*live) (GTimeSpan timeout_usec))
{
  const GTimeSpan *timeouts = bench_timeouts (N_FAR);
  guint i;

  g_thread_unref (g_thread_new ("end", wait_for_the_end, NULL));
  for (i = 0; i < N_FAR; i++)
    live (timeouts[i]);
  printf ("%d\n", (int) getpid ());
  fflush (stdout);
  while (TRUE)
    g_main_context_iteration (NULL, TRUE);

  return 0;
}

/* How often its threads were given a processor: who is not woken is not. A
 * thread that ends meanwhile takes its count along, one that starts adds its own. */
static gint64
count_switches (GSubprocess *child)
{
  g_autofree char *tasks = g_strdup_printf ("/proc/%s/task", g_subprocess_get_identifier (child));
  g_autoptr (GDir) dir = g_dir_open (tasks, 0, NULL);
  const char *task;
  gint64 n = 0;

  while (dir != NULL && (task = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *file = g_build_filename (tasks, task, "status", NULL);
      g_autofree char *status = NULL;
      const char *line;

      if (!g_file_get_contents (file, &status, NULL, NULL))
        continue;
      for (line = status; (line = strstr (line, "voluntary_ctxt_switches:")) != NULL; line++)
        n += g_ascii_strtoll (line + strlen ("voluntary_ctxt_switches:"), NULL, 10);
    }

  return n;
}

static double
wakeups_sample (const char *name)
{
  GSubprocess *child = child_new (name);
  gint64 before, after;

  if (child == NULL || isnan (child_read (child)))
    return NAN;

  /* It comes to rest. */
  g_usleep (G_USEC_PER_SEC / 4);
  before = count_switches (child);
  g_usleep (IDLE_SECONDS * G_USEC_PER_SEC);
  after = count_switches (child);
  child_end (child);

  return after - before;
}

static double
wakeups_gctx_sample (gpointer fixture)
{
  return wakeups_sample ("idle-gctx");
}

static double
wakeups_idiom_sample (gpointer fixture)
{
  return wakeups_sample ("idle-idiom");
}

static const BenchContestant wakeups_gctx = { "gctx", NULL, NULL, wakeups_gctx_sample, NULL };
static const BenchContestant wakeups_idiom = { "idiom", NULL, NULL, wakeups_idiom_sample, NULL };

/* --- Cases --- */

int
bench_process_main (const char *name)
{
  if (g_str_equal (name, "memory-gctx"))
    return grow (live_gctx);
  if (g_str_equal (name, "memory-floor"))
    return grow (live_floor);
  if (g_str_equal (name, "memory-idiom"))
    return grow (live_idiom);
  if (g_str_equal (name, "idle-gctx"))
    return idle (live_gctx);
  if (g_str_equal (name, "idle-idiom"))
    return idle (live_idiom);

  g_printerr ("There is no such work: %s\n", name);
  return 1;
}

const BenchCase bench_process_cases[] =
{
  {
    .name = "memory",
    .title = "memory of a live scope with a deadline, resident growth over 1,000,000",
    .unit = "bytes",
    .ops = 1,
    .max_rounds = 3,
    .go = "memory",
    .contestants = { &memory_gctx, &memory_floor, &memory_idiom, &go_contestant },
    .targets = { { "itself", .max = 224 } },
  },
  {
    .name = "wake-ups",
    .title = "wake-ups of an idle process with 10,000 far deadlines, in 2 s",
    .unit = "wake-ups",
    .ops = 1,
    .max_rounds = 3,
    .contestants = { &wakeups_gctx, &wakeups_idiom },
    /* None, that is. */
    .targets = { { "itself", .max = 0.5 } },
  },
  { NULL }
};
