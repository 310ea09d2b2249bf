/* gctx-outcome-private.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* How a context ended: the error it reports and the cause behind it. Immutable
 * and shared by all whom one ending reached. */
typedef struct
{
  gint    ref_count;   /* atomic */
  GError *error;
  GError *cause;       /* NULL where none was given */
} GCtxOutcome;

/* The two without a cause: never freed, nothing to count. */
GCtxOutcome  *gctx_outcome_cancelled (void);
GCtxOutcome  *gctx_outcome_timed_out (void);

GCtxOutcome  *gctx_outcome_new       (GIOErrorEnum  code,
                                      const GError *cause);
void          gctx_outcome_free      (GCtxOutcome  *self);

const GError *gctx_outcome_get_cause (GCtxOutcome  *self);

/* Known by what never changes: the count may be moving in another thread. */
static inline gboolean
gctx_outcome_is_immortal (GCtxOutcome *self)
{
  return self->cause == NULL;
}

static inline GCtxOutcome *
gctx_outcome_ref (GCtxOutcome *self)
{
  if (!gctx_outcome_is_immortal (self))
    g_atomic_int_inc (&self->ref_count);

  return self;
}

static inline void
gctx_outcome_unref (GCtxOutcome *self)
{
  if (!gctx_outcome_is_immortal (self) && g_atomic_int_dec_and_test (&self->ref_count))
    gctx_outcome_free (self);
}

G_END_DECLS
