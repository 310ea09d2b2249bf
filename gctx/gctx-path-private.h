/* gctx-path-private.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "gctx-node-private.h"
#include "gctx-value-map-private.h"

G_BEGIN_DECLS

char *gctx_path_to_string (GCtxNode     *node,
                           GCtxValueMap *values);

G_END_DECLS
