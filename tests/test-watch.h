/* test-watch.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include "test-util.h"

/* Who delivers a passed deadline is tested on the real clock, with calls that
 * really block, because that is what the cases of rule 12 differ in.
 *
 * A loaded machine may keep a thread from running for as long as it likes, so
 * nothing is held to an upper bound in time. What tells the cases apart is the
 * thread that delivers, and that case (c) never comes before GRACE. An attempt
 * is made again where a stall has turned it into case (c), or has let the
 * deadline pass before all was in place. */

#define MSEC       (G_GINT64_CONSTANT (1000))
#define N_ATTEMPTS 10

/* Doubled by each attempt that was too slow for it. Changed only where one
 * thread of the test runs and the others wait for it. */
static GTimeSpan watch_timeout = 50 * MSEC;

/* Case (c) starts 100 ms after the deadline was seen to pass; the rest is left
 * to the grain of the clocks. */
#define GRACE (95 * MSEC)

/* Where and when one deadline was delivered. */
typedef struct
{
  GMainContext *loop;
  gint64        deadline;
  GCtxContext  *context;
  GCancellable *cancellable;
  gulong        handler;

  GThread      *thread;
  gint64        time;
  int           delivered;
} Watch;

static inline void
watch_cancelled (GCancellable *cancellable,
                 gpointer      user_data)
{
  Watch *watch = user_data;

  watch->thread = g_thread_self ();
  watch->time = g_get_monotonic_time ();
  g_atomic_int_set (&watch->delivered, TRUE);
  g_main_context_wakeup (watch->loop);
  g_main_context_wakeup (NULL);
}

/* Sets a deadline here and now. @loop is woken when it was delivered. */
static inline void
watch_start_for (Watch        *watch,
                 GMainContext *loop)
{
  watch->loop = loop;
  watch->thread = NULL;
  watch->time = 0;
  watch->delivered = FALSE;
  watch->deadline = g_get_monotonic_time () + watch_timeout;
  watch->context = gctx_context_with_deadline (gctx_context_background (), watch->deadline);
  watch->cancellable = gctx_context_get_cancellable (watch->context);
  watch->handler = g_cancellable_connect (watch->cancellable, G_CALLBACK (watch_cancelled), watch, NULL);
}

static inline void
watch_start (Watch *watch)
{
  watch_start_for (watch, g_main_context_get_thread_default ());
}

/* Disconnecting waits for a handler that is just running. */
static inline void
watch_finish (Watch *watch)
{
  g_cancellable_disconnect (watch->cancellable, watch->handler);
  g_assert_true (g_atomic_int_get (&watch->delivered));
  g_assert_cmpint (watch->time, >=, watch->deadline);
  g_assert_error (gctx_context_get_error (watch->context), G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_clear_object (&watch->context);
}

/* To be asked, once the scene is set, before what the attempt is about: from
 * then on nothing but the library may deliver. */
static inline gboolean
watch_is_in_time (Watch *watch)
{
  if (g_get_monotonic_time () < watch->deadline)
    return TRUE;

  watch_timeout *= 2;
  return FALSE;
}

static inline gboolean
watch_was_late (Watch *watch)
{
  return watch->time - watch->deadline >= GRACE;
}

/* A connection whose peer never says anything. */
typedef struct
{
  GSocket           *socket;
  GSocketConnection *connection;
  int                peer;
} Silence;

static inline void
silence_open (Silence *silence)
{
  int fds[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM, 0, fds), ==, 0);
  silence->socket = g_socket_new_from_fd (fds[0], NULL);
  g_assert_nonnull (silence->socket);
  silence->connection = g_socket_connection_factory_create_connection (silence->socket);
  silence->peer = fds[1];
}

static inline GInputStream *
silence_get_stream (Silence *silence)
{
  return g_io_stream_get_input_stream (G_IO_STREAM (silence->connection));
}

static inline void
silence_close (Silence *silence)
{
  g_assert_true (g_io_stream_close (G_IO_STREAM (silence->connection), NULL, NULL));
  g_assert_cmpint (close (silence->peer), ==, 0);
  g_object_unref (silence->connection);
  g_object_unref (silence->socket);
}

/* Blocks in a read until the deadline, as a program would. Returns whether the
 * read began before it. */
static inline gboolean
watch_read (Watch *watch)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) translated = NULL;
  Silence silence;
  gboolean in_time;
  char byte;

  silence_open (&silence);
  in_time = watch_is_in_time (watch);
  g_assert_cmpint (g_input_stream_read (silence_get_stream (&silence), &byte, sizeof byte,
                                        watch->cancellable, &error), ==, -1);
  g_assert_cmpint (g_get_monotonic_time (), >=, watch->deadline);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  gctx_context_propagate_error (watch->context, &translated, g_steal_pointer (&error));
  g_assert_error (translated, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  silence_close (&silence);
  return in_time;
}

/* Case (a): a deadline that @start sets is delivered in this thread, while it
 * runs its thread-default main context. */
static inline void
assert_delivered_here (void (*start) (Watch *watch))
{
  GMainContext *home = g_main_context_get_thread_default ();
  int i;

  for (i = 0; i < N_ATTEMPTS; i++)
    {
      Watch watch;
      gboolean in_time;

      start (&watch);
      g_main_context_iteration (home, FALSE);
      in_time = watch_is_in_time (&watch);
      test_iterate_until (home, &watch.delivered);
      watch_finish (&watch);

      if (in_time && watch.thread == g_thread_self ())
        return;
      if (in_time)
        g_assert_true (watch_was_late (&watch));
    }

  g_error ("no deadline was delivered by its home");
}

/* Case (b): a deadline that is set here ends a call that blocks here, without
 * the wait of case (c). */
static inline void
assert_delivered_elsewhere_at_once (void)
{
  int i;

  for (i = 0; i < N_ATTEMPTS; i++)
    {
      Watch watch;
      gboolean in_time;

      watch_start (&watch);
      in_time = watch_read (&watch);
      watch_finish (&watch);

      if (in_time)
        g_assert_true (watch.thread != g_thread_self ());
      if (in_time && !watch_was_late (&watch))
        return;
    }

  g_error ("no deadline was delivered at once");
}

typedef struct
{
  Watch *watch;
  int    started;
} Start;

static inline gboolean
start_in_idle (gpointer user_data)
{
  Start *start = user_data;

  watch_start (start->watch);
  g_atomic_int_set (&start->started, TRUE);
  return G_SOURCE_REMOVE;
}

static inline void
watch_start_in_dispatch (Watch *watch)
{
  Start start = { watch, FALSE };
  g_autoptr (GSource) idle = g_idle_source_new ();

  g_source_set_callback (idle, start_in_idle, &start, NULL);
  g_source_attach (idle, g_main_context_get_thread_default ());
  test_iterate_until (g_main_context_get_thread_default (), &start.started);
}

static inline void
start_in_after_func (GCtxContext *context,
                     gpointer     user_data)
{
  start_in_idle (user_data);
}

static inline void
watch_start_in_after_func (Watch *watch)
{
  Start start = { watch, FALSE };
  g_autoptr (GCtxScopeCloser) scope = gctx_scope_new (gctx_context_background ());

  gctx_context_add_after_func (GCTX_CONTEXT (scope), start_in_after_func, &start, NULL);
  gctx_scope_cancel (scope);
  test_iterate_until (g_main_context_get_thread_default (), &start.started);
}

static inline void
assert_owner_delivers (void)
{
  assert_delivered_here (watch_start_in_dispatch);
  assert_delivered_here (watch_start_in_after_func);
}

static inline void
assert_home_delivers (void)
{
  assert_delivered_here (watch_start);
  assert_owner_delivers ();
}

typedef struct
{
  void (*func) (void);
  int   finished;
} Thread;

static inline gpointer
run_func (gpointer user_data)
{
  Thread *thread = user_data;

  thread->func ();
  g_atomic_int_set (&thread->finished, TRUE);
  g_main_context_wakeup (NULL);
  return NULL;
}

static inline gpointer
run_func_with_home (gpointer user_data)
{
  g_autoptr (GMainContext) home = g_main_context_new ();

  g_main_context_push_thread_default (home);
  run_func (user_data);
  g_main_context_pop_thread_default (home);
  return NULL;
}

static inline void
in_thread_without_home (void (*func) (void))
{
  Thread thread = { func, FALSE };

  g_thread_join (g_thread_new ("without home", run_func, &thread));
}

static inline void
in_thread_with_home (void (*func) (void))
{
  Thread thread = { func, FALSE };

  g_thread_join (g_thread_new ("with home", run_func_with_home, &thread));
}
