/* test-depth.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-tree.h"

#define MILLION 1000000

GCTX_DEFINE_KEY (depth_key, "depth", G_TYPE_INT)

typedef GCtxContext *(*Derive) (GCtxContext *parent);

static GCtxContext *
derive_scope (GCtxContext *parent)
{
  return GCTX_CONTEXT (gctx_scope_new (parent));
}

static GCtxContext *
derive_value (GCtxContext *parent)
{
  return gctx_context_with_values (parent, depth_key (), 7, NULL);
}

static GCtxContext *
derive_any (GCtxContext *parent)
{
  return gctx_context_any (&parent, 1);
}

static GCtxContext *
derive_through_cancellable (GCtxContext *parent)
{
  return gctx_context_from_cancellable (gctx_context_get_cancellable (parent));
}

static GCtxContext *
derive_with_cancellable (GCtxContext *parent)
{
  GCtxContext *child = derive_scope (parent);

  g_assert_nonnull (gctx_context_get_cancellable (child));
  return child;
}

/* The chain is held by its leaf alone, and freed from there. */
static GCtxContext *
grow_chain (GCtxScope *root,
            int        depth,
            Derive     derive)
{
  GCtxContext *leaf = g_object_ref (GCTX_CONTEXT (root));

  while (depth-- > 0)
    {
      GCtxContext *child = derive (leaf);

      g_object_unref (leaf);
      leaf = child;
    }
  return leaf;
}

static void
cancel_and_free_chain (int    depth,
                       Derive derive)
{
  GObject *value = NULL;
  GCtxScope *root = scope_with_object (gctx_context_background (), G_MAXINT64, &value);
  GCtxContext *leaf = grow_chain (root, depth, derive);
  GCancellable *cancellable = gctx_context_get_cancellable (leaf);

  g_assert_false (gctx_context_is_done (leaf));
  g_assert_true (cancel_with (root, 1));
  g_assert_true (g_cancellable_is_cancelled (cancellable));
  assert_ended (leaf, G_IO_ERROR_CANCELLED, 1);
  g_object_unref (root);
  test_assert_last_unref (leaf);
  g_assert_null (value);
}

static void
free_live_chain (int    depth,
                 Derive derive)
{
  GObject *value = NULL;
  GCtxScope *root = scope_with_object (gctx_context_background (), G_MAXINT64, &value);
  GCtxContext *leaf = grow_chain (root, depth, derive);

  g_object_unref (root);
  g_assert_nonnull (value);
  test_assert_last_unref (leaf);
  g_assert_null (value);
}

static void *
million_scopes (void *data)
{
  cancel_and_free_chain (MILLION, derive_scope);
  return NULL;
}

static void *
million_live_scopes (void *data)
{
  free_live_chain (MILLION, derive_scope);
  return NULL;
}

static void *
million_value_contexts (void *data)
{
  cancel_and_free_chain (MILLION, derive_value);
  free_live_chain (MILLION, derive_value);
  return NULL;
}

/* Each level of these costs several objects, whose finalizers would need
 * hundreds of bytes of stack. Through cancellables the chain is shorter: every
 * foreign flag above a context has to be read to know whether it is done. */
static void *
other_links (void *data)
{
  const struct { Derive derive; int depth; } links[] = {
    { derive_any, MILLION / 10 },
    { derive_through_cancellable, MILLION / 400 },
    { derive_with_cancellable, MILLION / 10 },
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (links); i++)
    {
      cancel_and_free_chain (links[i].depth, links[i].derive);
      free_live_chain (links[i].depth, links[i].derive);
    }
  return NULL;
}

/* Everything in the chain is held, and dropped from the root on. */
static void *
hundred_thousand_held (void *data)
{
  g_autoptr (GCtxScope) root = gctx_scope_new (gctx_context_background ());
  g_autoptr (GPtrArray) held = g_ptr_array_new_with_free_func (g_object_unref);
  int i;

  g_ptr_array_add (held, g_object_ref (GCTX_CONTEXT (root)));
  for (i = 0; i < MILLION / 10; i++)
    g_ptr_array_add (held, derive_scope (held->pdata[i]));
  g_assert_true (gctx_scope_cancel (root));
  for (i = 0; i <= MILLION / 10; i++)
    g_assert_true (gctx_context_is_done (held->pdata[i]));
  return NULL;
}

static void
test_depth_of_scopes (void)
{
  g_test_summary ("rule 8: a chain of a million contexts cancels and frees on a small stack");
  test_on_a_small_stack (million_scopes);
  test_on_a_small_stack (million_live_scopes);
}

static void
test_depth_of_value_contexts (void)
{
  g_test_summary ("rule 8: a chain of a million value contexts cancels and frees on a small stack");
  test_on_a_small_stack (million_value_contexts);
}

static void
test_depth_of_other_links (void)
{
  g_test_summary ("rule 8: chains by any, by cancellables and of held objects have no limit either");
  test_on_a_small_stack (other_links);
  test_on_a_small_stack (hundred_thousand_held);
}

static void
test_width (void)
{
  g_autoptr (GCtxScope) root = gctx_scope_new (gctx_context_background ());
  g_autoptr (GPtrArray) children = g_ptr_array_new_with_free_func (g_object_unref);
  int i;

  g_test_summary ("rule 8: width has no limit but memory");

  for (i = 0; i < MILLION / 2; i++)
    g_ptr_array_add (children, gctx_scope_new (GCTX_CONTEXT (root)));
  g_assert_true (cancel_with (root, 1));
  for (i = 0; i < MILLION / 2; i++)
    g_assert_true (gctx_context_is_done (children->pdata[i]));
  assert_ended (children->pdata[0], G_IO_ERROR_CANCELLED, 1);
  assert_ended (children->pdata[MILLION / 2 - 1], G_IO_ERROR_CANCELLED, 1);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/depth/scopes", test_depth_of_scopes);
  g_test_add_func ("/gctx/depth/value-contexts", test_depth_of_value_contexts);
  g_test_add_func ("/gctx/depth/other-links", test_depth_of_other_links);
  g_test_add_func ("/gctx/depth/width", test_width);

  return g_test_run ();
}
