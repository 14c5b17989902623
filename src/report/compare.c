/* Comparing two sets of calls (report/compare.h). Counts first, percentages never alone: every difference says of how many, and how
 * likely chance alone would show one as large. Shares are compared by Fisher's exact test, latencies by how many calls lie above
 * the common median and the common 95th percentile, drops and incidents by a binomial test against the number of calls.
 *
 * Refuses to call a difference clear that one in a hundred comparisons of equal things would show. */
#include "report/compare.h"

#include <math.h>

static const double clear_below = 0.01, hint_below = 0.1;
enum { MANY = 30, LEAST_ANSWERED = 4, LEAST_COUNT = 5 };

/* --- collecting --- */

static struct compare_group *group_of(struct comparison *c, str server, str tool)
{
	for (size_t i = c->groups.n; i-- > 0;)
		if (str_eq(c->groups.v[i].server, server) && str_eq(c->groups.v[i].tool, tool))
			return &c->groups.v[i];
	struct compare_group *g = vec_push(&c->groups);
	g->server = arena_str(&c->arena, server);
	g->tool = arena_str(&c->arena, tool);
	return g;
}

static void count_call(struct compare_side *s, bool failed, bool open)
{
	s->calls++;
	s->failed += failed;
	s->open += open;
}

void comparison_call(struct comparison *c, unsigned side, str server, str tool, str outcome, double ms)
{
	const bool answered = str_eq(outcome, S("ok")), open = str_eq(outcome, S("unended"));
	const bool failed = !answered && !open && !str_eq(outcome, S("backgrounded"));
	struct compare_side *of_tool = &group_of(c, server, tool)->side[side];
	count_call(of_tool, failed, open);
	if (answered && ms >= 0)
		*vec_push(&of_tool->answered) = ms;
	count_call(&group_of(c, server, S(""))->side[side], failed, open);
	c->calls[side]++;
	c->failed[side] += failed;
	c->open[side] += open;
}

void comparison_drops(struct comparison *c, unsigned side, str server, uint64_t count)
{
	group_of(c, server, S(""))->side[side].drops += count;
}

void comparison_incidents(struct comparison *c, unsigned side, str cause, uint64_t count)
{
	struct compare_cause *known = NULL;
	for (size_t i = 0; i < c->causes.n && !known; i++)
		known = str_eq(c->causes.v[i].cause, cause) ? &c->causes.v[i] : NULL;
	if (!known) {
		known = vec_push(&c->causes);
		known->cause = arena_str(&c->arena, cause);
	}
	known->count[side] += count;
	c->incidents[side] += count;
}

void comparison_done(struct comparison *c)
{
	for (size_t i = 0; i < c->groups.n; i++)
		for (unsigned s = 0; s < 2; s++)
			vec_free(&c->groups.v[i].side[s].answered);
	vec_free(&c->groups);
	vec_free(&c->causes);
	vec_free(&c->differences);
	arena_done(&c->arena);
}

/* --- chance --- */

static double log_choose(double n, double k)
{
	int sign;
	return lgamma_r(n + 1, &sign) - lgamma_r(k + 1, &sign) - lgamma_r(n - k + 1, &sign);
}

double chance_at_least(uint64_t k, uint64_t n, double p)
{
	if (k == 0 || p >= 1)
		return 1;
	if (p <= 0)
		return 0;
	double sum = 0;
	for (uint64_t i = k; i <= n; i++) {
		const double one = exp(log_choose((double)n, (double)i) + (double)i * log(p) + (double)(n - i) * log1p(-p));
		sum += one;
		if (one < sum * 1e-12 && (double)i > (double)n * p)
			break;
	}
	return sum < 1 ? sum : 1;
}

double chance_of_share(uint64_t a, uint64_t n_a, uint64_t b, uint64_t n_b)
{
	const double n = (double)(n_a + n_b), hits = (double)(a + b);
	const uint64_t most = a + b < n_a ? a + b : n_a;
	double sum = 0;
	for (uint64_t i = a; i <= most; i++) {
		if (a + b - i > n_b)
			continue;
		const double one = exp(log_choose((double)n_a, (double)i) + log_choose((double)n_b, hits - (double)i) - log_choose(n, hits));
		sum += one;
		if (one < sum * 1e-12 && (double)i > hits * (double)n_a / n)
			break;
	}
	return sum < 1 ? sum : 1;
}

static enum compare_sure sure_of(double chance, uint64_t n_a, uint64_t n_b)
{
	if (chance < clear_below)
		return SURE_CLEAR;
	if (chance < hint_below)
		return SURE_HINT;
	return n_a >= MANY && n_b >= MANY ? SURE_NOTHING : SURE_TOO_FEW;
}

/* --- differences --- */

static void add(struct comparison *c, struct compare_difference d)
{
	d.sure = sure_of(d.chance, d.of[0], d.of[1]);
	*vec_push(&c->differences) = d;
}

/* k of n on either side. */
static void add_share(struct comparison *c, const struct compare_group *g, enum compare_figure figure, uint64_t a, uint64_t b)
{
	const uint64_t n_a = g->side[0].calls, n_b = g->side[1].calls;
	if (n_a == 0 || n_b == 0)
		return;
	const double share_a = (double)a / (double)n_a, share_b = (double)b / (double)n_b;
	if (share_a == share_b) {
		c->unchanged++;
		return;
	}
	const bool worse = share_b > share_a;
	add(c, (struct compare_difference){.figure = figure, .trend = worse ? TREND_WORSE : TREND_BETTER, .server = g->server, .tool = g->tool,
		.value = {(double)a, (double)b}, .of = {n_a, n_b}, .chance = worse ? chance_of_share(b, n_b, a, n_a) : chance_of_share(a, n_a, b, n_b)});
}

static int by_value(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

/* Of sorted values, interpolated. */
static double quantile(const double *v, size_t n, double share)
{
	const double at = share * (double)(n - 1);
	const size_t below = (size_t)at, above = below + 1 < n ? below + 1 : below;
	return v[below] + (v[above] - v[below]) * (at - (double)below);
}

static uint64_t above(const struct compare_side *s, double limit)
{
	uint64_t n = 0;
	for (size_t i = 0; i < s->answered.n; i++)
		n += s->answered.v[i] > limit;
	return n;
}

static void add_latency(struct comparison *c, const struct compare_group *g, enum compare_figure figure, double share)
{
	const struct compare_side *a = &g->side[0], *b = &g->side[1];
	const size_t n = a->answered.n + b->answered.n;
	double *all = arena_alloc(&c->arena, (n + 1) * sizeof *all);
	memcpy(all, a->answered.v, a->answered.n * sizeof *all);
	memcpy(all + a->answered.n, b->answered.v, b->answered.n * sizeof *all);
	qsort(all, n, sizeof *all, by_value);
	const double limit = quantile(all, n, share), was = quantile(a->answered.v, a->answered.n, share), is = quantile(b->answered.v, b->answered.n, share);
	const uint64_t over_a = above(a, limit), over_b = above(b, limit);
	const bool worse = is > was;
	if (fabs(is - was) <= 0.1 * (is > was ? is : was)) { /* a tenth is within what machines do */
		c->unchanged++;
		return;
	}
	add(c, (struct compare_difference){.figure = figure, .trend = worse ? TREND_WORSE : TREND_BETTER, .server = g->server, .tool = g->tool,
		.value = {was, is}, .of = {a->answered.n, b->answered.n},
		.chance = worse ? chance_of_share(over_b, b->answered.n, over_a, a->answered.n) : chance_of_share(over_a, a->answered.n, over_b, b->answered.n)});
}

/* How often something happened, against the calls made meanwhile. */
static void add_count(struct comparison *c, struct compare_difference d, uint64_t a, uint64_t b)
{
	if (a + b == 0 || d.of[0] + d.of[1] == 0)
		return;
	const double share_b = (double)d.of[1] / (double)(d.of[0] + d.of[1]), expected = (double)(a + b) * share_b;
	if ((double)b == expected || a == b) {
		c->unchanged++;
		return;
	}
	const bool worse = (double)b > expected;
	d.trend = worse ? TREND_WORSE : TREND_BETTER;
	d.value[0] = (double)a;
	d.value[1] = (double)b;
	d.chance = worse ? chance_at_least(b, a + b, share_b) : chance_at_least(a, a + b, 1 - share_b);
	add(c, d);
	if (a + b < LEAST_COUNT) /* one event is no trend, however rare it was */
		c->differences.v[c->differences.n - 1].sure = SURE_TOO_FEW;
}

static void judge_group(struct comparison *c, struct compare_group *g)
{
	struct compare_side *a = &g->side[0], *b = &g->side[1];
	if (!g->tool.n) {
		add_count(c, (struct compare_difference){.figure = FIGURE_DROPS, .server = g->server, .of = {a->calls, b->calls}}, a->drops, b->drops);
		return;
	}
	add_share(c, g, FIGURE_FAILED, a->failed, b->failed);
	add_share(c, g, FIGURE_OPEN, a->open, b->open);
	if (a->answered.n < LEAST_ANSWERED || b->answered.n < LEAST_ANSWERED)
		return;
	vec_sort(&a->answered, by_value);
	vec_sort(&b->answered, by_value);
	add_latency(c, g, FIGURE_P50, 0.5);
	add_latency(c, g, FIGURE_P95, 0.95);
}

static int by_weight(const void *a, const void *b)
{
	const struct compare_difference *x = a, *y = b;
	if (x->trend != y->trend)
		return x->trend < y->trend ? -1 : 1;
	if (x->sure != y->sure)
		return x->sure < y->sure ? -1 : 1;
	if (x->chance != y->chance)
		return x->chance < y->chance ? -1 : 1;
	int by = str_cmp(x->server, y->server);
	by = by ? by : str_cmp(x->tool, y->tool);
	by = by ? by : str_cmp(x->cause, y->cause);
	return by ? by : (int)x->figure - (int)y->figure;
}

void comparison_judge(struct comparison *c)
{
	if (c->calls[0] == 0 || c->calls[1] == 0)
		return;
	for (size_t i = 0; i < c->groups.n; i++)
		judge_group(c, &c->groups.v[i]);
	for (size_t i = 0; i < c->causes.n; i++) {
		const struct compare_cause *k = &c->causes.v[i];
		add_count(c, (struct compare_difference){.figure = FIGURE_INCIDENTS, .cause = k->cause, .of = {c->calls[0], c->calls[1]}}, k->count[0], k->count[1]);
	}
	vec_sort(&c->differences, by_weight);
}
