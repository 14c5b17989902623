/* Unexplained records (see unknown.h). The same reader, parser and matcher as in pass 1, with another end: what the matcher has
 * nothing for goes to base/drain instead of nowhere. No gate: every record is matched, which is slower than an analysis.
 *
 * What counts: every record about an MCP server; other records that are errors, warnings or tracebacks, or speak of MCP; error
 * texts that no signature gives a class. Ordinary chatter of a client or a server only with `all`. Quoted text (excerpts) and
 * conversations are never looked at: there an unexplained line means nothing.
 *
 * Refuses to show a text that was not redacted, unless it is told to. */
#include "unknown.h"
#include "base/drain.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "base/version_range.h"
#include "ingest/reader.h"
#include "match/matcher.h"
#include "parse/parser.h"
#include "redact/redact.h"
#include <stdlib.h>

struct seen { /* beside a template of the same index */
	struct unknown_template t;
	uint32_t source;      /* that showed it last: its version is known at the source's end */
};
struct hunt {
	struct rules *rules;
	const struct unknown_options *o;
	struct matcher *matcher;
	struct parse_memory *memory;
	struct redactor *redactor;
	struct drain *drain;
	VEC(struct seen) seen;
	VEC(struct source) sources;
	struct unknown_result *ret;
	const struct input *input;
	uint32_t source;      /* number of the present one, from 1 */
	struct buf scratch;
};

/* --- what counts --- */

static struct gate_answer everything(const void *context, enum body_class class, str head)
{
	(void)context, (void)class, (void)head;
	return (struct gate_answer){1, 0, 0};
}

static bool speaks_of_mcp(str text)
{
	for (size_t i = 0; i + 3 <= text.n; i++)
		if ((text.p[i] | 32) == 'm' && (text.p[i + 1] | 32) == 'c' && (text.p[i + 2] | 32) == 'p')
			return true;
	return false;
}

static bool never(const struct record *r)
{
	return r->excerpt || r->kind == SOURCE_UNKNOWN || r->kind == SOURCE_EXCERPT || r->class == CLASS_TRANSCRIPT || r->class == CLASS_WIRE ||
		r->result != RESULT_NONE;
}

static bool counts(const struct hunt *h, const struct record *r)
{
	if (h->o->all)
		return true;
	switch (r->class) {
	case CLASS_MCP:
	case CLASS_LIST:
	case CLASS_ERROR:
	case CLASS_TRACEBACK:
	case CLASS_PROXY: return true;
	case CLASS_ACCESS: return false;
	default: return r->level >= LEVEL_WARN || speaks_of_mcp(str_head(r->body, LIMIT_EXCERPT));
	}
}

/* --- a record --- */

static str first_line(str text)
{
	text = str_trim(text);
	return utf8_limit(str_trim_end(str_word(&text, '\n')), LIMIT_EXCERPT);
}

static void widen(instant at, struct unknown_template *t)
{
	if (at == INSTANT_NONE)
		return;
	if (t->first == INSTANT_NONE || at < t->first)
		t->first = at;
	if (t->last == INSTANT_NONE || at > t->last)
		t->last = at;
}

static void note(struct hunt *h, const struct record *r, enum body_class class, str text)
{
	const str line = first_line(text);
	if (!line.n)
		return;
	const size_t at = drain_add(h->drain, (uint64_t)class << 8 | r->kind, line);
	h->ret->unexplained++;
	if (at == DRAIN_NONE) {
		h->ret->left_out++;
		return;
	}
	if (at == h->seen.n)
		vec_push(&h->seen)->t = (struct unknown_template){.sample = arena_str(&h->ret->arena, line), .class = class, .kind = r->kind, .first = INSTANT_NONE,
			.last = INSTANT_NONE, .path = arena_str(&h->ret->arena, h->input->path), .line = r->line, .offset = r->offset};
	struct seen *s = &h->seen.v[at];
	s->source = h->source;
	widen(r->at, &s->t);
}

static void on_record(void *context, const struct record *r)
{
	struct hunt *h = context;
	struct event e;
	if (never(r))
		return;
	const bool matched = matcher_match(h->matcher, r, &e);
	if (matched && e.err.n && !e.class)
		note(h, r, CLASS_ERROR, e.err);
	else if ((!matched || (r->class == CLASS_TRACEBACK && !e.signature)) && counts(h, r))
		note(h, r, r->class, r->body);
}

/* --- a file --- */

/* The version is a fact of the whole source, known when it was read. */
static void add_version(struct hunt *h, str version)
{
	if (!version.n)
		return;
	const str kept = arena_str(&h->ret->arena, version);
	for (size_t i = 0; i < h->seen.n; i++) {
		struct seen *s = &h->seen.v[i];
		if (s->source != h->source)
			continue;
		if (!s->t.first_version.n || version_cmp(kept, s->t.first_version) < 0)
			s->t.first_version = kept;
		if (!s->t.last_version.n || version_cmp(kept, s->t.last_version) > 0)
			s->t.last_version = kept;
	}
}

static void add_source(struct hunt *h, const struct reader *reader, const struct parser *parser)
{
	struct source s = {.path = h->input->path, .first = INSTANT_NONE, .last = INSTANT_NONE};
	reader_facts(reader, &s);
	struct problem *kept = arena_alloc(&h->ret->arena, (s.problem_count + 1) * sizeof *kept);
	if (s.problem_count)
		memcpy(kept, s.problems, s.problem_count * sizeof *kept);
	const size_t count = s.problem_count;
	for (size_t i = 0; i < count; i++)
		h->ret->problems.incomplete |= kept[i].class == PROBLEM_ERROR;
	s.problems = NULL; /* those of the parser are told by an analysis */
	s.problem_count = 0;
	parser_facts(parser, &s);
	h->ret->records += s.records;
	add_version(h, s.client_version);
	*vec_push(&h->sources) = (struct source){.path = arena_str(&h->ret->arena, h->input->path), .kind = s.kind, .problems = kept, .problem_count = count};
}

static int read_lines(struct hunt *h, struct reader *reader, struct err *reterr)
{
	const struct parser_options options = {.zone = h->o->zone, .base = h->input->is_stdin ? INSTANT_NONE : h->input->identity.mtime_ns / 1000,
		.path = h->input->path, .probe = reader_peek(reader), .force_text = h->o->source.force_text, .excerpt_gate = matcher_knows,
		.memory = h->memory};
	struct parser *parser = parser_new(h->rules, &options, everything, NULL, on_record, h);
	struct line line;
	uint64_t n = 0;
	int r = 0;
	if (parser_excerpt(parser)) { /* a text, not a log */
		parser_free(parser);
		return 0;
	}
	while (!r && reader_next(reader, &line) > 0) {
		parser_push(parser, &line);
		if ((++n & 0xff) == 0 && h->o->stop && *h->o->stop)
			r = err_set(reterr, ERR_STOPPED, "interrupted");
	}
	if (!r) {
		parser_finish(parser);
		add_source(h, reader, parser);
	}
	parser_free(parser);
	return r;
}

static int read_file(struct hunt *h, struct source_list *list, const struct input *in, struct err *reterr)
{
	struct err e = {0};
	int fd;
	const struct reader_options options = {.final = h->o->final || in->is_stdin, .force_text = h->o->source.force_text, .named = in->named,
		.archive_name = in->archive_name, .mtime_s = in->identity.mtime_ns / 1000000000};
	if (source_open(in, &h->o->source, &fd, &e)) {
		struct input_problem *q = vec_push(&list->problems);
		q->path = in->path;
		source_open_problem(in, &e, &q->problem);
		return 0;
	}
	h->input = in;
	h->source++;
	struct reader *reader = reader_new(fd, &options);
	const int r = read_lines(h, reader, reterr);
	reader_free(reader);
	return r;
}

/* --- the result --- */

static str clean(struct hunt *h, str text)
{
	buf_reset(&h->scratch);
	(void)redact(h->redactor, text, &h->scratch);
	return arena_str(&h->ret->arena, buf_str(&h->scratch));
}

/* A word that redaction hides in a template is taken out whole: what surrounds a secret is no news either. */
static str template_text(struct hunt *h, size_t i)
{
	const struct drain_template t = drain_get(h->drain, i);
	struct buf text = {0};
	for (size_t k = 0; k < t.word_count; k++)
		buf_printf(&text, "%s%.*s", k ? " " : "", STR_ARG(t.words[k]));
	const str kept = clean(h, buf_str(&text));
	buf_done(&text);
	return kept;
}

static int by_count(const void *a, const void *b)
{
	const struct unknown_template *x = a, *y = b;
	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	const int c = str_cmp(x->path, y->path);
	return c ? c : x->offset < y->offset ? -1 : x->offset > y->offset;
}

static void finish(struct hunt *h, const struct source_list *list)
{
	struct unknown_result *ret = h->ret;
	ret->templates = arena_alloc(&ret->arena, (h->seen.n + 1) * sizeof *ret->templates);
	ret->template_count = h->seen.n;
	for (size_t i = 0; i < h->seen.n; i++) {
		struct unknown_template *t = &ret->templates[i];
		*t = h->seen.v[i].t;
		t->count = drain_get(h->drain, i).count;
		t->text = template_text(h, i);
		t->sample = clean(h, t->sample);
		t->path = clean(h, t->path);
	}
	if (ret->template_count > 1)
		qsort(ret->templates, ret->template_count, sizeof *ret->templates, by_count);
	struct pipeline_result *p = &ret->problems;
	struct input_problem *problems = arena_alloc(&ret->arena, (list->problems.n + 1) * sizeof *problems);
	for (size_t i = 0; i < list->problems.n; i++) {
		problems[i] = list->problems.v[i];
		problems[i].path = arena_str(&ret->arena, problems[i].path);
		p->incomplete |= problems[i].problem.class == PROBLEM_ERROR;
	}
	p->problems = problems;
	p->problem_count = list->problems.n;
	struct source *sources = arena_alloc(&ret->arena, (h->sources.n + 1) * sizeof *sources);
	if (h->sources.n)
		memcpy(sources, h->sources.v, h->sources.n * sizeof *sources);
	p->facts.sources = sources;
	p->facts.source_count = ret->sources = h->sources.n;
}

int unknown_run(struct rules *rules, const struct unknown_options *options, struct unknown_result *ret, struct err *reterr)
{
	struct source_list list = {0};
	*ret = (struct unknown_result){0};
	struct hunt h = {.rules = rules, .o = options, .ret = ret};
	int r = source_list_make(&list, options->paths, options->path_count, &options->source, reterr);
	if (!r) {
		h.matcher = matcher_new(rules);
		h.memory = parse_memory_new(rules);
		h.redactor = redactor_new(rules, options->no_redact);
		h.drain = drain_new();
	}
	for (size_t i = 0; i < list.inputs.n && !r; i++)
		r = read_file(&h, &list, &list.inputs.v[i], reterr);
	if (!r)
		finish(&h, &list);
	matcher_free(h.matcher);
	parse_memory_free(h.memory);
	redactor_free(h.redactor);
	drain_free(h.drain);
	vec_free(&h.seen);
	vec_free(&h.sources);
	buf_done(&h.scratch);
	source_list_done(&list);
	return r;
}

void unknown_done(struct unknown_result *r) { arena_done(&r->arena); }
