// tap.js: asserts for the tests of JavaScript, and their report as TAP
//
// Copyright 2026 the GCtx authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

/* exported assert, assertEqual, assertThrows, assertRejects, assertError, iterateUntil, collect, run, SilentFile */

const { Gio, GLib } = imports.gi;
const System = imports.system;

function assert(condition, what) {
    if (!condition)
        throw new Error(`not so: ${what}`);
}

function assertEqual(found, expected, what) {
    if (!Object.is(found, expected))
        throw new Error(`${what}: expected ${String(expected)}, found ${String(found)}`);
}

// `expected` is a code of Gio.IOErrorEnum, or a class of JavaScript's errors.
function assertError(error, expected, what = 'error') {
    if (typeof expected === 'function') {
        assert(error instanceof expected, `${what}: ${error} is a ${expected.name}`);
    } else {
        assert(error instanceof GLib.Error && error.matches(Gio.IOErrorEnum, expected),
            `${what}: ${error} is error ${expected}`);
    }
}

function assertThrows(func, domain, code) {
    let caught = null;

    try {
        func();
    } catch (e) {
        caught = e;
    }
    assert(caught !== null, 'it threw');
    if (code === undefined)
        assertError(caught, domain);
    else
        assert(caught.matches !== undefined && caught.matches(domain, code), `${caught} is error ${code}`);
    return caught;
}

async function assertRejects(promise, expected) {
    let caught = null;

    try {
        await promise;
    } catch (e) {
        caught = e;
    }
    assert(caught !== null, 'the promise was rejected');
    assertError(caught, expected);
    return caught;
}

function iterateUntil(condition, context = GLib.MainContext.default()) {
    while (!condition())
        context.iteration(true);
}

// Collects garbage until a condition holds; what it holds back comes and goes
// with the main loop, so that has its turns. The harness knows when to give up.
function collect(condition) {
    while (!condition()) {
        System.gc();
        while (GLib.MainContext.default().iteration(false))
            ;
    }
}

// A file that can be opened but never answers a read: a FIFO whose writing end
// is open and silent. A thread that reads it blocks until release().
var SilentFile = class {
    constructor() {
        this._directory = GLib.Dir.make_tmp('gctx-XXXXXX');
        this._path = GLib.build_filenamev([this._directory, 'fifo']);
        Gio.Subprocess.new(['mkfifo', this._path], Gio.SubprocessFlags.NONE).wait_check(null);
        this.file = Gio.File.new_for_path(this._path);
        // Both ways, so that nobody's open has to wait for a partner.
        this._writer = this.file.open_readwrite(null);
    }

    release() {
        this._writer.close(null);
    }

    remove() {
        GLib.unlink(this._path);
        GLib.rmdir(this._directory);
    }
};

// Waits for a promise as a program without a main loop of its own does.
function settle(promise) {
    let outcome = null;

    promise.then(() => {
        outcome = {};
    }, error => {
        outcome = { error };
    });
    iterateUntil(() => outcome !== null);
    if ('error' in outcome)
        throw outcome.error;
}

// Runs the functions of an object, one after the other; they may be async. One
// that returns a string could not be run here, and says why.
function run(tests) {
    const names = Object.keys(tests);
    let failed = 0;

    print(`1..${names.length}`);
    names.forEach((name, index) => {
        try {
            const returned = tests[name]();
            if (returned instanceof Promise)
                settle(returned);
            print(`ok ${index + 1} ${name}${typeof returned === 'string' ? ` # SKIP ${returned}` : ''}`);
        } catch (e) {
            failed++;
            print(`not ok ${index + 1} ${name}`);
            printerr(`${name}: ${e}\n${e?.stack}`);
        }
    });
    System.exit(failed > 0 ? 1 : 0);
}
