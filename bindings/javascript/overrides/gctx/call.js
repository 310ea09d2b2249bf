// call.js: any asynchronous operation of GIO under a context
//
// Copyright 2026 the GCtx authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

/* exported install, resolve */

const { GLib } = imports.gi;
const { errorOf, race, toPromise } = imports.overrides.gctx.promises;
const { describe, native } = imports.overrides.gctx.util;

// Those whose finish function is not called as they are.
const OTHER_FINISH = {
    new_from_stream_at_scale_async: 'new_from_stream_finish',
    replace_contents_bytes_async: 'replace_contents_finish',
    save_to_streamv_async: 'save_to_stream_finish',
};

// The names of a function's parameters: gjs shows them for what introspection
// made, the engine for functions of JavaScript. Null where the signature says
// nothing, as with `(...args)`.
function parametersOf(func) {
    const found = /^[^(]*\(([^)]*)\)/.exec(native(func).toString());

    if (found === null || /[.={[]/.test(found[1]))
        return null;
    return found[1].split(',').map(name => name.trim()).filter(name => name !== '');
}

function nameOf(object) {
    return object?.$gtype?.name ?? object?.constructor?.$gtype?.name ?? object?.__name__ ?? describe(object);
}

// What introspection made tells its name, `method Gio.File.read_async(…`; so does a
// function of JavaScript that has one.
function ownName(func) {
    const found = /^(?:method|function) [\w.]*?(\w+)\(/.exec(native(func).toString());
    return found?.[1] ?? func.name;
}

// Under which name an object has a function.
function findName(object, func) {
    const name = ownName(func);
    if (name !== '' && typeof object[name] === 'function')
        return name;

    // Those of Gio._promisify() have none.
    for (const hidden in object) {
        const shown = hidden.replace(/^_original_/, '');
        if (shown !== hidden && object[shown] === func)
            return shown;
    }
    throw new TypeError(`${nameOf(object)} has no such method: call(object, object.method_async, …)`);
}

// Who has a finish function: the object, or its class where that is not given one.
function ownerOf(object, finish) {
    return [object, object.constructor].find(owner => typeof owner?.[finish] === 'function');
}

function findFinish(object, name) {
    const finish = OTHER_FINISH[name] ??
        (/_(async|begin)$/.test(name) ? name.replace(/_(async|begin)$/, '_finish') : `${name}_finish`);

    if (ownerOf(object, finish) === undefined) {
        throw new TypeError(`${nameOf(object)}.${name}() has no ${finish}(): ` +
            "call(object, ['…_async', '…_finish'], …) says which finishes it");
    }
    return finish;
}

// Finds what call() is to call: the name of the function, its parameters, and its
// finish function with what has that.
function resolve(object, method) {
    // As in Python, where a method knows its object.
    if (typeof object === 'function' && method === undefined) {
        const name = ownName(object) || 'name_async';
        throw new TypeError(`A method of JavaScript does not know its object: call(object, '${name}', …)`);
    }
    if (object === null || object === undefined || !['object', 'function'].includes(typeof object))
        throw new TypeError('call(object, method, …) needs the object, class or namespace that has the method');
    if (method === undefined)
        throw new TypeError(`call(object, method, …) needs the name of a method of ${nameOf(object)}`);

    const [begin, end] = Array.isArray(method) ? method : [method];
    const name = typeof begin === 'function' ? findName(object, begin) : begin;
    if (!['string', 'symbol'].includes(typeof name) || typeof object[name] !== 'function')
        throw new TypeError(`${nameOf(object)} has no method ${typeof name === 'string' ? name : describe(name)}()`);
    if (end !== undefined && ownerOf(object, end) === undefined)
        throw new TypeError(`${nameOf(object)} has no method ${typeof end === 'string' ? end : describe(end)}()`);

    // Gio._promisify() keeps the one that it hides.
    const parameters = parametersOf(object[name]) ?? parametersOf(object[`_original_${name}`] ?? String);
    if (parameters === null || !/callback(_closure)?$/.test(parameters[parameters.length - 1] ?? '')) {
        const twin = `${name}_async`;
        throw new TypeError(`${nameOf(object)}.${name}() takes no callback; ${
            typeof object[twin] === 'function' ? `${twin}() does` : 'wrap() takes functions that give a promise'}`);
    }
    const finish = end ?? findFinish(object, name);
    return { name, owner: ownerOf(object, finish), finish, parameters };
}

// What may be left out, in this order.
function fill(wanted, args, name) {
    const defaults = [
        [wanted.findIndex(parameter => /progress_callback(_closure)?$/.test(parameter)), null],
        [wanted.indexOf('io_priority'), GLib.PRIORITY_DEFAULT],
    ].filter(([position]) => position >= 0);
    const left = defaults.slice(0, Math.max(wanted.length - args.length, 0)).sort((a, b) => a[0] - b[0]);
    const filled = [...args];

    for (const [position, value] of left)
        filled.splice(position, 0, value);
    if (filled.length !== wanted.length) {
        throw new TypeError(`${name}() takes (${wanted.join(', ')}) here, and ${args.length} arguments were given; ` +
            'the cancellable and the callback are not among them');
    }
    return filled;
}

function install(GCtx) {
    const run = (context, object, method, args) => {
        const { name, owner, finish, parameters } = resolve(object, method);
        const own = object === GCtx ? 'context' : 'cancellable';
        const wanted = parameters.slice(0, -1).filter(parameter => parameter !== own);

        if (wanted.length !== parameters.length - 2)
            throw new TypeError(`${nameOf(object)}.${name}() takes no ${own}: a context could not end it`);

        const filled = fill(wanted, args, name);
        if (context.is_done())
            throw errorOf(context);
        filled.splice(parameters.indexOf(own), 0, object === GCtx ? context : context.create_cancellable());

        // A method's finish function is one of the same object. A function of a
        // namespace may take the source object as well.
        const takesSource = (parametersOf(owner[finish]) ?? []).length > 1;
        return race(context, toPromise(callback => object[name](...filled, callback), (source, result) =>
            takesSource ? owner[finish](source, result) : owner[finish](result)));
    };

    /**
     * Runs any asynchronous operation of GIO under the context.
     *
     * `await ctx.call(file, 'load_contents_async')`,
     * `await ctx.call(Gio, 'bus_get', Gio.BusType.SESSION)`.
     *
     * The cancellable, the callback and the finish function are seen to. An
     * io_priority and a progress callback may be left out.
     *
     * @param {object} object - the object, class or namespace that has it
     * @param {string|Function|Array} method - its name, or itself, or both names
     *   where that of the finish function cannot be told from it
     * @param {...*} args - its arguments but the cancellable and the callback
     * @returns {Promise} what the finish function gives, without the leading
     *   TRUE of several values; rejects with the context's error as soon as the
     *   context is done
     */
    GCtx.Context.prototype.call = async function (object, method, ...args) {
        return run(this, object, method, args);
    };
}
