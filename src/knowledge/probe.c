/* Proves a regex when it is read: it compiles, does not match the empty string, and stays within the step limit on
 * texts that make careless patterns explode. Built-in patterns are read, and so proven, by the build, which leaves finished programs: a
 * start must not pay for hundreds of regexes. */
#include "knowledge/entry.h"

enum { ATTACK_BYTES = 300, PATTERN_MAX = 64 * 1024 };

static bool gives_up(struct regex *r, str subject)
{
	struct regex_match m;
	return regex_match(r, subject, &m) == ERR_LIMIT;
}

/* Repetitions of one short text, and the same with a tail that makes the match fail at the very end. */
static bool explodes(struct regex *r)
{
	static const char *const units[] = {"a", " ", "0", "a ", "a.", "A-", "/a", "\\", "\"", "'", "(", "{\"a\":", "x=1 ", "\n", "aA0_-"};
	char text[ATTACK_BYTES];
	for (size_t u = 0; u < sizeof units / sizeof *units; u++) {
		size_t n = strlen(units[u]);
		for (size_t i = 0; i < sizeof text; i++)
			text[i] = units[u][i % n];
		if (gives_up(r, (str){text, sizeof text}))
			return true;
		text[sizeof text - 1] = '\x01';
		if (gives_up(r, (str){text, sizeof text}))
			return true;
	}
	return false;
}

static void syntax_problem(struct rules *rules, const struct tree_doc *d, const struct entry_pattern *pattern, const struct err *e)
{
	const size_t at = entry_pattern_place(d, pattern, e->column > 0 ? e->column - 1 : 0);
	const str written = tree_text(d, pattern->node);
	unsigned line = 0;
	size_t start = 0;
	for (size_t i = 0; i < at && i < written.n; i++)
		if (written.p[i] == '\n') {
			line++;
			start = i + 1;
		}
	entry_problem_in(rules, d, pattern->node, line, (unsigned)(at - start), ERR_SYNTAX, "the pattern does not compile: %s", e->text);
}

bool entry_regex(struct rules *rules, const struct tree_doc *d, const struct entry_pattern *pattern, unsigned flags, struct regex **ret)
{
	struct err e = {0};
	struct regex_match m;
	if (pattern->text.n == 0 || pattern->text.n > PATTERN_MAX) {
		knowledge_problem(rules, d, pattern->node, ERR_LIMIT, "a pattern has 1 to %d bytes", (int)PATTERN_MAX);
		return false;
	}
	if (regex_new(pattern->text, flags, ret, &e) < 0) {
		syntax_problem(rules, d, pattern, &e);
		return false;
	}
	const char *why = NULL;
	if (regex_match(*ret, S(""), &m) == 1)
		why = "the pattern matches the empty text, so it would match every line";
	else if (explodes(*ret))
		why = "the pattern needs too many steps on some texts: make its parts exclude each other, such as [^ ]+ instead of .*";
	if (why == NULL)
		return true;
	knowledge_problem(rules, d, pattern->node, ERR_LIMIT, "%s", why);
	regex_free(*ret);
	*ret = NULL;
	return false;
}
