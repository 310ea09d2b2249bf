/* gctx-member.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "gctx-member-private.h"

#include "gctx-cancellable.h"
#include "gctx-current-private.h"
#include "gctx-values.h"

/* One function of a group and what becomes of it. It joins the crew, is launched
 * when it has a turn, is called or dismissed in its own thread or main loop, and
 * leaves. Whoever can still meet it holds a reference: the queue, a thread, a
 * source, a task. */
typedef struct
{
  GCtxCrewPlace        place;

  /* Immutable. */
  GCtxCrew            *crew;
  GCtxGroupThreadFunc  thread_func;   /* the one or the other */
  GCtxGroupStartFunc   start_func;
  gpointer             user_data;
  GDestroyNotify       destroy;

  gint                 claimed;       /* atomic: by the pool, or by who failed to push it there */

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
} Member;

static G_DEFINE_QUARK (gctx-group-member, member_of_task)

/* --- Its life --- */

static Member *
member_new (GCtxCrew       *crew,
            gpointer        user_data,
            GDestroyNotify  destroy)
{
  Member *member = g_atomic_rc_box_new0 (Member);

  member->crew = gctx_crew_ref (crew);
  member->user_data = user_data;
  member->destroy = destroy;

  return member;
}

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
  gctx_crew_unref (member->crew);
}

static void
member_unref (gpointer member)
{
  g_atomic_rc_box_release_full (member, member_clear);
}

static void member_launch (Member *member);

/* The one end of every member, called or not. All that users can see of it is
 * gone before it counts as finished. Takes @error. */
static void
member_end (Member *member,
            GError *error)
{
  GQueue next = G_QUEUE_INIT;

  if (error != NULL)
    gctx_crew_fail (member->crew, error);
  g_clear_object (&member->context);
  if (member->destroy != NULL)
    member->destroy (member->user_data);
  g_clear_pointer (&member->main_context, g_main_context_unref);

  gctx_crew_leave (member->crew, &member->place, &next);
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
  member->context = gctx_context_with_values (gctx_crew_get_context (member->crew), NULL);
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
      if (!gctx_crew_is_open (member->crew))
        {
          error = gctx_crew_get_end_error (member->crew);
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

  if (!gctx_crew_is_open (member->crew))
    {
      member_end (member, gctx_crew_get_end_error (member->crew));
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

  gctx_crew_fail (member->crew,
                  g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED,
                                       "A function of the group dropped its task without returning"));
  attach (g_steal_pointer (&member->main_context), nothing, member, on_dropped_member);
}

static gboolean
call_in_loop (gpointer data)
{
  Member *member = data;
  GMainContext *main_context = g_source_get_context (g_main_current_source ());
  GTask *task;

  if (!gctx_crew_is_open (member->crew))
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
    member_end (member, gctx_crew_is_open (member->crew)
                          ? g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED,
                                                 "The main loop that a function of the group was for is gone")
                          : gctx_crew_get_end_error (member->crew));
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
member_join (Member *member)
{
  if (gctx_crew_join (member->crew, &member->place))
    member_launch (member);
}

/* --- Its two kinds --- */

/* In the main loop that is thread-default here. */
void
gctx_member_start (GCtxCrew           *crew,
                   GCtxGroupStartFunc  func,
                   gpointer            user_data,
                   GDestroyNotify      destroy)
{
  Member *member = member_new (crew, user_data, destroy);

  member->start_func = func;
  member->main_context = g_main_context_ref_thread_default ();
  member->place.loop = member->main_context;
  member_join (member);
}

void
gctx_member_run_in_thread (GCtxCrew            *crew,
                           GCtxGroupThreadFunc  func,
                           gpointer             user_data,
                           GDestroyNotify       destroy)
{
  Member *member = member_new (crew, user_data, destroy);

  member->thread_func = func;
  member_join (member);
}
