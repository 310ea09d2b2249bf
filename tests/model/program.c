/* program.c: makes programs, and makes them smaller
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "program.h"

#include <string.h>

/* --- Making --- */

/* How often each step is tried, one to another. What ends things is rarer than
 * what makes them, or nothing would ever grow. */
typedef guint Weights[N_OPS];

static const Weights mixed = {
  [OP_SCOPE] = 14,
  [OP_WITH_DEADLINE] = 8,
  [OP_WITH_VALUE] = 6,
  [OP_ANY] = 6,
  [OP_WITHOUT_CANCEL] = 2,
  [OP_ADOPT_FOREIGN] = 4,
  [OP_ADOPT_HANDOUT] = 5,
  [OP_CANCEL] = 4,
  [OP_CLOSE] = 3,
  [OP_DROP] = 15,
  [OP_ADVANCE] = 3,
  [OP_EXPIRE] = 4,
  [OP_GET] = 4,
  [OP_GET_REF] = 5,
  [OP_CREATE] = 4,
  [OP_CANCEL_HANDOUT] = 3,
  [OP_RESET_HANDOUT] = 2,
  [OP_DROP_HANDOUT] = 5,
  [OP_NEW_FOREIGN] = 4,
  [OP_CANCEL_FOREIGN] = 2,
  [OP_RESET_FOREIGN] = 1,
  [OP_DROP_FOREIGN] = 2,
  [OP_ADD_AFTER_FUNC] = 10,
  [OP_REMOVE_AFTER_FUNC] = 4,
  [OP_ADD_SOURCE] = 4,
  [OP_DESTROY_SOURCE] = 2,
  [OP_TURN] = 12,
  [OP_ASK] = 10,
};

/* Trees that grow large, hand out much and then end: for the order of telling. */
static const Weights growing = {
  [OP_SCOPE] = 20,
  [OP_WITH_DEADLINE] = 3,
  [OP_WITH_VALUE] = 3,
  [OP_ANY] = 10,
  [OP_CANCEL] = 1,
  [OP_DROP] = 4,
  [OP_GET] = 30,
  [OP_TURN] = 1,
  [OP_ASK] = 1,
};

typedef struct
{
  GRand       *rand;
  const guint *weights;  /* of the steps */

  /* Which variables hold something, so that most steps make sense. */
  gboolean  contexts[N_CONTEXTS];
  gboolean  scopes[N_CONTEXTS];
  gboolean  handouts[N_HANDOUTS];
  gboolean  foreigns[N_FOREIGNS];
  gboolean  after_funcs[N_AFTER_FUNCS];
  gboolean  sources[N_SOURCES];
} Maker;

static int
dice (Maker *self,
      int    end)
{
  return g_rand_int_range (self->rand, 0, end);
}

/* One of the variables that are taken, or are not; -1 where there is none. */
static int
pick (Maker          *self,
      const gboolean *variables,
      int             n_variables,
      gboolean        taken)
{
  int start = dice (self, n_variables);
  int i;

  for (i = 0; i < n_variables; i++)
    {
      int variable = (start + i) % n_variables;

      if (variables[variable] == taken)
        return variable;
    }

  return -1;
}

#define PICK(self, what, taken) pick (self, self->what, G_N_ELEMENTS (self->what), taken)

static OpCode
pick_code (Maker *self)
{
  guint total = 0;
  guint number;
  int code;

  for (code = 0; code < N_OPS; code++)
    total += self->weights[code];

  number = dice (self, total);
  for (code = 0; number >= self->weights[code]; code++)
    number -= self->weights[code];

  return code;
}

/* Times are few and close together: deadlines shall meet the moves of the
 * clock, one another and the deadlines of their parents. */
static void
pick_time (Maker *self,
           Op    *op)
{
  static const OpTime kinds[] = { FROM_START, FROM_START, FROM_NOW, FROM_PARENT };

  op->time = kinds[dice (self, G_N_ELEMENTS (kinds))];
  op->usec = op->time == FROM_START ? 1 + dice (self, 5000) : dice (self, 3) - 1;
}

static gboolean
fill_in_derive (Maker *self,
                Op    *op)
{
  int i;

  op->to = PICK (self, contexts, FALSE);
  op->n_from = op->code == OP_ANY ? 1 + dice (self, G_N_ELEMENTS (op->from)) : 1;
  for (i = 0; i < op->n_from; i++)
    op->from[i] = PICK (self, contexts, TRUE);
  if (op->code == OP_ADOPT_FOREIGN)
    op->from[0] = PICK (self, foreigns, TRUE);
  if (op->code == OP_ADOPT_HANDOUT)
    op->from[0] = PICK (self, handouts, TRUE);
  if (op->to < 0 || op->from[0] < 0)
    return FALSE;

  if (op->code == OP_WITH_DEADLINE || (op->code == OP_SCOPE && dice (self, 2) == 0))
    pick_time (self, op);
  if (op->code == OP_SCOPE && op->time != FROM_NOTHING)
    op->number = dice (self, 2) * (1 + dice (self, 99));
  if (op->code == OP_WITH_VALUE)
    {
      op->key = dice (self, 3);
      op->number = dice (self, 4);
    }

  self->contexts[op->to] = TRUE;
  self->scopes[op->to] = op->code == OP_SCOPE;
  return TRUE;
}

static gboolean
fill_in (Maker *self,
         Op    *op)
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
      return fill_in_derive (self, op);

    case OP_CANCEL:
      op->to = PICK (self, scopes, TRUE);
      op->number = dice (self, 2) * (1 + dice (self, 99));
      return op->to > 0;

    case OP_CLOSE:
    case OP_DROP:
      op->to = op->code == OP_CLOSE ? PICK (self, scopes, TRUE) : PICK (self, contexts, TRUE);
      if (op->to <= 0)
        return FALSE;
      self->contexts[op->to] = self->scopes[op->to] = FALSE;
      return TRUE;

    case OP_ADVANCE:
      op->usec = 1 + dice (self, 200);
      op->number = dice (self, 2);
      return TRUE;

    case OP_EXPIRE:
      op->to = PICK (self, contexts, TRUE);
      op->usec = dice (self, 3) - 1;
      op->number = dice (self, 2);
      return TRUE;

    case OP_GET:
      op->from[0] = PICK (self, contexts, TRUE);
      return TRUE;

    case OP_GET_REF:
    case OP_CREATE:
      op->to = PICK (self, handouts, FALSE);
      op->from[0] = PICK (self, contexts, TRUE);
      if (op->to < 0)
        return FALSE;
      self->handouts[op->to] = TRUE;
      return TRUE;

    case OP_CANCEL_HANDOUT:
    case OP_RESET_HANDOUT:
    case OP_DROP_HANDOUT:
      op->to = PICK (self, handouts, TRUE);
      if (op->to >= 0 && op->code == OP_DROP_HANDOUT)
        self->handouts[op->to] = FALSE;
      return op->to >= 0;

    case OP_NEW_FOREIGN:
      op->to = PICK (self, foreigns, FALSE);
      if (op->to >= 0)
        self->foreigns[op->to] = TRUE;
      return op->to >= 0;

    case OP_CANCEL_FOREIGN:
    case OP_RESET_FOREIGN:
    case OP_DROP_FOREIGN:
      op->to = PICK (self, foreigns, TRUE);
      if (op->to >= 0 && op->code == OP_DROP_FOREIGN)
        self->foreigns[op->to] = FALSE;
      return op->to >= 0;

    case OP_ADD_AFTER_FUNC:
      op->to = dice (self, N_AFTER_FUNCS);
      op->from[0] = PICK (self, contexts, TRUE);
      self->after_funcs[op->to] = TRUE;
      return TRUE;

    case OP_REMOVE_AFTER_FUNC:
      op->to = PICK (self, after_funcs, TRUE);
      return op->to >= 0;

    case OP_ADD_SOURCE:
      op->to = PICK (self, sources, FALSE);
      op->from[0] = PICK (self, contexts, TRUE);
      if (op->to >= 0)
        self->sources[op->to] = TRUE;
      return op->to >= 0;

    case OP_DESTROY_SOURCE:
      op->to = PICK (self, sources, TRUE);
      if (op->to >= 0)
        self->sources[op->to] = FALSE;
      return op->to >= 0;

    case OP_ASK:
      op->number = dice (self, 1000);
      return TRUE;

    default:
      return TRUE;
    }
}

/* A reset in there waits for itself, says GLib. */
static gboolean
may_be_inside (OpCode code)
{
  return code != OP_TURN && code != OP_RESET_HANDOUT && code != OP_RESET_FOREIGN;
}

void
program_generate (Program  *self,
                  guint32   seed,
                  int       n_ops,
                  gboolean  with_time)
{
  Maker maker = {
    .rand = g_rand_new_with_seed (seed),
    .weights = seed % 4 == 0 ? growing : mixed,
    .contexts = { TRUE },
  };

  self->ops = g_new0 (Op, n_ops);
  self->n_ops = 0;

  while (self->n_ops < n_ops)
    {
      Op op = { .code = pick_code (&maker) };

      if (!with_time && (op.code == OP_ADVANCE || op.code == OP_EXPIRE))
        continue;
      if (!fill_in (&maker, &op))
        continue;
      op.inside = maker.weights == mixed && dice (&maker, 16) == 0 && may_be_inside (op.code);
      self->ops[self->n_ops++] = op;
    }

  g_rand_free (maker.rand);
}

void
program_clear (Program *self)
{
  g_clear_pointer (&self->ops, g_free);
  self->n_ops = 0;
}

/* --- Shrinking --- */

/* A thread of the library has its part in some failures: what goes well once
 * may fail the next time. A program that fails half the time hides that from a
 * few tries often enough to be called as short as it gets when it is not. So
 * many are made before that; but few while it is long, which finds one that
 * fails more often and costs less. */
#define N_TRIES_FIRST 3
#define N_TRIES_LAST  48

static gboolean
fails (const Program  *self,
       ProgramRun      run,
       int             n_tries,
       char          **complaint)
{
  int i, n_ran;

  for (i = 0; i < n_tries; i++)
    {
      char *next = run (self, &n_ran);

      if (next == NULL)
        continue;
      g_free (*complaint);
      *complaint = next;
      return TRUE;
    }

  return FALSE;
}

/* A copy without the steps from @start to @end. */
static Program
leave_out (const Program *self,
           int            start,
           int            end)
{
  Program rest;

  rest.n_ops = self->n_ops - (end - start);
  rest.ops = g_new0 (Op, rest.n_ops + 1);
  memcpy (rest.ops, self->ops, start * sizeof (Op));
  memcpy (rest.ops + start, self->ops + end, (self->n_ops - end) * sizeof (Op));

  return rest;
}

/* Leaves out what can be left out with the rest still failing, in whichever
 * way: half of it, a quarter of it, …, single steps, until nothing can. */
static char *
shrink (Program    *self,
        ProgramRun  run,
        int         n_tries,
        char       *complaint)
{
  int chunk = self->n_ops;

  while (chunk > 0)
    {
      gboolean smaller = FALSE;
      int start = 0;

      while (start < self->n_ops)
        {
          int end = MIN (start + chunk, self->n_ops);
          Program rest = leave_out (self, start, end);

          if (fails (&rest, run, n_tries, &complaint))
            {
              program_clear (self);
              *self = rest;
              smaller = TRUE;
            }
          else
            {
              program_clear (&rest);
              start = end;
            }
        }

      if (chunk > 1)
        chunk /= 2;
      else if (!smaller)
        chunk = 0;
    }

  return complaint;
}

/* Takes what is wrong with the whole and returns what is wrong with the rest. */
char *
program_shrink (Program    *self,
                ProgramRun  run,
                char       *complaint)
{
  int n_tries;

  for (n_tries = N_TRIES_FIRST; n_tries <= N_TRIES_LAST; n_tries *= 4)
    complaint = shrink (self, run, n_tries, complaint);

  return complaint;
}
