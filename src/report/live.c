/* See live.h. The words of an incident are its title, summary and advice, which come from the knowledge; here are only the words
 * that hold for all: that a call has waited, that something changed, that it is over. */
#include "report/live.h"

#include "report/formats.h"
#include "report/page.h"

#include <stdio.h>

enum { INDENT = 2, LINES = 3 };

static const char *const kind_names[] = {[LIVE_BEGIN] = "begin", [LIVE_CHANGE] = "change", [LIVE_END] = "end"};

const char *live_kind_name(enum live_kind k)
{
	return kind_names[k];
}

/* Up to the end of the first sentence; abbreviations have no blank behind their full stop in these texts. */
static str first_sentence(str text)
{
	const ptrdiff_t line = str_chr(text, '\n'), stop = str_find(text, S(". "));
	if (stop >= 0 && (line < 0 || stop < line))
		return str_head(text, (size_t)stop + 1);
	const bool whole = line > 0 && text.p[line - 1] == '.';
	return whole ? str_head(text, (size_t)line) : text;
}

/* "list_schemas on pg-mcp has waited 65 s" */
static void subject(const struct incident *i, struct buf *out)
{
	char text[32];
	size_t open = 0;
	for (size_t k = 0; k < i->call_count; k++)
		open += i->calls[k]->ending == ENDING_STILL_OPEN;
	if (open == 0 || i->duration < 0) {
		buf_add(out, i->title);
		return;
	}
	duration_format(i->duration, text);
	const struct call *c = i->calls[0];
	if (i->call_count == 1 && c->tool.n)
		buf_printf(out, "%.*s on %.*s has waited %s", STR_ARG(c->tool), STR_ARG(i->server), text);
	else
		buf_printf(out, "%zu %s on %.*s waited, the first for %s", i->call_count, i->call_count == 1 ? "call" : "calls", STR_ARG(i->server), text);
}

static void head(struct page *p, const struct live_event *e, instant now)
{
	static const enum ink inks[] = {[SEVERITY_INFO] = INK_BOLD, [SEVERITY_WARNING] = INK_YELLOW, [SEVERITY_CRITICAL] = INK_RED};
	static const char *const words[] = {[SEVERITY_INFO] = "INFO", [SEVERITY_WARNING] = "WARNING", [SEVERITY_CRITICAL] = "CRITICAL"};
	const struct incident *i = e->incident;
	char clock[32];
	page_clock(now, clock);
	page_text(p, INK_DIM, str_from(str_z(clock), sizeof "2026-05-17 " - 1));
	page_literal(p, INK_PLAIN, " ");
	if (e->kind == LIVE_BEGIN)
		page_literal(p, inks[i->severity], words[i->severity]);
	else
		page_literal(p, e->kind == LIVE_END ? INK_GREEN : INK_YELLOW, e->kind == LIVE_END ? "OVER" : "CHANGED");
	page_printf(p, INK_CYAN, " %.*s", STR_ARG(i->cause));
	page_printf(p, INK_DIM, " · %s · %.*s", confidence_name(i->confidence), STR_ARG(str_head(i->id, 15)));
	page_end(p);
}

void report_live_text(const struct facts *f, const struct live_event *e, instant now, const struct report_options *o, struct buf *out)
{
	struct page p;
	struct buf text = {0};
	const struct incident *i = e->incident;
	page_init(&p, f, o, out);
	head(&p, e, now);
	if (e->why.n)
		buf_printf(&text, "%.*s: ", STR_ARG(e->why));
	if (e->kind == LIVE_END)
		buf_add(&text, i->title);
	else
		subject(i, &text);
	const str says = first_sentence(i->summary);
	if (e->kind != LIVE_END && says.n) {
		buf_printf(&text, ". %.*s", STR_ARG(says));
		for (size_t k = 0; k < i->advice_count; k++)
			if (i->advice[k].now) {
				buf_printf(&text, " %.*s", STR_ARG(first_sentence(i->advice[k].text)));
				break;
			}
	} else {
		buf_byte(&text, '.');
	}
	page_to(&p, INDENT);
	page_wrap(&p, INK_PLAIN, buf_str(&text), INDENT, LINES);
	page_done(&p);
	buf_done(&text);
}

void report_live_json(const struct live_event *e, instant now, struct buf *out)
{
	struct json_out w = {.out = out};
	char text[32];
	instant_format(now, text);
	json_open(&w, '{');
	json_key(&w, "type");
	json_str(&w, str_z(live_kind_name(e->kind)));
	json_key(&w, "at");
	json_str(&w, str_z(text));
	json_key(&w, "why");
	if (e->why.n)
		json_str(&w, e->why);
	else
		json_null(&w);
	json_key(&w, "incident");
	json_incident(&w, e->incident, NULL);
	json_close(&w, '}');
	buf_byte(out, '\n');
}
