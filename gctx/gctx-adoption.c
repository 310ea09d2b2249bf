/* gctx-adoption.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "gctx-adoption-private.h"

#include "gctx-clock-private.h"
#include "gctx-debug-private.h"
#include "gctx-delivery-private.h"
#include "gctx-home-private.h"
#include "gctx-keeper-private.h"

/* A foreign GCancellable reaches us inside its own emission: with its mutex
 * held on GLib >= 2.84, and with other handlers of it still to come. There we
 * only mark and say that something is due; the home or a delivery thread
 * delivers outside.
 *
 * The handler may be running in one thread while the node's last reference
 * goes in another. So what it is given is not the node but this struct, which
 * counts its holders (the node, the handler) and whose pointer to the node is
 * cleared under the lock before the node goes. */
struct _GCtxAdoption
{
  gint          ref_count;   /* atomic */

  /* Owned by the node's side; immutable after attaching. */
  GCancellable *foreign;
  gulong        handler;

  /* Under the lock. */
  GCtxNode     *node;
};

static void
adoption_unref (gpointer data)
{
  GCtxAdoption *self = data;

  if (g_atomic_int_dec_and_test (&self->ref_count))
    g_free (self);
}

GCtxAdoption *
gctx_adoption_new (GCancellable *foreign)
{
  GCtxAdoption *self = g_new0 (GCtxAdoption, 1);

  self->ref_count = 1;
  self->foreign = g_object_ref (foreign);

  return self;
}

/* Called by the node's side when the node is detached. Plain disconnection is
 * safe inside the emission on every GLib; g_cancellable_disconnect () is not.
 * Where somebody disposed of the cancellable by hand the handler is gone. */
void
gctx_adoption_free (GCtxAdoption *self)
{
  g_assert (self->node == NULL);

  if (g_signal_handler_is_connected (self->foreign, self->handler))
    g_signal_handler_disconnect (self->foreign, self->handler);
  g_object_unref (self->foreign);
  adoption_unref (self);
}

static void
on_cancelled (GCancellable *foreign,
              gpointer      user_data)
{
  gctx_adoption_latch (user_data);
}

/* The node is planted and armed. What was cancelled before the handler was
 * connected is found by looking once more. */
void
gctx_adoption_attach (GCtxAdoption *self,
                      GCtxNode     *node)
{
  gctx_lock ();
  if (gctx_node_is_live (node))
    self->node = node;
  gctx_unlock ();

  g_atomic_int_inc (&self->ref_count);
  self->handler = g_signal_connect_data (self->foreign, "cancelled", G_CALLBACK (on_cancelled),
                                         self, (GClosureNotify) (GCallback) adoption_unref, 0);

  if (gctx_adoption_is_cancelled (self))
    gctx_adoption_latch (self);
}

void
gctx_adoption_detach_locked (GCtxAdoption *self)
{
  self->node = NULL;
}

gboolean
gctx_adoption_is_cancelled (GCtxAdoption *self)
{
  return g_cancellable_is_cancelled (self->foreign);
}

/* The foreign cancellable was cancelled: marks, and leaves the delivery to the
 * home. Runs in the foreign emission, or in whoever read the flag. */
void
gctx_adoption_latch (GCtxAdoption *self)
{
  GCtxDelivery delivery;
  GCtxHome *home = NULL;
  GMainContext *main_context = NULL;

  gctx_delivery_init (&delivery);
  delivery.mark_only = TRUE;

  gctx_lock ();
  if (self->node != NULL && gctx_node_is_live (self->node) && gctx_node_try_ref_locked (self->node))
    {
      GCtxNode *node = self->node;
      gint64 now_usec = gctx_clock_get_time ();

      if (node->deadline <= now_usec)
        {
          gctx_node_expire_locked (node, now_usec, &delivery);
        }
      else
        {
          home = gctx_home_ref (node->home);
          home->armed = G_MININT64;
          main_context = gctx_home_get_private_context_locked (home);
          if (main_context != NULL)
            g_main_context_ref (main_context);
          gctx_home_push_due_locked (gctx_node_ref (node));
          gctx_node_mark_locked (node, gctx_outcome_cancelled (), GCTX_STATE_DONE, now_usec, &delivery);
          gctx_keeper_wake_by_locked (now_usec);
        }
      gctx_keeper_drop_later_locked (g_steal_pointer (&delivery.main_contexts));
      self->node = NULL;
      gctx_unlock ();

      if (home != NULL)
        {
          gctx_home_rearm (home);

          /* Once delivered, this may be the last reference to it. */
          gctx_lock ();
          if (main_context != NULL)
            gctx_keeper_drop_later_locked (g_slist_prepend (NULL, main_context));
          gctx_home_unref (home);
          gctx_unlock ();
        }
      gctx_node_unref (node);
      return;
    }
  gctx_unlock ();
}
