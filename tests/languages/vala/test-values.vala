/* test-values.vala: keys, values and lookup functions
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

using GLib;
using GCtx;

/* Where a program keeps its keys: made once, when the class is. */
class Keys
{
  public static Key user;
  public static Key attempt;

  static construct {
    user = new Key ("user", typeof (string));
    attempt = new Key ("attempt", typeof (int));
  }
}

/* Rule 17. */
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
  assert_true (size.get_value_type () == typeof (int64));

  var scope = new Scope.full (context, int64.MAX, null, { name }, { "Grace" });
  assert_cmpstr (scope.get_string (name), EQ, "Grace");
  assert_cmpstr (context.get_string (name), EQ, "Ada");
}

/* Rule 17: one value, written as it is. */
void
test_typed ()
{
  var object = new Key ("object", typeof (Witness));
  var variant = new Key ("variant", typeof (Variant));
  var strings = new Key ("strings", typeof (string[]));
  var flag = new Key ("flag", typeof (bool));
  var number = new Key ("number", typeof (double));
  var count = new Key ("count", typeof (uint64));
  var witness = new Witness ();
  string[] words = { "one", "two" };
  Value of_words = Value (typeof (string[]));
  of_words.set_boxed (words);

  var context = Context.background ()
    .with_value (object, witness)
    .with_value (variant, new Variant.string ("x"))
    .with_value (strings, of_words)
    .with_value (flag, true)
    .with_value (number, 1.5)
    .with_value (count, uint64.MAX);

  assert_true (context.get_object (object) == witness);
  assert_true ((context.get_object (object) as Witness) == witness);
  assert_cmpstr (context.get_variant (variant).get_string (), EQ, "x");
  unowned string[] kept = (string[]) context.get_value (strings);
  assert_cmpstr (kept[1], EQ, "two");
  assert_true (context.get_boolean (flag));
  assert_true (context.get_double (number) == 1.5);
  assert_true (context.get_uint64 (count) == uint64.MAX);
  assert_null (Context.background ().get_object (object));
  assert_true (Context.background ().get_value (strings) == null);
}

/* A Value that is absent is null, and one that is there may be copied. */
void
test_value ()
{
  var name = new Key ("name", typeof (string));
  Context context = new Scope.full (Context.background (), int64.MAX, null, { name }, { "Ada" });
  unowned Value? borrowed = context.get_value (name);
  Value? copied = context.get_value (name);

  assert_cmpstr (borrowed.get_string (), EQ, "Ada");
  assert_true (Context.background ().get_value (name) == null);
  context = null;
  assert_cmpstr (copied.get_string (), EQ, "Ada");
}

void
test_static_keys ()
{
  new Keys ();
  var context = Context.background ().with_value (Keys.user, "Ada").with_value (Keys.attempt, 2);

  assert_cmpstr (context.get_string (Keys.user), EQ, "Ada");
  assert_cmpint (context.get_int (Keys.attempt), EQ, 2);
}

/* A context holds its keys. */
void
test_key_goes_first ()
{
  Key? name = new Key ("passing", typeof (string));
  var context = Context.background ().with_value (name, "Ada");

  name = null;
  assert_cmpstr (context.to_string (), EQ, "background.value(passing)");
}

/* Rule 18: released exactly once, with the last that sees it. */
void
test_released ()
{
  var key = new Key ("witness", typeof (Witness));
  Context? context = new Scope (Context.background ().with_value (key, new Witness ()));
  Cancellable? cancellable = context.get_cancellable ();

  assert_cmpint (Witness.count (), EQ, 1);
  context = null;
  assert_cmpint (Witness.count (), EQ, 1);
  assert_nonnull (Context.from_cancellable (cancellable).get_object (key));
  cancellable = null;
  assert_cmpint (Witness.count (), EQ, 0);
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

Context
with_witness (Witness witness)
{
  var key = new Key ("witness", typeof (Witness));

  return Context.background ().with_lookup ((asked, ref value) => {
    if (asked != key)
      return false;
    value.set_object (witness);
    return true;
  });
}

/* The function outlives the block that it was written in, and goes with the
 * context. */
void
test_lookup_released ()
{
  var other = new Key ("other", typeof (Witness));
  Context? context = with_witness (new Witness ());

  assert_cmpint (Witness.count (), EQ, 1);
  assert_null (context.get_object (other));
  assert_cmpint (Witness.count (), EQ, 1);
  context = null;
  assert_cmpint (Witness.count (), EQ, 0);
}

int
main (string[] args)
{
  Test.init (ref args);
  Test.add_func ("/gctx/vala/values/values", test_values);
  Test.add_func ("/gctx/vala/values/typed", test_typed);
  Test.add_func ("/gctx/vala/values/value", test_value);
  Test.add_func ("/gctx/vala/values/static-keys", test_static_keys);
  Test.add_func ("/gctx/vala/values/key-goes-first", test_key_goes_first);
  Test.add_func ("/gctx/vala/values/released", test_released);
  Test.add_func ("/gctx/vala/values/lookup", test_lookup);
  Test.add_func ("/gctx/vala/values/lookup-released", test_lookup_released);
  return Test.run ();
}
