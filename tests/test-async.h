/* test-async.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "test-util.h"

/* The result of one asynchronous call, and where it arrived. */
typedef struct
{
  gboolean (*finish) (GCtxContext *, GAsyncResult *, GError **);

  GThread  *thread;
  gboolean  succeeded;
  GError   *error;
  int       n_finished;
} Async;

static inline Async
async_init (gboolean (*finish) (GCtxContext *, GAsyncResult *, GError **))
{
  return (Async) { finish, NULL, FALSE, NULL, 0 };
}

static inline void
async_ready (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  Async *async = user_data;

  async->thread = g_thread_self ();
  async->succeeded = async->finish (GCTX_CONTEXT (source), result, &async->error);
  g_assert_true (async->succeeded == (async->error == NULL));
  g_atomic_int_inc (&async->n_finished);
}

static inline void
async_clear (Async *async)
{
  g_assert_cmpint (g_atomic_int_get (&async->n_finished), ==, 1);
  g_clear_error (&async->error);
}
