/* cancellable-steps.c: handing out, and foreign ones
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "player.h"

/* Rules 3 and 9: whoever is called sees the whole subtree done, whether the
 * library has heard of it yet or not. Now parents are asked first, now children. */
static void
ask_inside (Player *self,
            int     number)
{
  int n = self->model.n_contexts;
  int i;

  for (i = 0; i < n; i++)
    {
      int index = number % 2 == 0 ? i : n - 1 - i;

      if (self->model.contexts[index].alive == YES && self->contexts[index] != NULL &&
          gctx_context_is_done (self->contexts[index]) != self->model.contexts[index].done)
        player_complain (self, "inside a handler context #%d is not what it should be", index);
    }
}

/* Some ask, and others leave it to the library to find out. */
static void
on_cancelled (GCancellable *cancellable,
              gpointer      user_data)
{
  Call *call = user_data;
  Player *self = call->player;

  if (g_thread_self () != self->thread)
    return;

  if (self->n_told < MODEL_MAX)
    self->told[self->n_told++] = call->index;
  if (call->index % 4 > 1)
    ask_inside (self, call->index);
  player_play_inside (self);
}

static void
on_foreign_cancelled (GCancellable *cancellable,
                      gpointer      user_data)
{
  Call *call = user_data;

  if (call->index % 4 > 1)
    ask_inside (call->player, call->index);
}

static int
add_handout (Player       *self,
             GCancellable *cancellable,
             int           context,
             gboolean      shared)
{
  int index = model_hand_out (&self->model, context, shared);

  self->handouts[index] = cancellable;
  g_object_add_weak_pointer (G_OBJECT (cancellable), (gpointer *) &self->handouts[index]);
  self->listeners[index] = (Call) { .player = self, .index = index };
  g_signal_connect (cancellable, "cancelled", G_CALLBACK (on_cancelled), &self->listeners[index]);
  return index;
}

/* What get_cancellable () gave, or MODEL_NONE. */
static int
get_shared (Player *self,
            int     context)
{
  gboolean done = self->model.contexts[context].done;
  gboolean can_end = done || model_can_end (&self->model, context);
  int current = model_get_shared (&self->model, context);
  ModelAnswer flag = current != MODEL_NONE ? self->model.handouts[current].cancelled : NO;
  GCancellable *cancellable = gctx_context_get_cancellable (self->contexts[context]);
  int i;

  if (cancellable == NULL)
    {
      if (can_end || (current != MODEL_NONE && flag == NO))
        player_complain (self, "context #%d has no cancellable", context);
      return MODEL_NONE;
    }
  if (!can_end && current == MODEL_NONE)
    player_complain (self, "context #%d, which can't end, has a cancellable", context);
  if (g_cancellable_is_cancelled (cancellable) != done)
    player_complain (self, "context #%d gave a cancellable that is %scancelled", context, done ? "not " : "");

  if (current != MODEL_NONE && cancellable == self->handouts[current])
    {
      if (flag == (done ? NO : YES))
        player_complain (self, "context #%d did not replace its cancellable", context);
      self->model.handouts[current].cancelled = done ? YES : NO;
      return current;
    }

  if (current != MODEL_NONE && flag == (done ? YES : NO))
    player_complain (self, "context #%d replaced its cancellable for nothing", context);
  for (i = 0; i < self->model.n_handouts; i++)
    {
      if (self->handouts[i] == cancellable)
        player_complain (self, "context #%d gave the cancellable #%d once more", context, i);
    }
  return self->complaint == NULL ? add_handout (self, cancellable, context, TRUE) : MODEL_NONE;
}

void
step_get (Player   *self,
          const Op *op)
{
  int context = self->c[op->from[0]];
  int handout;

  if (context == MODEL_NONE || (op->code == OP_GET_REF && self->k[op->to] != MODEL_NONE))
    return;

  handout = get_shared (self, context);
  if (handout == MODEL_NONE || op->code == OP_GET)
    return;

  /* Two variables of one cancellable would be one reference too few. */
  if (self->model.handouts[handout].in_hand)
    return;
  self->model.handouts[handout].in_hand = TRUE;
  self->k[op->to] = handout;
  g_object_ref (self->handouts[handout]);
}

void
step_create (Player   *self,
             const Op *op)
{
  int context = self->c[op->from[0]];
  GCancellable *cancellable;

  if (context == MODEL_NONE || self->k[op->to] != MODEL_NONE)
    return;

  cancellable = gctx_context_create_cancellable (self->contexts[context]);
  if ((cancellable != NULL) != (self->model.contexts[context].done || model_can_end (&self->model, context)))
    player_complain (self, "context #%d created %s cancellable", context, cancellable != NULL ? "a" : "no");
  if (cancellable == NULL)
    return;

  self->k[op->to] = add_handout (self, cancellable, context, FALSE);
  self->model.handouts[self->k[op->to]].in_hand = TRUE;
}

void
step_handout (Player   *self,
              const Op *op)
{
  int index = self->k[op->to];
  ModelCancellable *handout = &self->model.handouts[MAX (index, 0)];

  if (index == MODEL_NONE)
    return;

  if (op->code == OP_CANCEL_HANDOUT)
    {
      model_cancel_handout (&self->model, index);
      self->emitting = TRUE;
      g_cancellable_cancel (self->handouts[index]);
      self->emitting = FALSE;
    }
  else if (op->code == OP_RESET_HANDOUT)
    {
      /* What has ended but not told it yet may do so after the reset. */
      handout->cancelled = self->model.contexts[handout->context].done && !handout->told ? EITHER : NO;
      g_cancellable_reset (self->handouts[index]);
    }
  else
    {
      handout->in_hand = FALSE;
      self->k[op->to] = MODEL_NONE;
      g_object_unref (self->handouts[index]);
    }
}

void
step_foreign (Player   *self,
              const Op *op)
{
  int index = self->f[op->to];

  if (op->code == OP_NEW_FOREIGN)
    {
      if (index != MODEL_NONE)
        return;
      index = self->f[op->to] = self->model.n_foreigns++;
      self->foreigns[index] = g_cancellable_new ();
      g_object_add_weak_pointer (G_OBJECT (self->foreigns[index]), (gpointer *) &self->foreigns[index]);
      self->model.foreigns[index].in_hand = TRUE;
      self->foreign_listeners[index] = (Call) { .player = self, .index = index };
      g_signal_connect (self->foreigns[index], "cancelled", G_CALLBACK (on_foreign_cancelled),
                        &self->foreign_listeners[index]);
      return;
    }

  if (index == MODEL_NONE)
    return;

  if (op->code == OP_CANCEL_FOREIGN)
    {
      model_cancel_foreign (&self->model, index);
      self->emitting = TRUE;
      g_cancellable_cancel (self->foreigns[index]);
      self->emitting = FALSE;
    }
  else if (op->code == OP_RESET_FOREIGN)
    {
      self->model.foreigns[index].cancelled = NO;
      g_cancellable_reset (self->foreigns[index]);
    }
  else
    {
      self->model.foreigns[index].in_hand = FALSE;
      self->f[op->to] = MODEL_NONE;
      g_object_unref (self->foreigns[index]);
    }
}

