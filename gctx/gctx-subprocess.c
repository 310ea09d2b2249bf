/* gctx-subprocess.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "gctx-subprocess.h"

#include "gctx-after-func.h"
#include "gctx-context-private.h"
#include "gctx-warden-private.h"

#include <signal.h>

/* A watch on one child. In the warden's thread arrive the end of its context, the
 * end of its grace, and its exit: so a watch needs no lock, and nothing comes for
 * a child after its exit.
 *
 * The signals themselves are sent by GSubprocess. It sends them from the thread
 * that reaps, so none ever goes to a process that took over a number. */
typedef struct
{
  GSubprocess *subprocess;
  GTimeSpan    grace_usec;
  GCtxContext *context;
  gulong       context_id;   /* its after-func */
  GCtxContext *grace;        /* from SIGTERM on: ends when SIGKILL is due */
  gulong       grace_id;
} Watch;

static void
on_grace_over (GCtxContext *grace,
               gpointer     user_data)
{
  Watch *self = user_data;

  g_subprocess_force_exit (self->subprocess);
}

static void
on_end (GCtxContext *context,
        gpointer     user_data)
{
  Watch *self = user_data;

  if (self->grace_usec <= 0)
    {
      g_subprocess_force_exit (self->subprocess);
      return;
    }

  g_subprocess_send_signal (self->subprocess, SIGTERM);
  self->grace = gctx_context_with_timeout (gctx_context_background (), self->grace_usec);
  self->grace_id = gctx_context_add_after_func (self->grace, on_grace_over, self, NULL);
}

/* Removing an after-func in the thread that would run it leaves none behind
 * that could still come. */
static void
on_exited (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  Watch *self = user_data;

  g_subprocess_wait_finish (self->subprocess, result, NULL);

  gctx_context_remove_after_func (self->context, self->context_id);
  g_object_unref (self->context);
  if (self->grace != NULL)
    {
      gctx_context_remove_after_func (self->grace, self->grace_id);
      g_object_unref (self->grace);
    }
  g_object_unref (self->subprocess);
  g_free (self);
}

static gboolean
watch_begin (gpointer user_data)
{
  Watch *self = user_data;

  self->context_id = gctx_context_add_after_func (self->context, on_end, self, NULL);
  g_subprocess_wait_async (self->subprocess, NULL, on_exited, self);

  return G_SOURCE_REMOVE;
}

/* It holds a plain context of the same node: not the scope, so that one that
 * was forgotten goes, and not the values, the freeing of which is foreign code
 * that could hold up the warden. */
static void
watch (GSubprocess  *subprocess,
       GCtxContext  *context,
       GTimeSpan     grace_usec,
       GMainContext *warden)
{
  Watch *self = g_new0 (Watch, 1);

  self->subprocess = g_object_ref (subprocess);
  self->grace_usec = grace_usec;
  self->context = gctx_context_new_take (gctx_node_ref (context->node), NULL);

  g_main_context_invoke (warden, watch_begin, self);
}

/**
 * gctx_subprocess_new: (skip)
 * @context: the context to run under
 * @flags: where the streams of the child go
 * @error: return location for an error
 * @argv0: the program
 * @...: its arguments, then %NULL
 *
 * Starts a program that ends with @context, as
 * [func@GCtx.subprocess_launcher_spawnv] does, with a grace of
 * [const@GCtx.SUBPROCESS_GRACE].
 *
 * ```c
 * g_autoptr (GCtxContext) brief = gctx_context_with_timeout (context, 2 * G_TIME_SPAN_SECOND);
 * g_autoptr (GSubprocess) sort = NULL;
 *
 * sort = gctx_subprocess_new (brief, G_SUBPROCESS_FLAGS_NONE, error, "sort", "-o", "sorted", "list", NULL);
 * if (sort == NULL || !gctx_subprocess_wait_check (sort, brief, error))
 *   return FALSE;
 * ```
 *
 * Returns: (transfer full) (nullable): the child; %NULL with an error where it
 *   could not be started or @context is done already
 *
 * Since: 1.0
 */
GSubprocess *
gctx_subprocess_new (GCtxContext       *context,
                     GSubprocessFlags   flags,
                     GError           **error,
                     const char        *argv0,
                     ...)
{
  g_autoptr (GPtrArray) argv = NULL;
  const char *argument;
  va_list arguments;

  g_return_val_if_fail (gctx_is_context (context), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);
  g_return_val_if_fail (argv0 != NULL && argv0[0] != '\0', NULL);

  argv = g_ptr_array_new ();
  va_start (arguments, argv0);
  for (argument = argv0; argument != NULL; argument = va_arg (arguments, const char *))
    g_ptr_array_add (argv, (gpointer) argument);
  va_end (arguments);
  g_ptr_array_add (argv, NULL);

  return gctx_subprocess_newv (context, (const char * const *) argv->pdata, flags, error);
}

/**
 * gctx_subprocess_newv: (rename-to gctx_subprocess_new)
 * @context: the context to run under
 * @argv: (array zero-terminated=1) (element-type filename): the program and its
 *   arguments
 * @flags: where the streams of the child go
 * @error: return location for an error
 *
 * Starts a program that ends with @context, as
 * [func@GCtx.subprocess_launcher_spawnv] does, with a grace of
 * [const@GCtx.SUBPROCESS_GRACE].
 *
 * Returns: (transfer full): the child; %NULL with an error where it could not
 *   be started or @context is done already
 *
 * Since: 1.0
 */
GSubprocess *
gctx_subprocess_newv (GCtxContext         *context,
                      const char * const  *argv,
                      GSubprocessFlags     flags,
                      GError             **error)
{
  g_autoptr (GSubprocessLauncher) launcher = NULL;

  g_return_val_if_fail (gctx_is_context (context), NULL);
  g_return_val_if_fail (argv != NULL && argv[0] != NULL && argv[0][0] != '\0', NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  launcher = g_subprocess_launcher_new (flags);

  return gctx_subprocess_launcher_spawnv (launcher, context, GCTX_SUBPROCESS_GRACE, argv, error);
}

/**
 * gctx_subprocess_launcher_spawnv:
 * @launcher: how to start it
 * @context: the context to run under
 * @grace_usec: how many microseconds the child has to end by itself; zero and
 *   less gives it none
 * @argv: (array zero-terminated=1) (element-type filename): the program and its
 *   arguments
 * @error: return location for an error
 *
 * Starts a program that ends with @context.
 *
 * Once @context is done, the child is sent `SIGTERM`, and `SIGKILL` if it is
 * still there after @grace_usec; where that is zero or less, `SIGKILL` at once.
 * A thread of the library does that: it needs no main loop, and none that is
 * stuck delays it. Once the child has exited it is reaped, and nothing of this
 * is left behind. Where nothing can end @context it is as if there were none.
 *
 * Where @context is done already, nothing is started.
 *
 * Only the child itself is sent signals. What it has started in turn may live
 * on and keep its pipes open:
 * [func@GCtx.subprocess_communicate] does not wait for that longer than its
 * context allows.
 *
 * The child inherits the signals that the calling thread blocks. Where `SIGTERM`
 * is one of them, as in the threads of the library that may run handlers of
 * [signal@Gio.Cancellable::cancelled], only `SIGKILL` ends a child that does not
 * unblock it.
 *
 * The child is an ordinary [class@Gio.Subprocess]. May be called from any
 * thread, and inside any callback.
 *
 * Returns: (transfer full): the child; %NULL with the error of @context where
 *   that is done already, or with another where it could not be started
 *
 * Since: 1.0
 */
GSubprocess *
gctx_subprocess_launcher_spawnv (GSubprocessLauncher  *launcher,
                                 GCtxContext          *context,
                                 GTimeSpan             grace_usec,
                                 const char * const   *argv,
                                 GError              **error)
{
  GMainContext *warden;
  GSubprocess *subprocess;

  g_return_val_if_fail (G_IS_SUBPROCESS_LAUNCHER (launcher), NULL);
  g_return_val_if_fail (gctx_is_context (context), NULL);
  g_return_val_if_fail (argv != NULL && argv[0] != NULL && argv[0][0] != '\0', NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!gctx_context_check (context, error))
    return NULL;

  warden = gctx_warden_get_main_context (error);
  if (warden == NULL)
    return NULL;

  subprocess = g_subprocess_launcher_spawnv (launcher, argv, error);
  if (subprocess != NULL)
    watch (subprocess, context, grace_usec, warden);

  return subprocess;
}
