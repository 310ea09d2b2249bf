// test-library.js
//
// Copyright 2026 the GCtx authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

imports.gi.versions.GCtx = '1';
const { GCtx, Gio, GLib, GObject } = imports.gi;
const { assert, assertEqual, assertThrows, iterateUntil, run, SilentFile } = imports.tap;

const tests = {
    tree() {
        const scope = GCtx.Scope.new(GCtx.Context.background());
        const child = GCtx.Scope.new(scope);
        const grandchild = child.with_timeout(3600 * GLib.USEC_PER_SEC);
        const sibling = GCtx.Scope.new(scope);

        assertEqual(grandchild.is_done(), false, 'grandchild is done');
        assertEqual(child.cancel(), true, 'the first cancel');
        assertEqual(child.cancel(), false, 'the second cancel');
        assertEqual(grandchild.is_done(), true, 'grandchild is done');
        assertEqual(sibling.is_done(), false, 'sibling is done');
        assertEqual(scope.check(), true, 'scope checks');
        assertThrows(() => grandchild.check(), Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED);
    },

    cause() {
        const scope = GCtx.Scope.new(GCtx.Context.background());
        const child = GCtx.Scope.new(scope);
        const cause = new GLib.Error(Gio.IOErrorEnum, Gio.IOErrorEnum.CONNECTION_CLOSED,
            'the client left');

        assertEqual(child.get_cause(), null, 'the cause of what lives');
        assertEqual(scope.cancel_with_cause(cause), true, 'cancel');
        assert(child.get_cause().matches(Gio.IOErrorEnum, Gio.IOErrorEnum.CONNECTION_CLOSED),
            'the cause is the one given');
        assert(child.get_error().matches(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED),
            'the error is CANCELLED');
        assert(child.get_error().message.includes('the client left'), 'the message names the cause');
    },

    values() {
        const name = GCtx.Key.new('name', GObject.TYPE_STRING);
        const size = GCtx.Key.new('size', GObject.TYPE_INT64);
        const other = GCtx.Key.new('name', GObject.TYPE_STRING);

        // gjs makes a GValue of whatever JavaScript type it is given: 7 arrives
        // as an int and has to be converted.
        const scope = GCtx.Scope.new(
            GCtx.Context.background().with_values([name, size], ['Ada', 7]));
        assertEqual(scope.get_value(name), 'Ada', 'name');
        assertEqual(scope.get_value(size), 7, 'size');
        assertEqual(scope.get_string(name), 'Ada', 'name');
        assertEqual(scope.get_value(other), null, 'another key of the same name');
        assertEqual(scope.has_value(other), false, 'has another key of the same name');

        const child = scope.with_value(name, 'Grace');
        assertEqual(child.get_value(name), 'Grace', 'the name of the child');
        assertEqual(scope.get_value(name), 'Ada', 'the name of the parent');
    },

    value_through_cancellable() {
        const key = GCtx.Key.new('file', Gio.File.$gtype);
        const file = Gio.File.new_for_path('/');
        const scope = GCtx.Scope.new(GCtx.Context.background());
        const context = scope.with_value(key, file);

        const back = GCtx.Context.from_cancellable(context.get_cancellable());
        assertEqual(back.get_value(key), file, 'the value on the other side');
        assertEqual(back instanceof GCtx.Scope, false, 'is a scope');
        scope.cancel();
        assertEqual(back.is_done(), true, 'is done');
    },

    lookup() {
        const name = GCtx.Key.new('name', GObject.TYPE_STRING);
        const size = GCtx.Key.new('size', GObject.TYPE_DOUBLE);
        const file = GCtx.Key.new('file', Gio.File.$gtype);
        const other = GCtx.Key.new('other', GObject.TYPE_STRING);
        const request = {name: 'Ada', size: 7, file: Gio.File.new_for_path('/')};
        const asked = [];

        const parent = GCtx.Context.background().with_value(name, 'above');
        const scope = GCtx.Scope.new(parent.with_lookup(key => {
            asked.push(key.get_name());
            return request[key.get_name()] ?? null;
        }));
        const back = GCtx.Context.from_cancellable(scope.get_cancellable());
        assertEqual(back.get_string(name), 'Ada', 'name');
        assertEqual(back.get_value(size), 7, 'size');
        assertEqual(back.get_value(file), request.file, 'file');

        request.name = 'Grace';
        assertEqual(scope.get_string(name), 'Ada', 'the name that is kept');
        assertEqual(scope.with_value(name, 'below').get_string(name), 'below', 'the name below');
        assertEqual(scope.has_value(other), false, 'has another');
        assertEqual(asked.join(), 'name,size,file,other', 'what was asked');
    },

    load_contents_under_deadline() {
        const silent = new SilentFile();
        const context = GCtx.Context.background().with_timeout(20 * 1000);
        const loop = new GLib.MainLoop(null, false);
        let caught = null;

        // The read blocks a thread of GIO's, and read(2) cannot be cancelled.
        // So the file falls silent for as long as the context lives and ends
        // when it is done: were the deadline not to fire, the load would never
        // return; were the cancellable not cancelled, it would succeed.
        context.add_after_func(() => silent.release());
        silent.file.load_contents_async(context.get_cancellable(), (file, result) => {
            try {
                file.load_contents_finish(result);
            } catch (e) {
                caught = e;
            }
            loop.quit();
        });
        loop.run();
        silent.remove();

        assert(caught !== null, 'the load failed');
        assert(caught.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED), `${caught} is CANCELLED`);
        try {
            throw context.translate_error(caught);
        } catch (e) {
            assert(e.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.TIMED_OUT), `${e} is TIMED_OUT`);
        }
    },

    other_errors_pass() {
        const context = GCtx.Context.background().with_timeout(-1);
        const passed = context.translate_error(
            new GLib.Error(Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND, 'gone'));
        assert(passed.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_FOUND), `${passed} is NOT_FOUND`);
        assertEqual(passed.message, 'gone', 'the message');
    },

    after_func() {
        const scope = GCtx.Scope.new(GCtx.Context.background());
        const called = [];

        const first = scope.add_after_func(() => called.push('first'));
        scope.add_after_func(context => called.push(context));
        assertEqual(scope.remove_after_func(first), true, 'removal');
        scope.cancel();
        assertEqual(called.length, 0, 'calls inside cancel');
        iterateUntil(() => called.length > 0);
        assertEqual(called.length, 1, 'calls');
        assertEqual(called[0], scope, 'the context that the function is given');
    },

    // JavaScript never hears what is called on another thread; an after-func
    // comes on the thread that added it, whoever ends the context.
    after_func_when_deadline_passes() {
        const context = GCtx.Context.background().with_timeout(1000);
        let error = null;

        context.add_after_func(c => {
            error = c.get_error();
        });
        iterateUntil(() => error !== null);
        assert(error.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.TIMED_OUT), `${error} is TIMED_OUT`);
    },

    source() {
        const scope = GCtx.Scope.new(GCtx.Context.background());
        const source = scope.create_source();
        let called = 0;

        source.set_callback(() => {
            called++;
            return GLib.SOURCE_REMOVE;
        });
        source.attach(null);
        scope.cancel();
        iterateUntil(() => called > 0);
        assertEqual(source.is_destroyed(), true, 'is destroyed');
    },

    wait_async() {
        const scope = GCtx.Scope.new(GCtx.Context.background());
        let finished = null;

        scope.wait_async(null, (context, result) => {
            finished = context.wait_finish(result);
        });
        scope.cancel();
        iterateUntil(() => finished !== null);
        assertEqual(finished, true, 'the wait');
    },

    subprocess() {
        const scope = GCtx.Scope.new(GCtx.Context.background());
        const pipes = Gio.SubprocessFlags.STDIN_PIPE | Gio.SubprocessFlags.STDOUT_PIPE;
        let child = GCtx.subprocess_new(scope, ['cat'], pipes);
        const [, text] = GCtx.subprocess_communicate_utf8(child, scope, 'text');
        let error = null;

        assertEqual(text, 'text', 'what went through');

        child = GCtx.subprocess_new(scope, ['sleep', '1000'], Gio.SubprocessFlags.NONE);
        GCtx.subprocess_wait_async(child, scope, (source, result) => {
            try {
                GCtx.subprocess_wait_finish(result);
            } catch (e) {
                error = e;
            }
        });
        scope.cancel();
        iterateUntil(() => error !== null);
        assert(error.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED), `${error} is of the context`);
        GCtx.subprocess_wait(child, GCtx.Context.background());
        assertEqual(child.get_term_sig(), 15, 'the signal');
    },

    object_new() {
        assertEqual(new GCtx.Context().is_done(), false, 'is done');
        assertEqual(new GCtx.Scope().cancel(), true, 'cancel');
    },

    subclass() {
        const Request = GObject.registerClass(class Request extends GCtx.Scope {});
        const request = new Request();
        assertEqual(request.with_values([], []).is_done(), false, 'is done');
        assertEqual(request.cancel(), true, 'cancel');
    },

    task() {
        const context = GCtx.Context.background().with_timeout(20 * 1000);
        let finished = null;

        const task = GCtx.task_new(null, context, (source, result) => {
            finished = result;
        });
        assertEqual(GCtx.task_get_context(task), context, 'context of the task');
        context.wait();
        assert(GCtx.task_return_if_done(task), 'returned');
        iterateUntil(() => finished !== null);
        assertThrows(() => GCtx.task_propagate_boolean(finished), Gio.IOErrorEnum, Gio.IOErrorEnum.TIMED_OUT);
    },

    current() {
        const scope = GCtx.Scope.new(GCtx.Context.background());
        let seen = null;

        scope.push_current();
        assertEqual(GCtx.Context.get_current(), scope, 'current');
        assertEqual(Gio.Cancellable.get_current(), scope.get_cancellable(), 'current cancellable');
        scope.pop_current();
        assertEqual(GCtx.Context.get_current(), GCtx.Context.background(), 'current');
        assertEqual(Gio.Cancellable.get_current(), null, 'current cancellable');

        scope.cancel();
        scope.add_after_func(() => {
            seen = GCtx.Context.get_current();
        });
        iterateUntil(() => seen !== null);
        assertEqual(seen, scope, 'current in an after-func');
    },

    any() {
        const one = GCtx.Scope.new(GCtx.Context.background());
        const two = GCtx.Scope.new(GCtx.Context.background());
        const both = GCtx.Context.any([one, two]);

        assertEqual(both.is_done(), false, 'is done');
        two.cancel();
        assertEqual(both.is_done(), true, 'is done');
    },

    object() {
        const object = new Gio.SimpleActionGroup();
        const scope = GCtx.Scope.new_for_object(GCtx.Context.background(), object);
        let told = false;

        scope.add_after_func(() => {
            told = true;
        });
        assertEqual(scope.is_done(), false, 'is done');
        object.run_dispose();
        assertEqual(told, false, 'told');
        iterateUntil(() => told);
        assertEqual(scope.get_cause().message, 'The GSimpleActionGroup was disposed', 'cause');
        scope.close();
    },

    unix_signals() {
        const SIGTERM = 15;
        const scope = GCtx.Scope.new_for_unix_signals(GCtx.Context.background(), [SIGTERM]);
        let told = false;

        scope.add_after_func(() => {
            told = true;
        });
        Gio.Subprocess.new(['kill', `${new Gio.Credentials().get_unix_pid()}`], Gio.SubprocessFlags.NONE);
        iterateUntil(() => told);
        assert(scope.get_cause().matches(GCtx.unix_signal_quark(), SIGTERM), 'the cause is the signal');
        assertEqual(scope.get_cause().message, 'SIGTERM was received', 'cause');
        scope.close();
    },

    connection() {
        const listener = new Gio.SocketListener();
        const port = listener.add_any_inet_port(null);
        const client = new Gio.SocketClient({ enable_proxy: false });
        const there = client.connect_to_host('127.0.0.1', port, null);
        const [here] = listener.accept(null);
        const scope = GCtx.Scope.new_for_connection(GCtx.Context.background(), here);

        assertEqual(scope.is_done(), false, 'is done');
        there.close(null);
        iterateUntil(() => scope.is_done());
        assert(scope.get_cause().matches(Gio.io_error_quark(), Gio.IOErrorEnum.CONNECTION_CLOSED), 'cause');
        scope.close();
    },

    group() {
        const load = path => (task, context) => {
            Gio.File.new_for_path(path).load_contents_async(context.get_cancellable(), (file, result) => {
                try {
                    file.load_contents_finish(result);
                    task.return_boolean(true);
                } catch (error) {
                    task.return_error(error);
                }
            });
        };
        let group = new GCtx.Group();
        let finished = null;

        group.start(load('/proc/self/status'));
        group.start(load('/proc/self/status'));
        group.wait_async(null, (source, result) => {
            finished = source.wait_finish(result);
        });
        iterateUntil(() => finished !== null);
        assertEqual(finished, true, 'the wait');

        group = GCtx.Group.new_with_limit(GCtx.Context.background(), 1);
        group.start(load('/'));
        group.start(() => {
            throw new Error('called after the end');
        });
        assertThrows(() => group.wait(), Gio.IOErrorEnum, Gio.IOErrorEnum.IS_DIRECTORY);
        assertEqual(group.get_context().is_done(), true, 'is done');
    },

    dbus() {
        const daemon = Gio.TestDBus.new(Gio.TestDBusFlags.NONE);
        const flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT |
            Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION;
        const connect = () => Gio.DBusConnection.new_for_address_sync(daemon.get_bus_address(), flags, null, null);
        let hanging = null;

        daemon.up();
        const service = connect();
        const client = connect();
        const object = Gio.DBusExportedObject.wrapJSObject(`<node><interface name='org.example.Test'>
            <method name='Echo'><arg type='s' direction='in'/><arg type='s' direction='out'/></method>
            <method name='Hang'/>
            </interface></node>`, {
            Echo: text => text,
            HangAsync(parameters, invocation) {
                hanging = invocation;
            },
        });
        object.export(service, '/org/example/Test');

        const call = (context, method, parameters) => {
            let result = null;

            GCtx.dbus_connection_call(client, context, service.get_unique_name(), '/org/example/Test',
                'org.example.Test', method, parameters, null, Gio.DBusCallFlags.NONE, (_, ready) => {
                    result = ready;
                });
            iterateUntil(() => result !== null);
            return GCtx.dbus_connection_call_finish(result);
        };
        let error = null;

        assertEqual(call(GCtx.Context.background(), 'Echo', new GLib.Variant('(s)', ['hello'])).deepUnpack()[0],
            'hello', 'the reply');
        try {
            call(GCtx.Context.background().with_timeout(20000), 'Hang', null);
        } catch (caught) {
            error = caught;
        }
        assert(error.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.TIMED_OUT), `${error} is of the deadline`);

        // On a slow machine that call has not come here before its deadline passed.
        client.call(service.get_unique_name(), '/org/example/Test', 'org.example.Test', 'Hang', null, null,
            Gio.DBusCallFlags.NONE, -1, null, null);
        iterateUntil(() => hanging !== null);
        const scope = GCtx.Scope.new_for_dbus_invocation(GCtx.Context.background(), hanging);
        let told = false;

        scope.add_after_func(() => {
            told = true;
        });
        client.close_sync(null);
        iterateUntil(() => told);
        assert(scope.get_cause().message.includes('has left the bus'), 'cause');
        scope.close();
        object.unexport();
        service.close_sync(null);
        daemon.stop();
    },
};

run(tests);
