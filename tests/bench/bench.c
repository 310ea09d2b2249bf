/* bench.c: rounds that interleave, and what they say
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "bench.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

gint64
bench_now_ns (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);

  return now.tv_sec * G_GINT64_CONSTANT (1000000000) + now.tv_nsec;
}

/* --- The load --- */

static guint *
shuffled (guint n)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (n);
  guint *order = g_new (guint, n);
  guint i, j, swap;

  for (i = 0; i < n; i++)
    order[i] = i;

  for (i = n - 1; i > 0; i--)
    {
      j = (guint) g_rand_int_range (rand, 0, (gint32) i + 1);
      swap = order[i];
      order[i] = order[j];
      order[j] = swap;
    }

  return order;
}

const guint *
bench_order (void)
{
  static guint *order = NULL;

  if (order == NULL)
    order = shuffled (BENCH_IN_FLIGHT);

  return order;
}

const GTimeSpan *
bench_timeouts (guint n)
{
  static GHashTable *by_number = NULL;
  g_autofree guint *order = NULL;
  GTimeSpan *timeouts;
  guint i;

  if (by_number == NULL)
    by_number = g_hash_table_new (NULL, NULL);

  timeouts = g_hash_table_lookup (by_number, GUINT_TO_POINTER (n));
  if (timeouts != NULL || n == 0)
    return timeouts;

  order = shuffled (n);
  timeouts = g_new (GTimeSpan, n);
  for (i = 0; i < n; i++)
    timeouts[i] = 30 * G_TIME_SPAN_SECOND + 30 * G_TIME_SPAN_SECOND / n * order[i];
  g_hash_table_insert (by_number, GUINT_TO_POINTER (n), timeouts);

  return timeouts;
}

const char *
bench_user (guint nth)
{
  static const char * const users[] = {
    "anna", "bela", "chloe", "dana", "emil", "farid", "goran", "hana",
    "ines", "jonas", "kofi", "lena", "mei", "nadia", "omar", "petra",
  };

  return users[nth % G_N_ELEMENTS (users)];
}

guint
bench_fans (gint64 n_children)
{
  return n_children < 100000 ? 100000 / (guint) n_children : 1;
}

/* --- Statistics --- */

static int
compare_doubles (gconstpointer a,
                 gconstpointer b)
{
  double x = *(const double *) a;
  double y = *(const double *) b;

  return (x > y) - (x < y);
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
      qsort (sorted, n_sorted, sizeof (double), compare_doubles);
      spread.median = percentile (sorted, n_sorted, 0.5);
      spread.low = percentile (sorted, n_sorted, 0.1);
      spread.high = percentile (sorted, n_sorted, 0.9);
    }

  return spread;
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
set_up_row (const BenchCase    *bench_case,
            const BenchOptions *options)
{
  BenchRow *row = g_new0 (BenchRow, 1);
  guint i;

  row->bench_case = bench_case;
  for (i = 0; i < BENCH_MAX_CONTESTANTS && bench_case->contestants[i] != NULL; i++)
    {
      const BenchContestant *contestant = bench_case->contestants[i];
      BenchResult *result = &row->results[row->n_results];

      if (options->contestants != NULL &&
          !g_strv_contains (options->contestants, contestant->name))
        continue;

      result->contestant = contestant;
      result->values = g_array_new (FALSE, FALSE, sizeof (double));
      if (contestant->set_up != NULL)
        result->fixture = contestant->set_up (bench_case);
      calibrate (result);
      row->n_results++;
    }

  return row;
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

      if (ours != NULL && theirs != NULL)
        judge (target, ours, theirs, &row->verdicts[i]);
    }
}

GPtrArray *
bench_run_group (const BenchCase * const *cases,
                 guint                    n_cases,
                 const BenchOptions      *options)
{
  GPtrArray *rows = g_ptr_array_new_with_free_func (free_row);
  guint round, i, j;

  for (i = 0; i < n_cases; i++)
    g_ptr_array_add (rows, set_up_row (cases[i], options));

  for (round = 0; round <= options->rounds; round++)
    for (i = 0; i < n_cases; i++)
      run_row (g_ptr_array_index (rows, i), round);

  for (i = 0; i < n_cases; i++)
    {
      BenchRow *row = g_ptr_array_index (rows, i);

      tear_down_row (row);
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
