/* Which findings may have to do with one (classify/): those that have a call or a root of it too, and those of its server that begin
 * near enough. Thousands of findings are thus related to each other without comparing every two: chain.c asks only those that are
 * found here whether they fit, in the order in which comparing all would meet them.
 *
 * Findings stand in the order of their starts. Per server and cause there is a list of them, in which a stretch of time is a range, and
 * those that were dropped are passed over at once. Refuses to say how two findings are related. */
#include "base/hash.h"
#include "classify/related.h"

/* --- who has a call, or a root on a server --- */

static uint64_t call_key(const struct call *c) { return (uint64_t)(uintptr_t)c; }

static uint64_t root_key(const struct finding *f)
{
	const uint64_t both[2] = {(uint64_t)(uintptr_t)f->root, (uint64_t)(uintptr_t)f->subject.server};
	return hash64((str){(const char *)both, sizeof both});
}

static uint32_t first_holder(const struct related *r, uint64_t key)
{
	uint32_t at = 0;
	(void)map_get(&r->by_thing, key, &at);
	return at;
}

static void hold(struct related *r, uint64_t key, const struct finding *f)
{
	const uint32_t next = first_holder(r, key);
	*vec_push(&r->holders) = (struct holder){f->at, next};
	map_put(&r->by_thing, key, (uint32_t)r->holders.n);
}

bool related_has(const struct related *r, const struct finding *f, const struct call *c)
{
	for (uint32_t i = first_holder(r, call_key(c)); i; i = r->holders.v[i - 1].next)
		if (r->holders.v[i - 1].finding == f->at)
			return true;
	return false;
}

void related_give(struct related *r, struct finding *f, struct call *c)
{
	*vec_push(&f->calls) = c;
	hold(r, call_key(c), f);
}

bool related_shares(const struct related *r, const struct finding *a, const struct finding *b)
{
	const struct finding *few = a->calls.n < b->calls.n ? a : b, *many = few == a ? b : a;
	for (size_t i = 0; i < few->calls.n; i++)
		if (related_has(r, many, few->calls.v[i]))
			return true;
	return false;
}

/* --- those of a server and a cause --- */

static struct relatives *relatives_of(struct related *r, const struct finding *f)
{
	const uint64_t key = (uint64_t)(uintptr_t)f->subject.server;
	uint32_t first = 0;
	(void)map_get(&r->by_server, key, &first);
	for (uint32_t i = first; i; i = r->relatives.v[i - 1].next)
		if (r->relatives.v[i - 1].cause == f->cause)
			return &r->relatives.v[i - 1];
	struct relatives *g = vec_push(&r->relatives);
	g->cause = f->cause;
	g->next = first;
	map_put(&r->by_server, key, (uint32_t)r->relatives.n);
	return g;
}

void related_init(struct related *r, struct judge *j)
{
	*r = (struct related){.all = j->findings.v};
	for (size_t i = 0; i < j->findings.n; i++) {
		struct finding *f = j->findings.v[i];
		f->at = (uint32_t)i;
		relatives_of(r, f)->room++;
		for (size_t k = 0; k < f->calls.n; k++)
			hold(r, call_key(f->calls.v[k]), f);
		if (f->root)
			hold(r, root_key(f), f);
	}
	for (size_t i = 0; i < r->relatives.n; i++) {
		r->relatives.v[i].v = arena_alloc(j->a, r->relatives.v[i].room * sizeof *r->relatives.v[i].v);
		r->relatives.v[i].skip = arena_alloc(j->a, r->relatives.v[i].room * sizeof *r->relatives.v[i].skip);
	}
	for (size_t i = 0; i < j->findings.n; i++) {
		struct relatives *g = relatives_of(r, j->findings.v[i]);
		g->skip[g->n] = (uint32_t)g->n + 1;
		g->v[g->n++] = j->findings.v[i];
	}
}

void related_done(struct related *r)
{
	map_done(&r->by_thing);
	vec_free(&r->holders);
	map_done(&r->by_server);
	vec_free(&r->relatives);
	vec_free(&r->queue);
}

struct relatives *related_next(struct related *r, const struct finding *f, struct relatives *g)
{
	uint32_t at = 0;
	if (g)
		at = g->next;
	else
		(void)map_get(&r->by_server, (uint64_t)(uintptr_t)f->subject.server, &at);
	return at ? &r->relatives.v[at - 1] : NULL;
}

size_t relatives_from(const struct relatives *g, instant start)
{
	size_t lo = 0, hi = g->n;
	while (lo < hi) {
		const size_t mid = (lo + hi) / 2;
		if (g->v[mid]->start < start)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

size_t relatives_live(struct relatives *g, size_t i)
{
	size_t at = i;
	while (at < g->n && g->v[at]->dropped)
		at = g->skip[at];
	for (size_t next; i < at; i = next) { /* the next one takes the short way */
		next = g->skip[i];
		g->skip[i] = (uint32_t)at;
	}
	return at;
}

/* --- those that wait to be asked: a heap, the first of all findings on top --- */

void related_ask(struct related *r, const struct finding *f)
{
	size_t i = r->queue.n;
	*vec_push(&r->queue) = f->at;
	for (uint32_t *v = r->queue.v; i && v[(i - 1) / 2] > f->at; i = (i - 1) / 2) {
		v[i] = v[(i - 1) / 2];
		v[(i - 1) / 2] = f->at;
	}
}

static void ask_holders(struct related *r, uint64_t key, int64_t behind)
{
	for (uint32_t i = first_holder(r, key); i; i = r->holders.v[i - 1].next)
		if (r->holders.v[i - 1].finding > behind)
			related_ask(r, r->all[r->holders.v[i - 1].finding]);
}

void related_ask_sharing(struct related *r, const struct finding *f, int64_t behind)
{
	for (size_t i = 0; i < f->calls.n; i++)
		ask_holders(r, call_key(f->calls.v[i]), behind);
}

void related_ask_root(struct related *r, const struct finding *f)
{
	if (f->root)
		ask_holders(r, root_key(f), f->at);
}

struct finding *related_asked(struct related *r)
{
	uint32_t *v = r->queue.v;
	if (!r->queue.n)
		return NULL;
	const uint32_t first = v[0], last = v[--r->queue.n];
	size_t i = 0;
	for (size_t child; (child = 2 * i + 1) < r->queue.n; i = child) {
		child += child + 1 < r->queue.n && v[child + 1] < v[child];
		if (v[child] >= last)
			break;
		v[i] = v[child];
	}
	v[i] = last;
	return r->all[first];
}

void related_forget(struct related *r) { r->queue.n = 0; }
