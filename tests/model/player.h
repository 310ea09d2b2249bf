/* player.h: plays a program on the library and on the model
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gctx.h>

#include "model.h"
#include "program.h"

/* With a clock in hand deadlines pass as the program says. Without one, where
 * the real library is linked, a deadline is in the past or there is none. */
#ifdef MODEL_WITH_CLOCK
#include "gctx-clock-private.h"
#define WITH_CLOCK TRUE
#else
#define WITH_CLOCK FALSE
#endif

typedef struct _Player Player;

typedef struct
{
  Player  *player;
  int      index;
  gulong   id;            /* of an after-func */
  GSource *source;        /* good while the model calls it pending */
  int      n_ran;
  int      n_destroyed;
} Call;

/* The library's objects have the indices that the model's have. None is held
 * here, but for what is in a variable of the program. */
struct _Player
{
  Model         model;
  char         *complaint;
  gint64        start;
  GThread      *thread;

  GCtxContext  *contexts[MODEL_MAX];
  int           names[MODEL_MAX];      /* the variable that each was made for */
  GCancellable *handouts[MODEL_MAX];
  GCancellable *foreigns[MODEL_MAX];
  GObject      *values[MODEL_MAX];
  int           n_values;
  Call          after_funcs[MODEL_MAX];
  Call          sources[MODEL_MAX];
  Call          listeners[MODEL_MAX];          /* on what was handed out */
  Call          foreign_listeners[MODEL_MAX];

  /* Where after-funcs may run, and which may be destroyed elsewhere. */
  gboolean      turning;
  int           destroying;

  /* Steps for the next callbacks, and inside how many of them we are. */
  Op            inside[MODEL_MAX];
  int           n_inside;
  int           n_inside_played;
  int           depth;
  gboolean      emitting;              /* the program cancels a cancellable: not there */

  /* The handouts that one call cancelled, in this order. */
  int           told[MODEL_MAX];
  int           n_told;

  /* The program's variables. */
  int           c[N_CONTEXTS];
  int           k[N_HANDOUTS];
  int           f[N_FOREIGNS];
  int           a[N_AFTER_FUNCS];
  int           s[N_SOURCES];
};

/* What the programs that went well were made of, so that one can see that they
 * are about something. */
typedef struct
{
  gint64 n_contexts;
  gint64 n_cancelled;
  gint64 n_expired;
  gint64 n_cancellables;
  gint64 n_adopted;
  gint64 n_ran;
  gint64 n_uncalled;
  gint64 n_inside;
  gint64 n_unheld;
  gint64 n_answers;
} PlayerCounts;

extern PlayerCounts player_counts;

/* A ProgramRun. */
char    *player_run       (const Program *program,
                           int           *n_ran);

/* The first complaint counts. */
void     player_complain  (Player        *self,
                           const char    *format,
                           ...) G_GNUC_PRINTF (2, 3);

/* The cause of this number, NULL for 0. */
GError  *player_new_cause (int            number);
GCtxKey *player_get_key   (int            number);

/* Called in callbacks: the next step that was meant for one. But while the
 * program cancels a cancellable that was adopted, the library hears of it as one
 * of several handlers, and whether a step in another comes before is not said. */
void     player_play_inside (Player      *self);

/* tree-steps.c, cancellable-steps.c and call-steps.c: one step each. Where the
 * library calls back inside, the model is a step ahead. */
#define STEP(name) void name (Player *self, const Op *op)

STEP (step_derive);
STEP (step_cancel);
STEP (step_drop);
STEP (step_advance);
STEP (step_expire);
STEP (step_get);
STEP (step_create);
STEP (step_handout);
STEP (step_foreign);
STEP (step_add_after_func);
STEP (step_remove_after_func);
STEP (step_source);

#undef STEP

/* Nothing without a clock. After an unseen advance whoever keeps the time is late
 * until the next turn: what is asked has to look at the clock itself. */
void  player_advance_to  (Player   *self,
                          gint64    time,
                          gboolean  unseen);

/* compare.c: what can be seen without asking, what each context answers, and
 * in which order one call has told. */
char *player_compare     (Player   *self);
char *player_find_left   (Player   *self);
void  player_ask         (Player   *self,
                          int       number);
void  player_check_order (Player   *self);
