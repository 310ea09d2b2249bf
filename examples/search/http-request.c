/* http-request.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* One HTTP request of a SoupServer and the context that lives as long as it.
 *
 * The context ends when the client goes away. SoupServer does not notice that
 * while a handler works: it reads a request, then pauses the connection, polls
 * nothing on it until there is an answer to write, and emits `disconnected` or
 * `finished` only after that. So this file polls the socket itself, and for
 * POLLRDHUP alone:
 *
 *  - a client that closes, is killed or crashes sends FIN or RST; the kernel
 *    raises POLLRDHUP, POLLHUP or POLLERR at once, unread data or not;
 *  - a pipelined next request raises POLLIN only, so it is neither taken for a
 *    hang-up nor does it keep the main loop spinning;
 *  - a client that shuts down its sending half and goes on reading looks the
 *    same as one that closed, until something is written to it. It counts as
 *    gone, as in Go's net/http and in nginx; it is still sent the answer, which
 *    says so.
 *
 * A host that vanishes without FIN is not noticed before TCP gives up.
 */

#define _GNU_SOURCE   /* for POLLRDHUP */

#include "http-request.h"

#include "http-error.h"
#include "log.h"

#include <glib-unix.h>
#include <poll.h>
#include <string.h>

#define REQUEST_ID_HEADER "X-Request-Id"
#define REQUEST_ID_MAX    32

struct _HttpRequest
{
  SoupServerMessage *message;
  GHashTable        *parameters;
  char              *client;
  gint64             started;

  /* The right to end the request, and the face of it that handlers see. */
  GCtxScope         *scope;
  GCtxContext       *context;

  GSource           *hang_up;
};

static gboolean
on_hang_up (gint         fd,
            GIOCondition condition,
            gpointer     user_data)
{
  HttpRequest *self = user_data;
  g_autoptr (GError) cause = g_error_new (HTTP_ERROR, HTTP_STATUS_CLIENT_CLOSED_REQUEST,
                                          "client %s went away", self->client);

  log_line (self->context, "%s", cause->message);
  gctx_scope_cancel_with_cause (self->scope, cause);
  return G_SOURCE_REMOVE;
}

static void
watch_client (HttpRequest *self)
{
  GSocket *socket = soup_server_message_get_socket (self->message);

  self->hang_up = g_unix_fd_source_new (g_socket_get_fd (socket), (GIOCondition) POLLRDHUP);
  g_source_set_callback (self->hang_up, G_SOURCE_FUNC (on_hang_up), self, NULL);
  g_source_attach (self->hang_up, g_main_context_get_thread_default ());
}

static void
unwatch_client (HttpRequest *self)
{
  g_source_destroy (self->hang_up);
  g_clear_pointer (&self->hang_up, g_source_unref);
}

/* The name that the request goes by in the logs: the one that the layer above
 * gave it, where it is fit to be logged, else a number of our own. */
static char *
make_request_id (SoupServerMessage *message)
{
  static guint last_number = 0;
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  const char *given = soup_message_headers_get_one (headers, REQUEST_ID_HEADER);

  if (given != NULL && given[0] != '\0' && strlen (given) <= REQUEST_ID_MAX &&
      strspn (given, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "-") == strlen (given))
    return g_strdup (given);
  return g_strdup_printf ("r%u", ++last_number);
}

/* Takes over an incoming request: its I/O stays paused until the one call of
 * http_request_respond (), which also frees what this returns. */
HttpRequest *
http_request_begin (GCtxContext       *parent,
                    SoupServerMessage *message,
                    GHashTable        *parameters)
{
  GSocketAddress *address = soup_server_message_get_remote_address (message);
  g_autofree char *request_id = make_request_id (message);
  HttpRequest *self = g_new0 (HttpRequest, 1);

  self->message = g_object_ref (message);
  self->parameters = parameters != NULL ? g_hash_table_ref (parameters) : NULL;
  self->client = g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (address));
  self->started = g_get_monotonic_time ();
  self->scope = gctx_scope_new (parent);
  self->context = request_id_new_context (GCTX_CONTEXT (self->scope), request_id);

  log_line (self->context, "%s %s from %s",
            soup_server_message_get_method (message),
            g_uri_get_path (soup_server_message_get_uri (message)), self->client);

  soup_server_message_pause (message);
  watch_client (self);
  return self;
}

/* Returns: (transfer none): the context of the request; take a reference for
 *   work that may outlive the answer */
GCtxContext *
http_request_get_context (HttpRequest *self)
{
  return self->context;
}

GInetAddress *
http_request_get_user_ip (HttpRequest *self)
{
  GSocketAddress *address = soup_server_message_get_remote_address (self->message);

  return g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address));
}

const char *
http_request_get_parameter (HttpRequest *self,
                            const char  *name)
{
  return self->parameters != NULL ? g_hash_table_lookup (self->parameters, name) : NULL;
}

gboolean
http_request_prefers_json (HttpRequest *self)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (self->message);
  const char *accept = soup_message_headers_get_list (headers, "Accept");
  GSList *types, *l;
  gboolean json = FALSE;

  if (accept == NULL)
    return FALSE;

  /* Best first; whichever of the two is named before the other is meant. */
  types = soup_header_parse_quality_list (accept, NULL);
  for (l = types; l != NULL; l = l->next)
    {
      json = g_ascii_strcasecmp (l->data, "application/json") == 0;
      if (json || g_ascii_strcasecmp (l->data, "text/html") == 0)
        break;
    }
  soup_header_free_list (types);
  return json;
}

GTimeSpan
http_request_get_elapsed (HttpRequest *self)
{
  return g_get_monotonic_time () - self->started;
}

/* SoupServer before 3.3 forgets to close connections that the client closes
 * between two requests, and runs out of file descriptors in the end. */
static gboolean
can_keep_connections (void)
{
  return soup_check_version (3, 3, 0);
}

/* Answers, ends the request's context and frees @self. */
void
http_request_respond (HttpRequest *self,
                      guint        status,
                      const char  *content_type,
                      const char  *body)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (self->message);
  gboolean done = gctx_context_is_done (self->context);

  unwatch_client (self);

  if (done)
    log_line (self->context, "stopped after %.1f ms: %s",
              http_request_get_elapsed (self) / 1000.0, gctx_context_get_cause (self->context)->message);
  else
    log_line (self->context, "answered %u after %.1f ms",
              status, http_request_get_elapsed (self) / 1000.0);

  if (done || !can_keep_connections ())
    soup_message_headers_replace (headers, "Connection", "close");
  soup_server_message_set_status (self->message, status,
                                  status == HTTP_STATUS_CLIENT_CLOSED_REQUEST ? "Client Closed Request" : NULL);
  soup_server_message_set_response (self->message, content_type,
                                    SOUP_MEMORY_COPY, body, strlen (body));
  soup_server_message_unpause (self->message);

  gctx_scope_close (self->scope);
  g_object_unref (self->context);
  g_clear_pointer (&self->parameters, g_hash_table_unref);
  g_object_unref (self->message);
  g_free (self->client);
  g_free (self);
}

void
http_request_respond_sentence (HttpRequest *self,
                               guint        status,
                               const char  *sentence)
{
  g_autofree char *body = g_strconcat (sentence, "\n", NULL);

  http_request_respond (self, status, "text/plain; charset=utf-8", body);
}
