/* base/regex: hostile patterns and subjects end in time; the compiler and the interpreter say the same (I1, I2, H11). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "base/buf.h"
#include "base/regex.h"
#include "model/limits.h"

static struct regex *compiled(const char *pattern, unsigned flags)
{
	struct regex *r = NULL;
	struct err err = {0};
	if (regex_new(str_z(pattern), flags, &r, &err) != 0)
		fail_msg("%s: %s", pattern, err.text);
	return r;
}

static void groups_and_names(void **state)
{
	(void)state;
	struct regex *r = compiled("^(?<transport>[A-Z]+) dropped( cleanly)? after (?<uptime>\\d+)s", REGEX_ANCHORED);
	struct regex_match m;
	assert_int_equal(regex_group_count(r), 3);
	assert_true(str_eq(regex_group_name(r, 1), S("transport")));
	assert_true(str_eq(regex_group_name(r, 2), S("")));
	assert_true(str_eq(regex_group_name(r, 3), S("uptime")));
	assert_true(str_eq(regex_group_name(r, 99), S("")));
	assert_int_equal(regex_match(r, S("SSE dropped after 61937s!"), &m), 1);
	assert_int_equal(m.n, 4);
	assert_true(str_eq(m.group[0], S("SSE dropped after 61937s")));
	assert_true(str_eq(m.group[1], S("SSE")));
	assert_null(m.group[2].p);
	assert_true(str_eq(m.group[3], S("61937")));
	assert_int_equal(regex_match(r, S("x SSE dropped after 1s"), &m), 0);
	assert_int_equal(regex_match(r, STR_NONE, &m), 0);
	regex_free(r);
	regex_free(NULL);
}

static void bytes_not_characters(void **state)
{
	(void)state;
	struct regex *r = compiled("^a.b$", 0);
	struct regex_match m;
	assert_int_equal(regex_match(r, S("a\xff" "b"), &m), 1);
	assert_int_equal(regex_match(r, S("a\0b"), &m), 1);
	assert_int_equal(regex_match(r, S("a\nb"), &m), 0);
	regex_free(r);
	r = compiled("a.b", REGEX_DOTALL | REGEX_CASELESS);
	assert_int_equal(regex_match(r, S("xA\nB"), &m), 1);
	regex_free(r);
}

static void searching_on(void **state)
{
	(void)state;
	struct regex *r = compiled("\\d+", 0);
	struct regex_match m;
	str s = S("a1 b22 c333");
	size_t from = 0, found = 0;
	while (regex_search(r, s, from, &m) == 1) {
		from = (size_t)(m.group[0].p - s.p) + m.group[0].n;
		found++;
	}
	assert_int_equal(found, 3);
	assert_int_equal(regex_search(r, s, 100, &m), 0);
	regex_free(r);
}

static void i1_refusals(void **state)
{
	(void)state;
	static const struct { const char *pattern; int code; unsigned column; } rows[] = {
		{"a(b", ERR_SYNTAX, 4}, {"a\\Cb", ERR_SYNTAX, 4}, {"(*UTF)a", ERR_SYNTAX, 7}, {"(*UCP)a", ERR_SYNTAX, 7}, {"a(?C1)b", ERR_SYNTAX, 0},
		{"(1)(2)(3)(4)(5)(6)(7)(8)(9)(10)(11)(12)(13)(14)(15)(16)(17)(18)(19)(20)(21)(22)(23)(24)", ERR_LIMIT, 1},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct regex *r = NULL;
		struct err err = {0};
		assert_int_equal(regex_new(str_z(rows[i].pattern), 0, &r, &err), rows[i].code);
		assert_null(r);
		assert_true(err.text[0] != '\0');
		if (rows[i].column > 0)
			assert_int_equal(err.column, rows[i].column);
	}
	struct buf long_pattern = {0};
	struct regex *r = NULL;
	buf_repeat(&long_pattern, 'a', 64 * 1024 + 1);
	assert_int_equal(regex_new(buf_str(&long_pattern), 0, &r, NULL), ERR_SYNTAX);
	buf_reset(&long_pattern);
	buf_repeat(&long_pattern, '(', 5000);
	buf_repeat(&long_pattern, ')', 5000);
	assert_int_equal(regex_new(buf_str(&long_pattern), 0, &r, NULL), ERR_SYNTAX);
	buf_done(&long_pattern);
}

static void i2_catastrophic_pattern_gives_up(void **state)
{
	(void)state;
	struct regex *r = compiled("^(?:a+)+$", 0);
	struct regex_match m;
	struct buf subject = {0};
	buf_repeat(&subject, 'a', 40);
	buf_byte(&subject, 'b');
	for (int i = 0; i < 60; i++) /* the interpreter at first, compiled code later */
		assert_int_equal(regex_match(r, buf_str(&subject), &m), ERR_LIMIT);
	assert_int_equal(regex_match(r, S("aaa"), &m), 1);
	buf_done(&subject);
	regex_free(r);
}

static void long_subjects_are_cut(void **state)
{
	(void)state;
	struct regex *r = compiled("needle", 0);
	struct regex_match m;
	struct buf subject = {0};
	buf_repeat(&subject, '.', LIMIT_MATCH - 6);
	buf_addz(&subject, "needle");
	assert_int_equal(regex_match(r, buf_str(&subject), &m), 1);
	buf_reset(&subject);
	buf_repeat(&subject, '.', LIMIT_MATCH - 5);
	buf_addz(&subject, "needle");
	assert_int_equal(regex_match(r, buf_str(&subject), &m), 0);
	assert_int_equal(regex_search(r, buf_str(&subject), LIMIT_MATCH + 1, &m), 0);
	buf_done(&subject);
	regex_free(r);
}

static void limits_agree_with_the_model(void **state)
{
	(void)state;
	assert_int_equal(REGEX_SUBJECT_MAX, LIMIT_MATCH);
	assert_int_equal(REGEX_LIMIT_MATCH, LIMIT_REGEX_MATCH);
	assert_int_equal(REGEX_LIMIT_DEPTH, LIMIT_REGEX_DEPTH);
	assert_int_equal(REGEX_LIMIT_HEAP_KIB, LIMIT_REGEX_HEAP_KIB);
}

/* Results of patterns over subjects, as text. Each is matched often enough to be compiled to machine code. */
static void all_results(struct buf *out)
{
	static const char *const patterns[] = {"^(a|b)*c", "(?<x>\\w+)-(?<y>\\d+)", "(?i)error: (.*)$", "x*", "(\\d+)(?=ms)", "^((?:ab)+|c)\\1?$", "(.+)+z"};
	static const char *const subjects[] = {"", "ababc", "name-42 other", "ERROR: \xff bytes", "took 31ms", "ababab", "\0\0", "xxxxxxxx"};
	for (size_t p = 0; p < sizeof patterns / sizeof *patterns; p++) {
		struct regex *r = compiled(patterns[p], 0);
		for (int round = 0; round < 8; round++)
			for (size_t s = 0; s < sizeof subjects / sizeof *subjects; s++) {
				struct regex_match m = {.n = 0};
				buf_printf(out, "%zu %zu %d", p, s, regex_match(r, str_z(subjects[s]), &m));
				for (unsigned g = 0; g < m.n; g++) {
					buf_addz(out, m.group[g].p == NULL ? " -" : " ");
					buf_add(out, m.group[g]);
				}
				buf_byte(out, '\n');
			}
		regex_free(r);
	}
}

static void h11_jit_off_equals_jit_on(void **state)
{
	(void)state;
	struct buf with = {0}, without = {0};
	all_results(&with);
	regex_set_jit(false);
	all_results(&without);
	regex_set_jit(true);
	assert_true(str_eq(buf_str(&with), buf_str(&without)));
	assert_true(with.n > 1000);
	buf_done(&with);
	buf_done(&without);
}

static void version_is_told(void **state)
{
	(void)state;
	assert_true(str_starts(str_z(regex_version()), S("PCRE2 10.")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups_and_names), cmocka_unit_test(bytes_not_characters), cmocka_unit_test(searching_on),
		cmocka_unit_test(i1_refusals), cmocka_unit_test(i2_catastrophic_pattern_gives_up), cmocka_unit_test(long_subjects_are_cut),
		cmocka_unit_test(limits_agree_with_the_model), cmocka_unit_test(h11_jit_off_equals_jit_on), cmocka_unit_test(version_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
