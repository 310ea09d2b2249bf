/* test-reentrancy.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-everything.h"

static void
drop_the_family (GCancellable *cancellable,
                 gpointer      data)
{
  Family *family = data;

  family_clear (family);
  family->n_used++;
}

static void
test_last_references_in_a_handler (void)
{
  Family family;
  GCtxScope *weak[3] = { NULL };
  GCtxScope *canceller;
  GCancellable *cancellable;
  guint i;

  g_test_summary ("rule 4: the last references can be dropped from inside a `cancelled` handler");

  family_init (&family);
  g_set_weak_pointer (&weak[0], family.parent);
  g_set_weak_pointer (&weak[1], family.self);
  g_set_weak_pointer (&weak[2], family.child);
  cancellable = gctx_context_get_cancellable (GCTX_CONTEXT (family.self));
  g_signal_connect (cancellable, "cancelled", G_CALLBACK (drop_the_family), &family);
  g_assert_nonnull (gctx_context_get_cancellable (GCTX_CONTEXT (family.child)));

  /* A caller holds what it calls upon, here by a reference of its own. */
  canceller = g_object_ref (family.parent);
  g_assert_true (gctx_scope_cancel (canceller));
  g_assert_cmpint (family.n_used, ==, 1);
  g_object_unref (canceller);
  for (i = 0; i < G_N_ELEMENTS (weak); i++)
    g_assert_null (weak[i]);
}

static void
drop_after (GCtxContext *context,
            gpointer     data)
{
  drop_the_family (NULL, data);
}

static void
test_last_references_in_an_after_func (void)
{
  Family family;
  GCtxScope *weak[3] = { NULL };
  guint i;

  g_test_summary ("rule 4: the last references can be dropped from inside an after-func");

  family_init (&family);
  g_set_weak_pointer (&weak[0], family.parent);
  g_set_weak_pointer (&weak[1], family.self);
  g_set_weak_pointer (&weak[2], family.child);
  gctx_context_add_after_func (GCTX_CONTEXT (family.self), drop_after, &family, NULL);
  g_assert_true (gctx_scope_cancel (family.parent));
  test_iterate_pending (NULL);
  g_assert_cmpint (family.n_used, ==, 1);
  for (i = 0; i < G_N_ELEMENTS (weak); i++)
    g_assert_null (weak[i]);
}

static void
cancel_next (GCancellable *cancellable,
             gpointer      data)
{
  GCtxScope **next = data;

  g_assert_true (gctx_scope_cancel (*next));
  g_assert_true (gctx_context_is_done (GCTX_CONTEXT (*next)));
}

static void
test_cancels_in_cancels (void)
{
  GCtxScope *scopes[101];
  int i;

  g_test_summary ("rule 4: handlers may cancel other trees, whose handlers cancel others");

  for (i = 0; i <= 100; i++)
    scopes[i] = gctx_scope_new (gctx_context_background ());
  for (i = 0; i < 100; i++)
    g_signal_connect (gctx_context_get_cancellable (GCTX_CONTEXT (scopes[i])), "cancelled",
                      G_CALLBACK (cancel_next), &scopes[i + 1]);
  g_assert_true (gctx_scope_cancel (scopes[0]));
  for (i = 0; i <= 100; i++)
    {
      g_assert_true (gctx_context_is_done (GCTX_CONTEXT (scopes[i])));
      test_assert_last_unref (scopes[i]);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/reentrancy/last-references/in-a-handler",
                   test_last_references_in_a_handler);
  g_test_add_func ("/gctx/reentrancy/last-references/in-an-after-func",
                   test_last_references_in_an_after_func);
  g_test_add_func ("/gctx/reentrancy/cancels-in-cancels", test_cancels_in_cancels);

  return g_test_run ();
}
