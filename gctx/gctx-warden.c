/* gctx-warden.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "gctx-warden-private.h"

#include "gctx-keeper-private.h"

/* The warden is the thread that looks after child processes: it ends them, and
 * talks to them. It runs a GMainContext that is nobody else's, so that no main
 * loop of the program is needed for it and none that is stuck is in the way.
 * What arrives there comes one after the other and needs no lock.
 *
 * It blocks all signals, so that a child which goes away in the middle of what
 * is written to it ends no more than the write: no SIGPIPE for the program. */

/* The thread starts with the first child and stays. NULL with an error where no
 * thread can be had; the next call tries again. */
GMainContext *
gctx_warden_get_main_context (GError **error)
{
  static GMutex mutex;
  static GMainContext *warden = NULL;
  GMainContext *result;

  g_mutex_lock (&mutex);
  if (warden == NULL)
    warden = gctx_keeper_loop_new ("gctx-warden", error);
  result = warden;
  g_mutex_unlock (&mutex);

  return result;
}
