/* csv, junit, Chrome traces and OTLP: what they say of one set of facts, and 10,000 hostile texts (J4, J5): every JSON parses to
 * the same shape, every table has its columns and no formula, every XML has only the tags that mcplog writes. */
#include "rules_fixture.h"

#include "base/json.h"
#include "base/mem.h"
#include "table_example.h"

static struct buf written(const char *format, str text, const struct report_options *options)
{
	static struct table_example x; /* large; made anew each time */
	const struct report_options usual = report_example_options();
	struct buf out = {0};
	table_example_init(&x, text);
	report_find(str_z(format))->write(&x.base.facts, &rules, options ? options : &usual, &out);
	return out;
}

static unsigned count_of(const struct buf *b, const char *what)
{
	unsigned n = 0;
	for (str s = buf_str(b);; n++) {
		const ptrdiff_t at = str_find(s, str_z(what));
		if (at < 0)
			return n;
		s = str_from(s, (size_t)at + 1);
	}
}

static void has(const struct buf *b, const char *what, unsigned times)
{
	if (count_of(b, what) != times)
		fail_msg("%u times instead of %u: %s\n%.*s", count_of(b, what), times, what, STR_ARG(buf_str(b)));
}

/* --- what stands in them --- */

static void csv_has_a_row_per_call(void **state)
{
	(void)state;
	struct buf b = written("csv-calls", S("pg"), NULL);
	has(&b, "\r\n", 1 + EXAMPLE_CALLS);
	has(&b, "sess-1,pg,pg,sse,pg,pg,pg/pg#1,2026-05-17T20:23:00.776Z,2026-05-17T20:46:11.776Z,1391000,false,cancelled,completed,pg,0,,,2,,1390998,,"
		"tool-use-id,true,v1:0123456789abcdef0123456789abcdef,pg,critical,ended,likely,pg,1\r\n", 1);
	/* an open call has no end, and its duration so far; a call without times no dates */
	has(&b, "pg/query#1,2026-05-17T20:44:40.776Z,,92000,true,unended,still-open", 1);
	has(&b, "pg/no_times#1,,,0,false,ok", 1);
	buf_done(&b);
}

static void csv_has_a_row_per_incident_and_note(void **state)
{
	(void)state;
	struct buf b = written("csv", S("pg"), NULL);
	has(&b, "\r\nincident,v1:0123456789abcdef0123456789abcdef,pg,pg,critical,ended,likely,server-closed-stream,user-cancel,pg,sse,sess-1,2.1.143,", 1);
	has(&b, "\r\nnote,,slow-healthy-tool,pg,,,,,,pg-mcp,", 1);
	buf_done(&b);
}

static void junit_maps_calls_incidents_and_sources(void **state)
{
	(void)state;
	struct buf b = written("junit", S("pg"), NULL);
	has(&b, "<testsuites name=\"mcplog\" tests=\"6\" failures=\"1\" errors=\"1\" skipped=\"1\"", 1);
	has(&b, "<testsuite name=\"pg\" tests=\"4\" failures=\"1\" errors=\"0\" skipped=\"1\"", 1);
	has(&b, "<testcase classname=\"pg\" name=\"pg pg\" time=\"1391.000\"><failure type=\"pg\" message=\"pg\">", 1);
	has(&b, "<skipped message=\"still running at the end of the log\"/>", 1);
	has(&b, "<error type=\"truncated-gzip\" message=\"the compressed data ends early\"/>", 1);
	buf_done(&b);
}

static void junit_tells_incidents_without_calls(void **state)
{
	(void)state;
	static struct table_example x;
	const struct report_options o = report_example_options();
	struct buf b = {0};
	table_example_init(&x, S("pg"));
	x.calls[0].incident = PICTURE_NONE;
	report_find(S("junit"))->write(&x.base.facts, &rules, &o, &b);
	has(&b, "failures=\"1\"", 2);
	has(&b, "<testcase classname=\"pg\" name=\"pg\" time=\"1391.000\"><failure", 1);
	buf_done(&b);
}

static void traces_close_what_is_open(void **state)
{
	(void)state;
	struct buf b = written("chrome-trace", S("pg"), NULL);
	has(&b, "\"ph\":\"b\"", count_of(&b, "\"ph\":\"e\""));
	/* call, its stage, the connection */
	has(&b, "(still open)\",\"ts\":1779050772776000,\"args\":{\"closed_at\":\"as-of time, no end was seen\"}", 3);
	has(&b, "\"open\":true", 1);
	has(&b, "order only", 1);
	has(&b, "\"ph\":\"i\"", EXAMPLE_MARKS);
	buf_done(&b);
}

static void otlp_leaves_out_what_has_no_time(void **state)
{
	(void)state;
	struct buf b = written("otlp", S("pg"), NULL);
	has(&b, "\n", 2);
	has(&b, "no_times", 0);
	has(&b, "\"name\":\"tools/call query\",\"kind\":3,", 2);
	has(&b, "\"startTimeUnixNano\":\"1779049380776000000\"", 2); /* the call and its dispatch */
	has(&b, "\"name\":\"transport.dropped\"", 1);
	has(&b, "{\"key\":\"mcp.method.name\",\"value\":{\"stringValue\":\"tools/call\"}}", 3);
	has(&b, "{\"key\":\"network.transport\",\"value\":{\"stringValue\":\"tcp\"}}", 3);
	has(&b, "{\"key\":\"code.line.number\",\"value\":{\"intValue\":\"1\"}}", 2);
	has(&b, "\"eventName\":\"mcplog.incident\"", 1);
	has(&b, "\"eventName\":\"mcplog.note\"", 1);
	buf_done(&b);
}

static void ids_of_telemetry_are_stable(void **state)
{
	(void)state;
	struct buf a = written("otlp-traces", S("pg"), NULL), b = written("otlp-traces", S("pg"), NULL), c = written("otlp-traces", S("other"), NULL);
	assert_true(str_eq(buf_str(&a), buf_str(&b)));
	const ptrdiff_t at = str_find(buf_str(&a), S("\"traceId\":\""));
	assert_true(at > 0);
	const str id = str_head(str_from(buf_str(&a), (size_t)at), 43);
	assert_true(str_find(buf_str(&b), id) > 0);
	assert_true(str_find(buf_str(&c), id) < 0);
	buf_done(&a);
	buf_done(&b);
	buf_done(&c);
}

static void filters_hold_for_calls(void **state)
{
	(void)state;
	struct report_options o = report_example_options();
	o.tool = S("query");
	struct buf b = written("csv-calls", S("pg"), &o);
	has(&b, "\r\n", 3);
	buf_done(&b);
	o = report_example_options();
	o.cause = S("pg");
	b = written("csv-calls", S("pg"), &o);
	has(&b, "\r\n", 2);
	buf_done(&b);
	o.cause = S("none");
	b = written("chrome-trace", S("pg"), &o);
	has(&b, "\"cat\":\"call\"", 0);
	buf_done(&b);
	o = report_example_options();
	o.since = T0 + 1000 * SECOND;
	b = written("otlp-traces", S("pg"), &o);
	has(&b, "\"kind\":3", 1);
	buf_done(&b);
}

static void nothing_is_an_empty_table(void **state)
{
	(void)state;
	const struct facts none = {.as_of = INSTANT_NONE, .first = INSTANT_NONE, .last = INSTANT_NONE};
	const struct report_options o = report_example_options();
	static const char *const formats[] = {"chrome-trace", "otlp-traces", "otlp-logs"};
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
		struct buf b = {0};
		report_find(str_z(formats[i]))->write(&none, &rules, &o, &b);
		struct err e;
		struct json *doc = json_parse(buf_str(&b), &e);
		assert_non_null(doc);
		json_free(doc);
		buf_done(&b);
	}
	struct buf b = {0};
	report_find(S("junit"))->write(&none, &rules, &o, &b);
	has(&b, "tests=\"0\"", 1);
	buf_done(&b);
}

/* --- hostile texts --- */

/* The words that break formats, between random bytes. */
static str hostile(unsigned seed, char *room, size_t size)
{
	static const char *const words[] = {"\"", "'", "<", ">", "&", "]]>", "</failure>", "<script>", "\\", "\r\n", "\n", "\t", ",", ";", "=1+1", "+", "-", "@", "\x1b[31m",
		"\xe2\x80\xae", "\xe2\x80\xa8", "\xef\xbf\xbf", "\xef\xbf\xbe", "\xed\xa0\x80", "\xff", "\xc0\x80", "\xf0\x9f\x92\xa9", "a", "query", " ", "`", "{", "}", "%s",
		"&#0;", "<!--", "<![CDATA[", "\x7f", "\xc2\x85", "\xe5\x90\x8d"};
	enum { WORDS = sizeof words / sizeof *words };
	size_t n = 0;
	uint32_t state = seed * 2654435761u + 12345;
	const unsigned count = seed % 9;
	for (unsigned i = 0; i < count; i++) {
		state = state * 1664525u + 1013904223u;
		if ((state >> 8) % 5 == 0) {
			room[n++] = (char)(state >> 16); /* any byte, NUL too */
			continue;
		}
		const str word = str_z(words[(state >> 10) % WORDS]);
		if (n + word.n >= size)
			break;
		memcpy(room + n, word.p, word.n);
		n += word.n;
	}
	return (str){room, n};
}

static void only_ascii(const struct buf *b, const char *format)
{
	for (size_t i = 0; i < b->n; i++)
		if (((unsigned char)b->p[i] < ' ' && b->p[i] != '\n') || (unsigned char)b->p[i] >= 0x7f)
			fail_msg("%s: byte %02x", format, (unsigned char)b->p[i]);
}

static void check_json(const char *format, str text, unsigned lines)
{
	struct buf b = written(format, text, NULL);
	struct err e;
	only_ascii(&b, format);
	if (lines)
		assert_int_equal(count_of(&b, "\n"), lines);
	str rest = buf_str(&b);
	while (rest.n) {
		const str one = lines ? str_word(&rest, '\n') : rest;
		struct json *doc = json_parse(one, &e);
		if (!doc)
			fail_msg("%s: %s\n%.*s", format, e.text, STR_ARG(one));
		if (!lines) /* 4 calls and 7 stages, connection, incident: begun and ended; marks; what is constant */
			assert_int_equal(json_size(json_get(doc, "traceEvents")), (4 + 7 + 1 + 1) * 2 + EXAMPLE_MARKS + 2 + 2 + 4);
		json_free(doc);
		if (!lines)
			break;
	}
	buf_done(&b);
}

/* Reads as RFC 4180 says: every row has as many cells as the head, and no cell of text begins as a formula does. */
static void check_csv(const char *format, str text, size_t rows_wanted)
{
	struct buf b = written(format, text, NULL);
	size_t cells = 0, columns = 0, rows = 0;
	bool quoted = false, begins = true;
	for (size_t i = 0; i < b.n; i++) {
		const char c = b.p[i];
		if (begins && c == '"') {
			quoted = true;
			if (i + 1 < b.n && strchr("=+-@\t\r", b.p[i + 1]))
				fail_msg("%s: a formula in quotes", format);
			begins = false;
			continue;
		}
		if (begins && c && strchr("=+-@\t", c))
			fail_msg("%s: a formula: %.*s", format, (int)(b.n - i > 40 ? 40 : b.n - i), b.p + i);
		begins = false;
		if (((unsigned char)c < ' ' && c != '\n' && c != '\r' && c != '\t') || c == 0x7f)
			fail_msg("%s: byte %02x", format, (unsigned char)c);
		if (quoted) {
			if (c == '"' && i + 1 < b.n && b.p[i + 1] == '"')
				i++;
			else if (c == '"')
				quoted = false;
			continue;
		}
		if (c == '"')
			fail_msg("%s: a quote in a bare cell", format);
		if (c == ',') {
			cells++;
			begins = true;
		}
		if (c == '\n') {
			assert_true(i > 0 && b.p[i - 1] == '\r');
			columns = rows ? columns : cells;
			assert_int_equal(cells, columns);
			cells = 0;
			rows++;
			begins = true;
		}
	}
	assert_false(quoted);
	assert_int_equal(rows, rows_wanted);
	buf_done(&b);
}

static bool is_own_tag(str s)
{
	static const char *const tags[] = {"?xml ", "testsuites ", "/testsuites>", "testsuite ", "/testsuite>", "testcase ", "/testcase>", "failure ", "/failure>",
		"error ", "skipped "};
	for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
		if (str_starts(s, str_z(tags[i])))
			return true;
	return false;
}

static bool is_own_entity(str s)
{
	static const char *const entities[] = {"amp;", "lt;", "gt;", "quot;", "apos;", "#10;", "#9;"};
	for (size_t i = 0; i < sizeof entities / sizeof *entities; i++)
		if (str_starts(s, str_z(entities[i])))
			return true;
	return false;
}

static void check_junit(str text)
{
	struct buf b = written("junit", text, NULL);
	for (size_t i = 0; i < b.n; i++) {
		const str rest = str_from(buf_str(&b), i + 1);
		const unsigned char c = (unsigned char)b.p[i];
		if (c == '<' && !is_own_tag(rest))
			fail_msg("a foreign tag: %.*s", STR_ARG(str_head(rest, 40)));
		if (c == '&' && !is_own_entity(rest))
			fail_msg("a foreign entity: %.*s", STR_ARG(str_head(rest, 40)));
		if ((c < ' ' && c != '\n' && c != '\t') || c == 0x7f)
			fail_msg("byte %02x", c);
	}
	has(&b, "\xef\xbf\xbf", 0);
	has(&b, "\xef\xbf\xbe", 0);
	has(&b, "<testcase ", 6);
	has(&b, "</testcase>", 6);
	has(&b, "<failure ", 1);
	has(&b, "</failure>", 1);
	buf_done(&b);
}

static void hostile_texts_break_no_format(void **state)
{
	(void)state;
	enum { TEXTS = 10000 };
	char room[256];
	const bool all = getenv("MCPLOG_EVERY_TEXT") != NULL; /* every text through every format: half a minute with sanitizers */
	for (unsigned i = 0; i < TEXTS; i++) {
		const str text = hostile(i, room, sizeof room - 8);
		if (all || i % 5 == 0)
			check_json("chrome-trace", text, 0);
		if (all || i % 5 == 1)
			check_json("otlp", text, 2);
		if (all || i % 5 == 2)
			check_csv("csv-calls", text, 1 + EXAMPLE_CALLS);
		if (all || i % 5 == 3)
			check_csv("csv", text, 3);
		if (all || i % 5 == 4)
			check_junit(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(csv_has_a_row_per_call),
		cmocka_unit_test(csv_has_a_row_per_incident_and_note),
		cmocka_unit_test(junit_maps_calls_incidents_and_sources),
		cmocka_unit_test(junit_tells_incidents_without_calls),
		cmocka_unit_test(traces_close_what_is_open),
		cmocka_unit_test(otlp_leaves_out_what_has_no_time),
		cmocka_unit_test(ids_of_telemetry_are_stable),
		cmocka_unit_test(filters_hold_for_calls),
		cmocka_unit_test(nothing_is_an_empty_table),
		cmocka_unit_test(hostile_texts_break_no_format),
	};
	return cmocka_run_group_tests(tests, load_rules, free_rules);
}
