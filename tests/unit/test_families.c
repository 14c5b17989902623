/* What is said of a record because texts are missing from it is never wrong: for every shipped pattern and line, and for patterns made of
 * pieces with texts. */
#include "subjects.h"

#include "base/plain.h"
#include "match/families.h"
#include "match/matcher.h"

/* Returns whether the pattern has texts and matches. */
static bool check_texts(const struct plain *p, str pattern, str subject)
{
	str texts[PLAIN_TEXTS], groups[PLAIN_GROUPS];
	const size_t n = plain_texts(p, texts);
	if (n == 0 || plain_match(p, subject, 0, groups, NULL) != 1)
		return false;
	for (size_t i = 0; i < n; i++)
		if (str_find(groups[0], texts[i]) >= 0)
			return true;
	fail_msg("%.*s matches “%.*s”, which holds none of its %zu texts", STR_ARG(pattern), STR_ARG(subject), n);
	return false;
}

static void texts_of_shipped_patterns(void **state)
{
	(void)state;
	struct subjects s = {0};
	size_t with_texts = 0, held = 0;
	str texts[PLAIN_TEXTS];
	read_subjects(&s);
	for (size_t i = 0; i < rules.signatures.n; i++) {
		const struct signature *g = &rules.signatures.v[i];
		with_texts += g->plain != NULL && plain_texts(g->plain, texts) > 0;
		for (size_t k = 0; g->plain != NULL && k < s.lines.n; k++)
			held += check_texts(g->plain, g->match, s.lines.v[k]);
	}
	assert_true(with_texts > 100 && held > 200);
	free_subjects(&s);
}

static const char *const pieces[] = {"abc", "(?:abc|bca)", "(?:cab|ab)", "(?:abca|(?:cbab|bbc)+)", "[ab]", "a", "abc*", "(?:abc)?", "(?=abc)", "(?!abc)", ".*?",
	"(?<x>bcab|acb)", "\\w+", "(?:aab|)", "aab{2}", "(cab)*", "b+a"};

static void texts_of_made_patterns(void **state)
{
	(void)state;
	struct buf pattern = {0};
	size_t held = 0;
	for (unsigned i = 0; i < 6000; i++) {
		buf_reset(&pattern);
		if (any(2) == 0)
			buf_byte(&pattern, '^');
		for (unsigned n = any(4) + 1; n > 0; n--)
			buf_addz(&pattern, pieces[any(sizeof pieces / sizeof *pieces)]);
		struct plain *p = plain_new(buf_str(&pattern), &(struct plain_options){0});
		for (unsigned k = 0; p != NULL && k < 60; k++) {
			char subject[24];
			const unsigned n = any(sizeof subject);
			for (unsigned c = 0; c < n; c++)
				subject[c] = "abcab"[any(5)];
			held += check_texts(p, buf_str(&pattern), (str){subject, n});
		}
		plain_free(p);
	}
	assert_true(held > 5000);
	buf_done(&pattern);
}

static void texts_are_seen(void **state)
{
	(void)state;
	str texts[PLAIN_TEXTS];
	struct plain *p = plain_new(S("^Server stderr: (?s:.*?)(?<err>(?:\\[Errno 98\\]|EADDRINUSE|[Aa]ddress already in use)[^\\n]*)"), &(struct plain_options){0});
	assert_int_equal(plain_texts(p, texts), 3);
	assert_true(str_eq(texts[0], S("[Errno 98]")) && str_eq(texts[1], S("EADDRINUSE")) && str_eq(texts[2], S("ddress already in use")));
	plain_free(p);
	p = plain_new(S("^Server stderr: ?"), &(struct plain_options){0});
	assert_int_equal(plain_texts(p, texts), 0);
	plain_free(p);
	p = plain_new(S("(?:abc|\\w+)d"), &(struct plain_options){0}); /* a branch without a text */
	assert_int_equal(plain_texts(p, texts), 0);
	plain_free(p);
}

/* The first of all that match is the one that is found. */
static void families_change_no_answer(void **state)
{
	(void)state;
	static const enum body_class classes[] = {CLASS_MCP, CLASS_DEBUG, CLASS_SERVER, CLASS_DESKTOP, CLASS_PROXY};
	struct subjects s = {0};
	struct matcher *m = matcher_new(&rules);
	struct families f;
	size_t excluded = 0, explained = 0;
	families_init(&f, &rules);
	read_subjects(&s);
	for (size_t k = 0; k < s.lines.n; k++) {
		for (size_t c = 0; c < sizeof classes / sizeof *classes; c++) {
			const struct record r = {.kind = SOURCE_CLAUDE_DEBUG, .class = classes[c], .lines = 1, .body = s.lines.v[k], .raw = s.lines.v[k]};
			struct event e = {0};
			uint16_t first = 0;
			const bool some = matcher_all(m, &r, &first, 1) > 0;
			assert_int_equal(matcher_match(m, &r, &e), some);
			if (some)
				assert_int_equal(e.signature, first + 1);
			explained += some;
		}
		struct family_answer a = {0};
		for (size_t i = 0; i < rules.signatures.n; i++)
			excluded += families_exclude(&f, i, s.lines.v[k], &a);
	}
	assert_true(explained > 500 && excluded > 20000);
	families_done(&f);
	matcher_free(m);
	free_subjects(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(texts_of_shipped_patterns), cmocka_unit_test(texts_of_made_patterns), cmocka_unit_test(texts_are_seen),
		cmocka_unit_test(families_change_no_answer)};
	return cmocka_run_group_tests(tests, load_rules, free_rules);
}
