/* test-family.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "test-tree.h"

/* What foreign code may do wherever the library calls it: everything. */

GCTX_DEFINE_KEY (user_key, "user", G_TYPE_STRING)

/* A family of three, and how often foreign code used all of it. */
typedef struct
{
  GCtxScope *parent;
  GCtxScope *self;
  GCtxScope *child;
  int n_used;
} Family;

static inline void
family_init_below (Family      *family,
                   GCtxContext *above)
{
  family->parent = gctx_scope_new_full (above, g_get_monotonic_time () + HOUR_USEC, NULL,
                                        user_key (), "ada", NULL);
  family->self = gctx_scope_new (GCTX_CONTEXT (family->parent));
  family->child = gctx_scope_new (GCTX_CONTEXT (family->self));
  family->n_used = 0;
}

static inline void
family_init (Family *family)
{
  family_init_below (family, gctx_context_background ());
}

static inline void
family_clear (Family *family)
{
  g_clear_object (&family->child);
  g_clear_object (&family->self);
  g_clear_object (&family->parent);
}

static inline void
never (GCtxContext *context,
       gpointer     data)
{
  g_assert_true (gctx_context_is_done (context));
}

static inline gboolean
never_source (GCtxContext *context,
              gpointer     data)
{
  return G_SOURCE_REMOVE;
}

static inline void
on_wait (GObject      *source_object,
         GAsyncResult *result,
         gpointer      data)
{
  g_assert_true (gctx_context_wait_finish (GCTX_CONTEXT (source_object), result, NULL));
}

static inline void
on_sleep (GObject      *source_object,
          GAsyncResult *result,
          gpointer      data)
{
  gctx_context_sleep_finish (GCTX_CONTEXT (source_object), result, NULL);
}

static inline void
read_everything (GCtxContext *context)
{
  g_autofree char *path = gctx_context_to_string (context);
  GTimeSpan remaining;
  gint64 deadline;

  gctx_context_is_done (context);
  gctx_context_check (context, NULL);
  gctx_context_get_error (context);
  gctx_context_get_cause (context);
  gctx_context_get_deadline (context, &deadline);
  gctx_context_get_remaining (context, &remaining);
  gctx_context_get_remaining_msec (context);
  g_assert_cmpstr (gctx_context_get_string (context, user_key ()), ==, "ada");
  g_assert_true (gctx_context_has_value (context, user_key ()));
  g_assert_nonnull (gctx_context_get_value (context, user_key ()));
  g_assert_nonnull (path);
}

static inline void
derive_everything (GCtxContext *context)
{
  g_autoptr (GCtxContext) value = gctx_context_with_values (context, user_key (), "bob", NULL);
  g_autoptr (GCtxContext) timed = gctx_context_with_timeout (context, HOUR_USEC / 2);
  g_autoptr (GCtxContext) past = gctx_context_with_deadline (context, 0);
  g_autoptr (GCtxContext) cut = gctx_context_without_cancel (context);
  GCtxContext *several[] = { value, timed, cut };
  g_autoptr (GCtxContext) any = gctx_context_any (several, G_N_ELEMENTS (several));
  g_autoptr (GCtxScopeCloser) scope = gctx_scope_new (any);
  g_autoptr (GCtxScope) full =
    gctx_scope_new_full (context, g_get_monotonic_time () + HOUR_USEC / 3, NULL,
                         user_key (), "bob", NULL);
  GCancellable *cancellable = gctx_context_get_cancellable (GCTX_CONTEXT (full));
  g_autoptr (GCtxContext) back = gctx_context_from_cancellable (cancellable);

  g_assert_true (gctx_context_is_done (past));
  g_assert_true (gctx_scope_cancel (scope) == !gctx_context_is_done (context));
  gctx_scope_cancel (full);
  g_assert_true (gctx_context_is_done (back));
  g_assert_true (g_cancellable_is_cancelled (cancellable));
}

static inline void
ask_everything (GCtxContext *context)
{
  gboolean was_done = gctx_context_is_done (context);
  GCancellable *cancellable = gctx_context_get_cancellable (context);
  g_autoptr (GCancellable) created = gctx_context_create_cancellable (context);
  g_autoptr (GCtxContext) back = gctx_context_from_cancellable (cancellable);
  g_autoptr (GSource) source = gctx_context_create_source (context);
  g_autoptr (GSource) attached = gctx_context_create_source (context);
  g_autoptr (GError) cancelled = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "");
  g_autoptr (GError) translated = gctx_context_translate_error (context, cancelled);
  g_autoptr (GError) dest = NULL;
  gulong id;

  g_assert_nonnull (source);
  g_assert_error (translated, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_true (g_cancellable_is_cancelled (created) == was_done);
  g_assert_true (gctx_context_is_done (back) == was_done);
  g_source_set_callback (attached, G_SOURCE_FUNC (never_source), NULL, NULL);
  g_source_attach (attached, NULL);
  g_source_destroy (attached);
  id = gctx_context_add_after_func (context, never, NULL, NULL);
  gctx_context_remove_after_func (context, id);
  gctx_context_add_after_func_full (context, NULL, G_PRIORITY_LOW, never, NULL, NULL);
  gctx_context_propagate_error (context, &dest, g_steal_pointer (&cancelled));
  gctx_context_wait_async (context, NULL, on_wait, NULL);
  gctx_context_sleep_async (context, HOUR_USEC, NULL, on_sleep, NULL);
  g_assert_true (gctx_context_sleep (context, 1, NULL) == !was_done);
  if (was_done)
    gctx_context_wait (context);
}

static inline void
use_everything (Family *family)
{
  GCtxScope *members[] = { family->parent, family->self, family->child };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (members); i++)
    {
      read_everything (GCTX_CONTEXT (members[i]));
      derive_everything (GCTX_CONTEXT (members[i]));
      ask_everything (GCTX_CONTEXT (members[i]));
      gctx_scope_has_expired (members[i]);
    }
  family->n_used++;
}

static inline void
use_and_end (Family *family)
{
  use_everything (family);
  gctx_scope_cancel (family->child);
  use_everything (family);
  cancel_with (family->parent, 1);
  gctx_scope_cancel (family->self);
  use_everything (family);
  g_assert_true (gctx_context_is_done (GCTX_CONTEXT (family->self)));
}

static inline void
on_destroy (gpointer data)
{
  use_and_end (data);
}

static inline void
finish (Family *family,
        int     n_used)
{
  g_assert_cmpint (family->n_used, ==, n_used);
  family_clear (family);
  test_iterate_pending (NULL);
}
