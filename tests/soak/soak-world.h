/* soak-world.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gctx.h>

/* What all threads of the soak share, from any thread: contexts and
 * cancellables that any of them derives from, ends and drops. */

/* A context that is this deep below its session is no parent any more. */
#define MAX_DEPTH    4

/* No time-out is longer. */
#define LONGEST_MSEC 40

/* --- Chance --- */

guint         roll                   (guint          n);
GTimeSpan     roll_timeout           (void);

/* --- What is shared --- */

GCtxContext  *world_pick_parent      (guint         *depth);
GCtxContext  *world_pick             (void);
void          world_put              (GCtxContext   *context,
                                      guint          depth);
GCtxScope    *world_replace_session  (GCtxScope     *session);
GMainContext *world_pick_loop        (void);
GCancellable *world_pick_cancellable (void);
void          world_put_cancellable  (GCancellable  *cancellable);
void          world_put_source       (GSource       *source);

/* Whether that ended @scope, which need not be shared. */
gboolean      world_cancel           (GCtxScope     *scope);

/* --- Its life --- */

void          world_start            (GMainContext **loops,
                                      guint          n_loops);
guint         world_get_n_threads    (void);
void          world_empty            (void);
