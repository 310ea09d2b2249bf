/* test-subprocess-pipes.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-subprocess.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <unistd.h>

#define BRIEF (50 * G_TIME_SPAN_MILLISECOND)

/* More than any pipe holds. */
#define MUCH (4 * 1024 * 1024)

#define BOTH_WAYS (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE)

static GBytes *
much_new (void)
{
  char *data = g_malloc (MUCH);

  memset (data, 'x', MUCH);
  return g_bytes_new_take (data, MUCH);
}

static GCtxScope *
hour_new (void)
{
  return gctx_scope_new_with_timeout (gctx_context_background (), G_TIME_SPAN_HOUR);
}

/* --- In order --- */

static void
test_round_trip (void)
{
  g_autoptr (GCtxScopeCloser) scope = hour_new ();
  GCtxContext *context = GCTX_CONTEXT (scope);
  g_autoptr (GSubprocess) child = spawn_shell (context, BOTH_WAYS, "exec cat");
  g_autoptr (GBytes) input = much_new ();
  g_autoptr (GBytes) output = NULL;
  g_autoptr (GBytes) complaints = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("what fits no pipe goes through it both ways");

  g_assert_true (gctx_subprocess_communicate (child, context, input, &output, &complaints, &error));
  g_assert_no_error (error);
  g_assert_true (g_bytes_equal (input, output));
  g_assert_null (complaints);
  g_assert_true (g_subprocess_get_successful (child));
}

static void
test_text (void)
{
  g_autoptr (GCtxScopeCloser) scope = hour_new ();
  GCtxContext *context = GCTX_CONTEXT (scope);
  g_autoptr (GSubprocess) child =
    spawn_shell (context, BOTH_WAYS | G_SUBPROCESS_FLAGS_STDERR_PIPE, "cat; echo 'oh no' >&2; exit 4");
  g_autofree char *output = NULL;
  g_autofree char *complaints = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("text goes both ways; an exit status is no error here");

  g_assert_true (gctx_subprocess_communicate_utf8 (child, context, "gr\303\274n", &output, &complaints, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (output, ==, "gr\303\274n");
  g_assert_cmpstr (complaints, ==, "oh no\n");
  g_assert_cmpint (g_subprocess_get_exit_status (child), ==, 4);
}

static void
test_no_input (void)
{
  g_autoptr (GCtxScopeCloser) scope = hour_new ();
  GCtxContext *context = GCTX_CONTEXT (scope);
  g_autoptr (GSubprocess) one = spawn_shell (context, BOTH_WAYS, "exec cat");
  g_autoptr (GSubprocess) two = spawn_shell (context, BOTH_WAYS, "exec cat");
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("no input is an empty one where there is a pipe for it");

  g_assert_true (gctx_subprocess_communicate (one, context, NULL, &bytes, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, 0);
  g_assert_true (gctx_subprocess_communicate_utf8 (two, context, NULL, &text, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, "");
}

static void
test_async (void)
{
  g_autoptr (GCtxScopeCloser) scope = hour_new ();
  GCtxContext *context = GCTX_CONTEXT (scope);
  g_autoptr (GSubprocess) one = spawn_shell (context, BOTH_WAYS, "exec cat");
  g_autoptr (GSubprocess) two = spawn_shell (context, BOTH_WAYS, "exec cat");
  g_autoptr (GBytes) input = much_new ();
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  Answer with_bytes = { one };
  Answer with_text = { two };

  g_test_summary ("the answers come where they were asked for");

  gctx_subprocess_communicate_async (one, context, input, keep_answer, &with_bytes);
  gctx_subprocess_communicate_utf8_async (two, context, "text", keep_answer, &with_text);
  test_iterate_until (NULL, &with_bytes.ready);
  test_iterate_until (NULL, &with_text.ready);
  g_assert_true (with_bytes.thread == g_thread_self ());

  g_assert_true (gctx_subprocess_communicate_finish (with_bytes.result, &bytes, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (g_bytes_equal (input, bytes));
  g_assert_true (gctx_subprocess_communicate_utf8_finish (with_text.result, &text, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, "text");
  answer_clear (&with_bytes);
  answer_clear (&with_text);
}

/* --- Peers that never answer --- */

static void
test_never_reads (void)
{
  g_autoptr (GCtxContext) context = NULL;
  g_autoptr (GSubprocess) child = spawn_briefly (&context, BOTH_WAYS, SLEEPER);
  g_autoptr (GBytes) input = much_new ();
  g_autoptr (GBytes) output = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("rule 15: the deadline ends a child that never reads, and the writing to it");

  g_assert_false (gctx_subprocess_communicate (child, context, input, &output, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_null (output);
  assert_dies_of (child, SIGTERM);
}

static void
test_never_stops_writing (void)
{
  g_autoptr (GCtxContext) context = NULL;
  g_autoptr (GSubprocess) child = spawn_briefly (&context, BOTH_WAYS, "exec yes");
  g_autoptr (GError) error = NULL;

  g_test_summary ("rule 15: the deadline ends a child that never stops writing");

  g_assert_false (gctx_subprocess_communicate (child, context, NULL, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  assert_exits (child);
  g_assert_true (g_subprocess_get_if_signaled (child));
}

static void
test_full_pipe (void)
{
  g_autoptr (GCtxContext) context = NULL;
  g_autoptr (GSubprocess) child = spawn_briefly (&context, BOTH_WAYS, "exec cat /dev/zero");
  g_autoptr (GError) error = NULL;

  g_test_summary ("rule 15: the deadline ends a child whose pipe is full and that nobody reads");

  g_assert_false (gctx_subprocess_wait (child, context, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  assert_dies_of (child, SIGTERM);
}

/* A child that is gone at once, and has left behind one that keeps its pipes
 * open until *@lifeline is closed. */
static GSubprocess *
spawn_and_leave_behind (GCtxContext *context,
                        int         *lifeline)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (BOTH_WAYS);
  const char *argv[] = { "/bin/sh", "-c", "cat <&3 & echo left", NULL };
  g_autoptr (GError) error = NULL;
  GSubprocess *child;
  int fds[2];

  g_assert_true (g_unix_open_pipe (fds, FD_CLOEXEC, &error));
  g_subprocess_launcher_take_fd (launcher, fds[0], 3);
  *lifeline = fds[1];
  child = gctx_subprocess_launcher_spawnv (launcher, context, G_TIME_SPAN_SECOND, argv, &error);
  g_assert_no_error (error);
  return child;
}

static void
test_grandchild (void)
{
  g_autoptr (GCtxScopeCloser) scope = hour_new ();
  g_autoptr (GCtxContext) brief = NULL;
  g_autoptr (GSubprocess) child = NULL;
  g_autofree char *output = NULL;
  g_autoptr (GError) error = NULL;
  int lifeline;

  g_test_summary ("rule 15: a grandchild that keeps the pipe open holds nobody beyond the deadline");

  child = spawn_and_leave_behind (GCTX_CONTEXT (scope), &lifeline);
  assert_exits (child);
  g_assert_true (g_subprocess_get_successful (child));
  brief = gctx_context_with_timeout (GCTX_CONTEXT (scope), BRIEF);
  g_assert_false (gctx_subprocess_communicate_utf8 (child, brief, NULL, &output, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_null (output);
  g_assert_cmpint (close (lifeline), ==, 0);
}

static void
test_grandchild_goes (void)
{
  g_autoptr (GCtxScopeCloser) scope = hour_new ();
  GCtxContext *context = GCTX_CONTEXT (scope);
  g_autoptr (GSubprocess) child = NULL;
  g_autofree char *output = NULL;
  g_autoptr (GError) error = NULL;
  Answer answer;
  int lifeline;

  g_test_summary ("the pipe of a grandchild is read to its end while there is time");

  child = spawn_and_leave_behind (context, &lifeline);
  assert_exits (child);
  answer = (Answer) { child };
  gctx_subprocess_communicate_utf8_async (child, context, NULL, keep_answer, &answer);
  test_iterate_pending (NULL);
  g_assert_false (answer.ready);
  g_assert_cmpint (close (lifeline), ==, 0);
  test_iterate_until (NULL, &answer.ready);
  g_assert_true (gctx_subprocess_communicate_utf8_finish (answer.result, &output, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (output, ==, "left\n");
  answer_clear (&answer);
}

static void
test_shorter_context (void)
{
  g_autoptr (GCtxScopeCloser) scope = hour_new ();
  g_autoptr (GCtxContext) brief = gctx_context_with_timeout (GCTX_CONTEXT (scope), BRIEF);
  g_autoptr (GSubprocess) child = spawn_shell (GCTX_CONTEXT (scope), BOTH_WAYS, SLEEPER);
  g_autoptr (GError) error = NULL;

  g_test_summary ("rule 9: the end of a shorter context gives up the reading, not the child");

  g_assert_false (gctx_subprocess_communicate (child, brief, NULL, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_nonnull (g_subprocess_get_identifier (child));
  gctx_scope_cancel (scope);
  assert_dies_of (child, SIGTERM);
}

static void
test_done_before (void)
{
  g_autoptr (GCtxScopeCloser) scope = hour_new ();
  g_autoptr (GCtxContext) past = gctx_context_with_timeout (GCTX_CONTEXT (scope), 0);
  g_autoptr (GSubprocess) child = spawn_shell (GCTX_CONTEXT (scope), BOTH_WAYS, "exec cat");
  g_autofree char *output = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("rule 6: under a context that is done the pipes are not touched");

  g_assert_false (gctx_subprocess_communicate_utf8 (child, past, "lost", NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_clear_error (&error);

  g_assert_true (gctx_subprocess_communicate_utf8 (child, GCTX_CONTEXT (scope), "kept", &output, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (output, ==, "kept");
}

/* --- Peers that vanish, and garbage --- */

static void
test_vanishes (void)
{
  g_autoptr (GCtxScopeCloser) scope = hour_new ();
  GCtxContext *context = GCTX_CONTEXT (scope);
  g_autoptr (GSubprocess) child = spawn_shell (context, BOTH_WAYS, "kill -KILL $$");
  g_autoptr (GBytes) input = much_new ();
  g_autoptr (GError) error = NULL;

  g_test_summary ("rule 16: a child that vanishes breaks its pipe, and not the program");

  g_assert_false (gctx_subprocess_communicate (child, context, input, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE);
  assert_dies_of (child, SIGKILL);
}

static void
test_garbage (void)
{
  g_autoptr (GCtxScopeCloser) scope = hour_new ();
  GCtxContext *context = GCTX_CONTEXT (scope);
  g_autoptr (GSubprocess) one = spawn_shell (context, BOTH_WAYS, "printf '\\377\\000\\376'");
  g_autoptr (GSubprocess) two = spawn_shell (context, BOTH_WAYS, "printf '\\377\\000\\376'");
  g_autofree char *text = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("rule 20: garbage is an error where text is wanted, and else comes as it is");

  g_assert_false (gctx_subprocess_communicate_utf8 (one, context, NULL, &text, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  g_assert_null (text);
  g_clear_error (&error);

  g_assert_true (gctx_subprocess_communicate (two, context, NULL, &bytes, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), "\377\000\376", 3);
}

static void
note_freed (gpointer data)
{
  *(gboolean *) data = TRUE;
}

static void
test_input_stays_with_its_owner (void)
{
  g_autoptr (GCtxScopeCloser) scope = gctx_scope_new (gctx_context_background ());
  g_autoptr (GSubprocess) child = spawn_shell (GCTX_CONTEXT (scope), BOTH_WAYS, "exec cat");
  gboolean freed = FALSE;
  GBytes *input = g_bytes_new_with_free_func ("text", 4, note_freed, &freed);
  g_autoptr (GBytes) output = NULL;
  g_autoptr (GError) error = NULL;
  Answer answer = { child };

  g_test_summary ("the thread that looks after children never frees what was given: it could block there");

  gctx_subprocess_communicate_async (child, GCTX_CONTEXT (scope), input, keep_answer, &answer);
  g_bytes_unref (input);
  g_assert_true (freed);

  test_iterate_until (NULL, &answer.ready);
  g_assert_true (gctx_subprocess_communicate_finish (answer.result, &output, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (output, NULL), g_bytes_get_size (output), "text", 4);
  answer_clear (&answer);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/child-pipes/round-trip", test_round_trip);
  g_test_add_func ("/gctx/child-pipes/text", test_text);
  g_test_add_func ("/gctx/child-pipes/no-input", test_no_input);
  g_test_add_func ("/gctx/child-pipes/async", test_async);
  g_test_add_func ("/gctx/child-pipes/never-reads", test_never_reads);
  g_test_add_func ("/gctx/child-pipes/never-stops-writing", test_never_stops_writing);
  g_test_add_func ("/gctx/child-pipes/full-pipe", test_full_pipe);
  g_test_add_func ("/gctx/child-pipes/grandchild", test_grandchild);
  g_test_add_func ("/gctx/child-pipes/grandchild-goes", test_grandchild_goes);
  g_test_add_func ("/gctx/child-pipes/shorter-context", test_shorter_context);
  g_test_add_func ("/gctx/child-pipes/done-before", test_done_before);
  g_test_add_func ("/gctx/child-pipes/vanishes", test_vanishes);
  g_test_add_func ("/gctx/child-pipes/garbage", test_garbage);
  g_test_add_func ("/gctx/child-pipes/input", test_input_stays_with_its_owner);
  g_test_add_func ("/gctx/child-pipes/no-zombies", test_no_zombies);

  return g_test_run ();
}
