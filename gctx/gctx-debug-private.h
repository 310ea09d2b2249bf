/* gctx-debug-private.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "gctx-path-private.h"

G_BEGIN_DECLS

/* What GCTX_DEBUG asks for. Notes are printed outside the lock. */
typedef enum
{
  GCTX_DEBUG_TREE      = 1 << 0,   /* who ends what */
  GCTX_DEBUG_DEADLINE  = 1 << 1,   /* deadlines that are set, pass and are delivered */
  GCTX_DEBUG_LIFECYCLE = 1 << 2,   /* contexts that come and go */
} GCtxDebugFlags;

extern guint gctx_debug_flags;

static inline gboolean
gctx_debug_wants (GCtxDebugFlags topic)
{
  return G_UNLIKELY ((gctx_debug_flags & topic) != 0);
}

/* Takes @path. */
void gctx_debug_note (const char *topic,
                      char       *path,
                      const char *format,
                      ...) G_GNUC_PRINTF (3, 4);

/* Prints the path of a node, with the values of a context where there is one,
 * and what happens to it. */
#define GCTX_NOTE(TOPIC, node, values, ...) \
  G_STMT_START { \
    if (gctx_debug_wants (GCTX_DEBUG_##TOPIC)) \
      gctx_debug_note (#TOPIC, gctx_path_to_string ((node), (values)), __VA_ARGS__); \
  } G_STMT_END

G_END_DECLS
