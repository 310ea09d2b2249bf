/* gir-reader.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct
{
  const char *name;   /* as C code says it: g_file_new, GFile, GFile:path, … */
  const char *kind;   /* the name of the element */
  const char *doc;    /* its documentation, that of its parameters included */
} GirSymbol;

typedef gboolean (*GirSymbolFunc) (const GirSymbol  *symbol,
                                   gpointer          user_data,
                                   GError          **error);

gboolean gir_read (const char     *path,
                   GirSymbolFunc   func,
                   gpointer        user_data,
                   GError        **error);

G_END_DECLS
