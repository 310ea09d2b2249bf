/* query.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "index.h"
#include "parameters.h"

G_BEGIN_DECLS

char      *query_quote_match (const char             *text);

void       query_async       (Index                  *index,
                              const char             *database,
                              const SearchParameters *parameters,
                              GCtxContext            *context,
                              GAsyncReadyCallback     callback,
                              gpointer                user_data);
GPtrArray *query_finish      (GAsyncResult           *result,
                              GError                **error);

G_END_DECLS
