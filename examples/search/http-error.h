/* http-error.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gctx.h>

G_BEGIN_DECLS

/* An error whose code is the HTTP status to answer with, and whose message is
 * the sentence to show. */
#define HTTP_ERROR (http_error_quark ())

/* What nginx logs for a client that did not wait; nobody reads it there. */
#define HTTP_STATUS_CLIENT_CLOSED_REQUEST 499

GQuark      http_error_quark        (void);

const char *http_failure_get_reason (GCtxContext  *context,
                                     const GError *error);
guint       http_failure_get_status (GCtxContext  *context,
                                     const GError *error);

G_END_DECLS
