/* gctx-task.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "gctx-task.h"

#include "gctx-cancellable.h"
#include "gctx-current-private.h"
#include "gctx-error.h"

/* What a task carries besides GTask's own: made with it, or when a plain task
 * is asked for the first time, and then never exchanged. */
typedef struct
{
  GCtxContext     *context;

  /* Set before the thread is started. */
  GTaskThreadFunc  thread_func;
  gboolean         returns_on_cancel;
} Bridge;

static G_DEFINE_QUARK (gctx-task-bridge, bridge)

static Bridge *
bridge_new_take (GCtxContext *context)
{
  Bridge *self = g_new0 (Bridge, 1);

  self->context = context;

  return self;
}

static void
bridge_free (gpointer data)
{
  Bridge *self = data;

  g_object_unref (self->context);
  g_free (self);
}

static Bridge *
get_bridge (GTask *task)
{
  return g_object_get_qdata (G_OBJECT (task), bridge_quark ());
}

static Bridge *
ensure_bridge (GTask *task)
{
  Bridge *fresh;

  if (get_bridge (task) != NULL)
    return get_bridge (task);

  /* Two threads may be here at once: the first to be in time wins. */
  fresh = bridge_new_take (gctx_context_from_cancellable (g_task_get_cancellable (task)));
  if (!g_object_replace_qdata (G_OBJECT (task), bridge_quark (), NULL, fresh, bridge_free, NULL))
    bridge_free (fresh);

  return get_bridge (task);
}

/**
 * gctx_task_new:
 * @source_object: (nullable) (type GObject): the object that owns the task,
 *   or `NULL`
 * @context: what the task works for
 * @callback: (scope async) (nullable): what to call when the task is
 *   done; `NULL` if nobody wants to know
 * @user_data: the data for @callback
 *
 * Makes a [class@Gio.Task] that works for a context, for writing asynchronous
 * functions in the way of GIO that take one.
 *
 * It is a task like any other; its cancellable is that of
 * [method@GCtx.Context.get_cancellable], so that code which knows only the
 * task sees the end and the values of @context. It holds @context.
 *
 * Finish it with [func@GCtx.task_propagate_boolean] or one of its like, and it
 * ends with the error of @context however @context was done: before the task
 * was started, while it worked, or after it returned but before it was
 * finished. Where @context can never be done the task has no cancellable.
 *
 * ```c
 * static void
 * load_in_thread (GTask *task, gpointer file, gpointer task_data, GCancellable *cancellable)
 * {
 *   GBytes *bytes;
 *   GError *error = NULL;
 *
 *   if (gctx_task_return_if_done (task))
 *     return;
 *
 *   bytes = g_file_load_bytes (file, cancellable, NULL, &error);
 *   if (bytes != NULL)
 *     g_task_return_pointer (task, bytes, (GDestroyNotify) g_bytes_unref);
 *   else
 *     g_task_return_error (task, error);
 * }
 *
 * static void
 * load_async (GFile *file, GCtxContext *context, GAsyncReadyCallback callback, gpointer data)
 * {
 *   g_autoptr (GTask) task = gctx_task_new (file, context, callback, data);
 *
 *   gctx_task_run_in_thread (task, load_in_thread);
 * }
 *
 * static GBytes *
 * load_finish (GFile *file, GAsyncResult *result, GError **error)
 * {
 *   return gctx_task_propagate_pointer (G_TASK (result), error);
 * }
 * ```
 *
 * Returns: (transfer full): a new task
 *
 * Since: 1.0
 */
GTask *
gctx_task_new (gpointer             source_object,
               GCtxContext         *context,
               GAsyncReadyCallback  callback,
               gpointer             user_data)
{
  GTask *task;

  g_return_val_if_fail (source_object == NULL || G_IS_OBJECT (source_object), NULL);
  g_return_val_if_fail (GCTX_IS_CONTEXT (context), NULL);

  task = g_task_new (source_object, gctx_context_get_cancellable (context), callback, user_data);
  g_object_set_qdata_full (G_OBJECT (task), bridge_quark (),
                           bridge_new_take (g_object_ref (context)), bridge_free);

  return task;
}

/**
 * gctx_task_get_context:
 * @task: a task
 *
 * The context that a task works for.
 *
 * That of [func@GCtx.task_new] is the very one that was given there. Of any
 * other task it is what [func@GCtx.Context.from_cancellable] makes of the
 * task's cancellable: with the values and the deadline where that came from a
 * context, and done in any case when it is cancelled. A task without a
 * cancellable works for [func@GCtx.Context.background].
 *
 * It is the same one each time. May be called from any thread, such as from
 * the thread function of the task.
 *
 * Returns: (transfer none): the context, which lives as long as @task
 *
 * Since: 1.0
 */
GCtxContext *
gctx_task_get_context (GTask *task)
{
  g_return_val_if_fail (G_IS_TASK (task), gctx_context_background ());

  if (get_bridge (task) == NULL && g_task_get_cancellable (task) == NULL)
    return gctx_context_background ();

  return ensure_bridge (task)->context;
}

/**
 * gctx_task_return_if_done:
 * @task: a task that has not returned yet
 *
 * Returns the error of the context from a task if the context is done: what
 * [method@Gio.Task.return_error_if_cancelled] is for a cancellable.
 *
 * A deadline that has passed counts, whether or not it has been delivered. So
 * does the cancellable of @task if somebody else has cancelled that: then the
 * error is %G_IO_ERROR_CANCELLED.
 *
 * Returns: %TRUE if @task has returned with an error; %FALSE if it is to go on
 *
 * Since: 1.0
 */
gboolean
gctx_task_return_if_done (GTask *task)
{
  const Bridge *bridge;
  GError *error = NULL;

  g_return_val_if_fail (G_IS_TASK (task), FALSE);

  if (gctx_context_check (gctx_task_get_context (task), &error))
    return g_task_return_error_if_cancelled (task);

  /* One that returns on cancel may have an error already, which
   * g_task_return_error () would leak. Which one it is does not matter there:
   * whoever finishes it looks at the cancellable or at the context first. */
  bridge = get_bridge (task);
  if (bridge != NULL && bridge->returns_on_cancel && g_task_return_error_if_cancelled (task))
    g_error_free (error);
  else
    g_task_return_error (task, error);

  return TRUE;
}

/* --- Finishing --- */

/* GTask asks its cancellable first of all, and whatever the task returned stays
 * there to be freed with it. The same here, but for who is asked: a deadline
 * may have passed that nobody has told the cancellable yet. */
static gboolean
set_error_if_done (GTask   *task,
                   GError **error)
{
  return g_task_get_check_cancellable (task) &&
         !gctx_context_check (gctx_task_get_context (task), error);
}

static void
pass_on (GTask   *task,
         GError **error,
         GError  *met)
{
  if (met != NULL)
    gctx_context_propagate_error (gctx_task_get_context (task), error, met);
}

/**
 * gctx_task_propagate_boolean:
 * @task: a task
 * @error: return location for an error
 *
 * Finishes a task as [method@Gio.Task.propagate_boolean] does, with the error
 * of its context where GTask would say that it was cancelled: such as
 * %G_IO_ERROR_TIMED_OUT, with the words of the cause.
 *
 * That is so whenever the context is done by now, though the task may have
 * returned a result before, unless [method@Gio.Task.set_check_cancellable]
 * turned that off. Then only a %G_IO_ERROR_CANCELLED that the task returned
 * becomes the context's error. Every other error passes untouched.
 *
 * Works for every task: see [func@GCtx.task_get_context]. Misuse, like
 * finishing a task twice, is reported by GTask.
 *
 * Returns: what the task returned; %FALSE with an error
 *
 * Since: 1.0
 */
gboolean
gctx_task_propagate_boolean (GTask   *task,
                             GError **error)
{
  GError *met = NULL;
  gboolean result;

  g_return_val_if_fail (G_IS_TASK (task), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (set_error_if_done (task, error))
    return FALSE;

  result = g_task_propagate_boolean (task, &met);
  pass_on (task, error, met);

  return result;
}

/**
 * gctx_task_propagate_int:
 * @task: a task
 * @error: return location for an error
 *
 * Finishes a task as [method@Gio.Task.propagate_int] does, with the error of
 * its context: see [func@GCtx.task_propagate_boolean].
 *
 * Returns: what the task returned; -1 with an error
 *
 * Since: 1.0
 */
gssize
gctx_task_propagate_int (GTask   *task,
                         GError **error)
{
  GError *met = NULL;
  gssize result;

  g_return_val_if_fail (G_IS_TASK (task), -1);
  g_return_val_if_fail (error == NULL || *error == NULL, -1);

  if (set_error_if_done (task, error))
    return -1;

  result = g_task_propagate_int (task, &met);
  pass_on (task, error, met);

  return result;
}

/**
 * gctx_task_propagate_pointer:
 * @task: a task
 * @error: return location for an error
 *
 * Finishes a task as [method@Gio.Task.propagate_pointer] does, with the error
 * of its context: see [func@GCtx.task_propagate_boolean].
 *
 * A result that is not handed out, because the context was done first, is
 * freed with the task.
 *
 * Returns: (transfer full) (nullable): what the task returned; %NULL with an
 *   error
 *
 * Since: 1.0
 */
gpointer
gctx_task_propagate_pointer (GTask   *task,
                             GError **error)
{
  GError *met = NULL;
  gpointer result;

  g_return_val_if_fail (G_IS_TASK (task), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (set_error_if_done (task, error))
    return NULL;

  result = g_task_propagate_pointer (task, &met);
  pass_on (task, error, met);

  return result;
}

/**
 * gctx_task_propagate_value:
 * @task: a task
 * @value: (out caller-allocates): where the result goes; all zero before
 * @error: return location for an error
 *
 * Finishes a task as [method@Gio.Task.propagate_value] does, with the error of
 * its context: see [func@GCtx.task_propagate_boolean].
 *
 * Returns: %TRUE if @value was set; %FALSE with an error
 *
 * Since: 1.0
 */
gboolean
gctx_task_propagate_value (GTask   *task,
                           GValue  *value,
                           GError **error)
{
  GError *met = NULL;
  gboolean result;

  g_return_val_if_fail (G_IS_TASK (task), FALSE);
  g_return_val_if_fail (value != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (set_error_if_done (task, error))
    return FALSE;

  result = g_task_propagate_value (task, value, &met);
  pass_on (task, error, met);

  return result;
}

/* --- In a thread --- */

static void
run_thread_func (GTask        *task,
                 gpointer      source_object,
                 gpointer      task_data,
                 GCancellable *cancellable)
{
  Bridge *bridge = get_bridge (task);
  guint depth = gctx_current_enter (bridge->context, cancellable);

  bridge->thread_func (task, source_object, task_data, cancellable);
  gctx_current_leave (depth);
}

/* In the thread the flags of the task must not be asked: GTask writes to others
 * of the same word without a lock. */
static void
prepare (GTask           *task,
         GTaskThreadFunc  task_func)
{
  Bridge *bridge = ensure_bridge (task);

  bridge->thread_func = task_func;
  bridge->returns_on_cancel = g_task_get_return_on_cancel (task);
}

/**
 * gctx_task_run_in_thread:
 * @task: a task that has not been started
 * @task_func: (scope async): what to call in the thread
 *
 * Runs a function in another thread as [method@Gio.Task.run_in_thread] does,
 * with the context of the task for the current one there: it finds it with
 * [func@GCtx.Context.get_current], and so does what it calls.
 *
 * GTask runs it also where the context is done already. Ask
 * [func@GCtx.task_return_if_done] first of all and between the steps of the
 * work; hand the context, or its cancellable, on to what blocks. With
 * [method@Gio.Task.set_return_on_cancel] the task is done with its context,
 * though the function goes on.
 *
 * Since: 1.0
 */
void
gctx_task_run_in_thread (GTask           *task,
                         GTaskThreadFunc  task_func)
{
  g_return_if_fail (G_IS_TASK (task));
  g_return_if_fail (task_func != NULL);

  prepare (task, task_func);
  g_task_run_in_thread (task, run_thread_func);
}

/**
 * gctx_task_run_in_thread_sync:
 * @task: a task that has not been started
 * @task_func: (scope call): what to call in the thread
 *
 * Runs a function in another thread as [method@Gio.Task.run_in_thread_sync]
 * does, and waits for it: see [func@GCtx.task_run_in_thread].
 *
 * The task does not call its callback. Finish it afterwards with
 * [func@GCtx.task_propagate_boolean] or one of its like.
 *
 * Since: 1.0
 */
void
gctx_task_run_in_thread_sync (GTask           *task,
                              GTaskThreadFunc  task_func)
{
  g_return_if_fail (G_IS_TASK (task));
  g_return_if_fail (task_func != NULL);

  prepare (task, task_func);
  g_task_run_in_thread_sync (task, run_thread_func);
}
