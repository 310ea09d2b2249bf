// play.js
//
// Copyright 2026 the GCtx authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// usage: play.js PLAN MODE FIRST
//
// Makes the calls of a plan from FIRST on, in JavaScript: see
// test-bare-types.py.

const { GCtx, isPlain } = imports.binding;
const { Gio, GLib, GObject } = imports.gi;
const System = imports.system;

const types = {
    string: GObject.TYPE_STRING,
    object: Gio.File.$gtype,
    variant: GObject.TYPE_VARIANT,
    boolean: GObject.TYPE_BOOLEAN,
    boxed: GLib.Bytes.$gtype,
};

const error = new GLib.Error(Gio.IOErrorEnum, Gio.IOErrorEnum.FAILED, 'no such luck');

function doneScope() {
    const scope = GCtx.Scope.new(GCtx.Context.background());
    scope.cancel();
    return scope;
}

function keyFor(call) {
    return GCtx.Key.new('key', types[call.name.split('_')[1]] ?? GObject.TYPE_INT);
}

// What a caller who read the manual would give, by type.
const goods = {
    'Context': doneScope,
    'Scope': doneScope,
    'Group': () => GCtx.Group.new(GCtx.Context.background()),
    'Key': keyFor,
    'GObject.Value': () => 7,
    'GObject.Object': () => Gio.SimpleAction.new('x', null),
    'GLib.Error': () => error,
    'GType': () => GObject.TYPE_INT,
    'Gio.Task': () => GCtx.task_new(null, doneScope(), null),
    'Gio.Cancellable': () => new Gio.Cancellable(),
    'Gio.Subprocess': () => Gio.Subprocess.new(['true'], Gio.SubprocessFlags.NONE),
    'Gio.SubprocessLauncher': () => Gio.SubprocessLauncher.new(Gio.SubprocessFlags.NONE),
    'Gio.SubprocessFlags': () => Gio.SubprocessFlags.NONE,
    'utf8': () => 'true',
    'number': () => 1,
    'callback': () => task => {
        if (task instanceof Gio.Task)
            task.return_boolean(true);
        return null;
    },
};

// What a caller might give by mistake.
const bads = [
    null, undefined, 0, -1, 2 ** 31, 2 ** 53, -(2 ** 63), 2 ** 64, 1e300, 1.5, NaN, Infinity, true, '', 'n\0l',
    'x'.repeat(100000), '\udc80', 7n, 2n ** 63n, Symbol('x'), [], [null], [undefined], [1, 2, 3], ['x', null], [[]], {},
    new Date(0), /x/, () => null, class {}, Gio, GCtx, GCtx.Scope, new Uint8Array(3), GObject.TYPE_NONE,
    GObject.TYPE_INVALID, error, new Error('x'), GLib.Variant.new_string('x'), new Gio.Cancellable(),
    Gio.File.new_for_path('/'), doneScope(), GCtx.Key.new('key', GObject.TYPE_STRING),
];

function good(call, parameter) {
    const value = goods[parameter.type]?.(call) ?? null;
    return parameter.array ? [value] : value;
}

function describe(value) {
    try {
        return Array.isArray(value) ? `[${value.map(describe)}]` : String(value).slice(0, 40);
    } catch (e) {
        return typeof value;
    }
}

// It may work, or throw what tells a caller what to do.
function attempt(index, label, func) {
    print(`@ ${index} ${label.replace(/[^ -~]/g, '?')}`);
    try {
        return func();
    } catch (e) {
        if (!e.message)
            print(`! ${index} ${label}: ${e} says nothing`);
    }
    return null;
}

// gjs crashes where C calls it in another thread, or drops a function there,
// whatever the library; gjs 1.82 oftener than 1.74. The overrides refuse these.
const inThreads = ['run_in_thread', 'task_run_in_thread', 'task_run_in_thread_sync'];

function crashes(call) {
    return isPlain && inThreads.includes(call.name);
}

let nDerived = 0;

// Each type, made of nothing, and then used.
function playBare(index, entry) {
    const type = GCtx[entry.type];
    const makers = [() => new type(), () => new type({}), () => Object.create(type.prototype)];
    if (entry.is_object) {
        makers.push(() => GObject.Object.new(type, {}), () => GObject.Object.newv?.(type, []),
            () => new (GObject.registerClass({ GTypeName: `Derived${++nDerived}` }, class extends type {}))());
    }
    makers.forEach((make, number) => {
        const way = `${entry.type} of way ${number}`;
        let made = attempt(index, `${way}: made`, make);
        if (!made)
            return;
        attempt(index, `${way}: as a string`, () => String(made));
        attempt(index, `${way}: as JSON`, () => JSON.stringify(made));
        attempt(index, `${way}: compared`, () => made === made && Object.keys(made));
        for (const call of entry.calls) {
            // The one would last for ever, the other is a mistake.
            if (['wait', 'pop_current'].includes(call.name) || crashes(call))
                continue;
            attempt(index, `${way}: ${call.name}`, () => made[call.name](...call.parameters.map(p => good(call, p))));
        }
        if (entry.type === 'Key')
            attempt(index, `${way}: as a key`, () => GCtx.Context.background().with_value(made, 7));
        attempt(index, `${way}: as a parent`, () => GCtx.Scope.new(made));
        made = null;
        System.gc();
    });
}

// Each function, with something wrong in each place.
function playCall(index, entry) {
    const call = entry.call;
    if (crashes(call))
        return;

    const owner = call.owner ? GCtx[call.owner] : GCtx;
    const name = `${call.owner}.${call.name}`;
    const invoke = args => entry.is_method
        ? owner.prototype[call.name].apply(args[0], args.slice(1)) : owner[call.name](...args);

    call.parameters.forEach((parameter, place) => {
        for (const bad of [...bads, ...bads.map(b => [b])]) {
            const args = call.parameters.map(p => good(call, p));
            args[place] = bad;
            attempt(index, `${name} with ${describe(bad)} as ${parameter.name}`, () => invoke(args));
        }
    });
    attempt(index, `${name} with too little`, () => invoke([]));
    attempt(index, `${name} with too much`, () => invoke([...Array(20).keys()]));
}

const [path, mode, first] = ARGV;
const [, text] = GLib.file_get_contents(path);
JSON.parse(new TextDecoder().decode(text))[mode].forEach((entry, index) => {
    if (index >= Number(first)) {
        (mode === 'bare' ? playBare : playCall)(index, entry);
        System.gc();
    }
});
print('end');
