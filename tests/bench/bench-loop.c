/* bench-loop.c: main loops with many deadlines
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "bench-cases.h"
#include "bench-idiom.h"

#include <gctx.h>

/* What a contestant has pending, in a main loop of its own. */
typedef struct
{
  GMainContext  *main_context;
  gsize          n;

  /* Of GCtx. */
  GCtxScope     *root;
  GCtxScope    **scopes;

  /* Of the idiom. */
  GCancellable  *parent;
  BenchRequest  *requests;

  GCancellable **cancellables;   /* that of each operation, whoever the contestant is */
} Loop;

static Loop *
loop_new (gsize n)
{
  Loop *loop = g_new0 (Loop, 1);

  loop->main_context = g_main_context_new ();
  loop->n = n;
  loop->root = gctx_scope_new (gctx_context_background ());
  loop->scopes = g_new0 (GCtxScope *, n);
  loop->parent = g_cancellable_new ();
  loop->cancellables = g_new0 (GCancellable *, n);
  loop->requests = g_new0 (BenchRequest, n);

  return loop;
}

static void
loop_free (Loop *loop)
{
  gctx_scope_close (loop->root);
  g_object_unref (loop->parent);
  g_free (loop->scopes);
  g_free (loop->cancellables);
  g_free (loop->requests);
  g_main_context_unref (loop->main_context);
  g_free (loop);
}

/* --- An iteration with so many pending, none of them near --- */

static void
iterate_batch (gpointer fixture)
{
  Loop *loop = fixture;

  g_main_context_iteration (loop->main_context, FALSE);
}

static gpointer
iterate_gctx_set_up (const BenchCase *bench_case)
{
  Loop *loop = loop_new (bench_case->size);
  const GTimeSpan *timeouts = bench_timeouts (loop->n);
  gsize i;

  g_main_context_push_thread_default (loop->main_context);
  for (i = 0; i < loop->n; i++)
    loop->scopes[i] = gctx_scope_new_with_timeout (GCTX_CONTEXT (loop->root), timeouts[i]);
  g_main_context_pop_thread_default (loop->main_context);

  return loop;
}

static void
iterate_gctx_tear_down (gpointer fixture)
{
  Loop *loop = fixture;
  gsize i;

  for (i = 0; i < loop->n; i++)
    gctx_scope_close (loop->scopes[i]);
  loop_free (loop);
}

static gpointer
iterate_idiom_set_up (const BenchCase *bench_case)
{
  Loop *loop = loop_new (bench_case->size);
  const GTimeSpan *timeouts = bench_timeouts (loop->n);
  gsize i;

  for (i = 0; i < loop->n; i++)
    loop->requests[i].timeout = bench_timeout_attach (loop->main_context, timeouts[i] / 1000, loop->parent);

  return loop;
}

static void
iterate_idiom_tear_down (gpointer fixture)
{
  Loop *loop = fixture;
  gsize i;

  for (i = 0; i < loop->n; i++)
    bench_timeout_end (loop->requests[i].timeout);
  loop_free (loop);
}

static const BenchContestant iterate_gctx = {
  "gctx", iterate_gctx_set_up, iterate_batch, NULL, iterate_gctx_tear_down
};

static const BenchContestant iterate_idiom = {
  "idiom", iterate_idiom_set_up, iterate_batch, NULL, iterate_idiom_tear_down
};

/* --- Many that expire together --- */

/* A round makes so many operations, all with the same deadline a while ahead,
 * runs the loop, and takes the time from that deadline on until the last of the
 * operations is told. Where making them took longer than the while, the next
 * try has a longer one. */
static gint64 lead_usec = 250 * G_TIME_SPAN_MILLISECOND;

/* The loop would sleep on if the last one were told by another thread, which a
 * busy machine may bring about. */
static gboolean
on_look_again (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

/* Says how long after @deadline_usec the last one was told, in ns for each. */
static double
run_until_told (Loop   *loop,
                gint64  deadline_usec)
{
  g_autoptr (GSource) look_again = g_timeout_source_new (100);
  gint64 elapsed_ns;
  gsize n_told = 0;

  g_source_set_callback (look_again, on_look_again, NULL, NULL);
  g_source_attach (look_again, loop->main_context);

  while (TRUE)
    {
      while (n_told < loop->n && g_cancellable_is_cancelled (loop->cancellables[n_told]))
        n_told++;
      if (n_told == loop->n)
        break;
      g_main_context_iteration (loop->main_context, TRUE);
    }
  elapsed_ns = bench_now_ns () - 1000 * deadline_usec;
  g_source_destroy (look_again);

  return (double) elapsed_ns / loop->n;
}

static gpointer
expire_set_up (const BenchCase *bench_case)
{
  return loop_new (bench_case->size);
}

static void
expire_tear_down (gpointer fixture)
{
  loop_free (fixture);
}

static double
expire_gctx_sample (gpointer fixture)
{
  Loop *loop = fixture;
  double sample = -1;
  gint64 deadline_usec;
  gsize i;

  g_main_context_push_thread_default (loop->main_context);
  while (sample < 0)
    {
      deadline_usec = g_get_monotonic_time () + lead_usec;
      for (i = 0; i < loop->n; i++)
        {
          loop->scopes[i] = gctx_scope_new_with_deadline (GCTX_CONTEXT (loop->root), deadline_usec);
          loop->cancellables[i] = gctx_context_get_cancellable (GCTX_CONTEXT (loop->scopes[i]));
        }

      if (g_get_monotonic_time () < deadline_usec)
        sample = run_until_told (loop, deadline_usec);
      else
        lead_usec *= 2;

      for (i = 0; i < loop->n; i++)
        gctx_scope_close (loop->scopes[i]);
    }
  g_main_context_pop_thread_default (loop->main_context);

  return sample;
}

/* What is told is one cancellable, of the last to expire: nobody asked the
 * others for theirs. */
static double
expire_plain_gctx_sample (gpointer fixture)
{
  Loop *loop = fixture;
  Loop last = *loop;
  double sample = -1;
  gint64 deadline_usec;
  gsize i;

  last.n = 1;
  g_main_context_push_thread_default (loop->main_context);
  while (sample < 0)
    {
      deadline_usec = g_get_monotonic_time () + lead_usec;
      for (i = 0; i < loop->n; i++)
        loop->scopes[i] = gctx_scope_new_with_deadline (GCTX_CONTEXT (loop->root),
                                                        deadline_usec + (i == loop->n - 1));
      last.cancellables[0] = gctx_context_get_cancellable (GCTX_CONTEXT (loop->scopes[i - 1]));

      if (g_get_monotonic_time () < deadline_usec)
        sample = run_until_told (&last, deadline_usec) / loop->n;
      else
        lead_usec *= 2;

      for (i = 0; i < loop->n; i++)
        gctx_scope_close (loop->scopes[i]);
    }
  g_main_context_pop_thread_default (loop->main_context);

  return sample;
}

/* Timeouts come in whole milliseconds, so that the last is ready up to one
 * later than the deadline; it is from there that the time is taken. */
static double
expire_idiom_sample (gpointer fixture)
{
  Loop *loop = fixture;
  double sample = -1;
  gint64 deadline_usec, last_usec;
  gsize i;

  while (sample < 0)
    {
      deadline_usec = g_get_monotonic_time () + lead_usec;
      last_usec = deadline_usec;
      for (i = 0; i < loop->n; i++)
        {
          gint64 left_usec = MAX (deadline_usec - g_get_monotonic_time (), 0);

          bench_request_begin (&loop->requests[i], loop->parent);
          bench_request_set_timeout (&loop->requests[i], loop->main_context, left_usec + 999);
          loop->cancellables[i] = loop->requests[i].cancellable;
          last_usec = MAX (last_usec, g_source_get_ready_time (loop->requests[i].timeout));
        }

      if (g_get_monotonic_time () < deadline_usec)
        sample = run_until_told (loop, last_usec);
      else
        lead_usec *= 2;

      for (i = 0; i < loop->n; i++)
        {
          bench_timeout_end (loop->requests[i].timeout);
          bench_request_end (&loop->requests[i], loop->parent);
        }
    }

  return sample;
}

static const BenchContestant expire_gctx = {
  "gctx", expire_set_up, NULL, expire_gctx_sample, expire_tear_down
};

static const BenchContestant expire_plain_gctx = {
  "ref:without cancellables", expire_set_up, NULL, expire_plain_gctx_sample, expire_tear_down
};

static const BenchContestant expire_idiom = {
  "idiom", expire_set_up, NULL, expire_idiom_sample, expire_tear_down
};

const BenchCase bench_loop_cases[] =
{
  {
    .name = "loop-1",
    .title = "main-loop iteration with one pending deadline",
    .group = "loop",
    .size = 1,
    .ops = 1,
    .contestants = { &iterate_gctx, &iterate_idiom },
  },
  {
    .name = "loop-100000",
    .title = "main-loop iteration with 100,000 pending deadlines",
    .group = "loop",
    .size = 100000,
    .ops = 1,
    .contestants = { &iterate_gctx, &iterate_idiom },
    .targets = { { "own:loop-1", .max = 1.2 } },
  },
  {
    .name = "expire-100000",
    .title = "100,000 deadlines that expire together, per expiry, each told to a GCancellable",
    .size = 100000,
    .ops = 100000,
    .contestants = { &expire_gctx, &expire_idiom, &expire_plain_gctx },
    .targets = { { "idiom", .max = 0.5 } },
  },
  { NULL }
};
