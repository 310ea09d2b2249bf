/* gctx-group.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "gctx-group.h"

#include "gctx-cancellable.h"
#include "gctx-current-private.h"
#include "gctx-error.h"
#include "gctx-scope.h"
#include "gctx-values.h"
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

typedef struct _Member Member;

/* What the functions of a group share. They may outlive the group, and the
 * thread that finishes last may still hold the mutex when those who waited have
 * dropped all they had: so it is counted by itself. What users can see of it,
 * the scope and the context, goes with the group or with the last function,
 * whichever is the later, and not with the memory. */
typedef struct
{
  gatomicrefcount ref_count;

  /* Immutable until the last has gone. */
  GCtxScope   *scope;
  GCtxContext *context;        /* the scope's plain face */
  guint        max_running;    /* 0 for no limit */

  /* Held for moments only; never while code runs that is not the group's. */
  GMutex       mutex;

  /* Under the mutex. */
  GCond        changed;        /* all have finished, or one was started */
  GQueue       queued;         /* members that wait for their turn */
  guint        n_running;      /* members that have their turn */
  guint        n_unfinished;   /* all members: those two, and those that are just being dismissed */
  GHashTable  *loops;          /* how many of these there are for each GMainContext; to compare only */
  GList       *waits;          /* of Wait */
  gboolean     over;           /* a wait has seen all of them finished */
  gboolean     dropped;        /* the group itself is gone */
  GError      *error;          /* the first; immutable once it is set */
} Crew;

/* One function and what becomes of it. Whoever can still meet it holds a
 * reference: the queue, a thread, a source, a task. */
struct _Member
{
  /* Immutable. */
  Crew                *crew;
  GCtxGroupThreadFunc  thread_func;   /* the one or the other */
  GCtxGroupStartFunc   start_func;
  gpointer             user_data;
  GDestroyNotify       destroy;
  GMainContext        *loop;          /* where start_func is called; to compare only */

  gint                 claimed;       /* atomic: by the pool, or by who failed to push it there */
  gboolean             has_turn;      /* written under the crew's mutex */

  /* Held by the member while it is queued and again once it is called. In
   * between a source in there holds the member: a GMainContext that its owner
   * gives up must be able to go, and take the source along. */
  GMainContext        *main_context;

  /* In the thread that runs it. */
  GCtxContext         *context;
  gboolean             called;
  gboolean             in_func;       /* which may run a main loop of its own */
  gboolean             returned;
  GError              *error;
};

/* A wait_async () that has not been told yet. */
typedef struct
{
  GCtxScope *told;   /* what the waiting main loop watches */
} Wait;

struct _GCtxGroup
{
  GObject  parent_instance;

  Crew    *crew;
};

typedef GObjectClass GCtxGroupClass;

G_DEFINE_TYPE (GCtxGroup, gctx_group, G_TYPE_OBJECT)

static G_DEFINE_QUARK (gctx-group-member, member_of_task)

/* --- The crew --- */

static Crew *
crew_ref (Crew *crew)
{
  g_atomic_ref_count_inc (&crew->ref_count);

  return crew;
}

static void
crew_unref (Crew *crew)
{
  if (!g_atomic_ref_count_dec (&crew->ref_count))
    return;

  g_assert (crew->scope == NULL && crew->n_unfinished == 0);
  g_hash_table_unref (crew->loops);
  g_clear_error (&crew->error);
  g_cond_clear (&crew->changed);
  g_mutex_clear (&crew->mutex);
  g_free (crew);
}

static void
crew_set_parent (Crew        *crew,
                 GCtxContext *parent)
{
  g_clear_object (&crew->context);
  g_clear_object (&crew->scope);
  crew->scope = gctx_scope_new (parent);
  crew->context = gctx_context_with_values (GCTX_CONTEXT (crew->scope), NULL);
}

static Crew *
crew_new (void)
{
  Crew *crew = g_new0 (Crew, 1);

  g_atomic_ref_count_init (&crew->ref_count);
  g_mutex_init (&crew->mutex);
  g_cond_init (&crew->changed);
  g_queue_init (&crew->queued);
  crew->loops = g_hash_table_new (NULL, NULL);
  crew_set_parent (crew, gctx_context_background ());

  return crew;
}

static void
crew_count_loop_locked (Crew         *crew,
                        GMainContext *loop,
                        int           change)
{
  int n = GPOINTER_TO_INT (g_hash_table_lookup (crew->loops, loop)) + change;

  if (n > 0)
    g_hash_table_insert (crew->loops, loop, GINT_TO_POINTER (n));
  else
    g_hash_table_remove (crew->loops, loop);
}

static gboolean
crew_is_closed_locked (Crew *crew)
{
  return crew->error != NULL || crew->over;
}

/* Whether a function may still be called. */
static gboolean
crew_is_open (Crew *crew)
{
  gboolean open;

  if (gctx_context_is_done (crew->context))
    return FALSE;

  g_mutex_lock (&crew->mutex);
  open = !crew_is_closed_locked (crew);
  g_mutex_unlock (&crew->mutex);

  return open;
}

static GError *
new_over_error (void)
{
  return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "The group has finished");
}

/* Why a function was not called. */
static GError *
crew_get_end_error (Crew *crew)
{
  GError *error = NULL;

  if (gctx_context_check (crew->context, &error))
    error = new_over_error ();

  return error;
}

/* Takes @error, and ends the context if it is the first. The context can be done
 * by then only for another reason than an error of ours: that is what a
 * CANCELLED means then. */
static void
crew_fail (Crew   *crew,
           GError *error)
{
  GError *translated = gctx_context_translate_error (crew->context, error);
  gboolean first;

  g_error_free (error);

  g_mutex_lock (&crew->mutex);
  first = crew->error == NULL;
  if (first)
    crew->error = translated;
  g_mutex_unlock (&crew->mutex);

  if (first)
    gctx_scope_cancel_with_cause (crew->scope, translated);
  else
    g_error_free (translated);
}

/* --- The life of a member --- */

static Member *
member_ref (Member *member)
{
  return g_atomic_rc_box_acquire (member);
}

static void
member_clear (gpointer data)
{
  Member *member = data;

  g_assert (member->main_context == NULL && member->context == NULL && member->error == NULL);
  crew_unref (member->crew);
}

static void
member_unref (gpointer member)
{
  g_atomic_rc_box_release_full (member, member_clear);
}

static void member_launch (Member *member);

/* Tells those who wait, and drops what is left where nobody is there to do it.
 * Called with the mutex, returns without it. */
static void
crew_finish_unlock (Crew *crew)
{
  g_autoptr (GPtrArray) told = NULL;
  g_autoptr (GCtxScope) scope = NULL;
  g_autoptr (GCtxContext) context = NULL;

  if (crew->waits != NULL)
    told = g_ptr_array_new_with_free_func (g_object_unref);
  while (crew->waits != NULL)
    {
      Wait *wait = crew->waits->data;

      crew->waits = g_list_delete_link (crew->waits, crew->waits);
      g_ptr_array_add (told, g_object_ref (wait->told));
    }
  if (crew->dropped)
    {
      scope = g_steal_pointer (&crew->scope);
      context = g_steal_pointer (&crew->context);
    }
  g_cond_broadcast (&crew->changed);
  g_mutex_unlock (&crew->mutex);

  for (guint i = 0; told != NULL && i < told->len; i++)
    gctx_scope_cancel (told->pdata[i]);
}

/* The one end of every member, called or not. All that users can see of it is
 * gone before it counts as finished. Takes @error. */
static void
member_end (Member *member,
            GError *error)
{
  Crew *crew = member->crew;
  GQueue next = G_QUEUE_INIT;
  gboolean closed;

  if (error != NULL)
    crew_fail (crew, error);
  g_clear_object (&member->context);
  if (member->destroy != NULL)
    member->destroy (member->user_data);
  g_clear_pointer (&member->main_context, g_main_context_unref);

  closed = gctx_context_is_done (crew->context);

  g_mutex_lock (&crew->mutex);
  closed = closed || crew_is_closed_locked (crew);
  if (member->has_turn)
    crew->n_running--;
  crew->n_unfinished--;
  if (member->loop != NULL)
    crew_count_loop_locked (crew, member->loop, -1);

  /* After the end those in the queue are launched without a turn, which
   * dismisses them. */
  while (!g_queue_is_empty (&crew->queued) && (closed || crew->n_running < crew->max_running))
    {
      Member *other = g_queue_pop_head (&crew->queued);

      other->has_turn = !closed;
      crew->n_running += other->has_turn;
      g_queue_push_tail (&next, other);
    }

  if (crew->n_unfinished == 0)
    crew_finish_unlock (crew);
  else
    g_mutex_unlock (&crew->mutex);

  while (!g_queue_is_empty (&next))
    member_launch (g_queue_pop_head (&next));
}

static GError *
new_silent_failure (void)
{
  return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED,
                              "A function of the group failed without an error");
}

/* What holds around every function of users. */
static gboolean
member_call (Member  *member,
             GTask   *task,
             GError **error)
{
  g_autoptr (GCtxContext) context = g_object_ref (member->context);
  guint depth = gctx_current_enter (context, gctx_context_get_cancellable (context));
  gboolean succeeded = TRUE;

  if (member->thread_func != NULL)
    succeeded = member->thread_func (context, member->user_data, error);
  else
    member->start_func (task, context, member->user_data);
  gctx_current_leave (depth);

  return succeeded;
}

static void
member_make_context (Member *member)
{
  member->context = gctx_context_with_values (member->crew->context, NULL);
}

/* --- In a thread --- */

static void
run_in_pool (gpointer data,
             gpointer user_data)
{
  Member *member = data;
  GError *error = NULL;

  if (g_atomic_int_compare_and_exchange (&member->claimed, FALSE, TRUE))
    {
      if (!crew_is_open (member->crew))
        {
          error = crew_get_end_error (member->crew);
        }
      else
        {
          member_make_context (member);
          if (member_call (member, NULL, &error))
            g_clear_error (&error);
          else if (error == NULL)
            error = new_silent_failure ();
        }
      member_end (member, error);
    }
  member_unref (member);
}

static GThreadPool *
get_pool (void)
{
  static gsize pool = 0;

  if (g_once_init_enter (&pool))
    g_once_init_leave (&pool, (gsize) g_thread_pool_new (run_in_pool, NULL, -1, FALSE, NULL));

  return (GThreadPool *) pool;
}

/* Takes the reference. What is not called any more needs no thread. Where no
 * thread can be had the pool keeps the member for the next one that comes free:
 * that may be never, so it is taken back. */
static void
member_launch_in_thread (Member *member)
{
  g_autoptr (GError) error = NULL;

  if (!crew_is_open (member->crew))
    {
      member_end (member, crew_get_end_error (member->crew));
    }
  else
    {
      if (!g_thread_pool_push (get_pool (), member_ref (member), &error) &&
          g_atomic_int_compare_and_exchange (&member->claimed, FALSE, TRUE))
        member_end (member, g_steal_pointer (&error));
    }
  member_unref (member);
}

/* --- In a main loop --- */

static void
on_returned (GObject      *source,
             GAsyncResult *result,
             gpointer      data)
{
  Member *member = data;

  member->returned = TRUE;
  if (!g_task_propagate_boolean (G_TASK (result), &member->error) && member->error == NULL)
    member->error = new_silent_failure ();
  if (!member->in_func)
    member_end (member, g_steal_pointer (&member->error));
}

static gboolean
nothing (gpointer data)
{
  return G_SOURCE_REMOVE;
}

/* What is called later in @main_context, or nowhere if it is gone before: then
 * only @destroy is, by whoever lets it go. Takes both references. */
static void
attach (GMainContext   *main_context,
        GSourceFunc     func,
        Member         *member,
        GDestroyNotify  destroy)
{
  GSource *source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, func, member, destroy);
  g_source_attach (source, main_context);
  g_source_unref (source);
  g_main_context_unref (main_context);
}

static void
on_dropped_member (gpointer data)
{
  member_end (data, NULL);
  member_unref (data);
}

/* In any thread: the last reference to the task is gone. */
static void
on_task_gone (gpointer data)
{
  Member *member = data;

  if (member->returned)
    {
      member_unref (member);
      return;
    }

  crew_fail (member->crew, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED,
                                                "A function of the group dropped its task without returning"));
  attach (g_steal_pointer (&member->main_context), nothing, member, on_dropped_member);
}

static gboolean
call_in_loop (gpointer data)
{
  Member *member = data;
  GMainContext *main_context = g_source_get_context (g_main_current_source ());
  GTask *task;

  if (!crew_is_open (member->crew))
    return G_SOURCE_REMOVE;

  member->called = TRUE;
  member->main_context = g_main_context_ref (main_context);
  member_make_context (member);

  g_main_context_push_thread_default (main_context);

  /* What the function returns is what counts, whatever has ended since. */
  task = g_task_new (NULL, gctx_context_get_cancellable (member->context), on_returned, member);
  g_task_set_source_tag (task, gctx_group_start);
  g_task_set_check_cancellable (task, FALSE);
  g_object_set_qdata_full (G_OBJECT (task), member_of_task_quark (), member_ref (member), on_task_gone);

  member->in_func = TRUE;
  member_call (member, task, NULL);
  member->in_func = FALSE;
  if (member->returned)
    member_end (member, g_steal_pointer (&member->error));
  g_object_unref (task);

  g_main_context_pop_thread_default (main_context);

  return G_SOURCE_REMOVE;
}

static void
on_call_source_gone (gpointer data)
{
  Member *member = data;

  if (!member->called)
    member_end (member, crew_is_open (member->crew)
                          ? g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED,
                                                 "The main loop that a function of the group was for is gone")
                          : crew_get_end_error (member->crew));
  member_unref (member);
}

/* Takes the reference. Calls the function, or dismisses it where it should not
 * be called any more: in its own thread or main loop either way. */
static void
member_launch (Member *member)
{
  if (member->thread_func != NULL)
    member_launch_in_thread (member);
  else
    attach (g_steal_pointer (&member->main_context), call_in_loop, member, on_call_source_gone);
}

/* Takes the reference. */
static void
crew_add (Crew   *crew,
          Member *member)
{
  gboolean closed = gctx_context_is_done (crew->context);

  member->crew = crew_ref (crew);

  g_mutex_lock (&crew->mutex);
  closed = closed || crew_is_closed_locked (crew);
  crew->n_unfinished++;
  if (member->loop != NULL)
    {
      crew_count_loop_locked (crew, member->loop, 1);
      g_cond_broadcast (&crew->changed);
    }
  if (!closed && crew->max_running > 0 && crew->n_running == crew->max_running)
    {
      g_queue_push_tail (&crew->queued, member);
      member = NULL;
    }
  else if (!closed)
    {
      member->has_turn = TRUE;
      crew->n_running++;
    }
  g_mutex_unlock (&crew->mutex);

  if (member != NULL)
    member_launch (member);
}

/* --- The group --- */

static void
gctx_group_finalize (GObject *object)
{
  Crew *crew = ((GCtxGroup *) object)->crew;
  g_autoptr (GCtxScope) scope = NULL;
  g_autoptr (GCtxContext) context = NULL;

  if (!gctx_context_is_done (crew->context))
    {
      g_autoptr (GError) cause =
        g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "The group was dropped");

      gctx_scope_cancel_with_cause (crew->scope, cause);
    }

  g_mutex_lock (&crew->mutex);
  crew->dropped = TRUE;
  if (crew->n_unfinished == 0)
    {
      scope = g_steal_pointer (&crew->scope);
      context = g_steal_pointer (&crew->context);
    }
  g_mutex_unlock (&crew->mutex);
  crew_unref (crew);

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
  self->crew = crew_new ();
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
  self->crew->max_running = max_running;
  crew_set_parent (self->crew, parent);

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

  return self->crew->context;
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
  Member *member;

  g_return_if_fail (GCTX_IS_GROUP (self));
  g_return_if_fail (func != NULL);

  member = g_atomic_rc_box_new0 (Member);
  member->start_func = func;
  member->user_data = user_data;
  member->destroy = destroy;
  member->main_context = g_main_context_ref_thread_default ();
  member->loop = member->main_context;
  crew_add (self->crew, member);
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
  Member *member;

  g_return_if_fail (GCTX_IS_GROUP (self));
  g_return_if_fail (func != NULL);

  member = g_atomic_rc_box_new0 (Member);
  member->thread_func = func;
  member->user_data = user_data;
  member->destroy = destroy;
  crew_add (self->crew, member);
}

/* --- Waiting --- */

/* What every wait ends with: the outcome at the moment when all have finished.
 * What somebody adds right after that fails, but is not this wait's business. */
static const GError *
crew_close_locked (Crew *crew)
{
  crew->over = TRUE;

  return crew->error;
}

static void
crew_end_context (Crew *crew)
{
  g_autoptr (GError) cause = NULL;

  if (gctx_context_is_done (crew->context))
    return;

  cause = new_over_error ();
  gctx_scope_cancel_with_cause (crew->scope, cause);
}

/* Nobody tells when another thread stops running a main loop. */
#define LOOK_AGAIN_USEC (20 * G_TIME_SPAN_MILLISECOND)

/* Waits a moment. If functions are left that need the main loop of this thread
 * to finish, and if nobody else runs it, that is to run it: they finish inside
 * it, so it comes back when the last of them does. */
static void
crew_wait_locked (Crew *crew)
{
  GMainContext *main_context = g_main_context_get_thread_default ();

  if (main_context == NULL)
    main_context = g_main_context_default ();

  if (!g_hash_table_contains (crew->loops, main_context))
    {
      g_cond_wait (&crew->changed, &crew->mutex);
    }
  else if (!g_main_context_acquire (main_context))
    {
      g_cond_wait_until (&crew->changed, &crew->mutex, g_get_monotonic_time () + LOOK_AGAIN_USEC);
    }
  else
    {
      g_mutex_unlock (&crew->mutex);
      g_main_context_iteration (main_context, TRUE);
      g_main_context_release (main_context);
      g_mutex_lock (&crew->mutex);
    }
}

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
  Crew *crew;
  const GError *first;

  g_return_val_if_fail (GCTX_IS_GROUP (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  /* What is dispatched in here may drop the last reference of others. */
  held = g_object_ref (self);
  crew = self->crew;
  g_mutex_lock (&crew->mutex);
  while (crew->n_unfinished > 0)
    crew_wait_locked (crew);
  first = crew_close_locked (crew);
  g_mutex_unlock (&crew->mutex);

  crew_end_context (crew);
  if (first != NULL && error != NULL)
    *error = g_error_copy (first);

  return first == NULL;
}

static void
wait_free (gpointer data)
{
  Wait *wait = data;

  g_object_unref (wait->told);
  g_free (wait);
}

static void wait_begin (GTask *task);

static void
on_told (GObject      *source,
         GAsyncResult *result,
         gpointer      data)
{
  g_autoptr (GTask) task = data;
  Crew *crew = GCTX_GROUP (g_task_get_source_object (task))->crew;
  const GError *first = NULL;
  GError *withdrawn = NULL;
  gboolean finished;

  gctx_context_wait_finish (GCTX_CONTEXT (source), result, &withdrawn);

  g_mutex_lock (&crew->mutex);
  crew->waits = g_list_remove (crew->waits, g_task_get_task_data (task));
  finished = crew->n_unfinished == 0;
  if (withdrawn == NULL && finished)
    first = crew_close_locked (crew);
  g_mutex_unlock (&crew->mutex);

  if (withdrawn != NULL)
    {
      g_task_return_error (task, withdrawn);
      return;
    }

  /* Another one may have been started while the news was under way. */
  if (!finished)
    {
      g_main_context_push_thread_default (g_task_get_context (task));
      wait_begin (task);
      g_main_context_pop_thread_default (g_task_get_context (task));
      return;
    }

  crew_end_context (crew);
  if (first != NULL)
    g_task_return_error (task, g_error_copy (first));
  else
    g_task_return_boolean (task, TRUE);
}

/* The news comes by way of a context, which has all that is needed to tell a
 * main loop. */
static void
wait_begin (GTask *task)
{
  Crew *crew = GCTX_GROUP (g_task_get_source_object (task))->crew;
  Wait *wait = g_new0 (Wait, 1);
  gboolean finished;

  wait->told = gctx_scope_new (gctx_context_background ());
  g_task_set_task_data (task, wait, wait_free);

  g_mutex_lock (&crew->mutex);
  finished = crew->n_unfinished == 0;
  if (!finished)
    crew->waits = g_list_prepend (crew->waits, wait);
  g_mutex_unlock (&crew->mutex);

  if (finished)
    gctx_scope_cancel (wait->told);
  gctx_context_wait_async (GCTX_CONTEXT (wait->told), g_task_get_cancellable (task),
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
