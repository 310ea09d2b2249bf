/* soak-load.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "soak-load.h"

#include "soak-meter.h"
#include "soak-waits.h"
#include "soak-world.h"

#define MAX_PENDING 1000

GCTX_DEFINE_KEY (user_key, "user", G_TYPE_STRING)
GCTX_DEFINE_KEY (attempt_key, "attempt", G_TYPE_INT)

/* --- What is called back --- */

static void
cancel_some (void)
{
  g_autoptr (GCtxContext) context = world_pick ();

  if (GCTX_IS_SCOPE (context) && world_cancel (GCTX_SCOPE (context)))
    world_put (NULL, 0);
}

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
        world_put (NULL, 0);
        break;
      case 2:
        world_put (GCTX_CONTEXT (gctx_scope_new_with_timeout (context, roll_timeout ())), MAX_DEPTH);
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

  return gctx_context_add_after_func_full (context, world_pick_loop (), (int) roll (3) * 100 - 100,
                                           ticket_run, ticket, ticket_destroy);
}

/* --- Operations --- */

/* What a server does for a request, at once or with the end left to others. */
static void
serve_request (void)
{
  guint depth;
  g_autoptr (GCtxContext) parent = world_pick_parent (&depth);
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
      if (world_cancel (request) && !g_cancellable_is_cancelled (cancellable))
        meter_wrong ("a cancel that says TRUE left a cancellable below");
      g_object_unref (retry);
      g_object_unref (request);
      break;
    case 1:
      gctx_scope_close (retry);
      world_put (GCTX_CONTEXT (request), depth);
      break;
    case 2:
      g_object_unref (request);
      world_put (GCTX_CONTEXT (retry), depth + 2);
      break;
    default:
      world_put (GCTX_CONTEXT (request), depth);
      world_put (GCTX_CONTEXT (retry), depth + 2);
      break;
    }
}

static void
derive (void)
{
  guint depth;
  g_autoptr (GCtxContext) parent = world_pick_parent (&depth);
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
        g_autoptr (GCtxContext) second = world_pick ();
        g_autoptr (GCtxContext) third = world_pick ();
        GCtxContext *contexts[] = { parent, second, third };

        context = gctx_context_any (contexts, G_N_ELEMENTS (contexts));
        depth = MAX_DEPTH;
      }
      break;
    }

  listen (context);
  world_put (context, depth);
}

static void
add_and_remove (void)
{
  g_autoptr (GCtxContext) context = world_pick ();
  gulong id = add_after_func (context, "a shared context");

  if (roll (3) == 0)
    gctx_context_remove_after_func (context, id);
}

static void
cancel_subtree (void)
{
  g_autoptr (GCtxContext) context = world_pick ();
  g_autoptr (GCtxScope) child = gctx_scope_new (context);
  GCancellable *cancellable = gctx_context_get_cancellable (GCTX_CONTEXT (child));

  if (!GCTX_IS_SCOPE (context))
    return;
  if (world_cancel (GCTX_SCOPE (context)) && !g_cancellable_is_cancelled (cancellable))
    meter_wrong ("a cancel that says TRUE left a cancellable below");
  if (!gctx_context_is_done (GCTX_CONTEXT (child)))
    meter_wrong ("a child lives after its parent");
}

static void
cancel_session (void)
{
  GCtxScope *session = gctx_scope_new (gctx_context_background ());
  GCtxScope *old;

  if (roll (8) != 0)
    add_after_func (GCTX_CONTEXT (session), "a session");

  old = world_replace_session (session);
  world_cancel (old);
  g_object_unref (old);
}

static void
drop (void)
{
  world_put (NULL, 0);
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
      world_put_cancellable (g_cancellable_new ());
      break;
    case 1:
      origin = world_pick ();
      cancellable = gctx_context_create_cancellable (origin);
      if (cancellable != NULL)
        world_put_cancellable (g_object_ref (cancellable));
      break;
    default:
      break;
    }

  g_clear_object (&cancellable);
  cancellable = world_pick_cancellable ();
  context = gctx_context_from_cancellable (cancellable);
  if (roll (2) == 0)
    add_after_func (context, "an adopted cancellable");
  listen (context);
  world_put (context, MAX_DEPTH);
}

/* A home that comes and goes, with deadlines pending. */
static void
change_home (void)
{
  g_autoptr (GMainContext) home = g_main_context_new ();
  g_autoptr (GCtxContext) parent = world_pick ();
  g_autoptr (GCtxScope) scope = NULL;
  g_autoptr (GCtxContext) context = NULL;

  g_main_context_push_thread_default (home);
  scope = gctx_scope_new_with_timeout (parent, roll_timeout ());
  context = gctx_context_with_timeout (parent, roll (100));
  gctx_context_add_after_func (GCTX_CONTEXT (scope), ticket_run, ticket_new ("a home that goes"), ticket_destroy);
  gctx_context_add_after_func (context, ticket_run, ticket_new ("a home that goes"), ticket_destroy);
  g_main_context_iteration (home, FALSE);
  if (roll (2) == 0)
    world_cancel (scope);
  g_main_context_iteration (home, FALSE);
  g_main_context_pop_thread_default (home);
}

static void
ask (void)
{
  g_autoptr (GCtxContext) context = world_pick ();
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
  { waits_attach_source, 6 },
  { waits_start_task, 2 },
  { waits_nap, 4 },
  { waits_block, 2 },
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
  return world_get_n_threads ();
}

void
load_start (GMainContext **loops,
            guint          n_loops)
{
  world_start (loops, n_loops);
}

void
load_empty (void)
{
  world_empty ();
}
