/* When watch speaks: once when an incident begins, when its verdict changes, once when it is over, and not for what turns out to
 * be nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "cli/changes.h"

#define T0 (INT64_C(1779049380) * SECOND)

struct world {
	struct changes c;
	struct call call;
	const struct call *calls[1];
	struct evidence line;
	struct incident i[2];
	struct facts facts, looked[2];
	unsigned turn;
	struct report_options o;
	char said[512];
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	const struct changes_options options = {.settle = 2 * SECOND, .silence = 180 * SECOND, .history = HOUR};
	changes_init(&w->c, &options);
	w->o = (struct report_options){.since = INSTANT_NONE, .until = INSTANT_NONE};
	w->call = (struct call){.tool = S("list"), .ending = ENDING_STILL_OPEN, .started_at = T0};
	w->calls[0] = &w->call;
	w->line = (struct evidence){.role = ROLE_TRIGGER, .time = T0};
	for (int n = 0; n < 2; n++)
		w->i[n] = (struct incident){.id = n ? S("v1:bb") : S("v1:aa"), .cause = S("drop"), .server = S("pg"), .state = STATE_ONGOING,
			.severity = SEVERITY_CRITICAL, .confidence = CONFIDENCE_LIKELY, .started_at = T0, .ended_at = INSTANT_NONE,
			.calls = w->calls, .call_count = 1, .evidence = &w->line, .evidence_count = 1, .ending = ENDING_STILL_OPEN};
	w->facts.incidents = w->i;
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	changes_done(&w->c);
	free(w);
	return 0;
}

/* What is told at T0 + at, as "begin aa, end bb (recovered)"; `count` incidents are there. */
static const char *look(struct world *w, size_t count, int64_t at)
{
	size_t used = 0;
	struct facts *f = &w->looked[w->turn ^= 1];
	w->facts.incident_count = count;
	*f = w->facts;
	w->said[0] = 0;
	changes_look(&w->c, f, &w->o, T0 + at);
	for (size_t n = 0; n < w->c.events.n; n++) {
		const struct live_event *e = &w->c.events.v[n];
		used += (size_t)snprintf(w->said + used, sizeof w->said - used, "%s%s %.*s%s%.*s%s", n ? ", " : "", live_kind_name(e->kind), 2, e->incident->id.p + 3,
			e->why.n ? " (" : "", STR_ARG(e->why), e->why.n ? ")" : "");
	}
	return w->said;
}

static void end(struct world *w, int n, enum state state)
{
	w->i[n].state = state;
	w->i[n].ending = ENDING_USER_CANCEL;
	w->i[n].ended_at = T0 + 60 * SECOND;
	w->call.ending = ENDING_USER_CANCEL;
}

static void what_is_over_at_the_start_is_history(void **state)
{
	struct world *w = *state;
	end(w, 0, STATE_ENDED);
	assert_string_equal(look(w, 1, 0), "");
	assert_int_equal(w->c.history, 1);
	assert_string_equal(look(w, 1, HOUR), "");
	assert_true(w->c.next == INSTANT_NONE);
}

static void what_hangs_at_the_start_is_told(void **state)
{
	struct world *w = *state;
	assert_string_equal(look(w, 1, 10 * MINUTE), "begin aa");
	assert_int_equal(w->c.history, 0);
}

static void a_dropped_call_is_told_after_settling_once(void **state)
{
	struct world *w = *state;
	look(w, 0, -SECOND);
	assert_string_equal(look(w, 1, SECOND), "");
	assert_int_equal(w->c.next, T0 + 2 * SECOND);
	assert_string_equal(look(w, 1, 2 * SECOND), "begin aa");
	assert_true(w->c.next == INSTANT_NONE);
	assert_string_equal(look(w, 1, 30 * SECOND), "");
}

static void an_answer_while_settling_leaves_nothing_said(void **state)
{
	struct world *w = *state;
	look(w, 0, -SECOND);
	assert_string_equal(look(w, 1, SECOND), "");
	assert_string_equal(look(w, 0, 2 * SECOND), "");
	assert_string_equal(look(w, 0, 20 * SECOND), "");
}

static void a_call_that_began_after_the_drop_settles_too(void **state)
{
	struct world *w = *state;
	w->i[0].started_at = T0 + 4 * SECOND;
	look(w, 0, 0);
	assert_string_equal(look(w, 1, 4 * SECOND), "");
	assert_int_equal(w->c.next, T0 + 6 * SECOND);
	assert_string_equal(look(w, 0, 5 * SECOND), "");
}

static void silence_alone_waits_longer(void **state)
{
	struct world *w = *state;
	w->i[0].evidence_count = 0;
	look(w, 0, 0);
	assert_string_equal(look(w, 1, 60 * SECOND), "");
	assert_int_equal(w->c.next, T0 + 180 * SECOND);
	assert_string_equal(look(w, 1, 181 * SECOND), "begin aa");
}

static void heartbeats_count_the_time_awake(void **state)
{
	struct world *w = *state;
	w->i[0].evidence_count = 0;
	w->call.beats = 2;
	look(w, 0, 0);
	assert_string_equal(look(w, 1, 8 * HOUR), "");
	assert_true(w->c.next == INSTANT_NONE);
	w->call.beats = 6;
	assert_string_equal(look(w, 1, 8 * HOUR + 120 * SECOND), "begin aa");
}

static void a_possible_hang_waits_twice_as_long(void **state)
{
	struct world *w = *state;
	w->i[0].evidence_count = 0;
	w->i[0].confidence = CONFIDENCE_POSSIBLE;
	look(w, 0, 0);
	look(w, 1, 181 * SECOND);
	assert_int_equal(w->c.next, T0 + 360 * SECOND);
	assert_string_equal(look(w, 1, 360 * SECOND), "begin aa");
}

static void a_failure_is_told_at_once_and_its_end_after_a_second(void **state)
{
	struct world *w = *state;
	look(w, 0, 0);
	end(w, 0, STATE_ENDED);
	assert_string_equal(look(w, 1, 60 * SECOND), "begin aa");
	assert_int_equal(w->c.next, T0 + 61 * SECOND);
	assert_string_equal(look(w, 1, 61 * SECOND), "end aa (user-cancel)");
	assert_true(w->c.events.v[0].echo);
	assert_string_equal(look(w, 1, 62 * SECOND), "");
}

static void a_possible_verdict_waits_for_more_lines(void **state)
{
	struct world *w = *state;
	look(w, 0, 0);
	end(w, 0, STATE_ENDED);
	w->i[0].confidence = CONFIDENCE_POSSIBLE;
	assert_string_equal(look(w, 1, 60 * SECOND), "");
	assert_string_equal(look(w, 0, 60 * SECOND + 50 * MILLISECOND), "");
}

static void a_hang_ends_once_when_it_recovered(void **state)
{
	struct world *w = *state;
	look(w, 0, 0);
	look(w, 1, 0);
	assert_string_equal(look(w, 1, 3 * SECOND), "begin aa");
	end(w, 0, STATE_RECOVERED);
	assert_string_equal(look(w, 1, 60 * SECOND), "end aa (recovered)");
	assert_false(w->c.events.v[0].echo);
	assert_string_equal(look(w, 1, 61 * SECOND), "");
}

static void an_end_that_becomes_a_recovery_is_told_as_one(void **state)
{
	struct world *w = *state;
	look(w, 0, 0);
	look(w, 1, 0);
	look(w, 1, 3 * SECOND);
	end(w, 0, STATE_ENDED);
	assert_string_equal(look(w, 1, 60 * SECOND), "");
	end(w, 0, STATE_RECOVERED);
	assert_string_equal(look(w, 1, 60 * SECOND + 300 * MILLISECOND), "end aa (recovered)");
}

static void a_sharper_verdict_is_a_change(void **state)
{
	struct world *w = *state;
	look(w, 0, 0);
	look(w, 1, 0);
	look(w, 1, 3 * SECOND);
	w->i[0].cause = S("wedge");
	w->i[0].confidence = CONFIDENCE_CERTAIN;
	assert_string_equal(look(w, 1, 4 * SECOND), "");
	assert_string_equal(look(w, 1, 5 * SECOND), "change aa (wedge, was drop; certain, was likely)");
	assert_string_equal(look(w, 1, 6 * SECOND), "");
}

static void a_verdict_that_flickers_is_none(void **state)
{
	struct world *w = *state;
	look(w, 0, 0);
	look(w, 1, 0);
	look(w, 1, 3 * SECOND);
	w->i[0].cause = S("wedge");
	assert_string_equal(look(w, 1, 4 * SECOND), "");
	w->i[0].cause = S("drop");
	assert_string_equal(look(w, 1, 4 * SECOND + 100 * MILLISECOND), "");
	assert_string_equal(look(w, 1, 5 * SECOND), "");
}

static void a_withdrawn_incident_is_ended_before_the_next_begins(void **state)
{
	struct world *w = *state;
	look(w, 0, 0);
	look(w, 1, 0);
	look(w, 1, 3 * SECOND);
	w->facts.incidents = &w->i[1];
	(void)look(w, 1, 4 * SECOND);
	assert_int_equal(w->c.events.n, 2);
	assert_int_equal(w->c.events.v[0].kind, LIVE_END);
	assert_ptr_equal(w->c.events.v[0].incident, &w->i[0]);
	assert_int_equal(w->c.events.v[1].kind, LIVE_BEGIN);
	assert_ptr_equal(w->c.events.v[1].incident, &w->i[1]);
}

static void a_glance_tells_what_it_sees_and_ends_nothing_else(void **state)
{
	struct world *w = *state;
	look(w, 0, 0);
	look(w, 1, 0);
	assert_string_equal(look(w, 1, 3 * SECOND), "begin aa");
	const struct facts part = {.incidents = &w->i[1], .incident_count = 1};
	changes_glance(&w->c, &part, &w->o, T0 + 4 * SECOND);
	assert_int_equal(w->c.events.n, 1);
	assert_ptr_equal(w->c.events.v[0].incident, &w->i[1]);
	assert_int_equal(w->c.next, T0 + 4 * SECOND + 250 * MILLISECOND);
	assert_string_equal(look(w, 2, 5 * SECOND), "");
}

static void what_a_glance_told_can_be_withdrawn(void **state)
{
	struct world *w = *state;
	look(w, 0, 0);
	const struct facts part = {.incidents = &w->i[1], .incident_count = 1};
	changes_glance(&w->c, &part, &w->o, T0 + 4 * SECOND);
	assert_int_equal(w->c.events.n, 1);
	assert_string_equal(look(w, 0, 5 * SECOND), "end bb");
	assert_ptr_equal(w->c.events.v[0].incident, &w->i[1]);
}

static void a_second_hang_under_the_same_id_begins_again(void **state)
{
	struct world *w = *state;
	look(w, 0, 0);
	look(w, 1, 3 * SECOND);
	end(w, 0, STATE_RECOVERED);
	assert_string_equal(look(w, 1, 60 * SECOND), "end aa (recovered)");
	w->i[0].state = STATE_ONGOING;
	w->i[0].ended_at = INSTANT_NONE;
	w->call.ending = ENDING_STILL_OPEN;
	assert_string_equal(look(w, 1, 61 * SECOND), "begin aa");
}

static void an_abandoned_call_is_no_beginning_but_a_change(void **state)
{
	struct world *w = *state;
	look(w, 0, 0);
	w->i[1].state = STATE_ABANDONED;
	assert_string_equal(look(w, 2, 3 * SECOND), "begin aa");
	w->i[0].state = STATE_ABANDONED;
	look(w, 2, 100 * SECOND);
	assert_string_equal(look(w, 2, 101 * SECOND), "change aa (abandoned, was ongoing)");
	assert_true(w->c.next == INSTANT_NONE);
}

static void an_old_log_that_is_copied_here_is_history(void **state)
{
	struct world *w = *state;
	look(w, 0, 0);
	end(w, 0, STATE_ENDED);
	assert_string_equal(look(w, 1, 3 * HOUR), "");
	assert_int_equal(w->c.history, 1);
}

static void a_filter_hides_begins_but_no_ends(void **state)
{
	struct world *w = *state;
	w->o.min_severity = SEVERITY_CRITICAL;
	w->i[1].severity = SEVERITY_WARNING;
	look(w, 0, 0);
	assert_string_equal(look(w, 2, 3 * SECOND), "begin aa");
	end(w, 0, STATE_RECOVERED);
	w->i[0].severity = SEVERITY_WARNING;
	assert_string_equal(look(w, 2, 60 * SECOND), "end aa (recovered)");
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(what_is_over_at_the_start_is_history), CASE(what_hangs_at_the_start_is_told), CASE(a_dropped_call_is_told_after_settling_once),
		CASE(an_answer_while_settling_leaves_nothing_said), CASE(a_call_that_began_after_the_drop_settles_too), CASE(silence_alone_waits_longer), CASE(heartbeats_count_the_time_awake),
		CASE(a_possible_hang_waits_twice_as_long),
		CASE(a_failure_is_told_at_once_and_its_end_after_a_second), CASE(a_possible_verdict_waits_for_more_lines),
		CASE(a_hang_ends_once_when_it_recovered), CASE(an_end_that_becomes_a_recovery_is_told_as_one), CASE(a_sharper_verdict_is_a_change),
		CASE(a_verdict_that_flickers_is_none), CASE(a_withdrawn_incident_is_ended_before_the_next_begins),
		CASE(a_glance_tells_what_it_sees_and_ends_nothing_else), CASE(what_a_glance_told_can_be_withdrawn),
		CASE(a_second_hang_under_the_same_id_begins_again), CASE(an_abandoned_call_is_no_beginning_but_a_change),
		CASE(an_old_log_that_is_copied_here_is_history), CASE(a_filter_hides_begins_but_no_ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
