/* test-gio-wakeup.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-gio.h"
#include "test-race.h"

#ifdef __SANITIZE_ADDRESS__
# include <sanitizer/lsan_interface.h>
#endif

/* --- Polling --- */

static gboolean
is_readable (GPollFD *fd)
{
  fd->revents = 0;
  return g_poll (fd, 1, 0) == 1 && (fd->revents & G_IO_IN);
}

static void
test_poll (gconstpointer data)
{
  EndFunc end = *(const EndFunc *) data;
  Subject subject;
  GPollFD fds[2];

  g_test_summary ("rule 2: the fds of what was handed out are readable after the end");

  subject_init (&subject);
  g_assert_true (g_cancellable_make_pollfd (subject.handed_out, &fds[0]));
  g_assert_true (g_cancellable_make_pollfd (subject.created, &fds[1]));
  g_assert_cmpint (g_cancellable_get_fd (subject.created), ==, fds[1].fd);
  g_cancellable_release_fd (subject.created);
  g_assert_false (is_readable (&fds[0]));
  g_assert_false (is_readable (&fds[1]));

  end (&subject);

  /* The flag is set a moment before the fd. */
  g_assert_cmpint (g_poll (fds, 1, -1), ==, 1);
  g_assert_cmpint (g_poll (fds + 1, 1, -1), ==, 1);
  g_cancellable_release_fd (subject.handed_out);
  g_cancellable_release_fd (subject.created);

  /* One that is asked for afterwards. */
  g_assert_true (g_cancellable_make_pollfd (subject.created, &fds[0]));
  g_assert_true (is_readable (&fds[0]));
  g_cancellable_release_fd (subject.created);
  subject_clear (&subject);
}

typedef struct
{
  GCancellable *cancellable;
  int          *n_polling;
} Poller;

static gpointer
poll_thread (gpointer data)
{
  Poller *poller = data;
  GPollFD fd;

  g_assert_true (g_cancellable_make_pollfd (poller->cancellable, &fd));
  g_atomic_int_inc (poller->n_polling);
  g_assert_cmpint (g_poll (&fd, 1, -1), ==, 1);
  g_assert_true (g_cancellable_is_cancelled (poller->cancellable));
  g_cancellable_release_fd (poller->cancellable);
  return NULL;
}

static gpointer
end_thread (gpointer data)
{
  end_by_parent (data);
  return NULL;
}

static void
test_poll_in_threads (void)
{
  int round;

  g_test_summary ("rule 2: a cancel in one thread wakes those that poll in others");

  for (round = 0; round < test_rounds (200); round++)
    {
      Subject subject;
      Poller pollers[2];
      GThread *threads[6], *canceller;
      int n_polling = 0;
      guint i;

      subject_init (&subject);
      pollers[0] = (Poller) { subject.handed_out, &n_polling };
      pollers[1] = (Poller) { subject.created, &n_polling };
      for (i = 0; i < G_N_ELEMENTS (threads); i++)
        threads[i] = g_thread_new ("poller", poll_thread, &pollers[i % 2]);
      if (round % 2)
        while (g_atomic_int_get (&n_polling) < (int) G_N_ELEMENTS (threads))
          g_thread_yield ();
      canceller = g_thread_new ("canceller", end_thread, &subject);
      for (i = 0; i < G_N_ELEMENTS (threads); i++)
        g_thread_join (threads[i]);
      g_thread_join (canceller);
      subject_clear (&subject);
    }
}

/* --- Sources --- */

static gboolean
count_cancelled (GCancellable *cancellable,
                 gpointer      data)
{
  g_assert_true (g_cancellable_is_cancelled (cancellable));
  ++*(int *) data;
  return G_SOURCE_CONTINUE;
}

static void
test_source (gconstpointer data)
{
  EndFunc end = *(const EndFunc *) data;
  g_autoptr (GMainContext) loop = g_main_context_new ();
  g_autoptr (GSource) source = NULL;
  Subject subject;
  int n_fired = 0;

  g_test_summary ("rule 2: a source of GIO's fires once at the end, and again after a reset");

  subject_init (&subject);
  source = g_cancellable_source_new (subject.created);
  g_source_set_callback (source, G_SOURCE_FUNC (count_cancelled), &n_fired, NULL);
  g_source_attach (source, loop);
  test_iterate_pending (loop);
  g_assert_cmpint (n_fired, ==, 0);

  /* One that somebody else cancels and resets stays in force. */
  g_cancellable_cancel (subject.created);
  test_iterate_pending (loop);
  g_assert_cmpint (n_fired, ==, 1);
  g_cancellable_reset (subject.created);

  end (&subject);
  while (n_fired == 1)
    g_main_context_iteration (loop, TRUE);
  test_iterate_pending (loop);
  g_assert_cmpint (n_fired, ==, 2);

  g_source_destroy (source);
  subject_clear (&subject);
}

typedef struct
{
  Subject  subject;
  GSource *source;
} Disposal;

/* Whatever becomes of a GSource that is dropped while its cancellable is being
 * cancelled, GLib before 2.84 sometimes takes a reference of it that nobody
 * drops: dispose () counts on a handler that has already run. So it does with any
 * GCancellable, and a leak of these is not looked for. */
static GSource *
make_source_that_may_leak (GCancellable *cancellable)
{
  static int n_fired;
  GSource *source;

#ifdef __SANITIZE_ADDRESS__
  __lsan_disable ();
#endif
  source = g_cancellable_source_new (cancellable);
  g_source_set_callback (source, G_SOURCE_FUNC (count_cancelled), &n_fired, NULL);
#ifdef __SANITIZE_ADDRESS__
  __lsan_enable ();
#endif

  return source;
}

static void
set_up_disposal (gpointer data)
{
  Disposal *disposal = data;

  subject_init (&disposal->subject);
  disposal->source = make_source_that_may_leak (disposal->subject.created);
}

static void
cancel_here (gpointer data)
{
  Disposal *disposal = data;

  end_by_parent (&disposal->subject);
  g_assert_true (g_cancellable_is_cancelled (disposal->subject.created));
}

static void
dispose_there (gpointer data)
{
  Disposal *disposal = data;

  g_source_unref (g_steal_pointer (&disposal->source));
}

static void
check_disposal (gpointer data)
{
  Disposal *disposal = data;

  subject_clear (&disposal->subject);
}

static void
test_dispose_source (void)
{
  Disposal disposal;

  g_test_summary ("rule 5: a source of GIO's is disposed of in one thread while another cancels");
  test_race (set_up_disposal, cancel_here, dispose_there, check_disposal, &disposal);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  add_for_each_end ("gio-wakeup", "poll", test_poll);
  g_test_add_func ("/gctx/gio-wakeup/poll-in-threads", test_poll_in_threads);
  add_for_each_end ("gio-wakeup", "source", test_source);
  g_test_add_func ("/gctx/gio-wakeup/dispose-source", test_dispose_source);

  return g_test_run ();
}
