/* Events of one file → calls (track/).
 *
 * A call's life: dispatched (permission decided) → sent (request written) → beats → completed | failed → dispatch end. Any of
 * them may be missing: old clients write no dispatch lines, cache logs none at all, debug mode may start in the middle, a
 * paste may begin anywhere. A `failed` line inside a dispatch is not final: session recovery sends the call again. What was
 * handed out never changes, so a failed call lingers until no retry and no twin line can follow.
 *
 * Here: the life of the tracker, and when a call leaves it. What a line does stands in lines.c, which call it belongs to in
 * pairing.c.
 *
 * Refuses to judge: no cause, no ending, no notion of a hang. */
#include "track/internal.h"
#include <stdlib.h>

enum { LINGER_EVENTS = 4000 };     /* events after which a closed call is handed out even when time does not advance */
enum {
	OPEN_MOST = 1280,   /* open calls above which old ones are parked */
	OPEN_AFTER = 1024,  /* and how many stay */
	PARK_EVENTS = 512,  /* events that make a call old */
};
#define LINGER_TWIN (5 * SECOND)   /* twin lines of an error follow within milliseconds */

void track_pass_on(struct tracker *t, const struct event *e)
{
	if (t->requested)
		t->sink.event(t->sink.context, held_event(t->request));
	t->requested = false;
	t->sink.event(t->sink.context, e);
}

/* --- handing out --- */

bool track_healthy(const struct open_call *c)
{
	const struct call *k = &c->call;
	return k->outcome == OUTCOME_OK && !k->beats && !(k->flags & (CALL_RETRIED | CALL_BACKGROUND)) && k->permission < SECOND;
}

static void decide_outcome(struct open_call *c)
{
	struct call *k = &c->call;
	if (!c->ended && k->outcome == OUTCOME_OK) {
		k->outcome = OUTCOME_UNENDED;
		k->err = STR_NONE; /* of a failure that was not final */
		k->class = 0;
	}
	if ((k->flags & CALL_BACKGROUND) && k->outcome == OUTCOME_OK && !open_call_has(c, LINE_COMPLETED))
		k->outcome = OUTCOME_BACKGROUNDED;
	if ((k->flags & CALL_ESC) && (k->outcome == OUTCOME_ERROR || k->outcome == OUTCOME_ABORTED))
		k->outcome = OUTCOME_CANCELLED;
	if (k->duration < 0 && k->started_at != INSTANT_NONE && k->ended_at != INSTANT_NONE)
		k->duration = k->ended_at - k->started_at;
}

/* The lines of a call that are not handed out yet; it keeps none of them. */
static void hand_out_lines(struct tracker *t, struct open_call *c)
{
	for (int i = 0; i < LINE_COUNT; i++)
		if (open_call_has(c, (enum call_line)i)) {
			struct event *e = held_event(c->lines[i]);
			e->call = c->call.id;
			t->sink.event(t->sink.context, e);
		}
	c->kept = 0;
}

void track_hand_out(struct tracker *t, struct open_call *c)
{
	decide_outcome(c);
	if (!track_healthy(c))
		hand_out_lines(t, c);
	t->sink.call(t->sink.context, &c->call);
	t->stirred |= c->lingers;
	open_calls_remove(&t->open, c);
}

void track_linger(struct tracker *t, struct open_call *c)
{
	c->touched = t->count;
	c->lingers = true;
	t->stirred = true;
	*vec_push(&t->lingering) = c->self;
}

static bool settled(const struct tracker *t, const struct open_call *c)
{
	if (t->count - c->touched > LINGER_EVENTS)
		return true;
	if (t->now == INSTANT_NONE || c->call.ended_at == INSTANT_NONE)
		return false;
	int64_t past = t->now - c->call.ended_at;
	return past > (c->closed ? LINGER_TWIN : LINGER_RETRY) || past < -LINGER_TWIN;
}

/* When it can be settled, at the earliest. */
static void await(struct tracker *t, const struct open_call *c)
{
	const instant ended = c->call.ended_at, due = ended + (c->closed ? LINGER_TWIN : LINGER_RETRY);
	if (c->touched + LINGER_EVENTS < t->due_count)
		t->due_count = c->touched + LINGER_EVENTS;
	if (ended == INSTANT_NONE)
		return;
	if (due < t->due)
		t->due = due;
	if (ended - LINGER_TWIN > t->back)
		t->back = ended - LINGER_TWIN;
}

/* Hands out what no further line can change. Calls that came back to life (a retry) or wait for a background end stay. Failures may
 * be many at a time: they are gone through when one of them changed or may be due, not on every event. */
static void settle(struct tracker *t)
{
	size_t kept = 0;
	if (!t->stirred && t->count <= t->due_count && (t->now == INSTANT_NONE || (t->now <= t->due && t->now >= t->back)))
		return;
	t->due = INT64_MAX;
	t->back = INSTANT_NONE;
	t->due_count = UINT64_MAX;
	for (size_t i = 0; i < t->lingering.n; i++) {
		struct open_call *c = t->open.v[t->lingering.v[i]];
		bool gone = !c->used || !c->ended;
		if (!gone && settled(t, c)) {
			track_hand_out(t, c);
			gone = true;
		}
		if (gone)
			continue;
		await(t, c);
		t->lingering.v[kept++] = t->lingering.v[i];
	}
	t->lingering.n = kept;
	t->stirred = false;
}

/* --- very many open calls --- */

static int by_id(const void *a, const void *b)
{
	const struct open_call *x = *(struct open_call *const *)a, *y = *(struct open_call *const *)b;
	return x->call.id < y->call.id ? -1 : x->call.id > y->call.id;
}

/* Old calls that still have nothing but a beginning will hardly end. Many at a time, so that a call is not looked at for every event;
 * the oldest first. */
static void park(struct tracker *t)
{
	VEC(struct open_call *) old = {0};
	for (size_t i = 0; i < t->open.n; i++)
		if (t->open.v[i]->used && t->count - t->open.v[i]->touched >= PARK_EVENTS)
			*vec_push(&old) = t->open.v[i];
	vec_sort(&old, by_id);
	for (size_t i = 0; i < old.n && t->open.live > OPEN_AFTER; i++)
		if (parked_add(&t->parked, old.v[i])) {
			hand_out_lines(t, old.v[i]);
			open_calls_remove(&t->open, old.v[i]);
		}
	vec_free(&old);
	t->park_at = t->count + (OPEN_MOST - OPEN_AFTER) / 2;
}

static void hand_out_parked(struct tracker *t)
{
	struct open_call c;
	for (uint32_t slot = 1; slot <= t->parked.v.n; slot++)
		if (parked_read(&t->parked, slot, &c)) {
			decide_outcome(&c);
			t->sink.call(t->sink.context, &c.call);
		}
}

/* --- the tracker --- */

struct tracker *tracker_new(const struct rules *rules, const struct tracker_sink *sink, uint64_t generation_key)
{
	struct tracker *t = mem_new(sizeof *t);
	t->rules = rules;
	t->sink = *sink;
	t->key = generation_key;
	t->parked.key = (int64_t)generation_key;
	t->tool_error = (uint16_t)intern_find(&rules->classes, S("tool-error"));
	for (size_t i = 0; i < rules->groups.n && !t->answers; i++)
		if (str_eq(rules->groups.v[i].id, S("application")))
			t->answers = &rules->groups.v[i];
	t->now = t->esc_at = INSTANT_NONE;
	return t;
}

static void name_excerpt(struct tracker *t, struct event *e)
{
	if (e->server.n) {
		buf_reset(&t->server);
		buf_add(&t->server, e->server);
	} else if (t->server.n) {
		e->server = buf_str(&t->server);
	}
}

void tracker_push(struct tracker *t, const struct event *e)
{
	t->count++;
	if (e->at != INSTANT_NONE)
		t->now = e->at;
	if (e->excerpt) { /* people quote the name once, and then only the sentences */
		struct event named = *e;
		name_excerpt(t, &named);
		track_line(t, &named);
	} else {
		track_line(t, e);
	}
	if (t->lingering.n)
		settle(t);
	if (t->open.live > OPEN_MOST && t->count >= t->park_at)
		park(t);
}

void tracker_finish(struct tracker *t)
{
	hand_out_parked(t);
	for (size_t i = 0; i < t->open.n; i++)
		if (t->open.v[i]->used) {
			if (t->open.v[i]->again && !t->open.v[i]->vain)
				track_take_back_end(t, t->open.v[i]);
			track_hand_out(t, t->open.v[i]);
		}
	t->lingering.n = 0;
	if (t->requested)
		t->sink.event(t->sink.context, held_event(t->request));
}

void tracker_free(struct tracker *t)
{
	if (!t)
		return;
	open_calls_done(&t->open);
	parked_done(&t->parked);
	vec_free(&t->lingering);
	held_free(t->request);
	buf_done(&t->server);
	map_done(&t->hooks);
	map_done(&t->proofs);
	free(t);
}
