/* bench-go.c: the contestant that is a Go program
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "bench-go.h"

#include <math.h>
#include <string.h>

#include "bench-contestants.h"

/* One process for each case, which lives as long as the fixtures of the others
 * do. It sets up and finds how many batches fill a round when it starts; each
 * line that it is sent is a round, and it answers with nanoseconds per
 * operation, measured by its own clock. While it waits it is blocked in a
 * read. */
typedef struct
{
  GSubprocess      *process;
  GDataInputStream *from;
  GOutputStream    *to;
} GoProgram;

static void
go_program_free (gpointer fixture)
{
  GoProgram *program = fixture;

  if (program == NULL)
    return;

  /* The end of its input is the end of the program. */
  g_output_stream_close (program->to, NULL, NULL);
  g_subprocess_wait (program->process, NULL, NULL);
  g_object_unref (program->from);
  g_object_unref (program->process);
  g_free (program);
}

static char *
go_program_read_line (GoProgram *program)
{
  return g_data_input_stream_read_line (program->from, NULL, NULL, NULL);
}

static GoProgram *
go_program_new (const char *name,
                gint64      size)
{
  g_autofree char *number = g_strdup_printf ("%" G_GINT64_FORMAT, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) process = NULL;
  GoProgram *program;

  if (!g_file_test (BENCH_GO_PROGRAM, G_FILE_TEST_IS_EXECUTABLE))
    return NULL;

  process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE,
                              &error, BENCH_GO_PROGRAM, name, number, NULL);
  if (process == NULL)
    {
      g_printerr ("%s\n", error->message);
      return NULL;
    }

  program = g_new0 (GoProgram, 1);
  program->process = g_steal_pointer (&process);
  program->to = g_subprocess_get_stdin_pipe (program->process);
  program->from = g_data_input_stream_new (g_subprocess_get_stdout_pipe (program->process));

  return program;
}

/* Not by a GSubprocess: that one starts a thread, and who asks is going to
 * fork. */
const char *
bench_go_get_version (void)
{
  static char *version = NULL;
  char *argv[] = { (char *) BENCH_GO_PROGRAM, (char *) "version", (char *) "0", NULL };

  if (version == NULL &&
      g_file_test (BENCH_GO_PROGRAM, G_FILE_TEST_IS_EXECUTABLE) &&
      g_spawn_sync (NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &version, NULL, NULL, NULL))
    g_strstrip (version);

  return version;
}

static gpointer
set_up (const BenchCase *bench_case)
{
  GoProgram *program = go_program_new (bench_case->go, bench_case->size);
  g_autofree char *ready = NULL;

  if (program == NULL)
    return NULL;

  /* It is quiet again before the others calibrate. */
  ready = go_program_read_line (program);
  if (g_strcmp0 (ready, "ready") != 0)
    g_printerr ("The Go program knows nothing of %s\n", bench_case->go);

  return program;
}

static double
sample (gpointer fixture)
{
  GoProgram *program = fixture;
  g_autofree char *answer = NULL;

  if (program == NULL ||
      !g_output_stream_write_all (program->to, "\n", 1, NULL, NULL, NULL))
    return NAN;

  answer = go_program_read_line (program);

  return answer != NULL ? g_ascii_strtod (answer, NULL) : NAN;
}

const BenchContestant go_contestant = { "go", set_up, NULL, sample, go_program_free };
