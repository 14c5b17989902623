/*
 * Diagrams for Markdown (mermaid.h). Mermaid has several grammars, each with its own traps; md_mermaid leaves only characters
 * that none of them knows, so a name from a log can break no diagram. Times are written without a zone: Mermaid then shows
 * the digits that stand here, which are UTC, and not those of the reader's zone.
 */
#include "report/mermaid.h"

#include <stdio.h>

#include "report/md.h"
#include "report/text_incident.h"

enum { LABEL = 48, MESSAGE = 72, CALLS = 20, CONNECTIONS = 8, MARKS = 12, MESSAGES = 30 };

enum whose whose_log(enum source_kind kind)
{
	switch (kind) {
	case SOURCE_SERVER: return WHOSE_SERVER;
	case SOURCE_PROXY:
	case SOURCE_BRIDGE: return WHOSE_PROXY;
	default: return WHOSE_CLIENT;
	}
}

static void time_of(struct buf *out, instant at)
{
	char text[32];
	instant_format(at, text);
	buf_add(out, str_head(str_z(text), 23)); /* without the Z */
}

/* In quotes, because a name may be a word of the grammar: there are tools called "click". */
static void task(struct buf *out, str name, const char *more, const char *tags, unsigned number, instant from, instant to)
{
	buf_addz(out, "    “");
	md_mermaid(out, name, LABEL);
	buf_printf(out, "”%s :%st%u, ", more, tags, number);
	time_of(out, from);
	buf_addz(out, ", ");
	if (to == from)
		buf_addz(out, "1ms");
	else
		time_of(out, to);
	buf_byte(out, '\n');
}

static void calls_of(struct buf *out, const struct facts *f, const struct incident *i, unsigned *number)
{
	size_t shown = 0;
	for (size_t k = 0; k < i->call_count && shown < CALLS; k++) {
		const struct call *c = i->calls[k];
		const bool open = c->ended_at == INSTANT_NONE;
		const instant to = open ? f->as_of : c->ended_at;
		char lasted[32], more[64];
		if (c->started_at == INSTANT_NONE || to == INSTANT_NONE || to < c->started_at)
			continue;
		if (shown++ == 0)
			buf_addz(out, "    section Calls\n");
		duration_format(to - c->started_at, lasted);
		snprintf(more, sizeof more, " %s%s", lasted, open ? " still open" : "");
		task(out, c->tool.n ? c->tool : S("call"), more, open ? "crit, active, " : call_failed(c) ? "crit, " : "done, ", ++*number, c->started_at, to);
	}
}

/* Behind the server's name: how its connection ended. */
static const char *connection_end(str how)
{
	static const char *const ends[][2] = {
		{"cleanly", " closed cleanly"}, {"with-errors", " closed with errors"}, {"client-closed", " closed by the client"},
		{"process-exit", " ended with its process"}, {"open", " open"},
	};
	for (size_t k = 0; k < sizeof ends / sizeof *ends; k++)
		if (str_eq(how, str_z(ends[k][0])))
			return ends[k][1];
	return "";
}

/* Connections of its server that were open while it lasted. */
static void connections_of(struct buf *out, const struct facts *f, const struct incident *i, instant from, instant to, unsigned *number)
{
	size_t shown = 0;
	for (size_t k = 0; k < f->server_count; k++) {
		const struct server_facts *s = &f->servers[k];
		if (!str_eq(s->name, i->server))
			continue;
		for (size_t n = 0; n < s->connection_count && shown < CONNECTIONS; n++) {
			const struct connection *c = &s->connections[n];
			const instant closed = c->closed_at == INSTANT_NONE ? to : c->closed_at;
			const bool other = i->session.n && c->session.n && !str_eq(c->session, i->session);
			if (other || c->opened_at == INSTANT_NONE || closed < from || c->opened_at > to || closed < c->opened_at)
				continue;
			if (shown++ == 0)
				buf_addz(out, "    section Connections\n");
			task(out, i->server, connection_end(c->how), "active, ", ++*number, c->opened_at < from ? from : c->opened_at, closed > to ? to : closed);
		}
	}
}

static void marks_of(struct buf *out, const struct incident *i, unsigned *number)
{
	size_t shown = 0;
	for (size_t k = 0; k < i->evidence_count && shown < MARKS; k++) {
		const struct evidence *e = &i->evidence[k];
		if (e->time == INSTANT_NONE || e->role == ROLE_ABSENCE || e->role == ROLE_BEAT)
			continue;
		if (shown++ == 0)
			buf_addz(out, "    section Lines\n");
		task(out, text_without_server(text_without_time(evidence_words(e)), i->server), "", e->role == ROLE_TRIGGER ? "crit, milestone, " : "milestone, ", ++*number, e->time, e->time);
	}
}

bool mermaid_gantt(struct buf *out, const struct facts *f, const struct incident *i)
{
	const instant from = i->started_at, to = i->ended_at != INSTANT_NONE ? i->ended_at : f->as_of;
	unsigned number = 0;
	struct buf body = {0};
	if (from == INSTANT_NONE || to == INSTANT_NONE || to < from)
		return false;
	calls_of(&body, f, i, &number);
	connections_of(&body, f, i, from, to, &number);
	marks_of(&body, i, &number);
	if (number) {
		buf_addz(out, "gantt\n    title ");
		md_mermaid(out, i->title, LABEL + MESSAGE);
		buf_addz(out, "\n    dateFormat YYYY-MM-DDTHH:mm:ss.SSS\n    axisFormat %H:%M:%S\n");
		buf_add(out, buf_str(&body));
	}
	buf_done(&body);
	return number > 0;
}

static const char letters[] = {[WHOSE_CLIENT] = 'C', [WHOSE_SERVER] = 'S', [WHOSE_PROXY] = 'P'};

static void participants(struct buf *out, const struct incident *i)
{
	bool proxy = false;
	for (size_t k = 0; k < i->evidence_count; k++)
		proxy |= i->evidence[k].at.source && whose_log(i->evidence[k].at.source->kind) == WHOSE_PROXY;
	buf_addz(out, "    participant C as client");
	if (i->client_version.n) {
		buf_byte(out, ' ');
		md_mermaid(out, i->client_version, LABEL);
	}
	buf_addz(out, proxy ? "\n    participant P as proxy\n    participant S as " : "\n    participant S as ");
	md_mermaid(out, i->server.n ? i->server : S("server"), LABEL);
	buf_byte(out, '\n');
}

static void message_text(struct buf *out, const struct incident *i, const struct evidence *e)
{
	struct buf text = {0};
	char offset[32];
	text_offset(e->time, i->started_at, offset);
	if (*offset && e->role != ROLE_ABSENCE)
		buf_printf(&text, "%s ", offset);
	buf_add(&text, e->role == ROLE_ABSENCE ? e->text : text_without_server(text_without_time(evidence_words(e)), i->server));
	md_mermaid(out, buf_str(&text), MESSAGE);
	if (e->times > 1)
		buf_printf(out, " ×%u", e->times);
	buf_done(&text);
	buf_byte(out, '\n');
}

void mermaid_sequence(struct buf *out, const struct incident *i)
{
	buf_addz(out, "sequenceDiagram\n");
	participants(out, i);
	for (size_t k = 0; k < i->evidence_count && k < MESSAGES; k++) {
		const struct evidence *e = &i->evidence[k];
		const char whose = letters[e->at.source ? whose_log(e->at.source->kind) : WHOSE_CLIENT];
		if (e->role == ROLE_START && whose == 'C')
			buf_addz(out, "    C->>S: ");
		else if (e->role == ROLE_TRIGGER && whose == 'C')
			buf_addz(out, "    S--xC: ");
		else if (e->role == ROLE_ABSENCE)
			buf_addz(out, "    Note over C,S: ");
		else
			buf_printf(out, "    Note over %c: ", whose);
		message_text(out, i, e);
	}
	if (i->evidence_count > MESSAGES)
		buf_printf(out, "    Note over C,S: and %zu more lines\n", i->evidence_count - MESSAGES);
}
