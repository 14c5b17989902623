/* Which servers a session speaks of, how they are reached, and what belongs to each (join/). A transport is known by what the
 * log says of it (a connect line, a drop line, an URL), or by traces that only one kind leaves: a look-up of credentials is
 * made for remote servers only, a child's stderr exists for stdio only. */
#include "base/map.h"
#include "join/internal.h"
#include "model/names.h"
#include <strings.h>

struct transport_word {
	const char *word;
	uint32_t bits;
	const char *shown;
};
/* MCP's transports, and the words that clients use for them. */
static const struct transport_word words[] = {
	{"sse", TRANSPORT_REMOTE | TRANSPORT_SSE, "sse"},
	{"http", TRANSPORT_REMOTE | TRANSPORT_HTTP, "http"},
	{"streamable-http", TRANSPORT_REMOTE | TRANSPORT_HTTP, "http"},
	{"claudeai-proxy", TRANSPORT_REMOTE | TRANSPORT_HTTP, "claudeai-proxy"},
	{"claude.ai", TRANSPORT_REMOTE | TRANSPORT_HTTP, "claudeai-proxy"},
	{"remote", TRANSPORT_REMOTE, NULL}, /* what only remote servers get */
	{"ws", TRANSPORT_REMOTE, "ws"},
	{"websocket", TRANSPORT_REMOTE, "ws"},
	{"stdio", TRANSPORT_STDIO, "stdio"},
	{"undefined", TRANSPORT_STDIO, "stdio"},
	{"unknown", TRANSPORT_STDIO, "stdio"}, /* of a connection that closed */
};

static void learn(struct view_server *s, str word)
{
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strlen(words[i].word) == word.n && strncasecmp(words[i].word, word.p, word.n) == 0) {
			s->transports |= words[i].bits;
			s->said |= words[i].bits;
			if (words[i].shown)
				s->transport = str_z(words[i].shown);
			return;
		}
}

static void learn_event(struct view_server *s, const struct event *e)
{
	str word = event_field(e, FIELD_TRANSPORT);
	if (word.n)
		learn(s, word);
	if (e->kind == KIND_REMOTE_TRACE || e->kind == KIND_TRANSPORT_INIT)
		s->transports |= TRANSPORT_REMOTE;
	if (e->kind == KIND_SERVER_STDERR)
		s->transports |= TRANSPORT_STDIO;
}

struct server_index { /* to an index + 1 */
	struct map by_name;    /* of the canonical name */
	struct map by_place;   /* by where the name is stored: saves most look-ups */
};
struct naming {
	struct build *b;
	VEC(struct view_server) servers;
	struct server_index index;
};

static void index_done(struct server_index *x)
{
	map_done(&x->by_name);
	map_done(&x->by_place);
}

static void index_server(struct server_index *x, str name, size_t at)
{
	map_put(&x->by_name, name_hash(name, S("")), (uint32_t)at + 1);
}

/* Index + 1 of the server, 0 when there is none. */
static uint32_t find_server(struct server_index *x, str name)
{
	const uint64_t place = stored_key(name);
	uint32_t at = 0;
	if (!map_get(&x->by_place, place, &at) && map_get(&x->by_name, name_hash(name, S("")), &at))
		map_put(&x->by_place, place, at);
	return at;
}

static struct view_server *server_named(struct naming *n, str name, bool add)
{
	const uint32_t at = find_server(&n->index, name);
	if (at || !add)
		return at ? &n->servers.v[at - 1] : NULL;
	struct view_server *s = vec_push(&n->servers);
	s->name = name;
	index_server(&n->index, name, n->servers.n - 1);
	return s;
}

/* Client lines show the configured name; cache logs and tool names a normalised one: prefer the former. */
static void name_servers(struct naming *n)
{
	struct build *b = n->b;
	for (size_t i = 0; i < b->events.n; i++) {
		struct event *e = &b->events.v[i].e;
		if (e->server.p && !(b->events.v[i].flags & SEEN_SERVER_SIDE))
			learn_event(server_named(n, e->server, true), e);
	}
	for (size_t i = 0; i < b->calls.n; i++)
		if (b->calls.v[i].server.p)
			server_named(n, b->calls.v[i].server, true);
	for (size_t i = 0; i < b->healthy.n; i++)
		server_named(n, b->healthy.v[i].server, true);
	for (size_t i = 0; i < b->left_out.n; i++)
		if (b->left_out.v[i].server.p)
			server_named(n, b->left_out.v[i].server, true);
	if (!n->servers.n)
		server_named(n, S(""), true);
	for (size_t i = 0; i < b->events.n && n->servers.n == 1; i++) /* a cache log copied out of its directory names nobody */
		if (!b->events.v[i].e.server.p && !(b->events.v[i].flags & SEEN_SERVER_SIDE))
			learn_event(&n->servers.v[0], &b->events.v[i].e);
}

/* Lines and calls without a server name belong to the only server there is. */
static void adopt_unnamed(struct naming *n)
{
	struct build *b = n->b;
	struct view_server *only = NULL;
	size_t named = 0;
	for (size_t i = 0; i < n->servers.n; i++)
		if (n->servers.v[i].name.n) {
			named++;
			only = &n->servers.v[i];
		}
	if (named != 1)
		return;
	for (size_t i = 0; i < b->calls.n; i++)
		if (!b->calls.v[i].server.n)
			b->calls.v[i].server = only->name;
	for (size_t i = 0; i < b->left_out.n; i++)
		if (!b->left_out.v[i].server.n)
			b->left_out.v[i].server = only->name;
	for (size_t i = 0; i < n->servers.n; i++)
		if (!n->servers.v[i].name.n && &n->servers.v[i] != only) {
			only->transports |= n->servers.v[i].transports;
			only->said |= n->servers.v[i].said;
			if (!only->transport.p)
				only->transport = n->servers.v[i].transport;
			n->servers.v[i] = n->servers.v[--n->servers.n];
			break;
		}
}

static void settle_transport(struct view_server *s)
{
	if ((s->transports & TRANSPORT_REMOTE) && (s->transports & TRANSPORT_STDIO)) { /* what the log names beats a trace */
		if (!(s->said & TRANSPORT_REMOTE))
			s->transports &= ~(uint32_t)TRANSPORT_REMOTE;
		else if (!(s->said & TRANSPORT_STDIO))
			s->transports &= ~(uint32_t)TRANSPORT_STDIO;
	}
	if (!(s->transports & (TRANSPORT_REMOTE | TRANSPORT_STDIO)))
		s->transports |= TRANSPORT_UNKNOWN;
	if (s->transports & TRANSPORT_STDIO && !s->transport.p)
		s->transport = S("stdio");
}

/* The index of what belongs to no server of its own: an event of the session, which is every server's. */
#define ALL_SERVERS UINT32_MAX

/* To which server each of n things belongs (its index + 1, 0 none), and how many each server has. */
struct shares {
	uint32_t *owner;
	size_t *count;
	size_t common;
};

static struct shares make_shares(struct build *b, size_t things)
{
	struct shares s = {.owner = arena_alloc(b->a, (things + 1) * sizeof *s.owner), .count = arena_alloc(b->a, (b->view->server_count + 1) * sizeof *s.count)};
	return s;
}

static void share(struct shares *s, size_t thing, uint32_t owner)
{
	s->owner[thing] = owner;
	if (owner == ALL_SERVERS)
		s->common++;
	else if (owner)
		s->count[owner - 1]++;
}

static void fill_events(struct build *b, struct server_index *index)
{
	struct session_view *v = b->view;
	struct shares s = make_shares(b, v->event_count);
	for (size_t i = 0; i < v->event_count; i++)
		share(&s, i, v->events[i].e.server.p ? find_server(index, v->events[i].e.server) : ALL_SERVERS);
	for (size_t k = 0; k < v->server_count; k++)
		v->servers[k].events = arena_alloc(b->a, (s.count[k] + s.common + 1) * sizeof *v->servers[k].events);
	for (size_t i = 0; i < v->event_count; i++) {
		const uint32_t owner = s.owner[i];
		const size_t from = owner == ALL_SERVERS ? 0 : owner - 1, to = owner == ALL_SERVERS ? v->server_count : owner;
		for (size_t k = from; owner && k < to; k++)
			v->servers[k].events[v->servers[k].event_count++] = &v->events[i];
	}
}

static void fill_calls(struct build *b, struct server_index *index)
{
	struct session_view *v = b->view;
	struct shares s = make_shares(b, v->call_count);
	for (size_t i = 0; i < v->call_count; i++)
		share(&s, i, find_server(index, v->calls[i].server));
	for (size_t k = 0; k < v->server_count; k++)
		v->servers[k].calls = arena_alloc(b->a, (s.count[k] + 1) * sizeof *v->servers[k].calls);
	for (size_t i = 0; i < v->call_count; i++)
		if (s.owner[i])
			v->servers[s.owner[i] - 1].calls[v->servers[s.owner[i] - 1].call_count++] = &v->calls[i];
}

static int span_order(const void *a, const void *b)
{
	const struct span *x = a, *y = b;
	return x->started < y->started ? -1 : x->started > y->started;
}

/* The spans of a server are handed over, not copied: join_view_done frees them. */
static void fill_spans(struct build *b, struct server_index *index)
{
	for (size_t i = 0; i < b->healthy.n; i++) {
		struct healthy *from = &b->healthy.v[i];
		const uint32_t at = find_server(index, from->server);
		if (!at)
			continue;
		struct view_server *s = &b->view->servers[at - 1];
		if (s->span_count) { /* under another spelling of its name */
			s->spans = mem_grow(s->spans, s->span_count + from->spans.n, sizeof *s->spans);
			memcpy(s->spans + s->span_count, from->spans.v, from->spans.n * sizeof *s->spans);
			s->span_count += from->spans.n;
			continue;
		}
		s->spans = from->spans.v;
		s->span_count = from->spans.n;
		from->spans.v = NULL;
	}
	for (size_t k = 0; k < b->view->server_count; k++) {
		struct view_server *s = &b->view->servers[k];
		vec_order(s->spans, s->span_count, sizeof *s->spans, span_order);
		for (size_t i = 0; i < s->span_count; i++)
			s->span_longest = s->spans[i].lasted > s->span_longest ? s->spans[i].lasted : s->span_longest;
	}
}

static void fill_began(struct build *b, struct server_index *index)
{
	for (size_t i = 0; i < b->left_out.n; i++) {
		const struct left_out *from = &b->left_out.v[i];
		const uint32_t at = find_server(index, from->server);
		if (!at)
			continue;
		struct view_server *s = &b->view->servers[at - 1];
		s->began_first = !s->began || from->first < s->began_first ? from->first : s->began_first;
		s->began += from->calls;
	}
}

static bool is_reconnect(const struct session_view *v, const struct view_server *s, const struct seen *e)
{
	return (e->e.kind == KIND_CONNECT_OK || e->e.kind == KIND_RECONNECT_OK) && !(e->flags & (SEEN_EXIT | SEEN_SERVER_SIDE)) &&
		name_same(e->e.server, s->name) && (v->exit_at == INSTANT_NONE || e->vt < v->exit_at);
}

static int instant_order(const void *a, const void *b)
{
	instant x = *(const instant *)a, y = *(const instant *)b;
	return x < y ? -1 : x > y;
}

/* Nearly in order as a rule: the ends of calls, and connections behind them. */
static void sort_instants(instant *v, size_t n)
{
	size_t i = 1;
	for (size_t moves = 0; i < n && moves <= 8 * n; i++) {
		const instant at = v[i];
		size_t k = i;
		for (; k > 0 && v[k - 1] > at; k--)
			v[k] = v[k - 1];
		v[k] = at;
		moves += i - k;
	}
	if (i < n)
		vec_order(v, n, sizeof *v, instant_order);
}

static void fill_successes(struct build *b, struct view_server *s)
{
	s->successes = arena_alloc(b->a, (s->call_count + s->event_count + 1) * sizeof *s->successes);
	for (size_t i = 0; i < s->call_count; i++)
		if (s->calls[i]->outcome == OUTCOME_OK && s->calls[i]->ended_at != INSTANT_NONE)
			s->successes[s->success_count++] = s->calls[i]->ended_at;
	for (size_t i = 0; i < s->event_count; i++)
		if (is_reconnect(b->view, s, s->events[i]))
			s->successes[s->success_count++] = s->events[i]->vt;
	sort_instants(s->successes, s->success_count);
}

static int server_order(const void *a, const void *b)
{
	return str_cmp(((const struct view_server *)a)->name, ((const struct view_server *)b)->name);
}

void build_servers(struct build *b)
{
	struct naming n = {.b = b};
	struct session_view *v = b->view;
	name_servers(&n);
	adopt_unnamed(&n);
	vec_sort(&n.servers, server_order);
	v->servers = arena_alloc(b->a, (n.servers.n + 1) * sizeof *v->servers);
	v->server_count = n.servers.n;
	memcpy(v->servers, n.servers.v, n.servers.n * sizeof *v->servers);
	vec_free(&n.servers);
	index_done(&n.index);
	struct server_index index = {0};
	for (size_t i = 0; i < v->server_count; i++) {
		settle_transport(&v->servers[i]);
		index_server(&index, v->servers[i].name, i);
	}
	fill_events(b, &index);
	fill_calls(b, &index);
	fill_spans(b, &index);
	fill_began(b, &index);
	index_done(&index);
	for (size_t i = 0; i < v->server_count; i++)
		fill_successes(b, &v->servers[i]);
}
