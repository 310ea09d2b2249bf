/* index-database.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

gboolean index_database_build      (const char  *path,
                                    const char  *gir,
                                    const char  *stamp,
                                    guint       *n_symbols,
                                    GError     **error);
gboolean index_database_is_current (const char  *path,
                                    const char  *stamp,
                                    char       **why_not);

G_END_DECLS
