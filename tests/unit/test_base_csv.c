/* CSV: a reader of RFC 4180 gets back what was written, no text cell is a formula, no control byte gets through (J4). */
#include "base/csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void one_cell(str s, const char *want)
{
	struct buf out = {0};
	struct csv w = {.out = &out};
	csv_text(&w, s);
	if (!str_eq(buf_str(&out), str_z(want)))
		fail_msg("%.*s becomes %.*s, not %s", STR_ARG(s), STR_ARG(buf_str(&out)), want);
	buf_done(&out);
}

static void cells_are_quoted_where_needed(void **state)
{
	(void)state;
	one_cell(S("plain"), "plain");
	one_cell(S(""), "");
	one_cell(S("a,b"), "\"a,b\"");
	one_cell(S("say \"x\""), "\"say \"\"x\"\"\"");
	one_cell(S("two\nlines"), "\"two\nlines\"");
	one_cell(S(" blank"), "\" blank\"");
	one_cell(S("a;b"), "\"a;b\"");
}

static void formulas_are_harmless(void **state)
{
	(void)state;
	one_cell(S("=1+1"), "'=1+1");
	one_cell(S("+1"), "'+1");
	one_cell(S("-1"), "'-1");
	one_cell(S("@SUM(A1)"), "'@SUM(A1)");
	one_cell(S("\t=1"), "\"'\t=1\"");
	one_cell(S("\r=1"), "'\\x0d=1");
	one_cell(S("\0=1"), "'\\0=1");
	one_cell(S("a=1"), "a=1");
}

static void control_bytes_are_escaped(void **state)
{
	(void)state;
	one_cell(S("\x1b[31m"), "\\x1b[31m");
	one_cell(S("a\xff"), "a\\xff");
	one_cell(S("\xe2\x80\xae"), "\\u202e");
}

static void rows_end_with_crlf_and_numbers_stay(void **state)
{
	(void)state;
	struct buf out = {0};
	struct csv w = {.out = &out};
	csv_text(&w, S("n"));
	csv_text(&w, S("m"));
	csv_end(&w);
	csv_int(&w, -5);
	csv_number(&w, S("-1.5e+20"));
	csv_empty(&w);
	csv_end(&w);
	assert_true(str_eq(buf_str(&out), S("n,m\r\n-5,-1.5e+20,\r\n")));
	buf_done(&out);
}

/* Splits as RFC 4180 says; returns the number of cells of the only row. */
static size_t read_back(str s, char *first, size_t room, size_t *ret_first)
{
	size_t cells = 1, n = 0;
	bool quoted = false;
	for (size_t i = 0; i < s.n; i++) {
		const char c = s.p[i];
		if (quoted && c == '"' && i + 1 < s.n && s.p[i + 1] == '"') {
			i++;
		} else if (c == '"') {
			quoted = !quoted;
			continue;
		} else if (!quoted && c == ',') {
			cells++;
			continue;
		}
		if (cells == 1 && n < room)
			first[n++] = c;
	}
	assert_false(quoted);
	*ret_first = n;
	return cells;
}

static void any_bytes_stay_one_cell(void **state)
{
	(void)state;
	static const char bytes[] = "=+-@\t\r\n\0\",;' a\x1b\x7f\xc2\x9b\xff\xe2\x80\xae\xf0\x9f\x98\x80";
	uint32_t seed = 1;
	for (int round = 0; round < 10000; round++) {
		char text[12], first[200];
		size_t n = 0, got;
		do {
			seed = seed * 1664525 + 1013904223;
			text[n++] = bytes[(seed >> 8) % (sizeof bytes - 1)];
		} while (n < sizeof text && (seed >> 24) % 8);
		struct buf out = {0};
		struct csv w = {.out = &out};
		csv_text(&w, (str){text, n});
		csv_text(&w, S("end"));
		assert_int_equal(read_back(buf_str(&out), first, sizeof first, &got), 2);
		assert_true(got > 0 && memchr("=+-@\t\r\0", first[0], 7) == NULL);
		for (size_t i = 0; i < got; i++)
			assert_true((unsigned char)first[i] >= ' ' || first[i] == '\n' || first[i] == '\t');
		buf_done(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cells_are_quoted_where_needed),
		cmocka_unit_test(formulas_are_harmless),
		cmocka_unit_test(control_bytes_are_escaped),
		cmocka_unit_test(rows_end_with_crlf_and_numbers_stay),
		cmocka_unit_test(any_bytes_stay_one_cell),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
