/* test-dbus-call.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "test-dbus.h"
#include "test-socket.h"

#define MSEC_USEC ((GTimeSpan) 1000)

/* --- One call, however it is made --- */

typedef enum { BY_CONNECTION, BY_PROXY } Caller;
typedef enum { BLOCKING, ASYNCHRONOUS } Manner;

typedef struct
{
  const char *name;
  Caller      caller;
  Manner      manner;
} Way;

static const Way ways[] = {
  { "connection-async", BY_CONNECTION, ASYNCHRONOUS },
  { "connection-sync", BY_CONNECTION, BLOCKING },
  { "proxy-async", BY_PROXY, ASYNCHRONOUS },
  { "proxy-sync", BY_PROXY, BLOCKING },
};

typedef struct
{
  GVariant *reply;
  GError   *error;
  int       finished;
} Result;

static void
on_connection_ready (GObject      *source,
                     GAsyncResult *result,
                     gpointer      user_data)
{
  Result *self = user_data;

  self->reply = gctx_dbus_connection_call_finish (result, &self->error);
  g_atomic_int_set (&self->finished, TRUE);
}

static void
on_proxy_ready (GObject      *source,
                GAsyncResult *result,
                gpointer      user_data)
{
  Result *self = user_data;

  self->reply = gctx_dbus_proxy_call_finish (result, &self->error);
  g_atomic_int_set (&self->finished, TRUE);
}

static GDBusProxy *
new_proxy (Bus *bus)
{
  GError *error = NULL;
  GDBusProxy *proxy =
    g_dbus_proxy_new_sync (bus->client,
                           G_DBUS_PROXY_FLAGS_DO_NOT_LOAD_PROPERTIES | G_DBUS_PROXY_FLAGS_DO_NOT_CONNECT_SIGNALS,
                           NULL, bus->name, TEST_PATH, TEST_INTERFACE, NULL, &error);

  g_assert_no_error (error);
  return proxy;
}

static GVariant *
call_expecting (const Way           *way,
                Bus                 *bus,
                int                  default_msec,
                GCtxContext         *context,
                const char          *method,
                GVariant            *parameters,
                const GVariantType  *type,
                GError             **error)
{
  g_autoptr (GDBusProxy) proxy = way->caller == BY_PROXY ? new_proxy (bus) : NULL;
  Result result = { 0 };

  if (proxy != NULL)
    g_dbus_proxy_set_default_timeout (proxy, default_msec);

  if (way->manner == BLOCKING)
    return proxy != NULL ?
             gctx_dbus_proxy_call_sync (proxy, context, method, parameters,
                                        G_DBUS_CALL_FLAGS_NONE, error) :
             gctx_dbus_connection_call_sync (bus->client, context, bus->name, TEST_PATH,
                                             TEST_INTERFACE, method, parameters, type,
                                             G_DBUS_CALL_FLAGS_NONE, error);

  if (proxy != NULL)
    gctx_dbus_proxy_call (proxy, context, method, parameters, G_DBUS_CALL_FLAGS_NONE,
                          on_proxy_ready, &result);
  else
    gctx_dbus_connection_call (bus->client, context, bus->name, TEST_PATH, TEST_INTERFACE, method,
                               parameters, type, G_DBUS_CALL_FLAGS_NONE, on_connection_ready, &result);
  g_assert_false (result.finished);
  test_iterate_until (NULL, &result.finished);
  if (result.error != NULL)
    g_propagate_error (error, result.error);
  return result.reply;
}

static GVariant *
call (const Way    *way,
      Bus          *bus,
      GCtxContext  *context,
      const char   *method,
      GVariant     *parameters,
      GError      **error)
{
  return call_expecting (way, bus, -1, context, method, parameters, NULL, error);
}

static void
assert_echoes (const Way   *way,
               Bus         *bus,
               GCtxContext *context)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
    call (way, bus, context, "Echo", g_variant_new ("(s)", "hello"), &error);
  const char *text;

  g_assert_no_error (error);
  g_variant_get (reply, "(&s)", &text);
  g_assert_cmpstr (text, ==, "hello");
}

static GCtxScope *
scope_ending_in (GTimeSpan timeout_usec)
{
  g_autoptr (GError) cause = g_error_new_literal (TEST_DOMAIN, 7, "soup is getting cold");

  return gctx_scope_new_with_timeout_cause (gctx_context_background (), timeout_usec, cause);
}

static void
assert_hangs_until_deadline (const Way *way,
                             Bus       *bus)
{
  g_autoptr (GCtxScopeCloser) scope = scope_ending_in (50 * MSEC_USEC);
  g_autoptr (GError) error = NULL;

  g_assert_null (call (way, bus, GCTX_CONTEXT (scope), "Hang", NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_cmpstr (error->message, ==, gctx_context_get_error (GCTX_CONTEXT (scope))->message);
  g_assert_nonnull (strstr (error->message, "soup is getting cold"));
  g_assert_true (gctx_scope_has_expired (scope));
}

/* --- The tests --- */

static void
test_reply (gconstpointer data)
{
  g_autoptr (GCtxScopeCloser) scope = scope_ending_in (HOUR_USEC);
  Bus bus;

  g_test_summary ("rule 16: what comes in time is not touched, with a deadline and without");

  bus_up (&bus);
  assert_echoes (data, &bus, GCTX_CONTEXT (scope));
  assert_echoes (data, &bus, gctx_context_background ());
  bus_down (&bus);
}

static void
test_deadline (gconstpointer data)
{
  Bus bus;

  g_test_summary ("rule 16: a service that hangs gives TIMED_OUT with the words of the cause");

  bus_up (&bus);
  assert_hangs_until_deadline (data, &bus);
  bus_down (&bus);
}

static void
test_peers (gconstpointer data)
{
  Bus bus;

  g_test_summary ("rule 16: without a bus as with one");

  bus_up_for_peers (&bus);
  assert_echoes (data, &bus, gctx_context_background ());
  assert_hangs_until_deadline (data, &bus);
  bus_down (&bus);
}

typedef struct
{
  Bus       *bus;
  GCtxScope *scope;
} Cancel;

static gpointer
cancel_when_called (gpointer data)
{
  Cancel *cancel = data;
  g_autoptr (GDBusMethodInvocation) invocation = service_take_hanging (&cancel->bus->service);

  g_assert_true (cancel_with (cancel->scope, 5));
  return NULL;
}

static void
test_cancel (gconstpointer data)
{
  g_autoptr (GCtxScopeCloser) scope = gctx_scope_new (gctx_context_background ());
  g_autoptr (GError) error = NULL;
  GThread *thread;
  Cancel cancel;
  Bus bus;

  g_test_summary ("rule 16: a cancel from another thread ends the call with its cause");

  bus_up (&bus);
  cancel = (Cancel) { &bus, scope };
  thread = g_thread_new ("cancel", cancel_when_called, &cancel);
  g_assert_null (call (data, &bus, GCTX_CONTEXT (scope), "Hang", NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_nonnull (strstr (error->message, "cause number 5"));
  g_thread_join (thread);
  bus_down (&bus);
}

/* A floating tuple that tells when it is gone. */
static GVariant *
new_parameters (int *gone)
{
  static const char text[] = "hello\0";

  return g_variant_new_from_data (G_VARIANT_TYPE ("(s)"), text, 6, TRUE, test_note_gone, gone);
}

static void
test_done_already (gconstpointer data)
{
  const Way *way = data;
  g_autoptr (GCtxScopeCloser) scope = scope_ending_in (0);
  g_autoptr (GCtxScopeCloser) live = gctx_scope_new (gctx_context_background ());
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) sunk = NULL;
  int gone = FALSE, kept_gone = FALSE;
  Bus bus;

  g_test_summary ("rule 6: where the context is done no message is sent, and a floating "
                  "variant is consumed all the same");

  bus_up (&bus);
  g_assert_null (call (way, &bus, GCTX_CONTEXT (scope), "Echo", new_parameters (&gone), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_nonnull (strstr (error->message, "soup is getting cold"));
  g_assert_true (gone);
  g_clear_error (&error);

  sunk = g_variant_ref_sink (new_parameters (&kept_gone));
  g_assert_null (call (way, &bus, GCTX_CONTEXT (scope), "Echo", sunk, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_false (kept_gone);

  assert_echoes (way, &bus, GCTX_CONTEXT (live));
  g_assert_cmpint (g_atomic_int_get (&bus.service.n_calls), ==, 1);
  bus_down (&bus);
}

static void
test_without_callback (void)
{
  g_autoptr (GCtxScopeCloser) scope = gctx_scope_new (gctx_context_background ());
  g_autoptr (GDBusMethodInvocation) invocation = NULL;
  g_autoptr (GDBusProxy) proxy = NULL;
  int gone = FALSE;
  Bus bus;

  g_test_summary ("rule 6: without a callback no reply is asked for, and nothing sent once done");

  bus_up (&bus);
  proxy = new_proxy (&bus);
  gctx_dbus_connection_call (bus.client, GCTX_CONTEXT (scope), bus.name, TEST_PATH, TEST_INTERFACE,
                             "Hang", NULL, NULL, G_DBUS_CALL_FLAGS_NONE, NULL, NULL);
  invocation = service_take_hanging (&bus.service);
  g_assert_true (g_dbus_message_get_flags (g_dbus_method_invocation_get_message (invocation)) &
                 G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED);
  gctx_dbus_proxy_call (proxy, GCTX_CONTEXT (scope), "Hang", NULL, G_DBUS_CALL_FLAGS_NONE, NULL, NULL);
  g_object_unref (service_take_hanging (&bus.service));

  g_assert_true (gctx_scope_cancel (scope));
  gctx_dbus_connection_call (bus.client, GCTX_CONTEXT (scope), bus.name, TEST_PATH, TEST_INTERFACE,
                             "Echo", new_parameters (&gone), NULL, G_DBUS_CALL_FLAGS_NONE, NULL, NULL);
  g_assert_true (gone);
  gctx_dbus_proxy_call (proxy, GCTX_CONTEXT (scope), "Hang", NULL, G_DBUS_CALL_FLAGS_NONE, NULL, NULL);
  assert_echoes (&ways[0], &bus, gctx_context_background ());
  g_assert_cmpint (g_atomic_int_get (&bus.service.n_calls), ==, 3);
  bus_down (&bus);
}

/* When the first timer of @context is due, in milliseconds. */
static int
get_timer (GMainContext *context)
{
  int priority, timeout;

  test_iterate_pending (context);
  g_assert_true (g_main_context_acquire (context));
  g_main_context_prepare (context, &priority);
  g_main_context_query (context, priority, &timeout, NULL, 0);
  g_main_context_release (context);
  return timeout;
}

static int
get_timer_of_call (Bus         *bus,
                   GCtxContext *context,
                   GDBusProxy  *proxy)
{
  g_autoptr (GMainContext) loop = g_main_context_new ();
  g_autoptr (GCtxScopeCloser) scope = gctx_scope_new (context);
  Result result = { 0 };
  int timer;

  g_main_context_push_thread_default (loop);
  if (proxy != NULL)
    gctx_dbus_proxy_call (proxy, GCTX_CONTEXT (scope), "Hang", NULL, G_DBUS_CALL_FLAGS_NONE,
                          on_proxy_ready, &result);
  else
    gctx_dbus_connection_call (bus->client, GCTX_CONTEXT (scope), bus->name, TEST_PATH, TEST_INTERFACE,
                               "Hang", NULL, NULL, G_DBUS_CALL_FLAGS_NONE, on_connection_ready, &result);
  timer = get_timer (loop);
  g_assert_true (gctx_scope_cancel (scope));
  test_iterate_until (loop, &result.finished);
  g_main_context_pop_thread_default (loop);
  g_assert_error (result.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&result.error);
  return timer;
}

/* Longer than what GDBus takes for a default, 25 seconds. */
#define MINUTE_MSEC (60 * 1000)

static void
test_timer (void)
{
  g_autoptr (GCtxScopeCloser) hour = scope_ending_in (HOUR_USEC);
  g_autoptr (GDBusProxy) proxy = NULL;
  int timer;
  Bus bus;

  g_test_summary ("rule 10: the earlier of the context's deadline and the proxy's timeout is what "
                  "GDBus is given, and no timeout where there is neither");

  bus_up (&bus);
  proxy = new_proxy (&bus);

  g_assert_cmpint (get_timer_of_call (&bus, gctx_context_background (), NULL), ==, -1);
  g_assert_cmpint (get_timer_of_call (&bus, gctx_context_background (), proxy), ==, -1);
  timer = get_timer_of_call (&bus, GCTX_CONTEXT (hour), NULL);
  g_assert_cmpint (timer, >, MINUTE_MSEC);
  g_assert_cmpint (timer, <=, 60 * MINUTE_MSEC);

  g_dbus_proxy_set_default_timeout (proxy, 2 * 60 * MINUTE_MSEC);
  timer = get_timer_of_call (&bus, GCTX_CONTEXT (hour), proxy);
  g_assert_cmpint (timer, >, MINUTE_MSEC);
  g_assert_cmpint (timer, <=, 60 * MINUTE_MSEC);
  timer = get_timer_of_call (&bus, gctx_context_background (), proxy);
  g_assert_cmpint (timer, >, 60 * MINUTE_MSEC);

  g_dbus_proxy_set_default_timeout (proxy, MINUTE_MSEC);
  timer = get_timer_of_call (&bus, GCTX_CONTEXT (hour), proxy);
  g_assert_cmpint (timer, >, 0);
  g_assert_cmpint (timer, <=, MINUTE_MSEC);
  bus_down (&bus);
}

static void
test_timeout_of_proxy (void)
{
  g_autoptr (GCtxScopeCloser) hour = scope_ending_in (HOUR_USEC);
  Bus bus;
  guint i;

  g_test_summary ("rule 16: a timeout that is the proxy's own is not the context's");

  bus_up (&bus);
  for (i = 2; i < G_N_ELEMENTS (ways); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (call_expecting (&ways[i], &bus, 20, GCTX_CONTEXT (hour), "Hang", NULL, NULL, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
      g_assert_null (strstr (error->message, "soup"));
      g_assert_false (gctx_context_is_done (GCTX_CONTEXT (hour)));
    }
  bus_down (&bus);
}

/* --- Peers that mean no good --- */

static void
test_errors_of_peer (gconstpointer data)
{
  static const struct
  {
    const char *name;
    GQuark    (*domain) (void);
    int         code;
  } errors[] = {
    { "org.freedesktop.DBus.Error.NoReply", g_dbus_error_quark, G_DBUS_ERROR_NO_REPLY },
    { "org.freedesktop.DBus.Error.Timeout", g_dbus_error_quark, G_DBUS_ERROR_TIMEOUT },
    { "org.freedesktop.DBus.Error.TimedOut", g_dbus_error_quark, G_DBUS_ERROR_TIMED_OUT },
    { "org.gtk.GDBus.UnmappedGError.Quark._g_2dio_2derror_2dquark.Code24", g_io_error_quark,
      G_IO_ERROR_TIMED_OUT },
    { "org.gtk.GDBus.UnmappedGError.Quark._g_2dio_2derror_2dquark.Code19", g_io_error_quark,
      G_IO_ERROR_CANCELLED },
    { "org.example.Odd", g_io_error_quark, G_IO_ERROR_DBUS_ERROR },
  };
  g_autoptr (GCtxScopeCloser) scope = scope_ending_in (HOUR_USEC);
  Bus bus;
  guint i;

  g_test_summary ("rule 16: what the peer reports while the context lives passes untouched");

  bus_up (&bus);
  for (i = 0; i < G_N_ELEMENTS (errors); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (call (data, &bus, GCTX_CONTEXT (scope), "Fail",
                           g_variant_new ("(s)", errors[i].name), &error));
      g_assert_error (error, errors[i].domain (), errors[i].code);
      g_assert_true (g_dbus_error_is_remote_error (error));
      g_assert_nonnull (strstr (error->message, "so the peer says"));
    }
  bus_down (&bus);
}

static void
test_garbage (gconstpointer data)
{
  const Way *way = data;
  g_autoptr (GCtxScopeCloser) scope = scope_ending_in (HOUR_USEC);
  g_autoptr (GError) error = NULL;
  Bus bus;

  g_test_summary ("rule 20: a wrong reply, an unknown method and an unknown name are errors");

  bus_up (&bus);
  if (way->caller == BY_CONNECTION)
    {
      g_assert_null (call_expecting (way, &bus, -1, GCTX_CONTEXT (scope), "Echo",
                                     g_variant_new ("(s)", "x"), G_VARIANT_TYPE ("(u)"), &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
      g_clear_error (&error);
    }
  g_assert_null (call (way, &bus, GCTX_CONTEXT (scope), "Echo", g_variant_new ("(u)", 1), &error));
  g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS);
  g_clear_error (&error);
  g_assert_null (call (way, &bus, GCTX_CONTEXT (scope), "Unheard", NULL, &error));
  g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_METHOD);
  g_clear_error (&error);
  bus.name = "org.example.Nobody";
  g_assert_null (call (way, &bus, GCTX_CONTEXT (scope), "Echo", g_variant_new ("(s)", "x"), &error));
  g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN);
  bus_down (&bus);
}

static gpointer
close_service_when_called (gpointer data)
{
  Bus *bus = data;
  g_autoptr (GDBusMethodInvocation) invocation = service_take_hanging (&bus->service);

  g_assert_true (g_dbus_connection_close_sync (bus->service.connection, NULL, NULL));
  return NULL;
}

static gpointer
kill_bus_when_called (gpointer data)
{
  Bus *bus = data;
  g_autoptr (GDBusMethodInvocation) invocation = service_take_hanging (&bus->service);

  bus_kill (bus);
  return NULL;
}

static void
assert_vanishing (const Way   *way,
                  void       (*up) (Bus *bus),
                  GThreadFunc  vanish,
                  GQuark       domain,
                  int          code)
{
  g_autoptr (GCtxScopeCloser) scope = scope_ending_in (HOUR_USEC);
  g_autoptr (GError) error = NULL;
  GThread *thread;
  Bus bus;

  up (&bus);
  thread = g_thread_new ("vanish", vanish, &bus);
  g_assert_null (call (way, &bus, GCTX_CONTEXT (scope), "Hang", NULL, &error));
  g_assert_error (error, domain, code);
  g_assert_false (gctx_context_is_done (GCTX_CONTEXT (scope)));
  g_thread_join (thread);
  bus_down (&bus);
}

static void
test_vanishing (gconstpointer data)
{
  g_test_summary ("rule 16: a service, a bus and a peer that vanish give GDBus's errors, a "
                  "NO_REPLY of the bus among them");

  assert_vanishing (data, bus_up, close_service_when_called, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY);
  assert_vanishing (data, bus_up, kill_bus_when_called, G_IO_ERROR, G_IO_ERROR_CLOSED);
  assert_vanishing (data, bus_up_for_peers, close_service_when_called, G_IO_ERROR, G_IO_ERROR_CLOSED);
}

/* --- Threads --- */

typedef struct
{
  Bus       *bus;
  GCtxScope *scope;
  int        started;
} HandlerRound;

static void
call_in_handler (GCancellable *cancellable,
                 gpointer      user_data)
{
  HandlerRound *round = user_data;

  assert_echoes (&ways[1], round->bus, gctx_context_background ());
}

static gpointer
cancel_thread (gpointer data)
{
  HandlerRound *round = data;

  while (!g_atomic_int_get (&round->started))
    g_thread_yield ();
  gctx_scope_cancel (round->scope);
  return NULL;
}

/* GDBus disconnects from the cancellable of a call in its worker, with the lock
 * of the connection held, when the reply comes. */
static void
test_call_in_handler (void)
{
  int n_rounds = test_rounds (3000), n_cancelled = 0, i;
  Bus bus;

  g_test_summary ("rule 4: a handler of `cancelled` may use the connection of the call that it cancels");

  bus_up (&bus);
  for (i = 0; i < n_rounds; i++)
    {
      HandlerRound round = { &bus, gctx_scope_new (gctx_context_background ()), FALSE };
      GThread *thread;
      Result result = { 0 };

      g_cancellable_connect (gctx_context_get_cancellable (GCTX_CONTEXT (round.scope)),
                             G_CALLBACK (call_in_handler), &round, NULL);
      thread = g_thread_new ("cancel", cancel_thread, &round);
      gctx_dbus_connection_call (bus.client, GCTX_CONTEXT (round.scope), bus.name, TEST_PATH,
                                 TEST_INTERFACE, "Echo", g_variant_new ("(s)", "x"), NULL,
                                 G_DBUS_CALL_FLAGS_NONE, on_connection_ready, &result);
      g_atomic_int_set (&round.started, TRUE);
      test_iterate_until (NULL, &result.finished);
      g_thread_join (thread);
      if (result.error != NULL)
        {
          g_assert_error (result.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
          n_cancelled++;
        }
      g_clear_error (&result.error);
      g_clear_pointer (&result.reply, g_variant_unref);
      g_object_unref (round.scope);
    }
  g_test_message ("%d of %d calls were cancelled", n_cancelled, n_rounds);
  bus_down (&bus);
}

/* No bus and no peer that would know D-Bus: nobody has to prove who he is on such
 * a connection, and nobody here reads what GDBus writes. */
static void
test_garbage_on_the_wire (void)
{
  char garbage[4096];
  g_autoptr (GDBusConnection) connection = NULL;
  g_autoptr (GError) error = NULL;
  Result result = { NULL, NULL, FALSE };
  GLogLevelFlags fatal;
  Pair pair;

  g_test_summary ("a peer that answers with what is no message ends the call at once, not at its deadline");

  /* GDBus warns of it, in a thread of its own. */
  fatal = g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  memset (garbage, 'x', sizeof garbage);
  pair_init_unix (&pair);
  connection = g_dbus_connection_new_sync (G_IO_STREAM (pair.here), NULL, G_DBUS_CONNECTION_FLAGS_NONE,
                                           NULL, NULL, &error);
  g_assert_no_error (error);
  g_dbus_connection_set_exit_on_close (connection, FALSE);

  gctx_dbus_connection_call (connection, gctx_context_background (), NULL, TEST_PATH, TEST_INTERFACE,
                             "Echo", NULL, NULL, G_DBUS_CALL_FLAGS_NONE, on_connection_ready, &result);
  g_assert_true (g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (pair.there)),
                                            garbage, sizeof garbage, NULL, NULL, &error));
  while (!result.finished)
    g_main_context_iteration (NULL, TRUE);

  g_assert_null (result.reply);
  g_assert_nonnull (result.error);
  g_assert_false (g_error_matches (result.error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
  g_test_message ("%s", result.error->message);
  g_clear_error (&result.error);

  g_dbus_connection_close_sync (connection, NULL, NULL);
  test_iterate_pending (NULL);
  pair_clear (&pair);
  g_log_set_always_fatal (fatal);
}

static void
test_misuse (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GTask) other = NULL;
  Bus bus;

  g_test_summary ("rule 20: a wrong argument is a critical and a harmless answer");

  bus_up_for_peers (&bus);
  g_test_expect_message ("GCtx", G_LOG_LEVEL_CRITICAL, "*GCTX_IS_CONTEXT (context)*");
  g_assert_null (gctx_dbus_connection_call_sync (bus.client, NULL, NULL, TEST_PATH, TEST_INTERFACE,
                                                 "Echo", NULL, NULL, G_DBUS_CALL_FLAGS_NONE, &error));
  g_test_expect_message ("GCtx", G_LOG_LEVEL_CRITICAL, "*object_path*");
  gctx_dbus_connection_call (bus.client, gctx_context_background (), NULL, "nowhere", TEST_INTERFACE,
                             "Echo", NULL, NULL, G_DBUS_CALL_FLAGS_NONE, on_connection_ready, NULL);
  g_test_expect_message ("GCtx", G_LOG_LEVEL_CRITICAL, "*G_IS_DBUS_PROXY (proxy)*");
  gctx_dbus_proxy_call (NULL, gctx_context_background (), "Echo", NULL, G_DBUS_CALL_FLAGS_NONE,
                        on_proxy_ready, NULL);

  /* What the callback of something else was given. */
  other = g_task_new (NULL, NULL, NULL, NULL);
  g_test_expect_message ("GCtx", G_LOG_LEVEL_CRITICAL, "*gctx_dbus_connection_call*");
  g_assert_null (gctx_dbus_connection_call_finish (G_ASYNC_RESULT (other), &error));
  g_test_expect_message ("GCtx", G_LOG_LEVEL_CRITICAL, "*gctx_dbus_proxy_call*");
  g_assert_null (gctx_dbus_proxy_call_finish (G_ASYNC_RESULT (other), &error));
  g_test_expect_message ("GCtx", G_LOG_LEVEL_CRITICAL, "*G_IS_TASK (result)*");
  g_assert_null (gctx_dbus_proxy_call_finish (NULL, &error));
  g_test_assert_expected_messages ();
  g_assert_no_error (error);
  bus_down (&bus);
}

static void
add_ways (const char    *path,
          GTestDataFunc  func)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      g_autofree char *full = g_strdup_printf ("/gctx/dbus-call/%s/%s", path, ways[i].name);

      g_test_add_data_func (full, &ways[i], func);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  add_ways ("reply", test_reply);
  add_ways ("deadline", test_deadline);
  add_ways ("peers", test_peers);
  add_ways ("cancel", test_cancel);
  add_ways ("done-already", test_done_already);
  g_test_add_func ("/gctx/dbus-call/without-callback", test_without_callback);
  g_test_add_func ("/gctx/dbus-call/timer", test_timer);
  g_test_add_func ("/gctx/dbus-call/timeout-of-proxy", test_timeout_of_proxy);
  add_ways ("errors-of-peer", test_errors_of_peer);
  add_ways ("garbage", test_garbage);
  add_ways ("vanishing", test_vanishing);
  g_test_add_func ("/gctx/dbus-call/call-in-handler", test_call_in_handler);
  g_test_add_func ("/gctx/dbus-call/garbage-on-the-wire", test_garbage_on_the_wire);
  g_test_add_func ("/gctx/dbus-call/misuse", test_misuse);

  return g_test_run ();
}
