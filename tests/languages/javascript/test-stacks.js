// test-stacks.js: errors say where in the program they began
//
// Copyright 2026 the GCtx authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

imports.gi.versions.GCtx = '1';
const { GCtx, Gio, GLib } = imports.gi;
const { assert, assertEqual, assertError, assertRejects, assertThrows, run } = imports.tap;

const { CANCELLED, TIMED_OUT, NOT_FOUND } = Gio.IOErrorEnum;
const background = GCtx.Context.background();
const done = background.with_timeout(-1);
const short = () => background.with_timeout(1000);
const never = () => new Promise(() => {});
const none = Gio.File.new_for_path('/there/is/none');

// The first frame is of whoever calls these, and none is of the overrides.
function assertPlace(error, name) {
    const frames = error.stack.replace(/^[^]*### Promise created here: ###\n/, '').split('\n');
    assert(frames[0].startsWith(`${name}@`) && frames[0].includes('test-stacks.js'), `${error.stack} is of ${name}()`);
    assert(!error.stack.includes('overrides/gctx/'), `${error.stack} is of users alone`);
}

async function assertPlaces(expected, functions) {
    for (const func of functions) {
        const { whoCalls } = {
            whoCalls: async () => {
                await func();
            },
        };
        assertPlace(await assertRejects(whoCalls(), expected), func.name);
    }
}

run({
    // An error that nobody threw has the place where the wait began.
    async ended() {
        await assertPlaces(TIMED_OUT, [
            async function wrapped() {
                await short().wrap(never());
            },
            async function wrappedFunction() {
                await short().wrap(never);
            },
            async function limited() {
                await GCtx.withTimeout(null, 1, never);
            },
            async function limitedByDeadline() {
                await GCtx.withDeadline(null, GLib.get_monotonic_time() + 1000, never);
            },
            async function inScope() {
                await GCtx.withScope(short(), never);
            },
            async function called() {
                await short().call(new GCtx.Scope(), 'wait_async');
            },
            async function napping() {
                await short().sleep_async(1e9);
            },
            async function inGroup() {
                await new GCtx.Group(short()).run(ctx => ctx.sleep_async(1e9));
            },
        ]);
    },

    async already_done() {
        await assertPlaces(TIMED_OUT, [
            async function checked() {
                done.check();
            },
            async function thrown() {
                throw done.error;
            },
            async function wrapped() {
                await done.wrap(never());
            },
            async function wrappedFunction() {
                await done.wrap(never);
            },
            async function limited() {
                await GCtx.withTimeout(done, 1, never);
            },
            async function called() {
                await done.call(none, 'load_contents_async');
            },
        ]);
    },

    // What the operation says has both: where it was thrown and where it began.
    async of_the_operation() {
        const scope = new GCtx.Scope();

        await assertPlaces(NOT_FOUND, [
            async function called() {
                await scope.call(none, 'load_contents_async');
            },
        ]);
        await assertPlaces(GLib.Error, [
            async function waited() {
                await GCtx.subprocess_wait_check_async(
                    GCtx.subprocess_new(scope, ['false'], Gio.SubprocessFlags.NONE), scope);
            },
        ]);
    },

    // Rule 16: an error becomes the context's where it stands.
    async translated() {
        const closed = new GCtx.Scope();
        closed.close();
        function operation() {
            closed.check();
        }
        const cancelled = assertThrows(operation, CANCELLED);
        const translated = done.translate_error(cancelled);

        assertError(translated, TIMED_OUT);
        assertEqual(translated.stack, cancelled.stack, 'the stack');
        assertPlace(translated, 'operation');

        // The rejection was there first; that the context is done is seen afterwards.
        const scope = new GCtx.Scope();
        let fail = null;
        const waiting = scope.wrap(new Promise((resolve, reject) => {
            fail = reject;
        }));
        fail(assertThrows(operation, CANCELLED));
        scope.cancel_with_cause(new GLib.Error(Gio.IOErrorEnum, NOT_FOUND, 'gone'));
        const error = await assertRejects(waiting, CANCELLED);
        assert(error.message.includes('gone'), `${error.message} is of the scope`);
        assert(/^operation@[^]*created here[^]*\btranslated@/.test(error.stack), `${error.stack} has both`);

        // Whatever was made of its stack, the wait ends.
        for (const odd of [null, 7, {}]) {
            const context = short();
            cancelled.stack = odd;
            await assertRejects(context.wrap(context.done().then(() => {
                throw cancelled;
            })), TIMED_OUT);
            assertError(context.translate_error(cancelled), TIMED_OUT);
        }
    },

    // What a program throws is its own, and nothing is written into it.
    async untouched() {
        for (const error of [new Error('x'), new GLib.Error(Gio.IOErrorEnum, NOT_FOUND, 'gone')]) {
            const { stack } = error;
            const thrown = () => {
                throw error;
            };
            assertEqual(done.translate_error(error), error, 'what was translated');
            for (const promise of [background.wrap(thrown), GCtx.withScope(null, thrown),
                new GCtx.Group().run(thrown)]) {
                assertEqual(await promise.catch(caught => caught), error, 'what was thrown');
                assertEqual(error.stack, stack, 'its stack');
            }
        }
    },

    // A user sees it.
    async logged() {
        GLib.test_expect_message('Gjs', GLib.LogLevelFlags.LEVEL_WARNING, '*too late*logged@*test-stacks.js*');
        await (async function logged() {
            await GCtx.withTimeout(null, 1, never);
        })().catch(error => logError(error, 'too late'));
        GLib.test_assert_expected_messages_internal('Gjs', 'test-stacks.js', 0, 'logged');
        assertThrows(() => done.check(), TIMED_OUT);
    },
});
