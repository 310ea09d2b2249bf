// GCtx.js: makes GCtx at home in JavaScript
//
// Copyright 2026 the GCtx authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// gjs looks for this file when a program imports GCtx, and calls _init() with
// the namespace as `this`. What introspection made stays as it is; the parts in
// the directory beside this file add to it. Names that they add are in camel case.
// Timeouts and what remains are in milliseconds there, and in microseconds under the
// names of C; a deadline is always a point on the clock of GLib.get_monotonic_time(),
// in microseconds.

const Parts = imports.overrides.gctx;

/* exported _init */
function _init() {
    // In this order: each uses those before it.
    for (const part of ['arguments', 'values', 'scopes', 'promises', 'group', 'call'])
        Parts[part].install(this);
}
