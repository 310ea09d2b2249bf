/* gctx-cancellable.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "gctx-cancellable-private.h"

#include "gctx-adoption-private.h"

/* The GCancellable that GIO is given. It holds its node, so that it stays in
 * force after the context is gone, and the values, so that they cross code
 * that only knows GCancellable. */
typedef struct
{
  GCancellable  parent_instance;

  GCtxNode     *node;
  GCtxValueMap *values;
  GCtxHandout  *handout;
} GCtxCancellable;

typedef struct
{
  GCancellableClass parent_class;
} GCtxCancellableClass;

static GType gctx_cancellable_get_type (void);

G_DEFINE_TYPE (GCtxCancellable, gctx_cancellable, G_TYPE_CANCELLABLE)

/* The node's side of it: a plain struct, because no object that users can see
 * may be referenced under the lock. It points to the cancellable without a
 * reference. A delivery counts itself in @tellers before it uses the pointer;
 * a cancellable whose last reference goes meanwhile finds that out in its
 * dispose () and leaves a reference to the last of the tellers. Without any it
 * clears the pointer. (A GWeakRef won't do: g_weak_ref_get () holds a lock of
 * GLib while it takes its reference, and a toggle notify runs inside.) */
struct _GCtxHandout
{
  GCtxItem      item;

  /* Under the lock. */
  GCancellable *target;    /* NULL once it is gone; tellers may read it without the lock */
  guint         tellers;   /* deliveries that have listed it */
  gboolean      orphan;    /* the last teller drops a reference of @target */

  /* Where it is the context's current or former one. Under the lock. */
  GCancellable *owned;     /* the reference of the context */
  GCtxHandout  *next;      /* handed out earlier by the same context */
};

static void
handout_begin (GCtxItem *item)
{
  ((GCtxHandout *) item)->tellers++;
}

static void
handout_tell (GCtxItem *item)
{
  GCtxHandout *self = (GCtxHandout *) item;

  if (self->target != NULL)
    g_cancellable_cancel (self->target);
}

/* The last teller of an orphan leaves this flag to itself. */
#define DROP_TARGET 1

static void
handout_end (GCtxItem *item)
{
  GCtxHandout *self = (GCtxHandout *) item;

  if (--self->tellers == 0 && self->orphan)
    {
      self->orphan = FALSE;
      item->flags |= DROP_TARGET;
    }
}

static void
handout_settle (GCtxItem *item)
{
  GCtxHandout *self = (GCtxHandout *) item;
  GCancellable *target = NULL;

  gctx_lock ();
  if (item->flags & DROP_TARGET)
    {
      item->flags &= ~DROP_TARGET;
      target = self->target;
    }
  gctx_unlock ();

  g_clear_object (&target);
}

static void
handout_free (GCtxItem *item)
{
  g_free (item);
}

static const GCtxItemClass handout_class = {
  .begin = handout_begin,
  .tell = handout_tell,
  .end = handout_end,
  .settle = handout_settle,
  .free = handout_free,
};

/* --- The class --- */

static void
gctx_cancellable_dispose (GObject *object)
{
  GCtxHandout *handout = ((GCtxCancellable *) object)->handout;
  gboolean kept;

  g_object_ref (object);
  gctx_lock ();
  kept = handout->tellers > 0 && !handout->orphan;
  if (kept)
    {
      handout->orphan = TRUE;
    }
  else if (handout->tellers == 0)
    {
      handout->target = NULL;
      gctx_item_unlist_locked (&handout->item);
    }
  gctx_unlock ();

  if (kept)
    return;

  g_object_unref (object);
  G_OBJECT_CLASS (gctx_cancellable_parent_class)->dispose (object);
}

static void
gctx_cancellable_finalize (GObject *object)
{
  GCtxCancellable *self = (GCtxCancellable *) object;

  gctx_item_unref (&self->handout->item);
  if (self->values != NULL)
    gctx_value_map_unref (self->values);
  gctx_node_unref (self->node);

  G_OBJECT_CLASS (gctx_cancellable_parent_class)->finalize (object);
}

static void
gctx_cancellable_class_init (GCtxCancellableClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = gctx_cancellable_dispose;
  object_class->finalize = gctx_cancellable_finalize;
}

/* A bare one belongs to the background. */
static void
gctx_cancellable_init (GCtxCancellable *self)
{
  self->node = gctx_node_background ();
  self->handout = g_new0 (GCtxHandout, 1);
  self->handout->target = &self->parent_instance;
  gctx_item_init (&self->handout->item, &handout_class, self->node);
}

static GCtxCancellable *
cancellable_new (GCtxContext *context)
{
  GCtxCancellable *self = g_object_new (gctx_cancellable_get_type (), NULL);

  self->node = gctx_node_ref (context->node);
  self->handout->item.node = self->node;
  if (context->values != NULL)
    self->values = gctx_value_map_ref (context->values);

  return self;
}

/* The context that handed these out is being finalized. Who else holds one
 * keeps it in force. */
void
gctx_handout_free_all (GCtxHandout *handouts)
{
  while (handouts != NULL)
    {
      GCtxHandout *handout = handouts;
      GCancellable *owned = g_steal_pointer (&handout->owned);

      handouts = handout->next;
      g_object_unref (owned);
      gctx_item_unref (&handout->item);
    }
}

/* --- The public functions --- */

/* Live contexts need one that is not cancelled, done ones one that is. */
static inline gboolean
is_current (GCtxHandout *handout,
            gboolean     done)
{
  return handout != NULL && g_cancellable_is_cancelled (handout->owned) == done;
}

/**
 * gctx_context_get_cancellable:
 * @self: a context
 *
 * The cancellable to hand to GIO: it is cancelled when @self is done.
 *
 * It keeps its force after @self is unreferenced: an operation that holds it
 * still ends at the deadline of @self and with its parents. In the other
 * direction it has none: cancelling it ends what was given it, never @self.
 * Where somebody did that, or reset one after the end, the next call returns a
 * fresh one; the earlier ones stay valid as long as @self.
 *
 * Once @self is done, be it by a deadline that passed just now, the result is
 * cancelled already. May be called from any thread.
 *
 * What GIO reports is always %G_IO_ERROR_CANCELLED: pass its errors through
 * [method@GCtx.Context.propagate_error] or
 * [method@GCtx.Context.translate_error].
 *
 * Returns: (transfer none) (nullable): the cancellable; %NULL, which GIO
 *   accepts, where @self can never be done
 *
 * Since: 1.0
 */
GCancellable *
gctx_context_get_cancellable (GCtxContext *self)
{
  GCtxCancellable *fresh = NULL;
  GCancellable *result = NULL;

  g_return_val_if_fail (gctx_is_context (self), NULL);

  while (result == NULL)
    {
      gboolean done = gctx_node_is_done (self->node);

      gctx_lock ();
      done = done || !gctx_node_is_live (self->node);
      if (is_current (self->handouts, done))
        {
          result = self->handouts->owned;
        }
      else if (!done && self->handouts == NULL && !gctx_node_can_end (self->node))
        {
          gctx_unlock ();
          break;
        }
      else if (fresh != NULL && g_cancellable_is_cancelled (&fresh->parent_instance) == done)
        {
          GCtxHandout *handout = fresh->handout;

          gctx_item_ref (&handout->item);
          handout->next = self->handouts;
          handout->owned = &fresh->parent_instance;
          self->handouts = handout;
          if (!done)
            gctx_item_list_locked (&handout->item);
          result = handout->owned;
          fresh = NULL;
        }
      gctx_unlock ();

      if (result == NULL)
        {
          if (fresh == NULL)
            fresh = cancellable_new (self);
          if (done)
            g_cancellable_cancel (&fresh->parent_instance);
        }
    }

  g_clear_object (&fresh);

  return result;
}

/**
 * gctx_context_create_cancellable:
 * @self: a context
 *
 * Makes a cancellable for a callee that may cancel what it is given, and keeps
 * that apart from all others.
 *
 * Otherwise it is like that of [method@GCtx.Context.get_cancellable]. May be
 * called from any thread.
 *
 * Returns: (transfer full) (nullable): a new cancellable; %NULL, which GIO
 *   accepts, where @self can never be done
 *
 * Since: 1.0
 */
GCancellable *
gctx_context_create_cancellable (GCtxContext *self)
{
  GCtxCancellable *fresh;
  gboolean done;

  g_return_val_if_fail (gctx_is_context (self), NULL);

  done = gctx_node_is_done (self->node);
  if (!done && !gctx_node_can_end (self->node))
    return NULL;

  fresh = cancellable_new (self);

  gctx_lock ();
  done = !gctx_node_is_live (self->node);
  if (!done)
    gctx_item_list_locked (&fresh->handout->item);
  gctx_unlock ();

  if (done)
    g_cancellable_cancel (&fresh->parent_instance);

  return &fresh->parent_instance;
}

/**
 * gctx_context_from_cancellable:
 * @cancellable: (nullable): a cancellable, or %NULL
 *
 * The way back from a cancellable to a context, for code that is given nothing
 * else.
 *
 * One that came from a context leads to that context's values and deadline.
 * The result is done when that context is, or when this very cancellable is
 * cancelled by anyone. Any other cancellable is watched: the result is done
 * when it is cancelled, and stays so if it is reset afterwards. %NULL gives
 * [func@GCtx.Context.background] itself.
 *
 * What follows from the end of a foreign cancellable is not delivered inside
 * its `cancelled` signal but right after, by the home of the calling thread or
 * a thread of the library: see [Threads and homes](threads-and-homes.html).
 *
 * Returns: (transfer full): a context, never a scope
 *
 * Since: 1.0
 */
GCtxContext *
gctx_context_from_cancellable (GCancellable *cancellable)
{
  GCtxNode *node, *parent = gctx_node_background ();
  GCtxValueMap *values = NULL;

  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  if (cancellable == NULL)
    return g_object_ref (gctx_context_background ());

  if (G_TYPE_CHECK_INSTANCE_TYPE (cancellable, gctx_cancellable_get_type ()))
    {
      GCtxCancellable *known = (GCtxCancellable *) cancellable;

      parent = known->node;
      if (known->values != NULL)
        values = gctx_value_map_ref (known->values);
    }

  node = gctx_node_new (GCTX_NODE_CANCELLABLE);
  if (g_cancellable_is_cancelled (cancellable))
    {
      gctx_node_plant (node, parent, G_MAXINT64, NULL);
      gctx_node_cancel (node, NULL);
    }
  else
    {
      gctx_node_ensure_extra (node)->adoption = gctx_adoption_new (cancellable);
      gctx_node_plant (node, parent, G_MAXINT64, NULL);
      gctx_adoption_attach (node->extra->adoption, node);
    }

  return gctx_context_new_take (node, values);
}
