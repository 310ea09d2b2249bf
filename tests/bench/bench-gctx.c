/* bench-gctx.c: GCtx, through what it shows to everybody
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "bench-contestants.h"

#include <gctx.h>

typedef struct
{
  GCtxScope   *parent_scope;
  GCtxContext *parent;
  GCtxScope   *scopes[BENCH_IN_FLIGHT];
} Server;

static gpointer
server_new (const BenchCase *bench_case)
{
  Server *server = g_new0 (Server, 1);

  server->parent_scope = gctx_scope_new (gctx_context_background ());
  server->parent = GCTX_CONTEXT (server->parent_scope);

  return server;
}

static void
server_free (gpointer fixture)
{
  Server *server = fixture;

  gctx_scope_close (server->parent_scope);
  g_free (server);
}

static inline void
close_all (Server *server)
{
  const guint *order = bench_order ();
  guint i;

  for (i = 0; i < BENCH_IN_FLIGHT; i++)
    gctx_scope_close (server->scopes[order[i]]);
}

static void
scope_batch (gpointer fixture)
{
  Server *server = fixture;
  guint i;

  for (i = 0; i < BENCH_IN_FLIGHT; i++)
    server->scopes[i] = gctx_scope_new (server->parent);

  close_all (server);
}

const BenchContestant gctx_scope = { "gctx", server_new, scope_batch, NULL, server_free };
