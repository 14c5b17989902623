/* Text into Markdown and Mermaid, what a report hides, and streams of several logs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "ingest/sections.h"
#include "knowledge/knowledge.h"
#include "report/hidden.h"
#include "report/md.h"

#define IS(call, wanted)                                                                    \
	do {                                                                                    \
		struct buf out = {0};                                                               \
		call;                                                                               \
		if (!str_eq(buf_str(&out), S(wanted)))                                              \
			fail_msg("not %s, but %.*s", wanted, STR_ARG(buf_str(&out)));                   \
		buf_done(&out);                                                                     \
	} while (0)

static void prose_is_text(void **state)
{
	(void)state;
	IS(md_text(&out, S("list_schemas on <b>pg</b>")), "list\\_schemas on &lt;b&gt;pg&lt;/b&gt;");
	IS(md_text(&out, S("@anna, a@b.de, #12, #x, GH-7")), "@<!-- -->anna, a@<!-- -->b.de, #<!-- -->12, \\#x, G<!-- -->H-7");
	IS(md_text(&out, S("- item\n# head")), "\\- item \\# head");
	IS(md_text(&out, S("1. one *two* [x](y) | z\x1b[0m")), "1\\. one \\*two\\* \\[x\\](y) \\| z\\\\x1b\\[0m");
}

static void code_spans_hold(void **state)
{
	(void)state;
	IS(md_code(&out, S("plain")), "`plain`");
	IS(md_code(&out, S("")), "—");
	IS(md_code(&out, S("a`b``c")), "```a`b``c```");
	IS(md_code(&out, S("`x`")), "`` `x` ``");
	IS(md_code(&out, S("a|b\nc")), "`a\\|b c`");
	IS(md_code_short(&out, S("abcdef"), 3), "`abc…`");
}

static void fences_are_longer_than_what_they_hold(void **state)
{
	(void)state;
	IS(md_fence(&out, "text", S("a\n````\nb")), "`````text\na\n````\nb\n`````\n");
	IS(md_fence(&out, "", S("")), "```\n\n```\n");
}

static void links_are_web_addresses(void **state)
{
	(void)state;
	IS(md_link(&out, S("https://example.com/a?b=1")), "<https://example.com/a?b=1>");
	IS(md_link(&out, S("javascript:alert(1)")), "javascript:alert(1)");
	IS(md_link(&out, S("https://x/> <b>")), "https://x/&gt; &lt;b&gt;");
}

static void labels_know_no_grammar(void **state)
{
	(void)state;
	IS(md_mermaid(&out, S("Error: a; b #1 <x> \"y\""), 60), "Error∶ a, b  1 (x) 'y'");
	IS(md_mermaid(&out, S("end"), 60), "(end)");
	IS(md_mermaid(&out, S("\n"), 60), "-");
	IS(md_mermaid(&out, S("a-->>b"), 60), "a-))b");
	IS(md_mermaid(&out, S("abcdefgh"), 4), "abcd…");
}

static void hidden_secrets_are_counted(void **state)
{
	(void)state;
	struct rules rules = {0};
	struct err e = {0};
	struct hidden hidden;
	assert_int_equal(knowledge_load(&rules, NULL, NULL, 0, &e), 0);
	hidden_count(&rules, S("[REDACTED:bearer] [REDACTED:cookie#3] [REDACTED:bearer#1] [REDACTED:nothing] [REDACTED:bea"), &hidden);
	assert_int_equal(hidden.total, 3);
	IS(hidden_say(&hidden, &out), "3 secrets hidden: 2 bearer, 1 cookie");
	hidden_count(&rules, S("clean"), &hidden);
	IS(hidden_say(&hidden, &out), "");
	knowledge_free(&rules);
}

static void a_stream_falls_into_its_logs(void **state)
{
	(void)state;
	str rest = S("==> debug/a.txt <==\none\ntwo\n\n==> b.log <==\n\n==> c.log <==\nlast");
	struct section s;
	assert_true(section_next(&rest, &s));
	assert_true(str_eq(s.name, S("debug/a.txt")));
	assert_true(str_eq(s.text, S("one\ntwo\n")));
	assert_true(section_next(&rest, &s));
	assert_true(str_eq(s.name, S("b.log")));
	assert_true(section_next(&rest, &s));
	assert_true(str_eq(s.text, S("last")));
	assert_false(section_next(&rest, &s));
	str none = S("no head\n==> a <==\n");
	assert_false(section_next(&none, &s));
	IS(section_head(&out, S("a\nb")), "==> a b <==\n");
}

static void only_the_log_lines_of_an_issue_count(void **state)
{
	(void)state;
#define ISSUE "# hung\n\n**critical** · `a-cause` · `v1:00`\n\n"
	static const struct {
		const char *text, *stream;
	} rows[] = {
		{"==> a <==\nx\n", "==> a <==\nx\n"},
		{ISSUE "```mermaid\n==> no <==\n```\n", "==> no <==\n"},
		{ISSUE "```mermaid\ngantt\n```\n\n```text\n==> a <==\nx\n\n==> b <==\ny\n```\n\n```sh\nmcplog\n```\n", "==> a <==\nx\n\n==> b <==\ny\n"},
		{ISSUE "````text\n==> a <==\n```\nx\n````\n", "==> a <==\n```\nx\n"},
		{ISSUE "```text\n==> a <==\nnever closed", "==> a <==\nnever closed"},
		{ISSUE "```text\n==> a <==\nnever closed\n", "==> a <==\nnever closed\n"},
		{ISSUE "```text\n```\n", NULL},
		{ISSUE "```", NULL},
		{ISSUE, NULL},
		{"talk\n\n```text\n==> a <==\nx\n```\n", NULL},
		{"", NULL},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const str stream = section_stream(str_z(rows[i].text));
		if (rows[i].stream)
			assert_true(str_eq(stream, str_z(rows[i].stream)));
		else
			assert_int_equal(stream.n, 0);
	}
}

static void a_pipe_is_looked_at_and_not_emptied(void **state)
{
	(void)state;
	int ends[2];
	char bytes[8] = "";
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "==> a <==\nx\n", 12), 12);
	assert_true(section_begins(ends[0]));
	assert_int_equal(read(ends[0], bytes, 3), 3);
	assert_string_equal(bytes, "==>");
	assert_false(section_begins(ends[0])); /* " a <==" is no head */
	close(ends[0]);
	close(ends[1]);
	const int fd = section_open(S("==> a <==\n"));
	struct buf text = {0};
	assert_true(fd >= 0 && section_begins(fd) && section_read(fd, &text));
	assert_true(str_eq(buf_str(&text), S("==> a <==\n")));
	buf_done(&text);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prose_is_text),
		cmocka_unit_test(code_spans_hold),
		cmocka_unit_test(fences_are_longer_than_what_they_hold),
		cmocka_unit_test(links_are_web_addresses),
		cmocka_unit_test(labels_know_no_grammar),
		cmocka_unit_test(hidden_secrets_are_counted),
		cmocka_unit_test(a_stream_falls_into_its_logs),
		cmocka_unit_test(only_the_log_lines_of_an_issue_count),
		cmocka_unit_test(a_pipe_is_looked_at_and_not_emptied),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
