/* test-close.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A scope that is closed by its only holder takes its cancellable along. Whoever
 * could see that one must find it cancelled all the same. */

#include "test-race.h"
#include "test-util.h"

static void
count_call (GCancellable *cancellable,
            gpointer      user_data)
{
  ++*(int *) user_data;
}

static GCtxScope *
scope_new (GCancellable **cancellable)
{
  GCtxScope *scope = gctx_scope_new_with_timeout (gctx_context_background (), G_TIME_SPAN_HOUR);

  *cancellable = gctx_context_get_cancellable (GCTX_CONTEXT (scope));

  return scope;
}

static void
test_nobody_looks (void)
{
  GCancellable *cancellable;
  GCtxScope *scope = scope_new (&cancellable);

  g_test_summary ("rule 7: nothing is left of a cancellable that nobody holds");

  g_object_add_weak_pointer (G_OBJECT (cancellable), (gpointer *) &cancellable);
  gctx_scope_close (scope);
  g_assert_null (cancellable);
}

static void
test_who_holds_it (void)
{
  GCancellable *held;
  GCtxScope *scope = scope_new (&held);

  g_test_summary ("rule 2: a cancellable that somebody holds is cancelled by a close");

  g_object_ref (held);
  gctx_scope_close (scope);
  g_assert_true (g_cancellable_is_cancelled (held));
  test_assert_last_unref (held);
}

static void
test_close_only (void)
{
  GCancellable *cancellable;
  GCtxScope *scope = scope_new (&cancellable);

  g_test_summary ("rule 9: a close that keeps the reference leaves a cancellable that is still good");

  gctx_scope_close_only (scope);
  g_assert_true (g_cancellable_is_cancelled (cancellable));
  gctx_scope_close_only (scope);
  g_assert_true (gctx_context_get_cancellable (GCTX_CONTEXT (scope)) == cancellable);
  test_assert_last_unref (scope);
}

static void
on_toggle (gpointer  data,
           GObject  *object,
           gboolean  is_last)
{
}

static void
test_who_holds_it_by_a_toggle_reference (void)
{
  GCancellable *held;
  GCtxScope *scope = scope_new (&held);

  g_test_summary ("rule 2: so is one that a language binding holds");

  g_object_add_toggle_ref (G_OBJECT (held), on_toggle, NULL);
  gctx_scope_close (scope);
  g_assert_true (g_cancellable_is_cancelled (held));
  g_object_remove_toggle_ref (G_OBJECT (held), on_toggle, NULL);
}

static void
note_done (GCancellable *cancellable,
           gpointer      user_data)
{
  GCtxContext *child = user_data;

  g_assert_true (gctx_context_is_done (child));
  g_object_set_data (G_OBJECT (child), "told", child);
}

static void
test_who_listens (void)
{
  GCancellable *cancellable;
  GCtxScope *scope = scope_new (&cancellable);
  g_autoptr (GCtxContext) child = gctx_context_with_values (GCTX_CONTEXT (scope), NULL);

  g_test_summary ("rules 2 and 3: a handler is called, with the whole tree done, though nobody holds the cancellable");

  g_cancellable_connect (cancellable, G_CALLBACK (note_done), child, NULL);
  gctx_scope_close (scope);
  g_assert_nonnull (g_object_get_data (G_OBJECT (child), "told"));
}

static void
test_who_holds_the_scope (void)
{
  GCancellable *cancellable;
  GCtxScope *scope = scope_new (&cancellable);

  g_test_summary ("rule 9: a scope that lives on keeps the cancellable, cancelled");

  g_object_ref (scope);
  gctx_scope_close (scope);
  g_assert_true (g_cancellable_is_cancelled (cancellable));
  g_assert_true (gctx_context_get_cancellable (GCTX_CONTEXT (scope)) == cancellable);
  test_assert_last_unref (scope);
}

static void
test_several (void)
{
  GCancellable *first;
  GCtxScope *scope = scope_new (&first);
  GCancellable *second, *third;
  int n_called = 0;

  g_test_summary ("rule 9: of several, each that is seen is cancelled");

  g_cancellable_cancel (first);
  second = gctx_context_get_cancellable (GCTX_CONTEXT (scope));
  g_cancellable_connect (second, G_CALLBACK (count_call), &n_called, NULL);
  third = gctx_context_create_cancellable (GCTX_CONTEXT (scope));
  gctx_scope_close (scope);
  g_assert_cmpint (n_called, ==, 1);
  g_assert_true (g_cancellable_is_cancelled (third));
  test_assert_last_unref (third);
}

static gboolean
on_source (GCancellable *cancellable,
           gpointer      user_data)
{
  ++*(int *) user_data;

  return G_SOURCE_REMOVE;
}

static void
test_what_it_woke (void)
{
  GCancellable *cancellable;
  GCtxScope *scope = scope_new (&cancellable);
  g_autoptr (GSource) source = g_cancellable_source_new (cancellable);
  GPollFD pollfd;
  int n_called = 0;

  g_test_summary ("rule 2: sources and descriptors of a cancellable wake up");

  g_object_ref (cancellable);
  g_assert_true (g_cancellable_make_pollfd (cancellable, &pollfd));
  gctx_scope_close (scope);
  g_assert_cmpint (g_poll (&pollfd, 1, 0), ==, 1);
  g_cancellable_release_fd (cancellable);
  g_object_unref (cancellable);

  g_source_set_callback (source, (GSourceFunc) (GCallback) on_source, &n_called, NULL);
  g_source_attach (source, NULL);
  while (n_called == 0)
    g_main_context_iteration (NULL, TRUE);
}

/* --- A thread that comes by a GWeakRef --- */

typedef struct
{
  GWeakRef      weak_ref;
  GCtxScope    *scope;
  GCancellable *held;       /* a reference, in every second round */
  gboolean      connected;
  int           n_called;
  int           round;
  int           n_came;
} Visit;

static void
set_up (gpointer data)
{
  Visit *visit = data;
  GCancellable *cancellable;

  visit->scope = scope_new (&cancellable);
  g_weak_ref_set (&visit->weak_ref, visit->scope);
  visit->connected = FALSE;
  visit->n_called = 0;
  visit->round++;
}

static void
close_here (gpointer data)
{
  gctx_scope_close (((Visit *) data)->scope);
}

static void
listen_there (gpointer data)
{
  Visit *visit = data;
  g_autoptr (GCtxContext) context = g_weak_ref_get (&visit->weak_ref);
  GCancellable *cancellable;

  if (context == NULL)
    return;

  visit->n_came++;
  cancellable = gctx_context_get_cancellable (context);
  if (visit->round % 2)
    visit->held = g_object_ref (cancellable);
  g_cancellable_connect (cancellable, G_CALLBACK (count_call), &visit->n_called, NULL);
  visit->connected = TRUE;
}

static void
check (gpointer data)
{
  Visit *visit = data;

  g_assert_cmpint (visit->n_called, ==, visit->connected);
  if (visit->held != NULL)
    g_assert_true (g_cancellable_is_cancelled (visit->held));
  g_clear_object (&visit->held);
}

static void
test_close_against_weak_ref (void)
{
  Visit visit = { .held = NULL };

  g_test_summary ("rules 2 and 5: who comes by a weak reference is told, whether it still holds anything or not");

  g_weak_ref_init (&visit.weak_ref, NULL);
  test_race (set_up, close_here, listen_there, check, &visit);
  g_weak_ref_clear (&visit.weak_ref);
  g_test_message ("came in time in %d of %d rounds", visit.n_came, visit.round);
}

/* --- One that comes for the cancellable --- */

typedef struct
{
  GWeakRef      weak_ref;
  GCtxScope    *scope;
  GCancellable *held;
  int           n_came;
  int           n_rounds;
} Rescue;

static void
set_up_rescue (gpointer data)
{
  Rescue *rescue = data;
  GCancellable *cancellable;

  rescue->scope = scope_new (&cancellable);
  g_weak_ref_set (&rescue->weak_ref, cancellable);
  rescue->n_rounds++;
}

static void
close_of_rescue (gpointer data)
{
  gctx_scope_close (((Rescue *) data)->scope);
}

static void
rescue_there (gpointer data)
{
  Rescue *rescue = data;

  rescue->held = g_weak_ref_get (&rescue->weak_ref);
}

static void
check_rescue (gpointer data)
{
  Rescue *rescue = data;

  if (rescue->held == NULL)
    return;

  rescue->n_came++;
  g_assert_true (g_cancellable_is_cancelled (rescue->held));
  g_clear_object (&rescue->held);
}

static void
test_close_against_weak_ref_of_cancellable (void)
{
  Rescue rescue = { .held = NULL };

  g_test_summary ("rule 2: who comes for the cancellable itself finds it cancelled");

  g_weak_ref_init (&rescue.weak_ref, NULL);
  test_race (set_up_rescue, close_of_rescue, rescue_there, check_rescue, &rescue);
  g_weak_ref_clear (&rescue.weak_ref);
  g_test_message ("came in time in %d of %d rounds", rescue.n_came, rescue.n_rounds);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/close/nobody-looks", test_nobody_looks);
  g_test_add_func ("/gctx/close/held", test_who_holds_it);
  g_test_add_func ("/gctx/close/only", test_close_only);
  g_test_add_func ("/gctx/close/held-by-toggle-reference", test_who_holds_it_by_a_toggle_reference);
  g_test_add_func ("/gctx/close/listened-to", test_who_listens);
  g_test_add_func ("/gctx/close/scope-held", test_who_holds_the_scope);
  g_test_add_func ("/gctx/close/several", test_several);
  g_test_add_func ("/gctx/close/woken", test_what_it_woke);
  g_test_add_func ("/gctx/close/race/weak-reference", test_close_against_weak_ref);
  g_test_add_func ("/gctx/close/race/weak-reference-of-cancellable",
                   test_close_against_weak_ref_of_cancellable);

  return g_test_run ();
}
