/* test-interposed.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <dlfcn.h>

#include "test-util.h"

/* For tests that stand in for functions of GLib: these want _GNU_SOURCE, and
 * link the static copy of the library. */

static GMutex flag_mutex;
static GCond flag_cond;

static inline void
set_flag (int *flag)
{
  g_mutex_lock (&flag_mutex);
  *flag = TRUE;
  g_cond_broadcast (&flag_cond);
  g_mutex_unlock (&flag_mutex);
}

static inline void
wait_for_flag (int *flag)
{
  g_mutex_lock (&flag_mutex);
  while (!*flag)
    g_cond_wait (&flag_cond, &flag_mutex);
  g_mutex_unlock (&flag_mutex);
}

/* GLib's own function, which is looked up once. */
static inline gpointer
find_real (gpointer   *real,
           const char *name)
{
  if (g_atomic_pointer_get (real) == NULL)
    g_atomic_pointer_set (real, dlsym (RTLD_NEXT, name));
  return g_atomic_pointer_get (real);
}

static inline void
set_flag_when_cancelled (GCancellable *cancellable,
                         gpointer      flag)
{
  set_flag (flag);
}
