/* test-held-clock.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "test-util.h"

#include "gctx-clock-private.h"

/* What a context answers about its deadline, on a clock that stands still
 * unless the test moves it.
 *
 * A test runs twice. Once as it is; and once inside a dispatch of the
 * default main context, where the home has a loop that is busy with the test,
 * so that nobody delivers a passed deadline and every answer must come from
 * the call that gives it. */

#define MSEC   (G_GINT64_CONSTANT (1000))
#define SECOND (G_GINT64_CONSTANT (1000000))
#define NOW    (1000 * SECOND)

static inline GError *
new_cause (void)
{
  return g_error_new_literal (G_FILE_ERROR, G_FILE_ERROR_NOSPC, "the disk was too slow");
}

static inline GCtxScope *
new_scope_ending_in (GTimeSpan timeout)
{
  return gctx_scope_new_with_timeout (gctx_context_background (), timeout);
}

static inline void
assert_timed_out (GCtxContext *context)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (gctx_context_is_done (context));
  g_assert_false (gctx_context_check (context, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_error (gctx_context_get_error (context), G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
}

typedef struct
{
  const char *path;
  GTestFunc   func;
} TestCase;

static inline void
run_plain (gconstpointer user_data)
{
  const TestCase *test_case = user_data;

  gctx_clock_hold (NOW);
  test_case->func ();
  gctx_clock_release ();
}

typedef struct
{
  const TestCase *test_case;
  int             finished;
} Dispatch;

static inline gboolean
dispatch_case (gpointer user_data)
{
  Dispatch *dispatch = user_data;

  dispatch->test_case->func ();
  g_atomic_int_set (&dispatch->finished, TRUE);
  return G_SOURCE_REMOVE;
}

static inline void
run_in_dispatch (gconstpointer user_data)
{
  Dispatch dispatch = { user_data, FALSE };

  gctx_clock_hold (NOW);
  g_idle_add (dispatch_case, &dispatch);
  test_iterate_until (NULL, &dispatch.finished);
  gctx_clock_release ();
}

/* The main function of a test of @n_cases under @topic. */
static inline int
run_cases (int             argc,
           char           *argv[],
           const char     *topic,
           const TestCase *cases,
           gsize           n_cases)
{
  gsize i;

  g_test_init (&argc, &argv, NULL);

  for (i = 0; i < n_cases; i++)
    {
      g_autofree char *plain = g_strdup_printf ("/gctx/%s/%s/plain", topic, cases[i].path);
      g_autofree char *dispatched = g_strdup_printf ("/gctx/%s/%s/in-dispatch", topic, cases[i].path);

      g_test_add_data_func (plain, &cases[i], run_plain);
      g_test_add_data_func (dispatched, &cases[i], run_in_dispatch);
    }

  return g_test_run ();
}
