/* gctx-debug-private.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "gctx-node-private.h"

G_BEGIN_DECLS

/* What GCTX_DEBUG asks for. Notes are printed outside the lock. */
typedef enum
{
  GCTX_DEBUG_TREE      = 1 << 0,   /* who ends what */
  GCTX_DEBUG_DEADLINE  = 1 << 1,   /* deadlines that are set, pass and are delivered */
  GCTX_DEBUG_LIFECYCLE = 1 << 2,   /* contexts that come and go */
} GCtxDebugFlags;

extern guint gctx_debug_flags;

void gctx_debug_note      (const char *topic,
                           const char *format,
                           ...) G_GNUC_PRINTF (2, 3);
void gctx_debug_note_node (const char *topic,
                           GCtxNode   *node,
                           const char *format,
                           ...) G_GNUC_PRINTF (3, 4);

#define GCTX_DEBUG_IS_ON(TOPIC) (G_UNLIKELY ((gctx_debug_flags & GCTX_DEBUG_##TOPIC) != 0))

#define GCTX_NOTE(TOPIC, ...) \
  G_STMT_START { \
    if (GCTX_DEBUG_IS_ON (TOPIC)) \
      gctx_debug_note (#TOPIC, __VA_ARGS__); \
  } G_STMT_END

#define GCTX_NOTE_NODE(TOPIC, node, ...) \
  G_STMT_START { \
    if (GCTX_DEBUG_IS_ON (TOPIC)) \
      gctx_debug_note_node (#TOPIC, (node), __VA_ARGS__); \
  } G_STMT_END

G_END_DECLS
