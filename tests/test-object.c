/* test-object.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Scopes that end when an object is disposed. */

#include "test-util.h"

GCTX_DEFINE_KEY (object_key, "object", G_TYPE_OBJECT)

#define assert_critical(statement) \
  G_STMT_START { \
    g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_CRITICAL, "*"); \
    statement; \
    g_test_assert_expected_messages (); \
  } G_STMT_END

static gpointer
object_new (void)
{
  return g_object_new (G_TYPE_SIMPLE_ACTION_GROUP, NULL);
}

static void
assert_live (gpointer context)
{
  g_assert_false (gctx_context_is_done (context));
}

static void
assert_ended_by_object (gpointer context)
{
  g_assert_true (gctx_context_is_done (context));
  g_assert_error (gctx_context_get_error (context), G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_error (gctx_context_get_cause (context), G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_assert_cmpstr (gctx_context_get_cause (context)->message, ==, "The GSimpleActionGroup was disposed");
}

static GCtxScope *
scope_new (GObject *object)
{
  return gctx_scope_new_for_object (gctx_context_background (), object);
}

static void
test_last_unref (void)
{
  GObject *object = object_new ();
  g_autoptr (GCtxScopeCloser) scope = scope_new (object);
  g_autoptr (GCtxContext) child = gctx_context_with_timeout (GCTX_CONTEXT (scope), G_TIME_SPAN_HOUR);
  GCancellable *cancellable = gctx_context_get_cancellable (child);
  g_autoptr (GError) error = NULL;

  g_test_summary ("the last unref of an object ends its scope and says what it was");

  g_assert_cmpuint (object->ref_count, ==, 1);
  assert_live (scope);
  test_assert_last_unref (object);
  assert_ended_by_object (scope);
  assert_ended_by_object (child);
  g_assert_true (g_cancellable_is_cancelled (cancellable));
  g_assert_false (gctx_context_check (child, &error));
  g_assert_nonnull (strstr (error->message, "GSimpleActionGroup"));
}

static void
test_run_dispose (void)
{
  GObject *object = object_new ();
  g_autoptr (GCtxScopeCloser) scope = scope_new (object);
  g_autoptr (GCtxScopeCloser) later = NULL;

  g_test_summary ("an object that is disposed and lives on ends its scope, once more when it goes");

  g_object_run_dispose (object);
  assert_ended_by_object (scope);

  later = scope_new (object);
  assert_live (later);
  g_object_run_dispose (object);
  assert_ended_by_object (later);

  g_clear_pointer (&later, gctx_scope_close);
  later = scope_new (object);
  test_assert_last_unref (object);
  assert_ended_by_object (later);
}

/* Whether what the scope was made of is freed shows by a value. */
static void
check_nothing_left (GObject    *object,
                    gboolean    close)
{
  GObject *value = g_object_new (G_TYPE_OBJECT, NULL);
  GCtxContext *parent = gctx_context_with_values (gctx_context_background (), object_key (), value, NULL);
  GCtxScope *scope = gctx_scope_new_for_object (parent, object);

  g_object_add_weak_pointer (value, (gpointer *) &value);
  g_object_unref (value);
  g_object_unref (parent);
  g_assert_nonnull (value);
  g_assert_true (gctx_context_get_object (GCTX_CONTEXT (scope), object_key ()) == value);
  if (close)
    gctx_scope_close (scope);
  else
    g_object_unref (scope);
  g_assert_null (value);
  g_assert_cmpuint (object->ref_count, ==, 1);
}

static void
test_scope_first (void)
{
  GObject *object = object_new ();
  int i;

  g_test_summary ("rule 7: a scope that goes first leaves nothing that waits for the object");

  for (i = 0; i < 100; i++)
    check_nothing_left (object, i % 2 == 0);
  test_assert_last_unref (object);
}

static void
test_cancelled_first (void)
{
  GObject *object = object_new ();
  g_autoptr (GCtxScope) scope = scope_new (object);
  g_autoptr (GError) cause = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_BUSY, "enough");

  g_test_summary ("rule 1: the cause that was first stays");

  g_assert_true (gctx_scope_cancel_with_cause (scope, cause));
  test_assert_last_unref (object);
  g_assert_error (gctx_context_get_cause (GCTX_CONTEXT (scope)), G_IO_ERROR, G_IO_ERROR_BUSY);
}

static void
test_forgotten (void)
{
  GObject *object = object_new ();
  GCtxScope *scope = scope_new (object);
  g_autoptr (GCancellable) cancellable = g_object_ref (gctx_context_get_cancellable (GCTX_CONTEXT (scope)));
  g_autoptr (GCtxContext) seen = NULL;

  g_test_summary ("rule 7: an operation started with the cancellable ends with the object, without the scope");

  test_assert_last_unref (scope);
  g_assert_false (g_cancellable_is_cancelled (cancellable));
  seen = gctx_context_from_cancellable (cancellable);
  test_assert_last_unref (object);
  g_assert_true (g_cancellable_is_cancelled (cancellable));
  assert_ended_by_object (seen);
}

static void
on_after (GCtxContext *context,
          gpointer     data)
{
  assert_ended_by_object (context);
  ++*(int *) data;
}

static void
test_after_func (void)
{
  GObject *object = object_new ();
  g_autoptr (GCtxScope) scope = scope_new (object);
  g_autoptr (GCtxContext) child = gctx_context_with_values (GCTX_CONTEXT (scope), NULL);
  int n_ran = 0;

  g_test_summary ("after-funcs never run inside dispose (), and run though the scope was forgotten");

  g_assert_cmpuint (gctx_context_add_after_func (GCTX_CONTEXT (scope), on_after, &n_ran, NULL), !=, 0);
  g_assert_cmpuint (gctx_context_add_after_func (child, on_after, &n_ran, NULL), !=, 0);
  g_clear_object (&scope);
  g_clear_object (&child);
  test_iterate_pending (NULL);
  g_assert_cmpint (n_ran, ==, 0);
  test_assert_last_unref (object);
  g_assert_cmpint (n_ran, ==, 0);
  test_iterate_pending (NULL);
  g_assert_cmpint (n_ran, ==, 2);
}

static void
test_done_parent (void)
{
  g_autoptr (GCtxScope) parent = gctx_scope_new (gctx_context_background ());
  g_autoptr (GError) cause = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_BUSY, "enough");
  GObject *object = object_new ();
  g_autoptr (GCtxScope) early = gctx_scope_new_for_object (GCTX_CONTEXT (parent), object);
  g_autoptr (GCtxScope) late = NULL;

  g_test_summary ("rules 1 and 6: the end of the parent is the end of the scope, also before it began");

  g_assert_true (gctx_scope_cancel_with_cause (parent, cause));
  late = gctx_scope_new_for_object (GCTX_CONTEXT (parent), object);
  g_assert_error (gctx_context_get_cause (GCTX_CONTEXT (early)), G_IO_ERROR, G_IO_ERROR_BUSY);
  g_assert_error (gctx_context_get_cause (GCTX_CONTEXT (late)), G_IO_ERROR, G_IO_ERROR_BUSY);
  test_assert_last_unref (object);
  g_assert_error (gctx_context_get_cause (GCTX_CONTEXT (early)), G_IO_ERROR, G_IO_ERROR_BUSY);
  g_assert_error (gctx_context_get_cause (GCTX_CONTEXT (late)), G_IO_ERROR, G_IO_ERROR_BUSY);
}

static void
test_one_way (void)
{
  GObject *object = object_new (), *other = object_new ();
  g_autoptr (GCtxScopeCloser) parent = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxScopeCloser) scope = gctx_scope_new_for_object (GCTX_CONTEXT (parent), object);
  g_autoptr (GCtxScopeCloser) beside = gctx_scope_new_for_object (GCTX_CONTEXT (parent), other);

  g_test_summary ("an object ends its own scopes, not those above, nor those of other objects");

  test_assert_last_unref (object);
  assert_ended_by_object (scope);
  assert_live (parent);
  assert_live (beside);
  test_assert_last_unref (other);
  assert_ended_by_object (beside);
}

/* --- Inside dispose () --- */

typedef struct
{
  GObject   *object;
  GCtxScope *scopes[3];
  GCtxScope *late;
  GThread   *thread;
  int        n_ended;
} Family;

static void
on_cancelled (GCancellable *cancellable,
              Family       *family)
{
  family->n_ended++;
  family->thread = g_thread_self ();
  assert_ended_by_object (family->scopes[0]);

  /* All of them are told one after the other: the others may go first, and a
   * new one comes after. */
  if (family->n_ended == 1)
    {
      g_clear_pointer (&family->scopes[1], gctx_scope_close);
      g_assert_cmpint (family->n_ended, ==, 1);
      family->late = scope_new (family->object);
      assert_live (family->late);
    }
}

static gpointer
unref_in_thread (gpointer object)
{
  g_object_unref (object);
  return g_thread_self ();
}

static void
test_inside_dispose (void)
{
  Family family = { .object = object_new () };
  GThread *thread;
  int i;

  g_test_summary ("rule 4: everything works in a handler inside dispose (), in the thread that disposes");

  for (i = 0; i < 3; i++)
    family.scopes[i] = scope_new (family.object);
  for (i = 0; i < 3; i += 2)
    g_signal_connect (gctx_context_get_cancellable (GCTX_CONTEXT (family.scopes[i])), "cancelled",
                      G_CALLBACK (on_cancelled), &family);

  thread = g_thread_new ("unref", unref_in_thread, family.object);
  g_assert_true (g_thread_join (thread) == family.thread);
  g_assert_cmpint (family.n_ended, ==, 2);
  assert_ended_by_object (family.scopes[2]);
  assert_ended_by_object (family.late);
  gctx_scope_close (family.scopes[0]);
  gctx_scope_close (family.scopes[2]);
  gctx_scope_close (family.late);
}

/* An object that makes scopes of itself on its way out. */
typedef GObject      Leaver;
typedef GObjectClass LeaverClass;

static GCtxScope *leaver_scopes[2];
static GType leaver_get_type (void);

G_DEFINE_TYPE (Leaver, leaver, G_TYPE_OBJECT)

static void
leaver_dispose (GObject *object)
{
  leaver_scopes[0] = scope_new (object);
  ((GObjectClass *) leaver_parent_class)->dispose (object);
  g_assert_true (gctx_context_is_done (GCTX_CONTEXT (leaver_scopes[0])));
  leaver_scopes[1] = scope_new (object);
  assert_live (leaver_scopes[1]);
}

static void
leaver_class_init (LeaverClass *klass)
{
  klass->dispose = leaver_dispose;
}

static void
leaver_init (Leaver *self)
{
}

static void
test_made_inside_dispose (void)
{
  GObject *object = g_object_new (leaver_get_type (), NULL);
  int i;

  g_test_summary ("a scope that is made while its object is disposed ends before the object is gone");

  test_assert_last_unref (object);
  for (i = 0; i < 2; i++)
    {
      g_assert_cmpstr (gctx_context_get_cause (GCTX_CONTEXT (leaver_scopes[i]))->message, ==,
                       "The Leaver was disposed");
      gctx_scope_close (leaver_scopes[i]);
    }
}

static void
test_misuse (void)
{
  g_autoptr (GObject) object = object_new ();

  g_test_summary ("rule 20: what is no context or no object is a critical");

  assert_critical (g_assert_null (gctx_scope_new_for_object (NULL, object)));
  assert_critical (g_assert_null (gctx_scope_new_for_object ((GCtxContext *) object, object)));
  assert_critical (g_assert_null (gctx_scope_new_for_object (gctx_context_background (), NULL)));
  g_assert_cmpuint (object->ref_count, ==, 1);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/object/last-unref", test_last_unref);
  g_test_add_func ("/gctx/object/run-dispose", test_run_dispose);
  g_test_add_func ("/gctx/object/scope-first", test_scope_first);
  g_test_add_func ("/gctx/object/cancelled-first", test_cancelled_first);
  g_test_add_func ("/gctx/object/forgotten", test_forgotten);
  g_test_add_func ("/gctx/object/after-func", test_after_func);
  g_test_add_func ("/gctx/object/done-parent", test_done_parent);
  g_test_add_func ("/gctx/object/one-way", test_one_way);
  g_test_add_func ("/gctx/object/inside-dispose", test_inside_dispose);
  g_test_add_func ("/gctx/object/made-inside-dispose", test_made_inside_dispose);
  g_test_add_func ("/gctx/object/misuse", test_misuse);

  return g_test_run ();
}
