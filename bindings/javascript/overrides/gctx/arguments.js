// arguments.js: what the functions of C are given for times and for causes
//
// Copyright 2026 the GCtx authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

/* exported CAUSES, TIMES, install */

const { GLib } = imports.gi;
const { checkNumber, replace, toGError } = imports.overrides.gctx.util;

// Where the functions of C take a time in microseconds, and where a GError that
// they keep. gjs would make 0 of what is no number or not finite, which is past,
// and would refuse an Error; the test-arguments.js knows if one is missing.
var TIMES = {
    Context: { sleep: 0, sleep_async: 0, with_deadline: 0, with_timeout: 0 },
    Scope: {
        new_full: 1,
        new_with_deadline: 1,
        new_with_deadline_cause: 1,
        new_with_timeout: 1,
        new_with_timeout_cause: 1,
    },
    GCtx: { subprocess_launcher_spawnv: 2 },
};
var CAUSES = {
    Scope: {
        cancel_with_cause: 0,
        new_full: 2,
        new_with_deadline_cause: 2,
        new_with_timeout_cause: 2,
    },
};

// Microseconds as C counts them. What does not fit is as far away as can be.
function toMicroseconds(usec) {
    if (typeof usec !== 'bigint') {
        checkNumber(usec, 'time in microseconds');
        // Upwards, so that a tiny time is not a past one.
        const whole = Math.ceil(usec);
        if (Number.isSafeInteger(whole))
            return whole;
        usec = Number.isFinite(whole) ? BigInt(whole) : whole;
    }
    if (usec > GLib.MAXINT64_BIGINT)
        return GLib.MAXINT64_BIGINT;
    return usec < GLib.MININT64_BIGINT ? GLib.MININT64_BIGINT : usec;
}

function toCause(cause) {
    return cause === null || cause === undefined ? null : toGError(cause);
}

function convert(GCtx, table, conversion) {
    for (const [owner, functions] of Object.entries(table)) {
        for (const [name, position] of Object.entries(functions)) {
            const holder = owner === 'GCtx' ? GCtx : GCtx[owner];
            const object = name in holder ? holder : holder.prototype;

            replace(object, name, function (func, args) {
                // What is missing altogether gjs says itself.
                if (args.length > position)
                    args[position] = conversion(args[position]);
                return func.apply(this, args);
            });
        }
    }
}

function install(GCtx) {
    convert(GCtx, TIMES, toMicroseconds);
    convert(GCtx, CAUSES, toCause);
}
