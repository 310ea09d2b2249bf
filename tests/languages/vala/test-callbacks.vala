/* test-callbacks.vala: after-funcs and sources, and what they hold
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

using GLib;
using GCtx;

class Listener : Object
{
  public int n_calls = 0;
  public Context? last = null;

  public void on_done (Context context) {
    n_calls++;
    last = context;
  }

  public bool on_source (Context context) {
    on_done (context);
    return Source.REMOVE;
  }
}

void
test_after_func ()
{
  var scope = new Scope (Context.background ());
  Context? seen = null;

  scope.add_after_func (context => { seen = context; });
  scope.cancel ();
  /* Rule 2: never inside the call. */
  assert_null (seen);
  iterate_until (() => seen != null);
  assert_true (seen == scope);
}

void
add_witness (Context context)
{
  var witness = new Witness ();

  context.add_after_func (context => {
    assert_nonnull (witness);
  });
}

/* What a closure captured goes exactly once: after the call, with the removal,
 * and where nothing can end the context any more (rule 7). */
void
test_closures_released ()
{
  var scope = new Scope (Context.background ());
  var witness = new Witness ();
  ulong id;

  add_witness (scope);
  add_witness (scope);
  assert_cmpint (Witness.count (), EQ, 3);
  scope.cancel ();
  iterate_until (() => Witness.count () == 1);

  var listener = new Listener ();
  scope = new Scope (Context.background ());
  id = scope.add_after_func (listener.on_done);
  assert_cmpuint (listener.ref_count, EQ, 2);
  assert_true (scope.remove_after_func (id));
  assert_cmpuint (listener.ref_count, EQ, 1);
  assert_false (scope.remove_after_func (id));

  add_witness (scope.with_value (new Key ("x", typeof (int)), 1));
  assert_cmpint (Witness.count (), EQ, 2);
  scope = null;
  iterate_until (() => Witness.count () == 1);
  witness = null;
  assert_cmpint (Witness.count (), EQ, 0);
  assert_cmpint (listener.n_calls, EQ, 0);
}

/* A method holds its object until it was called. */
void
test_method ()
{
  var scope = new Scope (Context.background ());
  var listener = new Listener ();

  scope.add_after_func (listener.on_done);
  assert_cmpuint (listener.ref_count, EQ, 2);
  scope.cancel ();
  iterate_until (() => listener.ref_count == 1);
  assert_cmpint (listener.n_calls, EQ, 1);
  assert_true (listener.last == scope);
}

/* On a context that is done already, in another main context, with another
 * priority. */
void
test_elsewhere ()
{
  var main_context = new MainContext ();
  var context = Context.background ().with_timeout (0);
  string order = "";

  context.add_after_func_full (main_context, Priority.LOW, context => { order += "low "; });
  context.add_after_func_full (main_context, Priority.HIGH, context => { order += "high "; });
  while (order.length < "low high ".length)
    main_context.iteration (true);
  assert_cmpstr (order, EQ, "high low ");
}

/* Rule 12: whoever ends it, an after-func comes in the thread that added it. */
void
test_thread ()
{
  var scope = new Scope (Context.background ());
  unowned Thread<void> here = Thread.self<void> ();
  bool called = false;

  scope.add_after_func (context => {
    assert_true (Thread.self<void> () == here);
    called = true;
  });
  var thread = new Thread<bool> ("canceller", () => scope.cancel ());
  assert_true (thread.join ());
  assert_false (called);
  iterate_until (() => called);
}

void
test_deadline ()
{
  var context = Context.background ().with_timeout (5 * TimeSpan.MILLISECOND);
  Error? error = null;

  context.add_after_func (context => { error = context.get_error (); });
  iterate_until (() => error != null);
  assert_true (error is IOError.TIMED_OUT);
}

void
test_source ()
{
  var scope = new Scope (Context.background ());
  var source = scope.create_source ();
  Context? seen = null;

  source.set_callback (context => {
    seen = context;
    return Source.REMOVE;
  });
  source.attach (null);
  scope.cancel ();
  iterate_until (() => seen != null);
  assert_true (seen == scope);
  assert_true (source.is_destroyed ());
}

/* The source holds the function, and gives it up when it is destroyed. */
void
test_source_released ()
{
  var scope = new Scope (Context.background ());
  var listener = new Listener ();
  var source = scope.create_source ();
  var other = scope.create_source ();

  source.set_callback (listener.on_source);
  source.attach (null);
  other.set_callback (listener.on_source);
  other.attach (null);
  assert_cmpuint (listener.ref_count, EQ, 3);
  other.destroy ();
  assert_cmpuint (listener.ref_count, EQ, 2);
  scope.cancel ();
  iterate_until (() => source.is_destroyed ());
  assert_cmpuint (listener.ref_count, EQ, 1);
  assert_cmpint (listener.n_calls, EQ, 1);
}

/* A source is a GLib.Source for whoever wants one. */
void
test_source_as_source ()
{
  var context = Context.background ().with_timeout (0);
  var main_context = new MainContext ();
  bool called = false;
  Source source = context.create_source ();

  ((ContextSource) source).set_callback (context => {
    called = true;
    return Source.REMOVE;
  });
  source.set_priority (Priority.HIGH);
  source.attach (main_context);
  while (!called)
    main_context.iteration (true);
}

int
main (string[] args)
{
  Test.init (ref args);
  Test.add_func ("/gctx/vala/callbacks/after-func", test_after_func);
  Test.add_func ("/gctx/vala/callbacks/closures-released", test_closures_released);
  Test.add_func ("/gctx/vala/callbacks/method", test_method);
  Test.add_func ("/gctx/vala/callbacks/elsewhere", test_elsewhere);
  Test.add_func ("/gctx/vala/callbacks/thread", test_thread);
  Test.add_func ("/gctx/vala/callbacks/deadline", test_deadline);
  Test.add_func ("/gctx/vala/callbacks/source", test_source);
  Test.add_func ("/gctx/vala/callbacks/source-released", test_source_released);
  Test.add_func ("/gctx/vala/callbacks/source-as-source", test_source_as_source);
  return Test.run ();
}
