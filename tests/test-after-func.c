/* test-after-func.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* When and where after-funcs run. What becomes of those that never do is in
 * test-after-func-life.c. */

#include "test-after-func.h"
#include "test-worker.h"

static void
test_runs_once (void)
{
  GCtxScope *scope = gctx_scope_new (gctx_context_background ());
  Call call = call_init (GCTX_CONTEXT (scope));
  gulong id;

  g_test_summary ("rule 2: an after-func runs once, after the cancel and never inside it");

  id = gctx_context_add_after_func (GCTX_CONTEXT (scope), call_run, &call, call_destroy);
  g_assert_cmpuint (id, !=, 0);
  test_iterate_pending (NULL);
  call_assert (&call, 0, 0);

  g_assert_true (gctx_scope_cancel (scope));
  call_assert (&call, 0, 0);
  test_iterate_pending (NULL);
  call_assert (&call, 1, 1);

  g_assert_false (gctx_scope_cancel (scope));
  test_iterate_pending (NULL);
  call_assert (&call, 1, 1);
  g_assert_true (call.ran_in == g_thread_self ());
  test_assert_last_unref (scope);
}

static void
test_already_done (void)
{
  GCtxScope *scope = gctx_scope_new (gctx_context_background ());
  Call call = call_init (GCTX_CONTEXT (scope));

  g_test_summary ("rule 2: added to a context that is done, it is queued and not called");

  g_assert_true (gctx_scope_cancel (scope));
  gctx_context_add_after_func (GCTX_CONTEXT (scope), call_run, &call, call_destroy);
  call_assert (&call, 0, 0);
  g_assert_true (g_main_context_pending (NULL));
  test_iterate_pending (NULL);
  call_assert (&call, 1, 1);
  test_assert_last_unref (scope);
}

static void
test_without_destroy (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  Call call = call_init (GCTX_CONTEXT (scope));
  gulong id;

  g_test_summary ("rule 2: a destroy function may be missing");

  id = gctx_context_add_after_func (GCTX_CONTEXT (scope), call_run, &call, NULL);
  g_assert_true (gctx_context_remove_after_func (GCTX_CONTEXT (scope), id));
  gctx_context_add_after_func (GCTX_CONTEXT (scope), call_run, &call, NULL);
  gctx_scope_cancel (scope);
  test_iterate_pending (NULL);
  call_assert (&call, 1, 0);

  id = gctx_context_add_after_func (gctx_context_background (), call_run, &call, NULL);
  g_assert_cmpuint (id, ==, 0);
  call_assert (&call, 1, 0);
}

static void
test_thread_default (void)
{
  g_autoptr (GMainContext) loop = g_main_context_new ();
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  Call call = call_init (GCTX_CONTEXT (scope));
  Call elsewhere = call_init (GCTX_CONTEXT (scope));
  Call by_default = call_init (GCTX_CONTEXT (scope));

  g_test_summary ("rule 12: it runs in the main context that was thread-default where it was added, or given");

  g_main_context_push_thread_default (loop);
  gctx_context_add_after_func (GCTX_CONTEXT (scope), call_run, &call, call_destroy);
  gctx_context_add_after_func_full (GCTX_CONTEXT (scope), NULL, G_PRIORITY_DEFAULT, call_run, &by_default,
                                    call_destroy);
  g_main_context_pop_thread_default (loop);
  gctx_context_add_after_func_full (GCTX_CONTEXT (scope), loop, G_PRIORITY_DEFAULT, call_run, &elsewhere,
                                    call_destroy);

  gctx_scope_cancel (scope);
  test_iterate_pending (NULL);
  call_assert (&call, 0, 0);
  call_assert (&elsewhere, 0, 0);
  call_assert (&by_default, 1, 1);

  test_iterate_pending (loop);
  call_assert (&call, 1, 1);
  call_assert (&elsewhere, 1, 1);
}

/* A number that an after-func appends to an array. */
typedef struct
{
  GArray *numbers;
  int     value;
} Number;

static void
append_number (GCtxContext *context,
               gpointer     user_data)
{
  Number *number = user_data;

  g_array_append_val (number->numbers, number->value);
}

static void
assert_numbers (GArray     *numbers,
                const char *expected)
{
  g_autoptr (GString) string = g_string_new (NULL);
  guint i;

  for (i = 0; i < numbers->len; i++)
    g_string_append_printf (string, "%d", g_array_index (numbers, int, i));
  g_assert_cmpstr (string->str, ==, expected);
}

static void
test_priority (void)
{
  static const int priorities[] = { G_PRIORITY_LOW, G_PRIORITY_DEFAULT, G_PRIORITY_HIGH, G_PRIORITY_DEFAULT_IDLE };
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  g_autoptr (GArray) numbers = g_array_new (FALSE, FALSE, sizeof (int));
  Number all[G_N_ELEMENTS (priorities)];
  gsize i;

  g_test_summary ("rule 12: after-funcs run by their priorities");

  for (i = 0; i < G_N_ELEMENTS (priorities); i++)
    {
      all[i] = (Number) { numbers, i };
      gctx_context_add_after_func_full (GCTX_CONTEXT (scope), NULL, priorities[i], append_number, &all[i], NULL);
    }

  gctx_scope_cancel (scope);
  test_iterate_pending (NULL);
  assert_numbers (numbers, "2130");
}

static void
test_order (void)
{
  g_autoptr (GCtxScope) parent = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxScope) child = gctx_scope_new (GCTX_CONTEXT (parent));
  g_autoptr (GArray) numbers = g_array_new (FALSE, FALSE, sizeof (int));
  Number all[6];
  gsize i;

  g_test_summary ("rule 3: parents before children, and those of one context in the order they were added");

  for (i = 0; i < G_N_ELEMENTS (all); i++)
    {
      all[i] = (Number) { numbers, i };
      gctx_context_add_after_func (GCTX_CONTEXT (i < 3 ? child : parent), append_number, &all[i], NULL);
    }

  gctx_scope_cancel (parent);
  test_iterate_pending (NULL);
  assert_numbers (numbers, "345012");
}

static void
test_many (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  g_autoptr (GArray) numbers = g_array_new (FALSE, FALSE, sizeof (int));
  g_autofree Number *all = g_new (Number, 20000);
  g_autofree gulong *ids = g_new (gulong, 20000);
  int i;

  g_test_summary ("rule 2: of many after-funcs each that was not removed runs once");

  for (i = 0; i < 20000; i++)
    {
      all[i] = (Number) { numbers, i };
      ids[i] = gctx_context_add_after_func (GCTX_CONTEXT (scope), append_number, &all[i], NULL);
    }
  for (i = 1; i < 20000; i += 2)
    g_assert_true (gctx_context_remove_after_func (GCTX_CONTEXT (scope), ids[i]));

  gctx_scope_cancel (scope);
  test_iterate_pending (NULL);
  g_assert_cmpuint (numbers->len, ==, 10000);
  for (i = 0; i < 10000; i++)
    g_assert_cmpint (g_array_index (numbers, int, i), ==, 2 * i);
}

typedef struct
{
  Call   call;
  gulong other;
  int    removed;
} Meddler;

static void
add_another (GCtxContext *context,
             gpointer     user_data)
{
  Meddler *meddler = user_data;

  gctx_context_add_after_func (context, call_run, &meddler->call, call_destroy);
  call_assert (&meddler->call, 0, 0);
}

static void
remove_another (GCtxContext *context,
                gpointer     user_data)
{
  Meddler *meddler = user_data;

  meddler->removed += gctx_context_remove_after_func (context, meddler->other);
}

static void
test_adds (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  Meddler meddler = { call_init (GCTX_CONTEXT (scope)), 0, 0 };

  g_test_summary ("rule 4: one that an after-func adds is queued behind it");

  gctx_context_add_after_func (GCTX_CONTEXT (scope), add_another, &meddler, NULL);
  gctx_scope_cancel (scope);
  test_iterate_pending (NULL);
  call_assert (&meddler.call, 1, 1);
}

static void
test_removes (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  Meddler meddler = { call_init (GCTX_CONTEXT (scope)), 0, 0 };
  Meddler itself = { call_init (GCTX_CONTEXT (scope)), 0, 0 };

  g_test_summary ("rule 4: an after-func keeps a queued one from running, but not itself");

  gctx_context_add_after_func (GCTX_CONTEXT (scope), remove_another, &meddler, NULL);
  meddler.other = gctx_context_add_after_func (GCTX_CONTEXT (scope), call_run, &meddler.call, call_destroy);
  itself.other = gctx_context_add_after_func (GCTX_CONTEXT (scope), remove_another, &itself, NULL);

  gctx_scope_cancel (scope);
  test_iterate_pending (NULL);
  g_assert_cmpint (meddler.removed, ==, 1);
  call_assert (&meddler.call, 0, 1);
  g_assert_cmpint (itself.removed, ==, 0);
}

static void
test_remove (void)
{
  GCtxScope *scope = gctx_scope_new (gctx_context_background ());
  GCtxContext *context = GCTX_CONTEXT (scope);
  g_autoptr (GCtxContext) face = gctx_context_with_values (context, NULL);
  Call removed = call_init (context);
  Call queued = call_init (context);
  Call ran = call_init (context);
  gulong removed_id, queued_id, ran_id;

  g_test_summary ("rule 2: remove is TRUE for the call that kept it from running, and for no other");

  removed_id = gctx_context_add_after_func (context, call_run, &removed, call_destroy);
  queued_id = gctx_context_add_after_func (context, call_run, &queued, call_destroy);
  ran_id = gctx_context_add_after_func (context, call_run, &ran, call_destroy);

  g_assert_false (gctx_context_remove_after_func (face, removed_id));
  call_assert (&removed, 0, 0);
  g_assert_true (gctx_context_remove_after_func (context, removed_id));
  g_assert_false (gctx_context_remove_after_func (context, removed_id));
  call_assert (&removed, 0, 1);
  g_assert_true (removed.destroyed_in == g_thread_self ());

  gctx_scope_cancel (scope);
  g_assert_true (gctx_context_remove_after_func (context, queued_id));
  g_assert_false (gctx_context_remove_after_func (context, queued_id));
  call_assert (&queued, 0, 1);

  test_iterate_pending (NULL);
  g_assert_false (gctx_context_remove_after_func (context, ran_id));
  g_assert_false (gctx_context_remove_after_func (context, ran_id + 1000));
  call_assert (&ran, 1, 1);
  call_assert (&queued, 0, 1);
  call_assert (&removed, 0, 1);
  test_assert_last_unref (scope);
}

static void
test_remove_abandoned (void)
{
  GCtxScope *scope = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxContext) face = gctx_context_with_values (GCTX_CONTEXT (scope), NULL);
  Call call = call_init (face);
  gulong id = gctx_context_add_after_func (face, call_run, &call, call_destroy);

  g_test_summary ("rules 2, 7: remove does not keep from running what never will, and leaves it to its loop");

  g_object_unref (scope);
  g_assert_false (gctx_context_remove_after_func (face, id));
  call_assert (&call, 0, 0);
  test_iterate_pending (NULL);
  call_assert (&call, 0, 1);
}

static void
test_in_its_thread (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  Worker worker;
  Call here = call_init (GCTX_CONTEXT (scope));
  Call there = call_init (GCTX_CONTEXT (scope));

  g_test_summary ("rule 12: it runs and is destroyed in the thread that runs its main context, whoever cancels");

  worker_start (&worker);
  gctx_context_add_after_func (GCTX_CONTEXT (scope), call_run, &here, call_destroy);
  gctx_context_add_after_func_full (GCTX_CONTEXT (scope), worker.loop, G_PRIORITY_DEFAULT, call_run, &there,
                                    call_destroy);
  g_thread_join (g_thread_new ("canceller", (GThreadFunc) gctx_scope_cancel, scope));
  test_iterate_until (NULL, &here.n_destroyed);
  g_assert_true (here.ran_in == g_thread_self ());
  g_assert_true (here.destroyed_in == g_thread_self ());

  while (!g_atomic_int_get (&there.n_destroyed))
    g_thread_yield ();
  call_assert (&there, 1, 1);
  g_assert_true (there.ran_in == worker.thread);
  g_assert_true (there.destroyed_in == worker.thread);
  worker_stop (&worker);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/after-func/runs-once", test_runs_once);
  g_test_add_func ("/gctx/after-func/already-done", test_already_done);
  g_test_add_func ("/gctx/after-func/without-destroy", test_without_destroy);
  g_test_add_func ("/gctx/after-func/thread-default", test_thread_default);
  g_test_add_func ("/gctx/after-func/priority", test_priority);
  g_test_add_func ("/gctx/after-func/order", test_order);
  g_test_add_func ("/gctx/after-func/many", test_many);
  g_test_add_func ("/gctx/after-func/adds", test_adds);
  g_test_add_func ("/gctx/after-func/removes", test_removes);
  g_test_add_func ("/gctx/after-func/remove", test_remove);
  g_test_add_func ("/gctx/after-func/remove/abandoned", test_remove_abandoned);
  g_test_add_func ("/gctx/after-func/in-its-thread", test_in_its_thread);

  return g_test_run ();
}
