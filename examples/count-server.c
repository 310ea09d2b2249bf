/* count-server.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A server whose answers take long, and that stops working on one when the
 * client has hung up.
 *
 *   count-server --port=7000 &
 *   nc 127.0.0.1 7000                   # type 3: counts for 3 s, then answers
 *   nc 127.0.0.1 7000                   # type 30, then Ctrl-C: it stops counting
 *
 * Each client has a thread, which blocks; the main loop watches for hang-ups.
 */

#include <gctx.h>

#include <locale.h>
#include <stdlib.h>

#define REQUEST_USEC (10 * G_TIME_SPAN_SECOND)
#define ANSWER_USEC  (60 * G_TIME_SPAN_SECOND)

/* Reads what is asked: a client may take some time for it, but not for ever. */
static gboolean
read_request (GCtxContext        *ctx,
              GSocketConnection  *connection,
              int                *number,
              GError            **error)
{
  g_autoptr (GCtxContext) limited = gctx_context_with_timeout (ctx, REQUEST_USEC);
  g_autoptr (GDataInputStream) lines =
    g_data_input_stream_new (g_io_stream_get_input_stream (G_IO_STREAM (connection)));
  g_autofree char *line = NULL;
  GError *met = NULL;

  g_filter_input_stream_set_close_base_stream (G_FILTER_INPUT_STREAM (lines), FALSE);
  line = g_data_input_stream_read_line (lines, NULL, gctx_context_get_cancellable (limited), &met);
  if (met != NULL)
    {
      gctx_context_propagate_error (limited, error, met);
      return FALSE;
    }

  *number = line != NULL ? atoi (line) : 0;
  return TRUE;
}

/* The work: stands for a query, a conversion, a download. */
static gboolean
count (GCtxContext  *ctx,
       int           number,
       GError      **error)
{
  int i;

  for (i = 1; i <= number; i++)
    {
      if (!gctx_context_sleep (ctx, G_TIME_SPAN_SECOND, error))
        return FALSE;
      g_print ("count-server: %d of %d\n", i, number);
    }

  return TRUE;
}

static gboolean
serve (GCtxContext        *ctx,
       GSocketConnection  *connection,
       GError            **error)
{
  g_autoptr (GCtxContext) limited = NULL;
  /* Declared last, so closed first: before the connection may be. */
  g_autoptr (GCtxScopeCloser) scope = NULL;
  int number = 0;

  if (!read_request (ctx, connection, &number, error))
    return FALSE;

  /* From here on a client that hangs up wants nothing any more. */
  limited = gctx_context_with_timeout (ctx, ANSWER_USEC);
  scope = gctx_scope_new_for_connection (limited, connection);
  if (!count (GCTX_CONTEXT (scope), number, error))
    return FALSE;

  return g_output_stream_printf (g_io_stream_get_output_stream (G_IO_STREAM (connection)), NULL,
                                 gctx_context_get_cancellable (GCTX_CONTEXT (scope)), error,
                                 "counted to %d\n", number);
}

static gboolean
on_run (GThreadedSocketService *service,
        GSocketConnection      *connection,
        GObject                *source,
        gpointer                user_data)
{
  g_autoptr (GError) error = NULL;

  if (!serve (gctx_context_background (), connection, &error))
    g_print ("count-server: gave up: %s\n", error->message);

  return TRUE;
}

int
main (int   argc,
      char *argv[])
{
  int port = 7000;
  const GOptionEntry entries[] = {
    { "port", 'p', 0, G_OPTION_ARG_INT, &port, "Where to listen (7000)", "PORT" },
    G_OPTION_ENTRY_NULL
  };
  g_autoptr (GOptionContext) options = g_option_context_new ("- count for those who stay");
  g_autoptr (GSocketService) service = NULL;
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GMainLoop) loop = NULL;
  g_autoptr (GError) error = NULL;

  setlocale (LC_ALL, "");
  g_option_context_add_main_entries (options, entries, NULL);
  if (!g_option_context_parse (options, &argc, &argv, &error))
    {
      g_printerr ("count-server: %s\n", error->message);
      return 2;
    }

  service = g_threaded_socket_service_new (10);
  address = g_inet_socket_address_new_from_string ("127.0.0.1", port);
  if (!g_socket_listener_add_address (G_SOCKET_LISTENER (service), address, G_SOCKET_TYPE_STREAM,
                                      G_SOCKET_PROTOCOL_TCP, NULL, NULL, &error))
    {
      g_printerr ("count-server: %s\n", error->message);
      return 1;
    }
  g_signal_connect (service, "run", G_CALLBACK (on_run), NULL);

  loop = g_main_loop_new (NULL, FALSE);
  g_main_loop_run (loop);
  return 0;
}
