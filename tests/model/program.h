/* program.h: programs that a dice makes
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* A program works on variables: contexts c0, c1, …, cancellables that were
 * handed out, k0, …, foreign ones, f0, …, after-funcs a0, …, sources s0, ….
 * c0 is the background. A step that makes no sense, because a variable is
 * empty or is taken, does nothing: so any part of a program is a program. */

#define N_CONTEXTS    12
#define N_HANDOUTS    6
#define N_FOREIGNS    3
#define N_AFTER_FUNCS 8
#define N_SOURCES     4

typedef enum
{
  OP_SCOPE,
  OP_WITH_DEADLINE,
  OP_WITH_VALUE,
  OP_ANY,
  OP_WITHOUT_CANCEL,
  OP_ADOPT_FOREIGN,
  OP_ADOPT_HANDOUT,

  OP_CANCEL,
  OP_CLOSE,
  OP_DROP,
  OP_ADVANCE,
  OP_EXPIRE,

  OP_GET,
  OP_GET_REF,
  OP_CREATE,
  OP_CANCEL_HANDOUT,
  OP_RESET_HANDOUT,
  OP_DROP_HANDOUT,

  OP_NEW_FOREIGN,
  OP_CANCEL_FOREIGN,
  OP_RESET_FOREIGN,
  OP_DROP_FOREIGN,

  OP_ADD_AFTER_FUNC,
  OP_REMOVE_AFTER_FUNC,
  OP_ADD_SOURCE,
  OP_DESTROY_SOURCE,

  OP_TURN,
  OP_ASK,
  N_OPS,
} OpCode;

/* What a deadline is counted from. */
typedef enum
{
  FROM_NOTHING,        /* there is none */
  FROM_START,
  FROM_NOW,
  FROM_PARENT,
} OpTime;

typedef struct
{
  OpCode code;
  int    to;           /* the variable that is set, or the only one */
  int    from[3];      /* the others */
  int    n_from;
  OpTime time;
  int    usec;
  int    number;       /* a cause, a value, what to ask first, whether unseen */
  int    key;
  gboolean inside;     /* it waits for a callback, and is played in there */
} Op;

typedef struct
{
  Op  *ops;
  int  n_ops;
} Program;

/* NULL where all went well, or what did not, after the step @n_ran. */
typedef char *(*ProgramRun) (const Program *program,
                             int           *n_ran);

void  program_generate  (Program       *self,
                         guint32        seed,
                         int            n_ops,
                         gboolean       with_time);
char *program_shrink    (Program       *self,
                         ProgramRun     run,
                         char          *complaint);
void  program_clear     (Program       *self);

/* print.c: lines that read like C. */
char *program_to_string (const Program *self);
char *op_to_string      (const Op      *op);
