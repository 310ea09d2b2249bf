/* bench-gctx.c: GCtx, through what it shows to everybody
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "bench-contestants.h"

#include <gctx.h>

GCTX_DEFINE_KEY (user_key, "user", G_TYPE_STRING)
GCTX_DEFINE_KEY (attempt_key, "attempt", G_TYPE_INT)

typedef struct
{
  GMainContext *main_context;
  GCtxScope    *parent_scope;
  GCtxContext  *parent;
  GCtxScope    *scopes[BENCH_IN_FLIGHT];
  GCtxContext  *contexts[BENCH_IN_FLIGHT];
  GCtxKey      *keys[10];
  GCtxScope   **others;
  guint         n_others;
} Server;

static gpointer
server_new (const BenchCase *bench_case)
{
  Server *server = g_new0 (Server, 1);
  gsize i;

  server->main_context = g_main_context_new ();
  server->parent_scope = gctx_scope_new (gctx_context_background ());
  server->parent = GCTX_CONTEXT (server->parent_scope);
  for (i = 0; i < G_N_ELEMENTS (server->keys); i++)
    server->keys[i] = gctx_key_new_static ("number", G_TYPE_INT);

  return server;
}

static gpointer
server_new_with_others (const BenchCase *bench_case)
{
  Server *server = server_new (bench_case);
  const GTimeSpan *timeouts;
  guint i;

  server->n_others = (guint) bench_case->size;
  server->others = g_new0 (GCtxScope *, server->n_others);
  timeouts = bench_timeouts (server->n_others);

  g_main_context_push_thread_default (server->main_context);
  for (i = 0; i < server->n_others; i++)
    server->others[i] = gctx_scope_new_with_timeout (server->parent, timeouts[i]);
  g_main_context_pop_thread_default (server->main_context);

  return server;
}

static void
server_free (gpointer fixture)
{
  Server *server = fixture;
  gsize i;

  for (i = 0; i < server->n_others; i++)
    gctx_scope_close (server->others[i]);
  for (i = 0; i < G_N_ELEMENTS (server->keys); i++)
    gctx_key_unref (server->keys[i]);
  gctx_scope_close (server->parent_scope);
  g_main_context_unref (server->main_context);
  g_free (server->others);
  g_free (server);
}

static void
close_all (Server *server)
{
  const guint *order = bench_order ();
  guint i;

  for (i = 0; i < BENCH_IN_FLIGHT; i++)
    gctx_scope_close (server->scopes[order[i]]);
}

static void
unref_all (Server *server)
{
  const guint *order = bench_order ();
  guint i;

  for (i = 0; i < BENCH_IN_FLIGHT; i++)
    g_object_unref (server->contexts[order[i]]);
}

/* --- Made and ended --- */

static void
scope_batch (gpointer fixture)
{
  Server *server = fixture;
  guint i;

  for (i = 0; i < BENCH_IN_FLIGHT; i++)
    server->scopes[i] = gctx_scope_new (server->parent);

  close_all (server);
}

static void
timeout_batch (gpointer fixture)
{
  Server *server = fixture;
  const GTimeSpan *timeouts = bench_timeouts (BENCH_IN_FLIGHT);
  guint i;

  g_main_context_push_thread_default (server->main_context);
  for (i = 0; i < BENCH_IN_FLIGHT; i++)
    server->scopes[i] = gctx_scope_new_with_timeout (server->parent, timeouts[i]);

  close_all (server);
  g_main_context_pop_thread_default (server->main_context);
}

static void
value_batch (gpointer fixture)
{
  Server *server = fixture;
  int i;

  for (i = 0; i < BENCH_IN_FLIGHT; i++)
    server->contexts[i] = gctx_context_with_values (server->parent, attempt_key (), i, NULL);

  unref_all (server);
}

static void
ten_values_batch (gpointer fixture)
{
  Server *server = fixture;
  GCtxKey **keys = server->keys;
  int i;

  for (i = 0; i < BENCH_IN_FLIGHT; i++)
    server->contexts[i] = gctx_context_with_values (server->parent,
                                                    keys[0], i, keys[1], i, keys[2], i, keys[3], i,
                                                    keys[4], i, keys[5], i, keys[6], i, keys[7], i,
                                                    keys[8], i, keys[9], i, NULL);

  unref_all (server);
}

static void
begin_requests (Server *server)
{
  const GTimeSpan *timeouts = bench_timeouts (BENCH_IN_FLIGHT);
  int i;

  for (i = 0; i < BENCH_IN_FLIGHT; i++)
    {
      server->scopes[i] = gctx_scope_new_full (server->parent, g_get_monotonic_time () + timeouts[i], NULL,
                                               user_key (), bench_user (i),
                                               attempt_key (), i,
                                               NULL);
      server->contexts[i] = GCTX_CONTEXT (server->scopes[i]);
    }
}

static inline void
use_request (GCtxContext *context)
{
  BENCH_USE (gctx_context_is_done (context));
  BENCH_USE (gctx_context_get_string (context, user_key ()));
  BENCH_USE (gctx_context_is_done (context));
  BENCH_USE (gctx_context_is_done (context));
  BENCH_USE (gctx_context_get_int (context, attempt_key ()));
  BENCH_USE (gctx_context_is_done (context));
  BENCH_USE (gctx_context_is_done (context));
}

static void
request_batch (gpointer fixture)
{
  Server *server = fixture;
  guint i;

  g_main_context_push_thread_default (server->main_context);
  begin_requests (server);
  for (i = 0; i < BENCH_IN_FLIGHT; i++)
    use_request (server->contexts[i]);

  close_all (server);
  g_main_context_pop_thread_default (server->main_context);
}

static void
request_gio_batch (gpointer fixture)
{
  Server *server = fixture;
  guint i;

  g_main_context_push_thread_default (server->main_context);
  begin_requests (server);
  for (i = 0; i < BENCH_IN_FLIGHT; i++)
    {
      BENCH_USE (gctx_context_get_cancellable (server->contexts[i]));
      use_request (server->contexts[i]);
    }

  close_all (server);
  g_main_context_pop_thread_default (server->main_context);
}

const BenchContestant gctx_scope = { "gctx", server_new, scope_batch, NULL, server_free };
const BenchContestant gctx_timeout = { "gctx", server_new_with_others, timeout_batch, NULL, server_free };
const BenchContestant gctx_value = { "gctx", server_new, value_batch, NULL, server_free };
const BenchContestant gctx_ten_values = { "gctx", server_new, ten_values_batch, NULL, server_free };
const BenchContestant gctx_request = { "gctx", server_new_with_others, request_batch, NULL, server_free };
const BenchContestant gctx_request_gio = { "gctx", server_new_with_others, request_gio_batch, NULL, server_free };

/* --- Asked --- */

static gpointer
server_new_with_scopes (const BenchCase *bench_case)
{
  Server *server = server_new (bench_case);
  guint i;

  for (i = 0; i < BENCH_IN_FLIGHT; i++)
    {
      server->scopes[i] = gctx_scope_new (server->parent);
      server->contexts[i] = GCTX_CONTEXT (server->scopes[i]);
    }

  return server;
}

static gpointer
server_new_with_deadlines (const BenchCase *bench_case)
{
  Server *server = server_new (bench_case);
  const GTimeSpan *timeouts = bench_timeouts (BENCH_IN_FLIGHT);
  guint i;

  g_main_context_push_thread_default (server->main_context);
  for (i = 0; i < BENCH_IN_FLIGHT; i++)
    {
      server->scopes[i] = gctx_scope_new_with_timeout (server->parent, timeouts[i]);
      server->contexts[i] = GCTX_CONTEXT (server->scopes[i]);
    }
  g_main_context_pop_thread_default (server->main_context);

  return server;
}

static void
server_free_with_scopes (gpointer fixture)
{
  close_all (fixture);
  server_free (fixture);
}

static void
is_done_batch (gpointer fixture)
{
  Server *server = fixture;
  guint i;

  for (i = 0; i < BENCH_IN_FLIGHT; i++)
    BENCH_USE (gctx_context_is_done (server->contexts[i]));
}

typedef struct
{
  GCtxContext *leaf;
  GCtxKey     *key;        /* the one that was set first */
} Chain;

static gpointer
chain_new (const BenchCase *bench_case)
{
  Chain *chain = g_new0 (Chain, 1);
  int i;

  chain->leaf = g_object_ref (gctx_context_background ());
  for (i = 0; i < bench_case->size; i++)
    {
      g_autoptr (GCtxContext) parent = chain->leaf;
      g_autoptr (GCtxKey) key = gctx_key_new ("number", G_TYPE_INT);

      chain->leaf = gctx_context_with_values (parent, key, i, NULL);
      if (i == 0)
        chain->key = gctx_key_ref (key);
    }

  return chain;
}

static void
chain_free (gpointer fixture)
{
  Chain *chain = fixture;

  g_object_unref (chain->leaf);
  gctx_key_unref (chain->key);
  g_free (chain);
}

static void
lookup_batch (gpointer fixture)
{
  Chain *chain = fixture;
  guint i;

  for (i = 0; i < BENCH_IN_FLIGHT; i++)
    BENCH_USE (gctx_context_get_int (chain->leaf, chain->key));
}

const BenchContestant gctx_is_done = {
  "gctx", server_new_with_scopes, is_done_batch, NULL, server_free_with_scopes
};
const BenchContestant gctx_is_done_deadline = {
  "gctx", server_new_with_deadlines, is_done_batch, NULL, server_free_with_scopes
};
const BenchContestant gctx_lookup = { "gctx", chain_new, lookup_batch, NULL, chain_free };

/* --- Cancelled --- */

typedef struct
{
  guint       n_fans;
  guint       n_children;      /* in a fan */
  GCtxScope **parents;
  GCtxScope **children;
} Fans;

static gpointer
fans_new (const BenchCase *bench_case)
{
  Fans *fans = g_new0 (Fans, 1);

  fans->n_children = (guint) bench_case->size;
  fans->n_fans = bench_fans (bench_case->size);
  fans->parents = g_new0 (GCtxScope *, fans->n_fans);
  fans->children = g_new0 (GCtxScope *, fans->n_fans * fans->n_children);

  return fans;
}

static void
fans_free (gpointer fixture)
{
  Fans *fans = fixture;

  g_free (fans->parents);
  g_free (fans->children);
  g_free (fans);
}

static double
cancel_fans (Fans     *fans,
             gboolean  hand_out)
{
  guint n = fans->n_fans * fans->n_children;
  gint64 elapsed;
  guint i;

  for (i = 0; i < fans->n_fans; i++)
    fans->parents[i] = gctx_scope_new (gctx_context_background ());
  for (i = 0; i < n; i++)
    {
      fans->children[i] = gctx_scope_new (GCTX_CONTEXT (fans->parents[i / fans->n_children]));
      if (hand_out)
        gctx_context_get_cancellable (GCTX_CONTEXT (fans->children[i]));
    }

  elapsed = -bench_now_ns ();
  for (i = 0; i < fans->n_fans; i++)
    gctx_scope_cancel (fans->parents[i]);
  elapsed += bench_now_ns ();

  for (i = 0; i < n; i++)
    gctx_scope_close (fans->children[i]);
  for (i = 0; i < fans->n_fans; i++)
    gctx_scope_close (fans->parents[i]);

  return (double) elapsed / n;
}

static double
cancel_sample (gpointer fixture)
{
  return cancel_fans (fixture, FALSE);
}

static double
cancel_gio_sample (gpointer fixture)
{
  return cancel_fans (fixture, TRUE);
}

const BenchContestant gctx_cancel = { "gctx", fans_new, NULL, cancel_sample, fans_free };
const BenchContestant gctx_cancel_gio = { "gctx", fans_new, NULL, cancel_gio_sample, fans_free };
