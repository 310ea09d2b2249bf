/* gctx-after-func.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "gctx-after-func-private.h"

/* An after-func waits in its node's ring until the node is done (or can't end
 * any more), then as an idle source in its GMainContext. From the first moment
 * it stands in a table by its id, and whoever takes it out of the table owns
 * it: its idle source to run it, or a remover to keep it from running. So
 * exactly one of the two happens.
 *
 * It points to its context without a reference. As long as any is pending the
 * context's dispose () finds that out and leaves the last reference to the
 * after-funcs (gctx_after_func_keep_context ()), so the pointer is good. */
typedef struct
{
  GCtxItem        item;

  /* Immutable. */
  gulong          id;
  GCtxContext    *context;
  GCtxAfterFunc   func;
  gpointer        user_data;
  GDestroyNotify  destroy;
  int             priority;

  /* Under @mutex, which is held around one call on @idle, outside the lock. */
  GMutex          mutex;
  GMainContext   *main_context;   /* given up once the idle source is attached */
  GSource        *idle;
  gboolean        removed;

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

/* The claimed after-func has run or never will: gives back what it held. */
static void
finish (AfterFunc *self)
{
  GCtxContext *context = self->context;
  gboolean drop;

  if (self->destroy != NULL)
    self->destroy (self->user_data);

  gctx_lock ();
  drop = g_atomic_int_dec_and_test (&context->n_after_funcs) && context->kept;
  if (drop)
    context->kept = FALSE;
  gctx_unlock ();

  if (drop)
    g_object_unref (context);
  gctx_item_unref (&self->item);
}

/* The users have dropped their last reference to @context. TRUE where
 * after-funcs are pending, who hold it from now on. */
gboolean
gctx_after_func_keep_context (GCtxContext *context)
{
  gboolean kept;

  if (g_atomic_int_get (&context->n_after_funcs) == 0)
    return FALSE;

  /* Nobody adds one now, but the last one may just be finishing. */
  g_object_ref (context);
  gctx_lock ();
  kept = context->n_after_funcs > 0 && !context->kept;
  if (kept)
    context->kept = TRUE;
  gctx_unlock ();

  if (!kept)
    g_object_unref (context);

  return kept;
}

static gboolean
on_idle (gpointer user_data)
{
  AfterFunc *self = user_data;

  if (!claim (self))
    return G_SOURCE_REMOVE;

  if (!g_atomic_int_get (&self->abandoned))
    self->func (self->context, self->user_data);
  finish (self);

  return G_SOURCE_REMOVE;
}

/* The idle source is gone: it has run, was removed, or went with its
 * GMainContext. */
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
  GMainContext *main_context = NULL;

  g_mutex_lock (&self->mutex);
  if (self->idle == NULL && !self->removed)
    {
      gctx_item_ref (item);
      self->idle = g_idle_source_new ();
      g_source_set_static_name (self->idle, "GCtxAfterFunc");
      g_source_set_priority (self->idle, self->priority);
      g_source_set_callback (self->idle, on_idle, self, on_idle_destroyed);
      g_source_attach (self->idle, self->main_context);
      main_context = g_steal_pointer (&self->main_context);
    }
  g_mutex_unlock (&self->mutex);

  g_clear_pointer (&main_context, g_main_context_unref);
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

  g_clear_pointer (&self->idle, g_source_unref);
  g_clear_pointer (&self->main_context, g_main_context_unref);
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
 * @destroy: (nullable): what frees @user_data
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
 * @destroy: (nullable): what frees @user_data
 *
 * Calls @func once after @self is done, in @context.
 *
 * It is never called inside this function, nor inside the call that ends
 * @self; where @self is done already it is queued at once. It holds @self and
 * is given it.
 *
 * @destroy is called after @func, or instead of it where it was removed, where
 * @context was destroyed before, or when nothing can end @self any more (no
 * scope object is left on its path, it has no deadline and watches no foreign
 * cancellable). That happens in the thread that adds or removes or in
 * @context, never elsewhere.
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
  after_func->context = self;
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
  g_atomic_int_inc (&self->n_after_funcs);
  if (done)
    gctx_item_ref (&after_func->item);   /* it may have run before it is told */
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
  GSource *idle;

  g_return_val_if_fail (gctx_is_context (self), FALSE);

  gctx_lock ();
  after_func = after_funcs != NULL ? g_hash_table_lookup (after_funcs, GSIZE_TO_POINTER (id)) : NULL;
  if (after_func != NULL &&
      (after_func->context != self || g_atomic_int_get (&after_func->abandoned)))
    after_func = NULL;
  if (after_func != NULL)
    claim_locked (after_func);
  gctx_unlock ();

  if (after_func == NULL)
    return FALSE;

  g_mutex_lock (&after_func->mutex);
  after_func->removed = TRUE;
  idle = after_func->idle != NULL ? g_source_ref (after_func->idle) : NULL;
  g_mutex_unlock (&after_func->mutex);

  if (idle != NULL)
    {
      g_source_destroy (idle);
      g_source_unref (idle);
    }
  finish (after_func);

  return TRUE;
}
