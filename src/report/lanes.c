/*
 * Which lanes a picture has; those of calls are made here, those of connections and logs in lanes_beside.c. An incident's picture shows
 * its calls, what happened to its server meanwhile, and the other calls of that time; a session's shows all. Calls beyond the limit
 * are gathered when they were answered, and counted when not: what failed or hangs has a lane before what went well, and long calls
 * before short ones.
 * Invariant: bars and marks of a lane are added before the next lane is made. Draws nothing.
 */
#include "report/lanes_parts.h"

#include <stdio.h>

#include "model/names.h"

enum { PLAIN_LANES = 4, GATHERED_BARS = 400, GATHERED_LANES = 8 };
#define SAME_THING (100 * MILLISECOND)

const char *drawing_ending(enum ending e)
{
	static const char *const words[ENDING_COUNT] = {
		[ENDING_STILL_OPEN] = "still open", [ENDING_COMPLETED] = "answered", [ENDING_ERROR] = "answered with an error",
		[ENDING_USER_CANCEL] = "cancelled by the user", [ENDING_CLIENT_TIMEOUT] = "time-out of the client", [ENDING_CLIENT_ABORT] = "given up by the client",
		[ENDING_CONNECTION_CLOSED] = "connection closed", [ENDING_UNREACHABLE] = "server not reachable", [ENDING_PROCESS_EXIT] = "the client left",
		[ENDING_BACKGROUNDED] = "moved to the background"};
	return words[e < ENDING_COUNT ? e : ENDING_STILL_OPEN];
}

void drawing_beats(const struct call *c, char ret_text[64])
{
	ret_text[0] = 0;
	if (c->beats == 1)
		(void)snprintf(ret_text, 64, "1 × still running");
	else if (c->beats)
		(void)snprintf(ret_text, 64, "%u × still running, every %d s", c->beats, (int)(BEAT_INTERVAL / SECOND));
}

/* --- the session of an incident --- */

static bool is_evidence(const struct incident *i, const struct picture_mark *m)
{
	for (size_t k = 0; k < i->evidence_count; k++) {
		const struct line_ref *at = &i->evidence[k].at;
		if (at->source && at->source == m->where.source && at->offset == m->where.offset)
			return true;
		for (size_t t = 0; t < i->evidence[k].also_count; t++)
			if (i->evidence[k].also_in[t].source == m->where.source && i->evidence[k].also_in[t].offset == m->where.offset)
				return true;
	}
	return false;
}

static bool is_affected(const struct drawing *d, const struct picture_call *c)
{
	for (size_t k = 0; d->incident && k < d->incident->call_count; k++)
		if (d->incident->calls[k]->id == c->call.id)
			return true;
	return false;
}

const struct picture_session *drawing_session_of(const struct facts *f, const struct incident *i)
{
	const struct picture *p = &f->picture;
	if (!p->incident_sessions || i < f->incidents || i >= f->incidents + f->incident_count)
		return NULL;
	const uint32_t s = p->incident_sessions[i - f->incidents];
	return s < p->session_count ? &p->sessions[s] : NULL;
}

/* --- filters --- */

static bool wants_server(const struct drawing *d, uint32_t server)
{
	return !d->filter || !d->filter->server.n || (server < d->facts->server_count && name_same(d->facts->servers[server].name, d->filter->server));
}

static bool wants_time(const struct drawing *d, instant from, instant to)
{
	return !d->filter || ((d->filter->since == INSTANT_NONE || to >= d->filter->since) && (d->filter->until == INSTANT_NONE || from < d->filter->until));
}

static bool wants_call(const struct drawing *d, const struct picture_call *c)
{
	return c->from != INSTANT_NONE && wants_server(d, c->server) && (!d->filter || !d->filter->tool.n || str_eq(c->call.tool, d->filter->tool)) &&
		wants_time(d, c->from, c->to);
}

/* Marks that concern no server in particular stay: an Esc, the client's exit. */
static bool wants_mark(const struct drawing *d, const struct picture_mark *m)
{
	return (m->server == PICTURE_NONE || wants_server(d, m->server)) && wants_time(d, m->at, m->at);
}

/* --- which stretch of time --- */

static void reach(struct drawing *d, instant at)
{
	if (at == INSTANT_NONE)
		return;
	if (d->axis.from == INSTANT_NONE || at < d->axis.from)
		d->axis.from = at;
	if (d->axis.to == INSTANT_NONE || at > d->axis.to)
		d->axis.to = at;
}

/* In a session with times only what has one stretches the picture. */
static void reach_mark(struct drawing *d, const struct picture_mark *m)
{
	if (m->time != INSTANT_NONE || !d->timed)
		reach(d, m->at);
}

static void reach_incident(struct drawing *d)
{
	const struct incident *i = d->incident;
	for (size_t k = 0; k < d->session->call_count; k++)
		if (is_affected(d, &calls_of(d)[k])) {
			reach(d, calls_of(d)[k].from);
			reach(d, calls_of(d)[k].to);
		}
	for (size_t k = 0; k < d->session->mark_count; k++)
		if (is_evidence(i, &marks_of(d)[k]))
			reach_mark(d, &marks_of(d)[k]);
	if (d->axis.from == INSTANT_NONE && d->timed) {
		reach(d, i->started_at);
		reach(d, i->ended_at);
	}
}

static void reach_session(struct drawing *d)
{
	for (size_t k = 0; k < d->session->call_count; k++)
		if (wants_call(d, &calls_of(d)[k])) {
			reach(d, calls_of(d)[k].from);
			reach(d, calls_of(d)[k].to);
		}
	for (size_t k = 0; k < d->session->mark_count; k++)
		if (wants_mark(d, &marks_of(d)[k]))
			reach_mark(d, &marks_of(d)[k]);
}

/* A little room on both sides, so that marks at the ends can be seen. */
static bool bound(struct drawing *d)
{
	d->axis.from = d->axis.to = INSTANT_NONE;
	if (d->incident)
		reach_incident(d);
	else
		reach_session(d);
	if (d->axis.from == INSTANT_NONE)
		return false;
	const int64_t room = (d->axis.to - d->axis.from) / 40;
	d->axis.to += room > 100 * MILLISECOND ? room : 100 * MILLISECOND;
	return true;
}

/* A line without a clock is in the picture when it may have been written meanwhile. */
bool lanes_within(const struct drawing *d, const struct picture_mark *m)
{
	if (m->time == INSTANT_NONE && d->timed)
		return (m->after == INSTANT_NONE || m->after <= d->axis.to) && (m->before == INSTANT_NONE || m->before >= d->axis.from);
	return m->at >= d->axis.from && m->at <= d->axis.to;
}

instant drawing_place(const struct drawing *d, const struct picture_mark *m)
{
	return m->at < d->axis.from ? d->axis.from : m->at > d->axis.to ? d->axis.to : m->at;
}

/* --- lanes and their parts --- */

struct lane *lanes_add(struct drawing *d, enum lane_kind kind, enum side side, str label, uint32_t server)
{
	struct lane *l = vec_push(&d->lanes);
	*l = (struct lane){.kind = kind, .side = side, .label = label, .server = server, .first_bar = d->bars.n, .first_mark = d->marks.n};
	return l;
}

/* Clipped to the picture; nothing when it lies outside. Bars of a lane are added before the next lane is made. */
void lanes_add_bar(struct drawing *d, struct lane *l, instant from, instant to, enum bar_style style, bool before, bool beyond)
{
	if (to < d->axis.from || from > d->axis.to)
		return;
	*vec_push(&d->bars) = (struct bar){from < d->axis.from ? d->axis.from : from, to > d->axis.to ? d->axis.to : to, style,
		before || from < d->axis.from, beyond || to > d->axis.to};
	l->bar_count++;
}

void lanes_add_mark(struct drawing *d, struct lane *l, const struct picture_mark *m, size_t most)
{
	if (!lanes_within(d, m))
		return;
	if (l->mark_count >= most) {
		d->marks_left_out++;
		return;
	}
	*vec_push(&d->marks) = m;
	l->mark_count++;
}

str lanes_server_name(const struct drawing *d, uint32_t server)
{
	return server < d->facts->server_count ? d->facts->servers[server].name : STR_NONE;
}

/* --- calls --- */

static int importance(const struct drawing *d, const struct picture_call *c)
{
	return is_affected(d, c) ? 3 : !went_well(c) ? 2 : c->call.beats ? 1 : 0;
}

struct ranked {
	const struct picture_call *call;
	int importance;
};

static int rank_order(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	if (x->importance != y->importance)
		return x->importance > y->importance ? -1 : 1;
	const int64_t p = x->call->to - x->call->from, q = y->call->to - y->call->from;
	if (p != q)
		return p > q ? -1 : 1;
	return x->call < y->call ? -1 : x->call > y->call;
}

static int start_order(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	return x->call < y->call ? -1 : x->call > y->call;
}

static bool is_in_picture(const struct drawing *d, const struct picture_call *c)
{
	if (!wants_call(d, c) || c->to < d->axis.from || c->from > d->axis.to)
		return false;
	return !d->incident || is_affected(d, c) || c->server == PICTURE_NONE || !d->incident->server.n ||
		name_same(lanes_server_name(d, c->server), d->incident->server);
}

static void call_lane(struct drawing *d, const struct picture_call *c, const struct drawing_options *o)
{
	struct lane *l = lanes_add(d, LANE_CALL, SIDE_CLIENT, c->call.tool.n ? c->call.tool : S("(unnamed call)"), c->server);
	const instant asked = c->call.permission > 0 ? c->from + c->call.permission : c->from;
	const instant split = c->handled_at != INSTANT_NONE && c->handled_at > asked ? c->handled_at : c->to;
	const size_t number = (size_t)(c - picture_of(d)->calls);
	l->more = c->call.server;
	l->call = c;
	l->affected = is_affected(d, c);
	if (asked > c->from)
		lanes_add_bar(d, l, c->from, asked, BAR_PERMISSION, false, false);
	lanes_add_bar(d, l, asked, split < c->to ? split : c->to, BAR_RUN, (c->call.flags & CALL_START_UNKNOWN) != 0, c->open && split >= c->to);
	if (split < c->to)
		lanes_add_bar(d, l, split, c->to, BAR_HANDLED, false, c->open);
	for (size_t k = 0; k < d->session->mark_count; k++)
		if (marks_of(d)[k].call == number && marks_of(d)[k].side == SIDE_CLIENT)
			lanes_add_mark(d, l, &marks_of(d)[k], o->most_marks);
}

/* Bars that could not be told apart become one. */
static void add_gathered(struct drawing *d, struct lane *l, const struct picture_call *c)
{
	struct bar *last = l->bar_count ? &d->bars.v[d->bars.n - 1] : NULL;
	const instant to = c->to > d->axis.to ? d->axis.to : c->to;
	if (!last || c->from - last->to > (d->axis.to - d->axis.from) / GATHERED_BARS)
		lanes_add_bar(d, l, c->from, c->to, BAR_RUN, false, false);
	else if (to > last->to)
		last->to = to;
}

/* Answered calls without a lane of their own: one lane per server, and one for all further servers. */
static void gather(struct drawing *d, const struct ranked *rest, size_t count)
{
	size_t lanes = 0, well = 0;
	for (size_t i = 0; i < count; i++) {
		d->calls_left_out += !went_well(rest[i].call);
		well += went_well(rest[i].call);
	}
	for (uint32_t s = 0; well && s <= d->facts->server_count; s++) {
		const bool others = s == d->facts->server_count || lanes == GATHERED_LANES; /* those without a name, or all that are left */
		struct lane *l = NULL;
		for (size_t i = 0; i < count; i++) {
			const struct picture_call *c = rest[i].call;
			if (!went_well(c) || (others ? c->server < s : c->server != s))
				continue;
			if (!l)
				l = lanes_add(d, LANE_ANSWERED, SIDE_CLIENT, S("other calls"), others ? PICTURE_NONE : s);
			l->more = others && s < d->facts->server_count ? S("other servers") : lanes_server_name(d, s);
			l->calls++;
			well--;
			add_gathered(d, l, c);
		}
		lanes += l != NULL;
	}
}

static void call_lanes(struct drawing *d, const struct drawing_options *o)
{
	struct ranked *v = mem_new((d->session->call_count + 1) * sizeof *v);
	size_t n = 0;
	for (size_t k = 0; k < d->session->call_count; k++)
		if (is_in_picture(d, &calls_of(d)[k]))
			v[n++] = (struct ranked){&calls_of(d)[k], importance(d, &calls_of(d)[k])};
	if (n > 1)
		qsort(v, n, sizeof *v, rank_order);
	size_t shown = n < o->most_calls ? n : o->most_calls;
	while (n > o->most_calls && shown > PLAIN_LANES && v[shown - 1].importance == 0) /* one plain call of thousands tells nothing */
		shown--;
	if (shown > 1)
		qsort(v, shown, sizeof *v, start_order);
	if (n > shown)
		qsort(&v[shown], n - shown, sizeof *v, start_order);
	for (size_t i = 0; i < shown; i++)
		call_lane(d, v[i].call, o);
	gather(d, &v[shown], n - shown);
	free(v);
}

/* --- marks --- */

bool lanes_is_from_client(const struct picture_mark *m)
{
	if (!m->where.source)
		return true;
	const enum source_kind k = m->where.source->kind;
	return k != SOURCE_SERVER && k != SOURCE_PROXY && k != SOURCE_BRIDGE;
}

/* Clients write one thing in several lines: "reconnected" right behind "connected", a failure and its cause, an exit in steps. */
bool lanes_is_said_twice(const struct drawing *d, size_t k)
{
	const struct picture_mark *m = &marks_of(d)[k];
	if (!lanes_is_from_client(m))
		return false;
	for (size_t i = k; i-- > 0 && m->at - marks_of(d)[i].at <= SAME_THING;) {
		const struct picture_mark *before = &marks_of(d)[i];
		const bool same = before->kind == m->kind || (m->kind == MARK_RECONNECT && before->kind == MARK_CONNECT);
		if (same && before->side == m->side && before->server == m->server && before->call == m->call && lanes_is_from_client(before))
			return true;
		if (before->server == m->server && (before->kind == MARK_CONNECT || before->kind == MARK_RECONNECT)) /* a new connection: a new thing */
			return false;
	}
	return false;
}

bool lanes_concerns(const struct drawing *d, const struct picture_mark *m)
{
	return !d->incident ? wants_mark(d, m) : !d->incident->server.n || m->server == PICTURE_NONE || name_same(lanes_server_name(d, m->server), d->incident->server) ||
		is_evidence(d->incident, m);
}

/* Does the call of this mark have a lane that shows it? */
static bool has_own_lane(const struct drawing *d, const struct picture_mark *m)
{
	if (m->call == PICTURE_NONE || m->side != SIDE_CLIENT)
		return false;
	for (size_t i = 0; i < d->lanes.n; i++)
		if (d->lanes.v[i].call == &picture_of(d)->calls[m->call])
			return true;
	return false;
}

static void client_lane(struct drawing *d, const struct drawing_options *o)
{
	struct lane *l = NULL;
	for (size_t k = 0; k < d->session->mark_count; k++) {
		const struct picture_mark *m = &marks_of(d)[k];
		if (m->side != SIDE_CLIENT || !lanes_within(d, m) || !lanes_concerns(d, m) || has_own_lane(d, m) || lanes_is_said_twice(d, k))
			continue;
		if (!l)
			l = lanes_add(d, LANE_CLIENT, SIDE_CLIENT, S("client"), PICTURE_NONE);
		lanes_add_mark(d, l, m, o->most_marks);
	}
}

static void list_marks(struct drawing *d)
{
	for (size_t k = 0; k < d->session->mark_count; k++)
		if (lanes_within(d, &marks_of(d)[k]) && lanes_concerns(d, &marks_of(d)[k]) && !lanes_is_said_twice(d, k))
			*vec_push(&d->listed) = &marks_of(d)[k];
}

static void scale(struct drawing *d)
{
	struct axis_range *busy = mem_new((d->session->call_count + d->listed.n + 1) * sizeof *busy);
	size_t n = 0;
	for (size_t k = 0; k < d->session->call_count; k++)
		if (is_in_picture(d, &calls_of(d)[k]))
			busy[n++] = (struct axis_range){calls_of(d)[k].from, calls_of(d)[k].to};
	for (size_t k = 0; k < d->listed.n; k++)
		busy[n++] = (struct axis_range){drawing_place(d, d->listed.v[k]), drawing_place(d, d->listed.v[k])};
	axis_make(&d->axis, d->axis.from, d->axis.to, busy, n);
	free(busy);
}

void drawing_make(struct drawing *ret, const struct facts *f, const struct picture_session *s, const struct incident *i, const struct drawing_options *o)
{
	*ret = (struct drawing){.facts = f, .session = s, .incident = i, .filter = i ? NULL : o->filter};
	if (!s)
		return;
	ret->timed = s->timed;
	if (!bound(ret)) {
		ret->session = NULL;
		return;
	}
	list_marks(ret);
	call_lanes(ret, o);
	client_lane(ret, o);
	for (int well = 0; well < 2; well++) /* servers with failed or open calls first: lanes are limited */
		for (uint32_t server = 0; server < f->server_count; server++)
			if ((f->servers[server].failed + f->servers[server].open == 0) == well)
				lanes_of_connections(ret, server, o);
	lanes_of_connections(ret, PICTURE_NONE, o);
	lanes_of_logs(ret, SIDE_TRANSPORT, o);
	lanes_of_logs(ret, SIDE_SERVER, o);
	scale(ret);
}

void drawing_done(struct drawing *d)
{
	vec_free(&d->lanes);
	vec_free(&d->bars);
	vec_free(&d->marks);
	vec_free(&d->listed);
}
