/* parse/cache_line: what it reads is what the JSON parser reads, whatever is done to a line; what it does not read, it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "base/json.h"
#include "parse/cache_line.h"
#include "chance.h"

static void same_field(str line, const struct json *doc, const char *key, str got)
{
	str want = json_text(json_get(doc, key));
	if (!str_eq(want, got))
		fail_msg("%.*s\n%s: scanner '%.*s', parser '%.*s'", STR_ARG(line), key, STR_ARG(got), STR_ARG(want));
}

/* True when the scanner took the line. */
static bool compare(str line)
{
	struct cache_line l;
	struct buf room = {0};
	bool taken = cache_line_read(line, &room, &l);
	struct json *doc = taken ? json_parse(line, NULL) : NULL;
	if (taken) {
		if (!json_is_object(doc))
			fail_msg("the parser does not take %.*s", STR_ARG(line));
		same_field(line, doc, l.is_error ? "error" : "debug", l.text);
		same_field(line, doc, "timestamp", l.timestamp);
		same_field(line, doc, "sessionId", l.session);
		same_field(line, doc, "cwd", l.cwd);
		if (json_is_string(json_get(doc, l.is_error ? "debug" : "error")))
			fail_msg("two texts in %.*s", STR_ARG(line));
	}
	json_free(doc);
	buf_done(&room);
	return taken;
}

static const char *const lines[] = {
	"{\"debug\":\"Calling MCP tool: q\",\"timestamp\":\"2026-03-19T08:51:44.282Z\",\"sessionId\":\"1c8be7a0\",\"cwd\":\"/home/kim\"}",
	"{\"error\":\"Connection \\\"x\\\" failed\\n\\tat a\\\\b \\/\",\"timestamp\":\"2026-03-19T08:51:44.282Z\",\"sessionId\":\"1c8be7a0\",\"cwd\":\"/home/kim\"}",
	"{\"debug\":\"\",\"timestamp\":\"\",\"cwd\":\"\"}",
	"{\"error\":\"alone\"}",
};

static void as_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		assert_true(compare(str_z(lines[i])));
}

static void left_to_the_parser(void **state)
{
	(void)state;
	static const char *const others[] = {
		"{\"debug\":\"a\",\"error\":\"b\"}", "{ \"debug\":\"a\"}", "{\"debug\":\"a\" }", "{\"debug\":\"\\u0041\"}", "{\"debug\":\"\xc3\xa4\"}", "{\"debug\":\"a\tb\"}",
		"{\"debug\":\"a\\q\"}", "{\"debug\":\"a\"}}", "{\"debug\":\"a\"", "{\"debug\":1}", "{\"debug\":\"a\",\"cwd\":\"\\\\\"}", "{\"debug\":\"a\",\"cwd\":\"b\",\"timestamp\":\"c\"}",
		"{\"debug\":\"a\",\"cwd\":\"b\",\"cwd\":\"c\"}", "{\"debug\":\"a\\\"}", "{\"debug\":\"a\",}", "", "{",
	};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (compare(str_z(others[i])))
			fail_msg("taken: %s", others[i]);
}

static void damaged(void **state)
{
	(void)state;
	size_t taken = 0;
	for (unsigned turn = 0; turn < 40000; turn++) {
		char text[256];
		str line = str_z(lines[any(sizeof lines / sizeof *lines)]);
		memcpy(text, line.p, line.n);
		for (unsigned k = any(3) + 1; k > 0; k--)
			text[any((unsigned)line.n)] = "\"\\,:{}an\x7f\x01\xff/u "[any(14)];
		taken += compare((str){text, line.n - (any(8) == 0)});
	}
	assert_true(taken > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(as_written), cmocka_unit_test(left_to_the_parser), cmocka_unit_test(damaged)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
