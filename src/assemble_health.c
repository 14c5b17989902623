/* See assemble_health.h. Part of the pipeline, behind pass 2: counts, percentiles and histograms per server. Percentiles are
 * those of calls that were answered, by the nearest rank; uptimes are the ages of connections that dropped or closed with
 * errors. A client counts the uptime of one connection object through all its drops, so a drop's own age is the difference to
 * the drop before. */
#include "assemble_health.h"
#include "model/names.h"
#include <stdlib.h>

#define SAME_THING (100 * MILLISECOND)

/* Edges lie between the ages that something is known to end connections at, never on one. */
static const int64_t uptime_edges[UPTIME_BINS] = {0, 2, 10, 25, 40, 75, 150, 250, 400, 900, 2700, 9000};

/* --- uptimes --- */

struct life { /* of the connection object that is open now */
	int64_t last; /* uptime at the drop before */
	bool dropped;
};

static int64_t said_uptime(const struct event *e)
{
	int64_t seconds;
	if (str_i64(event_field(e, FIELD_UPTIME), &seconds))
		return seconds >= 0 ? seconds : -1;
	return e->duration >= 0 ? e->duration / SECOND : -1;
}

static void sample(struct picture_build *b, str server, struct life *life, const struct event *e)
{
	int64_t seconds = said_uptime(e);
	bool drop = e->kind == KIND_TRANSPORT_DROPPED;
	if (seconds < 0)
		return;
	if (drop || (!life->dropped && !str_eq(event_field(e, FIELD_HOW), S("cleanly"))))
		*vec_push(&b->uptimes) = (struct uptime_sample){server, seconds >= life->last ? seconds - life->last : seconds};
	life->last = drop ? seconds : 0;
	life->dropped = drop;
}

void health_sample_uptimes(struct picture_build *b, const struct session_view *v)
{
	for (size_t i = 0; i < v->server_count; i++) {
		const struct view_server *s = &v->servers[i];
		struct life life = {0};
		str name = STR_NONE;
		for (size_t k = 0; k < s->event_count; k++) {
			const struct seen *e = s->events[k];
			if ((e->flags & (SEEN_SERVER_SIDE | SEEN_EXIT)) || !name_same(e->e.server, s->name))
				continue;
			if (e->e.kind == KIND_CONNECT_OK)
				life = (struct life){0};
			if (e->e.kind != KIND_TRANSPORT_DROPPED && e->e.kind != KIND_TRANSPORT_CLOSED)
				continue;
			if (!name.p)
				name = arena_str(b->arena, s->name);
			sample(b, name, &life, &e->e);
		}
	}
}

static void bin(struct server_health *h, int64_t seconds)
{
	int i = UPTIME_BINS - 1;
	while (i > 0 && seconds < uptime_edges[i])
		i--;
	h->uptimes[i].connections++;
	h->uptime_count++;
}

static int limit_order(const void *a, const void *b)
{
	const struct uptime_limit *x = a, *y = b;
	return x->connections != y->connections ? (x->connections > y->connections ? -1 : 1) : x->seconds < y->seconds ? -1 : x->seconds > y->seconds;
}

/* An age is named when at least three connections, and a quarter of all, ended at it, or up to REOPEN later: a client counts
 * the seconds that it waits before it opens a stream again as uptime too. */
static void name_limits(struct picture_build *b, str server, struct server_health *h)
{
	enum { LEAST = 3, REOPEN = 5 };
	struct uptime_limit *v = arena_alloc(b->arena, (b->rules->limits.n + 1) * sizeof *v);
	for (size_t i = 0; i < b->rules->limits.n; i++) {
		const struct known_limit *l = &b->rules->limits.v[i];
		const int64_t tenth = l->seconds / 10 > 1 ? l->seconds / 10 : 1, reach = tenth < REOPEN ? tenth : REOPEN;
		uint64_t n = 0;
		for (size_t k = 0; k < b->uptimes.n; k++) {
			int64_t d = b->uptimes.v[k].seconds - l->seconds;
			n += d >= -1 && d <= reach && name_same(b->uptimes.v[k].server, server);
		}
		if (n >= LEAST && n * 4 >= h->uptime_count)
			v[h->limit_count++] = (struct uptime_limit){l->seconds, n, l->what};
	}
	qsort(v, h->limit_count, sizeof *v, limit_order);
	h->limits = v;
}

static void fill_uptimes(struct picture_build *b, const struct facts *f, size_t server, struct server_health *h)
{
	for (int i = 0; i < UPTIME_BINS; i++)
		h->uptimes[i] = (struct uptime_bin){.from_s = uptime_edges[i], .to_s = i + 1 < UPTIME_BINS ? uptime_edges[i + 1] : -1};
	for (size_t i = 0; i < b->uptimes.n; i++)
		if (name_same(b->uptimes.v[i].server, f->servers[server].name))
			bin(h, b->uptimes.v[i].seconds);
	name_limits(b, f->servers[server].name, h);
}

/* --- calls --- */

static int tool_order(const void *a, const void *b)
{
	const struct picture_call *x = *(const struct picture_call *const *)a, *y = *(const struct picture_call *const *)b;
	if (x->server != y->server)
		return x->server < y->server ? -1 : 1;
	int c = str_cmp(x->call.tool, y->call.tool);
	if (c)
		return c;
	return x->call.duration < y->call.duration ? -1 : x->call.duration > y->call.duration;
}

static bool is_answered(const struct picture_call *p) { return p->call.outcome == OUTCOME_OK && p->call.duration >= 0; }

static int64_t nearest_rank(const int64_t *v, size_t n, unsigned percent)
{
	size_t rank = (n * percent + 99) / 100;
	return n ? v[rank ? rank - 1 : 0] : -1;
}

/* Calls of one tool, sorted by duration. */
static struct tool_health tool_of(const struct picture_call *const *calls, size_t n, int64_t *durations)
{
	struct tool_health t = {.tool = calls[0]->call.tool, .server = calls[0]->server, .calls = n};
	size_t known = 0;
	for (size_t i = 0; i < n; i++) {
		t.ok += calls[i]->call.outcome == OUTCOME_OK;
		t.failed += call_failed(&calls[i]->call);
		t.open += calls[i]->open;
		t.total += calls[i]->call.duration > 0 ? calls[i]->call.duration : 0;
		if (is_answered(calls[i]))
			durations[known++] = calls[i]->call.duration;
	}
	t.p50 = nearest_rank(durations, known, 50);
	t.p90 = nearest_rank(durations, known, 90);
	t.p99 = nearest_rank(durations, known, 99);
	t.max = nearest_rank(durations, known, 100);
	return t;
}

static int total_order(const void *a, const void *b)
{
	const struct tool_health *x = a, *y = b;
	if (x->server != y->server)
		return x->server < y->server ? -1 : 1;
	return x->total != y->total ? (x->total > y->total ? -1 : 1) : str_cmp(x->tool, y->tool);
}

static void fill_tools(struct picture_build *b, const struct picture *p, struct server_health *health, size_t server_count)
{
	const struct picture_call **v = mem_new((p->call_count + 1) * sizeof *v);
	int64_t *durations = mem_new((p->call_count + 1) * sizeof *durations);
	VEC(struct tool_health) tools = {0};
	size_t n = 0;
	for (size_t i = 0; i < p->call_count; i++)
		if (p->calls[i].server < server_count)
			v[n++] = &p->calls[i];
	qsort(v, n, sizeof(void *), tool_order);
	for (size_t i = 0, k; i < n; i = k) {
		for (k = i; k < n && v[k]->server == v[i]->server && str_eq(v[k]->call.tool, v[i]->call.tool);)
			k++;
		*vec_push(&tools) = tool_of(&v[i], k - i, durations);
	}
	vec_sort(&tools, total_order);
	struct tool_health *kept = arena_alloc(b->arena, (tools.n + 1) * sizeof *kept);
	for (size_t i = 0; i < tools.n; i++) {
		struct server_health *h = &health[tools.v[i].server];
		kept[i] = tools.v[i];
		if (!h->tool_count++)
			h->tools = &kept[i];
	}
	vec_free(&tools);
	free(durations);
	free(v);
}

static void fill_counts(const struct facts *f, struct server_health *health)
{
	const struct picture *p = &f->picture;
	for (size_t i = 0; i < p->call_count; i++) {
		if (p->calls[i].server >= f->server_count)
			continue;
		struct server_health *h = &health[p->calls[i].server];
		for (int s = 0; s < STAGE_COUNT; s++)
			if (p->calls[i].stages[s] >= 0) {
				h->stages[s] += p->calls[i].stages[s];
				h->stage_calls[s]++;
			}
	}
}

/* A failure and its details are several lines within a moment: one thing. */
static void count_marks(const struct facts *f, struct server_health *health)
{
	const struct picture *p = &f->picture;
	instant *last = mem_new((f->server_count + 1) * MARK_COUNT * sizeof *last);
	for (size_t i = 0; i < (f->server_count + 1) * MARK_COUNT; i++)
		last[i] = INSTANT_NONE;
	for (size_t i = 0; i < p->mark_count; i++) {
		const struct picture_mark *m = &p->marks[i];
		if (m->server >= f->server_count || m->exiting)
			continue;
		struct server_health *h = &health[m->server];
		instant *before = &last[m->server * MARK_COUNT + m->kind];
		const bool again = *before != INSTANT_NONE && m->at >= *before && m->at - *before <= SAME_THING;
		*before = m->at;
		if (again)
			continue;
		h->drops += m->kind == MARK_DROP;
		h->reconnects += m->kind == MARK_RECONNECT;
		h->connects_failed += m->kind == MARK_CONNECT_FAILED;
		h->restarts += m->kind == MARK_RESTART;
		h->exceptions += m->kind == MARK_EXCEPTION;
	}
	free(last);
}

const struct server_health *health_make(struct picture_build *b, const struct facts *f)
{
	struct server_health *health = arena_alloc(b->arena, (f->server_count + 1) * sizeof *health);
	for (size_t i = 0; i < f->server_count; i++) {
		health[i].calls = f->servers[i].calls;
		health[i].failed = f->servers[i].failed;
		health[i].open = f->servers[i].open;
		fill_uptimes(b, f, i, &health[i]);
	}
	fill_counts(f, health);
	count_marks(f, health);
	fill_tools(b, &f->picture, health, f->server_count);
	return health;
}
