/* checksum-async.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* An asynchronous function in the way of GIO that takes a context.
 *
 *   checksum-async README.md NEWS          each in a thread, under one timeout
 *   mkfifo pipe; checksum-async pipe       nobody ever writes to that
 *   checksum-async --verbose /etc/hosts    notes, without handing anything down
 */

#include <gctx.h>

#include <locale.h>

GCTX_DEFINE_KEY (file_name_key, "file-name", G_TYPE_STRING)

static gboolean verbose = FALSE;

/* Called from anywhere: the current context knows what the thread works for. */
static void
note (const char *message)
{
  const char *name = gctx_context_get_string (gctx_context_get_current (), file_name_key ());

  if (verbose)
    g_printerr ("[%s] %s\n", name != NULL ? name : "-", message);
}

/* --- The function --- */

static char *
checksum_stream (GInputStream  *stream,
                 GCancellable  *cancellable,
                 GError       **error)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  guchar buffer[65536];
  gssize n_read;

  while ((n_read = g_input_stream_read (stream, buffer, sizeof buffer, cancellable, error)) > 0)
    g_checksum_update (checksum, buffer, n_read);
  if (n_read < 0)
    return NULL;

  note ("read to its end");
  return g_strdup (g_checksum_get_string (checksum));
}

static void
checksum_in_thread (GTask        *task,
                    gpointer      file,
                    gpointer      task_data,
                    GCancellable *cancellable)
{
  g_autoptr (GFileInputStream) stream = NULL;
  char *checksum = NULL;
  GError *error = NULL;

  if (gctx_task_return_if_done (task))
    return;

  note ("opening");
  stream = g_file_read (file, cancellable, &error);
  if (stream != NULL)
    checksum = checksum_stream (G_INPUT_STREAM (stream), cancellable, &error);

  if (checksum != NULL)
    g_task_return_pointer (task, checksum, g_free);
  else
    g_task_return_error (task, error);
}

static void
checksum_file_async (GFile               *file,
                     GCtxContext         *context,
                     GAsyncReadyCallback  callback,
                     gpointer             user_data)
{
  g_autoptr (GTask) task = gctx_task_new (file, context, callback, user_data);

  /* To open a file can block where nothing can interrupt it: the caller gets
   * its answer in time, and the thread is left to its fate. */
  g_task_set_return_on_cancel (task, TRUE);
  gctx_task_run_in_thread (task, checksum_in_thread);
}

static char *
checksum_file_finish (GFile         *file,
                      GAsyncResult  *result,
                      GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, file), NULL);

  return gctx_task_propagate_pointer (G_TASK (result), error);
}

/* --- The program --- */

typedef struct
{
  int n_pending;
  int n_failed;
} Progress;

static void
on_checksum (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *name = g_file_get_parse_name (G_FILE (source));
  g_autofree char *checksum = checksum_file_finish (G_FILE (source), result, &error);
  Progress *progress = user_data;

  if (checksum != NULL)
    g_print ("%s  %s\n", checksum, name);
  else
    g_printerr ("checksum-async: %s: %s\n", name, error->message);

  progress->n_failed += checksum == NULL;
  progress->n_pending--;
}

int
main (int   argc,
      char *argv[])
{
  int timeout_msec = 1000;
  const GOptionEntry entries[] = {
    { "timeout", 't', 0, G_OPTION_ARG_INT, &timeout_msec, "How long all of it may take (1000)", "MSEC" },
    { "verbose", 'v', 0, G_OPTION_ARG_NONE, &verbose, "Tell what is done", NULL },
    G_OPTION_ENTRY_NULL
  };
  g_autoptr (GOptionContext) options = g_option_context_new ("FILE... - print SHA-256 checksums");
  g_autoptr (GCtxScopeCloser) scope = NULL;
  g_autoptr (GError) error = NULL;
  Progress progress = { 0, 0 };
  int i;

  setlocale (LC_ALL, "");
  g_option_context_add_main_entries (options, entries, NULL);
  if (!g_option_context_parse (options, &argc, &argv, &error))
    {
      g_printerr ("checksum-async: %s\n", error->message);
      return 2;
    }

  scope = gctx_scope_new_with_timeout (gctx_context_background (),
                                       timeout_msec * G_TIME_SPAN_MILLISECOND);
  for (i = 1; i < argc; i++)
    {
      g_autoptr (GFile) file = g_file_new_for_commandline_arg (argv[i]);
      g_autoptr (GCtxContext) context =
        gctx_context_with_values (GCTX_CONTEXT (scope), file_name_key (), argv[i], NULL);

      progress.n_pending++;
      checksum_file_async (file, context, on_checksum, &progress);
    }

  while (progress.n_pending > 0)
    g_main_context_iteration (NULL, TRUE);

  return progress.n_failed > 0;
}
