/* gctx-weak-private.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/* A GWeakRef that knows a trap of GLib before 2.80: g_weak_ref_get () holds a
 * lock of the process while it takes its reference. A toggle notify may run
 * then, and whatever sets or clears a GWeakRef inside would never return. What
 * this library has to set or clear meanwhile in the same thread waits until
 * the outermost look is over. */
typedef struct _GCtxWeak GCtxWeak;

gboolean  gctx_weak_is_looking (void);
void      gctx_weak_do_later   (GDestroyNotify  func,
                                gpointer        data);

/* Not while this thread is looking. */
GCtxWeak *gctx_weak_new        (gpointer        object);
gpointer  gctx_weak_look       (GCtxWeak       *self);
void      gctx_weak_free       (GCtxWeak       *self);

G_END_DECLS
