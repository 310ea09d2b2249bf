// test-gio.js: whether call() knows every asynchronous function there is
//
// Copyright 2026 the GCtx authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

imports.gi.versions.GCtx = '1';
const { GCtx, Gio, GLib } = imports.gi;
const { assert, assertEqual, assertRejects, run } = imports.tap;
const { resolve } = imports.overrides.gctx.call;

const background = GCtx.Context.background();

// gjs cannot make what it takes, an array of GParameter, and GIO has it no more: each
// object that it would make has an init_async().
const UNKNOWN = ['AsyncInitable.newv_async'];

// They begin nothing: what they are given is to be called by the program.
const NOT_BEGUN = ['SimpleAsyncResult.new', 'SimpleAsyncResult.new_from_error', 'SimpleAsyncResult.new_take_error',
    'Task.new', 'simple_async_report_gerror_in_idle', 'simple_async_report_take_gerror_in_idle',
    'Task.report_error', 'task_new'];

// The functions of a GIR that take a callback for the end of an operation.
function asyncFunctions(gir) {
    return gir.functions.filter(({ parameters }) => parameters.some(({ type }) => /^(Gio\.)?AsyncReadyCallback$/.test(type)));
}

function fullName({ owner, name }) {
    return owner === null ? name : `${owner}.${name}`;
}

// Where call() is to look for one.
function holderOf(namespace, { owner, kind }) {
    if (owner === null)
        return namespace;
    return kind === 'method' ? namespace[owner].prototype : namespace[owner];
}

run({
    // Any of GIO's.
    gio() {
        if (!GLib.file_test(GLib.getenv('GIO_GIR'), GLib.FileTest.EXISTS))
            return 'no GIR of Gio';
        const functions = asyncFunctions(imports.gir.read('GIO_GIR'));
        const unknown = [];
        let count = 0;

        for (const func of functions) {
            const holder = holderOf(Gio, func);
            if (NOT_BEGUN.includes(fullName(func)))
                continue;
            // Of a platform's own, such as GioUnix.
            if (holder === undefined || typeof holder[func.name] !== 'function') {
                print(`# ${fullName(func)} is not there`);
                continue;
            }
            count++;
            try {
                const { owner, finish, parameters } = resolve(holder, func.name);
                const known = func.attributes['glib:finish-func'];
                assert(typeof owner[finish] === 'function', `${finish} is a function`);
                if (known !== undefined)
                    assertEqual(finish, known, `what finishes ${fullName(func)}`);
                // Or a context could not end it.
                assert(parameters.includes('cancellable'), `${fullName(func)}() takes a cancellable`);
            } catch (error) {
                printerr(`${fullName(func)}: ${error.message}`);
                unknown.push(fullName(func));
            }
        }
        print(`# ${count} functions`);
        assertEqual(unknown.join(), UNKNOWN.join(), 'not known');
        assert(count > 120, `${count} functions`);
        return undefined;
    },

    // A promise from each of ours.
    async gctx() {
        const functions = asyncFunctions(imports.gir.read('GCTX_GIR'));

        for (const func of functions) {
            const holder = holderOf(GCtx, func);
            if (NOT_BEGUN.includes(fullName(func)))
                continue;
            assertEqual(typeof holder[resolve(holder, func.name).finish], 'function', 'what finishes it');
            // It lacks its arguments; but a promise it is.
            const object = func.kind === 'method' ? new GCtx[func.owner]() : holder;
            const promise = object[func.name]();
            assert(promise instanceof Promise, `${fullName(func)}() gives a promise`);
            promise.catch(() => {});
        }
        assert(functions.length > 8, `${functions.length} functions`);
        await background.sleep_async(0);
    },

    // Its finish function is one of the class, and not of its objects.
    async static_finish() {
        const listener = new Gio.SocketListener();
        const port = listener.add_any_inet_port(null);
        const client = new Gio.SocketClient({ enable_proxy: false });
        const pair = () => [client.connect_to_host('127.0.0.1', port, null), listener.accept(null)[0]];
        // Two peers, each with a connection of which this process makes one.
        const [[one, here], [two, there]] = [pair(), pair()];
        const both = background.call(here, 'splice_async', there, Gio.IOStreamSpliceFlags.NONE);

        one.get_output_stream().write('to two', null);
        one.get_socket().shutdown(false, true);
        two.get_output_stream().write('to one', null);
        two.get_socket().shutdown(false, true);
        assertEqual(await both, true, 'what it gives');
        const read = connection => new TextDecoder().decode(
            connection.get_input_stream().read_bytes(100, null).get_data());
        assertEqual(read(two), 'to two', 'what came');
        assertEqual(read(one), 'to one', 'what came');

        for (const method of [['splice_async', 'splice_finish'], here.splice_async]) {
            const [[, from], [, to]] = [pair(), pair()];
            await assertRejects(background.with_timeout(1000).call(from, method, to, 0), Gio.IOErrorEnum.TIMED_OUT);
        }
    },
});
