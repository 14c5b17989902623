/* What stands around log lines: wrappers of containers and system logs, prefixes of editors and Markdown, colours. */
#include "parser_fixture.h"

static void docker_timestamps(void **state)
{
	(void)state;
	expect("2026-11-20T23:14:10.579294969Z [11/20/26 23:14:10] INFO     Starting PostgreSQL MCP Server in     server.py:555\n"
	       "2026-11-20T23:14:10.579389900Z                              UNRESTRICTED mode                                  \n"
	       "2026-11-20T23:14:36.467599511Z ERROR:    Exception in ASGI application\n"
	       "2026-11-20T23:14:36.467703895Z   + Exception Group Traceback (most recent call last):\n"
	       "2026-11-20T23:14:36.467717696Z   | ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)\n"
	       "2026-11-20T23:14:36.467717696Z   +-+---------------- 1 ----------------\n"
	       "2026-11-20T23:14:36.468000000Z     | RuntimeError: boom\n"
	       "2026-11-20T23:14:36.468000000Z     +------------------------------------\n",
		"1 server server 2026-11-20T23:14:10.579Z|Starting PostgreSQL MCP Server in UNRESTRICTED mode\n"
		"3 server server 2026-11-20T23:14:36.467Z|Exception in ASGI application\n"
		"7 server traceback 2026-11-20T23:14:36.468Z|RuntimeError: boom\n");
}

static void docker_json(void **state)
{
	(void)state;
	/* stdout between the lines of a traceback on stderr; a line in two parts. Order holds within a stream only. */
	expect("{\"log\":\"ERROR:    Exception in ASGI application\\n\",\"stream\":\"stderr\",\"time\":\"2026-11-20T23:14:30.154194192Z\"}\n"
	       "{\"log\":\"Traceback (most recent call last):\\n\",\"stream\":\"stderr\",\"time\":\"2026-11-20T23:14:30.15419Z\"}\n"
	       "{\"log\":\"INFO:     127.0.0.1:33324 - \\\"GET /sse HTTP/1.1\\\" 200 OK\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-20T23:14:30.1542Z\"}\n"
	       "{\"log\":\"  File \\\"x.py\\\", line 1, in \\u003cmodule\\u003e\\n\",\"stream\":\"stderr\",\"time\":\"2026-11-20T23:14:30.15421Z\"}\n"
	       "{\"log\":\"ValueError: one \",\"stream\":\"stderr\",\"time\":\"2026-11-20T23:14:31Z\"}\n"
	       "{\"log\":\"two\\n\",\"stream\":\"stderr\",\"time\":\"2026-11-20T23:14:32Z\"}\n",
		"1 server server 2026-11-20T23:14:30.154Z|Exception in ASGI application\n"
		"5 server traceback 2026-11-20T23:14:31.000Z|ValueError: one two\n"
		"3 server access 2026-11-20T23:14:30.154Z|127.0.0.1:33324 - \"GET /sse HTTP/1.1\" 200 OK\n");
}

static void journal_and_syslog(void **state)
{
	(void)state;
	const struct setting in_2026 = {.base = INT64_C(1795217869) * SECOND, .zone = "+01:00"};
	expect_with("Nov 20 23:20:41 devbox pg-mcp[16802]: INFO:     127.0.0.1:44744 - \"GET /sse HTTP/1.1\" 200 OK\n"
		    "Nov 20 23:20:42 devbox pg-mcp[16802]: Processing request of type CallToolRequest\n",
		"1 server access 2026-11-20T22:20:41.000Z~|127.0.0.1:44744 - \"GET /sse HTTP/1.1\" 200 OK\n"
		"2 server server 2026-11-20T22:20:42.000Z~|Processing request of type CallToolRequest\n",
		&in_2026);
	/* No year: a log is older than its file, so March is the one before this November, though the next one is nearer. */
	expect_with("Mar  2 02:14:54 devbox pg-mcp[16802]: INFO:     Shutting down\n", "1 server server 2026-03-02T01:14:54.000Z~|Shutting down\n", &in_2026);
	expect_with("Dec 24 02:14:54 devbox pg-mcp[16802]: INFO:     Shutting down\n", "1 server server 2026-12-24T01:14:54.000Z~|Shutting down\n", &in_2026);
	expect("Nov 20 23:20:41 devbox pg-mcp[16802]: INFO:     Shutting down\n", "1 server server -|Shutting down\n");
	expect("{\"__CURSOR\":\"x\",\"__REALTIME_TIMESTAMP\":\"1795217869653138\",\"PRIORITY\":\"6\",\"SYSLOG_IDENTIFIER\":\"pg-mcp\",\"MESSAGE\":\"INFO:     Shutting down\"}\n",
		"1 server server 2026-11-20T23:37:49.653Z|Shutting down\n");
	expect("2026-11-20T23:20:41+0100 devbox pg-mcp[16802]: INFO:     Shutting down\n", "1 server server 2026-11-20T22:20:41.000Z|Shutting down\n");
	expect("<30>1 2026-11-20T23:20:41.125Z devbox pg-mcp 16802 - - INFO:     Shutting down\n", "1 server server 2026-11-20T23:20:41.125Z|Shutting down\n");
}

/* Loki, Datadog, Google Cloud and others: a line of a log as a member. What only quotes a time in such a member is no line. */
static void shippers(void **state)
{
	(void)state;
	static const char debug[] = "1 claude-debug mcp 2026-11-20T11:10:54.103Z [pg]|Calling MCP tool: t\n";
	expect("{\"timestamp\":\"2026-11-20T11:10:55Z\",\"line\":\"2026-11-20T11:10:54.103Z [DEBUG] MCP server \\\"pg\\\": Calling MCP tool: t\"}\n", debug);
	expect("{\"textPayload\": \"2026-11-20T11:10:54.103Z [DEBUG] MCP server \\\"pg\\\": Calling MCP tool: t\", \"severity\": \"DEFAULT\"}\n", debug);
	expect("{\"message\":\"[DEBUG] MCP server \\\"pg\\\": Calling MCP tool: t\",\"time\":\"2026-11-20T11:10:54.103Z\"}\n", debug);
	expect("{\"host\":\"fe80::1\",\"line\":\"2026-11-20T11:10:54.103Z [DEBUG] MCP server \\\"pg\\\": Calling MCP tool: t\"}\n", debug);
	expect("{\"message\":\"forwarded\",\"line\":\"2026-11-20T11:10:54.103Z [DEBUG] MCP server \\\"pg\\\": Calling MCP tool: t\"}\n", debug);
	expect("{\"log\":{\"file\":{\"path\":\"/var/log/a\"}},\"message\":\"2026-11-20T11:10:54.103Z [DEBUG] MCP server \\\"pg\\\": Calling MCP tool: t\"}\n", debug);
	expect("{\"log\": \"INFO:     Shutting down\\n\", \"stream\": \"stderr\", \"time\": \"2026-11-20T23:14:36.467599511Z\"}\n",
		"1 server server 2026-11-20T23:14:36.467Z|Shutting down\n");
	expect("2026-11-20T23:14:36.467599+00:00 app[web.1]: INFO:     Shutting down\n", "1 server server 2026-11-20T23:14:36.467Z|Shutting down\n");
	expect("2026-11-20T23:14:36.467599Z 01E INFO:     Shutting down\n", "1 server server 2026-11-20T23:14:36.467Z|Shutting down\n");
}

/* python-json-logger, structlog, Serilog: the traceback stands in a member; its leaf is a record, as in a log of lines. */
static void traces_in_json(void **state)
{
	(void)state;
	expect("{\"asctime\": \"2026-11-20 10:00:09,123\", \"levelname\": \"ERROR\", \"message\": \"Exception in ASGI application\", \"exc_info\": "
	       "\"  + Exception Group Traceback (most recent call last):\\n  | ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)\\n"
	       "  +-+---------------- 1 ----------------\\n    | Traceback (most recent call last):\\n    |   File \\\"x.py\\\", line 1, in f\\n"
	       "    | ValueError: no\\n    +------------------------------------\"}\n",
		"1 server server 2026-11-20T10:00:09.123Z|Exception in ASGI application\n1 server traceback 2026-11-20T10:00:09.123Z|ValueError: no\n");
	expect("{\"@t\":\"2026-11-20T10:00:09.123Z\",\"@m\":\"Session not found\",\"@l\":\"Error\",\"@x\":\"System.Exception: no traceback\"}\n",
		"1 server server 2026-11-20T10:00:09.123Z|Session not found\n");
}

/* Seconds, milliseconds, microseconds; what is no time of ours is none, and the record stays. */
static void numbers_as_times(void **state)
{
	(void)state;
	static const struct {
		const char *number, *time;
	} rows[] = {
		{"1795255209", "2026-11-21T10:00:09.000Z"}, {"1795255209123", "2026-11-21T10:00:09.123Z"}, {"1795255209123456", "2026-11-21T10:00:09.123Z"},
		{"1795255209.5", "2026-11-21T10:00:09.500Z"}, {"0", "1970-01-01T00:00:00.000Z"}, {"253402300799999999", "9999-12-31T23:59:59.999Z"},
		{"253402300800000000", "-"}, {"9223372036854775807", "-"}, {"-1", "-"}, {"-9223372036854775807", "-"}, {"1e300", "-"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct buf text = {0}, wanted = {0};
		buf_printf(&text, "{\"level\":\"info\",\"time\":%s,\"msg\":\"Session not found\"}%c", rows[i].number, '\0');
		buf_printf(&wanted, "1 server server %s|Session not found\n%c", rows[i].time, '\0');
		expect(text.p, wanted.p);
		buf_done(&text);
		buf_done(&wanted);
	}
}

/* Lines with the editor's local time and the client's UTC tell what the editor's own lines are ahead. */
static void two_clocks(void **state)
{
	(void)state;
	expect("2026-06-24 15:38:54.000 [info] Interrupted Claude for requestId: 6\n"
	       "2026-06-24 15:38:55.227 [info] From claude: 2026-06-24T13:38:55.223Z [DEBUG] MCP server \"pg\": Calling MCP tool: q\n"
	       "2026-06-24 15:40:00.228 [info] Interrupted Claude for requestId: 7\n",
		"1 ide debug 2026-06-24T15:38:54.000Z~|Interrupted Claude for requestId: 6\n"
		"2 claude-debug mcp 2026-06-24T13:38:55.223Z [pg]|Calling MCP tool: q\n"
		"3 ide debug 2026-06-24T13:40:00.228Z|Interrupted Claude for requestId: 7\n");
}

static void kubernetes(void **state)
{
	(void)state;
	expect("2026-11-20T23:14:10.579294969Z stderr P INFO:     Shutt\n"
	       "2026-11-20T23:14:10.6Z stdout F INFO:     1.2.3.4:5 - \"GET /sse HTTP/1.1\" 200 OK\n"
	       "2026-11-20T23:14:10.7Z stderr F ing down\n",
		"1 server server 2026-11-20T23:14:10.579Z|Shutting down\n"
		"2 server access 2026-11-20T23:14:10.600Z|1.2.3.4:5 - \"GET /sse HTTP/1.1\" 200 OK\n");
	expect("[pod/a/server] INFO:     Started server process [1]\n[pod/b/server] INFO:     Shutting down\n",
		"1 server server -|Started server process [1]\n2 server server -|Shutting down\n");
}

static void compose(void **state)
{
	(void)state;
	/* two containers; each has its traceback, line by line in turn */
	expect("\x1b[36mpg-mcp-1  |\x1b[0m ERROR:    Exception in ASGI application\n"
	       "files-1   | Traceback (most recent call last):\n"
	       "\x1b[36mpg-mcp-1  |\x1b[0m Traceback (most recent call last):\n"
	       "files-1   |   File \"f.py\", line 1\n"
	       "\x1b[36mpg-mcp-1  |\x1b[0m   File \"p.py\", line 1\n"
	       "files-1   | KeyError: 'f'\n"
	       "\x1b[36mpg-mcp-1  |\x1b[0m ValueError: p\n",
		"1 server server -|Exception in ASGI application\n"
		"7 server traceback -|ValueError: p\n"
		"6 server traceback -|KeyError: 'f'\n");
}

static void colours(void **state)
{
	(void)state;
	expect("\x1b[32mINFO\x1b[0m:     Started server process [\x1b[36m16341\x1b[0m]\n\x1b]0;title\x07INFO:     Shutting down\n",
		"1 server server -|Started server process [16341]\n2 server server -|Shutting down\n");
}

static void pasted_prefixes(void **state)
{
	(void)state;
	static const char *const prefixes[] = {"Line 26:  ", "> ", "- ", "> - ", "    ", "123:", "debug.txt:123:", "debug.txt-2026-", "a/debug.txt:", "debug-1.log-", "  17\t", "* "};
	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
		struct buf text = {0};
		buf_printf(&text, "%s2026-05-17T20:23:01.090Z [DEBUG] MCP server \"pg-mcp\": SSE connection dropped after 61937s uptime\n", prefixes[i]);
		buf_printf(&text, "%s2026-05-17T20:23:01.091Z [DEBUG] MCP server \"pg-mcp\": Connection error: SSE error: undefined\n", prefixes[i]);
		buf_byte(&text, '\0');
		expect(text.p,
			"1 claude-debug mcp 2026-05-17T20:23:01.090Z [pg-mcp]|SSE connection dropped after 61937s uptime\n"
			"2 claude-debug mcp 2026-05-17T20:23:01.091Z [pg-mcp]|Connection error: SSE error: undefined\n");
		buf_done(&text);
	}
}

static void typography(void **state)
{
	(void)state;
	expect("2026-05-17T20:23:01.090Z\xc2\xa0[DEBUG] MCP server \xe2\x80\x9cpg-mcp\xe2\x80\x9d: Tool \xe2\x80\x98x\xe2\x80\x99 failed after 3s\n",
		"1 claude-debug mcp 2026-05-17T20:23:01.090Z [pg-mcp]|Tool 'x' failed after 3s\n");
}

static void entities(void **state)
{
	(void)state;
	expect("2026-05-17T20:23:01.090Z [DEBUG] MCP server &quot;pg-mcp&quot;: Tool &#39;x&#39; failed after 3s: &lt;pre&gt; &amp; &unknown;\n",
		"1 claude-debug mcp 2026-05-17T20:23:01.090Z [pg-mcp]|Tool 'x' failed after 3s: <pre> & &unknown;\n");
	/* in a log that is none of a page they are what a program wrote */
	expect("2026-05-17T20:23:01.090Z [DEBUG] MCP server \"pg-mcp\": Tool 'x' failed after 3s: &lt;pre&gt;\n",
		"1 claude-debug mcp 2026-05-17T20:23:01.090Z [pg-mcp]|Tool 'x' failed after 3s: &lt;pre&gt;\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(docker_timestamps), cmocka_unit_test(docker_json), cmocka_unit_test(journal_and_syslog), cmocka_unit_test(shippers), cmocka_unit_test(traces_in_json), cmocka_unit_test(numbers_as_times), cmocka_unit_test(two_clocks), cmocka_unit_test(kubernetes),
		cmocka_unit_test(compose), cmocka_unit_test(colours), cmocka_unit_test(pasted_prefixes), cmocka_unit_test(typography), cmocka_unit_test(entities),
	};
	return cmocka_run_group_tests(tests, load_rules, free_rules);
}
