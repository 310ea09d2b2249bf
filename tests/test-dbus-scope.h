/* test-dbus-scope.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "test-dbus.h"

/* The tests take the calls of Hang from the service, and do its work here. */

static inline GCtxScope *
new_scope (GCtxContext           *parent,
           GDBusMethodInvocation *invocation)
{
  GCtxScope *scope = gctx_scope_new_for_dbus_invocation (parent, invocation);

  g_assert_true (GCTX_IS_SCOPE (scope));
  return scope;
}

/* Calls Hang as @client, and begins its work. */
static inline GCtxScope *
begin_work (Bus             *bus,
            GDBusConnection *client)
{
  g_autoptr (GDBusMethodInvocation) invocation = NULL;

  bus_hang (bus, client);
  invocation = service_take_hanging (&bus->service);
  return new_scope (gctx_context_background (), invocation);
}

static inline void
on_done (GCtxContext *context,
         gpointer     user_data)
{
  g_atomic_int_set ((int *) user_data, TRUE);
}

static inline void
iterate_until_done (GCtxScope *scope)
{
  int done = FALSE;

  gctx_context_add_after_func (GCTX_CONTEXT (scope), on_done, &done, NULL);
  test_iterate_until (NULL, &done);
}

static inline void
assert_ended_by (GCtxScope *scope,
                 GQuark     domain,
                 int        code)
{
  const GError *error = gctx_context_get_error (GCTX_CONTEXT (scope));
  const GError *cause = gctx_context_get_cause (GCTX_CONTEXT (scope));

  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_error (cause, domain, code);
  g_assert_nonnull (strstr (error->message, cause->message));
}

static inline void
assert_caller_left (GCtxScope *scope)
{
  assert_ended_by (scope, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER);
}

static inline void
close_client (Bus *bus)
{
  g_assert_true (g_dbus_connection_close_sync (bus->client, NULL, NULL));
}
