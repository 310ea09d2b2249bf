/* index.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The databases by the name that they go by, ended by a NULL name. */
typedef struct
{
  const char *name;
  const char *gir;
} IndexDatabase;

extern const IndexDatabase index_databases[];

typedef struct _Index Index;

Index      *index_new           (const char  *gir_dir,
                                 const char  *data_dir,
                                 GError     **error);
void        index_free          (Index       *self);

char       *index_get_path      (Index       *self,
                                 const char  *database);
const char *index_find_database (const char  *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Index, index_free)

G_END_DECLS
