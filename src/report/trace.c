/*
 * export chrome-trace: the Trace Event Format in JSON, as Perfetto and chrome://tracing open it. A process per session; in it
 * the lanes "client" and, per server, "transport" and "server" with marks as instants. Calls, connections and incidents are
 * nestable async events (`b`, `e`) with ids, because they overlap; the stages of a call are events inside it. What is still
 * open ends at the as-of time and says so in its name and arguments.
 *
 * Times are microseconds since 1970; those of a session without times only keep the order, and the process says so. One event
 * a line. Text goes through the JSON writer only, which leaves nothing but ASCII.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "model/version.h"
#include "report/calls.h"
#include "report/formats.h"

enum { NO_SESSION = 0, CLIENT_LANE = 1, LANES_OF_SERVER = 2 };

struct trace {
	const struct facts *f;
	const struct report_options *o;
	struct buf *out;
	bool begun;
	bool alone;                /* something has no session */
	uint32_t *session_of;      /* per incident: of its first call */
};

/* --- one event --- */

static struct json_out begin_event(struct trace *t, char phase, int64_t pid, int64_t tid)
{
	const char name[] = {phase, 0};
	t->alone |= pid == NO_SESSION;
	buf_addz(t->out, t->begun ? ",\n" : "\n");
	t->begun = true;
	struct json_out w = {.out = t->out};
	json_open(&w, '{');
	json_key(&w, "ph");
	json_str(&w, str_z(name));
	json_key(&w, "pid");
	json_num(&w, pid);
	json_key(&w, "tid");
	json_num(&w, tid);
	return w;
}

static void put_str(struct json_out *w, const char *key, str s)
{
	if (s.n == 0)
		return;
	json_key(w, key);
	json_str(w, s);
}

static void put_ref(struct json_out *w, const struct line_ref *at)
{
	if (!at->source)
		return;
	put_str(w, "source", at->source->path);
	if (at->line) {
		json_key(w, "line");
		json_num(w, (int64_t)at->line);
	}
}

/* A thing with a beginning and an end. */
struct span {
	const char *category;
	str id, name;
	int64_t pid, tid;
	instant from, to;
	bool open; /* no end was seen: `to` is the as-of time */
};

static struct json_out begin_async(struct trace *t, const struct span *s, char phase, instant at)
{
	struct json_out w = begin_event(t, phase, s->pid, s->tid);
	struct buf name = {0};
	buf_add(&name, s->name);
	if (s->open)
		buf_addz(&name, " (still open)");
	put_str(&w, "cat", str_z(s->category));
	json_key(&w, "id2"); /* local: a track in its process */
	json_open(&w, '{');
	put_str(&w, "local", s->id);
	json_close(&w, '}');
	json_key(&w, "name");
	json_str(&w, buf_str(&name));
	json_key(&w, "ts");
	json_num(&w, at);
	buf_done(&name);
	json_key(&w, "args");
	json_open(&w, '{');
	if (s->open && phase == 'e')
		put_str(&w, "closed_at", S("as-of time, no end was seen"));
	return w;
}

static void end_async(struct json_out *w)
{
	json_close(w, '}');
	json_close(w, '}');
}

static void put_end(struct trace *t, const struct span *s)
{
	struct json_out w = begin_async(t, s, 'e', s->to);
	end_async(&w);
}

/* A time of a session without times keeps the order only: it is laid where the trace begins, not at the beginning of 1970. So
 * does that of a line without one that stands before all others of its session. */
static instant placed(const struct trace *t, uint32_t session, instant at)
{
	const struct picture *p = &t->f->picture;
	if (session >= p->session_count)
		return at;
	const struct picture_session *s = &p->sessions[session];
	const instant first = t->f->first == INSTANT_NONE ? 0 : t->f->first;
	if (s->timed) /* no log is of 1970 */
		return at >= DAY ? at : s->begin >= DAY ? s->begin : first;
	return at < s->begin ? first : first + (at - s->begin);
}

/* --- lanes --- */

static int64_t lane(uint32_t server, enum side side)
{
	if (side == SIDE_CLIENT || server == PICTURE_NONE)
		return CLIENT_LANE;
	return CLIENT_LANE + 1 + (int64_t)server * LANES_OF_SERVER + (side == SIDE_SERVER);
}

static int64_t pid_of(const struct facts *f, str session)
{
	for (size_t i = 0; session.n && i < f->picture.session_count; i++)
		if (str_eq(f->picture.sessions[i].id, session))
			return (int64_t)i + 1;
	return NO_SESSION;
}

static void put_metadata(struct trace *t, const char *what, int64_t pid, int64_t tid, str name)
{
	struct json_out w = begin_event(t, 'M', pid, tid);
	put_str(&w, "name", str_z(what));
	json_key(&w, "args");
	json_open(&w, '{');
	json_key(&w, "name");
	json_str(&w, name);
	json_close(&w, '}');
	json_close(&w, '}');
}

static void put_server_lanes(struct trace *t, int64_t pid, uint32_t server)
{
	static const enum side sides[] = {SIDE_TRANSPORT, SIDE_SERVER};
	for (size_t i = 0; i < sizeof sides / sizeof *sides; i++) {
		struct buf name = {0};
		buf_printf(&name, "%.*s: %s", STR_ARG(t->f->servers[server].name), side_name(sides[i]));
		put_metadata(t, "thread_name", pid, lane(server, sides[i]), buf_str(&name));
		buf_done(&name);
	}
}

/* Servers with a call or a mark in the session. */
static void put_lanes(struct trace *t, const struct picture_session *s, int64_t pid)
{
	const struct picture *p = &t->f->picture;
	struct buf used = {0};
	buf_repeat(&used, 0, t->f->server_count + 1);
	for (size_t i = s->first_call; i < s->first_call + s->call_count; i++)
		if (p->calls[i].server < t->f->server_count)
			used.p[p->calls[i].server] = 1;
	for (size_t i = s->first_mark; i < s->first_mark + s->mark_count; i++)
		if (p->marks[i].server < t->f->server_count)
			used.p[p->marks[i].server] = 1;
	for (uint32_t i = 0; i < t->f->server_count; i++)
		if (used.p[i])
			put_server_lanes(t, pid, i);
	buf_done(&used);
}

static void put_session(struct trace *t, size_t index)
{
	const struct picture_session *s = &t->f->picture.sessions[index];
	const int64_t pid = (int64_t)index + 1;
	struct buf name = {0};
	if (s->id.n)
		buf_printf(&name, "session %.*s", STR_ARG(s->id));
	else
		buf_addz(&name, "session unknown");
	if (s->client_version.n)
		buf_printf(&name, ", client %.*s", STR_ARG(s->client_version));
	if (!s->timed)
		buf_addz(&name, " (no times in the log: order only)");
	put_metadata(t, "process_name", pid, 0, buf_str(&name));
	put_metadata(t, "thread_name", pid, CLIENT_LANE, S("client"));
	put_lanes(t, s, pid);
	buf_done(&name);
}

/* --- calls --- */

static void call_args(struct json_out *w, const struct facts *f, const struct picture_call *p)
{
	const struct call *c = &p->call;
	const struct incident *i = calls_incident(f, p);
	put_str(w, "server", c->server);
	put_str(w, "tool", c->tool);
	put_str(w, "tool_use_id", c->tool_use_id);
	put_str(w, "outcome", str_z(outcome_name(c->outcome)));
	put_str(w, "ending", str_z(ending_name(c->ending)));
	put_str(w, "error", c->err);
	if (c->beats) {
		json_key(w, "heartbeats");
		json_num(w, c->beats);
	}
	if (p->open) {
		json_key(w, "open");
		json_bool(w, true);
	}
	if (i) {
		put_str(w, "incident", i->id);
		put_str(w, "cause", i->cause);
	}
	put_ref(w, &p->start);
}

static void put_stage(struct trace *t, const struct span *call, const struct picture_call *p, enum stage stage)
{
	struct span s = *call;
	if (!calls_stage(p, stage, &s.from, &s.to))
		return;
	s.from = placed(t, p->session, s.from);
	s.to = placed(t, p->session, s.to);
	s.name = str_z(stage_name(stage));
	s.open = p->open && stage == STAGE_SERVER;
	struct json_out w = begin_async(t, &s, 'b', s.from);
	end_async(&w);
	put_end(t, &s);
}

static void put_call(struct trace *t, const struct picture_call *p)
{
	char id[33];
	struct buf name = {0};
	calls_hash(&p->call, "trace", id);
	buf_printf(&name, "%.*s/%.*s", STR_ARG(p->call.server), STR_ARG(p->call.tool));
	const struct span s = {.category = "call", .id = str_head(str_z(id), 16), .name = buf_str(&name), .pid = (int64_t)p->session + 1,
		.tid = lane(p->server, SIDE_TRANSPORT), .from = placed(t, p->session, p->from), .to = placed(t, p->session, p->to > p->from ? p->to : p->from), .open = p->open};
	struct json_out w = begin_async(t, &s, 'b', s.from);
	call_args(&w, t->f, p);
	end_async(&w);
	for (int stage = 0; stage < STAGE_COUNT; stage++)
		put_stage(t, &s, p, (enum stage)stage);
	put_end(t, &s);
	buf_done(&name);
}

/* --- connections, incidents, marks --- */

/* When the client that held a connection left. NONE: it was not seen to. */
static instant exit_of(const struct facts *f, const struct connection *c)
{
	for (size_t i = 0; i < f->picture.session_count; i++) {
		const struct picture_session *s = &f->picture.sessions[i];
		if (s->timed && str_eq(s->id, c->session) && s->begin <= c->opened_at && c->opened_at <= s->end)
			return s->exit_at;
	}
	return INSTANT_NONE;
}

/* Of a connection whose own end no line tells: its client left, or the next one took its place. NONE: nothing ended it. */
static instant end_of(const struct facts *f, const struct server_facts *s, size_t number)
{
	const struct connection *c = &s->connections[number];
	if (str_eq(c->how, S("process-exit")))
		return exit_of(f, c);
	if (number + 1 < s->connection_count && str_eq(s->connections[number + 1].session, c->session))
		return s->connections[number + 1].opened_at;
	return INSTANT_NONE;
}

static void put_connection(struct trace *t, uint32_t server, size_t number)
{
	struct buf id = {0}, name = {0};
	const struct connection *c = &t->f->servers[server].connections[number];
	instant from = c->opened_at, to = c->closed_at;
	if (from == INSTANT_NONE && to != INSTANT_NONE && c->uptime_s >= 0)
		from = to - c->uptime_s * SECOND;
	if (to == INSTANT_NONE)
		to = end_of(t->f, &t->f->servers[server], number);
	const bool open = to == INSTANT_NONE;
	if (open)
		to = t->f->as_of;
	if (from == INSTANT_NONE || to == INSTANT_NONE)
		return;
	buf_printf(&id, "connection %u.%zu", server, number);
	buf_printf(&name, "%.*s connected", STR_ARG(c->server));
	const struct span s = {.category = "connection", .id = buf_str(&id), .name = buf_str(&name), .pid = pid_of(t->f, c->session),
		.tid = lane(server, SIDE_TRANSPORT), .from = from, .to = to > from ? to : from, .open = open};
	struct json_out w = begin_async(t, &s, 'b', s.from);
	put_str(&w, "server", c->server);
	put_str(&w, "how", c->how);
	end_async(&w);
	put_end(t, &s);
	buf_done(&id);
	buf_done(&name);
}

static bool wants_server(const struct report_options *o, const struct server_facts *s)
{
	const struct picture_call any = {.call = {.server = s->name, .tool = o->tool, .session = o->session}, .from = INSTANT_NONE, .incident = PICTURE_NONE};
	const struct report_options server_only = {.server = o->server, .since = INSTANT_NONE, .until = INSTANT_NONE};
	const struct facts none = {0};
	return report_wants_call(&server_only, &none, &any);
}

static void put_incident(struct trace *t, const struct incident *i)
{
	const uint32_t session = t->session_of[i - t->f->incidents];
	const instant end = i->ended_at == INSTANT_NONE ? t->f->as_of : i->ended_at;
	if (i->started_at == INSTANT_NONE || end == INSTANT_NONE)
		return;
	const struct span s = {.category = "incident", .id = i->id, .name = i->title, .pid = session ? session : pid_of(t->f, i->session), .tid = CLIENT_LANE,
		.from = i->started_at, .to = end > i->started_at ? end : i->started_at, .open = i->ended_at == INSTANT_NONE};
	struct json_out w = begin_async(t, &s, 'b', s.from);
	put_str(&w, "cause", i->cause);
	put_str(&w, "severity", str_z(severity_name(i->severity)));
	put_str(&w, "state", str_z(state_name(i->state)));
	put_str(&w, "confidence", str_z(confidence_name(i->confidence)));
	put_str(&w, "summary", i->summary);
	end_async(&w);
	put_end(t, &s);
}

static bool wants_mark(const struct trace *t, const struct picture_mark *m)
{
	const struct facts *f = t->f;
	if (m->at == INSTANT_NONE)
		return false;
	const struct picture_call as_call = {
		.call = {.server = m->server < f->server_count ? f->servers[m->server].name : STR_NONE, .tool = t->o->tool,
			.session = m->session < f->picture.session_count ? f->picture.sessions[m->session].id : STR_NONE},
		.session = m->session, .from = m->at, .incident = PICTURE_NONE};
	struct report_options o = *t->o;
	o.cause = STR_NONE;
	o.min_severity = SEVERITY_INFO;
	return report_wants_call(&o, f, &as_call);
}

static void put_mark(struct trace *t, const struct picture_mark *m)
{
	struct json_out w = begin_event(t, 'i', m->session < t->f->picture.session_count ? (int64_t)m->session + 1 : NO_SESSION, lane(m->server, m->side));
	put_str(&w, "cat", S("mark"));
	put_str(&w, "s", S("t"));
	put_str(&w, "name", str_z(mark_name(m->kind)));
	json_key(&w, "ts");
	json_num(&w, placed(t, m->session, m->at));
	json_key(&w, "args");
	json_open(&w, '{');
	put_str(&w, "event", m->name);
	put_str(&w, "what", m->what);
	put_str(&w, "text", m->text);
	if (m->time == INSTANT_NONE) {
		json_key(&w, "time_known");
		json_bool(&w, false);
	}
	put_ref(&w, &m->where);
	json_close(&w, '}');
	json_close(&w, '}');
}

static void put_head(struct trace *t)
{
	char as_of[32] = "";
	struct json_out w = {.out = t->out};
	if (t->f->as_of != INSTANT_NONE)
		instant_format(t->f->as_of, as_of);
	buf_addz(t->out, "{\"displayTimeUnit\":\"ms\",\n\"otherData\":");
	json_open(&w, '{');
	put_str(&w, "program", S("mcplog " MCPLOG_VERSION));
	put_str(&w, "as_of", str_z(as_of));
	json_close(&w, '}');
	buf_addz(t->out, ",\n\"traceEvents\":[");
}

void report_chrome_trace(const struct facts *f, const struct rules *rules, const struct report_options *o, struct buf *out)
{
	(void)rules;
	struct trace t = {.f = f, .o = o, .out = out, .session_of = mem_new((f->incident_count + 1) * sizeof *t.session_of)};
	for (size_t i = f->picture.call_count; i-- > 0;)
		if (f->picture.calls[i].incident < f->incident_count)
			t.session_of[f->picture.calls[i].incident] = f->picture.calls[i].session + 1;
	put_head(&t);
	for (size_t i = 0; i < f->picture.session_count; i++)
		put_session(&t, i);
	for (size_t i = 0; i < f->incident_count; i++)
		if (report_wants(o, &f->incidents[i]))
			put_incident(&t, &f->incidents[i]);
	for (uint32_t i = 0; i < f->server_count; i++)
		for (size_t k = 0; wants_server(o, &f->servers[i]) && k < f->servers[i].connection_count; k++)
			put_connection(&t, i, k);
	for (size_t i = 0; i < f->picture.call_count; i++)
		if (f->picture.calls[i].from != INSTANT_NONE && report_wants_call(o, f, &f->picture.calls[i]))
			put_call(&t, &f->picture.calls[i]);
	for (size_t i = 0; i < f->picture.mark_count; i++)
		if (wants_mark(&t, &f->picture.marks[i]))
			put_mark(&t, &f->picture.marks[i]);
	if (t.alone)
		put_metadata(&t, "process_name", NO_SESSION, 0, S("no session"));
	buf_addz(out, "\n]}\n");
	free(t.session_of);
}
