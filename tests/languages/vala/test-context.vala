/* test-context.vala: a tree of contexts, and what it tells
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Both namespaces are open, so every name that they share is tried. */
using GLib;
using GCtx;

errordomain TestError {
  FAILED
}

/* Rule 1. */
void
test_tree ()
{
  var scope = new Scope (Context.background ());
  var child = new Scope.timeout (scope, TimeSpan.HOUR);
  var sibling = new Scope (scope);

  assert_true (child.cancel ());
  assert_false (child.cancel ());
  assert_true (child.is_done ());
  assert_false (child.has_expired ());
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

/* Rules 10 and 11: the constructors of a scope and the methods of its contexts
 * have names of their own, and each does what it says. */
void
test_deadlines ()
{
  var cause = new TestError.FAILED ("the client is gone");
  var scope = new Scope.timeout (Context.background (), TimeSpan.HOUR, cause);
  var earlier = scope.with_timeout (TimeSpan.MINUTE);
  var past = scope.with_deadline (0);
  var late = new Scope.deadline (scope, 0, cause);
  var plain = new Scope.deadline (scope, 0);
  int64 deadline;
  int64 of_earlier;
  TimeSpan remaining;

  assert_false (earlier is Scope);
  assert_true (scope.get_deadline (out deadline));
  assert_true (earlier.get_deadline (out of_earlier));
  assert_true (of_earlier < deadline);
  assert_true (earlier.get_remaining (out remaining));
  assert_true (remaining <= TimeSpan.MINUTE);
  assert_false (Context.background ().get_deadline (out deadline));
  assert_true (deadline == 0);
  assert_cmpint (Context.background ().get_remaining_msec (), EQ, -1);

  assert_true (past.get_error () is IOError.TIMED_OUT);
  assert_true (late.has_expired ());
  assert_true (late.get_error () is IOError.TIMED_OUT);
  assert_true (late.get_cause () is TestError.FAILED);
  assert_true (plain.get_cause () is IOError.TIMED_OUT);
  assert_no_error (scope.get_error ());
  assert_no_error (scope.get_cause ());
}

/* Rule 15: the caller keeps its error, the context a copy. */
void
test_cause ()
{
  var scope = new Scope (Context.background ());
  Context child = scope.with_timeout (TimeSpan.HOUR);
  Error? cause = new TestError.FAILED ("no more bread");

  assert_true (scope.cancel_with_cause (cause));
  cause = null;
  assert_true (child.get_cause () is TestError.FAILED);
  assert_cmpstr (child.get_cause ().message, EQ, "no more bread");
  assert_true (child.get_error () is IOError.CANCELLED);
  assert_true ("no more bread" in child.get_error ().message);
}

void
work (Context context, Error met) throws Error
{
  try {
    throw met;
  } catch (Error error) {
    throw context.translate_error (error);
  }
}

/* Rule 16, as it is written in Vala. */
void
test_translate ()
{
  var context = Context.background ().with_timeout (0);

  try {
    work (context, new IOError.CANCELLED ("somewhere below"));
    assert_not_reached ();
  } catch (IOError.TIMED_OUT error) {
    assert_cmpstr (error.message, EQ, context.get_error ().message);
  } catch (Error error) {
    assert_not_reached ();
  }
  try {
    work (context, new TestError.FAILED ("untouched"));
    assert_not_reached ();
  } catch (TestError error) {
    assert_cmpstr (error.message, EQ, "untouched");
  } catch (Error error) {
    assert_not_reached ();
  }
}

int
count_until_done (Scope scope) throws Error
{
  for (int i = 0; ; i++) {
    scope.check ();
    if (i == 3)
      scope.cancel ();
  }
}

void
test_check_in_loop ()
{
  var scope = new Scope (Context.background ());

  try {
    count_until_done (scope);
    assert_not_reached ();
  } catch (Error error) {
    assert_true (error is IOError.CANCELLED);
  }
}

/* Rules 9 and 19. */
void
test_cancellable ()
{
  var key = new Key ("name", typeof (string));
  var scope = new Scope.full (Context.background (), int64.MAX, null, { key }, { "Ada" });
  Cancellable? cancellable = scope.get_cancellable ();
  var back = Context.from_cancellable (cancellable);
  Cancellable? own = scope.create_cancellable ();

  assert_null (Context.background ().get_cancellable ());
  assert_null (Context.background ().create_cancellable ());
  assert_true (own != cancellable);
  assert_false (back is Scope);
  assert_cmpstr (back.get_string (key), EQ, "Ada");
  cancellable.cancel ();
  assert_true (back.is_done ());
  assert_false (scope.is_done ());
  assert_false (own.is_cancelled ());
  scope.cancel ();
  assert_true (own.is_cancelled ());
  assert_true (scope.get_cancellable ().is_cancelled ());
}

void
test_any ()
{
  var one = new Scope (Context.background ());
  var two = new Scope (Context.background ());
  var both = Context.any ({ one, two });

  /* The array took references of its own, and gave them back. */
  assert_cmpuint (one.ref_count, EQ, 1);
  assert_false (both.is_done ());
  two.cancel ();
  assert_true (both.is_done ());
  assert_false (one.is_done ());
  assert_false (Context.any ({}).is_done ());
  assert_false (both.without_cancel ().is_done ());
}

/* Rule 7: the references are what they look like. */
void
test_references ()
{
  var scope = new Scope (Context.background ());
  weak Scope alone = scope;
  scope.add_weak_pointer (&alone);
  var child = scope.with_timeout (TimeSpan.HOUR);

  assert_cmpuint (scope.ref_count, EQ, 1);
  assert_cmpuint (child.ref_count, EQ, 1);
  Context same = scope;
  assert_cmpuint (scope.ref_count, EQ, 2);
  same = child;
  assert_cmpuint (scope.ref_count, EQ, 1);
  scope = null;
  assert_null (alone);
  assert_false (child.is_done ());
}

/* To give up the caller's reference is not to take one that it does not have. */
void
test_close ()
{
  var scope = new Scope (Context.background ());

  scope.close ();
  assert_cmpuint (scope.ref_count, EQ, 1);
  assert_true (scope.is_done ());
  unowned Scope borrowed = scope;
  borrowed.close ();
  assert_cmpuint (scope.ref_count, EQ, 1);
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

void
test_object ()
{
  var object = new Witness ();
  var scope = new Scope.for_object (Context.background (), object);

  assert_false (scope.is_done ());
  object = null;
  assert_cmpint (Witness.count (), EQ, 0);
  assert_true (scope.is_done ());
}

int
main (string[] args)
{
  Test.init (ref args);
  Test.add_func ("/gctx/vala/context/tree", test_tree);
  Test.add_func ("/gctx/vala/context/deadlines", test_deadlines);
  Test.add_func ("/gctx/vala/context/cause", test_cause);
  Test.add_func ("/gctx/vala/context/translate", test_translate);
  Test.add_func ("/gctx/vala/context/check-in-loop", test_check_in_loop);
  Test.add_func ("/gctx/vala/context/cancellable", test_cancellable);
  Test.add_func ("/gctx/vala/context/any", test_any);
  Test.add_func ("/gctx/vala/context/references", test_references);
  Test.add_func ("/gctx/vala/context/close", test_close);
  Test.add_func ("/gctx/vala/context/current", test_current);
  Test.add_func ("/gctx/vala/context/object", test_object);
  return Test.run ();
}
