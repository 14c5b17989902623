/* See assemble_picture.h. Part of the pipeline, behind pass 2: turns the calls and events of views into calls, marks and
 * sessions of a picture. A call's stages come from the times of its own lines, from the arrivals that a timed server log shows,
 * and from the next request to the model. Bounds are model/limits.h's; what does not fit is counted, never dropped silently.
 *
 * Refuses to judge: which marks matter to an incident is the classifier's business (its evidence), not this file's. */
#include "assemble_picture.h"
#include "assemble_health.h"
#include "base/hash.h"
#include "model/names.h"
#include <stdlib.h>

#define HANDLED_EARLY (2 * SECOND) /* clocks of one host differ by less */

/* --- copies --- */

static str keep(struct picture_build *b, str s) { return s.p ? arena_str(b->arena, s) : STR_NONE; }

/* Names of servers, tools and sessions are few and come often. */
static str keep_name(struct picture_build *b, str name)
{
	if (!name.p)
		return STR_NONE;
	const uint64_t key = hash64(name);
	uint32_t at;
	if (map_get(&b->name_index, key, &at) && str_eq(b->names.v[at], name))
		return b->names.v[at];
	map_put(&b->name_index, key, (uint32_t)b->names.n);
	return *vec_push(&b->names) = arena_str(b->arena, name);
}

static const struct source *source_at(const struct session_view *v, uint32_t index)
{
	for (size_t i = 0; i < v->source_count; i++)
		if (v->sources[i]->index == index)
			return v->sources[i];
	return NULL;
}

static struct line_ref ref(const struct session_view *v, uint32_t source, struct place p)
{
	return p.line ? (struct line_ref){source_at(v, source), p.line, p.offset} : (struct line_ref){NULL, 0, 0};
}

/* --- calls --- */

static instant first_of(const struct call *c)
{
	instant at = c->started_at;
	if (c->dispatched_at != INSTANT_NONE && (at == INSTANT_NONE || c->dispatched_at < at))
		at = c->dispatched_at;
	if (at == INSTANT_NONE)
		at = c->sent_at;
	return at != INSTANT_NONE && c->permission > 0 ? at - c->permission : at;
}

static instant last_of(const struct picture_build *b, const struct picture_call *p)
{
	const struct call *c = &p->call;
	instant end = c->ended_at;
	if (p->open && b->as_of != INSTANT_NONE)
		end = b->as_of;
	if (end == INSTANT_NONE && c->started_at != INSTANT_NONE && c->duration >= 0)
		end = c->started_at + c->duration;
	if (end == INSTANT_NONE)
		end = c->last_beat_at;
	return end != INSTANT_NONE && end > p->from ? end : p->from;
}

static void measure(struct picture_call *p)
{
	const struct call *c = &p->call;
	instant sent = c->sent_at != INSTANT_NONE ? c->sent_at : c->dispatched_at != INSTANT_NONE ? INSTANT_NONE : c->started_at;
	for (int i = 0; i < STAGE_COUNT; i++)
		p->stages[i] = -1;
	p->stages[STAGE_PERMISSION] = c->permission;
	if (c->dispatched_at != INSTANT_NONE && c->sent_at != INSTANT_NONE && c->sent_at >= c->dispatched_at)
		p->stages[STAGE_DISPATCH] = c->sent_at - c->dispatched_at;
	if (sent != INSTANT_NONE && p->to >= sent)
		p->stages[STAGE_SERVER] = p->to - sent;
}

/* Another session may reach a server of the same name in another way. */
static str transport_of(struct picture_build *b, const struct session_view *v, str server)
{
	for (size_t i = 0; server.n && i < v->server_count; i++)
		if (str_eq(v->servers[i].name, server))
			return keep_name(b, v->servers[i].transport);
	return STR_NONE;
}

static bool add_call(struct picture_build *b, const struct session_view *v, const struct call *c)
{
	if (b->calls.n >= LIMIT_PICTURE_CALLS) {
		b->calls_left_out++;
		return false;
	}
	struct picture_call *p = vec_push(&b->calls);
	*p = (struct picture_call){.call = *c, .session = (uint32_t)b->sessions.n, .server = PICTURE_NONE, .incident = PICTURE_NONE, .handled_at = INSTANT_NONE};
	p->call.server = keep_name(b, c->server);
	p->transport = transport_of(b, v, c->server);
	p->call.tool = keep_name(b, c->tool);
	p->call.session = keep_name(b, c->session);
	p->call.tool_use_id = keep(b, c->tool_use_id);
	p->call.err = keep(b, c->err);
	p->start = ref(v, c->source, c->start);
	p->end = ref(v, c->source, c->end);
	p->open = c->ending == ENDING_STILL_OPEN;
	p->from = first_of(c);
	p->to = last_of(b, p);
	measure(p);
	return true;
}

static int call_order(const void *a, const void *b)
{
	const struct picture_call *x = a, *y = b;
	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	if (x->call.source != y->call.source)
		return x->call.source < y->call.source ? -1 : 1;
	return x->call.start.offset < y->call.start.offset ? -1 : x->call.start.offset > y->call.start.offset;
}

static void add_calls(struct picture_build *b, const struct session_view *v, struct picture_session *s)
{
	s->first_call = b->calls.n;
	for (size_t i = 0; i < v->call_count; i++)
		s->call_count += add_call(b, v, &v->calls[i]);
	for (size_t i = 0; i < v->server_count; i++)
		b->calls_left_out += v->servers[i].span_count;
	if (s->call_count)
		qsort(&b->calls.v[s->first_call], s->call_count, sizeof *b->calls.v, call_order);
}

/* An arrival at the handler splits what lies between the request and the answer. */
static void set_handled(struct picture_call *p, instant at)
{
	const instant sent = call_began(&p->call);
	p->handled_at = at;
	p->stages[STAGE_WIRE] = at > sent ? at - sent : 0;
	p->stages[STAGE_SERVER] = p->to > at ? p->to - at : 0;
}

static bool may_be_handled(const struct picture_call *p, const struct seen *e)
{
	const instant sent = call_began(&p->call);
	return p->handled_at == INSTANT_NONE && sent != INSTANT_NONE && p->stages[STAGE_SERVER] >= 0 && e->vt >= sent - HANDLED_EARLY && e->vt <= p->to &&
		(!e->e.server.n || name_same(e->e.server, p->call.server));
}

/* The n-th arrival is the first call that was sent before it and has none yet. */
static void place_arrivals(struct picture_build *b, const struct session_view *v, const struct picture_session *s)
{
	size_t first = 0;
	for (size_t i = 0; i < v->event_count; i++) {
		const struct seen *e = &v->events[i];
		if (!(e->flags & SEEN_SERVER_SIDE) || (e->flags & SEEN_UNTIMED) || e->e.at == INSTANT_NONE || !event_is_arrival(&e->e))
			continue;
		while (first < s->call_count && b->calls.v[s->first_call + first].to < e->vt)
			first++;
		for (size_t k = first; k < s->call_count; k++) {
			struct picture_call *p = &b->calls.v[s->first_call + k];
			if (p->from != INSTANT_NONE && p->from > e->vt + HANDLED_EARLY)
				break;
			if (may_be_handled(p, e)) {
				set_handled(p, e->vt);
				break;
			}
		}
	}
}

static int end_order(const void *a, const void *b)
{
	const struct picture_call *x = *(const struct picture_call *const *)a, *y = *(const struct picture_call *const *)b;
	return x->to < y->to ? -1 : x->to > y->to;
}

/* From the end of a call to the next request to the model. */
static void place_turns(struct picture_build *b, const struct session_view *v, const struct picture_session *s)
{
	struct picture_call **by_end = mem_new((s->call_count + 1) * sizeof *by_end);
	size_t n = 0, at = 0;
	for (size_t i = 0; i < s->call_count; i++) {
		struct picture_call *p = &b->calls.v[s->first_call + i];
		if (!p->open && p->call.ended_at != INSTANT_NONE)
			by_end[n++] = p;
	}
	qsort(by_end, n, sizeof(void *), end_order);
	for (size_t i = 0; i < v->event_count; i++) {
		const struct seen *e = &v->events[i];
		if (e->e.kind != KIND_API_REQUEST || e->e.at == INSTANT_NONE)
			continue;
		for (; at < n && by_end[at]->to <= e->vt; at++)
			by_end[at]->stages[STAGE_TURN] = e->vt - by_end[at]->to;
	}
	free(by_end);
}

/* --- marks --- */

static const struct kind_mark *drawn(const struct picture_build *b, uint16_t kind)
{
	for (size_t i = 0; i < b->rules->marks.n; i++)
		if (b->rules->marks.v[i].kind == kind)
			return &b->rules->marks.v[i];
	return NULL;
}

static int64_t uptime_of(const struct event *e)
{
	int64_t seconds;
	if (str_i64(event_field(e, FIELD_UPTIME), &seconds) && seconds >= 0)
		return seconds;
	return e->duration >= 0 && (e->kind == KIND_TRANSPORT_DROPPED || e->kind == KIND_TRANSPORT_CLOSED) ? e->duration / SECOND : -1;
}

static str only_server(const struct session_view *v) { return v->server_count == 1 ? v->servers[0].name : STR_NONE; }

static void add_mark(struct picture_build *b, const struct session_view *v, const struct seen *e, const struct kind_mark *how)
{
	if (b->marks.n >= LIMIT_PICTURE_MARKS) {
		b->marks_left_out++;
		return;
	}
	bool untimed = e->e.at == INSTANT_NONE || (e->flags & SEEN_UNTIMED);
	const str server = e->e.server.n ? e->e.server : only_server(v);
	struct picture_mark *m = vec_push(&b->marks);
	*m = (struct picture_mark){.kind = (enum mark_kind)how->mark, .side = (enum side)how->side, .session = (uint32_t)b->sessions.n, .server = PICTURE_NONE,
		.call = PICTURE_NONE, .at = e->vt, .time = untimed ? INSTANT_NONE : e->vt, .after = INSTANT_NONE, .before = INSTANT_NONE,
		.exiting = e->flags & SEEN_EXIT, .where = {source_at(v, e->e.source), e->e.line, e->e.offset}, .name = intern_get(&b->rules->kinds, e->e.kind),
		.what = how->what, .text = b->text_of(b->context, e->e.id), .transport = transport_of(b, v, server), .uptime_s = uptime_of(&e->e)};
	if (e->flags & SEEN_UNTIMED) {
		m->after = e->after;
		m->before = e->before;
	}
	*vec_push(&b->mark_servers) = keep_name(b, server);
	*vec_push(&b->mark_calls) = e->call ? e->call->id : e->e.call;
}

static bool is_drawn(const struct seen *e, const struct kind_mark *how)
{
	return how && !(e->flags & SEEN_DETAIL) && (how->mark != MARK_HANDLED || event_is_arrival(&e->e));
}

/* A start that follows a sign of life of the same server's log is a restart. */
static void find_restarts(struct picture_build *b, const struct picture_session *s)
{
	for (size_t i = 0; i < s->mark_count; i++) {
		struct picture_mark *m = &b->marks.v[s->first_mark + i];
		for (size_t k = i; m->kind == MARK_START && k-- > 0;) {
			const struct picture_mark *before = &b->marks.v[s->first_mark + k];
			if (before->side == m->side && before->where.source == m->where.source && str_eq(before->name, m->name)) {
				m->kind = MARK_RESTART;
				break;
			}
		}
	}
}

static void add_marks(struct picture_build *b, const struct session_view *v, struct picture_session *s)
{
	s->first_mark = b->marks.n;
	for (size_t i = 0; i < v->event_count; i++) {
		const struct kind_mark *how = drawn(b, v->events[i].e.kind);
		if (is_drawn(&v->events[i], how))
			add_mark(b, v, &v->events[i], how);
	}
	s->mark_count = b->marks.n - s->first_mark;
	find_restarts(b, s);
}

void picture_add_view(struct picture_build *b, const struct session_view *v)
{
	struct picture_session s = {.id = keep(b, v->session), .client_version = keep(b, v->client_version), .cwd = keep(b, v->cwd),
		.begin = v->begin, .end = v->finish, .exit_at = v->exit_at, .timed = v->timed};
	add_calls(b, v, &s);
	add_marks(b, v, &s);
	if (!s.call_count && !s.mark_count)
		return;
	place_arrivals(b, v, &s);
	place_turns(b, v, &s);
	health_sample_uptimes(b, v);
	*vec_push(&b->sessions) = s;
}

/* --- the end --- */

static uint32_t server_index(const struct facts *f, str name)
{
	for (size_t i = 0; name.n && i < f->server_count; i++)
		if (name_same(f->servers[i].name, name))
			return (uint32_t)i;
	return PICTURE_NONE;
}

static void number_servers(struct picture_build *b, const struct facts *f)
{
	struct map known = {0}; /* names are kept once: their address tells them apart */
	for (size_t i = 0; i < b->names.n; i++)
		map_put(&known, (uint64_t)(uintptr_t)b->names.v[i].p, server_index(f, b->names.v[i]));
	for (size_t i = 0; i < b->calls.n; i++)
		(void)map_get(&known, (uint64_t)(uintptr_t)b->calls.v[i].call.server.p, &b->calls.v[i].server);
	for (size_t i = 0; i < b->marks.n; i++)
		(void)map_get(&known, (uint64_t)(uintptr_t)b->mark_servers.v[i].p, &b->marks.v[i].server);
	map_done(&known);
}

/* Where the evidence of an incident without calls stands among the marks. */
static uint32_t session_of_evidence(const struct picture_build *b, const struct incident *i)
{
	for (size_t k = 0; k < i->evidence_count; k++)
		for (size_t m = 0; m < b->marks.n; m++)
			if (i->evidence[k].at.source && b->marks.v[m].where.source == i->evidence[k].at.source && b->marks.v[m].where.offset == i->evidence[k].at.offset)
				return b->marks.v[m].session;
	return PICTURE_NONE;
}

static uint32_t session_of_id(const struct picture_build *b, str id)
{
	for (size_t s = 0; id.n && s < b->sessions.n; s++)
		if (str_eq(b->sessions.v[s].id, id))
			return (uint32_t)s;
	return PICTURE_NONE;
}

static void link_calls(struct picture_build *b, const struct facts *f, uint32_t *sessions)
{
	struct map by_id = {0};
	uint32_t at;
	for (size_t i = b->calls.n; i-- > 0;)
		map_put(&by_id, (uint64_t)b->calls.v[i].call.id, (uint32_t)i);
	for (size_t i = 0; i < b->marks.n; i++)
		if (b->mark_calls.v[i])
			(void)map_get(&by_id, (uint64_t)b->mark_calls.v[i], &b->marks.v[i].call);
	for (size_t i = 0; i < f->incident_count; i++) {
		sessions[i] = PICTURE_NONE;
		for (size_t k = 0; k < f->incidents[i].call_count; k++) {
			if (!map_get(&by_id, (uint64_t)f->incidents[i].calls[k]->id, &at))
				continue;
			if (sessions[i] == PICTURE_NONE)
				sessions[i] = b->calls.v[at].session;
			if (b->calls.v[at].incident == PICTURE_NONE)
				b->calls.v[at].incident = (uint32_t)i;
		}
		if (sessions[i] == PICTURE_NONE)
			sessions[i] = session_of_id(b, f->incidents[i].session);
		if (sessions[i] == PICTURE_NONE)
			sessions[i] = session_of_evidence(b, &f->incidents[i]);
	}
	map_done(&by_id);
}

static void *copy(struct picture_build *b, const void *v, size_t n, size_t size)
{
	void *c = arena_alloc(b->arena, (n + 1) * size);
	if (n)
		memcpy(c, v, n * size);
	return c;
}

void picture_finish(struct picture_build *b, struct facts *f)
{
	uint32_t *sessions = arena_alloc(b->arena, (f->incident_count + 1) * sizeof *sessions);
	number_servers(b, f);
	link_calls(b, f, sessions);
	f->picture = (struct picture){.kept = true, .session_count = b->sessions.n, .call_count = b->calls.n, .mark_count = b->marks.n,
		.calls_left_out = b->calls_left_out, .marks_left_out = b->marks_left_out};
	f->picture.sessions = copy(b, b->sessions.v, b->sessions.n, sizeof *b->sessions.v);
	f->picture.calls = copy(b, b->calls.v, b->calls.n, sizeof *b->calls.v);
	f->picture.marks = copy(b, b->marks.v, b->marks.n, sizeof *b->marks.v);
	f->picture.incident_sessions = sessions;
	f->picture.health = health_make(b, f);
}

void picture_done(struct picture_build *b)
{
	vec_free(&b->sessions);
	vec_free(&b->calls);
	vec_free(&b->marks);
	vec_free(&b->mark_servers);
	vec_free(&b->mark_calls);
	vec_free(&b->uptimes);
	vec_free(&b->names);
	map_done(&b->name_index);
}
