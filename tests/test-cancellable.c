/* test-cancellable.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-util.h"

/* Long enough to build a small tree before it passes, even on a busy machine. */
#define LEAD_USEC ((gint64) 50 * 1000)
#define HOUR_USEC ((gint64) 3600 * G_USEC_PER_SEC)

#define TEST_DOMAIN (g_quark_from_static_string ("gctx-test"))

GCTX_DEFINE_KEY (user_key, "user", G_TYPE_STRING)
GCTX_DEFINE_KEY (object_key, "object", G_TYPE_OBJECT)

static gboolean
cancel_with (GCtxScope *scope,
             int        code)
{
  g_autoptr (GError) cause = g_error_new (TEST_DOMAIN, code, "cause number %d", code);

  return gctx_scope_cancel_with_cause (scope, cause);
}

static void
assert_ended (GCtxContext *context,
              int          error_code,
              GQuark       cause_domain,
              int          cause_code)
{
  const GError *error = gctx_context_get_error (context);
  const GError *cause = gctx_context_get_cause (context);

  g_assert_true (gctx_context_is_done (context));
  g_assert_error (error, G_IO_ERROR, error_code);
  g_assert_error (cause, cause_domain, cause_code);
}

static void
spin_past (gint64 time_usec)
{
  while (g_get_monotonic_time () <= time_usec)
    ;
}

/* Whoever delivers, the home or a delivery thread: both get their turn. */
static void
iterate_until_cancelled (GCancellable *cancellable)
{
  while (!g_cancellable_is_cancelled (cancellable))
    {
      g_main_context_iteration (NULL, FALSE);
      g_thread_yield ();
    }
}

static void
test_who_has_one (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxContext) value = gctx_context_with_values (GCTX_CONTEXT (scope), NULL);
  g_autoptr (GCtxContext) timed = gctx_context_with_timeout (gctx_context_background (), HOUR_USEC);
  g_autoptr (GCtxContext) cut = gctx_context_without_cancel (value);
  g_autoptr (GCtxContext) plain = gctx_context_with_values (gctx_context_todo (), NULL);

  g_test_summary ("rule 9: a context hands out one cancellable, or none if it can never be done");

  g_assert_true (G_IS_CANCELLABLE (gctx_context_get_cancellable (GCTX_CONTEXT (scope))));
  g_assert_true (gctx_context_get_cancellable (value) == gctx_context_get_cancellable (value));
  g_assert_true (G_IS_CANCELLABLE (gctx_context_get_cancellable (timed)));
  g_assert_null (gctx_context_get_cancellable (gctx_context_background ()));
  g_assert_null (gctx_context_get_cancellable (gctx_context_todo ()));
  g_assert_null (gctx_context_get_cancellable (cut));
  g_assert_null (gctx_context_get_cancellable (plain));
  g_assert_null (gctx_context_create_cancellable (plain));
}

static void
test_one_way (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxScope) child = gctx_scope_new (GCTX_CONTEXT (scope));
  GCancellable *first = gctx_context_get_cancellable (GCTX_CONTEXT (scope));
  GCancellable *below = gctx_context_get_cancellable (GCTX_CONTEXT (child));
  GCancellable *second;

  g_test_summary ("rule 9: cancelling the cancellable never ends the context; it is replaced");

  g_cancellable_cancel (first);
  g_assert_false (gctx_context_is_done (GCTX_CONTEXT (scope)));
  g_assert_false (g_cancellable_is_cancelled (below));
  second = gctx_context_get_cancellable (GCTX_CONTEXT (scope));
  g_assert_true (second != first);
  g_assert_false (g_cancellable_is_cancelled (second));
  g_assert_true (gctx_context_get_cancellable (GCTX_CONTEXT (scope)) == second);
  g_assert_true (gctx_scope_cancel (scope));
  g_assert_true (g_cancellable_is_cancelled (second));
  g_assert_true (g_cancellable_is_cancelled (below));
}

static void
test_replaced_ones_live_on (void)
{
  GCtxScope *scope = gctx_scope_new (gctx_context_background ());
  GCancellable *weak[20];
  guint i;

  g_test_summary ("rule 9: replaced cancellables live as long as the context, and no longer");

  for (i = 0; i < G_N_ELEMENTS (weak); i++)
    {
      weak[i] = NULL;
      g_set_weak_pointer (&weak[i], gctx_context_get_cancellable (GCTX_CONTEXT (scope)));
      g_assert_false (g_cancellable_is_cancelled (weak[i]));
      g_cancellable_cancel (weak[i]);
    }
  for (i = 0; i < G_N_ELEMENTS (weak); i++)
    g_assert_true (G_IS_CANCELLABLE (weak[i]));
  g_assert_true (gctx_scope_cancel (scope));
  for (i = 0; i < G_N_ELEMENTS (weak); i++)
    g_assert_true (G_IS_CANCELLABLE (weak[i]));
  test_assert_last_unref (scope);
  for (i = 0; i < G_N_ELEMENTS (weak); i++)
    g_assert_null (weak[i]);
}

static void
test_reset_while_live (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  GCtxContext *context = GCTX_CONTEXT (scope);
  GCancellable *unseen = gctx_context_get_cancellable (context);
  GCancellable *replaced, *last;

  g_test_summary ("rule 2: a cancellable that was cancelled and reset still hears of the end");

  g_cancellable_cancel (unseen);
  g_cancellable_reset (unseen);

  replaced = gctx_context_get_cancellable (context);
  g_assert_false (g_cancellable_is_cancelled (replaced));
  g_cancellable_cancel (replaced);
  last = gctx_context_get_cancellable (context);
  g_cancellable_reset (replaced);

  g_assert_true (gctx_scope_cancel (scope));
  g_assert_true (g_cancellable_is_cancelled (unseen));
  g_assert_true (g_cancellable_is_cancelled (replaced));
  g_assert_true (g_cancellable_is_cancelled (last));
}

static void
test_reset_after_the_end (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  GCtxContext *context = GCTX_CONTEXT (scope);
  g_autoptr (GCancellable) created = NULL;
  GCancellable *first = gctx_context_get_cancellable (context);

  g_test_summary ("rule 9: one that was reset after the end is replaced by a cancelled one");

  g_assert_true (cancel_with (scope, 1));
  g_cancellable_reset (first);
  assert_ended (context, G_IO_ERROR_CANCELLED, TEST_DOMAIN, 1);
  g_assert_true (g_cancellable_is_cancelled (gctx_context_get_cancellable (context)));
  created = gctx_context_create_cancellable (context);
  g_assert_true (g_cancellable_is_cancelled (created));
  g_assert_true (G_IS_CANCELLABLE (first));
}

static void
test_create (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  GCtxContext *context = GCTX_CONTEXT (scope);
  GCancellable *one = gctx_context_create_cancellable (context);
  g_autoptr (GCancellable) two = gctx_context_create_cancellable (context);
  g_autoptr (GCtxContext) seen = NULL;

  g_test_summary ("rule 9: a created cancellable is the caller's own, and ends nothing but itself");

  g_assert_true (one != two);
  g_assert_true (one != gctx_context_get_cancellable (context));
  g_cancellable_cancel (one);
  g_assert_false (g_cancellable_is_cancelled (two));
  g_assert_false (g_cancellable_is_cancelled (gctx_context_get_cancellable (context)));
  g_assert_false (gctx_context_is_done (context));
  test_assert_last_unref (one);

  seen = gctx_context_from_cancellable (two);
  g_assert_true (cancel_with (scope, 1));
  g_assert_true (g_cancellable_is_cancelled (two));
  assert_ended (seen, G_IO_ERROR_CANCELLED, TEST_DOMAIN, 1);
}

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
  assert_ended (back, G_IO_ERROR_CANCELLED, TEST_DOMAIN, 1);
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
  g_autoptr (GError) cause = g_error_new_literal (TEST_DOMAIN, 1, "too long");
  g_autoptr (GCtxScope) scope =
    gctx_scope_new_with_deadline_cause (gctx_context_background (), deadline, cause);
  GCancellable *cancellable = gctx_context_get_cancellable (GCTX_CONTEXT (scope));
  g_autoptr (GCtxContext) before = gctx_context_from_cancellable (cancellable);
  g_autoptr (GCtxContext) after = NULL;

  g_test_summary ("rule 9: the way back carries the deadline's error and cause");

  spin_past (deadline);
  assert_ended (before, G_IO_ERROR_TIMED_OUT, TEST_DOMAIN, 1);
  after = gctx_context_from_cancellable (cancellable);
  assert_ended (after, G_IO_ERROR_TIMED_OUT, TEST_DOMAIN, 1);
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
  assert_ended (back, G_IO_ERROR_CANCELLED, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_true (gctx_context_is_done (GCTX_CONTEXT (below)));
  g_assert_false (gctx_context_is_done (GCTX_CONTEXT (scope)));
  g_assert_false (gctx_context_is_done (elsewhere));
  late = gctx_context_from_cancellable (cancellable);
  g_assert_true (gctx_context_is_done (late));
}

static void
test_adopted (void)
{
  GCancellable *foreign = g_cancellable_new ();
  GCtxContext *context = gctx_context_from_cancellable (foreign);
  g_autoptr (GCtxContext) twin = gctx_context_from_cancellable (foreign);
  g_autoptr (GCtxScope) below = gctx_scope_new (context);
  GCancellable *handed_out = gctx_context_get_cancellable (context);

  g_test_summary ("rule 9: a foreign cancellable is adopted, and what is handed out is one-way");

  g_assert_false (gctx_context_is_done (context));
  g_cancellable_cancel (handed_out);
  g_assert_false (g_cancellable_is_cancelled (foreign));
  g_assert_false (gctx_context_is_done (context));

  handed_out = gctx_context_get_cancellable (GCTX_CONTEXT (below));
  g_cancellable_cancel (foreign);
  assert_ended (context, G_IO_ERROR_CANCELLED, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_true (gctx_context_is_done (twin));
  assert_ended (GCTX_CONTEXT (below), G_IO_ERROR_CANCELLED, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_false (gctx_scope_cancel (below));
  iterate_until_cancelled (handed_out);

  g_clear_object (&below);
  g_clear_object (&twin);
  g_object_unref (context);

  /* The thread that delivered may be about to drop its own reference. */
  g_object_add_weak_pointer (G_OBJECT (foreign), (gpointer *) &foreign);
  g_object_unref (foreign);
  while (g_atomic_pointer_get (&foreign) != NULL)
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
  assert_ended (context, G_IO_ERROR_CANCELLED, G_IO_ERROR, G_IO_ERROR_CANCELLED);
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

  assert_ended (emission->context, G_IO_ERROR_CANCELLED, G_IO_ERROR, G_IO_ERROR_CANCELLED);
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

static void
test_in_force_after_the_context (void)
{
  g_autoptr (GCtxScope) parent = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxContext) back = NULL;
  g_autoptr (GObject) object = g_object_new (G_TYPE_OBJECT, NULL);
  GObject *value = NULL;
  GCtxScope *scope = gctx_scope_new_full (GCTX_CONTEXT (parent), G_MAXINT64, NULL,
                                          object_key (), object, NULL);
  GCancellable *one = g_object_ref (gctx_context_get_cancellable (GCTX_CONTEXT (scope)));
  g_autoptr (GCancellable) two = gctx_context_create_cancellable (GCTX_CONTEXT (scope));

  g_test_summary ("rule 7: a cancellable keeps its parents and values when the context is gone");

  g_set_weak_pointer (&value, object);
  g_clear_object (&object);
  test_assert_last_unref (scope);
  g_assert_nonnull (value);
  g_assert_false (g_cancellable_is_cancelled (one));

  back = gctx_context_from_cancellable (one);
  g_assert_true (gctx_context_get_object (back, object_key ()) == value);
  g_assert_true (cancel_with (parent, 1));
  g_assert_true (g_cancellable_is_cancelled (one));
  g_assert_true (g_cancellable_is_cancelled (two));
  assert_ended (back, G_IO_ERROR_CANCELLED, TEST_DOMAIN, 1);

  g_clear_object (&back);
  g_clear_object (&two);
  g_assert_nonnull (value);
  test_assert_last_unref (one);
  g_assert_null (value);
}

static void
test_deadline_in_force_after_the_context (void)
{
  gint64 deadline = g_get_monotonic_time () + LEAD_USEC;
  gint64 seen = 0;
  GCtxContext *context = gctx_context_with_deadline (gctx_context_background (), deadline);
  g_autoptr (GCancellable) cancellable = g_object_ref (gctx_context_get_cancellable (context));
  g_autoptr (GCtxContext) back = NULL;

  g_test_summary ("rule 7: a cancellable keeps its deadline when the context is gone");

  test_assert_last_unref (context);
  back = gctx_context_from_cancellable (cancellable);
  g_assert_true (gctx_context_get_deadline (back, &seen));
  g_assert_cmpint (seen, ==, deadline);
  g_clear_object (&back);

  iterate_until_cancelled (cancellable);
  g_assert_cmpint (g_get_monotonic_time (), >=, deadline);
  back = gctx_context_from_cancellable (cancellable);
  assert_ended (back, G_IO_ERROR_TIMED_OUT, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
}

static void
test_replaced_and_in_force (void)
{
  g_autoptr (GCtxScope) parent = gctx_scope_new (gctx_context_background ());
  GCtxScope *scope = gctx_scope_new (GCTX_CONTEXT (parent));
  g_autoptr (GCancellable) first =
    g_object_ref (gctx_context_get_cancellable (GCTX_CONTEXT (scope)));
  g_autoptr (GCancellable) second = NULL;

  g_test_summary ("rule 7: each cancellable that somebody holds stays in force by itself");

  g_cancellable_cancel (first);
  second = g_object_ref (gctx_context_get_cancellable (GCTX_CONTEXT (scope)));
  test_assert_last_unref (scope);
  g_cancellable_reset (first);
  g_assert_true (gctx_scope_cancel (parent));
  g_assert_true (g_cancellable_is_cancelled (first));
  g_assert_true (g_cancellable_is_cancelled (second));
}

static void
task_thread (GTask        *task,
             gpointer      source_object,
             gpointer      task_data,
             GCancellable *cancellable)
{
  GPollFD pollfd;

  g_assert_true (g_cancellable_make_pollfd (cancellable, &pollfd));
  g_poll (&pollfd, 1, -1);
  g_cancellable_release_fd (cancellable);
  g_task_return_boolean (task, TRUE);
}

static void
on_task (GObject      *source_object,
         GAsyncResult *result,
         gpointer      data)
{
  g_set_object ((GAsyncResult **) data, result);
}

static void
test_operation_obeys (void)
{
  GCtxContext *context = gctx_context_with_timeout (gctx_context_background (), LEAD_USEC);
  g_autoptr (GTask) task = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("rule 7: an operation that blocks in a thread ends by its context's deadline");

  task = g_task_new (NULL, gctx_context_get_cancellable (context), on_task, &result);
  g_task_run_in_thread (task, task_thread);
  g_object_unref (context);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_false (g_task_propagate_boolean (G_TASK (result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/cancellable/who-has-one", test_who_has_one);
  g_test_add_func ("/gctx/cancellable/one-way", test_one_way);
  g_test_add_func ("/gctx/cancellable/replaced-ones-live-on", test_replaced_ones_live_on);
  g_test_add_func ("/gctx/cancellable/reset/while-live", test_reset_while_live);
  g_test_add_func ("/gctx/cancellable/reset/after-the-end", test_reset_after_the_end);
  g_test_add_func ("/gctx/cancellable/create", test_create);
  g_test_add_func ("/gctx/cancellable/values-cross", test_values_cross);
  g_test_add_func ("/gctx/cancellable/way-back", test_way_back);
  g_test_add_func ("/gctx/cancellable/way-back/from-nothing", test_way_back_from_nothing);
  g_test_add_func ("/gctx/cancellable/way-back/of-a-deadline", test_way_back_of_a_deadline);
  g_test_add_func ("/gctx/cancellable/way-back/cancelled-by-anyone",
                   test_way_back_cancelled_by_anyone);
  g_test_add_func ("/gctx/cancellable/adopted", test_adopted);
  g_test_add_func ("/gctx/cancellable/adopted/and-dropped", test_adopted_and_dropped);
  g_test_add_func ("/gctx/cancellable/adopted/and-reset", test_adopted_and_reset);
  g_test_add_func ("/gctx/cancellable/adopted/inside-its-emission",
                   test_inside_a_foreign_emission);
  g_test_add_func ("/gctx/cancellable/in-force/after-the-context",
                   test_in_force_after_the_context);
  g_test_add_func ("/gctx/cancellable/in-force/deadline-after-the-context",
                   test_deadline_in_force_after_the_context);
  g_test_add_func ("/gctx/cancellable/in-force/replaced", test_replaced_and_in_force);
  g_test_add_func ("/gctx/cancellable/in-force/operation", test_operation_obeys);

  return g_test_run ();
}
