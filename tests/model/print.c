/* print.c: programs to read
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "program.h"

static char *
time_to_string (const Op *op)
{
  switch (op->time)
    {
    case FROM_START:
      return g_strdup_printf ("START + %d", op->usec);
    case FROM_NOW:
      return g_strdup_printf ("NOW + %d", op->usec);
    case FROM_PARENT:
      return g_strdup_printf ("deadline_of (c%d) + %d", op->from[0], op->usec);
    default:
      return g_strdup ("NEVER");
    }
}

static char *
any_to_string (const Op *op)
{
  GString *string = g_string_new (NULL);
  int i;

  g_string_append_printf (string, "c%d = any (", op->to);
  for (i = 0; i < op->n_from; i++)
    g_string_append_printf (string, "%sc%d", i > 0 ? ", " : "", op->from[i]);

  return g_string_free (g_string_append (string, ");"), FALSE);
}

char *
op_to_string (const Op *op)
{
  g_autofree char *time = time_to_string (op);

  switch (op->code)
    {
    case OP_SCOPE:
      if (op->time == FROM_NOTHING)
        return g_strdup_printf ("c%d = scope_new (c%d);", op->to, op->from[0]);
      if (op->number == 0)
        return g_strdup_printf ("c%d = scope_new_with_deadline (c%d, %s);", op->to, op->from[0], time);
      return g_strdup_printf ("c%d = scope_new_with_deadline_cause (c%d, %s, cause_%d);",
                              op->to, op->from[0], time, op->number);
    case OP_WITH_DEADLINE:
      return g_strdup_printf ("c%d = with_deadline (c%d, %s);", op->to, op->from[0], time);
    case OP_WITH_VALUE:
      return op->number == 0
             ? g_strdup_printf ("c%d = with_value (c%d, key_%d, NULL);", op->to, op->from[0], op->key)
             : g_strdup_printf ("c%d = with_value (c%d, key_%d, object);", op->to, op->from[0], op->key);
    case OP_ANY:
      return any_to_string (op);
    case OP_WITHOUT_CANCEL:
      return g_strdup_printf ("c%d = without_cancel (c%d);", op->to, op->from[0]);
    case OP_ADOPT_FOREIGN:
      return g_strdup_printf ("c%d = from_cancellable (f%d);", op->to, op->from[0]);
    case OP_ADOPT_HANDOUT:
      return g_strdup_printf ("c%d = from_cancellable (k%d);", op->to, op->from[0]);
    case OP_CANCEL:
      return op->number == 0
             ? g_strdup_printf ("cancel (c%d);", op->to)
             : g_strdup_printf ("cancel_with_cause (c%d, cause_%d);", op->to, op->number);
    case OP_CLOSE:
      return g_strdup_printf ("close (c%d);", op->to);
    case OP_DROP:
      return g_strdup_printf ("g_object_unref (c%d);", op->to);
    case OP_ADVANCE:
      return g_strdup_printf ("clock_advance%s (%d);", op->number ? "_unseen" : "", op->usec);
    case OP_EXPIRE:
      return g_strdup_printf ("clock_advance_to%s (deadline_of (c%d) + %d);", op->number ? "_unseen" : "",
                              op->to, op->usec);
    case OP_GET:
      return g_strdup_printf ("get_cancellable (c%d);", op->from[0]);
    case OP_GET_REF:
      return g_strdup_printf ("k%d = g_object_ref (get_cancellable (c%d));", op->to, op->from[0]);
    case OP_CREATE:
      return g_strdup_printf ("k%d = create_cancellable (c%d);", op->to, op->from[0]);
    case OP_CANCEL_HANDOUT:
      return g_strdup_printf ("g_cancellable_cancel (k%d);", op->to);
    case OP_RESET_HANDOUT:
      return g_strdup_printf ("g_cancellable_reset (k%d);", op->to);
    case OP_DROP_HANDOUT:
      return g_strdup_printf ("g_object_unref (k%d);", op->to);
    case OP_NEW_FOREIGN:
      return g_strdup_printf ("f%d = g_cancellable_new ();", op->to);
    case OP_CANCEL_FOREIGN:
      return g_strdup_printf ("g_cancellable_cancel (f%d);", op->to);
    case OP_RESET_FOREIGN:
      return g_strdup_printf ("g_cancellable_reset (f%d);", op->to);
    case OP_DROP_FOREIGN:
      return g_strdup_printf ("g_object_unref (f%d);", op->to);
    case OP_ADD_AFTER_FUNC:
      return g_strdup_printf ("a%d = add_after_func (c%d);", op->to, op->from[0]);
    case OP_REMOVE_AFTER_FUNC:
      return g_strdup_printf ("remove_after_func (a%d);", op->to);
    case OP_ADD_SOURCE:
      return g_strdup_printf ("s%d = g_source_attach (create_source (c%d));", op->to, op->from[0]);
    case OP_DESTROY_SOURCE:
      return g_strdup_printf ("g_source_destroy (s%d);", op->to);
    case OP_TURN:
      return g_strdup ("turn ();");
    default:
      return g_strdup_printf ("ask_all (%d);", op->number);
    }
}

char *
program_to_string (const Program *self)
{
  GString *string = g_string_new (NULL);
  int i;

  for (i = 0; i < self->n_ops; i++)
    {
      g_autofree char *op = op_to_string (&self->ops[i]);

      g_string_append_printf (string, "  %s%s\n", self->ops[i].inside ? "inside the next callback: " : "", op);
    }

  return g_string_free (string, FALSE);
}
