// binding.js
//
// Copyright 2026 the GCtx authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// GCtx as gjs makes it, with the overrides or, if GCTX_TEST_PLAIN is set, without.

/* exported isPlain, GCtx */
imports.gi.versions.GCtx = '1';

var isPlain = imports.gi.GLib.getenv('GCTX_TEST_PLAIN') !== null;
if (isPlain) {
    // Not what is installed either.
    imports.overrides.searchPath = imports.overrides.searchPath.filter(path => path.startsWith('resource:'));
}

var GCtx = imports.gi.GCtx;

if ('withTimeout' in GCtx === isPlain)
    throw new Error('the overrides are not where they should be');
