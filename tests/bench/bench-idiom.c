/* bench-idiom.c: what GLib programs write today
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "bench-contestants.h"

/* An operation with a part that can be cancelled alone has a GCancellable of
 * its own, which follows the one that it was given. This is the cheapest
 * correct way to write it: no reference for the handler, because the request
 * disconnects before it drops the child; no cancel at the end. */
typedef struct
{
  GCancellable *cancellable;
  gulong        parent_handler;
} Request;

typedef struct
{
  GCancellable *parent;
  Request       requests[BENCH_IN_FLIGHT];
} Server;

static void
on_parent_cancelled (GCancellable *parent,
                     gpointer      user_data)
{
  g_cancellable_cancel (user_data);
}

static inline void
request_begin (Request      *request,
               GCancellable *parent)
{
  request->cancellable = g_cancellable_new ();
  request->parent_handler = g_cancellable_connect (parent, G_CALLBACK (on_parent_cancelled),
                                                   request->cancellable, NULL);
}

static inline void
request_end (Request      *request,
             GCancellable *parent)
{
  g_cancellable_disconnect (parent, request->parent_handler);
  g_object_unref (request->cancellable);
}

static gpointer
server_new (const BenchCase *bench_case)
{
  Server *server = g_new0 (Server, 1);

  server->parent = g_cancellable_new ();

  return server;
}

static void
server_free (gpointer fixture)
{
  Server *server = fixture;

  g_object_unref (server->parent);
  g_free (server);
}

static void
scope_batch (gpointer fixture)
{
  Server *server = fixture;
  const guint *order = bench_order ();
  guint i;

  for (i = 0; i < BENCH_IN_FLIGHT; i++)
    request_begin (&server->requests[i], server->parent);

  for (i = 0; i < BENCH_IN_FLIGHT; i++)
    request_end (&server->requests[order[i]], server->parent);
}

const BenchContestant idiom_scope = { "idiom", server_new, scope_batch, NULL, server_free };
