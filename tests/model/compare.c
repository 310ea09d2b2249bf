/* compare.c: holds the library against the model
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "player.h"

#include <string.h>

/* --- Without asking --- */

static gboolean
is_held (Model            *model,
         ModelCancellable *handout)
{
  return handout->in_hand || (handout->shared && model->contexts[handout->context].alive == YES);
}

static gboolean
is_adopted (Model *model,
            int    handout)
{
  int i;

  for (i = 0; i < model->n_contexts; i++)
    {
      if (model->contexts[i].handout == handout)
        return TRUE;
    }

  return FALSE;
}

static char *
compare_life (Player *self)
{
  Model *model = &self->model;
  int i;

  for (i = 1; i < model->n_contexts; i++)
    {
      if (model->contexts[i].alive == YES && self->contexts[i] == NULL)
        return g_strdup_printf ("context #%d is gone", i);
      if (model->contexts[i].alive == NO && self->contexts[i] != NULL)
        return g_strdup_printf ("context #%d is still there", i);
    }

  for (i = 0; i < model->n_handouts; i++)
    {
      ModelCancellable *handout = &model->handouts[i];
      gboolean held = is_held (model, handout);

      if (self->handouts[i] == NULL && held)
        return g_strdup_printf ("the cancellable #%d of context #%d is gone", i, handout->context);
      if (self->handouts[i] != NULL && !held && !is_adopted (model, i))
        return g_strdup_printf ("the cancellable #%d of context #%d is still there", i, handout->context);
    }

  return NULL;
}

static char *
compare_flags (Player *self)
{
  Model *model = &self->model;
  int i;

  for (i = 0; i < model->n_handouts; i++)
    {
      ModelCancellable *handout = &model->handouts[i];

      /* One that nobody holds may go in a thread of the library, if there is one. */
      if (!WITH_CLOCK && !is_held (model, handout))
        continue;
      if (self->handouts[i] != NULL && handout->cancelled != EITHER &&
          g_cancellable_is_cancelled (self->handouts[i]) != (handout->cancelled == YES))
        return g_strdup_printf ("the cancellable #%d of context #%d is %scancelled", i, handout->context,
                                handout->cancelled == YES ? "not " : "");
    }

  return NULL;
}

static char *
compare_calls (const char *what,
               Call       *calls,
               ModelCall  *expected,
               int         n_calls)
{
  int i;

  for (i = 0; i < n_calls; i++)
    {
      if (calls[i].n_ran == expected[i].n_ran && calls[i].n_destroyed == expected[i].n_destroyed)
        continue;
      return g_strdup_printf ("%s #%d of context #%d ran %d times, not %d, and was destroyed %d times, not %d",
                              what, i, expected[i].context, calls[i].n_ran, expected[i].n_ran,
                              calls[i].n_destroyed, expected[i].n_destroyed);
    }

  return NULL;
}

/* Inside a callback whoever calls may hold more than it does afterwards. */
char *
player_compare (Player *self)
{
  Model *model = &self->model;
  char *complaint = NULL;

  if (self->depth == 0)
    complaint = compare_life (self);
  if (complaint == NULL)
    complaint = compare_flags (self);
  if (complaint == NULL)
    complaint = compare_calls ("after-func", self->after_funcs, model->after_funcs, model->n_after_funcs);
  if (complaint == NULL)
    complaint = compare_calls ("source", self->sources, model->sources, model->n_sources);

  return complaint;
}

/* When the program is over. */
char *
player_find_left (Player *self)
{
  int i;

  for (i = 1; i < self->model.n_contexts; i++)
    {
      if (self->contexts[i] != NULL)
        return g_strdup_printf ("context #%d is left at the end", i);
    }
  for (i = 0; i < self->model.n_handouts; i++)
    {
      if (self->handouts[i] != NULL)
        return g_strdup_printf ("the cancellable #%d is left at the end", i);
    }
  for (i = 0; i < self->model.n_foreigns; i++)
    {
      if (self->foreigns[i] != NULL)
        return g_strdup_printf ("the foreign cancellable #%d is left at the end", i);
    }
  for (i = 1; i <= self->n_values; i++)
    {
      if (self->values[i] != NULL)
        return g_strdup_printf ("the value #%d is left at the end", i);
    }
  for (i = 0; i < self->model.n_after_funcs; i++)
    {
      if (self->after_funcs[i].n_destroyed != 1)
        return g_strdup_printf ("after-func #%d is left at the end", i);
    }

  return NULL;
}

/* --- Asking --- */

static void
expect (Player     *self,
        int         i,
        gboolean    right,
        const char *question)
{
  ModelContext *context = &self->model.contexts[i];

  if (!right)
    player_complain (self, "context #%d answers %s wrongly; it is %s, deadline %" G_GINT64_FORMAT ", cause %d",
                     i, question,
                     !context->done ? "live" : context->outcome.timed_out ? "timed out" : "cancelled",
                     context->deadline == G_MAXINT64 ? -1 : context->deadline - self->start,
                     context->outcome.cause);
}

static gboolean
is_error (Player       *self,
          int           i,
          const GError *error)
{
  ModelContext *context = &self->model.contexts[i];
  g_autoptr (GError) cause = player_new_cause (context->outcome.cause);

  if (!context->done)
    return error == NULL;

  return g_error_matches (error, G_IO_ERROR,
                          context->outcome.timed_out ? G_IO_ERROR_TIMED_OUT : G_IO_ERROR_CANCELLED) &&
         (cause == NULL || strstr (error->message, cause->message) != NULL);
}

static void
ask_error (Player *self,
           int     i)
{
  GCtxContext *context = self->contexts[i];
  const GError *error = gctx_context_get_error (context);

  expect (self, i, is_error (self, i, error), "get_error");
  expect (self, i, gctx_context_get_error (context) == error, "get_error the second time");
}

static void
ask_check (Player *self,
           int     i)
{
  g_autoptr (GError) error = NULL;
  gboolean live = gctx_context_check (self->contexts[i], &error);

  expect (self, i, live == !self->model.contexts[i].done && is_error (self, i, error), "check");
}

static void
ask_cause (Player *self,
           int     i)
{
  ModelContext *expected = &self->model.contexts[i];
  const GError *cause = gctx_context_get_cause (self->contexts[i]);
  g_autoptr (GError) given = player_new_cause (expected->outcome.cause);

  if (!expected->done || given == NULL)
    expect (self, i, cause == gctx_context_get_error (self->contexts[i]) &&
                     (cause != NULL) == expected->done, "get_cause");
  else
    expect (self, i, cause != NULL && g_error_matches (cause, given->domain, given->code) &&
                     strcmp (cause->message, given->message) == 0, "get_cause");
}

static void
ask_deadline (Player *self,
              int     i)
{
  gint64 expected = self->model.contexts[i].deadline;
  gint64 deadline = -1;
  GTimeSpan remaining = -1;
  gboolean has = gctx_context_get_deadline (self->contexts[i], &deadline);

  expect (self, i, has == (expected != G_MAXINT64) && deadline == (has ? expected : 0), "get_deadline");
  has = gctx_context_get_remaining (self->contexts[i], &remaining);
  expect (self, i, has == (expected != G_MAXINT64) &&
                   remaining == (has ? MAX (0, expected - self->model.now) : 0), "get_remaining");
}

static void
ask_is_done (Player *self,
             int     i)
{
  gboolean done = gctx_context_is_done (self->contexts[i]);

  expect (self, i, done == self->model.contexts[i].done, "is_done");
  if (self->model.contexts[i].is_scope)
    expect (self, i, gctx_scope_has_expired (GCTX_SCOPE (self->contexts[i])) ==
                     self->model.contexts[i].expired, "has_expired");
  if (done)
    gctx_context_wait (self->contexts[i]);
}

static void
ask_values (Player *self,
            int     i)
{
  int key;

  for (key = 0; key < MODEL_N_KEYS; key++)
    {
      int expected = self->model.contexts[i].values[key];

      expect (self, i, gctx_context_has_value (self->contexts[i], player_get_key (key)) == (expected != 0), "has_value");
      expect (self, i, gctx_context_get_object (self->contexts[i], player_get_key (key)) ==
                       (expected > 0 ? self->values[expected] : NULL), "get_object");
    }
}

static void
ask_translate (Player *self,
               int     i)
{
  g_autoptr (GError) cancelled = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "by GIO");
  g_autoptr (GError) other = player_new_cause (1);
  g_autoptr (GError) translated = gctx_context_translate_error (self->contexts[i], cancelled);
  g_autoptr (GError) untouched = gctx_context_translate_error (self->contexts[i], other);

  expect (self, i, self->model.contexts[i].done ? is_error (self, i, translated)
                                                : strcmp (translated->message, "by GIO") == 0, "translate_error");
  expect (self, i, strcmp (untouched->message, other->message) == 0, "translate_error of another");
}

static void (* const questions[]) (Player *, int) = {
  ask_is_done,
  ask_error,
  ask_cause,
  ask_check,
  ask_translate,
  ask_deadline,
  ask_values,
};

/* Which context is asked first, and what, decides what settles the outcome:
 * @number says both. */
void
player_ask (Player *self,
            int     number)
{
  int n = self->model.n_contexts;
  int i, j;

  for (i = 0; i < n && self->complaint == NULL; i++)
    {
      int index = (number % 2 == 0 ? number + i : number + n - i) % n;

      if (self->model.contexts[index].alive != YES)
        continue;
      if (self->contexts[index] == NULL)
        {
          player_complain (self, "context #%d is gone", index);
          return;
        }
      for (j = 0; j < (int) G_N_ELEMENTS (questions); j++)
        questions[(number + j) % G_N_ELEMENTS (questions)] (self, index);
      player_counts.n_answers += j;
    }
}

/* --- In order --- */

/* A context that adds values, or a deadline that is none, is at the place in the
 * tree where its parent is. */
static int
get_place (Player *self,
           int     context)
{
  while (self->model.contexts[context].shares_place)
    context = self->model.contexts[context].parents[0];

  return context;
}

static void
reach_parents (Player   *self,
               int       place,
               gboolean *reached)
{
  ModelContext *context = &self->model.contexts[place];
  int i;

  for (i = 0; i < context->n_parents; i++)
    reached[get_place (self, context->parents[i])] = TRUE;
}

static gboolean
are_siblings (Player *self,
              int     one,
              int     other)
{
  gboolean reached[MODEL_MAX] = { FALSE };
  ModelContext *context = &self->model.contexts[other];
  int i;

  reach_parents (self, one, reached);
  for (i = 0; i < context->n_parents; i++)
    {
      if (reached[get_place (self, context->parents[i])])
        return TRUE;
    }

  return FALSE;
}

/* Rule 3. */
void
player_check_order (Player *self)
{
  int i, j;

  for (i = 0; i < self->n_told; i++)
    {
      int first = get_place (self, self->model.handouts[self->told[i]].context);
      gboolean above[MODEL_MAX] = { FALSE };

      /* Parents are elder than their children. */
      reach_parents (self, first, above);
      for (j = first - 1; j >= 0; j--)
        {
          if (above[j])
            reach_parents (self, j, above);
        }

      for (j = i + 1; j < self->n_told; j++)
        {
          int second = get_place (self, self->model.handouts[self->told[j]].context);

          if (above[second])
            player_complain (self, "context #%d was told before one above it, context #%d", first, second);
          else if (first > second && are_siblings (self, first, second))
            player_complain (self, "context #%d was told before its elder sibling, context #%d", first, second);
        }
    }
}
