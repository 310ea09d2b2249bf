/* test-gio-cancellable.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-gio.h"
#include "test-race.h"

/* --- Connecting --- */

typedef struct
{
  int n_calls;
  int n_destroyed;
} Handler;

static void
handler_call (GCancellable *cancellable,
              gpointer      data)
{
  g_assert_true (g_cancellable_is_cancelled (cancellable));
  g_cancellable_cancel (cancellable);
  g_atomic_int_inc (&((Handler *) data)->n_calls);
}

static void
handler_destroy (gpointer data)
{
  g_atomic_int_inc (&((Handler *) data)->n_destroyed);
}

static void
handler_assert (Handler *handler,
                int      n_calls,
                int      n_destroyed)
{
  g_assert_cmpint (g_atomic_int_get (&handler->n_calls), ==, n_calls);
  g_assert_cmpint (g_atomic_int_get (&handler->n_destroyed), ==, n_destroyed);
}

static void
test_connect (gconstpointer data)
{
  EndFunc end = *(const EndFunc *) data;
  Handler one = { 0, 0 }, two = { 0, 0 }, gone = { 0, 0 }, late = { 0, 0 };
  Subject subject;
  gulong ids[3];

  g_test_summary ("rule 9: handlers are called once, and their data is destroyed once");

  subject_init (&subject);
  ids[0] = g_cancellable_connect (subject.handed_out, G_CALLBACK (handler_call), &one, handler_destroy);
  ids[1] = g_cancellable_connect (subject.created, G_CALLBACK (handler_call), &two, handler_destroy);
  ids[2] = g_cancellable_connect (subject.created, G_CALLBACK (handler_call), &gone, handler_destroy);
  g_assert_cmpuint (ids[0], !=, 0);
  g_cancellable_disconnect (subject.created, ids[2]);
  handler_assert (&gone, 0, 1);

  end (&subject);

  /* These wait for handlers that a thread of the library may be running. */
  g_cancellable_disconnect (subject.handed_out, ids[0]);
  handler_assert (&one, 1, 1);
  handler_assert (&gone, 0, 1);
  g_assert_cmpuint (g_cancellable_connect (subject.created, G_CALLBACK (handler_call), &late,
                                           handler_destroy), ==, 0);
  handler_assert (&late, 1, 1);

  g_cancellable_disconnect (subject.created, ids[1]);
  handler_assert (&two, 1, 1);
  subject_clear (&subject);
}

static void
test_connect_and_drop (void)
{
  Handler handlers[3] = { { 0, 0 } };
  Subject subject;

  g_test_summary ("rule 7: a handler's data goes with the last holder of a cancellable");

  subject_init (&subject);
  g_cancellable_connect (subject.created, G_CALLBACK (handler_call), &handlers[0], handler_destroy);
  test_assert_last_unref (g_steal_pointer (&subject.created));
  handler_assert (&handlers[0], 0, 1);

  g_cancellable_connect (subject.handed_out, G_CALLBACK (handler_call), &handlers[1], handler_destroy);
  g_clear_object (&subject.handed_out);
  handler_assert (&handlers[1], 0, 0);
  test_assert_last_unref (g_steal_pointer (&subject.context));
  handler_assert (&handlers[1], 0, 1);

  /* Of a context that was done before it was asked. */
  g_assert_true (gctx_scope_cancel (subject.scope));
  g_assert_cmpuint (g_cancellable_connect (gctx_context_get_cancellable (GCTX_CONTEXT (subject.scope)),
                                           G_CALLBACK (handler_call), &handlers[2],
                                           handler_destroy), ==, 0);
  handler_assert (&handlers[2], 1, 1);
  subject_clear (&subject);
}

/* --- Last references --- */

static void
drop_all (GCancellable *cancellable,
          gpointer      data)
{
  Subject *subject = data;

  g_assert_true (G_IS_CANCELLABLE (cancellable));
  g_clear_object (&subject->handed_out);
  g_clear_object (&subject->created);
  g_clear_object (&subject->context);
  g_clear_object (&subject->scope);
  g_clear_object (&subject->parent);
  g_assert_true (g_cancellable_is_cancelled (cancellable));
  g_cancellable_cancel (cancellable);
}

/* The place of the handler: a handed-out one, a created one, one that nobody
 * else holds, one whose context is gone. */
static void
test_drop_in_a_handler (void)
{
  int place;

  g_test_summary ("rule 4: a handler may drop the last references of everything above it");

  for (place = 0; place < 4; place++)
    {
      Subject subject;
      GCtxContext *canceller;
      GCancellable *weak[2] = { NULL };
      GCtxContext *weak_context = NULL;

      subject_init (&subject);
      g_set_weak_pointer (&weak[0], subject.handed_out);
      g_set_weak_pointer (&weak[1], subject.created);
      g_set_weak_pointer (&weak_context, subject.context);
      g_signal_connect (place % 2 ? subject.created : subject.handed_out, "cancelled",
                        G_CALLBACK (drop_all), &subject);
      if (place == 2)
        g_clear_object (&subject.handed_out);
      if (place == 3)
        g_clear_object (&subject.context);

      canceller = g_object_ref (GCTX_CONTEXT (subject.parent));
      g_assert_true (gctx_scope_cancel (GCTX_SCOPE (canceller)));
      g_assert_null (subject.parent);
      g_assert_null (weak[0]);
      g_assert_null (weak[1]);
      g_assert_null (weak_context);
      test_assert_last_unref (canceller);
      subject_clear (&subject);
    }
}

static void
close_scope (GCancellable *cancellable,
             gpointer      data)
{
  Subject *subject = data;

  gctx_scope_close (g_steal_pointer (&subject->scope));
}

static void
test_close_in_a_handler (void)
{
  Subject subject;
  GCtxScope *weak = NULL;

  g_test_summary ("rule 4: a handler may close the scope that is being ended");

  subject_init (&subject);
  g_set_weak_pointer (&weak, subject.scope);
  g_cancellable_connect (gctx_context_get_cancellable (GCTX_CONTEXT (subject.scope)),
                         G_CALLBACK (close_scope), &subject, NULL);
  g_assert_true (gctx_scope_cancel (subject.parent));
  g_assert_null (weak);
  g_assert_true (g_cancellable_is_cancelled (subject.created));
  subject_clear (&subject);
}

static void
unref_handed_out (GCancellable *cancellable,
                  gpointer      data)
{
  g_clear_object (&((Subject *) data)->handed_out);
}

static void
drop_created (gpointer data)
{
  g_clear_object (&((Subject *) data)->created);
}

static void
test_drop_when_connected_late (void)
{
  GCancellable *held, *weak = NULL;
  Subject subject;

  g_test_summary ("rule 4: what g_cancellable_connect () calls at once may drop everything");

  /* Before GLib 2.84 the caller must hold what it connects to. */
  subject_init (&subject);
  g_assert_true (gctx_scope_cancel (subject.parent));
  held = g_object_ref (subject.created);
  g_assert_cmpuint (g_cancellable_connect (held, G_CALLBACK (drop_all), &subject, NULL), ==, 0);
  g_assert_null (subject.created);
  test_assert_last_unref (held);
  subject_clear (&subject);

  subject_init (&subject);
  g_assert_true (gctx_scope_cancel (subject.parent));
  g_set_weak_pointer (&weak, subject.created);
  g_cancellable_connect (subject.created, G_CALLBACK (unref_handed_out), &subject, drop_created);
  g_assert_null (weak);
  subject_clear (&subject);
}

/* --- A fresh one inside a handler --- */

static void
never_inside (GObject      *source,
              GAsyncResult *result,
              gpointer      data)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (g_task_propagate_boolean (G_TASK (result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_atomic_int_inc ((int *) data);
}

static void
nothing_to_do (GTask        *task,
               gpointer      source_object,
               gpointer      task_data,
               GCancellable *cancellable)
{
}

static int n_fresh, n_fresh_tasks;

/* All that GLib >= 2.84 forbids for @cancellable here. */
static void
use_fresh_one (GCancellable *cancellable,
               gpointer      data)
{
  Subject *subject = data;
  g_autoptr (GCancellable) fresh = gctx_context_create_cancellable (subject->context);
  g_autoptr (GTask) task = NULL;
  Handler handler = { 0, 0 };
  GPollFD fd;

  g_assert_cmpuint (g_cancellable_connect (fresh, G_CALLBACK (handler_call), &handler,
                                           handler_destroy), ==, 0);
  handler_assert (&handler, 1, 1);
  g_assert_true (g_cancellable_make_pollfd (fresh, &fd));
  g_assert_cmpint (g_poll (&fd, 1, 0), ==, 1);
  g_cancellable_release_fd (fresh);
  task = g_task_new (NULL, fresh, never_inside, &n_fresh_tasks);
  g_task_set_return_on_cancel (task, TRUE);
  g_task_run_in_thread (task, nothing_to_do);
  g_assert_cmpint (n_fresh_tasks, ==, 0);
  n_fresh++;
}

static void
test_fresh_in_a_handler (void)
{
  Subject subject;

  g_test_summary ("rule 4: create_cancellable () gives one that GIO can work with in a handler");

  subject_init (&subject);
  n_fresh = n_fresh_tasks = 0;
  g_cancellable_connect (subject.handed_out, G_CALLBACK (use_fresh_one), &subject, NULL);
  g_cancellable_connect (subject.created, G_CALLBACK (use_fresh_one), &subject, NULL);
  g_assert_true (gctx_scope_cancel (subject.parent));
  g_assert_cmpint (n_fresh, ==, 2);
  while (g_atomic_int_get (&n_fresh_tasks) < 2)
    g_main_context_iteration (NULL, TRUE);
  subject_clear (&subject);
}

/* --- Toggle references --- */

typedef struct
{
  GCancellable *cancellable;
  int           n_last;
  int           n_more;
} Toggle;

/* What it calls takes the cancellable's own mutex, which must be free. */
static void
on_toggle (gpointer  data,
           GObject  *object,
           gboolean  is_last_ref)
{
  Toggle *toggle = data;
  GPollFD fd;

  g_assert_true (object == G_OBJECT (toggle->cancellable));
  if (is_last_ref)
    toggle->n_last++;
  else
    toggle->n_more++;
  g_assert_true (g_cancellable_make_pollfd (toggle->cancellable, &fd));
  g_cancellable_release_fd (toggle->cancellable);
}

static void
unref_once (GCancellable *cancellable,
            gpointer      data)
{
  Subject *subject = data;

  g_clear_object (&subject->created);
  g_clear_object (&subject->handed_out);
  g_clear_object (&subject->context);
}

/* Both while the context holds the cancellable, and where only the toggle
 * reference is left when the end comes. */
static void
test_toggle_references (void)
{
  int alone;

  g_test_summary ("rule 4: toggle notifies never run under a lock of the library or of GIO");

  for (alone = 0; alone < 2; alone++)
    {
      Subject subject;
      Toggle toggles[2] = { { NULL, 0, 0 } };
      int i;

      subject_init (&subject);
      toggles[0].cancellable = subject.handed_out;
      toggles[1].cancellable = subject.created;
      for (i = 0; i < 2; i++)
        {
          g_object_add_toggle_ref (G_OBJECT (toggles[i].cancellable), on_toggle, &toggles[i]);
          g_signal_connect (toggles[i].cancellable, "cancelled", G_CALLBACK (unref_once), &subject);
        }
      if (alone)
        unref_once (NULL, &subject);

      g_assert_true (gctx_scope_cancel (subject.parent));
      for (i = 0; i < 2; i++)
        {
          g_assert_true (g_cancellable_is_cancelled (toggles[i].cancellable));
          g_assert_cmpint (toggles[i].n_last, ==, toggles[i].n_more + 1);
          g_assert_cmpint (toggles[i].n_last, >=, 1);
          g_object_remove_toggle_ref (G_OBJECT (toggles[i].cancellable), on_toggle, &toggles[i]);
        }
      subject_clear (&subject);
    }
}

/* --- Reset --- */

static void
test_reset (gconstpointer data)
{
  EndFunc end = *(const EndFunc *) data;
  Subject subject;
  GCancellable *replaced;

  g_test_summary ("rule 9: one that was reset after the end is replaced, whoever still uses it");

  subject_init (&subject);
  end (&subject);
  g_cancellable_reset (subject.handed_out);
  g_cancellable_reset (subject.created);
  g_assert_false (g_cancellable_is_cancelled (subject.handed_out));

  replaced = gctx_context_get_cancellable (subject.context);
  g_assert_true (replaced != subject.handed_out);
  g_assert_true (g_cancellable_is_cancelled (replaced));
  g_assert_true (gctx_context_is_done (subject.context));
  subject_clear (&subject);
}

static void
set_up_reset (gpointer data)
{
  subject_init (data);
}

static void
cancel_here (gpointer data)
{
  Subject *subject = data;

  end_by_parent (subject);
  g_assert_true (g_cancellable_is_cancelled (subject->created));
}

static void
reset_there (gpointer data)
{
  g_cancellable_reset (((Subject *) data)->handed_out);
}

static void
check_reset (gpointer data)
{
  Subject *subject = data;
  GCtxContext *context = subject->context;

  g_assert_true (gctx_context_is_done (context));
  g_assert_true (g_cancellable_is_cancelled (gctx_context_get_cancellable (context)));
  subject_clear (subject);
}

static void
test_reset_races (void)
{
  Subject subject;

  g_test_summary ("rule 9: a reset meets the end; the context hands out a cancelled one after it");
  test_race (set_up_reset, cancel_here, reset_there, check_reset, &subject);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  add_for_each_end ("gio-cancellable", "connect", test_connect);
  g_test_add_func ("/gctx/gio-cancellable/connect-and-drop", test_connect_and_drop);
  g_test_add_func ("/gctx/gio-cancellable/drop/in-a-handler", test_drop_in_a_handler);
  g_test_add_func ("/gctx/gio-cancellable/drop/close-in-a-handler", test_close_in_a_handler);
  g_test_add_func ("/gctx/gio-cancellable/drop/connected-late", test_drop_when_connected_late);
  g_test_add_func ("/gctx/gio-cancellable/fresh-in-a-handler", test_fresh_in_a_handler);
  g_test_add_func ("/gctx/gio-cancellable/toggle-references", test_toggle_references);
  add_for_each_end ("gio-cancellable", "reset", test_reset);
  g_test_add_func ("/gctx/gio-cancellable/reset-races", test_reset_races);

  return g_test_run ();
}
