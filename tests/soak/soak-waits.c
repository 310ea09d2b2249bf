/* soak-waits.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What waits for an end: sources, tasks, naps and threads. */

#include "soak-waits.h"

#include "soak-meter.h"
#include "soak-world.h"

#define MAX_TASKS 8
#define MAX_NAPS  100

static gint n_tasks;   /* atomic */

/* --- Sources --- */

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

void
waits_attach_source (void)
{
  g_autoptr (GCtxContext) context = world_pick ();
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
  g_source_attach (source, world_pick_loop ());
  world_put_source (source);
}

/* --- Tasks --- */

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

void
waits_start_task (void)
{
  g_autoptr (GCtxContext) parent = world_pick ();
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

/* --- Naps --- */

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

void
waits_nap (void)
{
  g_autoptr (GCtxContext) parent = world_pick ();
  g_autoptr (GCtxContext) context = gctx_context_with_timeout (parent, roll_timeout ());
  g_autoptr (GCancellable) cancellable = roll (2) == 0 ? world_pick_cancellable () : NULL;

  if (meter_get (METER_NAPS) - meter_get (METER_NAPS_OVER) >= MAX_NAPS)
    return;

  meter_add (METER_NAPS);
  if (roll (2) == 0)
    gctx_context_wait_async (context, cancellable, on_wait, NULL);
  else
    gctx_context_sleep_async (context, roll_timeout (), cancellable, on_sleep, NULL);
}

/* Only where no loop is kept waiting. */
void
waits_block (void)
{
  g_autoptr (GCtxContext) parent = world_pick ();
  g_autoptr (GCtxContext) context = gctx_context_with_timeout (parent, roll (3000));

  if (g_main_context_get_thread_default () != NULL)
    return;
  if (roll (2) == 0)
    gctx_context_wait (context);
  else if (gctx_context_sleep (context, 4000, NULL))
    meter_wrong ("a nap was longer than its context");
}
