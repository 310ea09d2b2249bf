/* bench-idiom.c: what GLib programs write today
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "bench-contestants.h"
#include "bench-idiom.h"

typedef struct
{
  GMainContext *main_context;
  GCancellable *parent;
  BenchRequest  requests[BENCH_IN_FLIGHT];
  BenchRequest *others;
  guint         n_others;
} Server;

/* --- The server --- */

static gpointer
server_new (const BenchCase *bench_case)
{
  Server *server = g_new0 (Server, 1);

  server->main_context = g_main_context_new ();
  server->parent = g_cancellable_new ();

  return server;
}

static gpointer
server_new_with_others (const BenchCase *bench_case)
{
  Server *server = server_new (bench_case);
  const GTimeSpan *timeouts;
  guint i;

  server->n_others = (guint) bench_case->size;
  server->others = g_new0 (BenchRequest, server->n_others);
  timeouts = bench_timeouts (server->n_others);
  for (i = 0; i < server->n_others; i++)
    {
      bench_request_begin (&server->others[i], server->parent);
      bench_request_set_timeout (&server->others[i], server->main_context, timeouts[i]);
    }

  return server;
}

static void
server_free (gpointer fixture)
{
  Server *server = fixture;
  guint i;

  for (i = 0; i < server->n_others; i++)
    {
      bench_timeout_end (server->others[i].timeout);
      bench_request_end (&server->others[i], server->parent);
    }
  g_free (server->others);
  g_object_unref (server->parent);
  g_main_context_unref (server->main_context);
  g_free (server);
}

static void
end_all (Server *server)
{
  const guint *order = bench_order ();
  guint i;

  for (i = 0; i < BENCH_IN_FLIGHT; i++)
    bench_request_end (&server->requests[order[i]], server->parent);
}

static void
end_all_with_timeout (Server *server)
{
  const guint *order = bench_order ();
  guint i;

  for (i = 0; i < BENCH_IN_FLIGHT; i++)
    {
      bench_timeout_end (server->requests[order[i]].timeout);
      bench_request_end (&server->requests[order[i]], server->parent);
    }
}

/* --- Made and ended --- */

static void
scope_batch (gpointer fixture)
{
  Server *server = fixture;
  guint i;

  for (i = 0; i < BENCH_IN_FLIGHT; i++)
    bench_request_begin (&server->requests[i], server->parent);

  end_all (server);
}

static void
timeout_batch (gpointer fixture)
{
  Server *server = fixture;
  const GTimeSpan *timeouts = bench_timeouts (BENCH_IN_FLIGHT);
  guint i;

  g_main_context_push_thread_default (server->main_context);
  for (i = 0; i < BENCH_IN_FLIGHT; i++)
    {
      bench_request_begin (&server->requests[i], server->parent);
      bench_request_set_timeout (&server->requests[i], server->main_context, timeouts[i]);
    }

  end_all_with_timeout (server);
  g_main_context_pop_thread_default (server->main_context);
}

/* A value for one part of the work alone needs an object of that part's own to
 * hang on. */
static void
value_batch (gpointer fixture)
{
  Server *server = fixture;
  guint i;

  for (i = 0; i < BENCH_IN_FLIGHT; i++)
    {
      bench_request_begin (&server->requests[i], server->parent);
      g_object_set_data (G_OBJECT (server->requests[i].cancellable), "attempt", GUINT_TO_POINTER (i));
    }

  end_all (server);
}

static void
ten_values_batch (gpointer fixture)
{
  static const char *names[] = { "k0", "k1", "k2", "k3", "k4", "k5", "k6", "k7", "k8", "k9" };
  Server *server = fixture;
  gsize i, j;

  for (i = 0; i < BENCH_IN_FLIGHT; i++)
    {
      bench_request_begin (&server->requests[i], server->parent);
      for (j = 0; j < G_N_ELEMENTS (names); j++)
        g_object_set_data (G_OBJECT (server->requests[i].cancellable), names[j], GUINT_TO_POINTER (j));
    }

  end_all (server);
}

static inline void
request_use (BenchRequest *request)
{
  GCancellable *cancellable = request->cancellable;

  BENCH_USE (g_cancellable_is_cancelled (cancellable));
  BENCH_USE (g_object_get_data (G_OBJECT (cancellable), "user"));
  BENCH_USE (g_cancellable_is_cancelled (cancellable));
  BENCH_USE (g_cancellable_is_cancelled (cancellable));
  BENCH_USE (g_object_get_data (G_OBJECT (cancellable), "attempt"));
  BENCH_USE (g_cancellable_is_cancelled (cancellable));
  BENCH_USE (g_cancellable_is_cancelled (cancellable));
}

static void
request_batch (gpointer fixture)
{
  Server *server = fixture;
  const GTimeSpan *timeouts = bench_timeouts (BENCH_IN_FLIGHT);
  guint i;

  g_main_context_push_thread_default (server->main_context);
  for (i = 0; i < BENCH_IN_FLIGHT; i++)
    {
      BenchRequest *request = &server->requests[i];

      bench_request_begin (request, server->parent);
      bench_request_set_timeout (request, server->main_context, timeouts[i]);
      g_object_set_data_full (G_OBJECT (request->cancellable), "user", g_strdup (bench_user (i)), g_free);
      g_object_set_data (G_OBJECT (request->cancellable), "attempt", GUINT_TO_POINTER (i));
    }

  for (i = 0; i < BENCH_IN_FLIGHT; i++)
    request_use (&server->requests[i]);

  end_all_with_timeout (server);
  g_main_context_pop_thread_default (server->main_context);
}

const BenchContestant idiom_scope = { "idiom", server_new, scope_batch, NULL, server_free };
const BenchContestant idiom_timeout = { "idiom", server_new_with_others, timeout_batch, NULL, server_free };
const BenchContestant idiom_value = { "idiom", server_new, value_batch, NULL, server_free };
const BenchContestant idiom_ten_values = { "idiom", server_new, ten_values_batch, NULL, server_free };
const BenchContestant idiom_request = { "idiom", server_new_with_others, request_batch, NULL, server_free };

/* --- Asked --- */

static gpointer
server_new_with_requests (const BenchCase *bench_case)
{
  Server *server = server_new (bench_case);
  guint i;

  for (i = 0; i < BENCH_IN_FLIGHT; i++)
    bench_request_begin (&server->requests[i], server->parent);

  return server;
}

static void
server_free_with_requests (gpointer fixture)
{
  end_all (fixture);
  server_free (fixture);
}

static void
is_cancelled_batch (gpointer fixture)
{
  Server *server = fixture;
  guint i;

  for (i = 0; i < BENCH_IN_FLIGHT; i++)
    BENCH_USE (g_cancellable_is_cancelled (server->requests[i].cancellable));
}

static void
monotonic_time_batch (gpointer fixture)
{
  guint i;

  for (i = 0; i < BENCH_IN_FLIGHT; i++)
    BENCH_USE (g_get_monotonic_time ());
}

typedef struct
{
  GObject *object;
  char    *name;       /* the one that was set last: GLib looks from the first */
} Store;

static gpointer
store_new (const BenchCase *bench_case)
{
  Store *store = g_new0 (Store, 1);
  gint64 i;

  store->object = G_OBJECT (g_cancellable_new ());
  for (i = 0; i < bench_case->size; i++)
    {
      g_free (store->name);
      store->name = g_strdup_printf ("key-%" G_GINT64_FORMAT, i);
      g_object_set_data (store->object, store->name, GINT_TO_POINTER ((int) i));
    }

  return store;
}

static void
store_free (gpointer fixture)
{
  Store *store = fixture;

  g_object_unref (store->object);
  g_free (store->name);
  g_free (store);
}

static void
lookup_batch (gpointer fixture)
{
  Store *store = fixture;
  guint i;

  for (i = 0; i < BENCH_IN_FLIGHT; i++)
    BENCH_USE (g_object_get_data (store->object, store->name));
}

const BenchContestant ref_is_cancelled = {
  "ref:g_cancellable_is_cancelled", server_new_with_requests, is_cancelled_batch, NULL, server_free_with_requests
};
const BenchContestant ref_monotonic_time = {
  "ref:g_get_monotonic_time", NULL, monotonic_time_batch, NULL, NULL
};
const BenchContestant idiom_lookup = { "idiom", store_new, lookup_batch, NULL, store_free };

/* --- Cancelled --- */

typedef struct
{
  guint          n_fans;
  guint          n_children;      /* in a fan */
  GCancellable **parents;
  BenchRequest  *children;
} Fans;

static gpointer
fans_new (const BenchCase *bench_case)
{
  Fans *fans = g_new0 (Fans, 1);

  fans->n_children = (guint) bench_case->size;
  fans->n_fans = bench_fans (bench_case->size);
  fans->parents = g_new0 (GCancellable *, fans->n_fans);
  fans->children = g_new0 (BenchRequest, fans->n_fans * fans->n_children);

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
cancel_sample (gpointer fixture)
{
  Fans *fans = fixture;
  guint n = fans->n_fans * fans->n_children;
  gint64 elapsed;
  guint i;

  for (i = 0; i < fans->n_fans; i++)
    fans->parents[i] = g_cancellable_new ();
  for (i = 0; i < n; i++)
    bench_request_begin (&fans->children[i], fans->parents[i / fans->n_children]);

  elapsed = -bench_now_ns ();
  for (i = 0; i < fans->n_fans; i++)
    g_cancellable_cancel (fans->parents[i]);
  elapsed += bench_now_ns ();

  for (i = 0; i < n; i++)
    bench_request_end (&fans->children[i], fans->parents[i / fans->n_children]);
  for (i = 0; i < fans->n_fans; i++)
    g_object_unref (fans->parents[i]);

  return (double) elapsed / n;
}

const BenchContestant idiom_cancel = { "idiom", fans_new, NULL, cancel_sample, fans_free };
