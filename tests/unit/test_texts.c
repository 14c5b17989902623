/* What is said of a record because texts are missing from it is never wrong: for every shipped pattern and line, and for patterns made of
 * pieces with texts. */
#include "subjects.h"

#include "base/plain.h"
#include "match/matcher.h"
#include "match/texts.h"

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
	static const str overlapping[] = {S_INIT("abca+"), S_INIT("ccc{1,3}"), S_INIT("go going+"), S_INIT("Timeout: \\d+ms.*Timeout: T+")};
	static const str matched[] = {S_INIT("abcaa"), S_INIT("cccc"), S_INIT("go goingg"), S_INIT("Timeout: 5ms, Timeout: TT")};
	for (size_t i = 0; i < sizeof matched / sizeof *matched; i++) {
		p = plain_new(overlapping[i], &(struct plain_options){0});
		assert_true(check_texts(p, overlapping[i], matched[i]));
		plain_free(p);
	}
	p = plain_new(S("(?:abc|\\w+)d"), &(struct plain_options){0}); /* a branch without a text */
	assert_int_equal(plain_texts(p, texts), 0);
	plain_free(p);
}

/* The first of all that match is the one that is found. */
static void texts_change_no_answer(void **state)
{
	(void)state;
	static const enum body_class classes[] = {CLASS_MCP, CLASS_DEBUG, CLASS_SERVER, CLASS_DESKTOP, CLASS_PROXY, CLASS_ERROR};
	struct subjects s = {0};
	struct matcher *m = matcher_new(&rules);
	size_t explained = 0, excluded = 0;
	read_subjects(&s);
	for (size_t c = 0; c < sizeof classes / sizeof *classes; c++) {
		struct match_index x;
		match_index_init(&x, &rules, UINT32_C(1) << classes[c], false);
		struct texts *t = texts_new(&rules, &x);
		for (size_t k = 0; k < s.lines.n; k++) {
			const struct record r = {.kind = SOURCE_CLAUDE_DEBUG, .class = classes[c], .lines = 1, .body = s.lines.v[k], .raw = s.lines.v[k]};
			struct event e = {0};
			uint16_t first = 0;
			const bool some = matcher_all(m, &r, &first, 1) > 0;
			assert_int_equal(matcher_match(m, &r, &e), some);
			if (some)
				assert_int_equal(e.signature, first + 1);
			explained += some;
			texts_look(t, r.body);
			for (size_t place = 0; place < x.n; place++)
				excluded += texts_exclude(t, place);
		}
		texts_free(t);
		match_index_done(&x);
	}
	assert_true(explained > 1000 && excluded > 20000);
	matcher_free(m);
	free_subjects(&s);
}

/* As many as there are, wherever they stand: also at both ends, and in a text of their own size. */
static void all_that_stand_here(void **state)
{
	(void)state;
	struct match_index x;
	str of_one[PLAIN_TEXTS];
	match_index_init(&x, &rules, UINT32_C(1) << CLASS_ERROR, false);
	struct texts *t = texts_new(&rules, &x);
	size_t known = 0;
	for (size_t place = 0; place < x.n; place++) {
		const struct plain *p = rules.signatures.v[x.order[place]].plain;
		const size_t n = p != NULL ? plain_texts(p, of_one) : 0;
		known += n > 0;
		texts_look(t, S(""));
		assert_int_equal(texts_exclude(t, place), n > 0);
		for (size_t i = 0; i < n; i++) {
			char *copy = malloc(of_one[i].n);
			memcpy(copy, of_one[i].p, of_one[i].n);
			texts_look(t, (str){copy, of_one[i].n});
			assert_false(texts_exclude(t, place));
			texts_look(t, (str){copy, of_one[i].n - 1});
			free(copy);
		}
	}
	assert_true(known > 50);
	texts_free(t);
	match_index_done(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(texts_of_shipped_patterns), cmocka_unit_test(texts_of_made_patterns), cmocka_unit_test(texts_are_seen),
		cmocka_unit_test(texts_change_no_answer),
		cmocka_unit_test(all_that_stand_here)};
	return cmocka_run_group_tests(tests, load_rules, free_rules);
}
