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
    // A cause may be whatever was thrown; times of C may be bigints.
    try { s.check(); } catch (error) { s.cancel_with_cause(error); }
    GCtx.Scope.new_full(s, Infinity, new Error('late'), null, null).with_timeout(5n);
    // @ts-expect-error a time is a number
    GCtx.withTimeout(null, '5', () => 1);
    // @ts-expect-error the value is of the key's type
    s.with_value(k, 7);
    // @ts-expect-error a context cannot be closed
    s.with_timeout(5).close();
    // @ts-expect-error no such option
    new GCtx.Scope(null, {timeot: 5});
    // @ts-expect-error a context cannot be closed at the end of a block
    const closed: Disposable = s.with_timeout(5);
    const closes: Disposable = s;
}

// What a key holds is told by its class.
class User { name = 'Ada'; }
export function keys(ctx: GCtx.Context) {
    const user = new GCtx.Key('user', User);
    const same: GCtx.Key<User> = GCtx.Key.new('user', User);
    const size = new GCtx.Key('size', Number);
    const count = new GCtx.Key<number>('count', Number);
    const name: string | undefined = ctx.with_value(user, new User()).get(user)?.name ?? ctx.get(same)?.name;
    const n: number = ctx.with_value(size, 7).get(size) + ctx.with_value(count, 7).get(count, 0);
    class UserKey extends GCtx.Key<User> { of(context: GCtx.Context) { return context.get(this)?.name; } }
    const big: bigint | undefined = ctx.get(new GCtx.Key('big', BigInt));
    // @ts-expect-error it is no user
    ctx.with_value(user, new Date(0));
    // @ts-expect-error it is the key of something else
    const other: GCtx.Key<number> = user;
    // @ts-expect-error it is no number
    ctx.with_value(count, 'x');
    return [name, n, big, other, new UserKey('user').of(ctx)];
}

// What call() gives is what the finish function of that name gives.
interface Loader {
    load_async(cancellable: unknown, callback: unknown): void;
    load_finish(result: unknown): [boolean, string, number];
    open(cancellable: unknown, callback: unknown): void;
    open_finish(result: unknown): {a: number};
    nap_begin(cancellable: unknown, callback: unknown): void;
    nap_finish(result: unknown): boolean;
    odd_async(cancellable: unknown, callback: unknown): void;
}
export async function calls(ctx: GCtx.Context, loader: Loader) {
    const [text, size]: [string, number] = await ctx.call(loader, 'load_async');
    const {a} = await ctx.call(loader, 'open', 1, 2);
    const napped: boolean = await ctx.call(loader, 'nap_begin');
    const odd: boolean = await ctx.call(loader, ['odd_async', 'nap_finish']);
    const anything: symbol = await ctx.call(loader, 'odd_async');
    const other: symbol = await ctx.call(loader, loader.odd_async);
    const waited: boolean = await ctx.call(GCtx, 'subprocess_wait_async', null);
    // @ts-expect-error the leading true is not there
    const [first]: [boolean] = await ctx.call(loader, 'load_async');
    // @ts-expect-error it gives no string
    const wrong: string = await ctx.call(loader, 'nap_begin');
    return [text, size, a, napped, odd, anything, other, waited, first, wrong];
}
