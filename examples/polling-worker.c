/* polling-worker.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A background worker that looks for news at a steady pace, until somebody
 * tells it to stop: here the main program, after --polls rounds or at Ctrl-C.
 *
 * The worker knows nothing about who stops it or why. It sleeps under its
 * context, so it stops at once and not only when its nap is over.
 */

#include <gctx.h>

#include <glib-unix.h>
#include <locale.h>
#include <signal.h>

typedef struct
{
  GMainLoop *loop;
  GCtxScope *scope;
  int        n_polls;
  int        max_polls;
} Program;

typedef struct
{
  GCtxContext *context;
  GTimeSpan    pause_usec;
  GSourceFunc  on_poll;
  gpointer     user_data;
} Worker;

static void
stop (Program    *self,
      const char *why)
{
  g_autoptr (GError) cause = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, why);

  gctx_scope_cancel_with_cause (self->scope, cause);
}

static gboolean
on_poll (gpointer user_data)
{
  Program *self = user_data;

  self->n_polls++;
  if (self->max_polls == 0 || self->n_polls <= self->max_polls)
    g_print ("main: poll %d\n", self->n_polls);
  if (self->n_polls == self->max_polls)
    stop (self, "that was enough");
  return G_SOURCE_REMOVE;
}

static gboolean
on_interrupt (gpointer user_data)
{
  stop (user_data, "interrupted from the keyboard");
  return G_SOURCE_CONTINUE;
}

static void
on_stopped (GCtxContext *context,
            gpointer     user_data)
{
  Program *self = user_data;

  g_main_loop_quit (self->loop);
}

static gpointer
work (gpointer data)
{
  Worker *self = data;

  do
    g_main_context_invoke (NULL, self->on_poll, self->user_data);
  while (gctx_context_sleep (self->context, self->pause_usec, NULL));

  g_print ("worker: stopped: %s\n", gctx_context_get_cause (self->context)->message);
  return NULL;
}

int
main (int   argc,
      char *argv[])
{
  Program program = { NULL, NULL, 0, 5 };
  Worker worker;
  int pause_msec = 200;
  const GOptionEntry entries[] = {
    { "polls", 'n', 0, G_OPTION_ARG_INT, &program.max_polls, "Stop after so many rounds, 0 never does (5)", "N" },
    { "pause", 'p', 0, G_OPTION_ARG_INT, &pause_msec, "Time between two rounds (200)", "MSEC" },
    G_OPTION_ENTRY_NULL
  };
  g_autoptr (GOptionContext) options = g_option_context_new ("- poll in the background");
  g_autoptr (GError) error = NULL;
  GThread *thread;
  guint interrupt;

  setlocale (LC_ALL, "");
  g_option_context_add_main_entries (options, entries, NULL);
  if (!g_option_context_parse (options, &argc, &argv, &error))
    {
      g_printerr ("polling-worker: %s\n", error->message);
      return 2;
    }

  program.loop = g_main_loop_new (NULL, FALSE);
  program.scope = gctx_scope_new (gctx_context_background ());
  gctx_context_add_after_func (GCTX_CONTEXT (program.scope), on_stopped, &program, NULL);
  interrupt = g_unix_signal_add (SIGINT, on_interrupt, &program);

  worker.context = GCTX_CONTEXT (program.scope);
  worker.pause_usec = pause_msec * G_TIME_SPAN_MILLISECOND;
  worker.on_poll = on_poll;
  worker.user_data = &program;
  thread = g_thread_new ("worker", work, &worker);

  g_main_loop_run (program.loop);
  g_thread_join (thread);

  g_source_remove (interrupt);
  gctx_scope_close (program.scope);
  g_main_loop_unref (program.loop);
  return 0;
}
