/* tree-steps.c: deriving and ending
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "player.h"

#ifdef MODEL_WITH_CLOCK
#include "gctx-home-private.h"
#endif

/* Two deadlines of the same microsecond have no order, and an `any` of both may
 * take either: so each is given a microsecond of its own, unless it is the
 * parent's. */
static gint64
get_free_deadline (Player *self,
                   gint64  deadline,
                   gint64  parent_deadline)
{
  int i;

  for (i = 0; i < self->model.n_contexts && deadline < parent_deadline; i++)
    {
      ModelContext *other = &self->model.contexts[i];

      if (other->owns_deadline && !other->done && other->deadline == deadline)
        {
          deadline++;
          i = -1;
        }
    }

  return deadline;
}

static gint64
get_deadline (Player   *self,
              const Op *op,
              int       parent)
{
  gint64 parent_deadline = self->model.contexts[parent].deadline;
  gint64 deadline = G_MAXINT64;

  if (op->time == FROM_START)
    deadline = self->start + op->usec;
  else if (op->time == FROM_NOW)
    deadline = self->model.now + op->usec;
  else if (op->time == FROM_PARENT && parent_deadline != G_MAXINT64)
    deadline = parent_deadline + op->usec;

  if (!WITH_CLOCK && deadline != G_MAXINT64)
    return MIN (deadline, self->start);

  return get_free_deadline (self, deadline, parent_deadline);
}

static GCtxContext *
new_scope (GCtxContext  *parent,
           ModelContext *made)
{
  g_autoptr (GError) cause = player_new_cause (made->deadline_cause);

  if (cause != NULL)
    return GCTX_CONTEXT (gctx_scope_new_with_deadline_cause (parent, made->own_deadline, cause));
  if (made->own_deadline != G_MAXINT64)
    return GCTX_CONTEXT (gctx_scope_new_with_deadline (parent, made->own_deadline));
  return GCTX_CONTEXT (gctx_scope_new (parent));
}

/* A value that only the library holds. */
static GCtxContext *
with_value (Player       *self,
            const Op     *op,
            GCtxContext  *parent,
            ModelContext *made)
{
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_OBJECT);
  made->values[op->key] = -1;
  if (op->number != 0)
    {
      int index = ++self->n_values;

      self->values[index] = g_object_new (G_TYPE_OBJECT, NULL);
      g_object_add_weak_pointer (self->values[index], (gpointer *) &self->values[index]);
      g_value_take_object (&value, self->values[index]);
      made->values[op->key] = index;
    }

  return gctx_context_with_value (parent, player_get_key (op->key), &value);
}

static GCtxContext *
make_context (Player       *self,
              const Op     *op,
              ModelContext *made)
{
  GCtxContext *parents[MODEL_PARENTS] = { NULL };
  int i;

  for (i = 0; i < made->n_parents; i++)
    parents[i] = self->contexts[made->parents[i]];

  switch (op->code)
    {
    case OP_SCOPE:
      made->is_scope = TRUE;
      made->own_deadline = get_deadline (self, op, made->parents[0]);
      made->deadline_cause = op->number;
      return new_scope (parents[0], made);

    case OP_WITH_DEADLINE:
      made->own_deadline = get_deadline (self, op, made->parents[0]);
      made->shares_place = made->own_deadline >= self->model.contexts[made->parents[0]].deadline;
      return gctx_context_with_deadline (parents[0], made->own_deadline);

    case OP_WITH_VALUE:
      made->shares_place = TRUE;
      return with_value (self, op, parents[0], made);

    case OP_ANY:
      return gctx_context_any (parents, made->n_parents);

    case OP_WITHOUT_CANCEL:
      made->n_parents = 0;
      return gctx_context_without_cancel (parents[0]);

    case OP_ADOPT_FOREIGN:
      return gctx_context_from_cancellable (self->foreigns[made->foreign]);

    default:
      return gctx_context_from_cancellable (self->handouts[made->handout]);
    }
}

static void
add_context (Player       *self,
             GCtxContext  *context,
             ModelContext *made)
{
  int index = model_plant (&self->model, *made);

  if (GCTX_IS_SCOPE (context) != made->is_scope)
    player_complain (self, "context #%d is of the wrong type", index);
  self->contexts[index] = context;
  g_object_add_weak_pointer (G_OBJECT (context), (gpointer *) &self->contexts[index]);
}

void
step_derive (Player   *self,
             const Op *op)
{
  ModelContext made = model_blank ();
  int i;

  if (self->c[op->to] != MODEL_NONE)
    return;

  if (op->code == OP_ADOPT_FOREIGN)
    {
      made.foreign = self->f[op->from[0]];
      if (made.foreign == MODEL_NONE)
        return;
    }
  else if (op->code == OP_ADOPT_HANDOUT)
    {
      made.handout = self->k[op->from[0]];
      if (made.handout == MODEL_NONE)
        return;
      made.parents[made.n_parents++] = self->model.handouts[made.handout].context;
    }
  else
    {
      for (i = 0; i < op->n_from; i++)
        {
          made.parents[i] = self->c[op->from[i]];
          if (made.parents[i] == MODEL_NONE)
            return;
        }
      made.n_parents = op->n_from;
    }

  for (i = 0; i < MODEL_N_KEYS && made.n_parents > 0; i++)
    made.values[i] = self->model.contexts[made.parents[0]].values[i];

  self->c[op->to] = self->model.n_contexts;
  self->names[self->model.n_contexts] = op->to;
  add_context (self, make_context (self, op, &made), &made);
}

/* --- Ending --- */

void
step_cancel (Player   *self,
             const Op *op)
{
  int index = self->c[op->to];
  gboolean close = op->code == OP_CLOSE;
  int n_inside_played = self->n_inside_played;
  gboolean expected, ended;

  if (index == MODEL_NONE || !self->model.contexts[index].is_scope)
    return;

  expected = model_cancel (&self->model, index, close ? 0 : op->number);
  self->n_told = 0;
  if (close)
    {
      /* The reference is given up after all has been told. */
      self->c[op->to] = MODEL_NONE;
      gctx_scope_close (GCTX_SCOPE (self->contexts[index]));
    }
  else
    {
      g_autoptr (GError) cause = player_new_cause (op->number);

      if (cause != NULL)
        ended = gctx_scope_cancel_with_cause (GCTX_SCOPE (self->contexts[index]), cause);
      else
        ended = gctx_scope_cancel (GCTX_SCOPE (self->contexts[index]));
      if (ended != expected)
        player_complain (self, "the cancel of context #%d says %s", index, ended ? "TRUE" : "FALSE");
    }

  if (expected)
    {
      model_tell_below (&self->model, index);
      model_update_alive (&self->model);
    }
  if (close)
    self->model.contexts[index].in_hand = FALSE;

  /* A step inside may have been a cancel of its own. */
  if (self->depth == 0 && self->n_inside_played == n_inside_played)
    player_check_order (self);
}

void
step_drop (Player   *self,
           const Op *op)
{
  int index = self->c[op->to];

  if (index <= 0)
    return;

  self->c[op->to] = MODEL_NONE;
  self->model.contexts[index].in_hand = FALSE;
  g_object_unref (self->contexts[index]);
}

#ifdef MODEL_WITH_CLOCK
static gboolean
has_passed_unmarked (void)
{
  gint64 now = gctx_clock_get_time ();
  gboolean found = FALSE;
  GList *link;

  gctx_lock ();
  for (link = gctx_home_get_all_locked (); link != NULL && !found; link = link->next)
    {
      GCtxNode *first = gctx_heap_peek (&((GCtxHome *) link->data)->heap);

      found = first != NULL && first->deadline <= now;
    }
  gctx_unlock ();

  return found;
}
#endif

/* The thread that keeps the time is let come first, and the home delivers what
 * that has marked; after an unseen advance it may be late. Or else which of the
 * two it was would be another one each time that a program is played. */
void
player_advance_to (Player   *self,
                   gint64    time,
                   gboolean  unseen)
{
#ifdef MODEL_WITH_CLOCK
  if (time <= self->model.now)
    return;
  if (unseen)
    gctx_clock_advance_unseen (time - self->model.now);
  else
    gctx_clock_advance (time - self->model.now);
  while (!unseen && has_passed_unmarked ())
    g_thread_yield ();
  model_pass_time (&self->model, time);
#endif
}

void
step_advance (Player   *self,
              const Op *op)
{
  player_advance_to (self, self->model.now + op->usec, op->number);
}

void
step_expire (Player   *self,
             const Op *op)
{
  int index = self->c[op->to];

  if (index != MODEL_NONE && self->model.contexts[index].deadline != G_MAXINT64)
    player_advance_to (self, self->model.contexts[index].deadline + op->usec, op->number);
}
