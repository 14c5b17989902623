/* Which servers a session speaks of, how they are reached, and what belongs to each (join/). A transport is known by what the
 * log says of it (a connect line, a drop line, an URL), or by traces that only one kind leaves: a look-up of credentials is
 * made for remote servers only, a child's stderr exists for stdio only. */
#include "join/internal.h"
#include "model/names.h"
#include <stdlib.h>
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

struct naming {
	struct build *b;
	VEC(struct view_server) servers;
};

static struct view_server *server_named(struct naming *n, str name, bool add)
{
	for (size_t i = 0; i < n->servers.n; i++)
		if (name_same(n->servers.v[i].name, name))
			return &n->servers.v[i];
	if (!add)
		return NULL;
	struct view_server *s = vec_push(&n->servers);
	s->name = name;
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

static bool of_server(const struct view_server *s, const struct seen *e)
{
	return !e->e.server.p || name_same(e->e.server, s->name);
}

static void fill_server(struct build *b, struct view_server *s)
{
	for (int pass = 0; pass < 2; pass++) {
		size_t n = 0;
		for (size_t i = 0; i < b->view->event_count; i++)
			if (of_server(s, &b->view->events[i])) {
				if (pass)
					s->events[n] = &b->view->events[i];
				n++;
			}
		if (!pass)
			s->events = arena_alloc(b->a, (n + 1) * sizeof *s->events);
		s->event_count = n;
		n = 0;
		for (size_t i = 0; i < b->view->call_count; i++)
			if (name_same(b->view->calls[i].server, s->name)) {
				if (pass)
					s->calls[n] = &b->view->calls[i];
				n++;
			}
		if (!pass)
			s->calls = arena_alloc(b->a, (n + 1) * sizeof *s->calls);
		s->call_count = n;
	}
}

static int span_order(const void *a, const void *b)
{
	const struct span *x = a, *y = b;
	return x->started < y->started ? -1 : x->started > y->started;
}

static void fill_spans(struct build *b, struct view_server *s)
{
	size_t n = 0;
	for (size_t i = 0; i < b->healthy.n; i++)
		n += name_same(b->healthy.v[i].server, s->name);
	s->spans = arena_alloc(b->a, (n + 1) * sizeof *s->spans);
	for (size_t i = 0; i < b->healthy.n; i++)
		if (name_same(b->healthy.v[i].server, s->name))
			s->spans[s->span_count++] = b->healthy.v[i].span;
	qsort(s->spans, s->span_count, sizeof *s->spans, span_order);
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

static void fill_successes(struct build *b, struct view_server *s)
{
	s->successes = arena_alloc(b->a, (s->call_count + s->span_count + s->event_count + 1) * sizeof *s->successes);
	for (size_t i = 0; i < s->call_count; i++)
		if (s->calls[i]->outcome == OUTCOME_OK && s->calls[i]->ended_at != INSTANT_NONE)
			s->successes[s->success_count++] = s->calls[i]->ended_at;
	for (size_t i = 0; i < s->span_count; i++)
		s->successes[s->success_count++] = s->spans[i].ended;
	for (size_t i = 0; i < s->event_count; i++)
		if (is_reconnect(b->view, s, s->events[i]))
			s->successes[s->success_count++] = s->events[i]->vt;
	qsort(s->successes, s->success_count, sizeof *s->successes, instant_order);
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
	for (size_t i = 0; i < v->server_count; i++) {
		settle_transport(&v->servers[i]);
		fill_server(b, &v->servers[i]);
		fill_spans(b, &v->servers[i]);
		fill_successes(b, &v->servers[i]);
	}
}
