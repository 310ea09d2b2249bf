// scopes.js: scopes that are made with `new`, and closed
//
// Copyright 2026 the GCtx authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

/* exported install, newScope */

const { GLib } = imports.gi;
const { checkNumber, describe } = imports.overrides.gctx.util;

const OPTIONS = ['timeout', 'deadline', 'cause', 'values'];

// A time on the clock of GLib.get_monotonic_time(), in microseconds.
function toDeadline(timeout, deadline) {
    checkNumber(timeout, 'timeout in milliseconds');
    checkNumber(deadline, 'deadline in microseconds');

    // What is finite is not the same as none, however large: 53 bits are 285 years.
    const usec = timeout === Infinity ? Infinity : Math.min(timeout, Number.MAX_SAFE_INTEGER) * 1000;
    const earlier = Math.min(deadline, GLib.get_monotonic_time() + usec);
    return earlier === Infinity ? Infinity : Math.min(earlier, Number.MAX_SAFE_INTEGER);
}

function toPairs(values) {
    const pairs = typeof values?.[Symbol.iterator] === 'function' ? [...values] : null;

    if (pairs === null || !pairs.every(pair => Array.isArray(pair) && pair.length === 2))
        throw new TypeError('The values are a Map of keys to values, or an array of [key, value]');
    return pairs;
}

/**
 * Makes a scope; see GCtx.Scope below.
 *
 * @param {object} GCtx - the namespace
 * @param {GCtx.Context?} [parent] - the parent, null for the background
 * @param {object} [options] - as `new GCtx.Scope()` takes them
 * @returns {GCtx.Scope} the scope
 */
function newScope(GCtx, parent, options) {
    options ??= {};
    parent ??= GCtx.Context.background();
    if (!(parent instanceof GCtx.Context))
        throw new TypeError(`The parent is a GCtx.Context, null for the background, and not ${describe(parent)}`);
    if (typeof options !== 'object')
        throw new TypeError(`The options of a scope are an object, and not ${describe(options)}`);
    for (const name of Object.keys(options)) {
        if (!OPTIONS.includes(name))
            throw new TypeError(`A scope has no option '${name}'; it has ${OPTIONS.join(', ')}`);
    }

    const { timeout = Infinity, deadline = Infinity, cause = null, values = [] } = options;
    const pairs = toPairs(values ?? []);
    const usec = toDeadline(timeout, deadline);
    // Most have none, and lists take their time on the way to C.
    if (pairs.length === 0)
        return GCtx.Scope.new_with_deadline_cause(parent, usec, cause);
    return GCtx.Scope.new_full(parent, usec, cause, pairs.map(pair => pair[0]), pairs.map(pair => pair[1]));
}

function isEmptyBag(object) {
    return typeof object === 'object' && Object.getPrototypeOf(object) === Object.prototype &&
        Object.keys(object).length === 0;
}

// Newer engines have it, and the `using` that goes with it.
function installDispose() {
    if (Symbol.dispose === undefined) {
        Object.defineProperty(Symbol, 'dispose', {
            value: Symbol('Symbol.dispose'),
            configurable: false,
            enumerable: false,
            writable: false,
        });
    }
}

function install(GCtx) {
    const { _init } = GCtx.Scope.prototype;

    installDispose();

    /**
     * `new GCtx.Scope(parent, {timeout, deadline, cause, values})`: a context
     * that ends when close() is called.
     *
     * @param {GCtx.Context?} [parent] - the parent, null for the background
     * @param {object} [options] - what else
     * @param {number} [options.timeout] - after how many milliseconds it ends
     *   by itself
     * @param {number} [options.deadline] - when, in microseconds on the clock
     *   of GLib.get_monotonic_time()
     * @param {GLib.Error|Error} [options.cause] - the cause in that case
     * @param {Map|Array} [options.values] - a Map of keys to values, or an
     *   array of [key, value]
     * @returns {GCtx.Scope?} the scope that takes the place of `this`
     */
    GCtx.Scope.prototype._init = function (parent = null, options = null) {
        // An empty bag of properties is what classes of GObjects hand up.
        if (options === null && (parent === null || isEmptyBag(parent)))
            return _init.call(this);
        // C makes a scope with a parent by a function, not by g_object_new().
        if (this.constructor.$gtype !== GCtx.Scope.$gtype) {
            throw new TypeError('A class that extends GCtx.Scope is a child of the background; ' +
                'let it hold a scope instead to choose the parent');
        }
        return newScope(GCtx, parent, options);
    };

    // What is given for a bag of properties would be taken for one, a context
    // too: the parent would be lost, and its deadline with it, without a word.
    const { _init: initContext } = GCtx.Context.prototype;
    GCtx.Context.prototype._init = function (properties = null) {
        if (properties instanceof GCtx.Context)
            throw new TypeError('A GCtx.Context has no parent to choose: use new GCtx.Scope(parent)');
        return initContext.call(this, properties ?? {});
    };

    const { _init: initGroup } = GCtx.Group.prototype;
    /**
     * `new GCtx.Group(parent)`: functions that run at the same time, and what
     * waits for them all.
     *
     * @param {GCtx.Context?} [parent] - the parent, null for the background
     * @returns {GCtx.Group?} the group that takes the place of `this`
     */
    GCtx.Group.prototype._init = function (parent = null) {
        if (!(parent instanceof GCtx.Context))
            return initGroup.call(this, parent ?? {});
        if (this.constructor.$gtype !== GCtx.Group.$gtype)
            throw new TypeError('A class that extends GCtx.Group is a child of the background');
        return GCtx.Group.new(parent);
    };

    Object.defineProperty(GCtx.Scope.prototype, Symbol.dispose, {
        /** Closes the scope at the end of the block: `using scope = …`. */
        value: function dispose() {
            this.close();
        },
        configurable: true,
        writable: true,
    });
}
