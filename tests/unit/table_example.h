/* Facts with a picture, built by hand: two sessions, calls that ended, hang, fail and overlap, with texts as one likes. */
#ifndef MCPLOG_TESTS_TABLE_EXAMPLE_H
#define MCPLOG_TESTS_TABLE_EXAMPLE_H
#include "report_example.h"

enum { EXAMPLE_CALLS = 4, EXAMPLE_MARKS = 2 };
struct table_example {
	struct report_example base;
	struct picture_session sessions[2];
	struct picture_call calls[EXAMPLE_CALLS];
	struct picture_mark marks[EXAMPLE_MARKS];
};

static inline struct picture_call example_call(str server, str tool, instant from, instant to)
{
	struct picture_call p = {.call = {.server = server, .tool = tool, .session = S("sess-1"), .dispatched_at = from, .sent_at = from + 2 * MILLISECOND,
					 .started_at = from, .ended_at = to, .first_beat_at = INSTANT_NONE, .last_beat_at = INSTANT_NONE, .permission = -1,
					 .duration = to - from, .number = 1, .outcome = OUTCOME_OK, .ending = ENDING_COMPLETED, .link = LINK_TOOL_USE_ID, .link_sure = true},
		.incident = PICTURE_NONE, .from = from, .to = to, .handled_at = INSTANT_NONE, .transport = S("sse")};
	for (int i = 0; i < STAGE_COUNT; i++)
		p.stages[i] = -1;
	p.stages[STAGE_DISPATCH] = 2 * MILLISECOND;
	p.stages[STAGE_SERVER] = to - from - 2 * MILLISECOND;
	return p;
}

/* `text` stands wherever text of a log can stand. */
static inline void table_example_init(struct table_example *x, str text)
{
	struct report_example *b = &x->base;
	*x = (struct table_example){0};
	report_example_init(b);
	x->sessions[0] = (struct picture_session){.id = S("sess-1"), .client_version = text, .begin = T0, .end = T0 + 1392 * SECOND, .exit_at = INSTANT_NONE,
		.timed = true, .call_count = 3, .mark_count = EXAMPLE_MARKS};
	x->sessions[1] = (struct picture_session){.begin = 1, .end = 9, .exit_at = INSTANT_NONE, .first_call = 3, .call_count = 1, .first_mark = EXAMPLE_MARKS};
	x->calls[0] = example_call(text, text, T0, T0 + 1391 * SECOND);
	x->calls[0].call.tool_use_id = text;
	x->calls[0].call.err = text;
	x->calls[0].call.outcome = OUTCOME_CANCELLED;
	x->calls[0].incident = 0;
	x->calls[0].start = (struct line_ref){&b->sources[0], 1, 0};
	x->calls[1] = example_call(text, S("query"), T0 + SECOND, T0 + 3 * SECOND);
	x->calls[2] = example_call(text, S("query"), T0 + 1300 * SECOND, T0 + 1392 * SECOND);
	x->calls[2].open = true;
	x->calls[2].call.outcome = OUTCOME_UNENDED;
	x->calls[2].call.ending = ENDING_STILL_OPEN;
	x->calls[2].call.ended_at = INSTANT_NONE;
	x->calls[2].call.duration = -1;
	x->calls[3] = example_call(text, S("no_times"), 2, 5);
	x->calls[3].call.session = STR_NONE;
	x->calls[3].session = 1;
	x->marks[0] = (struct picture_mark){.kind = MARK_DROP, .side = SIDE_TRANSPORT, .call = PICTURE_NONE, .at = T0 + 300 * MILLISECOND,
		.time = T0 + 300 * MILLISECOND, .after = INSTANT_NONE, .before = INSTANT_NONE, .where = {&b->sources[0], 4, 400}, .name = S("transport.dropped"),
		.what = S("the client saw an error on its connection"), .text = text, .uptime_s = 61937};
	x->marks[1] = (struct picture_mark){.kind = MARK_CANCEL, .side = SIDE_CLIENT, .server = PICTURE_NONE, .call = 0, .at = T0 + 1391 * SECOND,
		.time = T0 + 1391 * SECOND, .after = INSTANT_NONE, .before = INSTANT_NONE, .name = S("cancel.user"), .what = text, .uptime_s = -1};
	b->sources[0].path = text.n ? text : S("/logs/a/debug.txt");
	b->problems[0].code = "truncated-gzip";
	b->incident.title = b->incident.summary = b->incident.cause = text.n ? text : S("sse-drop-silent-hang");
	b->incident.server = b->server.name = b->connection.server = text;
	b->evidence[0].text = b->advice[0].text = b->note.title = b->call.tool = b->call.server = text;
	b->facts.picture = (struct picture){.kept = true, .sessions = x->sessions, .session_count = 2, .calls = x->calls, .call_count = EXAMPLE_CALLS, .marks = x->marks,
		.mark_count = EXAMPLE_MARKS};
}
#endif
