/*
 * Facts to observations (see observe.h). A call is stuck when an incident says that something is wrong with it, it is still open,
 * shows signs of life, and has waited longer than a threshold. Calls that wait for a permission, run in the background or
 * belong to a client that is gone have no such incident or are `abandoned`; the time that a host slept does not count, and a call of a
 * tool that has been as slow before is given time.
 *
 * Refuses to judge: what is wrong, and whether it is over, was said by classify/.
 */
#include "alert/observe.h"

enum { MISSED_LEAST = 2, USUAL_TIMES = 2 }; /* beats: fewer may be late, not slept through */

/* Does an unread input cover this path? */
static bool is_unread(const struct alert_observe_options *o, str path)
{
	for (size_t i = 0; i < o->unread_count; i++) {
		const str p = o->unread[i].path;
		if (str_starts(path, p) && (path.n == p.n || (p.n && p.p[p.n - 1] == '/') || path.p[p.n] == '/'))
			return true;
	}
	return false;
}

static bool is_held(const struct facts *f, const struct alert_observe_options *o, const struct incident *i)
{
	for (size_t k = 0; o->unread_count && k < i->call_count; k++)
		if (i->calls[k]->source < f->source_count && is_unread(o, f->sources[i->calls[k]->source].path))
			return true;
	for (size_t k = 0; o->unread_count && k < i->evidence_count; k++)
		if (i->evidence[k].at.source && is_unread(o, i->evidence[k].at.source->path))
			return true;
	return false;
}

/* µs that the call has waited while its host was awake: heartbeats come every 30 s, those that are missing were slept through, and
 * so was a part of the interval before. */
static int64_t age_of(const struct call *c, instant as_of)
{
	if (c->started_at == INSTANT_NONE || as_of == INSTANT_NONE || as_of < c->started_at)
		return 0;
	int64_t age = as_of - c->started_at;
	if (c->last_beat_at != INSTANT_NONE && c->last_beat_at > c->started_at && c->beats) {
		const int64_t missed = (c->last_beat_at - c->started_at) / BEAT_INTERVAL - c->beats;
		if (missed >= MISSED_LEAST && !(c->flags & CALL_START_UNKNOWN))
			age -= (missed + 1) * BEAT_INTERVAL;
	}
	return age < 0 ? 0 : age;
}

static str example_of(struct arena *a, const struct call *c)
{
	char at[32] = "unknown";
	if (c->started_at != INSTANT_NONE)
		instant_format(c->started_at, at);
	return arena_printf(a, "%.*s since %s%s%.*s", STR_ARG(c->tool), at, c->tool_use_id.n ? " " : "", STR_ARG(c->tool_use_id));
}

static instant as_of_incident(const struct incident *i, instant otherwise)
{
	return i->ended_at == INSTANT_NONE && i->started_at != INSTANT_NONE && i->duration >= 0 ? i->started_at + i->duration : otherwise;
}

/* A line shows what set it off. */
static bool has_trigger(const struct incident *i)
{
	for (size_t k = 0; k < i->evidence_count; k++)
		if (i->evidence[k].role == ROLE_TRIGGER)
			return true;
	return false;
}

/* Nothing was seen that set it off, and the tool has been that slow before, or half of it: it may just be slow. */
static bool may_be_slow(const struct alert_observe_options *o, const struct incident *i, const struct call *c, int64_t age)
{
	if (!o->longest || has_trigger(i) || !c->tool.n)
		return false;
	const int64_t longest = o->longest(o->context, c->server.n ? c->server : i->server, c->tool);
	return longest > 0 && age <= USUAL_TIMES * longest;
}

/* The calls that are open, and how long the oldest one has waited. */
static const struct call *look_at_calls(const struct alert_observe_options *o, const struct incident *i, struct alert_observation *ret)
{
	const instant as_of = as_of_incident(i, o->now);
	const struct call *oldest = NULL;
	for (size_t k = 0; k < i->call_count; k++) {
		const struct call *c = i->calls[k];
		if (c->ending != ENDING_STILL_OPEN || (c->flags & CALL_BACKGROUND))
			continue;
		const int64_t age = age_of(c, as_of);
		bool crit = alert_range_hit(&o->crit, age), warn = crit || alert_range_hit(&o->warn, age);
		if (warn && may_be_slow(o, i, c, age))
			crit = warn = false;
		if (crit)
			ret->level = ALERT_CRITICAL;
		else if (warn && ret->level == ALERT_NONE)
			ret->level = ALERT_WARNING;
		ret->calls += warn;
		if (!oldest || age > ret->oldest) {
			oldest = c;
			ret->oldest = age;
		}
	}
	return oldest;
}

static bool is_live(const struct alert_observe_options *o, const struct incident *i)
{
	instant last = INSTANT_NONE;
	for (size_t k = 0; i->state == STATE_ONGOING && k < i->evidence_count; k++)
		if (i->evidence[k].at.source && i->evidence[k].at.source->has_times && i->evidence[k].at.source->last > last)
			last = i->evidence[k].at.source->last;
	return last != INSTANT_NONE && last > o->now - 15 * MINUTE;
}

static instant last_sign(const struct incident *i)
{
	instant last = i->started_at;
	for (size_t k = 0; k < i->call_count; k++)
		if (i->calls[k]->last_beat_at > last)
			last = i->calls[k]->last_beat_at;
	return last;
}

static bool is_wanted(const struct alert_observe_options *o, const struct incident *i)
{
	for (size_t k = 0; k < o->cause_count; k++)
		if (str_eq(o->causes[k], i->cause))
			return true;
	return !o->by_cause_only && i->severity >= o->severity;
}

static str detail_of(struct arena *a, const struct incident *i)
{
	for (size_t k = 0; k < i->advice_count; k++)
		if (i->advice[k].now)
			return arena_printf(a, "%.*s %.*s", STR_ARG(i->summary), STR_ARG(i->advice[k].text));
	return i->summary;
}

static struct alert_observation *begin(struct arena *a, const struct incident *i, struct alert_observation *at)
{
	*at = (struct alert_observation){.incident = i->id, .server = i->server, .cause = i->cause, .severity = i->severity, .since = i->started_at,
		.ended = i->ended_at, .summary = i->title, .detail = detail_of(a, i)};
	return at;
}

static void observe(const struct facts *f, const struct alert_observe_options *o, const struct incident *i, struct arena *a,
	struct alert_observations *ret)
{
	struct alert_observation *seen = begin(a, i, &ret->v[ret->n]);
	const struct call *example = look_at_calls(o, i, seen);
	seen->held = is_held(f, o, i);
	if (i->state == STATE_ONGOING && example) {
		seen->kind = ALERT_STUCK;
		if (seen->oldest > ret->oldest)
			ret->oldest = seen->oldest;
		ret->stuck += seen->calls;
	} else if (i->state == STATE_ABANDONED) {
		seen->kind = ALERT_ABANDONED;
		seen->ended = last_sign(i);
	} else if (i->severity == SEVERITY_INFO || (!is_wanted(o, i) && !seen->held)) {
		ret->unwanted += i->severity > SEVERITY_INFO;
		return;
	} else {
		seen->kind = ALERT_INCIDENT;
		seen->live = is_live(o, i);
	}
	if (seen->kind != ALERT_STUCK) {
		seen->calls = (uint32_t)i->call_count;
		seen->oldest = 0;
		seen->level = seen->kind == ALERT_INCIDENT ? (i->severity == SEVERITY_CRITICAL ? ALERT_CRITICAL : ALERT_WARNING) : ALERT_NONE;
		example = i->call_count ? i->calls[0] : NULL;
	}
	if (example)
		seen->example = example_of(a, example);
	ret->n++;
}

void alert_observe(const struct facts *f, const struct alert_observe_options *o, struct arena *a, struct alert_observations *ret)
{
	*ret = (struct alert_observations){.v = arena_alloc(a, (f->incident_count + 1) * sizeof *ret->v)};
	for (size_t i = 0; i < f->incident_count; i++)
		observe(f, o, &f->incidents[i], a, ret);
}
