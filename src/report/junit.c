/*
 * --format junit, for CI gates. A testsuite per server, in it a testcase per call (classname: the server, name: the tool and
 * the call's id). A call that an incident counts among its calls is a failure (type: the cause, message: the title; its text is
 * in the first of them); an open call without an incident is skipped; any other passes, however it ended: a tool may well
 * refuse. An incident without calls is a failed testcase of its own. The suite "inputs" has a testcase per source, which is an
 * error when the source could not be read whole.
 *
 * Only what XML 1.0 allows is written: what a terminal must not see is escaped as there, markup as entities.
 */
#include "base/utf8.h"
#include "report/calls.h"
#include "report/formats.h"

static void put_char(struct buf *out, str s, size_t n, uint32_t code, bool attribute)
{
	if (attribute && (code == '\n' || code == '\t')) { /* a reader would turn them into blanks */
		buf_printf(out, "&#%u;", (unsigned)code);
		return;
	}
	switch (code) {
	case '&': buf_addz(out, "&amp;"); break;
	case '<': buf_addz(out, "&lt;"); break;
	case '>': buf_addz(out, "&gt;"); break;
	case '"': buf_addz(out, "&quot;"); break;
	case '\'': buf_addz(out, "&apos;"); break;
	case 0xfffe:
	case 0xffff: buf_printf(out, "\\u%04x", (unsigned)code); break; /* no characters of XML */
	default: buf_add(out, str_head(s, n));
	}
}

/* Text, or the value of an attribute. */
static void xml_text(struct buf *out, str text, bool attribute)
{
	struct buf safe = {0};
	utf8_terminal(&safe, text, true);
	str s = buf_str(&safe);
	while (s.n) {
		uint32_t code = 0;
		const size_t n = utf8_next(s, &code);
		put_char(out, s, n ? n : 1, code, attribute);
		s = str_from(s, n ? n : 1);
	}
	buf_done(&safe);
}

static void attribute(struct buf *out, const char *name, str value)
{
	buf_printf(out, " %s=\"", name);
	xml_text(out, value, true);
	buf_byte(out, '"');
}

static void attribute_seconds(struct buf *out, int64_t micros)
{
	const long long ms = micros < 0 ? 0 : (long long)(micros / MILLISECOND);
	buf_printf(out, " time=\"%lld.%03lld\"", ms / 1000, ms % 1000);
}

struct counts {
	uint64_t tests, failures, errors, skipped;
	int64_t time;
};

static void attributes_of(struct buf *out, const struct counts *c)
{
	buf_printf(out, " tests=\"%llu\" failures=\"%llu\" errors=\"%llu\" skipped=\"%llu\"", (unsigned long long)c->tests, (unsigned long long)c->failures,
		(unsigned long long)c->errors, (unsigned long long)c->skipped);
	attribute_seconds(out, c->time);
}

static void add_counts(struct counts *sum, const struct counts *c)
{
	sum->tests += c->tests;
	sum->failures += c->failures;
	sum->errors += c->errors;
	sum->skipped += c->skipped;
	sum->time += c->time;
}

struct junit {
	const struct facts *f;
	const struct report_options *o;
	struct buf cases;     /* of the present suite */
	struct buf suites;
	struct counts suite, all;
	char *told;           /* per incident: its text was written */
};

/* --- what a failure says --- */

static void put_evidence(struct buf *text, const struct incident *i)
{
	for (size_t k = 0; k < i->evidence_count; k++) {
		const struct evidence *e = &i->evidence[k];
		if (e->at.source && e->at.line)
			buf_printf(text, "%.*s:%llu: ", STR_ARG(e->at.source->path), (unsigned long long)e->at.line);
		buf_add(text, evidence_text(e));
		if (e->times > 1)
			buf_printf(text, " (%u times)", e->times);
		buf_byte(text, '\n');
	}
}

static void put_failure(struct junit *j, const struct incident *i)
{
	struct buf text = {0};
	const size_t index = (size_t)(i - j->f->incidents);
	buf_addz(&j->cases, "<failure");
	attribute(&j->cases, "type", i->cause);
	attribute(&j->cases, "message", i->title);
	buf_byte(&j->cases, '>');
	if (j->told[index]) {
		buf_printf(&text, "part of incident %.*s", STR_ARG(i->id));
	} else {
		buf_printf(&text, "%.*s\nincident %.*s, %s, %s, %s\n", STR_ARG(i->summary), STR_ARG(i->id), severity_name(i->severity), state_name(i->state),
			confidence_name(i->confidence));
		put_evidence(&text, i);
		for (size_t k = 0; k < i->advice_count; k++)
			buf_printf(&text, "%s%.*s\n", i->advice[k].now ? "now: " : "later: ", STR_ARG(i->advice[k].text));
	}
	j->told[index] = 1;
	xml_text(&j->cases, buf_str(&text), false);
	buf_addz(&j->cases, "</failure>");
	j->suite.failures++;
	buf_done(&text);
}

/* --- testcases --- */

static void begin_case(struct junit *j, str class, str name, int64_t time)
{
	buf_addz(&j->cases, "    <testcase");
	attribute(&j->cases, "classname", class);
	attribute(&j->cases, "name", name);
	attribute_seconds(&j->cases, time);
	buf_byte(&j->cases, '>');
	j->suite.tests++;
	j->suite.time += time > 0 ? time : 0;
}

static void end_case(struct junit *j) { buf_addz(&j->cases, "</testcase>\n"); }

static void put_call(struct junit *j, const struct picture_call *p)
{
	const struct call *c = &p->call;
	const struct incident *i = calls_incident(j->f, p);
	struct buf name = {0};
	if (c->tool_use_id.n)
		buf_printf(&name, "%.*s %.*s", STR_ARG(c->tool), STR_ARG(c->tool_use_id));
	else
		calls_name(c, &name);
	begin_case(j, c->server.n ? c->server : S("-"), buf_str(&name), p->from == INSTANT_NONE ? c->duration : p->to - p->from);
	if (i && report_wants(j->o, i)) {
		put_failure(j, i);
	} else if (p->open) {
		buf_addz(&j->cases, "<skipped message=\"still running at the end of the log\"/>");
		j->suite.skipped++;
	}
	end_case(j);
	buf_done(&name);
}

/* What has calls in the picture was told with them. */
static void put_incident(struct junit *j, const struct incident *i)
{
	begin_case(j, i->server.n ? i->server : S("-"), i->title, i->duration);
	put_failure(j, i);
	end_case(j);
}

static void put_source(struct junit *j, const struct source *s)
{
	const struct problem *error = NULL;
	for (size_t i = 0; i < s->problem_count && !error; i++)
		if (s->problems[i].class == PROBLEM_ERROR)
			error = &s->problems[i];
	begin_case(j, S("inputs"), s->path, 0);
	if (error) {
		buf_addz(&j->cases, "<error");
		attribute(&j->cases, "type", str_z(error->code));
		attribute(&j->cases, "message", str_z(error->text));
		buf_addz(&j->cases, "/>");
		j->suite.errors++;
	}
	end_case(j);
}

/* --- suites --- */

static void end_suite(struct junit *j, str name)
{
	if (j->suite.tests) {
		buf_addz(&j->suites, "  <testsuite");
		attribute(&j->suites, "name", name);
		attributes_of(&j->suites, &j->suite);
		buf_addz(&j->suites, ">\n");
		buf_add(&j->suites, buf_str(&j->cases));
		buf_addz(&j->suites, "  </testsuite>\n");
	}
	add_counts(&j->all, &j->suite);
	buf_reset(&j->cases);
	j->suite = (struct counts){0};
}

static bool is_of(const struct facts *f, const struct incident *i, uint32_t server)
{
	for (uint32_t k = 0; k < f->server_count; k++)
		if (str_eq(i->server, f->servers[k].name))
			return k == server;
	return server == PICTURE_NONE;
}

static void put_suite(struct junit *j, uint32_t server)
{
	const struct facts *f = j->f;
	for (size_t i = 0; i < f->picture.call_count; i++)
		if (f->picture.calls[i].server == server && report_wants_call(j->o, f, &f->picture.calls[i]))
			put_call(j, &f->picture.calls[i]);
	for (size_t i = 0; i < f->incident_count; i++)
		if (!j->told[i] && is_of(f, &f->incidents[i], server) && report_wants(j->o, &f->incidents[i]))
			put_incident(j, &f->incidents[i]);
	end_suite(j, server == PICTURE_NONE ? S("-") : f->servers[server].name);
}

void report_junit(const struct facts *f, const struct rules *rules, const struct report_options *o, struct buf *out)
{
	(void)rules;
	struct buf told = {0};
	buf_repeat(&told, 0, f->incident_count + 1);
	struct junit j = {.f = f, .o = o, .told = told.p};
	for (uint32_t i = 0; i < f->server_count; i++)
		put_suite(&j, i);
	put_suite(&j, PICTURE_NONE);
	for (size_t i = 0; i < f->source_count; i++)
		put_source(&j, &f->sources[i]);
	end_suite(&j, S("inputs"));
	buf_addz(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"mcplog\"");
	attributes_of(out, &j.all);
	buf_addz(out, ">\n");
	buf_add(out, buf_str(&j.suites));
	buf_addz(out, "</testsuites>\n");
	buf_done(&j.cases);
	buf_done(&j.suites);
	buf_done(&told);
}
