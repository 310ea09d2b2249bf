/* gctx-subprocess-wait-private.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "gctx-context.h"

G_BEGIN_DECLS

typedef struct _GCtxSubprocessCall GCtxSubprocessCall;

/* What GIO is asked to do, and what it answers. */
typedef struct
{
  void     (*begin)  (GSubprocess          *subprocess,
                      GCtxSubprocessCall   *call,
                      GAsyncReadyCallback   callback,
                      gpointer              user_data);
  gboolean (*finish) (GSubprocess          *subprocess,
                      GCtxSubprocessCall   *call,
                      GAsyncResult         *result,
                      GError              **error);
} GCtxSubprocessCallKind;

struct _GCtxSubprocessCall
{
  const GCtxSubprocessCallKind *kind;
  GCtxContext                  *context;
  gulong                        context_id;  /* its after-func */
  GCancellable                 *withdrawn;

  /* What the child reads, and what it wrote. */
  GBytes                       *stdin_bytes;
  GBytes                       *stdout_bytes;
  GBytes                       *stderr_bytes;
  char                         *stdin_text;
  char                         *stdout_text;
  char                         *stderr_text;
};

GCtxSubprocessCall *gctx_subprocess_call_new    (const GCtxSubprocessCallKind  *kind,
                                                 GCtxContext                   *context);
void                gctx_subprocess_call_start  (GSubprocess                   *subprocess,
                                                 GCtxSubprocessCall            *call,
                                                 GAsyncReadyCallback            callback,
                                                 gpointer                       user_data);
GAsyncResult       *gctx_subprocess_call_run    (GSubprocess                   *subprocess,
                                                 GCtxSubprocessCall            *call);
GCtxSubprocessCall *gctx_subprocess_call_finish (GAsyncResult                  *result,
                                                 GError                       **error);

G_END_DECLS
