/* Chaining findings by looking near each (classify/chain.c, related.c) against comparing every two of them: made findings of all kinds,
 * and the same result to the last call. */
#include "chain_pairs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { CAUSES = 10, SERVERS = 3, CALLS = 14, ROOTS = 4, FINDINGS = 40, SUCCESSES = 12, TURNS = 4000 };

struct world {
	struct session_view view;
	struct view_server servers[SERVERS];
	instant successes[SERVERS][SUCCESSES];
	struct call calls[CALLS];
	struct seen roots[ROOTS];
	struct rules rules;
	struct cause causes[CAUSES];
	str relations[CAUSES][2][CAUSES];
	char ids[CAUSES][8];
	struct arena arena;
};

static uint32_t dice(uint64_t *state, uint32_t sides)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*state >> 33) % sides;
}

static int by_instant(const void *a, const void *b)
{
	const instant x = *(const instant *)a, y = *(const instant *)b;
	return x < y ? -1 : x > y;
}

/* A relation names later causes only: in the knowledge there is no circle either. */
static unsigned relate(struct world *w, uint64_t *state, unsigned of, bool note)
{
	unsigned n = 0;
	for (unsigned i = of < 1 ? 2 : of + 1; i < CAUSES; i++)
		if (dice(state, 4) == 0)
			w->relations[of][0][n++] = w->causes[i].id;
	if (note && dice(state, 4) == 0)
		w->relations[of][0][n++] = S("any");
	return n;
}

static void make_world(struct world *w, uint64_t *state)
{
	*w = (struct world){.view = {.exit_at = INSTANT_NONE}};
	for (unsigned i = 0; i < SERVERS; i++) {
		w->servers[i] = (struct view_server){.successes = w->successes[i], .success_count = dice(state, SUCCESSES + 1)};
		for (size_t k = 0; k < w->servers[i].success_count; k++)
			w->successes[i][k] = (instant)dice(state, 60) * SECOND;
		qsort(w->successes[i], w->servers[i].success_count, sizeof *w->successes[i], by_instant);
	}
	for (unsigned i = 0; i < CAUSES; i++) { /* two variants have one id */
		(void)snprintf(w->ids[i], sizeof w->ids[i], "c%u", i == 1 ? 0 : i);
		w->causes[i] = (struct cause){.id = str_z(w->ids[i]), .scope = (enum scope)dice(state, 4), .merge = dice(state, 3) > 0,
			.note = dice(state, 5) == 0, .fallback = dice(state, 6) == 0};
		*vec_push(&w->rules.causes) = &w->causes[i];
	}
	for (unsigned i = 0; i < CAUSES; i++) {
		w->causes[i].yields_count = relate(w, state, i, w->causes[i].note);
		w->causes[i].yields_to = w->relations[i][0];
	}
	for (unsigned i = 0; i < CAUSES; i++) { /* a cause absorbs earlier ones */
		unsigned n = 0;
		for (unsigned k = 0; k < i; k++)
			if (dice(state, 4) == 0 && !(i == 1 && k == 0))
				w->relations[i][1][n++] = w->causes[k].id;
		w->causes[i].absorbs = w->relations[i][1];
		w->causes[i].absorb_count = n;
	}
	for (unsigned i = 0; i < CALLS; i++) {
		const instant start = (instant)dice(state, 60) * SECOND;
		w->calls[i] = (struct call){.started_at = start, .sent_at = dice(state, 2) ? INSTANT_NONE : start + (instant)dice(state, 20) * SECOND};
	}
}

static struct finding *make_finding(struct world *w, uint64_t *state)
{
	struct finding *f = arena_alloc(&w->arena, sizeof *f);
	const struct cause *c = &w->causes[dice(state, CAUSES)];
	f->cause = c;
	f->subject.scope = c->scope;
	f->subject.server = dice(state, 8) ? &w->servers[dice(state, SERVERS)] : NULL;
	f->start = (instant)dice(state, 60) * SECOND;
	f->end = dice(state, 6) ? f->start + (instant)dice(state, 9) * SECOND : INSTANT_NONE;
	f->root = dice(state, 3) ? NULL : &w->roots[dice(state, ROOTS)];
	const uint32_t calls = c->scope == SCOPE_CALL ? 1 : dice(state, 4);
	for (uint32_t i = 0; i < calls; i++)
		*vec_push(&f->calls) = &w->calls[dice(state, CALLS)];
	f->subject.call = calls ? f->calls.v[0] : NULL;
	return f;
}

static void make_findings(struct world *w, struct judge *j, uint64_t seed)
{
	*j = (struct judge){.view = &w->view, .rules = &w->rules, .a = &w->arena};
	for (uint32_t n = dice(&seed, FINDINGS); n-- > 0;)
		*vec_push(&j->findings) = make_finding(w, &seed);
}

static size_t place_of(const struct judge *j, const struct finding *f)
{
	for (size_t i = 0; i < j->findings.n; i++)
		if (j->findings.v[i] == f)
			return i;
	return SIZE_MAX;
}

static void assert_same(const struct judge *a, const struct judge *b)
{
	for (size_t i = 0; i < a->findings.n; i++) {
		const struct finding *x = a->findings.v[i], *y = b->findings.v[i];
		assert_int_equal(x->dropped, y->dropped);
		assert_int_equal(place_of(a, x->into), place_of(b, y->into));
		assert_int_equal(x->end, y->end);
		assert_int_equal(x->calls.n, y->calls.n);
		for (size_t k = 0; k < x->calls.n; k++)
			assert_ptr_equal(x->calls.v[k], y->calls.v[k]);
		assert_int_equal(x->absorbed.n, y->absorbed.n);
		for (size_t k = 0; k < x->absorbed.n; k++)
			assert_int_equal(place_of(a, x->absorbed.v[k]), place_of(b, y->absorbed.v[k]));
	}
}

static void judge_done(struct judge *j)
{
	for (size_t i = 0; i < j->findings.n; i++) {
		vec_free(&j->findings.v[i]->calls);
		vec_free(&j->findings.v[i]->absorbed);
	}
	vec_free(&j->findings);
}

static void looking_near_finds_what_comparing_all_finds(void **state)
{
	uint64_t seed = 7;
	size_t dropped = 0, left = 0;
	(void)state;
	for (int turn = 0; turn < TURNS; turn++) {
		struct world w;
		struct judge near, pairs;
		make_world(&w, &seed);
		make_findings(&w, &near, seed);
		make_findings(&w, &pairs, seed);
		chain(&near);
		chain_by_pairs(&pairs);
		assert_same(&near, &pairs);
		for (size_t i = 0; i < near.findings.n; i++)
			near.findings.v[i]->dropped ? dropped++ : left++;
		judge_done(&near);
		judge_done(&pairs);
		vec_free(&w.rules.causes);
		arena_done(&w.arena);
	}
	assert_true(dropped > TURNS && left > TURNS); /* neither is rare */
}

static int by_start(const void *a, const void *b)
{
	const struct span *x = a, *y = b;
	return x->started < y->started ? -1 : x->started > y->started;
}

/* Spans stand by their starts; their ends are answers like the others. */
static void ends_of_spans_are_successes(void **state)
{
	enum { SPANS = 12 };
	uint64_t seed = 11;
	size_t behind = 0, before = 0;
	(void)state;
	for (int turn = 0; turn < TURNS; turn++) {
		struct span spans[SPANS];
		instant successes[SUCCESSES];
		struct view_server s = {.spans = spans, .span_count = dice(&seed, SPANS + 1), .successes = successes, .success_count = dice(&seed, 4)};
		for (size_t i = 0; i < s.success_count; i++)
			successes[i] = (instant)dice(&seed, 60);
		for (size_t i = 0; i < s.span_count; i++) {
			spans[i] = (struct span){dice(&seed, 60), dice(&seed, dice(&seed, 5) ? 8 : 50)};
			s.span_longest = spans[i].lasted > s.span_longest ? spans[i].lasted : s.span_longest;
		}
		qsort(successes, s.success_count, sizeof *successes, by_instant);
		qsort(spans, s.span_count, sizeof *spans, by_start);
		const instant at = (instant)dice(&seed, 120) - 5;
		instant next = INT64_MAX, last = INT64_MIN;
		for (size_t i = 0; i < s.success_count + s.span_count; i++) {
			const instant t = i < s.success_count ? successes[i] : span_ended(&spans[i - s.success_count]);
			next = t > at && t < next ? t : next;
			last = t <= at && t > last ? t : last;
		}
		assert_int_equal(success_behind(&s, at), next);
		assert_int_equal(success_before(&s, at), last);
		assert_int_equal(success_before(&s, INT64_MIN), INT64_MIN);
		assert_int_equal(success_between(&s, at, at + 9), next < at + 9);
		behind += next != INT64_MAX;
		before += last != INT64_MIN;
	}
	assert_true(behind > TURNS / 4 && before > TURNS / 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(looking_near_finds_what_comparing_all_finds),
		cmocka_unit_test(ends_of_spans_are_successes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
