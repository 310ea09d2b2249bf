/* search.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* One search: the three databases are asked side by side, as one group, and
 * what they find is merged.
 *
 *   context           of the request, with its timeout
 *     group           ends with the first failure: no use in waiting for the rest
 *       glib, gobject, gio
 *
 * When any of these ends, libsoup closes the connections below it, which is how
 * the backend hears of it.
 */

#include "search.h"

#include "http-error.h"
#include "log.h"
#include "result.h"
#include "user-ip.h"

static const char * const databases[] = { "glib", "gobject", "gio" };

typedef struct
{
  GCtxContext *context;
  SoupSession *session;
  GCtxGroup   *group;
  GPtrArray   *results;
} Search;

typedef struct
{
  Search      *search;
  const char  *database;
  SoupMessage *message;

  /* Once it is asked. */
  GTask       *task;
  GCtxContext *context;
  gint64       started;
} Question;

/* As many connections as there are questions: one that waits in a queue would
 * spend the time of the others. No timeouts but those of the contexts. */
SoupSession *
search_session_new (void)
{
  return soup_session_new_with_options ("max-conns", G_MAXINT,
                                        "max-conns-per-host", G_MAXINT,
                                        "timeout", 0,
                                        "user-agent", "gctx-search-server ",
                                        NULL);
}

static void
search_free (gpointer data)
{
  Search *self = data;

  g_object_unref (self->group);
  g_object_unref (self->session);
  g_object_unref (self->context);
  g_ptr_array_unref (self->results);
  g_free (self);
}

static void
question_free (gpointer data)
{
  Question *question = data;

  g_clear_object (&question->context);
  g_clear_object (&question->task);
  g_object_unref (question->message);
  g_free (question);
}

static GPtrArray *
read_answer (Question  *question,
             GBytes    *body,
             GError   **error)
{
  guint status = soup_message_get_status (question->message);
  g_autoptr (GError) parse_error = NULL;
  GPtrArray *results;

  if (status != SOUP_STATUS_OK)
    {
      g_autofree char *sentence = json_error_parse (body);

      g_set_error (error, HTTP_ERROR, SOUP_STATUS_BAD_GATEWAY, "The %s backend answered %u: %s", question->database,
                   status, sentence != NULL ? sentence : "it does not say why");
      return NULL;
    }

  results = search_results_parse (body, &parse_error);
  if (results == NULL)
    g_set_error (error, HTTP_ERROR, SOUP_STATUS_BAD_GATEWAY,
                 "The %s backend answered something that is no search result: %s",
                 question->database, parse_error->message);
  return results;
}

static GPtrArray *
receive_answer (Question      *question,
                GAsyncResult  *result,
                GError       **error)
{
  GError *io_error = NULL;
  g_autoptr (GBytes) body = soup_session_send_and_read_finish (SOUP_SESSION (g_async_result_get_source_object (result)),
                                                               result, &io_error);

  if (body != NULL)
    return read_answer (question, body, error);

  if (gctx_context_is_done (question->context))
    gctx_context_propagate_error (question->context, error, io_error);
  else
    {
      g_set_error (error, HTTP_ERROR, SOUP_STATUS_BAD_GATEWAY,
                   "The %s backend cannot be asked: %s", question->database, io_error->message);
      g_error_free (io_error);
    }
  return NULL;
}

static void
add_results (Search    *self,
             GPtrArray *results)
{
  g_ptr_array_extend_and_steal (self->results, results);
}

static void
on_answer (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  Question *question = user_data;
  Search *self = question->search;
  double elapsed_msec = (g_get_monotonic_time () - question->started) / 1000.0;
  GError *error = NULL;
  GPtrArray *results = receive_answer (question, result, &error);

  /* Returning frees the question. */
  if (results != NULL)
    {
      log_line (self->context, "%s: %u results after %.1f ms", question->database, results->len, elapsed_msec);
      add_results (self, results);
      g_task_return_boolean (question->task, TRUE);
    }
  else
    {
      log_line (self->context, "%s: given up after %.1f ms: %s", question->database, elapsed_msec,
                http_failure_get_reason (question->context, error));
      g_task_return_error (question->task, error);
    }
}

static void
ask (GTask       *task,
     GCtxContext *context,
     gpointer     user_data)
{
  Question *question = user_data;

  question->task = g_object_ref (task);
  question->context = g_object_ref (context);
  question->started = g_get_monotonic_time ();
  soup_session_send_and_read_async (question->search->session, question->message, G_PRIORITY_DEFAULT,
                                    gctx_context_get_cancellable (context), on_answer, question);
}

static char *
make_uri (const char             *backend,
          const char             *database,
          const SearchParameters *parameters,
          GCtxContext            *context)
{
  GInetAddress *user_ip = user_ip_from_context (context);
  g_autofree char *text = g_uri_escape_string (parameters->text, NULL, FALSE);
  GString *uri = g_string_new (backend);

  g_string_append_printf (uri, "/query?database=%s&q=%s", database, text);
  if (parameters->fuzzy)
    g_string_append (uri, "&fuzzy=1");
  if (parameters->delay_usec > 0)
    g_string_append_printf (uri, "&delay=%" G_GINT64_FORMAT "us", parameters->delay_usec);
  if (user_ip != NULL)
    {
      g_autofree char *text_ip = g_inet_address_to_string (user_ip);
      g_autofree char *escaped_ip = g_uri_escape_string (text_ip, NULL, FALSE);

      g_string_append_printf (uri, "&userip=%s", escaped_ip);
    }

  return g_string_free (uri, FALSE);
}

static Question *
question_new (Search                 *self,
              const char             *backend,
              const char             *database,
              const SearchParameters *parameters)
{
  g_autofree char *uri = make_uri (backend, database, parameters, self->context);
  const char *request_id = request_id_from_context (self->context);
  Question *question = g_new0 (Question, 1);

  question->search = self;
  question->database = database;
  question->message = soup_message_new (SOUP_METHOD_GET, uri);
  if (request_id != NULL)
    soup_message_headers_replace (soup_message_get_request_headers (question->message), "X-Request-Id", request_id);

  return question;
}

static void
on_all_answered (GObject      *source,
                 GAsyncResult *result,
                 gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  Search *self = g_task_get_task_data (task);
  GError *error = NULL;

  if (!gctx_group_wait_finish (self->group, result, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  g_ptr_array_sort (self->results, search_result_compare);
  g_task_return_pointer (task, g_ptr_array_ref (self->results), (GDestroyNotify) g_ptr_array_unref);
}

/* @backend is an http URI without a path; the callback is called once none of
 * its questions is pending any more. */
void
search_async (SoupSession            *session,
              const char             *backend,
              const SearchParameters *parameters,
              GCtxContext            *context,
              GAsyncReadyCallback     callback,
              gpointer                user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);
  Search *self = g_new0 (Search, 1);
  guint i;

  self->context = g_object_ref (context);
  self->session = g_object_ref (session);
  self->group = gctx_group_new (context);
  self->results = g_ptr_array_new_with_free_func (search_result_free);
  g_task_set_task_data (task, self, search_free);

  for (i = 0; i < G_N_ELEMENTS (databases); i++)
    gctx_group_start (self->group, ask, question_new (self, backend, databases[i], parameters), question_free);
  gctx_group_wait_async (self->group, NULL, on_all_answered, task);
}

/* Returns: (transfer full) (element-type SearchResult): all results, best first */
GPtrArray *
search_finish (GAsyncResult  *result,
               GError       **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
