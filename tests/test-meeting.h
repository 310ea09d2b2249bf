/* test-meeting.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "test-race.h"

#define HOUR_USEC ((gint64) 3600 * G_USEC_PER_SEC)

#define TEST_DOMAIN (g_quark_from_static_string ("gctx-test"))

GCTX_DEFINE_KEY (object_key, "object", G_TYPE_OBJECT)

/* What the threads of a race meet over. A test uses what it needs of it, and
 * all is clear again at the end of a round. The causes are 1 for what happens
 * here and 2 for what happens there. */
typedef struct
{
  GError       *causes[3];
  GCtxScope    *scope;
  GCtxScope    *siblings[8];
  GCtxScope    *other;
  GCtxContext  *context;
  GCtxContext  *derived;
  GCancellable *cancellables[3];   /* no references */
  GCancellable *asked;
  GCancellable *created;
  GSource      *source;
  GMainContext *loop;              /* stays from round to round */
  gint64        deadline;
  gulong        id;
  gboolean      here;
  gboolean      there;

  /* Atomic. */
  GObject      *value;             /* no reference; NULL once it is gone */
  int           ended;
  int           n_calls;
  int           n_destroyed;

  /* Over all rounds: how often this or that was seen. */
  guint         n_first;
  guint         n_second;
} Meeting;

static inline void
meeting_init (Meeting *meeting)
{
  int i;

  memset (meeting, 0, sizeof *meeting);
  for (i = 1; i <= 2; i++)
    meeting->causes[i] = g_error_new (TEST_DOMAIN, i, "cause number %d", i);
}

static inline void
meeting_finish (Meeting *meeting)
{
  int i;

  for (i = 1; i <= 2; i++)
    g_clear_error (&meeting->causes[i]);
}

static inline void
clear (Meeting *meeting)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (meeting->siblings); i++)
    g_clear_object (&meeting->siblings[i]);
  g_clear_object (&meeting->derived);
  g_clear_object (&meeting->context);
  g_clear_object (&meeting->other);
  g_clear_object (&meeting->scope);
  g_clear_object (&meeting->asked);
  g_clear_object (&meeting->created);

  /* A thread of the library may be just about to drop the last holder of it. */
  while (g_atomic_pointer_get (&meeting->value) != NULL)
    {
      test_iterate_pending (NULL);
      g_thread_yield ();
    }

  meeting->here = meeting->there = FALSE;
  meeting->ended = meeting->n_calls = meeting->n_destroyed = 0;
}

/* Races @here against @there and, in a third thread, @elsewhere, which may be
 * NULL; @first and @second say what was counted, and may be NULL. */
static inline void
run_three (TestRaceFunc  set_up,
           TestRaceFunc  here,
           TestRaceFunc  there,
           TestRaceFunc  elsewhere,
           TestRaceFunc  check,
           const char   *first,
           const char   *second)
{
  const TestRaceFunc racers[] = { here, there, elsewhere, NULL };
  Meeting meeting;

  meeting_init (&meeting);
  test_race_n (TEST_RACE_ROUNDS, set_up, racers, check, &meeting);
  if (first != NULL)
    test_race_report (first, meeting.n_first);
  if (second != NULL)
    test_race_report (second, meeting.n_second);
  meeting_finish (&meeting);
}

/* The usual race, of two. */
static inline void
run (TestRaceFunc  set_up,
     TestRaceFunc  here,
     TestRaceFunc  there,
     TestRaceFunc  check,
     const char   *first,
     const char   *second)
{
  run_three (set_up, here, there, NULL, check, first, second);
}

static inline void
assert_cancelled_by (GCtxContext *context,
                     int          cause_code)
{
  const GError *error = gctx_context_get_error (context);
  const GError *cause = gctx_context_get_cause (context);

  g_assert_true (gctx_context_is_done (context));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_error (cause, TEST_DOMAIN, cause_code);
}

static inline void
on_value_gone (gpointer  data,
               GObject  *object)
{
  g_atomic_pointer_set (&((Meeting *) data)->value, NULL);
}

/* An object to be given to the context whose end is to be seen. */
static inline GObject *
new_value (Meeting *meeting)
{
  GObject *object = g_object_new (G_TYPE_OBJECT, NULL);

  g_object_weak_ref (object, on_value_gone, meeting);
  g_atomic_pointer_set (&meeting->value, object);
  return object;
}

/* A scope; and a context below it with a value. */
static inline void
set_up_scope (gpointer data)
{
  Meeting *meeting = data;

  meeting->scope = gctx_scope_new (gctx_context_background ());
}

/* The scope is the only thing that could end the context. */
static inline void
set_up_plain (gpointer data)
{
  Meeting *meeting = data;

  set_up_scope (data);
  meeting->context = gctx_context_with_values (GCTX_CONTEXT (meeting->scope), NULL);
}

static inline void
set_up_value (gpointer data)
{
  Meeting *meeting = data;
  g_autoptr (GObject) object = new_value (meeting);
  g_autoptr (GCtxScope) middle = NULL;

  set_up_scope (data);
  middle = gctx_scope_new_full (GCTX_CONTEXT (meeting->scope), g_get_monotonic_time () + HOUR_USEC,
                                NULL, object_key (), object, NULL);
  meeting->context = gctx_context_with_values (GCTX_CONTEXT (middle), NULL);
  meeting->asked = g_object_ref (gctx_context_get_cancellable (meeting->context));
}

static inline void
cancel_scope_here (gpointer data)
{
  Meeting *meeting = data;

  g_assert_true (gctx_scope_cancel_with_cause (meeting->scope, meeting->causes[1]));
  g_atomic_int_set (&meeting->ended, TRUE);
}

static inline void
unref_context_there (gpointer data)
{
  g_clear_object (&((Meeting *) data)->context);
}

static inline void
unref_scope_here (gpointer data)
{
  g_clear_object (&((Meeting *) data)->scope);
}

/* Runs the default main context until @cancellable is cancelled, by it or by a
 * thread of the library. */
static inline void
iterate_until_cancelled (GCancellable *cancellable)
{
  while (!g_cancellable_is_cancelled (cancellable))
    {
      test_iterate_pending (NULL);
      g_thread_yield ();
    }
}

/* What an after-func does to a meeting. */
static inline void
count_call (GCtxContext *context,
            gpointer     data)
{
  Meeting *meeting = data;

  g_assert_true (gctx_context_is_done (context));
  g_assert_cmpint (g_atomic_int_get (&meeting->n_destroyed), ==, 0);
  g_atomic_int_inc (&meeting->n_calls);
}

static inline void
count_destroy (gpointer data)
{
  g_atomic_int_inc (&((Meeting *) data)->n_destroyed);
}

static inline void
assert_counted (Meeting *meeting,
                int      n_calls)
{
  g_assert_cmpint (g_atomic_int_get (&meeting->n_calls), ==, n_calls);
  g_assert_cmpint (g_atomic_int_get (&meeting->n_destroyed), ==, 1);
}
