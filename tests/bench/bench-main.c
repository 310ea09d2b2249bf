/* bench-main.c: what GCtx costs, beside a bare GObject, what GLib programs
 * write today, and Go
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "bench-cases.h"
#include "bench-go.h"
#include "bench-process.h"

static int      opt_rounds = 15;
static gint64   opt_count = 0;
static gboolean opt_growth = FALSE;
static gboolean opt_list = FALSE;
static char    *opt_child = NULL;
static char    *opt_json = NULL;
static char   **opt_only = NULL;
static char   **opt_contestants = NULL;

static const GOptionEntry entries[] =
{
  { "only", 0, 0, G_OPTION_ARG_STRING_ARRAY, &opt_only,
    "Run this case, or with --growth this series; may be given more than once", "NAME" },
  { "contestant", 0, 0, G_OPTION_ARG_STRING_ARRAY, &opt_contestants,
    "Let this contestant run, and no others; may be given more than once", "NAME" },
  { "rounds", 0, 0, G_OPTION_ARG_INT, &opt_rounds,
    "How many rounds each of them runs (15; at most " G_STRINGIFY (BENCH_MAX_ROUNDS) ")", "N" },
  { "growth", 0, 0, G_OPTION_ARG_NONE, &opt_growth,
    "Measure besides how cost grows with size", NULL },
  { "json", 0, 0, G_OPTION_ARG_FILENAME, &opt_json,
    "Write the numbers to FILE, - for the standard output", "FILE" },
  { "list", 0, 0, G_OPTION_ARG_NONE, &opt_list,
    "Tell which cases and contestants there are", NULL },
  { "count", 0, 0, G_OPTION_ARG_INT64, &opt_count,
    "Only run N operations of the one case and contestant given, for a profiler", "N" },
  { "child", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_STRING, &opt_child, NULL, NULL },
  { NULL }
};

static const BenchCase *
nth_case (guint n)
{
  static const BenchCase * const lists[] = {
    bench_work_cases,
    bench_loop_cases,
    bench_thread_cases,
    bench_process_cases,
    bench_lateness_cases,
  };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (lists); i++)
    {
      const BenchCase *bench_case;

      for (bench_case = lists[i]; bench_case->name != NULL; bench_case++)
        if (n-- == 0)
          return bench_case;
    }

  return NULL;
}

static const BenchSeries *
nth_series (guint n)
{
  static const BenchSeries * const lists[] = { bench_work_series, bench_thread_series };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (lists); i++)
    {
      const BenchSeries *series;

      for (series = lists[i]; series->name != NULL; series++)
        if (n-- == 0)
          return series;
    }

  return NULL;
}

static gboolean
is_wanted (const char *name)
{
  return opt_only == NULL || g_strv_contains ((const char * const *) opt_only, name);
}

/* A name that was misspelt is not an empty table. */
static gboolean
know_all_names (void)
{
  guint i, n;

  for (i = 0; opt_only != NULL && opt_only[i] != NULL; i++)
    {
      const BenchCase *bench_case;
      const BenchSeries *series;
      gboolean known = FALSE;

      for (n = 0; !known && (bench_case = nth_case (n)) != NULL; n++)
        known = g_str_equal (bench_case->name, opt_only[i]);
      for (n = 0; opt_growth && !known && (series = nth_series (n)) != NULL; n++)
        known = g_str_equal (series->name, opt_only[i]);
      if (!known)
        {
          g_printerr ("There is no %s: see --list\n", opt_only[i]);
          return FALSE;
        }
    }

  return TRUE;
}

static void
list_cases (void)
{
  const BenchCase *bench_case;
  const BenchSeries *series;
  guint n, i;

  for (n = 0; (bench_case = nth_case (n)) != NULL; n++)
    {
      g_print ("%-20s %s:", bench_case->name, bench_case->title);
      for (i = 0; i < BENCH_MAX_CONTESTANTS && bench_case->contestants[i] != NULL; i++)
        g_print (" %s", bench_case->contestants[i]->name);
      g_print ("\n");
    }

  for (n = 0; (series = nth_series (n)) != NULL; n++)
    g_print ("%-20s --growth: %s\n", series->name, series->title);
}

static int
count_operations (void)
{
  const BenchCase *bench_case;
  guint n, i;

  if (opt_only == NULL || opt_contestants == NULL)
    {
      g_printerr ("--count needs --only and --contestant\n");
      return 1;
    }

  for (n = 0; (bench_case = nth_case (n)) != NULL; n++)
    for (i = 0; i < BENCH_MAX_CONTESTANTS && bench_case->contestants[i] != NULL; i++)
      {
        if (!g_str_equal (bench_case->name, opt_only[0]) ||
            !g_str_equal (bench_case->contestants[i]->name, opt_contestants[0]))
          continue;
        if (opt_count % bench_case->ops != 0)
          {
            g_printerr ("--count has to be a multiple of %u here\n", bench_case->ops);
            return 1;
          }
        bench_run_count (bench_case, bench_case->contestants[i], opt_count);
        return 0;
      }

  g_printerr ("There is no such case, or no such contestant in it: see --list\n");
  return 1;
}

/* Wanted cases in a row with the same group; each case without one is alone. */
static void
run_cases (BenchReport        *report,
           const BenchOptions *options)
{
  const BenchCase *group[16];
  const BenchCase *bench_case;
  guint n_group = 0;
  guint n, i;

  for (n = 0; ; n++)
    {
      bench_case = nth_case (n);
      if (n_group > 0 &&
          (bench_case == NULL || n_group == G_N_ELEMENTS (group) || bench_case->group == NULL ||
           g_strcmp0 (bench_case->group, group[0]->group) != 0))
        {
          g_autoptr (GPtrArray) rows = bench_run_group (group, n_group, options);

          for (i = 0; i < rows->len; i++)
            bench_report_add_row (report, g_ptr_array_index (rows, i));
          n_group = 0;
        }

      if (bench_case == NULL)
        return;
      if (is_wanted (bench_case->name))
        group[n_group++] = bench_case;
    }
}

static void
run_series (BenchReport        *report,
            const BenchOptions *options,
            const BenchSeries  *series)
{
  BenchCase sized = *series->model;
  const BenchCase *alone = &sized;
  guint i;

  memset (sized.targets, 0, sizeof sized.targets);
  for (i = 0; i < series->n_sizes; i++)
    {
      g_autoptr (GPtrArray) rows = NULL;

      sized.size = series->sizes[i];
      rows = bench_run_group (&alone, 1, options);
      bench_report_add_growth (report, series, sized.size, g_ptr_array_index (rows, 0));
    }
}

int
main (int   argc,
      char *argv[])
{
  g_autoptr (GOptionContext) command_line = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (BenchReport) report = NULL;
  const BenchSeries *series;
  BenchOptions options;
  guint n;

  g_option_context_add_main_entries (command_line, entries, NULL);
  g_option_context_set_summary (command_line,
                                "Measures what GCtx costs beside a bare GObject (floor), what GLib programs\n"
                                "write today (idiom) and Go's context (go), all in the same rounds.");
  if (!g_option_context_parse (command_line, &argc, &argv, &error))
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }

  if (opt_child != NULL)
    return bench_process_main (opt_child);
  if (opt_list)
    {
      list_cases ();
      return 0;
    }
  if (!know_all_names ())
    return 1;
  if (opt_count > 0)
    return count_operations ();

  options.rounds = CLAMP (opt_rounds, 1, BENCH_MAX_ROUNDS);
  options.contestants = (const char * const *) opt_contestants;
  report = bench_report_new (g_strcmp0 (opt_json, "-") == 0 ? stderr : stdout,
                             options.rounds, bench_go_get_version ());

  run_cases (report, &options);
  for (n = 0; opt_growth && (series = nth_series (n)) != NULL; n++)
    if (is_wanted (series->name))
      run_series (report, &options, series);

  if (opt_json != NULL && !bench_report_save (report, opt_json, &error))
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }

  return 0;
}
