/* test-reentrancy-life.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-everything.h"

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

static void
on_free (gpointer data)
{
  use_and_end (data);
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
      tripwire = tripwire_new (on_free, &family);
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
      g_assert_cmpint (family.n_used, ==, 3);
      family_clear (&family);
      test_iterate_pending (NULL);
    }
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

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  family_connect_peers ();

  g_test_add_func ("/gctx/reentrancy-life/free-of-a-value", test_free_of_a_value);
  g_test_add_func ("/gctx/reentrancy-life/copy-of-a-cause", test_copy_of_a_cause);

  return g_test_run ();
}
