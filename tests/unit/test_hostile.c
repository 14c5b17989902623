/* No shipped pattern is slow on a line that was made to hurt it. Steps are counted (prove/hostile.c), not time, and without machine
 * code: ten steps a byte are less than ten milliseconds for a line of 64 KiB. And the answer of such a line is not told by luck: the
 * plain matcher gives up after so many steps, PCRE2 would go on. */
#include "rules_fixture.h"

#include "base/pattern.h"
#include "prove/sample.h"

#if defined(__SANITIZE_ADDRESS__)
enum { EVERY = 6, SAMPLES = 1 };
#else
enum { EVERY = 1, SAMPLES = 2 };
#endif
enum { BOUND = 10 * REGEX_SUBJECT_MAX + REGEX_SUBJECT_MAX / 8 };

/* One kind of search that a pattern is used for, with the samples of its entry. */
static void bounded(const char *what, str id, str pattern, unsigned flags, bool all, const struct tree_doc *d, uint32_t node)
{
	struct prove_cost cost = {0};
	struct regex *r = NULL;
	unsigned n = 0;
	assert_int_equal(regex_new(pattern, flags, &r, NULL), 0);
	for (uint32_t i = tree_first(d, tree_get(d, node, "samples")); i != 0 && n < SAMPLES; i = tree_next(d, i), n++)
		prove_cost(r, all, tree_text(d, tree_get(d, i, "line")), &cost);
	if (cost.steps > BOUND || cost.growth > 2.3)
		fail_msg("%s %.*s: %llu steps on a line of 64 KiB, %.1f times those of half of it", what, STR_ARG(id), (unsigned long long)cost.steps, cost.growth);
	assert_true(n > 0 && cost.steps > 0);
	regex_free(r);
}

static void shipped_signatures(void **state)
{
	(void)state;
	for (size_t i = 0; i < rules.signatures.n; i += EVERY) {
		const struct signature *s = &rules.signatures.v[i];
		struct buf core = {0};
		bounded("signature", s->id, s->match, 0, false, s->doc, s->node);
		if (s->core && pattern_unanchored(s->match, &core))
			bounded("core", s->id, buf_str(&core), 0, false, s->doc, s->node);
		buf_done(&core);
	}
}

static void shipped_formats(void **state)
{
	(void)state;
	for (size_t i = 0; i < rules.formats.n; i += EVERY)
		bounded("format", rules.formats.v[i].id, rules.formats.v[i].match, REGEX_ANCHORED, false, rules.formats.v[i].doc, rules.formats.v[i].node);
}

static void shipped_redactions(void **state)
{
	(void)state;
	for (size_t i = 0; i < rules.redactions.n; i += EVERY)
		bounded("redaction", rules.redactions.v[i].id, rules.redactions.v[i].match, 0, true, rules.redactions.v[i].doc, rules.redactions.v[i].node);
}

/* Patterns as they should not be are seen to be bad, by PCRE2's steps as well as by the plain matcher's. */
static void bad_ones_are_found(void **state)
{
	(void)state;
	static const struct {
		const char *pattern, *sample;
		bool bad;
	} cases[] = {
		{"^(?<a>[^:]+): (?<b>\\d+) left", "retries: 3 left", false},
		{"^(?<a>.*):(?<b>.*):(?<c>.*) left", "a: b: 3 left", true},
		{"^(?<a>(?>.*:)?.*):(?<b>.*):(?<c>.*) left", "a: b: 3 left", true},
		{"(?i)[a-z]+ left", "retries left", true},
		{"(?i)\\b[a-z]++ left", "retries left", false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct prove_cost cost = {0};
		struct regex *r = NULL;
		assert_int_equal(regex_new(str_z(cases[i].pattern), 0, &r, NULL), 0);
		prove_cost(r, false, str_z(cases[i].sample), &cost);
		bool bad = cost.limit != 0 || cost.steps > BOUND || cost.growth > 2.3;
		if (bad != cases[i].bad)
			fail_msg("%s: %llu steps, %.1f, limit at %zu", cases[i].pattern, (unsigned long long)cost.steps, cost.growth, cost.limit);
		regex_free(r);
	}
}

/* Steps do not depend on how a search is cut up: runs count by their bytes, and nothing costs nothing. */
static void steps_are_counted(void **state)
{
	(void)state;
	struct buf text = {0};
	uint64_t plain = 0, pcre2 = 0, twice = 0;
	for (unsigned flags = 0; flags <= REGEX_ALWAYS_PCRE2; flags += REGEX_ALWAYS_PCRE2) {
		struct regex *r = NULL;
		buf_reset(&text);
		buf_repeat(&text, 'a', 8000);
		assert_int_equal(regex_new(S("^[a-z]+\\d"), flags, &r, NULL), 0);
		assert_true(prove_steps(r, false, buf_str(&text), flags ? &pcre2 : &plain));
		assert_in_range(flags ? pcre2 : plain, 1000, 1010);
		buf_repeat(&text, 'a', 8000);
		assert_true(prove_steps(r, false, buf_str(&text), &twice));
		assert_in_range(twice, 2000, 2010);
		regex_free(r);
	}
	buf_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shipped_signatures), cmocka_unit_test(shipped_formats), cmocka_unit_test(shipped_redactions),
		cmocka_unit_test(bad_ones_are_found), cmocka_unit_test(steps_are_counted),
	};
	return cmocka_run_group_tests(tests, load_rules, free_rules);
}
