/* test-library.vala
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Both namespaces are open, so every name that they share is tried. */
using GLib;
using GCtx;

delegate bool Condition ();

void
iterate_until (Condition condition)
{
  while (!condition ())
    MainContext.default ().iteration (true);
}

void
test_tree ()
{
  var scope = new Scope (Context.background ());
  var child = new Scope.with_timeout (scope, TimeSpan.HOUR);
  var sibling = new Scope (scope);

  assert_true (child.cancel ());
  assert_false (child.cancel ());
  assert_true (child.is_done ());
  assert_false (sibling.is_done ());
  try {
    assert_true (scope.check ());
  } catch (Error error) {
    assert_not_reached ();
  }
  try {
    child.check ();
    assert_not_reached ();
  } catch (IOError.CANCELLED error) {
    assert_true (child.get_error () is IOError.CANCELLED);
  } catch (Error error) {
    assert_not_reached ();
  }
}

void
test_lookup ()
{
  var name = new Key ("name", typeof (string));
  var size = new Key ("size", typeof (int64));
  int n_asked = 0;
  var context = Context.background ().with_lookup ((key, ref value) => {
    n_asked++;
    if (key != name)
      return false;
    value.set_string ("Ada");
    return true;
  });

  assert_cmpstr (context.get_string (name), EQ, "Ada");
  assert_cmpstr (context.get_string (name), EQ, "Ada");
  assert_cmpint (n_asked, EQ, 1);
  assert_false (context.has_value (size));
  assert_cmpstr (context.to_string (), EQ, "background.lookup");
}

void
test_values ()
{
  var name = new Key ("name", typeof (string));
  var size = new Key ("size", typeof (int64));
  Value ada = "Ada";
  Value seven = 7;
  var context = Context.background ().with_values ({ name, size }, { ada, seven });

  assert_cmpstr (context.get_string (name), EQ, "Ada");
  assert_true (context.get_int64 (size) == 7);
  assert_true (context.has_value (name));
  assert_false (context.has_value (new Key ("name", typeof (string))));
  assert_cmpstr (name.get_name (), EQ, "name");

  var scope = new Scope.full (context, int64.MAX, null, { name }, { "Grace" });
  assert_cmpstr (scope.get_string (name), EQ, "Grace");
  assert_cmpstr (context.get_string (name), EQ, "Ada");
}

async Error?
load_and_quit (Context context, MainLoop loop)
{
  Error? caught = null;

  try {
    uint8[] contents;
    yield File.new_for_path ("/").load_contents_async (context.get_cancellable (), out contents, null);
  } catch (Error error) {
    caught = context.translate_error (error);
  }
  loop.quit ();
  return caught;
}

/* The deadline has passed when the load starts. */
void
test_load_contents_under_deadline ()
{
  var context = Context.background ().with_timeout (0);
  var loop = new MainLoop ();
  Error? caught = null;

  load_and_quit.begin (context, loop, (object, result) => {
    caught = load_and_quit.end (result);
  });
  loop.run ();
  iterate_until (() => caught != null);
  assert_true (caught is IOError.TIMED_OUT);
}

void
test_after_func ()
{
  var scope = new Scope (Context.background ());
  Context? seen = null;

  scope.add_after_func ((context) => { seen = context; });
  scope.cancel ();
  assert_null (seen);
  iterate_until (() => seen != null);
  assert_true (seen == scope);
}

void
test_source ()
{
  var scope = new Scope (Context.background ());
  var source = scope.create_source ();
  Context? seen = null;

  source.set_callback ((context) => {
    seen = context;
    return Source.REMOVE;
  });
  source.attach (null);
  scope.cancel ();
  iterate_until (() => seen != null);
  assert_true (seen == scope);
}

async void
wait_for (Context context, MainLoop loop)
{
  try {
    yield context.wait_async (null);
  } catch (Error error) {
    assert_not_reached ();
  }
  loop.quit ();
}

void
test_wait_async ()
{
  var scope = new Scope (Context.background ());
  var loop = new MainLoop ();

  wait_for.begin (scope, loop);
  scope.cancel ();
  loop.run ();
  assert_true (scope.is_done ());
}

async void
talk (Context context, MainLoop loop)
{
  try {
    string text;
    var child = GCtx.subprocess_new (context, { "cat" }, SubprocessFlags.STDIN_PIPE | SubprocessFlags.STDOUT_PIPE);
    yield GCtx.subprocess_communicate_utf8_async (child, context, "text", out text, null);
    assert_cmpstr (text, CompareOperator.EQ, "text");
  } catch (Error error) {
    assert_not_reached ();
  }
  loop.quit ();
}

void
test_subprocess ()
{
  var loop = new MainLoop ();

  talk.begin (new Scope (Context.background ()), loop);
  loop.run ();
}

void
test_task ()
{
  var context = Context.background ().with_timeout (20 * 1000);
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

void
test_current ()
{
  var scope = new Scope (Context.background ());

  scope.push_current ();
  assert_true (Context.get_current () == scope);
  assert_true (Cancellable.get_current () == scope.get_cancellable ());
  scope.pop_current ();
  assert_true (Context.get_current () == Context.background ());
}

int
main (string[] args)
{
  Test.init (ref args);
  Test.add_func ("/gctx/vala/tree", test_tree);
  Test.add_func ("/gctx/vala/values", test_values);
  Test.add_func ("/gctx/vala/lookup", test_lookup);
  Test.add_func ("/gctx/vala/load-contents-under-deadline", test_load_contents_under_deadline);
  Test.add_func ("/gctx/vala/after-func", test_after_func);
  Test.add_func ("/gctx/vala/source", test_source);
  Test.add_func ("/gctx/vala/wait-async", test_wait_async);
  Test.add_func ("/gctx/vala/child", test_subprocess);
  Test.add_func ("/gctx/vala/task", test_task);
  Test.add_func ("/gctx/vala/current", test_current);
  return Test.run ();
}
