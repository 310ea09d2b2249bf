/* test-bridges.vala: child processes, D-Bus calls and tasks
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

using GLib;
using GCtx;

[DBus (name = "org.example.Test")]
class Service : Object
{
  [DBus (visible = false)]
  public Scope scope = new Scope (Context.background ());

  public string echo (string text) throws Error {
    return text;
  }

  public async void hang () throws Error {
    yield scope.wait_async ();
  }
}

async void
talk (Context context) throws Error
{
  string text;
  var child = subprocess_new (context, { "cat" }, SubprocessFlags.STDIN_PIPE | SubprocessFlags.STDOUT_PIPE);

  yield subprocess_communicate_utf8_async (child, context, "text", out text, null);
  assert_cmpstr (text, EQ, "text");
  assert_true (yield subprocess_wait_check_async (child, context));
}

void
test_subprocess ()
{
  bool finished = false;

  talk.begin (Context.background (), (source, result) => {
    try {
      talk.end (result);
    } catch (Error error) {
      assert_not_reached ();
    }
    finished = true;
  });
  iterate_until (() => finished);
}

/* A child lasts as long as its context; the wait throws the context's error. */
void
test_subprocess_deadline ()
{
  var context = Context.background ().with_timeout (TimeSpan.MILLISECOND);

  try {
    var launcher = new SubprocessLauncher (SubprocessFlags.NONE);
    var child = subprocess_launcher_spawnv (launcher, Context.background ().with_timeout (10 * TimeSpan.MILLISECOND),
                                            SUBPROCESS_GRACE, { "sleep", "1000" });

    try {
      subprocess_wait (child, context);
      assert_not_reached ();
    } catch (IOError.TIMED_OUT error) {
      assert_cmpstr (error.message, EQ, context.get_error ().message);
    }
    subprocess_wait (child, Context.background ());
    assert_cmpint (child.get_term_sig (), EQ, Posix.Signal.TERM);
  } catch (Error error) {
    assert_not_reached ();
  }
}

async string
echo (DBusConnection connection, Context context, string name, string text) throws Error
{
  var reply = yield dbus_connection_call (connection, context, name, "/org/example/Test", "org.example.Test",
                                          "Echo", new Variant ("(s)", text));

  return reply.get_child_value (0).get_string ();
}

async void
hang (DBusProxy proxy, Context context) throws Error
{
  yield dbus_proxy_call (proxy, context, "Hang");
}

/* One rule for all functions of the namespace: they may be yielded on. */
void
call (DBusConnection client, string name) throws Error
{
  string? answer = null;
  Error? caught = null;
  var proxy = new DBusProxy.sync (client, DBusProxyFlags.DO_NOT_LOAD_PROPERTIES | DBusProxyFlags.DO_NOT_CONNECT_SIGNALS,
                                  null, name, "/org/example/Test", "org.example.Test");

  echo.begin (client, Context.background (), name, "hello", (source, result) => {
    try {
      answer = echo.end (result);
    } catch (Error error) {
      assert_not_reached ();
    }
  });
  iterate_until (() => answer != null);
  assert_cmpstr (answer, EQ, "hello");

  hang.begin (proxy, Context.background ().with_timeout (20 * TimeSpan.MILLISECOND), (source, result) => {
    try {
      hang.end (result);
      assert_not_reached ();
    } catch (Error error) {
      caught = error;
    }
  });
  iterate_until (() => caught != null);
  assert_true (caught is IOError.TIMED_OUT);
}

void
test_dbus ()
{
  var daemon = new TestDBus (TestDBusFlags.NONE);
  var service = new Service ();

  daemon.up ();
  try {
    var flags = DBusConnectionFlags.AUTHENTICATION_CLIENT | DBusConnectionFlags.MESSAGE_BUS_CONNECTION;
    var server = new DBusConnection.for_address_sync (daemon.get_bus_address (), flags);
    var client = new DBusConnection.for_address_sync (daemon.get_bus_address (), flags);
    uint id = server.register_object ("/org/example/Test", service);

    call (client, server.get_unique_name ());
    service.scope.close ();
    iterate_until (() => service.scope.ref_count == 1);
    server.unregister_object (id);
    client.close_sync ();
    server.close_sync ();
  } catch (Error error) {
    assert_not_reached ();
  }
  daemon.stop ();
}

void
test_task ()
{
  var context = Context.background ().with_timeout (20 * TimeSpan.MILLISECOND);
  Task? finished = null;
  var task = task_new (null, context, (source, result) => { finished = result; });

  assert_true (task_get_context (task) == context);
  context.wait ();
  assert_true (task_return_if_done (task));
  iterate_until (() => finished != null);
  try {
    task_propagate_boolean (finished);
    assert_not_reached ();
  } catch (Error error) {
    assert_true (error is IOError.TIMED_OUT);
  }
}

/* GLib's vapi says that a task of a thread has a source object. */
void
test_task_in_thread ()
{
  var context = new Scope (Context.background ());
  var task = task_new (new Object (), context);

  task_run_in_thread_sync (task, (task, source, data, cancellable) => {
    assert_false (task_get_context (task).is_done ());
    task.return_int (7);
  });
  try {
    assert_true (task_propagate_int (task) == 7);
  } catch (Error error) {
    assert_not_reached ();
  }
}

int
main (string[] args)
{
  Test.init (ref args);
  /* A path with "/subprocess" in it is one that GLib leaves out. */
  Test.add_func ("/gctx/vala/bridges/child", test_subprocess);
  Test.add_func ("/gctx/vala/bridges/child-deadline", test_subprocess_deadline);
  Test.add_func ("/gctx/vala/bridges/dbus", test_dbus);
  Test.add_func ("/gctx/vala/bridges/task", test_task);
  Test.add_func ("/gctx/vala/bridges/task-in-thread", test_task_in_thread);
  return Test.run ();
}
