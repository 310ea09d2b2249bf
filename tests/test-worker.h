/* test-worker.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "test-util.h"

/* A main context that a thread of its own runs. */
typedef struct
{
  GMainContext *loop;
  GThread      *thread;
  int           stopped;
} Worker;

static inline gpointer
worker_run (gpointer user_data)
{
  Worker *worker = user_data;

  g_main_context_push_thread_default (worker->loop);
  test_iterate_until (worker->loop, &worker->stopped);
  g_main_context_pop_thread_default (worker->loop);
  return NULL;
}

static inline void
worker_start (Worker *worker)
{
  worker->loop = g_main_context_new ();
  worker->stopped = FALSE;
  worker->thread = g_thread_new ("worker", worker_run, worker);
}

static inline void
worker_stop (Worker *worker)
{
  g_atomic_int_set (&worker->stopped, TRUE);
  g_main_context_wakeup (worker->loop);
  g_thread_join (worker->thread);
  g_clear_pointer (&worker->loop, g_main_context_unref);
}
