// test-types.js: whether the types name what is there
//
// Copyright 2026 the GCtx authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

imports.gi.versions.GCtx = '1';
const { GCtx, GLib } = imports.gi;
const { assert, assertEqual, run } = imports.tap;
const gir = imports.gir.read('GCTX_GIR');

const [, contents] = GLib.file_get_contents(GLib.getenv('GCTX_TYPES'));
const text = new TextDecoder().decode(contents);

// How the types write what a GIR has, and what JavaScript has of it.
const KINDS = {
    class: 'class', interface: 'interface', record: 'class', enumeration: 'enum', bitfield: 'enum',
    constant: 'const', callback: 'type',
};
// Only with_lookup() would name it, and that takes a closure in its place.
const NOT_TYPED = ['LookupFunc'];

function namesIn(block, pattern) {
    return new Set([...block.matchAll(pattern)].map(match => match[1]));
}

// How many arguments a function takes at most, by each of its signatures.
function counts(block, name, prefix) {
    return [...block.matchAll(new RegExp(`${prefix}${name}(?:<[^(]*>)?\\(`, 'gm'))].map(match => {
        let depth = 1;
        let n = 0;
        let last = '(';

        for (const c of block.slice(match.index + match[0].length).replaceAll('=>', '')) {
            depth += '([{<'.includes(c) - ')]}>'.includes(c);
            if (depth === 0)
                break;
            if (depth === 1 && c === ',')
                n++;
            last = c;
        }
        return last === '(' ? 0 : n + 1;
    });
}

// What introspection made knows how many it takes, and so does what stands in its
// place; the functions that only the overrides have are named here.
const OWN = ['call', 'done', 'get', 'wrap', 'run', 'withScope', 'withTimeout', 'withDeadline'];
const REFUSED = ['run_in_thread', 'task_run_in_thread', 'task_run_in_thread_sync'];

function compare(found, where, name, func) {
    assert(typeof func === 'function', `${where}${name}() is there`);
    assert(found.length > 0, `${where}${name}() is in the types`);
    if (!OWN.includes(name) && !REFUSED.includes(name)) {
        assert(Math.max(...found) === func.length,
            `${where}${name}() takes ${func.length} arguments, and ${found} in the types`);
    }
}

run({
    // Every method that introspection knows, with as many arguments.
    signatures() {
        const methods = gir.functions.map(({ owner, kind, name }) => [owner, kind, name]);

        assert(methods.length > 80, 'methods');
        for (const [className, what, name] of methods) {
            // Functions come after the classes, and theirs have another indentation.
            const isGlobal = what === 'function' && typeof GCtx[name] === 'function';
            if (isGlobal) {
                compare(counts(text, name, '^ {8}function '), '', name, GCtx[name]);
                continue;
            }
            if (!['Context', 'Scope', 'Group', 'Key'].includes(className) || ['ref', 'unref'].includes(name))
                continue;
            const [, block] = new RegExp(`^ {8}class ${className}\\b[^{]*\\{\\n([^]*?)\\n {8}\\}`, 'm').exec(text);
            const of = what === 'method' ? GCtx[className].prototype : GCtx[className];
            // A key is made by a function of JavaScript, with an argument that may be missing.
            if (className === 'Key' && name === 'new')
                continue;
            const prefix = what === 'method' ? '^ {12}' : '^ {12}static ';
            compare(counts(block, name, prefix), `${className}.`, name, of[name]);
        }
    },

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

    // Whatever introspection knows has a name in the types, and is of that kind.
    names() {
        const found = Object.keys(gir.types).filter(name => !NOT_TYPED.includes(name));

        assert(found.length > 10, 'names');
        for (const name of found) {
            const kind = KINDS[gir.types[name]];
            assert(new RegExp(`^ {8}${kind} ${name}\\b`, 'm').test(text), `${kind} ${name} is in the types`);
            assert(kind === 'type' || name in GCtx, `${name} is there`);
        }
        for (const kind of ['class', 'enum', 'const']) {
            for (const name of namesIn(text, new RegExp(`^ {8}${kind} (\\w+)`, 'gm')))
                assert(KINDS[gir.types[name]] === kind || name === 'held', `${name} is a ${kind}`);
        }
        for (const [, name, type] of text.matchAll(/^ {8}const ([A-Z_]+): (\w+);/gm))
            assertEqual(typeof GCtx[name], type, name);
        // And the other way round, with what the overrides add.
        for (const name of Object.keys(GCtx).filter(of => typeof GCtx[of] !== 'function'))
            assert(name.startsWith('_') || name in gir.types, `${name} is known`);
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
