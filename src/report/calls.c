/* What tables and traces (csv_calls.c, junit.c, trace.c, otlp.c) have in common. Invents no time: a stage is where its own lines
 * put it. */
#include "report/calls.h"

#include "base/hash.h"

bool calls_untimed(const struct facts *f, const struct picture_call *p)
{
	return p->from == INSTANT_NONE || p->session >= f->picture.session_count || !f->picture.sessions[p->session].timed;
}

void calls_name(const struct call *c, struct buf *out)
{
	buf_reset(out);
	buf_add(out, c->server);
	buf_byte(out, '/');
	buf_add(out, c->tool);
	if (c->number)
		buf_printf(out, "#%u", c->number);
}

static void stage_span(const struct picture_call *p, enum stage stage, instant *from, instant *to)
{
	const instant sent = call_began(&p->call);
	const int64_t length = p->stages[stage];
	switch (stage) {
	case STAGE_PERMISSION:
		*from = p->from;
		*to = *from + length;
		break;
	case STAGE_DISPATCH:
		*from = p->call.dispatched_at;
		*to = *from == INSTANT_NONE ? INSTANT_NONE : *from + length;
		break;
	case STAGE_WIRE:
		*from = sent;
		*to = sent == INSTANT_NONE ? INSTANT_NONE : sent + length;
		break;
	case STAGE_SERVER:
		*from = p->to - length;
		*to = p->to;
		break;
	case STAGE_TURN:
	case STAGE_COUNT: break;
	}
}

bool calls_stage(const struct picture_call *p, enum stage stage, instant *ret_from, instant *ret_to)
{
	if (p->from == INSTANT_NONE || p->to == INSTANT_NONE)
		return false;
	instant before = p->from; /* end of the stages before: lines of one millisecond make them touch, never overlap */
	for (int i = 0; i <= (int)stage && i < STAGE_TURN; i++) {
		instant from = INSTANT_NONE, to = INSTANT_NONE;
		if (p->stages[i] > 0)
			stage_span(p, (enum stage)i, &from, &to);
		if (from == INSTANT_NONE || to == INSTANT_NONE)
			continue;
		from = from < before ? before : from;
		to = to > p->to ? p->to : to;
		if (from >= to)
			continue;
		before = to;
		if (i < (int)stage)
			continue;
		*ret_from = from;
		*ret_to = to;
		return true;
	}
	return false;
}

const struct incident *calls_incident(const struct facts *f, const struct picture_call *p)
{
	return p->incident < f->incident_count ? &f->incidents[p->incident] : NULL;
}

const struct server_facts *calls_server(const struct facts *f, const struct picture_call *p)
{
	return p->server < f->server_count ? &f->servers[p->server] : NULL;
}

void calls_hash(const struct call *c, const char *what, char ret_hex[33])
{
	struct buf key = {0};
	buf_printf(&key, "%s\n%.*s\n%.*s\n%.*s\n%.*s\n%u", what, STR_ARG(c->session), STR_ARG(c->server), STR_ARG(c->tool), STR_ARG(c->tool_use_id), c->number);
	hash128_hex(hash128(buf_str(&key)), ret_hex);
	buf_done(&key);
}
