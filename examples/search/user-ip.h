/* user-ip.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gctx.h>

G_BEGIN_DECLS

GCtxContext  *user_ip_new_context  (GCtxContext  *parent,
                                    GInetAddress *user_ip) G_GNUC_WARN_UNUSED_RESULT;
GInetAddress *user_ip_from_context (GCtxContext  *context);

G_END_DECLS
