/* gctx.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define GCTX_INSIDE
#include "gctx-after-func.h"
#include "gctx-cancellable.h"
#include "gctx-connection.h"
#include "gctx-context.h"
#include "gctx-current.h"
#include "gctx-dbus.h"
#include "gctx-dbus-scope.h"
#include "gctx-error.h"
#include "gctx-group.h"
#include "gctx-key.h"
#include "gctx-object.h"
#include "gctx-lookup.h"
#include "gctx-scope.h"
#include "gctx-source.h"
#include "gctx-subprocess-communicate.h"
#include "gctx-subprocess-wait.h"
#include "gctx-subprocess.h"
#include "gctx-task.h"
#include "gctx-types.h"
#include "gctx-unix-signals.h"
#include "gctx-values.h"
#include "gctx-version.h"
#include "gctx-version-macros.h"
#include "gctx-wait.h"
#undef GCTX_INSIDE

G_END_DECLS
