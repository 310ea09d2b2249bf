/* index.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The directory of databases, one for each .gir file that is searched. What is
 * there already is used as long as it was made from the .gir file as it is now,
 * and is sound; otherwise it is made anew, beside the old one, and takes its
 * place only when it is complete.
 */

#include "index.h"

#include "index-database.h"
#include "log.h"

#include <glib/gstdio.h>

const IndexDatabase index_databases[] = {
  { "glib", "GLib-2.0.gir" },
  { "gobject", "GObject-2.0.gir" },
  { "gio", "Gio-2.0.gir" },
  { NULL, NULL }
};

struct _Index
{
  char *data_dir;
};

/* Where .gir files are looked for: in @gir_dir and nowhere else if it is given. */
static GStrv
get_gir_dirs (const char *gir_dir)
{
  g_autoptr (GStrvBuilder) dirs = g_strv_builder_new ();
  const char * const *data_dirs = g_get_system_data_dirs ();
  g_auto (GStrv) built_in = g_strsplit (GIR_DIRS, ":", -1);
  guint i;

  if (gir_dir != NULL)
    {
      g_strv_builder_add (dirs, gir_dir);
      return g_strv_builder_end (dirs);
    }

  for (i = 0; data_dirs[i] != NULL; i++)
    {
      g_autofree char *dir = g_build_filename (data_dirs[i], "gir-1.0", NULL);

      g_strv_builder_add (dirs, dir);
    }
  g_strv_builder_addv (dirs, (const char **) built_in);
  return g_strv_builder_end (dirs);
}

static char *
find_gir (GStrv        dirs,
          const char  *gir,
          GError     **error)
{
  g_autofree char *all = NULL;
  guint i;

  for (i = 0; dirs[i] != NULL; i++)
    {
      g_autofree char *path = g_build_filename (dirs[i], gir, NULL);

      if (g_file_test (path, G_FILE_TEST_IS_REGULAR))
        return g_steal_pointer (&path);
    }

  all = g_strjoinv (", ", dirs);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
               "there is no %s in %s: install the development files of GObject introspection, "
               "or say where they are with --gir-dir", gir, all);
  return NULL;
}

/* What identifies one state of a file, to be compared for equality only. */
static char *
make_stamp (const char  *path,
            GError     **error)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GFileInfo) info = NULL;
  g_autoptr (GDateTime) modified = NULL;

  info = g_file_query_info (file, G_FILE_ATTRIBUTE_STANDARD_SIZE "," G_FILE_ATTRIBUTE_TIME_MODIFIED ","
                            G_FILE_ATTRIBUTE_TIME_MODIFIED_USEC, G_FILE_QUERY_INFO_NONE, NULL, error);
  if (info == NULL)
    return NULL;

  modified = g_file_info_get_modification_date_time (info);
  return g_strdup_printf ("%s %" G_GOFFSET_FORMAT " %" G_GINT64_FORMAT ".%06d", path, g_file_info_get_size (info),
                          g_date_time_to_unix (modified), g_date_time_get_microsecond (modified));
}

static gboolean
build_aside (const char  *gir,
             const char  *stamp,
             const char  *path,
             guint       *n_symbols,
             GError     **error)
{
  g_autofree char *aside = g_strconcat (path, ".XXXXXX", NULL);
  int fd = g_mkstemp (aside);

  if (fd < 0)
    {
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno),
                   "cannot write %s: %s", aside, g_strerror (errno));
      return FALSE;
    }
  g_close (fd, NULL);

  if (!index_database_build (aside, gir, stamp, n_symbols, error))
    {
      g_unlink (aside);
      return FALSE;
    }
  if (g_rename (aside, path) != 0)
    {
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno),
                   "cannot write %s: %s", path, g_strerror (errno));
      g_unlink (aside);
      return FALSE;
    }
  return TRUE;
}

static gboolean
ensure_database (Index                *self,
                 const IndexDatabase  *database,
                 GStrv                 gir_dirs,
                 GError              **error)
{
  g_autofree char *gir = find_gir (gir_dirs, database->gir, error);
  g_autofree char *path = index_get_path (self, database->name);
  g_autofree char *stamp = gir != NULL ? make_stamp (gir, error) : NULL;
  g_autofree char *why = NULL;
  gint64 started = g_get_monotonic_time ();
  guint n_symbols;

  if (stamp == NULL)
    return FALSE;

  if (index_database_is_current (path, stamp, &why))
    {
      log_line (NULL, "%s: using %s", database->name, path);
      return TRUE;
    }

  if (!build_aside (gir, stamp, path, &n_symbols, error))
    return FALSE;
  log_line (NULL, "%s: indexed %u symbols of %s in %.0f ms, because %s", database->name, n_symbols, gir,
            (g_get_monotonic_time () - started) / 1000.0, why);
  return TRUE;
}

/* Makes sure that every database is there, in @data_dir or in the user's cache. */
Index *
index_new (const char  *gir_dir,
           const char  *data_dir,
           GError     **error)
{
  g_autoptr (Index) self = g_new0 (Index, 1);
  g_auto (GStrv) gir_dirs = get_gir_dirs (gir_dir);
  guint i;

  self->data_dir = data_dir != NULL ? g_strdup (data_dir)
                                    : g_build_filename (g_get_user_cache_dir (), "gctx-search", NULL);
  if (g_mkdir_with_parents (self->data_dir, 0700) != 0)
    {
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno),
                   "cannot make the directory %s: %s", self->data_dir, g_strerror (errno));
      return NULL;
    }

  for (i = 0; index_databases[i].name != NULL; i++)
    if (!ensure_database (self, &index_databases[i], gir_dirs, error))
      return NULL;
  return g_steal_pointer (&self);
}

void
index_free (Index *self)
{
  g_free (self->data_dir);
  g_free (self);
}

/* Returns: (transfer full): where the database of that name is */
char *
index_get_path (Index      *self,
                const char *database)
{
  g_autofree char *name = g_strconcat (database, ".db", NULL);

  return g_build_filename (self->data_dir, name, NULL);
}

/* Returns: (nullable): the name in index_databases that equals @name */
const char *
index_find_database (const char *name)
{
  guint i;

  for (i = 0; index_databases[i].name != NULL; i++)
    if (g_str_equal (index_databases[i].name, name))
      return index_databases[i].name;
  return NULL;
}
