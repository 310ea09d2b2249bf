/* bench-idiom.h: how GLib programs let an operation end today
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "bench.h"

G_BEGIN_DECLS

/* An operation with a part that can be cancelled alone has a GCancellable of
 * its own, which follows the one that it was given. This is the cheapest
 * correct way to write it: no reference for the handler, because the request
 * disconnects before it drops the child; no cancel at the end. */
typedef struct
{
  GCancellable *cancellable;
  gulong        parent_handler;
  GSource      *timeout;
} BenchRequest;

static inline void
bench_on_parent_cancelled (GCancellable *parent,
                           gpointer      user_data)
{
  g_cancellable_cancel (user_data);
}

static inline gboolean
bench_on_timeout (gpointer user_data)
{
  g_cancellable_cancel (user_data);

  return G_SOURCE_REMOVE;
}

static inline void
bench_request_begin (BenchRequest *request,
                     GCancellable *parent)
{
  request->cancellable = g_cancellable_new ();
  request->parent_handler = g_cancellable_connect (parent, G_CALLBACK (bench_on_parent_cancelled),
                                                   request->cancellable, NULL);
}

/* What g_timeout_add () does, for a main context that is not the default one,
 * and without the look-up of an id at the end. */
static inline GSource *
bench_timeout_attach (GMainContext *main_context,
                      guint         interval_msec,
                      GCancellable *cancellable)
{
  GSource *source = g_timeout_source_new (interval_msec);

  g_source_set_callback (source, bench_on_timeout, cancellable, NULL);
  g_source_attach (source, main_context);

  return source;
}

static inline void
bench_timeout_end (GSource *source)
{
  g_source_destroy (source);
  g_source_unref (source);
}

static inline void
bench_request_set_timeout (BenchRequest *request,
                           GMainContext *main_context,
                           GTimeSpan     timeout_usec)
{
  request->timeout = bench_timeout_attach (main_context, (guint) (timeout_usec / 1000), request->cancellable);
}

static inline void
bench_request_end (BenchRequest *request,
                   GCancellable *parent)
{
  g_cancellable_disconnect (parent, request->parent_handler);
  g_object_unref (request->cancellable);
}

G_END_DECLS
