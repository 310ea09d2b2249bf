/* test-reentrancy.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-util.h"

#define HOUR_USEC ((gint64) 3600 * G_USEC_PER_SEC)

#define TEST_DOMAIN (g_quark_from_static_string ("gctx-test"))

/* A boxed value whose copies and ends are foreign code. */
typedef struct _Tripwire Tripwire;

struct _Tripwire
{
  gatomicrefcount ref_count;
  void (*on_free) (gpointer data);
  gpointer data;
};

static Tripwire *
tripwire_new (void (*on_free) (gpointer data),
              gpointer data)
{
  Tripwire *self = g_new0 (Tripwire, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->on_free = on_free;
  self->data = data;
  return self;
}

static Tripwire *
tripwire_ref (Tripwire *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

static void
tripwire_unref (Tripwire *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  self->on_free (self->data);
  g_free (self);
}

GType tripwire_get_type (void);

G_DEFINE_BOXED_TYPE (Tripwire, tripwire, tripwire_ref, tripwire_unref)

GCTX_DEFINE_KEY (tripwire_key, "tripwire", tripwire_get_type ())
GCTX_DEFINE_KEY (user_key, "user", G_TYPE_STRING)

/* A family of three, and how often foreign code used all of it. */
typedef struct
{
  GCtxScope *parent;
  GCtxScope *self;
  GCtxScope *child;
  int n_used;
} Family;

static void
family_init_below (Family      *family,
                   GCtxContext *above)
{
  family->parent = gctx_scope_new_full (above, g_get_monotonic_time () + HOUR_USEC, NULL,
                                        user_key (), "ada", NULL);
  family->self = gctx_scope_new (GCTX_CONTEXT (family->parent));
  family->child = gctx_scope_new (GCTX_CONTEXT (family->self));
  family->n_used = 0;
}

static void
family_init (Family *family)
{
  family_init_below (family, gctx_context_background ());
}

static void
family_clear (Family *family)
{
  g_clear_object (&family->child);
  g_clear_object (&family->self);
  g_clear_object (&family->parent);
}

static void
never (GCtxContext *context,
       gpointer     data)
{
  g_assert_true (gctx_context_is_done (context));
}

static gboolean
never_source (GCtxContext *context,
              gpointer     data)
{
  return G_SOURCE_REMOVE;
}

static void
on_wait (GObject      *source_object,
         GAsyncResult *result,
         gpointer      data)
{
  g_assert_true (gctx_context_wait_finish (GCTX_CONTEXT (source_object), result, NULL));
}

static void
on_sleep (GObject      *source_object,
          GAsyncResult *result,
          gpointer      data)
{
  gctx_context_sleep_finish (GCTX_CONTEXT (source_object), result, NULL);
}

static void
read_everything (GCtxContext *context)
{
  g_autofree char *path = gctx_context_to_string (context);
  GTimeSpan remaining;
  gint64 deadline;

  gctx_context_is_done (context);
  gctx_context_check (context, NULL);
  gctx_context_get_error (context);
  gctx_context_get_cause (context);
  gctx_context_get_deadline (context, &deadline);
  gctx_context_get_remaining (context, &remaining);
  gctx_context_get_remaining_msec (context);
  g_assert_cmpstr (gctx_context_get_string (context, user_key ()), ==, "ada");
  g_assert_true (gctx_context_has_value (context, user_key ()));
  g_assert_nonnull (gctx_context_get_value (context, user_key ()));
  g_assert_nonnull (path);
}

static void
derive_everything (GCtxContext *context)
{
  g_autoptr (GCtxContext) value = gctx_context_with_values (context, user_key (), "bob", NULL);
  g_autoptr (GCtxContext) timed = gctx_context_with_timeout (context, HOUR_USEC / 2);
  g_autoptr (GCtxContext) past = gctx_context_with_deadline (context, 0);
  g_autoptr (GCtxContext) cut = gctx_context_without_cancel (context);
  GCtxContext *several[] = { value, timed, cut };
  g_autoptr (GCtxContext) any = gctx_context_any (several, G_N_ELEMENTS (several));
  g_autoptr (GCtxScopeCloser) scope = gctx_scope_new (any);
  g_autoptr (GCtxScope) full =
    gctx_scope_new_full (context, g_get_monotonic_time () + HOUR_USEC / 3, NULL,
                         user_key (), "bob", NULL);
  GCancellable *cancellable = gctx_context_get_cancellable (GCTX_CONTEXT (full));
  g_autoptr (GCtxContext) back = gctx_context_from_cancellable (cancellable);

  g_assert_true (gctx_context_is_done (past));
  g_assert_true (gctx_scope_cancel (scope) == !gctx_context_is_done (context));
  gctx_scope_cancel (full);
  g_assert_true (gctx_context_is_done (back));
  g_assert_true (g_cancellable_is_cancelled (cancellable));
}

static void
ask_everything (GCtxContext *context)
{
  gboolean was_done = gctx_context_is_done (context);
  GCancellable *cancellable = gctx_context_get_cancellable (context);
  g_autoptr (GCancellable) created = gctx_context_create_cancellable (context);
  g_autoptr (GCtxContext) back = gctx_context_from_cancellable (cancellable);
  g_autoptr (GSource) source = gctx_context_create_source (context);
  g_autoptr (GSource) attached = gctx_context_create_source (context);
  g_autoptr (GError) cancelled = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "");
  g_autoptr (GError) translated = gctx_context_translate_error (context, cancelled);
  g_autoptr (GError) dest = NULL;
  gulong id;

  g_assert_nonnull (source);
  g_assert_error (translated, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_true (g_cancellable_is_cancelled (created) == was_done);
  g_assert_true (gctx_context_is_done (back) == was_done);
  g_source_set_callback (attached, G_SOURCE_FUNC (never_source), NULL, NULL);
  g_source_attach (attached, NULL);
  g_source_destroy (attached);
  id = gctx_context_add_after_func (context, never, NULL, NULL);
  gctx_context_remove_after_func (context, id);
  gctx_context_add_after_func_full (context, NULL, G_PRIORITY_LOW, never, NULL, NULL);
  gctx_context_propagate_error (context, &dest, g_steal_pointer (&cancelled));
  gctx_context_wait_async (context, NULL, on_wait, NULL);
  gctx_context_sleep_async (context, HOUR_USEC, NULL, on_sleep, NULL);
  g_assert_true (gctx_context_sleep (context, 1, NULL) == !was_done);
  if (was_done)
    gctx_context_wait (context);
}

static void
use_everything (Family *family)
{
  GCtxScope *members[] = { family->parent, family->self, family->child };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (members); i++)
    {
      read_everything (GCTX_CONTEXT (members[i]));
      derive_everything (GCTX_CONTEXT (members[i]));
      ask_everything (GCTX_CONTEXT (members[i]));
      gctx_scope_has_expired (members[i]);
    }
  family->n_used++;
}

static void
use_and_end (Family *family)
{
  g_autoptr (GError) cause = g_error_new_literal (TEST_DOMAIN, 1, "from inside");

  use_everything (family);
  gctx_scope_cancel (family->child);
  use_everything (family);
  gctx_scope_cancel_with_cause (family->parent, cause);
  gctx_scope_cancel (family->self);
  use_everything (family);
  g_assert_true (gctx_context_is_done (GCTX_CONTEXT (family->self)));
}

static void
on_cancelled (GCancellable *cancellable,
              gpointer      data)
{
  use_and_end (data);
}

static void
on_after (GCtxContext *context,
          gpointer     data)
{
  use_and_end (data);
}

static gboolean
on_source (GCtxContext *context,
           gpointer     data)
{
  use_and_end (data);
  return G_SOURCE_REMOVE;
}

static void
on_destroy (gpointer data)
{
  use_and_end (data);
}

static void
on_weak (gpointer  data,
         GObject  *where_it_was)
{
  use_and_end (data);
}

static void
finish (Family *family,
        int     n_used)
{
  g_assert_cmpint (family->n_used, ==, n_used);
  family_clear (family);
  test_iterate_pending (NULL);
}

static void
test_cancelled_handler (void)
{
  Family family;

  g_test_summary ("rule 4: everything can be called from inside a `cancelled` handler");

  family_init (&family);
  g_cancellable_connect (gctx_context_get_cancellable (GCTX_CONTEXT (family.self)),
                         G_CALLBACK (on_cancelled), &family, NULL);
  g_cancellable_connect (gctx_context_get_cancellable (GCTX_CONTEXT (family.child)),
                         G_CALLBACK (on_cancelled), &family, NULL);
  g_assert_true (gctx_scope_cancel (family.self));
  g_assert_true (gctx_context_is_done (GCTX_CONTEXT (family.parent)));
  finish (&family, 6);
}

static void
test_after_func (void)
{
  Family family;

  g_test_summary ("rule 4: everything can be called from inside an after-func and its destroy");

  family_init (&family);
  gctx_context_add_after_func (GCTX_CONTEXT (family.self), on_after, &family, on_destroy);
  g_assert_true (gctx_scope_cancel (family.self));
  test_iterate_pending (NULL);
  finish (&family, 6);
}

static void
test_destroy_notify (void)
{
  Family family;
  gulong id;

  g_test_summary ("rule 4: everything can be called from the destroy notify of what never ran");

  family_init (&family);
  id = gctx_context_add_after_func (GCTX_CONTEXT (family.self), never, &family, on_destroy);
  g_assert_true (gctx_context_remove_after_func (GCTX_CONTEXT (family.self), id));
  g_assert_cmpint (family.n_used, ==, 3);
  gctx_context_add_after_func (gctx_context_background (), never, &family, on_destroy);
  finish (&family, 6);
}

static void
test_source (void)
{
  Family family;
  GSource *source;

  g_test_summary ("rule 4: everything can be called from inside a source and its destroy");

  family_init (&family);
  source = gctx_context_create_source (GCTX_CONTEXT (family.self));
  g_source_set_callback (source, G_SOURCE_FUNC (on_source), &family, on_destroy);
  g_source_attach (source, NULL);
  g_source_unref (source);
  g_assert_true (gctx_scope_cancel (family.self));
  test_iterate_pending (NULL);
  finish (&family, 6);
}

static void
test_free_of_a_value (void)
{
  Family family;
  GCtxContext *value;
  GCancellable *cancellable;
  Tripwire *tripwire;
  int i;

  g_test_summary ("rule 4: everything can be called while a value is freed");

  /* The last to see the value is a context, a scope below it, a cancellable. */
  for (i = 0; i < 3; i++)
    {
      family_init (&family);
      tripwire = tripwire_new (on_destroy, &family);
      value = gctx_context_with_values (GCTX_CONTEXT (family.self),
                                        tripwire_key (), tripwire, NULL);
      tripwire_unref (tripwire);
      cancellable = g_object_ref (gctx_context_get_cancellable (value));
      if (i == 1)
        {
          GCtxContext *below = GCTX_CONTEXT (gctx_scope_new (value));

          g_object_unref (value);
          value = below;
        }
      g_assert_cmpint (family.n_used, ==, 0);
      if (i == 2)
        g_clear_object (&value);
      g_clear_object (&cancellable);
      g_clear_object (&value);
      finish (&family, 3);
    }
}

static void
test_weak_notify (void)
{
  Family family;
  GCtxScope *watched;
  GCtxContext *plain;

  g_test_summary ("rule 4: everything can be called from the weak notifies of our objects");

  family_init (&family);
  watched = gctx_scope_new (GCTX_CONTEXT (family.self));
  plain = gctx_context_with_values (GCTX_CONTEXT (watched), NULL);
  g_object_weak_ref (G_OBJECT (watched), on_weak, &family);
  g_object_weak_ref (G_OBJECT (plain), on_weak, &family);
  g_object_weak_ref (G_OBJECT (gctx_context_get_cancellable (GCTX_CONTEXT (watched))),
                     on_weak, &family);
  g_object_weak_ref (G_OBJECT (gctx_context_get_cancellable (plain)), on_weak, &family);
  g_object_unref (plain);
  g_object_unref (watched);
  finish (&family, 12);
}

static void
on_toggle (gpointer  data,
           GObject  *object,
           gboolean  is_last_ref)
{
  use_everything (data);
}

static void
test_toggle_notify (void)
{
  Family family;
  GCtxContext *value;
  GCancellable *cancellable;

  g_test_summary ("rule 4: everything can be called from toggle notifies, as bindings have them");

  family_init (&family);
  value = gctx_context_with_timeout (GCTX_CONTEXT (family.self), HOUR_USEC / 2);
  cancellable = gctx_context_create_cancellable (value);
  g_object_add_toggle_ref (G_OBJECT (value), on_toggle, &family);
  g_object_add_toggle_ref (G_OBJECT (cancellable), on_toggle, &family);
  g_object_unref (cancellable);
  g_object_unref (value);

  /* Whatever the library itself holds for a moment toggles again: under the
   * cancel, the wake-up of a source, the run of an after-func. */
  gctx_context_add_after_func (value, never, NULL, NULL);
  gctx_scope_cancel (family.parent);
  test_iterate_pending (NULL);
  g_assert_true (g_cancellable_is_cancelled (cancellable));
  g_assert_cmpint (family.n_used, >=, 2);

  g_object_remove_toggle_ref (G_OBJECT (cancellable), on_toggle, &family);
  g_object_remove_toggle_ref (G_OBJECT (value), on_toggle, &family);
  family_clear (&family);
  test_iterate_pending (NULL);
}

/* A cause with private data: to copy it and to free it is foreign code. */
static Family *cause_family;
static int n_causes;

static void
cause_init (GError *error)
{
  n_causes++;
}

static void
use_from_the_cause (void)
{
  Family *family = g_steal_pointer (&cause_family);

  if (family == NULL)
    return;
  use_and_end (family);
  cause_family = family;
}

static void
cause_copy (const GError *src,
            GError       *dest)
{
  use_from_the_cause ();
}

static void
cause_clear (GError *error)
{
  n_causes--;
  use_from_the_cause ();
}

static void
test_copy_of_a_cause (void)
{
  GQuark domain = g_error_domain_register_static ("gctx-test-cause", sizeof (gpointer),
                                                  cause_init, cause_copy, cause_clear);
  GError *cause = g_error_new_literal (domain, 1, "a cause that talks back");
  GError *copy = NULL;
  GCtxScope *scope, *timed;
  Family family;

  g_test_summary ("rule 4: everything can be called while a cause is copied or freed");

  family_init (&family);
  scope = gctx_scope_new (gctx_context_background ());
  timed = gctx_scope_new_with_timeout_cause (GCTX_CONTEXT (scope), HOUR_USEC, cause);
  cause_family = &family;
  g_assert_true (gctx_scope_cancel_with_cause (scope, cause));
  g_assert_false (gctx_scope_cancel_with_cause (scope, cause));
  g_assert_false (gctx_scope_cancel_with_cause (timed, cause));
  copy = gctx_context_translate_error (GCTX_CONTEXT (scope), cause);
  g_error_free (copy);
  g_object_unref (timed);
  g_object_unref (scope);
  g_error_free (cause);
  cause_family = NULL;
  g_assert_cmpint (n_causes, ==, 0);
  g_assert_cmpint (family.n_used, >, 0);
  family_clear (&family);
  test_iterate_pending (NULL);
}

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

static void
test_foreign_emission (void)
{
  g_autoptr (GCancellable) foreign = g_cancellable_new ();
  Family family;
  GCtxContext *adopted;

  g_test_summary ("rule 4: everything can be called from inside an adopted cancellable's emission");

  g_signal_connect (foreign, "cancelled", G_CALLBACK (on_cancelled), &family);
  adopted = gctx_context_from_cancellable (foreign);
  g_signal_connect (foreign, "cancelled", G_CALLBACK (on_cancelled), &family);
  family_init_below (&family, adopted);
  g_assert_nonnull (gctx_context_get_cancellable (GCTX_CONTEXT (family.child)));
  g_cancellable_cancel (foreign);
  g_assert_true (gctx_context_is_done (adopted));
  g_object_unref (adopted);
  finish (&family, 6);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/reentrancy/cancelled-handler", test_cancelled_handler);
  g_test_add_func ("/gctx/reentrancy/after-func", test_after_func);
  g_test_add_func ("/gctx/reentrancy/destroy-notify", test_destroy_notify);
  g_test_add_func ("/gctx/reentrancy/source", test_source);
  g_test_add_func ("/gctx/reentrancy/free-of-a-value", test_free_of_a_value);
  g_test_add_func ("/gctx/reentrancy/weak-notify", test_weak_notify);
  g_test_add_func ("/gctx/reentrancy/toggle-notify", test_toggle_notify);
  g_test_add_func ("/gctx/reentrancy/copy-of-a-cause", test_copy_of_a_cause);
  g_test_add_func ("/gctx/reentrancy/last-references/in-a-handler",
                   test_last_references_in_a_handler);
  g_test_add_func ("/gctx/reentrancy/last-references/in-an-after-func",
                   test_last_references_in_an_after_func);
  g_test_add_func ("/gctx/reentrancy/cancels-in-cancels", test_cancels_in_cancels);
  g_test_add_func ("/gctx/reentrancy/foreign-emission", test_foreign_emission);

  return g_test_run ();
}
