/* parameters.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gctx.h>

G_BEGIN_DECLS

#define PARAMETER_Q_MAX 512   /* characters */

/* What server and backend are both asked for. */
typedef struct
{
  char      *text;
  gboolean   fuzzy;
  GTimeSpan  delay_usec;
} SearchParameters;

typedef const char *(*ParameterFunc) (gpointer    request,
                                      const char *name);

SearchParameters *search_parameters_new        (ParameterFunc   get,
                                                gpointer        request,
                                                GError        **error);
SearchParameters *search_parameters_copy       (const SearchParameters *self);
void              search_parameters_free       (SearchParameters *self);

gboolean          parameter_parse_timeout      (const char     *value,
                                                gint64         *nsec,
                                                GError        **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SearchParameters, search_parameters_free)

G_END_DECLS
