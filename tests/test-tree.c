/* test-tree.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-util.h"

/* Long enough to build a small tree before it passes, even on a busy machine. */
#define LEAD_USEC ((gint64) 50 * 1000)
#define HOUR_USEC ((gint64) 3600 * G_USEC_PER_SEC)

#define MILLION 1000000

#define TEST_DOMAIN (g_quark_from_static_string ("gctx-test"))

GCTX_DEFINE_KEY (object_key, "object", G_TYPE_OBJECT)
GCTX_DEFINE_KEY (depth_key, "depth", G_TYPE_INT)

static gboolean
cancel_with (GCtxScope *scope,
             int        code)
{
  g_autoptr (GError) cause = g_error_new (TEST_DOMAIN, code, "cause number %d", code);

  return gctx_scope_cancel_with_cause (scope, cause);
}

/* @cause_code 0: no cause was given, so the cause is the error itself. */
static void
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

static void
assert_live (GCtxContext *context)
{
  g_assert_false (gctx_context_is_done (context));
  g_assert_null (gctx_context_get_error (context));
  g_assert_null (gctx_context_get_cause (context));
}

static GCtxScope *
scope_with_deadline (GCtxContext *parent,
                     gint64       deadline,
                     int          cause_code)
{
  g_autoptr (GError) cause = g_error_new (TEST_DOMAIN, cause_code, "cause number %d", cause_code);

  return gctx_scope_new_with_deadline_cause (parent, deadline, cause);
}

static void
spin_past (gint64 time_usec)
{
  while (g_get_monotonic_time () <= time_usec)
    ;
}

static void
test_done_is_final (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  GCtxContext *context = GCTX_CONTEXT (scope);
  g_autoptr (GError) error = NULL;
  const GError *first;

  g_test_summary ("rule 1: a context is live or done, and done is final");

  assert_live (context);
  g_assert_true (gctx_context_check (context, &error));
  g_assert_no_error (error);

  g_assert_true (gctx_scope_cancel (scope));
  assert_ended (context, G_IO_ERROR_CANCELLED, 0);
  first = gctx_context_get_error (context);

  g_assert_false (gctx_scope_cancel (scope));
  g_assert_true (gctx_context_get_error (context) == first);
  g_assert_false (gctx_context_check (context, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_live (gctx_context_background ());
}

static void
test_first_cause_wins (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxContext) value = gctx_context_with_values (GCTX_CONTEXT (scope), NULL);

  g_test_summary ("rule 1: the first cause wins");

  g_assert_true (cancel_with (scope, 1));
  g_assert_false (cancel_with (scope, 2));
  g_assert_false (gctx_scope_cancel (scope));
  assert_ended (GCTX_CONTEXT (scope), G_IO_ERROR_CANCELLED, 1);
  assert_ended (value, G_IO_ERROR_CANCELLED, 1);
  g_assert_nonnull (strstr (gctx_context_get_error (value)->message, "cause number 1"));
}

static void
test_causes_of_a_subtree (void)
{
  g_autoptr (GCtxScope) parent = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxScope) plain = gctx_scope_new (GCTX_CONTEXT (parent));
  g_autoptr (GCtxScope) child = gctx_scope_new (GCTX_CONTEXT (parent));
  g_autoptr (GCtxContext) value = gctx_context_with_values (GCTX_CONTEXT (child), NULL);
  g_autoptr (GCtxScope) grandchild = gctx_scope_new (value);
  g_autoptr (GCtxScope) sibling = gctx_scope_new (GCTX_CONTEXT (parent));

  g_test_summary ("rule 1: a cause holds for the descendants that were still live, and no others");

  g_assert_true (gctx_scope_cancel (plain));
  g_assert_true (cancel_with (child, 2));
  assert_live (GCTX_CONTEXT (parent));
  assert_live (GCTX_CONTEXT (sibling));

  g_assert_true (cancel_with (parent, 1));
  assert_ended (GCTX_CONTEXT (parent), G_IO_ERROR_CANCELLED, 1);
  assert_ended (GCTX_CONTEXT (sibling), G_IO_ERROR_CANCELLED, 1);
  assert_ended (GCTX_CONTEXT (child), G_IO_ERROR_CANCELLED, 2);
  assert_ended (GCTX_CONTEXT (grandchild), G_IO_ERROR_CANCELLED, 2);
  assert_ended (GCTX_CONTEXT (plain), G_IO_ERROR_CANCELLED, 0);
  g_assert_false (cancel_with (sibling, 3));
  assert_ended (GCTX_CONTEXT (sibling), G_IO_ERROR_CANCELLED, 1);
}

static void
test_passed_deadline_beats_cancel (void)
{
  gint64 deadline = g_get_monotonic_time () + LEAD_USEC;
  g_autoptr (GCtxScope) scope = scope_with_deadline (gctx_context_background (), deadline, 1);

  g_test_summary ("rule 1: a deadline that passed before the cancel wins");

  spin_past (deadline);
  g_assert_false (cancel_with (scope, 2));
  assert_ended (GCTX_CONTEXT (scope), G_IO_ERROR_TIMED_OUT, 1);
  g_assert_true (gctx_scope_has_expired (scope));
}

static void
test_passed_deadline_above_the_cancel (void)
{
  gint64 deadline = g_get_monotonic_time () + LEAD_USEC;
  g_autoptr (GCtxScope) parent = scope_with_deadline (gctx_context_background (), deadline, 1);
  g_autoptr (GCtxScope) middle = gctx_scope_new (GCTX_CONTEXT (parent));
  g_autoptr (GCtxScope) child = gctx_scope_new (GCTX_CONTEXT (middle));

  g_test_summary ("rule 1: an ancestor's deadline that passed before the cancel wins");

  spin_past (deadline);
  g_assert_false (cancel_with (child, 2));
  assert_ended (GCTX_CONTEXT (child), G_IO_ERROR_TIMED_OUT, 1);
  assert_ended (GCTX_CONTEXT (middle), G_IO_ERROR_TIMED_OUT, 1);
  assert_ended (GCTX_CONTEXT (parent), G_IO_ERROR_TIMED_OUT, 1);
}

static void
test_passed_deadline_below_the_cancel (void)
{
  g_autoptr (GCtxScope) parent = gctx_scope_new (gctx_context_background ());
  gint64 deadline = g_get_monotonic_time () + LEAD_USEC;
  g_autoptr (GCtxScope) middle = gctx_scope_new (GCTX_CONTEXT (parent));
  g_autoptr (GCtxScope) child = scope_with_deadline (GCTX_CONTEXT (middle), deadline, 1);
  g_autoptr (GCtxScope) grandchild = gctx_scope_new (GCTX_CONTEXT (child));

  g_test_summary ("rule 1: a descendant's deadline that passed before the cancel wins there");

  /* The cancel comes in the same microsecond, before anybody else can have
   * noticed that the deadline passed. */
  spin_past (deadline);
  g_assert_true (cancel_with (parent, 2));
  assert_ended (GCTX_CONTEXT (parent), G_IO_ERROR_CANCELLED, 2);
  assert_ended (GCTX_CONTEXT (middle), G_IO_ERROR_CANCELLED, 2);
  assert_ended (GCTX_CONTEXT (child), G_IO_ERROR_TIMED_OUT, 1);
  assert_ended (GCTX_CONTEXT (grandchild), G_IO_ERROR_TIMED_OUT, 1);
}

static void
test_earlier_of_two_passed_deadlines (void)
{
  g_autoptr (GCtxScope) parent = NULL;
  g_autoptr (GCtxScope) child = NULL;
  g_autoptr (GCtxScope) grandchild = NULL;
  gint64 lead = LEAD_USEC;
  gint64 deadline;

  g_test_summary ("rule 1: of two deadlines that passed unseen the earlier one is the first cause");

  /* However slow the machine, all three are made before the deadlines. */
  do
    {
      g_clear_object (&grandchild);
      g_clear_object (&child);
      g_clear_object (&parent);
      deadline = g_get_monotonic_time () + lead;
      parent = scope_with_deadline (gctx_context_background (), deadline + 1, 1);
      child = scope_with_deadline (GCTX_CONTEXT (parent), deadline, 2);
      grandchild = scope_with_deadline (GCTX_CONTEXT (child), deadline + 1, 3);
      lead *= 2;
    }
  while (g_get_monotonic_time () >= deadline);

  spin_past (deadline + 1);
  assert_ended (GCTX_CONTEXT (parent), G_IO_ERROR_TIMED_OUT, 1);
  assert_ended (GCTX_CONTEXT (grandchild), G_IO_ERROR_TIMED_OUT, 2);
  assert_ended (GCTX_CONTEXT (child), G_IO_ERROR_TIMED_OUT, 2);
  g_assert_true (gctx_scope_has_expired (child));
  g_assert_false (gctx_scope_has_expired (grandchild));
}

static void
test_deadline_is_latched_at_its_owner (void)
{
  gint64 deadline = g_get_monotonic_time () + LEAD_USEC;
  g_autoptr (GCtxScope) owner = scope_with_deadline (gctx_context_background (), deadline, 1);
  g_autoptr (GCtxScope) sibling = gctx_scope_new (GCTX_CONTEXT (owner));
  g_autoptr (GCtxScope) child = gctx_scope_new (GCTX_CONTEXT (owner));
  g_autoptr (GCtxScope) grandchild = gctx_scope_new (GCTX_CONTEXT (child));
  const GError *cause;

  g_test_summary ("rule 1: get_cause settles the outcome, at the context that owns the deadline");

  spin_past (deadline);
  cause = gctx_context_get_cause (GCTX_CONTEXT (grandchild));
  g_assert_error (cause, TEST_DOMAIN, 1);
  g_assert_true (gctx_scope_has_expired (owner));
  g_assert_false (gctx_scope_has_expired (grandchild));
  g_assert_false (cancel_with (owner, 2));
  g_assert_false (cancel_with (sibling, 3));
  assert_ended (GCTX_CONTEXT (sibling), G_IO_ERROR_TIMED_OUT, 1);
}

static void
count_after (GCtxContext *context,
             gpointer     data)
{
  g_assert_true (gctx_context_is_done (context));
  ++*(int *) data;
}

static gboolean
count_source (GCtxContext *context,
              gpointer     data)
{
  ++*(int *) data;
  return G_SOURCE_REMOVE;
}

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
count_destroy (gpointer data)
{
  ++*(int *) data;
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

static void
test_born_done (void)
{
  g_autoptr (GCtxScope) parent = gctx_scope_new (gctx_context_background ());
  GCtxContext *self = GCTX_CONTEXT (parent);
  GCtxContext *children[6];
  guint i;

  g_test_summary ("rule 6: a child of a done parent is born done, with its error and cause");

  g_assert_true (cancel_with (parent, 1));
  children[0] = GCTX_CONTEXT (gctx_scope_new (self));
  children[1] = GCTX_CONTEXT (scope_with_deadline (self, G_MININT64, 2));
  children[2] = gctx_context_with_values (self, NULL);
  children[3] = gctx_context_with_timeout (self, HOUR_USEC);
  children[4] = gctx_context_with_deadline (self, 0);
  children[5] = gctx_context_any (&self, 1);
  for (i = 0; i < G_N_ELEMENTS (children); i++)
    {
      assert_ended (children[i], G_IO_ERROR_CANCELLED, 1);
      g_assert_true (g_cancellable_is_cancelled (gctx_context_get_cancellable (children[i])));
    }
  g_assert_false (cancel_with (GCTX_SCOPE (children[0]), 3));
  assert_ended (children[0], G_IO_ERROR_CANCELLED, 1);
  g_assert_false (gctx_scope_has_expired (GCTX_SCOPE (children[1])));
  for (i = 0; i < G_N_ELEMENTS (children); i++)
    test_assert_last_unref (children[i]);
}

static void
test_born_done_by_its_deadline (void)
{
  const GTimeSpan timeouts[] = { 0, -1, G_MININT64 };
  guint i;

  g_test_summary ("rule 6: a deadline that is already past gives a child born done");

  for (i = 0; i < G_N_ELEMENTS (timeouts); i++)
    {
      g_autoptr (GCtxContext) context =
        gctx_context_with_timeout (gctx_context_background (), timeouts[i]);
      g_autoptr (GCtxScope) scope =
        scope_with_deadline (gctx_context_background (), g_get_monotonic_time () + timeouts[i] / 2, 1);
      g_autoptr (GCtxContext) child = gctx_context_with_values (GCTX_CONTEXT (scope), NULL);

      assert_ended (context, G_IO_ERROR_TIMED_OUT, 0);
      g_assert_true (g_cancellable_is_cancelled (gctx_context_get_cancellable (context)));
      assert_ended (child, G_IO_ERROR_TIMED_OUT, 1);
      g_assert_false (cancel_with (scope, 2));
      assert_ended (GCTX_CONTEXT (scope), G_IO_ERROR_TIMED_OUT, 1);
    }
}

static void
test_born_done_is_told (void)
{
  g_autoptr (GCtxContext) context = gctx_context_with_timeout (gctx_context_background (), 0);
  g_autoptr (GMainContext) elsewhere = g_main_context_new ();
  g_autoptr (GSource) source = gctx_context_create_source (context);
  int n_after = 0;
  int n_sources = 0;

  g_test_summary ("rule 6: what is asked of a context that was born done is ready at once");

  g_source_set_callback (source, G_SOURCE_FUNC (count_source), &n_sources, NULL);
  g_source_attach (source, elsewhere);
  gctx_context_add_after_func (context, count_after, &n_after, NULL);
  g_assert_cmpint (n_after, ==, 0);
  test_iterate_pending (NULL);
  g_assert_cmpint (n_after, ==, 1);
  test_iterate_pending (elsewhere);
  g_assert_cmpint (n_sources, ==, 1);
}

/* A context with a value of its own, so that its end can be seen from outside:
 * *@value becomes NULL when nobody sees the value any more. */
static GCtxScope *
scope_with_object (GCtxContext *parent,
                   gint64       deadline,
                   GObject    **value)
{
  g_autoptr (GObject) object = g_object_new (G_TYPE_OBJECT, NULL);

  g_set_weak_pointer (value, object);
  return gctx_scope_new_full (parent, deadline, NULL, object_key (), object, NULL);
}

static void
test_forgotten_scopes_leak_nothing (void)
{
  g_autoptr (GCtxScope) parent = gctx_scope_new (gctx_context_background ());
  int i;

  g_test_summary ("rule 7: a scope that is dropped uncancelled leaves nothing behind");

  for (i = 0; i < 1000; i++)
    {
      GObject *value = NULL;
      gint64 deadline = i % 2 ? G_MAXINT64 : g_get_monotonic_time () + HOUR_USEC;
      GCtxScope *scope = scope_with_object (GCTX_CONTEXT (parent), deadline, &value);
      GCancellable *cancellable = NULL;

      if (i % 3)
        g_set_object (&cancellable, gctx_context_get_cancellable (GCTX_CONTEXT (scope)));
      g_assert_nonnull (value);
      test_assert_last_unref (scope);
      if (cancellable != NULL)
        {
          g_assert_false (g_cancellable_is_cancelled (cancellable));
          test_assert_last_unref (cancellable);
        }
      g_assert_null (value);
    }
  assert_live (GCTX_CONTEXT (parent));
}

static void
test_parents_do_not_keep_children (void)
{
  g_autoptr (GCtxScope) parent = gctx_scope_new (gctx_context_background ());
  GObject *value = NULL;
  GCtxScope *child = scope_with_object (GCTX_CONTEXT (parent), G_MAXINT64, &value);
  GCtxContext *plain = gctx_context_with_values (GCTX_CONTEXT (child), NULL);

  g_test_summary ("rule 7: parents do not keep children alive");

  test_assert_last_unref (child);
  g_assert_true (gctx_context_get_object (plain, object_key ()) == value);
  test_assert_last_unref (plain);
  g_assert_null (value);
  g_assert_true (gctx_scope_cancel (parent));
}

static void
test_children_hold_their_parents (void)
{
  gint64 deadline = g_get_monotonic_time () + HOUR_USEC;
  gint64 seen = 0;
  GObject *value = NULL;
  g_autoptr (GCtxScope) root = gctx_scope_new (gctx_context_background ());
  GCtxScope *middle = scope_with_object (GCTX_CONTEXT (root), deadline, &value);
  GCtxContext *child = gctx_context_with_values (GCTX_CONTEXT (middle), NULL);
  GCtxScope *grandchild = gctx_scope_new (child);

  g_test_summary ("rule 7: a child is still reached through a parent that its owner dropped");

  g_object_unref (middle);
  g_object_unref (child);
  assert_live (GCTX_CONTEXT (grandchild));
  g_assert_true (gctx_context_get_object (GCTX_CONTEXT (grandchild), object_key ()) == value);
  g_assert_true (gctx_context_get_deadline (GCTX_CONTEXT (grandchild), &seen));
  g_assert_cmpint (seen, ==, deadline);

  g_assert_true (cancel_with (root, 1));
  assert_ended (GCTX_CONTEXT (grandchild), G_IO_ERROR_CANCELLED, 1);
  test_assert_last_unref (grandchild);
  g_assert_null (value);
}

static void
test_dropped_parents_deadline (void)
{
  gint64 deadline = g_get_monotonic_time () + LEAD_USEC;
  GCtxScope *parent = scope_with_deadline (gctx_context_background (), deadline, 1);
  g_autoptr (GCtxScope) child = gctx_scope_new (GCTX_CONTEXT (parent));

  g_test_summary ("rule 7: the deadline of a parent that its owner dropped still ends the child");

  g_object_unref (parent);
  spin_past (deadline);
  g_assert_false (cancel_with (child, 2));
  assert_ended (GCTX_CONTEXT (child), G_IO_ERROR_TIMED_OUT, 1);
  g_assert_false (gctx_scope_has_expired (child));
}

static void
test_dropping_cancels_nothing (void)
{
  g_autoptr (GCtxScope) root = gctx_scope_new (gctx_context_background ());
  GCtxScope *middle = gctx_scope_new (GCTX_CONTEXT (root));
  g_autoptr (GCtxScope) leaf = gctx_scope_new (GCTX_CONTEXT (middle));
  g_autoptr (GCancellable) cancellable =
    g_object_ref (gctx_context_get_cancellable (GCTX_CONTEXT (middle)));

  g_test_summary ("rule 7: dropping the last reference of a live context cancels nothing");

  g_object_unref (middle);
  g_assert_false (g_cancellable_is_cancelled (cancellable));
  assert_live (GCTX_CONTEXT (leaf));
  assert_live (GCTX_CONTEXT (root));
  g_assert_true (gctx_scope_cancel (root));
  g_assert_true (g_cancellable_is_cancelled (cancellable));
}

/* The time that it takes to drop a hundred children spread evenly over
 * @n_siblings of them, the best of five. */
static gint64
time_hundred_drops (int n_siblings)
{
  gint64 best = G_MAXINT64;
  int round, i;

  for (round = 0; round < 5; round++)
    {
      g_autoptr (GCtxScope) parent = gctx_scope_new (gctx_context_background ());
      g_autoptr (GPtrArray) children = g_ptr_array_new_with_free_func (g_object_unref);
      int step = n_siblings / 100;
      gint64 start;

      for (i = 0; i < n_siblings; i++)
        g_ptr_array_add (children, gctx_scope_new (GCTX_CONTEXT (parent)));
      start = g_get_monotonic_time ();
      for (i = 0; i < 100; i++)
        g_object_unref (children->pdata[i * step]);
      best = MIN (best, g_get_monotonic_time () - start);
      for (i = 0; i < 100; i++)
        children->pdata[i * step] = g_object_new (G_TYPE_OBJECT, NULL);
    }
  return best;
}

static void
test_drop_among_siblings (void)
{
  gint64 few, many;

  g_test_summary ("rule 7: the cost of dropping a context does not grow with its siblings");

  few = time_hundred_drops (100);
  many = time_hundred_drops (100 * 1000);
  g_test_message ("100 drops: %" G_GINT64_FORMAT " us among 100, %" G_GINT64_FORMAT
                  " us among 100,000", few, many);

  /* Colder caches cost a few times as much; a walk over the siblings costs a
   * thousand times as much. */
  g_assert_cmpint (many, <, 30 * MAX (few, 10));
}

static void
test_after_func_that_cannot_run (void)
{
  GCtxScope *scope = gctx_scope_new (gctx_context_background ());
  GObject *value = NULL;
  g_autoptr (GObject) object = g_object_new (G_TYPE_OBJECT, NULL);
  GCtxContext *child;
  int n_destroyed = 0;

  g_test_summary ("rule 7: an after-func is destroyed uncalled once nothing can end its context");

  child = gctx_context_with_values (GCTX_CONTEXT (scope), object_key (), object, NULL);
  g_set_weak_pointer (&value, object);
  g_clear_object (&object);
  gctx_context_add_after_func (child, count_after, &n_destroyed, count_destroy);
  g_object_unref (child);
  test_iterate_pending (NULL);
  g_assert_cmpint (n_destroyed, ==, 0);
  g_assert_nonnull (value);

  g_object_unref (scope);
  while (n_destroyed == 0)
    g_main_context_iteration (NULL, FALSE);
  test_iterate_pending (NULL);
  g_assert_cmpint (n_destroyed, ==, 1);
  g_assert_null (value);
}

static void
test_after_func_on_a_forgotten_scope (void)
{
  GObject *value = NULL;
  GCtxScope *scope = scope_with_object (gctx_context_background (), G_MAXINT64, &value);
  int n_destroyed = 0;

  g_test_summary ("rule 7: a scope whose last holder is its own after-func is forgotten, too");

  gctx_context_add_after_func (GCTX_CONTEXT (scope), count_after, &n_destroyed, count_destroy);
  g_object_unref (scope);
  test_iterate_pending (NULL);
  g_assert_cmpint (n_destroyed, ==, 1);
  g_assert_null (value);
}

static void
test_after_func_keeps_its_context (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  GCtxScope *middle = gctx_scope_new (GCTX_CONTEXT (scope));
  GCtxContext *child = gctx_context_with_values (GCTX_CONTEXT (middle), NULL);
  int n_calls = 0;

  g_test_summary ("rule 7: an after-func holds its context while a scope can still end it");

  gctx_context_add_after_func (child, count_after, &n_calls, NULL);
  g_object_add_weak_pointer (G_OBJECT (child), (gpointer *) &child);
  g_object_unref (child);
  g_object_unref (middle);
  test_iterate_pending (NULL);
  g_assert_nonnull (child);
  g_assert_cmpint (n_calls, ==, 0);

  g_assert_true (gctx_scope_cancel (scope));
  test_iterate_pending (NULL);
  g_assert_cmpint (n_calls, ==, 1);
  g_assert_null (child);
}

static void
test_after_func_that_never_could (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxContext) cut = gctx_context_without_cancel (GCTX_CONTEXT (scope));
  int n_destroyed = 0;

  g_test_summary ("rule 7: an after-func on the background is destroyed at once and has no id");

  g_assert_cmpuint (gctx_context_add_after_func (gctx_context_background (), count_after,
                                                 &n_destroyed, count_destroy), ==, 0);
  g_assert_cmpint (n_destroyed, ==, 1);
  gctx_context_add_after_func (cut, count_after, &n_destroyed, count_destroy);
  test_iterate_pending (NULL);
  g_assert_cmpint (n_destroyed, ==, 2);
}

/* Whatever walks a tree by recursion needs at least 16 bytes a level, and so
 * overruns this stack after 32,768 levels. */
static void
run_on_a_small_stack (void *(*func) (void *))
{
  pthread_attr_t attr;
  pthread_t thread;

  g_assert_cmpint (pthread_attr_init (&attr), ==, 0);
  g_assert_cmpint (pthread_attr_setstacksize (&attr, 512 * 1024), ==, 0);
  g_assert_cmpint (pthread_create (&thread, &attr, func, NULL), ==, 0);
  g_assert_cmpint (pthread_join (thread, NULL), ==, 0);
  pthread_attr_destroy (&attr);
}

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
  run_on_a_small_stack (million_scopes);
  run_on_a_small_stack (million_live_scopes);
}

static void
test_depth_of_value_contexts (void)
{
  g_test_summary ("rule 8: a chain of a million value contexts cancels and frees on a small stack");
  run_on_a_small_stack (million_value_contexts);
}

static void
test_depth_of_other_links (void)
{
  g_test_summary ("rule 8: chains by any, by cancellables and of held objects have no limit either");
  run_on_a_small_stack (other_links);
  run_on_a_small_stack (hundred_thousand_held);
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

  g_test_add_func ("/gctx/tree/done-is-final", test_done_is_final);
  g_test_add_func ("/gctx/tree/first-cause-wins", test_first_cause_wins);
  g_test_add_func ("/gctx/tree/causes-of-a-subtree", test_causes_of_a_subtree);
  g_test_add_func ("/gctx/tree/passed-deadline/beats-cancel", test_passed_deadline_beats_cancel);
  g_test_add_func ("/gctx/tree/passed-deadline/above-the-cancel",
                   test_passed_deadline_above_the_cancel);
  g_test_add_func ("/gctx/tree/passed-deadline/below-the-cancel",
                   test_passed_deadline_below_the_cancel);
  g_test_add_func ("/gctx/tree/passed-deadline/earlier-of-two",
                   test_earlier_of_two_passed_deadlines);
  g_test_add_func ("/gctx/tree/passed-deadline/latched-at-its-owner",
                   test_deadline_is_latched_at_its_owner);
  g_test_add_func ("/gctx/tree/told/true-means-all", test_true_means_all_told);
  g_test_add_func ("/gctx/tree/told/nested-cancel-helps", test_nested_cancel_helps);
  g_test_add_func ("/gctx/tree/told/nothing-else-runs", test_cancel_runs_nothing_else);
  g_test_add_func ("/gctx/tree/order/scopes", test_order_of_scopes);
  g_test_add_func ("/gctx/tree/order/value-contexts", test_order_of_value_contexts);
  g_test_add_func ("/gctx/tree/order/after-funcs", test_order_of_after_funcs);
  g_test_add_func ("/gctx/tree/born-done/by-its-parent", test_born_done);
  g_test_add_func ("/gctx/tree/born-done/by-its-deadline", test_born_done_by_its_deadline);
  g_test_add_func ("/gctx/tree/born-done/is-told", test_born_done_is_told);
  g_test_add_func ("/gctx/tree/life/forgotten-scopes", test_forgotten_scopes_leak_nothing);
  g_test_add_func ("/gctx/tree/life/parents-do-not-keep-children",
                   test_parents_do_not_keep_children);
  g_test_add_func ("/gctx/tree/life/children-hold-their-parents",
                   test_children_hold_their_parents);
  g_test_add_func ("/gctx/tree/life/dropped-parents-deadline", test_dropped_parents_deadline);
  g_test_add_func ("/gctx/tree/life/dropping-cancels-nothing", test_dropping_cancels_nothing);
  g_test_add_func ("/gctx/tree/life/drop-among-siblings", test_drop_among_siblings);
  g_test_add_func ("/gctx/tree/after-func/cannot-run", test_after_func_that_cannot_run);
  g_test_add_func ("/gctx/tree/after-func/on-a-forgotten-scope",
                   test_after_func_on_a_forgotten_scope);
  g_test_add_func ("/gctx/tree/after-func/keeps-its-context", test_after_func_keeps_its_context);
  g_test_add_func ("/gctx/tree/after-func/never-could", test_after_func_that_never_could);
  g_test_add_func ("/gctx/tree/depth/scopes", test_depth_of_scopes);
  g_test_add_func ("/gctx/tree/depth/value-contexts", test_depth_of_value_contexts);
  g_test_add_func ("/gctx/tree/depth/other-links", test_depth_of_other_links);
  g_test_add_func ("/gctx/tree/width", test_width);

  return g_test_run ();
}
