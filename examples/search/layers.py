# layers.py
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Runs the programs of the search example and reads what they log.

Every log line carries the time of CLOCK_MONOTONIC, as time.monotonic_ns () does,
so that what client, server and backend saw can be laid side by side.
"""

import os
import re
import signal
import subprocess
import threading
import time

# Long enough for a machine that is busy with other things; nothing waits that
# long unless something is broken.
PATIENCE = 60

LOG_LINE = re.compile(r'^(\d+\.\d{6}) ([\w-]+)(?: ([\w-]+))?: (.*)$')


class Broken(Exception):
    """Something did not go as promised."""


def now():
    return time.monotonic_ns() / 1e9


class Event:
    """A line of a log."""

    def __init__(self, time, layer, request, text):
        self.time = time
        self.layer = layer
        self.request = request
        self.text = text


class Program:
    """A server that has said on which port it listens."""

    def __init__(self, path, *arguments, env=None):
        self.name = os.path.basename(path)
        self.events = []
        self.other_lines = []
        self._changed = threading.Condition()
        self._process = subprocess.Popen([path, '--port=0', *arguments],
                                         stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                         text=True, encoding='utf-8', errors='replace', env=env)
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()

        line = self._process.stdout.readline()
        found = re.fullmatch(r'listening on port (\d+)\n', line)
        if not found:
            self._process.wait()
            self._reader.join()
            raise Broken('%s did not start: %s' % (self.name, ' '.join(self.other_lines) or repr(line)))
        self.port = int(found.group(1))
        self.url = 'http://127.0.0.1:%d' % self.port

        # With this, everything that it logged while it started has been read.
        self.wait_for(None, '^listening')

    def _read_log(self):
        for line in self._process.stderr:
            line = line.rstrip('\n')
            found = LOG_LINE.match(line)
            with self._changed:
                if found:
                    self.events.append(Event(float(found.group(1)), found.group(2), found.group(3), found.group(4)))
                elif line:
                    self.other_lines.append(line)
                self._changed.notify_all()

    def find(self, request, pattern):
        return [event for event in list(self.events)
                if event.request == request and re.search(pattern, event.text)]

    def wait_for(self, request, pattern, count=1, patience=PATIENCE):
        """Returns the first events that match once there are that many."""
        until = now() + patience
        with self._changed:
            while True:
                found = self.find(request, pattern)
                if len(found) >= count:
                    return found
                if not self._changed.wait(max(0, until - now())) and now() >= until:
                    raise Broken('%s logged “%s” %d times for %s, not %d times' %
                                 (self.name, pattern, len(found), request, count))

    def count_descriptors(self):
        return len(os.listdir('/proc/%d/fd' % self._process.pid))

    def is_running(self):
        return self._process.poll() is None

    def stop(self):
        """Ends the program as a user would, and returns its exit status."""
        self._process.send_signal(signal.SIGTERM)
        try:
            status = self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise Broken('%s did not end' % self.name)
        self._reader.join()
        self._process.stdout.close()
        return status

    def kill(self):
        self._process.kill()
        self._process.wait()


class Curl:
    """A client. What it gets is in `status` and `body` after wait ()."""

    def __init__(self, url, request=None, accept=None):
        command = ['curl', '--silent', '--show-error', '--write-out', '\n%{http_code}', url]
        if request:
            command += ['--header', 'X-Request-Id: ' + request]
        if accept:
            command += ['--header', 'Accept: ' + accept]
        self.started = now()
        self.ended = None
        self.status = None
        self.body = None
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def wait(self):
        output, complaint = self._process.communicate(timeout=PATIENCE)
        self.ended = now()
        body, _, status = output.decode('utf-8', 'replace').rpartition('\n')
        if self._process.returncode != 0:
            raise Broken('curl failed: ' + complaint.decode('utf-8', 'replace').strip())
        self.status = int(status)
        self.body = body
        return self

    def hang_up(self):
        """Kills the client; `ended` is before its connection closes, not after."""
        self.ended = now()
        self._process.kill()
        output, _ = self._process.communicate(timeout=PATIENCE)
        if output:
            raise Broken('the client was answered before it hung up')
