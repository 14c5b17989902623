/* The life of alerts (alert/step): each trouble told once when it begins and once when it is over; what only looks like trouble,
 * never. Thirty simulated days of runs every five minutes, with five hundred scripted incidents, are part of it. */
#include "alert/judge.h"
#include "alert/range.h"
#include "alert/step.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define START (INT64_C(1780000000) * SECOND)

struct world {
	struct alert_book book;
	struct arena a;
	instant now;
	struct alert_step_options o;
	struct alert_step_result r;
};

static struct world world(void)
{
	return (struct world){.now = START, .o = {.for_runs = 1, .keep_firing = 10 * MINUTE, .history_before = INSTANT_NONE}};
}

static void done(struct world *w)
{
	alert_book_done(&w->book);
	arena_done(&w->a);
}

/* One run, `later` after the one before. Like a run of the program, it starts from what was stored. */
static void run(struct world *w, int64_t later, const struct alert_observation *seen, size_t n)
{
	w->now += later;
	w->o.now = w->now;
	w->book.gone.n = 0;
	alert_step(&w->book, seen, n, &w->o, &w->a, &w->r);
}

static struct alert_observation stuck(str incident, enum alert_level level, int64_t age, instant now)
{
	return (struct alert_observation){.incident = incident, .server = S("pg"), .cause = S("drop"), .kind = ALERT_STUCK, .level = level,
		.severity = SEVERITY_CRITICAL, .since = now - age, .ended = INSTANT_NONE, .calls = 1, .oldest = age, .summary = S("it waits"),
		.detail = S("press Esc"), .example = S("q since then")};
}

static struct alert_observation event(str incident, enum alert_kind kind, instant ended)
{
	return (struct alert_observation){.incident = incident, .server = S("pg"), .cause = S("drop"), .kind = kind, .level = ALERT_WARNING,
		.severity = SEVERITY_CRITICAL, .since = ended - MINUTE, .ended = ended, .calls = 1, .summary = S("it broke"), .example = S("q since then")};
}

static const struct alert *only(const struct world *w)
{
	assert_int_equal(w->book.alerts.n, 1);
	return &w->book.alerts.v[0];
}

/* --- conditions --- */

static void a_hang_fires_once_and_resolves_once(void **state)
{
	(void)state;
	struct world w = world();
	unsigned fired = 0, resolved = 0;
	for (int i = 0; i < 12; i++) {
		const struct alert_observation o = stuck(S("v1:a"), i < 3 ? ALERT_WARNING : ALERT_CRITICAL, (i + 1) * 5 * MINUTE, w.now + 5 * MINUTE);
		run(&w, 5 * MINUTE, &o, i < 6);
		fired += w.r.fired;
		resolved += w.r.resolved;
	}
	assert_int_equal(fired, 1);
	assert_int_equal(resolved, 1);
	assert_int_equal(only(&w)->phase, ALERT_RESOLVED);
	assert_true(str_eq(only(&w)->summary, S("it waits")));
	done(&w);
}

static void a_young_call_is_no_alert(void **state)
{
	(void)state;
	struct world w = world();
	const struct alert_observation o = stuck(S("v1:a"), ALERT_NONE, 30 * SECOND, w.now);
	run(&w, MINUTE, &o, 1);
	assert_int_equal(w.book.alerts.n, 0);
	done(&w);
}

static void for_waits_for_runs_in_a_row(void **state)
{
	(void)state;
	struct world w = world();
	const struct alert_observation o = stuck(S("v1:a"), ALERT_WARNING, 5 * MINUTE, w.now);
	w.o.for_runs = 3;
	run(&w, MINUTE, &o, 1);
	run(&w, MINUTE, &o, 1);
	assert_int_equal(only(&w)->phase, ALERT_PENDING);
	run(&w, MINUTE, &o, 0); /* not in a row: begins anew */
	assert_int_equal(w.book.alerts.n, 0);
	assert_int_equal(w.book.gone.n, 1);
	for (int i = 0; i < 3; i++)
		run(&w, MINUTE, &o, 1);
	assert_int_equal(w.r.fired, 1);
	done(&w);
}

static void a_gap_shorter_than_keep_firing_is_no_end(void **state)
{
	(void)state;
	struct world w = world();
	const struct alert_observation o = stuck(S("v1:a"), ALERT_WARNING, 5 * MINUTE, w.now);
	run(&w, 5 * MINUTE, &o, 1);
	run(&w, 5 * MINUTE, &o, 0);
	assert_int_equal(w.r.resolved, 0);
	run(&w, 5 * MINUTE, &o, 1);
	assert_int_equal(w.r.fired, 0);
	run(&w, 5 * MINUTE, &o, 0);
	run(&w, 5 * MINUTE, &o, 0);
	assert_int_equal(w.r.resolved, 1);
	done(&w);
}

static void what_cannot_be_read_is_not_over(void **state)
{
	(void)state;
	struct world w = world();
	struct alert_observation o = stuck(S("v1:a"), ALERT_CRITICAL, 15 * MINUTE, w.now);
	run(&w, 5 * MINUTE, &o, 1);
	o.held = true;
	o.kind = ALERT_ABANDONED; /* its beats are not seen any more */
	for (int i = 0; i < 20; i++)
		run(&w, 5 * MINUTE, &o, 1);
	assert_int_equal(only(&w)->phase, ALERT_FIRING);
	assert_int_equal(only(&w)->level, ALERT_CRITICAL);
	w.o.blind = true; /* nothing at all is seen */
	for (int i = 0; i < 20; i++)
		run(&w, 5 * MINUTE, &o, 0);
	assert_int_equal(only(&w)->phase, ALERT_FIRING);
	done(&w);
}

static void what_cannot_be_read_does_not_begin(void **state)
{
	(void)state;
	struct world w = world();
	struct alert_observation o = stuck(S("v1:a"), ALERT_CRITICAL, 15 * MINUTE, w.now);
	o.held = true;
	for (int i = 0; i < 5; i++)
		run(&w, 5 * MINUTE, &o, 1);
	assert_int_equal(w.book.alerts.n, 0);
	done(&w);
}

static void a_sharper_verdict_stays_with_its_alert(void **state)
{
	(void)state;
	struct world w = world();
	struct alert_observation o = stuck(S("v1:a"), ALERT_WARNING, 5 * MINUTE, w.now);
	run(&w, 5 * MINUTE, &o, 1);
	o.cause = S("a better cause");
	o.summary = S("other words");
	for (int i = 0; i < 5; i++)
		run(&w, 5 * MINUTE, &o, 1);
	assert_true(str_eq(only(&w)->cause, S("drop")));
	assert_true(str_eq(only(&w)->summary, S("it waits")));
	done(&w);
}

static void many_calls_are_one_alert_with_five_examples(void **state)
{
	(void)state;
	struct world w = world();
	enum { CALLS = 5000 };
	static struct alert_observation o[CALLS];
	for (int i = 0; i < CALLS; i++) {
		o[i] = stuck(arena_printf(&w.a, "v1:%d", i), ALERT_WARNING, (5 + i % 3) * MINUTE, w.now);
		o[i].example = arena_printf(&w.a, "call %d since then", i);
	}
	run(&w, 5 * MINUTE, o, CALLS);
	assert_int_equal(only(&w)->calls, CALLS);
	size_t lines = 1;
	for (size_t i = 0; i < only(&w)->examples.n; i++)
		lines += only(&w)->examples.p[i] == '\n';
	assert_int_equal(lines, ALERT_EXAMPLES);
	done(&w);
}

/* --- events --- */

static void an_event_is_told_once_and_ends_by_itself(void **state)
{
	(void)state;
	struct world w = world();
	const struct alert_observation o = event(S("v1:a"), ALERT_INCIDENT, w.now);
	unsigned fired = 0, resolved = 0;
	for (int i = 0; i < 100; i++) {
		run(&w, 5 * MINUTE, &o, 1); /* the timeline shows it in every run */
		fired += w.r.fired;
		resolved += w.r.resolved;
	}
	assert_int_equal(fired, 1);
	assert_int_equal(resolved, 1);
	done(&w);
}

static void a_hang_that_was_told_is_no_news_when_it_is_over(void **state)
{
	(void)state;
	struct world w = world();
	const struct alert_observation hangs = stuck(S("v1:a"), ALERT_WARNING, 5 * MINUTE, w.now);
	run(&w, 5 * MINUTE, &hangs, 1);
	const struct alert_observation over = event(S("v1:a"), ALERT_INCIDENT, w.now);
	for (int i = 0; i < 10; i++)
		run(&w, 5 * MINUTE, &over, 1);
	assert_int_equal(only(&w)->kind, ALERT_STUCK);
	assert_int_equal(only(&w)->phase, ALERT_RESOLVED);
	done(&w);
}

static void an_abandoned_call_is_told_once_and_never_pages(void **state)
{
	(void)state;
	struct world w = world();
	struct alert_judgement j;
	const struct alert_range warn = {0}, crit = {0};
	const struct alert_observation o = event(S("v1:a"), ALERT_ABANDONED, w.now);
	run(&w, 5 * MINUTE, &o, 1);
	assert_int_equal(w.r.fired, 1);
	assert_int_equal(only(&w)->severity, SEVERITY_INFO);
	alert_judge(&w.book, w.now, &warn, &crit, &w.a, &j);
	assert_int_equal(j.level, ALERT_NONE);
	assert_int_equal(j.incidents, 0);
	for (int i = 0; i < 10; i++)
		run(&w, 5 * MINUTE, &o, 1);
	assert_int_equal(only(&w)->phase, ALERT_RESOLVED);
	done(&w);
}

static void the_first_run_takes_the_past_as_history(void **state)
{
	(void)state;
	struct world w = world();
	struct alert_observation o[] = {event(S("v1:a"), ALERT_INCIDENT, w.now), event(S("v1:b"), ALERT_ABANDONED, w.now),
		stuck(S("v1:c"), ALERT_CRITICAL, 15 * MINUTE, w.now)};
	w.o.first = true;
	run(&w, 0, o, 3);
	assert_int_equal(w.r.history, 2);
	assert_int_equal(only(&w)->kind, ALERT_STUCK); /* what hangs now is no history */
	w.o.first = false;
	run(&w, 5 * MINUTE, o, 2);
	assert_int_equal(w.r.fired, 0);
	done(&w);
}

static void old_incidents_of_a_new_file_are_history(void **state)
{
	(void)state;
	struct world w = world();
	const struct alert_observation o[] = {event(S("v1:old"), ALERT_INCIDENT, w.now - 30 * DAY), event(S("v1:new"), ALERT_INCIDENT, w.now)};
	w.o.history_before = w.now - DAY;
	run(&w, 5 * MINUTE, o, 2);
	assert_int_equal(w.r.history, 1);
	assert_int_equal(w.r.fired, 1);
	done(&w);
}

static void a_condition_without_calls_lasts_while_its_session_lives(void **state)
{
	(void)state;
	struct world w = world();
	struct alert_observation o = event(S("v1:a"), ALERT_INCIDENT, w.now);
	o.ended = INSTANT_NONE;
	o.live = true;
	for (int i = 0; i < 20; i++)
		run(&w, 5 * MINUTE, &o, 1);
	assert_int_equal(only(&w)->phase, ALERT_FIRING);
	o.live = false;
	for (int i = 0; i < 3; i++)
		run(&w, 5 * MINUTE, &o, 1);
	assert_int_equal(only(&w)->phase, ALERT_RESOLVED);
	done(&w);
}

static void a_clock_that_goes_back_keeps_nothing_for_ever(void **state)
{
	(void)state;
	struct world w = world();
	const struct alert_observation o = stuck(S("v1:a"), ALERT_WARNING, 5 * MINUTE, w.now);
	run(&w, 5 * MINUTE, &o, 1);
	run(&w, -30 * DAY, &o, 0);
	assert_int_equal(w.r.resolved, 1);
	done(&w);
}

static void resolved_alerts_are_forgotten_and_numbers_not_given_again(void **state)
{
	(void)state;
	struct world w = world();
	struct alert_observation o = event(S("v1:a"), ALERT_INCIDENT, w.now);
	run(&w, 5 * MINUTE, &o, 1);
	run(&w, HOUR, &o, 1);
	run(&w, 8 * DAY, &o, 1);
	assert_int_equal(w.book.alerts.n, 0);
	o = event(S("v1:b"), ALERT_INCIDENT, w.now);
	run(&w, 5 * MINUTE, &o, 1);
	assert_int_equal(only(&w)->id, 2);
	done(&w);
}

/* --- ranges --- */

static void ranges_alert_as_the_guidelines_say(void **state)
{
	(void)state;
	static const struct {
		const char *range;
		int64_t value; /* in thousandths */
		bool alert;
	} rows[] = {
		{"10", 10000, false}, {"10", 10001, true}, {"10", -1, true}, {"10", 0, false}, {"10:", 9999, true}, {"10:", 10000, false},
		{"~:10", -5000000, false}, {"~:10", 10001, true}, {"10:20", 9999, true}, {"10:20", 10000, false}, {"10:20", 20001, true},
		{"@10:20", 10000, true}, {"@10:20", 20000, true}, {"@10:20", 9999, false}, {"@10:20", 20001, false}, {"0", 1, true}, {"0.5:", 400, true},
		{"-3:3.25", -3000, false}, {"-3:3.25", 3251, true}, {":7", 7001, true}, {"~:", 999999, false}, {"@~:5", 5000, true},
	};
	static const char *const bad[] = {"", "x", "10x", "20:10", "1:2:3", "@", "1e3", "--1", "1.", ".5", "1,5", "nan", "99999999999999999999", "~", "5:~"};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct alert_range r;
		if (!alert_range_parse(str_z(rows[i].range), &r))
			fail_msg("%s is a range", rows[i].range);
		if (alert_range_hit(&r, rows[i].value * 1000) != rows[i].alert)
			fail_msg("%s with %lld/1000", rows[i].range, (long long)rows[i].value);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct alert_range r;
		if (alert_range_parse(str_z(bad[i]), &r))
			fail_msg("'%s' is no range", bad[i]);
	}
}

/* --- thirty days --- */

enum { DAYS = 30, RUNS = DAYS * 288, INCIDENTS = 500, SERVERS = 25 };

enum act { HANG, HANG_FLAPS, HANG_SHARPENS, HANG_UNREAD, BROKE, TOO_YOUNG, GONE, UNREAD_ONLY, ACTS };

struct scripted {
	enum act act;
	instant begin, end;
	str id, server;
	unsigned fired, resolved, info;
};

/* The same numbers on every machine. */
static uint32_t next_random(uint32_t *state) { return *state = *state * 1664525u + 1013904223u; }

/* Each server has its incidents one after the other, with an hour between. */
static void write_script(struct scripted *v, struct arena *a)
{
	uint32_t random = 7;
	for (int i = 0; i < INCIDENTS; i++) {
		const int64_t slot = (int64_t)DAYS * DAY / (INCIDENTS / SERVERS + 1);
		struct scripted *s = &v[i];
		s->act = (enum act)(next_random(&random) / 65536 % ACTS);
		s->begin = START + (i / SERVERS) * slot + (int64_t)(next_random(&random) / 65536 % 3600) * SECOND;
		/* Longer than the threshold and two runs, so that it can be seen. */
		s->end = s->begin + (s->act == TOO_YOUNG ? 100 * SECOND : 15 * MINUTE + (int64_t)(next_random(&random) / 65536 % 10800) * SECOND);
		s->id = arena_printf(a, "v1:%d", i);
		s->server = arena_printf(a, "server %d", i % SERVERS);
	}
}

/* What a run at `now` sees of it: true when anything. */
static bool look(const struct scripted *s, instant now, int run_number, struct alert_observation *ret)
{
	const int64_t age = now - s->begin;
	if (age < 0)
		return false;
	*ret = stuck(s->id, age > 600 * SECOND ? ALERT_CRITICAL : age > 120 * SECOND ? ALERT_WARNING : ALERT_NONE, age, now);
	ret->server = s->server;
	if (s->act == HANG_SHARPENS && age > 10 * MINUTE)
		ret->cause = S("another");
	if (s->act == HANG_FLAPS && run_number % 2 && age > 5 * MINUTE)
		return false;
	ret->held = s->act == UNREAD_ONLY || (s->act == HANG_UNREAD && run_number % 5);
	if (now <= s->end && s->act != BROKE)
		return true;
	if (s->act == TOO_YOUNG || s->act == UNREAD_ONLY)
		return false; /* a healthy call ended: no incident */
	if (now <= s->end)
		return false;
	*ret = event(s->id, s->act == GONE ? ALERT_ABANDONED : ALERT_INCIDENT, s->end);
	ret->server = s->server;
	return true;
}

/* A call whose client goes away is stuck first when it lasted that long, and gone then: that is one of each. */
static void tally(struct scripted *v, const struct alert_book *b, instant now)
{
	for (size_t i = 0; i < b->alerts.n; i++) {
		const struct alert *al = &b->alerts.v[i];
		for (int k = 0; k < INCIDENTS; k++) {
			struct scripted *s = &v[k];
			if (!str_eq(s->server, al->server) || al->fired_at < s->begin || al->fired_at > s->end + HOUR)
				continue;
			const bool info = al->kind == ALERT_ABANDONED;
			if (al->fired_at == now && al->phase == ALERT_FIRING)
				*(info ? &s->info : &s->fired) += 1;
			if (al->resolved_at == now && al->phase == ALERT_RESOLVED && !info)
				s->resolved++;
		}
	}
}

static void thirty_days_tell_each_trouble_once(void **state)
{
	(void)state;
	static struct scripted script[INCIDENTS];
	static struct alert_observation seen[INCIDENTS];
	struct world w = world();
	write_script(script, &w.a);
	w.o.first = true;
	run(&w, 0, NULL, 0);
	w.o.first = false;
	unsigned all_fired = 0, all_resolved = 0;
	for (int n = 1; n <= RUNS + 12; n++) {
		size_t count = 0;
		for (int i = 0; i < INCIDENTS; i++)
			count += look(&script[i], w.now + 5 * MINUTE, n, &seen[count]);
		w.o.history_before = w.now - DAY;
		run(&w, 5 * MINUTE, seen, count);
		tally(script, &w.book, w.now);
		all_fired += w.r.fired;
		all_resolved += w.r.resolved;
	}
	unsigned real = 0, gone = 0;
	for (int i = 0; i < INCIDENTS; i++) {
		const struct scripted *s = &script[i];
		const unsigned expected = s->act == TOO_YOUNG || s->act == UNREAD_ONLY ? 0 : 1;
		if (s->fired != expected || s->resolved != expected || s->info != (s->act == GONE))
			fail_msg("incident %d (act %d): fired %u, resolved %u, info %u", i, s->act, s->fired, s->resolved, s->info);
		real += expected;
		gone += s->act == GONE;
	}
	assert_true(real > 300 && INCIDENTS - real > 80);
	assert_int_equal(all_fired, real + gone);
	assert_int_equal(all_resolved, real + gone);
	done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hang_fires_once_and_resolves_once),
		cmocka_unit_test(a_young_call_is_no_alert),
		cmocka_unit_test(for_waits_for_runs_in_a_row),
		cmocka_unit_test(a_gap_shorter_than_keep_firing_is_no_end),
		cmocka_unit_test(what_cannot_be_read_is_not_over),
		cmocka_unit_test(what_cannot_be_read_does_not_begin),
		cmocka_unit_test(a_sharper_verdict_stays_with_its_alert),
		cmocka_unit_test(many_calls_are_one_alert_with_five_examples),
		cmocka_unit_test(an_event_is_told_once_and_ends_by_itself),
		cmocka_unit_test(a_hang_that_was_told_is_no_news_when_it_is_over),
		cmocka_unit_test(an_abandoned_call_is_told_once_and_never_pages),
		cmocka_unit_test(the_first_run_takes_the_past_as_history),
		cmocka_unit_test(old_incidents_of_a_new_file_are_history),
		cmocka_unit_test(a_condition_without_calls_lasts_while_its_session_lives),
		cmocka_unit_test(a_clock_that_goes_back_keeps_nothing_for_ever),
		cmocka_unit_test(resolved_alerts_are_forgotten_and_numbers_not_given_again),
		cmocka_unit_test(ranges_alert_as_the_guidelines_say),
		cmocka_unit_test(thirty_days_tell_each_trouble_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
