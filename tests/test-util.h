/* test-util.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pthread.h>
#include <stdlib.h>

#include <gctx.h>

/* How many rounds of @full a test runs. Under a tool that makes each round
 * dearer and finds more in it, GCTX_TEST_DIVISOR asks for fewer of them. */
static inline int
test_rounds (int full)
{
  const char *divisor = g_getenv ("GCTX_TEST_DIVISOR");

  return divisor != NULL ? MAX (1, full / atoi (divisor)) : full;
}

/* Runs @context until *@flag is set, without a limit of its own: the test
 * runner's time-out is the limit. */
static inline void
test_iterate_until (GMainContext *context,
                    int          *flag)
{
  while (!g_atomic_int_get (flag))
    g_main_context_iteration (context, TRUE);
}

/* Runs what is ready in @context and returns. */
static inline void
test_iterate_pending (GMainContext *context)
{
  while (g_main_context_iteration (context, FALSE))
    ;
}

/* Whatever recurses over a chain needs at least 16 bytes a level, and so
 * overruns this stack after 32,768 levels. */
static inline void
test_on_a_small_stack (void *(*func) (void *),
                       const void  *data)
{
  pthread_attr_t attr;
  pthread_t thread;

  g_assert_cmpint (pthread_attr_init (&attr), ==, 0);
  g_assert_cmpint (pthread_attr_setstacksize (&attr, 512 * 1024), ==, 0);
  g_assert_cmpint (pthread_create (&thread, &attr, func, (void *) data), ==, 0);
  g_assert_cmpint (pthread_join (thread, NULL), ==, 0);
  pthread_attr_destroy (&attr);
}

/* For a source that stays until its main context goes: its callback, and what
 * frees its data. */
static inline gboolean
test_never_called (gpointer user_data)
{
  g_assert_not_reached ();
}

static inline void
test_note_gone (gpointer user_data)
{
  g_atomic_int_set ((int *) user_data, TRUE);
}

/* Drops the caller's reference and asserts that it was the last one. */
#define test_assert_last_unref(object) g_assert_finalize_object (G_OBJECT (object))
