/* Which call a line belongs to (track/). Lines without an id belong to the only call in question, else to the one whose start
 * fits the elapsed time that the line speaks of, else to the oldest; how it was decided is kept in call.link and link_sure.
 * Changes nothing of a call but these two, and a new one's beginning. */
#include "model/ids.h"
#include "model/names.h"
#include "track/internal.h"

static void mark_start(struct open_call *c, const struct event *e)
{
	if (!c->call.start.line) {
		c->call.start = (struct place){e->line, e->offset};
		c->call.source = e->source;
		if (e->session.p && !c->call.session.p)
			open_call_set(c, &c->call.session, e->session);
	}
}

struct open_call *pair_begin(struct tracker *t, const struct event *e)
{
	struct open_call *c = open_calls_add(&t->open);
	mark_start(c, e);
	c->call.id = row_id(t->key, e->offset, e->part);
	c->touched = t->count;
	return c;
}

static int64_t start_distance(const struct open_call *c, const struct event *e)
{
	instant start = c->call.sent_at != INSTANT_NONE ? c->call.sent_at : c->call.dispatched_at;
	if (start == INSTANT_NONE || e->at == INSTANT_NONE || e->duration < 0)
		return INT64_MAX;
	int64_t d = e->at - e->duration - start;
	return d < 0 ? -d : d;
}

static bool in_flight(const struct open_call *c) { return (c->sent || c->dispatched) && !c->ended; }

/* A parked call is an open one again; its lines were handed out. */
static struct open_call *take_back(struct tracker *t, uint32_t slot)
{
	struct open_call from;
	if (!parked_read(&t->parked, slot, &from))
		return NULL;
	struct open_call *c = open_calls_add(&t->open);
	const struct call k = from.call;
	c->call = k;
	c->call.server = c->call.tool = c->call.tool_use_id = c->call.session = STR_NONE;
	c->dispatched = from.dispatched;
	c->sent = from.sent;
	c->touched = t->count;
	if (k.session.n)
		open_call_set(c, &c->call.session, k.session);
	if (k.tool_use_id.n)
		open_calls_set_id(&t->open, c, k.tool_use_id);
	open_calls_set_name(&t->open, c, k.server, k.tool);
	open_calls_sink(&t->open, c);
	parked_drop(&t->parked, slot);
	return c;
}

struct open_call *pair_by_id(struct tracker *t, str id)
{
	struct open_call *c = open_calls_by_id(&t->open, id);
	const uint32_t slot = c ? 0 : parked_by_id(&t->parked, id);
	return slot ? take_back(t, slot) : c;
}

/* The best of the calls that a line may belong to. */
struct fit {
	struct open_call *open; /* NULL: a parked one */
	uint32_t slot;
	bool sent;
	unsigned candidates;
	int64_t distance, second;
};

static void weigh(struct fit *f, const struct open_call *c, const struct event *e, struct open_call *open, uint32_t slot)
{
	if (f->candidates && !c->sent && f->sent)
		return;
	int64_t d = start_distance(c, e);
	if (!f->candidates++ || d < f->distance || (d == f->distance && d == INT64_MAX) || (c->sent && !f->sent)) {
		f->second = f->distance;
		f->distance = d;
		f->open = open;
		f->slot = slot;
		f->sent = c->sent;
	} else if (d < f->second) {
		f->second = d;
	}
}

static void weigh_parked(struct tracker *t, struct fit *f, const struct event *e, bool sent)
{
	struct open_call c;
	for (uint32_t slot = parked_newest(&t->parked, e->server, e->tool, sent); slot; slot = parked_before(&t->parked, slot))
		if (parked_read(&t->parked, slot, &c))
			weigh(f, &c, e, NULL, slot);
}

/* The call in flight on (server, tool) that the line fits best; NULL when there is none. */
struct open_call *pair_running(struct tracker *t, const struct event *e)
{
	struct fit f = {.distance = INT64_MAX, .second = INT64_MAX};
	for (struct open_call *c = open_calls_first(&t->open, e->server, e->tool); c; c = open_calls_next(&t->open, c))
		if (in_flight(c))
			weigh(&f, c, e, c, 0);
	if (t->parked.live) {
		weigh_parked(t, &f, e, true);
		weigh_parked(t, &f, e, false);
	}
	struct open_call *best = f.slot ? take_back(t, f.slot) : f.open;
	if (f.candidates > 1) {
		best->call.link = LINK_ELAPSED;
		best->call.link_sure = f.distance != INT64_MAX && f.second - f.distance > 1500 * MILLISECOND;
	}
	return best;
}

/* A line about a call whose beginning is not in this log. */
struct open_call *pair_begin_unknown(struct tracker *t, const struct event *e)
{
	struct open_call *c = pair_begin(t, e);
	open_calls_set_name(&t->open, c, e->server, e->tool);
	c->sent = true;
	c->call.flags |= CALL_START_UNKNOWN;
	c->call.link = LINK_ELAPSED;
	c->call.link_sure = false;
	if (e->at != INSTANT_NONE && e->duration >= 0)
		c->call.started_at = e->at - e->duration;
	return c;
}

static struct open_call *oldest_unsent(struct tracker *t, str server, str tool, bool *ret_sure)
{
	struct open_call *found = NULL;
	*ret_sure = true;
	for (struct open_call *c = open_calls_first(&t->open, server, tool); c; c = open_calls_next(&t->open, c))
		if (c->dispatched && !c->sent && !c->ended) {
			*ret_sure = !found;
			found = c;
		}
	const uint32_t slot = parked_oldest(&t->parked, server, tool, false);
	struct open_call parked;
	if (!slot || (found && parked_read(&t->parked, slot, &parked) && parked.call.id > found->call.id)) {
		*ret_sure &= !slot;
		return found;
	}
	*ret_sure = !found && parked_newest(&t->parked, server, tool, false) == slot;
	return take_back(t, slot);
}

struct open_call *pair_unanswered(struct tracker *t, str server, str tool)
{
	struct open_call parked;
	for (struct open_call *c = open_calls_first(&t->open, server, tool); c; c = open_calls_next(&t->open, c))
		if (in_flight(c) && c->sent && !c->dispatched)
			return c;
	for (uint32_t slot = parked_newest(&t->parked, server, tool, true); slot; slot = parked_before(&t->parked, slot))
		if (parked_read(&t->parked, slot, &parked) && !parked.dispatched)
			return take_back(t, slot);
	return NULL;
}

/* The general tool name of newer clients says neither server nor tool: such a dispatch may be any call's. */
struct open_call *pair_unsent(struct tracker *t, const struct event *e)
{
	bool sure;
	struct open_call *c = oldest_unsent(t, e->server, e->tool, &sure);
	if (!c && (c = oldest_unsent(t, S(""), S(""), &sure)))
		c->call.link = LINK_ADJACENCY;
	if (c)
		c->call.link_sure = sure;
	return c;
}

/* The client said that it sends it again, and not too long ago. */
static bool is_again(const struct open_call *c, const struct event *e)
{
	return c->again && (e->at == INSTANT_NONE || c->call.ended_at == INSTANT_NONE || e->at - c->call.ended_at <= LINGER_RETRY);
}

/* A dispatch that failed and is tried again. */
struct open_call *pair_retried(struct tracker *t, const struct event *e)
{
	for (struct open_call *c = open_calls_first(&t->open, e->server, e->tool); c; c = open_calls_next(&t->open, c))
		if (is_again(c, e) || (c->ended && c->dispatched && !c->closed && open_call_has(c, LINE_FAILED)))
			return c;
	return NULL;
}

/* One that the client said to send again. */
struct open_call *pair_again(struct tracker *t, const struct event *e)
{
	for (struct open_call *c = open_calls_first(&t->open, e->server, e->tool); c; c = open_calls_next(&t->open, c))
		if (is_again(c, e))
			return c;
	return NULL;
}

struct open_call *pair_background(struct tracker *t, const struct event *e)
{
	for (struct open_call *c = open_calls_first(&t->open, e->server, e->tool); c; c = open_calls_next(&t->open, c))
		if (c->closed && c->call.outcome == OUTCOME_OK && !open_call_has(c, LINE_COMPLETED) && !open_call_has(c, LINE_FAILED))
			return c;
	return NULL;
}

/* The end of a call whose beginning is not in this log: its other lines carry no id, this one does. */
struct open_call *pair_headless(struct tracker *t, const struct event *e)
{
	for (size_t i = t->lingering.n; i-- > 0;) {
		struct open_call *c = t->open.v[t->lingering.v[i]];
		if (!c->used || c->closed || c->id_key || !(c->call.flags & CALL_START_UNKNOWN) || !name_is_mcp(e->tool))
			continue;
		if (!name_is_general(e->tool) && !name_is_tool(e->tool, c->call.server, c->call.tool))
			continue;
		if (e->at != INSTANT_NONE && c->call.ended_at != INSTANT_NONE && e->at - c->call.ended_at > SECOND)
			continue;
		open_calls_set_id(&t->open, c, e->tool_use_id);
		c->call.link_sure = true;
		return c;
	}
	return NULL;
}
