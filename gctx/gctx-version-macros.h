/* gctx-version-macros.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (GCTX_INSIDE) && !defined (GCTX_COMPILATION)
# error "Only <gctx.h> can be included directly."
#endif

#include <glib.h>

#include "gctx-version.h"

#ifndef _GCTX_EXTERN
# define _GCTX_EXTERN extern
#endif

#define GCTX_VERSION_1_0 (G_ENCODE_VERSION (1, 0))

/* The series that this copy of the library belongs to. */
#if (GCTX_MAJOR_VERSION < 1)
# define GCTX_VERSION_CUR_STABLE (GCTX_VERSION_1_0)
#else
# define GCTX_VERSION_CUR_STABLE (G_ENCODE_VERSION (GCTX_MAJOR_VERSION, GCTX_MINOR_VERSION))
#endif

/**
 * GCTX_VERSION_MIN_REQUIRED:
 *
 * The oldest version of GCtx that the program wants to be warned about: a
 * function that was deprecated in it or before warns when it is used.
 *
 * Define it before including `gctx.h`. It defaults to the current series.
 *
 * Since: 1.0
 */
#ifndef GCTX_VERSION_MIN_REQUIRED
# define GCTX_VERSION_MIN_REQUIRED (GCTX_VERSION_CUR_STABLE)
#endif

/**
 * GCTX_VERSION_MAX_ALLOWED:
 *
 * The newest version of GCtx whose functions the program may use: using one
 * that came later warns.
 *
 * Define it before including `gctx.h`. It defaults to the current series.
 *
 * Since: 1.0
 */
#ifndef GCTX_VERSION_MAX_ALLOWED
# define GCTX_VERSION_MAX_ALLOWED (GCTX_VERSION_CUR_STABLE)
#endif

#define GCTX_UNAVAILABLE(major, minor) G_UNAVAILABLE (major, minor) _GCTX_EXTERN

#define GCTX_AVAILABLE_IN_ALL _GCTX_EXTERN

#if GCTX_VERSION_MAX_ALLOWED < GCTX_VERSION_1_0
# define GCTX_AVAILABLE_IN_1_0 GCTX_UNAVAILABLE (1, 0)
#else
# define GCTX_AVAILABLE_IN_1_0 _GCTX_EXTERN
#endif
