/* http-request.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gctx.h>
#include <libsoup/soup.h>

G_BEGIN_DECLS

typedef struct _HttpRequest HttpRequest;

HttpRequest  *http_request_begin            (GCtxContext       *parent,
                                             SoupServerMessage *message,
                                             GHashTable        *parameters);

GCtxContext  *http_request_get_context      (HttpRequest       *self);
GInetAddress *http_request_get_user_ip      (HttpRequest       *self);
const char   *http_request_get_parameter    (HttpRequest       *self,
                                             const char        *name);
gboolean      http_request_prefers_json     (HttpRequest       *self);
GTimeSpan     http_request_get_elapsed      (HttpRequest       *self);

void          http_request_respond          (HttpRequest       *self,
                                             guint              status,
                                             const char        *content_type,
                                             const char        *body);
void          http_request_respond_sentence (HttpRequest       *self,
                                             guint              status,
                                             const char        *sentence);

G_END_DECLS
