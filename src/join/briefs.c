/* Healthy calls of a large session that several logs tell of (join/), in forty bytes each until it is known which of them are one
 * call. What ids.c does with calls of a small session is done here with briefs: by toolUseId, then by tool, server and time. Of twins
 * the one of the debug log stays; what is left and has no other side becomes a span.
 *
 * Calls that are kept in full take part as briefs that say where they stand, so that each meets its twin, however that one is kept.
 * Refuses nothing, drops nothing that only one log tells. */
#include "base/hash.h"
#include "base/map.h"
#include "join/internal.h"
#include "model/names.h"

enum { LONGEST_WAIT = SECOND }; /* from start to sending: of a healthy call no permission was waited for */

static uint32_t names_of(struct build *b, const struct call *c)
{
	for (size_t i = b->brief_names.n; i-- > 0;) {
		const struct brief_names *n = &b->brief_names.v[i];
		if (n->server.p == c->server.p && n->tool.p == c->tool.p)
			return (uint32_t)i;
	}
	*vec_push(&b->brief_names) = (struct brief_names){c->server, c->tool};
	return (uint32_t)b->brief_names.n - 1;
}

static struct brief *push(struct build *b, const struct call *c)
{
	struct brief *x = vec_push(&b->briefs);
	*x = (struct brief){.began = call_began(c), .row = c->id, .key = c->tool_use_id.n ? hash64(c->tool_use_id) | 1 : 0, .source = c->source & INT32_MAX};
	x->names = names_of(b, c);
	return x;
}

bool brief_take(struct build *b, const struct call *c)
{
	const int64_t waited = call_began(c) - c->started_at;
	if (waited < 0 || waited > LONGEST_WAIT)
		return false;
	struct brief *x = push(b, c);
	x->waited = (uint32_t)waited;
	x->lasted = (uint32_t)(c->ended_at - c->started_at);
	return true;
}

static void brief_full_calls(struct build *b)
{
	for (size_t i = 0; i < b->calls.n; i++) {
		struct brief *x = push(b, &b->calls.v[i]);
		x->full = true;
		x->lasted = (uint32_t)i;
	}
}

static struct call *full(struct build *b, const struct brief *x) { return x->full ? &b->calls.v[x->lasted] : NULL; }

static struct call as_call(const struct build *b, const struct brief *x)
{
	const struct brief_names *n = &b->brief_names.v[x->names];
	const instant started = x->began - x->waited;
	return (struct call){.id = x->row, .source = x->source, .server = n->server, .tool = n->tool, .started_at = started, .ended_at = started + x->lasted,
		.dispatched_at = INSTANT_NONE, .sent_at = x->began, .first_beat_at = INSTANT_NONE, .last_beat_at = INSTANT_NONE, .permission = -1,
		.duration = x->lasted, .last_elapsed = -1, .outcome = OUTCOME_OK};
}

/* Does the other side know more of a call that the debug log calls healthy than that it was? */
static bool adds(const struct call *c) { return c->beats || c->err.n || (c->flags & ~(uint32_t)(CALL_DISPATCHED | CALL_RESULT_SEEN)); }

/* Two tellings of one call: x stays. */
static void unite(struct build *b, struct brief *x, struct brief *other)
{
	struct call *c = full(b, x), *o = full(b, other);
	if (c) {
		struct call brief = as_call(b, other);
		merge_calls(b, c, o ? o : &brief);
	} else if (o && adds(o)) { /* the fuller telling is kept, and ended as the debug log says */
		const struct call brief = as_call(b, x);
		o->outcome = OUTCOME_OK;
		o->ended_at = brief.ended_at;
		o->duration = o->started_at != INSTANT_NONE ? o->ended_at - o->started_at : brief.duration;
		*vec_push(&b->call_twins) = (struct twin){x->row, o->id};
		x->full = true;
		x->lasted = other->lasted;
	} else {
		*vec_push(&b->call_twins) = (struct twin){other->row, x->row};
		if (o)
			o->id = 0; /* gone */
	}
	other->row = 0; /* gone */
}

static enum source_rank rank(const struct build *b, const struct brief *x) { return source_rank(b, x->source); }

static bool ids_on_two_sides(const struct build *b)
{
	uint32_t sides = 0;
	for (size_t i = 0; i < b->briefs.n; i++)
		if (b->briefs.v[i].key)
			sides |= 1u << rank(b, &b->briefs.v[i]);
	return sides & (sides - 1);
}

static void by_id(struct build *b)
{
	struct map ids = {0};
	for (size_t i = 0; i < b->briefs.n; i++) {
		struct brief *x = &b->briefs.v[i];
		uint32_t first;
		if (!x->key)
			continue;
		if (!map_get(&ids, x->key, &first)) {
			map_put(&ids, x->key, (uint32_t)i);
			continue;
		}
		struct brief *f = &b->briefs.v[first];
		const enum source_rank earlier = rank(b, f), later = rank(b, x);
		if (earlier > later)
			map_put(&ids, x->key, (uint32_t)i);
		if (earlier != later)
			unite(b, earlier < later ? f : x, earlier < later ? x : f);
	}
	map_done(&ids);
}

static bool may_be_twins(const struct build *b, const struct brief *k, const struct brief *x)
{
	const struct brief_names *kn = &b->brief_names.v[k->names], *xn = &b->brief_names.v[x->names];
	return k->row && k->source != x->source && rank(b, k) < rank(b, x) && !(k->key && x->key) && name_same(kn->tool, xn->tool) &&
		(!kn->server.n || !xn->server.n || name_same(kn->server, xn->server));
}

/* The nearest in time from `before` before x to `after` after it; of two as near the earlier one. */
static struct brief *twin_of(struct build *b, struct brief *x, int64_t before, int64_t after)
{
	struct brief *const begin = b->briefs.v, *const end = begin + b->briefs.n, *earlier = NULL;
	for (struct brief *k = x; k-- > begin && k->began != INSTANT_NONE && x->began - k->began <= before && !earlier;)
		if (may_be_twins(b, k, x))
			earlier = k;
	const int64_t nearer = earlier ? x->began - earlier->began - 1 : INT64_MAX;
	for (struct brief *k = x + 1; k < end && k->began - x->began <= after && k->began - x->began <= nearer; k++)
		if (may_be_twins(b, k, x))
			return k;
	return earlier;
}

static void by_time(struct build *b, enum source_rank of_rank, int64_t before, int64_t after)
{
	for (size_t i = 0; i < b->briefs.n; i++) {
		struct brief *x = &b->briefs.v[i];
		if (!x->row || x->began == INSTANT_NONE || rank(b, x) != of_rank)
			continue;
		struct brief *k = twin_of(b, x, before, after);
		if (k)
			unite(b, k, x);
	}
}

static int brief_order(const void *a, const void *b)
{
	const struct brief *x = a, *y = b;
	if (x->began != y->began)
		return x->began < y->began ? -1 : 1;
	if (x->source != y->source)
		return x->source < y->source ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

void build_briefs(struct build *b)
{
	brief_full_calls(b);
	vec_sort(&b->briefs, brief_order);
	if (ids_on_two_sides(b))
		by_id(b);
	by_time(b, RANK_CACHE, TWIN_WINDOW, TWIN_WINDOW);
	by_time(b, RANK_TRANSCRIPT, TRANSCRIPT_AFTER, TRANSCRIPT_BEFORE);
	for (size_t i = 0; i < b->briefs.n; i++) {
		const struct brief *x = &b->briefs.v[i];
		if (x->row && !x->full)
			keep_span(b, b->brief_names.v[x->names].server, x->began - x->waited, x->lasted);
	}
	vec_free(&b->briefs);
	vec_free(&b->brief_names);
}
