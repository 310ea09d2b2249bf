/* test-memory.vala: what is dropped a hundred thousand times leaves nothing
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

using GLib;
using GCtx;

/* Rules 7 and 18: the references that valac takes and gives up by itself are all
 * there are. A copy too many, or a free too few, shows in the sum. */

const int N_ROUNDS = 100000;

/* Less than a byte a round. */
const size_t MOST = 64 * 1024;

size_t
in_use ()
{
  var info = Malloc.info ();

  return info.uordblks + info.hblkhd;
}

delegate void Round ();

void
check_bounded (Round round)
{
  string? divisor = Environment.get_variable ("GCTX_TEST_DIVISOR");
  int n_rounds = N_ROUNDS / int.max (divisor != null ? int.parse (divisor) : 1, 1);
  size_t before = 0;

  /* What is made once, and what is kept for the next, is there after some. */
  for (int i = -n_rounds / 10; i < n_rounds; i++) {
    if (i == 0) {
      settle ();
      before = in_use ();
    }
    round ();
    /* Delivered as it comes, or what waits would be counted. */
    if (i % 100 == 0)
      settle ();
  }
  settle ();
  assert_cmpuint ((uint) size_t.max (in_use (), before) - (uint) before, LT, (uint) MOST);
}

void
settle ()
{
  while (MainContext.default ().iteration (false));
}

void
test_scopes ()
{
  check_bounded (() => {
    var scope = new Scope (Context.background ());
    var timeout = new Scope.timeout (scope, TimeSpan.HOUR);
    var child = timeout.with_timeout (TimeSpan.MINUTE);

    assert_false (child.get_cancellable ().is_cancelled ());
    timeout.add_after_func (context => { assert_true (context.is_done ()); });
    scope.cancel ();
  });
}

/* Nothing ends what is only dropped. */
void
test_dropped ()
{
  check_bounded (() => {
    var scope = new Scope.timeout (Context.background (), TimeSpan.HOUR);
    var child = scope.with_timeout (TimeSpan.MINUTE);

    assert_false (child.get_cancellable ().is_cancelled ());
    /* Of nothing that time will end: that would be waited for. */
    new Scope (Context.background ()).add_after_func (context => { assert_not_reached (); });
  });
}

void
test_closers ()
{
  check_bounded (() => {
    var scope = new ScopeCloser.timeout (Context.background (), TimeSpan.HOUR);
    var closer = new ScopeCloser (scope);

    assert_false (closer.is_done ());
  });
}

void
test_keys ()
{
  check_bounded (() => {
    var user = new Key ("user", typeof (string));
    var size = new Key ("size", typeof (int64));
    var context = Context.background ().with_value (user, "Ada").with_values ({ user, size }, { "Grace", (int64) 7 });
    var copy = user;

    assert_cmpstr (context.get_string (copy), EQ, "Grace");
    assert_true (context.get_value (size).get_int64 () == 7);
  });
}

void
test_errors ()
{
  check_bounded (() => {
    var scope = new Scope (Context.background ());
    Error? caught = null;

    scope.cancel_with_cause (new IOError.FAILED ("the client left"));
    try {
      scope.check ();
    } catch (Error error) {
      caught = error;
    }
    assert_true (caught is IOError.CANCELLED);
    assert_cmpstr (scope.get_cause ().message, EQ, "the client left");
    assert_cmpstr (scope.to_string (), NE, "");
  });
}

void
test_lookups ()
{
  var user = new Key ("user", typeof (string));

  check_bounded (() => {
    var context = Context.background ().with_lookup ((key, ref value) => {
      value.set_string ("Ada");
      return true;
    });

    assert_cmpstr (context.get_string (user), EQ, "Ada");
    assert_cmpstr (context.get_string (user), EQ, "Ada");
  });
}

int
main (string[] args)
{
  Test.init (ref args);
  Test.add_func ("/gctx/vala/memory/scopes", test_scopes);
  Test.add_func ("/gctx/vala/memory/dropped", test_dropped);
  Test.add_func ("/gctx/vala/memory/closers", test_closers);
  Test.add_func ("/gctx/vala/memory/keys", test_keys);
  Test.add_func ("/gctx/vala/memory/errors", test_errors);
  Test.add_func ("/gctx/vala/memory/lookups", test_lookups);
  return Test.run ();
}
