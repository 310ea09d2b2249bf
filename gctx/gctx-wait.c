/* gctx-wait.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "gctx-wait.h"

#include "gctx-cancellable.h"
#include "gctx-clock-private.h"
#include "gctx-context-private.h"
#include "gctx-source.h"

/* --- Blocking --- */

/* Lives on the stack of the thread that waits. */
typedef struct
{
  GCtxItem item;
  GCond    cond;
} Waiter;

static void
waiter_mark (GCtxItem *item)
{
  g_cond_signal (&((Waiter *) item)->cond);
}

static const GCtxItemClass waiter_class = {
  .mark = waiter_mark,
};

/* Waits until @node is done or the real clock shows @end_usec: TRUE if the
 * node is done. The deadline of the node needs nobody to deliver it here. */
static gboolean
wait_until (GCtxNode *node,
            gint64    end_usec)
{
  Waiter waiter;
  gboolean done;

  gctx_item_init (&waiter.item, &waiter_class, node);
  g_cond_init (&waiter.cond);

  while (!(done = gctx_node_is_done (node)) &&
         (end_usec == G_MAXINT64 || g_get_monotonic_time () < end_usec))
    {
      gint64 until_usec = gctx_clock_is_held () ? end_usec : MIN (end_usec, node->deadline);

      gctx_lock ();
      if (gctx_node_is_live (node))
        {
          gctx_item_list_locked (&waiter.item);
          gctx_cond_wait_until_locked (&waiter.cond, until_usec);
          gctx_item_unlist_locked (&waiter.item);
        }
      gctx_unlock ();
    }

  g_cond_clear (&waiter.cond);

  return done;
}

/**
 * gctx_context_wait:
 * @self: a context
 *
 * Blocks the thread until @self is done.
 *
 * Where nothing can end @self, this never returns. May be called from any
 * thread; in one that runs a main loop use
 * [method@GCtx.Context.wait_async].
 *
 * Since: 1.0
 */
void
gctx_context_wait (GCtxContext *self)
{
  g_return_if_fail (gctx_is_context (self));

  wait_until (self->node, G_MAXINT64);
}

/**
 * gctx_context_sleep:
 * @self: a context
 * @duration_usec: how many microseconds to sleep; zero and less only looks
 *   whether @self is done
 * @error: return location for an error
 *
 * Blocks the thread for @duration_usec, or until @self is done if that comes
 * first.
 *
 * Returns: %TRUE after the nap; %FALSE with the error of @self if it was done
 *   first
 *
 * Since: 1.0
 */
gboolean
gctx_context_sleep (GCtxContext  *self,
                    GTimeSpan     duration_usec,
                    GError      **error)
{
  gint64 now_usec;

  g_return_val_if_fail (gctx_is_context (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  now_usec = g_get_monotonic_time ();
  duration_usec = CLAMP (duration_usec, 0, G_MAXINT64 - now_usec);
  wait_until (self->node, now_usec + duration_usec);

  return gctx_context_check (self, error);
}

/* --- With a main loop --- */

/* What the task of an asynchronous wait holds: sources in the GMainContext of
 * the task, of which the first to fire ends the wait. They all run in one
 * thread, so the first one destroys the others before they can. That thread
 * need not be the one that attaches them: @mutex keeps the first to fire
 * waiting until the last is attached. */
typedef struct
{
  GMutex   mutex;
  GSource *done;
  GSource *withdrawn;   /* NULL where nobody can withdraw it */
  GSource *nap_over;    /* NULL where it is no nap */
} Wait;

static void
clear_source (GSource **source)
{
  if (*source == NULL)
    return;

  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
wait_clear (Wait *wait)
{
  clear_source (&wait->done);
  clear_source (&wait->withdrawn);
  clear_source (&wait->nap_over);
}

static void
wait_free (gpointer data)
{
  Wait *wait = data;

  wait_clear (wait);
  g_mutex_clear (&wait->mutex);
  g_free (wait);
}

/* Takes a reference in place of those that the sources had. */
static GTask *
wait_end (gpointer user_data)
{
  GTask *task = g_object_ref (user_data);
  Wait *wait = g_task_get_task_data (task);

  g_mutex_lock (&wait->mutex);
  g_mutex_unlock (&wait->mutex);
  wait_clear (wait);

  return task;
}

static gboolean
on_done (GCtxContext *context,
         gpointer     user_data)
{
  g_autoptr (GTask) task = wait_end (user_data);
  gboolean nap = g_task_get_source_tag (task) == gctx_context_sleep_async;

  if (nap)
    g_task_return_error (task, g_error_copy (gctx_context_get_error (context)));
  else
    g_task_return_boolean (task, TRUE);

  return G_SOURCE_REMOVE;
}

static gboolean
on_withdrawn (GCtxContext *context,
              gpointer     user_data)
{
  g_autoptr (GTask) task = wait_end (user_data);

  g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CANCELLED, "Operation was cancelled");

  return G_SOURCE_REMOVE;
}

static gboolean
on_nap_over (gpointer user_data)
{
  g_autoptr (GTask) task = wait_end (user_data);
  g_autoptr (GError) error = NULL;

  if (gctx_context_check (g_task_get_source_object (task), &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, g_steal_pointer (&error));

  return G_SOURCE_REMOVE;
}

static void
attach (GTask     *task,
        GSource   *source,
        GCallback  callback)
{
  g_source_set_callback (source, (GSourceFunc) callback, g_object_ref (task), g_object_unref);
  g_source_attach (source, g_task_get_context (task));
}

static void
wait_start (GCtxContext         *self,
            gint64               end_usec,
            GCancellable        *cancellable,
            GAsyncReadyCallback  callback,
            gpointer             user_data,
            gpointer             tag)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  Wait *wait = g_new0 (Wait, 1);

  g_mutex_init (&wait->mutex);

  /* The sources say how it ended; what becomes of the cancellable later does
   * not change that. */
  g_task_set_check_cancellable (task, FALSE);
  g_task_set_source_tag (task, tag);
  g_task_set_task_data (task, wait, wait_free);

  if (cancellable != NULL)
    {
      g_autoptr (GCtxContext) withdrawal = gctx_context_from_cancellable (cancellable);

      wait->withdrawn = gctx_context_create_source (withdrawal);
    }
  if (end_usec != G_MAXINT64)
    {
      wait->nap_over = g_timeout_source_new (0);
      g_source_set_ready_time (wait->nap_over, end_usec);
    }
  wait->done = gctx_context_create_source (self);

  g_mutex_lock (&wait->mutex);
  if (wait->withdrawn != NULL)
    attach (task, wait->withdrawn, G_CALLBACK (on_withdrawn));
  attach (task, wait->done, G_CALLBACK (on_done));
  if (wait->nap_over != NULL)
    attach (task, wait->nap_over, G_CALLBACK (on_nap_over));
  g_mutex_unlock (&wait->mutex);
}

/**
 * gctx_context_wait_async:
 * @self: a context
 * @cancellable: (nullable): withdraws this one wait; `NULL` if nothing does
 * @callback: (scope async) (nullable): what to call then; `NULL` if nobody wants
 *   to know
 * @user_data: the data for @callback
 *
 * Waits until @self is done, without blocking.
 *
 * @callback is called from the [struct@GLib.MainContext] that is
 * thread-default here, never from inside this function, also where @self is
 * done already. Where nothing can end @self it is called only if @cancellable
 * is cancelled.
 *
 * Since: 1.0
 */
void
gctx_context_wait_async (GCtxContext         *self,
                         GCancellable        *cancellable,
                         GAsyncReadyCallback  callback,
                         gpointer             user_data)
{
  g_return_if_fail (gctx_is_context (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  wait_start (self, G_MAXINT64, cancellable, callback, user_data, gctx_context_wait_async);
}

/**
 * gctx_context_wait_finish:
 * @self: a context
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Ends what [method@GCtx.Context.wait_async] began.
 *
 * Returns: %TRUE if @self is done; %FALSE with %G_IO_ERROR_CANCELLED if the
 *   wait was withdrawn
 *
 * Since: 1.0
 */
gboolean
gctx_context_wait_finish (GCtxContext   *self,
                          GAsyncResult  *result,
                          GError       **error)
{
  g_return_val_if_fail (gctx_is_context (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, gctx_context_wait_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * gctx_context_sleep_async:
 * @self: a context
 * @duration_usec: how many microseconds to sleep; zero and less only looks
 *   whether @self is done
 * @cancellable: (nullable): withdraws this one nap; `NULL` if nothing does
 * @callback: (scope async) (nullable): what to call then; `NULL` if nobody wants
 *   to know
 * @user_data: the data for @callback
 *
 * Sleeps for @duration_usec, or until @self is done if that comes first,
 * without blocking.
 *
 * @callback is called from the [struct@GLib.MainContext] that is
 * thread-default here, never from inside this function.
 *
 * Since: 1.0
 */
void
gctx_context_sleep_async (GCtxContext         *self,
                          GTimeSpan            duration_usec,
                          GCancellable        *cancellable,
                          GAsyncReadyCallback  callback,
                          gpointer             user_data)
{
  gint64 now_usec;

  g_return_if_fail (gctx_is_context (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  now_usec = g_get_monotonic_time ();
  duration_usec = CLAMP (duration_usec, 0, G_MAXINT64 - now_usec);
  wait_start (self, now_usec + duration_usec, cancellable, callback, user_data,
              gctx_context_sleep_async);
}

/**
 * gctx_context_sleep_finish:
 * @self: a context
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Ends what [method@GCtx.Context.sleep_async] began.
 *
 * Returns: %TRUE after the nap; %FALSE with the error of @self if it was done
 *   first, or with %G_IO_ERROR_CANCELLED if the nap was withdrawn
 *
 * Since: 1.0
 */
gboolean
gctx_context_sleep_finish (GCtxContext   *self,
                           GAsyncResult  *result,
                           GError       **error)
{
  g_return_val_if_fail (gctx_is_context (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, gctx_context_sleep_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
