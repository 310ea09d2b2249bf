/* test-operation.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "test-util.h"

/* Operations of GIO that would never end, each under a context that does. What
 * they ask to wait for never comes, so it is the deadline that ended them, and
 * an operation that ignores it hangs until the test runner's time-out. */

#define DEADLINE_USEC ((GTimeSpan) 30 * 1000)

typedef struct
{
  const char *name;

  gpointer (*set_up)    (void);
  void     (*tear_down) (gpointer subject);

  /* Either may be NULL. */
  void     (*sync)      (gpointer       subject,
                         GCancellable  *cancellable,
                         GError       **error);
  void     (*start)     (gpointer             subject,
                         GCancellable        *cancellable,
                         GAsyncReadyCallback  callback,
                         gpointer             user_data);
  void     (*finish)    (GObject       *source,
                         GAsyncResult  *result,
                         GError       **error);
} Operation;

/* Of this process. */
static inline guint
count_fds (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n_fds = 0;

  if (dir != NULL)
    while (g_dir_read_name (dir) != NULL)
      n_fds++;

  return n_fds;
}

/* Takes @error: what GIO says of an operation that ended with its context. */
static inline void
assert_ended_by_deadline (GCtxContext *context,
                          GError      *error)
{
  g_autoptr (GError) translated = NULL;
  gint64 deadline_usec;

  g_assert_true (gctx_context_get_deadline (context, &deadline_usec));
  g_test_message ("%.1f ms after the deadline: %s", (g_get_monotonic_time () - deadline_usec) / 1000.0,
                  error != NULL ? error->message : "no error");
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  gctx_context_propagate_error (context, &translated, error);
  g_assert_error (translated, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
}

static inline void
operation_run_sync (const Operation *operation)
{
  gpointer subject = operation->set_up ();
  g_autoptr (GCtxContext) context = NULL;
  GError *error = NULL;

  context = gctx_context_with_timeout (gctx_context_background (), DEADLINE_USEC);
  operation->sync (subject, gctx_context_get_cancellable (context), &error);
  assert_ended_by_deadline (context, error);
  operation->tear_down (subject);
}

typedef struct
{
  const Operation *operation;
  GError          *error;
  int              finished;
} Run;

static inline void
on_operation_ready (GObject      *source,
                    GAsyncResult *result,
                    gpointer      user_data)
{
  Run *run = user_data;

  run->operation->finish (source, result, &run->error);
  g_atomic_int_set (&run->finished, TRUE);
}

static inline void
operation_run_async (const Operation *operation)
{
  g_autoptr (GMainContext) loop = g_main_context_new ();
  g_autoptr (GCtxContext) context = NULL;
  Run run = { operation, NULL, FALSE };
  gpointer subject;

  g_main_context_push_thread_default (loop);
  subject = operation->set_up ();
  context = gctx_context_with_timeout (gctx_context_background (), DEADLINE_USEC);
  operation->start (subject, gctx_context_get_cancellable (context), on_operation_ready, &run);
  test_iterate_until (loop, &run.finished);
  assert_ended_by_deadline (context, run.error);
  operation->tear_down (subject);
  test_iterate_pending (loop);
  g_main_context_pop_thread_default (loop);
}

/* The second run finds all there that the first one made for good. A thread of
 * GIO's may still be about to let go of the last of it: that is waited for, and
 * a leak by the test runner's time-out. */
static inline void
operation_test (const Operation *operation,
                void           (*run) (const Operation *operation))
{
  guint n_fds;

  g_test_summary ("rules 2 and 16: an operation of GIO ends with its context, with its error, "
                  "and leaves no fd open");

  run (operation);
  n_fds = count_fds ();
  run (operation);
  while (count_fds () > n_fds)
    g_thread_yield ();
}

/* @attempt returns whether the operation went on after the end. On a busy
 * machine the deadline may have passed before it began; a later one is tried. */
static inline void
assert_holds_on (gboolean (*attempt) (GTimeSpan timeout_usec))
{
  GTimeSpan timeout_usec = DEADLINE_USEC;

  while (!attempt (timeout_usec))
    {
      timeout_usec *= 2;
      g_assert_cmpint (timeout_usec, <, 5 * G_TIME_SPAN_SECOND);
    }
}

static inline void
operation_test_sync (gconstpointer data)
{
  operation_test (data, operation_run_sync);
}

static inline void
operation_test_async (gconstpointer data)
{
  operation_test (data, operation_run_async);
}

static inline void
operations_add (const char      *topic,
                const Operation *operations,
                gsize            n_operations)
{
  gsize i;

  for (i = 0; i < n_operations; i++)
    {
      const Operation *operation = &operations[i];
      g_autofree char *sync = g_strdup_printf ("/gctx/%s/%s/sync", topic, operation->name);
      g_autofree char *async = g_strdup_printf ("/gctx/%s/%s/async", topic, operation->name);

      if (operation->sync != NULL)
        g_test_add_data_func (sync, operation, operation_test_sync);
      if (operation->start != NULL)
        g_test_add_data_func (async, operation, operation_test_async);
    }
}
