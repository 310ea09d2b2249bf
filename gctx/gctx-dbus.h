/* gctx-dbus.h
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
void      gctx_dbus_connection_call        (GDBusConnection      *connection,
                                            GCtxContext          *context,
                                            const char           *bus_name,
                                            const char           *object_path,
                                            const char           *interface_name,
                                            const char           *method_name,
                                            GVariant             *parameters,
                                            const GVariantType   *reply_type,
                                            GDBusCallFlags        flags,
                                            GAsyncReadyCallback   callback,
                                            gpointer              user_data);
GCTX_AVAILABLE_IN_1_0
GVariant *gctx_dbus_connection_call_finish (GAsyncResult         *result,
                                            GError              **error) G_GNUC_WARN_UNUSED_RESULT;
GCTX_AVAILABLE_IN_1_0
GVariant *gctx_dbus_connection_call_sync   (GDBusConnection      *connection,
                                            GCtxContext          *context,
                                            const char           *bus_name,
                                            const char           *object_path,
                                            const char           *interface_name,
                                            const char           *method_name,
                                            GVariant             *parameters,
                                            const GVariantType   *reply_type,
                                            GDBusCallFlags        flags,
                                            GError              **error) G_GNUC_WARN_UNUSED_RESULT;

GCTX_AVAILABLE_IN_1_0
void      gctx_dbus_proxy_call             (GDBusProxy           *proxy,
                                            GCtxContext          *context,
                                            const char           *method_name,
                                            GVariant             *parameters,
                                            GDBusCallFlags        flags,
                                            GAsyncReadyCallback   callback,
                                            gpointer              user_data);
GCTX_AVAILABLE_IN_1_0
GVariant *gctx_dbus_proxy_call_finish      (GAsyncResult         *result,
                                            GError              **error) G_GNUC_WARN_UNUSED_RESULT;
GCTX_AVAILABLE_IN_1_0
GVariant *gctx_dbus_proxy_call_sync        (GDBusProxy           *proxy,
                                            GCtxContext          *context,
                                            const char           *method_name,
                                            GVariant             *parameters,
                                            GDBusCallFlags        flags,
                                            GError              **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
