/* From findings to incidents (classify/): one root cause each, the earliest explanation wins.
 *
 * 1. yield: two causes fit the same calls, and one says that the other explains it: the yielding one goes.
 * 2. merge: the same cause on the same server by the same event, or by the same lasting condition with no success and no
 *    reconnect in between, is one incident with several calls.
 * 3. absorb: what an earlier incident explains (its `absorbs`, or failures while its lasting condition holds) becomes its
 *    consequence; calls hit by it become its calls.
 * The relations are named in patterns/causes; no order of rules matters. */
#include "classify/related.h"

static bool named(const str *list, unsigned n, str id)
{
	for (unsigned i = 0; i < n; i++)
		if (str_eq(list[i], id))
			return true;
	return false;
}

static instant until(const struct finding *f) { return f->end == INSTANT_NONE ? f->start : f->end; }

static bool same_server(const struct finding *a, const struct finding *b) { return a->subject.server == b->subject.server; }

/* A reconnect inside the call's dispatch counts too. */
static instant reached(const struct finding *f)
{
	const bool sent_later = f->cause->scope == SCOPE_CALL && f->subject.call->sent_at != INSTANT_NONE && f->subject.call->sent_at > f->start;
	return sent_later ? f->subject.call->sent_at + MILLISECOND : f->start;
}

/* Is there no success and no reconnect between the two? */
static bool continues(const struct finding *a, const struct finding *b)
{
	const struct finding *first = a->start <= b->start ? a : b, *second = first == a ? b : a;
	return !a->subject.server || !success_between(a->subject.server, first->start, reached(second));
}

/* Starts that a finding must have to continue f, or to be continued by it. */
struct window {
	instant from, to;
};

static struct window window_of(const struct finding *f)
{
	const struct view_server *s = f->subject.server;
	if (!s)
		return (struct window){INT64_MIN, INT64_MAX};
	const instant from = success_before(s, reached(f) - 1);
	return (struct window){from < f->start ? from : f->start, success_behind(s, f->start)};
}

/* Different calls have each their own cause. */
static bool both_calls(const struct cause *a, const struct cause *b) { return a->scope == SCOPE_CALL && b->scope == SCOPE_CALL; }

static bool touches(const struct related *r, const struct finding *a, const struct finding *b)
{
	return (!both_calls(a->cause, b->cause) && continues(a, b)) || related_shares(r, a, b);
}

static void take_calls(struct related *r, struct finding *into, const struct finding *from)
{
	for (size_t i = 0; i < from->calls.n; i++)
		if (!related_has(r, into, from->calls.v[i]))
			related_give(r, into, from->calls.v[i]);
	if (until(from) > until(into))
		into->end = from->end;
	if (from->end == INSTANT_NONE && from->calls.n)
		into->end = INSTANT_NONE;
}

/* f goes; what it knew (its calls, its end) becomes that of `into`, or of what that went into. */
static void drop(struct related *r, struct finding *f, struct finding *into)
{
	while (into && into->dropped && into->into)
		into = into->into;
	f->dropped = true;
	f->into = into;
	if (!into)
		return;
	take_calls(r, into, f);
	*vec_push(&into->absorbed) = f;
}

/* --- yield --- */

static bool names_yield(const struct cause *f, const struct cause *to)
{
	return !to->note && named(f->yields_to, f->yields_count, to->id);
}

static bool yields(const struct related *r, const struct finding *f, const struct finding *g)
{
	return g != f && names_yield(f->cause, g->cause) && same_server(f, g) && !(g->dropped && !g->into) && touches(r, f, g);
}

/* The first finding of each cause that f yields to; most often the first in the window is it. */
static void ask_yielded(struct related *r, const struct finding *f)
{
	const struct window w = window_of(f);
	for (struct relatives *g = NULL; (g = related_next(r, f, g));) {
		if (!names_yield(f->cause, g->cause) || both_calls(f->cause, g->cause))
			continue;
		size_t i = relatives_from(g, w.from);
		while (i < g->n && g->v[i]->start <= w.to && !yields(r, f, g->v[i]))
			i++;
		if (i < g->n && g->v[i]->start <= w.to)
			related_ask(r, g->v[i]);
	}
}

static void yield(struct judge *j, struct related *r)
{
	for (size_t i = 0; i < j->findings.n; i++) {
		struct finding *f = j->findings.v[i], *g;
		if (!f->cause->yields_count)
			continue;
		ask_yielded(r, f);
		related_ask_sharing(r, f, -1);
		while ((g = related_asked(r)) && !yields(r, f, g))
			continue;
		if (g)
			drop(r, f, g);
		related_forget(r);
	}
	for (size_t i = 0; i < j->findings.n; i++) { /* fallbacks stand back behind everything */
		struct finding *f = j->findings.v[i], *g;
		if (!f->cause->fallback || f->dropped)
			continue;
		related_ask_sharing(r, f, -1);
		while ((g = related_asked(r)))
			if (!f->dropped && !g->cause->fallback && !g->cause->note)
				drop(r, f, NULL);
	}
}

/* --- merge --- */

static bool same_cause(const struct cause *a, const struct cause *b) { return a->note == b->note && str_eq(a->id, b->id); }

static bool mergeable(const struct related *r, const struct finding *a, const struct finding *b)
{
	if (!same_cause(a->cause, b->cause) || !same_server(a, b))
		return false;
	if (a->cause->note)
		return true;
	if (!a->cause->merge)
		return false;
	return (a->root && a->root == b->root) || continues(a, b) || related_shares(r, a, b);
}

static void ask_live(struct related *r, struct relatives *g, size_t i, instant to)
{
	for (i = relatives_live(g, i); i < g->n && g->v[i]->start <= to; i = relatives_live(g, i + 1))
		related_ask(r, g->v[i]);
}

static void ask_mergeable(struct related *r, const struct finding *a)
{
	const instant to = a->cause->note ? INT64_MAX : window_of(a).to;
	for (struct relatives *g = NULL; (g = related_next(r, a, g));)
		if (same_cause(a->cause, g->cause))
			ask_live(r, g, relatives_from(g, a->start), to);
	related_ask_root(r, a);
	related_ask_sharing(r, a, a->at);
}

static void merge(struct judge *j, struct related *r, bool notes)
{
	for (size_t i = 0; i < j->findings.n; i++) {
		struct finding *a = j->findings.v[i], *b;
		if (a->dropped || a->cause->note != notes || !(notes || a->cause->merge))
			continue;
		ask_mergeable(r, a);
		while ((b = related_asked(r))) {
			if (b->dropped || b->at <= a->at || !mergeable(r, a, b))
				continue;
			drop(r, b, a);
			related_ask_sharing(r, b, b->at);
		}
	}
}

/* --- absorb --- */

static bool names_absorbed(const struct cause *a, const struct cause *b)
{
	return !a->note && !b->note && named(a->absorbs, a->absorb_count, b->id) && !named(b->absorbs, b->absorb_count, a->id);
}

/* Does a explain b? By name, or because a's condition still holds when b fails. */
static bool explains(const struct related *r, const struct finding *a, const struct finding *b)
{
	if (a == b || !same_server(a, b) || !names_absorbed(a->cause, b->cause))
		return false;
	return (b->start >= a->start - SECOND && !success_between(a->subject.server, a->start, b->start)) || related_shares(r, a, b);
}

static void absorb(struct judge *j, struct related *r)
{
	for (size_t i = 0; i < j->findings.n; i++) {
		struct finding *a = j->findings.v[i], *b;
		if (a->dropped || !a->cause->absorb_count)
			continue;
		const instant to = window_of(a).to;
		for (struct relatives *g = NULL; (g = related_next(r, a, g));)
			if (names_absorbed(a->cause, g->cause))
				ask_live(r, g, relatives_from(g, a->start - SECOND), to);
		related_ask_sharing(r, a, -1);
		while ((b = related_asked(r))) {
			if (b->dropped || !explains(r, a, b))
				continue;
			drop(r, b, a);
			related_ask_sharing(r, b, b->at);
		}
	}
}

/* --- one incident per call --- */

/* Of two that have a call the one whose root is earliest stays. */
static struct finding *first_of(struct finding *a, struct finding *b)
{
	struct finding *later = b->start < a->start ? a : b, *first = later == a ? b : a;
	return later->cause->scope == SCOPE_CALL && first->cause->scope != SCOPE_CALL && later->start == first->start ? later : first;
}

static void one_incident_per_call(struct judge *j, struct related *r)
{
	for (size_t i = 0; i < j->findings.n; i++) {
		struct finding *a = j->findings.v[i], *b;
		if (a->dropped || a->cause->note)
			continue;
		related_ask_sharing(r, a, a->at);
		while (!a->dropped && (b = related_asked(r))) {
			if (b->dropped || b->cause->note)
				continue;
			struct finding *first = first_of(a, b);
			drop(r, first == a ? b : a, first);
			related_ask_sharing(r, b, b->at);
		}
		related_forget(r);
	}
}

static int finding_order(const void *x, const void *y)
{
	const struct finding *a = *(struct finding *const *)x, *b = *(struct finding *const *)y;
	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return str_cmp(a->cause->id, b->cause->id);
}

/* --- notes --- */

static bool names_any(const struct cause *note, const struct cause *of)
{
	return !of->note && (named(note->yields_to, note->yields_count, of->id) || named(note->yields_to, note->yields_count, S("any")));
}

static bool stands_beside(struct related *r, const struct finding *n)
{
	const struct window w = window_of(n);
	for (struct relatives *g = NULL; (g = related_next(r, n, g));) {
		if (!names_any(n->cause, g->cause) || both_calls(n->cause, g->cause))
			continue;
		for (size_t i = relatives_live(g, relatives_from(g, w.from)); i < g->n && g->v[i]->start <= w.to; i = relatives_live(g, i + 1))
			if (continues(g->v[i], n))
				return true;
	}
	return false;
}

/* A note about a call or a server that an incident explains is none. */
static void drop_notes(struct judge *j, struct related *r)
{
	for (size_t i = 0; i < j->findings.n; i++) {
		struct finding *n = j->findings.v[i], *f;
		if (!n->cause->note || n->dropped)
			continue;
		n->dropped = stands_beside(r, n);
		related_ask_sharing(r, n, -1);
		while ((f = related_asked(r)))
			n->dropped |= !f->dropped && !f->cause->note && same_server(f, n);
	}
}

void chain(struct judge *j)
{
	struct related related, *r = &related;
	vec_sort(&j->findings, finding_order);
	related_init(r, j);
	yield(j, r);
	absorb(j, r);
	merge(j, r, false);
	absorb(j, r);
	one_incident_per_call(j, r);
	drop_notes(j, r);
	merge(j, r, true);
	related_done(r);
}
