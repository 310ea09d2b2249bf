/* test-values.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "test-util.h"

#define EXPECT_CRITICAL(pattern) g_test_expect_message ("GCtx", G_LOG_LEVEL_CRITICAL, (pattern))

static inline GCtxContext *
with_string (GCtxContext *parent,
             GCtxKey     *key,
             const char  *string)
{
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_STRING);
  g_value_set_string (&value, string);

  return gctx_context_with_value (parent, key, &value);
}
