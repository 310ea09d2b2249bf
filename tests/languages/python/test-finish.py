# test-finish.py
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""call() finds what finishes an asynchronous function, for all that there are."""

import asyncio
import unittest

import gi

gi.require_version('GCtx', '1')
from gi._gi import CallableInfo, CallbackInfo, Repository  # noqa: E402
from gi.repository import GCtx, Gio, GLib  # noqa: E402
from gi.overrides.GCtx import _call  # noqa: E402

import tap  # noqa: E402

try:
    gi.require_version('GdkPixbuf', '2.0')
    from gi.repository import GdkPixbuf
except (ImportError, ValueError):
    GdkPixbuf = None

background = GCtx.Context.background()

# Why a function has no finish function to find, or none that matters.
EXCEPTIONS = {
    'Gio.AsyncInitable.newv_async': 'takes an array of GParameter, which PyGObject cannot pass',
    'Gio.async_initable_newv_async': 'is the same one',
    'Gio.IOSchedulerJob.send_to_mainloop_async': 'calls a function, and has no result',
}
# What takes the callback for others, or calls it at once.
MAKERS = {
    'GCtx.task_new', 'Gio.Task.new', 'Gio.Task.report_error', 'Gio.SimpleAsyncResult.new',
    'Gio.SimpleAsyncResult.new_from_error', 'Gio.simple_async_report_gerror_in_idle',
}


def layouts(namespace):
    for info in Repository.get_default().get_infos(namespace):
        if isinstance(info, CallbackInfo):
            continue
        functions = [info] if isinstance(info, CallableInfo) else getattr(info, 'get_methods', list)()
        for function in functions:
            container = function.get_container()
            yield _call._layout(namespace, container and container.get_name(), function.get_name())


class TestFinish(unittest.TestCase):
    def found(self, namespace):
        """How many have one; fails for those that have none, and no excuse."""
        count = 0
        for layout in layouts(namespace):
            if layout.name in MAKERS or layout.callback is None and not layout.short_name.endswith('_async'):
                continue
            with self.subTest(layout.name):
                found = layout.find(layout.finish_name())
                if layout.name in EXCEPTIONS:
                    self.assertIsNone(found)
                    continue
                self.assertIsNotNone(layout.callback)
                self.assertIsNotNone(found, 'no ' + layout.finish_name())
                self.assertIsNotNone(found[1].result, 'it takes no GAsyncResult')
                count += 1
        return count

    def test_gio(self):
        self.assertGreater(self.found('Gio'), 120)

    def test_gctx(self):
        self.assertGreaterEqual(self.found('GCtx'), 8)

    @unittest.skipUnless(GdkPixbuf, 'no GdkPixbuf')
    def test_pixbuf(self):
        self.assertGreaterEqual(self.found('GdkPixbuf'), 5)

    def test_table(self):
        """It has no entry for what the name would tell."""
        for name, finish in _call._FINISH.items():
            self.assertNotEqual(name.split('.')[-1].removesuffix('_async') + '_finish', finish)

    @unittest.skipUnless(GdkPixbuf, 'no GdkPixbuf')
    def test_use(self):
        """Finish functions that are a constructor and a static function."""
        async def copy():
            pixbuf = GdkPixbuf.Pixbuf.new(GdkPixbuf.Colorspace.RGB, False, 8, 4, 2)
            pixbuf.fill(0)
            stream = Gio.MemoryOutputStream.new_resizable()
            self.assertTrue(await background.call(pixbuf.save_to_streamv_async, stream, 'png', [], []))
            stream.close(None)
            stream = Gio.MemoryInputStream.new_from_bytes(stream.steal_as_bytes())
            return await background.call(GdkPixbuf.Pixbuf.new_from_stream_at_scale_async, stream, 2, -1, True)

        copied = asyncio.run(copy())
        self.assertEqual((copied.get_width(), copied.get_height()), (2, 1))

    def test_read_line(self):
        async def read():
            stream = Gio.DataInputStream.new(Gio.MemoryInputStream.new_from_bytes(GLib.Bytes.new(b'one\ntwo')))
            return await background.call(stream.read_line_async)
        self.assertEqual(tuple(asyncio.run(read())), ('one', 3))


if __name__ == '__main__':
    tap.run(TestFinish)
