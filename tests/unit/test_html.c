/* The HTML page: escaping (J3), its policy, its bounds. `test_html emit COUNT` writes documents whose names are made to hurt, for
 * tests/cli/test_html.py, which reads them with a real parser. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "report/assets.h"
#include "report/html.h"
#include "report_example.h"

static void assert_has(const struct buf *out, const char *text)
{
	if (str_find(buf_str(out), str_z(text)) < 0)
		fail_msg("missing: %s", text);
}

static void assert_lacks(const struct buf *out, const char *text)
{
	if (str_find(buf_str(out), str_z(text)) >= 0)
		fail_msg("not wanted: %s", text);
}

static void render(const struct facts *f, struct buf *out)
{
	const struct rules none = {0};
	const struct report_options o = {.columns = 80, .since = INSTANT_NONE, .until = INSTANT_NONE};
	buf_reset(out);
	report_find(S("html"))->write(f, &none, &o, out);
}

/* --- escaping --- */

static void test_the_five_characters_and_what_a_terminal_would_not_get(void **state)
{
	(void)state;
	struct buf out = {0};
	struct html h = {.out = &out};
	html_text(&h, S("a&b<c>d\"e'f\x1b[31m\xe2\x80\xaeg\xff</script><img src=x onerror=alert(1)>"));
	assert_has(&out, "a&amp;b&lt;c&gt;d&quot;e&#39;f\\x1b[31m\\u202eg\\xff&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;");
	buf_reset(&out);
	html_cut(&h, S("\xe6\x97\xa5\xe6\x9c\xac"), 4); /* never half a character */
	assert_has(&out, "\xe6\x97\xa5…");
	assert_lacks(&out, "\\x");
	buf_reset(&out);
	html_percent(&h, "x", 1.0 / 3);
	assert_string_equal((buf_byte(&out, 0), out.p), " x=\"33.33%\"");
	buf_done(&out);
	buf_done(&h.scratch);
}

static void test_the_page_forbids_everything_but_its_own_script(void **state)
{
	(void)state;
	struct report_example x;
	struct buf out = {0};
	report_example_init(&x);
	render(&x.facts, &out);
	assert_has(&out, "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-");
	assert_true(str_find(buf_str(&out), asset_script_hash) > 0);
	assert_true(str_find(buf_str(&out), asset_script) > 0);
	assert_lacks(&out, " src=");
	assert_lacks(&out, "http://");
	assert_lacks(&out, "\x1b");
	assert_lacks(&out, "onclick");
	buf_done(&out);
}

static void test_what_a_card_holds(void **state)
{
	(void)state;
	static const char *const wanted[] = {"list_schemas on pg-mcp hung for 23 min 11 s", "class=\"card critical\"", "The stream dropped; the answer can no longer arrive.",
		"server-closed-stream", "cancelled by the user", "<span class=\"now\">Now:</span> reconnect pg-mcp: /mcp", "href=\"https://example.com/x\"",
		"the stream dropped \\x1b]0;owned\\x07 after 61937s", "the drop came 1391 s before the Esc", "<b>Suspected:</b> a request before initialization",
		"3 tools were removed", "no clock", "the compressed data ends early"};
	struct report_example x;
	struct buf out = {0};
	report_example_init(&x);
	render(&x.facts, &out);
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
		assert_has(&out, wanted[i]);
	buf_done(&out);
}

static void test_calls_that_were_only_counted(void **state)
{
	(void)state;
	struct report_example x;
	struct buf out = {0};
	report_example_init(&x);
	render(&x.facts, &out);
	assert_lacks(&out, "only began");
	x.facts.calls_counted = 1234;
	render(&x.facts, &out);
	assert_has(&out, "<p>1234 calls only began, so many that they were counted");
	buf_done(&out);
}

static void test_nothing_measured_is_no_health(void **state)
{
	(void)state;
	struct buf out = {0};
	const struct facts none = {.as_of = INSTANT_NONE, .first = INSTANT_NONE, .last = INSTANT_NONE, .unmeasured = true};
	render(&none, &out);
	assert_has(&out, "Nothing was measured");
	buf_done(&out);
}

static void test_thousands_of_incidents_stay_within_the_bound(void **state)
{
	(void)state;
	enum { MANY = 5000 };
	struct report_example x;
	struct buf out = {0};
	report_example_init(&x);
	struct incident *many = calloc(MANY, sizeof *many);
	for (int i = 0; many && i < MANY; i++)
		many[i] = x.incident;
	x.facts.incidents = many;
	x.facts.incident_count = MANY;
	render(&x.facts, &out);
	assert_true(out.n < 300 * 1024);
	assert_has(&out, "are left out here");
	free(many);
	buf_done(&out);
}

/* --- names that hurt --- */

static uint64_t dice(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static str evil_name(uint64_t *seed, struct arena *a)
{
	static const char *const pieces[] = {"<", ">", "&", "\"", "'", "</script>", "<script>alert(1)</script>", "<!--", "-->", "]]>", "<svg onload=x>", "\" onmouseover=\"x",
		"' style='", "javascript:x", "&lt;", "&#60;", "\x1b[2J", "\x07", "\r", "\n", "\t", "\xe2\x80\xae", "\xe2\x80\x8b", "\xc2\x85", "\xff", "\xc0\xbc", "\xed\xa0\x80", "\xf0\x9f\x92\xa5",
		"\xe6\x97\xa5\xe6\x9c\xac", "</td></tr></table>", "</style>", "<base href=//x>", "a", "tool", "_", " ", "{{", "`", "<?php", "%s%n", "<a href=x>", "/>", "=", "\\"};
	struct buf b = {0};
	for (uint64_t n = dice(seed) % 8 + 1; n; n--) {
		const uint64_t roll = dice(seed);
		if (roll % 16 == 0)
			buf_byte(&b, (char)(roll >> 8));
		else
			buf_addz(&b, pieces[roll / 16 % (sizeof pieces / sizeof *pieces)]);
	}
	const str kept = arena_str(a, buf_str(&b));
	buf_done(&b);
	return kept;
}

/* Every text of the example, and a picture of it, with other names. Returns how many. */
static unsigned disguise(struct report_example *x, uint64_t *seed, struct arena *a, struct picture_session *session, struct picture_call *call, struct picture_mark *mark)
{
	str *const names[] = {&x->sources[0].path, &x->sources[0].client_version, &x->call.tool, &x->call.tool_use_id, &x->call.err, &x->evidence[0].text,
		&x->evidence[1].text, &x->ruled_out.why, &x->ruled_out.cause, &x->suspected.why, &x->suspected.missing, &x->consequence.what, &x->advice[0].text,
		&x->advice[1].applies_to, &x->advice[1].see, &x->incident.id, &x->incident.title, &x->incident.summary, &x->incident.server, &x->incident.session,
		&x->incident.client_version, &x->incident.transport, &x->note.title, &x->note.kind, &x->server.name, &x->server.transport, &session->id, &session->client_version,
		&call->call.tool, &call->call.server, &mark->what, &mark->text, &mark->name};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		*names[i] = evil_name(seed, a);
	return sizeof names / sizeof *names;
}

static int emit(unsigned long count)
{
	uint64_t seed = 88172645463325252u;
	for (unsigned long done = 0; done < count;) {
		struct report_example x;
		struct arena a = {0};
		struct buf out = {0};
		report_example_init(&x);
		struct picture_session session = {.timed = true, .call_count = 1, .mark_count = 1};
		struct picture_call call = {.call = x.call, .incident = 0, .from = T0, .to = T0 + 1391 * SECOND, .handled_at = INSTANT_NONE};
		struct picture_mark mark = {.kind = MARK_DROP, .side = SIDE_TRANSPORT, .call = PICTURE_NONE, .at = T0 + SECOND, .time = T0 + SECOND,
			.where = {&x.sources[0], 4, 400}, .uptime_s = 60};
		const struct tool_health tool = {.tool = evil_name(&seed, &a), .calls = 1, .p50 = -1, .p90 = -1, .p99 = -1, .max = -1};
		const struct server_health health = {.calls = 1, .tools = &tool, .tool_count = 1};
		done += disguise(&x, &seed, &a, &session, &call, &mark) + 1;
		x.facts.picture = (struct picture){.kept = true, .sessions = &session, .session_count = 1, .calls = &call, .call_count = 1, .marks = &mark,
			.mark_count = 1, .health = &health};
		render(&x.facts, &out);
		(void)fwrite(out.p, 1, out.n, stdout);
		(void)putchar('\0');
		buf_done(&out);
		arena_done(&a);
	}
	return fflush(stdout) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_five_characters_and_what_a_terminal_would_not_get),
		cmocka_unit_test(test_the_page_forbids_everything_but_its_own_script),
		cmocka_unit_test(test_what_a_card_holds),
		cmocka_unit_test(test_calls_that_were_only_counted),
		cmocka_unit_test(test_nothing_measured_is_no_health),
		cmocka_unit_test(test_thousands_of_incidents_stay_within_the_bound),
	};
	if (argc == 3 && strcmp(argv[1], "emit") == 0)
		return emit(strtoul(argv[2], NULL, 10));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
