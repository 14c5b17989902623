/* What is said of a record by its first bytes is never wrong when it says no, and changes no answer of the matcher: for every shipped
 * pattern and line, and for patterns made of all parts of the language. */
#include "subjects.h"

#include "base/plain.h"
#include "match/matcher.h"

enum { GATE_HEAD = 64 };

/* Of its own size, for the sanitizers. */
static enum plain_answer begins(const struct plain *p, str head, size_t *ret_bytes)
{
	char *copy = malloc(head.n + 1), *at = copy + 1;
	if (head.n > 0)
		memcpy(at, head.p, head.n);
	const enum plain_answer answer = plain_begins(p, (str){at, head.n}, ret_bytes);
	free(copy);
	return answer;
}

/* What is sure of these bytes holds with other ones behind them too. */
static void check_sure(const struct plain *p, str pattern, str head)
{
	char text[GATE_HEAD + 16];
	str groups[PLAIN_GROUPS];
	for (unsigned k = 0; k < 4; k++) {
		const unsigned tail = k == 0 ? 0 : any(16);
		memcpy(text, head.p, head.n);
		for (unsigned i = 0; i < tail; i++)
			text[head.n + i] = "aabbc x1\n-T:\"'"[any(14)];
		if (plain_match(p, (str){text, head.n + tail}, 0, groups, NULL) != 1)
			fail_msg("%.*s does not match “%.*s”, of which it is sure", STR_ARG(pattern), (int)(head.n + tail), text);
	}
}

static size_t sure; /* how often */

/* No beginning of a text that matches is refused; what is refused is refused by its first bytes alone. */
static size_t check_beginnings(const struct plain *p, str pattern, str subject)
{
	str groups[PLAIN_GROUPS];
	size_t refused = 0;
	const bool matches = plain_match(p, subject, 0, groups, NULL) == 1;
	for (size_t n = 0; n <= subject.n && n <= GATE_HEAD; n++) {
		size_t bytes, fewer;
		const enum plain_answer answer = begins(p, str_head(subject, n), &bytes);
		if (answer == PLAIN_SURE)
			check_sure(p, pattern, str_head(subject, bytes));
		sure += answer == PLAIN_SURE;
		if (answer != PLAIN_NO)
			continue;
		refused++;
		if (matches)
			fail_msg("%.*s matches “%.*s”, and %zu bytes of it are refused", STR_ARG(pattern), STR_ARG(subject), n);
		if (bytes > n || begins(p, str_head(subject, bytes), &fewer) != PLAIN_NO)
			fail_msg("%.*s: %zu bytes of “%.*s” are refused, but not the %zu that decide", STR_ARG(pattern), n, STR_ARG(subject), bytes);
	}
	return refused;
}

static void beginnings_of_shipped_lines(void **state)
{
	(void)state;
	struct subjects s = {0};
	size_t refused = 0;
	read_subjects(&s);
	for (size_t i = 0; i < rules.signatures.n; i++) {
		const struct signature *g = &rules.signatures.v[i];
		for (size_t k = i % 5; g->plain != NULL && k < s.lines.n; k += 5)
			refused += check_beginnings(g->plain, g->match, s.lines.v[k]);
	}
	assert_true(refused > 100000 && sure > 300);
	free_subjects(&s);
}

static const char *const atoms[] = {"a", "b", "c", "[ab]", "[^a]", ".", "\\w", "\\s", "\\d", "\\S+", "ab", "[^b\\n]*", "a*", "b+", ".*?", "c??", "[a-c]{1,3}", "\\b", "$",
	"(?=b)", "(?!c)", "x?", ".*", " ", "\\B", "[ab]+?", "\\d\\d-\\d\\dT\\d\\d:", "(?:a|bc|x)", "(ab|c)+", "(?:[a-c]+ ){0,4}", "(\\w+)", "(?:x|)"};

static void beginnings_of_made_texts(void **state)
{
	(void)state;
	struct buf pattern = {0};
	size_t refused = 0, plain = 0;
	for (unsigned i = 0; i < 4000; i++) {
		buf_reset(&pattern);
		buf_byte(&pattern, '^');
		for (unsigned n = any(6) + 1; n > 0; n--)
			buf_addz(&pattern, atoms[any(sizeof atoms / sizeof *atoms)]);
		struct plain *p = plain_new(buf_str(&pattern), &(struct plain_options){.dotall = any(4) == 0});
		plain += p != NULL;
		for (unsigned k = 0; p != NULL && k < 40; k++) {
			char subject[24];
			const unsigned n = any(sizeof subject);
			for (unsigned c = 0; c < n; c++)
				subject[c] = "aabbc x1\n-T:"[any(12)];
			refused += check_beginnings(p, buf_str(&pattern), (str){subject, n});
		}
		plain_free(p);
	}
	assert_true(plain > 3000 && refused > 10000 && sure > 10000);
	buf_done(&pattern);
}

/* Not only sound: what the bytes tell is seen. */
static void a_dispatch_of_a_built_in_tool_is_no_call(void **state)
{
	(void)state;
	size_t bytes;
	struct plain *p = plain_new(S("^\\[Stall\\] tool_dispatch_end\\s+tool=(?<tool>mcp_\\S+)\\s+(?:toolUseId=(?<id>\\S+)\\s+)?outcome=(?<outcome>[\\w-]+)"), &(struct plain_options){0});
	assert_int_equal(plain_begins(p, S("[Stall] tool_dispatch_end tool=Read toolUseId=toolu_01"), &bytes), PLAIN_NO);
	assert_true(bytes > 26 && bytes <= strlen("[Stall] tool_dispatch_end tool=Read"));
	assert_int_equal(plain_begins(p, S("[Stall] tool_dispatch_end tool=mcp__x__y too"), &bytes), PLAIN_MAY);
	assert_int_equal(plain_begins(p, S("[Stall] tool_dispatch_end tool=mcp__x__y touUseId=t"), &bytes), PLAIN_NO);
	assert_int_equal(plain_begins(p, S(""), &bytes), PLAIN_MAY);
	plain_free(p);
	p = plain_new(S("^\\[API REQUEST\\] \\S+"), &(struct plain_options){0});
	assert_int_equal(plain_begins(p, S("[API REQUEST] /v1/mess"), &bytes), PLAIN_MAY);
	assert_int_equal(plain_begins(p, S("[API REQUEST] /v1/messages x-client"), &bytes), PLAIN_SURE);
	assert_int_equal(bytes, strlen("[API REQUEST] /v1/messages "));
	plain_free(p);
}

/* A record that comes with `from` is explained as without; one that the gate refuses matters to nobody. */
static void gate_changes_no_answer(void **state)
{
	(void)state;
	static const enum body_class classes[] = {CLASS_MCP, CLASS_DEBUG, CLASS_SERVER, CLASS_DESKTOP, CLASS_PROXY};
	struct subjects s = {0};
	struct matcher *m = matcher_new(&rules);
	size_t told = 0, all = 0, all_sure = 0;
	read_subjects(&s);
	for (size_t k = 0; k < s.lines.n; k++)
		for (size_t c = 0; c < sizeof classes / sizeof *classes; c++) {
			struct record r = {.kind = SOURCE_CLAUDE_DEBUG, .class = classes[c], .lines = 1, .body = s.lines.v[k], .raw = s.lines.v[k]};
			struct event plain = {0}, with = {0};
			const struct gate_answer answer = matcher_gate(m, r.class, str_head(r.body, GATE_HEAD));
			const bool explained = matcher_match(m, &r, &plain);
			const bool kept = explained && rules.signatures.v[plain.signature - 1].keep != KEEP_COUNT;
			if (kept && answer.from == 0)
				fail_msg("“%.*s” is refused", STR_ARG(r.body));
			r.from = answer.from;
			r.sure = answer.sure != 0;
			all_sure += r.sure;
			assert_int_equal(matcher_match(m, &r, &with), explained);
			assert_int_equal(with.signature, plain.signature);
			assert_int_equal(with.field_count, plain.field_count);
			all += kept;
			told += kept && answer.from == plain.signature;
			/* What decided stays decided, whatever follows. */
			assert_true(answer.bytes <= r.body.n);
			if (answer.from == 0)
				assert_int_equal(matcher_gate(m, r.class, str_head(r.body, answer.bytes)).from, 0);
		}
	if (told * 2 < all || told < 300 || all_sure < 20)
		fail_msg("the gate told %zu of %zu, and was sure of %zu", told, all, all_sure);
	matcher_free(m);
	free_subjects(&s);
}

/* What the gate says by so many bytes it says of every body that begins with them, whatever stands behind. */
static void answers_hold_for_other_bodies(void **state)
{
	(void)state;
	static const enum body_class classes[] = {CLASS_MCP, CLASS_DEBUG, CLASS_SERVER};
	struct subjects s = {0};
	struct matcher *m = matcher_new(&rules);
	size_t told = 0;
	read_subjects(&s);
	for (size_t k = 0; k < s.lines.n; k++)
		for (size_t c = 0; c < sizeof classes / sizeof *classes; c++) {
			const str head = str_head(s.lines.v[k], GATE_HEAD);
			const bool wanted = matcher_gate(m, classes[c], head).from != 0;
			char other[GATE_HEAD];
			memcpy(other, head.p, head.n);
			for (size_t i = 1; wanted && i < head.n; i++) {
				other[i] = head.p[i] == '~' ? 'a' : '~';
				const struct gate_answer answer = matcher_gate(m, classes[c], (str){other, head.n});
				if (answer.from == 0 && answer.bytes <= i)
					fail_msg("“%.*s” is refused by %u bytes, which “%.*s” has too", (int)head.n, other, answer.bytes, STR_ARG(head));
				told += answer.from == 0;
				other[i] = head.p[i];
			}
		}
	assert_true(told > 5000);
	matcher_free(m);
	free_subjects(&s);
}

/* Blanks at the end are not matched: what is sure by them is sure with what follows. */
static void sure_is_not_sure_by_blanks(void **state)
{
	(void)state;
	struct subjects s = {0};
	struct matcher *m = matcher_new(&rules);
	size_t all_sure = 0;
	read_subjects(&s);
	for (size_t k = 0; k < s.lines.n; k++) {
		const str head = str_head(s.lines.v[k], GATE_HEAD);
		const struct gate_answer answer = matcher_gate(m, CLASS_MCP, head);
		const str by = str_head(head, answer.sure);
		if (answer.sure == 0)
			continue;
		all_sure++;
		struct record r = {.kind = SOURCE_CLAUDE_DEBUG, .class = CLASS_MCP, .lines = 1, .body = str_trim_end(by), .raw = by};
		struct event e = {0};
		if (!matcher_match(m, &r, &e) || e.signature != answer.from)
			fail_msg("“%.*s” is sure by %u bytes, and is not without the blanks", STR_ARG(head), answer.sure);
	}
	assert_true(all_sure > 10);
	matcher_free(m);
	free_subjects(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(beginnings_of_shipped_lines), cmocka_unit_test(beginnings_of_made_texts),
		cmocka_unit_test(a_dispatch_of_a_built_in_tool_is_no_call), cmocka_unit_test(gate_changes_no_answer),
		cmocka_unit_test(answers_hold_for_other_bodies), cmocka_unit_test(sure_is_not_sure_by_blanks)};
	return cmocka_run_group_tests(tests, load_rules, free_rules);
}
