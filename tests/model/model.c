/* model.c: the contract, as plainly as it can be said
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "model.h"

#include <string.h>

ModelContext
model_blank (void)
{
  return (ModelContext) {
    .own_deadline = G_MAXINT64,
    .foreign = MODEL_NONE,
    .handout = MODEL_NONE,
    .in_hand = TRUE,
    .alive = YES,
  };
}

void
model_init (Model  *self,
            gint64  now)
{
  memset (self, 0, sizeof *self);
  self->now = now;
  model_plant (self, model_blank ());
}

/* --- Ending --- */

/* A done context tells its cancellables and queues its after-funcs. */
static void
tell (Model *self,
      int    context)
{
  int i;

  for (i = 0; i < self->n_handouts; i++)
    {
      if (self->handouts[i].context != context || self->handouts[i].told)
        continue;
      self->handouts[i].told = TRUE;
      self->handouts[i].cancelled = YES;
    }
  for (i = 0; i < self->n_after_funcs; i++)
    {
      if (self->after_funcs[i].context == context)
        self->after_funcs[i].queued = TRUE;
    }
}

static void
find_below (Model    *self,
            int       context,
            gboolean *below)
{
  int i, j;

  memset (below, 0, MODEL_MAX * sizeof *below);
  below[context] = TRUE;
  for (i = context; i < self->n_contexts; i++)
    {
      for (j = 0; j < self->contexts[i].n_parents; j++)
        below[i] = below[i] || below[self->contexts[i].parents[j]];
    }
}

/* Rules 1 and 2: the whole subtree; what is done already stays as it is. */
static void
end (Model        *self,
     int           context,
     ModelOutcome  outcome)
{
  gboolean below[MODEL_MAX];
  int i;

  find_below (self, context, below);
  for (i = context; i < self->n_contexts; i++)
    {
      if (!below[i] || self->contexts[i].done)
        continue;
      self->contexts[i].done = TRUE;
      self->contexts[i].outcome = outcome;
    }

  for (i = 0; i < self->n_handouts; i++)
    {
      ModelCancellable *handout = &self->handouts[i];

      if (below[handout->context] && !handout->told && handout->cancelled == NO)
        handout->cancelled = EITHER;
    }
}

/* Rules 1 and 11: what passed first ended first, whoever was asked first. */
void
model_pass_time (Model  *self,
                 gint64  now)
{
  self->now = now;

  while (TRUE)
    {
      ModelContext *first = NULL;
      int i;

      for (i = 0; i < self->n_contexts; i++)
        {
          ModelContext *each = &self->contexts[i];

          if (!each->done && each->owns_deadline && each->deadline <= now &&
              (first == NULL || each->deadline < first->deadline))
            first = each;
        }
      if (first == NULL)
        return;

      first->expired = TRUE;
      end (self, first - self->contexts, (ModelOutcome) { TRUE, first->deadline_cause });
    }
}

gboolean
model_cancel (Model *self,
              int    scope,
              int    cause)
{
  if (self->contexts[scope].done)
    return FALSE;

  end (self, scope, (ModelOutcome) { FALSE, cause });
  return TRUE;
}

/* Rule 2: what a cancel that says TRUE has done when it returns, also for what
 * had ended below it before. */
void
model_tell_below (Model *self,
                  int    context)
{
  gboolean below[MODEL_MAX];
  int i;

  find_below (self, context, below);
  for (i = context; i < self->n_contexts; i++)
    {
      if (below[i])
        tell (self, i);
    }
}

/* Rule 7: a scope object on the path, a deadline, or something adopted. */
gboolean
model_can_end (Model *self,
               int    context)
{
  gboolean can[MODEL_MAX] = { FALSE };
  int i, j;

  for (i = 0; i <= context; i++)
    {
      ModelContext *each = &self->contexts[i];

      can[i] = (each->is_scope && each->alive != NO) || each->owns_deadline ||
               each->foreign != MODEL_NONE || each->handout != MODEL_NONE;
      for (j = 0; j < each->n_parents; j++)
        can[i] = can[i] || can[each->parents[j]];
    }

  return can[context];
}

gboolean
model_is_waited_for (Model *self,
                     int    context)
{
  gboolean below[MODEL_MAX];
  int i;

  find_below (self, context, below);
  for (i = 0; i < self->n_after_funcs; i++)
    {
      if (self->after_funcs[i].pending && below[self->after_funcs[i].context])
        return TRUE;
    }

  return FALSE;
}

/* --- Deriving --- */

/* Rules 6, 9 and 10. */
int
model_plant (Model        *self,
             ModelContext  context)
{
  gboolean cancelled;
  int i;

  context.deadline = G_MAXINT64;
  for (i = 0; i < context.n_parents; i++)
    {
      ModelContext *parent = &self->contexts[context.parents[i]];

      context.deadline = MIN (context.deadline, parent->deadline);
      if (parent->done && !context.done)
        {
          context.done = TRUE;
          context.outcome = parent->outcome;
        }
    }

  context.owns_deadline = context.own_deadline < context.deadline;
  context.deadline = MIN (context.deadline, context.own_deadline);
  if (!context.done && context.owns_deadline && context.deadline <= self->now)
    {
      context.done = context.expired = TRUE;
      context.outcome = (ModelOutcome) { TRUE, context.deadline_cause };
    }

  cancelled = (context.foreign != MODEL_NONE && self->foreigns[context.foreign].cancelled == YES) ||
              (context.handout != MODEL_NONE && self->handouts[context.handout].cancelled == YES);
  if (!context.done && cancelled)
    {
      context.done = TRUE;
      context.outcome = (ModelOutcome) { FALSE, 0 };
    }

  self->contexts[self->n_contexts] = context;
  return self->n_contexts++;
}

/* --- Cancellables --- */

int
model_hand_out (Model    *self,
                int       context,
                gboolean  shared)
{
  gboolean done = self->contexts[context].done;

  self->handouts[self->n_handouts] = (ModelCancellable) {
    .context = context,
    .shared = shared,
    .told = done,
    .cancelled = done ? YES : NO,
  };
  return self->n_handouts++;
}

/* The last that get_cancellable () gave. */
int
model_get_shared (Model *self,
                  int    context)
{
  int i;

  for (i = self->n_handouts - 1; i >= 0; i--)
    {
      if (self->handouts[i].context == context && self->handouts[i].shared)
        return i;
    }

  return MODEL_NONE;
}

/* Rule 9: it ends what was given it, never its own context. */
void
model_cancel_handout (Model *self,
                      int    handout)
{
  int i;

  self->handouts[handout].cancelled = YES;
  for (i = 0; i < self->n_contexts; i++)
    {
      if (self->contexts[i].handout == handout && !self->contexts[i].done)
        end (self, i, (ModelOutcome) { FALSE, 0 });
    }
}

void
model_cancel_foreign (Model *self,
                      int    foreign)
{
  int i;

  self->foreigns[foreign].cancelled = YES;
  for (i = 0; i < self->n_contexts; i++)
    {
      if (self->contexts[i].foreign == foreign && !self->contexts[i].done)
        end (self, i, (ModelOutcome) { FALSE, 0 });
    }
}

/* --- Calls --- */

int
model_add_after_func (Model *self,
                      int    context)
{
  ModelCall *call = &self->after_funcs[self->n_after_funcs];

  call->context = context;
  call->queued = self->contexts[context].done;
  call->pending = call->queued || model_can_end (self, context);
  call->n_destroyed = call->pending ? 0 : 1;
  return self->n_after_funcs++;
}

/* One that could not run any more is on its way to be destroyed uncalled, and
 * whether this call keeps it from running is not said. */
ModelAnswer
model_remove_after_func (Model *self,
                         int    after_func)
{
  ModelCall *call = &self->after_funcs[after_func];

  if (!call->pending)
    return NO;
  if (!self->contexts[call->context].done && !model_can_end (self, call->context))
    return EITHER;

  call->pending = FALSE;
  call->n_destroyed = 1;
  return YES;
}

int
model_add_source (Model *self,
                  int    context)
{
  self->sources[self->n_sources] = (ModelCall) { .context = context, .pending = TRUE };
  return self->n_sources++;
}

gboolean
model_call_ran (Model     *self,
                ModelCall *call)
{
  if (!call->pending || !self->contexts[call->context].done)
    return FALSE;

  call->pending = FALSE;
  call->n_ran = 1;
  return TRUE;
}

gboolean
model_after_func_destroyed (Model *self,
                            int    after_func)
{
  ModelCall *call = &self->after_funcs[after_func];
  gboolean right = call->pending
                   ? !self->contexts[call->context].done && !model_can_end (self, call->context)
                   : call->n_ran == 1 && call->n_destroyed == 0;

  call->pending = FALSE;
  call->n_destroyed = 1;
  return right;
}

/* --- Turning --- */

static gboolean
finish_calls (Model     *self,
              ModelCall *calls,
              int        n_calls,
              gboolean   are_sources)
{
  gboolean changed = FALSE;
  int i;

  for (i = 0; i < n_calls; i++)
    {
      ModelCall *call = &calls[i];
      gboolean done = self->contexts[call->context].done;

      if (!call->pending || (!done && (are_sources || model_can_end (self, call->context))))
        continue;

      call->pending = FALSE;
      call->n_ran = done;
      call->n_destroyed = 1;
      changed = TRUE;
    }

  return changed;
}

void
model_turn (Model *self)
{
  gboolean changed;
  int i;

  for (i = 0; i < self->n_contexts; i++)
    {
      if (self->contexts[i].done)
        tell (self, i);
    }

  /* What has run lets go of its object, and that may be the last scope which
   * could have ended another. */
  do
    {
      model_update_alive (self);
      changed = finish_calls (self, self->after_funcs, self->n_after_funcs, FALSE);
      changed = finish_calls (self, self->sources, self->n_sources, TRUE) || changed;
    }
  while (changed);
}

/* Rule 7: a source holds its context object, and so does an after-func, but a
 * scope only once it is queued. */
void
model_update_alive (Model *self)
{
  ModelAnswer held[MODEL_MAX];
  int i;

  for (i = 0; i < self->n_contexts; i++)
    held[i] = self->contexts[i].in_hand ? YES : NO;

  for (i = 0; i < self->n_sources; i++)
    {
      if (self->sources[i].pending)
        held[self->sources[i].context] = YES;
    }

  for (i = 0; i < self->n_after_funcs; i++)
    {
      ModelCall *call = &self->after_funcs[i];
      ModelContext *context = &self->contexts[call->context];

      if (!call->pending)
        continue;
      if (!context->is_scope || call->queued)
        held[call->context] = YES;
      else if (context->done && held[call->context] == NO)
        held[call->context] = EITHER;
    }

  for (i = 0; i < self->n_contexts; i++)
    {
      if (self->contexts[i].alive != NO)
        self->contexts[i].alive = held[i];
    }
}
