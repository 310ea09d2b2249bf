/* bench.c: rounds that interleave, and what they say
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib-unix.h>

/* --- Statistics --- */

static int
compare_doubles (gconstpointer a,
                 gconstpointer b)
{
  double x = *(const double *) a;
  double y = *(const double *) b;

  return (x > y) - (x < y);
}

void
bench_sort (double *values,
            gsize   n_values)
{
  qsort (values, n_values, sizeof (double), compare_doubles);
}

/* Between two values of a sorted array the line that joins them is taken. */
static double
percentile (const double *sorted,
            guint         n,
            double        part)
{
  double at = part * (n - 1);
  guint below = (guint) at;

  if (below + 1 >= n)
    return sorted[n - 1];

  return sorted[below] + (at - below) * (sorted[below + 1] - sorted[below]);
}

static BenchSpread
spread_of (const double *values,
           guint         n)
{
  g_autofree double *sorted = g_new (double, n + 1);
  BenchSpread spread = { NAN, NAN, NAN };
  guint n_sorted = 0;
  guint i;

  for (i = 0; i < n; i++)
    if (!isnan (values[i]))
      sorted[n_sorted++] = values[i];

  if (n_sorted > 0)
    {
      bench_sort (sorted, n_sorted);
      spread.median = percentile (sorted, n_sorted, 0.5);
      spread.low = percentile (sorted, n_sorted, 0.1);
      spread.high = percentile (sorted, n_sorted, 0.9);
    }

  return spread;
}

/* A value by itself, rather than a ratio. */
static void
judge_alone (const BenchTarget *target,
             const BenchResult *ours,
             BenchVerdict      *verdict)
{
  verdict->ratio = ours->spread.median;
  verdict->low = ours->spread.low;
  verdict->high = ours->spread.high;
  verdict->met = verdict->ratio <= target->max;
}

static void
judge (const BenchTarget *target,
       const BenchResult *ours,
       const BenchResult *theirs,
       BenchVerdict      *verdict)
{
  guint n = MIN (ours->values->len, theirs->values->len);
  g_autofree double *ratios = g_new (double, n + 1);
  BenchSpread spread;
  guint i;

  for (i = 0; i < n; i++)
    ratios[i] = g_array_index (ours->values, double, i) /
                g_array_index (theirs->values, double, i);
  spread = spread_of (ratios, n);

  verdict->ratio = ours->spread.median / theirs->spread.median;
  verdict->low = spread.low;
  verdict->high = spread.high;
  verdict->met = target->max > 0 ? verdict->ratio <= target->max : verdict->ratio >= target->min;
}

/* --- Rounds --- */

const char *
bench_case_unit (const BenchCase *bench_case)
{
  return bench_case->unit != NULL ? bench_case->unit : "ns";
}

const BenchResult *
bench_row_find (const BenchRow *row,
                const char     *contestant)
{
  guint i;

  for (i = 0; i < row->n_results; i++)
    if (g_str_equal (row->results[i].contestant->name, contestant))
      return &row->results[i];

  return NULL;
}

static gint64
time_batches (const BenchResult *result,
              guint64            n_batches)
{
  void (*batch) (gpointer) = result->contestant->batch;
  gpointer fixture = result->fixture;
  gint64 before = bench_now_ns ();
  guint64 i;

  for (i = 0; i < n_batches; i++)
    batch (fixture);

  return bench_now_ns () - before;
}

static void
calibrate (BenchResult *result)
{
  gint64 elapsed;

  if (result->contestant->batch == NULL)
    return;

  /* The first batch makes types and fills caches. */
  time_batches (result, 1);

  for (result->n_batches = 1; ; result->n_batches *= 2)
    {
      elapsed = time_batches (result, result->n_batches);
      if (elapsed >= BENCH_ROUND_NS)
        break;
      if (elapsed >= BENCH_ROUND_NS / 8)
        {
          result->n_batches = result->n_batches * BENCH_ROUND_NS / elapsed + 1;
          break;
        }
    }
}

static double
run_round (const BenchCase   *bench_case,
           const BenchResult *result)
{
  double samples[16];
  guint n, i;

  if (result->contestant->sample != NULL)
    {
      n = CLAMP (bench_case->samples, 1, G_N_ELEMENTS (samples));
      for (i = 0; i < n; i++)
        samples[i] = result->contestant->sample (result->fixture);
      return spread_of (samples, n).median;
    }

  return (double) time_batches (result, result->n_batches) /
         ((double) result->n_batches * bench_case->ops);
}

static void
free_row (gpointer data)
{
  BenchRow *row = data;
  guint i;

  for (i = 0; i < row->n_results; i++)
    g_array_unref (row->results[i].values);
  g_free (row);
}

static BenchRow *
row_new (const BenchCase    *bench_case,
         const BenchOptions *options)
{
  BenchRow *row = g_new0 (BenchRow, 1);
  guint i;

  row->bench_case = bench_case;
  for (i = 0; i < BENCH_MAX_CONTESTANTS && bench_case->contestants[i] != NULL; i++)
    {
      const BenchContestant *contestant = bench_case->contestants[i];

      if (options->contestants != NULL &&
          !g_strv_contains (options->contestants, contestant->name))
        continue;

      row->results[row->n_results].contestant = contestant;
      row->results[row->n_results].values = g_array_new (FALSE, FALSE, sizeof (double));
      row->n_results++;
    }

  return row;
}

static void
set_up_row (BenchRow *row)
{
  guint i;

  for (i = 0; i < row->n_results; i++)
    {
      BenchResult *result = &row->results[i];

      if (result->contestant->set_up != NULL)
        result->fixture = result->contestant->set_up (row->bench_case);
      calibrate (result);
    }
}

static void
tear_down_row (BenchRow *row)
{
  guint i;

  for (i = 0; i < row->n_results; i++)
    {
      BenchResult *result = &row->results[i];

      if (result->contestant->tear_down != NULL)
        result->contestant->tear_down (result->fixture);
      result->fixture = NULL;
    }
}

/* Who is first changes from round to round: nobody always finds the caches as
 * the same other one has left them. */
static void
run_row (BenchRow *row,
         guint     round)
{
  guint i;

  if (row->bench_case->max_rounds > 0 && round > row->bench_case->max_rounds)
    return;

  for (i = 0; i < row->n_results; i++)
    {
      BenchResult *result = &row->results[(i + round) % row->n_results];
      double value = run_round (row->bench_case, result);

      /* The first round only warms up, where there is more than one. */
      if (round > 0)
        g_array_append_val (result->values, value);
    }
}

static void
judge_row (GPtrArray *rows,
           BenchRow  *row)
{
  const BenchResult *ours = bench_row_find (row, "gctx");
  guint i, j;

  for (i = 0; i < BENCH_MAX_TARGETS && row->bench_case->targets[i].against != NULL; i++)
    {
      const BenchTarget *target = &row->bench_case->targets[i];
      const BenchResult *theirs = NULL;

      row->verdicts[i].ratio = NAN;
      if (g_str_has_prefix (target->against, "own:"))
        {
          for (j = 0; j < rows->len; j++)
            {
              BenchRow *other = g_ptr_array_index (rows, j);

              if (g_str_equal (other->bench_case->name, target->against + strlen ("own:")))
                theirs = bench_row_find (other, "gctx");
            }
        }
      else
        theirs = bench_row_find (row, target->against);

      if (ours != NULL && g_str_equal (target->against, "itself"))
        judge_alone (target, ours, &row->verdicts[i]);
      else if (ours != NULL && theirs != NULL)
        judge (target, ours, theirs, &row->verdicts[i]);
    }
}

/* --- A process for each group --- */

static void
write_row (FILE     *to,
           BenchRow *row)
{
  guint i;

  for (i = 0; i < row->n_results; i++)
    {
      GArray *values = row->results[i].values;

      fwrite (&values->len, sizeof values->len, 1, to);
      fwrite (values->data, sizeof (double), values->len, to);
    }
}

static gboolean
read_row (FILE     *from,
          BenchRow *row)
{
  guint n, i;

  for (i = 0; i < row->n_results; i++)
    {
      GArray *values = row->results[i].values;

      if (fread (&n, sizeof n, 1, from) != 1)
        return FALSE;
      g_array_set_size (values, n);
      if (fread (values->data, sizeof (double), n, from) != n)
        return FALSE;
    }

  return TRUE;
}

static void
run_rows (GPtrArray *rows,
          guint      n_rounds)
{
  guint round, i;

  for (i = 0; i < rows->len; i++)
    set_up_row (g_ptr_array_index (rows, i));

  for (round = 0; round <= n_rounds; round++)
    for (i = 0; i < rows->len; i++)
      run_row (g_ptr_array_index (rows, i), round);

  for (i = 0; i < rows->len; i++)
    tear_down_row (g_ptr_array_index (rows, i));
}

/* The heap that one group leaves behind would be measured with the next one:
 * a fan whose children lie scattered takes half as long again to cancel. This
 * process has no threads and has never used GCtx, so a fork is as good as a
 * new one. */
static void
run_rows_apart (GPtrArray *rows,
                guint      n_rounds)
{
  int ends[2];
  FILE *from;
  pid_t pid;
  guint i;

  if (!g_unix_open_pipe (ends, FD_CLOEXEC, NULL))
    g_error ("No pipe: %s", g_strerror (errno));

  fflush (NULL);
  pid = fork ();
  if (pid < 0)
    g_error ("No process: %s", g_strerror (errno));

  if (pid == 0)
    {
      FILE *to = fdopen (ends[1], "w");

      close (ends[0]);
      run_rows (rows, n_rounds);
      for (i = 0; i < rows->len; i++)
        write_row (to, g_ptr_array_index (rows, i));
      fflush (NULL);
      _exit (0);
    }

  close (ends[1]);
  from = fdopen (ends[0], "r");
  for (i = 0; i < rows->len; i++)
    {
      BenchRow *row = g_ptr_array_index (rows, i);

      if (!read_row (from, row))
        g_printerr ("%s did not get to its end\n", row->bench_case->name);
    }
  fclose (from);
  waitpid (pid, NULL, 0);
}

GPtrArray *
bench_run_group (const BenchCase * const *cases,
                 guint                    n_cases,
                 const BenchOptions      *options)
{
  GPtrArray *rows = g_ptr_array_new_with_free_func (free_row);
  guint i, j;

  for (i = 0; i < n_cases; i++)
    g_ptr_array_add (rows, row_new (cases[i], options));

  run_rows_apart (rows, options->rounds);

  for (i = 0; i < n_cases; i++)
    {
      BenchRow *row = g_ptr_array_index (rows, i);

      for (j = 0; j < row->n_results; j++)
        row->results[j].spread = spread_of ((double *) (void *) row->results[j].values->data,
                                            row->results[j].values->len);
    }

  for (i = 0; i < n_cases; i++)
    judge_row (rows, g_ptr_array_index (rows, i));

  return rows;
}

/* What a profiler counts: the difference between N and 2 N operations is that
 * of N of them alone. */
void
bench_run_count (const BenchCase       *bench_case,
                 const BenchContestant *contestant,
                 guint64                n_operations)
{
  gpointer fixture = contestant->set_up != NULL ? contestant->set_up (bench_case) : NULL;
  guint64 i;

  for (i = 0; i < n_operations / MAX (bench_case->ops, 1); i++)
    {
      if (contestant->sample != NULL)
        contestant->sample (fixture);
      else
        contestant->batch (fixture);
    }

  if (contestant->tear_down != NULL)
    contestant->tear_down (fixture);
}
