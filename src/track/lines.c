/* What each kind of line does to a call (track/): one handler per kind, in a table; kinds without one are passed on. A handler
 * looks its call up (pairing.c), changes it, keeps the line, and says when nothing more can follow.
 *
 * A `failed` line inside a dispatch is not final: session recovery sends the call again. */
#include "base/hash.h"
#include "model/names.h"
#include "track/internal.h"

typedef void line_fn(struct tracker *t, const struct event *e);

/* --- what several lines do --- */

static void mark_end(struct open_call *c, const struct event *e)
{
	c->call.ended_at = e->at;
	c->call.end = (struct place){e->line, e->offset};
	if (e->duration >= 0)
		c->call.duration = e->duration;
	c->ended = true;
}

/* Its failure was not final: it runs again. The error stays until there is another one, or none. */
void track_take_back_end(struct tracker *t, struct open_call *c)
{
	struct call *k = &c->call;
	k->flags |= CALL_RETRIED;
	k->outcome = OUTCOME_OK;
	k->ended_at = INSTANT_NONE;
	k->end = (struct place){0};
	k->duration = -1;
	c->ended = c->again = c->vain = false;
	t->stirred |= c->lingers;
}

/* A line of a call that runs shows that it was sent again, also where that line is missing. */
static struct open_call *running(struct tracker *t, const struct event *e)
{
	struct open_call *c = pair_running(t, e);
	if (!c && (c = pair_again(t, e)))
		track_take_back_end(t, c);
	return c;
}

/* The last line of a call. */
static void end_with(struct tracker *t, struct open_call *c, enum call_line which, const struct event *e)
{
	if (!track_healthy(c))
		open_call_keep(c, which, e);
	track_hand_out(t, c);
}

static bool esc_just_now(const struct tracker *t)
{
	if (!t->esc_count)
		return false;
	if (t->now == INSTANT_NONE || t->esc_at == INSTANT_NONE)
		return t->count - t->esc_count < 20;
	return t->now - t->esc_at <= ESC_REACH && t->now >= t->esc_at;
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

static void owe_hook(struct tracker *t, const struct open_call *c, const struct event *e)
{
	uint32_t owed = 0;
	if (c->dispatched || !t->hooked)
		return;
	const uint64_t key = name_hash(e->server, e->tool);
	map_get(&t->hooks, key, &owed);
	map_put(&t->hooks, key, owed + 1);
}

/* --- calls, from their dispatch to their end --- */

static void on_dispatch(struct tracker *t, const struct event *e)
{
	str server, tool;
	if (!name_is_mcp(e->tool))
		return;
	struct open_call *c = pair_begin(t, e);
	c->dispatched = true;
	c->call.flags |= CALL_DISPATCHED;
	c->call.dispatched_at = c->call.started_at = e->at;
	c->call.link = LINK_TOOL_USE_ID;
	c->call.link_sure = true;
	str perm = event_field(e, FIELD_PERM);
	int64_t ms;
	if (str_i64(perm, &ms) && ms >= 0 && ms < LIMIT_DURATION / MILLISECOND)
		c->call.permission = ms * MILLISECOND;
	if (e->tool_use_id.n)
		open_calls_set_id(&t->open, c, e->tool_use_id);
	if (name_split(e->tool, &server, &tool))
		open_calls_set_name(&t->open, c, server, tool);
	else
		open_calls_set_name(&t->open, c, S(""), S(""));
	open_call_keep(c, LINE_DISPATCH, e);
}

static void on_sent(struct tracker *t, const struct event *e)
{
	struct open_call *c = pair_unsent(t, e);
	if (!c && (c = pair_retried(t, e))) {
		track_take_back_end(t, c);
	} else if (!c) {
		c = pair_begin(t, e);
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
		open_call_keep(c, LINE_SENT, e);
	}
}

static void on_beat(struct tracker *t, const struct event *e)
{
	struct open_call *c = running(t, e);
	if (!c && (c = pair_background(t, e))) /* it goes on beating: moved to the background */
		c->call.flags |= CALL_BACKGROUND;
	if (!c)
		c = pair_begin_unknown(t, e);
	c->call.beats++;
	c->call.last_elapsed = e->duration;
	c->call.last_beat_at = e->at;
	c->call.last_beat = (struct place){e->line, e->offset};
	if (c->call.beats == 1) {
		c->call.first_beat_at = e->at;
		c->call.beat = c->call.last_beat;
		open_call_keep(c, LINE_BEAT, e);
	} else {
		open_call_keep(c, LINE_LAST_BEAT, e);
	}
}

static void on_completed(struct tracker *t, const struct event *e)
{
	struct open_call *c = running(t, e);
	if (!c && (c = pair_background(t, e)))
		c->call.flags |= CALL_BACKGROUND;
	if (!c)
		c = pair_begin_unknown(t, e);
	mark_end(c, e);
	c->call.outcome = OUTCOME_OK;
	c->call.class = 0;
	c->call.err = STR_NONE;
	owe_hook(t, c, e);
	if (!(c->call.flags & CALL_START_UNKNOWN) && (!c->dispatched || c->closed)) {
		end_with(t, c, LINE_COMPLETED, e);
		return;
	}
	open_call_keep(c, LINE_COMPLETED, e);
	if (c->call.flags & CALL_START_UNKNOWN)
		track_linger(t, c); /* its dispatch end may follow and name its id */
}

/* The client prints what a tool answers with isError once more, before the failed line and word for word, as it prints no error of
 * the transport. So a tool's "connect ECONNREFUSED" is told apart from a server that is gone. */
static uint64_t answer_key(str server, str type, str err)
{
	const uint64_t key = name_hash(server, str_head(str_trim(str_word(&err, '\n')), 200));
	return type.n ? key ^ hash64(type) : key;
}

static void on_answer(struct tracker *t, const struct event *e)
{
	t->answer_key = answer_key(e->server, event_field(e, FIELD_TYPE), e->err);
	t->answer_count = t->count;
	if (e->kind != KIND_CALL_APP_ERROR)
		track_pass_on(t, e);
}

/* It was the tool's own error, whatever its text sounds like. */
static void set_answer(const struct tracker *t, struct open_call *c)
{
	const unsigned k = c->call.class;
	if (!t->answers || !(t->answers->members[k / 64] >> k % 64 & 1))
		c->call.class = t->tool_error;
}

static bool was_answer(const struct tracker *t, str server, str err)
{
	enum { NEAR = 8 };
	if (!err.n || !t->answer_count || t->count - t->answer_count > NEAR)
		return false;
	const ptrdiff_t colon = str_find(err, S(": "));
	return t->answer_key == answer_key(server, STR_NONE, err) ||
		(colon > 0 && t->answer_key == answer_key(server, str_head(err, (size_t)colon), str_from(err, (size_t)colon + 2)));
}

static void on_failed(struct tracker *t, const struct event *e)
{
	struct open_call *c = running(t, e);
	if (!c)
		c = pair_begin_unknown(t, e);
	if (c->call.flags & CALL_RETRIED) { /* the last failure counts */
		c->call.err = STR_NONE;
		c->call.class = 0;
	}
	open_call_keep(c, LINE_FAILED, e);
	mark_end(c, e);
	set_error(t, c, e);
	if (was_answer(t, e->server, e->err))
		set_answer(t, c);
	c->call.outcome = OUTCOME_ERROR;
	owe_hook(t, c, e);
	track_linger(t, c);
}

static void on_retry(struct tracker *t, const struct event *e)
{
	for (struct open_call *c = open_calls_first(&t->open, e->server, e->tool); c; c = open_calls_next(&t->open, c))
		if (c->ended && !c->closed && !c->again && open_call_has(c, LINE_FAILED)) {
			c->call.flags |= CALL_RETRIED;
			c->again = true;
			open_call_keep(c, LINE_RETRY, e);
			c->touched = t->count;
			return;
		}
}

/* It says to send calls again before it has a connection. Without one it writes no further line of them but the end of the dispatch. */
static void on_connect_failed(struct tracker *t, const struct event *e)
{
	for (size_t i = 0; i < t->lingering.n; i++) {
		struct open_call *c = t->open.v[t->lingering.v[i]];
		c->vain |= c->used && c->again && str_eq(c->call.server, e->server);
	}
	track_pass_on(t, e);
}

static void on_aborting(struct tracker *t, const struct event *e)
{
	struct open_call *c = running(t, e);
	if (!c)
		return;
	open_call_keep(c, LINE_ABORTING, e);
	if (e->class)
		c->call.class = e->class;
}

static void on_dispatch_end(struct tracker *t, const struct event *e)
{
	str outcome = event_field(e, FIELD_OUTCOME);
	struct open_call *c = pair_by_id(t, e->tool_use_id);
	if (!c)
		c = pair_headless(t, e);
	if (!c) {
		str server = STR_NONE, tool = STR_NONE;
		if (!name_is_mcp(e->tool))
			return;
		name_split(e->tool, &server, &tool);
		c = pair_begin(t, e);
		open_calls_set_id(&t->open, c, e->tool_use_id);
		open_calls_set_name(&t->open, c, server, tool);
		c->call.flags |= CALL_START_UNKNOWN;
		c->call.link = LINK_TOOL_USE_ID;
		c->call.link_sure = true;
		if (e->at != INSTANT_NONE && e->duration >= 0)
			c->call.started_at = e->at - e->duration;
	}
	bool had_end = c->ended;
	if (!had_end || !open_call_has(c, LINE_COMPLETED))
		mark_end(c, e);
	else if (e->duration >= 0)
		c->call.duration = e->duration;
	c->ended = c->closed = true;
	c->again = false;
	if (!c->sent)
		c->call.flags |= CALL_NEVER_SENT;
	if (esc_just_now(t) && !open_call_has(c, LINE_COMPLETED))
		c->call.flags |= CALL_ESC;
	if (str_eq(outcome, S("ok")))
		c->call.outcome = OUTCOME_OK;
	else if (str_eq(outcome, S("aborted")))
		c->call.outcome = OUTCOME_ABORTED;
	else
		c->call.outcome = OUTCOME_ERROR;
	if (c->call.outcome == OUTCOME_OK && open_call_has(c, LINE_COMPLETED)) {
		end_with(t, c, LINE_END, e); /* also when it lingered: the settling skips what is gone */
		return;
	}
	open_call_keep(c, LINE_END, e);
	if (c->call.outcome != OUTCOME_OK || !c->sent)
		track_linger(t, c); /* twin lines follow; an "ok" without answer may beat on in the background until finish */
	else
		t->stirred |= c->lingers;
}

static void on_error_twin(struct tracker *t, const struct event *e)
{
	for (size_t i = t->lingering.n; i-- > 0;) {
		struct open_call *c = t->open.v[t->lingering.v[i]];
		if (!c->used || !c->closed || open_call_has(c, LINE_TWIN) || c->call.duration != e->duration)
			continue;
		open_call_keep(c, LINE_TWIN, e);
		set_error(t, c, e);
		if (e->kind == KIND_CALL_APP_TWIN)
			set_answer(t, c);
		return;
	}
}

static void on_unknown_tool(struct tracker *t, const struct event *e)
{
	str server = STR_NONE, tool = STR_NONE;
	if (!name_is_mcp(e->tool))
		return;
	struct open_call *c = e->tool_use_id.n ? pair_by_id(t, e->tool_use_id) : NULL;
	if (!c) {
		c = pair_begin(t, e);
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
		open_call_set(c, &c->call.err, e->err.n ? e->err : e->text);
	open_call_keep(c, LINE_FAILED, e);
	mark_end(c, e);
	c->call.duration = 0;
	c->call.outcome = OUTCOME_ERROR;
	c->closed = true;
	track_linger(t, c);
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
	struct open_call *c = pair_unanswered(t, server, tool);
	if (!c)
		return;
	open_call_keep(c, LINE_END, e);
	mark_end(c, e);
	c->call.outcome = OUTCOME_CANCELLED;
	c->call.flags |= CALL_ESC;
	c->closed = true;
	track_linger(t, c);
}

/* --- around calls --- */

/* Requests to the model matter as "the client was alive here": only the last one before something else happens is a row. */
static void on_api_request(struct tracker *t, const struct event *e)
{
	t->request = held_set(t->request, e);
	t->requested = true;
}

/* What a look-up of credentials shows (the server is remote), and a list of what it can do (it is connected), it shows once. */
static void on_proof(struct tracker *t, const struct event *e)
{
	uint64_t key = name_hash(e->server, e->kind == KIND_REMOTE_TRACE ? S("remote") : S("connected"));
	uint32_t seen;
	if (map_get(&t->proofs, key, &seen))
		return;
	map_put(&t->proofs, key, 1);
	track_pass_on(t, e);
}

static void on_esc(struct tracker *t, const struct event *e)
{
	t->esc_at = e->at;
	t->esc_count = t->count;
	track_pass_on(t, e);
}

/* --- transcripts: ids only --- */

static void on_tool_use(struct tracker *t, const struct event *e)
{
	str server, tool;
	if (!name_split(e->tool, &server, &tool) || pair_by_id(t, e->tool_use_id))
		return;
	struct open_call *c = pair_begin(t, e);
	open_calls_set_id(&t->open, c, e->tool_use_id);
	open_calls_set_name(&t->open, c, server, tool);
	c->call.started_at = e->at;
	c->call.link = LINK_TRANSCRIPT;
	c->call.link_sure = true;
	c->dispatched = true;
	open_call_keep(c, LINE_DISPATCH, e);
}

static void on_tool_result(struct tracker *t, const struct event *e)
{
	struct open_call *c = pair_by_id(t, e->tool_use_id);
	str outcome = event_field(e, FIELD_OUTCOME);
	if (!c)
		return;
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
	end_with(t, c, LINE_END, e);
}

static line_fn *const handlers[KIND_COUNT] = {
	[KIND_CALL_DISPATCH] = on_dispatch,
	[KIND_CALL_DISPATCH_END] = on_dispatch_end,
	[KIND_CALL_SENT] = on_sent,
	[KIND_CALL_BEAT] = on_beat,
	[KIND_CALL_COMPLETED] = on_completed,
	[KIND_CALL_FAILED] = on_failed,
	[KIND_CALL_RETRY] = on_retry,
	[KIND_CALL_ABORTING] = on_aborting,
	[KIND_CALL_ERROR_TWIN] = on_error_twin,
	[KIND_CALL_APP_ERROR] = on_answer,
	[KIND_CONNECT_FAILED] = on_connect_failed,
	[KIND_CONNECT_ERROR] = on_answer,
	[KIND_CALL_APP_TWIN] = on_error_twin,
	[KIND_CALL_UNKNOWN_TOOL] = on_unknown_tool,
	[KIND_CALL_HOOK_PRE] = on_hook_pre,
	[KIND_CALL_HOOK_POST] = on_hook_post,
	[KIND_CANCEL_USER] = on_esc,
	[KIND_API_REQUEST] = on_api_request,
	[KIND_REMOTE_TRACE] = on_proof,
	[KIND_CONNECT_CAPABILITIES] = on_proof,
	[KIND_TOOL_USE] = on_tool_use,
	[KIND_TOOL_RESULT] = on_tool_result,
};

void track_line(struct tracker *t, const struct event *e)
{
	line_fn *f = e->kind < KIND_COUNT ? handlers[e->kind] : NULL;
	(f ? f : track_pass_on)(t, e);
}
