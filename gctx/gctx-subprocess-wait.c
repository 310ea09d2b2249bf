/* gctx-subprocess-wait.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "gctx-subprocess-wait.h"

#include "gctx-after-func.h"
#include "gctx-context-private.h"
#include "gctx-subprocess-wait-private.h"
#include "gctx-warden-private.h"

/* GIO does the waiting, in the warden's thread, under a cancellable that nobody
 * else knows. It is cancelled in that thread as well, and only between GIO's
 * beginning and its answer: g_subprocess_wait_async () never notices one that is
 * cancelled already, nor may one be cancelled in another thread while the wait
 * ends. What GIO has left to clear away after that it does in the warden's
 * thread, however the caller goes on. */

typedef GCtxSubprocessCall     Call;
typedef GCtxSubprocessCallKind CallKind;

/* It holds a plain context of the same node: it may be freed in the warden's
 * thread, where the freeing of values, foreign code, could hold up the others. */
Call *
gctx_subprocess_call_new (const CallKind *kind,
                          GCtxContext    *context)
{
  Call *call = g_new0 (Call, 1);

  call->kind = kind;
  call->context = gctx_context_new_take (gctx_node_ref (context->node), NULL);
  call->withdrawn = g_cancellable_new ();

  return call;
}

static void
call_free (gpointer data)
{
  Call *call = data;

  g_clear_pointer (&call->stdin_bytes, g_bytes_unref);
  g_clear_pointer (&call->stdout_bytes, g_bytes_unref);
  g_clear_pointer (&call->stderr_bytes, g_bytes_unref);
  g_clear_pointer (&call->stdin_text, g_free);
  g_clear_pointer (&call->stdout_text, g_free);
  g_clear_pointer (&call->stderr_text, g_free);
  g_object_unref (call->withdrawn);
  g_object_unref (call->context);
  g_free (call);
}

static void
on_done (GCtxContext *context,
         gpointer     user_data)
{
  Call *call = user_data;

  g_cancellable_cancel (call->withdrawn);
}

/* A child that dies of its context takes many shapes: an exit status, a broken
 * pipe. So once the context is done, what the call reports is that. */
static void
on_answer (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  Call *call = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  GError *context_error = NULL;

  gctx_context_remove_after_func (call->context, call->context_id);

  call->kind->finish (G_SUBPROCESS (source), call, result, &error);
  if (!gctx_context_check (call->context, &context_error))
    g_task_return_error (task, context_error);
  else if (error != NULL)
    g_task_return_error (task, g_steal_pointer (&error));
  else
    g_task_return_boolean (task, TRUE);
}

/* The reference of the task that begins is passed on to its end. */
static gboolean
call_begin (gpointer user_data)
{
  GTask *task = user_data;
  Call *call = g_task_get_task_data (task);

  call->kind->begin (g_task_get_source_object (task), call, on_answer, task);
  call->context_id = gctx_context_add_after_func (call->context, on_done, call, NULL);

  return G_SOURCE_REMOVE;
}

/* Takes @call. */
void
gctx_subprocess_call_start (GSubprocess         *subprocess,
                            Call                *call,
                            GAsyncReadyCallback  callback,
                            gpointer             user_data)
{
  g_autoptr (GTask) task = g_task_new (subprocess, NULL, callback, user_data);
  GMainContext *warden;
  GError *error = NULL;

  g_task_set_source_tag (task, (gpointer) call->kind);
  g_task_set_task_data (task, call, call_free);

  if (gctx_context_check (call->context, &error) &&
      (warden = gctx_warden_get_main_context (&error)) != NULL)
    g_main_context_invoke (warden, call_begin, g_steal_pointer (&task));
  else
    g_task_return_error (task, error);
}

static void
keep_result (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

/* The same, blocking: in a GMainContext of its own. Foreign code that an object
 * runs on its last way may call this in the warden's thread, too, which must not
 * wait for itself then. */
GAsyncResult *
gctx_subprocess_call_run (GSubprocess *subprocess,
                          Call        *call)
{
  GMainContext *warden = gctx_warden_get_main_context (NULL);
  g_autoptr (GMainContext) main_context = NULL;
  GAsyncResult *result = NULL;

  if (warden != NULL && g_main_context_is_owner (warden))
    main_context = g_main_context_ref (warden);
  else
    main_context = g_main_context_new ();

  g_main_context_push_thread_default (main_context);
  gctx_subprocess_call_start (subprocess, call, keep_result, &result);
  while (result == NULL)
    g_main_context_iteration (main_context, TRUE);
  g_main_context_pop_thread_default (main_context);

  return result;
}

/* NULL with @error where it failed. */
Call *
gctx_subprocess_call_finish (GAsyncResult  *result,
                             GError       **error)
{
  if (!g_task_propagate_boolean (G_TASK (result), error))
    return NULL;

  return g_task_get_task_data (G_TASK (result));
}

/* --- Waiting --- */

static void
wait_begin (GSubprocess         *subprocess,
            Call                *call,
            GAsyncReadyCallback  callback,
            gpointer             user_data)
{
  g_subprocess_wait_async (subprocess, call->withdrawn, callback, user_data);
}

static gboolean
wait_finish (GSubprocess   *subprocess,
             Call          *call,
             GAsyncResult  *result,
             GError       **error)
{
  return g_subprocess_wait_finish (subprocess, result, error);
}

static gboolean
wait_check_finish (GSubprocess   *subprocess,
                   Call          *call,
                   GAsyncResult  *result,
                   GError       **error)
{
  return g_subprocess_wait_check_finish (subprocess, result, error);
}

static const CallKind wait_kind = { wait_begin, wait_finish };
static const CallKind wait_check_kind = { wait_begin, wait_check_finish };

/**
 * gctx_subprocess_wait:
 * @subprocess: a child, started with a context or without
 * @context: how long to wait; it need not be the one that the child was
 *   started with
 * @error: return location for an error
 *
 * Blocks the thread until @subprocess has exited, or @context is done if that
 * comes first.
 *
 * That @context is done does nothing to the child, unless it was started with
 * it, or with a context that @context is an ancestor of: see
 * [func@GCtx.subprocess_launcher_spawnv].
 *
 * Where @context is done by the time the call ends, the error of @context is
 * reported, also where the child has exited: it may have exited because of
 * that. So it is where @context was done before the call.
 *
 * May be called from any thread, and inside any callback.
 *
 * Returns: %TRUE if the child has exited; %FALSE with the error of @context
 *
 * Since: 1.0
 */
gboolean
gctx_subprocess_wait (GSubprocess  *subprocess,
                      GCtxContext  *context,
                      GError      **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  g_return_val_if_fail (G_IS_SUBPROCESS (subprocess), FALSE);
  g_return_val_if_fail (gctx_is_context (context), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  result = gctx_subprocess_call_run (subprocess, gctx_subprocess_call_new (&wait_kind, context));

  return gctx_subprocess_wait_finish (result, error);
}

/**
 * gctx_subprocess_wait_async:
 * @subprocess: a child, started with a context or without
 * @context: how long to wait
 * @callback: (scope async) (nullable): what to call then; `NULL` if nobody wants
 *   to know
 * @user_data: the data for @callback
 *
 * Waits as [func@GCtx.subprocess_wait] does, without blocking.
 *
 * @callback is called from the [struct@GLib.MainContext] that is
 * thread-default here, never from inside this function.
 *
 * Since: 1.0
 */
void
gctx_subprocess_wait_async (GSubprocess         *subprocess,
                            GCtxContext         *context,
                            GAsyncReadyCallback  callback,
                            gpointer             user_data)
{
  g_return_if_fail (G_IS_SUBPROCESS (subprocess));
  g_return_if_fail (gctx_is_context (context));

  gctx_subprocess_call_start (subprocess, gctx_subprocess_call_new (&wait_kind, context), callback, user_data);
}

/**
 * gctx_subprocess_wait_finish:
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Ends what [func@GCtx.subprocess_wait_async] began.
 *
 * Returns: %TRUE if the child has exited; %FALSE with the error of the context
 *
 * Since: 1.0
 */
gboolean
gctx_subprocess_wait_finish (GAsyncResult  *result,
                             GError       **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, (gpointer) &wait_kind), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return gctx_subprocess_call_finish (result, error) != NULL;
}

/**
 * gctx_subprocess_wait_check:
 * @subprocess: a child, started with a context or without
 * @context: how long to wait
 * @error: return location for an error
 *
 * Waits as [func@GCtx.subprocess_wait] does, and looks at how the child ended
 * as [func@GLib.spawn_check_wait_status] does.
 *
 * Returns: %TRUE if the child has exited with status 0; %FALSE with the error of
 *   @context where that is done, or with one that tells how the child ended
 *
 * Since: 1.0
 */
gboolean
gctx_subprocess_wait_check (GSubprocess  *subprocess,
                            GCtxContext  *context,
                            GError      **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  g_return_val_if_fail (G_IS_SUBPROCESS (subprocess), FALSE);
  g_return_val_if_fail (gctx_is_context (context), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  result = gctx_subprocess_call_run (subprocess, gctx_subprocess_call_new (&wait_check_kind, context));

  return gctx_subprocess_wait_check_finish (result, error);
}

/**
 * gctx_subprocess_wait_check_async:
 * @subprocess: a child, started with a context or without
 * @context: how long to wait
 * @callback: (scope async) (nullable): what to call then; `NULL` if nobody wants
 *   to know
 * @user_data: the data for @callback
 *
 * Waits as [func@GCtx.subprocess_wait_check] does, without blocking.
 *
 * @callback is called from the [struct@GLib.MainContext] that is
 * thread-default here, never from inside this function.
 *
 * Since: 1.0
 */
void
gctx_subprocess_wait_check_async (GSubprocess         *subprocess,
                                  GCtxContext         *context,
                                  GAsyncReadyCallback  callback,
                                  gpointer             user_data)
{
  g_return_if_fail (G_IS_SUBPROCESS (subprocess));
  g_return_if_fail (gctx_is_context (context));

  gctx_subprocess_call_start (subprocess, gctx_subprocess_call_new (&wait_check_kind, context), callback, user_data);
}

/**
 * gctx_subprocess_wait_check_finish:
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Ends what [func@GCtx.subprocess_wait_check_async] began.
 *
 * Returns: %TRUE if the child has exited with status 0; %FALSE with the error of
 *   the context where that is done, or with one that tells how the child ended
 *
 * Since: 1.0
 */
gboolean
gctx_subprocess_wait_check_finish (GAsyncResult  *result,
                                   GError       **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, (gpointer) &wait_check_kind), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return gctx_subprocess_call_finish (result, error) != NULL;
}
