/* Issues about one incident whose names and texts try to break Markdown, HTML and Mermaid: hostile_issues SEED COUNT writes that many,
 * each ending with NUL. Each text is a chain of pieces that mean something to one of the three. */
#include <stdio.h>
#include <stdlib.h>

#include "../unit/report_example.h"
#include "base/arena.h"
#include "knowledge/knowledge.h"
#include "report/markdown.h"

static const char *const pieces[] = {
	"`", "```", "````\n", "~~~", "\n", "\n\n", "\r\n", "\t", "|", " | ", "\\", "\\|", "*", "**", "_", "__init__", "[", "](http://x)", "![x](y)", "<", ">", "</details>", "<script>alert(1)</script>",
	"<!--", "-->", "<img src=x onerror=y>", "&lt;", "&#64;", "&", "@anna", "@anthropics/team", "#123", "user/repo#7", "GH-12", "https://evil.example/x", "www.evil.example", "# head", "\n# head", "- item", "1. one", "+",
	"=====", "-----", "---", "\n---\n", "$x$", "$$", ":", ";", "::", ":::", "end", "\nend\n", " end ", "%%", "%%{init: {}}%%", "graph", "gantt", "section", "\nsection x", "loop", "alt", "opt", "par", "note", "participant",
	"\nparticipant Z", "->>", "--x", "-->", "->", "=>", "#35;", "#quot;", "#", "{", "}", "{{", "}}", "(", ")", "\"", "'", ",", "crit,", "milestone", "done, ", "title", "dateFormat", "2026-05-17", "accTitle:", "click",
	"\x1b[31m", "\x07", "\x7f", "\xc2\x9b", "\xe2\x80\xae", "\xe2\x80\x8b", "\xff\xfe", "\xf0\x9f\x98\x80", "\xe6\xbc\xa2\xe5\xad\x97", "\xc3\xa4", "0", "9", "a", "B", " ", "  ", "word ", "tool_name ", "==> x <==", "\n==> y <==\n", "javascript:", "\0",
};

static uint64_t next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static str hostile(struct arena *a, uint64_t *state, unsigned most)
{
	struct buf text = {0};
	for (uint64_t n = 1 + next(state) % most; n > 0; n--) {
		const char *piece = pieces[next(state) % (sizeof pieces / sizeof *pieces)];
		if (*piece)
			buf_addz(&text, piece);
		else
			buf_byte(&text, 0);
	}
	const str kept = arena_str(a, buf_str(&text));
	buf_done(&text);
	return kept;
}

static void make_hostile(struct report_example *x, struct arena *a, uint64_t *state)
{
	enum { NAME = 4, TEXT = 12 };
	report_example_init(x);
	x->sources[0].path = hostile(a, state, NAME);
	x->sources[1].path = hostile(a, state, NAME);
	x->sources[1].kind = next(state) % 2 ? SOURCE_PROXY : SOURCE_SERVER;
	x->incident.server = x->call.server = x->server.name = x->connection.server = hostile(a, state, NAME);
	x->call.tool = hostile(a, state, NAME);
	x->call.tool_use_id = hostile(a, state, NAME);
	x->incident.title = hostile(a, state, TEXT);
	x->incident.summary = hostile(a, state, TEXT);
	x->incident.session = x->connection.session = hostile(a, state, NAME);
	x->incident.client_version = hostile(a, state, NAME);
	x->connection.how = hostile(a, state, NAME);
	for (size_t i = 0; i < sizeof x->evidence / sizeof *x->evidence; i++) {
		x->evidence[i].text = hostile(a, state, TEXT);
		x->evidence[i].role = (enum role)(next(state) % (ROLE_ABSENCE + 1));
	}
	x->ruled_out.why = hostile(a, state, TEXT);
	x->suspected.why = hostile(a, state, TEXT);
	x->advice[0].text = hostile(a, state, TEXT);
	x->advice[1].see = hostile(a, state, NAME);
}

int main(int argc, char **argv)
{
	struct rules rules = {0};
	struct buf out = {0};
	if (argc != 3 || knowledge_load(&rules, NULL, NULL, 0, NULL))
		return 2;
	uint64_t state = strtoull(argv[1], NULL, 10) * 2654435761u + 88172645463325252u;
	for (unsigned long n = strtoul(argv[2], NULL, 10); n > 0; n--) {
		struct arena a = {0};
		struct report_example x;
		const struct report_options options = report_example_options();
		make_hostile(&x, &a, &state);
		const struct slice_part part = {.name = hostile(&a, &state, 4), .source = &x.sources[0], .lines = 3, .of_lines = 9};
		const struct slice slice = {.parts = &part, .part_count = 1, .text = hostile(&a, &state, 60), .same = next(&state) % 2};
		const struct issue issue = {&x.facts, &x.incident, &rules, &options, &slice, (enum audience)(next(&state) % 4), S("")};
		buf_reset(&out);
		report_issue(&issue, 65000, &out);
		buf_byte(&out, 0);
		if (fwrite(out.p, 1, out.n, stdout) != out.n)
			return 4;
		arena_done(&a);
	}
	buf_done(&out);
	knowledge_free(&rules);
	return 0;
}
