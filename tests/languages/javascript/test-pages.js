// test-pages.js: the programs of the manual, run as they stand there
//
// Copyright 2026 the GCtx authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

const { Gio, GLib } = imports.gi;
const { assert, assertEqual, run } = imports.tap;

const read = path => new TextDecoder().decode(GLib.file_get_contents(path)[1]);

function page(name) {
    return read(GLib.build_filenamev([GLib.getenv('GCTX_DOCS'), `${name}.md`]));
}

function samples(name, language) {
    return [...page(name).matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm'))].map(match => match[1]);
}

// What a program prints. It is given nothing but what stands on the page.
function play(program) {
    const directory = GLib.Dir.make_tmp('gctx-XXXXXX');
    const path = GLib.build_filenamev([directory, 'program.js']);

    GLib.file_set_contents(path, program);
    const child = Gio.Subprocess.new(['gjs', '-m', path],
        Gio.SubprocessFlags.STDOUT_PIPE | Gio.SubprocessFlags.STDERR_PIPE);
    const [, out, err] = child.communicate_utf8(null, null);
    GLib.unlink(path);
    GLib.rmdir(directory);
    assertEqual(err, '', program);
    assertEqual(child.get_if_exited() && child.get_exit_status(), 0, program);
    return out;
}

function change(program, old, by) {
    assertEqual(program.split(old).length, 2, `${old} is there once`);
    return program.replace(old, by);
}

run({
    javascript() {
        const [first, cause, ...others] = samples('javascript', 'js');

        assertEqual(others.length, 0, 'others');
        assert(/^Ada: \d+ bytes\n$/.test(play(first)), 'what the first prints');
        assertEqual(play(change(first, '2000', '0')), 'That took too long\n', 'what it prints if that is late');
        assertEqual(play(cause), 'true Error: the door bell rang\n', 'what the second prints');
    },

    groups() {
        const found = samples('groups', 'js');

        assertEqual(found.length, 1, 'samples');
        assertEqual(play(found[0]).trim().split('\n').sort().join(),
            '/proc/self/limits true,/proc/self/status true', 'what it prints');
    },

    // What is named for TypeScript is what is installed.
    tsconfig() {
        const [config] = samples('javascript', 'json').map(text => JSON.parse(text));

        assert(config.files[0].endsWith('/share/gctx-1/gctx-1.d.ts'), config.files[0]);
    },
});
