// test-group.js: functions that run at the same time
//
// Copyright 2026 the GCtx authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

imports.gi.versions.GCtx = '1';
const { GCtx, Gio, GLib } = imports.gi;
const { assert, assertEqual, assertRejects, run } = imports.tap;

const { CANCELLED, TIMED_OUT, FAILED } = Gio.IOErrorEnum;
const background = GCtx.Context.background();

run({
    async run() {
        const group = new GCtx.Group();
        const sum = group.run(async ctx => {
            await ctx.sleep_async(1);
            return 1;
        });

        assertEqual(await sum, 1, 'the result');
        group.run(async ctx => ctx.sleep_async(1000));
        group.run(() => 2);
        assertEqual(await group.wait_async(), true, 'the wait');
        await assertRejects(group.run(() => 3), CANCELLED);
    },

    // What fails first ends the rest, and is what the wait reports.
    async fails() {
        const group = new GCtx.Group();
        const slow = group.run(ctx => ctx.sleep_async(1e9));
        const broken = group.run(async ctx => {
            await ctx.sleep_async(1);
            throw new RangeError('too far');
        });

        await assertRejects(broken, RangeError);
        await assertRejects(slow, CANCELLED);
        const error = await assertRejects(group.wait_async(), FAILED);
        assertEqual(error.message, 'RangeError: too far', 'the message');
    },

    // A task is returned on once, whatever is thrown before or after.
    async throws_and_returns() {
        const report = async (group, succeeds) => {
            const waiting = group.wait_async();
            if (succeeds)
                assertEqual(await waiting, true, 'the wait');
            else
                assertEqual((await assertRejects(waiting, FAILED)).message, 'Error: thrown', 'the failure');
            GLib.test_assert_expected_messages_internal('Gjs', 'test-group.js', 0, 'throws_and_returns');
        };
        const failed = new GLib.Error(Gio.IOErrorEnum, FAILED, 'Error: thrown');
        const ended = new GCtx.Scope();
        ended.cancel();

        for (const [succeeds, func] of [
            [true, task => task.return_boolean(true)],
            [false, task => task.return_error(failed)],
            [true, task => {
                // These did not return.
                assertEqual(task.return_error_if_cancelled(), false, 'is cancelled');
                assertEqual(GCtx.task_return_if_done(task), false, 'is done');
                task.return_boolean(true);
            }],
            // The function throws first, and what it began returns later.
            [false, (task, context) => {
                context.done().then(() => {
                    task.return_boolean(true);
                    assertEqual(GCtx.task_return_if_done(task), true, 'it had its return');
                });
            }],
        ]) {
            const group = new GCtx.Group();

            GLib.test_expect_message('Gjs', GLib.LogLevelFlags.LEVEL_CRITICAL, '*Error: thrown*');
            group.start((task, context) => {
                func(task, context);
                throw new Error('thrown');
            });
            await report(group, succeeds);
            await group.get_context().done();
        }
        assertEqual(GCtx.task_return_if_done(GCtx.task_new(null, ended, () => {})), true, 'one of no group');

    },

    // A function for start() that is async: gjs reports what it throws.
    async_start() {
        const child = Gio.Subprocess.new(['gjs', '-c', `
            const { GCtx, GLib } = imports.gi;
            const loop = new GLib.MainLoop(null, false);
            const group = new GCtx.Group();
            group.start(async task => { task.return_boolean(true); throw new Error('after'); });
            group.start(async () => { throw new Error('instead'); });
            group.wait_async().catch(error => print(error.message)).finally(() => loop.quit());
            loop.run();`], Gio.SubprocessFlags.STDERR_PIPE | Gio.SubprocessFlags.STDOUT_PIPE);
        const [, out, err] = child.communicate_utf8(null, null);

        assertEqual(out, 'Error: instead\n', 'the failure');
        assert(err.includes('Error: after') && err.includes('Error: instead'), `${err} tells of both`);
        assert(!err.includes('CRITICAL'), err);
    },

    async times_out() {
        const group = GCtx.Group.new(background.with_timeout(5000));

        group.run(ctx => ctx.sleep_async(1e9));
        await assertRejects(group.wait_async(), TIMED_OUT);
    },
});
