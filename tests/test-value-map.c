/* test-value-map.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-race.h"
#include "test-value-map.h"

/* --- Single rules --- */

static void
test_empty (void)
{
  g_autoptr (GCtxKey) key = gctx_key_new ("key", G_TYPE_INT);
  GCtxValueMap *map = extend (NULL, NULL);
  GCtxValueMap *full;

  g_test_summary ("NULL is the empty map, and a map that adds nothing is its base");

  g_assert_null (map);
  g_assert_null (gctx_value_map_ref (NULL));
  g_assert_null (gctx_value_map_lookup (NULL, key));
  gctx_value_map_foreach (NULL, NULL, NULL);
  gctx_value_map_unref (NULL);

  full = extend (NULL, key, 1, NULL);
  g_assert_true (gctx_value_map_extendv (full, 0, NULL, 0, NULL, 0, &map));
  g_assert_true (map == full);
  gctx_value_map_unref (full);
  g_assert_cmpuint (lookup_number (map, key), ==, 1);
  gctx_value_map_unref (map);
}

static void
test_partly_hidden (void)
{
  gint n_hidden = 0;
  gint n_visible = 0;
  GCtxKey **keys = make_keys (2, TYPE_TRACKED);
  Tracked *one = tracked_new (&n_hidden, 1);
  Tracked *two = tracked_new (&n_visible, 2);
  GCtxValueMap *base, *map;

  g_test_summary ("rule 18: of two values that came together one may go before the other");

  base = extend (NULL, keys[0], one, keys[1], two, NULL);
  tracked_unref (one);
  tracked_unref (two);
  map = extend (base, keys[0], NULL, NULL);

  g_assert_cmpint (n_hidden, ==, 1);
  gctx_value_map_unref (base);
  g_assert_cmpint (n_hidden, ==, 0);
  g_assert_cmpint (n_visible, ==, 1);
  g_assert_cmpuint (lookup_number (map, keys[1]), ==, 2);

  gctx_value_map_unref (map);
  g_assert_cmpint (n_visible, ==, 0);
  free_keys (keys, 2);
}

static void
test_key_outlived (void)
{
  GCtxKey *key = gctx_key_new ("key", G_TYPE_STRING);
  GCtxValueMap *map = extend (NULL, key, "text", NULL);

  g_test_summary ("a map holds its keys");

  gctx_key_unref (key);
  g_assert_cmpstr (g_value_get_string (gctx_value_map_lookup (map, key)), ==, "text");
  gctx_value_map_unref (map);
}

static void
test_long_list (void)
{
  GCtxKey **k = make_keys (20, G_TYPE_STRING);
  GCtxValueMap *map;

  g_test_summary ("a list of arguments may be of any length; the last one of a key counts");

  map = extend (NULL,
                k[0], "0", k[1], "1", k[2], "2", k[3], "3", k[4], "4", k[5], "5", k[6], "6",
                k[7], "7", k[8], "8", k[9], "9", k[0], "again", k[10], "10", k[11], "11",
                k[12], "12", k[13], "13", k[14], "14", k[15], "15", k[16], "16", k[17], "17",
                k[18], "18", k[19], "19", k[19], "again", NULL);

  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      g_assert_cmpstr (g_value_get_string (gctx_value_map_lookup (map, k[i])), ==,
                       i % 19 == 0 ? "again" : text);
    }

  gctx_value_map_unref (map);
  free_keys (k, 20);
}

/* --- Chains --- */

#define CHAIN_LENGTH ((guint) test_rounds (1000000))

static void
test_hiding_chain (void)
{
  gint n_alive = 0;
  gint n_most = 0;
  gint n_others = 0;
  guint n_keys = 40;
  GCtxKey **keys = make_keys (n_keys, TYPE_TRACKED);

  g_test_summary ("rule 18: a chain that hides its own values does not keep them");

  for (guint n_below = 0; n_below < n_keys; n_below += 13)
    {
      GCtxValueMap *map = NULL;

      for (guint i = 0; i < n_below; i++)
        map = extend_tracked (map, TRUE, keys[i], tracked_new (&n_others, i));

      for (guint i = 0; i < CHAIN_LENGTH / 4; i++)
        {
          map = extend_tracked (map, TRUE, keys[n_keys - 1], tracked_new (&n_alive, i));
          n_most = MAX (n_most, n_alive);
        }

      g_assert_cmpint (n_most, ==, 1);
      g_assert_cmpint (n_others, ==, n_below);
      gctx_value_map_unref (map);
      g_assert_cmpint (n_alive, ==, 0);
      g_assert_cmpint (n_others, ==, 0);
    }

  free_keys (keys, n_keys);
}

static gpointer
run_long_chain (gpointer user_data)
{
  const guint n_kept = CHAIN_LENGTH / 4;
  gint n_alive = 0;
  guint n_keys = 2000;
  GCtxKey **keys = make_keys (n_keys, TYPE_TRACKED);
  GCtxValueMap **maps = g_new (GCtxValueMap *, n_kept);
  GCtxValueMap *map = NULL;

  /* Only the newest one is held. */
  for (guint i = 0; i < CHAIN_LENGTH; i++)
    map = extend_tracked (map, TRUE, keys[i % n_keys], tracked_new (&n_alive, i));
  g_assert_cmpint (n_alive, ==, n_keys);
  gctx_value_map_unref (map);
  g_assert_cmpint (n_alive, ==, 0);

  /* All are: dropped from the newest, and from the oldest. */
  for (guint direction = 0; direction < 2; direction++)
    {
      for (guint i = 0; i < n_kept; i++)
        maps[i] = extend_tracked (i > 0 ? maps[i - 1] : NULL, FALSE,
                                  keys[i % 5], tracked_new (&n_alive, i));
      g_assert_cmpint (n_alive, ==, n_kept);

      for (guint i = 0; i < n_kept; i++)
        gctx_value_map_unref (maps[direction == 0 ? n_kept - 1 - i : i]);
      g_assert_cmpint (n_alive, ==, 0);
    }

  g_free (maps);
  free_keys (keys, n_keys);

  return NULL;
}

static void
test_long_chain (void)
{
  g_test_summary ("rule 8: a chain of a million frees without recursion");

  test_on_a_small_stack (run_long_chain, NULL);
}

/* --- Two threads --- */

typedef struct
{
  GCtxKey      **keys;
  guint          n_keys;
  gint           n_alive;
  GCtxValueMap  *base;
  GCtxValueMap  *here;
  GCtxValueMap  *there;
} Shared;

static void
shared_set_up (gpointer data)
{
  Shared *shared = data;

  for (guint i = 0; i < shared->n_keys; i++)
    shared->base = extend_tracked (shared->base, TRUE, shared->keys[i],
                                   tracked_new (&shared->n_alive, i));
  shared->here = gctx_value_map_ref (shared->base);
  shared->there = extend_tracked (shared->base, FALSE, shared->keys[0],
                                  tracked_new (&shared->n_alive, 100));
}

/* Both threads copy and drop what they share, often enough to meet even on a
 * busy machine, so that each count is moved in both at once; whoever comes last
 * releases. */
static void
use_and_drop (Shared        *shared,
              GCtxValueMap **map,
              guint          key)
{
  for (guint i = 0; i < 20; i++)
    {
      GCtxValueMap *child = extend_tracked (*map, FALSE, shared->keys[key],
                                            tracked_new (&shared->n_alive, 200 + key));

      g_assert_cmpuint (lookup_number (child, shared->keys[key]), ==, 200 + key);
      g_assert_cmpuint (lookup_number (child, shared->keys[3]), ==, 3);
      gctx_value_map_unref (child);
    }

  g_clear_pointer (map, gctx_value_map_unref);
}

static void
shared_here (gpointer data)
{
  Shared *shared = data;

  use_and_drop (shared, &shared->here, 1);
}

static void
shared_there (gpointer data)
{
  Shared *shared = data;

  g_clear_pointer (&shared->base, gctx_value_map_unref);
  use_and_drop (shared, &shared->there, 2);
}

static void
shared_check (gpointer data)
{
  Shared *shared = data;

  g_assert_cmpint (shared->n_alive, ==, 0);
}

static void
test_threads (gconstpointer user_data)
{
  const TestRaceFunc racers[] = { shared_here, shared_there, NULL };
  Shared shared = { .n_keys = GPOINTER_TO_UINT (user_data) };

  g_test_summary ("rules 5 and 18: values are released once, in whichever thread that is");

  shared.keys = make_keys (shared.n_keys, TYPE_TRACKED);
  test_race_n (test_rounds (10000), shared_set_up, racers, shared_check, &shared);
  free_keys (shared.keys, shared.n_keys);
}

/* --- Misuse --- */

static void
test_misuse (void)
{
  gint n_alive = 0;
  g_autoptr (GCtxKey) tracked = gctx_key_new ("tracked", TYPE_TRACKED);
  g_autoptr (GCtxKey) number = gctx_key_new ("number", G_TYPE_INT);
  GCtxKey *keys[] = { tracked, number, NULL };
  GValue values[3] = { G_VALUE_INIT, G_VALUE_INIT, G_VALUE_INIT };
  GCtxValueMap *map = NULL;

  g_test_summary ("rules 17 and 20: a critical that names the key, no map, and nothing leaks");

  g_value_init (&values[0], TYPE_TRACKED);
  g_value_take_boxed (&values[0], tracked_new (&n_alive, 1));
  g_value_init (&values[1], G_TYPE_STRING);

  g_test_expect_message ("GCtx", G_LOG_LEVEL_CRITICAL, "*\"number\"*gint*gchararray*");
  g_assert_false (gctx_value_map_extendv (NULL, 0, keys, 2, values, 2, &map));
  g_test_assert_expected_messages ();

  g_value_unset (&values[1]);
  g_test_expect_message ("GCtx", G_LOG_LEVEL_CRITICAL, "*\"number\"*never set*");
  g_assert_false (gctx_value_map_extendv (NULL, 0, keys, 2, values, 2, &map));
  g_test_assert_expected_messages ();

  g_value_init (&values[1], G_TYPE_INT);
  g_test_expect_message ("GCtx", G_LOG_LEVEL_CRITICAL, "Key 3 of 3 is NULL");
  g_assert_false (gctx_value_map_extendv (NULL, 0, keys, 3, values, 3, &map));
  g_test_assert_expected_messages ();

  g_test_expect_message ("GCtx", G_LOG_LEVEL_CRITICAL, "*n_keys == n_values*");
  g_assert_false (gctx_value_map_extendv (NULL, 0, keys, 2, values, 1, &map));
  g_test_assert_expected_messages ();

  g_assert_null (map);
  g_value_unset (&values[0]);
  g_assert_cmpint (n_alive, ==, 0);
}

static gboolean
extend_fails (GCtxKey *first_key,
              ...)
{
  GCtxValueMap *map = NULL;
  gboolean success;
  va_list args;

  va_start (args, first_key);
  success = gctx_value_map_extend_valist (NULL, 0, first_key, args, &map);
  va_end (args);

  return !success && map == NULL;
}

static void
test_misuse_of_list (void)
{
  gint n_alive = 0;
  g_autoptr (GCtxKey) tracked = gctx_key_new ("tracked", TYPE_TRACKED);
  g_autoptr (GCtxKey) stream = gctx_key_new ("stream", G_TYPE_INPUT_STREAM);
  g_autoptr (GCancellable) wrong = g_cancellable_new ();
  Tracked *value = tracked_new (&n_alive, 1);

  g_test_summary ("rules 17 and 20: an object of another class is a critical that names the key");

  g_test_expect_message ("GCtx", G_LOG_LEVEL_CRITICAL, "*\"stream\"*GCancellable*");
  g_assert_true (extend_fails (tracked, value, stream, wrong, NULL));
  g_test_assert_expected_messages ();

  tracked_unref (value);
  g_assert_cmpint (n_alive, ==, 0);
  g_assert_cmpuint (G_OBJECT (wrong)->ref_count, ==, 1);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/value-map/empty", test_empty);
  g_test_add_func ("/gctx/value-map/partly-hidden", test_partly_hidden);
  g_test_add_func ("/gctx/value-map/key-outlived", test_key_outlived);
  g_test_add_func ("/gctx/value-map/long-list", test_long_list);
  g_test_add_func ("/gctx/value-map/hiding-chain", test_hiding_chain);
  g_test_add_func ("/gctx/value-map/long-chain", test_long_chain);
  g_test_add_data_func ("/gctx/value-map/threads/flat", GUINT_TO_POINTER (5), test_threads);
  g_test_add_data_func ("/gctx/value-map/threads/trie", GUINT_TO_POINTER (50), test_threads);
  g_test_add_func ("/gctx/value-map/misuse", test_misuse);
  g_test_add_func ("/gctx/value-map/misuse-of-list", test_misuse_of_list);

  return g_test_run ();
}
