/* Text that is no log but quotes log lines: every way of pasting gives the same record. */
#include "parser_fixture.h"

static void quoted_lines(void **state)
{
	(void)state;
	static const char *const ways[] = {
		"%s", "> %s", "- %s", "1. %s", "* `%s`", "Line 26:  %s", "debug.txt:123:%s", "I get this: %s", "<li><code>%s</code></li>", "| 3 | %s |",
		"\xe2\x9c\x85 `%s`", "> > **%s**", "[10:32, 5/17/2026] Bob: %s",
	};
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		struct buf text = {0};
		buf_addz(&text, "# A report\n\nSome words about it.\nAnd some more words.\nIt hangs every day.\n\n");
		buf_printf(&text, ways[i], "2026-05-17T20:23:01.090Z [DEBUG] MCP server \"pg-mcp\": SSE connection dropped after 61937s uptime");
		buf_addz(&text, "\n\nThanks for any help with it!\n");
		struct run run = run_text(buf_str(&text), &(struct setting){0});
		buf_byte(&run.out, '\0');
		assert_true(run.facts.excerpt);
		assert_int_equal(run.facts.kind, SOURCE_EXCERPT);
		assert_int_equal(run.facts.problem_count, 0);
		if (strstr(run.out.p, "7 claude-debug mcp 2026-05-17T20:23:01.090Z [pg-mcp]|SSE connection dropped after 61937s uptime\n") == NULL)
			fail_msg("way %zu: %s", i, run.out.p);
		run_done(&run);
		buf_done(&text);
	}
}

static void bare_messages(void **state)
{
	(void)state;
	expect("Successfully connected (transport: http) in 3159ms\nHTTP connection dropped after 0s uptime\n\"error\":\"Failed to fetch tools: Not connected\"\n",
		"1 excerpt mcp -|Successfully connected (transport: http) in 3159ms\n"
		"2 excerpt mcp -|HTTP connection dropped after 0s uptime\n"
		"3 mcp-cache mcp -|Failed to fetch tools: Not connected\n");
	expect("Nothing works any more.\nI see `SSE connection dropped after 5s uptime` and then `Tool 'x' failed after 3s`!\nWhy?\n",
		"1 excerpt mcp -|Nothing works any more.\n"
		"2 excerpt mcp -|SSE connection dropped after 5s uptime\n"
		"2 excerpt mcp -|and then\n"
		"2 excerpt mcp -|Tool 'x' failed after 3s\n");
}

static void fragments(void **state)
{
	(void)state;
	expect("\"debug\": \"SSE connection dropped after 456s uptime\",\n\"timestamp\": \"2026-05-17T20:23:01.090Z\",\n[reconnection happens]\n"
	       "    \"debug\": \"Error POSTing to endpoint (HTTP 410): \\\"gone\\\"\"\n",
		"1 mcp-cache mcp 2026-05-17T20:23:01.090Z|SSE connection dropped after 456s uptime\n"
		"3 excerpt mcp -|[reconnection happens]\n"
		"4 mcp-cache mcp -|Error POSTing to endpoint (HTTP 410): \"gone\"\n");
}

static void times_of_day(void **state)
{
	(void)state;
	/* the date comes from a line before; without one there is none */
	expect("words and words\nmore of these words\nstill no log at all\nanother line of words\nand 20:23:00.766Z SSE connection dropped after 5s uptime\n"
	       "2026-05-17T20:23:01.090Z [DEBUG] MCP server \"a\": one two three\n20:23:30.768Z [DEBUG] MCP server \"a\": two three\n",
		"1 excerpt mcp -|words and words\n2 excerpt mcp -|more of these words\n3 excerpt mcp -|still no log at all\n4 excerpt mcp -|another line of words\n"
		"5 claude-debug debug -|SSE connection dropped after 5s uptime\n"
		"6 claude-debug mcp 2026-05-17T20:23:01.090Z [a]|one two three\n"
		"7 claude-debug mcp 2026-05-17T20:23:30.768Z [a]|two three\n");
}

static void arrays_and_traces(void **state)
{
	(void)state;
	expect("Look at this, please:\nIt is strange to me.\nReally, very strange.\n"
	       "```\n[DEBUG] MCP server \"a\": Connection error: [\n  {\n    \"code\": \"x\"\n  }\n]\n```\nIn the server I see:\n"
	       "Traceback (most recent call last):\n  File \"x\", line 1\nRuntimeError: boom\nThat is all.\n",
		"1 excerpt mcp -|Look at this, please:\n2 excerpt mcp -|It is strange to me.\n3 excerpt mcp -|Really, very strange.\n"
		"5 claude-debug mcp - [a]|Connection error: [\\n  {\\n    \"code\": \"x\"\\n  }\\n]\n"
		"11 excerpt mcp -|In the server I see:\n14 server traceback -|RuntimeError: boom\n15 excerpt mcp -|That is all.\n");
}

static void a_log_is_none(void **state)
{
	(void)state;
	struct run run = run_text(S("2026-05-17T20:23:01.090Z [DEBUG] one line\nof two\n2026-05-17T20:23:01.090Z [DEBUG] MCP server \"a\": x y z\n"), &(struct setting){0});
	assert_false(run.facts.excerpt);
	run_done(&run);
	/* a large file of an unknown format is no excerpt */
	struct buf text = {0};
	while (text.n < 2 * LIMIT_PROBE)
		buf_addz(&text, "something that nobody knows anything about\n");
	run = run_text(buf_str(&text), &(struct setting){.path = "x.log"});
	assert_false(run.facts.excerpt);
	assert_int_equal(run.facts.problem_count, 1);
	run_done(&run);
	buf_done(&text);
	run = run_text(S(""), &(struct setting){0});
	assert_false(run.facts.excerpt);
	assert_int_equal(run.count, 0);
	run_done(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quoted_lines), cmocka_unit_test(bare_messages), cmocka_unit_test(fragments), cmocka_unit_test(times_of_day),
		cmocka_unit_test(arrays_and_traces), cmocka_unit_test(a_log_is_none),
	};
	return cmocka_run_group_tests(tests, load_rules, free_rules);
}
