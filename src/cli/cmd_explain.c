/* explain: the page of a cause, or one incident in full (find.h says which logs it is looked for in). */
#include "cli/commands.h"
#include "cli/find.h"
#include "cli/full_lines.h"
#include "model/cause.h"

static int explain_incident(struct run *r, const char *id, struct buf *text, struct err *reterr)
{
	const struct incident *found = NULL;
	int e = find_scope(r, reterr);
	if (!e)
		e = find_incident(r, id, &found, reterr);
	if (e)
		return e;
	const struct facts *f = &r->result.facts;
	for (size_t i = (size_t)(found - f->incidents); i < f->incident_count; i++) {
		struct incident full = f->incidents[i];
		if (!str_eq(full.id, found->id))
			continue;
		full_lines_read(r, &full);
		if (text->n > 0)
			buf_byte(text, '\n');
		report_explain_incident(f, &full, &r->report, text);
	}
	return 0;
}

static int explain(struct run *r, struct err *reterr)
{
	const struct opts *o = r->opts;
	if (o->arg_count == 0) {
		const int code = err_set(reterr, ERR_USAGE, "explain: what to explain is missing");
		err_hint(reterr, "mcplog explain v1:... (an incident's id) or mcplog explain sse-drop-silent-hang (a cause)");
		return code;
	}
	const char *what = o->args[0];
	struct buf text = {0};
	int e = 0;
	if (report_explain_cause(&r->rules, str_z(what), &r->report, &text)) {
		if (o->arg_count > 1)
			e = err_set(reterr, ERR_USAGE, "explain %s: a cause has no logs, '%s' is one argument too many", what, o->args[1]);
	} else if (find_is_id(str_z(what))) {
		e = explain_incident(r, what, &text, reterr);
	} else {
		e = run_unknown_cause(&r->rules, "explain", what, reterr);
	}
	if (!e)
		e = run_output(r, buf_str(&text), reterr);
	buf_done(&text);
	return e;
}

int cmd_explain(const struct env *env, const struct opts *opts) { return run_command(env, opts, explain); }
