/* bench-load.c: the same requests for everybody
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "bench.h"

#include <time.h>

gint64
bench_now_ns (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);

  return now.tv_sec * G_GINT64_CONSTANT (1000000000) + now.tv_nsec;
}

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
