# misuses.py: what type checkers have to notice
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Nobody runs this. Behind each line stands what mypy --strict has to say of it.
Some of it mypy only sees beside stubs of gi: without them what is made from a class
of gi passes for anything."""

import gi

gi.require_version('GCtx', '1')
from gi.repository import GCtx, Gio, GLib  # noqa: E402


class User:
    name = 'Ada'


user = GCtx.Key('user', User)
title = GCtx.Key('title', str)
count = GCtx.Key('count', int)
ctx = GCtx.current()
scope = GCtx.scope()

# Keys
GCtx.Key()                                              # E: call-overload
GCtx.Key(7)                                             # E: call-overload
GCtx.Key('user', 'User')                                # E beside: call-overload
wrong: GCtx.Key[int] = GCtx.Key('title', str)           # E beside: arg-type|assignment
wrong = title                                           # E: assignment
user.name = 'other'                                     # E: misc

# Values
ctx.get('user')                                         # E: call-overload
ctx['user']                                             # E: index
'user' in ctx                                           # E: operator|misc
ctx.get(user).name                                      # E: union-attr
ctx[user].surname                                       # E: attr-defined
text: str = ctx.get(title)                              # E: assignment
text = ctx[count]                                       # E: assignment
text = ctx.get(title, 7)                                # E: arg-type|assignment
ctx.with_value(title, 7)                                # E: misc|arg-type
ctx.with_value('title', 'x')                            # E: arg-type
ctx.with_values(title, 'x')                             # E: arg-type
ctx.with_lookup(lambda: None)                           # E: arg-type, misc
ctx.get_string(count)                                   # E: arg-type
ctx.get_int64(title)                                    # E: arg-type
ctx.get_object(count)                                   # E beside: type-var
for value in ctx:                                       # E: misc
    pass

# Scopes
GCtx.timeout('2')                                       # E: arg-type
GCtx.timeout()                                          # E: call-arg
GCtx.timeout(2, 3)                                      # E: arg-type
GCtx.timeout(2, None, ValueError())                     # E: misc
GCtx.timeout(2, cause='late')                           # E: arg-type
GCtx.timeout(2, values={'title': 'x'})                  # E: dict-item
GCtx.timeout(2, values=[(title, 'x')])                  # E: arg-type
GCtx.timeout(seconds=2, clock=3)                        # E: call-arg
GCtx.deadline('tomorrow')                               # E: arg-type
GCtx.scope(cause=ValueError())                          # E: call-arg
GCtx.Scope(ctx)                                         # E: call-arg
GCtx.Scope.new()                                        # E: call-arg
GCtx.Scope.new_with_timeout(ctx, 2.5)                   # E: arg-type
GCtx.Scope.new_full(ctx, 5, 'late')                     # E: arg-type
GCtx.Scope.new_for_unix_signals(ctx, [2]).close()       # E: union-attr
scope.cancel(ValueError())                              # E: call-arg
scope.cancel_with_cause('late')                         # E: arg-type
with ctx:                                               # E beside: attr-defined
    pass
with GCtx.use('ctx'):                                   # E: type-var
    pass
with ctx.as_current() as plain:
    plain.cancel()                                      # E beside: attr-defined
ctx.cancel()                                            # E beside: attr-defined
ctx.with_timeout(2.5)                                   # E: arg-type
ctx.remaining + 1                                       # E: operator
ctx.remaining = 7                                       # E: misc
ctx.check(True)                                         # E: call-arg
ctx.is_done + 1                                         # E: operator
ctx.error.message                                       # E: union-attr
GCtx.Context.any()                                      # E: call-arg
number: int = ctx                                       # E beside: assignment
GCtx.Cancelled(7)                                       # E: arg-type
GCtx.no_such_thing                                      # E: attr-defined

# Callbacks
ctx.add_after_func(7)                                   # E: call-overload
ctx.add_after_func(print, func=print)                   # E: call-overload
ctx.add_after_func(lambda one, two, three: None, 7)     # E: arg-type, misc
ctx.add_after_func_full(lambda context: None)           # E: call-overload
ctx.remove_after_func('7')                              # E: arg-type
ctx.wait_async(None, lambda source: None)               # E: arg-type
ctx.wait_async(lambda source, result: None)             # E beside: arg-type
group = GCtx.Group.new(ctx)
group.run_in_thread(lambda context: None)               # E: arg-type, return-value
group.start(lambda task: None)                          # E: arg-type, misc

# The functions beside the classes
GCtx.subprocess_new(ctx, 'cat -n', Gio.SubprocessFlags.NONE)                   # E: arg-type
GCtx.subprocess_new('cat', ctx, Gio.SubprocessFlags.NONE)                      # E: arg-type
GCtx.task_new(None)                                                            # E: call-arg
GCtx.dbus_proxy_call_sync(None, ctx, 'D', None, Gio.DBusCallFlags.NONE)        # E beside: arg-type


# asyncio
async def seven() -> int:
    return 7


async def tasks(file: Gio.File) -> None:
    ctx.done()                                          # E: unused-coroutine
    ctx.wrap(seven())                                   # E: unused-coroutine
    ctx.call(file.load_bytes_async)                     # E: unused-coroutine
    await ctx.wrap(seven)                               # E: arg-type
    await ctx.wrap(7)                                   # E: arg-type
    await ctx.call()                                    # E: call-overload
    await ctx.call('load_bytes_async')                  # E: call-overload
    await ctx.call(function=file.load_bytes_async)      # E: call-overload
    word: str = await ctx.wrap(seven())                 # E: arg-type|assignment
    word = ctx.wrap(seven())                            # E: assignment
    word = await ctx.call(file.load_bytes_async, finish=finish)  # E: arg-type|assignment
    word = ctx.call_sync(len, 'x')                      # E: assignment
    async with GCtx.timeout:                            # E: attr-defined
        pass
    async with GCtx.current():                          # E beside: attr-defined
        pass
    await GCtx.timeout(2)                               # E beside: misc
    await ctx.check()                                   # E: misc


def finish(source: object, result: Gio.AsyncResult) -> int:
    return 7


def no_task() -> None:
    try:
        ctx.check()
    except GCtx.TimedOut as late:
        late.cause.message                              # E: union-attr
        print(late.reason)                              # E beside: attr-defined
    except GLib.Error:
        pass
