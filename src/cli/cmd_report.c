/*
 * report: one incident as the body of an issue, redacted, with the lines that prove it. The lines are chosen and proven by slice.c:
 * whoever gets the issue can analyse them again. --no-redact must be asked for, and says so on stderr.
 */
#include "base/diag.h"
#include "cli/commands.h"
#include "cli/find.h"
#include "report/markdown.h"
#include "slice.h"

enum { BODY_MAX = 65000, SLICE_MAX = 36000 }; /* GitHub takes 65,536 characters */

static enum audience audience_of(const struct opts *o)
{
	static const struct {
		const char *name;
		enum audience audience;
	} table[] = {{"client", FOR_CLIENT}, {"server", FOR_SERVER}, {"proxy", FOR_PROXY}};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (str_eq(str_z(o->value[OPT_FOR]), str_z(table[i].name)))
			return table[i].audience;
	return FOR_ANYONE;
}

/* The options without which the lines would be judged otherwise. */
static str needed_options(struct run *r)
{
	const struct opts *o = r->opts;
	str options = S("");
	if (opts_has(o, OPT_TZ))
		options = arena_printf(&r->arena, "--tz %s ", o->value[OPT_TZ]);
	if (r->as_of != INSTANT_NONE) {
		char text[32];
		instant_format(r->as_of, text);
		options = arena_printf(&r->arena, "%.*s--as-of %s ", STR_ARG(options), text);
	}
	return options;
}

static int make_slice(struct run *r, const struct incident *i, struct slice *ret, struct err *reterr)
{
	const struct pipeline_options pipeline = {
		.zone = r->zone,
		.zone_name = str_z(r->opts->value[OPT_TZ]),
		.as_of = r->as_of,
		.final = true,
		.source = {.follow_symlinks = opts_has(r->opts, OPT_FOLLOW_SYMLINKS), .force_text = opts_has(r->opts, OPT_FORCE_TEXT), .allow_root = opts_has(r->opts, OPT_ALLOW_ROOT)},
		.stop = r->env->stop,
	};
	struct slice_options o = {.pipeline = &pipeline, .bytes = SLICE_MAX, .redactor = redactor_new(&r->rules, opts_has(r->opts, OPT_NO_REDACT))};
	redactor_number(o.redactor);
	if (opts_has(r->opts, OPT_PRIVACY))
		o.privacy = redactor_new_privacy(&r->rules);
	const int e = slice_make(&r->rules, &o, &r->result.facts, i, &r->arena, ret, reterr);
	redactor_free(o.redactor);
	redactor_free(o.privacy);
	return e;
}

static int report(struct run *r, struct err *reterr)
{
	const struct opts *o = r->opts;
	const struct incident *found = NULL;
	struct slice slice;
	if (o->arg_count == 0) {
		const int code = err_set(reterr, ERR_USAGE, "report: the incident is missing");
		err_hint(reterr, "mcplog report v1:... [PATH...]; mcplog analyze lists the ids");
		return code;
	}
	int e = find_scope(r, reterr);
	if (!e)
		e = find_incident(r, o->args[0], &found, reterr);
	if (!e)
		e = make_slice(r, found, &slice, reterr);
	if (e)
		return e;
	if (opts_has(o, OPT_NO_REDACT))
		diag_warn("--no-redact: secrets in these lines are not hidden; do not post them");
	struct buf text = {0};
	const struct issue issue = {&r->result.facts, found, &r->rules, &r->report, &slice, audience_of(o), needed_options(r)};
	report_issue(&issue, BODY_MAX, &text);
	e = run_output(r, buf_str(&text), reterr);
	buf_done(&text);
	return e;
}

int cmd_report(const struct env *env, const struct opts *opts) { return run_command(env, opts, report); }
