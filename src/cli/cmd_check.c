/*
 * check: for cron, Nagios and all that call plugins. One line on stdout, exit code 0 to 3, whatever happens: wrong options, signals,
 * the end of time or memory, a database that is busy or broken. Only that this line could not be written goes to stderr.
 */
#include <signal.h>

#include "base/diag.h"
#include "base/hash.h"
#include "base/out.h"
#include "cli/alerting.h"
#include "cli/commands.h"
#include "cli/places.h"
#include "report/alerts.h"
#include "store/timeline.h"

enum { USUAL_TIMEOUT_S = 10, RUNS_TOO_OLD = 3, CRON_LINES = 20 };
#define OLD_LEAST (15 * MINUTE)

static const char last_words[] = "MCPLOG UNKNOWN: ended before the check was complete (time limit, signal or memory); nothing of this run was kept\n";

/* --- printing --- */

static bool print(str text)
{
	struct err e = {0};
	const bool printed = out_text(NULL, 0600, text, &e) == 0;
	if (!printed)
		diag_err(&e);
	return printed;
}

static int end_unknown(str why, const char *hint)
{
	struct buf line = {0}, text = {0};
	buf_add(&text, why);
	if (hint && *hint)
		buf_printf(&text, " (%s)", hint);
	report_status_word(CHECK_UNKNOWN, buf_str(&text), &line);
	(void)print(buf_str(&line));
	buf_done(&text);
	buf_done(&line);
	return CHECK_UNKNOWN;
}

int cmd_check_refused(const struct err *e) { return end_unknown(str_z(e->text), e->hint); }

static int failed(const struct env *env, const struct opts *o, const struct err *e)
{
	if (env->stop && *env->stop == SIGALRM) {
		struct buf b = {0};
		buf_printf(&b, "no answer within %u s; nothing of this run was kept", opts_number(o, OPT_TIMEOUT, USUAL_TIMEOUT_S));
		const int code = end_unknown(buf_str(&b), "a first run may take longer: mcplog check -t 600");
		buf_done(&b);
		return code;
	}
	if (env->stop && *env->stop)
		return end_unknown(S("ended by a signal; nothing of this run was kept"), NULL);
	return cmd_check_refused(e);
}

/* --- the report --- */

static str first_text(struct alerting *a)
{
	if (!a->first)
		return S("");
	const str text = arena_printf(&a->run->arena, "first run: %zu source%s, %llu call%s, %u incident%s history", a->sources, a->sources == 1 ? "" : "s",
		(unsigned long long)a->calls, a->calls == 1 ? "" : "s", a->stepped.history, a->stepped.history == 1 ? " is" : "s are");
	if (!a->seen.unwanted)
		return text;
	return arena_printf(&a->run->arena, "%.*s (%u more left out by --on)", STR_ARG(text), a->seen.unwanted);
}

static str fine_text(struct alerting *a)
{
	return arena_printf(&a->run->arena, "no stuck calls, %zu source%s, %llu call%s", a->sources, a->sources == 1 ? "" : "s",
		(unsigned long long)a->calls, a->calls == 1 ? "" : "s");
}

static int64_t events_of(const struct alert_book *b)
{
	for (size_t i = 0; i < b->counters.n; i++)
		if (str_eq(b->counters.v[i].name, S("records")))
			return b->counters.v[i].value;
	return 0;
}

static enum check_code code_of(const struct alerting *a)
{
	if (a->judgement.level == ALERT_CRITICAL)
		return CHECK_CRITICAL;
	if (a->judgement.level == ALERT_WARNING)
		return CHECK_WARNING;
	return a->unknown.n ? CHECK_UNKNOWN : CHECK_OK;
}

static struct check_report report_of(struct alerting *a, str fine)
{
	const struct alert_judgement *j = &a->judgement;
	const struct opts *o = a->run->opts;
	unsigned verbose = o->verbose ? o->verbose : opts_has(o, OPT_VERBOSE);
	if (opts_has(o, OPT_CRON) && verbose == 0)
		verbose = 1; /* a mail has room */
	return (struct check_report){.code = code_of(a), .unknown = a->unknown, .fine = fine, .first = first_text(a), .alerts = j->firing, .count = j->count, .stuck = j->stuck,
		.oldest = j->oldest > a->seen.oldest ? j->oldest : a->seen.oldest, .incidents = j->incidents, .events = events_of(&a->book),
		.warn = a->observe.warn.text, .crit = a->observe.crit.text, .incidents_warn = a->incidents_warn.text,
		.incidents_crit = a->incidents_crit.text, .now = a->now, .verbose = verbose, .more = a->more.v, .more_count = a->more.n};
}

/* --- cron: only what is news --- */

static uint64_t cron_key(const struct alerting *a, const struct check_report *c)
{
	/* Numbers in the text may differ from run to run; the first words say what kind of trouble it is. */
	const ptrdiff_t end = str_chr(c->unknown, '/');
	return (hash64_seed(end < 0 ? c->unknown : str_head(c->unknown, (size_t)end), a->judgement.key + (uint64_t)c->code) >> 1) | 1;
}

static int read_remind(const struct opts *o, int64_t *ret, struct err *reterr)
{
	const char *text = o->value[OPT_REMIND];
	*ret = DAY;
	if (!text || duration_parse(str_z(text), ret))
		return 0;
	const int code = err_set(reterr, ERR_USAGE, "--remind: '%s' is no duration", text);
	err_hint(reterr, "write 24h or 30m");
	return code;
}

static bool is_news(const struct alerting *a, const struct check_report *c, int64_t remind)
{
	const struct alert_marks *m = &a->book.marks;
	if (!m->cron_at)
		return c->code != CHECK_OK || a->first;
	if ((uint64_t)m->cron_key != cron_key(a, c))
		return true;
	return c->code != CHECK_OK && a->now - m->cron_at >= remind;
}

/* After it was printed: a kill in between prints it again, and never loses it. */
static void remember_cron(struct alerting *a, const struct check_report *c)
{
	struct run *r = a->run;
	const char *path = r->opts->value[OPT_DB];
	const int64_t key = (int64_t)cron_key(a, c), at = a->now;
	struct timeline *t = NULL;
	struct err e = {0};
	int failed_code = path ? 0 : places_database(r->env, &r->arena, false, &path, &e);
	if (!failed_code)
		failed_code = timeline_open(&(struct timeline_options){.path = path, .lock_wait_s = r->lock_wait_s}, &t, &e);
	if (failed_code)
		return;
	alert_book_done(&a->book);
	if (timeline_load_alerts(t, &r->arena, &a->book, &e) == 0) {
		a->book.marks.cron_key = key;
		a->book.marks.cron_at = at;
		(void)!timeline_save_alerts(t, &a->book, &e);
	}
	timeline_close(t);
}

static void cut_lines(struct buf *text)
{
	size_t lines = 0;
	for (size_t i = 0; i < text->n; i++)
		if (text->p[i] == '\n' && ++lines == CRON_LINES) {
			text->n = i + 1;
			return;
		}
}

static int finish(struct alerting *a, str fine, int64_t remind)
{
	const struct opts *o = a->run->opts;
	const struct check_report c = report_of(a, fine);
	const bool cron = opts_has(o, OPT_CRON);
	const bool quiet = (opts_has(o, OPT_QUIET) && c.code == CHECK_OK) || (cron && !is_news(a, &c, remind));
	if (quiet)
		return (int)c.code;
	struct buf text = {0};
	report_status(&c, &text);
	if (cron)
		cut_lines(&text);
	const bool printed = print(buf_str(&text));
	buf_done(&text);
	if (!printed)
		return CHECK_UNKNOWN;
	if (cron)
		remember_cron(a, &c);
	return (int)c.code;
}

/* Another run is writing: what it, or the one before, committed last is judged, unless that is too old. */
static int judge_last(struct alerting *a, const struct err *busy, int64_t remind)
{
	struct run *r = a->run;
	struct err e = {0};
	char ago[32];
	if (alerting_load(r, a, &e) || !a->book.marks.last_run)
		return cmd_check_refused(busy);
	const int64_t age = a->now - a->book.marks.last_run;
	int64_t most = RUNS_TOO_OLD * a->book.marks.interval;
	most = most < OLD_LEAST ? OLD_LEAST : most;
	duration_format(age < 0 ? 0 : age, ago);
	if (age > most)
		return end_unknown(arena_printf(&r->arena, "another mcplog is writing, and the last complete run is %s old", ago), NULL);
	a->now = a->book.marks.last_run;
	alert_judge(&a->book, a->now, &a->incidents_warn, &a->incidents_crit, &r->arena, &a->judgement);
	return finish(a, arena_printf(&r->arena, "no stuck calls %s ago; another mcplog is writing now", ago), remind);
}

static int check(const struct env *env, const struct opts *opts, struct run *r, struct alerting *a)
{
	struct err e = {0};
	int64_t remind = DAY;
	int failed_code = run_init(env, opts, r, &e);
	if (!failed_code && opts_has(opts, OPT_NO_REDACT))
		failed_code = err_set(&e, ERR_USAGE, "--no-redact is refused: what a check prints leaves the machine");
	const unsigned limit = opts_number(opts, OPT_TIMEOUT, USUAL_TIMEOUT_S);
	if (limit && r->lock_wait_s >= limit)
		r->lock_wait_s = limit / 2;
	if (!failed_code)
		failed_code = alerting_init(r, a, &e);
	if (!failed_code)
		failed_code = read_remind(opts, &remind, &e);
	if (!failed_code)
		failed_code = alerting_run(a, 0, &e);
	if (failed_code == ERR_LOCKED && !(env->stop && *env->stop))
		return judge_last(a, &e, remind);
	if (failed_code)
		return failed(env, opts, &e);
	return finish(a, fine_text(a), remind);
}

int cmd_check(const struct env *env, const struct opts *opts)
{
	struct run r = {0};
	struct alerting a = {0};
	const unsigned limit = opts_number(opts, OPT_TIMEOUT, USUAL_TIMEOUT_S);
	diag_last_words(last_words, CHECK_UNKNOWN);
	if (env->limit_time)
		env->limit_time(limit);
	const int code = check(env, opts, &r, &a);
	alerting_done(&a);
	run_done(&r);
	return code;
}
