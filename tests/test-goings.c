/* test-goings.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What goes in one thread while another is just using it, or brings it: main
 * contexts, sources, contexts and their cancellables. */

#include "test-after-func.h"
#include "test-race.h"

typedef struct
{
  GMainContext *loop;
  GCtxScope    *scope;
  GCtxContext  *context;
  GCancellable *cancellable;
  GSource      *source;
  gulong        id;
  gboolean      removed;
  Call          call;
} Going;

/* --- A home's main context, while its source is re-armed --- */

/* Only @context, by what it has adopted, still holds its home's main context. */
static void
home_set_up (gpointer data)
{
  Going *going = data;
  g_autoptr (GMainContext) loop = g_main_context_new ();

  g_main_context_push_thread_default (loop);
  going->cancellable = g_cancellable_new ();
  going->context = gctx_context_from_cancellable (going->cancellable);
  g_main_context_pop_thread_default (loop);
}

static void
cancel_adopted (gpointer data)
{
  Going *going = data;

  g_cancellable_cancel (going->cancellable);
}

static void
note_finalized (gpointer  data,
                GObject  *where_it_was)
{
  g_atomic_int_set ((int *) data, TRUE);
}

static void
drop_context (gpointer data)
{
  Going *going = data;

  g_clear_object (&going->context);
}

/* Where it was cancelled in time, a thread of the library still delivers that,
 * and lets go last. */
static void
home_check (gpointer data)
{
  Going *going = data;
  int finalized = FALSE;

  g_object_weak_ref (G_OBJECT (going->cancellable), note_finalized, &finalized);
  g_object_unref (going->cancellable);
  while (!g_atomic_int_get (&finalized))
    g_thread_yield ();
}

static void
test_home_while_rearmed (void)
{
  Going going = { NULL };

  g_test_summary ("rules 5, 9: a home's main context goes while an adopted cancellable asks it to deliver");

  test_race (home_set_up, cancel_adopted, drop_context, home_check, &going);
}

/* --- A source, while it is attached --- */

static gboolean
on_source (GCtxContext *context,
           gpointer     user_data)
{
  call_run (context, user_data);
  return G_SOURCE_REMOVE;
}

static void
source_set_up (gpointer data)
{
  Going *going = data;

  going->scope = gctx_scope_new (gctx_context_background ());
  going->call = call_init (GCTX_CONTEXT (going->scope));
  going->source = gctx_context_create_source (GCTX_CONTEXT (going->scope));
  g_source_set_callback (going->source, G_SOURCE_FUNC (on_source), &going->call, call_destroy);
}

static void
source_attach (gpointer data)
{
  Going *going = data;

  g_source_attach (going->source, going->loop);
}

static void
scope_cancel (gpointer data)
{
  Going *going = data;

  g_assert_true (gctx_scope_cancel (going->scope));
}

/* An iteration that does not block finds it. */
static void
source_check (gpointer data)
{
  Going *going = data;

  test_iterate_pending (going->loop);
  call_assert (&going->call, 1, 1);
  g_source_unref (going->source);
  test_assert_last_unref (going->scope);
}

/* The loop runs in another thread, and blocks whenever it may. */
static void
source_check_running (gpointer data)
{
  Going *going = data;

  while (!g_atomic_int_get (&going->call.n_destroyed))
    g_thread_yield ();
  call_assert (&going->call, 1, 1);
  g_source_unref (going->source);
  g_object_unref (going->scope);
}

static void
test_source_while_attached (void)
{
  Going going = { g_main_context_new () };

  g_test_summary ("rules 2, 5: a source that is attached while another thread cancels is ready");

  test_race (source_set_up, source_attach, scope_cancel, source_check, &going);
  g_main_context_unref (going.loop);
}

typedef struct
{
  GMainContext *loop;
  int           stopped;
} Runner;

static gpointer
run_loop (gpointer user_data)
{
  Runner *runner = user_data;

  test_iterate_until (runner->loop, &runner->stopped);
  return NULL;
}

static void
test_source_while_attached_to_a_running_loop (void)
{
  Runner runner = { g_main_context_new (), FALSE };
  Going going = { runner.loop };
  GThread *thread = g_thread_new ("loop", run_loop, &runner);

  g_test_summary ("rules 2, 5: also where its loop is just running in a third thread");

  test_race (source_set_up, source_attach, scope_cancel, source_check_running, &going);

  g_atomic_int_set (&runner.stopped, TRUE);
  g_main_context_wakeup (runner.loop);
  g_thread_join (thread);
  g_main_context_unref (runner.loop);
}

/* --- An after-func's main context, while it is removed --- */

static void
after_func_set_up (gpointer data)
{
  Going *going = data;

  going->loop = g_main_context_new ();
  going->scope = gctx_scope_new (gctx_context_background ());
  going->call = call_init (GCTX_CONTEXT (going->scope));
  going->id = gctx_context_add_after_func_full (GCTX_CONTEXT (going->scope), going->loop, G_PRIORITY_DEFAULT,
                                                call_run, &going->call, call_destroy);
}

static void
after_func_set_up_queued (gpointer data)
{
  Going *going = data;

  after_func_set_up (going);
  g_assert_true (gctx_scope_cancel (going->scope));
}

static void
after_func_remove (gpointer data)
{
  Going *going = data;

  going->removed = gctx_context_remove_after_func (GCTX_CONTEXT (going->scope), going->id);
}

static void
drop_loop (gpointer data)
{
  Going *going = data;

  g_clear_pointer (&going->loop, g_main_context_unref);
}

static void
after_func_check (gpointer data)
{
  Going *going = data;

  call_assert (&going->call, 0, 1);
  test_assert_last_unref (going->scope);
}

static void
test_main_context_while_removed (void)
{
  Going going = { NULL };

  g_test_summary ("rule 5: an after-func is removed while its main context goes in another thread");

  test_race (after_func_set_up, after_func_remove, drop_loop, after_func_check, &going);
  test_race (after_func_set_up_queued, after_func_remove, drop_loop, after_func_check, &going);
}

static void
test_main_context_while_queued (void)
{
  Going going = { NULL };

  g_test_summary ("rule 5: an after-func is queued while its main context goes in another thread");

  test_race (after_func_set_up, scope_cancel, drop_loop, after_func_check, &going);
}

/* --- A scope, while its after-func is handed on --- */

/* Given the scope, or a plain context where the scope went first. */
static void
count_run (GCtxContext *context,
           gpointer     user_data)
{
  Call *call = user_data;

  g_assert_true (gctx_context_is_done (context));
  call->n_ran++;
}

static void
handed_on_set_up (gpointer data)
{
  Going *going = data;
  GCtxScope *child;

  going->scope = gctx_scope_new (gctx_context_background ());
  child = gctx_scope_new (GCTX_CONTEXT (going->scope));
  going->context = GCTX_CONTEXT (child);
  going->call = call_init (NULL);
  going->id = gctx_context_add_after_func_full (going->context, going->loop, G_PRIORITY_DEFAULT,
                                                count_run, &going->call, call_destroy);
}

/* Whichever of the two comes first, the parent has ended it. */
static void
handed_on_check (gpointer data)
{
  Going *going = data;

  test_iterate_pending (going->loop);
  call_assert (&going->call, 1, 1);
  test_assert_last_unref (going->scope);
}

static void
test_scope_while_handed_on (void)
{
  Going going = { g_main_context_new () };

  g_test_summary ("rules 5, 7: the last reference of a scope goes while another thread queues its after-func");

  test_race (handed_on_set_up, scope_cancel, drop_context, handed_on_check, &going);
  g_main_context_unref (going.loop);
}

/* Several go at the same moment: which of them takes the parent's last hold? */
static void
forgotten_set_up (gpointer data)
{
  Going *going = data;

  going->scope = gctx_scope_new (gctx_context_background ());
  going->context = gctx_context_with_values (GCTX_CONTEXT (going->scope), NULL);
  going->call = call_init (NULL);
  gctx_context_add_after_func_full (going->context, going->loop, G_PRIORITY_DEFAULT,
                                    count_run, &going->call, call_destroy);
  gctx_context_add_after_func_full (GCTX_CONTEXT (going->scope), going->loop, G_PRIORITY_DEFAULT,
                                    count_run, &going->call, call_destroy);
}

static void
drop_scope (gpointer data)
{
  Going *going = data;

  g_clear_object (&going->scope);
}

static void
forgotten_check (gpointer data)
{
  Going *going = data;

  test_iterate_pending (going->loop);
  call_assert (&going->call, 0, 2);
}

static void
test_scope_while_forgotten (void)
{
  Going going = { g_main_context_new () };

  g_test_summary ("rules 5, 7: a scope and a context below it are forgotten at the same moment");

  test_race (forgotten_set_up, drop_scope, drop_context, forgotten_check, &going);
  g_main_context_unref (going.loop);
}

/* --- A context, while its cancellable is told --- */

static void
handed_out_set_up (gpointer data)
{
  Going *going = data;

  going->scope = gctx_scope_new (gctx_context_background ());
  going->context = gctx_context_with_values (GCTX_CONTEXT (going->scope), NULL);
  going->cancellable = gctx_context_get_cancellable (going->context);
}

static void
handed_out_set_up_held (gpointer data)
{
  Going *going = data;

  handed_out_set_up (going);
  g_object_ref (going->cancellable);
}

static void
handed_out_check (gpointer data)
{
  Going *going = data;

  test_assert_last_unref (going->scope);
}

static void
handed_out_check_held (gpointer data)
{
  Going *going = data;

  g_assert_true (g_cancellable_is_cancelled (going->cancellable));
  test_assert_last_unref (going->cancellable);
  test_assert_last_unref (going->scope);
}

static void
test_context_while_told (void)
{
  Going going = { NULL };

  g_test_summary ("rules 5, 7: a context goes while another thread cancels what it handed out");

  test_race (handed_out_set_up, scope_cancel, drop_context, handed_out_check, &going);
  test_race (handed_out_set_up_held, scope_cancel, drop_context, handed_out_check_held, &going);
}

/* The context is gone: only the users hold the cancellable. */
static void
cancellable_set_up (gpointer data)
{
  Going *going = data;

  handed_out_set_up_held (going);
  g_clear_object (&going->context);
}

static void
drop_cancellable (gpointer data)
{
  Going *going = data;

  g_clear_object (&going->cancellable);
}

static void
test_cancellable_while_told (void)
{
  Going going = { NULL };

  g_test_summary ("rules 5, 7: a cancellable that outlived its context goes while another thread cancels it");

  test_race (cancellable_set_up, scope_cancel, drop_cancellable, handed_out_check, &going);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/goings/home-while-rearmed", test_home_while_rearmed);
  g_test_add_func ("/gctx/goings/source-while-attached/loop-at-rest", test_source_while_attached);
  g_test_add_func ("/gctx/goings/source-while-attached/loop-running", test_source_while_attached_to_a_running_loop);
  g_test_add_func ("/gctx/goings/main-context/while-removed", test_main_context_while_removed);
  g_test_add_func ("/gctx/goings/main-context/while-queued", test_main_context_while_queued);
  g_test_add_func ("/gctx/goings/scope/while-handed-on", test_scope_while_handed_on);
  g_test_add_func ("/gctx/goings/scope/while-forgotten", test_scope_while_forgotten);
  g_test_add_func ("/gctx/goings/context-while-told", test_context_while_told);
  g_test_add_func ("/gctx/goings/cancellable-while-told", test_cancellable_while_told);

  return g_test_run ();
}
