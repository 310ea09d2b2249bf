/* soak-load.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gctx.h>

/* What all threads of the soak share: contexts and cancellables that any of
 * them derives from, ends and drops. */
void  load_start         (GMainContext **loops,
                          guint          n_loops);

/* One operation, chosen at random. */
void  load_step          (void);

/* How many threads have put something there so far. */
guint load_get_n_threads (void);

/* Ends and drops all that is shared. After the last step. */
void  load_empty         (void);
