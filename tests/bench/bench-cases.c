/* bench-cases.c: the work that is measured, and what it may cost
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "bench-cases.h"
#include "bench-contestants.h"

const BenchCase bench_work_cases[] =
{
  {
    .name = "scope",
    .title = "scope under a live parent, made and closed",
    .ops = BENCH_IN_FLIGHT,
    .go = "scope",
    .contestants = { &gctx_scope, &floor_object, &idiom_scope, &go_contestant },
    .targets = {
      { "floor", .max = 1.3 },
      { "idiom", .max = 0.6 },
    },
  },
  { NULL }
};

const BenchSeries bench_work_series[] =
{
  { NULL }
};
