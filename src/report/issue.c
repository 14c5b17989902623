/*
 * mcplog report ID: one incident as the body of an issue. What a maintainer asks first stands first: what happened, with which
 * versions, what proves it, what it is not, how to see it himself. GitHub takes 65,536 characters; parts are left out in a
 * fixed order until the text fits, and it says which.
 */
#include "model/cause.h"
#include "model/version.h"
#include "report/hidden.h"
#include "report/markdown.h"
#include "report/md.h"
#include "report/mermaid.h"
#include "report/page.h"
#include "report/text_incident.h"

enum { SHOWN_TOOLS = 6, FULL_ROWS = 40, FEW_ROWS = 10, TEXT = 240 };

struct form { /* how much of everything */
	size_t rows;
	bool diagrams;
	size_t lines; /* bytes of log lines */
};

static void heading(struct buf *out, const char *text)
{
	buf_printf(out, "## %s\n\n", text);
}

static void time_row(struct buf *out, const char *name, instant at)
{
	char text[32];
	if (at == INSTANT_NONE)
		return;
	instant_format(at, text);
	markdown_row(out, name, str_z(text));
}

static void tools_row(struct buf *out, const struct incident *i)
{
	size_t shown = 0;
	for (size_t k = 0; k < i->call_count && shown < SHOWN_TOOLS; k++) {
		bool again = false;
		for (size_t n = 0; n < k; n++)
			again |= str_eq(i->calls[n]->tool, i->calls[k]->tool);
		if (again || !i->calls[k]->tool.n)
			continue;
		buf_addz(out, shown++ ? ", " : "| Tool | ");
		md_code(out, i->calls[k]->tool);
	}
	if (shown)
		buf_addz(out, " |\n");
}

static void client_facts(struct buf *out, const struct incident *i)
{
	markdown_row(out, "Client", i->client_version.n ? i->client_version : S("version unknown"));
	markdown_row(out, "Session", i->session);
	if (i->call_count)
		markdown_row(out, "First call", i->calls[0]->tool_use_id);
	markdown_row(out, "Ended by", str_z(ending_name(i->ending)));
}

static void server_facts(struct buf *out, const struct incident *i)
{
	markdown_row(out, "Server", i->server);
	markdown_row(out, "Transport", i->transport.n ? i->transport : S("unknown"));
	tools_row(out, i);
}

static void proxy_facts(struct buf *out, const struct incident *i)
{
	if (i->trigger.n && !str_eq(i->trigger, S("none-observed")))
		markdown_row(out, "Trigger", i->trigger);
}

/* What the logs of one side say, for the sides that have their own. */
static void lines_of(struct buf *out, const struct incident *i, enum whose whose)
{
	bool any = false;
	for (size_t k = 0; k < i->evidence_count; k++) {
		const struct evidence *e = &i->evidence[k];
		char offset[32];
		if (!e->at.source || whose_log(e->at.source->kind) != whose || e->role == ROLE_ABSENCE)
			continue;
		any = true;
		text_offset(e->time, i->started_at, offset);
		buf_printf(out, "* %s%s", offset, *offset ? " " : "");
		(void)md_place(out, &e->at);
		buf_byte(out, ' ');
		if (e->text.n)
			md_code_short(out, text_without_time(e->text), TEXT);
		else
			md_text(out, evidence_text(e));
		if (e->times > 1)
			buf_printf(out, " ×%u", e->times);
		buf_byte(out, '\n');
	}
	if (any)
		buf_byte(out, '\n');
}

static const struct side_facts {
	enum audience audience;
	enum whose whose;
	const char *name;
	void (*facts)(struct buf *out, const struct incident *i);
} sides[] = {
	{FOR_CLIENT, WHOSE_CLIENT, "What the client's log says", client_facts},
	{FOR_SERVER, WHOSE_SERVER, "What the server's log says", server_facts},
	{FOR_PROXY, WHOSE_PROXY, "What the proxy's log says", proxy_facts},
};
enum { SIDES = sizeof sides / sizeof *sides };

/* The k-th side: the one that the report is for comes first. */
static const struct side_facts *side_at(enum audience audience, size_t k)
{
	size_t first = SIDES;
	for (size_t n = 0; n < SIDES; n++)
		if (sides[n].audience == audience)
			first = n;
	if (first == SIDES)
		return &sides[k];
	return k == 0 ? &sides[first] : &sides[k <= first ? k - 1 : k];
}

static bool has_lines(const struct incident *i, enum whose whose)
{
	for (size_t k = 0; k < i->evidence_count; k++)
		if (i->evidence[k].at.source && i->evidence[k].role != ROLE_ABSENCE && whose_log(i->evidence[k].at.source->kind) == whose)
			return true;
	return false;
}

static void versions(struct buf *out, const struct issue *s)
{
	const struct incident *i = s->incident;
	char lasted[32];
	buf_addz(out, "| | |\n|---|---|\n");
	for (size_t k = 0; k < SIDES; k++)
		side_at(s->audience, k)->facts(out, i);
	time_row(out, "Began", i->started_at);
	time_row(out, i->ended_at == INSTANT_NONE ? "Seen until" : "Ended", i->ended_at == INSTANT_NONE ? s->facts->as_of : i->ended_at);
	if (i->duration >= 0) {
		duration_format(i->duration, lasted);
		markdown_row(out, "Lasted", str_z(lasted));
	}
	if (i->call_count > 1)
		buf_printf(out, "| Affected calls | %zu |\n", i->call_count);
	buf_addz(out, "| Analysed with | `mcplog " MCPLOG_VERSION "` |\n\n");
}

/* The page of the cause, in a few words: what such an incident is. */
static void background(struct buf *out, const struct issue *s)
{
	for (size_t k = 0; k < s->rules->causes.n; k++) {
		const struct cause *c = s->rules->causes.v[k];
		if (!str_eq(c->id, s->incident->cause) || c->variant.n || !c->what.n)
			continue;
		md_text(out, str_trim(c->what));
		buf_addz(out, "\n\n");
		return;
	}
}

static void diagrams(struct buf *out, const struct issue *s)
{
	struct buf text = {0};
	if (mermaid_gantt(&text, s->facts, s->incident)) {
		heading(out, "Timeline");
		md_fence(out, "mermaid", buf_str(&text));
		buf_byte(out, '\n');
	}
	buf_reset(&text);
	mermaid_sequence(&text, s->incident);
	heading(out, "Sequence");
	md_fence(out, "mermaid", buf_str(&text));
	buf_byte(out, '\n');
	buf_done(&text);
}

static void own_lines(struct buf *out, const struct issue *s)
{
	for (size_t k = 0; k < SIDES; k++) {
		const struct side_facts *side = side_at(s->audience, k);
		if (!has_lines(s->incident, side->whose) || (s->audience == FOR_ANYONE && side->whose == WHOSE_CLIENT))
			continue;
		if (s->audience != FOR_ANYONE && k > 0)
			break; /* the others are in the table of evidence */
		heading(out, side->name);
		lines_of(out, s->incident, side->whose);
	}
}

static void slice_parts(struct buf *out, const struct slice *slice)
{
	for (size_t k = 0; k < slice->part_count; k++) {
		const struct slice_part *p = &slice->parts[k];
		buf_addz(out, "* ");
		md_code(out, p->name);
		if (p->of_lines)
			buf_printf(out, ": %llu of %llu lines\n", (unsigned long long)p->lines, (unsigned long long)p->of_lines);
		else
			buf_printf(out, ": %llu lines, shortened; the log itself is gone\n", (unsigned long long)p->lines);
	}
	buf_byte(out, '\n');
}

static void log_lines(struct buf *out, const struct issue *s, size_t most)
{
	str text = s->slice->text;
	const bool cut = text.n > most;
	if (cut) {
		text = str_head(text, most);
		while (text.n && text.p[text.n - 1] != '\n')
			text.n--;
	}
	heading(out, "Log lines");
	slice_parts(out, s->slice);
	if (s->slice->part_count > 1)
		buf_addz(out, "Each log begins at its `==> name <==`.\n\n");
	if (cut || s->slice->cut)
		buf_addz(out, "Not all lines fit here; the logs hold more.\n\n");
	md_fence(out, "text", text);
	buf_byte(out, '\n');
	heading(out, "Analyse it again");
	if (s->slice->same && !cut)
		buf_addz(out, "These lines alone give the same verdict under the same id (this was checked). Paste the block above into it, then Ctrl-D:\n\n");
	else
		buf_addz(out, "These lines alone do not show everything that the verdict rests on. To look at them all the same, paste the block above, then Ctrl-D:\n\n");
	buf_printf(out, "```sh\nmcplog analyze %.*s-\n```\n\n", STR_ARG(s->needs));
}

static void closing(struct buf *out, const struct issue *s)
{
	struct hidden hidden;
	hidden_finish(s->rules, s->options, out, &hidden);
	buf_addz(out, "---\n");
	if (hidden.total) {
		hidden_say(&hidden, out);
		buf_addz(out, " (equal numbers mean equal secrets). ");
	} else {
		buf_addz(out, "No secrets were found in these lines. ");
	}
	buf_addz(out, "Log texts may still hold names and contents: read it before you post it.\n");
}

static void write_form(const struct issue *s, const struct form *form, struct buf *out)
{
	buf_reset(out);
	buf_addz(out, "# ");
	md_text(out, s->incident->title);
	buf_addz(out, "\n\n");
	markdown_head(out, s->incident);
	background(out, s);
	versions(out, s);
	own_lines(out, s);
	if (form->diagrams)
		diagrams(out, s);
	heading(out, "Evidence");
	markdown_evidence(out, s->incident, form->rows);
	if (s->incident->ruled_out_count || s->incident->suspected_count) {
		heading(out, "What it is not");
		markdown_alternatives(out, s->incident, form->rows);
	}
	if (s->incident->advice_count) {
		heading(out, "What helps");
		markdown_advice(out, s->incident);
	}
	log_lines(out, s, form->lines);
	closing(out, s);
}

void report_issue(const struct issue *s, size_t limit, struct buf *out)
{
	static const struct form forms[] = {
		{FULL_ROWS, true, SIZE_MAX}, {FEW_ROWS, true, SIZE_MAX}, {FEW_ROWS, false, SIZE_MAX}, {FEW_ROWS, false, 20000}, {FEW_ROWS, false, 4000}, {1, false, 1000},
	};
	for (size_t k = 0; k < sizeof forms / sizeof *forms; k++) {
		write_form(s, &forms[k], out);
		if (out->n <= limit)
			return;
	}
	out->n = limit; /* names as long as a page */
}
