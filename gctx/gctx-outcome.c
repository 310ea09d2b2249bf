/* gctx-outcome.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "gctx-outcome-private.h"

static const char *
code_to_message (GIOErrorEnum code)
{
  switch ((int) code)
    {
    case G_IO_ERROR_CANCELLED:
      return "Operation was cancelled";
    case G_IO_ERROR_TIMED_OUT:
      return "Deadline exceeded";
    default:
      g_assert_not_reached ();
    }
}

/* Copying and freeing a GError may run the code of its domain, so neither
 * happens under a lock: an outcome is made before and dropped after. */
GCtxOutcome *
gctx_outcome_new (GIOErrorEnum  code,
                  const GError *cause)
{
  GCtxOutcome *self;

  if (cause == NULL)
    return code == G_IO_ERROR_CANCELLED ? gctx_outcome_cancelled () : gctx_outcome_timed_out ();

  self = g_new (GCtxOutcome, 1);
  self->ref_count = 1;
  self->cause = g_error_copy (cause);
  self->error = g_error_new (G_IO_ERROR, code, "%s: %s", code_to_message (code), cause->message);

  return self;
}

static GCtxOutcome *cancelled, *timed_out;

static GCtxOutcome *
outcome_new_immortal (GIOErrorEnum code)
{
  GCtxOutcome *self = g_new (GCtxOutcome, 1);

  self->ref_count = 1;
  self->cause = NULL;
  self->error = g_error_new_literal (G_IO_ERROR, code, code_to_message (code));

  return self;
}

/* Not at their first use: a child that another thread forks just then would
 * wait for the rest of it for ever. */
static void __attribute__ ((constructor))
make_immortals (void)
{
  cancelled = outcome_new_immortal (G_IO_ERROR_CANCELLED);
  timed_out = outcome_new_immortal (G_IO_ERROR_TIMED_OUT);
}

GCtxOutcome *
gctx_outcome_cancelled (void)
{
  return cancelled;
}

GCtxOutcome *
gctx_outcome_timed_out (void)
{
  return timed_out;
}

void
gctx_outcome_free (GCtxOutcome *self)
{
  g_error_free (self->error);
  g_clear_error (&self->cause);
  g_free (self);
}

const GError *
gctx_outcome_get_cause (GCtxOutcome *self)
{
  return self->cause != NULL ? self->cause : self->error;
}
