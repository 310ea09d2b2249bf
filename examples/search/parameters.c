/* parameters.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What a request asks for, checked: everything that comes from outside is
 * either taken or refused here, with a sentence for a 400.
 */

#include "parameters.h"

#include "duration.h"
#include "http-error.h"

#include <libsoup/soup.h>
#include <string.h>

G_GNUC_PRINTF (2, 3)
static gboolean
refuse (GError     **error,
        const char  *format,
        ...)
{
  va_list args;

  va_start (args, format);
  if (error != NULL)
    *error = g_error_new_valist (HTTP_ERROR, SOUP_STATUS_BAD_REQUEST, format, args);
  va_end (args);
  return FALSE;
}

static gboolean
parse_text (const char  *value,
            char       **text,
            GError     **error)
{
  g_autofree char *stripped = NULL;
  glong length;

  if (value == NULL)
    return refuse (error, "The parameter q is missing: say what to search for.");
  if (!g_utf8_validate (value, -1, NULL))
    return refuse (error, "The parameter q is not valid UTF-8.");

  length = g_utf8_strlen (value, -1);
  if (length > PARAMETER_Q_MAX)
    return refuse (error, "The parameter q is too long: it has %ld characters, %d are allowed.",
                   length, PARAMETER_Q_MAX);

  stripped = g_strstrip (g_strdup (value));
  if (stripped[0] == '\0')
    return refuse (error, "The parameter q is empty: say what to search for.");

  *text = g_steal_pointer (&stripped);
  return TRUE;
}

static gboolean
parse_duration (const char  *name,
                const char  *value,
                gint64      *nsec,
                GError     **error)
{
  g_autoptr (GError) parse_error = NULL;

  if (!g_utf8_validate (value, -1, NULL))
    return refuse (error, "The parameter %s is not valid UTF-8.", name);
  if (!duration_parse (value, nsec, &parse_error))
    return refuse (error, "The parameter %s does not say how long: %s.", name, parse_error->message);
  return TRUE;
}

/* NULL where @value is no duration, or none that can be waited for. */
gboolean
parameter_parse_timeout (const char  *value,
                         gint64      *nsec,
                         GError     **error)
{
  if (!parse_duration ("timeout", value, nsec, error))
    return FALSE;
  if (*nsec <= 0)
    return refuse (error, "The parameter timeout must be more than zero, not %s.", value);
  return TRUE;
}

static gboolean
parse_delay (const char  *value,
             GTimeSpan   *usec,
             GError     **error)
{
  gint64 nsec;

  if (!parse_duration ("delay", value, &nsec, error))
    return FALSE;
  if (nsec < 0)
    return refuse (error, "The parameter delay must not be negative, as %s is.", value);
  *usec = duration_to_usec (nsec);
  return TRUE;
}

static gboolean
parse_flag (const char  *name,
            const char  *value,
            gboolean    *flag,
            GError     **error)
{
  *flag = strcmp (value, "1") == 0;
  if (!*flag && strcmp (value, "0") != 0)
    return refuse (error, "The parameter %s must be 0 or 1.", name);
  return TRUE;
}

/* Reads q, fuzzy and delay with @get. Returns: (nullable): NULL with an error
 * of HTTP_ERROR where one of them is bad */
SearchParameters *
search_parameters_new (ParameterFunc   get,
                       gpointer        request,
                       GError        **error)
{
  g_autoptr (SearchParameters) self = g_new0 (SearchParameters, 1);
  const char *fuzzy = get (request, "fuzzy");
  const char *delay = get (request, "delay");

  if (!parse_text (get (request, "q"), &self->text, error))
    return NULL;
  if (fuzzy != NULL && !parse_flag ("fuzzy", fuzzy, &self->fuzzy, error))
    return NULL;
  if (delay != NULL && !parse_delay (delay, &self->delay_usec, error))
    return NULL;
  return g_steal_pointer (&self);
}

SearchParameters *
search_parameters_copy (const SearchParameters *self)
{
  SearchParameters *copy = g_new (SearchParameters, 1);

  *copy = *self;
  copy->text = g_strdup (self->text);
  return copy;
}

void
search_parameters_free (SearchParameters *self)
{
  g_free (self->text);
  g_free (self);
}
