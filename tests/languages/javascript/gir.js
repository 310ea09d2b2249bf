// gir.js: what introspection knows, read from a GIR
//
// Copyright 2026 the GCtx authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

/* exported read */

const { GLib } = imports.gi;

const TYPES = /^(class|interface|record|union|enumeration|bitfield)$/;
const FUNCTIONS = /^(method|function|constructor)$/;

function attributesOf(text) {
    return Object.fromEntries([...text.matchAll(/([\w:-]+)="([^"]*)"/g)].map(match => [match[1], match[2]]));
}

/**
 * Reads a GIR that the environment names.
 *
 * @param {string} variable - the variable that has its path
 * @returns {object} the kinds of types, constants and callbacks by their names,
 *   and functions as an array of { owner, kind, name, attributes, parameters }: null
 *   for an owner is the namespace, each parameter has a name, a direction and a type
 */
function read(variable) {
    const [, contents] = GLib.file_get_contents(GLib.getenv(variable));
    const gir = { types: {}, functions: [] };
    let owner = null;
    let func = null;
    let parameter = null;

    for (const [, end, tag, text] of new TextDecoder().decode(contents).matchAll(/<(\/?)([\w:-]+)([^>]*)>/g)) {
        const empty = text.endsWith('/');
        const attributes = attributesOf(text);

        if (end !== '') {
            if (TYPES.test(tag))
                owner = null;
            else if (FUNCTIONS.test(tag))
                func = null;
            else if (tag === 'parameter')
                parameter = null;
        } else if (TYPES.test(tag) || tag === 'constant' || tag === 'callback' && func === null) {
            if (attributes.name !== undefined && owner === null)
                gir.types[attributes.name] = tag;
            if (TYPES.test(tag) && !empty)
                owner = attributes.name;
        } else if (FUNCTIONS.test(tag)) {
            func = { owner, kind: tag, name: attributes.shadows ?? attributes.name, attributes, parameters: [] };
            if (attributes.introspectable !== '0' && attributes['moved-to'] === undefined &&
                attributes['shadowed-by'] === undefined)
                gir.functions.push(func);
            if (empty)
                func = null;
        } else if (tag === 'parameter' && func !== null) {
            parameter = { name: attributes.name, direction: attributes.direction ?? 'in', type: '' };
            func.parameters.push(parameter);
        } else if (tag === 'type' && parameter !== null) {
            parameter.type ||= attributes.name;
        }
    }
    return gir;
}
