# test-keys.py
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Values under keys of Python's and of C's types (rules 17 and 19)."""

import copy
import enum
import pickle
import unittest

import gi

gi.require_version('GCtx', '1')
from gi.repository import GCtx, Gio, GLib, GObject  # noqa: E402

import tap  # noqa: E402

background = GCtx.Context.background()


class Colour(enum.IntEnum):
    RED = 1


class Held:
    pass


def ways(key, value):
    """The same by each function that takes values."""
    yield background.with_value(key, value)
    yield background.with_values([key], [value])
    yield GCtx.scope(values={key: value})
    yield GCtx.timeout(3600, values={key: value})
    yield GCtx.deadline(0, values={key: value}, cause=ValueError())
    yield GCtx.Scope.new_full(background, GLib.MAXINT64, None, [key], [value])


class TestKey(unittest.TestCase):
    def test_types(self):
        for given, gtype in ((object, GObject.TYPE_PYOBJECT), (Held, GObject.TYPE_PYOBJECT),
                             (Colour, GObject.TYPE_PYOBJECT), (list[str], GObject.TYPE_PYOBJECT),
                             (bytes, GObject.TYPE_PYOBJECT),
                             (int, GObject.TYPE_INT64), (float, GObject.TYPE_DOUBLE),
                             (str, GObject.TYPE_STRING), (bool, GObject.TYPE_BOOLEAN),
                             (GLib.Variant, GObject.TYPE_VARIANT), (Gio.File, Gio.File.__gtype__),
                             (GLib.Bytes, GLib.Bytes.__gtype__), (GObject.TYPE_STRV, GObject.TYPE_STRV)):
            self.assertEqual(GCtx.Key('key', given).value_type, gtype)
        self.assertEqual(GCtx.Key('key').value_type, GObject.TYPE_PYOBJECT)

    def test_wrong_types(self):
        with self.assertRaises(TypeError):
            GCtx.Key()
        with self.assertRaisesRegex(TypeError, 'class'):
            GCtx.Key('key', 'str')
        with self.assertRaisesRegex(TypeError, 'str'):
            GCtx.Key(str)

    def test_no_values(self):
        """Types that GObject has no values of, and such as PyGObject cannot read."""
        for type_ in (GObject.TYPE_NONE, GObject.TYPE_INVALID, GObject.TYPE_BOXED, GObject.TYPE_ENUM,
                      GObject.TYPE_FLAGS, GObject.TYPE_INTERFACE, GObject.TypePlugin, GObject.GEnum,
                      GObject.Value, GLib.String, GObject.ParamSpec, GObject.ParamSpecInt):
            with self.assertRaisesRegex(TypeError, 'the-key'):
                GCtx.Key('the-key', type_)

    def test_identity(self):
        """Keys are compared by identity, however Python came by them."""
        key, other = GCtx.Key('user', str), GCtx.Key('user', str)
        asked = []
        background.with_lookup(asked.append).get(key)
        self.assertEqual(asked[0], key)
        self.assertEqual(hash(asked[0]), hash(key))
        self.assertNotEqual(key, other)
        self.assertEqual(len({key, other, asked[0]}), 2)

    def test_copies(self):
        """A copy is the same key; nowhere else it would be one."""
        key = GCtx.Key('user', str)
        values = copy.deepcopy({key: ['Ada']})
        self.assertEqual(list(values), [key])
        self.assertIs(copy.copy(key), key)
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            with self.assertRaisesRegex(TypeError, 'user'):
                pickle.dumps(key, protocol)
        for context in background, GCtx.scope():
            for function in copy.copy, copy.deepcopy, pickle.dumps:
                with self.assertRaises(TypeError):
                    function(context)

    def test_words(self):
        key = GCtx.Key[str]('user', str)
        self.assertEqual(key.name, 'user')
        self.assertIn('user', repr(key))
        self.assertIn('user', repr(background.with_value(key, 'secret')))
        self.assertNotIn('secret', repr(background.with_value(key, 'secret')))

    def test_plain_constructor(self):
        self.assertEqual(GCtx.Key.new('n', GObject.TYPE_INT).value_type, GObject.TYPE_INT)


class TestValues(unittest.TestCase):
    def test_any_object(self):
        key = GCtx.Key('anything')
        for value in (7, None, 2 ** 80, 'text', len, Held(), Held, [1], Colour.RED, ValueError('x'),
                      Gio.File.new_for_path('/'), GObject.Value(int, 3), background, key):
            for context in ways(key, value):
                self.assertIs(context[key], value)
                self.assertIs(context.get(key, 'default'), value)
                self.assertIn(key, context)

    def test_through_cancellable(self):
        """rule 19"""
        key, held = GCtx.Key('held'), Held()
        scope = GCtx.scope(values={key: held})
        self.assertIs(GCtx.Context.from_cancellable(scope.get_cancellable())[key], held)

    def test_absent(self):
        key = GCtx.Key('user', str)
        self.assertIsNone(background.get(key))
        self.assertEqual(background.get(key, 'nobody'), 'nobody')
        self.assertNotIn(key, background)
        with self.assertRaisesRegex(KeyError, 'user'):
            background[key]
        self.assertIsNone(background.with_value(key, None).get(key, 'nobody'))

    def test_not_a_sequence(self):
        self.assertTrue(background)
        with self.assertRaises(TypeError):
            iter(background)

    def test_types(self):
        file = Gio.File.new_for_path('/')
        for type_, value in ((int, -2 ** 63), (int, 2 ** 63 - 1), (float, 0.5), (bool, True), (str, 'x'),
                             (Gio.File, file), (GObject.TYPE_STRV, ['one', 'two']),
                             (GObject.TYPE_UINT64, 2 ** 64 - 1), (Gio.BusType, Gio.BusType.SESSION)):
            for context in ways(key := GCtx.Key('key', type_), value):
                self.assertEqual(context[key], value)
        variant = GLib.Variant('(si)', ('x', 1))
        for context in ways(key := GCtx.Key('key', GLib.Variant), variant):
            self.assertTrue(context[key].equal(variant))

    def test_numbers(self):
        """rule 17: converted where it fits."""
        self.assertEqual(background.with_value(key := GCtx.Key('n', int), 2.0)[key], 2)
        self.assertEqual(background.with_value(key := GCtx.Key('n', float), 2)[key], 2.0)
        self.assertIs(background.with_value(key := GCtx.Key('n', bool), 1)[key], True)
        value = GObject.Value(GObject.TYPE_INT, 7)
        self.assertEqual(background.with_value(key := GCtx.Key('n', int), value)[key], 7)

    def test_no_name(self):
        with self.assertRaisesRegex(TypeError, r"^GCtx\.Key\(\) missing .*'name'"):
            GCtx.Key()

    def test_wrong(self):
        """A wrong value is an exception that names the key, and never a critical."""
        for type_, value, error in ((int, 'x', TypeError), (int, None, TypeError), (int, 1.5, TypeError),
                                    (int, 2 ** 63, OverflowError), (int, float('inf'), TypeError),
                                    (GObject.TYPE_UINT, -1, OverflowError),
                                    (int, GObject.Value(str, 'x'), TypeError),
                                    (float, 'x', TypeError), (float, 10 ** 400, OverflowError),
                                    (str, 3, TypeError), (str, b'x', TypeError), (bool, 'x', TypeError),
                                    (str, 'one\0two', TypeError), (str, 'odd \udcff', TypeError),
                                    (Gio.BusType, None, TypeError), (Gio.FileCopyFlags, None, TypeError),
                                    (GLib.Variant, 'x', TypeError), (Gio.File, 3, TypeError),
                                    (Gio.File, GObject.Object(), TypeError), (GLib.Bytes, b'x', TypeError),
                                    (GObject.TYPE_STRV, 'x', TypeError), (GObject.TYPE_STRV, [3], TypeError),
                                    (GObject.TYPE_STRV, iter('xy'), TypeError),
                                    (GObject.TYPE_STRV, ['one', 'two\0'], TypeError),
                                    (GObject.TYPE_STRV, ['odd \udcff'], TypeError),
                                    (GObject.TYPE_POINTER, 'x', TypeError), (GObject.TYPE_GTYPE, 3, TypeError),
                                    (GObject.TYPE_UCHAR, -1, OverflowError), (GLib.Array, background, TypeError)):
            key = GCtx.Key('the-key', type_)
            for make in (lambda: background.with_value(key, value),
                         lambda: background.with_values([key], [value]),
                         lambda: GCtx.scope(values={key: value})):
                with self.assertRaisesRegex(error, 'the-key'):
                    make()
        with self.assertRaisesRegex(TypeError, 'GCtx.Key'):
            background.with_value('user', 'Ada')
        with self.assertRaisesRegex(ValueError, 'as many values'):
            background.with_values([GCtx.Key('one')], [])


class TestLookup(unittest.TestCase):
    def test_any_object(self):
        key, held = GCtx.Key('held'), Held()
        context = background.with_lookup(lambda key: held)
        self.assertIs(context[key], held)
        number = GCtx.Key('number', int)
        self.assertEqual(background.with_lookup(lambda key: 2.0)[number], 2)

    def test_unknown(self):
        key = GCtx.Key('held')
        context = background.with_lookup(lambda key: None)
        self.assertNotIn(key, context)
        self.assertEqual(context.get(key, 5), 5)


if __name__ == '__main__':
    tap.run(TestKey, TestValues, TestLookup)
