/* What is read from a pattern without compiling it must hold for every match: checked by examples, and against PCRE2 itself. */
#include "base/pattern.h"
#include "base/nearest.h"
#include "base/regex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct {
	const char *pattern, *head, *literal;
	bool anchored;
} examples[] = {
	{"^SSE transport", "SSE transport", "SSE transport", true},
	{"^Tool '(?<tool>[^']+)' still running \\((?<s>\\d+)s elapsed\\)", "Tool '", "' still running (", true},
	{"^(?<tool>mcp__\\S+) tool error", "mcp__", " tool error", true},
	{"^(?<transport>[A-Z][A-Z-]*) connection dropped after (?<up>\\d+)s", "", " connection dropped after ", true},
	{"^ab?c", "a", "a", true},
	{"^ab*cde", "a", "cde", true},
	{"^ab+c", "ab", "ab", true},
	{"^ab{2}c", "ab", "ab", true},
	{"^ab{0,2}cd", "a", "cd", true},
	{"^a{x", "a{x", "a{x", true},
	{"^(?:foo|bar) baz", "", " baz", true},
	{"^foo|^barbar", "", "", true},
	{"^foo|bar", "", "", false},
	{"timed out after", "", "timed out after", false},
	{"^\\[Stall\\] \\x41", "[Stall] A", "[Stall] A", true},
	{"^(?:ab)+cde", "ab", "cde", true},
	{"^(?:ab)?cde", "", "cde", true},
	{"^a(?=b)bcd", "a", "bcd", true},
	{"^(?s:abc.)def", "abc", "abc", true},
	{"(?i)^abc", "", "", false},
	{"^(a)\\1bcd", "", "", false},
	{"^a[b", "a", "a", true},
	{"^[^\\]]+xyz$", "", "xyz", true},
};

static void reads_head_and_literal(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
		struct arena a = {0};
		struct pattern_facts f;
		pattern_read(str_z(examples[i].pattern), &a, &f);
		if (!str_eq(f.head, str_z(examples[i].head)) || !str_eq(f.literal, str_z(examples[i].literal)) || f.anchored != examples[i].anchored)
			fail_msg("%s: head “%.*s” literal “%.*s” anchored %d", examples[i].pattern, STR_ARG(f.head), STR_ARG(f.literal), f.anchored);
		arena_done(&a);
	}
}

static bool prefix_allows(const struct byte_set *sets, str subject)
{
	for (size_t i = 0; i < subject.n && i < PATTERN_PREFIX; i++)
		if (!byte_set_has(&sets[i], (unsigned char)subject.p[i]))
			return false;
	return true;
}

/* Whatever PCRE2 matches must pass the facts: all subjects of a small alphabet up to a length. */
static void facts_hold_for_all_matches(void **state)
{
	(void)state;
	static const char *const patterns[] = {"^ab", "^a?b", "^(?:a|bc)c", "^a*b+c", "^[ab]c", "^[^a]b", "^(?<x>a|b){2}c", "^a{1,2}b", "^(?:ab|a)(?:b|c)?c",
		"^.b", "^a$", "^(?:a?)*b", "^a|^bc", "ab", "^(?=a).b", "^a(?:b(?:c|a)+)?b", "^[a-b]{3}c", "^\\x61b", "^(?s:.)c", "^\\Sb", "^a??b", "^(?>a+)b"};
	for (size_t p = 0; p < sizeof patterns / sizeof *patterns; p++) {
		struct arena a = {0};
		struct pattern_facts f;
		struct byte_set sets[PATTERN_PREFIX];
		struct regex *r = NULL;
		pattern_read(str_z(patterns[p]), &a, &f);
		pattern_prefix(str_z(patterns[p]), sets);
		assert_int_equal(regex_new(str_z(patterns[p]), 0, &r, NULL), 0);
		for (unsigned long n = 0; n < 4 * 4 * 4 * 4 * 4; n++) {
			char text[5];
			unsigned long rest = n;
			str subject = {text, 0};
			for (; subject.n < 5 && rest > 0; rest /= 4)
				text[subject.n++] = "abc\n"[rest % 4];
			struct regex_match m;
			if (regex_match(r, subject, &m) != 1)
				continue;
			if (!prefix_allows(sets, subject) || str_find(subject, f.literal) < 0 || (f.anchored && m.group[0].p != subject.p) ||
				!str_starts(m.group[0], f.head))
				fail_msg("%s and %.*s", patterns[p], STR_ARG(subject));
		}
		regex_free(r);
		arena_done(&a);
	}
}

static void prefix_excludes_other_beginnings(void **state)
{
	(void)state;
	struct byte_set sets[PATTERN_PREFIX];
	pattern_prefix(S("^(?<t>[A-Z][A-Z-]*) connection"), sets);
	assert_true(prefix_allows(sets, S("SSE conn")));
	assert_false(prefix_allows(sets, S("Sse conn")));
	assert_false(prefix_allows(sets, S("connecti")));
	pattern_prefix(S("^Tool '"), sets);
	assert_false(prefix_allows(sets, S("Toil 'xy")));
	assert_true(prefix_allows(sets, S("Tool")));
	pattern_prefix(S("not anchored"), sets);
	assert_true(prefix_allows(sets, S("anything")));
	pattern_prefix(S("(((((((((((((((((((((((((((((a+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+"), sets);
	assert_true(prefix_allows(sets, S("anything")));
}

static void takes_anchors_away(void **state)
{
	(void)state;
	static const char *const pairs[][2] = {{"^abc$", "abc"}, {"^a(?<x>b)", "a(?<x>b)"}, {"abc", "abc"}, {"^a\\$", "a\\$"}, {"^(?s:.)$", "(?s:.)"}};
	struct buf out = {0};
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		buf_reset(&out);
		assert_true(pattern_unanchored(str_z(pairs[i][0]), &out));
		if (!str_eq(buf_str(&out), str_z(pairs[i][1])))
			fail_msg("%s became %.*s", pairs[i][0], STR_ARG(buf_str(&out)));
	}
	assert_false(pattern_unanchored(S("^a|^b"), &out));
	buf_done(&out);
}

static void suggests_the_nearest_name(void **state)
{
	(void)state;
	struct nearest n = nearest_start(S("tranport.droped"));
	nearest_offer(&n, S("transport.closed"));
	nearest_offer(&n, S("transport.dropped"));
	assert_true(str_eq(nearest_result(&n), S("transport.dropped")));
	n = nearest_start(S("xyz"));
	nearest_offer(&n, S("samples"));
	assert_null(nearest_result(&n).p);
	assert_int_equal(nearest_distance(S("ab"), S("ba"), 9), 1);
	assert_int_equal(nearest_distance(S("Match"), S("match"), 9), 0);
	assert_int_equal(nearest_distance(S(""), S("abc"), 9), 3);
	assert_int_equal(nearest_distance(S("kitten"), S("sitting"), 9), 3);
	assert_int_equal(nearest_distance(S("kitten"), S("sitting"), 2), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_head_and_literal),
		cmocka_unit_test(facts_hold_for_all_matches),
		cmocka_unit_test(prefix_excludes_other_beginnings),
		cmocka_unit_test(takes_anchors_away),
		cmocka_unit_test(suggests_the_nearest_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
