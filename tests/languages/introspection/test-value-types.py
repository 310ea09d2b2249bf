# test-value-types.py
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

import contextlib
import copy
import gc
import unittest

from gi.repository import Gio, GLib, GObject

import tap
from binding import GCtx

BACKGROUND = GCtx.Context.background()
FILE = Gio.File.new_for_path('/')
BYTES = GLib.Bytes.new(b'abc')
ERROR = GLib.Error.new_literal(Gio.io_error_quark(), 'gone', Gio.IOErrorEnum.NOT_FOUND)
PYTHON = object()

# The type of the key, and what it may hold.
CASES = [
    (GObject.TYPE_STRING, ['Ada', '', 'Žofie', 'x' * 100000]),
    (GObject.TYPE_BOOLEAN, [True, False]),
    (GObject.TYPE_INT, [0, -1, 2 ** 31 - 1, -2 ** 31]),
    (GObject.TYPE_UINT, [0, 1, 2 ** 32 - 1]),
    (GObject.TYPE_LONG, [7, -2 ** 63, 2 ** 63 - 1]),
    (GObject.TYPE_INT64, [7, 2 ** 31, -2 ** 31 - 1, 2 ** 40, 2 ** 53 + 1, 2 ** 63 - 1, -2 ** 63]),
    (GObject.TYPE_UINT64, [7, 2 ** 32, 2 ** 63, 2 ** 64 - 1]),
    (GObject.TYPE_FLOAT, [1.5, -0.25]),
    (GObject.TYPE_DOUBLE, [1.5, 1e300, float('inf')]),
    (Gio.BusType, [Gio.BusType.SESSION, Gio.BusType.NONE]),
    (Gio.SubprocessFlags, [Gio.SubprocessFlags.NONE, Gio.SubprocessFlags.STDIN_PIPE | Gio.SubprocessFlags.STDOUT_PIPE]),
    (Gio.File, [FILE]),
    (GObject.Object, [FILE, Gio.Cancellable()]),
    (GCtx.Context, [BACKGROUND, GCtx.Scope.new(BACKGROUND)]),
    (GLib.Bytes, [BYTES]),
    (GLib.Variant, [GLib.Variant('(si)', ('x', 1))]),
    (GObject.TYPE_STRV, [['one', 'two'], []]),
    (GObject.TYPE_GTYPE, [GObject.TYPE_INT, Gio.File.__gtype__]),
    (GObject.TYPE_PYOBJECT, [7, 2 ** 100, None, 'x', [1], PYTHON]),
]

# Of no type that a key can have, or of another than the key's.
REFUSED = [
    (GObject.TYPE_INT, ['x', 1.5, 2 ** 31, object(), [], FILE]),
    (GObject.TYPE_UINT, [-1, 2 ** 32]),
    (GObject.TYPE_INT64, ['x', 2 ** 63, 2 ** 200, float('nan')]),
    (GObject.TYPE_UINT64, [-1, 2 ** 64]),
    (GObject.TYPE_STRING, [7, b'x', FILE]),
    (GObject.TYPE_BOOLEAN, ['x', [], FILE]),
    (Gio.Cancellable, [FILE, 7, Gio.File]),
    (GLib.Bytes, [GLib.Variant('s', 'x'), FILE]),
    (GObject.TYPE_POINTER, ['x', object(), FILE]),
]


@contextlib.contextmanager
def not_fatal():
    """What a binding passes on and the library refuses is a critical."""
    mask = GLib.log_set_always_fatal(GLib.LogLevelFlags.LEVEL_ERROR)
    try:
        yield
    finally:
        GLib.log_set_always_fatal(mask)


def is_beyond(value):
    """What PyGObject makes 0 of where a function returns it, after printing an
    error: there is no telling it from a 0. It has to be a GObject.Value."""
    return type(value) is int and not -2 ** 31 <= value < 2 ** 31


def same(one, other):
    # A key of any Python object may hold the value that was to say its type.
    if isinstance(one, GObject.Value):
        one = one.get_value()
    if isinstance(other, GLib.Bytes):
        return one.get_data() == other.get_data()
    return one is other or type(one) is type(other) and one == other


def guessed(make, key):
    """The value that a context has, or None where the binding or the library
    refuses it."""
    with not_fatal():
        try:
            context = make()
        except (TypeError, ValueError, OverflowError) as error:
            assert str(error)
            return None
        return context.get_value(key) if context is not None and context.has_value(key) else None


def cases(table):
    for type_, values in table:
        for value in values:
            yield f'{type_} {str(value)[:40]}', GCtx.Key.new('key', type_), value


class TestValues(unittest.TestCase):
    def test_typed(self):
        """Rule 17: a value that says its type comes back as it is."""
        for what, key, value in cases(CASES):
            context = BACKGROUND.with_value(key, GObject.Value(key.get_value_type(), value))
            self.assertTrue(same(context.get_value(key), value), what)
            array = BACKGROUND.with_values([key], [GObject.Value(key.get_value_type(), value)])
            self.assertTrue(same(array.get_value(key), value), what)
            back = GCtx.Context.from_cancellable(GCtx.Scope.new(array).get_cancellable())
            self.assertTrue(same(back.get_value(key), value), what)

    def test_guessed(self):
        """Rule 17: what PyGObject has to guess is right or refused, never another."""
        for what, key, value in cases(CASES):
            for how, make in (('value', lambda: BACKGROUND.with_value(key, value)),
                              ('lookup', lambda: BACKGROUND.with_lookup(lambda key: value))):
                found = guessed(make, key)
                if how == 'lookup' and is_beyond(value) and found == 0:
                    continue
                self.assertTrue(found is None or same(found, value), f'{what} by {how}: {found}')

    def test_refused(self):
        """Rules 17 and 20: what does not go with its key is refused."""
        for what, key, value in cases(REFUSED):
            for how, make in (('value', lambda: BACKGROUND.with_value(key, value)),
                              ('values', lambda: BACKGROUND.with_values([key], [value])),
                              ('lookup', lambda: BACKGROUND.with_lookup(lambda key: value))):
                found = guessed(make, key)
                if how == 'lookup' and is_beyond(value) and found == 0:
                    continue
                self.assertIsNone(found, f'{what} by {how}')

    def test_unequal_lengths(self):
        """Rule 20: as many values as keys."""
        key = GCtx.Key.new('key', str)
        for keys, values in (([key], []), ([], ['x']), ([key, key], ['x']), ([key], ['x', 'y'])):
            self.assertIsNone(guessed(lambda: BACKGROUND.with_values(keys, values), key))
            self.assertIsNone(guessed(lambda: GCtx.Scope.new_full(BACKGROUND, GLib.MAXINT64, ERROR, keys, values), key))
        self.assertEqual(BACKGROUND.with_values([], []).to_string(), 'background')


class TestKeys(unittest.TestCase):
    def test_identity(self):
        """Wrappers of one key are that key; keys of one name are two."""
        key, other = GCtx.Key.new('name', str), GCtx.Key.new('name', str)
        asked = []
        BACKGROUND.with_lookup(asked.append).get_string(key)
        self.assertEqual(asked, [key])
        self.assertEqual(hash(asked[0]), hash(key))
        self.assertEqual(len({key, other, asked[0]}), 2)
        self.assertNotEqual(key, other)
        self.assertNotEqual(key, None)
        self.assertNotEqual(key, 'name')

    def test_copy(self):
        """A copy is the same key, or there is none."""
        key = GCtx.Key.new('name', str)
        for copied in (copy.copy, copy.deepcopy):
            try:
                self.assertEqual(copied(key), key)
            except TypeError as error:
                self.assertTrue(str(error))
        self.assertEqual(key.get_name(), 'name')

    def test_no_counting(self):
        """What Python counts by itself cannot be miscounted."""
        self.assertFalse({'ref', 'unref'} & set(dir(GCtx.Key)))

    def test_gone(self):
        """Contexts hold the keys of their values."""
        contexts = []
        for number in range(1000):
            key = GCtx.Key.new(f'key {number}', int)
            contexts.append(BACKGROUND.with_value(key, number))
            del key
        gc.collect()
        self.assertEqual(contexts[-1].to_string(), 'background.value(key 999)')


class TestSubclass(unittest.TestCase):
    def test_subclass(self):
        """Rule 7: a class of Python's that is a scope is one."""
        class Request(GCtx.Scope):
            def __init__(self, user=None):
                super().__init__()
                self.user = user

        request = Request('Ada')
        child = GCtx.Scope.new(request)
        self.assertFalse(child.is_done())
        seen = []
        request.add_after_func(seen.append)
        self.assertTrue(request.cancel())
        self.assertTrue(child.is_done())
        while not seen:
            GLib.MainContext.default().iteration(True)
        self.assertIs(seen[0], request)
        self.assertEqual(seen[0].user, 'Ada')


if __name__ == '__main__':
    tap.run(TestValues, TestKeys, TestSubclass)
