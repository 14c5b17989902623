/* Rows of several files to one story: which files belong together, which lines and calls are one, where a server's lines stand. */
#include "join_fixture.h"

/* --- which files are one session --- */

static void session_ids_group(void **state)
{
	struct story s = {0};
	(void)state;
	uint32_t a = file(&s, SOURCE_CLAUDE_DEBUG, "x/debug.txt", "A"), b = file(&s, SOURCE_CLAUDE_DEBUG, "y/debug.txt", "B");
	uint32_t c = file(&s, SOURCE_TRANSCRIPT, "z/A.jsonl", "A");
	group(&s);
	assert_int_equal(s.groups.n, 2);
	assert_true(together(&s, a, c));
	assert_false(together(&s, a, b));
	done(&s);
}

static void shared_ids_group(void **state)
{
	struct story s = {0};
	(void)state;
	uint32_t a = file(&s, SOURCE_CLAUDE_DEBUG, "x/debug.txt", "A"), b = file(&s, SOURCE_CLAUDE_DEBUG, "x/other.txt", "B");
	uint32_t c = file(&s, SOURCE_TRANSCRIPT, "z/copy.jsonl", NULL);
	(void)call(&s, a, 10, .id = "id-a");
	(void)call(&s, b, 10, .id = "id-b");
	(void)call(&s, c, 500, .id = "id-b");
	group(&s);
	assert_int_equal(s.groups.n, 2);
	assert_true(together(&s, b, c));
	done(&s);
}

static void shared_moments_group(void **state)
{
	struct story s = {0};
	(void)state;
	uint32_t a = file(&s, SOURCE_CLAUDE_DEBUG, "x/debug.txt", "A"), b = file(&s, SOURCE_CLAUDE_DEBUG, "x/other.txt", "B");
	uint32_t c = file(&s, SOURCE_MCP_CACHE, "z/cache.jsonl", NULL);
	event(&s, a, 10, CONNECT_OK, .server = "s");
	event(&s, b, 20, CONNECT_OK, .server = "s");
	event(&s, c, 20.03, CONNECT_OK, .server = "s");
	group(&s);
	assert_true(together(&s, b, c));
	assert_false(together(&s, a, c));
	done(&s);
}

static void the_only_session_of_a_directory_takes_a_file(void **state)
{
	struct story s = {0};
	(void)state;
	uint32_t a = file(&s, SOURCE_CLAUDE_DEBUG, "x/debug.txt", "A"), c = file(&s, SOURCE_MCP_CACHE, "x/cache.jsonl", NULL);
	event(&s, a, 10, CONNECT_OK, .server = "s");
	event(&s, c, 20, CONNECT_START, .server = "s");
	group(&s);
	assert_true(together(&s, a, c));
	done(&s);
}

static void of_two_sessions_none_is_guessed(void **state)
{
	struct story s = {0};
	(void)state;
	uint32_t a = file(&s, SOURCE_CLAUDE_DEBUG, "x/a.txt", "A"), b = file(&s, SOURCE_CLAUDE_DEBUG, "x/b.txt", "B");
	uint32_t c = file(&s, SOURCE_MCP_CACHE, "x/cache.jsonl", NULL);
	event(&s, a, 10, CONNECT_OK, .server = "s");
	event(&s, b, 12, CONNECT_OK, .server = "s");
	event(&s, c, 20, CONNECT_START, .server = "s");
	group(&s);
	assert_int_equal(s.groups.n, 3);
	assert_false(together(&s, a, c) || together(&s, b, c));
	done(&s);
}

static void another_day_is_another_session(void **state)
{
	struct story s = {0};
	(void)state;
	uint32_t a = file(&s, SOURCE_CLAUDE_DEBUG, "x/debug.txt", "A"), c = file(&s, SOURCE_MCP_CACHE, "x/cache.jsonl", NULL);
	event(&s, a, 10, CONNECT_OK, .server = "s");
	event(&s, c, 90000, CONNECT_START, .server = "s");
	group(&s);
	assert_false(together(&s, a, c));
	done(&s);
}

static void two_session_ids_are_never_joined(void **state)
{
	struct story s = {0};
	(void)state;
	uint32_t a = file(&s, SOURCE_CLAUDE_DEBUG, "x/debug.txt", "A"), b = file(&s, SOURCE_TRANSCRIPT, "x/B.jsonl", "B");
	uint32_t c = file(&s, SOURCE_TRANSCRIPT, "x/copy.jsonl", NULL);
	(void)call(&s, a, 10, .id = "same"); /* a resumed session repeats the ids of the one before */
	(void)call(&s, b, 10, .id = "same");
	(void)call(&s, c, 10, .id = "same");
	group(&s);
	assert_int_equal(s.groups.n, 2);
	assert_false(together(&s, a, b));
	done(&s);
}

static void excerpts_stand_alone(void **state)
{
	struct story s = {0};
	(void)state;
	uint32_t a = file(&s, SOURCE_CLAUDE_DEBUG, "x/debug.txt", "A"), c = file(&s, SOURCE_EXCERPT, "x/issue.md", NULL);
	s.sources[c].excerpt = true;
	(void)call(&s, a, 10, .id = "same");
	(void)call(&s, c, 10, .id = "same");
	group(&s);
	assert_false(together(&s, a, c));
	done(&s);
}

static void a_server_log_belongs_to_all_it_overlaps(void **state)
{
	struct story s = {0};
	(void)state;
	uint32_t a = file(&s, SOURCE_CLAUDE_DEBUG, "x/a.txt", "A"), b = file(&s, SOURCE_CLAUDE_DEBUG, "y/b.txt", "B");
	uint32_t c = file(&s, SOURCE_CLAUDE_DEBUG, "z/c.txt", "C"), server = file(&s, SOURCE_SERVER, "srv/server.log", NULL);
	event(&s, a, 10, CONNECT_OK, .server = "s");
	event(&s, b, 1000, CONNECT_OK, .server = "s");
	event(&s, c, 9000, CONNECT_OK, .server = "s");
	event(&s, server, 0, SERVER_STARTED, .server = NULL);
	event(&s, server, 1100, SERVER_STOPPED, .server = NULL);
	group(&s);
	assert_int_equal(s.groups.n, 3);
	assert_int_equal(s.groups.v[group_of(&s, a)].source_count, 2);
	assert_int_equal(s.groups.v[group_of(&s, b)].source_count, 2);
	assert_int_equal(s.groups.v[group_of(&s, c)].source_count, 1);
	assert_int_equal(s.groups.v[group_of(&s, a)].client_count, 1);
	done(&s);
}

static void server_logs_without_a_client_are_one_group(void **state)
{
	struct story s = {0};
	(void)state;
	uint32_t a = file(&s, SOURCE_SERVER, "x/server.log", NULL), b = file(&s, SOURCE_PROXY, "x/nginx.log", NULL);
	event(&s, a, 10, SERVER_STARTED, .server = NULL);
	event(&s, b, 10, HTTP_ACCESS, .server = NULL);
	group(&s);
	assert_int_equal(s.groups.n, 1);
	assert_true(together(&s, a, b));
	assert_int_equal(s.groups.v[0].client_count, 0);
	done(&s);
}

/* --- which lines are one --- */

static void twins_are_one_event_with_two_places(void **state)
{
	struct story s = {0};
	(void)state;
	uint32_t a = file(&s, SOURCE_CLAUDE_DEBUG, "x/debug.txt", "A"), c = file(&s, SOURCE_MCP_CACHE, "x/cache.jsonl", "A");
	event(&s, a, 10, TRANSPORT_DROPPED, .server = "my server");
	event(&s, a, 11, TRANSPORT_DROPPED, .server = "my server");
	event(&s, c, 10.02, TRANSPORT_DROPPED, .server = "my-server");
	event(&s, c, 10.99, TRANSPORT_DROPPED, .server = "my-server");
	const struct session_view *v = view(&s, a);
	assert_int_equal(count_kind(v, KIND_TRANSPORT_DROPPED), 2);
	for (size_t i = 0; i < 2; i++) {
		const struct seen *e = seen_kind(v, KIND_TRANSPORT_DROPPED, i);
		assert_int_equal(e->e.source, a);
		assert_int_equal(e->twin_count, 1);
		assert_int_equal(e->twins[0].source, c);
		assert_int_equal(e->twins[0].at.line, i + 1);
	}
	done(&s);
}

static void each_line_is_the_twin_of_one(void **state)
{
	struct story s = {0};
	(void)state;
	uint32_t a = file(&s, SOURCE_CLAUDE_DEBUG, "x/debug.txt", "A"), c = file(&s, SOURCE_MCP_CACHE, "x/cache.jsonl", "A");
	event(&s, a, 10, TRANSPORT_DROPPED, .server = "s");
	event(&s, a, 10.01, TRANSPORT_DROPPED, .server = "s");
	for (int i = 0; i < 3; i++)
		event(&s, c, 10.02, TRANSPORT_DROPPED, .server = "s");
	assert_int_equal(count_kind(view(&s, a), KIND_TRANSPORT_DROPPED), 3); /* 2 pairs, and one that only the cache log has */
	done(&s);
}

static void other_servers_and_moments_are_no_twins(void **state)
{
	struct story s = {0};
	(void)state;
	uint32_t a = file(&s, SOURCE_CLAUDE_DEBUG, "x/debug.txt", "A"), c = file(&s, SOURCE_MCP_CACHE, "x/cache.jsonl", "A");
	event(&s, a, 10, TRANSPORT_DROPPED, .server = "s");
	event(&s, c, 10, TRANSPORT_DROPPED, .server = "other");
	event(&s, c, 10.2, TRANSPORT_DROPPED, .server = "s");
	event(&s, c, 10, TRANSPORT_ERROR, .server = "s");
	event(&s, c, 10, TRANSPORT_DROPPED, .server = "s", .class = "refused");
	assert_int_equal(view(&s, a)->event_count, 5);
	done(&s);
}

/* --- which calls are one --- */

static void a_transcript_adds_what_the_log_does_not_know(void **state)
{
	struct story s = {0};
	(void)state;
	uint32_t a = file(&s, SOURCE_CLAUDE_DEBUG, "x/debug.txt", "A"), c = file(&s, SOURCE_TRANSCRIPT, "x/A.jsonl", "A");
	(void)call(&s, a, 10, .id = "id", .beats = 2);
	(void)call(&s, c, 8, .id = "id", .end = 95, .outcome = OUTCOME_CANCELLED, .flags = CALL_RESULT_SEEN | CALL_RESULT_EMPTY);
	const struct session_view *v = view(&s, a);
	assert_int_equal(v->call_count, 1);
	assert_int_equal(v->calls[0].source, a);
	assert_int_equal(v->calls[0].beats, 2);
	assert_int_equal(v->calls[0].ending, ENDING_USER_CANCEL);
	assert_int_equal(v->calls[0].ended_at, at_second(95));
	assert_true(v->calls[0].flags & CALL_ESC);
	done(&s);
}

static void calls_without_id_are_matched_by_tool_and_time(void **state)
{
	struct story s = {0};
	(void)state;
	uint32_t a = file(&s, SOURCE_CLAUDE_DEBUG, "x/debug.txt", "A"), c = file(&s, SOURCE_TRANSCRIPT, "x/A.jsonl", "A");
	(void)call(&s, a, 10, .end = 11, .outcome = OUTCOME_OK);
	(void)call(&s, a, 20, .end = 0);
	(void)call(&s, c, 19, .id = "second", .end = 0);
	(void)call(&s, c, 200, .id = "elsewhere", .end = 0);
	const struct session_view *v = view(&s, a);
	assert_int_equal(v->call_count, 3);
	assert_int_equal(v->calls[0].tool_use_id.n, 0);
	assert_true(str_eq(v->calls[1].tool_use_id, S("second")));
	assert_true(str_eq(v->calls[2].tool_use_id, S("elsewhere")));
	done(&s);
}

static void debug_and_cache_log_tell_one_call(void **state)
{
	struct story s = {0};
	(void)state;
	uint32_t a = file(&s, SOURCE_CLAUDE_DEBUG, "x/debug.txt", "A"), c = file(&s, SOURCE_MCP_CACHE, "x/cache.jsonl", "A");
	(void)call(&s, a, 10, .server = "my server");
	(void)call(&s, c, 10.03, .server = "my-server");
	(void)call(&s, c, 10.2, .server = "my-server");
	assert_int_equal(view(&s, a)->call_count, 2);
	done(&s);
}

static void a_call_without_time_is_nobodys_twin(void **state)
{
	struct story s = {0};
	(void)state;
	uint32_t a = file(&s, SOURCE_CLAUDE_DEBUG, "x/debug.txt", "A"), c = file(&s, SOURCE_MCP_CACHE, "x/cache.jsonl", "A");
	(void)call(&s, a, 0, .untimed = true);
	(void)call(&s, c, 1.7e9, .end = 0);
	(void)call(&s, c, 0, .untimed = true);
	assert_int_equal(view(&s, a)->call_count, 3);
	done(&s);
}

/* --- the client's exit --- */

static void lines_of_the_exit_prove_nothing(void **state)
{
	struct story s = {0};
	(void)state;
	uint32_t a = file(&s, SOURCE_CLAUDE_DEBUG, "x/debug.txt", "A");
	event(&s, a, 100, TRANSPORT_DROPPED, .server = "s");
	event(&s, a, 200, API_REQUEST, .server = NULL);
	event(&s, a, 299.6, CALL_FAILED, .server = "s", .class = "abort");
	event(&s, a, 300, CLIENT_EXIT, .server = NULL);
	event(&s, a, 300.1, TRANSPORT_DROPPED, .server = "s");
	(void)call(&s, a, 250, .end = 0);
	const struct session_view *v = view(&s, a);
	assert_int_equal(v->exit_at, at_second(299.6));
	assert_false(seen_kind(v, KIND_TRANSPORT_DROPPED, 0)->flags & SEEN_EXIT);
	assert_true(seen_kind(v, KIND_TRANSPORT_DROPPED, 1)->flags & SEEN_EXIT);
	assert_true(seen_kind(v, KIND_CALL_FAILED, 0)->flags & SEEN_EXIT);
	assert_int_equal(v->calls[0].ending, ENDING_PROCESS_EXIT);
	assert_int_equal(v->calls[0].ended_at, at_second(299.6));
	done(&s);
}

static void successes_are_answers_and_connects_before_the_exit(void **state)
{
	struct story s = {0};
	(void)state;
	uint32_t a = file(&s, SOURCE_CLAUDE_DEBUG, "x/debug.txt", "A");
	event(&s, a, 10, CONNECT_OK, .server = "s");
	event(&s, a, 20, CONNECT_OK, .server = "other");
	event(&s, a, 300, CLIENT_EXIT, .server = NULL);
	event(&s, a, 300.1, CONNECT_OK, .server = "s");
	(void)call(&s, a, 250, .end = 260, .outcome = OUTCOME_OK);
	const struct session_view *v = view(&s, a);
	for (size_t i = 0; i < v->server_count; i++)
		if (str_eq(v->servers[i].name, S("s"))) {
			assert_int_equal(v->servers[i].success_count, 2);
			assert_int_equal(v->servers[i].successes[0], at_second(10));
			assert_int_equal(v->servers[i].successes[1], at_second(260));
		}
	done(&s);
}

static void an_exit_that_life_follows_is_none(void **state)
{
	struct story s = {0};
	(void)state;
	uint32_t a = file(&s, SOURCE_CLAUDE_DEBUG, "x/debug.txt", "A");
	event(&s, a, 100, CLIENT_EXIT, .server = NULL);
	event(&s, a, 200, CALL_SENT, .server = "s");
	(void)call(&s, a, 200, .end = 0);
	const struct session_view *v = view(&s, a);
	assert_true(v->exit_at == INSTANT_NONE);
	assert_int_equal(v->calls[0].ending, ENDING_STILL_OPEN);
	done(&s);
}

static void the_detail_of_a_drop_is_paired(void **state)
{
	struct story s = {0};
	(void)state;
	uint32_t a = file(&s, SOURCE_CLAUDE_DEBUG, "x/debug.txt", "A");
	event(&s, a, 10, TRANSPORT_DROPPED, .server = "s");
	event(&s, a, 10.001, TRANSPORT_ERROR, .server = "s", .class = "reset");
	event(&s, a, 20, TRANSPORT_ERROR, .server = "s", .class = "refused");
	const struct session_view *v = view(&s, a);
	assert_int_equal(seen_kind(v, KIND_TRANSPORT_DROPPED, 0)->e.class, class_of("reset"));
	assert_true(seen_kind(v, KIND_TRANSPORT_ERROR, 0)->flags & SEEN_DETAIL);
	assert_false(seen_kind(v, KIND_TRANSPORT_ERROR, 1)->flags & SEEN_DETAIL);
	done(&s);
}

static void endings_follow_the_class(void **state)
{
	static const struct {
		const char *class;
		enum outcome outcome;
		uint32_t flags;
		enum ending want;
	} cases[] = {
		{NULL, OUTCOME_OK, 0, ENDING_COMPLETED}, {NULL, OUTCOME_UNENDED, 0, ENDING_STILL_OPEN}, {NULL, OUTCOME_ERROR, 0, ENDING_ERROR},
		{NULL, OUTCOME_CANCELLED, CALL_ESC, ENDING_USER_CANCEL}, {NULL, OUTCOME_BACKGROUNDED, 0, ENDING_BACKGROUNDED},
		{"client-limit", OUTCOME_ERROR, 0, ENDING_CLIENT_TIMEOUT}, {"idle-limit", OUTCOME_ERROR, 0, ENDING_CLIENT_ABORT},
		{"closed", OUTCOME_ERROR, 0, ENDING_CONNECTION_CLOSED}, {"closed", OUTCOME_ERROR, CALL_UNKNOWN, ENDING_UNREACHABLE},
		{"refused", OUTCOME_ERROR, 0, ENDING_UNREACHABLE}, {"abort", OUTCOME_ERROR, 0, ENDING_CLIENT_ABORT},
		{NULL, OUTCOME_ERROR, CALL_UNKNOWN, ENDING_UNREACHABLE}, {NULL, OUTCOME_ABORTED, 0, ENDING_CLIENT_ABORT},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct story s = {0};
		uint32_t a = file(&s, SOURCE_CLAUDE_DEBUG, "x/debug.txt", "A");
		event(&s, a, 90, API_REQUEST, .server = NULL);
		(void)call(&s, a, 10, .end = cases[i].outcome == OUTCOME_UNENDED ? 0 : 20, .outcome = cases[i].outcome, .class = cases[i].class,
			.flags = cases[i].flags | CALL_DISPATCHED);
		enum ending got = view(&s, a)->calls[0].ending;
		if (got != cases[i].want)
			fail_msg("case %zu: %s, not %s", i, ending_name(got), ending_name(cases[i].want));
		done(&s);
	}
}

/* --- a server's own log beside the client's --- */

static uint32_t client_and_server(struct story *s, bool connect, bool timed, double ahead, double jitter)
{
	uint32_t a = file(s, SOURCE_CLAUDE_DEBUG, "x/debug.txt", "A"), server = file(s, SOURCE_SERVER, "x/server.log", NULL);
	if (connect)
		event(s, a, 1, CONNECT_OK, .server = "s");
	(void)call(s, a, 10, .end = 12, .outcome = OUTCOME_OK);
	(void)call(s, a, 20, .end = 0);
	event(s, a, 90, API_REQUEST, .server = NULL);
	event(s, server, ahead, SERVER_STARTED, .untimed = !timed);
	event(s, server, 10 + ahead, REQUEST_PROCESSED, .field = FIELD_REQUEST, .value = "CallToolRequest", .untimed = !timed);
	event(s, server, 15 + ahead, PY_TRACEBACK, .untimed = !timed);
	event(s, server, 20 + ahead + jitter, REQUEST_PROCESSED, .field = FIELD_REQUEST, .value = "CallToolRequest", .untimed = !timed);
	return server;
}

static void untimed_lines_stand_between_arrivals(void **state)
{
	struct story s = {0};
	(void)state;
	uint32_t server = client_and_server(&s, true, false, 0, 0);
	const struct session_view *v = view(&s, server);
	const struct seen *e = seen_kind(v, KIND_PY_TRACEBACK, 0);
	assert_int_equal(e->after, at_second(10));
	assert_int_equal(e->before, at_second(20));
	assert_int_equal(e->flags & (SEEN_UNTIMED | SEEN_PLACED | SEEN_SERVER_SIDE), SEEN_UNTIMED | SEEN_PLACED | SEEN_SERVER_SIDE);
	assert_true(e->vt > at_second(10) && e->vt < at_second(20));
	assert_int_equal(seen_kind(v, KIND_REQUEST_PROCESSED, 1)->before, v->finish);
	assert_int_equal(s.clock_count, 0);
	done(&s);
}

static void without_a_connect_nothing_is_placed(void **state)
{
	struct story s = {0};
	(void)state;
	uint32_t server = client_and_server(&s, false, false, 0, 0); /* the server may have answered calls before this log begins */
	assert_int_equal(seen_kind(view(&s, server), KIND_PY_TRACEBACK, 0)->flags & (SEEN_UNTIMED | SEEN_PLACED), SEEN_UNTIMED);
	done(&s);
}

static void more_arrivals_than_calls_place_nothing(void **state)
{
	struct story s = {0};
	(void)state;
	uint32_t server = client_and_server(&s, true, false, 0, 0);
	event(&s, server, 0, REQUEST_PROCESSED, .field = FIELD_REQUEST, .value = "CallToolRequest", .untimed = true);
	assert_false(seen_kind(view(&s, server), KIND_PY_TRACEBACK, 0)->flags & SEEN_PLACED);
	done(&s);
}

static void a_clock_in_another_zone_is_set_right(void **state)
{
	struct story s = {0};
	(void)state;
	/* Files of one folder whose times do not overlap are not joined: three minutes do, in a session of a minute and a half. */
	uint32_t server = client_and_server(&s, true, true, -50, 0.1);
	const struct session_view *v = view(&s, server);
	assert_int_equal(s.clock_count, 1);
	assert_int_equal(s.clocks[0].source->index, server);
	assert_int_equal(s.clocks[0].pairs, 2);
	assert_true(s.clocks[0].offset >= at_second(49.9) && s.clocks[0].offset <= at_second(50));
	assert_true(s.clocks[0].uncertainty >= at_second(0.1));
	assert_true(seen_kind(v, KIND_PY_TRACEBACK, 0)->vt >= at_second(14.9) && seen_kind(v, KIND_PY_TRACEBACK, 0)->vt <= at_second(15));
	done(&s);
}

static void one_clock_needs_no_offset(void **state)
{
	struct story s = {0};
	(void)state;
	uint32_t server = client_and_server(&s, true, true, 0.8, 0);
	const struct session_view *v = view(&s, server);
	assert_int_equal(s.clock_count, 0);
	assert_int_equal(seen_kind(v, KIND_PY_TRACEBACK, 0)->vt, at_second(15.8));
	done(&s);
}

static void pairs_that_differ_widely_are_no_clock(void **state)
{
	struct story s = {0};
	(void)state;
	uint32_t server = client_and_server(&s, true, true, 30, 9);
	(void)view(&s, server);
	assert_int_equal(s.clock_count, 0);
	done(&s);
}

/* --- times that are not there --- */

static void untimed_lines_keep_their_order_from_zero_on(void **state)
{
	struct story s = {0};
	(void)state;
	uint32_t a = file(&s, SOURCE_CLAUDE_DEBUG, "x/debug.txt", "A");
	event(&s, a, 0, CALL_BEAT, .server = "s", .tool = "t", .ms = 30000, .untimed = true);
	event(&s, a, 0, CALL_BEAT, .server = "s", .tool = "t", .ms = 60000, .untimed = true);
	event(&s, a, 0, TRANSPORT_DROPPED, .server = "s", .untimed = true);
	const struct session_view *v = view(&s, a);
	assert_true(v->begin >= 0 && v->finish < HOUR);
	assert_true(seen_kind(v, KIND_CALL_BEAT, 1)->vt - seen_kind(v, KIND_CALL_BEAT, 0)->vt >= 30 * SECOND);
	assert_true(seen_kind(v, KIND_TRANSPORT_DROPPED, 0)->vt > seen_kind(v, KIND_CALL_BEAT, 1)->vt);
	assert_false(v->timed);
	done(&s);
}

/* --- servers --- */

static void servers_and_their_transports(void **state)
{
	struct story s = {0};
	(void)state;
	uint32_t a = file(&s, SOURCE_CLAUDE_DEBUG, "x/debug.txt", "A");
	event(&s, a, 1, CONNECT_OK, .server = "my server", .field = FIELD_TRANSPORT, .value = "SSE");
	event(&s, a, 1, SERVER_STDERR, .server = "child");
	event(&s, a, 1, REMOTE_TRACE, .server = "remote");
	event(&s, a, 1, CONNECT_START, .server = "who");
	(void)call(&s, a, 10, .server = "my_server");
	const struct session_view *v = view(&s, a);
	static const struct {
		const char *name, *transport;
		uint32_t bits;
		size_t calls;
	} want[] = {
		{"child", "stdio", TRANSPORT_STDIO, 0}, {"my server", "sse", TRANSPORT_REMOTE | TRANSPORT_SSE, 1}, {"remote", NULL, TRANSPORT_REMOTE, 0},
		{"who", NULL, TRANSPORT_UNKNOWN, 0},
	};
	assert_int_equal(v->server_count, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_true(str_eq(v->servers[i].name, str_z(want[i].name)));
		assert_true(str_eq(v->servers[i].transport, str_z(want[i].transport)));
		assert_int_equal(v->servers[i].transports, want[i].bits);
		assert_int_equal(v->servers[i].call_count, want[i].calls);
	}
	done(&s);
}

/* --- cancelled calls of clients that do not say so --- */

/* What ending.c says of a call, found by looking at every later one. */
static instant cancelled_at(const struct session_view *v, size_t i, const enum outcome *before)
{
	const struct call *c = &v->calls[i];
	const instant due = c->started_at + (c->beats + 1) * BEAT_INTERVAL + 5 * SECOND;
	for (size_t k = i + 1; before[i] == OUTCOME_UNENDED && k < v->call_count; k++) {
		const struct call *next = &v->calls[k];
		if (str_eq(next->server, c->server) && str_eq(next->tool, c->tool) && next->started_at > c->started_at + SECOND &&
			(v->finish > due || before[k] == OUTCOME_ERROR))
			return next->started_at;
	}
	return INSTANT_NONE;
}

static void cancelled_calls_are_inferred(void **state)
{
	enum { CALLS = 60, STORIES = 50 };
	static const char *const names[] = {"t", "u"};
	uint32_t random = 1, inferred = 0;
	(void)state;
	for (int story = 0; story < STORIES; story++) {
		struct story s = {0};
		enum outcome before[CALLS];
		uint32_t a = file(&s, SOURCE_MCP_CACHE, "x/mcp-logs-s/1.jsonl", "A");
		double at = 1;
		for (size_t i = 0; i < CALLS; i++) {
			random = random * 1664525 + 1013904223;
			before[i] = random >> 30 == 0 ? OUTCOME_ERROR : random >> 30 == 1 ? OUTCOME_OK : OUTCOME_UNENDED;
			(void)call(&s, a, at, .tool = names[random >> 8 & 1], .server = names[random >> 9 & 1], .outcome = before[i],
				.end = before[i] == OUTCOME_UNENDED ? 0 : at + 1, .beats = random >> 10 & 1, .attempts = 1);
			at += 0.5 + (double)(random >> 12 & 7) * 0.5;
		}
		const struct session_view *v = view(&s, a);
		assert_int_equal(v->call_count, CALLS);
		for (size_t i = 0; i < CALLS; i++) {
			const instant want = cancelled_at(v, i, before);
			assert_int_equal(v->calls[i].outcome == OUTCOME_CANCELLED, want != INSTANT_NONE);
			assert_true(want == INSTANT_NONE || v->calls[i].ended_at == want);
			inferred += want != INSTANT_NONE;
		}
		done(&s);
	}
	assert_true(inferred > STORIES);
}

/* --- very many calls that only began --- */

static const struct session_view *endless(struct story *s, size_t n, bool exits, bool dispatched)
{
	uint32_t a = file(s, SOURCE_CLAUDE_DEBUG, "x/debug.txt", "A");
	event(s, a, 1, CONNECT_OK, .server = "s");
	for (size_t i = 0; i < n; i++) {
		const double at = 2 + 0.001 * (double)i;
		const int64_t id = call(s, a, at, .id = "toolu_x", .flags = dispatched ? CALL_DISPATCHED : 0, .attempts = 1);
		event(s, a, at, CALL_SENT, .server = "s", .tool = "t", .call = id);
	}
	if (exits)
		event(s, a, 100, CLIENT_EXIT, .server = NULL);
	return view(s, a);
}

/* A session too large to be kept in full, told by three logs: every call counts once, whichever way each side keeps it. */
static void a_large_session_told_by_several_logs(void **state)
{
	enum { MANY = 5000 };
	(void)state;
	struct story s = {0};
	uint32_t a = file(&s, SOURCE_CLAUDE_DEBUG, "x/debug.txt", "A"), c = file(&s, SOURCE_MCP_CACHE, "x/cache.jsonl", "A"),
		t = file(&s, SOURCE_TRANSCRIPT, "x/t.jsonl", "A");
	for (int i = 0; i < MANY; i++) {
		const bool hangs = i == 2000, slow = i % 100 == 7, denied = i == 3000, only_cache = i % 1000 == 9;
		const double at = 10 + i, end = hangs ? 0 : at + 0.5;
		const enum outcome o = hangs ? OUTCOME_UNENDED : OUTCOME_OK;
		if (!only_cache)
			(void)call(&s, a, at, .server = "my server", .end = end, .outcome = o, .flags = CALL_DISPATCHED, .beats = slow ? 2 : 0);
		(void)call(&s, c, at + 0.03, .server = "my-server", .end = end > 0 ? end + 0.03 : 0, .outcome = o);
		if (!hangs && !only_cache)
			(void)call(&s, t, at - 0.2, .server = "my-server", .id = "toolu_x", .end = end + 0.1, .outcome = o,
				.flags = CALL_RESULT_SEEN | (denied ? CALL_REJECTED : 0u));
	}
	for (size_t i = 0; i < s.files[t].calls.n; i++) { /* each an id of its own */
		char *id = arena_alloc(&s.arena, 16);
		s.files[t].calls.v[i].tool_use_id = (str){id, (size_t)snprintf(id, 16, "toolu_%zu", i)};
	}
	const struct session_view *v = view(&s, a);
	size_t told = 0;
	for (size_t i = 0; i < v->server_count; i++)
		told += v->servers[i].call_count + v->servers[i].span_count;
	assert_int_equal(v->server_count, 1);
	assert_int_equal(told, MANY);
	assert_int_equal(v->calls_total, MANY);
	assert_int_equal(v->calls_open, 1);
	assert_int_equal(v->calls_failed, 0);
	assert_int_equal(v->call_twin_count, s.files[c].calls.n + s.files[t].calls.n - MANY / 1000);
	assert_int_equal(v->call_count, 1 + MANY / 100 + 1); /* the hang, those with heartbeats, the one of which the transcript says more */
	for (size_t i = 1; i < v->call_count; i++)
		assert_true(v->calls[i].started_at > v->calls[i - 1].started_at);
	for (size_t i = 0; i < v->call_count; i++)
		assert_int_equal(v->calls[i].outcome, v->calls[i].started_at == at_second(2010) ? OUTCOME_UNENDED : OUTCOME_OK);
	done(&s);
}

static void calls_that_only_began_are_counted(void **state)
{
	enum { MANY = 20000 };
	(void)state;
	for (int exits = 0; exits < 2; exits++) {
		struct story s = {0};
		const struct session_view *v = endless(&s, MANY, exits, true);
		const struct view_server *of = &v->servers[0];
		assert_true(v->call_count < MANY / 2 && of->began > MANY / 2);
		assert_int_equal(of->call_count + of->began, MANY);
		assert_int_equal(v->calls_total, MANY);
		assert_int_equal(v->calls_open, exits ? 0 : MANY);
		assert_int_equal(v->calls_failed, 0);
		assert_int_equal(of->calls[0]->started_at, at_second(2));
		assert_int_equal(of->calls[of->call_count - 1]->started_at, at_second(2 + 0.001 * (MANY - 1)));
		assert_true(of->began_first > of->calls[0]->started_at);
		for (size_t i = 1; i < of->call_count; i++) {
			assert_true(of->calls[i]->started_at > of->calls[i - 1]->started_at);
			assert_true(str_eq(of->calls[i]->tool_use_id, S("toolu_x")));
		}
		for (size_t i = 0; i < v->event_count; i++) /* only lines of calls that are there */
			assert_true(v->events[i].e.kind != KIND_CALL_SENT || v->events[i].call);
		done(&s);
	}
}

static void few_calls_that_only_began_are_all_there(void **state)
{
	struct story s = {0};
	(void)state;
	const struct session_view *v = endless(&s, 8000, false, true);
	assert_int_equal(v->call_count, 8000);
	assert_int_equal(v->servers[0].began, 0);
	assert_int_equal(v->event_count, 8001);
	done(&s);
}

static void without_dispatch_lines_every_call_is_looked_at(void **state)
{
	struct story s = {0};
	(void)state;
	const struct session_view *v = endless(&s, 9500, false, false);
	assert_int_equal(v->call_count, 9500);
	assert_int_equal(v->servers[0].began, 0);
	done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(session_ids_group),
		cmocka_unit_test(shared_ids_group),
		cmocka_unit_test(shared_moments_group),
		cmocka_unit_test(the_only_session_of_a_directory_takes_a_file),
		cmocka_unit_test(of_two_sessions_none_is_guessed),
		cmocka_unit_test(another_day_is_another_session),
		cmocka_unit_test(two_session_ids_are_never_joined),
		cmocka_unit_test(excerpts_stand_alone),
		cmocka_unit_test(a_server_log_belongs_to_all_it_overlaps),
		cmocka_unit_test(server_logs_without_a_client_are_one_group),
		cmocka_unit_test(twins_are_one_event_with_two_places),
		cmocka_unit_test(each_line_is_the_twin_of_one),
		cmocka_unit_test(other_servers_and_moments_are_no_twins),
		cmocka_unit_test(a_transcript_adds_what_the_log_does_not_know),
		cmocka_unit_test(calls_without_id_are_matched_by_tool_and_time),
		cmocka_unit_test(debug_and_cache_log_tell_one_call),
		cmocka_unit_test(a_call_without_time_is_nobodys_twin),
		cmocka_unit_test(lines_of_the_exit_prove_nothing),
		cmocka_unit_test(successes_are_answers_and_connects_before_the_exit),
		cmocka_unit_test(an_exit_that_life_follows_is_none),
		cmocka_unit_test(the_detail_of_a_drop_is_paired),
		cmocka_unit_test(endings_follow_the_class),
		cmocka_unit_test(untimed_lines_stand_between_arrivals),
		cmocka_unit_test(without_a_connect_nothing_is_placed),
		cmocka_unit_test(more_arrivals_than_calls_place_nothing),
		cmocka_unit_test(a_clock_in_another_zone_is_set_right),
		cmocka_unit_test(one_clock_needs_no_offset),
		cmocka_unit_test(pairs_that_differ_widely_are_no_clock),
		cmocka_unit_test(untimed_lines_keep_their_order_from_zero_on),
		cmocka_unit_test(servers_and_their_transports),
		cmocka_unit_test(cancelled_calls_are_inferred),
		cmocka_unit_test(a_large_session_told_by_several_logs),
		cmocka_unit_test(calls_that_only_began_are_counted),
		cmocka_unit_test(few_calls_that_only_began_are_all_there),
		cmocka_unit_test(without_dispatch_lines_every_call_is_looked_at),
	};
	return cmocka_run_group_tests(tests, load_rules, free_rules);
}
