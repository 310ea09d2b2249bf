#!/usr/bin/python3
# fetch.py: fetches several URLs at the same time under one deadline
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

import asyncio
import contextlib
import locale
import os
import re
import sys

import gi
gi.require_version('GCtx', '1')
gi.require_version('Soup', '3.0')
from gi.repository import GCtx, GLib, Soup  # noqa: E402


def message_for(url):
    with contextlib.suppress(GLib.Error, UnicodeEncodeError):
        uri = GLib.Uri.parse(url, GLib.UriFlags(Soup.HTTP_URI_FLAGS))
        # libsoup itself looks at none of this, and takes all schemes for HTTP.
        if uri.get_scheme() in ('http', 'https') and uri.get_host():
            return Soup.Message.new_from_uri('GET', uri)
    return None


async def fetch(ctx, session, url):
    """Returns whether it came, and what to say of it."""
    message = message_for(url)
    if not message:
        return False, 'failed (Not an HTTP URL)'

    try:
        body = await ctx.call(session.send_and_read_async, message)
    except GCtx.TimedOut as late:
        return False, f'late ({late.message})'
    except GLib.Error as error:
        return False, f'failed ({error.message})'
    if message.props.status_code >= 400:
        return False, f'failed (HTTP {message.props.status_code})'
    return True, f'{body.get_size()} bytes'


async def fetch_all(timeout, urls):
    # Without these two libsoup talks to one host over two connections at most.
    session = Soup.Session(max_conns=len(urls), max_conns_per_host=len(urls))

    # Not `async with`: that interrupts its block when the time is over, and each
    # URL is to have its line.
    with GCtx.timeout(timeout) as ctx:
        results = await asyncio.gather(*(fetch(ctx, session, url) for url in urls))

    for url, (_, outcome) in zip(urls, results):
        # An argument that is no text comes out as it went in.
        sys.stdout.buffer.write(os.fsencode(f'{url}: {outcome}\n'))
    return all(came for came, _ in results)


def main(urls):
    timeout_msec = 5000
    if urls and (match := re.fullmatch('--timeout=([0-9]{1,9})', urls[0])):
        timeout_msec = int(match[1])
        urls = urls[1:]
    if not urls or urls[0].startswith('-'):
        print('usage: fetch [--timeout=MILLISECONDS] URL...', file=sys.stderr)
        return 2

    return 0 if asyncio.run(fetch_all(timeout_msec / 1000, urls)) else 1


locale.setlocale(locale.LC_ALL, '')
sys.exit(main(sys.argv[1:]))
