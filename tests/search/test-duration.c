/* test-duration.c
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "duration.h"

#define USEC   G_GINT64_CONSTANT (1000)
#define MSEC   (1000 * USEC)
#define SEC    (1000 * MSEC)
#define MINUTE  (60 * SEC)
#define HOUR   (60 * MINUTE)

static void
assert_duration (const char *text,
                 gint64      expected)
{
  g_autoptr (GError) error = NULL;
  gint64 nsec = -42;

  g_test_message ("“%s”", text);
  g_assert_true (duration_parse (text, &nsec, &error));
  g_assert_no_error (error);
  g_assert_cmpint (nsec, ==, expected);
}

static void
assert_refused (const char    *text,
                DurationError  code,
                const char    *message)
{
  g_autoptr (GError) error = NULL;
  gint64 nsec;

  g_test_message ("“%s”", text);
  g_assert_false (duration_parse (text, &nsec, &error));
  g_assert_error (error, DURATION_ERROR, (int) code);
  g_assert_cmpstr (error->message, ==, message);
}

static void
test_units (void)
{
  g_test_summary ("every unit of Go's time.ParseDuration, both letters for micro");

  assert_duration ("0", 0);
  assert_duration ("+0", 0);
  assert_duration ("-0", 0);
  assert_duration ("7ns", 7);
  assert_duration ("2us", 2 * USEC);
  assert_duration ("2\302\265s", 2 * USEC);
  assert_duration ("2\316\274s", 2 * USEC);
  assert_duration ("300ms", 300 * MSEC);
  assert_duration ("5s", 5 * SEC);
  assert_duration ("1m", MINUTE);
  assert_duration ("3h", 3 * HOUR);
}

static void
test_sums (void)
{
  g_test_summary ("several numbers add up, in any order, under one sign");

  assert_duration ("1m30s", MINUTE + 30 * SEC);
  assert_duration ("1h15m30.918s", HOUR + 15 * MINUTE + 30 * SEC + 918 * MSEC);
  assert_duration ("10.5s4m", 4 * MINUTE + 10 * SEC + 500 * MSEC);
  assert_duration ("-2m3.4s", -(2 * MINUTE + 3 * SEC + 400 * MSEC));
  assert_duration ("1h2m3s4ms5us6ns", HOUR + 2 * MINUTE + 3 * SEC + 4 * MSEC + 5 * USEC + 6);
  assert_duration ("39h9m14.425s", 39 * HOUR + 9 * MINUTE + 14 * SEC + 425 * MSEC);
  assert_duration ("-1s", -SEC);
  assert_duration ("+5s", 5 * SEC);
}

static void
test_fractions (void)
{
  g_test_summary ("a digit on either side of the point is enough; what is too small to count is cut off");

  assert_duration ("1.5h", HOUR + 30 * MINUTE);
  assert_duration (".5s", 500 * MSEC);
  assert_duration ("5.s", 5 * SEC);
  assert_duration ("-.5s", -500 * MSEC);
  assert_duration ("1.004s", SEC + 4 * MSEC);
  assert_duration ("100.00100s", 100 * SEC + MSEC);
  assert_duration ("0.3333333333333333333h", 20 * MINUTE);
  assert_duration ("0.100000000000000000000h", 6 * MINUTE);
  assert_duration ("0.9223372036854775807h", G_GINT64_CONSTANT (3320413933267));
  assert_duration ("1.9ns", 1);
}

static void
test_limits (void)
{
  g_test_summary ("all of a gint64 of nanoseconds can be written, and nothing beyond");

  assert_duration ("9223372036854775807ns", G_MAXINT64);
  assert_duration ("9223372036854775.807us", G_MAXINT64);
  assert_duration ("9223372036s854ms775us807ns", G_MAXINT64);
  assert_duration ("-9223372036854775807ns", -G_MAXINT64);
  assert_duration ("-9223372036854775808ns", G_MININT64);
  assert_duration ("-2562047h47m16.854775808s", G_MININT64);

  assert_refused ("9223372036854775808ns", DURATION_ERROR_INVALID, "invalid duration “9223372036854775808ns”");
  assert_refused ("-9223372036854775809ns", DURATION_ERROR_INVALID, "invalid duration “-9223372036854775809ns”");
  assert_refused ("9223372036854776us", DURATION_ERROR_INVALID, "invalid duration “9223372036854776us”");
  assert_refused ("3000000h", DURATION_ERROR_INVALID, "invalid duration “3000000h”");
  assert_refused ("9223372036854ms775us808ns", DURATION_ERROR_INVALID, "invalid duration “9223372036854ms775us808ns”");
  assert_refused ("99999999999999999999s", DURATION_ERROR_INVALID, "invalid duration “99999999999999999999s”");
}

static void
test_refused (void)
{
  g_test_summary ("what is no duration is refused with the reason that Go gives");

  assert_refused ("", DURATION_ERROR_INVALID, "invalid duration “”");
  assert_refused ("-", DURATION_ERROR_INVALID, "invalid duration “-”");
  assert_refused ("s", DURATION_ERROR_INVALID, "invalid duration “s”");
  assert_refused (".", DURATION_ERROR_INVALID, "invalid duration “.”");
  assert_refused (".s", DURATION_ERROR_INVALID, "invalid duration “.s”");
  assert_refused ("+.s", DURATION_ERROR_INVALID, "invalid duration “+.s”");
  assert_refused ("--1s", DURATION_ERROR_INVALID, "invalid duration “--1s”");
  assert_refused (" 1s", DURATION_ERROR_INVALID, "invalid duration “ 1s”");
  assert_refused ("1", DURATION_ERROR_MISSING_UNIT, "missing unit in duration “1”");
  assert_refused ("00", DURATION_ERROR_MISSING_UNIT, "missing unit in duration “00”");
  assert_refused ("1s2", DURATION_ERROR_MISSING_UNIT, "missing unit in duration “1s2”");
  assert_refused ("1x", DURATION_ERROR_UNKNOWN_UNIT, "unknown unit “x” in duration “1x”");
  assert_refused ("1S", DURATION_ERROR_UNKNOWN_UNIT, "unknown unit “S” in duration “1S”");
  assert_refused ("1s ", DURATION_ERROR_UNKNOWN_UNIT, "unknown unit “s ” in duration “1s ”");
  assert_refused ("1d", DURATION_ERROR_UNKNOWN_UNIT, "unknown unit “d” in duration “1d”");
}

static void
assert_written (gint64      nsec,
                const char *expected)
{
  g_autofree char *text = duration_to_string (nsec);
  gint64 again;

  g_assert_cmpstr (text, ==, expected);
  g_assert_true (duration_parse (text, &again, NULL));
  g_assert_cmpint (again, ==, nsec);
}

static void
test_written (void)
{
  g_test_summary ("durations are written as Go's Duration.String () does, and read back the same");

  assert_written (0, "0s");
  assert_written (1, "1ns");
  assert_written (1100, "1.1\302\265s");
  assert_written (2200 * USEC, "2.2ms");
  assert_written (300 * MSEC, "300ms");
  assert_written (3 * SEC + 300 * MSEC, "3.3s");
  assert_written (MINUTE + 30 * SEC, "1m30s");
  assert_written (4 * MINUTE + 5 * SEC + MSEC, "4m5.001s");
  assert_written (HOUR + 30 * MINUTE, "1h30m0s");
  assert_written (5 * HOUR + 6 * MINUTE + 7 * SEC + MSEC, "5h6m7.001s");
  assert_written (-SEC, "-1s");
  assert_written (G_MAXINT64, "2562047h47m16.854775807s");
}

static void
test_microseconds (void)
{
  g_test_summary ("a duration that is not zero does not become zero");

  g_assert_cmpint (duration_to_usec (0), ==, 0);
  g_assert_cmpint (duration_to_usec (1), ==, 1);
  g_assert_cmpint (duration_to_usec (-1), ==, -1);
  g_assert_cmpint (duration_to_usec (5000), ==, 5);
  g_assert_cmpint (duration_to_usec (G_MAXINT64), ==, G_MAXINT64 / 1000 + 1);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/examples/duration/units", test_units);
  g_test_add_func ("/examples/duration/sums", test_sums);
  g_test_add_func ("/examples/duration/fractions", test_fractions);
  g_test_add_func ("/examples/duration/limits", test_limits);
  g_test_add_func ("/examples/duration/refused", test_refused);
  g_test_add_func ("/examples/duration/written", test_written);
  g_test_add_func ("/examples/duration/microseconds", test_microseconds);

  return g_test_run ();
}
