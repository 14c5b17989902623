/* Records of whole logs: every format, continuation, quoting, facts. */
#include "parser_fixture.h"

static void debug_log(void **state)
{
	(void)state;
	expect("2026-11-20T11:10:54.103Z [INFO] [Stall] tool_dispatch_start tool=mcp__pg-mcp__list_schemas toolUseId=toolu_1 permissionDecisionMs=0\n"
	       "2026-11-20T11:10:54.103Z [DEBUG] MCP server \"pg-mcp\": Calling MCP tool: list_schemas\n"
	       "2026-11-20T11:15:16.283Z [ERROR] MCP server \"plugin:a b:c\" relation does not exist\n",
		"1 claude-debug debug 2026-11-20T11:10:54.103Z|[Stall] tool_dispatch_start tool=mcp__pg-mcp__list_schemas toolUseId=toolu_1 permissionDecisionMs=0\n"
		"2 claude-debug mcp 2026-11-20T11:10:54.103Z [pg-mcp]|Calling MCP tool: list_schemas\n"
		"3 claude-debug mcp 2026-11-20T11:15:16.283Z [plugin:a b:c]|relation does not exist\n");
}

static void debug_forms(void **state)
{
	(void)state;
	/* padded level, level lost, empty level, no time, other decimals */
	expect("2026-11-20T11:10:54.103Z [INFO]  MCP server \"a\": one two\n"
	       "2026-11-20T11:10:55.103Z  MCP server \"a\": two three\n"
	       "2026-11-20T11:10:56.103Z [] MCP server \"a\": three four\n"
	       "2026-11-20T11:10:57Z [DEBUG] MCP server \"a\": four five\n",
		"1 claude-debug mcp 2026-11-20T11:10:54.103Z [a]|one two\n"
		"2 claude-debug mcp 2026-11-20T11:10:55.103Z [a]|two three\n"
		"3 claude-debug mcp 2026-11-20T11:10:56.103Z [a]|three four\n"
		"4 claude-debug mcp 2026-11-20T11:10:57.000Z [a]|four five\n");
	expect("[DEBUG] MCP server \"sleep\": Starting connection with timeout of 100000ms\n[ERROR] MCP server \"sleep\" Connection failed: x\n",
		"1 claude-debug mcp - [sleep]|Starting connection with timeout of 100000ms\n"
		"2 claude-debug mcp - [sleep]|Connection failed: x\n");
}

static void continuation_is_text(void **state)
{
	(void)state;
	/* raw continuation lines: empty, indented, at column 0, and quoted log lines of other forms */
	expect("2026-11-20T11:16:44.019Z [DEBUG] MCP server \"a\": Connection error: [\n"
	       "  {\n"
	       "    \"code\": \"invalid_union\"\n"
	       "  }\n"
	       "]\n"
	       "\n"
	       "[ERROR] MCP server \"a\" Connection failed: forged\n"
	       "> 2026-11-20T11:16:44.019Z [DEBUG] MCP server \"a\": SSE connection dropped after 5s uptime\n"
	       "2026-11-20T11:16:44.500Z [DEBUG] MCP server \"a\": the next one\n",
		"1 claude-debug mcp 2026-11-20T11:16:44.019Z [a]|Connection error: [\\n  {\\n    \"code\": \"invalid_union\"\\n  }\\n]\\n\\n"
		"[ERROR] MCP server \"a\" Connection failed: forged\\n"
		"> 2026-11-20T11:16:44.019Z [DEBUG] MCP server \"a\": SSE connection dropped after 5s uptime\n"
		"9 claude-debug mcp 2026-11-20T11:16:44.500Z [a]|the next one\n");
}

static void hand_wrapped(void **state)
{
	(void)state;
	expect("2026-05-17T20:23:00.766Z [INFO]  [Stall] tool_dispatch_start tool=mcp__pg-mcp__list_schemas\n"
	       "                                  toolUseId=toolu_01T permissionDecisionMs=1\n"
	       "2026-05-17T20:46:12.382Z [DEBUG] MCP server \"pg-mcp\": Tool 'list_schemas' failed after 1391s:\n"
	       "\n"
	       "                                  MCP error -32001: user-cancel\n"
	       "... (one such line every 30s) ...\n"
	       "2026-05-17T20:46:12.384Z [ERROR] McpError: MCP error -32001: user-cancel\n",
		"1 claude-debug debug 2026-05-17T20:23:00.766Z|[Stall] tool_dispatch_start tool=mcp__pg-mcp__list_schemas toolUseId=toolu_01T permissionDecisionMs=1\n"
		"3 claude-debug mcp 2026-05-17T20:46:12.382Z [pg-mcp]|Tool 'list_schemas' failed after 1391s: MCP error -32001: user-cancel\n"
		"6 claude-debug debug -|... (one such line every 30s) ...\n"
		"7 claude-debug debug 2026-05-17T20:46:12.384Z|McpError: MCP error -32001: user-cancel\n");
}

static void wrapped_at_a_width(void **state)
{
	(void)state;
	expect("2026-05-17T20:46:12.382Z [DEBUG] MCP server \"pg-mcp\": Tool 'list_schemas' failed\n"
	       "after 1391s: MCP error -32001: user-cancel\n"
	       "2026-05-17T20:46:12.383Z [DEBUG] MCP server \"pg-mcp\": Tool 'list_schemas' is still\n"
	       "running\n",
		"1 claude-debug mcp 2026-05-17T20:46:12.382Z [pg-mcp]|Tool 'list_schemas' failed after 1391s: MCP error -32001: user-cancel\n"
		"3 claude-debug mcp 2026-05-17T20:46:12.383Z [pg-mcp]|Tool 'list_schemas' is still running\n");
}

static void quoted_message(void **state)
{
	(void)state;
	expect("2026-11-20T11:18:19.340Z [DEBUG] \"MCP server \\\"pg-mcp\\\": Connection error: [\\n  {}\\n]\"\n"
	       "2026-11-20T11:18:19.341Z [ERROR] \"MCP server \\\"x\\\" Server stderr: Traceback (most recent call last):\\n  File \\\"a.py\\\", line 1, in f\\nValueError: bad\\n\"\n"
	       "2026-11-20T11:18:19.342Z [ERROR] \"MCP server \\\"x\\\": cut li\n",
		"1 claude-debug mcp 2026-11-20T11:18:19.340Z [pg-mcp]|Connection error: [\\n  {}\\n]\n"
		"2 claude-debug mcp 2026-11-20T11:18:19.341Z [x]|Server stderr: Traceback (most recent call last):\\n  File \"a.py\", line 1, in f\\nValueError: bad\\n\n"
		"2 server traceback 2026-11-20T11:18:19.341Z [x]|ValueError: bad\n"
		"3 claude-debug debug 2026-11-20T11:18:19.342Z|\"MCP server \\\"x\\\": cut li\n");
}

static void foreign_traceback(void **state)
{
	(void)state;
	expect("2026-11-20T11:18:19.340Z [DEBUG] MCP server \"a\": one line of it\n"
	       "ERROR:    Exception in ASGI application\n"
	       "  + Exception Group Traceback (most recent call last):\n"
	       "  |   File \"server.py\", line 485, in handle_sse\n"
	       "  | ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)\n"
	       "  +-+---------------- 1 ----------------\n"
	       "    |   File \"session.py\", line 163, in _received_request\n"
	       "    | RuntimeError: Received request before initialization was complete\n"
	       "2026-11-20T11:18:19.350Z [DEBUG] MCP server \"a\": another line\n",
		"1 claude-debug mcp 2026-11-20T11:18:19.340Z [a]|one line of it\n"
		"2 server server -|Exception in ASGI application\n"
		"8 server traceback -|RuntimeError: Received request before initialization was complete\n"
		"9 claude-debug mcp 2026-11-20T11:18:19.350Z [a]|another line\n");
}

static void gate_refuses(void **state)
{
	(void)state;
	const char *text = "2026-11-20T11:18:19.340Z [DEBUG] Found 3 hook matchers in settings for event\n"
			   "  continuation\n"
			   "2026-11-20T11:18:20.340Z [DEBUG] Found 3 hook matchers in settings for event\n"
			   "2026-11-20T11:18:21.340Z [DEBUG] MCP server \"a\": whatever it says here\n";
	struct run run = run_text(str_z(text), &(struct setting){.refuse = true});
	assert_int_equal(run.count, 0);
	assert_int_equal(run.facts.records, 3);
	assert_int_equal(run.facts.unrecognized, 0);
	assert_false(run.facts.filtered);
	assert_int_equal(run.facts.kind, SOURCE_CLAUDE_DEBUG);
	char time[32];
	instant_format(run.facts.first, time);
	assert_string_equal(time, "2026-11-20T11:18:19.340Z");
	instant_format(run.facts.last, time);
	assert_string_equal(time, "2026-11-20T11:18:21.340Z");
	run_done(&run);
}

static void cache_log(void **state)
{
	(void)state;
	const struct setting setting = {.path = "/c/mcp-logs-plugin-a/2026-11-20T11-10-53-890Z.jsonl"};
	expect_with("{\"debug\":\"Starting connection with timeout of 30000ms\",\"timestamp\":\"2026-11-20T11:15:15.874Z\",\"sessionId\":\"s1\",\"cwd\":\"/p\"}\n"
		    "\n"
		    "{\"error\":\"Error: SSE error\\n    at <anonymous> (x)\",\"timestamp\":\"2026-11-20T11:15:16.283Z\",\"sessionId\":\"s1\",\"cwd\":\"/p\"}\n"
		    "null\n"
		    "{\"debug\":\"cut in the mid",
		"1 mcp-cache mcp 2026-11-20T11:15:15.874Z [plugin-a]|Starting connection with timeout of 30000ms\n"
		"3 mcp-cache mcp 2026-11-20T11:15:16.283Z [plugin-a]|Error: SSE error\\n    at <anonymous> (x)\n"
		"4 unknown server -|null\n"
		"5 mcp-cache mcp - cut [plugin-a]|cut in the mid\n",
		&setting);
}

static void torn_line(void **state)
{
	(void)state;
	expect("{\"debug\":\"one\",\"timestamp\":\"2026-11-20T11:24:12.685Z\"}\n{\"debug\":\"torn in the mid\n"
	       "{\"debug\":\"two\",\"timestamp\":\"2026-11-20T11:24:12.686Z\"}\n{\"debug\": [{\"a\":\n{\"debug\":\"three\",\"timestamp\":\"2026-11-20T11:24:12.687Z\"}\n",
		"1 mcp-cache mcp 2026-11-20T11:24:12.685Z|one\n2 mcp-cache mcp - cut|torn in the mid\n"
		"3 mcp-cache mcp 2026-11-20T11:24:12.686Z|two\n5 mcp-cache mcp 2026-11-20T11:24:12.687Z|three\n");
}

static void cache_array(void **state)
{
	(void)state;
	expect_with("[\n  {\n    \"debug\": \"Calling MCP tool: list_schemas\",\n    \"timestamp\": \"2026-11-20T11:24:12.685Z\",\n    \"sessionId\": \"s\",\n"
		    "    \"cwd\": \"/p\"\n  },\n  {\n    \"debug\": \"bracket ] in \\\"text\\\" {\",\n    \"timestamp\": \"2026-11-20T11:24:13.685Z\"\n  },\n  {\n"
		    "    \"debug\": \"No token data found\",\n",
		"2 mcp-cache mcp 2026-11-20T11:24:12.685Z [x]|Calling MCP tool: list_schemas\n"
		"8 mcp-cache mcp 2026-11-20T11:24:13.685Z [x]|bracket ] in \"text\" {\n"
		"12 mcp-cache mcp - cut [x]|No token data found\n",
		&(struct setting){.path = "mcp-logs-x-2026-11-20T11-24-12-000Z.txt"});
	expect("[{\"debug\":\"one\",\"timestamp\":\"2026-11-20T11:24:12.685Z\"},{\"debug\":\"two\",\"timestamp\":\"2026-11-20T11:24:12.686Z\"}]\n",
		"1 mcp-cache mcp 2026-11-20T11:24:12.685Z|one\n1 mcp-cache mcp 2026-11-20T11:24:12.686Z|two\n");
}

static void transcript(void **state)
{
	(void)state;
	expect("{\"type\":\"summary\",\"summary\":\"x\",\"leafUuid\":\"u\"}\n"
	       "{\"message\":{\"content\":[{\"type\":\"tool_use\",\"id\":\"toolu_1\",\"name\":\"mcp__pg__ls\",\"input\":{}}]},\"type\":\"assistant\",\"timestamp\":\"2026-11-20T11:20:35.623Z\",\"sessionId\":\"s\",\"version\":\"2.1.329\"}\n"
	       "{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":[{\"tool_use_id\":\"toolu_1\",\"type\":\"tool_result\",\"content\":[{\"type\":\"text\",\"text\":\"public\"}]}]},\"timestamp\":\"2026-11-20T11:20:36.623Z\",\"sessionId\":\"s\"}\n"
	       "{\"type\":\"user\",\"message\":{\"content\":[{\"tool_use_id\":\"toolu_2\",\"type\":\"tool_result\"}]},\"timestamp\":\"2026-11-20T11:20:36.623Z\",\"sessionId\":\"s\"}\n"
	       "{\"type\":\"user\",\"message\":{\"content\":[{\"type\":\"tool_result\",\"content\":\"MCP error -32001: user-cancel\",\"is_error\":true,\"tool_use_id\":\"toolu_3\"}]},\"sessionId\":\"s\"}\n"
	       "{\"type\":\"user\",\"message\":{\"content\":[{\"type\":\"tool_result\",\"content\":\"The user doesn't want to proceed with this tool use. The\",\"is_error\":true,\"tool_use_id\":\"toolu_4\"}]},\"toolDenialKind\":\"user-rejected\",\"sessionId\":\"s\"}\n"
	       "{\"type\":\"user\",\"message\":{\"content\":[{\"type\":\"tool_result\",\"content\":[{\"type\":\"text\",\"text\":\"MCP tool \\\"pg/ls\\\" is still running after 120s. It was moved to the background as task k1 and keeps running;\"}],\"tool_use_id\":\"toolu_5\"}]},\"sessionId\":\"s\"}\n"
	       "{\"type\":\"user\",\"message\":{\"content\":\"<task-notification><task-id>k1</task-id><status>completed</status>\"},\"sessionId\":\"s\"}\n",
		"2 transcript transcript use 2026-11-20T11:20:35.623Z mcp__pg__ls#toolu_1|\n"
		"3 transcript transcript ok 2026-11-20T11:20:36.623Z #toolu_1|public\n"
		"4 transcript transcript empty 2026-11-20T11:20:36.623Z #toolu_2|\n"
		"5 transcript transcript error - #toolu_3|MCP error -32001: user-cancel\n"
		"6 transcript transcript rejected - #toolu_4|The user doesn't want to proceed with this tool use. The\n"
		"7 transcript transcript receipt - #toolu_5|MCP tool \"pg/ls\" is still running after 120s. It was moved to the background as task k1 and keeps running;\n"
		"8 transcript transcript -|<task-notification><task-id>k1</task-id><status>completed</status>\n");
}

static void transcript_cut(void **state)
{
	(void)state;
	expect("{\"type\":\"user\",\"sessionId\":\"s\",\"message\":{\"content\":[]}}\n"
	       "{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":[{\"tool_use_id\":\"toolu_9\",\"type\":\"tool_result\",\"content\":\"very long te",
		"2 transcript transcript ok - cut #toolu_9|very long te\n");
}

static void ide_log(void **state)
{
	(void)state;
	struct run run = run_text(S("2026-06-24 12:18:35.635 [info] Spawning Claude with SDK query function - cwd: c:\\p, permission mode: default, version: 2.1.187, resume: undefined\n"
				    "2026-06-24 15:38:55.227 [info] From claude: 2026-06-24T13:38:55.223Z [DEBUG] MCP server \"a\": one of two\n"
				    "2026-06-24T13:38:55.224Z [DEBUG] MCP server \"a\": two of two\n"
				    "2026-06-24 15:38:56.000 [info] Interrupted Claude for requestId: 7\n"),
		&(struct setting){0});
	buf_byte(&run.out, '\0');
	assert_string_equal(run.out.p,
		"1 ide debug 2026-06-24T12:18:35.635Z~|Spawning Claude with SDK query function - cwd: c:\\p, permission mode: default, version: 2.1.187, resume: undefined\n"
		"2 claude-debug mcp 2026-06-24T13:38:55.223Z [a]|one of two\n"
		"3 claude-debug mcp 2026-06-24T13:38:55.224Z [a]|two of two\n"
		"4 ide debug 2026-06-24T13:38:56.000Z|Interrupted Claude for requestId: 7\n");
	assert_true(str_eq(run.facts.client_version, S("2.1.187")));
	assert_true(str_eq(run.facts.cwd, S("c:\\p")));
	assert_int_equal(run.facts.kind, SOURCE_IDE);
	run_done(&run);
}

static void other_clients(void **state)
{
	(void)state;
	expect("2026-02-10T14:01:51.216Z [kite] [info] Server transport closed { metadata: undefined }\n"
	       "Traceback (most recent call last):\n  File \"x\", line 1\nValueError: raw stderr\n"
	       "2026-02-10T14:01:52.216Z [KITE] [error] Client transport closed {\"context\":\"connection\"}\n",
		"1 desktop desktop 2026-02-10T14:01:51.216Z [kite]|Server transport closed\n"
		"4 server traceback -|ValueError: raw stderr\n"
		"5 desktop desktop 2026-02-10T14:01:52.216Z [KITE]|Client transport closed\n");
	expect("Checking MCP server health...\n\npg-mcp: http://h/sse (SSE) - \xe2\x9c\x97 Failed to connect\nfiles: npx x - \xe2\x9c\x93 Connected\n",
		"1 mcp-list list -|Checking MCP server health...\n"
		"3 mcp-list list -|pg-mcp: http://h/sse (SSE) - \xe2\x9c\x97 Failed to connect\n"
		"4 mcp-list list -|files: npx x - \xe2\x9c\x93 Connected\n");
	expect("{\"jsonrpc\":\"2.0\",\"method\":\"ping\"}\n{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n",
		"1 wire wire -|{\"jsonrpc\":\"2.0\",\"method\":\"ping\"}\n2 wire wire -|{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n");
}

static void servers_and_proxies(void **state)
{
	(void)state;
	expect("INFO:     Started server process [1]\n"
	       "INFO:     127.0.0.1:1 - \"GET /sse HTTP/1.1\" 200 OK\n"
	       "Processing request of type CallToolRequest\n"
	       "WARNING:root:Failed to validate request: x\n"
	       "2025-08-21 07:46:26,221 - mcp.server - ERROR - broken\n"
	       "2026-11-20T23:14:13.001Z  INFO rmcp::service: up\n",
		"1 server server -|Started server process [1]\n"
		"2 server access -|127.0.0.1:1 - \"GET /sse HTTP/1.1\" 200 OK\n"
		"3 server server -|Processing request of type CallToolRequest\n"
		"4 server server -|Failed to validate request: x\n"
		"5 server server 2025-08-21T07:46:26.221Z~|broken\n"
		"6 server server 2026-11-20T23:14:13.001Z|rmcp::service: up\n");
	expect_with("[11/20/26 23:14:13] INFO     Processing request of type            server.py:534\n"
		    "                             ListToolsRequest                                   \n"
		    "                    INFO     Processing request of type            server.py:534\n"
		    "                             ListPromptsRequest                                 \n",
		"1 server server 2026-11-20T22:14:13.000Z~|Processing request of type ListToolsRequest\n"
		"3 server server 2026-11-20T22:14:13.000Z~|Processing request of type ListPromptsRequest\n",
		&(struct setting){.zone = "+01:00"});
	expect("2026/11/20 11:13:38 [error] 30182#30182: *1 upstream timed out (110: Connection timed out) while reading upstream\n"
	       "127.0.0.1 - - [20/Nov/2026:11:13:38 +0100] \"GET /sse HTTP/1.1\" 200 779 \"-\" \"claude-code/2.1.143 (sdk-cli)\"\n",
		"1 proxy proxy 2026-11-20T11:13:38.000Z~|*1 upstream timed out (110: Connection timed out) while reading upstream\n"
		"2 proxy access 2026-11-20T10:13:38.000Z|127.0.0.1 - - [20/Nov/2026:11:13:38 +0100] \"GET /sse HTTP/1.1\" 200 779 \"-\" \"claude-code/2.1.143 (sdk-cli)\"\n");
}

static void facts(void **state)
{
	(void)state;
	struct run run = run_text(S("2026-11-20T11:10:54.103Z [DEBUG] attribution header x-anthropic-billing-header: cc_version=2.1.143.389; cc_entrypoint=sdk-cli;\n"
				    "2026-11-20T11:10:50.903Z [DEBUG] MCP server \"a\": the clock was set\n"),
		&(struct setting){.path = "/d/0f3c7d0e-5b5a-4a0e-9a5b-2c1d7e6f8a90.txt", .refuse = true});
	assert_true(str_eq(run.facts.client_version, S("2.1.143")));
	assert_true(str_eq(run.facts.session_id, S("0f3c7d0e-5b5a-4a0e-9a5b-2c1d7e6f8a90")));
	assert_int_equal(run.facts.problem_count, 1);
	assert_string_equal(run.facts.problems[0].code, "clock-back");
	assert_int_equal(run.facts.problems[0].line, 2);
	assert_non_null(strstr(run.facts.problems[0].text, "3.2 s"));
	run_done(&run);

	struct buf text = {0};
	for (int i = 0; i < 30; i++)
		buf_printf(&text, "2026-11-20T11:10:%02d.103Z [DEBUG] [API:timing] dispatching to firstParty\n", i);
	run = run_text(buf_str(&text), &(struct setting){.refuse = true});
	assert_true(run.facts.filtered);
	run_done(&run);
	buf_reset(&text);
	for (int i = 0; i < 30; i++)
		buf_printf(&text, "2026-11-20 11:10:%02d;DEBUG;mcp;something new\n", i);
	run = run_text(buf_str(&text), &(struct setting){.refuse = true});
	assert_int_equal(run.facts.problem_count, 1);
	assert_string_equal(run.facts.problems[0].code, "unrecognized-lines");
	assert_int_equal(run.facts.problems[0].class, PROBLEM_WARN);
	run_done(&run);
	buf_done(&text);
}

static struct gate_answer gate_of_words(const void *context, enum body_class class, str head)
{
	(void)context;
	(void)class;
	return (struct gate_answer){str_starts(head, S("wanted")) || str_starts(head, S("attribution")) || str_starts(str_trim(head), S("is ")), 11, 0};
}

/* All lines from the buffer where the parser takes them so; a buffer ends at byte `cut`. */
static struct run run_block(str text, struct parse_memory *memory, size_t cut)
{
	struct run run = {0};
	struct parser_options options = {.base = INSTANT_NONE, .probe = text, .memory = memory};
	run.parser = parser_new(&rules, &options, gate_of_words, NULL, take, &run);
	uint64_t number = 0, lines, taken = 0;
	for (size_t at = 0; at < text.n;) {
		at = push_from(run.parser, text, number, at, number + 1);
		number++;
		const size_t have = at >= text.n ? 0 : at < cut && cut < text.n ? cut - at : text.n - at;
		char *copy = malloc(have > 0 ? have : 1); /* of its own size, and gone afterwards */
		memcpy(copy, text.p + (have > 0 ? at : 0), have);
		size_t n = have > 0 ? parser_block(run.parser, (str){copy, have}, number + 1, at, &lines) : 0;
		free(copy);
		at += n;
		number += n > 0 ? lines : 0;
		taken += n > 0 ? lines : 0;
	}
	parser_finish(run.parser);
	parser_facts(run.parser, &run.facts);
	run.count = taken;
	return run;
}

/* What one file taught is only answers: the next one's records and facts are the same without them. */
static void one_memory_for_many_files(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"2026-11-20T11:10:50.103Z [DEBUG] quiet words stand here\n2026-11-20T11:10:51.103Z [INFO] quiet words stand here\n"
		"2026-11-20T11:10:52.103Z [DEBUG] MCP server \"a\": quiet words stand here\n2026-11-20T11:10:53.103Z [DEBUG] MCP server \"a\": wanted words\n"
		"2026-11-20T11:10:54.103Z [DEBUG] MCP server \"a\": attribution header x-anthropic-billing-header: cc_version=2.1.143.389;\n"
		"2026-11-20T11:10:55.103Z [DEBUG] wanted here\n2026-11-20T11:10:56.103Z [DEBUG] quiet words stand here\n",
		"2026-11-20T11:10:50.103Z [kite] [info] quiet words stand here\n2026-11-20T11:10:51.103Z [kite] [info] wanted words\n",
		"2026-11-20T11:10:50.103Z [DEBUG] wanted here\n"
		"2026-11-20T11:10:51.103Z [DEBUG] MCP server \"a\": attribution header x-anthropic-billing-header: cc_version=2.1.150.1;\n"
		"2026-11-20T11:10:52.103Z [DEBUG] attribution header x-anthropic-billing-header: cc_version=2.1.151.1;\n"
		"2026-11-20T11:10:53.103Z [DEBUG] quiet words stand here\n2026-11-20T11:10:54.103Z [DEBUG] MCP server \"b\": quiet words\n",
		"INFO:     Started server process [1]\nwanted words\nINFO:     quiet\n",
		"2026-11-20T11:10:50.103Z [DEBUG] quiet words stand here\n  wanted words in its second line\n2026-11-20T11:10:52.103Z [DEBUG] wanted\n",
	};
	struct parse_memory *memory = parse_memory_new(&rules);
	size_t taken = 0;
	for (size_t i = 0; i < 60; i++) {
		str text = str_z(texts[i * 7 % (sizeof texts / sizeof *texts)]);
		struct run with = run_block(text, memory, SIZE_MAX), without = run_block(text, NULL, SIZE_MAX);
		assert_int_equal(with.out.n, without.out.n);
		assert_memory_equal(with.out.p, without.out.p, without.out.n);
		assert_true(str_eq(with.facts.client_version, without.facts.client_version));
		assert_int_equal(with.facts.records, without.facts.records);
		assert_int_equal(with.facts.kind, without.facts.kind);
		assert_int_equal(with.facts.last, without.facts.last);
		taken += with.count;
		run_done(&with);
		run_done(&without);
	}
	parse_memory_free(memory);
	assert_true(taken > 100);
}

/* Cut behind any line, the records up to there are the same; only the last one may be shorter. */
/* Stops behind every line, saves, goes on with a new parser: nothing is lost and nothing comes twice. */
static void a_second_run_goes_on_where_the_first_rested(void **state)
{
	(void)state;
	const char *text = "2026-11-20T11:16:44.019Z [DEBUG] MCP server \"a\": Connection error: [\n  {\n  }\n]\n"
			   "2026-11-20T11:16:44.020Z [DEBUG] MCP server \"a\": two words\n"
			   "2026-11-20T11:16:44.020Z [DEBUG] nobody wants this one\n  nor this\n"
			   "ERROR:    Exception in ASGI application\nTraceback (most recent call last):\n  File \"x\", line 1\nValueError: boom\n"
			   "2026-11-20T11:16:40.021Z [DEBUG] MCP server \"a\": three words\n\n\n"
			   "2026-11-20T11:16:44.022Z [ERROR] MCP server \"a\" Server stderr: one\ntwo\n"
			   "2026-11-20T11:16:45.022Z [DEBUG] MCP server \"a\": the last words\n";
	unsigned rested = 0;
	struct run whole = run_text(str_z(text), &(struct setting){0});
	for (uint64_t lines = 1; lines < 18; lines++) {
		struct setting setting = {0};
		struct run run = {0};
		struct parser_options options = {.base = INSTANT_NONE, .probe = str_z(text)};
		struct buf saved = {0};
		run.parser = parser_new(&rules, &options, gate, &setting, take, &run);
		uint64_t line = lines + 1, offset = push_from(run.parser, str_z(text), 0, 0, lines);
		const uint64_t reached = offset;
		assert_true(run.out.n <= whole.out.n && (run.out.n == 0 || memcmp(run.out.p, whole.out.p, run.out.n) == 0));
		if (parser_can_rest(run.parser)) {
			parser_save(run.parser, &saved);
			parser_free(run.parser);
			run.parser = parser_new(&rules, &options, gate, &setting, take, &run);
			struct wire w = {buf_str(&saved), false};
			parser_restore(run.parser, &w, &line, &offset);
			assert_false(w.bad);
			assert_int_equal(w.rest.n, 0);
			assert_int_equal(push_from(run.parser, str_z(text), line - 1, offset, lines), reached);
			w = (struct wire){buf_str(&saved), false};
			parser_recount(run.parser, &w);
			(void)push_from(run.parser, str_z(text), lines, reached, UINT64_MAX);
			parser_finish(run.parser);
			parser_facts(run.parser, &run.facts);
			assert_int_equal(run.out.n, whole.out.n);
			assert_memory_equal(run.out.p, whole.out.p, whole.out.n);
			assert_int_equal(run.facts.records, whole.facts.records);
			assert_int_equal(run.facts.unrecognized, whole.facts.unrecognized);
			assert_int_equal(run.facts.last, whole.facts.last);
			assert_int_equal(run.facts.problem_count, whole.facts.problem_count);
			rested++;
			for (size_t cut = 0; cut < saved.n; cut++) { /* damage is noticed, never followed */
				struct parser *other = parser_new(&rules, &options, gate, &setting, take, &run);
				w = (struct wire){str_head(buf_str(&saved), cut), false};
				parser_restore(other, &w, &line, &offset);
				assert_true(w.bad);
				parser_free(other);
			}
		}
		buf_done(&saved);
		run_done(&run);
	}
	assert_true(rested >= 12);
	run_done(&whole);
}

static void caps(void **state)
{
	(void)state;
	struct buf text = {0};
	buf_addz(&text, "2026-11-20T11:16:44.019Z [DEBUG] MCP server \"a\": Connection error: [\n");
	for (int i = 0; i < 20000; i++)
		buf_addz(&text, "  { \"code\": \"invalid\" },\n");
	buf_addz(&text, "2026-11-20T11:16:45.019Z [DEBUG] MCP server \"a\": the next\n");
	struct run run = run_text(buf_str(&text), &(struct setting){0});
	assert_int_equal(run.count, 2);
	assert_int_equal(run.facts.problem_count, 1);
	assert_string_equal(run.facts.problems[0].code, "record-cut");
	run_done(&run);
	buf_done(&text);
}

/* Wherever the buffer ends, and whatever was split before: each line gives what it gives when it is pushed. */
static void a_buffer_ends_anywhere(void **state)
{
	(void)state;
	static const char *const last[] = {"wanted words, and some more of them", "                                                  wanted behind blanks",
		"MCP server \"xyz\"  is fine now, and it says so at some length", "quiet words stand here once more",
		"MCP server \"xyz\"  is not connected to anything at all, whatever one does", "quiet words stand here at the end"};
	struct buf text = {0};
	for (int i = 0; i < 30; i++)
		buf_printf(&text, "2026-11-20T11:10:%02d.103Z [DEBUG] quiet words stand here, number %d of them\n", i, i);
	const size_t from = text.n;
	for (size_t i = 0; i < sizeof last / sizeof *last; i++)
		buf_printf(&text, "2026-11-20T11:10:%02zu.103Z [DEBUG] %s\n", 30 + i, last[i]);
	struct run pushed = {0};
	struct parser_options options = {.base = INSTANT_NONE, .probe = buf_str(&text)};
	pushed.parser = parser_new(&rules, &options, gate_of_words, NULL, take, &pushed);
	push_lines(pushed.parser, buf_str(&text), UINT64_MAX);
	parser_finish(pushed.parser);
	assert_true(pushed.count >= 3);
	for (size_t cut = from; cut <= text.n; cut++) {
		struct run block = run_block(buf_str(&text), NULL, cut);
		assert_true(block.count > 20);
		assert_int_equal(block.out.n, pushed.out.n);
		assert_memory_equal(block.out.p, pushed.out.p, pushed.out.n);
		run_done(&block);
	}
	run_done(&pushed);
	buf_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_buffer_ends_anywhere),
		cmocka_unit_test(debug_log), cmocka_unit_test(debug_forms), cmocka_unit_test(continuation_is_text), cmocka_unit_test(hand_wrapped),
		cmocka_unit_test(wrapped_at_a_width), cmocka_unit_test(quoted_message), cmocka_unit_test(foreign_traceback),
		cmocka_unit_test(gate_refuses), cmocka_unit_test(cache_log), cmocka_unit_test(torn_line), cmocka_unit_test(cache_array), cmocka_unit_test(transcript),
		cmocka_unit_test(transcript_cut), cmocka_unit_test(ide_log), cmocka_unit_test(other_clients), cmocka_unit_test(servers_and_proxies),
		cmocka_unit_test(facts), cmocka_unit_test(a_second_run_goes_on_where_the_first_rested), cmocka_unit_test(one_memory_for_many_files), cmocka_unit_test(caps),
	};
	return cmocka_run_group_tests(tests, load_rules, free_rules);
}
