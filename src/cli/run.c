/*
 * Options to pipeline: knowledge, zone, times, filters, database, refused files. Everything that can be wrong with the
 * command line is found here, before any log is read. Commands print nothing but through diag and run_output.
 */
#include "cli/run.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/diag.h"
#include "base/hash.h"
#include "base/nearest.h"
#include "base/out.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/pager.h"
#include "cli/places.h"
#include "cli/problems.h"
#include "cli/progress.h"
#include "knowledge/knowledge.h"
#include "model/cause.h"
#include "redact/redact.h"
#include "report/hidden.h"

int run_load_rules(const struct env *env, const struct opts *opts, struct arena *a, struct rules *ret, struct err *reterr)
{
	str dirs[OPTS_DIRS + 2];
	bool required[OPTS_DIRS + 2] = {false};
	size_t n = places_patterns(env, a, dirs);
	for (size_t i = 0; i < opts->pattern_count; i++) {
		required[n] = true;
		dirs[n++] = str_z(opts->patterns[i]);
	}
	const int e = knowledge_open(ret, dirs, required, n, reterr);
	/* What is built in has no faults, and is not needed when nothing is new: the pipeline completes it. */
	const bool may_know = opts->command == COMMAND_ANALYZE || opts->command == COMMAND_CHECK || opts->command == COMMAND_EXPORT;
	const bool later = may_know && ret->docs.n == 1 && !opts_has(opts, OPT_CAUSE) && !opts_has(opts, OPT_FAIL_ON) && !opts_has(opts, OPT_ON);
	if (!e && !later)
		knowledge_complete(ret);
	return e == ERR_IO && opts->pattern_count ? ERR_USAGE : e;
}

bool run_knows_cause(const struct rules *rules, str id)
{
	for (size_t i = 0; i < rules->causes.n; i++)
		if (str_eq(rules->causes.v[i]->id, id))
			return true;
	return false;
}

int run_unknown_cause(const struct rules *rules, const char *option, const char *id, struct err *reterr)
{
	struct nearest near = nearest_start(str_z(id));
	str holds = STR_NONE; /* an id with the word in it, for those who type half of one */
	for (size_t i = 0; i < rules->causes.n; i++) {
		const str known = rules->causes.v[i]->id;
		nearest_offer(&near, known);
		if (!holds.n && *id && str_find(known, str_z(id)) >= 0)
			holds = known;
	}
	const str guess = nearest_result(&near).n ? nearest_result(&near) : holds;
	const int code = err_set(reterr, ERR_USAGE, "%s: '%s' is no cause or note", option, id);
	if (guess.n)
		err_hint(reterr, "did you mean %.*s?", STR_ARG(guess));
	else
		err_hint(reterr, "mcplog patterns list shows their ids");
	return code;
}

static bool wants_color(const struct env *env, const struct opts *o)
{
	const str choice = str_z(o->value[OPT_COLOR]);
	if (choice.n && !str_eq(choice, S("auto")))
		return str_eq(choice, S("always"));
	if (env->no_color && *env->no_color)
		return false;
	return env->out_tty && !opts_has(o, OPT_OUTPUT) && !str_eq(str_z(env->term), S("dumb"));
}

static unsigned columns_of(const struct env *env, const struct opts *o)
{
	enum { USUAL = 80, NARROW = 60 };
	const unsigned wide = o->command == COMMAND_TIMELINE ? 200 : 120; /* prose is not read in longer lines */
	if (opts_has(o, OPT_WIDTH))
		return opts_number(o, OPT_WIDTH, USUAL);
	if (!env->out_tty || opts_has(o, OPT_OUTPUT) || env->columns == 0)
		return USUAL;
	if (env->columns < NARROW)
		return NARROW;
	return env->columns > wide ? wide : env->columns;
}

/* report_options.hide */
static void hide_privacy(void *context, struct buf *text)
{
	struct run *r = context;
	knowledge_complete(&r->rules);
	struct redactor *redactor = redactor_new_privacy(&r->rules);
	struct buf clean = {0};
	if (redact(redactor, buf_str(text), &clean)) {
		buf_reset(text);
		buf_add(text, buf_str(&clean));
	}
	buf_done(&clean);
	redactor_free(redactor);
}

static void report_options(struct run *r)
{
	const struct opts *o = r->opts;
	r->report = (struct report_options){
		.color = wants_color(r->env, o),
		.ascii = opts_has(o, OPT_ASCII),
		.verbose = opts_has(o, OPT_VERBOSE),
		.columns = columns_of(r->env, o),
		.min_severity = SEVERITY_INFO,
		.cause = str_z(o->value[OPT_CAUSE]),
		.server = str_z(o->value[OPT_SERVER]),
		.tool = str_z(o->value[OPT_TOOL]),
		.session = str_z(o->value[OPT_SESSION]),
		.since = INSTANT_NONE,
		.until = INSTANT_NONE,
		.hide = opts_has(o, OPT_PRIVACY) ? hide_privacy : NULL,
		.hide_context = r,
	};
	(void)severity_find(str_z(o->value[OPT_MIN_SEVERITY]), &r->report.min_severity);
}

static int read_times(struct run *r, struct err *reterr)
{
	const struct opts *o = r->opts;
	struct when as_of = {0};
	int e = 0;
	if (opts_has(o, OPT_AS_OF))
		e = when_parse("--as-of", o->value[OPT_AS_OF], r->zone, &as_of, reterr);
	if (!e && opts_has(o, OPT_SINCE))
		e = when_parse("--since", o->value[OPT_SINCE], r->zone, &r->since, reterr);
	if (!e && opts_has(o, OPT_UNTIL))
		e = when_parse("--until", o->value[OPT_UNTIL], r->zone, &r->until, reterr);
	r->as_of = when_resolve(&as_of, r->env->now); /* only `--as-of now` looks at the wall clock */
	return e;
}

static int check_causes(const struct run *r, struct err *reterr)
{
	const char *cause = r->opts->value[OPT_CAUSE];
	if (cause && !run_knows_cause(&r->rules, str_z(cause)))
		return run_unknown_cause(&r->rules, "--cause", cause, reterr);
	const char *fail = r->opts->value[OPT_FAIL_ON];
	const str word = str_z(fail);
	enum severity unused;
	if (!fail || str_eq(word, S("open")) || severity_find(word, &unused))
		return 0;
	return run_knows_cause(&r->rules, word) ? 0 : run_unknown_cause(&r->rules, "--fail-on (info, warning, critical, open or a cause)", fail, reterr);
}

int run_init(const struct env *env, const struct opts *opts, struct run *ret, struct err *reterr)
{
	*ret = (struct run){.env = env, .opts = opts, .as_of = INSTANT_NONE, .silent = opts->command == COMMAND_CHECK,
		.lock_wait_s = opts_number(opts, OPT_LOCK_WAIT, 5)};
	diag_quiet(opts_has(opts, OPT_QUIET) || ret->silent);
	int e = run_load_rules(env, opts, &ret->arena, &ret->rules, reterr);
	if (e)
		return e;
	if (ret->rules.problem_count && !ret->silent) {
		diag_err(&ret->rules.first_problem);
		if (ret->rules.problem_count > 1)
			diag_error("%zu problems in pattern files; mcplog patterns lint lists them", ret->rules.problem_count);
	}
	if (ret->rules.problem_count)
		ret->exit = EXIT_CODE_USAGE;
	report_options(ret);
	if (opts_has(opts, OPT_TZ))
		e = when_zone("--tz", opts->value[OPT_TZ], &ret->zone, reterr);
	if (!e)
		e = read_times(ret, reterr);
	return e ? e : check_causes(ret, reterr);
}

static bool is_stdin(str path)
{
	return str_eq(path, S("-")) || str_eq(path, S("/dev/stdin"));
}

/* What may be no input: the timeline with its companions, and the output. */
static void refuse(struct run *r, struct pipeline_options *p)
{
	static const char *const suffixes[] = {"", "-wal", "-shm", "-journal", ".lock", ".skipped"};
	enum { COUNT = sizeof suffixes / sizeof *suffixes };
	str *list = arena_alloc(&r->arena, (COUNT + 1) * sizeof *list);
	size_t n = 0;
	if (!str_eq(str_z(p->db), S(":memory:")))
		for (int i = 0; i < COUNT; i++)
			list[n++] = arena_printf(&r->arena, "%s%s", p->db, suffixes[i]);
	if (opts_has(r->opts, OPT_OUTPUT))
		list[n++] = str_z(r->opts->value[OPT_OUTPUT]);
	p->source.refuse = list;
	p->source.refuse_count = n;
}

static int choose_database(struct run *r, struct pipeline_options *p, struct err *reterr)
{
	p->db = ":memory:";
	if (opts_has(r->opts, OPT_NO_REDACT)) {
		if (opts_has(r->opts, OPT_DB) && !str_eq(str_z(r->opts->value[OPT_DB]), S(":memory:")))
			diag_warn("--no-redact keeps nothing: %s is not used", r->opts->value[OPT_DB]);
		return 0;
	}
	if (r->piped || r->in_memory)
		return 0;
	if (!opts_has(r->opts, OPT_DB))
		return places_database(r->env, &r->arena, true, &p->db, reterr);
	p->db = r->opts->value[OPT_DB];
	return 0;
}

/* The report must not land on the timeline or beside it. */
static int check_output(const struct run *r, const struct pipeline_options *p, struct err *reterr)
{
	const char *path = r->opts->value[OPT_OUTPUT];
	if (!path)
		return 0;
	for (size_t i = 0; i + 1 < p->source.refuse_count; i++) {
		struct stat output, taken;
		const str name = p->source.refuse[i];
		const bool same_file = stat(path, &output) == 0 && stat(name.p, &taken) == 0 && output.st_dev == taken.st_dev && output.st_ino == taken.st_ino;
		if (!same_file && !str_eq(str_z(path), name))
			continue;
		const int code = err_set(reterr, ERR_USAGE, "-o %s would overwrite the timeline", path);
		err_hint(reterr, "name another file for the report");
		return code;
	}
	return 0;
}

static void look_at_paths(struct run *r, const str *paths, size_t count)
{
	size_t from_stdin = 0;
	for (size_t i = 0; i < count; i++)
		from_stdin += is_stdin(paths[i]);
	r->piped = count > 0 && from_stdin == count;
	if (from_stdin)
		diag_warn("standard input has no checkpoint: it is not kept, and read from its beginning every time");
}

static str redacted(struct run *r, struct redactor *redactor, str text)
{
	struct buf clean = {0};
	(void)redact(redactor, text, &clean);
	const str kept = arena_str(&r->arena, buf_str(&clean));
	buf_done(&clean);
	return kept;
}

/* Inputs that could not even be opened are sources too: with their problems, and nothing else. */
static void add_unread(struct run *r)
{
	struct pipeline_result *p = &r->result;
	struct facts *f = &p->facts;
	if (p->problem_count == 0)
		return;
	struct redactor *redactor = redactor_new(&r->rules, opts_has(r->opts, OPT_NO_REDACT));
	struct source *all = arena_alloc(&r->arena, (f->source_count + p->problem_count) * sizeof *all);
	if (f->source_count)
		memcpy(all, f->sources, f->source_count * sizeof *all);
	for (size_t i = 0; i < p->problem_count; i++) {
		struct problem *problem = arena_alloc(&r->arena, sizeof *problem);
		*problem = p->problems[i].problem;
		const str text = str_head(redacted(r, redactor, str_z(problem->text)), sizeof problem->text - 1);
		memcpy(problem->text, text.p, text.n);
		problem->text[text.n] = 0;
		all[f->source_count] = (struct source){.index = (uint32_t)f->source_count, .path = redacted(r, redactor, p->problems[i].path),
			.first = INSTANT_NONE, .last = INSTANT_NONE, .problems = problem, .problem_count = 1};
		f->source_count++;
	}
	f->sources = all;
	redactor_free(redactor);
}

/* The program itself is a part of it. */
uint64_t run_output_key(const struct run *r)
{
	static const enum opt_id of_the_hour[] = {OPT_AS_OF, OPT_SINCE, OPT_UNTIL, OPT_TZ, OPT_NO_REDACT};
	const struct opts *o = r->opts;
	struct stat self;
	for (size_t i = r->wall_clock; i < sizeof of_the_hour / sizeof *of_the_hour; i++)
		if (opts_has(o, of_the_hour[i]))
			return 0;
	if (r->rules.problem_count || stat("/proc/self/exe", &self) != 0)
		return 0;
	const uint64_t facts[] = {(uint64_t)self.st_dev, self.st_ino, (uint64_t)self.st_size, (uint64_t)self.st_mtim.tv_sec, (uint64_t)self.st_mtim.tv_nsec,
		(uint64_t)self.st_ctim.tv_sec, (uint64_t)self.st_ctim.tv_nsec, r->report.color, r->report.columns, o->verbose, r->rules.hash, o->command};
	uint64_t h = hash64((str){(const char *)facts, sizeof facts});
	for (size_t i = 0; i < OPT_COUNT; i++)
		if (o->value[i] && !(r->wall_clock && i == OPT_AS_OF))
			h = hash64_seed(str_z(o->value[i]), h + i + 1);
	return h | 1;
}

enum { WORTH_A_THREAD = 4 << 20 }; /* bytes; fewer are read before a second thread has begun in earnest */

int run_options(struct run *r, const str *paths, size_t count, struct pipeline_options *ret, struct err *reterr)
{
	const struct opts *o = r->opts;
	look_at_paths(r, paths, count);
	*ret = (struct pipeline_options){
		.paths = paths,
		.path_count = count,
		.everything = r->everything,
		.zone = r->zone,
		.zone_name = str_z(o->value[OPT_TZ]),
		.as_of = r->as_of,
		.final = opts_has(o, OPT_FINAL),
		.no_redact = opts_has(o, OPT_NO_REDACT),
		.keep_calls = r->keep_calls,
		.keep_timeline = r->in_memory,
		.wall_clock = r->wall_clock,
		.conclude = r->conclude,
		.conclude_context = r->conclude_context,
		.output_key = r->output_key,
		.write_output = r->write_output,
		.write_output_context = r->write_output_context,
		.take_output = r->take_output,
		.command = opts_command(o->command)->name,
		.source = {
			.follow_symlinks = opts_has(o, OPT_FOLLOW_SYMLINKS),
			.force_text = opts_has(o, OPT_FORCE_TEXT),
			.require_files = opts_has(o, OPT_REQUIRE_FILES),
			.own_places = r->own_places,
			.allow_root = opts_has(o, OPT_ALLOW_ROOT),
		},
		.threads = opts_number(o, OPT_JOBS, r->env->processors),
		.threads_from = opts_has(o, OPT_JOBS) ? 0 : WORTH_A_THREAD,
		.lock_wait_s = r->lock_wait_s,
		.now_s = r->env->now == INSTANT_NONE ? 0 : r->env->now / SECOND,
		.stop = r->env->stop,
	};
	const int e = choose_database(r, ret, reterr);
	if (e)
		return e;
	refuse(r, ret);
	return check_output(r, ret, reterr);
}

void run_take_facts(struct run *r)
{
	if (r->facts_taken)
		return;
	r->facts_taken = true;
	if (r->result.incomplete)
		r->exit = exit_code_worst(r->exit, EXIT_CODE_INPUT);
	if (!r->silent)
		problems_say(&r->rules, &r->result, &r->told);
	problems_show(buf_str(&r->told));
	add_unread(r);
	r->report.since = when_resolve(&r->since, r->result.facts.as_of);
	r->report.until = when_resolve(&r->until, r->result.facts.as_of);
}

int run_pipeline_with(struct run *r, const struct pipeline_options *options, struct err *reterr)
{
	struct progress progress;
	struct pipeline_options p = *options;
	if (progress_init(&progress, r->env, r->opts->value[OPT_PROGRESS])) {
		p.progress = progress_update;
		p.progress_context = &progress;
	}
	const int e = pipeline_run(&r->rules, &p, &r->result, reterr);
	progress_done(&progress);
	if (e)
		return e;
	if (r->result.warning.n)
		diag_warn("%.*s", STR_ARG(r->result.warning));
	if (!r->result.remembered.p)
		run_take_facts(r);
	return 0;
}

int run_pipeline(struct run *r, const str *paths, size_t count, struct err *reterr)
{
	struct pipeline_options p;
	const int e = run_options(r, paths, count, &p, reterr);
	return e ? e : run_pipeline_with(r, &p, reterr);
}

int run_open_timeline(struct run *r, struct timeline **ret, struct err *reterr)
{
	const char *path = r->opts->value[OPT_DB];
	int e = path ? 0 : places_database(r->env, &r->arena, false, &path, reterr);
	struct stat st;
	if (!e && strcmp(path, ":memory:") != 0 && stat(path, &st) != 0 && errno == ENOENT) {
		e = err_set(reterr, ERR_DB, "no timeline yet: %s does not exist", path);
		err_hint(reterr, "mcplog analyze makes it; or name the logs behind the question");
	}
	return e ? e : timeline_open(&(struct timeline_options){.path = path, .read_only = true, .rules_hash = r->rules.hash}, ret, reterr);
}

static void take_number(void *context, const struct query_value *v, size_t n, bool head)
{
	int64_t ms;
	if (!head && n && v[0].value.p && str_i64(v[0].value, &ms))
		*(instant *)context = ms * MILLISECOND;
}

int run_last_time(struct timeline *t, instant *ret, struct err *reterr)
{
	*ret = INSTANT_NONE;
	return timeline_query(t, S("SELECT max(last_ms) FROM sources"), 0, take_number, ret, reterr);
}

int run_output(struct run *r, str text, struct err *reterr)
{
	return run_output_mode(r, text, 0600, reterr);
}

/* How much of the output is hidden; explain and query have no place of their own to say it. */
static void tell_hidden(struct run *r, str text)
{
	struct hidden hidden;
	struct buf line = {0};
	if (str_find(text, S("[REDACTED:")) >= 0)
		knowledge_complete(&r->rules);
	hidden_count(&r->rules, text, &hidden);
	hidden_say(&hidden, &line);
	if (line.n)
		diag_note("%.*s", STR_ARG(buf_str(&line)));
	buf_done(&line);
}

static int put_output(struct run *r, str text, unsigned mode, struct err *reterr)
{
	const char *path = r->opts->value[OPT_OUTPUT];
	if (path && str_eq(str_z(path), S("-")))
		path = NULL;
	const str format = str_z(r->opts->value[OPT_FORMAT]);
	const bool for_people = format.n == 0 || str_eq(format, S("text")) || str_eq(format, S("table")) || str_eq(format, S("markdown"));
	const bool is_text = mode == 0600 && r->opts->command != COMMAND_EXPORT && for_people;
	if (!path && is_text && pager_show(r->env, r->opts, text))
		return 0;
	return out_text(path, mode, text, reterr);
}

int run_output_mode(struct run *r, str text, unsigned mode, struct err *reterr)
{
	struct buf private = {0};
	if (r->report.hide) {
		buf_add(&private, text);
		r->report.hide(r->report.hide_context, &private);
		text = buf_str(&private);
	}
	const int e = put_output(r, text, mode, reterr);
	if (!e)
		tell_hidden(r, text);
	buf_done(&private);
	return e;
}

int run_command(const struct env *env, const struct opts *opts, int (*fn)(struct run *r, struct err *reterr))
{
	struct run r;
	struct err e = {0};
	int failed = run_init(env, opts, &r, &e);
	if (!failed)
		failed = fn(&r, &e);
	if (failed) {
		e.code = failed;
		r.exit = exit_code_worst(r.exit, command_failed(env, &e));
	}
	run_done(&r);
	return r.exit;
}

void run_done(struct run *r)
{
	pipeline_result_done(&r->result);
	buf_done(&r->told);
	instant_zone_free(r->zone);
	knowledge_free(&r->rules);
	arena_done(&r->arena);
}
