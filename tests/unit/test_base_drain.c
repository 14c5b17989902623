/* Templates of lines: what varies is masked or becomes <*>, groups stay apart, and nothing grows without end. */
#include "base/drain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void masked(const char *line, const char *want)
{
	struct buf out = {0};
	drain_mask(str_z(line), &out);
	if (!str_eq(buf_str(&out), str_z(want)))
		fail_msg("%s becomes %.*s, not %s", line, STR_ARG(buf_str(&out)), want);
	buf_done(&out);
}

static void what_always_varies_is_masked(void **state)
{
	(void)state;
	masked("took 31ms for 1,024 rows", "took <num> for <num> rows");
	masked("at 2026-05-17T20:23:00.776Z, 12:00:01", "at <time>, <time>");
	masked("id 3f6f1c2a-9a51-4a0e-8f0e-0d4fd0a6c1b7", "id <id>");
	masked("toolUseId=toolu_01AbCd23", "toolUseId=<id>");
	masked("open /var/log/x.log: no", "open <path>: no");
	masked("see https://example.org/a?b=1, then", "see <url>, then");
	masked("Tool 'a b' said \"x \\\" y\"", "Tool <str> said <str>");
	masked("it isn't http2 or utf8", "it isn't http2 or utf8");
	masked("C:\\Users\\a b", "<path> b");
	masked("n=-1.5 v2.1.143", "n=<num> v2.<num>");
	masked("", "");
}

static str text_of(const struct drain *d, size_t i, struct buf *out)
{
	const struct drain_template t = drain_get(d, i);
	buf_reset(out);
	for (size_t k = 0; k < t.word_count; k++)
		buf_printf(out, "%s%.*s", k ? " " : "", STR_ARG(t.words[k]));
	return buf_str(out);
}

static void lines_that_differ_in_a_word_are_one_template(void **state)
{
	(void)state;
	struct drain *d = drain_new();
	struct buf out = {0};
	assert_int_equal(drain_add(d, 1, S("cache of alpha was dropped after 3 s")), 0);
	assert_int_equal(drain_add(d, 1, S("cache of beta was dropped after 41 s")), 0);
	assert_int_equal(drain_add(d, 1, S("cache is full")), 1);
	assert_int_equal(drain_add(d, 2, S("cache of beta was dropped after 41 s")), 2);
	assert_true(str_eq(text_of(d, 0, &out), S("cache of <*> was dropped after <num> s")));
	assert_int_equal(drain_get(d, 0).count, 2);
	assert_int_equal(drain_add(d, 1, S("cache of gamma was dropped after 5 s")), 0);
	assert_int_equal(drain_count(d), 3);
	buf_done(&out);
	drain_free(d);
}

static void unlike_lines_stay_apart_and_empty_ones_do_no_harm(void **state)
{
	(void)state;
	struct drain *d = drain_new();
	assert_int_equal(drain_add(d, 0, S("a b c d")), 0);
	assert_int_equal(drain_add(d, 0, S("a x y z")), 1);
	assert_int_equal(drain_add(d, 0, S("")), 2);
	assert_int_equal(drain_add(d, 0, S("  \t ")), 2);
	drain_free(d);
}

static void templates_and_words_have_a_limit(void **state)
{
	(void)state;
	struct drain *d = drain_new();
	char line[64];
	size_t last = 0;
	for (int i = 0; i < DRAIN_TEMPLATES + 10; i++) {
		(void)snprintf(line, sizeof line, "w%cx%cy%cz end", 'a' + i % 26, 'a' + i / 26 % 26, 'a' + i / 676);
		last = drain_add(d, 0, str_z(line));
	}
	assert_int_equal(last, DRAIN_NONE);
	assert_int_equal(drain_count(d), DRAIN_TEMPLATES);
	drain_free(d);
	d = drain_new();
	struct buf many = {0};
	for (int i = 0; i < 1000; i++)
		buf_addz(&many, "word ");
	assert_int_equal(drain_add(d, 0, buf_str(&many)), 0);
	assert_int_equal(drain_get(d, 0).word_count, DRAIN_WORDS);
	buf_done(&many);
	drain_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_always_varies_is_masked),
		cmocka_unit_test(lines_that_differ_in_a_word_are_one_template),
		cmocka_unit_test(unlike_lines_stay_apart_and_empty_ones_do_no_harm),
		cmocka_unit_test(templates_and_words_have_a_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
