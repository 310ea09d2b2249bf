// test-promises.js: contexts that end what is awaited
//
// Copyright 2026 the GCtx authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

imports.gi.versions.GCtx = '1';
const { GCtx, Gio, GLib } = imports.gi;
const { assert, assertEqual, assertError, assertRejects, run } = imports.tap;

const { CANCELLED, TIMED_OUT, NOT_FOUND, FAILED } = Gio.IOErrorEnum;
const background = GCtx.Context.background();
const never = () => new Promise(() => {});

const cancelled = () => new GLib.Error(Gio.IOErrorEnum, CANCELLED, 'by the operation');

run({
    async outcome() {
        let seen = null;

        assertEqual(await GCtx.withTimeout(null, 3600000, async ctx => {
            seen = ctx;
            assert(ctx instanceof GCtx.Scope && ctx.remaining <= 3600000, 'a scope with the limit');
            await ctx.sleep_async(1);
            return 7;
        }), 7, 'the result');
        assertError(seen.error, CANCELLED, 'closed');
        assertEqual(await GCtx.withScope(null, () => 'plain'), 'plain', 'the result of a plain function');
        assertEqual(await GCtx.withDeadline(null, GLib.get_monotonic_time() + 1e9, async () => 8), 8, 'the result');
        assertEqual(await GCtx.withTimeout(undefined, Infinity, ctx => ctx.remaining), Infinity, 'no limit');
    },

    async thrown() {
        const gone = new GLib.Error(Gio.IOErrorEnum, NOT_FOUND, 'gone');
        let seen = null;

        for (const func of [
            ctx => {
                seen = ctx;
                throw gone;
            },
            async ctx => {
                seen = ctx;
                await ctx.sleep_async(1);
                throw gone;
            },
        ]) {
            // Rule 16: every other error passes through untouched.
            assertEqual(await assertRejects(GCtx.withTimeout(null, 3600000, func), NOT_FOUND), gone, 'the error');
            assertError(seen.error, CANCELLED, 'closed');
        }
        await assertRejects(GCtx.withScope(null, () => null.member), TypeError);
        // While the context lives, it is not what cancelled.
        const error = await assertRejects(GCtx.withScope(null, () => {
            throw cancelled();
        }), CANCELLED);
        assertEqual(error.message, 'by the operation', 'the message');
    },

    // As soon as the context is done, even if the function never settles.
    async too_late() {
        let seen = null;

        // On a busy machine a short time may pass before the function is called.
        for (let ms = 5; seen === null; ms *= 2) {
            await assertRejects(GCtx.withTimeout(null, ms, ctx => {
                seen = ctx;
                return never();
            }), TIMED_OUT);
        }
        assertError(seen.error, TIMED_OUT);
        await assertRejects(GCtx.withDeadline(null, GLib.get_monotonic_time() + 5000, never), TIMED_OUT);
        await assertRejects(GCtx.withTimeout(background.with_timeout(5000), Infinity, never), TIMED_OUT);

        const parent = new GCtx.Scope();
        const waiting = GCtx.withScope(parent, never);
        parent.cancel_with_cause(new GLib.Error(Gio.IOErrorEnum, NOT_FOUND, 'gone'));
        const error = await assertRejects(waiting, CANCELLED);
        assert(error.message.includes('gone'), error.message);
        assertError(parent.cause, NOT_FOUND);
    },

    // Rule 16: "cancelled" is how an operation says that the context ended.
    async translated() {
        await assertRejects(GCtx.withTimeout(null, 5, async ctx => {
            ctx.wait();
            throw cancelled();
        }), TIMED_OUT);
        const context = background.with_timeout(5000);
        await assertRejects(context.wrap(new Promise((resolve, reject) => {
            context.get_cancellable().connect(() => reject(cancelled()));
        })), TIMED_OUT);
    },

    // Rule 6: nothing is started that could not be finished.
    async already_done() {
        const done = background.with_timeout(-1);
        let called = 0;
        const func = async () => {
            called++;
        };

        await assertRejects(GCtx.withTimeout(null, 0, func), TIMED_OUT);
        await assertRejects(GCtx.withTimeout(null, -Infinity, func), TIMED_OUT);
        await assertRejects(GCtx.withScope(done, func), TIMED_OUT);
        await assertRejects(done.wrap(func), TIMED_OUT);
        await assertRejects(done.call(Gio, 'bus_get', Gio.BusType.SESSION), TIMED_OUT);
        assertEqual(called, 0, 'calls');
        await assertRejects(done.wrap(Promise.resolve(7)), TIMED_OUT);
        await assertRejects(done.wrap(Promise.reject(new Error('late'))), TIMED_OUT);
        await done.done();
    },

    async misuse() {
        for (const wrong of [NaN, '5', null, undefined, 5n]) {
            await assertRejects(GCtx.withTimeout(null, wrong, never), TypeError);
            await assertRejects(GCtx.withDeadline(null, wrong, never), TypeError);
        }
        await assertRejects(GCtx.withTimeout('parent', 5, never), TypeError);
        await assertRejects(GCtx.withTimeout(null, 5), TypeError);
        await assertRejects(GCtx.withScope(null, Promise.resolve()), TypeError);
    },

    async wrap() {
        const scope = new GCtx.Scope();
        const gone = new GLib.Error(Gio.IOErrorEnum, NOT_FOUND, 'gone');
        let given = null;

        assertEqual(await scope.wrap(Promise.resolve(7)), 7, 'the value');
        assertEqual(await scope.wrap(7), 7, 'the value');
        assertEqual(await scope.wrap(cancellable => {
            given = cancellable;
            return Promise.resolve(8);
        }), 8, 'the value');
        assertEqual(await assertRejects(scope.wrap(Promise.reject(gone)), NOT_FOUND), gone, 'the error');
        assertEqual(await background.wrap(cancellable => cancellable), null, 'nothing to cancel');

        // Rule 9: one way.
        given.cancel();
        assertEqual(scope.is_done(), false, 'is done');

        const waiting = [scope.wrap(never()), scope.wrap(never), scope.wrap(cancellable => {
            given = cancellable;
            return never();
        })];
        scope.close();
        assertEqual(given.is_cancelled(), true, 'is cancelled');
        for (const promise of waiting)
            await assertRejects(promise, CANCELLED);
    },

    // Many may wait for one promise; who gives up takes nothing from the others.
    async wrap_shared() {
        const gone = new GLib.Error(Gio.IOErrorEnum, NOT_FOUND, 'gone');
        const scopes = Array.from({ length: 100 }, () => new GCtx.Scope());

        for (const [fails, outcome] of [[false, {}], [true, gone]]) {
            let settle = null;
            const promise = new Promise((resolve, reject) => {
                settle = fails ? reject : resolve;
            });
            const ended = scopes.map(() => new GCtx.Scope());
            const waiting = scopes.map(scope => scope.wrap(promise));
            const givenUp = ended.map(scope => assertRejects(scope.wrap(promise), CANCELLED));

            ended.forEach(scope => scope.close());
            await Promise.all(givenUp);
            waiting.push(scopes[0].wrap(promise));
            settle(outcome);
            for (const settled of await Promise.allSettled(waiting))
                assertEqual(fails ? settled.reason : settled.value, outcome, 'the outcome');
            assertEqual(await scopes[1].wrap(promise).catch(error => error), outcome, 'the outcome afterwards');
            await assertRejects(ended[0].wrap(promise), CANCELLED);
        }

        // Whatever hides the function that promises have.
        const odd = Promise.resolve(7);
        odd.then = () => {
            throw new Error('then');
        };
        assertEqual(await scopes[0].wrap(odd), 7, 'the value');
    },

    // What comes too late is dropped, and nobody is told of a rejection that
    // was not handled: gjs says so at the end of the program, and a critical
    // would end this one.
    async late_rejection() {
        const scope = new GCtx.Scope();
        let fail = null;
        const waiting = GCtx.withScope(scope, () => new Promise((resolve, reject) => {
            fail = reject;
        }));

        scope.cancel();
        await assertRejects(waiting, CANCELLED);
        fail(new Error('late'));
    },

    unhandled_in_another_process() {
        const launcher = new Gio.SubprocessLauncher({
            flags: Gio.SubprocessFlags.STDERR_PIPE | Gio.SubprocessFlags.STDOUT_PIPE,
        });
        launcher.unsetenv('G_DEBUG');
        const child = launcher.spawnv(['gjs', '-c', `
            const { GCtx, GLib } = imports.gi;
            const loop = new GLib.MainLoop(null, false);
            let fail = null;
            const scope = new GCtx.Scope();
            const late = () => new Promise((resolve, reject) => { fail = reject; });
            GCtx.withScope(scope, late).catch(() => {
                fail(new Error('late'));
                GLib.idle_add(GLib.PRIORITY_LOW, () => loop.quit());
            });
            scope.cancel();
            const group = new GCtx.Group();
            group.run(() => { throw new Error('of the group'); });
            loop.run();
            print('end');`]);
        const [, out, err] = child.communicate_utf8(null, null);
        assertEqual(out, 'end\n', 'what it says');
        assertEqual(err, '', 'what it complains of');
    },

    async promises_of_c() {
        const scope = new GCtx.Scope();

        assertEqual(await scope.sleep_async(1), true, 'a nap');
        assertEqual(await scope.sleep_async(1, null), true, 'a nap');
        await assertRejects(background.with_timeout(1000).sleep_async(1e9), TIMED_OUT);
        assertEqual(await background.with_timeout(1000).wait_async(), true, 'a wait');

        // The cancellable withdraws this one wait.
        const cancellable = new Gio.Cancellable();
        const waiting = scope.wait_async(cancellable);
        cancellable.cancel();
        await assertRejects(waiting, CANCELLED);
        assertEqual(scope.is_done(), false, 'is done');
        await assertRejects((async () => scope.sleep_async())(), Error);
        assertEqual(scope.wait_async(null, null), undefined, 'with all its arguments');
        assertEqual(scope.wait_async(null, () => {}), undefined, 'with a callback');
        assertEqual(scope.wait_async.length, 2, 'arguments');
    },

    async subprocess() {
        const pipes = Gio.SubprocessFlags.STDIN_PIPE | Gio.SubprocessFlags.STDOUT_PIPE;
        const scope = new GCtx.Scope();
        const bytes = new GLib.Bytes(new TextEncoder().encode('x'));

        let [text, errors] = await GCtx.subprocess_communicate_utf8_async(
            GCtx.subprocess_new(scope, ['cat'], pipes), scope, 'text');
        assertEqual(text, 'text', 'what went through');
        assertEqual(errors, null, 'errors');
        [text] = await GCtx.subprocess_communicate_async(GCtx.subprocess_new(scope, ['cat'], pipes), scope, bytes);
        assert(text.equal(bytes), 'what went through');
        assertEqual(await GCtx.subprocess_wait_async(
            GCtx.subprocess_new(scope, ['false'], Gio.SubprocessFlags.NONE), scope), true, 'the wait');
        const failed = await assertRejects(GCtx.subprocess_wait_check_async(
            GCtx.subprocess_new(scope, ['false'], Gio.SubprocessFlags.NONE), scope), GLib.Error);
        assert(failed.matches(GLib.spawn_exit_error_quark(), 1), `${failed}`);

        const sleeping = GCtx.subprocess_new(scope, ['sleep', '1000'], Gio.SubprocessFlags.NONE);
        const waiting = GCtx.subprocess_wait_async(sleeping, scope);
        scope.close();
        await assertRejects(waiting, CANCELLED);
    },

    async done() {
        const scope = new GCtx.Scope();
        const order = [];

        assertEqual(scope.done(), scope.done(), 'one promise for all');
        const waiting = scope.done().then(value => order.push(value));
        order.push('cancel');
        scope.cancel();
        order.push('cancelled');
        await waiting;
        assertEqual(order.join(), 'cancel,cancelled,', 'the order');
        assertEqual(await background.with_timeout(1000).done(), undefined, 'what it gives');
    },

    // Anything can be thrown, and whatever it is, the wait ends with a failure.
    async odd_errors() {
        const { proxy, revoke } = Proxy.revocable({}, {});
        revoke();

        const ended = new GCtx.Scope();
        ended.close();
        for (const odd of [undefined, null, 0, '', 'a\0b', Symbol('x'), () => 1, Object.create(null), proxy]) {
            const same = error => assert(Object.is(error, odd), 'what was thrown');
            const throwOdd = () => {
                throw odd;
            };
            const wentWell = () => assert(false, 'it went well');
            const group = new GCtx.Group();

            same(ended.translate_error(odd));
            await group.run(throwOdd).then(wentWell, same);
            await assertRejects(group.wait_async(), FAILED);
            await GCtx.withScope(null, throwOdd).then(wentWell, same);
            await background.wrap(Promise.reject(odd)).then(wentWell, same);
            assert(new GCtx.Scope(null, { timeout: -1, cause: odd }).cause instanceof GLib.Error, 'a cause');
        }

        // gjs itself cannot report a revoked proxy.
        for (const odd of [undefined, null, 'x', Object.create(null)]) {
            const group = new GCtx.Group();
            GLib.test_expect_message('Gjs', GLib.LogLevelFlags.LEVEL_CRITICAL, '*');
            group.start(() => {
                throw odd;
            });
            await assertRejects(group.wait_async(), FAILED);
            GLib.test_assert_expected_messages_internal('Gjs', 'test-promises.js', 0, 'odd_errors');
        }
    },

    // An exception is reported, and the rest goes on.
    async exceptions() {
        const scope = new GCtx.Scope();
        const group = new GCtx.Group();
        const called = [];
        const expect = text => GLib.test_expect_message('Gjs', GLib.LogLevelFlags.LEVEL_CRITICAL, `*${text}*`);

        expect('of an after-func');
        expect('of a function of a group');
        scope.add_after_func(() => called.push(1));
        scope.add_after_func(() => {
            throw new Error('of an after-func');
        });
        scope.add_after_func(() => called.push(2));
        scope.cancel();
        await scope.done();
        assertEqual(called.join(), '1,2', 'what was called');

        group.start(() => {
            throw new Error('of a function of a group');
        });
        await assertRejects(group.wait_async(), FAILED);
        GLib.test_assert_expected_messages_internal('Gjs', 'test-promises.js', 0, 'exceptions');
    },
});
