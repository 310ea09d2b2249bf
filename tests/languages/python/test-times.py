# test-times.py
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Functions that keep their C name take microseconds, and no part of one is lost
(rule 14)."""

import asyncio
import decimal
import fractions
import math
import unittest

import gi

gi.require_version('GCtx', '1')
from gi._gi import CallableInfo, Direction, Repository, TypeTag  # noqa: E402
from gi.repository import GCtx, Gio, GLib  # noqa: E402

import tap  # noqa: E402

background = GCtx.Context.background()
CAUSE = ValueError('late')


def spawn(grace):
    launcher = Gio.SubprocessLauncher.new(Gio.SubprocessFlags.NONE)
    return GCtx.subprocess_launcher_spawnv(launcher, background, grace, ['true'])


# Each with a time, and what its error says to use.
FUNCTIONS = {
    'Context.sleep': (lambda usec: background.sleep(usec), 'USEC_PER_SEC'),
    'Context.sleep_async': (lambda usec: background.sleep_async(usec, None, None), 'USEC_PER_SEC'),
    'Context.with_deadline': (lambda usec: background.with_deadline(usec), r'GCtx\.deadline\('),
    'Context.with_timeout': (lambda usec: background.with_timeout(usec), r'GCtx\.timeout\('),
    'Scope.new_full': (lambda usec: GCtx.Scope.new_full(background, usec, CAUSE, None, None), r'GCtx\.deadline\('),
    'Scope.new_with_deadline': (lambda usec: GCtx.Scope.new_with_deadline(background, usec), r'GCtx\.deadline\('),
    'Scope.new_with_deadline_cause':
        (lambda usec: GCtx.Scope.new_with_deadline_cause(background, usec, CAUSE), r'GCtx\.deadline\('),
    'Scope.new_with_timeout': (lambda usec: GCtx.Scope.new_with_timeout(background, usec), r'GCtx\.timeout\('),
    'Scope.new_with_timeout_cause':
        (lambda usec: GCtx.Scope.new_with_timeout_cause(background, usec, CAUSE), r'GCtx\.timeout\('),
    'subprocess_launcher_spawnv': (spawn, 'USEC_PER_SEC'),
}
ENDING = [name for name in FUNCTIONS if not name.startswith(('Context.sleep', 'subprocess'))]


def in_typelib():
    """The functions that take a time: no other argument is a 64-bit integer."""
    for info in Repository.get_default().get_infos('GCtx'):
        methods = [info] if isinstance(info, CallableInfo) else getattr(info, 'get_methods', list)()
        for method in methods:
            if any(argument.get_direction() == Direction.IN and argument.get_type().get_tag() == TypeTag.INT64
                   for argument in method.get_arguments()):
                container = method.get_container()
                yield '%s.%s' % (container.get_name(), method.get_name()) if container else method.get_name()


class TestMicroseconds(unittest.TestCase):
    def test_all(self):
        """None is forgotten here."""
        self.assertEqual(sorted(in_typelib()), sorted(FUNCTIONS))

    def test_parts(self):
        """What PyGObject would cut off is refused, in words that tell what to write."""
        for name, (function, instead) in FUNCTIONS.items():
            for wrong in 0.5, -1.5, fractions.Fraction(7, 2), decimal.Decimal('1.5'):
                with self.subTest(name, wrong=wrong):
                    with self.assertRaisesRegex(TypeError, r'%s\(\) takes microseconds.*%s' % (
                            name.split('.')[-1], instead)):
                        function(wrong)

    def test_nan(self):
        for name, (function, _) in FUNCTIONS.items():
            for nan in math.nan, decimal.Decimal('NaN'):
                with self.subTest(name), self.assertRaisesRegex(ValueError, 'microseconds.*NaN'):
                    function(nan)

    def test_by_name(self):
        with self.assertRaisesRegex(TypeError, 'microseconds'):
            background.with_timeout(timeout_usec=0.9)
        with self.assertRaisesRegex(TypeError, 'microseconds'):
            GCtx.Scope.new_with_deadline(parent=background, deadline_usec=0.9)
        self.assertTrue(background.with_timeout(timeout_usec=-1.0).is_done())

    def test_in_call(self):
        with self.assertRaisesRegex(TypeError, 'microseconds'):
            asyncio.run(background.call(background.sleep_async, 0.5))
        with self.assertRaisesRegex(TypeError, 'microseconds'):
            background.call_sync(GCtx.subprocess_launcher_spawnv,
                                 Gio.SubprocessLauncher.new(Gio.SubprocessFlags.NONE), 0.5, ['true'])

    def test_whole(self):
        """A float without a fraction loses nothing; neither does an int."""
        for name in ENDING:
            for usec in 0, -1, -1.0, 1.0, decimal.Decimal(1):
                with self.subTest(name, usec=usec):
                    FUNCTIONS[name][0](usec).wait()
        self.assertTrue(background.sleep(1.0))
        self.assertTrue(spawn(2.0).wait(None))

    def test_no_limit(self):
        """math.inf is what it is in seconds; so is the far future."""
        for name in ENDING:
            for usec in math.inf, 1e300, GLib.MAXINT64:
                with self.subTest(name, usec=usec):
                    scope = FUNCTIONS[name][0](usec)
                    self.assertFalse(scope.is_done())
                    self.assertIsNone(scope.remaining)
            for usec in -math.inf, -1e300, GLib.MININT64:
                with self.subTest(name, usec=usec):
                    self.assertTrue(FUNCTIONS[name][0](usec).is_done())
        self.assertTrue(spawn(math.inf).wait(None))

    def test_others(self):
        """What is no number at all PyGObject refuses itself."""
        for name, (function, _) in FUNCTIONS.items():
            for wrong in '2', None, [], 1j:
                with self.subTest(name, wrong=wrong), self.assertRaises(TypeError):
                    function(wrong)


if __name__ == '__main__':
    tap.run(TestMicroseconds)
