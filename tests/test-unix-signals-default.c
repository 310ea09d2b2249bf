/* test-unix-signals-default.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* When a signal has its default action again: each case is a program of its own
 * that has to be killed by it. */

#include "test-unix-signals.h"

#include <string.h>
#include <sys/wait.h>

/* What the program exits with where the signal does not kill it. */
#define SURVIVED 7

/* One that got stuck is killed by another signal than the one expected. */
#define LIMIT_SEC 40

static GCtxScope *
scope_for_both (GCtxContext *parent)
{
  const int signums[] = { SIGINT, SIGTERM };

  return gctx_scope_new_for_unix_signals (parent, signums, G_N_ELEMENTS (signums));
}

/* The first signal must only end the scope. */
static void
take_first (GCtxScope *scope)
{
  send_signal (SIGINT);
  gctx_context_wait (GCTX_CONTEXT (scope));
  g_assert_cmpstr (gctx_context_get_cause (GCTX_CONTEXT (scope))->message, ==, "SIGINT was received");
}

static void
second_signal (void)
{
  GCtxScope *scope = scope_for_both (gctx_context_background ());

  take_first (scope);
  send_signal (SIGINT);
}

static void
second_of_another_kind (void)
{
  GCtxScope *scope = scope_for_both (gctx_context_background ());

  take_first (scope);
  send_signal (SIGTERM);
}

static void
second_with_two_scopes (void)
{
  GCtxScope *scope = scope_for_both (gctx_context_background ());
  GCtxScope *other = scope_for (SIGINT);

  take_first (other);
  gctx_scope_close (other);
  (void) scope;
  send_signal (SIGINT);
}

/* In a thread of the library, which takes no signals. */
static void
send_again (GCancellable *cancellable)
{
  send_signal (SIGINT);
  while (TRUE)
    pause ();
}

static void
second_in_a_handler (void)
{
  GCtxScope *scope = scope_for_both (gctx_context_background ());

  g_signal_connect (gctx_context_get_cancellable (GCTX_CONTEXT (scope)), "cancelled",
                    G_CALLBACK (send_again), NULL);
  take_first (scope);
  while (TRUE)
    pause ();
}

/* Tidies up for longer than anybody waits. */
static void
block (GCancellable *cancellable)
{
  while (TRUE)
    pause ();
}

static void
second_beside_a_stuck_handler (void)
{
  GCtxScope *scope = scope_for_both (gctx_context_background ());

  g_signal_connect (gctx_context_get_cancellable (GCTX_CONTEXT (scope)), "cancelled",
                    G_CALLBACK (block), NULL);
  take_first (scope);
  send_signal (SIGINT);
}

static gboolean
on_idle (gpointer data)
{
  take_first (data);
  send_signal (SIGINT);
  _exit (SURVIVED);
}

static void
second_in_a_stuck_loop (void)
{
  GMainLoop *loop = g_main_loop_new (NULL, FALSE);

  g_idle_add (on_idle, scope_for_both (gctx_context_background ()));
  g_main_loop_run (loop);
}

static void
after_close (void)
{
  gctx_scope_close (scope_for_both (gctx_context_background ()));
  send_signal (SIGINT);
}

static void
after_close_of_both (void)
{
  GCtxScope *scope = scope_for_both (gctx_context_background ());
  GCtxScope *other = scope_for_both (gctx_context_background ());

  gctx_scope_close (scope);
  gctx_scope_close (other);
  send_signal (SIGINT);
}

static void
after_unref (void)
{
  g_object_unref (scope_for_both (gctx_context_background ()));
  send_signal (SIGINT);
}

static void
after_end_of_the_parent (void)
{
  GCtxScope *parent = gctx_scope_new (gctx_context_background ());
  GCtxScope *scope = scope_for_both (GCTX_CONTEXT (parent));

  gctx_scope_cancel (parent);
  (void) scope;
  send_signal (SIGINT);
}

static void
with_a_done_parent (void)
{
  GCtxContext *parent = gctx_context_with_timeout (gctx_context_background (), 0);
  GCtxScope *scope = scope_for_both (parent);

  (void) scope;
  send_signal (SIGINT);
}

/* The cancellable is told after the library itself. */
static void
after_a_deadline (void)
{
  GCtxContext *parent = gctx_context_with_timeout (gctx_context_background (), 20 * G_TIME_SPAN_MILLISECOND);
  GCtxScope *scope = scope_for_both (parent);
  GPollFD fd;

  g_assert_true (g_cancellable_make_pollfd (gctx_context_get_cancellable (GCTX_CONTEXT (scope)), &fd));
  g_assert_cmpint (g_poll (&fd, 1, -1), ==, 1);
  g_assert_error (gctx_context_get_error (GCTX_CONTEXT (scope)), G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  send_signal (SIGINT);
}

static void
for_another_signal (void)
{
  GCtxScope *scope = scope_for (SIGUSR1);

  (void) scope;
  send_signal (SIGINT);
}

typedef struct
{
  const char  *path;
  void       (*program) (void);
  int          signum;
  const char  *summary;
} Case;

static const Case cases[] = {
  { "second", second_signal, SIGINT, "a second Ctrl-C ends the program" },
  { "second-of-another-kind", second_of_another_kind, SIGTERM,
    "so does another signal that the scope watched" },
  { "second-with-two-scopes", second_with_two_scopes, SIGINT,
    "so it does where two scopes watched for the first" },
  { "second-in-a-handler", second_in_a_handler, SIGINT,
    "so it does in a handler that the first runs" },
  { "second-beside-a-stuck-handler", second_beside_a_stuck_handler, SIGINT,
    "so it does while such a handler is stuck" },
  { "second-in-a-stuck-loop", second_in_a_stuck_loop, SIGINT,
    "so it does while the main loop is stuck" },
  { "after-close", after_close, SIGINT, "a signal after the close ends the program" },
  { "after-close-of-both", after_close_of_both, SIGINT,
    "so it does after the close of the last of two scopes" },
  { "after-unref", after_unref, SIGINT, "so it does after the scope was forgotten" },
  { "after-end-of-the-parent", after_end_of_the_parent, SIGINT,
    "so it does after the end of the scope's parent" },
  { "with-a-done-parent", with_a_done_parent, SIGINT, "so it does where the parent was done before" },
  { "after-a-deadline", after_a_deadline, SIGINT, "so it does after a deadline" },
  { "for-another-signal", for_another_signal, SIGINT, "so does a signal that nobody watches" },
};

static const char *self;

static void
test_case (gconstpointer data)
{
  const Case *the_case = data;
  const char *argv[] = { self, "--case", the_case->path, NULL };
  g_autofree char *complaint = NULL;
  g_autoptr (GError) error = NULL;
  int status = 0;

  g_test_summary (the_case->summary);

  g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, &complaint, &status, &error);
  g_assert_no_error (error);
  if (!WIFSIGNALED (status))
    g_error ("the program exited with %d: %s", WEXITSTATUS (status), complaint);
  g_assert_cmpint (WTERMSIG (status), ==, the_case->signum);
}

static int
run_case (const char *path)
{
  guint i;

  alarm (LIMIT_SEC);
  for (i = 0; i < G_N_ELEMENTS (cases); i++)
    if (strcmp (cases[i].path, path) == 0)
      cases[i].program ();

  return SURVIVED;
}

int
main (int   argc,
      char *argv[])
{
  guint i;

  if (argc == 3 && strcmp (argv[1], "--case") == 0)
    return run_case (argv[2]);

  self = argv[0];
  g_test_init (&argc, &argv, NULL);

  for (i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/gctx/unix-signals-default/", cases[i].path, NULL);

      g_test_add_data_func (path, &cases[i], test_case);
    }

  return g_test_run ();
}
