/* From findings to incidents: who yields, what becomes one, what is a consequence. Findings are made by hand. */
#include "classify/internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MAX = 6 };

struct court {
	struct session_view view;
	struct view_server servers[2];
	struct call calls[MAX];
	struct call *call_list[MAX];
	instant successes[2];
	struct rules rules;
	struct arena arena;
	struct cause causes[MAX];
	struct finding findings[MAX];
	struct judge judge;
	size_t cause_count;
	str relation;
};
static const instant T = 1000 * SECOND;

static void setup(struct court *c)
{
	*c = (struct court){.view = {.exit_at = INSTANT_NONE, .begin = 0, .finish = 10 * T}};
	c->servers[0] = (struct view_server){.name = S("s"), .calls = c->call_list, .successes = c->successes};
	c->servers[1] = (struct view_server){.name = S("other")};
	for (size_t i = 0; i < MAX; i++) {
		c->calls[i] = (struct call){.id = (int64_t)i + 1, .outcome = OUTCOME_ERROR, .sent_at = INSTANT_NONE};
		c->call_list[i] = &c->calls[i];
	}
	c->judge.view = &c->view;
	c->judge.rules = &c->rules;
	c->judge.a = &c->arena;
}

static struct cause *cause(struct court *c, str id, enum scope scope)
{
	struct cause *k = &c->causes[c->cause_count++];
	*k = (struct cause){.id = id, .scope = scope, .merge = true};
	*vec_push(&c->rules.causes) = k;
	return k;
}

/* A finding about calls[call] (-1: none) that begins at T + start seconds and lasts a second. */
static struct finding *finding(struct court *c, const struct cause *of, int start, int call)
{
	struct finding *f = &c->findings[c->judge.findings.n];
	*f = (struct finding){.cause = of, .subject = {.scope = of->scope, .server = &c->servers[0]}, .start = T + start * SECOND, .end = T + (start + 1) * SECOND};
	if (call >= 0) {
		*vec_push(&f->calls) = &c->calls[call];
		if (of->scope == SCOPE_CALL)
			f->subject.call = &c->calls[call];
	}
	*vec_push(&c->judge.findings) = f;
	return f;
}

/* An answer or a new connection; what counts as one is join's business. */
static void connect_at(struct court *c, int at)
{
	c->successes[c->servers[0].success_count++] = T + at * SECOND;
}

static void done(struct court *c)
{
	for (size_t i = 0; i < MAX; i++) {
		vec_free(&c->findings[i].calls);
		vec_free(&c->findings[i].absorbed);
	}
	vec_free(&c->judge.findings);
	vec_free(&c->rules.causes);
	arena_done(&c->arena);
}

static size_t left(const struct court *c)
{
	size_t n = 0;
	for (size_t i = 0; i < c->judge.findings.n; i++)
		n += !c->judge.findings.v[i]->dropped;
	return n;
}

/* `cause` names one other in its relation. */
static void relate(struct court *c, str **list, unsigned *count, str name)
{
	c->relation = name;
	*list = &c->relation;
	*count = 1;
}

static void a_cause_yields_to_one_that_explains_its_call(void **state)
{
	struct court c;
	(void)state;
	setup(&c);
	struct cause *hang = cause(&c, S("hang"), SCOPE_CALL), *drop = cause(&c, S("drop"), SCOPE_CALL);
	relate(&c, &hang->yields_to, &hang->yields_count, S("drop"));
	struct finding *a = finding(&c, hang, 0, 0), *b = finding(&c, drop, 5, 0);
	chain(&c.judge);
	assert_true(a->dropped && a->into == b && !b->dropped);
	assert_int_equal(b->calls.n, 1);
	assert_int_equal(b->absorbed.n, 1);
	done(&c);
}

static void other_calls_and_servers_do_not_yield(void **state)
{
	struct court c;
	(void)state;
	setup(&c);
	struct cause *hang = cause(&c, S("hang"), SCOPE_CALL), *drop = cause(&c, S("drop"), SCOPE_CALL);
	relate(&c, &hang->yields_to, &hang->yields_count, S("drop"));
	hang->merge = false;
	struct finding *a = finding(&c, hang, 0, 0), *b = finding(&c, hang, 0, 1);
	finding(&c, drop, 0, 2);
	struct finding *elsewhere = finding(&c, drop, 0, 3);
	elsewhere->subject.server = &c.servers[1];
	chain(&c.judge);
	assert_false(a->dropped || b->dropped || elsewhere->dropped);
	done(&c);
}

static void a_session_wide_cause_takes_calls_until_a_success(void **state)
{
	struct court c;
	(void)state;
	setup(&c);
	struct cause *hang = cause(&c, S("hang"), SCOPE_CALL), *dead = cause(&c, S("dead"), SCOPE_CONNECT);
	relate(&c, &hang->yields_to, &hang->yields_count, S("dead"));
	struct finding *before = finding(&c, hang, 10, 0), *after = finding(&c, hang, 30, 1);
	struct finding *d = finding(&c, dead, 0, -1);
	connect_at(&c, 20);
	chain(&c.judge);
	assert_true(before->dropped && before->into == d);
	assert_false(after->dropped);
	assert_int_equal(d->calls.n, 1);
	done(&c);
}

static void what_was_ruled_by_nobody_is_no_reason(void **state)
{
	struct court c;
	(void)state;
	setup(&c);
	struct cause *hang = cause(&c, S("hang"), SCOPE_CALL), *note = cause(&c, S("note"), SCOPE_CALL);
	note->note = true;
	relate(&c, &hang->yields_to, &hang->yields_count, S("note"));
	struct finding *a = finding(&c, hang, 0, 0);
	finding(&c, note, 0, 0);
	chain(&c.judge);
	assert_false(a->dropped); /* a note explains nothing */
	assert_int_equal(left(&c), 1);
	done(&c);
}

static void a_fallback_stands_back(void **state)
{
	struct court c;
	(void)state;
	setup(&c);
	struct cause *unknown = cause(&c, S("unknown"), SCOPE_CALL), *drop = cause(&c, S("drop"), SCOPE_CALL);
	unknown->fallback = true;
	unknown->merge = false;
	struct finding *a = finding(&c, unknown, 0, 0), *b = finding(&c, unknown, 0, 1), *d = finding(&c, drop, 0, 0);
	chain(&c.judge);
	assert_true(a->dropped && !a->into);
	assert_false(b->dropped || d->dropped);
	assert_int_equal(d->absorbed.n, 0); /* it is no consequence, it was no finding at all */
	done(&c);
}

static void the_same_cause_without_a_success_is_one_incident(void **state)
{
	struct court c;
	(void)state;
	setup(&c);
	struct cause *drop = cause(&c, S("drop"), SCOPE_CALL);
	struct finding *a = finding(&c, drop, 0, 0), *b = finding(&c, drop, 10, 1), *d = finding(&c, drop, 40, 2);
	connect_at(&c, 30);
	chain(&c.judge);
	assert_false(a->dropped || d->dropped);
	assert_true(b->into == a);
	assert_int_equal(a->calls.n, 2);
	assert_int_equal(a->end, T + 11 * SECOND);
	done(&c);
}

static void a_success_divides(void **state)
{
	struct court c;
	(void)state;
	setup(&c);
	struct cause *drop = cause(&c, S("drop"), SCOPE_CALL);
	finding(&c, drop, 0, 0);
	finding(&c, drop, 40, 1);
	connect_at(&c, 20);
	chain(&c.judge);
	assert_int_equal(left(&c), 2);
	done(&c);
}

static void a_success_lies_strictly_between(void **state)
{
	struct court c;
	(void)state;
	setup(&c);
	connect_at(&c, 20);
	connect_at(&c, 60);
	assert_true(success_between(&c.servers[0], T, T + 40 * SECOND));
	assert_false(success_between(&c.servers[0], T + 20 * SECOND, T + 40 * SECOND));
	assert_false(success_between(&c.servers[0], T, T + 20 * SECOND));
	assert_true(success_between(&c.servers[0], T + 20 * SECOND, T + 61 * SECOND));
	assert_false(success_between(&c.servers[1], T, T + 40 * SECOND));
	done(&c);
}

static void findings_of_no_server_are_compared_too(void **state)
{
	struct court c;
	(void)state;
	setup(&c);
	struct cause *of = cause(&c, S("host-slept"), SCOPE_SESSION), *other = cause(&c, S("logged-out"), SCOPE_SESSION);
	relate(&c, &of->absorbs, &of->absorb_count, S("logged-out"));
	finding(&c, of, 0, -1)->subject.server = NULL;
	struct finding *later = finding(&c, other, 30, -1);
	later->subject.server = NULL;
	chain(&c.judge);
	assert_true(later->dropped && later->into);
	done(&c);
}

static void one_root_is_one_incident_in_spite_of_a_success(void **state)
{
	struct court c;
	(void)state;
	setup(&c);
	struct cause *drop = cause(&c, S("drop"), SCOPE_CALL);
	struct seen root = {.vt = T};
	struct finding *a = finding(&c, drop, 0, 0), *b = finding(&c, drop, 40, 1);
	a->root = b->root = &root;
	connect_at(&c, 20);
	chain(&c.judge);
	assert_true(b->into == a);
	done(&c);
}

static void causes_may_refuse_to_merge(void **state)
{
	struct court c;
	(void)state;
	setup(&c);
	struct cause *error = cause(&c, S("error"), SCOPE_CALL);
	error->merge = false;
	finding(&c, error, 0, 0);
	finding(&c, error, 10, 1);
	chain(&c.judge);
	assert_int_equal(left(&c), 2);
	done(&c);
}

static void an_open_call_keeps_the_incident_open(void **state)
{
	struct court c;
	(void)state;
	setup(&c);
	struct cause *drop = cause(&c, S("drop"), SCOPE_CALL);
	struct finding *a = finding(&c, drop, 0, 0), *b = finding(&c, drop, 10, 1);
	b->end = INSTANT_NONE;
	chain(&c.judge);
	assert_true(a->end == INSTANT_NONE);
	done(&c);
}

static void an_earlier_incident_absorbs_what_it_explains(void **state)
{
	struct court c;
	(void)state;
	setup(&c);
	struct cause *restart = cause(&c, S("restart"), SCOPE_EVENT), *refused = cause(&c, S("refused"), SCOPE_CALL);
	relate(&c, &restart->absorbs, &restart->absorb_count, S("refused"));
	refused->merge = false;
	struct finding *r = finding(&c, restart, 0, -1), *hit = finding(&c, refused, 5, 0), *later = finding(&c, refused, 40, 1);
	struct finding *earlier = finding(&c, refused, -60, 2);
	connect_at(&c, 20);
	chain(&c.judge);
	assert_true(hit->into == r);
	assert_false(later->dropped || earlier->dropped); /* after a success, and before it began */
	assert_int_equal(r->absorbed.n, 1);
	assert_int_equal(r->calls.n, 1);
	done(&c);
}

static void a_call_is_in_one_incident_only(void **state)
{
	struct court c;
	(void)state;
	setup(&c);
	struct cause *a = cause(&c, S("a"), SCOPE_CALL), *b = cause(&c, S("b"), SCOPE_EVENT), *d = cause(&c, S("d"), SCOPE_CALL);
	finding(&c, a, 10, 0);
	struct finding *first = finding(&c, b, 0, 0);
	finding(&c, d, 20, 0);
	chain(&c.judge);
	assert_int_equal(left(&c), 1);
	assert_false(first->dropped); /* the one whose root is earliest */
	assert_int_equal(first->calls.n, 1);
	assert_int_equal(first->absorbed.n, 2);
	done(&c);
}

static void of_two_at_one_moment_the_call_has_its_own(void **state)
{
	struct court c;
	(void)state;
	setup(&c);
	struct cause *event = cause(&c, S("a-event"), SCOPE_EVENT), *call = cause(&c, S("b-call"), SCOPE_CALL);
	struct finding *e = finding(&c, event, 0, 0), *k = finding(&c, call, 0, 0);
	chain(&c.judge);
	assert_int_equal(left(&c), 1);
	assert_true(e->into == k);
	done(&c);
}

static void notes_about_explained_calls_are_dropped(void **state)
{
	struct court c;
	(void)state;
	setup(&c);
	struct cause *drop = cause(&c, S("drop"), SCOPE_CALL), *slow = cause(&c, S("slow"), SCOPE_CALL);
	slow->note = true;
	finding(&c, drop, 0, 0);
	struct finding *same = finding(&c, slow, 0, 0), *other = finding(&c, slow, 0, 1);
	chain(&c.judge);
	assert_true(same->dropped);
	assert_false(other->dropped);
	done(&c);
}

static void a_note_may_yield_to_any_incident_of_its_server(void **state)
{
	struct court c;
	(void)state;
	setup(&c);
	struct cause *dead = cause(&c, S("dead"), SCOPE_CONNECT), *drops = cause(&c, S("drops"), SCOPE_EVENT);
	drops->note = true;
	relate(&c, &drops->yields_to, &drops->yields_count, S("any"));
	finding(&c, dead, 0, -1);
	struct finding *here = finding(&c, drops, 5, -1), *there = finding(&c, drops, 5, -1);
	there->subject.server = &c.servers[1];
	chain(&c.judge);
	assert_true(here->dropped);
	assert_false(there->dropped);
	done(&c);
}

static void notes_of_one_kind_are_one(void **state)
{
	struct court c;
	(void)state;
	setup(&c);
	struct cause *slow = cause(&c, S("slow"), SCOPE_CALL);
	slow->note = true;
	struct finding *a = finding(&c, slow, 0, 0);
	finding(&c, slow, 50, 1);
	connect_at(&c, 20);
	chain(&c.judge);
	assert_int_equal(left(&c), 1);
	assert_int_equal(a->calls.n, 2);
	done(&c);
}

static void the_order_of_findings_does_not_matter(void **state)
{
	(void)state;
	for (int turn = 0; turn < 6; turn++) {
		static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
		struct court c;
		struct finding *made[3];
		setup(&c);
		struct cause *k[3] = {cause(&c, S("drop"), SCOPE_EVENT), cause(&c, S("hang"), SCOPE_CALL), cause(&c, S("error"), SCOPE_CALL)};
		relate(&c, &k[0]->absorbs, &k[0]->absorb_count, S("hang"));
		for (int i = 0; i < 3; i++) {
			int which = orders[turn][i];
			made[which] = finding(&c, k[which], which * 5, which ? which - 1 : -1);
		}
		chain(&c.judge);
		assert_true(!made[0]->dropped && made[1]->into == made[0] && !made[2]->dropped);
		done(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cause_yields_to_one_that_explains_its_call),
		cmocka_unit_test(other_calls_and_servers_do_not_yield),
		cmocka_unit_test(a_session_wide_cause_takes_calls_until_a_success),
		cmocka_unit_test(what_was_ruled_by_nobody_is_no_reason),
		cmocka_unit_test(a_fallback_stands_back),
		cmocka_unit_test(the_same_cause_without_a_success_is_one_incident),
		cmocka_unit_test(a_success_divides),
		cmocka_unit_test(a_success_lies_strictly_between),
		cmocka_unit_test(findings_of_no_server_are_compared_too),
		cmocka_unit_test(one_root_is_one_incident_in_spite_of_a_success),
		cmocka_unit_test(causes_may_refuse_to_merge),
		cmocka_unit_test(an_open_call_keeps_the_incident_open),
		cmocka_unit_test(an_earlier_incident_absorbs_what_it_explains),
		cmocka_unit_test(a_call_is_in_one_incident_only),
		cmocka_unit_test(of_two_at_one_moment_the_call_has_its_own),
		cmocka_unit_test(notes_about_explained_calls_are_dropped),
		cmocka_unit_test(a_note_may_yield_to_any_incident_of_its_server),
		cmocka_unit_test(notes_of_one_kind_are_one),
		cmocka_unit_test(the_order_of_findings_does_not_matter),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
