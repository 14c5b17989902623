/*
 * What stands under the calls of a picture: the lanes of connections, and of the logs of servers and proxies.
 *
 * A connection's lane is made from its marks, also of those before the picture: connected until a drop, down until the client
 * says that it is back or a later call is answered. Refuses to guess a connection from calls alone.
 */
#include "report/lanes_parts.h"

enum { CONNECTION_LANES = 12, ALL_CONNECTION_LANES = 24, LOG_LANES = 16 };

struct connecting { /* a connection's story so far */
	struct drawing *d;
	const struct drawing_options *options;
	struct lane lane;
	VEC(struct bar) bars;
	VEC(const struct picture_mark *) marks;
	bool open, down;
	instant since;
	size_t lanes;
};

static void end_bar(struct connecting *c, instant at, bool beyond)
{
	if (c->open)
		*vec_push(&c->bars) = (struct bar){c->since, at, c->down ? BAR_DOWN : BAR_CONNECTED, c->since == INSTANT_NONE, beyond};
}

/* The lane is copied into the drawing when something of it can be seen. */
static void end_lane(struct connecting *c)
{
	struct drawing *d = c->d;
	bool seen = false;
	for (size_t i = 0; i < c->bars.n; i++)
		seen |= c->bars.v[i].to >= d->axis.from && c->bars.v[i].from <= d->axis.to;
	for (size_t i = 0; i < c->marks.n; i++)
		seen |= lanes_within(d, c->marks.v[i]);
	if (seen && (c->lanes >= CONNECTION_LANES || d->connections >= ALL_CONNECTION_LANES))
		d->marks_left_out += c->marks.n;
	else if (seen) {
		struct lane *l = lanes_add(d, LANE_CONNECTION, SIDE_TRANSPORT, c->lane.label, c->lane.server);
		l->more = c->lane.more;
		for (size_t i = 0; i < c->bars.n; i++)
			lanes_add_bar(d, l, c->bars.v[i].from == INSTANT_NONE ? d->axis.from : c->bars.v[i].from, c->bars.v[i].to, c->bars.v[i].style,
				c->bars.v[i].before, c->bars.v[i].beyond);
		for (size_t i = 0; i < c->marks.n; i++)
			lanes_add_mark(d, l, c->marks.v[i], c->options->most_marks);
		c->lanes++;
		d->connections++;
	}
	c->bars.n = c->marks.n = 0;
	c->open = c->down = false;
}

/* The start of the first answered call after a drop: the connection must be back then. NONE when there is none. */
static instant answered_after(const struct drawing *d, uint32_t server, instant at)
{
	for (size_t k = 0; k < d->session->call_count; k++) {
		const struct picture_call *c = &calls_of(d)[k];
		if (c->from != INSTANT_NONE && c->from > at && c->server == server && went_well(c))
			return c->from;
	}
	return INSTANT_NONE;
}

static void come_back(struct connecting *c, instant at)
{
	end_bar(c, at, false);
	c->open = true;
	c->down = false;
	c->since = at;
}

/* What the client did not say: that a stream is back. */
static void silently_back(struct connecting *c, instant until)
{
	if (!c->open || !c->down)
		return;
	const instant at = answered_after(c->d, c->lane.server, c->since);
	if (at != INSTANT_NONE && at < until)
		come_back(c, at);
}

static void drop(struct connecting *c, instant at)
{
	if (!c->open) {
		c->open = true;
		c->since = INSTANT_NONE;
	}
	if (c->down)
		return;
	end_bar(c, at, false);
	c->down = true;
	c->since = at;
}

static void step(struct connecting *c, const struct picture_mark *m)
{
	silently_back(c, m->at);
	if (m->kind == MARK_CONNECT && c->open) {
		end_bar(c, m->at, false);
		end_lane(c);
	}
	if (m->kind == MARK_CONNECT || m->kind == MARK_RECONNECT)
		come_back(c, m->at);
	else if (m->kind == MARK_DROP)
		drop(c, m->at);
	*vec_push(&c->marks) = m;
	c->lane.more = m->transport;
	if (m->kind != MARK_CLOSE)
		return;
	if (!c->open) {
		c->open = true;
		c->since = INSTANT_NONE;
	}
	end_bar(c, m->at, false);
	end_lane(c);
}

void lanes_of_connections(struct drawing *d, uint32_t server, const struct drawing_options *o)
{
	struct connecting c = {.d = d, .options = o};
	c.lane = (struct lane){.label = server < d->facts->server_count ? lanes_server_name(d, server) : S("connection"), .server = server};
	for (size_t k = 0; k < d->session->mark_count; k++) {
		const struct picture_mark *m = &marks_of(d)[k];
		if (m->server == server && m->side == SIDE_TRANSPORT && lanes_is_from_client(m) && lanes_concerns(d, m) && !lanes_is_said_twice(d, k))
			step(&c, m);
	}
	silently_back(&c, d->axis.to);
	end_bar(&c, d->axis.to, true);
	end_lane(&c);
	vec_free(&c.bars);
	vec_free(&c.marks);
}

static str base_name(str path)
{
	size_t at = path.n;
	while (at && path.p[at - 1] != '/')
		at--;
	return str_from(path, at);
}

/* A lane per log of a server or proxy, and one per server for what the client heard of its process. */
void lanes_of_logs(struct drawing *d, enum side side, const struct drawing_options *o)
{
	const size_t first = d->lanes.n;
	for (size_t k = 0; k < d->session->mark_count; k++) {
		const struct picture_mark *m = &marks_of(d)[k];
		const struct source *own = lanes_is_from_client(m) ? NULL : m->where.source;
		if (m->side != side || !lanes_within(d, m) || !lanes_concerns(d, m) || (side == SIDE_TRANSPORT && !own))
			continue;
		bool known = false;
		for (size_t i = first; i < d->lanes.n && !known; i++)
			known = own ? d->marks.v[d->lanes.v[i].first_mark]->where.source == own : !d->lanes.v[i].label.n && d->lanes.v[i].server == m->server;
		if (known)
			continue;
		if (d->lanes.n - first >= LOG_LANES) {
			d->marks_left_out++;
			continue;
		}
		struct lane *l = lanes_add(d, LANE_SERVER, side, own ? base_name(own->path) : STR_NONE, m->server);
		l->more = lanes_server_name(d, m->server);
		for (size_t i = k; i < d->session->mark_count; i++) {
			const struct picture_mark *n = &marks_of(d)[i];
			const struct source *its = lanes_is_from_client(n) ? NULL : n->where.source;
			if (n->side == side && its == own && (own || n->server == m->server) && lanes_concerns(d, n))
				lanes_add_mark(d, l, n, o->most_marks);
		}
	}
	for (size_t i = first; i < d->lanes.n; i++)
		if (!d->lanes.v[i].label.n)
			d->lanes.v[i].label = d->lanes.v[i].more.n ? d->lanes.v[i].more : S("server");
}
