/* result.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Search results, and the JSON that they travel in from backend to server and
 * from server to client:
 *
 *   { "results": [ { "database": "gio", "name": "GCancellable", "kind": "class",
 *                    "summary": "…", "score": 0 }, … ] }
 *   { "error": "A sentence." }
 */

#include "result.h"

/* json-glib 1.6 recurses as deep as its input is nested. Text cannot be
 * nested deeper than it has brackets, and no answer needs that many. */
#define MAX_BRACKETS 10000

SearchResult *
search_result_new (const char *database,
                   const char *name,
                   const char *kind,
                   const char *summary,
                   double      score)
{
  SearchResult *self = g_new (SearchResult, 1);

  self->database = g_strdup (database);
  self->name = g_strdup (name);
  self->kind = g_strdup (kind);
  self->summary = g_strdup (summary);
  self->score = score;
  return self;
}

void
search_result_free (gpointer result)
{
  SearchResult *self = result;

  g_free (self->database);
  g_free (self->name);
  g_free (self->kind);
  g_free (self->summary);
  g_free (self);
}

/* For g_ptr_array_sort (): the best first, equals by name. */
int
search_result_compare (gconstpointer a,
                       gconstpointer b)
{
  const SearchResult *first = *(const SearchResult * const *) a;
  const SearchResult *second = *(const SearchResult * const *) b;

  if (first->score < second->score)
    return -1;
  if (first->score > second->score)
    return 1;
  return g_strcmp0 (first->name, second->name);
}

static void
add_string (JsonBuilder *builder,
            const char  *name,
            const char  *value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, value);
}

/* Adds the member "results" to the object that @builder is in. */
void
search_results_build (JsonBuilder *builder,
                      GPtrArray   *results)
{
  guint i;

  json_builder_set_member_name (builder, "results");
  json_builder_begin_array (builder);
  for (i = 0; i < results->len; i++)
    {
      const SearchResult *result = g_ptr_array_index (results, i);

      json_builder_begin_object (builder);
      add_string (builder, "database", result->database);
      add_string (builder, "name", result->name);
      add_string (builder, "kind", result->kind);
      add_string (builder, "summary", result->summary);
      json_builder_set_member_name (builder, "score");
      json_builder_add_double_value (builder, result->score);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

static gboolean
has_few_brackets (const char *text,
                  gsize       length)
{
  gsize n_brackets = 0;
  gsize i;

  for (i = 0; i < length; i++)
    n_brackets += text[i] == '[' || text[i] == '{';
  return n_brackets <= MAX_BRACKETS;
}

static JsonObject *
parse_object (JsonParser  *parser,
              GBytes      *json,
              GError     **error)
{
  gsize length;
  const char *text = g_bytes_get_data (json, &length);
  JsonNode *root;

  /* json-glib takes any bytes for text, so look first. */
  if (length == 0 || !g_utf8_validate_len (text, length, NULL))
    {
      g_set_error_literal (error, JSON_PARSER_ERROR, JSON_PARSER_ERROR_PARSE,
                           length == 0 ? "it is empty" : "it is not UTF-8");
      return NULL;
    }
  if (!has_few_brackets (text, length))
    {
      g_set_error_literal (error, JSON_PARSER_ERROR, JSON_PARSER_ERROR_PARSE, "it is nested too deeply");
      return NULL;
    }
  if (!json_parser_load_from_data (parser, text, length, error))
    return NULL;

  root = json_parser_get_root (parser);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
    {
      g_set_error_literal (error, JSON_PARSER_ERROR, JSON_PARSER_ERROR_PARSE, "it is no JSON object");
      return NULL;
    }
  return json_node_get_object (root);
}

static const char *
get_string (JsonObject *object,
            const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node == NULL || json_node_get_value_type (node) != G_TYPE_STRING)
    return NULL;
  return json_node_get_string (node);
}

static SearchResult *
parse_result (JsonNode *node)
{
  JsonObject *object;
  JsonNode *score;
  const char *database, *name, *kind, *summary;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return NULL;

  object = json_node_get_object (node);
  database = get_string (object, "database");
  name = get_string (object, "name");
  kind = get_string (object, "kind");
  summary = get_string (object, "summary");
  score = json_object_get_member (object, "score");
  if (database == NULL || name == NULL || kind == NULL || summary == NULL ||
      score == NULL || !JSON_NODE_HOLDS_VALUE (score))
    return NULL;

  return search_result_new (database, name, kind, summary, json_node_get_double (score));
}

/* Returns: (transfer full) (element-type SearchResult): what @json lists, or
 *   NULL with an error where it is anything else than such a list */
GPtrArray *
search_results_parse (GBytes  *json,
                      GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (GPtrArray) results = g_ptr_array_new_with_free_func (search_result_free);
  JsonObject *object = parse_object (parser, json, error);
  JsonNode *member;
  JsonArray *array;
  guint i;

  if (object == NULL)
    return NULL;

  member = json_object_get_member (object, "results");
  if (member == NULL || !JSON_NODE_HOLDS_ARRAY (member))
    {
      g_set_error_literal (error, JSON_PARSER_ERROR, JSON_PARSER_ERROR_PARSE, "it lists no results");
      return NULL;
    }

  array = json_node_get_array (member);
  for (i = 0; i < json_array_get_length (array); i++)
    {
      SearchResult *result = parse_result (json_array_get_element (array, i));

      if (result == NULL)
        {
          g_set_error (error, JSON_PARSER_ERROR, JSON_PARSER_ERROR_PARSE, "its result %u is incomplete", i);
          return NULL;
        }
      g_ptr_array_add (results, result);
    }
  return g_steal_pointer (&results);
}

char *
json_builder_to_text (JsonBuilder *builder)
{
  g_autoptr (JsonNode) root = json_builder_get_root (builder);

  return json_to_string (root, FALSE);
}

char *
json_error_to_text (const char *sentence)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  add_string (builder, "error", sentence);
  json_builder_end_object (builder);
  return json_builder_to_text (builder);
}

/* Returns: (transfer full) (nullable): the sentence in @json */
char *
json_error_parse (GBytes *json)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  JsonObject *object = parse_object (parser, json, NULL);

  return object != NULL ? g_strdup (get_string (object, "error")) : NULL;
}
