// test-call.js: asynchronous operations of GIO under a context
//
// Copyright 2026 the GCtx authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

imports.gi.versions.GCtx = '1';
const { GCtx, Gio, GLib, GObject } = imports.gi;
const { assert, assertEqual, assertRejects, run, SilentFile } = imports.tap;

const { CANCELLED, TIMED_OUT, NOT_FOUND, EXISTS } = Gio.IOErrorEnum;
const background = GCtx.Context.background();
const decode = bytes => new TextDecoder().decode(bytes);

const directory = GLib.Dir.make_tmp('gctx-XXXXXX');
const child = name => Gio.File.new_for_path(GLib.build_filenamev([directory, name]));
const file = child('file');
file.replace_contents(new TextEncoder().encode('text'), null, false, Gio.FileCreateFlags.NONE, null);

run({
    async method() {
        const scope = new GCtx.Scope();

        // The leading TRUE is not there, as with Gio._promisify().
        for (const method of ['load_contents_async', file.load_contents_async]) {
            const [contents, etag] = await scope.call(file, method);
            assertEqual(decode(contents), 'text', 'contents');
            assertEqual(typeof etag, 'string', 'etag');
        }
        const info = await scope.call(file, 'query_info_async', 'standard::*', Gio.FileQueryInfoFlags.NONE,
            GLib.PRIORITY_LOW);
        assertEqual(info.get_name(), 'file', 'name');
        await assertRejects(scope.call(child('none'), 'load_contents_async'), NOT_FOUND);
        assertEqual(scope.is_done(), false, 'is done');
    },

    // The priority and the function that is told of progress may be left out.
    async defaults() {
        let progress = 0;
        const told = () => progress++;
        const copy = child('copy');
        const overwrite = Gio.FileCopyFlags.OVERWRITE;

        assertEqual((await background.call(file, 'query_info_async', '*', 0)).get_name(), 'file', 'name');
        assertEqual(await background.call(file, 'copy_async', copy, overwrite), true, 'a copy');
        assertEqual(await background.call(file, 'copy_async', copy, overwrite, GLib.PRIORITY_LOW), true, 'a copy');
        assertEqual(await background.call(file, 'copy_async', copy, overwrite, GLib.PRIORITY_LOW, told), true, 'a copy');
        assert(progress > 0, 'progress was told');
        await assertRejects(background.call(file, 'copy_async', copy, 0), EXISTS);
        const stream = await background.call(file, 'read_async');
        assertEqual(decode((await background.call(stream, 'read_bytes_async', 4)).get_data()), 'text', 'what was read');
    },

    async statics_and_dbus() {
        const daemon = Gio.Subprocess.new(['dbus-daemon', '--session', '--nofork', '--print-address'],
            Gio.SubprocessFlags.STDOUT_PIPE | Gio.SubprocessFlags.STDERR_SILENCE);
        const [address] = new Gio.DataInputStream({ base_stream: daemon.get_stdout_pipe() }).read_line_utf8(null);
        const flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION;
        const connection = await background.call(Gio.DBusConnection, 'new_for_address', address, flags, null);
        const name = ['org.freedesktop.DBus', '/', 'org.freedesktop.DBus'];

        assert(connection instanceof Gio.DBusConnection, 'a connection');
        const [stream] = await background.call(Gio, 'dbus_address_get_stream', address);
        assert(stream instanceof Gio.IOStream, 'a function of a namespace');
        for (const method of ['new', Gio.DBusProxy.new]) {
            const proxy = await background.call(Gio.DBusProxy, method, connection, 0, null, ...name);
            assertEqual(proxy.g_name, 'org.freedesktop.DBus', 'name');
        }
        // Its init_async() hides behind two functions of gjs's.
        const proxy = new Gio.DBusProxy({
            g_connection: connection,
            g_name: name[0],
            g_object_path: name[1],
            g_interface_name: name[2],
        });
        assertEqual(await background.call(proxy, 'init_async', GLib.PRIORITY_DEFAULT), true, 'init');
        const reply = await background.call(connection, 'call', ...name, 'GetId', null, null,
            Gio.DBusCallFlags.NONE, -1);
        assertEqual(reply.get_type_string(), '(s)', 'the reply');

        // Those of GCtx are given the context; without a callback they promise.
        const call = [...name, 'GetId', null, null, Gio.DBusCallFlags.NONE];
        for (const answer of [
            await background.call(GCtx, 'dbus_connection_call', connection, ...call),
            await GCtx.dbus_connection_call(connection, background, ...call),
            await background.call(GCtx, 'dbus_proxy_call', proxy, 'GetId', null, 0),
            await GCtx.dbus_proxy_call(proxy, background, 'GetId', null, 0),
        ])
            assertEqual(answer.get_type_string(), '(s)', 'the reply');
        stream.close(null);
        connection.close_sync(null);
        daemon.force_exit();
        daemon.wait(null);
    },

    // Functions of JavaScript that stand before those of C.
    async promisified() {
        const Class = GObject.registerClass(class Loader extends GObject.Object {
            load_async(cancellable, callback) {
                this.cancellable = cancellable;
                file.load_contents_async(cancellable, callback);
            }

            load_finish(result) {
                return file.load_contents_finish(result);
            }
        });
        const loader = new Class();

        assertEqual(decode((await background.call(loader, 'load_async'))[0]), 'text', 'contents');
        Gio._promisify(Class.prototype, 'load_async');
        Gio._promisify(Gio._LocalFilePrototype, 'load_bytes_async', 'load_bytes_finish');
        for (const method of ['load_async', loader.load_async])
            assertEqual(decode((await new GCtx.Scope().call(loader, method))[0]), 'text', 'contents');
        assert(loader.cancellable instanceof Gio.Cancellable, 'it is given a cancellable');
        for (const method of ['load_bytes_async', file.load_bytes_async]) {
            const [bytes] = await background.call(file, method);
            assertEqual(decode(bytes.get_data()), 'text', 'contents');
        }
    },

    async other_finish() {
        const text = new TextEncoder().encode('other');
        const args = [null, false, Gio.FileCreateFlags.NONE];
        const bytes = new GLib.Bytes(text);

        const written = async () => decode((await background.call(file, 'load_contents_async'))[0]);

        await background.call(file, 'replace_contents_bytes_async', bytes, ...args);
        assertEqual(await written(), 'other', 'contents');
        await background.call(file, 'replace_contents_async', text.slice(1), ...args);
        assertEqual(await written(), 'ther', 'contents');
        await background.call(file, ['replace_contents_bytes_async', 'replace_contents_finish'],
            new GLib.Bytes(new TextEncoder().encode('text')), ...args);
        assertEqual(await written(), 'text', 'contents');
    },

    // Functions of GCtx are given the context itself.
    async of_gctx() {
        const scope = new GCtx.Scope();
        const pipes = Gio.SubprocessFlags.STDIN_PIPE | Gio.SubprocessFlags.STDOUT_PIPE;
        const [text] = await scope.call(GCtx, 'subprocess_communicate_utf8_async',
            GCtx.subprocess_new(scope, ['cat'], pipes), 'text');

        assertEqual(text, 'text', 'what went through');
        const sleeping = GCtx.subprocess_new(background, ['sleep', '1000'], Gio.SubprocessFlags.NONE);
        await assertRejects(background.with_timeout(5000).call(GCtx, GCtx.subprocess_wait_async, sleeping), TIMED_OUT);
        sleeping.force_exit();
        assertEqual(await scope.call(new GCtx.Group(), 'wait_async'), true, 'the wait for a group');
        await assertRejects(background.with_timeout(5000).call(scope, 'wait_async'), TIMED_OUT);
    },

    // Each operation has a cancellable of its own: rule 9.
    async own_cancellable() {
        const scope = new GCtx.Scope();
        const given = [];
        const object = {
            nap_async(cancellable, callback) {
                given.push(cancellable);
                scope.sleep_async(1, null, callback);
            },
            nap_finish: result => scope.sleep_finish(result),
        };

        await scope.call(object, 'nap_async');
        await scope.call(object, 'nap_async');
        assert(given[0] !== given[1] && given[0] !== scope.get_cancellable(), 'one for each');
        given[0].cancel();
        assertEqual(scope.is_done() || given[1].is_cancelled(), false, 'the others are cancelled');
        await background.call(object, 'nap_async');
        assertEqual(given[2], null, 'what is never done needs none');
    },

    // What does not heed its cancellable is left to itself.
    async silent() {
        const silent = new SilentFile();
        const scope = new GCtx.Scope(null, { timeout: 5 });
        let settled = null;

        const stream = await background.call(silent.file, 'read_async');
        const reading = scope.call(stream, 'read_bytes_async', 1);
        await assertRejects(reading, TIMED_OUT);
        silent.release();
        // It goes on to the end, and nobody is told.
        settled = await GCtx.withTimeout(null, Infinity, ctx => {
            const source = new Promise(resolve => {
                const close = () => {
                    if (stream.has_pending())
                        ctx.sleep_async(1000).then(close);
                    else
                        resolve(true);
                };
                close();
            });
            return source;
        });
        assertEqual(settled, true, 'it ended');
        silent.remove();
    },

    async ended() {
        const scope = new GCtx.Scope();
        const silent = new SilentFile();
        const stream = await scope.call(silent.file, 'read_async');
        const reading = scope.call(stream, 'read_bytes_async', 1);

        scope.cancel();
        await assertRejects(reading, CANCELLED);
        silent.release();
        silent.remove();
    },

    async misuse() {
        const told = async (text, ...args) => {
            const error = await assertRejects(background.call(...args), TypeError);
            assert(error.message.includes(text), `'${error.message}' has '${text}'`);
        };

        await told('needs the object', null, 'load_contents_async');
        await told('needs the object', 'file', 'load_contents_async');
        await told('needs the object', undefined);
        await told('no method none()', file, 'none');
        await told('needs the name of a method of GLocalFile', file);
        await told('no method null()', file, null);
        await told("call(object, 'load_contents_async', …)", file.load_contents_async);
        await told("call(object, 'name_async', …)", () => {});
        await told('no such method', file, () => {});
        await told('no such method', child('x'), Gio.bus_get);
        await told('load_contents_async() does', file, 'load_contents');
        await told('takes no callback', file, 'get_path');
        await told('wrap()', { async load() {} }, 'load');
        await told('2 arguments were given', file, 'load_contents_async', null, () => {});
        await told('attributes, flags, io_priority', file, 'query_info_async', '*');
        await told('has no sleepless_finish()', { sleepless_async(cancellable, callback) {
            void [cancellable, callback];
        } }, 'sleepless_async');
        await told('no method none_finish()', file, ['load_contents_async', 'none_finish']);
        await told('takes no cancellable', { x_async(callback) {
            void callback;
        }, x_finish() {} }, 'x_async');
        // What the operation itself refuses.
        await assertRejects(background.call(file, 'query_info_async', {}, 0), Error);
    },
});
