/* bench-contestants.h: who is measured
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "bench.h"

G_BEGIN_DECLS

/* bench-floor.c: the least that GObject can do. Final, no properties, no
 * signals, nothing in the instance, no virtual function of its own. */
G_DECLARE_FINAL_TYPE (BenchFloor, bench_floor, BENCH, FLOOR, GObject)

extern const BenchContestant floor_object;

/* bench-idiom.c */
extern const BenchContestant idiom_scope;

/* bench-gctx.c */
extern const BenchContestant gctx_scope;

/* bench-go.c */
extern const BenchContestant go_contestant;

G_END_DECLS
