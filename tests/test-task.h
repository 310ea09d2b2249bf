/* test-task.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <string.h>

#include "test-held-clock.h"
#include "test-tree.h"

/* A task that works for a context, which ends with a cause. The home of the
 * deadline has a loop, but nobody delivers the deadline before the test runs
 * that loop: what asks before must see it all the same. */

GCTX_DEFINE_KEY (user_key, "user", G_TYPE_STRING)

typedef struct
{
  GCtxScope   *parent;
  GCtxContext *context;   /* below it, with a deadline and a value */
} Subject;

typedef struct
{
  const char *name;
  int         code;
  const char *words;      /* of the cause */
} End;

static const End ends[] = {
  { "cancel", G_IO_ERROR_CANCELLED, "cause number 7" },
  { "deadline", G_IO_ERROR_TIMED_OUT, "the disk was too slow" },
};

static inline void
subject_init (Subject *subject)
{
  g_autoptr (GError) cause = new_cause ();

  gctx_clock_hold (NOW);
  subject->parent = gctx_scope_new (gctx_context_background ());
  subject->context =
    GCTX_CONTEXT (gctx_scope_new_full (GCTX_CONTEXT (subject->parent), NOW + SECOND, cause,
                                       user_key (), "ada", NULL));
  g_main_context_iteration (NULL, FALSE);
}

static inline void
subject_end (Subject   *subject,
             const End *end)
{
  if (end->code == G_IO_ERROR_TIMED_OUT)
    gctx_clock_advance (SECOND);
  else
    g_assert_true (cancel_with (subject->parent, 7));
}

/* Those who only know the cancellable are told of a deadline by the loop. */
static inline void
subject_end_and_tell (Subject   *subject,
                      const End *end)
{
  g_autoptr (GCancellable) cancellable =
    g_object_ref (gctx_context_get_cancellable (subject->context));

  subject_end (subject, end);
  iterate_until_cancelled (cancellable);
}

static inline void
subject_clear (Subject *subject)
{
  g_clear_object (&subject->context);
  g_clear_object (&subject->parent);
  gctx_clock_release ();
}

/* The context's error, with the words of its cause. Frees it. */
static inline void
assert_context_error (GError    **error,
                      const End  *end)
{
  g_assert_error (*error, G_IO_ERROR, end->code);
  g_assert_nonnull (strstr ((*error)->message, end->words));
  g_clear_error (error);
}

/* What GTask itself says. Frees it. */
static inline void
assert_plain_error (GError **error)
{
  g_assert_error (*error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpstr ((*error)->message, ==, "Operation was cancelled");
  g_clear_error (error);
}

static inline void
keep_result (GObject      *source,
             GAsyncResult *result,
             gpointer      data)
{
  g_assert_null (*(gpointer *) data);
  *(gpointer *) data = g_object_ref (result);
}

/* Runs the loop until the task whose callback is keep_result () has called it. */
static inline GTask *
await_result (GTask **result)
{
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return *result;
}

static inline void
add_for_each_end (const char    *path,
                  GTestDataFunc  func)
{
  for (guint i = 0; i < G_N_ELEMENTS (ends); i++)
    {
      g_autofree char *full = g_strdup_printf ("/gctx/task/%s/%s", path, ends[i].name);

      g_test_add_data_func (full, &ends[i], func);
    }
}
