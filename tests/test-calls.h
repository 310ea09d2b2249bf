/* test-calls.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "test-family.h"

/* A call of every function of contexts, scopes, keys and values, to be made from
 * inside any callback. Each knows the right answer and leaves nothing behind. */

static inline void
call_get_type (Subject *subject)
{
  g_assert_true (g_type_is_a (gctx_scope_get_type (), gctx_context_get_type ()));
  g_assert_true (g_type_is_a (gctx_group_get_type (), G_TYPE_OBJECT));
  g_assert_true (G_TYPE_IS_BOXED (gctx_key_get_type ()));
}

static inline void
call_roots (Subject *subject)
{
  g_assert_false (gctx_context_is_done (gctx_context_background ()));
  g_assert_false (gctx_context_is_done (gctx_context_todo ()));
}

static inline void
call_with_deadline (Subject *subject)
{
  check_child (subject, gctx_context_with_deadline (subject->context, G_MAXINT64), subject->done);
  check_child (subject, gctx_context_with_deadline (subject->context, 0), TRUE);
  check_child (subject, gctx_context_with_timeout (subject->context, HOUR_USEC / 2), subject->done);
}

static inline void
call_without_cancel (Subject *subject)
{
  check_child (subject, gctx_context_without_cancel (subject->context), FALSE);
}

static inline void
call_any (Subject *subject)
{
  GCtxContext *contexts[] = { subject->context, gctx_context_background () };

  check_child (subject, gctx_context_any (contexts, G_N_ELEMENTS (contexts)), subject->done);
}

static inline void
call_check (Subject *subject)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (gctx_context_is_done (subject->context) == subject->done);
  g_assert_true (gctx_context_check (subject->context, &error) == !subject->done);
  g_assert_true ((error != NULL) == subject->done);
  g_assert_true ((gctx_context_get_error (subject->context) != NULL) == subject->done);
  g_assert_true ((gctx_context_get_cause (subject->context) != NULL) == subject->done);
  g_assert_false (gctx_scope_has_expired (subject->scope));
}

static inline void
call_get_deadline (Subject *subject)
{
  gint64 deadline = 0;
  GTimeSpan remaining = 0;

  g_assert_true (gctx_context_get_deadline (subject->context, &deadline));
  g_assert_cmpint (deadline, ==, subject->family->deadline);
  g_assert_true (gctx_context_get_remaining (subject->context, &remaining));
  g_assert_cmpint (remaining, <=, HOUR_USEC);
  g_assert_cmpint (gctx_context_get_remaining_msec (subject->context), <=, HOUR_USEC / 1000);
}

static inline void
call_to_string (Subject *subject)
{
  g_autofree char *path = gctx_context_to_string (subject->context);

  g_assert_true (g_str_has_prefix (path, "background"));
}

static inline void
call_getters (Subject *subject)
{
  GCtxContext *context = subject->context;
  const char *const *strings = gctx_context_get_boxed (context, boxed_key ());

  g_assert_true (gctx_context_has_value (context, string_key ()));
  g_assert_true (G_VALUE_HOLDS_STRING (gctx_context_get_value (context, string_key ())));
  g_assert_cmpstr (gctx_context_get_string (context, string_key ()), ==, "ada");
  g_assert_true (G_IS_OBJECT (gctx_context_get_object (context, object_key ())));
  g_assert_cmpstr (strings[1], ==, "two");
  g_assert_cmpstr (g_variant_get_string (gctx_context_get_variant (context, variant_key ()), NULL),
                   ==, "three");
  g_assert_true (gctx_context_get_pointer (context, pointer_key ()) == subject->family);
  g_assert_true (gctx_context_get_boolean (context, boolean_key ()));
  g_assert_cmpint (gctx_context_get_int (context, int_key ()), ==, 4);
  g_assert_cmpint (gctx_context_get_int64 (context, int64_key ()), ==, G_MININT64);
  g_assert_cmpuint (gctx_context_get_uint64 (context, uint64_key ()), ==, G_MAXUINT64);
  g_assert_cmpfloat (gctx_context_get_double (context, double_key ()), ==, 0.5);
}

static inline void
call_with_values (Subject *subject)
{
  GCtxKey *key = string_key ();
  GValue value = G_VALUE_INIT;
  GCtxScope *full;

  g_value_init (&value, G_TYPE_STRING);
  g_value_set_static_string (&value, "bob");
  check_child (subject, gctx_context_with_value (subject->context, key, &value), subject->done);
  check_child (subject, gctx_context_with_values (subject->context, key, "bob", NULL), subject->done);
  check_child (subject, gctx_context_with_valuesv (subject->context, &key, 1, &value, 1), subject->done);
  full = gctx_scope_new_fullv (subject->context, G_MAXINT64, NULL, &key, 1, &value, 1);
  g_assert_cmpstr (gctx_context_get_string (GCTX_CONTEXT (full), key), ==, "bob");
  check_child (subject, full, subject->done);
  check_child (subject, gctx_scope_new_full (subject->context, G_MAXINT64, NULL, key, "bob", NULL),
               subject->done);
  g_value_unset (&value);
}

static inline gboolean
know_nothing (GCtxKey  *key,
              GValue   *value,
              gpointer  data)
{
  return FALSE;
}

static inline void
give_nothing (GClosure     *closure,
              GValue       *result,
              guint         n_arguments,
              const GValue *arguments,
              gpointer      hint,
              gpointer      data)
{
  g_assert_true (G_VALUE_HOLDS (result, G_TYPE_VALUE));
}

static inline void
call_with_lookup (Subject *subject)
{
  GClosure *closure = g_closure_new_simple (sizeof (GClosure), NULL);
  int n_gone = 0;

  check_child (subject,
               gctx_context_with_lookup (subject->context, know_nothing, &n_gone, count_destroy),
               subject->done);
  g_assert_cmpint (n_gone, ==, 1);
  g_closure_set_marshal (closure, give_nothing);
  check_child (subject, gctx_context_with_lookup_closure (subject->context, closure), subject->done);
}

static inline void
call_scope_new (Subject *subject)
{
  g_autoptr (GError) cause = g_error_new_literal (TEST_DOMAIN, 2, "made inside");
  gint64 deadline = subject->family->deadline - 1;

  check_child (subject, gctx_scope_new (subject->context), subject->done);
  check_child (subject, gctx_scope_new_with_deadline (subject->context, deadline), subject->done);
  check_child (subject, gctx_scope_new_with_deadline_cause (subject->context, deadline, cause),
               subject->done);
  check_child (subject, gctx_scope_new_with_timeout (subject->context, HOUR_USEC / 2),
               subject->done);
  check_child (subject, gctx_scope_new_with_timeout_cause (subject->context, HOUR_USEC / 2, cause),
               subject->done);
}

static inline void
call_scope_cancel (Subject *subject)
{
  g_autoptr (GError) cause = g_error_new_literal (TEST_DOMAIN, 3, "ended inside");
  GCtxScope *scope = gctx_scope_new (subject->context);
  g_autoptr (GCancellable) cancellable =
    g_object_ref (gctx_context_get_cancellable (GCTX_CONTEXT (scope)));
  g_autoptr (GCancellable) other = NULL;

  g_assert_true (gctx_scope_cancel_with_cause (scope, cause) == !subject->done);
  g_assert_true (g_cancellable_is_cancelled (cancellable));
  g_assert_false (gctx_scope_cancel (scope));
  g_object_unref (scope);

  scope = gctx_scope_new (subject->context);
  other = gctx_context_create_cancellable (GCTX_CONTEXT (scope));
  gctx_scope_close (scope);
  g_assert_true (g_cancellable_is_cancelled (other));

  scope = gctx_scope_new (subject->context);
  gctx_scope_close_only (scope);
  g_assert_true (gctx_context_is_done (GCTX_CONTEXT (scope)));
  g_object_unref (scope);
}

static inline void
call_after_func (Subject *subject)
{
  g_autoptr (GMainContext) loop = g_main_context_new ();
  int n_ran = 0, n_removed = 0;
  gulong id;

  g_main_context_push_thread_default (loop);
  id = gctx_context_add_after_func (subject->context, count_after, &n_ran, NULL);
  test_iterate_pending (loop);
  g_main_context_pop_thread_default (loop);
  g_assert_cmpint (n_ran, ==, subject->done);
  g_assert_true (gctx_context_remove_after_func (subject->context, id) == !subject->done);

  id = gctx_context_add_after_func_full (subject->context, loop, G_PRIORITY_LOW,
                                         count_after, &n_removed, count_destroy);
  g_assert_true (gctx_context_remove_after_func (subject->context, id));
  test_iterate_pending (loop);
  g_assert_cmpint (n_removed, ==, 1);
}

static inline void
call_source (Subject *subject)
{
  g_autoptr (GMainContext) loop = g_main_context_new ();
  g_autoptr (GSource) source = gctx_context_create_source (subject->context);
  int n_fired = 0;

  g_source_set_callback (source, G_SOURCE_FUNC (count_source), &n_fired, NULL);
  g_source_attach (source, loop);
  test_iterate_pending (loop);
  g_assert_cmpint (n_fired, ==, subject->done);
  g_source_destroy (source);
}

static inline void
call_wait (Subject *subject)
{
  g_autoptr (GCtxContext) past = gctx_context_with_timeout (subject->context, 0);
  g_autoptr (GError) error = NULL;

  gctx_context_wait (subject->done ? subject->context : past);
  g_assert_true (gctx_context_sleep (subject->context, 0, NULL) == !subject->done);
  g_assert_true (gctx_context_sleep (subject->context, 1, &error) == !subject->done);
}

static inline void
call_wait_async (Subject *subject)
{
  g_autoptr (GMainContext) loop = g_main_context_new ();
  g_autoptr (GCancellable) withdrawn = g_cancellable_new ();
  GAsyncResult *result = NULL;

  g_cancellable_cancel (withdrawn);
  g_main_context_push_thread_default (loop);

  gctx_context_wait_async (subject->context, subject->done ? NULL : withdrawn, keep_result, &result);
  while (result == NULL)
    g_main_context_iteration (loop, TRUE);
  g_assert_true (gctx_context_wait_finish (subject->context, result, NULL) == subject->done);
  g_clear_object (&result);

  gctx_context_sleep_async (subject->context, 0, NULL, keep_result, &result);
  while (result == NULL)
    g_main_context_iteration (loop, TRUE);
  g_assert_true (gctx_context_sleep_finish (subject->context, result, NULL) == !subject->done);
  g_clear_object (&result);

  g_main_context_pop_thread_default (loop);
}

static inline void
call_current (Subject *subject)
{
  GCtxContext *before = gctx_context_get_current ();

  gctx_context_push_current (subject->context);
  g_assert_true (gctx_context_get_current () == subject->context);
  g_assert_true (g_cancellable_is_cancelled (g_cancellable_get_current ()) == subject->done);
  gctx_context_pop_current (subject->context);
  g_assert_true (gctx_context_get_current () == before);
}

GCTX_DEFINE_KEY (static_key, "made once", G_TYPE_INT)

static inline void
call_key (Subject *subject)
{
  GCtxKey *key = gctx_key_new ("made inside", G_TYPE_INT);

  g_assert_true (gctx_key_ref (key) == key);
  gctx_key_unref (key);
  g_assert_cmpstr (gctx_key_get_name (key), ==, "made inside");
  g_assert_true (gctx_key_get_value_type (key) == G_TYPE_INT);
  check_child (subject, gctx_context_with_values (subject->context, key, 1, NULL), subject->done);
  gctx_key_unref (key);
  check_child (subject, gctx_context_with_values (subject->context, static_key (), 1, NULL), subject->done);
}

/* What is left to the loop of whoever called, and still there when the family
 * is gone. */
static inline void
never (GCtxContext *context,
       gpointer     data)
{
  g_assert_true (gctx_context_is_done (context));
}

static inline void
on_left_behind (GObject      *source,
                GAsyncResult *result,
                gpointer      data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (gctx_context_wait_finish (GCTX_CONTEXT (source), result, &error));
}

static inline void
call_and_leave (Subject *subject)
{
  gctx_context_add_after_func (subject->context, never, NULL, NULL);
  gctx_context_wait_async (subject->context, NULL, on_left_behind, NULL);
}
