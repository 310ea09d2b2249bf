/* test-current.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-tree.h"

/* What is current in a thread, for GCtx and for GIO. */

GCTX_DEFINE_KEY (int_key, "int", G_TYPE_INT)

static void
assert_current (gpointer      context,
                GCancellable *cancellable)
{
  g_assert_true (gctx_context_get_current () == context);
  g_assert_true (g_cancellable_get_current () == cancellable);
}

static void
assert_nothing_current (void)
{
  assert_current (gctx_context_background (), NULL);
}

static GCancellable *
get_cancellable (gpointer context)
{
  return gctx_context_get_cancellable (GCTX_CONTEXT (context));
}

/* --- Push and pop --- */

static void
test_nested (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxContext) child =
    gctx_context_with_values (GCTX_CONTEXT (scope), int_key (), 4, NULL);
  GCtxContext *order[] = { GCTX_CONTEXT (scope), child, child, GCTX_CONTEXT (scope) };
  guint i;

  g_test_summary ("rule 19: what was pushed last is current, for GCtx and for GIO");

  assert_nothing_current ();
  for (i = 0; i < G_N_ELEMENTS (order); i++)
    {
      gctx_context_push_current (order[i]);
      assert_current (order[i], get_cancellable (order[i]));
    }
  while (i-- > 0)
    {
      assert_current (order[i], get_cancellable (order[i]));
      gctx_context_pop_current (order[i]);
    }
  assert_nothing_current ();
}

static void
test_done (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());

  g_test_summary ("rule 2: what is current ends as any other, and may have ended before");

  gctx_context_push_current (GCTX_CONTEXT (scope));
  g_assert_false (g_cancellable_is_cancelled (g_cancellable_get_current ()));
  cancel_with (scope, 1);
  g_assert_true (g_cancellable_is_cancelled (g_cancellable_get_current ()));
  assert_current (scope, get_cancellable (scope));
  gctx_context_pop_current (GCTX_CONTEXT (scope));

  gctx_context_push_current (GCTX_CONTEXT (scope));
  g_assert_true (g_cancellable_is_cancelled (g_cancellable_get_current ()));
  assert_ended (gctx_context_get_current (), G_IO_ERROR_CANCELLED, 1);
  gctx_context_pop_current (GCTX_CONTEXT (scope));
  assert_nothing_current ();
}

static void
test_is_held (void)
{
  GCtxScope *scope = gctx_scope_new (gctx_context_background ());
  GCtxScope *weak = NULL;

  g_test_summary ("rule 5: what is current lives until it is popped");

  g_set_weak_pointer (&weak, scope);
  gctx_context_push_current (GCTX_CONTEXT (scope));
  g_object_unref (scope);
  g_assert_nonnull (weak);
  gctx_context_pop_current (gctx_context_get_current ());
  g_assert_null (weak);
  assert_nothing_current ();
}

/* --- What can never be done --- */

static void
test_hides (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxContext) rollback = gctx_context_without_cancel (GCTX_CONTEXT (scope));
  GCtxContext *never[] = { rollback, gctx_context_background () };
  GCancellable *outer = get_cancellable (scope);
  guint i;

  g_test_summary ("rule 9: what can never be done hides the cancellable of what is around it");

  gctx_context_push_current (GCTX_CONTEXT (scope));
  for (i = 0; i < 2 * G_N_ELEMENTS (never); i++)
    {
      gctx_context_push_current (never[i / 2]);
      g_assert_true (gctx_context_get_current () == never[i / 2]);
      g_assert_true (g_cancellable_get_current () != outer);
      g_assert_false (g_cancellable_is_cancelled (g_cancellable_get_current ()));

      /* Whoever cancels it harms neither the context nor the next one. */
      g_cancellable_cancel (g_cancellable_get_current ());
      assert_live (never[i / 2]);
      g_assert_true (g_cancellable_is_cancelled (outer) == (i > 1));
      gctx_context_pop_current (never[i / 2]);
      assert_current (scope, outer);

      if (i == 1)
        g_assert_true (gctx_scope_cancel (scope));
    }
  gctx_context_pop_current (GCTX_CONTEXT (scope));
  assert_nothing_current ();
}

static void
test_values_only (void)
{
  g_autoptr (GCtxContext) context =
    gctx_context_with_values (gctx_context_background (), int_key (), 4, NULL);
  g_autoptr (GCtxContext) seen = NULL;

  g_test_summary ("rule 19: the values of what can never be done reach code that knows only GIO");

  gctx_context_push_current (gctx_context_background ());
  assert_nothing_current ();
  gctx_context_push_current (context);
  seen = gctx_context_from_cancellable (g_cancellable_get_current ());
  g_assert_cmpint (gctx_context_get_int (seen, int_key ()), ==, 4);
  g_assert_null (get_cancellable (context));
  gctx_context_pop_current (context);
  gctx_context_pop_current (gctx_context_background ());
  assert_nothing_current ();
}

/* What a thread lends to its after-funcs is never what was made for a context:
 * that would keep the values. */
static gpointer
push_value_in_thread (gpointer data)
{
  GObject *value = NULL;
  GCtxScope *scope = scope_with_object (gctx_context_background (), G_MAXINT64, &value);
  GCtxContext *context = gctx_context_without_cancel (GCTX_CONTEXT (scope));

  gctx_context_push_current (context);
  g_cancellable_cancel (g_cancellable_get_current ());
  gctx_context_pop_current (context);
  test_assert_last_unref (context);
  test_assert_last_unref (scope);
  g_assert_null (value);
  return NULL;
}

static void
test_values_go (void)
{
  g_test_summary ("rule 18: the values that were current go with their context");

  g_thread_join (g_thread_new ("fresh", push_value_in_thread, NULL));
}

/* --- What others push --- */

static void
test_cancellable_of_a_context (void)
{
  g_autoptr (GCtxScope) scope =
    gctx_scope_new_full (gctx_context_background (), g_get_monotonic_time () + HOUR_USEC, NULL,
                         int_key (), 4, NULL);
  g_autoptr (GCtxContext) around = gctx_context_with_timeout (gctx_context_background (), HOUR_USEC);
  GCancellable *cancellable = gctx_context_create_cancellable (GCTX_CONTEXT (scope));
  GCtxContext *seen;

  g_test_summary ("rule 19: a cancellable that was pushed leads to its context");

  gctx_context_push_current (around);
  g_cancellable_push_current (cancellable);
  seen = gctx_context_get_current ();
  g_assert_true (gctx_context_get_current () == seen);
  g_assert_false (GCTX_IS_SCOPE (seen));
  g_assert_cmpint (gctx_context_get_int (seen, int_key ()), ==, 4);
  g_assert_true (gctx_context_get_deadline (seen, NULL));
  assert_live (seen);
  cancel_with (scope, 2);
  assert_ended (seen, G_IO_ERROR_CANCELLED, 2);
  g_cancellable_pop_current (cancellable);
  assert_current (around, get_cancellable (around));
  gctx_context_pop_current (around);

  g_object_add_weak_pointer (G_OBJECT (seen), (gpointer *) &seen);
  test_assert_last_unref (cancellable);
  g_assert_null (seen);
}

static void
test_foreign_cancellable (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCancellable) foreign = g_cancellable_new ();

  g_test_summary ("rule 9: a cancellable that no context has handed out is passed over");

  g_cancellable_push_current (foreign);
  assert_current (gctx_context_background (), foreign);
  gctx_context_push_current (GCTX_CONTEXT (scope));
  assert_current (scope, get_cancellable (scope));
  g_cancellable_push_current (foreign);
  assert_current (scope, foreign);
  g_cancellable_pop_current (foreign);
  gctx_context_pop_current (GCTX_CONTEXT (scope));
  assert_current (gctx_context_background (), foreign);
  g_cancellable_pop_current (foreign);
}

/* A stream whose read () looks around. */
typedef struct
{
  GInputStream  parent_instance;
  GCtxContext  *expected;    /* NULL for one that sees the value */
  int           n_reads;
} LookingStream;

typedef struct
{
  GInputStreamClass parent_class;
} LookingStreamClass;

static GType looking_stream_get_type (void);

G_DEFINE_TYPE (LookingStream, looking_stream, G_TYPE_INPUT_STREAM)

static gssize
looking_stream_read (GInputStream  *stream,
                     void          *buffer,
                     gsize          count,
                     GCancellable  *cancellable,
                     GError       **error)
{
  LookingStream *self = (LookingStream *) stream;

  self->n_reads++;
  g_assert_true (g_cancellable_get_current () == cancellable);
  g_assert_cmpint (gctx_context_get_int (gctx_context_get_current (), int_key ()), ==, 4);
  if (self->expected != NULL)
    g_assert_true (gctx_context_get_current () == self->expected);
  return 0;
}

static void
looking_stream_class_init (LookingStreamClass *klass)
{
  G_INPUT_STREAM_CLASS (klass)->read_fn = looking_stream_read;
}

static void
looking_stream_init (LookingStream *self)
{
}

static void
test_stream (void)
{
  g_autoptr (GCtxScope) scope =
    gctx_scope_new_full (gctx_context_background (), G_MAXINT64, NULL, int_key (), 4, NULL);
  LookingStream *stream = g_object_new (looking_stream_get_type (), NULL);
  GInputStream *base = G_INPUT_STREAM (stream);
  char buffer[1];

  g_test_summary ("rule 19: a stream finds the context of a read through what GIO pushes");

  g_assert_cmpint (g_input_stream_read (base, buffer, 1, get_cancellable (scope), NULL), ==, 0);
  gctx_context_push_current (GCTX_CONTEXT (scope));
  stream->expected = GCTX_CONTEXT (scope);
  g_assert_cmpint (g_input_stream_read (base, buffer, 1, get_cancellable (scope), NULL), ==, 0);
  gctx_context_pop_current (GCTX_CONTEXT (scope));
  g_assert_cmpint (stream->n_reads, ==, 2);
  g_object_unref (stream);
}

/* --- Threads --- */

static gpointer
push_in_thread (gpointer data)
{
  g_autoptr (GCtxContext) forgotten = NULL;

  assert_nothing_current ();
  gctx_context_push_current (data);
  assert_current (data, get_cancellable (data));
  gctx_context_pop_current (data);
  assert_nothing_current ();

  forgotten = gctx_context_with_values (data, NULL);
  gctx_context_push_current (forgotten);
  gctx_context_push_current (gctx_context_background ());

  /* GIO would leak its list of them. */
  while (g_cancellable_get_current () != NULL)
    g_cancellable_pop_current (g_cancellable_get_current ());
  return NULL;
}

static void
test_threads (void)
{
  GCtxScope *around = gctx_scope_new (gctx_context_background ());
  GObject *value = NULL;
  GCtxScope *scope = scope_with_object (gctx_context_background (), G_MAXINT64, &value);

  g_test_summary ("rule 5: each thread has its own, and what it forgot to pop goes with it");

  gctx_context_push_current (GCTX_CONTEXT (around));
  g_thread_join (g_thread_new ("other", push_in_thread, scope));
  assert_current (around, get_cancellable (around));
  gctx_context_pop_current (GCTX_CONTEXT (around));

  test_assert_last_unref (scope);
  g_assert_null (value);
  test_assert_last_unref (around);
}

/* --- Misuse --- */

static void
assert_pop_fails (gpointer    context,
                  const char *message)
{
  g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_CRITICAL, message);
  gctx_context_pop_current (context);
  g_test_assert_expected_messages ();
}

static void
test_out_of_order (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxContext) child =
    gctx_context_with_values (GCTX_CONTEXT (scope), int_key (), 4, NULL);
  g_autoptr (GCancellable) foreign = g_cancellable_new ();

  g_test_summary ("rule 20: a pop out of order is a critical that names both, and changes nothing");

  assert_pop_fails (child, "*pop background.scope.value(int)*background, and nothing was pushed");
  gctx_context_push_current (GCTX_CONTEXT (scope));
  assert_pop_fails (child, "*pop background.scope.value(int)*context is background.scope");
  gctx_context_push_current (child);
  assert_pop_fails (scope, "*pop background.scope:*context is background.scope.value(int)");
  assert_current (child, get_cancellable (child));

  g_cancellable_push_current (foreign);
  assert_pop_fails (child, "*pop background.scope.value(int): a cancellable was pushed*");
  assert_current (child, foreign);
  g_cancellable_pop_current (foreign);

  gctx_context_pop_current (child);
  gctx_context_pop_current (GCTX_CONTEXT (scope));
  assert_nothing_current ();
}

static void
test_no_context (void)
{
  g_autoptr (GObject) object = g_object_new (G_TYPE_OBJECT, NULL);
  gpointer bad[] = { NULL, object };
  guint i;

  g_test_summary ("rule 20: pushing and popping what is no context is a critical");

  for (i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      assert_pop_fails (bad[i], "*gctx_is_context*");
      g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_CRITICAL, "*gctx_is_context*");
      gctx_context_push_current (bad[i]);
      g_test_assert_expected_messages ();
      assert_nothing_current ();
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/current/nested", test_nested);
  g_test_add_func ("/gctx/current/done", test_done);
  g_test_add_func ("/gctx/current/is-held", test_is_held);
  g_test_add_func ("/gctx/current/hides", test_hides);
  g_test_add_func ("/gctx/current/values-only", test_values_only);
  g_test_add_func ("/gctx/current/values-go", test_values_go);
  g_test_add_func ("/gctx/current/cancellable-of-a-context", test_cancellable_of_a_context);
  g_test_add_func ("/gctx/current/foreign-cancellable", test_foreign_cancellable);
  g_test_add_func ("/gctx/current/stream", test_stream);
  g_test_add_func ("/gctx/current/threads", test_threads);
  g_test_add_func ("/gctx/current/out-of-order", test_out_of_order);
  g_test_add_func ("/gctx/current/no-context", test_no_context);

  return g_test_run ();
}
