/* log.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gctx.h>

G_BEGIN_DECLS

GCtxContext *request_id_new_context  (GCtxContext *parent,
                                      const char  *request_id) G_GNUC_WARN_UNUSED_RESULT;
const char  *request_id_from_context (GCtxContext *context);

void         log_line                (GCtxContext *context,
                                      const char  *format,
                                      ...) G_GNUC_PRINTF (2, 3);

G_END_DECLS
