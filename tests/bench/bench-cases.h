/* bench-cases.h: what is measured
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "bench.h"

G_BEGIN_DECLS

/* Each list ends with a NULL name. */
extern const BenchCase   bench_lateness_cases[];
extern const BenchCase   bench_loop_cases[];
extern const BenchCase   bench_process_cases[];
extern const BenchCase   bench_thread_cases[];
extern const BenchSeries bench_thread_series[];
extern const BenchCase   bench_work_cases[];
extern const BenchSeries bench_work_series[];

G_END_DECLS
