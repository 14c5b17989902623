/* Events of one file to calls: each way in which clients write, or leave out, the lines of a call. */
#include "tracker_fixture.h"

static void a_whole_call(void **state)
{
	struct log l;
	(void)state;
	log_begin(&l);
	push(&l, 10, CALL_DISPATCH, .tool = FULL, .id = "a", .perm = "250");
	push(&l, 10.3, CALL_SENT, ST);
	push(&l, 12.3, CALL_COMPLETED, ST, .ms = 2000);
	assert_int_equal(l.calls.n, 0); /* its end may say more */
	push(&l, 12.4, CALL_DISPATCH_END, .tool = FULL, .id = "a", .outcome = "ok", .ms = 2400);
	assert_int_equal(l.calls.n, 1);
	const struct call *c = only_call(&l);
	expect_outcome(c, OUTCOME_OK);
	expect_flags(c, CALL_DISPATCHED);
	assert_true(str_eq(c->server, S("s")) && str_eq(c->tool, S("t")) && str_eq(c->tool_use_id, S("a")));
	assert_int_equal(c->permission, 250 * MILLISECOND);
	assert_int_equal(c->dispatched_at, 10 * SECOND);
	assert_int_equal(c->started_at, 10 * SECOND);
	assert_int_equal(c->sent_at, 10300 * MILLISECOND);
	assert_int_equal(c->ended_at, 12300 * MILLISECOND);
	assert_int_equal(c->duration, 2400 * MILLISECOND);
	assert_int_equal(c->attempts, 1);
	assert_int_equal(c->link, LINK_TOOL_USE_ID);
	assert_true(c->link_sure);
	assert_int_equal(c->sent.line, 2);
	assert_int_equal(l.rows.n, 0); /* lines of a healthy call are no rows */
	log_done(&l);
}

static void other_tools_are_no_calls(void **state)
{
	struct log l;
	(void)state;
	log_begin(&l);
	push(&l, 1, CALL_DISPATCH, .tool = "Bash", .id = "a");
	push(&l, 2, CALL_DISPATCH_END, .tool = "Bash", .id = "a", .outcome = "ok");
	push(&l, 3, TOOL_USE, .tool = "Read", .id = "b");
	push(&l, 4, TOOL_RESULT, .id = "b", .outcome = "ok");
	push(&l, 5, CALL_UNKNOWN_TOOL, .tool = "Grep", .id = "c");
	log_finish(&l);
	assert_int_equal(l.calls.n + l.rows.n, 0);
	log_done(&l);
}

static void the_general_name_is_told_by_the_next_line(void **state)
{
	struct log l;
	(void)state;
	log_begin(&l);
	push(&l, 1, CALL_DISPATCH, .tool = "mcp_tool", .id = "a");
	push(&l, 2, CALL_SENT, ST);
	push(&l, 3, CALL_COMPLETED, ST, .ms = 1000);
	push(&l, 3, CALL_DISPATCH_END, .tool = "mcp_tool", .id = "a", .outcome = "ok");
	const struct call *c = only_call(&l);
	assert_true(str_eq(c->server, S("s")) && str_eq(c->tool, S("t")));
	assert_int_equal(c->link, LINK_ADJACENCY);
	assert_true(c->link_sure);
	log_done(&l);
}

static void two_general_names_are_guessed_in_order(void **state)
{
	struct log l;
	(void)state;
	log_begin(&l);
	push(&l, 1, CALL_DISPATCH, .tool = "mcp_tool", .id = "a");
	push(&l, 1, CALL_DISPATCH, .tool = "mcp_tool", .id = "b");
	push(&l, 2, CALL_SENT, .server = "s", .tool = "first");
	push(&l, 2, CALL_SENT, .server = "s", .tool = "second");
	assert_true(str_eq(call_with_id(&l, "a")->tool, S("first")));
	assert_true(str_eq(call_with_id(&l, "b")->tool, S("second")));
	assert_false(call_with_id(&l, "a")->link_sure); /* two stood in question */
	assert_true(call_with_id(&l, "b")->link_sure);
	log_done(&l);
}

static void two_calls(struct log *l, double second_at)
{
	log_begin(l);
	push(l, 0, CALL_DISPATCH, .tool = FULL, .id = "a");
	push(l, 0, CALL_SENT, ST);
	push(l, second_at, CALL_DISPATCH, .tool = FULL, .id = "b");
	push(l, second_at, CALL_SENT, ST);
}

static void parallel_calls_are_told_by_elapsed_time(void **state)
{
	struct log l;
	(void)state;
	two_calls(&l, 10);
	push(&l, 30, CALL_BEAT, ST, .ms = 30000);
	push(&l, 31, CALL_COMPLETED, ST, .ms = 21000);
	push(&l, 32, CALL_COMPLETED, ST, .ms = 32000);
	const struct call *a = call_with_id(&l, "a"), *b = call_with_id(&l, "b");
	assert_int_equal(a->beats, 1);
	assert_int_equal(b->beats, 0);
	assert_int_equal(a->ended_at, 32 * SECOND);
	assert_int_equal(b->ended_at, 31 * SECOND);
	assert_int_equal(a->link, LINK_ELAPSED);
	assert_true(a->link_sure && b->link_sure);
	log_done(&l);
}

static void calls_that_began_together_are_unsure(void **state)
{
	struct log l;
	(void)state;
	two_calls(&l, 0.5);
	push(&l, 31, CALL_COMPLETED, ST, .ms = 30600);
	assert_int_equal(call_with_id(&l, "b")->outcome, OUTCOME_OK);
	assert_false(call_with_id(&l, "b")->link_sure);
	log_done(&l);
}

static void without_elapsed_time_the_oldest_ends_first(void **state)
{
	struct log l;
	(void)state;
	two_calls(&l, 10);
	push(&l, 31, CALL_COMPLETED, ST);
	expect_outcome(call_with_id(&l, "a"), OUTCOME_OK);
	expect_outcome(call_with_id(&l, "b"), OUTCOME_UNENDED);
	assert_false(call_with_id(&l, "a")->link_sure);
	log_done(&l);
}

static void a_retry_inside_a_dispatch(void **state)
{
	struct log l;
	(void)state;
	log_begin(&l);
	push(&l, 1, CALL_DISPATCH, .tool = FULL, .id = "a");
	push(&l, 1, CALL_SENT, ST);
	push(&l, 2, CALL_FAILED, ST, .ms = 1000, .err = "session expired", .class = 7);
	push(&l, 2, CALL_RETRY, ST);
	push(&l, 4, CALL_SENT, ST);
	push(&l, 5, CALL_COMPLETED, ST, .ms = 1000);
	push(&l, 5, CALL_DISPATCH_END, .tool = FULL, .id = "a", .outcome = "ok", .ms = 4000);
	const struct call *c = only_call(&l);
	expect_outcome(c, OUTCOME_OK);
	expect_flags(c, CALL_DISPATCHED | CALL_RETRIED);
	assert_int_equal(c->attempts, 2);
	assert_int_equal(c->class, 0);
	assert_int_equal(c->err.n, 0);
	assert_int_equal(c->sent_at, SECOND); /* of the first attempt */
	assert_int_equal(rows_of(&l, KIND_CALL_RETRY), 1);
	for (size_t i = 0; i < l.rows.n; i++)
		assert_true(l.rows.v[i].call == c->id);
	log_done(&l);
}

static void the_last_failure_of_a_retry_counts(void **state)
{
	struct log l;
	(void)state;
	log_begin(&l);
	push(&l, 1, CALL_DISPATCH, .tool = FULL, .id = "a");
	push(&l, 1, CALL_SENT, ST);
	push(&l, 2, CALL_FAILED, ST, .err = "first", .class = 7);
	push(&l, 2, CALL_RETRY, ST);
	push(&l, 4, CALL_SENT, ST);
	push(&l, 5, CALL_FAILED, ST, .err = "second", .class = 8);
	const struct call *c = only_call(&l);
	expect_outcome(c, OUTCOME_ERROR);
	assert_int_equal(c->class, 8);
	assert_true(str_eq(c->err, S("second")));
	log_done(&l);
}

/* Two calls of one tool whose session is lost: each is repeated, and runs until its own end comes. */
static void a_repeated_call_is_open(void **state)
{
	struct log l;
	(void)state;
	log_begin(&l);
	push(&l, 1, CALL_DISPATCH, .tool = FULL, .id = "a");
	push(&l, 1, CALL_SENT, ST);
	push(&l, 1, CALL_DISPATCH, .tool = FULL, .id = "b");
	push(&l, 1, CALL_SENT, ST);
	push(&l, 2, CALL_FAILED, ST, .err = "first", .class = 7);
	push(&l, 2, CALL_FAILED, ST, .err = "first", .class = 7);
	push(&l, 2, CALL_RETRY, ST);
	push(&l, 2, CALL_RETRY, ST);
	push(&l, 4, CALL_SENT, ST);
	push(&l, 4, CALL_SENT, ST);
	push(&l, 34, CALL_BEAT, ST, .ms = 30000);
	push(&l, 90, CALL_BEAT, ST, .ms = 60000); /* later than a failure waits for a retry */
	log_finish(&l);
	assert_int_equal(l.calls.n, 2);
	for (size_t i = 0; i < l.calls.n; i++) {
		const struct call *c = &l.calls.v[i];
		expect_outcome(c, OUTCOME_UNENDED);
		expect_flags(c, CALL_DISPATCHED | CALL_RETRIED);
		assert_int_equal(c->ended_at, INSTANT_NONE);
		assert_int_equal(c->class, 0);
		assert_int_equal(c->err.n, 0);
	}
	assert_int_equal(l.calls.v[0].attempts + l.calls.v[1].attempts, 4);
	assert_int_equal(l.calls.v[0].beats + l.calls.v[1].beats, 2);
	log_done(&l);
}

static void begin_repetition(struct log *l)
{
	log_begin(l);
	push(l, 1, CALL_SENT, ST);
	push(l, 2, CALL_FAILED, ST, .err = "closed", .class = 7);
	push(l, 2, CALL_RETRY, ST);
}

/* The repetition needs a connection and gets none: the failure was the call's last line. */
static void a_repetition_that_was_never_sent_is_a_failure(void **state)
{
	struct log l;
	(void)state;
	begin_repetition(&l);
	push(&l, 3, CONNECT_FAILED, .server = "s");
	log_finish(&l);
	assert_int_equal(l.calls.n, 1);
	expect_outcome(&l.calls.v[0], OUTCOME_ERROR);
	assert_int_equal(l.calls.v[0].class, 7);
	log_done(&l);
}

/* An hour later the tool is called anew. */
static void a_later_call_is_no_repetition(void **state)
{
	struct log l;
	(void)state;
	begin_repetition(&l);
	push(&l, 3600, CALL_SENT, ST);
	push(&l, 3601, CALL_SENT, ST); /* and one beside it */
	log_finish(&l);
	assert_int_equal(l.calls.n, 3);
	expect_outcome(&l.calls.v[0], OUTCOME_ERROR);
	expect_outcome(&l.calls.v[1], OUTCOME_UNENDED);
	expect_outcome(&l.calls.v[2], OUTCOME_UNENDED);
	log_done(&l);
}

static void a_failure_without_dispatch_waits_for_a_retry(void **state)
{
	struct log l;
	(void)state;
	log_begin(&l);
	push(&l, 1, CALL_SENT, ST);
	push(&l, 3, CALL_FAILED, ST, .ms = 2000, .err = "boom", .class = 3);
	push(&l, 50, CALL_SENT, ST); /* another call: no retry was announced */
	assert_int_equal(l.calls.n, 0);
	push(&l, 64, CALL_BEAT, ST, .ms = 14000);
	assert_int_equal(l.calls.n, 1);
	const struct call *c = &l.calls.v[0];
	expect_outcome(c, OUTCOME_ERROR);
	expect_flags(c, 0);
	assert_int_equal(c->link, LINK_ORDER);
	assert_int_equal(c->class, 3);
	assert_true(str_eq(c->err, S("boom")));
	assert_int_equal(l.rows.n, 2); /* its two lines, before the call */
	log_finish(&l);
	assert_int_equal(l.calls.n, 2);
	log_done(&l);
}

static void beats_without_a_start(void **state)
{
	struct log l;
	(void)state;
	log_begin(&l);
	push(&l, 100, CALL_BEAT, ST, .ms = 90000);
	push(&l, 130, CALL_BEAT, ST, .ms = 120000);
	push(&l, 160, CALL_BEAT, ST, .ms = 150000);
	const struct call *c = only_call(&l);
	expect_outcome(c, OUTCOME_UNENDED);
	expect_flags(c, CALL_START_UNKNOWN);
	assert_int_equal(c->started_at, 10 * SECOND);
	assert_int_equal(c->beats, 3);
	assert_int_equal(c->last_elapsed, 150 * SECOND);
	assert_int_equal(c->first_beat_at, 100 * SECOND);
	assert_int_equal(c->last_beat_at, 160 * SECOND);
	assert_int_equal(rows_of(&l, KIND_CALL_BEAT), 2); /* the first and the last stand for all */
	log_done(&l);
}

static void an_end_without_a_start_gives_the_id(void **state)
{
	struct log l;
	(void)state;
	log_begin(&l);
	push(&l, 20, CALL_COMPLETED, ST, .ms = 5000);
	push(&l, 20.1, CALL_DISPATCH_END, .tool = FULL, .id = "a", .outcome = "ok", .ms = 5200);
	const struct call *c = only_call(&l);
	expect_outcome(c, OUTCOME_OK);
	assert_true(str_eq(c->tool_use_id, S("a")));
	assert_int_equal(c->started_at, 15 * SECOND);
	assert_true(c->flags & CALL_START_UNKNOWN);
	assert_true(c->link_sure);
	log_done(&l);
}

static void an_end_long_after_belongs_to_another_call(void **state)
{
	struct log l;
	(void)state;
	log_begin(&l);
	push(&l, 20, CALL_COMPLETED, ST, .ms = 5000);
	push(&l, 23, CALL_DISPATCH_END, .tool = FULL, .id = "a", .outcome = "error", .ms = 8000);
	assert_int_equal(call_with_id(&l, "")->outcome, OUTCOME_OK);
	assert_int_equal(call_with_id(&l, "a")->outcome, OUTCOME_ERROR);
	assert_int_equal(call_with_id(&l, "a")->started_at, 15 * SECOND);
	log_done(&l);
}

static void moved_to_the_background(void **state)
{
	struct log l;
	(void)state;
	log_begin(&l);
	push(&l, 0, CALL_DISPATCH, .tool = FULL, .id = "a");
	push(&l, 0, CALL_SENT, ST);
	push(&l, 60, CALL_DISPATCH_END, .tool = FULL, .id = "a", .outcome = "ok", .ms = 60000);
	push(&l, 90, CALL_BEAT, ST, .ms = 90000);
	const struct call *c = only_call(&l);
	expect_outcome(c, OUTCOME_BACKGROUNDED);
	expect_flags(c, CALL_DISPATCHED | CALL_BACKGROUND);
	log_done(&l);
}

static void answered_in_the_background(void **state)
{
	struct log l;
	(void)state;
	log_begin(&l);
	push(&l, 0, CALL_DISPATCH, .tool = FULL, .id = "a");
	push(&l, 0, CALL_SENT, ST);
	push(&l, 60, CALL_DISPATCH_END, .tool = FULL, .id = "a", .outcome = "ok", .ms = 60000);
	push(&l, 300, CALL_COMPLETED, ST, .ms = 300000);
	assert_int_equal(l.calls.n, 1);
	const struct call *c = only_call(&l);
	expect_outcome(c, OUTCOME_OK);
	expect_flags(c, CALL_DISPATCHED | CALL_BACKGROUND);
	assert_int_equal(c->duration, 300 * SECOND);
	log_done(&l);
}

static void esc_with_a_dispatch_end(void **state)
{
	struct log l;
	(void)state;
	log_begin(&l);
	push(&l, 0, CALL_DISPATCH, .tool = FULL, .id = "a");
	push(&l, 0, CALL_SENT, ST);
	push(&l, 40, CANCEL_USER, .tool = NULL);
	push(&l, 40.2, CALL_DISPATCH_END, .tool = FULL, .id = "a", .outcome = "aborted", .ms = 40200);
	const struct call *c = only_call(&l);
	expect_outcome(c, OUTCOME_CANCELLED);
	assert_true(c->flags & CALL_ESC);
	assert_int_equal(rows_of(&l, KIND_CANCEL_USER), 1);
	log_done(&l);
}

static void esc_with_a_failed_line(void **state)
{
	struct log l;
	(void)state;
	log_begin(&l);
	push(&l, 0, CALL_SENT, ST);
	push(&l, 40, CANCEL_USER, .tool = NULL);
	push(&l, 40.1, CALL_FAILED, ST, .ms = 40100, .err = "aborted", .class = 2);
	expect_outcome(only_call(&l), OUTCOME_CANCELLED);
	log_done(&l);
}

static void an_old_esc_explains_nothing(void **state)
{
	struct log l;
	(void)state;
	log_begin(&l);
	push(&l, 0, CALL_DISPATCH, .tool = FULL, .id = "a");
	push(&l, 0, CALL_SENT, ST);
	push(&l, 40, CANCEL_USER, .tool = NULL);
	push(&l, 42.5, CALL_DISPATCH_END, .tool = FULL, .id = "a", .outcome = "aborted", .ms = 42500);
	expect_outcome(only_call(&l), OUTCOME_ABORTED);
	log_done(&l);
}

static void esc_known_by_hooks_only(void **state)
{
	struct log l;
	(void)state;
	log_begin(&l); /* 2.0.60: no dispatch lines, hooks are looked up before and after a call, also after an Esc */
	push(&l, 0, CALL_HOOK_PRE, .tool = FULL);
	push(&l, 0, CALL_SENT, ST);
	push(&l, 30, CALL_BEAT, ST, .ms = 30000);
	push(&l, 44, CALL_HOOK_POST, .tool = FULL);
	const struct call *c = only_call(&l);
	expect_outcome(c, OUTCOME_CANCELLED);
	expect_flags(c, CALL_ESC);
	assert_int_equal(c->ended_at, 44 * SECOND);
	log_done(&l);
}

static void hooks_of_an_answered_call_end_no_other(void **state)
{
	struct log l;
	(void)state;
	log_begin(&l);
	push(&l, 0, CALL_HOOK_PRE, .tool = FULL);
	push(&l, 0, CALL_SENT, ST);
	push(&l, 10, CALL_HOOK_PRE, .tool = FULL);
	push(&l, 10, CALL_SENT, ST);
	push(&l, 20, CALL_COMPLETED, ST, .ms = 20000);
	push(&l, 20, CALL_HOOK_POST, .tool = FULL);
	push(&l, 20, CALL_HOOK_POST, .tool = "Bash");
	log_finish(&l);
	assert_int_equal(l.calls.n, 2);
	expect_outcome(&l.calls.v[0], OUTCOME_OK);
	expect_outcome(&l.calls.v[1], OUTCOME_UNENDED);
	log_done(&l);
}

static void hooks_end_no_dispatched_call(void **state)
{
	struct log l;
	(void)state;
	log_begin(&l); /* newer clients: a hook line is no end, the dispatch has one of its own */
	push(&l, 0, CALL_DISPATCH, .tool = FULL, .id = "a");
	push(&l, 0, CALL_SENT, ST);
	push(&l, 5, CALL_HOOK_POST, .tool = FULL);
	expect_outcome(only_call(&l), OUTCOME_UNENDED);
	log_done(&l);
}

static void an_unknown_tool(void **state)
{
	struct log l;
	(void)state;
	log_begin(&l);
	push(&l, 3, CALL_UNKNOWN_TOOL, .tool = FULL, .id = "a", .class = 9);
	const struct call *c = only_call(&l);
	expect_outcome(c, OUTCOME_ERROR);
	expect_flags(c, CALL_UNKNOWN | CALL_NEVER_SENT);
	assert_int_equal(c->class, 9);
	assert_int_equal(c->duration, 0);
	assert_true(str_eq(c->tool_use_id, S("a")));
	assert_true(str_eq(c->err, S("the line")));
	log_done(&l);
}

static void the_twin_of_an_error(void **state)
{
	struct log l;
	(void)state;
	log_begin(&l);
	push(&l, 0, CALL_DISPATCH, .tool = FULL, .id = "a");
	push(&l, 0, CALL_SENT, ST);
	push(&l, 2, CALL_DISPATCH_END, .tool = FULL, .id = "a", .outcome = "error", .ms = 2000);
	push(&l, 2, CALL_ERROR_TWIN, .tool = FULL, .ms = 1500, .err = "of another call", .class = 5);
	push(&l, 2, CALL_ERROR_TWIN, .tool = FULL, .ms = 2000, .err = "why", .class = 4);
	push(&l, 2, CALL_ERROR_TWIN, .tool = FULL, .ms = 2000, .err = "again", .class = 6);
	const struct call *c = only_call(&l);
	assert_int_equal(c->class, 4);
	assert_true(str_eq(c->err, S("why")));
	assert_int_equal(rows_of(&l, KIND_CALL_ERROR_TWIN), 1);
	log_done(&l);
}

/* What stands in full before the failed line was the tool's answer; a text that differs in its class name is another. */
static void answers_of_tools(void **state)
{
	static const struct {
		const char *line, *failed;
		bool answer;
	} cases[] = {
		{"connect ECONNREFUSED", "connect ECONNREFUSED", true},
		{"connect ECONNREFUSED\nat once", "connect ECONNREFUSED\nat last", true},
		{"connect ECONNREFUSED", "TypeError: connect ECONNREFUSED", false},
		{"connect ECONNREFUSED", "connect ETIMEDOUT", false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct log l;
		log_begin(&l);
		push(&l, 0, CALL_SENT, ST);
		push(&l, 2, CALL_APP_ERROR, .server = "s", .err = cases[i].line, .class = 4);
		push(&l, 2, CALL_FAILED, ST, .err = cases[i].failed, .class = 4);
		assert_int_equal(only_call(&l)->class == 4, !cases[i].answer);
		assert_int_equal(rows_of(&l, KIND_CALL_APP_ERROR), 0);
		log_done(&l);
	}
}

static void never_sent(void **state)
{
	struct log l;
	(void)state;
	log_begin(&l);
	push(&l, 0, CALL_DISPATCH, .tool = FULL, .id = "a");
	push(&l, 2, CALL_DISPATCH_END, .tool = FULL, .id = "a", .outcome = "error", .ms = 2000);
	expect_flags(only_call(&l), CALL_DISPATCHED | CALL_NEVER_SENT);
	assert_int_equal(l.calls.v[0].attempts, 0);
	log_done(&l);
}

static void the_watchdog_gives_the_class(void **state)
{
	struct log l;
	(void)state;
	log_begin(&l);
	push(&l, 0, CALL_SENT, ST);
	push(&l, 300, CALL_ABORTING, ST, .class = 11);
	push(&l, 300, CALL_FAILED, ST, .ms = 300000, .err = "aborted", .class = 2);
	assert_int_equal(only_call(&l)->class, 11);
	log_done(&l);
}

static void transcripts(void **state)
{
	static const struct {
		const char *outcome;
		enum outcome want;
		uint32_t flags;
	} cases[] = {
		{"ok", OUTCOME_OK, 0}, {"error", OUTCOME_ERROR, 0}, {"rejected", OUTCOME_ERROR, CALL_REJECTED},
		{"empty", OUTCOME_CANCELLED, CALL_RESULT_EMPTY}, {"receipt", OUTCOME_BACKGROUNDED, CALL_BACKGROUND},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct log l;
		log_begin(&l);
		push(&l, 1, TOOL_USE, .tool = FULL, .id = "a");
		push(&l, 1, TOOL_USE, .tool = FULL, .id = "a"); /* written twice when a session is resumed */
		push(&l, 4, TOOL_RESULT, .id = "a", .outcome = cases[i].outcome, .err = "said", .class = 3);
		push(&l, 4, TOOL_RESULT, .id = "b", .outcome = "ok"); /* of no tool of ours */
		const struct call *c = only_call(&l);
		expect_outcome(c, cases[i].want);
		expect_flags(c, CALL_RESULT_SEEN | cases[i].flags);
		assert_int_equal(c->link, LINK_TRANSCRIPT);
		assert_int_equal(c->class, cases[i].want == OUTCOME_ERROR ? 3 : 0);
		assert_int_equal(c->duration, 3 * SECOND);
		log_done(&l);
	}
}

static void a_tool_use_without_result_is_open(void **state)
{
	struct log l;
	(void)state;
	log_begin(&l);
	push(&l, 1, TOOL_USE, .tool = FULL, .id = "a");
	expect_outcome(only_call(&l), OUTCOME_UNENDED);
	log_done(&l);
}

static void a_clock_that_goes_back(void **state)
{
	struct log l;
	(void)state;
	log_begin(&l);
	push(&l, 7200, CALL_DISPATCH, .tool = FULL, .id = "a");
	push(&l, 7200, CALL_SENT, ST);
	push(&l, 7201, CALL_FAILED, ST, .ms = 1000, .err = "x", .class = 1);
	push(&l, 7201, CALL_DISPATCH_END, .tool = FULL, .id = "a", .outcome = "error", .ms = 1000);
	push(&l, 3600, CALL_DISPATCH, .tool = FULL, .id = "b");
	assert_int_equal(l.calls.n, 1); /* no twin line comes from an hour ago */
	push(&l, 3600, CALL_SENT, ST);
	push(&l, 3540, CALL_COMPLETED, ST, .ms = 5000);
	push(&l, 3540, CALL_DISPATCH_END, .tool = FULL, .id = "b", .outcome = "ok", .ms = 5000);
	expect_outcome(call_with_id(&l, "a"), OUTCOME_ERROR);
	expect_outcome(call_with_id(&l, "b"), OUTCOME_OK);
	assert_int_equal(call_with_id(&l, "b")->duration, 5 * SECOND); /* what the line says, not a difference of clocks */
	log_done(&l);
}

static void logs_without_times(void **state)
{
	struct log l;
	(void)state;
	log_begin(&l);
	push(&l, 0, CALL_SENT, ST, .untimed = true);
	push(&l, 0, CALL_BEAT, ST, .ms = 30000, .untimed = true);
	push(&l, 0, CANCEL_USER, .untimed = true);
	push(&l, 0, CALL_FAILED, ST, .untimed = true, .err = "x", .class = 1);
	const struct call *c = only_call(&l);
	expect_outcome(c, OUTCOME_CANCELLED);
	assert_true(c->started_at == INSTANT_NONE && c->ended_at == INSTANT_NONE);
	assert_int_equal(c->duration, -1);
	log_done(&l);
}

static void quotations_name_the_server_once(void **state)
{
	struct log l;
	(void)state;
	log_begin(&l);
	push(&l, 0, CALL_SENT, ST, .excerpt = true);
	push(&l, 30, CALL_BEAT, .tool = "t", .ms = 30000, .excerpt = true);
	const struct call *c = only_call(&l);
	assert_true(str_eq(c->server, S("s")));
	assert_int_equal(c->beats, 1);
	log_done(&l);
}

static void frequent_events_are_thinned(void **state)
{
	struct log l;
	(void)state;
	log_begin(&l);
	for (int i = 0; i < 5; i++)
		push(&l, i, API_REQUEST, .tool = NULL);
	for (int i = 0; i < 5; i++)
		push(&l, 5 + i, REMOTE_TRACE, .server = i < 4 ? "s" : "other");
	push(&l, 11, API_REQUEST, .tool = NULL);
	log_finish(&l);
	assert_int_equal(rows_of(&l, KIND_API_REQUEST), 2);
	assert_int_equal(l.rows.v[0].line, 5); /* the last one before something else */
	assert_int_equal(rows_of(&l, KIND_REMOTE_TRACE), 2);
	log_done(&l);
}

static void ten_thousand_open_calls(void **state)
{
	enum { N = 10000 };
	struct log l;
	char id[16];
	(void)state;
	log_begin(&l);
	for (int i = 0; i < N; i++) {
		(void)snprintf(id, sizeof id, "id-%d", i);
		push(&l, i * 0.001, CALL_DISPATCH, .tool = FULL, .id = id);
	}
	assert_int_equal(l.calls.n, 0);
	for (int i = N; i-- > 0;) {
		(void)snprintf(id, sizeof id, "id-%d", i);
		push(&l, 20 + i % 7, CALL_DISPATCH_END, .tool = FULL, .id = id, .outcome = "error", .ms = 1);
	}
	log_finish(&l);
	assert_int_equal(l.calls.n, N);
	for (size_t i = 0; i < N; i++) {
		const struct call *c = &l.calls.v[i];
		(void)snprintf(id, sizeof id, "id-%d", (int)(c->start.line - 1));
		assert_true(str_eq(c->tool_use_id, str_z(id)));
		expect_outcome(c, OUTCOME_ERROR);
	}
	log_done(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_call),
		cmocka_unit_test(other_tools_are_no_calls),
		cmocka_unit_test(the_general_name_is_told_by_the_next_line),
		cmocka_unit_test(two_general_names_are_guessed_in_order),
		cmocka_unit_test(parallel_calls_are_told_by_elapsed_time),
		cmocka_unit_test(calls_that_began_together_are_unsure),
		cmocka_unit_test(without_elapsed_time_the_oldest_ends_first),
		cmocka_unit_test(a_retry_inside_a_dispatch),
		cmocka_unit_test(the_last_failure_of_a_retry_counts),
		cmocka_unit_test(a_repeated_call_is_open),
		cmocka_unit_test(a_repetition_that_was_never_sent_is_a_failure),
		cmocka_unit_test(a_later_call_is_no_repetition),
		cmocka_unit_test(a_failure_without_dispatch_waits_for_a_retry),
		cmocka_unit_test(beats_without_a_start),
		cmocka_unit_test(an_end_without_a_start_gives_the_id),
		cmocka_unit_test(an_end_long_after_belongs_to_another_call),
		cmocka_unit_test(moved_to_the_background),
		cmocka_unit_test(answered_in_the_background),
		cmocka_unit_test(esc_with_a_dispatch_end),
		cmocka_unit_test(esc_with_a_failed_line),
		cmocka_unit_test(an_old_esc_explains_nothing),
		cmocka_unit_test(esc_known_by_hooks_only),
		cmocka_unit_test(hooks_of_an_answered_call_end_no_other),
		cmocka_unit_test(hooks_end_no_dispatched_call),
		cmocka_unit_test(an_unknown_tool),
		cmocka_unit_test(the_twin_of_an_error),
		cmocka_unit_test(answers_of_tools),
		cmocka_unit_test(never_sent),
		cmocka_unit_test(the_watchdog_gives_the_class),
		cmocka_unit_test(transcripts),
		cmocka_unit_test(a_tool_use_without_result_is_open),
		cmocka_unit_test(a_clock_that_goes_back),
		cmocka_unit_test(logs_without_times),
		cmocka_unit_test(quotations_name_the_server_once),
		cmocka_unit_test(frequent_events_are_thinned),
		cmocka_unit_test(ten_thousand_open_calls),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
