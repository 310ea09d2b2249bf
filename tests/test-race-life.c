/* test-race-life.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The last reference goes in one thread while another one still has to do with
 * what it held: the parent, the siblings, the values. */

#include "test-meeting.h"

/* --- Scopes --- */

static void
close_here (gpointer data)
{
  Meeting *meeting = data;

  gctx_scope_close (g_steal_pointer (&meeting->scope));
}

static void
check_cancelled_and_freed (gpointer data)
{
  Meeting *meeting = data;

  g_assert_true (g_cancellable_is_cancelled (meeting->asked));
  g_assert_nonnull (meeting->value);
  g_clear_object (&meeting->asked);
  g_assert_null (meeting->value);
  clear (meeting);
}

static void
test_cancel_against_last_unref (void)
{
  g_test_summary ("rule 5: a cancel meets the last unref of a context below it");
  run (set_up_value, close_here, unref_context_there, check_cancelled_and_freed, NULL, NULL);
}

static void
set_up_two_holders (gpointer data)
{
  Meeting *meeting = data;

  set_up_value (data);
  meeting->other = g_object_ref (meeting->scope);
  g_clear_object (&meeting->context);
}

static void
unref_other_there (gpointer data)
{
  Meeting *meeting = data;

  g_clear_object (&meeting->other);
}

static void
test_close_against_last_unref (void)
{
  g_test_summary ("rule 5: a close meets the unref of another holder of the same scope");
  run (set_up_two_holders, close_here, unref_other_there, check_cancelled_and_freed, NULL, NULL);
}

static void
unref_cancellable_here (gpointer data)
{
  Meeting *meeting = data;

  g_clear_object (&meeting->asked);
}

static void
check_freed (gpointer data)
{
  Meeting *meeting = data;

  g_assert_null (meeting->value);
  g_assert_false (gctx_context_is_done (GCTX_CONTEXT (meeting->scope)));
  clear (meeting);
}

static void
test_last_unref_against_last_unref (void)
{
  g_test_summary ("rule 18: a context and its cancellable go at once; the value is released once");
  run (set_up_value, unref_cancellable_here, unref_context_there, check_freed, NULL, NULL);
}

static void
unref_scope_there (gpointer data)
{
  g_clear_object (&((Meeting *) data)->scope);
}

static void
derive_here (gpointer data)
{
  Meeting *meeting = data;

  meeting->derived = gctx_context_any (&meeting->context, 1);
  meeting->other = gctx_scope_new (meeting->derived);
  meeting->asked = gctx_context_create_cancellable (meeting->derived);
}

static void
check_endless (gpointer data)
{
  Meeting *meeting = data;

  g_assert_null (gctx_context_get_cancellable (meeting->derived));
  g_assert_null (gctx_context_get_cancellable (meeting->context));
  g_assert_nonnull (gctx_context_get_cancellable (GCTX_CONTEXT (meeting->other)));
  g_assert_true (gctx_scope_cancel (meeting->other));
  g_assert_false (gctx_context_is_done (meeting->derived));
  if (meeting->asked != NULL)
    {
      meeting->n_first++;
      g_assert_false (g_cancellable_is_cancelled (meeting->asked));
    }
  clear (meeting);
}

static void
test_forget_against_derive (void)
{
  g_test_summary ("rule 7: what is derived while the scope is forgotten knows that nothing can end it");
  run (set_up_plain, derive_here, unref_scope_there, check_endless, "derived before", NULL);
}

/* --- Siblings --- */

static void
set_up_siblings (gpointer data)
{
  Meeting *meeting = data;
  guint i;

  set_up_scope (data);
  for (i = 0; i < G_N_ELEMENTS (meeting->siblings); i++)
    {
      meeting->siblings[i] = gctx_scope_new (GCTX_CONTEXT (meeting->scope));
      gctx_context_get_cancellable (GCTX_CONTEXT (meeting->siblings[i]));
      if (i == 3)
        meeting->created = gctx_context_create_cancellable (GCTX_CONTEXT (meeting->scope));
    }
}

static void
unref_even_there (gpointer data)
{
  Meeting *meeting = data;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (meeting->siblings); i += 2)
    g_clear_object (&meeting->siblings[i]);
}

static void
unref_odd_here (gpointer data)
{
  Meeting *meeting = data;
  guint i;

  for (i = 1; i < G_N_ELEMENTS (meeting->siblings) - 2; i += 2)
    g_clear_object (&meeting->siblings[i]);
}

static void
check_siblings (gpointer data)
{
  Meeting *meeting = data;
  GCtxContext *last = GCTX_CONTEXT (meeting->siblings[G_N_ELEMENTS (meeting->siblings) - 1]);

  meeting->here = gctx_scope_cancel (meeting->scope);
  g_assert_true (meeting->here == !g_atomic_int_get (&meeting->ended));
  g_assert_true (g_cancellable_is_cancelled (meeting->created));
  g_assert_true (gctx_context_is_done (last));
  g_assert_true (g_cancellable_is_cancelled (gctx_context_get_cancellable (last)));
  clear (meeting);
}

static void
test_siblings (void)
{
  g_test_summary ("rule 7: siblings go in two threads, and those that stay are told");
  run (set_up_siblings, unref_odd_here, unref_even_there, check_siblings, NULL, NULL);
}

static void
test_cancel_against_siblings (void)
{
  g_test_summary ("rules 5, 7: siblings go while their parent is cancelled, and those that stay are told");
  run (set_up_siblings, cancel_scope_here, unref_even_there, check_siblings, NULL, NULL);
}

/* A chain of which each link is the last to hold the one above. */
static void
set_up_chain (gpointer data)
{
  Meeting *meeting = data;
  GCtxContext *parent;
  guint i;

  set_up_value (data);
  g_clear_object (&meeting->asked);
  parent = meeting->context;
  for (i = 0; i < G_N_ELEMENTS (meeting->siblings); i++)
    {
      meeting->siblings[i] = gctx_scope_new (parent);
      parent = GCTX_CONTEXT (meeting->siblings[i]);
    }
  g_clear_object (&meeting->context);
}

static void
unref_upwards_here (gpointer data)
{
  Meeting *meeting = data;
  guint i;

  for (i = G_N_ELEMENTS (meeting->siblings); i-- > 4; )
    g_clear_object (&meeting->siblings[i]);
}

static void
unref_downwards_there (gpointer data)
{
  Meeting *meeting = data;
  guint i;

  for (i = 0; i < 4; i++)
    g_clear_object (&meeting->siblings[i]);
}

static void
check_chain (gpointer data)
{
  Meeting *meeting = data;

  g_assert_null (meeting->value);
  test_assert_last_unref (g_steal_pointer (&meeting->scope));
  clear (meeting);
}

static void
test_chain (void)
{
  g_test_summary ("rules 5, 18: a chain goes from both ends; its value is released once");
  run (set_up_chain, unref_upwards_here, unref_downwards_there, check_chain, NULL, NULL);
}

/* --- Values --- */

#define N_KEYS 40

typedef struct
{
  GCtxKey     *keys[N_KEYS];
  guint        n_keys;
  GCtxContext *looked_at;
  GCtxContext *dropped;
  int          n_alive;
} Sharing;

static void
value_gone (gpointer  data,
            GObject  *object)
{
  g_atomic_int_add (&((Sharing *) data)->n_alive, -1);
}

static void
take_value (Sharing *sharing,
            GValue  *value)
{
  GObject *object = g_object_new (G_TYPE_OBJECT, NULL);

  g_object_weak_ref (object, value_gone, sharing);
  sharing->n_alive++;
  g_value_init (value, G_TYPE_OBJECT);
  g_value_take_object (value, object);
}

/* One context with all of the values and one below it that hides the first:
 * they share what is below them both. */
static void
sharing_set_up (gpointer data)
{
  Sharing *sharing = data;
  GValue values[N_KEYS] = { G_VALUE_INIT };
  guint i;

  for (i = 0; i < sharing->n_keys; i++)
    take_value (sharing, &values[i]);
  sharing->dropped = gctx_context_with_valuesv (gctx_context_background (), sharing->keys, sharing->n_keys,
                                                values, sharing->n_keys);
  g_value_unset (&values[0]);
  take_value (sharing, &values[0]);
  sharing->looked_at = gctx_context_with_value (sharing->dropped, sharing->keys[0], &values[0]);
  for (i = 0; i < sharing->n_keys; i++)
    g_value_unset (&values[i]);
}

static void
sharing_look_here (gpointer data)
{
  Sharing *sharing = data;
  guint i;

  for (i = 0; i < sharing->n_keys; i++)
    g_assert_true (G_IS_OBJECT (gctx_context_get_object (sharing->looked_at, sharing->keys[i])));
}

static void
sharing_look_and_drop_here (gpointer data)
{
  sharing_look_here (data);
  g_object_unref (((Sharing *) data)->looked_at);
}

static void
sharing_drop_there (gpointer data)
{
  g_object_unref (((Sharing *) data)->dropped);
}

static void
sharing_check (gpointer data)
{
  Sharing *sharing = data;

  sharing_look_here (data);
  g_assert_cmpint (sharing->n_alive, >=, sharing->n_keys);
  g_object_unref (sharing->looked_at);
  g_assert_cmpint (sharing->n_alive, ==, 0);
}

static void
sharing_check_gone (gpointer data)
{
  g_assert_cmpint (((Sharing *) data)->n_alive, ==, 0);
}

static void
run_sharing (guint        n_keys,
             TestRaceFunc here,
             TestRaceFunc check)
{
  Sharing sharing = { .n_keys = n_keys };
  guint i;

  for (i = 0; i < n_keys; i++)
    sharing.keys[i] = gctx_key_new ("key", G_TYPE_OBJECT);
  test_race (sharing_set_up, here, sharing_drop_there, check, &sharing);
  for (i = 0; i < n_keys; i++)
    gctx_key_unref (sharing.keys[i]);
}

static void
test_look_up_against_drop (gconstpointer data)
{
  g_test_summary ("rule 18: values are looked up while another context goes that shares them");
  run_sharing (GPOINTER_TO_UINT (data), sharing_look_here, sharing_check);
}

static void
test_look_up_and_drop_against_drop (gconstpointer data)
{
  g_test_summary ("rule 18: two contexts that share values go at once, and each value once");
  run_sharing (GPOINTER_TO_UINT (data), sharing_look_and_drop_here, sharing_check_gone);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/race-life/cancel/last-unref", test_cancel_against_last_unref);
  g_test_add_func ("/gctx/race-life/close/unref-of-another-holder", test_close_against_last_unref);
  g_test_add_func ("/gctx/race-life/last-unref/last-unref", test_last_unref_against_last_unref);
  g_test_add_func ("/gctx/race-life/forget/derive", test_forget_against_derive);
  g_test_add_func ("/gctx/race-life/siblings/siblings", test_siblings);
  g_test_add_func ("/gctx/race-life/siblings/cancel", test_cancel_against_siblings);
  g_test_add_func ("/gctx/race-life/chain", test_chain);
  g_test_add_data_func ("/gctx/race-life/values/look-up/few", GUINT_TO_POINTER (3), test_look_up_against_drop);
  g_test_add_data_func ("/gctx/race-life/values/look-up/many", GUINT_TO_POINTER (N_KEYS), test_look_up_against_drop);
  g_test_add_data_func ("/gctx/race-life/values/drop/few", GUINT_TO_POINTER (3), test_look_up_and_drop_against_drop);
  g_test_add_data_func ("/gctx/race-life/values/drop/many", GUINT_TO_POINTER (N_KEYS),
                        test_look_up_and_drop_against_drop);

  return g_test_run ();
}
