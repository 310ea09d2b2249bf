/* test-subprocess.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "test-util.h"

/* The paths of these tests say `child`: GTest leaves out by itself whatever has
 * "/subprocess" in its path. */

/* Lives until it is sent a signal. */
#define SLEEPER "exec sleep 1000"

/* Can only be killed. Says when it is ready for that. */
#define STUBBORN "trap '' TERM; echo ready; exec sleep 1000"

/* Runs a trap as soon as the signal comes. It waits for one that reads what a
 * child of a shell in the background is not given by itself: its input. */
#define TRAPPER(what) "trap '" what "' TERM; exec 3<&0; cat <&3 & echo ready; while :; do wait; done"

/* A child that reads and writes pipes, of a shell script. */
static inline GSubprocess *
spawn_shell (GCtxContext      *context,
             GSubprocessFlags  flags,
             const char       *script)
{
  g_autoptr (GError) error = NULL;
  GSubprocess *child = gctx_subprocess_new (context, flags, &error, "/bin/sh", "-c", script, NULL);

  g_assert_no_error (error);
  g_assert_nonnull (child);
  return child;
}

/* A child with a deadline of its own, which is further away the slower children
 * are started here. */
static inline GSubprocess *
spawn_briefly (GCtxContext      **context,
               GSubprocessFlags   flags,
               const char        *script)
{
  GTimeSpan timeout_usec = 50 * G_TIME_SPAN_MILLISECOND;

  while (TRUE)
    {
      g_autoptr (GError) error = NULL;
      GSubprocess *child;

      *context = gctx_context_with_timeout (gctx_context_background (), timeout_usec);
      child = gctx_subprocess_new (*context, flags, &error, "/bin/sh", "-c", script, NULL);
      if (child != NULL)
        return child;

      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
      g_clear_object (context);
      timeout_usec *= 2;
    }
}

static inline GSubprocess *
spawn_with_grace (GCtxContext *context,
                  GTimeSpan    grace_usec,
                  const char  *script)
{
  g_autoptr (GSubprocessLauncher) launcher =
    g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  const char *argv[] = { "/bin/sh", "-c", script, NULL };
  g_autoptr (GError) error = NULL;
  GSubprocess *child = gctx_subprocess_launcher_spawnv (launcher, context, grace_usec, argv, &error);

  g_assert_no_error (error);
  g_assert_nonnull (child);
  return child;
}

/* Blocks until the child has written @expected, and no more. */
static inline void
assert_says (GSubprocess *child,
             const char  *expected)
{
  g_autofree char *said = g_malloc0 (strlen (expected) + 1);
  g_autoptr (GError) error = NULL;
  gsize n_read;

  g_assert_true (g_input_stream_read_all (g_subprocess_get_stdout_pipe (child), said,
                                          strlen (expected), &n_read, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (said, ==, expected);
}

static inline void
assert_exits (GSubprocess *child)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (gctx_subprocess_wait (child, gctx_context_background (), &error));
  g_assert_no_error (error);
}

static inline void
assert_dies_of (GSubprocess *child,
                int          signum)
{
  assert_exits (child);
  g_assert_true (g_subprocess_get_if_signaled (child));
  g_assert_cmpint (g_subprocess_get_term_sig (child), ==, signum);
}

/* One asynchronous call on a child. */
typedef struct
{
  GSubprocess  *child;
  GAsyncResult *result;
  GThread      *thread;
  int           ready;
} Answer;

static inline void
keep_answer (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  Answer *answer = user_data;

  g_assert_true (source == G_OBJECT (answer->child));
  answer->result = g_object_ref (result);
  answer->thread = g_thread_self ();
  g_atomic_int_set (&answer->ready, TRUE);
}

static inline void
answer_clear (Answer *answer)
{
  g_clear_object (&answer->result);
  answer->ready = FALSE;
}

/* Every child is reaped by the time that its exit is told. */
static inline void
test_no_zombies (void)
{
  g_test_summary ("a child that has exited was reaped");

  g_assert_cmpint (waitpid (-1, NULL, WNOHANG), ==, -1);
  g_assert_cmpint (errno, ==, ECHILD);
}
