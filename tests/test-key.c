/* test-key.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <gctx.h>

#include "test-race.h"

GCTX_DEFINE_KEY (user_key, "user", G_TYPE_STRING)
GCTX_DEFINE_KEY (other_user_key, "user", G_TYPE_STRING)

static void
test_accessors (void)
{
  char name[] = "attempt";
  g_autoptr (GCtxKey) key = gctx_key_new (name, G_TYPE_INT);

  g_test_summary ("a key keeps a copy of its name, and its type");

  name[0] = 'A';
  g_assert_cmpstr (gctx_key_get_name (key), ==, "attempt");
  g_assert_true (gctx_key_get_value_type (key) == G_TYPE_INT);
}

static void
test_empty_name (void)
{
  g_autoptr (GCtxKey) key = gctx_key_new ("", G_TYPE_INT);

  g_test_summary ("any string is a name");

  g_assert_cmpstr (gctx_key_get_name (key), ==, "");
}

static void
test_identity (void)
{
  g_autoptr (GCtxKey) one = gctx_key_new ("name", G_TYPE_INT);
  g_autoptr (GCtxKey) two = gctx_key_new ("name", G_TYPE_INT);

  g_test_summary ("two keys with one name are two keys");

  g_assert_true (one != two);
  g_assert_true (user_key () != other_user_key ());
  g_assert_cmpstr (gctx_key_get_name (user_key ()), ==, gctx_key_get_name (other_user_key ()));
}

static void
test_references (void)
{
  GCtxKey *key = gctx_key_new ("kept", G_TYPE_INT);
  GCtxKey *same = gctx_key_ref (key);

  g_test_summary ("a key lives as long as its last reference");

  g_assert_true (same == key);
  gctx_key_unref (key);
  g_assert_cmpstr (gctx_key_get_name (same), ==, "kept");
  gctx_key_unref (same);
}

static void
test_static (void)
{
  static const char name[] = "static";
  GCtxKey *key = gctx_key_new_static (name, G_TYPE_STRING);
  g_autoptr (GCtxContext) context = NULL;

  g_test_summary ("rule 17: a static key is a key that outlives every reference");

  g_assert_true (gctx_key_get_name (key) == name);
  g_assert_true (gctx_key_get_value_type (key) == G_TYPE_STRING);
  g_assert_true (gctx_key_ref (key) == key);
  for (int i = 0; i < 10; i++)
    gctx_key_unref (key);

  context = gctx_context_with_values (gctx_context_background (), key, "ada", NULL);
  g_assert_cmpstr (gctx_context_get_string (context, key), ==, "ada");
  g_clear_object (&context);
  g_assert_cmpstr (gctx_key_get_name (key), ==, "static");

  /* For the leak checkers: in a program it would be in a static variable. */
  g_free (key);
}

static void
test_static_misuse (void)
{
  g_test_summary ("rule 20: no name or no values is a critical and no key");

  g_test_expect_message ("GCtx", G_LOG_LEVEL_CRITICAL, "*static_name != NULL*");
  g_assert_null (gctx_key_new_static (NULL, G_TYPE_INT));
  g_test_expect_message ("GCtx", G_LOG_LEVEL_CRITICAL, "*G_TYPE_IS_VALUE*");
  g_assert_null (gctx_key_new_static ("none", G_TYPE_NONE));
  g_test_assert_expected_messages ();
}

static void
test_boxed (void)
{
  g_autoptr (GCtxKey) key = gctx_key_new ("boxed", G_TYPE_INT);
  g_auto (GValue) value = G_VALUE_INIT;
  GCtxKey *copy;

  g_test_summary ("a copy of the boxed type is a reference: the identity stays");

  g_assert_true (G_TYPE_IS_BOXED (GCTX_TYPE_KEY));
  g_value_init (&value, GCTX_TYPE_KEY);
  g_value_set_boxed (&value, key);
  g_assert_true (g_value_get_boxed (&value) == key);

  copy = g_value_dup_boxed (&value);
  g_assert_true (copy == key);
  gctx_key_unref (copy);
}

static void
test_value_types (void)
{
  const GType types[] = {
    G_TYPE_BOOLEAN, G_TYPE_CHAR, G_TYPE_INT, G_TYPE_UINT64, G_TYPE_DOUBLE, G_TYPE_STRING,
    G_TYPE_POINTER, G_TYPE_GTYPE, G_TYPE_VARIANT, G_TYPE_STRV, G_TYPE_PARAM, G_TYPE_OBJECT,
    G_TYPE_INPUT_STREAM, G_TYPE_FILE, G_TYPE_BUS_TYPE, G_TYPE_APPLICATION_FLAGS,
    GCTX_TYPE_KEY,
  };

  g_test_summary ("rule 17: a key is for any type that a GValue can hold");

  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    {
      g_autoptr (GCtxKey) key = gctx_key_new (g_type_name (types[i]), types[i]);

      g_assert_nonnull (key);
      g_assert_true (gctx_key_get_value_type (key) == types[i]);
    }
}

static void
test_no_value_type (void)
{
  const GType types[] = {
    G_TYPE_INVALID, G_TYPE_NONE, G_TYPE_INTERFACE, G_TYPE_BOXED, G_TYPE_ENUM, G_TYPE_FLAGS,
  };

  g_test_summary ("rule 20: a type without values is a critical and NULL");

  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    {
      g_test_expect_message ("GCtx", G_LOG_LEVEL_CRITICAL, "*G_TYPE_IS_VALUE (value_type)*");
      g_assert_null (gctx_key_new ("nothing", types[i]));
      g_test_assert_expected_messages ();
    }
}

static void
test_null (void)
{
  g_test_summary ("rule 20: NULL is a critical and a harmless return value");

  g_test_expect_message ("GCtx", G_LOG_LEVEL_CRITICAL, "*name != NULL*");
  g_assert_null (gctx_key_new (NULL, G_TYPE_INT));
  g_test_expect_message ("GCtx", G_LOG_LEVEL_CRITICAL, "*self != NULL*");
  g_assert_null (gctx_key_ref (NULL));
  g_test_expect_message ("GCtx", G_LOG_LEVEL_CRITICAL, "*self != NULL*");
  gctx_key_unref (NULL);
  g_test_expect_message ("GCtx", G_LOG_LEVEL_CRITICAL, "*self != NULL*");
  g_assert_null (gctx_key_get_name (NULL));
  g_test_expect_message ("GCtx", G_LOG_LEVEL_CRITICAL, "*self != NULL*");
  g_assert_true (gctx_key_get_value_type (NULL) == G_TYPE_INVALID);
  g_test_assert_expected_messages ();
}

GCTX_DEFINE_KEY (contested_key, "contested", G_TYPE_INT)

static gpointer
get_contested_key (gpointer user_data)
{
  int *n_arrived = user_data;

  g_atomic_int_inc (n_arrived);
  while (g_atomic_int_get (n_arrived) < 2)
    g_thread_yield ();

  return contested_key ();
}

static void
test_define_once (void)
{
  int n_arrived = 0;
  GThread *thread;
  gpointer here, there;

  g_test_summary ("a defined key is made once, whoever comes first");

  thread = g_thread_new ("there", get_contested_key, &n_arrived);
  here = get_contested_key (&n_arrived);
  there = g_thread_join (thread);

  g_assert_nonnull (here);
  g_assert_true (here == there);
  g_assert_true (contested_key () == here);
}

typedef struct
{
  GCtxKey *key;
  GCtxKey *here;
  GCtxKey *there;
} Shared;

static void
shared_set_up (gpointer data)
{
  Shared *shared = data;

  shared->key = gctx_key_new ("shared", G_TYPE_INT);
  shared->here = gctx_key_ref (shared->key);
  shared->there = gctx_key_ref (shared->key);
}

static void
swap_reference (GCtxKey **reference)
{
  for (int i = 0; i < 8; i++)
    {
      GCtxKey *key = gctx_key_ref (*reference);

      gctx_key_unref (*reference);
      *reference = key;
    }

  gctx_key_unref (*reference);
}

static void
shared_here (gpointer data)
{
  swap_reference (&((Shared *) data)->here);
}

static void
shared_there (gpointer data)
{
  swap_reference (&((Shared *) data)->there);
}

/* A count that lost a step has freed the key already, and the name with it; the
 * allocator's own checks and valgrind see to the other direction. */
static void
shared_check (gpointer data)
{
  Shared *shared = data;

  g_assert_cmpstr (gctx_key_get_name (shared->key), ==, "shared");
  gctx_key_unref (shared->key);
}

static void
test_references_in_threads (void)
{
  Shared shared = { NULL, NULL, NULL };

  g_test_summary ("rule 5: references are taken and dropped from any thread");

  test_race (shared_set_up, shared_here, shared_there, shared_check, &shared);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/key/accessors", test_accessors);
  g_test_add_func ("/gctx/key/empty-name", test_empty_name);
  g_test_add_func ("/gctx/key/identity", test_identity);
  g_test_add_func ("/gctx/key/references", test_references);
  g_test_add_func ("/gctx/key/boxed", test_boxed);
  g_test_add_func ("/gctx/key/value-types", test_value_types);
  g_test_add_func ("/gctx/key/no-value-type", test_no_value_type);
  g_test_add_func ("/gctx/key/null", test_null);
  g_test_add_func ("/gctx/key/define-once", test_define_once);
  g_test_add_func ("/gctx/key/references-in-threads", test_references_in_threads);
  g_test_add_func ("/gctx/key/static", test_static);
  g_test_add_func ("/gctx/key/static/misuse", test_static_misuse);

  return g_test_run ();
}
