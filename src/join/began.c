/* Calls of a large session of which nothing but a beginning is known (join/): neither an end nor a sign of life. A log may hold a
 * million of them, all alike; the first and the last ones are looked at one by one, those between are counted for their server.
 *
 * Refuses sessions without dispatch lines: there a call that was cancelled leaves nothing else either, and the next one tells
 * (ending.c). Refuses sessions of several logs: another one may know the end. */
#include "join/internal.h"
#include <stdlib.h>

enum { BEGAN_FIRST = 1000, BEGAN_LAST = 4000, LONGEST_ID = 64 };

struct began_call {
	struct call call;
	char id[LONGEST_ID]; /* of the call; it is copied when the call stays */
};

static bool only_began(const struct build *b, const struct call *c)
{
	return b->compact && b->group->client_count == 1 && c->outcome == OUTCOME_UNENDED && !c->beats && !c->class && !c->err.n && c->attempts <= 1 &&
		c->flags == CALL_DISPATCHED && c->permission < SECOND && c->last_elapsed < 0 && c->started_at != INSTANT_NONE && c->tool_use_id.n <= LONGEST_ID;
}

static void leave_out(struct build *b, const struct call *c)
{
	struct left_out *of = NULL;
	for (size_t i = 0; i < b->left_out.n && !of; i++)
		if (str_eq(b->left_out.v[i].server, c->server))
			of = &b->left_out.v[i];
	if (!of) {
		of = vec_push(&b->left_out);
		of->server = c->server;
		of->first = c->started_at;
	}
	of->calls++;
	of->first = c->started_at < of->first ? c->started_at : of->first;
}

bool began_take(struct build *b, const struct call *c)
{
	if (!only_began(b, c) || b->began_count++ < BEGAN_FIRST)
		return false;
	if (!b->began)
		b->began = mem_grow(NULL, BEGAN_LAST, sizeof *b->began);
	const size_t at = b->began_count % BEGAN_LAST;
	struct began_call *last = &b->began[at];
	if (b->began_count > BEGAN_FIRST + BEGAN_LAST)
		leave_out(b, &last->call);
	last->call = *c;
	if (c->tool_use_id.n)
		memcpy(last->id, c->tool_use_id.p, c->tool_use_id.n);
	return true;
}

void began_end(struct build *b)
{
	const size_t late = b->began_count > BEGAN_FIRST ? b->began_count - BEGAN_FIRST : 0, n = late < BEGAN_LAST ? late : BEGAN_LAST;
	for (size_t i = b->began_count - n + 1; n && i <= b->began_count; i++) {
		const struct began_call *last = &b->began[i % BEGAN_LAST];
		struct call *c = vec_push(&b->calls);
		*c = last->call;
		c->tool_use_id = c->tool_use_id.p ? arena_str(b->a, (str){last->id, c->tool_use_id.n}) : STR_NONE;
	}
	free(b->began);
	b->began = NULL;
}
