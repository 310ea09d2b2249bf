/* gctx-types.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (GCTX_INSIDE) && !defined (GCTX_COMPILATION)
# error "Only <gctx.h> can be included directly."
#endif

#include <gio/gio.h>

#include "gctx-version-macros.h"

G_BEGIN_DECLS

typedef struct _GCtxContext GCtxContext;
typedef struct _GCtxKey     GCtxKey;
typedef struct _GCtxScope   GCtxScope;

G_END_DECLS
