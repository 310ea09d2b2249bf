/* test-after-func.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "test-util.h"

GCTX_DEFINE_KEY (object_key, "object", G_TYPE_OBJECT)

/* What became of one after-func. The counts are set after the threads. */
typedef struct
{
  gpointer expected_context;   /* NULL for a plain one that sees @expected_value */
  gpointer expected_value;

  GThread *ran_in;
  GThread *destroyed_in;
  int      n_ran;
  int      n_destroyed;
} Call;

static inline Call
call_init (GCtxContext *expected_context)
{
  return (Call) { expected_context, NULL, NULL, NULL, 0, 0 };
}

static inline void
call_run (GCtxContext *context,
          gpointer     user_data)
{
  Call *call = user_data;

  if (call->expected_context != NULL)
    g_assert_true (context == call->expected_context);
  else
    g_assert_true (!GCTX_IS_SCOPE (context) &&
                   gctx_context_get_object (context, object_key ()) == call->expected_value);
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
