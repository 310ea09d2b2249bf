/* test-fork.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-fork.h"

#include <fcntl.h>

#define HOUR_USEC ((gint64) 3600 * G_USEC_PER_SEC)

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
      check_passing (forest->passing, forest->passing_at);
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

/* How many descriptors are open; with @inherited only those that a program
 * which is executed from here inherits. */
static int
count_descriptors (gboolean inherited)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  const char *name;
  int n = 0;

  while ((name = g_dir_read_name (dir)) != NULL)
    n += !inherited || (fcntl (atoi (name), F_GETFD) & FD_CLOEXEC) == 0;

  return n;
}

/* What the executed program is: this one, with an option. It sees what it has
 * inherited, and uses the library as any other program. */
static int
run_executed (int n_inherited)
{
  g_autoptr (GCtxContext) context = NULL;

  alarm (CHILD_LIMIT_SEC);

  /* But for the one that reads the directory. */
  CHECK (count_descriptors (FALSE) - 1 == n_inherited);
  context = gctx_context_with_timeout (gctx_context_background (), 1000);
  gctx_context_wait (context);
  CHECK (g_error_matches (gctx_context_get_error (context), G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
  CHECK (g_cancellable_is_cancelled (gctx_context_get_cancellable (context)));

  return 0;
}

static void
note_cancelled (GCancellable *cancellable,
                gpointer      user_data)
{
  g_atomic_int_inc ((int *) user_data);
  g_main_context_wakeup (NULL);
}

static void
test_exec (void)
{
  g_autofree char *n_inherited = g_strdup_printf ("%d", count_descriptors (TRUE));
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  char *argv[] = { program, (char *) "--executed", n_inherited, NULL };
  GCtxContext *contexts[100];
  GPollFD fds[G_N_ELEMENTS (contexts)];
  int n_told = 0;
  guint i;

  g_test_summary ("rule 21: a program that is executed with deadlines pending inherits nothing of them, "
                  "and they go on here");

  for (i = 0; i < G_N_ELEMENTS (contexts); i++)
    {
      GCancellable *cancellable;

      contexts[i] = gctx_context_with_timeout (gctx_context_background (), 20000 + i * 1000);
      cancellable = gctx_context_get_cancellable (contexts[i]);
      g_signal_connect (cancellable, "cancelled", G_CALLBACK (note_cancelled), &n_told);
      g_assert_true (g_cancellable_make_pollfd (cancellable, &fds[i]));
    }

  for (i = 0; i < 5; i++)
    {
      pid_t pid = fork ();

      g_assert_cmpint (pid, >=, 0);
      if (pid == 0)
        {
          execv (program, argv);
          _exit (4);
        }
      g_assert_true (wait_for (pid));
    }

  while (g_atomic_int_get (&n_told) < (int) G_N_ELEMENTS (contexts))
    g_main_context_iteration (NULL, TRUE);
  for (i = 0; i < G_N_ELEMENTS (contexts); i++)
    {
      g_assert_cmpint (g_poll (&fds[i], 1, 0), ==, 1);
      g_cancellable_release_fd (gctx_context_get_cancellable (contexts[i]));
      g_assert_error (gctx_context_get_error (contexts[i]), G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
      g_object_unref (contexts[i]);
    }
}

int
main (int   argc,
      char *argv[])
{
  if (!can_test_forks (argv))
    return 0;

  if (argc == 3 && g_strcmp0 (argv[1], "--executed") == 0)
    return run_executed (atoi (argv[2]));

  g_test_init (&argc, &argv, NULL);
  test_domain = g_quark_from_static_string ("gctx-test");

  g_test_add_func ("/gctx/fork/quiet", test_quiet);
  g_test_add_func ("/gctx/fork/hammered", test_hammered);
  g_test_add_func ("/gctx/fork/passing", test_passing);
  g_test_add_func ("/gctx/fork/exec", test_exec);

  return g_test_run ();
}