# uses.py: GCtx as it is meant to be used, for type checkers
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Nobody runs this: mypy --strict has nothing to say of it. The annotations are the
test: each claims a type for what stands on its right."""

import abc
import asyncio
import math
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import gi

gi.require_version('GCtx', '1')
from gi.repository import GCtx, Gio, GLib, GObject  # noqa: E402


class User:
    name = 'Ada'


class Admin(User):
    pass


class Shape(abc.ABC):
    @abc.abstractmethod
    def area(self) -> float: ...


# Keys

user = GCtx.Key('user', User)
count: GCtx.Key[int] = GCtx.Key('count', int)
title = GCtx.Key[str]('title', str)
tags = GCtx.Key('tags', list[str])
file_key = GCtx.Key('file', Gio.File)
variant = GCtx.Key('variant', GLib.Variant)
flag = GCtx.Key('flag', bool)
ratio = GCtx.Key('ratio', float)
shape = GCtx.Key('shape', Shape)
anything = GCtx.Key('anything')
text: GCtx.Key[str] = GCtx.Key('text', GObject.TYPE_STRING)


def keys() -> tuple[str, str, GObject.GType]:
    return user.name, count.get_name(), text.value_type


# Values

def values(ctx: GCtx.Context) -> str:
    somebody: User | None = ctx.get(user)
    nobody: User | str = ctx.get(user, 'nobody')
    sure: User = ctx.get(user, Admin())
    name: str = ctx[user].name
    number: int = ctx.get(count, 0)
    labels: list[str] = ctx[tags]
    area: float = ctx[shape].area()
    if user in ctx and somebody is not None:
        name = somebody.name
    print(nobody, sure, number, labels, area, ctx.has_value(anything))

    child: GCtx.Context = ctx.with_value(user, Admin()).with_value(anything, 7)
    child = child.with_values([user, count], [User(), 7])
    child = child.with_values({flag: True}, (True,)).with_values(None, None)
    child = child.with_lookup(lambda key: key.name)
    truth: bool = child.get_boolean(flag)
    share: float = child.get_double(ratio)
    size: int = child.get_int64(count) + child.get_int(anything) + child.get_uint64(anything)
    word: str | None = child.get_string(title)
    thing: Gio.File | None = child.get_object(file_key)
    box: GLib.Variant | None = child.get_variant(variant)
    value: User | None = child.get_value(user)
    print(truth, share, size, word, thing, box, value)
    return name


# Scopes, in seconds

def scopes(parent: GCtx.Context) -> None:
    with GCtx.timeout(2.0) as ctx:
        stopped: bool = ctx.cancel()
        print(stopped, ctx.has_expired())
    with GCtx.timeout(2, parent, cause=ValueError('late'), values={user: User(), count: 3}) as ctx:
        ctx.cancel_with_cause(KeyError)
        ctx.cancel_with_cause(None)
    with GCtx.timeout(None), GCtx.timeout(math.inf), GCtx.timeout(-1):
        pass
    with GCtx.deadline(time.monotonic() + 1, parent=parent, cause=GLib.Error('late')):
        left: float | None = GCtx.current().remaining
        print(left)
    with GCtx.scope() as outer, GCtx.scope(outer, values={title: 'x'}) as inner:
        inner.close()
    with outer.as_current() as same:
        same.cancel()
    with GCtx.use(parent) as plain, GCtx.use(outer) as scope:
        plain.check()
        scope.cancel()


@contextmanager
def limited() -> Iterator[GCtx.Scope]:
    with GCtx.timeout(1) as ctx:
        yield ctx


# Errors

def errors(ctx: GCtx.Context) -> str:
    try:
        ctx.check()
        ctx.sleep(5)
    except GCtx.Cancelled as cancelled:
        copy: GCtx.Cancelled = cancelled.copy()
        return copy.message
    except TimeoutError as late:
        return str(late)
    except GLib.Error as error:
        if error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED):
            raise ctx.translate_error(error)
        raise ctx.propagate_error(error)
    failure = ctx.error
    if isinstance(failure, GCtx.TimedOut):
        reason: GLib.Error | None = failure.cause
        print(reason, failure.domain, failure.code)
    cause = ctx.cause
    if cause is not None:
        return str(cause.message)
    print(GCtx.TimedOut(), GCtx.Cancelled('enough'), ctx.get_error(), ctx.get_cause())
    try:
        raise ValueError
    except ValueError as other:
        same: ValueError | GCtx.Cancelled | GCtx.TimedOut = ctx.translate_error(other)
        raise same from other


# asyncio

async def number() -> int:
    return 7


async def tasks(file: Gio.File) -> GLib.Bytes:
    async with GCtx.timeout(2.0) as ctx:
        seven: int = await ctx.wrap(number())
        six: int = await ctx.wrap(asyncio.create_task(number()))
        print(seven, six, await ctx.call(Gio.bus_get_sync, Gio.BusType.SESSION, io_priority=3))
        await ctx.done()
        both = await asyncio.gather(ctx.wrap(number()), ctx.call(file.load_bytes_async))
        print(both)
        named = await ctx.call(file.load_bytes_async, finish='load_bytes_finish')
        print(named)
        content: GLib.Bytes
        content, _ = await ctx.call(file.load_bytes_async, finish=file.load_bytes_finish)
        length: int = await ctx.call(file.load_bytes_async, finish=length_of)
        print(length)
    return content


def length_of(source: object, result: Gio.AsyncResult) -> int:
    return 0


def blocking(ctx: GCtx.Context, file: Gio.File) -> GLib.Bytes:
    bus: Gio.DBusConnection = ctx.call_sync(Gio.bus_get_sync, Gio.BusType.SESSION)
    print(bus)
    content: GLib.Bytes
    content, _ = ctx.call_sync(file.load_bytes)
    return content


# What the C functions are called in Python, in microseconds

def contexts(cancellable: Gio.Cancellable | None) -> None:
    ctx: GCtx.Context = GCtx.Context.any([GCtx.Context.background(), GCtx.Context.todo(), GCtx.Context()])
    ctx = GCtx.Context.from_cancellable(cancellable).with_timeout(2 * GLib.USEC_PER_SEC)
    ctx = GCtx.Context.from_cancellable().with_deadline(5).without_cancel()
    there, usec = ctx.get_deadline()
    there, usec = ctx.get_remaining()
    if there and usec + ctx.get_remaining_msec() > 0 and not ctx.is_done():
        print(ctx.to_string().upper(), ctx.get_cancellable(), ctx.create_cancellable())
    ctx.create_source().set_callback(lambda context: False)
    GCtx.Context.get_current().push_current()
    ctx.pop_current()
    ctx.wait()


def after_funcs(ctx: GCtx.Context, where: GLib.MainContext) -> bool:
    def with_one(context: GCtx.Context, word: str) -> None:
        print(context.to_string(), word)

    number: int = ctx.add_after_func(lambda context: print(context.to_string()))
    ctx.add_after_func(with_one, 'word')
    ctx.add_after_func(print, 1, 'two', None)
    ctx.add_after_func_full(where, GLib.PRIORITY_LOW, lambda context: print(context.error))
    ctx.add_after_func_full(None, GLib.PRIORITY_DEFAULT, with_one, 'word')
    return ctx.remove_after_func(number)


def on_ready(source: GCtx.Context, result: Gio.AsyncResult) -> None:
    source.wait_finish(result)
    source.sleep_finish(result)


def waits(ctx: GCtx.Context, cancellable: Gio.Cancellable) -> None:
    ctx.wait_async(None, on_ready)
    ctx.wait_async(cancellable, callback=on_ready)
    ctx.sleep_async(5, None, lambda source, result, data: None, 'data')
    ctx.sleep_async(5)


def more_scopes(parent: GCtx.Context, connection: Gio.SocketConnection,
                invocation: Gio.DBusMethodInvocation, file: Gio.File) -> list[GCtx.Scope | None]:
    return [
        GCtx.Scope(),
        GCtx.Scope.new(parent),
        GCtx.Scope.new_with_deadline(parent, 5),
        GCtx.Scope.new_with_deadline_cause(parent, 5, ValueError),
        GCtx.Scope.new_with_timeout(parent, 5),
        GCtx.Scope.new_with_timeout_cause(parent, 5, None),
        GCtx.Scope.new_full(parent, GLib.MAXINT64, None, [user], [User()]),
        GCtx.Scope.new_full(parent, 5),
        GCtx.Scope.new_for_connection(parent, connection),
        GCtx.Scope.new_for_dbus_invocation(parent, invocation),
        GCtx.Scope.new_for_object(parent, Gio.Cancellable()),
        GCtx.Scope.new_for_object(parent, file),
        GCtx.Scope.new_for_unix_signals(parent, [signal.SIGINT, signal.SIGTERM]),
    ]


def groups(parent: GCtx.Context) -> bool:
    def with_one(context: GCtx.Context, word: str) -> bool:
        return context.check() and bool(word)

    group = GCtx.Group.new_with_limit(GCtx.Group.new(parent).get_context(), 2)
    group.run_in_thread(lambda context: context.check())
    group.run_in_thread(with_one, 'word')
    group.start(lambda task, context: task.return_boolean(context.check()))
    group.wait_async(None, lambda source, result: print(source.wait_finish(result)))
    return group.wait()


def bus(ctx: GCtx.Context, connection: Gio.DBusConnection, proxy: Gio.DBusProxy) -> GLib.Variant:
    def ready(source: object, result: Gio.AsyncResult) -> None:
        print(GCtx.dbus_connection_call_finish(result), GCtx.dbus_proxy_call_finish(result))

    GCtx.dbus_connection_call(connection, ctx, None, '/a', 'b.c', 'D', None, None,
                              Gio.DBusCallFlags.NONE, ready)
    GCtx.dbus_proxy_call(proxy, ctx, 'D', None, Gio.DBusCallFlags.NONE, ready)
    GCtx.dbus_connection_call_sync(connection, ctx, 'b.c', '/a', 'b.c', 'D', None, None,
                                   Gio.DBusCallFlags.NONE)
    return GCtx.dbus_proxy_call_sync(proxy, ctx, 'D', None, Gio.DBusCallFlags.NONE)


def children(ctx: GCtx.Context, launcher: Gio.SubprocessLauncher) -> str | None:
    child: Gio.Subprocess = GCtx.subprocess_new(ctx, ['cat'], Gio.SubprocessFlags.NONE)
    other = GCtx.subprocess_launcher_spawnv(launcher, ctx, GCtx.SUBPROCESS_GRACE, ('cat', '-'))
    GCtx.subprocess_wait_async(other, ctx, lambda source, result: GCtx.subprocess_wait_finish(result))
    GCtx.subprocess_wait_check_async(other, ctx, lambda source, result: GCtx.subprocess_wait_check_finish(result))
    GCtx.subprocess_communicate_async(
        other, ctx, None, lambda source, result: GCtx.subprocess_communicate_finish(result))
    GCtx.subprocess_communicate_utf8_async(
        other, ctx, 'text', lambda source, result: GCtx.subprocess_communicate_utf8_finish(result))
    _, out, error = GCtx.subprocess_communicate(child, ctx)
    if out is not None and error is not None and GCtx.subprocess_wait(child, ctx):
        print(out.get_size(), GCtx.subprocess_wait_check(child, ctx))
    return GCtx.subprocess_communicate_utf8(child, ctx, 'text')[1]


def gtasks(ctx: GCtx.Context) -> tuple[bool, int]:
    task: Gio.Task = GCtx.task_new(None, ctx, on_ready)
    if not GCtx.task_return_if_done(task):
        GCtx.task_run_in_thread(task, lambda *args: None)
        GCtx.task_run_in_thread_sync(task, lambda *args: None)
    print(GCtx.task_get_context(task).remaining, GCtx.task_propagate_pointer(task))
    print(GCtx.task_propagate_value(task)[1], GCtx.unix_signal_quark() + GCtx.MAJOR_VERSION)
    return GCtx.task_propagate_boolean(task), GCtx.task_propagate_int(task)
