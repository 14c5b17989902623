/*
 * alerts: what fires and what is over, as the last check or export left it; acknowledged with --ack, handed to a sender with --send.
 * The sender is a shell command of the user, fed on standard input; this program opens no connection. What was delivered is
 * remembered per receiver (a hash of the command, which may hold secrets) and only after the sender succeeded: a kill in between
 * sends again, with the same labels.
 */
#include "base/child.h"
#include "base/diag.h"
#include "base/hash.h"
#include "cli/alerting.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/places.h"
#include "report/alerts.h"
#include "store/timeline.h"

#include <time.h>

enum { USUAL_LIMIT_S = 30, STEP_MS = 20 };

typedef void writer(const struct alert_report *, struct buf *);

static const struct form {
	const char *name;
	writer *write;
	bool whole; /* the receiver wants the whole present state every time, not only what is news */
} formats[] = {
	{"text", report_alert_list, true},
	{"alertmanager", report_alertmanager, true},
	{"webhook", report_webhook, false},
	{"slack", report_slack, false},
};

struct sending {
	const struct env *env;
	const struct opts *opts;
	struct run run;             /* arena and options only: no log is read */
	struct alerting a;
	const struct form *format;
	char receiver[33];
	struct alert_report report; /* what is to be sent */
	bool *delivered, *refused;  /* beside report.alerts */
	int64_t left_ms;            /* of the time limit */
};

static const struct form *format_of(const struct opts *o, const char *otherwise)
{
	const char *name = o->value[OPT_FORMAT] ? o->value[OPT_FORMAT] : otherwise;
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
		if (str_eq(str_z(formats[i].name), str_z(name)))
			return &formats[i];
	return &formats[0];
}

/* --- what one receiver does not know yet --- */

static struct alert_sent *sent_of(struct sending *s, int64_t alert)
{
	for (size_t i = 0; i < s->a.book.sent.n; i++)
		if (s->a.book.sent.v[i].alert == alert && str_eq(s->a.book.sent.v[i].receiver, str_z(s->receiver)))
			return &s->a.book.sent.v[i];
	return NULL;
}

static bool is_news(struct sending *s, const struct alert *al)
{
	const struct alert_sent *known = sent_of(s, al->id);
	if (known && known->refused)
		return false;
	if (al->phase == ALERT_FIRING)
		return al->acked_at == INSTANT_NONE && (!known || known->phase != ALERT_FIRING);
	return al->phase == ALERT_RESOLVED && known && known->phase != ALERT_RESOLVED;
}

/* Alertmanager is told everything again and again; others only what changed. */
static void choose(struct sending *s)
{
	const struct alert_report all = alerting_report(&s->a, s->env, s->opts);
	struct alert *v = arena_alloc(&s->run.arena, (all.count + 1) * sizeof *v);
	s->report = all;
	s->report.count = 0;
	for (size_t i = 0; i < all.count; i++) {
		const struct alert_sent *known = sent_of(s, all.alerts[i].id);
		const bool recent = all.alerts[i].phase == ALERT_FIRING || all.now - all.alerts[i].resolved_at <= 15 * MINUTE;
		if (s->format->whole ? recent && !(known && known->refused) : is_news(s, &all.alerts[i]))
			v[s->report.count++] = all.alerts[i];
	}
	s->report.alerts = v;
	s->delivered = arena_alloc(&s->run.arena, s->report.count + 1);
	s->refused = arena_alloc(&s->run.arena, s->report.count + 1);
}

/* --- the sender --- */

/* 0, or ERR_IO with the reason in *reterr. */
static int run_sender(struct sending *s, const struct alert_report *report, struct err *reterr)
{
	struct buf payload = {0};
	struct child child;
	char failure[32];
	s->format->write(report, &payload);
	int e = child_start(s->opts->value[OPT_SEND], buf_str(&payload), &child, reterr);
	buf_done(&payload);
	if (e)
		return e;
	while (child_look(&child) == CHILD_RUNNING && s->left_ms > 0 && !(s->env->stop && *s->env->stop)) {
		(void)nanosleep(&(struct timespec){.tv_nsec = STEP_MS * 1000000L}, NULL);
		s->left_ms -= STEP_MS;
	}
	if (child_look(&child) == CHILD_RUNNING) {
		child_kill(&child);
		return err_set(reterr, ERR_IO, "the sender did not end within %u s and was ended", opts_number(s->opts, OPT_TIMEOUT, USUAL_LIMIT_S));
	}
	child_failure(&child, failure);
	return failure[0] ? err_set(reterr, ERR_IO, "the sender failed: %s", failure) : 0;
}

/* One bad alert must not keep the others from being told: each goes alone, and what fails while others arrive was refused. */
static int send_each(struct sending *s, struct err *reterr)
{
	size_t arrived = 0;
	for (size_t i = 0; i < s->report.count && s->left_ms > 0; i++) {
		struct alert_report one = s->report;
		struct err e = {0};
		one.alerts = &s->report.alerts[i];
		one.count = 1;
		s->delivered[i] = run_sender(s, &one, &e) == 0;
		s->refused[i] = !s->delivered[i] && s->left_ms > 0;
		arrived += s->delivered[i];
	}
	for (size_t i = 0; i < s->report.count; i++) {
		s->refused[i] = s->refused[i] && arrived;
		if (s->refused[i])
			diag_error("alert %lld was refused by the receiver and is not sent again", (long long)s->report.alerts[i].id);
	}
	if (arrived == s->report.count)
		return 0;
	return arrived ? err_set(reterr, ERR_IO, "the sender delivered %zu of %zu alerts", arrived, s->report.count) : ERR_IO;
}

static int send_all(struct sending *s, struct err *reterr)
{
	int e = run_sender(s, &s->report, reterr);
	if (e && s->report.count > 1 && s->left_ms > 0)
		return send_each(s, reterr);
	for (size_t i = 0; !e && i < s->report.count; i++)
		s->delivered[i] = true;
	return e;
}

/* --- remembering --- */

static void note_one(struct sending *s, struct alert *al, size_t at, instant now)
{
	struct alert_sent *known = sent_of(s, al->id);
	if (!known) {
		known = vec_push(&s->a.book.sent);
		*known = (struct alert_sent){.alert = al->id, .receiver = str_z(s->receiver)};
	}
	known->changed = true;
	known->attempts = s->delivered[at] ? 0 : known->attempts + 1;
	known->refused = s->refused[at];
	if (!s->delivered[at])
		return;
	known->phase = s->report.alerts[at].phase;
	al->told = known->phase;
	al->last_sent = now;
	al->changed = true;
}

/* The book as it is now, to be written. *ret is the caller's, also behind an error. */
static int reopen_book(struct sending *s, const char *path, struct timeline **ret, struct err *reterr)
{
	const int e = timeline_open(&(struct timeline_options){.path = path, .lock_wait_s = opts_number(s->opts, OPT_LOCK_WAIT, 5)}, ret, reterr);
	if (e)
		return e;
	alert_book_done(&s->a.book);
	return timeline_load_alerts(*ret, &s->run.arena, &s->a.book, reterr);
}

/* The book may have moved on while the sender ran: what was sent is noted on what stands there now. */
static int note_sent(struct sending *s, const char *path, struct err *reterr)
{
	struct timeline *t = NULL;
	int e = reopen_book(s, path, &t, reterr);
	for (size_t i = 0; !e && i < s->report.count; i++)
		for (size_t k = 0; k < s->a.book.alerts.n; k++)
			if (s->a.book.alerts.v[k].id == s->report.alerts[i].id)
				note_one(s, &s->a.book.alerts.v[k], i, s->a.now);
	if (!e)
		e = timeline_save_alerts(t, &s->a.book, reterr);
	timeline_close(t);
	return e;
}

static int send(struct sending *s, const char *path, struct err *reterr)
{
	struct err failure = {0};
	s->format = format_of(s->opts, "webhook");
	if (str_eq(str_z(s->format->name), S("text")))
		return err_set(reterr, ERR_USAGE, "--send: text is for people; choose --format alertmanager, webhook or slack");
	s->left_ms = (int64_t)opts_number(s->opts, OPT_TIMEOUT, USUAL_LIMIT_S) * 1000;
	hash128_hex(hash128(str_z(s->opts->value[OPT_SEND])), s->receiver);
	choose(s);
	if (s->report.count == 0)
		return 0;
	const int sent = send_all(s, &failure);
	const int noted = note_sent(s, path, reterr);
	if (noted || !sent)
		return noted;
	*reterr = failure;
	size_t open = 0;
	for (size_t i = 0; i < s->report.count; i++)
		open += !s->delivered[i] && !s->refused[i];
	if (open)
		err_hint(reterr, "%zu alert%s unsent; the next --send tries again", open, open == 1 ? " stays" : "s stay");
	return ERR_DB; /* exit code 4: could not be delivered */
}

/* --- acknowledging, listing --- */

static int acknowledge(struct sending *s, const char *path, struct err *reterr)
{
	const char *which = s->opts->value[OPT_ACK];
	const bool all = str_eq(str_z(which), S("all"));
	uint64_t id = 0;
	size_t found = 0;
	if (!all && !str_u64(str_z(which), &id)) {
		const int code = err_set(reterr, ERR_USAGE, "--ack: '%s' is no number of an alert", which);
		err_hint(reterr, "mcplog alerts shows them; --ack all takes all");
		return code;
	}
	struct timeline *t = NULL;
	int e = reopen_book(s, path, &t, reterr);
	for (size_t i = 0; !e && i < s->a.book.alerts.n; i++) {
		struct alert *al = &s->a.book.alerts.v[i];
		if (al->phase == ALERT_PENDING || (!all && (uint64_t)al->id != id))
			continue;
		al->acked_at = s->a.now;
		al->changed = true;
		found++;
	}
	if (!e)
		e = timeline_save_alerts(t, &s->a.book, reterr);
	timeline_close(t);
	if (!e && !found && !all)
		e = err_set(reterr, ERR_USAGE, "there is no alert %s", which);
	return e;
}

static int list(struct sending *s, struct err *reterr)
{
	struct buf text = {0};
	const struct alert_report r = alerting_report(&s->a, s->env, s->opts);
	(void)reterr;
	format_of(s->opts, "text")->write(&r, &text);
	const int code = command_print(s->env, buf_str(&text));
	buf_done(&text);
	return code ? ERR_IO : 0;
}

static int alerts(struct sending *s, struct err *reterr)
{
	const struct opts *o = s->opts;
	const char *path = o->value[OPT_DB];
	if (o->arg_count)
		return err_set(reterr, ERR_USAGE, "alerts takes no arguments: '%s' is one too many", o->args[0]);
	if (opts_has(o, OPT_ACK) && opts_has(o, OPT_SEND))
		return err_set(reterr, ERR_USAGE, "--ack and --send: one at a time");
	int e = path ? 0 : places_database(s->env, &s->run.arena, false, &path, reterr);
	if (!e && opts_has(o, OPT_ACK))
		return acknowledge(s, path, reterr);
	if (!e)
		e = alerting_load(&s->run, &s->a, reterr);
	if (e)
		return e;
	const int64_t age = s->a.now - s->a.book.marks.last_run;
	char ago[32];
	duration_format(age, ago);
	if (!s->a.book.marks.last_run)
		diag_warn("no check has run on this timeline yet; mcplog check makes alerts");
	else if (age > 3 * s->a.book.marks.interval)
		diag_warn("the last check is %s old; mcplog check brings alerts up to date", ago);
	return opts_has(o, OPT_SEND) ? send(s, path, reterr) : list(s, reterr);
}

int cmd_alerts(const struct env *env, const struct opts *opts)
{
	struct sending s = {.env = env, .opts = opts, .run = {.env = env, .opts = opts}};
	struct err e = {0};
	diag_quiet(opts_has(opts, OPT_QUIET));
	s.a.run = &s.run;
	struct when as_of = {0};
	int failed = opts_has(opts, OPT_AS_OF) ? when_parse("--as-of", opts->value[OPT_AS_OF], NULL, &as_of, &e) : 0;
	const instant now = as_of.type == WHEN_NONE ? env->now : when_resolve(&as_of, env->now);
	s.a.now = now == INSTANT_NONE ? 0 : now - now % MILLISECOND;
	if (!failed)
		failed = alerts(&s, &e);
	alert_book_done(&s.a.book);
	arena_done(&s.run.arena);
	if (!failed)
		return EXIT_CODE_COMPLETE;
	e.code = failed;
	return e.text[0] ? command_failed(env, &e) : EXIT_CODE_OUTPUT;
}
