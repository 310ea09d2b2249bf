/* duration.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define DURATION_ERROR (duration_error_quark ())

typedef enum
{
  DURATION_ERROR_INVALID,
  DURATION_ERROR_MISSING_UNIT,
  DURATION_ERROR_UNKNOWN_UNIT
} DurationError;

GQuark    duration_error_quark (void);

gboolean  duration_parse       (const char  *text,
                                gint64      *nsec,
                                GError     **error);
char     *duration_to_string   (gint64       nsec);

GTimeSpan duration_to_usec     (gint64       nsec);

G_END_DECLS
