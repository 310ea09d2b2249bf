/* log.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* One line per event on stderr:
 *
 *   8123.004567 search-backend r7: gio: statement stopped after 201.3 ms: …
 *
 * The time is g_get_monotonic_time () in seconds, one clock for all processes
 * of a machine, so that the lines of client, server and backend can be laid
 * side by side. What names the request travels as a value of the context,
 * under a key that only this file knows.
 */

#include "log.h"

#include <stdarg.h>
#include <unistd.h>

GCTX_DEFINE_KEY (request_id_key, "request-id", G_TYPE_STRING)

GCtxContext *
request_id_new_context (GCtxContext *parent,
                        const char  *request_id)
{
  return gctx_context_with_values (parent, request_id_key (), request_id, NULL);
}

const char *
request_id_from_context (GCtxContext *context)
{
  return gctx_context_get_string (context, request_id_key ());
}

void
log_line (GCtxContext *context,
          const char  *format,
          ...)
{
  const char *request_id = context != NULL ? request_id_from_context (context) : NULL;
  gint64 now = g_get_monotonic_time ();
  GString *line = g_string_new (NULL);
  gssize written G_GNUC_UNUSED;
  va_list args;

  g_string_printf (line, "%" G_GINT64_FORMAT ".%06d %s",
                   now / G_USEC_PER_SEC, (int) (now % G_USEC_PER_SEC), g_get_prgname ());
  if (request_id != NULL)
    g_string_append_printf (line, " %s", request_id);
  g_string_append (line, ": ");
  va_start (args, format);
  g_string_append_vprintf (line, format, args);
  va_end (args);
  g_string_append_c (line, '\n');

  /* In one call, because several threads and processes share stderr; a line
   * that cannot be written has nobody to be reported to. */
  written = write (STDERR_FILENO, line->str, line->len);
  g_string_free (line, TRUE);
}
