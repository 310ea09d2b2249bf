/* test-after-func.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "test-util.h"

/* What became of one after-func. The counts are set after the threads. */
typedef struct
{
  gpointer expected_context;

  GThread *ran_in;
  GThread *destroyed_in;
  int      n_ran;
  int      n_destroyed;
} Call;

static inline Call
call_init (GCtxContext *expected_context)
{
  return (Call) { expected_context, NULL, NULL, 0, 0 };
}

static inline void
call_run (GCtxContext *context,
          gpointer     user_data)
{
  Call *call = user_data;

  g_assert_true (context == call->expected_context);
  g_assert_true (gctx_context_is_done (context));
  g_assert_cmpint (g_atomic_int_get (&call->n_destroyed), ==, 0);
  call->ran_in = g_thread_self ();
  g_atomic_int_inc (&call->n_ran);
}

static inline void
call_destroy (gpointer user_data)
{
  Call *call = user_data;

  call->destroyed_in = g_thread_self ();
  g_atomic_int_inc (&call->n_destroyed);
}

static inline void
call_assert (Call *call,
             int   n_ran,
             int   n_destroyed)
{
  g_assert_cmpint (g_atomic_int_get (&call->n_ran), ==, n_ran);
  g_assert_cmpint (g_atomic_int_get (&call->n_destroyed), ==, n_destroyed);
}
