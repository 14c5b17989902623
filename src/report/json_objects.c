/*
 * The objects of mcplog.report/1 (docs/report.schema.json), shared by json and ndjson. Member order is part of the output:
 * two runs give equal bytes. What is not known is null, and a time that lies between two bounds is never invented. Text
 * goes through the JSON writer only, which leaves nothing but ASCII.
 */
#include "model/version.h"
#include "report/formats.h"
#include "report/hidden.h"

static void member_str(struct json_out *w, const char *key, str s)
{
	json_key(w, key);
	if (s.p)
		json_str(w, s);
	else
		json_null(w);
}

/* Empty means unknown. */
static void member_name(struct json_out *w, const char *key, str s)
{
	member_str(w, key, s.n ? s : STR_NONE);
}

static void member_num(struct json_out *w, const char *key, uint64_t n)
{
	json_key(w, key);
	json_num(w, n > INT64_MAX ? INT64_MAX : (int64_t)n);
}

static void member_ms(struct json_out *w, const char *key, int64_t micros)
{
	json_key(w, key);
	if (micros < 0)
		json_null(w);
	else
		json_num(w, micros / MILLISECOND);
}

/* A line or offset that may not be there. */
static void member_place(struct json_out *w, uint64_t line, uint64_t offset)
{
	json_key(w, "line");
	if (line)
		json_num(w, (int64_t)line);
	else
		json_null(w);
	json_key(w, "offset");
	if (line)
		json_num(w, (int64_t)offset);
	else
		json_null(w);
}

static void member_ref(struct json_out *w, const struct line_ref *at)
{
	member_str(w, "source", at->source ? at->source->path : STR_NONE);
	member_place(w, at->source ? at->line : 0, at->offset);
}

static void open_object(struct json_out *w, const char *type)
{
	json_open(w, '{');
	if (type)
		member_str(w, "type", str_z(type));
}

static void open_array(struct json_out *w, const char *key)
{
	json_key(w, key);
	json_open(w, '[');
}

void json_head_members(struct json_out *w, const struct facts *f)
{
	member_str(w, "schema", S("mcplog.report/1"));
	member_str(w, "version", S(MCPLOG_VERSION));
	json_member_time(w, "as_of", f->as_of);
}

/* How many wanted incidents have this cause; 0 when an earlier one has it too, so that each cause is counted once. */
static uint64_t count_cause(const struct facts *f, const struct report_options *o, size_t first)
{
	uint64_t n = 0;
	for (size_t i = 0; i < f->incident_count; i++) {
		if (!report_wants(o, &f->incidents[i]) || !str_eq(f->incidents[i].cause, f->incidents[first].cause))
			continue;
		if (i < first)
			return 0;
		n++;
	}
	return n;
}

/* The wanted incident with the smallest cause above `last`; incident_count when there is none. */
static size_t next_cause(const struct facts *f, const struct report_options *o, str last)
{
	size_t best = f->incident_count;
	for (size_t i = 0; i < f->incident_count; i++) {
		const str cause = f->incidents[i].cause;
		if (!report_wants(o, &f->incidents[i]) || (last.p && str_cmp(cause, last) <= 0))
			continue;
		if (best == f->incident_count || str_cmp(cause, f->incidents[best].cause) < 0)
			best = i;
	}
	return best;
}

static void by_cause(struct json_out *w, const struct facts *f, const struct report_options *o)
{
	json_key(w, "by_cause");
	json_open(w, '{');
	str last = STR_NONE;
	for (size_t i = next_cause(f, o, last); i < f->incident_count; i = next_cause(f, o, last)) {
		char key[80];
		last = f->incidents[i].cause;
		const str cut = str_head(last, sizeof key - 1);
		memcpy(key, cut.p, cut.n);
		key[cut.n] = 0;
		member_num(w, key, count_cause(f, o, i));
	}
	json_close(w, '}');
}

void json_summary(struct json_out *w, const struct facts *f, const struct report_options *o)
{
	uint64_t incidents = 0, notes = 0;
	for (size_t i = 0; i < f->incident_count; i++)
		incidents += report_wants(o, &f->incidents[i]);
	for (size_t i = 0; i < f->note_count; i++)
		notes += report_wants_note(o, &f->notes[i]);
	json_open(w, '{');
	member_num(w, "sources", f->source_count);
	member_num(w, "sessions", f->sessions);
	member_num(w, "records", f->records);
	member_num(w, "calls", f->calls);
	member_num(w, "calls_open", f->calls_open);
	member_num(w, "calls_failed", f->calls_failed);
	if (f->calls_counted)
		member_num(w, "calls_only_counted", f->calls_counted);
	member_num(w, "incidents", incidents);
	member_num(w, "notes", notes);
	member_num(w, "unrecognized_lines", f->unrecognized);
	json_key(w, "unmeasured");
	json_bool(w, f->unmeasured);
	by_cause(w, f, o);
	json_close(w, '}');
}

static void problem(struct json_out *w, const struct problem *p)
{
	static const char *const severities[] = {[PROBLEM_NOTE] = "note", [PROBLEM_WARN] = "warning", [PROBLEM_ERROR] = "error"};
	json_open(w, '{');
	member_str(w, "code", str_z(p->code));
	member_str(w, "severity", str_z(severities[p->class]));
	member_str(w, "text", str_z(p->text));
	member_place(w, p->line, p->offset);
	member_num(w, "times", p->times ? p->times : 1);
	json_close(w, '}');
}

void json_source(struct json_out *w, const struct source *s, const char *type)
{
	open_object(w, type);
	member_str(w, "path", s->path);
	member_str(w, "kind", str_z(source_kind_name(s->kind)));
	member_num(w, "bytes", s->bytes);
	member_num(w, "lines", s->lines);
	member_num(w, "records", s->records);
	member_num(w, "unrecognized", s->unrecognized);
	member_num(w, "pending_bytes", s->pending_bytes);
	member_name(w, "client_version", s->client_version);
	member_name(w, "session_id", s->session_id);
	json_member_time(w, "first_time", s->first);
	json_member_time(w, "last_time", s->last);
	open_array(w, "problems");
	for (size_t i = 0; i < s->problem_count; i++)
		problem(w, &s->problems[i]);
	json_close(w, ']');
	json_close(w, '}');
}

void json_server(struct json_out *w, const struct server_facts *s, const char *type)
{
	open_object(w, type);
	member_name(w, "name", s->name);
	member_name(w, "transport", s->transport);
	member_num(w, "calls", s->calls);
	member_num(w, "failed", s->failed);
	member_num(w, "open", s->open);
	open_array(w, "connections");
	for (size_t i = 0; i < s->connection_count; i++) {
		const struct connection *c = &s->connections[i];
		json_open(w, '{');
		member_name(w, "session_id", c->session);
		json_member_time(w, "opened_at", c->opened_at);
		json_member_time(w, "closed_at", c->closed_at);
		json_key(w, "uptime_s");
		if (c->uptime_s < 0)
			json_null(w);
		else
			json_num(w, c->uptime_s);
		member_name(w, "how", c->how);
		json_close(w, '}');
	}
	json_close(w, ']');
	json_close(w, '}');
}

static int64_t call_duration(const struct call *c)
{
	if (c->duration >= 0 || c->started_at == INSTANT_NONE || c->ended_at == INSTANT_NONE)
		return c->duration;
	return c->ended_at - c->started_at;
}

static void call(struct json_out *w, const struct call *c)
{
	json_open(w, '{');
	member_name(w, "tool_use_id", c->tool_use_id);
	if (!c->tool_use_id.n && c->number > 0) { /* logs without ids: named by order */
		struct buf name = {0};
		buf_printf(&name, "%.*s/%.*s#%u", STR_ARG(c->server), STR_ARG(c->tool), c->number);
		member_name(w, "name", buf_str(&name));
		buf_done(&name);
	}
	member_name(w, "tool", c->tool);
	json_member_time(w, "started_at", c->started_at);
	json_member_time(w, "ended_at", c->ended_at);
	member_ms(w, "duration_ms", call_duration(c));
	member_str(w, "outcome", str_z(outcome_name(c->outcome)));
	member_str(w, "ending", str_z(ending_name(c->ending)));
	member_name(w, "error", c->err);
	member_num(w, "heartbeats", c->beats);
	json_member_time(w, "last_heartbeat_at", c->last_beat_at);
	member_str(w, "link", str_z(link_name(c->link)));
	json_key(w, "link_sure");
	json_bool(w, c->link_sure);
	json_close(w, '}');
}

static void evidence(struct json_out *w, const struct evidence *list, size_t count)
{
	open_array(w, "evidence");
	for (size_t i = 0; i < count; i++) {
		const struct evidence *e = &list[i];
		json_open(w, '{');
		member_ref(w, &e->at);
		json_member_time(w, "time", e->time);
		if (e->time == INSTANT_NONE) {
			json_member_time(w, "after", e->after);
			json_member_time(w, "before", e->before);
		}
		member_str(w, "role", str_z(role_name(e->role)));
		member_str(w, "text", e->text.p ? e->text : S(""));
		if (e->times > 1)
			member_num(w, "times", e->times);
		if (e->until != INSTANT_NONE)
			json_member_time(w, "until", e->until);
		open_array(w, "also_in");
		for (size_t j = 0; j < e->also_count; j++) {
			json_open(w, '{');
			member_ref(w, &e->also_in[j]);
			json_close(w, '}');
		}
		json_close(w, ']');
		json_close(w, '}');
	}
	json_close(w, ']');
}

static void incident_head(struct json_out *w, const struct incident *i)
{
	member_str(w, "id", i->id);
	member_str(w, "cause", i->cause);
	member_str(w, "title", i->title);
	member_str(w, "summary", i->summary);
	member_str(w, "trigger", i->trigger);
	member_str(w, "ending", str_z(ending_name(i->ending)));
	member_str(w, "state", str_z(state_name(i->state)));
	member_str(w, "severity", str_z(severity_name(i->severity)));
	member_str(w, "confidence", str_z(confidence_name(i->confidence)));
	member_name(w, "server", i->server);
	member_name(w, "transport", i->transport);
	member_name(w, "session_id", i->session);
	member_name(w, "client_version", i->client_version);
	json_member_time(w, "started_at", i->started_at);
	json_member_time(w, "ended_at", i->ended_at);
	member_ms(w, "duration_ms", i->duration);
}

static void incident_alternatives(struct json_out *w, const struct incident *i)
{
	open_array(w, "ruled_out");
	for (size_t k = 0; k < i->ruled_out_count; k++) {
		json_open(w, '{');
		member_str(w, "cause", i->ruled_out[k].cause);
		member_str(w, "why", i->ruled_out[k].why);
		member_ref(w, &i->ruled_out[k].at);
		json_close(w, '}');
	}
	json_close(w, ']');
	open_array(w, "suspected");
	for (size_t k = 0; k < i->suspected_count; k++) {
		json_open(w, '{');
		member_str(w, "cause", i->suspected[k].cause);
		member_str(w, "why", i->suspected[k].why);
		member_name(w, "missing", i->suspected[k].missing);
		member_ref(w, &i->suspected[k].at);
		json_close(w, '}');
	}
	json_close(w, ']');
}

void json_incident(struct json_out *w, const struct incident *i, const char *type)
{
	open_object(w, type);
	incident_head(w, i);
	open_array(w, "calls");
	for (size_t k = 0; k < i->call_count; k++)
		call(w, i->calls[k]);
	json_close(w, ']');
	evidence(w, i->evidence, i->evidence_count);
	incident_alternatives(w, i);
	open_array(w, "consequences");
	for (size_t k = 0; k < i->consequence_count; k++) {
		json_open(w, '{');
		member_str(w, "what", i->consequences[k].what);
		member_ref(w, &i->consequences[k].at);
		json_close(w, '}');
	}
	json_close(w, ']');
	open_array(w, "advice");
	for (size_t k = 0; k < i->advice_count; k++) {
		json_open(w, '{');
		member_str(w, "text", i->advice[k].text);
		member_name(w, "applies_to", i->advice[k].applies_to);
		member_name(w, "see", i->advice[k].see);
		member_str(w, "when", i->advice[k].now ? S("now") : S("later"));
		json_close(w, '}');
	}
	json_close(w, ']');
	json_close(w, '}');
}

void json_note(struct json_out *w, const struct note *n, const char *type)
{
	open_object(w, type);
	member_str(w, "kind", n->kind);
	member_str(w, "title", n->title);
	member_name(w, "server", n->server);
	open_array(w, "tool_use_ids");
	for (size_t i = 0; i < n->call_count; i++)
		if (n->calls[i]->tool_use_id.n)
			json_str(w, n->calls[i]->tool_use_id);
	json_close(w, ']');
	json_member_time(w, "started_at", n->started_at);
	json_member_time(w, "ended_at", n->ended_at);
	evidence(w, n->evidence, n->evidence_count);
	json_close(w, '}');
}

void json_stale(struct json_out *w, const struct server_session *s, const char *type)
{
	open_object(w, type);
	member_name(w, "server", s->server);
	member_name(w, "session_id", s->session);
	member_name(w, "what", s->what);
	member_num(w, "calls_lost", s->calls_lost);
	member_ms(w, "lost_ms", s->lost);
	json_close(w, '}');
}

static void member_signed_ms(struct json_out *w, const char *key, int64_t micros)
{
	json_key(w, key);
	json_num(w, micros / MILLISECOND);
}

void json_hidden(struct json_out *w, const struct hidden *h)
{
	json_open(w, '{');
	for (size_t i = 0; i < h->kind_count; i++) {
		char key[96];
		const str kind = str_head(h->kinds[i].kind, sizeof key - 1);
		memcpy(key, kind.p, kind.n);
		key[kind.n] = 0;
		member_num(w, key, h->kinds[i].count);
	}
	json_close(w, '}');
}

void json_clock(struct json_out *w, const struct clock_offset *c, const char *type)
{
	open_object(w, type);
	member_str(w, "source", c->source ? c->source->path : STR_NONE);
	member_signed_ms(w, "offset_ms", c->offset);
	member_ms(w, "uncertainty_ms", c->uncertainty);
	member_num(w, "pairs", c->pairs);
	json_close(w, '}');
}
