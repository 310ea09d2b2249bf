// test-gc.js: what the collector frees, and what is out of its reach
//
// Copyright 2026 the GCtx authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

imports.gi.versions.GCtx = '1';
const { GCtx, Gio, GLib, GObject } = imports.gi;
const System = imports.system;
const { assert, assertEqual, assertError, collect, iterateUntil, run } = imports.tap;

const background = GCtx.Context.background();
const MANY = 100000;

function pages() {
    const [, contents] = GLib.file_get_contents('/proc/self/statm');
    return Number(new TextDecoder().decode(contents).split(' ')[1]);
}

// Counts how many of what it is told of are gone. The references that the
// language itself has for that are cleared too late in gjs 1.74, so a scope that
// ends with an object tells: with the object itself, or with one that hangs on it.
function watch() {
    const told = [];

    return {
        add(object) {
            const probe = object instanceof GObject.Object ? object : new Gio.SimpleActionGroup();
            if (probe !== object)
                object.probe = probe;
            told.push(GCtx.Scope.new_for_object(background, probe));
            return object;
        },

        get gone() {
            return told.filter(scope => scope.is_done()).length;
        },
    };
}

// Each round makes and drops a number of things. What the collector and malloc keep
// for themselves comes in leaps, and they have it after some rounds. A leak comes with
// each: of 48 bytes for each thing it is more than twice as much as this.
const MARGIN = 2 * 1024 * 1024;

function holdsSteady(what, make, { many = MANY / 4, warm = 2, rounds = 3 } = {}) {
    let most = 0;
    const round = () => {
        // All of them alive at the same time.
        (() => {
            const kept = [];
            for (let i = 0; i < many; i++)
                kept.push(make(i));
        })();
        for (let i = 0; i < 2; i++) {
            System.gc();
            while (GLib.MainContext.default().iteration(false))
                ;
        }
        most = Math.max(most, pages());
    };

    for (let i = 0; i < warm; i++)
        round();
    for (let left = 4; ; left--) {
        const before = most;
        for (let i = 0; i < rounds; i++)
            round();
        const grown = (most - before) * 4096;
        print(`# ${what}: grown by ${grown} bytes for ${many * rounds}`);
        if (grown < MARGIN)
            break;
        assert(left > 0, `${what}: ${grown} bytes are too much for ${many * rounds}`);
    }
}

run({
    // Rule 7: forgetting one leaks nothing.
    contexts() {
        const key = new GCtx.Key('number');
        const parent = new GCtx.Scope();

        holdsSteady('scopes', () => new GCtx.Scope(parent));
        holdsSteady('timeouts', () => parent.with_timeout(3600 * 1000 * 1000));
        holdsSteady('values', i => parent.with_value(key, { i }));
        holdsSteady('keys', () => new GCtx.Key('dropped'));
        holdsSteady('cancellables', () => parent.create_cancellable());
    },

    // 100,000 at once, in cycles that only the collector can break.
    many_cycles() {
        holdsSteady('cycles', () => {
            const scope = new GCtx.Scope();
            scope.owner = { scope };
            return scope;
        }, { many: MANY, rounds: 1 });
    },

    // What is awaited under a long-lived context leaves nothing there.
    async awaited() {
        const parent = new GCtx.Scope();
        const rounds = [];

        for (let round = 0; round < 14; round++) {
            for (let i = 0; i < 5000; i++) {
                await parent.wrap(Promise.resolve(i));
                await GCtx.withTimeout(parent, 1e9, () => i);
                parent.done();
                // The heap should not grow by what only waits for the collector.
                if (i % 500 === 0)
                    System.gc();
            }
            System.gc();
            await parent.sleep_async(1);
            System.gc();
            rounds.push(pages() * 4096);
        }
        print(`# ${rounds.map(bytes => bytes >> 10).join(', ')} KiB`);
        // 40000 of each: what leaves a hundred bytes for one is seen, and a chunk
        // or two that the collector keeps for itself are not.
        const grown = rounds[13] - rounds[5];
        assert(grown < 40000 * 100, `grown by ${grown} bytes`);
    },

    // Only C holds the value, through whatever the collector does.
    values_held_by_c() {
        const key = new GCtx.Key('user');
        const held = [];

        for (let i = 0; i < 1000; i++)
            held.push(background.with_value(key, { i, f: () => i }).get_cancellable() ??
                new GCtx.Scope(null, { values: [[key, { i, f: () => i }]] }).get_cancellable());
        for (let i = 0; i < 5; i++) {
            System.gc();
            while (GLib.MainContext.default().iteration(false))
                ;
        }
        held.forEach((cancellable, i) => {
            const value = GCtx.Context.from_cancellable(cancellable).get(key);
            assert(value.i === i && value.f() === i, `the value ${i}`);
        });
    },

    values_freed() {
        const key = new GCtx.Key('user');
        const watched = watch();

        (() => {
            for (let i = 0; i < 100; i++)
                background.with_value(key, watched.add({ i }));
        })();
        collect(() => watched.gone >= 100);
        assertEqual(watched.gone, 100, 'values that are gone');
    },

    // Rule 18: in whichever thread the last one goes. A thread of GIO's reads
    // under a cancellable that alone holds the values, and drops it there.
    values_dropped_in_threads() {
        const key = new GCtx.Key('user');
        const watched = watch();
        let ended = 0;

        (() => {
            for (let i = 0; i < 200; i++) {
                const scope = new GCtx.Scope(null, { timeout: 5 + i % 10, values: [[key, watched.add({ i })]] });
                Gio.File.new_for_path('/proc/self/status').load_contents_async(scope.get_cancellable(), (file, result) => {
                    ended++;
                    try {
                        file.load_contents_finish(result);
                    } catch (error) {
                        assertError(error, Gio.IOErrorEnum.CANCELLED);
                    }
                });
            }
        })();
        // Blocks, so that the delivery thread is the one that ends them.
        background.with_timeout(150 * 1000).wait();
        iterateUntil(() => ended === 200);
        collect(() => watched.gone >= 200);
        assertEqual(watched.gone, 200, 'values that are gone');
    },

    // The thread that looks after children drops what it held when one ends.
    async values_dropped_by_warden() {
        const key = new GCtx.Key('user');
        const watched = watch();

        await (async () => {
            for (let i = 0; i < 10; i++) {
                const scope = new GCtx.Scope(null, { timeout: 1e9, values: [[key, watched.add({ i })]] });
                const child = GCtx.subprocess_new(scope, ['true'], Gio.SubprocessFlags.NONE);
                child.wait(null);
            }
        })();
        collect(() => watched.gone >= 10);
        assertEqual(watched.gone, 10, 'values that are gone');
    },

    // Cycles that the collector sees: a scope, its wrapper, what hangs on that.
    cycles() {
        const watched = watch();

        (() => {
            for (let i = 0; i < 100; i++) {
                const scope = watched.add(new GCtx.Scope());
                const owner = watched.add({ scope });
                scope.owner = owner;
            }
        })();
        collect(() => watched.gone >= 200);
        assertEqual(watched.gone, 200, 'scopes and owners that are gone');
    },

    // Who waits for a scope that is forgotten does not keep it.
    forgotten() {
        const watched = watch();

        (() => {
            for (let i = 0; i < 100; i++) {
                const scope = watched.add(new GCtx.Scope());
                scope.done();
                scope.add_after_func(() => {});
                scope.wrap(new Promise(() => {})).catch(() => {});
            }
        })();
        collect(() => watched.gone >= 100);
        assertEqual(watched.gone, 100, 'scopes that are gone');
    },

    // Nor does a promise that never settles keep those who waited for it; it lists
    // a few of them until the next come.
    async never_settles() {
        const never = new Promise(() => {});
        const living = new GCtx.Scope();
        const watched = watch();
        const waiting = living.wrap(never).catch(error => error);

        await (async () => {
            for (let i = 0; i < 200; i++) {
                const scope = watched.add(new GCtx.Scope());
                const givenUp = scope.wrap(never).catch(error => error);
                scope.close();
                assertError(await givenUp, Gio.IOErrorEnum.CANCELLED);
            }
        })();
        collect(() => watched.gone >= 170);
        living.close();
        assertError(await waiting, Gio.IOErrorEnum.CANCELLED);
    },

    // Out of reach: an after-func that refers to its own context. The advice:
    // close the scope, or use the context that the function is given.
    after_func_cycle() {
        const watched = watch();

        (() => {
            for (let i = 0; i < 100; i++) {
                const closed = watched.add(new GCtx.Scope());
                closed.add_after_func(() => closed.is_done());
                closed.close();

                const given = watched.add(new GCtx.Scope());
                given.add_after_func(context => context.is_done());
            }
        })();
        collect(() => watched.gone >= 200);
        assertEqual(watched.gone, 200, 'scopes that are gone');
    },

    // Out of reach as well: a value that refers to its own context. The advice:
    // let the value refer to the parent of the context that carries it.
    value_cycle() {
        const key = new GCtx.Key('request');
        const watched = watch();

        (() => {
            for (let i = 0; i < 100; i++) {
                const parent = watched.add(new GCtx.Scope());
                const request = watched.add({ parent });
                const context = parent.with_value(key, request);
                assertEqual(context.get(key).parent, parent, 'the parent');
            }
        })();
        collect(() => watched.gone >= 200);
        assertEqual(watched.gone, 200, 'requests and parents that are gone');
    },

    // A subclass with state of its own, and one that only C holds for a while.
    subclass() {
        const Request = GObject.registerClass(class CollectedRequest extends GCtx.Scope {});
        const watched = watch();
        const key = new GCtx.Key('request', Request);

        (() => {
            for (let i = 0; i < 100; i++) {
                const request = watched.add(new Request());
                request.state = { i };
                const context = background.with_value(key, request);
                assertEqual(context.get(key).state.i, i, 'state');
            }
        })();
        collect(() => watched.gone >= 100);
        assertEqual(watched.gone, 100, 'requests that are gone');
    },
});
