// gi.d.ts: as much of GLib and its kin as the types of GCtx name
//
// Copyright 2026 the GCtx authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

declare module 'gi://GObject' {
    namespace GObject { class Object { } type GType = any; const TYPE_INT: GType; }
    export default GObject;
}
declare module 'gi://GLib' {
    namespace GLib { class Error { matches(a:any,b:number):boolean } class Bytes {} class Variant {} class VariantType {} class MainContext {} class Source {} const Uri: any; }
    export default GLib;
}
declare module 'gi://Gio' {
    namespace Gio { class Cancellable {} class AsyncResult {} class Task {} class Subprocess {} class SubprocessLauncher {} type SubprocessFlags = number; class DBusConnection {} class DBusProxy {} class DBusMethodInvocation{} class SocketConnection{} type DBusCallFlags = number; type AsyncReadyCallback = (a:any,b:AsyncResult)=>void; type TaskThreadFunc = (...a:any[])=>void; const IOErrorEnum: any; }
    export default Gio;
}
