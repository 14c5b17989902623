/* Where things stand in pictures: the axis and its folds, and which lanes there are. Facts are made by hand. */
#include "base/utf8.h"
#include "report/lanes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const instant T = INT64_C(1779049380000000);

/* --- the axis --- */

static bool near(double a, double b) { return a - b < 0.001 && b - a < 0.001; }

static void test_a_busy_axis_is_linear(void **state)
{
	(void)state;
	struct axis a;
	struct axis_range busy[] = {{T, T + 100 * SECOND}};
	axis_make(&a, T, T + 100 * SECOND, busy, 1);
	assert_int_equal(a.count, 1);
	assert_true(near(axis_at(&a, T + 25 * SECOND), 0.25));
	assert_true(near(axis_at(&a, T - HOUR), 0));
	assert_true(near(axis_at(&a, T + HOUR), 1));
}

static void test_idle_time_is_folded_and_calls_keep_their_proportions(void **state)
{
	(void)state;
	struct axis a;
	struct axis_range busy[] = {{T + 10 * HOUR, T + 10 * HOUR + 20 * SECOND}, {T, T + 10 * SECOND}};
	axis_make(&a, T, T + 10 * HOUR + 20 * SECOND, busy, 2);
	assert_int_equal(a.count, 3);
	assert_true(a.parts[1].folded);
	const double first = axis_at(&a, T + 10 * SECOND) - axis_at(&a, T);
	const double second = axis_at(&a, T + 10 * HOUR + 20 * SECOND) - axis_at(&a, T + 10 * HOUR);
	assert_true(near(second, 2 * first));
	assert_true(first > 0.25);
	double before = -1;
	for (instant at = T; at < T + 10 * HOUR + 20 * SECOND; at += MINUTE) {
		assert_true(axis_at(&a, at) >= before);
		before = axis_at(&a, at);
	}
}

static void test_many_gaps_stay_within_the_axis(void **state)
{
	(void)state;
	enum { N = 60 };
	struct axis a;
	struct axis_range busy[N];
	for (int i = 0; i < N; i++)
		busy[i] = (struct axis_range){T + i * DAY, T + i * DAY + SECOND};
	axis_make(&a, T, T + N * DAY, busy, N);
	assert_true(a.count <= AXIS_PARTS);
	assert_true(near(a.parts[0].x0, 0) && near(a.parts[a.count - 1].x1, 1));
	for (size_t i = 1; i < a.count; i++)
		assert_true(a.parts[i].from == a.parts[i - 1].to && a.parts[i].x0 == a.parts[i - 1].x1);
}

static void test_nothing_that_has_a_length_is_not_folded_away(void **state)
{
	(void)state;
	struct axis a;
	struct axis_range busy[] = {{T, T}, {T + 20 * SECOND, T + 20 * SECOND}, {T + 40 * SECOND, T + 40 * SECOND}};
	axis_make(&a, T, T + 40 * SECOND, busy, 3);
	assert_int_equal(a.count, 1);
}

static void test_ticks_are_round_and_apart(void **state)
{
	(void)state;
	struct axis a;
	struct axis_tick ticks[AXIS_TICKS];
	struct axis_range busy[] = {{T, T + 23 * MINUTE}};
	char text[32];
	axis_make(&a, T, T + 23 * MINUTE, busy, 1);
	const size_t n = axis_ticks(&a, 5, ticks);
	assert_int_equal(n, 5);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(ticks[i].offset, (int64_t)i * 5 * MINUTE);
	axis_label(0, text);
	assert_string_equal(text, "0");
	axis_label(90 * SECOND, text);
	assert_string_equal(text, "1:30 min");
	axis_label(1500 * MILLISECOND, text);
	assert_string_equal(text, "1.5 s");
	axis_label(HOUR + 5 * MINUTE, text);
	assert_string_equal(text, "1:05 h");
}

/* --- lanes --- */

enum { CALLS = 40, MARKS = 8 };
struct scene {
	struct source source;
	struct server_facts servers[2];
	struct picture_session session;
	struct picture_call calls[CALLS];
	struct picture_mark marks[MARKS];
	struct facts facts;
};

static void scene_init(struct scene *s)
{
	*s = (struct scene){.source = {.path = S("/l/debug.txt"), .kind = SOURCE_CLAUDE_DEBUG}};
	s->servers[0] = (struct server_facts){.name = S("a"), .transport = S("sse")};
	s->servers[1] = (struct server_facts){.name = S("b")};
	s->session = (struct picture_session){.id = S("s1"), .timed = true};
	s->facts = (struct facts){.sources = &s->source, .source_count = 1, .servers = s->servers, .server_count = 2,
		.picture = {.kept = true, .sessions = &s->session, .session_count = 1, .calls = s->calls, .marks = s->marks}};
}

static struct picture_call *call(struct scene *s, uint32_t server, int from, int to, enum outcome outcome)
{
	struct picture_call *c = &s->calls[s->session.call_count++];
	*c = (struct picture_call){.call = {.id = (int64_t)s->session.call_count, .server = s->servers[server].name, .tool = S("t"), .outcome = outcome,
		.permission = -1, .duration = (to - from) * SECOND}, .server = server, .incident = PICTURE_NONE, .from = T + from * SECOND,
		.to = T + to * SECOND, .handled_at = INSTANT_NONE, .open = outcome == OUTCOME_UNENDED};
	return c;
}

static struct picture_mark *mark(struct scene *s, enum mark_kind kind, enum side side, uint32_t server, int at)
{
	struct picture_mark *m = &s->marks[s->session.mark_count++];
	*m = (struct picture_mark){.kind = kind, .side = side, .server = server, .call = PICTURE_NONE, .at = T + at * SECOND, .time = T + at * SECOND,
		.after = INSTANT_NONE, .before = INSTANT_NONE, .where = {&s->source, s->session.mark_count, 10 * s->session.mark_count}, .uptime_s = -1};
	return m;
}

static const struct drawing_options few = {.most_calls = 6, .most_marks = 50};

static const struct lane *lane_of(const struct drawing *d, enum lane_kind kind, size_t nth)
{
	for (size_t i = 0; i < d->lanes.n; i++)
		if (d->lanes.v[i].kind == kind && nth-- == 0)
			return &d->lanes.v[i];
	return NULL;
}

static void make(struct scene *s, const struct incident *i, struct drawing *ret)
{
	s->facts.picture.call_count = s->session.call_count;
	s->facts.picture.mark_count = s->session.mark_count;
	drawing_make(ret, &s->facts, &s->session, i, &few);
}

static void test_failed_calls_have_lanes_before_answered_ones(void **state)
{
	(void)state;
	struct scene s;
	struct drawing d;
	scene_init(&s);
	for (int i = 0; i < 30; i++)
		call(&s, 0, i * 10, i * 10 + 1, i == 17 ? OUTCOME_ERROR : OUTCOME_OK);
	make(&s, NULL, &d);
	size_t own = 0, failed = 0;
	for (size_t i = 0; i < d.lanes.n; i++)
		if (d.lanes.v[i].kind == LANE_CALL) {
			own++;
			failed += d.lanes.v[i].call->call.outcome == OUTCOME_ERROR;
		}
	const struct lane *rest = lane_of(&d, LANE_ANSWERED, 0);
	assert_true(own <= few.most_calls);
	assert_int_equal(failed, 1);
	assert_non_null(rest);
	assert_int_equal(own + rest->calls, 30);
	assert_int_equal(d.calls_left_out, 0);
	drawing_done(&d);
}

static void test_a_connection_goes_down_and_comes_back_with_an_answer(void **state)
{
	(void)state;
	struct scene s;
	struct drawing d;
	scene_init(&s);
	mark(&s, MARK_CONNECT, SIDE_TRANSPORT, 0, 0);
	mark(&s, MARK_DROP, SIDE_TRANSPORT, 0, 10);
	call(&s, 0, 20, 30, OUTCOME_OK);
	make(&s, NULL, &d);
	const struct lane *l = lane_of(&d, LANE_CONNECTION, 0);
	assert_non_null(l);
	assert_int_equal(l->bar_count, 3);
	const struct bar *b = &d.bars.v[l->first_bar];
	assert_int_equal(b[0].style, BAR_CONNECTED);
	assert_int_equal(b[1].style, BAR_DOWN);
	assert_int_equal(b[1].from, T + 10 * SECOND);
	assert_int_equal(b[1].to, T + 20 * SECOND);
	assert_int_equal(b[2].style, BAR_CONNECTED);
	assert_true(b[2].beyond);
	drawing_done(&d);
}

static void test_a_new_connection_has_a_new_lane_and_an_old_one_begins_before(void **state)
{
	(void)state;
	struct scene s;
	struct drawing d;
	scene_init(&s);
	call(&s, 0, 0, 5, OUTCOME_OK);
	mark(&s, MARK_CLOSE, SIDE_TRANSPORT, 0, 6);
	mark(&s, MARK_CONNECT, SIDE_TRANSPORT, 0, 8);
	mark(&s, MARK_RECONNECT, SIDE_TRANSPORT, 0, 8); /* said twice */
	make(&s, NULL, &d);
	const struct lane *first = lane_of(&d, LANE_CONNECTION, 0), *second = lane_of(&d, LANE_CONNECTION, 1);
	assert_non_null(first);
	assert_non_null(second);
	assert_true(d.bars.v[first->first_bar].before);
	assert_false(d.bars.v[first->first_bar].beyond);
	assert_int_equal(second->bar_count, 1);
	assert_int_equal(second->mark_count, 1);
	drawing_done(&d);
}

static void test_an_incident_shows_its_server_and_its_time_only(void **state)
{
	(void)state;
	struct scene s;
	struct drawing d;
	scene_init(&s);
	call(&s, 0, -1000, -990, OUTCOME_OK); /* long before */
	call(&s, 1, 10, 20, OUTCOME_OK);      /* another server */
	const struct picture_call *hung = call(&s, 0, 5, 65, OUTCOME_UNENDED);
	mark(&s, MARK_DROP, SIDE_TRANSPORT, 1, 12);
	mark(&s, MARK_DROP, SIDE_TRANSPORT, 0, 12);
	const struct call *calls[] = {&hung->call};
	const struct incident i = {.server = S("a"), .calls = calls, .call_count = 1, .started_at = hung->from, .ended_at = INSTANT_NONE};
	make(&s, &i, &d);
	const struct lane *l = lane_of(&d, LANE_CALL, 0);
	assert_non_null(l);
	assert_true(l->affected);
	assert_ptr_equal(l->call, hung);
	assert_true(d.bars.v[l->first_bar].beyond);
	assert_null(lane_of(&d, LANE_CALL, 1));
	assert_int_equal(d.listed.n, 1);
	assert_int_equal(d.listed.v[0]->server, 0);
	drawing_done(&d);
}

static void test_a_mark_without_clock_stands_inside_the_picture(void **state)
{
	(void)state;
	struct scene s;
	struct drawing d;
	struct source log = {.path = S("/l/server.log"), .kind = SOURCE_SERVER};
	scene_init(&s);
	call(&s, 0, 0, 60, OUTCOME_ERROR);
	struct picture_mark *m = mark(&s, MARK_EXCEPTION, SIDE_SERVER, 0, -3600);
	m->time = INSTANT_NONE;
	m->after = T - HOUR;
	m->before = T + HOUR;
	m->where.source = &log;
	make(&s, NULL, &d);
	const struct lane *l = lane_of(&d, LANE_SERVER, 0);
	assert_non_null(l);
	assert_int_equal(l->mark_count, 1);
	assert_int_equal(d.axis.from, T);
	assert_int_equal(drawing_place(&d, d.marks.v[l->first_mark]), T);
	drawing_done(&d);
}

static void test_no_session_is_an_empty_drawing(void **state)
{
	(void)state;
	struct scene s;
	struct drawing d;
	scene_init(&s);
	drawing_make(&d, &s.facts, NULL, NULL, &few);
	assert_null(d.session);
	drawing_done(&d);
	make(&s, NULL, &d); /* a session of nothing */
	assert_null(d.session);
	drawing_done(&d);
}

/* --- on terminals --- */

static void write_text(struct scene *s, unsigned columns, bool ascii, struct buf *out)
{
	const struct rules none = {0};
	const struct report_options o = {.columns = columns, .ascii = ascii, .since = INSTANT_NONE, .until = INSTANT_NONE};
	s->facts.picture.call_count = s->session.call_count;
	s->facts.picture.mark_count = s->session.mark_count;
	buf_reset(out);
	picture_find(S("text"))->write(&s->facts, &none, &o, out);
}

/* J1: what may not reach a terminal; and no line wider than the page. */
static void assert_fit_for_terminals(const struct buf *out, unsigned columns)
{
	str rest = buf_str(out);
	while (rest.n) {
		str line = str_word(&rest, '\n');
		if (utf8_width(line) > columns)
			fail_msg("wider than %u: %.*s", columns, STR_ARG(line));
		while (line.n) {
			uint32_t code = 0;
			const size_t n = utf8_next(line, &code);
			assert_true(n > 0);
			assert_true(code >= 0x20 && !(code >= 0x7f && code < 0xa0));
			assert_false((code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) || code == 0x200b);
			line = str_from(line, n);
		}
	}
}

static void test_wide_names_are_measured(void **state)
{
	(void)state;
	struct scene s;
	struct buf out = {0};
	scene_init(&s);
	call(&s, 0, 0, 60, OUTCOME_ERROR)->call.tool = S("\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe3\x81\xae\xe3\x83\x84\xe3\x83\xbc\xe3\x83\xab\xe5\x90\x8d\xe5\x89\x8d");
	call(&s, 0, 10, 20, OUTCOME_OK)->call.tool = S("e\xcc\x81tude"); /* a combining accent takes no column */
	for (unsigned columns = 60; columns <= 200; columns += 7) {
		write_text(&s, columns, false, &out);
		assert_fit_for_terminals(&out, columns);
		write_text(&s, columns, true, &out);
		assert_fit_for_terminals(&out, columns);
	}
	write_text(&s, 200, false, &out);
	assert_true(str_find(buf_str(&out), S("\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e")) >= 0);
	buf_done(&out);
}

static void test_ten_thousand_names_that_hurt(void **state)
{
	(void)state;
	enum { ROUNDS = 2500 };
	struct scene s;
	struct buf out = {0};
	uint64_t seed = 88172645463325252u;
	char names[4][24];
	for (int round = 0; round < ROUNDS; round++) {
		str texts[4];
		for (int k = 0; k < 4; k++) {
			for (size_t i = 0; i < sizeof names[k]; i++) {
				seed ^= seed << 13;
				seed ^= seed >> 7;
				seed ^= seed << 17;
				names[k][i] = seed % 3 ? (char)(seed >> 16) : "\x1b[2J\xe2\x80\xae\n\r\xc2\x9b"[seed / 3 % 12];
			}
			texts[k] = (str){names[k], (size_t)(seed >> 32) % sizeof names[k] + 1};
		}
		scene_init(&s);
		s.servers[0].name = texts[0];
		s.session.id = texts[3];
		call(&s, 0, 0, 60, OUTCOME_ERROR)->call.tool = texts[1];
		struct picture_mark *m = mark(&s, MARK_DROP, SIDE_TRANSPORT, 0, 5);
		m->what = texts[2];
		write_text(&s, 80, false, &out);
		assert_fit_for_terminals(&out, 80);
	}
	buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_busy_axis_is_linear),
		cmocka_unit_test(test_idle_time_is_folded_and_calls_keep_their_proportions),
		cmocka_unit_test(test_many_gaps_stay_within_the_axis),
		cmocka_unit_test(test_nothing_that_has_a_length_is_not_folded_away),
		cmocka_unit_test(test_ticks_are_round_and_apart),
		cmocka_unit_test(test_failed_calls_have_lanes_before_answered_ones),
		cmocka_unit_test(test_a_connection_goes_down_and_comes_back_with_an_answer),
		cmocka_unit_test(test_a_new_connection_has_a_new_lane_and_an_old_one_begins_before),
		cmocka_unit_test(test_an_incident_shows_its_server_and_its_time_only),
		cmocka_unit_test(test_a_mark_without_clock_stands_inside_the_picture),
		cmocka_unit_test(test_no_session_is_an_empty_drawing),
		cmocka_unit_test(test_wide_names_are_measured),
		cmocka_unit_test(test_ten_thousand_names_that_hurt),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
