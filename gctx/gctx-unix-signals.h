/* gctx-unix-signals.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (GCTX_INSIDE) && !defined (GCTX_COMPILATION)
# error "Only <gctx.h> can be included directly."
#endif

#include "gctx-scope.h"

G_BEGIN_DECLS

/**
 * GCTX_UNIX_SIGNAL:
 *
 * The domain of the cause that a signal leaves behind: see
 * [func@GCtx.unix_signal_quark].
 *
 * Since: 1.0
 */
#define GCTX_UNIX_SIGNAL (gctx_unix_signal_quark ())

GCTX_AVAILABLE_IN_1_0
GQuark     gctx_unix_signal_quark          (void);

GCTX_AVAILABLE_IN_1_0
GCtxScope *gctx_scope_new_for_unix_signals (GCtxContext *parent,
                                            const int   *signums,
                                            gsize        n_signums) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
