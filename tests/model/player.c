/* player.c: plays a program, step by step
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "player.h"

#include <stdlib.h>

#define CAUSE_DOMAIN (g_quark_from_static_string ("gctx-model-cause"))

GCTX_DEFINE_KEY (key_0, "key_0", G_TYPE_OBJECT)
GCTX_DEFINE_KEY (key_1, "key_1", G_TYPE_OBJECT)
GCTX_DEFINE_KEY (key_2, "key_2", G_TYPE_OBJECT)

GCtxKey *
player_get_key (int number)
{
  return number == 0 ? key_0 () : number == 1 ? key_1 () : key_2 ();
}

GError *
player_new_cause (int number)
{
  return number != 0 ? g_error_new (CAUSE_DOMAIN, number, "cause number %d.", number) : NULL;
}

void
player_complain (Player     *self,
                 const char *format,
                 ...)
{
  va_list args;

  if (self->complaint != NULL)
    return;

  va_start (args, format);
  self->complaint = g_strdup_vprintf (format, args);
  va_end (args);
}

/* --- Playing --- */

PlayerCounts player_counts;

/* A delivery thread may be at work where the clock is the real one and this
 * thread was not let run for long: then what is expected comes soon. */
#define PATIENCE_USEC (10 * G_USEC_PER_SEC)

static void
iterate (Player *self)
{
  self->turning = TRUE;
  while (g_main_context_iteration (NULL, FALSE))
    ;
  self->turning = FALSE;
}

static void
expect_soon (Player   *self,
             char     *(*find_wrong) (Player *),
             gboolean  turn)
{
  gint64 end_usec = g_get_monotonic_time () + (WITH_CLOCK ? 0 : PATIENCE_USEC);
  char *complaint;

  while ((complaint = find_wrong (self)) != NULL && g_get_monotonic_time () < end_usec)
    {
      g_free (complaint);
      if (turn)
        iterate (self);
      g_thread_yield ();
    }

  if (complaint != NULL)
    player_complain (self, "%s", complaint);
  g_free (complaint);
}

static void
update_alive (Player *self)
{
  int i;

  model_update_alive (&self->model);
  for (i = 0; i < self->model.n_contexts; i++)
    {
      if (self->model.contexts[i].alive == EITHER)
        self->model.contexts[i].alive = self->contexts[i] != NULL ? YES : NO;
    }
}

/* The model turns when all that it expects of that has happened. */
static char *
find_wrong_after_turn (Player *self)
{
  g_autofree Model *before = WITH_CLOCK ? NULL : g_memdup2 (&self->model, sizeof (Model));
  char *complaint;

  model_turn (&self->model);
  update_alive (self);
  complaint = player_compare (self);
  if (complaint != NULL && before != NULL)
    self->model = *before;

  return complaint;
}

static void
step_turn (Player *self)
{
  gint64 now;

  /* Time may pass inside the callbacks. */
  do
    {
      now = self->model.now;
#ifdef MODEL_WITH_CLOCK
      gctx_clock_advance (0);
#endif
      iterate (self);
    }
  while (self->model.now != now);

  expect_soon (self, find_wrong_after_turn, TRUE);
}

static void
play (Player   *self,
      const Op *op)
{
  switch (op->code)
    {
    case OP_SCOPE:
    case OP_WITH_DEADLINE:
    case OP_WITH_VALUE:
    case OP_ANY:
    case OP_WITHOUT_CANCEL:
    case OP_ADOPT_FOREIGN:
    case OP_ADOPT_HANDOUT:
      step_derive (self, op);
      break;

    case OP_CANCEL:
    case OP_CLOSE:
      step_cancel (self, op);
      break;

    case OP_DROP:
      step_drop (self, op);
      break;

    case OP_ADVANCE:
      step_advance (self, op);
      break;

    case OP_EXPIRE:
      step_expire (self, op);
      break;

    case OP_GET:
    case OP_GET_REF:
      step_get (self, op);
      break;

    case OP_CREATE:
      step_create (self, op);
      break;

    case OP_CANCEL_HANDOUT:
    case OP_RESET_HANDOUT:
    case OP_DROP_HANDOUT:
      step_handout (self, op);
      break;

    case OP_NEW_FOREIGN:
    case OP_CANCEL_FOREIGN:
    case OP_RESET_FOREIGN:
    case OP_DROP_FOREIGN:
      step_foreign (self, op);
      break;

    case OP_ADD_AFTER_FUNC:
      step_add_after_func (self, op);
      break;

    case OP_REMOVE_AFTER_FUNC:
      step_remove_after_func (self, op);
      break;

    case OP_ADD_SOURCE:
    case OP_DESTROY_SOURCE:
      step_source (self, op);
      break;

    case OP_TURN:
      step_turn (self);
      break;

    default:
      player_ask (self, op->number);
      break;
    }

  update_alive (self);
  expect_soon (self, player_compare, FALSE);
}

void
player_play_inside (Player *self)
{
  if (self->n_inside_played == self->n_inside || self->emitting || self->complaint != NULL)
    return;

  update_alive (self);
  self->depth++;
  play (self, &self->inside[self->n_inside_played++]);
  self->depth--;
}

/* A step that is meant for the inside of a callback waits for the next one. */
static void
play_or_keep (Player   *self,
              const Op *op)
{
  if (op->inside)
    self->inside[self->n_inside++] = *op;
  else
    play (self, op);
}

static void
play_all (Player *self,
          OpCode  code,
          int     n_variables)
{
  Op op = { .code = code };

  for (op.to = 0; op.to < n_variables && self->complaint == NULL; op.to++)
    play (self, &op);
}

/* Nobody but the library holds it any more, because an after-func waits for it. */
static void
cancel_adopted (Player       *self,
                ModelContext *context)
{
  g_autoptr (GCancellable) adopted = NULL;

  if (context->foreign != MODEL_NONE)
    adopted = g_object_ref (self->foreigns[context->foreign]);
  else if (context->handout != MODEL_NONE)
    adopted = g_object_ref (self->handouts[context->handout]);
  else
    return;

  if (context->foreign != MODEL_NONE)
    model_cancel_foreign (&self->model, context->foreign);
  else
    model_cancel_handout (&self->model, context->handout);
  g_cancellable_cancel (adopted);
  player_counts.n_unheld++;
}

/* Rule 7: nothing is left when the program is over. First it lets go of all it
 * has, then every deadline passes, then what only the library still holds
 * because an after-func waits for it is cancelled. */
static void
play_end (Player *self)
{
  gint64 last = self->model.now;
  int i;

  self->n_inside = self->n_inside_played;
  play (self, &(Op) { .code = OP_ASK });
  play_all (self, OP_DROP, N_CONTEXTS);
  play_all (self, OP_DROP_HANDOUT, N_HANDOUTS);
  play_all (self, OP_DROP_FOREIGN, N_FOREIGNS);
  play_all (self, OP_DESTROY_SOURCE, N_SOURCES);

  if (self->complaint == NULL)
    play (self, &(Op) { .code = OP_TURN });

  for (i = 0; i < self->model.n_contexts; i++)
    {
      if (self->model.contexts[i].owns_deadline)
        last = MAX (last, self->model.contexts[i].deadline);
    }
  if (self->complaint == NULL)
    {
      player_advance_to (self, last, FALSE);
      play (self, &(Op) { .code = OP_TURN });
    }

  for (i = 0; i < self->model.n_contexts && self->complaint == NULL; i++)
    {
      if (!self->model.contexts[i].done && model_is_waited_for (&self->model, i))
        cancel_adopted (self, &self->model.contexts[i]);
    }
  if (self->complaint == NULL)
    play (self, &(Op) { .code = OP_TURN });
}

static void
count (Player *self)
{
  Model *model = &self->model;
  int i;

  player_counts.n_contexts += model->n_contexts - 1;
  player_counts.n_inside += self->n_inside_played;
  player_counts.n_cancellables += model->n_handouts + model->n_foreigns;
  for (i = 1; i < model->n_contexts; i++)
    {
      ModelContext *context = &model->contexts[i];

      player_counts.n_cancelled += context->done && !context->outcome.timed_out;
      player_counts.n_expired += context->done && context->outcome.timed_out;
      player_counts.n_adopted += context->foreign != MODEL_NONE || context->handout != MODEL_NONE;
    }
  for (i = 0; i < model->n_after_funcs; i++)
    {
      player_counts.n_ran += model->after_funcs[i].n_ran;
      player_counts.n_uncalled += !model->after_funcs[i].n_ran;
    }
}

/* After a failure: the model is no guide any more. */
static void
drop_rest (Player *self)
{
  int i;

  for (i = 1; i < N_CONTEXTS; i++)
    {
      if (self->c[i] != MODEL_NONE && self->contexts[self->c[i]] != NULL)
        g_object_unref (self->contexts[self->c[i]]);
    }
  for (i = 0; i < N_HANDOUTS; i++)
    {
      if (self->k[i] != MODEL_NONE && self->handouts[self->k[i]] != NULL)
        g_object_unref (self->handouts[self->k[i]]);
    }
  for (i = 0; i < N_FOREIGNS; i++)
    {
      if (self->f[i] != MODEL_NONE && self->foreigns[self->f[i]] != NULL)
        g_object_unref (self->foreigns[self->f[i]]);
    }
  for (i = 0; i < self->model.n_sources; i++)
    {
      if (self->sources[i].n_destroyed == 0)
        g_source_destroy (self->sources[i].source);
    }

  iterate (self);
}

static gboolean
append_name (const GMatchInfo *match,
             GString          *result,
             gpointer          user_data)
{
  Player *self = user_data;
  g_autofree char *number = g_match_info_fetch (match, 1);

  g_string_append_printf (result, "c%d", self->names[atoi (number)]);
  return FALSE;
}

/* The complaint with the program's names for the contexts. */
static char *
dup_complaint (Player *self)
{
  g_autoptr (GRegex) regex = g_regex_new ("context #(\\d+)", 0, 0, NULL);

  return g_regex_replace_eval (regex, self->complaint, -1, 0, 0, append_name, self, NULL);
}

static Player *
player_new (void)
{
  Player *self = g_new0 (Player, 1);
  int i;

#ifdef MODEL_WITH_CLOCK
  self->start = gctx_clock_get_time ();
#else
  self->start = g_get_monotonic_time ();
#endif
  self->thread = g_thread_self ();
  self->destroying = MODEL_NONE;
  model_init (&self->model, self->start);
  self->contexts[0] = gctx_context_background ();

  for (i = 1; i < N_CONTEXTS; i++)
    self->c[i] = MODEL_NONE;
  for (i = 0; i < N_HANDOUTS; i++)
    self->k[i] = MODEL_NONE;
  for (i = 0; i < N_FOREIGNS; i++)
    self->f[i] = MODEL_NONE;
  for (i = 0; i < N_AFTER_FUNCS; i++)
    self->a[i] = MODEL_NONE;
  for (i = 0; i < N_SOURCES; i++)
    self->s[i] = MODEL_NONE;

  return self;
}

char *
player_run (const Program *program,
            int           *n_ran)
{
  Player *self = player_new ();
  char *complaint;
  int i;

  for (i = 0; i < program->n_ops && self->complaint == NULL; i++)
    play_or_keep (self, &program->ops[i]);
  *n_ran = i;

  if (self->complaint == NULL)
    play_end (self);
  if (self->complaint == NULL)
    expect_soon (self, player_find_left, TRUE);
  if (self->complaint == NULL)
    {
      count (self);
      g_free (self);
      return NULL;
    }

  /* Weak pointers and callbacks lead here, so it has to stay. But what is left
   * shall not meet the next program. */
  complaint = dup_complaint (self);
  drop_rest (self);
  return complaint;
}
