// util.js: what the other parts use
//
// Copyright 2026 the GCtx authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

/* exported checkNumber, describe, isGError, native, replace, toGError */

const { Gio, GLib } = imports.gi;

// From the functions that were added to what they took the place of.
const natives = new WeakMap();

/**
 * Finds what a function is without what is added here.
 *
 * @param {Function} func - any function
 * @returns {Function} the one that introspection made, if this replaced it
 */
function native(func) {
    return natives.get(func) ?? func;
}

/**
 * Puts a function in the place of one that introspection made. It takes as many
 * arguments, and native() leads back.
 *
 * @param {object} object - the class, prototype or namespace that has it
 * @param {string} name - its name there
 * @param {Function} wrapper - is called with its `this`, and given the function
 *   that was there and an array of the arguments
 */
function replace(object, name, wrapper) {
    const func = object[name];
    const replacement = {
        [name](...args) {
            return wrapper.call(this, func, args);
        },
    }[name];

    Object.defineProperty(replacement, 'length', { value: func.length, configurable: true });
    natives.set(replacement, native(func));
    object[name] = replacement;
}

/**
 * Says what anything is. String() throws where an object cannot say it.
 *
 * @param {*} value - anything
 * @returns {string} a few words
 */
function describe(value) {
    try {
        return typeof value === 'string' ? `'${value}'` : String(value);
    } catch {
        return 'an object that cannot be shown';
    }
}

/**
 * Throws a TypeError where a time is no number.
 *
 * @param {number} number - the time
 * @param {string} what - what it is
 */
function checkNumber(number, what) {
    if (typeof number !== 'number' || Number.isNaN(number))
        throw new TypeError(`The ${what} is a number, Infinity for none, and not ${describe(number)}`);
}

/**
 * Says whether something is a GLib.Error, of any domain.
 *
 * @param {*} error - anything, also what throws when it is looked at
 * @returns {boolean} whether it is one
 */
function isGError(error) {
    try {
        return error instanceof GLib.Error;
    } catch {
        return false;
    }
}

/**
 * Makes a GLib.Error of what JavaScript throws, as C can carry it. That may be
 * anything: also undefined, and what throws again when it is looked at.
 *
 * @param {*} error - what was thrown, or given for a cause
 * @returns {GLib.Error} the same where it is one
 */
function toGError(error) {
    if (isGError(error))
        return error;
    const message = typeof error === 'string' ? error : describe(error);
    return new GLib.Error(Gio.io_error_quark(), Gio.IOErrorEnum.FAILED, message);
}
