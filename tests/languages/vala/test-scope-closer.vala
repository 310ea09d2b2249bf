/* test-scope-closer.vala: a scope that ends with the block of its variable
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

using GLib;
using GCtx;

/* A closer ends its scope whichever way its block is left, as the g_autoptr() of
 * one does in C; a GCtx.Scope only gives up its reference (rule 7). */

errordomain TestError {
  FAILED
}

enum Leave {
  END,
  RETURN,
  THROW
}

/* What was in the block, for the caller to look at. */
Scope seen;
Context seen_child;

int
stay (Leave way) throws Error
{
  {
    var scope = new ScopeCloser.timeout (Context.background (), TimeSpan.HOUR);

    seen = scope;
    seen_child = scope.with_timeout (TimeSpan.MINUTE);
    assert_false (seen_child.is_done ());
    /* The closer's, and that of `seen`. */
    assert_cmpuint (scope.ref_count, EQ, 2);
    if (way == Leave.RETURN)
      return 1;
    if (way == Leave.THROW)
      throw new TestError.FAILED ("thrown");
  }

  /* Not only when the function returns. */
  assert_true (seen.is_done ());
  return 0;
}

void
check_closed ()
{
  assert_true (seen.is_done ());
  assert_true (seen.get_error () is IOError.CANCELLED);
  assert_true (seen_child.is_done ());
  assert_cmpuint (seen.ref_count, EQ, 1);
  seen = null;
  seen_child = null;
}

void
test_end ()
{
  try {
    assert_cmpint (stay (Leave.END), EQ, 0);
  } catch (Error error) {
    assert_not_reached ();
  }
  check_closed ();
}

void
test_return ()
{
  try {
    assert_cmpint (stay (Leave.RETURN), EQ, 1);
  } catch (Error error) {
    assert_not_reached ();
  }
  check_closed ();
}

void
test_throw ()
{
  try {
    stay (Leave.THROW);
    assert_not_reached ();
  } catch (Error error) {
    assert_true (error is TestError.FAILED);
  }
  check_closed ();
}

void
test_loop ()
{
  Scope? last = null;

  for (int i = 0; i < 100; i++) {
    var scope = new ScopeCloser (Context.background ());

    assert_true (last == null || last.is_done ());
    last = scope;
    if (i % 3 == 0)
      continue;
    if (i == 98)
      break;
    assert_false (scope.is_done ());
  }
  assert_true (last.is_done ());
  assert_cmpuint (last.ref_count, EQ, 1);
}

/* The last reference goes with the block. */
void
test_no_leak ()
{
  weak Object? alone = null;

  {
    var scope = new ScopeCloser (Context.background ());

    alone = scope;
    scope.add_weak_pointer (&alone);
  }
  assert_null (alone);
}

/* A scope that is no closer. */
void
test_plain_scope ()
{
  Context child;

  {
    var scope = new Scope (Context.background ());
    child = scope.with_timeout (TimeSpan.HOUR);
  }
  assert_false (child.is_done ());
}

ScopeCloser
make ()
{
  var scope = new ScopeCloser (Context.background ());

  return scope;
}

class Request : Object
{
  public ScopeCloser scope;

  public Request (owned ScopeCloser scope) {
    this.scope = (owned) scope;
  }
}

/* One owner, which may hand it over: to the caller, and to an object. */
void
test_move ()
{
  var scope = make ();
  Scope same = scope;

  assert_false (same.is_done ());
  var request = new Request ((owned) scope);
  assert_false (same.is_done ());
  assert_true (request.scope == same);
  assert_cmpuint (same.ref_count, EQ, 2);
  request = null;
  assert_true (same.is_done ());
  assert_cmpuint (same.ref_count, EQ, 1);
}

/* To be done with it before the block is. */
void
test_early ()
{
  ScopeCloser? scope = new ScopeCloser (Context.background ());
  Scope same = scope;

  scope.close ();
  assert_true (same.is_done ());
  assert_cmpuint (same.ref_count, EQ, 2);
  scope = null;
  assert_cmpuint (same.ref_count, EQ, 1);

  scope = new ScopeCloser (Context.background ());
  same = scope;
  scope = new ScopeCloser (Context.background ());
  assert_true (same.is_done ());
  assert_false (scope.is_done ());
}

bool
is_live (Context context)
{
  return !context.is_done ();
}

/* It is made as a scope is, and goes wherever one does. */
void
test_constructors ()
{
  var key = new Key ("name", typeof (string));
  var cause = new TestError.FAILED ("too slow");
  Object? object = new Object ();
  var plain = new ScopeCloser (Context.background ());
  var timeout = new ScopeCloser.timeout (plain, TimeSpan.HOUR);
  var deadline = new ScopeCloser.deadline (timeout, 0, cause);
  var full = new ScopeCloser.full (timeout, int64.MAX, null, { key }, { "Ada" });
  var empty = new ScopeCloser.full (timeout, int64.MAX);
  var of_object = new ScopeCloser.for_object (full, object);
  var of_signals = new ScopeCloser.for_unix_signals (of_object, { Posix.Signal.USR1, Posix.Signal.USR2 });
  Value value = of_signals;

  assert_true (is_live (of_signals));
  assert_true (value.get_object () == (Object) of_signals);
  assert_cmpstr (of_signals.get_string (key), EQ, "Ada");
  assert_true (deadline.has_expired ());
  assert_true (deadline.get_cause () is TestError.FAILED);
  assert_false (empty.has_value (key));
  object = null;
  assert_true (of_signals.is_done ());
  assert_true (is_live (full));
  plain.cancel ();
  assert_false (is_live (full));
}

bool awake = false;

async void
sleep_in_block (Context parent) throws Error
{
  var scope = new ScopeCloser.timeout (parent, TimeSpan.HOUR);

  seen = scope;
  yield scope.sleep_async (TimeSpan.MILLISECOND);
  assert_false (scope.is_done ());
  awake = true;
  yield scope.sleep_async (TimeSpan.HOUR);
}

/* In an async method the block lasts until it has been run through. */
void
test_async ()
{
  var parent = new Scope (Context.background ());
  Error? caught = null;

  sleep_in_block.begin (parent, (source, result) => {
    try {
      sleep_in_block.end (result);
      assert_not_reached ();
    } catch (Error error) {
      caught = error;
    }
  });
  iterate_until (() => awake);
  assert_false (seen.is_done ());
  parent.cancel ();
  iterate_until (() => caught != null);
  assert_true (caught is IOError.CANCELLED);
  /* The closer has given up its own reference. */
  assert_cmpuint (seen.ref_count, EQ, 1);
  seen = null;
}

async void
succeed_in_block () throws Error
{
  var scope = new ScopeCloser (Context.background ());

  seen = scope;
  seen_child = scope.with_timeout (TimeSpan.HOUR);
  yield scope.sleep_async (TimeSpan.MILLISECOND);
}

void
test_async_end ()
{
  bool finished = false;

  succeed_in_block.begin ((source, result) => {
    try {
      succeed_in_block.end (result);
    } catch (Error error) {
      assert_not_reached ();
    }
    /* Closed before the caller goes on. */
    assert_true (seen.is_done ());
    finished = true;
  });
  iterate_until (() => finished);
  check_closed ();
}

/* The advice of the page: a closure that is given its context captures no
 * closer, which would live for as long as the closure. */
void
test_closure ()
{
  Context? told = null;

  {
    var scope = new ScopeCloser (Context.background ());

    scope.add_after_func (context => { told = context; });
    seen = scope;
  }
  assert_true (seen.is_done ());
  iterate_until (() => told != null);
  assert_true (told == seen);
  told = null;
  seen = null;
}

int
main (string[] args)
{
  Test.init (ref args);
  Test.add_func ("/gctx/vala/scope-closer/end", test_end);
  Test.add_func ("/gctx/vala/scope-closer/return", test_return);
  Test.add_func ("/gctx/vala/scope-closer/throw", test_throw);
  Test.add_func ("/gctx/vala/scope-closer/loop", test_loop);
  Test.add_func ("/gctx/vala/scope-closer/no-leak", test_no_leak);
  Test.add_func ("/gctx/vala/scope-closer/plain-scope", test_plain_scope);
  Test.add_func ("/gctx/vala/scope-closer/move", test_move);
  Test.add_func ("/gctx/vala/scope-closer/early", test_early);
  Test.add_func ("/gctx/vala/scope-closer/constructors", test_constructors);
  Test.add_func ("/gctx/vala/scope-closer/async", test_async);
  Test.add_func ("/gctx/vala/scope-closer/async-end", test_async_end);
  Test.add_func ("/gctx/vala/scope-closer/closure", test_closure);
  return Test.run ();
}
