/*
 * analyze: logs to report. Reads the paths through the pipeline, writes the report in the asked form, and turns --fail-on
 * and everything that went wrong into one exit code. The report is written even when some input could not be read.
 */
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/inputs.h"
#include "cli/run.h"

static bool is_hit(const struct incident *i, str what)
{
	if (str_eq(what, S("open")))
		return i->state == STATE_ONGOING || i->state == STATE_ABANDONED;
	if (str_eq(what, i->cause))
		return true;
	for (int s = SEVERITY_INFO; s <= SEVERITY_CRITICAL; s++)
		if (str_eq(what, str_z(severity_name((enum severity)s))))
			return (int)i->severity >= s;
	return false;
}

static bool is_note_hit(const struct note *n, str what)
{
	return str_eq(what, n->kind);
}

static bool fails(const struct run *r)
{
	const str what = str_z(r->opts->value[OPT_FAIL_ON]);
	const struct facts *f = &r->result.facts;
	if (what.n == 0)
		return false;
	for (size_t i = 0; i < f->incident_count; i++)
		if (report_wants(&r->report, &f->incidents[i]) && is_hit(&f->incidents[i], what))
			return true;
	for (size_t i = 0; i < f->note_count; i++)
		if (report_wants_note(&r->report, &f->notes[i]) && is_note_hit(&f->notes[i], what))
			return true;
	return false;
}

static int analyze(struct run *r, struct err *reterr)
{
	const char *format = r->opts->value[OPT_FORMAT];
	const struct report_ops *report = report_find(format ? str_z(format) : S("text"));
	if (!report)
		return err_set(reterr, ERR_USAGE, "--format: this version does not write '%s'", format);
	str *paths;
	size_t count;
	r->keep_calls = report->picture;
	int e = inputs_choose(r, 0, &paths, &count, reterr);
	if (!e)
		e = run_pipeline(r, paths, count, reterr);
	if (e)
		return e;
	if (fails(r))
		r->exit = exit_code_worst(r->exit, EXIT_CODE_HIT);
	struct buf text = {0};
	report->write(&r->result.facts, &r->rules, &r->report, &text);
	e = run_output(r, buf_str(&text), reterr);
	buf_done(&text);
	return e;
}

int cmd_analyze(const struct env *env, const struct opts *opts)
{
	struct run r;
	struct err e = {0};
	int failed = run_init(env, opts, &r, &e);
	if (!failed)
		failed = analyze(&r, &e);
	if (failed) {
		e.code = failed;
		r.exit = exit_code_worst(r.exit, command_failed(env, &e));
	}
	run_done(&r);
	return r.exit;
}
