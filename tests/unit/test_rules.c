/* The condition language of patterns/causes, word by word: each is read from YAML and tried on a view where it holds and on one
 * where it does not. */
#include "classify/rules.h"
#include "knowledge/conditions.h"
#include "rules_fixture.h"

/* --- the view: three calls on a server, a drop before the second, what a server log says --- */

enum { EVENTS = 9, CALLS = 4, DROP = 2 };
static const instant T = 1000 * SECOND; /* start of the call in question */

struct world {
	struct session_view view;
	struct view_server servers[2];
	struct seen events[EVENTS];
	struct seen *of_server[EVENTS];
	struct call calls[CALLS];
	struct call *call_list[CALLS];
	struct span spans[2];
	struct field uptime;
	struct subject subject;
	size_t event_count;
};

static struct seen *add_event(struct world *w, instant vt, enum kind kind, const char *server, uint32_t flags)
{
	assert_true(w->event_count < EVENTS);
	struct seen *s = &w->events[w->event_count++];
	*s = (struct seen){.vt = vt, .after = vt, .before = vt, .flags = flags, .e = {.kind = (uint16_t)kind, .at = vt, .duration = -1, .server = str_z(server)}};
	return s;
}

static struct call call_at(int64_t id, instant start, int64_t lasts, enum outcome outcome, enum ending ending)
{
	return (struct call){.id = id, .server = S("s"), .tool = S("t"), .started_at = start, .sent_at = start, .ended_at = lasts < 0 ? INSTANT_NONE : start + lasts,
		.dispatched_at = INSTANT_NONE, .first_beat_at = INSTANT_NONE, .last_beat_at = INSTANT_NONE, .permission = -1, .duration = lasts, .last_elapsed = -1,
		.attempts = 1, .outcome = outcome, .ending = ending};
}

static void fill_events(struct world *w)
{
	add_event(w, T - 100 * SECOND, KIND_CONNECT_OK, "s", 0);
	add_event(w, T - 50 * SECOND, KIND_TRANSPORT_DROPPED, "other", 0);
	struct seen *drop = add_event(w, T - 3 * SECOND, KIND_TRANSPORT_DROPPED, "s", 0);
	w->uptime = (struct field){FIELD_UPTIME, S("120")};
	drop->e.fields = &w->uptime;
	drop->e.field_count = 1;
	drop->e.class = class_of("reset");
	add_event(w, T + SECOND, KIND_REQUEST_PROCESSED, "s", SEEN_SERVER_SIDE | SEEN_UNTIMED);
	add_event(w, T + 15 * SECOND, KIND_CONNECT_START, "s", 0);
	add_event(w, T + 30 * SECOND, KIND_CONNECT_START, "s", 0);
	add_event(w, T + 45 * SECOND, KIND_CONNECT_START, "s", 0);
	add_event(w, T + 60 * SECOND, KIND_CONNECT_START, "s", 0);
	add_event(w, T + 200 * SECOND, KIND_TRANSPORT_CLOSED, "s", SEEN_EXIT);
}

static void world_make(struct world *w)
{
	*w = (struct world){0};
	fill_events(w);
	w->calls[0] = call_at(1, T - 60 * SECOND, 10 * SECOND, OUTCOME_OK, ENDING_COMPLETED);
	w->calls[1] = call_at(2, T, -1, OUTCOME_UNENDED, ENDING_STILL_OPEN);
	w->calls[1].beats = 3;
	w->calls[1].err = S("why");
	w->calls[1].flags = CALL_DISPATCHED;
	w->calls[1].permission = 250 * MILLISECOND;
	w->calls[2] = call_at(3, T + 20 * SECOND, 5 * SECOND, OUTCOME_ERROR, ENDING_ERROR);
	w->calls[2].tool = S("u");
	w->calls[2].class = class_of("refused");
	w->calls[2].attempts = 2;
	w->calls[3] = call_at(4, T + 300 * SECOND, SECOND, OUTCOME_OK, ENDING_COMPLETED);
	struct view_server *s = &w->servers[0];
	*s = (struct view_server){.name = S("s"), .transports = TRANSPORT_REMOTE | TRANSPORT_SSE, .transport = S("sse"), .events = w->of_server, .calls = w->call_list,
		.call_count = CALLS};
	for (size_t i = 0; i < CALLS; i++)
		w->call_list[i] = &w->calls[i];
	for (size_t i = 0; i < w->event_count; i++)
		if (str_eq(w->events[i].e.server, S("s")))
			w->of_server[s->event_count++] = &w->events[i];
	w->servers[1] = (struct view_server){.name = S("other")};
	w->view = (struct session_view){.client_version = S("2.1.110"), .begin = T - 200 * SECOND, .finish = T + 400 * SECOND, .exit_at = T + 199 * SECOND, .timed = true,
		.source_kinds = 1u << SOURCE_CLAUDE_DEBUG | 1u << SOURCE_SERVER, .events = w->events, .event_count = w->event_count, .servers = w->servers,
		.server_count = 2, .calls = w->calls, .call_count = CALLS};
	for (size_t k = 0; k < w->event_count; k++)
		w->view.kinds[w->events[k].e.kind / 64 % 64] |= UINT64_C(1) << (w->events[k].e.kind % 64);
	w->subject = (struct subject){.scope = SCOPE_CALL, .server = s, .call = &w->calls[1], .start = T, .end = T + 100 * SECOND};
}

/* --- trying --- */

static bool holds_in(struct world *w, const char *yaml, struct trial *ret)
{
	struct tree_builder *b = tree_builder_new();
	struct err e = {0};
	struct cause cause = {0};
	struct cond cond;
	if (tree_builder_add(b, "test.yaml", str_z(yaml), &e) != 0)
		fail_msg("%s: %s", yaml, e.text);
	struct tree_doc *d = tree_builder_finish(b);
	struct cond_scope scope = {.rules = &rules, .d = d, .cause = &cause};
	conditions_read(&scope, d->roots[0], &cond);
	if (scope.broken)
		fail_msg("%s: %s", yaml, rules.first_problem.text);
	struct arena arena = {0};
	struct call_lists lists = {.a = &arena};
	*ret = (struct trial){.lists = &lists, .view = &w->view, .rules = &rules, .subject = &w->subject, .cause = &cause};
	bool holds = rules_check(ret, &cond);
	call_lists_done(&lists);
	arena_done(&arena);
	tree_doc_free(d);
	return holds;
}

static bool holds(const char *yaml)
{
	struct world w;
	struct trial t;
	world_make(&w);
	return holds_in(&w, yaml, &t);
}

struct pair {
	const char *word, *yes, *no;
};

static void try_pairs(const struct pair *pairs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!holds(pairs[i].yes))
			fail_msg("%s: `%s` does not hold", pairs[i].word, pairs[i].yes);
		if (holds(pairs[i].no))
			fail_msg("%s: `%s` holds", pairs[i].word, pairs[i].no);
	}
}
#define TRY(pairs) try_pairs(pairs, sizeof(pairs) / sizeof *(pairs))

static void words_of_a_call(void **state)
{
	static const struct pair pairs[] = {
		{"ends", "call: { ends: [still-open, error] }", "call: { ends: completed }"},
		{"outcome", "call: { outcome: unended }", "call: { outcome: [ok, error] }"},
		{"transport", "call: { transport: [remote, stdio] }", "call: { transport: stdio }"},
		{"transport", "call: { transport: sse }", "call: { transport: http }"},
		{"flags", "call: { flags: [dispatched, esc] }", "call: { flags: esc }"},
		{"not_flags", "call: { not_flags: [esc, retried] }", "call: { not_flags: dispatched }"},
		{"class", "call: { class: none }", "call: { class: refused }"},
		{"class", "later: { class: [reset, refused] }", "later: { class: reset }"},
		{"not_class", "call: { not_class: refused }", "call: { not_class: none }"},
		{"beats", "call: { beats: '>=3' }", "call: { beats: '<3' }"},
		{"beats", "call: { beats: 3 }", "call: { beats: '>3' }"},
		{"beats", "call: { beats: '>=2 <=3' }", "call: { beats: '>=1 <=2' }"},
		{"missed_beats", "call: { missed_beats: '=0' }", "call: { missed_beats: '>=1' }"},
		{"lasted", "call: { lasted: '>90s' }", "call: { lasted: '<1m 30s' }"},
		{"permission", "call: { permission: '<1s' }", "call: { permission: '>=1s' }"},
		{"attempts", "call: { attempts: 1 }", "call: { attempts: '>1' }"},
		{"same_tool", "earlier: { same_tool: true }", "later: { outcome: error, same_tool: true }"},
		{"same_err", "earlier: { same_err: false }", "earlier: { same_err: true }"},
		{"slower_than_ok", "call: { slower_than_ok: 9 }", "call: { slower_than_ok: 10 }"},
		{"from", "later: { outcome: error, from: start + 20s }", "later: { outcome: error, from: start + 21s }"},
		{"to", "later: { outcome: error, to: start + 20s }", "later: { outcome: error, to: start + 19s }"},
		{"until", "during: { ends: error, until: start + 1s }", "during: { ends: error, until: finish }"},
	};
	(void)state;
	TRY(pairs);
}

static void neighbours_of_a_call(void **state)
{
	static const struct pair pairs[] = {
		{"prev", "prev: { outcome: ok }", "prev: { outcome: error }"},
		{"next", "next: { outcome: error }", "next: { outcome: ok }"},
		{"later", "later: { outcome: ok }", "later: { outcome: unended }"},
		{"earlier", "earlier: { ends: completed }", "earlier: { ends: error }"},
		{"during", "during: { ends: error }", "during: { ends: completed }"},
	};
	(void)state;
	TRY(pairs);
}

static void words_of_an_event(void **state)
{
	static const struct pair pairs[] = {
		{"event", "event: transport.dropped", "event: connect.failed"},
		{"event", "event: [connect.failed, connect.ok]", "event: [connect.failed, client.exit]"},
		{"from", "{ event: transport.dropped, from: start - 5s }", "{ event: transport.dropped, from: start - 2s }"},
		{"to", "{ event: connect.start, to: start + 15s }", "{ event: connect.start, to: start + 14s }"},
		{"class", "{ event: transport.dropped, class: reset }", "{ event: transport.dropped, class: [refused, none] }"},
		{"not_class", "{ event: transport.dropped, not_class: refused }", "{ event: transport.dropped, not_class: reset }"},
		{"where", "{ event: transport.dropped, where: { uptime: '>=120' } }", "{ event: transport.dropped, where: { uptime: '<120' } }"},
		{"where", "{ event: transport.dropped, where: { uptime: [\"1\", \"120\"] } }", "{ event: transport.dropped, where: { uptime: \"12\" } }"},
		{"where", "{ event: transport.dropped, where: { uptime: '>60' } }", "{ event: transport.dropped, where: { code: '>60' } }"},
		{"count", "{ event: connect.start, count: 4 }", "{ event: connect.start, count: '>4' }"},
		{"server", "{ event: transport.dropped, server: any, to: start - 10s }", "{ event: transport.dropped, to: start - 10s }"},
		{"side", "{ event: request.processed, side: server }", "{ event: request.processed, side: client }"},
		{"side", "{ event: transport.dropped, side: client }", "{ event: transport.dropped, side: server }"},
		{"order", "{ event: transport.dropped, order: proven }", "{ event: request.processed, order: proven }"},
		{"noise", "{ event: transport.closed, noise: true }", "{ event: transport.closed }"},
		{"noise", "{ event: transport.closed, noise: only }", "{ event: transport.dropped, noise: only }"},
		{"regular", "{ event: connect.start, regular: true }", "{ event: [connect.ok, transport.dropped, connect.start], to: start + 30s, regular: true }"},
	};
	(void)state;
	TRY(pairs);
}

static void words_around(void **state)
{
	static const struct pair pairs[] = {
		{"all", "all: [{ call: { beats: 3 } }, { event: transport.dropped }]", "all: [{ call: { beats: 3 } }, { event: connect.failed }]"},
		{"list", "[{ call: { beats: 3 } }, { event: transport.dropped }]", "[{ event: connect.failed }, { call: { beats: 3 } }]"},
		{"any", "any: [{ call: { beats: 4 } }, { event: transport.dropped }]", "any: [{ call: { beats: 4 } }, { event: connect.failed }]"},
		{"none", "none: { event: connect.failed }", "none: { event: transport.dropped }"},
		{"not", "not: { call: { beats: 4 } }", "not: { call: { beats: 3 } }"},
		{"version", "version: '>=2.1.105 <2.1.120'", "version: '>=2.1.111'"},
		{"source", "source: [claude-debug, server]", "source: [claude-debug, proxy]"},
		{"source", "source: client", "source: transcript"},
		{"span", "span: { from: start, to: finish, lasted: '>=400s' }", "span: { from: start, to: finish, lasted: '>400s' }"},
	};
	(void)state;
	TRY(pairs);
}

static void points_in_time(void **state)
{
	static const struct pair pairs[] = {
		{"end", "span: { from: start, to: end, lasted: 100s }", "span: { from: start, to: end, lasted: '<100s' }"},
		{"prev", "span: { from: prev.start, to: prev.end, lasted: 10s }", "span: { from: prev.start, to: start, lasted: '<60s' }"},
		{"next", "span: { from: next.start, to: next.end, lasted: 5s }", "span: { from: start, to: next.start, lasted: '>20s' }"},
		{"begin", "span: { from: begin, to: start, lasted: 200s }", "span: { from: begin, to: start, lasted: '<200s' }"},
		{"exit", "span: { from: start, to: exit, lasted: 199s }", "span: { from: start, to: exit + 1s, lasted: 199s }"},
		{"step", "[{ event: transport.dropped, as: drop }, { span: { from: drop, to: start, lasted: 3s } }]",
			"[{ event: transport.dropped, as: drop }, { span: { from: drop - 1s, to: start, lasted: 3s } }]"},
		{"step", "[{ event: connect.start, as: first }, { event: connect.start, from: first + 1s, to: first + 15s }]",
			"[{ event: connect.start, as: first }, { event: connect.start, from: first + 1s, to: first + 14s }]"},
	};
	(void)state;
	TRY(pairs);
}

static void the_last_or_the_first_is_bound(void **state)
{
	struct world w;
	struct trial t;
	(void)state;
	world_make(&w);
	assert_true(holds_in(&w, "{ event: connect.start, as: x }", &t));
	assert_int_equal(t.steps[0]->vt, T + 15 * SECOND);
	assert_true(holds_in(&w, "{ event: connect.start, as: x, last: true }", &t));
	assert_int_equal(t.steps[0]->vt, T + 60 * SECOND);
	assert_true(holds_in(&w, "{ event: connect.start, as: x, last: true, to: start + 40s }", &t));
	assert_int_equal(t.steps[0]->vt, T + 30 * SECOND);
}

static void words_of_a_row_of_connects(void **state)
{
	struct world w;
	struct trial t;
	(void)state;
	world_make(&w);
	w.subject.scope = SCOPE_CONNECT;
	w.subject.hit = w.call_list;
	w.subject.hit_count = 2;
	w.subject.recovered = true;
	assert_true(holds_in(&w, "call: { affected: '>=2' }", &t));
	assert_false(holds_in(&w, "call: { affected: '=0' }", &t));
	assert_true(holds_in(&w, "call: { recovered: true }", &t));
	assert_false(holds_in(&w, "call: { recovered: false }", &t));
}

static void missed_beats_are_not_counted_in_quotations(void **state)
{
	struct world w;
	struct trial t;
	(void)state;
	world_make(&w);
	w.calls[1].beats = 0;
	assert_true(holds_in(&w, "call: { missed_beats: 3 }", &t));
	w.view.excerpt = true;
	assert_true(holds_in(&w, "call: { missed_beats: '=0' }", &t));
}

static void a_filtered_log_is_no_source(void **state)
{
	struct world w;
	struct trial t;
	(void)state;
	world_make(&w);
	w.view.filtered = true;
	assert_false(holds_in(&w, "source: claude-debug", &t));
	assert_true(holds_in(&w, "source: client", &t));
	w.view.client_version = STR_NONE;
	assert_false(holds_in(&w, "version: '>=0'", &t)); /* an unknown version lies in no range */
}

static void calls_of_other_servers_count_when_asked_for(void **state)
{
	struct world w;
	struct trial t;
	(void)state;
	world_make(&w);
	w.subject.server = &w.servers[1];
	assert_false(holds_in(&w, "during: { ends: error }", &t));
	assert_true(holds_in(&w, "during: { ends: error, server: any }", &t));
	assert_false(holds_in(&w, "during: { ends: user-cancel, server: any }", &t));
}

static void healthy_spans_are_calls(void **state)
{
	struct world w;
	struct trial t;
	(void)state;
	world_make(&w);
	w.spans[0] = (struct span){T - 20 * SECOND, 2 * SECOND};
	w.spans[1] = (struct span){T + 10 * SECOND, 4 * SECOND};
	w.servers[0].spans = w.spans;
	w.servers[0].span_count = 2;
	assert_true(holds_in(&w, "prev: { outcome: ok, lasted: 2s }", &t));
	assert_true(holds_in(&w, "next: { outcome: ok, lasted: 4s }", &t));
	assert_true(holds_in(&w, "during: { outcome: ok }", &t));
	assert_false(holds_in(&w, "during: { outcome: ok, lasted: '>4s' }", &t));
}

static void what_failed_is_told(void **state)
{
	struct world w;
	struct trial t;
	(void)state;
	world_make(&w);
	assert_false(holds_in(&w, "[{ call: { beats: 3 } }, { none: { event: transport.dropped }, else: it dropped }]", &t));
	assert_non_null(t.failed);
	assert_int_equal(t.failed->type, COND_NOT);
	assert_ptr_equal(t.found, &w.events[DROP]);
}

static void nonsense_is_a_problem(void **state)
{
	static const char *const broken[] = {
		"call: { beat: 3 }", "evnt: connect.ok", "event: connect.okay", "call: { ends: finished }", "call: { beats: many }", "call: { lasted: '>5' }",
		"call: { transport: carrier-pigeon }", "call: { class: no-such-class }", "{ event: connect.ok, from: nowhere }",
		"{ event: connect.ok, from: start * 5s }", "{ event: connect.ok, order: likely }", "{ event: connect.ok, side: left }", "source: telepathy",
		"{ event: connect.ok, server: mine }", "call: { flags: happy }", "call: { slower_than_ok: much }", "- just text", "all: [5]",
	};
	(void)state;
	for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
		struct rules own = {0};
		struct cause cause = {0};
		struct cond cond;
		struct err e = {0};
		assert_int_equal(knowledge_load(&own, NULL, NULL, 0, NULL), 0);
		struct tree_builder *b = tree_builder_new();
		assert_int_equal(tree_builder_add(b, "test.yaml", str_z(broken[i]), &e), 0);
		struct tree_doc *d = tree_builder_finish(b);
		struct cond_scope scope = {.rules = &own, .d = d, .cause = &cause};
		conditions_read(&scope, d->roots[0], &cond);
		if (!scope.broken || own.problem_count == 0 || own.first_problem.line == 0)
			fail_msg("`%s` is no problem", broken[i]);
		tree_doc_free(d);
		knowledge_free(&own);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_of_a_call),
		cmocka_unit_test(neighbours_of_a_call),
		cmocka_unit_test(words_of_an_event),
		cmocka_unit_test(words_around),
		cmocka_unit_test(points_in_time),
		cmocka_unit_test(the_last_or_the_first_is_bound),
		cmocka_unit_test(words_of_a_row_of_connects),
		cmocka_unit_test(missed_beats_are_not_counted_in_quotations),
		cmocka_unit_test(a_filtered_log_is_no_source),
		cmocka_unit_test(calls_of_other_servers_count_when_asked_for),
		cmocka_unit_test(healthy_spans_are_calls),
		cmocka_unit_test(what_failed_is_told),
		cmocka_unit_test(nonsense_is_a_problem),
	};
	return cmocka_run_group_tests(tests, load_rules, free_rules);
}
