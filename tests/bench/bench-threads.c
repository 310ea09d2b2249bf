/* bench-threads.c: threads that share a parent
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "bench-cases.h"
#include "bench-contestants.h"
#include "bench-idiom.h"

#include <gctx.h>

typedef struct _Team Team;

/* One thread of a team, on cache lines of its own. */
typedef struct
{
  Team         *team;
  GThread      *thread;
  double        per_second;
  BenchRequest  requests[BENCH_IN_FLIGHT];
  gpointer      objects[BENCH_IN_FLIGHT];
  char          padding[128];
} Member;

struct _Team
{
  void         (*batch) (Member *member);
  GCtxScope     *scope;
  GCtxContext   *parent;
  GCancellable  *cancellable;
  guint          n_members;
  Member        *members;

  /* Atomic. */
  gint           n_waiting;   /* who is at the start */

  /* Under the mutex. */
  GMutex         mutex;
  GCond          cond;
  guint          round;
  guint          n_running;
  gboolean       over;
};

/* --- What a member does, for BENCH_IN_FLIGHT at once --- */

static void
floor_batch (Member *member)
{
  const guint *order = bench_order ();
  guint i;

  for (i = 0; i < BENCH_IN_FLIGHT; i++)
    member->objects[i] = g_object_new (bench_floor_get_type (), NULL);
  for (i = 0; i < BENCH_IN_FLIGHT; i++)
    g_object_unref (member->objects[order[i]]);
}

static void
gctx_batch (Member *member)
{
  const guint *order = bench_order ();
  guint i;

  for (i = 0; i < BENCH_IN_FLIGHT; i++)
    member->objects[i] = gctx_scope_new (member->team->parent);
  for (i = 0; i < BENCH_IN_FLIGHT; i++)
    gctx_scope_close (member->objects[order[i]]);
}

static void
idiom_batch (Member *member)
{
  GCancellable *parent = member->team->cancellable;
  const guint *order = bench_order ();
  guint i;

  for (i = 0; i < BENCH_IN_FLIGHT; i++)
    bench_request_begin (&member->requests[i], parent);
  for (i = 0; i < BENCH_IN_FLIGHT; i++)
    bench_request_end (&member->requests[order[i]], parent);
}

/* --- A round --- */

/* Each runs for as long as a round lasts and says what it got done by its own
 * clock, so that nobody is measured by whoever starts or ends last. */
#define ROUND_NS (3 * BENCH_ROUND_NS)

static void
member_run (Member *member)
{
  Team *team = member->team;
  gint64 begin_ns, elapsed_ns;
  guint64 n = 0;

  /* None starts before all are here; with fewer processors than threads,
   * who waits lets the others come. */
  g_atomic_int_inc (&team->n_waiting);
  while (g_atomic_int_get (&team->n_waiting) < (gint) team->n_members)
    g_thread_yield ();

  begin_ns = bench_now_ns ();
  do
    {
      team->batch (member);
      n += BENCH_IN_FLIGHT;
      elapsed_ns = bench_now_ns () - begin_ns;
    }
  while (elapsed_ns < ROUND_NS);

  member->per_second = n * 1e9 / elapsed_ns;
}

static gpointer
member_thread (gpointer data)
{
  Member *member = data;
  Team *team = member->team;
  guint round = 0;

  g_mutex_lock (&team->mutex);
  while (TRUE)
    {
      while (team->round == round && !team->over)
        g_cond_wait (&team->cond, &team->mutex);
      if (team->over)
        break;
      round = team->round;

      g_mutex_unlock (&team->mutex);
      member_run (member);
      g_mutex_lock (&team->mutex);
      if (--team->n_running == 0)
        g_cond_broadcast (&team->cond);
    }
  g_mutex_unlock (&team->mutex);

  return NULL;
}

/* In thousands per second, of all members together. */
static double
team_sample (gpointer fixture)
{
  Team *team = fixture;
  double per_second = 0;
  guint i;

  g_mutex_lock (&team->mutex);
  g_atomic_int_set (&team->n_waiting, 0);
  team->n_running = team->n_members;
  team->round++;
  g_cond_broadcast (&team->cond);
  while (team->n_running > 0)
    g_cond_wait (&team->cond, &team->mutex);
  g_mutex_unlock (&team->mutex);

  for (i = 0; i < team->n_members; i++)
    per_second += team->members[i].per_second;

  return per_second / 1000;
}

static Team *
team_new (const BenchCase *bench_case,
          void (*batch) (Member *member))
{
  Team *team = g_new0 (Team, 1);
  guint i;

  /* Shuffled by one thread, before there are more. */
  bench_order ();

  team->batch = batch;
  team->scope = gctx_scope_new (gctx_context_background ());
  team->parent = GCTX_CONTEXT (team->scope);
  team->cancellable = g_cancellable_new ();
  g_mutex_init (&team->mutex);
  g_cond_init (&team->cond);

  team->n_members = bench_case->size;
  team->members = g_new0 (Member, team->n_members);
  for (i = 0; i < team->n_members; i++)
    {
      team->members[i].team = team;
      team->members[i].thread = g_thread_new ("bench", member_thread, &team->members[i]);
    }

  return team;
}

static gpointer
gctx_set_up (const BenchCase *bench_case)
{
  return team_new (bench_case, gctx_batch);
}

static gpointer
floor_set_up (const BenchCase *bench_case)
{
  return team_new (bench_case, floor_batch);
}

static gpointer
idiom_set_up (const BenchCase *bench_case)
{
  return team_new (bench_case, idiom_batch);
}

static void
team_free (gpointer fixture)
{
  Team *team = fixture;
  guint i;

  g_mutex_lock (&team->mutex);
  team->over = TRUE;
  g_cond_broadcast (&team->cond);
  g_mutex_unlock (&team->mutex);
  for (i = 0; i < team->n_members; i++)
    g_thread_join (team->members[i].thread);

  gctx_scope_close (team->scope);
  g_object_unref (team->cancellable);
  g_mutex_clear (&team->mutex);
  g_cond_clear (&team->cond);
  g_free (team->members);
  g_free (team);
}

static const BenchContestant gctx_team = { "gctx", gctx_set_up, NULL, team_sample, team_free };
static const BenchContestant floor_team = { "floor", floor_set_up, NULL, team_sample, team_free };
static const BenchContestant idiom_team = { "idiom", idiom_set_up, NULL, team_sample, team_free };

const BenchCase bench_thread_cases[] =
{
  {
    .name = "threads-2",
    .title = "scopes that two threads make and close under one parent",
    .unit = "1000/s",
    .group = "threads",
    .size = 2,
    .ops = 1,
    .go = "threads",
    .contestants = { &gctx_team, &floor_team, &idiom_team, &go_contestant },
    .targets = { { "floor", .min = 0.95 } },
  },
  {
    .name = "threads-1",
    .title = "... that one thread does, measured the same way",
    .unit = "1000/s",
    .group = "threads",
    .size = 1,
    .ops = 1,
    .go = "threads",
    .contestants = { &gctx_team, &floor_team, &idiom_team, &go_contestant },
  },
  { NULL }
};

const BenchSeries bench_thread_series[] =
{
  {
    .name = "threads",
    .title = "scopes that so many threads make and close under one parent",
    .model = &bench_thread_cases[0],
    .sizes = { 1, 2, 3, 4 },
    .n_sizes = 4,
  },
  { NULL }
};
