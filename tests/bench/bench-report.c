/* bench-report.c: the table that is printed, and the JSON
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "bench.h"

#include <math.h>
#include <string.h>

#include <json-glib/json-glib.h>

struct _BenchReport
{
  FILE       *table;
  guint       rounds;
  char       *go_version;
  JsonArray  *cases;
  JsonObject *growth;
  const char *series;      /* the one that the last line of the table belongs to */
};

static const char *columns[] = { "gctx", "floor", "idiom", "go" };

BenchReport *
bench_report_new (FILE       *table,
                  guint       rounds,
                  const char *go_version)
{
  BenchReport *self = g_new0 (BenchReport, 1);

  self->table = table;
  self->rounds = rounds;
  self->go_version = g_strdup (go_version);
  self->cases = json_array_new ();
  self->growth = json_object_new ();

  fprintf (table, "GLib %u.%u.%u, %s, %u processors, the median of %u rounds (10th to 90th percentile)\n",
           glib_major_version, glib_minor_version, glib_micro_version,
           go_version != NULL ? go_version : "no Go", g_get_num_processors (), rounds);
  fflush (table);

  return self;
}

void
bench_report_free (BenchReport *self)
{
  json_array_unref (self->cases);
  json_object_unref (self->growth);
  g_free (self->go_version);
  g_free (self);
}

/* --- The table --- */

static char *
number_to_string (double value)
{
  double size = fabs (value);

  return g_strdup_printf ("%.*f", size >= 100 ? 0 : size >= 10 ? 1 : 2, value);
}

static void
print_result (FILE              *table,
              const char        *name,
              const BenchResult *result)
{
  g_autofree char *median = NULL;
  g_autofree char *low = NULL;
  g_autofree char *high = NULL;
  g_autofree char *spread = NULL;

  if (result == NULL || isnan (result->spread.median))
    {
      fprintf (table, "  %-6s%9s %-17s", name, "-", "");
      return;
    }

  median = number_to_string (result->spread.median);
  low = number_to_string (result->spread.low);
  high = number_to_string (result->spread.high);
  spread = g_strdup_printf ("(%s-%s)", low, high);
  fprintf (table, "  %-6s%9s %-17s", name, median, spread);
}

static void
print_results (FILE           *table,
               const BenchRow *row)
{
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (columns); i++)
    print_result (table, columns[i], bench_row_find (row, columns[i]));
  fputc ('\n', table);

  for (i = 0; i < row->n_results; i++)
    {
      const char *name = row->results[i].contestant->name;

      if (g_str_has_prefix (name, "ref:"))
        {
          print_result (table, "", &row->results[i]);
          fprintf (table, "  %s\n", name + strlen ("ref:"));
        }
    }
}

static void
print_verdict (FILE               *table,
               const BenchTarget  *target,
               const BenchVerdict *verdict)
{
  gboolean is_max = target->max > 0;

  if (isnan (verdict->ratio))
    {
      fprintf (table, "        -                    x %-34s target %s %.2f\n",
               target->against, is_max ? "<=" : ">=", is_max ? target->max : target->min);
      return;
    }

  fprintf (table, "  %7.3f (%6.3f -%7.3f)  x %-34s target %s %.2f  %s\n",
           verdict->ratio, verdict->low, verdict->high, target->against,
           is_max ? "<=" : ">=", is_max ? target->max : target->min,
           verdict->met ? "ok" : "MISSED");
}

/* --- The JSON --- */

/* JSON has no NaN. */
static void
set_number (JsonObject *object,
            const char *name,
            double      value)
{
  if (isfinite (value))
    json_object_set_double_member (object, name, value);
  else
    json_object_set_null_member (object, name);
}

static JsonObject *
results_to_json (const BenchRow *row)
{
  JsonObject *results = json_object_new ();
  guint i;

  for (i = 0; i < row->n_results; i++)
    {
      const BenchResult *result = &row->results[i];
      JsonObject *object = json_object_new ();

      set_number (object, "median", result->spread.median);
      set_number (object, "low", result->spread.low);
      set_number (object, "high", result->spread.high);
      json_object_set_object_member (results, result->contestant->name, object);
    }

  return results;
}

static JsonArray *
verdicts_to_json (const BenchRow *row)
{
  JsonArray *targets = json_array_new ();
  guint i;

  for (i = 0; i < BENCH_MAX_TARGETS && row->bench_case->targets[i].against != NULL; i++)
    {
      const BenchTarget *target = &row->bench_case->targets[i];
      const BenchVerdict *verdict = &row->verdicts[i];
      JsonObject *object = json_object_new ();

      json_object_set_string_member (object, "against", target->against);
      set_number (object, target->max > 0 ? "max" : "min", target->max > 0 ? target->max : target->min);
      set_number (object, "ratio", verdict->ratio);
      set_number (object, "low", verdict->low);
      set_number (object, "high", verdict->high);
      if (isnan (verdict->ratio))
        json_object_set_null_member (object, "met");
      else
        json_object_set_boolean_member (object, "met", verdict->met);
      json_array_add_object_element (targets, object);
    }

  return targets;
}

void
bench_report_add_row (BenchReport *self,
                      BenchRow    *row)
{
  const BenchCase *bench_case = row->bench_case;
  JsonObject *object = json_object_new ();
  guint i;

  fprintf (self->table, "\n%s: %s [%s]\n",
           bench_case->name, bench_case->title, bench_case_unit (bench_case));
  print_results (self->table, row);
  for (i = 0; i < BENCH_MAX_TARGETS && bench_case->targets[i].against != NULL; i++)
    print_verdict (self->table, &bench_case->targets[i], &row->verdicts[i]);
  fflush (self->table);

  json_object_set_string_member (object, "name", bench_case->name);
  json_object_set_string_member (object, "title", bench_case->title);
  json_object_set_string_member (object, "unit", bench_case_unit (bench_case));
  json_object_set_object_member (object, "results", results_to_json (row));
  json_object_set_array_member (object, "targets", verdicts_to_json (row));
  json_array_add_object_element (self->cases, object);
}

void
bench_report_add_growth (BenchReport       *self,
                         const BenchSeries *series,
                         gint64             size,
                         BenchRow          *row)
{
  JsonObject *point = json_object_new ();
  guint i;

  if (self->series != series->name)
    {
      self->series = series->name;
      fprintf (self->table, "\n%s: %s [%s]\n",
               series->name, series->title, bench_case_unit (series->model));
      json_object_set_array_member (self->growth, series->name, json_array_new ());
    }

  fprintf (self->table, "%8" G_GINT64_FORMAT, size);
  print_results (self->table, row);
  fflush (self->table);

  json_object_set_int_member (point, "x", size);
  for (i = 0; i < row->n_results; i++)
    set_number (point, row->results[i].contestant->name, row->results[i].spread.median);
  json_array_add_object_element (json_object_get_array_member (self->growth, series->name), point);
}

static JsonNode *
report_to_json (BenchReport *self)
{
  g_autofree char *glib = g_strdup_printf ("%u.%u.%u", glib_major_version,
                                           glib_minor_version, glib_micro_version);
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);
  JsonObject *root = json_object_new ();

  json_object_set_int_member (root, "format", 1);
  json_object_set_string_member (root, "glib", glib);
  if (self->go_version != NULL)
    json_object_set_string_member (root, "go", self->go_version);
  else
    json_object_set_null_member (root, "go");
  json_object_set_int_member (root, "cpus", g_get_num_processors ());
  json_object_set_int_member (root, "rounds", self->rounds);
  json_object_set_array_member (root, "cases", json_array_ref (self->cases));
  json_object_set_object_member (root, "growth", json_object_ref (self->growth));
  json_node_take_object (node, root);

  return node;
}

/* @file "-" is the standard output. */
gboolean
bench_report_save (BenchReport  *self,
                   const char   *file,
                   GError      **error)
{
  g_autoptr (JsonGenerator) generator = json_generator_new ();
  g_autoptr (JsonNode) root = report_to_json (self);
  g_autofree char *text = NULL;

  json_generator_set_root (generator, root);
  json_generator_set_pretty (generator, TRUE);
  if (!g_str_equal (file, "-"))
    return json_generator_to_file (generator, file, error);

  text = json_generator_to_data (generator, NULL);
  puts (text);

  return TRUE;
}
