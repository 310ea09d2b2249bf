/* test-from-cancellable.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-tree.h"

GCTX_DEFINE_KEY (user_key, "user", G_TYPE_STRING)

static void
test_values_cross (void)
{
  g_autoptr (GCtxScope) scope =
    gctx_scope_new_full (gctx_context_background (), G_MAXINT64, NULL, user_key (), "ada", NULL);
  g_autoptr (GObject) object = g_object_new (G_TYPE_OBJECT, NULL);
  g_autoptr (GCtxContext) value =
    gctx_context_with_values (GCTX_CONTEXT (scope), object_key (), object, NULL);
  g_autoptr (GCtxContext) hidden =
    gctx_context_with_values (value, user_key (), "bob", NULL);
  g_autoptr (GCtxContext) from_scope =
    gctx_context_from_cancellable (gctx_context_get_cancellable (GCTX_CONTEXT (scope)));
  g_autoptr (GCtxContext) from_value =
    gctx_context_from_cancellable (gctx_context_get_cancellable (value));
  g_autoptr (GCtxContext) from_hidden =
    gctx_context_from_cancellable (gctx_context_get_cancellable (hidden));

  g_test_summary ("rule 19: a cancellable leads to all the values of its context, and to no others");

  g_assert_cmpstr (gctx_context_get_string (from_scope, user_key ()), ==, "ada");
  g_assert_false (gctx_context_has_value (from_scope, object_key ()));
  g_assert_cmpstr (gctx_context_get_string (from_value, user_key ()), ==, "ada");
  g_assert_true (gctx_context_get_object (from_value, object_key ()) == object);
  g_assert_cmpstr (gctx_context_get_string (from_hidden, user_key ()), ==, "bob");
  g_assert_true (gctx_context_get_object (from_hidden, object_key ()) == object);
}

static void
test_way_back (void)
{
  gint64 deadline = g_get_monotonic_time () + HOUR_USEC;
  gint64 seen = 0;
  g_autoptr (GCtxScope) scope = gctx_scope_new_with_deadline (gctx_context_background (), deadline);
  g_autoptr (GCtxContext) back =
    gctx_context_from_cancellable (gctx_context_get_cancellable (GCTX_CONTEXT (scope)));

  g_test_summary ("rule 9: from_cancellable gives a plain context, done when the context is done");

  g_assert_true (G_OBJECT_TYPE (back) == GCTX_TYPE_CONTEXT);
  g_assert_true (gctx_context_get_deadline (back, &seen));
  g_assert_cmpint (seen, ==, deadline);

  g_assert_true (cancel_with (scope, 1));
  assert_ended (back, G_IO_ERROR_CANCELLED, 1);
  g_assert_true (g_cancellable_is_cancelled (gctx_context_get_cancellable (back)));
}

static void
test_way_back_from_nothing (void)
{
  g_autoptr (GCtxContext) nowhere = gctx_context_from_cancellable (NULL);

  g_test_summary ("rule 9: NULL is the background");

  g_assert_false (gctx_context_is_done (nowhere));
  g_assert_null (gctx_context_get_cancellable (nowhere));
  g_assert_false (gctx_context_has_value (nowhere, user_key ()));
  g_assert_true (nowhere == gctx_context_background ());
}

static void
test_way_back_of_a_deadline (void)
{
  gint64 deadline = g_get_monotonic_time () + LEAD_USEC;
  g_autoptr (GCtxScope) scope = scope_with_deadline (gctx_context_background (), deadline, 1);
  GCancellable *cancellable = gctx_context_get_cancellable (GCTX_CONTEXT (scope));
  g_autoptr (GCtxContext) before = gctx_context_from_cancellable (cancellable);
  g_autoptr (GCtxContext) after = NULL;

  g_test_summary ("rule 9: the way back carries the deadline's error and cause");

  spin_past (deadline);
  assert_ended (before, G_IO_ERROR_TIMED_OUT, 1);
  after = gctx_context_from_cancellable (cancellable);
  assert_ended (after, G_IO_ERROR_TIMED_OUT, 1);
}

static void
test_way_back_cancelled_by_anyone (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  GCancellable *cancellable = gctx_context_get_cancellable (GCTX_CONTEXT (scope));
  g_autoptr (GCancellable) other = gctx_context_create_cancellable (GCTX_CONTEXT (scope));
  g_autoptr (GCtxContext) back = gctx_context_from_cancellable (cancellable);
  g_autoptr (GCtxScope) below = gctx_scope_new (back);
  g_autoptr (GCtxContext) elsewhere = gctx_context_from_cancellable (other);
  g_autoptr (GCtxContext) late = NULL;

  g_test_summary ("rule 9: from_cancellable is done when this very cancellable is cancelled");

  g_cancellable_cancel (cancellable);
  assert_ended (back, G_IO_ERROR_CANCELLED, 0);
  g_assert_true (gctx_context_is_done (GCTX_CONTEXT (below)));
  g_assert_false (gctx_context_is_done (GCTX_CONTEXT (scope)));
  g_assert_false (gctx_context_is_done (elsewhere));
  late = gctx_context_from_cancellable (cancellable);
  g_assert_true (gctx_context_is_done (late));
}

static void
note_gone (gpointer  data,
           GObject  *where_it_was)
{
  g_atomic_int_set ((int *) data, TRUE);
}

static void
test_adopted (void)
{
  GCancellable *foreign = g_cancellable_new ();
  GCtxContext *context = gctx_context_from_cancellable (foreign);
  g_autoptr (GCtxContext) twin = gctx_context_from_cancellable (foreign);
  g_autoptr (GCtxScope) below = gctx_scope_new (context);
  GCancellable *handed_out = gctx_context_get_cancellable (context);
  int gone = FALSE;

  g_test_summary ("rule 9: a foreign cancellable is adopted, and what is handed out is one-way");

  g_assert_false (gctx_context_is_done (context));
  g_cancellable_cancel (handed_out);
  g_assert_false (g_cancellable_is_cancelled (foreign));
  g_assert_false (gctx_context_is_done (context));

  handed_out = gctx_context_get_cancellable (GCTX_CONTEXT (below));
  g_cancellable_cancel (foreign);
  assert_ended (context, G_IO_ERROR_CANCELLED, 0);
  g_assert_true (gctx_context_is_done (twin));
  assert_ended (GCTX_CONTEXT (below), G_IO_ERROR_CANCELLED, 0);
  g_assert_false (gctx_scope_cancel (below));
  iterate_until_cancelled (handed_out);

  g_clear_object (&below);
  g_clear_object (&twin);
  g_object_unref (context);

  /* The thread that delivered may be about to drop its own reference. */
  g_object_weak_ref (G_OBJECT (foreign), note_gone, &gone);
  g_object_unref (foreign);
  while (!g_atomic_int_get (&gone))
    g_thread_yield ();
}

static void
test_adopted_and_dropped (void)
{
  GCancellable *foreign = g_cancellable_new ();
  GCtxContext *context = gctx_context_from_cancellable (foreign);
  GCtxContext *done;
  guint signal_id = g_signal_lookup ("cancelled", G_TYPE_CANCELLABLE);

  g_test_summary ("rule 7: a dropped adoption leaves no handler and no reference behind");

  test_assert_last_unref (context);
  g_assert_false (g_signal_has_handler_pending (foreign, signal_id, 0, TRUE));
  g_cancellable_cancel (foreign);

  done = gctx_context_from_cancellable (foreign);
  g_assert_true (gctx_context_is_done (done));
  g_assert_true (g_cancellable_is_cancelled (gctx_context_get_cancellable (done)));
  test_assert_last_unref (done);
  test_assert_last_unref (foreign);
}

static void
test_adopted_and_reset (void)
{
  g_autoptr (GCancellable) foreign = g_cancellable_new ();
  g_autoptr (GCtxContext) context = gctx_context_from_cancellable (foreign);
  g_autoptr (GCtxContext) fresh = NULL;
  GCancellable *handed_out = gctx_context_get_cancellable (context);

  g_test_summary ("rule 9: a reset of the adopted cancellable changes nothing");

  /* Nobody has looked at the context between the two. */
  g_cancellable_cancel (foreign);
  g_cancellable_reset (foreign);
  g_assert_true (gctx_context_is_done (context));
  assert_ended (context, G_IO_ERROR_CANCELLED, 0);
  iterate_until_cancelled (handed_out);
  fresh = gctx_context_from_cancellable (foreign);
  g_assert_false (gctx_context_is_done (fresh));
  g_assert_true (gctx_context_is_done (context));
}

/* Which thread is inside the emission of the foreign cancellable. */
static GPrivate inside_emission;

typedef struct
{
  GCtxContext *context;
  GCtxContext *dropped;
  GCtxScope *unrelated;
  GCancellable *handed_out;
  gboolean entered;
  int delivered;
} Emission;

static void
on_foreign_before (GCancellable *foreign,
                   gpointer      data)
{
  Emission *emission = data;
  g_autoptr (GCtxContext) again = NULL;
  g_autoptr (GCtxScope) child = NULL;
  GCancellable *cancellable;

  g_private_set (&inside_emission, emission);
  emission->entered = TRUE;

  /* Connected before the adoption: the library's own handler has not run. */
  g_assert_true (gctx_context_is_done (emission->context));
  again = gctx_context_from_cancellable (foreign);
  g_assert_true (gctx_context_is_done (again));
  child = gctx_scope_new (emission->context);
  g_assert_true (gctx_context_is_done (GCTX_CONTEXT (child)));
  g_assert_false (gctx_scope_cancel (child));
  cancellable = gctx_context_get_cancellable (emission->context);
  g_assert_true (g_cancellable_is_cancelled (cancellable));
  g_clear_object (&emission->dropped);

  /* What a cancel promises it keeps here, too. */
  cancellable = gctx_context_get_cancellable (GCTX_CONTEXT (emission->unrelated));
  g_assert_true (gctx_scope_cancel (emission->unrelated));
  g_assert_true (g_cancellable_is_cancelled (cancellable));
}

static void
on_foreign_after (GCancellable *foreign,
                  gpointer      data)
{
  Emission *emission = data;

  assert_ended (emission->context, G_IO_ERROR_CANCELLED, 0);
  g_private_set (&inside_emission, NULL);
}

static void
on_delivered (GCancellable *cancellable,
              gpointer      data)
{
  Emission *emission = data;

  g_assert_null (g_private_get (&inside_emission));
  g_assert_true (gctx_context_is_done (emission->context));
  g_atomic_int_inc (&emission->delivered);
}

static void
test_inside_a_foreign_emission (void)
{
  g_autoptr (GCancellable) foreign = g_cancellable_new ();
  Emission emission = { .context = NULL };

  g_test_summary ("rule 9: inside the emission of an adopted cancellable we mark and do not deliver");

  g_signal_connect (foreign, "cancelled", G_CALLBACK (on_foreign_before), &emission);
  emission.context = gctx_context_from_cancellable (foreign);
  emission.dropped = gctx_context_from_cancellable (foreign);
  emission.unrelated = gctx_scope_new (gctx_context_background ());
  emission.handed_out = gctx_context_get_cancellable (emission.context);
  g_signal_connect (emission.handed_out, "cancelled", G_CALLBACK (on_delivered), &emission);
  g_signal_connect (foreign, "cancelled", G_CALLBACK (on_foreign_after), &emission);

  g_cancellable_cancel (foreign);
  g_assert_true (emission.entered);
  g_cancellable_reset (foreign);
  g_assert_true (gctx_context_is_done (emission.context));
  while (g_atomic_int_get (&emission.delivered) == 0)
    {
      g_main_context_iteration (NULL, FALSE);
      g_thread_yield ();
    }
  g_assert_true (g_cancellable_is_cancelled (emission.handed_out));

  g_signal_handlers_disconnect_by_data (foreign, &emission);
  g_clear_object (&emission.context);
  test_assert_last_unref (emission.unrelated);
  g_assert_cmpint (emission.delivered, ==, 1);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/from-cancellable/values-cross", test_values_cross);
  g_test_add_func ("/gctx/from-cancellable/way-back", test_way_back);
  g_test_add_func ("/gctx/from-cancellable/way-back/from-nothing", test_way_back_from_nothing);
  g_test_add_func ("/gctx/from-cancellable/way-back/of-a-deadline", test_way_back_of_a_deadline);
  g_test_add_func ("/gctx/from-cancellable/way-back/cancelled-by-anyone",
                   test_way_back_cancelled_by_anyone);
  g_test_add_func ("/gctx/from-cancellable/adopted", test_adopted);
  g_test_add_func ("/gctx/from-cancellable/adopted/and-dropped", test_adopted_and_dropped);
  g_test_add_func ("/gctx/from-cancellable/adopted/and-reset", test_adopted_and_reset);
  g_test_add_func ("/gctx/from-cancellable/adopted/inside-its-emission",
                   test_inside_a_foreign_emission);

  return g_test_run ();
}
