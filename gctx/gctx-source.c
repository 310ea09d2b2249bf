/* gctx-source.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "gctx-source.h"

#include "gctx-context-private.h"

/* What a node tells when a source waits for it. The source may be destroyed in
 * another thread meanwhile, and GSource offers no safe way from a pointer to a
 * reference. So the node wakes a child source of it, to which it holds a
 * reference: that one is destroyed together with its parent, says so, and is
 * let go. */
typedef struct
{
  GCtxItem item;
  GMutex   mutex;      /* outside the lock, around one call on @wake */
  GSource *wake;       /* NULL once the source is destroyed or disposed */
  gint     prepared;   /* atomic: attached for sure, a loop has looked at it */
} SourceItem;

typedef struct
{
  GSource      source;
  GCtxContext *context;
  SourceItem  *item;
} GCtxSource;

static void
source_item_tell (GCtxItem *item)
{
  SourceItem *self = (SourceItem *) item;

  /* A source that is just being attached in another thread must be left alone:
   * g_source_attach () writes what waking it would read. Whoever attaches wakes
   * the loop, which asks source_prepare (). */
  if (!g_atomic_int_get (&self->prepared))
    return;

  g_mutex_lock (&self->mutex);
  if (self->wake != NULL)
    g_source_set_ready_time (self->wake, 0);
  g_mutex_unlock (&self->mutex);
}

static void
source_item_free (GCtxItem *item)
{
  g_mutex_clear (&((SourceItem *) item)->mutex);
  g_free (item);
}

static const GCtxItemClass source_item_class = {
  .tell = source_item_tell,
  .free = source_item_free,
};

/* Nobody waits any more. */
static void
source_item_stop (SourceItem *self)
{
  GSource *wake;

  gctx_lock ();
  gctx_item_unlist_locked (&self->item);
  gctx_unlock ();

  g_mutex_lock (&self->mutex);
  wake = g_steal_pointer (&self->wake);
  g_mutex_unlock (&self->mutex);

  g_clear_pointer (&wake, g_source_unref);
}

/* Being ready makes the parent ready, which does the work. */
static gboolean
wake_dispatch (GSource     *source,
               GSourceFunc  callback,
               gpointer     user_data)
{
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs wake_funcs = {
  .dispatch = wake_dispatch,
};

static void
on_wake_destroyed (gpointer user_data)
{
  SourceItem *item = user_data;

  source_item_stop (item);
  gctx_item_unref (&item->item);
}

static void
add_wake (GSource    *source,
          SourceItem *item)
{
  item->wake = g_source_new (&wake_funcs, sizeof (GSource));
  g_source_set_static_name (item->wake, "GCtxContext done");
  item->item.ref_count++;   /* nobody else knows it yet */
  g_source_set_callback (item->wake, (GSourceFunc) (GCallback) on_wake_destroyed,
                         item, on_wake_destroyed);
  g_source_add_child_source (source, item->wake);
}

/* Marking comes before waking. So either the loop sees the mark here, or
 * whoever wakes sees that it was here. */
static gboolean
source_prepare (GSource *source,
                gint    *timeout_msec)
{
  GCtxSource *self = (GCtxSource *) source;

  *timeout_msec = -1;
  if (!g_atomic_int_get (&self->item->prepared))
    g_atomic_int_set (&self->item->prepared, TRUE);

  return !gctx_node_is_live (self->context->node);
}

static gboolean
source_dispatch (GSource     *source,
                 GSourceFunc  callback,
                 gpointer     user_data)
{
  GCtxSource *self = (GCtxSource *) source;

  if (callback == NULL)
    g_warning ("A source of a context was dispatched without a callback. "
               "You must call g_source_set_callback ().");
  else
    ((GCtxSourceFunc) (GCallback) callback) (self->context, user_data);

  return G_SOURCE_REMOVE;
}

static gboolean
source_closure_callback (GCtxContext *context,
                         gpointer     user_data)
{
  GValue result = G_VALUE_INIT;
  GValue param = G_VALUE_INIT;

  g_value_init (&result, G_TYPE_BOOLEAN);
  g_value_init (&param, GCTX_TYPE_CONTEXT);
  g_value_set_object (&param, context);

  g_closure_invoke (user_data, &result, 1, &param, NULL);

  g_value_unset (&param);
  g_value_unset (&result);

  return G_SOURCE_REMOVE;
}

static void
source_finalize (GSource *source)
{
  GCtxSource *self = (GCtxSource *) source;

  source_item_stop (self->item);
  gctx_item_unref (&self->item->item);
  g_object_unref (self->context);
}

static GSourceFuncs source_funcs = {
  .prepare = source_prepare,
  .dispatch = source_dispatch,
  .finalize = source_finalize,
  .closure_callback = (GSourceFunc) (GCallback) source_closure_callback,
  .closure_marshal = (GSourceDummyMarshal) (GCallback) g_cclosure_marshal_generic,
};

/**
 * gctx_context_create_source:
 * @self: a context
 *
 * Makes a source that is ready once @self is done, for a
 * [struct@GLib.MainContext] of your choice. Its callback is a
 * [callback@GCtx.SourceFunc]; it fires once and is then removed.
 *
 * The source holds @self. It is ready at once where @self is done already, and
 * never where nothing can end @self. In most programs
 * [method@GCtx.Context.add_after_func] is shorter.
 *
 * May be called from any thread, and the source may be destroyed in any.
 *
 * Returns: (transfer full): the new source, not attached yet
 *
 * Since: 1.0
 */
GSource *
gctx_context_create_source (GCtxContext *self)
{
  GSource *source;
  SourceItem *item;
  gboolean done;

  g_return_val_if_fail (gctx_is_context (self), NULL);

  item = g_new0 (SourceItem, 1);
  gctx_item_init (&item->item, &source_item_class, self->node);
  g_mutex_init (&item->mutex);

  source = g_source_new (&source_funcs, sizeof (GCtxSource));
  g_source_set_static_name (source, "GCtxContext");
  ((GCtxSource *) source)->context = g_object_ref (self);
  ((GCtxSource *) source)->item = item;
  add_wake (source, item);

  done = gctx_node_is_done (self->node);
  gctx_lock ();
  done = done || !gctx_node_is_live (self->node);
  if (!done)
    gctx_item_list_locked (&item->item);
  gctx_unlock ();

  return source;
}
