/* Facts built by hand: one hanging call as the classifier would hand it over, with texts that try to hurt a terminal. */
#ifndef MCPLOG_TESTS_REPORT_EXAMPLE_H
#define MCPLOG_TESTS_REPORT_EXAMPLE_H
#include "report/report.h"

#define T0 INT64_C(1779049380776000) /* 2026-05-17T20:23:00.776Z */

struct report_example {
	struct problem problems[2];
	struct source sources[2];
	struct call call;
	const struct call *calls[1];
	struct line_ref also;
	struct evidence evidence[4];
	struct ruled_out ruled_out;
	struct suspicion suspected;
	struct consequence consequence;
	struct advice_line advice[2];
	struct incident incident;
	struct evidence note_evidence;
	struct note note;
	struct connection connection;
	struct server_facts server;
	struct server_session stale;
	struct clock_offset clock;
	struct facts facts;
};

static inline void report_example_sources(struct report_example *x)
{
	x->problems[0] = (struct problem){.code = "truncated-gzip", .text = "the compressed data ends early", .line = 7, .offset = 900, .class = PROBLEM_ERROR, .times = 1};
	x->problems[1] = (struct problem){.code = "nul-bytes", .text = "NUL bytes", .class = PROBLEM_NOTE, .times = 3};
	x->sources[0] = (struct source){.path = S("/logs/a/debug.txt"), .kind = SOURCE_CLAUDE_DEBUG, .bytes = 9000, .lines = 60, .records = 55,
		.client_version = S("2.1.143"), .session_id = S("sess-1"), .first = T0, .last = T0 + 1392 * SECOND, .has_times = true, .complete = true};
	x->sources[1] = (struct source){.index = 1, .path = S("/logs/a/server\x1b[31m.log"), .kind = SOURCE_SERVER, .bytes = 100, .lines = 12, .records = 3,
		.pending_bytes = 5, .first = INSTANT_NONE, .last = INSTANT_NONE, .problems = x->problems, .problem_count = 2};
}

static inline void report_example_evidence(struct report_example *x)
{
	const struct source *debug = &x->sources[0];
	x->also = (struct line_ref){.source = &x->sources[1], .line = 3, .offset = 77};
	x->evidence[0] = (struct evidence){.at = {debug, 1, 0}, .time = T0, .after = INSTANT_NONE, .before = INSTANT_NONE, .role = ROLE_START,
		.text = S("2026-05-17T20:23:00.776Z [INFO] dispatch start of the call"), .until = INSTANT_NONE};
	x->evidence[1] = (struct evidence){.at = {debug, 4, 400}, .time = T0 + 324 * MILLISECOND, .after = INSTANT_NONE, .before = INSTANT_NONE, .role = ROLE_TRIGGER,
		.text = S("the stream dropped \x1b]0;owned\x07 after 61937s"), .also_in = &x->also, .also_count = 1, .until = INSTANT_NONE};
	x->evidence[2] = (struct evidence){.at = {debug, 6, 600}, .time = T0 + 30 * SECOND, .after = INSTANT_NONE, .before = INSTANT_NONE, .role = ROLE_BEAT,
		.text = S("still running"), .times = 46, .until = T0 + 1380 * SECOND};
	x->evidence[3] = (struct evidence){.at = {&x->sources[1], 12, 88}, .time = INSTANT_NONE, .after = T0, .before = INSTANT_NONE, .role = ROLE_CONTEXT,
		.text = S("\xe2\x80\xaegnp.exe \xff end"), .until = INSTANT_NONE};
}

static inline void report_example_incident(struct report_example *x)
{
	x->call = (struct call){.tool = S("list_schemas"), .server = S("pg-mcp"), .tool_use_id = S("toolu_01"), .started_at = T0, .ended_at = T0 + 1391 * SECOND,
		.last_beat_at = T0 + 1380 * SECOND, .duration = -1, .beats = 46, .outcome = OUTCOME_CANCELLED, .ending = ENDING_USER_CANCEL,
		.link = LINK_TOOL_USE_ID, .link_sure = true, .err = S("-32001: cancelled")};
	x->calls[0] = &x->call;
	x->ruled_out = (struct ruled_out){.cause = S("user-cancelled"), .why = S("the drop came 1391 s before the Esc"), .at = {&x->sources[0], 4, 400}};
	x->suspected = (struct suspicion){.cause = S("pre-init-request"), .why = S("a request before initialization"), .missing = S("the log has no times"), .at = {&x->sources[1], 12, 88}};
	x->consequence = (struct consequence){.what = S("3 tools were removed"), .at = {&x->sources[0], 55, 5500}};
	x->advice[0] = (struct advice_line){.text = S("reconnect pg-mcp: /mcp"), .now = true};
	x->advice[1] = (struct advice_line){.text = S("use streamable HTTP"), .applies_to = S("client <2.1.187"), .see = S("https://example.com/x")};
	x->incident = (struct incident){.id = S("v1:0123456789abcdef0123456789abcdef"), .cause = S("sse-drop-silent-hang"),
		.title = S("list_schemas on pg-mcp hung for 23 min 11 s"), .summary = S("The stream dropped; the answer can no longer arrive."),
		.trigger = S("server-closed-stream"), .ending = ENDING_USER_CANCEL, .state = STATE_ENDED, .severity = SEVERITY_CRITICAL,
		.confidence = CONFIDENCE_LIKELY, .server = S("pg-mcp"), .transport = S("sse"), .session = S("sess-1"), .client_version = S("2.1.143"),
		.started_at = T0, .ended_at = T0 + 1391 * SECOND, .duration = 1391 * SECOND, .calls = x->calls, .call_count = 1,
		.evidence = x->evidence, .evidence_count = 4, .ruled_out = &x->ruled_out, .ruled_out_count = 1, .suspected = &x->suspected,
		.suspected_count = 1, .consequences = &x->consequence, .consequence_count = 1, .advice = x->advice, .advice_count = 2};
	x->note_evidence = (struct evidence){.at = {&x->sources[0], 40, 4000}, .time = T0, .after = INSTANT_NONE, .before = INSTANT_NONE, .text = S("completed"), .until = INSTANT_NONE};
	x->note = (struct note){.kind = S("slow-healthy-tool"), .title = S("export on pg-mcp took 2 min and completed"), .server = S("pg-mcp"), .calls = x->calls,
		.call_count = 1, .started_at = T0, .ended_at = T0 + 120 * SECOND, .evidence = &x->note_evidence, .evidence_count = 1};
}

static inline void report_example_init(struct report_example *x)
{
	*x = (struct report_example){0};
	report_example_sources(x);
	report_example_evidence(x);
	report_example_incident(x);
	x->connection = (struct connection){.server = S("pg-mcp"), .session = S("sess-1"), .opened_at = T0 - SECOND, .closed_at = INSTANT_NONE, .uptime_s = -1, .how = S("open")};
	x->server = (struct server_facts){.name = S("pg-mcp"), .transport = S("sse"), .calls = 2, .failed = 1, .connections = &x->connection, .connection_count = 1};
	x->stale = (struct server_session){.server = S("pg-mcp"), .session = S("sess-1"), .what = S("stale"), .calls_lost = 1, .lost = 1391 * SECOND};
	x->clock = (struct clock_offset){.source = &x->sources[1], .offset = -2100 * MILLISECOND, .uncertainty = 3 * MILLISECOND, .pairs = 12};
	x->facts = (struct facts){.as_of = T0 + 1392 * SECOND, .sources = x->sources, .source_count = 2, .servers = &x->server, .server_count = 1,
		.incidents = &x->incident, .incident_count = 1, .notes = &x->note, .note_count = 1, .stale = &x->stale, .stale_count = 1,
		.clocks = &x->clock, .clock_count = 1, .records = 58, .calls = 2, .calls_failed = 1, .unrecognized = 4, .sessions = 1, .first = T0,
		.last = T0 + 1392 * SECOND};
}

static inline struct report_options report_example_options(void)
{
	return (struct report_options){.columns = 80, .since = INSTANT_NONE, .until = INSTANT_NONE};
}
#endif
