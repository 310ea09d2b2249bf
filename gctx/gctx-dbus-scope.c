/* gctx-dbus-scope.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "gctx-dbus-scope.h"

#include "gctx-ender-private.h"
#include "gctx-keeper-private.h"
#include "gctx-source.h"

/* All of a watch happens in one thread with a GMainContext of its own, for
 * three reasons. Its loop turns when that of the service is stuck in the very
 * method that should be told. What GDBus leaves to the GMainContext of a
 * subscriber gets done, whichever other ones are gone. And whoever closes a
 * scope may hold what the worker of GDBus waits for with the lock of the
 * connection held, as inside a handler of `cancelled`, and so must not want
 * that lock.
 *
 * That thread runs no foreign code, which may block. The scope is ended where a
 * deadline would be told: in the main context where it was made, or where that
 * does not get to it within GRACE_MSEC, in a delivery thread. A delivery thread
 * also lets go of what the watch holds of the user's: what hangs on the
 * connection, on the main context and on what the contexts above hold is
 * released there.
 *
 * GDBus holds the connection, too, for what it still has to do in the watch
 * thread. With all of that goes a reference to the watch. So when the last of
 * these is gone and the loop has turned once more, the watch thread holds
 * nothing but what it hands over. */

#define GRACE_MSEC 100

typedef struct
{
  gint             ref_count;      /* atomic */

  /* Immutable. */
  GCtxScope       *ender;
  char            *caller;         /* NULL where there is no bus */
  GDBusConnection *connection;
  GMainContext    *home;
  GSource         *over;           /* the scope of the user is done */

  /* Atomic; set once. */
  GError          *cause;

  /* The watch thread's. */
  gboolean         stopped;
  GCancellable    *question;       /* "who owns that name?" */
  GSource         *telling;        /* in the home */
  GSource         *grace;
  gulong           closed_handler;
  guint            subscription;
} Watch;

static G_DEFINE_QUARK (gctx-dbus-watch, watch)

/* --- The watch thread --- */

/* Who makes a scope is told of no error, and one that ignores that its caller left
 * is worse than none. So this ends like g_thread_new () where no thread can be had. */
static GMainContext *
get_watch_context (void)
{
  static GMainContext *watch_context = NULL;

  if (g_once_init_enter (&watch_context))
    {
      g_autoptr (GError) error = NULL;
      GMainContext *main_context = gctx_keeper_loop_new ("gctx-dbus", &error);

      if (main_context == NULL)
        g_error ("cannot start the thread that watches D-Bus: %s", error->message);
      g_once_init_leave (&watch_context, main_context);
    }

  return watch_context;
}

static void
attach (GSource        *source,
        GSourceFunc     func,
        gpointer        user_data,
        GDestroyNotify  destroy,
        GMainContext   *main_context)
{
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_static_name (source, "GCtxDBusWatch");
  g_source_set_callback (source, func, user_data, destroy);
  g_source_attach (source, main_context);
}

/* --- Watches --- */

static gpointer
watch_ref (gpointer data)
{
  Watch *self = data;

  g_atomic_int_inc (&self->ref_count);

  return self;
}

/* In a delivery thread. */
static void
watch_free (gpointer data)
{
  Watch *self = data;

  g_clear_error (&self->cause);
  g_source_unref (self->over);
  g_object_unref (self->ender);
  g_object_unref (self->connection);
  g_main_context_unref (self->home);
  g_free (self->caller);
  g_free (self);
}

static gboolean
watch_hand_over (gpointer user_data)
{
  gctx_keeper_run_later (watch_free, user_data);

  return G_SOURCE_REMOVE;
}

/* In any thread; the last reference may go with what GDBus is just clearing away
 * in the watch thread. */
static void
watch_unref (gpointer data)
{
  Watch *self = data;
  g_autoptr (GSource) source = NULL;

  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  source = g_idle_source_new ();
  attach (source, watch_hand_over, self, NULL, get_watch_context ());
}

static GSource *
watch_attach (Watch        *self,
              GSource      *source,
              GSourceFunc   func,
              GMainContext *main_context)
{
  attach (source, func, watch_ref (self), watch_unref, main_context);

  return source;
}

static void
watch_post (Watch       *self,
            GSourceFunc  func)
{
  g_source_unref (watch_attach (self, g_idle_source_new (), func, get_watch_context ()));
}

/* --- Ending the scope --- */

static gboolean
tell (gpointer user_data)
{
  Watch *self = user_data;

  gctx_scope_cancel_with_cause (self->ender, g_atomic_pointer_get (&self->cause));

  return G_SOURCE_REMOVE;
}

static void
tell_overdue (gpointer data)
{
  tell (data);
  watch_unref (data);
}

static gboolean
on_grace_over (gpointer user_data)
{
  gctx_keeper_run_later (tell_overdue, watch_ref (user_data));

  return G_SOURCE_REMOVE;
}

static gboolean
watch_end (gpointer user_data)
{
  Watch *self = user_data;

  if (!self->stopped && self->telling == NULL)
    {
      self->telling = watch_attach (self, g_idle_source_new (), tell, self->home);
      self->grace = watch_attach (self, g_timeout_source_new (GRACE_MSEC), on_grace_over,
                                  get_watch_context ());
    }

  return G_SOURCE_REMOVE;
}

/* In any thread; takes @cause. */
static void
watch_notice (Watch  *self,
              GError *cause)
{
  if (g_atomic_pointer_compare_and_exchange (&self->cause, NULL, cause))
    watch_post (self, watch_end);
  else
    g_error_free (cause);
}

/* --- Noticing that the caller is gone --- */

static void
notice_departure (Watch *self)
{
  watch_notice (self, g_error_new (G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER,
                                   "the caller %s has left the bus", self->caller));
}

static void
on_name_owner_changed (GDBusConnection *connection,
                       const char      *sender_name,
                       const char      *object_path,
                       const char      *interface_name,
                       const char      *signal_name,
                       GVariant        *parameters,
                       gpointer         user_data)
{
  const char *new_owner;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(sss)")))
    return;

  g_variant_get (parameters, "(&s&s&s)", NULL, NULL, &new_owner);
  if (new_owner[0] == '\0')
    notice_departure (user_data);
}

/* Who left before the subscription was in place left no signal. The bus takes
 * our messages in turn, so one of the two finds it. */
static void
on_owner (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  Watch *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
    g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);

  if (reply == NULL && g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER))
    notice_departure (self);
  watch_unref (self);
}

/* Comes in the main context that the connection was made in. */
static void
on_closed (GDBusConnection *connection,
           gboolean         remote_peer_vanished,
           GError          *error,
           gpointer         user_data)
{
  watch_notice (user_data,
                error != NULL ? g_error_new (G_IO_ERROR, G_IO_ERROR_CLOSED,
                                             "the D-Bus connection was closed: %s", error->message)
                              : g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CLOSED,
                                                     "the D-Bus connection was closed"));
}

/* --- What the bus is asked to tell --- */

static void
call_about_caller (Watch      *self,
                   const char *method_name)
{
  g_autofree char *rule =
    g_strdup_printf ("type='signal',sender='org.freedesktop.DBus',"
                     "interface='org.freedesktop.DBus',member='NameOwnerChanged',"
                     "path='/org/freedesktop/DBus',arg0='%s'", self->caller);

  g_dbus_connection_call (self->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                          "org.freedesktop.DBus", method_name, g_variant_new ("(s)", rule), NULL,
                          G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, NULL, NULL, NULL);
}

/* GDBus would do that by itself, with a critical where the connection closes in
 * the middle of it; and the service can't tell when it must not close one. A bus
 * bears only so many rules, so one does for all the watches of a caller. Only the
 * watch thread comes here. */
static void
listen_to_caller (Watch *self,
                  int    change)
{
  static GHashTable *n_listening = NULL;
  g_autofree char *key = g_strdup_printf ("%p %s", self->connection, self->caller);
  int before, after;

  if (n_listening == NULL)
    n_listening = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  before = GPOINTER_TO_INT (g_hash_table_lookup (n_listening, key));
  after = before + change;
  if (before == 0)
    call_about_caller (self, "AddMatch");
  if (after == 0)
    call_about_caller (self, "RemoveMatch");

  if (after == 0)
    g_hash_table_remove (n_listening, key);
  else
    g_hash_table_replace (n_listening, g_steal_pointer (&key), GINT_TO_POINTER (after));
}

/* --- Beginning and stopping --- */

static void
stop_source (GSource **source)
{
  if (*source == NULL)
    return;

  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static gboolean
watch_stop (gpointer user_data)
{
  Watch *self = user_data;

  if (self->stopped)
    return G_SOURCE_REMOVE;

  self->stopped = TRUE;
  g_source_destroy (self->over);
  stop_source (&self->telling);
  stop_source (&self->grace);
  if (self->closed_handler != 0)
    g_signal_handler_disconnect (self->connection, self->closed_handler);
  if (self->subscription != 0)
    {
      g_dbus_connection_signal_unsubscribe (self->connection, self->subscription);
      listen_to_caller (self, -1);
    }
  if (self->question != NULL)
    g_cancellable_cancel (self->question);
  g_clear_object (&self->question);

  return G_SOURCE_REMOVE;
}

static gboolean
on_over (GCtxContext *context,
         gpointer     user_data)
{
  return watch_stop (user_data);
}

static void
on_scope_gone (gpointer data)
{
  watch_post (data, watch_stop);
  watch_unref (data);
}

static gboolean
watch_begin (gpointer user_data)
{
  Watch *self = user_data;

  watch_attach (self, self->over, G_SOURCE_FUNC (on_over), get_watch_context ());

  self->closed_handler =
    g_signal_connect_data (self->connection, "closed", G_CALLBACK (on_closed), watch_ref (self),
                           (GClosureNotify) (GCallback) watch_unref, 0);
  if (g_dbus_connection_is_closed (self->connection))
    {
      on_closed (self->connection, FALSE, NULL, self);
      return G_SOURCE_REMOVE;
    }
  if (self->caller == NULL)
    return G_SOURCE_REMOVE;

  self->subscription =
    g_dbus_connection_signal_subscribe (self->connection, "org.freedesktop.DBus",
                                        "org.freedesktop.DBus", "NameOwnerChanged",
                                        "/org/freedesktop/DBus", self->caller,
                                        G_DBUS_SIGNAL_FLAGS_NO_MATCH_RULE, on_name_owner_changed,
                                        watch_ref (self), watch_unref);
  listen_to_caller (self, +1);
  self->question = g_cancellable_new ();
  g_dbus_connection_call (self->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                          "org.freedesktop.DBus", "GetNameOwner",
                          g_variant_new ("(s)", self->caller), G_VARIANT_TYPE ("(s)"),
                          G_DBUS_CALL_FLAGS_NO_AUTO_START, G_MAXINT, self->question,
                          on_owner, watch_ref (self));

  return G_SOURCE_REMOVE;
}

/* On a connection to a single peer the sender is whatever the peer wrote. */
static const char *
get_caller (GDBusMethodInvocation *invocation)
{
  GDBusConnection *connection = g_dbus_method_invocation_get_connection (invocation);
  const char *sender = g_dbus_method_invocation_get_sender (invocation);

  if (g_dbus_connection_get_unique_name (connection) == NULL)
    return NULL;

  return sender != NULL && g_dbus_is_unique_name (sender) ? sender : NULL;
}

/**
 * gctx_scope_new_for_dbus_invocation: (constructor)
 * @parent: the parent
 * @invocation: a method call that has come in
 *
 * Makes a scope that also ends when nobody waits for the reply to @invocation
 * any more: when the caller leaves the bus, or the connection closes. On a
 * connection to a single peer, without a bus, that is when it closes.
 *
 * It ends with %G_IO_ERROR_CANCELLED, and its cause is
 * %G_DBUS_ERROR_NAME_HAS_NO_OWNER where the caller left and %G_IO_ERROR_CLOSED
 * where the connection closed. Close it when the reply is sent; what watches
 * the caller goes with it. It goes as well with the last reference to the
 * scope, so hold that as long as the work lasts.
 *
 * The scope is told to end in the [struct@GLib.MainContext] that is
 * thread-default here, and if that does not get to it within 100 ms, being
 * stuck or gone, in a thread of the library: a method that blocks is told as
 * well. That a connection closed is known no earlier than
 * [signal@Gio.DBusConnection::closed] is emitted, in the main context where the
 * connection was made.
 *
 * Where @parent is done already, so is the scope. A caller that is gone already
 * gives a scope that ends soon. This never blocks; it takes no reference to
 * @invocation. It may be called from any thread and inside any callback.
 *
 * ```c
 * static void
 * on_method_call (GDBusConnection       *connection,
 *                 const char            *sender,
 *                 const char            *object_path,
 *                 const char            *interface_name,
 *                 const char            *method_name,
 *                 GVariant              *parameters,
 *                 GDBusMethodInvocation *invocation,
 *                 gpointer               user_data)
 * {
 *   GCtxContext *service = user_data;
 *   g_autoptr (GCtxScopeCloser) scope = gctx_scope_new_for_dbus_invocation (service, invocation);
 *   g_autoptr (GError) error = NULL;
 *
 *   if (gctx_context_sleep (GCTX_CONTEXT (scope), G_USEC_PER_SEC, &error))
 *     g_dbus_method_invocation_return_value (invocation, NULL);
 *   else
 *     g_dbus_method_invocation_return_gerror (invocation, error);
 * }
 * ```
 *
 * Returns: (transfer full): the scope; close it with
 *   [method@GCtx.Scope.close]
 *
 * Since: 1.0
 */
GCtxScope *
gctx_scope_new_for_dbus_invocation (GCtxContext           *parent,
                                    GDBusMethodInvocation *invocation)
{
  g_autoptr (GCtxContext) face = NULL;
  g_autoptr (GCtxContext) bare = NULL;
  GCtxScope *scope;
  Watch *watch;

  g_return_val_if_fail (GCTX_IS_CONTEXT (parent), NULL);
  g_return_val_if_fail (G_IS_DBUS_METHOD_INVOCATION (invocation), NULL);

  if (gctx_context_is_done (parent))
    return gctx_scope_new (parent);

  watch = g_new0 (Watch, 1);
  watch->ref_count = 1;
  watch->ender = gctx_ender_new (parent);
  watch->home = g_main_context_ref_thread_default ();
  watch->caller = g_strdup (get_caller (invocation));
  watch->connection = g_object_ref (g_dbus_method_invocation_get_connection (invocation));

  face = gctx_ender_get_face (watch->ender, parent);
  scope = gctx_scope_new (face);

  /* The source holds what it was made for, which must not be the scope. */
  bare = gctx_bare_face_new (scope);
  watch->over = gctx_context_create_source (bare);

  watch_post (watch, watch_begin);
  g_object_set_qdata_full (G_OBJECT (scope), watch_quark (), watch, on_scope_gone);

  return scope;
}
