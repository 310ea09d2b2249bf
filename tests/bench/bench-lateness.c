/* bench-lateness.c: how late a deadline is told
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "bench-cases.h"

#include <gctx.h>

/* Deadlines of 1 to 20 ms, one after the other, and of each contestant in turn:
 * what disturbs the machine hits all alike. Each round so many of each. */
#define LONGEST_MSEC 20
#define N_IN_LOOP    128
#define N_STUCK      20

typedef enum
{
  HANDLER,     /* a handler of GCancellable::cancelled */
  AFTER_FUNC,
  TIMEOUT,     /* a g_timeout source */
  TIMEOUT_CANCEL, /* one that cancels a GCancellable, whose handler it is that is told */
  WAIT,        /* gctx_context_wait () */
  COND,        /* g_cond_wait_until () */
  N_WAYS,
} Way;

/* What is known of one deadline. */
typedef struct
{
  GMutex        mutex;
  GCond         cond;
  GMainContext *main_context;
  GThread      *thread;       /* that of the loop */
  gint64        due_usec;
  gint64        told_usec;    /* 0 for not yet; under the mutex */
} Deadline;

static void
deadline_tell (Deadline *deadline)
{
  gint64 now_usec = g_get_monotonic_time ();

  g_mutex_lock (&deadline->mutex);
  deadline->told_usec = now_usec;
  g_cond_signal (&deadline->cond);
  g_mutex_unlock (&deadline->mutex);

  if (deadline->main_context != NULL && deadline->thread != g_thread_self ())
    g_main_context_wakeup (deadline->main_context);
}

static gboolean
deadline_is_told (Deadline *deadline)
{
  gboolean told;

  g_mutex_lock (&deadline->mutex);
  told = deadline->told_usec != 0;
  g_mutex_unlock (&deadline->mutex);

  return told;
}

static void
on_cancelled (GCancellable *cancellable,
              gpointer      user_data)
{
  deadline_tell (user_data);
}

static void
on_done (GCtxContext *context,
         gpointer     user_data)
{
  deadline_tell (user_data);
}

static gboolean
on_timeout (gpointer user_data)
{
  deadline_tell (user_data);

  return G_SOURCE_REMOVE;
}

static gboolean
on_timeout_cancel (gpointer user_data)
{
  g_cancellable_cancel (user_data);

  return G_SOURCE_REMOVE;
}

/* --- With a loop --- */

/* What GLib alone does of the same. */
static void
time_source (Deadline *deadline,
             Way       way,
             guint     msec)
{
  g_autoptr (GSource) source = g_timeout_source_new (msec);
  g_autoptr (GCancellable) cancellable = NULL;
  gulong handler = 0;

  if (way == TIMEOUT)
    {
      g_source_set_callback (source, on_timeout, deadline, NULL);
    }
  else
    {
      cancellable = g_cancellable_new ();
      handler = g_cancellable_connect (cancellable, G_CALLBACK (on_cancelled), deadline, NULL);
      g_source_set_callback (source, on_timeout_cancel, g_object_ref (cancellable), g_object_unref);
    }
  g_source_attach (source, deadline->main_context);
  deadline->due_usec = g_source_get_ready_time (source);

  while (!deadline_is_told (deadline))
    g_main_context_iteration (deadline->main_context, TRUE);

  if (cancellable != NULL)
    g_cancellable_disconnect (cancellable, handler);
  g_source_destroy (source);
}

static void
time_in_loop (Deadline    *deadline,
              Way          way,
              GCtxContext *root,
              guint        msec)
{
  GCtxScope *scope;
  GCancellable *cancellable = NULL;
  gulong handler = 0;

  if (way == TIMEOUT || way == TIMEOUT_CANCEL)
    {
      time_source (deadline, way, msec);
      return;
    }

  scope = gctx_scope_new_with_timeout (root, msec * G_TIME_SPAN_MILLISECOND);
  gctx_context_get_deadline (GCTX_CONTEXT (scope), &deadline->due_usec);
  if (way == AFTER_FUNC)
    {
      gctx_context_add_after_func (GCTX_CONTEXT (scope), on_done, deadline, NULL);
    }
  else
    {
      cancellable = gctx_context_get_cancellable (GCTX_CONTEXT (scope));
      handler = g_cancellable_connect (cancellable, G_CALLBACK (on_cancelled), deadline, NULL);
    }

  while (!deadline_is_told (deadline))
    g_main_context_iteration (deadline->main_context, TRUE);

  if (cancellable != NULL)
    g_cancellable_disconnect (cancellable, handler);
  gctx_scope_close (scope);
}

/* --- Without one, and in one that is stuck --- */

/* The calling thread does nothing but wait. */
static void
time_blocking (Deadline    *deadline,
               Way          way,
               GCtxContext *root,
               guint        msec)
{
  GCtxScope *scope;
  GCancellable *cancellable;
  gulong handler;

  if (way == COND)
    {
      deadline->due_usec = g_get_monotonic_time () + msec * G_TIME_SPAN_MILLISECOND;
      g_mutex_lock (&deadline->mutex);
      while (g_cond_wait_until (&deadline->cond, &deadline->mutex, deadline->due_usec))
        ;
      g_mutex_unlock (&deadline->mutex);
      deadline_tell (deadline);
      return;
    }

  scope = gctx_scope_new_with_timeout (root, msec * G_TIME_SPAN_MILLISECOND);
  gctx_context_get_deadline (GCTX_CONTEXT (scope), &deadline->due_usec);
  if (way == WAIT)
    {
      gctx_context_wait (GCTX_CONTEXT (scope));
      deadline_tell (deadline);
    }
  else
    {
      cancellable = gctx_context_get_cancellable (GCTX_CONTEXT (scope));
      handler = g_cancellable_connect (cancellable, G_CALLBACK (on_cancelled), deadline, NULL);
      g_mutex_lock (&deadline->mutex);
      while (deadline->told_usec == 0)
        g_cond_wait (&deadline->cond, &deadline->mutex);
      g_mutex_unlock (&deadline->mutex);
      g_cancellable_disconnect (cancellable, handler);
    }
  gctx_scope_close (scope);
}

/* A callback that blocks its loop. */
typedef struct
{
  Deadline    *deadline;
  GCtxContext *root;
  guint        msec;
} Stuck;

static gboolean
on_stuck (gpointer user_data)
{
  Stuck *stuck = user_data;

  time_blocking (stuck->deadline, HANDLER, stuck->root, stuck->msec);

  return G_SOURCE_REMOVE;
}

static void
time_stuck (Deadline    *deadline,
            Way          way,
            GCtxContext *root,
            guint        msec)
{
  Stuck stuck = { deadline, root, msec };
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_callback (source, on_stuck, &stuck, NULL);
  g_source_attach (source, deadline->main_context);
  while (!deadline_is_told (deadline))
    g_main_context_iteration (deadline->main_context, TRUE);
}

/* --- Rounds --- */

/* One run serves all contestants of the two cases, p50 and p99: each of them
 * takes its number from it once, and who asks twice starts another. */
typedef struct
{
  void (*time) (Deadline *, Way, GCtxContext *, guint);
  gboolean has_loop;
  guint    n;
  gboolean fresh[N_WAYS][2];
  double   late_usec[N_WAYS][2];
  Way      ways[N_WAYS + 1];   /* ends with N_WAYS */
} Situation;

static Situation in_loop = {
  .time = time_in_loop, .has_loop = TRUE, .n = N_IN_LOOP,
  .ways = { HANDLER, TIMEOUT, TIMEOUT_CANCEL, AFTER_FUNC, N_WAYS },
};

static Situation no_loop = {
  .time = time_blocking, .n = N_IN_LOOP,
  .ways = { HANDLER, WAIT, COND, N_WAYS },
};

static Situation stuck_loop = {
  .time = time_stuck, .has_loop = TRUE, .n = N_STUCK,
  .ways = { HANDLER, N_WAYS },
};

static double
time_one (Situation    *situation,
          Way           way,
          GMainContext *main_context,
          GCtxContext  *root,
          guint         msec)
{
  Deadline deadline = { .main_context = main_context, .thread = g_thread_self () };

  g_mutex_init (&deadline.mutex);
  g_cond_init (&deadline.cond);
  situation->time (&deadline, way, root, msec);
  g_mutex_clear (&deadline.mutex);
  g_cond_clear (&deadline.cond);

  return deadline.told_usec - deadline.due_usec;
}

static void
run (Situation *situation)
{
  g_autoptr (GMainContext) main_context = g_main_context_new ();
  g_autoptr (GCtxScopeCloser) root = gctx_scope_new (gctx_context_background ());
  g_autofree double *late = g_new (double, N_WAYS * situation->n);
  guint i, n_ways;
  Way way;

  for (n_ways = 0; situation->ways[n_ways] != N_WAYS; n_ways++)
    ;

  g_main_context_push_thread_default (main_context);
  for (i = 0; i < situation->n * n_ways; i++)
    {
      guint nth = i / n_ways;

      /* A step that has no divisor with LONGEST_MSEC reaches all lengths. */
      way = situation->ways[(i + nth) % n_ways];
      late[way * situation->n + nth] = time_one (situation, way,
                                                 situation->has_loop ? main_context : NULL,
                                                 GCTX_CONTEXT (root), nth * 7 % LONGEST_MSEC + 1);
    }
  g_main_context_pop_thread_default (main_context);

  for (i = 0; i < n_ways; i++)
    {
      double *sorted;

      way = situation->ways[i];
      sorted = &late[way * situation->n];
      bench_sort (sorted, situation->n);
      situation->late_usec[way][0] = sorted[situation->n / 2];
      situation->late_usec[way][1] = sorted[situation->n * 99 / 100];
      situation->fresh[way][0] = situation->fresh[way][1] = TRUE;
    }
}

typedef struct
{
  Situation *situation;
  Way        way;
  guint      part;        /* 0 for p50, 1 for p99 */
} Number;

static double
number_sample (gpointer fixture)
{
  Number *number = fixture;
  Situation *situation = number->situation;

  if (!situation->fresh[number->way][number->part])
    run (situation);
  situation->fresh[number->way][number->part] = FALSE;

  return situation->late_usec[number->way][number->part];
}

static gpointer
number_new (const BenchCase *bench_case,
            Way              way)
{
  Number *number = g_new0 (Number, 1);

  number->situation = g_str_has_prefix (bench_case->name, "lateness-no-loop") ? &no_loop :
                      g_str_has_prefix (bench_case->name, "lateness-stuck") ? &stuck_loop : &in_loop;
  number->way = way;
  number->part = bench_case->size == 99;

  return number;
}

static gpointer
handler_set_up (const BenchCase *bench_case)
{
  return number_new (bench_case, HANDLER);
}

static gpointer
after_func_set_up (const BenchCase *bench_case)
{
  return number_new (bench_case, AFTER_FUNC);
}

static gpointer
timeout_set_up (const BenchCase *bench_case)
{
  return number_new (bench_case, TIMEOUT);
}

static gpointer
timeout_cancel_set_up (const BenchCase *bench_case)
{
  return number_new (bench_case, TIMEOUT_CANCEL);
}

static gpointer
wait_set_up (const BenchCase *bench_case)
{
  return number_new (bench_case, WAIT);
}

static gpointer
cond_set_up (const BenchCase *bench_case)
{
  return number_new (bench_case, COND);
}

static const BenchContestant by_handler = { "gctx", handler_set_up, NULL, number_sample, g_free };
static const BenchContestant by_after_func = {
  "ref:after-func", after_func_set_up, NULL, number_sample, g_free
};
static const BenchContestant by_timeout = { "idiom", timeout_set_up, NULL, number_sample, g_free };
static const BenchContestant by_timeout_cancel = {
  "ref:g_timeout that cancels", timeout_cancel_set_up, NULL, number_sample, g_free
};
static const BenchContestant by_wait = {
  "ref:gctx_context_wait", wait_set_up, NULL, number_sample, g_free
};
static const BenchContestant by_cond = {
  "ref:g_cond_wait_until", cond_set_up, NULL, number_sample, g_free
};

const BenchCase bench_lateness_cases[] =
{
  {
    .name = "lateness-p50",
    .title = "how late a deadline is told in an idle loop, p50",
    .unit = "us",
    .group = "lateness",
    .size = 50,
    .ops = 1,
    .contestants = { &by_handler, &by_timeout, &by_timeout_cancel, &by_after_func },
    .targets = { { "idiom", .max = 1.0 } },
  },
  {
    .name = "lateness-p99",
    .title = "how late a deadline is told in an idle loop, p99",
    .unit = "us",
    .group = "lateness",
    .size = 99,
    .ops = 1,
    .contestants = { &by_handler, &by_timeout, &by_timeout_cancel, &by_after_func },
    .targets = { { "idiom", .max = 1.0 } },
  },
  {
    .name = "lateness-no-loop-p50",
    .title = "how late without a loop, by a delivery thread, p50",
    .unit = "us",
    .group = "lateness-no-loop",
    .size = 50,
    .ops = 1,
    .max_rounds = 5,
    .contestants = { &by_handler, &by_wait, &by_cond },
  },
  {
    .name = "lateness-no-loop-p99",
    .title = "how late without a loop, by a delivery thread, p99",
    .unit = "us",
    .group = "lateness-no-loop",
    .size = 99,
    .ops = 1,
    .max_rounds = 5,
    .contestants = { &by_handler, &by_wait, &by_cond },
  },
  {
    .name = "lateness-stuck-p50",
    .title = "how late while the loop is stuck in a callback, p50",
    .unit = "us",
    .group = "lateness-stuck",
    .size = 50,
    .ops = 1,
    .max_rounds = 3,
    .contestants = { &by_handler },
  },
  {
    .name = "lateness-stuck-p99",
    .title = "how late while the loop is stuck in a callback, p99",
    .unit = "us",
    .group = "lateness-stuck",
    .size = 99,
    .ops = 1,
    .max_rounds = 3,
    .contestants = { &by_handler },
  },
  { NULL }
};
