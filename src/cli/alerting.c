/*
 * A run that also steps the alerts (see alerting.h). The step happens in the transaction of the run, so that what was read and
 * what is remembered of it stand or fall together. "Not measured" is never taken for "healthy": no logs, unreadable logs, or
 * lines that nobody understands are a reason of their own.
 */
#include "cli/alerting.h"

#include "alert/count.h"
#include "base/utf8.h"
#include "base/wire.h"
#include "cli/places.h"
#include "model/cause.h"
#include "model/version.h"
#include "redact/redact.h"
#include "store/timeline.h"

enum {
	OWN_PLACES = 8,
	CAUSES = 32,
	NEW_LEAST = 10,    /* records: fewer say nothing about a format */
	NAME_MOST = 100,   /* bytes of a server's or a cause's name in labels */
	USUAL_INTERVAL_S = 300,
};
#define TROUBLE_FOR DAY        /* a file that cannot be read counts for so long after its last change */
#define INTERVAL_MOST HOUR
#define HISTORY_LEAST DAY      /* what was over that long before is told to nobody */

/* --- options --- */

static int bad_range(const char *option, const char *text, struct err *reterr)
{
	const int code = err_set(reterr, ERR_USAGE, "%s: '%s' is no range", option, text);
	err_hint(reterr, "120 alerts above 120, 10: below 10, 10:20 outside, @10:20 inside");
	return code;
}

static int read_range(const struct opts *o, enum opt_id id, const char *option, const char *otherwise, struct alert_range *ret, struct err *reterr)
{
	const char *text = o->value[id] ? o->value[id] : otherwise;
	return alert_range_parse(str_z(text), ret) ? 0 : bad_range(option, text, reterr);
}

static int read_counts(struct alerting *a, struct err *reterr)
{
	const char *text = a->run->opts->value[OPT_NEW_INCIDENTS];
	str rest = str_z(text ? text : "0");
	const str warn = str_word(&rest, ',');
	if (!alert_range_parse(warn, &a->incidents_warn) || (rest.n && !alert_range_parse(rest, &a->incidents_crit)))
		return bad_range("--new-incidents", text, reterr);
	return 0;
}

static int read_on(struct alerting *a, struct err *reterr)
{
	const char *text = a->run->opts->value[OPT_ON];
	str rest = str_z(text ? text : "critical");
	str *causes = arena_alloc(&a->run->arena, CAUSES * sizeof *causes);
	a->observe.causes = causes;
	a->observe.by_cause_only = true;
	while (rest.n) {
		const str word = str_trim(str_word(&rest, ','));
		if (severity_find(word, &a->observe.severity)) {
			a->observe.by_cause_only = false;
			continue;
		}
		const str kept = arena_str(&a->run->arena, word);
		if (!run_knows_cause(&a->run->rules, word))
			return run_unknown_cause(&a->run->rules, "--on (info, warning, critical or a cause)", kept.p, reterr);
		if (a->observe.cause_count == CAUSES)
			return err_set(reterr, ERR_USAGE, "--on: at most %d causes", CAUSES);
		causes[a->observe.cause_count++] = kept;
	}
	return 0;
}

static int read_keep_firing(struct alerting *a, struct err *reterr)
{
	const char *text = a->run->opts->value[OPT_KEEP_FIRING];
	a->step.keep_firing = 10 * MINUTE;
	if (!text || duration_parse(str_z(text), &a->step.keep_firing) || str_eq(str_z(text), S("0"))) {
		if (text && str_eq(str_z(text), S("0")))
			a->step.keep_firing = 0;
		return 0;
	}
	const int code = err_set(reterr, ERR_USAGE, "--keep-firing: '%s' is no duration", text);
	err_hint(reterr, "write 10m, 90s or 1h 30m");
	return code;
}

int alerting_init(struct run *r, struct alerting *ret, struct err *reterr)
{
	*ret = (struct alerting){.run = r};
	int e = read_range(r->opts, OPT_WARNING, "--warning", "120", &ret->observe.warn, reterr);
	if (!e)
		e = read_range(r->opts, OPT_CRITICAL, "--critical", "600", &ret->observe.crit, reterr);
	if (!e)
		e = read_counts(ret, reterr);
	if (!e)
		e = read_on(ret, reterr);
	if (!e)
		e = read_keep_firing(ret, reterr);
	if (r->as_of == INSTANT_NONE)
		r->as_of = r->env->now;
	if (!e && r->as_of == INSTANT_NONE)
		e = err_set(reterr, ERR_USAGE, "the clock of this machine cannot be read; name the time with --as-of");
	ret->now = r->as_of - r->as_of % MILLISECOND;
	ret->observe.now = ret->step.now = ret->now;
	ret->step.for_runs = opts_number(r->opts, OPT_FOR_RUNS, 1);
	ret->step.history_before = INSTANT_NONE;
	r->wall_clock = true;
	ret->began = r->env->clock ? r->env->clock() : 0;
	return e;
}

/* --- what was measured --- */

/* Redacted, on one line, fit for a terminal. */
static str cleaned_text(struct alerting *a, str text)
{
	struct buf redacted = {0}, safe = {0};
	(void)redact(a->redactor, text, &redacted);
	for (size_t i = 0; i < redacted.n; i++)
		if (redacted.p[i] == '\n' || redacted.p[i] == '\t')
			redacted.p[i] = ' ';
	utf8_terminal(&safe, buf_str(&redacted), false);
	const str kept = safe.n ? arena_str(&a->run->arena, buf_str(&safe)) : S("");
	buf_done(&redacted);
	buf_done(&safe);
	return kept;
}

/* For labels: never empty, and not too long. */
static str cleaned(void *context, str text) { return text.n ? utf8_limit(cleaned_text(context, text), NAME_MOST) : S("unknown"); }

static void clean_observations(struct alerting *a)
{
	for (size_t i = 0; i < a->seen.n; i++) {
		struct alert_observation *o = &a->seen.v[i];
		o->server = cleaned(a, o->server);
		o->cause = cleaned(a, o->cause);
		o->summary = cleaned_text(a, o->summary);
		o->detail = cleaned_text(a, o->detail);
		o->example = cleaned_text(a, o->example);
	}
}

static void add_more(struct alerting *a, str path, const char *what)
{
	enum { MOST = 40 };
	const str text = str_find(str_z(what), path) >= 0 ? str_z(what) : arena_printf(&a->run->arena, "%.*s: %s", STR_ARG(path), what);
	if (a->more.n < MOST)
		*vec_push(&a->more) = cleaned_text(a, text);
}

static const char *first_error(const struct source *s)
{
	for (size_t i = 0; i < s->problem_count; i++)
		if (s->problems[i].class == PROBLEM_ERROR)
			return s->problems[i].text;
	return NULL;
}

/* Inputs that could not be opened now, and files with an error that still change; an old damaged file is told by status. */
static void find_unread(struct alerting *a, const struct pipeline_result *result)
{
	const struct facts *f = &result->facts;
	struct alert_unread *v = arena_alloc(&a->run->arena, (result->problem_count + f->source_count + 1) * sizeof *v);
	for (size_t i = 0; i < result->problem_count; i++)
		if (result->problems[i].problem.class == PROBLEM_ERROR) {
			v[a->observe.unread_count++].path = result->problems[i].path;
			add_more(a, result->problems[i].path, result->problems[i].problem.text);
		}
	for (size_t i = 0; i < f->source_count; i++) {
		const char *error = first_error(&f->sources[i]);
		if (!error || f->sources[i].identity.mtime_ns / 1000 < a->now - TROUBLE_FOR)
			continue;
		v[a->observe.unread_count++].path = f->sources[i].path;
		add_more(a, f->sources[i].path, error);
	}
	a->observe.unread = v;
}

/* Half or more of what is new was not understood. */
static bool is_foreign(const struct alerting *a, const struct facts *f)
{
	const int64_t records = (int64_t)f->records - a->book.marks.records, strange = (int64_t)f->unrecognized - a->book.marks.unrecognized;
	return records >= NEW_LEAST && strange * 2 >= records;
}

/* What find_unread met first, and why. */
static str unread_text(struct alerting *a)
{
	const str what = a->more.n ? a->more.v[0] : a->observe.unread[0].path;
	const str text = arena_printf(&a->run->arena, "not measured: %s%.*s", str_starts(what, S("cannot read ")) ? "" : "cannot read ", STR_ARG(what));
	if (a->observe.unread_count == 1)
		return text;
	return arena_printf(&a->run->arena, "%.*s, and %zu more", STR_ARG(text), a->observe.unread_count - 1);
}

static str reason(struct alerting *a, const struct facts *f)
{
	const struct run *r = a->run;
	if (f->source_count == 0 && a->observe.unread_count == 0)
		return S("not measured: no logs were found; mcplog doctor says which there could be");
	if (a->observe.unread_count)
		return unread_text(a);
	if (is_foreign(a, f))
		return S("not measured: half or more of the new log lines are not recognised");
	if (f->unmeasured)
		return S("not measured: the logs hold nothing about MCP calls or servers");
	if (r->rules.problem_count)
		return S("problems in pattern files; mcplog patterns lint lists them");
	return S("");
}

static void tell_clocks(struct alerting *a, const struct facts *f)
{
	for (size_t i = 0; i < f->source_count; i++) {
		const struct source *s = &f->sources[i];
		char by[32];
		if (!s->has_times || s->last <= a->now + SECOND)
			continue;
		duration_format(s->last - a->now, by);
		add_more(a, s->path, arena_printf(&a->run->arena, "clock-skew: its last line is %s ahead of this machine's clock", by).p);
	}
}

/* --- the step --- */

static void set_marks(struct alerting *a)
{
	struct alert_marks *m = &a->book.marks;
	const int64_t since = m->last_run ? a->now - m->last_run : 0;
	int64_t interval = since > m->interval * 3 / 4 ? since : m->interval * 3 / 4; /* a run by hand in between does not shorten it much */
	if (!m->interval)
		interval = since > 0 ? since : USUAL_INTERVAL_S * SECOND;
	m->interval = interval < MINUTE ? MINUTE : interval > INTERVAL_MOST ? INTERVAL_MOST : interval;
	m->last_run = a->now;
	if (!m->first_run && a->sources)
		m->first_run = a->now;
	if (!a->unknown.n)
		m->last_success = a->now;
	m->duration = a->run->env->clock ? a->run->env->clock() - a->began : -1;
}

static void count(struct alerting *a, const struct timeline *t, const struct facts *f)
{
	const struct alert_count_options o = {.seen = &a->seen, .label = cleaned, .context = a, .pattern_problems = a->run->rules.problem_count,
		.unread = a->observe.unread_count, .skipped = timeline_skipped(t)};
	alert_count(&a->book, f, &o, &a->run->arena);
}

static int64_t longest(void *context, str server, str tool) { return timeline_longest_call(context, server, tool); }

static void step(struct alerting *a, struct timeline *t, struct pipeline_result *result)
{
	const struct facts *f = &result->facts;
	a->sources = f->source_count;
	a->calls = f->calls;
	a->redactor = redactor_new(&a->run->rules, false);
	a->first = !a->book.marks.first_run && f->source_count;
	find_unread(a, result);
	a->unknown = reason(a, f);
	tell_clocks(a, f);
	a->observe.longest = longest;
	a->observe.context = t;
	alert_observe(f, &a->observe, &a->run->arena, &a->seen);
	clean_observations(a);
	a->step.first = a->first;
	a->step.blind = a->unknown.n > 0 && !a->observe.unread_count;
	const int64_t away = a->book.marks.last_run ? a->now - a->book.marks.last_run : 0;
	a->step.history_before = a->now - (away > HISTORY_LEAST ? away : HISTORY_LEAST);
	alert_step(&a->book, a->seen.v, a->seen.n, &a->step, &a->run->arena, &a->stepped);
	count(a, t, f);
	a->book.marks.records = (int64_t)f->records;
	a->book.marks.unrecognized = (int64_t)f->unrecognized;
	a->at_rest = a->stepped.at_rest && !a->unknown.n && !a->observe.unread_count && !a->more.n;
}

/* Nothing is new, and nothing was left to tell: as if all of it was seen again. */
static void step_again(struct alerting *a, const struct timeline *t)
{
	alert_step(&a->book, NULL, 0, &a->step, &a->run->arena, &a->stepped);
	alert_count_same(&a->book, timeline_skipped(t));
}

static int conclude(void *context, struct timeline *t, struct pipeline_result *result, struct err *reterr)
{
	struct alerting *a = context;
	const int e = timeline_load_alerts(t, &a->run->arena, &a->book, reterr);
	if (e)
		return e;
	if (result->remembered.p)
		step_again(a, t);
	else
		step(a, t, result);
	set_marks(a);
	alert_judge(&a->book, a->now, &a->incidents_warn, &a->incidents_crit, &a->run->arena, &a->judgement);
	return timeline_save_alerts(t, &a->book, reterr);
}

/* --- what is remembered for runs with nothing new --- */

/* Verdicts depend on the time only where a call is open: once its client is gone it stays so (classify/outcome.c), and the alert of
 * that is told. So what is at rest now is at rest at any later time. */
static void keep_rest(void *context, struct timeline *t, struct pipeline_result *result, struct output *ret)
{
	struct alerting *a = context;
	(void)t;
	if (!a->at_rest)
		return;
	wire_i64(&ret->text, a->now);
	wire_u64(&ret->text, a->sources);
	wire_u64(&ret->text, a->calls);
	wire_u64(&ret->text, result->incomplete);
}

/* pipeline_options.take_output */
static bool take_rest(void *context, struct pipeline_result *result)
{
	struct alerting *a = context;
	struct wire w = {result->remembered, false};
	const instant kept_at = wire_take_i64(&w);
	const uint64_t sources = wire_take_u64(&w), calls = wire_take_u64(&w);
	const bool incomplete = wire_take_max(&w, 1);
	if (w.bad || kept_at > a->now)
		return false;
	a->sources = sources;
	a->calls = calls;
	result->incomplete = incomplete;
	return true;
}

static int choose_paths(struct alerting *a, size_t first, str **ret_paths, size_t *ret_count, struct err *reterr)
{
	const struct opts *o = a->run->opts;
	const size_t cap = o->arg_count > OWN_PLACES ? o->arg_count : OWN_PLACES;
	str *paths = arena_alloc(&a->run->arena, cap * sizeof *paths);
	*ret_paths = paths;
	*ret_count = 0;
	for (size_t i = first; i < o->arg_count; i++) {
		if (str_eq(str_z(o->args[i]), S("-")))
			return err_set(reterr, ERR_USAGE, "standard input cannot be checked: alerts need logs that can be read again");
		paths[(*ret_count)++] = str_z(o->args[i]);
	}
	return *ret_count ? 0 : places_own_logs(a->run->env, opts_command(a->run->opts->command)->name, &a->run->arena, paths, cap, ret_count, reterr);
}

int alerting_run(struct alerting *a, size_t first, struct err *reterr)
{
	str *paths;
	size_t count;
	a->run->everything = true;
	a->run->conclude = conclude;
	a->run->conclude_context = a;
	a->run->output_key = run_output_key(a->run);
	a->run->write_output = keep_rest;
	a->run->take_output = take_rest;
	a->run->write_output_context = a;
	const int e = choose_paths(a, first, &paths, &count, reterr);
	return e ? e : run_pipeline(a->run, paths, count, reterr);
}

int alerting_load(struct run *r, struct alerting *a, struct err *reterr)
{
	const char *path = r->opts->value[OPT_DB];
	struct timeline *t = NULL;
	int e = path ? 0 : places_database(r->env, &r->arena, false, &path, reterr);
	if (!e)
		e = timeline_open(&(struct timeline_options){.path = path, .read_only = true}, &t, reterr);
	if (e)
		return e;
	a->run = r;
	alert_book_done(&a->book);
	e = timeline_load_alerts(t, &r->arena, &a->book, reterr);
	timeline_close(t);
	return e;
}

/* --- for the writers --- */

struct alert_report alerting_report(const struct alerting *a, const struct env *env, const struct opts *o)
{
	const char *host = o->value[OPT_HOST] ? o->value[OPT_HOST] : env->host;
	struct alert *v = arena_alloc(&a->run->arena, (a->book.alerts.n + 1) * sizeof *v);
	size_t n = 0;
	for (size_t i = 0; i < a->book.alerts.n; i++)
		if (a->book.alerts.v[i].phase != ALERT_PENDING)
			v[n++] = a->book.alerts.v[i];
	return (struct alert_report){.alerts = v, .count = n, .now = a->now, .interval = a->book.marks.interval, .host = str_z(host ? host : ""),
		.version = S(MCPLOG_VERSION)};
}

struct metrics_report alerting_metrics(const struct alerting *a)
{
	return (struct metrics_report){.counters = a->book.counters.v, .count = a->book.counters.n,
		.last_success = a->book.marks.last_success ? a->book.marks.last_success : INSTANT_NONE, .duration = a->book.marks.duration,
		.version = S(MCPLOG_VERSION)};
}

void alerting_done(struct alerting *a)
{
	alert_book_done(&a->book);
	vec_free(&a->more);
	redactor_free(a->redactor);
}
