/* fetch.c: fetches several URLs at the same time under one deadline
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <gctx.h>
#include <libsoup/soup.h>
#include <locale.h>

typedef struct
{
  GCtxContext *context;
  SoupMessage *message;
  char        *outcome;
  gboolean     came;
} Fetch;

static int n_pending = 0;

static void
on_fetched (GObject *session, GAsyncResult *result, gpointer user_data)
{
  Fetch *fetch = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) body = soup_session_send_and_read_finish (SOUP_SESSION (session), result, &error);
  const GError *late = gctx_context_get_error (fetch->context);
  guint status = soup_message_get_status (fetch->message);

  /* A peer's time-out is a failure: only a CANCELLED is the deadline's doing. */
  if (late != NULL && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    fetch->outcome = g_strdup_printf ("late (%s)", late->message);
  else if (error != NULL)
    fetch->outcome = g_strdup_printf ("failed (%s)", error->message);
  else if (status >= 400)
    fetch->outcome = g_strdup_printf ("failed (HTTP %u)", status);
  else
    fetch->outcome = g_strdup_printf ("%" G_GSIZE_FORMAT " bytes", g_bytes_get_size (body));
  fetch->came = error == NULL && status < 400;
  n_pending--;
}

static void
fetch_start (Fetch *fetch, SoupSession *session, const char *url)
{
  g_autoptr (GUri) uri = g_uri_parse (url, SOUP_HTTP_URI_FLAGS, NULL);

  /* libsoup itself looks at none of this, and takes all schemes for HTTP. */
  if (uri == NULL || !g_regex_match_simple ("^https?$", g_uri_get_scheme (uri), 0, 0) ||
      g_uri_get_host (uri) == NULL || *g_uri_get_host (uri) == '\0')
    {
      fetch->outcome = g_strdup ("failed (Not an HTTP URL)");
      return;
    }

  fetch->message = soup_message_new_from_uri ("GET", uri);
  n_pending++;
  soup_session_send_and_read_async (session, fetch->message, G_PRIORITY_DEFAULT,
                                    gctx_context_get_cancellable (fetch->context), on_fetched, fetch);
}

int
main (int argc, char *argv[])
{
  int first = argc > 1 && g_str_has_prefix (argv[1], "--timeout=") ? 2 : 1;
  guint64 timeout_msec = 5000;
  g_autoptr (GCtxScopeCloser) scope = NULL;
  g_autoptr (SoupSession) session = NULL;
  g_autofree Fetch *fetches = g_new0 (Fetch, argc);
  int status = 0;

  setlocale (LC_ALL, "");
  if (first >= argc || argv[first][0] == '-' ||
      (first == 2 && !g_ascii_string_to_unsigned (argv[1] + strlen ("--timeout="), 10, 0, 999999999,
                                                  &timeout_msec, NULL)))
    {
      g_printerr ("usage: fetch [--timeout=MILLISECONDS] URL...\n");
      return 2;
    }

  scope = gctx_scope_new_with_timeout (gctx_context_background (), timeout_msec * G_TIME_SPAN_MILLISECOND);
  /* Without these two libsoup talks to one host over two connections at most. */
  session = soup_session_new_with_options ("max-conns", argc, "max-conns-per-host", argc, NULL);
  for (int i = first; i < argc; i++)
    {
      fetches[i].context = GCTX_CONTEXT (scope);
      fetch_start (&fetches[i], session, argv[i]);
    }
  while (n_pending > 0)
    g_main_context_iteration (NULL, TRUE);

  for (int i = first; i < argc; i++)
    {
      g_print ("%s: %s\n", argv[i], fetches[i].outcome);
      status |= !fetches[i].came;
      g_clear_object (&fetches[i].message);
      g_free (fetches[i].outcome);
    }
  return status;
}
