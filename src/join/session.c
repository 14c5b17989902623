/* Which sources are one session (join/). A session id decides; a source without one (a debug log with another file name, a
 * paste) joins the session with which it shares toolUseIds or the same sentences at the same time; failing that the only
 * session of its own directory. Server-side logs go to the sessions they overlap in time, and untimed ones to the session of
 * their directory that fits. Refuses to join two different session ids, even when toolUseIds are equal (they are reused). */
#include "base/hash.h"
#include "base/map.h"
#include "join/internal.h"
#include "join/periods.h"
#include "model/names.h"

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
	struct periods clients;
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
	const instant at = call_began(c);
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

struct around {
	struct grouping *g;
	uint32_t i, own, root;     /* root UINT32_MAX: none as yet, or several */
	str directory;
};

static bool stands_around(void *context, uint32_t k)
{
	struct around *around = context;
	if (k == around->i || !is_under(around->directory, around->g->sources[k].path))
		return true;
	const uint32_t root = find(around->g, k);
	if (root == around->own || root == around->root)
		return true;
	const bool only_one = around->root == UINT32_MAX;
	around->root = only_one ? root : UINT32_MAX;
	return only_one;
}

/* The root of the only session around source i that is not its own. */
static uint32_t only_one_around(struct grouping *g, uint32_t i)
{
	struct around around = {g, i, find(g, i), UINT32_MAX, directory(g->sources[i].path)};
	(void)periods_overlapping(&g->clients, &g->sources[i], stands_around, &around);
	return around.root;
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

/* By session id. True when others of several are left, that have none. */
static bool unite_by_id(struct grouping *g)
{
	struct map by_session = {0};
	size_t clients = 0, without = 0;
	for (uint32_t i = 0; i < g->n; i++) {
		const struct source *s = &g->sources[i];
		uint32_t first;
		if (!source_is_client(s->kind))
			continue;
		clients++;
		if (!s->session_id.n)
			without++;
		else if (map_get(&by_session, hash64(s->session_id), &first))
			unite(g, i, first);
		else
			map_put(&by_session, hash64(s->session_id), i);
	}
	map_done(&by_session);
	return without && clients > 1;
}

static int unite_clients(struct grouping *g, const struct join_rows *rows, struct err *reterr)
{
	struct keys keys;
	int r = 0;
	if (!unite_by_id(g))
		return 0;
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

/* --- server-side logs --- */

enum { SEVERAL = UINT32_MAX };

struct placing {
	struct grouping *g;
	const struct join_groups *groups;
	const uint32_t *group_of;  /* by root */
	struct map beside;         /* directory of clients' logs → 1 + their group, or SEVERAL */
	uint32_t only;             /* 1 + the only group, or SEVERAL; 0: there is none */
	uint32_t source;           /* the server-side log that is placed now */
	uint32_t *placed;          /* by group: 1 + the log that went there last */
	VEC(uint32_t) hit;         /* groups of this log */
};

/* A text beside the logs is no session of theirs. */
static bool takes_servers(const struct join_group *group) { return group->sources[0]->kind != SOURCE_EXCERPT; }

static bool overlaps_client(void *context, uint32_t client)
{
	struct placing *p = context;
	const uint32_t group = p->group_of[find(p->g, client)];
	if (!takes_servers(&p->groups->v[group]))
		return true;
	if (p->placed[group] != p->source + 1)
		*vec_push(&p->hit) = group;
	p->placed[group] = p->source + 1;
	return true;
}

static void list_directories(struct placing *p)
{
	for (uint32_t i = 0; i < p->groups->n; i++) {
		const struct join_group *group = &p->groups->v[i];
		if (!takes_servers(group))
			continue;
		p->only = p->only == 0 ? i + 1 : SEVERAL;
		for (size_t k = 0; k < group->client_count; k++) {
			const uint64_t key = hash64(directory(group->sources[k]->path));
			uint32_t known;
			map_put(&p->beside, key, map_get(&p->beside, key, &known) && known != i + 1 ? SEVERAL : i + 1);
		}
	}
}

static int number_order(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

/* The sessions that a server-side source belongs to, p->hit: all it overlaps in time; of an untimed one the only session there is,
 * else the only one of the same directory. */
static void find_sessions(struct placing *p)
{
	const struct source *s = &p->g->sources[p->source];
	p->hit.n = 0;
	if (s->has_times) {
		(void)periods_overlapping(&p->g->clients, s, overlaps_client, p);
		vec_sort(&p->hit, number_order);
		return;
	}
	uint32_t group = p->only;
	if (group == SEVERAL && !map_get(&p->beside, hash64(directory(s->path)), &group))
		group = SEVERAL;
	if (group != 0 && group != SEVERAL)
		*vec_push(&p->hit) = group - 1;
}

static void add_source(struct join_group *group, const struct source *s) { group->sources[group->source_count++] = s; }

static struct join_group *new_group(struct join_groups *out, struct arena *a, size_t room)
{
	struct join_group *group = &out->v[out->n++];
	group->sources = arena_alloc(a, room * sizeof *group->sources);
	return group;
}

/* Roots come before the sources they hold, so that one turn over all sources fills the groups in order. */
static void collect_clients(struct grouping *g, struct join_groups *out, uint32_t *group_of)
{
	uint32_t *sizes = arena_alloc(g->a, (g->n + 1) * sizeof *sizes);
	for (uint32_t i = 0; i < g->n; i++)
		sizes[find(g, i)]++;
	for (uint32_t i = 0; i < g->n; i++) {
		uint32_t root = find(g, i);
		if (!source_is_client(g->sources[i].kind))
			continue;
		if (root == i) {
			group_of[i] = (uint32_t)out->n;
			(void)new_group(out, g->a, sizes[i]);
		}
		struct join_group *group = &out->v[group_of[root]];
		add_source(group, &g->sources[i]);
		group->client_count++;
	}
}

struct place_of {
	uint32_t group, source;
};
typedef VEC(struct place_of) places;

/* Groups get room for what they get, behind their clients. */
static void add_servers(struct grouping *g, struct join_groups *out, const places *of)
{
	uint32_t *more = arena_alloc(g->a, (out->n + 1) * sizeof *more);
	for (size_t i = 0; i < of->n; i++)
		more[of->v[i].group]++;
	for (size_t i = 0; i < out->n; i++) {
		struct join_group *group = &out->v[i];
		const struct source **clients = group->sources;
		if (more[i] == 0)
			continue;
		group->sources = arena_alloc(g->a, (group->source_count + more[i]) * sizeof *group->sources);
		memcpy(group->sources, clients, group->source_count * sizeof *clients);
	}
	for (size_t i = 0; i < of->n; i++)
		add_source(&out->v[of->v[i].group], &g->sources[of->v[i].source]);
}

static void collect_groups(struct grouping *g, struct join_groups *out)
{
	uint32_t *group_of = arena_alloc(g->a, (g->n + 1) * sizeof *group_of);
	places of = {0};
	out->v = arena_alloc(g->a, (g->n + 1) * sizeof *out->v);
	collect_clients(g, out, group_of);
	const uint32_t alone = (uint32_t)out->n; /* the group of those that belong to no session */
	struct placing p = {.g = g, .groups = out, .group_of = group_of, .placed = arena_alloc(g->a, (out->n + 1) * sizeof *p.placed)};
	list_directories(&p);
	for (uint32_t i = 0; i < g->n; i++) {
		if (source_is_client(g->sources[i].kind))
			continue;
		p.source = i;
		find_sessions(&p);
		for (size_t k = 0; k < p.hit.n; k++)
			*vec_push(&of) = (struct place_of){p.hit.v[k], i};
		if (p.hit.n == 0)
			*vec_push(&of) = (struct place_of){alone, i};
		if (p.hit.n == 0 && out->n == alone)
			(void)new_group(out, g->a, 0);
	}
	add_servers(g, out, &of);
	vec_free(&p.hit);
	map_done(&p.beside);
	vec_free(&of);
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
		const struct source *first = g->source_count > 0 ? g->sources[0] : NULL;
		g->beside_client = first && (first->kind == SOURCE_EXCERPT || !g->client_count) && map_get(&logs, hash64(directory(first->path)), &unused);
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
	periods_init(&g.clients, sources, n, a);
	int r = unite_clients(&g, rows, reterr);
	if (!r)
		collect_groups(&g, ret);
	join_groups_mark(ret);
	map_done(&g.keys);
	vec_free(&g.voted);
	vec_free(&g.found);
	return r;
}
