#!/usr/bin/env python3
# bench.py: what GCtx costs in Python, beside what is written without it
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""usage: bench.py ROUNDS MSEC TEXT

Prints, as JSON, how many microseconds each contestant took in each round. In a round
all take turns of MSEC milliseconds, so that what disturbs the machine hits them all.
Only cases with TEXT in their title take part. `run` shows what comes of it.
"""

import asyncio
import contextvars
import gc
import inspect
import json
import platform
import sys
import threading
import time

import gi

gi.require_version('GCtx', '1')
from gi.repository import GCtx, Gio, GLib  # noqa: E402

KEY = GCtx.Key('user')
VARIABLE = contextvars.ContextVar('user', default='Ada')
FILE = Gio.File.new_for_path(__file__)
QUERY = 'standard::size', Gio.FileQueryInfoFlags.NONE


# --- Each does its work n times ---

def scope(n):
    for _ in range(n):
        with GCtx.timeout(60):
            pass


def scope_by_hand(n):
    for _ in range(n):
        cancellable = Gio.Cancellable()
        source = 0

        def expire():
            nonlocal source
            source = 0
            cancellable.cancel()
            return GLib.SOURCE_REMOVE

        source = GLib.timeout_add(60000, expire)
        try:
            pass
        finally:
            if source:
                GLib.source_remove(source)


async def block(n):
    for _ in range(n):
        async with GCtx.timeout(60):
            pass


async def block_of_asyncio(n):
    for _ in range(n):
        async with asyncio.timeout(60):
            pass


async def call(n):
    with GCtx.timeout(60) as ctx:
        for _ in range(n):
            await ctx.call(FILE.query_info_async, *QUERY)


class Worker:
    """A thread that iterates a GMainContext, which plain asyncio does not."""

    def __init__(self):
        self.context = GLib.MainContext()
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        self.context.push_thread_default()
        GLib.MainLoop(self.context).run()

    def invoke(self, function):
        source = GLib.Idle(GLib.PRIORITY_DEFAULT)
        source.set_callback(function)
        source.attach(self.context)

    async def query_info(self, file):
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        cancellable = Gio.Cancellable()

        def settle(info, error):
            if future.done():
                return
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(info)

        def on_ready(source, result):
            try:
                outcome = source.query_info_finish(result), None
            except GLib.Error as error:
                outcome = None, error
            loop.call_soon_threadsafe(settle, *outcome)

        def start(_data):
            file.query_info_async(*QUERY, GLib.PRIORITY_DEFAULT, cancellable, on_ready)
            return GLib.SOURCE_REMOVE

        self.invoke(start)
        try:
            return await future
        except asyncio.CancelledError:
            cancellable.cancel()
            raise


WORKER = Worker()


async def call_by_hand(n):
    async with asyncio.timeout(60):
        for _ in range(n):
            await WORKER.query_info(FILE)


def get(n):
    with GCtx.timeout(60, values={KEY: 'Ada'}) as ctx:
        for _ in range(n):
            ctx.get(KEY)


def get_of_variable(n):
    for _ in range(n):
        VARIABLE.get()


def get_of_dict(n):
    values = {'user': 'Ada'}
    for _ in range(n):
        values.get('user')


def item(n):
    with GCtx.timeout(60, values={KEY: 'Ada'}) as ctx:
        for _ in range(n):
            ctx[KEY]


def item_of_dict(n):
    values = {'user': 'Ada'}
    for _ in range(n):
        values['user']


def check(n):
    with GCtx.timeout(60) as ctx:
        for _ in range(n):
            ctx.check()


def check_by_hand(n):
    cancellable = Gio.Cancellable()
    for _ in range(n):
        cancellable.set_error_if_cancelled()


async def nothing():
    pass


async def wrap(n):
    with GCtx.timeout(60) as ctx:
        for _ in range(n):
            await ctx.wrap(nothing())


async def wrap_by_hand(n):
    for _ in range(n):
        await asyncio.create_task(nothing())


# What it is called: how GCtx does it, and how others do.
CASES = {
    'with GCtx.timeout(60):': (scope, {'Gio.Cancellable, GLib.timeout_add()': scope_by_hand}),
    'async with GCtx.timeout(60):': (block, {'asyncio.timeout(60)': block_of_asyncio}),
    'await ctx.call(file.query_info_async, …)': (call, {'a thread, call_soon_threadsafe()': call_by_hand}),
    'ctx.get(key)': (get, {'ContextVar.get()': get_of_variable, 'dict.get()': get_of_dict}),
    'ctx[key]': (item, {'dict[key]': item_of_dict}),
    'ctx.check()': (check, {'cancellable.set_error_if_cancelled()': check_by_hand}),
    'await ctx.wrap(coroutine())': (wrap, {'asyncio.create_task(coroutine())': wrap_by_hand}),
}


async def measure(work, n):
    """The seconds that it takes n times."""
    gc.collect()
    start = time.perf_counter()
    running = work(n)
    if inspect.isawaitable(running):
        await running
    return time.perf_counter() - start


async def count(work, seconds):
    """How often it can be done in that time."""
    n = 1
    while (took := await measure(work, n)) < seconds / 4:
        n *= 2
    return max(1, round(n * seconds / took))


async def run(rounds, msec, only):
    contests = []
    for title, (own, others) in CASES.items():
        if only in title:
            contestants = {'GCtx': own, **others}
            counts = [await count(work, msec / 1000) for work in contestants.values()]
            contests.append((title, contestants, counts, {name: [] for name in contestants}))

    for _ in range(rounds):
        for _title, contestants, counts, taken in contests:
            for (name, work), n in zip(contestants.items(), counts):
                taken[name].append(await measure(work, n) / n * 1e6)

    return {title: taken for title, _contestants, _counts, taken in contests}


if __name__ == '__main__':
    rounds, msec, only = sys.argv[1:]
    print(json.dumps({
        'language': 'Python',
        'versions': f'Python {platform.python_version()}, PyGObject {gi.__version__}, '
                    f'GLib {GLib.MAJOR_VERSION}.{GLib.MINOR_VERSION}',
        'cases': asyncio.run(run(int(rounds), float(msec), only)),
    }))
