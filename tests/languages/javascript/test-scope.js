// test-scope.js: scopes that are made with new, and closed
//
// Copyright 2026 the GCtx authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

imports.gi.versions.GCtx = '1';

// What an engine has is not replaced: stands in for a newer one's.
const dispose = Symbol.dispose ?? null;

const { GCtx, Gio, GLib, GObject } = imports.gi;
const { assert, assertEqual, assertError, assertThrows, run } = imports.tap;

const { CANCELLED, TIMED_OUT } = Gio.IOErrorEnum;

run({
    parents() {
        const parent = new GCtx.Scope();
        const child = new GCtx.Scope(parent);
        const orphan = new GCtx.Scope(null);

        for (const scope of [parent, child, orphan])
            assert(scope instanceof GCtx.Scope && scope instanceof GCtx.Context, 'a scope');
        parent.cancel();
        assertEqual(child.is_done(), true, 'the child is done');
        assertEqual(orphan.is_done(), false, 'the orphan is done');
        assertError(new GCtx.Scope(parent).error, CANCELLED);
        assertEqual(GCtx.Scope.new(parent).is_done(), true, 'made by the function of C');
        assertThrows(() => new GCtx.Scope('parent'), TypeError);
        assertThrows(() => new GCtx.Scope({ timeout: 5 }), TypeError);
    },

    // The parent is never lost without a word, and its deadline with it.
    other_classes() {
        const parent = new GCtx.Scope(null, { timeout: 3600000 });

        assert(new GCtx.Group(parent).get_context().remaining <= 3600000, 'the deadline of the parent');
        assert(new GCtx.Group(parent.with_timeout(1000)) instanceof GCtx.Group, 'a group');
        for (const made of [new GCtx.Group(), new GCtx.Group(null), new GCtx.Group({})])
            assertEqual(made.get_context().remaining, Infinity, 'of the background');
        assertThrows(() => new GCtx.Group('parent'), Error);
        assertThrows(() => new GCtx.Context(parent), TypeError);
        assertEqual(new GCtx.Context().is_done(), false, 'a child of the background');
    },

    // Rule 14: times saturate; zero and negative ones are past.
    times() {
        for (const timeout of [0, -0, -1, -1e300, -Infinity, -Number.MIN_VALUE])
            assertError(new GCtx.Scope(null, { timeout }).error, TIMED_OUT, timeout);
        for (const deadline of [0, -1, -Infinity, GLib.get_monotonic_time()])
            assertError(new GCtx.Scope(null, { deadline }).error, TIMED_OUT, deadline);
        for (const timeout of [3600000, 1e15, 1e300, Number.MAX_VALUE]) {
            const scope = new GCtx.Scope(null, { timeout });
            assertEqual(scope.is_done(), false, 'is done');
            assert(scope.remaining > 3500000 && scope.remaining < Infinity, `${scope.remaining} is left`);
        }
        assertEqual(new GCtx.Scope(null, { timeout: Infinity, deadline: Infinity }).remaining, Infinity, 'no limit');
        for (const wrong of [NaN, '5', null, 5n, {}]) {
            assertThrows(() => new GCtx.Scope(null, { timeout: wrong }), TypeError);
            assertThrows(() => new GCtx.Scope(null, { deadline: wrong }), TypeError);
        }
        assertThrows(() => new GCtx.Scope(null, { timeot: 5 }), TypeError);
        assertThrows(() => new GCtx.Scope(null, 5), TypeError);
    },

    // Rule 10: the earlier of two.
    earlier() {
        const now = GLib.get_monotonic_time();
        const [, deadline] = new GCtx.Scope(null, { timeout: 1e9, deadline: now + 5e6 }).get_deadline();
        assertEqual(deadline, now + 5e6, 'deadline');
        assert(new GCtx.Scope(null, { timeout: 1000, deadline: now + 5e9 }).remaining <= 1000, 'timeout');

        const parent = new GCtx.Scope(null, { timeout: 1000 });
        assert(new GCtx.Scope(parent, { timeout: 5000 }).remaining <= 1000, 'that of the parent');
    },

    // Rule 15.
    cause() {
        const late = new GLib.Error(Gio.IOErrorEnum, Gio.IOErrorEnum.BUSY, 'too busy');
        let scope = new GCtx.Scope(null, { timeout: -1, cause: late });

        assertError(scope.error, TIMED_OUT);
        assertError(scope.cause, Gio.IOErrorEnum.BUSY);
        assertEqual(scope.cause.message, 'too busy', 'the cause');

        scope = new GCtx.Scope(null, { timeout: -1, cause: new RangeError('too far') });
        assertEqual(scope.cause.message, 'RangeError: too far', 'the cause');

        for (const [cause, message] of [[new RangeError('too far'), 'RangeError: too far'], [late, 'too busy']]) {
            scope = new GCtx.Scope();
            assertEqual(scope.cancel_with_cause(cause), true, 'it ended it');
            assertEqual(scope.cause.message, message, 'the cause');
            assertEqual(scope.cancel_with_cause(null), false, 'it had ended');
        }

        scope = new GCtx.Scope(null, { timeout: 3600000, cause: late });
        assertEqual(scope.cause, null, 'the cause of what lives');
        assertEqual(scope.error, null, 'the error of what lives');
        scope.close();
        assertError(scope.cause, CANCELLED);
    },

    remaining() {
        assertEqual(GCtx.Context.background().remaining, Infinity, 'what is left of the background');
        assertEqual(new GCtx.Scope(null, { timeout: -1 }).remaining, 0, 'what is left afterwards');
        const left = GCtx.Context.background().with_timeout(5e6).remaining;
        assert(left > 0 && left <= 5000, `${left} milliseconds`);
    },

    close() {
        const scope = new GCtx.Scope();

        scope.close();
        assertError(scope.error, CANCELLED);
        scope.close();
        scope[Symbol.dispose]();
        assertEqual(scope.cancel(), false, 'cancel');
        assert(scope.with_timeout(5) !== null, 'it can be used');
    },

    // Polyfilled where the engine has none.
    dispose() {
        const scope = new GCtx.Scope();
        const property = Object.getOwnPropertyDescriptor(Symbol, 'dispose');

        assertEqual(typeof Symbol.dispose, 'symbol', 'dispose');
        assert(dispose === null || Symbol.dispose === dispose, 'not replaced');
        assertEqual(property.enumerable, false, 'enumerable');
        assert(!Object.keys(Symbol).includes('dispose'), 'not enumerated');
        scope[Symbol.dispose]();
        assertError(scope.error, CANCELLED);
        assertEqual(GCtx.Context.background()[Symbol.dispose], undefined, 'that of the background');
    },

    // Closed at the end of the block, also if that throws.
    // An engine that does not know the word could not even read it.
    using_block() {
        let block;
        try {
            block = new Function('make', 'using a = make("a"); using b = make("b"); throw new RangeError("x");');
        } catch (error) {
            assertError(error, SyntaxError);
            return 'this engine has no using';
        }
        const scopes = [];
        const alive = [];

        assertThrows(() => block(() => {
            scopes.push(new GCtx.Scope());
            alive.push(scopes.every(scope => !scope.is_done()));
            return scopes[scopes.length - 1];
        }), RangeError);
        assertEqual(alive.join(), 'true,true', 'alive in the block');
        for (const scope of scopes)
            assertError(scope.error, CANCELLED);
    },

    subclass() {
        const Plain = GObject.registerClass(class Plain extends GCtx.Scope {});
        const Request = GObject.registerClass(class Request extends GCtx.Scope {
            _init(path) {
                super._init();
                this.path = path;
            }
        });
        const Bag = GObject.registerClass(class Bag extends GCtx.Scope {
            _init(params = {}) {
                super._init(params);
            }
        });

        const request = new Request('/search');
        assert(request instanceof Request && request instanceof GCtx.Scope, 'a request');
        assertEqual(request.path, '/search', 'path');
        request.close();
        assertError(request.error, CANCELLED);
        assert(new Plain() instanceof Plain && new Bag() instanceof Bag && new Bag({}) instanceof Bag, 'of the class');
        assertThrows(() => new Plain(new GCtx.Scope()), TypeError);
        assertThrows(() => new Plain(null, { timeout: 5 }), TypeError);
    },
});
