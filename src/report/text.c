/*
 * The report for people, in the order in which they need it: one line of summary; the incidents; notes, one line each; which
 * sessions sit on a dead server session; clocks; what could not be read. A healthy result is said plainly, and only when
 * something was measured.
 */
#include "base/utf8.h"
#include "model/names.h"
#include "report/formats.h"
#include "report/hidden.h"
#include "report/text_incident.h"

enum { NOTE_LINES = 20, SOURCE_LINES = 20, VERSIONS = 4 };

static void time_range(struct page *p)
{
	char first[32], last[32];
	const struct facts *f = p->facts;
	if (f->first == INSTANT_NONE || f->last == INSTANT_NONE)
		return;
	page_clock(f->first, first);
	page_clock(f->last, last);
	const bool same_day = memcmp(first, last, 10) == 0;
	page_printf(p, INK_PLAIN, " · %s – %s UTC", first, same_day ? last + 11 : last);
}

/* The client versions that wrote the logs, without repetition. */
static void clients(struct page *p)
{
	str seen[VERSIONS];
	size_t n = 0;
	for (size_t i = 0; i < p->facts->source_count && n < VERSIONS; i++) {
		const str version = p->facts->sources[i].client_version;
		bool known = version.n == 0;
		for (size_t k = 0; k < n; k++)
			known = known || str_eq(seen[k], version);
		if (!known)
			seen[n++] = version;
	}
	if (n == 0)
		return;
	page_printf(p, INK_PLAIN, " · client%s ", n == 1 ? "" : "s");
	for (size_t k = 0; k < n && k < VERSIONS - 1; k++) {
		page_literal(p, INK_PLAIN, k ? ", " : "");
		page_text(p, INK_PLAIN, seen[k]);
	}
	if (n == VERSIONS)
		page_literal(p, INK_PLAIN, ", …");
}

static size_t count_incidents(const struct page *p)
{
	size_t n = 0;
	for (size_t i = 0; i < p->facts->incident_count; i++)
		n += report_wants(p->options, &p->facts->incidents[i]);
	return n;
}

static void summary(struct page *p, size_t incidents)
{
	const struct facts *f = p->facts;
	page_printf(p, INK_BOLD, "%llu session%s, %llu call%s, %zu incident%s", (unsigned long long)f->sessions, page_plural(f->sessions),
		(unsigned long long)f->calls, page_plural(f->calls), incidents, page_plural(incidents));
	time_range(p);
	clients(p);
	page_end(p);
}

/* A mistyped --server leaves nothing to show, which would look like health. */
static void unknown_server(struct page *p)
{
	enum { NAMES = 8 };
	const struct facts *f = p->facts;
	const str wanted = p->options->server;
	struct buf line = {0};
	bool known = false;
	size_t named = 0;
	if (!wanted.n)
		return;
	buf_printf(&line, "No server is called %.*s in these logs. They name", STR_ARG(wanted));
	for (size_t i = 0; i < f->server_count; i++) {
		const str name = f->servers[i].name;
		known = known || name_same(wanted, name);
		if (name.n && named++ < NAMES)
			buf_printf(&line, "%s%.*s", named == 1 ? ": " : ", ", STR_ARG(name));
	}
	buf_addz(&line, named == 0 ? " none." : named > NAMES ? ", …" : ".");
	if (!known)
		page_wrap(p, INK_YELLOW, buf_str(&line), 0, 0);
	buf_done(&line);
}

/* No incident is not the same as an answer. */
static void still_open(struct page *p)
{
	const uint64_t n = p->facts->calls_open;
	struct buf line = {0};
	if (!n)
		return;
	buf_printf(&line, "%llu call%s no end, and no line says that %s: \"mcplog query open-calls\" names %s.", (unsigned long long)n, n == 1 ? " has" : "s have",
		n == 1 ? "it hangs" : "they hang", n == 1 ? "it" : "them");
	page_wrap(p, INK_PLAIN, buf_str(&line), 0, 0);
	buf_done(&line);
}

static void healthy(struct page *p)
{
	const struct facts *f = p->facts;
	page_end(p);
	if (f->unmeasured || f->source_count == 0)
		page_wrap(p, INK_YELLOW, S("Nothing was measured: no record that could show an MCP call was read. This says nothing about the health of your servers."), 0, 0);
	else if (f->incident_count)
		page_wrap(p, INK_PLAIN, S("No incident passes the filters."), 0, 0);
	else if (f->calls == 0)
		page_wrap(p, INK_PLAIN, S("No incidents; the logs hold no MCP calls."), 0, 0);
	else {
		page_printf(p, INK_GREEN, "No incidents in %llu call%s.", (unsigned long long)f->calls, page_plural(f->calls));
		page_end(p);
		still_open(p);
	}
	unknown_server(p);
}

/* Calls that never ended, beyond those that were looked at: nobody shall think that they were. */
static void only_counted(struct page *p)
{
	const uint64_t n = p->facts->calls_counted;
	struct buf line = {0};
	if (!n)
		return;
	buf_printf(&line, "%llu call%s " REPORT_ONLY_COUNTED, (unsigned long long)n, page_plural(n));
	page_end(p);
	page_wrap(p, INK_YELLOW, buf_str(&line), 0, 0);
	buf_done(&line);
}

/* With the directory that places are shown without. Parts of texts that are changed when they are finished cannot be told. */
static uint64_t memo_key(const struct page *p, const struct incident *i)
{
	const struct report_options *o = p->options;
	return o->memo && i->stamp && !o->ascii && !o->hide ? (i->stamp ^ p->common * 0x9e3779b97f4a7c15u) | 1 : 0;
}

static void one_incident(struct page *p, const struct incident *i)
{
	const struct report_memo *memo = p->options->memo;
	const uint64_t key = memo_key(p, i);
	const size_t at = p->out->n;
	const str known = key ? memo->find(memo->context, key) : STR_NONE;
	if (known.p)
		buf_add(p->out, known);
	else
		text_incident(p, i);
	if (key)
		memo->made(memo->context, key, at, p->out->n - at);
}

static void incidents_of(struct page *p)
{
	for (size_t i = 0; i < p->facts->incident_count; i++) {
		if (!report_wants(p->options, &p->facts->incidents[i]))
			continue;
		page_end(p);
		one_incident(p, &p->facts->incidents[i]);
	}
}

static void section(struct page *p, const char *title)
{
	page_end(p);
	page_literal(p, INK_BOLD, title);
	page_end(p);
}

/* What stands behind the title: " (×3) (debug.txt:12)", of a long place its end. */
static void note_place(const struct page *p, const struct note *n, size_t times, size_t columns, struct buf *out)
{
	struct buf place = {0}, safe = {0};
	if (times > 1)
		buf_printf(out, " (×%zu)", times);
	if (n->evidence_count)
		page_plain(p, page_place(p, &n->evidence[0].at, &place), &safe);
	const size_t cut = page_place_cut(buf_str(&safe), columns);
	if (safe.n)
		buf_printf(out, " (%s%.*s)", cut ? "…" : "", STR_ARG(str_from(buf_str(&safe), cut)));
	buf_done(&place);
	buf_done(&safe);
}

/* Without the piece of a word at its end. */
static str whole_words(str s)
{
	size_t n = s.n;
	while (n && s.p[n - 1] != ' ')
		n--;
	return str_trim_end(n ? str_head(s, n) : s);
}

/* One line: where it is too long, first the place loses its beginning, then the title its end. */
static void note_line(struct page *p, const struct note *n, size_t times)
{
	struct buf title = {0}, place = {0};
	page_to(p, 2);
	page_text(p, INK_CYAN, n->kind);
	page_literal(p, INK_PLAIN, "  ");
	const size_t taken_by_kind = p->column + 2; /* page_wrap keeps room for a "…" */
	const size_t width = p->options->columns > taken_by_kind ? p->options->columns - taken_by_kind : 0;
	page_plain(p, n->title, &title);
	note_place(p, n, times, SIZE_MAX, &place);
	if (!p->options->verbose && utf8_width(buf_str(&title)) + utf8_width(buf_str(&place)) > width) {
		buf_reset(&place);
		note_place(p, n, times, PAGE_PLACE_COLUMNS, &place);
		const size_t taken = utf8_width(buf_str(&place));
		if (utf8_width(buf_str(&title)) + taken > width) {
			title.n = whole_words(utf8_cut(buf_str(&title), width > taken + 2 ? width - taken - 2 : 0)).n;
			buf_addz(&title, " …");
		}
	}
	buf_add(&title, buf_str(&place));
	page_wrap(p, INK_PLAIN, buf_str(&title), 4, p->options->verbose ? 0 : 1);
	buf_done(&title);
	buf_done(&place);
}

/* Notes of this kind and server from `first` on; 0 when an earlier note stands for it. */
static size_t same_notes(const struct page *p, size_t first)
{
	const struct note *notes = p->facts->notes;
	size_t n = 0;
	for (size_t i = 0; i < p->facts->note_count; i++) {
		if (!report_wants_note(p->options, &notes[i]) || !str_eq(notes[i].kind, notes[first].kind) || !str_eq(notes[i].server, notes[first].server))
			continue;
		if (i < first)
			return 0;
		n++;
	}
	return n;
}

static void notes_of(struct page *p)
{
	const struct facts *f = p->facts;
	size_t wanted = 0;
	for (size_t i = 0; i < f->note_count; i++)
		wanted += report_wants_note(p->options, &f->notes[i]);
	if (wanted == 0)
		return;
	section(p, "Notes (look like problems and are none)");
	const bool fold = wanted > NOTE_LINES && !p->options->verbose;
	for (size_t i = 0; i < f->note_count; i++) {
		if (!report_wants_note(p->options, &f->notes[i]))
			continue;
		const size_t times = fold ? same_notes(p, i) : 1;
		if (times)
			note_line(p, &f->notes[i], times);
	}
}

static bool wants_stale(const struct page *p, const struct server_session *s)
{
	const struct report_options *o = p->options;
	return (o->server.n == 0 || str_eq(o->server, s->server)) && (o->session.n == 0 || str_starts(s->session, o->session));
}

/* The heading of a server's view: what its restart or forgetting did to all sessions together. */
static void stale_server(struct page *p, str server)
{
	uint64_t stale = 0, recovered = 0, calls = 0;
	int64_t lost = 0;
	for (size_t i = 0; i < p->facts->stale_count; i++) {
		const struct server_session *s = &p->facts->stale[i];
		if (!str_eq(s->server, server) || !wants_stale(p, s))
			continue;
		stale += str_eq(s->what, S("stale"));
		recovered += str_eq(s->what, S("recovered"));
		calls += s->calls_lost;
		lost += s->lost > 0 ? s->lost : 0;
	}
	char waited[32];
	struct buf line = {0};
	duration_format(lost, waited);
	buf_printf(&line, "%.*s: %llu session%s stale, %llu recovered", STR_ARG(server), (unsigned long long)stale, page_plural(stale),
		(unsigned long long)recovered);
	if (calls)
		buf_printf(&line, "; %llu call%s and %s lost", (unsigned long long)calls, page_plural(calls), waited);
	page_to(p, 2);
	page_wrap(p, INK_BOLD, buf_str(&line), 4, 0);
	buf_done(&line);
}

static void stale_of(struct page *p)
{
	bool any = false;
	str server = STR_NONE;
	for (size_t i = 0; i < p->facts->stale_count; i++) {
		const struct server_session *s = &p->facts->stale[i];
		if (!wants_stale(p, s))
			continue;
		if (!any)
			section(p, "Sessions after a server lost its state");
		if (!any || !str_eq(server, s->server))
			stale_server(p, s->server);
		any = true;
		server = s->server;
		page_to(p, 4);
		page_text(p, INK_CYAN, s->session.n ? s->session : S("unknown session"));
		page_literal(p, INK_PLAIN, "  ");
		page_text(p, INK_PLAIN, str_eq(s->what, S("stale")) ? S("stale: /mcp → reconnect") : s->what);
		page_end(p);
	}
}

static void clocks_of(struct page *p)
{
	const struct facts *f = p->facts;
	struct buf line = {0};
	if (f->clock_count)
		section(p, "Clocks");
	for (size_t i = 0; i < f->clock_count; i++) {
		const struct clock_offset *c = &f->clocks[i];
		char offset[32], error[32];
		duration_format(c->offset < 0 ? -c->offset : c->offset, offset);
		duration_format(c->uncertainty, error);
		buf_reset(&line);
		if (c->source)
			buf_add(&line, str_from(c->source->path, p->common));
		buf_printf(&line, ": %s %s the client's clock (± %s, from %u pair%s of lines)", offset, c->offset < 0 ? "ahead of" : "behind", error,
			c->pairs, page_plural(c->pairs));
		page_to(p, 2);
		page_wrap(p, INK_PLAIN, buf_str(&line), 4, 0);
	}
	buf_done(&line);
}

static void source_problem(struct page *p, const struct source *s, const struct problem *problem)
{
	static const char *const words[] = {[PROBLEM_NOTE] = "note: ", [PROBLEM_WARN] = "", [PROBLEM_ERROR] = "not read completely: "};
	struct buf line = {0}, place = {0};
	const struct line_ref at = {.source = s, .line = problem->line, .offset = problem->offset};
	const str text = str_z(problem->text);
	if (str_find(text, s->path) < 0)
		buf_printf(&line, "%.*s: %s", STR_ARG(page_place(p, &at, &place)), words[problem->class]);
	buf_add(&line, text);
	if (problem->times > 1)
		buf_printf(&line, " (×%u)", problem->times);
	page_to(p, 2);
	page_wrap(p, INK_PLAIN, buf_str(&line), 4, 0);
	buf_done(&line);
	buf_done(&place);
}

static void sources_of(struct page *p)
{
	const struct facts *f = p->facts;
	size_t shown = 0, left = 0;
	for (size_t i = 0; i < f->source_count; i++)
		for (size_t k = 0; k < f->sources[i].problem_count; k++) {
			const struct problem *problem = &f->sources[i].problems[k];
			if (problem->class == PROBLEM_NOTE && !p->options->verbose)
				continue;
			if (shown == SOURCE_LINES && !p->options->verbose) {
				left++;
				continue;
			}
			if (shown++ == 0)
				section(p, "Could not be read, or only in part");
			source_problem(p, &f->sources[i], problem);
		}
	if (left) {
		page_to(p, 2);
		page_printf(p, INK_DIM, "and %zu more: --verbose, or mcplog status", left);
		page_end(p);
	}
}

/* What is said of a compressed file that is still being written; NULL: it is none. */
static const char *still_written(const struct source *s)
{
	for (size_t k = 0; k < s->problem_count; k++)
		if (strcmp(s->problems[k].code, "pending") == 0)
			return s->problems[k].text;
	return NULL;
}

static void pending_of(struct page *p)
{
	struct buf line = {0};
	bool any = false;
	for (size_t i = 0; i < p->facts->source_count; i++) {
		const struct source *s = &p->facts->sources[i];
		const char *grows = still_written(s);
		if (!grows && source_pending(s) == 0)
			continue;
		if (!any)
			section(p, "Pending (--final counts a last line without its end)");
		any = true;
		buf_reset(&line);
		buf_printf(&line, "%.*s: ", STR_ARG(str_from(s->path, p->common)));
		if (grows)
			buf_addz(&line, grows);
		else
			page_count(source_pending(s), "byte", "", &line);
		page_to(p, 2);
		page_wrap(p, INK_PLAIN, buf_str(&line), 4, 0);
	}
	buf_done(&line);
}

static void hidden_of(struct page *p, const struct hidden *hidden)
{
	struct buf line = {0};
	hidden_say(hidden, &line);
	if (line.n) {
		page_end(p);
		page_wrap(p, INK_DIM, buf_str(&line), 2, 0);
	}
	buf_done(&line);
}

void report_text(const struct facts *f, const struct rules *rules, const struct report_options *o, struct buf *out)
{
	struct page p;
	struct hidden hidden;
	page_init(&p, f, o, out);
	const size_t incidents = count_incidents(&p);
	summary(&p, incidents);
	if (incidents)
		incidents_of(&p);
	else
		healthy(&p);
	only_counted(&p);
	notes_of(&p);
	stale_of(&p);
	clocks_of(&p);
	pending_of(&p);
	sources_of(&p);
	hidden_finish(rules, o, out, &hidden);
	hidden_of(&p, &hidden);
	page_done(&p);
}
