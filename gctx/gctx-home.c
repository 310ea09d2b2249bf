/* gctx-home.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "gctx-home-private.h"

#include "gctx-clock-private.h"
#include "gctx-debug-private.h"
#include "gctx-delivery-private.h"
#include "gctx-keeper-private.h"

#include <sys/syscall.h>
#include <unistd.h>

/* A home is the GMainContext that was thread-default where a deadline was set.
 * It has one GSource there, of the best priority, however many deadlines are
 * pending: those wait in a heap, and the source is ready when the first of
 * them passes. It is only ever told of an earlier time; a deadline that ends
 * before it passes leaves the source to wake once for nothing.
 *
 * The keeper (gctx-keeper.c) looks after all homes and takes over what a home
 * does not deliver. Both find what is to be done under the lock, so each node
 * is delivered by whoever takes it first. */

typedef struct
{
  GSource source;
  gint    turn;   /* atomic: how often a loop has prepared it */
} HomeSource;

/* Under the lock. */
static GHashTable *homes_by_context = NULL;
static GQueue      all_homes = G_QUEUE_INIT;

static GCtxHome nowhere = {
  .ref_count = 1,
  .armed = G_MAXINT64,
  .link = { .data = &nowhere },
};

GList *
gctx_home_get_all_locked (void)
{
  return all_homes.head;
}

GCtxHome *
gctx_home_ref (GCtxHome *self)
{
  g_atomic_int_inc (&self->ref_count);

  return self;
}

/* May happen under the lock: no foreign code hangs on a home. */
void
gctx_home_unref (GCtxHome *self)
{
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  gctx_heap_clear (&self->heap);
  g_source_unref (self->source);
  g_mutex_clear (&self->rearm_lock);
  g_free (self);
}

/* --- What is pending --- */

/* The GMainContext where it takes a reference to keep it, else NULL. */
GMainContext *
gctx_home_get_private_context_locked (GCtxHome *self)
{
  return self->main_context != g_main_context_default () ? self->main_context : NULL;
}

static void
hold_locked (GCtxHome *self)
{
  GMainContext *main_context;

  if (self->n_pending++ > 0)
    return;

  gctx_home_ref (self);
  main_context = gctx_home_get_private_context_locked (self);
  if (main_context != NULL)
    g_main_context_ref (main_context);
}

static void
release_locked (GCtxHome     *self,
                GCtxDelivery *delivery)
{
  GMainContext *main_context;

  g_assert (self->n_pending > 0);

  if (--self->n_pending > 0)
    return;

  /* Dropping the GMainContext may destroy the sources of its users. */
  main_context = gctx_home_get_private_context_locked (self);
  if (main_context != NULL)
    delivery->main_contexts = g_slist_prepend (delivery->main_contexts, main_context);
  gctx_home_unref (self);
}

/* TRUE where the caller must re-arm the source, outside the lock. */
gboolean
gctx_home_arm_locked (GCtxHome *self,
                      GCtxNode *node)
{
  hold_locked (self);
  node->home = self;
  node->armed = TRUE;
  node->in_dispatch = g_main_depth () > 0;
  if (self->source != NULL)
    node->turn = g_atomic_int_get (&((HomeSource *) self->source)->turn);

  if (!node->own_deadline)
    return FALSE;

  gctx_heap_insert (&self->heap, node);
  gctx_keeper_wake_by_locked (node->deadline);

  if (self->source == NULL || node->deadline >= self->armed)
    return FALSE;

  self->armed = node->deadline;
  return TRUE;
}

/* The node is done or gone. */
void
gctx_home_disarm_locked (GCtxNode     *node,
                         GCtxDelivery *delivery)
{
  if (!node->armed)
    return;

  node->armed = FALSE;
  if (node->heap_index != GCTX_NOT_IN_HEAP)
    gctx_heap_remove (&node->home->heap, node);
  release_locked (node->home, delivery);
}

/* Takes the caller's reference to the node, which is armed still. */
void
gctx_home_push_due_locked (GCtxNode *node)
{
  GCtxHome *self = node->home;

  hold_locked (self);
  if (self->due.head == NULL)
    self->due_since = gctx_clock_get_time ();
  g_queue_push_tail (&self->due, node);
}

GCtxNode *
gctx_home_take_due_locked (GCtxHome     *self,
                           GList        *link,
                           GCtxDelivery *delivery)
{
  GCtxNode *node = link->data;

  g_queue_delete_link (&self->due, link);
  release_locked (self, delivery);

  return node;
}

gboolean
gctx_home_has_loop_locked (GCtxHome *self,
                           GCtxNode *node)
{
  if (self->main_context == NULL)
    return FALSE;

  return node->in_dispatch ||
         node->turn != g_atomic_int_get (&((HomeSource *) self->source)->turn);
}

/* --- The source --- */

void
gctx_home_rearm (GCtxHome *self)
{
  gint64 armed;

  if (self->source == NULL || gctx_keeper_is_gone ())
    return;

  g_mutex_lock (&self->rearm_lock);
  gctx_lock ();
  armed = self->armed;
  gctx_unlock ();
  g_source_set_ready_time (self->source, gctx_clock_to_ready_time (armed));
  g_mutex_unlock (&self->rearm_lock);
}

/* The time has been changed by hand. What is pending is held meanwhile: another
 * thread may deliver it before all are re-armed, and let its GMainContext go. */
void
gctx_home_rearm_all (void)
{
  GCtxDelivery delivery;
  GSList *homes = NULL;

  gctx_delivery_init (&delivery);

  gctx_lock ();
  for (GList *link = all_homes.head; link != NULL; link = link->next)
    {
      GCtxHome *home = link->data;

      if (home->n_pending == 0)
        {
          home->armed = G_MAXINT64;
          continue;
        }
      home->armed = G_MININT64;
      hold_locked (home);
      homes = g_slist_prepend (homes, home);
    }
  gctx_keeper_wake_by_locked (G_MININT64);
  gctx_unlock ();

  g_slist_foreach (homes, (GFunc) (GCallback) gctx_home_rearm, NULL);

  gctx_lock ();
  for (GSList *link = homes; link != NULL; link = link->next)
    release_locked (link->data, &delivery);
  gctx_unlock ();
  gctx_delivery_run (&delivery);
  g_slist_free (homes);
}

static gboolean
home_source_prepare (GSource *source,
                     gint    *timeout_msec)
{
  g_atomic_int_inc (&((HomeSource *) source)->turn);
  *timeout_msec = -1;

  return FALSE;
}

/* Delivers one after the other what is due and what has passed, and lets go of
 * the lock for each: handlers run here that may set deadlines, end others, or
 * run this loop again inside. */
static gboolean
home_source_dispatch (GSource     *source,
                      GSourceFunc  callback,
                      gpointer     user_data)
{
  GCtxHome *self = user_data;
  gint64 now_usec = G_MININT64;

  gctx_lock ();
  while (TRUE)
    {
      GCtxNode *first = gctx_heap_peek (&self->heap);
      GCtxNode *node = NULL;
      GCtxDelivery delivery;

      gctx_delivery_init (&delivery);
      if (self->due.head != NULL)
        {
          node = gctx_home_take_due_locked (self, self->due.head, &delivery);
          gctx_node_collect_locked (node, &delivery);
        }
      else if (first != NULL && first->deadline > now_usec &&
               first->deadline > (now_usec = gctx_clock_get_time ()))
        {
          self->armed = first->deadline;
          break;
        }
      else if (first != NULL)
        {
          if (gctx_debug_wants (GCTX_DEBUG_DEADLINE) && gctx_node_try_ref_locked (first))
            node = first;
          gctx_node_expire_locked (first, now_usec, &delivery);
          gctx_heap_prefetch (&self->heap);
        }
      else
        {
          self->armed = G_MAXINT64;
          break;
        }

      self->progress_at = gctx_clock_get_coarse_time ();
      self->delivered++;
      gctx_unlock ();
      if (node != NULL)
        GCTX_NOTE (DEADLINE, node, NULL, "delivered by its home: %" G_GSIZE_FORMAT " to tell",
                   delivery.n_items);
      gctx_delivery_run (&delivery);
      g_clear_pointer (&node, gctx_node_unref);
      gctx_lock ();
    }
  gctx_unlock ();

  gctx_home_rearm (self);

  return G_SOURCE_CONTINUE;
}

static GSourceFuncs home_source_funcs = {
  .prepare = home_source_prepare,
  .dispatch = home_source_dispatch,
};

/* Only its GMainContext destroys the source, when it goes; so nothing was
 * pending here, or the GMainContext would still be held. */
static void
on_source_destroyed (gpointer data)
{
  GCtxHome *self = data;

  gctx_lock ();
  if (self->main_context != NULL)
    {
      g_hash_table_remove (homes_by_context, self->main_context);
      g_atomic_pointer_set (&self->main_context, NULL);
      g_queue_unlink (&all_homes, &self->link);
      gctx_home_unref (self);   /* that of the table */
    }
  gctx_unlock ();

  gctx_home_unref (self);
}

static GCtxHome *
home_new (GMainContext *main_context)
{
  GCtxHome *self = g_new0 (GCtxHome, 1);

  self->ref_count = 1;
  self->main_context = main_context;
  self->armed = G_MAXINT64;
  self->link.data = self;
  g_mutex_init (&self->rearm_lock);

  self->source = g_source_new (&home_source_funcs, sizeof (HomeSource));
  g_source_set_static_name (self->source, "GCtx deadlines");
  g_source_set_priority (self->source, G_MININT);
  g_source_set_can_recurse (self->source, TRUE);
  g_source_set_callback (self->source, (GSourceFunc) (GCallback) on_source_destroyed,
                         gctx_home_ref (self), on_source_destroyed);
  g_source_attach (self->source, main_context);

  return self;
}

/* --- Finding it --- */

static gboolean
is_main_thread (void)
{
  static __thread enum { UNKNOWN, NO, YES } answer = UNKNOWN;

  if (answer == UNKNOWN)
    answer = syscall (SYS_gettid) == getpid () ? YES : NO;

  return answer == YES;
}

static GMainContext *
get_current_context (void)
{
  GMainContext *main_context = g_main_context_get_thread_default ();

  if (main_context != NULL)
    return main_context;

  main_context = g_main_context_default ();
  if (is_main_thread () || g_main_context_is_owner (main_context))
    return main_context;

  return NULL;
}

/* Takes a reference, which the table's stands for until then. */
static GCtxHome *
find_or_make (GMainContext *main_context)
{
  GCtxHome *home, *spare = NULL;

  gctx_keeper_start ();

  while (TRUE)
    {
      gctx_lock ();
      if (homes_by_context == NULL)
        {
          homes_by_context = g_hash_table_new (NULL, NULL);
          g_queue_push_tail_link (&all_homes, &nowhere.link);
        }
      home = main_context != NULL ? g_hash_table_lookup (homes_by_context, main_context) : &nowhere;
      if (home == NULL && spare != NULL)
        {
          home = g_steal_pointer (&spare);
          g_hash_table_insert (homes_by_context, main_context, home);
          g_queue_push_tail_link (&all_homes, &home->link);
        }
      if (home != NULL)
        gctx_home_ref (home);
      gctx_unlock ();

      if (home != NULL)
        break;
      spare = home_new (main_context);
    }

  /* Another thread was faster. */
  if (spare != NULL)
    {
      spare->main_context = NULL;
      g_source_destroy (spare->source);
      gctx_home_unref (spare);
    }

  return home;
}

/* The home where this thread was the last time. */
static __thread GCtxHome *last_home = NULL;

static void
forget_last_home (gpointer data)
{
  last_home = NULL;
  gctx_home_unref (data);
}

/* That of a GMainContext that is gone leads nowhere, not to the next one at the
 * same address. */
static inline gboolean
is_at (GCtxHome     *self,
       GMainContext *main_context)
{
  return main_context != NULL ? g_atomic_pointer_get (&self->main_context) == main_context
                              : self == &nowhere;
}

/* The home of what this thread sets now, good until the thread asks again. Call
 * it outside the lock. */
GCtxHome *
gctx_home_get_current (void)
{
  static GPrivate kept = G_PRIVATE_INIT (forget_last_home);
  GMainContext *main_context = get_current_context ();

  if (last_home == NULL || !is_at (last_home, main_context))
    {
      GCtxHome *home = find_or_make (main_context);

      g_private_replace (&kept, home);
      last_home = home;
    }

  return last_home;
}
