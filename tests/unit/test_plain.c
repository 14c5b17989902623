/* base/plain: what it says is what PCRE2 says, for every shipped pattern and for patterns made of all its parts; and runs of bytes
 * and needles are the same with and without the machine's instructions. */
#include "subjects.h"

#include "base/newline.h"
#include "base/plain.h"
#include "base/regex.h"
#include "base/span.h"

/* Both ways, compiled once. */
struct both {
	struct regex *plain, *pcre2;
};

static struct both compile_both(str pattern, unsigned flags)
{
	struct both b = {0};
	int r = regex_new(pattern, flags | REGEX_ALWAYS_PCRE2, &b.pcre2, NULL);
	struct plain_options o = {.anchored = flags & REGEX_ANCHORED, .dotall = flags & REGEX_DOTALL};
	struct plain *p = plain_new(pattern, &o);
	if (p != NULL && r != 0)
		fail_msg("plain, but PCRE2 does not compile it: %.*s", STR_ARG(pattern));
	if (p != NULL)
		assert_int_equal(regex_new(pattern, flags, &b.plain, NULL), 0);
	plain_free(p);
	return b;
}

static void free_both(struct both *b)
{
	regex_free(b->plain);
	regex_free(b->pcre2);
}

static void same_answer(const struct both *b, str pattern, str subject, size_t start)
{
	struct regex_match x, y;
	int p = regex_search(b->plain, subject, start, &x), q = regex_search(b->pcre2, subject, start, &y);
	if (p < 0 || q < 0) /* PCRE2 has given up, compiled or not; the plain matcher may know */
		return;
	if (p != q)
		fail_msg("%.*s\non %.*s\nfrom %zu: plain %d, PCRE2 %d", STR_ARG(pattern), STR_ARG(subject), start, p, q);
	for (unsigned i = 0; p == 1 && i < y.n; i++)
		if (x.n != y.n || x.group[i].p != y.group[i].p || x.group[i].n != y.group[i].n)
			fail_msg("%.*s\non %.*s\ngroup %u: plain '%.*s', PCRE2 '%.*s'", STR_ARG(pattern), STR_ARG(subject), i, STR_ARG(x.group[i]), STR_ARG(y.group[i]));
}

static void try_lines(str pattern, unsigned flags, const struct subjects *s, unsigned tries, size_t *plain_count)
{
	struct both b = compile_both(pattern, flags);
	char changed[600];
	*plain_count += b.plain != NULL;
	for (unsigned i = 0; b.plain != NULL && i < tries; i++) {
		str line = s->lines.v[any((unsigned)s->lines.n)];
		same_answer(&b, pattern, line, 0);
		same_answer(&b, pattern, line, any((unsigned)line.n));
		if (line.n >= sizeof changed)
			continue;
		memcpy(changed, line.p, line.n);
		for (unsigned k = any(3); k > 0; k--)
			changed[any((unsigned)line.n)] = " \n'\"x1:\t\xe2\\"[any(10)];
		same_answer(&b, pattern, (str){changed, line.n}, 0);
	}
	free_both(&b);
}

/* The lines that a pattern was written for stand near it: all lines for few patterns, few lines for all. */
static void shipped_patterns(void **state)
{
	(void)state;
	struct subjects s = {0};
	size_t plain = 0, n = 0;
	read_subjects(&s);
	for (size_t i = 0; i < rules.signatures.n; i++, n++)
		try_lines(rules.signatures.v[i].match, 0, &s, i % 8 ? 60 : (unsigned)s.lines.n, &plain);
	for (size_t i = 0; i < rules.formats.n; i++, n++)
		try_lines(rules.formats.v[i].match, REGEX_ANCHORED, &s, 200, &plain);
	for (size_t i = 0; i < rules.redactions.n; i++, n++)
		try_lines(rules.redactions.v[i].match, 0, &s, 200, &plain);
	if (plain * 10 < n * 8)
		fail_msg("only %zu of %zu shipped patterns are plain", plain, n);
	free_subjects(&s);
}

/* Digits between known bytes are one step: every byte of a time is changed to every other one, and the time is cut anywhere. */
static void times_are_one_step(void **state)
{
	(void)state;
	static const char *const patterns[] = {"^(?<t>\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z) ", "\\d\\d:\\d\\d:\\d\\d\\.\\d{3}", "(?:\\d\\d-){2,3}(?:\\d\\dT\\d\\d:)?",
		"\\d{4}-(?:\\d\\d-\\d\\dT|x)\\d\\d:\\d\\d:\\d\\d(?:\\.\\d{1,6})?Z", "-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z \\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d"};
	const str time = S("2026-11-20T11:10:54.103Z 2026-11-20T11:10:54.103Z");
	char changed[64];
	for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
		struct both b = compile_both(str_z(patterns[i]), 0);
		assert_non_null(b.plain);
		for (size_t at = 0; at < time.n; at++)
			for (unsigned c = 0; c < 256; c++) {
				memcpy(changed, time.p, time.n);
				changed[at] = (char)c;
				same_answer(&b, str_z(patterns[i]), (str){changed, time.n}, 0);
			}
		for (size_t n = 0; n <= time.n; n++) {
			char *copy = malloc(n + 1); /* of its own size, for the sanitizers */
			char *end = memcpy(copy + 1, time.p, n);
			same_answer(&b, str_z(patterns[i]), (str){end, n}, 0);
			free(copy);
		}
		free_both(&b);
	}
}

/* Patterns and subjects of the same few bytes, so that they often match and go back. */
static void make_pattern(struct buf *out, unsigned depth)
{
	static const char *const atoms[] = {"a", "b", "c", "[ab]", "[^a]", ".", "\\w", "\\s", "\\d", "\\S+", "ab", "[^b\\n]*", "a*", "b+", ".*?", "c??",
		"[a-c]{1,3}", "\\b", "$", "(?=b)", "(?!c)", "x?", ".*", " ", "\\B", "[ab]+?"};
	unsigned n = any(4) + 1;
	for (unsigned i = 0; i < n; i++) {
		if (depth > 0 && any(3) == 0) {
			static const char *const opening[] = {"(", "(?:", "(?:", "(?s:"}, *const closing[] = {")", ")?", ")*", ")+", "){2}", ")??", "){0,2}", ")*?"};
			buf_addz(out, opening[any(4)]);
			make_pattern(out, depth - 1);
			if (any(2) == 0) {
				buf_byte(out, '|');
				make_pattern(out, depth - 1);
			}
			buf_addz(out, closing[any(8)]);
		} else {
			buf_addz(out, atoms[any(sizeof atoms / sizeof *atoms)]);
		}
	}
}

static void made_patterns(void **state)
{
	(void)state;
	struct buf pattern = {0};
	size_t plain = 0;
	seed = 2; /* whatever the shipped lines have taken */
	for (unsigned i = 0; i < 3000; i++) {
		buf_reset(&pattern);
		if (any(2) == 0)
			buf_byte(&pattern, '^');
		make_pattern(&pattern, 2);
		struct both b = compile_both(buf_str(&pattern), any(4) == 0 ? REGEX_DOTALL : any(4) == 0 ? REGEX_ANCHORED : 0);
		plain += b.plain != NULL;
		for (unsigned k = 0; b.plain != NULL && k < 30; k++) {
			char subject[24];
			unsigned n = any(sizeof subject);
			for (unsigned c = 0; c < n; c++)
				subject[c] = "aabbc x1\n."[any(10)];
			same_answer(&b, buf_str(&pattern), (str){subject, n}, any(2) == 0 ? any(n + 1) : 0);
		}
		free_both(&b);
	}
	assert_true(plain > 1000);
	buf_done(&pattern);
}

/* What PCRE2 concludes before it matches is wrong here in some versions. */
static void a_lookahead_at_the_beginning(void **state)
{
	(void)state;
	static const char *const patterns[] = {"(?=b)a*b", "(?=b)(?!c)a*b", "(?i)(?=b)a*B", "\\b(?=b)a*b", "(?:(?=b)a*)b", "(?=b)a*b|(?=b)c*b"};
	for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
		struct regex *r;
		struct regex_match found;
		struct err err = {0};
		assert_int_equal(regex_new(str_z(patterns[i]), REGEX_ALWAYS_PCRE2, &r, &err), 0);
		if (regex_match(r, S("b"), &found) != 1)
			fail_msg("%s misses b", patterns[i]);
		regex_free(r);
	}
	struct both b = compile_both(S("(?=b)(?!c)a*b"), 0);
	same_answer(&b, S("(?=b)(?!c)a*b"), S("b"), 0);
	same_answer(&b, S("(?=b)(?!c)a*b"), S("aabb\nb.b1xb"), 8);
	free_both(&b);
}

static void refused(void **state)
{
	(void)state;
	static const char *const patterns[] = {"(?i)a", "a(?>b)c", "a++", "(a)\\1", "\\Aa", "a\\z", "(?|a|b)", "[[:alpha:]]", "(?<=a)b", "(*UTF)a", "a{2}{3}", "*a",
		"a**", "(?<n>a)(?<n>b)", "(?<1>a)", "[b-a]", "a{3,2}", "(a", "a)", "[a", "\\", "(a*)*", "(?:a?)+", "^*", "(?=(a))", "\\Qa", "\\p{L}", "\\1", "a\\K", ""};
	struct plain_options o = {0};
	for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
		struct plain *p = plain_new(str_z(patterns[i]), &o);
		if (p != NULL)
			fail_msg("not refused: %s", patterns[i]);
	}
}

/* A subject that makes the plain matcher go back too often is given up, after steps in proportion to its length; deep ways back are
 * no reason to. */
static void gives_up(void **state)
{
	(void)state;
	struct buf subject = {0};
	buf_repeat(&subject, 'a', 30000);
	str pattern = S("^(?:a|b)*a*a*a*c");
	struct plain_options o = {0};
	str at[PLAIN_GROUPS];
	struct plain *p = plain_new(pattern, &o);
	assert_non_null(p);
	uint64_t steps = 0;
	assert_int_equal(plain_match(p, buf_str(&subject), 0, at, &steps), -1);
	assert_in_range(steps, 9 * subject.n, 10 * subject.n + 65536);
	plain_free(p);
	buf_byte(&subject, 'c');
	struct both b = compile_both(S("^a*?c"), 0);
	same_answer(&b, S("^a*?c"), buf_str(&subject), 0);
	free_both(&b);
	struct regex_match m;
	b = compile_both(S("^(?:a|ab)*c"), 0);
	assert_int_equal(regex_match(b.plain, buf_str(&subject), &m), 1);
	free_both(&b);
	buf_done(&subject);
}

static void spans(void **state)
{
	(void)state;
	char text[80];
	for (unsigned turn = 0; turn < 4000; turn++) {
		struct span_set s = {{0}};
		bool in[256] = {false};
		unsigned dense = any(256);
		for (unsigned c = 0; c < 256; c++)
			if (any(256) < dense) {
				span_add(&s, (unsigned char)c);
				in[c] = true;
			}
		unsigned n = any(sizeof text), at = any(n + 1);
		for (unsigned i = 0; i < n; i++) {
			do
				text[i] = (char)any(256);
			while (any(24) && dense > 20 && !in[(unsigned char)text[i]]);
			assert_int_equal(span_has(&s, (unsigned char)text[i]), in[(unsigned char)text[i]]);
		}
		assert_ptr_equal(span_end(&s, text, text + at, text + n), span_end_scalar(&s, text + at, text + n));
	}
}

/* base/str looks for a needle at sixteen places at a time. */
static void needles(void **state)
{
	(void)state;
	char text[96];
	for (unsigned turn = 0; turn < 20000; turn++) {
		unsigned n = any(sizeof text + 1), from = any(n + 1), length = any(n - from + 1);
		for (unsigned i = 0; i < n; i++)
			text[i] = "aab"[any(3)];
		str subject = {text, n}, needle = {text + from, length};
		char copy[sizeof text];
		memcpy(copy, needle.p, length);
		if (length > 0 && any(3) == 0)
			copy[any(length)] = 'c';
		const char *at = memmem(text, n, copy, length);
		assert_int_equal(str_find(subject, (str){copy, length}), at == NULL ? -1 : at - text);
	}
}

static void newlines(void **state)
{
	(void)state;
	char text[500];
	for (unsigned turn = 0; turn < 20000; turn++) {
		unsigned n = any(sizeof text + 1), at = any(n + 1), few = 1 + any(100);
		char *copy = malloc(n + 1); /* of its own size, for the sanitizers */
		for (unsigned i = 0; i < n; i++)
			text[i] = any(few) == 0 ? '\n' : (char)any(256);
		memcpy(copy, text, n);
		const char *want = newline_scalar(copy + at, copy + n);
		assert_ptr_equal(newline_find(copy + at, copy + n), want);
		if (NEWLINE_AVX2())
			assert_ptr_equal(newline_avx2(copy + at, copy + n), want);
		free(copy);
	}
}

static void test_patterns_that_tell_digits_apart(void **state)
{
	(void)state;
	static const struct {
		const char *pattern;
		bool alike;
	} all[] = {{"^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d (?<a>\\w+)[ \\t]+", true}, {"^[^\\]]+\\] .*", true}, {"^20\\d\\d-\\d\\d-\\d\\dT", false},
		{"^[0-5]\\d:\\d\\d", false}, {"^a[^7]b", false}, {"^HTTP/1 ", false}};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		struct plain *p = plain_new(str_z(all[i].pattern), &(struct plain_options){.anchored = true});
		assert_non_null(p);
		assert_int_equal(plain_digits_alike(p), all[i].alike);
		plain_free(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shipped_patterns),
		cmocka_unit_test(times_are_one_step), cmocka_unit_test(made_patterns), cmocka_unit_test(a_lookahead_at_the_beginning), cmocka_unit_test(refused), cmocka_unit_test(gives_up), cmocka_unit_test(spans), cmocka_unit_test(needles),
		cmocka_unit_test(test_patterns_that_tell_digits_apart),
		cmocka_unit_test(newlines),
	};
	return cmocka_run_group_tests(tests, load_rules, free_rules);
}
