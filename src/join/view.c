/* Puts a view together (join/): load → twins → calls → exit → server side → endings → servers. The view's arrays live in the
 * caller's arena; what was needed to build it is freed here. */
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
		v->server_side |= s->kind == SOURCE_SERVER;
		v->timed |= source_is_client(s->kind) && s->has_times;
		v->excerpt |= source_is_client(s->kind) && s->excerpt;
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

static void copy_out(struct build *b)
{
	struct session_view *v = b->view;
	vec_sort(&b->events, seen_order);
	v->events = b->events.v; /* the largest array: handed over, not copied; join_view_done frees it */
	v->event_count = b->events.n;
	v->calls = arena_alloc(b->a, (b->calls.n + 1) * sizeof *v->calls);
	v->call_count = b->calls.n;
	if (b->calls.n)
		memcpy(v->calls, b->calls.v, b->calls.n * sizeof *v->calls);
	struct map ids = {0}, numbers = {0};
	for (size_t i = 0; i < v->call_count; i++) { /* calls are in time order */
		uint64_t key = name_hash(v->calls[i].server, v->calls[i].tool);
		uint32_t n = 0;
		map_get(&numbers, key, &n);
		v->calls[i].number = n + 1;
		map_put(&numbers, key, n + 1);
	}
	map_done(&numbers);
	for (size_t i = 0; i < v->call_count; i++)
		map_put(&ids, (uint64_t)v->calls[i].id, (uint32_t)i);
	for (size_t i = 0; i < v->event_count; i++) {
		struct seen *s = &v->events[i];
		uint32_t call;
		s->order = (uint32_t)i;
		v->kinds[s->e.kind / 64 % 64] |= UINT64_C(1) << (s->e.kind % 64);
		if (!s->e.call || !map_get(&ids, (uint64_t)s->e.call, &call))
			continue;
		s->call = &v->calls[call];
		if (!s->e.server.n)
			s->e.server = s->call->server;
	}
	map_done(&ids);
	for (size_t i = 0; i < v->call_count; i++) {
		v->calls_total++;
		v->calls_failed += call_failed(&v->calls[i]);
		v->calls_open += v->calls[i].ending == ENDING_STILL_OPEN;
	}
	for (size_t i = 0; i < b->left_out.n; i++) {
		v->calls_total += b->left_out.v[i].calls;
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
		build_twins(&b);
		build_merge_calls(&b);
		build_implied(&b);
		bound(&b);
		build_exit(&b);
		build_server_side(&b, clocks, clock_count);
		build_endings(&b);
		copy_out(&b);
		build_servers(&b);
		ret->call_twins = copy_twins(a, b.call_twins.v, ret->call_twin_count = b.call_twins.n);
		ret->event_twins = copy_twins(a, b.event_twins.v, ret->event_twin_count = b.event_twins.n);
	}
	if (r)
		vec_free(&b.events);
	vec_free(&b.calls);
	for (size_t i = 0; i < b.healthy.n; i++)
		vec_free(&b.healthy.v[i].spans);
	vec_free(&b.healthy);
	vec_free(&b.left_out);
	vec_free(&b.call_twins);
	vec_free(&b.event_twins);
	return r;
}

void join_view_done(struct session_view *v)
{
	free(v->events);
	v->events = NULL;
	for (size_t i = 0; i < v->server_count; i++)
		free(v->servers[i].spans);
	v->server_count = 0;
}
