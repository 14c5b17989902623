/*
 * analyze: logs to report. Reads the paths through the pipeline, writes the report in the asked form, and turns --fail-on
 * and everything that went wrong into one exit code. The report is written even when some input could not be read.
 */
#include <sys/stat.h>

#include "base/hash.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/inputs.h"
#include "cli/run.h"
#include "knowledge/knowledge.h"

enum { REMEMBERED_MOST = 4 << 20 }; /* bytes of a report */

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

/* --- the report of a run with nothing new --- */

/* What a report depends on besides the logs; 0 when that is more than can be told. The program itself is a part of it. */
static uint64_t output_key(const struct run *r)
{
	static const enum opt_id of_the_hour[] = {OPT_AS_OF, OPT_SINCE, OPT_UNTIL, OPT_TZ, OPT_NO_REDACT};
	const struct opts *o = r->opts;
	struct stat self;
	for (size_t i = 0; i < sizeof of_the_hour / sizeof *of_the_hour; i++)
		if (opts_has(o, of_the_hour[i]))
			return 0;
	if (r->rules.problem_count || stat("/proc/self/exe", &self) != 0)
		return 0;
	const uint64_t facts[] = {(uint64_t)self.st_dev, self.st_ino, (uint64_t)self.st_size, (uint64_t)self.st_mtim.tv_sec, (uint64_t)self.st_mtim.tv_nsec,
		(uint64_t)self.st_ctim.tv_sec, (uint64_t)self.st_ctim.tv_nsec, r->report.color, r->report.columns, o->verbose, r->rules.hash};
	uint64_t h = hash64((str){(const char *)facts, sizeof facts});
	for (size_t i = 0; i < OPT_COUNT; i++)
		if (o->value[i])
			h = hash64_seed(str_z(o->value[i]), h + i + 1);
	return h | 1;
}

/* Kept with its exit code in front. */
static int remember(struct run *r, str report, struct err *reterr)
{
	struct buf kept = {0};
	if (report.n > REMEMBERED_MOST)
		return 0;
	buf_byte(&kept, (char)r->exit);
	buf_add(&kept, report);
	const int e = pipeline_remember(&r->result, buf_str(&kept), reterr);
	buf_done(&kept);
	return e;
}

static int show_remembered(struct run *r, struct err *reterr)
{
	const str kept = r->result.remembered;
	if (r->report.hide || str_find(kept, S("[REDACTED:")) >= 0)
		knowledge_complete(&r->rules);
	r->exit = exit_code_worst(r->exit, kept.n ? kept.p[0] : 0);
	return run_output(r, str_from(kept, 1), reterr);
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
	r->output_key = output_key(r);
	int e = inputs_choose(r, 0, &paths, &count, reterr);
	if (!e)
		e = run_pipeline(r, paths, count, reterr);
	if (e)
		return e;
	if (r->result.remembered.p)
		return show_remembered(r, reterr);
	if (fails(r))
		r->exit = exit_code_worst(r->exit, EXIT_CODE_HIT);
	struct buf text = {0};
	report->write(&r->result.facts, &r->rules, &r->report, &text);
	if (r->result.unchanged)
		e = remember(r, buf_str(&text), reterr);
	timeline_close(r->result.timeline);
	r->result.timeline = NULL;
	if (!e)
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
