/* gctx-context.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "gctx-context-private.h"

#include "gctx-cancellable-private.h"
#include "gctx-clock-private.h"
#include "gctx-debug-private.h"
#include "gctx-path-private.h"

/**
 * GCtxContext:
 *
 * What an operation is told about the request that it works for: whether
 * anybody still waits for it, until when, and the values that belong to it.
 *
 * Take a context as the first parameter of every function that may take long
 * or calls one that may, and hand it on to what you call. Give GIO the
 * [class@Gio.Cancellable] of [method@GCtx.Context.get_cancellable]; ask
 * [method@GCtx.Context.check] between the steps of your own work.
 *
 * Contexts form a tree. A child is made of its parent by
 * [method@GCtx.Context.with_timeout], [method@GCtx.Context.with_value] and the
 * like, or as a [class@GCtx.Scope], which adds the right to end it. A context
 * that ends takes everything below it with it, and nothing above it. The roots
 * are [func@GCtx.Context.background] and [func@GCtx.Context.todo].
 *
 * A context is live or done, and done is final. It has no method that would
 * end it: who may end it holds the scope.
 *
 * Contexts are immutable to those who see them and may be used from every
 * thread. Children hold their parents, never the other way round. Dropping the
 * last reference of a context ends nothing and leaks nothing, and what was
 * started with its cancellable keeps its deadline and its parents.
 *
 * ```c
 * static gboolean
 * load (GCtxContext *context, GFile *file, GError **error)
 * {
 *   g_autoptr (GError) local_error = NULL;
 *   g_autofree char *contents = NULL;
 *
 *   if (!g_file_load_contents (file, gctx_context_get_cancellable (context),
 *                              &contents, NULL, NULL, &local_error))
 *     {
 *       gctx_context_propagate_error (context, error, g_steal_pointer (&local_error));
 *       return FALSE;
 *     }
 *
 *   return TRUE;
 * }
 * ```
 *
 * Since: 1.0
 */

G_DEFINE_TYPE (GCtxContext, gctx_context, G_TYPE_OBJECT)

gpointer gctx_context_class = NULL;

/* What GObject does in dispose (), cutting signal handlers, closures and weak
 * references, g_object_unref () of GLib 2.74 does once more right after it, for
 * those who did not chain up. The first time is a sixth of all that a bare object
 * costs, and only g_object_run_dispose (), which holds a reference beside the
 * caller's, needs it. */
static void
gctx_context_dispose (GObject *object)
{
  if (g_atomic_int_get (&object->ref_count) > 1)
    ((GObjectClass *) gctx_context_parent_class)->dispose (object);
}

static void
gctx_context_finalize (GObject *object)
{
  GCtxContext *self = (GCtxContext *) object;

  GCTX_NOTE (LIFECYCLE, self->node, self->values, "%s %p dropped", G_OBJECT_TYPE_NAME (self), self);

  if (self->handouts != NULL)
    gctx_handout_free_all (self->handouts);
  gctx_node_unref (self->node);
  gctx_value_map_unref (self->values);

  ((GObjectClass *) gctx_context_parent_class)->finalize (object);
}

static void
gctx_context_class_init (GCtxContextClass *klass)
{
  /* A later GLib does it the second time with the count at zero: a destroy notify
   * could not take a reference any more, nor call anything that does. */
  if (glib_check_version (2, 76, 0) != NULL)
    G_OBJECT_CLASS (klass)->dispose = gctx_context_dispose;
  G_OBJECT_CLASS (klass)->finalize = gctx_context_finalize;

  gctx_context_class = klass;
  gctx_cancellable_make_class ();
}

static void
gctx_context_init (GCtxContext *self)
{
  self->node = gctx_node_background ();
}

/* Takes both references. */
GCtxContext *
gctx_context_new_take (GCtxNode     *node,
                       GCtxValueMap *values)
{
  GCtxContext *self = g_object_new (GCTX_TYPE_CONTEXT, NULL);

  self->node = node;
  self->values = values;
  GCTX_NOTE (LIFECYCLE, node, values, "GCtxContext %p made", self);

  return self;
}

/* Without a note: nobody drops it, and what prints notes may ask for it. */
static gsize
new_root (GCtxNode *node)
{
  GCtxContext *self = g_object_new (GCTX_TYPE_CONTEXT, NULL);

  self->node = node;

  return (gsize) self;
}

/**
 * gctx_context_background:
 *
 * The root of all contexts: never done, without a deadline and without values.
 *
 * Use it where a request begins: in `main ()`, in a server for each request
 * that comes in, in tests. It is the same object in every thread, for as long
 * as the process lives.
 *
 * Returns: (transfer none): the background context
 *
 * Since: 1.0
 */
GCtxContext *
gctx_context_background (void)
{
  static gsize background = 0;

  if (g_once_init_enter (&background))
    g_once_init_leave (&background, new_root (gctx_node_background ()));

  return (GCtxContext *) background;
}

/**
 * gctx_context_todo:
 *
 * The same as [func@GCtx.Context.background], for code that does not know yet
 * which context it should use: it tells the reader, and shows in
 * [method@GCtx.Context.to_string].
 *
 * Returns: (transfer none): the to-do context
 *
 * Since: 1.0
 */
GCtxContext *
gctx_context_todo (void)
{
  static gsize todo = 0;

  if (g_once_init_enter (&todo))
    g_once_init_leave (&todo, new_root (gctx_node_todo ()));

  return (GCtxContext *) todo;
}

static GCtxContext *
with_deadline (GCtxContext *self,
               gint64       deadline_usec,
               gboolean     passed)
{
  GCtxNode *node;

  if (deadline_usec >= self->node->deadline)
    return gctx_context_new_take (gctx_node_ref (self->node), gctx_value_map_ref (self->values));

  node = gctx_node_new (GCTX_NODE_DEADLINE);
  gctx_node_plant (node, self->node, deadline_usec, passed, NULL);

  return gctx_context_new_take (node, gctx_value_map_ref (self->values));
}

/**
 * gctx_context_with_deadline:
 * @self: the parent
 * @deadline_usec: when the child ends, in microseconds on the clock of
 *   [func@GLib.get_monotonic_time]; %G_MAXINT64 for never
 *
 * Makes a child that ends at @deadline_usec at the latest, with
 * %G_IO_ERROR_TIMED_OUT.
 *
 * Where the parent's deadline is the earlier one, or the same, the child ends
 * with the parent. A deadline in the past gives a child that is done already;
 * so does a parent that is done, with its error and cause.
 *
 * The thread that calls decides who delivers the deadline: see
 * [Threads and homes](threads-and-homes.html).
 *
 * Returns: (transfer full): the child
 *
 * Since: 1.0
 */
GCtxContext *
gctx_context_with_deadline (GCtxContext *self,
                            gint64       deadline_usec)
{
  g_return_val_if_fail (gctx_is_context (self), NULL);

  return with_deadline (self, deadline_usec, gctx_clock_has_passed (deadline_usec));
}

/* Saturates: what is too far away to be told is never. */
gint64
gctx_timeout_to_deadline (GTimeSpan timeout_usec)
{
  gint64 now_usec = gctx_clock_get_time ();

  if (timeout_usec <= 0)
    return now_usec;
  if (now_usec > G_MAXINT64 - timeout_usec)
    return G_MAXINT64;

  return now_usec + timeout_usec;
}

/**
 * gctx_context_with_timeout:
 * @self: the parent
 * @timeout_usec: after how many microseconds the child ends; zero and less is
 *   at once
 *
 * Makes a child that ends after @timeout_usec at the latest: see
 * [method@GCtx.Context.with_deadline].
 *
 * Returns: (transfer full): the child
 *
 * Since: 1.0
 */
GCtxContext *
gctx_context_with_timeout (GCtxContext *self,
                           GTimeSpan    timeout_usec)
{
  g_return_val_if_fail (gctx_is_context (self), NULL);

  return with_deadline (self, gctx_timeout_to_deadline (timeout_usec), timeout_usec <= 0);
}

/**
 * gctx_context_without_cancel:
 * @self: a context
 *
 * Makes a context that keeps the values of @self and nothing else: it is never
 * done and has no deadline, whatever becomes of @self.
 *
 * For what must happen though the request is dead, such as rolling back or
 * writing the log.
 *
 * Returns: (transfer full): the context
 *
 * Since: 1.0
 */
GCtxContext *
gctx_context_without_cancel (GCtxContext *self)
{
  GCtxNode *node;

  g_return_val_if_fail (gctx_is_context (self), NULL);

  node = gctx_node_new (GCTX_NODE_WITHOUT_CANCEL);
  node->item.node = NULL;
  node->serial = self->node->serial + 1;

  return gctx_context_new_take (node, gctx_value_map_ref (self->values));
}

/**
 * gctx_context_any:
 * @contexts: (array length=n_contexts): the contexts to watch
 * @n_contexts: how many there are
 *
 * Makes a context that is done as soon as any of @contexts is, with the error
 * and the cause of that one.
 *
 * Its deadline is the earliest of theirs, its values are those of the first.
 * Where one is done already the result is done from the start; where several
 * are, the first of them in the array counts. Of no contexts at all it is one
 * that is never done.
 *
 * Returns: (transfer full): the context
 *
 * Since: 1.0
 */
GCtxContext *
gctx_context_any (GCtxContext **contexts,
                  gsize         n_contexts)
{
  GCtxNode *node, **parents;

  g_return_val_if_fail (contexts != NULL || n_contexts == 0, NULL);
  for (gsize i = 0; i < n_contexts; i++)
    g_return_val_if_fail (gctx_is_context (contexts[i]), NULL);

  if (n_contexts == 0)
    return gctx_context_new_take (gctx_node_background (), NULL);

  parents = g_new (GCtxNode *, n_contexts);
  for (gsize i = 0; i < n_contexts; i++)
    parents[i] = contexts[i]->node;
  node = gctx_node_new (GCTX_NODE_ANY);
  gctx_node_plant_any (node, parents, n_contexts);
  g_free (parents);

  return gctx_context_new_take (node, gctx_value_map_ref (contexts[0]->values));
}

/**
 * gctx_context_is_done:
 * @self: a context
 *
 * Whether @self has ended. Once it is %TRUE it stays so.
 *
 * A deadline that has passed counts, whether or not any main loop ran since.
 * Cheap enough for every round of a loop.
 *
 * Returns: %TRUE if @self is done
 *
 * Since: 1.0
 */
gboolean
gctx_context_is_done (GCtxContext *self)
{
  g_return_val_if_fail (gctx_is_context (self), FALSE);

  return gctx_node_is_done (self->node);
}

/**
 * gctx_context_check:
 * @self: a context
 * @error: return location for an error
 *
 * Asks whether to go on, in the way of a function that can fail.
 *
 * Returns: %TRUE while @self is live; %FALSE with @error set to a copy of
 *   [method@GCtx.Context.get_error] once it is done
 *
 * Since: 1.0
 */
gboolean
gctx_context_check (GCtxContext  *self,
                    GError      **error)
{
  g_return_val_if_fail (gctx_is_context (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!gctx_node_is_done (self->node))
    return TRUE;

  if (error != NULL)
    *error = g_error_copy (self->node->outcome->error);

  return FALSE;
}

/**
 * gctx_context_get_error:
 * @self: a context
 *
 * How @self ended: %G_IO_ERROR_TIMED_OUT where a deadline passed, on it or
 * above it, and %G_IO_ERROR_CANCELLED otherwise. The message contains that of
 * the cause.
 *
 * Returns: (transfer none) (nullable): the error, which lives as long as
 *   @self; %NULL while @self is live
 *
 * Since: 1.0
 */
const GError *
gctx_context_get_error (GCtxContext *self)
{
  g_return_val_if_fail (gctx_is_context (self), NULL);

  return gctx_node_is_done (self->node) ? self->node->outcome->error : NULL;
}

/**
 * gctx_context_get_cause:
 * @self: a context
 *
 * Why @self ended: the error that was given to
 * [method@GCtx.Scope.cancel_with_cause] or with the deadline, whatever its
 * domain; where none was given the same as [method@GCtx.Context.get_error].
 *
 * The first cause wins, for the context that ended and for everything below it
 * that was still live.
 *
 * Returns: (transfer none) (nullable): the cause, which lives as long as
 *   @self; %NULL while @self is live
 *
 * Since: 1.0
 */
const GError *
gctx_context_get_cause (GCtxContext *self)
{
  g_return_val_if_fail (gctx_is_context (self), NULL);

  return gctx_node_is_done (self->node) ? gctx_outcome_get_cause (self->node->outcome) : NULL;
}

/**
 * gctx_context_get_deadline:
 * @self: a context
 * @deadline_usec: (out) (optional): the deadline, in microseconds on the clock
 *   of [func@GLib.get_monotonic_time]; 0 where there is none
 *
 * Tells until when @self can last: the earliest deadline on its path.
 *
 * The answer never changes, also after @self has ended.
 *
 * Returns: %TRUE if there is a deadline
 *
 * Since: 1.0
 */
gboolean
gctx_context_get_deadline (GCtxContext *self,
                           gint64      *deadline_usec)
{
  gboolean has_deadline;

  if (deadline_usec != NULL)
    *deadline_usec = 0;
  g_return_val_if_fail (gctx_is_context (self), FALSE);

  has_deadline = self->node->deadline != G_MAXINT64;
  if (has_deadline && deadline_usec != NULL)
    *deadline_usec = self->node->deadline;

  return has_deadline;
}

/**
 * gctx_context_get_remaining:
 * @self: a context
 * @remaining_usec: (out) (optional): the microseconds that are left until the
 *   deadline, 0 once it has passed or where there is none
 *
 * Tells how long @self can still last.
 *
 * Returns: %TRUE if there is a deadline
 *
 * Since: 1.0
 */
gboolean
gctx_context_get_remaining (GCtxContext *self,
                            GTimeSpan   *remaining_usec)
{
  gint64 now_usec;

  if (remaining_usec != NULL)
    *remaining_usec = 0;
  g_return_val_if_fail (gctx_is_context (self), FALSE);

  if (self->node->deadline == G_MAXINT64)
    return FALSE;

  now_usec = gctx_clock_get_time ();
  if (remaining_usec != NULL && self->node->deadline > now_usec)
    *remaining_usec = self->node->deadline - now_usec;

  return TRUE;
}

/**
 * gctx_context_get_remaining_msec:
 * @self: a context
 *
 * The same as [method@GCtx.Context.get_remaining] for interfaces like that of
 * `poll ()`: in whole milliseconds, rounded up, at most %G_MAXINT.
 *
 * GDBus reads -1 as 25 seconds, not as for ever.
 *
 * Returns: the milliseconds that are left, 0 once the deadline has passed, -1
 *   where there is none
 *
 * Since: 1.0
 */
gint
gctx_context_get_remaining_msec (GCtxContext *self)
{
  GTimeSpan remaining_usec;

  g_return_val_if_fail (gctx_is_context (self), -1);

  if (!gctx_context_get_remaining (self, &remaining_usec))
    return -1;

  /* Rounded up by hand: the sum with 999 could overflow. */
  return MIN (remaining_usec / 1000 + (remaining_usec % 1000 != 0), G_MAXINT);
}

/**
 * gctx_context_to_string:
 * @self: a context
 *
 * Describes @self for logs by its path from the root, such as
 * `background.scope(deadline in 1.998 s).value(user-ip)`. It names the keys of
 * values, never the values, and leaves out what a later value of the same key
 * hides. What is done says how it ended.
 *
 * The format is for people and may change.
 *
 * Returns: (transfer full): the path
 *
 * Since: 1.0
 */
char *
gctx_context_to_string (GCtxContext *self)
{
  g_return_val_if_fail (gctx_is_context (self), NULL);

  gctx_node_is_done (self->node);

  return gctx_path_to_string (self->node, self->values);
}
