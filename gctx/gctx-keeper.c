/* gctx-keeper.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "gctx-keeper-private.h"

#include "gctx-clock-private.h"
#include "gctx-debug-private.h"
#include "gctx-delivery-private.h"
#include "gctx-home-private.h"

#include <pthread.h>
#include <signal.h>

/* The keeper is the thread that keeps time. It sleeps until the first deadline
 * of all homes, marks what has passed, and sees to it that somebody delivers:
 * the home, where it has a loop; a delivery thread at once, where it has none;
 * a delivery thread as well, where the home has a loop but did not deliver
 * anything for PATIENCE, because a callback blocks it.
 *
 * The keeper itself never runs foreign code, so no handler can stop the clock.
 * A handler may block a delivery thread for ever: what waits behind it gets
 * another thread as soon as the queue has stood still for IMPATIENCE. */

#define PATIENCE_USEC   (100 * G_TIME_SPAN_MILLISECOND)
#define IMPATIENCE_USEC (10 * G_TIME_SPAN_MILLISECOND)
#define IDLE_USEC       (5 * G_TIME_SPAN_SECOND)

/* A home that has a loop is woken by the same deadline as the keeper, and again
 * and again while there is more to deliver: where it comes first, or goes on,
 * the keeper stays out of its way. */
#define HEAD_START_USEC G_TIME_SPAN_MILLISECOND

/* How many deadlines are marked in one go before others get the lock. */
#define CHUNK 256

/* Under the lock. */
static struct
{
  GCond   cond;            /* the keeper sleeps on it */
  gint64  wake_at;         /* on the clock of deadlines */
  gint64  look_at;         /* on the real clock: does the queue stand still? */

  GCond   work;            /* idle delivery threads sleep on it */
  GQueue  queue;           /* nodes to deliver, each with a reference */
  GSList *main_contexts;   /* references to drop where foreign code may run */
  GQueue  errands;         /* what to call there */
  guint   n_idle;
  guint   taken;           /* how many of the two kinds were taken off */
  guint   taken_seen;
} keeper = {
  .wake_at = G_MAXINT64,
  .look_at = G_MAXINT64,
  .queue = G_QUEUE_INIT,
  .errands = G_QUEUE_INIT,
};

typedef struct
{
  GDestroyNotify func;
  gpointer       data;
} Errand;

void
gctx_keeper_wake_by_locked (gint64 time_usec)
{
  if (time_usec >= keeper.wake_at)
    return;

  keeper.wake_at = time_usec;
  g_cond_signal (&keeper.cond);
}

/* For whoever must not run foreign code where it stands. */
void
gctx_keeper_drop_later_locked (GSList *main_contexts)
{
  if (main_contexts == NULL)
    return;

  keeper.main_contexts = g_slist_concat (main_contexts, keeper.main_contexts);
  gctx_keeper_wake_by_locked (G_MININT64);
}

/* The same, for anything: a delivery thread calls @func. One that blocks there
 * keeps no other waiting. Call it outside the lock. */
void
gctx_keeper_run_later (GDestroyNotify func,
                       gpointer       data)
{
  Errand *errand = g_new (Errand, 1);

  errand->func = func;
  errand->data = data;

  gctx_keeper_start ();
  gctx_lock ();
  g_queue_push_tail (&keeper.errands, errand);
  gctx_keeper_wake_by_locked (G_MININT64);
  gctx_unlock ();
}

/* --- Delivery threads --- */

static inline gboolean
has_work_locked (void)
{
  return keeper.queue.head != NULL || keeper.errands.head != NULL || keeper.main_contexts != NULL;
}

/* In turn with the nodes: however many there are of the one, the other need not
 * wait for all of them. */
static Errand *
take_errand_locked (void)
{
  if (keeper.queue.head != NULL && keeper.taken % 2 == 0)
    return NULL;

  return g_queue_pop_head (&keeper.errands);
}

static gpointer
delivery_thread (gpointer data)
{
  gctx_lock ();
  while (TRUE)
    {
      GCtxDelivery delivery;
      GCtxNode *node = NULL;
      Errand *errand;

      if (!has_work_locked ())
        {
          gint64 end_usec = g_get_monotonic_time () + IDLE_USEC;
          gboolean awake = TRUE;

          keeper.n_idle++;
          while (awake && !has_work_locked ())
            awake = gctx_cond_wait_until_locked (&keeper.work, end_usec);
          keeper.n_idle--;
          if (!has_work_locked ())
            break;
        }

      gctx_delivery_init (&delivery);
      delivery.main_contexts = g_steal_pointer (&keeper.main_contexts);
      errand = take_errand_locked ();
      if (errand == NULL)
        node = g_queue_pop_head (&keeper.queue);
      keeper.taken++;
      if (node != NULL)
        gctx_node_collect_locked (node, &delivery);
      gctx_unlock ();

      if (node != NULL)
        GCTX_NOTE (DEADLINE, node, NULL, "delivered by a delivery thread: %" G_GSIZE_FORMAT " to tell",
                   delivery.n_items);
      gctx_delivery_run (&delivery);
      g_clear_pointer (&node, gctx_node_unref);
      if (errand != NULL)
        errand->func (errand->data);
      g_free (errand);

      gctx_lock ();
    }
  gctx_unlock ();

  return NULL;
}

/* Threads of the library leave all signals to those of the program. */
GThread *
gctx_keeper_thread_new (const char  *name,
                        GThreadFunc  func,
                        gpointer     data,
                        GError     **error)
{
  sigset_t all, before;
  GThread *thread;

  sigfillset (&all);
  pthread_sigmask (SIG_SETMASK, &all, &before);
  thread = g_thread_try_new (name, func, data, error);
  pthread_sigmask (SIG_SETMASK, &before, NULL);

  return thread;
}

static gpointer
loop_thread (gpointer data)
{
  GMainContext *main_context = data;

  g_main_context_push_thread_default (main_context);
  while (TRUE)
    g_main_context_iteration (main_context, TRUE);

  return NULL;
}

/* A GMainContext that a thread of its own runs from now on, whatever the main
 * loops of the program do. What arrives there comes one after the other, and
 * must not block. NULL with an error where no thread can be had. */
GMainContext *
gctx_keeper_loop_new (const char  *name,
                      GError     **error)
{
  GMainContext *main_context = g_main_context_new ();
  GThread *thread = gctx_keeper_thread_new (name, loop_thread, main_context, error);

  if (thread == NULL)
    g_clear_pointer (&main_context, g_main_context_unref);
  else
    g_thread_unref (thread);

  return main_context;
}

/* TRUE if one more delivery thread is wanted. */
static gboolean
look_after_queue_locked (void)
{
  gint64 now_usec;
  gboolean want = FALSE;

  if (!has_work_locked ())
    {
      keeper.look_at = G_MAXINT64;
      return FALSE;
    }

  now_usec = g_get_monotonic_time ();
  if (keeper.n_idle > 0)
    g_cond_signal (&keeper.work);
  else if (keeper.look_at == G_MAXINT64)
    want = TRUE;
  else if (now_usec < keeper.look_at)
    return FALSE;
  else
    want = keeper.taken == keeper.taken_seen;

  keeper.look_at = now_usec + IMPATIENCE_USEC;
  keeper.taken_seen = keeper.taken;

  return want;
}

/* --- The keeper --- */

static void
enqueue_due_locked (GCtxHome *home,
                    GList    *link)
{
  GCtxDelivery delivery;

  gctx_delivery_init (&delivery);
  g_queue_push_tail (&keeper.queue, gctx_home_take_due_locked (home, link, &delivery));
  gctx_keeper_drop_later_locked (delivery.main_contexts);
}

/* When the home should be looked at for the first of its deadlines. */
static gint64
get_look_time_locked (GCtxHome *home,
                      gint64    now_usec)
{
  GCtxNode *first = gctx_heap_peek (&home->heap);

  if (first == NULL)
    return G_MAXINT64;

  /* Time that is held does not go on by itself. */
  if (gctx_clock_is_held () || !gctx_home_has_loop_locked (home, first))
    return first->deadline;

  if (home->delivered_seen != home->delivered)
    {
      home->delivered_seen = home->delivered;
      return MAX (first->deadline, now_usec) + HEAD_START_USEC;
    }

  return first->deadline + HEAD_START_USEC;
}

/* Marks what has passed, at most CHUNK nodes: TRUE if that was all. */
static gboolean
mark_passed_locked (GCtxHome *home,
                    gint64    now_usec)
{
  GCtxNode *node;
  guint n = 0;

  while ((node = gctx_heap_peek (&home->heap)) != NULL && node->deadline <= now_usec)
    {
      GCtxDelivery delivery;

      if (n++ == CHUNK)
        return FALSE;
      gctx_delivery_init (&delivery);
      delivery.mark_only = TRUE;
      gctx_node_expire_locked (node, now_usec, &delivery);
      gctx_keeper_drop_later_locked (delivery.main_contexts);
    }

  return TRUE;
}

/* Says by when the home wants to be looked at again. */
static gint64
look_after_due_locked (GCtxHome *home,
                       gint64    now_usec)
{
  gint64 wake_at = G_MAXINT64;
  gint64 stuck_at = MAX (home->due_since, home->progress_at) + PATIENCE_USEC;

  for (GList *link = home->due.head, *next; link != NULL; link = next)
    {
      next = link->next;
      if (now_usec >= stuck_at || !gctx_home_has_loop_locked (home, link->data))
        enqueue_due_locked (home, link);
    }

  if (home->due.head != NULL)
    wake_at = stuck_at;

  return wake_at;
}

/* One look at all homes. FALSE where more has passed than one look marks. */
static gboolean
look_after_homes_locked (void)
{
  gint64 now_usec = gctx_clock_get_time ();
  gint64 wake_at = G_MAXINT64;
  GList *next;

  keeper.wake_at = G_MININT64;   /* awake: nobody needs to signal */

  for (GList *link = gctx_home_get_all_locked (); link != NULL; link = next)
    {
      GCtxHome *home = link->data;
      gint64 look_at;

      next = link->next;
      if (home->n_pending == 0)
        continue;

      gctx_home_ref (home);   /* giving up what is pending may leave none */
      look_at = get_look_time_locked (home, now_usec);
      if (look_at <= now_usec)
        {
          if (!mark_passed_locked (home, now_usec))
            {
              gctx_home_unref (home);
              return FALSE;
            }
          look_at = get_look_time_locked (home, now_usec);
        }
      wake_at = MIN (wake_at, look_at);
      wake_at = MIN (wake_at, look_after_due_locked (home, now_usec));
      next = link->next;
      gctx_home_unref (home);
    }

  keeper.wake_at = wake_at;

  return TRUE;
}

static void
sleep_locked (void)
{
  gint64 wake_at = gctx_clock_is_held () ? G_MAXINT64 : keeper.wake_at;
  gint64 end_usec = MIN (wake_at, keeper.look_at);

  gctx_cond_wait_until_locked (&keeper.cond, end_usec);
}

static gpointer
keeper_thread (gpointer data)
{
  gctx_lock ();
  while (TRUE)
    {
      gboolean all = look_after_homes_locked ();

      if (look_after_queue_locked ())
        {
          GThread *thread;

          gctx_unlock ();
          /* Where no thread can be had now, the next look tries again. */
          thread = gctx_keeper_thread_new ("gctx-deliver", delivery_thread, NULL, NULL);
          g_clear_pointer (&thread, g_thread_unref);
          gctx_lock ();
          continue;
        }

      if (all)
        {
          sleep_locked ();
        }
      else
        {
          gctx_unlock ();
          gctx_lock ();
        }
    }

  return NULL;
}

static gboolean gone = FALSE;

static void
on_fork_in_child (void)
{
  gone = TRUE;
}

/* TRUE in a child of fork () whose parent had set a deadline: neither the
 * keeper nor the main loops of the parent run here, and the locks of those may
 * have been left locked. */
gboolean
gctx_keeper_is_gone (void)
{
  return gone;
}

static void
keeper_start (void)
{
  GError *error = NULL;
  GThread *thread = gctx_keeper_thread_new ("gctx-keeper", keeper_thread, NULL, &error);

  if (thread == NULL)
    g_error ("No thread to keep time: %s", error->message);

  g_thread_unref (thread);
  pthread_atfork (NULL, NULL, on_fork_in_child);
}

/* Call it outside the lock. */
void
gctx_keeper_start (void)
{
  static gsize started = FALSE;

  /* Not g_once (): that of GLib 2.74 marks its beginning by a plain write, which
   * the quick path of another thread reads. */
  if (g_once_init_enter (&started))
    {
      keeper_start ();
      g_once_init_leave (&started, TRUE);
    }
}
