/* Puts a view together (join/): load → twins → calls → implied → exit → server side → endings → servers. Its events and calls are the
 * build's own arrays, the rest lives in the caller's arena; what was needed to build it is freed here. */
#include "base/map.h"
#include "join/internal.h"
#include "model/names.h"
#include <stdlib.h>

static void describe(struct build *b)
{
	struct session_view *v = b->view;
	const struct join_group *g = b->group;
	v->sources = g->sources;
	v->source_count = g->source_count;
	for (size_t i = 0; i < g->source_count; i++) {
		const struct source *s = g->sources[i];
		v->source_kinds |= 1u << s->kind;
		v->filtered |= s->filtered;
		v->server_side |= s->kind == SOURCE_SERVER || s->kind == SOURCE_BRIDGE;
		v->timed |= source_is_client(s->kind) && s->has_times;
		if (!v->session.n)
			v->session = s->session_id;
		if (!v->client_version.n)
			v->client_version = s->client_version;
		if (!v->cwd.n)
			v->cwd = s->cwd;
	}
	if (!g->client_count)
		for (size_t i = 0; i < g->source_count; i++)
			v->timed |= g->sources[i]->has_times;
}

static bool tells(const struct build *b, const struct source *s)
{
	for (size_t i = 0; i < b->events.n; i++)
		if (b->events.v[i].e.source == s->index)
			return true;
	return false;
}

/* A note that somebody laid beside the logs does not make them quotations: it must tell something. */
static void quoted(struct build *b)
{
	const struct join_group *g = b->group;
	for (size_t i = 0; i < g->source_count && !b->view->excerpt; i++)
		b->view->excerpt = source_is_client(g->sources[i]->kind) && g->sources[i]->excerpt && tells(b, g->sources[i]);
}

static void bound(struct build *b)
{
	struct session_view *v = b->view;
	v->begin = INSTANT_NONE;
	v->finish = INSTANT_NONE;
	for (size_t i = 0; i < b->events.n; i++) {
		const struct seen *s = &b->events.v[i];
		if ((s->flags & SEEN_SERVER_SIDE) && b->group->client_count)
			continue;
		if (v->begin == INSTANT_NONE || s->vt < v->begin)
			v->begin = s->vt;
		if (v->finish == INSTANT_NONE || s->vt > v->finish)
			v->finish = s->vt;
	}
	for (size_t i = 0; i < b->group->client_count; i++) {
		const struct source *s = b->group->sources[i];
		if (!s->has_times || s->first == INSTANT_NONE)
			continue;
		if (v->begin == INSTANT_NONE || s->first < v->begin)
			v->begin = s->first;
		if (v->finish == INSTANT_NONE || s->last > v->finish)
			v->finish = s->last;
	}
	if (v->begin == INSTANT_NONE)
		v->begin = v->finish = 0;
}

/* Of the calls of a tool on a server; they are in time order. */
static void number_calls(struct call *v, size_t n)
{
	struct map tools = {0}, spelled = {0}; /* to a counter: by the canonical names, and by where they are stored, which most repeat */
	VEC(uint32_t) counters = {0};
	for (size_t i = 0; i < n; i++) {
		const uint64_t place = stored_key(v[i].server) + stored_key(v[i].tool) * UINT64_C(0xc4ceb9fe1a85ec53);
		uint32_t at;
		if (!map_get(&spelled, place, &at)) {
			const uint64_t key = name_hash(v[i].server, v[i].tool);
			at = (uint32_t)counters.n;
			if (!map_get(&tools, key, &at)) {
				map_put(&tools, key, at);
				*vec_push(&counters) = 0;
			}
			map_put(&spelled, place, at);
		}
		v[i].number = ++counters.v[at];
	}
	map_done(&tools);
	map_done(&spelled);
	vec_free(&counters);
}

static int id_order(const void *a, const void *b)
{
	const struct call *x = *(struct call *const *)a, *y = *(struct call *const *)b;
	return x->id != y->id ? (x->id < y->id ? -1 : 1) : x < y ? -1 : x > y;
}

/* By id; of several with one id the last. */
static struct call *call_of(struct call *const *by_id, size_t n, int64_t id)
{
	size_t lo = 0, hi = n;
	while (lo < hi) {
		const size_t mid = (lo + hi) / 2;
		if (by_id[mid]->id <= id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo && by_id[lo - 1]->id == id ? by_id[lo - 1] : NULL;
}

static void link_events(struct session_view *v)
{
	struct call **by_id = mem_grow(NULL, v->call_count + 1, sizeof *by_id);
	for (size_t i = 0; i < v->call_count; i++)
		by_id[i] = &v->calls[i];
	vec_order(by_id, v->call_count, sizeof *by_id, id_order);
	for (size_t i = 0; i < v->event_count; i++) {
		struct seen *s = &v->events[i];
		s->order = (uint32_t)i;
		v->kinds[s->e.kind / 64 % 64] |= UINT64_C(1) << (s->e.kind % 64);
		s->call = s->e.call ? call_of(by_id, v->call_count, s->e.call) : NULL;
		if (s->call && !s->e.server.n)
			s->e.server = s->call->server;
	}
	free(by_id);
}

/* The largest arrays are handed over, not copied: join_view_done frees them. */
static void hand_over(struct build *b)
{
	struct session_view *v = b->view;
	vec_sort(&b->events, seen_order);
	v->events = b->events.v;
	v->event_count = b->events.n;
	v->calls = b->calls.v;
	v->call_count = b->calls.n;
	number_calls(v->calls, v->call_count);
	link_events(v);
	for (size_t i = 0; i < v->call_count; i++) {
		v->calls_total++;
		v->calls_failed += call_failed(&v->calls[i]);
		v->calls_open += v->calls[i].ending == ENDING_STILL_OPEN;
	}
	for (size_t i = 0; i < b->left_out.n; i++) {
		v->calls_total += b->left_out.v[i].calls;
		v->calls_counted += b->left_out.v[i].calls;
		v->calls_open += v->exit_at == INSTANT_NONE ? b->left_out.v[i].calls : 0;
	}
}

static const struct twin *copy_twins(struct arena *a, const struct twin *v, size_t n)
{
	struct twin *copy = arena_alloc(a, (n + 1) * sizeof *copy);
	if (n)
		memcpy(copy, v, n * sizeof *copy);
	return copy;
}

int join_view(const struct join_group *g, uint32_t index, const struct rules *rules, const struct join_rows *rows, struct arena *a,
	struct session_view *ret, struct clock_offset *clocks, size_t *clock_count, struct err *reterr)
{
	*ret = (struct session_view){.index = index};
	struct build b = {.group = g, .rules = rules, .a = a, .view = ret};
	describe(&b);
	int r = build_load(&b, rows, reterr);
	if (!r) {
		quoted(&b);
		build_twins(&b);
		build_merge_calls(&b);
		build_implied(&b);
		bound(&b);
		build_exit(&b);
		build_server_side(&b, clocks, clock_count);
		build_endings(&b);
		hand_over(&b);
		build_servers(&b);
		ret->call_twins = copy_twins(a, b.call_twins.v, ret->call_twin_count = b.call_twins.n);
		ret->event_twins = copy_twins(a, b.event_twins.v, ret->event_twin_count = b.event_twins.n);
	}
	if (r) {
		vec_free(&b.events);
		vec_free(&b.calls);
	}
	for (size_t i = 0; i < b.healthy.n; i++)
		vec_free(&b.healthy.v[i].spans);
	vec_free(&b.healthy);
	vec_free(&b.left_out);
	vec_free(&b.briefs);
	vec_free(&b.brief_names);
	vec_free(&b.call_twins);
	vec_free(&b.event_twins);
	return r;
}

void join_view_done(struct session_view *v)
{
	arena_done(&v->texts);
	free(v->events);
	free(v->calls);
	v->events = NULL;
	v->calls = NULL;
	for (size_t i = 0; i < v->server_count; i++)
		free(v->servers[i].spans);
	v->server_count = 0;
}
