/* test-fork.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "test-util.h"

#include <sys/wait.h>
#include <unistd.h>

/* How long a child may take before it counts as stuck. */
#define CHILD_LIMIT_SEC 20

/* The child reports by its exit code: assertions of GTest would write into
 * the parent's TAP stream. */
#define CHECK(condition) \
  G_STMT_START { \
    if (!(condition)) \
      { \
        static const char text[] = G_STRLOC ": " #condition " in the child\n"; \
        if (write (STDERR_FILENO, text, sizeof text - 1) < 0) \
          _exit (3); \
        _exit (2); \
      } \
  } G_STMT_END

/* Exits with 0, but not as this program: a leak checker would take for lost
 * what was held by the threads that a child does not have. */
static inline void G_GNUC_NORETURN
leave_content (void)
{
  execlp ("true", "true", NULL);
  _exit (4);
}

/* Waits for @pid, and whether it was content. */
static inline gboolean
wait_for (pid_t pid)
{
  int status = 0;

  return waitpid (pid, &status, 0) == pid && WIFEXITED (status) && WEXITSTATUS (status) == 0;
}

/* Once it is past @passing_at, the deadline of @passing. */
static inline void
check_passing (GCtxContext *passing,
               gint64       passing_at)
{
  const GError *seen;

  while (g_get_monotonic_time () <= passing_at)
    ;
  CHECK (gctx_context_is_done (passing));
  seen = gctx_context_get_error (passing);
  CHECK (g_error_matches (seen, G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
  seen = gctx_context_get_cause (passing);
  CHECK (g_error_matches (seen, G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
  CHECK (gctx_context_get_remaining_msec (passing) == 0);
}

/* To begin main () with: whether a child can be tested here. May execute the
 * program anew. */
static inline gboolean
can_test_forks (char *argv[])
{
#ifdef __SANITIZE_ADDRESS__
  /* A child that needs memory then waits for ever for a thread that it does
   * not have. malloc () of the C library is whole again in a child. */
  g_print ("1..0 # SKIP the allocator of AddressSanitizer does not outlive a fork\n");
  return FALSE;
#else
  /* The slice allocator of older GLib has locks that no child gets back, and
   * reads this variable before main () begins. */
  if (g_strcmp0 (getenv ("G_SLICE"), "always-malloc") != 0)
    {
      setenv ("G_SLICE", "always-malloc", TRUE);
      execv ("/proc/self/exe", argv);
    }

  return TRUE;
#endif
}
