/*
 * --format html: one file that needs nothing else. It makes no request (its policy forbids any), works with scripts off, and reads
 * well on paper. Size is bounded: incidents get cards in the order of severity until a budget is spent, the others a line each, and
 * what does not fit even so is counted in the page.
 */
#include <stdio.h>
#include <stdlib.h>

#include "report/assets.h"
#include "report/formats.h"
#include "report/html.h"
#include "report/timeline.h"

enum { CARDS_BYTES = 120 * 1024, ROWS_BYTES = 180 * 1024, PICTURES_BYTES = 30 * 1024, SESSIONS = 6, SESSIONS_ALONE = 60, NOTES = 40, SOURCES = 60, CAUSES = 30, PROBLEMS = 4 };

/* --- head and foot --- */

static void page_head(struct html *h, const char *title)
{
	html_raw(h, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
			"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src '");
	html_text(h, asset_script_hash);
	html_raw(h, "'; base-uri 'none'; form-action 'none'\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
			"<meta name=\"referrer\" content=\"no-referrer\"><meta name=\"color-scheme\" content=\"light dark\">\n<title>");
	html_text(h, str_z(title));
	html_raw(h, "</title>\n<style>\n");
	buf_add(h->out, asset_style);
	html_raw(h, "</style></head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to the content</a>\n");
}

static size_t count_hidden(const struct html *h)
{
	const str mark = S("[REDACTED:");
	str rest = buf_str(h->out);
	size_t n = 0;
	for (ptrdiff_t at; (at = str_find(rest, mark)) >= 0; n++)
		rest = str_from(rest, (size_t)at + mark.n);
	return n;
}

static void page_foot(struct html *h)
{
	const size_t hidden = count_hidden(h);
	html_raw(h, "</main>\n<footer>mcplog " MCPLOG_VERSION ". Times are UTC.");
	if (h->facts->as_of != INSTANT_NONE) {
		html_raw(h, " Open calls are judged as of ");
		html_clock(h, h->facts->as_of);
		html_raw(h, ".");
	}
	if (hidden)
		html_printf(h, " Secrets were replaced in %zu places.", hidden);
	html_raw(h, " This file loads nothing from anywhere.</footer>\n<script>");
	buf_add(h->out, asset_script);
	html_raw(h, "</script>\n</body></html>\n");
}

static void html_start(struct html *h, const struct facts *f, const struct report_options *o, struct buf *out)
{
	*h = (struct html){.out = out, .facts = f, .options = o};
	page_init(&h->page, f, o, out);
}

static void html_end(struct html *h)
{
	buf_done(&h->page.scratch);
	buf_done(&h->scratch);
}

/* --- summary --- */

static void tile(struct html *h, const char *class, uint64_t n, const char *one, const char *many)
{
	buf_printf(h->out, "<li%s><b>%llu</b>%s</li>", n ? class : "", (unsigned long long)n, n == 1 ? one : many);
}

struct counted {
	str cause;
	size_t n;
};

static int count_order(const void *a, const void *b)
{
	const struct counted *x = a, *y = b;
	return x->n != y->n ? (x->n > y->n ? -1 : 1) : str_cmp(x->cause, y->cause);
}

static void causes(struct html *h)
{
	const struct facts *f = h->facts;
	struct counted v[CAUSES] = {{{0}, 0}};
	size_t count = 0, other = 0;
	for (size_t i = 0; i < f->incident_count; i++) {
		size_t k = 0;
		if (!report_wants(h->options, &f->incidents[i]))
			continue;
		while (k < count && !str_eq(v[k].cause, f->incidents[i].cause))
			k++;
		if (k == count && count == CAUSES) {
			other++;
			continue;
		}
		v[k].cause = f->incidents[i].cause;
		v[k].n++;
		count = k == count ? count + 1 : count;
	}
	if (!count)
		return;
	qsort(v, count, sizeof *v, count_order);
	html_raw(h, "<table class=\"narrow\"><caption>Incidents by cause</caption><thead><tr><th>cause<th class=\"n\">incidents</thead>"
			"<tbody>\n");
	for (size_t k = 0; k < count; k++) {
		html_tag(h, "tr><td", "td", v[k].cause);
		buf_printf(h->out, "<td class=n>%zu</td></tr>\n", v[k].n);
	}
	if (other)
		buf_printf(h->out, "<tr><td>others</td><td class=n>%zu</td></tr>\n", other);
	html_raw(h, "</tbody></table>\n");
}

static void summary(struct html *h)
{
	const struct facts *f = h->facts;
	uint64_t by_severity[SEVERITY_CRITICAL + 1] = {0};
	for (size_t i = 0; i < f->incident_count; i++)
		if (report_wants(h->options, &f->incidents[i]))
			by_severity[f->incidents[i].severity]++;
	html_raw(h, "<section id=\"summary\" aria-labelledby=\"h-summary\"><h2 id=\"h-summary\">Summary</h2>\n<ul class=\"tiles\">");
	tile(h, " class=crit", by_severity[SEVERITY_CRITICAL], "critical incident", "critical incidents");
	tile(h, " class=warn", by_severity[SEVERITY_WARNING], "warning", "warnings");
	if (by_severity[SEVERITY_INFO])
		tile(h, "", by_severity[SEVERITY_INFO], "incident to know", "incidents to know");
	tile(h, "", f->sessions, "session", "sessions");
	tile(h, "", f->calls, "MCP call", "MCP calls");
	tile(h, " class=warn", f->calls_failed, "call failed", "calls failed");
	tile(h, " class=warn", f->calls_open, "call still open", "calls still open");
	html_raw(h, "</ul>\n");
	if (f->calls_counted) {
		html_raw(h, "<p>");
		html_printf(h, "%llu call%s " REPORT_ONLY_COUNTED, (unsigned long long)f->calls_counted, page_plural(f->calls_counted));
		html_raw(h, "</p>\n");
	}
	if (f->unmeasured || f->source_count == 0)
		html_raw(h, "<p><b>Nothing was measured:"
				"</b> no record that could show an MCP call was read. This says nothing about the health of your servers.</p>\n");
	else if (!by_severity[0] && !by_severity[1] && !by_severity[2])
		html_raw(h, f->incident_count ? "<p>No incident passes the filters.</p>\n" : "<p>No incidents.</p>\n");
	causes(h);
	html_raw(h, "</section>\n");
}

/* --- incidents --- */

static int severity_order(const void *a, const void *b)
{
	const struct incident *x = *(const struct incident *const *)a, *y = *(const struct incident *const *)b;
	if (x->severity != y->severity)
		return x->severity > y->severity ? -1 : 1;
	return x < y ? -1 : x > y;
}

static void choose_tools(struct html *h)
{
	html_raw(h, "<div class=\"tools\" id=\"choose\" hidden><label>Find <input type=\"search\"></label><label>Severity <select>"
			"<option value=\"\">all</option><option>critical</option><option>warning</option><option>info</option></select></label>"
			"<output id=\"found\"></output></div>\n");
}

static void incident_row(struct html *h, const struct incident *i)
{
	buf_printf(h->out, "<tr data-severity=%s><td>%s<td class=t>", severity_name(i->severity), severity_name(i->severity));
	if (i->started_at != INSTANT_NONE)
		html_clock(h, i->started_at);
	html_raw(h, "<td>");
	html_cut(h, i->title, 90);
	html_raw(h, "<td><code>");
	html_text(h, str_head(i->id, 15));
	html_raw(h, "</code>\n");
}

/* Returns how many got a line. */
static size_t incident_rows(struct html *h, const struct incident *const *v, size_t n)
{
	size_t i = 0;
	html_raw(h, "<h3>More incidents</h3>");
	html_region(h, "Table of more incidents");
	html_raw(h, "<table id=\"more\"><thead><tr><th>severity<th>began<th>what<th>id</thead><tbody>\n");
	for (; i < n && h->out->n < ROWS_BYTES; i++)
		incident_row(h, v[i]);
	html_raw(h, "</tbody></table></div>\n");
	return i;
}

static void incidents(struct html *h)
{
	const struct facts *f = h->facts;
	const struct incident **v = mem_new((f->incident_count + 1) * sizeof *v);
	size_t n = 0, cards = 0, rows = 0;
	for (size_t i = 0; i < f->incident_count; i++)
		if (report_wants(h->options, &f->incidents[i]))
			v[n++] = &f->incidents[i];
	if (n > 1)
		qsort(v, n, sizeof *v, severity_order);
	if (n) {
		html_raw(h, "<section id=\"incidents\" aria-labelledby=\"h-incidents\"><h2 id=\"h-incidents\">Incidents</h2>\n");
		if (n > 3)
			choose_tools(h);
		for (; cards < n && h->out->n < CARDS_BYTES; cards++)
			html_incident(h, v[cards]);
		if (cards < n)
			rows = incident_rows(h, &v[cards], n - cards);
		if (cards < n) {
			html_raw(h, "<p class=dim>");
			html_printf(h, "%zu incidents have a card, the most severe ones; %zu a line; %zu are left out here. mcplog explain ID shows any of them.", cards, rows,
				n - cards - rows);
			html_raw(h, "</p>\n");
		}
		html_raw(h, "</section>\n");
	}
	free(v);
}

/* --- pictures --- */

static size_t incidents_of(const struct html *h, const struct picture_session *s)
{
	const struct picture *p = &h->facts->picture;
	size_t n = 0;
	for (size_t i = 0; i < s->call_count; i++)
		n += p->calls[s->first_call + i].incident != PICTURE_NONE;
	return n;
}

/* One incident's card shows the same. */
static bool is_shown_already(const struct html *h, const struct picture_session *s)
{
	enum { CARD_CALLS = 10 };
	const struct picture_call *c = &h->facts->picture.calls[s->first_call];
	for (size_t i = 0; i < s->call_count; i++)
		if (c[i].incident == PICTURE_NONE || c[i].incident != c[0].incident)
			return false;
	return s->call_count && s->call_count <= CARD_CALLS && report_wants(h->options, &h->facts->incidents[c[0].incident]);
}

struct ordered {
	const struct picture_session *session;
	size_t incidents;
};

static int session_order(const void *a, const void *b)
{
	const struct ordered *x = a, *y = b;
	if (x->incidents != y->incidents)
		return x->incidents > y->incidents ? -1 : 1;
	if (x->session->call_count != y->session->call_count)
		return x->session->call_count > y->session->call_count ? -1 : 1;
	return x->session < y->session ? -1 : x->session > y->session;
}

static void session_picture(struct html *h, const struct picture_session *s, size_t lanes)
{
	const struct drawing_options limits = {.most_calls = lanes, .most_marks = lanes, .filter = h->options};
	struct drawing d;
	struct buf caption = {0};
	drawing_make(&d, h->facts, s, NULL, &limits);
	if (d.session) {
		buf_printf(&caption, "Session %.*s", STR_ARG(s->id.n ? s->id : S("without id")));
		if (d.timed) {
			char from[32], to[32];
			page_clock(d.axis.from, from);
			page_clock(d.axis.to, to);
			buf_printf(&caption, ", %s – %s", from, to);
		}
		buf_printf(&caption, ", %zu call%s", s->call_count, page_plural(s->call_count));
		html_lanes(h, &d, buf_str(&caption), true);
		html_marks(h, &d, 40);
	}
	drawing_done(&d);
	buf_done(&caption);
}

/* Sessions with the most calls in incidents first, until the budget is spent. */
static void sessions(struct html *h, size_t most, size_t lanes, size_t budget, bool beside_cards)
{
	const struct picture *p = &h->facts->picture;
	const size_t begin = h->out->n;
	VEC(struct ordered) v = {0};
	size_t drawn = 0;
	for (size_t i = 0; i < p->session_count; i++)
		if ((!h->options->session.n || str_starts(p->sessions[i].id, h->options->session)) && !(beside_cards && is_shown_already(h, &p->sessions[i])))
			*vec_push(&v) = (struct ordered){&p->sessions[i], incidents_of(h, &p->sessions[i])};
	vec_sort(&v, session_order);
	if (v.n)
		html_raw(h, "<section id=\"timelines\" aria-labelledby=\"h-timelines\"><h2 id=\"h-timelines\">Timelines</h2>\n");
	for (; drawn < v.n && drawn < most && h->out->n - begin < budget; drawn++)
		session_picture(h, v.v[drawn].session, lanes);
	if (drawn < v.n) {
		html_raw(h, "<p class=dim>");
		html_printf(h, "%zu more sessions are not drawn; mcplog timeline SESSION --format html draws one.", v.n - drawn);
		html_raw(h, "</p>\n");
	}
	if (v.n)
		html_raw(h, "</section>\n");
	vec_free(&v);
}

/* --- notes and sources --- */

static void notes(struct html *h)
{
	const struct facts *f = h->facts;
	size_t shown = 0, all = 0;
	for (size_t i = 0; i < f->note_count; i++)
		all += report_wants_note(h->options, &f->notes[i]);
	if (!all)
		return;
	html_raw(h, "<section id=\"notes\" aria-labelledby=\"h-notes\"><h2 id=\"h-notes\">Notes</h2>"
			"<p class=dim>What looks like a problem and is none.</p>\n");
	html_region(h, "Table of notes");
	html_raw(h, "<table><thead><tr><th>kind<th>began<th>what</thead><tbody>\n");
	for (size_t i = 0; i < f->note_count && shown < NOTES; i++) {
		const struct note *n = &f->notes[i];
		if (!report_wants_note(h->options, n))
			continue;
		html_tag(h, "tr><td", "td", n->kind);
		html_raw(h, "<td class=t>");
		if (n->started_at != INSTANT_NONE)
			html_clock(h, n->started_at);
		html_raw(h, "</td><td>");
		html_cut(h, n->title, 200);
		html_raw(h, "</td></tr>\n");
		shown++;
	}
	html_raw(h, "</tbody></table></div>");
	if (all > shown)
		html_printf(h, "… and %zu more notes.", all - shown);
	html_raw(h, "</section>\n");
}

static void source(struct html *h, const struct source *s)
{
	html_raw(h, "<tr><td><code>");
	html_cut(h, s->path, 200);
	html_raw(h, "</code></td>");
	html_tag(h, "td", "td", str_z(source_kind_name(s->kind)));
	buf_printf(h->out, "<td class=n>%llu</td><td class=n>%llu</td>", (unsigned long long)s->records, (unsigned long long)s->unrecognized);
	html_tag(h, "td", "td", s->client_version);
	html_raw(h, "<td>");
	for (size_t k = 0; k < s->problem_count && k < PROBLEMS; k++) {
		html_raw(h, k ? "; " : "");
		html_text(h, str_z(s->problems[k].text));
	}
	if (s->problem_count > PROBLEMS)
		html_printf(h, "; and %zu more", s->problem_count - PROBLEMS);
	html_raw(h, "</td></tr>\n");
}

/* Those with problems come first: they are what one looks for. */
static void sources(struct html *h)
{
	const struct facts *f = h->facts;
	size_t shown = 0;
	html_raw(h, "<section id=\"sources\" aria-labelledby=\"h-sources\"><h2 id=\"h-sources\">Sources</h2>\n");
	html_region(h, "Table of sources");
	html_raw(h, "<table><thead><tr><th>path<th>kind<th class=\"n\">records<th class=\"n\">not recognised<th>client<th>problems</thead>"
			"<tbody>\n");
	for (int clean = 0; clean < 2; clean++)
		for (size_t i = 0; i < f->source_count && shown < SOURCES; i++)
			if ((f->sources[i].problem_count == 0) == clean) {
				source(h, &f->sources[i]);
				shown++;
			}
	html_raw(h, "</tbody></table></div>");
	if (f->source_count > shown)
		html_printf(h, "… and %zu more sources; mcplog status lists all.", f->source_count - shown);
	html_raw(h, "</section>\n");
}

/* --- the pages --- */

static void heading(struct html *h, str title)
{
	const struct facts *f = h->facts;
	html_raw(h, "<header><h1>");
	html_cut(h, title, 300);
	html_raw(h, "</h1><p class=dim>");
	if (f->first != INSTANT_NONE && f->last != INSTANT_NONE) {
		html_raw(h, "Logs from ");
		html_clock(h, f->first);
		html_raw(h, " to ");
		html_clock(h, f->last);
		html_raw(h, " UTC");
	}
	html_raw(h, "</p></header>\n");
}

static void navigation(struct html *h)
{
	html_raw(h, "<nav aria-label=\"Parts of the report\"><ul><li><a href=\"#summary\">Summary</a><li><a href=\"#incidents\">Incidents</a>"
			"<li><a href=\"#timelines\">Timelines</a><li><a href=\"#servers\">Servers</a><li><a href=\"#waiting\">Waiting time</a><li>"
			"<a href=\"#sources\">Sources</a></ul></nav>\n");
}

void report_html(const struct facts *f, const struct rules *rules, const struct report_options *o, struct buf *out)
{
	struct html h;
	(void)rules;
	html_start(&h, f, o, out);
	page_head(&h, "mcplog report");
	heading(&h, S("MCP calls: what hung, what failed, and why"));
	navigation(&h);
	html_raw(&h, "<main id=\"main\">\n");
	summary(&h);
	incidents(&h);
	sessions(&h, SESSIONS, 24, PICTURES_BYTES, f->incident_count <= 10);
	html_servers(&h);
	html_waiting(&h);
	notes(&h);
	sources(&h);
	page_foot(&h);
	html_end(&h);
}

void timeline_html(const struct facts *f, const struct rules *rules, const struct report_options *o, struct buf *out)
{
	struct html h;
	(void)rules;
	html_start(&h, f, o, out);
	page_head(&h, "mcplog timeline");
	heading(&h, o->incident ? o->incident->title : S("Timelines of MCP calls"));
	html_raw(&h, "<main id=\"main\">\n");
	if (o->incident)
		html_incident(&h, o->incident);
	else
		sessions(&h, SESSIONS_ALONE, 200, ROWS_BYTES, false);
	page_foot(&h);
	html_end(&h);
}
