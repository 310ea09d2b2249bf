/* data-server.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A server whose one handler has a limit of one second and answers 503 when
 * its work takes longer.
 *
 *   data-server --port=8083
 *   curl -i http://127.0.0.1:8083/data             takes two seconds: 503 after one
 *   curl -i http://127.0.0.1:8083/data?msec=200    in time: 200
 */

#include "search/http-error.h"
#include "search/http-service.h"

#include <locale.h>

#define LIMIT        (1 * G_TIME_SPAN_SECOND)
#define WORK_MSEC    2000
#define MAX_MSEC     60000

typedef struct
{
  HttpRequest *request;
  GCtxScope   *scope;
} Job;

static void
on_worked (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  Job *job = user_data;
  GCtxContext *context = GCTX_CONTEXT (source);
  g_autoptr (GError) error = NULL;

  if (gctx_context_sleep_finish (context, result, &error))
    http_request_respond_sentence (job->request, SOUP_STATUS_OK, "42");
  else
    http_request_respond_sentence (job->request, http_failure_get_status (context, error),
                                   http_failure_get_reason (context, error));
  gctx_scope_close (job->scope);
  g_free (job);
}

static void
on_data (HttpRequest *request,
         gpointer     user_data)
{
  const char *msec = http_request_get_parameter (request, "msec");
  guint64 work_msec = WORK_MSEC;
  g_autoptr (GError) cause = NULL;
  Job *job;

  if (msec != NULL && !g_ascii_string_to_unsigned (msec, 10, 0, MAX_MSEC, &work_msec, NULL))
    {
      http_request_respond_sentence (request, SOUP_STATUS_BAD_REQUEST,
                                     "The parameter msec must be a number from 0 to 60000.");
      return;
    }

  cause = g_error_new_literal (HTTP_ERROR, SOUP_STATUS_SERVICE_UNAVAILABLE,
                               "This takes longer than a second; try again later.");
  job = g_new0 (Job, 1);
  job->request = request;
  job->scope = gctx_scope_new_with_timeout_cause (http_request_get_context (request), LIMIT, cause);
  gctx_context_sleep_async (GCTX_CONTEXT (job->scope), work_msec * G_TIME_SPAN_MILLISECOND, NULL, on_worked, job);
}

int
main (int   argc,
      char *argv[])
{
  int port = 8083;
  const GOptionEntry entries[] = {
    { "port", 'p', 0, G_OPTION_ARG_INT, &port, "Port to listen on, 0 for a free one (8083)", "PORT" },
    G_OPTION_ENTRY_NULL
  };
  g_autoptr (GOptionContext) options = g_option_context_new ("- answer /data within a second or not at all");
  g_autoptr (HttpService) service = NULL;
  g_autoptr (GError) error = NULL;

  setlocale (LC_ALL, "");
  g_option_context_add_main_entries (options, entries, NULL);
  if (!g_option_context_parse (options, &argc, &argv, &error))
    {
      g_printerr ("data-server: %s\n", error->message);
      return 2;
    }

  service = http_service_new ();
  http_service_add_handler (service, "/data", on_data, NULL);
  if (!http_service_listen (service, port, &error))
    {
      g_printerr ("data-server: %s\n", error->message);
      return 1;
    }
  http_service_run (service);
  return 0;
}
