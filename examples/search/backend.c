/* backend.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* search-backend: the documentation of GLib, GObject and Gio, to be asked over
 * HTTP.
 *
 *   GET /query?q=cancel                 in all three
 *   GET /query?q=cancel&database=gio    in one of them
 *   GET /query?q=canclelable&fuzzy=1    by edit distance over every name
 *   GET /query?q=cancel&delay=500ms     as a slow engine would answer
 *
 * A request's context ends when its client disconnects, and what runs for it
 * in a query thread ends with it.
 */

#include "http-error.h"
#include "http-service.h"
#include "index.h"
#include "log.h"
#include "parameters.h"
#include "query.h"
#include "result.h"
#include "user-ip.h"

#include <locale.h>

typedef struct
{
  HttpRequest *request;
  GCtxContext *context;
} Job;

static void
job_free (Job *self)
{
  g_object_unref (self->context);
  g_free (self);
}

static void
respond_failure (HttpRequest  *request,
                 GCtxContext  *context,
                 const GError *error)
{
  g_autofree char *body = json_error_to_text (http_failure_get_reason (context, error));

  http_request_respond (request, http_failure_get_status (context, error), "application/json", body);
}

static void
on_queried (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  Job *job = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) results = query_finish (result, &error);

  if (results == NULL)
    respond_failure (job->request, job->context, error);
  else
    {
      g_autoptr (JsonBuilder) builder = json_builder_new ();
      g_autofree char *body = NULL;

      json_builder_begin_object (builder);
      search_results_build (builder, results);
      json_builder_end_object (builder);
      body = json_builder_to_text (builder);
      http_request_respond (job->request, SOUP_STATUS_OK, "application/json", body);
    }
  job_free (job);
}

static gboolean
parse_database (const char  *value,
                const char **database,
                GError     **error)
{
  *database = NULL;
  if (value == NULL)
    return TRUE;

  *database = index_find_database (value);
  if (*database != NULL)
    return TRUE;
  g_set_error_literal (error, HTTP_ERROR, SOUP_STATUS_BAD_REQUEST,
                       "The parameter database must be glib, gobject or gio.");
  return FALSE;
}

static gboolean
parse_user_ip (const char    *value,
               GInetAddress **user_ip,
               GError       **error)
{
  *user_ip = value != NULL ? g_inet_address_new_from_string (value) : NULL;
  if (value == NULL || *user_ip != NULL)
    return TRUE;
  g_set_error_literal (error, HTTP_ERROR, SOUP_STATUS_BAD_REQUEST,
                       "The parameter userip is no IP address.");
  return FALSE;
}

static void
on_query (HttpRequest *request,
          gpointer     user_data)
{
  Index *index = user_data;
  GCtxContext *context = http_request_get_context (request);
  g_autoptr (SearchParameters) parameters = NULL;
  g_autoptr (GInetAddress) user_ip = NULL;
  g_autofree char *user = NULL;
  g_autoptr (GError) error = NULL;
  const char *database;
  Job *job;

  parameters = search_parameters_new ((ParameterFunc) http_request_get_parameter, request, &error);
  if (parameters == NULL ||
      !parse_database (http_request_get_parameter (request, "database"), &database, &error) ||
      !parse_user_ip (http_request_get_parameter (request, "userip"), &user_ip, &error))
    {
      respond_failure (request, context, error);
      return;
    }

  job = g_new0 (Job, 1);
  job->request = request;
  job->context = user_ip != NULL ? user_ip_new_context (context, user_ip) : g_object_ref (context);

  user = user_ip != NULL ? g_inet_address_to_string (user_ip) : g_strdup ("nobody in particular");
  log_line (job->context, "%s: asked on behalf of %s", database != NULL ? database : "all", user);
  query_async (index, database, parameters, job->context, on_queried, job);
}

int
main (int   argc,
      char *argv[])
{
  int port = 8081;
  g_autofree char *gir_dir = NULL;
  g_autofree char *data_dir = NULL;
  const GOptionEntry entries[] = {
    { "port", 'p', 0, G_OPTION_ARG_INT, &port, "Port to listen on, 0 for a free one (8081)", "PORT" },
    { "gir-dir", 0, 0, G_OPTION_ARG_FILENAME, &gir_dir, "Where the .gir files are", "DIR" },
    { "data-dir", 0, 0, G_OPTION_ARG_FILENAME, &data_dir, "Where the databases are kept", "DIR" },
    G_OPTION_ENTRY_NULL
  };
  g_autoptr (GOptionContext) options = g_option_context_new ("- search the documentation of GLib");
  g_autoptr (HttpService) service = NULL;
  g_autoptr (Index) index = NULL;
  g_autoptr (GError) error = NULL;

  setlocale (LC_ALL, "");
  g_option_context_add_main_entries (options, entries, NULL);
  if (!g_option_context_parse (options, &argc, &argv, &error))
    {
      g_printerr ("search-backend: %s\n", error->message);
      return 2;
    }

  index = index_new (gir_dir, data_dir, &error);
  if (index == NULL)
    {
      g_printerr ("search-backend: %s\n", error->message);
      return 1;
    }

  service = http_service_new ();
  http_service_add_handler (service, "/query", on_query, index);
  if (!http_service_listen (service, port, &error))
    {
      g_printerr ("search-backend: %s\n", error->message);
      return 1;
    }
  http_service_run (service);
  return 0;
}
