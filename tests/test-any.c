/* test-any.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-tree.h"

GCTX_DEFINE_KEY (user_key, "user", G_TYPE_STRING)
GCTX_DEFINE_KEY (trace_key, "trace", G_TYPE_STRING)

static GCtxContext *
any_of (gpointer one,
        gpointer two,
        gpointer three)
{
  GCtxContext *contexts[] = { GCTX_CONTEXT (one), GCTX_CONTEXT (two), GCTX_CONTEXT (three) };

  return gctx_context_any (contexts, G_N_ELEMENTS (contexts));
}

static void
assert_never (GCtxContext *context)
{
  gint64 deadline = -1;

  g_assert_false (gctx_context_is_done (context));
  g_assert_false (gctx_context_get_deadline (context, &deadline));
  g_assert_cmpint (deadline, ==, 0);
  g_assert_cmpint (gctx_context_get_remaining_msec (context), ==, -1);
  g_assert_null (gctx_context_get_cancellable (context));
}

static void
test_of_none (void)
{
  g_autoptr (GCtxContext) none = gctx_context_any (NULL, 0);
  g_autoptr (GCtxContext) endless =
    any_of (gctx_context_background (), gctx_context_todo (), gctx_context_background ());

  g_test_summary ("rule 1: any of none, and of contexts that never end, is never done");

  assert_never (none);
  assert_never (endless);
}

static void
test_first_wins (void)
{
  int first, i;

  g_test_summary ("rule 1: any is done with the error and cause of whichever ended first");

  for (first = 0; first < 3; first++)
    {
      GCtxScope *scopes[3];
      g_autoptr (GCtxContext) any = NULL;
      GCancellable *cancellable;

      for (i = 0; i < 3; i++)
        scopes[i] = gctx_scope_new (gctx_context_background ());
      any = any_of (scopes[0], scopes[1], scopes[2]);
      cancellable = gctx_context_get_cancellable (any);
      g_assert_false (gctx_context_is_done (any));

      g_assert_true (cancel_with (scopes[first], 1 + first));
      g_assert_true (g_cancellable_is_cancelled (cancellable));
      assert_ended (any, G_IO_ERROR_CANCELLED, 1 + first);
      for (i = 0; i < 3; i++)
        g_assert_true (cancel_with (scopes[i], 10) == (i != first));
      assert_ended (any, G_IO_ERROR_CANCELLED, 1 + first);
      for (i = 0; i < 3; i++)
        g_object_unref (scopes[i]);
    }
}

static void
test_born_done (void)
{
  g_autoptr (GCtxScope) live = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxScope) done = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxContext) any = NULL;

  g_test_summary ("rule 6: any of contexts of which one is done is born done");

  g_assert_true (cancel_with (done, 1));
  any = any_of (live, gctx_context_background (), done);
  assert_ended (any, G_IO_ERROR_CANCELLED, 1);
  g_assert_true (g_cancellable_is_cancelled (gctx_context_get_cancellable (any)));
  g_assert_true (cancel_with (live, 2));
  assert_ended (any, G_IO_ERROR_CANCELLED, 1);
}

static void
test_values (void)
{
  g_autoptr (GCtxScope) one =
    gctx_scope_new_full (gctx_context_background (), G_MAXINT64, NULL, user_key (), "ada", NULL);
  g_autoptr (GCtxScope) two =
    gctx_scope_new_full (gctx_context_background (), G_MAXINT64, NULL,
                         user_key (), "bob", trace_key (), "t-1", NULL);
  g_autoptr (GCtxContext) any = any_of (one, two, two);
  g_autoptr (GCtxContext) other = any_of (gctx_context_background (), one, two);

  g_test_summary ("rule 17: any has the values of the first, and of nobody else");

  g_assert_cmpstr (gctx_context_get_string (any, user_key ()), ==, "ada");
  g_assert_false (gctx_context_has_value (any, trace_key ()));
  g_assert_false (gctx_context_has_value (other, user_key ()));
  g_assert_true (gctx_scope_cancel (two));
  g_assert_true (gctx_context_is_done (other));
  g_assert_cmpstr (gctx_context_get_string (any, user_key ()), ==, "ada");
}

static void
test_earliest_deadline (void)
{
  gint64 deadline = g_get_monotonic_time () + HOUR_USEC;
  gint64 seen = 0;
  g_autoptr (GCtxScope) late =
    gctx_scope_new_with_deadline (gctx_context_background (), deadline + 1);
  g_autoptr (GCtxScope) early =
    gctx_scope_new_with_deadline (gctx_context_background (), deadline);
  g_autoptr (GCtxScope) endless = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxContext) any = any_of (late, early, endless);
  g_autoptr (GCtxContext) below = gctx_context_with_deadline (any, deadline + 1);

  g_test_summary ("rule 10: any has the earliest deadline of all, and so has what is below it");

  g_assert_true (gctx_context_get_deadline (any, &seen));
  g_assert_cmpint (seen, ==, deadline);
  g_assert_true (gctx_context_get_deadline (below, &seen));
  g_assert_cmpint (seen, ==, deadline);
  g_assert_false (gctx_context_is_done (any));
}

static void
test_passed_deadline (void)
{
  gint64 deadline = g_get_monotonic_time () + LEAD_USEC;
  g_autoptr (GCtxScope) late =
    gctx_scope_new_with_timeout (gctx_context_background (), HOUR_USEC);
  g_autoptr (GCtxScope) early = scope_with_deadline (gctx_context_background (), deadline, 2);
  g_autoptr (GCtxScope) endless = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxContext) any = any_of (late, early, endless);

  g_test_summary ("rule 11: any is done once the earliest deadline has passed");

  spin_past (deadline);

  /* The owner of the deadline was not asked before. */
  assert_ended (any, G_IO_ERROR_TIMED_OUT, 2);
  g_assert_true (gctx_scope_has_expired (early));
  g_assert_false (gctx_context_is_done (GCTX_CONTEXT (late)));
  g_assert_false (gctx_context_is_done (GCTX_CONTEXT (endless)));
}

static void
test_passed_deadline_beats_cancel (void)
{
  gint64 deadline = g_get_monotonic_time () + LEAD_USEC;
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxScope) timed = scope_with_deadline (gctx_context_background (), deadline, 2);
  g_autoptr (GCtxContext) any = any_of (scope, timed, scope);

  g_test_summary ("rule 1: a deadline of one that passed before the cancel of another wins");

  spin_past (deadline);
  g_assert_true (cancel_with (scope, 1));
  assert_ended (any, G_IO_ERROR_TIMED_OUT, 2);
  assert_ended (GCTX_CONTEXT (scope), G_IO_ERROR_CANCELLED, 1);
}

static void
test_below_any (void)
{
  g_autoptr (GCtxScope) one = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxScope) two = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxContext) any = any_of (one, two, gctx_context_background ());
  g_autoptr (GCtxScope) ended = gctx_scope_new (any);
  g_autoptr (GCtxScope) below = gctx_scope_new (any);
  g_autoptr (GCtxContext) nested = any_of (below, any, two);
  GCancellable *cancellable = gctx_context_get_cancellable (nested);

  g_test_summary ("rule 2: what is below any is in the subtree of each of them");

  g_assert_true (cancel_with (ended, 3));
  g_assert_false (gctx_context_is_done (any));
  g_assert_false (gctx_context_is_done (GCTX_CONTEXT (one)));

  g_assert_true (cancel_with (two, 2));
  g_assert_true (g_cancellable_is_cancelled (cancellable));
  assert_ended (GCTX_CONTEXT (below), G_IO_ERROR_CANCELLED, 2);
  assert_ended (nested, G_IO_ERROR_CANCELLED, 2);
  assert_ended (GCTX_CONTEXT (ended), G_IO_ERROR_CANCELLED, 3);
  g_assert_false (gctx_context_is_done (GCTX_CONTEXT (one)));
}

static void
test_diamond (void)
{
  g_autoptr (GCtxScope) parent = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxScope) left = gctx_scope_new (GCTX_CONTEXT (parent));
  g_autoptr (GCtxScope) right = gctx_scope_new (GCTX_CONTEXT (parent));
  g_autoptr (GCtxContext) any = any_of (left, right, parent);
  g_autoptr (GCtxContext) same = any_of (left, left, left);
  GCancellable *cancellable = gctx_context_get_cancellable (any);
  g_autoptr (GCtxContext) back = gctx_context_from_cancellable (cancellable);

  g_test_summary ("rule 1: any of relatives, and of one context several times, ends once");

  g_assert_true (cancel_with (left, 2));
  assert_ended (same, G_IO_ERROR_CANCELLED, 2);
  assert_ended (any, G_IO_ERROR_CANCELLED, 2);
  assert_ended (back, G_IO_ERROR_CANCELLED, 2);
  g_assert_true (cancel_with (parent, 1));
  assert_ended (any, G_IO_ERROR_CANCELLED, 2);
  assert_ended (GCTX_CONTEXT (right), G_IO_ERROR_CANCELLED, 1);
}

static void
test_life (void)
{
  GObject *value = NULL;
  g_autoptr (GCtxScope) root = gctx_scope_new (gctx_context_background ());
  GCtxScope *one = scope_with_object (GCTX_CONTEXT (root), G_MAXINT64, &value);
  GCtxScope *two = gctx_scope_new (gctx_context_background ());
  GCtxContext *any = any_of (one, two, two);
  GCtxContext *dropped = any_of (two, one, root);

  g_test_summary ("rule 7: any holds its parents, and a dropped one leaves nothing behind");

  test_assert_last_unref (dropped);
  g_object_unref (one);
  g_object_unref (two);
  g_assert_true (gctx_context_get_object (any, object_key ()) == value);

  /* Through a parent that only `any` still knows. */
  g_assert_true (cancel_with (root, 1));
  assert_ended (any, G_IO_ERROR_CANCELLED, 1);
  test_assert_last_unref (any);
  g_assert_null (value);
}

static void
test_many (void)
{
  GCtxContext *contexts[1000];
  g_autoptr (GCtxContext) any = NULL;
  guint i;

  g_test_summary ("rule 8: any has no limit to how many it joins");

  for (i = 0; i < G_N_ELEMENTS (contexts); i++)
    contexts[i] = GCTX_CONTEXT (gctx_scope_new (gctx_context_background ()));
  any = gctx_context_any (contexts, G_N_ELEMENTS (contexts));
  g_assert_false (gctx_context_is_done (any));
  g_assert_true (cancel_with (GCTX_SCOPE (contexts[999]), 999));
  assert_ended (any, G_IO_ERROR_CANCELLED, 999);
  g_assert_true (cancel_with (GCTX_SCOPE (contexts[0]), 1));
  assert_ended (any, G_IO_ERROR_CANCELLED, 999);
  for (i = 0; i < G_N_ELEMENTS (contexts); i++)
    g_object_unref (contexts[i]);
}

static void
test_adopted (void)
{
  g_autoptr (GCancellable) foreign = g_cancellable_new ();
  g_autoptr (GCtxContext) adopted = gctx_context_from_cancellable (foreign);
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxContext) any = any_of (scope, adopted, scope);
  const GError *error;

  g_test_summary ("rule 9: any of an adopted cancellable is done when that one is cancelled");

  g_assert_false (gctx_context_is_done (any));
  g_cancellable_cancel (foreign);
  g_assert_true (gctx_context_is_done (any));
  error = gctx_context_get_error (any);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_false (gctx_context_is_done (GCTX_CONTEXT (scope)));
}

static void
test_without_cancel (void)
{
  g_autoptr (GCtxScope) scope =
    gctx_scope_new_full (gctx_context_background (), g_get_monotonic_time () + HOUR_USEC, NULL,
                         user_key (), "ada", NULL);
  g_autoptr (GCtxContext) cut = gctx_context_without_cancel (GCTX_CONTEXT (scope));
  g_autoptr (GCtxContext) late = NULL;

  g_test_summary ("rule 6: without_cancel keeps the values; it is never done and has no deadline");

  assert_never (cut);
  g_assert_true (cancel_with (scope, 1));
  late = gctx_context_without_cancel (GCTX_CONTEXT (scope));
  assert_never (cut);
  assert_never (late);
  g_assert_cmpstr (gctx_context_get_string (cut, user_key ()), ==, "ada");
  g_assert_cmpstr (gctx_context_get_string (late, user_key ()), ==, "ada");
}

static void
test_below_without_cancel (void)
{
  g_autoptr (GCtxScope) scope =
    gctx_scope_new_full (gctx_context_background (), G_MAXINT64, NULL, user_key (), "ada", NULL);
  g_autoptr (GCtxContext) cut = gctx_context_without_cancel (GCTX_CONTEXT (scope));
  g_autoptr (GCtxScope) cleanup = gctx_scope_new (cut);
  g_autoptr (GCtxContext) timed = gctx_context_with_timeout (cut, 0);

  g_test_summary ("rule 1: below without_cancel contexts end again, by themselves");

  g_assert_true (cancel_with (scope, 1));
  g_assert_false (gctx_context_is_done (GCTX_CONTEXT (cleanup)));
  g_assert_true (gctx_context_is_done (timed));
  g_assert_true (cancel_with (cleanup, 2));
  assert_ended (GCTX_CONTEXT (cleanup), G_IO_ERROR_CANCELLED, 2);
  g_assert_cmpstr (gctx_context_get_string (GCTX_CONTEXT (cleanup), user_key ()), ==, "ada");
}

static void
test_life_of_without_cancel (void)
{
  GObject *value = NULL;
  GCtxScope *scope = scope_with_object (gctx_context_background (), G_MAXINT64, &value);
  GCtxContext *cut = gctx_context_without_cancel (GCTX_CONTEXT (scope));

  g_test_summary ("rule 18: the values live as long as the context that kept them");

  gctx_scope_close (scope);
  g_assert_nonnull (value);
  g_assert_true (gctx_context_get_object (cut, object_key ()) == value);
  test_assert_last_unref (cut);
  g_assert_null (value);
}

static void
ask_whether_done (GCancellable *foreign,
                  gpointer      user_data)
{
  GCtxContext **contexts = user_data;

  for (; *contexts != NULL; contexts++)
    g_assert_true (gctx_context_is_done (*contexts));
}

/* Each of them is asked on its own, inside the emission and before the library
 * has been told. */
static void
test_foreign_above (void)
{
  guint i;

  g_test_summary ("rule 9: is_done reads the foreign flag above any `any`, however nested");

  for (i = 0; i < 4; i++)
    {
      g_autoptr (GCancellable) foreign = g_cancellable_new ();
      g_autoptr (GCtxContext) adopted = NULL;
      g_autoptr (GCtxContext) one = NULL;
      g_autoptr (GCtxContext) two = NULL;
      g_autoptr (GCancellable) handed_out = NULL;
      g_autoptr (GCtxContext) below = NULL;
      g_autoptr (GCtxScope) scope = NULL;
      GCtxContext *asked[2] = { NULL, NULL };

      g_signal_connect (foreign, "cancelled", G_CALLBACK (ask_whether_done), asked);
      adopted = gctx_context_from_cancellable (foreign);
      one = gctx_context_any ((GCtxContext *[]) { gctx_context_background (), adopted }, 2);
      two = gctx_context_any ((GCtxContext *[]) { gctx_context_background (), one }, 2);
      handed_out = gctx_context_create_cancellable (two);
      below = gctx_context_from_cancellable (handed_out);
      scope = gctx_scope_new (two);

      asked[0] = i == 0 ? one : i == 1 ? two : i == 2 ? below : GCTX_CONTEXT (scope);
      g_cancellable_cancel (foreign);
      g_assert_true (gctx_context_is_done (asked[0]));
    }
}

static void
test_foreign_above_many (void)
{
  g_autoptr (GCancellable) foreign = g_cancellable_new ();
  GCtxContext *context, *asked[2] = { NULL, NULL };
  guint i;

  g_test_summary ("rule 9: is_done reads the foreign flag once, however many paths lead to it");

  g_signal_connect (foreign, "cancelled", G_CALLBACK (ask_whether_done), asked);
  context = gctx_context_from_cancellable (foreign);

  /* 2 ^ 100 paths. */
  for (i = 0; i < 100; i++)
    {
      GCtxContext *parent = context;

      context = gctx_context_any ((GCtxContext *[]) { parent, parent }, 2);
      g_object_unref (parent);
    }

  g_assert_false (gctx_context_is_done (context));
  asked[0] = context;
  g_cancellable_cancel (foreign);
  g_assert_true (gctx_context_is_done (context));
  test_assert_last_unref (context);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/any/of-none", test_of_none);
  g_test_add_func ("/gctx/any/first-wins", test_first_wins);
  g_test_add_func ("/gctx/any/born-done", test_born_done);
  g_test_add_func ("/gctx/any/values", test_values);
  g_test_add_func ("/gctx/any/earliest-deadline", test_earliest_deadline);
  g_test_add_func ("/gctx/any/passed-deadline", test_passed_deadline);
  g_test_add_func ("/gctx/any/passed-deadline-beats-cancel", test_passed_deadline_beats_cancel);
  g_test_add_func ("/gctx/any/below", test_below_any);
  g_test_add_func ("/gctx/any/diamond", test_diamond);
  g_test_add_func ("/gctx/any/life", test_life);
  g_test_add_func ("/gctx/any/many", test_many);
  g_test_add_func ("/gctx/any/adopted", test_adopted);
  g_test_add_func ("/gctx/any/foreign-above", test_foreign_above);
  g_test_add_func ("/gctx/any/foreign-above/many", test_foreign_above_many);
  g_test_add_func ("/gctx/any/without-cancel", test_without_cancel);
  g_test_add_func ("/gctx/any/without-cancel/below", test_below_without_cancel);
  g_test_add_func ("/gctx/any/without-cancel/life", test_life_of_without_cancel);

  return g_test_run ();
}
