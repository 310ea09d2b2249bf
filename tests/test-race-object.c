/* test-race-object.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* An object and a scope that watches it, going at the same time. */

#include "test-race.h"

typedef struct
{
  GObject     *object;
  GCtxScope   *parent;
  GCtxScope   *scope;
  GCtxScope   *others[2];
  GCtxContext *child;      /* sees the end when the scope itself is gone */
  guint        n_by_object;
} Race;

static GCtxScope *
scope_new (Race *race)
{
  return gctx_scope_new_for_object (GCTX_CONTEXT (race->parent), race->object);
}

static void
set_up (gpointer data)
{
  Race *race = data;

  race->object = g_object_new (G_TYPE_OBJECT, NULL);
  race->parent = gctx_scope_new (gctx_context_background ());
  race->scope = scope_new (race);
  race->child = gctx_context_with_values (GCTX_CONTEXT (race->scope), NULL);
}

static void
set_up_with_others (gpointer data)
{
  Race *race = data;

  set_up (race);
  race->others[0] = scope_new (race);
  race->others[1] = scope_new (race);
}

static void
unref_object (gpointer data)
{
  g_object_unref (((Race *) data)->object);
}

static void
run_dispose (gpointer data)
{
  g_object_run_dispose (((Race *) data)->object);
}

static void
close_scope (gpointer data)
{
  gctx_scope_close (g_steal_pointer (&((Race *) data)->scope));
}

static void
unref_scope (gpointer data)
{
  g_object_unref (g_steal_pointer (&((Race *) data)->scope));
}

/* Nothing sees the watch any more but those who end it. */
static void
unref_all (gpointer data)
{
  Race *race = data;

  g_clear_object (&race->child);
  g_clear_object (&race->scope);
}

static void
cancel_parent (gpointer data)
{
  gctx_scope_cancel (((Race *) data)->parent);
}

static void
close_other (gpointer data)
{
  gctx_scope_close (g_steal_pointer (&((Race *) data)->others[0]));
}

static void
check_ended (Race *race)
{
  if (race->child != NULL)
    {
      const GError *cause = gctx_context_get_cause (race->child);

      g_assert_error (gctx_context_get_error (race->child), G_IO_ERROR, G_IO_ERROR_CANCELLED);
      if (g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_CLOSED))
        race->n_by_object++;
      g_clear_object (&race->child);
    }
  g_clear_object (&race->scope);
  test_assert_last_unref (race->parent);
}

static void
check (gpointer data)
{
  check_ended (data);
}

static void
test_close (void)
{
  Race race = { NULL };

  g_test_summary ("rule 5: a scope is closed while its object goes");
  test_race (set_up, unref_object, close_scope, check, &race);
  test_race_report ("the object was first", race.n_by_object);
}

static void
test_unref (void)
{
  Race race = { NULL };

  g_test_summary ("rule 5: a scope is dropped while its object goes, which ends what was made of it");
  test_race (set_up, unref_object, unref_scope, check, &race);
  g_assert_cmpuint (race.n_by_object, ==, TEST_RACE_ROUNDS);
}

static void
test_both_go (void)
{
  Race race = { NULL };

  g_test_summary ("rule 5: a scope and all that could notice go while the object goes");
  test_race (set_up, unref_object, unref_all, check, &race);
}

/* The object lives on: it goes after the race. */
static void
check_object_too (gpointer data)
{
  Race *race = data;

  test_assert_last_unref (race->object);
  check_ended (race);
}

static void
test_run_dispose (void)
{
  Race race = { NULL };

  g_test_summary ("rule 5: a scope is closed while its object is disposed and lives on");
  test_race (set_up, run_dispose, close_scope, check_object_too, &race);
  test_race_report ("the object was first", race.n_by_object);
}

static void
check_others (gpointer data)
{
  Race *race = data;

  g_assert_error (gctx_context_get_error (GCTX_CONTEXT (race->others[1])), G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_pointer (&race->others[1], gctx_scope_close);
  check_ended (race);
}

static void
test_four (void)
{
  const TestRaceFunc racers[] = { unref_object, close_scope, close_other, cancel_parent, NULL };
  Race race = { NULL };

  g_test_summary ("rule 5: two scopes are closed while their object and their parent end");
  test_race_n (TEST_RACE_ROUNDS, set_up_with_others, racers, check_others, &race);
  test_race_report ("the object was first", race.n_by_object);
}

/* --- New scopes meanwhile --- */

static void
set_up_object (gpointer data)
{
  Race *race = data;

  race->object = g_object_new (G_TYPE_OBJECT, NULL);
  race->parent = gctx_scope_new (gctx_context_background ());
  g_object_ref (race->object);
}

static void
make_here (gpointer data)
{
  Race *race = data;

  race->others[0] = scope_new (race);
  g_object_unref (race->object);
}

static void
make_there (gpointer data)
{
  Race *race = data;

  race->others[1] = scope_new (race);
  g_object_unref (race->object);
}

static void
check_made (gpointer data)
{
  Race *race = data;
  int i;

  for (i = 0; i < 2; i++)
    {
      g_assert_error (gctx_context_get_cause (GCTX_CONTEXT (race->others[i])), G_IO_ERROR, G_IO_ERROR_CLOSED);
      g_clear_pointer (&race->others[i], gctx_scope_close);
    }
  check_ended (race);
}

static void
test_first_scopes (void)
{
  Race race = { NULL };

  g_test_summary ("rule 5: two threads make the first scopes of an object, and drop it");
  test_race (set_up_object, make_here, make_there, check_made, &race);
}

static void
dispose_and_unref (gpointer data)
{
  Race *race = data;

  g_object_run_dispose (race->object);
  g_object_unref (race->object);
}

static void
check_one_made (gpointer data)
{
  Race *race = data;

  g_assert_error (gctx_context_get_cause (GCTX_CONTEXT (race->others[0])), G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_clear_pointer (&race->others[0], gctx_scope_close);
  check_ended (race);
}

static void
test_made_beside_dispose (void)
{
  Race race = { NULL };

  g_test_summary ("rule 5: a scope that is made beside a dispose () ends when the object goes, if not before");
  test_race (set_up_object, make_here, dispose_and_unref, check_one_made, &race);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/race-object/close", test_close);
  g_test_add_func ("/gctx/race-object/unref", test_unref);
  g_test_add_func ("/gctx/race-object/both-go", test_both_go);
  g_test_add_func ("/gctx/race-object/run-dispose", test_run_dispose);
  g_test_add_func ("/gctx/race-object/four", test_four);
  g_test_add_func ("/gctx/race-object/first-scopes", test_first_scopes);
  g_test_add_func ("/gctx/race-object/made-beside-dispose", test_made_beside_dispose);

  return g_test_run ();
}
