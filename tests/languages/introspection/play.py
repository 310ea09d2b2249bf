# play.py
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""usage: play.py PLAN MODE FIRST

Makes the calls of a plan from FIRST on, in Python: see test-bare-types.py."""

import copy
import gc
import json
import math
import sys

from gi.repository import Gio, GLib, GObject

from binding import GCtx

TYPES = {'string': str, 'object': Gio.File, 'variant': GLib.Variant, 'boolean': bool, 'boxed': GLib.Bytes,
         'pointer': GObject.TYPE_POINTER}
ERROR = GLib.Error.new_literal(Gio.io_error_quark(), 'no such luck', Gio.IOErrorEnum.FAILED)


def done_scope():
    scope = GCtx.Scope.new(GCtx.Context.background())
    scope.cancel()
    return scope


def key_for(call):
    return GCtx.Key.new('key', TYPES.get(call['name'].partition('_')[2], GObject.TYPE_INT))


def call_back(*arguments):
    if arguments and isinstance(arguments[0], Gio.Task):
        arguments[0].return_boolean(True)


# What a caller who read the manual would give, by type.
GOOD = {
    'Context': lambda call: done_scope(),
    'Scope': lambda call: done_scope(),
    'Group': lambda call: GCtx.Group.new(GCtx.Context.background()),
    'Key': key_for,
    'GObject.Value': lambda call: 7,
    'GObject.Object': lambda call: Gio.SimpleAction.new('x', None),
    'GLib.Error': lambda call: ERROR,
    'GType': lambda call: GObject.TYPE_INT,
    'Gio.Task': lambda call: GCtx.task_new(None, done_scope(), None),
    'Gio.Cancellable': lambda call: Gio.Cancellable(),
    'Gio.Subprocess': lambda call: Gio.Subprocess.new(['true'], Gio.SubprocessFlags.NONE),
    'Gio.SubprocessLauncher': lambda call: Gio.SubprocessLauncher.new(Gio.SubprocessFlags.NONE),
    'Gio.SubprocessFlags': lambda call: Gio.SubprocessFlags.NONE,
    'utf8': lambda call: 'true',
    'number': lambda call: 1,
    'callback': lambda call: call_back,
}

# What a caller might give by mistake.
BAD = [
    None, 0, -1, 2 ** 31, 2 ** 63 - 1, -2 ** 63, 2 ** 64, 2 ** 200, 1.5, math.nan, math.inf, True, '', 'x' * 100000,
    'n\0l', '\udc80', b'x', (), [], [None], [1, 2, 3], ['x', None], [[]], {}, object(), object, int, len, Gio, GCtx,
    GCtx.Scope, GObject.Value(), GObject.Value(GObject.TYPE_INT64, 7), GObject.TYPE_NONE, GObject.TYPE_INVALID,
    ERROR, GLib.Variant('s', 'x'), Gio.Cancellable(), Gio.File.new_for_path('/'), done_scope(),
    GCtx.Key.new('key', str),
]


def good(call, parameter):
    value = GOOD.get(parameter['type'], lambda call: None)(call)
    return [value] if parameter['array'] else value


def say(*words):
    print(*words, flush=True)


def attempt(index, label, function, *arguments):
    """It may work, or raise what tells a caller what to do."""
    say('@', index, label)
    try:
        return function(*arguments)
    except (TypeError, ValueError, OverflowError, RuntimeError, AttributeError, NotImplementedError, GLib.Error) as error:
        if not str(error):
            say('!', index, label, repr(error), 'says nothing')
    except BaseException as error:
        say('!', index, label, repr(error))


def play_bare(index, entry):
    """Each type, made of nothing, and then used."""
    type_ = getattr(GCtx, entry['type'])
    makers = [type_, lambda: type_(**{}), lambda: type_.__new__(type_)]
    if entry['is_object']:
        makers += [lambda: GObject.new(type_), lambda: type('Derived', (type_,), {})()]
    for number, make in enumerate(makers):
        made = attempt(index, f'{entry["type"]} made in way {number}', make)
        if made is None:
            continue
        for words in (repr, str, hash, bool, copy.copy, copy.deepcopy, dir):
            attempt(index, f'{entry["type"]} of way {number}: {words.__name__}', words, made)
        attempt(index, 'equal', lambda: made == made and made != object())
        for call in entry['calls']:
            # The one would last for ever, the other is a mistake.
            if call['name'] in ('wait', 'pop_current'):
                continue
            label = f'{entry["type"]} of way {number}: {call["name"]}'
            attempt(index, label, lambda: getattr(made, call['name'])(*[good(call, p) for p in call['parameters']]))
        if entry['type'] == 'Key':
            attempt(index, 'as a key', GCtx.Context.background().with_value, made, 7)
        # PyGObject 3.42 crashes when it is given what was never initialized in the
        # place of another type, whatever the library.
        if isinstance(made, GCtx.Context):
            attempt(index, 'as a parent', GCtx.Scope.new, made)
        del made
        gc.collect()


def play_call(index, entry):
    """Each function, with something wrong in each place."""
    call = entry['call']
    owner = getattr(GCtx, call['owner']) if call['owner'] else GCtx
    function = getattr(owner, call['name'])
    for place, parameter in enumerate(call['parameters']):
        for bad in BAD + [[bad] for bad in BAD]:
            # PyGObject 3.42 crashes with a None in an array of values, whatever the
            # library.
            if parameter['name'] == 'values' and isinstance(bad, list) and None in bad:
                continue
            arguments = [good(call, p) for p in call['parameters']]
            arguments[place] = bad
            attempt(index, f'{function} with {str(bad)[:40]!a} as {parameter["name"]}', function, *arguments)
    attempt(index, f'{function} with too little', function)
    attempt(index, f'{function} with too much', function, *range(20))


def main(plan, mode, first):
    with open(plan, encoding='utf-8') as file:
        entries = json.load(file)[mode]
    for index, entry in enumerate(entries):
        if index >= int(first):
            (play_bare if mode == 'bare' else play_call)(index, entry)
            gc.collect()
    say('end')


main(*sys.argv[1:])
