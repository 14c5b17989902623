/*
 * diff: two periods of a timeline, or two logs, compared: what got worse. Arguments become two sides; rows of the views become a
 * comparison, which report/compare.c judges. Periods are cut by when a call or incident began.
 */
#include <sys/stat.h>

#include "cli/commands.h"
#include "cli/run.h"
#include "report/compare.h"

struct diff_side { /* what is compared */
	const char *text;
	bool is_path;
	struct when since, until;
	bool until_day;          /* until the end of that day */
	char from[24], to[24];   /* milliseconds, as parameters */
	bool has_from, has_to;
};
struct diff {
	struct run *run;
	struct diff_side side[2];
	unsigned now;            /* the side that rows are collected for */
	struct comparison comparison;
};

/* --- the arguments --- */

static int read_moment(struct diff *d, str text, struct when *ret, bool *ret_day, struct err *reterr)
{
	const str kept = arena_str(&d->run->arena, text);
	const int e = when_parse("diff", kept.p, d->run->zone, ret, reterr);
	*ret_day = !e && (ret->type == WHEN_DAY || (ret->type == WHEN_AT && text.n == 10 && text.p[4] == '-'));
	return e;
}

/* "yesterday", "2026-05-01", "2026-05-01..2026-05-07", "..today", "2 hours ago" */
static int read_period(struct diff *d, struct diff_side *s, struct err *reterr)
{
	const str text = str_z(s->text);
	const ptrdiff_t dots = str_find(text, S(".."));
	const str from = dots < 0 ? text : str_head(text, (size_t)dots), to = dots < 0 ? STR_NONE : str_from(text, (size_t)dots + 2);
	bool day = false;
	int e = 0;
	if (from.n)
		e = read_moment(d, from, &s->since, &day, reterr);
	if (!e && dots < 0 && day) {
		s->until = s->since;
		s->until_day = true;
	}
	if (!e && to.n)
		e = read_moment(d, to, &s->until, &s->until_day, reterr);
	return e;
}

static int read_sides(struct diff *d, struct err *reterr)
{
	const struct opts *o = d->run->opts;
	struct stat st;
	if (o->arg_count < 2) {
		(void)err_set(reterr, ERR_USAGE, "diff: two periods or two logs are needed");
		err_hint(reterr, "mcplog diff yesterday today, mcplog diff 2026-05-01..2026-05-07 2026-05-08.., or mcplog diff OLD.txt NEW.txt");
		return ERR_USAGE;
	}
	int e = 0;
	for (unsigned i = 0; i < 2 && !e; i++) {
		struct diff_side *s = &d->side[i];
		s->text = o->args[i];
		s->is_path = stat(s->text, &st) == 0;
		if (!s->is_path && strchr(s->text, '/'))
			e = err_set(reterr, ERR_USAGE, "diff: %s does not exist", s->text);
		else if (!s->is_path)
			e = read_period(d, s, reterr);
		if (e)
			err_hint(reterr, "name a log that exists, or a period: yesterday, 2026-05-01, 2026-05-01..2026-05-07");
	}
	if (!e && d->side[0].is_path != d->side[1].is_path)
		e = err_set(reterr, ERR_USAGE, "diff: one side is a log and the other a period; give two of a kind");
	if (!e && d->side[0].is_path && o->arg_count > 2)
		e = err_set(reterr, ERR_USAGE, "diff: '%s' is one argument too many", o->args[2]);
	return e;
}

/* --- rows --- */

static void on_call(void *context, const struct query_value *v, size_t n, bool head)
{
	struct diff *d = context;
	double ms = -1;
	if (head || n != 4)
		return;
	if (v[3].value.p && !str_double(v[3].value, &ms))
		ms = -1;
	comparison_call(&d->comparison, d->now, v[0].value, v[1].value, v[2].value, ms);
}

static void on_count(void *context, const struct query_value *v, size_t n, bool head,
	void (*add)(struct comparison *c, unsigned side, str name, uint64_t count))
{
	struct diff *d = context;
	uint64_t count = 0;
	if (!head && n == 2 && str_u64(v[1].value, &count))
		add(&d->comparison, d->now, v[0].value, count);
}

static void on_drops(void *context, const struct query_value *v, size_t n, bool head)
{
	on_count(context, v, n, head, comparison_drops);
}

static void on_incidents(void *context, const struct query_value *v, size_t n, bool head)
{
	on_count(context, v, n, head, comparison_incidents);
}

#define WITHIN(ms) "(:since IS NULL OR " ms " >= :since) AND (:until IS NULL OR " ms " < :until) AND (:server IS NULL OR server = :server)"
static const struct {
	const char *sql;
	query_fn *row;
} questions[] = {
	{"SELECT server, tool, outcome, duration_ms FROM distinct_calls WHERE " WITHIN("started_ms"), on_call},
	{"SELECT server, count(*) FROM distinct_events WHERE kind = 'transport.dropped' AND " WITHIN("at_ms") " GROUP BY 1", on_drops},
	{"SELECT cause, count(*) FROM incidents WHERE severity <> 'info' AND " WITHIN("started_ms") " GROUP BY 1", on_incidents},
};

static void put_ms(instant at, char text[24], bool *ret_has)
{
	struct buf digits = {0};
	*ret_has = at != INSTANT_NONE;
	buf_printf(&digits, "%lld", (long long)(*ret_has ? at / MILLISECOND : 0));
	memcpy(text, digits.p, digits.n);
	text[digits.n] = 0;
	buf_done(&digits);
}

static int bounds_of(struct diff_side *s, struct timeline *t, struct err *reterr)
{
	instant as_of;
	const int e = run_last_time(t, &as_of, reterr);
	if (e)
		return e;
	const instant until = when_resolve(&s->until, as_of);
	put_ms(when_resolve(&s->since, as_of), s->from, &s->has_from);
	put_ms(until != INSTANT_NONE && s->until_day ? until + DAY : until, s->to, &s->has_to);
	return 0;
}

static int collect(struct diff *d, unsigned side, struct timeline *t, struct err *reterr)
{
	struct diff_side *s = &d->side[side];
	const char *server = d->run->opts->value[OPT_SERVER];
	const struct query_limits limits = {.stop = d->run->env->stop};
	int e = bounds_of(s, t, reterr);
	d->now = side;
	for (size_t i = 0; i < sizeof questions / sizeof *questions && !e; i++) {
		struct query_parameter p[3];
		size_t n = 0;
		bool cut;
		if (s->has_from)
			p[n++] = (struct query_parameter){.name = S("since"), .value = str_z(s->from), .type = QUERY_NUMBER};
		if (s->has_to)
			p[n++] = (struct query_parameter){.name = S("until"), .value = str_z(s->to), .type = QUERY_NUMBER};
		if (server)
			p[n++] = (struct query_parameter){.name = S("server"), .value = str_z(server)};
		e = timeline_ask(t, str_z(questions[i].sql), p, n, &limits, questions[i].row, d, &cut, reterr);
	}
	return e;
}

/* --- the two ways --- */

static int diff_logs(struct diff *d, struct err *reterr)
{
	int e = 0;
	d->run->in_memory = true;
	for (unsigned i = 0; i < 2 && !e; i++) {
		const str path = str_z(d->side[i].text);
		pipeline_result_done(&d->run->result);
		d->run->result = (struct pipeline_result){0};
		e = run_pipeline(d->run, &path, 1, reterr);
		if (!e)
			e = collect(d, i, d->run->result.timeline, reterr);
	}
	return e;
}

static int diff_periods(struct diff *d, struct err *reterr)
{
	const struct opts *o = d->run->opts;
	struct timeline *t = NULL;
	int e = 0;
	if (o->arg_count > 2) {
		str *paths = arena_alloc(&d->run->arena, o->arg_count * sizeof *paths);
		for (size_t i = 2; i < o->arg_count; i++)
			paths[i - 2] = str_z(o->args[i]);
		d->run->in_memory = true;
		e = run_pipeline(d->run, paths, o->arg_count - 2, reterr);
		t = d->run->result.timeline;
	} else {
		e = run_open_timeline(d->run, &t, reterr);
	}
	for (unsigned i = 0; i < 2 && !e; i++)
		e = collect(d, i, t, reterr);
	if (t != d->run->result.timeline)
		timeline_close(t);
	return e;
}

static int diff(struct diff *d, struct err *reterr)
{
	struct run *r = d->run;
	const char *format = r->opts->value[OPT_FORMAT];
	int e = read_sides(d, reterr);
	if (!e)
		e = d->side[0].is_path ? diff_logs(d, reterr) : diff_periods(d, reterr);
	if (e)
		return e;
	comparison_judge(&d->comparison);
	const bool terminal = r->env->out_tty && !opts_has(r->opts, OPT_OUTPUT);
	const struct compare_options options = {.name = {str_z(d->side[0].text), str_z(d->side[1].text)}, .ascii = opts_has(r->opts, OPT_ASCII),
		.all = opts_has(r->opts, OPT_VERBOSE), .width = terminal ? r->env->columns : 0};
	struct buf out = {0};
	(format && strcmp(format, "json") == 0 ? compare_json : compare_text)(&d->comparison, &options, &out);
	e = run_output(r, buf_str(&out), reterr);
	buf_done(&out);
	return e;
}

static int command(struct run *r, struct err *reterr)
{
	struct diff d = {.run = r};
	const int e = diff(&d, reterr);
	comparison_done(&d.comparison);
	return e;
}

int cmd_diff(const struct env *env, const struct opts *opts) { return run_command(env, opts, command); }
