/* test-signals.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Signals while a thread waits, and who gets them. */

#define _GNU_SOURCE

#include "test-util.h"

#include <signal.h>
#include <string.h>

#define MSEC   (G_GINT64_CONSTANT (1000))
#define SECOND (1000 * MSEC)

/* How many signals a wait gets before it may end. */
#define N_SIGNALS (test_rounds (1000))

static int n_caught;   /* atomic */

static void
on_signal (int number)
{
  g_atomic_int_inc (&n_caught);
}

/* Without SA_RESTART: what the signal interrupts fails with EINTR. */
static void
catch_signals (struct sigaction *before)
{
  struct sigaction action;

  memset (&action, 0, sizeof action);
  action.sa_handler = on_signal;
  sigemptyset (&action.sa_mask);
  g_assert_cmpint (sigaction (SIGUSR1, &action, before), ==, 0);
  g_atomic_int_set (&n_caught, 0);
}

static void
stop_catching (struct sigaction *before)
{
  g_assert_cmpint (sigaction (SIGUSR1, before, NULL), ==, 0);
}

typedef struct
{
  GCtxContext *context;
  gboolean   (*wait) (GCtxContext *context);
  pthread_t    thread;
  int          started;
  int          over;
} Waiter;

static gpointer
run_waiter (gpointer user_data)
{
  Waiter *waiter = user_data;

  waiter->thread = pthread_self ();
  g_atomic_int_set (&waiter->started, TRUE);
  g_assert_true (waiter->wait (waiter->context));
  g_atomic_int_set (&waiter->over, TRUE);
  return NULL;
}

static GThread *
waiter_start (Waiter *waiter)
{
  GThread *thread = g_thread_new ("waiter", run_waiter, waiter);

  while (!g_atomic_int_get (&waiter->started))
    g_thread_yield ();

  return thread;
}

/* Each is caught before the next is sent, so that none merges with another. But
 * ThreadSanitizer keeps a signal back until the thread calls something that it
 * knows, and a wait on a futex is nothing that it knows: then it takes another
 * signal to interrupt the wait. */
static void
send_signal (Waiter *waiter)
{
  int n = g_atomic_int_get (&n_caught);
  int n_yields = 0;

  while (g_atomic_int_get (&n_caught) == n)
    {
      if (n_yields++ % 10000 == 0)
        g_assert_cmpint (pthread_kill (waiter->thread, SIGUSR1), ==, 0);
      g_thread_yield ();
    }
}

static gboolean
wait_for_done (GCtxContext *context)
{
  gctx_context_wait (context);

  return gctx_context_is_done (context);
}

static gboolean
sleep_until_done (GCtxContext *context)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (gctx_context_sleep (context, 3600 * SECOND, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  return gctx_context_is_done (context);
}

static gboolean
poll_until_done (GCtxContext *context)
{
  GCancellable *cancellable = gctx_context_get_cancellable (context);
  GPollFD fd;

  g_assert_true (g_cancellable_make_pollfd (cancellable, &fd));
  while (g_poll (&fd, 1, -1) < 1)
    ;
  g_cancellable_release_fd (cancellable);

  return gctx_context_is_done (context);
}

static void
test_during_waits (void)
{
  gboolean (*const waits[]) (GCtxContext *) = { wait_for_done, sleep_until_done, poll_until_done };
  struct sigaction before;
  gsize i;
  int j;

  g_test_summary ("rule 1: signals that interrupt a wait do not end it; the cancel that follows does");

  catch_signals (&before);
  for (i = 0; i < G_N_ELEMENTS (waits); i++)
    {
      g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
      Waiter waiter = { GCTX_CONTEXT (scope), waits[i] };
      GThread *thread = waiter_start (&waiter);

      for (j = 0; j < N_SIGNALS; j++)
        send_signal (&waiter);
      g_assert_false (g_atomic_int_get (&waiter.over));
      g_assert_true (gctx_scope_cancel (scope));
      g_thread_join (thread);
    }
  stop_catching (&before);
}

static gboolean
wait_for_deadline (GCtxContext *context)
{
  gint64 deadline;

  g_assert_true (gctx_context_get_deadline (context, &deadline));
  gctx_context_wait (context);
  g_assert_cmpint (g_get_monotonic_time (), >=, deadline);
  g_assert_error (gctx_context_get_error (context), G_IO_ERROR, G_IO_ERROR_TIMED_OUT);

  return TRUE;
}

static gboolean
nap (GCtxContext *context)
{
  gint64 end = g_get_monotonic_time () + 20 * MSEC;

  g_assert_true (gctx_context_sleep (context, 20 * MSEC, NULL));
  g_assert_cmpint (g_get_monotonic_time (), >=, end);

  return TRUE;
}

/* As many signals as there is time for: at least one, or the machine was too
 * busy and it counts for nothing. */
static gboolean
signal_until_over (GCtxContext *context,
                   gboolean   (*wait) (GCtxContext *))
{
  Waiter waiter = { context, wait };
  GThread *thread = waiter_start (&waiter);
  int n_before = g_atomic_int_get (&n_caught);

  while (!g_atomic_int_get (&waiter.over))
    {
      int n = g_atomic_int_get (&n_caught);

      pthread_kill (waiter.thread, SIGUSR1);
      while (g_atomic_int_get (&n_caught) == n && !g_atomic_int_get (&waiter.over))
        g_thread_yield ();
    }
  g_thread_join (thread);

  return g_atomic_int_get (&n_caught) > n_before;
}

static void
test_until_the_time_is_up (void)
{
  struct sigaction before;
  gboolean signalled;

  g_test_summary ("rule 11: signals make no wait for a deadline and no nap shorter");

  catch_signals (&before);
  do
    {
      g_autoptr (GCtxContext) context = gctx_context_with_timeout (gctx_context_background (), 20 * MSEC);

      signalled = signal_until_over (context, wait_for_deadline);
    }
  while (!signalled);
  while (!signal_until_over (gctx_context_background (), nap))
    ;
  stop_catching (&before);
}

/* --- The threads of the library --- */

/* Nobody can block SIGKILL and SIGSTOP, and what is between the numbered and
 * the real-time signals belongs to libc. */
static gboolean
is_blockable (int number)
{
  return number != SIGKILL && number != SIGSTOP && (number <= SIGSYS || number >= SIGRTMIN);
}

/* The signals that the thread of @task blocks, as the kernel sees it; 0 where
 * it is no thread of that name. */
static guint64
get_blocked (const char *task,
             const char *name)
{
  g_autofree char *path = g_strdup_printf ("/proc/%s/status", task);
  g_autofree char *status = NULL;
  g_autofree char *first_line = g_strdup_printf ("Name:\t%s\n", name);
  const char *line;

  if (!g_file_get_contents (path, &status, NULL, NULL) || !g_str_has_prefix (status, first_line))
    return 0;
  line = strstr (status, "\nSigBlk:");
  g_assert_nonnull (line);

  return g_ascii_strtoull (line + strlen ("\nSigBlk:\t"), NULL, 16);
}

static guint64
get_blocked_by_keeper (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/task", 0, NULL);
  guint64 blocked = 0;
  const char *tid;

  g_assert_nonnull (dir);
  while (blocked == 0 && (tid = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *task = g_strdup_printf ("self/task/%s", tid);

      blocked = get_blocked (task, "gctx-keeper");
    }

  return blocked;
}

/* Where the program runs inside another one, as under valgrind, that keeps the
 * masks of its threads to itself. */
static gboolean
kernel_sees_masks (void)
{
  g_autofree char *name = NULL;

  g_assert_true (g_file_get_contents ("/proc/self/comm", &name, NULL, NULL));

  return g_strcmp0 (name, "test-signals\n") == 0;
}

typedef struct
{
  GMutex   mutex;
  GCond    cond;
  gboolean told;
  GThread *thread;
  sigset_t mask;
} Delivery;

static void
on_cancelled (GCancellable *cancellable,
              gpointer      user_data)
{
  Delivery *delivery = user_data;

  g_mutex_lock (&delivery->mutex);
  delivery->thread = g_thread_self ();
  pthread_sigmask (SIG_SETMASK, NULL, &delivery->mask);
  delivery->told = TRUE;
  g_cond_signal (&delivery->cond);
  g_mutex_unlock (&delivery->mutex);
}

static gpointer
block_without_a_home (gpointer user_data)
{
  g_autoptr (GCtxContext) context = gctx_context_with_timeout (gctx_context_background (), MSEC);
  Delivery *delivery = user_data;
  gulong handler;

  delivery->told = FALSE;
  handler = g_cancellable_connect (gctx_context_get_cancellable (context), G_CALLBACK (on_cancelled), delivery, NULL);
  g_mutex_lock (&delivery->mutex);
  while (!delivery->told)
    g_cond_wait (&delivery->cond, &delivery->mutex);
  g_mutex_unlock (&delivery->mutex);
  g_cancellable_disconnect (gctx_context_get_cancellable (context), handler);

  return GINT_TO_POINTER (delivery->thread != g_thread_self ());
}

static void
test_threads_of_the_library (void)
{
  Delivery delivery = { .told = FALSE };
  guint64 blocked;
  sigset_t here;
  int number;

  g_test_summary ("rule 21: the threads of the library block all signals, those of the program stay as they were");

  g_mutex_init (&delivery.mutex);
  g_cond_init (&delivery.cond);

  /* Where the deadline passes before the handler is connected, that runs at
   * once and here: once more. */
  while (!g_thread_join (g_thread_new ("without home", block_without_a_home, &delivery)))
    ;
  for (number = 1; number <= SIGRTMAX; number++)
    if (is_blockable (number))
      g_assert_cmpint (sigismember (&delivery.mask, number), ==, 1);

  blocked = get_blocked_by_keeper ();
  for (number = 1; number <= SIGRTMAX && kernel_sees_masks (); number++)
    if (is_blockable (number))
      g_assert_cmphex (blocked & (G_GUINT64_CONSTANT (1) << (number - 1)), !=, 0);

  g_assert_cmpint (pthread_sigmask (SIG_SETMASK, NULL, &here), ==, 0);
  g_assert_cmpint (sigismember (&here, SIGUSR1), ==, 0);
  g_assert_cmpint (sigismember (&here, SIGTERM), ==, 0);
  g_cond_clear (&delivery.cond);
  g_mutex_clear (&delivery.mutex);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/signals/during-waits", test_during_waits);
  g_test_add_func ("/gctx/signals/until-the-time-is-up", test_until_the_time_is_up);
  g_test_add_func ("/gctx/signals/threads-of-the-library", test_threads_of_the_library);

  return g_test_run ();
}
