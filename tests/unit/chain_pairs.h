/* chain.c by comparing every finding with every other: what it must come to, however it finds out. For test_related.c. */
#ifndef MCPLOG_TESTS_CHAIN_PAIRS_H
#define MCPLOG_TESTS_CHAIN_PAIRS_H
#include "classify/internal.h"
#include <stdlib.h>

static bool named(const str *list, unsigned n, str id)
{
	for (unsigned i = 0; i < n; i++)
		if (str_eq(list[i], id))
			return true;
	return false;
}

static bool shares_call(const struct finding *a, const struct finding *b)
{
	for (size_t i = 0; i < a->calls.n; i++)
		for (size_t k = 0; k < b->calls.n; k++)
			if (a->calls.v[i] == b->calls.v[k])
				return true;
	return false;
}

static instant until(const struct finding *f) { return f->end == INSTANT_NONE ? f->start : f->end; }

static bool same_server(const struct finding *a, const struct finding *b) { return a->subject.server == b->subject.server; }

/* Is there no success and no reconnect between the two? */
static bool continues(const struct finding *a, const struct finding *b)
{
	const struct finding *first = a->start <= b->start ? a : b, *second = first == a ? b : a;
	if (!a->subject.server)
		return true;
	instant reached = second->start; /* a reconnect inside the second call's dispatch counts too */
	if (second->cause->scope == SCOPE_CALL && second->subject.call->sent_at != INSTANT_NONE && second->subject.call->sent_at > reached)
		reached = second->subject.call->sent_at + MILLISECOND;
	return !success_between(a->subject.server, first->start, reached);
}

static bool touches(const struct finding *a, const struct finding *b)
{
	if (shares_call(a, b))
		return true;
	if (a->cause->scope == SCOPE_CALL && b->cause->scope == SCOPE_CALL)
		return false; /* different calls: each has its own cause */
	return continues(a, b);
}

static bool has_call(const struct finding *f, const struct call *c)
{
	for (size_t i = 0; i < f->calls.n; i++)
		if (f->calls.v[i] == c)
			return true;
	return false;
}

static void take_calls(struct finding *into, const struct finding *from)
{
	for (size_t i = 0; i < from->calls.n; i++)
		if (!has_call(into, from->calls.v[i]))
			*vec_push(&into->calls) = from->calls.v[i];
	if (until(from) > until(into))
		into->end = from->end;
	if (from->end == INSTANT_NONE && from->calls.n)
		into->end = INSTANT_NONE;
}

/* f goes; what it knew (its calls, its end) becomes that of `into`, or of what that went into. */
static void drop(struct finding *f, struct finding *into)
{
	while (into && into->dropped && into->into)
		into = into->into;
	f->dropped = true;
	f->into = into;
	if (!into)
		return;
	take_calls(into, f);
	*vec_push(&into->absorbed) = f;
}

static void yield(struct judge *j)
{
	for (size_t i = 0; i < j->findings.n; i++) {
		struct finding *f = j->findings.v[i];
		for (size_t k = 0; k < j->findings.n && !f->dropped; k++) {
			struct finding *g = j->findings.v[k];
			if (g == f || g->cause->note || !same_server(f, g) || !named(f->cause->yields_to, f->cause->yields_count, g->cause->id))
				continue;
			if (g->dropped && !g->into)
				continue;
			if (touches(f, g))
				drop(f, g);
		}
	}
	for (size_t i = 0; i < j->findings.n; i++) { /* fallbacks stand back behind everything */
		struct finding *f = j->findings.v[i];
		for (size_t k = 0; f->cause->fallback && k < j->findings.n && !f->dropped; k++)
			if (!j->findings.v[k]->cause->fallback && !j->findings.v[k]->cause->note && shares_call(f, j->findings.v[k]))
				drop(f, NULL);
	}
}

static bool mergeable(const struct finding *a, const struct finding *b)
{
	if (!str_eq(a->cause->id, b->cause->id) || a->cause->note != b->cause->note || !same_server(a, b))
		return false;
	if (a->cause->note)
		return true;
	if (!a->cause->merge)
		return false;
	return (a->root && a->root == b->root) || shares_call(a, b) || continues(a, b);
}

static void merge(struct judge *j, bool notes)
{
	for (size_t i = 0; i < j->findings.n; i++) {
		struct finding *a = j->findings.v[i];
		for (size_t k = i + 1; k < j->findings.n && !a->dropped; k++) {
			struct finding *b = j->findings.v[k];
			if (b->dropped || a->cause->note != notes || !mergeable(a, b))
				continue;
			drop(b, a);
		}
	}
}

/* Does a explain b? By name, or because a's condition still holds when b fails. */
static bool explains(const struct finding *a, const struct finding *b)
{
	if (a == b || !same_server(a, b) || a->cause->note || b->cause->note)
		return false;
	bool by_name = named(a->cause->absorbs, a->cause->absorb_count, b->cause->id);
	if (!by_name || named(b->cause->absorbs, b->cause->absorb_count, a->cause->id))
		return false;
	if (shares_call(a, b))
		return true;
	return b->start >= a->start - SECOND && !success_between(a->subject.server, a->start, b->start);
}

static void absorb(struct judge *j)
{
	for (size_t i = 0; i < j->findings.n; i++) {
		struct finding *a = j->findings.v[i];
		if (a->dropped)
			continue;
		for (size_t k = 0; k < j->findings.n && !a->dropped; k++) {
			struct finding *b = j->findings.v[k];
			if (b->dropped || !explains(a, b))
				continue;
			drop(b, a);
		}
	}
}

/* A call belongs to one incident: the one whose root is earliest. */
static void one_incident_per_call(struct judge *j)
{
	for (size_t i = 0; i < j->findings.n; i++)
		for (size_t k = i + 1; k < j->findings.n; k++) {
			struct finding *a = j->findings.v[i], *b = j->findings.v[k];
			if (a->dropped || b->dropped || a->cause->note || b->cause->note || !shares_call(a, b))
				continue;
			struct finding *later = b->start < a->start ? a : b, *first = later == a ? b : a;
			if (later->cause->scope == SCOPE_CALL && first->cause->scope != SCOPE_CALL && later->start == first->start) {
				struct finding *swap = later;
				later = first;
				first = swap;
			}
			drop(later, first);
		}
}

static int finding_order(const void *x, const void *y)
{
	const struct finding *a = *(struct finding *const *)x, *b = *(struct finding *const *)y;
	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return str_cmp(a->cause->id, b->cause->id);
}

/* A note about a call or a server that an incident explains is none. */
static void drop_notes(struct judge *j)
{
	for (size_t i = 0; i < j->findings.n; i++) {
		struct finding *n = j->findings.v[i];
		for (size_t k = 0; n->cause->note && k < j->findings.n && !n->dropped; k++) {
			const struct finding *f = j->findings.v[k];
			if (f->dropped || f->cause->note || !same_server(f, n))
				continue;
			bool yields = named(n->cause->yields_to, n->cause->yields_count, f->cause->id);
			bool any = named(n->cause->yields_to, n->cause->yields_count, S("any"));
			if (shares_call(f, n) || ((yields || any) && touches(f, n)))
				n->dropped = true;
		}
	}
}

static void chain_by_pairs(struct judge *j)
{
	vec_sort(&j->findings, finding_order);
	yield(j);
	absorb(j);
	merge(j, false);
	absorb(j);
	one_incident_per_call(j);
	drop_notes(j);
	merge(j, true);
}
#endif
