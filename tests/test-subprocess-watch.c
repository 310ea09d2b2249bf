/* test-subprocess-watch.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "gctx-context-private.h"
#include "gctx-warden-private.h"
#include "test-race.h"
#include "test-subprocess.h"

/* What is left of the watch on a child when that has exited: nothing. It goes in
 * a thread of the library, whose last act is to drop the child. */

static gboolean
is_alone (GCtxNode *node)
{
  gboolean alone;

  gctx_lock ();
  alone = node->items == NULL && g_atomic_int_get (&node->item.ref_count) == 1;
  gctx_unlock ();

  return alone;
}

static void
test_nothing_is_left (void)
{
  g_autoptr (GCtxScopeCloser) scope = gctx_scope_new_with_timeout (gctx_context_background (), G_TIME_SPAN_HOUR);
  GCtxNode *node = GCTX_CONTEXT (scope)->node;
  GSubprocess *child = spawn_shell (GCTX_CONTEXT (scope), G_SUBPROCESS_FLAGS_NONE, "exit 0");

  g_test_summary ("rule 7: a child that has exited leaves nothing with its context");

  assert_exits (child);
  unref_until_gone (child);
  g_assert_true (is_alone (node));
}

static void
test_nothing_is_left_after_the_end (void)
{
  g_autoptr (GCtxScopeCloser) scope = gctx_scope_new (gctx_context_background ());
  GCtxNode *node = GCTX_CONTEXT (scope)->node;
  GSubprocess *child = spawn_with_grace (GCTX_CONTEXT (scope), G_TIME_SPAN_HOUR, SLEEPER);

  g_test_summary ("a child that was ended takes the rest of its grace along");

  gctx_scope_cancel (scope);
  assert_dies_of (child, SIGTERM);
  unref_until_gone (child);
  g_assert_true (is_alone (node));
}

static void
test_nothing_is_left_of_a_wait (void)
{
  g_autoptr (GCtxScopeCloser) scope = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxScopeCloser) other = gctx_scope_new (gctx_context_background ());
  GCtxNode *node = GCTX_CONTEXT (other)->node;
  GSubprocess *child = spawn_with_grace (GCTX_CONTEXT (scope), G_TIME_SPAN_HOUR, SLEEPER);
  Answer answer = { child };

  g_test_summary ("a wait that was given up holds nothing, though the child lives on");

  gctx_subprocess_wait_async (child, GCTX_CONTEXT (other), keep_answer, &answer);
  gctx_scope_cancel (other);
  test_iterate_until (NULL, &answer.ready);
  g_assert_false (gctx_subprocess_wait_finish (answer.result, NULL));
  answer_clear (&answer);
  while (!is_alone (node))
    g_thread_yield ();

  gctx_scope_cancel (scope);
  assert_dies_of (child, SIGTERM);
  unref_until_gone (child);
}

static void
test_thousand (void)
{
  g_autoptr (GCtxScopeCloser) scope = gctx_scope_new_with_timeout (gctx_context_background (), G_TIME_SPAN_HOUR);
  GCtxNode *node = GCTX_CONTEXT (scope)->node;
  int n_children = test_rounds (1000);
  g_autofree GSubprocess **children = g_new (GSubprocess *, n_children);
  int i;

  g_test_summary ("rules 2, 7: a thousand children end with their context and leave nothing");

  for (i = 0; i < n_children; i++)
    children[i] = spawn_shell (GCTX_CONTEXT (scope), G_SUBPROCESS_FLAGS_NONE, i % 2 == 0 ? "exit 0" : SLEEPER);
  for (i = 0; i < n_children; i += 2)
    {
      assert_exits (children[i]);
      unref_until_gone (children[i]);
    }
  gctx_scope_cancel (scope);
  for (i = 1; i < n_children; i += 2)
    {
      assert_dies_of (children[i], SIGTERM);
      unref_until_gone (children[i]);
    }
  g_assert_true (is_alone (node));
}

static void
test_forgotten_scope (void)
{
  GCtxScope *scope = gctx_scope_new (gctx_context_background ());
  GSubprocess *child = spawn_with_grace (GCTX_CONTEXT (scope), G_TIME_SPAN_HOUR, SLEEPER);

  g_test_summary ("rule 7: a scope that was forgotten goes at once, and does nothing to its child");

  g_assert_finalize_object (scope);
  g_assert_nonnull (g_subprocess_get_identifier (child));
  g_subprocess_send_signal (child, SIGINT);
  assert_dies_of (child, SIGINT);
  unref_until_gone (child);
}

static void
test_deadline_outlives_its_context (void)
{
  GCtxContext *brief = NULL;
  GSubprocess *child = spawn_briefly (&brief, G_SUBPROCESS_FLAGS_NONE, SLEEPER);

  g_test_summary ("rule 7: the deadline of a child stays in force without the context");

  g_assert_finalize_object (brief);
  assert_dies_of (child, SIGTERM);
  unref_until_gone (child);
}

static void
note_freed (gpointer data)
{
  *(GThread **) data = g_thread_self ();
}

static void
test_values (void)
{
  GCtxKey *key = gctx_key_new ("object", G_TYPE_OBJECT);
  GObject *object = g_object_new (G_TYPE_OBJECT, NULL);
  GCtxContext *context = gctx_context_with_values (gctx_context_background (), key, object, NULL);
  GSubprocess *child;
  GThread *freed_in = NULL;

  g_test_summary ("rule 18: a child holds no values");

  g_object_set_data_full (object, "freed", &freed_in, note_freed);
  g_object_unref (object);
  child = spawn_with_grace (context, 0, SLEEPER);
  g_object_unref (context);
  g_assert_true (freed_in == g_thread_self ());
  g_subprocess_force_exit (child);
  assert_dies_of (child, SIGKILL);
  unref_until_gone (child);
  gctx_key_unref (key);
}

/* --- Inside the thread that does all this --- */

static gboolean
use_children (gpointer user_data)
{
  g_autoptr (GCtxScopeCloser) scope = gctx_scope_new (gctx_context_background ());
  GCtxContext *context = GCTX_CONTEXT (scope);
  g_autoptr (GSubprocess) talker =
    spawn_shell (context, G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, "exec cat");
  g_autoptr (GSubprocess) sleeper = spawn_with_grace (context, 0, SLEEPER);
  g_autofree char *output = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (gctx_subprocess_communicate_utf8 (talker, context, "text", &output, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (output, ==, "text");
  /* It inherits what is blocked here, so that SIGTERM would not reach it. */
  gctx_scope_cancel (scope);
  assert_dies_of (sleeper, SIGKILL);

  g_atomic_int_set ((int *) user_data, TRUE);
  g_main_context_wakeup (NULL);
  return G_SOURCE_REMOVE;
}

static void
test_inside_the_warden (void)
{
  GMainContext *warden = gctx_warden_get_main_context (NULL);
  int finished = FALSE;

  g_test_summary ("rule 4: what an object runs on its last way may block in the thread that drops it");

  g_assert_nonnull (warden);
  g_main_context_invoke (warden, use_children, &finished);
  test_iterate_until (NULL, &finished);
}

/* --- Races --- */

typedef struct
{
  GCtxScope   *scope;
  GSubprocess *child;
  guint        round;
  guint        n_ended;
  guint        n_exited;
} Race;

static void
race_set_up (gpointer data)
{
  Race *race = data;

  race->scope = gctx_scope_new (gctx_context_background ());
  race->child = spawn_shell (GCTX_CONTEXT (race->scope), G_SUBPROCESS_FLAGS_STDOUT_PIPE, "exit 0");
  race->round++;
}

/* In every other round just when the child is on its way out. */
static void
race_cancel (gpointer data)
{
  Race *race = data;
  char byte;

  if (race->round % 2 == 0)
    g_input_stream_read (g_subprocess_get_stdout_pipe (race->child), &byte, 1, NULL, NULL);
  test_race_hesitate ();
  g_assert_true (gctx_scope_cancel (race->scope));
}

static void
race_wait (gpointer data)
{
  Race *race = data;
  g_autoptr (GError) error = NULL;

  if (!gctx_subprocess_wait_check (race->child, GCTX_CONTEXT (race->scope), &error))
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
race_wait_elsewhere (gpointer data)
{
  assert_exits (((Race *) data)->child);
}

static void
race_check (gpointer data)
{
  Race *race = data;

  if (g_subprocess_get_if_signaled (race->child))
    {
      g_assert_cmpint (g_subprocess_get_term_sig (race->child), ==, SIGTERM);
      race->n_ended++;
    }
  else
    {
      g_assert_cmpint (g_subprocess_get_exit_status (race->child), ==, 0);
      race->n_exited++;
    }

  unref_until_gone (race->child);
  g_assert_null (GCTX_CONTEXT (race->scope)->node->items);
  gctx_scope_close (race->scope);
}

static void
test_race_exit (void)
{
  const TestRaceFunc racers[] = { race_cancel, race_wait, race_wait_elsewhere, NULL };
  Race race = { 0 };

  g_test_summary ("rule 5: a child exits while its context ends and two threads wait for it");

  test_race_n (TEST_RACE_DEAR_ROUNDS, race_set_up, racers, race_check, &race);
  test_race_report ("the child was ended", race.n_ended);
  test_race_report ("the child was faster", race.n_exited);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/child-watch/nothing-is-left", test_nothing_is_left);
  g_test_add_func ("/gctx/child-watch/nothing-is-left-after-the-end", test_nothing_is_left_after_the_end);
  g_test_add_func ("/gctx/child-watch/nothing-is-left-of-a-wait", test_nothing_is_left_of_a_wait);
  g_test_add_func ("/gctx/child-watch/thousand", test_thousand);
  g_test_add_func ("/gctx/child-watch/forgotten-scope", test_forgotten_scope);
  g_test_add_func ("/gctx/child-watch/deadline-outlives-its-context", test_deadline_outlives_its_context);
  g_test_add_func ("/gctx/child-watch/values", test_values);
  g_test_add_func ("/gctx/child-watch/inside-the-warden", test_inside_the_warden);
  g_test_add_func ("/gctx/child-watch/race", test_race_exit);
  g_test_add_func ("/gctx/child-watch/no-zombies", test_no_zombies);

  return g_test_run ();
}
