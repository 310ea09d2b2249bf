/* bench-floor.c: the floor of what an object costs
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "bench-contestants.h"

struct _BenchFloor
{
  GObject parent_instance;
};

G_DEFINE_FINAL_TYPE (BenchFloor, bench_floor, G_TYPE_OBJECT)

static void
bench_floor_class_init (BenchFloorClass *klass)
{
}

static void
bench_floor_init (BenchFloor *self)
{
}

static gpointer
set_up (const BenchCase *bench_case)
{
  return g_new0 (gpointer, BENCH_IN_FLIGHT);
}

static void
batch (gpointer fixture)
{
  gpointer *objects = fixture;
  const guint *order = bench_order ();
  guint i;

  for (i = 0; i < BENCH_IN_FLIGHT; i++)
    objects[i] = g_object_new (bench_floor_get_type (), NULL);

  for (i = 0; i < BENCH_IN_FLIGHT; i++)
    g_object_unref (objects[order[i]]);
}

const BenchContestant floor_object = { "floor", set_up, batch, NULL, g_free };
