/* JSON and NDJSON reports: shape, nulls, bounds instead of invented times, ASCII, equal bytes. The schema itself is checked
 * by tests/cli/test_report_schema.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/json.h"
#include "report_example.h"

static void render(const char *format, const struct facts *f, const struct report_options *o, struct buf *out)
{
	const struct rules none = {0};
	buf_reset(out);
	report_find(str_z(format))->write(f, &none, o, out);
}

static void assert_text(const struct json *v, const char *text)
{
	if (!str_eq(json_text(v), str_z(text)))
		fail_msg("%.*s is not %s", STR_ARG(json_text(v)), text);
}

static void assert_json_null(const struct json *object, const char *key)
{
	const struct json *v = json_get(object, key);
	int64_t n;
	assert_non_null(v);
	assert_false(json_is_string(v) || json_is_object(v) || json_is_array(v) || json_int(v, &n));
}

static void assert_int(const struct json *object, const char *key, int64_t wanted)
{
	int64_t n = -1;
	assert_true(json_int(json_get(object, key), &n));
	assert_int_equal(n, wanted);
}

static struct json *parse(const struct buf *out)
{
	struct err e = {0};
	struct json *doc = json_parse(buf_str(out), &e);
	if (!doc)
		fail_msg("%s", e.text);
	for (size_t i = 0; i < out->n; i++)
		assert_true((unsigned char)out->p[i] < 0x7f && ((unsigned char)out->p[i] >= 0x20 || out->p[i] == '\n'));
	return doc;
}

static void head_and_summary(void **state)
{
	(void)state;
	struct report_example x;
	struct buf out = {0};
	report_example_init(&x);
	const struct report_options o = report_example_options();
	render("json", &x.facts, &o, &out);
	assert_true(str_starts(buf_str(&out), S("{\n  \"schema\": \"mcplog.report/1\",\n  \"version\": ")));
	assert_true(str_ends(buf_str(&out), S("}\n")));
	struct json *doc = parse(&out);
	assert_text(json_get(doc, "as_of"), "2026-05-17T20:46:12.776Z");
	const struct json *summary = json_get(doc, "summary");
	assert_int(summary, "sources", 2);
	assert_int(summary, "calls", 2);
	assert_int(summary, "calls_failed", 1);
	assert_int(summary, "incidents", 1);
	assert_int(summary, "unrecognized_lines", 4);
	assert_int(json_get(summary, "by_cause"), "sse-drop-silent-hang", 1);
	json_free(doc);
	buf_done(&out);
}

static void incident_and_calls(void **state)
{
	(void)state;
	struct report_example x;
	struct buf out = {0};
	report_example_init(&x);
	const struct report_options o = report_example_options();
	render("json", &x.facts, &o, &out);
	struct json *doc = parse(&out);
	const struct json *i = json_at(json_get(doc, "incidents"), 0);
	assert_text(json_get(i, "id"), "v1:0123456789abcdef0123456789abcdef");
	assert_text(json_get(i, "severity"), "critical");
	assert_text(json_get(i, "state"), "ended");
	assert_text(json_get(i, "ending"), "user-cancel");
	assert_text(json_get(i, "session_id"), "sess-1");
	assert_int(i, "duration_ms", 1391000);
	const struct json *call = json_at(json_get(i, "calls"), 0);
	assert_text(json_get(call, "tool_use_id"), "toolu_01");
	assert_text(json_get(call, "link"), "tool-use-id");
	assert_true(json_true(json_get(call, "link_sure")));
	assert_int(call, "heartbeats", 46);
	assert_int(call, "duration_ms", 1391000);
	const struct json *ruled = json_at(json_get(i, "ruled_out"), 0);
	assert_text(json_get(ruled, "source"), "/logs/a/debug.txt");
	assert_int(ruled, "line", 4);
	assert_json_null(json_at(json_get(i, "advice"), 0), "see");
	json_free(doc);
	buf_done(&out);
}

static void evidence_never_invents_a_time(void **state)
{
	(void)state;
	struct report_example x;
	struct buf out = {0};
	report_example_init(&x);
	const struct report_options o = report_example_options();
	render("json", &x.facts, &o, &out);
	struct json *doc = parse(&out);
	const struct json *evidence = json_get(json_at(json_get(doc, "incidents"), 0), "evidence");
	const struct json *untimed = json_at(evidence, 3);
	assert_json_null(untimed, "time");
	assert_text(json_get(untimed, "after"), "2026-05-17T20:23:00.776Z");
	assert_json_null(untimed, "before");
	json_free(doc);
	buf_done(&out);
}

static void unknown_values_are_null(void **state)
{
	(void)state;
	struct report_example x;
	struct buf out = {0};
	report_example_init(&x);
	x.facts.as_of = INSTANT_NONE;
	x.incident.ended_at = INSTANT_NONE;
	x.incident.duration = -1;
	x.incident.server = STR_NONE;
	x.call.tool_use_id = STR_NONE;
	x.call.started_at = INSTANT_NONE;
	const struct report_options o = report_example_options();
	render("json", &x.facts, &o, &out);
	struct json *doc = parse(&out);
	const struct json *i = json_at(json_get(doc, "incidents"), 0);
	assert_json_null(doc, "as_of");
	assert_json_null(i, "ended_at");
	assert_json_null(i, "duration_ms");
	assert_json_null(i, "server");
	assert_json_null(json_at(json_get(i, "calls"), 0), "tool_use_id");
	assert_json_null(json_at(json_get(i, "calls"), 0), "duration_ms");
	assert_json_null(json_at(json_get(json_at(json_get(doc, "sources"), 1), "problems"), 1), "line");
	json_free(doc);
	buf_done(&out);
}

static void filters_count(void **state)
{
	(void)state;
	struct report_example x;
	struct buf out = {0};
	report_example_init(&x);
	struct report_options o = report_example_options();
	o.cause = S("slow-healthy-tool");
	render("json", &x.facts, &o, &out);
	struct json *doc = parse(&out);
	assert_int(json_get(doc, "summary"), "incidents", 0);
	assert_int(json_get(doc, "summary"), "notes", 1);
	assert_int_equal(json_size(json_get(doc, "incidents")), 0);
	assert_int_equal(json_size(json_get(json_get(doc, "summary"), "by_cause")), 0);
	json_free(doc);
	buf_done(&out);
}

static void ndjson_is_one_object_a_line(void **state)
{
	(void)state;
	static const char *const types[] = {"report", "source", "source", "server", "incident", "note", "stale-session", "clock-offset"};
	struct report_example x;
	struct buf out = {0};
	report_example_init(&x);
	const struct report_options o = report_example_options();
	render("ndjson", &x.facts, &o, &out);
	str rest = buf_str(&out);
	size_t n = 0;
	while (rest.n) {
		struct err e = {0};
		struct json *line = json_parse(str_word(&rest, '\n'), &e);
		assert_non_null(line);
		assert_true(n < sizeof types / sizeof *types);
		assert_text(json_get(line, "type"), types[n++]);
		json_free(line);
	}
	assert_int_equal(n, sizeof types / sizeof *types);
	buf_done(&out);
}

static void two_runs_give_equal_bytes(void **state)
{
	(void)state;
	struct report_example x, y;
	struct buf a = {0}, b = {0};
	report_example_init(&x);
	report_example_init(&y);
	const struct report_options o = report_example_options();
	render("json", &x.facts, &o, &a);
	render("json", &y.facts, &o, &b);
	assert_true(str_eq(buf_str(&a), buf_str(&b)));
	buf_done(&a);
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(head_and_summary),        cmocka_unit_test(incident_and_calls),
		cmocka_unit_test(evidence_never_invents_a_time), cmocka_unit_test(unknown_values_are_null),
		cmocka_unit_test(filters_count),           cmocka_unit_test(ndjson_is_one_object_a_line),
		cmocka_unit_test(two_runs_give_equal_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
