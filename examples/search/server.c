/* server.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* search-server: asks the search backend on behalf of somebody, for as long as
 * somebody waits for it.
 *
 *   GET /search?q=cancel&timeout=1s
 *
 * fuzzy=1 and delay=500ms are handed on to the backend. Three things can end a
 * request before it is answered, and each ends everything that runs for it: the
 * client leaves, the timeout passes, the server shuts down.
 */

#include "duration.h"
#include "http-error.h"
#include "http-service.h"
#include "page.h"
#include "search.h"
#include "user-ip.h"

#include <locale.h>

typedef struct
{
  SoupSession *session;
  char        *backend;
} SearchServer;

typedef struct
{
  HttpRequest      *request;
  SearchParameters *parameters;
  char             *timeout;   /* as the page shows it; NULL without one */
  GCtxScope        *scope;
} Job;

static void
job_free (Job *self)
{
  gctx_scope_close (self->scope);
  search_parameters_free (self->parameters);
  g_free (self->timeout);
  g_free (self);
}

static void
respond_failure (HttpRequest  *request,
                 GCtxContext  *context,
                 const GError *error)
{
  guint status = http_failure_get_status (context, error);
  const char *sentence = http_failure_get_reason (context, error);
  gboolean json = http_request_prefers_json (request);
  g_autofree char *page = NULL;

  if (status == SOUP_STATUS_BAD_REQUEST && !json)
    {
      http_request_respond_sentence (request, status, sentence);
      return;
    }

  page = page_render_failure (status, sentence, http_request_get_elapsed (request), json);
  http_request_respond (request, status, json ? PAGE_JSON : PAGE_HTML, page);
}

static void
on_searched (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  Job *job = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) results = search_finish (result, &error);

  if (results == NULL)
    respond_failure (job->request, GCTX_CONTEXT (job->scope), error);
  else
    {
      gboolean json = http_request_prefers_json (job->request);
      g_autofree char *page = page_render_results (job->parameters, job->timeout, results,
                                                   http_request_get_elapsed (job->request), json);

      http_request_respond (job->request, SOUP_STATUS_OK, json ? PAGE_JSON : PAGE_HTML, page);
    }
  job_free (job);
}

/* The context of the request, with its timeout where it has one. */
static GCtxScope *
make_scope (GCtxContext *context,
            gint64       timeout_nsec,
            const char  *timeout)
{
  g_autoptr (GError) cause = NULL;

  if (timeout == NULL)
    return gctx_scope_new (context);

  cause = g_error_new (HTTP_ERROR, SOUP_STATUS_GATEWAY_TIMEOUT, "The timeout of %s passed", timeout);
  return gctx_scope_new_with_timeout_cause (context, duration_to_usec (timeout_nsec), cause);
}

static void
on_search (HttpRequest *request,
           gpointer     user_data)
{
  SearchServer *self = user_data;
  const char *timeout = http_request_get_parameter (request, "timeout");
  GCtxContext *context = http_request_get_context (request);
  g_autoptr (SearchParameters) parameters = NULL;
  g_autoptr (GCtxContext) user_context = NULL;
  g_autoptr (GError) error = NULL;
  gint64 timeout_nsec = 0;
  Job *job;

  parameters = search_parameters_new ((ParameterFunc) http_request_get_parameter, request, &error);
  if (parameters == NULL || (timeout != NULL && !parameter_parse_timeout (timeout, &timeout_nsec, &error)))
    {
      respond_failure (request, context, error);
      return;
    }

  job = g_new0 (Job, 1);
  job->request = request;
  job->parameters = g_steal_pointer (&parameters);
  job->timeout = timeout != NULL ? duration_to_string (timeout_nsec) : NULL;

  user_context = user_ip_new_context (context, http_request_get_user_ip (request));
  job->scope = make_scope (user_context, timeout_nsec, job->timeout);
  search_async (self->session, self->backend, job->parameters, GCTX_CONTEXT (job->scope), on_searched, job);
}

/* Returns: (transfer full) (nullable): "http://host:port" */
static char *
parse_backend (const char  *text,
               GError     **error)
{
  g_autoptr (GUri) uri = g_uri_parse (text, G_URI_FLAGS_NONE, NULL);

  if (uri == NULL || g_strcmp0 (g_uri_get_scheme (uri), "http") != 0 ||
      g_uri_get_host (uri) == NULL || g_uri_get_host (uri)[0] == '\0' ||
      (!g_str_equal (g_uri_get_path (uri), "") && !g_str_equal (g_uri_get_path (uri), "/")) ||
      g_uri_get_query (uri) != NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   "“%s” is no URL of a backend: give one like http://127.0.0.1:8081", text);
      return NULL;
    }
  return g_uri_join (G_URI_FLAGS_NONE, "http", NULL, g_uri_get_host (uri), g_uri_get_port (uri), "", NULL, NULL);
}

static gboolean
serve (SearchServer  *self,
       int            port,
       GError       **error)
{
  g_autoptr (HttpService) service = http_service_new ();

  http_service_add_handler (service, "/search", on_search, self);
  if (!http_service_listen (service, port, error))
    return FALSE;
  http_service_run (service);
  return TRUE;
}

int
main (int   argc,
      char *argv[])
{
  int port = 8080;
  g_autofree char *backend = NULL;
  const GOptionEntry entries[] = {
    { "port", 'p', 0, G_OPTION_ARG_INT, &port, "Port to listen on, 0 for a free one (8080)", "PORT" },
    { "backend", 'b', 0, G_OPTION_ARG_STRING, &backend, "Where search-backend is (http://127.0.0.1:8081)", "URL" },
    G_OPTION_ENTRY_NULL
  };
  g_autoptr (GOptionContext) options = g_option_context_new ("- search on behalf of somebody who waits");
  g_autoptr (GError) error = NULL;
  SearchServer self = { NULL, NULL };
  gboolean ok;

  setlocale (LC_ALL, "");
  g_option_context_add_main_entries (options, entries, NULL);
  if (!g_option_context_parse (options, &argc, &argv, &error))
    {
      g_printerr ("search-server: %s\n", error->message);
      return 2;
    }

  self.backend = parse_backend (backend != NULL ? backend : "http://127.0.0.1:8081", &error);
  if (self.backend == NULL)
    {
      g_printerr ("search-server: %s\n", error->message);
      return 2;
    }

  self.session = search_session_new ();
  ok = serve (&self, port, &error);
  if (!ok)
    g_printerr ("search-server: %s\n", error->message);
  g_object_unref (self.session);
  g_free (self.backend);
  return ok ? 0 : 1;
}
