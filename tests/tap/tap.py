# tap.py
#
# Copyright 2026 the GCtx authors
#
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Runs unittest cases and reports them as TAP."""

import sys
import traceback
import unittest


class Result(unittest.TestResult):
    # The test of which a subTest() failed last.
    failed_within = None

    def report(self, test, ok):
        print('%s %d - %s' % ('ok' if ok else 'not ok', self.testsRun, test.id()), flush=True)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.report(test, True)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.report(test, False)
        self.explain(error)

    addError = addFailure

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        # After one that failed, unittest has no more to say of the test itself.
        if error is not None:
            if self.failed_within is not test:
                self.failed_within = test
                self.report(test, False)
            print('# ' + subtest.id(), flush=True)
            self.explain(error)

    def explain(self, error):
        for line in ''.join(traceback.format_exception(*error)).splitlines():
            print('# ' + line, flush=True)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        print('ok %d - %s # SKIP %s' % (self.testsRun, test.id(), reason), flush=True)


def run(*cases):
    suite = unittest.TestSuite(map(unittest.defaultTestLoader.loadTestsFromTestCase, cases))
    print('1..%d' % suite.countTestCases(), flush=True)
    result = Result()
    suite.run(result)
    sys.exit(0 if result.wasSuccessful() else 1)
