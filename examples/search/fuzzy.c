/* fuzzy.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The SQL function edit_distance (name): how many edits make the text that was
 * asked for out of @name. An edit puts in, takes out or replaces a character,
 * or swaps two neighbours; case does not count.
 *
 * Nothing can be looked up for it, every name has to be compared: that is the
 * work that is not worth finishing once nobody waits for it.
 */

#include "fuzzy.h"

#include <string.h>

/* Naps that are shorter than this cost more than they wait. */
#define SHORTEST_NAP G_TIME_SPAN_MILLISECOND

typedef struct
{
  gunichar *text;
  glong     n_text;
  guint    *rows[3];
  glong     n_row;
} Ruler;

typedef struct
{
  GCtxContext *context;
  Ruler        ruler;

  GTimeSpan    delay_usec;
  gint64       started;
  gint64       n_names;
  gint64       n_compared;
} Fuzzy;

static gunichar *
fold_case (const char *text,
           glong      *length)
{
  gunichar *folded = g_utf8_to_ucs4_fast (text, -1, length);
  glong i;

  for (i = 0; i < *length; i++)
    folded[i] = g_unichar_tolower (folded[i]);
  return folded;
}

static void
ruler_init (Ruler      *self,
            const char *text)
{
  guint i;

  self->text = fold_case (text, &self->n_text);
  self->n_row = self->n_text + 1;
  for (i = 0; i < G_N_ELEMENTS (self->rows); i++)
    self->rows[i] = g_new (guint, self->n_row);
}

static void
ruler_clear (Ruler *self)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (self->rows); i++)
    g_free (self->rows[i]);
  g_free (self->text);
}

/* Row i, column j of the table is the distance between the first i characters
 * of @name and the first j of the text. Only three rows are ever needed: a
 * swap reaches two rows back. */
static guint
ruler_measure (Ruler      *self,
               const char *name)
{
  guint *before = self->rows[0], *above = self->rows[1], *row = self->rows[2];
  g_autofree gunichar *folded = NULL;
  glong n_name, i, j;

  folded = fold_case (name, &n_name);
  for (j = 0; j < self->n_row; j++)
    row[j] = j;

  for (i = 1; i <= n_name; i++)
    {
      guint *recycled = before;

      before = above;
      above = row;
      row = recycled;

      row[0] = i;
      for (j = 1; j < self->n_row; j++)
        {
          gboolean same = folded[i - 1] == self->text[j - 1];
          guint best = MIN (above[j], row[j - 1]) + 1;

          best = MIN (best, above[j - 1] + (same ? 0 : 1));
          if (i > 1 && j > 1 && folded[i - 1] == self->text[j - 2] && folded[i - 2] == self->text[j - 1])
            best = MIN (best, before[j - 2] + 1);
          row[j] = best;
        }
    }

  return row[self->n_text];
}

int
edit_distance (const char *a,
               const char *b)
{
  Ruler ruler;
  guint distance;

  ruler_init (&ruler, b);
  distance = ruler_measure (&ruler, a);
  ruler_clear (&ruler);
  return distance;
}

/* A slow engine is slow all the way: the delay is spread over the names, so
 * that the statement is running while it waits. */
static gboolean
fall_behind (Fuzzy *self)
{
  double share = (double) self->n_compared / self->n_names;
  gint64 due = self->started + (gint64) (share * self->delay_usec);
  gint64 early = due - g_get_monotonic_time ();

  return early < SHORTEST_NAP || gctx_context_sleep (self->context, early, NULL);
}

static void
on_edit_distance (sqlite3_context  *call,
                  int               n_arguments,
                  sqlite3_value   **arguments)
{
  Fuzzy *self = sqlite3_user_data (call);
  const char *name = (const char *) sqlite3_value_text (arguments[0]);

  self->n_compared++;
  if (gctx_context_is_done (self->context) || (self->delay_usec > 0 && !fall_behind (self)))
    {
      sqlite3_result_error_code (call, SQLITE_INTERRUPT);
      return;
    }
  sqlite3_result_int (call, ruler_measure (&self->ruler, name != NULL ? name : ""));
}

static void
fuzzy_free (gpointer data)
{
  Fuzzy *self = data;

  g_object_unref (self->context);
  ruler_clear (&self->ruler);
  g_free (self);
}

/* Gives @db the function, for a statement that calls it @n_names times and is
 * to take at least @delay_usec. FALSE leaves the reason in @db. */
gboolean
fuzzy_register_function (sqlite3     *db,
                         GCtxContext *context,
                         const char  *text,
                         GTimeSpan    delay_usec,
                         gint64       n_names)
{
  Fuzzy *self = g_new0 (Fuzzy, 1);

  self->context = g_object_ref (context);
  self->delay_usec = delay_usec;
  self->started = g_get_monotonic_time ();
  self->n_names = MAX (n_names, 1);
  ruler_init (&self->ruler, text);

  return sqlite3_create_function_v2 (db, "edit_distance", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC,
                                     self, on_edit_distance, NULL, NULL, fuzzy_free) == SQLITE_OK;
}
