/* test-values-life.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-race.h"
#include "test-values.h"

GCTX_DEFINE_KEY (string_key, "string", G_TYPE_STRING)
GCTX_DEFINE_KEY (object_key, "object", G_TYPE_OBJECT)
GCTX_DEFINE_KEY (int_key, "int", G_TYPE_INT)

static void
test_released_by_contexts (void)
{
  GCancellable *value = g_cancellable_new ();
  GCtxContext *context, *child, *hiding;

  g_test_summary ("rule 18: a value goes with the last context that sees it");

  context = gctx_context_with_values (gctx_context_background (), object_key (), value, NULL);
  child = with_string (context, string_key (), "text");
  hiding = gctx_context_with_values (child, object_key (), NULL, NULL);
  g_object_add_weak_pointer (G_OBJECT (value), (gpointer *) &value);
  g_object_unref (value);

  g_object_unref (context);
  g_assert_nonnull (value);
  g_assert_true (gctx_context_get_object (child, object_key ()) == value);
  g_object_unref (child);
  g_assert_null (value);

  g_assert_cmpstr (gctx_context_get_string (hiding, string_key ()), ==, "text");
  g_object_unref (hiding);
}

static void
test_released_by_cancellable (void)
{
  GCancellable *value = g_cancellable_new ();
  GCtxScope *scope = gctx_scope_new_full (gctx_context_background (), G_MAXINT64, NULL,
                                          object_key (), value, NULL);
  GCancellable *cancellable = g_object_ref (gctx_context_get_cancellable (GCTX_CONTEXT (scope)));
  GCtxContext *context;

  g_test_summary ("rules 18 and 19: a cancellable of a context keeps its values");

  g_object_add_weak_pointer (G_OBJECT (value), (gpointer *) &value);
  g_object_unref (value);
  g_object_unref (scope);
  g_assert_nonnull (value);

  context = gctx_context_from_cancellable (cancellable);
  g_object_unref (cancellable);
  g_assert_true (gctx_context_get_object (context, object_key ()) == value);
  g_object_unref (context);
  g_assert_null (value);
}

typedef struct
{
  GCtxContext *here;
  GCtxContext *there;
  gint         n_alive;
} Release;

static void
count_down (gpointer  data,
            GObject  *object)
{
  g_atomic_int_add (&((Release *) data)->n_alive, -1);
}

static void
release_set_up (gpointer data)
{
  Release *release = data;
  GCancellable *value = g_cancellable_new ();

  g_object_weak_ref (G_OBJECT (value), count_down, release);
  release->n_alive++;
  release->here = gctx_context_with_values (gctx_context_background (), object_key (), value, NULL);
  release->there = with_string (release->here, string_key (), "text");
  g_object_unref (value);
}

static void
use_and_unref (GCtxContext *context)
{
  GCtxContext *child = gctx_context_with_values (context, int_key (), 1, NULL);

  g_object_unref (context);
  g_assert_nonnull (gctx_context_get_object (child, object_key ()));
  g_object_unref (child);
}

static void
release_here (gpointer data)
{
  use_and_unref (((Release *) data)->here);
}

static void
release_there (gpointer data)
{
  use_and_unref (((Release *) data)->there);
}

static void
release_check (gpointer data)
{
  g_assert_cmpint (((Release *) data)->n_alive, ==, 0);
}

static void
test_released_in_threads (void)
{
  Release release = { NULL, NULL, 0 };

  g_test_summary ("rule 18: a value is released once, in whichever thread that is");

  test_race (release_set_up, release_here, release_there, release_check, &release);
}

/* Uses the contexts from the finalizer of a value, as foreign code may. */
static void
derive_in_finalizer (gpointer  data,
                     GObject  *object)
{
  GCtxContext **context = data;
  GCtxContext *child = with_string (gctx_context_background (), string_key (), "from inside");

  g_assert_null (*context);
  *context = child;
}

static void
test_finalizer (void)
{
  GCancellable *value = g_cancellable_new ();
  GCtxContext *made = NULL;
  GCtxContext *context;

  g_test_summary ("rule 4: a value's finalizer may use everything");

  g_object_weak_ref (G_OBJECT (value), derive_in_finalizer, &made);
  context = gctx_context_with_values (gctx_context_background (), object_key (), value, NULL);
  g_object_unref (value);
  g_object_unref (context);

  g_assert_cmpstr (gctx_context_get_string (made, string_key ()), ==, "from inside");
  g_object_unref (made);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/values-life/by-contexts", test_released_by_contexts);
  g_test_add_func ("/gctx/values-life/by-cancellable", test_released_by_cancellable);
  g_test_add_func ("/gctx/values-life/in-threads", test_released_in_threads);
  g_test_add_func ("/gctx/values-life/finalizer", test_finalizer);

  return g_test_run ();
}
