// test-arguments.js: times and causes, as the functions of C are given them
//
// Copyright 2026 the GCtx authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

imports.gi.versions.GCtx = '1';
const { GCtx, Gio, GLib } = imports.gi;
const { assert, assertEqual, assertError, assertRejects, assertThrows, run } = imports.tap;
const { CAUSES, TIMES } = imports.overrides.gctx.arguments;
const gir = imports.gir.read('GCTX_GIR');

const { TIMED_OUT } = Gio.IOErrorEnum;
const background = GCtx.Context.background();
const cause = new GLib.Error(Gio.IOErrorEnum, Gio.IOErrorEnum.BUSY, 'too busy');
const wrong = [NaN, '5', '', null, undefined, {}, [5], true, new Date(), Object.create(null)];
const never = [Infinity, Number.MAX_VALUE, 2 ** 63, GLib.MAXINT64_BIGINT, 2n ** 64n];
const past = [-Infinity, -Number.MAX_VALUE, -(2 ** 63), GLib.MININT64_BIGINT, -(2n ** 64n), -1, -0, 0, -0.5];

// Each with what it takes beside the time.
const makers = {
    with_timeout: usec => background.with_timeout(usec),
    with_deadline: usec => background.with_deadline(usec),
    new_with_timeout: usec => GCtx.Scope.new_with_timeout(background, usec),
    new_with_timeout_cause: usec => GCtx.Scope.new_with_timeout_cause(background, usec, cause),
    new_with_deadline: usec => GCtx.Scope.new_with_deadline(background, usec),
    new_with_deadline_cause: usec => GCtx.Scope.new_with_deadline_cause(background, usec, cause),
    new_full: usec => GCtx.Scope.new_full(background, usec, null, [], []),
};

// The arguments of C as the table of those that are converted has them.
function tableOf(picks) {
    const table = {};

    for (const { owner, parameters, name } of gir.functions) {
        parameters.filter(({ name: of }) => !/^n_/.test(of)).forEach((parameter, position) => {
            if (picks(parameter))
                (table[owner ?? 'GCtx'] ??= {})[name] = position;
        });
    }
    return JSON.stringify(Object.entries(table).sort().map(([owner, functions]) =>
        [owner, Object.entries(functions).sort()]));
}

function sorted(table) {
    return JSON.stringify(Object.entries(table).sort().map(([owner, functions]) =>
        [owner, Object.entries(functions).sort()]));
}

run({
    // One that is new in C is not forgotten here.
    all_times() {
        const isTime = ({ name, type }) => type === 'GLib.TimeSpan' ||
            type === 'gint64' && /time|deadline|usec/.test(name) ||
            /usec|msec|timeout|deadline|duration/.test(name);

        assertEqual(sorted(TIMES), tableOf(parameter => isTime(parameter) && parameter.direction !== 'out'), 'times');
        assertEqual(Object.values(TIMES).flatMap(Object.keys).sort().join(),
            [...Object.keys(makers), 'sleep', 'sleep_async', 'subprocess_launcher_spawnv'].sort().join(), 'tested here');
    },

    all_causes() {
        assertEqual(sorted(CAUSES), tableOf(({ name }) => name === 'cause'), 'causes');
    },

    // Infinity is no limit. Rule 14: times saturate.
    no_limit() {
        for (const [name, make] of Object.entries(makers)) {
            for (const usec of never) {
                assertEqual(make(usec).is_done(), false, `${name}(${usec}) is done`);
                assertEqual(make(usec).remaining, Infinity, `what is left of ${name}(${usec})`);
            }
        }
    },

    past() {
        for (const [name, make] of Object.entries(makers)) {
            for (const usec of past)
                assertError(make(usec).error, TIMED_OUT, `${name}(${usec})`);
        }
        for (const usec of past)
            assertEqual(background.sleep(usec), true, `sleep(${usec})`);
    },

    microseconds() {
        for (const usec of [3600e6, 3600e6 + 0.5, 3600000000n]) {
            for (const [name, make] of Object.entries(makers)) {
                const isDeadline = /deadline|full/.test(name);
                const now = GLib.get_monotonic_time();
                const { remaining } = make(!isDeadline ? usec : typeof usec === 'bigint' ? usec + BigInt(now) : usec + now);
                assert(remaining > 3000e3 && remaining <= 3600e3 + 1, `${name}(${usec}): ${remaining}`);
            }
        }
        // Not past, however short.
        const deadline = background.with_timeout(Number.MIN_VALUE).get_deadline()[1];
        assert(deadline >= 1 && deadline <= GLib.get_monotonic_time() + 1, 'a deadline');
    },

    // NaN throws.
    async no_number() {
        const launcher = new Gio.SubprocessLauncher();

        for (const usec of wrong) {
            for (const make of Object.values(makers))
                assertThrows(() => make(usec), TypeError);
            assertThrows(() => background.sleep(usec), TypeError);
            assertThrows(() => background.sleep_async(usec, null, () => {}), TypeError);
            await assertRejects(background.sleep_async(usec), TypeError);
            assertThrows(() => GCtx.subprocess_launcher_spawnv(launcher, background, usec, ['true']), TypeError);
        }
        const { message } = assertThrows(() => background.with_timeout('5'), TypeError);
        assertEqual(message, "The time in microseconds is a number, Infinity for none, and not '5'", 'the message');
        // Left out altogether, or with what is left out behind it.
        assertThrows(() => background.with_timeout(), TypeError);
        assertThrows(() => background.sleep(), TypeError);
        await assertRejects(background.sleep_async(), TypeError);
    },

    async sleep_for_ever() {
        await assertRejects(background.with_timeout(1000).sleep_async(Infinity), TIMED_OUT);
        assertThrows(() => background.with_timeout(1000).sleep(Infinity), Gio.IOErrorEnum, TIMED_OUT);
        assertEqual(await background.sleep_async(-Infinity), true, 'a nap that is over');
        await assertRejects(background.with_timeout(1000).call(background, 'sleep_async', Infinity), TIMED_OUT);
        await assertRejects(background.call(background, 'sleep_async', NaN), TypeError);
    },

    // A child that does not heed SIGTERM lives until its grace is over.
    grace() {
        const scope = new GCtx.Scope();
        const launcher = new Gio.SubprocessLauncher({
            flags: Gio.SubprocessFlags.STDIN_PIPE | Gio.SubprocessFlags.STDOUT_PIPE,
        });
        // A shell hears a signal while it waits, here until its input ends.
        const deaf = 'trap "echo heard" TERM; exec 3<&0; cat <&3 >/dev/null & echo ready; wait; wait';
        const [endless, none] = [Infinity, -Infinity].map(usec => {
            const child = GCtx.subprocess_launcher_spawnv(launcher, scope, usec, ['sh', '-c', deaf]);
            const lines = new Gio.DataInputStream({ base_stream: child.get_stdout_pipe() });
            assertEqual(lines.read_line_utf8(null)[0], 'ready', 'its first word');
            return { child, lines };
        });

        scope.cancel();
        none.child.wait(null);
        assertEqual(none.child.get_term_sig(), 9, 'killed at once');
        assertEqual(endless.lines.read_line_utf8(null)[0], 'heard', 'its second word');
        for (const { child } of [endless, none])
            child.get_stdin_pipe().close(null);
        endless.child.wait(null);
        assertEqual(endless.child.get_if_exited(), true, 'it ended by itself');
    },

    // What was thrown can be the cause.
    causes() {
        const makeAll = given => {
            const scope = new GCtx.Scope();
            assertEqual(scope.cancel_with_cause(given), true, 'it ended the scope');
            return [
                scope,
                GCtx.Scope.new_with_timeout_cause(background, -1, given),
                GCtx.Scope.new_with_deadline_cause(background, -1, given),
                GCtx.Scope.new_full(background, 0, given, [], []),
            ];
        };

        for (const scope of makeAll(cause)) {
            assertError(scope.cause, Gio.IOErrorEnum.BUSY);
            assertEqual(scope.cause.message, 'too busy', 'the cause');
        }
        for (const [given, message] of [
            [new Error('db went away'), 'Error: db went away'],
            [new RangeError('far'), 'RangeError: far'],
            ['words', 'words'],
            [7, '7'],
            [Object.create(null), 'an object that cannot be shown'],
        ]) {
            for (const scope of makeAll(given)) {
                assertError(scope.cause, Gio.IOErrorEnum.FAILED);
                assertEqual(scope.cause.message, message, 'the cause');
            }
        }
        for (const nothing of [null, undefined]) {
            for (const scope of makeAll(nothing))
                assertEqual(scope.cause.message, scope.error.message, 'no cause but the error');
        }
    },
});
