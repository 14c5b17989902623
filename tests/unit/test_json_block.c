/* parse/json_block: lines of JSON logs taken from a buffer give what each of them pushed alone gives, wherever the buffer ends, and what
 * the JSON parser gives for them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "parser_fixture.h"
#include "chance.h"

static struct gate_answer wants(const void *context, enum body_class class, str head)
{
	(void)context;
	(void)class;
	const bool number = str_starts(head, S("Received ")) && head.n > 12 && str_find(head, S("7 ")) > 0;
	return (struct gate_answer){str_starts(head, S("Calling ")) || str_starts(head, S("Tool 'q' failed")) || number, (uint16_t)head.n, 0};
}

/* What the gate refuses may be handed out or not. */
static void take_wanted(void *context, const struct record *r)
{
	struct run *run = context;
	if (r->result == RESULT_NONE && wants(NULL, r->class, str_head(r->body, 64)).from == 0)
		return;
	buf_printf(&run->out, "%d %.*s %.*s %llu ", (int)r->level, STR_ARG(r->session), STR_ARG(r->cwd), (unsigned long long)r->lines);
	take(context, r);
}

static struct parser *new_parser(struct run *run, str text)
{
	const struct parser_options options = {.base = INSTANT_NONE, .probe = str_head(text, LIMIT_PROBE)};
	return parser_new(&rules, &options, wants, NULL, take_wanted, run);
}

static void end_run(struct run *run)
{
	parser_finish(run->parser);
	parser_facts(run->parser, &run->facts);
}

/* *ret_taken: lines that were not pushed. */
static struct run run_buffered(str text, size_t most, size_t *ret_taken)
{
	struct run run = {0};
	uint64_t number = 0, lines;
	*ret_taken = 0;
	run.parser = new_parser(&run, text);
	for (size_t at = 0; at < text.n;) {
		at = push_from(run.parser, text, number, at, number + 1);
		number++;
		if (at >= text.n)
			break;
		size_t n = most == 0 ? text.n - at : any((unsigned)most);
		n = n < text.n - at ? n : text.n - at;
		char *copy = malloc(n + 1); /* of its own size, and gone afterwards */
		memcpy(copy, text.p + at, n);
		at += parser_block(run.parser, (str){copy, n}, number + 1, at, &lines);
		memset(copy, '#', n);
		free(copy);
		number += lines;
		*ret_taken += lines;
	}
	end_run(&run);
	return run;
}

static struct run run_pushed(str text)
{
	struct run run = {0};
	run.parser = new_parser(&run, text);
	push_lines(run.parser, text, UINT64_MAX);
	end_run(&run);
	return run;
}

static void assert_same(str text, const struct run *a, const struct run *b)
{
	if (!str_eq(buf_str(&a->out), buf_str(&b->out)))
		fail_msg("%.*s\n--- is\n%.*s\n--- not\n%.*s", STR_ARG(text), STR_ARG(buf_str(&b->out)), STR_ARG(buf_str(&a->out)));
	assert_int_equal(a->facts.records, b->facts.records);
	assert_int_equal(a->facts.unrecognized, b->facts.unrecognized);
	assert_int_equal(a->facts.kind, b->facts.kind);
	assert_int_equal(a->facts.first, b->facts.first);
	assert_int_equal(a->facts.last, b->facts.last);
	assert_int_equal(a->facts.filtered, b->facts.filtered);
	assert_true(str_eq(a->facts.session_id, b->facts.session_id));
	assert_true(str_eq(a->facts.client_version, b->facts.client_version));
	assert_true(str_eq(a->facts.cwd, b->facts.cwd));
	assert_int_equal(a->facts.problem_count, b->facts.problem_count);
	for (size_t i = 0; i < a->facts.problem_count; i++) {
		assert_string_equal(a->facts.problems[i].code, b->facts.problems[i].code);
		assert_int_equal(a->facts.problems[i].line, b->facts.problems[i].line);
		assert_int_equal(a->facts.problems[i].offset, b->facts.problems[i].offset);
	}
}

static const char *const texts[] = {"Calling MCP tool: q", "Received %u notifications of the kind \\\"progress\\\"", "Tool 'q' completed successfully in %ums",
	"Tool 'q' failed after %us: a\\\\b\\n\\tc", "Tool '\\\"x\\\"' failed", "", "short", "Server stderr: ERROR: %u", "quiet words", "Connection \\/ %u",
	"attribution header x-anthropic-billing-header: cc_version=2.1.143.%u;", "Calling %u \\\\", "a \\u0041 of %u", "gr\xc3\xbc\xc3\x9f""e %u"};
static const char *const tails[] = {"\",\"sessionId\":\"1c8be7a0-5eed\",\"cwd\":\"/home/kim\"}", "\",\"sessionId\":\"1c8be7a0-5eed\",\"cwd\":\"/home/kim\"}",
	"\",\"sessionId\":\"1c8be7a0-5eed\",\"cwd\":\"/home/kim\"}", "\",\"sessionId\":\"other\",\"cwd\":\"/tmp\"}", "\"}", "\",\"cwd\":\"C:\\\\x\"}"};

static void cache_line(struct buf *out, const char *begin)
{
	buf_addz(out, begin);
	buf_addz(out, any(8) == 0 ? "\"error\":\"" : "\"debug\":\"");
	buf_printf(out, texts[any(sizeof texts / sizeof *texts)], any(3000));
	buf_printf(out, any(30) == 0 ? "\",\"timestamp\":\"2026-03-19T08:%02u:%02u.%01u" : "\",\"timestamp\":\"2026-03-19T08:%02u:%02u.%03uZ", any(3), any(62), any(10));
	buf_addz(out, tails[any(sizeof tails / sizeof *tails)]);
}

static void transcript_line(struct buf *out, const char *begin)
{
	static const char *const kinds[] = {
		"\"type\":\"assistant\",\"message\":{\"content\":[{\"type\":\"tool_use\",\"id\":\"t%u\",\"name\":\"mcp__a__b\",\"input\":{}}]}",
		"\"type\":\"user\",\"message\":{\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t%u\",\"content\":\"a\\nb\",\"is_error\":true}]}",
		"\"type\":\"user\",\"message\":{\"content\":\"text %u\"},\"MESSAGE\":\"x __REALTIME_TIMESTAMP\"", "\"type\":\"progress\",\"data\":{\"n\":%u}"};
	buf_addz(out, begin);
	buf_printf(out, kinds[any(4)], any(9));
	buf_printf(out, ",\"uuid\":\"u\",\"sessionId\":\"s\",\"timestamp\":\"2026-03-19T08:00:%02u.000Z\"}", any(60));
}

static void valid_line(struct buf *out, const char *begin)
{
	if (any(4) == 0)
		transcript_line(out, begin);
	else
		cache_line(out, begin);
}

static const char *const others[] = {"[", "]", "", "words of nobody", "{", "{\"debug\":\"cut", "}", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\"}",
	"{\"log\":\"Calling x\\n\",\"stream\":\"stderr\",\"time\":\"2026-03-19T08:00:00.000Z\"}", "Traceback (most recent call last):", "ValueError: boom",
	"{\"__REALTIME_TIMESTAMP\":\"1771400000000000\",\"MESSAGE\":\"Calling the journal\"}", "  \"debug\": \"Calling apart\",", "{\"level\":\"info\",\"msg\":\"Calling me\"}"};

static void any_line(struct buf *out)
{
	const size_t from = out->n;
	if (any(12) == 0)
		buf_addz(out, others[any(sizeof others / sizeof *others)]);
	else
		valid_line(out, any(20) == 0 ? "{ " : "{");
	if (any(25) == 0 && out->n > from)
		out->p[from + any((unsigned)(out->n - from))] = "\"\\{},\x1b\x01x\n"[any(9)];
	buf_addz(out, any(9) == 0 ? ",\n" : any(9) == 0 ? "\r\n" : "\n");
}

static void as_each_line_alone(void **state)
{
	(void)state;
	struct buf text = {0};
	size_t all = 0, taken, buffered = 0;
	for (unsigned round = 0; round < 150; round++) {
		buf_reset(&text);
		for (unsigned n = any(120) + 1; n > 0; n--)
			any_line(&text);
		struct run pushed = run_pushed(buf_str(&text));
		for (size_t most = 0; most < 3000; most = most * 10 + 200) {
			struct run run = run_buffered(buf_str(&text), most, &taken);
			assert_same(buf_str(&text), &run, &pushed);
			buffered += most == 0 ? taken : 0;
			run_done(&run);
		}
		all += pushed.facts.records;
		run_done(&pushed);
	}
	buf_done(&text);
	if (buffered * 3 < all)
		fail_msg("of %zu records %zu came from the buffer", all, buffered);
}

/* A blank behind the first bracket: no scanner takes the line. */
static void as_the_json_parser(void **state)
{
	(void)state;
	struct buf text = {0}, apart = {0};
	size_t taken, buffered = 0;
	for (unsigned round = 0; round < 60; round++) {
		buf_reset(&text);
		buf_reset(&apart);
		for (unsigned n = 0; n < 200; n++) {
			const uint64_t before = seed;
			valid_line(&text, "{");
			seed = before;
			valid_line(&apart, "{ ");
			buf_byte(&text, '\n');
			buf_byte(&apart, '\n');
		}
		struct run run = run_buffered(buf_str(&text), 0, &taken), slow = run_pushed(buf_str(&apart));
		for (size_t i = 0; i < run.facts.problem_count && i < slow.facts.problem_count; i++) /* offsets are others */
			assert_string_equal(run.facts.problems[i].code, slow.facts.problems[i].code);
		run.facts.problem_count = slow.facts.problem_count = 0;
		assert_same(buf_str(&text), &run, &slow);
		buffered += taken;
		run_done(&run);
		run_done(&slow);
	}
	buf_done(&text);
	buf_done(&apart);
	assert_true(buffered > 3000);
}

/* Pushed, so that the two tests above compare with something. */
static void as_written(void **state)
{
	(void)state;
	expect("{\"error\":\"a \\\"b\\\"\",\"timestamp\":\"2026-03-19T08:51:44.282Z\"}\n", "1 mcp-cache mcp 2026-03-19T08:51:44.282Z|a \"b\"\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(as_written), cmocka_unit_test(as_each_line_alone), cmocka_unit_test(as_the_json_parser)};
	return cmocka_run_group_tests(tests, load_rules, free_rules);
}
