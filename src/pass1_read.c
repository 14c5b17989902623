/* From an input to its records (see pass1_read.h): what can be done with a file before it is known what came before it.
 *
 * It touches nothing but the file, its own reader and parser, and what it was given for them: so it may run in a thread of its own.
 * Refuses to know the timeline, calls, and which of several threads it is. */
#include "pass1_read.h"
#include "base/mem.h"
#include <stdlib.h>

enum { REST_WINDOW = 32 * 1024, ASK_LINES = 64, ASK_BYTES = 1 << 20 };

int reading_open(struct reading *g, struct err *reterr)
{
	const struct input *in = g->in;
	const struct pipeline_options *o = g->options;
	int r = source_open(in, &o->source, &g->fd, reterr);
	if (r)
		return r;
	g->identity = in->identity;
	if (!in->is_stdin)
		source_refresh(g->fd, &g->identity);
	struct reader_options options = {.final = o->final || in->is_stdin, .force_text = o->source.force_text, .named = in->named,
		.archive_name = in->archive_name, .chunk = o->chunk, .room = g->room, .mtime_s = g->identity.mtime_ns / 1000000000, .now_s = o->now_s};
	g->reader = reader_new(g->fd, &options);
	return 0;
}

void reading_probe(struct reading *g)
{
	g->probe = reader_peek(g->reader);
	g->own_probe = mem_dup(g->probe.p, g->probe.n);
	g->probe.p = g->own_probe;
}

void reading_parser(struct reading *g, struct parse_memory *memory, const struct matcher *gate)
{
	if (!g->probe.p)
		g->probe = reader_peek(g->reader);
	parser_free(g->parser);
	struct parser_options options = {.zone = g->options->zone, .base = g->in->is_stdin ? INSTANT_NONE : g->identity.mtime_ns / 1000, .path = g->in->path,
		.probe = g->probe, .force_text = g->options->source.force_text, .excerpt_gate = matcher_knows, .memory = memory,
		.needles = matcher_needles(gate), .rest_gate = matcher_gate_rest};
	g->parser = parser_new(g->rules, &options, matcher_gate, gate, g->sink.record, g->sink.context);
}

/* --- where the next run may go on --- */

void reading_watch_from(struct reading *g, uint64_t from)
{
	const uint64_t size = g->identity.size;
	const bool worth = g->probe.n >= LIMIT_PROBE - 3 && !g->shared_at && size > from && size - from > 2 * REST_WINDOW && size > LIMIT_PROBE + REST_WINDOW;
	if (parser_excerpt(g->parser))
		reader_whole(g->reader);
	g->watch_at = worth && !reader_compressed(g->reader) && !parser_excerpt(g->parser) ? size - REST_WINDOW : UINT64_MAX;
	if (g->shared_at)
		g->watch_at = g->shared_at;
}

static void rest(struct reading *g)
{
	struct buf reader = {0}, parser = {0};
	reader_save(g->reader, &reader);
	parser_save(g->parser, &parser);
	g->sink.rest(g->sink.context, reader_offset(g->reader), buf_str(&reader), buf_str(&parser));
	buf_done(&reader);
	buf_done(&parser);
}

/* The reader is at watch_at or behind. */
static void watch(struct reading *g)
{
	if (g->shared_at) {
		parser_facts(g->parser, &g->shared);
		struct source lines = {0};
		reader_facts(g->reader, &lines);
		g->shared.lines = lines.lines;
		g->shared_known = true;
		g->watch_at = UINT64_MAX;
	} else if (parser_can_rest(g->parser)) {
		rest(g);
		g->watch_at = UINT64_MAX;
	}
}

/* --- the loop --- */

/* The parser takes what it can of the bytes that are in the buffer already, up to where somebody is on watch. */
static void push_buffered(struct reading *g, const struct line *line)
{
	uint64_t lines;
	const uint64_t at = reader_offset(g->reader);
	str text = reader_buffered(g->reader);
	if (g->watch_at > at && g->watch_at - at < text.n)
		text.n = (size_t)(g->watch_at - at);
	if (text.n > 0) {
		size_t taken = parser_block(g->parser, text, line->number + 1, at, &lines);
		reader_skip(g->reader, taken, lines);
	}
}

bool reading_lines(struct reading *g)
{
	struct line line;
	uint64_t n = 0, asked = 0;
	while (reader_next(g->reader, &line) > 0) {
		parser_push(g->parser, &line);
		push_buffered(g, &line);
		if (reader_offset(g->reader) >= g->watch_at)
			watch(g);
		if (++n % ASK_LINES && line.offset - asked < ASK_BYTES)
			continue;
		asked = line.offset;
		if (!g->sink.go_on(g->sink.context, asked))
			return false;
	}
	parser_finish(g->parser);
	return true;
}

void reading_facts(struct reading *g, struct source *s)
{
	reader_facts(g->reader, s);
	if (s->problem_count > LIMIT_PROBLEMS)
		s->problem_count = LIMIT_PROBLEMS;
	parser_facts(g->parser, s);
}

void reading_done(struct reading *g)
{
	parser_free(g->parser);
	reader_free(g->reader);
	free(g->own_probe);
	g->parser = NULL;
	g->reader = NULL;
	g->own_probe = NULL;
}
