/* gctx-group.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "gctx-group.h"

#include "gctx-member-private.h"
#include "gctx-wait.h"

/**
 * GCtxGroup:
 *
 * Several functions at once, under one context: what fails first ends the
 * rest, and whoever waits goes on when all of them have finished.
 *
 * Make one where a piece of work divides: three servers that are asked for one
 * answer, a hundred files that are to be read, eight at a time. The functions
 * are asynchronous operations ([method@GCtx.Group.start]), functions that block
 * ([method@GCtx.Group.run_in_thread]), or both.
 *
 * ```c
 * static gboolean
 * load_in_thread (GCtxContext *context, gpointer user_data, GError **error)
 * {
 *   return g_file_load_contents (user_data, gctx_context_get_cancellable (context),
 *                                NULL, NULL, NULL, error);
 * }
 *
 * static gboolean
 * load_both (GCtxContext *context, GFile *one, GFile *two, GError **error)
 * {
 *   g_autoptr (GCtxGroup) group = gctx_group_new (context);
 *
 *   gctx_group_run_in_thread (group, load_in_thread, g_object_ref (one), g_object_unref);
 *   gctx_group_run_in_thread (group, load_in_thread, g_object_ref (two), g_object_unref);
 *
 *   return gctx_group_wait (group, error);
 * }
 * ```
 *
 * The group's context is a scope below the parent. It ends with the parent,
 * with the first failure, whose error is then its cause, and when a wait has
 * returned. Each function is given a context of its own below it, so that one
 * that cancels the cancellable of its context stops nobody else. **Nothing
 * starts after the end**: a function that was not called by then never is, and
 * its destroy function runs. Functions that run are told by their context, and
 * finish when they see fit. While one is called, its context is the current one:
 * see [func@GCtx.Context.get_current].
 *
 * The **first error** is that of the function that failed first. One that
 * failed because the parent had ended reports why it ended, such as
 * %G_IO_ERROR_TIMED_OUT; so does one that was not called because of that.
 *
 * A group whose last reference is dropped ends its context, and lets what
 * still runs finish on its own. A wait that is under way holds it.
 *
 * A function may start others in its own group. It must not wait for its own
 * group: it would wait for itself.
 *
 * Since: 1.0
 */

struct _GCtxGroup
{
  GObject   parent_instance;

  GCtxCrew *crew;   /* immutable after construction */
};

typedef GObjectClass GCtxGroupClass;

G_DEFINE_TYPE (GCtxGroup, gctx_group, G_TYPE_OBJECT)

static void
gctx_group_finalize (GObject *object)
{
  gctx_crew_drop (((GCtxGroup *) object)->crew);

  ((GObjectClass *) gctx_group_parent_class)->finalize (object);
}

static void
gctx_group_class_init (GCtxGroupClass *klass)
{
  klass->finalize = gctx_group_finalize;
}

/* A group that was made bare is a child of the background. */
static void
gctx_group_init (GCtxGroup *self)
{
  self->crew = gctx_crew_new ();
}

/**
 * gctx_group_new:
 * @parent: the parent
 *
 * Makes a group that runs as many functions at once as it is given.
 *
 * Where @parent is done already nothing starts, and
 * [method@GCtx.Group.wait] reports the error of @parent. May be called from
 * any thread.
 *
 * Returns: (transfer full): the group
 *
 * Since: 1.0
 */
GCtxGroup *
gctx_group_new (GCtxContext *parent)
{
  g_return_val_if_fail (GCTX_IS_CONTEXT (parent), NULL);

  return gctx_group_new_with_limit (parent, 0);
}

/**
 * gctx_group_new_with_limit: (constructor)
 * @parent: the parent
 * @max_running: how many functions may run at once; 0 for as many as there are
 *
 * Makes a group that runs at most @max_running functions at once. The others
 * wait for their turn, in the order in which they were given. An asynchronous
 * operation runs until it returns on its task.
 *
 * A function that starts another one and waits for it may wait for ever where
 * there is a limit: it has the turn that the other one is waiting for.
 *
 * Returns: (transfer full): the group
 *
 * Since: 1.0
 */
GCtxGroup *
gctx_group_new_with_limit (GCtxContext *parent,
                           guint        max_running)
{
  GCtxGroup *self;

  g_return_val_if_fail (GCTX_IS_CONTEXT (parent), NULL);

  self = g_object_new (GCTX_TYPE_GROUP, NULL);
  gctx_crew_set_parent (self->crew, parent, max_running);

  return self;
}

/**
 * gctx_group_get_context:
 * @self: a group
 *
 * The context of @self, to look whether and why it has ended. It has no cancel:
 * a program that wants to end a group makes it below a scope.
 *
 * Returns: (transfer none): the context, which lives as long as @self
 *
 * Since: 1.0
 */
GCtxContext *
gctx_group_get_context (GCtxGroup *self)
{
  g_return_val_if_fail (GCTX_IS_GROUP (self), NULL);

  return gctx_crew_get_context (self->crew);
}

/**
 * gctx_group_start:
 * @self: a group
 * @func: (scope notified) (closure user_data) (destroy destroy): starts the
 *   operation
 * @user_data: the data for @func
 * @destroy: (nullable): frees @user_data when the operation has finished, or
 *   when it is clear that @func will not be called; `NULL` if nothing does
 *
 * Starts an asynchronous operation in @self.
 *
 * @func and @destroy are called by the main loop that runs the
 * [struct@GLib.MainContext] that is thread-default here, never from inside this
 * function; it is thread-default while @func runs. @func starts the operation
 * and returns; the operation returns on the task that @func is given, in
 * whichever thread. One that drops its task without returning has failed, with
 * %G_IO_ERROR_FAILED; so has one whose [struct@GLib.MainContext] is gone before
 * @func was called.
 *
 * After the end of the group's context @func is not called. May be called from
 * any thread and inside any callback, also by the functions of @self.
 *
 * Since: 1.0
 */
void
gctx_group_start (GCtxGroup          *self,
                  GCtxGroupStartFunc  func,
                  gpointer            user_data,
                  GDestroyNotify      destroy)
{
  g_return_if_fail (GCTX_IS_GROUP (self));
  g_return_if_fail (func != NULL);

  gctx_member_start (self->crew, func, user_data, destroy);
}

/**
 * gctx_group_run_in_thread:
 * @self: a group
 * @func: (scope notified) (closure user_data) (destroy destroy): what to run
 * @user_data: the data for @func
 * @destroy: (nullable): frees @user_data when @func has returned, or when it is
 *   clear that it will not be called; `NULL` if nothing does
 *
 * Runs a function that may block, in a thread of its own.
 *
 * The threads are GLib's: one that has become free is used again. @destroy is
 * called in the thread that has run @func; where @func is not called, in here or
 * in the thread of a function that finished before. Where no thread can be had
 * the function has failed, with the error of GLib.
 *
 * After the end of the group's context @func is not called. May be called from
 * any thread and inside any callback, also by the functions of @self.
 * JavaScript cannot run in other threads: use [method@GCtx.Group.start] there.
 *
 * Since: 1.0
 */
void
gctx_group_run_in_thread (GCtxGroup           *self,
                          GCtxGroupThreadFunc  func,
                          gpointer             user_data,
                          GDestroyNotify       destroy)
{
  g_return_if_fail (GCTX_IS_GROUP (self));
  g_return_if_fail (func != NULL);

  gctx_member_run_in_thread (self->crew, func, user_data, destroy);
}

/* --- Waiting --- */

/**
 * gctx_group_wait:
 * @self: a group
 * @error: return location for an error
 *
 * Waits until all functions of @self have finished, also where one has failed
 * or the context has ended. Then the context of @self is done, whatever the
 * outcome, and nothing starts in @self any more.
 *
 * This blocks the thread. But as long as there are unfinished operations that
 * were started ([method@GCtx.Group.start]) for the [struct@GLib.MainContext]
 * that is thread-default here, and no other thread runs it, this runs it, so
 * that they can finish; other sources in it are then dispatched as well. Where
 * that is not wanted use [method@GCtx.Group.wait_async], or have a main context
 * of your own pushed as thread-default while starting and waiting. Operations
 * for other main loops finish only while these run.
 *
 * May be called from any thread, but not by a function of @self. Where nothing
 * was started this returns %TRUE at once.
 *
 * Returns: %TRUE if all functions were called and succeeded; %FALSE with the
 *   first error otherwise
 *
 * Since: 1.0
 */
gboolean
gctx_group_wait (GCtxGroup  *self,
                 GError    **error)
{
  g_autoptr (GCtxGroup) held = NULL;
  const GError *first = NULL;

  g_return_val_if_fail (GCTX_IS_GROUP (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  /* What is dispatched in here may drop the last reference of others. */
  held = g_object_ref (self);
  do
    gctx_crew_wait (self->crew);
  while (!gctx_crew_close (self->crew, &first));

  if (first != NULL && error != NULL)
    *error = g_error_copy (first);

  return first == NULL;
}

static void wait_begin (GTask *task);

static void
on_told (GObject      *source,
         GAsyncResult *result,
         gpointer      data)
{
  g_autoptr (GTask) task = data;
  GCtxCrew *crew = GCTX_GROUP (g_task_get_source_object (task))->crew;
  const GError *first = NULL;
  GError *withdrawn = NULL;

  gctx_context_wait_finish (GCTX_CONTEXT (source), result, &withdrawn);
  gctx_crew_unwatch (crew, GCTX_SCOPE (source));

  if (withdrawn != NULL)
    {
      g_task_return_error (task, withdrawn);
    }
  else if (!gctx_crew_close (crew, &first))
    {
      /* Another one has joined while the news was under way. */
      g_main_context_push_thread_default (g_task_get_context (task));
      wait_begin (task);
      g_main_context_pop_thread_default (g_task_get_context (task));
    }
  else if (first != NULL)
    {
      g_task_return_error (task, g_error_copy (first));
    }
  else
    {
      g_task_return_boolean (task, TRUE);
    }
}

/* The news comes by way of a scope, which has all that is needed to tell a main
 * loop. */
static void
wait_begin (GTask *task)
{
  GCtxCrew *crew = GCTX_GROUP (g_task_get_source_object (task))->crew;
  GCtxScope *told = gctx_scope_new (gctx_context_background ());

  g_task_set_task_data (task, told, g_object_unref);
  if (!gctx_crew_watch (crew, told))
    gctx_scope_cancel (told);
  gctx_context_wait_async (GCTX_CONTEXT (told), g_task_get_cancellable (task),
                           on_told, g_object_ref (task));
}

/**
 * gctx_group_wait_async:
 * @self: a group
 * @cancellable: (nullable): withdraws this one wait; `NULL` if nothing does
 * @callback: (scope async) (nullable): what to call then; `NULL` if nobody wants
 *   to know
 * @user_data: the data for @callback
 *
 * Waits until all functions of @self have finished, without blocking: see
 * [method@GCtx.Group.wait].
 *
 * @callback is called from the [struct@GLib.MainContext] that is
 * thread-default here, never from inside this function, also where nothing is
 * left to wait for. What is started before that is waited for as well.
 * Withdrawing the wait ends nothing but the wait.
 *
 * Since: 1.0
 */
void
gctx_group_wait_async (GCtxGroup           *self,
                       GCancellable        *cancellable,
                       GAsyncReadyCallback  callback,
                       gpointer             user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (GCTX_IS_GROUP (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, gctx_group_wait_async);
  g_task_set_check_cancellable (task, FALSE);
  wait_begin (task);
}

/**
 * gctx_group_wait_finish:
 * @self: a group
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Ends what [method@GCtx.Group.wait_async] began.
 *
 * Returns: %TRUE if all functions were called and succeeded; %FALSE with the
 *   first error otherwise, or with %G_IO_ERROR_CANCELLED if the wait was
 *   withdrawn
 *
 * Since: 1.0
 */
gboolean
gctx_group_wait_finish (GCtxGroup     *self,
                        GAsyncResult  *result,
                        GError       **error)
{
  g_return_val_if_fail (GCTX_IS_GROUP (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, gctx_group_wait_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
