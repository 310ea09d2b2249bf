/* test-async.vala: what is waited for with yield
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

using GLib;
using GCtx;

async Error?
load (Context context)
{
  try {
    uint8[] contents;
    yield File.new_for_path ("/").load_contents_async (context.get_cancellable (), out contents, null);
  } catch (Error error) {
    return context.translate_error (error);
  }
  return null;
}

/* Rule 16. The deadline has passed when the load starts. */
void
test_load_contents_under_deadline ()
{
  Error? caught = null;

  load.begin (Context.background ().with_timeout (0), (object, result) => {
    caught = load.end (result);
  });
  iterate_until (() => caught != null);
  assert_true (caught is IOError.TIMED_OUT);
}

async bool
wait_for (Context context) throws Error
{
  return yield context.wait_async ();
}

void
test_wait ()
{
  var scope = new Scope (Context.background ());
  bool finished = false;

  wait_for.begin (scope, (object, result) => {
    try {
      assert_true (wait_for.end (result));
    } catch (Error error) {
      assert_not_reached ();
    }
    finished = true;
  });
  assert_cmpuint (scope.ref_count, GT, 1);
  scope.cancel ();
  /* Rule 2: what waits goes on in its main context, never inside the call. */
  assert_false (finished);
  iterate_until (() => finished);
  iterate_until (() => scope.ref_count == 1);
}

/* The cancellable withdraws this one wait, and not the context. */
void
test_withdraw ()
{
  var scope = new Scope (Context.background ());
  var cancellable = new Cancellable ();
  Error? caught = null;

  scope.wait_async.begin (cancellable, (object, result) => {
    try {
      scope.wait_async.end (result);
      assert_not_reached ();
    } catch (Error error) {
      caught = error;
    }
  });
  cancellable.cancel ();
  iterate_until (() => caught != null);
  assert_true (caught is IOError.CANCELLED);
  assert_false (scope.is_done ());
}

async void
nap_until_cancelled (Context context, Cancellable cancellable) throws Error
{
  try {
    yield context.sleep_async (TimeSpan.HOUR);
  } catch (Error error) {
    assert_true (error is IOError.TIMED_OUT);
    throw error;
  }
}

/* An async method that is given a cancellable throws a CANCELLED of Vala's own
 * when that is cancelled, whatever was thrown in it: its caller translates it. */
void
test_method_with_cancellable ()
{
  var context = Context.background ().with_timeout (TimeSpan.MILLISECOND);
  Error? caught = null;

  nap_until_cancelled.begin (context, context.get_cancellable (), (object, result) => {
    try {
      nap_until_cancelled.end (result);
      assert_not_reached ();
    } catch (Error error) {
      caught = context.translate_error (error);
    }
  });
  iterate_until (() => caught != null);
  assert_true (caught is IOError.TIMED_OUT);
}

async string
nap (Context context, TimeSpan duration)
{
  try {
    yield context.sleep_async (duration);
    return "slept";
  } catch (IOError.TIMED_OUT error) {
    return "timed out";
  } catch (IOError.CANCELLED error) {
    return "cancelled";
  } catch (Error error) {
    assert_not_reached ();
  }
}

void
test_sleep ()
{
  var scope = new Scope (Context.background ());
  string slept = "";
  string late = "";
  string cancelled = "";

  nap.begin (scope, TimeSpan.MILLISECOND, (object, result) => { slept = nap.end (result); });
  iterate_until (() => slept != "");
  assert_cmpstr (slept, EQ, "slept");

  nap.begin (scope.with_timeout (TimeSpan.MILLISECOND), TimeSpan.HOUR, (object, result) => {
    late = nap.end (result);
  });
  nap.begin (scope, TimeSpan.HOUR, (object, result) => { cancelled = nap.end (result); });
  iterate_until (() => late != "");
  assert_cmpstr (late, EQ, "timed out");
  assert_cmpstr (cancelled, EQ, "");
  scope.cancel ();
  iterate_until (() => cancelled != "");
  assert_cmpstr (cancelled, EQ, "cancelled");
}

void
test_blocking ()
{
  var context = Context.background ().with_timeout (2 * TimeSpan.MILLISECOND);

  try {
    assert_true (Context.background ().sleep (TimeSpan.MILLISECOND));
    context.sleep (TimeSpan.HOUR);
    assert_not_reached ();
  } catch (Error error) {
    assert_true (error is IOError.TIMED_OUT);
  }
  context.wait ();
}

/* Threads that run loops of their own: the rest of an async method runs where
 * its first part did, though the main thread ends what it waits for. */
void
test_main_context_of_thread ()
{
  var scope = new Scope (Context.background ());
  var waiting = new AsyncQueue<string> ();
  Thread<bool>[] threads = {};

  for (int i = 0; i < 4; i++)
    threads += new Thread<bool> ("waiter", () => {
      var main_context = new MainContext ();
      var loop = new MainLoop (main_context);
      unowned Thread<bool> here = Thread.self<bool> ();
      bool right = false;

      main_context.push_thread_default ();
      wait_for.begin (scope, (object, result) => {
        try {
          wait_for.end (result);
        } catch (Error error) {
          assert_not_reached ();
        }
        right = Thread.self<bool> () == here;
        loop.quit ();
      });
      waiting.push ("one");
      loop.run ();
      main_context.pop_thread_default ();
      return right;
    });

  for (int i = 0; i < threads.length; i++)
    waiting.pop ();
  scope.cancel ();
  foreach (var thread in threads)
    assert_true (thread.join ());
}

async string
ask (Context parent)
{
  var scope = new ScopeCloser.timeout (parent, TimeSpan.HOUR);
  string first = "";

  /* Two at once; the block ends what is still going on. */
  nap.begin (scope, TimeSpan.MILLISECOND, (object, result) => {
    first = nap.end (result);
    ask.callback ();
  });
  nap.begin (scope, TimeSpan.HOUR, (object, result) => {
    second = nap.end (result);
  });
  yield;
  return first;
}

string? second;

void
test_block_ends_the_rest ()
{
  string first = "";

  ask.begin (Context.background (), (object, result) => { first = ask.end (result); });
  iterate_until (() => second != null);
  assert_cmpstr (first, EQ, "slept");
  assert_cmpstr (second, EQ, "cancelled");
}

int
main (string[] args)
{
  Test.init (ref args);
  Test.add_func ("/gctx/vala/async/load-contents-under-deadline", test_load_contents_under_deadline);
  Test.add_func ("/gctx/vala/async/wait", test_wait);
  Test.add_func ("/gctx/vala/async/withdraw", test_withdraw);
  Test.add_func ("/gctx/vala/async/method-with-cancellable", test_method_with_cancellable);
  Test.add_func ("/gctx/vala/async/sleep", test_sleep);
  Test.add_func ("/gctx/vala/async/blocking", test_blocking);
  Test.add_func ("/gctx/vala/async/main-context-of-thread", test_main_context_of_thread);
  Test.add_func ("/gctx/vala/async/block-ends-the-rest", test_block_ends_the_rest);
  return Test.run ();
}
