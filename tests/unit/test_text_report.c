/* The text report and explain: order, width, honesty about health, and nothing of a log reaches a terminal raw (J1, J2). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "report_example.h"

static void render(const struct facts *f, const struct report_options *o, struct buf *out)
{
	const struct rules none = {0};
	buf_reset(out);
	report_find(S("text"))->write(f, &none, o, out);
}

static void assert_has(const struct buf *out, const char *text)
{
	if (str_find(buf_str(out), str_z(text)) < 0)
		fail_msg("missing: %s\nin: %.*s", text, STR_ARG(buf_str(out)));
}

static void assert_lacks(const struct buf *out, const char *text)
{
	if (str_find(buf_str(out), str_z(text)) >= 0)
		fail_msg("not wanted: %s\nin: %.*s", text, STR_ARG(buf_str(out)));
}

/* Every run of blanks and line ends as one blank: where lines break is tested elsewhere. */
static void unwrapped(const struct buf *in, struct buf *out)
{
	for (size_t i = 0; i < in->n; i++) {
		const char c = in->p[i] == '\n' ? ' ' : in->p[i];
		if (c != ' ' || (out->n && out->p[out->n - 1] != ' '))
			buf_byte(out, c);
	}
}

static void assert_order(const struct buf *out, const char *const *texts, size_t count)
{
	struct buf flat = {0};
	unwrapped(out, &flat);
	str rest = buf_str(&flat);
	for (size_t i = 0; i < count; i++) {
		const ptrdiff_t at = str_find(rest, str_z(texts[i]));
		if (at < 0)
			fail_msg("not in order: %s\nin: %.*s", texts[i], STR_ARG(buf_str(out)));
		rest = str_from(rest, (size_t)at);
	}
	buf_done(&flat);
}

static void assert_lines_fit(const struct buf *out, size_t columns)
{
	str rest = buf_str(out);
	while (rest.n) {
		const str line = str_word(&rest, '\n');
		if (utf8_width(line) > columns)
			fail_msg("wider than %zu: %.*s", columns, STR_ARG(line));
	}
}

/* LF and what utf8_terminal lets through, nothing else. */
static void assert_safe(const struct buf *out)
{
	struct buf safe = {0};
	utf8_terminal(&safe, buf_str(out), true);
	assert_true(str_eq(buf_str(&safe), buf_str(out)));
	buf_done(&safe);
}

static void everything_in_order(void **state)
{
	(void)state;
	static const char *const order[] = {
		"1 session, 2 calls, 1 incident · 2026-05-17 20:23:00 – 20:46:12 UTC · client 2.1.143", "CRITICAL list_schemas on pg-mcp hung for 23 min 11 s",
		"sse-drop-silent-hang · likely", "2026-05-17 20:23:00 UTC · ended · v1:0123456789ab", "The stream dropped;", "+0.000 s debug.txt:1",
		"dispatch start of the call", "+0.324 s debug.txt:4", "+30.000 s debug.txt:6", "(×46)", "ruled out user-cancelled: the drop", "(debug.txt:4)",
		"suspected pre-init-request:", ". Not proven: the log has no times", "do now reconnect pg-mcp", "for good use streamable HTTP", "led to 3 tools were removed",
		"Notes", "slow-healthy-tool export on pg-mcp took 2 min", "Sessions after", "pg-mcp: 1 session stale, 0 recovered; 1 call and 23 min 11 s lost", "sess-1",
		"reconnect", "Clocks", "2.1 s ahead of the client's clock", "Pending", "5 bytes", "Could not be read", ":7: not read completely: the compressed data ends early",
	};
	struct report_example x;
	struct buf out = {0};
	report_example_init(&x);
	const struct report_options o = report_example_options();
	render(&x.facts, &o, &out);
	assert_order(&out, order, sizeof order / sizeof *order);
	assert_safe(&out);
	assert_has(&out, "\\x1b");
	assert_has(&out, "\\u202e");
	assert_lacks(&out, "NUL bytes");
	assert_lacks(&out, "No incidents");
	buf_done(&out);
}

static void lines_fit_any_width(void **state)
{
	(void)state;
	struct report_example x;
	struct buf out = {0};
	report_example_init(&x);
	x.incident.title = S("a_tool_with_a_name_that_is_longer_than_any_line_of_any_terminal_should_ever_be_and_then_some_more on pg-mcp hung");
	x.evidence[1].text = S("verylongwordwithoutanyblankverylongwordwithoutanyblankverylongwordwithoutanyblankverylongwordwithoutanyblank \xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97");
	for (unsigned columns = 60; columns <= 120; columns += 7) {
		struct report_options o = report_example_options();
		o.columns = columns;
		render(&x.facts, &o, &out);
		str rest = buf_str(&out);
		(void)str_word(&rest, '\n'); /* the summary is one line, whatever it holds */
		struct buf body = {.p = (char *)(uintptr_t)rest.p, .n = rest.n};
		assert_lines_fit(&body, columns);
	}
	buf_done(&out);
}

static void colour_only_when_asked(void **state)
{
	(void)state;
	struct report_example x;
	struct buf plain = {0}, color = {0};
	report_example_init(&x);
	struct report_options o = report_example_options();
	render(&x.facts, &o, &plain);
	assert_true(str_chr(buf_str(&plain), '\x1b') < 0);
	o.color = true;
	render(&x.facts, &o, &color);
	assert_has(&color, "\x1b[1;31mCRITICAL\x1b[0m");
	/* Without our own sequences nothing but the plain text is left. */
	struct buf stripped = {0};
	for (size_t i = 0; i < color.n; i++) {
		if (color.p[i] == '\x1b')
			while (color.p[i] != 'm')
				i++;
		else
			buf_byte(&stripped, color.p[i]);
	}
	assert_true(str_eq(buf_str(&stripped), buf_str(&plain)));
	buf_done(&plain);
	buf_done(&color);
	buf_done(&stripped);
}

static void ascii_is_ascii(void **state)
{
	(void)state;
	struct report_example x;
	struct buf out = {0};
	report_example_init(&x);
	x.note.title = S("\xe6\xbc\xa2 took long");
	struct report_options o = report_example_options();
	o.ascii = true;
	render(&x.facts, &o, &out);
	for (size_t i = 0; i < out.n; i++)
		assert_true((unsigned char)out.p[i] < 0x80);
	assert_has(&out, "sse-drop-silent-hang - likely");
	assert_has(&out, "\\u6f22 took long");
	buf_done(&out);
}

static void health_is_said_only_when_measured(void **state)
{
	(void)state;
	struct report_example x;
	struct buf out = {0};
	report_example_init(&x);
	struct report_options o = report_example_options();
	x.facts.incident_count = 0;
	render(&x.facts, &o, &out);
	assert_has(&out, "No incidents in 2 calls.");
	x.facts.unmeasured = true;
	render(&x.facts, &o, &out);
	assert_lacks(&out, "No incidents");
	assert_has(&out, "Nothing was measured");
	x.facts.unmeasured = false;
	x.facts.calls = 0;
	render(&x.facts, &o, &out);
	assert_has(&out, "No incidents; the logs hold no MCP calls.");
	const struct facts nothing = {.as_of = INSTANT_NONE, .first = INSTANT_NONE, .last = INSTANT_NONE};
	render(&nothing, &o, &out);
	assert_has(&out, "Nothing was measured");
	buf_done(&out);
}

static void filters(void **state)
{
	(void)state;
	struct report_example x;
	struct buf out = {0};
	report_example_init(&x);
	struct report_options o = report_example_options();
	assert_true(report_wants(&o, &x.incident));
	o.server = S("other");
	assert_false(report_wants(&o, &x.incident));
	assert_false(report_wants_note(&o, &x.note));
	render(&x.facts, &o, &out);
	assert_has(&out, "No incident passes the filters.");
	assert_has(&out, "No server is called other in these logs. They name: pg-mcp.");
	o = report_example_options();
	o.server = S("pg_mcp"); /* as tool names spell it */
	assert_true(report_wants(&o, &x.incident));
	o.tool = S("list_schemas");
	o.session = S("sess");
	o.cause = S("sse-drop-silent-hang");
	o.since = T0;
	o.until = T0 + 1;
	o.min_severity = SEVERITY_CRITICAL;
	assert_true(report_wants(&o, &x.incident));
	o.until = T0;
	assert_false(report_wants(&o, &x.incident));
	x.incident.started_at = INSTANT_NONE;
	assert_true(report_wants(&o, &x.incident));
	o.session = S("sess-2");
	assert_false(report_wants(&o, &x.incident));
	assert_false(report_wants_note(&o, &x.note));
	buf_done(&out);
}

static void long_evidence_is_cut_to_the_decisive(void **state)
{
	(void)state;
	struct report_example x;
	struct evidence many[20];
	struct buf out = {0};
	report_example_init(&x);
	for (int i = 0; i < 20; i++) {
		many[i] = x.evidence[0];
		many[i].role = i == 19 ? ROLE_TRIGGER : ROLE_CONTEXT;
		many[i].text = i == 19 ? S("the decisive line") : S("another line");
	}
	x.incident.evidence = many;
	x.incident.evidence_count = 20;
	struct report_options o = report_example_options();
	render(&x.facts, &o, &out);
	assert_has(&out, "the decisive line");
	assert_has(&out, "12 more lines: mcplog explain v1:0123456789ab");
	o.verbose = true;
	render(&x.facts, &o, &out);
	assert_lacks(&out, "more lines");
	buf_done(&out);
}

static void many_notes_are_counted(void **state)
{
	(void)state;
	struct report_example x;
	struct note notes[30];
	struct buf out = {0};
	report_example_init(&x);
	for (int i = 0; i < 30; i++)
		notes[i] = x.note;
	x.facts.notes = notes;
	x.facts.note_count = 30;
	const struct report_options o = report_example_options();
	render(&x.facts, &o, &out);
	assert_has(&out, "(×30)");
	buf_done(&out);
}

/* The line that holds `kind`. */
static str line_of(const struct buf *out, const char *kind)
{
	str rest = buf_str(out);
	while (rest.n) {
		const str line = str_word(&rest, '\n');
		if (str_find(line, str_z(kind)) >= 0)
			return line;
	}
	fail_msg("missing: %s\nin: %.*s", kind, STR_ARG(buf_str(out)));
	return STR_NONE;
}

static void assert_line(const struct buf *out, const char *kind, const char *want)
{
	const str line = line_of(out, kind);
	if (!str_eq(line, str_z(want)))
		fail_msg("got:  %.*s\nwant: %s", STR_ARG(line), want);
}

static void a_note_keeps_the_end_of_its_place(void **state)
{
	(void)state;
	struct report_example x;
	struct buf out = {0};
	report_example_init(&x);
	struct report_options o = report_example_options();
	render(&x.facts, &o, &out);
	assert_line(&out, "slow-healthy-tool", "  slow-healthy-tool  export on pg-mcp took 2 min and completed (debug.txt:40)");
	x.sources[0].path = S("/logs/a/one-folder/another-folder/debug.txt");
	x.note.title = S("export on pg-mcp took 2 min");
	render(&x.facts, &o, &out);
	assert_line(&out, "slow-healthy-tool", "  slow-healthy-tool  export on pg-mcp took 2 min (…her-folder/debug.txt:40)");
	x.note.title = S("export on pg-mcp took 2 min and completed");
	render(&x.facts, &o, &out);
	assert_line(&out, "slow-healthy-tool", "  slow-healthy-tool  export on pg-mcp took 2 min … (…her-folder/debug.txt:40)");
	o.columns = 120;
	render(&x.facts, &o, &out);
	assert_line(&out, "slow-healthy-tool",
		"  slow-healthy-tool  export on pg-mcp took 2 min and completed (one-folder/another-folder/debug.txt:40)");
	o.columns = 80;
	o.verbose = true;
	render(&x.facts, &o, &out);
	assert_lacks(&out, "…her-folder");
	assert_has(&out, "and completed");
	buf_done(&out);
}

/* The bracket that closes a JSON array, with a CR at most, is no line that may go on. */
static void pending_is_what_may_become_a_record(void **state)
{
	(void)state;
	struct report_example x;
	struct buf out = {0};
	report_example_init(&x);
	const struct report_options o = report_example_options();
	for (uint64_t bytes = 0; bytes <= 2; bytes++) {
		x.sources[1].pending_bytes = bytes;
		assert_int_equal(source_pending(&x.sources[1]), 0);
		render(&x.facts, &o, &out);
		assert_lacks(&out, "Pending");
	}
	x.sources[1].pending_bytes = 3;
	assert_int_equal(source_pending(&x.sources[1]), 3);
	render(&x.facts, &o, &out);
	assert_has(&out, "Pending");
	assert_has(&out, ": 3 bytes");
	buf_done(&out);
}

static void explain_shows_all(void **state)
{
	(void)state;
	static const char *const order[] = {"v1:0123456789abcdef0123456789abcdef", "Calls", "linked by tool-use-id", "Evidence", "start", "debug.txt:1 @0 2026-05-17T20:23:00.776Z",
		"debug.txt:4 @400", "also in", ":3 @77", "46 times, until", "after 2026-05-17T20:23:00.776Z", "Alternatives", "ruled out", "suspected", "Consequences",
		"What to do", "https://example.com/x", "mcplog explain sse-drop-silent-hang"};
	struct report_example x;
	struct buf out = {0};
	report_example_init(&x);
	const struct report_options o = report_example_options();
	report_explain_incident(&x.facts, &x.incident, &o, &out);
	assert_order(&out, order, sizeof order / sizeof *order);
	assert_safe(&out);
	buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_in_order),
		cmocka_unit_test(lines_fit_any_width),
		cmocka_unit_test(colour_only_when_asked),
		cmocka_unit_test(ascii_is_ascii),
		cmocka_unit_test(health_is_said_only_when_measured),
		cmocka_unit_test(filters),
		cmocka_unit_test(long_evidence_is_cut_to_the_decisive),
		cmocka_unit_test(many_notes_are_counted),
		cmocka_unit_test(a_note_keeps_the_end_of_its_place),
		cmocka_unit_test(pending_is_what_may_become_a_record),
		cmocka_unit_test(explain_shows_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
