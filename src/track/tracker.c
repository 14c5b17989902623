/* Events of one file → calls (track/).
 *
 * A call's life: dispatched (permission decided) → sent (request written) → beats → completed | failed → dispatch end. Any of
 * them may be missing: old clients write no dispatch lines, cache logs none at all, debug mode may start in the middle, a
 * paste may begin anywhere. A `failed` line inside a dispatch is not final: session recovery sends the call again. What was
 * handed out never changes, so a failed call lingers until no retry and no twin line can follow.
 *
 * Which call a line without id belongs to: the only one in question, else the one whose start fits the elapsed time that the
 * line speaks of, else the oldest; how it was decided is kept in call.link and call.link_sure.
 *
 * Refuses to judge: no cause, no ending, no notion of a hang. */
#include "track/tracker.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/mem.h"
#include "model/ids.h"
#include "model/names.h"
#include "track/open_calls.h"
#include <stdlib.h>

enum {
	LINGER_EVENTS = 4000,  /* events after which a closed call is handed out even when time does not advance */
	ESC_WINDOW_MS = 2000,  /* an Esc ends the calls in flight within this time */
};
#define LINGER_TWIN (5 * SECOND)   /* twin lines of an error follow within milliseconds */
#define LINGER_RETRY (60 * SECOND) /* a retry may follow a whole reconnect */

struct tracker {
	const struct rules *rules;
	struct tracker_sink sink;
	uint64_t key, count;
	bool hooked;
	struct buf server;       /* last one that a line of an excerpt named */
	instant now, esc_at;
	uint64_t esc_count; /* event number of the last Esc, 0 none */
	struct open_calls open;
	VEC(uint32_t) lingering; /* indices, oldest first */
	struct held *request;    /* the last request to the model, not handed out yet */
	struct map hooks;        /* answered calls whose look-up of hooks is due, by (server, tool) */
	struct map remote;       /* servers whose remote trace was handed out */
};

typedef void push_fn(struct tracker *t, const struct event *e);

/* --- lines of a call --- */

static void keep_line(struct open_call *c, enum call_line which, const struct event *e)
{
	held_free(c->lines[which]);
	c->lines[which] = held_new(e);
}

static void mark_start(struct open_call *c, const struct event *e)
{
	if (!c->call.start.line) {
		c->call.start = (struct place){e->line, e->offset};
		c->call.source = e->source;
		if (e->session.p && !c->call.session.p)
			open_call_set(c, &c->call.session, e->session);
	}
}

static struct open_call *begin(struct tracker *t, const struct event *e)
{
	struct open_call *c = open_calls_add(&t->open);
	mark_start(c, e);
	c->call.id = row_id(t->key, e->offset, e->part);
	return c;
}

static void hand_out(struct tracker *t, struct open_call *c);

static void linger(struct tracker *t, struct open_call *c)
{
	c->touched = t->count;
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

/* Hands out what no further line can change. Calls that came back to life (a retry) or wait for a background end stay. */
static void settle(struct tracker *t)
{
	size_t kept = 0;
	for (size_t i = 0; i < t->lingering.n; i++) {
		struct open_call *c = t->open.v[t->lingering.v[i]];
		bool gone = !c->used || !c->ended;
		if (!gone && settled(t, c)) {
			hand_out(t, c);
			gone = true;
		}
		if (!gone)
			t->lingering.v[kept++] = t->lingering.v[i];
	}
	t->lingering.n = kept;
}

/* --- which call a line belongs to --- */

static int64_t start_distance(const struct open_call *c, const struct event *e)
{
	instant start = c->call.sent_at != INSTANT_NONE ? c->call.sent_at : c->call.dispatched_at;
	if (start == INSTANT_NONE || e->at == INSTANT_NONE || e->duration < 0)
		return INT64_MAX;
	int64_t d = e->at - e->duration - start;
	return d < 0 ? -d : d;
}

static bool in_flight(const struct open_call *c) { return (c->sent || c->dispatched) && !c->ended; }

/* The call in flight on (server, tool) that the line fits best; NULL when there is none. */
static struct open_call *find_running(struct tracker *t, const struct event *e)
{
	struct open_call *best = NULL;
	int64_t best_d = INT64_MAX, second = INT64_MAX;
	unsigned candidates = 0;
	for (struct open_call *c = open_calls_first(&t->open, e->server, e->tool); c; c = open_calls_next(&t->open, c)) {
		if (!in_flight(c) || (!c->sent && best && best->sent))
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
static struct open_call *begin_unknown(struct tracker *t, const struct event *e)
{
	struct open_call *c = begin(t, e);
	open_calls_set_name(&t->open, c, e->server, e->tool);
	c->sent = true;
	c->call.flags |= CALL_START_UNKNOWN;
	c->call.link = LINK_ELAPSED;
	c->call.link_sure = false;
	if (e->at != INSTANT_NONE && e->duration >= 0)
		c->call.started_at = e->at - e->duration;
	return c;
}

/* --- the lines --- */

static void on_dispatch(struct tracker *t, const struct event *e)
{
	str server, tool;
	if (!name_is_mcp(e->tool))
		return;
	struct open_call *c = begin(t, e);
	c->dispatched = true;
	c->call.flags |= CALL_DISPATCHED;
	c->call.dispatched_at = c->call.started_at = e->at;
	c->call.link = LINK_TOOL_USE_ID;
	c->call.link_sure = true;
	str perm = event_field(e, FIELD_PERM);
	int64_t ms;
	if (str_i64(perm, &ms))
		c->call.permission = ms * MILLISECOND;
	if (e->tool_use_id.n)
		open_calls_set_id(&t->open, c, e->tool_use_id);
	if (name_split(e->tool, &server, &tool))
		open_calls_set_name(&t->open, c, server, tool);
	else
		open_calls_set_name(&t->open, c, S(""), S(""));
	keep_line(c, LINE_DISPATCH, e);
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

/* A dispatch that failed and is tried again. */
static struct open_call *find_retried(struct tracker *t, const struct event *e)
{
	for (struct open_call *c = open_calls_first(&t->open, e->server, e->tool); c; c = open_calls_next(&t->open, c))
		if (c->ended && !c->closed && c->lines[LINE_FAILED] && (c->dispatched || (c->call.flags & CALL_RETRIED)))
			return c;
	return NULL;
}

static void on_sent(struct tracker *t, const struct event *e)
{
	bool sure = true;
	struct open_call *c = oldest_unsent(t, e->server, e->tool, &sure);
	if (!c && (c = oldest_unsent(t, S(""), S(""), &sure)))
		c->call.link = LINK_ADJACENCY;
	if (c) {
		c->call.link_sure = sure;
	} else if ((c = find_retried(t, e))) {
		c->call.flags |= CALL_RETRIED;
		c->ended = false;
	} else {
		c = begin(t, e);
		c->call.link = LINK_ORDER;
		c->call.link_sure = true;
	}
	open_calls_set_name(&t->open, c, e->server, e->tool);
	c->sent = true;
	c->call.attempts++;
	if (c->call.attempts == 1) {
		c->call.sent_at = e->at;
		if (c->call.started_at == INSTANT_NONE)
			c->call.started_at = e->at;
		c->call.sent = (struct place){e->line, e->offset};
		keep_line(c, LINE_SENT, e);
	}
}

static void on_beat(struct tracker *t, const struct event *e)
{
	struct open_call *c = find_running(t, e);
	if (!c) { /* a call whose dispatch ended "ok" and that goes on beating was moved to the background */
		for (c = open_calls_first(&t->open, e->server, e->tool); c; c = open_calls_next(&t->open, c))
			if (c->closed && !c->lines[LINE_COMPLETED] && !c->lines[LINE_FAILED] && c->call.outcome == OUTCOME_OK)
				break;
		if (c)
			c->call.flags |= CALL_BACKGROUND;
		else
			c = begin_unknown(t, e);
	}
	c->call.beats++;
	c->call.last_elapsed = e->duration;
	c->call.last_beat_at = e->at;
	c->call.last_beat = (struct place){e->line, e->offset};
	if (c->call.beats == 1) {
		c->call.first_beat_at = e->at;
		c->call.beat = c->call.last_beat;
		keep_line(c, LINE_BEAT, e);
	} else {
		keep_line(c, LINE_LAST_BEAT, e);
	}
}

static bool esc_just_now(const struct tracker *t)
{
	if (!t->esc_count)
		return false;
	if (t->now == INSTANT_NONE || t->esc_at == INSTANT_NONE)
		return t->count - t->esc_count < 20;
	return t->now - t->esc_at <= ESC_WINDOW_MS * MILLISECOND && t->now >= t->esc_at;
}

static void set_error(struct tracker *t, struct open_call *c, const struct event *e)
{
	if (e->err.n && !c->call.err.n)
		open_call_set(c, &c->call.err, e->err);
	if (e->class && !c->call.class)
		c->call.class = e->class;
	if (esc_just_now(t))
		c->call.flags |= CALL_ESC;
}

static void mark_end(struct open_call *c, const struct event *e)
{
	c->call.ended_at = e->at;
	c->call.end = (struct place){e->line, e->offset};
	if (e->duration >= 0)
		c->call.duration = e->duration;
	c->ended = true;
}

static struct open_call *find_background(struct tracker *t, const struct event *e)
{
	for (struct open_call *c = open_calls_first(&t->open, e->server, e->tool); c; c = open_calls_next(&t->open, c))
		if (c->closed && c->call.outcome == OUTCOME_OK && !c->lines[LINE_COMPLETED] && !c->lines[LINE_FAILED])
			return c;
	return NULL;
}

static void owe_hook(struct tracker *t, const struct open_call *c, const struct event *e)
{
	uint64_t key = name_hash(e->server, e->tool);
	uint32_t owed = 0;
	if (c->dispatched || !t->hooked)
		return;
	map_get(&t->hooks, key, &owed);
	map_put(&t->hooks, key, owed + 1);
}

static void on_completed(struct tracker *t, const struct event *e)
{
	struct open_call *c = find_running(t, e);
	if (!c && (c = find_background(t, e)))
		c->call.flags |= CALL_BACKGROUND;
	if (!c)
		c = begin_unknown(t, e);
	keep_line(c, LINE_COMPLETED, e);
	mark_end(c, e);
	c->call.outcome = OUTCOME_OK;
	c->call.class = 0;
	c->call.err = STR_NONE;
	owe_hook(t, c, e);
	if (c->call.flags & CALL_START_UNKNOWN)
		linger(t, c); /* its dispatch end may follow and name its id */
	else if (!c->dispatched || c->closed)
		hand_out(t, c);
}

static void on_failed(struct tracker *t, const struct event *e)
{
	struct open_call *c = find_running(t, e);
	if (!c)
		c = begin_unknown(t, e);
	if (c->call.flags & CALL_RETRIED) { /* the last failure counts */
		c->call.err = STR_NONE;
		c->call.class = 0;
	}
	keep_line(c, LINE_FAILED, e);
	mark_end(c, e);
	set_error(t, c, e);
	c->call.outcome = OUTCOME_ERROR;
	owe_hook(t, c, e);
	linger(t, c);
}

static void on_retry(struct tracker *t, const struct event *e)
{
	for (struct open_call *c = open_calls_first(&t->open, e->server, e->tool); c; c = open_calls_next(&t->open, c))
		if (c->ended && !c->closed && c->lines[LINE_FAILED]) {
			c->call.flags |= CALL_RETRIED;
			keep_line(c, LINE_RETRY, e);
			c->touched = t->count;
			return;
		}
}

static void on_aborting(struct tracker *t, const struct event *e)
{
	struct open_call *c = find_running(t, e);
	if (!c)
		return;
	keep_line(c, LINE_ABORTING, e);
	if (e->class)
		c->call.class = e->class;
}

/* The end of a call whose beginning is not in this log: its other lines carry no id, this one does. */
static struct open_call *find_headless(struct tracker *t, const struct event *e)
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

static void on_dispatch_end(struct tracker *t, const struct event *e)
{
	str outcome = event_field(e, FIELD_OUTCOME);
	struct open_call *c = open_calls_by_id(&t->open, e->tool_use_id);
	if (!c)
		c = find_headless(t, e);
	if (!c) {
		str server = STR_NONE, tool = STR_NONE;
		if (!name_is_mcp(e->tool))
			return;
		name_split(e->tool, &server, &tool);
		c = begin(t, e);
		open_calls_set_id(&t->open, c, e->tool_use_id);
		open_calls_set_name(&t->open, c, server, tool);
		c->call.flags |= CALL_START_UNKNOWN;
		c->call.link = LINK_TOOL_USE_ID;
		c->call.link_sure = true;
		if (e->at != INSTANT_NONE && e->duration >= 0)
			c->call.started_at = e->at - e->duration;
	}
	bool had_end = c->ended;
	keep_line(c, LINE_END, e);
	if (!had_end || !c->lines[LINE_COMPLETED])
		mark_end(c, e);
	else if (e->duration >= 0)
		c->call.duration = e->duration;
	c->ended = c->closed = true;
	if (!c->sent)
		c->call.flags |= CALL_NEVER_SENT;
	if (esc_just_now(t) && !c->lines[LINE_COMPLETED])
		c->call.flags |= CALL_ESC;
	if (str_eq(outcome, S("ok")))
		c->call.outcome = OUTCOME_OK;
	else if (str_eq(outcome, S("aborted")))
		c->call.outcome = OUTCOME_ABORTED;
	else
		c->call.outcome = OUTCOME_ERROR;
	if (c->call.outcome == OUTCOME_OK && c->lines[LINE_COMPLETED])
		hand_out(t, c); /* also when it lingered: settle() skips what is gone */
	else if (c->call.outcome != OUTCOME_OK || !c->sent)
		linger(t, c); /* twin lines follow; an "ok" without answer may beat on in the background until finish */
}

static void on_error_twin(struct tracker *t, const struct event *e)
{
	for (size_t i = t->lingering.n; i-- > 0;) {
		struct open_call *c = t->open.v[t->lingering.v[i]];
		if (!c->used || !c->closed || c->lines[LINE_TWIN] || c->call.duration != e->duration)
			continue;
		keep_line(c, LINE_TWIN, e);
		set_error(t, c, e);
		return;
	}
}

static void on_unknown_tool(struct tracker *t, const struct event *e)
{
	str server = STR_NONE, tool = STR_NONE;
	if (!name_is_mcp(e->tool))
		return;
	struct open_call *c = e->tool_use_id.n ? open_calls_by_id(&t->open, e->tool_use_id) : NULL;
	if (!c) {
		c = begin(t, e);
		if (e->tool_use_id.n)
			open_calls_set_id(&t->open, c, e->tool_use_id);
	}
	name_split(e->tool, &server, &tool);
	open_calls_set_name(&t->open, c, server, tool);
	c->call.flags |= CALL_UNKNOWN | CALL_NEVER_SENT;
	c->call.link = LINK_TOOL_USE_ID;
	c->call.link_sure = true;
	c->call.started_at = e->at;
	c->call.class = e->class;
	if (!c->call.err.n)
		open_call_set(c, &c->call.err, e->text);
	keep_line(c, LINE_FAILED, e);
	mark_end(c, e);
	c->call.duration = 0;
	c->call.outcome = OUTCOME_ERROR;
	c->closed = true;
	linger(t, c);
}

/* Only clients that look hooks up before a call do so after it. */
static void on_hook_pre(struct tracker *t, const struct event *e)
{
	t->hooked |= name_is_mcp(e->tool);
}

/* Old clients write nothing for an Esc but look up the hooks that run after the call. */
static void on_hook_post(struct tracker *t, const struct event *e)
{
	str server, tool;
	uint32_t owed;
	if (!name_split(e->tool, &server, &tool))
		return;
	uint64_t key = name_hash(server, tool); /* a call that was answered looks its hooks up too */
	if (map_get(&t->hooks, key, &owed) && owed > 0) {
		map_put(&t->hooks, key, owed - 1);
		return;
	}
	for (struct open_call *c = open_calls_first(&t->open, server, tool); c; c = open_calls_next(&t->open, c))
		if (in_flight(c) && c->sent && !c->dispatched) {
			keep_line(c, LINE_END, e);
			mark_end(c, e);
			c->call.outcome = OUTCOME_CANCELLED;
			c->call.flags |= CALL_ESC;
			c->closed = true;
			linger(t, c);
			return;
		}
}

/* Requests to the model matter as "the client was alive here": only the last one before something else happens is a row. */
static void on_api_request(struct tracker *t, const struct event *e)
{
	held_free(t->request);
	t->request = held_new(e);
}

static void pass_on(struct tracker *t, const struct event *e)
{
	if (t->request) {
		t->sink.event(t->sink.context, held_event(t->request));
		held_free(t->request);
		t->request = NULL;
	}
	t->sink.event(t->sink.context, e);
}

/* A look-up of credentials shows that the server is remote; once is enough. */
static void on_remote_trace(struct tracker *t, const struct event *e)
{
	uint64_t key = name_hash(e->server, S("remote"));
	uint32_t seen;
	if (map_get(&t->remote, key, &seen))
		return;
	map_put(&t->remote, key, 1);
	pass_on(t, e);
}

static void on_esc(struct tracker *t, const struct event *e)
{
	t->esc_at = e->at;
	t->esc_count = t->count;
	pass_on(t, e);
}

/* --- transcripts: ids only --- */

static void on_tool_use(struct tracker *t, const struct event *e)
{
	str server, tool;
	if (!name_split(e->tool, &server, &tool) || open_calls_by_id(&t->open, e->tool_use_id))
		return;
	struct open_call *c = begin(t, e);
	open_calls_set_id(&t->open, c, e->tool_use_id);
	open_calls_set_name(&t->open, c, server, tool);
	c->call.started_at = e->at;
	c->call.link = LINK_TRANSCRIPT;
	c->call.link_sure = true;
	c->dispatched = true;
	keep_line(c, LINE_DISPATCH, e);
}

static void on_tool_result(struct tracker *t, const struct event *e)
{
	struct open_call *c = open_calls_by_id(&t->open, e->tool_use_id);
	str outcome = event_field(e, FIELD_OUTCOME);
	if (!c)
		return;
	keep_line(c, LINE_END, e);
	mark_end(c, e);
	c->closed = true;
	c->call.flags |= CALL_RESULT_SEEN;
	c->call.outcome = OUTCOME_OK;
	if (str_eq(outcome, S("receipt"))) {
		c->call.flags |= CALL_BACKGROUND;
	} else if (str_eq(outcome, S("empty"))) {
		c->call.flags |= CALL_RESULT_EMPTY;
		c->call.outcome = OUTCOME_CANCELLED;
	} else if (!str_eq(outcome, S("ok"))) {
		c->call.outcome = OUTCOME_ERROR;
		if (str_eq(outcome, S("rejected")))
			c->call.flags |= CALL_REJECTED;
		set_error(t, c, e);
	}
	hand_out(t, c);
}

static push_fn *const handlers[KIND_COUNT] = {
	[KIND_CALL_DISPATCH] = on_dispatch,
	[KIND_CALL_DISPATCH_END] = on_dispatch_end,
	[KIND_CALL_SENT] = on_sent,
	[KIND_CALL_BEAT] = on_beat,
	[KIND_CALL_COMPLETED] = on_completed,
	[KIND_CALL_FAILED] = on_failed,
	[KIND_CALL_RETRY] = on_retry,
	[KIND_CALL_ABORTING] = on_aborting,
	[KIND_CALL_ERROR_TWIN] = on_error_twin,
	[KIND_CALL_UNKNOWN_TOOL] = on_unknown_tool,
	[KIND_CALL_HOOK_PRE] = on_hook_pre,
	[KIND_CALL_HOOK_POST] = on_hook_post,
	[KIND_CANCEL_USER] = on_esc,
	[KIND_API_REQUEST] = on_api_request,
	[KIND_REMOTE_TRACE] = on_remote_trace,
	[KIND_TOOL_USE] = on_tool_use,
	[KIND_TOOL_RESULT] = on_tool_result,
};

/* --- handing out --- */

static bool healthy(const struct open_call *c)
{
	const struct call *k = &c->call;
	return k->outcome == OUTCOME_OK && !k->beats && !(k->flags & (CALL_RETRIED | CALL_BACKGROUND)) && k->permission < SECOND;
}

static void decide_outcome(struct open_call *c)
{
	struct call *k = &c->call;
	if (!c->ended && k->outcome == OUTCOME_OK)
		k->outcome = OUTCOME_UNENDED;
	if ((k->flags & CALL_BACKGROUND) && k->outcome == OUTCOME_OK && !c->lines[LINE_COMPLETED])
		k->outcome = OUTCOME_BACKGROUNDED;
	if ((k->flags & CALL_ESC) && (k->outcome == OUTCOME_ERROR || k->outcome == OUTCOME_ABORTED))
		k->outcome = OUTCOME_CANCELLED;
	if (k->duration < 0 && k->started_at != INSTANT_NONE && k->ended_at != INSTANT_NONE)
		k->duration = k->ended_at - k->started_at;
}

static void hand_out(struct tracker *t, struct open_call *c)
{
	decide_outcome(c);
	if (!healthy(c))
		for (int i = 0; i < LINE_COUNT; i++)
			if (c->lines[i]) {
				struct event *e = held_event(c->lines[i]);
				e->call = c->call.id;
				t->sink.event(t->sink.context, e);
			}
	t->sink.call(t->sink.context, &c->call);
	open_calls_remove(&t->open, c);
}

struct tracker *tracker_new(const struct rules *rules, const struct tracker_sink *sink, uint64_t generation_key)
{
	struct tracker *t = mem_new(sizeof *t);
	t->rules = rules;
	t->sink = *sink;
	t->key = generation_key;
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
	struct event named = *e;
	if (e->excerpt) /* people quote the name once, and then only the sentences */
		name_excerpt(t, &named);
	push_fn *f = e->kind < KIND_COUNT ? handlers[e->kind] : NULL;
	(f ? f : pass_on)(t, &named);
	if (t->lingering.n)
		settle(t);
}

void tracker_finish(struct tracker *t)
{
	for (size_t i = 0; i < t->open.n; i++)
		if (t->open.v[i]->used)
			hand_out(t, t->open.v[i]);
	t->lingering.n = 0;
	if (t->request)
		t->sink.event(t->sink.context, held_event(t->request));
}

void tracker_free(struct tracker *t)
{
	if (!t)
		return;
	open_calls_done(&t->open);
	vec_free(&t->lingering);
	held_free(t->request);
	buf_done(&t->server);
	map_done(&t->hooks);
	map_done(&t->remote);
	free(t);
}
