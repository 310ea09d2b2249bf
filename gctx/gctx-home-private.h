/* gctx-home-private.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "gctx-heap-private.h"

G_BEGIN_DECLS

/* Where deadlines were set and are delivered: a GMainContext, or none. */
struct _GCtxHome
{
  /* Atomic. */
  gint          ref_count;

  /* Immutable; NULL for the home of those who have none. */
  GSource      *source;

  /* Held only around g_source_set_ready_time (), outside the lock: of several
   * who re-arm at once the last one sets what holds by then. */
  GMutex        rearm_lock;

  /* Atomic; written under the lock. */
  GMainContext *main_context;   /* held while n_pending > 0; NULL where there is none or it is gone */

  /* Under the lock. */
  GCtxHeap      heap;           /* deadlines to come */
  GQueue        due;            /* nodes marked done and not delivered, each with a reference */
  guint         n_pending;      /* nodes that were armed and are neither done nor gone, and the due ones */
  gint64        armed;          /* when the source is to be ready, G_MAXINT64 for never */
  gint64        progress_at;    /* when the home last began to deliver a node, by the coarse clock */
  gint64        due_since;      /* when something became due after nothing was */
  guint         delivered;      /* how many nodes the home began to deliver */
  guint         delivered_seen; /* by the keeper */
  GList         link;           /* in the list of all homes */
};

GCtxHome     *gctx_home_get_current                (void);
GCtxHome     *gctx_home_ref                        (GCtxHome     *self);
void          gctx_home_unref                      (GCtxHome     *self);
GMainContext *gctx_home_get_private_context_locked (GCtxHome     *self);

gboolean      gctx_home_arm_locked                 (GCtxHome     *self,
                                                    GCtxNode     *node);
void          gctx_home_disarm_locked              (GCtxNode     *node,
                                                    GCtxDelivery *delivery);
void          gctx_home_push_due_locked            (GCtxNode     *node);
GCtxNode     *gctx_home_take_due_locked            (GCtxHome     *self,
                                                    GList        *link,
                                                    GCtxDelivery *delivery);
gboolean      gctx_home_has_loop_locked            (GCtxHome     *self,
                                                    GCtxNode     *node);
void          gctx_home_rearm                      (GCtxHome     *self);
void          gctx_home_rearm_all                  (void);

/* All homes, for the keeper. */
GList        *gctx_home_get_all_locked             (void);

G_END_DECLS
