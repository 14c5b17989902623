/* The driver of parse/: one parser per source, one line in, records out.
 *
 * A line takes one of two ways. Hot: it begins with the byte mask of the format that the file's lines have; class and first bytes
 * of its body are found without a regex, and when no signature can want it, it is counted and forgotten. That is what happens to
 * nine of ten lines of a debug log, so nothing there copies, parses a time or calls PCRE2. Slow: everything else is peeled
 * (peel.c), folded to records (fold.c) and split (shape.c).
 *
 * The parser never decides what a record means, and drops nothing without counting it. */
#include "parse/parts.h"
#include "base/hash.h"
#include "base/mem.h"
#include <endian.h>
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

/* Times of hot records are kept as text until somebody asks. */
static void settle_hot_time(struct parser *p)
{
	instant at;
	if (!p->hot_timed)
		return;
	p->hot_timed = false;
	if (!instant_iso24(p->hot_last, &at))
		return;
	struct tally *t = &p->tally;
	t->timed = true;
	t->previous = at;
	if (t->first == INSTANT_NONE || at < t->first)
		t->first = at;
	if (t->last == INSTANT_NONE || at > t->last)
		t->last = at;
	p->clock.context = at;
}

void parser_time(struct parser *p, instant at, uint64_t line, uint64_t offset)
{
	struct tally *t = &p->tally;
	settle_hot_time(p);
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
	if (p->version.n > 0 || body.n == 0 || !(p->shapes.first[(unsigned char)body.p[0]] & FIRST_FACT) ||
		shapes_role(&p->shapes, SHAPE_FACT, body, &h) == NULL)
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
	if (!asked && !p->excerpt && r->result == RESULT_NONE && !p->gate(p->gate_context, r->class, str_head(r->body, HEAD_GATE)))
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
	settle_hot_time(p);
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

/* Behind the head: level and one bracket, then blanks. */
static str hot_body(const struct shape *s, str text)
{
	size_t from = s->masks[0].n;
	str after = s->format->after;
	for (size_t i = from; i < from + 10 && i + after.n <= text.n; i++)
		if (text.p[i] == after.p[0]) {
			size_t same = 1;
			while (same < after.n && text.p[i + same] == after.p[same])
				same++;
			if (same < after.n)
				continue;
			i += after.n;
			while (i < text.n && text.p[i] == ' ')
				i++;
			return str_from(text, i);
		}
	return STR_NONE;
}

static bool hot_wanted(struct parser *p, str body)
{
	struct shape *hot = p->hot;
	for (unsigned i = 0; i < hot->split_count; i++) {
		struct head h;
		if (!shape_may(hot->split[i], body))
			continue;
		if (!shape_fits(hot->split[i], body, NULL, &h))
			return true;
		if (hot->split[i]->format->class == CLASS_MCP)
			p->tally.mcp++;
		body = h.part[PART_BODY];
		if (p->version.n == 0)
			parser_version(p, body);
		return shapes_role(&p->shapes, SHAPE_EMBED, body, NULL) != NULL ||
			p->gate(p->gate_context, hot->split[i]->format->class, str_head(body, HEAD_GATE));
	}
	if (p->version.n == 0)
		parser_version(p, body);
	return p->gate(p->gate_context, hot->format->class, str_head(body, HEAD_GATE));
}

/* The head is known: no wrapper and no other format needs asking, and its parts stand where the mask says. */
static bool open_hot(struct parser *p, struct flow *f, const struct line *l, str body)
{
	struct head h = {.shape = p->hot, .zoned = true, .timed = true};
	struct text_line t = {.text = l->text, .raw = l->text, .line = l->number, .offset = l->offset, .lines = 1, .at = INSTANT_NONE,
		.cut = l->length > l->text.n};
	size_t from = p->hot->masks[0].n, to = from;
	settle_hot_time(p);
	if (!instant_iso24(l->text.p, &h.at))
		return false;
	while (to < l->text.n && l->text.p[to] != p->hot->format->after.p[0])
		to++;
	h.level = level_find((str){l->text.p + from, to - from});
	h.part[PART_BODY] = peel_ansi(body, &p->clean);
	p->clock.context = p->clock.same = h.at;
	flow_open(f, &t, p->hot, &h, true);
	return true;
}

/* Does the time text a (24 bytes) stand before b? Bytes as numbers, high ones first. */
static inline bool earlier(const char *a, const char *b)
{
	for (unsigned i = 0; i < 24; i += 8) {
		uint64_t x, y;
		memcpy(&x, a + i, 8);
		memcpy(&y, b + i, 8);
		if (x != y)
			return be64toh(x) < be64toh(y);
	}
	return false;
}

/* True when the line is done with. */
static bool hot_line(struct parser *p, const struct line *l)
{
	struct flow *f = &p->flows[0];
	str text = l->text;
	if (text.n < MASK_BYTES || !mask_words(&p->hot->masks[0], text.p)) {
		bool quiet = f->open && f->dropped && f->shape == p->hot && (text.n == 0 || !(p->shapes.first[(unsigned char)text.p[0]] & FIRST_HEAD));
		f->r.lines += quiet;
		return quiet;
	}
	str body = hot_body(p->hot, text);
	if (body.n < 8 || body.p[0] == '"' || (p->hot_timed && earlier(text.p, p->hot_last)))
		return false;
	uint64_t mcp = p->tally.mcp;
	bool wanted = hot_wanted(p, body);
	if (!f->open || !f->dropped)
		flow_finish(f);
	if (wanted) {
		p->tally.mcp = mcp; /* counted when it is handed out */
		return open_hot(p, f, l, body);
	}
	instant at;
	if (!p->hot_timed && instant_iso24(text.p, &at))
		parser_time(p, at, l->number, l->offset);
	memcpy(p->hot_last, text.p, MASK_BYTES);
	p->hot_timed = true;
	p->tally.first_bodies |= UINT64_C(1) << (((unsigned char)body.p[0] + (unsigned char)body.p[3] * 7u) & 63);
	parser_count(p, p->hot->format->kind);
	f->open = f->dropped = f->fold_any = true;
	f->shape = p->hot;
	f->r.line = l->number;
	f->r.offset = l->offset;
	f->r.lines = 1;
	return true;
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
	settle_hot_time(p);
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

void parser_resume_point(const struct parser *p, uint64_t *ret_line, uint64_t *ret_offset)
{
	*ret_line = p->resume_line;
	*ret_offset = p->resume_offset;
	bool found = false;
	for (unsigned i = 0; i < p->flow_count; i++) {
		const struct flow *f = &p->flows[i];
		if (f->r.line == 0 || (found && f->r.offset > *ret_offset))
			continue;
		*ret_line = f->r.line;
		*ret_offset = f->r.offset;
		found = true;
	}
}

struct parser *parser_new(const struct rules *rules, const struct parser_options *options, gate_fn *gate, const void *gate_context,
	record_fn *sink, void *sink_context)
{
	struct parser *p = mem_new(sizeof *p);
	*p = (struct parser){.o = *options, .rules = rules, .gate = gate, .gate_context = gate_context, .sink = sink, .sink_context = sink_context};
	p->o.path = arena_str(&p->arena, options->path);
	p->o.probe = STR_NONE;
	p->tally.first = p->tally.last = p->tally.previous = INSTANT_NONE;
	p->clock = (struct clock){.zone = options->zone, .base = options->base, .context = INSTANT_NONE, .same = INSTANT_NONE};
	shapes_init(&p->shapes, rules);
	flow_init(&p->flows[0], p, 0);
	p->flow_count = 1;
	flow_init(&p->inner, p, 1);
	p->inner.embedded = true;
	detect(p, options->probe);
	if (p->excerpt && options->excerpt_gate != NULL)
		p->gate = options->excerpt_gate;
	return p;
}

void parser_free(struct parser *p)
{
	if (p == NULL)
		return;
	for (unsigned i = 0; i < p->flow_count; i++)
		flow_done(&p->flows[i]);
	flow_done(&p->inner);
	shapes_done(&p->shapes);
	buf_done(&p->clean);
	buf_done(&p->clean2);
	buf_done(&p->clean3);
	arena_done(&p->arena);
	free(p->merged);
	free(p);
}
