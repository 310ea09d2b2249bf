/* test-race.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "test-util.h"

#define TEST_RACE_ROUNDS      (test_rounds (100000))
/* Where each round has to wake a thread of the test. */
#define TEST_RACE_DEAR_ROUNDS (test_rounds (10000))
#define TEST_RACE_MAX         4

typedef void (*TestRaceFunc) (gpointer data);

typedef struct
{
  TestRaceFunc racers[TEST_RACE_MAX];
  int          n_racers;
  int          n_rounds;
  gpointer     data;

  /* Atomic; the first two only grow. */
  int    n_arrived;
  int    n_ready;
  int    n_asleep;

  GMutex mutex;
  GCond  cond;
} TestRace;

typedef struct
{
  TestRace *race;
  int       index;
  GThread  *thread;
} TestRacer;

static inline gboolean
test_race_spin_until (int *counter,
                      int  n_expected,
                      int  n_spins)
{
  int i;

  for (i = 0; i < n_spins; i++)
    if (g_atomic_int_get (counter) >= n_expected)
      return TRUE;

  return FALSE;
}

/* A barrier that spins before it sleeps: one that sleeps at once is slow, one
 * that only spins starves on a busy machine. */
static inline void
test_race_meet (TestRace *race,
                int       meeting)
{
  int n_expected = race->n_racers * meeting;

  if (g_atomic_int_add (&race->n_arrived, 1) + 1 == n_expected)
    {
      /* Whoever goes to sleep says so before it looks for the last time. */
      if (g_atomic_int_get (&race->n_asleep) > 0)
        {
          g_mutex_lock (&race->mutex);
          g_cond_broadcast (&race->cond);
          g_mutex_unlock (&race->mutex);
        }
      return;
    }

  if (test_race_spin_until (&race->n_arrived, n_expected, 10000))
    return;

  g_mutex_lock (&race->mutex);
  g_atomic_int_inc (&race->n_asleep);
  while (g_atomic_int_get (&race->n_arrived) < n_expected)
    g_cond_wait (&race->cond, &race->mutex);
  g_atomic_int_add (&race->n_asleep, -1);
  g_mutex_unlock (&race->mutex);
}

/* A thread that slept comes out of the barrier a whole wake-up later than the
 * others, who would have finished by then. So they give it some time. */
static inline void
test_race_start (TestRace *race,
                 int       round)
{
  int n_expected = race->n_racers * (round + 1);

  test_race_meet (race, 2 * round + 1);
  g_atomic_int_inc (&race->n_ready);
  test_race_spin_until (&race->n_ready, n_expected, 20000);
}

/* Gives now the one thread and now the other a head start of up to some
 * hundred nanoseconds, so that the rounds sweep over what may interleave: the
 * periods have no common divisor. */
static inline void
test_race_delay (int index,
                 int round)
{
  static const int periods[TEST_RACE_MAX] = { 509, 331, 431, 383 };
  volatile int i;

  for (i = 0; i < round % periods[index]; i++)
    ;
}

/* For a racer whose opponent is a thread that has to be woken first. Only one
 * racer of a test may. */
static inline void
test_race_hesitate (void)
{
  static int turn = 0;
  int i;

  for (i = 0; i < turn % 8; i++)
    g_thread_yield ();
  turn++;
}

static inline void
test_race_run (TestRace *race,
               int       index,
               int       round)
{
  test_race_start (race, round);
  test_race_delay (index, round);
  race->racers[index] (race->data);
  test_race_meet (race, 2 * round + 2);
}

static inline gpointer
test_race_thread (gpointer user_data)
{
  TestRacer *racer = user_data;
  int i;

  for (i = 0; i < racer->race->n_rounds; i++)
    test_race_run (racer->race, racer->index, i);

  return NULL;
}

/* Calls, @n_rounds times, @set_up, then the first of the @racers in this thread
 * and each other one in a thread of its own at the same moment, then, when all
 * have returned, @check. The racers end with NULL. */
static inline void
test_race_n (int                 n_rounds,
             TestRaceFunc        set_up,
             const TestRaceFunc *racers,
             TestRaceFunc        check,
             gpointer            data)
{
  TestRace race = { .n_rounds = n_rounds, .data = data };
  TestRacer others[TEST_RACE_MAX];
  int i;

  g_mutex_init (&race.mutex);
  g_cond_init (&race.cond);

  for (race.n_racers = 0; racers[race.n_racers] != NULL; race.n_racers++)
    {
      g_assert_cmpint (race.n_racers, <, TEST_RACE_MAX);
      race.racers[race.n_racers] = racers[race.n_racers];
    }
  for (i = 1; i < race.n_racers; i++)
    {
      others[i].race = &race;
      others[i].index = i;
      others[i].thread = g_thread_new ("race", test_race_thread, &others[i]);
    }

  for (i = 0; i < n_rounds; i++)
    {
      set_up (data);
      test_race_run (&race, 0, i);
      check (data);
    }

  for (i = 1; i < race.n_racers; i++)
    g_thread_join (others[i].thread);
  g_cond_clear (&race.cond);
  g_mutex_clear (&race.mutex);
}

/* The usual race: of two, and TEST_RACE_ROUNDS times. */
static inline void
test_race (TestRaceFunc set_up,
           TestRaceFunc here,
           TestRaceFunc there,
           TestRaceFunc check,
           gpointer     data)
{
  const TestRaceFunc racers[] = { here, there, NULL };

  test_race_n (TEST_RACE_ROUNDS, set_up, racers, check, data);
}

/* How often @what was seen tells whether the two met at all. */
static inline void
test_race_report (const char *what,
                  guint       n_seen)
{
  g_test_message ("%u times: %s", n_seen, what);
}

/* Drops the reference in @object, and waits until a thread of the library that
 * is just done with the object has dropped its own. */
static inline void
unref_until_gone (gpointer object)
{
  GWeakRef weak;
  gpointer rest;

  g_weak_ref_init (&weak, object);
  g_object_unref (object);
  while ((rest = g_weak_ref_get (&weak)) != NULL)
    {
      g_object_unref (rest);
      test_iterate_pending (g_main_context_get_thread_default ());
      g_thread_yield ();
    }
  g_weak_ref_clear (&weak);
}
