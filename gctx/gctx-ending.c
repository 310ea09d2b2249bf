/* gctx-ending.c
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

/* How nodes end: marking a tree, by a cancel, by a deadline that has passed or
 * by a foreign cancellable; and what follows when nothing can end one. */

/* --- Marking --- */

/* The node whose own deadline is the one that holds for @self. */
static GCtxNode *
get_deadline_owner (GCtxNode *self)
{
  gint64 deadline_usec = self->deadline;

  while (!self->own_deadline)
    {
      GCtxNode *parent = self->item.node;

      for (gsize i = 0; parent == NULL; i++)
        {
          if (self->extra->legs[i].item.node->deadline == deadline_usec)
            parent = self->extra->legs[i].item.node;
        }
      self = parent;
    }

  return self;
}

/* Whether a deadline of @self passed before this ending reaches it: its own,
 * or for an `any` node that of another of its parents. */
static inline gboolean
has_expired (GCtxNode *self,
             gint64   *now_usec)
{
  if (!self->own_deadline && (self->kind != GCTX_NODE_ANY || self->deadline == G_MAXINT64))
    return FALSE;

  /* Most trees have no deadline below the node that ends. */
  if (*now_usec == G_MININT64)
    *now_usec = gctx_clock_get_time ();

  return self->deadline <= *now_usec;
}

static void
mark_one_locked (GCtxNode     *self,
                 GCtxOutcome  *outcome,
                 GCtxState     state,
                 GCtxDelivery *delivery)
{
  gctx_node_set_done (self, outcome, state);
  if (self->armed)
    gctx_home_disarm_locked (self, delivery);
}

/* Lists with @delivery what @node itself tells, in the order of listing. In the
 * ring it comes before the children, the latest first. */
static void
list_own_locked (GCtxNode     *node,
                 gboolean      fresh,
                 GCtxDelivery *delivery)
{
  gsize n_before = delivery->n_items;
  GCtxItem *item = node->items;

  while (item != NULL && gctx_item_get_child (item) == NULL)
    {
      if (fresh && item->klass->mark != NULL)
        item->klass->mark (item);
      if (delivery->abandon ? item->klass->abandon != NULL
                            : item->klass->tell != NULL && !delivery->mark_only)
        gctx_delivery_add_locked (delivery, item);
      item = item->next != node->items ? item->next : NULL;
    }

  gctx_delivery_reverse_locked (delivery, n_before);
}

static inline gboolean
has_children (GCtxNode *node)
{
  return node->items != NULL && gctx_item_get_child (node->items->prev) != NULL;
}

/* Of a node that has some. */
static inline GCtxItem *
get_first_child (GCtxNode *node)
{
  GCtxItem *item = node->items;

  while (gctx_item_get_child (item) == NULL)
    item = item->next;

  return item;
}

/* Goes through everything below @root, which is done: marks what is still live
 * and lists what is not told yet. Breadth first over a queue threaded through
 * the nodes: parents come before children and siblings in the order they were
 * made, at any depth without a stack. What a node tells is listed when it is met,
 * and only those that have children wait in the queue. Only an `any` node may be
 * met before the last of its parents; then all is put into the order in which it
 * was made. */
static void
walk_locked (GCtxNode     *root,
             gboolean      marked,
             gint64        now_usec,
             GCtxDelivery *delivery)
{
  static guint visits = 0;
  guint visit = ++visits;
  GCtxNode *last = root;
  gboolean met_any = FALSE;

  list_own_locked (root, marked, delivery);
  root->visit = visit;
  root->next_visit = NULL;

  for (GCtxNode *node = has_children (root) ? root : NULL; node != NULL; node = node->next_visit)
    {
      GCtxItem *item = get_first_child (node), *end = node->items->prev, *next;

      /* Children leave the ring on the way, the last one last of all. */
      for (; item != NULL; item = next)
        {
          GCtxNode *child = gctx_item_get_child (item);
          gboolean fresh = FALSE;

          next = item != end ? item->next : NULL;
          if (next != NULL)
            __builtin_prefetch (next);

          if (gctx_node_is_live (child))
            {
              /* A deadline that passed before this ending wins below it. */
              if (!has_expired (child, &now_usec))
                mark_one_locked (child, node->outcome, GCTX_STATE_DONE, delivery);
              else if (child->own_deadline)
                mark_one_locked (child, gctx_node_get_expired_outcome (child), GCTX_STATE_EXPIRED, delivery);
              else
                mark_one_locked (child, gctx_node_get_expired_outcome (get_deadline_owner (child)),
                                 GCTX_STATE_DONE, delivery);
              fresh = TRUE;
            }
          else if (child->kind == GCTX_NODE_ANY && child->visit == visit)
            {
              continue;
            }

          if (child->items == NULL)
            {
              if (item == &child->item)
                gctx_node_leave_locked (child);
              else
                gctx_item_unlist_locked (item);
              continue;
            }

          if (child->kind == GCTX_NODE_ANY)
            {
              met_any = TRUE;
              child->visit = visit;
            }
          list_own_locked (child, fresh, delivery);
          if (has_children (child))
            {
              child->next_visit = NULL;
              last->next_visit = child;
              last = child;
            }
        }
    }

  if (met_any)
    gctx_delivery_sort_locked (delivery);
}

/* Leaves the parent's ring at once where nothing is to be told, else after the
 * telling: an ancestor's cancel must find what is not told yet. */
static void
plan_unlisting_locked (GCtxNode     *self,
                       GCtxDelivery *delivery)
{
  if (delivery->mark_only)
    return;

  /* Whatever is to be told holds the node, or one below it. */
  if (delivery->n_items == 0)
    gctx_node_leave_locked (self);
  else
    delivery->root = gctx_node_ref (self);
}

/* Marks a live node and all that is live below it. @now_usec decides which
 * deadlines below have passed; G_MININT64: read the clock where one is met. */
void
gctx_node_mark_locked (GCtxNode     *self,
                       GCtxOutcome  *outcome,
                       GCtxState     state,
                       gint64        now_usec,
                       GCtxDelivery *delivery)
{
  mark_one_locked (self, outcome, state, delivery);
  if (self->items != NULL)
    walk_locked (self, TRUE, now_usec, delivery);
  plan_unlisting_locked (self, delivery);
}

/* Lists everything at and below a done node that is not told yet. */
void
gctx_node_collect_locked (GCtxNode     *self,
                          GCtxDelivery *delivery)
{
  walk_locked (self, FALSE, G_MININT64, delivery);
  plan_unlisting_locked (self, delivery);
}

/* The deadline of @self has passed: marks the node that owns it. A @delivery
 * that only marks leaves the rest to the home. */
void
gctx_node_expire_locked (GCtxNode     *self,
                         gint64        now_usec,
                         GCtxDelivery *delivery)
{
  GCtxNode *owner = get_deadline_owner (self);

  if (!gctx_node_is_live (owner))
    return;

  if (delivery->mark_only && gctx_node_try_ref_locked (owner))
    gctx_home_push_due_locked (owner);
  gctx_node_mark_locked (owner, gctx_node_get_expired_outcome (owner), GCTX_STATE_EXPIRED, now_usec, delivery);
}

/* The `any` nodes that were met on the way up, each once. */
typedef struct
{
  GPtrArray  *nodes;   /* in the order in which they were met; NULL while there are none */
  GHashTable *met;     /* the same */
} Crossings;

static void
crossings_add (Crossings *self,
               GCtxNode  *any)
{
  if (self->nodes == NULL)
    {
      self->nodes = g_ptr_array_new ();
      self->met = g_hash_table_new (NULL, NULL);
    }
  if (g_hash_table_add (self->met, any))
    g_ptr_array_add (self->nodes, any);
}

/* Reads the foreign cancellables from @adopter up to the root, or to an `any`
 * node, which is added to @crossings. Latches the first that was cancelled. */
static void
settle_path (GCtxNode  *adopter,
             Crossings *crossings)
{
  while (adopter != NULL)
    {
      if (adopter->kind == GCTX_NODE_ANY)
        {
          crossings_add (crossings, adopter);
          return;
        }
      if (gctx_adoption_is_cancelled (adopter->extra->adoption))
        {
          gctx_adoption_latch (adopter->extra->adoption);
          return;
        }
      adopter = adopter->item.node->adopter;
    }
}

static void
settle_adopted (GCtxNode *self)
{
  Crossings crossings = { NULL, NULL };

  settle_path (self->adopter, &crossings);

  /* More are found on the way. */
  for (guint i = 0; crossings.nodes != NULL && i < crossings.nodes->len; i++)
    {
      GCtxNodeExtra *extra = ((GCtxNode *) crossings.nodes->pdata[i])->extra;

      for (gsize j = 0; j < extra->n_legs && gctx_node_is_live (self); j++)
        settle_path (extra->legs[j].item.node->adopter, &crossings);
    }

  g_clear_pointer (&crossings.nodes, g_ptr_array_unref);
  g_clear_pointer (&crossings.met, g_hash_table_unref);
}

gboolean
gctx_node_settle (GCtxNode *self)
{
  if (!gctx_node_is_live (self))
    return TRUE;

  if (self->deadline != G_MAXINT64)
    {
      gint64 now_usec = gctx_clock_get_time ();

      if (self->deadline <= now_usec)
        {
          GCtxDelivery delivery;

          gctx_delivery_init (&delivery);
          delivery.mark_only = TRUE;
          gctx_lock ();
          gctx_node_expire_locked (self, now_usec, &delivery);
          gctx_unlock ();
          gctx_delivery_run (&delivery);

          return TRUE;
        }
    }

  if (self->adopter != NULL)
    settle_adopted (self);

  return !gctx_node_is_live (self);
}

/* TRUE for the call that ended the node. */
gboolean
gctx_node_cancel (GCtxNode     *self,
                  const GError *cause)
{
  GCtxDelivery delivery;
  GCtxOutcome *outcome;
  gboolean ended = FALSE;

  if (gctx_node_is_done (self))
    {
      /* Whoever marks it may still be on the way down, under the lock. */
      gctx_lock ();
      gctx_unlock ();
      return FALSE;
    }

  outcome = gctx_outcome_new (G_IO_ERROR_CANCELLED, cause);
  gctx_delivery_init (&delivery);

  gctx_lock ();
  if (gctx_node_is_live (self))
    {
      gctx_node_mark_locked (self, outcome, GCTX_STATE_DONE, G_MININT64, &delivery);
      ended = TRUE;
    }
  gctx_unlock ();

  if (ended)
    GCTX_NOTE (TREE, self, NULL, "cancelled: %s; %" G_GSIZE_FORMAT " to tell",
               outcome->error->message, delivery.n_items);
  gctx_delivery_run (&delivery);
  gctx_outcome_unref (outcome);

  return ended;
}

/* --- What can end --- */

/* The scope object of @self is gone, so nobody can cancel it any more. Where
 * that leaves a node with nothing that could end it, its children lose one of
 * theirs, and so on; each node gets there once in its life. */
void
gctx_node_scope_gone (GCtxNode *self)
{
  GCtxDelivery delivery;
  GCtxNode *last = self;

  if (!gctx_node_is_live (self))
    return;

  gctx_delivery_init (&delivery);
  delivery.abandon = TRUE;

  gctx_lock ();
  if (gctx_node_is_live (self))
    {
      self->next_visit = NULL;
      for (GCtxNode *node = g_atomic_int_dec_and_test (&self->enders) ? self : NULL;
           node != NULL;
           node = node->next_visit)
        {
          GCtxItem *item = has_children (node) ? get_first_child (node) : NULL;

          list_own_locked (node, FALSE, &delivery);
          while (item != NULL)
            {
              GCtxNode *child = gctx_item_get_child (item);

              if (gctx_node_is_live (child) && g_atomic_int_dec_and_test (&child->enders))
                {
                  child->next_visit = NULL;
                  last->next_visit = child;
                  last = child;
                }
              item = item->next != node->items ? item->next : NULL;
            }
        }
    }
  gctx_unlock ();

  gctx_delivery_run (&delivery);
}
