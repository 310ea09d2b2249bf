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
typedef struct _GCtxGroup   GCtxGroup;
typedef struct _GCtxKey     GCtxKey;
typedef struct _GCtxScope   GCtxScope;

/**
 * GCtxLookupFunc:
 * @key: the key that is looked up
 * @value: where to put the value: set up with the key's value type
 * @user_data: the data that was given with the function
 *
 * What [method@GCtx.Context.with_lookup] asks for a value.
 *
 * It may be called from any thread, from several at once, and at any depth of
 * other code. It may look up other keys, on any context.
 *
 * Returns: %TRUE if it knows @key, with @value set; %FALSE otherwise, and @value
 *   does not count
 *
 * Since: 1.0
 */
typedef gboolean (*GCtxLookupFunc) (GCtxKey  *key,
                                    GValue   *value,
                                    gpointer  user_data);

G_END_DECLS
