/* test-debug.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The notes of GCTX_DEBUG, as docs/debugging.md promises them. It is read once,
 * when the program starts, so each test runs again in a process that has it set. */

#include "test-held-clock.h"

GCTX_DEFINE_KEY (token_key, "token", G_TYPE_STRING)

/* TRUE in the process that is to print the notes. */
static gboolean
is_noting (const char *words)
{
  if (g_test_subprocess ())
    {
      gctx_clock_hold (NOW);
      return TRUE;
    }

  if (words != NULL)
    g_setenv ("GCTX_DEBUG", words, TRUE);
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_unsetenv ("GCTX_DEBUG");
  g_test_trap_assert_passed ();
  return FALSE;
}

static void
cancel_something (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new_full (gctx_context_background (), G_MAXINT64, NULL,
                                                     token_key (), "swordfish", NULL);
  g_autoptr (GCtxContext) context = gctx_context_with_timeout (GCTX_CONTEXT (scope), 2 * SECOND);
  g_autoptr (GError) cause = new_cause ();

  g_assert_nonnull (gctx_context_get_cancellable (context));
  g_assert_true (gctx_scope_cancel_with_cause (scope, cause));
}

static void
on_told (GCancellable *cancellable,
         gpointer      told)
{
  g_atomic_int_set ((int *) told, TRUE);
  g_main_context_wakeup (NULL);
}

static gpointer
new_deadline (gpointer data)
{
  return new_scope_ending_in (SECOND);
}

static gboolean
new_deadline_at_home (gpointer scope)
{
  *(gpointer *) scope = new_deadline (NULL);
  return G_SOURCE_REMOVE;
}

/* Lets the deadline pass, and runs the default main context until it is told. */
static void
let_pass (GCtxScope *scope)
{
  GCancellable *cancellable = gctx_context_get_cancellable (GCTX_CONTEXT (scope));
  int told = FALSE;
  gulong handler = g_cancellable_connect (cancellable, G_CALLBACK (on_told), &told, NULL);

  gctx_clock_advance (SECOND);
  test_iterate_until (NULL, &told);
  g_cancellable_disconnect (cancellable, handler);
}

static void
let_deadlines_pass (void)
{
  g_autoptr (GCancellable) foreign = g_cancellable_new ();
  g_autoptr (GCtxContext) adopted = gctx_context_from_cancellable (foreign);
  g_autoptr (GCtxScope) without_home =
    g_thread_join (g_thread_new ("without a home", new_deadline, NULL));
  g_autoptr (GCtxScope) at_home = NULL;

  let_pass (without_home);
  g_idle_add (new_deadline_at_home, &at_home);
  test_iterate_pending (NULL);
  let_pass (at_home);
}

static void
test_silent (void)
{
  g_test_summary ("nothing is printed where nobody asked for it");

  if (is_noting (NULL))
    {
      cancel_something ();
      let_deadlines_pass ();
      return;
    }

  g_test_trap_assert_stderr ("");
}

static void
test_tree (void)
{
  g_test_summary ("`tree` tells what was cancelled, why, and how much hung on it");

  if (is_noting ("tree"))
    {
      cancel_something ();
      let_deadlines_pass ();
      return;
    }

  g_test_trap_assert_stderr ("gctx-tree *.??????: background.scope(cancelled) "
                             "cancelled: *: the disk was too slow; 1 to tell\n");
  g_test_trap_assert_stderr_unmatched ("*\n*\n");
}

static void
test_deadline (void)
{
  g_test_summary ("rule 12: `deadline` tells what was armed, and who told of its end");

  if (is_noting ("deadline"))
    {
      let_deadlines_pass ();
      return;
    }

  g_test_trap_assert_stderr (
    "gctx-deadline *: background.from_cancellable watches a cancellable\n"
    "gctx-deadline *: background.scope(deadline in 1.000 s) armed\n"
    "gctx-deadline *: background.scope(timed out) delivered by a delivery thread: 1 to tell\n"
    "gctx-deadline *: background.scope(deadline in 1.000 s) armed\n"
    "gctx-deadline *: background.scope(timed out) delivered by its home: 1 to tell\n");
}

static void
test_lifecycle (void)
{
  g_test_summary ("`lifecycle` tells which objects were made and dropped, and never a value");

  if (is_noting ("lifecycle"))
    {
      cancel_something ();
      return;
    }

  g_test_trap_assert_stderr (
    "gctx-lifecycle *: background.scope.value(token) GCtxScope 0x* made\n"
    "gctx-lifecycle *: background.scope.value(token).context(deadline in 2.000 s) GCtxContext 0x* made\n"
    "gctx-lifecycle *: background.scope(cancelled).value(token).context(cancelled) GCtxContext 0x* dropped\n"
    "gctx-lifecycle *: background.scope(cancelled).value(token) GCtxScope 0x* dropped\n");
  g_test_trap_assert_stderr_unmatched ("*swordfish*");
}

/* --- The lock --- */

static gint n_calls = 0;

static void
call_back (const char *note)
{
  static __thread gboolean is_inside = FALSE;

  if (is_inside)
    return;

  is_inside = TRUE;
  cancel_something ();
  g_atomic_int_inc (&n_calls);
  is_inside = FALSE;
}

static void
test_handler (void)
{
  g_test_summary ("rule 4: what prints the notes may itself call everything");

  if (is_noting ("all"))
    {
      g_set_printerr_handler (call_back);
      cancel_something ();
      let_deadlines_pass ();
      g_set_printerr_handler (NULL);
      g_assert_cmpint (g_atomic_int_get (&n_calls), ==, 6 + 3 + 2 * 4);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/debug/silent", test_silent);
  g_test_add_func ("/gctx/debug/tree", test_tree);
  g_test_add_func ("/gctx/debug/deadline", test_deadline);
  g_test_add_func ("/gctx/debug/lifecycle", test_lifecycle);
  g_test_add_func ("/gctx/debug/handler", test_handler);

  return g_test_run ();
}
