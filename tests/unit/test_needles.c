/* Signatures that may match anywhere are searched for by their texts: base/needles finds what stands there with and without the
 * machine's instructions, and a parser that goes by it (parse/searched.c) hands out every record that holds a text, as one does that
 * hands out all. */
#include "rules_fixture.h"

#include "base/needles.h"
#include "parse/parser.h"
#include "chance.h"

static void both_find_what_stands_there(void **state)
{
	(void)state;
	static const char letters[] = "abcab\n \xff\x80";
	char text[200], words[20][12];
	for (unsigned turn = 0; turn < 5000; turn++) {
		str needles[20];
		const unsigned count = any(20) + 1, n = any(sizeof text), from = any(n + 1);
		for (unsigned i = 0; i < n; i++)
			text[i] = letters[any(sizeof letters - 1)];
		for (unsigned k = 0; k < count; k++) {
			needles[k] = (str){words[k], NEEDLE_MIN + any(9)};
			for (unsigned i = 0; i < needles[k].n; i++)
				words[k][i] = letters[any(sizeof letters - 1)];
		}
		struct needles *x = needles_new(needles, count);
		const char *end = text + n, *a = needles_find(x, text + from, end), *b = needles_find_scalar(x, text + from, end);
		bool stands = false, told = a == NULL;
		for (unsigned k = 0; k < count; k++) {
			stands = stands || str_find((str){text + from, n - from}, needles[k]) >= 0;
			told = told || ((size_t)(end - a) >= needles[k].n && memcmp(a, needles[k].p, needles[k].n) == 0);
		}
		assert_ptr_equal(a, b);
		assert_int_equal(a != NULL, stands);
		assert_true(told);
		assert_true(a == NULL || a >= text + from);
		needles_free(x);
	}
}

static const str texts[] = {{"retries left", 12}, {"quota exceeded", 14}, {"s=7", 3}};
enum { TEXTS = sizeof texts / sizeof *texts };

static struct gate_answer all(const void *context, enum body_class class, str head)
{
	(void)context;
	(void)class;
	return (struct gate_answer){(uint16_t)(head.n <= 64), 0, 0};
}

static struct gate_answer wanted_words(const void *context, enum body_class class, str head)
{
	(void)context;
	(void)class;
	return (struct gate_answer){str_starts(head, S("wanted")), 6, 0};
}

static void take(void *context, const struct record *r)
{
	struct buf *out = context;
	bool holds = str_starts(r->body, S("wanted"));
	for (unsigned i = 0; i < TEXTS; i++)
		holds = holds || str_find(r->body, texts[i]) >= 0;
	if (holds)
		buf_printf(out, "%llu+%u %s %lld %.*s|%.*s\n", (unsigned long long)r->line, r->lines, body_class_name(r->class), (long long)r->at, STR_ARG(r->server),
			STR_ARG(r->body));
}

/* Returns the records that hold a text or are wanted; *ret_pushed: lines that the parser did not take from the buffer. */
static void read_log(str text, const struct needles *needles, bool block, struct buf *out, struct source *facts, uint64_t *ret_pushed)
{
	struct parser_options o = {.base = INSTANT_NONE, .probe = text, .needles = needles, .rest_gate = wanted_words};
	struct parser *p = parser_new(&rules, &o, all, NULL, take, out);
	uint64_t line = 0, lines;
	*ret_pushed = 0;
	for (size_t at = 0; at < text.n;) {
		const str rest = str_from(text, at);
		size_t n = block ? parser_block(p, str_head(rest, 100 + any(3000)), line + 1, at, &lines) : 0;
		if (n == 0) {
			const ptrdiff_t lf = str_chr(rest, '\n');
			const struct line l = {.text = str_head(rest, (size_t)lf), .number = line + 1, .offset = at, .length = (uint64_t)lf, .newline = true};
			parser_push(p, &l);
			n = (size_t)lf + 1;
			lines = 1;
			++*ret_pushed;
		}
		at += n;
		line += lines;
	}
	parser_finish(p);
	parser_facts(p, facts);
	facts->problems = NULL;
	parser_free(p);
}

static void make_log(struct buf *out, unsigned lines)
{
	static const char *const heads[] = {"[DEBUG] ", "[DEBUG] MCP server \"kite\": ", "[INFO] ", "[ERROR] MCP server \"a b\" Server stderr: ", "[DEBUG] \""};
	static const char *const pieces[] = {"quiet words ", "3 retries left ", "3 retries lef", "quota exceeded for x ", "quota \x1b[1mexceeded ", "s=7", "s=8", "wanted ",
		"Connection error: [", "{ \"a\": 1 }", "nothing at all is to be seen in these words ", "Traceback (most recent call last):"};
	unsigned now = 0;
	for (unsigned i = 0; i < lines; i++) {
		if (any(4) > 0) {
			now += any(3);
			buf_printf(out, "2026-11-20T%02u:%02u:%02u.%03uZ %s", 10 + now / 3600, now / 60 % 60, now % 60, any(1000), heads[any(5) * any(2)]);
		} else {
			buf_addz(out, any(2) ? "  " : "    at x ");
		}
		for (unsigned k = any(3); k > 0; k--)
			buf_addz(out, pieces[any(12) * (any(3) == 0)]);
		buf_addz(out, any(12) ? "\n" : "\r\n");
	}
}

static void no_record_with_a_text_is_lost(void **state)
{
	(void)state;
	struct needles *needles = needles_new(texts, TEXTS);
	struct buf log = {0}, want = {0}, got = {0};
	uint64_t pushed, saved = 0, records = 0;
	for (unsigned turn = 0; turn < 300; turn++) {
		struct source a = {0}, b = {0};
		buf_reset(&log);
		buf_reset(&want);
		buf_reset(&got);
		make_log(&log, 20 + any(200));
		read_log(buf_str(&log), NULL, false, &want, &a, &pushed);
		read_log(buf_str(&log), needles, true, &got, &b, &pushed);
		if (want.n != got.n || memcmp(want.p, got.p, want.n) != 0)
			fail_msg("turn %u\n%.*s\n--- want\n%.*s--- got\n%.*s", turn, STR_ARG(buf_str(&log)), STR_ARG(buf_str(&want)), STR_ARG(buf_str(&got)));
		assert_int_equal(a.records, b.records);
		assert_int_equal(a.unrecognized, b.unrecognized);
		assert_int_equal(a.last, b.last);
		records += a.records;
		saved += (uint64_t)(want.n > 0);
	}
	assert_in_range(saved, 250, 300);
	assert_true(records > 10000);
	needles_free(needles);
	buf_done(&log);
	buf_done(&want);
	buf_done(&got);
}

int main(void)
{
	seed = 7;
	const struct CMUnitTest tests[] = {cmocka_unit_test(both_find_what_stands_there), cmocka_unit_test(no_record_with_a_text_is_lost)};
	return cmocka_run_group_tests(tests, load_rules, free_rules);
}
