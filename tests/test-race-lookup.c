/* test-race-lookup.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-race.h"
#include "test-request.h"

/* Threads that ask at once, and one that asks while another lets go. */

#define N_KEYS 6

typedef struct
{
  GCtxKey      *keys[N_KEYS];
  GCtxContext  *context;
  GCtxContext  *other;
  const GValue *seen[2][N_KEYS];
  int           n_values;    /* atomic: objects that were given as answers and live */
  int           n_data;      /* atomic */
  gboolean      meet;        /* nobody answers for one of the first two keys ... */
  int           n_first;     /* atomic: ... before both threads have asked for one */
} Asking;

static void
count_down (gpointer  data,
            GObject  *object)
{
  g_atomic_int_add (&((Asking *) data)->n_values, -1);
}

/* Every answer is another object. */
static gboolean
answer (GCtxKey  *key,
        GValue   *value,
        gpointer  user_data)
{
  Asking *asking = user_data;
  GObject *object = g_object_new (G_TYPE_OBJECT, NULL);

  g_atomic_int_inc (&asking->n_values);
  g_object_weak_ref (object, count_down, asking);

  if (asking->meet && (key == asking->keys[0] || key == asking->keys[1]))
    {
      /* Spinning at first, so that the two go on as close together as can be. */
      g_atomic_int_inc (&asking->n_first);
      for (int i = 0; g_atomic_int_get (&asking->n_first) < 2; i++)
        if (i > 2000)
          g_thread_yield ();
    }

  g_value_take_object (value, object);

  return TRUE;
}

static void
data_gone (gpointer data)
{
  g_atomic_int_add (&((Asking *) data)->n_data, -1);
}

static void
set_up (gpointer data)
{
  Asking *asking = data;

  asking->n_first = 0;
  asking->n_data++;
  asking->context = gctx_context_with_lookup (gctx_context_background (), answer, asking, data_gone);
  asking->other = gctx_context_with_values (asking->context, NULL);
}

static void
ask_from (Asking      *asking,
          int          first,
          int          index,
          GCtxContext *context)
{
  for (int n = 0; n < N_KEYS; n++)
    {
      int i = (first + n) % N_KEYS;
      const GValue *value = gctx_context_get_value (context, asking->keys[i]);

      asking->seen[index][i] = value;
      g_assert_true (G_IS_OBJECT (g_value_get_object (value)));
      g_assert_true (gctx_context_get_value (context, asking->keys[i]) == value);
    }
}

static void
ask_all (Asking      *asking,
         int          index,
         GCtxContext *context)
{
  ask_from (asking, 0, index, context);
}

static void
ask_here (gpointer data)
{
  Asking *asking = data;

  ask_all (asking, 0, asking->context);
}

static void
ask_there (gpointer data)
{
  Asking *asking = data;

  ask_all (asking, 1, asking->other);
}

static void
check_one_answer (gpointer data)
{
  Asking *asking = data;

  for (int i = 0; i < N_KEYS; i++)
    g_assert_true (asking->seen[0][i] == asking->seen[1][i]);
  g_assert_cmpint (asking->n_first, >=, 2);
  g_assert_cmpint (asking->n_values, ==, N_KEYS);

  g_object_unref (asking->context);
  g_assert_cmpint (asking->n_data, ==, 1);
  g_object_unref (asking->other);
  g_assert_cmpint (asking->n_data, ==, 0);
  g_assert_cmpint (asking->n_values, ==, 0);
}

static void
run (gboolean     meet,
     TestRaceFunc here,
     TestRaceFunc there,
     TestRaceFunc check)
{
  Asking asking = { .meet = meet };

  for (int i = 0; i < N_KEYS; i++)
    asking.keys[i] = gctx_key_new ("key", G_TYPE_OBJECT);
  test_race (set_up, here, there, check, &asking);
  for (int i = 0; i < N_KEYS; i++)
    gctx_key_unref (asking.keys[i]);
}

static void
test_ask_against_ask (void)
{
  g_test_summary ("rule 17: of two answers at once one counts for both, and the other is released");
  run (TRUE, ask_here, ask_there, check_one_answer);
}

static void
ask_from_second_there (gpointer data)
{
  Asking *asking = data;

  ask_from (asking, 1, 1, asking->other);
}

static void
test_ask_against_ask_of_another (void)
{
  g_test_summary ("rule 17: of two answers for two keys at once both are kept");
  run (TRUE, ask_here, ask_from_second_there, check_one_answer);
}

static void
ask_and_drop_here (gpointer data)
{
  Asking *asking = data;

  ask_all (asking, 0, asking->context);
  g_object_unref (asking->context);
}

static void
ask_one_and_drop_there (gpointer data)
{
  Asking *asking = data;

  g_assert_true (gctx_context_has_value (asking->other, asking->keys[N_KEYS - 1]));
  g_object_unref (asking->other);
}

static void
check_gone (gpointer data)
{
  Asking *asking = data;

  g_assert_cmpint (asking->n_data, ==, 0);
  g_assert_cmpint (asking->n_values, ==, 0);
}

static void
test_ask_against_drop (void)
{
  g_test_summary ("rule 18: the last two that see a lookup go at once, and all of it once");
  run (FALSE, ask_and_drop_here, ask_one_and_drop_there, check_gone);
}

/* One that extends what the other one lets go. */
static void
derive_and_drop_here (gpointer data)
{
  Asking *asking = data;
  GCtxContext *child = gctx_context_with_lookup (asking->context, answer, asking, NULL);
  GCtxContext *own = gctx_context_with_values (asking->context, asking->keys[0], NULL, NULL);

  g_object_unref (asking->context);
  ask_all (asking, 0, child);
  g_assert_null (gctx_context_get_object (own, asking->keys[0]));
  g_assert_nonnull (gctx_context_get_object (own, asking->keys[1]));
  g_object_unref (own);
  g_object_unref (child);
}

static void
test_derive_against_drop (void)
{
  g_test_summary ("rule 18: a lookup is added below one that goes elsewhere");
  run (FALSE, derive_and_drop_here, ask_one_and_drop_there, check_gone);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/gctx/race-lookup/ask-ask", test_ask_against_ask);
  g_test_add_func ("/gctx/race-lookup/ask-ask-another", test_ask_against_ask_of_another);
  g_test_add_func ("/gctx/race-lookup/ask-drop", test_ask_against_drop);
  g_test_add_func ("/gctx/race-lookup/derive-drop", test_derive_against_drop);

  return g_test_run ();
}
