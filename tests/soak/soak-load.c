/* soak-load.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "soak-load.h"

#include "soak-meter.h"

/* The sizes are fixed, so that what is held at a time levels out: a slot holds
 * a context and what is above it, at most MAX_DEPTH generations up to a session,
 * and a session ends sooner or later with all that is below. */
#define N_SLOTS        32768
#define N_SESSIONS     32
#define N_CANCELLABLES 256
#define N_SOURCES      256
#define MAX_DEPTH      4
#define MAX_TASKS      8
#define MAX_PENDING    1000
#define MAX_NAPS       100
#define LONGEST_MSEC   40

GCTX_DEFINE_KEY (user_key, "user", G_TYPE_STRING)
GCTX_DEFINE_KEY (attempt_key, "attempt", G_TYPE_INT)

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
static gint n_tasks;       /* atomic */

/* --- Chance --- */

static guint
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

static GTimeSpan
roll_timeout (void)
{
  return roll (LONGEST_MSEC * 1000);
}

/* --- What is shared --- */

/* A context to derive from: one of a slot, or a session. After the end only
 * handlers ask, of what ends last. */
static GCtxContext *
pick_parent (guint *depth)
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

static GCtxContext *
pick (void)
{
  guint depth;

  return pick_parent (&depth);
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
static void
put (GCtxContext *context,
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

static GCancellable *
pick_cancellable (void)
{
  GCancellable *cancellable;

  g_mutex_lock (&mutex);
  cancellable = g_object_ref (cancellables[roll (N_CANCELLABLES)]);
  g_mutex_unlock (&mutex);

  return cancellable;
}

/* Takes @cancellable. The one before is cancelled: whoever drops the last hold
 * on a cancellable that a context has adopted can never end that context. */
static void
put_cancellable (GCancellable *cancellable)
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
static void
put_source (GSource *source)
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

static gboolean
cancel (GCtxScope *scope)
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

static void
cancel_some (void)
{
  g_autoptr (GCtxContext) context = pick ();

  if (GCTX_IS_SCOPE (context) && cancel (GCTX_SCOPE (context)))
    put (NULL, 0);
}

/* --- What is called back --- */

/* Runs in whichever thread ends the context. */
static void
on_cancelled (GCancellable *cancellable,
              gpointer      user_data)
{
  static __thread guint n_inside = 0;
  gint64 now_usec = g_get_monotonic_time ();
  g_autoptr (GCtxContext) context = gctx_context_from_cancellable (cancellable);
  gint64 deadline_usec;

  if (!gctx_context_is_done (context))
    meter_wrong ("a context lives after its cancellable");
  if (g_error_matches (gctx_context_get_error (context), G_IO_ERROR, G_IO_ERROR_TIMED_OUT) &&
      gctx_context_get_deadline (context, &deadline_usec))
    {
      meter_add (METER_EXPIRIES);
      meter_late (now_usec - deadline_usec);
    }

  if (n_inside++ < 2)
    switch (roll (40))
      {
      case 0:
        cancel_some ();
        break;
      case 1:
        put (NULL, 0);
        break;
      case 2:
        put (GCTX_CONTEXT (gctx_scope_new_with_timeout (context, roll_timeout ())), MAX_DEPTH);
        break;
      default:
        break;
      }
  n_inside--;
}

static void
listen (GCtxContext *context)
{
  GCancellable *cancellable = gctx_context_get_cancellable (context);

  if (cancellable != NULL)
    g_signal_connect (cancellable, "cancelled", G_CALLBACK (on_cancelled), NULL);
}

/* Like a server that turns some away: all threads add, and only those with a
 * loop run what was added. */
static gulong
add_after_func (GCtxContext *context,
                const char  *origin)
{
  Ticket *ticket;

  if (ticket_pending () >= MAX_PENDING)
    return 0;

  ticket = ticket_new (origin);
  if (roll (2) == 0)
    return gctx_context_add_after_func (context, ticket_run, ticket, ticket_destroy);

  return gctx_context_add_after_func_full (context, loops[roll (n_loops)], (int) roll (3) * 100 - 100,
                                           ticket_run, ticket, ticket_destroy);
}

/* --- Operations --- */

/* What a server does for a request, at once or with the end left to others. */
static void
serve_request (void)
{
  guint depth;
  g_autoptr (GCtxContext) parent = pick_parent (&depth);
  gint64 deadline_usec = g_get_monotonic_time () + roll_timeout ();
  GCtxScope *request = gctx_scope_new_full (parent, roll (4) == 0 ? G_MAXINT64 : deadline_usec, NULL,
                                            user_key (), "ada", attempt_key (), 1, NULL);
  g_autoptr (GCtxContext) query = gctx_context_with_timeout (GCTX_CONTEXT (request), roll_timeout ());
  GCtxScope *retry = gctx_scope_new_full (query, G_MAXINT64, NULL, attempt_key (), 2, NULL);
  GCancellable *cancellable;

  listen (query);
  add_after_func (GCTX_CONTEXT (request), "a request");
  add_after_func (GCTX_CONTEXT (retry), "a retry");
  cancellable = gctx_context_get_cancellable (GCTX_CONTEXT (retry));

  if (g_strcmp0 (gctx_context_get_string (GCTX_CONTEXT (retry), user_key ()), "ada") != 0 ||
      gctx_context_get_int (GCTX_CONTEXT (retry), attempt_key ()) != 2)
    meter_wrong ("a request lost its values");

  switch (roll (4))
    {
    case 0:
      if (cancel (request) && !g_cancellable_is_cancelled (cancellable))
        meter_wrong ("a cancel that says TRUE left a cancellable below");
      g_object_unref (retry);
      g_object_unref (request);
      break;
    case 1:
      gctx_scope_close (retry);
      put (GCTX_CONTEXT (request), depth);
      break;
    case 2:
      g_object_unref (request);
      put (GCTX_CONTEXT (retry), depth + 2);
      break;
    default:
      put (GCTX_CONTEXT (request), depth);
      put (GCTX_CONTEXT (retry), depth + 2);
      break;
    }
}

static void
derive (void)
{
  guint depth;
  g_autoptr (GCtxContext) parent = pick_parent (&depth);
  GCtxContext *context;

  switch (roll (6))
    {
    case 0:
      context = GCTX_CONTEXT (gctx_scope_new (parent));
      break;
    case 1:
      context = GCTX_CONTEXT (gctx_scope_new_with_timeout (parent, roll_timeout ()));
      break;
    case 2:
      context = gctx_context_with_timeout (parent, roll_timeout ());
      break;
    case 3:
      context = gctx_context_with_values (parent, user_key (), "eve", NULL);
      break;
    case 4:
      {
        g_autoptr (GCtxContext) shielded = gctx_context_without_cancel (parent);

        context = GCTX_CONTEXT (gctx_scope_new (shielded));
      }
      break;
    default:
      {
        g_autoptr (GCtxContext) second = pick ();
        g_autoptr (GCtxContext) third = pick ();
        GCtxContext *contexts[] = { parent, second, third };

        context = gctx_context_any (contexts, G_N_ELEMENTS (contexts));
        depth = MAX_DEPTH;
      }
      break;
    }

  listen (context);
  put (context, depth);
}

static void
add_and_remove (void)
{
  g_autoptr (GCtxContext) context = pick ();
  gulong id = add_after_func (context, "a shared context");

  if (roll (3) == 0)
    gctx_context_remove_after_func (context, id);
}

static void
cancel_subtree (void)
{
  g_autoptr (GCtxContext) context = pick ();
  g_autoptr (GCtxScope) child = gctx_scope_new (context);
  GCancellable *cancellable = gctx_context_get_cancellable (GCTX_CONTEXT (child));

  if (!GCTX_IS_SCOPE (context))
    return;
  if (cancel (GCTX_SCOPE (context)) && !g_cancellable_is_cancelled (cancellable))
    meter_wrong ("a cancel that says TRUE left a cancellable below");
  if (!gctx_context_is_done (GCTX_CONTEXT (child)))
    meter_wrong ("a child lives after its parent");
}

static void
cancel_session (void)
{
  GCtxScope *session = gctx_scope_new (gctx_context_background ());
  guint i = roll (N_SESSIONS);
  GCtxScope *old;

  if (roll (8) != 0)
    add_after_func (GCTX_CONTEXT (session), "a session");

  g_mutex_lock (&mutex);
  old = sessions[i];
  sessions[i] = session;
  g_mutex_unlock (&mutex);

  cancel (old);
  g_object_unref (old);
}

static void
drop (void)
{
  put (NULL, 0);
}

static void
adopt (void)
{
  g_autoptr (GCancellable) cancellable = NULL;
  g_autoptr (GCtxContext) origin = NULL;
  GCtxContext *context;

  switch (roll (3))
    {
    case 0:
      put_cancellable (g_cancellable_new ());
      break;
    case 1:
      origin = pick ();
      cancellable = gctx_context_create_cancellable (origin);
      if (cancellable != NULL)
        put_cancellable (g_object_ref (cancellable));
      break;
    default:
      break;
    }

  g_clear_object (&cancellable);
  cancellable = pick_cancellable ();
  context = gctx_context_from_cancellable (cancellable);
  if (roll (2) == 0)
    add_after_func (context, "an adopted cancellable");
  listen (context);
  put (context, MAX_DEPTH);
}

static gboolean
on_source (GCtxContext *context,
           gpointer     user_data)
{
  if (!gctx_context_is_done (context))
    meter_wrong ("a source fired before the end");
  return G_SOURCE_REMOVE;
}

static gboolean
on_cancellable_source (GCancellable *cancellable,
                       gpointer      user_data)
{
  return G_SOURCE_REMOVE;
}

static void
attach_source (void)
{
  g_autoptr (GCtxContext) context = pick ();
  GCancellable *cancellable = gctx_context_get_cancellable (context);
  GSource *source;

  if (roll (2) == 0 || cancellable == NULL)
    {
      source = gctx_context_create_source (context);
      g_source_set_callback (source, G_SOURCE_FUNC (on_source), NULL, NULL);
    }
  else
    {
      source = g_cancellable_source_new (cancellable);
      g_source_set_callback (source, G_SOURCE_FUNC (on_cancellable_source), NULL, NULL);
    }
  g_source_attach (source, loops[roll (n_loops)]);
  put_source (source);
}

/* Blocks as GIO does, on the descriptor of the cancellable. */
static void
run_task (GTask        *task,
          gpointer      source_object,
          gpointer      task_data,
          GCancellable *cancellable)
{
  GPollFD fd;

  if (g_cancellable_make_pollfd (cancellable, &fd))
    {
      g_poll (&fd, 1, roll (LONGEST_MSEC));
      g_cancellable_release_fd (cancellable);
    }
  if (!g_task_return_error_if_cancelled (task))
    g_task_return_boolean (task, TRUE);
}

static void
on_task (GObject      *source_object,
         GAsyncResult *result,
         gpointer      user_data)
{
  GCtxContext *context = g_task_get_task_data (G_TASK (result));
  g_autoptr (GError) error = NULL;

  g_task_propagate_boolean (G_TASK (result), &error);
  if (error != NULL && gctx_context_is_done (context))
    {
      g_autoptr (GError) translated = gctx_context_translate_error (context, error);

      if (translated->code != gctx_context_get_error (context)->code)
        meter_wrong ("an error was not translated");
    }
  g_atomic_int_add (&n_tasks, -1);
  meter_add (METER_NAPS_OVER);
}

static void
start_task (void)
{
  g_autoptr (GCtxContext) parent = pick ();
  g_autoptr (GCtxContext) context = gctx_context_with_timeout (parent, roll_timeout ());
  g_autoptr (GTask) task = NULL;

  if (g_atomic_int_add (&n_tasks, 1) >= MAX_TASKS)
    {
      g_atomic_int_add (&n_tasks, -1);
      return;
    }

  task = g_task_new (NULL, gctx_context_get_cancellable (context), on_task, NULL);
  g_task_set_task_data (task, g_object_ref (context), g_object_unref);
  g_task_run_in_thread (task, run_task);
  meter_add (METER_NAPS);
}

static void
on_wait (GObject      *source_object,
         GAsyncResult *result,
         gpointer      user_data)
{
  gctx_context_wait_finish (GCTX_CONTEXT (source_object), result, NULL);
  meter_add (METER_NAPS_OVER);
}

static void
on_sleep (GObject      *source_object,
          GAsyncResult *result,
          gpointer      user_data)
{
  gctx_context_sleep_finish (GCTX_CONTEXT (source_object), result, NULL);
  meter_add (METER_NAPS_OVER);
}

static void
nap (void)
{
  g_autoptr (GCtxContext) parent = pick ();
  g_autoptr (GCtxContext) context = gctx_context_with_timeout (parent, roll_timeout ());
  g_autoptr (GCancellable) cancellable = roll (2) == 0 ? pick_cancellable () : NULL;

  if (meter_get (METER_NAPS) - meter_get (METER_NAPS_OVER) >= MAX_NAPS)
    return;

  meter_add (METER_NAPS);
  if (roll (2) == 0)
    gctx_context_wait_async (context, cancellable, on_wait, NULL);
  else
    gctx_context_sleep_async (context, roll_timeout (), cancellable, on_sleep, NULL);
}

/* Only where no loop is kept waiting. */
static void
block (void)
{
  g_autoptr (GCtxContext) parent = pick ();
  g_autoptr (GCtxContext) context = gctx_context_with_timeout (parent, roll (3000));

  if (g_main_context_get_thread_default () != NULL)
    return;
  if (roll (2) == 0)
    gctx_context_wait (context);
  else if (gctx_context_sleep (context, 4000, NULL))
    meter_wrong ("a nap was longer than its context");
}

/* A home that comes and goes, with deadlines pending. */
static void
change_home (void)
{
  g_autoptr (GMainContext) home = g_main_context_new ();
  g_autoptr (GCtxContext) parent = pick ();
  g_autoptr (GCtxScope) scope = NULL;
  g_autoptr (GCtxContext) context = NULL;

  g_main_context_push_thread_default (home);
  scope = gctx_scope_new_with_timeout (parent, roll_timeout ());
  context = gctx_context_with_timeout (parent, roll (100));
  gctx_context_add_after_func (GCTX_CONTEXT (scope), ticket_run, ticket_new ("a home that goes"), ticket_destroy);
  gctx_context_add_after_func (context, ticket_run, ticket_new ("a home that goes"), ticket_destroy);
  g_main_context_iteration (home, FALSE);
  if (roll (2) == 0)
    cancel (scope);
  g_main_context_iteration (home, FALSE);
  g_main_context_pop_thread_default (home);
}

static void
ask (void)
{
  g_autoptr (GCtxContext) context = pick ();
  g_autofree char *path = gctx_context_to_string (context);
  const GError *error = gctx_context_get_error (context);

  if (error != NULL && (!gctx_context_is_done (context) || gctx_context_get_error (context) != error))
    meter_wrong ("done is not final");
}

static const struct
{
  void (*func) (void);
  guint weight;
} operations[] = {
  { serve_request, 30 },
  { derive, 20 },
  { add_and_remove, 10 },
  { cancel_subtree, 5 },
  { cancel_session, 1 },
  { drop, 10 },
  { adopt, 6 },
  { attach_source, 6 },
  { start_task, 2 },
  { nap, 4 },
  { block, 2 },
  { change_home, 1 },
  { ask, 10 },
};

void
load_step (void)
{
  guint sum = 0, chosen;
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (operations); i++)
    sum += operations[i].weight;
  chosen = roll (sum);
  for (i = 0; chosen >= operations[i].weight; i++)
    chosen -= operations[i].weight;

  operations[i].func ();
  meter_add (METER_OPERATIONS);
}

guint
load_get_n_threads (void)
{
  return g_atomic_int_get (&n_entered);
}

void
load_start (GMainContext **main_contexts,
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
load_empty (void)
{
  gsize i;

  g_mutex_lock (&mutex);
  emptied = TRUE;
  g_mutex_unlock (&mutex);

  for (i = 0; i < N_SESSIONS; i++)
    {
      cancel (sessions[i]);
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
