/* Places the events of server-side logs beside the client's (join/).
 *
 * A timed log: its clock's offset is estimated from matching pairs (the n-th call that the client sent, the n-th that the
 * server's handler saw) and applied when it is larger than its uncertainty; local clocks without zone need it.
 * An untimed log keeps its order: an event that stands behind the n-th arrival of a call happened after the client sent its
 * n-th call and before it sent the next one. That placement is proven only when the client's log begins before the server's
 * story does (it shows the connect) and no more calls arrived than were sent. What cannot be placed keeps no time.
 *
 * Which server a log belongs to: the one its path names, else the one whose port it announces, else the only remote one. */
#include "join/internal.h"
#include "model/names.h"
#include <stdlib.h>

#define SAME_CLOCK (2 * SECOND)   /* pairs on one host differ by milliseconds */
#define WIDE_SPREAD (5 * SECOND)  /* pairs that differ more than this do not match */

struct arrivals { /* of calls: at the client when sent, at the server when handled */
	VEC(instant) at;
	VEC(size_t) index; /* into build.events or build.calls */
};

static void collect_server(struct build *b, uint32_t source, struct arrivals *ret)
{
	for (size_t i = 0; i < b->events.n; i++) {
		struct seen *s = &b->events.v[i];
		if (s->e.source != source || !event_is_arrival(&s->e))
			continue;
		*vec_push(&ret->at) = s->vt;
		*vec_push(&ret->index) = i;
	}
}

static void collect_client(struct build *b, str server, struct arrivals *ret)
{
	for (size_t i = 0; i < b->calls.n; i++) {
		const struct call *c = &b->calls.v[i];
		if ((server.n && !name_same(c->server, server)) || (c->flags & (CALL_NEVER_SENT | CALL_UNKNOWN)) || c->started_at == INSTANT_NONE)
			continue;
		const instant at = call_began(c);
		for (uint32_t k = 0; k < (c->attempts ? c->attempts : 1); k++) {
			*vec_push(&ret->at) = at;
			*vec_push(&ret->index) = i;
		}
	}
}

/* --- which server --- */

static bool is_remote_trace(const struct event *e)
{
	return e->kind == KIND_REMOTE_TRACE || e->kind == KIND_TRANSPORT_INIT || (e->kind == KIND_TRANSPORT_DROPPED);
}

static str port_of(str url)
{
	ptrdiff_t at = str_find(url, S("://"));
	str rest = at < 0 ? url : str_from(url, (size_t)at + 3);
	at = str_chr(rest, ':');
	if (at < 0)
		return STR_NONE;
	rest = str_from(rest, (size_t)at + 1);
	size_t n = 0;
	while (n < rest.n && str_is_digit(rest.p[n]))
		n++;
	return str_head(rest, n);
}

static bool announces(const struct build *b, const struct source *s, str port)
{
	for (size_t i = 0; i < b->events.n && port.n; i++)
		if (b->events.v[i].e.source == s->index && str_eq(port_of(event_field(&b->events.v[i].e, FIELD_URL)), port))
			return true;
	return false;
}

static str server_of(struct build *b, const struct source *s)
{
	str only = STR_NONE, by_port = STR_NONE;
	bool several = false;
	for (size_t i = 0; i < b->events.n; i++) {
		const struct event *e = &b->events.v[i].e;
		if ((b->events.v[i].flags & SEEN_SERVER_SIDE) || !e->server.n)
			continue;
		if (e->server.n > 2 && str_find(s->path, e->server) >= 0)
			return e->server;
		if (e->kind == KIND_TRANSPORT_INIT && !by_port.n && announces(b, s, port_of(event_field(e, FIELD_URL))))
			by_port = e->server;
		if (!is_remote_trace(e))
			continue;
		several |= only.n && !name_same(only, e->server);
		only = e->server;
	}
	return by_port.n ? by_port : several ? STR_NONE : only;
}

/* --- timed logs --- */

static int instant_order(const void *a, const void *b)
{
	instant x = *(const instant *)a, y = *(const instant *)b;
	return x < y ? -1 : x > y;
}

static bool estimate(const struct arrivals *client, const struct arrivals *server, int64_t *ret_offset, int64_t *ret_spread)
{
	size_t n = client->at.n;
	if (!n || n != server->at.n)
		return false;
	int64_t *d = mem_new(n * sizeof *d);
	for (size_t i = 0; i < n; i++)
		d[i] = client->at.v[i] - server->at.v[i];
	qsort(d, n, sizeof *d, instant_order);
	*ret_offset = d[n / 2];
	*ret_spread = d[n - 1] - d[0];
	free(d);
	return *ret_spread <= WIDE_SPREAD;
}

static void shift(struct build *b, uint32_t source, int64_t by)
{
	for (size_t i = 0; i < b->events.n; i++)
		if (b->events.v[i].e.source == source)
			b->events.v[i].vt += by;
}

static void place_timed(struct build *b, const struct source *s, const struct arrivals *client, const struct arrivals *server,
	struct clock_offset *clocks, size_t *clock_count)
{
	int64_t offset, spread;
	if (!estimate(client, server, &offset, &spread))
		return;
	bool differs = offset > SAME_CLOCK || offset < -SAME_CLOCK;
	if (differs && client->at.n < 2 && offset % (15 * MINUTE) > MINUTE && offset % (15 * MINUTE) < 14 * MINUTE)
		return; /* one pair may be chance, unless the difference is that of time zones */
	if (!differs)
		return;
	shift(b, s->index, offset);
	clocks[(*clock_count)++] = (struct clock_offset){.source = s, .offset = offset, .uncertainty = spread + SECOND, .pairs = (uint32_t)client->at.n};
}

/* --- untimed logs --- */

static bool client_saw_connect(const struct build *b, str server)
{
	for (size_t i = 0; i < b->events.n; i++) {
		const struct seen *s = &b->events.v[i];
		if (s->flags & SEEN_SERVER_SIDE)
			continue;
		if (s->e.kind == KIND_CONNECT_OK && (!server.n || name_same(s->e.server, server)))
			return true;
	}
	return false;
}

static void place_untimed(struct build *b, const struct source *s, str server, const struct arrivals *client, const struct arrivals *arrived)
{
	struct session_view *v = b->view;
	bool fits = client_saw_connect(b, server) && arrived->at.n <= client->at.n;
	size_t before = 0;
	int64_t step = 0;
	for (size_t i = 0; i < b->events.n; i++) {
		struct seen *e = &b->events.v[i];
		if (e->e.source != s->index)
			continue;
		bool arrival = event_is_arrival(&e->e);
		before += arrival;
		e->flags |= SEEN_UNTIMED;
		e->after = before && before <= client->at.n ? client->at.v[before - 1] : v->begin - MINUTE;
		e->before = before < client->at.n ? client->at.v[before] : v->finish;
		e->vt = e->after + ++step;
		if (fits)
			e->flags |= SEEN_PLACED;
	}
}

void build_server_side(struct build *b, struct clock_offset *clocks, size_t *clock_count)
{
	*clock_count = 0;
	if (!b->group->client_count)
		return;
	for (size_t i = b->group->client_count; i < b->group->source_count; i++) {
		const struct source *s = b->group->sources[i];
		struct arrivals client = {0}, server = {0};
		str name = server_of(b, s);
		collect_client(b, name, &client);
		collect_server(b, s->index, &server);
		if (s->has_times)
			place_timed(b, s, &client, &server, clocks, clock_count);
		else
			place_untimed(b, s, name, &client, &server);
		for (size_t k = 0; k < b->events.n; k++)
			if (b->events.v[k].e.source == s->index)
				b->events.v[k].e.server = name;
		vec_free(&client.at);
		vec_free(&client.index);
		vec_free(&server.at);
		vec_free(&server.index);
	}
}
