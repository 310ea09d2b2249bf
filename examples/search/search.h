/* search.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "parameters.h"

#include <libsoup/soup.h>

G_BEGIN_DECLS

SoupSession *search_session_new (void);

void         search_async       (SoupSession            *session,
                                 const char             *backend,
                                 const SearchParameters *parameters,
                                 GCtxContext            *context,
                                 GAsyncReadyCallback     callback,
                                 gpointer                user_data);
GPtrArray   *search_finish      (GAsyncResult           *result,
                                 GError                **error);

G_END_DECLS
