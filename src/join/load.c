/* Rows of a group's sources into one time line (join/). Gives every event its virtual time: its own, else one that keeps the
 * order of its source: a record without time follows its predecessor by a microsecond, and a heartbeat of an untimed log
 * moves the clock to the elapsed time that it speaks of. The virtual time is for order and windows only. */
#include "join/internal.h"
#include "model/names.h"
#include <stdlib.h>

enum { COMPACT_CALLS = 20000 }; /* above this, healthy calls of a log are kept as spans */

struct loading {
	struct build *b;
	const struct source *s;
	instant clock;      /* virtual time of the last event of this source */
	instant call_clock;
	uint64_t calls;
};

static instant advance(struct loading *l, const struct event *e)
{
	if (e->at != INSTANT_NONE)
		return l->clock = e->at;
	if (l->clock == INSTANT_NONE)
		return l->clock = 0;
	if (e->kind == KIND_CALL_BEAT && e->duration > 0)
		l->clock += 30 * SECOND;
	return ++l->clock;
}

static void on_event(void *context, const struct event *e)
{
	struct loading *l = context;
	struct seen *s = vec_push(&l->b->events);
	s->e = *e;
	s->vt = s->after = s->before = advance(l, e);
	s->order = (uint32_t)l->b->events.n;
	if (!source_is_client(l->s->kind))
		s->flags |= SEEN_SERVER_SIDE;
}

static void count(struct session_view *v, const struct call *c)
{
	v->calls_total++;
	v->calls_failed += c->outcome == OUTCOME_ERROR || c->outcome == OUTCOME_CANCELLED || c->outcome == OUTCOME_ABORTED;
	v->calls_open += c->outcome == OUTCOME_UNENDED;
}

static void on_call(void *context, const struct call *c)
{
	struct loading *l = context;
	bool plain = c->outcome == OUTCOME_OK && !c->beats && !(c->flags & ~(uint32_t)CALL_DISPATCHED) && c->permission < SECOND;
	if (plain && l->b->compact && c->started_at != INSTANT_NONE) {
		struct healthy *h = vec_push(&l->b->healthy);
		*h = (struct healthy){c->server, {c->started_at, c->ended_at}};
		count(l->b->view, c);
		return;
	}
	*vec_push(&l->b->calls) = *c;
}

static void on_count(void *context, const struct call *c)
{
	(void)c;
	((struct loading *)context)->calls++;
}

/* A log with very many calls: only what is not healthy is looked at in full. */
static int choose_compact(struct build *b, const struct join_rows *rows, struct err *reterr)
{
	struct loading l = {.b = b};
	struct arena scratch = {0};
	int r = 0;
	for (size_t i = 0; i < b->group->client_count && !r; i++) {
		if (b->group->sources[i]->records < COMPACT_CALLS)
			continue;
		r = rows->calls(rows->context, b->group->sources[i], &scratch, on_count, &l, reterr);
		arena_reset(&scratch);
	}
	arena_done(&scratch);
	b->compact = l.calls > COMPACT_CALLS;
	return r;
}

int seen_order(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;
	if (x->vt != y->vt)
		return x->vt < y->vt ? -1 : 1;
	if (x->e.source != y->e.source)
		return x->e.source < y->e.source ? -1 : 1;
	if (x->e.offset != y->e.offset)
		return x->e.offset < y->e.offset ? -1 : 1;
	return x->e.part < y->e.part ? -1 : x->e.part > y->e.part;
}

/* Calls of untimed logs take their virtual start from their first line's event. */
static void time_untimed_calls(struct build *b)
{
	for (size_t i = 0; i < b->calls.n; i++) {
		struct call *c = &b->calls.v[i];
		for (size_t k = 0; c->started_at == INSTANT_NONE && k < b->events.n; k++)
			if (b->events.v[k].e.call == c->id)
				c->started_at = b->events.v[k].vt;
		for (size_t k = b->events.n; c->ended_at == INSTANT_NONE && c->outcome != OUTCOME_UNENDED && k-- > 0;)
			if (b->events.v[k].e.call == c->id)
				c->ended_at = b->events.v[k].vt;
	}
}

int build_load(struct build *b, const struct join_rows *rows, struct err *reterr)
{
	int r = choose_compact(b, rows, reterr);
	bool untimed = false;
	for (size_t i = 0; i < b->group->source_count && !r; i++) {
		struct loading l = {.b = b, .s = b->group->sources[i], .clock = INSTANT_NONE};
		r = rows->events(rows->context, l.s, b->a, on_event, &l, reterr);
		if (!r && source_is_client(l.s->kind))
			r = rows->calls(rows->context, l.s, b->a, on_call, &l, reterr);
		untimed |= source_is_client(l.s->kind) && !l.s->has_times;
	}
	if (!r && (untimed || b->calls.n < COMPACT_CALLS / 10))
		time_untimed_calls(b);
	return r;
}
