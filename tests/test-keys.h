/* test-keys.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gctx.h>

/* One for each kind of value that has a getter of its own, but objects. */
GCTX_DEFINE_KEY (string_key, "string", G_TYPE_STRING)
GCTX_DEFINE_KEY (boxed_key, "boxed", G_TYPE_STRV)
GCTX_DEFINE_KEY (variant_key, "variant", G_TYPE_VARIANT)
GCTX_DEFINE_KEY (pointer_key, "pointer", G_TYPE_POINTER)
GCTX_DEFINE_KEY (boolean_key, "boolean", G_TYPE_BOOLEAN)
GCTX_DEFINE_KEY (int_key, "int", G_TYPE_INT)
GCTX_DEFINE_KEY (int64_key, "int64", G_TYPE_INT64)
GCTX_DEFINE_KEY (uint64_key, "uint64", G_TYPE_UINT64)
GCTX_DEFINE_KEY (double_key, "double", G_TYPE_DOUBLE)
