/* duration.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Durations as Go writes them: "300ms", "-1.5h", "1h15m30.918s". The rules are
 * those of Go's time.ParseDuration: an optional sign, then any number of
 * decimal numbers with an optional fraction and a unit each; "0" alone needs
 * no unit. The result is in nanoseconds and does not overflow silently.
 */

#include "duration.h"

#include <string.h>

#define NSEC_PER_USEC G_GINT64_CONSTANT (1000)
#define NSEC_PER_MSEC (1000 * NSEC_PER_USEC)
#define NSEC_PER_SEC  (1000 * NSEC_PER_MSEC)
#define NSEC_PER_MIN  (60 * NSEC_PER_SEC)
#define NSEC_PER_HOUR (60 * NSEC_PER_MIN)

/* Sums are kept without their sign, so that the smallest gint64 can be read. */
#define MAX_MAGNITUDE (G_GUINT64_CONSTANT (1) << 63)

static const struct
{
  const char *name;
  guint64     nsec;
} units[] = {
  { "ns", 1 },
  { "us", NSEC_PER_USEC },
  { "\302\265s", NSEC_PER_USEC },   /* U+00B5, the micro sign */
  { "\316\274s", NSEC_PER_USEC },   /* U+03BC, the Greek letter */
  { "ms", NSEC_PER_MSEC },
  { "s", NSEC_PER_SEC },
  { "m", NSEC_PER_MIN },
  { "h", NSEC_PER_HOUR },
};

G_DEFINE_QUARK (example-duration-error-quark, duration_error)

static gboolean
invalid (const char  *text,
         GError     **error)
{
  g_set_error (error, DURATION_ERROR, DURATION_ERROR_INVALID,
               "invalid duration “%s”", text);
  return FALSE;
}

static gboolean
read_whole (const char **cursor,
            guint64     *whole)
{
  const char *p;

  *whole = 0;
  for (p = *cursor; g_ascii_isdigit (*p); p++)
    {
      if (*whole > MAX_MAGNITUDE / 10)
        return FALSE;
      *whole = *whole * 10 + (*p - '0');
      if (*whole > MAX_MAGNITUDE)
        return FALSE;
    }
  *cursor = p;
  return TRUE;
}

/* Digits that no longer change the value are skipped, however many they are. */
static void
read_fraction (const char **cursor,
               guint64     *fraction,
               double      *scale)
{
  gboolean full = FALSE;
  const char *p;

  *fraction = 0;
  *scale = 1.0;
  for (p = *cursor; g_ascii_isdigit (*p); p++)
    {
      guint64 next;

      if (full)
        continue;
      if (*fraction > (MAX_MAGNITUDE - 1) / 10)
        {
          full = TRUE;
          continue;
        }
      next = *fraction * 10 + (*p - '0');
      if (next > MAX_MAGNITUDE)
        {
          full = TRUE;
          continue;
        }
      *fraction = next;
      *scale *= 10.0;
    }
  *cursor = p;
}

static gboolean
read_unit (const char  **cursor,
           const char   *text,
           guint64      *unit,
           GError      **error)
{
  gsize length = 0;
  gsize i;

  while ((*cursor)[length] != '\0' && (*cursor)[length] != '.' && !g_ascii_isdigit ((*cursor)[length]))
    length++;

  if (length == 0)
    {
      g_set_error (error, DURATION_ERROR, DURATION_ERROR_MISSING_UNIT,
                   "missing unit in duration “%s”", text);
      return FALSE;
    }

  for (i = 0; i < G_N_ELEMENTS (units); i++)
    {
      if (strlen (units[i].name) == length && memcmp (units[i].name, *cursor, length) == 0)
        {
          *unit = units[i].nsec;
          *cursor += length;
          return TRUE;
        }
    }

  g_set_error (error, DURATION_ERROR, DURATION_ERROR_UNKNOWN_UNIT,
               "unknown unit “%.*s” in duration “%s”", (int) length, *cursor, text);
  return FALSE;
}

gboolean
duration_parse (const char  *text,
                gint64      *nsec,
                GError     **error)
{
  const char *p = text;
  gboolean negative = FALSE;
  guint64 sum = 0;

  g_return_val_if_fail (text != NULL, FALSE);
  g_return_val_if_fail (nsec != NULL, FALSE);

  if (*p == '-' || *p == '+')
    negative = *p++ == '-';

  if (strcmp (p, "0") == 0)
    {
      *nsec = 0;
      return TRUE;
    }
  if (*p == '\0')
    return invalid (text, error);

  while (*p != '\0')
    {
      const char *start = p;
      guint64 whole, fraction = 0, unit;
      double scale = 1.0;
      gsize n_digits;

      if (!read_whole (&p, &whole))
        return invalid (text, error);
      n_digits = p - start;

      if (*p == '.')
        {
          const char *point = ++p;

          read_fraction (&p, &fraction, &scale);
          n_digits += p - point;
        }
      if (n_digits == 0)
        return invalid (text, error);

      if (!read_unit (&p, text, &unit, error))
        return FALSE;

      if (whole > MAX_MAGNITUDE / unit)
        return invalid (text, error);
      whole *= unit;
      if (fraction > 0)
        whole += (guint64) ((double) fraction * ((double) unit / scale));
      if (whole > MAX_MAGNITUDE || sum > MAX_MAGNITUDE - whole)
        return invalid (text, error);
      sum += whole;
    }

  if (negative)
    {
      *nsec = (gint64) (0 - sum);
      return TRUE;
    }
  if (sum > G_MAXINT64)
    return invalid (text, error);
  *nsec = (gint64) sum;
  return TRUE;
}

static void
append_decimal (GString *string,
                guint64  value,
                guint64  unit)
{
  guint64 rest = value % unit;

  g_string_append_printf (string, "%" G_GUINT64_FORMAT, value / unit);
  if (rest == 0)
    return;

  g_string_append_c (string, '.');
  for (unit /= 10; rest > 0; unit /= 10)
    {
      g_string_append_c (string, '0' + (char) (rest / unit));
      rest %= unit;
    }
}

/* As Go's Duration.String writes it: the shortest form, with a leading unit
 * smaller than a second where the whole is less than one. */
char *
duration_to_string (gint64 nsec)
{
  guint64 magnitude = nsec < 0 ? 0 - (guint64) nsec : (guint64) nsec;
  GString *string;

  if (nsec == 0)
    return g_strdup ("0s");

  string = g_string_new (nsec < 0 ? "-" : NULL);
  if (magnitude < NSEC_PER_USEC)
    g_string_append_printf (string, "%" G_GUINT64_FORMAT "ns", magnitude);
  else if (magnitude < NSEC_PER_MSEC)
    {
      append_decimal (string, magnitude, NSEC_PER_USEC);
      g_string_append (string, "\302\265s");
    }
  else if (magnitude < NSEC_PER_SEC)
    {
      append_decimal (string, magnitude, NSEC_PER_MSEC);
      g_string_append (string, "ms");
    }
  else
    {
      if (magnitude >= NSEC_PER_HOUR)
        g_string_append_printf (string, "%" G_GUINT64_FORMAT "h", magnitude / NSEC_PER_HOUR);
      if (magnitude >= NSEC_PER_MIN)
        g_string_append_printf (string, "%" G_GUINT64_FORMAT "m", magnitude % NSEC_PER_HOUR / NSEC_PER_MIN);
      append_decimal (string, magnitude % NSEC_PER_MIN, NSEC_PER_SEC);
      g_string_append_c (string, 's');
    }

  return g_string_free (string, FALSE);
}

/* Rounded away from zero: a duration that is not zero stays that. */
GTimeSpan
duration_to_usec (gint64 nsec)
{
  GTimeSpan usec = nsec / NSEC_PER_USEC;

  if (nsec % NSEC_PER_USEC > 0)
    usec++;
  else if (nsec % NSEC_PER_USEC < 0)
    usec--;
  return usec;
}
