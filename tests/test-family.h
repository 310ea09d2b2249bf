/* test-family.h
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <signal.h>
#include <string.h>

#include "test-dbus.h"
#include "test-keys.h"
#include "test-socket.h"
#include "test-tree.h"

/* A family of three scopes, which see one value of each kind. */

typedef struct
{
  GCtxScope *parent;
  GCtxScope *self;
  GCtxScope *child;
  gint64     deadline;
  int        n_used;     /* atomic: how often foreign code used all of them */
} Family;

/* Two peers, one of which called the other and waits. Made before the tests that
 * use everything, and there until the end. */
static Bus family_bus;
static GDBusProxy *family_proxy = NULL;
static GDBusMethodInvocation *family_invocation = NULL;

static inline void
family_connect_peers (void)
{
  if (family_invocation != NULL)
    return;

  bus_up_for_peers (&family_bus);
  family_proxy = g_dbus_proxy_new_sync (family_bus.client,
                                        G_DBUS_PROXY_FLAGS_DO_NOT_LOAD_PROPERTIES |
                                        G_DBUS_PROXY_FLAGS_DO_NOT_CONNECT_SIGNALS,
                                        NULL, NULL, TEST_PATH, TEST_INTERFACE, NULL, NULL);
  bus_hang (&family_bus, family_bus.client);
  family_invocation = service_take_hanging (&family_bus.service);
}

static inline void
family_init_below (Family      *family,
                   GCtxContext *above)
{
  const char *strings[] = { "one", "two", NULL };
  g_autoptr (GObject) object = g_object_new (G_TYPE_OBJECT, NULL);
  g_autoptr (GVariant) variant = g_variant_ref_sink (g_variant_new_string ("three"));

  family->deadline = g_get_monotonic_time () + HOUR_USEC;
  family->parent =
    gctx_scope_new_full (above, family->deadline, NULL,
                         string_key (), "ada", object_key (), object, boxed_key (), strings,
                         variant_key (), variant, pointer_key (), family,
                         boolean_key (), TRUE, int_key (), 4, int64_key (), G_MININT64,
                         uint64_key (), G_MAXUINT64, double_key (), 0.5, NULL);
  family->self = gctx_scope_new (GCTX_CONTEXT (family->parent));
  family->child = gctx_scope_new (GCTX_CONTEXT (family->self));
  family->n_used = 0;
}

static inline void
family_init (Family *family)
{
  family_init_below (family, gctx_context_background ());
}

static inline void
family_clear (Family *family)
{
  g_clear_object (&family->child);
  g_clear_object (&family->self);
  g_clear_object (&family->parent);
}

/* --- What is asked --- */

/* One of the three, and what every answer has to agree with. */
typedef struct
{
  Family      *family;
  GCtxScope   *scope;
  GCtxContext *context;   /* the same */
  gboolean     done;
} Subject;

/* A child that was just made: done if its parent is, with the same values. */
static inline void
check_child (Subject *subject,
             gpointer child,
             gboolean done)
{
  GCtxContext *context = GCTX_CONTEXT (child);

  g_assert_true (gctx_context_is_done (context) == done);
  g_assert_cmpint (gctx_context_get_int (context, int_key ()), ==, 4);
  if (GCTX_IS_SCOPE (child))
    g_assert_true (gctx_scope_cancel (child) == !done);
  g_object_unref (child);
}

static inline void
keep_result (GObject      *source,
             GAsyncResult *result,
             gpointer      data)
{
  g_set_object ((GAsyncResult **) data, result);
}

typedef struct
{
  GMainContext *loop;
  GAsyncResult *result;
} Awaited;

static inline Awaited
await_begin (void)
{
  Awaited awaited = { g_main_context_new (), NULL };

  g_main_context_push_thread_default (awaited.loop);
  return awaited;
}

static inline GAsyncResult *
await (Awaited *awaited)
{
  while (awaited->result == NULL)
    g_main_context_iteration (awaited->loop, TRUE);
  return awaited->result;
}

static inline void
await_end (Awaited *awaited)
{
  g_clear_object (&awaited->result);
  g_main_context_pop_thread_default (awaited->loop);
  g_main_context_unref (awaited->loop);
}
