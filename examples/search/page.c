/* page.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What the client gets to see. Every piece of text that comes from outside,
 * the question included, is escaped where it enters the page.
 */

#include "page.h"

#include "duration.h"
#include "result.h"

#include <libsoup/soup.h>

#define HEAD \
  "<!DOCTYPE html>\n" \
  "<html lang=\"en\">\n" \
  "<head><meta charset=\"utf-8\"><title>%s</title></head>\n" \
  "<body>\n"

#define TAIL \
  "</body>\n" \
  "</html>\n"

static char *
format_elapsed (GTimeSpan elapsed_usec)
{
  return duration_to_string (elapsed_usec * 1000);
}

static void
append_result (GString            *page,
               const SearchResult *result)
{
  g_autofree char *item = NULL;

  item = g_markup_printf_escaped ("<li><code>%s</code> <small>%s in %s</small><br>%s</li>\n",
                                  result->name, result->kind, result->database, result->summary);
  g_string_append (page, item);
}

static char *
render_results_html (const SearchParameters *parameters,
                     const char             *timeout,
                     GPtrArray              *results,
                     const char             *elapsed)
{
  g_autofree char *head = g_markup_printf_escaped (HEAD "<h1>%s</h1>\n<ol>\n", parameters->text, parameters->text);
  g_autofree char *foot = NULL;
  GString *page = g_string_new (head);
  guint i;

  for (i = 0; i < results->len; i++)
    append_result (page, g_ptr_array_index (results, i));

  foot = g_markup_printf_escaped ("</ol>\n<p>%u %s in %s; timeout %s</p>\n" TAIL,
                                  results->len, results->len == 1 ? "result" : "results",
                                  elapsed, timeout != NULL ? timeout : "none");
  g_string_append (page, foot);
  return g_string_free (page, FALSE);
}

static char *
render_results_json (const SearchParameters *parameters,
                     const char             *timeout,
                     GPtrArray              *results,
                     const char             *elapsed)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "query");
  json_builder_add_string_value (builder, parameters->text);
  json_builder_set_member_name (builder, "timeout");
  json_builder_add_string_value (builder, timeout);
  json_builder_set_member_name (builder, "elapsed");
  json_builder_add_string_value (builder, elapsed);
  search_results_build (builder, results);
  json_builder_end_object (builder);
  return json_builder_to_text (builder);
}

/* @timeout is NULL where the request had none. */
char *
page_render_results (const SearchParameters *parameters,
                     const char             *timeout,
                     GPtrArray              *results,
                     GTimeSpan               elapsed_usec,
                     gboolean                json)
{
  g_autofree char *elapsed = format_elapsed (elapsed_usec);

  if (json)
    return render_results_json (parameters, timeout, results, elapsed);
  return render_results_html (parameters, timeout, results, elapsed);
}

char *
page_render_failure (guint       status,
                     const char *sentence,
                     GTimeSpan   elapsed_usec,
                     gboolean    json)
{
  const char *phrase = soup_status_get_phrase (status);
  g_autofree char *elapsed = format_elapsed (elapsed_usec);

  if (json)
    return json_error_to_text (sentence);
  return g_markup_printf_escaped (HEAD "<h1>%u %s</h1>\n<p>%s</p>\n<p>Given up after %s.</p>\n" TAIL,
                                  phrase, status, phrase, sentence, elapsed);
}
