/* soak-world.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "soak-world.h"

#include "soak-meter.h"

/* The sizes are fixed, so that what is held at a time levels out: a slot holds
 * a context and what is above it, at most MAX_DEPTH generations up to a session,
 * and a session ends sooner or later with all that is below. */
#define N_SLOTS        32768
#define N_SESSIONS     32
#define N_CANCELLABLES 256
#define N_SOURCES      256

typedef struct
{
  GCtxContext *context;
  guint        depth;
} Slot;

static GMutex mutex;
static Slot slots[N_SLOTS];
static GCtxScope *sessions[N_SESSIONS];
static GCancellable *cancellables[N_CANCELLABLES];
static GSource *sources[N_SOURCES];

static gboolean emptied;   /* nothing is put there any more */

static GMainContext **loops;
static guint n_loops;
static gint n_entered;     /* atomic */

/* --- Chance --- */

guint
roll (guint n)
{
  static __thread guint32 state = 0;

  if (state == 0)
    state = g_random_int () | 1;
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;

  return state % n;
}

GTimeSpan
roll_timeout (void)
{
  return roll (LONGEST_MSEC * 1000);
}

/* --- What is shared --- */

/* A context to derive from: one of a slot, or a session. After the end only
 * handlers ask, of what ends last. */
GCtxContext *
world_pick_parent (guint *depth)
{
  Slot *slot = &slots[roll (N_SLOTS)];
  GCtxContext *context;

  g_mutex_lock (&mutex);
  if (slot->context != NULL && slot->depth < MAX_DEPTH)
    {
      context = g_object_ref (slot->context);
      *depth = slot->depth + 1;
    }
  else
    {
      context = emptied ? gctx_context_background () : GCTX_CONTEXT (sessions[roll (N_SESSIONS)]);
      g_object_ref (context);
      *depth = 1;
    }
  g_mutex_unlock (&mutex);

  return context;
}

GCtxContext *
world_pick (void)
{
  guint depth;

  return world_pick_parent (&depth);
}

/* Each thread puts into a part of its own, and so never holds more than its
 * share: one that is kept from running must not make room for the others, whose
 * arenas would grow by it. All pick, and drop, from everywhere. */
static guint
roll_own_slot (void)
{
  static __thread guint part = 0;
  guint n_parts = 2 * n_loops;

  if (part == 0)
    part = 1 + g_atomic_int_add (&n_entered, 1) % n_parts;

  return (part - 1) * (N_SLOTS / n_parts) + roll (N_SLOTS / n_parts);
}

/* Takes @context; what was there is dropped in this thread. */
void
world_put (GCtxContext *context,
           guint        depth)
{
  Slot *slot = &slots[context != NULL ? roll_own_slot () : roll (N_SLOTS)];
  Slot old;

  g_mutex_lock (&mutex);
  old = *slot;
  *slot = (Slot) { emptied ? NULL : g_steal_pointer (&context), depth };
  g_mutex_unlock (&mutex);

  g_clear_object (&old.context);
  g_clear_object (&context);
}

/* Takes @session; the one before is the caller's to end. */
GCtxScope *
world_replace_session (GCtxScope *session)
{
  guint i = roll (N_SESSIONS);
  GCtxScope *old;

  g_mutex_lock (&mutex);
  old = sessions[i];
  sessions[i] = session;
  g_mutex_unlock (&mutex);

  return old;
}

/* One to be called back in. */
GMainContext *
world_pick_loop (void)
{
  return loops[roll (n_loops)];
}

GCancellable *
world_pick_cancellable (void)
{
  GCancellable *cancellable;

  g_mutex_lock (&mutex);
  cancellable = g_object_ref (cancellables[roll (N_CANCELLABLES)]);
  g_mutex_unlock (&mutex);

  return cancellable;
}

/* Takes @cancellable. The one before is cancelled: whoever drops the last hold
 * on a cancellable that a context has adopted can never end that context. */
void
world_put_cancellable (GCancellable *cancellable)
{
  GCancellable **place = &cancellables[roll (N_CANCELLABLES)];
  GCancellable *old;

  g_mutex_lock (&mutex);
  old = *place;
  *place = cancellable;
  g_mutex_unlock (&mutex);

  if (old != NULL)
    g_cancellable_cancel (old);
  g_clear_object (&old);
}

/* Takes @source. The one before is destroyed, fired or not. */
void
world_put_source (GSource *source)
{
  GSource **place = &sources[roll (N_SOURCES)];
  GSource *old;

  g_mutex_lock (&mutex);
  old = *place;
  *place = source;
  g_mutex_unlock (&mutex);

  if (old == NULL)
    return;
  g_source_destroy (old);
  g_source_unref (old);
}

gboolean
world_cancel (GCtxScope *scope)
{
  g_autoptr (GError) cause = NULL;
  gboolean ended;

  if (roll (2) == 0)
    cause = g_error_new (G_FILE_ERROR, G_FILE_ERROR_INTR, "cause number %u", roll (1000));
  ended = gctx_scope_cancel_with_cause (scope, cause);
  if (!gctx_context_is_done (GCTX_CONTEXT (scope)))
    meter_wrong ("a scope lives after its cancel");
  if (ended)
    meter_add (METER_CANCELS);

  return ended;
}

/* --- Its life --- */

guint
world_get_n_threads (void)
{
  return g_atomic_int_get (&n_entered);
}

void
world_start (GMainContext **main_contexts,
             guint          n_main_contexts)
{
  gsize i;

  loops = main_contexts;
  n_loops = n_main_contexts;
  for (i = 0; i < N_SESSIONS; i++)
    sessions[i] = gctx_scope_new (gctx_context_background ());
  for (i = 0; i < N_CANCELLABLES; i++)
    cancellables[i] = g_cancellable_new ();
}

void
world_empty (void)
{
  gsize i;

  g_mutex_lock (&mutex);
  emptied = TRUE;
  g_mutex_unlock (&mutex);

  for (i = 0; i < N_SESSIONS; i++)
    {
      world_cancel (sessions[i]);
      g_clear_object (&sessions[i]);
    }
  for (i = 0; i < N_CANCELLABLES; i++)
    {
      g_cancellable_cancel (cancellables[i]);
      g_clear_object (&cancellables[i]);
    }
  for (i = 0; i < N_SOURCES; i++)
    {
      if (sources[i] == NULL)
        continue;
      g_source_destroy (sources[i]);
      g_clear_pointer (&sources[i], g_source_unref);
    }
  for (i = 0; i < N_SLOTS; i++)
    {
      GCtxContext *context;

      g_mutex_lock (&mutex);
      context = g_steal_pointer (&slots[i].context);
      g_mutex_unlock (&mutex);
      g_clear_object (&context);
    }
}
