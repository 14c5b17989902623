/*
 * Alerts as JSON: for Alertmanager's API v2, for any webhook, for Slack and its kin. Labels are an alert's identity and never
 * change while it lasts; numbers and ids are annotations.
 */
#include "report/alerts.h"

#define RESOLVE_AGAIN (15 * MINUTE) /* a resolved alert is sent again for so long */
#define LEAST_INTERVAL MINUTE
enum { SILENT_RUNS = 4, SLACK_MOST = 2900, WEBHOOK_MOST = 500 };

static void member(struct json_out *w, const char *key, str value)
{
	json_key(w, key);
	json_str(w, value);
}

static instant start_of(const struct alert *al, instant now)
{
	const instant at = al->since != INSTANT_NONE ? al->since : al->fired_at;
	return at > now ? now : at;
}

static void labels(struct json_out *w, const struct alert *al, str host)
{
	member(w, "alertname", str_z(alert_kind_name(al->kind)));
	member(w, "server", al->server);
	member(w, "cause", al->cause);
	member(w, "severity", str_z(severity_name(al->severity)));
	if (host.n)
		member(w, "host", host);
}

static void number_text(struct json_out *w, const char *key, int64_t n)
{
	struct buf b = {0};
	buf_printf(&b, "%lld", (long long)n);
	member(w, key, buf_str(&b));
	buf_done(&b);
}

static void annotations(struct json_out *w, const struct alert *al)
{
	json_key(w, "annotations");
	json_open(w, '{');
	member(w, "summary", al->summary);
	member(w, "description", al->detail);
	member(w, "examples", al->examples);
	number_text(w, "calls", al->calls);
	if (al->kind == ALERT_STUCK)
		number_text(w, "oldest_seconds", al->oldest / SECOND);
	number_text(w, "mcplog_alert", al->id);
	json_close(w, '}');
}

/* A new alert with the same labels speaks for the old one. */
static bool is_replaced(const struct alert_report *r, const struct alert *old)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct alert *al = &r->alerts[i];
		if (al != old && al->kind == old->kind && al->severity == old->severity && str_eq(al->server, old->server) && str_eq(al->cause, old->cause)
			&& (al->phase == ALERT_FIRING || (al->phase == ALERT_RESOLVED && al->id > old->id)))
			return true;
	}
	return false;
}

static void put_alert(struct json_out *w, const struct alert_report *r, const struct alert *al)
{
	const int64_t interval = r->interval > LEAST_INTERVAL ? r->interval : LEAST_INTERVAL;
	const bool firing = al->phase == ALERT_FIRING;
	instant start = start_of(al, r->now), end = firing ? r->now + SILENT_RUNS * interval : al->resolved_at < r->now ? al->resolved_at : r->now;
	if (start > end)
		start = end;
	json_open(w, '{');
	json_key(w, "labels");
	json_open(w, '{');
	labels(w, al, r->host);
	json_close(w, '}');
	annotations(w, al);
	json_member_time(w, "startsAt", start);
	json_member_time(w, "endsAt", end);
	json_close(w, '}');
}

void report_alertmanager(const struct alert_report *r, struct buf *out)
{
	struct json_out w = {.out = out};
	json_open(&w, '[');
	for (size_t i = 0; i < r->count; i++) {
		const struct alert *al = &r->alerts[i];
		if (al->phase == ALERT_FIRING || (al->phase == ALERT_RESOLVED && r->now - al->resolved_at <= RESOLVE_AGAIN && !is_replaced(r, al)))
			put_alert(&w, r, al);
	}
	json_close(&w, ']');
	buf_byte(out, '\n');
}

/* --- any webhook --- */

static void examples(struct json_out *w, str lines)
{
	json_key(w, "examples");
	json_open(w, '[');
	while (lines.n)
		json_str(w, str_word(&lines, '\n'));
	json_close(w, ']');
}

static void webhook_alert(struct json_out *w, const struct alert_report *r, const struct alert *al)
{
	json_open(w, '{');
	json_key(w, "id");
	json_num(w, al->id);
	member(w, "status", str_z(alert_phase_name(al->phase)));
	labels(w, al, r->host);
	json_member_time(w, "starts_at", start_of(al, r->now));
	json_member_time(w, "fired_at", al->fired_at);
	json_member_time(w, "resolved_at", al->phase == ALERT_RESOLVED ? al->resolved_at : INSTANT_NONE);
	member(w, "summary", al->summary);
	member(w, "description", al->detail);
	json_key(w, "calls");
	json_num(w, al->calls);
	json_key(w, "oldest_s");
	if (al->kind == ALERT_STUCK)
		json_num(w, al->oldest / SECOND);
	else
		json_null(w);
	examples(w, al->examples);
	json_close(w, '}');
}

void report_webhook(const struct alert_report *r, struct buf *out)
{
	struct json_out w = {.out = out};
	size_t firing = 0;
	json_open(&w, '{');
	member(&w, "schema", S("mcplog.alerts/1"));
	member(&w, "version", r->version);
	json_member_time(&w, "sent_at", r->now);
	member(&w, "host", r->host);
	for (size_t i = 0; i < r->count; i++)
		firing += r->alerts[i].phase == ALERT_FIRING;
	json_key(&w, "firing");
	json_num(&w, (int64_t)firing);
	json_key(&w, "omitted");
	json_num(&w, r->count > WEBHOOK_MOST ? (int64_t)(r->count - WEBHOOK_MOST) : 0);
	json_key(&w, "alerts");
	json_open(&w, '[');
	for (size_t i = 0; i < r->count && i < WEBHOOK_MOST; i++)
		webhook_alert(&w, r, &r->alerts[i]);
	json_close(&w, ']');
	json_close(&w, '}');
	buf_byte(out, '\n');
}

/* --- Slack --- */

/* `<!channel>` in a log must not call everybody. */
static void slack_text(struct buf *out, str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '&')
			buf_addz(out, "&amp;");
		else if (s.p[i] == '<')
			buf_addz(out, "&lt;");
		else if (s.p[i] == '>')
			buf_addz(out, "&gt;");
		else
			buf_byte(out, s.p[i]);
	}
}

static void slack_alert(struct buf *out, const struct alert_report *r, const struct alert *al)
{
	char waited[32];
	if (out->n)
		buf_byte(out, '\n');
	if (al->phase == ALERT_RESOLVED)
		buf_addz(out, "OVER: ");
	else
		buf_printf(out, "%s: ", al->kind == ALERT_ABANDONED ? "abandoned" : severity_name(al->severity));
	slack_text(out, al->summary);
	buf_addz(out, " (");
	slack_text(out, al->server);
	buf_addz(out, ", ");
	slack_text(out, al->cause);
	if (al->calls > 1)
		buf_printf(out, ", %u calls", al->calls);
	if (al->phase == ALERT_FIRING && al->kind == ALERT_STUCK) {
		duration_format(al->oldest, waited);
		buf_printf(out, ", waiting for %s", waited);
	}
	buf_addz(out, r->host.n ? ") on " : ")");
	slack_text(out, r->host);
	if (al->phase == ALERT_FIRING && al->detail.n) {
		buf_addz(out, "\n&gt; ");
		slack_text(out, al->detail);
	}
}

void report_slack(const struct alert_report *r, struct buf *out)
{
	struct buf text = {0};
	size_t i = 0;
	for (; i < r->count; i++) {
		const size_t before = text.n;
		slack_alert(&text, r, &r->alerts[i]);
		if (text.n > SLACK_MOST) {
			text.n = before;
			break;
		}
	}
	if (i < r->count)
		buf_printf(&text, "%sand %zu more", text.n ? "\n" : "", r->count - i);
	if (r->count == 0)
		buf_addz(&text, "mcplog: no alerts");
	struct json_out w = {.out = out};
	json_open(&w, '{');
	member(&w, "text", buf_str(&text));
	json_close(&w, '}');
	buf_byte(out, '\n');
	buf_done(&text);
}
