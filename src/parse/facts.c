/* What a file says about itself, at its end: kind, versions, session, bounds of time, and what could not be understood. */
#include "base/mem.h"
#include "parse/parts.h"
#include <stdio.h>
#include <stdlib.h>

enum { FILTERED_RECORDS = 20, UNKNOWN_MIN = 3 };

static enum source_kind majority(const struct parser *p)
{
	const struct tally *t = &p->tally;
	enum source_kind best = SOURCE_UNKNOWN;
	if (p->excerpt)
		return p->loglike && t->unrecognized * 2 > t->records ? SOURCE_UNKNOWN : SOURCE_EXCERPT;
	for (unsigned k = 1; k < SOURCE_KIND_COUNT; k++)
		if (t->kinds[k] > t->kinds[best] || (best == SOURCE_UNKNOWN && t->kinds[k] > 0 && t->kinds[k] * 2 >= t->records))
			best = (enum source_kind)k;
	/* `[LEVEL] text` without a clock is what many servers write too: without one MCP line it is no client's log. */
	if (best == SOURCE_CLAUDE_DEBUG && !t->timed && t->mcp == 0)
		best = SOURCE_UNKNOWN;
	return best;
}

static bool is_filtered(const struct parser *p, enum source_kind kind)
{
	const struct tally *t = &p->tally;
	return kind == SOURCE_CLAUDE_DEBUG && t->mcp == 0 && t->records >= FILTERED_RECORDS && t->first_bodies != UINT64_MAX;
}

/* From 10 % of a file's lines on somebody should know: a new client, or a format that nobody described. */
static bool unknown_problem(const struct parser *p, struct problem *ret)
{
	const struct tally *t = &p->tally;
	uint64_t heads = t->records, unknown = t->unrecognized;
	if (unknown == 0 || unknown * 10 < heads || (heads < 10 && unknown < UNKNOWN_MIN) || (p->excerpt && !p->loglike))
		return false;
	*ret = (struct problem){.code = "unrecognized-lines", .class = PROBLEM_WARN, .line = t->unknown_line[0], .offset = t->unknown_offset[0], .times = 1};
	size_t n = (size_t)snprintf(ret->text, sizeof ret->text, "%llu %% of lines not recognised; for example at offset",
		(unsigned long long)(heads > 0 ? unknown * 100 / heads : 100));
	for (unsigned i = 0; i < t->unknown_count && n < sizeof ret->text; i++)
		n += (size_t)snprintf(ret->text + n, sizeof ret->text - n, "%s %llu", i > 0 ? "," : "", (unsigned long long)t->unknown_offset[i]);
	return true;
}

bool parser_excerpt(const struct parser *p) { return p->excerpt; }

void parser_facts(const struct parser *p, struct source *s)
{
	const struct tally *t = &p->tally;
	s->kind = majority(p);
	if (s->kind == SOURCE_UNKNOWN && p->excerpt && t->records > 0)
		s->kind = SOURCE_EXCERPT;
	s->excerpt = p->excerpt;
	s->filtered = is_filtered(p, s->kind);
	s->records = t->records;
	s->unrecognized = p->excerpt && !p->loglike ? 0 : t->unrecognized;
	s->client_version = p->version;
	s->session_id = p->session.n > 0 ? p->session : p->file_session;
	s->cwd = p->cwd;
	s->server = p->server;
	s->first = t->first;
	s->last = t->last;
	s->has_times = t->timed;
	struct problem extra;
	bool unknown = unknown_problem(p, &extra);
	size_t count = p->problem_count + unknown;
	if (count == 0)
		return;
	struct parser *owner = (struct parser *)(uintptr_t)p; /* the list is a cache of the facts, it belongs to the parser */
	struct problem *list = mem_grow(NULL, s->problem_count + count, sizeof *list);
	if (s->problem_count > 0)
		memcpy(list, s->problems, s->problem_count * sizeof *list);
	memcpy(list + s->problem_count, p->problem, p->problem_count * sizeof *list);
	if (unknown)
		list[s->problem_count + p->problem_count] = extra;
	free(owner->merged);
	owner->merged = list;
	s->problems = list;
	s->problem_count += count;
}
