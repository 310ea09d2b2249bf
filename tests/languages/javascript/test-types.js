// test-types.js: whether the types name what is there
//
// Copyright 2026 the GCtx authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

imports.gi.versions.GCtx = '1';
const { GCtx, GLib } = imports.gi;
const { assert, run } = imports.tap;

const [, contents] = GLib.file_get_contents(GLib.getenv('GCTX_TYPES'));
const text = new TextDecoder().decode(contents);

function namesIn(block, pattern) {
    return new Set([...block.matchAll(pattern)].map(match => match[1]));
}

run({
    classes() {
        const classes = [...text.matchAll(/^ {8}class (\w+)[^{]*\{\n([^]*?)\n {8}\}/gm)];

        assert(classes.length === 4, 'four classes');
        for (const [, name, block] of classes) {
            for (const method of namesIn(block, /^ {12}static (\w+)[<(]/gm))
                assert(typeof GCtx[name][method] === 'function', `${name}.${method}()`);
            for (const method of namesIn(block, /^ {12}(?!constructor)(\w+)[<(]/gm))
                assert(typeof GCtx[name].prototype[method] === 'function', `${name}.prototype.${method}()`);
            for (const property of namesIn(block, /^ {12}readonly (\w+)/gm))
                assert(property in GCtx[name].prototype, `${name}.prototype.${property}`);
        }
    },

    functions() {
        const functions = namesIn(text, /^ {8}function (\w+)[<(]/gm);

        assert(functions.size > 20, 'functions');
        for (const name of functions)
            assert(typeof GCtx[name] === 'function', `${name}()`);
        for (const name of Object.keys(GCtx)) {
            if (typeof GCtx[name] === 'function' && /^[a-z]/.test(name))
                assert(functions.has(name), `${name}() is in the types`);
        }
    },
});
