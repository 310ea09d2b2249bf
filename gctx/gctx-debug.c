/* gctx-debug.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "gctx-debug-private.h"

guint gctx_debug_flags = 0;

static void __attribute__ ((constructor))
read_debug_flags (void)
{
  static const GDebugKey keys[] = {
    { "tree", GCTX_DEBUG_TREE },
    { "deadline", GCTX_DEBUG_DEADLINE },
    { "lifecycle", GCTX_DEBUG_LIFECYCLE },
  };

  gctx_debug_flags = g_parse_debug_string (g_getenv ("GCTX_DEBUG"), keys, G_N_ELEMENTS (keys));
}

void
gctx_debug_note (const char *topic,
                 char       *path,
                 const char *format,
                 ...)
{
  gint64 now_usec = g_get_monotonic_time ();
  char *name = g_ascii_strdown (topic, -1);
  char *text;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);

  g_printerr ("gctx-%s %" G_GINT64_FORMAT ".%06d: %s %s\n", name,
              now_usec / G_USEC_PER_SEC, (int) (now_usec % G_USEC_PER_SEC), path, text);

  g_free (text);
  g_free (path);
  g_free (name);
}
