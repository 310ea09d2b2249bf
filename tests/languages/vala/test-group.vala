/* test-group.vala: several functions at once
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

using GLib;
using GCtx;

errordomain TestError {
  FAILED
}

void
fail (Context context) throws Error
{
  throw new TestError.FAILED ("in a thread");
}

/* Functions that throw, in threads: the first error ends the others, and is
 * what the group throws. */
void
test_threads ()
{
  var group = new Group (Context.background ());
  var main_thread = Thread.self<void> ();
  var begun = new AsyncQueue<Context> ();
  int n_ended = 0;

  for (int i = 0; i < 3; i++)
    group.run_in_thread (context => {
      assert_true (Thread.self<void> () != main_thread);
      begun.push (context);
      context.wait ();
      AtomicInt.inc (ref n_ended);
      context.check ();
      return true;
    });
  group.run_in_thread (context => {
    // What has not begun by the end never does.
    for (int i = 0; i < 3; i++)
      begun.pop ();
    fail (context);
    return true;
  });
  try {
    group.wait ();
    assert_not_reached ();
  } catch (Error error) {
    assert_true (error is TestError.FAILED);
  }
  assert_cmpint (AtomicInt.get (ref n_ended), EQ, 3);
  assert_true (group.get_context ().get_cause () is TestError.FAILED);
}

void
run_with_witness (Group group)
{
  var witness = new Witness ();

  group.run_in_thread (context => {
    assert_nonnull (witness);
    return true;
  });
  group.start ((task, context) => {
    assert_nonnull (witness);
    task.return_boolean (true);
  });
}

/* What the functions captured goes with them, also where they are never
 * called. */
void
test_released ()
{
  var group = new Group (Context.background ());

  run_with_witness (group);
  try {
    assert_true (group.wait ());
  } catch (Error error) {
    assert_not_reached ();
  }
  iterate_until (() => Witness.count () == 0);

  group = new Group (Context.background ().with_timeout (0));
  run_with_witness (group);
  try {
    group.wait ();
    assert_not_reached ();
  } catch (Error error) {
    assert_true (error is IOError.TIMED_OUT);
  }
  iterate_until (() => Witness.count () == 0);
}

async bool
nap (Context context, TimeSpan duration) throws Error
{
  return yield context.sleep_async (duration);
}

void
start_nap (Group group, TimeSpan duration)
{
  group.start ((task, context) => {
    nap.begin (context, duration, (source, result) => {
      try {
        task.return_boolean (nap.end (result));
      } catch (Error error) {
        task.return_error ((owned) error);
      }
    });
  });
}

async void
wait_for (Group group) throws Error
{
  yield group.wait_async ();
}

/* Async methods in a group, waited for with yield. */
void
test_async ()
{
  var group = new Group.with_limit (Context.background (), 2);
  bool finished = false;

  for (int i = 0; i < 5; i++)
    start_nap (group, TimeSpan.MILLISECOND);
  wait_for.begin (group, (source, result) => {
    try {
      wait_for.end (result);
    } catch (Error error) {
      assert_not_reached ();
    }
    finished = true;
  });
  iterate_until (() => finished);
}

void
test_async_deadline ()
{
  var group = new Group (Context.background ().with_timeout (5 * TimeSpan.MILLISECOND));
  Error? caught = null;

  start_nap (group, TimeSpan.HOUR);
  start_nap (group, TimeSpan.HOUR);
  wait_for.begin (group, (source, result) => {
    try {
      wait_for.end (result);
      assert_not_reached ();
    } catch (Error error) {
      caught = error;
    }
  });
  iterate_until (() => caught != null);
  assert_true (caught is IOError.TIMED_OUT);
}

/* A group in a thread of Vala's, with what it captures from there. */
void
test_in_thread ()
{
  var scope = new Scope (Context.background ());
  var thread = new Thread<int> ("owner", () => {
    var group = new Group (scope);
    int sum = 0;

    for (int i = 1; i <= 4; i++) {
      int term = i;

      group.run_in_thread (context => {
        AtomicInt.add (ref sum, term);
        return true;
      });
    }
    try {
      group.wait ();
    } catch (Error error) {
      assert_not_reached ();
    }
    return AtomicInt.get (ref sum);
  });

  assert_cmpint (thread.join (), EQ, 10);
  assert_false (scope.is_done ());
}

int
main (string[] args)
{
  Test.init (ref args);
  Test.add_func ("/gctx/vala/group/threads", test_threads);
  Test.add_func ("/gctx/vala/group/released", test_released);
  Test.add_func ("/gctx/vala/group/async", test_async);
  Test.add_func ("/gctx/vala/group/async-deadline", test_async_deadline);
  Test.add_func ("/gctx/vala/group/in-thread", test_in_thread);
  return Test.run ();
}
