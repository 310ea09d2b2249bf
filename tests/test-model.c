/* test-model.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The library against a model of its contract (model/model.c), under programs
 * that a dice makes. One that they disagree about is made as short as it gets
 * and printed.
 *
 * usage: test-model [--seed=N] [--n-programs=N] [--n-ops=N] [--forever] [GTEST OPTION...]
 *
 * GCTX_MODEL_SECONDS=N plays new programs for that long instead.
 *
 * A program runs inside a dispatch of the default main context, its home. So
 * the home has a loop, and nobody delivers what has passed before the program
 * lets the loop turn: see rule 12. The clock never moves as far as to the
 * 100 ms after which a home counts as stuck. */

#include "test-util.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "model/player.h"

#define N_OPS_EACH 200

static gint64 first_seed = 1;
static int    n_programs = 0;
static int    n_ops_each = N_OPS_EACH;
static gboolean forever = FALSE;
static gboolean verbose = FALSE;

static const GOptionEntry options[] = {
  { "seed", 0, 0, G_OPTION_ARG_INT64, &first_seed, "The seed of the first program", "N" },
  { "n-programs", 0, 0, G_OPTION_ARG_INT, &n_programs, "How many programs to play", "N" },
  { "n-ops", 0, 0, G_OPTION_ARG_INT, &n_ops_each, "How many steps each has, 200 unless told", "N" },
  { "forever", 0, 0, G_OPTION_ARG_NONE, &forever, "Play until one fails", NULL },
  { "print", 0, 0, G_OPTION_ARG_NONE, &verbose, "Print each program before it is played", NULL },
  { NULL },
};

/* Said when a program crashes; one that fails is shrunk and says more. */
static char last_words[128];

static void
on_crash (int number)
{
  ssize_t ignored = write (STDERR_FILENO, last_words, strlen (last_words));

  (void) ignored;
  signal (number, SIG_DFL);
  raise (number);
}

static void
print_lines (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  int i;

  for (i = 0; lines[i] != NULL; i++)
    g_test_message ("%s", lines[i]);
}

static void
report (Program *program,
        gint64   seed,
        char    *complaint)
{
  g_autofree char *shrunk = program_shrink (program, player_run, complaint);
  g_autofree char *text = program_to_string (program);

  print_lines (text);
  g_test_message ("after these %d steps: %s", program->n_ops, shrunk);
  g_test_fail_printf ("seed %" G_GINT64_FORMAT ": %s", seed, shrunk);
}

/* FALSE where it failed. */
static gboolean
play_one (gint64 seed)
{
  Program program;
  char *complaint;
  int n_ran;

  g_snprintf (last_words, sizeof last_words,
              "# crashed in the program of --seed=%" G_GINT64_FORMAT " --n-ops=%d\n", seed, n_ops_each);
  program_generate (&program, seed, n_ops_each, WITH_CLOCK);
  if (verbose)
    {
      g_autofree char *text = program_to_string (&program);

      print_lines (text);
    }

  complaint = player_run (&program, &n_ran);
  if (complaint != NULL)
    {
      g_test_message ("after %d steps: %s", n_ran, complaint);
      program.n_ops = n_ran;
      report (&program, seed, complaint);
    }
  program_clear (&program);

  return complaint == NULL;
}

static void
print_counts (void)
{
  const PlayerCounts *counts = &player_counts;

  g_test_message ("%" G_GINT64_FORMAT " contexts, of which %" G_GINT64_FORMAT " were cancelled, %" G_GINT64_FORMAT
                  " timed out and %" G_GINT64_FORMAT " had adopted", counts->n_contexts, counts->n_cancelled,
                  counts->n_expired, counts->n_adopted);
  g_test_message ("%" G_GINT64_FORMAT " cancellables, %" G_GINT64_FORMAT " after-funcs that ran and %" G_GINT64_FORMAT
                  " that did not, %" G_GINT64_FORMAT " steps inside callbacks, %" G_GINT64_FORMAT " answers",
                  counts->n_cancellables, counts->n_ran, counts->n_uncalled, counts->n_inside, counts->n_answers);
  g_test_message ("%" G_GINT64_FORMAT " adopted cancellables that only an after-func kept", counts->n_unheld);
}

static gboolean
play_programs (gpointer user_data)
{
  const char *seconds = g_getenv ("GCTX_MODEL_SECONDS");
  gint64 end_usec = seconds != NULL ? g_get_monotonic_time () + atoi (seconds) * G_USEC_PER_SEC : G_MAXINT64;
  gboolean endless = forever || seconds != NULL;
  gint64 n_played = 0;

  while (endless ? g_get_monotonic_time () < end_usec : n_played < n_programs)
    {
      if (!play_one (first_seed + n_played))
        break;
      n_played++;
    }

  g_test_message ("%" G_GINT64_FORMAT " programs of %d steps went well", n_played, n_ops_each);
  print_counts ();
  g_atomic_int_set ((int *) user_data, TRUE);
  return G_SOURCE_REMOVE;
}

static void
test_programs (void)
{
  int finished = FALSE;

  g_test_summary ("rules 1-11, 15-19: whatever a program does, the library answers as the contract does");

#ifdef MODEL_WITH_CLOCK
  gctx_clock_hold (1000 * G_USEC_PER_SEC);
#endif
  g_idle_add (play_programs, &finished);
  test_iterate_until (NULL, &finished);
#ifdef MODEL_WITH_CLOCK
  gctx_clock_release ();
#endif
}

int
main (int   argc,
      char *argv[])
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, options, NULL);
  g_option_context_set_ignore_unknown_options (context, TRUE);
  g_option_context_set_help_enabled (context, FALSE);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    g_error ("%s", error->message);
  g_test_init (&argc, &argv, NULL);

  if (n_programs == 0)
    n_programs = test_rounds (WITH_CLOCK ? 5000 : 500);
  n_ops_each = CLAMP (n_ops_each, 1, MODEL_MAX - 2);
  signal (SIGABRT, on_crash);
  signal (SIGSEGV, on_crash);
  signal (SIGTRAP, on_crash);

  g_test_add_func (WITH_CLOCK ? "/gctx/model/programs" : "/gctx/model/shared", test_programs);

  return g_test_run ();
}
