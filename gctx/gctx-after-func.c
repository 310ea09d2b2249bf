/* gctx-after-func.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "gctx-after-func.h"

#include "gctx-context-private.h"
#include "gctx-current-private.h"
#include "gctx-scope.h"
#include "gctx-weak-private.h"

/* An after-func waits in its node's ring until the node is done (or can't end
 * any more), then as an idle source in its GMainContext. From the first moment
 * it stands in a table by its id, and whoever takes it out of the table owns
 * it: its idle source to run it, or a remover to keep it from running. So
 * exactly one of the two happens.
 *
 * It holds its context. A scope it holds only once it is queued: until then it
 * must show that the users have dropped the scope, or one that they forgot
 * would be held by its own after-funcs for ever. Meanwhile it holds a plain
 * context, another face of the same node and values, and passes that on where
 * the scope is gone. */
typedef struct
{
  GCtxItem        item;

  /* Immutable, but for the one who has claimed it. */
  gulong          id;
  gpointer        owner;          /* what it was added to; only to compare */
  GCtxContext    *context;
  GCtxWeak       *scope;          /* or NULL */
  GCtxAfterFunc   func;
  gpointer        user_data;
  GDestroyNotify  destroy;
  int             priority;

  /* Under @mutex, which is held around attaching, outside the lock. */
  GMutex          mutex;
  GMainContext   *main_context;   /* NULL once the idle source is attached */
  GCtxContext    *held_scope;     /* from then on, where there is one */

  gint            abandoned;      /* atomic: only @destroy is to be called */
} AfterFunc;

/* Under the lock: those that were neither run nor removed, by id. The table
 * holds a reference. */
static GHashTable *after_funcs = NULL;
static gulong last_id = 0;

static gboolean
claim_locked (AfterFunc *self)
{
  if (!g_hash_table_steal (after_funcs, GSIZE_TO_POINTER (self->id)))
    return FALSE;

  gctx_item_unlist_locked (&self->item);

  return TRUE;
}

static gboolean
claim (AfterFunc *self)
{
  gboolean claimed;

  gctx_lock ();
  claimed = claim_locked (self);
  gctx_unlock ();

  return claimed;
}

/* The claimed after-func has run or never will: lets go of all that it holds.
 * A delivery may still have it on its list, and finds nothing to attach. */
static void
finish (AfterFunc *self)
{
  GMainContext *main_context;
  GCtxContext *held_scope;

  if (self->destroy != NULL)
    self->destroy (self->user_data);

  g_mutex_lock (&self->mutex);
  main_context = g_steal_pointer (&self->main_context);
  held_scope = g_steal_pointer (&self->held_scope);
  g_mutex_unlock (&self->mutex);

  g_clear_pointer (&main_context, g_main_context_unref);
  g_clear_object (&held_scope);
  g_clear_object (&self->context);
  gctx_item_unref (&self->item);
}

static void
run (AfterFunc *self)
{
  GCtxContext *context = self->held_scope != NULL ? self->held_scope : self->context;
  guint depth = gctx_current_enter_done (context);

  self->func (context, self->user_data);
  gctx_current_leave (depth);
}

static gboolean
on_idle (gpointer user_data)
{
  AfterFunc *self = user_data;

  if (claim (self))
    {
      if (!g_atomic_int_get (&self->abandoned))
        run (self);
      finish (self);
    }

  return G_SOURCE_REMOVE;
}

/* The idle source is gone: it has run, or went with its GMainContext. */
static void
on_idle_destroyed (gpointer user_data)
{
  AfterFunc *self = user_data;

  if (claim (self))
    finish (self);
  gctx_item_unref (&self->item);
}

static void
after_func_tell (GCtxItem *item)
{
  AfterFunc *self = (AfterFunc *) item;
  GCtxContext *scope = self->scope != NULL ? gctx_weak_look (self->scope) : NULL;
  GMainContext *main_context;

  g_mutex_lock (&self->mutex);
  main_context = g_steal_pointer (&self->main_context);
  if (main_context != NULL)
    {
      GSource *idle = g_idle_source_new ();

      gctx_lock ();
      gctx_item_ref_locked (item);
      gctx_unlock ();
      self->held_scope = g_steal_pointer (&scope);
      g_source_set_static_name (idle, "GCtxAfterFunc");
      g_source_set_priority (idle, self->priority);
      g_source_set_callback (idle, on_idle, self, on_idle_destroyed);
      g_source_attach (idle, main_context);
      g_source_unref (idle);
    }
  g_mutex_unlock (&self->mutex);

  /* The GMainContext holds its idle source: not the other way round any more. */
  g_clear_pointer (&main_context, g_main_context_unref);
  g_clear_object (&scope);
}

static void
after_func_abandon (GCtxItem *item)
{
  g_atomic_int_set (&((AfterFunc *) item)->abandoned, TRUE);
  after_func_tell (item);
}

static void
after_func_free (GCtxItem *item)
{
  AfterFunc *self = (AfterFunc *) item;

  g_clear_pointer (&self->main_context, g_main_context_unref);
  g_clear_pointer (&self->scope, gctx_weak_free);
  g_clear_object (&self->context);
  g_mutex_clear (&self->mutex);
  g_free (self);
}

static const GCtxItemClass after_func_class = {
  .tell = after_func_tell,
  .abandon = after_func_abandon,
  .free = after_func_free,
};

/**
 * gctx_context_add_after_func:
 * @self: a context
 * @func: (scope notified) (closure user_data) (destroy destroy): what to call
 * @user_data: the data for @func
 * @destroy: (nullable): what frees @user_data; `NULL` if nothing does
 *
 * Calls @func once after @self is done, in the [struct@GLib.MainContext] that
 * is thread-default here, at the default priority: see
 * [method@GCtx.Context.add_after_func_full].
 *
 * Returns: an id for [method@GCtx.Context.remove_after_func]; 0 where nothing
 *   can end @self, in which case @destroy has been called
 *
 * Since: 1.0
 */
gulong
gctx_context_add_after_func (GCtxContext    *self,
                             GCtxAfterFunc   func,
                             gpointer        user_data,
                             GDestroyNotify  destroy)
{
  GMainContext *main_context;
  gulong id;

  g_return_val_if_fail (gctx_is_context (self), 0);
  g_return_val_if_fail (func != NULL, 0);

  main_context = g_main_context_ref_thread_default ();
  id = gctx_context_add_after_func_full (self, main_context, G_PRIORITY_DEFAULT,
                                         func, user_data, destroy);
  g_main_context_unref (main_context);

  return id;
}

/**
 * gctx_context_add_after_func_full:
 * @self: a context
 * @context: (nullable): where to call @func; %NULL for the default main context
 * @priority: the priority of the call among the sources of @context
 * @func: (scope notified) (closure user_data) (destroy destroy): what to call
 * @user_data: the data for @func
 * @destroy: (nullable): what frees @user_data; `NULL` if nothing does
 *
 * Calls @func once after @self is done, in @context.
 *
 * Inside @func the context that it is given is the current one: see
 * [func@GCtx.Context.get_current].
 *
 * It is never called inside this function, nor inside the call that ends
 * @self; where @self is done already it is queued at once. It holds @self and
 * is given it. A scope it does not hold before it is queued, so that one that
 * was forgotten goes; where @self was a scope and is gone by then, @func is
 * given a plain context of the same values.
 *
 * @destroy is called after @func, or instead of it where it was removed, where
 * @context was destroyed before, or when nothing can end @self any more (no
 * scope object is left on its path, it has no deadline and watches no
 * cancellable). That happens in the thread that adds or removes or in
 * @context, never elsewhere; where nobody holds @context any more that is the
 * thread that dropped it last.
 *
 * What [func@GCtx.Context.from_cancellable] made watches a cancellable, and
 * holds it, so that an after-func on it waits until that is cancelled, though
 * nobody else may be left who could do it: remove it when it is of no use any
 * more.
 *
 * May be called from any thread.
 *
 * Returns: an id for [method@GCtx.Context.remove_after_func]; 0 where nothing
 *   can end @self, in which case @destroy has been called
 *
 * Since: 1.0
 */
gulong
gctx_context_add_after_func_full (GCtxContext    *self,
                                  GMainContext   *context,
                                  int             priority,
                                  GCtxAfterFunc   func,
                                  gpointer        user_data,
                                  GDestroyNotify  destroy)
{
  AfterFunc *after_func;
  gulong id;
  gboolean done;

  g_return_val_if_fail (gctx_is_context (self), 0);
  g_return_val_if_fail (func != NULL, 0);

  after_func = g_new0 (AfterFunc, 1);
  gctx_item_init (&after_func->item, &after_func_class, self->node);
  after_func->owner = self;
  if (GCTX_IS_SCOPE (self))
    {
      after_func->context =
        gctx_context_new_take (gctx_node_ref (self->node),
                               gctx_value_map_ref (self->values));
      if (!gctx_weak_is_looking ())
        after_func->scope = gctx_weak_new (self);
    }
  else
    {
      after_func->context = g_object_ref (self);
    }
  after_func->func = func;
  after_func->user_data = user_data;
  after_func->destroy = destroy;
  after_func->priority = priority;
  after_func->main_context = g_main_context_ref (context != NULL ? context : g_main_context_default ());
  g_mutex_init (&after_func->mutex);

  done = gctx_node_is_done (self->node);

  gctx_lock ();
  done = done || !gctx_node_is_live (self->node);
  if (!done && !gctx_node_can_end (self->node))
    {
      gctx_unlock ();
      if (destroy != NULL)
        destroy (user_data);
      gctx_item_unref (&after_func->item);
      return 0;
    }

  if (after_funcs == NULL)
    after_funcs = g_hash_table_new (NULL, NULL);
  id = after_func->id = ++last_id;
  g_hash_table_insert (after_funcs, GSIZE_TO_POINTER (id), after_func);
  if (done)
    gctx_item_ref_locked (&after_func->item);   /* it may have run before it is told */
  else
    gctx_item_list_locked (&after_func->item);
  gctx_unlock ();

  if (done)
    {
      after_func_tell (&after_func->item);
      gctx_item_unref (&after_func->item);
    }

  return id;
}

/**
 * gctx_context_remove_after_func:
 * @self: a context
 * @id: what adding it to @self returned
 *
 * Keeps an after-func from running, and calls its destroy function in here.
 *
 * May be called from any thread, also from inside an after-func.
 *
 * Returns: %TRUE only for the call that kept it from running; %FALSE if it has
 *   started or was removed before, which does not mean that it has finished
 *
 * Since: 1.0
 */
gboolean
gctx_context_remove_after_func (GCtxContext *self,
                                gulong       id)
{
  AfterFunc *after_func;

  g_return_val_if_fail (gctx_is_context (self), FALSE);

  gctx_lock ();
  after_func = after_funcs != NULL ? g_hash_table_lookup (after_funcs, GSIZE_TO_POINTER (id)) : NULL;
  if (after_func != NULL &&
      (after_func->owner != self || g_atomic_int_get (&after_func->abandoned)))
    after_func = NULL;
  if (after_func != NULL)
    claim_locked (after_func);
  gctx_unlock ();

  if (after_func == NULL)
    return FALSE;

  /* An idle source that is attached already finds nothing to run. It is left to
   * its GMainContext, which may be on its way out in another thread. */
  finish (after_func);

  return TRUE;
}
