/* test-toggle.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Before GLib 2.80 a toggle notify may run while GLib looks up a weak
 * reference, with a lock of the process held that guards all of those. GCtx
 * looks one up when it cancels a cancellable whose context is gone. What is
 * called from such a notify must neither set nor clear a weak reference just
 * then, or it would never return. */

#include "test-after-func.h"

typedef struct
{
  GCtxScope    *parent;
  GCancellable *cancellable;
  void        (*act) (gpointer data);
  gpointer      data;
  int           n_acted;
} Toggle;

/* Acts when somebody takes a reference beside the toggle reference. */
static void
on_toggle (gpointer  data,
           GObject  *object,
           gboolean  is_last)
{
  Toggle *toggle = data;

  if (is_last || toggle->act == NULL)
    return;

  toggle->n_acted++;
  toggle->act (toggle->data);
  toggle->act = NULL;
}

/* A cancellable whose context is gone and that only a toggle reference holds. */
static void
toggle_init (Toggle   *toggle,
             void    (*act) (gpointer data),
             gpointer  data)
{
  GCtxScope *gone;

  toggle->parent = gctx_scope_new (gctx_context_background ());
  gone = gctx_scope_new (GCTX_CONTEXT (toggle->parent));
  toggle->cancellable = gctx_context_get_cancellable (GCTX_CONTEXT (gone));
  toggle->act = NULL;
  toggle->n_acted = 0;
  g_object_add_toggle_ref (G_OBJECT (toggle->cancellable), on_toggle, toggle);
  g_object_unref (gone);

  toggle->act = act;
  toggle->data = data;
}

/* Ends it: @act runs when the library takes its reference. */
static void
toggle_end (gpointer data)
{
  Toggle *toggle = data;

  g_assert_true (gctx_scope_cancel (toggle->parent));
  g_assert_cmpint (toggle->n_acted, ==, 1);
  g_assert_true (g_cancellable_is_cancelled (toggle->cancellable));
}

static void
toggle_clear (Toggle *toggle)
{
  g_object_remove_toggle_ref (G_OBJECT (toggle->cancellable), on_toggle, toggle);
  test_assert_last_unref (toggle->parent);
}

static void
act_in_toggle_notify (void   (*act) (gpointer data),
                      gpointer data)
{
  Toggle toggle;

  toggle_init (&toggle, act, data);
  toggle_end (&toggle);
  toggle_clear (&toggle);
}

/* --- What the notify does --- */

static void
drop (gpointer data)
{
  g_object_unref (data);
}

static void
test_drops_context (void)
{
  GCtxScope *parent = gctx_scope_new (gctx_context_background ());
  GCtxContext *child = gctx_context_with_timeout (GCTX_CONTEXT (parent), G_TIME_SPAN_HOUR);
  g_autoptr (GCancellable) handed_out = g_object_ref (gctx_context_get_cancellable (child));
  gpointer weak = child;

  g_test_summary ("rules 4, 7: a context dropped in a toggle notify leaves its cancellable in force");

  g_object_add_weak_pointer (G_OBJECT (child), &weak);
  act_in_toggle_notify (drop, child);
  g_assert_null (weak);
  g_assert_false (g_cancellable_is_cancelled (handed_out));

  g_assert_true (gctx_scope_cancel (parent));
  g_assert_true (g_cancellable_is_cancelled (handed_out));
  test_assert_last_unref (parent);
}

typedef struct
{
  GCtxScope *scope;
  Call       call;
  gulong     id;
} Adding;

static void
add_after_func (gpointer data)
{
  Adding *adding = data;

  adding->id = gctx_context_add_after_func (GCTX_CONTEXT (adding->scope), call_run,
                                            &adding->call, call_destroy);
}

static void
remove_after_func (gpointer data)
{
  Adding *adding = data;

  g_assert_true (gctx_context_remove_after_func (GCTX_CONTEXT (adding->scope), adding->id));
}

/* It is given a plain context, because no weak reference could be set. */
static void
test_adds_after_func (void)
{
  Adding adding = { gctx_scope_new (gctx_context_background ()), call_init (NULL), 0 };

  g_test_summary ("rules 2, 4: an after-func added in a toggle notify runs once");

  act_in_toggle_notify (add_after_func, &adding);
  g_assert_cmpuint (adding.id, !=, 0);
  test_iterate_pending (NULL);
  call_assert (&adding.call, 0, 0);

  g_assert_true (gctx_scope_cancel (adding.scope));
  test_iterate_pending (NULL);
  call_assert (&adding.call, 1, 1);
  test_assert_last_unref (adding.scope);
}

static void
test_removes_after_func (void)
{
  Adding adding = { gctx_scope_new (gctx_context_background ()), { NULL }, 0 };

  g_test_summary ("rules 2, 4: an after-func removed in a toggle notify never runs, and is destroyed in there");

  adding.call = call_init (GCTX_CONTEXT (adding.scope));
  add_after_func (&adding);
  act_in_toggle_notify (remove_after_func, &adding);
  call_assert (&adding.call, 0, 1);

  g_assert_true (gctx_scope_cancel (adding.scope));
  test_iterate_pending (NULL);
  call_assert (&adding.call, 0, 1);
  test_assert_last_unref (adding.scope);
}

static void
test_nested (void)
{
  Adding adding = { gctx_scope_new (gctx_context_background ()), { NULL }, 0 };
  Toggle inner;

  g_test_summary ("rules 2, 4: what is called in a toggle notify may end in another one, which removes an after-func");

  adding.call = call_init (GCTX_CONTEXT (adding.scope));
  add_after_func (&adding);
  toggle_init (&inner, remove_after_func, &adding);
  act_in_toggle_notify (toggle_end, &inner);
  call_assert (&adding.call, 0, 1);
  toggle_clear (&inner);
  test_assert_last_unref (adding.scope);
}

static void
test_drops_scope_with_after_func (void)
{
  Adding adding = { NULL, call_init (NULL), 0 };

  g_test_summary ("rules 4, 7: a scope dropped in a toggle notify takes its after-func with it, uncalled");

  /* g_object_unref () itself takes the lock of the weak references then. */
  if (glib_check_version (2, 80, 0) != NULL)
    {
      g_test_skip ("this GLib waits for itself");
      return;
    }

  adding.scope = gctx_scope_new (gctx_context_background ());
  add_after_func (&adding);
  act_in_toggle_notify (drop, adding.scope);
  test_iterate_pending (NULL);
  call_assert (&adding.call, 0, 1);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/toggle/drops-context", test_drops_context);
  g_test_add_func ("/gctx/toggle/adds-after-func", test_adds_after_func);
  g_test_add_func ("/gctx/toggle/removes-after-func", test_removes_after_func);
  g_test_add_func ("/gctx/toggle/nested", test_nested);
  g_test_add_func ("/gctx/toggle/drops-scope-with-after-func", test_drops_scope_with_after_func);

  return g_test_run ();
}
