/* test-race.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#define TEST_RACE_ROUNDS 10000

typedef void (*TestRaceFunc) (gpointer data);

typedef struct
{
  TestRaceFunc there;
  gpointer     data;
  int          n_arrived;
} TestRace;

/* A barrier that spins: one that sleeps would let its last arrival go a whole
 * wake-up ahead of the other thread, and the two would hardly ever meet. */
static inline void
test_race_meet (TestRace *race,
                int       meeting)
{
  g_atomic_int_inc (&race->n_arrived);
  while (g_atomic_int_get (&race->n_arrived) < 2 * meeting)
    g_thread_yield ();
}

static inline gpointer
test_race_thread (gpointer user_data)
{
  TestRace *race = user_data;
  int i;

  for (i = 0; i < TEST_RACE_ROUNDS; i++)
    {
      test_race_meet (race, 2 * i + 1);
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
  TestRace race = { there, data, 0 };
  GThread *thread = g_thread_new ("race", test_race_thread, &race);
  int i;

  for (i = 0; i < TEST_RACE_ROUNDS; i++)
    {
      set_up (data);
      test_race_meet (&race, 2 * i + 1);
      here (data);
      test_race_meet (&race, 2 * i + 2);
      check (data);
    }

  g_thread_join (thread);
}
