/*
 * analyze: logs to report. Reads the paths through the pipeline, writes the report in the asked form, and turns --fail-on
 * and everything that went wrong into one exit code. The report is written even when some input could not be read.
 */
#include "base/wire.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/inputs.h"
#include "cli/problems.h"
#include "cli/run.h"

enum { REMEMBERED_MOST = 4 << 20 }; /* bytes of a report */

static bool is_hit(const struct incident *i, str what)
{
	if (str_eq(what, S("open")))
		return i->state == STATE_ONGOING || i->state == STATE_ABANDONED;
	if (str_eq(what, i->cause))
		return true;
	enum severity least;
	return severity_find(what, &least) && i->severity >= least;
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

/* --- the report of a run with nothing new --- */

struct analysis {
	struct run *run;
	const struct report_ops *report;
	struct buf text;
	bool written;
	struct timeline *timeline; /* the two during write_kept only */
	struct output *kept;
};

static void write_report(struct analysis *a)
{
	struct run *r = a->run;
	run_take_facts(r);
	if (fails(r))
		r->exit = exit_code_worst(r->exit, EXIT_CODE_HIT);
	a->report->write(&r->result.facts, &r->rules, &r->report, &a->text);
	a->written = true;
}

/* report_memo */
static str find_part(void *context, uint64_t key)
{
	return timeline_output_part(((struct analysis *)context)->timeline, key);
}

static void add_part(void *context, uint64_t key, size_t at, size_t n)
{
	struct analysis *a = context;
	*vec_push(&a->kept->parts) = (struct output_part){key, at, n};
}

/* pipeline_options.write_output: the report; in front its exit code and what is told on stderr. */
static void write_kept(void *context, struct timeline *t, struct pipeline_result *result, struct output *ret)
{
	struct analysis *a = context;
	const struct report_memo memo = {find_part, add_part, a};
	(void)result; /* the run's */
	a->timeline = t;
	a->kept = ret;
	a->run->report.memo = &memo;
	write_report(a);
	a->run->report.memo = NULL;
	if (a->text.n > REMEMBERED_MOST)
		return;
	buf_byte(&ret->text, (char)a->run->exit);
	wire_str(&ret->text, buf_str(&a->run->told));
	for (size_t i = 0; i < ret->parts.n; i++)
		ret->parts.v[i].at += ret->text.n;
	buf_add(&ret->text, buf_str(&a->text));
}

static int show_remembered(struct run *r, struct err *reterr)
{
	struct wire kept = {r->result.remembered, false};
	const int exit = (int)wire_take_max(&kept, EXIT_CODE_INPUT);
	const str told = wire_take_str(&kept);
	problems_show(told);
	r->exit = exit_code_worst(r->exit, exit);
	return run_output(r, kept.rest, reterr);
}

static int analyze(struct analysis *a, struct err *reterr)
{
	struct run *r = a->run;
	const char *format = r->opts->value[OPT_FORMAT];
	a->report = report_find(format ? str_z(format) : S("text"));
	if (!a->report)
		return err_set(reterr, ERR_USAGE, "--format: this version does not write '%s'", format);
	str *paths;
	size_t count;
	r->keep_calls = a->report->picture;
	r->output_key = run_output_key(r);
	r->write_output = write_kept;
	r->write_output_context = a;
	int e = inputs_choose(r, 0, &paths, &count, reterr);
	if (!e)
		e = run_pipeline(r, paths, count, reterr);
	if (e)
		return e;
	if (r->result.remembered.p)
		return show_remembered(r, reterr);
	if (!a->written)
		write_report(a);
	return run_output(r, buf_str(&a->text), reterr);
}

static int command(struct run *r, struct err *reterr)
{
	struct analysis a = {.run = r};
	const int e = analyze(&a, reterr);
	buf_done(&a.text);
	return e;
}

int cmd_analyze(const struct env *env, const struct opts *opts) { return run_command(env, opts, command); }
