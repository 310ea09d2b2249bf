/* checksum-files.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* SHA-256 of many files, some of them at a time.
 *
 *   checksum-files --jobs=4 *.iso
 *   checksum-files --timeout=1000 *.iso    in a second or not at all
 *
 * The first file that cannot be read stops the work on all others: nobody wants
 * half a list. So does the timeout, also in the middle of a file.
 */

#include <gctx.h>

#include <locale.h>

typedef struct
{
  GFile *file;
  char  *checksum;
} Job;

static Job *
job_new (const char *argument)
{
  Job *self = g_new0 (Job, 1);

  self->file = g_file_new_for_commandline_arg (argument);
  return self;
}

static void
job_free (gpointer data)
{
  Job *self = data;

  g_object_unref (self->file);
  g_free (self->checksum);
  g_free (self);
}

/* Runs in a thread. What it fails with goes to the group, which knows what a
 * CANCELLED of GIO means. */
static gboolean
sum_up (GCtxContext  *context,
        gpointer      user_data,
        GError      **error)
{
  Job *self = user_data;
  GCancellable *cancellable = gctx_context_get_cancellable (context);
  g_autoptr (GFileInputStream) stream = g_file_read (self->file, cancellable, error);
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  guchar buffer[64 * 1024];
  gssize n_read;

  if (stream == NULL)
    return FALSE;

  while ((n_read = g_input_stream_read (G_INPUT_STREAM (stream), buffer, sizeof buffer, cancellable, error)) > 0)
    g_checksum_update (checksum, buffer, n_read);
  if (n_read < 0)
    return FALSE;

  self->checksum = g_strdup (g_checksum_get_string (checksum));
  return TRUE;
}

static gboolean
sum_up_all (GCtxContext  *context,
            GPtrArray    *jobs,
            guint         max_running,
            GError      **error)
{
  g_autoptr (GCtxGroup) group = gctx_group_new_with_limit (context, max_running);
  guint i;

  for (i = 0; i < jobs->len; i++)
    gctx_group_run_in_thread (group, sum_up, jobs->pdata[i], NULL);

  return gctx_group_wait (group, error);
}

int
main (int   argc,
      char *argv[])
{
  int n_jobs = g_get_num_processors ();
  int timeout_msec = 0;
  const GOptionEntry entries[] = {
    { "jobs", 'j', 0, G_OPTION_ARG_INT, &n_jobs, "How many files at a time (one for each processor)", "N" },
    { "timeout", 't', 0, G_OPTION_ARG_INT, &timeout_msec, "How long it may take, 0 for ever (0)", "MSEC" },
    G_OPTION_ENTRY_NULL
  };
  g_autoptr (GOptionContext) options = g_option_context_new ("FILE… - SHA-256 of files");
  g_autoptr (GCtxContext) context = NULL;
  g_autoptr (GPtrArray) jobs = g_ptr_array_new_with_free_func (job_free);
  g_autoptr (GError) error = NULL;
  int i;

  setlocale (LC_ALL, "");
  g_option_context_add_main_entries (options, entries, NULL);
  if (!g_option_context_parse (options, &argc, &argv, &error))
    {
      g_printerr ("checksum-files: %s\n", error->message);
      return 2;
    }

  for (i = 1; i < argc; i++)
    g_ptr_array_add (jobs, job_new (argv[i]));
  context = gctx_context_with_timeout (gctx_context_background (),
                                       timeout_msec > 0 ? timeout_msec * G_TIME_SPAN_MILLISECOND : G_MAXINT64);

  if (!sum_up_all (context, jobs, MAX (n_jobs, 1), &error))
    {
      g_printerr ("checksum-files: %s\n", error->message);
      return 1;
    }

  for (i = 1; i < argc; i++)
    g_print ("%s  %s\n", ((Job *) jobs->pdata[i - 1])->checksum, argv[i]);
  return 0;
}
