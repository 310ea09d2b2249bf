/* test-after-func-life.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What after-funcs keep alive, and what becomes of those that can never run. */

#include "test-after-func.h"

static void
add (gpointer  context,
     Call     *call)
{
  gctx_context_add_after_func (context, call_run, call, call_destroy);
}

/* Runs the default main context until @call was destroyed, and all else that
 * is ready in it. */
static void
iterate_until_destroyed (Call *call)
{
  test_iterate_until (NULL, &call->n_destroyed);
  test_iterate_pending (NULL);
}

static void
watch_object (gpointer *object)
{
  g_object_add_weak_pointer (*object, object);
}

static void
test_holds_context (void)
{
  GCtxScope *scope = gctx_scope_new (gctx_context_background ());
  Call call = call_init (GCTX_CONTEXT (scope));

  g_test_summary ("rule 7: a queued after-func holds its context object and is given it");

  add (scope, &call);
  watch_object ((gpointer *) &scope);
  gctx_scope_close (scope);
  g_assert_nonnull (scope);
  call_assert (&call, 0, 0);

  test_iterate_pending (NULL);
  call_assert (&call, 1, 1);
  g_assert_null (scope);
}

static void
test_holds_value_context (void)
{
  g_autoptr (GObject) value = g_object_new (G_TYPE_OBJECT, NULL);
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  GCtxContext *context = gctx_context_with_values (GCTX_CONTEXT (scope), object_key (), value, NULL);
  Call call = call_init (context);

  g_test_summary ("rule 7: of a live context too: the object lives on until its after-func ran");

  add (context, &call);
  watch_object ((gpointer *) &context);
  g_object_unref (context);
  g_assert_nonnull (context);
  g_assert_true (gctx_context_get_object (context, object_key ()) == value);

  gctx_scope_cancel (scope);
  test_iterate_pending (NULL);
  call_assert (&call, 1, 1);
  g_assert_null (context);
  test_assert_last_unref (g_steal_pointer (&scope));
}

static void
test_main_context_goes (void)
{
  GMainContext *loop = g_main_context_new ();
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  Call queued = call_init (GCTX_CONTEXT (scope));
  Call live = call_init (GCTX_CONTEXT (scope));

  g_test_summary ("rules 5, 7: where the main context goes away first, the after-func is destroyed uncalled");

  gctx_context_add_after_func_full (GCTX_CONTEXT (scope), loop, G_PRIORITY_DEFAULT, call_run, &queued, call_destroy);
  g_assert_true (gctx_scope_cancel (scope));
  call_assert (&queued, 0, 0);
  g_main_context_unref (loop);
  call_assert (&queued, 0, 1);
  g_assert_true (queued.destroyed_in == g_thread_self ());
  test_assert_last_unref (g_steal_pointer (&scope));

  loop = g_main_context_new ();
  scope = gctx_scope_new (gctx_context_background ());
  live.expected_context = scope;
  gctx_context_add_after_func_full (GCTX_CONTEXT (scope), loop, G_PRIORITY_DEFAULT, call_run, &live, call_destroy);
  g_main_context_unref (loop);
  g_assert_true (gctx_scope_cancel (scope));
  call_assert (&live, 0, 1);
  test_assert_last_unref (g_steal_pointer (&scope));
}

static void
test_forgotten_scope (void)
{
  GObject *value = g_object_new (G_TYPE_OBJECT, NULL);
  GCtxScope *scope = gctx_scope_new_full (gctx_context_background (), G_MAXINT64, NULL, object_key (), value, NULL);
  Call first = call_init (GCTX_CONTEXT (scope));
  Call second = call_init (GCTX_CONTEXT (scope));

  g_test_summary ("rule 7: the after-funcs of a forgotten scope are destroyed uncalled, and all goes");

  add (scope, &first);
  add (scope, &second);
  watch_object ((gpointer *) &scope);
  watch_object ((gpointer *) &value);
  g_object_unref (value);
  g_object_unref (scope);

  iterate_until_destroyed (&first);
  iterate_until_destroyed (&second);
  call_assert (&first, 0, 1);
  call_assert (&second, 0, 1);
  g_assert_null (scope);
  g_assert_null (value);
}

static gpointer
unref_scope (gpointer user_data)
{
  g_object_unref (user_data);
  return NULL;
}

static void
test_forgotten_elsewhere (void)
{
  GCtxScope *scope = gctx_scope_new (gctx_context_background ());
  Call call = call_init (GCTX_CONTEXT (scope));

  g_test_summary ("rule 7: whichever thread drops it, its after-func is destroyed in its main context");

  add (scope, &call);
  watch_object ((gpointer *) &scope);
  g_thread_join (g_thread_new ("dropping", unref_scope, scope));

  iterate_until_destroyed (&call);
  call_assert (&call, 0, 1);
  g_assert_true (call.destroyed_in == g_thread_self ());
  g_assert_null (scope);
}

static void
test_forgotten_below (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxContext) child = gctx_context_with_values (GCTX_CONTEXT (scope), object_key (), NULL, NULL);
  Call call = call_init (child);

  g_test_summary ("rule 7: so are those of a context that is still held, when no scope on its path is");

  add (child, &call);
  test_iterate_pending (NULL);
  call_assert (&call, 0, 0);

  g_clear_object (&scope);
  iterate_until_destroyed (&call);
  call_assert (&call, 0, 1);
  g_assert_false (gctx_context_is_done (child));
}

static void
test_parent_can_end_it (void)
{
  g_autoptr (GObject) value = g_object_new (G_TYPE_OBJECT, NULL);
  GCtxScope *parent = gctx_scope_new (gctx_context_background ());
  GCtxScope *child = gctx_scope_new_full (GCTX_CONTEXT (parent), G_MAXINT64, NULL, object_key (), value, NULL);
  Call call = call_init (NULL);

  g_test_summary ("rule 7: the after-func of a forgotten child runs when its parent is cancelled, "
                  "and is given a plain context of the same values");

  call.expected_value = value;
  add (child, &call);
  test_assert_last_unref (child);
  test_iterate_pending (NULL);
  call_assert (&call, 0, 0);

  g_assert_true (gctx_scope_cancel (parent));
  test_iterate_pending (NULL);
  call_assert (&call, 1, 1);
  test_assert_last_unref (parent);
}

static void
test_parent_forgotten_later (void)
{
  GCtxScope *parent = gctx_scope_new (gctx_context_background ());
  GCtxScope *child = gctx_scope_new (GCTX_CONTEXT (parent));
  Call call = call_init (GCTX_CONTEXT (child));

  g_test_summary ("rule 7: and is destroyed uncalled when the parent is forgotten after the child");

  add (child, &call);
  watch_object ((gpointer *) &child);
  watch_object ((gpointer *) &parent);
  g_object_unref (child);
  test_iterate_pending (NULL);
  call_assert (&call, 0, 0);

  g_object_unref (parent);
  iterate_until_destroyed (&call);
  call_assert (&call, 0, 1);
  g_assert_null (child);
  g_assert_null (parent);
}

static void
test_parent_forgotten_first (void)
{
  GCtxScope *parent = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxScope) child = gctx_scope_new (GCTX_CONTEXT (parent));
  Call on_parent = call_init (GCTX_CONTEXT (parent));
  Call on_child = call_init (GCTX_CONTEXT (child));

  g_test_summary ("rule 7: a held child ends only itself, not the after-funcs of its forgotten parent");

  add (parent, &on_parent);
  add (child, &on_child);
  g_object_unref (parent);
  iterate_until_destroyed (&on_parent);
  call_assert (&on_parent, 0, 1);
  call_assert (&on_child, 0, 0);

  g_assert_true (gctx_scope_cancel (child));
  test_iterate_pending (NULL);
  call_assert (&on_child, 1, 1);
}

static void
test_adopted_can_end_it (void)
{
  g_autoptr (GCancellable) foreign = g_cancellable_new ();
  GCtxContext *context = gctx_context_from_cancellable (foreign);
  Call call = call_init (context);

  g_test_summary ("rules 7, 9: what adopted a cancellable can be ended by it, though nobody holds it");

  add (context, &call);
  watch_object ((gpointer *) &context);
  g_object_unref (context);
  test_iterate_pending (NULL);
  call_assert (&call, 0, 0);
  g_assert_nonnull (context);

  g_cancellable_cancel (foreign);
  call_assert (&call, 0, 0);
  iterate_until_destroyed (&call);
  call_assert (&call, 1, 1);
  g_assert_null (context);
}

static void
test_never_done (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxContext) shielded = gctx_context_without_cancel (GCTX_CONTEXT (scope));
  Call on_background = call_init (gctx_context_background ());
  Call on_shielded = call_init (shielded);

  g_test_summary ("rule 7: on a context that nothing can end, an after-func is destroyed uncalled");

  add (gctx_context_background (), &on_background);
  add (shielded, &on_shielded);
  iterate_until_destroyed (&on_background);
  iterate_until_destroyed (&on_shielded);

  gctx_scope_cancel (scope);
  test_iterate_pending (NULL);
  call_assert (&on_background, 0, 1);
  call_assert (&on_shielded, 0, 1);
}

static void
test_removed_last (void)
{
  GCtxScope *scope = gctx_scope_new (gctx_context_background ());
  Call call = call_init (GCTX_CONTEXT (scope));
  gulong id;

  g_test_summary ("rule 7: a removed after-func holds nothing any more");

  id = gctx_context_add_after_func (GCTX_CONTEXT (scope), call_run, &call, call_destroy);
  g_assert_true (gctx_context_remove_after_func (GCTX_CONTEXT (scope), id));
  call_assert (&call, 0, 1);
  test_assert_last_unref (scope);

  scope = gctx_scope_new (gctx_context_background ());
  id = gctx_context_add_after_func (GCTX_CONTEXT (scope), call_run, &call, NULL);
  gctx_scope_cancel (scope);
  g_assert_true (gctx_context_remove_after_func (GCTX_CONTEXT (scope), id));
  test_assert_last_unref (scope);
}

typedef struct
{
  Call       call;
  GCtxScope *scope;
} LastWord;

/* A destroy function that drops the last user reference of another scope. */
static void
drop_scope (gpointer user_data)
{
  LastWord *last_word = user_data;

  g_clear_object (&last_word->scope);
  call_destroy (&last_word->call);
}

static void
test_destroy_drops_another (void)
{
  GCtxScope *outer = gctx_scope_new (gctx_context_background ());
  GCtxScope *inner = gctx_scope_new (gctx_context_background ());
  Call call = call_init (GCTX_CONTEXT (inner));
  LastWord last_word = { call_init (GCTX_CONTEXT (outer)), inner };

  g_test_summary ("rules 4, 7: a destroy function may drop what other after-funcs depend on");

  add (inner, &call);
  gctx_context_add_after_func (GCTX_CONTEXT (outer), call_run, &last_word, drop_scope);
  g_object_unref (outer);

  iterate_until_destroyed (&last_word.call);
  iterate_until_destroyed (&call);
  call_assert (&last_word.call, 0, 1);
  call_assert (&call, 0, 1);
}

/* A destroy function that drops what the caller held of its own context, and
 * the main context that it was to run in. */
typedef struct
{
  Call          call;
  GCtxScope    *scope;
  GCtxContext  *context;
  GMainContext *loop;
} OwnEnd;

static void
drop_all (gpointer user_data)
{
  OwnEnd *end = user_data;

  g_clear_object (&end->context);
  g_clear_object (&end->scope);
  g_clear_pointer (&end->loop, g_main_context_unref);
  call_destroy (&end->call);
}

static gulong
own_end_start (OwnEnd *end)
{
  end->scope = gctx_scope_new (gctx_context_background ());
  end->context = gctx_context_with_values (GCTX_CONTEXT (end->scope), object_key (), NULL, NULL);
  end->loop = g_main_context_new ();
  end->call = call_init (end->context);
  g_object_add_weak_pointer (G_OBJECT (end->context), &end->call.expected_context);

  return gctx_context_add_after_func_full (end->context, end->loop, G_PRIORITY_DEFAULT,
                                           call_run, end, drop_all);
}

static void
own_end_assert (OwnEnd *end,
                int     n_ran)
{
  call_assert (&end->call, n_ran, 1);
  g_assert_null (end->call.expected_context);
}

static void
test_destroy_drops_its_own (void)
{
  g_autoptr (GMainContext) loop = NULL;
  g_autoptr (GCtxContext) context = NULL;
  OwnEnd end;
  gulong id;

  g_test_summary ("rules 4, 7: a destroy function may drop its own context, scope and main context: after the run");

  /* Who calls holds what it calls upon. */
  own_end_start (&end);
  loop = g_main_context_ref (end.loop);
  g_assert_true (gctx_scope_cancel (end.scope));
  test_iterate_pending (loop);
  own_end_assert (&end, 1);

  g_test_message ("on removal, before and after the end");
  id = own_end_start (&end);
  context = g_object_ref (end.context);
  g_assert_true (gctx_context_remove_after_func (context, id));
  g_clear_object (&context);
  own_end_assert (&end, 0);

  id = own_end_start (&end);
  context = g_object_ref (end.context);
  g_assert_true (gctx_scope_cancel (end.scope));
  g_assert_true (gctx_context_remove_after_func (context, id));
  g_clear_object (&context);
  own_end_assert (&end, 0);

  g_test_message ("when nothing can end it any more");
  own_end_start (&end);
  g_clear_pointer (&loop, g_main_context_unref);
  loop = g_main_context_ref (end.loop);
  g_clear_object (&end.scope);
  test_iterate_pending (loop);
  own_end_assert (&end, 0);

  g_test_message ("when its main context goes");
  own_end_start (&end);
  g_assert_true (gctx_scope_cancel (end.scope));
  g_main_context_unref (g_steal_pointer (&end.loop));
  own_end_assert (&end, 0);
}

typedef struct
{
  Call         call;
  GCtxContext *context;   /* not held */
  Call         added;
  gulong       added_id;
} Successor;

static void
add_successor (gpointer user_data)
{
  Successor *successor = user_data;

  call_destroy (&successor->call);
  successor->added = call_init (successor->context);
  successor->added_id = gctx_context_add_after_func (successor->context, call_run, &successor->added,
                                                     call_destroy);
}

static void
test_destroy_adds_another (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  GCtxContext *context = GCTX_CONTEXT (scope);
  Successor removed = { call_init (context), context };
  Successor ran = { call_init (context), context };
  gulong id;

  g_test_summary ("rule 4: a destroy function may add another after-func, to a live context and to a done one");

  id = gctx_context_add_after_func (context, call_run, &removed, add_successor);
  gctx_context_add_after_func (context, call_run, &ran, add_successor);
  g_assert_true (gctx_context_remove_after_func (context, id));
  g_assert_cmpuint (removed.added_id, !=, 0);
  call_assert (&removed.call, 0, 1);

  g_assert_true (gctx_scope_cancel (scope));
  test_iterate_pending (NULL);
  call_assert (&removed.added, 1, 1);
  call_assert (&ran.call, 1, 1);
  g_assert_cmpuint (ran.added_id, !=, 0);
  call_assert (&ran.added, 1, 1);
  test_assert_last_unref (g_steal_pointer (&scope));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/after-func-life/holds/scope", test_holds_context);
  g_test_add_func ("/gctx/after-func-life/holds/value-context", test_holds_value_context);
  g_test_add_func ("/gctx/after-func-life/main-context-goes", test_main_context_goes);
  g_test_add_func ("/gctx/after-func-life/forgotten/scope", test_forgotten_scope);
  g_test_add_func ("/gctx/after-func-life/forgotten/elsewhere", test_forgotten_elsewhere);
  g_test_add_func ("/gctx/after-func-life/forgotten/below", test_forgotten_below);
  g_test_add_func ("/gctx/after-func-life/parent/can-end-it", test_parent_can_end_it);
  g_test_add_func ("/gctx/after-func-life/parent/forgotten-later", test_parent_forgotten_later);
  g_test_add_func ("/gctx/after-func-life/parent/forgotten-first", test_parent_forgotten_first);
  g_test_add_func ("/gctx/after-func-life/adopted-can-end-it", test_adopted_can_end_it);
  g_test_add_func ("/gctx/after-func-life/never-done", test_never_done);
  g_test_add_func ("/gctx/after-func-life/removed-last", test_removed_last);
  g_test_add_func ("/gctx/after-func-life/destroy/drops-another", test_destroy_drops_another);
  g_test_add_func ("/gctx/after-func-life/destroy/drops-its-own", test_destroy_drops_its_own);
  g_test_add_func ("/gctx/after-func-life/destroy/adds-another", test_destroy_adds_another);

  return g_test_run ();
}
