/* The client's own exit, and what it drags along (join/). Lines at or after the exit prove nothing about a server: streams are
 * dropped, requests aborted, even new connections begun. The exit is the first line of the last group of exit lines after
 * which nothing was asked of model or server any more. Also pairs the detail line of a drop with the drop. */
#include "join/internal.h"
#include "model/names.h"

#define EXIT_REACH SECOND                    /* aborts stand up to this long before the exit line */
#define DETAIL_REACH (20 * MILLISECOND)      /* the detail line follows its drop at once */

static bool is_activity(uint16_t kind)
{
	return kind == KIND_API_REQUEST || kind == KIND_CALL_DISPATCH || kind == KIND_CALL_SENT || kind == KIND_CALL_BEAT ||
		kind == KIND_CALL_COMPLETED || kind == KIND_CALL_RETRY;
}

static bool is_class(const struct build *b, uint16_t class, const char *name)
{
	return class && str_eq(intern_get(&b->rules->classes, class), str_z(name));
}

static void find_exit(struct build *b)
{
	struct session_view *v = b->view;
	size_t first = SIZE_MAX;
	v->exit_at = INSTANT_NONE;
	for (size_t i = b->events.n; i-- > 0;) {
		const struct seen *s = &b->events.v[i];
		if (s->flags & SEEN_SERVER_SIDE)
			continue;
		if (is_activity(s->e.kind))
			break;
		if (s->e.kind == KIND_CLIENT_EXIT)
			first = i;
	}
	if (first == SIZE_MAX)
		return;
	instant exit = v->exit_at = b->events.v[first].vt;
	for (size_t i = first; i-- > 0 && exit - b->events.v[i].vt <= EXIT_REACH;) {
		const struct seen *s = &b->events.v[i];
		if (s->flags & SEEN_SERVER_SIDE)
			continue;
		if (is_activity(s->e.kind))
			break;
		if (is_class(b, s->e.class, "abort") || is_class(b, s->e.class, "cancel-send") || is_class(b, s->e.class, "user-cancel"))
			v->exit_at = s->vt;
		else if (s->e.kind == KIND_TRANSPORT_CLOSED && v->exit_at - s->vt <= 5 * DETAIL_REACH)
			v->exit_at = s->vt;
	}
}

static bool is_detail(uint16_t kind) { return kind == KIND_TRANSPORT_ERROR || kind == KIND_TRANSPORT_RESET || kind == KIND_TRANSPORT_REFUSED; }

/* A drop line says nothing of its reason; the line behind it does. */
static void pair_details(struct build *b)
{
	for (size_t i = 0; i < b->events.n; i++) {
		struct seen *s = &b->events.v[i];
		if (s->e.kind != KIND_TRANSPORT_DROPPED)
			continue;
		for (size_t k = i + 1; k < b->events.n && b->events.v[k].vt - s->vt <= DETAIL_REACH; k++) {
			struct seen *d = &b->events.v[k];
			if (d->e.source != s->e.source || !name_same(d->e.server, s->e.server))
				continue;
			if (d->e.kind == KIND_TRANSPORT_DROPPED)
				break;
			if (!is_detail(d->e.kind) || (d->flags & SEEN_DETAIL))
				continue;
			s->e.class = d->e.class;
			s->e.err = d->e.err;
			d->flags |= SEEN_DETAIL;
			break;
		}
	}
}

static bool has_source(const struct build *b, enum source_kind k) { return b->view->source_kinds >> k & 1; }

/* Within reach of the end? Events without any time lie as far back as a time can: their distance fits no signed number. */
static bool near_end(const struct session_view *v, instant at)
{
	return at >= v->finish || (uint64_t)v->finish - (uint64_t)at <= (uint64_t)EXIT_REACH;
}

/* Cache logs have no line for the client's exit; there the last orderly close of a connection is its sign, when nothing was
 * asked of a server afterwards and no call failed with it. */
static void infer_exit(struct build *b)
{
	struct session_view *v = b->view;
	if (v->exit_at != INSTANT_NONE || !has_source(b, SOURCE_MCP_CACHE) || has_source(b, SOURCE_CLAUDE_DEBUG) || has_source(b, SOURCE_IDE))
		return;
	for (size_t i = b->events.n; i-- > 0 && near_end(v, b->events.v[i].vt);) {
		const struct seen *s = &b->events.v[i];
		if (s->flags & SEEN_SERVER_SIDE)
			continue;
		if (is_activity(s->e.kind) || (s->e.kind == KIND_CALL_FAILED && is_class(b, s->e.class, "closed")))
			break;
		if (s->e.kind == KIND_TRANSPORT_CLOSED)
			v->exit_at = s->vt;
	}
}

void build_exit(struct build *b)
{
	find_exit(b);
	infer_exit(b);
	pair_details(b);
	if (b->view->exit_at == INSTANT_NONE)
		return;
	for (size_t i = 0; i < b->events.n; i++)
		if (b->events.v[i].vt >= b->view->exit_at && !(b->events.v[i].flags & SEEN_SERVER_SIDE))
			b->events.v[i].flags |= SEEN_EXIT;
}
