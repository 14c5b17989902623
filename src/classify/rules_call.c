/* What conditions ask of calls (see rules.h): of one, of the subject's neighbours, of any on its server. Healthy calls of large logs
 * are spans only, and are asked like calls. */
#include "classify/rules.h"
#include "model/names.h"

static int64_t lasted(const struct trial *t, const struct call *k)
{
	if (k == t->subject->call && t->subject->end != INSTANT_NONE && k->duration < 0)
		return t->subject->end - t->subject->start;
	if (k->duration >= 0)
		return k->duration;
	if (k->started_at == INSTANT_NONE)
		return 0;
	return (k->ended_at == INSTANT_NONE ? t->view->finish : k->ended_at) - k->started_at;
}

/* Heartbeats that were due in the time the call is known to have run, and did not come. */
static int64_t missed_beats(const struct trial *t, const struct call *k)
{
	int64_t ran = k->last_elapsed > lasted(t, k) ? k->last_elapsed : lasted(t, k);
	return t->view->excerpt || (k->flags & CALL_START_UNKNOWN) ? 0 : ran / BEAT_INTERVAL - (int64_t)k->beats;
}

/* Heartbeats seen, or, in a log that people cut, as many as the last one speaks of. */
static int64_t beats(const struct trial *t, const struct call *k)
{
	int64_t told = k->last_elapsed / BEAT_INTERVAL;
	bool cut = t->view->excerpt || !t->view->timed || (k->flags & CALL_START_UNKNOWN);
	return cut && told > (int64_t)k->beats ? told : (int64_t)k->beats;
}

static bool slower(struct trial *t, const struct cond *c, const struct call *k, const struct view_server *s)
{
	int64_t longest = 0;
	for (size_t i = 0; i < s->call_count; i++)
		if (s->calls[i]->outcome == OUTCOME_OK && name_same(s->calls[i]->tool, k->tool) && s->calls[i]->duration > longest)
			longest = s->calls[i]->duration;
	return !longest || lasted(t, k) > c->slower_than_ok * longest;
}

bool rules_call_fits_alone(struct trial *t, const struct cond *c, const struct call *k, const struct view_server *s)
{
	if (c->endings && !(c->endings >> k->ending & 1))
		return false;
	if (c->outcomes && !(c->outcomes >> k->outcome & 1))
		return false;
	if (c->transports && !(c->transports & s->transports))
		return false;
	if (c->flags && !(k->flags & c->flags))
		return false;
	if (k->flags & c->not_flags)
		return false;
	if (!rules_class_fits(c->classes, c->not_classes, k->class))
		return false;
	const struct call_limits *l = c->limits;
	if (l && (!rules_in_range(&l->beats, beats(t, k)) || !rules_in_range(&l->lasted, lasted(t, k)) || !rules_in_range(&l->permission, k->permission) ||
		!rules_in_range(&l->attempts, k->attempts) || (l->missed_beats.set && !rules_in_range(&l->missed_beats, missed_beats(t, k)))))
		return false;
	return !c->slower_than_ok || slower(t, c, k, s);
}

/* The part of a condition that compares the call with the subject. */
static bool fits_beside(struct trial *t, const struct cond *c, const struct call *k)
{
	if (c->same_tool && t->subject->call && !name_same(k->tool, t->subject->call->tool))
		return false;
	if (c->same_err >= 0 && t->subject->call && str_eq(k->err, t->subject->call->err) != c->same_err)
		return false;
	if (c->from.base != ANCHOR_NONE && k->started_at < rules_anchor(t, &c->from, INSTANT_NONE))
		return false;
	if (c->until.base != ANCHOR_NONE && k->ended_at != INSTANT_NONE && k->ended_at < rules_anchor(t, &c->until, INSTANT_NONE))
		return false;
	return c->to.base == ANCHOR_NONE || k->started_at <= rules_anchor(t, &c->to, INT64_MAX);
}

bool rules_call_fits(struct trial *t, const struct cond *c, const struct call *k, const struct view_server *s)
{
	return rules_call_fits_alone(t, c, k, s) && fits_beside(t, c, k);
}

/* The healthy call nearest to `at`, as a call: healthy calls of large logs are kept as spans only. */
static struct call *span_call(struct trial *t, const struct span *sp)
{
	t->scratch = (struct call){.started_at = sp->started, .ended_at = span_ended(sp), .sent_at = sp->started, .outcome = OUTCOME_OK,
		.ending = ENDING_COMPLETED, .duration = sp->lasted, .permission = -1, .tool = t->subject->call ? t->subject->call->tool : STR_NONE};
	return &t->scratch;
}

static const struct span *span_beside(const struct view_server *s, instant at, bool next)
{
	const size_t before = spans_begun(s, at, false);
	if (next)
		return before < s->span_count ? &s->spans[before] : NULL;
	return before ? &s->spans[before - 1] : NULL;
}

/* First call of the server that began after `at`; calls stand in the order of their starts. */
static size_t calls_after(const struct view_server *s, instant at)
{
	size_t lo = 0, hi = s->call_count;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (s->calls[mid]->started_at <= at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct call *rules_neighbour(struct trial *t, bool next)
{
	const struct view_server *s = t->subject->server;
	const struct call *self = t->subject->call;
	struct call *best = NULL;
	if (!s)
		return NULL;
	size_t at = calls_after(s, t->subject->start);
	if (next)
		best = at < s->call_count ? s->calls[at] : NULL;
	for (; !next && !best && at > 0; at--)
		if (!self || s->calls[at - 1]->id != self->id)
			best = s->calls[at - 1];
	const struct span *sp = span_beside(s, t->subject->start, next);
	if (sp && (!best || (next ? sp->started < best->started_at : sp->started > best->started_at)))
		return span_call(t, sp);
	return best;
}

/* One that begins in the very millisecond in which the other ends follows it; calls that begin together are in flight together. */
static bool overlaps(const struct trial *t, const struct call *k)
{
	const struct subject *s = t->subject;
	if (k->started_at == s->start)
		return true;
	return k->started_at < s->end && (k->ended_at == INSTANT_NONE || k->ended_at > s->start);
}

static bool who_fits(struct trial *t, const struct cond *c, const struct call *k)
{
	switch (c->who) {
	case WHO_LATER: return k->started_at > t->subject->start;
	case WHO_EARLIER: return k->started_at < t->subject->start;
	case WHO_DURING: return overlaps(t, k);
	default: return true;
	}
}

/* Starts that a call must have to fit, as far as they are known before it is looked at. */
static void window(struct trial *t, const struct cond *c, instant *ret_from, instant *ret_to)
{
	*ret_from = c->from.base != ANCHOR_NONE ? rules_anchor(t, &c->from, INSTANT_NONE) : INSTANT_NONE;
	*ret_to = c->to.base != ANCHOR_NONE ? rules_anchor(t, &c->to, INT64_MAX) : INT64_MAX;
	if (c->who == WHO_LATER && t->subject->start > *ret_from)
		*ret_from = t->subject->start;
	if (c->who == WHO_EARLIER && t->subject->start < *ret_to)
		*ret_to = t->subject->start;
	if (c->who == WHO_DURING && t->subject->end < *ret_to)
		*ret_to = t->subject->end;
}

/* Spans are alike in all but their times: when these do not matter, one tells for all. */
static bool any_span(struct trial *t, const struct cond *c, const struct view_server *s, instant from, instant to)
{
	bool alike = !(c->limits && (c->limits->lasted.set || c->limits->missed_beats.set)) && !c->slower_than_ok;
	if (s->span_count == 0 || (alike && !rules_call_fits_alone(t, c, span_call(t, &s->spans[0]), s)))
		return false;
	const struct span *first = from == INSTANT_NONE ? s->spans : span_beside(s, from, true);
	for (const struct span *sp = first; sp != NULL && sp < s->spans + s->span_count && sp->started <= to; sp++) {
		struct call *k = span_call(t, sp);
		if (who_fits(t, c, k) && rules_call_fits(t, c, k, s))
			return true;
	}
	return false;
}

static bool any_call_of(struct trial *t, const struct cond *c, const struct view_server *s)
{
	const struct call_list *l = call_list_of(t, c, s);
	instant from, to;
	window(t, c, &from, &to);
	instant first = from;
	if (c->who == WHO_DURING && !l->open && t->subject->start - l->longest > first) /* those before have ended */
		first = t->subject->start - l->longest;
	for (size_t i = call_list_from(l, first); i < l->n && l->v[i]->started_at <= to; i++)
		if (l->v[i] != t->subject->call && who_fits(t, c, l->v[i]) && fits_beside(t, c, l->v[i]))
			return true;
	return any_span(t, c, s, from, to);
}

static bool any_call(struct trial *t, const struct cond *c)
{
	if (!c->any_server)
		return t->subject->server && any_call_of(t, c, t->subject->server);
	for (size_t i = 0; i < t->view->server_count; i++)
		if (any_call_of(t, c, &t->view->servers[i]))
			return true;
	return false;
}

bool rules_check_call(struct trial *t, const struct cond *c)
{
	const struct view_server *s = t->subject->server;
	if ((c->limits && !rules_in_range(&c->limits->affected, (int64_t)t->subject->hit_count)) || (c->recovered >= 0 && t->subject->recovered != c->recovered))
		return false;
	if (c->who == WHO_SELF)
		return t->subject->call && rules_call_fits(t, c, t->subject->call, s);
	if (c->who == WHO_PREV || c->who == WHO_NEXT) {
		const struct call *k = rules_neighbour(t, c->who == WHO_NEXT);
		return k && rules_call_fits(t, c, k, s);
	}
	return any_call(t, c);
}
