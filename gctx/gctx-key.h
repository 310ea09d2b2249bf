/* gctx-key.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (GCTX_INSIDE) && !defined (GCTX_COMPILATION)
# error "Only <gctx.h> can be included directly."
#endif

#include "gctx-types.h"

G_BEGIN_DECLS

#define GCTX_TYPE_KEY (gctx_key_get_type ())

GCTX_AVAILABLE_IN_1_0
GType       gctx_key_get_type       (void) G_GNUC_CONST;

GCTX_AVAILABLE_IN_1_0
GCtxKey    *gctx_key_new            (const char *name,
                                     GType       value_type);
GCTX_AVAILABLE_IN_1_0
GCtxKey    *gctx_key_new_static     (const char *static_name,
                                     GType       value_type);
GCTX_AVAILABLE_IN_1_0
GCtxKey    *gctx_key_ref            (GCtxKey    *self);
GCTX_AVAILABLE_IN_1_0
void        gctx_key_unref          (GCtxKey    *self);

GCTX_AVAILABLE_IN_1_0
const char *gctx_key_get_name       (GCtxKey    *self);
GCTX_AVAILABLE_IN_1_0
GType       gctx_key_get_value_type (GCtxKey    *self);

/**
 * GCTX_DEFINE_KEY:
 * @function_name: the name of the function to define
 * @name: the key's name, a string literal
 * @value_type: the #GType of the values that go with the key
 *
 * Defines `static GCtxKey *function_name (void)`, which makes the key the
 * first time that it is called, from whichever thread, and returns that same
 * key ever after. The key is never freed.
 *
 * ```c
 * GCTX_DEFINE_KEY (user_key, "user", G_TYPE_STRING)
 * ```
 *
 * Since: 1.0
 */
#define GCTX_DEFINE_KEY(function_name, name, value_type) \
  static GCtxKey * \
  function_name (void) \
  { \
    static gsize function_name##_key = 0; \
    if (g_once_init_enter (&function_name##_key)) \
      g_once_init_leave (&function_name##_key, (gsize) gctx_key_new_static ("" name, (value_type))); \
    return (GCtxKey *) function_name##_key; \
  }

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GCtxKey, gctx_key_unref)

G_END_DECLS
