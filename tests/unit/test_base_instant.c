/* base/instant and duration: every form that logs use, and what must be refused (bad-inputs E1, E2, E6). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/instant.h"

static const char *shown(instant at)
{
	static char text[32];
	instant_format(at, text);
	return text;
}

static void civil_time(void **state)
{
	(void)state;
	instant at;
	assert_true(instant_make(1970, 1, 1, 0, 0, 0, 0, &at) && at == 0);
	assert_true(instant_make(2000, 2, 29, 0, 0, 0, 0, &at));
	assert_string_equal(shown(at), "2000-02-29T00:00:00.000Z");
	assert_true(instant_make(9999, 12, 31, 23, 59, 59, 999999, &at));
	assert_string_equal(shown(at), "9999-12-31T23:59:59.999Z");
	assert_true(instant_make(0, 1, 1, 0, 0, 0, 0, &at));
	assert_string_equal(shown(at), "0000-01-01T00:00:00.000Z");
	assert_true(instant_make(2038, 1, 19, 3, 14, 8, 0, &at) && at == INT64_C(2147483648) * SECOND);
	/* E6: a leap second counts as the last moment before; 24:00:00 is the next midnight. */
	assert_true(instant_make(2016, 12, 31, 23, 59, 60, 500000, &at));
	assert_string_equal(shown(at), "2016-12-31T23:59:59.999Z");
	assert_true(instant_make(2026, 5, 17, 24, 0, 0, 0, &at));
	assert_string_equal(shown(at), "2026-05-18T00:00:00.000Z");
	assert_false(instant_make(2026, 5, 17, 24, 0, 1, 0, &at));
	assert_false(instant_make(2026, 13, 1, 0, 0, 0, 0, &at));
	assert_false(instant_make(2026, 0, 1, 0, 0, 0, 0, &at));
	assert_false(instant_make(2026, 2, 29, 0, 0, 0, 0, &at));
	assert_false(instant_make(1900, 2, 29, 0, 0, 0, 0, &at));
	assert_false(instant_make(2026, 2, 30, 0, 0, 0, 0, &at));
	assert_false(instant_make(2026, 1, 1, 25, 0, 0, 0, &at));
	assert_false(instant_make(2026, 1, 1, 0, 60, 0, 0, &at));
	assert_false(instant_make(2026, 1, 1, 0, 0, 61, 0, &at));
	assert_false(instant_make(10000, 1, 1, 0, 0, 0, 0, &at));
}

static void every_day_of_four_centuries(void **state)
{
	(void)state;
	static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	instant expected, at;
	assert_true(instant_make(1900, 1, 1, 0, 0, 0, 0, &expected));
	for (int y = 1900; y < 2300; y++)
		for (int m = 1; m <= 12; m++)
			for (int d = 1; d <= lengths[m - 1] + (m == 2 && ((y % 4 == 0 && y % 100 != 0) || y % 400 == 0)); d++) {
				assert_true(instant_make(y, m, d, 0, 0, 0, 0, &at));
				assert_true(at == expected);
				char text[32], want[32];
				instant_format(at, text);
				snprintf(want, sizeof want, "%04d-%02d-%02d", y, m, d);
				assert_memory_equal(text, want, 10);
				expected += DAY;
			}
}

static void iso_forms(void **state)
{
	(void)state;
	static const struct { const char *text, *want; bool zoned; } rows[] = {
		{"2026-05-17T20:23:00.776Z", "2026-05-17T20:23:00.776Z", true},
		{"2026-05-17 20:23:00,776", "2026-05-17T20:23:00.776Z", false},
		{"2026-05-17T20:23:00Z", "2026-05-17T20:23:00.000Z", true},
		{"2026-05-17T20:23:00.123456789Z", "2026-05-17T20:23:00.123Z", true},
		{"2026-05-17T20:23:00.1+02:00", "2026-05-17T18:23:00.100Z", true},
		{"2026-05-17T20:23:00-0530", "2026-05-18T01:53:00.000Z", true},
		{"2026-05-17 20:23:00 +0200", "2026-05-17T18:23:00.000Z", true},
		{"2026-12-31T23:59:60Z", "2026-12-31T23:59:59.999Z", true},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		instant at;
		bool zoned;
		assert_true(instant_iso(str_z(rows[i].text), &at, &zoned));
		assert_string_equal(shown(at), rows[i].want);
		assert_int_equal(zoned, rows[i].zoned);
	}
}

static void iso_refusals(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "2026", "2026-05-17", "2026-05-17T20:23", "2026-13-17T20:23:00Z", "2026-02-30T00:00:00Z",
		"2026-05-17T25:00:00Z", "2026-05-17T20:23:00Zx", "2026-05-17T20:23:00.1234567890Z", "2026-05-17T20:23:00+2", " 2026-05-17T20:23:00Z",
		"2026-05-17T20:23:00+99:00", "26-05-17T20:23:00Z", "2026/05/17T20:23:00Z"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		instant at;
		bool zoned;
		assert_false(instant_iso(str_z(bad[i]), &at, &zoned));
	}
}

static void iso24_agrees_with_iso(void **state)
{
	(void)state;
	const char good[] = "2026-05-17T20:23:07.776Z";
	instant fast, slow;
	bool zoned;
	assert_true(instant_iso24(good, &fast));
	assert_true(instant_iso((str){good, 24}, &slow, &zoned) && fast == slow);
	/* Any other byte in any place: both say the same, or the fast one refuses a form that is not its own. */
	for (size_t at = 0; at < 24; at++)
		for (int c = 0; c < 256; c++) {
			char text[25];
			memcpy(text, good, 25);
			text[at] = (char)c;
			bool is_fast = instant_iso24(text, &fast), is_slow = instant_iso((str){text, 24}, &slow, &zoned);
			if (is_fast)
				assert_true(is_slow && fast == slow);
			else
				assert_true(!is_slow || c == ' ' || c == ',' || text[23] != 'Z');
		}
}

static void templates(void **state)
{
	(void)state;
	instant base, at;
	bool zoned, dated;
	assert_true(instant_make(2026, 1, 1, 0, 0, 5, 0, &base));
	static const struct { const char *template, *text, *want; bool zoned, dated; } rows[] = {
		{"%Y/%m/%d %H:%M:%S", "2026/05/17 20:23:00", "2026-05-17T20:23:00.000Z", false, true},
		{"%d/%b/%Y:%H:%M:%S %z", "17/May/2026:20:23:00 +0200", "2026-05-17T18:23:00.000Z", true, true},
		/* no year: the one nearest to base, here across New Year */
		{"%b %e %H:%M:%S", "Dec 31 23:59:59", "2025-12-31T23:59:59.000Z", false, false},
		{"%b %e %H:%M:%S", "Jan  1 00:00:09", "2026-01-01T00:00:09.000Z", false, false},
		/* February 29 without a year: the nearest leap year */
		{"%b %e %H:%M:%S", "Feb 29 12:00:00", "2024-02-29T12:00:00.000Z", false, false},
		/* no date: the day nearest to base */
		{"%H:%M:%S.%f", "23:59:58.5", "2025-12-31T23:59:58.500Z", false, false},
		{"%H:%M:%S", "00:00:01", "2026-01-01T00:00:01.000Z", false, false},
		{"%s", "1779049380", "2026-05-17T20:23:00.000Z", true, true},
		{"%s.%f", "1779049380.776", "2026-05-17T20:23:00.776Z", true, true},
		{"%u", "1779049380776000", "2026-05-17T20:23:00.776Z", true, true},
		{"%y%m%d %H%M%S", "260517 202300", "2026-05-17T20:23:00.000Z", false, true},
		{"[%Y-%m-%dT%H:%M:%S,%f] 100%%", "[2026-05-17T20:23:00,000776] 100%", "2026-05-17T20:23:00.000Z", false, true},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_true(instant_template(rows[i].template, str_z(rows[i].text), base, &at, &zoned, &dated));
		assert_string_equal(shown(at), rows[i].want);
		assert_int_equal(zoned, rows[i].zoned);
		assert_int_equal(dated, rows[i].dated);
	}
	assert_true(instant_template("%H:%M:%S", S("12:00:00"), INSTANT_NONE, &at, &zoned, &dated) && at == 12 * HOUR && !dated);
	assert_false(instant_template("%H:%M:%S", S("12:00:00x"), base, &at, &zoned, &dated));
	assert_false(instant_template("%b %e", S("Mai 17"), base, &at, &zoned, &dated));
	assert_false(instant_template("%Y-%m-%d", S("2026-13-01"), base, &at, &zoned, &dated));
	assert_false(instant_template("%Y-%m-%d", S("226-12-01"), base, &at, &zoned, &dated));
	assert_false(instant_template("%s", S("99999999999999999"), base, &at, &zoned, &dated));
	assert_false(instant_template("%H:%M:%S", S(""), base, &at, &zoned, &dated));
	assert_false(instant_template("%q", S("1"), base, &at, &zoned, &dated));
}

static void durations_for_people(void **state)
{
	(void)state;
	static const struct { int64_t micros; const char *want; } rows[] = {
		{0, "0 ms"}, {999, "0 ms"}, {324 * MILLISECOND, "324 ms"}, {SECOND, "1 s"}, {1500 * MILLISECOND, "1.5 s"},
		{59 * SECOND, "59 s"}, {MINUTE, "1 min"}, {1391 * SECOND, "23 min 11 s"}, {2 * HOUR + 5 * MINUTE + 59 * SECOND, "2 h 5 min"},
		{3 * DAY + 4 * HOUR, "3 d 4 h"}, {-1500 * MILLISECOND, "-1.5 s"}, {INT64_MAX, "106751991 d 4 h"}, {INT64_MIN, "-106751991 d 4 h"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char text[32];
		duration_format(rows[i].micros, text);
		assert_string_equal(text, rows[i].want);
	}
}

static void durations_of_logs(void **state)
{
	(void)state;
	static const struct { const char *text; int64_t want; } rows[] = {
		{"31ms", 31 * MILLISECOND}, {"1.5s", 1500 * MILLISECOND}, {"1391s", 1391 * SECOND}, {"1m 15s", 75 * SECOND}, {"1m15s", 75 * SECOND},
		{"2h 3m 4s", 2 * HOUR + 3 * MINUTE + 4 * SECOND}, {"0ms", 0}, {"250us", 250}, {"23 min 11 s", 1391 * SECOND}, {"1d", DAY},
		{"0.000001s", 1}, {"1.23456789s", 1234567},
	};
	static const char *const bad[] = {"", "45", "ms", "1x", "1.s", ".5s", "-1s", "1s,2s", "99999999999999999999s", "9999999999999h", "1mss"};
	int64_t v;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_true(duration_parse(str_z(rows[i].text), &v));
		assert_true(v == rows[i].want);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(duration_parse(str_z(bad[i]), &v));
}

static void fixed_zones(void **state)
{
	(void)state;
	bool ambiguous;
	struct zone *z = instant_zone(S("+02:00"));
	assert_non_null(z);
	assert_true(instant_from_local(z, 10 * HOUR, &ambiguous) == 8 * HOUR && !ambiguous);
	assert_true(instant_from_local(NULL, 10 * HOUR, &ambiguous) == 10 * HOUR);
	instant_zone_free(z);
	z = instant_zone(S("UTC"));
	assert_true(instant_from_local(z, 5, &ambiguous) == 5);
	instant_zone_free(z);
	assert_null(instant_zone(S("Mars/Olympus")));
	assert_null(instant_zone(S("../../../etc/passwd")));
	assert_null(instant_zone(S("")));
	assert_null(instant_zone(S("Europe")));
	instant_zone_free(NULL);
}

/* The system's zone files may be absent on small systems; then there is nothing to test. */
static void check_local(const char *zone, const char *local, const char *want, bool want_ambiguous)
{
	bool ambiguous, zoned;
	instant at;
	struct zone *z = instant_zone(str_z(zone));
	if (z == NULL)
		skip();
	assert_true(instant_iso(str_z(local), &at, &zoned));
	at = instant_from_local(z, at, &ambiguous);
	instant_zone_free(z);
	assert_string_equal(shown(at), want);
	assert_int_equal(ambiguous, want_ambiguous);
}

static void daylight_saving(void **state)
{
	(void)state;
	check_local("Europe/Berlin", "2026-01-15 12:00:00", "2026-01-15T11:00:00.000Z", false);
	check_local("Europe/Berlin", "2026-07-15 12:00:00", "2026-07-15T10:00:00.000Z", false);
	/* the repeated hour: the earlier reading, flagged; the missing hour likewise */
	check_local("Europe/Berlin", "2026-10-25 01:59:59", "2026-10-24T23:59:59.000Z", false);
	check_local("Europe/Berlin", "2026-10-25 02:30:00", "2026-10-25T00:30:00.000Z", true);
	check_local("Europe/Berlin", "2026-10-25 03:00:00", "2026-10-25T02:00:00.000Z", false);
	check_local("Europe/Berlin", "2026-03-29 02:30:00", "2026-03-29T00:30:00.000Z", true);
	check_local("Europe/Berlin", "2026-03-29 03:00:00", "2026-03-29T01:00:00.000Z", false);
	/* behind the last transition of the file the footer's rule counts */
	check_local("Europe/Berlin", "2099-07-15 12:00:00", "2099-07-15T10:00:00.000Z", false);
	check_local("Europe/Berlin", "2099-10-25 02:30:00", "2099-10-25T00:30:00.000Z", true);
	check_local("America/New_York", "2026-11-01 01:30:00", "2026-11-01T05:30:00.000Z", true);
	check_local("Australia/Lord_Howe", "2050-01-15 12:00:00", "2050-01-15T01:00:00.000Z", false);
	check_local("Asia/Kolkata", "2026-01-15 12:00:00", "2026-01-15T06:30:00.000Z", false);
	check_local("America/Sao_Paulo", "2050-01-15 12:00:00", "2050-01-15T15:00:00.000Z", false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(civil_time), cmocka_unit_test(every_day_of_four_centuries), cmocka_unit_test(iso_forms),
		cmocka_unit_test(iso_refusals), cmocka_unit_test(iso24_agrees_with_iso), cmocka_unit_test(templates),
		cmocka_unit_test(durations_for_people), cmocka_unit_test(durations_of_logs), cmocka_unit_test(fixed_zones),
		cmocka_unit_test(daylight_saving),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
