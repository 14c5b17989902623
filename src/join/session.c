/* Which sources are one session (join/). A session id decides; a source without one (a debug log with another file name, a
 * paste) joins the session with which it shares toolUseIds or the same sentences at the same time; failing that the only
 * session of its own directory. Server-side logs go to the sessions they overlap in time, and untimed ones to the session of
 * their directory that fits. Refuses to join two different session ids, even when toolUseIds are equal (they are reused). */
#include "base/hash.h"
#include "base/map.h"
#include "join/internal.h"
#include "model/names.h"
#include <stdlib.h>

bool source_is_client(enum source_kind k)
{
	switch (k) {
	case SOURCE_CLAUDE_DEBUG:
	case SOURCE_MCP_CACHE:
	case SOURCE_TRANSCRIPT:
	case SOURCE_IDE:
	case SOURCE_DESKTOP:
	case SOURCE_MCP_LIST:
	case SOURCE_EXCERPT:
		return true;
	default:
		return false;
	}
}

static str directory(str path)
{
	while (path.n && path.p[path.n - 1] != '/')
		path.n--;
	return path;
}

struct grouping {
	const struct source *sources;
	size_t n;
	struct arena *a;
	uint32_t *root;            /* union-find */
	struct map keys;           /* key of a source that was looked at before → source + 1 */
	uint32_t *votes;           /* by root */
	VEC(uint32_t) voted;       /* roots that have votes */
	VEC(struct join_key) found; /* keys of the source at hand */
};

static uint32_t find(struct grouping *g, uint32_t i)
{
	while (g->root[i] != i)
		i = g->root[i] = g->root[g->root[i]];
	return i;
}

static void unite(struct grouping *g, uint32_t a, uint32_t b)
{
	a = find(g, a);
	b = find(g, b);
	if (a != b)
		g->root[a > b ? a : b] = a > b ? b : a;
}

static void add_time(struct grouping *g, uint64_t what, instant at)
{
	*vec_push(&g->found) = (struct join_key){what, at / TWIN_WINDOW};
}

static void on_event(void *context, const struct event *e)
{
	if (e->at != INSTANT_NONE && e->kind != KIND_CLIENT_EXIT && e->kind != KIND_API_REQUEST)
		add_time(context, name_hash(S("event"), S("")) + e->kind, e->at);
}

static void on_call(void *context, const struct call *c)
{
	struct grouping *g = context;
	if (c->tool_use_id.n)
		*vec_push(&g->found) = (struct join_key){hash64(c->tool_use_id), JOIN_ID};
	instant at = c->sent_at != INSTANT_NONE ? c->sent_at : c->started_at;
	if (at != INSTANT_NONE)
		add_time(g, name_hash(S("call"), c->tool), at);
}

struct keys {
	const struct join_key *v;
	size_t n;
};

static int keys_of(struct grouping *g, uint32_t i, const struct join_rows *rows, struct keys *ret, struct err *reterr)
{
	if (rows->keys && rows->keys(rows->context, &g->sources[i], g->a, &ret->v, &ret->n))
		return 0;
	struct arena scratch = {0};
	g->found.n = 0;
	int r = rows->calls(rows->context, &g->sources[i], &scratch, true, on_call, g, reterr);
	if (!r)
		r = rows->events(rows->context, &g->sources[i], &scratch, true, on_event, g, reterr);
	arena_done(&scratch);
	*ret = (struct keys){g->found.v, g->found.n};
	return !r && rows->keep_keys ? rows->keep_keys(rows->context, &g->sources[i], ret->v, ret->n, reterr) : r;
}

static uint64_t key_at(const struct join_key *k, int64_t steps)
{
	const uint64_t parts[2] = {k->what, (uint64_t)(k->step + steps)};
	return k->step == JOIN_ID ? k->what : hash64((str){(const char *)parts, sizeof parts});
}

static void collect(struct grouping *g, uint32_t i, const struct keys *keys)
{
	for (size_t k = 0; k < keys->n; k++)
		map_put(&g->keys, key_at(&keys->v[k], 0), i + 1);
}

static void vote(struct grouping *g, uint64_t key)
{
	uint32_t owner;
	if (!map_get(&g->keys, key, &owner))
		return;
	const uint32_t root = find(g, owner - 1);
	if (g->votes[root]++ == 0)
		*vec_push(&g->voted) = root;
}

/* A sentence is looked up in the steps beside its own too. */
static void cast_votes(struct grouping *g, const struct keys *keys)
{
	while (g->voted.n)
		g->votes[g->voted.v[--g->voted.n]] = 0;
	for (size_t k = 0; k < keys->n; k++)
		for (int64_t d = keys->v[k].step == JOIN_ID ? 0 : -1; d <= (keys->v[k].step == JOIN_ID ? 0 : 1); d++)
			vote(g, key_at(&keys->v[k], d));
}

static bool overlaps(const struct source *a, const struct source *b)
{
	if (a->first == INSTANT_NONE || b->first == INSTANT_NONE)
		return true;
	return a->first <= b->last + MINUTE && b->first <= a->last + MINUTE;
}

static bool is_under(str dir, str path) { return str_starts(path, dir); }

/* The root with most votes that i does not have yet; of several the first. */
static uint32_t elected(struct grouping *g, uint32_t i)
{
	const uint32_t own = find(g, i);
	uint32_t best = UINT32_MAX;
	for (size_t k = 0; k < g->voted.n; k++) {
		const uint32_t root = g->voted.v[k];
		if (root != own && (best == UINT32_MAX || g->votes[root] > g->votes[best] || (g->votes[root] == g->votes[best] && root < best)))
			best = root;
	}
	return best;
}

/* The root of the only session around source i that is not its own. */
static uint32_t only_one_around(struct grouping *g, uint32_t i)
{
	const uint32_t own = find(g, i);
	uint32_t around = UINT32_MAX;
	const str dir = directory(g->sources[i].path);
	for (uint32_t k = 0; k < g->n; k++) {
		if (k == i || !source_is_client(g->sources[k].kind) || !overlaps(&g->sources[i], &g->sources[k]) || !is_under(dir, g->sources[k].path))
			continue;
		const uint32_t root = find(g, k);
		if (root == own)
			continue;
		if (around != UINT32_MAX && around != root)
			return UINT32_MAX;
		around = root;
	}
	return around;
}

/* A client source without session id: by votes, else the only session around. */
static void place_by_votes(struct grouping *g, uint32_t i, const struct keys *keys)
{
	cast_votes(g, keys);
	uint32_t best = elected(g, i);
	if (best == UINT32_MAX)
		best = only_one_around(g, i);
	if (best != UINT32_MAX)
		unite(g, i, best);
}

static int unite_clients(struct grouping *g, const struct join_rows *rows, struct err *reterr)
{
	struct map by_session = {0};
	size_t without = 0, with = 0;
	int r = 0;
	for (uint32_t i = 0; i < g->n; i++) {
		uint32_t first;
		if (!source_is_client(g->sources[i].kind))
			continue;
		if (!g->sources[i].session_id.n) {
			without++;
			continue;
		}
		with++;
		uint64_t key = hash64(g->sources[i].session_id);
		if (map_get(&by_session, key, &first))
			unite(g, i, first);
		else
			map_put(&by_session, key, i);
	}
	map_done(&by_session);
	if (!without || with + without < 2)
		return 0;
	struct keys keys;
	for (uint32_t i = 0; i < g->n && !r; i++)
		if (source_is_client(g->sources[i].kind) && g->sources[i].session_id.n) {
			r = keys_of(g, i, rows, &keys, reterr);
			if (!r)
				collect(g, i, &keys);
		}
	for (uint32_t i = 0; i < g->n && !r; i++) {
		if (!source_is_client(g->sources[i].kind) || g->sources[i].session_id.n || g->sources[i].excerpt)
			continue;
		r = keys_of(g, i, rows, &keys, reterr);
		if (r)
			break;
		place_by_votes(g, i, &keys);
		collect(g, i, &keys);
	}
	return r;
}

/* Does the server-side source s belong to this group of client sources? */
static bool fits(const struct join_group *group, const struct source *s, bool *ret_same_dir)
{
	bool overlap = false;
	*ret_same_dir = false;
	if (group->sources[0]->kind == SOURCE_EXCERPT) /* a text beside the logs is no session of theirs */
		return false;
	for (size_t k = 0; k < group->client_count; k++) {
		overlap |= overlaps(s, group->sources[k]);
		*ret_same_dir |= str_eq(directory(s->path), directory(group->sources[k]->path));
	}
	return overlap;
}

/* The sessions that a server-side source belongs to: all it overlaps in time; of an untimed one the only session there is,
 * else the only one of the same directory. */
static size_t sessions_of(const struct source *s, const struct join_group *groups, size_t group_count, uint32_t *ret)
{
	size_t n = 0, same = 0;
	uint32_t last_same = 0;
	for (size_t i = 0; i < group_count; i++) {
		bool same_dir;
		if (!fits(&groups[i], s, &same_dir))
			continue;
		ret[n++] = (uint32_t)i;
		if (same_dir) {
			same++;
			last_same = (uint32_t)i;
		}
	}
	if (s->has_times || n <= 1)
		return n;
	ret[0] = last_same;
	return same == 1 ? 1 : 0;
}

static void add_source(struct join_group *group, const struct source *s) { group->sources[group->source_count++] = s; }

static struct join_group *new_group(struct join_groups *out, struct arena *a, size_t room)
{
	struct join_group *group = &out->v[out->n++];
	group->sources = arena_alloc(a, room * sizeof *group->sources);
	return group;
}

/* Roots come before the sources they hold, so that one turn over all sources fills the groups in order. */
static void collect_clients(struct grouping *g, struct arena *a, struct join_groups *out, size_t servers)
{
	uint32_t *sizes = arena_alloc(a, (g->n + 1) * sizeof *sizes), *group_of = arena_alloc(a, (g->n + 1) * sizeof *group_of);
	for (uint32_t i = 0; i < g->n; i++)
		sizes[find(g, i)]++;
	for (uint32_t i = 0; i < g->n; i++) {
		uint32_t root = find(g, i);
		if (!source_is_client(g->sources[i].kind))
			continue;
		if (root == i) {
			group_of[i] = (uint32_t)out->n;
			(void)new_group(out, a, sizes[i] + servers);
		}
		struct join_group *group = &out->v[group_of[root]];
		add_source(group, &g->sources[i]);
		group->client_count++;
	}
}

static void collect_groups(struct grouping *g, struct arena *a, struct join_groups *out)
{
	size_t servers = 0;
	for (size_t i = 0; i < g->n; i++)
		servers += !source_is_client(g->sources[i].kind);
	out->v = arena_alloc(a, (g->n + 1) * sizeof *out->v);
	collect_clients(g, a, out, servers);
	size_t sessions = out->n;
	uint32_t *hit = arena_alloc(a, (sessions + 1) * sizeof *hit);
	struct join_group *alone = NULL;
	for (size_t i = 0; i < g->n; i++) {
		if (source_is_client(g->sources[i].kind))
			continue;
		size_t n = sessions_of(&g->sources[i], out->v, sessions, hit);
		for (size_t k = 0; k < n; k++)
			add_source(&out->v[hit[k]], &g->sources[i]);
		if (n)
			continue;
		if (!alone)
			alone = new_group(out, a, servers);
		add_source(alone, &g->sources[i]);
	}
}

void join_groups_mark(struct join_groups *groups)
{
	struct map logs = {0}; /* directories in which a client's log lies */
	uint32_t unused;
	for (size_t i = 0; i < groups->n; i++)
		for (size_t k = 0; k < groups->v[i].client_count; k++) {
			const struct source *s = groups->v[i].sources[k];
			if (s->kind != SOURCE_EXCERPT && s->records > 0)
				map_put(&logs, hash64(directory(s->path)), 1);
		}
	for (size_t i = 0; i < groups->n; i++) {
		struct join_group *g = &groups->v[i];
		const struct source *first = g->client_count > 0 ? g->sources[0] : NULL;
		g->beside_client = first && first->kind == SOURCE_EXCERPT && map_get(&logs, hash64(directory(first->path)), &unused);
	}
	map_done(&logs);
}

int join_group_sources(const struct source *sources, size_t n, const struct join_rows *rows, struct arena *a, struct join_groups *ret, struct err *reterr)
{
	struct grouping g = {.sources = sources, .n = n, .a = a};
	g.root = arena_alloc(a, (n + 1) * sizeof *g.root);
	g.votes = arena_alloc(a, (n + 1) * sizeof *g.votes);
	for (uint32_t i = 0; i < n; i++)
		g.root[i] = i;
	*ret = (struct join_groups){0};
	int r = unite_clients(&g, rows, reterr);
	if (!r)
		collect_groups(&g, a, ret);
	join_groups_mark(ret);
	map_done(&g.keys);
	vec_free(&g.voted);
	vec_free(&g.found);
	return r;
}
