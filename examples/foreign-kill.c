/* foreign-kill.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Work that more than one party may end. The program itself ends it, by a scope.
 * A job runner has a GCancellable of its own, its "kill". And a session, made by
 * a library that never heard of cancelling, has a signal: "closed".
 *
 * The work sees one context, whoever ends it.
 */

#include <gctx.h>

#include <locale.h>
#include <string.h>

/* --- A session: an object that only has a signal --- */

#define TYPE_SESSION (session_get_type ())
G_DECLARE_FINAL_TYPE (Session, session, EXAMPLE, SESSION, GObject)

struct _Session
{
  GObject  parent_instance;
  gboolean closed;
};

G_DEFINE_TYPE (Session, session, G_TYPE_OBJECT)

static void
session_class_init (SessionClass *klass)
{
  g_signal_new ("closed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
session_init (Session *self)
{
}

static void
session_close (Session    *self,
               const char *reason)
{
  self->closed = TRUE;
  g_signal_emit_by_name (self, "closed", reason);
}

/* --- A context that ends with it --- */

static void
on_closed (Session    *session,
           const char *reason,
           GCtxScope  *scope)
{
  g_autoptr (GError) cause = g_error_new (G_IO_ERROR, G_IO_ERROR_CLOSED,
                                          "the session was closed: %s", reason);

  gctx_scope_cancel_with_cause (scope, cause);
}

/* A scope that its owner ends as ever, or the session if it is closed before. The
 * connection goes with whichever of the two goes first, and holds neither. */
static GCtxScope *
scope_of_session (GCtxContext *parent,
                  Session     *session)
{
  GCtxScope *scope = gctx_scope_new (parent);

  /* A signal tells of a change, not of a state. */
  if (session->closed)
    gctx_scope_cancel (scope);
  else
    g_signal_connect_object (session, "closed", G_CALLBACK (on_closed), scope, 0);

  return scope;
}

/* --- A context that ends with somebody else's cancellable --- */

/* What the work finds in its context are the values of @parent, and its deadline. */
static GCtxContext *
context_with_kill (GCtxContext  *parent,
                   GCancellable *kill)
{
  g_autoptr (GCtxContext) killed = gctx_context_from_cancellable (kill);
  GCtxContext *contexts[] = { parent, killed };

  return gctx_context_any (contexts, G_N_ELEMENTS (contexts));
}

/* --- The program --- */

typedef struct
{
  const char   *who;
  GCtxScope    *scope;
  GCancellable *kill;
  Session      *session;
} Ending;

static gboolean
end (gpointer data)
{
  Ending *self = data;

  if (strcmp (self->who, "program") == 0)
    gctx_scope_cancel (self->scope);
  else if (strcmp (self->who, "kill") == 0)
    g_cancellable_cancel (self->kill);
  else if (strcmp (self->who, "session") == 0)
    session_close (self->session, "logged out");

  return G_SOURCE_REMOVE;
}

static void
on_slept (GObject      *source,
          GAsyncResult *result,
          gpointer      data)
{
  g_autoptr (GError) error = NULL;

  /* An hour's work. */
  if (!gctx_context_sleep_finish (GCTX_CONTEXT (source), result, &error))
    g_print ("worker: %s\n", error->message);
  g_main_loop_quit (data);
}

static void
run (const char *who)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GCtxScope) scope = gctx_scope_new (gctx_context_background ());
  g_autoptr (GCancellable) kill = g_cancellable_new ();
  g_autoptr (Session) session = g_object_new (TYPE_SESSION, NULL);
  g_autoptr (GCtxContext) killable = context_with_kill (GCTX_CONTEXT (scope), kill);
  g_autoptr (GCtxScopeCloser) work = scope_of_session (killable, session);
  Ending ending = { who, scope, kill, session };

  g_print ("main: ended by the %s\n", who);
  gctx_context_sleep_async (GCTX_CONTEXT (work), G_TIME_SPAN_HOUR, NULL, on_slept, loop);
  g_idle_add (end, &ending);
  g_main_loop_run (loop);
}

int
main (int   argc,
      char *argv[])
{
  setlocale (LC_ALL, "");

  run ("program");
  run ("kill");
  run ("session");

  return 0;
}
