/* Ending, state and severity of an incident (classify/): common tables, so that no cause has its own. State answers "must I act now?"; the clock is the log's. */
#include "classify/internal.h"

enum { MISSED_BEATS = 2 };

const struct call *finding_first_call(const struct finding *f)
{
	const struct call *first = NULL;
	for (size_t i = 0; i < f->calls.n; i++)
		if (!first || f->calls.v[i]->started_at < first->started_at)
			first = f->calls.v[i];
	return first;
}

static bool any_open(const struct finding *f)
{
	for (size_t i = 0; i < f->calls.n; i++)
		if (f->calls.v[i]->ending == ENDING_STILL_OPEN)
			return true;
	return false;
}

/* More than two heartbeats due before as-of are missing: nobody waits for this call any more. */
static bool abandoned(struct judge *j, const struct finding *f)
{
	instant last = INSTANT_NONE;
	for (size_t i = 0; i < f->calls.n; i++) {
		const struct call *c = f->calls.v[i];
		instant sign = c->last_beat_at != INSTANT_NONE ? c->last_beat_at : c->started_at;
		if (c->ending == ENDING_STILL_OPEN && sign > last)
			last = sign;
	}
	const instant as_of = j->view->timed ? judge_as_of(j) : INSTANT_NONE;
	return as_of != INSTANT_NONE && as_of - last > (MISSED_BEATS + 1) * BEAT_INTERVAL;
}

static enum ending ending_of(const struct finding *f)
{
	const struct call *c = finding_first_call(f);
	if (c)
		return c->ending;
	return f->cause->scope == SCOPE_CONNECT ? ENDING_UNREACHABLE : ENDING_ERROR;
}

static bool recovered_after(const struct finding *f, instant after)
{
	const struct view_server *s = f->subject.server;
	if (!f->cause->recovers_by_call)
		return success_between(s, after, INT64_MAX);
	for (size_t i = 0; i < s->call_count; i++)
		if (s->calls[i]->outcome == OUTCOME_OK && s->calls[i]->started_at > after)
			return true;
	return false;
}

static enum state state_of(struct judge *j, const struct finding *f)
{
	instant after = f->end == INSTANT_NONE ? f->start : f->end;
	if (any_open(f))
		return abandoned(j, f) ? STATE_ABANDONED : STATE_ONGOING;
	if (f->subject.server && recovered_after(f, after))
		return STATE_RECOVERED;
	bool lives = j->view->exit_at == INSTANT_NONE && !j->view->excerpt && j->view->timed;
	return f->cause->lasting && lives && j->view->sources && (j->view->source_kinds & (1u << SOURCE_CLAUDE_DEBUG)) ? STATE_ONGOING : STATE_ENDED;
}

static enum severity severity_of(const struct finding *f, const struct incident *i)
{
	bool recovered = i->state == STATE_RECOVERED;
	switch (f->cause->weight) {
	case WEIGHT_HANG:
		return recovered && (i->ending == ENDING_CLIENT_ABORT || i->ending == ENDING_CLIENT_TIMEOUT || i->ending == ENDING_CONNECTION_CLOSED)
			? SEVERITY_WARNING : SEVERITY_CRITICAL;
	case WEIGHT_OUTAGE: return recovered ? SEVERITY_WARNING : SEVERITY_CRITICAL;
	default: /* a condition that hit call after call and was not over at the end: the server is unusable */
		return f->cause->lasting && !recovered && f->calls.n > 1 ? SEVERITY_CRITICAL : SEVERITY_WARNING;
	}
}

/* Lines without a time among timed ones have virtual times near 0, which order them and are never shown. */
static bool is_virtual(const struct session_view *v, instant at)
{
	instant first = INSTANT_NONE;
	for (size_t i = 0; i < v->source_count; i++) {
		const struct source *s = v->sources[i];
		if (s->has_times && s->first != INSTANT_NONE && (first == INSTANT_NONE || s->first < first))
			first = s->first;
	}
	return at != INSTANT_NONE && first != INSTANT_NONE && first - at > LIMIT_DURATION;
}

/* A condition such as a failed connect is over when the last call that met it is. */
static instant end_of(const struct finding *f)
{
	instant end = f->end;
	for (size_t i = 0; i < f->calls.n; i++)
		if (end != INSTANT_NONE && f->calls.v[i]->ended_at > end)
			end = f->calls.v[i]->ended_at;
	return end;
}

bool outcome_is_untimed(const struct judge *j, instant at)
{
	return !j->view->timed || is_virtual(j->view, at);
}

int64_t outcome_told_duration(const struct finding *f)
{
	const struct call *c = f->calls.n == 1 ? f->calls.v[0] : NULL;
	return !c ? -1 : c->duration >= 0 ? c->duration : c->last_elapsed;
}

void outcome_fill(struct judge *j, const struct finding *f, struct incident *i)
{
	const struct call *c = finding_first_call(f);
	i->ending = ending_of(f);
	i->state = state_of(j, f);
	i->severity = severity_of(f, i);
	i->confidence = f->confidence;
	i->started_at = c && c->started_at != INSTANT_NONE ? c->started_at : f->start;
	i->ended_at = any_open(f) ? INSTANT_NONE : end_of(f);
	const instant end = i->ended_at == INSTANT_NONE ? judge_as_of(j) : i->ended_at;
	i->duration = end == INSTANT_NONE ? -1 : end - i->started_at;
	if (f->calls.n == 1 && c->duration >= 0 && i->ended_at != INSTANT_NONE)
		i->duration = c->duration;
	if (outcome_is_untimed(j, i->started_at)) {
		i->duration = outcome_told_duration(f);
		i->started_at = INSTANT_NONE;
	}
	if (outcome_is_untimed(j, i->ended_at))
		i->ended_at = INSTANT_NONE;
}
