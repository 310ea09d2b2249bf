/* test-tree.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "test-util.h"

/* Small trees: made, ended with a numbered cause, and asked how they ended. */

/* Long enough to build a small tree before it passes, even on a busy machine. */
#define LEAD_USEC ((gint64) 50 * 1000)
#define HOUR_USEC ((gint64) 3600 * G_USEC_PER_SEC)

#define TEST_DOMAIN (g_quark_from_static_string ("gctx-test"))

GCTX_DEFINE_KEY (object_key, "object", G_TYPE_OBJECT)

static inline gboolean
cancel_with (GCtxScope *scope,
             int        code)
{
  g_autoptr (GError) cause = g_error_new (TEST_DOMAIN, code, "cause number %d", code);

  return gctx_scope_cancel_with_cause (scope, cause);
}

/* @cause_code 0: no cause was given, so the cause is the error itself. */
static inline void
assert_ended (GCtxContext *context,
              int          error_code,
              int          cause_code)
{
  const GError *error = gctx_context_get_error (context);
  const GError *cause = gctx_context_get_cause (context);

  g_assert_true (gctx_context_is_done (context));
  g_assert_error (error, G_IO_ERROR, error_code);
  if (cause_code != 0)
    {
      g_assert_error (cause, TEST_DOMAIN, cause_code);
    }
  else
    {
      g_assert_error (cause, G_IO_ERROR, error_code);
      g_assert_cmpstr (cause->message, ==, error->message);
    }
}

static inline void
assert_live (GCtxContext *context)
{
  g_assert_false (gctx_context_is_done (context));
  g_assert_null (gctx_context_get_error (context));
  g_assert_null (gctx_context_get_cause (context));
}

static inline GCtxScope *
scope_with_deadline (GCtxContext *parent,
                     gint64       deadline,
                     int          cause_code)
{
  g_autoptr (GError) cause = g_error_new (TEST_DOMAIN, cause_code, "cause number %d", cause_code);

  return gctx_scope_new_with_deadline_cause (parent, deadline, cause);
}

static inline void
spin_past (gint64 time_usec)
{
  while (g_get_monotonic_time () <= time_usec)
    ;
}

/* Whoever delivers, the home or a delivery thread: both get their turn. */
static inline void
iterate_until_cancelled (GCancellable *cancellable)
{
  while (!g_cancellable_is_cancelled (cancellable))
    {
      g_main_context_iteration (NULL, FALSE);
      g_thread_yield ();
    }
}

/* A context with a value of its own, so that its end can be seen from outside:
 * *@value becomes NULL when nobody sees the value any more. */
static inline GCtxScope *
scope_with_object (GCtxContext *parent,
                   gint64       deadline,
                   GObject    **value)
{
  g_autoptr (GObject) object = g_object_new (G_TYPE_OBJECT, NULL);

  g_set_weak_pointer (value, object);
  return gctx_scope_new_full (parent, deadline, NULL, object_key (), object, NULL);
}

/* What was called, where it only matters how often. */
static inline void
count_after (GCtxContext *context,
             gpointer     data)
{
  g_assert_true (gctx_context_is_done (context));
  ++*(int *) data;
}

static inline gboolean
count_source (GCtxContext *context,
              gpointer     data)
{
  ++*(int *) data;
  return G_SOURCE_REMOVE;
}

static inline void
count_destroy (gpointer data)
{
  ++*(int *) data;
}

/* A race of something against the cancel of a scope: what test_race () is given
 * besides, with a GCtxScope ** for its data. */
static inline void
scope_set_up (gpointer data)
{
  *(GCtxScope **) data = gctx_scope_new (gctx_context_background ());
}

static inline void
scope_cancel (gpointer data)
{
  g_assert_true (gctx_scope_cancel (*(gpointer *) data));
}

static inline void
scope_check (gpointer data)
{
  test_assert_last_unref (*(gpointer *) data);
}
