// test-keys.js: keys that hold any JavaScript value
//
// Copyright 2026 the GCtx authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

imports.gi.versions.GCtx = '1';
const { GCtx, Gio, GLib, GObject } = imports.gi;
const { assert, assertEqual, assertThrows, run } = imports.tap;

const background = GCtx.Context.background();

run({
    // Any JavaScript value, and the very same.
    any_value() {
        const key = new GCtx.Key('user');
        const values = [undefined, null, 7, -0, NaN, 7n, '', 'Ada', true, Symbol.iterator, () => 1, [1], { a: 1 },
            new Map(), new Date(), Promise.resolve(), Gio.File.new_for_path('/'), background,
            new GLib.Error(Gio.IOErrorEnum, Gio.IOErrorEnum.FAILED, 'x'), new GLib.Variant('s', 'x')];

        for (const value of values) {
            for (const context of [
                background.with_value(key, value),
                background.with_values([key], [value]),
                GCtx.Scope.new_full(background, 0, null, [key], [value]),
                new GCtx.Scope(background, { values: [[key, value]] }),
                new GCtx.Scope(null, { values: new Map([[key, value]]) }),
                background.with_lookup(asked => {
                    assertEqual(asked.name, 'user', 'what is asked for');
                    return value;
                }),
            ]) {
                // What a lookup function gives as undefined is not there.
                assertEqual(context.get(key), value, 'the value');
                if (value !== null && value !== undefined)
                    assertEqual(context.get_value(key), value, 'the value by the function of C');
            }
        }
    },

    // Rule 17: absent is not the same as undefined or null.
    fallback() {
        const key = new GCtx.Key('user');
        const name = new GCtx.Key('name', GObject.TYPE_STRING);
        const context = background.with_values([key, name], [undefined, null]);

        assertEqual(background.get(key), undefined, 'what is absent');
        assertEqual(background.get(key, 'nobody'), 'nobody', 'what is absent');
        assertEqual(background.get(name, 'nobody'), 'nobody', 'what is absent');
        assertEqual(background.get_value(key), null, 'what is absent, by the function of C');
        assertEqual(context.get(key, 'nobody'), undefined, 'what is undefined');
        assertEqual(context.get(name, 'nobody'), null, 'what is NULL');
        assertEqual(context.has_value(key), true, 'has it');
    },

    key() {
        const key = new GCtx.Key('user');
        const size = new GCtx.Key('size', GObject.TYPE_INT);

        for (const made of [key, size, GCtx.Key.new('x'), GCtx.Key.new('x', GObject.TYPE_INT)])
            assert(made instanceof GCtx.Key, 'an instance');
        assertEqual(key.name, 'user', 'name');
        assertEqual(key.get_name(), 'user', 'name');
        assertEqual(size.valueType, GObject.TYPE_INT, 'type');
        assertEqual(key.constructor, GCtx.Key, 'constructor');
        assertEqual(new GCtx.Key('file', Gio.File).valueType, Gio.File.$gtype, 'the type of a class');
        // Two keys of one name are two keys.
        assertEqual(background.with_value(key, 1).get(new GCtx.Key('user')), undefined, 'that of another');
        assertThrows(() => new GCtx.Key(), TypeError);
        assertThrows(() => new GCtx.Key(7), TypeError);
        assertThrows(() => GCtx.Key('user'), TypeError);
    },

    // A class of the program's own, with what it adds.
    subclass() {
        class UserKey extends GCtx.Key {
            constructor(name) {
                super(name);
                this.made = true;
            }

            of(context) {
                return context.get(this, 'nobody');
            }
        }
        const key = new UserKey('user');
        const user = {};

        assert(key instanceof UserKey && key instanceof GCtx.Key, 'of both classes');
        assert(key.made && key.name === 'user', 'a key');
        assertEqual(key.of(background), 'nobody', 'what is absent');
        assertEqual(key.of(background.with_value(key, user)), user, 'the value');
        assertEqual(key.of(new GCtx.Scope(null, { values: [[key, user]] })), user, 'the value');
        assertEqual(new (class SizeKey extends GCtx.Key {})('size', GObject.TYPE_INT).valueType, GObject.TYPE_INT, 'type');
        assertThrows(() => new (class NoName extends GCtx.Key {})(), TypeError);
    },

    // A class that GObject knows nothing of.
    of_a_class() {
        class User {}
        class Admin extends User {}
        class Bag extends Object {}
        const none = [null, undefined];

        for (const [type, good, bad] of [
            [User, [new User(), new Admin(), ...none], [{}, 7, 'Ada', User, Object.create(null)]],
            [Bag, [new Bag(), ...none], [{}, 7]],
            [Date, [new Date(), ...none], ['2026', 7, {}]],
            [Map, [new Map(), ...none], [[], new Set()]],
            [Array, [[], [1], ...none], [{}, 'x']],
            [Function, [() => 1, User, ...none], [{}]],
            [BigInt, [7n, 2n ** 80n, ...none], [7, '7']],
            [Symbol, [Symbol.iterator, ...none], ['x']],
            [Promise, [Promise.resolve(), ...none], [{}]],
            [Object, [{}, 7, 'x', ...none], []],
            [null, [7, 'x', {}, ...none], []],
        ]) {
            for (const key of [new GCtx.Key('user', type), GCtx.Key.new('user', type),
                new (class OwnKey extends GCtx.Key {})('user', type)]) {
                for (const value of good) {
                    assertEqual(background.with_value(key, value).get(key, 'none'), value, 'the value');
                    assertEqual(new GCtx.Scope(null, { values: [[key, value]] }).get(key, 'none'), value, 'the value');
                }
                for (const value of bad) {
                    const { message } = assertThrows(() => background.with_value(key, value), TypeError);
                    assert(message.startsWith(`The key 'user' holds a ${type.name}, and not `), message);
                    assertThrows(() => background.with_values([key], [value]), TypeError);
                    assertThrows(() => new GCtx.Scope(null, { values: [[key, value]] }), TypeError);
                }
            }
        }
        // These have a GType.
        for (const [type, gtype] of [[String, GObject.TYPE_STRING], [Number, GObject.TYPE_DOUBLE],
            [Boolean, GObject.TYPE_BOOLEAN], [Gio.File, Gio.File.$gtype], [GLib.Variant, GObject.TYPE_VARIANT]])
            assertEqual(new GCtx.Key('typed', type).valueType, gtype, 'type');
        for (const wrong of [() => 1, 7, 'gint'])
            assertThrows(() => new GCtx.Key('user', wrong), Error);
        GLib.test_expect_message('GCtx', GLib.LogLevelFlags.LEVEL_CRITICAL, '*value_type*');
        const { message } = assertThrows(() => new GCtx.Key('user', GObject.TYPE_NONE), TypeError);
        GLib.test_assert_expected_messages_internal('GCtx', 'test-keys.js', 0, 'of_a_class');
        assert(message.startsWith("The key 'user' cannot hold"), message);
    },

    // A key that comes back from C is another object for the same key.
    two_wrappers() {
        const key = new GCtx.Key('user');
        const user = {};
        let asked = null;

        background.with_lookup(k => {
            asked = k;
            return user;
        }).get(key);
        assert(asked !== key, 'another wrapper');
        const context = background.with_value(key, user);
        assertEqual(context.get(asked), user, 'the value by the other wrapper');
        assertEqual(background.with_value(asked, user).get(key), user, 'set by the other wrapper');
    },

    // gjs would free a value of this type in the hands of C.
    jsobject() {
        const key = new GCtx.Key('user', GObject.TYPE_JSOBJECT);
        assert(key.valueType !== GObject.TYPE_JSOBJECT, 'carried otherwise');
        assertEqual(background.with_value(key, 7).get(key), 7, 'value');
    },

    typed() {
        const int = new GCtx.Key('int', GObject.TYPE_INT);
        const int64 = new GCtx.Key('int64', GObject.TYPE_INT64);
        const uint64 = new GCtx.Key('uint64', GObject.TYPE_UINT64);
        const double = new GCtx.Key('double', GObject.TYPE_DOUBLE);
        const variant = new GCtx.Key('variant', GObject.TYPE_VARIANT);
        const pair = new GLib.Variant('(si)', ['x', 1]);
        const context = background.with_values([int, int64, uint64, double, variant], [7, 2 ** 40, 7n, 7, pair]);

        assertEqual(context.get(int), 7, 'int');
        assertEqual(context.get(int64), 2 ** 40, 'int64');
        assertEqual(context.get(uint64), 7, 'uint64');
        assertEqual(context.get(double), 7, 'double');
        assert(context.get(variant).equal(pair), 'variant');
        assertEqual(background.with_value(int64, -7n).get(int64), -7, 'bigint');
        assertThrows(() => background.with_value(int64, 2n ** 63n), RangeError);
        assertThrows(() => background.with_value(uint64, -1n), RangeError);
    },

    // Rule 17: a mismatch is a critical and NULL in C; here it is thrown.
    mismatch() {
        const file = new GCtx.Key('file', Gio.File);
        const int = new GCtx.Key('int', GObject.TYPE_INT);

        for (const func of [
            () => background.with_value(file, 'x'),
            () => background.with_values([int, file], [1, 'x']),
            () => new GCtx.Scope(null, { values: [[file, 'x']] }),
        ]) {
            GLib.test_expect_message('GCtx', GLib.LogLevelFlags.LEVEL_CRITICAL, '*file*');
            const error = assertThrows(func, TypeError);
            GLib.test_assert_expected_messages_internal('GCtx', 'test-keys.js', 0, 'mismatch');
            assert(error.message.includes("'file' (GFile)"), error.message);
        }
        assertThrows(() => background.with_value('user', 1), TypeError);
        assertThrows(() => background.get('user'), TypeError);
        // Also where the value cannot say what it is.
        const { message } = assertThrows(() => background.get(Object.create(null)), TypeError);
        assert(message.startsWith('A GCtx.Key was expected'), message);
        assertThrows(() => background.with_values([int], []), TypeError);
        assertThrows(() => new GCtx.Scope(null, { values: [int] }), TypeError);
        assertThrows(() => new GCtx.Scope(null, { values: { int: 7 } }), TypeError);
    },

    // Rule 19: through code that only knows a cancellable.
    through_cancellable() {
        const key = new GCtx.Key('user');
        const user = {};
        const scope = new GCtx.Scope(null, { values: [[key, user]] });

        assertEqual(GCtx.Context.from_cancellable(scope.get_cancellable()).get(key), user, 'the value');
        assertEqual(scope.with_timeout(1000).with_values([], []).get(key), user, 'the value below');
        assertEqual(GCtx.Context.any([scope, background]).get(key), user, 'the value of any');
    },

    // Where a lookup throws, that is reported, and the key counts as unknown.
    lookup_throws() {
        const key = new GCtx.Key('user');
        const context = background.with_value(key, 'above').with_lookup(() => {
            throw new Error('not today');
        });
        let value = null;

        GLib.test_expect_message('Gjs', GLib.LogLevelFlags.LEVEL_CRITICAL, '*not today*');
        value = context.get(key);
        GLib.test_assert_expected_messages_internal('Gjs', 'test-keys.js', 0, 'lookup_throws');
        assertEqual(value, 'above', 'the value above');
        assertThrows(() => background.with_lookup(null), TypeError);
    },
});
