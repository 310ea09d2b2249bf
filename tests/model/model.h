/* model.h: what a context is, for the test that compares
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* The contract in arrays: one thread, no locks, no references, and every
 * question answered by going through everything. A parent has a smaller index
 * than its children, so one pass upwards reaches a whole subtree. */

#define MODEL_MAX     256
#define MODEL_N_KEYS  3
#define MODEL_PARENTS 3
#define MODEL_NONE    (-1)

/* What is not said: the library may do either. */
typedef enum
{
  NO,
  YES,
  EITHER,
} ModelAnswer;

typedef struct
{
  gboolean timed_out;
  int      cause;      /* 0 for none */
} ModelOutcome;

typedef struct
{
  /* How it was made. */
  int           parents[MODEL_PARENTS];
  int           n_parents;
  gboolean      is_scope;
  gboolean      shares_place;      /* in the tree, with its parent */
  gint64        own_deadline;      /* G_MAXINT64 for none */
  int           deadline_cause;
  int           foreign;           /* what it adopted, or MODEL_NONE */
  int           handout;           /* the same of one that the library handed out */
  int           values[MODEL_N_KEYS];

  /* What follows. */
  gint64        deadline;
  gboolean      owns_deadline;

  /* How it is. */
  gboolean      done;
  gboolean      expired;
  ModelOutcome  outcome;
  gboolean      in_hand;           /* the program has a reference */
  ModelAnswer   alive;             /* the object */
} ModelContext;

/* A cancellable, handed out or foreign. */
typedef struct
{
  int          context;
  gboolean     shared;             /* of get_cancellable (), not of create_cancellable () */
  gboolean     told;               /* has heard of the end of its context */
  ModelAnswer  cancelled;
  gboolean     in_hand;
} ModelCancellable;

typedef struct
{
  int         context;
  gboolean    queued;
  gboolean    pending;
  int         n_ran;
  int         n_destroyed;
} ModelCall;                       /* an after-func, or a source */

typedef struct
{
  gint64           now;
  ModelContext     contexts[MODEL_MAX];
  int              n_contexts;
  ModelCancellable handouts[MODEL_MAX];
  int              n_handouts;
  ModelCancellable foreigns[MODEL_MAX];
  int              n_foreigns;
  ModelCall        after_funcs[MODEL_MAX];
  int              n_after_funcs;
  ModelCall        sources[MODEL_MAX];
  int              n_sources;
} Model;

/* A context as nobody has made it yet, and the background as number 0. */
ModelContext model_blank            (void);
void         model_init             (Model         *self,
                                     gint64         now);

int          model_plant            (Model         *self,
                                     ModelContext   context);
void         model_pass_time        (Model         *self,
                                     gint64         now);
gboolean     model_cancel           (Model         *self,
                                     int            scope,
                                     int            cause);
void         model_tell_below       (Model         *self,
                                     int            context);
gboolean     model_can_end          (Model         *self,
                                     int            context);

/* Whether an after-func waits for this context, or below it. */
gboolean     model_is_waited_for    (Model         *self,
                                     int            context);

int          model_hand_out         (Model         *self,
                                     int            context,
                                     gboolean       shared);
int          model_get_shared       (Model         *self,
                                     int            context);
void         model_cancel_handout   (Model         *self,
                                     int            handout);
void         model_cancel_foreign   (Model         *self,
                                     int            foreign);

int          model_add_after_func   (Model         *self,
                                     int            context);
ModelAnswer  model_remove_after_func (Model        *self,
                                     int            after_func);
int          model_add_source       (Model         *self,
                                     int            context);

/* It happened: FALSE if it must not have. */
gboolean     model_call_ran         (Model         *self,
                                     ModelCall     *call);
gboolean     model_after_func_destroyed (Model     *self,
                                     int            after_func);

/* What has ended is told, and what is queued runs. */
void         model_turn             (Model         *self);

/* After every change: which objects are alive. */
void         model_update_alive     (Model         *self);
