/* test-fork.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#define _GNU_SOURCE

#include "test-util.h"

#include <dlfcn.h>
#include <fcntl.h>
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
  Forest forest = { .live = NULL };
  GThread *thread;
  pid_t pid;

  /* Until another thread of this one stops inside, or has come through. */
  alarm (2 * CHILD_LIMIT_SEC);
  forest.passing_at = g_get_monotonic_time () + 1000;
  forest.passing = gctx_context_with_deadline (gctx_context_background (), forest.passing_at);
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
      check_passing (&forest);
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

  g_test_summary ("rule 21: ... also when another thread stood in the middle of making an error");

  pid = fork ();
  g_assert_cmpint (pid, >=, 0);
  if (pid == 0)
    fork_inside_first_use ();
  g_assert_true (wait_for (pid));
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
#ifdef __SANITIZE_ADDRESS__
  /* A child that needs memory then waits for ever for a thread that it does
   * not have. malloc () of the C library is whole again in a child. */
  g_print ("1..0 # SKIP the allocator of AddressSanitizer does not outlive a fork\n");
  return 0;
#endif

  /* The slice allocator of older GLib has locks that no child gets back, and
   * reads this variable before main () begins. */
  if (g_strcmp0 (getenv ("G_SLICE"), "always-malloc") != 0)
    {
      setenv ("G_SLICE", "always-malloc", TRUE);
      execv ("/proc/self/exe", argv);
    }

  if (argc == 3 && g_strcmp0 (argv[1], "--executed") == 0)
    return run_executed (atoi (argv[2]));

  test_domain = g_quark_from_static_string ("gctx-test");
  g_test_init (&argc, &argv, NULL);
  test_domain = g_quark_from_static_string ("gctx-test");

  g_test_add_func ("/gctx/fork/first-use", test_first_use);
  g_test_add_func ("/gctx/fork/inside-first-use", test_inside_first_use);
  g_test_add_func ("/gctx/fork/quiet", test_quiet);
  g_test_add_func ("/gctx/fork/hammered", test_hammered);
  g_test_add_func ("/gctx/fork/passing", test_passing);
  g_test_add_func ("/gctx/fork/exec", test_exec);

  return g_test_run ();
}
