# silent.py: a file that does not answer
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

import os
import tempfile

from gi.repository import Gio


class SilentFile:
    """A FIFO that nobody writes to: a thread that reads it heeds no cancellable, and
    blocks until `release()`, or the end of the test."""

    def __init__(self, case):
        directory = tempfile.TemporaryDirectory()
        path = os.path.join(directory.name, 'fifo')
        os.mkfifo(path)
        # Both ways, so that nobody's open has to wait for a partner.
        self._writer = os.open(path, os.O_RDWR)
        self.file = Gio.File.new_for_path(path)
        case.addCleanup(directory.cleanup)
        case.addCleanup(self.release)

    def release(self):
        if self._writer is not None:
            os.close(self._writer)
            self._writer = None
