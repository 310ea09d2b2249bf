// values.js: keys that hold any JavaScript value
//
// Copyright 2026 the GCtx authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

/* exported install */

const { GObject } = imports.gi;
const { describe } = imports.overrides.gctx.util;

// Carries a JavaScript value through C. A value of TYPE_JSOBJECT would not do:
// gjs does not see that C holds it, and frees it. An object of a class that is
// registered here keeps its wrapper, and so what hangs on that, as long as
// anybody in any thread has a reference to it.
const Carrier = GObject.registerClass({
    GTypeName: 'GCtxJSValue',
}, class GCtxJSValue extends GObject.Object {
    _init(value) {
        super._init();
        this.carried = value;
    }
});

let nativeKey = null;

// The classes of keys that were made for one. A key that comes back from C has none,
// and holds anything.
const classes = new WeakMap();

function holdsAnything(key) {
    return key.get_value_type() === Carrier.$gtype;
}

function unwrap(value) {
    return value instanceof Carrier ? value.carried : value;
}

// As with a key for a class of GObjects, nothing may stand for an instance.
function checkInstance(key, value) {
    const cls = classes.get(key);

    if (cls === undefined || value === undefined || value === null)
        return;
    // The second is for what is no object, 7n as a BigInt.
    if (!(value instanceof cls || Object(value) instanceof cls))
        throw new TypeError(`The key '${key.get_name()}' holds a ${cls.name}, and not ${describe(value)}`);
}

// Whether gjs finds no GType, or only that of any object, in a class.
function isPlainClass(type) {
    if (typeof type !== 'function')
        return false;
    const { $gtype } = type;
    return $gtype === undefined || $gtype === GObject.TYPE_JSOBJECT && type !== Object;
}

// gjs makes a GValue of the type that a JavaScript value looks like, and the
// library converts that to the key's. Both go wrong for a bigint.
function wrap(key, value) {
    if (holdsAnything(key)) {
        checkInstance(key, value);
        return new Carrier(value);
    }
    if (typeof value !== 'bigint')
        return value;

    const type = key.get_value_type();
    const [lowest, highest] = type === GObject.TYPE_UINT64
        ? [0n, 0xffffffffffffffffn] : [-0x8000000000000000n, 0x7fffffffffffffffn];
    if (value < lowest || value > highest)
        throw new RangeError(`${value} does not fit into the key '${key.get_name()}'`);

    const number = new GObject.Value();
    if (type === GObject.TYPE_UINT64) {
        number.init(GObject.TYPE_UINT64);
        number.set_uint64(value);
    } else {
        number.init(GObject.TYPE_INT64);
        number.set_int64(value);
    }
    return number;
}

function checkKey(key) {
    if (!(key instanceof nativeKey))
        throw new TypeError(`A GCtx.Key was expected, and not ${describe(key)}`);
}

// The library has said what is wrong as a critical, and given NULL. What is
// wrong here is the program, so that it should not go on with that.
function given(result, keys, values) {
    if (result === null) {
        const pairs = keys.map((key, index) =>
            `'${key.get_name()}' (${key.get_value_type().name}): ${describe(unwrap(values[index]))}`);
        throw new TypeError(`A value does not go with its key: ${pairs.join(', ')}`);
    }
    return result;
}

function wrapList(keys, values) {
    keys = [...keys ?? []];
    values = [...values ?? []];
    if (keys.length !== values.length)
        throw new TypeError(`${keys.length} keys and ${values.length} values were given`);

    const wrapped = keys.map((key, index) => {
        checkKey(key);
        return wrap(key, values[index]);
    });
    return [keys, wrapped];
}

function installKey(GCtx) {
    const create = GCtx.Key.new;

    function newOfType(name, type) {
        if (typeof name !== 'string')
            throw new TypeError("A key needs a name: new GCtx.Key('user')");
        if (type === undefined || type === null)
            return create(name, Carrier.$gtype);
        if (isPlainClass(type)) {
            if (type.prototype === undefined)
                throw new TypeError(`The type of the key '${name}' is a class or a GObject.GType, and not a function`);
            const key = create(name, Carrier.$gtype);
            classes.set(key, type);
            return key;
        }

        const key = create(name, type);
        if (key === null)
            throw new TypeError(`The key '${name}' cannot hold a value of the type ${describe(type)}`);
        // Not safe in the hands of C: see Carrier.
        return key.get_value_type() === GObject.TYPE_JSOBJECT ? create(name, Carrier.$gtype) : key;
    }

    nativeKey = GCtx.Key;

    /**
     * Names a value and fixes its type. Two keys of one name are two keys.
     *
     * @param {string} name - what the key is called in logs
     * @param {GObject.GType|Function} [type] - what it holds: a GType, a class that
     *   has one, as String, Number, Boolean and those of GObjects, or any other class,
     *   whose instances it holds; any JavaScript value where no type is given
     * @returns {GCtx.Key} the key
     */
    function Key(name, type = undefined) {
        if (new.target === undefined)
            throw new TypeError("GCtx.Key is a class: new GCtx.Key('user')");
        const key = newOfType(name, type);
        // C makes the key, and knows nothing of classes that extend this one.
        return new.target === Key ? key : Object.setPrototypeOf(key, new.target.prototype);
    }
    // The same prototype, so that keys which come from C are instances as well.
    Key.prototype = nativeKey.prototype;
    Key.new = newOfType;
    Object.defineProperty(Key, '$gtype', { value: nativeKey.$gtype });
    Key.prototype.constructor = Key;
    Object.defineProperties(Key.prototype, {
        name: {
            configurable: true,
            get() {
                return this.get_name();
            },
        },
        valueType: {
            configurable: true,
            get() {
                return this.get_value_type();
            },
        },
    });
    GCtx.Key = Key;
}

function install(GCtx) {
    installKey(GCtx);

    const { with_value, with_values, with_lookup, get_value } = GCtx.Context.prototype;
    const { new_full } = GCtx.Scope;

    Object.assign(GCtx.Context.prototype, {
        /**
         * Looks a value up.
         *
         * @param {GCtx.Key} key - its key
         * @param {*} [fallback] - what to give where the key has no value
         * @returns {*} the value, the very one that was given where the key
         *   holds any JavaScript value
         */
        get(key, fallback = undefined) {
            checkKey(key);
            const value = get_value.call(this, key);
            if (value === null && !this.has_value(key))
                return fallback;
            return unwrap(value);
        },

        get_value(key) {
            return unwrap(get_value.call(this, key));
        },

        with_value(key, value) {
            checkKey(key);
            const wrapped = wrap(key, value);
            return given(with_value.call(this, key, wrapped), [key], [wrapped]);
        },

        with_values(keys, values) {
            const [names, wrapped] = wrapList(keys, values);
            return given(with_values.call(this, names, wrapped), names, wrapped);
        },

        with_lookup(lookup) {
            if (typeof lookup !== 'function')
                throw new TypeError('with_lookup() takes a function: key => value');
            // `undefined` is what JavaScript says for "not there"; null is a
            // value like others where a key holds any.
            return with_lookup.call(this, key => {
                const value = lookup(key);
                if (value === undefined || value === null && !holdsAnything(key))
                    return null;
                return value instanceof GObject.Value ? value : wrap(key, value);
            });
        },
    });

    GCtx.Scope.new_full = function (parent, deadline_usec, cause, keys, values) {
        const [names, wrapped] = wrapList(keys, values);
        return given(new_full.call(this, parent, deadline_usec, cause, names, wrapped), names, wrapped);
    };
}
