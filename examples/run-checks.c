/* run-checks.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Runs shell commands side by side, all under one deadline. The first that
 * fails ends the others; the program ends when all of them are gone.
 *
 *   run-checks 'echo fine' 'sleep 1; echo late but fine'
 *   run-checks --timeout=500 'echo fine' 'sleep 100'       the deadline passes
 *   run-checks 'sleep 100' 'echo oh no; exit 3'            one fails
 *   run-checks --timeout=500 'trap "" TERM; sleep 100'     one has to be killed
 *
 * A command may leave something behind that keeps its pipe open: that holds
 * nobody either.
 *
 *   run-checks --timeout=500 'sleep 100 & echo left something behind'
 */

#include <gctx.h>

#include <locale.h>

typedef struct
{
  GCtxScope *scope;
  int        n_running;
  gboolean   failed;
} Run;

typedef struct
{
  Run        *run;
  const char *command;
} Check;

static void
check_failed (Check        *check,
              const GError *error)
{
  Run *run = check->run;
  g_autoptr (GError) cause = g_error_new (G_IO_ERROR, G_IO_ERROR_FAILED, "\"%s\" failed", check->command);

  g_print ("%s: %s\n", check->command, error->message);
  run->failed = TRUE;
  gctx_scope_cancel_with_cause (run->scope, cause);
}

static void
check_free (Check *check)
{
  check->run->n_running--;
  g_free (check);
}

static void
on_gone (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr (GSubprocess) child = G_SUBPROCESS (source);

  gctx_subprocess_wait_finish (result, NULL);
  check_free (user_data);
}

static void
on_communicated (GObject      *source,
                 GAsyncResult *result,
                 gpointer      user_data)
{
  GSubprocess *child = G_SUBPROCESS (source);
  Check *check = user_data;
  g_autofree char *output = NULL;
  g_autoptr (GError) error = NULL;

  if (gctx_subprocess_communicate_utf8_finish (result, &output, NULL, &error))
    {
      g_print ("%s:\n%s", check->command, output);
      g_spawn_check_wait_status (g_subprocess_get_status (child), &error);
    }

  if (error != NULL)
    check_failed (check, error);
  else
    g_print ("%s: passed\n", check->command);

  /* One that the deadline ended may still be there, in its grace. */
  gctx_subprocess_wait_async (child, gctx_context_background (), on_gone, check);
}

static void
check_start (Run        *run,
             const char *command)
{
  GCtxContext *context = GCTX_CONTEXT (run->scope);
  const char *argv[] = { "/bin/sh", "-c", command, NULL };
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_autoptr (GError) error = NULL;
  GSubprocess *child;
  Check *check = g_new0 (Check, 1);

  check->run = run;
  check->command = command;
  run->n_running++;

  child = gctx_subprocess_launcher_spawnv (launcher, context, G_TIME_SPAN_SECOND, argv, &error);
  if (child != NULL)
    {
      gctx_subprocess_communicate_utf8_async (child, context, NULL, on_communicated, check);
    }
  else
    {
      check_failed (check, error);
      check_free (check);
    }
}

int
main (int   argc,
      char *argv[])
{
  int timeout_msec = 10000;
  g_auto (GStrv) commands = NULL;
  const GOptionEntry entries[] = {
    { "timeout", 't', 0, G_OPTION_ARG_INT, &timeout_msec, "How long all of them may take (10000)", "MSEC" },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &commands, NULL, "COMMAND..." },
    G_OPTION_ENTRY_NULL
  };
  g_autoptr (GOptionContext) options = g_option_context_new ("- run commands under one deadline");
  g_autoptr (GCtxScopeCloser) scope = NULL;
  g_autoptr (GError) cause = NULL;
  g_autoptr (GError) error = NULL;
  Run run = { NULL };

  setlocale (LC_ALL, "");
  g_option_context_add_main_entries (options, entries, NULL);
  if (!g_option_context_parse (options, &argc, &argv, &error))
    {
      g_printerr ("run-checks: %s\n", error->message);
      return 2;
    }

  cause = g_error_new (G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "%d ms are enough", timeout_msec);
  scope = gctx_scope_new_with_timeout_cause (gctx_context_background (),
                                             timeout_msec * G_TIME_SPAN_MILLISECOND, cause);
  run.scope = scope;
  for (guint i = 0; commands != NULL && commands[i] != NULL; i++)
    check_start (&run, commands[i]);
  while (run.n_running > 0)
    g_main_context_iteration (NULL, TRUE);

  return run.failed ? 1 : 0;
}
