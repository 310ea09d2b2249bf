/* test-lookup-soup.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <libsoup/soup.h>

#include "test-util.h"

/* The real thing: contexts that ask a SoupServerMessage for its headers and for
 * what the program attached to it, over a real socket. */

GCTX_DEFINE_KEY (request_id_key, "X-Request-Id", G_TYPE_STRING)
GCTX_DEFINE_KEY (limit_key, "X-Limit", G_TYPE_INT64)
GCTX_DEFINE_KEY (user_key, "user", G_TYPE_STRING)
GCTX_DEFINE_KEY (absent_key, "X-Absent", G_TYPE_STRING)

typedef struct
{
  SoupServer        *server;
  GCtxScope         *scope;
  guint16            port;
  SoupServerMessage *message;    /* the one that came, paused; a weak pointer */
  GCtxContext       *context;    /* its */
  int                came;
  int                left;
  int                answered;
  char              *answer;
} World;

static gboolean
look_into_message (GCtxKey  *key,
                   GValue   *value,
                   gpointer  user_data)
{
  SoupServerMessage *message = user_data;
  const char *text;
  gint64 number;

  if (key == user_key ())
    text = g_object_get_data (user_data, "user");
  else
    text = soup_message_headers_get_one (soup_server_message_get_request_headers (message),
                                         gctx_key_get_name (key));

  if (text == NULL)
    return FALSE;

  if (key == limit_key ())
    {
      if (!g_ascii_string_to_signed (text, 10, 0, G_MAXINT64, &number, NULL))
        return FALSE;
      g_value_set_int64 (value, number);
      return TRUE;
    }

  g_value_set_string (value, text);
  return TRUE;
}

static gboolean
unref_here (gpointer data)
{
  g_object_unref (data);
  return G_SOURCE_REMOVE;
}

/* A message belongs to the thread of its server. */
static void
release_message (gpointer data)
{
  g_idle_add (unref_here, data);
}

static void
on_finished (SoupServerMessage *message,
             World             *world)
{
  world->left = TRUE;
}

static void
on_request (SoupServer        *server,
            SoupServerMessage *message,
            const char        *path,
            GHashTable        *query,
            gpointer           user_data)
{
  World *world = user_data;

  g_object_set_data (G_OBJECT (message), "user", (gpointer) "ada");
  soup_server_message_pause (message);
  g_signal_connect (message, "finished", G_CALLBACK (on_finished), world);
  g_set_weak_pointer (&world->message, message);
  world->context = gctx_context_with_lookup (GCTX_CONTEXT (world->scope), look_into_message,
                                             g_object_ref (message), release_message);
  world->came = TRUE;
}

/* The socket is made here: libsoup 3.2 does not free the address of one that it
 * makes itself, or is asked for. */
static void
world_init (World *world)
{
  g_autoptr (GSocketAddress) any_port = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GSocket) socket = NULL;
  g_autoptr (GError) error = NULL;

  *world = (World) { NULL, };
  world->scope = gctx_scope_new (gctx_context_background ());
  world->server = soup_server_new (NULL, NULL);
  soup_server_add_handler (world->server, NULL, on_request, world, NULL);

  socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, &error);
  g_assert_no_error (error);
  g_assert_true (g_socket_bind (socket, any_port, FALSE, &error));
  g_assert_true (g_socket_listen (socket, &error));
  address = g_socket_get_local_address (socket, &error);
  g_assert_no_error (error);
  world->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));
  g_assert_true (soup_server_listen_socket (world->server, socket, 0, &error));
}

static void
world_clear (World *world)
{
  /* The last reference to a message is dropped in the loop. */
  while (world->message != NULL)
    g_main_context_iteration (NULL, TRUE);
  soup_server_disconnect (world->server);
  g_object_unref (world->server);
  g_object_unref (world->scope);
  g_free (world->answer);
}

/* Has nothing but a cancellable, and drops the last context. */
static gpointer
describe (gpointer data)
{
  g_autoptr (GCancellable) cancellable = data;
  g_autoptr (GCtxContext) context = gctx_context_from_cancellable (cancellable);

  return g_strdup_printf ("%s %s %d",
                          gctx_context_get_string (context, request_id_key ()),
                          gctx_context_get_string (context, user_key ()),
                          (int) gctx_context_get_int64 (context, limit_key ()));
}

/* What the message knows is asked for here, in the thread of its own. */
static char *
describe_in_thread (World *world)
{
  GCancellable *cancellable = g_object_ref (gctx_context_get_cancellable (world->context));

  gctx_context_has_value (world->context, request_id_key ());
  gctx_context_has_value (world->context, user_key ());
  gctx_context_has_value (world->context, limit_key ());
  g_clear_object (&world->context);

  return g_thread_join (g_thread_new ("worker", describe, cancellable));
}

static void
on_answer (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  World *world = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) body = soup_session_send_and_read_finish (SOUP_SESSION (source), result, &error);

  g_assert_no_error (error);
  world->answer = g_strndup (g_bytes_get_data (body, NULL), g_bytes_get_size (body));
  world->answered = TRUE;
}

static void
check_answer (const char *limit,
              const char *expected)
{
  World world;
  g_autoptr (SoupSession) session = soup_session_new_with_options ("proxy-resolver", NULL, NULL);
  g_autoptr (SoupMessage) message = NULL;
  g_autofree char *uri = NULL;
  SoupMessageHeaders *headers;
  char *answer;

  world_init (&world);
  uri = g_strdup_printf ("http://127.0.0.1:%d/", world.port);
  message = soup_message_new ("GET", uri);
  headers = soup_message_get_request_headers (message);
  soup_message_headers_append (headers, "Connection", "close");
  soup_message_headers_append (headers, "X-Request-Id", "r17");
  if (limit != NULL)
    soup_message_headers_append (headers, "X-Limit", limit);
  soup_session_send_and_read_async (session, message, G_PRIORITY_DEFAULT, NULL, on_answer, &world);

  test_iterate_until (NULL, &world.came);
  g_assert_false (gctx_context_has_value (world.context, absent_key ()));
  answer = describe_in_thread (&world);
  soup_server_message_set_status (world.message, SOUP_STATUS_OK, NULL);
  soup_server_message_set_response (world.message, "text/plain", SOUP_MEMORY_TAKE,
                                    answer, strlen (answer));
  soup_server_message_unpause (world.message);
  test_iterate_until (NULL, &world.answered);

  g_assert_cmpstr (world.answer, ==, expected);
  test_iterate_until (NULL, &world.left);
  world_clear (&world);
}

static void
test_request (void)
{
  g_test_summary ("with_lookup: a message's headers and data are values of its context, in a worker too");
  check_answer ("42", "r17 ada 42");
}

static void
test_garbage (void)
{
  g_test_summary ("with_lookup: a header that makes no sense is not there");
  check_answer (NULL, "r17 ada 0");
  check_answer ("", "r17 ada 0");
  check_answer ("99999999999999999999", "r17 ada 0");
  check_answer ("forty\302two", "r17 ada 0");
}

static void
test_client_leaves (void)
{
  World world;
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *answer = NULL;
  const char *request = "GET / HTTP/1.1\r\nHost: test\r\nX-Request-Id: r18\r\nX-Limit: 7\r\n\r\n";

  g_test_summary ("with_lookup: the values stay when the client and the message's connection are gone");

  world_init (&world);
  g_socket_client_set_enable_proxy (client, FALSE);
  connection = g_socket_client_connect_to_host (client, "127.0.0.1", world.port, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (connection)),
                                            request, strlen (request), NULL, NULL, &error));
  test_iterate_until (NULL, &world.came);
  g_assert_true (g_io_stream_close (G_IO_STREAM (connection), NULL, &error));

  /* The server writes its answer to nobody. */
  soup_server_message_set_status (world.message, SOUP_STATUS_OK, NULL);
  soup_server_message_unpause (world.message);
  test_iterate_until (NULL, &world.left);

  answer = describe_in_thread (&world);
  g_assert_cmpstr (answer, ==, "r18 ada 7");
  world_clear (&world);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/lookup-soup/request", test_request);
  g_test_add_func ("/gctx/lookup-soup/garbage", test_garbage);
  g_test_add_func ("/gctx/lookup-soup/client-leaves", test_client_leaves);

  return g_test_run ();
}
