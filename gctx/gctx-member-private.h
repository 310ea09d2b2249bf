/* gctx-member-private.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "gctx-crew-private.h"
#include "gctx-group.h"

G_BEGIN_DECLS

void gctx_member_start         (GCtxCrew            *crew,
                                GCtxGroupStartFunc   func,
                                gpointer             user_data,
                                GDestroyNotify       destroy);
void gctx_member_run_in_thread (GCtxCrew            *crew,
                                GCtxGroupThreadFunc  func,
                                gpointer             user_data,
                                GDestroyNotify       destroy);

G_END_DECLS
