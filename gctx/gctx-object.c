/* gctx-object.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "gctx-object.h"

#include "gctx-ender-private.h"
#include "gctx-key.h"

/* Scopes that end when an object is disposed.
 *
 * The scope may go in one thread while the object is disposed in another. There
 * is no way then to take a weak notify back: g_object_weak_unref () must not run
 * beside a dispose (), and holding the object meanwhile would move its last
 * unref, and with it its dispose (), to the wrong thread. So nothing here ever
 * touches the object again once the scope is made. An object has one list of
 * watches, made with the first, which goes with it; one weak notify stands for
 * all of them; and a watch leaves the list without asking the object. A watch is
 * a value of the scope of the users. */

/* Of one object. */
typedef struct
{
  const char *type_name;      /* immutable; of the object */

  /* Under the mutex. */
  GQueue      watches;
  gboolean    has_notify;     /* a weak notify is to come */
  guint       ref_count;      /* of the object and of its weak notify */
} Watched;

typedef struct
{
  /* Under the mutex. */
  Watched    *watched;        /* NULL when it is not listed */
  GList       link;           /* of watched->watches */
  GCtxScope  *ender;          /* NULL once somebody has taken it to end it */
} GCtxObjectWatch;

/* Under it GLib's own locks may be taken, but no foreign code runs. */
static GMutex mutex;

static GQuark watched_quark (void);

G_DEFINE_QUARK (gctx-watched, watched)

/* --- Watches --- */

static void
watch_clear (gpointer data)
{
  GCtxObjectWatch *self = data;
  GCtxScope *ender;

  g_mutex_lock (&mutex);
  if (self->watched != NULL)
    g_queue_unlink (&self->watched->watches, &self->link);
  ender = g_steal_pointer (&self->ender);
  g_mutex_unlock (&mutex);

  g_clear_object (&ender);
}

static void
watch_unref (gpointer self)
{
  g_atomic_rc_box_release_full (self, watch_clear);
}

static GType watch_get_type (void);

G_DEFINE_BOXED_TYPE (GCtxObjectWatch, watch, g_atomic_rc_box_acquire, watch_unref)

GCTX_DEFINE_KEY (watch_key, "object", watch_get_type ())

/* --- Objects that are watched --- */

static void
watched_end (Watched *self)
{
  g_autoptr (GPtrArray) enders = NULL;
  g_autoptr (GError) cause = NULL;
  GList *link;

  g_mutex_lock (&mutex);
  self->has_notify = FALSE;
  if (self->watches.length > 0)
    enders = g_ptr_array_new_with_free_func (g_object_unref);
  while ((link = g_queue_pop_head_link (&self->watches)) != NULL)
    {
      GCtxObjectWatch *watch = link->data;

      watch->watched = NULL;
      g_ptr_array_add (enders, g_steal_pointer (&watch->ender));
    }
  g_mutex_unlock (&mutex);

  if (enders == NULL)
    return;

  cause = g_error_new (G_IO_ERROR, G_IO_ERROR_CLOSED, "The %s was disposed", self->type_name);
  for (guint i = 0; i < enders->len; i++)
    gctx_scope_cancel_with_cause (enders->pdata[i], cause);
}

static void
watched_unref (Watched *self)
{
  gboolean was_last;

  g_mutex_lock (&mutex);
  was_last = --self->ref_count == 0;
  g_mutex_unlock (&mutex);

  if (was_last)
    g_free (self);
}

static void
on_disposed (gpointer  data,
             GObject  *where_it_was)
{
  watched_end (data);
  watched_unref (data);
}

/* As a rule all has ended before; but an object that is being disposed may be
 * watched once more. */
static void
on_finalized (gpointer data)
{
  watched_end (data);
  watched_unref (data);
}

static Watched *
watched_get_locked (GObject *object)
{
  Watched *self = g_object_get_qdata (object, watched_quark ());

  if (self != NULL)
    return self;

  self = g_new0 (Watched, 1);
  self->type_name = G_OBJECT_TYPE_NAME (object);
  self->ref_count = 1;
  g_object_set_qdata_full (object, watched_quark (), self, on_finalized);

  return self;
}

static void
watch_start (GCtxObjectWatch *self,
             GObject         *object)
{
  g_mutex_lock (&mutex);
  self->watched = watched_get_locked (object);
  g_queue_push_tail_link (&self->watched->watches, &self->link);

  /* A notify comes once. g_object_run_dispose () leaves an object without one. */
  if (!self->watched->has_notify)
    {
      self->watched->has_notify = TRUE;
      self->watched->ref_count++;
      g_object_weak_ref (object, on_disposed, self->watched);
    }
  g_mutex_unlock (&mutex);
}

/**
 * gctx_scope_new_for_object: (constructor)
 * @parent: the parent
 * @object: the object
 *
 * Makes a scope that ends when @object is disposed: for work that is of no use
 * any more once a window has closed or a widget is gone.
 *
 * It ends with %G_IO_ERROR_CANCELLED, and its cause is a %G_IO_ERROR_CLOSED
 * that names the type of @object. @object is never held, only watched: until
 * it is disposed, or until nothing is left that could notice, no context made
 * from the scope and no cancellable of one. What was started with the
 * cancellable of the scope still ends with @object after the scope itself is
 * unreferenced.
 *
 * The end comes inside the `dispose ()` of @object, as a weak notify, in the
 * thread that drops its last reference or calls `g_object_run_dispose ()`, as
 * `gtk_window_destroy ()` does. The handlers of `GCancellable::cancelled` run
 * right there, and must not take a reference to @object. After-funcs, sources
 * and the callbacks of operations come later, in their own main context.
 *
 * Where @parent is done already the scope is done from the start, with the
 * error and the cause of @parent. An @object that was disposed before, and is
 * still held by somebody, is watched like any other: it will be disposed again
 * when it goes.
 *
 * May be called from any thread that holds a reference to @object, and inside
 * any callback. The scope may be closed in any thread.
 *
 * Returns: (transfer full): the scope; close it with
 *   [method@GCtx.Scope.close]
 *
 * Since: 1.0
 */
GCtxScope *
gctx_scope_new_for_object (GCtxContext *parent,
                           GObject     *object)
{
  g_autoptr (GCtxContext) face = NULL;
  GCtxScope *self;
  GCtxObjectWatch *watch;

  g_return_val_if_fail (GCTX_IS_CONTEXT (parent), NULL);
  g_return_val_if_fail (G_IS_OBJECT (object), NULL);

  watch = g_atomic_rc_box_new0 (GCtxObjectWatch);
  watch->link.data = watch;
  watch->ender = gctx_ender_new (parent);
  face = gctx_ender_get_face (watch->ender, parent);
  self = gctx_scope_new_full (face, G_MAXINT64, NULL, watch_key (), watch, NULL);

  if (!gctx_context_is_done (GCTX_CONTEXT (self)))
    watch_start (watch, object);
  watch_unref (watch);

  return self;
}
