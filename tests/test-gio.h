/* test-gio.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "test-held-clock.h"
#include "test-tree.h"

/* What GIO promises of a GCancellable holds for those that contexts hand out,
 * however the context ends. */

typedef struct
{
  GCtxScope    *parent;
  GCtxScope    *scope;      /* below it, with a deadline */
  GCtxContext  *context;    /* below that, without a right of its own */
  GCancellable *handed_out; /* both of @context */
  GCancellable *created;
} Subject;

typedef void (*EndFunc) (Subject *subject);

static inline void
end_by_cancel (Subject *subject)
{
  g_assert_true (gctx_scope_cancel (subject->scope));
}

static inline void
end_by_parent (Subject *subject)
{
  g_assert_true (gctx_scope_cancel (subject->parent));
}

static inline void
end_by_deadline (Subject *subject)
{
  gctx_clock_advance (SECOND);
  g_assert_true (gctx_scope_has_expired (subject->scope));
  iterate_until_cancelled (subject->handed_out);
  iterate_until_cancelled (subject->created);
}

static const struct
{
  const char *name;
  EndFunc     func;
} ends[] = {
  { "cancel", end_by_cancel },
  { "parent", end_by_parent },
  { "deadline", end_by_deadline },
};

static inline void
subject_init (Subject *subject)
{
  gctx_clock_hold (NOW);
  subject->parent = gctx_scope_new (gctx_context_background ());
  subject->scope = gctx_scope_new_with_timeout (GCTX_CONTEXT (subject->parent), SECOND);
  subject->context = gctx_context_with_values (GCTX_CONTEXT (subject->scope), NULL);
  subject->handed_out = g_object_ref (gctx_context_get_cancellable (subject->context));
  subject->created = gctx_context_create_cancellable (subject->context);

  /* From now on the home has a loop, and delivers ahead of what a test queues
   * there; otherwise another thread would, at any time. */
  g_main_context_iteration (NULL, FALSE);
}

static inline void
subject_clear (Subject *subject)
{
  g_clear_object (&subject->handed_out);
  g_clear_object (&subject->created);
  g_clear_object (&subject->context);
  g_clear_object (&subject->scope);
  g_clear_object (&subject->parent);
  gctx_clock_release ();
}

static inline void
add_for_each_end (const char    *topic,
                  const char    *path,
                  GTestDataFunc  func)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (ends); i++)
    {
      g_autofree char *full = g_strdup_printf ("/gctx/%s/%s/%s", topic, path, ends[i].name);

      g_test_add_data_func (full, &ends[i].func, func);
    }
}
