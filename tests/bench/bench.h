/* bench.h: cases, contestants, and how they are measured
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <stdio.h>

#include <gio/gio.h>

G_BEGIN_DECLS

/* How many requests a server has in flight: what is measured is made in one
 * pass over so many, and ended in another that goes by bench_order (). An
 * object that is made and freed at once would come from a hot cache. */
#define BENCH_IN_FLIGHT 1000

/* How long a round of a contestant lasts at least. */
#define BENCH_ROUND_NS (8 * 1000 * 1000)

/* With more, what is pending for half a minute would not be any more. */
#define BENCH_MAX_ROUNDS 200

typedef struct _BenchCase BenchCase;

/* A column of a case.
 *
 * To add one: write `batch` where the harness shall take the time. A batch is
 * as many operations as the case says in `ops`; how many batches fill a round
 * is found once, before the first round. Write `sample` where the contestant
 * takes the time itself, because not all it does is to be measured, or because
 * what it measures is no time: what it returns is in the unit of the case and
 * for one operation (bench_now_ns () is the clock). It is called once a round,
 * or `samples` times, and then the median counts. NAN is a value that could not
 * be measured.
 *
 * Each group of cases runs in a process of its own, where nothing of GCtx has
 * run before. All fixtures of a group exist there at the same time, so a fixture with
 * deadlines or sources brings a GMainContext of its own, pushed as the thread's
 * default around what is done with it. */
typedef struct
{
  const char *name;      /* "gctx", "floor", "idiom", "go"; "ref:NAME" for anything else */

  gpointer (*set_up)    (const BenchCase *bench_case);   /* may be NULL */
  void     (*batch)     (gpointer         fixture);
  double   (*sample)    (gpointer         fixture);
  void     (*tear_down) (gpointer         fixture);      /* may be NULL */
} BenchContestant;

/* What "gctx" of the case is held against. One of the limits is set. */
typedef struct
{
  const char *against;   /* a contestant of the case; "own:CASE" is "gctx" of another case of the group; "itself" is 1 of the unit */
  double      max;       /* less is better */
  double      min;       /* more is better */
} BenchTarget;

#define BENCH_MAX_CONTESTANTS 6
#define BENCH_MAX_TARGETS     4

/* A row of the table. */
struct _BenchCase
{
  const char            *name;
  const char            *title;
  const char            *unit;         /* NULL for "ns" */
  const char            *group;        /* cases in a row with the same group have their rounds interleaved */
  gint64                 size;         /* how deep, how wide, how many others: for `set_up` */
  guint                  ops;          /* operations in a batch */
  guint                  samples;      /* how often `sample` is called in a round; 0 for once */
  guint                  max_rounds;   /* 0 for as many as were asked for */
  const char            *go;           /* what go/main.go calls it; NULL where Go has nothing like it */
  const BenchContestant *contestants[BENCH_MAX_CONTESTANTS];
  BenchTarget            targets[BENCH_MAX_TARGETS];
};

/* How a case grows: the same case at several sizes. */
typedef struct
{
  const char      *name;
  const char      *title;
  const BenchCase *model;
  gint64           sizes[12];
  guint            n_sizes;
} BenchSeries;

/* --- What was measured: bench.c --- */

typedef struct
{
  double median;
  double low;            /* 10th percentile */
  double high;           /* 90th */
} BenchSpread;

typedef struct
{
  const BenchContestant *contestant;
  gpointer               fixture;
  guint64                n_batches;    /* in a round */
  GArray                *values;       /* of double, one a round */
  BenchSpread            spread;
} BenchResult;

typedef struct
{
  double   ratio;        /* of the medians */
  double   low;          /* of the ratios in each round */
  double   high;
  gboolean met;
} BenchVerdict;

typedef struct
{
  const BenchCase *bench_case;
  BenchResult      results[BENCH_MAX_CONTESTANTS];
  guint            n_results;
  BenchVerdict     verdicts[BENCH_MAX_TARGETS];   /* NAN where there is nothing to compare with */
} BenchRow;

typedef struct
{
  guint               rounds;
  const char * const *contestants;     /* NULL for all */
} BenchOptions;

GPtrArray         *bench_run_group   (const BenchCase * const *cases,
                                      guint                    n_cases,
                                      const BenchOptions      *options);
void               bench_run_count   (const BenchCase         *bench_case,
                                      const BenchContestant   *contestant,
                                      guint64                  n_operations);
const BenchResult *bench_row_find    (const BenchRow          *row,
                                      const char              *contestant);
const char        *bench_case_unit   (const BenchCase         *bench_case);
void               bench_sort        (double                  *values,
                                      gsize                    n_values);

/* --- The table and the JSON: bench-report.c --- */

typedef struct _BenchReport BenchReport;

BenchReport *bench_report_new        (FILE              *table,
                                      guint              rounds,
                                      const char        *go_version);
void         bench_report_add_row    (BenchReport       *self,
                                      BenchRow          *row);
void         bench_report_add_growth (BenchReport       *self,
                                      const BenchSeries *series,
                                      gint64             size,
                                      BenchRow          *row);
gboolean     bench_report_save       (BenchReport       *self,
                                      const char        *file,
                                      GError           **error);
void         bench_report_free       (BenchReport       *self);

/* --- For contestants: bench-load.c --- */

gint64           bench_now_ns   (void);

/* The order in which BENCH_IN_FLIGHT requests end: shuffled, always the same. */
const guint     *bench_order    (void);

/* @n timeouts between 30 and 60 seconds in microseconds, all different, in an
 * order that is always the same. */
const GTimeSpan *bench_timeouts (guint n);

/* Who sent the request. */
const char      *bench_user     (guint nth);

/* How many fans of @n_children a sample cancels: as many children in all for
 * every size, so that no size has a cache to itself. */
guint            bench_fans     (gint64 n_children);

/* Keeps the compiler from leaving out what led to @value. */
#define BENCH_USE(value) __asm__ volatile ("" : : "r" (value) : "memory")

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BenchReport, bench_report_free)

G_END_DECLS
