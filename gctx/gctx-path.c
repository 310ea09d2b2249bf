/* gctx-path.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "gctx-path-private.h"

#include "gctx-clock-private.h"

typedef struct
{
  GCtxKey *key;      /* NULL for a function that is asked for values */
  guint64  serial;
  guint    layer;
} Step;

static void
collect_step (GCtxKey      *key,
              const GValue *value,
              guint64       serial,
              guint         layer,
              gpointer      user_data)
{
  Step step = { key, serial, layer };

  g_array_append_val ((GArray *) user_data, step);
}

static int
compare_steps (gconstpointer a,
               gconstpointer b)
{
  const Step *left = a, *right = b;

  return (left->layer > right->layer) - (left->layer < right->layer);
}

/* The steps that added values at the node of @serial, one .value () a layer, and
 * functions to ask for some. */
static guint
append_values (GString *path,
               GArray  *steps,
               guint    next,
               guint64  serial)
{
  while (next < steps->len && g_array_index (steps, Step, next).serial <= serial)
    {
      guint layer = g_array_index (steps, Step, next).layer;
      const char *separator = ".value(";

      if (g_array_index (steps, Step, next).key == NULL)
        {
          g_string_append (path, ".lookup");
          next++;
          continue;
        }

      for (; next < steps->len && g_array_index (steps, Step, next).layer == layer; next++)
        {
          g_string_append (path, separator);
          g_string_append (path, gctx_key_get_name (g_array_index (steps, Step, next).key));
          separator = ", ";
        }
      g_string_append_c (path, ')');
    }

  return next;
}

static void
append_state (GString  *path,
              GCtxNode *node)
{
  if (!gctx_node_is_live (node))
    {
      gboolean timed_out = g_error_matches (node->outcome->error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);

      g_string_append (path, timed_out ? "(timed out)" : "(cancelled)");
    }
  else if (node->own_deadline)
    {
      gint64 remaining_usec = MAX (node->deadline - gctx_clock_get_time (), 0);

      g_string_append_printf (path, "(deadline in %" G_GINT64_FORMAT ".%03d s)",
                              remaining_usec / G_USEC_PER_SEC,
                              (int) (remaining_usec % G_USEC_PER_SEC / 1000));
    }
}

static void
append_node (GString  *path,
             GCtxNode *node)
{
  switch ((GCtxNodeKind) node->kind)
    {
    case GCTX_NODE_BACKGROUND:
      g_string_append (path, "background");
      break;
    case GCTX_NODE_TODO:
      g_string_append (path, "todo");
      break;
    case GCTX_NODE_WITHOUT_CANCEL:
      g_string_append (path, ".without_cancel");
      break;
    case GCTX_NODE_SCOPE:
      g_string_append (path, ".scope");
      append_state (path, node);
      break;
    case GCTX_NODE_DEADLINE:
      g_string_append (path, ".context");
      append_state (path, node);
      break;
    case GCTX_NODE_ANY:
      g_string_append_printf (path, ".any(%" G_GSIZE_FORMAT ")", node->extra->n_legs);
      append_state (path, node);
      break;
    case GCTX_NODE_CANCELLABLE:
      g_string_append (path, ".from_cancellable");
      append_state (path, node);
      break;
    default:
      g_assert_not_reached ();
    }
}

/* The node above on the path; for one with several parents that of the first. */
static GCtxNode *
get_parent (GCtxNode *node)
{
  if (node->kind == GCTX_NODE_ANY)
    return node->extra->legs[0].item.node;

  return node->item.node;
}

/* The path from the root. Everything that it reads is immutable or final, so
 * it needs no lock. */
char *
gctx_path_to_string (GCtxNode     *node,
                     GCtxValueMap *values)
{
  GString *path = g_string_new (NULL);
  GArray *steps = g_array_new (FALSE, FALSE, sizeof (Step));
  GPtrArray *nodes = g_ptr_array_new ();
  guint next = 0;

  gctx_value_map_foreach (values, collect_step, steps);
  g_array_sort (steps, compare_steps);

  for (; node != NULL; node = get_parent (node))
    g_ptr_array_add (nodes, node);

  for (guint i = nodes->len; i > 0; i--)
    {
      node = nodes->pdata[i - 1];

      /* The values came along from a path that was left behind. */
      if (node->kind == GCTX_NODE_WITHOUT_CANCEL)
        {
          g_string_append (path, "background");
          next = append_values (path, steps, next, node->serial - 1);
        }
      append_node (path, node);
      next = append_values (path, steps, next, node->serial);
    }
  append_values (path, steps, next, G_MAXUINT64);

  g_ptr_array_unref (nodes);
  g_array_unref (steps);

  return g_string_free (path, FALSE);
}
