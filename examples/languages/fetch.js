// fetch.js: fetches several URLs at the same time under one deadline
//
// Copyright 2026 the GCtx authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

import GCtx from 'gi://GCtx?version=1';
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Soup from 'gi://Soup?version=3.0';
import System from 'system';

function messageFor(url) {
    try {
        const uri = GLib.Uri.parse(url, Soup.HTTP_URI_FLAGS);
        // libsoup itself looks at none of this, and takes all schemes for HTTP.
        if (['http', 'https'].includes(uri.get_scheme()) && uri.get_host())
            return Soup.Message.new_from_uri('GET', uri);
    } catch {
    }
    return null;
}

/** @param {GCtx.Context} ctx - until when it may take */
async function fetch(ctx, session, url) {
    const message = messageFor(url);
    if (!message)
        return { outcome: 'failed (Not an HTTP URL)' };

    try {
        const body = await ctx.call(session, 'send_and_read_async', message);
        if (message.status_code >= 400)
            return { outcome: `failed (HTTP ${message.status_code})` };
        return { came: true, outcome: `${body.get_size()} bytes` };
    } catch (error) {
        // A peer's time-out is a failure, and comes while the context lives.
        const late = error.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.TIMED_OUT) && ctx.is_done();
        return { outcome: `${late ? 'late' : 'failed'} (${error.message})` };
    }
}

async function fetchAll(timeout, urls) {
    // Without these two libsoup talks to one host over two connections at most.
    const session = new Soup.Session({ max_conns: urls.length, max_conns_per_host: urls.length });

    // Not GCtx.withTimeout(): that gives up its function when the time is over,
    // and each URL is to have its line.
    const scope = new GCtx.Scope(null, { timeout });
    const results = await Promise.all(urls.map(url => fetch(scope, session, url)));
    scope.close();

    urls.forEach((url, i) => print(`${url}: ${results[i].outcome}`));
    return results.every(({ came }) => came);
}

async function main(urls) {
    const [, timeout] = urls[0]?.match(/^--timeout=(\d{1,9})$/) ?? [];
    if (timeout)
        urls = urls.slice(1);
    if (urls.length === 0 || urls[0].startsWith('-')) {
        printerr('usage: fetch [--timeout=MILLISECONDS] URL...');
        return 2;
    }

    return await fetchAll(Number(timeout ?? 5000), urls) ? 0 : 1;
}

System.exit(await main(ARGV));
