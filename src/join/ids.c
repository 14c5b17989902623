/* Calls of several sources are one (join/): debug log ↔ transcript by toolUseId; debug ↔ cache log by server, tool and time;
 * logs that carry no id ↔ transcript by tool, order and time. The debug log's call is the one that stays; the others add what
 * it does not know: the id, the result text, an end. */
#include "base/hash.h"
#include "base/map.h"
#include "join/internal.h"
#include "model/names.h"

static const struct source *source_of(const struct build *b, uint32_t index)
{
	for (size_t i = 0; i < b->group->source_count; i++)
		if (b->group->sources[i]->index == index)
			return b->group->sources[i];
	return NULL;
}

enum source_rank source_rank(const struct build *b, uint32_t index)
{
	const struct source *s = source_of(b, index);
	switch (s ? s->kind : SOURCE_UNKNOWN) {
	case SOURCE_MCP_CACHE: return RANK_CACHE;
	case SOURCE_TRANSCRIPT: return RANK_TRANSCRIPT;
	default: return RANK_LOG;
	}
}

static enum source_rank rank(const struct build *b, const struct call *c) { return source_rank(b, c->source); }

static void rename_events(struct build *b, int64_t from, int64_t to)
{
	for (size_t i = 0; i < b->events.n; i++)
		if (b->events.v[i].e.call == from)
			b->events.v[i].e.call = to;
}

static void merge_result(struct call *c, const struct call *t)
{
	c->flags |= t->flags & (CALL_RESULT_SEEN | CALL_RESULT_EMPTY | CALL_REJECTED | CALL_BACKGROUND);
	if ((t->flags & CALL_BACKGROUND) && c->outcome == OUTCOME_UNENDED)
		c->outcome = OUTCOME_BACKGROUNDED;
	if (!c->err.n && t->err.n)
		c->err = t->err;
	if (!c->class && c->outcome != OUTCOME_OK)
		c->class = t->class;
	if (c->outcome == OUTCOME_UNENDED && (t->flags & CALL_RESULT_EMPTY)) { /* an Esc that old clients do not log */
		c->outcome = OUTCOME_CANCELLED;
		c->flags |= CALL_ESC;
		c->ended_at = t->ended_at;
	} else if (c->outcome == OUTCOME_UNENDED && t->outcome == OUTCOME_ERROR) {
		c->outcome = OUTCOME_ERROR;
		c->ended_at = t->ended_at;
	} else if (c->outcome == OUTCOME_UNENDED && t->outcome == OUTCOME_OK && !(t->flags & CALL_BACKGROUND)) {
		c->outcome = OUTCOME_OK;
		c->ended_at = t->ended_at;
	}
	if (c->duration < 0 && c->ended_at != INSTANT_NONE && c->started_at != INSTANT_NONE)
		c->duration = c->ended_at - c->started_at;
}

void merge_calls(struct build *b, struct call *c, struct call *other)
{
	if (!c->tool_use_id.n)
		c->tool_use_id = other->tool_use_id;
	if (!c->server.n)
		c->server = other->server;
	if (!c->tool.n)
		c->tool = other->tool;
	if (!c->session.n)
		c->session = other->session;
	if (!c->err.n && !(other->flags & CALL_RESULT_SEEN)) {
		c->err = other->err;
		if (!c->class)
			c->class = other->class;
	}
	if (other->flags & CALL_RESULT_SEEN)
		merge_result(c, other);
	if (c->beats < other->beats) {
		c->beats = other->beats;
		c->last_beat_at = other->last_beat_at;
	}
	if (other->outcome != OUTCOME_OK || other->beats || (other->flags & ~(uint32_t)CALL_DISPATCHED))
		rename_events(b, other->id, c->id);
	*vec_push(&b->call_twins) = (struct twin){other->id, c->id};
	other->id = 0; /* gone */
}

static void by_id(struct build *b)
{
	struct map ids = {0};
	for (size_t i = 0; i < b->calls.n; i++) {
		struct call *c = &b->calls.v[i];
		uint32_t first;
		if (!c->tool_use_id.n)
			continue;
		uint64_t key = hash64(c->tool_use_id);
		if (!map_get(&ids, key, &first)) {
			map_put(&ids, key, (uint32_t)i);
			continue;
		}
		struct call *f = &b->calls.v[first];
		if (f->source == c->source || rank(b, f) == rank(b, c))
			continue;
		if (rank(b, f) > rank(b, c)) {
			map_put(&ids, key, (uint32_t)i);
			merge_calls(b, c, f);
		} else {
			merge_calls(b, f, c);
		}
	}
	map_done(&ids);
}

static bool may_be_twins(const struct build *b, const struct call *k, const struct call *c)
{
	return k->id && k != c && k->source != c->source && rank(b, k) < rank(b, c) && !(k->tool_use_id.n && c->tool_use_id.n) &&
		name_same(k->tool, c->tool) && (!k->server.n || !c->server.n || name_same(k->server, c->server)) &&
		call_began(k) != INSTANT_NONE && call_began(c) != INSTANT_NONE;
}

/* Calls without any time stand first in the order, and beside none. */
static bool within(const struct call *earlier, const struct call *later, int64_t reach)
{
	return earlier->started_at != INSTANT_NONE && later->started_at - earlier->started_at <= reach;
}

/* The nearest call that `c` may be another source's telling of: it began between `before` before c and `after` after it. */
static struct call *twin_of(struct build *b, struct call *c, int64_t before, int64_t after)
{
	struct call *best = NULL;
	int64_t best_d = INT64_MAX, reach = before + after + TRANSCRIPT_BEFORE;
	size_t at = (size_t)(c - b->calls.v), from = at, to = at;
	while (from > 0 && within(&b->calls.v[from - 1], c, reach))
		from--;
	while (to + 1 < b->calls.n && within(c, &b->calls.v[to + 1], reach))
		to++;
	for (size_t i = from; i <= to; i++) {
		struct call *k = &b->calls.v[i];
		if (!may_be_twins(b, k, c))
			continue;
		int64_t d = call_began(k) - call_began(c);
		if (d < -before || d > after)
			continue;
		d = d < 0 ? -d : d;
		if (d < best_d) {
			best = k;
			best_d = d;
		}
	}
	return best;
}

static void by_time(struct build *b, enum source_rank of_rank, int64_t before, int64_t after)
{
	for (size_t i = 0; i < b->calls.n; i++) {
		struct call *c = &b->calls.v[i];
		if (!c->id || rank(b, c) != of_rank)
			continue;
		struct call *t = twin_of(b, c, before, after);
		if (t)
			merge_calls(b, t, c);
	}
}

static int call_order(const void *a, const void *b)
{
	const struct call *x = a, *y = b;
	if (x->started_at != y->started_at)
		return x->started_at < y->started_at ? -1 : 1;
	if (x->source != y->source)
		return x->source < y->source ? -1 : 1;
	return x->start.offset < y->start.offset ? -1 : x->start.offset > y->start.offset;
}

void build_merge_calls(struct build *b)
{
	vec_sort(&b->calls, call_order);
	if (b->briefs.n) {
		build_briefs(b);
	} else if (b->group->client_count > 1) {
		by_id(b);
		by_time(b, RANK_CACHE, TWIN_WINDOW, TWIN_WINDOW);
		by_time(b, RANK_TRANSCRIPT, TRANSCRIPT_AFTER, TRANSCRIPT_BEFORE);
	}
	size_t kept = 0;
	for (size_t i = 0; i < b->calls.n; i++)
		if (b->calls.v[i].id)
			b->calls.v[kept++] = b->calls.v[i];
	b->calls.n = kept;
	vec_sort(&b->calls, call_order);
}
