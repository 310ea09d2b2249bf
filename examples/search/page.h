/* page.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "parameters.h"

G_BEGIN_DECLS

#define PAGE_HTML "text/html; charset=utf-8"
#define PAGE_JSON "application/json"

char *page_render_results (const SearchParameters *parameters,
                           const char             *timeout,
                           GPtrArray              *results,
                           GTimeSpan               elapsed_usec,
                           gboolean                json);
char *page_render_failure (guint                   status,
                           const char             *sentence,
                           GTimeSpan               elapsed_usec,
                           gboolean                json);

G_END_DECLS
