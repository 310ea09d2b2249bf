/* gctx-node.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "gctx-node-private.h"

#include "gctx-adoption-private.h"
#include "gctx-clock-private.h"
#include "gctx-debug-private.h"
#include "gctx-delivery-private.h"
#include "gctx-home-private.h"

/* A tree of plain structs. A child holds its parent; the parent only lists the
 * child, in the same ring as everything else that it tells, and whoever drops
 * the last reference of a node takes it off that ring. So a node whose count
 * has reached zero may still be seen under the lock, and may be marked there,
 * but it has nothing left to tell: what it could tell would hold it. */

/* --- Life --- */

const GCtxItemClass gctx_node_item_class;
const GCtxItemClass gctx_leg_item_class;

static GCtxNode background = {
  .kind = GCTX_NODE_BACKGROUND,
  .deadline = G_MAXINT64,
  .heap_index = GCTX_NOT_IN_HEAP,
};

static GCtxNode todo = {
  .kind = GCTX_NODE_TODO,
  .deadline = G_MAXINT64,
  .heap_index = GCTX_NOT_IN_HEAP,
};

GCtxNode *
gctx_node_background (void)
{
  return &background;
}

GCtxNode *
gctx_node_todo (void)
{
  return &todo;
}

/* A child of the background, until it is planted elsewhere. */
GCtxNode *
gctx_node_new (GCtxNodeKind kind)
{
  GCtxNode *self = g_slice_alloc0 (sizeof (GCtxNode));

  gctx_item_init (&self->item, &gctx_node_item_class, &background);
  self->kind = kind;
  self->serial = 1;
  self->deadline = G_MAXINT64;
  self->heap_index = GCTX_NOT_IN_HEAP;
  self->enders = kind == GCTX_NODE_SCOPE ? 1 : 0;

  return self;
}

GCtxNodeExtra *
gctx_node_ensure_extra (GCtxNode *self)
{
  if (self->extra == NULL)
    self->extra = g_new0 (GCtxNodeExtra, 1);

  return self->extra;
}

/* For those who found the node under the lock and hold no reference to it. */
gboolean
gctx_node_try_ref_locked (GCtxNode *self)
{
  gint count = g_atomic_int_get (&self->item.ref_count);

  while (count > 0)
    {
      if (g_atomic_int_compare_and_exchange (&self->item.ref_count, count, count + 1))
        return TRUE;
      count = g_atomic_int_get (&self->item.ref_count);
    }

  return FALSE;
}

static inline gboolean
is_attached (GCtxNode *self)
{
  return __atomic_load_n (&self->attached, __ATOMIC_ACQUIRE);
}

/* Who holds the last reference of what nobody else can find is alone with it.
 * Asked in this order: whoever finds a node takes the reference first and detaches
 * it then, so a count that was read before may be out of date. */
static inline gboolean
drop_one (GCtxNode *self)
{
  if (!is_attached (self) && g_atomic_int_get (&self->item.ref_count) == 1)
    return TRUE;

  return g_atomic_int_dec_and_test (&self->item.ref_count);
}

/* Frees a node that nobody holds, and says whom it held: one parent as the
 * result, the others of an `any` node in @more. */
static GCtxNode *
node_free (GCtxNode   *self,
           GPtrArray **more)
{
  GCtxNodeExtra *extra = self->extra;
  GCtxNode *parent = self->item.node;

  if (is_attached (self))
    {
      GCtxDelivery delivery;

      gctx_delivery_init (&delivery);
      gctx_lock ();
      gctx_node_unlist_locked (self);
      gctx_home_disarm_locked (self, &delivery);
      if (extra != NULL && extra->adoption != NULL)
        gctx_adoption_detach_locked (extra->adoption);
      gctx_unlock ();
      gctx_delivery_run (&delivery);
    }

  if (self->outcome != NULL)
    gctx_outcome_unref (self->outcome);

  if (extra != NULL)
    {
      g_clear_pointer (&extra->expired, gctx_outcome_unref);
      g_clear_pointer (&extra->adoption, gctx_adoption_free);

      for (gsize i = 0; i < extra->n_legs; i++)
        {
          if (*more == NULL)
            *more = g_ptr_array_new ();
          g_ptr_array_add (*more, extra->legs[i].item.node);
        }
      g_free (extra->legs);
      g_free (extra);
    }

  g_slice_free (GCtxNode, self);

  return parent;
}

/* A loop up the path: a chain of any length goes without recursion. */
static void
free_path (GCtxNode *self)
{
  GPtrArray *more = NULL;

  self = node_free (self, &more);
  while (TRUE)
    {
      if (self != NULL && !gctx_node_is_static (self) && drop_one (self))
        self = node_free (self, &more);
      else if (more != NULL && more->len > 0)
        self = g_ptr_array_steal_index_fast (more, more->len - 1);
      else
        break;
    }

  if (more != NULL)
    g_ptr_array_unref (more);
}

void
gctx_node_unref (GCtxNode *self)
{
  if (!gctx_node_is_static (self) && drop_one (self))
    free_path (self);
}

/* --- Planting --- */

/* The next serial that is above @above. What no parent lists needs no lock for
 * one: there, that of the parent and one more will do. */
static guint64
take_serial_locked (guint64 above)
{
  gctx_shared.last_serial = MAX (gctx_shared.last_serial, above) + 1;

  return gctx_shared.last_serial;
}

/* Makes the new node, which nobody else has seen yet, a child of @parent.
 * @deadline_usec is its own, G_MAXINT64 for none, and counts only where it is
 * earlier than that of the parent; @passed says that it has passed already, and
 * @cause is what it ends with. */
void
gctx_node_plant (GCtxNode     *self,
                 GCtxNode     *parent,
                 gint64        deadline_usec,
                 gboolean      passed,
                 const GError *cause)
{
  gboolean adopts = self->extra != NULL && self->extra->adoption != NULL;
  gboolean rearm = FALSE;
  GCtxHome *home = NULL;

  self->item.node = gctx_node_ref (parent);
  self->serial = parent->serial + 1;
  self->adopter = adopts ? self : parent->adopter;
  self->own_deadline = deadline_usec < parent->deadline;
  self->deadline = MIN (deadline_usec, parent->deadline);

  if (self->own_deadline)
    {
      self->enders++;
      if (cause != NULL)
        gctx_node_ensure_extra (self)->expired = gctx_outcome_new (G_IO_ERROR_TIMED_OUT, cause);
    }
  if (adopts)
    self->enders++;

  /* A deadline of the parent that has passed is settled first. A parent that
   * nothing can end has nothing to say to its children and needs no lock. */
  if (!gctx_node_is_done (parent) && !self->own_deadline && !adopts && !gctx_node_can_end (parent))
    return;

  if ((self->own_deadline && !passed) || adopts)
    home = gctx_home_get_current ();

  gctx_lock ();
  if (!gctx_node_is_live (parent))
    {
      gctx_node_set_done (self, parent->outcome, GCTX_STATE_DONE);
    }
  else if (self->own_deadline && passed)
    {
      gctx_node_set_done (self, gctx_node_get_expired_outcome (self), GCTX_STATE_EXPIRED);
    }
  else
    {
      if (gctx_node_can_end (parent))
        {
          self->enders++;
          self->serial = take_serial_locked (parent->serial);
          gctx_item_list_locked (&self->item);
        }
      if (home != NULL)
        rearm = gctx_home_arm_locked (home, self);
      self->attached = TRUE;
    }
  gctx_unlock ();

  if (home != NULL)
    {
      if (rearm)
        gctx_home_rearm (home);
      GCTX_NOTE (DEADLINE, self, NULL, adopts ? "watches a cancellable" : "armed");
    }
}

/* Makes the new node a child of all @parents, at least one. */
void
gctx_node_plant_any (GCtxNode  *self,
                     GCtxNode **parents,
                     gsize      n_parents)
{
  GCtxNodeExtra *extra = gctx_node_ensure_extra (self);
  GCtxNode *done = NULL;

  self->item.node = NULL;
  extra->legs = g_new0 (GCtxLeg, n_parents);
  extra->n_legs = n_parents;

  for (gsize i = 0; i < n_parents; i++)
    {
      gctx_item_init (&extra->legs[i].item, &gctx_leg_item_class, gctx_node_ref (parents[i]));
      extra->legs[i].target = self;
      self->deadline = MIN (self->deadline, parents[i]->deadline);
      self->serial = MAX (self->serial, parents[i]->serial + 1);
      if (parents[i]->adopter != NULL)
        self->adopter = self;
      gctx_node_is_done (parents[i]);
    }

  gctx_lock ();
  for (gsize i = 0; i < n_parents && done == NULL; i++)
    {
      if (!gctx_node_is_live (parents[i]))
        done = parents[i];
    }
  if (done != NULL)
    {
      gctx_node_set_done (self, done->outcome, GCTX_STATE_DONE);
    }
  else
    {
      self->serial = take_serial_locked (self->serial - 1);
      for (gsize i = 0; i < n_parents; i++)
        {
          if (!gctx_node_can_end (parents[i]))
            continue;
          self->enders++;
          gctx_item_list_locked (&extra->legs[i].item);
        }
      self->attached = TRUE;
    }
  gctx_unlock ();
}

void
gctx_node_unlist_locked (GCtxNode *self)
{
  gctx_item_unlist_locked (&self->item);

  if (self->kind == GCTX_NODE_ANY)
    {
      for (gsize i = 0; i < self->extra->n_legs; i++)
        gctx_item_unlist_locked (&self->extra->legs[i].item);
    }
}

/* A node that has ended has nothing left to tell. The caller does not look at it
 * again without a reference: its last holder need not wait for the lock. */
void
gctx_node_leave_locked (GCtxNode *self)
{
  gctx_node_unlist_locked (self);

  /* A foreign cancellable leads here still. */
  if (self->kind != GCTX_NODE_CANCELLABLE || self->extra == NULL || self->extra->adoption == NULL)
    __atomic_store_n (&self->attached, FALSE, __ATOMIC_RELEASE);
}
