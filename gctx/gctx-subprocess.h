/* gctx-subprocess.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (GCTX_INSIDE) && !defined (GCTX_COMPILATION)
# error "Only <gctx.h> can be included directly."
#endif

#include "gctx-context.h"

G_BEGIN_DECLS

/**
 * GCTX_SUBPROCESS_GRACE:
 *
 * How many microseconds a child of [func@GCtx.subprocess_new] has between
 * `SIGTERM` and `SIGKILL`: five seconds.
 *
 * Since: 1.0
 */
#define GCTX_SUBPROCESS_GRACE (5000000)

GCTX_AVAILABLE_IN_1_0
GSubprocess *gctx_subprocess_new             (GCtxContext          *context,
                                              GSubprocessFlags      flags,
                                              GError              **error,
                                              const char           *argv0,
                                              ...) G_GNUC_NULL_TERMINATED G_GNUC_WARN_UNUSED_RESULT;
GCTX_AVAILABLE_IN_1_0
GSubprocess *gctx_subprocess_newv            (GCtxContext          *context,
                                              const char * const   *argv,
                                              GSubprocessFlags      flags,
                                              GError              **error) G_GNUC_WARN_UNUSED_RESULT;
GCTX_AVAILABLE_IN_1_0
GSubprocess *gctx_subprocess_launcher_spawnv (GSubprocessLauncher  *launcher,
                                              GCtxContext          *context,
                                              GTimeSpan             grace_usec,
                                              const char * const   *argv,
                                              GError              **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
