/* Versions are numbers between dots, and ranges of them: advice and rules depend on the client's version. */
#include "base/version_range.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void versions_are_ordered_by_part(void **state)
{
	static const char *const rising[] = {"0", "0.9", "1", "1.0.1", "1.9.9", "1.10", "2.0.60", "2.1.97", "2.1.105", "2.1.1000", "10.0"};
	(void)state;
	for (size_t i = 0; i < sizeof rising / sizeof *rising; i++)
		for (size_t k = 0; k < sizeof rising / sizeof *rising; k++) {
			int want = i < k ? -1 : i > k;
			if (version_cmp(str_z(rising[i]), str_z(rising[k])) != want)
				fail_msg("%s and %s: not %d", rising[i], rising[k], want);
		}
}

static void missing_parts_are_zero(void **state)
{
	(void)state;
	assert_int_equal(version_cmp(S("2.1"), S("2.1.0")), 0);
	assert_int_equal(version_cmp(S("2"), S("2.0.0")), 0);
	assert_int_equal(version_cmp(S(""), S("0")), 0);
	assert_int_equal(version_cmp(STR_NONE, S("0.0.1")), -1);
}

static void what_follows_the_digits_is_ignored(void **state)
{
	(void)state;
	assert_int_equal(version_cmp(S("2.1.5-beta.3"), S("2.1.5")), 0);
	assert_int_equal(version_cmp(S("2.1.5 (Claude Code)"), S("2.1.5")), 0);
	assert_int_equal(version_cmp(S("v2"), S("0")), 0);
	assert_int_equal(version_cmp(S("2..5"), S("2.0.5")), 0);
}

static void huge_numbers_do_not_wrap(void **state)
{
	(void)state;
	assert_int_equal(version_cmp(S("99999999999999999999999999999999"), S("1")), 1);
	assert_int_equal(version_cmp(S("1.99999999999999999999999999999999"), S("1.5")), 1);
}

static void ranges(void **state)
{
	static const struct {
		const char *version, *range;
		bool in;
	} cases[] = {
		{"2.1.105", ">=2.1.105 <2.1.120", true}, {"2.1.119", ">=2.1.105 <2.1.120", true}, {"2.1.120", ">=2.1.105 <2.1.120", false},
		{"2.1.97", ">=2.1.105 <2.1.120", false}, {"2.1.5", ">2.1.5", false}, {"2.1.6", ">2.1.5", true}, {"2.1.5", "<=2.1.5", true},
		{"2.1.6", "<=2.1.5", false}, {"2.1.5", "2.1.5", true}, {"2.1.5", "=2.1.5", true}, {"2.1.6", "=2.1.5", false}, {"2.1.5", "", true},
		{"", ">=1", false}, {"2.1.5", "  >=2   <3 ", true}, {"3.0", "  >=2   <3 ", false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (version_in(str_z(cases[i].version), str_z(cases[i].range)) != cases[i].in)
			fail_msg("'%s' in '%s' is not %d", cases[i].version, cases[i].range, cases[i].in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions_are_ordered_by_part),
		cmocka_unit_test(missing_parts_are_zero),
		cmocka_unit_test(what_follows_the_digits_is_ignored),
		cmocka_unit_test(huge_numbers_do_not_wrap),
		cmocka_unit_test(ranges),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
