/* gctx-node-private.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "gctx-clock-private.h"
#include "gctx-item-private.h"
#include "gctx-outcome-private.h"

G_BEGIN_DECLS

typedef struct _GCtxAdoption  GCtxAdoption;
typedef struct _GCtxDelivery  GCtxDelivery;
typedef struct _GCtxHome      GCtxHome;
typedef struct _GCtxNodeExtra GCtxNodeExtra;

/* The points where a tree can end. */
typedef enum
{
  GCTX_NODE_BACKGROUND,       /* the first two are static: never counted, never freed */
  GCTX_NODE_TODO,
  GCTX_NODE_WITHOUT_CANCEL,
  GCTX_NODE_SCOPE,
  GCTX_NODE_DEADLINE,
  GCTX_NODE_ANY,
  GCTX_NODE_CANCELLABLE,
} GCtxNodeKind;

typedef enum
{
  GCTX_STATE_LIVE,
  GCTX_STATE_DONE,
  GCTX_STATE_EXPIRED,         /* done, by this node's own deadline */
} GCtxState;

/* What a walk that ends a tree needs of every node comes first, in half of it. */
struct _GCtxNode
{
  /* A node is an item of its parent, item.node. */
  GCtxItem       item;

  /* Atomic; written under the lock, once each: @attached is cleared last of all. */
  guint8         state;
  guint8         attached;          /* somebody may find this node without holding it: in a ring or a heap */

  /* Immutable after planting. */
  guint8         kind;
  guint8         own_deadline;      /* @deadline is this node's, not an ancestor's */
  guint8         in_dispatch;       /* the thread was in a dispatch when @home was set */

  /* Under the lock. */
  guint8         armed;             /* pending at @home */
  GCtxItem      *items;             /* the first of the ring, or NULL: see gctx_item_list_locked () */
  GCtxOutcome   *outcome;           /* may be read without the lock once @state says done */

  /* Immutable after planting. */
  guint64        serial;            /* grows on every path down, and from a child to a later one */
  gint64         deadline;          /* the earliest on the path, G_MAXINT64 for none */
  GCtxNode      *adopter;           /* this node or the nearest above that watches a foreign GCancellable */
  GCtxNodeExtra *extra;             /* what only a few nodes need, or NULL */
  GCtxHome      *home;              /* who delivers this node, where it has a deadline of its own or adopts */

  /* Under the lock. */
  gint           enders;            /* how many things can still end this node; read without the lock: 0 is final */
  guint          heap_index;
  gint           turn;              /* how often @home had been prepared when it was set */
  guint          visit;             /* the last walk that came by an `any` node */
  GCtxNode      *next_visit;
};

G_STATIC_ASSERT (sizeof (void *) != 8 || sizeof (GCtxNode) == 128);

typedef struct
{
  GCtxItem  item;      /* listed by a parent of the `any` node */
  GCtxNode *target;
} GCtxLeg;

struct _GCtxNodeExtra
{
  /* Immutable after planting. */
  GCtxOutcome  *expired;    /* what this deadline ends with, where a cause was given */
  GCtxAdoption *adoption;
  GCtxLeg      *legs;       /* an `any` node has no item.node but these */
  gsize         n_legs;
};

#define GCTX_NOT_IN_HEAP G_MAXUINT

/* Those of a node and a leg: marked, never told. */
extern const GCtxItemClass gctx_node_item_class;
extern const GCtxItemClass gctx_leg_item_class;

GCtxNode      *gctx_node_background     (void);
GCtxNode      *gctx_node_todo           (void);
GCtxNode      *gctx_node_new            (GCtxNodeKind  kind);
GCtxNodeExtra *gctx_node_ensure_extra   (GCtxNode     *self);
gboolean       gctx_node_try_ref_locked (GCtxNode     *self);
void           gctx_node_unref          (GCtxNode     *self);

void           gctx_node_plant          (GCtxNode     *self,
                                         GCtxNode     *parent,
                                         gint64        deadline_usec,
                                         gboolean      passed,
                                         const GError *cause);
void           gctx_node_plant_any      (GCtxNode     *self,
                                         GCtxNode    **parents,
                                         gsize         n_parents);

gboolean       gctx_node_settle         (GCtxNode     *self);
gboolean       gctx_node_cancel         (GCtxNode     *self,
                                         const GError *cause);
void           gctx_node_scope_gone     (GCtxNode     *self);

void           gctx_node_mark_locked    (GCtxNode     *self,
                                         GCtxOutcome  *outcome,
                                         GCtxState     state,
                                         gint64        now_usec,
                                         GCtxDelivery *delivery);
void           gctx_node_expire_locked  (GCtxNode     *self,
                                         gint64        now_usec,
                                         GCtxDelivery *delivery);
void           gctx_node_collect_locked (GCtxNode     *self,
                                         GCtxDelivery *delivery);
void           gctx_node_unlist_locked  (GCtxNode     *self);
void           gctx_node_leave_locked   (GCtxNode     *self);

static inline gboolean
gctx_node_is_static (GCtxNode *self)
{
  return self->kind <= GCTX_NODE_TODO;
}

static inline GCtxNode *
gctx_node_ref (GCtxNode *self)
{
  if (!gctx_node_is_static (self))
    g_atomic_int_inc (&self->item.ref_count);

  return self;
}

/* The node below which @item leads, or NULL where it is something to tell. */
static inline GCtxNode *
gctx_item_get_child (GCtxItem *item)
{
  if (item->klass == &gctx_node_item_class)
    return (GCtxNode *) item;
  if (item->klass == &gctx_leg_item_class)
    return ((GCtxLeg *) item)->target;
  return NULL;
}

/* What the node ends with when its own deadline passes. */
static inline GCtxOutcome *
gctx_node_get_expired_outcome (GCtxNode *self)
{
  if (self->extra != NULL && self->extra->expired != NULL)
    return self->extra->expired;

  return gctx_outcome_timed_out ();
}

/* Under the lock, or before anybody else has seen the node. */
static inline void
gctx_node_set_done (GCtxNode    *self,
                    GCtxOutcome *outcome,
                    GCtxState    state)
{
  self->outcome = gctx_outcome_ref (outcome);
  __atomic_store_n (&self->state, state, __ATOMIC_RELEASE);
}

static inline GCtxState
gctx_node_get_state (GCtxNode *self)
{
  return __atomic_load_n (&self->state, __ATOMIC_ACQUIRE);
}

static inline gboolean
gctx_node_is_live (GCtxNode *self)
{
  return gctx_node_get_state (self) == GCTX_STATE_LIVE;
}

/* Whether the node is done now: what has passed or was cancelled but is not
 * marked yet is marked first. */
static inline gboolean
gctx_node_is_done (GCtxNode *self)
{
  if (!gctx_node_is_live (self))
    return TRUE;
  if (self->adopter == NULL && !gctx_clock_has_passed (self->deadline))
    return FALSE;
  return gctx_node_settle (self);
}

/* Whether anything is left that could end the node. FALSE is final. */
static inline gboolean
gctx_node_can_end (GCtxNode *self)
{
  return g_atomic_int_get (&self->enders) > 0;
}

G_END_DECLS
