/* test-subprocess.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "gctx-clock-private.h"
#include "test-subprocess.h"

#define MSEC      (G_GINT64_CONSTANT (1000))
#define HOUR_USEC (3600 * G_TIME_SPAN_SECOND)

/* --- Starting --- */

static void
test_never_spawns (void)
{
  g_autoptr (GCtxScopeCloser) scope = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxContext) past = gctx_context_with_timeout (gctx_context_background (), 0);
  g_autoptr (GError) cause = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "no time for that");
  g_autoptr (GError) error = NULL;

  g_test_summary ("rule 6: under a context that is done nothing is started");

  /* An attempt would tell that there is no such program. */
  gctx_scope_cancel_with_cause (scope, cause);
  g_assert_null (gctx_subprocess_new (GCTX_CONTEXT (scope), G_SUBPROCESS_FLAGS_NONE, &error,
                                      "/no/such/program", NULL));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_nonnull (strstr (error->message, "no time for that"));
  g_clear_error (&error);

  g_assert_null (gctx_subprocess_new (past, G_SUBPROCESS_FLAGS_NONE, &error, "/no/such/program", NULL));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
}

static void
test_no_such_program (void)
{
  g_autoptr (GError) error = NULL;

  g_test_summary ("rule 16: why a program could not be started is told as it is");

  g_assert_null (gctx_subprocess_new (gctx_context_background (), G_SUBPROCESS_FLAGS_NONE, &error,
                                      "/no/such/program", NULL));
  g_assert_error (error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT);
}

static void
test_exits (void)
{
  g_autoptr (GCtxScopeCloser) scope = gctx_scope_new_with_timeout (gctx_context_background (), HOUR_USEC);
  GCtxContext *context = GCTX_CONTEXT (scope);
  g_autoptr (GSubprocess) good = spawn_shell (context, G_SUBPROCESS_FLAGS_NONE, "exit 0");
  g_autoptr (GSubprocess) bad = spawn_shell (context, G_SUBPROCESS_FLAGS_NONE, "exit 3");
  g_autoptr (GError) error = NULL;

  g_test_summary ("rule 16: how a child ended by itself is told as it is");

  g_assert_true (gctx_subprocess_wait_check (good, context, &error));
  g_assert_no_error (error);
  g_assert_true (gctx_subprocess_wait (bad, context, &error));
  g_assert_no_error (error);
  g_assert_false (gctx_subprocess_wait_check (bad, context, &error));
  g_assert_error (error, G_SPAWN_EXIT_ERROR, 3);
  g_assert_cmpint (g_subprocess_get_exit_status (bad), ==, 3);
}

/* --- Ending --- */

static void
test_cancel (void)
{
  g_autoptr (GCtxScopeCloser) scope = gctx_scope_new (gctx_context_background ());
  g_autoptr (GSubprocess) child = spawn_shell (GCTX_CONTEXT (scope), G_SUBPROCESS_FLAGS_NONE, SLEEPER);
  g_autoptr (GError) cause = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "changed my mind");
  g_autoptr (GError) error = NULL;

  g_test_summary ("rules 2, 15: a cancel sends SIGTERM; who waits is told its cause");

  g_assert_true (gctx_scope_cancel_with_cause (scope, cause));
  g_assert_false (gctx_subprocess_wait_check (child, GCTX_CONTEXT (scope), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_nonnull (strstr (error->message, "changed my mind"));
  assert_dies_of (child, SIGTERM);

  /* Also when it is all over. */
  g_clear_error (&error);
  g_assert_false (gctx_subprocess_wait (child, GCTX_CONTEXT (scope), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
spawn_and_block (void)
{
  g_autoptr (GCtxContext) brief = NULL;
  g_autoptr (GSubprocess) child = spawn_briefly (&brief, G_SUBPROCESS_FLAGS_NONE, SLEEPER);
  g_autoptr (GError) error = NULL;

  g_assert_false (gctx_subprocess_wait (child, brief, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  assert_dies_of (child, SIGTERM);
}

static void
test_deadline_without_loop (void)
{
  g_test_summary ("rule 12b: a deadline ends a child of a program that only blocks");

  spawn_and_block ();
}

static gboolean
spawn_in_idle (gpointer user_data)
{
  spawn_and_block ();
  g_atomic_int_set ((int *) user_data, TRUE);
  return G_SOURCE_REMOVE;
}

static void
test_deadline_in_stuck_loop (void)
{
  int finished = FALSE;

  g_test_summary ("rule 12c: a deadline ends a child while the main loop is stuck");

  g_idle_add (spawn_in_idle, &finished);
  test_iterate_until (NULL, &finished);
}

static gpointer
spawn_in_thread (gpointer data)
{
  g_autoptr (GMainContext) home = g_main_context_new ();
  GSubprocess *child;

  g_main_context_push_thread_default (home);
  child = spawn_shell (data, G_SUBPROCESS_FLAGS_NONE, SLEEPER);
  g_main_context_pop_thread_default (home);
  return child;
}

static void
test_thread_that_went (void)
{
  g_autoptr (GCtxScopeCloser) scope = gctx_scope_new (gctx_context_background ());
  g_autoptr (GSubprocess) child = NULL;

  g_test_summary ("rule 5: a child outlives the thread that started it, not its context");

  child = g_thread_join (g_thread_new ("spawner", spawn_in_thread, scope));
  g_assert_nonnull (g_subprocess_get_identifier (child));
  gctx_scope_cancel (scope);
  assert_dies_of (child, SIGTERM);
}

static void
test_signal_is_handled (void)
{
  g_autoptr (GCtxScopeCloser) scope = gctx_scope_new (gctx_context_background ());
  g_autoptr (GSubprocess) child =
    spawn_with_grace (GCTX_CONTEXT (scope), HOUR_USEC, TRAPPER ("echo bye; exit 7"));

  g_test_summary ("a child may end in its own way when it is sent SIGTERM");

  assert_says (child, "ready\n");
  gctx_scope_cancel (scope);
  assert_says (child, "bye\n");
  assert_exits (child);
  g_assert_true (g_subprocess_get_if_exited (child));
  g_assert_cmpint (g_subprocess_get_exit_status (child), ==, 7);
}

static void
test_grace (void)
{
  g_autoptr (GCtxScopeCloser) scope = gctx_scope_new (gctx_context_background ());
  g_autoptr (GSubprocess) child = NULL;

  g_test_summary ("SIGKILL comes when the grace is over, not before");

  gctx_clock_hold (g_get_monotonic_time ());
  child = spawn_with_grace (GCTX_CONTEXT (scope), 1, TRAPPER ("echo still here"));
  assert_says (child, "ready\n");
  gctx_scope_cancel (scope);
  assert_says (child, "still here\n");
  g_assert_nonnull (g_subprocess_get_identifier (child));
  gctx_clock_release ();
  assert_dies_of (child, SIGKILL);
}

static void
test_grace_of_the_stubborn (void)
{
  g_autoptr (GCtxScopeCloser) scope = gctx_scope_new (gctx_context_background ());
  g_autoptr (GSubprocess) child = spawn_with_grace (GCTX_CONTEXT (scope), 20 * MSEC, STUBBORN);
  g_autoptr (GError) error = NULL;

  g_test_summary ("a child that ignores SIGTERM is killed, and does not hold who waits");

  assert_says (child, "ready\n");
  gctx_scope_cancel (scope);
  g_assert_false (gctx_subprocess_wait (child, GCTX_CONTEXT (scope), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_dies_of (child, SIGKILL);
}

static void
test_no_grace (void)
{
  const GTimeSpan graces[] = { 0, -1, G_MININT64 };
  guint i;

  g_test_summary ("rule 14: no grace, or less than none, is SIGKILL at once");

  for (i = 0; i < G_N_ELEMENTS (graces); i++)
    {
      g_autoptr (GCtxScopeCloser) scope = gctx_scope_new (gctx_context_background ());
      g_autoptr (GSubprocess) child = spawn_with_grace (GCTX_CONTEXT (scope), graces[i], SLEEPER);

      gctx_scope_cancel (scope);
      assert_dies_of (child, SIGKILL);
    }
}

static void
test_endless_grace (void)
{
  g_autoptr (GCtxScopeCloser) scope = gctx_scope_new (gctx_context_background ());
  g_autoptr (GSubprocess) child = spawn_with_grace (GCTX_CONTEXT (scope), G_MAXINT64, TRAPPER ("echo no"));

  g_test_summary ("rule 14: an endless grace never ends");

  assert_says (child, "ready\n");
  gctx_scope_cancel (scope);
  assert_says (child, "no\n");
  g_subprocess_force_exit (child);
  assert_dies_of (child, SIGKILL);
}

/* --- Waiting --- */

static void
test_shorter_context (void)
{
  g_autoptr (GCtxScopeCloser) scope = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxContext) brief = gctx_context_with_timeout (GCTX_CONTEXT (scope), 20 * MSEC);
  g_autoptr (GSubprocess) child = spawn_shell (GCTX_CONTEXT (scope), G_SUBPROCESS_FLAGS_NONE, SLEEPER);
  g_autoptr (GError) error = NULL;

  g_test_summary ("rule 9: the end of a shorter context gives up the wait, not the child");

  g_assert_false (gctx_subprocess_wait (child, brief, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_nonnull (g_subprocess_get_identifier (child));
  g_assert_false (gctx_context_is_done (GCTX_CONTEXT (scope)));

  gctx_scope_cancel (scope);
  assert_dies_of (child, SIGTERM);
}

static void
test_wait_async (void)
{
  g_autoptr (GCtxScopeCloser) scope = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxScopeCloser) other = gctx_scope_new (gctx_context_background ());
  g_autoptr (GSubprocess) child = spawn_shell (GCTX_CONTEXT (scope), G_SUBPROCESS_FLAGS_NONE, SLEEPER);
  g_autoptr (GError) error = NULL;
  Answer answer = { child };

  g_test_summary ("rule 6: a wait under a context that is done ends at once, but not inside the call");

  gctx_scope_cancel (other);
  gctx_subprocess_wait_async (child, GCTX_CONTEXT (other), keep_answer, &answer);
  g_assert_false (answer.ready);
  test_iterate_until (NULL, &answer.ready);
  g_assert_false (gctx_subprocess_wait_finish (answer.result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_nonnull (g_subprocess_get_identifier (child));
  g_clear_error (&error);
  answer_clear (&answer);

  gctx_subprocess_wait_async (child, gctx_context_background (), keep_answer, &answer);
  gctx_scope_cancel (scope);
  test_iterate_until (NULL, &answer.ready);
  g_assert_true (answer.thread == g_thread_self ());
  g_assert_true (gctx_subprocess_wait_finish (answer.result, &error));
  g_assert_no_error (error);
  answer_clear (&answer);

  gctx_subprocess_wait_check_async (child, gctx_context_background (), keep_answer, &answer);
  test_iterate_until (NULL, &answer.ready);
  g_assert_false (gctx_subprocess_wait_check_finish (answer.result, &error));
  g_assert_error (error, G_SPAWN_ERROR, G_SPAWN_ERROR_FAILED);
  answer_clear (&answer);
}

static void
test_wait_for_any_child (void)
{
  g_autoptr (GCtxContext) brief = gctx_context_with_timeout (gctx_context_background (), 20 * MSEC);
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) child = g_subprocess_new (G_SUBPROCESS_FLAGS_NONE, &error,
                                                    "/bin/sh", "-c", SLEEPER, NULL);

  g_test_summary ("a child that was started without a context can be waited for under one");

  g_assert_no_error (error);
  g_assert_false (gctx_subprocess_wait (child, brief, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_nonnull (g_subprocess_get_identifier (child));
  g_subprocess_force_exit (child);
  assert_dies_of (child, SIGKILL);
}

static void
test_misuse (void)
{
  g_autoptr (GSubprocess) child = spawn_shell (gctx_context_background (), G_SUBPROCESS_FLAGS_NONE, "exit 0");
  const char *nothing[] = { NULL };

  g_test_summary ("rule 20: a wrong argument is a critical and no more");

  g_test_expect_message ("GCtx", G_LOG_LEVEL_CRITICAL, "*gctx_is_context (context)*");
  g_assert_null (gctx_subprocess_new (NULL, G_SUBPROCESS_FLAGS_NONE, NULL, "true", NULL));
  g_test_expect_message ("GCtx", G_LOG_LEVEL_CRITICAL, "*argv != NULL*");
  g_assert_null (gctx_subprocess_newv (gctx_context_background (), nothing, G_SUBPROCESS_FLAGS_NONE, NULL));
  g_test_expect_message ("GCtx", G_LOG_LEVEL_CRITICAL, "*G_IS_SUBPROCESS_LAUNCHER*");
  g_assert_null (gctx_subprocess_launcher_spawnv (NULL, gctx_context_background (), 0, nothing, NULL));
  g_test_expect_message ("GCtx", G_LOG_LEVEL_CRITICAL, "*gctx_is_context (context)*");
  g_assert_false (gctx_subprocess_wait (child, NULL, NULL));
  g_test_expect_message ("GCtx", G_LOG_LEVEL_CRITICAL, "*stdin_buf == NULL*");
  g_assert_false (gctx_subprocess_communicate_utf8 (child, gctx_context_background (), "input", NULL, NULL, NULL));
  g_test_assert_expected_messages ();
  assert_exits (child);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/child/never-spawns", test_never_spawns);
  g_test_add_func ("/gctx/child/no-such-program", test_no_such_program);
  g_test_add_func ("/gctx/child/exits", test_exits);
  g_test_add_func ("/gctx/child/cancel", test_cancel);
  g_test_add_func ("/gctx/child/deadline-without-loop", test_deadline_without_loop);
  g_test_add_func ("/gctx/child/deadline-in-stuck-loop", test_deadline_in_stuck_loop);
  g_test_add_func ("/gctx/child/thread-that-went", test_thread_that_went);
  g_test_add_func ("/gctx/child/signal-is-handled", test_signal_is_handled);
  g_test_add_func ("/gctx/child/grace", test_grace);
  g_test_add_func ("/gctx/child/grace-of-the-stubborn", test_grace_of_the_stubborn);
  g_test_add_func ("/gctx/child/no-grace", test_no_grace);
  g_test_add_func ("/gctx/child/endless-grace", test_endless_grace);
  g_test_add_func ("/gctx/child/shorter-context", test_shorter_context);
  g_test_add_func ("/gctx/child/wait-async", test_wait_async);
  g_test_add_func ("/gctx/child/wait-for-any-child", test_wait_for_any_child);
  g_test_add_func ("/gctx/child/misuse", test_misuse);
  g_test_add_func ("/gctx/child/no-zombies", test_no_zombies);

  return g_test_run ();
}
