/* gctx-item-private.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _GCtxItem      GCtxItem;
typedef struct _GCtxItemClass GCtxItemClass;
typedef struct _GCtxNode      GCtxNode;

/* The one lock of the process. It guards every tree, every list of items, every
 * heap of deadlines and the queues between threads. While it is held nothing
 * runs that the library does not know: no emission, no destroy notify, no
 * finalizer, no reference taken or dropped on an object that users can see.
 *
 * The only locks taken beside it are those around one GLib call on one GSource
 * (of a home, a source, an after-func). They are outside it: none of them is
 * ever taken while this one is held.
 *
 * What every making and ending writes is beside it, and nothing else is within two
 * cache lines: whatever another thread only reads would have to be fetched again. */
typedef struct
{
  GMutex  mutex;
  guint64 last_serial;
} __attribute__ ((aligned (128))) GCtxShared;

extern GCtxShared gctx_shared;

void gctx_lock_patiently (void);

static inline void
gctx_lock (void)
{
  if (G_UNLIKELY (!g_mutex_trylock (&gctx_shared.mutex)))
    gctx_lock_patiently ();
}

static inline void
gctx_unlock (void)
{
  g_mutex_unlock (&gctx_shared.mutex);
}

/* Lets go of the lock until @cond is signalled or the real clock shows
 * @end_usec, G_MAXINT64 for never. FALSE in the latter case. */
gboolean gctx_cond_wait_until_locked (GCond  *cond,
                                      gint64  end_usec);

/* What a node tells when it ends. */
struct _GCtxItemClass
{
  /* Under the lock. */
  void      (*mark)    (GCtxItem *item);   /* the node has just been marked done */
  void      (*begin)   (GCtxItem *item);   /* a delivery lists it */
  GObject * (*end)     (GCtxItem *item);   /* that delivery has told it; returns what is to be dropped */

  /* Outside the lock. */
  void      (*tell)    (GCtxItem *item);   /* may be called by several at once: each returns with it told */
  void      (*abandon) (GCtxItem *item);   /* nothing can end the node any more */
  void      (*free)    (GCtxItem *item);
};

struct _GCtxItem
{
  const GCtxItemClass *klass;

  gint      ref_count;     /* of nodes atomic, of what they tell under the lock */

  GCtxNode *node;          /* immutable once listed: the node that tells it */

  /* Under the lock: a ring; both NULL while unlisted. */
  GCtxItem *next;
  GCtxItem *prev;
};

static inline void
gctx_item_init (GCtxItem            *item,
                const GCtxItemClass *klass,
                GCtxNode            *node)
{
  item->klass = klass;
  item->ref_count = 1;
  item->node = node;
  item->next = NULL;
  item->prev = NULL;
}

static inline void
gctx_item_ref_locked (GCtxItem *item)
{
  item->ref_count++;
}

/* TRUE if that was the last one: then the caller frees it, without the lock. */
static inline gboolean
gctx_item_unref_locked (GCtxItem *item)
{
  return --item->ref_count == 0;
}

void gctx_item_unref         (GCtxItem *item);
void gctx_item_list_locked   (GCtxItem *item);
void gctx_item_unlist_locked (GCtxItem *item);

G_END_DECLS
