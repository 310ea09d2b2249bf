/* test-told.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "test-util.h"

/* A line of contexts, each below the one before it, with everything on them
 * that an end can tell: rule 2 to the letter. */

#define TOLD_N 3

typedef struct
{
  GCtxContext  *context;
  GCancellable *handed_out;
  GCancellable *created;
  GCancellable *left;           /* of a scope below that is gone */
} ToldNode;

typedef struct
{
  ToldNode      nodes[TOLD_N];

  /* Each holds nothing but the one source, or the one after-func, of a node. */
  GMainContext *sources[TOLD_N];
  GMainContext *after[TOLD_N];
  int           wakeups[TOLD_N];  /* what a loop of @sources would sleep on */

  int           n_sources;
  int           n_after;
} Told;

static inline int
told_get_wakeup (GMainContext *main_context)
{
  GPollFD fds[4];
  int timeout, priority, n;

  g_assert_true (g_main_context_acquire (main_context));
  g_main_context_prepare (main_context, &priority);
  n = g_main_context_query (main_context, G_MAXINT, &timeout, fds, G_N_ELEMENTS (fds));
  g_main_context_release (main_context);
  g_assert_cmpint (n, ==, 1);
  return fds[0].fd;
}

static inline gboolean
told_is_woken (Told *told,
               int   i)
{
  GPollFD fd = { told->wakeups[i], G_IO_IN, 0 };

  return g_poll (&fd, 1, 0) == 1;
}

static inline gboolean
told_on_source (GCtxContext *context,
                gpointer     data)
{
  g_assert_true (gctx_context_is_done (context));
  ((Told *) data)->n_sources++;
  return G_SOURCE_REMOVE;
}

static inline void
told_on_after (GCtxContext *context,
               gpointer     data)
{
  g_assert_true (gctx_context_is_done (context));
  ((Told *) data)->n_after++;
}

static inline void
told_init (Told *told)
{
  int i;

  for (i = 0; i < TOLD_N; i++)
    {
      told->nodes[i].context = NULL;
      told->sources[i] = g_main_context_new ();
      told->after[i] = g_main_context_new ();
      told->wakeups[i] = told_get_wakeup (told->sources[i]);
    }
}

static inline void
told_free (Told *told)
{
  int i;

  for (i = 0; i < TOLD_N; i++)
    {
      g_main_context_unref (told->sources[i]);
      g_main_context_unref (told->after[i]);
    }
}

/* Takes over @context, which is live, as number @i. */
static inline void
told_watch (Told        *told,
            int          i,
            GCtxContext *context)
{
  ToldNode *node = &told->nodes[i];
  GSource *source = gctx_context_create_source (context);
  GCtxScope *gone = gctx_scope_new (context);

  node->context = context;
  node->handed_out = gctx_context_get_cancellable (context);
  node->created = gctx_context_create_cancellable (context);
  node->left = g_object_ref (gctx_context_get_cancellable (GCTX_CONTEXT (gone)));
  g_object_unref (gone);

  g_source_set_callback (source, G_SOURCE_FUNC (told_on_source), told, NULL);
  g_source_attach (source, told->sources[i]);
  g_source_unref (source);

  /* A loop that has not looked at it needs no waking: it can't sleep before. */
  test_iterate_pending (told->sources[i]);
  g_assert_false (told_is_woken (told, i));
  gctx_context_add_after_func_full (context, told->after[i], G_PRIORITY_DEFAULT,
                                    told_on_after, told, NULL);
}

/* A scope, a scope below it, and below that a scope or a context with a value. */
static inline void
told_watch_line (Told *told)
{
  static int turn = 0;
  GCtxScope *top = gctx_scope_new (gctx_context_background ());
  GCtxScope *middle = gctx_scope_new (GCTX_CONTEXT (top));

  told_watch (told, 0, GCTX_CONTEXT (top));
  told_watch (told, 1, GCTX_CONTEXT (middle));
  if (turn++ % 2)
    told_watch (told, 2, gctx_context_with_values (GCTX_CONTEXT (middle), NULL));
  else
    told_watch (told, 2, GCTX_CONTEXT (gctx_scope_new (GCTX_CONTEXT (middle))));
}

static inline void
told_assert_marked (Told *told,
                    int   first)
{
  int i;

  for (i = first; i < TOLD_N; i++)
    g_assert_true (gctx_context_is_done (told->nodes[i].context));
}

/* What TRUE means for the contexts from @first on, at this very moment. Only
 * one thread at a time may look @into_loops. */
static inline void
told_assert_told (Told     *told,
                  int       first,
                  gboolean  into_loops)
{
  int i;

  for (i = first; i < TOLD_N; i++)
    {
      g_assert_true (g_cancellable_is_cancelled (told->nodes[i].handed_out));
      g_assert_true (g_cancellable_is_cancelled (told->nodes[i].created));
      g_assert_true (g_cancellable_is_cancelled (told->nodes[i].left));
      g_assert_true (told_is_woken (told, i));
    }
  told_assert_marked (told, first);
  for (i = first; into_loops && i < TOLD_N; i++)
    g_assert_true (g_main_context_pending (told->after[i]));
}

/* Cancels the @first and holds the answer to what it means. */
static inline gboolean
told_cancel (Told     *told,
             int       first,
             gboolean  into_loops)
{
  gboolean ended = gctx_scope_cancel (GCTX_SCOPE (told->nodes[first].context));

  if (ended)
    told_assert_told (told, first, into_loops);
  else
    told_assert_marked (told, first);
  return ended;
}

/* Runs the loops: everything has been told once. Leaves it as it began. */
static inline void
told_finish (Told *told)
{
  int i;

  told->n_sources = told->n_after = 0;
  for (i = 0; i < TOLD_N; i++)
    {
      test_iterate_pending (told->sources[i]);
      test_iterate_pending (told->after[i]);
      g_assert_false (told_is_woken (told, i));
      g_clear_object (&told->nodes[i].created);
      g_clear_object (&told->nodes[i].left);
    }
  g_assert_cmpint (told->n_sources, ==, TOLD_N);
  g_assert_cmpint (told->n_after, ==, TOLD_N);

  for (i = TOLD_N - 1; i >= 0; i--)
    test_assert_last_unref (told->nodes[i].context);
}
