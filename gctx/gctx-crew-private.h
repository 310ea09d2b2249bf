/* gctx-crew-private.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "gctx-scope.h"

G_BEGIN_DECLS

/* What the functions of a group share: one context, one first error, so many
 * turns, and those who wait for the last of them. It may be used in any thread. */
typedef struct _GCtxCrew GCtxCrew;

/* What a crew knows of each of its members. It lies at the head of the member. */
typedef struct
{
  GMainContext *loop;       /* immutable: the one that it needs to finish, to compare only; or NULL */
  gboolean      has_turn;   /* under the crew's mutex */
} GCtxCrewPlace;

GCtxCrew    *gctx_crew_new           (void);
GCtxCrew    *gctx_crew_ref           (GCtxCrew      *self);
void         gctx_crew_unref         (GCtxCrew      *self);
void         gctx_crew_set_parent    (GCtxCrew      *self,
                                      GCtxContext   *parent,
                                      guint          max_running);
void         gctx_crew_drop          (GCtxCrew      *self);

GCtxContext *gctx_crew_get_context   (GCtxCrew      *self);
gboolean     gctx_crew_is_open       (GCtxCrew      *self);
GError      *gctx_crew_get_end_error (GCtxCrew      *self);
void         gctx_crew_fail          (GCtxCrew      *self,
                                      GError        *error);

gboolean     gctx_crew_join          (GCtxCrew      *self,
                                      GCtxCrewPlace *place);
void         gctx_crew_leave         (GCtxCrew      *self,
                                      GCtxCrewPlace *place,
                                      GQueue        *next);

gboolean     gctx_crew_watch         (GCtxCrew      *self,
                                      GCtxScope     *told);
void         gctx_crew_unwatch       (GCtxCrew      *self,
                                      GCtxScope     *told);
void         gctx_crew_wait          (GCtxCrew      *self);
gboolean     gctx_crew_close         (GCtxCrew      *self,
                                      const GError **error);

G_END_DECLS
