/* gctx-crew.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "gctx-crew-private.h"

#include "gctx-error.h"
#include "gctx-values.h"

/* Nobody tells when another thread stops running a main loop. */
#define LOOK_AGAIN_USEC (20 * G_TIME_SPAN_MILLISECOND)

/* The members may outlive the group, and the thread that finishes last may still
 * hold the mutex when those who waited have dropped all they had: so a crew is
 * counted by itself. What users can see of it, the scope and the context, goes
 * with the group or with the last member, whichever is the later, and not with
 * the memory. */
struct _GCtxCrew
{
  gatomicrefcount ref_count;

  /* Immutable until the last has gone. */
  GCtxScope   *scope;
  GCtxContext *context;        /* the scope's plain face */
  guint        max_running;    /* 0 for no limit */

  /* Held for moments only; never while code runs that is not the crew's. */
  GMutex       mutex;

  /* Under the mutex. */
  GCond        changed;        /* all have finished, or one has joined that needs a loop */
  GQueue       queued;         /* places of members that wait for their turn */
  guint        n_running;      /* members that have their turn */
  guint        n_unfinished;   /* all members: those two, and those that are just being dismissed */
  GHashTable  *loops;          /* how many of these there are for each GMainContext; to compare only */
  GList       *watches;        /* scopes to end when all have finished; whoever waits holds them */
  gboolean     over;           /* a wait has seen all of them finished */
  gboolean     dropped;        /* the group itself is gone */
  GError      *error;          /* the first; immutable once it is set */
};

/* --- Life --- */

/* A child of the background. */
GCtxCrew *
gctx_crew_new (void)
{
  GCtxCrew *self = g_new0 (GCtxCrew, 1);

  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->mutex);
  g_cond_init (&self->changed);
  g_queue_init (&self->queued);
  self->loops = g_hash_table_new (NULL, NULL);
  gctx_crew_set_parent (self, gctx_context_background (), 0);

  return self;
}

/* Before anybody else knows of the crew. */
void
gctx_crew_set_parent (GCtxCrew    *self,
                      GCtxContext *parent,
                      guint        max_running)
{
  g_clear_object (&self->context);
  g_clear_object (&self->scope);
  self->scope = gctx_scope_new (parent);
  self->context = gctx_context_with_values (GCTX_CONTEXT (self->scope), NULL);
  self->max_running = max_running;
}

GCtxCrew *
gctx_crew_ref (GCtxCrew *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
gctx_crew_unref (GCtxCrew *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_assert (self->scope == NULL && self->n_unfinished == 0);
  g_hash_table_unref (self->loops);
  g_clear_error (&self->error);
  g_cond_clear (&self->changed);
  g_mutex_clear (&self->mutex);
  g_free (self);
}

/* Of a group that is going. Takes its reference. */
void
gctx_crew_drop (GCtxCrew *self)
{
  g_autoptr (GCtxScope) scope = NULL;
  g_autoptr (GCtxContext) context = NULL;

  if (!gctx_context_is_done (self->context))
    {
      g_autoptr (GError) cause =
        g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "The group was dropped");

      gctx_scope_cancel_with_cause (self->scope, cause);
    }

  g_mutex_lock (&self->mutex);
  self->dropped = TRUE;
  if (self->n_unfinished == 0)
    {
      scope = g_steal_pointer (&self->scope);
      context = g_steal_pointer (&self->context);
    }
  g_mutex_unlock (&self->mutex);
  gctx_crew_unref (self);
}

/* --- The context, and how it ends --- */

/* For the group, and for members that have not left yet. */
GCtxContext *
gctx_crew_get_context (GCtxCrew *self)
{
  return self->context;
}

static gboolean
is_closed_locked (GCtxCrew *self)
{
  return self->error != NULL || self->over;
}

/* Whether a function may still be called. */
gboolean
gctx_crew_is_open (GCtxCrew *self)
{
  gboolean open;

  if (gctx_context_is_done (self->context))
    return FALSE;

  g_mutex_lock (&self->mutex);
  open = !is_closed_locked (self);
  g_mutex_unlock (&self->mutex);

  return open;
}

static GError *
new_over_error (void)
{
  return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "The group has finished");
}

/* Why a function was not called. */
GError *
gctx_crew_get_end_error (GCtxCrew *self)
{
  GError *error = NULL;

  if (gctx_context_check (self->context, &error))
    error = new_over_error ();

  return error;
}

/* Takes @error, and ends the context if it is the first. The context can be done
 * by then only for another reason than an error of ours: that is what a
 * CANCELLED means then. */
void
gctx_crew_fail (GCtxCrew *self,
                GError   *error)
{
  GError *translated = gctx_context_translate_error (self->context, error);
  gboolean first;

  g_error_free (error);

  g_mutex_lock (&self->mutex);
  first = self->error == NULL;
  if (first)
    self->error = translated;
  g_mutex_unlock (&self->mutex);

  if (first)
    gctx_scope_cancel_with_cause (self->scope, translated);
  else
    g_error_free (translated);
}

/* --- Members come and go --- */

static void
count_loop_locked (GCtxCrew     *self,
                   GMainContext *loop,
                   int           change)
{
  int n = GPOINTER_TO_INT (g_hash_table_lookup (self->loops, loop)) + change;

  if (n > 0)
    g_hash_table_insert (self->loops, loop, GINT_TO_POINTER (n));
  else
    g_hash_table_remove (self->loops, loop);
}

/* TRUE for who may go on at once, to be called if it has a turn and to be
 * dismissed if not; FALSE for who stays in the queue until another one leaves. */
gboolean
gctx_crew_join (GCtxCrew      *self,
                GCtxCrewPlace *place)
{
  gboolean closed = gctx_context_is_done (self->context);
  gboolean queued;

  g_mutex_lock (&self->mutex);
  closed = closed || is_closed_locked (self);
  queued = !closed && self->max_running > 0 && self->n_running == self->max_running;
  self->n_unfinished++;
  if (place->loop != NULL)
    {
      count_loop_locked (self, place->loop, 1);
      g_cond_broadcast (&self->changed);
    }
  if (queued)
    {
      g_queue_push_tail (&self->queued, place);
    }
  else if (!closed)
    {
      place->has_turn = TRUE;
      self->n_running++;
    }
  g_mutex_unlock (&self->mutex);

  return !queued;
}

/* After the end those in the queue go on without a turn. */
static void
pass_turns_locked (GCtxCrew *self,
                   gboolean  closed,
                   GQueue   *next)
{
  while (!g_queue_is_empty (&self->queued) && (closed || self->n_running < self->max_running))
    {
      GCtxCrewPlace *other = g_queue_pop_head (&self->queued);

      other->has_turn = !closed;
      self->n_running += other->has_turn;
      g_queue_push_tail (next, other);
    }
}

/* Tells those who wait, and drops what is left where nobody is there to do it.
 * Called with the mutex, returns without it. */
static void
finish_unlock (GCtxCrew *self)
{
  g_autolist (GCtxScope) told = NULL;
  g_autoptr (GCtxScope) scope = NULL;
  g_autoptr (GCtxContext) context = NULL;

  told = g_steal_pointer (&self->watches);
  for (GList *l = told; l != NULL; l = l->next)
    g_object_ref (l->data);
  if (self->dropped)
    {
      scope = g_steal_pointer (&self->scope);
      context = g_steal_pointer (&self->context);
    }
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->mutex);

  for (GList *l = told; l != NULL; l = l->next)
    gctx_scope_cancel (l->data);
}

/* The last that a member does, when all that users can see of it is gone. Gives
 * in @next the places of those who may go on now, as after a join. */
void
gctx_crew_leave (GCtxCrew      *self,
                 GCtxCrewPlace *place,
                 GQueue        *next)
{
  gboolean closed = gctx_context_is_done (self->context);

  g_mutex_lock (&self->mutex);
  closed = closed || is_closed_locked (self);
  if (place->has_turn)
    self->n_running--;
  self->n_unfinished--;
  if (place->loop != NULL)
    count_loop_locked (self, place->loop, -1);
  pass_turns_locked (self, closed, next);

  if (self->n_unfinished == 0)
    finish_unlock (self);
  else
    g_mutex_unlock (&self->mutex);
}

/* --- Waiting --- */

/* Has @told ended when all have finished, unless they have by now: FALSE then.
 * The caller holds it until the unwatch(). */
gboolean
gctx_crew_watch (GCtxCrew  *self,
                 GCtxScope *told)
{
  gboolean watching;

  g_mutex_lock (&self->mutex);
  watching = self->n_unfinished > 0;
  if (watching)
    self->watches = g_list_prepend (self->watches, told);
  g_mutex_unlock (&self->mutex);

  return watching;
}

void
gctx_crew_unwatch (GCtxCrew  *self,
                   GCtxScope *told)
{
  g_mutex_lock (&self->mutex);
  self->watches = g_list_remove (self->watches, told);
  g_mutex_unlock (&self->mutex);
}

/* Waits a moment. If members are left that need the main loop of this thread to
 * finish, and if nobody else runs it, that is to run it: they finish inside it,
 * so it comes back when the last of them does. */
static void
wait_locked (GCtxCrew *self)
{
  GMainContext *main_context = g_main_context_get_thread_default ();

  if (main_context == NULL)
    main_context = g_main_context_default ();

  if (!g_hash_table_contains (self->loops, main_context))
    {
      g_cond_wait (&self->changed, &self->mutex);
    }
  else if (!g_main_context_acquire (main_context))
    {
      g_cond_wait_until (&self->changed, &self->mutex, g_get_monotonic_time () + LOOK_AGAIN_USEC);
    }
  else
    {
      g_mutex_unlock (&self->mutex);
      g_main_context_iteration (main_context, TRUE);
      g_main_context_release (main_context);
      g_mutex_lock (&self->mutex);
    }
}

/* Until all have finished. More may have joined when this comes back. */
void
gctx_crew_wait (GCtxCrew *self)
{
  g_mutex_lock (&self->mutex);
  while (self->n_unfinished > 0)
    wait_locked (self);
  g_mutex_unlock (&self->mutex);
}

/* What every wait ends with, if all have finished: ends the context, and gives
 * the first error there was by then. What joins after that fails, but is no
 * longer this wait's business. FALSE if some have not finished. */
gboolean
gctx_crew_close (GCtxCrew      *self,
                 const GError **error)
{
  gboolean finished;

  g_mutex_lock (&self->mutex);
  finished = self->n_unfinished == 0;
  if (finished)
    {
      self->over = TRUE;
      *error = self->error;
    }
  g_mutex_unlock (&self->mutex);

  if (finished && !gctx_context_is_done (self->context))
    {
      g_autoptr (GError) cause = new_over_error ();

      gctx_scope_cancel_with_cause (self->scope, cause);
    }

  return finished;
}
