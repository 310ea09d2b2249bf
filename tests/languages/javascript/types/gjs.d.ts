// gjs.d.ts: as much of gjs and libsoup as the example uses
//
// Copyright 2026 the GCtx authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

declare module 'gi://Soup?version=3.0' { const Soup: any; export default Soup; }
declare module 'system' { const System: { exit(status: number): never }; export default System; }
declare const ARGV: string[];
declare function print(...words: unknown[]): void;
declare function printerr(...words: unknown[]): void;
