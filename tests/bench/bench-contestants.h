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
extern const BenchContestant idiom_timeout;
extern const BenchContestant idiom_value;
extern const BenchContestant idiom_ten_values;
extern const BenchContestant idiom_request;
extern const BenchContestant idiom_lookup;
extern const BenchContestant idiom_cancel;
extern const BenchContestant ref_is_cancelled;
extern const BenchContestant ref_monotonic_time;

/* bench-gctx.c */
extern const BenchContestant gctx_scope;
extern const BenchContestant gctx_timeout;
extern const BenchContestant gctx_value;
extern const BenchContestant gctx_ten_values;
extern const BenchContestant gctx_request;
extern const BenchContestant gctx_request_gio;
extern const BenchContestant gctx_is_done;
extern const BenchContestant gctx_is_done_deadline;
extern const BenchContestant gctx_lookup;
extern const BenchContestant gctx_cancel;
extern const BenchContestant gctx_cancel_gio;

/* bench-go.c */
extern const BenchContestant go_contestant;

G_END_DECLS
