/* Where nothing but error texts is left (join/), as in a quoted excerpt or in the log of a program that is a client of MCP itself: the one
 * that says most stands for a call that failed with it, or for a failed connect. Refuses where any call or connect failed by itself. */
#include "join/internal.h"
#include "model/cause.h"

static bool stands_for_call(uint16_t kind)
{
	return kind == KIND_ERROR_TEXT || kind == KIND_CALL_ERROR_TWIN || kind == KIND_ERROR_TWIN || kind == KIND_CONNECT_ERROR ||
		kind == KIND_WIRE_ERROR || kind == KIND_TOOL_ERROR_TEXT || kind == KIND_CLIENT_ERROR;
}

/* The log of a program that is itself a client of MCP, and writes no line for each call. */
static bool of_another_client(const struct build *b)
{
	for (size_t i = 0; !b->group->client_count && i < b->events.n; i++)
		if (b->events.v[i].e.kind == KIND_CLIENT_ERROR)
			return true;
	return false;
}

/* Nothing but quoted text, or nothing but answers: whole recordings of messages tell their own story. */
static bool only_texts(const struct build *b)
{
	uint32_t kinds = 0;
	for (size_t i = 0; i < b->group->source_count; i++)
		kinds |= 1u << b->group->sources[i]->kind;
	if (b->view->excerpt || of_another_client(b))
		return true;
	for (size_t i = 0; i < b->events.n; i++)
		if (b->events.v[i].e.kind != KIND_ERROR_TEXT && !stands_for_call(b->events.v[i].e.kind))
			return false;
	return kinds == 1u << SOURCE_WIRE;
}

static bool in_group(const struct build *b, const char *name, uint16_t class)
{
	for (size_t i = 0; i < b->rules->groups.n; i++)
		if (str_eq(b->rules->groups.v[i].id, str_z(name)))
			return class < CAUSE_CLASSES && (b->rules->groups.v[i].members[class / 64] >> (class % 64) & 1);
	return false;
}

static bool calls_failed(const struct build *b)
{
	for (size_t i = 0; i < b->calls.n; i++)
		if (b->calls.v[i].outcome != OUTCOME_OK)
			return true;
	for (size_t i = 0; i < b->events.n; i++)
		if (b->events.v[i].e.kind == KIND_CONNECT_FAILED)
			return true;
	return false;
}

/* An error of the connection itself speaks only when nothing else does: clients carry on after most of them. */
static bool lone_refusal(const struct build *b, const struct seen *s)
{
	if (s->e.kind != KIND_TRANSPORT_ERROR || b->calls.n || b->healthy.n || in_group(b, "late-stream", s->e.class))
		return false;
	for (size_t i = 0; i < b->events.n; i++)
		if (b->events.v[i].e.kind == KIND_CONNECT_OK || b->events.v[i].e.kind == KIND_RECONNECT_OK || b->events.v[i].e.kind == KIND_CALL_BEAT)
			return false;
	return in_group(b, "http-answer", s->e.class) || in_group(b, "at-connect", s->e.class);
}

/* The error text that says most: errors are printed with their causes behind them, and those say why. */
static struct seen *telling_error(struct build *b)
{
	struct seen *best = NULL;
	const bool other = of_another_client(b);
	for (size_t i = 0; i < b->events.n; i++) {
		struct seen *s = &b->events.v[i];
		if (!s->e.class || (other && s->e.kind != KIND_CLIENT_ERROR) || !(stands_for_call(s->e.kind) || lone_refusal(b, s)))
			continue;
		if (!best || (in_group(b, "only-broken", best->e.class) && !in_group(b, "only-broken", s->e.class)))
			best = s;
	}
	return best;
}

/* Does the line stand in a text beside a client's log, without the name of a server? A server's own log in a form that nobody knows
 * speaks of what stands behind that server. */
static bool of_something_else(const struct build *b, const struct seen *s)
{
	bool text = b->group->beside_client, client = text;
	for (size_t i = 0; i < b->group->client_count; i++) {
		const struct source *source = b->group->sources[i];
		client |= source->kind != SOURCE_EXCERPT && source->records > 0;
		text |= source->kind == SOURCE_EXCERPT && source->index == s->e.source;
	}
	return text && client && !s->e.server.n;
}

void build_implied(struct build *b)
{
	struct seen *s = only_texts(b) && !calls_failed(b) ? telling_error(b) : NULL;
	if (!s || of_something_else(b, s))
		return;
	if (in_group(b, "at-connect", s->e.class)) {
		s->e.kind = KIND_CONNECT_FAILED;
		s->flags &= ~(uint32_t)SEEN_SERVER_SIDE;
		return;
	}
	struct call *c = vec_push(&b->calls);
	*c = (struct call){.id = s->e.id, .source = s->e.source, .server = s->e.server, .tool = s->e.tool, .started_at = s->vt, .ended_at = s->vt,
		.sent_at = INSTANT_NONE, .dispatched_at = INSTANT_NONE, .first_beat_at = INSTANT_NONE, .last_beat_at = INSTANT_NONE, .permission = -1,
		.duration = s->e.duration, .last_elapsed = -1, .flags = CALL_IMPLIED | CALL_START_UNKNOWN, .outcome = OUTCOME_ERROR, .link = LINK_ORDER,
		.class = s->e.class, .err = s->e.err, .start = {s->e.line, s->e.offset}, .end = {s->e.line, s->e.offset}};
	s->e.call = c->id;
}
