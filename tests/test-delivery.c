/* test-delivery.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-tree.h"

static void
test_true_means_all_told (void)
{
  g_autoptr (GMainContext) elsewhere = g_main_context_new ();
  g_autoptr (GCtxScope) root = gctx_scope_new (gctx_context_background ());
  GCtxContext *contexts[10] = { g_object_ref (GCTX_CONTEXT (root)) };
  int n_after = 0;
  int n_sources = 0;
  guint i;

  g_test_summary ("rule 2: when cancel returns TRUE the whole subtree is done and has been told");

  for (i = 0; i < G_N_ELEMENTS (contexts); i++)
    {
      g_autoptr (GSource) source = NULL;

      if (i > 0 && i % 3 == 0)
        contexts[i] = gctx_context_with_values (contexts[(i - 1) / 2], NULL);
      else if (i > 0)
        contexts[i] = GCTX_CONTEXT (gctx_scope_new (contexts[(i - 1) / 2]));

      g_assert_false (g_cancellable_is_cancelled (gctx_context_get_cancellable (contexts[i])));
      g_assert_cmpuint (gctx_context_add_after_func (contexts[i], count_after, &n_after, NULL),
                        !=, 0);
      source = gctx_context_create_source (contexts[i]);
      g_source_set_callback (source, G_SOURCE_FUNC (count_source), &n_sources, NULL);
      g_source_attach (source, elsewhere);
    }
  test_iterate_pending (NULL);
  test_iterate_pending (elsewhere);
  g_assert_cmpint (n_after + n_sources, ==, 0);

  g_assert_true (gctx_scope_cancel (root));
  for (i = 0; i < G_N_ELEMENTS (contexts); i++)
    {
      g_assert_true (gctx_context_is_done (contexts[i]));
      g_assert_true (g_cancellable_is_cancelled (gctx_context_get_cancellable (contexts[i])));
    }
  g_assert_cmpint (n_after + n_sources, ==, 0);

  /* Ready means that an iteration which does not block finds all of them. */
  g_assert_true (g_main_context_iteration (elsewhere, FALSE));
  g_assert_cmpint (n_sources, ==, G_N_ELEMENTS (contexts));
  test_iterate_pending (NULL);
  g_assert_cmpint (n_after, ==, G_N_ELEMENTS (contexts));

  for (i = 0; i < G_N_ELEMENTS (contexts); i++)
    g_object_unref (contexts[i]);
}

typedef struct
{
  GCtxScope *outer;
  GCancellable *below[3];
  int n_seen;
} Nested;

static void
cancel_the_parent (GCancellable *cancellable,
                   gpointer      data)
{
  Nested *nested = data;
  guint i;

  g_assert_true (gctx_scope_cancel (nested->outer));
  for (i = 0; i < G_N_ELEMENTS (nested->below); i++)
    g_assert_true (g_cancellable_is_cancelled (nested->below[i]));
  nested->n_seen++;
}

static void
test_nested_cancel_helps (void)
{
  g_autoptr (GCtxScope) outer = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxScope) middle = gctx_scope_new (GCTX_CONTEXT (outer));
  g_autoptr (GCtxScope) one = gctx_scope_new (GCTX_CONTEXT (middle));
  g_autoptr (GCtxScope) two = gctx_scope_new (GCTX_CONTEXT (one));
  g_autoptr (GCtxScope) other = gctx_scope_new (GCTX_CONTEXT (outer));
  Nested nested = { outer, { NULL }, 0 };
  GCancellable *first = gctx_context_get_cancellable (GCTX_CONTEXT (middle));

  g_test_summary ("rule 2: a cancel finishes what an outer frame is just delivering");

  nested.below[0] = gctx_context_get_cancellable (GCTX_CONTEXT (one));
  nested.below[1] = gctx_context_get_cancellable (GCTX_CONTEXT (two));
  nested.below[2] = gctx_context_get_cancellable (GCTX_CONTEXT (other));
  g_signal_connect (first, "cancelled", G_CALLBACK (cancel_the_parent), &nested);

  g_assert_true (cancel_with (middle, 1));
  g_assert_cmpint (nested.n_seen, ==, 1);
  assert_ended (GCTX_CONTEXT (two), G_IO_ERROR_CANCELLED, 1);
  assert_ended (GCTX_CONTEXT (other), G_IO_ERROR_CANCELLED, 0);
  g_assert_false (gctx_scope_cancel (outer));
}

static void
count_finalized (gpointer  data,
                 GObject  *where_it_was)
{
  ++*(int *) data;
}

static void
test_cancel_runs_nothing_else (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  GCtxContext *child = gctx_context_with_timeout (GCTX_CONTEXT (scope), HOUR_USEC);
  int n_calls = 0;
  int n_finalized = 0;

  g_test_summary ("rule 2: a cancel runs no after-func, no destroy notify and no finalizer");

  gctx_context_add_after_func (child, count_after, &n_calls, count_destroy);
  g_object_weak_ref (G_OBJECT (child), count_finalized, &n_finalized);
  g_object_unref (child);
  g_assert_cmpint (n_finalized, ==, 0);

  g_assert_true (gctx_scope_cancel (scope));
  g_assert_cmpint (n_calls, ==, 0);
  g_assert_cmpint (n_finalized, ==, 0);

  /* Once for the function, once for its destroy notify. */
  test_iterate_pending (NULL);
  g_assert_cmpint (n_calls, ==, 2);
  g_assert_cmpint (n_finalized, ==, 1);
}

#define N_CHILDREN 3
#define N_NODES (1 + N_CHILDREN + N_CHILDREN * N_CHILDREN)

typedef struct
{
  GCtxContext *contexts[N_NODES];
  GArray *order;
} Tree;

/* Context 0 is the root; those of i are 3i+1, 3i+2 and 3i+3, made in this
 * order. With @plain, the children are value contexts. */
static void
tree_init (Tree      *tree,
           GCtxScope *root,
           gboolean   plain)
{
  int i;

  tree->order = g_array_new (FALSE, FALSE, sizeof (int));
  tree->contexts[0] = g_object_ref (GCTX_CONTEXT (root));
  for (i = 1; i < N_NODES; i++)
    {
      GCtxContext *parent = tree->contexts[(i - 1) / N_CHILDREN];

      tree->contexts[i] = plain ? gctx_context_with_values (parent, NULL)
                                : GCTX_CONTEXT (gctx_scope_new (parent));
    }
}

static void
tree_clear (Tree *tree)
{
  int i;

  for (i = 0; i < N_NODES; i++)
    g_object_unref (tree->contexts[i]);
  g_array_unref (tree->order);
}

static int
tree_position (Tree *tree,
               int   node)
{
  guint i;

  for (i = 0; i < tree->order->len; i++)
    if (g_array_index (tree->order, int, i) == node)
      return i;
  g_assert_not_reached ();
}

static void
tree_assert_order (Tree *tree)
{
  int i;

  g_assert_cmpuint (tree->order->len, ==, N_NODES);
  for (i = 1; i < N_NODES; i++)
    {
      g_assert_cmpint (tree_position (tree, (i - 1) / N_CHILDREN), <, tree_position (tree, i));
      if (i % N_CHILDREN != 0)
        g_assert_cmpint (tree_position (tree, i), <, tree_position (tree, i + 1));
    }
}

typedef struct
{
  Tree *tree;
  int node;
} Told;

static void
note_told (Told *told)
{
  int i;

  for (i = 0; i < N_NODES; i++)
    g_assert_true (gctx_context_is_done (told->tree->contexts[i]));
  g_array_append_val (told->tree->order, told->node);
}

static void
on_cancelled (GCancellable *cancellable,
              gpointer      data)
{
  note_told (data);
}

static void
on_after (GCtxContext *context,
          gpointer     data)
{
  note_told (data);
}

/* Scopes are asked from the last to the first, so that the order of asking
 * cannot be taken for the order of the tree. Contexts that only add values are
 * faces of one point of it: what they hand out is told in the order of asking. */
static void
order_of_cancellables (gboolean plain)
{
  g_autoptr (GCtxScope) root = gctx_scope_new (gctx_context_background ());
  Told told[N_NODES];
  Tree tree;
  int i;

  tree_init (&tree, root, plain);
  for (i = 0; i < N_NODES; i++)
    {
      int node = plain ? i : N_NODES - 1 - i;

      told[node] = (Told) { &tree, node };
      g_signal_connect (gctx_context_get_cancellable (tree.contexts[node]), "cancelled",
                        G_CALLBACK (on_cancelled), &told[node]);
    }
  g_assert_true (gctx_scope_cancel (root));
  tree_assert_order (&tree);
  tree_clear (&tree);
}

static void
test_order_of_scopes (void)
{
  g_test_summary ("rule 3: parents before children, siblings in the order they were made");
  order_of_cancellables (FALSE);
}

static void
test_order_of_value_contexts (void)
{
  g_test_summary ("rule 3: the order holds for contexts that only add values, too");
  order_of_cancellables (TRUE);
}

static void
test_order_of_after_funcs (void)
{
  g_autoptr (GCtxScope) root = gctx_scope_new (gctx_context_background ());
  Told told[N_NODES];
  Tree tree;
  int i;

  g_test_summary ("rule 3: after-funcs of one main context are queued in the order of the tree");

  tree_init (&tree, root, FALSE);
  for (i = N_NODES - 1; i >= 0; i--)
    {
      told[i] = (Told) { &tree, i };
      gctx_context_add_after_func (tree.contexts[i], on_after, &told[i], NULL);
    }
  test_iterate_pending (NULL);
  g_assert_true (gctx_scope_cancel (root));
  g_assert_cmpuint (tree.order->len, ==, 0);
  test_iterate_pending (NULL);
  tree_assert_order (&tree);
  tree_clear (&tree);
}

typedef struct
{
  GCtxContext *contexts[5];
  GCancellable *order[5];
  guint n_told;
} Diamond;

static void
on_diamond_cancelled (GCancellable *cancellable,
                      gpointer      data)
{
  Diamond *diamond = data;

  g_assert_cmpuint (diamond->n_told, <, G_N_ELEMENTS (diamond->order));
  diamond->order[diamond->n_told++] = cancellable;
}

/* The one that depends on two is near the root by one parent, and far from it
 * by the other. */
static void
test_order_of_any (void)
{
  g_autoptr (GCtxScope) root = gctx_scope_new (gctx_context_background ());
  Diamond diamond = { .contexts[0] = g_object_ref (GCTX_CONTEXT (root)) };
  GCtxContext **contexts = diamond.contexts;
  int i;

  g_test_summary ("rule 3: any comes after all its parents, and before its younger siblings");

  contexts[1] = GCTX_CONTEXT (gctx_scope_new (contexts[0]));
  contexts[2] = GCTX_CONTEXT (gctx_scope_new (contexts[1]));
  contexts[3] = gctx_context_any ((GCtxContext *[]) { contexts[0], contexts[2] }, 2);
  contexts[4] = GCTX_CONTEXT (gctx_scope_new (contexts[0]));
  for (i = 4; i >= 0; i--)
    g_signal_connect (gctx_context_get_cancellable (contexts[i]), "cancelled",
                      G_CALLBACK (on_diamond_cancelled), &diamond);

  g_assert_true (gctx_scope_cancel (root));
  g_assert_cmpuint (diamond.n_told, ==, G_N_ELEMENTS (diamond.contexts));
  for (i = 0; i < 5; i++)
    {
      g_assert_true (diamond.order[i] == gctx_context_get_cancellable (contexts[i]));
      g_object_unref (contexts[i]);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/delivery/true-means-all", test_true_means_all_told);
  g_test_add_func ("/gctx/delivery/nested-cancel-helps", test_nested_cancel_helps);
  g_test_add_func ("/gctx/delivery/nothing-else-runs", test_cancel_runs_nothing_else);
  g_test_add_func ("/gctx/delivery/order/scopes", test_order_of_scopes);
  g_test_add_func ("/gctx/delivery/order/value-contexts", test_order_of_value_contexts);
  g_test_add_func ("/gctx/delivery/order/any", test_order_of_any);
  g_test_add_func ("/gctx/delivery/order/after-funcs", test_order_of_after_funcs);

  return g_test_run ();
}
