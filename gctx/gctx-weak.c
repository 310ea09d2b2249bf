/* gctx-weak.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "gctx-weak-private.h"

struct _GCtxWeak
{
  GWeakRef ref;
};

typedef struct
{
  GDestroyNotify func;
  gpointer       data;
} Later;

static __thread guint n_looks = 0;
static __thread GQueue later = G_QUEUE_INIT;

gboolean
gctx_weak_is_looking (void)
{
  return n_looks > 0;
}

void
gctx_weak_do_later (GDestroyNotify func,
                    gpointer       data)
{
  Later *task = g_new (Later, 1);

  g_assert (gctx_weak_is_looking ());

  task->func = func;
  task->data = data;
  g_queue_push_tail (&later, task);
}

GCtxWeak *
gctx_weak_new (gpointer object)
{
  GCtxWeak *self = g_new0 (GCtxWeak, 1);

  g_assert (!gctx_weak_is_looking ());
  g_weak_ref_init (&self->ref, object);

  return self;
}

/* A new reference, or NULL where the object is gone. */
gpointer
gctx_weak_look (GCtxWeak *self)
{
  gpointer object;

  n_looks++;
  object = g_weak_ref_get (&self->ref);
  n_looks--;

  while (n_looks == 0 && later.head != NULL)
    {
      Later *task = g_queue_pop_head (&later);

      task->func (task->data);
      g_free (task);
    }

  return object;
}

void
gctx_weak_free (GCtxWeak *self)
{
  if (gctx_weak_is_looking ())
    {
      gctx_weak_do_later ((GDestroyNotify) gctx_weak_free, self);
      return;
    }

  g_weak_ref_clear (&self->ref);
  g_free (self);
}
