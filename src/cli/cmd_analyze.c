/*
 * analyze: logs to report. Reads the paths through the pipeline, writes the report in the asked form, and turns --fail-on
 * and everything that went wrong into one exit code. The report is written even when some input could not be read.
 */
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/diag.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/places.h"
#include "cli/run.h"

enum { OWN_PLACES = 8, PIPE_WAIT_MS = 500 };

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

/* Input that was redirected here without saying `-`. A pipe counts only when something is in it: cron and other programs
 * often leave one open that will never carry a byte. */
static bool stdin_has_log(const struct env *env)
{
	struct stat st;
	if (env->in_tty || fstat(env->in, &st) != 0)
		return false;
	if (S_ISREG(st.st_mode))
		return lseek(env->in, 0, SEEK_CUR) < st.st_size;
	if (!S_ISFIFO(st.st_mode))
		return false;
	struct pollfd p = {.fd = env->in, .events = POLLIN};
	return poll(&p, 1, PIPE_WAIT_MS) == 1 && (p.revents & POLLIN);
}

static void nothing_found(struct run *r)
{
	const bool required = opts_has(r->opts, OPT_REQUIRE_FILES);
	void (*const say)(const char *, ...) = required ? diag_error : diag_warn;
	say("no logs of yours were found: no debug directory, no MCP cache logs, no transcripts; Claude Code writes debug logs "
	    "only when asked since 2.1.71: run claude --debug, or type /debug in a session; or name the logs: mcplog analyze PATH");
	if (required)
		r->exit = exit_code_worst(r->exit, EXIT_CODE_INPUT);
}

static int choose_paths(struct run *r, str **ret_paths, size_t *ret_count, struct err *reterr)
{
	const struct opts *o = r->opts;
	const size_t cap = o->arg_count > OWN_PLACES ? o->arg_count : OWN_PLACES;
	str *paths = arena_alloc(&r->arena, cap * sizeof *paths);
	*ret_paths = paths;
	*ret_count = 0;
	for (size_t i = 0; i < o->arg_count; i++)
		paths[(*ret_count)++] = str_z(o->args[i]);
	if (*ret_count)
		return 0;
	if (stdin_has_log(r->env)) {
		paths[(*ret_count)++] = S("-");
		return 0;
	}
	const int e = places_own_logs(r->env, &r->arena, paths, cap, ret_count, reterr);
	if (!e && *ret_count == 0)
		nothing_found(r);
	return e;
}

static int analyze(struct run *r, struct err *reterr)
{
	const char *format = r->opts->value[OPT_FORMAT];
	const struct report_ops *report = report_find(format ? str_z(format) : S("text"));
	if (!report)
		return err_set(reterr, ERR_USAGE, "--format: this version does not write '%s'", format);
	str *paths;
	size_t count;
	int e = choose_paths(r, &paths, &count, reterr);
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
