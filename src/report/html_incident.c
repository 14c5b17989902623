/*
 * One incident as a card: what happened in a sentence, its picture, what to do, and the proof: evidence, what was ruled out, what is
 * suspected, what followed. Lists are cut to what a person reads; what is left out is counted.
 */
#include <stdio.h>

#include "report/html.h"

enum { EVIDENCE = 14, REASONS = 8, CALLS = 10, TEXT_BYTES = 240 };

static void more(struct html *h, size_t all, size_t shown, const char *what)
{
	if (all > shown)
		html_printf(h, "… and %zu more %s; mcplog explain shows all.", all - shown, what);
}

static void fact(struct html *h, const char *name, str value)
{
	if (!value.n)
		return;
	html_raw(h, "<div>");
	html_tag(h, "dt", "dt", str_z(name));
	html_raw(h, "<dd>");
	html_cut(h, value, 200);
	html_raw(h, "</dd></div>");
}

static void head(struct html *h, const struct incident *i)
{
	html_raw(h, "<h3>");
	html_cut(h, i->title, 300);
	html_raw(h, "</h3><ul class=\"badges\">");
	html_tag(h, "li class=sev", "li", str_z(severity_name(i->severity)));
	html_tag(h, "li", "li", i->cause);
	html_tag(h, "li", "li", str_z(confidence_name(i->confidence)));
	html_tag(h, "li", "li", str_z(state_name(i->state)));
	html_raw(h, "</ul><p>");
	html_cut(h, i->summary, 800);
	html_raw(h, "</p>\n<dl class=\"facts\">");
	if (i->started_at != INSTANT_NONE) {
		html_raw(h, "<div><dt>began</dt><dd>");
		html_clock(h, i->started_at);
		html_raw(h, " UTC</dd></div>");
	}
	if (i->duration >= 0) {
		html_raw(h, "<div><dt>lasted</dt><dd>");
		html_duration(h, i->duration);
		html_raw(h, "</dd></div>");
	}
	fact(h, "ended by", str_z(drawing_ending(i->ending)));
	if (!str_eq(i->trigger, S("none-observed")))
		fact(h, "trigger", i->trigger);
	fact(h, "server", i->server);
	fact(h, "transport", i->transport);
	fact(h, "client", i->client_version);
	fact(h, "session", i->session);
	fact(h, "id", i->id);
	html_raw(h, "</dl>\n");
}

static void picture(struct html *h, const struct incident *i)
{
	const struct drawing_options limits = {.most_calls = 10, .most_marks = 60};
	struct drawing d;
	drawing_make(&d, h->facts, drawing_session_of(h->facts, i), i, &limits);
	if (d.session)
		html_lanes(h, &d, i->title, true);
	drawing_done(&d);
}

static void advice(struct html *h, const struct incident *i)
{
	if (!i->advice_count)
		return;
	html_raw(h, "<h4>What to do</h4><ul class=\"advice\">");
	for (size_t k = 0; k < i->advice_count; k++) {
		const struct advice_line *a = &i->advice[k];
		html_raw(h, a->now ? "<li><span class=\"now\">Now:</span> " : "<li>For good: ");
		html_cut(h, a->text, 600);
		if (a->applies_to.n) {
			html_raw(h, " <span class=\"dim\">[");
			html_text(h, a->applies_to);
			html_raw(h, "]</span>");
		}
		if (str_starts(a->see, S("https://"))) {
			html_raw(h, " <a rel=\"noreferrer\" href=\"");
			html_text(h, a->see);
			html_raw(h, "\">");
			html_text(h, str_from(a->see, 8));
			html_raw(h, "</a>");
		}
		html_raw(h, "</li>");
	}
	html_raw(h, "</ul>\n");
}

static void evidence_time(struct html *h, const struct evidence *e, instant start)
{
	const instant at = evidence_moment(e);
	char text[32];
	if (at != INSTANT_NONE && start != INSTANT_NONE) {
		const int64_t d = at - start;
		axis_label(d < 0 ? -d : d, text);
		html_printf(h, "%s%s", d < 0 ? "−" : "+", text);
	} else if (at == INSTANT_NONE) {
		html_raw(h, "no clock");
	}
}

static void evidence(struct html *h, const struct incident *i)
{
	if (!i->evidence_count)
		return;
	html_raw(h, "<details open><summary>Evidence</summary>");
	html_region(h, "Evidence of this incident");
	html_raw(h, "<table class=rows><thead><tr><th>role<th class=\"n\">time<th>line<th>text</thead><tbody>\n");
	for (size_t k = 0; k < i->evidence_count && k < EVIDENCE; k++) {
		const struct evidence *e = &i->evidence[k];
		const struct line_ref at = evidence_place(e);
		html_tag(h, "tr><td", "td", str_z(role_name(e->role)));
		html_raw(h, "<td class=t>");
		evidence_time(h, e, i->started_at);
		html_raw(h, "</td><td>");
		html_place(h, &at);
		html_raw(h, "</td><td><code>");
		html_cut(h, evidence_text(e), TEXT_BYTES);
		html_raw(h, "</code>");
		if (e->times > 1)
			html_printf(h, " × %u", e->times);
		html_raw(h, "</td></tr>\n");
	}
	html_raw(h, "</tbody></table></div><p class=dim>");
	more(h, i->evidence_count, EVIDENCE, "lines");
	html_raw(h, "</p></details>\n");
}

static void ruled_out(struct html *h, const struct incident *i)
{
	if (!i->ruled_out_count && !i->suspected_count)
		return;
	html_raw(h, "<details open><summary>Ruled out, and suspected</summary>");
	html_region(h, "Alternatives of this incident");
	html_raw(h, "<table class=rows><thead><tr><th>cause<th>why<th>line</thead><tbody>\n");
	for (size_t k = 0; k < i->suspected_count && k < REASONS; k++) {
		const struct suspicion *s = &i->suspected[k];
		html_tag(h, "tr><td", "td", s->cause);
		html_raw(h, "<td><b>Suspected:</b> ");
		html_cut(h, s->why, TEXT_BYTES);
		if (s->missing.n) {
			html_raw(h, ". Not proven: ");
			html_cut(h, s->missing, TEXT_BYTES);
		}
		html_raw(h, "</td><td>");
		html_place(h, &s->at);
		html_raw(h, "</td></tr>\n");
	}
	for (size_t k = 0; k < i->ruled_out_count && k < REASONS; k++) {
		html_tag(h, "tr><td", "td", i->ruled_out[k].cause);
		html_raw(h, "<td>");
		html_cut(h, i->ruled_out[k].why, TEXT_BYTES);
		html_raw(h, "</td><td>");
		html_place(h, &i->ruled_out[k].at);
		html_raw(h, "</td></tr>\n");
	}
	html_raw(h, "</tbody></table></div><p class=dim>");
	more(h, i->ruled_out_count, REASONS, "causes");
	html_raw(h, "</p></details>\n");
}

static void consequences(struct html *h, const struct incident *i)
{
	if (!i->consequence_count)
		return;
	html_raw(h, "<h4>What it led to</h4><ul>");
	for (size_t k = 0; k < i->consequence_count && k < REASONS; k++) {
		html_raw(h, "<li>");
		html_cut(h, i->consequences[k].what, TEXT_BYTES);
		html_raw(h, " ");
		html_place(h, &i->consequences[k].at);
		html_raw(h, "</li>");
	}
	html_raw(h, "</ul><p class=dim>");
	more(h, i->consequence_count, REASONS, "consequences");
	html_raw(h, "</p>\n");
}

static void calls(struct html *h, const struct incident *i)
{
	if (!i->call_count)
		return;
	html_raw(h, "<details><summary>Calls</summary>");
	html_region(h, "Calls of this incident");
	html_raw(h, "<table><thead><tr><th>tool<th>id<th class=\"n\">lasted<th>ended by<th class=\"n\">heartbeats<th>error</thead><tbody>\n");
	for (size_t k = 0; k < i->call_count && k < CALLS; k++) {
		const struct call *c = i->calls[k];
		html_tag(h, "tr><td", "td", c->tool);
		html_raw(h, "<td><code>");
		html_cut(h, c->tool_use_id, 64);
		html_raw(h, "</code></td><td class=n>");
		html_duration(h, c->duration);
		html_tag(h, "/td><td", "td", str_z(drawing_ending(c->ending)));
		html_raw(h, "<td class=n>");
		html_printf(h, "%u", c->beats);
		html_raw(h, "</td><td><code>");
		html_cut(h, c->err, TEXT_BYTES);
		html_raw(h, "</code></td></tr>\n");
	}
	html_raw(h, "</tbody></table></div><p class=dim>");
	more(h, i->call_count, CALLS, "calls");
	html_raw(h, "</p></details>\n");
}

void html_incident(struct html *h, const struct incident *i)
{
	buf_printf(h->out, "<article class=\"card %s\" data-severity=\"%s\" id=\"", severity_name(i->severity), severity_name(i->severity));
	html_text(h, i->id);
	html_raw(h, "\">");
	head(h, i);
	picture(h, i);
	advice(h, i);
	evidence(h, i);
	ruled_out(h, i);
	consequences(h, i);
	calls(h, i);
	html_raw(h, "</article>\n");
}
