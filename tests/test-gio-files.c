/* test-gio-files.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Files, and what else the system gives no way to wait for but to block. GIO
 * looks at the cancellable of a file operation between its steps, and not in
 * one. docs/gio.md has the table of it. */

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "test-operation.h"
#include "test-tree.h"

#define LARGE (16 * 1024 * 1024)

typedef struct
{
  char             *directory;
  GFile            *from;
  GFile            *to;
  GFileInputStream *in;
  GCancellable     *cancellable;
  int               n_reports;
  goffset           n_copied;
  int               writer;
  char              byte;
} Place;

static Place *
place_new (void)
{
  Place *place = g_new0 (Place, 1);
  g_autoptr (GError) error = NULL;
  g_autofree char *from = NULL;
  g_autofree char *to = NULL;

  place->directory = g_dir_make_tmp ("gctx-XXXXXX", &error);
  g_assert_no_error (error);
  from = g_build_filename (place->directory, "from", NULL);
  to = g_build_filename (place->directory, "to", NULL);
  place->from = g_file_new_for_path (from);
  place->to = g_file_new_for_path (to);
  place->writer = -1;
  return place;
}

static void
place_tear_down (gpointer subject)
{
  Place *place = subject;

  if (place->writer != -1)
    close (place->writer);
  g_clear_object (&place->in);
  g_file_delete (place->from, NULL, NULL);
  g_file_delete (place->to, NULL, NULL);
  g_assert_cmpint (g_rmdir (place->directory), ==, 0);
  g_object_unref (place->from);
  g_object_unref (place->to);
  g_free (place->directory);
  g_free (place);
}

/* --- Copying --- */

static gpointer
copy_set_up (void)
{
  Place *place = place_new ();
  g_autofree char *data = g_malloc0 (LARGE);

  g_assert_true (g_file_replace_contents (place->from, data, LARGE, NULL, FALSE, G_FILE_CREATE_NONE,
                                          NULL, NULL, NULL));
  return place;
}

static void
wait_until_cancelled (GCancellable *cancellable)
{
  GPollFD fd;

  g_assert_true (g_cancellable_make_pollfd (cancellable, &fd));
  g_assert_cmpint (g_poll (&fd, 1, -1), ==, 1);
  g_cancellable_release_fd (cancellable);
}

/* A copy that takes long: the first report of it comes back after the end. On
 * a machine that is slower than the deadline there is none. */
static void
on_progress (goffset  n_copied,
             goffset  n_total,
             gpointer user_data)
{
  Place *place = user_data;

  g_assert_cmpint (n_total, ==, LARGE);
  if (place->n_reports++ == 0)
    wait_until_cancelled (place->cancellable);
  place->n_copied = n_copied;
}

static void
copy_sync (gpointer       subject,
           GCancellable  *cancellable,
           GError       **error)
{
  Place *place = subject;

  place->cancellable = cancellable;
  g_assert_false (g_file_copy (place->from, place->to, G_FILE_COPY_NONE, cancellable, on_progress, place,
                               error));
  g_test_message ("after %d reports and %" G_GOFFSET_FORMAT " bytes the copy %s",
                  place->n_reports, place->n_copied,
                  g_file_query_exists (place->to, NULL) ? "was left behind" : "is gone");
}

/* The thread that copies waits for none of its reports, and may be through
 * before the end; what it says comes after them. */
static void
copy_start (gpointer             subject,
            GCancellable        *cancellable,
            GAsyncReadyCallback  callback,
            gpointer             user_data)
{
  Place *place = subject;

  place->cancellable = cancellable;
  g_file_copy_async (place->from, place->to, G_FILE_COPY_NONE, G_PRIORITY_DEFAULT, cancellable,
                     on_progress, place, callback, user_data);
}

static void
copy_finish (GObject       *source,
             GAsyncResult  *result,
             GError       **error)
{
  g_assert_false (g_file_copy_finish (G_FILE (source), result, error));
}

/* --- Waiting for a file by looking again and again --- */

static void
test_missing (void)
{
  g_autoptr (GCtxContext) context = gctx_context_with_timeout (gctx_context_background (), DEADLINE_USEC);
  g_autoptr (GError) error = NULL;
  Place *place = place_new ();

  g_test_summary ("rule 15: a nap between two looks at a file ends with the context, and says why");

  while (!g_file_query_exists (place->from, NULL) && gctx_context_sleep (context, 1000, &error))
    ;
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  place_tear_down (place);
}

/* --- What holds on --- */

static Place *
fifo_set_up (void)
{
  Place *place = place_new ();

  g_assert_cmpint (mkfifo (g_file_peek_path (place->from), 0600), ==, 0);
  return place;
}

/* Both ways, so that it does not wait for a reader. */
static void
fifo_open_writer (Place *place)
{
  place->writer = open (g_file_peek_path (place->from), O_RDWR | O_CLOEXEC);
  g_assert_cmpint (place->writer, !=, -1);
}

static void
fifo_write (Place *place)
{
  g_assert_cmpint (write (place->writer, "x", 1), ==, 1);
}

typedef struct
{
  Place       *place;
  GCtxContext *context;
  void       (*release) (Place *place);
} Helper;

/* What the operation waits for comes when the context is done. */
static gpointer
help_afterwards (gpointer data)
{
  Helper *helper = data;

  gctx_context_wait (helper->context);
  helper->release (helper->place);
  return NULL;
}

static GThread *
help (Helper *helper)
{
  return g_thread_new ("helper", help_afterwards, helper);
}

static gboolean
open_fifo (GTimeSpan timeout_usec)
{
  g_autoptr (GCtxContext) context = gctx_context_with_timeout (gctx_context_background (), timeout_usec);
  g_autoptr (GError) error = NULL;
  Place *place = fifo_set_up ();
  Helper helper = { place, context, fifo_open_writer };
  GThread *thread = help (&helper);

  place->in = g_file_read (place->from, gctx_context_get_cancellable (context), &error);
  g_assert_true (gctx_context_is_done (context));
  g_thread_join (thread);
  place_tear_down (place);
  return error == NULL;
}

static void
test_open_fifo (void)
{
  g_test_summary ("opening a FIFO holds on until there is a writer, and then succeeds");

  assert_holds_on (open_fifo);
}

/* A file that can be opened, and has nothing to read. */
static Place *
silent_set_up (void)
{
  Place *place = fifo_set_up ();
  g_autoptr (GError) error = NULL;

  fifo_open_writer (place);
  place->in = g_file_read (place->from, NULL, &error);
  g_assert_no_error (error);
  return place;
}

static gboolean
read_fifo (GTimeSpan timeout_usec)
{
  g_autoptr (GCtxContext) context = gctx_context_with_timeout (gctx_context_background (), timeout_usec);
  g_autoptr (GError) error = NULL;
  Place *place = silent_set_up ();
  Helper helper = { place, context, fifo_write };
  GThread *thread = help (&helper);

  g_input_stream_read (G_INPUT_STREAM (place->in), &place->byte, 1,
                       gctx_context_get_cancellable (context), &error);
  g_assert_true (gctx_context_is_done (context));
  g_thread_join (thread);
  place_tear_down (place);
  return error == NULL;
}

static void
test_read_fifo (void)
{
  g_test_summary ("reading a file holds on until the system has read, and then succeeds");

  assert_holds_on (read_fifo);
}

/* What an asynchronous operation does in a thread ends as late, but says
 * CANCELLED: the task looks at the cancellable once more. */
typedef struct
{
  GError *error;
  int     finished;
} Result;

static void
on_opened (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  Result *outcome = user_data;

  g_assert_null (g_file_read_finish (G_FILE (source), result, &outcome->error));
  outcome->finished = TRUE;
}

static void
on_read (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  Result *outcome = user_data;

  g_assert_cmpint (g_input_stream_read_finish (G_INPUT_STREAM (source), result, &outcome->error), ==, -1);
  outcome->finished = TRUE;
}

static gboolean
fifo_async (gboolean  opening,
            GTimeSpan timeout_usec)
{
  g_autoptr (GCtxContext) context = gctx_context_with_timeout (gctx_context_background (), timeout_usec);
  GCancellable *cancellable = gctx_context_get_cancellable (context);
  Place *place = opening ? fifo_set_up () : silent_set_up ();
  Result outcome = { NULL, FALSE };
  gboolean held_on;

  if (opening)
    g_file_read_async (place->from, G_PRIORITY_DEFAULT, cancellable, on_opened, &outcome);
  else
    g_input_stream_read_async (G_INPUT_STREAM (place->in), &place->byte, 1, G_PRIORITY_DEFAULT, cancellable,
                               on_read, &outcome);
  iterate_until_cancelled (cancellable);
  test_iterate_pending (NULL);
  held_on = !outcome.finished;

  if (opening)
    fifo_open_writer (place);
  else
    fifo_write (place);
  test_iterate_until (NULL, &outcome.finished);
  assert_ended_by_deadline (context, outcome.error);
  place_tear_down (place);
  return held_on;
}

static gboolean
open_fifo_async (GTimeSpan timeout_usec)
{
  return fifo_async (TRUE, timeout_usec);
}

static gboolean
read_fifo_async (GTimeSpan timeout_usec)
{
  return fifo_async (FALSE, timeout_usec);
}

static void
test_fifo_async (gconstpointer data)
{
  g_test_summary ("rule 16: an operation that holds on in a thread ends late, with the context's error");

  assert_holds_on (GPOINTER_TO_INT (data) ? open_fifo_async : read_fifo_async);
}

static const Operation operations[] = {
  { "copy", copy_set_up, place_tear_down, copy_sync, copy_start, copy_finish },
};

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  operations_add ("gio-files", operations, G_N_ELEMENTS (operations));
  g_test_add_func ("/gctx/gio-files/missing", test_missing);
  g_test_add_func ("/gctx/gio-files/holds-on/open-fifo/sync", test_open_fifo);
  g_test_add_data_func ("/gctx/gio-files/holds-on/open-fifo/async", GINT_TO_POINTER (TRUE), test_fifo_async);
  g_test_add_func ("/gctx/gio-files/holds-on/read-fifo/sync", test_read_fifo);
  g_test_add_data_func ("/gctx/gio-files/holds-on/read-fifo/async", GINT_TO_POINTER (FALSE), test_fifo_async);

  return g_test_run ();
}
