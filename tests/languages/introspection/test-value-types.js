// test-value-types.js
//
// Copyright 2026 the GCtx authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

const { GCtx } = imports.binding;
const { Gio, GLib, GObject } = imports.gi;
const System = imports.system;

const background = GCtx.Context.background();
const file = Gio.File.new_for_path('/');
const cause = new GLib.Error(Gio.IOErrorEnum, Gio.IOErrorEnum.FAILED, 'no such luck');

// The type of the key, how a GObject.Value of it is set, and what it may hold.
const cases = [
    [GObject.TYPE_STRING, 'set_string', ['Ada', '', 'Žofie', 'x'.repeat(100000)]],
    [GObject.TYPE_BOOLEAN, 'set_boolean', [true, false]],
    [GObject.TYPE_INT, 'set_int', [0, -1, 2 ** 31 - 1, -(2 ** 31)]],
    [GObject.TYPE_UINT, 'set_uint', [0, 1, 2 ** 32 - 1]],
    [GObject.TYPE_INT64, 'set_int64', [7, 2 ** 31, -(2 ** 31) - 1, 2 ** 40, 2 ** 53 - 1]],
    [GObject.TYPE_UINT64, 'set_uint64', [7, 2 ** 32, 2 ** 53 - 1]],
    [GObject.TYPE_FLOAT, 'set_float', [1.5, -0.25]],
    [GObject.TYPE_DOUBLE, 'set_double', [1.5, 1e300, Infinity]],
    [Gio.BusType.$gtype, 'set_enum', [Gio.BusType.SESSION, Gio.BusType.NONE]],
    [Gio.SubprocessFlags.$gtype, 'set_flags', [0, Gio.SubprocessFlags.STDIN_PIPE | Gio.SubprocessFlags.STDOUT_PIPE]],
    [Gio.File.$gtype, 'set_object', [file]],
    [GObject.Object.$gtype, 'set_object', [file, new Gio.Cancellable()]],
    [GCtx.Context.$gtype, 'set_object', [background, GCtx.Scope.new(background)]],
    [GObject.TYPE_VARIANT, 'set_variant', [GLib.Variant.new_string('x')]],
    [GObject.TYPE_GTYPE, 'set_gtype', [GObject.TYPE_INT, Gio.File.$gtype]],
];

// Of no type that a key can have, or of another than the key's.
const refused = [
    [GObject.TYPE_INT, ['x', 1.5, 2 ** 31, NaN, file, undefined, null]],
    [GObject.TYPE_UINT, [-1, 2 ** 32]],
    [GObject.TYPE_INT64, ['x', 2 ** 63, 1e300, NaN]],
    [GObject.TYPE_UINT64, [-1, 2 ** 64]],
    [GObject.TYPE_STRING, [7, file]],
    [GObject.TYPE_BOOLEAN, ['x', 1.5]],
    [Gio.Cancellable.$gtype, [file, 7]],
    [GLib.Bytes.$gtype, [GLib.Variant.new_string('x'), file]],
    [GObject.TYPE_POINTER, [5, 'x', file]],
];

function assert(condition, what) {
    if (!condition)
        throw new Error(`not so: ${what}`);
}

// What a binding passes on and the library refuses is a critical.
function notFatal(func) {
    const mask = GLib.log_set_always_fatal(GLib.LogLevelFlags.LEVEL_ERROR);
    try {
        return func();
    } finally {
        GLib.log_set_always_fatal(mask);
    }
}

// A variant or a GType has many wrappers.
function same(one, other) {
    return one === other || `${one}` === `${other}` ||
        (one instanceof GLib.Variant && one.equal(other));
}

// The value that a context has, or undefined where the binding or the library
// refuses it.
function guessed(make, key) {
    return notFatal(() => {
        try {
            const context = make();
            return context?.has_value(key) ? context.get_value(key) : undefined;
        } catch (e) {
            assert(e.message, `${e} says something`);
            return undefined;
        }
    });
}

const tests = {
    // Rule 17: a value that says its type comes back as it is.
    typed() {
        for (const [type, setter, values] of cases) {
            for (const content of values) {
                const key = GCtx.Key.new('key', type);
                const value = new GObject.Value();
                value.init(type);
                value[setter](content);
                const context = background.with_value(key, value);
                assert(same(context.get_value(key), content), `${type.name} ${content}: ${context.get_value(key)}`);
                const back = GCtx.Context.from_cancellable(GCtx.Scope.new(context).get_cancellable());
                assert(same(back.get_value(key), content), `${type.name} ${content} behind a cancellable`);
            }
        }
    },

    // Rule 17: what gjs has to guess is right or refused, never another.
    guessed() {
        for (const [type, , values] of cases) {
            for (const content of values) {
                const key = GCtx.Key.new('key', type);
                for (const make of [() => background.with_value(key, content),
                    () => background.with_values([key], [content]), () => background.with_lookup(() => content)]) {
                    const found = guessed(make, key);
                    assert(found === undefined || same(found, content), `${type.name} ${content} by ${make}: ${found}`);
                }
            }
        }
    },

    // Rules 17 and 20: what does not go with its key is refused.
    refused() {
        for (const [type, values] of refused) {
            for (const content of values) {
                const key = GCtx.Key.new('key', type);
                for (const make of [() => background.with_value(key, content),
                    () => background.with_values([key], [content]), () => background.with_lookup(() => content)]) {
                    const found = guessed(make, key);
                    assert(found === undefined, `${type.name} ${content} by ${make}: ${found}`);
                }
            }
        }
    },

    // Rule 20: as many values as keys.
    unequal_lengths() {
        const key = GCtx.Key.new('key', GObject.TYPE_STRING);
        for (const [keys, values] of [[[key], []], [[], ['x']], [[key, key], ['x']], [[key], ['x', 'y']]]) {
            assert(guessed(() => background.with_values(keys, values), key) === undefined, 'lengths differ');
            assert(guessed(() => GCtx.Scope.new_full(background, 0, cause, keys, values), key) === undefined,
                'lengths differ');
        }
        assert(background.with_values([], []).to_string() === 'background', 'no values');
    },

    // What JavaScript counts by itself cannot be miscounted.
    no_counting() {
        const key = GCtx.Key.new('key', GObject.TYPE_INT);
        assert(key.ref === undefined && key.unref === undefined, 'a key has no ref');
    },

    // Contexts hold the keys of their values.
    keys_gone() {
        const contexts = [];
        for (let i = 0; i < 1000; i++)
            contexts.push(background.with_value(GCtx.Key.new(`key ${i}`, GObject.TYPE_INT), i));
        System.gc();
        assert(contexts[999].to_string() === 'background.value(key 999)', 'the key is there');
    },

    // Rule 7: a class of JavaScript's that is a scope is one.
    subclass() {
        const Request = GObject.registerClass(class Request extends GCtx.Scope {
            get user() {
                return 'Ada';
            }
        });
        const request = new Request();
        const child = GCtx.Scope.new(request);
        let seen = null;

        request.add_after_func(context => {
            seen = context;
        });
        assert(request.cancel() && child.is_done(), 'it ends its children');
        while (!seen)
            GLib.MainContext.default().iteration(true);
        assert(seen === request && seen.user === 'Ada', 'the after-func is given it');
    },
};

let failed = false;
print(`1..${Object.keys(tests).length}`);
Object.keys(tests).forEach((name, i) => {
    try {
        tests[name]();
        print(`ok ${i + 1} ${name}`);
    } catch (e) {
        failed = true;
        print(`not ok ${i + 1} ${name}`);
        print(`# ${e}\n${e.stack}`.replace(/\n/g, '\n# '));
    }
});
System.exit(failed ? 1 : 0);
