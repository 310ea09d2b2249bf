/* gctx-keeper-private.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "gctx-node-private.h"

G_BEGIN_DECLS

void          gctx_keeper_start             (void);
gboolean      gctx_keeper_is_gone           (void);
void          gctx_keeper_wake_by_locked    (gint64           time_usec);
void          gctx_keeper_drop_later_locked (GSList          *main_contexts);
void          gctx_keeper_run_later         (GDestroyNotify   func,
                                             gpointer         data);

GThread      *gctx_keeper_thread_new        (const char      *name,
                                             GThreadFunc      func,
                                             gpointer         data,
                                             GError         **error);
GMainContext *gctx_keeper_loop_new          (const char      *name,
                                             GError         **error);

G_END_DECLS
