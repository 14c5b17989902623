/*
 * Pictures on a terminal: which incidents and sessions are drawn, in which order, and what stands above each; timeline_chart.c draws.
 */
#include "report/text_incident.h"
#include "report/timeline.h"
#include "report/timeline_chart.h"

enum { LANES = 24, LANES_VERBOSE = 400, MARKS = 200, SESSIONS = 8, SESSIONS_VERBOSE = 100, NAMED_INCIDENTS = 5 };

static struct drawing_options limits_of(const struct page *p)
{
	return (struct drawing_options){.most_calls = p->options->verbose ? LANES_VERBOSE : LANES, .most_marks = MARKS, .filter = p->options};
}

static void session_head(struct page *p, const struct drawing *d)
{
	const struct picture_session *s = d->session;
	struct buf line = {0};
	char from[32], to[32];
	buf_printf(&line, "Session %.*s", STR_ARG(s->id.n ? s->id : S("without id")));
	page_wrap(p, INK_BOLD, buf_str(&line), 1, 0);
	buf_reset(&line);
	if (d->timed) {
		page_clock(d->axis.from, from);
		page_clock(d->axis.to, to);
		buf_printf(&line, "%s – %s UTC · ", from, memcmp(from, to, 10) == 0 ? to + 11 : to);
	}
	buf_printf(&line, "%zu call%s", s->call_count, page_plural(s->call_count));
	if (s->client_version.n)
		buf_printf(&line, " · client %.*s", STR_ARG(s->client_version));
	page_to(p, 1);
	page_wrap(p, INK_DIM, buf_str(&line), 1, 0);
	buf_done(&line);
}

static void incident_chart(struct page *p, const struct incident *i)
{
	const struct drawing_options limits = limits_of(p);
	struct drawing d;
	drawing_make(&d, p->facts, drawing_session_of(p->facts, i), i, &limits);
	text_incident_head(p, i);
	page_end(p);
	if (d.session)
		timeline_chart(p, &d);
	else
		page_wrap(p, INK_DIM, S("The logs hold nothing that could be drawn; mcplog explain has the evidence."), 0, 0);
	drawing_done(&d);
}

static size_t incidents_of(const struct page *p, const struct picture_session *s)
{
	size_t n = 0;
	for (size_t i = 0; i < p->facts->incident_count; i++)
		n += report_wants(p->options, &p->facts->incidents[i]) && drawing_session_of(p->facts, &p->facts->incidents[i]) == s;
	return n;
}

static void name_incidents(struct page *p, const struct picture_session *s)
{
	size_t n = 0;
	for (size_t i = 0; i < p->facts->incident_count; i++) {
		const struct incident *k = &p->facts->incidents[i];
		if (!report_wants(p->options, k) || drawing_session_of(p->facts, k) != s || n++ >= NAMED_INCIDENTS)
			continue;
		page_to(p, 1);
		page_text(p, INK_YELLOW, str_head(k->id, 15));
		page_to(p, 18);
		page_wrap(p, INK_PLAIN, k->title, 18, 2);
	}
	if (n > NAMED_INCIDENTS) {
		page_to(p, 18);
		page_printf(p, INK_DIM, "… and %zu more", n - NAMED_INCIDENTS);
		page_end(p);
	}
}

static void session_chart(struct page *p, const struct picture_session *s)
{
	const struct drawing_options limits = limits_of(p);
	struct drawing d;
	drawing_make(&d, p->facts, s, NULL, &limits);
	if (d.session && d.lanes.n) {
		session_head(p, &d);
		name_incidents(p, s);
		page_end(p);
		timeline_chart(p, &d);
	}
	drawing_done(&d);
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
	return x->session < y->session ? -1 : x->session > y->session;
}

/* The sessions that the options ask for, those with incidents first. */
static size_t choose_sessions(const struct page *p, struct ordered *v)
{
	const struct picture *f = &p->facts->picture;
	const bool only_incidents = p->options->cause.n || p->options->min_severity > SEVERITY_INFO;
	size_t count = 0;
	for (size_t s = 0; s < f->session_count; s++) {
		if (p->options->session.n && !str_starts(f->sessions[s].id, p->options->session))
			continue;
		const size_t n = incidents_of(p, &f->sessions[s]);
		if (n || !only_incidents)
			v[count++] = (struct ordered){&f->sessions[s], n};
	}
	if (count > 1)
		qsort(v, count, sizeof *v, session_order);
	return count;
}

static str nothing_drawn(const struct facts *f)
{
	if (f->picture.session_count)
		return S("No call and no connection passes the filters.");
	if (facts_pruned(f))
		return S("Nothing to draw: prune removed what these logs told from the timeline. mcplog timeline --db :memory: PATH reads a log anew.");
	return S("Nothing to draw: no MCP call and no connection was read.");
}

static void session_charts(struct page *p)
{
	const size_t most = p->options->verbose ? SESSIONS_VERBOSE : SESSIONS, begin = p->out->n;
	struct ordered *v = mem_new((p->facts->picture.session_count + 1) * sizeof *v);
	const size_t n = choose_sessions(p, v);
	for (size_t i = 0; i < n && i < most; i++) {
		if (p->out->n > begin)
			page_end(p);
		session_chart(p, v[i].session);
	}
	if (p->out->n == begin)
		page_wrap(p, INK_YELLOW, nothing_drawn(p->facts), 0, 0);
	if (n > most) {
		page_end(p);
		page_printf(p, INK_DIM, "%zu more sessions: mcplog timeline SESSION, or --verbose", n - most);
		page_end(p);
	}
	free(v);
}

void timeline_text(const struct facts *f, const struct rules *rules, const struct report_options *o, struct buf *out)
{
	struct page p;
	(void)rules;
	page_init(&p, f, o, out);
	if (o->incident)
		incident_chart(&p, o->incident);
	else
		session_charts(&p);
	page_done(&p);
}
