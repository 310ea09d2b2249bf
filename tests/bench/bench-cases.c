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
  {
    .name = "timeout",
    .title = "scope with a timeout, 1,000 others pending, made and closed",
    .group = "timeout",
    .size = 1000,
    .ops = BENCH_IN_FLIGHT,
    .go = "timeout",
    .contestants = { &gctx_timeout, &floor_object, &idiom_timeout, &go_contestant },
    .targets = {
      { "floor", .max = 1.6 },
      { "go", .max = 0.8 },
      { "idiom", .max = 0.55 },
    },
  },
  {
    .name = "timeout-100000",
    .title = "scope with a timeout, 100,000 others pending, made and closed",
    .group = "timeout",
    .size = 100000,
    .ops = BENCH_IN_FLIGHT,
    .go = "timeout",
    .contestants = { &gctx_timeout, &floor_object, &idiom_timeout, &go_contestant },
    .targets = {
      { "own:timeout", .max = 1.15 },
    },
  },
  {
    .name = "value",
    .title = "context with one value, made and dropped",
    .ops = BENCH_IN_FLIGHT,
    .go = "value",
    .contestants = { &gctx_value, &floor_object, &idiom_value, &go_contestant },
    .targets = {
      { "floor", .max = 1.2 },
    },
  },
  {
    .name = "ten-values",
    .title = "ten ints in one context, made and dropped",
    .ops = BENCH_IN_FLIGHT,
    .go = "ten-values",
    .contestants = { &gctx_ten_values, &floor_object, &idiom_ten_values, &go_contestant },
    .targets = {
      { "floor", .max = 1.6 },
    },
  },
  {
    .name = "request",
    .title = "a whole request: timeout, two values, five is_done, two look-ups, close",
    .size = 1000,
    .ops = BENCH_IN_FLIGHT,
    .go = "request",
    .contestants = { &gctx_request, &floor_object, &idiom_request, &go_contestant },
    .targets = {
      { "go", .max = 0.75 },
    },
  },
  {
    .name = "request-gio",
    .title = "a whole request with a GCancellable",
    .size = 1000,
    .ops = BENCH_IN_FLIGHT,
    .contestants = { &gctx_request_gio, &floor_object, &idiom_request },
    .targets = {
      { "idiom", .max = 0.9 },
    },
  },
  {
    .name = "is-done",
    .title = "is_done, no deadline",
    .ops = BENCH_IN_FLIGHT,
    .go = "is-done",
    .contestants = { &gctx_is_done, &ref_is_cancelled, &go_contestant },
    .targets = {
      { "ref:g_cancellable_is_cancelled", .max = 2.0 },
    },
  },
  {
    .name = "is-done-deadline",
    .title = "is_done, with a deadline",
    .ops = BENCH_IN_FLIGHT,
    .go = "is-done-deadline",
    .contestants = { &gctx_is_done_deadline, &ref_monotonic_time, &go_contestant },
    .targets = {
      { "ref:g_get_monotonic_time", .max = 1.3 },
    },
  },
  {
    .name = "lookup",
    .title = "look-up, 1 key deep",
    .group = "lookup",
    .size = 1,
    .ops = BENCH_IN_FLIGHT,
    .go = "lookup",
    .contestants = { &gctx_lookup, &idiom_lookup, &go_contestant },
    .targets = {
      { "go", .max = 2.0 },
    },
  },
  {
    .name = "lookup-10",
    .title = "look-up, 10 keys deep",
    .group = "lookup",
    .size = 10,
    .ops = BENCH_IN_FLIGHT,
    .go = "lookup",
    .contestants = { &gctx_lookup, &idiom_lookup, &go_contestant },
    .targets = {
      { "go", .max = 0.4 },
    },
  },
  {
    .name = "lookup-1000",
    .title = "look-up, 1,000 keys deep",
    .group = "lookup",
    .size = 1000,
    .ops = BENCH_IN_FLIGHT,
    .go = "lookup",
    .contestants = { &gctx_lookup, &idiom_lookup, &go_contestant },
    .targets = {
      { "own:lookup", .max = 1.5 },
    },
  },
  {
    .name = "cancel",
    .title = "a scope with 100,000 plain children cancelled, per child",
    .size = 100000,
    .ops = 100000,
    .samples = 3,
    .go = "cancel",
    .contestants = { &gctx_cancel, &idiom_cancel, &go_contestant },
    .targets = {
      { "go", .max = 0.35 },
      { "idiom", .max = 0.25 },
    },
  },
  {
    .name = "cancel-gio",
    .title = "the same with a GCancellable handed out by each child",
    .size = 100000,
    .ops = 100000,
    .samples = 3,
    .contestants = { &gctx_cancel_gio, &idiom_cancel },
    .targets = {
      { "idiom", .max = 0.8 },
    },
  },
  { NULL }
};

/* The models of what grows. */
static const BenchCase depth =
{
  .name = "depth",
  .ops = BENCH_IN_FLIGHT,
  .go = "lookup",
  .contestants = { &gctx_lookup, &idiom_lookup, &go_contestant },
};

static const BenchCase width =
{
  .name = "width",
  .ops = 1,
  .samples = 3,
  .go = "cancel",
  .contestants = { &gctx_cancel, &idiom_cancel, &go_contestant },
};

static const BenchCase pending =
{
  .name = "pending",
  .ops = BENCH_IN_FLIGHT,
  .go = "timeout",
  .contestants = { &gctx_timeout, &floor_object, &idiom_timeout, &go_contestant },
};

const BenchSeries bench_work_series[] =
{
  {
    .name = "depth",
    .title = "look-up, by how many keys deep",
    .model = &depth,
    .sizes = { 1, 3, 10, 30, 100, 300, 1000 },
    .n_sizes = 7,
  },
  {
    .name = "width",
    .title = "a scope cancelled, per child, by how many children",
    .model = &width,
    .sizes = { 10, 100, 1000, 10000, 100000 },
    .n_sizes = 5,
  },
  {
    .name = "pending",
    .title = "scope with a timeout, made and closed, by how many others are pending",
    .model = &pending,
    .sizes = { 0, 10, 100, 1000, 10000, 100000 },
    .n_sizes = 6,
  },
  { NULL }
};
