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

#include <pthread.h>

/* A tree of plain structs. A child holds its parent; the parent only lists the
 * child, in the same ring as everything else that it tells, and whoever drops
 * the last reference of a node takes it off that ring. So a node whose count
 * has reached zero may still be seen under the lock, and may be marked there,
 * but it has nothing left to tell: what it could tell would hold it. */

static GMutex lock;

void
gctx_lock (void)
{
  g_mutex_lock (&lock);
}

void
gctx_unlock (void)
{
  g_mutex_unlock (&lock);
}

gboolean
gctx_cond_wait_until_locked (GCond  *cond,
                             gint64  end_usec)
{
  if (end_usec != G_MAXINT64)
    return g_cond_wait_until (cond, &lock, end_usec);

  g_cond_wait (cond, &lock);

  return TRUE;
}

/* A child of fork () has only the thread that forked: the lock is taken across
 * the fork so that no other thread can have left it locked there. */
static void __attribute__ ((constructor))
guard_lock_across_fork (void)
{
  pthread_atfork (gctx_lock, gctx_unlock, gctx_unlock);
}

/* --- Items --- */

void
gctx_item_init (GCtxItem            *item,
                const GCtxItemClass *klass,
                GCtxNode            *node)
{
  item->klass = klass;
  item->ref_count = 1;
  item->flags = 0;
  item->node = node;
  item->next = NULL;
  item->prev = NULL;
}

void
gctx_item_ref (GCtxItem *item)
{
  g_atomic_int_inc (&item->ref_count);
}

void
gctx_item_unref (GCtxItem *item)
{
  if (g_atomic_int_dec_and_test (&item->ref_count))
    item->klass->free (item);
}

void
gctx_item_list_locked (GCtxItem *item)
{
  GCtxItem *first = item->node->items;

  g_assert (item->next == NULL);

  if (first == NULL)
    {
      item->next = item->prev = item;
      item->node->items = item;
      return;
    }

  item->next = first;
  item->prev = first->prev;
  first->prev->next = item;
  first->prev = item;
}

void
gctx_item_unlist_locked (GCtxItem *item)
{
  if (item->next == NULL)
    return;

  if (item->next == item)
    {
      item->node->items = NULL;
    }
  else
    {
      if (item->node->items == item)
        item->node->items = item->next;
      item->prev->next = item->next;
      item->next->prev = item->prev;
    }

  item->next = item->prev = NULL;
}

/* --- Life --- */

static const GCtxItemClass node_class;   /* a child: marked, not told */
static const GCtxItemClass leg_class;    /* the same, for one of several parents */

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
  GCtxNode *self = g_new0 (GCtxNode, 1);

  gctx_item_init (&self->item, &node_class, &background);
  self->kind = kind;
  self->depth = 1;
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

static inline gboolean
is_static (GCtxNode *self)
{
  return self->kind <= GCTX_NODE_TODO;
}

GCtxNode *
gctx_node_ref (GCtxNode *self)
{
  if (!is_static (self))
    g_atomic_int_inc (&self->item.ref_count);

  return self;
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

/* Frees a node that nobody holds, and says whom it held: one parent as the
 * result, the others of an `any` node in @more. */
static GCtxNode *
node_free (GCtxNode   *self,
           GPtrArray **more)
{
  GCtxDelivery delivery = GCTX_DELIVERY_INIT;
  GCtxNodeExtra *extra = self->extra;
  GCtxNode *parent = self->item.node;

  if (self->listed || self->home != NULL || extra != NULL)
    {
      gctx_lock ();
      gctx_node_unlist_locked (self);
      if (self->home != NULL)
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

  g_free (self);

  return parent;
}

void
gctx_node_unref (GCtxNode *self)
{
  GPtrArray *more = NULL;

  /* A loop up the path: a chain of any length goes without recursion. */
  while (TRUE)
    {
      if (self != NULL && !is_static (self) && g_atomic_int_dec_and_test (&self->item.ref_count))
        self = node_free (self, &more);
      else if (more != NULL && more->len > 0)
        self = g_ptr_array_steal_index_fast (more, more->len - 1);
      else
        break;
    }

  if (more != NULL)
    g_ptr_array_unref (more);
}

/* --- Planting --- */

static inline GCtxOutcome *
get_expired_outcome (GCtxNode *self)
{
  if (self->extra != NULL && self->extra->expired != NULL)
    return self->extra->expired;

  return gctx_outcome_timed_out ();
}

static inline void
set_done (GCtxNode    *self,
          GCtxOutcome *outcome,
          GCtxState    state)
{
  self->outcome = gctx_outcome_ref (outcome);
  g_atomic_int_set (&self->state, state);
}

/* Makes the new node, which nobody else has seen yet, a child of @parent.
 * @deadline_usec is its own, G_MAXINT64 for none, and counts only where it is
 * earlier than that of the parent; @cause is what it then ends with. */
void
gctx_node_plant (GCtxNode     *self,
                 GCtxNode     *parent,
                 gint64        deadline_usec,
                 const GError *cause)
{
  gboolean adopts = self->extra != NULL && self->extra->adoption != NULL;
  gboolean expired = FALSE, rearm = FALSE;
  GCtxHome *home = NULL;

  self->item.node = gctx_node_ref (parent);
  self->depth = parent->depth + 1;
  self->adopter = adopts ? self : parent->adopter;
  self->own_deadline = deadline_usec < parent->deadline;
  self->deadline = MIN (deadline_usec, parent->deadline);

  if (self->own_deadline)
    {
      self->enders++;
      expired = self->deadline <= gctx_clock_get_time ();
      if (cause != NULL)
        gctx_node_ensure_extra (self)->expired = gctx_outcome_new (G_IO_ERROR_TIMED_OUT, cause);
    }
  if (adopts)
    self->enders++;

  /* A deadline of the parent that has passed is settled first. A parent that
   * nothing can end has nothing to say to its children and needs no lock. */
  if (!gctx_node_is_done (parent) && !self->own_deadline && !adopts && !gctx_node_can_end (parent))
    return;

  if ((self->own_deadline && !expired) || adopts)
    home = gctx_home_ref_current ();

  gctx_lock ();
  if (!gctx_node_is_live (parent))
    {
      set_done (self, parent->outcome, GCTX_STATE_DONE);
    }
  else if (expired)
    {
      set_done (self, get_expired_outcome (self), GCTX_STATE_EXPIRED);
    }
  else
    {
      if (gctx_node_can_end (parent))
        {
          self->enders++;
          self->listed = TRUE;
          gctx_item_list_locked (&self->item);
        }
      if (home != NULL)
        rearm = gctx_home_arm_locked (home, self);
    }
  gctx_unlock ();

  if (home != NULL)
    {
      if (rearm)
        gctx_home_rearm (home);
      gctx_home_unref (home);
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
  self->depth = parents[0]->depth + 1;
  extra->legs = g_new0 (GCtxLeg, n_parents);
  extra->n_legs = n_parents;

  for (gsize i = 0; i < n_parents; i++)
    {
      gctx_item_init (&extra->legs[i].item, &leg_class, gctx_node_ref (parents[i]));
      extra->legs[i].target = self;
      self->deadline = MIN (self->deadline, parents[i]->deadline);
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
      set_done (self, done->outcome, GCTX_STATE_DONE);
    }
  else
    {
      for (gsize i = 0; i < n_parents; i++)
        {
          if (!gctx_node_can_end (parents[i]))
            continue;
          self->enders++;
          gctx_item_list_locked (&extra->legs[i].item);
        }
    }
  gctx_unlock ();
}

void
gctx_node_unlist_locked (GCtxNode *self)
{
  gctx_item_unlist_locked (&self->item);

  if (self->extra != NULL)
    {
      for (gsize i = 0; i < self->extra->n_legs; i++)
        gctx_item_unlist_locked (&self->extra->legs[i].item);
    }
}

/* The node below which @item leads, or NULL where it is something to tell. */
static inline GCtxNode *
item_get_child (GCtxItem *item)
{
  if (item->klass == &node_class)
    return (GCtxNode *) item;
  if (item->klass == &leg_class)
    return ((GCtxLeg *) item)->target;
  return NULL;
}

/* --- Marking --- */

static inline gboolean
has_expired (GCtxNode *self,
             gint64   *now_usec)
{
  if (!self->own_deadline)
    return FALSE;

  /* Most trees have no deadline below the node that ends. */
  if (*now_usec == G_MININT64)
    *now_usec = gctx_clock_get_time ();

  return self->deadline <= *now_usec;
}

static inline void
mark_one_locked (GCtxNode     *self,
                 GCtxOutcome  *outcome,
                 GCtxState     state,
                 GCtxDelivery *delivery)
{
  set_done (self, outcome, state);
  if (self->home != NULL)
    gctx_home_disarm_locked (self, delivery);
}

/* Goes through everything below @root, which is done: marks what is still live
 * and lists what is not told yet. Breadth first over a queue threaded through
 * the nodes: parents come before children and siblings in the order they were
 * made, at any depth without a stack. */
static void
walk_locked (GCtxNode     *root,
             gboolean      marked,
             gint64        now_usec,
             GCtxDelivery *delivery)
{
  static guint visits = 0;
  guint visit = ++visits;
  GCtxNode *last = root;

  root->visit = visit;
  root->fresh = marked;
  root->next_visit = NULL;

  for (GCtxNode *node = root; node != NULL; node = node->next_visit)
    {
      GCtxItem *end, *next, *item = node->items;

      if (item == NULL)
        continue;

      /* Children leave the ring on the way, the last one last of all. */
      end = item->prev;
      for (; item != NULL; item = next)
        {
          GCtxNode *child = item_get_child (item);
          gboolean fresh = FALSE;

          next = item != end ? item->next : NULL;

          if (child == NULL)
            {
              if (node->fresh && item->klass->mark != NULL)
                item->klass->mark (item);
              if (item->klass->tell != NULL && !delivery->mark_only)
                gctx_delivery_add_locked (delivery, item);
              continue;
            }

          if (gctx_node_is_live (child))
            {
              /* A deadline that passed before this ending wins below it. */
              if (has_expired (child, &now_usec))
                mark_one_locked (child, get_expired_outcome (child), GCTX_STATE_EXPIRED, delivery);
              else
                mark_one_locked (child, node->outcome, GCTX_STATE_DONE, delivery);
              fresh = TRUE;
            }
          else if (child->visit == visit)
            {
              continue;
            }

          if (child->items == NULL)
            {
              gctx_item_unlist_locked (item);
              continue;
            }

          child->visit = visit;
          child->fresh = fresh;
          child->next_visit = NULL;
          last->next_visit = child;
          last = child;
        }
    }
}

/* Leaves the parent's ring at once where nothing is to be told, else after the
 * telling: an ancestor's cancel must find what is not told yet. */
static void
plan_unlisting_locked (GCtxNode     *self,
                       GCtxDelivery *delivery)
{
  if (delivery->mark_only)
    return;

  if (delivery->n_items == 0)
    gctx_node_unlist_locked (self);
  else if (gctx_node_try_ref_locked (self))
    delivery->root = self;
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
  gctx_node_mark_locked (owner, get_expired_outcome (owner), GCTX_STATE_EXPIRED, now_usec, delivery);
}

static gboolean
is_adopted_cancelled (GCtxNode *adopter)
{
  GCtxNodeExtra *extra = adopter->extra;

  return extra != NULL && extra->adoption != NULL && gctx_adoption_is_cancelled (extra->adoption);
}

/* Reads the foreign cancellables from @adopter up, and latches the first that
 * was cancelled. */
static void
settle_adopted (GCtxNode *adopter)
{
  while (adopter != NULL)
    {
      if (is_adopted_cancelled (adopter))
        {
          gctx_adoption_latch (adopter->extra->adoption);
          return;
        }
      adopter = adopter->item.node != NULL ? adopter->item.node->adopter : NULL;
    }
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
          GCtxDelivery delivery = GCTX_DELIVERY_INIT;

          delivery.mark_only = TRUE;
          gctx_lock ();
          gctx_node_expire_locked (self, now_usec, &delivery);
          gctx_unlock ();
          gctx_delivery_run (&delivery);

          return TRUE;
        }
    }

  if (self->adopter != NULL)
    {
      settle_adopted (self->adopter);

      /* An `any` node asks above each of its parents. */
      if (self->adopter->kind == GCTX_NODE_ANY)
        {
          for (gsize i = 0; i < self->adopter->extra->n_legs; i++)
            settle_adopted (self->adopter->extra->legs[i].item.node->adopter);
        }
    }

  return !gctx_node_is_live (self);
}

/* TRUE for the call that ended the node. */
gboolean
gctx_node_cancel (GCtxNode     *self,
                  const GError *cause)
{
  GCtxDelivery delivery = GCTX_DELIVERY_INIT;
  GCtxOutcome *outcome;
  gboolean ended = FALSE;

  if (gctx_node_is_done (self))
    return FALSE;

  outcome = gctx_outcome_new (G_IO_ERROR_CANCELLED, cause);

  gctx_lock ();
  if (gctx_node_is_live (self))
    {
      gctx_node_mark_locked (self, outcome, GCTX_STATE_DONE, G_MININT64, &delivery);
      ended = TRUE;
    }
  gctx_unlock ();

  if (ended)
    GCTX_NOTE_NODE (TREE, self, "cancelled: %s; %" G_GSIZE_FORMAT " to tell",
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
  GCtxDelivery delivery = GCTX_DELIVERY_INIT;
  GCtxNode *last = self;

  if (!gctx_node_is_live (self))
    return;

  delivery.abandon = TRUE;

  gctx_lock ();
  if (gctx_node_is_live (self) && !self->scope_gone)
    {
      self->scope_gone = TRUE;
      self->next_visit = NULL;
      for (GCtxNode *node = g_atomic_int_dec_and_test (&self->enders) ? self : NULL;
           node != NULL;
           node = node->next_visit)
        {
          GCtxItem *first = node->items, *item = first;

          while (item != NULL)
            {
              GCtxNode *child = item_get_child (item);

              if (child == NULL)
                {
                  if (item->klass->abandon != NULL)
                    gctx_delivery_add_locked (&delivery, item);
                }
              else if (gctx_node_is_live (child) && g_atomic_int_dec_and_test (&child->enders))
                {
                  child->next_visit = NULL;
                  last->next_visit = child;
                  last = child;
                }
              item = item->next != first ? item->next : NULL;
            }
        }
    }
  gctx_unlock ();

  gctx_delivery_run (&delivery);
}
