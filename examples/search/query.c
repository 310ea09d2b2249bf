/* query.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* One query in a thread of its own, under a context.
 *
 * SQLite runs its statements inside our call and returns when it is done; so
 * something in that thread has to look at the context now and then. That is
 * the progress handler, which SQLite calls every few hundred steps of its
 * machine, and edit_distance (), which it calls for every name. Either ends
 * the statement with SQLITE_INTERRUPT, and nothing has to reach across from
 * the thread that saw the client leave.
 */

#include "query.h"

#include "fuzzy.h"
#include "http-error.h"
#include "log.h"
#include "result.h"

#include <libsoup/soup.h>

#define STEPS_PER_LOOK 500
#define MAX_RESULTS    10

#define MATCH_SQL \
  "SELECT symbols.name, kind, summary, bm25 (search, 10.0, 1.0) AS score" \
  "  FROM search JOIN symbols ON symbols.id = search.rowid" \
  " WHERE search MATCH ?1 AND symbols.doc <> '' ORDER BY score, symbols.name LIMIT ?2"

#define FUZZY_SQL \
  "SELECT name, kind, summary, edit_distance (name) AS score" \
  "  FROM symbols ORDER BY score, symbols.name LIMIT ?2"

typedef struct
{
  Index            *index;
  const char       *only;         /* NULL asks all databases */
  SearchParameters *parameters;
  GCtxContext      *context;
} Query;

static void
query_free (gpointer data)
{
  Query *self = data;

  search_parameters_free (self->parameters);
  g_object_unref (self->context);
  g_free (self);
}

/* The words of @text as an FTS5 expression: each a quoted string, in which
 * nothing but the quote is special, and a prefix. All of them must match. */
char *
query_quote_match (const char *text)
{
  g_auto (GStrv) words = g_strsplit_set (text, " \t\r\n\f\v", -1);
  GString *match = g_string_new (NULL);
  guint i;

  for (i = 0; words[i] != NULL; i++)
    {
      const char *p;

      if (words[i][0] == '\0')
        continue;
      if (match->len > 0)
        g_string_append_c (match, ' ');

      g_string_append_c (match, '"');
      for (p = words[i]; *p != '\0'; p++)
        {
          if (*p == '"')
            g_string_append_c (match, '"');
          g_string_append_c (match, *p);
        }
      g_string_append (match, "\"*");
    }

  return g_string_free (match, FALSE);
}

static int
on_progress (gpointer user_data)
{
  return gctx_context_is_done (user_data);
}

static gboolean
fail (Query       *self,
      const char  *database,
      sqlite3     *db,
      GError     **error)
{
  if (!gctx_context_check (self->context, error))
    return FALSE;

  g_set_error (error, HTTP_ERROR, SOUP_STATUS_INTERNAL_SERVER_ERROR,
               "the database %s cannot be searched: %s", database, sqlite3_errmsg (db));
  log_line (self->context, "%s: %s", database, sqlite3_errmsg (db));
  return FALSE;
}

static gint64
count_names (sqlite3 *db)
{
  sqlite3_stmt *statement;
  gint64 n_names = 0;

  if (sqlite3_prepare_v2 (db, "SELECT count (*) FROM symbols", -1, &statement, NULL) != SQLITE_OK)
    return 0;
  if (sqlite3_step (statement) == SQLITE_ROW)
    n_names = sqlite3_column_int64 (statement, 0);
  sqlite3_finalize (statement);
  return n_names;
}

static const char *
column_text (sqlite3_stmt *statement,
             int           column)
{
  const char *text = (const char *) sqlite3_column_text (statement, column);

  return text != NULL ? text : "";
}

static gboolean
run_statement (Query         *self,
               const char    *database,
               sqlite3       *db,
               sqlite3_stmt  *statement,
               GPtrArray     *results,
               GError       **error)
{
  g_autofree char *match = query_quote_match (self->parameters->text);
  gint64 started = g_get_monotonic_time ();
  double elapsed_msec;
  int code;

  if (!self->parameters->fuzzy)
    sqlite3_bind_text (statement, 1, match, -1, SQLITE_STATIC);
  sqlite3_bind_int (statement, 2, MAX_RESULTS);
  sqlite3_progress_handler (db, STEPS_PER_LOOK, on_progress, self->context);

  log_line (self->context, "%s: statement started", database);
  while ((code = sqlite3_step (statement)) == SQLITE_ROW)
    g_ptr_array_add (results, search_result_new (database,
                                                 column_text (statement, 0),
                                                 column_text (statement, 1),
                                                 column_text (statement, 2),
                                                 sqlite3_column_double (statement, 3)));

  elapsed_msec = (g_get_monotonic_time () - started) / 1000.0;
  if (code == SQLITE_INTERRUPT)
    log_line (self->context, "%s: statement stopped after %.1f ms: %s", database, elapsed_msec,
              gctx_context_get_cause (self->context)->message);
  else
    log_line (self->context, "%s: statement ended after %.1f ms", database, elapsed_msec);

  return code == SQLITE_DONE || fail (self, database, db, error);
}

static gboolean
run_in_database (Query       *self,
                 const char  *database,
                 sqlite3     *db,
                 GPtrArray   *results,
                 GError     **error)
{
  const SearchParameters *parameters = self->parameters;
  sqlite3_stmt *statement = NULL;
  gboolean ok;

  if (parameters->fuzzy &&
      !fuzzy_register_function (db, self->context, parameters->text,
                                parameters->delay_usec, count_names (db)))
    return fail (self, database, db, error);

  if (sqlite3_prepare_v2 (db, parameters->fuzzy ? FUZZY_SQL : MATCH_SQL, -1, &statement, NULL) != SQLITE_OK)
    return fail (self, database, db, error);

  ok = run_statement (self, database, db, statement, results, error);
  sqlite3_finalize (statement);
  return ok;
}

static gboolean
search_database (Query       *self,
                 const char  *database,
                 GPtrArray   *results,
                 GError     **error)
{
  g_autofree char *path = index_get_path (self->index, database);
  sqlite3 *db = NULL;
  gboolean ok;

  /* A match is quick; a slow engine thinks about it before it starts. */
  if (!self->parameters->fuzzy && self->parameters->delay_usec > 0 &&
      !gctx_context_sleep (self->context, self->parameters->delay_usec, error))
    {
      log_line (self->context, "%s: stopped before the statement: %s", database,
                gctx_context_get_cause (self->context)->message);
      return FALSE;
    }

  if (sqlite3_open_v2 (path, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK)
    ok = run_in_database (self, database, db, results, error);
  else
    ok = fail (self, database, db, error);
  sqlite3_close (db);
  return ok;
}

static void
query_thread (GTask        *task,
              gpointer      source_object,
              gpointer      task_data,
              GCancellable *cancellable)
{
  Query *self = task_data;
  g_autoptr (GPtrArray) results = g_ptr_array_new_with_free_func (search_result_free);
  GError *error = NULL;
  guint i;

  for (i = 0; index_databases[i].name != NULL; i++)
    {
      const char *database = index_databases[i].name;

      if (self->only != NULL && self->only != database)
        continue;
      if (!search_database (self, database, results, &error))
        {
          g_task_return_error (task, error);
          return;
        }
    }

  g_ptr_array_sort (results, search_result_compare);
  if (results->len > MAX_RESULTS)
    g_ptr_array_set_size (results, MAX_RESULTS);
  g_task_return_pointer (task, g_steal_pointer (&results), (GDestroyNotify) g_ptr_array_unref);
}

/* Searches @database, a name from index_databases or NULL for all of them.
 * The callback is called once the last statement has stopped. */
void
query_async (Index                  *index,
             const char             *database,
             const SearchParameters *parameters,
             GCtxContext            *context,
             GAsyncReadyCallback     callback,
             gpointer                user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, gctx_context_get_cancellable (context), callback, user_data);
  Query *self = g_new0 (Query, 1);

  self->index = index;
  self->only = database;
  self->parameters = search_parameters_copy (parameters);
  self->context = g_object_ref (context);
  g_task_set_task_data (task, self, query_free);
  g_task_run_in_thread (task, query_thread);
}

/* Returns: (transfer full) (element-type SearchResult): the best results,
 *   best first */
GPtrArray *
query_finish (GAsyncResult  *result,
              GError       **error)
{
  Query *self = g_task_get_task_data (G_TASK (result));
  GError *task_error = NULL;
  GPtrArray *results = g_task_propagate_pointer (G_TASK (result), &task_error);

  if (results == NULL)
    gctx_context_propagate_error (self->context, error, task_error);
  return results;
}
