/* test-to-string.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-tree.h"

GCTX_DEFINE_KEY (user_ip_key, "user-ip", G_TYPE_STRING)
GCTX_DEFINE_KEY (token_key, "token", G_TYPE_STRING)
GCTX_DEFINE_KEY (attempt_key, "attempt", G_TYPE_INT)

static void
assert_path (GCtxContext *context,
             const char  *pattern)
{
  g_autofree char *path = gctx_context_to_string (context);

  if (!g_regex_match_simple (pattern, path, 0, 0))
    g_error ("\"%s\" does not match \"%s\"", path, pattern);
}

static void
test_background (void)
{
  g_autofree char *todo = gctx_context_to_string (gctx_context_todo ());
  g_autoptr (GCtxContext) nowhere = gctx_context_from_cancellable (NULL);

  g_test_summary ("to_string: the path begins at the root");

  assert_path (gctx_context_background (), "^background$");
  assert_path (nowhere, "^background$");
  g_assert_true (g_str_equal (todo, "todo") || g_str_equal (todo, "background"));
}

static void
test_path (void)
{
  g_autoptr (GCtxScope) scope =
    gctx_scope_new_with_timeout (gctx_context_background (), HOUR_USEC);
  g_autoptr (GCtxContext) value =
    gctx_context_with_values (GCTX_CONTEXT (scope), user_ip_key (), "192.0.2.7", NULL);
  g_autoptr (GCtxScope) plain = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxScope) below = gctx_scope_new (value);

  g_test_summary ("to_string: background.scope(deadline in 1.998 s).value(user-ip)");

  assert_path (GCTX_CONTEXT (scope), "^background\\.scope\\(deadline in 3[56]\\d\\d\\.\\d{3} s\\)$");
  assert_path (value,
               "^background\\.scope\\(deadline in 3[56]\\d\\d\\.\\d{3} s\\)\\.value\\(user-ip\\)$");
  assert_path (GCTX_CONTEXT (plain), "^background\\.scope$");
  assert_path (GCTX_CONTEXT (below),
               "^background\\.scope\\(deadline in [0-9.]+ s\\)\\.value\\(user-ip\\)\\.scope$");
}

static void
test_names_never_values (void)
{
  g_autoptr (GCtxContext) one =
    gctx_context_with_values (gctx_context_background (),
                              user_ip_key (), "192.0.2.7", token_key (), "s3cret",
                              attempt_key (), 424242, NULL);
  g_autoptr (GCtxScope) scope =
    gctx_scope_new_full (one, G_MAXINT64, NULL, token_key (), "hunter2", NULL);
  g_autofree char *path = gctx_context_to_string (GCTX_CONTEXT (scope));

  g_test_summary ("to_string: the names of keys, never what was stored for them");

  g_assert_nonnull (strstr (path, "user-ip"));
  g_assert_nonnull (strstr (path, "token"));
  g_assert_nonnull (strstr (path, "attempt"));
  g_assert_null (strstr (path, "192.0.2.7"));
  g_assert_null (strstr (path, "s3cret"));
  g_assert_null (strstr (path, "424242"));
  g_assert_null (strstr (path, "hunter2"));
}

static void
test_other_kinds (void)
{
  g_autoptr (GCancellable) foreign = g_cancellable_new ();
  g_autoptr (GCtxScope) scope =
    gctx_scope_new_full (gctx_context_background (), G_MAXINT64, NULL,
                         user_ip_key (), "192.0.2.7", NULL);
  GCtxContext *kinds[] = {
    gctx_context_with_timeout (GCTX_CONTEXT (scope), HOUR_USEC),
    gctx_context_without_cancel (GCTX_CONTEXT (scope)),
    gctx_context_from_cancellable (gctx_context_get_cancellable (GCTX_CONTEXT (scope))),
    gctx_context_from_cancellable (foreign),
    g_object_new (GCTX_TYPE_CONTEXT, NULL),
    g_object_new (GCTX_TYPE_SCOPE, NULL),
  };
  guint i;

  g_test_summary ("to_string: every kind of context has a step of its own on the path");

  assert_path (kinds[0], "^background\\.scope.*\\..*deadline.*in [0-9.]+ s\\)$");
  for (i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autoptr (GCtxContext) below =
        gctx_context_with_values (kinds[i], attempt_key (), 3, NULL);
      g_autofree char *path = gctx_context_to_string (kinds[i]);
      g_autofree char *longer = gctx_context_to_string (below);

      g_assert_true (g_str_has_prefix (path, "background"));
      g_assert_true (g_str_has_prefix (longer, "background"));
      g_assert_true (g_str_has_suffix (longer, ".value(attempt)"));
      g_assert_null (strstr (longer, "192.0.2.7"));
      g_object_unref (kinds[i]);
    }
}

static void
test_any (void)
{
  g_autoptr (GCtxScope) one = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCtxContext) two =
    gctx_context_with_values (GCTX_CONTEXT (one), user_ip_key (), "192.0.2.7", NULL);
  GCtxContext *both[] = { GCTX_CONTEXT (one), two };
  g_autoptr (GCtxContext) any = gctx_context_any (both, 2);
  g_autofree char *path = gctx_context_to_string (any);

  g_test_summary ("to_string: any says that it is one");

  g_assert_nonnull (strstr (path, "any"));
  g_assert_nonnull (strstr (path, "background"));
  g_assert_null (strstr (path, "192.0.2.7"));
}

static void
test_done (void)
{
  g_autoptr (GCtxScope) scope = gctx_scope_new_with_timeout (gctx_context_background (), HOUR_USEC);
  g_autoptr (GCtxContext) value =
    gctx_context_with_values (GCTX_CONTEXT (scope), user_ip_key (), "192.0.2.7", NULL);
  g_autoptr (GCtxScope) past = gctx_scope_new_with_timeout (gctx_context_background (), -5);
  g_autoptr (GCtxScope) ancient =
    gctx_scope_new_with_deadline (gctx_context_background (), G_MININT64);

  g_test_summary ("to_string: a context that is done still has its path");

  g_assert_true (gctx_scope_cancel (scope));
  assert_path (GCTX_CONTEXT (scope), "^background\\.scope");
  assert_path (value, "^background\\.scope.*\\.value\\(user-ip\\)$");
  assert_path (GCTX_CONTEXT (past), "^background\\.scope");
  assert_path (GCTX_CONTEXT (ancient), "^background\\.scope");
}

static void
test_dropped_steps (void)
{
  GCtxScope *one = gctx_scope_new (gctx_context_background ());
  GCtxContext *two =
    gctx_context_with_values (GCTX_CONTEXT (one), user_ip_key (), "192.0.2.7", NULL);
  GCtxScope *three = gctx_scope_new (two);
  GCtxContext *four =
    gctx_context_with_values (GCTX_CONTEXT (three), token_key (), "s3cret", NULL);
  GCtxScope *leaf = gctx_scope_new (four);

  g_test_summary ("to_string: the path names the steps that nobody holds any more, in their order");

  g_object_unref (one);
  g_object_unref (two);
  g_object_unref (three);
  g_object_unref (four);
  assert_path (GCTX_CONTEXT (leaf),
               "^background\\.scope\\.value\\(user-ip\\)\\.scope\\.value\\(token\\)\\.scope$");
  test_assert_last_unref (leaf);
}

static void
test_hidden_value (void)
{
  g_autoptr (GCtxContext) one =
    gctx_context_with_values (gctx_context_background (), attempt_key (), 1, NULL);
  g_autoptr (GCtxScope) two = gctx_scope_new (one);
  g_autoptr (GCtxContext) three =
    gctx_context_with_values (GCTX_CONTEXT (two), attempt_key (), 2, NULL);

  g_test_summary ("to_string: a value that is hidden further down is left out");

  assert_path (three, "^background\\.scope\\.value\\(attempt\\)$");
}

static void
test_long_path (void)
{
  GCtxContext *leaf = g_object_ref (gctx_context_background ());
  g_autofree char *path = NULL;
  int i;

  g_test_summary ("rule 8: a path has no limit either");

  for (i = 0; i < 100 * 1000; i++)
    {
      GCtxContext *child = GCTX_CONTEXT (gctx_scope_new (leaf));

      g_object_unref (leaf);
      leaf = child;
    }
  path = gctx_context_to_string (leaf);
  g_assert_cmpuint (strlen (path), ==, strlen ("background") + 100 * 1000 * strlen (".scope"));
  g_assert_true (g_str_has_prefix (path, "background.scope.scope."));
  g_assert_true (g_str_has_suffix (path, ".scope.scope"));
  test_assert_last_unref (leaf);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/to-string/background", test_background);
  g_test_add_func ("/gctx/to-string/path", test_path);
  g_test_add_func ("/gctx/to-string/names-never-values", test_names_never_values);
  g_test_add_func ("/gctx/to-string/other-kinds", test_other_kinds);
  g_test_add_func ("/gctx/to-string/any", test_any);
  g_test_add_func ("/gctx/to-string/done", test_done);
  g_test_add_func ("/gctx/to-string/dropped-steps", test_dropped_steps);
  g_test_add_func ("/gctx/to-string/hidden-value", test_hidden_value);
  g_test_add_func ("/gctx/to-string/long-path", test_long_path);

  return g_test_run ();
}
