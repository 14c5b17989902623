/*
 * The line of a monitoring plugin (Monitoring Plugins guidelines; Nagios, Icinga and all that call such programs): status, text,
 * `|`, performance data; then the long text. `|` and `;` mean something to them, so they are replaced in all text; so are control
 * bytes. The worst finding comes first, and what could not be looked at is named even when something worse was found.
 */
#include "report/alerts.h"

#include "base/utf8.h"

enum { FIRST_LINE = 200, ALL = 4000, NAMES = 2 };

static const char *check_code_name(enum check_code c)
{
	static const char *const names[] = {[CHECK_OK] = "OK", [CHECK_WARNING] = "WARNING", [CHECK_CRITICAL] = "CRITICAL", [CHECK_UNKNOWN] = "UNKNOWN"};
	return names[c <= CHECK_UNKNOWN ? c : CHECK_UNKNOWN];
}

static void clean(struct buf *out, str text)
{
	const size_t at = out->n;
	utf8_terminal(out, text, false);
	for (size_t i = at; i < out->n; i++) {
		if (out->p[i] == '|')
			out->p[i] = '/';
		else if (out->p[i] == ';')
			out->p[i] = ',';
		else if (out->p[i] == '\t')
			out->p[i] = ' ';
	}
}

/* The tool of the first example: what stands before " since ". */
static str tool_of(const struct alert *al)
{
	const ptrdiff_t at = str_find(al->examples, S(" since "));
	return at < 0 ? STR_NONE : str_head(al->examples, (size_t)at);
}

static void put_where(struct buf *out, const struct alert *al)
{
	clean(out, al->server);
	if (tool_of(al).n) {
		buf_byte(out, '/');
		clean(out, tool_of(al));
	}
	buf_addz(out, ", ");
	clean(out, al->cause);
}

static bool is_held(const struct check_report *r, const struct alert *al) { return al->kind == ALERT_STUCK && al->active_at < r->now; }

static const char *comma(const struct buf *out, size_t start) { return out->n > start ? ", " : ""; }

/* The alerts of a kind in brackets, the worst first as they come. */
static void put_names(struct buf *out, const struct check_report *r, enum alert_kind kind, bool held)
{
	unsigned n = 0;
	for (size_t i = 0; i < r->count; i++) {
		const struct alert *al = &r->alerts[i];
		if (al->kind != kind || is_held(r, al) != held)
			continue;
		if (n < NAMES) {
			buf_addz(out, n ? " + " : " (");
			put_where(out, al);
		}
		n++;
	}
	if (n > NAMES)
		buf_printf(out, " and %u more", n - NAMES);
	if (n)
		buf_byte(out, ')');
}

static unsigned count_kind(const struct check_report *r, enum alert_kind kind, bool held)
{
	unsigned n = 0;
	for (size_t i = 0; i < r->count; i++)
		n += r->alerts[i].kind == kind && is_held(r, &r->alerts[i]) == held;
	return n;
}

static void findings(struct buf *out, const struct check_report *r)
{
	const size_t start = out->n;
	if (r->stuck && count_kind(r, ALERT_STUCK, false)) {
		buf_printf(out, "%u stuck call%s, oldest %llds", r->stuck, r->stuck == 1 ? "" : "s", (long long)(r->oldest / SECOND));
		put_names(out, r, ALERT_STUCK, false);
	}
	if (count_kind(r, ALERT_STUCK, true)) {
		buf_printf(out, "%sjust over", comma(out, start));
		put_names(out, r, ALERT_STUCK, true);
	}
	if (r->incidents) {
		buf_printf(out, "%s%u new incident%s", comma(out, start), r->incidents, r->incidents == 1 ? "" : "s");
		put_names(out, r, ALERT_INCIDENT, false);
	}
	if (r->unknown.n) {
		buf_addz(out, comma(out, start));
		if (r->code != CHECK_UNKNOWN)
			buf_addz(out, "UNKNOWN: ");
		clean(out, r->unknown);
	}
	if (r->first.n) {
		buf_addz(out, comma(out, start));
		clean(out, r->first);
	}
	if (out->n == start)
		clean(out, r->fine);
	if (count_kind(r, ALERT_ABANDONED, false)) {
		buf_printf(out, "%scall abandoned", comma(out, start));
		put_names(out, r, ALERT_ABANDONED, false);
	}
}

static void perf(struct buf *out, const struct check_report *r)
{
	buf_printf(out, " | stuck=%u;0;;0 oldest=%llds;%s;%s;0 new=%u;%s;%s;0 events=%lldc", r->stuck, (long long)(r->oldest / SECOND), r->warn, r->crit,
		r->incidents, r->incidents_warn, r->incidents_crit, (long long)r->events);
}

void report_status_word(enum check_code code, str text, struct buf *out)
{
	struct buf safe = {0};
	clean(&safe, text);
	buf_printf(out, "MCPLOG %s: ", check_code_name(code));
	buf_add(out, utf8_limit(buf_str(&safe), 2 * FIRST_LINE));
	buf_byte(out, '\n');
	buf_done(&safe);
}

/* --- the long text --- */

static void long_alert(struct buf *out, const struct check_report *r, const struct alert *al)
{
	buf_printf(out, "%s %lld: ", alert_kind_name(al->kind), (long long)al->id);
	clean(out, al->summary);
	buf_addz(out, " (");
	put_where(out, al);
	buf_printf(out, "%s)\n", is_held(r, al) ? ", over" : "");
	if (r->verbose < 2)
		return;
	str rest = al->examples;
	while (rest.n) {
		buf_addz(out, "  ");
		clean(out, str_word(&rest, '\n'));
		buf_byte(out, '\n');
	}
	if (al->detail.n) {
		buf_addz(out, "  ");
		clean(out, al->detail);
		buf_byte(out, '\n');
	}
}

static void long_text(struct buf *out, const struct check_report *r)
{
	const size_t start = out->n;
	for (size_t i = 0; i < r->count && out->n - start < ALL; i++)
		long_alert(out, r, &r->alerts[i]);
	for (size_t i = 0; i < r->more_count && out->n - start < ALL; i++) {
		clean(out, r->more[i]);
		buf_byte(out, '\n');
	}
}

void report_status(const struct check_report *r, struct buf *out)
{
	struct buf data = {0};
	const size_t start = out->n;
	perf(&data, r);
	buf_printf(out, "MCPLOG %s: ", check_code_name(r->code));
	findings(out, r);
	const size_t room = FIRST_LINE > data.n + 40 ? FIRST_LINE - data.n : 40;
	if (out->n - start > room) {
		out->n = start + utf8_limit((str){out->p + start, out->n - start}, room - 3).n;
		buf_addz(out, "...");
	}
	buf_add(out, buf_str(&data));
	buf_byte(out, '\n');
	if (r->verbose)
		long_text(out, r);
	if (out->n - start > ALL) {
		out->n = start + utf8_limit((str){out->p + start, out->n - start}, ALL - 1).n;
		buf_byte(out, '\n');
	}
	buf_done(&data);
}
