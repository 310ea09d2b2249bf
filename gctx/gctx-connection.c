/* gctx-connection.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* For POLLRDHUP. */
#ifndef _GNU_SOURCE
# define _GNU_SOURCE
#endif

#include "gctx-connection.h"

#include "gctx-cancellable.h"
#include "gctx-ender-private.h"

#include <poll.h>

/* POLLRDHUP tells that the peer has ended its stream whether or not data is
 * still to be read, and says nothing about that data: so nothing is eaten, and
 * what waits unread does not make the source ready again and again. Where the
 * system lacks it, only POLLHUP is left, which poll () always looks for. */
#ifdef POLLRDHUP
# define HANGUP POLLRDHUP
#else
# define HANGUP 0
#endif

/* An error alone is no hang-up: with what breaks a stream comes the end of it.
 * The kernel also reports by it that something waits in the error queue of the
 * socket, as what was sent with MSG_ZEROCOPY leaves it behind. That cannot be
 * masked, and stays until the program reads it. SO_ERROR would not tell the two
 * apart without taking an error that is the program's. */
#define IS_HANGUP(condition) (((condition) & ~G_IO_ERR) != 0)

/* For so long the socket is not looked at after an error alone, or the loop would
 * be busy with it. */
#define PAUSE_USEC (20 * G_TIME_SPAN_MILLISECOND)

/* A watch is data of the scope of the users.
 *
 * A GSocketSource would do for the waiting if it did not have a hand in the
 * socket's time-out: it starts one of its own and makes the next read fail. */
typedef struct
{
  gatomicrefcount ref_count;

  /* Under @mutex, and NULL once the watch was stopped. */
  GMutex          mutex;
  GCtxScope      *ender;
  GSocket        *socket;
  GCancellable   *cancellable;    /* tells when the scope is done */
  GSource        *source;
  GMainContext   *main_context;   /* must not go while @source may be woken */
} Watch;

typedef struct
{
  GSource  source;
  Watch   *watch;
  int      fd;
  gpointer tag;     /* NULL in a pause */
} WatchSource;

static Watch *
watch_ref (Watch *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

static void
watch_unref (gpointer data)
{
  Watch *self = data;

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_mutex_clear (&self->mutex);
  g_free (self);
}

/* Afterwards no thread looks at the socket any more, so that it may be closed
 * in any. May be called in any, too, and more than once. */
static void
watch_stop (Watch *self)
{
  GCtxScope *ender;
  GSocket *socket;
  GCancellable *cancellable;
  GSource *source;
  GMainContext *main_context;

  g_mutex_lock (&self->mutex);
  ender = g_steal_pointer (&self->ender);
  socket = g_steal_pointer (&self->socket);
  cancellable = g_steal_pointer (&self->cancellable);
  source = g_steal_pointer (&self->source);
  main_context = g_steal_pointer (&self->main_context);
  g_mutex_unlock (&self->mutex);

  if (source != NULL)
    g_source_destroy (source);
  g_clear_pointer (&source, g_source_unref);
  g_clear_object (&socket);
  g_clear_object (&cancellable);
  g_clear_object (&ender);
  g_clear_pointer (&main_context, g_main_context_unref);
}

/* The scope is finalized. */
static void
watch_release (gpointer data)
{
  watch_stop (data);
  watch_unref (data);
}

/* Nobody but this file knows the cancellable. So no one waits for this handler
 * with a lock that the dropping of the socket could need. */
static void
on_done (GCancellable *cancellable,
         gpointer      user_data)
{
  watch_stop (user_data);
}

static gboolean
watch_is_closed (Watch *self)
{
  gboolean closed;

  g_mutex_lock (&self->mutex);
  closed = self->socket != NULL && g_socket_is_closed (self->socket);
  g_mutex_unlock (&self->mutex);

  return closed;
}

static void
end_scope (GCtxScope *scope,
           gboolean   closed)
{
  g_autoptr (GError) cause =
    closed ? g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CLOSED, "The connection was closed")
           : g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED, "The peer hung up");

  gctx_scope_cancel_with_cause (scope, cause);
}

/* --- The source --- */

static gboolean
watch_source_prepare (GSource *source,
                      gint    *timeout_msec)
{
  *timeout_msec = -1;

  return watch_is_closed (((WatchSource *) source)->watch);
}

static gboolean
watch_source_check (GSource *source)
{
  WatchSource *self = (WatchSource *) source;

  return (self->tag != NULL && g_source_query_unix_fd (source, self->tag) != 0) ||
         watch_is_closed (self->watch);
}

static void
watch_source_begin_pause (WatchSource *self)
{
  g_source_remove_unix_fd (&self->source, g_steal_pointer (&self->tag));
  g_source_set_ready_time (&self->source, g_get_monotonic_time () + PAUSE_USEC);
}

static void
watch_source_end_pause (WatchSource *self)
{
  g_source_set_ready_time (&self->source, -1);
  self->tag = g_source_add_unix_fd (&self->source, self->fd, HANGUP);
}

static gboolean
watch_source_dispatch (GSource     *source,
                       GSourceFunc  callback,
                       gpointer     user_data)
{
  WatchSource *self = (WatchSource *) source;
  Watch *watch = self->watch;
  g_autoptr (GCtxScope) ender = NULL;
  gboolean stopped, closed;

  /* Under the mutex no other thread can stop the watch, and nothing may be added
   * to a source that was destroyed. */
  g_mutex_lock (&watch->mutex);
  stopped = watch->ender == NULL;
  closed = !stopped && g_socket_is_closed (watch->socket);
  if (closed || (!stopped && self->tag != NULL && IS_HANGUP (g_source_query_unix_fd (source, self->tag))))
    ender = g_object_ref (watch->ender);
  else if (!stopped && self->tag != NULL)
    watch_source_begin_pause (self);
  else if (!stopped)
    watch_source_end_pause (self);
  g_mutex_unlock (&watch->mutex);

  /* Where it was closed on this side the descriptor means nothing by now, or
   * something else. */
  if (ender != NULL)
    end_scope (ender, closed);

  return stopped || ender != NULL ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

static void
watch_source_finalize (GSource *source)
{
  watch_unref (((WatchSource *) source)->watch);
}

static GSourceFuncs watch_source_funcs = {
  .prepare = watch_source_prepare,
  .check = watch_source_check,
  .dispatch = watch_source_dispatch,
  .finalize = watch_source_finalize,
};

static GSource *
watch_source_new (Watch *watch)
{
  GSource *source = g_source_new (&watch_source_funcs, sizeof (WatchSource));
  WatchSource *self = (WatchSource *) source;

  g_source_set_static_name (source, "GCtxScope for a connection");
  self->watch = watch_ref (watch);
  self->fd = g_socket_get_fd (watch->socket);
  self->tag = g_source_add_unix_fd (source, self->fd, HANGUP);

  return source;
}

/* --- The scope --- */

static gboolean
has_hung_up (GSocket *socket)
{
  GPollFD fd = { g_socket_get_fd (socket), HANGUP, 0 };

  return g_poll (&fd, 1, 0) > 0 && IS_HANGUP (fd.revents);
}

/* Makes @scope, a child of @ender, hold a watch that ends @ender. */
static void
watch_start (GCtxScope *scope,
             GCtxScope *ender,
             GSocket   *socket)
{
  Watch *watch = g_new0 (Watch, 1);
  g_autoptr (GCtxContext) bare = gctx_bare_face_new (scope);
  g_autoptr (GCancellable) cancellable = gctx_context_create_cancellable (bare);

  g_atomic_ref_count_init (&watch->ref_count);
  g_mutex_init (&watch->mutex);
  watch->ender = g_object_ref (ender);
  watch->socket = g_object_ref (socket);
  watch->cancellable = g_object_ref (cancellable);
  watch->main_context = g_main_context_ref_thread_default ();
  watch->source = watch_source_new (watch);

  /* From here on it may be stopped, by another thread that runs the loop. */
  g_source_attach (watch->source, watch->main_context);
  g_cancellable_connect (cancellable, G_CALLBACK (on_done), watch_ref (watch), watch_unref);
  g_object_set_data_full (G_OBJECT (scope), "gctx-connection", watch, watch_release);
}

/**
 * gctx_scope_new_for_connection: (constructor)
 * @parent: the parent
 * @connection: a connection that was made or accepted
 *
 * Makes a scope that ends when the peer of @connection hangs up: for a server
 * that need not work on for a client that has gone.
 *
 * It ends as by [method@GCtx.Scope.cancel_with_cause], the cause being
 * %G_IO_ERROR_CONNECTION_CLOSED. What the peer sent before stays where it is:
 * nothing is read here, so read a request with @parent and work on the answer
 * with the scope. Data that waits unread does not put off the end, and does
 * not keep the loop busy.
 *
 * A peer has hung up when its stream has ended. It may have closed the
 * connection, died, or only shut down its sending side and be waiting for the
 * answer: TCP tells the one who listens nothing of the difference. Where peers
 * do the latter, this is not for you. Nor is it for datagrams, in which nobody
 * hangs up. A peer whose machine or network vanished has not hung up either;
 * the system notices with %SO_KEEPALIVE or when it fails to deliver what is
 * sent. What waits in the error queue of the socket is no hang-up; until it is
 * read one may be noticed some 20 ms late.
 *
 * Over TLS it is the TCP connection below that counts: pass the connection
 * that TLS was put on, or what a [class@Gio.SocketClient] that does TLS by
 * itself returned.
 *
 * The [struct@GLib.MainContext] that is thread-default here does the watching,
 * and ends the scope; the scope holds it while it is live. Where no loop runs
 * it the scope does not end by itself. So a thread of a
 * [class@Gio.ThreadedSocketService], that has none of its own, is served by
 * the main loop; a thread that pushed one and blocks is not. Where the peer
 * has hung up before, or @parent is done, the scope is done from the start.
 *
 * Once @connection is closed on this side the scope ends as well, when the loop
 * turns, with the cause %G_IO_ERROR_CLOSED. But close the scope first where the
 * loop runs in another thread: while that waits for the peer, the system puts
 * off closing the socket. Shutting down the receiving side of @connection ends
 * the scope like a hang-up. The scope holds the [class@Gio.Socket] of
 * @connection until it is done: a connection that is dropped without a close
 * stays open until then.
 *
 * The watching stops at once when the scope is done, and when its last
 * reference is dropped: a context below it does not keep it up.
 *
 * May be called from any thread, and inside any callback.
 *
 * Returns: (transfer full): the scope; close it with
 *   [method@GCtx.Scope.close]
 *
 * Since: 1.0
 */
GCtxScope *
gctx_scope_new_for_connection (GCtxContext       *parent,
                               GSocketConnection *connection)
{
  g_autoptr (GCtxScope) ender = NULL;
  g_autoptr (GCtxContext) face = NULL;
  GCtxScope *scope;
  GSocket *socket;

  g_return_val_if_fail (GCTX_IS_CONTEXT (parent), NULL);
  g_return_val_if_fail (G_IS_SOCKET_CONNECTION (connection), NULL);

  socket = g_socket_connection_get_socket (connection);
  ender = gctx_ender_new (parent);
  face = gctx_ender_get_face (ender, parent);
  scope = gctx_scope_new (face);

  if (gctx_context_is_done (parent))
    return scope;

  if (g_socket_is_closed (socket) || has_hung_up (socket))
    end_scope (ender, g_socket_is_closed (socket));
  else
    watch_start (scope, ender, socket);

  return scope;
}
