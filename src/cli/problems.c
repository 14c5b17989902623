/*
 * Problems of inputs on stderr. Notes stay in the report; warnings and errors are told, files with the same problem in one
 * line. Names and texts go through the redactor first (J9); diag makes them safe for terminals.
 */
#include "cli/problems.h"

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
	struct redactor *redactor;
	struct buf line;
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

static void tell(struct telling *t, const struct told *one)
{
	const str text = str_z(one->problem->text);
	struct buf *line = &t->line;
	buf_reset(line);
	if (str_find(text, one->path) < 0) {
		(void)redact(t->redactor, one->path, line);
		if (one->problem->line)
			buf_printf(line, ":%llu", (unsigned long long)one->problem->line);
		buf_addz(line, ": ");
	}
	(void)redact(t->redactor, text, line);
	if (one->sources > 1)
		buf_printf(line, " (and %zu more)", one->sources - 1);
	buf_byte(line, 0);
	if (one->class == PROBLEM_ERROR)
		diag_error("%s", line->p);
	else
		diag_warn("%s", line->p);
}

void problems_tell(struct rules *rules, const struct pipeline_result *result)
{
	struct telling t = {.redactor = redactor_new(rules, false)};
	for (size_t i = 0; i < result->problem_count; i++)
		collect(&t, result->problems[i].path, &result->problems[i].problem);
	const struct facts *f = &result->facts;
	for (size_t i = 0; i < f->source_count; i++)
		for (size_t j = 0; j < f->sources[i].problem_count; j++)
			collect(&t, f->sources[i].path, &f->sources[i].problems[j]);
	for (size_t i = 0; i < t.told.n; i++)
		tell(&t, &t.told.v[i]);
	vec_free(&t.told);
	buf_done(&t.line);
	redactor_free(t.redactor);
}
