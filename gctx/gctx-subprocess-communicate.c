/* gctx-subprocess-communicate.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "gctx-subprocess-communicate.h"

#include "gctx-context-private.h"
#include "gctx-subprocess-wait-private.h"

static void
communicate_begin (GSubprocess         *subprocess,
                   GCtxSubprocessCall  *call,
                   GAsyncReadyCallback  callback,
                   gpointer             user_data)
{
  g_subprocess_communicate_async (subprocess, call->stdin_bytes, call->withdrawn, callback, user_data);
}

static gboolean
communicate_finish (GSubprocess         *subprocess,
                    GCtxSubprocessCall  *call,
                    GAsyncResult        *result,
                    GError             **error)
{
  return g_subprocess_communicate_finish (subprocess, result, &call->stdout_bytes, &call->stderr_bytes, error);
}

static const GCtxSubprocessCallKind communicate_kind = { communicate_begin, communicate_finish };

static GCtxSubprocessCall *
communicate_call_new (GSubprocess *subprocess,
                      GCtxContext *context,
                      GBytes      *stdin_buf)
{
  GCtxSubprocessCall *call = gctx_subprocess_call_new (&communicate_kind, context);

  /* A copy: the last reference may go in the warden, where no free function of
   * others must run. GIO takes a missing input for a mistake where there is a pipe
   * for it. */
  if (stdin_buf != NULL)
    call->stdin_bytes = g_bytes_new (g_bytes_get_data (stdin_buf, NULL), g_bytes_get_size (stdin_buf));
  else if (g_subprocess_get_stdin_pipe (subprocess) != NULL)
    call->stdin_bytes = g_bytes_new_static (NULL, 0);

  return call;
}

static void
communicate_utf8_begin (GSubprocess         *subprocess,
                        GCtxSubprocessCall  *call,
                        GAsyncReadyCallback  callback,
                        gpointer             user_data)
{
  g_subprocess_communicate_utf8_async (subprocess, call->stdin_text, call->withdrawn, callback, user_data);
}

static gboolean
communicate_utf8_finish (GSubprocess         *subprocess,
                         GCtxSubprocessCall  *call,
                         GAsyncResult        *result,
                         GError             **error)
{
  return g_subprocess_communicate_utf8_finish (subprocess, result, &call->stdout_text, &call->stderr_text, error);
}

static const GCtxSubprocessCallKind communicate_utf8_kind = { communicate_utf8_begin, communicate_utf8_finish };

static GCtxSubprocessCall *
communicate_utf8_call_new (GCtxContext *context,
                           const char  *stdin_buf)
{
  GCtxSubprocessCall *call = gctx_subprocess_call_new (&communicate_utf8_kind, context);

  call->stdin_text = g_strdup (stdin_buf);

  return call;
}

/**
 * gctx_subprocess_communicate:
 * @subprocess: a child, started with a context or without
 * @context: how long this may take; usually that of the child
 * @stdin_buf: (nullable): what the child reads; %NULL for nothing
 * @stdout_buf: (out) (nullable) (optional) (transfer full): what the child
 *   wrote to its output; %NULL where that is no pipe
 * @stderr_buf: (out) (nullable) (optional) (transfer full): what the child
 *   wrote to its error output; %NULL where that is no pipe
 * @error: return location for an error
 *
 * Writes @stdin_buf to the child, reads all that it writes, and waits until it
 * has exited and its pipes are closed.
 *
 * It waits no longer than @context is live. So neither a child that takes its
 * time to end, nor what that has started in turn and left with its pipes open,
 * holds the caller. What was read by then is lost, and the pipes are closed.
 *
 * Where @context is done by the time the call ends, the error of @context is
 * reported, whatever else became of the child. So it is where @context was done
 * before the call: the pipes are left alone then. An exit status other than 0 is
 * no error: ask the child for it.
 *
 * The rest is as in [method@Gio.Subprocess.communicate]. May be called from any
 * thread, and inside any callback; once for a child.
 *
 * Returns: %TRUE if all was read and the child has exited; %FALSE with the error
 *   of @context, or with that of a pipe
 *
 * Since: 1.0
 */
gboolean
gctx_subprocess_communicate (GSubprocess  *subprocess,
                             GCtxContext  *context,
                             GBytes       *stdin_buf,
                             GBytes      **stdout_buf,
                             GBytes      **stderr_buf,
                             GError      **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  g_return_val_if_fail (G_IS_SUBPROCESS (subprocess), FALSE);
  g_return_val_if_fail (gctx_is_context (context), FALSE);
  g_return_val_if_fail (stdin_buf == NULL || g_subprocess_get_stdin_pipe (subprocess) != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  result = gctx_subprocess_call_run (subprocess, communicate_call_new (subprocess, context, stdin_buf));

  return gctx_subprocess_communicate_finish (result, stdout_buf, stderr_buf, error);
}

/**
 * gctx_subprocess_communicate_async:
 * @subprocess: a child, started with a context or without
 * @context: how long this may take; usually that of the child
 * @stdin_buf: (nullable): what the child reads; %NULL for nothing
 * @callback: (scope async) (nullable): what to call then; `NULL` if nobody wants
 *   to know
 * @user_data: the data for @callback
 *
 * Does what [func@GCtx.subprocess_communicate] does, without blocking.
 *
 * @callback is called from the [struct@GLib.MainContext] that is
 * thread-default here, never from inside this function.
 *
 * Since: 1.0
 */
void
gctx_subprocess_communicate_async (GSubprocess         *subprocess,
                                   GCtxContext         *context,
                                   GBytes              *stdin_buf,
                                   GAsyncReadyCallback  callback,
                                   gpointer             user_data)
{
  g_return_if_fail (G_IS_SUBPROCESS (subprocess));
  g_return_if_fail (gctx_is_context (context));
  g_return_if_fail (stdin_buf == NULL || g_subprocess_get_stdin_pipe (subprocess) != NULL);

  gctx_subprocess_call_start (subprocess, communicate_call_new (subprocess, context, stdin_buf), callback, user_data);
}

/**
 * gctx_subprocess_communicate_finish:
 * @result: what the callback was given
 * @stdout_buf: (out) (nullable) (optional) (transfer full): what the child
 *   wrote to its output; %NULL where that is no pipe
 * @stderr_buf: (out) (nullable) (optional) (transfer full): what the child
 *   wrote to its error output; %NULL where that is no pipe
 * @error: return location for an error
 *
 * Ends what [func@GCtx.subprocess_communicate_async] began.
 *
 * Returns: %TRUE if all was read and the child has exited; %FALSE with the error
 *   of the context, or with that of a pipe
 *
 * Since: 1.0
 */
gboolean
gctx_subprocess_communicate_finish (GAsyncResult  *result,
                                    GBytes       **stdout_buf,
                                    GBytes       **stderr_buf,
                                    GError       **error)
{
  GCtxSubprocessCall *call;

  g_return_val_if_fail (g_async_result_is_tagged (result, (gpointer) &communicate_kind), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (stdout_buf != NULL)
    *stdout_buf = NULL;
  if (stderr_buf != NULL)
    *stderr_buf = NULL;

  call = gctx_subprocess_call_finish (result, error);
  if (call == NULL)
    return FALSE;

  if (stdout_buf != NULL)
    *stdout_buf = g_steal_pointer (&call->stdout_bytes);
  if (stderr_buf != NULL)
    *stderr_buf = g_steal_pointer (&call->stderr_bytes);

  return TRUE;
}

/**
 * gctx_subprocess_communicate_utf8:
 * @subprocess: a child, started with a context or without
 * @context: how long this may take; usually that of the child
 * @stdin_buf: (nullable): what the child reads; %NULL for nothing
 * @stdout_buf: (out) (nullable) (optional) (transfer full): what the child
 *   wrote to its output; %NULL where that is no pipe
 * @stderr_buf: (out) (nullable) (optional) (transfer full): what the child
 *   wrote to its error output; %NULL where that is no pipe
 * @error: return location for an error
 *
 * Does what [func@GCtx.subprocess_communicate] does, with text in UTF-8. That
 * the child wrote something else is an error.
 *
 * Returns: %TRUE if all was read and the child has exited; %FALSE with the error
 *   of @context, or with that of a pipe, or where it was no UTF-8
 *
 * Since: 1.0
 */
gboolean
gctx_subprocess_communicate_utf8 (GSubprocess  *subprocess,
                                  GCtxContext  *context,
                                  const char   *stdin_buf,
                                  char        **stdout_buf,
                                  char        **stderr_buf,
                                  GError      **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  g_return_val_if_fail (G_IS_SUBPROCESS (subprocess), FALSE);
  g_return_val_if_fail (gctx_is_context (context), FALSE);
  g_return_val_if_fail (stdin_buf == NULL || g_subprocess_get_stdin_pipe (subprocess) != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  result = gctx_subprocess_call_run (subprocess, communicate_utf8_call_new (context, stdin_buf));

  return gctx_subprocess_communicate_utf8_finish (result, stdout_buf, stderr_buf, error);
}

/**
 * gctx_subprocess_communicate_utf8_async:
 * @subprocess: a child, started with a context or without
 * @context: how long this may take; usually that of the child
 * @stdin_buf: (nullable): what the child reads; %NULL for nothing
 * @callback: (scope async) (nullable): what to call then; `NULL` if nobody wants
 *   to know
 * @user_data: the data for @callback
 *
 * Does what [func@GCtx.subprocess_communicate_utf8] does, without blocking.
 *
 * @callback is called from the [struct@GLib.MainContext] that is
 * thread-default here, never from inside this function.
 *
 * Since: 1.0
 */
void
gctx_subprocess_communicate_utf8_async (GSubprocess         *subprocess,
                                        GCtxContext         *context,
                                        const char          *stdin_buf,
                                        GAsyncReadyCallback  callback,
                                        gpointer             user_data)
{
  g_return_if_fail (G_IS_SUBPROCESS (subprocess));
  g_return_if_fail (gctx_is_context (context));
  g_return_if_fail (stdin_buf == NULL || g_subprocess_get_stdin_pipe (subprocess) != NULL);

  gctx_subprocess_call_start (subprocess, communicate_utf8_call_new (context, stdin_buf), callback, user_data);
}

/**
 * gctx_subprocess_communicate_utf8_finish:
 * @result: what the callback was given
 * @stdout_buf: (out) (nullable) (optional) (transfer full): what the child
 *   wrote to its output; %NULL where that is no pipe
 * @stderr_buf: (out) (nullable) (optional) (transfer full): what the child
 *   wrote to its error output; %NULL where that is no pipe
 * @error: return location for an error
 *
 * Ends what [func@GCtx.subprocess_communicate_utf8_async] began.
 *
 * Returns: %TRUE if all was read and the child has exited; %FALSE with the error
 *   of the context, or with that of a pipe, or where it was no UTF-8
 *
 * Since: 1.0
 */
gboolean
gctx_subprocess_communicate_utf8_finish (GAsyncResult  *result,
                                         char         **stdout_buf,
                                         char         **stderr_buf,
                                         GError       **error)
{
  GCtxSubprocessCall *call;

  g_return_val_if_fail (g_async_result_is_tagged (result, (gpointer) &communicate_utf8_kind), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (stdout_buf != NULL)
    *stdout_buf = NULL;
  if (stderr_buf != NULL)
    *stderr_buf = NULL;

  call = gctx_subprocess_call_finish (result, error);
  if (call == NULL)
    return FALSE;

  if (stdout_buf != NULL)
    *stdout_buf = g_steal_pointer (&call->stdout_text);
  if (stderr_buf != NULL)
    *stderr_buf = g_steal_pointer (&call->stderr_text);

  return TRUE;
}
