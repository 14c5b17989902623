/* Records to events with a small knowledge of its own: choice of the signature, fields, classes, excerpts, transcripts, the gate. */
#include "base/buf.h"
#include "knowledge/knowledge.h"
#include "match/matcher.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const char knowledge[] =
	"schema: mcplog.signatures/1\n"
	"signatures:\n"
	"- id: t.narrow\n"
	"  event: call.failed\n"
	"  in: [mcp]\n"
	"  class: closed\n"
	"  match: |-\n"
	"    ^Tool '(?<tool>[^']+)' failed after 0s: (?<err>narrow)$\n"
	"- id: t.failed\n"
	"  event: call.failed\n"
	"  in: [mcp]\n"
	"  core: true\n"
	"  match: |-\n"
	"    ^Tool '(?<tool>[^']+)' failed after (?<dur>[\\dmsh. ]+)(?:: (?<err>(?s:.*)))?$\n"
	"- id: t.beat\n"
	"  event: call.beat\n"
	"  in: [mcp]\n"
	"  keep: call\n"
	"  core: true\n"
	"  match: |-\n"
	"    ^Tool '(?<tool>[^']+)' still running \\((?<s>\\d+)s elapsed\\)\n"
	"- id: t.drop\n"
	"  event: transport.dropped\n"
	"  in: [mcp]\n"
	"  source: [claude-debug]\n"
	"  core: true\n"
	"  set: { how: dropped, transport: never }\n"
	"  match: |-\n"
	"    ^(?<transport>[A-Z][A-Z-]*) connection dropped after (?<uptime>\\d+)s uptime\n"
	"- id: t.level\n"
	"  event: connect.failed\n"
	"  in: [mcp]\n"
	"  level: error\n"
	"  match: |-\n"
	"    ^Connection failed\n"
	"- id: t.connect\n"
	"  event: connect.start\n"
	"  in: [mcp]\n"
	"  match: |-\n"
	"    ^Starting connection with timeout of (?<ms>\\d+)ms\n"
	"- id: t.open\n"
	"  event: server.started\n"
	"  in: [server]\n"
	"  match: |-\n"
	"    listening on port (?<port>\\d+)\n"
	"- id: t.trace\n"
	"  event: server.stopped\n"
	"  in: [traceback]\n"
	"  frame: handle_post_message\n"
	"  match: |-\n"
	"    ^AssertionError\n"
	"- id: t.receipt\n"
	"  event: call.backgrounded\n"
	"  in: [transcript]\n"
	"  match: |-\n"
	"    ^MCP tool \"(?<name>[^\"]+)\" goes on as task (?<task>\\w+)\n"
	"- id: e.timedout\n"
	"  in: [error]\n"
	"  class: client-limit\n"
	"  match: |-\n"
	"    MCP server \"(?<server>[^\"]*)\" tool \"(?<tool>[^\"]*)\" timed out after (?<s>\\d+)s\n"
	"- id: e.closed\n"
	"  in: [error]\n"
	"  class: closed\n"
	"  match: |-\n"
	"    ^Connection closed$\n"
	"- id: e.mcp\n"
	"  in: [error]\n"
	"  class: protocol-error\n"
	"  core: true\n"
	"  match: |-\n"
	"    MCP error (?<code>-?\\d+)\n";

static const char kinds[] =
	"schema: mcplog.kinds/1\n"
	"classes:\n"
	"- { id: t-one, what: x }\n"
	"- { id: closed, what: x }\n"
	"- { id: client-limit, what: x }\n"
	"- { id: protocol-error, what: x }\n";

struct world {
	struct rules rules;
	struct tree_doc *doc;
	struct matcher *m;
};

static void intern_all(struct rules *r)
{
	static const char *const kind_names[] = {
#define X(id, name) name,
		KIND_LIST(X)
#undef X
	};
	for (size_t i = 1; i < KIND_COUNT; i++)
		(void)intern_put(&r->kinds, str_z(kind_names[i]));
	for (unsigned i = 1; i < FIELD_COUNT; i++)
		(void)intern_put(&r->fields, str_z(field_name((enum field_id)i)));
}

static int begin(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	struct tree_builder *b = tree_builder_new();
	assert_int_equal(tree_builder_add(b, "kinds.yaml", str_z(kinds), NULL), 0);
	assert_int_equal(tree_builder_add(b, "t.yaml", str_z(knowledge), NULL), 0);
	w->doc = tree_builder_finish(b);
	intern_all(&w->rules);
	knowledge_kinds(&w->rules, w->doc, w->doc->roots[0]);
	knowledge_signatures(&w->rules, w->doc, w->doc->roots[1]);
	*vec_push(&w->rules.docs) = w->doc;
	if (w->rules.problem_count > 0)
		fail_msg("%s:%u %s", w->rules.first_problem.file, w->rules.first_problem.line, w->rules.first_problem.text);
	w->m = matcher_new(&w->rules);
	*state = w;
	return 0;
}

static int end(void **state)
{
	struct world *w = *state;
	matcher_free(w->m);
	knowledge_free(&w->rules);
	free(w);
	return 0;
}

static struct record record(enum body_class class, const char *body)
{
	return (struct record){.kind = SOURCE_CLAUDE_DEBUG, .class = class, .line = 7, .offset = 700, .lines = 1, .at = 5, .body = str_z(body), .raw = str_z(body)};
}

static void assert_text(str s, const char *want)
{
	if (!str_eq(s, str_z(want)))
		fail_msg("“%.*s” is not “%s”", STR_ARG(s), want);
}

static str class_of(const struct world *w, const struct event *e) { return intern_get(&w->rules.classes, e->class); }

static const struct signature *signature_of(const struct world *w, const struct event *e)
{
	assert_true(e->signature > 0);
	return &w->rules.signatures.v[e->signature - 1];
}

static void fills_the_event(void **state)
{
	struct world *w = *state;
	struct event e;
	struct record r = record(CLASS_MCP, "Tool 'list' failed after 1m 15s: MCP server \"pg\" tool \"list\" timed out after 75s");
	r.server = S("pg-mcp");
	r.session = S("s1");
	assert_true(matcher_match(w->m, &r, &e));
	assert_int_equal(e.kind, KIND_CALL_FAILED);
	assert_int_equal(e.line, 7);
	assert_int_equal(e.offset, 700);
	assert_int_equal(e.at, 5);
	assert_text(e.tool, "list");
	assert_text(e.session, "s1");
	assert_int_equal(e.duration, 75 * SECOND);
	assert_text(class_of(w, &e), "client-limit");
	assert_text(event_field(&e, FIELD_DUR), "1m 15s");
	assert_text(event_field(&e, FIELD_SECONDS), "75");
	assert_text(e.server, "pg");
}

static void units_of_durations(void **state)
{
	struct world *w = *state;
	struct event e;
	struct record r = record(CLASS_MCP, "Tool 'list' still running (30s elapsed)");
	assert_true(matcher_match(w->m, &r, &e));
	assert_int_equal(e.duration, 30 * SECOND);
	r = record(CLASS_MCP, "Starting connection with timeout of 30000ms");
	assert_true(matcher_match(w->m, &r, &e));
	assert_int_equal(e.duration, 30 * SECOND);
	r = record(CLASS_MCP, "Tool 'list' failed after 31ms");
	assert_true(matcher_match(w->m, &r, &e));
	assert_int_equal(e.duration, 31 * MILLISECOND);
	assert_null(e.err.p);
	assert_int_equal(e.class, 0);
}

static void constants_fill_gaps_only(void **state)
{
	struct world *w = *state;
	struct event e;
	struct record r = record(CLASS_MCP, "SSE connection dropped after 61937s uptime");
	assert_true(matcher_match(w->m, &r, &e));
	assert_text(event_field(&e, FIELD_TRANSPORT), "SSE");
	assert_text(event_field(&e, FIELD_HOW), "dropped");
	assert_text(event_field(&e, FIELD_UPTIME), "61937");
	assert_int_equal(e.duration, -1);
}

static void first_in_order_wins(void **state)
{
	struct world *w = *state;
	struct event e;
	struct record r = record(CLASS_MCP, "Tool 'x' failed after 0s: narrow");
	uint16_t all[8];
	assert_true(matcher_match(w->m, &r, &e));
	assert_text(signature_of(w, &e)->id, "t.narrow");
	assert_text(class_of(w, &e), "closed");
	assert_int_equal(matcher_all(w->m, &r, all, 8), 2);
	assert_int_equal(all[0], 0);
	assert_int_equal(all[1], 1);
}

static void filters_by_class_source_and_level(void **state)
{
	struct world *w = *state;
	struct event e;
	struct record r = record(CLASS_DEBUG, "Tool 'x' failed after 0s");
	assert_false(matcher_match(w->m, &r, &e));
	r = record(CLASS_MCP, "SSE connection dropped after 5s uptime");
	r.kind = SOURCE_MCP_CACHE;
	assert_false(matcher_match(w->m, &r, &e));
	r = record(CLASS_MCP, "Connection failed: x");
	assert_false(matcher_match(w->m, &r, &e));
	r.level = LEVEL_ERROR;
	assert_true(matcher_match(w->m, &r, &e));
}

static void tracebacks_look_at_frames(void **state)
{
	struct world *w = *state;
	struct event e;
	struct record r = record(CLASS_TRACEBACK, "AssertionError: Request already responded to");
	r.frames = S("File \"a.py\", line 3, in handle_post_message\n");
	assert_true(matcher_match(w->m, &r, &e));
	assert_text(signature_of(w, &e)->id, "t.trace");
	r.frames = S("File \"a.py\", line 3, in other\n");
	assert_true(matcher_match(w->m, &r, &e));
	assert_int_equal(e.kind, KIND_PY_TRACEBACK);
	assert_int_equal(e.signature, 0);
	assert_text(event_field(&e, FIELD_LEAF), "AssertionError: Request already responded to");
}

static void transcripts_speak_by_their_result(void **state)
{
	struct world *w = *state;
	struct event e;
	struct record r = record(CLASS_TRANSCRIPT, "Connection closed");
	r.tool = S("mcp__pg__list");
	r.tool_use_id = S("toolu_1");
	r.result = RESULT_USE;
	assert_true(matcher_match(w->m, &r, &e));
	assert_int_equal(e.kind, KIND_TOOL_USE);
	assert_text(e.tool_use_id, "toolu_1");
	r.result = RESULT_ERROR;
	assert_true(matcher_match(w->m, &r, &e));
	assert_int_equal(e.kind, KIND_TOOL_RESULT);
	assert_text(e.err, "Connection closed");
	assert_text(class_of(w, &e), "closed");
	assert_text(event_field(&e, FIELD_OUTCOME), "error");
	r.result = RESULT_OK;
	assert_true(matcher_match(w->m, &r, &e));
	assert_null(e.err.p);
	assert_int_equal(e.class, 0);
	assert_text(event_field(&e, FIELD_OUTCOME), "ok");
	r.body = S("MCP tool \"pg/list\" goes on as task k1");
	assert_true(matcher_match(w->m, &r, &e));
	assert_int_equal(e.kind, KIND_TOOL_RESULT);
	assert_text(event_field(&e, FIELD_OUTCOME), "receipt");
	assert_text(event_field(&e, FIELD_TASK), "k1");
}

static void excerpts_are_searched_for_cores(void **state)
{
	struct world *w = *state;
	struct event e;
	struct record r = record(CLASS_DEBUG, "then I see `Tool 'x' still running (30s elapsed)` for ever");
	assert_false(matcher_match(w->m, &r, &e));
	r.excerpt = true;
	r.kind = SOURCE_EXCERPT;
	assert_true(matcher_match(w->m, &r, &e));
	assert_int_equal(e.kind, KIND_CALL_BEAT);
	assert_true(e.excerpt);
	assert_int_equal(e.duration, 30 * SECOND);
	r.body = S("the log says SSE connection dropped after 12s uptime, nothing else");
	assert_true(matcher_match(w->m, &r, &e));
	assert_text(signature_of(w, &e)->id, "t.drop");
	r.body = S("it fails with MCP error -32000 every time");
	assert_true(matcher_match(w->m, &r, &e));
	assert_int_equal(e.kind, KIND_ERROR_TEXT);
	assert_text(class_of(w, &e), "protocol-error");
	assert_text(event_field(&e, FIELD_CODE), "-32000");
	assert_text(e.err, "it fails with MCP error -32000 every time");
	r.body = S("Connection closed");
	assert_false(matcher_match(w->m, &r, &e));
	r.body = S("nothing of interest");
	assert_false(matcher_match(w->m, &r, &e));
}

static void error_texts_alone(void **state)
{
	struct world *w = *state;
	uint16_t signature = 0;
	assert_text(intern_get(&w->rules.classes, matcher_error_class(w->m, S(" Connection closed\n"), &signature)), "closed");
	assert_text(w->rules.signatures.v[signature].id, "e.closed");
	assert_int_equal(matcher_error_class(w->m, S("no such text"), NULL), 0);
	assert_int_equal(matcher_error_class(w->m, S(""), NULL), 0);
	struct event e;
	struct record r = record(CLASS_ERROR, "Connection closed");
	assert_true(matcher_match(w->m, &r, &e));
	assert_int_equal(e.kind, KIND_ERROR_TEXT);
}

static void the_gate_lets_nothing_of_interest_go(void **state)
{
	struct world *w = *state;
	static const char *const bodies[] = {"Tool 'x' still running (30s elapsed)", "SSE connection dropped after 5s uptime", "Starting connection with timeout of 1ms"};
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
		for (size_t n = 0; n <= strlen(bodies[i]); n++)
			assert_true(matcher_gate(w->m, CLASS_MCP, (str){bodies[i], n}).from);
	assert_false(matcher_gate(w->m, CLASS_MCP, S("Server stderr: x")).from);
	assert_false(matcher_gate(w->m, CLASS_MCP, S("Told 'x'")).from);
	assert_false(matcher_gate(w->m, CLASS_DEBUG, S("Tool 'x' still")).from);
	assert_true(matcher_gate(w->m, CLASS_SERVER, S("any text, as one of its signatures has no anchor")).from);
	assert_true(matcher_gate(w->m, CLASS_TRACEBACK, S("ValueError")).from);
}

static void more_signatures_than_buckets_keep_their_order(void **state)
{
	(void)state;
	struct buf yaml = {0};
	struct world w = {0};
	buf_addz(&yaml, "schema: mcplog.signatures/1\nsignatures:\n");
	for (int i = 0; i < 1000; i++)
		buf_printf(&yaml, "- id: s.%d\n  event: plumbing\n  in: [mcp]\n  match: |-\n    ^%s%d(?<n>x)\n", i, i % 7 == 0 ? "[Ll]ine " : "Line ", i / 2);
	struct tree_builder *b = tree_builder_new();
	assert_int_equal(tree_builder_add(b, "many.yaml", buf_str(&yaml), NULL), 0);
	w.doc = tree_builder_finish(b);
	intern_all(&w.rules);
	(void)intern_put(&w.rules.kinds, S("plumbing"));
	knowledge_signatures(&w.rules, w.doc, w.doc->roots[0]);
	*vec_push(&w.rules.docs) = w.doc;
	assert_int_equal(w.rules.signatures.n, 1000);
	w.m = matcher_new(&w.rules);
	for (int i = 0; i < 500; i++) {
		char body[40];
		struct event e;
		(void)snprintf(body, sizeof body, "Line %dx", i);
		struct record r = record(CLASS_MCP, body);
		assert_true(matcher_match(w.m, &r, &e));
		assert_int_equal(e.signature, 2 * i + 1);
	}
	matcher_free(w.m);
	knowledge_free(&w.rules);
	buf_done(&yaml);
}

static void gives_up_and_says_so(void **state)
{
	(void)state;
	struct world w = {0};
	struct buf body = {0};
	struct tree_builder *b = tree_builder_new();
	static const char yaml[] = "schema: mcplog.signatures/1\nsignatures:\n- id: slow\n  event: call.sent\n  in: [mcp]\n  match: |-\n    ^a.*x.*y.*z$\n";
	assert_int_equal(tree_builder_add(b, "slow.yaml", str_z(yaml), NULL), 0);
	w.doc = tree_builder_finish(b);
	intern_all(&w.rules);
	knowledge_signatures(&w.rules, w.doc, w.doc->roots[0]);
	*vec_push(&w.rules.docs) = w.doc;
	assert_int_equal(w.rules.signatures.n, 1);
	w.m = matcher_new(&w.rules);
	buf_addz(&body, "a");
	for (int i = 0; i < 2000; i++)
		buf_addz(&body, "xyz");
	buf_addz(&body, "!");
	struct record r = record(CLASS_MCP, "");
	struct event e;
	r.body = buf_str(&body);
	assert_false(matcher_match(w.m, &r, &e));
	assert_text(matcher_gave_up(w.m), "slow");
	assert_null(matcher_gave_up(w.m).p);
	matcher_free(w.m);
	knowledge_free(&w.rules);
	buf_done(&body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fills_the_event),
		cmocka_unit_test(units_of_durations),
		cmocka_unit_test(constants_fill_gaps_only),
		cmocka_unit_test(first_in_order_wins),
		cmocka_unit_test(filters_by_class_source_and_level),
		cmocka_unit_test(tracebacks_look_at_frames),
		cmocka_unit_test(transcripts_speak_by_their_result),
		cmocka_unit_test(excerpts_are_searched_for_cores),
		cmocka_unit_test(error_texts_alone),
		cmocka_unit_test(the_gate_lets_nothing_of_interest_go),
		cmocka_unit_test(more_signatures_than_buckets_keep_their_order),
		cmocka_unit_test(gives_up_and_says_so),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
