/* What pictures are made of, by whole runs over samples: every call once, marks in their lanes, stages, health. */
#include "model/names.h"
#include "pipeline.h"
#include "rules_fixture.h"

static void run(const char *sample, bool keep, struct pipeline_result *ret)
{
	char path[512];
	struct err e;
	(void)snprintf(path, sizeof path, MCPLOG_SOURCE "/samples/%s", sample);
	const str paths[] = {str_z(path)};
	const struct pipeline_options o = {.paths = paths, .path_count = 1, .db = ":memory:", .as_of = INSTANT_NONE, .keep_calls = keep};
	assert_int_equal(pipeline_run(&rules, &o, ret, &e), 0);
}

static const struct picture_mark *find(const struct picture *p, enum mark_kind kind)
{
	for (size_t i = 0; i < p->mark_count; i++)
		if (p->marks[i].kind == kind)
			return &p->marks[i];
	return NULL;
}

static void test_nothing_is_kept_unasked(void **state)
{
	(void)state;
	struct pipeline_result r;
	run("001-sse-drop-silent-hang", false, &r);
	assert_false(r.facts.picture.kept);
	assert_int_equal(r.facts.picture.call_count, 0);
	pipeline_result_done(&r);
}

static void test_a_hang_with_its_marks(void **state)
{
	(void)state;
	struct pipeline_result r;
	run("001-sse-drop-silent-hang", true, &r);
	const struct picture *p = &r.facts.picture;
	assert_true(p->kept);
	assert_int_equal(p->call_count, 1);
	const struct picture_call *c = &p->calls[0];
	assert_true(str_eq(c->call.tool, S("list_schemas")));
	assert_int_equal(c->call.beats, 46);
	assert_int_equal(c->incident, 0);
	assert_int_equal(c->server, 0);
	assert_int_equal(c->start.line, 1);
	assert_int_equal(c->stages[STAGE_PERMISSION], MILLISECOND);
	assert_int_equal(c->stages[STAGE_DISPATCH], 0);
	assert_int_equal(c->stages[STAGE_WIRE], -1); /* the server's log has no clock */
	assert_true(c->stages[STAGE_SERVER] > 1390 * SECOND);
	const struct picture_mark *drop = find(p, MARK_DROP), *cancel = find(p, MARK_CANCEL), *crash = find(p, MARK_EXCEPTION);
	assert_non_null(drop);
	assert_int_equal(drop->side, SIDE_TRANSPORT);
	assert_int_equal(drop->where.line, 4);
	assert_int_equal(drop->uptime_s, 61937);
	assert_int_equal(drop->time, drop->at);
	assert_true(drop->what.n > 0 && drop->text.n > 0);
	assert_non_null(cancel);
	assert_int_equal(cancel->side, SIDE_CLIENT);
	assert_non_null(crash);
	assert_int_equal(crash->side, SIDE_SERVER);
	assert_int_equal(crash->time, INSTANT_NONE);
	pipeline_result_done(&r);
}

static void test_every_call_stands_once_in_the_order_of_time(void **state)
{
	(void)state;
	struct pipeline_result r;
	run("004-parallel-subagents-one-drop", true, &r); /* debug log and several transcripts tell the same calls */
	const struct picture *p = &r.facts.picture;
	assert_int_equal(p->call_count, r.facts.calls);
	for (size_t s = 0; s < p->session_count; s++)
		for (size_t i = 1; i < p->sessions[s].call_count; i++) {
			const struct picture_call *c = &p->calls[p->sessions[s].first_call + i];
			assert_true(c[-1].from <= c->from);
			assert_true(c->to >= c->from);
			assert_int_equal(c->session, s);
			assert_int_not_equal(c[-1].call.id, c->call.id);
		}
	pipeline_result_done(&r);
}

static void test_health_names_the_limit_of_idle_connections(void **state)
{
	(void)state;
	struct pipeline_result r;
	run("007-idle-drops-at-60s-healthy", true, &r);
	const struct server_health *h = &r.facts.picture.health[0];
	uint64_t sum = 0;
	for (int i = 0; i < UPTIME_BINS; i++)
		sum += h->uptimes[i].connections;
	assert_int_equal(sum, h->uptime_count);
	assert_true(h->drops >= 3);
	assert_int_equal(h->limit_count, 1);
	assert_int_equal(h->limits[0].seconds, 60);
	assert_true(h->limits[0].what.n > 0);
	pipeline_result_done(&r);
}

static void test_tools_have_their_percentiles(void **state)
{
	(void)state;
	struct pipeline_result r;
	run("018-long-call-like-the-one-before", true, &r);
	uint64_t calls = 0;
	for (size_t s = 0; s < r.facts.server_count; s++)
		for (size_t i = 0; i < r.facts.picture.health[s].tool_count; i++) {
			const struct tool_health *t = &r.facts.picture.health[s].tools[i];
			calls += t->calls;
			assert_int_equal(t->server, s);
			assert_true(t->p50 <= t->p90 && t->p90 <= t->p99 && t->p99 <= t->max);
			assert_true(t->ok == 0 || t->p50 > 0);
		}
	assert_int_equal(calls, r.facts.calls);
	pipeline_result_done(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_kept_unasked),
		cmocka_unit_test(test_a_hang_with_its_marks),
		cmocka_unit_test(test_every_call_stands_once_in_the_order_of_time),
		cmocka_unit_test(test_health_names_the_limit_of_idle_connections),
		cmocka_unit_test(test_tools_have_their_percentiles),
	};
	return cmocka_run_group_tests(tests, load_rules, free_rules);
}
