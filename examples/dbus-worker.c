/* dbus-worker.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A service on the session bus that works for its callers, and a caller that
 * has no time.
 *
 *   dbus-worker --serve                          the service, until Ctrl-C
 *   dbus-worker --timeout=100 --work=10000       the deadline passes first
 *   dbus-worker --timeout=10000 --work=100       the work is done first
 *
 * A caller that gives up leaves the bus here, and the service drops the work:
 * nobody would read the reply.
 */

#include <gctx.h>

#include <locale.h>
#include <stdio.h>

#define NAME  "org.example.GCtxWorker"
#define PATH  "/org/example/GCtxWorker"
#define IFACE "org.example.GCtxWorker"

static const char introspection[] =
  "<node>"
  "  <interface name='org.example.GCtxWorker'>"
  "    <method name='Work'>"
  "      <arg type='u' name='msec' direction='in'/>"
  "    </method>"
  "  </interface>"
  "</node>";

/* --- The service --- */

typedef struct
{
  GDBusMethodInvocation *invocation;
  GCtxScope             *scope;
} Job;

static void
on_worked (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  Job *job = user_data;
  g_autoptr (GError) error = NULL;

  if (gctx_context_sleep_finish (GCTX_CONTEXT (source), result, &error))
    {
      g_print ("worker: done\n");
      g_dbus_method_invocation_return_value (job->invocation, NULL);
    }
  else
    {
      g_print ("worker: dropped: %s\n", gctx_context_get_cause (GCTX_CONTEXT (source))->message);
      g_dbus_method_invocation_return_gerror (job->invocation, error);
    }
  gctx_scope_close (job->scope);
  g_free (job);
}

static void
on_method_call (GDBusConnection       *connection,
                const char            *sender,
                const char            *object_path,
                const char            *interface_name,
                const char            *method_name,
                GVariant              *parameters,
                GDBusMethodInvocation *invocation,
                gpointer               user_data)
{
  Job *job = g_new (Job, 1);
  guint msec;

  g_variant_get (parameters, "(u)", &msec);
  g_print ("worker: %u ms of work\n", msec);
  job->invocation = invocation;
  job->scope = gctx_scope_new_for_dbus_invocation (gctx_context_background (), invocation);
  gctx_context_sleep_async (GCTX_CONTEXT (job->scope), msec * G_TIME_SPAN_MILLISECOND, NULL,
                            on_worked, job);
}

static const GDBusInterfaceVTable vtable = { .method_call = on_method_call };

static void
on_bus_acquired (GDBusConnection *connection,
                 const char      *name,
                 gpointer         user_data)
{
  g_autoptr (GDBusNodeInfo) info = g_dbus_node_info_new_for_xml (introspection, NULL);

  g_dbus_connection_register_object (connection, PATH, info->interfaces[0], &vtable, NULL, NULL, NULL);
}

static void
on_name_acquired (GDBusConnection *connection,
                  const char      *name,
                  gpointer         user_data)
{
  g_print ("worker: ready\n");
}

static int
serve (void)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);

  g_bus_own_name (G_BUS_TYPE_SESSION, NAME, G_BUS_NAME_OWNER_FLAGS_NONE,
                  on_bus_acquired, on_name_acquired, NULL, NULL, NULL);
  g_main_loop_run (loop);
  return 0;
}

/* --- The caller --- */

static int
ask (int work_msec,
     int timeout_msec)
{
  g_autoptr (GError) cause = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GCtxScopeCloser) scope = NULL;
  g_autoptr (GDBusConnection) bus = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, &error);
  g_autoptr (GVariant) reply = NULL;

  if (bus == NULL)
    {
      g_printerr ("dbus-worker: %s\n", error->message);
      return 1;
    }

  cause = g_error_new (G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "%d ms are enough", timeout_msec);
  scope = gctx_scope_new_with_timeout_cause (gctx_context_background (),
                                             timeout_msec * G_TIME_SPAN_MILLISECOND, cause);
  reply = gctx_dbus_connection_call_sync (bus, GCTX_CONTEXT (scope), NAME, PATH, IFACE, "Work",
                                          g_variant_new ("(u)", (guint) work_msec), NULL,
                                          G_DBUS_CALL_FLAGS_NONE, &error);
  if (reply != NULL)
    g_print ("caller: in time\n");
  else
    g_print ("caller: %s\n", error->message);
  return 0;
}

int
main (int   argc,
      char *argv[])
{
  gboolean as_service = FALSE;
  int timeout_msec = 100;
  int work_msec = 1000;
  const GOptionEntry entries[] = {
    { "serve", 's', 0, G_OPTION_ARG_NONE, &as_service, "Be the service", NULL },
    { "timeout", 't', 0, G_OPTION_ARG_INT, &timeout_msec, "How long the caller waits (100)", "MSEC" },
    { "work", 'w', 0, G_OPTION_ARG_INT, &work_msec, "How long the work takes (1000)", "MSEC" },
    G_OPTION_ENTRY_NULL
  };
  g_autoptr (GOptionContext) options = g_option_context_new ("- work under the caller's eyes");
  g_autoptr (GError) error = NULL;

  setlocale (LC_ALL, "");
  setvbuf (stdout, NULL, _IOLBF, 0);
  g_option_context_add_main_entries (options, entries, NULL);
  if (!g_option_context_parse (options, &argc, &argv, &error))
    {
      g_printerr ("dbus-worker: %s\n", error->message);
      return 2;
    }

  return as_service ? serve () : ask (work_msec, timeout_msec);
}
