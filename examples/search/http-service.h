/* http-service.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http-request.h"

G_BEGIN_DECLS

typedef struct _HttpService HttpService;

typedef void (*HttpHandler) (HttpRequest *request,
                             gpointer     user_data);

HttpService *http_service_new         (void);
void         http_service_free        (HttpService  *self);

void         http_service_add_handler (HttpService  *self,
                                       const char   *path,
                                       HttpHandler   handler,
                                       gpointer      user_data);
gboolean     http_service_listen      (HttpService  *self,
                                       int           port,
                                       GError      **error);
void         http_service_run         (HttpService  *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HttpService, http_service_free)

G_END_DECLS
