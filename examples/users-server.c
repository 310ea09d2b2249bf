/* users-server.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A server whose one handler takes ten seconds, unless the client leaves.
 *
 *   users-server --port=8082
 *   curl --max-time 1 http://127.0.0.1:8082/users
 *
 * The handler need not know about clients: the nap that stands for its work is
 * taken under the context of the request.
 */

#include "search/http-error.h"
#include "search/http-service.h"

#include <locale.h>

#define WORK (10 * G_TIME_SPAN_SECOND)

static void
on_worked (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  HttpRequest *request = user_data;
  GCtxContext *context = GCTX_CONTEXT (source);
  g_autoptr (GError) error = NULL;

  if (gctx_context_sleep_finish (context, result, &error))
    http_request_respond_sentence (request, SOUP_STATUS_OK, "ada, grace, linus");
  else
    http_request_respond_sentence (request, http_failure_get_status (context, error),
                                   http_failure_get_reason (context, error));
}

static void
on_users (HttpRequest *request,
          gpointer     user_data)
{
  gctx_context_sleep_async (http_request_get_context (request), WORK, NULL, on_worked, request);
}

int
main (int   argc,
      char *argv[])
{
  int port = 8082;
  const GOptionEntry entries[] = {
    { "port", 'p', 0, G_OPTION_ARG_INT, &port, "Port to listen on, 0 for a free one (8082)", "PORT" },
    G_OPTION_ENTRY_NULL
  };
  g_autoptr (GOptionContext) options = g_option_context_new ("- take ten seconds to answer /users");
  g_autoptr (HttpService) service = NULL;
  g_autoptr (GError) error = NULL;

  setlocale (LC_ALL, "");
  g_option_context_add_main_entries (options, entries, NULL);
  if (!g_option_context_parse (options, &argc, &argv, &error))
    {
      g_printerr ("users-server: %s\n", error->message);
      return 2;
    }

  service = http_service_new ();
  http_service_add_handler (service, "/users", on_users, NULL);
  if (!http_service_listen (service, port, &error))
    {
      g_printerr ("users-server: %s\n", error->message);
      return 1;
    }
  http_service_run (service);
  return 0;
}
