// uses.ts: what the types let pass, and what they do not
//
// Copyright 2026 the GCtx authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

import GCtx from 'gi://GCtx';
export async function uses() {
    const n: number = await GCtx.withTimeout(null, 2000, async ctx => { ctx.close(); await ctx.sleep_async(5); return 5; });
    const k = new GCtx.Key<{a: number}>('user'); const s = new GCtx.Scope(null, {timeout: 5, values: [[k, {a: n}]]});
    const a: number = s.get(k, {a: 1}).a; s.with_value(k, {a}); await s.wrap(Promise.resolve(1));
    // @ts-expect-error a time is a number
    GCtx.withTimeout(null, '5', () => 1);
    // @ts-expect-error the value is of the key's type
    s.with_value(k, 7);
    // @ts-expect-error a context cannot be closed
    s.with_timeout(5).close();
    // @ts-expect-error no such option
    new GCtx.Scope(null, {timeot: 5});
}
