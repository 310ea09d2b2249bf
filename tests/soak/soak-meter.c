/* soak-meter.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "soak-meter.h"

#include <stdio.h>
#include <unistd.h>

/* --- Counts --- */

static gint64 counts[N_METERS];

void
meter_add (Meter meter)
{
  __atomic_add_fetch (&counts[meter], 1, __ATOMIC_RELAXED);
}

gint64
meter_get (Meter meter)
{
  return __atomic_load_n (&counts[meter], __ATOMIC_RELAXED);
}

void
meter_wrong (const char *what)
{
  meter_add (METER_WRONG);
  g_test_message ("wrong: %s", what);
}

/* --- Lateness --- */

/* Buckets whose width is a sixteenth of a power of two: each percentile is
 * right to some 6 %. */
#define N_BUCKETS (16 * 48)

static gint64 buckets[N_BUCKETS];
static gint64 latest;

static guint
get_bucket (guint64 usec)
{
  guint shift;

  if (usec < 16)
    return usec;

  shift = g_bit_storage (usec) - 5;
  return MIN (16 * (shift + 1) + ((usec >> shift) & 15), N_BUCKETS - 1);
}

/* The first value that is beyond @bucket. */
static guint64
get_bucket_end (guint bucket)
{
  if (bucket < 16)
    return bucket + 1;

  return ((guint64) 16 + bucket % 16 + 1) << (bucket / 16 - 1);
}

void
meter_late (gint64 usec)
{
  gint64 before = __atomic_load_n (&latest, __ATOMIC_RELAXED);

  if (usec < 0)
    meter_wrong ("a deadline was told before it passed");

  __atomic_add_fetch (&buckets[get_bucket (MAX (usec, 0))], 1, __ATOMIC_RELAXED);
  while (usec > before &&
         !__atomic_compare_exchange_n (&latest, &before, usec, FALSE, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
    ;
}

static double
get_percentile_msec (double percent)
{
  gint64 n = 0, sum = 0;
  guint i;

  for (i = 0; i < N_BUCKETS; i++)
    n += __atomic_load_n (&buckets[i], __ATOMIC_RELAXED);
  for (i = 0; i < N_BUCKETS; i++)
    {
      sum += __atomic_load_n (&buckets[i], __ATOMIC_RELAXED);
      if (sum >= n * percent / 100)
        break;
    }

  return get_bucket_end (i) / 1000.0;
}

/* --- Memory --- */

static GArray *samples;   /* resident pages, one a second */

void
meter_sample (void)
{
  long size = 0, resident = 0;
  FILE *file = fopen ("/proc/self/statm", "r");

  if (samples == NULL)
    samples = g_array_new (FALSE, FALSE, sizeof (long));
  g_assert_nonnull (file);
  g_assert_cmpint (fscanf (file, "%ld %ld", &size, &resident), ==, 2);
  fclose (file);
  g_array_append_val (samples, resident);
}

static double
get_sample_mib (guint i)
{
  return g_array_index (samples, long, i) * (double) sysconf (_SC_PAGESIZE) / (1024 * 1024);
}

gboolean
meter_is_level (guint n_first)
{
  double level = 0, highest = 0;
  guint i, from;

  n_first = MIN (n_first, samples->len);
  from = n_first - MIN (n_first, 5);

  /* What one second more or less holds by chance is no part of the level. */
  for (i = from; i < n_first; i++)
    level += get_sample_mib (i) / (n_first - from);
  for (i = n_first; i < samples->len; i++)
    highest = MAX (highest, get_sample_mib (i));

  g_test_message ("memory: %.2f MiB after %u s, %.2f MiB at most since, %.2f MiB now: %+.1f %% at most",
                  level, n_first, highest, get_sample_mib (samples->len - 1),
                  100 * (highest / level - 1));

  /* A sanitizer keeps what was freed, and counts what is not freed itself. */
#if defined (__SANITIZE_ADDRESS__) || defined (__SANITIZE_THREAD__)
  return TRUE;
#else
  return highest <= 1.05 * level;
#endif
}

void
meter_report (gint64 seconds)
{
  g_test_message ("%4" G_GINT64_FORMAT " s: %" G_GINT64_FORMAT " operations, "
                  "%" G_GINT64_FORMAT " expiries, %" G_GINT64_FORMAT " cancels, "
                  "%" G_GINT64_FORMAT " after-funcs (%u pending), %" G_GINT64_FORMAT " naps; %.2f MiB",
                  seconds, meter_get (METER_OPERATIONS), meter_get (METER_EXPIRIES),
                  meter_get (METER_CANCELS), meter_get (METER_AFTER_FUNCS), ticket_pending (),
                  meter_get (METER_NAPS), get_sample_mib (samples->len - 1));
  g_test_message ("        late by (ms): p50 %.2f, p99 %.2f, p99.9 %.2f, most %.2f",
                  get_percentile_msec (50), get_percentile_msec (99), get_percentile_msec (99.9),
                  __atomic_load_n (&latest, __ATOMIC_RELAXED) / 1000.0);
}

/* --- After-funcs --- */

typedef enum
{
  TICKET_FREE,
  TICKET_PENDING,
  TICKET_RAN,
} TicketState;

/* Never freed, so that a call too many is seen, not a crash. */
struct _Ticket
{
  gint        state;   /* atomic */
  const char *origin;
  Ticket     *next;
};

static GMutex ticket_mutex;
static Ticket *free_tickets;
static GPtrArray *all_tickets;
static gint n_pending_tickets;

Ticket *
ticket_new (const char *origin)
{
  Ticket *self;

  g_mutex_lock (&ticket_mutex);
  self = free_tickets;
  if (self != NULL)
    {
      free_tickets = self->next;
    }
  else
    {
      self = g_new0 (Ticket, 1);
      if (all_tickets == NULL)
        all_tickets = g_ptr_array_new ();
      g_ptr_array_add (all_tickets, self);
    }
  g_mutex_unlock (&ticket_mutex);

  self->origin = origin;
  g_atomic_int_set (&self->state, TICKET_PENDING);
  g_atomic_int_inc (&n_pending_tickets);
  meter_add (METER_AFTER_FUNCS);

  return self;
}

void
ticket_run (GCtxContext *context,
            gpointer     ticket)
{
  Ticket *self = ticket;

  if (!gctx_context_is_done (context))
    meter_wrong ("an after-func ran before the end");
  if (!g_atomic_int_compare_and_exchange (&self->state, TICKET_PENDING, TICKET_RAN))
    meter_wrong ("an after-func ran twice, or after its destroy notify");
}

void
ticket_destroy (gpointer ticket)
{
  Ticket *self = ticket;

  if (!g_atomic_int_compare_and_exchange (&self->state, TICKET_PENDING, TICKET_FREE) &&
      !g_atomic_int_compare_and_exchange (&self->state, TICKET_RAN, TICKET_FREE))
    {
      meter_wrong ("an after-func was destroyed twice");
      return;
    }

  g_atomic_int_add (&n_pending_tickets, -1);
  g_mutex_lock (&ticket_mutex);
  self->next = free_tickets;
  free_tickets = self;
  g_mutex_unlock (&ticket_mutex);
}

guint
ticket_pending (void)
{
  return g_atomic_int_get (&n_pending_tickets);
}

/* Says what kind of after-funcs are lost. Once nothing else runs. */
void
ticket_report (void)
{
  g_autoptr (GHashTable) n_lost = g_hash_table_new (g_str_hash, g_str_equal);
  GHashTableIter iter;
  gpointer origin, n;
  guint i;

  for (i = 0; all_tickets != NULL && i < all_tickets->len; i++)
    {
      Ticket *ticket = all_tickets->pdata[i];

      if (ticket->state == TICKET_FREE)
        continue;
      n = g_hash_table_lookup (n_lost, ticket->origin);
      g_hash_table_insert (n_lost, (gpointer) ticket->origin, GUINT_TO_POINTER (GPOINTER_TO_UINT (n) + 1));
    }

  g_hash_table_iter_init (&iter, n_lost);
  while (g_hash_table_iter_next (&iter, &origin, &n))
    g_test_message ("lost: %u after-funcs of %s", GPOINTER_TO_UINT (n), (char *) origin);
}
