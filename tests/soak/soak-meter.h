/* soak-meter.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gctx.h>

/* What the soak counts, from any thread. */
typedef enum
{
  METER_OPERATIONS,
  METER_EXPIRIES,      /* cancellables told of a passed deadline */
  METER_CANCELS,       /* those that ended something */
  METER_AFTER_FUNCS,   /* added */
  METER_NAPS,          /* asynchronous waits, sleeps and tasks that began */
  METER_NAPS_OVER,     /* those that called back */
  METER_WRONG,         /* answers that break the contract */
  N_METERS,
} Meter;

void    meter_add      (Meter        meter);
gint64  meter_get      (Meter        meter);
void    meter_wrong    (const char  *what);

/* How long after its deadline something was told. */
void    meter_late     (gint64       usec);

/* One sample of the resident memory. */
void    meter_sample   (void);

void    meter_report   (gint64       seconds);

/* Whether the memory stayed within 5 % of where it was after @n_first samples. */
gboolean meter_is_level (guint       n_first);

/* After-funcs: each is to run or not, and to be destroyed once. */
typedef struct _Ticket Ticket;

Ticket *ticket_new     (const char  *origin);
void    ticket_run     (GCtxContext *context,
                        gpointer     ticket);
void    ticket_destroy (gpointer     ticket);
guint   ticket_pending (void);
void    ticket_report  (void);
