/* gctx-warden-private.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

GMainContext *gctx_warden_get_main_context (GError **error);

G_END_DECLS
