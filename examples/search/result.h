/* result.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef struct
{
  char   *database;
  char   *name;
  char   *kind;
  char   *summary;
  double  score;   /* the smaller the better */
} SearchResult;

SearchResult *search_result_new    (const char   *database,
                                    const char   *name,
                                    const char   *kind,
                                    const char   *summary,
                                    double        score);
void          search_result_free   (gpointer      result);
int           search_result_compare (gconstpointer a,
                                    gconstpointer b);

void          search_results_build (JsonBuilder  *builder,
                                    GPtrArray    *results);
GPtrArray    *search_results_parse (GBytes       *json,
                                    GError      **error);

char         *json_builder_to_text (JsonBuilder  *builder);
char         *json_error_to_text   (const char   *sentence);
char         *json_error_parse     (GBytes       *json);

G_END_DECLS
