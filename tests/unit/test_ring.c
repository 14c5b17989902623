/* Places handed round between two threads: order, bound, and that neither side is left waiting. */
#include "base/ring.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { PLACES = 3, VALUES = 20000 };

struct side {
	struct ring ring;
	unsigned values[PLACES];
	unsigned filled, refused, stop_after;
};

static void *fill(void *context)
{
	struct side *s = context;
	size_t at;
	for (unsigned i = 0; i < s->stop_after; i++) {
		if (!ring_room(&s->ring, &at)) {
			s->refused++;
			return NULL;
		}
		s->values[at] = i;
		s->filled++;
		ring_fill(&s->ring);
	}
	ring_close(&s->ring);
	return NULL;
}

static void begin(struct side *s, unsigned stop_after, pthread_t *ret)
{
	*s = (struct side){.stop_after = stop_after};
	ring_init(&s->ring, PLACES);
	assert_int_equal(pthread_create(ret, NULL, fill, s), 0);
}

static void test_all_in_order(void **state)
{
	(void)state;
	struct side s;
	pthread_t thread;
	size_t at;
	unsigned next = 0;
	begin(&s, VALUES, &thread);
	while (ring_take(&s.ring, &at)) {
		assert_int_equal(s.values[at], next);
		next++;
		ring_empty(&s.ring);
	}
	assert_int_equal(next, VALUES);
	pthread_join(thread, NULL);
	ring_done(&s.ring);
}

static void test_no_more_than_its_places(void **state)
{
	(void)state;
	struct ring r;
	size_t at;
	ring_init(&r, PLACES);
	for (size_t i = 0; i < PLACES; i++) {
		assert_true(ring_room(&r, &at));
		assert_int_equal(at, i);
		ring_fill(&r);
	}
	assert_int_equal(r.filled - r.emptied, PLACES);
	assert_true(ring_take(&r, &at));
	assert_int_equal(at, 0);
	ring_empty(&r);
	assert_true(ring_room(&r, &at));
	assert_int_equal(at, 0);
	ring_done(&r);
}

/* The emptying side fails while the other waits on a full ring. */
static void test_closing_wakes_the_filler(void **state)
{
	(void)state;
	struct side s;
	pthread_t thread;
	size_t at;
	begin(&s, VALUES, &thread);
	assert_true(ring_take(&s.ring, &at));
	ring_close(&s.ring);
	pthread_join(thread, NULL);
	assert_int_equal(s.refused, 1);
	assert_in_range(s.filled, 1, PLACES);
	ring_done(&s.ring);
}

static void test_what_is_left_comes_out_after_closing(void **state)
{
	(void)state;
	struct ring r;
	size_t at;
	ring_init(&r, PLACES);
	assert_true(ring_room(&r, &at));
	ring_fill(&r);
	ring_close(&r);
	assert_false(ring_room(&r, &at));
	assert_true(ring_take(&r, &at));
	ring_empty(&r);
	assert_false(ring_take(&r, &at));
	ring_done(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_in_order),
		cmocka_unit_test(test_no_more_than_its_places),
		cmocka_unit_test(test_closing_wakes_the_filler),
		cmocka_unit_test(test_what_is_left_comes_out_after_closing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
