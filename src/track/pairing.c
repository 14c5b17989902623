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

bool pair_in_flight(const struct open_call *c) { return (c->sent || c->dispatched) && !c->ended; }

/* The call in flight on (server, tool) that the line fits best; NULL when there is none. */
struct open_call *pair_running(struct tracker *t, const struct event *e)
{
	struct open_call *best = NULL;
	int64_t best_d = INT64_MAX, second = INT64_MAX;
	unsigned candidates = 0;
	for (struct open_call *c = open_calls_first(&t->open, e->server, e->tool); c; c = open_calls_next(&t->open, c)) {
		if (!pair_in_flight(c) || (!c->sent && best && best->sent))
			continue;
		candidates++;
		int64_t d = start_distance(c, e);
		if (!best || d < best_d || (d == best_d && d == INT64_MAX) || (c->sent && !best->sent)) {
			second = best_d;
			best = c;
			best_d = d;
		} else if (d < second) {
			second = d;
		}
	}
	if (candidates > 1) {
		best->call.link = LINK_ELAPSED;
		best->call.link_sure = best_d != INT64_MAX && second - best_d > 1500 * MILLISECOND;
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
	return found;
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

/* A dispatch that failed and is tried again. */
struct open_call *pair_retried(struct tracker *t, const struct event *e)
{
	for (struct open_call *c = open_calls_first(&t->open, e->server, e->tool); c; c = open_calls_next(&t->open, c))
		if (c->ended && !c->closed && open_call_has(c, LINE_FAILED) && (c->dispatched || (c->call.flags & CALL_RETRIED)))
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
