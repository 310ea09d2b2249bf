/* test-value-map-programs.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-value-map.h"

/* Random programs against a plain model. */

#define N_MAPS 12

typedef struct
{
  guint number;
  guint64 serial;
  guint layer;
} Seen;

typedef struct
{
  GCtxValueMap *map;
  GHashTable   *model;   /* from the key to a Seen: one plain copy for each map */
  guint         layer;
} Slot;

typedef struct
{
  GRand     *rand;
  GCtxKey  **keys;
  guint      n_keys;
  Slot       slots[N_MAPS];
  GArray    *n_alive;    /* of each number: whether its value lives */
  GArray    *n_seen;     /* of each number: how many models see it */
  guint      n_numbers;
} Program;

static gint *
program_get_alive (Program *program,
                   guint    number)
{
  return &g_array_index (program->n_alive, gint, number);
}

static void
program_count (Program    *program,
               GHashTable *model,
               gint        step)
{
  GHashTableIter iter;
  Seen *seen;

  g_hash_table_iter_init (&iter, model);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &seen))
    g_array_index (program->n_seen, gint, seen->number) += step;
}

/* What a dropped model saw lives on if and only if another one sees it. */
static void
program_check_released (Program    *program,
                        GHashTable *model)
{
  GHashTableIter iter;
  GCtxKey *key;
  Seen *seen;

  g_hash_table_iter_init (&iter, model);
  while (g_hash_table_iter_next (&iter, (gpointer *) &key, (gpointer *) &seen))
    if (gctx_key_get_value_type (key) == TYPE_TRACKED)
      g_assert_cmpint (*program_get_alive (program, seen->number), ==,
                       g_array_index (program->n_seen, gint, seen->number) > 0);
}

static void
program_drop (Program *program,
              Slot    *slot)
{
  if (slot->model == NULL)
    return;

  program_count (program, slot->model, -1);
  gctx_value_map_unref (slot->map);
  program_check_released (program, slot->model);
  g_clear_pointer (&slot->model, g_hash_table_unref);
  slot->map = NULL;
}

static GHashTable *
copy_model (GHashTable *model)
{
  GHashTable *copy = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  GHashTableIter iter;
  gpointer key, seen;

  if (model == NULL)
    return copy;

  g_hash_table_iter_init (&iter, model);
  while (g_hash_table_iter_next (&iter, &key, &seen))
    g_hash_table_insert (copy, key, g_memdup2 (seen, sizeof (Seen)));

  return copy;
}

static void
program_extend (Program *program,
                Slot    *base,
                Slot    *slot)
{
  guint most = g_rand_boolean (program->rand) ? 3 : g_rand_boolean (program->rand) ? 20 : 60;
  guint n_keys = g_rand_int_range (program->rand, 1, most);
  guint64 serial = g_rand_int_range (program->rand, 0, 100);
  guint layer = base->map != NULL ? base->layer + 1 : 0;
  guint first_number = program->n_numbers;
  GHashTable *model = copy_model (base->model);
  GValue values[60] = { G_VALUE_INIT, };
  GCtxKey *keys[60];
  GCtxValueMap *map = NULL;

  for (guint i = 0; i < n_keys; i++)
    {
      guint number = program->n_numbers++;
      Seen *seen = g_new (Seen, 1);

      keys[i] = program->keys[g_rand_int_range (program->rand, 0, program->n_keys)];
      g_assert_cmpuint (number, <, program->n_alive->len);

      g_value_init (&values[i], gctx_key_get_value_type (keys[i]));
      if (G_VALUE_HOLDS_INT (&values[i]))
        g_value_set_int (&values[i], number);
      else
        g_value_take_boxed (&values[i], tracked_new (program_get_alive (program, number), number));

      *seen = (Seen) { number, serial, layer };
      g_hash_table_insert (model, keys[i], seen);
    }

  g_assert_true (gctx_value_map_extendv (base->map, serial, keys, n_keys, values, n_keys, &map));

  program_count (program, model, 1);
  program_drop (program, slot);
  *slot = (Slot) { map, model, layer };

  /* Those that a later one of the same call hid are gone by now. */
  for (guint i = 0; i < n_keys; i++)
    {
      gboolean is_tracked = G_VALUE_HOLDS_BOXED (&values[i]);

      g_value_unset (&values[i]);
      if (is_tracked)
        g_assert_cmpint (*program_get_alive (program, first_number + i), ==,
                         g_array_index (program->n_seen, gint, first_number + i));
    }
}

static void
check_seen (GCtxKey      *key,
            const GValue *value,
            guint64       serial,
            guint         layer,
            gpointer      user_data)
{
  GHashTable *unmet = user_data;
  Seen *seen = g_hash_table_lookup (unmet, key);

  g_assert_nonnull (seen);
  g_assert_cmpuint (serial, ==, seen->serial);
  g_assert_cmpuint (layer, ==, seen->layer);
  g_hash_table_remove (unmet, key);
}

static void
program_check (Program *program,
               Slot    *slot)
{
  g_autoptr (GHashTable) unmet = copy_model (slot->model);

  for (guint i = 0; i < program->n_keys; i++)
    {
      Seen *seen = g_hash_table_lookup (unmet, program->keys[i]);

      if (seen != NULL)
        g_assert_cmpuint (lookup_number (slot->map, program->keys[i]), ==, seen->number);
      else
        g_assert_null (gctx_value_map_lookup (slot->map, program->keys[i]));
    }

  gctx_value_map_foreach (slot->map, check_seen, unmet);
  g_assert_cmpuint (g_hash_table_size (unmet), ==, 0);
}

typedef struct
{
  const char *name;
  guint       n_keys;
  guint       n_between;   /* other keys that were made between two of them */
  guint       n_steps;
} ProgramShape;

static void
test_program (gconstpointer user_data)
{
  const ProgramShape *shape = user_data;
  Program program = { .n_keys = shape->n_keys };

  g_test_summary ("rule 17: a child's value hides its parent's; "
                  "rule 18: values are released once, as soon as no map sees them");

  program.rand = g_rand_new_with_seed (g_test_rand_int ());
  program.keys = g_new (GCtxKey *, shape->n_keys);
  program.n_alive = g_array_sized_new (FALSE, TRUE, sizeof (gint), shape->n_steps * 60);
  program.n_seen = g_array_sized_new (FALSE, TRUE, sizeof (gint), shape->n_steps * 60);
  g_array_set_size (program.n_alive, shape->n_steps * 60);
  g_array_set_size (program.n_seen, shape->n_steps * 60);

  for (guint i = 0; i < shape->n_keys; i++)
    {
      program.keys[i] = gctx_key_new ("key", i % 3 == 0 ? G_TYPE_INT : TYPE_TRACKED);
      for (guint j = 0; j < shape->n_between; j++)
        gctx_key_unref (gctx_key_new ("between", G_TYPE_INT));
    }

  for (guint i = 0; i < shape->n_steps; i++)
    {
      Slot *base = &program.slots[g_rand_int_range (program.rand, 0, N_MAPS)];
      Slot *slot = &program.slots[g_rand_int_range (program.rand, 0, N_MAPS)];

      if (g_rand_int_range (program.rand, 0, 20) == 0)
        {
          program_drop (&program, slot);
          continue;
        }

      program_extend (&program, base, slot);
      program_check (&program, slot);
    }

  for (guint i = 0; i < N_MAPS; i++)
    {
      if (program.slots[i].map != NULL)
        program_check (&program, &program.slots[i]);
      program_drop (&program, &program.slots[i]);
    }

  for (guint i = 0; i < program.n_alive->len; i++)
    g_assert_cmpint (*program_get_alive (&program, i), ==, 0);

  g_array_unref (program.n_seen);
  g_array_unref (program.n_alive);
  free_keys (program.keys, program.n_keys);
  g_rand_free (program.rand);
}

int
main (int   argc,
      char *argv[])
{
  static const ProgramShape shapes[] = {
    { "one", 1, 0, 1000 },
    { "three", 3, 0, 3000 },
    { "flat", 14, 0, 3000 },
    { "edge", 18, 0, 3000 },
    { "dozens", 60, 0, 2000 },
    { "far-apart", 40, 31, 2000 },
    { "very-far-apart", 40, 1023, 1000 },
    { "many", 2000, 0, 1000 },
  };

  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (shapes); i++)
    {
      g_autofree char *path = g_strconcat ("/gctx/value-map-programs/", shapes[i].name, NULL);

      g_test_add_data_func (path, &shapes[i], test_program);
    }

  return g_test_run ();
}
