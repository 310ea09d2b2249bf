/* gctx-scope.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "gctx-scope.h"

#include "gctx-cancellable-private.h"
#include "gctx-context-private.h"
#include "gctx-debug-private.h"

/**
 * GCtxScope:
 *
 * A [class@GCtx.Context] together with the right to end it.
 *
 * Make one where a piece of work begins that may have to be given up: a
 * request that came in, a query that several servers are asked. Pass it down
 * as a plain context; keep the scope to yourself; close it when the work is
 * over, however it went. Closing what has ended on its own does nothing.
 *
 * ```c
 * g_autoptr (GCtxScopeCloser) scope = gctx_scope_new_with_timeout (context, 2 * G_USEC_PER_SEC);
 *
 * return load (GCTX_CONTEXT (scope), file, error);
 * ```
 *
 * In C `g_autoptr (GCtxScopeCloser)` closes the scope at the end of the block,
 * and `g_autoptr (GCtxScope)` only drops the reference. A scope whose last
 * reference is dropped without a close ends nothing: what was started under it
 * keeps its deadline and its parents.
 *
 * Who is passed a scope as a context can't end it without a cast. In languages
 * that see the run-time type, [method@GCtx.Context.with_values] without values
 * gives a face of it that has no cancel.
 *
 * Since: 1.0
 */

typedef GCtxContextClass GCtxScopeClass;

G_DEFINE_TYPE (GCtxScope, gctx_scope, GCTX_TYPE_CONTEXT)

gpointer gctx_scope_class = NULL;

static inline gboolean
is_scope (gpointer instance)
{
  gpointer klass;

  if (instance == NULL)
    return FALSE;

  klass = ((GTypeInstance *) instance)->g_class;

  return (klass != NULL && klass == gctx_scope_class) || GCTX_IS_SCOPE (instance);
}

/* Not in dispose (): a scope that was disposed by hand can still be cancelled. */
static void
gctx_scope_finalize (GObject *object)
{
  gctx_node_scope_gone (((GCtxContext *) object)->node);

  ((GObjectClass *) gctx_scope_parent_class)->finalize (object);
}

static void
gctx_scope_class_init (GCtxScopeClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = gctx_scope_finalize;

  gctx_scope_class = klass;
}

/* A scope that was made bare is a child of the background. */
static void
gctx_scope_init (GCtxScope *self)
{
  self->parent_instance.node = gctx_node_new (GCTX_NODE_SCOPE);
}

/* Takes the reference of @values. @passed says that the deadline has passed. */
static GCtxScope *
scope_new_take (GCtxContext  *parent,
                gint64        deadline_usec,
                gboolean      passed,
                const GError *cause,
                GCtxValueMap *values)
{
  GCtxScope *self = g_object_new (GCTX_TYPE_SCOPE, NULL);

  gctx_node_plant (self->parent_instance.node, parent->node, deadline_usec, passed, cause);
  self->parent_instance.values = values;
  GCTX_NOTE (LIFECYCLE, self->parent_instance.node, values, "GCtxScope %p made", self);

  return self;
}

static GCtxScope *
scope_new_by_take (GCtxContext  *parent,
                   gint64        deadline_usec,
                   const GError *cause,
                   GCtxValueMap *values)
{
  return scope_new_take (parent, deadline_usec, gctx_clock_has_passed (deadline_usec), cause, values);
}

static GCtxScope *
scope_new_by (GCtxContext  *parent,
              gint64        deadline_usec,
              const GError *cause)
{
  return scope_new_by_take (parent, deadline_usec, cause, gctx_value_map_ref (parent->values));
}

static GCtxScope *
scope_new_after (GCtxContext  *parent,
                 GTimeSpan     timeout_usec,
                 const GError *cause)
{
  return scope_new_take (parent, gctx_timeout_to_deadline (timeout_usec), timeout_usec <= 0, cause,
                         gctx_value_map_ref (parent->values));
}

/**
 * gctx_scope_new:
 * @parent: the parent
 *
 * Makes a scope that lasts until it is cancelled or @parent ends.
 *
 * Where @parent is done already the scope is done from the start, with the
 * error and the cause of @parent. May be called from any thread.
 *
 * Returns: (transfer full): the scope; close it with
 *   [method@GCtx.Scope.close]
 *
 * Since: 1.0
 */
GCtxScope *
gctx_scope_new (GCtxContext *parent)
{
  g_return_val_if_fail (gctx_is_context (parent), NULL);

  return scope_new_by (parent, G_MAXINT64, NULL);
}

/**
 * gctx_scope_new_with_deadline: (constructor)
 * @parent: the parent
 * @deadline_usec: when the scope ends by itself, in microseconds on the clock
 *   of [func@GLib.get_monotonic_time]; %G_MAXINT64 for never
 *
 * Makes a scope that ends at @deadline_usec at the latest, with
 * %G_IO_ERROR_TIMED_OUT.
 *
 * Where the deadline of @parent is the earlier one, or the same, the scope
 * ends with @parent. A deadline in the past gives a scope that is done
 * already.
 *
 * The thread that calls decides who delivers the deadline: see
 * [Threads and homes](threads-and-homes.html).
 *
 * Returns: (transfer full): the scope; close it with
 *   [method@GCtx.Scope.close]
 *
 * Since: 1.0
 */
GCtxScope *
gctx_scope_new_with_deadline (GCtxContext *parent,
                              gint64       deadline_usec)
{
  g_return_val_if_fail (gctx_is_context (parent), NULL);

  return scope_new_by (parent, deadline_usec, NULL);
}

/**
 * gctx_scope_new_with_deadline_cause: (constructor)
 * @parent: the parent
 * @deadline_usec: when the scope ends by itself, in microseconds on the clock
 *   of [func@GLib.get_monotonic_time]; %G_MAXINT64 for never
 * @cause: (nullable): the cause if this deadline is what ends the scope;
 *   `NULL` for none but the error
 *
 * The same as [ctor@GCtx.Scope.new_with_deadline], and says why there is a
 * deadline.
 *
 * Returns: (transfer full): the scope; close it with
 *   [method@GCtx.Scope.close]
 *
 * Since: 1.0
 */
GCtxScope *
gctx_scope_new_with_deadline_cause (GCtxContext  *parent,
                                    gint64        deadline_usec,
                                    const GError *cause)
{
  g_return_val_if_fail (gctx_is_context (parent), NULL);

  return scope_new_by (parent, deadline_usec, cause);
}

/**
 * gctx_scope_new_with_timeout: (constructor)
 * @parent: the parent
 * @timeout_usec: after how many microseconds the scope ends by itself; zero
 *   and less is at once
 *
 * Makes a scope that ends after @timeout_usec at the latest: see
 * [ctor@GCtx.Scope.new_with_deadline].
 *
 * Returns: (transfer full): the scope; close it with
 *   [method@GCtx.Scope.close]
 *
 * Since: 1.0
 */
GCtxScope *
gctx_scope_new_with_timeout (GCtxContext *parent,
                             GTimeSpan    timeout_usec)
{
  g_return_val_if_fail (gctx_is_context (parent), NULL);

  return scope_new_after (parent, timeout_usec, NULL);
}

/**
 * gctx_scope_new_with_timeout_cause: (constructor)
 * @parent: the parent
 * @timeout_usec: after how many microseconds the scope ends by itself; zero
 *   and less is at once
 * @cause: (nullable): the cause if this timeout is what ends the scope;
 *   `NULL` for none but the error
 *
 * The same as [ctor@GCtx.Scope.new_with_timeout], and says why there is a
 * timeout.
 *
 * Returns: (transfer full): the scope; close it with
 *   [method@GCtx.Scope.close]
 *
 * Since: 1.0
 */
GCtxScope *
gctx_scope_new_with_timeout_cause (GCtxContext  *parent,
                                   GTimeSpan     timeout_usec,
                                   const GError *cause)
{
  g_return_val_if_fail (gctx_is_context (parent), NULL);

  return scope_new_after (parent, timeout_usec, cause);
}

/**
 * gctx_scope_new_full: (skip)
 * @parent: the parent
 * @deadline_usec: when the scope ends by itself, in microseconds on the clock
 *   of [func@GLib.get_monotonic_time]; %G_MAXINT64 for no deadline of its own
 * @cause: (nullable): the cause if this deadline is what ends the scope;
 *   `NULL` for none but the error
 * @first_key: (nullable): the first key, or %NULL for no values
 * @...: the value for the first key, collected by the key's type, then more
 *   pairs of a key and a value, then %NULL
 *
 * Makes everything that a request needs in one object: a deadline and values.
 *
 * Returns: (transfer full) (nullable): the scope; close it with
 *   [method@GCtx.Scope.close]. %NULL after a critical where a value could not
 *   be collected
 *
 * Since: 1.0
 */
GCtxScope *
gctx_scope_new_full (GCtxContext  *parent,
                     gint64        deadline_usec,
                     const GError *cause,
                     GCtxKey      *first_key,
                     ...)
{
  GCtxValueMap *values = NULL;
  gboolean collected;
  va_list args;

  g_return_val_if_fail (gctx_is_context (parent), NULL);

  va_start (args, first_key);
  collected = gctx_value_map_extend_valist (parent->values, parent->node->serial + 1,
                                            first_key, args, &values);
  va_end (args);

  return collected ? scope_new_by_take (parent, deadline_usec, cause, values) : NULL;
}

/**
 * gctx_scope_new_fullv: (constructor) (rename-to gctx_scope_new_full)
 * @parent: the parent
 * @deadline_usec: when the scope ends by itself, in microseconds on the clock
 *   of [func@GLib.get_monotonic_time]; %G_MAXINT64 for no deadline of its own
 * @cause: (nullable): the cause if this deadline is what ends the scope;
 *   `NULL` for none but the error
 * @keys: (array length=n_keys) (nullable): the keys; `NULL` for no
 *   values
 * @n_keys: how many keys there are
 * @values: (array length=n_values) (nullable): a value for each key;
 *   `NULL` if there are none
 * @n_values: how many values there are, the same number
 *
 * Makes everything that a request needs in one object: a deadline and values.
 *
 * Returns: (transfer full) (nullable): the scope; close it with
 *   [method@GCtx.Scope.close]. %NULL after a critical where the numbers differ
 *   or a value does not go with its key
 *
 * Since: 1.0
 */
GCtxScope *
gctx_scope_new_fullv (GCtxContext  *parent,
                      gint64        deadline_usec,
                      const GError *cause,
                      GCtxKey     **keys,
                      gsize         n_keys,
                      const GValue *values,
                      gsize         n_values)
{
  GCtxValueMap *map = NULL;

  g_return_val_if_fail (gctx_is_context (parent), NULL);
  g_return_val_if_fail (n_keys == n_values, NULL);
  g_return_val_if_fail (n_keys == 0 || (keys != NULL && values != NULL), NULL);

  if (!gctx_value_map_extendv (parent->values, parent->node->serial + 1,
                               keys, n_keys, values, n_values, &map))
    return NULL;

  return scope_new_by_take (parent, deadline_usec, cause, map);
}

/**
 * gctx_scope_cancel:
 * @self: a scope
 *
 * Ends @self and everything below it, with %G_IO_ERROR_CANCELLED.
 *
 * When this returns, the whole tree below @self is done. When it returns
 * %TRUE, besides: every cancellable handed out there is cancelled, every
 * source there is ready and every after-func there is queued. The handlers of
 * `GCancellable::cancelled` run in this call; after-funcs never do.
 *
 * May be called from any thread, and from inside any callback.
 *
 * Returns: %TRUE for the call that ended @self, %FALSE if it was done already,
 *   be it by a deadline that passed just now
 *
 * Since: 1.0
 */
gboolean
gctx_scope_cancel (GCtxScope *self)
{
  g_return_val_if_fail (is_scope (self), FALSE);

  return gctx_node_cancel (self->parent_instance.node, NULL);
}

/**
 * gctx_scope_cancel_with_cause:
 * @self: a scope
 * @cause: (nullable): why, as any error, or `NULL`
 *
 * The same as [method@GCtx.Scope.cancel], and says why:
 * [method@GCtx.Context.get_cause] gives @cause from then on, for @self and for
 * everything below it that was still live.
 *
 * Returns: %TRUE for the call that ended @self; after %FALSE the earlier cause
 *   stands
 *
 * Since: 1.0
 */
gboolean
gctx_scope_cancel_with_cause (GCtxScope    *self,
                              const GError *cause)
{
  g_return_val_if_fail (is_scope (self), FALSE);

  return gctx_node_cancel (self->parent_instance.node, cause);
}

/**
 * gctx_scope_has_expired:
 * @self: a scope
 *
 * Whether @self ended because its own deadline passed; not an ancestor's, and
 * not a cancel.
 *
 * Returns: %TRUE if the deadline of @self is what ended it
 *
 * Since: 1.0
 */
gboolean
gctx_scope_has_expired (GCtxScope *self)
{
  GCtxNode *node;

  g_return_val_if_fail (is_scope (self), FALSE);

  node = self->parent_instance.node;

  return gctx_node_is_done (node) && gctx_node_get_state (node) == GCTX_STATE_EXPIRED;
}

/**
 * gctx_scope_close:
 * @self: (transfer full): a scope
 *
 * Cancels @self, as [method@GCtx.Scope.cancel] does, and gives up the caller's
 * reference: what to do when the work is over.
 *
 * Since: 1.0
 */
void
gctx_scope_close (GCtxScope *self)
{
  g_return_if_fail (is_scope (self));

  if (g_atomic_pointer_get (&self->parent_instance.handouts) != NULL)
    gctx_handout_drop_unseen (&self->parent_instance);
  gctx_node_cancel (self->parent_instance.node, NULL);
  g_object_unref (self);
}

/**
 * gctx_scope_close_only: (rename-to gctx_scope_close)
 * @self: a scope
 *
 * Cancels @self, as [method@GCtx.Scope.cancel] does: what to do when the work is
 * over. In languages that count references by themselves this is `close ()`, and
 * may be called more than once.
 *
 * Since: 1.0
 */
void
gctx_scope_close_only (GCtxScope *self)
{
  g_return_if_fail (is_scope (self));

  gctx_node_cancel (self->parent_instance.node, NULL);
}
