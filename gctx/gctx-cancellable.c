/* gctx-cancellable.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "gctx-cancellable-private.h"

#include "gctx-adoption-private.h"
#include "gctx-weak-private.h"

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

/* Where a class is made GLib marks the one above by a plain write, which whoever
 * makes a GCancellable reads. Threads of the library do that, so this comes
 * before there are any. */
void
gctx_cancellable_make_class (void)
{
  g_type_class_ref (gctx_cancellable_get_type ());
}

/* The node's side of it: a plain struct, because no object that users can see
 * may be referenced under the lock.
 *
 * While the context lives it owns the cancellable through @owned. Afterwards
 * only @weak leads there, for as long as somebody else holds it. (A plain
 * pointer, cleared in dispose (), is no way out: before 2.80 g_object_unref ()
 * still touches an object that another thread has just got hold of there.)
 * The change from the one to the other may meet a delivery that has listed the
 * handout and is about to use @owned: then the reference stays, and the last
 * such delivery drops it. */
struct _GCtxHandout
{
  GCtxItem      item;

  /* Under the lock; those that count in @tellers may read it without. */
  GCancellable *owned;     /* NULL once the context is gone */

  /* Under the lock. */
  guint         tellers;   /* deliveries that have listed it */

  /* Atomic. */
  guint8        telling;   /* somebody is inside g_cancellable_cancel () for us */

  /* Under the lock. */
  guint8        orphan;    /* the last teller drops @owned */

  union
  {
    GCtxHandout *next;     /* while the context lives: what it handed out before this */
    GCtxWeak    *weak;     /* then: set before @owned is given up; those in @tellers read it without the lock */
  };
};

/* There may be a hundred thousand, told one after the other. */
G_STATIC_ASSERT (sizeof (void *) != 8 || sizeof (GCtxHandout) == 64);

static void
handout_begin (GCtxItem *item)
{
  ((GCtxHandout *) item)->tellers++;
}

/* On GLib >= 2.84 handlers run with the cancellable's mutex held, and a second
 * g_cancellable_cancel () that has just missed the flag waits for all of them:
 * for ever, if one of them waits for its caller. So of several tellers one
 * calls it and the others look for the flag, which is set before any foreign
 * code runs: a toggle notify can't come first, because each of them holds a
 * reference. */
static void
cancel_by_one (GCtxHandout  *self,
               GCancellable *cancellable)
{
  for (guint i = 0; TRUE; i++)
    {
      if (!__atomic_exchange_n (&self->telling, TRUE, __ATOMIC_ACQUIRE))
        {
          g_cancellable_cancel (cancellable);
          __atomic_store_n (&self->telling, FALSE, __ATOMIC_RELEASE);
          return;
        }
      if (g_cancellable_is_cancelled (cancellable))
        return;

      /* A thread of a better priority must not keep the other from going on. */
      if (i < 100)
        g_thread_yield ();
      else
        g_usleep (50);
    }
}

static void
handout_tell (GCtxItem *item)
{
  GCtxHandout *self = (GCtxHandout *) item;
  GCancellable *cancellable;

  if (self->owned != NULL)
    {
      cancel_by_one (self, self->owned);
      return;
    }

  cancellable = gctx_weak_look (self->weak);
  if (cancellable == NULL)
    return;

  cancel_by_one (self, cancellable);
  g_object_unref (cancellable);
}

static GObject *
handout_end (GCtxItem *item)
{
  GCtxHandout *self = (GCtxHandout *) item;

  if (--self->tellers > 0 || !self->orphan)
    return NULL;

  return (GObject *) g_steal_pointer (&self->owned);
}

static void
handout_free (GCtxItem *item)
{
  GCtxHandout *self = (GCtxHandout *) item;

  g_assert (self->owned == NULL);

  g_clear_pointer (&self->weak, gctx_weak_free);
  g_slice_free (GCtxHandout, self);
}

static const GCtxItemClass handout_class = {
  .begin = handout_begin,
  .tell = handout_tell,
  .end = handout_end,
  .free = handout_free,
};

/* --- The class --- */

static void
gctx_cancellable_finalize (GObject *object)
{
  GCtxCancellable *self = (GCtxCancellable *) object;
  gboolean was_last;

  gctx_lock ();
  gctx_item_unlist_locked (&self->handout->item);
  was_last = gctx_item_unref_locked (&self->handout->item);
  gctx_unlock ();

  if (was_last)
    handout_free (&self->handout->item);
  gctx_value_map_unref (self->values);
  gctx_node_unref (self->node);

  ((GObjectClass *) gctx_cancellable_parent_class)->finalize (object);
}

static void
gctx_cancellable_class_init (GCtxCancellableClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = gctx_cancellable_finalize;
}

/* A bare one belongs to the background. */
static void
gctx_cancellable_init (GCtxCancellable *self)
{
  self->node = gctx_node_background ();
  self->handout = g_slice_alloc0 (sizeof (GCtxHandout));
  gctx_item_init (&self->handout->item, &handout_class, self->node);
}

static GCtxCancellable *
cancellable_new (GCtxContext *context)
{
  GCtxCancellable *self = g_object_new (gctx_cancellable_get_type (), NULL);

  self->node = gctx_node_ref (context->node);
  self->handout->item.node = self->node;
  self->values = gctx_value_map_ref (context->values);

  return self;
}

/* The context is gone, or never owned this one: from now on it is in force as
 * long as somebody else holds it. Drops the context's reference of the item. */
static void
handout_release (gpointer data)
{
  GCtxHandout *self = data;
  GCancellable *owned = NULL;
  gboolean was_last;

  gctx_lock ();
  /* What is not listed will not be told any more. */
  if (self->item.next != NULL)
    {
      GCtxWeak *weak;

      gctx_unlock ();
      if (gctx_weak_is_looking ())
        {
          gctx_weak_do_later (handout_release, self);
          return;
        }
      weak = gctx_weak_new (self->owned);
      gctx_lock ();
      self->weak = weak;
    }
  if (self->tellers > 0)
    self->orphan = TRUE;
  else
    owned = g_steal_pointer (&self->owned);
  was_last = gctx_item_unref_locked (&self->item);
  gctx_unlock ();

  g_clear_object (&owned);
  if (was_last)
    handout_free (&self->item);
}

/* The context that handed these out is being finalized. */
void
gctx_handout_free_all (GCtxHandout *handouts)
{
  while (handouts != NULL)
    {
      GCtxHandout *handout = handouts;

      handouts = g_steal_pointer (&handout->next);
      handout_release (handout);
    }
}

gboolean
gctx_cancellable_is_bare (GCancellable *cancellable)
{
  static guint cached_signal = 0;
  guint cancelled_signal = g_atomic_int_get (&cached_signal);
  GData *data = g_atomic_pointer_get (&((GObject *) cancellable)->qdata);

  if (cancelled_signal == 0)
    {
      cancelled_signal = g_signal_lookup ("cancelled", G_TYPE_CANCELLABLE);
      g_atomic_int_set (&cached_signal, cancelled_signal);
    }

  return ((gsize) data & ~(gsize) G_DATALIST_FLAGS_MASK) == 0 &&
         !g_signal_has_handler_pending (cancellable, cancelled_signal, 0, TRUE);
}

/* FALSE where the context has ended meanwhile: then it is told here. */
static gboolean
put_back (GCtxContext *context,
          GCtxHandout *handout)
{
  gboolean is_live;

  gctx_lock ();
  is_live = gctx_node_is_live (context->node);
  if (is_live)
    {
      handout->next = context->handouts;
      g_atomic_pointer_set (&context->handouts, handout);
      gctx_item_list_locked (&handout->item);
    }
  gctx_unlock ();

  if (!is_live)
    cancel_by_one (handout, handout->owned);

  return is_live;
}

/* The caller is about to end @context and to give up its reference. Where that is
 * the only one, and nobody else holds the cancellable or listens to it, both go
 * together: nobody could see it cancelled, which costs a good part of a request.
 *
 * Another thread may still come by a GWeakRef. While it holds the context there is
 * more than one reference; what it left at the cancellable before, a GWeakRef of
 * that too, is looked for after it could find that for the last time. */
void
gctx_handout_drop_unseen (GCtxContext *context)
{
  GCtxHandout *handout = NULL;

  if (g_atomic_int_get (&((GObject *) context)->ref_count) > 1)
    return;

  gctx_lock ();
  if (g_atomic_int_get (&((GObject *) context)->ref_count) == 1 &&
      context->handouts != NULL && context->handouts->next == NULL &&
      context->handouts->tellers == 0 && context->handouts->item.next != NULL &&
      g_atomic_int_get (&((GObject *) context->handouts->owned)->ref_count) == 1)
    {
      handout = context->handouts;
      g_atomic_pointer_set (&context->handouts, NULL);
      gctx_item_unlist_locked (&handout->item);
    }
  gctx_unlock ();

  if (handout == NULL)
    return;

  if (!gctx_cancellable_is_bare (handout->owned) && put_back (context, handout))
    return;

  handout_release (handout);
}

/* --- What is current --- */

/* One of a context that can never be done: it only carries the values. */
GCancellable *
gctx_cancellable_new_plain (GCtxContext *context)
{
  return &cancellable_new (context)->parent_instance;
}

/* What @context has handed out already, if that is cancelled by now. It lives as
 * long as @context. */
GCancellable *
gctx_cancellable_peek_cancelled (GCtxContext *context)
{
  GCancellable *result = NULL;

  gctx_lock ();
  if (context->handouts != NULL && g_cancellable_is_cancelled (context->handouts->owned))
    result = context->handouts->owned;
  gctx_unlock ();

  return result;
}

static G_DEFINE_QUARK (gctx-face, face)

/* A context of the same node and values, which lives as long as @cancellable;
 * NULL where that is none of ours. It does not hold @cancellable, or neither
 * would ever go; so it does not see when somebody cancels that one alone. */
GCtxContext *
gctx_cancellable_get_face (GCancellable *cancellable)
{
  GCtxCancellable *self = (GCtxCancellable *) cancellable;
  GCtxContext *face;

  if (!G_TYPE_CHECK_INSTANCE_TYPE (cancellable, gctx_cancellable_get_type ()))
    return NULL;

  face = g_object_get_qdata (G_OBJECT (cancellable), face_quark ());
  if (face == NULL)
    {
      GCtxContext *fresh = gctx_context_new_take (gctx_node_ref (self->node),
                                                  gctx_value_map_ref (self->values));

      if (!g_object_replace_qdata (G_OBJECT (cancellable), face_quark (), NULL, fresh, g_object_unref, NULL))
        g_object_unref (fresh);
      face = g_object_get_qdata (G_OBJECT (cancellable), face_quark ());
    }

  return face;
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

          gctx_item_ref_locked (&handout->item);
          handout->next = self->handouts;
          handout->owned = &fresh->parent_instance;
          g_atomic_pointer_set (&self->handouts, handout);
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
 * called from any thread, and inside a handler of a cancellable, where it gives
 * one that GIO can work with: see [Threads and homes](threads-and-homes.html).
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
  fresh->handout->owned = g_object_ref (&fresh->parent_instance);

  gctx_lock ();
  gctx_item_ref_locked (&fresh->handout->item);
  done = !gctx_node_is_live (self->node);
  if (!done)
    gctx_item_list_locked (&fresh->handout->item);
  gctx_unlock ();

  if (done)
    g_cancellable_cancel (&fresh->parent_instance);
  handout_release (fresh->handout);

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
 * when it is cancelled, and stays so if it is reset afterwards. Either is held
 * by the result. %NULL gives [func@GCtx.Context.background] itself.
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
      values = gctx_value_map_ref (known->values);
    }

  node = gctx_node_new (GCTX_NODE_CANCELLABLE);
  if (g_cancellable_is_cancelled (cancellable))
    {
      gctx_node_plant (node, parent, G_MAXINT64, FALSE, NULL);
      gctx_node_cancel (node, NULL);
    }
  else
    {
      gctx_node_ensure_extra (node)->adoption = gctx_adoption_new (cancellable);
      gctx_node_plant (node, parent, G_MAXINT64, FALSE, NULL);
      gctx_adoption_attach (node->extra->adoption, node);
    }

  return gctx_context_new_take (node, values);
}
