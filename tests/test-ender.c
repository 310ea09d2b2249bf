/* test-ender.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What all scopes have in common that end when something happens. */

#include "test-connection.h"
#include "test-worker.h"

#include <signal.h>

/* Something happens in another thread, and a handler keeps that. */
typedef struct
{
  GObject     *object;        /* watched */
  Pair         pair;
  Worker       worker;
  GCtxContext *parent;
  GCtxScope   *scope;
  GThread     *freed_in;      /* atomic, like the others */
  int          told;
  int          may_return;
} Scene;

static void
wait_until (int *flag)
{
  while (!g_atomic_int_get (flag))
    g_thread_yield ();
}

static void
scope_for_object (Scene *scene)
{
  scene->object = g_object_new (G_TYPE_OBJECT, NULL);
  scene->scope = gctx_scope_new_for_object (scene->parent, scene->object);
}

static gboolean
dispose_object (gpointer user_data)
{
  g_object_unref (((Scene *) user_data)->object);
  return G_SOURCE_REMOVE;
}

static void
end_by_object (Scene *scene)
{
  g_main_context_invoke (scene->worker.loop, dispose_object, scene);
}

static void
scope_for_signal (Scene *scene)
{
  int signum = SIGUSR1;

  scene->scope = gctx_scope_new_for_unix_signals (scene->parent, &signum, 1);
}

static void
end_by_signal (Scene *scene)
{
  g_assert_cmpint (kill (getpid (), SIGUSR1), ==, 0);
}

static gboolean
watch_pair (gpointer user_data)
{
  Scene *scene = user_data;

  g_atomic_pointer_set (&scene->scope, gctx_scope_new_for_connection (scene->parent, scene->pair.here));
  return G_SOURCE_REMOVE;
}

static void
scope_for_pair (Scene *scene)
{
  pair_init_unix (&scene->pair);
  g_main_context_invoke (scene->worker.loop, watch_pair, scene);
  while (g_atomic_pointer_get (&scene->scope) == NULL)
    g_thread_yield ();
}

static void
end_by_peer (Scene *scene)
{
  peer_closes (&scene->pair);
}

static const struct
{
  const char *name;
  void      (*make) (Scene *scene);
  void      (*end) (Scene *scene);
} enders[] = {
  { "object", scope_for_object, end_by_object },
  { "signal", scope_for_signal, end_by_signal },
  { "connection", scope_for_pair, end_by_peer },
};

static void
note_freed (gpointer data)
{
  g_atomic_pointer_set ((GThread **) data, g_thread_self ());
}

static void
hold_up (GCancellable *cancellable,
         gpointer      user_data)
{
  Scene *scene = user_data;

  g_atomic_int_set (&scene->told, TRUE);
  wait_until (&scene->may_return);
}

static GCtxContext *
new_parent (GThread **freed_in)
{
  g_autoptr (GObject) value = g_object_new (G_TYPE_OBJECT, NULL);

  g_object_set_data_full (value, "freed", freed_in, note_freed);
  return gctx_context_with_values (gctx_context_background (), object_key (), value, NULL);
}

/* It ends with the scope, and sees nothing of its values. */
static GCtxContext *
new_onlooker (GCtxScope *scope)
{
  GCtxContext *contexts[] = { gctx_context_background (), GCTX_CONTEXT (scope) };

  return gctx_context_any (contexts, G_N_ELEMENTS (contexts));
}

static void
test_values (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_autoptr (GCtxContext) onlooker = NULL;
  Scene scene = { NULL };
  gulong handler;

  g_test_summary ("rule 18: values go where users drop them, not where the scope is just being ended");

  worker_start (&scene.worker);
  scene.parent = new_parent (&scene.freed_in);
  enders[i].make (&scene);
  g_assert_nonnull (gctx_context_get_object (GCTX_CONTEXT (scene.scope), object_key ()));
  onlooker = new_onlooker (scene.scope);
  handler = g_signal_connect (gctx_context_get_cancellable (onlooker), "cancelled",
                              G_CALLBACK (hold_up), &scene);

  enders[i].end (&scene);
  wait_until (&scene.told);
  g_clear_object (&scene.parent);
  g_assert_null (g_atomic_pointer_get (&scene.freed_in));
  gctx_scope_close (g_steal_pointer (&scene.scope));
  g_assert_true (g_atomic_pointer_get (&scene.freed_in) == g_thread_self ());

  g_atomic_int_set (&scene.may_return, TRUE);
  g_cancellable_disconnect (gctx_context_get_cancellable (onlooker), handler);
  worker_stop (&scene.worker);
  pair_clear (&scene.pair);
}

int
main (int   argc,
      char *argv[])
{
  guint i;

  g_test_init (&argc, &argv, NULL);

  for (i = 0; i < G_N_ELEMENTS (enders); i++)
    {
      g_autofree char *path = g_strconcat ("/gctx/ender/values/", enders[i].name, NULL);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_values);
    }

  return g_test_run ();
}
