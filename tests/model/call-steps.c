/* call-steps.c: after-funcs and sources
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "player.h"

static void
check_given (Player      *self,
             int          index,
             GCtxContext *given)
{
  int key;

  if (!gctx_context_is_done (given))
    player_complain (self, "a call of context #%d was given a live one", index);
  if (self->contexts[index] != NULL && given != self->contexts[index])
    player_complain (self, "a call of context #%d was given another", index);
  if (self->contexts[index] == NULL && GCTX_IS_SCOPE (given))
    player_complain (self, "a call of the dropped scope, context #%d, was given a scope", index);

  for (key = 0; key < MODEL_N_KEYS; key++)
    {
      int value = self->model.contexts[index].values[key];

      if (gctx_context_get_object (given, player_get_key (key)) != (value > 0 ? self->values[value] : NULL))
        player_complain (self, "a call of context #%d was given other values", index);
    }
}

static void
on_after_func (GCtxContext *context,
               gpointer     user_data)
{
  Call *call = user_data;
  Player *self = call->player;

  if (!self->turning || g_thread_self () != self->thread)
    player_complain (self, "after-func #%d ran outside its main loop", call->index);
  if (call->n_destroyed > 0)
    player_complain (self, "after-func #%d ran after it was destroyed", call->index);
  check_given (self, self->model.after_funcs[call->index].context, context);
  call->n_ran++;
  if (!model_call_ran (&self->model, &self->model.after_funcs[call->index]))
    player_complain (self, "after-func #%d must not run", call->index);
  player_play_inside (self);
}

static void
on_after_func_destroy (gpointer user_data)
{
  Call *call = user_data;
  Player *self = call->player;

  call->n_destroyed++;
  if (g_thread_self () == self->thread && call->index == self->destroying)
    return;
  if (!self->turning || g_thread_self () != self->thread)
    player_complain (self, "after-func #%d was destroyed where it must not be", call->index);
  else if (!model_after_func_destroyed (&self->model, call->index))
    player_complain (self, "after-func #%d must not be destroyed", call->index);
}

static gboolean
on_source (GCtxContext *context,
           gpointer     user_data)
{
  Call *call = user_data;

  check_given (call->player, call->player->model.sources[call->index].context, context);
  call->n_ran++;
  if (!model_call_ran (&call->player->model, &call->player->model.sources[call->index]))
    player_complain (call->player, "source #%d must not run", call->index);
  player_play_inside (call->player);
  return G_SOURCE_CONTINUE;
}

static void
on_source_destroy (gpointer user_data)
{
  Call *call = user_data;
  ModelCall *expected = &call->player->model.sources[call->index];

  call->n_destroyed++;
  if (!expected->pending)
    expected->n_destroyed = 1;
}

void
step_add_after_func (Player   *self,
                     const Op *op)
{
  int context = self->c[op->from[0]];
  Call *call;
  int index;

  if (context == MODEL_NONE)
    return;

  index = self->a[op->to] = model_add_after_func (&self->model, context);
  call = &self->after_funcs[index];
  *call = (Call) { .player = self, .index = index };

  self->destroying = index;
  call->id = gctx_context_add_after_func (self->contexts[context], on_after_func, call, on_after_func_destroy);
  self->destroying = MODEL_NONE;
  if ((call->id != 0) != self->model.after_funcs[index].pending)
    player_complain (self, "after-func #%d of context #%d has the id %lu", index, context, call->id);
}

void
step_remove_after_func (Player   *self,
                        const Op *op)
{
  int index = self->a[op->to];
  ModelCall *expected = &self->model.after_funcs[MAX (index, 0)];
  ModelAnswer answer;
  gboolean removed;

  if (index == MODEL_NONE || self->after_funcs[index].id == 0 ||
      self->model.contexts[expected->context].alive != YES)
    return;

  answer = model_remove_after_func (&self->model, index);
  self->destroying = answer != NO ? index : MODEL_NONE;
  removed = gctx_context_remove_after_func (self->contexts[expected->context], self->after_funcs[index].id);
  self->destroying = MODEL_NONE;

  if (answer == EITHER && removed)
    {
      expected->pending = FALSE;
      expected->n_destroyed = 1;
    }
  else if (answer != EITHER && removed != (answer == YES))
    player_complain (self, "the removal of after-func #%d says %s", index, removed ? "TRUE" : "FALSE");
}

void
step_source (Player   *self,
             const Op *op)
{
  int context = self->c[op->from[0]];
  int index = self->s[op->to];
  Call *call;

  if (op->code == OP_DESTROY_SOURCE)
    {
      if (index == MODEL_NONE)
        return;
      self->s[op->to] = MODEL_NONE;
      if (!self->model.sources[index].pending)
        return;
      self->model.sources[index].pending = FALSE;
      self->model.sources[index].n_destroyed = 1;
      g_source_destroy (self->sources[index].source);
      return;
    }

  if (context == MODEL_NONE || index != MODEL_NONE)
    return;

  index = self->s[op->to] = model_add_source (&self->model, context);
  call = &self->sources[index];
  *call = (Call) { .player = self, .index = index };
  call->source = gctx_context_create_source (self->contexts[context]);
  g_source_set_callback (call->source, G_SOURCE_FUNC (on_source), call, on_source_destroy);
  g_source_attach (call->source, NULL);
  g_source_unref (call->source);
}

