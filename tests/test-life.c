/* test-life.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-tree.h"

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

/* What GObject gives to every object, whatever of it happens in dispose (). */
typedef struct
{
  GObject  *object;     /* not ours */
  gpointer  pointer;
  GWeakRef  weak_ref;
  GClosure *watching;
  int       n_notified;
  int       n_disconnected;
  int       n_cleared;
} Ties;

static void
count_weak_notify (gpointer  data,
                   GObject  *where_it_was)
{
  Ties *ties = data;

  g_assert_true (where_it_was == ties->object);
  ties->n_notified++;
}

static void
count_disconnected (gpointer  data,
                    GClosure *closure)
{
  ((Ties *) data)->n_disconnected++;
}

static void
count_cleared (gpointer data)
{
  ((Ties *) data)->n_cleared++;
}

static void
ties_init (Ties     *ties,
           gpointer  object)
{
  memset (ties, 0, sizeof *ties);
  ties->object = ties->pointer = object;
  g_object_weak_ref (object, count_weak_notify, ties);
  g_object_add_weak_pointer (object, &ties->pointer);
  g_weak_ref_init (&ties->weak_ref, object);
  g_signal_connect_data (object, "notify", G_CALLBACK (count_cleared), ties, count_disconnected, 0);
  ties->watching = g_closure_ref (g_cclosure_new (G_CALLBACK (count_cleared), NULL, NULL));
  g_closure_sink (ties->watching);
  g_object_watch_closure (object, ties->watching);
  g_object_set_data_full (object, "ties", ties, count_cleared);
}

static void
ties_assert_cut (Ties *ties)
{
  g_assert_cmpint (ties->n_notified, ==, 1);
  g_assert_null (ties->pointer);
  g_assert_cmpint (ties->n_disconnected, ==, 1);
  g_assert_true (ties->watching->is_invalid);
}

static void
ties_clear (Ties *ties)
{
  ties_assert_cut (ties);
  g_assert_null (g_weak_ref_get (&ties->weak_ref));
  g_assert_cmpint (ties->n_cleared, ==, 1);
  g_weak_ref_clear (&ties->weak_ref);
  g_closure_unref (ties->watching);
}

static GCtxContext *
make_face (int i)
{
  switch (i)
    {
    case 0:
      return GCTX_CONTEXT (gctx_scope_new (gctx_context_background ()));
    case 1:
      return GCTX_CONTEXT (gctx_scope_new_with_timeout (gctx_context_background (), HOUR_USEC));
    case 2:
      return gctx_context_with_timeout (gctx_context_background (), HOUR_USEC);
    default:
      return gctx_context_with_values (gctx_context_background (), NULL);
    }
}

static void
test_last_unref_cuts_all_ties (void)
{
  Ties ties;
  int i;

  for (i = 0; i < 4; i++)
    {
      GCtxContext *context = make_face (i);

      ties_init (&ties, context);
      g_object_unref (context);
      ties_clear (&ties);
    }
}

static void
test_run_dispose_cuts_ties_at_once (void)
{
  Ties ties;
  int i;

  for (i = 0; i < 4; i++)
    {
      GCtxContext *context = make_face (i);

      ties_init (&ties, context);
      g_object_run_dispose (G_OBJECT (context));
      ties_assert_cut (&ties);
      assert_live (context);
      g_object_unref (context);
      ties_clear (&ties);
    }
}

/* Calls what takes references of the object and gives them up again. */
static void
use_context (gpointer  data,
             GClosure *closure)
{
  GCtxContext *context = GCTX_CONTEXT (((Ties *) data)->object);
  GSource *source = gctx_context_create_source (context);
  gulong id = gctx_context_add_after_func (context, (GCtxAfterFunc) test_never_called, NULL, NULL);

  assert_live (context);
  g_source_unref (source);
  if (id != 0)
    g_assert_true (gctx_context_remove_after_func (context, id));
  ((Ties *) data)->n_disconnected++;
}

static void
test_used_while_ties_are_cut (void)
{
  Ties ties;
  int i;

  g_test_summary ("rule 4: what is told that a handler is gone may use the context, though it is going");

  for (i = 0; i < 4; i++)
    {
      GCtxContext *context = make_face (i);

      memset (&ties, 0, sizeof ties);
      ties.object = ties.pointer = G_OBJECT (context);
      g_signal_connect_data (context, "notify", G_CALLBACK (count_cleared), &ties, use_context, 0);
      ties.watching = g_cclosure_new (G_CALLBACK (count_cleared), NULL, NULL);
      g_closure_add_invalidate_notifier (ties.watching, &ties, use_context);
      g_object_watch_closure (G_OBJECT (context), ties.watching);
      g_closure_sink (g_closure_ref (ties.watching));
      g_object_add_weak_pointer (G_OBJECT (context), &ties.pointer);

      g_object_unref (context);
      g_assert_cmpint (ties.n_disconnected, ==, 2);
      g_assert_null (ties.pointer);
      g_closure_unref (ties.watching);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/life/forgotten-scopes", test_forgotten_scopes_leak_nothing);
  g_test_add_func ("/gctx/life/parents-do-not-keep-children", test_parents_do_not_keep_children);
  g_test_add_func ("/gctx/life/children-hold-their-parents", test_children_hold_their_parents);
  g_test_add_func ("/gctx/life/dropped-parents-deadline", test_dropped_parents_deadline);
  g_test_add_func ("/gctx/life/dropping-cancels-nothing", test_dropping_cancels_nothing);
  g_test_add_func ("/gctx/life/drop-among-siblings", test_drop_among_siblings);
  g_test_add_func ("/gctx/life/ties/last-unref", test_last_unref_cuts_all_ties);
  g_test_add_func ("/gctx/life/ties/run-dispose", test_run_dispose_cuts_ties_at_once);
  g_test_add_func ("/gctx/life/ties/used-while-cut", test_used_while_ties_are_cut);
  g_test_add_func ("/gctx/life/after-func/cannot-run", test_after_func_that_cannot_run);
  g_test_add_func ("/gctx/life/after-func/on-a-forgotten-scope",
                   test_after_func_on_a_forgotten_scope);
  g_test_add_func ("/gctx/life/after-func/keeps-its-context", test_after_func_keeps_its_context);
  g_test_add_func ("/gctx/life/after-func/never-could", test_after_func_that_never_could);

  return g_test_run ();
}
