/* test-gio-streams.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Streams whose other end has stalled: it neither writes nor reads, and does
 * not hang up. docs/gio.md has the table of it. */

#include <fcntl.h>

#include <gio/gunixinputstream.h>
#include <gio/gunixoutputstream.h>
#include <glib-unix.h>

#include "test-operation.h"
#include "test-race.h"
#include "test-socket.h"

/* More than any buffer of the system takes. */
#define LARGE (16 * 1024 * 1024)

/* What is read from and written to: both ends of it stay open. */
typedef struct
{
  Pair            pair;
  Pair            other;
  int             fds[2];
  GInputStream   *in;
  GOutputStream  *out;
  GTlsConnection *tls;
  guint8         *data;
  char            byte;
} Stall;

static gpointer
socket_set_up (void)
{
  Stall *stall = g_new0 (Stall, 1);

  pair_init_tcp (&stall->pair);
  stall->in = g_object_ref (get_input (stall->pair.here));
  stall->out = g_object_ref (get_output (stall->pair.here));
  stall->data = g_malloc0 (LARGE);
  return stall;
}

/* Of one that blocks GIO would write more than there is room for, and so block
 * whatever becomes of the context: see below. */
static gpointer
pipe_set_up (void)
{
  Stall *stall = g_new0 (Stall, 1);

  g_assert_true (g_unix_open_pipe (stall->fds, FD_CLOEXEC, NULL));
  g_assert_true (g_unix_set_fd_nonblocking (stall->fds[0], TRUE, NULL));
  g_assert_true (g_unix_set_fd_nonblocking (stall->fds[1], TRUE, NULL));
  stall->in = g_unix_input_stream_new (stall->fds[0], TRUE);
  stall->out = g_unix_output_stream_new (stall->fds[1], TRUE);
  stall->data = g_malloc0 (LARGE);
  return stall;
}

static void
stall_tear_down (gpointer subject)
{
  Stall *stall = subject;

  /* Nothing that the operation left holds them, once its threads are done. */
  if (stall->tls != NULL)
    unref_until_gone (g_steal_pointer (&stall->tls));
  if (stall->pair.here != NULL)
    g_clear_object (&stall->in);
  else
    test_assert_last_unref (g_steal_pointer (&stall->in));
  g_clear_object (&stall->out);
  if (stall->pair.here != NULL)
    unref_until_gone (g_steal_pointer (&stall->pair.here));
  pair_clear (&stall->pair);
  pair_clear (&stall->other);
  g_free (stall->data);
  g_free (stall);
}

/* --- Reading --- */

static void
read_sync (gpointer       subject,
           GCancellable  *cancellable,
           GError       **error)
{
  Stall *stall = subject;

  g_assert_cmpint (g_input_stream_read (stall->in, &stall->byte, 1, cancellable, error), ==, -1);
}

static void
read_start (gpointer             subject,
            GCancellable        *cancellable,
            GAsyncReadyCallback  callback,
            gpointer             user_data)
{
  Stall *stall = subject;

  g_input_stream_read_async (stall->in, &stall->byte, 1, G_PRIORITY_DEFAULT, cancellable, callback,
                             user_data);
}

static void
read_finish (GObject       *source,
             GAsyncResult  *result,
             GError       **error)
{
  g_assert_cmpint (g_input_stream_read_finish (G_INPUT_STREAM (source), result, error), ==, -1);
}

static void
read_line_sync (gpointer       subject,
                GCancellable  *cancellable,
                GError       **error)
{
  Stall *stall = subject;
  g_autoptr (GDataInputStream) lines = g_data_input_stream_new (stall->in);

  g_filter_input_stream_set_close_base_stream (G_FILTER_INPUT_STREAM (lines), FALSE);
  say (stall->pair.there, "half a line");
  g_assert_null (g_data_input_stream_read_line (lines, NULL, cancellable, error));
}

static void
read_line_start (gpointer             subject,
                 GCancellable        *cancellable,
                 GAsyncReadyCallback  callback,
                 gpointer             user_data)
{
  Stall *stall = subject;
  g_autoptr (GDataInputStream) lines = g_data_input_stream_new (stall->in);

  g_filter_input_stream_set_close_base_stream (G_FILTER_INPUT_STREAM (lines), FALSE);
  say (stall->pair.there, "half a line");
  g_data_input_stream_read_line_async (lines, G_PRIORITY_DEFAULT, cancellable, callback, user_data);
}

static void
read_line_finish (GObject       *source,
                  GAsyncResult  *result,
                  GError       **error)
{
  g_assert_null (g_data_input_stream_read_line_finish (G_DATA_INPUT_STREAM (source), result, NULL, error));
}

/* --- Writing --- */

static void
write_sync (gpointer       subject,
            GCancellable  *cancellable,
            GError       **error)
{
  Stall *stall = subject;
  gsize n_written = 0;

  g_assert_false (g_output_stream_write_all (stall->out, stall->data, LARGE, &n_written, cancellable,
                                             error));
  g_assert_cmpuint (n_written, >, 0);
  g_assert_cmpuint (n_written, <, LARGE);
}

static void
write_start (gpointer             subject,
             GCancellable        *cancellable,
             GAsyncReadyCallback  callback,
             gpointer             user_data)
{
  Stall *stall = subject;

  g_output_stream_write_all_async (stall->out, stall->data, LARGE, G_PRIORITY_DEFAULT, cancellable,
                                   callback, user_data);
}

static void
write_finish (GObject       *source,
              GAsyncResult  *result,
              GError       **error)
{
  g_assert_false (g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, NULL, error));
}

/* --- A pipe that blocks --- */

#define PIPE_LARGE (1024 * 1024)

/* Reads all that was written once the context is done. */
typedef struct
{
  GCtxContext *context;
  int          fd;
  gssize       n_read;
} Reader;

static gpointer
read_afterwards (gpointer data)
{
  Reader *reader = data;
  g_autofree char *buffer = g_malloc (PIPE_LARGE);
  gssize n;

  gctx_context_wait (reader->context);
  while (reader->n_read < PIPE_LARGE && (n = read (reader->fd, buffer, PIPE_LARGE)) > 0)
    reader->n_read += n;
  return NULL;
}

static void
on_written (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_output_stream_write_finish (G_OUTPUT_STREAM (source), result, NULL);
  g_atomic_int_set ((int *) user_data, TRUE);
}

static gboolean
write_pipe (gboolean  async,
            GTimeSpan timeout_usec)
{
  g_autoptr (GCtxContext) context = gctx_context_with_timeout (gctx_context_background (), timeout_usec);
  GCancellable *cancellable = gctx_context_get_cancellable (context);
  g_autofree char *buffer = g_malloc0 (PIPE_LARGE);
  Reader reader = { context, -1, 0 };
  int written = FALSE;
  GOutputStream *out;
  GThread *thread;
  int fds[2];

  g_assert_true (g_unix_open_pipe (fds, FD_CLOEXEC, NULL));
  reader.fd = fds[0];
  out = g_unix_output_stream_new (fds[1], TRUE);
  thread = g_thread_new ("reader", read_afterwards, &reader);
  if (async)
    {
      g_output_stream_write_async (out, buffer, PIPE_LARGE, G_PRIORITY_DEFAULT, cancellable, on_written,
                                   &written);
      test_iterate_until (NULL, &written);
    }
  else
    {
      g_output_stream_write (out, buffer, PIPE_LARGE, cancellable, NULL);
    }
  test_assert_last_unref (out);
  g_thread_join (thread);
  close (fds[0]);
  return reader.n_read == PIPE_LARGE;
}

static gboolean
write_pipe_sync (GTimeSpan timeout_usec)
{
  return write_pipe (FALSE, timeout_usec);
}

static gboolean
write_pipe_async (GTimeSpan timeout_usec)
{
  return write_pipe (TRUE, timeout_usec);
}

static void
test_write_pipe (gconstpointer data)
{
  g_test_summary ("a write to a pipe that blocks holds on until all of it is taken");

  assert_holds_on (GPOINTER_TO_INT (data) ? write_pipe_async : write_pipe_sync);
}

/* --- Splicing --- */

static void
splice_sync (gpointer       subject,
             GCancellable  *cancellable,
             GError       **error)
{
  Stall *stall = subject;
  g_autoptr (GOutputStream) memory = g_memory_output_stream_new_resizable ();

  g_assert_cmpint (g_output_stream_splice (memory, stall->in, G_OUTPUT_STREAM_SPLICE_NONE, cancellable,
                                           error), ==, -1);
}

static void
splice_start (gpointer             subject,
              GCancellable        *cancellable,
              GAsyncReadyCallback  callback,
              gpointer             user_data)
{
  Stall *stall = subject;
  g_autoptr (GOutputStream) memory = g_memory_output_stream_new_resizable ();

  g_output_stream_splice_async (memory, stall->in, G_OUTPUT_STREAM_SPLICE_NONE, G_PRIORITY_DEFAULT,
                                cancellable, callback, user_data);
}

static void
splice_finish (GObject       *source,
               GAsyncResult  *result,
               GError       **error)
{
  g_assert_cmpint (g_output_stream_splice_finish (G_OUTPUT_STREAM (source), result, error), ==, -1);
}

/* Both ways at once, as a proxy does it. */
static void
proxy_start (gpointer             subject,
             GCancellable        *cancellable,
             GAsyncReadyCallback  callback,
             gpointer             user_data)
{
  Stall *stall = subject;

  pair_init_tcp (&stall->other);
  g_io_stream_splice_async (G_IO_STREAM (stall->pair.here), G_IO_STREAM (stall->other.here),
                            G_IO_STREAM_SPLICE_WAIT_FOR_BOTH, G_PRIORITY_DEFAULT, cancellable, callback,
                            user_data);
}

static void
proxy_finish (GObject       *source,
              GAsyncResult  *result,
              GError       **error)
{
  g_assert_false (g_io_stream_splice_finish (result, error));
}

/* --- TLS --- */

static gpointer
tls_set_up (void)
{
  Stall *stall = socket_set_up ();
  g_autoptr (GError) error = NULL;

  stall->tls = G_TLS_CONNECTION (g_tls_client_connection_new (G_IO_STREAM (stall->pair.here), NULL, &error));
  g_assert_no_error (error);
  return stall;
}

static void
handshake_sync (gpointer       subject,
                GCancellable  *cancellable,
                GError       **error)
{
  g_assert_false (g_tls_connection_handshake (((Stall *) subject)->tls, cancellable, error));
}

static void
handshake_start (gpointer             subject,
                 GCancellable        *cancellable,
                 GAsyncReadyCallback  callback,
                 gpointer             user_data)
{
  g_tls_connection_handshake_async (((Stall *) subject)->tls, G_PRIORITY_DEFAULT, cancellable, callback,
                                    user_data);
}

static void
handshake_finish (GObject       *source,
                  GAsyncResult  *result,
                  GError       **error)
{
  g_assert_false (g_tls_connection_handshake_finish (G_TLS_CONNECTION (source), result, error));
}

/* The first read shakes hands, too. The asynchronous one ends in time as well,
 * but does that in a thread that knows nothing of the cancellable, and leaves
 * it and the connection behind: so docs/gio.md says to shake hands first. */
static void
tls_read_sync (gpointer       subject,
               GCancellable  *cancellable,
               GError       **error)
{
  Stall *stall = subject;
  GInputStream *in = g_io_stream_get_input_stream (G_IO_STREAM (stall->tls));

  g_assert_cmpint (g_input_stream_read (in, &stall->byte, 1, cancellable, error), ==, -1);
}

#ifdef __SANITIZE_ADDRESS__
const char *__asan_default_options (void);

/* The leak checker crashes over the thread-local storage of what GIO loads for
 * TLS if it watches how that is found. */
const char *
__asan_default_options (void)
{
  return "intercept_tls_get_addr=0";
}
#endif

static const Operation operations[] = {
  { "read/socket", socket_set_up, stall_tear_down, read_sync, read_start, read_finish },
  { "read/pipe", pipe_set_up, stall_tear_down, read_sync, read_start, read_finish },
  { "read/line", socket_set_up, stall_tear_down, read_line_sync, read_line_start, read_line_finish },
  { "write/socket", socket_set_up, stall_tear_down, write_sync, write_start, write_finish },
  { "write/pipe", pipe_set_up, stall_tear_down, write_sync, write_start, write_finish },
  { "splice/socket", socket_set_up, stall_tear_down, splice_sync, splice_start, splice_finish },
  { "splice/pipe", pipe_set_up, stall_tear_down, splice_sync, splice_start, splice_finish },
  { "splice/proxy", socket_set_up, stall_tear_down, NULL, proxy_start, proxy_finish },
};

static const Operation tls_operations[] = {
  { "handshake", tls_set_up, stall_tear_down, handshake_sync, handshake_start, handshake_finish },
  { "read", tls_set_up, stall_tear_down, tls_read_sync, NULL, NULL },
};

static void
test_no_tls (void)
{
  g_test_skip ("GIO has no TLS here: glib-networking is missing");
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  operations_add ("gio-streams", operations, G_N_ELEMENTS (operations));
  g_test_add_data_func ("/gctx/gio-streams/holds-on/write-pipe/sync", GINT_TO_POINTER (FALSE), test_write_pipe);
  g_test_add_data_func ("/gctx/gio-streams/holds-on/write-pipe/async", GINT_TO_POINTER (TRUE), test_write_pipe);
  if (g_tls_backend_supports_tls (g_tls_backend_get_default ()))
    operations_add ("gio-streams/tls", tls_operations, G_N_ELEMENTS (tls_operations));
  else
    g_test_add_func ("/gctx/gio-streams/tls", test_no_tls);

  return g_test_run ();
}
