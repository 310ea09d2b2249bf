/* timeout-worker.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A worker that sleeps under a timeout, and says why it stopped.
 *
 *   timeout-worker --timeout=100 --work=10000    the timeout passes first
 *   timeout-worker --timeout=10000 --work=100    the work is done first
 *
 * Nothing here runs a main loop: the worker blocks, and so does main () while
 * it waits for it.
 */

#include <gctx.h>

#include <locale.h>

typedef struct
{
  GCtxContext *context;
  GTimeSpan    work_usec;
} Worker;

static gpointer
work (gpointer data)
{
  Worker *self = data;
  gint64 started = g_get_monotonic_time ();
  g_autoptr (GError) error = NULL;
  gboolean done = gctx_context_sleep (self->context, self->work_usec, &error);
  double elapsed_msec = (g_get_monotonic_time () - started) / 1000.0;

  if (done)
    g_print ("worker: done after %.0f ms\n", elapsed_msec);
  else
    g_print ("worker: stopped after %.0f ms: %s\n", elapsed_msec,
             gctx_context_get_cause (self->context)->message);
  return NULL;
}

int
main (int   argc,
      char *argv[])
{
  int timeout_msec = 50;
  int work_msec = 1000;
  const GOptionEntry entries[] = {
    { "timeout", 't', 0, G_OPTION_ARG_INT, &timeout_msec, "How long the worker may take (50)", "MSEC" },
    { "work", 'w', 0, G_OPTION_ARG_INT, &work_msec, "How long its work takes (1000)", "MSEC" },
    G_OPTION_ENTRY_NULL
  };
  g_autoptr (GOptionContext) options = g_option_context_new ("- work under a timeout");
  g_autoptr (GCtxScopeCloser) scope = NULL;
  g_autoptr (GError) cause = NULL;
  g_autoptr (GError) error = NULL;
  Worker worker;

  setlocale (LC_ALL, "");
  g_option_context_add_main_entries (options, entries, NULL);
  if (!g_option_context_parse (options, &argc, &argv, &error))
    {
      g_printerr ("timeout-worker: %s\n", error->message);
      return 2;
    }

  cause = g_error_new (G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "%d ms are enough", timeout_msec);
  scope = gctx_scope_new_with_timeout_cause (gctx_context_background (), timeout_msec * G_TIME_SPAN_MILLISECOND, cause);

  worker.context = GCTX_CONTEXT (scope);
  worker.work_usec = work_msec * G_TIME_SPAN_MILLISECOND;
  g_thread_join (g_thread_new ("worker", work, &worker));

  g_print ("main: %s\n", gctx_scope_has_expired (scope) ? "the deadline passed" : "in time");
  return 0;
}
