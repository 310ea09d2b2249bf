/* test-fork.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-util.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define HOUR_USEC ((gint64) 3600 * G_USEC_PER_SEC)

/* How long a child may take before it counts as stuck. */
#define CHILD_LIMIT_SEC 20

/* Looked up before any fork: in the child GLib's table of quarks may be locked
 * for ever. */
static GQuark test_domain;
#define test_domain test_domain

GCTX_DEFINE_KEY (user_key, "user", G_TYPE_STRING)

typedef struct
{
  GCtxScope *live;
  GCtxContext *below;
  GCtxContext *value;
  GCtxScope *done;
  GCtxContext *passing;
  GCancellable *cancellable;
  gint64 deadline;
  gint64 passing_at;
} Forest;

static void
forest_init (Forest *forest)
{
  g_autoptr (GError) cause = g_error_new_literal (test_domain, 1, "the user left");

  forest->deadline = g_get_monotonic_time () + HOUR_USEC;
  forest->live = gctx_scope_new_full (gctx_context_background (), forest->deadline, NULL,
                                      user_key (), "ada", NULL);
  forest->below = GCTX_CONTEXT (gctx_scope_new (GCTX_CONTEXT (forest->live)));
  forest->value = gctx_context_with_values (forest->below, user_key (), "bob", NULL);
  forest->cancellable = gctx_context_get_cancellable (forest->value);
  forest->done = gctx_scope_new (forest->value);
  gctx_scope_cancel_with_cause (forest->done, cause);

  /* Passes while the child looks, at times before it is forked. */
  forest->passing_at = g_get_monotonic_time () + 2000;
  forest->passing = gctx_context_with_deadline (forest->value, forest->passing_at);
}

static void
forest_clear (Forest *forest)
{
  g_object_unref (forest->passing);
  g_object_unref (forest->done);
  g_object_unref (forest->value);
  g_object_unref (forest->below);
  g_object_unref (forest->live);
}

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
static void G_GNUC_NORETURN
leave_content (void)
{
  execlp ("true", "true", NULL);
  _exit (4);
}

static void
check_live (Forest *forest)
{
  GCtxContext *contexts[] = { GCTX_CONTEXT (forest->live), forest->below, forest->value };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (contexts); i++)
    {
      GTimeSpan remaining = 0;
      gint64 deadline = 0;
      GError *error = NULL;
      char *path;

      CHECK (!gctx_context_is_done (contexts[i]));
      CHECK (gctx_context_check (contexts[i], &error) && error == NULL);
      CHECK (gctx_context_get_error (contexts[i]) == NULL);
      CHECK (gctx_context_get_cause (contexts[i]) == NULL);
      CHECK (gctx_context_get_deadline (contexts[i], &deadline) && deadline == forest->deadline);
      CHECK (gctx_context_get_remaining (contexts[i], &remaining) && remaining > 0);
      CHECK (gctx_context_get_remaining_msec (contexts[i]) > 0);
      CHECK (gctx_context_has_value (contexts[i], user_key ()));
      CHECK (gctx_context_get_value (contexts[i], user_key ()) != NULL);
      CHECK (g_strcmp0 (gctx_context_get_string (contexts[i], user_key ()),
                        i < 2 ? "ada" : "bob") == 0);
      path = gctx_context_to_string (contexts[i]);
      CHECK (g_str_has_prefix (path, "background.scope"));
      g_free (path);
    }
  CHECK (!gctx_scope_has_expired (forest->live));
  CHECK (!g_cancellable_is_cancelled (forest->cancellable));
}

static void
check_done (Forest *forest)
{
  GCtxContext *context = GCTX_CONTEXT (forest->done);
  GError *error = NULL;
  const GError *seen;

  CHECK (gctx_context_is_done (context));
  CHECK (!gctx_context_check (context, &error));
  CHECK (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED));
  g_error_free (error);
  seen = gctx_context_get_error (context);
  CHECK (g_error_matches (seen, G_IO_ERROR, G_IO_ERROR_CANCELLED));
  seen = gctx_context_get_cause (context);
  CHECK (g_error_matches (seen, test_domain, 1));
  CHECK (!gctx_scope_has_expired (forest->done));
}

static void
check_passing (Forest *forest)
{
  const GError *seen;

  while (g_get_monotonic_time () <= forest->passing_at)
    ;
  CHECK (gctx_context_is_done (forest->passing));
  seen = gctx_context_get_error (forest->passing);
  CHECK (g_error_matches (seen, G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
  seen = gctx_context_get_cause (forest->passing);
  CHECK (g_error_matches (seen, G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
  CHECK (gctx_context_get_remaining_msec (forest->passing) == 0);
}

/* Forks, reads everything in the child, and sees that the child was content. */
static void
fork_and_read (Forest *forest)
{
  int status = 0;
  pid_t pid = fork ();

  g_assert_cmpint (pid, >=, 0);
  if (pid == 0)
    {
      alarm (CHILD_LIMIT_SEC);
      check_live (forest);
      check_done (forest);
      check_passing (forest);
      check_live (forest);
      leave_content ();
    }
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_false (WIFSIGNALED (status));
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, 0);
}

static void
test_quiet (void)
{
  Forest forest;
  int i;

  g_test_summary ("rule 21: the reading calls work in a forked child");

  for (i = 0; i < 10; i++)
    {
      forest_init (&forest);
      fork_and_read (&forest);
      g_assert_false (gctx_context_is_done (forest.value));
      g_assert_true (gctx_scope_cancel (forest.live));
      g_assert_true (gctx_context_is_done (forest.passing));
      forest_clear (&forest);
    }
}

typedef struct
{
  Forest *forest;
  int stop;
} Hammer;

/* Whatever takes a lock, on the tree that the child is going to read. */
static gpointer
hammer_thread (gpointer data)
{
  Hammer *hammer = data;
  GCtxContext *parent = GCTX_CONTEXT (hammer->forest->live);

  while (!g_atomic_int_get (&hammer->stop))
    {
      g_autoptr (GCtxScopeCloser) scope = gctx_scope_new_with_timeout (parent, HOUR_USEC / 2);
      g_autoptr (GCtxContext) value =
        gctx_context_with_values (GCTX_CONTEXT (scope), user_key (), "eve", NULL);
      g_autoptr (GCtxContext) timed = gctx_context_with_timeout (hammer->forest->value, 50);
      GCancellable *cancellable = gctx_context_get_cancellable (value);
      g_autoptr (GCtxContext) back = gctx_context_from_cancellable (cancellable);

      g_assert_cmpstr (gctx_context_get_string (back, user_key ()), ==, "eve");
      g_assert_true (gctx_scope_cancel (scope));
      g_assert_true (gctx_context_is_done (back));
      gctx_context_is_done (timed);
    }
  return NULL;
}

static void
test_hammered (void)
{
  Forest forest;
  Hammer hammer = { &forest, FALSE };
  GThread *thread;
  int i;

  g_test_summary ("rule 21: ... also when other threads were inside the library at the fork");

  forest_init (&forest);
  thread = g_thread_new ("hammer", hammer_thread, &hammer);
  for (i = 0; i < 300; i++)
    fork_and_read (&forest);
  g_atomic_int_set (&hammer.stop, TRUE);
  g_thread_join (thread);

  /* The parent's own library is none the worse for it. */
  g_assert_true (gctx_scope_cancel (forest.live));
  g_assert_true (g_cancellable_is_cancelled (forest.cancellable));
  forest_clear (&forest);
}

/* As above, but with a deadline that passes in the middle of it all. */
static void
test_passing (void)
{
  Forest forest;
  Hammer hammer = { &forest, FALSE };
  GThread *thread;
  int i;

  g_test_summary ("rule 21: a deadline that passes in the child is seen there");

  for (i = 0; i < 50; i++)
    {
      forest_init (&forest);
      hammer.stop = FALSE;
      thread = g_thread_new ("hammer", hammer_thread, &hammer);
      fork_and_read (&forest);
      g_atomic_int_set (&hammer.stop, TRUE);
      g_thread_join (thread);
      g_assert_true (gctx_context_is_done (forest.passing));
      forest_clear (&forest);
    }
}

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

/* Waits for @pid, and whether it was content. */
static gboolean
wait_for (pid_t pid)
{
  int status = 0;

  return waitpid (pid, &status, 0) == pid && WIFEXITED (status) && WEXITSTATUS (status) == 0;
}

static void G_GNUC_NORETURN
fork_during_first_use (void)
{
  Forest forest = { .live = NULL };
  GThread *thread;
  int start = FALSE;
  pid_t pid;

  forest.passing_at = g_get_monotonic_time () + 300;
  forest.passing = gctx_context_with_deadline (gctx_context_background (), forest.passing_at);
  thread = g_thread_new ("first-use", first_use_thread, &start);
  g_atomic_int_set (&start, TRUE);
  pid = fork ();
  CHECK (pid >= 0);
  if (pid == 0)
    {
      alarm (CHILD_LIMIT_SEC);
      check_passing (&forest);
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

  g_test_summary ("rule 21: ... also when another thread was making what is made at the first use");

  for (i = 0; i < 200; i++)
    {
      pid_t pid = fork ();

      g_assert_cmpint (pid, >=, 0);
      if (pid == 0)
        fork_during_first_use ();
      g_assert_true (wait_for (pid));
    }
}

int
main (int   argc,
      char *argv[])
{
  /* The slice allocator of older GLib has locks that no child gets back, and
   * reads this variable before main () begins. */
  if (g_strcmp0 (getenv ("G_SLICE"), "always-malloc") != 0)
    {
      setenv ("G_SLICE", "always-malloc", TRUE);
      execv ("/proc/self/exe", argv);
    }

  test_domain = g_quark_from_static_string ("gctx-test");
  g_test_init (&argc, &argv, NULL);
  test_domain = g_quark_from_static_string ("gctx-test");

  g_test_add_func ("/gctx/fork/first-use", test_first_use);
  g_test_add_func ("/gctx/fork/quiet", test_quiet);
  g_test_add_func ("/gctx/fork/hammered", test_hammered);
  g_test_add_func ("/gctx/fork/passing", test_passing);

  return g_test_run ();
}
