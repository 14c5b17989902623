/* The alerts as a list for people: what fires first, each with what was told of it; what fires with its calls and what to do. */
#include "report/alerts.h"

#include "base/utf8.h"
#include "report/page.h"

enum { INDENT = 5, COLUMNS = 80 };

static void put_time(struct buf *out, const char *word, instant at)
{
	char text[32];
	if (at == INSTANT_NONE)
		return;
	instant_format(at, text);
	buf_printf(out, "%s %.10s %.5s", word, text, text + 11);
}

static void put_told(struct buf *out, const struct alert *al)
{
	if (al->acked_at != INSTANT_NONE)
		put_time(out, ", acknowledged", al->acked_at);
	if (al->last_sent == INSTANT_NONE)
		buf_addz(out, ", not sent");
	else if (al->told != al->phase)
		put_time(out, ", end not sent, last", al->last_sent);
	else
		put_time(out, ", sent", al->last_sent);
}

/* What it means and what to do, then the calls. */
static void put_more(struct buf *out, const struct alert *al)
{
	const struct facts none = {0};
	const struct report_options options = {.columns = COLUMNS, .since = INSTANT_NONE, .until = INSTANT_NONE};
	struct page p;
	str calls = al->examples;
	page_init(&p, &none, &options, out);
	if (al->detail.n) {
		page_to(&p, INDENT);
		page_wrap(&p, INK_PLAIN, al->detail, INDENT, 0);
	}
	while (calls.n) {
		page_to(&p, INDENT);
		page_wrap(&p, INK_PLAIN, str_word(&calls, '\n'), INDENT + 2, 0);
	}
	page_done(&p);
}

static void put_alert(struct buf *out, const struct alert *al)
{
	char waited[32];
	buf_printf(out, "%-4lld %-8s %-8s %s  ", (long long)al->id, alert_phase_name(al->phase), severity_name(al->severity), alert_kind_name(al->kind));
	utf8_terminal(out, al->server, false);
	buf_addz(out, "  ");
	utf8_terminal(out, al->cause, false);
	buf_addz(out, "\n     ");
	utf8_terminal(out, al->summary, false);
	buf_addz(out, "\n     ");
	put_time(out, "since", al->since != INSTANT_NONE ? al->since : al->fired_at);
	if (al->phase == ALERT_RESOLVED)
		put_time(out, ", over", al->resolved_at);
	buf_printf(out, ", %u call%s", al->calls, al->calls == 1 ? "" : "s");
	if (al->kind == ALERT_STUCK && al->phase == ALERT_FIRING) {
		duration_format(al->oldest, waited);
		buf_printf(out, ", waiting for %s", waited);
	}
	put_told(out, al);
	buf_byte(out, '\n');
	if (al->phase == ALERT_FIRING)
		put_more(out, al);
}

void report_alert_list(const struct alert_report *r, struct buf *out)
{
	size_t firing = 0;
	for (size_t i = 0; i < r->count; i++)
		if (r->alerts[i].phase == ALERT_FIRING && ++firing)
			put_alert(out, &r->alerts[i]);
	for (size_t i = r->count; i-- > 0;)
		if (r->alerts[i].phase == ALERT_RESOLVED)
			put_alert(out, &r->alerts[i]);
	buf_printf(out, "%zu alert%s, %zu firing (UTC)\n", r->count, r->count == 1 ? "" : "s", firing);
}
