/* test-faults-callbacks.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Callbacks that turn or quit the loop that they run in, on a clock that the
 * test holds. */

#include "test-listener.h"

typedef struct
{
  GMainLoop *loop;   /* to quit, or NULL to turn it inside */
  Listener   inner;
  int        n_called;
} Meddler;

static void
meddle (Meddler *meddler)
{
  meddler->n_called++;
  if (meddler->loop != NULL)
    {
      g_main_loop_quit (meddler->loop);
      return;
    }

  gctx_clock_advance (SECOND);
  while (!g_atomic_int_get (&meddler->inner.told))
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (meddler->inner.thread == g_thread_self ());
}

static void
meddle_in_handler (GCancellable *cancellable,
                   gpointer      user_data)
{
  meddle (user_data);
}

static void
meddle_in_after_func (GCtxContext *context,
                      gpointer     user_data)
{
  meddle (user_data);
}

static void
meddle_in_destroy (gpointer user_data)
{
  meddle (user_data);
}

static gboolean
meddle_in_source (GCtxContext *context,
                  gpointer     user_data)
{
  meddle (user_data);
  return G_SOURCE_REMOVE;
}

static void
call_from_handler (GCtxContext *context,
                   Meddler     *meddler)
{
  g_signal_connect (gctx_context_get_cancellable (context), "cancelled",
                    G_CALLBACK (meddle_in_handler), meddler);
}

static void
count_run (GCtxContext *context,
           gpointer     user_data)
{
  g_assert_true (gctx_context_is_done (context));
}

static void
call_from_after_func (GCtxContext *context,
                      Meddler     *meddler)
{
  gctx_context_add_after_func (context, meddle_in_after_func, meddler, NULL);
}

static void
call_from_destroy (GCtxContext *context,
                   Meddler     *meddler)
{
  gctx_context_add_after_func (context, count_run, meddler, meddle_in_destroy);
}

static void
call_from_source (GCtxContext *context,
                  Meddler     *meddler)
{
  g_autoptr (GSource) source = gctx_context_create_source (context);

  g_source_set_callback (source, G_SOURCE_FUNC (meddle_in_source), meddler, NULL);
  g_source_attach (source, NULL);
}

static void (*const all_callbacks[]) (GCtxContext *, Meddler *) = {
  call_from_handler, call_from_after_func, call_from_destroy, call_from_source,
};

static void
test_turns_its_loop (void)
{
  gsize i;

  g_test_summary ("rules 4, 12a: whatever is called back may run its loop, which delivers the next deadline");

  gctx_clock_hold (NOW);
  for (i = 0; i < G_N_ELEMENTS (all_callbacks); i++)
    {
      Meddler meddler = { NULL };
      g_autoptr (GCtxContext) outer = gctx_context_with_timeout (gctx_context_background (), SECOND);

      listener_start (&meddler.inner, 2 * SECOND);
      all_callbacks[i] (outer, &meddler);
      test_iterate_pending (NULL);
      gctx_clock_advance (SECOND);
      test_iterate_until (NULL, &meddler.n_called);
      g_assert_cmpint (meddler.n_called, ==, 1);
      listener_finish (&meddler.inner);
    }
  gctx_clock_release ();
}

static gboolean
pass_a_second (gpointer user_data)
{
  gctx_clock_advance (SECOND);
  return G_SOURCE_REMOVE;
}

static void
test_quits_its_loop (void)
{
  gsize i;

  g_test_summary ("rules 4, 12: whatever is called back may quit its loop; a later run delivers the rest");

  gctx_clock_hold (NOW);
  for (i = 0; i < G_N_ELEMENTS (all_callbacks); i++)
    {
      g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
      g_autoptr (GCtxContext) quits = gctx_context_with_timeout (gctx_context_background (), SECOND);
      g_autoptr (GCtxContext) quits_later = gctx_context_with_timeout (gctx_context_background (), 2 * SECOND);
      Meddler meddler = { loop };
      Listener equal, later;

      all_callbacks[i] (quits, &meddler);
      all_callbacks[i] (quits_later, &meddler);
      listener_start (&equal, SECOND);
      listener_start (&later, 2 * SECOND);

      g_idle_add (pass_a_second, NULL);
      g_main_loop_run (loop);
      g_assert_cmpint (meddler.n_called, ==, 1);
      g_assert_cmpint (later.told, ==, 0);

      g_idle_add (pass_a_second, NULL);
      g_main_loop_run (loop);
      g_assert_cmpint (meddler.n_called, ==, 2);
      test_iterate_until (NULL, &equal.told);
      test_iterate_until (NULL, &later.told);
      listener_finish (&equal);
      listener_finish (&later);
    }
  gctx_clock_release ();
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/faults-callbacks/turns-its-loop", test_turns_its_loop);
  g_test_add_func ("/gctx/faults-callbacks/quits-its-loop", test_quits_its_loop);

  return g_test_run ();
}
