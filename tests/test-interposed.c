/* test-interposed.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Moments between two steps of the library, too short for a race to meet. A
 * test reaches them for certain by standing in for a function of GLib that the
 * library calls just then. */

#define _GNU_SOURCE

#include "test-interposed.h"

#include "gctx-clock-private.h"

#define MSEC   (G_GINT64_CONSTANT (1000))
#define SECOND (1000 * MSEC)

/* --- The stand-ins --- */

/* What this thread does before the next call. FALSE: the call is left out. */
typedef gboolean (*Hook) (GSource  *source,
                          gpointer  data);

static __thread Hook set_ready_time_hook, attach_hook, destroy_hook;
static __thread gpointer hook_data;

static gboolean
run_hook (Hook    *hook,
          GSource *source)
{
  Hook func = g_steal_pointer (hook);

  return func == NULL || func (source, hook_data);
}

void
g_source_set_ready_time (GSource *source,
                         gint64   ready_time)
{
  static gpointer found = NULL;
  void (*real) (GSource *, gint64) = find_real (&found, "g_source_set_ready_time");

  if (run_hook (&set_ready_time_hook, source))
    real (source, ready_time);
}

guint
g_source_attach (GSource      *source,
                 GMainContext *context)
{
  static gpointer found = NULL;
  guint (*real) (GSource *, GMainContext *) = find_real (&found, "g_source_attach");

  return run_hook (&attach_hook, source) ? real (source, context) : 0;
}

void
g_source_destroy (GSource *source)
{
  static gpointer found = NULL;
  void (*real) (GSource *) = find_real (&found, "g_source_destroy");

  if (run_hook (&destroy_hook, source))
    real (source);
}

/* --- A home's main context, between the marking and the re-arming --- */

/* In a thread without a home: returns when a delivery thread, if there is just
 * the one, has done with all that it was given before. */
static gpointer
have_deadline_delivered (gpointer user_data)
{
  g_autoptr (GCtxContext) context = gctx_context_with_timeout (gctx_context_background (), MSEC);
  GCancellable *cancellable = gctx_context_get_cancellable (context);
  int told = FALSE;
  gulong handler = g_cancellable_connect (cancellable, G_CALLBACK (set_flag_when_cancelled), &told, NULL);

  wait_for_flag (&told);
  g_cancellable_disconnect (cancellable, handler);
  return NULL;
}

typedef struct
{
  int told;
  int gone;
  int rearmed;
} Rearm;

static gboolean
let_it_be_delivered (GSource  *source,
                     gpointer  data)
{
  Rearm *rearm = data;
  int i;

  wait_for_flag (&rearm->told);
  for (i = 0; i < 2; i++)
    g_thread_join (g_thread_new ("without home", have_deadline_delivered, NULL));

  g_assert_false (g_atomic_int_get (&rearm->gone));
  rearm->rearmed = TRUE;
  return TRUE;
}

static void
test_home_while_rearmed (void)
{
  GMainContext *loop = g_main_context_new ();
  g_autoptr (GSource) source = g_timeout_source_new_seconds (3600);
  g_autoptr (GCancellable) foreign = g_cancellable_new ();
  g_autoptr (GCancellable) cancellable = NULL;
  GCtxContext *context;
  Rearm rearm = { FALSE };

  g_test_summary ("rules 5, 9: a home's main context stays while an adopted cancellable asks it to deliver, "
                  "though another thread has delivered and let go");

  g_source_set_callback (source, test_never_called, &rearm.gone, test_note_gone);
  g_source_attach (source, loop);
  g_main_context_push_thread_default (loop);
  context = gctx_context_from_cancellable (foreign);
  g_main_context_pop_thread_default (loop);
  g_main_context_unref (loop);

  cancellable = g_object_ref (gctx_context_get_cancellable (context));
  g_signal_connect (cancellable, "cancelled", G_CALLBACK (set_flag_when_cancelled), &rearm.told);
  g_object_unref (context);

  set_ready_time_hook = let_it_be_delivered;
  hook_data = &rearm;
  g_cancellable_cancel (foreign);
  g_assert_true (rearm.rearmed);
  while (!g_atomic_int_get (&rearm.gone))
    g_thread_yield ();
}

/* --- The same, when a test moves the clock --- */

typedef struct
{
  GCtxContext *context;
  int          gone;
} ClockMove;

static gboolean
drop_deadline (GSource  *source,
               gpointer  data)
{
  ClockMove *move = data;

  g_clear_object (&move->context);
  g_assert_false (move->gone);
  return TRUE;
}

static void
test_home_while_clock_moves (void)
{
  GMainContext *loop = g_main_context_new ();
  g_autoptr (GSource) source = g_timeout_source_new_seconds (3600);
  ClockMove move = { NULL, FALSE };

  g_test_summary ("rule 5: a home's main context stays while the held clock moves, though its last deadline is "
                  "dropped");

  gctx_clock_hold (1000 * SECOND);
  g_source_set_callback (source, test_never_called, &move.gone, test_note_gone);
  g_source_attach (source, loop);
  g_main_context_push_thread_default (loop);
  move.context = gctx_context_with_timeout (gctx_context_background (), 10 * SECOND);
  g_main_context_pop_thread_default (loop);
  g_main_context_unref (loop);

  set_ready_time_hook = drop_deadline;
  hook_data = &move;
  gctx_clock_advance (SECOND);
  g_assert_null (move.context);
  g_assert_true (move.gone);
  gctx_clock_release ();
}

/* --- A home, between its making and its attaching --- */

typedef struct
{
  int first_is_attaching;
  int second_is_set;
  int second_rearmed;
} Publishing;

static gboolean
let_another_set_its_deadline (GSource  *source,
                              gpointer  data)
{
  Publishing *publishing = data;

  set_flag (&publishing->first_is_attaching);
  wait_for_flag (&publishing->second_is_set);
  return TRUE;
}

/* Owns the default main context, so that this is its home. */
static gpointer
set_first_deadline (gpointer user_data)
{
  g_autoptr (GCtxScope) scope = NULL;

  g_assert_true (g_main_context_acquire (NULL));
  attach_hook = let_another_set_its_deadline;
  hook_data = user_data;
  scope = gctx_scope_new_with_timeout (gctx_context_background (), 2000 * SECOND);
  g_assert_null (attach_hook);
  g_main_context_release (NULL);
  return NULL;
}

static gboolean
assert_attached (GSource  *source,
                 gpointer  data)
{
  Publishing *publishing = data;

  g_assert_nonnull (g_source_get_context (source));
  publishing->second_rearmed = TRUE;
  return TRUE;
}

static void
test_home_while_attached (void)
{
  Publishing publishing = { FALSE };
  g_autoptr (GCtxScope) scope = NULL;
  GThread *thread;

  g_test_summary ("rule 5: a home that two threads need for the first time is never seen without its main context");

  /* For the first time in its process. */
  if (!g_test_subprocess ())
    {
      g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
      g_test_trap_assert_passed ();
      return;
    }

  thread = g_thread_new ("owner", set_first_deadline, &publishing);
  wait_for_flag (&publishing.first_is_attaching);
  set_ready_time_hook = assert_attached;
  hook_data = &publishing;
  scope = gctx_scope_new_with_timeout (gctx_context_background (), 1000 * SECOND);
  g_assert_true (publishing.second_rearmed);
  set_flag (&publishing.second_is_set);
  g_thread_join (thread);
}

/* --- A source that may just be being attached --- */

static gboolean
count_touched (GSource  *source,
               gpointer  data)
{
  ++*(int *) data;
  return TRUE;
}

static gboolean
count_fired (GCtxContext *context,
             gpointer     user_data)
{
  g_assert_true (gctx_context_is_done (context));
  ++*(int *) user_data;
  return G_SOURCE_REMOVE;
}

static void
test_source_while_attached (void)
{
  g_autoptr (GMainContext) loop = g_main_context_new ();
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  g_autoptr (GSource) source = gctx_context_create_source (GCTX_CONTEXT (scope));
  int n_touched = 0, n_fired = 0;

  g_test_summary ("rules 2, 5: a source that no loop has looked at, as it may just be being attached, is left "
                  "alone and ready all the same");

  g_source_set_callback (source, G_SOURCE_FUNC (count_fired), &n_fired, NULL);
  set_ready_time_hook = count_touched;
  hook_data = &n_touched;
  g_assert_true (gctx_scope_cancel (scope));
  g_assert_cmpint (n_touched, ==, 0);
  set_ready_time_hook = NULL;

  g_source_attach (source, loop);
  g_assert_true (g_main_context_iteration (loop, FALSE));
  g_assert_cmpint (n_fired, ==, 1);
  g_assert_true (g_source_is_destroyed (source));
}

/* --- An after-func's main context, between the removal and what follows --- */

typedef struct
{
  GMainContext *loop;
  int           gone;
} Removal;

static gboolean
drop_main_context (GSource  *source,
                   gpointer  data)
{
  Removal *removal = data;

  g_clear_pointer (&removal->loop, g_main_context_unref);
  g_assert_false (removal->gone);
  return TRUE;
}

static void
never_run (GCtxContext *context,
           gpointer     user_data)
{
  g_assert_not_reached ();
}

static void
count_destroyed (gpointer user_data)
{
  ++*(int *) user_data;
}

static void
test_main_context_while_removed (void)
{
  Removal removal = { g_main_context_new (), FALSE };
  g_autoptr (GSource) source = g_timeout_source_new_seconds (3600);
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  int n_destroyed = 0;
  gulong id;

  g_test_summary ("rule 5: removing an after-func does not touch a source whose main context may just be going");

  g_source_set_callback (source, test_never_called, &removal.gone, test_note_gone);
  g_source_attach (source, removal.loop);
  id = gctx_context_add_after_func_full (GCTX_CONTEXT (scope), removal.loop, G_PRIORITY_DEFAULT,
                                         never_run, &n_destroyed, count_destroyed);
  g_assert_true (gctx_scope_cancel (scope));

  destroy_hook = drop_main_context;
  hook_data = &removal;
  g_assert_true (gctx_context_remove_after_func (GCTX_CONTEXT (scope), id));
  g_assert_cmpint (n_destroyed, ==, 1);

  destroy_hook = NULL;
  g_clear_pointer (&removal.loop, g_main_context_unref);
  g_assert_true (removal.gone);
  g_assert_cmpint (n_destroyed, ==, 1);
  test_assert_last_unref (g_steal_pointer (&scope));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/interposed/home/while-rearmed", test_home_while_rearmed);
  g_test_add_func ("/gctx/interposed/home/while-the-clock-moves", test_home_while_clock_moves);
  g_test_add_func ("/gctx/interposed/home/while-attached", test_home_while_attached);
  g_test_add_func ("/gctx/interposed/source/while-attached", test_source_while_attached);
  g_test_add_func ("/gctx/interposed/after-func/while-removed", test_main_context_while_removed);

  return g_test_run ();
}
