/* test-current-after-func.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-tree.h"

/* The context of an after-func is the current one inside it, and what the
 * after-func does there stays there. */

typedef struct
{
  gpointer       expected;      /* NULL for a plain context that sees @value */
  GObject       *value;
  GCancellable  *cancellable;   /* NULL for any other that is cancelled */
  void         (*inside) (GCtxContext *context);
  int            n_ran;
} Look;

static void
look (GCtxContext *context,
      gpointer     data)
{
  Look *self = data;

  self->n_ran++;
  g_assert_true (gctx_context_get_current () == context);
  g_assert_true (g_cancellable_is_cancelled (g_cancellable_get_current ()));
  if (self->expected != NULL)
    g_assert_true (context == self->expected);
  if (self->value != NULL)
    g_assert_true (gctx_context_get_object (context, object_key ()) == self->value);
  if (self->cancellable != NULL)
    g_assert_true (g_cancellable_get_current () == self->cancellable);
  if (self->inside != NULL)
    self->inside (context);
}

/* Of a context that is done already, now. */
static void
look_now (GCtxContext *context,
          Look        *self)
{
  int n_ran = self->n_ran;

  gctx_context_add_after_func (context, look, self, NULL);
  test_iterate_pending (NULL);
  g_assert_cmpint (self->n_ran, ==, n_ran + 1);
}

static void
assert_nothing_current (void)
{
  g_assert_true (gctx_context_get_current () == gctx_context_background ());
  g_assert_null (g_cancellable_get_current ());
}

static GCtxScope *
new_done_scope (void)
{
  GCtxScope *scope = gctx_scope_new (gctx_context_background ());

  cancel_with (scope, 1);
  return scope;
}

static void
test_scope (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  Look self = { .expected = scope };

  g_test_summary ("rule 19: an after-func finds its scope, which is done");

  gctx_context_add_after_func (GCTX_CONTEXT (scope), look, &self, NULL);
  g_assert_true (gctx_scope_cancel (scope));
  assert_nothing_current ();
  test_iterate_pending (NULL);
  g_assert_cmpint (self.n_ran, ==, 1);
  assert_nothing_current ();

  /* The same cancellable as any other code has of it. */
  self.cancellable = gctx_context_get_cancellable (GCTX_CONTEXT (scope));
  look_now (GCTX_CONTEXT (scope), &self);
  assert_nothing_current ();
}

/* Where the scope is gone, what is current is what the after-func is given. */
static void
test_scope_that_is_gone (void)
{
  GObject *value = NULL;
  GCtxScope *parent = gctx_scope_new (gctx_context_background ());
  GCtxScope *scope = scope_with_object (GCTX_CONTEXT (parent), G_MAXINT64, &value);
  Look self = { .value = value };

  g_test_summary ("rule 18: the values of a scope that is gone are current in its after-func");

  gctx_context_add_after_func (GCTX_CONTEXT (scope), look, &self, NULL);
  g_object_unref (scope);
  g_assert_nonnull (value);
  g_assert_true (gctx_scope_cancel (parent));
  test_iterate_pending (NULL);
  g_assert_cmpint (self.n_ran, ==, 1);
  g_assert_null (value);
  assert_nothing_current ();
  test_assert_last_unref (parent);
}

static gpointer
look_in_thread (gpointer data)
{
  g_autoptr (GMainContext) loop = g_main_context_new ();
  Look *self = data;

  g_main_context_push_thread_default (loop);
  gctx_context_add_after_func (self->expected, look, self, NULL);
  test_iterate_pending (loop);
  g_main_context_pop_thread_default (loop);
  assert_nothing_current ();
  return NULL;
}

static void
test_thread (void)
{
  g_autoptr (GCtxScope) scope = new_done_scope ();
  Look self = { .expected = scope };

  g_test_summary ("rule 5: an after-func finds its context in whichever thread it runs");

  g_thread_join (g_thread_new ("loop", look_in_thread, &self));
  g_assert_cmpint (self.n_ran, ==, 1);
}

/* --- After-funcs inside of one --- */

static Look inner;

static void
nest (GCtxContext *context)
{
  g_autoptr (GCancellable) outer = g_object_ref (g_cancellable_get_current ());

  look_now (inner.expected, &inner);
  g_assert_true (gctx_context_get_current () == context);
  g_assert_true (g_cancellable_get_current () == outer);
}

static void
differ (GCtxContext *context)
{
  static gpointer seen = NULL;

  g_assert_true (g_cancellable_get_current () != seen);
  seen = g_cancellable_get_current ();
}

static void
test_nested (void)
{
  g_autoptr (GCtxScope) around = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxScope) scope = new_done_scope ();
  g_autoptr (GCtxScope) other = new_done_scope ();
  g_autoptr (GCtxContext) third = gctx_context_with_values (GCTX_CONTEXT (other), NULL);
  Look self = { .expected = scope, .inside = nest };

  g_test_summary ("rule 4: an after-func inside an after-func has its own context");

  gctx_context_push_current (GCTX_CONTEXT (around));
  inner = (Look) { .expected = third, .inside = differ };
  look_now (GCTX_CONTEXT (scope), &self);
  g_assert_cmpint (inner.n_ran, ==, 1);
  g_assert_true (gctx_context_get_current () == GCTX_CONTEXT (around));
  g_assert_true (g_cancellable_get_current () == gctx_context_get_cancellable (GCTX_CONTEXT (around)));
  gctx_context_pop_current (GCTX_CONTEXT (around));
  assert_nothing_current ();
}

/* --- The cancellable that is lent --- */

static GCancellable *kept;

static void
keep (GCtxContext *context)
{
  g_assert_true (g_cancellable_get_current () != kept);
  g_set_object (&kept, g_cancellable_get_current ());
}

static void
revive (GCtxContext *context)
{
  g_cancellable_reset (g_cancellable_get_current ());
}

static void
test_lent (void)
{
  g_autoptr (GCtxScope) scope = new_done_scope ();
  Look self = { .expected = scope, .inside = keep };
  int i;

  g_test_summary ("rule 9: what one after-func keeps or resets is not given to the next");

  for (i = 0; i < 3; i++)
    look_now (GCTX_CONTEXT (scope), &self);
  g_clear_object (&kept);
  self.inside = revive;
  for (i = 0; i < 3; i++)
    look_now (GCTX_CONTEXT (scope), &self);
}

/* --- Misuse --- */

static GCtxScope *left;

static void
leave_pushed (GCtxContext *context)
{
  static GCancellable *foreign = NULL;

  if (foreign == NULL)
    foreign = g_cancellable_new ();

  gctx_context_push_current (GCTX_CONTEXT (left));
  g_cancellable_push_current (foreign);
  gctx_context_push_current (context);
}

static void
leave_cancellable (GCtxContext *context)
{
  leave_pushed (context);
  gctx_context_pop_current (context);
  g_cancellable_pop_current (g_cancellable_get_current ());
  gctx_context_pop_current (GCTX_CONTEXT (left));
  g_cancellable_push_current (gctx_context_get_cancellable (GCTX_CONTEXT (left)));
}

static void
pop_cancellable (GCtxContext *context)
{
  g_cancellable_pop_current (g_cancellable_get_current ());
}

static void
pop_too_much (GCtxContext *context)
{
  gctx_context_pop_current (context);
  g_assert_true (gctx_context_get_current () == context);
}

static void
test_unbalanced (gconstpointer data)
{
  static const struct
  {
    void       (*inside) (GCtxContext *context);
    const char  *message;
  } cases[] = {
    { leave_pushed, "*called for background.scope(cancelled*did not pop*background.scope(cancelled*" },
    { leave_cancellable, "*called for background.scope(cancelled*left another cancellable current" },
    { pop_cancellable, "*called for background.scope(cancelled*left another cancellable current" },
    { pop_too_much, "*pop background.scope(cancelled*which this function did not push" },
  };
  g_autoptr (GCtxScope) around = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxScope) scope = new_done_scope ();
  guint i, pushed = GPOINTER_TO_UINT (data);

  g_test_summary ("rule 20: what an after-func does not balance is a critical, and goes no further");

  left = gctx_scope_new (gctx_context_background ());
  if (pushed)
    gctx_context_push_current (GCTX_CONTEXT (around));

  for (i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      Look self = { .expected = scope, .inside = cases[i].inside };

      g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_CRITICAL, cases[i].message);
      look_now (GCTX_CONTEXT (scope), &self);
      g_test_assert_expected_messages ();
      if (pushed)
        g_assert_true (g_cancellable_get_current () ==
                       gctx_context_get_cancellable (GCTX_CONTEXT (around)));
      else
        assert_nothing_current ();
    }

  if (pushed)
    gctx_context_pop_current (GCTX_CONTEXT (around));
  assert_nothing_current ();
  test_assert_last_unref (g_steal_pointer (&left));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/current/after-func/scope", test_scope);
  g_test_add_func ("/gctx/current/after-func/scope-that-is-gone", test_scope_that_is_gone);
  g_test_add_func ("/gctx/current/after-func/thread", test_thread);
  g_test_add_func ("/gctx/current/after-func/nested", test_nested);
  g_test_add_func ("/gctx/current/after-func/lent", test_lent);
  g_test_add_data_func ("/gctx/current/after-func/unbalanced", GUINT_TO_POINTER (FALSE), test_unbalanced);
  g_test_add_data_func ("/gctx/current/after-func/unbalanced-inside", GUINT_TO_POINTER (TRUE), test_unbalanced);

  return g_test_run ();
}
