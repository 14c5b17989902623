/* Comparing two sets of calls: exact chances, trends and how sure they are, what few numbers do not say. */
#include "report/compare.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void near_to(double got, double want)
{
	if (fabs(got - want) > 1e-6)
		fail_msg("%.9f is not %.9f", got, want);
}

static void chances_are_exact(void **state)
{
	(void)state;
	near_to(chance_at_least(0, 10, 0.5), 1);
	near_to(chance_at_least(10, 10, 0.5), 1.0 / 1024);
	near_to(chance_at_least(8, 10, 0.5), 56.0 / 1024);
	near_to(chance_at_least(3, 3, 1), 1);
	near_to(chance_at_least(3, 3, 0), 0);
	/* Fisher's tea: 3 of 4 against 1 of 4. */
	near_to(chance_of_share(3, 4, 1, 4), 17.0 / 70);
	near_to(chance_of_share(4, 4, 0, 4), 1.0 / 70);
	near_to(chance_of_share(0, 4, 0, 4), 1);
	assert_true(chance_of_share(500, 1000, 100, 1000) < 1e-50);
}

static void calls(struct comparison *c, unsigned side, const char *outcome, unsigned count, double ms)
{
	for (unsigned i = 0; i < count; i++)
		comparison_call(c, side, S("pg"), S("list"), str_z(outcome), ms + i % 7);
}

static const struct compare_difference *find(const struct comparison *c, enum compare_figure figure)
{
	for (size_t i = 0; i < c->differences.n; i++)
		if (c->differences.v[i].figure == figure)
			return &c->differences.v[i];
	return NULL;
}

static void many_failures_are_clear_and_stand_first(void **state)
{
	(void)state;
	struct comparison c = {0};
	calls(&c, 0, "ok", 95, 100);
	calls(&c, 0, "error", 5, -1);
	calls(&c, 1, "ok", 70, 100);
	calls(&c, 1, "cancelled", 30, -1);
	comparison_drops(&c, 0, S("pg"), 10);
	comparison_drops(&c, 1, S("pg"), 9);
	comparison_judge(&c);
	assert_int_equal(c.differences.v[0].figure, FIGURE_FAILED);
	assert_int_equal(c.differences.v[0].trend, TREND_WORSE);
	assert_int_equal(c.differences.v[0].sure, SURE_CLEAR);
	assert_int_equal(c.calls[1], 100);
	assert_int_equal(c.failed[1], 30);
	assert_int_equal(find(&c, FIGURE_DROPS)->sure, SURE_NOTHING);
	comparison_done(&c);
}

static void few_numbers_say_nothing(void **state)
{
	(void)state;
	struct comparison c = {0};
	calls(&c, 0, "ok", 3, 10);
	calls(&c, 1, "ok", 2, 10);
	calls(&c, 1, "error", 1, -1);
	comparison_incidents(&c, 1, S("stdio-crash"), 1);
	comparison_judge(&c);
	assert_int_equal(find(&c, FIGURE_FAILED)->sure, SURE_TOO_FEW);
	assert_int_equal(find(&c, FIGURE_INCIDENTS)->sure, SURE_TOO_FEW);
	assert_null(find(&c, FIGURE_P50));
	comparison_done(&c);
}

static void one_event_is_no_trend(void **state)
{
	(void)state;
	struct comparison c = {0};
	calls(&c, 0, "ok", 10, 10);
	calls(&c, 1, "ok", 1000, 10);
	comparison_incidents(&c, 0, S("stdio-crash"), 1);
	comparison_judge(&c);
	assert_int_equal(find(&c, FIGURE_INCIDENTS)->trend, TREND_BETTER);
	assert_int_equal(find(&c, FIGURE_INCIDENTS)->sure, SURE_TOO_FEW);
	comparison_done(&c);
}

static void latency_is_compared_by_its_whole_distribution(void **state)
{
	(void)state;
	struct comparison c = {0};
	calls(&c, 0, "ok", 40, 100);
	calls(&c, 1, "ok", 40, 300);
	comparison_judge(&c);
	assert_int_equal(find(&c, FIGURE_P50)->sure, SURE_CLEAR);
	assert_int_equal(find(&c, FIGURE_P50)->trend, TREND_WORSE);
	near_to(find(&c, FIGURE_P50)->value[0], 103);
	near_to(find(&c, FIGURE_P50)->value[1], 303);
	comparison_done(&c);
}

static void an_empty_side_compares_with_nothing(void **state)
{
	(void)state;
	struct comparison c = {0};
	struct buf out = {0};
	calls(&c, 1, "error", 40, -1);
	comparison_incidents(&c, 1, S("x"), 40);
	comparison_judge(&c);
	assert_int_equal(c.differences.n, 0);
	compare_text(&c, &(struct compare_options){.name = {S("a\x1b[2J"), S("b")}}, &out);
	assert_true(str_find(buf_str(&out), S("nothing to compare")) > 0);
	assert_true(str_chr(buf_str(&out), '\x1b') < 0);
	buf_done(&out);
	comparison_done(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chances_are_exact),
		cmocka_unit_test(many_failures_are_clear_and_stand_first),
		cmocka_unit_test(few_numbers_say_nothing),
		cmocka_unit_test(one_event_is_no_trend),
		cmocka_unit_test(latency_is_compared_by_its_whole_distribution),
		cmocka_unit_test(an_empty_side_compares_with_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
