/* bench-process.h: what is measured in a process of its own
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What `gctx-bench --child NAME` does. */
int bench_process_main (const char *name);

G_END_DECLS
