/* closing-viewers.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Viewers, each of which loads a file. One that is closed before its file has
 * come stops loading it; the others go on.
 *
 *   closing-viewers [--close=N] FILE…     closes the Nth at once
 *
 * A viewer stands for any object that goes when it likes: a window, a widget,
 * a document. Nothing in it knows of contexts, and loading does not hold it.
 */

#include <gctx.h>

#include <locale.h>

#define TYPE_VIEWER (viewer_get_type ())
G_DECLARE_FINAL_TYPE (Viewer, viewer, EXAMPLE, VIEWER, GObject)

struct _Viewer
{
  GObject parent_instance;

  char *text;
};

G_DEFINE_FINAL_TYPE (Viewer, viewer, G_TYPE_OBJECT)

static void
viewer_finalize (GObject *object)
{
  g_free (EXAMPLE_VIEWER (object)->text);
  G_OBJECT_CLASS (viewer_parent_class)->finalize (object);
}

static void
viewer_class_init (ViewerClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = viewer_finalize;
}

static void
viewer_init (Viewer *self)
{
}

/* --- Loading --- */

static int n_loading = 0;

typedef struct
{
  GCtxScope *scope;
  Viewer    *viewer;   /* not held; there as long as the scope is live */
} Load;

static void
on_loaded (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  Load *load = user_data;
  GCtxContext *context = GCTX_CONTEXT (load->scope);
  g_autofree char *name = g_file_get_basename (G_FILE (source));
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  gsize length;

  n_loading--;

  /* The file may have come in the very moment in which the viewer went. */
  if (g_file_load_contents_finish (G_FILE (source), result, &text, &length, NULL, &error) &&
      gctx_context_check (context, &error))
    {
      load->viewer->text = g_steal_pointer (&text);
      g_print ("%s: %" G_GSIZE_FORMAT " bytes\n", name, length);
    }
  else
    {
      g_autoptr (GError) translated = gctx_context_translate_error (context, error);

      g_print ("%s: %s\n", name, translated->message);
    }

  gctx_scope_close (load->scope);
  g_free (load);
}

static Viewer *
open_viewer (GCtxContext *context,
             const char  *path)
{
  g_autoptr (GFile) file = g_file_new_for_commandline_arg (path);
  Viewer *viewer = g_object_new (TYPE_VIEWER, NULL);
  Load *load = g_new0 (Load, 1);

  load->viewer = viewer;
  load->scope = gctx_scope_new_for_object (context, G_OBJECT (viewer));
  n_loading++;
  g_file_load_contents_async (file, gctx_context_get_cancellable (GCTX_CONTEXT (load->scope)), on_loaded, load);

  return viewer;
}

int
main (int   argc,
      char *argv[])
{
  int to_close = 0;
  const GOptionEntry entries[] = {
    { "close", 'c', 0, G_OPTION_ARG_INT, &to_close, "Which viewer to close at once", "N" },
    G_OPTION_ENTRY_NULL
  };
  g_autoptr (GOptionContext) options = g_option_context_new ("FILE… - load files into viewers");
  g_autoptr (GPtrArray) viewers = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GError) error = NULL;

  setlocale (LC_ALL, "");
  g_option_context_add_main_entries (options, entries, NULL);
  if (!g_option_context_parse (options, &argc, &argv, &error))
    {
      g_printerr ("closing-viewers: %s\n", error->message);
      return 2;
    }

  for (int i = 1; i < argc; i++)
    g_ptr_array_add (viewers, open_viewer (gctx_context_background (), argv[i]));

  if (to_close > 0 && (guint) to_close <= viewers->len)
    g_ptr_array_remove_index (viewers, to_close - 1);

  while (n_loading > 0)
    g_main_context_iteration (NULL, TRUE);

  return 0;
}
