/*
 * --format csv: a row per incident and note. export csv: a row per call. base/csv.c quotes, and keeps cells from being run as
 * formulas; this file only says what stands in which column. Columns are added at the end, never moved.
 */
#include "base/csv.h"
#include "report/calls.h"
#include "report/formats.h"

static void cell_time(struct csv *w, instant at)
{
	char text[32];
	if (at == INSTANT_NONE) {
		csv_empty(w);
		return;
	}
	instant_format(at, text);
	csv_text(w, str_z(text));
}

static void cell_ms(struct csv *w, int64_t micros)
{
	if (micros < 0)
		csv_empty(w);
	else
		csv_int(w, micros / MILLISECOND);
}

static void cell_bool(struct csv *w, bool v) { csv_text(w, v ? S("true") : S("false")); }

static void cell_ref(struct csv *w, const struct line_ref *at)
{
	if (!at || !at->source || !at->line) {
		csv_text(w, at && at->source ? at->source->path : STR_NONE);
		csv_empty(w);
		return;
	}
	csv_text(w, at->source->path);
	csv_int(w, (int64_t)at->line);
}

static void head(struct csv *w, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		csv_text(w, str_z(names[i]));
	csv_end(w);
}

/* --- incidents and notes --- */

/* The tools, or ids, of calls, each once, separated by blanks. */
static void cell_of_calls(struct csv *w, const struct call *const *calls, size_t count, bool ids)
{
	struct buf text = {0};
	for (size_t i = 0; i < count; i++) {
		const str word = ids ? calls[i]->tool_use_id : calls[i]->tool;
		bool before = word.n == 0;
		for (size_t k = 0; k < i && !before; k++)
			before = str_eq(word, ids ? calls[k]->tool_use_id : calls[k]->tool);
		if (before)
			continue;
		if (text.n)
			buf_byte(&text, ' ');
		buf_add(&text, word);
	}
	csv_text(w, buf_str(&text));
	buf_done(&text);
}

static void cell_advice(struct csv *w, const struct incident *i)
{
	struct buf text = {0};
	for (size_t k = 0; k < i->advice_count; k++) {
		if (text.n)
			buf_byte(&text, '\n');
		buf_add(&text, i->advice[k].text);
	}
	csv_text(w, buf_str(&text));
	buf_done(&text);
}

static void incident_row(struct csv *w, const struct incident *i)
{
	csv_text(w, S("incident"));
	csv_text(w, i->id);
	csv_text(w, i->cause);
	csv_text(w, i->title);
	csv_text(w, str_z(severity_name(i->severity)));
	csv_text(w, str_z(state_name(i->state)));
	csv_text(w, str_z(confidence_name(i->confidence)));
	csv_text(w, i->trigger);
	csv_text(w, str_z(ending_name(i->ending)));
	csv_text(w, i->server);
	csv_text(w, i->transport);
	csv_text(w, i->session);
	csv_text(w, i->client_version);
	cell_time(w, i->started_at);
	cell_time(w, i->ended_at);
	cell_ms(w, i->duration);
	csv_int(w, (int64_t)i->call_count);
	cell_of_calls(w, i->calls, i->call_count, false);
	cell_of_calls(w, i->calls, i->call_count, true);
	csv_text(w, i->summary);
	cell_advice(w, i);
	cell_ref(w, i->evidence_count ? &i->evidence[0].at : NULL);
	csv_end(w);
}

static void note_row(struct csv *w, const struct note *n)
{
	csv_text(w, S("note"));
	csv_empty(w);
	csv_text(w, n->kind);
	csv_text(w, n->title);
	for (int i = 0; i < 5; i++)
		csv_empty(w);
	csv_text(w, n->server);
	csv_empty(w);
	csv_text(w, n->call_count ? n->calls[0]->session : STR_NONE);
	csv_empty(w);
	cell_time(w, n->started_at);
	cell_time(w, n->ended_at);
	cell_ms(w, n->started_at != INSTANT_NONE && n->ended_at != INSTANT_NONE ? n->ended_at - n->started_at : -1);
	csv_int(w, (int64_t)n->call_count);
	cell_of_calls(w, n->calls, n->call_count, false);
	cell_of_calls(w, n->calls, n->call_count, true);
	csv_empty(w);
	csv_empty(w);
	cell_ref(w, n->evidence_count ? &n->evidence[0].at : NULL);
	csv_end(w);
}

void report_csv(const struct facts *f, const struct rules *rules, const struct report_options *o, struct buf *out)
{
	static const char *const names[] = {"type", "id", "cause", "title", "severity", "state", "confidence", "trigger", "ending", "server", "transport",
		"session_id", "client_version", "started_at", "ended_at", "duration_ms", "calls", "tools", "tool_use_ids", "summary", "advice", "source", "line"};
	(void)rules;
	struct csv w = {.out = out};
	head(&w, names, sizeof names / sizeof *names);
	for (size_t i = 0; i < f->incident_count; i++)
		if (report_wants(o, &f->incidents[i]))
			incident_row(&w, &f->incidents[i]);
	for (size_t i = 0; i < f->note_count; i++)
		if (report_wants_note(o, &f->notes[i]))
			note_row(&w, &f->notes[i]);
}

/* --- calls --- */

static void call_row(struct csv *w, const struct facts *f, const struct picture_call *p)
{
	const struct call *c = &p->call;
	const struct incident *i = calls_incident(f, p);
	const bool dated = !calls_untimed(f, p);
	struct buf name = {0};
	calls_name(c, &name);
	csv_text(w, c->session);
	csv_text(w, p->session < f->picture.session_count ? f->picture.sessions[p->session].client_version : STR_NONE);
	csv_text(w, c->server);
	csv_text(w, p->transport);
	csv_text(w, c->tool);
	csv_text(w, c->tool_use_id);
	csv_text(w, buf_str(&name));
	cell_time(w, dated ? c->started_at : INSTANT_NONE);
	cell_time(w, dated ? c->ended_at : INSTANT_NONE);
	cell_ms(w, p->open || (dated && c->duration < 0 && c->ended_at != INSTANT_NONE) ? p->to - p->from : c->duration);
	cell_bool(w, p->open);
	csv_text(w, str_z(outcome_name(c->outcome)));
	csv_text(w, str_z(ending_name(c->ending)));
	csv_text(w, c->err);
	csv_int(w, c->beats);
	cell_time(w, dated ? c->last_beat_at : INSTANT_NONE);
	for (int s = 0; s < STAGE_COUNT; s++)
		cell_ms(w, p->stages[s]);
	csv_text(w, str_z(link_name(c->link)));
	cell_bool(w, c->link_sure);
	csv_text(w, i ? i->id : STR_NONE);
	csv_text(w, i ? i->cause : STR_NONE);
	csv_text(w, i ? str_z(severity_name(i->severity)) : STR_NONE);
	csv_text(w, i ? str_z(state_name(i->state)) : STR_NONE);
	csv_text(w, i ? str_z(confidence_name(i->confidence)) : STR_NONE);
	cell_ref(w, &p->start);
	csv_end(w);
	buf_done(&name);
}

void report_csv_calls(const struct facts *f, const struct rules *rules, const struct report_options *o, struct buf *out)
{
	static const char *const names[] = {"session_id", "client_version", "server", "transport", "tool", "tool_use_id", "call", "started_at", "ended_at",
		"duration_ms", "open", "outcome", "ending", "error", "heartbeats", "last_heartbeat_at", "permission_ms", "dispatch_ms", "wire_ms", "server_ms",
		"turn_ms", "link", "link_sure", "incident_id", "cause", "severity", "state", "confidence", "source", "line"};
	(void)rules;
	struct csv w = {.out = out};
	head(&w, names, sizeof names / sizeof *names);
	for (size_t i = 0; i < f->picture.call_count; i++)
		if (report_wants_call(o, f, &f->picture.calls[i]))
			call_row(&w, f, &f->picture.calls[i]);
}
