/* index-database.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* One SQLite database: the symbols of a .gir file, and an FTS5 index of their
 * names and documentation.
 */

#include "index-database.h"

#include "gir-reader.h"

#include <sqlite3.h>
#include <string.h>

/* Part of every stamp: another number makes every database be built anew. */
#define FORMAT "1 "

#define SUMMARY_MAX 160   /* characters */

#define SCHEMA \
  "PRAGMA journal_mode = OFF;" \
  "PRAGMA synchronous = OFF;" \
  "CREATE TABLE about (stamp TEXT NOT NULL);" \
  "CREATE TABLE symbols (id INTEGER PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL," \
  "                      summary TEXT NOT NULL, doc TEXT NOT NULL, UNIQUE (name, kind));" \
  "CREATE VIRTUAL TABLE search USING fts5 (name, doc, content='symbols', content_rowid='id');" \
  "BEGIN"

#define COMPLETE \
  "INSERT INTO search (search) VALUES ('rebuild');" \
  "INSERT INTO search (search) VALUES ('optimize');" \
  "COMMIT"

typedef struct
{
  sqlite3      *db;
  sqlite3_stmt *insert;
  guint         n_symbols;
} Builder;

static gboolean
set_error (GError  **error,
           sqlite3  *db)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
               "cannot write the database %s: %s", sqlite3_db_filename (db, "main"), sqlite3_errmsg (db));
  return FALSE;
}

/* Returns: (transfer full): the first sentence, on one line */
static char *
make_summary (const char *doc)
{
  GString *summary = g_string_new (NULL);
  glong n_characters = 0;
  const char *p;

  for (p = doc; *p != '\0'; p = g_utf8_next_char (p))
    {
      if (g_str_has_prefix (p, "\n\n"))
        break;
      if (++n_characters > SUMMARY_MAX)
        {
          g_string_append (summary, "…");
          break;
        }
      if (*p == '\n')
        g_string_append_c (summary, ' ');
      else
        g_string_append_unichar (summary, g_utf8_get_char (p));
      if (*p == '.' && (p[1] == ' ' || p[1] == '\n'))
        break;
    }

  return g_string_free (summary, FALSE);
}

static gboolean
add_symbol (const GirSymbol  *symbol,
            gpointer          user_data,
            GError          **error)
{
  Builder *self = user_data;
  g_autofree char *summary = make_summary (symbol->doc);

  sqlite3_bind_text (self->insert, 1, symbol->name, -1, SQLITE_STATIC);
  sqlite3_bind_text (self->insert, 2, symbol->kind, -1, SQLITE_STATIC);
  sqlite3_bind_text (self->insert, 3, summary, -1, SQLITE_STATIC);
  sqlite3_bind_text (self->insert, 4, symbol->doc, -1, SQLITE_STATIC);
  if (sqlite3_step (self->insert) != SQLITE_DONE)
    return set_error (error, self->db);

  /* A function that became a method is there twice. */
  self->n_symbols += sqlite3_changes (self->db);
  sqlite3_reset (self->insert);
  return TRUE;
}

static gboolean
write_stamp (sqlite3     *db,
             const char  *stamp,
             GError     **error)
{
  g_autofree char *complete = g_strconcat (FORMAT, stamp, NULL);
  sqlite3_stmt *statement = NULL;
  gboolean ok;

  ok = sqlite3_prepare_v2 (db, "INSERT INTO about VALUES (?)", -1, &statement, NULL) == SQLITE_OK &&
       sqlite3_bind_text (statement, 1, complete, -1, SQLITE_STATIC) == SQLITE_OK &&
       sqlite3_step (statement) == SQLITE_DONE;
  sqlite3_finalize (statement);
  return ok || set_error (error, db);
}

static gboolean
fill (Builder     *self,
      const char  *gir,
      const char  *stamp,
      GError     **error)
{
  gboolean ok;

  if (sqlite3_exec (self->db, SCHEMA, NULL, NULL, NULL) != SQLITE_OK ||
      sqlite3_prepare_v2 (self->db, "INSERT OR IGNORE INTO symbols (name, kind, summary, doc) VALUES (?, ?, ?, ?)",
                          -1, &self->insert, NULL) != SQLITE_OK)
    return set_error (error, self->db);

  ok = gir_read (gir, add_symbol, self, error);
  sqlite3_finalize (self->insert);
  if (!ok)
    {
      g_prefix_error (error, "cannot index %s: ", gir);
      return FALSE;
    }

  if (!write_stamp (self->db, stamp, error))
    return FALSE;
  return sqlite3_exec (self->db, COMPLETE, NULL, NULL, NULL) == SQLITE_OK || set_error (error, self->db);
}

/* Fills the file at @path, which must be empty, with the symbols of @gir. */
gboolean
index_database_build (const char  *path,
                      const char  *gir,
                      const char  *stamp,
                      guint       *n_symbols,
                      GError     **error)
{
  Builder self = { NULL, NULL, 0 };
  gboolean ok;

  if (sqlite3_open (path, &self.db) == SQLITE_OK)
    ok = fill (&self, gir, stamp, error);
  else
    ok = set_error (error, self.db);

  if (sqlite3_close (self.db) != SQLITE_OK && ok)
    ok = set_error (error, self.db);
  *n_symbols = self.n_symbols;
  return ok;
}

/* Returns: (transfer full) (nullable): the one value that @sql asks for */
static char *
query_text (sqlite3    *db,
            const char *sql)
{
  sqlite3_stmt *statement = NULL;
  char *text = NULL;

  if (sqlite3_prepare_v2 (db, sql, -1, &statement, NULL) == SQLITE_OK &&
      sqlite3_step (statement) == SQLITE_ROW)
    text = g_strdup ((const char *) sqlite3_column_text (statement, 0));
  sqlite3_finalize (statement);
  return text;
}

static char *
find_fault (sqlite3    *db,
            const char *stamp)
{
  g_autofree char *check = query_text (db, "PRAGMA quick_check (1)");
  g_autofree char *found = NULL;

  if (check == NULL)
    return g_strdup_printf ("the database is damaged: %s", sqlite3_errmsg (db));
  if (!g_str_equal (check, "ok"))
    return g_strdup_printf ("the database is damaged: %s", check);

  found = query_text (db, "SELECT stamp FROM about");
  if (found == NULL)
    return g_strdup_printf ("the database is incomplete: %s", sqlite3_errmsg (db));
  if (!g_str_has_prefix (found, FORMAT))
    return g_strdup ("the database has another format");
  if (!g_str_equal (found + strlen (FORMAT), stamp))
    return g_strdup ("the .gir file changed");
  return NULL;
}

/* Whether the database at @path is sound and was built with that @stamp. */
gboolean
index_database_is_current (const char  *path,
                           const char  *stamp,
                           char       **why_not)
{
  sqlite3 *db = NULL;

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    *why_not = g_strdup ("there was no database yet");
  else if (sqlite3_open_v2 (path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
    *why_not = g_strdup_printf ("the database cannot be opened: %s", sqlite3_errmsg (db));
  else
    *why_not = find_fault (db, stamp);

  sqlite3_close (db);
  return *why_not == NULL;
}
