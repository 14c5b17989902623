/* parse/transcript_line: what it reads is what the JSON parser reads, whatever is done to a line; what it does not read, it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "base/json.h"
#include "parse/transcript_line.h"
#include "chance.h"

static void same(str line, const char *what, const struct json *want, str literal)
{
	struct buf got = {0};
	if (literal.p != NULL && !json_unquote(literal, &got))
		fail_msg("%.*s\n%s is no literal: %.*s", STR_ARG(line), what, STR_ARG(literal));
	if (json_is_string(want) != (literal.p != NULL) || !str_eq(json_text(want), buf_str(&got)))
		fail_msg("%.*s\n%s: scanner '%.*s', parser '%.*s'", STR_ARG(line), what, STR_ARG(buf_str(&got)), STR_ARG(json_text(want)));
	buf_done(&got);
}

static void same_content(str line, const struct json *want, str content)
{
	if (content.p == NULL || content.p[0] != '[') {
		assert_false(want != NULL && content.p == NULL);
		same(line, "content", want, content);
		return;
	}
	size_t at = 0;
	str literal;
	assert_true(json_is_array(want));
	for (size_t i = 0; i < json_size(want); i++) {
		const struct json *text = json_get(json_at(want, i), "text");
		if (text == NULL)
			continue;
		assert_true(transcript_line_text(content, &at, &literal));
		same(line, "text of content", text, literal);
	}
	assert_false(transcript_line_text(content, &at, &literal));
}

static void same_blocks(str line, const struct json *want, const struct transcript_line *l)
{
	assert_int_equal(json_is_array(want) ? json_size(want) : 0, l->block_count);
	for (unsigned i = 0; i < l->block_count; i++) {
		const struct json *block = json_at(want, i);
		const struct transcript_block *b = &l->block[i];
		same(line, "block type", json_get(block, "type"), b->type);
		same(line, "name", json_get(block, "name"), b->name);
		same(line, "id", json_get(block, "id"), b->id);
		same(line, "tool_use_id", json_get(block, "tool_use_id"), b->tool_use_id);
		same(line, "text", json_get(block, "text"), b->text);
		same_content(line, json_get(block, "content"), b->content);
		assert_int_equal(json_true(json_get(block, "is_error")), b->is_error);
	}
}

/* True when the scanner took the line. */
static bool compare(str line)
{
	static const char *const never[] = {"debug", "error", "jsonrpc", "session_id", "claude_code_version", "mcp_servers", "content"};
	struct transcript_line l;
	if (!transcript_line_read(line, &l))
		return false;
	struct json *doc = json_parse(line, NULL);
	if (!json_is_object(doc))
		fail_msg("the parser does not take %.*s", STR_ARG(line));
	const struct json *message = json_get(doc, "message"), *content = json_get(message, "content");
	same(line, "type", json_get(doc, "type"), l.type);
	same(line, "timestamp", json_get(doc, "timestamp"), l.timestamp);
	same(line, "sessionId", json_get(doc, "sessionId"), l.session);
	same(line, "cwd", json_get(doc, "cwd"), l.cwd);
	same(line, "version", json_get(doc, "version"), l.version);
	assert_int_equal(json_get(doc, "toolDenialKind") != NULL, l.denied);
	assert_int_equal(json_is_object(message), l.message);
	assert_true(message != NULL || json_get(doc, "sessionId") != NULL || json_get(doc, "uuid") != NULL || json_get(doc, "messageId") != NULL ||
		json_get(doc, "leafUuid") != NULL);
	for (size_t i = 0; i < sizeof never / sizeof *never; i++)
		assert_null(json_get(doc, never[i]));
	if (json_is_array(content))
		assert_null(l.text.p);
	else
		same(line, "message", content, l.text);
	same_blocks(line, content, &l);
	json_free(doc);
	return true;
}

#define TAIL "\"uuid\":\"7780a0de\",\"timestamp\":\"2026-11-20T23:25:09.791Z\",\"cwd\":\"/home/dev\",\"sessionId\":\"43229797\",\"version\":\"2.1.329\"}"
static const char *const lines[] = {
	"{\"type\":\"assistant\",\"message\":{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"toolu_01\",\"name\":\"mcp__a__b\",\"input\":"
	"{\"id\":\"x\",\"n\":[1,-2.5,true,null]}}],\"usage\":{\"n\":10}}," TAIL,
	"{\"type\":\"user\",\"message\":{\"content\":[{\"tool_use_id\":\"toolu_01\",\"type\":\"tool_result\",\"content\":\"a\\tb \\\"c\\\" \\u00e4\\u001b \xc3\xa4\","
	"\"is_error\":true}]},\"toolUseResult\":{\"content\":[],\"type\":\"z\"}," TAIL,
	"{\"type\":\"user\",\"message\":{\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t\",\"content\":[{\"type\":\"text\",\"text\":\"one\"},"
	"{\"type\":\"image\"},{\"text\":\"two\"}]}]},\"toolDenialKind\":\"user\"," TAIL,
	"{\"type\":\"assistant\",\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"so\"},{\"type\":\"thinking\",\"thinking\":\"h\"}]}," TAIL,
	"{\"type\": \"user\", \"message\": {\"content\": \"plain\\n\"}, " TAIL,
	"{\"type\":\"file-history-snapshot\",\"messageId\":\"m\",\"snapshot\":{\"message\":{\"content\":\"not this\"},\"type\":\"t\"}}",
};

static void as_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		if (!compare(str_z(lines[i])))
			fail_msg("not taken: %s", lines[i]);
}

static void left_to_the_parser(void **state)
{
	(void)state;
	static const char *const others[] = {
		"", "{", "{}", "[]", "{\"type\":\"user\"}", "{\"uuid\":\"a\"}", "{\"type\":1,\"uuid\":\"a\"}", "{\"type\":\"a\",\"uuid\":\"b\",\"type\":\"c\"}",
		"{\"type\":\"a\",\"uuid\":\"b\"}}", "{\"type\":\"a\",\"uuid\":\"b\"", "{\"type\":\"a\",\"uuid\":\"b\",}", "{\"typ\\u0065\":\"a\",\"uuid\":\"b\",\"type\":\"a\"}",
		"{\"type\":\"a\",\"uuid\":\"\\ud83d\"}", "{\"type\":\"a\",\"uuid\":\"\xff\"}", "{\"type\":\"a\",\"uuid\":01}", "{\"type\":\"a\",\"uuid\":1e999}",
		"{\"type\":\"a\",\"uuid\":99999999999999999999}", "{\"type\":\"a\",\"uuid\":-}", "{\"type\":\"a\",\"uuid\":1.}", "{\"type\":\"a\",\"uuid\":\"a\tb\"}",
		"{\"type\":\"a\",\"uuid\":tru}", "{\"type\":\"a\",\"message\":\"b\"}", "{\"type\":\"a\",\"message\":{},\"message\":{}}", "{\"type\":\"a\",\"uuid\":1,\"debug\":\"b\"}",
		"{\"type\":\"a\",\"message\":{\"content\":\"a\",\"content\":\"b\"}}", "{\"type\":\"a\",\"message\":{\"content\":[1]}}", "{\"type\":\"a\",\"message\":{\"content\":null}}",
		"{\"type\":\"a\",\"message\":{\"content\":[{\"type\":\"tool\\u005fuse\"}]}}", "{\"type\":\"a\",\"message\":{\"content\":[{\"type\":\"t\",\"content\":[1]}]}}",
		"{\"type\":\"a\",\"message\":{\"content\":[{\"type\":\"t\",\"id\":\"a\",\"id\":\"b\"}]}}",
	};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (compare(str_z(others[i])))
			fail_msg("taken: %s", others[i]);
}

static void deep(void **state)
{
	(void)state;
	struct buf b = {0};
	buf_add(&b, S("{\"type\":\"a\",\"uuid\":"));
	for (unsigned i = 0; i < 100000; i++)
		buf_byte(&b, '[');
	assert_false(compare(buf_str(&b)));
	buf_done(&b);
}

static void damaged(void **state)
{
	(void)state;
	size_t taken = 0;
	for (unsigned turn = 0; turn < 60000; turn++) {
		char text[512];
		str line = str_z(lines[any(sizeof lines / sizeof *lines)]);
		assert_true(line.n <= sizeof text);
		memcpy(text, line.p, line.n);
		for (unsigned k = any(3) + 1; k > 0; k--)
			text[any((unsigned)line.n)] = "\"\\,:{}[]an1-.\x7f\x01\xff/u "[any(19)];
		if (any(4) == 0) { /* a piece of it stands somewhere else too */
			unsigned n = any(20), from = any((unsigned)line.n - n), to = any((unsigned)line.n - n);
			memmove(text + to, text + from, n);
		}
		taken += compare((str){text, line.n - (any(8) == 0)});
	}
	assert_true(taken > 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(as_written), cmocka_unit_test(left_to_the_parser), cmocka_unit_test(deep), cmocka_unit_test(damaged)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
