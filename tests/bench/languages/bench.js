// bench.js: what GCtx costs in JavaScript, beside what is written without it
//
// Copyright 2026 the GCtx authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// Called as bench.py is, and prints the same.

import GCtx from 'gi://GCtx?version=1';
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import System from 'system';

const KEYS = [new GCtx.Key('user'), new GCtx.Key('host')];
const FILE = Gio.File.new_for_path(System.programPath ?? '/');
const QUERY = ['standard::size', Gio.FileQueryInfoFlags.NONE];

// What Gio._promisify() makes of it, which must not be in the way of others.
const queryInfo = (file => {
    const { query_info_async: original } = file;
    Gio._promisify(file, 'query_info_async', 'query_info_finish');
    const { query_info_async: promising } = file;
    file.query_info_async = original;
    return promising;
})(Gio._LocalFilePrototype);

// --- Each does its work n times ---

function scope(n) {
    for (let i = 0; i < n; i++)
        new GCtx.Scope(null, { timeout: 60000 }).close();
}

function scopeByHand(n) {
    for (let i = 0; i < n; i++) {
        const cancellable = new Gio.Cancellable();
        let source = GLib.timeout_add(GLib.PRIORITY_DEFAULT, 60000, () => {
            source = 0;
            cancellable.cancel();
            return GLib.SOURCE_REMOVE;
        });
        if (source !== 0)
            GLib.source_remove(source);
    }
}

async function nothing() {
}

async function timeout(n) {
    for (let i = 0; i < n; i++)
        await GCtx.withTimeout(null, 60000, nothing);
}

async function withTimeoutByHand(ms, func) {
    const cancellable = new Gio.Cancellable();
    let source = 0;
    const late = new Promise((_resolve, reject) => {
        source = GLib.timeout_add(GLib.PRIORITY_DEFAULT, ms, () => {
            source = 0;
            reject(new GLib.Error(Gio.IOErrorEnum, Gio.IOErrorEnum.TIMED_OUT, 'Too late'));
            cancellable.cancel();
            return GLib.SOURCE_REMOVE;
        });
    });
    try {
        return await Promise.race([func(cancellable), late]);
    } finally {
        if (source !== 0)
            GLib.source_remove(source);
    }
}

async function timeoutByHand(n) {
    for (let i = 0; i < n; i++)
        await withTimeoutByHand(60000, nothing);
}

async function call(n) {
    const ctx = new GCtx.Scope(null, { timeout: 60000 });
    for (let i = 0; i < n; i++)
        await ctx.call(FILE, 'query_info_async', ...QUERY);
    ctx.close();
}

async function callByHand(n) {
    const cancellable = new Gio.Cancellable();
    for (let i = 0; i < n; i++)
        await queryInfo.call(FILE, ...QUERY, GLib.PRIORITY_DEFAULT, cancellable);
}

// Or else the engine would look nothing up.
let found = null;

function get(n) {
    const ctx = new GCtx.Scope(null, { values: [[KEYS[0], 'Ada'], [KEYS[1], 'here']] });
    for (let i = 0; i < n; i++)
        found = ctx.get(KEYS[i & 1]);
    ctx.close();
}

function getOfMap(n) {
    const values = new Map([[KEYS[0], 'Ada'], [KEYS[1], 'here']]);
    for (let i = 0; i < n; i++)
        found = values.get(KEYS[i & 1]);
}

function check(n) {
    const ctx = new GCtx.Scope(null, { timeout: 60000 });
    for (let i = 0; i < n; i++)
        ctx.check();
    ctx.close();
}

function checkByHand(n) {
    const cancellable = new Gio.Cancellable();
    for (let i = 0; i < n; i++)
        cancellable.set_error_if_cancelled();
}

async function wrap(n) {
    const ctx = new GCtx.Scope(null, { timeout: 60000 });
    for (let i = 0; i < n; i++)
        await ctx.wrap(nothing());
    ctx.close();
}

async function wrapByHand(n) {
    const cancellable = new Gio.Cancellable();
    for (let i = 0; i < n; i++) {
        let id = 0;
        await new Promise((resolve, reject) => {
            id = cancellable.connect(() =>
                reject(new GLib.Error(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED, 'Cancelled')));
            nothing().then(resolve, reject);
        }).finally(() => cancellable.disconnect(id));
    }
}

async function justAwait(n) {
    for (let i = 0; i < n; i++)
        await nothing();
}

// What it is called: how GCtx does it, and how others do.
const CASES = {
    'new GCtx.Scope(null, {timeout}), close()': [scope, { 'Gio.Cancellable, GLib.timeout_add()': scopeByHand }],
    'await GCtx.withTimeout(null, ms, async ctx => …)': [timeout, { 'the same and Promise.race()': timeoutByHand }],
    "await ctx.call(file, 'query_info_async', …)": [call, { 'Gio._promisify()': callByHand }],
    'ctx.get(key)': [get, { 'Map.get()': getOfMap }],
    'ctx.check()': [check, { 'cancellable.set_error_if_cancelled()': checkByHand }],
    'await ctx.wrap(promise)': [wrap, { 'cancellable.connect(), a promise': wrapByHand, 'await promise': justAwait }],
};

// The microseconds that it takes n times, and to collect what that has left.
async function measure(work, n) {
    System.gc();
    // That drops what the engine had compiled as well.
    await work(Math.ceil(n / 8));
    const start = GLib.get_monotonic_time();
    await work(n);
    System.gc();
    return GLib.get_monotonic_time() - start;
}

// How often it can be done in that time.
async function count(work, usec) {
    for (let n = 1; ; n *= 2) {
        const start = GLib.get_monotonic_time();
        await work(n);
        const took = GLib.get_monotonic_time() - start;
        if (took >= usec / 4)
            return Math.max(1, Math.round(n * usec / took));
    }
}

async function run(rounds, msec, only) {
    const contests = [];
    for (const [title, [own, others]] of Object.entries(CASES).filter(([name]) => name.includes(only))) {
        const contestants = [];
        for (const [name, work] of Object.entries({ GCtx: own, ...others }))
            contestants.push({ name, work, n: await count(work, msec * 1000), taken: [] });
        contests.push({ title, contestants });
    }

    for (let round = 0; round < rounds; round++) {
        for (const { contestants } of contests) {
            for (const { work, n, taken } of contestants)
                taken.push(await measure(work, n) / n);
        }
    }

    return Object.fromEntries(contests.map(({ title, contestants }) =>
        [title, Object.fromEntries(contestants.map(({ name, taken }) => [name, taken]))]));
}

const [rounds, msec, only] = ARGV;
const version = String(System.version);
print(JSON.stringify({
    language: 'JavaScript',
    versions: `gjs ${version[0]}.${Number(version.slice(1, 3))}.${Number(version.slice(3))}, ` +
        `GLib ${GLib.MAJOR_VERSION}.${GLib.MINOR_VERSION}`,
    cases: await run(Number(rounds), Number(msec), only),
}));
