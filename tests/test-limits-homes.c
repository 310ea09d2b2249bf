/* test-limits-homes.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Many deadlines and many homes. */

#include "test-util.h"

#include "gctx-clock-private.h"
#include "gctx-home-private.h"

#include <sys/resource.h>

#define MSEC   (G_GINT64_CONSTANT (1000))
#define SECOND (1000 * MSEC)
#define NOW    (1000 * SECOND)

#define N_MANY  100000
#define N_HOMES 1000

/* --- Many deadlines at a time --- */

/* Set by whichever thread delivers. */
typedef struct
{
  GCtxContext *context;
  gint64       deadline;
  gint64       told_at;
  int          n_told;
} Deadline;

static gint n_told;

static void
note_told (Deadline *self)
{
  self->told_at = gctx_clock_get_time ();
  g_atomic_int_inc (&self->n_told);
  g_atomic_int_inc (&n_told);
  g_main_context_wakeup (NULL);
}

static void
on_cancelled (GCancellable *cancellable,
              gpointer      user_data)
{
  note_told (user_data);
}

static void
on_done (GCtxContext *context,
         gpointer     user_data)
{
  note_told (user_data);
}

/* All within the millisecond that ends at @last. One half is told by its
 * cancellable, the other by an after-func. */
static Deadline *
set_deadlines (int    n,
               gint64 last)
{
  Deadline *all = g_new0 (Deadline, n);
  int i;

  g_atomic_int_set (&n_told, 0);
  for (i = 0; i < n; i++)
    {
      all[i].deadline = last - (i * 7) % 1000;
      all[i].context = gctx_context_with_deadline (gctx_context_background (), all[i].deadline);
      if (i % 2 == 0)
        g_signal_connect (gctx_context_get_cancellable (all[i].context), "cancelled",
                          G_CALLBACK (on_cancelled), &all[i]);
      else
        gctx_context_add_after_func (all[i].context, on_done, &all[i], NULL);
    }

  return all;
}

static void
drop_deadlines (Deadline *all,
                int       n)
{
  int i;

  for (i = 0; i < n; i++)
    g_object_unref (all[i].context);
  g_free (all);
}

/* Runs the default main context until all were told, and asserts that it did
 * not turn once for each. */
static void
assert_all_told (Deadline *all,
                 int       n)
{
  int n_iterations = 0, i;

  while (g_atomic_int_get (&n_told) < n)
    {
      g_main_context_iteration (NULL, TRUE);
      n_iterations++;
    }
  test_iterate_pending (NULL);

  g_assert_cmpint (g_atomic_int_get (&n_told), ==, n);
  for (i = 0; i < n; i++)
    {
      g_assert_cmpint (all[i].n_told, ==, 1);
      g_assert_cmpint (all[i].told_at, >=, all[i].deadline);
      g_assert_error (gctx_context_get_error (all[i].context), G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
    }

  g_test_message ("%d deadlines in %d iterations", n, n_iterations);
  g_assert_cmpint (n_iterations, <, 1000);
}

static void
test_one_millisecond_held (void)
{
  int n = test_rounds (N_MANY);
  Deadline *all;

  g_test_summary ("rules 12, 13: 100,000 deadlines that pass within one millisecond are all delivered, "
                  "in a few iterations");

  gctx_clock_hold (NOW);
  all = set_deadlines (n, NOW + SECOND);
  test_iterate_pending (NULL);
  g_assert_cmpint (g_atomic_int_get (&n_told), ==, 0);

  gctx_clock_advance (SECOND);
  assert_all_told (all, n);
  drop_deadlines (all, n);
  gctx_clock_release ();
}

static gint64
get_latest (Deadline *all,
            int       n)
{
  gint64 latest = 0;
  int i;

  for (i = 0; i < n; i++)
    latest = MAX (latest, all[i].told_at - all[i].deadline);

  return latest;
}

static void
test_one_millisecond_real (void)
{
  int n = test_rounds (N_MANY);
  GTimeSpan lead = SECOND;
  Deadline *all;
  gint64 last;

  g_test_summary ("rules 12, 13: so are they by the real clock");

  /* However slow the machine, all are set before the first passes. */
  last = g_get_monotonic_time () + lead;
  all = set_deadlines (n, last);
  while (g_get_monotonic_time () >= last - MSEC)
    {
      assert_all_told (all, n);
      drop_deadlines (all, n);
      lead *= 2;
      last = g_get_monotonic_time () + lead;
      all = set_deadlines (n, last);
    }

  assert_all_told (all, n);
  g_test_message ("the latest was told %.1f ms after its deadline", get_latest (all, n) / 1000.0);
  drop_deadlines (all, n);
}

static void
test_chain_expires (void)
{
  GCtxContext *leaf;
  Deadline deadline = { NULL };
  int n = test_rounds (1000000);
  int i;

  g_test_summary ("rules 8, 12: a deadline ends a chain of a million contexts");

  gctx_clock_hold (NOW);
  leaf = GCTX_CONTEXT (gctx_scope_new_with_timeout (gctx_context_background (), SECOND));
  for (i = 0; i < n; i++)
    {
      GCtxContext *child = GCTX_CONTEXT (gctx_scope_new (leaf));

      g_object_unref (leaf);
      leaf = child;
    }
  g_atomic_int_set (&n_told, 0);
  g_signal_connect (gctx_context_get_cancellable (leaf), "cancelled", G_CALLBACK (on_cancelled), &deadline);

  gctx_clock_advance (SECOND);
  while (g_atomic_int_get (&n_told) == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_error (gctx_context_get_error (leaf), G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  test_assert_last_unref (leaf);
  gctx_clock_release ();
}

/* --- One home --- */

static void
test_arm_and_disarm (void)
{
  enum { N_PENDING = 100 };
  GCtxScope *pending[N_PENDING];
  GCtxHome *home;
  int n = test_rounds (1000000);
  int i;

  g_test_summary ("rules 7, 13: a million deadlines that come and go leave nothing in their home");

  gctx_clock_hold (NOW);
  home = gctx_home_get_current ();
  for (i = 0; i < N_PENDING; i++)
    pending[i] = gctx_scope_new_with_timeout (gctx_context_background (), (i + 1) * SECOND);
  g_assert_cmpuint (home->heap.n_nodes, ==, N_PENDING);
  g_assert_cmpuint (home->n_pending, ==, N_PENDING);

  for (i = 0; i < n; i++)
    {
      GCtxScope *scope = gctx_scope_new_with_timeout (gctx_context_background (),
                                                      1 + (i * G_GINT64_CONSTANT (7919)) % (200 * SECOND));

      if (i % 2 == 0)
        g_assert_true (gctx_scope_cancel (scope));
      g_object_unref (scope);
    }

  g_assert_cmpuint (home->heap.n_nodes, ==, N_PENDING);
  g_assert_cmpuint (home->heap.size, <=, 4 * N_PENDING);
  g_assert_cmpuint (home->n_pending, ==, N_PENDING);

  gctx_clock_advance (N_PENDING / 2 * SECOND);
  for (i = 0; i < N_PENDING; i++)
    {
      g_assert_true (gctx_scope_has_expired (pending[i]) == (i < N_PENDING / 2));
      g_object_unref (pending[i]);
    }
  test_iterate_pending (NULL);
  gctx_clock_release ();
}

/* --- Many homes --- */

/* Each home has a descriptor, which is GLib's. */
static void
allow_descriptors (guint n)
{
  struct rlimit limit;

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  if (limit.rlim_cur >= n)
    return;

  g_assert_cmpuint (limit.rlim_max, >=, n);
  limit.rlim_cur = n;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
}

static guint
count_homes (void)
{
  guint n = 0;
  GList *link;

  gctx_lock ();
  for (link = gctx_home_get_all_locked (); link != NULL; link = link->next)
    n++;
  gctx_unlock ();

  return n;
}

typedef struct
{
  int           n;
  gboolean      turn;
  GMainContext *loops[N_HOMES];
  Deadline      deadlines[N_HOMES];
  GThread      *thread;
} Tenant;

/* Three deadlines a home: one is told, one is cancelled, one is dropped. */
static gpointer
settle_in_homes (gpointer user_data)
{
  Tenant *tenant = user_data;
  int i;

  for (i = 0; i < tenant->n; i++)
    {
      Deadline *deadline = &tenant->deadlines[i];
      GCtxScope *cancelled, *dropped;

      tenant->loops[i] = g_main_context_new ();
      g_main_context_push_thread_default (tenant->loops[i]);
      deadline->deadline = NOW + SECOND + i;
      deadline->context = gctx_context_with_deadline (gctx_context_background (), deadline->deadline);
      g_signal_connect (gctx_context_get_cancellable (deadline->context), "cancelled",
                        G_CALLBACK (on_cancelled), deadline);
      cancelled = gctx_scope_new_with_timeout (gctx_context_background (), SECOND);
      dropped = gctx_scope_new_with_timeout (gctx_context_background (), SECOND);
      gctx_scope_close (cancelled);
      g_object_unref (dropped);
      if (tenant->turn)
        g_main_context_iteration (tenant->loops[i], FALSE);
      g_main_context_pop_thread_default (tenant->loops[i]);
    }

  return NULL;
}

static gpointer
run_homes (gpointer user_data)
{
  Tenant *tenant = user_data;
  int i;

  for (i = 0; i < tenant->n; i++)
    {
      while (g_atomic_int_get (&tenant->deadlines[i].n_told) == 0)
        g_main_context_iteration (tenant->loops[i], FALSE);
      g_assert_cmpint (tenant->deadlines[i].told_at, >=, tenant->deadlines[i].deadline);
    }

  return NULL;
}

static void
in_all (Tenant     *tenants,
        guint       n_tenants,
        GThreadFunc func)
{
  guint i;

  for (i = 0; i < n_tenants; i++)
    tenants[i].thread = g_thread_new ("tenant", func, &tenants[i]);
  for (i = 0; i < n_tenants; i++)
    g_thread_join (tenants[i].thread);
}

static void
leave_homes (Tenant *tenants,
             guint   n_tenants)
{
  guint i;
  int j;

  for (i = 0; i < n_tenants; i++)
    for (j = 0; j < tenants[i].n; j++)
      g_main_context_unref (tenants[i].loops[j]);
}

/* All but the nodes that a thread of the library is just letting go. */
static void
assert_homes_go (guint n_before)
{
  while (count_homes () > n_before)
    g_thread_yield ();
}

static void
homes_come_and_go (gboolean turn,
                   gboolean leave_early)
{
  g_autofree Tenant *tenants = g_new0 (Tenant, 4);
  int n = test_rounds (N_HOMES) / 4;
  guint n_before, i;
  int j;

  allow_descriptors (N_HOMES + 100);
  gctx_clock_hold (NOW);
  gctx_home_get_current ();
  n_before = count_homes ();
  g_atomic_int_set (&n_told, 0);

  for (i = 0; i < 4; i++)
    {
      tenants[i].n = n;
      tenants[i].turn = turn;
    }
  in_all (tenants, 4, settle_in_homes);
  g_assert_cmpuint (count_homes (), ==, n_before + 4 * n);
  g_assert_cmpint (g_atomic_int_get (&n_told), ==, 0);

  if (leave_early)
    leave_homes (tenants, 4);
  g_assert_cmpuint (count_homes (), ==, n_before + 4 * n);

  gctx_clock_advance (2 * SECOND);
  if (leave_early)
    while (g_atomic_int_get (&n_told) < 4 * n)
      g_thread_yield ();
  else
    in_all (tenants, 4, run_homes);
  g_assert_cmpint (g_atomic_int_get (&n_told), ==, 4 * n);

  if (!leave_early)
    leave_homes (tenants, 4);
  assert_homes_go (n_before);
  for (i = 0; i < 4; i++)
    for (j = 0; j < n; j++)
      {
        g_assert_cmpint (tenants[i].deadlines[j].n_told, ==, 1);
        g_object_unref (tenants[i].deadlines[j].context);
      }
  gctx_clock_release ();
}

static void
test_homes_with_loops (void)
{
  g_test_summary ("rules 5, 12: a thousand homes in a few threads deliver, and go with their main contexts");

  homes_come_and_go (TRUE, FALSE);
}

static void
test_homes_without_loops (void)
{
  g_test_summary ("rules 5, 12: and so do a thousand that nobody runs, and that everybody left");

  homes_come_and_go (FALSE, TRUE);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/limits-homes/one-millisecond/held", test_one_millisecond_held);
  g_test_add_func ("/gctx/limits-homes/one-millisecond/real", test_one_millisecond_real);
  g_test_add_func ("/gctx/limits-homes/chain-expires", test_chain_expires);
  g_test_add_func ("/gctx/limits-homes/arm-and-disarm", test_arm_and_disarm);
  g_test_add_func ("/gctx/limits-homes/homes/with-loops", test_homes_with_loops);
  g_test_add_func ("/gctx/limits-homes/homes/without-loops", test_homes_without_loops);

  return g_test_run ();
}
