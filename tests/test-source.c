/* test-source.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-util.h"

typedef struct
{
  gpointer expected_context;

  GThread *fired_in;
  int      n_fired;
  int      n_destroyed;
} Fired;

static gboolean
note_fired (GCtxContext *context,
            gpointer     user_data)
{
  Fired *fired = user_data;

  g_assert_true (context == fired->expected_context);
  g_assert_true (gctx_context_is_done (context));
  fired->fired_in = g_thread_self ();
  g_atomic_int_inc (&fired->n_fired);

  /* Which a source that fires once does not heed. */
  return G_SOURCE_CONTINUE;
}

static void
note_destroyed (gpointer user_data)
{
  Fired *fired = user_data;

  g_atomic_int_inc (&fired->n_destroyed);
}

static GSource *
new_source (gpointer  context,
            Fired    *fired)
{
  GSource *source = gctx_context_create_source (context);

  fired->expected_context = context;
  g_source_set_callback (source, G_SOURCE_FUNC (note_fired), fired, note_destroyed);
  return source;
}

static void
test_fires_once (void)
{
  g_autoptr (GMainContext) loop = g_main_context_new ();
  GCtxScope *scope = gctx_scope_new (gctx_context_background ());
  Fired fired = { NULL, NULL, 0, 0 };
  GSource *source = new_source (scope, &fired);

  g_test_summary ("rule 2: a source is ready once its context is done, and fires once");

  g_source_attach (source, loop);
  test_iterate_pending (loop);
  g_assert_cmpint (fired.n_fired, ==, 0);

  g_assert_true (gctx_scope_cancel (scope));
  g_assert_cmpint (fired.n_fired, ==, 0);
  g_assert_true (g_main_context_pending (loop));

  test_iterate_pending (loop);
  g_assert_cmpint (fired.n_fired, ==, 1);
  g_assert_cmpint (fired.n_destroyed, ==, 1);
  g_assert_true (g_source_is_destroyed (source));
  g_source_unref (source);
  test_assert_last_unref (scope);
}

static void
test_already_done (void)
{
  g_autoptr (GMainContext) loop = g_main_context_new ();
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  Fired before = { NULL, NULL, 0, 0 };
  Fired between = { NULL, NULL, 0, 0 };
  Fired after = { NULL, NULL, 0, 0 };
  g_autoptr (GSource) attached_before = new_source (scope, &before);
  g_autoptr (GSource) created_before = new_source (scope, &between);
  g_autoptr (GSource) created_after = NULL;

  g_test_summary ("rule 2: whether it is made or attached before or after the end, it is ready");

  g_source_attach (attached_before, loop);
  gctx_scope_cancel (scope);
  created_after = new_source (scope, &after);
  g_source_attach (created_before, loop);
  g_source_attach (created_after, loop);

  test_iterate_pending (loop);
  g_assert_cmpint (before.n_fired, ==, 1);
  g_assert_cmpint (between.n_fired, ==, 1);
  g_assert_cmpint (after.n_fired, ==, 1);
}

static void
test_never_done (void)
{
  g_autoptr (GMainContext) loop = g_main_context_new ();
  Fired fired = { NULL, NULL, 0, 0 };
  g_autoptr (GSource) source = new_source (gctx_context_background (), &fired);

  g_test_summary ("rule 7: the source of a context that is never done is never ready, and can be destroyed");

  g_source_attach (source, loop);
  g_assert_false (g_main_context_iteration (loop, FALSE));
  g_source_destroy (source);
  g_assert_cmpint (fired.n_fired, ==, 0);
  g_assert_cmpint (fired.n_destroyed, ==, 1);
}

static void
test_holds_context (void)
{
  g_autoptr (GMainContext) loop = g_main_context_new ();
  g_autoptr (GCtxScope) parent = gctx_scope_new (gctx_context_background ());
  GCtxScope *child = gctx_scope_new (GCTX_CONTEXT (parent));
  Fired fired = { NULL, NULL, 0, 0 };
  GSource *source = new_source (child, &fired);

  g_test_summary ("rule 7: a source holds its context object and is given it");

  g_source_attach (source, loop);
  g_object_add_weak_pointer (G_OBJECT (child), (gpointer *) &child);
  g_object_unref (child);
  g_assert_nonnull (child);

  gctx_scope_cancel (parent);
  test_iterate_pending (loop);
  g_assert_cmpint (fired.n_fired, ==, 1);
  g_source_unref (source);
  g_assert_null (child);
}

static void
test_forgotten (void)
{
  g_autoptr (GMainContext) loop = g_main_context_new ();
  GCtxScope *scope = gctx_scope_new (gctx_context_background ());
  Fired fired = { NULL, NULL, 0, 0 };
  GSource *source = new_source (scope, &fired);

  g_test_summary ("rule 7: the source of a forgotten scope never fires, and is the last to hold it");

  g_source_attach (source, loop);
  g_object_add_weak_pointer (G_OBJECT (scope), (gpointer *) &scope);
  g_object_unref (scope);
  test_iterate_pending (loop);
  g_assert_cmpint (fired.n_fired, ==, 0);

  g_source_destroy (source);
  g_source_unref (source);
  g_assert_cmpint (fired.n_destroyed, ==, 1);
  g_assert_null (scope);
}

static void
test_destroyed_before (void)
{
  g_autoptr (GMainContext) loop = g_main_context_new ();
  GCtxScope *scope = gctx_scope_new (gctx_context_background ());
  Fired destroyed = { NULL, NULL, 0, 0 };
  Fired unattached = { NULL, NULL, 0, 0 };
  GSource *source = new_source (scope, &destroyed);

  g_test_summary ("rule 5: a source that was destroyed, or dropped before it was attached, does not fire");

  g_source_unref (new_source (scope, &unattached));
  g_assert_cmpint (unattached.n_destroyed, ==, 1);
  g_source_attach (source, loop);
  g_source_destroy (source);
  g_assert_cmpint (destroyed.n_destroyed, ==, 1);

  gctx_scope_cancel (scope);
  g_assert_false (g_main_context_iteration (loop, FALSE));
  g_assert_cmpint (destroyed.n_fired, ==, 0);
  g_source_unref (source);
  test_assert_last_unref (scope);
}

static void
test_ready_then_destroyed (void)
{
  g_autoptr (GMainContext) loop = g_main_context_new ();
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  Fired fired = { NULL, NULL, 0, 0 };
  g_autoptr (GSource) source = new_source (scope, &fired);

  g_test_summary ("rule 5: a source that is ready may still be destroyed before it fires");

  g_source_attach (source, loop);
  gctx_scope_cancel (scope);
  g_source_destroy (source);
  test_iterate_pending (loop);
  g_assert_cmpint (fired.n_fired, ==, 0);
  g_assert_cmpint (fired.n_destroyed, ==, 1);
}

static void
test_main_context_goes (void)
{
  GMainContext *loop = g_main_context_new ();
  GCtxScope *scope = gctx_scope_new (gctx_context_background ());
  Fired fired = { NULL, NULL, 0, 0 };
  GSource *source = new_source (scope, &fired);

  g_test_summary ("rule 5: a main context takes its sources with it, and the cancel later finds none");

  g_source_attach (source, loop);
  g_source_unref (source);
  g_main_context_unref (loop);
  g_assert_cmpint (fired.n_destroyed, ==, 1);

  gctx_scope_cancel (scope);
  g_assert_cmpint (fired.n_fired, ==, 0);
  test_assert_last_unref (scope);
}

static void
test_priority (void)
{
  g_autoptr (GMainContext) loop = g_main_context_new ();
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  Fired low = { NULL, NULL, 0, 0 };
  Fired high = { NULL, NULL, 0, 0 };
  g_autoptr (GSource) low_source = new_source (scope, &low);
  g_autoptr (GSource) high_source = new_source (scope, &high);

  g_test_summary ("rule 12: sources run in their main context, by their priorities");

  g_source_set_priority (low_source, G_PRIORITY_LOW);
  g_source_set_priority (high_source, G_PRIORITY_HIGH);
  g_source_attach (low_source, loop);
  g_source_attach (high_source, loop);

  gctx_scope_cancel (scope);
  g_main_context_iteration (loop, FALSE);
  g_assert_cmpint (high.n_fired, ==, 1);
  g_assert_cmpint (low.n_fired, ==, 0);
  g_main_context_iteration (loop, FALSE);
  g_assert_cmpint (low.n_fired, ==, 1);
}

static void
marshal_source (GClosure     *closure,
                GValue       *return_value,
                guint         n_params,
                const GValue *params,
                gpointer      invocation_hint,
                gpointer      marshal_data)
{
  Fired *fired = closure->data;

  g_assert_cmpuint (n_params, ==, 1);
  g_assert_true (g_value_get_object (&params[0]) == fired->expected_context);
  fired->n_fired++;
  g_value_set_boolean (return_value, G_SOURCE_REMOVE);
}

static void
closure_gone (gpointer  data,
              GClosure *closure)
{
  note_destroyed (data);
}

static void
test_closure (void)
{
  g_autoptr (GMainContext) loop = g_main_context_new ();
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  g_autoptr (GSource) source = gctx_context_create_source (GCTX_CONTEXT (scope));
  Fired fired = { scope, NULL, 0, 0 };
  GClosure *closure = g_closure_new_simple (sizeof (GClosure), &fired);

  g_test_summary ("design 1: a source takes a closure, which is given the context");

  g_closure_set_marshal (closure, marshal_source);
  g_closure_add_finalize_notifier (closure, &fired, closure_gone);
  g_source_set_closure (source, closure);
  g_source_attach (source, loop);

  gctx_scope_cancel (scope);
  test_iterate_pending (loop);
  g_assert_cmpint (fired.n_fired, ==, 1);
  g_assert_cmpint (fired.n_destroyed, ==, 1);
}

static gboolean
note_parent_source (gpointer user_data)
{
  ++*(int *) user_data;
  return G_SOURCE_REMOVE;
}

static void
test_child_source (void)
{
  g_autoptr (GMainContext) loop = g_main_context_new ();
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  g_autoptr (GSource) parent = g_timeout_source_new_seconds (3600);
  g_autoptr (GSource) child = gctx_context_create_source (GCTX_CONTEXT (scope));
  int n_dispatched = 0;

  g_test_summary ("design 1: as a child source with a dummy callback it makes its parent ready");

  g_source_set_callback (parent, note_parent_source, &n_dispatched, NULL);
  g_source_set_dummy_callback (child);
  g_source_add_child_source (parent, child);
  g_source_attach (parent, loop);
  test_iterate_pending (loop);
  g_assert_cmpint (n_dispatched, ==, 0);

  gctx_scope_cancel (scope);
  test_iterate_pending (loop);
  g_assert_cmpint (n_dispatched, ==, 1);
}

typedef struct
{
  GMainContext *loop;
  GThread      *thread;
  Fired         fired;
} LoopThread;

static gpointer
run_until_fired (gpointer user_data)
{
  LoopThread *loop_thread = user_data;

  test_iterate_until (loop_thread->loop, &loop_thread->fired.n_fired);
  return NULL;
}

static void
test_several_loops (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  LoopThread threads[4];
  gsize i;

  g_test_summary ("rule 12: sources on several loops each fire in the thread of their own");

  for (i = 0; i < G_N_ELEMENTS (threads); i++)
    {
      g_autoptr (GSource) source = NULL;

      threads[i].fired = (Fired) { NULL, NULL, 0, 0 };
      source = new_source (scope, &threads[i].fired);
      threads[i].loop = g_main_context_new ();
      g_source_attach (source, threads[i].loop);
      threads[i].thread = g_thread_new ("loop", run_until_fired, &threads[i]);
    }

  g_assert_true (gctx_scope_cancel (scope));
  for (i = 0; i < G_N_ELEMENTS (threads); i++)
    {
      g_thread_join (threads[i].thread);
      g_assert_true (threads[i].fired.fired_in == threads[i].thread);
      g_assert_cmpint (threads[i].fired.n_fired, ==, 1);
      g_main_context_unref (threads[i].loop);
    }
}

static void
test_without_callback (void)
{
  g_autoptr (GMainContext) loop = g_main_context_new ();
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  g_autoptr (GSource) source = gctx_context_create_source (GCTX_CONTEXT (scope));

  g_test_summary ("rule 20: a source without a callback warns of that once, and is removed");

  g_source_attach (source, loop);
  g_assert_true (gctx_scope_cancel (scope));
  g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "*without a callback*");
  test_iterate_pending (loop);
  g_test_assert_expected_messages ();
  g_assert_true (g_source_is_destroyed (source));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/source/fires-once", test_fires_once);
  g_test_add_func ("/gctx/source/already-done", test_already_done);
  g_test_add_func ("/gctx/source/never-done", test_never_done);
  g_test_add_func ("/gctx/source/holds-context", test_holds_context);
  g_test_add_func ("/gctx/source/forgotten", test_forgotten);
  g_test_add_func ("/gctx/source/destroyed-before", test_destroyed_before);
  g_test_add_func ("/gctx/source/ready-then-destroyed", test_ready_then_destroyed);
  g_test_add_func ("/gctx/source/main-context-goes", test_main_context_goes);
  g_test_add_func ("/gctx/source/priority", test_priority);
  g_test_add_func ("/gctx/source/closure", test_closure);
  g_test_add_func ("/gctx/source/child-source", test_child_source);
  g_test_add_func ("/gctx/source/several-loops", test_several_loops);
  g_test_add_func ("/gctx/source/without-callback", test_without_callback);

  return g_test_run ();
}
