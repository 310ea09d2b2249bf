// gctx-1.d.ts: what TypeScript sees of GCtx in gjs
//
// Copyright 2026 the GCtx authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

// The override makes it where the engine has none; the same as in TypeScript's own
// esnext.disposable, which may be there as well.
interface SymbolConstructor {
    readonly dispose: unique symbol;
}
interface Disposable {
    [Symbol.dispose](): void;
}

// Timeouts and what remains are in milliseconds under the names in camel case, and in
// microseconds under those of C. A deadline is always a point on the clock of
// GLib.get_monotonic_time(), in microseconds. Infinity is no limit.
declare module 'gi://GCtx' {
    import Gio from 'gi://Gio';
    import GLib from 'gi://GLib';
    import GObject from 'gi://GObject';

    export namespace GCtx {
        /** The version of the library's introspection data. */
        const MAJOR_VERSION: number;
        const MINOR_VERSION: number;
        const MICRO_VERSION: number;
        const VERSION_S: string;
        /** Microseconds between SIGTERM and SIGKILL. */
        const SUBPROCESS_GRACE: number;

        type AfterFunc = (context: Context) => void;
        type GroupStartFunc = (task: Gio.Task, context: Context) => void;
        type GroupThreadFunc = (context: Context) => boolean;
        type SourceFunc = (context: Context) => boolean;
        const held: unique symbol;
        type Class<T> = abstract new (...args: any[]) => T;
        /** Classes of JavaScript whose values are no instances of them. */
        type TypedClass = StringConstructor | NumberConstructor | BooleanConstructor | BigIntConstructor | SymbolConstructor;
        type Values = Iterable<readonly [Key<any>, any]>;

        /** The name of the function that finishes an operation. */
        type FinishName<Name> = Name extends `${infer Base}_${'async' | 'begin'}` ? `${Base}_finish` : `${Name & string}_finish`;
        /** What call() makes of what that returns: the leading TRUE of several values is left out. */
        type Finished<T, Name> = Name extends keyof T
            ? T[Name] extends (...args: any) => infer Result
                ? Result extends [boolean, infer First, ...infer Others] ? [First, ...Others] : Result
                : any
            : any;

        interface ScopeOptions {
            /** Milliseconds; Infinity for no limit. */
            timeout?: number;
            /** Microseconds on the clock of GLib.get_monotonic_time(). */
            deadline?: number;
            /** What was thrown, or a GLib.Error; null for none. */
            cause?: unknown;
            values?: Values | null;
        }

        class Key<T = any> {
            static readonly $gtype: GObject.GType;
            static new(name: string, value_type: TypedClass): Key;
            static new<T>(name: string, value_type: Class<T>): Key<T>;
            static new<T = any>(name: string, value_type?: any): Key<T>;
            constructor(name: string, value_type: TypedClass);
            /** A key that holds instances of a class. */
            constructor(name: string, value_type: Class<T>);
            constructor(name: string, value_type?: any);
            /** For the compiler alone: what the key holds. */
            readonly [held]?: T;
            readonly name: string;
            readonly valueType: GObject.GType;
            get_name(): string;
            get_value_type(): GObject.GType;
        }

        class Context extends GObject.Object {
            constructor();
            /** Milliseconds; Infinity without a deadline, 0 once it passed. */
            readonly remaining: number;
            readonly error: GLib.Error | null;
            readonly cause: GLib.Error | null;
            get<T>(key: Key<T>): T | undefined;
            get<T, F>(key: Key<T>, fallback: F): T | F;
            done(): Promise<void>;
            wrap<T>(work: PromiseLike<T> | T | ((cancellable: Gio.Cancellable | null) => PromiseLike<T> | T)): Promise<T>;
            call<T extends object, Name extends keyof T & string>(object: T, method: Name, ...args: any[]): Promise<Finished<T, FinishName<Name>>>;
            call<T extends object, Finish extends keyof T & string>(object: T, method: [string | Function, Finish], ...args: any[]): Promise<Finished<T, Finish>>;
            call(object: object, method: string | Function | [string | Function, string], ...args: any[]): Promise<any>;
            static any(contexts: Context[]): Context;
            static background(): Context;
            static from_cancellable(cancellable: Gio.Cancellable | null): Context;
            static get_current(): Context;
            static todo(): Context;
            add_after_func(func: AfterFunc): number;
            add_after_func_full(context: GLib.MainContext | null, priority: number, func: AfterFunc): number;
            check(): boolean;
            create_cancellable(): Gio.Cancellable | null;
            create_source(): GLib.Source;
            get_boolean(key: Key<any>): boolean;
            get_cancellable(): Gio.Cancellable | null;
            get_cause(): GLib.Error | null;
            get_deadline(): [boolean, number];
            get_double(key: Key<any>): number;
            get_error(): GLib.Error | null;
            get_int(key: Key<any>): number;
            get_int64(key: Key<any>): number;
            get_object(key: Key<any>): GObject.Object | null;
            get_remaining(): [boolean, number];
            get_remaining_msec(): number;
            get_string(key: Key<any>): string | null;
            get_uint64(key: Key<any>): number;
            get_value<T>(key: Key<T>): T | null;
            get_variant(key: Key<any>): GLib.Variant | null;
            has_value(key: Key<any>): boolean;
            is_done(): boolean;
            pop_current(): void;
            propagate_error(src: GLib.Error): GLib.Error;
            push_current(): void;
            remove_after_func(id: number): boolean;
            sleep(duration_usec: number | bigint): boolean;
            sleep_async(duration_usec: number | bigint, cancellable: Gio.Cancellable | null, callback: Gio.AsyncReadyCallback | null): void;
            sleep_async(duration_usec: number | bigint, cancellable?: Gio.Cancellable | null): Promise<boolean>;
            sleep_finish(result: Gio.AsyncResult): boolean;
            to_string(): string;
            translate_error<E>(error: E): E | GLib.Error;
            wait(): void;
            wait_async(cancellable: Gio.Cancellable | null, callback: Gio.AsyncReadyCallback | null): void;
            wait_async(cancellable?: Gio.Cancellable | null): Promise<boolean>;
            wait_finish(result: Gio.AsyncResult): boolean;
            with_deadline(deadline_usec: number | bigint): Context;
            with_lookup(closure: (key: Key<any>) => any): Context;
            with_timeout(timeout_usec: number | bigint): Context;
            with_value<T>(key: Key<T>, value: T): Context;
            with_values(keys: Key<any>[] | null, values: any[] | null): Context;
            without_cancel(): Context;
        }

        class Scope extends Context {
            constructor(parent?: Context | null, options?: ScopeOptions | null);
            static new(parent: Context): Scope;
            static new_for_connection(parent: Context, connection: Gio.SocketConnection): Scope;
            static new_for_dbus_invocation(parent: Context, invocation: Gio.DBusMethodInvocation): Scope;
            static new_for_object(parent: Context, object: GObject.Object): Scope;
            static new_for_unix_signals(parent: Context, signums: number[]): Scope | null;
            static new_full(parent: Context, deadline_usec: number | bigint, cause: unknown, keys: Key<any>[] | null, values: any[] | null): Scope;
            static new_with_deadline(parent: Context, deadline_usec: number | bigint): Scope;
            static new_with_deadline_cause(parent: Context, deadline_usec: number | bigint, cause: unknown): Scope;
            static new_with_timeout(parent: Context, timeout_usec: number | bigint): Scope;
            static new_with_timeout_cause(parent: Context, timeout_usec: number | bigint, cause: unknown): Scope;
            cancel(): boolean;
            cancel_with_cause(cause: unknown): boolean;
            close(): void;
            [Symbol.dispose](): void;
            has_expired(): boolean;
        }

        class Group extends GObject.Object {
            constructor(parent?: Context | null);
            run<T>(func: (context: Context) => PromiseLike<T> | T): Promise<T>;
            static new(parent: Context): Group;
            static new_with_limit(parent: Context, max_running: number): Group;
            get_context(): Context;
            /** Throws: JavaScript has one thread. */
            run_in_thread(func: GroupThreadFunc): never;
            start(func: GroupStartFunc): void;
            wait(): boolean;
            wait_async(cancellable: Gio.Cancellable | null, callback: Gio.AsyncReadyCallback | null): void;
            wait_async(cancellable?: Gio.Cancellable | null): Promise<boolean>;
            wait_finish(result: Gio.AsyncResult): boolean;
        }

        function withScope<T>(parent: Context | null, func: (context: Scope) => PromiseLike<T> | T): Promise<T>;
        function withTimeout<T>(parent: Context | null, ms: number, func: (context: Scope) => PromiseLike<T> | T): Promise<T>;
        function withDeadline<T>(parent: Context | null, usec: number, func: (context: Scope) => PromiseLike<T> | T): Promise<T>;
        function dbus_connection_call(connection: Gio.DBusConnection, context: Context, bus_name: string | null, object_path: string, interface_name: string, method_name: string, parameters: GLib.Variant | null, reply_type: GLib.VariantType | null, flags: Gio.DBusCallFlags, callback: Gio.AsyncReadyCallback | null): void;
        function dbus_connection_call(connection: Gio.DBusConnection, context: Context, bus_name: string | null, object_path: string, interface_name: string, method_name: string, parameters: GLib.Variant | null, reply_type: GLib.VariantType | null, flags: Gio.DBusCallFlags): Promise<GLib.Variant>;
        function dbus_connection_call_finish(result: Gio.AsyncResult): GLib.Variant;
        function dbus_connection_call_sync(connection: Gio.DBusConnection, context: Context, bus_name: string | null, object_path: string, interface_name: string, method_name: string, parameters: GLib.Variant | null, reply_type: GLib.VariantType | null, flags: Gio.DBusCallFlags): GLib.Variant;
        function dbus_proxy_call(proxy: Gio.DBusProxy, context: Context, method_name: string, parameters: GLib.Variant | null, flags: Gio.DBusCallFlags, callback: Gio.AsyncReadyCallback | null): void;
        function dbus_proxy_call(proxy: Gio.DBusProxy, context: Context, method_name: string, parameters: GLib.Variant | null, flags: Gio.DBusCallFlags): Promise<GLib.Variant>;
        function dbus_proxy_call_finish(result: Gio.AsyncResult): GLib.Variant;
        function dbus_proxy_call_sync(proxy: Gio.DBusProxy, context: Context, method_name: string, parameters: GLib.Variant | null, flags: Gio.DBusCallFlags): GLib.Variant;
        function subprocess_communicate(subprocess: Gio.Subprocess, context: Context, stdin_buf: GLib.Bytes | null): [boolean, GLib.Bytes | null, GLib.Bytes | null];
        function subprocess_communicate_async(subprocess: Gio.Subprocess, context: Context, stdin_buf: GLib.Bytes | null, callback: Gio.AsyncReadyCallback | null): void;
        function subprocess_communicate_async(subprocess: Gio.Subprocess, context: Context, stdin_buf: GLib.Bytes | null): Promise<[GLib.Bytes | null, GLib.Bytes | null]>;
        function subprocess_communicate_finish(result: Gio.AsyncResult): [boolean, GLib.Bytes | null, GLib.Bytes | null];
        function subprocess_communicate_utf8(subprocess: Gio.Subprocess, context: Context, stdin_buf: string | null): [boolean, string | null, string | null];
        function subprocess_communicate_utf8_async(subprocess: Gio.Subprocess, context: Context, stdin_buf: string | null, callback: Gio.AsyncReadyCallback | null): void;
        function subprocess_communicate_utf8_async(subprocess: Gio.Subprocess, context: Context, stdin_buf: string | null): Promise<[string | null, string | null]>;
        function subprocess_communicate_utf8_finish(result: Gio.AsyncResult): [boolean, string | null, string | null];
        function subprocess_launcher_spawnv(launcher: Gio.SubprocessLauncher, context: Context, grace_usec: number | bigint, argv: string[]): Gio.Subprocess;
        function subprocess_new(context: Context, argv: string[], flags: Gio.SubprocessFlags): Gio.Subprocess;
        function subprocess_wait(subprocess: Gio.Subprocess, context: Context): boolean;
        function subprocess_wait_async(subprocess: Gio.Subprocess, context: Context, callback: Gio.AsyncReadyCallback | null): void;
        function subprocess_wait_async(subprocess: Gio.Subprocess, context: Context): Promise<boolean>;
        function subprocess_wait_check(subprocess: Gio.Subprocess, context: Context): boolean;
        function subprocess_wait_check_async(subprocess: Gio.Subprocess, context: Context, callback: Gio.AsyncReadyCallback | null): void;
        function subprocess_wait_check_async(subprocess: Gio.Subprocess, context: Context): Promise<boolean>;
        function subprocess_wait_check_finish(result: Gio.AsyncResult): boolean;
        function subprocess_wait_finish(result: Gio.AsyncResult): boolean;
        function task_get_context(task: Gio.Task): Context;
        function task_new(source_object: GObject.Object | null, context: Context, callback: Gio.AsyncReadyCallback | null): Gio.Task;
        function task_propagate_boolean(task: Gio.Task): boolean;
        function task_propagate_int(task: Gio.Task): number;
        function task_propagate_pointer(task: Gio.Task): any;
        function task_propagate_value(task: Gio.Task): [boolean, any];
        function task_return_if_done(task: Gio.Task): boolean;
        /** Throws: JavaScript has one thread. */
        function task_run_in_thread(task: Gio.Task, task_func: Gio.TaskThreadFunc): never;
        /** Throws: JavaScript has one thread. */
        function task_run_in_thread_sync(task: Gio.Task, task_func: Gio.TaskThreadFunc): never;
        function unix_signal_quark(): number;
    }

    export default GCtx;
}

declare module 'gi://GCtx?version=1' {
    export { default } from 'gi://GCtx';
}
