/* copy-or-nothing.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Copies a file, and leaves nothing half done behind when it is stopped.
 *
 *   copy-or-nothing FROM TO
 *
 * Ctrl-C stops the copy, and what there is of it is removed. A second Ctrl-C
 * ends the program at once, wherever it is, so also in a read from a disk that
 * does not answer. Nothing here runs a main loop.
 */

#include <gctx.h>

#include <locale.h>
#include <signal.h>

static gboolean
copy (GCtxContext *context,
      GFile       *from,
      GFile       *to,
      GError     **error)
{
  g_autoptr (GFileInputStream) input = NULL;
  g_autoptr (GFileOutputStream) output = NULL;
  g_autoptr (GError) local_error = NULL;
  GCancellable *cancellable = gctx_context_get_cancellable (context);

  input = g_file_read (from, cancellable, &local_error);
  if (input != NULL)
    output = g_file_create (to, G_FILE_CREATE_NONE, cancellable, &local_error);

  if (output != NULL &&
      g_output_stream_splice (G_OUTPUT_STREAM (output), G_INPUT_STREAM (input),
                              G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE | G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET,
                              cancellable, &local_error) >= 0)
    return TRUE;

  /* With no cancellable: this has to happen now more than ever. */
  if (output != NULL)
    g_file_delete (to, NULL, NULL);
  gctx_context_propagate_error (context, error, g_steal_pointer (&local_error));

  return FALSE;
}

int
main (int   argc,
      char *argv[])
{
  const int signums[] = { SIGINT, SIGTERM, SIGHUP };
  g_autoptr (GCtxScopeCloser) scope = NULL;
  g_autoptr (GFile) from = NULL;
  g_autoptr (GFile) to = NULL;
  g_autoptr (GError) error = NULL;
  const GError *cause;

  setlocale (LC_ALL, "");
  if (argc != 3)
    {
      g_printerr ("usage: copy-or-nothing FROM TO\n");
      return 2;
    }

  from = g_file_new_for_commandline_arg (argv[1]);
  to = g_file_new_for_commandline_arg (argv[2]);
  scope = gctx_scope_new_for_unix_signals (gctx_context_background (), signums, G_N_ELEMENTS (signums));

  if (copy (GCTX_CONTEXT (scope), from, to, &error))
    return 0;

  g_printerr ("copy-or-nothing: %s\n", error->message);

  /* What a shell takes for "ended by a signal". */
  cause = gctx_context_get_cause (GCTX_CONTEXT (scope));
  return cause != NULL && cause->domain == GCTX_UNIX_SIGNAL ? 128 + cause->code : 1;
}
