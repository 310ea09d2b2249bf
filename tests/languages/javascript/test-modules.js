// test-modules.js: the same from an ES module
//
// Copyright 2026 the GCtx authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

import GCtx from 'gi://GCtx?version=1';
import Gio from 'gi://Gio';
import GObject from 'gi://GObject';

const { assert, assertEqual, assertRejects, run } = imports.tap;

run({
    async override() {
        const key = new GCtx.Key('user');
        const user = {};
        const scope = new GCtx.Scope(null, { timeout: 5, values: [[key, user]] });

        assertEqual(scope.get(key), user, 'the value');
        await assertRejects(scope.wrap(new Promise(() => {})), Gio.IOErrorEnum.TIMED_OUT);
        await assertRejects(GCtx.withTimeout(null, 5, ctx => ctx.sleep_async(1e9)), Gio.IOErrorEnum.TIMED_OUT);
        const [contents] = await GCtx.Context.background().call(Gio.File.new_for_path('/proc/self/status'),
            'load_contents_async');
        assert(contents.length > 0, 'contents');
    },

    // Both ways to import lead to one namespace.
    one_namespace() {
        assertEqual(imports.gi.GCtx, GCtx, 'the namespace');
        assert(new GCtx.Key('size', GObject.TYPE_INT) instanceof imports.gi.GCtx.Key, 'one class');
    },
});
