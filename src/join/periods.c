/* Logs by the time they cover (join/): an interval tree, laid out in a sorted array. The middle of each part knows how far the part
 * reaches, so that one which ends too early is passed as a whole. Refuses to judge: who asks looks at what is handed out. */
#include "join/periods.h"
#include "base/vec.h"
#include "join/internal.h"

static int first_order(const void *a, const void *b)
{
	const struct period *x = a, *y = b;
	return x->first != y->first ? (x->first > y->first) - (x->first < y->first) : (x->source > y->source) - (x->source < y->source);
}

static instant reach(struct period *v, size_t n)
{
	if (n == 0)
		return INT64_MIN;
	struct period *middle = v + n / 2;
	const instant before = reach(v, n / 2), behind = reach(middle + 1, n - n / 2 - 1);
	instant latest = before > behind ? before : behind;
	return middle->latest = middle->last > latest ? middle->last : latest;
}

static struct period period_of(const struct source *s, uint32_t i)
{
	const bool timed = s->first != INSTANT_NONE;
	return (struct period){timed ? s->first : INT64_MIN, timed ? s->last : INT64_MAX, 0, i};
}

void periods_init(struct periods *p, const struct source *sources, size_t n, struct arena *a)
{
	*p = (struct periods){arena_alloc(a, (n + 1) * sizeof *p->v), 0};
	for (uint32_t i = 0; i < n; i++)
		if (source_is_client(sources[i].kind))
			p->v[p->n++] = period_of(&sources[i], i);
	vec_order(p->v, p->n, sizeof *p->v, first_order);
	(void)reach(p->v, p->n);
}

struct asked {
	instant from, to;
	bool (*hand)(void *context, uint32_t source);
	void *context;
};

static bool visit(const struct period *v, size_t n, const struct asked *asked)
{
	while (n > 0 && v[n / 2].latest >= asked->from) {
		const struct period *middle = v + n / 2;
		if (!visit(v, n / 2, asked))
			return false;
		if (middle->first > asked->to)
			return true;
		if (middle->last >= asked->from && !asked->hand(asked->context, middle->source))
			return false;
		v = middle + 1;
		n -= n / 2 + 1;
	}
	return true;
}

bool periods_overlapping(const struct periods *p, const struct source *s, bool (*hand)(void *context, uint32_t source), void *context)
{
	const bool timed = s->first != INSTANT_NONE;
	const struct asked asked = {timed ? s->first - MINUTE : INT64_MIN, timed ? s->last + MINUTE : INT64_MAX, hand, context};
	return visit(p->v, p->n, &asked);
}
