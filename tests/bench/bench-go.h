/* bench-go.h: the contestant that is a Go program
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* NULL where there is no Go. */
const char *bench_go_get_version (void);

G_END_DECLS
