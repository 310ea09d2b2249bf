/* gctx-group.h
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

#define GCTX_TYPE_GROUP    (gctx_group_get_type ())
#define GCTX_GROUP(obj)    (G_TYPE_CHECK_INSTANCE_CAST ((obj), GCTX_TYPE_GROUP, GCtxGroup))
#define GCTX_IS_GROUP(obj) (G_TYPE_CHECK_INSTANCE_TYPE ((obj), GCTX_TYPE_GROUP))

/**
 * GCtxGroupThreadFunc:
 * @context: the context to work under; it ends when the group's does
 * @user_data: the data that was given with the function
 * @error: return location for an error
 *
 * What [method@GCtx.Group.run_in_thread] calls, in a thread of its own.
 *
 * Returns: %TRUE on success, %FALSE with @error set on failure
 *
 * Since: 1.0
 */
typedef gboolean (*GCtxGroupThreadFunc) (GCtxContext  *context,
                                         gpointer      user_data,
                                         GError      **error);

/**
 * GCtxGroupStartFunc:
 * @task: what to return on once the operation has finished
 * @context: the context to work under; it ends when the group's does
 * @user_data: the data that was given with the function
 *
 * What [method@GCtx.Group.start] calls, to start an asynchronous operation.
 *
 * Keep a reference to @task for as long as the operation goes on, end with
 * `g_task_return_boolean (task, TRUE)` or [method@Gio.Task.return_error], and
 * drop the reference. The cancellable of @task is that of @context.
 *
 * Since: 1.0
 */
typedef void (*GCtxGroupStartFunc) (GTask       *task,
                                    GCtxContext *context,
                                    gpointer     user_data);

GCTX_AVAILABLE_IN_1_0
GType        gctx_group_get_type       (void) G_GNUC_CONST;

GCTX_AVAILABLE_IN_1_0
GCtxGroup   *gctx_group_new            (GCtxContext          *parent) G_GNUC_WARN_UNUSED_RESULT;
GCTX_AVAILABLE_IN_1_0
GCtxGroup   *gctx_group_new_with_limit (GCtxContext          *parent,
                                        guint                 max_running) G_GNUC_WARN_UNUSED_RESULT;

GCTX_AVAILABLE_IN_1_0
GCtxContext *gctx_group_get_context    (GCtxGroup            *self);

GCTX_AVAILABLE_IN_1_0
void         gctx_group_start          (GCtxGroup            *self,
                                        GCtxGroupStartFunc    func,
                                        gpointer              user_data,
                                        GDestroyNotify        destroy);
GCTX_AVAILABLE_IN_1_0
void         gctx_group_run_in_thread  (GCtxGroup            *self,
                                        GCtxGroupThreadFunc   func,
                                        gpointer              user_data,
                                        GDestroyNotify        destroy);

GCTX_AVAILABLE_IN_1_0
gboolean     gctx_group_wait           (GCtxGroup            *self,
                                        GError              **error);
GCTX_AVAILABLE_IN_1_0
void         gctx_group_wait_async     (GCtxGroup            *self,
                                        GCancellable         *cancellable,
                                        GAsyncReadyCallback   callback,
                                        gpointer              user_data);
GCTX_AVAILABLE_IN_1_0
gboolean     gctx_group_wait_finish    (GCtxGroup            *self,
                                        GAsyncResult         *result,
                                        GError              **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GCtxGroup, g_object_unref)

G_END_DECLS
