/* gctx-task.h
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
GTask       *gctx_task_new                (gpointer             source_object,
                                           GCtxContext         *context,
                                           GAsyncReadyCallback  callback,
                                           gpointer             user_data) G_GNUC_WARN_UNUSED_RESULT;
GCTX_AVAILABLE_IN_1_0
GCtxContext *gctx_task_get_context        (GTask               *task);

GCTX_AVAILABLE_IN_1_0
gboolean     gctx_task_return_if_done     (GTask               *task);
GCTX_AVAILABLE_IN_1_0
gboolean     gctx_task_propagate_boolean  (GTask               *task,
                                           GError             **error);
GCTX_AVAILABLE_IN_1_0
gssize       gctx_task_propagate_int      (GTask               *task,
                                           GError             **error);
GCTX_AVAILABLE_IN_1_0
gpointer     gctx_task_propagate_pointer  (GTask               *task,
                                           GError             **error);
GCTX_AVAILABLE_IN_1_0
gboolean     gctx_task_propagate_value    (GTask               *task,
                                           GValue              *value,
                                           GError             **error);

GCTX_AVAILABLE_IN_1_0
void         gctx_task_run_in_thread      (GTask               *task,
                                           GTaskThreadFunc      task_func);
GCTX_AVAILABLE_IN_1_0
void         gctx_task_run_in_thread_sync (GTask               *task,
                                           GTaskThreadFunc      task_func);

G_END_DECLS
