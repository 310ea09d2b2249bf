/* gctx-dbus-scope.h
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

GCTX_AVAILABLE_IN_1_0
GCtxScope *gctx_scope_new_for_dbus_invocation (GCtxContext           *parent,
                                               GDBusMethodInvocation *invocation) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
