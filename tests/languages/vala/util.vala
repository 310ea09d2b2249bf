/* util.vala: what the tests share
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

using GLib;

public delegate bool Condition ();

public void
iterate_until (Condition condition)
{
  while (!condition ())
    MainContext.default ().iteration (true);
}

/* Tells how many of its kind there are: a closure that captures one keeps it
 * for as long as somebody keeps the closure. */
public class Witness : Object
{
  public static int n_alive = 0;

  construct {
    AtomicInt.inc (ref n_alive);
  }

  ~Witness () {
    AtomicInt.add (ref n_alive, -1);
  }

  public static int count () {
    return AtomicInt.get (ref n_alive);
  }
}
