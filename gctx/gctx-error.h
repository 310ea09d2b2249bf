/* gctx-error.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (GCTX_INSIDE) && !defined (GCTX_COMPILATION)
# error "Only <gctx.h> can be included directly."
#endif

#include "gctx-context.h"

G_BEGIN_DECLS

GCTX_AVAILABLE_IN_1_0
void    gctx_context_propagate_error (GCtxContext   *self,
                                      GError       **dest,
                                      GError        *src);
GCTX_AVAILABLE_IN_1_0
GError *gctx_context_translate_error (GCtxContext   *self,
                                      const GError  *error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
