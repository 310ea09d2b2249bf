// promises.js: contexts that end what is awaited
//
// Copyright 2026 the GCtx authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

/* exported errorOf, install, inDefaultContext, race, start, toPromise, translate */

const { Gio, GLib } = imports.gi;
const { newScope } = imports.overrides.gctx.scopes;
const { checkNumber, describe, isGError, native, replace } = imports.overrides.gctx.util;

// What the frames of these files have in a stack, and those of users have not.
const OWN = new Error().fileName.replace(/[^/]*$/, '');
const CREATED = '### Promise created here: ###';

/**
 * Says in an error's stack where in the program it began. gjs gives no stack to an
 * error that C returns; to one that C throws it gives that of the main loop, which
 * says as little. Gio._promisify() does the same in the same words.
 *
 * @param {GLib.Error} error - the error, of which nobody knows yet
 * @param {Error} place - made where it began
 * @returns {GLib.Error} the same
 */
function placed(error, place) {
    const strip = stack => stack.split('\n').filter(line => !line.includes(OWN)).join('\n');
    const thrown = strip(String(error.stack ?? ''));

    if (!thrown.includes(CREATED))
        error.stack = thrown === '' ? strip(place.stack) : `${thrown}${CREATED}\n${strip(place.stack)}`;
    return error;
}

/**
 * Gives the error of a context that is done, to be thrown.
 *
 * @param {GCtx.Context} context - the context
 * @param {Error} [place] - made where it began, if not here
 * @returns {GLib.Error?} the error; null while the context lives
 */
function errorOf(context, place = new Error()) {
    const error = context.get_error();
    return error === null ? null : placed(error, place);
}

/**
 * Calls a function that starts an operation. The jobs of promises are run by
 * the default main context alone. What would report to another, one that was
 * pushed and that perhaps nobody runs any more, would be lost.
 *
 * @param {Function} func - starts the operation
 * @returns {*} what it returns
 */
function inDefaultContext(func) {
    const pushed = GLib.MainContext.get_thread_default();
    const context = GLib.MainContext.default();

    if (pushed === null || !context.acquire())
        return func();

    context.push_thread_default();
    try {
        return func();
    } finally {
        context.pop_thread_default();
        context.release();
    }
}

// Not part of what calls it: a function that C holds must not share variables
// with one that holds the context, or neither could ever be collected.
function rejectWhenDone(context, reject, place) {
    return context.add_after_func_full(null, GLib.PRIORITY_DEFAULT, ended => reject(errorOf(ended, place)));
}

function resolveWhenDone(context, resolve) {
    return context.add_after_func_full(null, GLib.PRIORITY_DEFAULT, () => resolve());
}

// Rule 16, as C has it; the place is for the error that the context gives instead.
function translate(context, error, place) {
    const translated = context.translate_error(error);
    return translated === error ? error : placed(translated, place);
}

/**
 * Settles as a promise does, or rejects when a context is done first.
 *
 * @param {GCtx.Context} context - the context
 * @param {Promise} promise - the promise; what becomes of it later is dropped
 * @returns {Promise} the one that ends in time
 */
function race(context, promise) {
    const place = new Error();

    return new Promise((resolve, reject) => {
        if (context.is_done())
            reject(errorOf(context, place));
        const id = rejectWhenDone(context, reject, place);

        // Also where it is too late: so that nobody calls it unhandled.
        promise.then(value => {
            context.remove_after_func(id);
            resolve(value);
        }, error => {
            context.remove_after_func(id);
            reject(translate(context, error, place));
        });
    });
}

// From the promises of users to those who wait for them.
const shared = new WeakMap();

// Those who wait for one promise. A reaction cannot be taken back: with one for
// each wait, a promise that never settles would keep every context that ever ended
// a wait for it. The after-func of a waiter empties it, but must not refer to the
// list, which has the contexts; so what is empty goes when the list has doubled.
class Waiters {
    constructor(promise) {
        this._contexts = new Map();
        this._limit = 16;

        const settle = (name, outcome) => {
            shared.delete(promise);
            for (const [waiter, context] of this._contexts) {
                if (waiter.reject !== null) {
                    context.remove_after_func(waiter.id);
                    waiter[name](name === 'reject' ? translate(context, outcome, waiter.place) : outcome);
                }
            }
        };
        Promise.prototype.then.call(promise, value => settle('resolve', value), error => settle('reject', error));
        shared.set(promise, this);
    }

    add(waiter, context) {
        this._contexts.set(waiter, context);
        if (this._contexts.size <= this._limit)
            return;
        for (const one of this._contexts.keys()) {
            if (one.reject === null)
                this._contexts.delete(one);
        }
        this._limit = 2 * this._contexts.size + 16;
    }
}

function emptyWhenDone(context, waiter) {
    return context.add_after_func_full(null, GLib.PRIORITY_DEFAULT, ended => {
        waiter.reject(errorOf(ended, waiter.place));
        waiter.resolve = waiter.reject = waiter.place = null;
    });
}

// As race(), for a promise that others may wait for, and that may never settle.
function raceShared(context, promise) {
    // Also where it is too late: so that nobody calls it unhandled.
    const waiters = shared.get(promise) ?? new Waiters(promise);
    const place = new Error();

    return new Promise((resolve, reject) => {
        if (context.is_done()) {
            reject(errorOf(context, place));
        } else {
            const waiter = { resolve, reject, place, id: 0 };
            waiter.id = emptyWhenDone(context, waiter);
            waiters.add(waiter, context);
        }
    });
}

// Calls a function that gives a promise; not any more where it is too late.
function start(context, func, argument, place = new Error()) {
    return new Promise((resolve, reject) => {
        if (context.is_done())
            reject(errorOf(context, place));
        else
            resolve(func(argument));
    });
}

/**
 * Gives what a finish function returns, as Gio._promisify() does: where several
 * values are returned, the TRUE that says "it went well" is left out.
 *
 * @param {*} result - what was returned
 * @returns {*} the result
 */
function stripped(result) {
    if (Array.isArray(result) && result.length > 1 && result[0] === true)
        result.shift();
    return result;
}

/**
 * Runs an asynchronous operation to its end.
 *
 * @param {Function} begin - starts it and is given the callback
 * @param {Function} finish - is given the source object and the result
 * @returns {Promise} what `finish` returned
 */
function toPromise(begin, finish) {
    const place = new Error();

    return new Promise((resolve, reject) => {
        inDefaultContext(() => begin((source, result) => {
            try {
                resolve(stripped(finish(source, result)));
            } catch (error) {
                reject(isGError(error) ? placed(error, place) : error);
            }
        }));
    });
}

// With all its arguments, the callback among them, it is the function of C. Of
// those that are left out only a cancellable may be missing beside the callback.
function promising(object, name, finish) {
    const takesCancellable = /\bcancellable, callback\)/.test(native(object[name]).toString());

    replace(object, name, function (func, args) {
        if (args.length >= func.length)
            return func.apply(this, args);
        if (takesCancellable && args.length === func.length - 2)
            args.push(null);
        return toPromise(callback => func.call(this, ...args, callback), (source, result) =>
            finish.call(this, source, result));
    });
}

function installAsync(GCtx) {
    const method = name => function (source, result) {
        return this[name](result);
    };

    promising(GCtx.Context.prototype, 'wait_async', method('wait_finish'));
    promising(GCtx.Context.prototype, 'sleep_async', method('sleep_finish'));
    promising(GCtx.Group.prototype, 'wait_async', method('wait_finish'));

    const func = name => (source, result) =>
        GCtx[name].length > 1 ? GCtx[name](source, result) : GCtx[name](result);

    for (const what of ['wait', 'wait_check', 'communicate', 'communicate_utf8'])
        promising(GCtx, `subprocess_${what}_async`, func(`subprocess_${what}_finish`));
    for (const what of ['connection', 'proxy'])
        promising(GCtx, `dbus_${what}_call`, func(`dbus_${what}_call_finish`));
}

function installContext(GCtx) {
    const promises = new WeakMap();
    const { translate_error } = GCtx.Context.prototype;

    Object.assign(GCtx.Context.prototype, {
        /**
         * Waits for the end of the context.
         *
         * @returns {Promise<void>} resolved when it is done; never rejected, and
         *   pending for ever where nothing can end the context
         */
        done() {
            // One for all who ask, so that who asks often leaves nothing behind.
            let promise = promises.get(this);
            if (promise === undefined) {
                promise = new Promise(resolve => resolveWhenDone(this, resolve));
                promises.set(this, promise);
            }
            return promise;
        },

        /**
         * Lets the context end the wait for a promise.
         *
         * @param {Promise|Function} work - the promise, or a function that is
         *   given a Gio.Cancellable of its own (null where the context can
         *   never be done) and gives the promise; where the context is done
         *   already it is not called
         * @returns {Promise} settles as the promise does; rejects with the
         *   context's error as soon as the context is done
         */
        wrap(work) {
            if (typeof work === 'function')
                return race(this, start(this, work, this.is_done() ? null : this.create_cancellable()));
            return raceShared(this, Promise.resolve(work));
        },

        /**
         * Makes an error of "cancelled" the context's own where that is done. Any
         * other stays the very same, whatever it is.
         *
         * @param {*} error - what was thrown
         * @returns {*} the error to be thrown
         */
        translate_error(error) {
            if (!isGError(error))
                return error;
            // C always gives another object, without the stack.
            const translated = translate_error.call(this, error);
            if (translated.matches(error.domain, error.code) && translated.message === error.message)
                return error;
            translated.stack = error.stack;
            return translated;
        },
    });

    Object.defineProperties(GCtx.Context.prototype, {
        /** How many milliseconds are left: 0 when the deadline passed, Infinity without one. */
        remaining: {
            configurable: true,
            get() {
                const [limited, usec] = this.get_remaining();
                return limited ? usec / 1000 : Infinity;
            },
        },
        /** The error of a context that is done, CANCELLED or TIMED_OUT; null while it lives. */
        error: {
            configurable: true,
            get() {
                return errorOf(this);
            },
        },
        /** Why it is done: the reason that was given, else the error; null while it lives. */
        cause: {
            configurable: true,
            get() {
                return this.get_cause();
            },
        },
    });
}

function installScopes(GCtx) {
    const runIn = async (scope, func) => {
        if (typeof func !== 'function')
            throw new TypeError(`A function that is given the context was expected, and not ${describe(func)}`);
        // Promise.finally() takes three times as long.
        try {
            return await race(scope, start(scope, func, scope));
        } finally {
            scope.close();
        }
    };

    Object.assign(GCtx, {
        /**
         * Runs a function in a scope of its own.
         *
         * @param {GCtx.Context?} parent - the parent, null for the background
         * @param {Function} func - is given the scope, and may be async; not
         *   called where the parent is done
         * @returns {Promise} settles as the function does, or rejects with the
         *   scope's error as soon as that is done; either way it is closed then
         */
        async withScope(parent, func) {
            return runIn(newScope(GCtx, parent), func);
        },

        /**
         * Runs a function for so long and no longer.
         *
         * @param {GCtx.Context?} parent - the parent, null for the background
         * @param {number} ms - milliseconds; Infinity for no limit
         * @param {Function} func - as for withScope()
         * @returns {Promise} as for withScope(); the error is
         *   Gio.IOErrorEnum.TIMED_OUT where the time was too short
         */
        async withTimeout(parent, ms, func) {
            checkNumber(ms, 'timeout in milliseconds');
            return runIn(newScope(GCtx, parent, { timeout: ms }), func);
        },

        /**
         * Runs a function until a point in time.
         *
         * @param {GCtx.Context?} parent - the parent, null for the background
         * @param {number} usec - microseconds on the clock of
         *   GLib.get_monotonic_time(); Infinity for no limit
         * @param {Function} func - as for withScope()
         * @returns {Promise} as for withTimeout()
         */
        async withDeadline(parent, usec, func) {
            checkNumber(usec, 'deadline in microseconds');
            return runIn(newScope(GCtx, parent, { deadline: usec }), func);
        },
    });
}

function install(GCtx) {
    installAsync(GCtx);
    installContext(GCtx);
    installScopes(GCtx);
}
