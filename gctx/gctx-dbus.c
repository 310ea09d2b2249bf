/* gctx-dbus.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "gctx-dbus.h"

#include "gctx-cancellable.h"
#include "gctx-error.h"

/* GDBus is given a cancellable of its own for each call. It connects to it and
 * disconnects from it with the lock of the connection held, also in its worker
 * thread, and disconnecting waits for the handlers that are just running: with
 * a cancellable that others know, a handler of theirs that uses the same
 * connection would wait for the worker, and the worker for it. */

/* How long GDBus is to wait, of what the context and the proxy allow. */
typedef struct
{
  int      msec;
  gboolean by_context;   /* when it is over, so is the context */
} Limit;

static Limit
get_limit (GCtxContext *context,
           int          default_msec)
{
  int remaining_msec = gctx_context_get_remaining_msec (context);

  if (remaining_msec >= 0 && (default_msec < 0 || remaining_msec <= default_msec))
    return (Limit) { remaining_msec, TRUE };

  /* To GDBus -1 means 25 seconds, and this for ever. */
  return (Limit) { default_msec >= 0 ? default_msec : G_MAXINT, FALSE };
}

/* Whether @error is the timer of GDBus; a peer may send the same codes, and
 * means something else by them. */
static gboolean
is_timer (const GError *error)
{
  if (g_dbus_error_is_remote_error (error))
    return FALSE;

  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT) ||
         g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY) ||
         g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_TIMEOUT);
}

/* Takes @error. */
static GError *
translate (GCtxContext *context,
           Limit        limit,
           GError      *error)
{
  GError *translated = NULL;

  if (limit.by_context && is_timer (error) && !gctx_context_check (context, &translated))
    g_error_free (error);
  else
    gctx_context_propagate_error (context, &translated, error);

  return translated;
}

/* --- What is pending --- */

typedef struct
{
  GCtxContext *context;
  Limit        limit;
} Call;

static void
call_free (gpointer data)
{
  Call *self = data;

  g_object_unref (self->context);
  g_free (self);
}

static GTask *
call_begin (gpointer             source_object,
            GCtxContext         *context,
            Limit                limit,
            gpointer             tag,
            GAsyncReadyCallback  callback,
            gpointer             user_data)
{
  GTask *task = g_task_new (source_object, NULL, callback, user_data);
  Call *call = g_new (Call, 1);

  call->context = g_object_ref (context);
  call->limit = limit;
  g_task_set_task_data (task, call, call_free);
  g_task_set_source_tag (task, tag);

  return task;
}

/* Takes the reference of @task, @reply and @error. */
static void
call_end (GTask    *task,
          GVariant *reply,
          GError   *error)
{
  Call *call = g_task_get_task_data (task);

  if (error != NULL)
    g_task_return_error (task, translate (call->context, call->limit, error));
  else
    g_task_return_pointer (task, reply, (GDestroyNotify) g_variant_unref);
  g_object_unref (task);
}

static gboolean
is_tuple_or_null (GVariant *parameters)
{
  return parameters == NULL || g_variant_is_of_type (parameters, G_VARIANT_TYPE_TUPLE);
}

/* What is floating is consumed here, whatever becomes of the call: GDBus does
 * so only where it makes a message. */
static GVariant *
hold_parameters (GVariant *parameters)
{
  return parameters != NULL ? g_variant_ref_sink (parameters) : NULL;
}

/* --- By a connection --- */

static void
on_connection_called (GObject      *source,
                      GAsyncResult *result,
                      gpointer      user_data)
{
  GError *error = NULL;
  GVariant *reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);

  call_end (user_data, reply, error);
}

/**
 * gctx_dbus_connection_call:
 * @connection: a connection
 * @context: a context
 * @bus_name: (nullable): whom to call; %NULL where @connection leads to a
 *   single peer
 * @object_path: the path of the object
 * @interface_name: the interface
 * @method_name: the method
 * @parameters: (nullable): a tuple of the arguments, or %NULL for none; where
 *   it is floating it is consumed, also if @context is done already
 * @reply_type: (nullable): what type the reply has to have, or %NULL for any
 * @flags: flags of the call
 * @callback: (scope async) (nullable): what to call with the reply, or %NULL
 *   to ask for none
 * @user_data: the data for @callback
 *
 * Calls a method as [method@Gio.DBusConnection.call] does, for as long as
 * @context lasts: its deadline is the call's, and where it has none the call
 * may take for ever. (A timeout of -1 is 25 seconds to GDBus.)
 *
 * The peer is not told that nobody waits any more: pass it your deadline among
 * @parameters if it has to know, or let it use
 * [ctor@GCtx.Scope.new_for_dbus_invocation].
 *
 * Where @context is done already no message is sent. @callback is called from
 * the [struct@GLib.MainContext] that is thread-default here, never from inside
 * this function. May be called from any thread and inside any callback, a
 * handler of `GCancellable::cancelled` included.
 *
 * Since: 1.0
 */
void
gctx_dbus_connection_call (GDBusConnection     *connection,
                           GCtxContext         *context,
                           const char          *bus_name,
                           const char          *object_path,
                           const char          *interface_name,
                           const char          *method_name,
                           GVariant            *parameters,
                           const GVariantType  *reply_type,
                           GDBusCallFlags       flags,
                           GAsyncReadyCallback  callback,
                           gpointer             user_data)
{
  g_autoptr (GCancellable) cancellable = NULL;
  g_autoptr (GVariant) held = NULL;
  Limit limit;

  g_return_if_fail (G_IS_DBUS_CONNECTION (connection));
  g_return_if_fail (GCTX_IS_CONTEXT (context));
  g_return_if_fail (bus_name == NULL || g_dbus_is_name (bus_name));
  g_return_if_fail (object_path != NULL && g_variant_is_object_path (object_path));
  g_return_if_fail (interface_name != NULL && g_dbus_is_interface_name (interface_name));
  g_return_if_fail (method_name != NULL && g_dbus_is_member_name (method_name));
  g_return_if_fail (is_tuple_or_null (parameters));

  held = hold_parameters (parameters);
  limit = get_limit (context, -1);

  /* Without a callback GDBus asks no cancellable. */
  if (callback == NULL)
    {
      if (!gctx_context_is_done (context))
        g_dbus_connection_call (connection, bus_name, object_path, interface_name, method_name,
                                held, reply_type, flags, G_MAXINT, NULL, NULL, NULL);
      return;
    }

  cancellable = gctx_context_create_cancellable (context);
  g_dbus_connection_call (connection, bus_name, object_path, interface_name, method_name, held,
                          reply_type, flags, limit.msec, cancellable, on_connection_called,
                          call_begin (connection, context, limit, gctx_dbus_connection_call,
                                      callback, user_data));
}

/**
 * gctx_dbus_connection_call_finish:
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Ends what [func@GCtx.dbus_connection_call] began.
 *
 * If the call was given up because the context ended, @error is the context's:
 * %G_IO_ERROR_TIMED_OUT with the words of its cause where a deadline did it.
 * Every other error is that of GDBus or of the peer, also a timeout that the
 * peer itself reports.
 *
 * Returns: (transfer full): a tuple of the results; %NULL with @error set if
 *   the call failed
 *
 * Since: 1.0
 */
GVariant *
gctx_dbus_connection_call_finish (GAsyncResult  *result,
                                  GError       **error)
{
  g_return_val_if_fail (G_IS_TASK (result), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, gctx_dbus_connection_call), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * gctx_dbus_connection_call_sync:
 * @connection: a connection
 * @context: a context
 * @bus_name: (nullable): whom to call; %NULL where @connection leads to a
 *   single peer
 * @object_path: the path of the object
 * @interface_name: the interface
 * @method_name: the method
 * @parameters: (nullable): a tuple of the arguments, or %NULL for none; where
 *   it is floating it is consumed, also if @context is done already
 * @reply_type: (nullable): what type the reply has to have, or %NULL for any
 * @flags: flags of the call
 * @error: return location for an error
 *
 * Calls a method and blocks until the reply is there or @context is done, with
 * the errors of [func@GCtx.dbus_connection_call_finish].
 *
 * Where @context is done already no message is sent. May be called from any
 * thread and inside any callback; no main loop has to run for it.
 *
 * Returns: (transfer full): a tuple of the results; %NULL with @error set if
 *   the call failed
 *
 * Since: 1.0
 */
GVariant *
gctx_dbus_connection_call_sync (GDBusConnection     *connection,
                                GCtxContext         *context,
                                const char          *bus_name,
                                const char          *object_path,
                                const char          *interface_name,
                                const char          *method_name,
                                GVariant            *parameters,
                                const GVariantType  *reply_type,
                                GDBusCallFlags       flags,
                                GError             **error)
{
  g_autoptr (GCancellable) cancellable = NULL;
  g_autoptr (GVariant) held = NULL;
  GVariant *reply;
  GError *met = NULL;
  Limit limit;

  g_return_val_if_fail (G_IS_DBUS_CONNECTION (connection), NULL);
  g_return_val_if_fail (GCTX_IS_CONTEXT (context), NULL);
  g_return_val_if_fail (bus_name == NULL || g_dbus_is_name (bus_name), NULL);
  g_return_val_if_fail (object_path != NULL && g_variant_is_object_path (object_path), NULL);
  g_return_val_if_fail (interface_name != NULL && g_dbus_is_interface_name (interface_name), NULL);
  g_return_val_if_fail (method_name != NULL && g_dbus_is_member_name (method_name), NULL);
  g_return_val_if_fail (is_tuple_or_null (parameters), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  held = hold_parameters (parameters);
  limit = get_limit (context, -1);
  cancellable = gctx_context_create_cancellable (context);
  reply = g_dbus_connection_call_sync (connection, bus_name, object_path, interface_name,
                                       method_name, held, reply_type, flags, limit.msec,
                                       cancellable, &met);
  if (met != NULL)
    g_propagate_error (error, translate (context, limit, met));

  return reply;
}

/* --- By a proxy --- */

static gboolean
is_method_of_proxy (const char *method_name)
{
  return method_name != NULL &&
         (g_dbus_is_member_name (method_name) || g_dbus_is_interface_name (method_name));
}

static void
on_proxy_called (GObject      *source,
                 GAsyncResult *result,
                 gpointer      user_data)
{
  GError *error = NULL;
  GVariant *reply = g_dbus_proxy_call_finish (G_DBUS_PROXY (source), result, &error);

  call_end (user_data, reply, error);
}

/**
 * gctx_dbus_proxy_call:
 * @proxy: a proxy
 * @context: a context
 * @method_name: the method, with or without its interface
 * @parameters: (nullable): a tuple of the arguments, or %NULL for none; where
 *   it is floating it is consumed, also if @context is done already
 * @flags: flags of the call
 * @callback: (scope async) (nullable): what to call with the reply, or %NULL
 *   to ask for none
 * @user_data: the data for @callback
 *
 * Calls a method as [method@Gio.DBusProxy.call] does, for as long as @context
 * lasts: see [func@GCtx.dbus_connection_call].
 *
 * Where [property@Gio.DBusProxy:g-default-timeout] is set and over before the
 * deadline of @context it holds, and the error is that of GDBus,
 * %G_IO_ERROR_TIMED_OUT.
 *
 * Since: 1.0
 */
void
gctx_dbus_proxy_call (GDBusProxy          *proxy,
                      GCtxContext         *context,
                      const char          *method_name,
                      GVariant            *parameters,
                      GDBusCallFlags       flags,
                      GAsyncReadyCallback  callback,
                      gpointer             user_data)
{
  g_autoptr (GCancellable) cancellable = NULL;
  g_autoptr (GVariant) held = NULL;
  Limit limit;

  g_return_if_fail (G_IS_DBUS_PROXY (proxy));
  g_return_if_fail (GCTX_IS_CONTEXT (context));
  g_return_if_fail (is_method_of_proxy (method_name));
  g_return_if_fail (is_tuple_or_null (parameters));

  held = hold_parameters (parameters);
  limit = get_limit (context, g_dbus_proxy_get_default_timeout (proxy));

  if (callback == NULL)
    {
      if (!gctx_context_is_done (context))
        g_dbus_proxy_call (proxy, method_name, held, flags, G_MAXINT, NULL, NULL, NULL);
      return;
    }

  cancellable = gctx_context_create_cancellable (context);
  g_dbus_proxy_call (proxy, method_name, held, flags, limit.msec, cancellable, on_proxy_called,
                     call_begin (proxy, context, limit, gctx_dbus_proxy_call, callback, user_data));
}

/**
 * gctx_dbus_proxy_call_finish:
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Ends what [func@GCtx.dbus_proxy_call] began, with the errors of
 * [func@GCtx.dbus_connection_call_finish].
 *
 * Returns: (transfer full): a tuple of the results; %NULL with @error set if
 *   the call failed
 *
 * Since: 1.0
 */
GVariant *
gctx_dbus_proxy_call_finish (GAsyncResult  *result,
                             GError       **error)
{
  g_return_val_if_fail (G_IS_TASK (result), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, gctx_dbus_proxy_call), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * gctx_dbus_proxy_call_sync:
 * @proxy: a proxy
 * @context: a context
 * @method_name: the method, with or without its interface
 * @parameters: (nullable): a tuple of the arguments, or %NULL for none; where
 *   it is floating it is consumed, also if @context is done already
 * @flags: flags of the call
 * @error: return location for an error
 *
 * Calls a method and blocks until the reply is there or @context is done: see
 * [func@GCtx.dbus_connection_call_sync]. A default timeout of @proxy that is
 * over earlier holds.
 *
 * Returns: (transfer full): a tuple of the results; %NULL with @error set if
 *   the call failed
 *
 * Since: 1.0
 */
GVariant *
gctx_dbus_proxy_call_sync (GDBusProxy      *proxy,
                           GCtxContext     *context,
                           const char      *method_name,
                           GVariant        *parameters,
                           GDBusCallFlags   flags,
                           GError         **error)
{
  g_autoptr (GCancellable) cancellable = NULL;
  g_autoptr (GVariant) held = NULL;
  GVariant *reply;
  GError *met = NULL;
  Limit limit;

  g_return_val_if_fail (G_IS_DBUS_PROXY (proxy), NULL);
  g_return_val_if_fail (GCTX_IS_CONTEXT (context), NULL);
  g_return_val_if_fail (is_method_of_proxy (method_name), NULL);
  g_return_val_if_fail (is_tuple_or_null (parameters), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  held = hold_parameters (parameters);
  limit = get_limit (context, g_dbus_proxy_get_default_timeout (proxy));
  cancellable = gctx_context_create_cancellable (context);
  reply = g_dbus_proxy_call_sync (proxy, method_name, held, flags, limit.msec, cancellable, &met);
  if (met != NULL)
    g_propagate_error (error, translate (context, limit, met));

  return reply;
}
