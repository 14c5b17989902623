/*
 * One incident on one screen: what happened, the decisive lines, what was ruled out, what to do. Which lines are decisive
 * is a matter of their role, not of their order; what is left out is counted, and `mcplog explain` shows it.
 */
#include "report/text_incident.h"

#include <stdio.h>

#include "base/utf8.h"

enum { SHOWN_EVIDENCE = 8, SHOWN_REASONS = 3, SHOWN_CALLS = 4, SHOWN_ADVICE = 2, OFFSET_COLUMNS = 11, SHORT_ID = 15 };

static enum ink severity_ink(enum severity s)
{
	static const enum ink inks[] = {[SEVERITY_INFO] = INK_BOLD, [SEVERITY_WARNING] = INK_YELLOW, [SEVERITY_CRITICAL] = INK_RED};
	return inks[s];
}

static void upper(const char *word, char ret[16])
{
	size_t i = 0;
	for (; word[i] && i < 15; i++)
		ret[i] = word[i] >= 'a' && word[i] <= 'z' ? (char)(word[i] - 'a' + 'A') : word[i];
	ret[i] = 0;
}

void text_label(struct page *p, const char *label)
{
	page_to(p, 3);
	page_literal(p, INK_DIM, label);
	page_to(p, LABEL_INDENT);
}

static void when_and_state(struct page *p, const struct incident *i)
{
	char clock[32];
	struct buf line = {0}, trigger = {0};
	if (i->started_at != INSTANT_NONE) {
		page_clock(i->started_at, clock);
		buf_printf(&line, "%s UTC · ", clock);
	}
	buf_printf(&line, "%s · %.*s", state_name(i->state), STR_ARG(str_head(i->id, p->options->verbose ? i->id.n : SHORT_ID)));
	if (i->trigger.n && !str_eq(i->trigger, S("none-observed")))
		buf_printf(&trigger, " · trigger %.*s", STR_ARG(i->trigger));
	if (TEXT_INDENT + utf8_width(buf_str(&line)) + utf8_width(buf_str(&trigger)) <= p->options->columns)
		buf_add(&line, buf_str(&trigger));
	page_to(p, TEXT_INDENT);
	page_wrap(p, INK_DIM, buf_str(&line), TEXT_INDENT, 0);
	buf_done(&line);
	buf_done(&trigger);
}

void text_incident_head(struct page *p, const struct incident *i)
{
	char word[16];
	struct buf cause = {0}, safe = {0};
	upper(severity_name(i->severity), word);
	page_literal(p, severity_ink(i->severity), word);
	page_to(p, TEXT_INDENT);
	buf_printf(&cause, "%.*s · %s", STR_ARG(i->cause), confidence_name(i->confidence));
	utf8_terminal(&safe, i->title, false);
	if (TEXT_INDENT + utf8_width(buf_str(&safe)) + 3 + utf8_width(buf_str(&cause)) <= p->options->columns) {
		page_text(p, INK_BOLD, i->title);
		page_literal(p, INK_PLAIN, "   ");
	} else {
		page_wrap(p, INK_BOLD, i->title, TEXT_INDENT, 3);
		page_to(p, TEXT_INDENT);
	}
	page_text(p, INK_CYAN, buf_str(&cause));
	page_end(p);
	buf_done(&cause);
	buf_done(&safe);
	when_and_state(p, i);
	if (i->summary.n) {
		page_to(p, TEXT_INDENT);
		page_wrap(p, INK_PLAIN, i->summary, TEXT_INDENT, 0);
	}
}

str text_without_time(str line)
{
	instant at;
	str rest = line;
	if (rest.n > 25 && rest.p[24] == ' ' && rest.p[23] == 'Z' && instant_iso24(rest.p, &at))
		rest = str_from(rest, 25);
	if (rest.n && rest.p[0] == '[') {
		const ptrdiff_t close = str_chr(rest, ']');
		size_t i = 1;
		while (close > 0 && i < (size_t)close && rest.p[i] >= 'A' && rest.p[i] <= 'Z')
			i++;
		if (close > 1 && i == (size_t)close)
			rest = str_trim(str_from(rest, i + 1));
	}
	return rest.n ? rest : line;
}

/* Without `… "server": `, which stands in the title already. */
str text_without_server(str line, str server)
{
	enum { FAR = 16 };
	const ptrdiff_t at = server.n ? str_find(str_head(line, FAR + server.n), server) : -1;
	if (at < 1 || line.p[at - 1] != '"')
		return line;
	const str rest = str_from(line, (size_t)at + server.n);
	return str_starts(rest, S("\": ")) && rest.n > 3 ? str_from(rest, 3) : line;
}

void text_offset(instant at, instant start, char ret_text[32])
{
	ret_text[0] = 0;
	if (at == INSTANT_NONE || start == INSTANT_NONE)
		return;
	int64_t ms = (at - start) / MILLISECOND;
	const char sign = ms < 0 ? '-' : '+';
	ms = ms < 0 ? -ms : ms;
	if (ms < 10000000)
		snprintf(ret_text, 32, "%c%lld.%03lld s", sign, (long long)(ms / 1000), (long long)(ms % 1000));
	else
		snprintf(ret_text, 32, "%c%lld:%02lld h", sign, (long long)(ms / 3600000), (long long)(ms / 60000 % 60));
}

/* Marks the lines to show: as many as fit, decisive roles first. */
static size_t choose_evidence(const struct incident *i, bool all, bool *ret_show)
{
	static const enum role order[] = {ROLE_TRIGGER, ROLE_START, ROLE_END, ROLE_ABSENCE, ROLE_BEAT, ROLE_CONTEXT};
	size_t shown = 0;
	const size_t limit = all || i->evidence_count <= SHOWN_EVIDENCE ? i->evidence_count : SHOWN_EVIDENCE;
	for (size_t r = 0; r < sizeof order / sizeof *order; r++)
		for (size_t k = 0; k < i->evidence_count && shown < limit; k++)
			if (i->evidence[k].role == order[r]) {
				ret_show[k] = true;
				shown++;
			}
	return i->evidence_count - shown;
}

/* The place as it will be written: control characters in names are shown as escapes. */
static str plain_place(const struct page *p, const struct line_ref *at, struct buf *ret_text)
{
	struct buf raw = {0};
	buf_reset(ret_text);
	page_plain(p, page_place(p, at, &raw), ret_text);
	buf_done(&raw);
	return buf_str(ret_text);
}

/* As wide as the widest place that fits; 0: no line has a place. */
static size_t place_columns(const struct page *p, const struct incident *i, const bool *show)
{
	struct buf place = {0};
	size_t widest = 0;
	bool too_wide = false;
	for (size_t k = 0; k < i->evidence_count; k++) {
		const struct line_ref at = evidence_place(&i->evidence[k]);
		const size_t width = show[k] ? utf8_width(plain_place(p, &at, &place)) : 0;
		too_wide = too_wide || width > PAGE_PLACE_COLUMNS;
		if (width > widest && width <= PAGE_PLACE_COLUMNS)
			widest = width;
	}
	buf_done(&place);
	return widest == 0 && too_wide ? PAGE_PLACE_COLUMNS : widest;
}

static void put_place(struct page *p, str place, size_t columns)
{
	const size_t cut = page_place_cut(place, columns);
	if (cut)
		page_literal(p, INK_CYAN, "…");
	page_text(p, INK_CYAN, str_from(place, cut));
}

static void evidence_line(struct page *p, const struct incident *i, const struct evidence *e, size_t place_width)
{
	enum { GAP = 2, START = OFFSET_COLUMNS + GAP };
	char offset[32];
	const struct line_ref at = evidence_place(e);
	struct buf place = {0}, text = {0};
	text_offset(evidence_moment(e), i->started_at, offset);
	page_to(p, OFFSET_COLUMNS > strlen(offset) ? OFFSET_COLUMNS - strlen(offset) : 0);
	page_literal(p, INK_PLAIN, offset);
	page_to(p, START);
	if (place_width) {
		put_place(p, plain_place(p, &at, &place), place_width);
		page_to(p, START + place_width + GAP);
	}
	buf_add(&text, e->role == ROLE_ABSENCE ? e->text : text_without_server(text_without_time(evidence_words(e)), i->server));
	if (e->times > 1)
		buf_printf(&text, " (×%u)", e->times);
	page_wrap(p, e->role == ROLE_TRIGGER ? INK_BOLD : INK_PLAIN, buf_str(&text), START + (place_width ? place_width + GAP : 0), 2);
	buf_done(&place);
	buf_done(&text);
}

static void evidence_lines(struct page *p, const struct incident *i)
{
	bool show[256] = {false};
	struct incident head = *i;
	if (head.evidence_count > sizeof show)
		head.evidence_count = sizeof show;
	const size_t left = choose_evidence(&head, p->options->verbose, show) + (i->evidence_count - head.evidence_count);
	const size_t width = place_columns(p, &head, show);
	for (size_t k = 0; k < head.evidence_count; k++)
		if (show[k])
			evidence_line(p, i, &head.evidence[k], width);
	if (left) {
		page_to(p, OFFSET_COLUMNS + 2);
		page_printf(p, INK_DIM, "%zu more line%s: mcplog explain %.*s", left, page_plural(left), STR_ARG(str_head(i->id, SHORT_ID)));
		page_end(p);
	}
}

static void calls(struct page *p, const struct incident *i)
{
	if (i->call_count < 2)
		return;
	struct buf line = {0};
	buf_printf(&line, "%zu affected: ", i->call_count);
	const size_t limit = p->options->verbose ? i->call_count : SHOWN_CALLS;
	for (size_t k = 0; k < i->call_count && k < limit; k++) {
		const struct call *c = i->calls[k];
		buf_addz(&line, k ? ", " : "");
		buf_add(&line, c->tool.n ? c->tool : S("unknown tool"));
		if (c->tool_use_id.n)
			buf_printf(&line, " %.*s", STR_ARG(c->tool_use_id));
		buf_printf(&line, " (%s)", ending_name(c->ending));
	}
	if (i->call_count > limit)
		buf_printf(&line, " and %zu more", i->call_count - limit);
	text_label(p, "calls");
	page_wrap(p, INK_PLAIN, buf_str(&line), LABEL_INDENT, 0);
	buf_done(&line);
}

/* "text (debug.txt:4)" */
static void add_place(const struct page *p, const struct line_ref *at, struct buf *line)
{
	struct buf place = {0};
	const str where = page_place(p, at, &place);
	const size_t cut = p->options->verbose ? 0 : page_place_cut(where, PAGE_PLACE_COLUMNS);
	if (where.n && str_find(buf_str(line), where) < 0)
		buf_printf(line, " (%s%.*s)", cut ? "…" : "", STR_ARG(str_from(where, cut)));
	buf_done(&place);
}

static void and_more(struct page *p, size_t count, size_t limit)
{
	if (count <= limit)
		return;
	page_to(p, LABEL_INDENT);
	page_printf(p, INK_DIM, "and %zu more", count - limit);
	page_end(p);
}

void text_alternatives(struct page *p, const struct incident *i, size_t limit)
{
	struct buf line = {0};
	for (size_t k = 0; k < i->ruled_out_count && k < limit; k++) {
		const struct ruled_out *r = &i->ruled_out[k];
		buf_reset(&line);
		buf_printf(&line, "%.*s: %.*s", STR_ARG(r->cause), STR_ARG(r->why));
		add_place(p, &r->at, &line);
		text_label(p, k ? "" : "ruled out");
		page_wrap(p, INK_PLAIN, buf_str(&line), LABEL_INDENT, 0);
	}
	and_more(p, i->ruled_out_count, limit);
	for (size_t k = 0; k < i->suspected_count && k < limit; k++) {
		const struct suspicion *s = &i->suspected[k];
		buf_reset(&line);
		buf_printf(&line, "%.*s: %.*s", STR_ARG(s->cause), STR_ARG(s->why));
		if (s->missing.n)
			buf_printf(&line, "%s Not proven: %.*s", str_ends(s->why, S(".")) ? "" : ".", STR_ARG(s->missing));
		add_place(p, &s->at, &line);
		text_label(p, k ? "" : "suspected");
		page_wrap(p, INK_PLAIN, buf_str(&line), LABEL_INDENT, 0);
	}
	and_more(p, i->suspected_count, limit);
	buf_done(&line);
}

static void advice_of(struct page *p, const struct incident *i, bool now, const char *label)
{
	struct buf line = {0};
	size_t shown = 0;
	const size_t limit = p->options->verbose ? SIZE_MAX : SHOWN_ADVICE;
	for (size_t k = 0; k < i->advice_count; k++) {
		const struct advice_line *a = &i->advice[k];
		if (a->now != now || shown++ >= limit)
			continue;
		buf_reset(&line);
		buf_add(&line, a->text);
		if (a->applies_to.n)
			buf_printf(&line, " [%.*s]", STR_ARG(a->applies_to));
		if (a->see.n && p->options->verbose)
			buf_printf(&line, " %.*s", STR_ARG(a->see));
		text_label(p, shown == 1 ? label : "");
		page_wrap(p, INK_PLAIN, buf_str(&line), LABEL_INDENT, 0);
	}
	and_more(p, shown, limit);
	buf_done(&line);
}

void text_advice(struct page *p, const struct incident *i)
{
	advice_of(p, i, true, "do now");
	advice_of(p, i, false, "for good");
}

void text_consequences(struct page *p, const struct incident *i, size_t limit)
{
	struct buf line = {0};
	for (size_t k = 0; k < i->consequence_count && k < limit; k++) {
		buf_reset(&line);
		buf_add(&line, i->consequences[k].what);
		add_place(p, &i->consequences[k].at, &line);
		text_label(p, k ? "" : "led to");
		page_wrap(p, INK_PLAIN, buf_str(&line), LABEL_INDENT, 0);
	}
	and_more(p, i->consequence_count, limit);
	buf_done(&line);
}

void text_incident(struct page *p, const struct incident *i)
{
	const size_t limit = p->options->verbose ? SIZE_MAX : SHOWN_REASONS;
	text_incident_head(p, i);
	evidence_lines(p, i);
	calls(p, i);
	text_alternatives(p, i, limit);
	text_advice(p, i);
	text_consequences(p, i, limit);
}
