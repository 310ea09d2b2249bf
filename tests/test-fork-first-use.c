/* test-fork-first-use.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Forks while another thread makes what the library makes at its first use. */

#define _GNU_SOURCE

#include "test-fork.h"

#include <dlfcn.h>

/* Something that times out, for the first time in its process. */
static gpointer
first_use_thread (gpointer data)
{
  int *start = data;
  gint64 delay = g_random_int_range (0, 200);
  GCtxContext *context;

  while (!g_atomic_int_get (start))
    ;
  delay += g_get_monotonic_time ();
  while (g_get_monotonic_time () < delay)
    ;
  context = gctx_context_with_timeout (gctx_context_background (), 0);
  CHECK (g_error_matches (gctx_context_get_error (context), G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
  g_object_unref (context);
  return NULL;
}

static void G_GNUC_NORETURN
fork_during_first_use (void)
{
  GCtxContext *passing;
  gint64 passing_at;
  GThread *thread;
  int start = FALSE;
  pid_t pid;

  passing_at = g_get_monotonic_time () + 300;
  passing = gctx_context_with_deadline (gctx_context_background (), passing_at);
  thread = g_thread_new ("first-use", first_use_thread, &start);
  g_atomic_int_set (&start, TRUE);
  pid = fork ();
  CHECK (pid >= 0);
  if (pid == 0)
    {
      alarm (CHILD_LIMIT_SEC);
      check_passing (passing, passing_at);
      leave_content ();
    }
  CHECK (wait_for (pid));
  g_thread_join (thread);
  leave_content ();
}

/* Has to be the first test: each round is a process in which nothing of the
 * library has been used so far. */
static void
test_first_use (void)
{
  int i;

  g_test_summary ("rule 21: the reading calls work in a forked child, "
                  "also when another thread was making what is made at the first use");

  for (i = 0; i < 200; i++)
    {
      pid_t pid = fork ();

      g_assert_cmpint (pid, >=, 0);
      if (pid == 0)
        fork_during_first_use ();
      g_assert_true (wait_for (pid));
    }
}

/* Stands in for that of GLib: an error is where something that is made at the
 * first use would be half made. */
static __thread gboolean stops_inside = FALSE;
static GMutex inside_mutex;
static GCond inside_cond;
static gboolean inside, may_go_on;

static void
set_inside (gboolean wait)
{
  g_mutex_lock (&inside_mutex);
  inside = TRUE;
  g_cond_broadcast (&inside_cond);
  while (wait && !may_go_on)
    g_cond_wait (&inside_cond, &inside_mutex);
  g_mutex_unlock (&inside_mutex);
}

GError *
g_error_new_literal (GQuark       domain,
                     gint         code,
                     const gchar *message)
{
  GError *(*real) (GQuark, gint, const gchar *) = dlsym (RTLD_NEXT, "g_error_new_literal");

  if (stops_inside)
    set_inside (TRUE);
  return real (domain, code, message);
}

/* Something that ends, in both ways, for the first time in its process. */
static gpointer
stop_inside_first_use (gpointer data)
{
  GCtxContext *context;
  GCtxScope *scope;

  stops_inside = TRUE;
  context = gctx_context_with_timeout (gctx_context_background (), 0);
  CHECK (g_error_matches (gctx_context_get_error (context), G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
  g_object_unref (context);
  scope = gctx_scope_new (gctx_context_background ());
  CHECK (gctx_scope_cancel (scope));
  g_object_unref (scope);
  set_inside (FALSE);
  return NULL;
}

static void G_GNUC_NORETURN
fork_inside_first_use (void)
{
  GCtxContext *passing;
  gint64 passing_at;
  GThread *thread;
  pid_t pid;

  /* Until another thread of this one stops inside, or has come through. */
  alarm (2 * CHILD_LIMIT_SEC);
  passing_at = g_get_monotonic_time () + 1000;
  passing = gctx_context_with_deadline (gctx_context_background (), passing_at);
  thread = g_thread_new ("first-use", stop_inside_first_use, NULL);
  g_mutex_lock (&inside_mutex);
  while (!inside)
    g_cond_wait (&inside_cond, &inside_mutex);
  g_mutex_unlock (&inside_mutex);

  pid = fork ();
  CHECK (pid >= 0);
  if (pid == 0)
    {
      alarm (CHILD_LIMIT_SEC);
      check_passing (passing, passing_at);
      leave_content ();
    }
  CHECK (wait_for (pid));

  g_mutex_lock (&inside_mutex);
  may_go_on = TRUE;
  g_cond_broadcast (&inside_cond);
  g_mutex_unlock (&inside_mutex);
  g_thread_join (thread);
  leave_content ();
}

/* Before anything ended in this process. */
static void
test_inside_first_use (void)
{
  pid_t pid;

  g_test_summary ("rule 21: the reading calls work in a forked child, "
                  "also when another thread stood in the middle of making an error");

  pid = fork ();
  g_assert_cmpint (pid, >=, 0);
  if (pid == 0)
    fork_inside_first_use ();
  g_assert_true (wait_for (pid));
}

int
main (int   argc,
      char *argv[])
{
  if (!can_test_forks (argv))
    return 0;

  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/fork-first-use/racing", test_first_use);
  g_test_add_func ("/gctx/fork-first-use/inside", test_inside_first_use);

  return g_test_run ();
}
