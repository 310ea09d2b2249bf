/* foreign-values.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A web framework keeps what belongs to a request in the request: its headers,
 * and what its own middleware attaches on the way. The code that does the work
 * knows contexts only. One function leads from the one to the other.
 *
 * The worker here is given no more than a GCancellable, in another thread, and
 * finds all of it: the header, what was attached, and what the program itself
 * put into the context.
 */

#include <gctx.h>

#include <locale.h>

GCTX_DEFINE_KEY (request_id_key, "request-id", G_TYPE_STRING)
GCTX_DEFINE_KEY (content_length_key, "content-length", G_TYPE_INT64)
GCTX_DEFINE_KEY (user_key, "user", G_TYPE_STRING)
GCTX_DEFINE_KEY (region_key, "region", G_TYPE_STRING)

/* --- The framework --- */

typedef struct
{
  GMutex      lock;       /* of the headers: middleware may run in threads */
  GHashTable *headers;
} Request;

static Request *
request_new (void)
{
  Request *self = g_atomic_rc_box_new0 (Request);

  g_mutex_init (&self->lock);
  self->headers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return self;
}

static void
request_clear (gpointer data)
{
  Request *self = data;

  g_print ("framework: the request is gone\n");
  g_hash_table_unref (self->headers);
  g_mutex_clear (&self->lock);
}

static void
request_unref (gpointer data)
{
  g_atomic_rc_box_release_full (data, request_clear);
}

static void
request_set (Request    *self,
             const char *name,
             const char *text)
{
  g_mutex_lock (&self->lock);
  g_hash_table_insert (self->headers, g_strdup (name), g_strdup (text));
  g_mutex_unlock (&self->lock);
}

static char *
request_dup (Request    *self,
             const char *name)
{
  char *text;

  g_mutex_lock (&self->lock);
  text = g_strdup (g_hash_table_lookup (self->headers, name));
  g_mutex_unlock (&self->lock);

  return text;
}

/* --- From the framework to contexts --- */

/* Which key is which header. What comes from outside is text, and may be wrong:
 * a length that is none counts as not there. */
static gboolean
look_into_request (GCtxKey  *key,
                   GValue   *value,
                   gpointer  user_data)
{
  Request *request = user_data;
  g_autofree char *text = NULL;

  if (key == request_id_key () && (text = request_dup (request, "X-Request-Id")) != NULL)
    {
      g_value_take_string (value, g_steal_pointer (&text));
      return TRUE;
    }

  if (key == user_key () && (text = request_dup (request, "session.user")) != NULL)
    {
      g_value_take_string (value, g_steal_pointer (&text));
      return TRUE;
    }

  if (key == content_length_key () && (text = request_dup (request, "Content-Length")) != NULL)
    {
      gint64 length;

      if (!g_ascii_string_to_signed (text, 10, 0, G_MAXINT64, &length, NULL))
        return FALSE;
      g_value_set_int64 (value, length);
      return TRUE;
    }

  return FALSE;
}

static GCtxContext *
context_of_request (GCtxContext *parent,
                    Request     *request)
{
  return gctx_context_with_lookup (parent, look_into_request,
                                   g_atomic_rc_box_acquire (request), request_unref);
}

/* --- The work, which knows nothing of either --- */

static gpointer
work (gpointer data)
{
  GCancellable *cancellable = data;
  g_autoptr (GCtxContext) context = gctx_context_from_cancellable (cancellable);

  g_print ("worker: request %s of %s in %s, %" G_GINT64_FORMAT " bytes\n",
           gctx_context_get_string (context, request_id_key ()),
           gctx_context_get_string (context, user_key ()),
           gctx_context_get_string (context, region_key ()),
           gctx_context_get_int64 (context, content_length_key ()));
  return NULL;
}

int
main (int   argc,
      char *argv[])
{
  g_autoptr (GCtxScope) scope =
    gctx_scope_new_full (gctx_context_background (), G_MAXINT64, NULL,
                         region_key (), "eu-north", user_key (), "nobody", NULL);
  Request *request = request_new ();
  g_autoptr (GCtxContext) context = context_of_request (GCTX_CONTEXT (scope), request);
  g_autofree char *path = gctx_context_to_string (context);
  GThread *thread;

  setlocale (LC_ALL, "");
  request_set (request, "X-Request-Id", "r17");
  request_set (request, "Content-Length", "5000000000");
  g_print ("main: %s\n", path);

  /* Nobody has logged in yet, so the context's own value is seen. */
  g_print ("main: before the session: %s\n", gctx_context_get_string (context, user_key ()));
  request_set (request, "session.user", "ada");
  g_print ("main: after it: %s\n", gctx_context_get_string (context, user_key ()));

  thread = g_thread_new ("worker", work, gctx_context_get_cancellable (context));
  g_thread_join (thread);

  request_unref (request);
  return 0;
}
