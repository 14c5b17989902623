/*
 * --format markdown, and the pieces that an issue shares with it. Everything that comes from a log goes through md.c; headings
 * and labels are the only words of its own.
 */
#include "report/markdown.h"

#include "report/hidden.h"
#include "report/md.h"
#include "report/page.h"
#include "report/text_incident.h"

enum { SHOWN_TEXT = 240, SHOWN_ROWS = 40, SHORT_ID = 15 };

static void clock_of(struct buf *out, instant at)
{
	char text[32];
	if (at == INSTANT_NONE) {
		buf_addz(out, "—");
		return;
	}
	page_clock(at, text);
	buf_addz(out, text);
}

void markdown_row(struct buf *out, const char *name, str value)
{
	if (!value.n)
		return;
	buf_printf(out, "| %s | ", name);
	md_code(out, value);
	buf_addz(out, " |\n");
}

void markdown_head(struct buf *out, const struct incident *i)
{
	buf_printf(out, "**%s**, %s, %s · ", severity_name(i->severity), state_name(i->state), confidence_name(i->confidence));
	md_code(out, i->cause);
	buf_addz(out, " · ");
	md_code(out, i->id);
	buf_addz(out, "\n\n");
	if (i->summary.n) {
		md_text(out, i->summary);
		buf_addz(out, "\n\n");
	}
}

void markdown_evidence(struct buf *out, const struct incident *i, size_t most)
{
	if (!i->evidence_count)
		return;
	buf_addz(out, "| offset | role | line | text |\n|---:|---|---|---|\n");
	for (size_t k = 0; k < i->evidence_count && k < most; k++) {
		const struct evidence *e = &i->evidence[k];
		const struct line_ref at = evidence_place(e);
		char offset[32];
		text_offset(evidence_moment(e), i->started_at, offset);
		buf_printf(out, "| %s | %s | ", *offset ? offset : "—", role_name(e->role));
		if (!md_place(out, &at))
			buf_addz(out, "—");
		buf_addz(out, " | ");
		if (e->role == ROLE_ABSENCE || !e->text.n)
			md_text(out, evidence_text(e));
		else
			md_code_short(out, text_without_time(e->text), SHOWN_TEXT);
		if (e->times > 1)
			buf_printf(out, " ×%u", e->times);
		buf_addz(out, " |\n");
	}
	if (i->evidence_count > most)
		buf_printf(out, "| | | | and %zu more |\n", i->evidence_count - most);
	buf_byte(out, '\n');
}

static void alternative(struct buf *out, const char *what, str cause, str why, str missing, const struct line_ref *at)
{
	buf_printf(out, "| %s ", what);
	md_code(out, cause);
	buf_addz(out, " | ");
	md_text(out, why);
	if (missing.n) {
		buf_addz(out, ". Not proven: ");
		md_text(out, missing);
	}
	buf_addz(out, " | ");
	if (!md_place(out, at))
		buf_addz(out, "—");
	buf_addz(out, " |\n");
}

void markdown_alternatives(struct buf *out, const struct incident *i, size_t most)
{
	if (!i->ruled_out_count && !i->suspected_count)
		return;
	buf_addz(out, "| alternative | why | line |\n|---|---|---|\n");
	for (size_t k = 0; k < i->suspected_count && k < most; k++)
		alternative(out, "suspected:", i->suspected[k].cause, i->suspected[k].why, i->suspected[k].missing, &i->suspected[k].at);
	for (size_t k = 0; k < i->ruled_out_count && k < most; k++)
		alternative(out, "ruled out:", i->ruled_out[k].cause, i->ruled_out[k].why, STR_NONE, &i->ruled_out[k].at);
	buf_byte(out, '\n');
}

void markdown_advice(struct buf *out, const struct incident *i)
{
	for (size_t k = 0; k < i->advice_count; k++) {
		const struct advice_line *a = &i->advice[k];
		buf_addz(out, a->now ? "* now: " : "* for good: ");
		md_text(out, a->text);
		if (a->applies_to.n) {
			buf_addz(out, " (");
			md_text(out, a->applies_to);
			buf_byte(out, ')');
		}
		if (a->see.n) {
			buf_byte(out, ' ');
			md_link(out, a->see);
		}
		buf_byte(out, '\n');
	}
	if (i->advice_count)
		buf_byte(out, '\n');
}

static void summary(struct buf *out, const struct facts *f, size_t incidents)
{
	buf_printf(out, "%llu session%s, %llu call%s, %zu incident%s", (unsigned long long)f->sessions, page_plural(f->sessions), (unsigned long long)f->calls,
		page_plural(f->calls), incidents, page_plural(incidents));
	if (f->first != INSTANT_NONE) {
		buf_addz(out, " · ");
		clock_of(out, f->first);
		buf_addz(out, " – ");
		clock_of(out, f->last);
		buf_addz(out, " UTC");
	}
	buf_addz(out, "\n\n");
	if (f->calls_counted)
		buf_printf(out, "%llu call%s " REPORT_ONLY_COUNTED "\n\n", (unsigned long long)f->calls_counted, page_plural(f->calls_counted));
}

static void overview(struct buf *out, const struct facts *f, const struct report_options *o)
{
	buf_addz(out, "| began (UTC) | severity | what | server | state |\n|---|---|---|---|---|\n");
	for (size_t k = 0; k < f->incident_count; k++) {
		const struct incident *i = &f->incidents[k];
		if (!report_wants(o, i))
			continue;
		buf_addz(out, "| ");
		clock_of(out, i->started_at);
		buf_printf(out, " | %s | ", severity_name(i->severity));
		md_text(out, i->title);
		buf_addz(out, " | ");
		md_code(out, i->server);
		buf_printf(out, " | %s |\n", state_name(i->state));
	}
	buf_byte(out, '\n');
}

static void one_incident(struct buf *out, const struct incident *i)
{
	buf_addz(out, "## ");
	md_text(out, i->title);
	buf_addz(out, "\n\n");
	markdown_head(out, i);
	markdown_evidence(out, i, SHOWN_ROWS);
	markdown_alternatives(out, i, SHOWN_ROWS);
	markdown_advice(out, i);
	buf_printf(out, "Ready for an issue: `mcplog report %.*s`\n\n", STR_ARG(str_head(i->id, SHORT_ID)));
}

static void notes(struct buf *out, const struct facts *f, const struct report_options *o)
{
	bool any = false;
	for (size_t k = 0; k < f->note_count; k++) {
		const struct note *n = &f->notes[k];
		if (!report_wants_note(o, n))
			continue;
		if (!any)
			buf_addz(out, "## Notes\n\n");
		any = true;
		buf_addz(out, "* ");
		clock_of(out, n->started_at);
		buf_byte(out, ' ');
		md_text(out, n->title);
		buf_addz(out, " (");
		md_code(out, n->kind);
		buf_addz(out, ")\n");
	}
	if (any)
		buf_byte(out, '\n');
}

static void problems(struct buf *out, const struct facts *f)
{
	bool any = false;
	for (size_t i = 0; i < f->source_count; i++)
		for (size_t k = 0; k < f->sources[i].problem_count; k++) {
			const struct problem *p = &f->sources[i].problems[k];
			if (p->class == PROBLEM_NOTE)
				continue;
			if (!any)
				buf_addz(out, "## What could not be read\n\n");
			any = true;
			buf_addz(out, "* ");
			md_code(out, f->sources[i].path);
			buf_addz(out, ": ");
			md_text(out, str_z(p->text));
			buf_byte(out, '\n');
		}
	if (any)
		buf_byte(out, '\n');
}

void report_markdown(const struct facts *f, const struct rules *rules, const struct report_options *o, struct buf *out)
{
	size_t incidents = 0;
	struct hidden hidden;
	for (size_t k = 0; k < f->incident_count; k++)
		incidents += report_wants(o, &f->incidents[k]);
	buf_addz(out, "# MCP calls\n\n");
	summary(out, f, incidents);
	if (incidents)
		overview(out, f, o);
	for (size_t k = 0; k < f->incident_count; k++)
		if (report_wants(o, &f->incidents[k]))
			one_incident(out, &f->incidents[k]);
	notes(out, f, o);
	problems(out, f);
	hidden_finish(rules, o, out, &hidden);
	if (hidden.total) {
		hidden_say(&hidden, out);
		buf_addz(out, "\n\n");
	}
	while (out->n > 1 && out->p[out->n - 1] == '\n' && out->p[out->n - 2] == '\n')
		out->n--;
}
