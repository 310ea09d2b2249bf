/* test-interposed-threads.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What another thread does between two steps of this one. A race meets these
 * moments once in a million rounds, if at all; standing in for the functions of
 * GLib that the library calls just then meets them each time. */

#define _GNU_SOURCE

#include "test-interposed.h"

#include "gctx-clock-private.h"
#include "gctx-item-private.h"

#define SECOND (G_GINT64_CONSTANT (1000000))

/* --- The stand-ins --- */

/* What this thread does before the next call. */
typedef void (*Hook) (gpointer data);

static __thread Hook lock_hook, cancel_hook, sleep_hook;
static __thread gpointer hook_data;
static __thread GSource *last_armed;

static gint n_threads_to_refuse = 0;

/* Of delivery threads. */
static GThreadFunc delivery_func;
static int delivery_thread_gone = FALSE;
static gint waits_time_out = FALSE;

static void
run_hook (Hook *hook)
{
  Hook func = g_steal_pointer (hook);

  if (func != NULL)
    func (hook_data);
}

/* What the library takes its lock by. */
gboolean
g_mutex_trylock (GMutex *mutex)
{
  static gpointer found = NULL;
  gboolean (*real) (GMutex *) = find_real (&found, "g_mutex_trylock");

  if (mutex == &gctx_shared.mutex)
    run_hook (&lock_hook);

  return real (mutex);
}

void
g_cancellable_cancel (GCancellable *cancellable)
{
  static gpointer found = NULL;
  void (*real) (GCancellable *) = find_real (&found, "g_cancellable_cancel");

  run_hook (&cancel_hook);
  real (cancellable);
}

void
g_usleep (gulong usec)
{
  static gpointer found = NULL;
  void (*real) (gulong) = find_real (&found, "g_usleep");

  run_hook (&sleep_hook);
  real (usec);
}

void
g_source_set_ready_time (GSource *source,
                         gint64   ready_time)
{
  static gpointer found = NULL;
  void (*real) (GSource *, gint64) = find_real (&found, "g_source_set_ready_time");

  last_armed = source;
  real (source, ready_time);
}

gboolean
g_cond_wait_until (GCond  *cond,
                   GMutex *mutex,
                   gint64  end_usec)
{
  static gpointer found = NULL;
  gboolean (*real) (GCond *, GMutex *, gint64) = find_real (&found, "g_cond_wait_until");

  if (mutex != &gctx_shared.mutex || !g_atomic_int_get (&waits_time_out))
    return real (cond, mutex, end_usec);

  g_mutex_unlock (mutex);
  g_thread_yield ();
  g_mutex_lock (mutex);
  return FALSE;
}

static gpointer
run_delivery_thread (gpointer data)
{
  gpointer result = delivery_func (data);

  set_flag (&delivery_thread_gone);
  return result;
}

GThread *
g_thread_try_new (const char   *name,
                  GThreadFunc   func,
                  gpointer      data,
                  GError      **error)
{
  static gpointer found = NULL;
  GThread *(*real) (const char *, GThreadFunc, gpointer, GError **) = find_real (&found, "g_thread_try_new");

  if (!g_str_equal (name, "gctx-deliver"))
    return real (name, func, data, error);

  if (g_atomic_int_get (&n_threads_to_refuse) > 0)
    {
      g_atomic_int_add (&n_threads_to_refuse, -1);
      g_set_error_literal (error, G_THREAD_ERROR, G_THREAD_ERROR_AGAIN, "no thread to be had");
      return NULL;
    }

  delivery_func = func;
  return real (name, run_delivery_thread, data, error);
}

/* --- An end, between the question whether there was one and the lock --- */

static void
cancel_scope (gpointer scope)
{
  g_assert_true (gctx_scope_cancel (scope));
}

/* The scope ends when the lock is next taken in this thread. */
static GCtxContext *
new_ending_scope (void)
{
  GCtxScope *scope = gctx_scope_new (gctx_context_background ());

  hook_data = scope;
  lock_hook = cancel_scope;
  return GCTX_CONTEXT (scope);
}

static void
count_call (GCtxContext *context,
            gpointer     n_calls)
{
  g_assert_true (gctx_context_is_done (context));
  ++*(int *) n_calls;
}

static gboolean
count_fired (GCtxContext *context,
             gpointer     n_calls)
{
  count_call (context, n_calls);
  return G_SOURCE_REMOVE;
}

static void
test_end_before_lock (void)
{
  g_autoptr (GMainContext) loop = g_main_context_new ();
  GCtxContext *contexts[5];
  g_autoptr (GSource) source = NULL;
  g_autoptr (GCancellable) created = NULL;
  g_autoptr (GCtxScope) child = NULL;
  int n_calls = 0, n_fired = 0;
  guint i;

  g_test_summary ("rules 2, 6: what is asked of a context that has just ended, and was live before, is done");

  contexts[0] = new_ending_scope ();
  gctx_context_add_after_func_full (contexts[0], loop, G_PRIORITY_DEFAULT, count_call, &n_calls, NULL);
  contexts[1] = new_ending_scope ();
  source = gctx_context_create_source (contexts[1]);
  contexts[2] = new_ending_scope ();
  g_assert_true (g_cancellable_is_cancelled (gctx_context_get_cancellable (contexts[2])));
  contexts[3] = new_ending_scope ();
  created = gctx_context_create_cancellable (contexts[3]);
  g_assert_true (g_cancellable_is_cancelled (created));
  contexts[4] = new_ending_scope ();
  child = gctx_scope_new (contexts[4]);
  g_assert_true (gctx_context_is_done (GCTX_CONTEXT (child)));
  g_assert_null (lock_hook);

  g_source_set_callback (source, G_SOURCE_FUNC (count_fired), &n_fired, NULL);
  g_source_attach (source, loop);
  test_iterate_pending (loop);
  g_assert_cmpint (n_calls, ==, 1);
  g_assert_cmpint (n_fired, ==, 1);
  for (i = 0; i < G_N_ELEMENTS (contexts); i++)
    g_object_unref (contexts[i]);
}

/* --- A cancel that another thread has begun to tell --- */

typedef struct
{
  GCtxScope    *child;
  GCancellable *cancellable;
  int           about_to_cancel;
  int           may_cancel;
} Tellers;

static void
wait_before_cancelling (gpointer data)
{
  Tellers *tellers = data;

  set_flag (&tellers->about_to_cancel);
  wait_for_flag (&tellers->may_cancel);
}

static gpointer
cancel_child (gpointer data)
{
  Tellers *tellers = data;

  hook_data = tellers;
  cancel_hook = wait_before_cancelling;
  g_assert_true (gctx_scope_cancel (tellers->child));
  g_assert_null (cancel_hook);
  return NULL;
}

static void
let_child_cancel (gpointer data)
{
  Tellers *tellers = data;

  g_assert_false (g_cancellable_is_cancelled (tellers->cancellable));
  set_flag (&tellers->may_cancel);
}

static void
test_two_tellers (void)
{
  g_autoptr (GCtxScope) parent = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxScope) child = gctx_scope_new (GCTX_CONTEXT (parent));
  Tellers tellers = { child, gctx_context_get_cancellable (GCTX_CONTEXT (child)), FALSE, FALSE };
  GThread *thread;

  g_test_summary ("rule 2: a cancel returns TRUE once a cancellable is cancelled that another thread is about to");

  thread = g_thread_new ("teller", cancel_child, &tellers);
  wait_for_flag (&tellers.about_to_cancel);

  hook_data = &tellers;
  sleep_hook = let_child_cancel;
  g_assert_true (gctx_scope_cancel (parent));
  g_assert_true (g_cancellable_is_cancelled (tellers.cancellable));
  g_assert_null (sleep_hook);
  g_thread_join (thread);
}

/* --- A deadline that passes while the last reference is being dropped --- */

typedef struct
{
  GCtxContext *context;
  int          is_dropping;
  int          may_go;
} Dropping;

static void
wait_while_dropping (gpointer data)
{
  Dropping *dropping = data;

  set_flag (&dropping->is_dropping);
  wait_for_flag (&dropping->may_go);
}

static gpointer
drop_last_reference (gpointer data)
{
  Dropping *dropping = data;

  hook_data = dropping;
  lock_hook = wait_while_dropping;
  g_object_unref (dropping->context);
  g_assert_null (lock_hook);
  return NULL;
}

static void
on_told (GCancellable *cancellable,
         gpointer      told)
{
  g_atomic_int_set ((int *) told, TRUE);
  g_main_context_wakeup (NULL);
}

/* The clock moves unseen, so that nobody but the home notices, unless the keeper
 * has not slept since it was told of the deadline. */
static void
test_passes_while_dropped (void)
{
  Dropping dropping = { NULL, FALSE, FALSE };
  g_autoptr (GCtxContext) other = NULL;
  GCancellable *cancellable;
  GThread *thread;
  int told = FALSE;
  gulong handler;

  g_test_summary ("rules 5, 12: a deadline passes at home while the last reference goes, and so does the next one");

  gctx_clock_hold (1000 * SECOND);
  last_armed = NULL;
  dropping.context = gctx_context_with_timeout (gctx_context_background (), SECOND);
  other = gctx_context_with_timeout (gctx_context_background (), SECOND + 1);
  cancellable = gctx_context_get_cancellable (other);
  handler = g_cancellable_connect (cancellable, G_CALLBACK (on_told), &told, NULL);
  g_assert_nonnull (last_armed);

  thread = g_thread_new ("dropper", drop_last_reference, &dropping);
  wait_for_flag (&dropping.is_dropping);
  gctx_clock_advance_unseen (2 * SECOND);
  g_source_set_ready_time (last_armed, 0);
  test_iterate_until (NULL, &told);

  set_flag (&dropping.may_go);
  g_thread_join (thread);
  g_cancellable_disconnect (cancellable, handler);
  gctx_clock_release ();
}

static void
test_cancelled_while_dropped (void)
{
  g_autoptr (GCancellable) foreign = g_cancellable_new ();
  Dropping dropping = { gctx_context_from_cancellable (foreign), FALSE, FALSE };
  GThread *thread;

  g_test_summary ("rules 5, 9: an adopted cancellable is cancelled while the last reference goes");

  thread = g_thread_new ("dropper", drop_last_reference, &dropping);
  wait_for_flag (&dropping.is_dropping);
  g_cancellable_cancel (foreign);

  set_flag (&dropping.may_go);
  g_thread_join (thread);
  test_assert_last_unref (g_steal_pointer (&foreign));
}

/* --- Delivery threads that cannot be had, and that are not needed any more --- */

static gpointer
new_deadline (gpointer data)
{
  return gctx_context_with_timeout (gctx_context_background (), SECOND);
}

/* By a delivery thread, for want of a home. */
static void
have_deadline_delivered (void)
{
  g_autoptr (GCtxContext) context = NULL;
  GCancellable *cancellable;
  int told = FALSE;
  gulong handler;

  context = g_thread_join (g_thread_new ("without a home", new_deadline, NULL));
  cancellable = gctx_context_get_cancellable (context);
  handler = g_cancellable_connect (cancellable, G_CALLBACK (set_flag_when_cancelled), &told, NULL);
  gctx_clock_advance (SECOND);
  wait_for_flag (&told);
  g_cancellable_disconnect (cancellable, handler);
}

static void
test_no_thread (void)
{
  g_test_summary ("rule 12: where no delivery thread can be had it is tried again, and the deadline delivered");

  /* Where none is left from before. */
  if (!g_test_subprocess ())
    {
      g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
      g_test_trap_assert_passed ();
      return;
    }

  gctx_clock_hold (1000 * SECOND);
  g_atomic_int_set (&n_threads_to_refuse, 3);
  have_deadline_delivered ();
  g_assert_cmpint (g_atomic_int_get (&n_threads_to_refuse), ==, 0);
  gctx_clock_release ();
}

static void
test_idle_thread_goes (void)
{
  g_test_summary ("rule 12: a delivery thread that has had nothing to do goes, and the next deadline is delivered all the same");

  if (!g_test_subprocess ())
    {
      g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
      g_test_trap_assert_passed ();
      return;
    }

  gctx_clock_hold (1000 * SECOND);
  g_atomic_int_set (&waits_time_out, TRUE);
  have_deadline_delivered ();
  wait_for_flag (&delivery_thread_gone);
  g_atomic_int_set (&waits_time_out, FALSE);

  have_deadline_delivered ();
  gctx_clock_release ();
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/interposed-threads/end-before-lock", test_end_before_lock);
  g_test_add_func ("/gctx/interposed-threads/two-tellers", test_two_tellers);
  g_test_add_func ("/gctx/interposed-threads/passes-while-dropped", test_passes_while_dropped);
  g_test_add_func ("/gctx/interposed-threads/cancelled-while-dropped", test_cancelled_while_dropped);
  g_test_add_func ("/gctx/interposed-threads/no-thread", test_no_thread);
  g_test_add_func ("/gctx/interposed-threads/idle-thread-goes", test_idle_thread_goes);

  return g_test_run ();
}
