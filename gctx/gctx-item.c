/* gctx-item.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "gctx-item-private.h"

#include "gctx-node-private.h"

#include <pthread.h>

GCtxShared gctx_shared;

/* It is held for some tens of nanoseconds, where going to sleep and being woken
 * costs some thousands; and who sleeps here makes the other's unlocking a system
 * call as well. */
void
gctx_lock_patiently (void)
{
  for (guint i = 0; i < 100; i++)
    {
#if defined (__x86_64__) || defined (__i386__)
      __builtin_ia32_pause ();
#endif
      if (g_mutex_trylock (&gctx_shared.mutex))
        return;
    }

  g_mutex_lock (&gctx_shared.mutex);
}

gboolean
gctx_cond_wait_until_locked (GCond  *cond,
                             gint64  end_usec)
{
  if (end_usec != G_MAXINT64)
    return g_cond_wait_until (cond, &gctx_shared.mutex, end_usec);

  g_cond_wait (cond, &gctx_shared.mutex);

  return TRUE;
}

/* A child of fork () has only the thread that forked: the lock is taken across
 * the fork so that no other thread can have left it locked there. */
static void __attribute__ ((constructor))
guard_lock_across_fork (void)
{
  pthread_atfork (gctx_lock, gctx_unlock, gctx_unlock);
}

void
gctx_item_unref (GCtxItem *item)
{
  gboolean was_last;

  gctx_lock ();
  was_last = gctx_item_unref_locked (item);
  gctx_unlock ();

  if (was_last)
    item->klass->free (item);
}

/* The ring of a node: first what it tells itself, the latest first, then its
 * children, the latest last. */
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
  if (gctx_item_get_child (item) == NULL)
    item->node->items = item;
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
