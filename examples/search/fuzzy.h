/* fuzzy.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gctx.h>
#include <sqlite3.h>

G_BEGIN_DECLS

int      edit_distance           (const char  *a,
                                  const char  *b);

gboolean fuzzy_register_function (sqlite3     *db,
                                  GCtxContext *context,
                                  const char  *text,
                                  GTimeSpan    delay_usec,
                                  gint64       n_names);

G_END_DECLS
