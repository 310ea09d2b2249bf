/* test-unix-signals.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Scopes that end by a Unix signal. */

#include "test-unix-signals.h"
#include "test-watch.h"

#include <glib-unix.h>
#include <string.h>
#include <unistd.h>

#define assert_critical(statement) \
  G_STMT_START { \
    g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_CRITICAL, "*"); \
    statement; \
    g_test_assert_expected_messages (); \
  } G_STMT_END

static const struct
{
  int         number;
  const char *name;
} all[] = {
  { SIGHUP, "SIGHUP" },
  { SIGINT, "SIGINT" },
  { SIGTERM, "SIGTERM" },
  { SIGUSR1, "SIGUSR1" },
  { SIGUSR2, "SIGUSR2" },
  { SIGWINCH, "SIGWINCH" },
};

static void
assert_ended_by (gpointer    context,
                 int         signum,
                 const char *name)
{
  g_autofree char *message = g_strconcat (name, " was received", NULL);
  const GError *cause = gctx_context_get_cause (context);

  g_assert_error (gctx_context_get_error (context), G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_nonnull (strstr (gctx_context_get_error (context)->message, message));
  g_assert_error (cause, GCTX_UNIX_SIGNAL, signum);
  g_assert_cmpstr (cause->message, ==, message);
}

static void
test_each (void)
{
  guint i;

  g_test_summary ("each signal ends its scope, with a cause that names it, and is free again");

  for (i = 0; i < G_N_ELEMENTS (all); i++)
    {
      g_autoptr (GCtxScope) scope = scope_for (all[i].number);
      g_autoptr (GCtxContext) child = gctx_context_with_values (GCTX_CONTEXT (scope), NULL);

      g_assert_false (gctx_context_is_done (child));
      g_assert_false (is_default (all[i].number));
      send_signal (all[i].number);
      gctx_context_wait (child);
      assert_ended_by (scope, all[i].number, all[i].name);
      assert_ended_by (child, all[i].number, all[i].name);
      g_assert_true (is_default (all[i].number));
    }
}

static void
test_several (void)
{
  const int signums[] = { SIGTERM, SIGUSR1, SIGTERM, SIGINT };
  g_autoptr (GCtxScope) scope =
    gctx_scope_new_for_unix_signals (gctx_context_background (), signums, G_N_ELEMENTS (signums));
  guint i;

  g_test_summary ("one of several signals ends the scope and gives all of them back");

  for (i = 0; i < G_N_ELEMENTS (signums); i++)
    g_assert_false (is_default (signums[i]));
  g_assert_true (is_default (SIGUSR2));
  send_signal (SIGUSR1);
  gctx_context_wait (GCTX_CONTEXT (scope));
  assert_ended_by (scope, SIGUSR1, "SIGUSR1");
  for (i = 0; i < G_N_ELEMENTS (signums); i++)
    g_assert_true (is_default (signums[i]));
}

static void
test_two_scopes (void)
{
  g_autoptr (GCtxScope) first = scope_for (SIGUSR1);
  g_autoptr (GCtxScope) second = scope_for (SIGUSR1);
  g_autoptr (GCtxScopeCloser) other = scope_for (SIGUSR2);

  g_test_summary ("a signal ends all of its scopes and no other");

  send_signal (SIGUSR1);
  gctx_context_wait (GCTX_CONTEXT (first));
  g_assert_true (is_default (SIGUSR1));
  gctx_context_wait (GCTX_CONTEXT (second));
  assert_ended_by (first, SIGUSR1, "SIGUSR1");
  assert_ended_by (second, SIGUSR1, "SIGUSR1");
  g_assert_false (gctx_context_is_done (GCTX_CONTEXT (other)));
  g_assert_false (is_default (SIGUSR2));
}

static void
test_one_of_two_closed (void)
{
  GCtxScope *first = scope_for (SIGUSR1);
  GCtxScope *second = scope_for (SIGUSR1);

  g_test_summary ("a signal is taken until the last of its scopes is closed");

  gctx_scope_close (first);
  g_assert_false (is_default (SIGUSR1));
  gctx_scope_close (second);
  g_assert_true (is_default (SIGUSR1));
}

/* --- What gives a signal back --- */

static void
test_done_otherwise (void)
{
  g_autoptr (GError) cause = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_BUSY, "enough");
  g_autoptr (GCtxScope) parent = gctx_scope_new (gctx_context_background ());
  const int signum = SIGUSR1;
  g_autoptr (GCtxScope) scope =
    gctx_scope_new_for_unix_signals (GCTX_CONTEXT (parent), &signum, 1);
  g_autoptr (GCtxScope) late = NULL;

  g_test_summary ("rules 1 and 6: the end of the parent gives the signals back, and none is taken after it");

  g_assert_true (gctx_scope_cancel_with_cause (parent, cause));
  g_assert_true (is_default (SIGUSR1));
  late = gctx_scope_new_for_unix_signals (GCTX_CONTEXT (parent), &signum, 1);
  g_assert_true (is_default (SIGUSR1));
  g_assert_error (gctx_context_get_cause (GCTX_CONTEXT (scope)), G_IO_ERROR, G_IO_ERROR_BUSY);
  g_assert_error (gctx_context_get_cause (GCTX_CONTEXT (late)), G_IO_ERROR, G_IO_ERROR_BUSY);
}

static gpointer
close_in_thread (gpointer scope)
{
  gctx_scope_close (scope);
  return NULL;
}

static void
test_closed_elsewhere (void)
{
  g_test_summary ("rule 5: a close in any thread gives the signals back");

  g_thread_join (g_thread_new ("close", close_in_thread, scope_for (SIGUSR1)));
  g_assert_true (is_default (SIGUSR1));
}

static void
test_forgotten (void)
{
  GCtxScope *scope = scope_for (SIGUSR1);
  g_autoptr (GCancellable) cancellable = g_object_ref (gctx_context_get_cancellable (GCTX_CONTEXT (scope)));
  g_autoptr (GCtxContext) seen = NULL;
  GPollFD fd;

  g_test_summary ("rule 7: a scope that was forgotten gives its signals back once nobody can notice an end");

  test_assert_last_unref (scope);
  g_assert_false (is_default (SIGUSR1));
  seen = gctx_context_from_cancellable (cancellable);
  send_signal (SIGUSR1);
  g_assert_true (g_cancellable_make_pollfd (cancellable, &fd));
  g_assert_cmpint (g_poll (&fd, 1, -1), ==, 1);
  g_cancellable_release_fd (cancellable);
  assert_ended_by (seen, SIGUSR1, "SIGUSR1");

  test_assert_last_unref (scope_for (SIGUSR1));
  g_assert_true (is_default (SIGUSR1));
}

static void
test_before_told (void)
{
  g_autoptr (GCtxScope) scope = scope_for (SIGUSR1);
  GCancellable *cancellable = gctx_context_get_cancellable (GCTX_CONTEXT (scope));
  int n_told = 0;

  g_test_summary ("the signals are free before anything is told of an end");

  g_signal_connect_swapped (cancellable, "cancelled", G_CALLBACK (note_default), &n_told);
  g_assert_true (gctx_scope_cancel (scope));
  g_assert_cmpint (n_told, ==, 1);
}

static void
test_nothing_left (void)
{
  GCtxScope *scope = scope_for (SIGUSR1);

  g_test_summary ("the thread that listens is gone after the last scope, and comes back for the next");

  wait_until_listener (TRUE);
  gctx_scope_close (scope);
  wait_until_listener (FALSE);
  scope = scope_for (SIGUSR1);
  wait_until_listener (TRUE);
  send_signal (SIGUSR1);
  gctx_context_wait (GCTX_CONTEXT (scope));
  gctx_scope_close (scope);
  wait_until_listener (FALSE);
}

static void
test_beside_glib (void)
{
  g_autoptr (GSource) source = g_unix_signal_source_new (SIGUSR1);
  g_autoptr (GMainContext) loop = g_main_context_new ();
  GCtxScope *scope = scope_for (SIGUSR1);
  int came = FALSE;

  g_test_summary ("a source of GLib's gets the signal too, and keeps its handler");

  g_source_set_callback (source, note_signal, &came, NULL);
  g_source_attach (source, loop);
  send_signal (SIGUSR1);
  gctx_context_wait (GCTX_CONTEXT (scope));
  gctx_scope_close (scope);
  test_iterate_until (loop, &came);
  g_assert_false (is_default (SIGUSR1));
  g_source_destroy (source);
  g_clear_pointer (&source, g_source_unref);
  g_assert_true (is_default (SIGUSR1));
}

/* --- Who blocks where --- */

static void
on_after (GCtxContext *context,
          gpointer     loop)
{
  assert_ended_by (context, SIGINT, "SIGINT");
  g_main_loop_quit (loop);
}

static void
test_main_loop (void)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GCtxScope) scope = scope_for (SIGINT);

  g_test_summary ("a signal reaches an after-func in the main loop");

  gctx_context_add_after_func (GCTX_CONTEXT (scope), on_after, loop, NULL);
  send_signal (SIGINT);
  g_main_loop_run (loop);
}

static gpointer
send_from_thread (gpointer number)
{
  send_signal (GPOINTER_TO_INT (number));
  return NULL;
}

/* Nothing but the signal ends the read. */
static gboolean
read_and_quit (gpointer loop)
{
  g_autoptr (GCtxScope) scope = scope_for (SIGTERM);
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) translated = NULL;
  Silence silence;
  GThread *thread;
  char byte;

  silence_open (&silence);
  thread = g_thread_new ("kill", send_from_thread, GINT_TO_POINTER (SIGTERM));
  g_assert_cmpint (g_input_stream_read (silence_get_stream (&silence), &byte, sizeof byte,
                                        gctx_context_get_cancellable (GCTX_CONTEXT (scope)), &error),
                   ==, -1);
  translated = gctx_context_translate_error (GCTX_CONTEXT (scope), error);
  g_assert_nonnull (strstr (translated->message, "SIGTERM was received"));
  g_thread_join (thread);
  silence_close (&silence);
  if (loop != NULL)
    g_main_loop_quit (loop);

  return G_SOURCE_REMOVE;
}

static void
test_blocking_read (void)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);

  g_test_summary ("a signal ends a blocking read, without a loop and inside a stuck one");

  read_and_quit (NULL);
  g_idle_add (read_and_quit, loop);
  g_main_loop_run (loop);
}

/* A handler that does not return until another signal has come. */
typedef struct
{
  GCtxContext *other;
  GMutex       mutex;
  GCond        cond;
  int          phase;   /* 1 inside the handler, 2 after it */
} Stuck;

static void
stuck_enter (Stuck *stuck,
             int    phase)
{
  g_mutex_lock (&stuck->mutex);
  stuck->phase = phase;
  g_cond_signal (&stuck->cond);
  g_mutex_unlock (&stuck->mutex);
}

static void
stuck_wait_for (Stuck *stuck,
                int    phase)
{
  g_mutex_lock (&stuck->mutex);
  while (stuck->phase < phase)
    g_cond_wait (&stuck->cond, &stuck->mutex);
  g_mutex_unlock (&stuck->mutex);
}

static void
get_stuck (Stuck *stuck)
{
  stuck_enter (stuck, 1);
  gctx_context_wait (stuck->other);
  stuck_enter (stuck, 2);
}

static void
test_stuck_handler (void)
{
  g_autoptr (GCtxScope) first = scope_for (SIGUSR1);
  g_autoptr (GCtxScope) second = scope_for (SIGUSR2);
  Stuck stuck = { .other = GCTX_CONTEXT (second) };

  g_test_summary ("a handler that blocks keeps no other signal from coming");

  g_mutex_init (&stuck.mutex);
  g_cond_init (&stuck.cond);
  g_signal_connect_swapped (gctx_context_get_cancellable (GCTX_CONTEXT (first)), "cancelled",
                            G_CALLBACK (get_stuck), &stuck);
  send_signal (SIGUSR1);
  stuck_wait_for (&stuck, 1);
  send_signal (SIGUSR2);
  gctx_context_wait (GCTX_CONTEXT (second));
  assert_ended_by (second, SIGUSR2, "SIGUSR2");
  stuck_wait_for (&stuck, 2);
  g_cond_clear (&stuck.cond);
  g_mutex_clear (&stuck.mutex);
}

static void
test_nothing_to_watch (void)
{
  GCtxScope *scope = gctx_scope_new_for_unix_signals (gctx_context_background (), NULL, 0);

  g_test_summary ("a scope for no signal is a plain one");

  g_assert_false (gctx_context_is_done (GCTX_CONTEXT (scope)));
  gctx_scope_close (scope);
}

static void
test_misuse (void)
{
  const int bad[] = { SIGKILL, SIGSEGV, SIGCHLD, 0, -1, G_MAXINT };
  g_autoptr (GObject) object = g_object_new (G_TYPE_OBJECT, NULL);
  GCtxContext *background = gctx_context_background ();
  guint i;

  g_test_summary ("rule 20: what cannot be watched is a critical, and nothing is taken");

  for (i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      const int signums[] = { SIGUSR1, bad[i] };

      assert_critical (g_assert_null (gctx_scope_new_for_unix_signals (background, signums, 2)));
      g_assert_true (is_default (SIGUSR1));
    }
  assert_critical (g_assert_null (gctx_scope_new_for_unix_signals (background, NULL, 1)));
  assert_critical (g_assert_null (gctx_scope_new_for_unix_signals (NULL, bad, 0)));
  assert_critical (g_assert_null (gctx_scope_new_for_unix_signals ((GCtxContext *) object, bad, 0)));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/unix-signals/each", test_each);
  g_test_add_func ("/gctx/unix-signals/several", test_several);
  g_test_add_func ("/gctx/unix-signals/two-scopes", test_two_scopes);
  g_test_add_func ("/gctx/unix-signals/one-of-two-closed", test_one_of_two_closed);
  g_test_add_func ("/gctx/unix-signals/done-otherwise", test_done_otherwise);
  g_test_add_func ("/gctx/unix-signals/closed-elsewhere", test_closed_elsewhere);
  g_test_add_func ("/gctx/unix-signals/forgotten", test_forgotten);
  g_test_add_func ("/gctx/unix-signals/before-told", test_before_told);
  g_test_add_func ("/gctx/unix-signals/nothing-left", test_nothing_left);
  g_test_add_func ("/gctx/unix-signals/beside-glib", test_beside_glib);
  g_test_add_func ("/gctx/unix-signals/main-loop", test_main_loop);
  g_test_add_func ("/gctx/unix-signals/blocking-read", test_blocking_read);
  g_test_add_func ("/gctx/unix-signals/stuck-handler", test_stuck_handler);
  g_test_add_func ("/gctx/unix-signals/nothing-to-watch", test_nothing_to_watch);
  g_test_add_func ("/gctx/unix-signals/misuse", test_misuse);

  return g_test_run ();
}
