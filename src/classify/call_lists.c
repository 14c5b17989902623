/* Calls of a server that fit the part of a condition that does not look at the subject (classify/): found once for all subjects, so
 * that thousands of failures on one server are not compared in pairs. Made when first asked for, kept while the view is judged.
 *
 * Refuses to compare a call with a subject: rules_call.c does. */
#include "base/hash.h"
#include "classify/rules.h"

static uint64_t key_of(const struct cond *c, const struct view_server *s)
{
	const uint64_t both[2] = {(uint64_t)(uintptr_t)c, (uint64_t)(uintptr_t)s};
	return hash64((str){(const char *)both, sizeof both});
}

static void fill(struct call_list *l, struct trial *t, const struct cond *c, const struct view_server *s)
{
	struct subject nobody = {.scope = t->subject->scope, .server = s, .end = INSTANT_NONE};
	struct trial alone = {.view = t->view, .rules = t->rules, .subject = &nobody, .cause = t->cause};
	l->v = arena_alloc(t->lists->a, (s->call_count + 1) * sizeof *l->v);
	for (size_t i = 0; i < s->call_count; i++) {
		struct call *k = s->calls[i];
		if (!rules_call_fits_alone(&alone, c, k, s))
			continue;
		l->v[l->n++] = k;
		l->open |= k->ended_at == INSTANT_NONE || k->started_at == INSTANT_NONE;
		if (!l->open && k->ended_at - k->started_at > l->longest)
			l->longest = k->ended_at - k->started_at;
	}
}

const struct call_list *call_list_of(struct trial *t, const struct cond *c, const struct view_server *s)
{
	struct call_lists *all = t->lists;
	uint64_t key = key_of(c, s);
	uint32_t at;
	if (map_get(&all->by_key, key, &at))
		return all->v.v[at];
	struct call_list *l = arena_alloc(all->a, sizeof *l);
	*l = (struct call_list){0};
	fill(l, t, c, s);
	map_put(&all->by_key, key, (uint32_t)all->v.n);
	*vec_push(&all->v) = l;
	return l;
}

size_t call_list_from(const struct call_list *l, instant from)
{
	size_t lo = 0, hi = l->n;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (l->v[mid]->started_at < from)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

void call_lists_done(struct call_lists *l)
{
	map_done(&l->by_key);
	vec_free(&l->v);
}
