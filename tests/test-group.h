/* test-group.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "test-tree.h"

/* An operation that a test finishes by hand, and what became of it. */
typedef struct
{
  GTask       *task;
  GCtxContext *context;       /* no reference */
  GSource     *withdrawal;
  int          n_destroyed;   /* atomic */
  int          n_called;      /* atomic */
  GThread     *thread;        /* atomic: that called */
  GThread     *destroyer;     /* atomic */
} Op;

static inline void
op_start (GTask       *task,
          GCtxContext *context,
          gpointer     user_data)
{
  g_autoptr (GMainContext) loop = g_main_context_ref_thread_default ();
  Op *op = user_data;

  g_assert_cmpint (op->n_destroyed, ==, 0);
  g_assert_true (g_task_get_cancellable (task) == gctx_context_get_cancellable (context));
  g_assert_true (g_task_get_context (task) == loop);
  op->task = g_object_ref (task);
  op->context = context;
  g_atomic_pointer_set (&op->thread, g_thread_self ());
  g_atomic_int_inc (&op->n_called);
}

static inline void
op_destroy (gpointer user_data)
{
  Op *op = user_data;

  g_atomic_pointer_set (&op->destroyer, g_thread_self ());
  g_atomic_int_inc (&op->n_destroyed);
}

static inline void
op_succeed (Op *op)
{
  g_assert_nonnull (op->task);
  g_task_return_boolean (op->task, TRUE);
  g_clear_object (&op->task);
}

static inline void
op_fail (Op  *op,
         int  code)
{
  g_assert_nonnull (op->task);
  g_task_return_new_error (op->task, TEST_DOMAIN, code, "cause number %d", code);
  g_clear_object (&op->task);
}

static inline gboolean
op_on_cancelled (GCancellable *cancellable,
                 gpointer      user_data)
{
  Op *op = user_data;

  g_task_return_new_error (op->task, G_IO_ERROR, G_IO_ERROR_CANCELLED, "Operation was cancelled");
  g_clear_object (&op->task);
  g_clear_pointer (&op->withdrawal, g_source_unref);

  return G_SOURCE_REMOVE;
}

/* One that does nothing but fail when it is cancelled, as GIO's do. */
static inline void
op_start_obedient (GTask       *task,
                   GCtxContext *context,
                   gpointer     user_data)
{
  Op *op = user_data;

  op_start (task, context, user_data);
  op->withdrawal = g_cancellable_source_new (gctx_context_get_cancellable (context));
  g_source_set_callback (op->withdrawal, G_SOURCE_FUNC (op_on_cancelled), op, NULL);
  g_source_attach (op->withdrawal, g_main_context_get_thread_default ());
}

static inline gboolean
op_on_done (GCtxContext *context,
            gpointer     user_data)
{
  return op_on_cancelled (NULL, user_data);
}

/* The same for what another thread may end: GLib 2.74 may lose a source of a
 * GCancellable that is cancelled in the moment when it is destroyed. */
static inline void
op_start_until_done (GTask       *task,
                     GCtxContext *context,
                     gpointer     user_data)
{
  Op *op = user_data;

  op_start (task, context, user_data);
  op->withdrawal = gctx_context_create_source (context);
  g_source_set_callback (op->withdrawal, G_SOURCE_FUNC (op_on_done), op, NULL);
  g_source_attach (op->withdrawal, g_main_context_get_thread_default ());
}

static inline void
group_start (GCtxGroup *group,
             Op        *op)
{
  gctx_group_start (group, op_start, op, op_destroy);
}

static inline void
group_start_obedient (GCtxGroup *group,
                      Op        *op)
{
  gctx_group_start (group, op_start_obedient, op, op_destroy);
}

#define assert_op(op, called, destroyed)                             \
  G_STMT_START {                                                     \
    g_assert_cmpint (g_atomic_int_get (&(op)->n_called), ==, (called));       \
    g_assert_cmpint (g_atomic_int_get (&(op)->n_destroyed), ==, (destroyed)); \
  } G_STMT_END

/* The outcome of a wait_async (). */
typedef struct
{
  gboolean  succeeded;
  GError   *error;
  GThread  *thread;
  int       n_finished;   /* atomic */
} Outcome;

static inline void
on_waited (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  Outcome *outcome = user_data;

  outcome->succeeded = gctx_group_wait_finish (GCTX_GROUP (source), result, &outcome->error);
  g_assert_true (outcome->succeeded == (outcome->error == NULL));
  outcome->thread = g_thread_self ();
  g_atomic_int_inc (&outcome->n_finished);
}

/* Waits in this thread's main loop: the error, or NULL. */
static inline GError *
group_wait_in_loop (GCtxGroup *group)
{
  Outcome outcome = { FALSE, NULL, NULL, 0 };

  gctx_group_wait_async (group, NULL, on_waited, &outcome);
  g_assert_cmpint (outcome.n_finished, ==, 0);
  test_iterate_until (g_main_context_get_thread_default (), &outcome.n_finished);
  g_assert_cmpint (outcome.n_finished, ==, 1);
  g_assert_true (gctx_context_is_done (gctx_group_get_context (group)));

  return outcome.error;
}
