/* test-race.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "test-util.h"

#define TEST_RACE_ROUNDS (test_rounds (10000))

typedef void (*TestRaceFunc) (gpointer data);

typedef struct
{
  TestRaceFunc there;
  gpointer     data;

  int    n_arrived;
  GMutex mutex;
  GCond  cond;
} TestRace;

/* A barrier that spins before it sleeps: one that sleeps at once lets its last
 * arrival go a whole wake-up ahead of the other thread, and the two would
 * hardly ever meet; one that only spins starves on a busy machine. */
static inline void
test_race_meet (TestRace *race,
                int       meeting)
{
  int i;

  if (g_atomic_int_add (&race->n_arrived, 1) + 1 == 2 * meeting)
    {
      g_mutex_lock (&race->mutex);
      g_cond_broadcast (&race->cond);
      g_mutex_unlock (&race->mutex);
      return;
    }

  for (i = 0; i < 5000; i++)
    if (g_atomic_int_get (&race->n_arrived) >= 2 * meeting)
      return;

  g_mutex_lock (&race->mutex);
  while (g_atomic_int_get (&race->n_arrived) < 2 * meeting)
    g_cond_wait (&race->cond, &race->mutex);
  g_mutex_unlock (&race->mutex);
}

/* Gives now the one thread and now the other a head start of up to some
 * hundred nanoseconds, so that the rounds sweep over what may interleave. */
static inline void
test_race_delay (int round)
{
  volatile int i;

  for (i = 0; i < round; i++)
    ;
}

static inline gpointer
test_race_thread (gpointer user_data)
{
  TestRace *race = user_data;
  int n_rounds = TEST_RACE_ROUNDS;
  int i;

  for (i = 0; i < n_rounds; i++)
    {
      test_race_meet (race, 2 * i + 1);
      test_race_delay (i % 331);
      race->there (race->data);
      test_race_meet (race, 2 * i + 2);
    }

  return NULL;
}

/* Calls, TEST_RACE_ROUNDS times, @set_up, then @here in this thread and @there
 * in another one at the same moment, then, when both have returned, @check. */
static inline void
test_race (TestRaceFunc set_up,
           TestRaceFunc here,
           TestRaceFunc there,
           TestRaceFunc check,
           gpointer     data)
{
  TestRace race = { .there = there, .data = data };
  GThread *thread;
  int n_rounds = TEST_RACE_ROUNDS;
  int i;

  g_mutex_init (&race.mutex);
  g_cond_init (&race.cond);
  thread = g_thread_new ("race", test_race_thread, &race);

  for (i = 0; i < n_rounds; i++)
    {
      set_up (data);
      test_race_meet (&race, 2 * i + 1);
      test_race_delay (i % 509);
      here (data);
      test_race_meet (&race, 2 * i + 2);
      check (data);
    }

  g_thread_join (thread);
  g_cond_clear (&race.cond);
  g_mutex_clear (&race.mutex);
}
