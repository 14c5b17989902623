/* The driver of parse/: one parser per source, one line in, records out.
 *
 * A line takes one of two ways. Hot: it begins with the byte mask of the format that the file's lines have (hot.c). Slow:
 * everything else is peeled (peel.c), folded to records (fold.c) and split (shape.c).
 *
 * The parser never decides what a record means, and drops nothing without counting it. */
#include "parse/parts.h"
#include "base/hash.h"
#include "base/mem.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { CLOCK_BACK_MIN = 100 * 1000 }; /* µs; the pipes of one process reach a log out of order by less */

void parser_keep(struct parser *p, str *fact, str value)
{
	if (fact->n == 0 && value.n > 0)
		*fact = arena_str(&p->arena, str_head(value, 4096));
}

void parser_problem(struct parser *p, const char *code, enum severity_class class, uint64_t line, uint64_t offset, const char *format, ...)
{
	for (unsigned i = 0; i < p->problem_count; i++)
		if (strcmp(p->problem[i].code, code) == 0) {
			p->problem[i].times++;
			return;
		}
	if (p->problem_count == PARSE_PROBLEMS)
		return;
	struct problem *new = &p->problem[p->problem_count++];
	*new = (struct problem){.code = code, .line = line, .offset = offset, .class = class, .times = 1};
	va_list args;
	va_start(args, format);
	(void)vsnprintf(new->text, sizeof new->text, format, args);
	va_end(args);
}

void parser_count(struct parser *p, enum source_kind kind)
{
	p->tally.records++;
	p->tally.kinds[p->wrapper_kind != SOURCE_UNKNOWN ? p->wrapper_kind : kind]++;
}

void parser_unknown(struct parser *p, uint64_t line, uint64_t offset)
{
	struct tally *t = &p->tally;
	t->unrecognized++;
	if (t->unknown_count < 3) {
		t->unknown_line[t->unknown_count] = line;
		t->unknown_offset[t->unknown_count++] = offset;
	}
}

void parser_time(struct parser *p, instant at, uint64_t line, uint64_t offset)
{
	struct tally *t = &p->tally;
	hot_settle(p);
	if (at == INSTANT_NONE)
		return;
	t->timed = true;
	if (!p->excerpt && t->previous != INSTANT_NONE && at < t->previous - CLOCK_BACK_MIN) {
		char back[32];
		duration_format(t->previous - at, back);
		parser_problem(p, "clock-back", PROBLEM_NOTE, line, offset, "the clock went back %s at offset %llu", back, (unsigned long long)offset);
	}
	t->previous = at;
	if (t->first == INSTANT_NONE || at < t->first)
		t->first = at;
	if (t->last == INSTANT_NONE || at > t->last)
		t->last = at;
}

void parser_version(struct parser *p, str body)
{
	struct head h;
	if (p->version.n > 0 || body.n == 0 || !(p->shapes->first[(unsigned char)body.p[0]] & FIRST_FACT) ||
		shapes_role(p->shapes, SHAPE_FACT, body, &h) == NULL)
		return;
	parser_keep(p, &p->version, h.part[PART_VERSION]);
	parser_keep(p, &p->cwd, h.part[PART_CWD]);
}

void parser_emit(struct parser *p, struct record *r, bool asked)
{
	parser_keep(p, &p->session, r->session);
	parser_keep(p, &p->cwd, r->cwd);
	parser_keep(p, &p->version, r->version);
	if (r->class == CLASS_MCP)
		p->tally.mcp++;
	r->excerpt = p->excerpt;
	if (!asked && !p->excerpt && r->result == RESULT_NONE && !p->gate(p->gate_context, r->class, str_head(r->body, HEAD_GATE)).from)
		return;
	p->sink(p->sink_context, r);
}

static struct flow *flow_of(struct parser *p, uint64_t key)
{
	for (unsigned i = 0; i < p->flow_count; i++)
		if (p->flows[i].key == key)
			return &p->flows[i];
	if (p->flow_count == FLOWS)
		return &p->flows[1 + key % (FLOWS - 1)];
	flow_init(&p->flows[p->flow_count], p, key);
	return &p->flows[p->flow_count++];
}

/* Pieces of a line that a container runtime split are put together before anything looks at them. */
static bool join_partial(struct flow *f, struct text_line *t, bool partial)
{
	bool waiting = f->partial.n > 0;
	if (!partial && !waiting)
		return true;
	if (!waiting) {
		f->partial_head = *t;
		f->partial_head.lines = 0;
	}
	f->partial_head.lines += t->lines;
	if (f->partial.n + t->text.n <= LIMIT_RECORD)
		buf_add(&f->partial, t->text);
	else
		f->partial_head.cut = true;
	if (partial)
		return false;
	str server = t->server;
	*t = f->partial_head;
	t->server = server;
	t->text = t->raw = buf_str(&f->partial);
	return true;
}

static void slow_line(struct parser *p, const struct line *l)
{
	struct text_line t = {.text = l->text, .raw = l->text, .line = l->number, .offset = l->offset, .lines = 1, .at = INSTANT_NONE,
		.cut = l->length > l->text.n};
	bool partial = false;
	uint64_t key = 0;
	hot_settle(p);
	t.text = peel_ansi(t.text, &p->clean);
	if (p->excerpt || p->paste != 0 || p->normalise)
		t.text = peel_typography(t.text, &p->clean2);
	t.text = peel_pasted(t.text, p->paste, p->paste_gap);
	bool guarded = p->flows[0].fold_any && p->flows[0].open && !p->excerpt;
	for (unsigned i = 0; i < 3; i++) {
		if (json_wrapper(p, &t, &key, &partial))
			continue;
		struct shape *s = peel_wrapper(p, &t, guarded || p->excerpt, &key, &partial);
		if (s == NULL)
			break;
		if (s->format->kind != SOURCE_UNKNOWN)
			p->wrapper_kind = s->format->kind;
		t.text = peel_ansi(t.text, &p->clean2);
	}
	struct flow *f = flow_of(p, key);
	if (!join_partial(f, &t, partial))
		return;
	flow_line(f, &t);
	if (!partial)
		buf_reset(&f->partial);
}

void parser_push(struct parser *p, const struct line *l)
{
	p->tally.lines++;
	if (l->text.n > LIMIT_MATCH && l->length == l->text.n && l->text.p[0] != '{') /* longer ones were noted by the reader */
		parser_problem(p, "line-too-long", PROBLEM_NOTE, l->number, l->offset, "line of %llu bytes at offset %llu: only its first %u are matched",
			(unsigned long long)l->length, (unsigned long long)l->offset, LIMIT_MATCH);
	if (p->hot == NULL || !hot_line(p, l))
		slow_line(p, l);
}

void parser_finish(struct parser *p)
{
	hot_settle(p);
	for (unsigned i = 0; i < p->flow_count; i++) {
		struct flow *f = &p->flows[i];
		if (f->partial.n > 0) {
			struct text_line t = f->partial_head;
			t.text = t.raw = buf_str(&f->partial);
			t.cut = true;
			flow_line(f, &t);
		}
		flow_finish(f);
	}
}

struct parse_memory *parse_memory_new(const struct rules *rules)
{
	struct parse_memory *m = mem_new(sizeof *m);
	shapes_init(&m->shapes, rules);
	return m;
}

void parse_memory_free(struct parse_memory *m)
{
	if (m == NULL)
		return;
	shapes_done(&m->shapes);
	free(m->answers);
	free(m->cache);
	free(m);
}

static void tell_nobody(void *context, const struct record *r)
{
	(void)context;
	(void)r;
}

struct parser *parser_new(const struct rules *rules, const struct parser_options *options, gate_fn *gate, const void *gate_context,
	record_fn *sink, void *sink_context)
{
	struct parser *p = mem_new(sizeof *p);
	p->o = *options;
	p->rules = rules;
	p->gate = gate;
	p->gate_context = gate_context;
	p->sink = sink;
	p->sink_context = sink_context;
	p->o.path = arena_str(&p->arena, options->path);
	p->o.probe = STR_NONE;
	p->tally.first = p->tally.last = p->tally.previous = INSTANT_NONE;
	p->clock = (struct clock){.zone = options->zone, .base = options->base, .context = INSTANT_NONE, .same = INSTANT_NONE, .ahead = INSTANT_NONE};
	p->own_memory = options->memory == NULL;
	p->memory = p->own_memory ? parse_memory_new(rules) : options->memory;
	p->shapes = &p->memory->shapes;
	shapes_forget(p->shapes);
	flow_init(&p->flows[0], p, 0);
	p->flow_count = 1;
	flow_init(&p->inner, p, 1);
	p->inner.embedded = true;
	detect(p, options->probe);
	if (p->excerpt && options->excerpt_gate != NULL)
		p->gate = options->excerpt_gate;
	if (p->document)
		p->sink = tell_nobody;
	return p;
}

void parser_free(struct parser *p)
{
	if (p == NULL)
		return;
	for (unsigned i = 0; i < p->flow_count; i++)
		flow_done(&p->flows[i]);
	flow_done(&p->inner);
	if (p->own_memory)
		parse_memory_free(p->memory);
	buf_done(&p->clean);
	buf_done(&p->clean2);
	buf_done(&p->clean3);
	arena_done(&p->arena);
	free(p->merged);
	free(p);
}
