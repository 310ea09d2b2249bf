/* test-unix-signals.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "test-util.h"

#include <signal.h>
#include <unistd.h>

static inline GCtxScope *
scope_for (int signum)
{
  return gctx_scope_new_for_unix_signals (gctx_context_background (), &signum, 1);
}

static inline void
send_signal (int signum)
{
  g_assert_cmpint (kill (getpid (), signum), ==, 0);
}

static inline gboolean
is_default (int signum)
{
  struct sigaction action;

  g_assert_cmpint (sigaction (signum, NULL, &action), ==, 0);

  return action.sa_handler == SIG_DFL;
}

static inline void
note_default (int *n_told)
{
  g_assert_true (is_default (SIGUSR1));
  ++*n_told;
}

static inline gboolean
note_signal (gpointer came)
{
  g_atomic_int_set ((int *) came, TRUE);

  return G_SOURCE_CONTINUE;
}

/* Whether the thread of the library that listens for signals is there. */
static inline gboolean
has_listener (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/task", 0, NULL);
  const char *task;
  gboolean found = FALSE;

  g_assert_nonnull (dir);
  while ((task = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename ("/proc/self/task", task, "comm", NULL);
      g_autofree char *name = NULL;

      if (g_file_get_contents (path, &name, NULL, NULL) && g_str_has_prefix (name, "gctx-signals"))
        found = TRUE;
    }

  return found;
}

/* Nobody can join it, and it gives itself its name. */
static inline void
wait_until_listener (gboolean is_there)
{
  while (has_listener () != is_there)
    g_thread_yield ();
}
