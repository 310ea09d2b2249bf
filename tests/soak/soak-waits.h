/* soak-waits.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gctx.h>

/* Operations that leave something behind which waits, and one that waits
 * itself. */
void waits_attach_source (void);
void waits_start_task    (void);
void waits_nap           (void);
void waits_block         (void);
