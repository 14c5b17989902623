/*
 * Problems of inputs on stderr. Notes stay in the report; warnings and errors are told, files with the same problem in one
 * line, and behind the last one of a sort what to do. Names and texts go through the redactor first; diag makes them safe
 * for terminals.
 */
#include "cli/problems.h"

#include <errno.h>
#include <stdlib.h>

#include "base/diag.h"
#include "redact/redact.h"

struct told {
	const char *code;
	enum severity_class class;
	str path;
	const struct problem *problem;
	size_t sources;
};
struct telling {
	VEC(struct told) told;
};

static void collect(struct telling *t, str path, const struct problem *p)
{
	if (p->class == PROBLEM_NOTE)
		return;
	for (size_t i = 0; i < t->told.n; i++) {
		struct told *known = &t->told.v[i];
		/* Errors name their reason in the text, so only equal texts are one. */
		if (known->class == p->class && strcmp(known->code, p->code) == 0 &&
			(p->class == PROBLEM_WARN || strcmp(known->problem->text, p->text) == 0)) {
			known->sources++;
			return;
		}
	}
	*vec_push(&t->told) = (struct told){.code = p->code, .class = p->class, .path = path, .problem = p, .sources = 1};
}

static bool is_denied(const struct told *one) { return str_ends(str_z(one->problem->text), str_z(strerror(EACCES))); }

/* What to do; NULL: the text says it, or nobody knows. */
static const char *help_of(const struct told *one)
{
	if (strcmp(one->code, "missing") == 0)
		return "mcplog doctor lists the logs that there are";
	if (is_denied(one))
		return "run mcplog as the user that owns the logs, or let this one read them: setfacl -R -m u:USER:rX FOLDER";
	return NULL;
}

/* Said once, behind the last problem that it helps with. */
static const char *help_behind(const struct telling *t, size_t at)
{
	const char *help = help_of(&t->told.v[at]);
	for (size_t i = at + 1; help && i < t->told.n; i++)
		if (help_of(&t->told.v[i]) == help)
			return NULL;
	return help;
}

/* A line, behind a byte that says what it is. */
static void say(struct redactor *redactor, const struct told *one, struct buf *lines)
{
	const str text = str_z(one->problem->text);
	buf_byte(lines, one->class == PROBLEM_ERROR ? 'E' : 'W');
	if (str_find(text, one->path) < 0) {
		(void)redact(redactor, one->path, lines);
		if (one->problem->line)
			buf_printf(lines, ":%llu", (unsigned long long)one->problem->line);
		buf_addz(lines, ": ");
	}
	(void)redact(redactor, text, lines);
	if (one->sources > 1)
		buf_printf(lines, " (and %zu more)", one->sources - 1);
	buf_byte(lines, 0);
}

void problems_say(struct rules *rules, const struct pipeline_result *result, struct buf *lines)
{
	struct telling t = {0};
	for (size_t i = 0; i < result->problem_count; i++)
		collect(&t, result->problems[i].path, &result->problems[i].problem);
	const struct facts *f = &result->facts;
	for (size_t i = 0; i < f->source_count; i++)
		for (size_t j = 0; j < f->sources[i].problem_count; j++)
			collect(&t, f->sources[i].path, &f->sources[i].problems[j]);
	struct redactor *redactor = t.told.n ? redactor_new(rules, false) : NULL;
	for (size_t i = 0; i < t.told.n; i++) {
		const char *help = help_behind(&t, i);
		say(redactor, &t.told.v[i], lines);
		if (help) {
			buf_printf(lines, "H%s", help);
			buf_byte(lines, 0);
		}
	}
	vec_free(&t.told);
	redactor_free(redactor);
}

void problems_show(str lines)
{
	ptrdiff_t end;
	while ((end = str_chr(lines, 0)) > 0) {
		if (lines.p[0] == 'H')
			diag_help(lines.p + 1);
		else if (lines.p[0] == 'E')
			diag_error("%s", lines.p + 1);
		else
			diag_warn("%s", lines.p + 1);
		lines = str_from(lines, (size_t)end + 1);
	}
}

void problems_tell(struct rules *rules, const struct pipeline_result *result)
{
	struct buf lines = {0};
	problems_say(rules, result, &lines);
	problems_show(buf_str(&lines));
	buf_done(&lines);
}
