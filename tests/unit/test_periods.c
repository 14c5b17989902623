/* Which logs overlap another one: as if each were looked at, but few are. */
#include "chance.h"
#include "join/periods.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { MOST = 300 };

static void random_log(struct source *s)
{
	*s = (struct source){.kind = any(5) == 0 ? SOURCE_SERVER : any(2) ? SOURCE_CLAUDE_DEBUG : SOURCE_MCP_CACHE, .first = INSTANT_NONE, .last = INSTANT_NONE};
	if (any(20) == 0)
		return;
	s->first = (instant)any(20000) * SECOND;
	s->last = s->first + (instant)(any(10) == 0 ? any(20000) : any(100)) * SECOND;
}

struct heard {
	unsigned times[MOST], n, most;
};

static bool hear(void *context, uint32_t source)
{
	struct heard *h = context;
	h->times[source]++;
	return ++h->n < h->most;
}

static bool overlap(const struct source *a, const struct source *b)
{
	return a->first == INSTANT_NONE || b->first == INSTANT_NONE || (a->first <= b->last + MINUTE && b->first <= a->last + MINUTE);
}

static void as_if_each_were_looked_at(void **state)
{
	(void)state;
	static struct source logs[MOST];
	for (unsigned round = 0; round < 200; round++) {
		const uint32_t n = any(MOST);
		struct arena a = {0};
		struct periods p;
		struct source asked;
		for (uint32_t i = 0; i < n; i++)
			random_log(&logs[i]);
		random_log(&asked);
		periods_init(&p, logs, n, &a);
		struct heard h = {.most = UINT32_MAX};
		assert_true(periods_overlapping(&p, &asked, hear, &h));
		for (uint32_t i = 0; i < n; i++)
			assert_int_equal(h.times[i], logs[i].kind != SOURCE_SERVER && overlap(&logs[i], &asked));
		if (h.n > 1) {
			struct heard one = {.most = 1};
			assert_false(periods_overlapping(&p, &asked, hear, &one));
			assert_int_equal(one.n, 1);
		}
		arena_done(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(as_if_each_were_looked_at)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
