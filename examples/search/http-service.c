/* http-service.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A SoupServer on the loopback interface, and the life of the program around
 * it: listen, say where, serve until SIGINT or SIGTERM, then stop what still
 * runs. Every request's context is a child of the service's own scope, so
 * stopping all of them is one call.
 */

#include "http-service.h"

#include "http-error.h"
#include "log.h"

#include <glib-unix.h>
#include <signal.h>

struct _HttpService
{
  SoupServer *server;
  GCtxScope  *scope;
  guint       n_messages;
  guint       signals[2];
};

typedef struct
{
  HttpService *service;
  char        *path;
  HttpHandler  handler;
  gpointer     user_data;
} Route;

static void
route_free (gpointer data)
{
  Route *route = data;

  g_free (route->path);
  g_free (route);
}

static gboolean
on_signal (gpointer user_data)
{
  HttpService *self = user_data;
  g_autoptr (GError) cause = g_error_new_literal (HTTP_ERROR, SOUP_STATUS_SERVICE_UNAVAILABLE,
                                                  "the server is shutting down");

  gctx_scope_cancel_with_cause (self->scope, cause);
  return G_SOURCE_CONTINUE;
}

/* From here on SIGINT and SIGTERM end the service instead of the process. */
HttpService *
http_service_new (void)
{
  HttpService *self = g_new0 (HttpService, 1);

  self->server = soup_server_new ("server-header", "gctx-example ", NULL);
  self->scope = gctx_scope_new (gctx_context_background ());
  self->signals[0] = g_unix_signal_add (SIGINT, on_signal, self);
  self->signals[1] = g_unix_signal_add (SIGTERM, on_signal, self);
  return self;
}

void
http_service_free (HttpService *self)
{
  g_source_remove (self->signals[0]);
  g_source_remove (self->signals[1]);
  soup_server_disconnect (self->server);
  g_object_unref (self->server);
  gctx_scope_close (self->scope);
  g_free (self);
}

static void
on_finished (SoupServerMessage *message,
             HttpService       *self)
{
  self->n_messages--;
}

static void
on_request (SoupServer        *server,
            SoupServerMessage *message,
            const char        *path,
            GHashTable        *query,
            gpointer           user_data)
{
  Route *route = user_data;
  HttpService *self = route->service;
  const char *method = soup_server_message_get_method (message);
  HttpRequest *request;

  self->n_messages++;
  g_signal_connect (message, "finished", G_CALLBACK (on_finished), self);

  request = http_request_begin (GCTX_CONTEXT (self->scope), message, query);

  /* A route is a prefix to SoupServer. */
  if (g_strcmp0 (path, route->path) != 0 || route->handler == NULL)
    http_request_respond_sentence (request, SOUP_STATUS_NOT_FOUND, "There is nothing here.");
  else if (method != SOUP_METHOD_GET && method != SOUP_METHOD_HEAD)
    http_request_respond_sentence (request, SOUP_STATUS_METHOD_NOT_ALLOWED, "Only GET and HEAD work here.");
  else
    route->handler (request, route->user_data);
}

static void
add_route (HttpService *self,
           const char  *path,
           HttpHandler  handler,
           gpointer     user_data)
{
  Route *route = g_new0 (Route, 1);

  route->service = self;
  route->path = g_strdup (path);
  route->handler = handler;
  route->user_data = user_data;
  soup_server_add_handler (self->server, path, on_request, route, route_free);
}

/* @handler must answer every request that it is given once, now or later. */
void
http_service_add_handler (HttpService *self,
                          const char  *path,
                          HttpHandler  handler,
                          gpointer     user_data)
{
  add_route (self, path, handler, user_data);
}

/* Listens on @port of the loopback interface, or on a free one where that is
 * 0, and says where: in the log, and in a line on stdout for who started it. */
gboolean
http_service_listen (HttpService  *self,
                     int           port,
                     GError      **error)
{
  g_autoptr (GError) listen_error = NULL;
  GSList *uris;

  if (port < 0 || port > G_MAXUINT16)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   "%d is not a port: give one from 1 to 65535, or 0 for a free one", port);
      return FALSE;
    }

  add_route (self, NULL, NULL, NULL);
  if (!soup_server_listen_local (self->server, port, SOUP_SERVER_LISTEN_IPV4_ONLY, &listen_error))
    {
      g_set_error (error, listen_error->domain, listen_error->code,
                   "cannot listen on port %d: %s", port, listen_error->message);
      return FALSE;
    }

  uris = soup_server_get_uris (self->server);
  log_line (NULL, "listening on port %d", g_uri_get_port (uris->data));
  g_print ("listening on port %d\n", g_uri_get_port (uris->data));
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
  return TRUE;
}

/* Serves until a signal ends the service's scope and the last answer, which
 * then says so, has been written. */
void
http_service_run (HttpService *self)
{
  while (!gctx_context_is_done (GCTX_CONTEXT (self->scope)) || self->n_messages > 0)
    g_main_context_iteration (NULL, TRUE);
}
