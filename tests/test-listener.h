/* test-listener.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "test-held-clock.h"

/* Who was told of an end, and when, on the held clock. */

static GMutex listener_mutex;
static GCond listener_cond;

typedef struct
{
  GCtxContext *context;
  GThread     *thread;
  gint64       time;
  int          told;   /* atomic; set under the mutex */
} Listener;

static inline void
listener_note (Listener *listener)
{
  g_mutex_lock (&listener_mutex);
  listener->thread = g_thread_self ();
  listener->time = gctx_clock_get_time ();
  g_atomic_int_inc (&listener->told);
  g_cond_broadcast (&listener_cond);
  g_mutex_unlock (&listener_mutex);
  g_main_context_wakeup (NULL);
}

static inline void
on_told (GCancellable *cancellable,
         gpointer      user_data)
{
  listener_note (user_data);
}

static inline void
listener_connect (Listener    *listener,
                  GCtxContext *context)
{
  *listener = (Listener) { context, NULL, 0, 0 };
  g_signal_connect (gctx_context_get_cancellable (context), "cancelled", G_CALLBACK (on_told), listener);
}

static inline void
listener_start (Listener  *listener,
                GTimeSpan  timeout)
{
  listener_connect (listener, gctx_context_with_timeout (gctx_context_background (), timeout));
}

/* Blocks: for what other threads deliver. */
static inline void
listener_wait (Listener *listener)
{
  g_mutex_lock (&listener_mutex);
  while (!listener->told)
    g_cond_wait (&listener_cond, &listener_mutex);
  g_mutex_unlock (&listener_mutex);
}

static inline void
listener_finish (Listener *listener)
{
  g_assert_cmpint (g_atomic_int_get (&listener->told), ==, 1);
  g_assert_true (gctx_context_is_done (listener->context));
  g_object_unref (listener->context);
}
