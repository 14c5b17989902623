/* Rows of a group's sources into one time line (join/). Gives every event its virtual time: its own, else one that keeps the
 * order of its source: a record without time follows its predecessor by a microsecond, and a heartbeat of an untimed log
 * moves the clock to the elapsed time that it speaks of. The virtual time is for order and windows only.
 *
 * A session with thousands of calls may have ten times as many marks (signatures with `keep: mark`: connections, requests to the
 * model, lines of stderr). There only those are loaded that stand within NEAR of another event of the same server, or are the last of
 * their kind before one, or the first behind one; of what is no server's (requests to the model) only the last and the first. Marks with
 * an error class, and those of a server's own log, stay wherever anything is near. */
#include "base/hash.h"
#include "base/map.h"
#include "join/internal.h"
#include "model/names.h"

enum {
	COMPACT_CALLS = 4000, /* above this, healthy calls of a session are kept as spans, and marks only where something happened */
	RECENT_MAX = 1000,    /* marks that wait for something to happen behind them */
	HELD_FEW = 1000,      /* marks whose texts may be held beyond those that wait */
	SHARED = 256,         /* sets of fields that are looked for among those of the events before: connections repeat theirs */
};
#define NEAR (5 * MINUTE)
#define ALL_PLACES UINT32_MAX

struct mark { /* a frequent event that matters only beside others */
	struct event e;
	instant vt;
	uint32_t of;       /* its server's place in `lasts` */
};
struct marks_of { /* one server and kind */
	uint64_t server;   /* 0: the session's own */
	struct mark last;  /* waits for an event behind it */
	bool waits;
	bool begun;        /* the first behind the last event was kept */
};
struct last_of { /* one server */
	instant notable;   /* time of its last event that is no mark */
	size_t recent;     /* of its marks wait for something to happen behind them */
};

struct loading {
	struct build *b;
	const struct source *s;
	instant clock;      /* virtual time of the last event of this source */
	VEC(struct mark) recent;
	size_t first_recent;
	VEC(struct marks_of) marks;
	struct map by_kind; /* server and kind → place in marks */
	instant notable;    /* time of the last event that is no mark, of whatever server */
	VEC(struct last_of) lasts;
	struct map by_server; /* → place in lasts */
	size_t recent_wide;
	struct arena held;    /* what waiting marks say, and many that wait no longer */
	size_t held_count, held_waiting;
	struct fields_of {
		struct field *v;
		unsigned n;
	} shared[SHARED];
};

static instant advance(struct loading *l, const struct event *e)
{
	if (e->at != INSTANT_NONE)
		return l->clock = e->at;
	if (l->clock == INSTANT_NONE)
		return l->clock = 0;
	if (e->kind == KIND_CALL_BEAT && e->duration > 0)
		l->clock += BEAT_INTERVAL;
	return ++l->clock;
}

static void own(struct arena *a, str *s)
{
	if (s->p)
		*s = arena_str(a, *s);
}

static bool same_fields(const struct fields_of *f, const struct event *e)
{
	if (f->n != e->field_count)
		return false;
	for (unsigned i = 0; i < f->n; i++)
		if (f->v[i].name != e->fields[i].name || !str_eq(f->v[i].value, e->fields[i].value))
			return false;
	return true;
}

/* Nobody changes the fields of an event that was loaded: equal ones are one. */
static struct field *own_fields(struct loading *l, const struct event *e)
{
	uint64_t hash = 0;
	for (unsigned i = 0; i < e->field_count; i++)
		hash = hash64_seed(e->fields[i].value, hash);
	struct fields_of *f = &l->shared[hash % SHARED];
	if (same_fields(f, e))
		return f->v;
	f->n = e->field_count;
	f->v = arena_alloc(l->b->a, f->n * sizeof *f->v);
	for (unsigned i = 0; i < f->n; i++) {
		f->v[i] = e->fields[i];
		own(l->b->a, &f->v[i].value);
	}
	return f->v;
}

/* Most rows of a large session are not kept: what they say lasts for the callback only. */
static struct event own_event(struct loading *l, const struct event *from)
{
	struct event e = *from;
	e.fields = e.field_count ? own_fields(l, from) : NULL;
	own(l->b->a, &e.tool_use_id);
	own(l->b->a, &e.err);
	return e;
}

/* As long as it waits. */
static void hold(struct arena *a, struct event *e)
{
	if (e->field_count)
		e->fields = memcpy(arena_alloc(a, e->field_count * sizeof *e->fields), e->fields, e->field_count * sizeof *e->fields);
	for (unsigned i = 0; i < e->field_count; i++)
		own(a, &e->fields[i].value);
	own(a, &e->tool_use_id);
	own(a, &e->err);
}

static void keep(struct loading *l, const struct event *e, instant vt)
{
	struct seen *s = vec_push(&l->b->events);
	s->e = l->b->compact ? own_event(l, e) : *e;
	s->vt = s->after = s->before = vt;
	s->order = (uint32_t)l->b->events.n;
	if (!source_is_client(l->s->kind))
		s->flags |= SEEN_SERVER_SIDE;
}

/* --- marks of a large session --- */

static uint64_t server_key(str server) { return server.n ? name_hash(server, S("")) : 0; }

/* Nothing happened near it. The first behind the last event stays, and it waits for being the last before the next. */
static void set_aside(struct loading *l, const struct mark *m)
{
	uint64_t server = server_key(m->e.server), key = server + m->e.kind;
	uint32_t at;
	if (!map_get(&l->by_kind, key, &at)) {
		at = (uint32_t)l->marks.n;
		*vec_push(&l->marks) = (struct marks_of){.server = server};
		map_put(&l->by_kind, key, at);
	}
	struct marks_of *of = &l->marks.v[at];
	of->waits = of->begun;
	of->begun = true;
	if (of->waits)
		of->last = *m;
	else
		keep(l, &m->e, m->vt);
}

/* What may matter beside events of other servers too. */
static bool is_wide(const struct loading *l, const struct event *e)
{
	return e->class || !source_is_client(l->s->kind);
}

static uint32_t place_of_server(struct loading *l, uint64_t key)
{
	uint32_t at;
	if (map_get(&l->by_server, key, &at))
		return at;
	vec_push(&l->lasts)->notable = INSTANT_NONE;
	map_put(&l->by_server, key, (uint32_t)l->lasts.n - 1);
	return (uint32_t)l->lasts.n - 1;
}

static size_t *waiting_with(struct loading *l, const struct mark *m)
{
	return is_wide(l, &m->e) ? &l->recent_wide : &l->lasts.v[m->of].recent;
}

/* A mark that will wait. Now and then the texts of those that still do are moved together. */
static void hold_mark(struct loading *l, struct mark *m)
{
	if (++l->held_count > HELD_FEW + 2 * l->held_waiting) {
		struct arena old = l->held;
		l->held = (struct arena){0};
		l->held_count = l->held_waiting = l->marks.n + l->recent.n - l->first_recent;
		for (size_t i = 0; i < l->marks.n; i++)
			if (l->marks.v[i].waits)
				hold(&l->held, &l->marks.v[i].last.e);
		for (size_t i = l->first_recent; i < l->recent.n; i++)
			hold(&l->held, &l->recent.v[i].e);
		arena_done(&old);
	}
	hold(&l->held, &m->e);
}

static void on_mark(struct loading *l, const struct event *e, instant vt)
{
	const bool wide = is_wide(l, e);
	struct mark m = {*e, vt, place_of_server(l, server_key(e->server))};
	const instant near = wide ? l->notable : l->lasts.v[m.of].notable;
	if (near != INSTANT_NONE && vt - near <= NEAR && (wide || e->server.n)) {
		keep(l, e, vt);
		return;
	}
	hold_mark(l, &m);
	if (!e->server.n && !wide) {
		set_aside(l, &m);
		return;
	}
	*vec_push(&l->recent) = m;
	++*waiting_with(l, &m);
	while (l->recent.n - l->first_recent > RECENT_MAX || vt - l->recent.v[l->first_recent].vt > NEAR) {
		--*waiting_with(l, &l->recent.v[l->first_recent]);
		set_aside(l, &l->recent.v[l->first_recent++]);
	}
	if (l->first_recent > RECENT_MAX) {
		l->recent.n -= l->first_recent;
		memmove(l->recent.v, l->recent.v + l->first_recent, l->recent.n * sizeof *l->recent.v);
		l->first_recent = 0;
	}
}

/* Something happened to this server, or (ALL_PLACES) the source ends: what was near is kept. */
static void keep_recent(struct loading *l, uint32_t of)
{
	size_t left = 0;
	if (of != ALL_PLACES && !l->recent_wide && !l->lasts.v[of].recent)
		return;
	for (size_t i = l->first_recent; i < l->recent.n; i++) {
		struct mark *m = &l->recent.v[i];
		if (of == ALL_PLACES || of == m->of || is_wide(l, &m->e)) {
			--*waiting_with(l, m);
			keep(l, &m->e, m->vt);
		} else {
			l->recent.v[left++] = *m;
		}
	}
	l->recent.n = left;
	l->first_recent = 0;
}

/* What waits for being the last of its kind is that. server: as for keep_recent; NULL: the source ends. */
static void keep_waiting(struct loading *l, const str *server)
{
	const uint64_t key = server ? server_key(*server) : 0;
	for (size_t i = 0; i < l->marks.n; i++) {
		struct marks_of *of = &l->marks.v[i];
		if (server && of->server && of->server != key)
			continue;
		if (of->waits)
			keep(l, &of->last.e, of->last.vt);
		of->waits = of->begun = false;
	}
	keep_recent(l, server ? place_of_server(l, key) : ALL_PLACES);
}

static void on_notable(struct loading *l, const struct event *e, instant vt)
{
	keep_waiting(l, &e->server);
	l->notable = l->lasts.v[place_of_server(l, server_key(e->server))].notable = vt;
}

/* The beginning of a call that is kept as a span, or only counted. */
static bool is_left_out(const struct loading *l, const struct event *e)
{
	uint32_t at;
	return e->call && (e->kind == KIND_CALL_DISPATCH || e->kind == KIND_CALL_SENT) && source_is_client(l->s->kind) &&
		!map_get(&l->b->kept, (uint64_t)e->call, &at);
}

static void on_event(void *context, const struct event *e)
{
	struct loading *l = context;
	if (l->b->compact && is_left_out(l, e))
		return;
	instant vt = advance(l, e);
	if (l->b->compact) {
		if (e->signature && l->b->rules->signatures.v[e->signature - 1].keep == KEEP_MARK) {
			on_mark(l, e, vt);
			return;
		}
		on_notable(l, e, vt);
	}
	keep(l, e, vt);
}

/* --- calls --- */

static bool is_plain(const struct call *c)
{
	return c->outcome == OUTCOME_OK && !c->beats && !(c->flags & ~(uint32_t)CALL_DISPATCHED) && c->permission < SECOND &&
		c->started_at != INSTANT_NONE && c->ended_at >= c->started_at && c->ended_at - c->started_at <= SPAN_LONGEST;
}

void keep_span(struct build *b, str server, instant started, uint32_t lasted)
{
	size_t i = b->healthy_last;
	if (i >= b->healthy.n || b->healthy.v[i].server.p != server.p)
		for (i = 0; i < b->healthy.n && !str_eq(b->healthy.v[i].server, server);)
			i++;
	if (i == b->healthy.n)
		vec_push(&b->healthy)->server = server;
	b->healthy_last = i;
	*vec_push(&b->healthy.v[i].spans) = (struct span){started, lasted};
	b->view->calls_total++;
}

/* Of a large session: true when it need not be kept in full. */
static bool take_healthy(struct build *b, const struct call *c)
{
	if (!is_plain(c))
		return false;
	if (b->group->client_count > 1) /* another log may tell of it too */
		return brief_take(b, c);
	keep_span(b, c->server, c->started_at, (uint32_t)(c->ended_at - c->started_at));
	return true;
}

static void own_call(struct build *b, struct call *c)
{
	own(&b->view->texts, &c->tool_use_id);
	own(&b->view->texts, &c->err);
}

/* A session with very many calls: only what is not healthy is looked at in full. */
static void make_compact(struct build *b)
{
	struct arena old = b->view->texts;
	size_t kept = 0;
	b->compact = true;
	b->view->texts = (struct arena){0};
	for (size_t i = 0; i < b->calls.n; i++) {
		if (!take_healthy(b, &b->calls.v[i]))
			b->calls.v[kept++] = b->calls.v[i];
	}
	for (size_t i = 0; i < kept; i++)
		own_call(b, &b->calls.v[i]);
	arena_done(&old);
	b->calls.n = kept;
	b->calls.cap = kept ? kept : 1;
	b->calls.v = mem_grow(b->calls.v, b->calls.cap, sizeof *b->calls.v);
}

static void on_call(void *context, const struct call *c)
{
	struct build *b = context;
	if ((b->compact && take_healthy(b, c)) || began_take(b, c))
		return;
	struct call *kept = vec_push(&b->calls);
	*kept = *c;
	own_call(b, kept);
	if (!b->compact && b->calls.n > (b->whole ? LIMIT_PICTURE_CALLS : COMPACT_CALLS))
		make_compact(b);
}

/* Most rows of a large session are healthy: their texts last for the callback only. */
static int load_source_calls(struct build *b, const struct source *s, const struct join_rows *rows, struct err *reterr)
{
	int r = rows->calls(rows->context, s, b->a, true, on_call, b, reterr);
	began_end(b);
	return r;
}

int seen_order(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;
	if (x->vt != y->vt)
		return x->vt < y->vt ? -1 : 1;
	if (x->e.source != y->e.source)
		return x->e.source < y->e.source ? -1 : 1;
	if (x->e.offset != y->e.offset)
		return x->e.offset < y->e.offset ? -1 : 1;
	return x->e.part < y->e.part ? -1 : x->e.part > y->e.part;
}

/* A call whose first line is a heartbeat had begun before what stands between it and the beat before. */
static instant untimed_start(const struct call *c, const struct seen *s)
{
	if (!(c->flags & CALL_START_UNKNOWN) || s->e.kind != KIND_CALL_BEAT || s->e.duration <= 0)
		return s->vt;
	return s->vt - (s->e.duration < BEAT_INTERVAL ? s->e.duration : BEAT_INTERVAL);
}

/* Calls of untimed logs take their virtual start from their first line's event. */
static void time_untimed_calls(struct build *b)
{
	for (size_t i = 0; i < b->calls.n; i++) {
		struct call *c = &b->calls.v[i];
		for (size_t k = 0; c->started_at == INSTANT_NONE && k < b->events.n; k++)
			if (b->events.v[k].e.call == c->id)
				c->started_at = untimed_start(c, &b->events.v[k]);
		for (size_t k = b->events.n; c->ended_at == INSTANT_NONE && c->outcome != OUTCOME_UNENDED && k-- > 0;)
			if (b->events.v[k].e.call == c->id)
				c->ended_at = b->events.v[k].vt;
	}
}

static int load_source_events(struct build *b, const struct source *s, const struct join_rows *rows, struct err *reterr)
{
	struct loading l = {.b = b, .s = s, .clock = INSTANT_NONE, .notable = INSTANT_NONE};
	int r = rows->events(rows->context, s, b->a, b->compact, on_event, &l, reterr);
	keep_waiting(&l, NULL);
	if (b->events.cap > b->events.n + 64) { /* a large session has many */
		b->events.cap = b->events.n + 64;
		b->events.v = mem_grow(b->events.v, b->events.cap, sizeof *b->events.v);
	}
	vec_free(&l.recent);
	vec_free(&l.marks);
	vec_free(&l.lasts);
	map_done(&l.by_kind);
	map_done(&l.by_server);
	arena_done(&l.held);
	return r;
}

int build_load(struct build *b, const struct join_rows *rows, struct err *reterr)
{
	int r = 0;
	bool untimed = false;
	b->whole = rows->whole;
	for (size_t i = 0; i < b->group->source_count && !r; i++) { /* first, because they decide how events are loaded */
		const struct source *s = b->group->sources[i];
		if (source_is_client(s->kind))
			r = load_source_calls(b, s, rows, reterr);
		untimed |= source_is_client(s->kind) && !s->has_times;
	}
	for (size_t i = 0; b->compact && i < b->calls.n; i++)
		map_put(&b->kept, (uint64_t)b->calls.v[i].id, 1);
	for (size_t i = 0; i < b->group->source_count && !r; i++)
		r = load_source_events(b, b->group->sources[i], rows, reterr);
	if (!r && (untimed || b->calls.n < COMPACT_CALLS))
		time_untimed_calls(b);
	map_done(&b->kept);
	return r;
}
