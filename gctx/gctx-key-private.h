/* gctx-key-private.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "gctx-key.h"

G_BEGIN_DECLS

struct _GCtxKey
{
  gint      ref_count;      /* atomic */

  /* Immutable. */
  guint     is_static : 1;  /* never freed, nothing to count */
  guint     is_number : 1;
  guint     is_plain : 1;   /* a GValue's bits are all there is to its content */
  guint     is_object : 1;  /* the type is a GObject's, or an interface of GObjects */
  guint64   id;             /* given once in the life of the process, and densely */
  GType     value_type;
  GType     fundamental;    /* that of the value type */
  char     *name;
};

void     gctx_key_free               (GCtxKey      *self);

gboolean gctx_key_store_value        (GCtxKey      *self,
                                      const GValue *value,
                                      GValue       *stored);

gboolean gctx_value_transform_number (const GValue *src,
                                      GValue       *dest);

/* What the public pair does, without a call through the linker's table: a map
 * takes and drops a reference for each of its values. */
static inline GCtxKey *
gctx_key_hold (GCtxKey *self)
{
  if (!self->is_static)
    g_atomic_int_inc (&self->ref_count);

  return self;
}

static inline void
gctx_key_release (GCtxKey *self)
{
  if (!self->is_static && g_atomic_int_dec_and_test (&self->ref_count))
    gctx_key_free (self);
}

G_END_DECLS
